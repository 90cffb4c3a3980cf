//! What there is to see of a line in one window: its conditions, figures, bands and bounds, read from its explanation.

use trueup_base::date::Date;
use trueup_plan::span::Span;
use trueup_plan::tree::{
    Comparison, ComponentId, ComponentPart, Expr, Grant, Name, Reference as Listed, Target, Type,
    Unit,
};

use super::shares::outermost_limit;
use super::{Side, amount, number};
use crate::evaluate::Place;
use crate::explain::{BandShown, Explanation, Figure, Subject};
use crate::limit::{Earner, Nest, Nesting};
use crate::measure::Measurer;
use crate::number::{Answer, Number, Truth};
use crate::value::Value;
use crate::why::ledger::{LineKey, earner_of};

/// What names a figure in an explanation.
pub(super) type Asked = (Subject, String, String, String);

/// What there is to see of a line in one window.
#[derive(Default)]
pub(super) struct Seen {
    /// The window as the calendar names it.
    pub(super) window: String,
    pub(super) gate: Option<(String, Option<bool>)>,
    pub(super) applies: Option<(String, Option<bool>)>,
    pub(super) pays: Option<Figure>,
    pub(super) floor: Option<Bound>,
    pub(super) cap: Option<Bound>,
    pub(super) limit: Option<Limited>,
    /// Named figures, in the order in which they were asked.
    pub(super) figures: Vec<(Asked, Figure)>,
    /// The highest band of each question to a table, and the period it was asked in.
    pub(super) bands: Vec<(String, BandShown)>,
}

/// What a limit leaves of a component.
pub(super) struct Limited {
    pub(super) limit: String,
    pub(super) own: String,
    pub(super) left: String,
    pub(super) cuts: bool,
    /// What it holds besides.
    pub(super) others: String,
}

/// A floor or cap, and whether it is what decides.
pub(super) struct Bound {
    pub(super) figure: String,
    pub(super) would_be: String,
    pub(super) decides: bool,
}

impl<'p, M: Measurer<Answer>> Side<'_, 'p, M> {
    /// What there is to see of a line in a window; nothing where the plan has no such line.
    pub(super) fn seen(
        &mut self,
        key: &LineKey,
        window: Date,
        text: &dyn Fn(Span) -> String,
    ) -> Option<Seen> {
        let plan = self.evaluator.plan();
        let partner = self.partner?;
        let line = self.line;
        let known_before = self.evaluator.has_history().then_some(key.ends);
        let at = match earner_of(plan, &key.earner)? {
            Earner::TopUp(_) => return None,
            Earner::Component(id) => id,
        };
        let over = plan[at].over;
        let whole = self
            .evaluator
            .agreement_windows(partner, over, window, key.ends)
            .into_iter()
            .find(|found| found.full_starts == window)
            .or_else(|| line.and_then(|line| Some(line.windows.get(&window)?.window)))?;
        let place = Place {
            known_before,
            ..Place::new(partner, whole)
        };
        let mut seen = Seen {
            window: plan.calendar.label(&whole),
            ..Seen::default()
        };
        let node = self.evaluator.ask_name(Name::Component(at), &place);
        if let Some(told) = Explanation::of(self.evaluator, node, text) {
            gather(&told, &mut seen, true);
        }
        self.steps(at, &place, key, text, &mut seen);
        if line.is_none_or(|line| line.place.window.full_starts == window) {
            seen.limit = self.limited(at, &place, key);
        }
        Some(seen)
    }

    /// The conditions and bounds of a component in a window.
    fn steps(
        &mut self,
        id: ComponentId,
        place: &Place,
        key: &LineKey,
        text: &dyn Fn(Span) -> String,
        seen: &mut Seen,
    ) {
        let component = &self.evaluator.plan()[id];
        let mut condition = |part: ComponentPart, formula: &'p Expr| {
            let holds = self.asked(id, part, formula, place).truth().all();
            (text(formula.span), holds)
        };
        let applies = component.applies.as_ref();
        seen.applies = applies.map(|formula| condition(ComponentPart::Applies, formula));
        let gate = component.gate.as_ref();
        seen.gate = gate.map(|formula| condition(ComponentPart::Gate, formula));
        let is_closed = |seen: &Option<(String, Option<bool>)>| {
            seen.as_ref().is_some_and(|one| one.1 != Some(true))
        };
        if component.grants == Grant::Flag || is_closed(&seen.gate) || is_closed(&seen.applies) {
            return;
        }
        let amount = match &component.each {
            Some(_) => self.evaluator.rows_pay(id, place),
            None => self
                .asked(id, ComponentPart::Pays, &component.pays, place)
                .number(),
        };
        let unit = match component.pays.of {
            Type::Number(unit) => unit,
            Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner => Unit::MONEY,
        };
        seen.pays = amount.figure().map(|figure| Figure::Number {
            exact: figure.clone(),
            unit,
            currency: key.currency,
        });
        let mut bound = |part: ComponentPart, formula: &'p Expr, decides: Comparison| {
            let bound = self.asked(id, part, formula, place).number();
            let (figure, would_be) = (bound.figure()?, amount.figure()?);
            Some(Bound {
                figure: number(figure, unit, key),
                would_be: number(would_be, unit, key),
                decides: amount.compared(decides, &bound).all() == Some(true),
            })
        };
        let (least, most) = (component.at_least.as_ref(), component.at_most.as_ref());
        seen.floor = least.and_then(|least| bound(ComponentPart::AtLeast, least, Comparison::Less));
        seen.cap = most.and_then(|most| bound(ComponentPart::AtMost, most, Comparison::More));
    }

    /// A part of a component in a window, as contingencies and guardrails leave it.
    fn asked(
        &mut self,
        id: ComponentId,
        part: ComponentPart,
        formula: &'p Expr,
        place: &Place,
    ) -> Value<Answer> {
        let opened = self.evaluator.begin_row();
        let value = self
            .evaluator
            .formula(Target::Component(id, part), formula, place);
        self.evaluator.drop_row(opened);
        value
    }

    /// What the outermost limit over a component leaves of it, as of the settlement.
    fn limited(&mut self, id: ComponentId, place: &Place, key: &LineKey) -> Option<Limited> {
        let plan = self.evaluator.plan();
        let nest = Nest::of(plan);
        let limit = outermost_limit(plan, id)?;
        let starts = self.evaluator.agreement_starts(place.partner)?;
        let windows =
            self.evaluator
                .agreement_windows(place.partner, plan[limit].over, starts, key.ends);
        let place = Place {
            window: *windows.last()?,
            ..*place
        };
        let own = self.evaluator.as_last_settled(id, &place);
        let kept = self.evaluator.kept(&nest, limit, &place, Nesting::InTurn);
        let (_, left) = kept
            .into_iter()
            .find(|(earner, _)| *earner == Earner::Component(id))?;
        let others: Vec<&str> = plan[limit]
            .on
            .iter()
            .filter_map(|on| match on {
                Listed::Component(other) if *other != id => Some(&*plan[*other].name),
                Listed::Component(_)
                | Listed::Term(_)
                | Listed::Measure(_)
                | Listed::Value(_)
                | Listed::Table(_)
                | Listed::Limit(_) => None,
            })
            .collect();
        let (own, left) = (own.figure()?, left.figure()?);
        Some(Limited {
            limit: plan[limit].name.to_string(),
            own: amount(own, key),
            left: amount(left, key),
            cuts: own != left,
            others: others.join(", "),
        })
    }
}

/// Named figures and bands of an explanation, in the order asked.
fn gather(told: &Explanation, seen: &mut Seen, is_top: bool) {
    match told.subject {
        Subject::Component | Subject::Limit if is_top => {}
        Subject::Component
        | Subject::Limit
        | Subject::Value
        | Subject::Measure
        | Subject::Term
        | Subject::Given
        | Subject::Contingency
        | Subject::Guardrail => {
            let asked = (
                told.subject,
                told.name.clone(),
                told.partner.clone(),
                told.period.clone(),
            );
            if !seen.figures.iter().any(|(known, _)| *known == asked) {
                seen.figures.push((asked, told.figure.clone()));
            }
        }
        Subject::Formula
        | Subject::Was
        | Subject::Changed
        | Subject::Band
        | Subject::Row
        | Subject::LeftOut => {}
    }
    // The bands of one question stand side by side, the highest last.
    let mut highest: Option<(&str, &BandShown)> = None;
    let owned = |(period, band): (&str, &BandShown)| (period.to_owned(), band.clone());
    for input in &told.inputs {
        if let Some(band) = &input.band {
            if let Some(last) = highest.filter(|(_, last)| last.table != band.table) {
                seen.bands.push(owned(last));
            }
            highest = Some((&input.period, band));
        }
        gather(input, seen, false);
    }
    seen.bands.extend(highest.map(owned));
}
