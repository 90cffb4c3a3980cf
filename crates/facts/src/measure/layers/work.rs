//! A pass made ready to read files: which columns it reads, and its expressions for the executor to work out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::{is_null, take};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::{DFSchema, DataFusionError, ScalarValue};
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::{Expr, Operator};
use datafusion::physical_plan::PhysicalExpr;
use trueup_base::date::Date;
use trueup_engine::world::Partner;

use super::super::check::is_float;
use super::super::fault::MeasureFault;
use super::super::lookup::day_number;
use super::super::pass::{Pass, Slot};
use super::layer::{DayTable, Grid};
use crate::store::{FACT_ID, FACT_RECORDED_ON, FACT_SOURCE, FACT_WEIGHT};

/// A value whose different ones are counted, and when a row counts.
type Counted = (Arc<dyn PhysicalExpr>, Option<Arc<dyn PhysicalExpr>>);

/// How a column of a pass is worked out.
#[derive(Clone, Debug)]
pub enum Column {
    /// By the executor.
    Worked(Arc<dyn PhysicalExpr>),
    /// It says where another column says nothing.
    Empty(usize),
    /// It says where a condition holds and another column says nothing.
    EmptyWhere {
        /// The condition, itself a column.
        when: usize,
        /// The other column.
        of: usize,
    },
}

impl Column {
    /// A condition that other columns answer: every sum comes with one, and what is summed is worked out anyway.
    fn of_others(expr: &Expr, columns: &[Expr]) -> Option<Self> {
        let place = |of: &Expr| columns.iter().position(|known| known == of);
        match expr {
            Expr::IsNull(of) => Some(Self::Empty(place(of)?)),
            Expr::BinaryExpr(both) if both.op == Operator::And => match &*both.right {
                Expr::IsNull(of) => Some(Self::EmptyWhere {
                    when: place(&both.left)?,
                    of: place(of)?,
                }),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A pass made ready.
#[derive(Debug)]
pub struct Work<'a> {
    /// The pass.
    pub pass: &'a Pass,
    /// The kind.
    pub kind: &'a str,
    /// How days are told apart.
    pub days: Grid,
    /// How days of knowledge are told apart; none where they do not matter.
    pub known: Option<Grid>,
    /// The columns of a file that are read.
    pub columns: Vec<String>,
    /// What is worked out for each row, in the pass's order.
    pub worked: Vec<Column>,
    /// The key.
    pub key: Option<Arc<dyn PhysicalExpr>>,
    /// The value, and when a row counts.
    pub value: Option<Counted>,
    /// Where each day lies.
    pub day_table: DayTable,
    /// Where each day of knowledge lies.
    pub known_table: DayTable,
    /// Partners' own edges, by their ids.
    pub own: HashMap<&'a str, Vec<i32>>,
    /// Columns read, then columns looked up.
    schema: SchemaRef,
    lookups: Vec<LookedUp<'a>>,
}

/// Columns that are looked up by one column of ids.
#[derive(Debug)]
struct LookedUp<'a> {
    by: Arc<str>,
    places: HashMap<&'a str, u32>,
    /// One more cell than there are partners: nothing, for whoever is none.
    cells: Vec<ArrayRef>,
}

impl<'a> Work<'a> {
    /// Makes a pass ready for files of a schema.
    pub fn of(
        context: &SessionContext,
        pass: &'a Pass,
        kind: &'a str,
        files: &Schema,
        partners: &'a [Partner],
    ) -> Result<Self, MeasureFault> {
        let failed = || MeasureFault::executor("measure", kind);
        let lookups = lookups(pass, partners).map_err(failed())?;
        let columns = columns(pass, files, &lookups);
        let mut fields = Vec::new();
        for name in &columns {
            let field = files
                .field_with_name(name)
                .map_err(|_| MeasureFault::Column {
                    kind: kind.to_owned(),
                    column: name.clone(),
                })?;
            fields.push(field.clone());
        }
        for lookup in pass.lookups.values() {
            let of = lookup
                .cells
                .first()
                .map_or(DataType::Null, ScalarValue::data_type);
            fields.push(Field::new(&lookup.name, of, true));
        }
        let schema = Arc::new(Schema::new(fields));
        let named = DFSchema::try_from(schema.clone()).map_err(failed())?;
        let state = context.state();
        let ready = |expr: &Expr| {
            let ready = state
                .create_physical_expr(expr.clone(), &named)
                .map_err(failed())?;
            no_float(&ready, &schema, kind)?;
            Ok::<_, MeasureFault>(ready)
        };
        let mut worked = Vec::with_capacity(pass.columns().len());
        for expr in pass.columns() {
            worked.push(match Column::of_others(expr, pass.columns()) {
                Some(column) => column,
                None => Column::Worked(ready(expr)?),
            });
        }
        let key = pass.key.by.as_ref().map(&ready).transpose()?;
        let value = match &pass.key.distinct {
            None => None,
            Some((value, when)) => Some((ready(value)?, when.as_ref().map(&ready).transpose()?)),
        };
        let days = if pass.edges.are_months() {
            Grid::Months
        } else {
            Grid::Edges
        };
        let known =
            (!pass.known_before.is_empty()).then(|| Grid::of(pass.known_before.iter().copied()));
        let number = |days: &[Date]| days.iter().map(|day| day_number(*day)).collect();
        let own = pass.edges.own.iter().filter_map(|(partner, edges)| {
            let partner = partners.get(partner.0 as usize)?;
            Some((partner.id.as_str(), number(edges)))
        });
        Ok(Self {
            days,
            known,
            day_table: DayTable::of(days, &pass.edges.shared),
            known_table: DayTable::of(known.unwrap_or(Grid::Months), &pass.known_before),
            own: own.collect(),
            pass,
            kind,
            columns,
            worked,
            key,
            value,
            schema,
            lookups,
        })
    }

    /// A batch of a file with what is looked up for its rows beside it.
    pub fn completed(&self, batch: &RecordBatch) -> Result<RecordBatch, MeasureFault> {
        let failed = || MeasureFault::executor("measure", self.kind);
        let mut found: BTreeMap<&str, ArrayRef> = BTreeMap::new();
        let names = self
            .pass
            .lookups
            .values()
            .map(|lookup| (&*lookup.by, &*lookup.name));
        let mut of_column: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (by, name) in names {
            of_column.entry(by).or_default().push(name);
        }
        for lookup in &self.lookups {
            let ids = self.column(batch, &lookup.by)?;
            let nobody = u32::try_from(lookup.places.len()).unwrap_or(u32::MAX);
            let texts = ids
                .as_string_view_opt()
                .ok_or_else(|| self.missing(&lookup.by))?;
            let places: UInt32Array = texts
                .iter()
                .map(|id| {
                    id.and_then(|id| lookup.places.get(id).copied())
                        .unwrap_or(nobody)
                })
                .map(Some)
                .collect();
            for (cells, name) in lookup
                .cells
                .iter()
                .zip(of_column.get(&*lookup.by).into_iter().flatten())
            {
                let cells = take(cells, &places, None)
                    .map_err(DataFusionError::from)
                    .map_err(failed())?;
                found.insert(name, cells);
            }
        }
        let mut arrays = Vec::with_capacity(self.schema.fields().len());
        for field in self.schema.fields() {
            arrays.push(match found.get(field.name().as_str()) {
                Some(array) => array.clone(),
                None => self.column(batch, field.name())?.clone(),
            });
        }
        RecordBatch::try_new(self.schema.clone(), arrays)
            .map_err(DataFusionError::from)
            .map_err(failed())
    }

    /// A column of a batch.
    pub fn column<'b>(
        &self,
        batch: &'b RecordBatch,
        name: &str,
    ) -> Result<&'b ArrayRef, MeasureFault> {
        batch.column_by_name(name).ok_or_else(|| self.missing(name))
    }

    /// That a column is not there as it should be.
    pub fn missing(&self, column: &str) -> MeasureFault {
        MeasureFault::Column {
            kind: self.kind.to_owned(),
            column: column.to_owned(),
        }
    }

    /// The columns of the pass, worked out for every row of a completed batch.
    pub fn columns_of(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>, MeasureFault> {
        let mut known = vec![None; self.worked.len()];
        (0..self.worked.len())
            .map(|at| self.column_at(at, batch, &mut known))
            .collect()
    }

    /// A column of the pass, worked out once; one that others answer is answered by parts of itself.
    fn column_at(
        &self,
        at: usize,
        batch: &RecordBatch,
        known: &mut [Option<ArrayRef>],
    ) -> Result<ArrayRef, MeasureFault> {
        if let Some(Some(column)) = known.get(at) {
            return Ok(column.clone());
        }
        let mut empty = |of: usize| {
            let of = self.column_at(of, batch, known)?;
            is_null(&of)
                .map_err(DataFusionError::from)
                .map_err(MeasureFault::executor("measure", self.kind))
        };
        let column: ArrayRef = match self.worked.get(at) {
            None => return Err(self.missing("a column")),
            Some(Column::Worked(expr)) => self.worked_out(expr, batch)?,
            Some(Column::Empty(of)) => Arc::new(empty(*of)?),
            Some(Column::EmptyWhere { when, of }) => {
                let empty = empty(*of)?;
                let when = self.column_at(*when, batch, known)?;
                let when = holds(&when).ok_or_else(|| self.missing("a condition"))?;
                Arc::new(BooleanArray::new(&when & empty.values(), None))
            }
        };
        if let Some(slot) = known.get_mut(at) {
            *slot = Some(column.clone());
        }
        Ok(column)
    }

    /// An expression worked out for every row of a completed batch.
    pub fn worked_out(
        &self,
        expr: &Arc<dyn PhysicalExpr>,
        batch: &RecordBatch,
    ) -> Result<ArrayRef, MeasureFault> {
        expr.evaluate(batch)
            .and_then(|value| value.into_array(batch.num_rows()))
            .map_err(MeasureFault::executor("measure", self.kind))
    }
}

/// Where a condition holds: neither where it does not nor where it has no answer.
pub fn holds(condition: &ArrayRef) -> Option<BooleanBuffer> {
    let condition = condition.as_boolean_opt()?;
    Some(match condition.nulls() {
        None => condition.values().clone(),
        Some(valid) => condition.values() & valid.inner(),
    })
}

/// The columns of the files that a pass reads.
fn columns(pass: &Pass, files: &Schema, lookups: &[LookedUp<'_>]) -> Vec<String> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let (value, when) = match &pass.key.distinct {
        Some((value, when)) => (Some(value), when.as_ref()),
        None => (None, None),
    };
    let exprs = pass
        .columns()
        .iter()
        .chain(&pass.key.by)
        .chain(value)
        .chain(when);
    for expr in exprs {
        names.extend(
            expr.column_refs()
                .into_iter()
                .map(|column| column.name.clone()),
        );
    }
    names.retain(|name| !pass.lookups.contains_key(name));
    names.extend(lookups.iter().map(|lookup| lookup.by.to_string()));
    names.extend([
        pass.key.credited.to_string(),
        pass.key.at.to_string(),
        FACT_WEIGHT.to_owned(),
    ]);
    if !pass.known_before.is_empty() {
        names.insert(FACT_RECORDED_ON.to_owned());
    }
    if pass
        .slots()
        .iter()
        .any(|slot| matches!(slot, Slot::Latest { .. }))
    {
        names.extend([FACT_SOURCE.to_owned(), FACT_ID.to_owned()]);
    }
    // In the order of the files, as their readers give them.
    let fields = files.fields().iter().map(|field| field.name());
    let mut ordered: Vec<String> = fields
        .filter(|name| names.contains(*name))
        .cloned()
        .collect();
    ordered.extend(
        names
            .into_iter()
            .filter(|name| files.index_of(name).is_err()),
    );
    ordered
}

fn lookups<'a>(pass: &Pass, partners: &'a [Partner]) -> Result<Vec<LookedUp<'a>>, DataFusionError> {
    let mut lookups: Vec<LookedUp<'a>> = Vec::new();
    for lookup in pass.lookups.values() {
        let none = match lookup.cells.first() {
            Some(cell) => ScalarValue::try_new_null(&cell.data_type())?,
            None => ScalarValue::Null,
        };
        let cells = ScalarValue::iter_to_array(lookup.cells.iter().cloned().chain([none]))?;
        match lookups.iter_mut().find(|known| known.by == lookup.by) {
            Some(known) => known.cells.push(cells),
            None => lookups.push(LookedUp {
                by: lookup.by.clone(),
                places: partners
                    .iter()
                    .map(|partner| partner.id.as_str())
                    .zip(0u32..)
                    .collect(),
                cells: vec![cells],
            }),
        }
    }
    Ok(lookups)
}

fn no_float(expr: &Arc<dyn PhysicalExpr>, schema: &Schema, kind: &str) -> Result<(), MeasureFault> {
    let of = expr
        .data_type(schema)
        .map_err(MeasureFault::executor("check the plan over", kind))?;
    if is_float(&of) {
        return Err(MeasureFault::Float {
            kind: kind.to_owned(),
            found: expr.to_string(),
        });
    }
    expr.children()
        .into_iter()
        .try_for_each(|child| no_float(child, schema, kind))
}
