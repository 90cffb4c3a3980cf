//! Functions to sentences: choices, roundings, other windows, other partners, tables.

use super::figure;
use super::formula::{Mode, Parts};
use super::names::spaced;
use super::phrase::{Phrase, Strength, Words};
use super::speaker::{At, Speaker};
use crate::tree::{
    Allocation, Call, Conversion, Elsewhere, Expr, FoldBy, Form, Literal, Name, Operator, RateKind,
    TableId,
};
use trueup_base::calendar::WindowUnit;
use trueup_base::share::Rest;

impl Speaker<'_> {
    /// A function in one phrase, what it is given spoken by `part`.
    pub(super) fn called(&self, call: &Call, mode: Mode, at: &At<'_>, part: Parts<'_>) -> Phrase {
        match call {
            Call::Least(of) => {
                let words = if of.len() == 2 {
                    "the smaller of "
                } else {
                    "the smallest of "
                };
                choice(words, of, at, part)
            }
            Call::Greatest(of) => {
                let words = if of.len() == 2 {
                    "the larger of "
                } else {
                    "the largest of "
                };
                choice(words, of, at, part)
            }
            Call::Clamp { x, low, high } => Words::new()
                .hold(part(x, Mode::Value, at), Strength::Asked)
                .say(" but not less than ")
                .hold(part(low, Mode::Value, at), Strength::Asked)
                .say(" and not more than ")
                .hold(part(high, Mode::Value, at), Strength::Asked)
                .of(Strength::Closed),
            Call::Abs(x) => Words::new()
                .say("the size without its sign of ")
                .hold(part(x, Mode::Value, at), Strength::Asked)
                .of(Strength::Closed),
            Call::Round { x, to, mode: how } => {
                let step = part(to, Mode::Value, at);
                // A step is a figure in nearly every plan; a formula stands in brackets of its own.
                let step = Words::new().hold(step, Strength::Atom).of(Strength::Atom);
                let said = figure::rounding("\u{0}", *how);
                let (before, after) = said.split_once('\u{0}').unwrap_or((&said, ""));
                Words::new()
                    .hold(part(x, Mode::Value, at), Strength::Asked)
                    .say(format!(" rounded {before}"))
                    .open(step)
                    .say(after)
                    .of(Strength::Open)
            }
            Call::Coalesce(of) => fallbacks(of, "that is missing or undefined", mode, at, part),
            Call::Otherwise(x, y) => fallbacks([&**x, &**y], "that is undefined", mode, at, part),
            Call::Weighted(of) => {
                let mut words = Words::new().say("the weighted sum of ");
                for (index, (x, weight)) in of.iter().enumerate() {
                    let before = if index == 0 { "" } else { " and " };
                    words = words
                        .say(format!("{before}{} of ", figure::percent(weight)))
                        .hold(part(x, Mode::Value, at), Strength::Asked);
                }
                words.of(Strength::Closed)
            }
            Call::DaysBetween(from, to) => between("the number of days from ", from, to, at, part),
            Call::MonthsBetween(from, to) => {
                between("the number of full months from ", from, to, at, part)
            }
            Call::Asked(elsewhere, x) => self.elsewhere(elsewhere, x, at, part),
            Call::FoldedBy(fold, x, unit) => {
                let inside = At {
                    window: Some(*unit),
                    ..*at
                };
                let words = Words::new().say(match fold {
                    FoldBy::Sum => "the sum of ",
                    FoldBy::Min => "the smallest ",
                    FoldBy::Max => "the largest ",
                });
                let every = match fold {
                    FoldBy::Sum => "every",
                    FoldBy::Min | FoldBy::Max => "any",
                };
                words
                    .hold(part(x, Mode::Value, &inside), Strength::Atom)
                    .say(format!(
                        " of {every} {} in the {}",
                        figure::unit_noun(*unit),
                        at.noun()
                    ))
                    .of(Strength::Closed)
            }
            Call::Ever(x) => match &x.form {
                Form::Name(
                    Name::Value(_) | Name::Term(_) | Name::Measure(_) | Name::Component(_),
                ) => Words::new()
                    .open(part(x, Mode::Value, at))
                    .say(" has held at least once since your agreement started")
                    .of(Strength::Clause),
                _ => Words::new()
                    .say("it was so at least once since your agreement started that ")
                    .bracket(part(x, Mode::Condition, at))
                    .of(Strength::Clause),
            },
            Call::Running { x, in_order } => {
                let row = at.row(self.plan);
                let words = Words::new()
                    .say("the running total of ")
                    .hold(part(x, Mode::Value, at), Strength::Asked)
                    .say(format!(" up to and including this {row}, in order of "));
                match in_order {
                    Some(order) => words.hold(part(order, Mode::Value, at), Strength::Asked),
                    None => words.say("date and then of id"),
                }
                .of(Strength::Open)
            }
            Call::Table(id, of) => self.table_asked(*id, of, at, part),
            Call::Keyed(x, key) => Words::new()
                .hold(part(x, Mode::Value, at), Strength::Asked)
                .say(" for ")
                .hold(part(key, Mode::Value, at), Strength::Atom)
                .of(Strength::Asked),
            Call::FoldedKeys(fold, x) => Words::new()
                .say(match fold {
                    FoldBy::Sum => "the sum over all keys of ",
                    FoldBy::Min => "the smallest over all keys of ",
                    FoldBy::Max => "the largest over all keys of ",
                })
                .hold(part(x, Mode::Value, at), Strength::Asked)
                .of(Strength::Closed),
            Call::Total { x, filter } => {
                let others = at.others();
                let words = Words::new()
                    .say("the sum over all partners of ")
                    .hold(part(x, Mode::Value, &others), Strength::Asked);
                members(words, None, filter.as_deref(), at, part).of(Strength::Closed)
            }
            Call::Team(x) => Words::new()
                .say(format!("the sum over everyone below {} of ", at.partner()))
                .hold(part(x, Mode::Value, &at.others()), Strength::Asked)
                .of(Strength::Closed),
            Call::Rank { x, within, filter } => {
                let words = Words::new()
                    .say(format!("{} place among all partners by ", at.whose()))
                    .hold(part(x, Mode::Value, &at.others()), Strength::Asked)
                    .say(", the most first and equals sharing the better place");
                members(words, within.as_deref(), filter.as_deref(), at, part).of(Strength::Open)
            }
            Call::Allocate(allocation) => self.allocated(allocation, at, part),
            Call::Of(partner, x) => Words::new()
                .hold(part(x, Mode::Value, &at.others()), Strength::Atom)
                .say(" of ")
                .hold(part(partner, Mode::Value, at), Strength::Atom)
                .of(Strength::Closed),
            Call::Convert(conversion) => converted(conversion, at, part),
        }
    }

    fn table_asked(&self, id: TableId, of: &[Expr], at: &At<'_>, part: Parts<'_>) -> Phrase {
        let mut words = Words::new().piece(self.names.name(id)).say(" applied to ");
        for (index, argument) in of.iter().enumerate() {
            words = words
                .say(if index > 0 { " and " } else { "" })
                .hold(part(argument, Mode::Value, at), Strength::Asked);
        }
        words.of(Strength::Closed)
    }

    /// The same asked in another window.
    fn elsewhere(&self, to: &Elsewhere, x: &Expr, at: &At<'_>, part: Parts<'_>) -> Phrase {
        let inside = At {
            window: to_window(to, at),
            is_part: at.is_part || is_part(to),
            ..*at
        };
        let words = Words::new().hold(part(x, Mode::Value, &inside), Strength::Atom);
        let noun = at.noun();
        match to {
            Elsewhere::Previous(count, first) => {
                let words = words.say(match count {
                    1 => format!(" in the {noun} before"),
                    count => format!(" in the {noun} {count} before"),
                });
                match first {
                    None => words,
                    Some(first) => words
                        .say(if *count == 1 {
                            " (the first time: "
                        } else {
                            " (while there is none: "
                        })
                        .open(part(first, Mode::Value, at))
                        .say(")"),
                }
            }
            // "In the same year a year earlier" would be no English; "in the year before" says `previous`.
            Elsewhere::PreviousYear if at.window == Some(WindowUnit::Year) => {
                words.say(" a year earlier")
            }
            Elsewhere::PreviousYear => words.say(format!(" in the same {noun} a year earlier")),
            Elsewhere::YearToDate => words.say(format!(" in the year up to the end of the {noun}")),
            Elsewhere::SinceStart => words.say(format!(
                " from your agreement's start to the end of the {noun}"
            )),
            Elsewhere::Trailing(length) => words.say(format!(
                " in the {} that end with the {noun}",
                figure::length(*length)
            )),
            Elsewhere::Full => words.say(format!(" for the full {noun}")),
            Elsewhere::ToDate => words.say(format!(" for the {noun} so far")),
        }
        .of(Strength::Asked)
    }

    fn allocated(&self, allocation: &Allocation, at: &At<'_>, part: Parts<'_>) -> Phrase {
        let (whose, others) = match allocation.rows {
            Some(kind) => (format!("this {}'s", spaced(&self.plan[kind].name)), *at),
            None => (at.whose().to_owned(), at.others()),
        };
        let words = Words::new()
            .say(format!("{whose} part of "))
            .hold(part(&allocation.total, Mode::Value, at), Strength::Asked)
            .say(" shared out in proportion to ")
            .hold(part(&allocation.by, Mode::Value, &others), Strength::Asked);
        let words = members(
            words,
            allocation.within.as_ref(),
            allocation.filter.as_ref(),
            at,
            part,
        );
        let Some(to) = &allocation.to else {
            return words.say(", not rounded").of(Strength::Open);
        };
        words
            .say(", each part cut down to a multiple of ")
            .hold(part(to, Mode::Value, at), Strength::Atom)
            .say(match allocation.rest {
                Rest::Largest => {
                    " and what is left going out one step each to the largest fractions cut off (of equal ones to the \
                     smaller id)"
                }
                Rest::InOrder => " and what is left going out one step each in the order of ids",
                Rest::Stays => " and what is left staying with us",
            })
            .of(Strength::Open)
    }
}

/// The window something is asked in elsewhere.
pub(super) fn to_window(to: &Elsewhere, at: &At<'_>) -> Option<WindowUnit> {
    match to {
        Elsewhere::Previous(..) | Elsewhere::PreviousYear | Elsewhere::Full | Elsewhere::ToDate => {
            at.window
        }
        Elsewhere::YearToDate => Some(WindowUnit::Year),
        Elsewhere::SinceStart => Some(WindowUnit::Agreement),
        Elsewhere::Trailing(_) => None,
    }
}

/// Whether only a part of a window is asked about.
fn is_part(to: &Elsewhere) -> bool {
    match to {
        Elsewhere::YearToDate
        | Elsewhere::SinceStart
        | Elsewhere::Trailing(_)
        | Elsewhere::ToDate => true,
        Elsewhere::Previous(..) | Elsewhere::PreviousYear | Elsewhere::Full => false,
    }
}

fn choice(words: &str, of: &[Expr], at: &At<'_>, part: Parts<'_>) -> Phrase {
    let mut said = Words::new().say(words).listed(of.len() > 4);
    for (index, one) in of.iter().enumerate() {
        said = said
            .say(match index {
                0 => "",
                index if index + 1 == of.len() => " and ",
                _ => ", ",
            })
            .hold(part(one, Mode::Value, at), least_in_choice(one));
    }
    said.of(Strength::Closed)
}

/// Read aloud, "the larger of a and b divided by 8" would be an eighth of the larger; "5% of b" can be nothing else.
fn least_in_choice(one: &Expr) -> Strength {
    match &one.form {
        Form::Arithmetic(Operator::Times, left, _) if matches!(left.form, Form::Literal(_)) => {
            Strength::Product
        }
        _ => Strength::Asked,
    }
}

/// The first of several that has an answer.
fn fallbacks<'e>(
    of: impl IntoIterator<Item = &'e Expr>,
    when: &str,
    mode: Mode,
    at: &At<'_>,
    part: Parts<'_>,
) -> Phrase {
    let mut words = Words::new();
    for (index, one) in of.into_iter().enumerate() {
        if index == 0 {
            words = words.hold(part(one, mode, at), Strength::Clause);
        } else {
            let flag = match &one.form {
                Form::Literal(Literal::Flag(flag)) if mode == Mode::Condition => Some(*flag),
                _ => None,
            };
            words = match flag {
                Some(true) => words.say(format!(", and also where {when}")),
                Some(false) => words.say(format!(", but not where {when}")),
                None => words
                    .say(", or ")
                    .hold(part(one, mode, at), Strength::Clause)
                    .say(format!(" where {when}")),
            };
        }
    }
    words.of(Strength::Loose)
}

fn between(words: &str, from: &Expr, to: &Expr, at: &At<'_>, part: Parts<'_>) -> Phrase {
    Words::new()
        .say(words)
        .hold(part(from, Mode::Value, at), Strength::Asked)
        .say(" to ")
        .hold(part(to, Mode::Value, at), Strength::Asked)
        .of(Strength::Closed)
}

/// Who takes part in a sum, a rank or a share.
fn members(
    words: Words,
    within: Option<&Expr>,
    filter: Option<&Expr>,
    at: &At<'_>,
    part: Parts<'_>,
) -> Words {
    let others = at.others();
    let words = match within {
        Some(within) => words
            .say(", separately for each value of ")
            .hold(part(within, Mode::Value, &others), Strength::Asked),
        None => words,
    };
    match filter {
        Some(filter) => words.say(", counting only those for whom ").bracket(part(
            filter,
            Mode::Condition,
            &others,
        )),
        None => words,
    }
}

fn converted(conversion: &Conversion, at: &At<'_>, part: Parts<'_>) -> Phrase {
    let words = Words::new()
        .hold(part(&conversion.x, Mode::Value, at), Strength::Asked)
        .say(format!(
            " converted from {} into {} at ",
            conversion.from, conversion.into
        ));
    match &conversion.rate {
        RateKind::On(day) => words
            .say("the rate of ")
            .hold(part(day, Mode::Value, at), Strength::Asked),
        // A row takes its own month's average, however long the window is it is asked in.
        RateKind::MonthAverage if at.kind.is_some() => {
            words.say("the average rate of the month in which the row lies")
        }
        RateKind::MonthAverage => words.say(
            "the average rate of the month, or where more than a month is asked about, of all its days",
        ),
        RateKind::Plan => words.say("the fixed rate agreed for the plan"),
    }
    .of(Strength::Closed)
}
