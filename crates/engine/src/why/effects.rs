//! What a step did on the way from facts to a line: the explanation before it and the explanation after it, compared.
//!
//! Both are walked, so an effect cannot disagree with the figures. An effect says what was passed on: a measure, a term or
//! a value that has another figure, a band that was crossed, a gate that opened or closed, a floor, cap or limit that was
//! reached or left, what earlier settlements had posted, an open question. The module computes no figure of its own.

mod compared;
mod seen;
mod shares;

use std::fmt;

use trueup_base::exact::Exact;
use trueup_plan::span::Span;
use trueup_plan::tree::{Grant, Unit};

use super::ledger::{LineKey, Settled};
use crate::evaluate::Evaluator;
use crate::explain::Figure;
use crate::measure::Measurer;
use crate::number::Answer;
use crate::world::PartnerIx;

/// What an effect is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectKind {
    /// A condition that decides who has the component.
    Applies,
    /// The gate.
    Gate,
    /// Whether a contingency is on.
    Contingency,
    /// Whether a guardrail is on.
    Guardrail,
    /// A measure.
    Measure,
    /// A term of the agreement.
    Term,
    /// A column of the directory, or a property of the window.
    Given,
    /// A named value.
    Value,
    /// Another component, or what a limit leaves of several.
    Component,
    /// The band of a table.
    Band,
    /// What the component pays before floor and cap.
    Pays,
    /// The floor.
    Floor,
    /// The cap.
    Cap,
    /// A limit over several components.
    Limit,
    /// What earlier settlements posted.
    Before,
    /// An open question.
    Open,
}

impl EffectKind {
    /// Whether it is about a named figure.
    #[must_use]
    pub fn is_figure(self) -> bool {
        match self {
            Self::Measure | Self::Term | Self::Given | Self::Value | Self::Component => true,
            Self::Applies
            | Self::Gate
            | Self::Contingency
            | Self::Guardrail
            | Self::Band
            | Self::Pays
            | Self::Floor
            | Self::Cap
            | Self::Limit
            | Self::Before
            | Self::Open => false,
        }
    }

    /// Whether it is about a condition, on which everything else hangs.
    #[must_use]
    pub fn is_condition(self) -> bool {
        matches!(
            self,
            Self::Applies | Self::Gate | Self::Contingency | Self::Guardrail
        )
    }

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Applies => "for",
            Self::Gate => "gate",
            Self::Contingency => "contingency",
            Self::Guardrail => "guardrail",
            Self::Measure => "measure",
            Self::Term => "term",
            Self::Given => "given",
            Self::Value => "value",
            Self::Component => "component",
            Self::Band => "band",
            Self::Pays => "pays",
            Self::Floor => "floor",
            Self::Cap => "cap",
            Self::Limit => "limit",
            Self::Before => "posted before",
            Self::Open => "open",
        }
    }
}

/// Something that a step changed on the way to a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What it is about.
    pub kind: EffectKind,
    /// Its name, or the formula as written.
    pub name: String,
    /// Whose and in which period, where that is not the line's own.
    pub place: String,
    /// As it was.
    pub before: String,
    /// As it is.
    pub after: String,
    /// What happened, in words; empty where before and after say it.
    pub said: String,
}

/// As people read it: `net_sales: 371,000.00 USD → 411,000.00 USD`.
impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind.is_condition() {
            write!(f, "{} ", self.kind.word())?;
        }
        f.write_str(&self.name)?;
        if !self.place.is_empty() {
            write!(f, " ({})", self.place)?;
        }
        match (self.before.is_empty(), self.after.is_empty()) {
            (true, true) => {}
            (true, false) => write!(f, ": {}", self.after)?,
            (false, true) => write!(f, ": was {}", self.before)?,
            (false, false) => write!(f, ": {} → {}", self.before, self.after)?,
        }
        match (
            self.said.is_empty(),
            self.before.is_empty() && self.after.is_empty(),
        ) {
            (true, _) => Ok(()),
            (false, true) => write!(f, ": {}", self.said),
            (false, false) => write!(f, ", {}", self.said),
        }
    }
}

/// The line of a partner on one side of a step.
pub(super) struct Side<'e, 'p, M> {
    pub(super) evaluator: &'e mut Evaluator<'p, Answer, M>,
    pub(super) partner: Option<PartnerIx>,
    pub(super) line: Option<&'e Settled>,
}

/// At most so many windows of a line are looked into; the others are told by what is posted for them.
const WINDOWS_MAX: usize = 4;

/// What a step did on the way to a line.
pub(super) struct OnTheWay {
    pub(super) effects: Vec<Effect>,
    /// How much of it corrects earlier windows, where a limit settles several components together and its own windows
    /// do not say it; none where that cannot be told because the limit cuts.
    pub(super) corrects: Option<Vec<(String, Exact)>>,
}

/// What changed between the two sides of a step on the way to a line.
pub(super) fn on_the_way<M: Measurer<Answer>>(
    key: &LineKey,
    mut before: Side<'_, '_, M>,
    mut after: Side<'_, '_, M>,
    text: &dyn Fn(Span) -> String,
) -> OnTheWay {
    let shares = (before.shares(key), after.shares(key));
    let windows = shares.0.that_differ(&shares.1);
    let mut effects = Vec::new();
    let label = after.line.or(before.line).map_or("", |line| &line.period);
    for window in windows.into_iter().rev().take(WINDOWS_MAX) {
        let seen = (
            before.seen(key, window, text),
            after.seen(key, window, text),
        );
        if let (Some(was), Some(is)) = seen {
            compared::compare(&was, &is, label, &mut effects);
        }
    }
    let corrects =
        (shares.0.is_limited || shares.1.is_limited).then(|| shares.0.corrections(&shares.1));
    let posted_before = |side: &Side<'_, '_, M>| side.line.map(|line| line.before.clone());
    if let (Some(was), Some(is)) = (posted_before(&before), posted_before(&after))
        && was != is
    {
        effects.push(Effect {
            kind: EffectKind::Before,
            name: "posted before".to_owned(),
            place: String::new(),
            before: amount(&was, key),
            after: amount(&is, key),
            said: String::new(),
        });
    }
    let open = |line: Option<&Settled>| -> String {
        line.map_or_else(String::new, |line| line.open.join("; "))
    };
    let (was, is) = (open(before.line), open(after.line));
    if was != is {
        effects.push(Effect {
            kind: EffectKind::Open,
            name: "open".to_owned(),
            place: String::new(),
            before: if was.is_empty() {
                "nothing".to_owned()
            } else {
                was
            },
            after: if is.is_empty() {
                "nothing".to_owned()
            } else {
                is
            },
            said: String::new(),
        });
    }
    OnTheWay { effects, corrects }
}

fn amount(figure: &Exact, key: &LineKey) -> String {
    let unit = match key.grants {
        Grant::Money | Grant::Fund => Unit::MONEY,
        Grant::Count | Grant::Flag => Unit::COUNT,
    };
    number(figure, unit, key)
}

fn number(figure: &Exact, unit: Unit, key: &LineKey) -> String {
    Figure::Number {
        exact: figure.clone(),
        unit,
        currency: key.currency,
    }
    .to_string()
}
