//! Stored rows as the engine's rows: what explanations, components on rows and the reference measurer read.

use std::collections::{BTreeSet, HashMap};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Int64Type,
};
use datafusion::datasource::provider_as_source;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit};
use futures::StreamExt as _;
use trueup_base::date::{Date, add_days};
use trueup_base::exact::Exact;
use trueup_base::id::{FactId, PartnerId};
use trueup_engine::world::{Cell, PartnerIx, Row, World};
use trueup_plan::tree::{CreditTo, FactKind, KindId, Plan, Type};

use super::fault::MeasureFault;
use super::lower::{column, stored_name};
use super::number::exact_wide;
use super::stored::Stored;
use crate::store::{FACT_ID, FACT_RECORDED_ON, FACT_REVISION, FACT_SOURCE, FACT_WEIGHT};

/// The rows of a kind that are credited to some partners, or to anyone.
///
/// A fact's id is its source's name and its id there, with a slash between.
///
/// # Errors
/// When the executor fails, or the table does not hold what the plan reads.
pub async fn rows_for(
    context: &SessionContext,
    plan: &Plan,
    world: &World,
    kind: KindId,
    stored: &Stored,
    whose: Option<&BTreeSet<PartnerIx>>,
) -> Result<Vec<Row>, MeasureFault> {
    let shape = &plan[kind];
    let failed = || MeasureFault::executor("read", &shape.name);
    let scan = LogicalPlanBuilder::scan("facts", provider_as_source(stored.rows.clone()), None)
        .map_err(failed())?;
    let scan = match whose.and_then(|whose| credited_to(shape, world, whose)) {
        Some(theirs) => scan.filter(theirs).map_err(failed())?,
        None => scan,
    };
    let own = [
        FACT_SOURCE,
        FACT_ID,
        FACT_REVISION,
        FACT_WEIGHT,
        FACT_RECORDED_ON,
    ];
    let schema = stored.schema();
    let names = shape
        .columns
        .iter()
        .map(|column| stored_name(&schema, &column.name))
        .chain(own);
    let mut seen = BTreeSet::new();
    let columns: Vec<Expr> = names
        .filter(|name| seen.insert(*name))
        .map(column)
        .collect();
    let scan = scan
        .project(columns)
        .and_then(LogicalPlanBuilder::build)
        .map_err(failed())?;
    let running = context.execute_logical_plan(scan).await.map_err(failed())?;
    let mut batches = running.execute_stream().await.map_err(failed())?;
    let mut versions = Vec::new();
    while let Some(batch) = batches.next().await {
        read(&batch.map_err(failed())?, shape, stored, &mut versions)?;
    }
    Ok(rows_of(versions, stored.has_corrections))
}

/// The condition that a row is credited to one of some partners; none where it is shorter to read all rows.
fn credited_to(shape: &FactKind, world: &World, whose: &BTreeSet<PartnerIx>) -> Option<Expr> {
    if whose.len() * 4 > world.partners.len() * 3 {
        return None;
    }
    let mut below = BTreeSet::new();
    if shape
        .credited
        .iter()
        .any(|line| matches!(line.to, CreditTo::Upline(_)))
    {
        below = world
            .partners
            .iter()
            .map(|partner| &partner.id)
            .chain(world.beyond.keys())
            .filter(|id| {
                let above = world.above(id);
                above.iter().any(|(above, _)| whose.contains(above))
            })
            .collect();
    }
    let own: BTreeSet<&PartnerId> = whose
        .iter()
        .filter_map(|partner| world.partner(*partner))
        .map(|partner| &partner.id)
        .collect();
    let mut condition: Option<Expr> = None;
    for line in &shape.credited {
        let (at, named) = match line.to {
            CreditTo::Column(at) => (at, &own),
            CreditTo::Upline(at) => (at, &below),
        };
        let ids = named.iter().map(|id| lit(id.as_str()));
        let by = Box::new(column(&shape.column(at).name));
        let is_theirs = Expr::InList(InList::new(by, ids.collect(), false));
        condition = Some(match condition {
            Some(condition) => condition.or(is_theirs),
            None => is_theirs,
        });
    }
    condition
}

/// One stored row.
#[derive(Debug)]
pub(crate) struct Version {
    /// As the engine reads it.
    pub(crate) row: Row,
    /// Its revision.
    pub(crate) revision: i64,
    /// 1, or -1 where it withdraws.
    pub(crate) weight: i64,
}

fn read(
    batch: &RecordBatch,
    shape: &FactKind,
    stored: &Stored,
    versions: &mut Vec<Version>,
) -> Result<(), MeasureFault> {
    let missing = |column: &str| MeasureFault::Column {
        kind: shape.name.to_string(),
        column: column.to_owned(),
    };
    let find = |name: &str| batch.column_by_name(name).ok_or_else(|| missing(name));
    let whole = |name: &str| {
        let column = cast(find(name)?, &DataType::Int64).map_err(|_| missing(name))?;
        Ok::<_, MeasureFault>(column)
    };
    let (sources, ids) = (find(FACT_SOURCE)?, find(FACT_ID)?);
    let (revisions, weights) = (whole(FACT_REVISION)?, whole(FACT_WEIGHT)?);
    let recorded_on = find(FACT_RECORDED_ON)?;
    let mut columns = Vec::with_capacity(shape.columns.len());
    for column in &shape.columns {
        columns.push((column, find(stored_name(&batch.schema(), &column.name))?));
    }
    for at in 0..batch.num_rows() {
        let (source, id) = (text(sources, at), text(ids, at));
        let (Some(source), Some(id)) = (source, id) else {
            return Err(missing(FACT_ID));
        };
        let id = format!("{source}/{id}");
        let id = FactId::new(&*id).map_err(|source| MeasureFault::Id {
            kind: shape.name.to_string(),
            id: id.clone(),
            source,
        })?;
        let mut cells = Vec::with_capacity(columns.len());
        for (column, array) in &columns {
            cells.push(cell(array, at, column.of).ok_or_else(|| missing(&column.name))?);
        }
        let recorded_on = day(recorded_on, at).filter(|_| stored.has_history);
        versions.push(Version {
            row: Row {
                id,
                cells,
                recorded_on,
            },
            revision: number(&revisions, at),
            weight: number(&weights, at),
        });
    }
    Ok(())
}

/// Versions as rows. A withdrawal is a version that says nothing; a version that was withdrawn on the day it became known
/// never counted.
pub(crate) fn rows_of(mut versions: Vec<Version>, has_corrections: bool) -> Vec<Row> {
    // The world puts rows in order by day and id; what it is given of one id must come by revision.
    versions.sort_by_key(|version| version.revision);
    if !has_corrections {
        return versions.into_iter().map(|version| version.row).collect();
    }
    let mut withdrawn: HashMap<(FactId, i64), Vec<Option<Date>>> = HashMap::new();
    for version in versions.iter().filter(|version| version.weight < 0) {
        let key = (version.row.id.clone(), version.revision);
        withdrawn
            .entry(key)
            .or_default()
            .push(version.row.recorded_on);
    }
    let mut rows = Vec::with_capacity(versions.len());
    for version in versions.into_iter().filter(|version| version.weight > 0) {
        let key = (version.row.id.clone(), version.revision);
        let row = version.row;
        match withdrawn.get_mut(&key).and_then(Vec::pop) {
            Some(on) if on <= row.recorded_on => {}
            Some(on) => {
                let nothing = vec![Cell::Empty; row.cells.len()];
                rows.push(Row {
                    id: row.id.clone(),
                    cells: nothing,
                    recorded_on: on,
                });
                rows.push(row);
            }
            None => rows.push(row),
        }
    }
    rows
}

fn cell(array: &ArrayRef, at: usize, of: Type) -> Option<Cell> {
    if array.is_null(at) {
        return Some(Cell::Empty);
    }
    match of {
        Type::Number(_) => exact(array, at).map(Cell::Number),
        Type::Date => day(array, at).map(Cell::Date),
        Type::Flag => Some(Cell::Flag(array.as_boolean_opt()?.value(at))),
        Type::Text => Some(Cell::Text(text(array, at)?.into())),
        // What can be no partner's id is nobody's.
        Type::Partner => Some(PartnerId::new(text(array, at)?).map_or(Cell::Empty, Cell::Partner)),
        Type::Duration => None,
    }
}

fn exact(array: &ArrayRef, at: usize) -> Option<Exact> {
    match array.data_type() {
        DataType::Decimal128(_, scale) => {
            let scale = u32::try_from(*scale).ok()?;
            Some(Exact::from_scaled(
                array.as_primitive_opt::<Decimal128Type>()?.value(at),
                scale,
            ))
        }
        DataType::Decimal256(_, scale) => {
            let scale = u32::try_from(*scale).ok()?;
            Some(exact_wide(
                array.as_primitive_opt::<Decimal256Type>()?.value(at),
                scale,
            ))
        }
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let whole = cast(&array.slice(at, 1), &DataType::Int64).ok()?;
            Some(Exact::from_int(
                whole.as_primitive_opt::<Int64Type>()?.value(0),
            ))
        }
        _ => None,
    }
}

fn day(array: &ArrayRef, at: usize) -> Option<Date> {
    let days = array
        .as_primitive_opt::<Date32Type>()
        .filter(|days| days.is_valid(at))?;
    add_days(Date::constant(1970, 1, 1), i64::from(days.value(at)))
}

fn text(array: &ArrayRef, at: usize) -> Option<&str> {
    if array.is_null(at) {
        return None;
    }
    match array.data_type() {
        DataType::Utf8 => Some(array.as_string_opt::<i32>()?.value(at)),
        DataType::LargeUtf8 => Some(array.as_string_opt::<i64>()?.value(at)),
        DataType::Utf8View => Some(array.as_string_view_opt()?.value(at)),
        _ => None,
    }
}

fn number(array: &ArrayRef, at: usize) -> i64 {
    array
        .as_primitive_opt::<Int64Type>()
        .filter(|numbers| numbers.is_valid(at))
        .map_or(0, |numbers| numbers.value(at))
}
