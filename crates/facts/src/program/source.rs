//! A source's declaration: which files, how written, what names a row, and where each standard column comes from.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use trueup_base::Duration;
use trueup_plan::yaml::{Node, Scalar};

use super::declared::{Findings, Keys, hash_node};
use super::lower::read_date;
use super::{
    ColumnType, Control, DateSpan, Directory, Format, Kind, KindColumn, Mapping, PARTNERS, Source,
    Typed, Unlisted,
};
use crate::csv_in::{CsvStyle, LastLine};
use crate::dates::{DateFormat, day_number};
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

const KEYS: [&str; 13] = [
    "is",
    "owner",
    "kind",
    "files",
    "format",
    "csv",
    "id",
    "revision",
    "recorded_on",
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
    let files = read_files(findings, &keys, &what);
    let format = read_format(findings, &keys);
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
        format.map_or(DecimalMark::Point, Format::mark),
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
        fresh,
        complete,
        reading: reading_digest(around, declared, &keys),
        map: map?,
        control,
    })
}

/// The digest of all that decides how a row is read.
fn reading_digest(around: &Around<'_>, kind: &Kind, keys: &Keys<'_>) -> Digest {
    let mut hasher = PartsHasher::new("trueup reading 1");
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
    for key in ["format", "csv", "id", "revision", "recorded_on", "map"] {
        hasher.text(key);
        match keys.get(key) {
            Some(node) => hash_node(&mut hasher, node),
            None => hasher.text("none"),
        }
    }
    // A list that any column may look into counts, whether or not one does.
    for directory in around.directories {
        hasher.text(&directory.name);
        hasher.fixed(&directory.digest.0);
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
    match word {
        "csv" => read_csv_format(findings, keys),
        "parquet" => {
            if let Some(node) = keys.get("csv") {
                findings.error(
                    "F031",
                    node.span,
                    "a Parquet source has no `csv`",
                    "leave it out",
                );
            }
            Some(Format::Parquet)
        }
        other => {
            let message = format!("there is no format `{}`", shown(other));
            findings.error(
                "F031",
                span,
                message,
                "formats are: csv (plain or gzip), parquet",
            );
            None
        }
    }
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

fn read_date_format(findings: &mut Findings, keys: &Keys<'_>) -> Option<DateFormat> {
    let Some(node) = keys.get("format") else {
        return Some(DateFormat::default());
    };
    let scalar = findings.text(node, "`format`")?;
    match DateFormat::from_text(&scalar.text) {
        Ok(format) => Some(format),
        Err(error) => {
            findings.error(
                "F032",
                scalar.span,
                error.to_string(),
                "write for example \"%Y-%m-%d\"",
            );
            None
        }
    }
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

fn read_map(
    findings: &mut Findings,
    around: &Around<'_>,
    kind: &Kind,
    keys: &Keys<'_>,
    what: &str,
    mark: DecimalMark,
) -> Option<Vec<Option<Mapping>>> {
    let Some(node) = keys.get("map") else {
        findings.error(
            "F004",
            keys.span,
            format!("{what} lacks `map`"),
            "say where each column of the kind comes from",
        );
        return None;
    };
    let known: Vec<&str> = kind.columns.iter().map(|column| &*column.name).collect();
    let map = findings.map(node, &format!("the kind `{}`", kind.name), &known)?;
    let mut mappings = Vec::new();
    for (at, column) in kind.columns.iter().enumerate() {
        let mapping = map
            .get(&column.name)
            .map(|node| read_mapping(findings, around, column, node, mark));
        if mapping.is_none() && at == kind.dated {
            let message = format!("{what} does not say where `{}` comes from", column.name);
            findings.error(
                "F036",
                node.span,
                message,
                "without its date a row has no place in any window",
            );
        }
        mappings.push(mapping.flatten());
    }
    Some(mappings)
}

fn read_mapping(
    findings: &mut Findings,
    around: &Around<'_>,
    column: &KindColumn,
    node: &Node,
    mark: DecimalMark,
) -> Option<Mapping> {
    if !node.is_map() {
        let from = findings.text(node, &format!("`{}`", column.name))?;
        return match column.of {
            ColumnType::Partner => by_identity(findings, around, &from.text, PARTNERS, None),
            ColumnType::Flag => Some(flags(&from.text)),
            ColumnType::Text | ColumnType::Date | ColumnType::Number { .. } => {
                Some(Mapping::Column {
                    column: from.text.clone(),
                    format: DateFormat::default(),
                })
            }
        };
    }
    let what = format!("`{}`", column.name);
    let keys = findings.map(
        node,
        &what,
        &["column", "format", "look_up", "identity", "values", "value"],
    )?;
    if let Some(value) = keys.get("value") {
        let scalar = findings.text(value, "`value`")?;
        let partners =
            named_directory(around, PARTNERS).filter(|_| column.of == ColumnType::Partner);
        if partners.is_some_and(|partners| !partners.rows.contains_key(&scalar.text)) {
            let message = format!("there is no partner `{}`", shown(&scalar.text));
            findings.error(
                "F039",
                scalar.span,
                message,
                "name one of the partner directory by its id",
            );
        }
        return read_typed(findings, column, scalar, mark).map(Mapping::Constant);
    }
    let from = findings.required(&keys, "column", &what)?.text.clone();
    let format = read_date_format(findings, &keys)?;
    let ways: Vec<(&str, &Node)> = ["look_up", "identity", "values"]
        .into_iter()
        .filter_map(|way| Some((way, keys.get(way)?)))
        .collect();
    let (way, node) = match ways.as_slice() {
        [] if column.of == ColumnType::Partner => {
            return by_identity(findings, around, &from, PARTNERS, None);
        }
        [] if column.of == ColumnType::Flag => return Some(flags(&from)),
        [] => {
            return Some(Mapping::Column {
                column: from,
                format,
            });
        }
        [one] => *one,
        [_, (way, node), ..] => {
            findings.error(
                "F037",
                node.span,
                format!("`{way}` stands beside another"),
                "use one of look_up, identity and values",
            );
            return None;
        }
    };
    match way {
        "identity" => {
            let directory = findings.text(node, "`identity`")?;
            if column.of != ColumnType::Partner && column.of != ColumnType::Text {
                let message = format!("a {} has no identity", column.of.word());
                findings.error(
                    "F037",
                    node.span,
                    message,
                    "only partner and text columns do",
                );
            }
            by_identity(findings, around, &from, &directory.text, Some(directory))
        }
        "look_up" => {
            let written = findings.text(node, "`look_up`")?;
            look_up(findings, around, column, &from, written, mark)
        }
        _ => by_values(findings, column, &from, node, mark),
    }
}

fn by_identity(
    findings: &mut Findings,
    around: &Around<'_>,
    from: &Arc<str>,
    directory: &str,
    written: Option<&Scalar>,
) -> Option<Mapping> {
    let found = named_directory(around, directory);
    let Some(found) = found else {
        // Without a partner directory every text is a partner's id; the first listed one changes that.
        let Some(written) = written else {
            return Some(Mapping::Column {
                column: from.clone(),
                format: DateFormat::default(),
            });
        };
        no_directory(findings, around, written, directory);
        return None;
    };
    let own = found
        .rows
        .keys()
        .map(|key| (key.clone(), Some(Typed::Text(key.clone()))));
    let aliases = found
        .aliases
        .iter()
        .map(|(name, alias)| (name.clone(), Some(Typed::Text(alias.key.clone()))));
    Some(Mapping::Listed {
        column: from.clone(),
        values: Arc::new(own.chain(aliases).collect()),
        unlisted: Unlisted::Identity {
            directory: found.name.clone(),
        },
    })
}

fn named_directory<'a>(around: &Around<'a>, name: &str) -> Option<&'a Directory> {
    around
        .directories
        .iter()
        .find(|directory| &*directory.name == name)
}

fn no_directory(findings: &mut Findings, around: &Around<'_>, written: &Scalar, name: &str) {
    let known: Vec<&str> = around
        .directories
        .iter()
        .map(|directory| &*directory.name)
        .collect();
    let help = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "no directory is declared".to_owned(),
        None => format!("the directories are: {}", known.join(", ")),
    };
    findings.error(
        "F038",
        written.span,
        format!("there is no directory `{}`", shown(name)),
        help,
    );
}

fn look_up(
    findings: &mut Findings,
    around: &Around<'_>,
    column: &KindColumn,
    from: &Arc<str>,
    written: &Scalar,
    mark: DecimalMark,
) -> Option<Mapping> {
    let Some((name, into)) = written.text.split_once('.') else {
        findings.error(
            "F038",
            written.span,
            "`look_up` names a directory and its column",
            "write `products.line`",
        );
        return None;
    };
    let Some(directory) = named_directory(around, name) else {
        no_directory(findings, around, written, name);
        return None;
    };
    let Some(at) = directory.position(into) else {
        let known: Vec<&str> = directory.columns.iter().map(|column| &**column).collect();
        let help = match nearest(into, known.iter().copied()) {
            Some(meant) => format!("did you mean `{name}.{meant}`?"),
            None => format!("its columns are: {}", known.join(", ")),
        };
        findings.error(
            "F038",
            written.span,
            format!("the directory `{name}` has no column `{}`", shown(into)),
            help,
        );
        return None;
    };
    let mut values = BTreeMap::new();
    for (key, row) in &directory.rows {
        let value = match row.cells.get(at).and_then(Option::as_ref) {
            None => None,
            Some(text) => match typed(column, text, mark) {
                Ok(value) => Some(value),
                Err(problem) => {
                    let message =
                        format!("line {} of `{name}`: `{}` {problem}", row.line, shown(text));
                    let help = format!("the column `{}` holds a {}", column.name, column.of.word());
                    findings.error("F038", written.span, message, help);
                    return None;
                }
            },
        };
        values.insert(key.clone(), value);
    }
    let unlisted = Unlisted::Key {
        directory: directory.name.clone(),
    };
    Some(Mapping::Listed {
        column: from.clone(),
        values: Arc::new(values),
        unlisted,
    })
}

fn by_values(
    findings: &mut Findings,
    column: &KindColumn,
    from: &Arc<str>,
    node: &Node,
    mark: DecimalMark,
) -> Option<Mapping> {
    let mut values = BTreeMap::new();
    for (written, value) in &findings.entries(node, "`values`")?.order {
        let scalar = findings.text(value, "a value")?;
        values.insert(
            written.text.clone(),
            Some(read_typed(findings, column, scalar, mark)?),
        );
    }
    Some(Mapping::Listed {
        column: from.clone(),
        values: Arc::new(values),
        unlisted: Unlisted::Value,
    })
}

fn flags(from: &Arc<str>) -> Mapping {
    let values = [
        ("yes", true),
        ("no", false),
        ("true", true),
        ("false", false),
    ];
    let values = values
        .into_iter()
        .map(|(text, flag)| (Arc::from(text), Some(Typed::Flag(flag))))
        .collect();
    Mapping::Listed {
        column: from.clone(),
        values: Arc::new(values),
        unlisted: Unlisted::Value,
    }
}

fn read_typed(
    findings: &mut Findings,
    column: &KindColumn,
    scalar: &Scalar,
    mark: DecimalMark,
) -> Option<Typed> {
    match typed(column, &scalar.text, mark) {
        Ok(value) => Some(value),
        Err(problem) => {
            let message = format!("`{}` {problem}", shown(&scalar.text));
            let help = format!("the column `{}` holds a {}", column.name, column.of.word());
            findings.error("F039", scalar.span, message, help);
            None
        }
    }
}

/// A value of a column from the text of a declaration or a directory.
fn typed(column: &KindColumn, text: &str, mark: DecimalMark) -> Result<Typed, String> {
    match column.of {
        ColumnType::Text | ColumnType::Partner => Ok(Typed::Text(text.into())),
        ColumnType::Date => DateFormat::default()
            .day(text, &TimeZone::UTC)
            .map(|day| Typed::Day(day_number(day)))
            .map_err(|error| error.to_string()),
        ColumnType::Flag => match text {
            "yes" | "true" => Ok(Typed::Flag(true)),
            "no" | "false" => Ok(Typed::Flag(false)),
            _ => Err("is neither yes nor no".to_owned()),
        },
        ColumnType::Number { room, .. } => decimal::parse(text, mark, room)
            .map(Typed::Number)
            .map_err(|error| error.to_string()),
    }
}
