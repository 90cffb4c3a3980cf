//! How good a source's facts are: how fresh, how complete, what came twice, what is set aside, and what lies far out.
//!
//! Everything is counted exactly and in whole numbers. What is far out is found by robust statistics, which a few wild values do not
//! move: a value is measured by how many times the middle deviation of its own side it lies from the median (double MAD), month by
//! month, so that skewed amounts and growth do not look like errors. docs/quality.md says why these bounds.

mod robust;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::Serialize;
use trueup_base::calendar::WindowUnit;
use trueup_base::date::{Date, parse_date};

use crate::dates::day_of_number;
use crate::decimal;
use crate::error::Fault;
use crate::program::{ColumnType, Kind, Program, Source};
use crate::snapshot::Snapshot;
use crate::store::{Delivery, FactColumns, FactTable, StoredFile, read_file};

pub use robust::{FAR_OUT, ROWS_MIN, Spread};

/// The most rows of a source that are looked at for medians and twins; of more, an even share by what they say.
pub const LOOKED_AT_MAX: u64 = 4_000_000;
/// A month is odd when it lies further than so many middle deviations from the median month.
pub const ODD_MONTH: i128 = 5;
/// Months that are needed to call one odd.
pub const MONTHS_MIN: usize = 6;

/// How fresh a source is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// The day of its last delivery; none where there was none.
    pub last_delivery: Option<String>,
    /// Until when the next one is due; none where the source does not promise.
    pub due: Option<String>,
    /// By how many days it is late; none where it is not.
    pub late_days: Option<i64>,
}

/// How good a source's facts are.
#[derive(Clone, Debug, Serialize)]
pub struct SourceQuality {
    /// The source.
    pub source: String,
    /// The kind of its rows.
    pub kind: String,
    /// Who answers for it.
    pub owner: String,
    /// How fresh it is.
    pub freshness: Freshness,
    /// The span for which it promises to be complete, its last day included.
    pub complete: Option<(String, String)>,
    /// The first and the last day of its facts.
    pub days: Option<(String, String)>,
    /// Rows that count.
    pub rows: u64,
    /// Rows delivered, all told.
    pub delivered: u64,
    /// Of those, rows that were known already.
    pub duplicates: u64,
    /// Rows that correct others.
    pub corrected: u64,
    /// Rows that take others back.
    pub cancelled: u64,
    /// Rows set aside that nobody has settled.
    pub set_aside: u64,
    /// Medians and twins were looked for among every n-th row.
    pub every: u64,
    /// Rows that say the same under different ids, and some of them.
    pub twin_rows: u64,
    /// The first of them: their ids, and what they say.
    pub twins: Vec<Twins>,
    /// Months between the first and the last without a row.
    pub empty_months: Vec<String>,
    /// Each month.
    pub months: Vec<Month>,
    /// How many values lie far out.
    pub far_out: u64,
    /// The farthest of them.
    pub outliers: Vec<Outlier>,
}

/// Rows that say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Twins {
    /// Their ids.
    pub ids: Vec<String>,
    /// What they say.
    pub says: String,
}

/// A month of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Month {
    /// Its name.
    pub month: String,
    /// Its rows.
    pub rows: u64,
    /// The sum of each number column that adds up.
    pub sums: BTreeMap<String, String>,
    /// What of it is unlike other months: `rows`, or a column.
    pub odd: Vec<String>,
}

/// A value far out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outlier {
    /// The row's id.
    pub id: String,
    /// Where it came from.
    pub file: String,
    /// Its line or row there.
    pub row: i64,
    /// The column.
    pub column: String,
    /// The value.
    pub value: String,
    /// The median of its month.
    pub median: String,
    /// How many middle deviations it lies from it, in tenths.
    pub deviations_tenths: u64,
}

/// How fresh a source is on a day.
#[must_use]
pub fn freshness(source: &Source, deliveries: &[Delivery], today: Date) -> Freshness {
    let last = deliveries
        .iter()
        .filter(|delivery| delivery.source == *source.name)
        // What people say about rows is no delivery of the feed.
        .filter(|delivery| delivery.repair.is_none() && delivery.flag.is_none())
        .filter_map(|delivery| parse_date(&delivery.taken_on).ok())
        .max();
    let due = last
        .zip(source.fresh)
        .and_then(|(last, fresh)| fresh.after(last));
    let late = due.map(|due| trueup_base::date::days_between(due, today));
    Freshness {
        last_delivery: last.map(|day| day.to_string()),
        due: due.map(|day| day.to_string()),
        late_days: late.filter(|days| *days > 0),
    }
}

/// What is wanted of a look at quality.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Only this source.
    pub source: Option<&'a str>,
    /// How many twins and outliers to list.
    pub top: usize,
}

/// Looks at the sources of a program as they are on a day.
///
/// # Errors
/// When a file is damaged or cannot be read.
pub fn look(
    program: &Program,
    snapshot: &Snapshot,
    today: Date,
    wanted: Wanted<'_>,
) -> Result<Vec<SourceQuality>, Fault> {
    let mut open: BTreeMap<String, u64> = BTreeMap::new();
    for row in snapshot.quarantined()? {
        *open.entry(row.source).or_default() += 1;
    }
    let mut all = Vec::new();
    for source in &program.sources {
        if wanted.source.is_some_and(|name| name != &*source.name) {
            continue;
        }
        let Some(kind) = program.kinds.get(source.kind) else {
            continue;
        };
        let facts = snapshot.kind(&kind.name);
        let deliveries = facts.map_or(&[][..], |facts| facts.deliveries());
        let mut quality = counted(source, kind, deliveries, today);
        quality.set_aside = open.get(&*source.name).copied().unwrap_or(0);
        if let Some(facts) = facts {
            let table = facts.table();
            let files = table.files_of(&source.name)?;
            Look::new(program, kind, table, &files, wanted.top).run(&mut quality)?;
        }
        all.push(quality);
    }
    Ok(all)
}

/// What the deliveries themselves say.
fn counted(source: &Source, kind: &Kind, deliveries: &[Delivery], today: Date) -> SourceQuality {
    let own = || {
        deliveries
            .iter()
            .filter(|delivery| delivery.source == *source.name)
    };
    let rows = |of: fn(&Delivery) -> u64| own().map(of).sum::<u64>();
    let last = |until: Date| until.yesterday().map_or(until, |day| day).to_string();
    SourceQuality {
        source: source.name.to_string(),
        kind: kind.name.to_string(),
        owner: source.owner.to_string(),
        freshness: freshness(source, deliveries, today),
        complete: source
            .complete
            .map(|span| (span.from.to_string(), last(span.until))),
        days: None,
        rows: 0,
        delivered: rows(|delivery| delivery.read.rows),
        duplicates: rows(|delivery| delivery.duplicate.rows),
        corrected: rows(|delivery| delivery.corrected.rows),
        cancelled: rows(|delivery| delivery.cancelled.rows),
        set_aside: 0,
        every: 1,
        twin_rows: 0,
        twins: Vec::new(),
        empty_months: Vec::new(),
        months: Vec::new(),
        far_out: 0,
        outliers: Vec::new(),
    }
}

/// A month by its first day.
type MonthAt = Date;

/// A look at one source's rows.
struct Look<'a> {
    program: &'a Program,
    kind: &'a Kind,
    table: &'a FactTable,
    files: &'a [StoredFile],
    top: usize,
    every: u64,
    /// Revisions that were withdrawn, by id.
    withdrawn: HashMap<String, HashSet<i64>>,
    rows: BTreeMap<MonthAt, u64>,
    sums: BTreeMap<(MonthAt, usize), i128>,
    values: BTreeMap<(MonthAt, usize), Vec<i128>>,
    /// How many rows say something; beyond the first they are twins.
    says: HashMap<u128, u32>,
    days: Option<(i32, i32)>,
}

impl<'a> Look<'a> {
    fn new(
        program: &'a Program,
        kind: &'a Kind,
        table: &'a FactTable,
        files: &'a [StoredFile],
        top: usize,
    ) -> Self {
        let rows: u64 = files.iter().map(|file| file.rows).sum();
        Self {
            program,
            kind,
            table,
            files,
            top,
            every: rows.div_ceil(LOOKED_AT_MAX).max(1),
            withdrawn: HashMap::new(),
            rows: BTreeMap::new(),
            sums: BTreeMap::new(),
            values: BTreeMap::new(),
            says: HashMap::new(),
            days: None,
        }
    }

    fn run(mut self, quality: &mut SourceQuality) -> Result<(), Fault> {
        self.each(|look, batch, facts| {
            for at in 0..batch.num_rows() {
                if facts.weight.value(at) < 0 {
                    let revision = facts.revision.value(at);
                    look.withdrawn
                        .entry(facts.id.value(at).to_owned())
                        .or_default()
                        .insert(revision);
                }
            }
        })?;
        self.each(|look, batch, facts| {
            look.count(batch, facts);
        })?;
        let numbers: Vec<_> = self.kind.numbers().collect();
        let mut spreads: BTreeMap<(MonthAt, usize), Spread> = BTreeMap::new();
        for (at, values) in std::mem::take(&mut self.values) {
            if let Some(spread) = Spread::of(values) {
                spreads.insert(at, spread);
            }
        }
        let mut twins: HashMap<u128, Twins> = HashMap::new();
        let mut outliers: Vec<Outlier> = Vec::new();
        let mut far_out = 0;
        let keep = self.top.max(1) * 4;
        self.each(|look, batch, facts| {
            for at in 0..batch.num_rows() {
                let Some(month) = look.standing_month(batch, facts, at) else {
                    continue;
                };
                let says = facts.content_at(at);
                if look.says.get(&says).is_some_and(|rows| *rows > 1) {
                    let is_listed = twins.contains_key(&says);
                    if is_listed || twins.len() < look.top {
                        let entry = twins.entry(says).or_insert_with(|| Twins {
                            ids: Vec::new(),
                            says: look.said(batch, at),
                        });
                        entry.ids.push(facts.id.value(at).to_owned());
                    }
                }
                for (number, (column, named, room)) in numbers.iter().enumerate() {
                    let value = decimal_at(batch, *column, at);
                    let spread = spreads.get(&(month, number));
                    let (Some(value), Some(spread)) = (value, spread) else {
                        continue;
                    };
                    let Some(tenths) = spread.far_out(value) else {
                        continue;
                    };
                    far_out += 1;
                    outliers.push(Outlier {
                        id: facts.id.value(at).to_owned(),
                        file: facts.file.value(at).to_owned(),
                        row: facts.row.value(at),
                        column: named.name.to_string(),
                        value: decimal::write(value, room.scale),
                        median: decimal::write(spread.median, room.scale),
                        deviations_tenths: tenths,
                    });
                    if outliers.len() >= keep * 2 {
                        farthest(&mut outliers, keep);
                    }
                }
            }
        })?;
        farthest(&mut outliers, self.top);
        quality.far_out = far_out;
        quality.outliers = outliers;
        quality.every = self.every;
        quality.twin_rows = self
            .says
            .values()
            .filter(|rows| **rows > 1)
            .map(|rows| u64::from(*rows))
            .sum();
        quality.twins = twins.into_values().collect();
        quality.twins.iter_mut().for_each(|twins| twins.ids.sort());
        quality.twins.sort_by(|one, two| one.ids.cmp(&two.ids));
        quality.rows = self.rows.values().sum();
        quality.days = self.days.and_then(|(first, last)| {
            let day = |number| day_of_number(number).map(|day: Date| day.to_string());
            day(first).zip(day(last))
        });
        self.months(quality);
        Ok(())
    }

    /// Goes over the source's rows, batch by batch.
    fn each(
        &mut self,
        mut look: impl FnMut(&mut Self, &RecordBatch, &FactColumns<'_>),
    ) -> Result<(), Fault> {
        for file in self.files {
            for batch in read_file(self.table.folder(), file, None)? {
                let batch = batch.map_err(Fault::columns("read", self.table.kind()))?;
                let facts =
                    FactColumns::of(&batch).ok_or_else(|| self.table.lacks_columns(file))?;
                look(self, &batch, &facts);
            }
        }
        Ok(())
    }

    /// The month of a row that counts.
    fn standing_month(
        &self,
        batch: &RecordBatch,
        facts: &FactColumns<'_>,
        at: usize,
    ) -> Option<MonthAt> {
        let is_out = facts.weight.value(at) < 0
            || (!self.withdrawn.is_empty()
                && self
                    .withdrawn
                    .get(facts.id.value(at))
                    .is_some_and(|out| out.contains(&facts.revision.value(at))));
        if is_out {
            return None;
        }
        let days = batch.columns().get(self.kind.dated)?;
        let days = days.as_primitive_opt::<Date32Type>()?;
        let day = days.is_valid(at).then(|| days.value(at))?;
        self.month_of(day)
    }

    fn month_of(&self, day: i32) -> Option<MonthAt> {
        let calendar = &self.program.calendar;
        let window = calendar.window_at(WindowUnit::Month, day_of_number(day)?)?;
        Some(window.starts)
    }

    fn count(&mut self, batch: &RecordBatch, facts: &FactColumns<'_>) {
        let numbers: Vec<usize> = self.kind.numbers().map(|(at, _, _)| at).collect();
        for at in 0..batch.num_rows() {
            let Some(month) = self.standing_month(batch, facts, at) else {
                continue;
            };
            *self.rows.entry(month).or_default() += 1;
            let day = batch
                .columns()
                .get(self.kind.dated)
                .and_then(|days| days.as_primitive_opt::<Date32Type>())
                .map(|days| days.value(at));
            if let Some(day) = day {
                let (first, last) = self.days.unwrap_or((day, day));
                self.days = Some((first.min(day), last.max(day)));
            }
            let says = facts.content_at(at);
            // The same words are looked at or not, wherever they stand.
            let is_looked_at = says.is_multiple_of(u128::from(self.every));
            if is_looked_at {
                *self.says.entry(says).or_default() += 1;
            }
            for (number, column) in numbers.iter().enumerate() {
                let Some(value) = decimal_at(batch, *column, at) else {
                    continue;
                };
                let sum = self.sums.entry((month, number)).or_default();
                *sum = sum.saturating_add(value);
                if is_looked_at {
                    self.values.entry((month, number)).or_default().push(value);
                }
            }
        }
    }

    /// What a row says, in its columns' order.
    fn said(&self, batch: &RecordBatch, at: usize) -> String {
        let options = FormatOptions::default();
        let cells = self.kind.columns.iter().zip(batch.columns());
        let said: Vec<String> = cells
            .filter(|(_, array)| array.is_valid(at))
            .filter_map(|(column, array): (_, &ArrayRef)| {
                let shown = ArrayFormatter::try_new(array.as_ref(), &options).ok()?;
                Some(format!("{} {}", column.name, shown.value(at)))
            })
            .collect();
        said.join(", ")
    }

    fn months(&self, quality: &mut SourceQuality) {
        let calendar = &self.program.calendar;
        let (Some(first), Some(last)) = (
            self.rows.keys().next().copied(),
            self.rows.keys().next_back().copied(),
        ) else {
            return;
        };
        let summed: Vec<(usize, Arc<str>, u8)> = self
            .kind
            .numbers()
            .enumerate()
            .filter(|(_, (_, column, _))| match column.of {
                ColumnType::Number { unit, .. } => unit.adds_up(),
                _ => false,
            })
            .map(|(number, (_, column, room))| (number, column.name.clone(), room.scale))
            .collect();
        // The first and the last month may be cut, and an empty one says it is empty.
        let whole = || {
            let months = self.rows.keys().copied();
            months.filter(|month| *month != first && *month != last)
        };
        let odd = |of: &dyn Fn(MonthAt) -> i128| -> HashSet<MonthAt> {
            let values: Vec<i128> = whole().map(of).collect();
            if values.len() < MONTHS_MIN {
                return HashSet::new();
            }
            let Some(spread) = Spread::of_any(values) else {
                return HashSet::new();
            };
            whole()
                .filter(|month| spread.is_beyond(of(*month), ODD_MONTH))
                .collect()
        };
        let rows_of =
            |month: MonthAt| i128::from(self.rows.get(&month).copied().unwrap_or_default());
        let odd_rows = odd(&rows_of);
        let sum_of = |month: MonthAt, number: usize| {
            self.sums.get(&(month, number)).copied().unwrap_or_default()
        };
        let odd_sums: Vec<HashSet<MonthAt>> = summed
            .iter()
            .map(|(number, _, _)| odd(&|month| sum_of(month, *number)))
            .collect();
        let mut next = Some(first);
        while let Some(window) = next
            .filter(|month| *month <= last)
            .and_then(|month| calendar.window_at(WindowUnit::Month, month))
        {
            let month = window.starts;
            next = (window.ends > month).then_some(window.ends);
            let Some(rows) = self.rows.get(&month) else {
                quality.empty_months.push(calendar.label(&window));
                continue;
            };
            let mut odd = Vec::new();
            if odd_rows.contains(&month) {
                odd.push("rows".to_owned());
            }
            for ((_, name, _), months) in summed.iter().zip(&odd_sums) {
                if months.contains(&month) {
                    odd.push(name.to_string());
                }
            }
            quality.months.push(Month {
                month: calendar.label(&window),
                rows: *rows,
                sums: summed
                    .iter()
                    .map(|(number, name, scale)| {
                        let sum = sum_of(month, *number);
                        (name.to_string(), decimal::write(sum, *scale))
                    })
                    .collect(),
                odd,
            });
        }
    }
}

/// Keeps the farthest, in an order of their own.
fn farthest(outliers: &mut Vec<Outlier>, keep: usize) {
    outliers.sort_by(|one, two| {
        two.deviations_tenths
            .cmp(&one.deviations_tenths)
            .then_with(|| (&one.id, &one.column).cmp(&(&two.id, &two.column)))
    });
    outliers.truncate(keep);
}

fn decimal_at(batch: &RecordBatch, column: usize, at: usize) -> Option<i128> {
    let array = batch.columns().get(column)?;
    if !matches!(array.data_type(), DataType::Decimal128(..)) || array.is_null(at) {
        return None;
    }
    Some(array.as_primitive_opt::<Decimal128Type>()?.value(at))
}
