//! `trueup journal`: opening it, reading it, and what others need to check it.

use serde_json::{Value, json};
use trueup_journal::{Act, Organisation, Stored};
use trueup_store::Page;

use crate::args::{
    Format, JournalCheckpointArgs, JournalLogArgs, JournalOpenArgs, JournalShowArgs,
};
use crate::commands::ingest::declared;
use crate::failure::Failure;
use crate::kept_keys::keys_folder;
use crate::output;
use crate::record::{self, Record};

/// How many acts are read at a time.
const AT_A_TIME: u32 = 1000;

/// How much of what an act says a list shows.
const SAYS_SHOWN: usize = 60;

/// Opens the program's journal.
pub fn open(args: &JournalOpenArgs) -> Result<(), Failure> {
    let program = declared(&args.program.program)?;
    let (record, appended) = Record::open(&program, &args.by.by)?;
    drop(record);
    record::facts(&program.folder)?;
    let key = appended
        .acts
        .first()
        .and_then(|act| serde_json::from_str::<Value>(act.says()).ok())
        .and_then(|says| says.get("key").and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_default();
    output::print(&format!(
        "The journal is open. This is the vendor's key; publish it, so that others can check what is signed by it:\n\n  {key}\n\n\
         Its secret lies in {}. Keep a copy where this machine's disk is not.\n",
        keys_folder(&args.program.program).display()
    ))
}

/// Lists acts.
pub fn log(args: &JournalLogArgs) -> Result<(), Failure> {
    let record = Record::opened(&args.program.program)?;
    let behalf = match &args.behalf {
        None => None,
        Some(text) => Some(organisation(text)?.to_string()),
    };
    let is_wanted = |row: &Stored| {
        let kind = args.kind.as_deref();
        let is_kind = kind.is_none_or(|kind| {
            row.kind == kind
                || row
                    .kind
                    .strip_prefix(kind)
                    .is_some_and(|rest| rest.starts_with('.'))
        });
        is_kind && behalf.as_ref().is_none_or(|behalf| row.behalf == *behalf)
    };
    let mut rows = all(&record)?;
    rows.retain(is_wanted);
    match args.format {
        Format::Table if rows.is_empty() => output::print("No act is of that kind.\n"),
        Format::Table => {
            let cells = rows.iter().map(|row| {
                vec![
                    row.seq.to_string(),
                    row.at.clone(),
                    row.who.clone(),
                    row.behalf.clone(),
                    row.kind.clone(),
                    shortened(&says(row)),
                ]
            });
            let heads = ["act", "at", "by", "for", "kind", "says"];
            output::print(&format!("{}\n", output::table(&heads, heads.len(), cells)))
        }
        Format::Json => output::json(&Value::Array(rows.iter().map(as_json).collect())),
        Format::Csv => output::csv(
            &["act", "at", "by", "for", "kind", "hash", "says"],
            rows.iter().map(|row| {
                vec![
                    row.seq.to_string(),
                    row.at.clone(),
                    row.who.clone(),
                    row.behalf.clone(),
                    row.kind.clone(),
                    row.hash.clone(),
                    says(row),
                ]
            }),
        ),
    }
}

/// Prints an act as it was signed.
pub fn show(args: &JournalShowArgs) -> Result<(), Failure> {
    let record = Record::opened(&args.program.program)?;
    let page = Page {
        from: args.act,
        most: 1,
    };
    let rows = record.wait("reading the journal", async |database| {
        database.acts(page).await
    })?;
    match rows.first().filter(|row| row.seq == args.act) {
        Some(row) => output::print(&row.note),
        None => Err(no_act(&record, args.act)),
    }
}

/// Prints the latest checkpoint.
pub fn checkpoint(args: &JournalCheckpointArgs) -> Result<(), Failure> {
    let record = Record::opened(&args.program.program)?;
    let latest = record.wait("reading the journal", async |database| {
        database.checkpoint().await
    })?;
    match latest {
        Some(checkpoint) => output::print(checkpoint.note()),
        None => Err(Failure::Found(
            "no checkpoint was signed yet; the next act brings one".to_owned(),
        )),
    }
}

/// Prints the proof that an act lies below the latest checkpoint.
pub fn prove(args: &JournalShowArgs) -> Result<(), Failure> {
    let record = Record::opened(&args.program.program)?;
    output::print(&proof_of(&record, args.act)?)
}

/// The proof that an act lies below the latest checkpoint, with the act.
pub fn proof_of(record: &Record, act: u64) -> Result<String, Failure> {
    let (_, size) = record.ring()?;
    if act >= size {
        return Err(no_act(record, act));
    }
    let (act, proof) = record.wait("proving the act", async |database| {
        database.prove(act).await
    })?;
    Ok(proof.to_text(Some(&act)))
}

/// Every act, in order.
fn all(record: &Record) -> Result<Vec<Stored>, Failure> {
    let mut rows: Vec<Stored> = Vec::new();
    loop {
        let page = Page {
            from: rows.last().map_or(0, |last| last.seq + 1),
            most: AT_A_TIME,
        };
        let more = record.wait("reading the journal", async |database| {
            database.acts(page).await
        })?;
        if more.is_empty() {
            return Ok(rows);
        }
        rows.extend(more);
    }
}

fn no_act(record: &Record, act: u64) -> Failure {
    let last = record.ring().map_or(0, |(_, size)| size.saturating_sub(1));
    Failure::Use(format!("there is no act {act}: they go from 0 to {last}"))
}

/// Reads an organisation.
pub fn organisation(text: &str) -> Result<Organisation, Failure> {
    text.parse()
        .map_err(|error: trueup_journal::OrganisationError| Failure::Use(error.to_string()))
}

/// What an act says.
pub fn says(row: &Stored) -> String {
    Act::parse(&row.note).map_or_else(
        |_| "cannot be read; `trueup verify` says why".to_owned(),
        |act| act.says().to_owned(),
    )
}

fn shortened(says: &str) -> String {
    let line = says.lines().next().unwrap_or_default();
    match line.char_indices().nth(SAYS_SHOWN) {
        Some((end, _)) => format!("{} …", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

fn as_json(row: &Stored) -> Value {
    let says = says(row);
    json!({
        "act": row.seq,
        "at": row.at,
        "by": row.who,
        "for": row.behalf,
        "kind": row.kind,
        "hash": row.hash,
        "says": serde_json::from_str(&says).unwrap_or(Value::String(says)),
        "note": row.note,
    })
}
