//! The end of the demo: a partner's statement as one file, verified with nothing but the vendor's key, and a changed copy of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::args::{BundleArgs, ByArgs, ProgramArgs, ScopeArgs};
use crate::commands::bundle::{self, told};
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;

/// Who acts in the demo.
const BY: &str = "u-17";

/// The file of the vendor's key.
const KEY_FILE: &str = "vendor.pub";

/// Writes a partner's bundle beside the program, verifies it, and shows that a changed copy fails.
pub fn run(dir: &Path, partner: &str, period: &str, progress: &Progress) -> Result<(), Failure> {
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
