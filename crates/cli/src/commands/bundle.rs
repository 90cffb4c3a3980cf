//! `trueup bundle`: a partner's statement as one file that anyone can verify, and checking one.

use std::fmt::Write as _;
use std::path::Path;

use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_bundle::record::{ISSUED, Issued, Line, Said};
use trueup_bundle::verify::{Verdict, in_words};
use trueup_bundle::{Gathered, Issue, verify};
use trueup_facts::disk::{Disk, Naming};
use trueup_journal::{Act, Organisation, Proof, PublicKey};

use crate::args::{BundleArgs, ScopeArgs};
use crate::bundling;
use crate::earned::exact_at;
use crate::failure::Failure;
use crate::locked;
use crate::output;
use crate::progress::Progress;
use crate::record::Record;
use crate::seen::Seen;

/// How often proofs are asked for again, where somebody else writes to the journal meanwhile.
const TRIES: usize = 5;

/// Writes the bundle.
pub fn run(args: &BundleArgs, progress: &Progress) -> Result<(), Failure> {
    let written = write(args, progress)?;
    let bundle = output::quoted(&args.out);
    output::print(&format!(
        "{}: {}, {}, {}, stated by act {}\n\nWhoever has it and the vendor's key checks it with nothing else:\n\n  \
         trueup verify {bundle} --key {}\n",
        args.out.display(),
        output::counted(written.facts, "fact"),
        output::counted(written.steps, "step"),
        output::counted(written.lines, "line"),
        written.stated_by,
        written.key.text()
    ))
}

/// What was written.
pub struct Written {
    /// How many facts are in it.
    pub facts: usize,
    /// How many steps.
    pub steps: usize,
    /// How many lines of settlement.
    pub lines: usize,
    /// The act that states it.
    pub stated_by: u64,
    /// The key it is checked against.
    pub key: PublicKey,
}

/// Gathers, states and writes a bundle, and checks it as whoever gets it will.
pub fn write(args: &BundleArgs, progress: &Progress) -> Result<Written, Failure> {
    let (written, text) = issued(&args.scope, &args.by.by, Seen::of, progress)?;
    Disk::default()
        .write(&args.out, &[text.as_bytes()], Naming::Replaces)
        .map_err(|error| Failure::fault(format!("writing {}", args.out.display()), &error))?;
    Ok(written)
}

/// Gathers and states a bundle by the facts as they are looked at, and checks it as whoever gets it will; its text.
pub fn issued(
    scope: &ScopeArgs,
    by: &str,
    look: locked::Look,
    progress: &Progress,
) -> Result<(Written, String), Failure> {
    let Some(partner) = &scope.partner else {
        return Err(Failure::Use(
            "a bundle is one partner's; name it with --partner ID".to_owned(),
        ));
    };
    let partner =
        PartnerId::new(partner.as_str()).map_err(|error| Failure::Use(error.to_string()))?;
    let program = &scope.program.program;
    crate::folder::refuse_unless_program(program)?;
    let Some(record) = Record::if_opened(program)? else {
        return Err(Failure::Use(format!(
            "the program has no journal, so nothing in a bundle would be signed; open it with `trueup journal open --program {}`",
            output::quoted(program)
        )));
    };
    let gathered = gathered(scope, &partner, (&record, look), progress)?;
    let issue = gathered
        .content
        .issue()
        .map_err(|error| Failure::fault("writing the bundle", &error))?;
    let stated_by = stated(&record, &issue, by)?;
    let mut places: Vec<u64> = gathered.content.acts.iter().map(|(at, _)| *at).collect();
    places.push(stated_by);
    let proved = proved(&record, &places)?;
    let (ring, _) = record.ring()?;
    let key = ring.of(&Organisation::Vendor).map(|held| &held.key).rev();
    let is_signer = |key: &&PublicKey| {
        let last = proved.last();
        last.is_some_and(|(_, proof)| proof.checkpoint.signed_by(key).is_ok())
    };
    let key = key.into_iter().find(is_signer).cloned();
    let key =
        key.ok_or_else(|| Failure::Fault("no key of the vendor signed the checkpoint".to_owned()))?;
    let text = issue
        .with_acts(&proved)
        .map_err(|error| Failure::fault("writing the bundle", &error))?;
    // Nobody gets what would not hold.
    let verdict = verify(text.as_bytes(), &key);
    if let Some(first) = verdict.report.found.first() {
        return Err(Failure::Found(format!(
            "the bundle would not hold, so none was written: {first}"
        )));
    }
    let derived = &gathered.content.derived;
    let written = Written {
        facts: gathered.content.facts.len(),
        steps: derived.nodes.len(),
        lines: derived.lines.len(),
        stated_by,
        key,
    };
    Ok((written, text))
}

/// What is said of the partner, by what its period goes by.
fn gathered(
    scope: &ScopeArgs,
    partner: &PartnerId,
    (record, look): (&Record, locked::Look),
    progress: &Progress,
) -> Result<Gathered, Failure> {
    let bases = locked::bases(scope, look)?;
    let Some(basis) = bases.last() else {
        return Err(Failure::Found("nothing ends in that period yet".to_owned()));
    };
    let gathered = bundling::gathered(basis, scope, partner, record, progress)?;
    let mut lines = gathered.lines.iter();
    if !lines.any(|line| line.in_statement) {
        return Err(Failure::Found(match &scope.period {
            Some(period) => format!("partner {partner} has no line that ends in {period}"),
            None => format!("partner {partner} has no line yet"),
        }));
    }
    Ok(gathered)
}

/// The act that states the lines: one that did before, or a new one.
fn stated(record: &Record, issue: &Issue, by: &str) -> Result<u64, Failure> {
    for _ in 0..TRIES {
        let (acts, size) = record.acts_of(&[ISSUED])?;
        let is_it = |act: &Act| {
            serde_json::from_str::<Issued>(act.says()).is_ok_and(|says| says == issue.says)
        };
        if let Some((at, _)) = acts.iter().rev().find(|(_, act)| is_it(act)) {
            return Ok(*at);
        }
        let vendor = Organisation::Vendor;
        if record
            .say(ISSUED, &vendor, by, size, &issue.says)?
            .is_some()
        {
            return Ok(size);
        }
    }
    Err(busy())
}

/// Acts with their proofs below one checkpoint.
fn proved(record: &Record, places: &[u64]) -> Result<Vec<(Act, Proof)>, Failure> {
    for _ in 0..TRIES {
        let proved = record.wait("proving acts", async |database| {
            let mut proved = Vec::new();
            for at in places {
                proved.push(database.prove(*at).await?);
            }
            Ok(proved)
        })?;
        let mut checkpoints = proved.iter().map(|(_, proof)| &proof.checkpoint);
        let first = checkpoints.next();
        if checkpoints.all(|other| Some(other) == first) {
            return Ok(proved);
        }
    }
    Err(busy())
}

fn busy() -> Failure {
    Failure::Found("somebody else wrote to the journal all the while; do it again".to_owned())
}

/// Checks a bundle by itself and says in words what was checked.
pub fn check(file: &Path, text: &[u8], key: &PublicKey) -> Result<(), Failure> {
    let verdict = verify(text, key);
    output::print(&told(file, &verdict))?;
    match verdict.holds() {
        true => Ok(()),
        false => Err(Failure::Findings),
    }
}

/// How many findings are shown.
const SHOWN: usize = 20;

/// What checking came to, in words.
pub fn told(file: &Path, verdict: &Verdict) -> String {
    let mut text = String::new();
    let report = &verdict.report;
    if let Some(head) = &verdict.head {
        let what = match &head.period {
            Some(period) => format!("Statement of {period}"),
            None => format!("Statement of everything until before {}", head.until),
        };
        let _ = writeln!(
            text,
            "{what} of partner {} in program {}, in {}",
            head.partner, head.program, head.currency
        );
        text.push_str(&statement(&verdict.statement, &head.currency));
    }
    if !report.found.is_empty() {
        let found = output::counted(report.found.len(), "finding");
        let _ = writeln!(text, "{} does not hold, {found}:", file.display());
        for found in report.found.iter().take(SHOWN) {
            let _ = writeln!(text, "  {found}");
        }
        if report.found.len() > SHOWN {
            let _ = writeln!(text, "  and {} more", report.found.len() - SHOWN);
        }
        return text;
    }
    text.push_str("\nChecked:\n");
    for line in &report.checked {
        let _ = writeln!(text, "  {line}");
    }
    text.push_str("\nTaken on the vendor's signature:\n");
    for line in &report.taken {
        let _ = writeln!(text, "  {line}");
    }
    for note in &report.notes {
        let _ = writeln!(text, "\nNote: {note}");
    }
    text.push_str("\nEverything holds\n");
    text
}

/// The lines of the statement with their total.
fn statement(lines: &[Line], currency: &str) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let places = Currency::parse(currency).map_or(2, Currency::places);
    let mut total = Exact::ZERO;
    let mut rows = Vec::new();
    for line in lines {
        let amount = match &line.posted {
            Said::Number(text) => Exact::parse(text).ok(),
            Said::Flag(_)
            | Said::Date(_)
            | Said::Duration(..)
            | Said::Text(_)
            | Said::Partner(_)
            | Said::Missing(_)
            | Said::Undefined(_) => None,
        };
        let is_money = line.grants == "money" || line.grants == "fund";
        let shown = match (&amount, is_money) {
            (Some(amount), true) => output::grouped(&exact_at(amount, places)),
            (Some(amount), false) => amount.to_string(),
            (None, _) => in_words(&line.posted),
        };
        if let (Some(amount), "money") = (&amount, line.grants.as_str()) {
            total = &total + amount;
        }
        rows.push(vec![line.component.clone(), line.period.clone(), shown]);
    }
    rows.push(vec![
        "all money".to_owned(),
        String::new(),
        output::grouped(&exact_at(&total, places)),
    ]);
    format!(
        "{}\n",
        output::table(&["component", "settled", "posts"], 2, rows)
    )
}
