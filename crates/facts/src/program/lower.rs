//! `program.yaml` to a program: every key known, every name resolved, every mistake reported at its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use trueup_base::{Calendar, Currency, Date};
use trueup_plan::diagnostic::{Sources, any_error};
use trueup_plan::span::Span;
use trueup_plan::yaml::{self, Node, Scalar};

use super::declared::{Findings, Keys, hash_node};
use super::{
    ColumnType, Kind, KindColumn, NumberUnit, PROGRAM_FILE, Program, ProgramRead, RESERVED_PREFIX,
    directory, rates, source,
};
use crate::decimal::{DIGITS_MAX, Room};
use crate::digest::{Digest, PartsHasher};
use crate::error::Fault;
use crate::texts::Texts;
use crate::words::{nearest, shown};

const KEYS: [&str; 11] = [
    "program",
    "title",
    "is",
    "currency",
    "zone",
    "calendar",
    "kinds",
    "directories",
    "rates",
    "sources",
    "mappings",
];

pub fn read(texts: &Texts) -> Result<ProgramRead, Fault> {
    let path = texts.folder().join(PROGRAM_FILE);
    let bytes = texts.read(PROGRAM_FILE).map_err(Fault::read(&path))?;
    let mut sources = Sources::new();
    let mut findings = Findings::default();
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(broken) => {
            let at = broken.valid_up_to();
            let file = sources.add(PROGRAM_FILE, "");
            let message = format!("the file is not UTF-8 at byte {at}");
            findings.error(
                "F006",
                Span {
                    file,
                    start: 0,
                    end: 0,
                },
                message,
                "save it as UTF-8",
            );
            return Ok(ProgramRead {
                program: None,
                sources,
                diagnostics: findings.diagnostics,
            });
        }
    };
    let file = sources.add(PROGRAM_FILE, text);
    let node = yaml::read(&sources, file, &mut findings.diagnostics);
    let program = node.and_then(|node| lower(&mut findings, texts, &node));
    let mut diagnostics = findings.diagnostics;
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span(), diagnostic.code));
    let program = program.filter(|_| !any_error(&diagnostics));
    Ok(ProgramRead {
        program,
        sources,
        diagnostics,
    })
}

fn lower(findings: &mut Findings, texts: &Texts, node: &Node) -> Option<Program> {
    let what = "a program";
    let keys = findings.map(node, what, &KEYS)?;
    let name = findings.required(&keys, "program", what);
    let name = name.and_then(|name| findings.name(name, what));
    let title = findings.words(&keys, "title");
    let is = findings.words(&keys, "is");
    let currency = findings
        .required(&keys, "currency", what)
        .and_then(|code| read_currency(findings, code));
    let zone = read_zone(findings, &keys);
    let calendar = read_calendar(findings, &keys);
    let mut declarations = BTreeMap::new();
    declarations.insert(Arc::from("program"), own_digest(&keys));
    let kinds = each_named(findings, &keys, "kinds", &mut declarations, read_kind);
    let directories = each_named(
        findings,
        &keys,
        "directories",
        &mut declarations,
        |findings, name, node| directory::read(findings, texts, name, node),
    );
    // What stands in program.yaml alone; below, lists count with what their files hold.
    let mut said = declarations.clone();
    for directory in &directories {
        declarations.insert(
            format!("directory {}", directory.name).into(),
            directory.digest,
        );
    }
    let rates = keys
        .get("rates")
        .and_then(|node| rates::read(findings, texts, node));
    if let Some(rates) = &rates {
        declarations.insert(Arc::from("rates"), rates.digest);
    }
    if let Some(node) = keys.get("rates") {
        let mut hasher = PartsHasher::new("trueup rates 1");
        hash_node(&mut hasher, node);
        said.insert(Arc::from("rates"), hasher.finish());
    }
    let needs_certified = match keys.get("mappings") {
        None => false,
        Some(node) => {
            let word = findings.text(node, "`mappings`");
            let is_known = word.is_some_and(|word| *word.text == *"certified");
            if let (Some(word), false) = (word, is_known) {
                let message = format!("`mappings` cannot be `{}`", shown(&word.text));
                findings.error("F031", word.span, message, "it is `certified`, or left out");
            }
            is_known
        }
    };
    let zone = zone?;
    let around = source::Around {
        kinds: &kinds,
        directories: &directories,
        zone: &zone,
    };
    let sources = each_named(
        findings,
        &keys,
        "sources",
        &mut declarations,
        |findings, name, node| source::read(findings, &around, name, node),
    );
    for source in &sources {
        let name: Arc<str> = format!("source {}", source.name).into();
        said.extend(
            declarations
                .get(&name)
                .map(|digest| (name.clone(), *digest)),
        );
    }
    Some(Program {
        folder: texts.folder().to_owned(),
        name: name?,
        title,
        is,
        currency: currency?,
        zone,
        calendar: calendar?,
        kinds,
        directories,
        rates,
        sources,
        needs_certified,
        declarations,
        said,
    })
}

/// The digest of what the program says about itself.
fn own_digest(keys: &Keys<'_>) -> Digest {
    let mut hasher = PartsHasher::new("trueup program 1");
    for key in ["program", "currency", "zone", "calendar"] {
        hasher.text(key);
        match keys.get(key) {
            Some(node) => hash_node(&mut hasher, node),
            None => hasher.text("none"),
        }
    }
    hasher.finish()
}

/// Reads each named declaration under a key and keeps its digest.
fn each_named<T>(
    findings: &mut Findings,
    keys: &Keys<'_>,
    key: &str,
    declarations: &mut BTreeMap<Arc<str>, Digest>,
    mut read: impl FnMut(&mut Findings, &Arc<str>, &Node) -> Option<T>,
) -> Vec<T> {
    let Some(node) = keys.get(key) else {
        return Vec::new();
    };
    let one = match key {
        "kinds" => "kind",
        "directories" => "directory",
        _ => "source",
    };
    let Some(named) = findings.entries(node, &format!("`{key}`")) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (name, value) in &named.order {
        let Some(name) = findings.name(name, &format!("a {one}")) else {
            continue;
        };
        let mut hasher = PartsHasher::new(&format!("trueup {one} 1"));
        hash_node(&mut hasher, value);
        declarations.insert(format!("{one} {name}").into(), hasher.finish());
        all.extend(read(findings, &name, value));
    }
    all
}

fn read_currency(findings: &mut Findings, code: &Scalar) -> Option<Currency> {
    match Currency::parse(&code.text) {
        Ok(currency) => Some(currency),
        Err(error) => {
            findings.error(
                "F007",
                code.span,
                error.to_string(),
                "currencies are those of ISO 4217",
            );
            None
        }
    }
}

fn read_zone(findings: &mut Findings, keys: &Keys<'_>) -> Option<TimeZone> {
    let Some(node) = keys.get("zone") else {
        return Some(TimeZone::UTC);
    };
    let scalar = findings.text(node, "`zone`")?;
    match TimeZone::get(&scalar.text) {
        Ok(zone) => Some(zone),
        Err(_) => {
            let message = format!("there is no time zone `{}`", shown(&scalar.text));
            findings.error(
                "F008",
                scalar.span,
                message,
                "name one of the IANA table, such as Europe/Berlin or UTC",
            );
            None
        }
    }
}

fn read_calendar(findings: &mut Findings, keys: &Keys<'_>) -> Option<Calendar> {
    let Some(node) = keys.get("calendar") else {
        return Some(Calendar::default());
    };
    let keys = findings.map(node, "`calendar`", &["year_starts", "weeks", "periods"])?;
    let mut calendar = Calendar::default();
    let help =
        "see the calendar's words: year_starts: 12-01, weeks: 4-4-5, periods: [2021-09-29, …]";
    if let Some(node) = keys.get("year_starts") {
        let scalar = findings.text(node, "`year_starts`")?;
        match scalar.text.parse() {
            Ok(day) => calendar = calendar.starting(day),
            Err(error) => findings.error("F009", scalar.span, format!("{error}"), help),
        }
    }
    if let Some(node) = keys.get("weeks") {
        let scalar = findings.text(node, "`weeks`")?;
        match calendar.clone().with_weeks_text(&scalar.text) {
            Ok(with) => calendar = with,
            Err(error) => findings.error("F009", scalar.span, error.to_string(), help),
        }
    }
    if let Some(node) = keys.get("periods") {
        let dates: Vec<&Scalar> = findings.texts(node, "`periods`");
        let dates: Vec<Date> = dates
            .into_iter()
            .filter_map(|date| read_date(findings, date))
            .collect();
        match calendar.clone().with_periods(dates) {
            Ok(with) => calendar = with,
            Err(error) => findings.error("F009", node.span, error.to_string(), help),
        }
    }
    Some(calendar)
}

pub fn read_date(findings: &mut Findings, scalar: &Scalar) -> Option<Date> {
    match trueup_base::date::parse_date(&scalar.text) {
        Ok(date) => Some(date),
        Err(error) => {
            findings.error(
                "F010",
                scalar.span,
                error.to_string(),
                "write a day as 2013-11-29",
            );
            None
        }
    }
}

fn read_kind(findings: &mut Findings, name: &Arc<str>, node: &Node) -> Option<Kind> {
    let what = format!("the kind `{name}`");
    let keys = findings.map(node, &what, &["is", "dated", "columns"])?;
    let is = findings.words(&keys, "is");
    let dated = findings.required(&keys, "dated", &what);
    let mut columns = Vec::new();
    match keys.get("columns") {
        Some(node) => {
            let named = findings.entries(node, "`columns`")?;
            for (column, value) in &named.order {
                columns.extend(read_kind_column(findings, column, value));
            }
        }
        None => findings.error(
            "F004",
            node.span,
            format!("{what} lacks `columns`"),
            "add `columns:`",
        ),
    }
    let dated = dated?;
    let Some(at) = columns
        .iter()
        .position(|column| *column.name == *dated.text)
    else {
        let known: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
        let help = match nearest(&dated.text, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("its columns are: {}", known.join(", ")),
        };
        findings.error(
            "F011",
            dated.span,
            format!("{what} has no column `{}`", shown(&dated.text)),
            help,
        );
        return None;
    };
    if columns
        .get(at)
        .is_some_and(|column| column.of != ColumnType::Date)
    {
        let help = "`dated` names the column of type date that places a row in a window";
        findings.error(
            "F011",
            dated.span,
            format!("the column `{}` is no date", dated.text),
            help,
        );
    }
    Some(Kind {
        name: name.clone(),
        is,
        dated: at,
        columns,
    })
}

const TYPES: [&str; 8] = [
    "text", "partner", "date", "flag", "money", "count", "score", "ratio",
];

fn read_kind_column(findings: &mut Findings, name: &Scalar, node: &Node) -> Option<KindColumn> {
    let column = findings.name(name, "a column")?;
    if column.starts_with(RESERVED_PREFIX) {
        let help = "those are the columns that every kind has besides: fact_id, fact_weight, …";
        findings.error(
            "F012",
            name.span,
            format!("a column cannot begin with `{RESERVED_PREFIX}`"),
            help,
        );
        return None;
    }
    let what = format!("the column `{column}`");
    let (word, keys) = if node.is_map() {
        let keys = findings.map(node, &what, &["type", "scale", "digits", "is"])?;
        (findings.required(&keys, "type", &what)?, Some(keys))
    } else {
        (findings.text(node, &what)?, None)
    };
    let unit = match &*word.text {
        "text" | "partner" | "date" | "flag" => None,
        "money" => Some(NumberUnit::Money),
        "count" => Some(NumberUnit::Count),
        "score" => Some(NumberUnit::Score),
        "ratio" => Some(NumberUnit::Ratio),
        other => {
            let help = match nearest(other, TYPES) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("types are: {}", TYPES.join(", ")),
            };
            findings.error(
                "F013",
                word.span,
                format!("there is no type `{}`", shown(other)),
                help,
            );
            return None;
        }
    };
    let of = match unit {
        Some(unit) => ColumnType::Number {
            unit,
            room: read_room(findings, word, unit, keys.as_ref())?,
        },
        None => {
            for key in ["scale", "digits"] {
                if let Some(node) = keys.as_ref().and_then(|keys| keys.get(key)) {
                    findings.error(
                        "F014",
                        node.span,
                        format!("a {} has no `{key}`", word.text),
                        "only numbers do",
                    );
                }
            }
            match &*word.text {
                "partner" => ColumnType::Partner,
                "date" => ColumnType::Date,
                "flag" => ColumnType::Flag,
                _ => ColumnType::Text,
            }
        }
    };
    Some(KindColumn { name: column, of })
}

fn read_room(
    findings: &mut Findings,
    word: &Scalar,
    unit: NumberUnit,
    keys: Option<&Keys<'_>>,
) -> Option<Room> {
    let mut small = |key: &str| -> Option<Option<(u8, Span)>> {
        let Some(node) = keys.and_then(|keys| keys.get(key)) else {
            return Some(None);
        };
        let scalar = findings.text(node, &format!("`{key}`"))?;
        match scalar.text.parse::<u8>() {
            Ok(number) if number <= DIGITS_MAX => Some(Some((number, scalar.span))),
            _ => {
                let message = format!("`{key}` is no whole number up to {DIGITS_MAX}");
                let help = "28 digits leave a sum of ten thousand million rows its room";
                findings.error("F014", scalar.span, message, help);
                None
            }
        }
    };
    let scale = small("scale")?;
    let digits = small("digits")?;
    let digits = digits.map_or(DIGITS_MAX, |(digits, _)| digits);
    let scale = match (scale, unit) {
        (Some((scale, span)), _) => {
            if scale > digits {
                findings.error(
                    "F014",
                    span,
                    "more decimals than digits",
                    "`digits` counts all, `scale` those after the mark",
                );
                return None;
            }
            scale
        }
        (None, NumberUnit::Count) => 0,
        (None, NumberUnit::Money | NumberUnit::Score | NumberUnit::Ratio) => {
            let message = format!("a {} column states its `scale`", unit.word());
            let help = format!(
                "write `{{ type: {}, scale: 2 }}`, with the decimals the source sends",
                unit.word()
            );
            findings.error("F014", word.span, message, help);
            return None;
        }
    };
    Some(Room { scale, digits })
}
