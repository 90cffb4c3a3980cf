//! What changed between two snapshots: which rows, whose, and what their numbers add up to.
//!
//! Files never change, so only those that one snapshot has and the other has not are read. Whatever was withdrawn in
//! between is held in memory, which is as much as was corrected; rows that were only added are counted and let go.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use trueup_base::exact::Exact;

use super::{KindSnapshot, Snapshot};
use crate::error::Fault;
use crate::program::{Program, RESERVED_PREFIX};
use crate::store::{
    FACT_ID, FACT_SOURCE, FACT_WEIGHT, FactColumns, FactTable, StoredFile, read_file,
};

/// What differs between two snapshots in one kind of fact.
#[derive(Clone, Debug)]
pub struct KindDifference {
    /// The kind.
    pub kind: Arc<str>,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// Its number columns, in order.
    pub numbers: Vec<String>,
    /// What changed in all.
    pub total: Moved,
    /// What changed by partner, where the kind names partners; rows that name nobody are under the empty name.
    pub by_partner: BTreeMap<String, Moved>,
    /// The changed rows, by partner, source and id; no more than were asked for.
    pub rows: Vec<RowChange>,
}

/// How many rows changed, and by how much the sums did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Rows that are new.
    pub added: u64,
    /// Rows that say something else. A row that changed partners counts for both.
    pub changed: u64,
    /// Rows that no longer count.
    pub gone: u64,
    /// By how much the sum of each number column changed.
    pub sums: Vec<Exact>,
}

impl Moved {
    fn none(numbers: usize) -> Self {
        Self {
            sums: vec![Exact::ZERO; numbers],
            ..Self::default()
        }
    }

    fn add(&mut self, numbers: &[Option<Exact>], weight: i64) {
        for (sum, number) in self.sums.iter_mut().zip(numbers) {
            if let Some(number) = number {
                *sum = &*sum + &(number * &Exact::from(weight));
            }
        }
    }

    fn count(&mut self, what: What) {
        match what {
            What::Added => self.added += 1,
            What::Changed => self.changed += 1,
            What::Gone => self.gone += 1,
        }
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.added + self.changed + self.gone == 0 && self.sums.iter().all(Exact::is_zero)
    }
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It is new.
    Added,
    /// It says something else.
    Changed,
    /// It no longer counts.
    Gone,
}

impl What {
    /// In a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Gone => "gone",
        }
    }
}

/// A version of a row: what its cells say, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its cells, in the order of the columns; none where empty.
    pub cells: Vec<Option<String>>,
    /// Its revision.
    pub revision: i64,
    /// The delivered file it came in.
    pub file: String,
    /// Its line or row there.
    pub row: i64,
}

/// A row that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowChange {
    /// Its source.
    pub source: String,
    /// What names it there.
    pub id: String,
    /// What it said; none where it is new.
    pub before: Option<Said>,
    /// What it says; none where it no longer counts.
    pub after: Option<Said>,
    /// Whose it was and whose it is, where the kind names partners.
    pub partners: BTreeSet<String>,
}

impl RowChange {
    /// What became of it.
    #[must_use]
    pub fn what(&self) -> What {
        match (&self.before, &self.after) {
            (None, _) => What::Added,
            (Some(_), None) => What::Gone,
            (Some(_), Some(_)) => What::Changed,
        }
    }

    fn key(&self) -> RowKey {
        let partner = self.partners.first().cloned().unwrap_or_default();
        (partner, self.source.clone(), self.id.clone())
    }
}

type RowKey = (String, String, String);

/// How a difference is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Only this partner.
    pub partner: Option<&'a str>,
    /// At most so many rows of a kind.
    pub rows_max: usize,
}

impl Snapshot {
    /// What changed from an earlier snapshot to this one, by kind; kinds in which nothing did are left out.
    ///
    /// # Errors
    /// When a file is damaged or cannot be read.
    pub fn difference(
        &self,
        earlier: &Self,
        program: &Program,
        wanted: Wanted<'_>,
    ) -> Result<Vec<KindDifference>, Fault> {
        let names: BTreeSet<&Arc<str>> = self.kinds.keys().chain(earlier.kinds.keys()).collect();
        let mut all = Vec::new();
        for name in names {
            let (was, is) = (earlier.kinds.get(name), self.kinds.get(name));
            let partner = program.kind(name).and_then(|kind| {
                let at = kind.partner()?;
                Some(kind.columns.get(at)?.name.to_string())
            });
            let Some(shape) = is.or(was) else { continue };
            let found = Search::of(shape, partner, wanted).run(was, is)?;
            if !found.total.is_nothing() {
                all.push(found);
            }
        }
        Ok(all)
    }
}

/// A row under a key that something was withdrawn of.
struct Version {
    content: u128,
    weight: i64,
    said: Said,
    partner: String,
}

struct Search<'a> {
    kind: Arc<str>,
    columns: Vec<String>,
    numbers: Vec<String>,
    partner: Option<String>,
    wanted: Wanted<'a>,
    /// What something was withdrawn of: ids by source.
    withdrawn: HashMap<String, HashSet<String>>,
    versions: BTreeMap<(String, String), Vec<Version>>,
    total: Moved,
    by_partner: BTreeMap<String, Moved>,
    rows: BTreeMap<RowKey, RowChange>,
}

/// A file that one side has and the other has not, and on which side it is.
type Apart<'f> = (&'f FactTable, &'f StoredFile, i64);

impl<'a> Search<'a> {
    fn of(shape: &KindSnapshot, partner: Option<String>, wanted: Wanted<'a>) -> Self {
        let own = || {
            let fields = shape.schema().fields().iter();
            fields.filter(|field| !field.name().starts_with(RESERVED_PREFIX))
        };
        let is_number = |of: &DataType| matches!(of, DataType::Decimal128(..));
        let numbers: Vec<String> = own()
            .filter(|field| is_number(field.data_type()))
            .map(|field| field.name().clone())
            .collect();
        Self {
            kind: shape.table.kind().clone(),
            columns: own().map(|field| field.name().clone()).collect(),
            total: Moved::none(numbers.len()),
            numbers,
            partner,
            wanted,
            withdrawn: HashMap::new(),
            versions: BTreeMap::new(),
            by_partner: BTreeMap::new(),
            rows: BTreeMap::new(),
        }
    }

    fn run(
        mut self,
        was: Option<&KindSnapshot>,
        is: Option<&KindSnapshot>,
    ) -> Result<KindDifference, Fault> {
        let apart = apart(is, was);
        for (table, file, side) in &apart {
            self.note_withdrawn(table, file, *side)?;
        }
        for (table, file, side) in &apart {
            for batch in read_file(table.folder(), file, None)? {
                let batch = batch.map_err(Fault::columns("read", table.kind()))?;
                self.add(&batch, *side)
                    .ok_or_else(|| table.lacks_columns(file))??;
            }
        }
        self.resolve();
        Ok(KindDifference {
            kind: self.kind,
            columns: self.columns,
            numbers: self.numbers,
            total: self.total,
            by_partner: self.by_partner,
            rows: self.rows.into_values().collect(),
        })
    }

    fn note_withdrawn(
        &mut self,
        table: &FactTable,
        file: &StoredFile,
        side: i64,
    ) -> Result<(), Fault> {
        use arrow::datatypes::Int8Type;
        let columns = [FACT_SOURCE, FACT_ID, FACT_WEIGHT];
        for batch in read_file(table.folder(), file, Some(&columns))? {
            let batch = batch.map_err(Fault::columns("read", table.kind()))?;
            let text = |name| batch.column_by_name(name)?.as_string_opt::<i32>();
            let weights = batch
                .column_by_name(FACT_WEIGHT)
                .and_then(|column| column.as_primitive_opt::<Int8Type>());
            let (Some(sources), Some(ids), Some(weights)) =
                (text(FACT_SOURCE), text(FACT_ID), weights)
            else {
                continue;
            };
            for at in 0..batch.num_rows() {
                if i64::from(weights.value(at)) * side < 0 {
                    self.withdrawn
                        .entry(sources.value(at).to_owned())
                        .or_default()
                        .insert(ids.value(at).to_owned());
                }
            }
        }
        Ok(())
    }

    /// Takes the rows of a batch; none where it lacks a column.
    fn add(&mut self, batch: &RecordBatch, side: i64) -> Option<Result<(), Fault>> {
        let facts = FactColumns::of(batch)?;
        let mut arrays = Vec::with_capacity(self.columns.len());
        for name in &self.columns {
            arrays.push(batch.column_by_name(name)?);
        }
        let options = FormatOptions::default();
        let formatters: Result<Vec<ArrayFormatter<'_>>, _> = arrays
            .iter()
            .map(|array| ArrayFormatter::try_new(array.as_ref(), &options))
            .collect();
        let formatters = match formatters {
            Ok(formatters) => formatters,
            Err(error) => return Some(Err(Fault::columns("show", &self.kind)(error))),
        };
        let mut numbers = Vec::with_capacity(self.numbers.len());
        for name in &self.numbers {
            let array = batch.column_by_name(name)?;
            let DataType::Decimal128(_, scale) = array.data_type() else {
                return None;
            };
            let scale = u32::try_from(*scale).unwrap_or(0);
            numbers.push((array.as_primitive_opt::<Decimal128Type>()?, scale));
        }
        let partners = match &self.partner {
            Some(name) => Some(batch.column_by_name(name)?.as_string_opt::<i32>()?),
            None => None,
        };
        for at in 0..facts.len() {
            let partner = partners.filter(|partners| partners.is_valid(at));
            let partner = partner.map_or("", |partners| partners.value(at));
            let weight = i64::from(facts.weight.value(at)) * side;
            let is_asked = self.wanted.partner.is_none_or(|asked| asked == partner);
            if is_asked {
                let values: Vec<Option<Exact>> = numbers
                    .iter()
                    .map(|(array, scale)| {
                        array
                            .is_valid(at)
                            .then(|| Exact::from_scaled(array.value(at), *scale))
                    })
                    .collect();
                self.total.add(&values, weight);
                if self.partner.is_some() {
                    self.of_partner(partner).add(&values, weight);
                }
            }
            let (source, id) = (facts.source.value(at), facts.id.value(at));
            let is_corrected = self
                .withdrawn
                .get(source)
                .is_some_and(|ids| ids.contains(id));
            if !is_corrected && !is_asked {
                continue;
            }
            if !is_corrected {
                self.total.count(What::Added);
                if self.partner.is_some() {
                    self.of_partner(partner).count(What::Added);
                }
                if !self.has_room_for(partner, source, id) {
                    continue;
                }
            }
            let said = Said {
                cells: arrays
                    .iter()
                    .zip(&formatters)
                    .map(|(array, shown)| array.is_valid(at).then(|| shown.value(at).to_string()))
                    .collect(),
                revision: facts.revision.value(at),
                file: facts.file.value(at).to_owned(),
                row: facts.row.value(at),
            };
            if is_corrected {
                let key = (source.to_owned(), id.to_owned());
                self.versions.entry(key).or_default().push(Version {
                    content: facts.content_at(at),
                    weight,
                    said,
                    partner: partner.to_owned(),
                });
            } else {
                self.keep(RowChange {
                    source: source.to_owned(),
                    id: id.to_owned(),
                    before: None,
                    after: Some(said),
                    partners: self.named(partner).into_iter().collect(),
                });
            }
        }
        Some(Ok(()))
    }

    fn of_partner(&mut self, partner: &str) -> &mut Moved {
        let numbers = self.numbers.len();
        self.by_partner
            .entry(partner.to_owned())
            .or_insert_with(|| Moved::none(numbers))
    }

    fn named(&self, partner: &str) -> Option<String> {
        self.partner.as_ref().map(|_| partner.to_owned())
    }

    fn has_room_for(&self, partner: &str, source: &str, id: &str) -> bool {
        self.rows.len() < self.wanted.rows_max
            || self.rows.last_key_value().is_some_and(|(last, _)| {
                (partner, source, id) < (last.0.as_str(), last.1.as_str(), last.2.as_str())
            })
    }

    /// Keeps a row among the first that were asked for.
    fn keep(&mut self, change: RowChange) {
        self.rows.insert(change.key(), change);
        while self.rows.len() > self.wanted.rows_max {
            self.rows.pop_last();
        }
    }

    /// Says of each corrected row what it was and is.
    fn resolve(&mut self) {
        for ((source, id), versions) in std::mem::take(&mut self.versions) {
            let mut net: BTreeMap<(i64, u128), (i64, Version)> = BTreeMap::new();
            for version in versions {
                net.entry((version.said.revision, version.content))
                    .and_modify(|(weight, _)| *weight += version.weight)
                    .or_insert((version.weight, version));
            }
            // Of one row one version counts at a time, so one is left on each side at most.
            let (mut before, mut after) = (None, None);
            for (weight, version) in net.into_values() {
                match weight {
                    0 => {}
                    ..0 => before = Some(version),
                    1.. => after = Some(version),
                }
            }
            let sides = [&before, &after];
            let partners: BTreeSet<String> = sides
                .iter()
                .filter_map(|side| self.named(&side.as_ref()?.partner))
                .collect();
            let change = RowChange {
                source,
                id,
                before: before.map(|version| version.said),
                after: after.map(|version| version.said),
                partners,
            };
            if change.before.is_none() && change.after.is_none() {
                continue;
            }
            let asked = self.wanted.partner;
            if asked.is_some_and(|asked| !change.partners.contains(asked)) {
                continue;
            }
            self.total.count(change.what());
            for partner in change.partners.clone() {
                if asked.is_none_or(|asked| asked == partner) {
                    self.of_partner(&partner).count(change.what());
                }
            }
            self.keep(change);
        }
        self.by_partner.retain(|_, moved| !moved.is_nothing());
    }
}

/// The files that one side has and the other has not: the delivered ones, or where some of those are gone, all that hold
/// the rows of one side only.
fn apart<'f>(is: Option<&'f KindSnapshot>, was: Option<&'f KindSnapshot>) -> Vec<Apart<'f>> {
    let delivered = beyond(is, was, |side| side.delivered.iter().collect());
    if delivered.iter().all(|(table, file, _)| table.has(file)) {
        return delivered;
    }
    beyond(is, was, |side| side.files.iter().collect())
}

fn beyond<'f>(
    is: Option<&'f KindSnapshot>,
    was: Option<&'f KindSnapshot>,
    files: impl Fn(&'f KindSnapshot) -> BTreeSet<&'f StoredFile>,
) -> Vec<Apart<'f>> {
    let of = |side: Option<&'f KindSnapshot>| side.map(&files).unwrap_or_default();
    let mut apart = Vec::new();
    for (has, other, side) in [(is, was, 1), (was, is, -1)] {
        let Some(has) = has else { continue };
        let known = of(other);
        let only = files(has).into_iter().filter(|file| !known.contains(file));
        apart.extend(only.map(|file| (&has.table, file, side)));
    }
    apart
}
