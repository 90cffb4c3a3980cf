//! How the parts of a plan are said in a difference: figures as a reader knows them, formulas on one line, and where a
//! key is written.

use trueup_base::calendar::WindowUnit;
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;

use crate::check::constant::{in_percent, of_expr};
use crate::diagnostic::Sources;
use crate::formula::{Formula, FormulaKind, Suffix};
use crate::span::Span;
use crate::tree::{
    CreditLine, CreditTo, Expr, FactKind, MoneyRounding, Plan, Reference, Text, Type, Unit, Within,
};
use crate::written::Writer;

/// Beyond so many characters a formula is cut in a sentence; the change itself holds it whole.
const LONG: usize = 160;

/// A formula as a reader sees it: its figure where it is one, else its text on one line.
pub(super) fn formula(writer: &Writer<'_>, expr: &Expr) -> String {
    figure(writer, expr).unwrap_or_else(|| writer.text(expr))
}

/// A formula for the middle of a sentence.
pub(super) fn short(text: &str) -> String {
    if text.chars().count() <= LONG {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONG).collect();
    format!("{kept} …")
}

/// The figure a formula writes out, in its unit; nothing for any other formula.
pub(super) fn figure(writer: &Writer<'_>, expr: &Expr) -> Option<String> {
    let number = of_expr(expr)?;
    let Type::Number(unit) = expr.of else {
        return None;
    };
    let in_percent = unit == Unit::RATIO && is_in_percent(&writer.formula(expr));
    Some(amount(&number, unit, in_percent, writer.currency()))
}

/// Whether an author wrote the figure, or a part of it, in percent.
fn is_in_percent(formula: &Formula) -> bool {
    match &formula.is {
        FormulaKind::Number { suffix, .. } => *suffix == Suffix::Percent,
        FormulaKind::Negated(x) => is_in_percent(x),
        FormulaKind::Arithmetic(_, a, b) => is_in_percent(a) || is_in_percent(b),
        FormulaKind::Call { arguments, .. } => arguments
            .iter()
            .any(|argument| is_in_percent(&argument.value)),
        FormulaKind::Text(_)
        | FormulaKind::Date(_)
        | FormulaKind::True
        | FormulaKind::False
        | FormulaKind::Missing
        | FormulaKind::Name(_)
        | FormulaKind::Keyed(..)
        | FormulaKind::Not(_)
        | FormulaKind::Compared(..)
        | FormulaKind::Between { .. }
        | FormulaKind::In { .. }
        | FormulaKind::Is { .. }
        | FormulaKind::And(_)
        | FormulaKind::Or(_)
        | FormulaKind::Case { .. } => false,
    }
}

/// A number in its unit: money grouped and with the currency's places, a ratio in percent where its author says so.
pub(super) fn amount(
    number: &Exact,
    unit: Unit,
    is_in_percent: bool,
    currency: Currency,
) -> String {
    if is_in_percent {
        return in_percent(number);
    }
    let places = if unit.money > 0 { currency.places() } else { 0 };
    if number.to_scaled(places).is_some() {
        return number.to_grouped(places, Rounding::HalfAway);
    }
    match number.to_decimal() {
        Some(decimal) => {
            let places = decimal.split_once('.').map_or(0, |(_, tail)| tail.len());
            number.to_grouped(u32::try_from(places).unwrap_or(0), Rounding::HalfAway)
        }
        None => number.to_string(),
    }
}

/// Between which figures something lies: `between 0.00 and 2,000,000.00`, `not below 4`.
pub(super) fn within(ends: &Within, of: Type, currency: Currency) -> String {
    let unit = match of {
        Type::Number(unit) => unit,
        _ => Unit::RATIO,
    };
    let is_part = |end: &Exact| end.is_positive() && *end < Exact::ONE;
    let both = [&ends.lowest, &ends.highest];
    let is_in_percent = unit == Unit::RATIO && both.into_iter().flatten().any(is_part);
    let said = |end: &Exact| amount(end, unit, is_in_percent, currency);
    match (&ends.lowest, &ends.highest) {
        (Some(lowest), Some(highest)) => format!("between {} and {}", said(lowest), said(highest)),
        (Some(lowest), None) => format!("not below {}", said(lowest)),
        (None, Some(highest)) => format!("not above {}", said(highest)),
        (None, None) => "anywhere".to_owned(),
    }
}

/// How a figure moves: `rises from 2% to 2.5% (+0.5 points)`, `falls from 100,000.00 to 90,000.00 (-10%)`.
pub(super) fn moves(before: (&Writer<'_>, &Expr), after: (&Writer<'_>, &Expr)) -> Option<String> {
    let (old, new) = (of_expr(before.1)?, of_expr(after.1)?);
    let (Type::Number(unit), Type::Number(other)) = (before.1.of, after.1.of) else {
        return None;
    };
    let is_percent = unit == Unit::RATIO
        && other == Unit::RATIO
        && (is_in_percent(&before.0.formula(before.1)) || is_in_percent(&after.0.formula(after.1)));
    let old_said = amount(&old, unit, is_percent, before.0.currency());
    let new_said = amount(&new, other, is_percent, after.0.currency());
    let verb = if new > old { "rises" } else { "falls" };
    let by = if unit != other {
        String::new()
    } else if is_percent {
        format!(" ({})", points(&(&new - &old)))
    } else {
        new.checked_div(&old)
            .filter(Exact::is_positive)
            .map(|times| format!(" ({})", relative(&times)))
            .unwrap_or_default()
    };
    Some(format!("{verb} from {old_said} to {new_said}{by}"))
}

/// `+0.5 points`
fn points(by: &Exact) -> String {
    let hundredfold = by * &Exact::from_int(100);
    let (about, text) = decimal(&hundredfold);
    let word = if hundredfold.abs() == Exact::ONE {
        "point"
    } else {
        "points"
    };
    format!("{about}{}{text} {word}", plus(by))
}

/// `-10%` for nine tenths.
pub(super) fn relative(times: &Exact) -> String {
    let by = times - &Exact::ONE;
    let (about, text) = decimal(&(&by * &Exact::from_int(100)));
    format!("{about}{}{text}%", plus(&by))
}

fn plus(by: &Exact) -> &'static str {
    if by.is_negative() { "" } else { "+" }
}

/// A number of at most two places, and whether it is only about that.
fn decimal(number: &Exact) -> (&'static str, String) {
    match number
        .to_decimal()
        .filter(|_| number.to_scaled(2).is_some())
    {
        Some(text) => ("", text),
        None => ("about ", number.to_fixed(1, Rounding::HalfAway)),
    }
}

/// What a place of this type holds.
pub(super) fn type_word(of: Type) -> String {
    match of {
        Type::Number(unit) => unit_word(unit),
        Type::Date => "date".to_owned(),
        Type::Duration => "duration".to_owned(),
        Type::Flag => "flag".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Partner => "partner".to_owned(),
    }
}

fn unit_word(unit: Unit) -> String {
    let powers = [
        (unit.money, "money"),
        (unit.count, "count"),
        (unit.score, "score"),
    ];
    let side = |sign: i8| -> Vec<String> {
        powers
            .iter()
            .filter(|(power, _)| power.signum() == sign)
            .map(|(power, word)| match power.abs() {
                1 => (*word).to_owned(),
                more => format!("{word}^{more}"),
            })
            .collect()
    };
    let (above, below) = (side(1), side(-1));
    match (above.is_empty(), below.is_empty()) {
        (true, true) => "ratio".to_owned(),
        (false, true) => above.join(" "),
        (true, false) => format!("1 per {}", below.join(" ")),
        (false, false) => format!("{} per {}", above.join(" "), below.join(" ")),
    }
}

/// A window's unit in words.
pub(super) fn window(unit: WindowUnit) -> String {
    unit.to_string().replace('_', " ")
}

/// Weights as proportions, whatever they were multiplied by: `1 : 1 : 2`.
pub(super) fn proportions(weights: &[Exact]) -> String {
    let total: Exact = weights.iter().sum();
    let parts: Vec<String> = weights
        .iter()
        .map(|weight| match weight.checked_div(&total) {
            Some(part) => in_percent(&part),
            None => weight.to_string(),
        })
        .collect();
    parts.join(" : ")
}

/// `0.05 (half_even)`
pub(super) fn rounding(rounding: &MoneyRounding) -> String {
    let to = rounding
        .to
        .to_decimal()
        .unwrap_or_else(|| rounding.to.to_string());
    format!("{to} ({})", rounding.mode)
}

/// Who is credited in which role with which part.
pub(super) fn credit_line(kind: &FactKind, line: &CreditLine) -> String {
    let to = match line.to {
        CreditTo::Column(column) => format!("{}.{}", kind.name, kind.column(column).name),
        CreditTo::Upline(column) => {
            format!("upline({}.{})", kind.name, kind.column(column).name)
        }
    };
    let besides = if line.overlay { ", besides" } else { "" };
    format!(
        "{to} as {} with {}{besides}",
        line.role,
        in_percent(&line.share)
    )
}

/// The name of a listed thing.
pub(super) fn name_of(plan: &Plan, reference: Reference) -> &Text {
    match reference {
        Reference::Term(id) => &plan[id].name,
        Reference::Measure(id) => &plan[id].name,
        Reference::Value(id) => &plan[id].name,
        Reference::Table(id) => &plan[id].name,
        Reference::Component(id) => &plan[id].name,
        Reference::Limit(id) => &plan[id].name,
    }
}

/// Where a key stands inside a stretch of text: at a line's beginning, or after a brace or a comma.
pub(super) fn place_of_key(sources: &Sources, within: Span, key: &str) -> Option<Span> {
    let text = sources.text(within);
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find(key) {
        let at = from + found;
        let before = text.get(..at)?.trim_end_matches([' ', '\t']);
        let begins = before.is_empty() || before.ends_with(['\n', '{', ',']);
        let after = text.get(at + key.len()..)?;
        if begins && after.starts_with(':') {
            let start = within.start + u32::try_from(at).ok()?;
            return Some(Span {
                start,
                end: start + u32::try_from(key.len()).ok()?,
                ..within
            });
        }
        from = at + key.len();
    }
    None
}
