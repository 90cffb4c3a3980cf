//! The executor's plan is checked before it runs: it holds no float, and every sum has room.
//!
//! The plan is looked at after the executor's own rewriting, so a cast or a coercion that it adds is seen too.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan};

use super::fault::MeasureFault;
use super::number::digits_of;
use super::reason::{DIGITS_NARROW, DIGITS_WIDE};

/// Refuses a plan with a float in it, or with a sum over so many rows that may overflow.
pub fn checked(plan: &LogicalPlan, kind: &str, rows_max: u64) -> Result<(), MeasureFault> {
    let mut found: Option<MeasureFault> = None;
    let walked = plan.apply(|node| {
        let mut inputs = DFSchema::empty();
        for input in node.inputs() {
            inputs.merge(input.schema());
        }
        if node.inputs().is_empty() {
            inputs.merge(node.schema());
        }
        for field in node.schema().fields() {
            if is_float(field.data_type()) && found.is_none() {
                found = Some(float(kind, field.name()));
            }
        }
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                if found.is_none() {
                    found = fault_in(part, &inputs, kind, rows_max)?;
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    walked.map_err(MeasureFault::executor("check the plan over", kind))?;
    found.map_or(Ok(()), Err)
}

fn fault_in(
    expr: &Expr,
    inputs: &DFSchema,
    kind: &str,
    rows_max: u64,
) -> Result<Option<MeasureFault>, DataFusionError> {
    if matches!(expr, Expr::Column(_) | Expr::Alias(_)) {
        return Ok(None);
    }
    if is_float(&expr.get_type(inputs)?) {
        return Ok(Some(float(kind, &expr.to_string())));
    }
    let Expr::AggregateFunction(function) = expr else {
        return Ok(None);
    };
    if function.func.name() != "sum" {
        return Ok(None);
    }
    let of = match function.params.args.first() {
        Some(of) => of.get_type(inputs)?,
        None => return Ok(None),
    };
    let needs = |digits: u8| u32::from(digits) + u32::from(digits_of(u128::from(rows_max)));
    let has_room = match of {
        DataType::Decimal128(digits, _) => needs(digits) <= u32::from(DIGITS_NARROW),
        DataType::Decimal256(digits, _) => needs(digits) <= u32::from(DIGITS_WIDE),
        // Weights are 1 and -1, so their sum is at most the rows.
        DataType::Int64 => i64::try_from(rows_max).is_ok(),
        _ => false,
    };
    Ok((!has_room).then(|| MeasureFault::Room {
        kind: kind.to_owned(),
        found: expr.to_string(),
    }))
}

fn float(kind: &str, found: &str) -> MeasureFault {
    MeasureFault::Float {
        kind: kind.to_owned(),
        found: found.to_owned(),
    }
}

/// Whether a type is a float, or holds one.
pub fn is_float(of: &DataType) -> bool {
    match of {
        DataType::Struct(fields) => fields.iter().any(|field| is_float(field.data_type())),
        DataType::Dictionary(_, value) => is_float(value),
        other => other.is_floating(),
    }
}
