//! Rates between currencies: a list that the program names, read whole and part of the declarations.
//!
//! One line is one rate: `from,into,on,rate`. A line without a day is the fixed rate of the two. A rate is written as the
//! digits it has; nothing is inverted, so each direction has lines of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use trueup_base::date::parse_date;
use trueup_base::exact::Exact;
use trueup_base::{Currency, Date};
use trueup_plan::yaml::Node;

use super::declared::{Findings, hash_node};
use super::directory::{ListError, PROBLEMS_MAX, open, read_header, stays_in_program};
use crate::csv_in::Record;
use crate::digest::{Digest, PartsHasher};
use crate::texts::Texts;
use crate::words::shown;

/// Rates between currencies, as a program lists them.
#[derive(Clone, Debug)]
pub struct RateList {
    /// Whose rates they are, in words.
    pub is: Arc<str>,
    /// Each rate, in the order of the file.
    pub rates: Vec<ListedRate>,
    /// The digest of its declaration and its file.
    pub digest: Digest,
}

/// How much of one currency a unit of another is.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedRate {
    /// The currency converted.
    pub from: Currency,
    /// The currency it becomes.
    pub into: Currency,
    /// Its day; none for the fixed rate.
    pub on: Option<Date>,
    /// The rate, above zero.
    pub rate: Exact,
}

/// Reads the declaration of rates and its file.
pub(super) fn read(findings: &mut Findings, texts: &Texts, node: &Node) -> Option<RateList> {
    let keys = findings.map(node, "`rates`", &["is", "file"])?;
    let is = findings.words(&keys, "is");
    let file = findings.required(&keys, "file", "`rates`")?;
    let mut hasher = PartsHasher::new("trueup rates 1");
    hash_node(&mut hasher, node);
    stays_in_program(findings, &file.text, file.span)?;
    let help = "rates are a CSV file with the columns from, into, on and rate; the day is empty for a fixed rate";
    match read_lines(texts, &file.text, &mut hasher) {
        Ok((rates, problems)) => {
            for problem in problems {
                findings.error("F024", file.span, format!("{}: {problem}", file.text), help);
            }
            Some(RateList {
                is,
                rates,
                digest: hasher.finish(),
            })
        }
        Err(error) => {
            findings.error("F024", file.span, format!("{}: {error}", file.text), help);
            None
        }
    }
}

fn read_lines(
    texts: &Texts,
    path: &str,
    hasher: &mut PartsHasher,
) -> Result<(Vec<ListedRate>, Vec<String>), ListError> {
    let mut csv = open(texts, path)?;
    let mut record = Record::default();
    let header = read_header(&mut csv, &mut record)?;
    let [from, into, on, rate] = ["from", "into", "on", "rate"].map(|name| header.position(name));
    let positions = [from?, into?, on?, rate?];
    let mut rates = Vec::new();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
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
        let cells = positions.map(|at| record.get(at).unwrap_or_default());
        match read_line(cells) {
            Ok(listed) if !seen.insert((listed.from, listed.into, listed.on)) => {
                problems.push(format!(
                    "line {line} is a second rate of these two for one day"
                ));
            }
            Ok(listed) => rates.push(listed),
            Err(problem) => problems.push(format!("line {line}: {problem}")),
        }
    }
    hasher.fixed(&csv.source().finish()?.0);
    problems.truncate(PROBLEMS_MAX);
    Ok((rates, problems))
}

fn read_line([from, into, on, rate]: [&str; 4]) -> Result<ListedRate, String> {
    let currency = |code| Currency::parse(code).map_err(|error| error.to_string());
    let (from, into) = (currency(from)?, currency(into)?);
    let on = match on {
        "" => None,
        day => Some(parse_date(day).map_err(|error| error.to_string())?),
    };
    let parsed = Exact::parse(rate).map_err(|error| error.to_string())?;
    if !parsed.is_positive() {
        return Err(format!(
            "`{}` is no rate: it is not above zero",
            shown(rate)
        ));
    }
    Ok(ListedRate {
        from,
        into,
        on,
        rate: parsed,
    })
}
