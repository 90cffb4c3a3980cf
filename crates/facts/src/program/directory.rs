//! Reference lists: partners, products, whatever rows refer to by a key; each read whole and part of the declarations.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use trueup_base::id::PartnerId;
use trueup_plan::span::Span;
use trueup_plan::yaml::{Node, Scalar};

use super::declared::{Findings, hash_node};
use crate::csv_in::{CsvError, CsvIn, CsvStyle, LastLine, Record};
use crate::digest::{Digest, PartsHasher};
use crate::error::FileRefusal;
use crate::glob::stays_inside;
use crate::header::Header;
use crate::input::{Content, Input, OLD_WORKBOOK};
use crate::texts::Texts;
use crate::words::shown;

/// A reference list.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Its name.
    pub name: Arc<str>,
    /// What it is, in words.
    pub is: Arc<str>,
    /// Its columns, in the order declared.
    pub columns: Vec<Arc<str>>,
    /// Its rows, by their key.
    pub rows: BTreeMap<Arc<str>, DirectoryRow>,
    /// Other names for a key that somebody certified.
    pub aliases: BTreeMap<Arc<str>, Alias>,
    /// The digest of its declaration and its files.
    pub digest: Digest,
}

/// A row of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryRow {
    /// Its cells, by the position of the column; none is missing.
    pub cells: Vec<Option<Arc<str>>>,
    /// The key of the row above it.
    pub parent: Option<Arc<str>>,
    /// Its line in the file.
    pub line: u64,
}

/// Another name for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The key.
    pub key: Arc<str>,
    /// Who certified it.
    pub certified_by: Arc<str>,
}

impl Directory {
    /// The position of a column.
    #[must_use]
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| &**known == column)
    }

    /// A cell; none when the row or the value is missing.
    #[must_use]
    pub fn cell(&self, key: &str, column: usize) -> Option<&Arc<str>> {
        self.rows.get(key)?.cells.get(column)?.as_ref()
    }

    /// The key that an identity names: itself, or what a certified alias says.
    #[must_use]
    pub fn key_of(&self, identity: &str) -> Option<&Arc<str>> {
        match self.rows.get_key_value(identity) {
            Some((key, _)) => Some(key),
            None => self.aliases.get(identity).map(|alias| &alias.key),
        }
    }
}

/// One declared column.
struct ColumnText {
    name: Arc<str>,
    column: Arc<str>,
    values: Option<BTreeMap<Arc<str>, Arc<str>>>,
}

/// Why a directory's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListError {
    #[error("{0}")]
    Refused(#[from] FileRefusal),
    #[error("cannot be read ({0})")]
    Unreadable(#[from] io::Error),
}

impl From<CsvError> for ListError {
    fn from(error: CsvError) -> Self {
        match error {
            CsvError::Unreadable { source, .. } => Self::Unreadable(source),
            other => Self::Refused(FileRefusal::Csv(other)),
        }
    }
}

/// Reads a directory's declaration and its files.
pub fn read(
    findings: &mut Findings,
    texts: &Texts,
    name: &Arc<str>,
    node: &Node,
) -> Option<Directory> {
    let what = format!("the directory `{name}`");
    let keys = findings.map(
        node,
        &what,
        &["is", "file", "id", "columns", "parent", "aliases"],
    )?;
    let is = findings.words(&keys, "is");
    let file = findings.required(&keys, "file", &what);
    let id = findings.required(&keys, "id", &what);
    let parent = keys
        .get("parent")
        .and_then(|node| findings.text(node, "`parent`"));
    let mut columns = Vec::new();
    if let Some(node) = keys.get("columns")
        && let Some(named) = findings.entries(node, "`columns`")
    {
        for (column, value) in &named.order {
            columns.extend(read_column(findings, column, value));
        }
    }
    let (file, id) = (file?, id?);
    let mut hasher = PartsHasher::new("trueup directory 1");
    hash_node(&mut hasher, node);
    let wanted = Wanted {
        id: &id.text,
        parent: parent.map(|scalar| &*scalar.text),
        columns: &columns,
    };
    stays_in_program(findings, &file.text, file.span)?;
    let rows = match read_rows(texts, &file.text, &wanted, &mut hasher) {
        Ok((rows, problems)) => {
            for problem in problems {
                let help = "correct the list; it is read whole or not at all";
                findings.error("F020", file.span, format!("{}: {problem}", file.text), help);
            }
            rows
        }
        Err(error) => {
            let help = "the file is named relative to the program's folder";
            findings.error("F020", file.span, format!("{}: {error}", file.text), help);
            return None;
        }
    };
    let aliases = match keys
        .get("aliases")
        .and_then(|node| findings.text(node, "`aliases`"))
    {
        Some(scalar) => {
            stays_in_program(findings, &scalar.text, scalar.span)?;
            read_aliases(findings, texts, scalar, &rows, &mut hasher)
        }
        None => BTreeMap::new(),
    };
    check_parents(findings, file.span, &file.text, &rows);
    let columns = columns.into_iter().map(|column| column.name).collect();
    Some(Directory {
        name: name.clone(),
        is,
        columns,
        rows,
        aliases,
        digest: hasher.finish(),
    })
}

pub(super) fn stays_in_program(findings: &mut Findings, text: &str, span: Span) -> Option<()> {
    if stays_inside(text) {
        return Some(());
    }
    let help = "name a file relative to the program's folder, with / between names";
    findings.error(
        "F021",
        span,
        format!("`{}` leads out of the program's folder", shown(text)),
        help,
    );
    None
}

fn read_column(findings: &mut Findings, name: &Scalar, node: &Node) -> Option<ColumnText> {
    let name = findings.name(name, "a directory's column")?;
    if !node.is_map() {
        let column = findings.text(node, &format!("`{name}`"))?.text.clone();
        return Some(ColumnText {
            name,
            column,
            values: None,
        });
    }
    let what = format!("the column `{name}`");
    let keys = findings.map(node, &what, &["column", "values"])?;
    let column = findings.required(&keys, "column", &what)?.text.clone();
    let values = match keys.get("values") {
        Some(node) => {
            let named = findings.entries(node, "`values`")?;
            let mut values = BTreeMap::new();
            for (written, stands_for) in &named.order {
                let stands_for = findings.text(stands_for, "a value")?;
                values.insert(written.text.clone(), stands_for.text.clone());
            }
            Some(values)
        }
        None => None,
    };
    Some(ColumnText {
        name,
        column,
        values,
    })
}

struct Wanted<'a> {
    id: &'a str,
    parent: Option<&'a str>,
    columns: &'a [ColumnText],
}

type Rows = BTreeMap<Arc<str>, DirectoryRow>;

/// The most mistakes reported of one list.
pub(super) const PROBLEMS_MAX: usize = 20;

pub(super) fn open(texts: &Texts, path: &str) -> Result<CsvIn<Input>, ListError> {
    let (input, content) = Input::of_bytes(texts.read(path)?)?;
    let other = |found| {
        Err(ListError::Refused(FileRefusal::OtherFormat {
            found,
            declared: "CSV",
        }))
    };
    match content {
        Content::Empty => Err(ListError::Refused(FileRefusal::Empty)),
        Content::Parquet => other("a Parquet file"),
        Content::Zip => other("a zip archive or workbook"),
        Content::Compound => other(OLD_WORKBOOK),
        Content::Gzip | Content::Other => {
            // A list is read whole and checked against what refers to it, and often typed by hand.
            Ok(CsvIn::new(
                input,
                CsvStyle {
                    delimiter: b',',
                    last_line: LastLine::Open,
                },
            )?)
        }
    }
}

pub(super) fn read_header(
    csv: &mut CsvIn<Input>,
    record: &mut Record,
) -> Result<Header, ListError> {
    if !csv.read(record)? {
        return Err(ListError::Refused(FileRefusal::Empty));
    }
    Ok(Header::new(record.cells())?)
}

fn read_rows(
    texts: &Texts,
    path: &str,
    wanted: &Wanted<'_>,
    hasher: &mut PartsHasher,
) -> Result<(Rows, Vec<String>), ListError> {
    let mut csv = open(texts, path)?;
    let mut record = Record::default();
    let header = read_header(&mut csv, &mut record)?;
    let id = header.position(wanted.id)?;
    let parent = wanted
        .parent
        .map(|name| header.position(name))
        .transpose()?;
    let positions: Result<Vec<usize>, FileRefusal> = wanted
        .columns
        .iter()
        .map(|column| header.position(&column.column))
        .collect();
    let positions = positions?;
    let mut rows = Rows::new();
    let mut problems = Vec::new();
    while csv.read(&mut record)? {
        let line = record.line();
        if record.len() != header.len() {
            problems.push(format!(
                "line {line} has {} cells where the header has {}",
                record.len(),
                header.len()
            ));
            continue;
        }
        let key: Arc<str> = record.get(id).unwrap_or_default().into();
        if key.is_empty() {
            problems.push(format!("line {line} has no `{}`", wanted.id));
            continue;
        }
        if let Err(problem) = PartnerId::new(&*key) {
            problems.push(format!("line {line}: {problem}"));
        }
        let mut cells = Vec::with_capacity(positions.len());
        for (at, column) in positions.iter().zip(wanted.columns) {
            match read_cell(record.get(*at).unwrap_or_default(), column) {
                Ok(cell) => cells.push(cell),
                Err(problem) => problems.push(format!("line {line}: {problem}")),
            }
        }
        let parent = parent
            .and_then(|at| record.get(at))
            .filter(|text| !text.is_empty())
            .map(Arc::from);
        let row = DirectoryRow {
            cells,
            parent,
            line,
        };
        if let Some(earlier) = rows.insert(key.clone(), row) {
            problems.push(format!(
                "`{}` stands on line {} and on line {line}",
                shown(&key),
                earlier.line
            ));
        }
    }
    hasher.fixed(&csv.source().finish()?.0);
    problems.truncate(PROBLEMS_MAX);
    Ok((rows, problems))
}

fn read_cell(text: &str, column: &ColumnText) -> Result<Option<Arc<str>>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match &column.values {
        None => Ok(Some(text.into())),
        Some(values) => match values.get(text) {
            Some(value) => Ok(Some(value.clone())),
            None => Err(format!(
                "`{}` is not among the `values` of `{}`",
                shown(text),
                column.name
            )),
        },
    }
}

fn read_aliases(
    findings: &mut Findings,
    texts: &Texts,
    file: &Scalar,
    rows: &Rows,
    hasher: &mut PartsHasher,
) -> BTreeMap<Arc<str>, Alias> {
    let mut problems = Vec::new();
    let aliases =
        read_alias_rows(texts, &file.text, rows, hasher, &mut problems).unwrap_or_else(|error| {
            problems.push(error.to_string());
            BTreeMap::new()
        });
    for problem in problems.into_iter().take(PROBLEMS_MAX) {
        let help = "an alias table has the columns alias, partner and certified_by; each alias once, certified by someone";
        findings.error("F022", file.span, format!("{}: {problem}", file.text), help);
    }
    aliases
}

fn read_alias_rows(
    texts: &Texts,
    path: &str,
    rows: &Rows,
    hasher: &mut PartsHasher,
    problems: &mut Vec<String>,
) -> Result<BTreeMap<Arc<str>, Alias>, ListError> {
    let mut csv = open(texts, path)?;
    let mut record = Record::default();
    let header = read_header(&mut csv, &mut record)?;
    let [alias, key, certified] =
        ["alias", "partner", "certified_by"].map(|name| header.position(name));
    let (alias, key, certified) = (alias?, key?, certified?);
    let mut aliases: BTreeMap<Arc<str>, Alias> = BTreeMap::new();
    while csv.read(&mut record)? {
        let line = record.line();
        let [name, key, certified_by] =
            [alias, key, certified].map(|at| record.get(at).unwrap_or_default());
        if record.len() != header.len() || name.is_empty() || certified_by.is_empty() {
            problems.push(format!("line {line} lacks a value"));
        } else if rows.contains_key(name) {
            problems.push(format!(
                "line {line}: `{}` is a key of its own",
                shown(name)
            ));
        } else if !rows.contains_key(key) {
            problems.push(format!(
                "line {line}: the directory has no `{}`",
                shown(key)
            ));
        } else if aliases.contains_key(name) {
            problems.push(format!("line {line}: `{}` is listed twice", shown(name)));
        } else {
            aliases.insert(
                name.into(),
                Alias {
                    key: key.into(),
                    certified_by: certified_by.into(),
                },
            );
        }
    }
    hasher.fixed(&csv.source().finish()?.0);
    Ok(aliases)
}

/// Every parent is in the list, and nobody stands above himself.
fn check_parents(findings: &mut Findings, span: Span, file: &str, rows: &Rows) {
    let mut settled: BTreeMap<&str, ()> = BTreeMap::new();
    let help = "correct the list; a hierarchy has a top";
    for (key, row) in rows {
        let mut path: Vec<&str> = Vec::new();
        let mut at: (&str, &DirectoryRow) = (key, row);
        loop {
            if settled.contains_key(at.0) {
                break;
            }
            if let Some(begins) = path.iter().position(|above| *above == at.0) {
                let circle: Vec<String> = path
                    .iter()
                    .skip(begins)
                    .chain([&at.0])
                    .map(|key| shown(key))
                    .collect();
                findings.error(
                    "F023",
                    span,
                    format!(
                        "{file}: the hierarchy goes in a circle: {}",
                        circle.join(" → ")
                    ),
                    help,
                );
                break;
            }
            path.push(at.0);
            let Some(parent) = &at.1.parent else {
                break;
            };
            match rows.get_key_value(parent) {
                Some((key, row)) => at = (key, row),
                None => {
                    let message = format!(
                        "{file}: line {} names the parent `{}`, who is not listed",
                        at.1.line,
                        shown(parent)
                    );
                    findings.error("F023", span, message, help);
                    break;
                }
            }
        }
        settled.extend(path.into_iter().map(|key| (key, ())));
    }
}
