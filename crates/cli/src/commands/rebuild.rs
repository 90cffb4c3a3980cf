//! `trueup rebuild`: what follows from the journal, written again.

use crate::args::RebuildArgs;
use crate::failure::Failure;
use crate::output;
use crate::record::Record;

/// Writes again, or says whether anything would be other than it is.
pub fn run(args: &RebuildArgs) -> Result<(), Failure> {
    let record = Record::opened(&args.program.program)?;
    let other = match args.check {
        true => record.wait(
            "comparing what follows from the journal",
            async |database| database.differs_from_acts().await,
        )?,
        false => record.wait(
            "writing again what follows from the journal",
            async |database| database.rebuild().await,
        )?,
    };
    let rows = output::counted(usize::try_from(other).unwrap_or(usize::MAX), "row");
    match (other, args.check) {
        (0, _) => output::print("Everything is as it follows from the journal\n"),
        (_, true) => Err(Failure::Found(format!(
            "{rows} are not as they follow from the journal; `trueup rebuild` writes them again"
        ))),
        (_, false) => output::print(&format!("{rows} were written again\n")),
    }
}
