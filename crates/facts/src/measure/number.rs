//! Exact decimals in the executor: how many digits each step has, and which of its types has room for them.
//!
//! The executor's decimals add, subtract, multiply and compare exactly as long as the result's type has room; a sum wraps
//! without a word where it has not. So every number here carries the digits its type promises, every step is done in a type
//! that has room for the result, and a step without one is refused ([`Reason::Room`]).

use datafusion::arrow::datatypes::{DataType, i256};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, Operator, binary_expr, cast, lit};
use trueup_base::exact::Exact;

use super::reason::{DIGITS_NARROW, DIGITS_WIDE, Reason};

/// A decimal expression with its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Decimal {
    /// The expression.
    pub expr: Expr,
    /// All digits its type has.
    pub digits: u8,
    /// Those after the decimal mark.
    pub scale: u8,
    /// Whether it is the executor's wide type, whatever the digits.
    pub wide: bool,
}

impl Decimal {
    /// A stored column; none where its type is no exact number.
    pub fn column(expr: Expr, of: &DataType) -> Option<Self> {
        let (digits, scale, wide) = match of {
            DataType::Decimal128(digits, scale) => (*digits, u8::try_from(*scale).ok()?, false),
            DataType::Decimal256(digits, scale) => (*digits, u8::try_from(*scale).ok()?, true),
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
                return Some(Self::integer(expr, 19));
            }
            _ => return None,
        };
        Some(Self {
            expr,
            digits,
            scale,
            wide,
        })
    }

    /// A whole number of at most so many digits, from an integer expression.
    pub fn integer(expr: Expr, digits: u8) -> Self {
        let expr = cast(expr, DataType::Decimal128(digits, 0));
        Self {
            expr,
            digits,
            scale: 0,
            wide: false,
        }
    }

    /// A figure of the plan.
    pub fn literal(figure: &Exact) -> Result<Self, Reason> {
        let refused = || Reason::Figure(figure.to_string());
        for scale in 0..=DIGITS_NARROW {
            if let Some(unscaled) = figure.to_scaled(u32::from(scale)) {
                let digits = digits_of(unscaled.unsigned_abs()).max(scale).max(1);
                if digits > DIGITS_NARROW {
                    return Err(refused());
                }
                // A literal's type has exactly its digits; the scale is at most 38.
                let value = ScalarValue::Decimal128(Some(unscaled), digits, signed(scale));
                return Ok(Self {
                    expr: lit(value),
                    digits,
                    scale,
                    wide: false,
                });
            }
        }
        Err(refused())
    }

    /// No answer, in the type of a number.
    pub fn none() -> Self {
        let expr = lit(ScalarValue::Decimal128(None, 1, 0));
        Self {
            expr,
            digits: 1,
            scale: 0,
            wide: false,
        }
    }

    /// The executor's type of so many digits.
    pub fn data_type(&self) -> DataType {
        data_type(self.digits, self.scale, self.wide)
    }

    /// The same number in a type with at least so many digits and decimals.
    fn widened(self, digits: u8, scale: u8, wide: bool) -> Self {
        if (self.digits, self.scale, self.wide) == (digits, scale, wide) {
            return self;
        }
        let expr = match (self.expr, wide) {
            (Expr::Literal(ScalarValue::Decimal128(Some(unscaled), _, _), metadata), false) => {
                // It had room before, and has at least as much now.
                let unscaled = unscaled * 10_i128.pow(u32::from(scale - self.scale));
                Expr::Literal(
                    ScalarValue::Decimal128(Some(unscaled), digits, signed(scale)),
                    metadata,
                )
            }
            (expr, _) => cast(expr, data_type(digits, scale, wide)),
        };
        Self {
            expr,
            digits,
            scale,
            wide,
        }
    }

    /// Two numbers in one type.
    pub fn aligned(self, other: Self) -> Result<(Self, Self), Reason> {
        let scale = self.scale.max(other.scale);
        let whole = (self.digits - self.scale).max(other.digits - other.scale);
        let digits = room(u32::from(whole) + u32::from(scale))?;
        let wide = self.wide || other.wide || digits > DIGITS_NARROW;
        Ok((
            self.widened(digits, scale, wide),
            other.widened(digits, scale, wide),
        ))
    }

    /// The sum, or the difference.
    pub fn added(self, operator: Operator, other: Self) -> Result<Self, Reason> {
        let (left, right) = self.aligned(other)?;
        let digits = room(u32::from(left.digits) + 1)?;
        let (scale, wide) = (left.scale, left.wide || digits > DIGITS_NARROW);
        let (left, right) = (
            left.clone().widened(left.digits, scale, wide),
            right.clone().widened(right.digits, scale, wide),
        );
        Ok(Self {
            expr: binary_expr(left.expr, operator, right.expr),
            digits,
            scale,
            wide,
        })
    }

    /// The product.
    pub fn times(self, other: Self) -> Result<Self, Reason> {
        // The executor gives a product one digit more than the factors have.
        let digits = room(u32::from(self.digits) + u32::from(other.digits) + 1)?;
        let scale = self.scale + other.scale;
        let wide = self.wide || other.wide || digits > DIGITS_NARROW;
        let left = self.clone().widened(self.digits, self.scale, wide);
        let right = other.clone().widened(other.digits, other.scale, wide);
        Ok(Self {
            expr: binary_expr(left.expr, Operator::Multiply, right.expr),
            digits,
            scale,
            wide,
        })
    }

    /// The number with its sign turned.
    pub fn negated(self) -> Self {
        Self {
            expr: Expr::Negative(Box::new(self.expr)),
            ..self
        }
    }

    /// The number in a type whose sum over so many rows has room.
    pub fn summable(self, rows: u64) -> Result<Self, Reason> {
        let needed = room(u32::from(self.digits) + u32::from(digits_of(u128::from(rows))))?;
        let wide = self.wide || needed > DIGITS_NARROW;
        let (digits, scale) = (self.digits, self.scale);
        Ok(self.widened(digits, scale, wide))
    }
}

/// The digits that are needed, if the executor has them.
fn room(digits: u32) -> Result<u8, Reason> {
    match u8::try_from(digits) {
        Ok(fits) if fits <= DIGITS_WIDE => Ok(fits),
        Ok(_) | Err(_) => Err(Reason::Room { digits }),
    }
}

fn data_type(digits: u8, scale: u8, wide: bool) -> DataType {
    if wide {
        DataType::Decimal256(digits, signed(scale))
    } else {
        DataType::Decimal128(digits, signed(scale))
    }
}

/// Scales are at most 76.
fn signed(scale: u8) -> i8 {
    i8::try_from(scale).unwrap_or(i8::MAX)
}

/// How many digits a whole number has; none for zero.
pub fn digits_of(number: u128) -> u8 {
    number
        .checked_ilog10()
        .map_or(0, |log| u8::try_from(log + 1).unwrap_or(u8::MAX))
}

/// A wide whole number, exactly.
///
/// # Panics
///
/// Never: the digits of a whole number are a number.
pub fn exact_wide(unscaled: i256, scale: u32) -> Exact {
    match unscaled.to_i128() {
        Some(narrow) => Exact::from_scaled(narrow, scale),
        None => {
            let whole = Exact::parse(&unscaled.to_string())
                .expect("the digits of a whole number are a number");
            &whole * &Exact::from_scaled(1, scale)
        }
    }
}
