//! A pass run by the executor, and its answers read.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Int32Type, Int64Type, i256,
};
use datafusion::execution::context::{SessionConfig, SessionContext};
use futures::StreamExt as _;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::world::{Partner, PartnerIx};

use super::check::checked;
use super::edges::Step;
use super::fault::MeasureFault;
use super::few::{Few, Wins};
use super::number::exact_wide;
use super::partials::{Answers, Gathered, Group, Last, Partials, Value};
use super::pass::{self, Pass, Slot, month_number, slot_name, withdrawn_name};
use super::stored::Stored;

/// How the executor runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// How many parts work beside each other; none means as many as the machine has cores.
    pub partitions: Option<usize>,
    /// How many rows are worked on at once; none means the executor's default.
    pub batch_rows: Option<usize>,
}

/// The executor.
pub fn executor(settings: Settings) -> SessionContext {
    let mut config = SessionConfig::new();
    if let Some(partitions) = settings.partitions {
        config = config.with_target_partitions(partitions.max(1));
    }
    if let Some(rows) = settings.batch_rows {
        config = config.with_batch_size(rows.max(1));
    }
    // The two planners do not always agree on whether a column may be empty, and the plan is refused where they differ.
    // Nothing hangs on it: `checked` holds the types, and an empty cell says so itself.
    config
        .options_mut()
        .execution
        .skip_physical_aggregate_schema_check = true;
    // The rows of one partner are few: their places are found first, and only there are the other columns read.
    config.options_mut().execution.parquet.pushdown_filters = true;
    SessionContext::new_with_config(config)
}

/// Runs a pass over stored rows and keeps its answers.
pub async fn run(
    context: &SessionContext,
    pass: &Pass,
    kind: &str,
    stored: &Stored,
    partners: &[Partner],
) -> Result<Partials, MeasureFault> {
    let mut reading = Reading::new(pass, stored, kind, partners);
    let failed = || MeasureFault::executor("measure", kind);
    if let Some(plan) = pass.plan(stored, partners).map_err(failed())? {
        let state = context.state();
        let plan = state.optimize(&plan).map_err(failed())?;
        checked(&plan, kind, stored.rows_max)?;
        let running = state
            .query_planner()
            .create_physical_plan(&plan, &state)
            .await
            .map_err(failed())?;
        let mut batches = datafusion::physical_plan::execute_stream(running, context.task_ctx())
            .map_err(failed())?;
        while let Some(batch) = batches.next().await {
            reading.batch(&batch.map_err(failed())?)?;
        }
    }
    let gathered = reading.gathered;
    Ok(Partials::keep(
        gathered,
        pass.edges.clone(),
        pass.known_before.clone(),
        partners.len(),
    ))
}

/// Answers being read.
struct Reading<'a> {
    pass: &'a Pass,
    kind: &'a str,
    ids: HashMap<&'a str, PartnerIx>,
    /// The step that each month begins, where months are grouped by.
    months: Option<HashMap<i32, u32>>,
    values: HashMap<Value, u32>,
    gathered: Gathered,
}

impl<'a> Reading<'a> {
    fn new(pass: &'a Pass, stored: &Stored, kind: &'a str, partners: &'a [Partner]) -> Self {
        let ids = partners
            .iter()
            .zip(0u32..)
            .map(|(partner, at)| (partner.id.as_str(), PartnerIx(at)))
            .collect();
        let slots = pass
            .slots()
            .iter()
            .map(|slot| empty(slot, pass.scale(slot)))
            .collect();
        let months = pass
            .has_months(stored)
            .then(|| months_of(&pass.edges.shared));
        Self {
            pass,
            kind,
            ids,
            months,
            values: HashMap::new(),
            gathered: Gathered {
                slots,
                ..Gathered::default()
            },
        }
    }

    fn batch(&mut self, batch: &RecordBatch) -> Result<(), MeasureFault> {
        let partners = self.texts(batch, pass::PARTNER)?;
        let steps = self.whole(batch, pass::STEP)?;
        let own = self.whole(batch, pass::OWN_STEP)?;
        let known = self.whole(batch, pass::KNOWN)?;
        let keys = batch.column_by_name(pass::KEY);
        let values = batch.column_by_name(pass::VALUE);
        let mut rows = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let Some(partner) = text_at(&partners, row).and_then(|id| self.ids.get(id).copied())
            else {
                continue;
            };
            let key = match keys {
                None => 0,
                Some(keys) => match self.gathered.key(&self.value_at(keys, row)?) {
                    Some(key) => key,
                    None => continue,
                },
            };
            let value = match values {
                None => 0,
                Some(values) => {
                    let value = self.value_at(values, row)?;
                    self.value(value)
                }
            };
            let shared = at_row(steps.as_ref(), row);
            let shared = match &self.months {
                None => u32::try_from(shared).unwrap_or(0),
                Some(months) => months.get(&shared).copied().unwrap_or(0),
            };
            rows.push(u32::try_from(row).unwrap_or(u32::MAX));
            self.gathered.groups.push(Group {
                partner,
                key,
                known: u32::try_from(at_row(known.as_ref(), row)).unwrap_or(0),
                step: Step::new(
                    shared,
                    u32::try_from(at_row(own.as_ref(), row)).unwrap_or(0),
                ),
                value,
            });
        }
        let slots = self.pass.slots();
        for (at, slot) in slots.iter().enumerate() {
            let column = batch
                .column_by_name(&slot_name(at))
                .ok_or_else(|| self.other("nothing", "a slot"))?;
            if *slot == Slot::StrayWeights && self.stray(column)? {
                return Err(MeasureFault::Weights {
                    kind: self.kind.to_owned(),
                });
            }
            let kind = self.kind;
            if let Some(answers) = self.gathered.slots.get_mut(at) {
                let withdrawn = batch.column_by_name(&withdrawn_name(at));
                read(answers, column, withdrawn, &rows).map_err(|(found, wanted)| {
                    MeasureFault::Answer {
                        kind: kind.to_owned(),
                        found,
                        wanted,
                    }
                })?;
            }
        }
        Ok(())
    }

    fn stray(&self, column: &ArrayRef) -> Result<bool, MeasureFault> {
        let counts = column
            .as_primitive_opt::<Int64Type>()
            .ok_or_else(|| self.other("no count", "a count"))?;
        Ok(counts.iter().flatten().any(|count| count != 0))
    }

    fn value(&mut self, value: Value) -> u32 {
        let next = u32::try_from(self.gathered.values.len()).unwrap_or(u32::MAX);
        let values = &mut self.gathered.values;
        *self.values.entry(value).or_insert_with_key(|value| {
            values.push(value.clone());
            next
        })
    }

    fn texts(&self, batch: &RecordBatch, name: &str) -> Result<ArrayRef, MeasureFault> {
        let column = batch
            .column_by_name(name)
            .ok_or_else(|| self.other("nothing", "a partner"))?;
        let plain = match column.data_type() {
            DataType::Dictionary(_, value) => cast(column, value).ok(),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(column.clone()),
            _ => None,
        };
        plain.ok_or_else(|| self.other(&column.data_type().to_string(), "text"))
    }

    fn whole(&self, batch: &RecordBatch, name: &str) -> Result<Option<ArrayRef>, MeasureFault> {
        let Some(column) = batch.column_by_name(name) else {
            return Ok(None);
        };
        match cast(column, &DataType::Int32) {
            Ok(whole) => Ok(Some(whole)),
            Err(_) => Err(self.other(&column.data_type().to_string(), "a whole number")),
        }
    }

    fn value_at(&self, column: &ArrayRef, row: usize) -> Result<Value, MeasureFault> {
        value_at(column, row).ok_or_else(|| self.other(&column.data_type().to_string(), "a value"))
    }

    fn other(&self, found: &str, wanted: &'static str) -> MeasureFault {
        MeasureFault::Answer {
            kind: self.kind.to_owned(),
            found: found.to_owned(),
            wanted,
        }
    }
}

/// A cell as a key or value; none where the column is of no type that has any.
pub(super) fn value_at(column: &ArrayRef, row: usize) -> Option<Value> {
    if column.is_null(row) {
        return Some(Value::Empty);
    }
    let number = |number, scale: i8| {
        Value::Number(Exact::from_scaled(number, u32::from(scale.unsigned_abs())))
    };
    match column.data_type() {
        DataType::Decimal128(_, scale) => {
            let numbers = column.as_primitive_opt::<Decimal128Type>()?;
            Some(number(numbers.value(row), *scale))
        }
        DataType::Decimal256(_, scale) => {
            let numbers = column.as_primitive_opt::<Decimal256Type>()?;
            Some(Value::Number(exact_wide(
                numbers.value(row),
                u32::from(scale.unsigned_abs()),
            )))
        }
        DataType::Date32 => Some(Value::Date(
            column.as_primitive_opt::<Date32Type>()?.value(row),
        )),
        DataType::Boolean => Some(Value::Flag(column.as_boolean_opt()?.value(row))),
        _ => text_at(column, row).map(|text| Value::Text(text.into())),
    }
}

/// The step that each month begins.
fn months_of(edges: &[Date]) -> HashMap<i32, u32> {
    let mut months = HashMap::new();
    for (pair, passed) in edges.windows(2).zip(1u32..) {
        if let [from, until] = pair {
            for month in month_number(*from)..month_number(*until) {
                months.insert(month, passed);
            }
        }
    }
    months
}

fn at_row(column: Option<&ArrayRef>, row: usize) -> i32 {
    let whole = column.and_then(|column| column.as_primitive_opt::<Int32Type>());
    whole
        .filter(|whole| whole.is_valid(row))
        .map_or(0, |whole| whole.value(row))
}

fn text_at(column: &ArrayRef, row: usize) -> Option<&str> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Utf8 => Some(column.as_string_opt::<i32>()?.value(row)),
        DataType::LargeUtf8 => Some(column.as_string_opt::<i64>()?.value(row)),
        DataType::Utf8View => Some(column.as_string_view_opt()?.value(row)),
        _ => None,
    }
}

fn empty(slot: &Slot, scale: u32) -> Answers {
    match slot {
        Slot::Rows { .. } | Slot::StrayWeights => Answers::Counts(Vec::new()),
        Slot::Sum { .. } => Answers::Sums(Vec::new(), scale),
        Slot::Extreme { least, .. } => Answers::WideExtremes(Vec::new(), scale, *least),
        Slot::Latest { .. } => Answers::Latest(Vec::new()),
    }
}

/// Reads the rows of a slot's column that are of known partners; otherwise what was found and what was wanted.
fn read(
    answers: &mut Answers,
    column: &ArrayRef,
    withdrawn: Option<&ArrayRef>,
    rows: &[u32],
) -> Result<(), (String, &'static str)> {
    let found = |wanted: &'static str| move || (column.data_type().to_string(), wanted);
    let rows = rows.iter().map(|row| *row as usize);
    if let (Answers::Sums(sums, scale), DataType::Decimal256(..)) = (&*answers, column.data_type())
        && sums.is_empty()
    {
        *answers = Answers::WideSums(Vec::new(), *scale);
    }
    match answers {
        Answers::Counts(counts) => {
            let numbers = column
                .as_primitive_opt::<Int64Type>()
                .ok_or_else(found("a count"))?;
            counts.extend(rows.map(|row| {
                if numbers.is_null(row) {
                    0
                } else {
                    numbers.value(row)
                }
            }));
        }
        Answers::Sums(sums, _) => {
            let numbers = column
                .as_primitive_opt::<Decimal128Type>()
                .ok_or_else(found("a sum"))?;
            sums.extend(rows.map(|row| {
                if numbers.is_null(row) {
                    0
                } else {
                    numbers.value(row)
                }
            }));
        }
        Answers::WideSums(sums, _) => {
            let numbers = column
                .as_primitive_opt::<Decimal256Type>()
                .ok_or_else(found("a sum"))?;
            sums.extend(rows.map(|row| {
                if numbers.is_null(row) {
                    Default::default()
                } else {
                    numbers.value(row)
                }
            }));
        }
        Answers::WideExtremes(few, _, least) => {
            let score = |column: &ArrayRef, row: usize| {
                let number = wide_at(column, row)?;
                Some(number.map(|number| match *least {
                    true => number.wrapping_neg(),
                    false => number,
                }))
            };
            few_of(few, column, withdrawn, rows, score).ok_or_else(found("a number"))?;
        }
        // Only our own operator keeps narrow ones.
        Answers::Extremes(..) => return Err(found("a wide number")()),
        Answers::Latest(few) => {
            few_of(few, column, withdrawn, rows, last_at).ok_or_else(found("a row"))?;
        }
    }
    Ok(())
}

/// Reads the best that came and the best that was withdrawn; none where a column is not as it should be.
fn few_of<V: Wins>(
    few: &mut Vec<Few<V>>,
    came: &ArrayRef,
    withdrawn: Option<&ArrayRef>,
    rows: impl Iterator<Item = usize>,
    best: impl Fn(&ArrayRef, usize) -> Option<Option<V>>,
) -> Option<()> {
    for row in rows {
        let withdrawn = match withdrawn {
            Some(withdrawn) => best(withdrawn, row)?,
            None => None,
        };
        few.push(Few::of_best(best(came, row)?, withdrawn));
    }
    Some(())
}

/// The latest row in a cell, if there is one; none where the column is none of them.
fn last_at(column: &ArrayRef, row: usize) -> Option<Option<Last>> {
    let fields = column.as_struct_opt()?;
    let (dated, ids, of) = (
        fields.column_by_name("dated")?,
        fields.column_by_name("id")?,
        fields.column_by_name("of")?,
    );
    let days = dated.as_primitive_opt::<Date32Type>()?;
    if fields.is_null(row) || ids.is_null(row) {
        return Some(None);
    }
    Some(Some(Last {
        dated: days.is_valid(row).then(|| days.value(row)),
        id: text_at(ids, row)?.into(),
        of: number_at(of, row)?,
    }))
}

/// The whole number in a cell, if there is one; none where the column is none of numbers.
pub(super) fn wide_at(column: &ArrayRef, row: usize) -> Option<Option<i256>> {
    if column.is_null(row) {
        return Some(None);
    }
    Some(Some(match column.data_type() {
        DataType::Decimal128(..) => {
            i256::from_i128(column.as_primitive_opt::<Decimal128Type>()?.value(row))
        }
        _ => column.as_primitive_opt::<Decimal256Type>()?.value(row),
    }))
}

/// The number in a cell, if there is one; none where the column is none of numbers.
pub(super) fn number_at(column: &ArrayRef, row: usize) -> Option<Option<Exact>> {
    let scale = |scale: i8| u32::from(scale.unsigned_abs());
    match column.data_type() {
        DataType::Decimal128(_, of) => {
            let numbers = column.as_primitive_opt::<Decimal128Type>()?;
            Some(
                numbers
                    .is_valid(row)
                    .then(|| Exact::from_scaled(numbers.value(row), scale(*of))),
            )
        }
        DataType::Decimal256(_, of) => {
            let numbers = column.as_primitive_opt::<Decimal256Type>()?;
            Some(
                numbers
                    .is_valid(row)
                    .then(|| exact_wide(numbers.value(row), scale(*of))),
            )
        }
        _ => None,
    }
}
