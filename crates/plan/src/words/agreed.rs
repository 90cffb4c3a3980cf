//! What one agreement adds to a plan: whose it is, from when until when, and the agreed figures.
//!
//! A term that is agreed for a year has a part of it in a quarter. Where that part is the same for every whole window it
//! is worked out and stands in the sentences; otherwise the sentences say how it is found.

use super::figure;
use super::speaker::Speaker;
use super::worked;
use crate::agreement::{AgreementText, Approved, Stated};
use crate::tree::{Literal, Spread, Term, TermId, Type, Unit};
use trueup_base::calendar::WindowUnit;
use trueup_base::exact::Exact;
use trueup_base::money::Currency;

/// An agreement at hand.
#[derive(Clone, Debug)]
pub struct Agreed<'a> {
    /// What its file says.
    pub text: &'a AgreementText,
    /// The figures it states.
    pub stated: Vec<Stated>,
    /// The contingencies that it says are approved.
    pub approved: Vec<Approved>,
    /// What the partner directory says of its partner, by column; empty for a group.
    pub columns: Vec<(String, String)>,
    /// The SHA-256 of its file, in hex.
    pub identity: String,
}

/// A figure that holds for a term.
#[derive(Clone, Debug)]
pub(super) struct Holding {
    pub(super) figure: Literal,
    pub(super) in_percent: bool,
    /// Whether the agreement says it; otherwise the plan does.
    pub(super) is_stated: bool,
}

impl Agreed<'_> {
    /// The figure that holds for a term in every period, if there is one.
    pub(super) fn holding(&self, speaker: &Speaker<'_>, term: TermId) -> Option<Holding> {
        let mut stated = self.stated.iter().filter(|stated| stated.term == term);
        match (stated.next(), stated.next()) {
            (Some(only), None) if only.period.is_none() => Some(Holding {
                figure: only.figure.clone(),
                in_percent: speaker.sources.text(only.span).ends_with('%'),
                is_stated: true,
            }),
            (None, _) => by_plan(speaker, term),
            (Some(_), _) => None,
        }
    }

    /// The figures stated for single periods.
    pub(super) fn by_period(&self, term: TermId) -> impl Iterator<Item = &Stated> {
        self.stated.iter().filter(move |stated| stated.term == term)
    }

    /// A term's figure as it stands beside the term's name.
    pub(super) fn gloss(
        &self,
        speaker: &Speaker<'_>,
        id: TermId,
        window: Option<WindowUnit>,
    ) -> Option<String> {
        let holding = self.holding(speaker, id)?;
        let term = speaker.plan.terms.get(id.index())?;
        let whole = holding.said(speaker, term);
        let Some(per) = term.per else {
            return Some(whole);
        };
        if window == Some(per) {
            return Some(whole);
        }
        match window.and_then(|window| part_of(term, per, window)) {
            Some(part) => {
                let figure = holding.part(speaker, term, &part)?;
                Some(format!("{figure}, {} of {whole}", figure::fraction(&part)))
            }
            None => Some(format!("{whole} for each {}", figure::unit_noun(per))),
        }
    }
}

impl Holding {
    /// The figure as agreed.
    pub(super) fn said(&self, speaker: &Speaker<'_>, term: &Term) -> String {
        literal(
            speaker.plan.currency,
            &self.figure,
            term.of,
            self.in_percent,
        )
    }

    /// A part of the figure.
    pub(super) fn part(&self, speaker: &Speaker<'_>, term: &Term, part: &Exact) -> Option<String> {
        let Literal::Number(whole) = &self.figure else {
            return None;
        };
        let figure = Literal::Number(whole * part);
        let currency = speaker.plan.currency;
        Some(literal(currency, &figure, term.of, self.in_percent))
    }
}

/// A figure of a type, as a reader says it.
pub(super) fn literal(currency: Currency, figure: &Literal, of: Type, in_percent: bool) -> String {
    let unit = match of {
        Type::Number(unit) => unit,
        Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner => Unit::RATIO,
    };
    match figure {
        Literal::Number(number) => figure::in_unit(number, unit, currency, in_percent),
        Literal::Text(text) => super::names::quoted(text),
        Literal::Date(day) => figure::day(*day),
        Literal::Duration(length) => figure::length(*length),
        Literal::Flag(true) => "yes".to_owned(),
        Literal::Flag(false) => "no".to_owned(),
        Literal::Missing => "no answer (missing)".to_owned(),
    }
}

/// What the plan says where the agreement says nothing, if it is a figure.
fn by_plan(speaker: &Speaker<'_>, id: TermId) -> Option<Holding> {
    let term = speaker.plan.terms.get(id.index())?;
    let agreed = term.agreed.as_ref()?;
    let figure = match &agreed.form {
        crate::tree::Form::Literal(literal) => literal.clone(),
        _ => Literal::Number(worked::constant(agreed)?),
    };
    Some(Holding {
        figure,
        in_percent: speaker.is_percent(agreed),
        is_stated: false,
    })
}

/// The part of a term's figure that every whole window of a unit has, where it is the same for all of them.
pub(super) fn part_of(term: &Term, per: WindowUnit, window: WindowUnit) -> Option<Exact> {
    let (whole, part) = (months(per)?, months(window)?);
    if part % whole == 0 {
        return Some(Exact::from_int(part / whole));
    }
    match term.spread {
        Spread::Even if whole % part == 0 => Exact::ratio(part, whole),
        Spread::Even | Spread::Days | Spread::Weights(_) => None,
    }
}

/// The months of a unit that is made of months.
pub(super) fn months(unit: WindowUnit) -> Option<i64> {
    match unit {
        WindowUnit::Month => Some(1),
        WindowUnit::Quarter => Some(3),
        WindowUnit::Half => Some(6),
        WindowUnit::Year => Some(12),
        WindowUnit::Day
        | WindowUnit::Week
        | WindowUnit::HalfMonth
        | WindowUnit::Period
        | WindowUnit::Agreement => None,
    }
}
