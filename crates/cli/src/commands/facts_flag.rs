//! `trueup facts flag` and `trueup facts flags`: rows in doubt, and what became of them.

use serde_json::json;
use trueup_facts::flags::{FactName, Fate, Flag, flag, flags};

use crate::args::{FactsFlagArgs, FactsFlagsArgs, Format};
use crate::commands::ingest::declared;
use crate::commands::quarantine::signed;
use crate::failure::Failure;
use crate::output;
use crate::seen;

/// Flags rows, or lifts their flags.
pub fn run(args: &FactsFlagArgs) -> Result<(), Failure> {
    let program = declared(&args.program.program)?;
    let named = |text: &String| {
        FactName::parse(text).ok_or_else(|| {
            Failure::Use(format!(
                "`{text}` names no row; write its source and its id, such as invoices/I-2001/1"
            ))
        })
    };
    let rows: Vec<FactName> = args.rows.iter().map(named).collect::<Result<_, _>>()?;
    let signed = signed(&args.by, &args.because)?;
    let now = jiff::Timestamp::now();
    let done = flag(&program, &rows, args.lift, &signed, now)
        .map_err(|fault| Failure::fault("flagging rows", &fault))?
        .map_err(|refusal| Failure::Found(refusal.to_string()))?;
    crate::record::facts(&program.folder)?;
    let rows = done
        .iter()
        .flat_map(|delivery| &delivery.flag)
        .map(|act| act.rows.len())
        .sum();
    let what = if args.lift {
        "no longer in doubt"
    } else {
        "in doubt"
    };
    let snapshot = done.iter().map(|delivery| delivery.number).max();
    output::print(&format!(
        "{} {what}; snapshot {}\n",
        output::counted(rows, "row"),
        snapshot.unwrap_or_default()
    ))
}

/// Lists.
pub fn list(args: &FactsFlagsArgs) -> Result<(), Failure> {
    let program = declared(&args.program.program)?;
    let snapshot = seen::snapshot(&program.folder)?;
    let mut all = flags(&snapshot).map_err(|fault| Failure::fault("reading the flags", &fault))?;
    all.retain(|flag| !args.open || flag.fate == Fate::Open);
    let cells = |flag: &Flag| {
        vec![
            flag.row.clone(),
            flag.on.clone(),
            flag.snapshot.to_string(),
            flag.by.clone(),
            flag.because.clone(),
            fate(&flag.fate),
        ]
    };
    let heads = [
        "row",
        "on",
        "snapshot",
        "by",
        "because",
        "what became of it",
    ];
    match args.format {
        Format::Table if all.is_empty() => output::print("No row is in doubt.\n"),
        Format::Table => output::print(&format!(
            "{}\n",
            output::table(&heads, heads.len(), all.iter().map(cells))
        )),
        Format::Json => output::json(&json!(all)),
        Format::Csv => output::csv(&heads, all.iter().map(cells)),
    }
}

fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Open => "open".to_owned(),
        Fate::Corrected => "corrected".to_owned(),
        Fate::Gone => "no longer counts".to_owned(),
        Fate::Lifted { by, because } => format!("lifted by {by}: {because}"),
    }
}
