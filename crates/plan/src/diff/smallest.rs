//! The smallest part of a formula that differs, as it reads on both sides.

use crate::diff::keys::{Key, Keys};
use crate::diff::names::Names;
use crate::diff::said;
use crate::tree::walk::parts;
use crate::tree::{Call, Expr, Form, Operator};
use crate::written::Writer;

/// One side of a formula that is compared.
#[derive(Clone, Copy)]
pub(super) struct Half<'h> {
    pub(super) writer: Writer<'h>,
    pub(super) names: Names<'h>,
    pub(super) whole: Names<'h>,
}

/// The part that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Smallest {
    pub(super) before: String,
    pub(super) after: String,
    /// Whether it is less than the whole formula.
    pub(super) is_part: bool,
    /// How it moves, if both are figures.
    pub(super) moves: Option<String>,
}

/// Walks down two formulas as long as exactly one part differs.
pub(super) fn smallest(
    keys: &mut Keys,
    before: Half<'_>,
    after: Half<'_>,
    (old, new): (&Expr, &Expr),
) -> Smallest {
    let (mut left, mut right) = (old, new);
    while let Some((a, b)) = only_difference(keys, before, after, left, right) {
        (left, right) = (a, b);
    }
    Smallest {
        before: said::formula(&before.writer, left),
        after: said::formula(&after.writer, right),
        is_part: !std::ptr::eq(left, old),
        moves: said::moves((&before.writer, left), (&after.writer, right)),
    }
}

/// The one part in which two formulas of one form differ.
fn only_difference<'e>(
    keys: &mut Keys,
    before: Half<'_>,
    after: Half<'_>,
    old: &'e Expr,
    new: &'e Expr,
) -> Option<(&'e Expr, &'e Expr)> {
    if !is_same_form(keys, before, after, old, new) {
        return None;
    }
    let (left, right) = (parts(old), parts(new));
    let mut mine: Vec<(Key, Key, &Expr)> = meanings(keys, before, &left);
    let mut yours: Vec<(Key, Key, &Expr)> = meanings(keys, after, &right);
    if has_no_order(old) {
        // What stands on both sides, wherever it stands, is no difference.
        mine.retain(|(own, whole, _)| {
            let same = yours
                .iter()
                .position(|(key, all, _)| key == own || all == whole);
            match same {
                Some(at) => {
                    yours.remove(at);
                    false
                }
                None => true,
            }
        });
    } else {
        if mine.len() != yours.len() {
            return None;
        }
        let differs: Vec<bool> = mine
            .iter()
            .zip(&yours)
            .map(|((own, whole, _), (key, all, _))| key != own && all != whole)
            .collect();
        let mut at = 0;
        mine.retain(|_| {
            at += 1;
            differs.get(at - 1) == Some(&true)
        });
        at = 0;
        yours.retain(|_| {
            at += 1;
            differs.get(at - 1) == Some(&true)
        });
    }
    match (mine.as_slice(), yours.as_slice()) {
        ([(_, _, a)], [(_, _, b)]) => Some((a, b)),
        _ => None,
    }
}

fn meanings<'e>(keys: &mut Keys, half: Half<'_>, parts: &[&'e Expr]) -> Vec<(Key, Key, &'e Expr)> {
    parts
        .iter()
        .map(|part| {
            let own = keys.formula(part, &half.names);
            let whole = keys.formula(part, &half.whole);
            (own, whole, *part)
        })
        .collect()
}

/// Whether two formulas differ in their parts only: the same form, put together in the same way.
fn is_same_form(
    keys: &mut Keys,
    before: Half<'_>,
    after: Half<'_>,
    old: &Expr,
    new: &Expr,
) -> bool {
    match (&old.form, &new.form) {
        (Form::Arithmetic(a, ..), Form::Arithmetic(b, ..)) => a == b,
        (Form::Compared(a, ..), Form::Compared(b, ..)) => a == b,
        (Form::Negated(_), Form::Negated(_))
        | (Form::Not(_), Form::Not(_))
        | (Form::Between(..), Form::Between(..))
        | (Form::In(..), Form::In(..))
        | (Form::And(_), Form::And(_))
        | (Form::Or(_), Form::Or(_))
        | (Form::Case(..), Form::Case(..)) => true,
        (Form::Is(_, a), Form::Is(_, b)) => a == b,
        (Form::Call(a), Form::Call(b)) => is_same_call(keys, before, after, a, b),
        (
            Form::Literal(_)
            | Form::Name(_)
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
            | Form::Call(_),
            _,
        ) => false,
    }
}

/// Two calls differ in their parts only if, with the parts of the one, the other would mean the same.
fn is_same_call(
    keys: &mut Keys,
    before: Half<'_>,
    after: Half<'_>,
    old: &Call,
    new: &Call,
) -> bool {
    let head = keys.head(old, &before.names);
    let other = keys.head(new, &after.names);
    head == other && weights(old) == weights(new)
}

/// The weights of `weighted` belong to its parts; another weight is a difference of the whole.
fn weights(call: &Call) -> Vec<String> {
    match call {
        Call::Weighted(parts) => parts.iter().map(|(_, weight)| weight.to_string()).collect(),
        _ => Vec::new(),
    }
}

/// Whether the parts may stand in any order.
fn has_no_order(expr: &Expr) -> bool {
    match &expr.form {
        Form::Arithmetic(operator, ..) => matches!(operator, Operator::Plus | Operator::Times),
        Form::And(_) | Form::Or(_) => true,
        Form::Call(Call::Least(_) | Call::Greatest(_)) => true,
        Form::Literal(_)
        | Form::Name(_)
        | Form::Negated(_)
        | Form::Compared(..)
        | Form::Between(..)
        | Form::In(..)
        | Form::Is(..)
        | Form::Not(_)
        | Form::Case(..)
        | Form::Call(_) => false,
    }
}
