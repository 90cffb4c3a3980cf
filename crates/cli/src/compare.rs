//! Two kept runs, and every cent between them by its cause.
//!
//! Each run is read again from its own texts and its own version of the facts; nothing of the folder's present state
//! comes in. The engine attributes what both runs cover. What only one of them covers is a cause of its own, and so is
//! what this version of Trueup works out differently than the one that made a run.

mod reads;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use trueup_base::calendar::Window;
use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_engine::why::{
    self, Depth, Effect, FactsTold, LineWhy, PartnerWhy, Run, Runs, Steps, reads_others,
};
use trueup_plan::between::{Edit, Version, edits};
use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::Sources;
use trueup_plan::document::PlanText;
use trueup_plan::tree::{Grant, Plan};

use crate::failure::Failure;
use crate::plans::Written;
use crate::progress::Progress;
use crate::runs::{self, Again, KeptLine};
use crate::threads::{on_deep_stack, on_threads};
use reads::{Reads, members, plan_texts, texts_that_differ, touched};
pub use told::{FactTold, Told};

/// What is asked about two runs.
pub struct Question<'q> {
    /// The program's folder.
    pub program: &'q Path,
    /// The run that is compared with, as it was named.
    pub run_a: &'q str,
    /// The run that is explained.
    pub run_b: &'q str,
    /// Only this partner.
    pub partner: Option<&'q str>,
    /// Only settlements that end in this period.
    pub period: Option<&'q str>,
    /// Only this component.
    pub component: Option<&'q str>,
    /// How much is told.
    pub depth: Depth,
}

/// Two runs compared.
pub struct Compared {
    /// The run that is compared with.
    pub before: Again,
    /// The run that is explained.
    pub after: Again,
    /// The causes, in the order in which they were taken.
    pub causes: Vec<Told>,
    /// Lines that differ, or that causes moved to and fro: by partner, settlement, plan and component.
    pub lines: Vec<Line>,
    /// How many lines both runs have in what was asked about.
    pub lines_in_all: usize,
}

/// A line of either run.
#[derive(Clone, Debug)]
pub struct Line {
    /// What names it.
    pub name: LineName,
    /// The settlement as the calendar names it.
    pub period: String,
    /// What the first run posted.
    pub before: Exact,
    /// What the second posted.
    pub after: Exact,
    /// What each cause did; they add up to the difference.
    pub parts: Vec<Part>,
}

/// What one cause did to a line.
#[derive(Clone, Debug)]
pub struct Part {
    /// The cause, by its position.
    pub cause: usize,
    /// By how much.
    pub amount: Exact,
    /// Which part of it is for earlier windows.
    pub corrects: Vec<(String, Exact)>,
    /// By which facts; each with what it did, where that adds up.
    pub facts: Vec<(FactTold, Option<Exact>)>,
    /// By way of what.
    pub effects: Vec<Effect>,
}

/// What names a line in both runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineName {
    /// Who.
    pub partner: String,
    /// The day after the settlement's last.
    pub ends: Date,
    /// Under which plan.
    pub plan: String,
    /// The component, or a limit's `top_up`.
    pub component: String,
    /// In which currency.
    pub currency: String,
    /// What it grants.
    pub grants: String,
}

impl Compared {
    /// Two runs, read again and compared.
    pub fn of(question: &Question<'_>, progress: &Progress) -> Result<Self, Failure> {
        let step = progress.step("reading both runs again");
        let before = runs::again(question.program, question.run_a)?;
        let after = runs::again(question.program, question.run_b)?;
        step.finish_and_clear();
        on_deep_stack(&|| compared(question, &before, &after, progress)).map(
            |(causes, lines, lines_in_all)| Self {
                before,
                after,
                causes,
                lines,
                lines_in_all,
            },
        )
    }
}

type Found = (Vec<Told>, Vec<Line>, usize);

fn compared(
    question: &Question<'_>,
    before: &Again,
    after: &Again,
    progress: &Progress,
) -> Result<Found, Failure> {
    let mut comparing = Comparing::new(question, before, after)?;
    if before.hash == after.hash {
        return Ok(comparing.finish());
    }
    let mut sources = Sources::new();
    let texts = (
        plan_texts(&mut sources, before),
        plan_texts(&mut sources, after),
    );
    let names: BTreeSet<&String> = before
        .folder
        .plans
        .keys()
        .chain(after.folder.plans.keys())
        .collect();
    for name in names {
        // Plans that agreements go over between are settled in one tree.
        if comparing.has_versions(name) {
            continue;
        }
        let both = (text_named(&texts.0, name), text_named(&texts.1, name));
        let (Some(was), Some(is)) = both else {
            continue;
        };
        let versions = (
            Version {
                text: was,
                templates: &texts.0.templates,
            },
            Version {
                text: is,
                templates: &texts.1.templates,
            },
        );
        comparing.plan(name, &sources, versions, progress)?;
    }
    comparing.rest()?;
    Ok(comparing.finish())
}

fn text_named<'w>(written: &'w Written, name: &str) -> Option<&'w PlanText> {
    let mut plans = written.plans.iter().map(|(text, _)| text);
    plans.find(|text| *text.name.text == *name)
}

/// A comparison in progress.
struct Comparing<'c> {
    question: &'c Question<'c>,
    before: &'c Again,
    after: &'c Again,
    period: Option<Window>,
    /// The lines both runs kept: the period's name, and what each run posted where it has the line.
    kept: BTreeMap<LineName, (String, [Option<Exact>; 2])>,
    causes: Vec<Told>,
    lines: BTreeMap<LineName, Line>,
    in_all: usize,
}

impl<'c> Comparing<'c> {
    fn new(
        question: &'c Question<'c>,
        before: &'c Again,
        after: &'c Again,
    ) -> Result<Self, Failure> {
        let calendar = &after.folder.program.calendar;
        let period = match question.period {
            None => None,
            Some(text) => Some(
                calendar
                    .parse_period(text)
                    .map_err(|error| Failure::Use(format!("--period {text}: {error}")))?,
            ),
        };
        let mut comparing = Self {
            question,
            before,
            after,
            period,
            kept: BTreeMap::new(),
            causes: Vec::new(),
            lines: BTreeMap::new(),
            in_all: 0,
        };
        for (side, again) in [before, after].into_iter().enumerate() {
            for line in &again.lines {
                let (name, posted) = kept_line(line)?;
                if !comparing.is_asked(&name) {
                    continue;
                }
                let slot = comparing
                    .kept
                    .entry(name)
                    .or_insert_with(|| (line.period.clone(), [None, None]));
                if let Some(slot) = slot.1.get_mut(side) {
                    // Two versions may have a line each, of one component at one settlement.
                    let before = slot.take().unwrap_or(Exact::ZERO);
                    *slot = Some(&before + &posted);
                }
            }
        }
        comparing.in_all = comparing.kept.len();
        comparing.refuse_unknown()?;
        Ok(comparing)
    }

    /// Refuses names that neither run knows.
    fn refuse_unknown(&self) -> Result<(), Failure> {
        let runs = || [self.before, self.after].into_iter();
        if let Some(partner) = self.question.partner
            && !runs().any(|run| {
                run.folder
                    .matched
                    .iter()
                    .any(|one| one.listed.id.as_str() == partner)
            })
        {
            return Err(Failure::Use(format!(
                "partner {partner} takes no part in either run; the directory `partners` lists who there is"
            )));
        }
        if let Some(component) = self.question.component
            && !runs().any(|run| run.folder.plans.values().any(|plan| earns(plan, component)))
        {
            let mut known: Vec<&str> = self
                .after
                .folder
                .plans
                .values()
                .flat_map(|plan| plan.components.iter().map(|one| &*one.name))
                .collect();
            known.sort_unstable();
            known.dedup();
            return Err(Failure::Use(format!(
                "no plan of either run has a component `{component}`; the components are {}",
                known.join(", ")
            )));
        }
        Ok(())
    }

    /// Whether a plan stands in several versions in either run, or agreements go over from it to another.
    fn has_versions(&self, plan: &str) -> bool {
        let name = called(plan);
        [self.before, self.after].into_iter().any(|again| {
            let mut plans = again.folder.plans.keys();
            let mut families = again.folder.families.iter();
            plans.any(|known| known.contains('@') && called(known) == name)
                || families.any(|family| family.plans.iter().any(|known| called(known) == name))
        })
    }

    /// Whether a line is among those asked about.
    fn is_asked(&self, name: &LineName) -> bool {
        let Question {
            partner, component, ..
        } = self.question;
        partner.is_none_or(|partner| name.partner == partner)
            && component.is_none_or(|component| name.component == component)
            && self
                .period
                .is_none_or(|period| period.starts < name.ends && name.ends <= period.ends)
    }

    /// Whether a run is about a line, whether it has it or not.
    fn covers(again: &Again, name: &LineName) -> bool {
        let is_whose = |partner: &String| *partner == name.partner;
        again.manifest.partner.as_ref().is_none_or(is_whose) && again.scope.holds_end(name.ends)
    }

    fn cause(&mut self, told: Told) -> usize {
        match self.causes.iter().position(|known| *known == told) {
            Some(at) => at,
            None => {
                self.causes.push(told);
                self.causes.len() - 1
            }
        }
    }

    /// Attributes what differs under one plan that both runs have.
    fn plan(
        &mut self,
        name: &str,
        sources: &Sources,
        versions: (Version<'_>, Version<'_>),
        progress: &Progress,
    ) -> Result<(), Failure> {
        let checked = |version: Version<'_>| {
            let (text, templates) = (version.text, version.templates);
            check::plan(sources, text, templates, Strictness::Draft, &mut Vec::new())
        };
        let (Some(was), Some(is)) = (checked(versions.0), checked(versions.1)) else {
            return Ok(());
        };
        let Some(edits) = edits(sources, versions.0, versions.1) else {
            return Ok(());
        };
        let step = progress.step(format!("reading the facts of plan {name}"));
        let partners = self.partners(name);
        let mut between = Between {
            name,
            was: &was,
            is: &is,
            edits: &edits,
            partners,
        };
        let (own, later) = self.worlds(&mut between)?;
        step.finish_and_clear();
        let text = |span| sources.text(span).to_owned();
        let world = own.world(&was);
        let later_world = |plan: &Plan| later.world(plan);
        let runs = Runs {
            before: Run {
                plan: &was,
                world: &world,
            },
            after: &is,
            later: &later_world,
            edits: &edits,
            until: self.before.scope.until.max(self.after.scope.until),
            text: &text,
        };
        self.attribute(name, &runs, between.partners, progress)
    }

    /// The partners under a plan in either run, as far as they are asked about.
    fn partners(&self, plan: &str) -> Vec<PartnerId> {
        let both = members(self.before, plan).chain(members(self.after, plan));
        let mut partners: Vec<PartnerId> = both
            .map(|(matched, _)| matched.listed.id.clone())
            .filter(|id| {
                self.question
                    .partner
                    .is_none_or(|asked| id.as_str() == asked)
            })
            .collect();
        partners.sort();
        partners.dedup();
        partners
    }

    /// Reads what both runs read. Where nothing but facts differs, and nobody's pay depends on another's, only partners
    /// with new rows and those whose lines differ are looked at.
    fn worlds(&self, between: &mut Between<'_>) -> Result<(Reads<'c>, Reads<'c>), Failure> {
        let Between {
            name,
            was,
            is,
            edits,
            ..
        } = *between;
        let plans = || edits.iter().map(|edit| &edit.plan).chain([was, is]);
        let is_shared = plans().any(reads_others);
        let texts_differ = !texts_that_differ(self.before, self.after).is_empty();
        let has_feeds = |again: &Again| -> Vec<_> {
            let kinds = was.kinds.iter();
            kinds
                .map(|kind| crate::compute::complete(&again.folder, &again.facts, &kind.name))
                .collect()
        };
        let is_facts_only = !texts_differ && has_feeds(self.before) == has_feeds(self.after);
        if is_facts_only && !is_shared {
            let none = Some(BTreeSet::new());
            let empty = (
                self.reads([self.before, self.after], name, none.clone(), &[was])?,
                self.reads([self.after, self.before], name, none, &[is])?,
            );
            let worlds = (empty.0.world(was), empty.1.world(is));
            let touched = touched(self.before, self.after, was, [&worlds.0, &worlds.1])?;
            if let Some(touched) = touched {
                let differ: BTreeSet<&str> = self
                    .kept
                    .iter()
                    .filter(|(_, (_, [was, is]))| was != is)
                    .map(|(name, _)| name.partner.as_str())
                    .collect();
                between
                    .partners
                    .retain(|id| touched.contains(id) || differ.contains(id.as_str()));
            }
        }
        let whose = match is_shared {
            true => None,
            false => Some(between.partners.iter().cloned().collect()),
        };
        let before: Vec<&Plan> = vec![was];
        let after: Vec<&Plan> = plans().collect();
        Ok((
            self.reads([self.before, self.after], name, whose.clone(), &before)?,
            self.reads([self.after, self.before], name, whose, &after)?,
        ))
    }

    fn reads(
        &self,
        own_and_other: [&'c Again; 2],
        name: &str,
        whose: Option<BTreeSet<PartnerId>>,
        plans: &[&Plan],
    ) -> Result<Reads<'c>, Failure> {
        let mut reads = Reads::new(own_and_other, name, whose)?;
        for plan in plans {
            reads.read_for(plan)?;
        }
        Ok(reads)
    }

    /// Takes every step, on as many threads as there are.
    fn attribute(
        &mut self,
        plan: &str,
        runs: &Runs<'_>,
        partners: Vec<PartnerId>,
        progress: &Progress,
    ) -> Result<(), Failure> {
        let mut all: Vec<PartnerWhy> =
            on_threads(partners, &|part: Vec<PartnerId>| why::begin(runs, &part)).concat();
        let mut steps = Steps::of(runs);
        let bar = progress.count(format!("attributing plan {plan}"), steps.left() as u64);
        let (mut told, mut facts) = (Vec::new(), Vec::new());
        while let Some(step) = steps.step() {
            let (at, depth) = (told.len(), self.question.depth);
            let work = |mut part: Vec<PartnerWhy>| {
                step.take(at, runs, &mut part, depth);
                part
            };
            all = on_threads(all, &work).concat();
            told.push(self.cause(Told::of(&step.cause)));
            facts.push(step.facts.iter().map(FactTold::of).collect::<Vec<_>>());
            bar.inc(1);
        }
        let check = |part: Vec<PartnerWhy>| why::end(runs, &part);
        let _: Vec<()> = on_threads(all.clone(), &check);
        bar.finish_and_clear();
        for partner in &all {
            for (key, line) in &partner.lines {
                let name = LineName {
                    partner: partner.partner.to_string(),
                    ends: key.ends,
                    plan: plan.to_owned(),
                    component: key.earner.to_string(),
                    currency: key.currency.code().to_owned(),
                    grants: key.grants.word().to_owned(),
                };
                self.line(name, line, &told, &facts)?;
            }
        }
        Ok(())
    }

    /// Notes a line that the engine compared.
    fn line(
        &mut self,
        name: LineName,
        line: &LineWhy,
        told: &[usize],
        facts: &[Vec<FactTold>],
    ) -> Result<(), Failure> {
        let is_both = [self.before, self.after]
            .iter()
            .all(|again| Self::covers(again, &name));
        if !is_both || !self.is_asked(&name) {
            return Ok(());
        }
        let (period, kept) = match self.kept.remove(&name) {
            Some((period, kept)) => (period, kept),
            None => (line.period.clone(), [None, None]),
        };
        let [before, after] = kept.map(|posted| posted.unwrap_or(Exact::ZERO));
        let mut parts = Vec::new();
        let first = &line.before - &before;
        if !first.is_zero() {
            parts.push(self.by_engine(self.before, &name, first)?);
        }
        parts.extend(line.parts.iter().map(|part| {
            let of_step = facts.get(part.step).map_or(&[][..], Vec::as_slice);
            let fact = |at: usize| of_step.get(at).cloned();
            Part {
                cause: told.get(part.step).copied().unwrap_or_default(),
                amount: part.amount.clone(),
                corrects: part.corrects.clone(),
                facts: match &part.facts {
                    FactsTold::None => Vec::new(),
                    FactsTold::Each(each) => each
                        .iter()
                        .filter_map(|(at, amount)| Some((fact(*at)?, Some(amount.clone()))))
                        .collect(),
                    FactsTold::Together(all) => all
                        .iter()
                        .filter_map(|at| Some((fact(*at)?, None)))
                        .collect(),
                },
                effects: part.effects.clone(),
            }
        }));
        let last = &after - &line.after;
        if !last.is_zero() {
            parts.push(self.by_engine(self.after, &name, last)?);
        }
        if !parts.is_empty() {
            self.put(name, period, [before, after], parts);
        }
        Ok(())
    }

    /// A part that is there because another Trueup made a run; where the same one did, the run is not what its inputs
    /// give.
    fn by_engine(
        &mut self,
        again: &Again,
        name: &LineName,
        amount: Exact,
    ) -> Result<Part, Failure> {
        let (short, version) = (again.hash.short(), &again.manifest.engine);
        if *version == env!("CARGO_PKG_VERSION") {
            return Err(Failure::Fault(format!(
                "run {short} says {amount} less or more for {} of partner {} than its inputs give; its kept lines were \
                 changed, or another build of this version made it: run again",
                name.component, name.partner
            )));
        }
        let cause = self.cause(Told::engine(&short, version));
        Ok(part(cause, amount))
    }

    /// Lines the engine did not compare: of a plan that only one run has, or that only one run covers.
    fn rest(&mut self) -> Result<(), Failure> {
        for (name, (period, kept)) in std::mem::take(&mut self.kept) {
            let [before, after] = kept.clone().map(|posted| posted.unwrap_or(Exact::ZERO));
            let amount = &after - &before;
            if amount.is_zero() {
                continue;
            }
            let covered = [self.before, self.after].map(|again| Self::covers(again, &name));
            let told = match covered {
                [true, false] => Told::covered_by(&self.before.hash.short()),
                [false, true] => Told::covered_by(&self.after.hash.short()),
                [_, _] if self.has_versions(&name.plan) => Told::versions(&name.plan),
                [_, _] => {
                    let has = |again: &Again| again.folder.plans.contains_key(&name.plan);
                    match (has(self.before), has(self.after)) {
                        (true, true) => {
                            // The engine has no such line.
                            let again = if before.is_zero() {
                                self.after
                            } else {
                                self.before
                            };
                            let part = self.by_engine(again, &name, amount)?;
                            self.put(name, period, [before, after], vec![part]);
                            continue;
                        }
                        (_, is_new) => Told::plan_of_one(&name.plan, is_new),
                    }
                }
            };
            let cause = self.cause(told);
            self.put(name, period, [before, after], vec![part(cause, amount)]);
        }
        Ok(())
    }

    fn put(&mut self, name: LineName, period: String, posted: [Exact; 2], parts: Vec<Part>) {
        let [before, after] = posted;
        let line = Line {
            name: name.clone(),
            period,
            before,
            after,
            parts,
        };
        self.lines.insert(name, line);
    }

    fn finish(self) -> Found {
        (self.causes, self.lines.into_values().collect(), self.in_all)
    }
}

/// What lies between two runs of one plan.
struct Between<'b> {
    name: &'b str,
    was: &'b Plan,
    is: &'b Plan,
    edits: &'b [Edit],
    partners: Vec<PartnerId>,
}

/// A plan's name without its version.
fn called(plan: &str) -> &str {
    plan.split('@').next().unwrap_or(plan)
}

fn part(cause: usize, amount: Exact) -> Part {
    Part {
        cause,
        amount,
        corrects: Vec::new(),
        facts: Vec::new(),
        effects: Vec::new(),
    }
}

/// Whether a plan has a component, or a limit whose top-up is called so.
fn earns(plan: &Plan, name: &str) -> bool {
    plan.components.iter().any(|one| *one.name == *name)
        || name
            .strip_suffix(".top_up")
            .is_some_and(|limit| plan.limits.iter().any(|one| *one.name == *limit))
}

fn kept_line(line: &KeptLine) -> Result<(LineName, Exact), Failure> {
    let broken = |what: &str| {
        Failure::Fault(format!(
            "a kept line of partner {} has no {what}; restore .trueup/runs from a backup, or run again",
            line.partner
        ))
    };
    let last = parse_date(&line.settled_until).map_err(|_| broken("day of settlement"))?;
    let ends = trueup_base::date::add_days(last, 1).ok_or_else(|| broken("day of settlement"))?;
    let posted = match &line.posted {
        None => Exact::ZERO,
        Some(text) => Exact::parse(text).map_err(|_| broken("posted figure"))?,
    };
    let name = LineName {
        partner: line.partner.clone(),
        ends,
        plan: called(&line.plan).to_owned(),
        component: line.component.clone(),
        currency: line.currency.clone(),
        grants: line.grants.clone(),
    };
    Ok((name, posted))
}

impl LineName {
    /// How many digits after the point its figures have.
    pub fn places(&self) -> u32 {
        let is_money = [Grant::Money.word(), Grant::Fund.word()].contains(&self.grants.as_str());
        match Currency::parse(&self.currency) {
            Ok(currency) if is_money => currency.places(),
            Ok(_) | Err(_) => 0,
        }
    }
}
