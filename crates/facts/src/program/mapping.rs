//! Where each column of a kind comes from: a column of the source, a constant, an identity, a look-up, listed values.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use trueup_plan::yaml::{Node, Scalar};

use super::declared::{Findings, Keys};
use super::source::Around;
use super::{ColumnType, Directory, Kind, KindColumn, Mapping, PARTNERS, Typed, Unlisted};
use crate::dates::{DateFormat, day_number};
use crate::decimal::{self, DecimalMark};
use crate::words::{nearest, shown};

/// The format of a date.
pub fn read_date_format(findings: &mut Findings, keys: &Keys<'_>) -> Option<DateFormat> {
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

/// The mapping of each column, by position.
pub fn read_map(
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
