//! `trueup certify`: what a source's columns are taken to mean, for somebody to say that it is right.

use std::fmt::Write as _;

use trueup_facts::ingest::{FirstFile, preview};
use trueup_facts::program::{ColumnType, Kind, Mapping, Source, Typed, Unlisted};

use crate::args::CertifyArgs;
use crate::commands::ingest::{declared, means};
use crate::failure::Failure;
use crate::output;
use crate::refusals::no_source;

/// How many values of a list are shown.
const VALUES_SHOWN: usize = 8;

/// Shows the mapping, and what to write once somebody stands for it.
pub fn run(args: &CertifyArgs) -> Result<(), Failure> {
    let program = declared(&args.program.program)?;
    let Some((source, kind)) = program.source_and_kind(&args.source) else {
        return Err(no_source(&program, &args.source));
    };
    let first = preview(
        &program,
        source,
        jiff::Timestamp::now(),
        &means()?,
        args.rows,
    )
    .map_err(|fault| Failure::fault("reading the first file", &fault))?;
    let mut text = mapping(source, kind);
    if let Some(first) = &first {
        sample(first, kind, &mut text);
    }
    let digest = source.mapping.short();
    match (&args.by, &source.certified) {
        (Some(by), _) if by.trim().is_empty() => {
            return Err(Failure::Use("--by is empty; a person certifies".to_owned()));
        }
        (Some(by), _) => {
            let _ = writeln!(
                text,
                "\nTo certify it, write into the source `{}` of program.yaml:\n    certified: {{ by: {}, mapping: {digest} }}",
                source.name,
                by.trim()
            );
        }
        (None, Some(certified)) if source.is_certified() => {
            let _ = writeln!(
                text,
                "\nCertified by {} as it stands ({digest})",
                certified.by
            );
        }
        (None, Some(certified)) => {
            let _ = writeln!(
                text,
                "\nChanged since {} certified it: {} then, {digest} now",
                certified.by, certified.mapping
            );
        }
        (None, None) => {
            let _ = writeln!(
                text,
                "\nNobody certified it yet; --by NAME says what to write"
            );
        }
    }
    output::print(&text)
}

fn mapping(source: &Source, kind: &Kind) -> String {
    let mut text = format!(
        "{}: {}\nOwner: {} · each row is one `{}`: {}\n\n",
        source.name, source.is, source.owner, kind.name, kind.is
    );
    let mut rows: Vec<Vec<String>> = kind
        .columns
        .iter()
        .zip(&source.map)
        .enumerate()
        .map(|(at, (column, mapping))| {
            let dated = if at == kind.dated {
                ", places the row in a period"
            } else {
                ""
            };
            let (from, how) = read_from(mapping.as_ref(), column.of);
            vec![
                column.name.to_string(),
                format!("{}{dated}", column.of.word()),
                from,
                how,
            ]
        })
        .collect();
    let mut own = |what: &str, from: String, how: &str| {
        rows.push(vec![what.to_owned(), String::new(), from, how.to_owned()]);
    };
    own(
        "id",
        source.id.join(", "),
        "names a row; the same row twice counts once",
    );
    if let Some(column) = &source.revision {
        own("revision", column.to_string(), "a higher one corrects");
    }
    if let Some((column, format)) = &source.recorded_on {
        own(
            "known on",
            column.to_string(),
            &format!("a date written {}", format.text()),
        );
    }
    if let Some(cancelled) = &source.cancelled {
        let values = cancelled.values.join(", ");
        own(
            "taken back",
            cancelled.column.to_string(),
            &format!("where it holds {values}"),
        );
    }
    let _ = writeln!(
        text,
        "{}",
        output::table(&["column", "holds", "is read from", "how"], 4, rows)
    );
    text
}

fn read_from(mapping: Option<&Mapping>, of: ColumnType) -> (String, String) {
    match mapping {
        None => (String::new(), "stays empty".to_owned()),
        Some(Mapping::Constant(value)) => (String::new(), format!("always {}", typed(value))),
        Some(Mapping::Column { column, format }) => {
            let how = match of {
                ColumnType::Date => format!("a date is written {}", format.text()),
                ColumnType::Text
                | ColumnType::Partner
                | ColumnType::Flag
                | ColumnType::Number { .. } => String::new(),
            };
            (column.to_string(), how)
        }
        Some(Mapping::Listed {
            column,
            values,
            unlisted,
        }) => {
            let how = match unlisted {
                Unlisted::Identity { directory } => format!("known to the directory `{directory}`"),
                Unlisted::Key { directory } => format!("looked up in the directory `{directory}`"),
                Unlisted::Value => {
                    let shown: Vec<String> = values
                        .iter()
                        .take(VALUES_SHOWN)
                        .map(|(key, value)| match value {
                            Some(value) => format!("{key} is {}", typed(value)),
                            None => format!("{key} is nothing"),
                        })
                        .collect();
                    let more = values.len().saturating_sub(VALUES_SHOWN);
                    let more = if more > 0 {
                        format!(", and {more} more")
                    } else {
                        String::new()
                    };
                    format!("{}{more}", shown.join(", "))
                }
            };
            (column.to_string(), how)
        }
    }
}

fn typed(value: &Typed) -> String {
    match value {
        Typed::Text(text) => text.to_string(),
        Typed::Number(number) => format!("{number} of its smallest steps"),
        Typed::Day(day) => format!("day {day} after 1970-01-01"),
        Typed::Flag(true) => "yes".to_owned(),
        Typed::Flag(false) => "no".to_owned(),
    }
}

fn sample(first: &FirstFile, kind: &Kind, text: &mut String) {
    let preview = match &first.comes_to {
        Ok(preview) => preview,
        Err(refusal) => {
            let _ = writeln!(text, "\n{} would be refused: it {refusal}", first.name);
            return;
        }
    };
    let sums: Vec<String> = preview
        .read
        .sums
        .iter()
        .map(|(column, sum)| format!("{column} {}", output::grouped(sum)))
        .collect();
    let _ = writeln!(
        text,
        "\n{} has {}: {}",
        first.name,
        output::counted(
            usize::try_from(preview.read.rows).unwrap_or(usize::MAX),
            "row"
        ),
        sums.join(", ")
    );
    if !preview.rows.is_empty() {
        let heads: Vec<&str> = kind.columns.iter().map(|column| &*column.name).collect();
        let rows = preview.rows.iter().map(|row| {
            row.iter()
                .map(|cell| cell.clone().unwrap_or_default())
                .collect::<Vec<String>>()
        });
        let _ = writeln!(
            text,
            "The first of them, by partner and day, as they would count:\n\n{}",
            output::table(&heads, heads.len(), rows)
        );
    }
    if preview.set_aside.rows > 0 {
        let _ = writeln!(
            text,
            "\n{} would be set aside, for example:",
            output::counted(
                usize::try_from(preview.set_aside.rows).unwrap_or(usize::MAX),
                "row"
            )
        );
        for (line, problem) in &preview.problems {
            let _ = writeln!(text, "  {}:{line} {problem}", first.name);
        }
    }
}
