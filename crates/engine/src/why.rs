//! Why two runs differ: every cent of difference attributed to what changed between them.
//!
//! What the first run read is turned into what the second read in steps of a stated order, one cause a step
//! ([`Steps`]); after each step the evaluator settles again. What a line posts more after a step than before it is what
//! the step's cause did, so the causes of a line add up to its difference by construction (invariant `WY1`, asserted).
//! An interaction of two causes is the later one's. What a cause did on the way (a measure, a band crossed, a gate, a cap)
//! is read from the two explanations around its step ([`Effect`]).
//!
//! The module knows no file and no clock; its caller gives it the plans, what they read, and the plans in between.

mod effects;
mod facts;
mod ledger;
mod parts;
mod rows;
mod steps;

use std::collections::BTreeMap;

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::invariant;
use trueup_plan::between::Edit;
use trueup_plan::span::Span;
use trueup_plan::tree::{Plan, Text};

pub use effects::{Effect, EffectKind};
pub use facts::{FactBecame, FactChange};
pub use ledger::LineKey;
pub use parts::reads_others;
pub use rows::{FACTS_MAX, FactsTold};
pub use steps::{Cause, Step, Steps};

use crate::evaluate::Evaluator;
use crate::measure::Reference;
use crate::number::Answer;
use crate::world::World;
use ledger::{Ledger, Settled};
use steps::Touched;

/// One run: its plan and what the plan read.
#[derive(Clone, Copy)]
pub struct Run<'r> {
    /// The plan.
    pub plan: &'r Plan,
    /// What it read.
    pub world: &'r World,
}

/// Two runs of one plan, in whichever versions.
pub struct Runs<'r> {
    /// The first.
    pub before: Run<'r>,
    /// The second's plan.
    pub after: &'r Plan,
    /// What the second run read, as another plan would read it.
    pub later: &'r (dyn Fn(&Plan) -> World + Sync),
    /// From the first plan to the second, by single changes.
    pub edits: &'r [Edit],
    /// Settlements that end by this day are compared.
    pub until: Date,
    /// A plan's words at a place.
    pub text: &'r (dyn Fn(Span) -> String + Sync),
}

impl Runs<'_> {
    /// What the second run read, as a plan in between reads it.
    fn later_under(&self, plan: &Plan) -> World {
        let world = (self.later)(plan);
        steps::carry_over(
            world,
            plan,
            self.after,
            (self.before.plan, self.before.world),
        )
    }
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What each cause did to each line.
    Amounts,
    /// Besides, by which facts and by way of what.
    Effects,
}

/// What one step did to one line.
#[derive(Clone, Debug)]
pub struct Part {
    /// The step, by its position.
    pub step: usize,
    /// By how much.
    pub amount: Exact,
    /// Which part of it is for windows that ended before the settlement began: each as the calendar names it.
    pub corrects: Vec<(String, Exact)>,
    /// By which of the step's facts.
    pub facts: FactsTold,
    /// By way of what.
    pub effects: Vec<Effect>,
}

/// A line that differs between the runs, or that causes moved to and fro.
#[derive(Clone, Debug)]
pub struct LineWhy {
    /// Its settlement as the calendar names it.
    pub period: String,
    /// What it posted in the first run.
    pub before: Exact,
    /// What it posts in the second.
    pub after: Exact,
    /// What each step did; they add up to the difference.
    pub parts: Vec<Part>,
}

/// One partner's lines, with what moved them.
#[derive(Clone, Debug)]
pub struct PartnerWhy {
    /// Who.
    pub partner: PartnerId,
    /// The lines, in the order of settlement.
    pub lines: BTreeMap<LineKey, LineWhy>,
    now: Ledger,
}

impl PartnerWhy {
    /// What the second run posts by line, as it was settled along the way.
    #[must_use]
    pub fn posted(&self) -> BTreeMap<LineKey, Exact> {
        self.now
            .iter()
            .map(|(key, line)| (key.clone(), line.posted.clone()))
            .collect()
    }
}

/// Where partners stand in the first run, before any step.
#[must_use]
pub fn begin(runs: &Runs<'_>, partners: &[PartnerId]) -> Vec<PartnerWhy> {
    let plan = runs.before.plan;
    let mut settler = Settler::new(plan, runs.before.world, runs.until);
    partners
        .iter()
        .map(|partner| {
            let now = settler.ledger(partner);
            PartnerWhy {
                partner: partner.clone(),
                lines: now
                    .iter()
                    .map(|(key, line)| (key.clone(), LineWhy::standing(line)))
                    .collect(),
                now,
            }
        })
        .collect()
}

impl LineWhy {
    fn standing(line: &Settled) -> Self {
        Self {
            period: line.period.clone(),
            before: line.posted.clone(),
            after: line.posted.clone(),
            parts: Vec::new(),
        }
    }
}

impl Step<'_> {
    /// Moves partners by this step, the `at`-th, and notes what it did to their lines.
    pub fn take(&self, at: usize, runs: &Runs<'_>, partners: &mut [PartnerWhy], depth: Depth) {
        let (until, text) = (runs.until, runs.text);
        let mut before = Settler::new(self.before.0, &self.before.1, until);
        let mut after = Settler::new(self.after.0, &self.after.1, until);
        for partner in partners {
            if let Touched::These(these) = &self.touched
                && !these.contains(&partner.partner)
            {
                continue;
            }
            let next = after.ledger(&partner.partner);
            let moved = ledger::lines_that_differ(&partner.now, &next);
            let mut parts: Vec<(LineKey, Part)> = moved
                .iter()
                .map(|key| (key.clone(), part_of(at, &partner.now, &next, key)))
                .collect();
            if depth == Depth::Effects && !parts.is_empty() {
                self.tell_facts(until, &partner.partner, &mut parts);
                before.forget();
                for (key, part) in &mut parts {
                    let way = effects::on_the_way(
                        key,
                        before.side(&partner.partner, partner.now.get(key)),
                        after.side(&partner.partner, next.get(key)),
                        text,
                    );
                    part.effects = way.effects;
                    if let Some(corrects) = way.corrects {
                        part.corrects = corrects;
                    }
                }
            }
            for (key, part) in parts {
                let line = partner.lines.entry(key.clone()).or_insert_with(|| LineWhy {
                    before: Exact::ZERO,
                    after: Exact::ZERO,
                    parts: Vec::new(),
                    period: next
                        .get(&key)
                        .map(|line| line.period.clone())
                        .unwrap_or_default(),
                });
                line.after = &line.after + &part.amount;
                line.parts.push(part);
            }
            for (key, line) in &next {
                partner
                    .lines
                    .entry(key.clone())
                    .or_insert_with(|| LineWhy::standing(line));
            }
            partner.now = next;
        }
    }

    fn tell_facts(&self, until: Date, partner: &PartnerId, parts: &mut [(LineKey, Part)]) {
        let Some(kind) = self.kind else {
            return;
        };
        let one_by_one = rows::OneByOne {
            plan: self.before.0,
            before: &self.before.1,
            after: &self.after.1,
            kind,
            facts: &self.facts,
            until,
            reads_others: self.reads_others,
        };
        let moved: BTreeMap<LineKey, Exact> = parts
            .iter()
            .map(|(key, part)| (key.clone(), part.amount.clone()))
            .collect();
        let mut told = one_by_one.told(partner, &moved);
        for (key, part) in parts {
            part.facts = told.remove(key).unwrap_or_default();
        }
    }

    /// The name of the kind the step's facts are of.
    #[must_use]
    pub fn kind_name(&self) -> Option<Text> {
        self.kind.map(|kind| self.before.0[kind].name.clone())
    }
}

/// Holds what the steps came to against the second run itself.
///
/// # Panics
/// When a line's causes do not add up to its difference; that is a mistake of this module.
pub fn end(runs: &Runs<'_>, partners: &[PartnerWhy]) {
    let world = (runs.later)(runs.after);
    let mut settler = Settler::new(runs.after, &world, runs.until);
    for partner in partners {
        let own = settler.ledger(&partner.partner);
        for key in own.keys().chain(partner.lines.keys()) {
            let posted = own.get(key).map_or(Exact::ZERO, |line| line.posted.clone());
            let (first, sum) = partner.lines.get(key).map_or_else(
                || (Exact::ZERO, Exact::ZERO),
                |line| {
                    let parts = line.parts.iter().map(|part| &part.amount);
                    let sum = parts.fold(Exact::ZERO, |sum, part| &sum + part);
                    (line.before.clone(), sum)
                },
            );
            invariant!(
                WY1,
                &first + &sum == posted,
                "{} {}: {first} and causes of {sum} against {posted}",
                partner.partner,
                key.earner
            );
        }
    }
}

/// Every step between two runs, and what each did to some partners' lines, one after the other on this thread.
#[must_use]
pub fn attribute(
    runs: &Runs<'_>,
    partners: &[PartnerId],
    depth: Depth,
) -> (Vec<Cause>, Vec<PartnerWhy>) {
    let mut all = begin(runs, partners);
    let mut causes = Vec::new();
    let mut steps = Steps::of(runs);
    while let Some(step) = steps.step() {
        step.take(causes.len(), runs, &mut all, depth);
        causes.push(step.cause);
    }
    end(runs, &all);
    (causes, all)
}

/// What a step did to a line, without what it went by way of.
fn part_of(step: usize, before: &Ledger, after: &Ledger, key: &LineKey) -> Part {
    let mut windows: BTreeMap<Date, (String, Exact)> = BTreeMap::new();
    for (ledger, sign) in [(before, -1), (after, 1)] {
        let Some(line) = ledger.get(key) else {
            continue;
        };
        for (starts, window) in &line.windows {
            if window.window.ends > line.starts {
                continue;
            }
            let (_, sum) = windows
                .entry(*starts)
                .or_insert_with(|| (window.label.clone(), Exact::ZERO));
            *sum = &*sum + &(&Exact::from_int(sign) * &window.posted);
        }
    }
    Part {
        step,
        amount: ledger::difference(before, after, key),
        corrects: windows
            .into_values()
            .filter(|(_, sum)| !sum.is_zero())
            .collect(),
        facts: FactsTold::None,
        effects: Vec::new(),
    }
}

/// Settles partners of one world.
struct Settler<'w> {
    evaluator: Evaluator<'w, Answer, Reference>,
    until: Date,
}

impl<'w> Settler<'w> {
    fn new(plan: &'w Plan, world: &'w World, until: Date) -> Self {
        Self {
            evaluator: Evaluator::new(plan, world, &Reference),
            until,
        }
    }

    fn forget(&mut self) {
        self.evaluator.forget_partner();
    }

    /// A partner's lines; none where it takes no part.
    fn ledger(&mut self, partner: &PartnerId) -> Ledger {
        self.forget();
        match self.evaluator.world().find(partner) {
            Some(at) => ledger::settled(&mut self.evaluator, at, self.until),
            None => Ledger::new(),
        }
    }

    fn side<'e>(
        &'e mut self,
        partner: &PartnerId,
        line: Option<&'e Settled>,
    ) -> effects::Side<'e, 'w, Reference> {
        effects::Side {
            partner: self.evaluator.world().find(partner),
            evaluator: &mut self.evaluator,
            line,
        }
    }
}
