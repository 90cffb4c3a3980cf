//! What a formula answers: a number, a truth, a day, …, or no answer with its reason.

use trueup_base::date::{Date, Duration};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_plan::tree::{Comparison, Literal, NoAnswerKind, Text};

use crate::number::{NoAnswer, Number, Patch, Truth, holds};
use crate::world::Cell;

/// What a formula answers at a place. Only numbers and truths have lanes: days, texts and partners come from facts and
/// agreements, which are the same in every simulated future.
#[derive(Clone, Debug)]
pub enum Value<N: Number> {
    /// A number.
    Number(N),
    /// True or false.
    Flag(N::Truth),
    /// A day.
    Date(Date),
    /// A length of time.
    Duration(Duration),
    /// Text.
    Text(Text),
    /// A partner.
    Partner(PartnerId),
    /// Nothing, whatever it would have been.
    None(NoAnswer),
}

impl<N: Number> Value<N> {
    /// A known number.
    #[must_use]
    pub fn exact(figure: Exact) -> Self {
        Self::Number(N::known(figure))
    }

    /// A known truth.
    #[must_use]
    pub fn flag(holds: bool) -> Self {
        Self::Flag(N::Truth::known(holds))
    }

    /// A cell of a fact, a term or the directory; `what` names it where it is empty.
    #[must_use]
    pub fn from_cell(cell: &Cell, what: impl FnOnce() -> String) -> Self {
        match cell {
            Cell::Number(figure) => Self::exact(figure.clone()),
            Cell::Flag(holds) => Self::flag(*holds),
            Cell::Date(day) => Self::Date(*day),
            Cell::Text(text) => Self::Text(text.clone()),
            Cell::Partner(partner) => Self::Partner(partner.clone()),
            Cell::Empty => Self::None(NoAnswer::missing(what())),
        }
    }

    /// A literal of the plan.
    #[must_use]
    pub fn from_literal(literal: &Literal) -> Self {
        match literal {
            Literal::Number(figure) => Self::exact(figure.clone()),
            Literal::Text(text) => Self::Text(text.clone()),
            Literal::Date(day) => Self::Date(*day),
            Literal::Duration(length) => Self::Duration(*length),
            Literal::Flag(holds) => Self::flag(*holds),
            Literal::Missing => Self::None(NoAnswer::missing("the plan says missing")),
        }
    }

    /// The reason there is no answer, if there is none.
    pub fn reason(&self) -> Option<&NoAnswer> {
        match self {
            Self::None(reason) => Some(reason),
            Self::Number(number) => number.reason(),
            Self::Flag(truth) => truth.reason(),
            Self::Date(_) | Self::Duration(_) | Self::Text(_) | Self::Partner(_) => None,
        }
    }

    /// The value as a number; a checked plan asks only where it is one.
    pub fn number(&self) -> N {
        match self {
            Self::Number(number) => number.clone(),
            Self::None(reason) => N::none(reason.clone()),
            Self::Flag(_)
            | Self::Date(_)
            | Self::Duration(_)
            | Self::Text(_)
            | Self::Partner(_) => N::none(NoAnswer::undefined(
                "a number was asked for and something else is here",
            )),
        }
    }

    /// The same where the value is no longer needed.
    pub fn into_number(self) -> N {
        match self {
            Self::Number(number) => number,
            other => other.number(),
        }
    }

    /// The value as a truth; a checked plan asks only where it is one.
    pub fn truth(&self) -> N::Truth {
        match self {
            Self::Flag(truth) => truth.clone(),
            Self::None(reason) => N::Truth::none(reason.clone()),
            Self::Number(_)
            | Self::Date(_)
            | Self::Duration(_)
            | Self::Text(_)
            | Self::Partner(_) => N::Truth::none(NoAnswer::undefined(
                "a flag was asked for and something else is here",
            )),
        }
    }

    /// The same where the value is no longer needed.
    pub fn into_truth(self) -> N::Truth {
        match self {
            Self::Flag(truth) => truth,
            other => other.truth(),
        }
    }

    /// Whether there is no answer of the kind.
    pub fn is(&self, kind: NoAnswerKind) -> N::Truth {
        match self {
            Self::Number(number) => number.is(kind),
            Self::Flag(truth) => truth.is(kind),
            Self::None(reason) => N::Truth::known(reason.kind == kind),
            Self::Date(_) | Self::Duration(_) | Self::Text(_) | Self::Partner(_) => {
                N::Truth::known(false)
            }
        }
    }

    /// The fallback where there is no answer of the kind.
    #[must_use]
    pub fn or(&self, patch: Patch, fallback: &Self) -> Self {
        match self {
            Self::Number(number) => Self::Number(number.or(patch, &fallback.number())),
            Self::Flag(truth) => Self::Flag(truth.patched(patch, &fallback.truth())),
            Self::None(reason) if patch.covers(reason) => fallback.clone(),
            Self::None(_)
            | Self::Date(_)
            | Self::Duration(_)
            | Self::Text(_)
            | Self::Partner(_) => self.clone(),
        }
    }

    /// The first where `when` holds, the second where it does not.
    #[must_use]
    pub fn select(when: &N::Truth, then: &Self, otherwise: &Self) -> Self {
        match (when.all(), then) {
            (Some(true), _) => then.clone(),
            (Some(false), _) => otherwise.clone(),
            (None, Self::Flag(truth)) => {
                Self::Flag(N::Truth::select(when, truth, &otherwise.truth()))
            }
            (None, Self::Number(number)) => {
                Self::Number(N::select(when, number, &otherwise.number()))
            }
            (None, Self::None(_)) => match otherwise {
                Self::Flag(truth) => Self::Flag(N::Truth::select(when, &then.truth(), truth)),
                Self::Number(_)
                | Self::Date(_)
                | Self::Duration(_)
                | Self::Text(_)
                | Self::Partner(_)
                | Self::None(_) => {
                    Self::Number(N::select(when, &then.number(), &otherwise.number()))
                }
            },
            (None, Self::Date(_) | Self::Duration(_) | Self::Text(_) | Self::Partner(_)) => {
                Self::None(when.reason().cloned().unwrap_or_else(|| {
                    NoAnswer::undefined(
                        "the condition differs between futures and the answer is not a number",
                    )
                }))
            }
        }
    }

    /// A comparison; texts, flags and partners know only equal and not equal.
    pub fn compared(&self, how: Comparison, other: &Self) -> N::Truth {
        if let (Self::Number(left), Self::Number(right)) = (self, other) {
            return left.compared(how, right);
        }
        // Lanes that have no answer keep their own reason beside one that holds for all.
        if matches!(
            (self, other),
            (Self::Number(_), Self::None(_)) | (Self::None(_), Self::Number(_))
        ) {
            return self.number().compared(how, &other.number());
        }
        if let Some(reason) = self
            .reason()
            .into_iter()
            .chain(other.reason())
            .reduce(NoAnswer::first)
        {
            return N::Truth::none(reason.clone());
        }
        match (self, other) {
            (Self::Date(left), Self::Date(right)) => N::Truth::known(holds(how, left.cmp(right))),
            (Self::Text(left), Self::Text(right)) => N::Truth::known(holds(how, left.cmp(right))),
            (Self::Partner(left), Self::Partner(right)) => {
                N::Truth::known(holds(how, left.cmp(right)))
            }
            (Self::Partner(partner), Self::Text(text)) => {
                N::Truth::known(holds(how, partner.as_str().cmp(text)))
            }
            (Self::Text(text), Self::Partner(partner)) => {
                N::Truth::known(holds(how, (**text).cmp(partner.as_str())))
            }
            (Self::Flag(left), Self::Flag(right)) => {
                let same = N::Truth::select(left, right, &right.not());
                if how == Comparison::NotEqual {
                    same.not()
                } else {
                    same
                }
            }
            (
                Self::Number(_)
                | Self::Flag(_)
                | Self::Date(_)
                | Self::Duration(_)
                | Self::Text(_)
                | Self::Partner(_)
                | Self::None(_),
                _,
            ) => N::Truth::none(NoAnswer::undefined(
                "two things of different type are compared",
            )),
        }
    }
}
