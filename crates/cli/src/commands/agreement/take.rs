//! `trueup agreement take`: agreements as a workbook states them, read back into the program's texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use trueup_base::date::parse_date;
use trueup_base::exact::Exact;
use trueup_facts::cage::{Decoded, Job, NotDecoded, Oddity, Row, Wanted};
use trueup_facts::disk::{Disk, Naming};
use trueup_facts::standardise::Cells as _;
use trueup_facts::texts::Texts;
use trueup_plan::agreement;
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::Sources;
use trueup_plan::tree::{Literal, Plan, Type};
use trueup_plan::yaml;

use super::sheet::{HEAD, NOW, SHEET, plan_of, terms_of};
use crate::args::AgreementTakeArgs;
use crate::commands::ingest::means;
use crate::failure::{Failure, chain};
use crate::folder::{self, Folder};
use crate::output;

/// What the format is called.
const WORKBOOK: &str = "xlsx";

/// How many mistakes are told at once.
const MISTAKES_SHOWN: usize = 20;

/// Reads the workbook and writes the agreements, all of them or none.
pub fn take(args: &AgreementTakeArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    let folder = folder::open(program)?;
    let table = Table::read(&args.file)?;
    let mut taken = Taken::default();
    let under_one = folder.matched.iter().map(|one| one.listed.id.as_str());
    let under_one: BTreeSet<&str> = under_one.collect();
    for (row, cells) in &table.rows {
        let mut reading = Reading {
            folder: &folder,
            under_one: &under_one,
            row: *row,
            cells,
            taken: &mut taken,
        };
        reading.agreement();
    }
    let shown = args.file.display();
    if !taken.mistakes.is_empty() {
        let mut text = String::new();
        for (row, column, says) in taken.mistakes.iter().take(MISTAKES_SHOWN) {
            let _ = writeln!(text, "{shown}: row {row}, {column}: {says}");
        }
        let more = taken.mistakes.len().saturating_sub(MISTAKES_SHOWN);
        if more > 0 {
            let _ = writeln!(text, "and {more} more");
        }
        text.push_str("nothing was written");
        return Err(Failure::Found(text));
    }
    if taken.texts.is_empty() {
        return Err(Failure::Found(format!(
            "{shown} has no row of an agreement; nothing was written"
        )));
    }
    let written = written(&folder, &taken.texts, args)?;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} from {shown}: {} written{}",
        output::counted(taken.texts.len(), "agreement"),
        written.new,
        match written.same {
            0 => String::new(),
            same => format!(", {same} there already"),
        }
    );
    for (term, sum) in &taken.sums {
        let _ = writeln!(text, "  {term}: {sum} in all");
    }
    text.push_str("Next: trueup check, trueup agreement propose --all --because …, and trueup agreement list to follow them\n");
    output::print(&text)
}

/// How many texts were written, and how many stood there already.
struct Written {
    new: usize,
    same: usize,
}

fn written(
    folder: &Folder,
    texts: &BTreeMap<String, String>,
    args: &AgreementTakeArgs,
) -> Result<Written, Failure> {
    let program = &args.program.program;
    let mut all = folder.texts.clone();
    let mut new = Vec::new();
    for (path, text) in texts {
        let is_there = fs::read(program.join(path)).ok();
        match is_there {
            Some(bytes) if bytes == text.as_bytes() => continue,
            Some(_) if !args.replace => {
                return Err(Failure::Found(format!(
                    "{path} is there with another text; --replace writes over it, or name the agreement otherwise; nothing was written"
                )));
            }
            Some(_) | None => {}
        }
        all.insert(path.clone(), text.as_bytes().into());
        new.push((path, text));
    }
    // What the texts say together is looked at before any of them is written.
    let found = folder::read_texts(&Texts::kept(program, all), Strictness::Draft)?;
    if found.has_error() {
        return Err(Failure::Found(format!(
            "{}\nwith these agreements the program would not hold; nothing was written",
            found.rendered().trim_end()
        )));
    }
    let disk = Disk::default();
    let fault = |path: &Path, error| Failure::fault(format!("writing {}", path.display()), &error);
    let into = program.join("agreements");
    disk.create_folder(&into)
        .map_err(|error| fault(&into, error))?;
    for (path, text) in &new {
        let path = program.join(path);
        disk.write(&path, &[text.as_bytes()], Naming::Replaces)
            .map_err(|error| fault(&path, error))?;
    }
    Ok(Written {
        new: new.len(),
        same: texts.len() - new.len(),
    })
}

/// A workbook's rows as text, by the names of their columns.
struct Table {
    rows: Vec<(u64, BTreeMap<String, CellText>)>,
}

/// What a cell says.
enum CellText {
    Says(String),
    Odd(Oddity, String),
}

impl Table {
    fn read(path: &Path) -> Result<Self, Failure> {
        let refused =
            |error: NotDecoded| Failure::Found(format!("{}: {}", path.display(), chain(&error)));
        let stop = AtomicBool::new(false);
        let begun = |columns: Vec<Wanted>| {
            let is = |error: std::io::Error| Failure::Use(format!("{}: {error}", path.display()));
            let file = File::open(path).map_err(is)?;
            let bytes = file.metadata().map_err(is)?.len();
            let job = Job::Workbook {
                columns,
                sheet: Some(SHEET.to_owned()),
                header_row: 1,
            };
            let decoding = means()?.decoding;
            Decoded::begin(&decoding, &job, (file, bytes), WORKBOOK, &stop).map_err(refused)
        };
        // Which columns it has is known once it was opened, and which are read is said before.
        let names = begun(Vec::new())?.names().map_err(refused)?.to_vec();
        for name in HEAD.iter().filter(|name| **name != "name") {
            if !names.iter().any(|known| known == name) {
                return Err(Failure::Found(format!(
                    "{}: the sheet {SHEET} has no column {name}; `trueup agreement sheet` writes one that has",
                    path.display()
                )));
            }
        }
        let wanted = names.into_iter().map(|name| Wanted { name, scale: None });
        let mut decoded = begun(wanted.collect())?;
        let names = decoded.names().map_err(refused)?.to_vec();
        let (mut row, mut rows) = (Row::default(), Vec::new());
        while decoded.row(&mut row).map_err(refused)? {
            let mut cells = BTreeMap::new();
            for (at, name) in names.iter().enumerate() {
                let odd = row.odd.iter().find(|odd| odd.at == at);
                let cell = match odd {
                    Some(odd) => CellText::Odd(odd.how, odd.written.clone()),
                    None => CellText::Says(row.cell(at).text().trim().to_owned()),
                };
                cells.insert(name.clone(), cell);
            }
            rows.push((row.at, cells));
        }
        Ok(Self { rows })
    }
}

/// What a workbook comes to.
#[derive(Default)]
struct Taken {
    /// The texts, by their paths.
    texts: BTreeMap<String, String>,
    /// What numbers come to in all, by term.
    sums: BTreeMap<String, Exact>,
    /// Which partners have a row.
    partners: BTreeSet<String>,
    /// What is wrong: the row, the column and what.
    mistakes: Vec<(u64, String, String)>,
}

/// One row, read.
struct Reading<'a> {
    folder: &'a Folder,
    /// Partners under an agreement.
    under_one: &'a BTreeSet<&'a str>,
    row: u64,
    cells: &'a BTreeMap<String, CellText>,
    taken: &'a mut Taken,
}

impl Reading<'_> {
    fn wrong(&mut self, column: &str, says: impl Into<String>) {
        let mistake = (self.row, column.to_owned(), says.into());
        self.taken.mistakes.push(mistake);
    }

    /// What a cell says; nothing, and told, where it is odd.
    fn says(&mut self, column: &str) -> Option<String> {
        let (how, written) = match self.cells.get(column)? {
            CellText::Says(text) if text.is_empty() => return None,
            CellText::Says(text) => return Some(text.clone()),
            CellText::Odd(how, written) => (*how, written.clone()),
        };
        let why = match how {
            Oddity::Rounded => "has more digits than a workbook keeps; enter it as text",
            Oddity::Error => "is an error of the workbook, and no value",
            Oddity::NoValue => {
                "is a formula whose value was not stored; save it in a spreadsheet program"
            }
            Oddity::NoDay | Oddity::NoDate => "is no day",
            Oddity::TooLarge => "is too large or too small a number",
        };
        self.wrong(column, format!("`{written}` {why}"));
        None
    }

    fn needed(&mut self, column: &str) -> Option<String> {
        let before = self.taken.mistakes.len();
        let says = self.says(column);
        if says.is_none() && self.taken.mistakes.len() == before {
            self.wrong(column, "is empty");
        }
        says
    }

    fn day(&mut self, column: &str, text: &str) -> bool {
        match parse_date(text) {
            Ok(_) => true,
            Err(error) => {
                self.wrong(column, format!("`{text}`: {error}"));
                false
            }
        }
    }

    /// The agreement of the row, unless it is empty or something is wrong with it.
    fn agreement(&mut self) {
        let is_empty = |cell: &CellText| matches!(cell, CellText::Says(text) if text.is_empty());
        if self.cells.values().all(is_empty) {
            return;
        }
        let before = self.taken.mistakes.len();
        let (partner, plan, name) = (
            self.needed("partner"),
            self.needed("plan"),
            self.needed("agreement"),
        );
        let starts = self.needed("starts");
        let starts = starts.filter(|text| self.day("starts", text));
        let until = self.says("until");
        let until = until.filter(|text| self.day("until", text));
        let replaces = self.says("replaces");
        let (Some(partner), Some(plan), Some(name), Some(starts)) = (partner, plan, name, starts)
        else {
            return;
        };
        if !self.under_one.contains(partner.as_str()) {
            self.wrong(
                "partner",
                format!("{partner} has no agreement in the program that could be followed by one"),
            );
        }
        if !self.taken.partners.insert(partner.clone()) {
            self.wrong("partner", format!("{partner} has a row above already"));
        }
        let is_plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_');
        if !name.chars().all(is_plain) {
            self.wrong(
                "agreement",
                format!("`{name}` is no name of a file; use letters, digits, - and _"),
            );
        }
        let plan = match plan_of(self.folder, &plan) {
            Ok(plan) => plan,
            Err(_) => return self.wrong("plan", format!("there is no plan {plan}")),
        };
        let mut text = format!(
            "agreement: {}\nplan: {}\npartner: {}\nstarts: {starts}\n",
            quoted(&name),
            quoted(&plan.name),
            quoted(&partner)
        );
        if let Some(until) = until {
            let _ = writeln!(text, "until: {until}");
        }
        if let Some(replaces) = replaces {
            let _ = writeln!(text, "replaces: {}", quoted(&replaces));
        }
        let terms = self.terms(plan);
        if !terms.is_empty() {
            text.push_str("terms:\n");
            for (term, says) in terms {
                let _ = writeln!(text, "  {term}: {says}");
            }
        }
        if self.taken.mistakes.len() > before {
            return;
        }
        let path = format!("agreements/{name}.yaml");
        if self.taken.texts.insert(path, text).is_some() {
            self.wrong(
                "agreement",
                format!("{name} is the name of a row above already"),
            );
        }
    }

    /// The terms that the row states, as they stand in a text; sums of numbers are added up.
    fn terms(&mut self, plan: &Plan) -> Vec<(String, String)> {
        let mut all = Vec::new();
        let terms = terms_of(plan);
        for (_, term) in &terms {
            let Some(says) = self.says(&term.name) else {
                continue;
            };
            let written = match term.of {
                Type::Text | Type::Partner => quoted(&says),
                Type::Number(_) | Type::Duration | Type::Date | Type::Flag => says.clone(),
            };
            let mut sources = Sources::new();
            let file = sources.add("cell", &format!("{}: {written}\n", term.name));
            let mut found = Vec::new();
            let stated = match yaml::read(&sources, file, &mut found) {
                Some(node) => agreement::terms(plan, &node, &mut found),
                None => Vec::new(),
            };
            if let Some(first) = found.first() {
                self.wrong(&term.name, first.message.clone());
                continue;
            }
            if let Some(Literal::Number(number)) = stated.first().map(|one| &one.figure) {
                let sum = self.taken.sums.entry(term.name.to_string()).or_default();
                *sum = &*sum + number;
            }
            all.push((term.name.to_string(), written));
        }
        // A column that is no term's would be left out in silence.
        let is_known = |name: &str| {
            name.is_empty()
                || HEAD.contains(&name)
                || terms.iter().any(|(_, term)| {
                    *term.name == *name || name.strip_suffix(NOW) == Some(&*term.name)
                })
        };
        let unknown: Vec<String> = self
            .cells
            .iter()
            .filter(|(name, cell)| {
                !is_known(name) && !matches!(cell, CellText::Says(text) if text.is_empty())
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in unknown {
            self.wrong(&name, format!("plan {} has no such term", plan.name));
        }
        all
    }
}

/// A text as it stands in YAML, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
