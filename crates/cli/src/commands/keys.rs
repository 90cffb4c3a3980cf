//! `trueup keys`: who signs for whom.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use trueup_journal::ring::{self, Held};
use trueup_journal::{Custody, Organisation, added, retired, rotated};

use crate::args::{
    EVERYONE, Format, KeysAddArgs, KeysCommand, KeysListArgs, KeysNewArgs, KeysRetireArgs,
    KeysRotateArgs,
};
use crate::commands::ingest::declared;
use crate::commands::journal::organisation;
use crate::failure::{Failure, chain};
use crate::kept_keys::{keep_key, read_key, write_secret};
use crate::output;
use crate::record::{Record, new_key, unsayable};
use crate::world::listed;

/// Lists, makes, adds, rotates or retires.
pub fn run(command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List(args) => list(args),
        KeysCommand::New(args) => new(args),
        KeysCommand::Add(args) => add(args),
        KeysCommand::Rotate(args) => rotate(args),
        KeysCommand::Retire(args) => retire(args),
    }
}

fn list(args: &KeysListArgs) -> Result<(), Failure> {
    let record = Record::opened(&args.program.program)?;
    let (ring, _) = record.ring()?;
    let cells = |held: &Held| {
        vec![
            held.key.organisation().to_string(),
            held.key.id(),
            held.custody.to_string(),
            held.added_at.to_string(),
            held.retired_at
                .map_or_else(String::new, |at| at.to_string()),
            held.key.text().to_owned(),
        ]
    };
    let heads = ["organisation", "id", "custody", "added", "retired", "key"];
    match args.format {
        Format::Table => {
            let table = output::table(&heads, heads.len(), ring.all().iter().map(cells));
            output::print(&format!("{table}\n"))
        }
        Format::Json => output::json(&Value::Array(ring.all().iter().map(as_json).collect())),
        Format::Csv => output::csv(&heads, ring.all().iter().map(cells)),
    }
}

fn as_json(held: &Held) -> Value {
    json!({
        "organisation": held.key.organisation().to_string(),
        "id": held.key.id(),
        "custody": held.custody,
        "added": held.added_at,
        "retired": held.retired_at,
        "key": held.key.text(),
    })
}

/// A key away from any program: its secret stays with whoever runs this.
fn new(args: &KeysNewArgs) -> Result<(), Failure> {
    let key = new_key(&args.of, &organisation(&args.whose)?)?;
    let with = |ending: &str| -> PathBuf {
        let mut name = args.out.clone().into_os_string();
        name.push(ending);
        name.into()
    };
    let (secret, asked) = (with(".key"), with(".request"));
    write_secret(&secret, &key.reveal())?;
    let request = ring::request(&key).map_err(unsayable)?;
    std::fs::write(&asked, request)
        .map_err(|error| Failure::fault(format!("writing {}", asked.display()), &error))?;
    output::print(&format!(
        "{} is secret: whoever has it signs for {}.\nSend {} to the vendor, who adds it with `trueup keys add`.\n",
        secret.display(),
        args.whose,
        asked.display()
    ))
}

fn add(args: &KeysAddArgs) -> Result<(), Failure> {
    let folder = &args.program.program;
    let record = Record::opened(folder)?;
    if args.custodial.as_deref() == Some(EVERYONE) {
        return add_for_everyone(args, &record);
    }
    let (request, custody) = match (&args.request, &args.custodial) {
        (Some(path), _) => (read_request(path)?, Custody::Own),
        (None, Some(whose)) => kept_here(&record, folder, &organisation(whose)?)?,
        (None, None) => {
            return Err(Failure::Use(
                "name the file of a request, or --custodial and whose key it is".to_owned(),
            ));
        }
    };
    let key = ring::requested(&request).map_err(|error| Failure::Found(chain(&error)))?;
    record.append(|ring, after| {
        let vendor = record.key_of(ring, &Organisation::Vendor)?;
        let moment = Record::moment(&args.by.by, after);
        Ok(vec![
            added(moment, &request, custody, &vendor).map_err(unsayable)?,
        ])
    })?;
    output::print(&format!(
        "{} signs for {} from now on, by a key {}\n",
        key.id(),
        key.organisation(),
        match custody {
            Custody::Own => "of its own",
            Custody::Custodial => "that is kept here and called custodial",
        }
    ))
}

/// Keeps a key for every partner of the directory that has none.
fn add_for_everyone(args: &KeysAddArgs, record: &Record) -> Result<(), Failure> {
    let folder = &args.program.program;
    let program = declared(folder)?;
    let (ring, _) = record.ring()?;
    let mut requests = Vec::new();
    for one in program.partners().map(listed).unwrap_or_default() {
        let whose = Organisation::Partner(one.id);
        if ring.of(&whose).next().is_none() {
            requests.push(kept_here(record, folder, &whose)?);
        }
    }
    let count = requests.len();
    record.append(|ring, after| {
        let vendor = record.key_of(ring, &Organisation::Vendor)?;
        let places = after..;
        places
            .zip(&requests)
            .map(|(after, (request, custody))| {
                let moment = Record::moment(&args.by.by, after);
                added(moment, request, *custody, &vendor).map_err(unsayable)
            })
            .collect()
    })?;
    output::print(&format!(
        "{} added, kept here and called custodial\n",
        output::counted(count, "key")
    ))
}

fn rotate(args: &KeysRotateArgs) -> Result<(), Failure> {
    let folder = &args.program.program;
    let whose = organisation(&args.whose)?;
    let mut record = Record::opened(folder)?;
    let (ring, _) = record.ring()?;
    let old = match &args.key_file {
        Some(path) => Arc::new(read_key(path)?),
        None => record.key_of(&ring, &whose)?,
    };
    let (request, custody) = match &args.request {
        Some(path) => (read_request(path)?, Custody::Own),
        None => kept_here(&record, folder, &whose)?,
    };
    let key = ring::requested(&request).map_err(|error| Failure::Found(chain(&error)))?;
    // The new key of the vendor signs the checkpoint over the act that brings it.
    if args.request.is_none() {
        record = Record::opened(folder)?;
    }
    record.append(|_, after| {
        let moment = Record::moment(&args.by.by, after);
        Ok(vec![
            rotated(moment, &old, &request, custody).map_err(unsayable)?,
        ])
    })?;
    output::print(&format!(
        "{} signs for {whose} from now on, and {} no longer\n",
        key.id(),
        old.public().id()
    ))
}

fn retire(args: &KeysRetireArgs) -> Result<(), Failure> {
    if args.because.trim().is_empty() {
        return Err(Failure::Use(
            "--because is empty; whoever reads the journal later wants to know".to_owned(),
        ));
    }
    let record = Record::opened(&args.program.program)?;
    let (ring, _) = record.ring()?;
    let held = ring
        .all()
        .iter()
        .find(|held| held.key.id() == args.id && held.retired_at.is_none())
        .ok_or_else(|| {
            Failure::Use(format!(
                "no key that counts now has the id {}; `trueup keys list` lists them",
                args.id
            ))
        })?;
    record.append(|ring, after| {
        let vendor = record.key_of(ring, &Organisation::Vendor)?;
        let moment = Record::moment(&args.by.by, after);
        let because = args.because.trim();
        Ok(vec![
            retired(moment, &held.key, because, &vendor).map_err(unsayable)?,
        ])
    })?;
    output::print(&format!(
        "{} of {} counts no longer; what it signed before stays signed\n",
        args.id,
        held.key.organisation()
    ))
}

/// A new key that is kept beside the journal, the request for it, and what it is called: the vendor keeps its own.
fn kept_here(
    record: &Record,
    folder: &Path,
    whose: &Organisation,
) -> Result<(String, Custody), Failure> {
    let (ring, _) = record.ring()?;
    let key = new_key(ring.program().unwrap_or_default(), whose)?;
    keep_key(folder, &key)?;
    let custody = match whose {
        Organisation::Vendor => Custody::Own,
        Organisation::Partner(_) => Custody::Custodial,
    };
    Ok((ring::request(&key).map_err(unsayable)?, custody))
}

fn read_request(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::fault(format!("reading {}", path.display()), &error))
}
