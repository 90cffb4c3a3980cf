//! What a row's formula reads of a partner: terms and columns of the directory, the same for all windows.
//!
//! Where every partner has the same, it is a figure of the plan; where they differ, it is looked up by the partner's id.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, col, lit};
use trueup_base::date::{Date, days_between};
use trueup_base::exact::Exact;
use trueup_engine::world::{Cell, Partner};
use trueup_plan::tree::{AttributeId, Form, Literal, Plan, TermId};

use super::lower::{Gaps, Lowered, Shape};
use super::number::{Decimal, digits_of};
use super::reason::{DIGITS_NARROW, Reason};

/// Something of a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// A column of the directory.
    Attribute(AttributeId),
    /// A term of the agreement.
    Term(TermId),
}

/// A column to be looked up by a partner's id.
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// The row's column that names the partner.
    pub by: Arc<str>,
    /// The looked-up column's name.
    pub name: String,
    /// Its cells, in the order of the partners.
    pub cells: Vec<ScalarValue>,
}

/// What all partners have, or the column where it can be looked up.
pub fn look_up(
    plan: &Plan,
    partners: &[Partner],
    of: Of,
    by: &Arc<str>,
    is_own: bool,
) -> Result<(Lowered, Option<Lookup>), Reason> {
    let mut cells = Vec::with_capacity(partners.len());
    for partner in partners {
        cells.push(cell_of(plan, partner, of)?);
    }
    let gaps = match of {
        Of::Attribute(_) => Gaps::unclear(),
        Of::Term(id) => Gaps::because(&format!("the agreement does not say {}", plan[id].name)),
    };
    // A row whose own partner nobody knows is not counted, so what is the same for all needs no look.
    let first = cells
        .first()
        .filter(|first| is_own && cells.iter().all(|cell| cell == *first));
    if let Some(Some(cell)) = first {
        return Ok((Lowered::literal(&literal_of(cell))?, None));
    }
    let (shape, cells) = column_of(&cells)?;
    let name = match of {
        Of::Attribute(id) => format!("look.{by}.attribute{}", id.0),
        Of::Term(id) => format!("look.{by}.term{}", id.0),
    };
    let expr = col(datafusion::common::Column::new_unqualified(name.clone()));
    let has_gaps = !is_own || cells.iter().any(ScalarValue::is_null);
    // A partner that a row names besides its own may be nobody, and each says so with its own name.
    let gaps = if !has_gaps {
        Gaps::none()
    } else if is_own {
        gaps
    } else {
        Gaps::unclear()
    };
    let lowered = match shape {
        CellShape::Number { digits, scale } => Lowered {
            shape: Shape::Number(Decimal {
                expr,
                digits,
                scale,
                wide: false,
            }),
            gaps,
            parts: 1,
        },
        CellShape::Text => Lowered {
            shape: Shape::Text(expr),
            gaps,
            parts: 1,
        },
        CellShape::Date => Lowered {
            shape: Shape::Date(expr),
            gaps,
            parts: 1,
        },
        CellShape::Flag => Lowered {
            shape: Shape::Flag(expr),
            gaps,
            parts: 1,
        },
    };
    Ok((
        lowered,
        Some(Lookup {
            by: by.clone(),
            name,
            cells,
        }),
    ))
}

/// One partner's cell, if it is the same in every window.
fn cell_of(plan: &Plan, partner: &Partner, of: Of) -> Result<Option<Cell>, Reason> {
    match of {
        Of::Attribute(id) => Ok(partner.attribute(plan, id.index())),
        Of::Term(id) => {
            let term = &plan[id];
            if term.per.is_some() {
                return Err(Reason::Window);
            }
            match (partner.agreement.terms.get(id.index()), &term.agreed) {
                (Some(Some(cell)), _) if *cell != Cell::Empty => Ok(Some(cell.clone())),
                (_, None) => Ok(None),
                (_, Some(agreed)) => match &agreed.form {
                    Form::Literal(literal) => Ok(cell_from(literal)),
                    Form::Name(_)
                    | Form::Negated(_)
                    | Form::Arithmetic(..)
                    | Form::Compared(..)
                    | Form::Between(..)
                    | Form::In(..)
                    | Form::Is(..)
                    | Form::Not(_)
                    | Form::And(_)
                    | Form::Or(_)
                    | Form::Case(..)
                    | Form::Call(_) => Err(Reason::Name(term.name.clone())),
                },
            }
        }
    }
}

fn cell_from(literal: &Literal) -> Option<Cell> {
    match literal {
        Literal::Number(figure) => Some(Cell::Number(figure.clone())),
        Literal::Text(text) => Some(Cell::Text(text.clone())),
        Literal::Date(day) => Some(Cell::Date(*day)),
        Literal::Flag(holds) => Some(Cell::Flag(*holds)),
        Literal::Duration(_) | Literal::Missing => None,
    }
}

fn literal_of(cell: &Cell) -> Literal {
    match cell {
        Cell::Number(figure) => Literal::Number(figure.clone()),
        Cell::Text(text) => Literal::Text(text.clone()),
        Cell::Partner(partner) => Literal::Text(partner.as_str().into()),
        Cell::Date(day) => Literal::Date(*day),
        Cell::Flag(holds) => Literal::Flag(*holds),
        Cell::Empty => Literal::Missing,
    }
}

enum CellShape {
    Number { digits: u8, scale: u8 },
    Text,
    Date,
    Flag,
}

/// Cells of one type as a column.
fn column_of(cells: &[Option<Cell>]) -> Result<(CellShape, Vec<ScalarValue>), Reason> {
    let first = cells.iter().flatten().find(|cell| **cell != Cell::Empty);
    let typed = |as_scalar: &dyn Fn(Option<&Cell>) -> Option<ScalarValue>| {
        let all: Option<Vec<ScalarValue>> =
            cells.iter().map(|cell| as_scalar(cell.as_ref())).collect();
        all.ok_or(Reason::Types)
    };
    match first {
        Some(Cell::Number(_)) => {
            let (digits, scale) = room_of(cells)?;
            let type_scale = i8::try_from(scale).unwrap_or(i8::MAX);
            let column = typed(&|cell| match cell {
                Some(Cell::Number(figure)) => Some(ScalarValue::Decimal128(
                    Some(figure.to_scaled(u32::from(scale))?),
                    digits,
                    type_scale,
                )),
                None | Some(Cell::Empty) => Some(ScalarValue::Decimal128(None, digits, type_scale)),
                Some(Cell::Text(_) | Cell::Date(_) | Cell::Flag(_) | Cell::Partner(_)) => None,
            })?;
            Ok((CellShape::Number { digits, scale }, column))
        }
        Some(Cell::Date(_)) => {
            let column = typed(&|cell| match cell {
                Some(Cell::Date(day)) => Some(ScalarValue::Date32(Some(day_number(*day)))),
                None | Some(Cell::Empty) => Some(ScalarValue::Date32(None)),
                Some(Cell::Text(_) | Cell::Number(_) | Cell::Flag(_) | Cell::Partner(_)) => None,
            })?;
            Ok((CellShape::Date, column))
        }
        Some(Cell::Flag(_)) => {
            let column = typed(&|cell| match cell {
                Some(Cell::Flag(holds)) => Some(ScalarValue::Boolean(Some(*holds))),
                None | Some(Cell::Empty) => Some(ScalarValue::Boolean(None)),
                Some(Cell::Text(_) | Cell::Number(_) | Cell::Date(_) | Cell::Partner(_)) => None,
            })?;
            Ok((CellShape::Flag, column))
        }
        Some(Cell::Text(_) | Cell::Partner(_) | Cell::Empty) | None => {
            let column = typed(&|cell| match cell {
                Some(Cell::Text(text)) => Some(ScalarValue::Utf8(Some(text.to_string()))),
                Some(Cell::Partner(partner)) => {
                    Some(ScalarValue::Utf8(Some(partner.as_str().to_owned())))
                }
                None | Some(Cell::Empty) => Some(ScalarValue::Utf8(None)),
                Some(Cell::Date(_) | Cell::Number(_) | Cell::Flag(_)) => None,
            })?;
            Ok((CellShape::Text, column))
        }
    }
}

/// The digits and decimals that hold every figure.
fn room_of(cells: &[Option<Cell>]) -> Result<(u8, u8), Reason> {
    let figures: Vec<&Exact> = cells
        .iter()
        .filter_map(|cell| match cell {
            Some(Cell::Number(figure)) => Some(figure),
            Some(
                Cell::Text(_) | Cell::Date(_) | Cell::Flag(_) | Cell::Partner(_) | Cell::Empty,
            )
            | None => None,
        })
        .collect();
    let mut scale = 0;
    for figure in &figures {
        scale = scale.max(Decimal::literal(figure)?.scale);
    }
    let mut digits = scale.max(1);
    for figure in &figures {
        let refused = || Reason::Figure(figure.to_string());
        let unscaled = figure.to_scaled(u32::from(scale)).ok_or_else(refused)?;
        digits = digits.max(digits_of(unscaled.unsigned_abs()));
    }
    if digits > DIGITS_NARROW {
        return Err(Reason::Room {
            digits: u32::from(digits),
        });
    }
    Ok((digits, scale))
}

/// A day as the executor counts them, from 1970 on.
pub fn day_number(day: Date) -> i32 {
    // Years 1 to 9999 are fewer than four million days.
    i32::try_from(days_between(Date::constant(1970, 1, 1), day)).unwrap_or(i32::MAX)
}

/// A day as a literal.
pub fn day_literal(day: Date) -> Expr {
    lit(ScalarValue::Date32(Some(day_number(day))))
}
