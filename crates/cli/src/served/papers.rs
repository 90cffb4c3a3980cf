//! Statements as files: documents, bundles that anyone can verify, and the key they are verified with.

use std::path::Path;

use trueup_journal::Organisation;
use trueup_server::wire::Paper;
use trueup_server::{Actor, File};

use crate::args::{ProgramArgs, ScopeArgs, StatementFormat};
use crate::commands::{bundle, statement};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::seals::OnRecord;
use crate::seen::Seen;

fn scope(program: &Path, (partner, period): (&str, &str)) -> ScopeArgs {
    let program = ProgramArgs {
        program: program.to_owned(),
    };
    ScopeArgs::of(program, Some(partner), Some(period))
}

/// A partner's statement of one period as a document, byte for byte that of `trueup statement`.
pub fn document(program: &Path, whose: (&str, &str), paper: Paper) -> Result<File, Failure> {
    let (format, ending, media) = match paper {
        Paper::Pdf => (StatementFormat::Pdf, "pdf", "application/pdf"),
        Paper::Xlsx => (
            StatementFormat::Xlsx,
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    };
    let bytes = statement::document(&scope(program, whose), format, Seen::served)?
        .ok_or_else(|| Failure::Fault("a document was not written".to_owned()))?;
    Ok(File {
        name: format!("statement-{}-{}.{ending}", whose.0, whose.1),
        media,
        bytes,
    })
}

/// A partner's statement of a closed period in one file, stated on the journal as `trueup bundle` does.
pub fn bundled(program: &Path, who: &Actor, whose: (&str, &str)) -> Result<File, Failure> {
    let (scope, quiet) = (scope(program, whose), Progress::new(true));
    let (_, text) = bundle::issued(&scope, &who.person, Seen::served, &quiet)?;
    Ok(File {
        name: format!("statement-{}-{}.bundle", whose.0, whose.1),
        media: "text/plain; charset=utf-8",
        bytes: text.into_bytes(),
    })
}

/// The vendor's key that counts now, as it is published; none where there is no journal.
pub fn key(on_record: &OnRecord) -> Option<File> {
    let held = on_record.ring.of(&Organisation::Vendor).next_back()?;
    Some(File {
        name: "vendor.key".to_owned(),
        media: "text/plain; charset=utf-8",
        bytes: format!("{}\n", held.key.text()).into_bytes(),
    })
}
