//! A source's declaration: which files, how written, what names a row, and where each standard column comes from.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use trueup_base::Duration;
use trueup_plan::yaml::{Node, Scalar};

use super::declared::{Findings, Keys, hash_node};
use super::lower::read_date;
use super::mapping::{read_date_format, read_map};
use super::{Cancelled, Certified, ColumnType, Control, DateSpan, Directory, Format, Kind, Source};
use crate::csv_in::{CsvStyle, LastLine};
use crate::dates::DateFormat;
use crate::decimal::{self, DecimalMark};
use crate::digest::{Digest, PartsHasher};
use crate::glob::Glob;
use crate::words::{nearest, shown};

/// What is declared around a source.
pub struct Around<'a> {
    pub kinds: &'a [Kind],
    pub directories: &'a [Directory],
    pub zone: &'a TimeZone,
}

const KEYS: [&str; 16] = [
    "is",
    "owner",
    "kind",
    "files",
    "format",
    "csv",
    "xlsx",
    "id",
    "revision",
    "recorded_on",
    "cancelled",
    "certified",
    "fresh",
    "complete",
    "map",
    "control",
];

pub fn read(
    findings: &mut Findings,
    around: &Around<'_>,
    name: &Arc<str>,
    node: &Node,
) -> Option<Source> {
    let what = format!("the source `{name}`");
    let keys = findings.map(node, &what, &KEYS)?;
    let is = findings.words(&keys, "is");
    let owner = findings.words(&keys, "owner");
    let format = read_format(findings, &keys);
    let files = match (keys.get("files"), &format) {
        // What is pushed needs no file.
        (None, Some(Format::Json)) => Vec::new(),
        (_, _) => read_files(findings, &keys, &what),
    };
    let id: Vec<Arc<str>> = match keys.get("id") {
        Some(node) => findings
            .texts(node, "`id`")
            .into_iter()
            .map(|scalar| scalar.text.clone())
            .collect(),
        None => {
            let help = "name the columns that together name a row: `id: [order, line]`";
            findings.error("F004", keys.span, format!("{what} lacks `id`"), help);
            Vec::new()
        }
    };
    let revision = keys
        .get("revision")
        .and_then(|node| findings.text(node, "`revision`"))
        .map(|scalar| scalar.text.clone());
    let recorded_on = keys
        .get("recorded_on")
        .and_then(|node| read_recorded_on(findings, node));
    let cancelled = keys
        .get("cancelled")
        .and_then(|node| read_cancelled(findings, node));
    let certified = keys
        .get("certified")
        .and_then(|node| read_certified(findings, node));
    let fresh = keys
        .get("fresh")
        .and_then(|node| read_fresh(findings, node));
    let complete = keys
        .get("complete")
        .and_then(|node| read_span(findings, node));
    let kind = findings
        .required(&keys, "kind", &what)
        .and_then(|kind| named_kind(findings, around, kind))?;
    let declared = around.kinds.get(kind)?;
    let map = read_map(
        findings,
        around,
        declared,
        &keys,
        &what,
        format.as_ref().map_or(DecimalMark::Point, Format::mark),
    );
    let control = keys
        .get("control")
        .and_then(|node| read_control(findings, declared, node));
    Some(Source {
        name: name.clone(),
        is,
        owner,
        kind,
        files,
        format: format?,
        id,
        revision,
        recorded_on,
        cancelled,
        certified,
        fresh,
        complete,
        mapping: mapping_digest(around, declared, &keys),
        reading: reading_digest(around, declared, &keys),
        map: map?,
        control,
    })
}

/// The digest of all that decides how a row is read.
fn reading_digest(around: &Around<'_>, kind: &Kind, keys: &Keys<'_>) -> Digest {
    let mut hasher = PartsHasher::new("trueup reading 1");
    hasher.fixed(&mapping_digest(around, kind, keys).0);
    // A list that any column may look into counts, whether or not one does.
    for directory in around.directories {
        hasher.text(&directory.name);
        hasher.fixed(&directory.digest.0);
    }
    hasher.finish()
}

/// The digest of what the declaration itself says of a row, which somebody may certify.
fn mapping_digest(around: &Around<'_>, kind: &Kind, keys: &Keys<'_>) -> Digest {
    let mut hasher = PartsHasher::new("trueup mapping 1");
    hasher.text(&kind.name);
    hasher.text(around.zone.iana_name().unwrap_or_default());
    for (at, column) in kind.columns.iter().enumerate() {
        hasher.text(&column.name);
        hasher.text(column.of.word());
        let room = match column.of {
            ColumnType::Number { room, .. } => [room.scale, room.digits],
            ColumnType::Text | ColumnType::Partner | ColumnType::Date | ColumnType::Flag => [0, 0],
        };
        hasher.fixed(&room);
        hasher.fixed(&[u8::from(at == kind.dated)]);
    }
    for key in [
        "format",
        "csv",
        "id",
        "revision",
        "recorded_on",
        "cancelled",
        "map",
    ] {
        hasher.text(key);
        match keys.get(key) {
            Some(node) => hash_node(&mut hasher, node),
            None => hasher.text("none"),
        }
    }
    // Younger than mappings that were certified without it.
    if let Some(node) = keys.get("xlsx") {
        hasher.text("xlsx");
        hash_node(&mut hasher, node);
    }
    hasher.finish()
}

fn named_kind(findings: &mut Findings, around: &Around<'_>, kind: &Scalar) -> Option<usize> {
    let at = around
        .kinds
        .iter()
        .position(|known| *known.name == *kind.text);
    if at.is_none() {
        let known: Vec<&str> = around.kinds.iter().map(|kind| &*kind.name).collect();
        let help = match nearest(&kind.text, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the kinds are: {}", known.join(", ")),
        };
        findings.error(
            "F030",
            kind.span,
            format!("there is no kind `{}`", shown(&kind.text)),
            help,
        );
    }
    at
}

fn read_files(findings: &mut Findings, keys: &Keys<'_>, what: &str) -> Vec<Glob> {
    let Some(node) = keys.get("files") else {
        findings.error(
            "F004",
            keys.span,
            format!("{what} lacks `files`"),
            "add `files: data/….csv`",
        );
        return Vec::new();
    };
    let mut globs = Vec::new();
    for scalar in findings.texts(node, "`files`") {
        match Glob::from_text(&scalar.text) {
            Ok(glob) => globs.push(glob),
            Err(error) => {
                let help = "name files relative to the program's folder, with / between names and * inside one";
                findings.error("F021", scalar.span, error.to_string(), help);
            }
        }
    }
    globs
}

fn read_format(findings: &mut Findings, keys: &Keys<'_>) -> Option<Format> {
    let word = match keys.get("format") {
        Some(node) => findings
            .text(node, "`format`")
            .map(|scalar| (&*scalar.text, scalar.span)),
        None => Some(("csv", keys.span)),
    };
    let (word, span) = word?;
    let own = match word {
        "csv" => Some("csv"),
        "xlsx" => Some("xlsx"),
        "parquet" | "json" => None,
        other => {
            let message = format!("there is no format `{}`", shown(other));
            findings.error(
                "F031",
                span,
                message,
                "formats are: csv, json, parquet, xlsx; csv and json plain or packed with gzip or zip",
            );
            return None;
        }
    };
    for key in ["csv", "xlsx"] {
        if let Some(node) = keys.get(key).filter(|_| own != Some(key)) {
            let message = format!("a source of the format `{word}` has no `{key}`");
            findings.error("F031", node.span, message, "leave it out");
        }
    }
    match word {
        "parquet" => Some(Format::Parquet),
        "json" => Some(Format::Json),
        "xlsx" => read_workbook_format(findings, keys),
        _ => read_csv_format(findings, keys),
    }
}

fn read_workbook_format(findings: &mut Findings, keys: &Keys<'_>) -> Option<Format> {
    let (mut sheet, mut header_row) = (None, 1);
    if let Some(node) = keys.get("xlsx") {
        let xlsx = findings.map(node, "`xlsx`", &["sheet", "header_row"])?;
        if let Some(node) = xlsx.get("sheet") {
            sheet = Some(findings.text(node, "`sheet`")?.text.clone());
        }
        if let Some(node) = xlsx.get("header_row") {
            let scalar = findings.text(node, "`header_row`")?;
            let row = scalar.text.parse().ok();
            let Some(row) = row.filter(|row| *row >= 1) else {
                findings.error(
                    "F031",
                    scalar.span,
                    format!("`header_row` cannot be `{}`", shown(&scalar.text)),
                    "write the number of the row with the columns' names, from 1",
                );
                return None;
            };
            header_row = row;
        }
    }
    Some(Format::Workbook { sheet, header_row })
}

fn read_csv_format(findings: &mut Findings, keys: &Keys<'_>) -> Option<Format> {
    let mut style = CsvStyle::default();
    let mut mark = DecimalMark::Point;
    let Some(node) = keys.get("csv") else {
        return Some(Format::Csv { style, mark });
    };
    let csv = findings.map(
        node,
        "`csv`",
        &["delimiter", "decimal", "encoding", "last_line"],
    )?;
    let mut one_of = |key: &str, known: &[&str]| -> Option<Option<Arc<str>>> {
        let Some(node) = csv.get(key) else {
            return Some(None);
        };
        let scalar = findings.text(node, &format!("`{key}`"))?;
        if known.contains(&&*scalar.text) {
            return Some(Some(scalar.text.clone()));
        }
        let shown_known: Vec<String> = known
            .iter()
            .map(|word| format!("\"{}\"", word.escape_default()))
            .collect();
        let message = format!("`{key}` cannot be `{}`", shown(&scalar.text));
        findings.error(
            "F031",
            scalar.span,
            message,
            format!("it is one of: {}", shown_known.join(", ")),
        );
        None
    };
    if let Some(delimiter) = one_of("delimiter", &[",", ";", "\t", "|"])? {
        style.delimiter = delimiter.bytes().next()?;
    }
    if let Some(decimal) = one_of("decimal", &[".", ","])? {
        mark = if &*decimal == "," {
            DecimalMark::Comma
        } else {
            DecimalMark::Point
        };
    }
    one_of("encoding", &["utf-8"])?;
    if let Some(last_line) = one_of("last_line", &["complete", "open"])? {
        style.last_line = if &*last_line == "open" {
            LastLine::Open
        } else {
            LastLine::Complete
        };
    }
    Some(Format::Csv { style, mark })
}

fn read_recorded_on(findings: &mut Findings, node: &Node) -> Option<(Arc<str>, DateFormat)> {
    if !node.is_map() {
        return Some((
            findings.text(node, "`recorded_on`")?.text.clone(),
            DateFormat::default(),
        ));
    }
    let keys = findings.map(node, "`recorded_on`", &["column", "format"])?;
    let column = findings.required(&keys, "column", "`recorded_on`")?;
    Some((column.text.clone(), read_date_format(findings, &keys)?))
}

fn read_cancelled(findings: &mut Findings, node: &Node) -> Option<Cancelled> {
    let keys = findings.map(node, "`cancelled`", &["column", "values"])?;
    let column = findings.required(&keys, "column", "`cancelled`")?;
    let Some(values) = keys.get("values") else {
        findings.error(
            "F004",
            keys.span,
            "`cancelled` lacks `values`",
            "say what the column holds in a row that is taken back: `values: [void]`",
        );
        return None;
    };
    let values = findings.texts(values, "`values`");
    Some(Cancelled {
        column: column.text.clone(),
        values: values
            .into_iter()
            .map(|scalar| scalar.text.clone())
            .collect(),
    })
}

fn read_certified(findings: &mut Findings, node: &Node) -> Option<Certified> {
    let keys = findings.map(node, "`certified`", &["by", "mapping"])?;
    let by = findings.required(&keys, "by", "`certified`")?;
    let mapping = findings.required(&keys, "mapping", "`certified`")?;
    Some(Certified {
        by: by.text.clone(),
        mapping: mapping.text.clone(),
    })
}

fn read_fresh(findings: &mut Findings, node: &Node) -> Option<Duration> {
    let scalar = findings.text(node, "`fresh`")?;
    match Duration::parse(&scalar.text) {
        Ok(duration) => Some(duration),
        Err(error) => {
            findings.error(
                "F033",
                scalar.span,
                error.to_string(),
                "write for example `2 days`",
            );
            None
        }
    }
}

fn read_span(findings: &mut Findings, node: &Node) -> Option<DateSpan> {
    let keys = findings.map(node, "`complete`", &["from", "until"])?;
    let from = findings
        .required(&keys, "from", "`complete`")
        .and_then(|scalar| read_date(findings, scalar));
    let until = findings
        .required(&keys, "until", "`complete`")
        .and_then(|scalar| read_date(findings, scalar));
    let (from, until) = (from?, until?);
    if from >= until {
        findings.error(
            "F034",
            node.span,
            format!("no day lies from {from} until {until}"),
            "`until` is the day after the last",
        );
        return None;
    }
    Some(DateSpan { from, until })
}

fn read_control(findings: &mut Findings, kind: &Kind, node: &Node) -> Option<Control> {
    let keys = findings.map(node, "`control`", &["rows", "sums"])?;
    let rows = match keys.get("rows") {
        Some(node) => {
            let scalar = findings.text(node, "`rows`")?;
            let Ok(rows) = scalar.text.parse::<u64>() else {
                findings.error(
                    "F035",
                    scalar.span,
                    "`rows` is no whole number",
                    "write how many rows there are",
                );
                return None;
            };
            Some(rows)
        }
        None => None,
    };
    let mut sums = BTreeMap::new();
    if let Some(node) = keys.get("sums") {
        for (name, value) in &findings.entries(node, "`sums`")?.order {
            let number = kind
                .numbers()
                .find(|(_, column, _)| *column.name == *name.text);
            let Some((at, _, room)) = number else {
                let known: Vec<&str> = kind.numbers().map(|(_, column, _)| &*column.name).collect();
                let message = format!(
                    "`{}` is no number of the kind `{}`",
                    shown(&name.text),
                    kind.name
                );
                findings.error(
                    "F035",
                    name.span,
                    message,
                    format!("its numbers are: {}", known.join(", ")),
                );
                continue;
            };
            let scalar = findings.text(value, "a sum")?;
            match decimal::parse(&scalar.text, DecimalMark::Point, room) {
                Ok(sum) => {
                    sums.insert(at, sum);
                }
                Err(error) => {
                    let message = format!("`{}` {error}", shown(&scalar.text));
                    findings.error(
                        "F035",
                        scalar.span,
                        message,
                        "write the sum as a plain decimal",
                    );
                }
            }
        }
    }
    Some(Control { rows, sums })
}
