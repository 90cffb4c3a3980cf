//! A delivered row to a standard one: named columns, exact numbers, days, known partners, or the reasons why not.
//!
//! Every mistake of a row is found, not the first only. Text stays as it came. The module never sees a file; it asks a
//! row for its cells.

mod row;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use trueup_base::id::ID_BYTES_MAX;

use crate::dates::{DateError, DateFormat, day_number, day_of_number, wall_day};
use crate::decimal::{self, DecimalError, DecimalMark, Room};
use crate::error::FileRefusal;
use crate::header::Header;
use crate::program::{ColumnType, Format, Kind, Mapping, Program, Source, Typed, Unlisted};

pub use row::{Cell, Cells, Problem, Slot, StandardRow};

/// The revision of a row that takes another back, where a source has no revisions and rows have the first.
const TAKEN_BACK: i64 = 2;

/// Where one standard column comes from in the file at hand.
#[derive(Clone, Debug)]
enum Step {
    Missing,
    Constant(Typed),
    Verbatim {
        at: usize,
    },
    Partner {
        at: usize,
    },
    Day {
        at: usize,
        format: DateFormat,
    },
    Number {
        at: usize,
        room: Room,
    },
    Listed {
        at: usize,
        values: HashMap<Arc<str>, ListedValue>,
        unlisted: Unlisted,
    },
}

/// What a listed value means.
#[derive(Clone, Debug)]
enum ListedValue {
    /// What it says: the cell itself is the value.
    Itself,
    /// Another value, or none.
    Other(Option<Typed>),
}

impl ListedValue {
    fn of(listed: &str, value: &Option<Typed>) -> Self {
        match value {
            Some(Typed::Text(text)) if **text == *listed => Self::Itself,
            other => Self::Other(other.clone()),
        }
    }

    fn slot(&self, cell: Cell<'_>, at: usize) -> Slot {
        match (self, cell) {
            (Self::Itself, Cell::Text(_)) => Slot::Verbatim(at),
            (Self::Itself, other) => Slot::Value(Typed::Text(other.text().into())),
            (Self::Other(Some(value)), _) => Slot::Value(value.clone()),
            (Self::Other(None), _) => Slot::Missing,
        }
    }
}

/// Reads rows of one source, with its columns found in one file's header.
#[derive(Clone, Debug)]
pub struct Standardiser {
    steps: Vec<Step>,
    dated: usize,
    names: Vec<Arc<str>>,
    header: Header,
    id: Vec<usize>,
    /// The bytes that the source's name takes of an id.
    id_prefix: usize,
    revision: Option<usize>,
    recorded_on: Option<(usize, DateFormat)>,
    cancelled: Option<(usize, Vec<Arc<str>>)>,
    today: i32,
    mark: DecimalMark,
    /// Whether a number is no id: of one that is too long, digits are lost.
    ids_are_text: bool,
    zone: TimeZone,
    last_day: Option<(String, usize, i32)>,
}

impl Standardiser {
    /// Finds the source's columns in a header. Today is the day of the delivery.
    ///
    /// # Errors
    /// When one is not there.
    pub fn new(
        program: &Program,
        kind: &Kind,
        source: &Source,
        header: Header,
        today: i32,
    ) -> Result<Self, FileRefusal> {
        let mut steps = Vec::with_capacity(kind.columns.len());
        for (column, mapping) in kind.columns.iter().zip(&source.map) {
            steps.push(match mapping {
                None => Step::Missing,
                Some(Mapping::Constant(value)) => Step::Constant(value.clone()),
                Some(Mapping::Column {
                    column: from,
                    format,
                }) => {
                    let at = header.position(from)?;
                    match column.of {
                        ColumnType::Date => Step::Day {
                            at,
                            format: format.clone(),
                        },
                        ColumnType::Number { room, .. } => Step::Number { at, room },
                        ColumnType::Partner => Step::Partner { at },
                        ColumnType::Text | ColumnType::Flag => Step::Verbatim { at },
                    }
                }
                Some(Mapping::Listed {
                    column: from,
                    values,
                    unlisted,
                }) => Step::Listed {
                    at: header.position(from)?,
                    values: values
                        .iter()
                        .map(|(key, value)| (key.clone(), ListedValue::of(key, value)))
                        .collect(),
                    unlisted: unlisted.clone(),
                },
            });
        }
        let id: Result<Vec<usize>, FileRefusal> =
            source.id.iter().map(|name| header.position(name)).collect();
        let recorded_on = match &source.recorded_on {
            Some((name, format)) => Some((header.position(name)?, format.clone())),
            None => None,
        };
        Ok(Self {
            steps,
            dated: kind.dated,
            names: kind
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect(),
            id: id?,
            id_prefix: source.name.len() + 1,
            revision: source
                .revision
                .as_ref()
                .map(|name| header.position(name))
                .transpose()?,
            recorded_on,
            cancelled: match &source.cancelled {
                Some(cancelled) => Some((
                    header.position(&cancelled.column)?,
                    cancelled.values.clone(),
                )),
                None => None,
            },
            today,
            mark: source.format.mark(),
            ids_are_text: matches!(source.format, Format::Workbook { .. }),
            zone: program.zone.clone(),
            header,
            last_day: None,
        })
    }

    /// The file's columns.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The positions of the file's columns that are read.
    #[must_use]
    pub fn reads(&self) -> Vec<usize> {
        let mut reads = self.id.clone();
        reads.extend(self.revision);
        reads.extend(self.recorded_on.iter().map(|(at, _)| *at));
        reads.extend(self.cancelled.iter().map(|(at, _)| *at));
        reads.extend(self.steps.iter().filter_map(|step| match step {
            Step::Missing | Step::Constant(_) => None,
            Step::Verbatim { at }
            | Step::Partner { at }
            | Step::Day { at, .. }
            | Step::Number { at, .. }
            | Step::Listed { at, .. } => Some(*at),
        }));
        reads.sort_unstable();
        reads.dedup();
        reads
    }

    /// Whether a column of the file is read as a number.
    #[must_use]
    pub fn reads_number(&self, column: usize) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Number { at, .. } if *at == column))
    }

    /// Fills a standard row from a delivered one; look at its problems before anything else.
    pub fn read(&mut self, cells: &dyn Cells, row: &mut StandardRow) {
        row.id.clear();
        row.slots.clear();
        row.problems.clear();
        row.unread.clear();
        self.read_id(cells, row);
        self.read_revision(cells, row);
        row.recorded_on = None;
        if let Some((at, format)) = self.recorded_on.take() {
            match self.day(cells.cell(at), at, &format) {
                Ok(day) => row.recorded_on = day,
                Err(problem) => row.problems.push(problem),
            }
            self.recorded_on = Some((at, format));
        }
        row.cancelled = self.cancelled.as_ref().is_some_and(|(at, values)| {
            let said = cells.cell(*at).text();
            values.iter().any(|value| **value == *said)
        });
        let told = row.problems.len();
        let steps = std::mem::take(&mut self.steps);
        for step in &steps {
            match self.slot(cells, step) {
                Ok(slot) => row.slots.push(slot),
                Err(problem) => {
                    row.problems.push(problem);
                    row.unread.push(row.slots.len());
                    row.slots.push(Slot::Missing);
                }
            }
        }
        self.steps = steps;
        if row.cancelled && self.revision.is_none() {
            // A source without revisions says a thing once, and may take it back.
            row.revision = TAKEN_BACK;
        }
        if row.cancelled {
            // What takes a row back need not say what the row said. It lies on some day, where it counts for nothing.
            row.problems.truncate(told);
            row.unread.clear();
            if let Some(slot @ Slot::Missing) = row.slots.get_mut(self.dated) {
                *slot = Slot::Value(Typed::Day(row.recorded_on.unwrap_or(self.today)));
            }
        }
        if row.problems.is_empty() && row.slots.get(self.dated) == Some(&Slot::Missing) {
            let column = self.names.get(self.dated).map_or("", |name| name);
            let help = "correct the row at its source and send it again";
            row.problems.push(Problem::new(
                column,
                "",
                "no_date",
                "no date places the row in a window",
                help,
            ));
        }
    }

    fn read_id(&self, cells: &dyn Cells, row: &mut StandardRow) {
        for (part, at) in self.id.iter().enumerate() {
            if part > 0 {
                row.id.push('/');
            }
            let before = row.id.len();
            let cell = cells.cell(*at);
            cell.write(&mut row.id);
            if self.ids_are_text && matches!(cell, Cell::Number { .. }) {
                let help = "format the column as text in the workbook and enter the ids anew: of a number it keeps 15 digits, and no zeros in front";
                let says = "is a number in the workbook, and names the row";
                row.problems
                    .push(self.problem(*at, cell, "id_not_text", says, help));
            }
            if row.id.len() == before {
                let name = self.header.name(*at).unwrap_or_default();
                let help = "a row needs its id to be told from others; correct it at its source and send it again";
                row.problems.push(Problem::new(
                    name,
                    "",
                    "no_id",
                    "is empty, and names the row",
                    help,
                ));
            }
        }
        if let Some(says) = no_id(&row.id, ID_BYTES_MAX.saturating_sub(self.id_prefix)) {
            let names: Vec<&str> = self
                .id
                .iter()
                .filter_map(|at| self.header.name(*at))
                .collect();
            let help = "correct the id at its source and send the row again";
            row.problems.push(Problem::new(
                &names.join(","),
                &row.id,
                "bad_id",
                says,
                help,
            ));
        }
    }

    fn read_revision(&self, cells: &dyn Cells, row: &mut StandardRow) {
        row.revision = 1;
        let Some(at) = self.revision else {
            return;
        };
        let whole = Room {
            scale: 0,
            digits: 18,
        };
        let read = match cells.cell(at) {
            Cell::Text(text) => decimal::parse(text, self.mark, whole).ok(),
            Cell::Number { unscaled, scale } => rescale(unscaled, scale, whole).ok(),
            Cell::Instant(seconds) => Some(i128::from(seconds)),
            Cell::Day(day) => Some(i128::from(day)),
            Cell::Missing | Cell::Wall(_) | Cell::Flag(_) => None,
        };
        match read.and_then(|revision| i64::try_from(revision).ok()) {
            Some(revision) => row.revision = revision,
            None => {
                let name = self.header.name(at).unwrap_or_default();
                let help = "a revision is a whole number that rises with every change of the row";
                let value = cells.cell(at).text();
                row.problems.push(Problem::new(
                    name,
                    &value,
                    "not_a_revision",
                    "is no revision",
                    help,
                ));
            }
        }
    }

    fn slot(&mut self, cells: &dyn Cells, step: &Step) -> Result<Slot, Problem> {
        match step {
            Step::Missing => Ok(Slot::Missing),
            Step::Constant(value) => Ok(Slot::Value(value.clone())),
            Step::Partner { at } => {
                let cell = cells.cell(*at);
                let text = cell.text();
                match no_id(&text, ID_BYTES_MAX) {
                    _ if cell == Cell::Missing => Ok(Slot::Missing),
                    None => Ok(Slot::Value(Typed::Text(text.into()))),
                    Some(says) => {
                        let help = "correct it at its source, or declare a directory `partners` to match it with";
                        Err(self.problem(*at, cell, "bad_id", says, help))
                    }
                }
            }
            Step::Verbatim { at } => Ok(match cells.cell(*at) {
                Cell::Missing => Slot::Missing,
                Cell::Text(_) => Slot::Verbatim(*at),
                other => Slot::Value(Typed::Text(other.text().into())),
            }),
            Step::Day { at, format } => {
                let day = self.day(cells.cell(*at), *at, format)?;
                Ok(day.map_or(Slot::Missing, |day| Slot::Value(Typed::Day(day))))
            }
            Step::Number { at, room } => {
                let cell = cells.cell(*at);
                let read = match cell {
                    Cell::Missing => return Ok(Slot::Missing),
                    Cell::Text(text) => decimal::parse(text, self.mark, *room),
                    Cell::Number { unscaled, scale } => rescale(unscaled, scale, *room),
                    Cell::Day(_) | Cell::Instant(_) | Cell::Wall(_) | Cell::Flag(_) => {
                        Err(DecimalError::NotANumber)
                    }
                };
                read.map(|number| Slot::Value(Typed::Number(number)))
                    .map_err(|error| self.not_a_number(*at, cell, &error))
            }
            Step::Listed {
                at,
                values,
                unlisted,
            } => {
                let cell = cells.cell(*at);
                let found = match cell {
                    Cell::Missing => return Ok(Slot::Missing),
                    Cell::Text(text) => values.get(text),
                    other => values.get(other.text().as_str()),
                };
                match found {
                    Some(listed) => Ok(listed.slot(cell, *at)),
                    None => Err(self.unlisted(*at, cell, unlisted)),
                }
            }
        }
    }

    fn day(
        &mut self,
        cell: Cell<'_>,
        at: usize,
        format: &DateFormat,
    ) -> Result<Option<i32>, Problem> {
        let read = match cell {
            Cell::Missing => return Ok(None),
            Cell::Text(text) => {
                // Rows of one day often come together.
                if let Some((last, column, day)) = &self.last_day
                    && *column == at
                    && last == text
                {
                    return Ok(Some(*day));
                }
                format.day(text, &self.zone).map(|day| {
                    let day = day_number(day);
                    self.last_day = Some((text.to_owned(), at, day));
                    day
                })
            }
            Cell::Day(number) => day_of_number(number)
                .map(|_| number)
                .ok_or(DateError::NoSuchDay),
            Cell::Instant(seconds) => jiff::Timestamp::from_second(seconds)
                .map(|instant| day_number(self.zone.to_datetime(instant).date()))
                .map_err(|_| DateError::NoSuchDay),
            Cell::Wall(wall) => wall_day(wall, &self.zone).map(day_number),
            Cell::Number { .. } | Cell::Flag(_) => Err(DateError::Form {
                format: format.text().to_owned(),
            }),
        };
        read.map(Some).map_err(|error| {
            let help = "correct it at its source, or declare the format the source writes";
            self.problem(at, cell, error.code(), &error.to_string(), help)
        })
    }

    fn not_a_number(&self, at: usize, cell: Cell<'_>, error: &DecimalError) -> Problem {
        let help = match error {
            DecimalError::Decimals { .. } => {
                "declare the scale the source sends; digits are never dropped"
            }
            DecimalError::Digits { .. } => {
                "no column keeps so many digits; look for a mistake at the source"
            }
            DecimalError::Separator { .. } => {
                "send plain decimals without thousands separators, or declare `csv: { decimal: \",\" }`"
            }
            DecimalError::Exponent
            | DecimalError::NotANumber
            | DecimalError::Character { .. }
            | DecimalError::LacksDigit => {
                "send a plain decimal such as -1234.56, or nothing where it is not known"
            }
        };
        self.problem(at, cell, error.code(), &error.to_string(), help)
    }

    fn unlisted(&self, at: usize, cell: Cell<'_>, unlisted: &Unlisted) -> Problem {
        match unlisted {
            Unlisted::Identity { directory } => {
                let says = format!("is nobody the directory `{directory}` knows");
                let help = format!(
                    "add it to `{directory}` or certify an alias, then ingest the same file again"
                );
                self.problem(at, cell, "unknown_identity", &says, &help)
            }
            Unlisted::Key { directory } => {
                let says = format!("is no key of the directory `{directory}`");
                let help = format!("add it to `{directory}`, then ingest the same file again");
                self.problem(at, cell, "unknown_key", &says, &help)
            }
            Unlisted::Value => {
                let help = "name it under `values`, or correct it at its source";
                self.problem(
                    at,
                    cell,
                    "unknown_value",
                    "is not among the declared values",
                    help,
                )
            }
        }
    }

    fn problem(&self, at: usize, cell: Cell<'_>, code: &str, says: &str, help: &str) -> Problem {
        Problem::new(
            self.header.name(at).unwrap_or_default(),
            &cell.text(),
            code,
            says,
            help,
        )
    }
}

/// Why a text cannot be an id (base's ids keep the same rule), if so.
fn no_id(text: &str, bytes_max: usize) -> Option<&'static str> {
    let at_an_end = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    if text.len() > bytes_max {
        Some("is longer than an id may be")
    } else if at_an_end || text.chars().any(char::is_control) {
        Some("has a control character or a blank at its end")
    } else {
        None
    }
}

/// A number at another scale, exactly or not at all.
fn rescale(unscaled: i128, scale: u8, room: Room) -> Result<i128, DecimalError> {
    let found = |scale| DecimalError::Decimals {
        found: usize::from(scale),
        scale: room.scale,
    };
    let mut number = unscaled;
    let mut at = scale;
    while at > room.scale {
        if number % 10 != 0 {
            return Err(found(at));
        }
        number /= 10;
        at -= 1;
    }
    let limit = 10_i128
        .checked_pow(u32::from(room.digits))
        .unwrap_or(i128::MAX);
    let scaled = number.checked_mul(
        10_i128
            .checked_pow(u32::from(room.scale - at))
            .unwrap_or(i128::MAX),
    );
    match scaled.filter(|scaled| scaled.unsigned_abs() < limit.unsigned_abs()) {
        Some(scaled) => Ok(scaled),
        None => {
            let digits = unscaled
                .unsigned_abs()
                .to_string()
                .len()
                .saturating_sub(usize::from(scale));
            Err(DecimalError::Digits {
                found: digits,
                room: room.digits.saturating_sub(room.scale),
            })
        }
    }
}
