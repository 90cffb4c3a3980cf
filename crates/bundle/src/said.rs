//! Answers, cells and places of the evaluator as they stand in a bundle, and answers back.

use trueup_base::date::{Date, Duration, parse_date};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_engine::world::Cell;
use trueup_engine::{Answer, NoAnswer, Number, Place as Asked, Truth, Value};
use trueup_plan::tree::NoAnswerKind;

use crate::record::{Place, Said};

/// An answer as it is written.
pub fn of_value(value: &Value<Answer>) -> Said {
    if let Some(reason) = value.reason() {
        return of_reason(reason);
    }
    match value {
        Value::Number(number) => match number.figure() {
            Some(figure) => Said::Number(figure.to_string()),
            None => Said::Undefined("no single figure".to_owned()),
        },
        Value::Flag(truth) => match truth.all() {
            Some(holds) => Said::Flag(holds),
            None => Said::Undefined("no single truth".to_owned()),
        },
        Value::Date(day) => Said::Date(day.to_string()),
        Value::Duration(length) => Said::Duration(length.months, length.days),
        Value::Text(text) => Said::Text(text.to_string()),
        Value::Partner(partner) => Said::Partner(partner.to_string()),
        Value::None(reason) => of_reason(reason),
    }
}

/// Why there is no answer, as it is written.
pub fn of_reason(reason: &NoAnswer) -> Said {
    match reason.kind {
        NoAnswerKind::Missing => Said::Missing(reason.why.to_string()),
        NoAnswerKind::Undefined => Said::Undefined(reason.why.to_string()),
    }
}

/// A number as it is written.
pub fn of_number(number: &Answer) -> Said {
    of_value(&Value::Number(number.clone()))
}

/// A written answer; none where it is none.
pub fn value(said: &Said) -> Option<Value<Answer>> {
    Some(match said {
        Said::Number(text) => Value::exact(exact(text)?),
        Said::Flag(holds) => Value::flag(*holds),
        Said::Date(text) => Value::Date(day(text)?),
        Said::Duration(months, days) => Value::Duration(Duration {
            months: *months,
            days: *days,
        }),
        Said::Text(text) => Value::Text(text.as_str().into()),
        Said::Partner(id) => Value::Partner(PartnerId::new(id.as_str()).ok()?),
        Said::Missing(why) => Value::None(NoAnswer::missing(why.as_str())),
        Said::Undefined(why) => Value::None(NoAnswer::undefined(why.as_str())),
    })
}

/// An exact number, written as exact numbers are.
pub fn exact(text: &str) -> Option<Exact> {
    let figure = Exact::parse(text).ok()?;
    (figure.to_string() == text).then_some(figure)
}

/// A day, written as days are.
pub fn day(text: &str) -> Option<Date> {
    let day = parse_date(text).ok()?;
    (day.to_string() == text).then_some(day)
}

/// A cell as it is written; none where it is empty.
pub fn of_cell(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Number(figure) => Some(figure.to_string()),
        Cell::Text(text) => Some(text.to_string()),
        Cell::Date(day) => Some(day.to_string()),
        Cell::Flag(holds) => Some(holds.to_string()),
        Cell::Partner(partner) => Some(partner.to_string()),
        Cell::Empty => None,
    }
}

/// A place as it is written, without its row and key.
pub fn of_place(at: &Asked) -> Place {
    let window = &at.window;
    Place {
        unit: window.unit.name().to_owned(),
        window: (window.starts.to_string(), window.ends.to_string()),
        full: (window.full_starts.to_string(), window.full_ends.to_string()),
        trailing: at.trailing,
        known_before: at.known_before.map(|day| day.to_string()),
        as_agreed: at.as_agreed,
        judged_until: at.judged_until.map(|day| day.to_string()),
    }
}
