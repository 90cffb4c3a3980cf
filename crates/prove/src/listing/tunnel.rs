//! Tunnel vision: how much of the variable pay one measure moves.
//!
//! Variable pay is what the agreement pays, to the end of the year of the last fact, less what it would pay if every
//! measure stood at its worse end: at nothing or at twice its figure, whichever pays less while the others stay. What one
//! measure moves is half of what it adds alone, all others standing at their worse ends, and half of what is lost when
//! it alone goes there; then the parts are scaled so that they add up to the variable pay. So a gate and what it guards
//! move a half each, a measure that is paid by itself moves all it pays, and the order in which measures are written
//! decides nothing. Rows that a component pays on one by one count as a measure of their kind. Facts from before the
//! agreement are baselines; they stay.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::WindowUnit;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_engine::explain::Figure;
use trueup_engine::settle::Earner;
use trueup_engine::world::{PartnerIx, World, date_of};
use trueup_engine::{Answer, Ask, Evaluator, Measurer, Number};
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::span::Span;
use trueup_plan::tree::{Grant, KindId, MeasureId, Plan, Type, Unit};

use crate::listing::ground::Ground;
use crate::listing::reads::{Reads, name_at, of_components};
use crate::registry::Kind;
use crate::study::Study;

/// One measure that decides most of the pay.
pub(crate) const KIND: Kind = Kind {
    name: "tunnel vision",
    codes: &["G1"],
    what: "The part of the variable pay that each measure moves at the worked examples, against what it may move.",
    find,
};

/// The most a measure may move where it says nothing: four fifths.
fn default_limit() -> Exact {
    Exact::from_int(4)
        .checked_div(&Exact::from_int(5))
        .unwrap_or(Exact::ONE)
}

/// How many settlements are worked out at most for one plan; beyond, it is not decided.
const SETTLEMENTS_MAX: usize = 40_000;

/// How many partners of a program are looked at, spread evenly over the list.
const PARTNERS_MAX: usize = 12;

/// What can move pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mover {
    /// A measure.
    Measure(MeasureId),
    /// The rows of a kind, where a component pays on each.
    Rows(KindId),
}

/// Where a mover stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    AsIs,
    Nothing,
    Twice,
}

/// What each mover moved, in money, over all that was looked at.
#[derive(Default)]
struct Moved {
    variable: Exact,
    parts: BTreeMap<Mover, Exact>,
    partners: usize,
}

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let subject = study.subject;
    let plan = subject.plan;
    let movers = movers(plan);
    if movers.is_empty() {
        return Vec::new();
    }
    let mut grounds = Ground::of_examples(subject);
    if grounds.is_empty() {
        grounds.extend(subject.facts.map(Ground::of_facts));
    }
    let top = plan
        .components
        .first()
        .map_or_else(Span::default, |first| name_at(first.span, &first.name));
    if grounds.is_empty() {
        let message = "which part of the pay one measure moves was not decided: there is no worked example with facts";
        return vec![
            Diagnostic::note("G1", top, message)
                .help("add a case with facts and name it under `examples`"),
        ];
    }
    let settlements: usize = grounds
        .iter()
        .map(|ground| settlements(plan, ground))
        .fold(0, usize::saturating_add);
    if settlements.saturating_mul(3 * movers.len() + 2) > SETTLEMENTS_MAX {
        let message = "which part of the pay one measure moves was not decided: the examples are too long for it";
        return vec![Diagnostic::note("G1", top, message).help("add a shorter example")];
    }
    let mut moved = Moved::default();
    for ground in &grounds {
        for partner in looked_at(ground) {
            Game::new(plan, ground, partner, &movers).play(&mut moved);
        }
    }
    told(study, &moved, &grounds, top)
}

/// Everything that money, or credit in a fund, is paid by.
fn movers(plan: &Plan) -> Vec<Mover> {
    let mut reads = Reads::default();
    for (component, of) in of_components(plan) {
        if is_money(component.grants) {
            reads.extend(of);
        }
    }
    let numbers = reads
        .measures
        .iter()
        .filter(|id| matches!(plan[**id].answers, Type::Number(_)));
    numbers
        .map(|id| Mover::Measure(*id))
        .chain(reads.rows.iter().map(|id| Mover::Rows(*id)))
        .collect()
}

fn is_money(grants: Grant) -> bool {
    match grants {
        Grant::Money | Grant::Fund => true,
        Grant::Count | Grant::Flag => false,
    }
}

/// The partners looked at: all of a worked example, some of a program.
fn looked_at(ground: &Ground<'_>) -> Vec<PartnerIx> {
    let all: Vec<PartnerIx> = ground.world.all().collect();
    let step = match ground.example {
        Some(_) => 1,
        None => all.len().div_ceil(PARTNERS_MAX).max(1),
    };
    all.into_iter().step_by(step).collect()
}

/// How many windows are settled once over, for all partners looked at.
fn settlements(plan: &Plan, ground: &Ground<'_>) -> usize {
    looked_at(ground)
        .into_iter()
        .filter_map(|partner| ground.world.partner(partner))
        .map(|partner| {
            let starts = partner.agreement.starts;
            let until = partner
                .agreement
                .until
                .map_or(ground.until, |until| until.min(ground.until));
            let days = trueup_base::date::days_between(starts, until.max(starts));
            plan.components
                .iter()
                .map(|component| windows_in(component.every, days))
                .fold(0, usize::saturating_add)
        })
        .fold(0, usize::saturating_add)
}

/// How many windows of a unit so many days have, roughly.
fn windows_in(unit: WindowUnit, days: i64) -> usize {
    let length = match unit {
        WindowUnit::Day => 1,
        WindowUnit::Week => 7,
        WindowUnit::HalfMonth => 15,
        WindowUnit::Month | WindowUnit::Period => 30,
        WindowUnit::Quarter => 91,
        WindowUnit::Half => 182,
        WindowUnit::Year => 365,
        WindowUnit::Agreement => return 1,
    };
    usize::try_from(days / length + 1).unwrap_or(usize::MAX)
}

/// One partner's pay under other figures.
struct Game<'g, 'a> {
    plan: &'a Plan,
    ground: &'g Ground<'a>,
    partner: PartnerIx,
    movers: &'g [Mover],
    starts: Date,
    real: RefCell<Evaluator<'g, Answer, &'a dyn Measurer<Answer>>>,
    without: BTreeMap<BTreeSet<KindId>, World>,
}

impl<'g, 'a> Game<'g, 'a> {
    fn new(
        plan: &'a Plan,
        ground: &'g Ground<'a>,
        partner: PartnerIx,
        movers: &'g [Mover],
    ) -> Self {
        let starts = ground
            .world
            .partner(partner)
            .map_or(Date::MIN, |partner| partner.agreement.starts);
        Self {
            plan,
            ground,
            partner,
            movers,
            starts,
            real: RefCell::new(Evaluator::new(plan, ground.world, &ground.measurer)),
            without: BTreeMap::new(),
        }
    }

    /// Adds what every mover moves of this partner's pay.
    fn play(mut self, moved: &mut Moved) {
        let as_is: Vec<End> = vec![End::AsIs; self.movers.len()];
        let pay = self.pay(&as_is);
        let mut worse = as_is.clone();
        let mut lost = Vec::with_capacity(self.movers.len());
        for at in 0..self.movers.len() {
            let (end, least) = self.worse_end(&as_is, at, &pay);
            if let Some(slot) = worse.get_mut(at) {
                *slot = end;
            }
            lost.push(&pay - &least);
        }
        let nothing = self.pay(&worse);
        let variable = &pay - &nothing;
        if !variable.is_positive() {
            return;
        }
        let mut parts = Vec::with_capacity(self.movers.len());
        let mut sum = Exact::ZERO;
        for (at, lost) in lost.iter().enumerate() {
            let alone = self.with(&worse, at, End::AsIs);
            let added = &self.pay(&alone) - &nothing;
            let part = (&added + lost).max(Exact::ZERO);
            sum = &sum + &part;
            parts.push(part);
        }
        moved.partners += 1;
        for (mover, part) in self.movers.iter().zip(parts) {
            let Some(part) = (&part * &variable).checked_div(&sum) else {
                continue;
            };
            let so_far = moved.parts.entry(*mover).or_insert(Exact::ZERO);
            *so_far = &*so_far + &part;
        }
        moved.variable = &moved.variable + &variable;
    }

    fn with(&self, ends: &[End], at: usize, end: End) -> Vec<End> {
        let mut ends = ends.to_vec();
        if let Some(slot) = ends.get_mut(at) {
            *slot = end;
        }
        ends
    }

    /// The end at which less is paid, and what is paid there. Where both ends pay more, none is worse.
    fn worse_end(&mut self, as_is: &[End], at: usize, pay: &Exact) -> (End, Exact) {
        let none = self.pay(&self.with(as_is, at, End::Nothing));
        let is_measure = matches!(self.movers.get(at), Some(Mover::Measure(_)));
        if none < *pay || !is_measure {
            return (End::Nothing, none.min(pay.clone()));
        }
        let twice = self.pay(&self.with(as_is, at, End::Twice));
        if twice < *pay {
            (End::Twice, twice)
        } else if none == *pay {
            (End::Nothing, none)
        } else {
            (End::AsIs, pay.clone())
        }
    }

    /// What the partner is paid by the end with the movers at these ends.
    fn pay(&mut self, ends: &[End]) -> Exact {
        let mut measures = BTreeMap::new();
        let mut gone = BTreeSet::new();
        for (mover, end) in self.movers.iter().zip(ends) {
            match mover {
                Mover::Measure(id) => {
                    measures.insert(*id, *end);
                }
                Mover::Rows(kind) if *end == End::Nothing => {
                    gone.insert(*kind);
                }
                Mover::Rows(_) => {}
            }
        }
        self.prepare(&gone);
        let world = self.without.get(&gone).unwrap_or(self.ground.world);
        let changed = Changed {
            plan: self.plan,
            real: &self.real,
            ends: &measures,
            whose: self.partner,
            from: self.starts,
        };
        let mut evaluator = Evaluator::new(self.plan, world, &changed);
        let mut sum = Exact::ZERO;
        for line in evaluator.settle(self.partner, self.ground.until) {
            let pays_money = match line.earner {
                Earner::Component(id) => is_money(self.plan[id].grants),
                Earner::TopUp(_) => true,
            };
            if let (true, Answer::Known(posted)) = (pays_money, &line.posted) {
                sum = &sum + posted;
            }
        }
        sum
    }

    /// The world without the rows of some kinds from the agreement's start on; measures are answered by the whole one.
    fn prepare(&mut self, gone: &BTreeSet<KindId>) {
        if gone.is_empty() || self.without.contains_key(gone) {
            return;
        }
        let mut world = self.ground.world.clone();
        for kind in gone {
            let Some(facts) = self.ground.world.kind(*kind) else {
                continue;
            };
            let dated = self.plan[*kind].dated;
            let before = facts
                .rows
                .iter()
                .filter(|row| date_of(row, dated).is_some_and(|day| day < self.starts))
                .cloned()
                .collect();
            world.give(self.plan, *kind, before, facts.complete.clone());
        }
        self.without.insert(gone.clone(), world);
    }
}

/// Measures as they are, but for one partner from one day on some at another end.
struct Changed<'c, 'g, 'a> {
    plan: &'a Plan,
    real: &'c RefCell<Evaluator<'g, Answer, &'a dyn Measurer<Answer>>>,
    ends: &'c BTreeMap<MeasureId, End>,
    whose: PartnerIx,
    from: Date,
}

impl Measurer<Answer> for Changed<'_, '_, '_> {
    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        match self.plan[ask.measure].answers {
            Type::Number(_) => {}
            Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner => return None,
        }
        let real = self.real.borrow_mut().measured(ask).number();
        if ask.partner != self.whose || ask.window.ends <= self.from {
            return Some(real);
        }
        Some(match (self.ends.get(&ask.measure), &real) {
            (Some(End::Nothing), Answer::Known(_)) => Answer::Known(Exact::ZERO),
            (Some(End::Twice), Answer::Known(_)) => real.plus(&real),
            (None | Some(End::AsIs), _) | (Some(End::Nothing | End::Twice), Answer::None(_)) => {
                real
            }
        })
    }
}

fn told(study: &Study<'_>, moved: &Moved, grounds: &[Ground<'_>], top: Span) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let looked_at = match grounds {
        [] | [Ground { example: None, .. }, ..] => "the program's facts".to_owned(),
        [
            Ground {
                example: Some(name),
                ..
            },
        ] => format!("the worked example {name}"),
        [..] => format!("the {} worked examples", grounds.len()),
    };
    if moved.variable.is_zero() {
        let message = format!(
            "which part of the pay one measure moves was not decided: {looked_at} pay nothing that varies"
        );
        return vec![
            Diagnostic::note("G1", top, message)
                .help("add an example in which something is earned"),
        ];
    }
    let mut parts: Vec<(Mover, Exact)> = moved
        .parts
        .iter()
        .filter_map(|(mover, part)| Some((*mover, part.checked_div(&moved.variable)?)))
        .filter(|(_, part)| part.is_positive())
        .collect();
    parts.sort_by(|(mover, part), (other_mover, other)| {
        other.cmp(part).then_with(|| mover.cmp(other_mover))
    });
    let money = Figure::Number {
        exact: moved.variable.clone(),
        unit: Unit::MONEY,
        currency: plan.currency,
    };
    let said: Vec<String> = parts
        .iter()
        .map(|(mover, part)| format!("{} {}", called(plan, *mover), percent(part)))
        .collect();
    let message = format!(
        "of {money} variable pay in {looked_at}, each measure moves: {}",
        said.join(", ")
    );
    let mut note =
        Diagnostic::note("G1", top, message).figure("variable_pay", moved.variable.to_string());
    for (mover, part) in &parts {
        note = note.figure(called(plan, *mover), part.to_string());
    }
    let mut found = vec![note];
    for (mover, part) in &parts {
        let (agreed, span) = match mover {
            Mover::Measure(id) => (plan[*id].may_move.clone(), plan[*id].span),
            Mover::Rows(id) => (plan[*id].may_move.clone(), plan[*id].span),
        };
        let limit = agreed.clone().unwrap_or_else(default_limit);
        if *part <= limit {
            continue;
        }
        let name = called(plan, *mover);
        let message = format!(
            "{name} moves {} of the variable pay in {looked_at}; {}",
            percent(part),
            match agreed {
                Some(limit) => format!("the plan allows {}", percent(&limit)),
                None => format!("above {} the plan has to allow it", percent(&limit)),
            }
        );
        let help = format!(
            "bring in another measure, by a gate, a factor or a component of its own; where both sides mean it so, write \
             `may_move: {}` on {name}",
            percent_above(part)
        );
        let told = Diagnostic::warning("G1", name_at(span, name), message)
            .help(help)
            .figure(name, part.to_string());
        found.push(Diagnostic {
            severity: match study.subject.strictness {
                Strictness::Draft => Severity::Warning,
                Strictness::Signature => Severity::Error,
            },
            ..told
        });
    }
    found
}

fn called(plan: &Plan, mover: Mover) -> &str {
    match mover {
        Mover::Measure(id) => &plan[id].name,
        Mover::Rows(id) => &plan[id].name,
    }
}

/// The whole percent not below a part.
fn percent_above(part: &Exact) -> String {
    let percent = part * &Exact::from_int(100);
    format!("{}%", percent.to_grouped(0, Rounding::Ceiling))
}

/// A part in percent, to a tenth where it is not whole.
fn percent(part: &Exact) -> String {
    let percent = part * &Exact::from_int(100);
    let places = u32::from(percent.to_scaled(0).is_none());
    format!("{}%", percent.to_grouped(places, Rounding::HalfAway))
}
