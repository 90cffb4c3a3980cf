//! The end of the demo: a partner's statement as one file, verified with nothing but the vendor's key, and a changed copy of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use trueup_journal::Organisation;

use crate::args::{
    AgreementAcceptArgs, AgreementCommand, AgreementProposeArgs, BundleArgs, ByArgs, ChosenArgs,
    KeysAddArgs, KeysCommand, ProgramArgs, ScopeArgs,
};
use crate::commands::bundle::{self, told};
use crate::commands::{agreement, ingest, keys};
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;
use crate::record::{self, Record};
use crate::seals::{self, OnRecord, Parts};

/// Who acts in the demo.
const BY: &str = "demo";

/// The file of the vendor's key.
const KEY_FILE: &str = "vendor.pub";

/// Signs a partner's agreement, writes its bundle beside the program, verifies it, and shows that a changed copy fails.
pub fn run(dir: &Path, partner: &str, period: &str, progress: &Progress) -> Result<(), Failure> {
    if Record::if_opened(dir)?.is_none() {
        Record::open(&ingest::declared(dir)?, BY)?;
        record::facts(dir)?;
    }
    sign(dir, partner)?;
    let file: PathBuf = dir.join(format!("statement-{partner}-{period}.bundle"));
    let program = ProgramArgs {
        program: dir.to_owned(),
    };
    let args = BundleArgs {
        scope: ScopeArgs::of(program, Some(partner), Some(period)),
        out: file.clone(),
        by: by(),
    };
    let written = bundle::write(&args, progress)?;
    let key = dir.join(KEY_FILE);
    std::fs::write(&key, format!("{}\n", written.key.text()))
        .map_err(|error| Failure::fault(format!("writing {}", key.display()), &error))?;
    let fault = |error| Failure::fault(format!("reading {}", file.display()), &error);
    let text = std::fs::read(&file).map_err(fault)?;
    let mut said = format!(
        "trueup verify {} --key \"$(cat {})\"\n\n",
        output::quoted(&file),
        output::quoted(&key)
    );
    said.push_str(&told(&file, &trueup_bundle::verify(&text, &written.key)));
    let Some(changed) = changed(&text) else {
        return output::print(&said);
    };
    let _ = writeln!(
        said,
        "\nThe same file with one digit of one sale changed:\n"
    );
    said.push_str(&told(
        Path::new("the changed copy"),
        &trueup_bundle::verify(&changed, &written.key),
    ));
    output::print(&said)
}

fn by() -> ByArgs {
    ByArgs { by: BY.to_owned() }
}

/// Lets both sides sign the partner's agreement, as far as it is not signed; the partner's key is one that the demo keeps.
fn sign(dir: &Path, partner: &str) -> Result<(), Failure> {
    let folder = crate::folder::open(dir)?;
    let record = Record::opened(dir)?;
    let on_record = OnRecord::of(&record)?;
    let parts = Parts::of(&folder)?;
    let own = seals::standing(&folder).into_iter();
    let mut unsigned = Vec::new();
    for standing in own.filter(|one| one.partner.as_str() == partner) {
        if seals::signed(&parts, &on_record, &standing)?.is_none() {
            unsigned.push(standing.agreement);
        }
    }
    if unsigned.is_empty() {
        return Ok(());
    }
    let whose = Organisation::partner(partner).map_err(|error| Failure::Use(error.to_string()))?;
    if on_record.ring.of(&whose).next().is_none() {
        keys::run(&KeysCommand::Add(KeysAddArgs {
            request: None,
            custodial: Some(whose.to_string()),
            program: of(dir),
            by: by(),
        }))?;
    }
    let chosen = |behalf: String| ChosenArgs {
        agreements: unsigned.clone(),
        all: false,
        partner: Some(partner.to_owned()),
        behalf,
        key_file: None,
        program: of(dir),
        by: by(),
    };
    agreement::run(&AgreementCommand::Propose(AgreementProposeArgs {
        chosen: chosen(Organisation::Vendor.to_string()),
        because: "the demo".to_owned(),
    }))?;
    agreement::run(&AgreementCommand::Accept(AgreementAcceptArgs {
        chosen: chosen(whose.to_string()),
    }))
}

fn of(dir: &Path) -> ProgramArgs {
    ProgramArgs {
        program: dir.to_owned(),
    }
}

/// A bundle in which the last digit of a fact's amount is another.
fn changed(text: &[u8]) -> Option<Vec<u8>> {
    let from = text.windows(8).position(|part| part == b"{\"fact\":")?;
    let ends = from + text.get(from..)?.iter().position(|byte| *byte == b'\n')?;
    let at = from + text.get(from..ends)?.iter().rposition(u8::is_ascii_digit)?;
    // Behind the cells stand only credits; the digit before them is a cell's.
    let cells = text.get(from..ends)?;
    let credits = cells.windows(9).rposition(|part| part == b"\"credits\"")?;
    let at = cells
        .get(..credits)?
        .iter()
        .rposition(u8::is_ascii_digit)
        .map_or(at, |at| from + at);
    let mut changed = text.to_vec();
    let digit = changed.get_mut(at)?;
    *digit = if *digit == b'9' { b'8' } else { *digit + 1 };
    Some(changed)
}
