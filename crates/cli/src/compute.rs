//! From a program's folder to figures: worlds, measures, answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use trueup_base::calendar::Window;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_books::Key;
use trueup_engine::cell;
use trueup_engine::explain::{Explanation, Figure};
use trueup_engine::settle::Earner;
use trueup_engine::world::{Cell, Complete, Partner, PartnerIx, RowsRead, World};
use trueup_engine::{Answer, Ask, Evaluator, Measurer, Number, Place, Truth as _, Value};
use trueup_facts::measure::{
    Measured, Order, Settings, measure_and_wait, stored_kinds, world_of_and_wait,
};
use trueup_facts::snapshot::Snapshot;
use trueup_plan::agreement::AgreementText;
use trueup_plan::diagnostic::{Diagnostic, Sources, any_error, render};
use trueup_plan::tree::{
    Edition, Expr, FundId, KindId, Literal, Name, NoAnswerKind, Plan, Reference, Type, Unit,
};

use crate::agreements;
use crate::args::{self, ScopeArgs};
use crate::beside::Beside;
use crate::earned::{Earned, FundAmounts, MovedAmount, called, name_of};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::locked::Standing;
use crate::notes;
use crate::progress::Progress;
use crate::refusals::no_partner;
use crate::seen::{Scope, Seen, last_day_with_facts, snapshot};
use crate::world::listed;

/// Who measures: the passes over the facts, or the rows one by one. Both answer the same to the last digit.
pub enum Source {
    /// One pass for each kind of fact; what it leaves is read from the rows.
    Passes(Arc<Measured>),
    /// The rows.
    Rows,
    /// The rows for some partners, and the passes for the others.
    Beside {
        /// The passes; none where the rows answer for everybody.
        measured: Option<Arc<Measured>>,
        /// Those whose rows are here.
        by_rows: BTreeSet<PartnerIx>,
    },
}

impl Measurer<Answer> for Source {
    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        match self {
            Self::Passes(measured) => measured.measure(ask),
            Self::Rows => trueup_engine::Reference.measure(ask),
            Self::Beside { measured, by_rows } => match measured {
                Some(measured) if !by_rows.contains(&ask.partner) => measured.measure(ask),
                Some(_) | None => trueup_engine::Reference.measure(ask),
            },
        }
    }
}

/// A plan with everything its evaluation needs.
pub struct Prepared<'f> {
    /// The plan.
    pub plan: &'f Plan,
    /// The partners under it, and their rows as far as rows are needed.
    pub world: World,
    /// Who measures.
    pub source: Source,
    /// The partner a statement or explanation is about, as its heading says it.
    pub whose: String,
    /// The partner's name, if the directory has one.
    pub name: Option<String>,
    /// What a reader should know about the facts behind the figures.
    pub notes: Vec<String>,
    /// Whether the figures can still change.
    pub standing: Standing,
    /// Its agreement and the facts it was worked out from; of several versions the facts alone.
    pub under: String,
    /// Of several versions: each version's edition, what it is called, and its agreement.
    pub versions: Vec<UnderVersion>,
    /// The program's folder, as it was named.
    pub program_shown: String,
    /// The partner's id.
    pub partner_shown: String,
}

/// A version of a partner's agreement, as a heading says it.
#[derive(Clone, Debug)]
pub struct UnderVersion {
    /// Its edition.
    pub edition: u16,
    /// What its plan is called in the program.
    pub called: String,
    /// The plan by itself.
    pub own: Plan,
    /// The plan and its version, the agreement and from when on.
    pub says: String,
}

impl<'f> Prepared<'f> {
    /// The same over other rows of some partners, as if those were all that they did.
    pub fn beside(&self, world: World, by_rows: BTreeSet<PartnerIx>) -> Self {
        let measured = match &self.source {
            Source::Passes(measured) => Some(measured.clone()),
            Source::Rows => None,
            Source::Beside { measured, .. } => measured.clone(),
        };
        Prepared {
            plan: self.plan,
            world,
            source: Source::Beside { measured, by_rows },
            whose: self.whose.clone(),
            name: self.name.clone(),
            notes: self.notes.clone(),
            standing: self.standing,
            under: self.under.clone(),
            versions: self.versions.clone(),
            program_shown: self.program_shown.clone(),
            partner_shown: self.partner_shown.clone(),
        }
    }
}

impl Prepared<'_> {
    /// What a partner's figures in a window are worked out under, and from which facts.
    pub fn under_in(&self, partner: PartnerIx, window: &Window) -> String {
        match self.version_in(partner, window) {
            Some(version) => format!("{} · {}", version.says, self.under),
            None => self.under.clone(),
        }
    }

    /// The version in force when a window began; none where there is one.
    pub fn version_in(&self, partner: PartnerIx, window: &Window) -> Option<&UnderVersion> {
        let evaluator = Evaluator::<Answer, Source>::new(self.plan, &self.world, &self.source);
        let edition = evaluator.edition_at(partner, window)?;
        self.versions
            .iter()
            .find(|version| version.edition == edition)
    }

    /// A partner's position.
    pub fn partner(&self, id: &str) -> Result<PartnerIx, Failure> {
        PartnerId::new(id)
            .ok()
            .and_then(|id| self.world.find(&id))
            .ok_or_else(|| {
                Failure::Use(format!("partner {id} is not under plan {}", self.plan.name))
            })
    }
}

/// Prepares the plan a partner is under, with all the partner's rows, so that every figure opens to them.
pub fn prepare_partner<'f>(
    folder: &'f Folder,
    args: &ScopeArgs,
    partner: &str,
    seen: &Seen,
    progress: &Progress,
) -> Result<Prepared<'f>, Failure> {
    let (plan, _, _) = plan_of(folder, partner)?;
    let step = progress.step(format!("reading the facts of plan {}", plan.name));
    let wanted = Wanted::Everything(partner);
    let until = seen.scope.until;
    let mut prepared = prepare(folder, plan, &seen.facts, until, args.measurer, wanted)?;
    step.finish_and_clear();
    let notes = notes::of(folder, &seen.facts)?;
    told_about(&mut prepared, folder, (partner, seen), notes)?;
    prepared.program_shown = crate::output::quoted(&args.program.program);
    Ok(prepared)
}

/// The plan a partner is under, with all the partner's rows, so that every figure opens to them; told to be about the partner.
pub fn prepare_with_rows<'f>(
    folder: &'f Folder,
    partner: &str,
    seen: &Seen,
    notes: Vec<String>,
) -> Result<Prepared<'f>, Failure> {
    let (plan, _, _) = plan_of(folder, partner)?;
    let (until, measurer) = (seen.scope.until, args::Measurer::Passes);
    let wanted = Wanted::Everything(partner);
    let mut prepared = prepare(folder, plan, &seen.facts, until, measurer, wanted)?;
    told_about(&mut prepared, folder, (partner, seen), notes)?;
    Ok(prepared)
}

/// Says of what is prepared whom it is about, and what a reader should know; `notes` are those of the facts.
pub fn told_about(
    prepared: &mut Prepared<'_>,
    folder: &Folder,
    (partner, seen): (&str, &Seen),
    notes: Vec<String>,
) -> Result<(), Failure> {
    let (plan, agreement, name) = plan_of(folder, partner)?;
    let reads = |late: &&notes::LateFeed| plan.kinds.iter().any(|kind| *kind.name == *late.kind);
    let late = seen.late.iter().filter(reads);
    prepared.notes = notes;
    prepared.notes.extend(late.map(|late| late.says.clone()));
    prepared.name.clone_from(&name);
    prepared.whose = match name {
        Some(name) => format!("{name}, partner {partner}"),
        None => format!("Partner {partner}"),
    };
    let facts = match seen.facts.number() {
        0 => "no facts yet".to_owned(),
        number => format!("snapshot {number} of the facts"),
    };
    prepared.versions = versions_of(folder, plan, partner);
    prepared.under = match prepared.versions.is_empty() {
        true => format!(
            "Plan {} · agreement {agreement} · {facts} · amounts in {}",
            named_with_version(plan),
            plan.currency.code()
        ),
        false => format!("{facts} · amounts in {}", plan.currency.code()),
    };
    prepared.partner_shown = partner.to_owned();
    Ok(())
}

/// A plan's name and version, once where the name says both.
fn named_with_version(plan: &Plan) -> String {
    match plan.name.contains('@') {
        true => plan.name.replace('@', " "),
        false => format!("{} {}", plan.name, plan.version),
    }
}

/// The versions of a partner's agreement; none where there is one.
fn versions_of(folder: &Folder, plan: &Plan, partner: &str) -> Vec<UnderVersion> {
    let matched = folder
        .matched
        .iter()
        .find(|matched| matched.listed.id.as_str() == partner);
    let (Some(family), Some(matched)) = (folder.family_of(plan), matched) else {
        return Vec::new();
    };
    let editions = (0u16..).zip(&plan.editions);
    editions
        .filter_map(|(at, edition)| {
            let agreement = family.agreement(matched, &folder.agreements, at)?;
            let called = family.called(at)?;
            Some(UnderVersion {
                edition: at,
                called: called.to_owned(),
                own: folder.plans.get(called)?.clone(),
                says: format!(
                    "Plan {} · agreement {}, from {}",
                    edition.said(),
                    agreement.name(),
                    agreement.starts
                ),
            })
        })
        .collect()
}

/// A prepared plan's world with all rows of some partners, besides those that are read anyway.
pub fn with_rows_of(
    folder: &Folder,
    prepared: &Prepared<'_>,
    (snapshot, until): (&Snapshot, Date),
    mut whose: BTreeSet<PartnerIx>,
) -> Result<World, Failure> {
    let plan = prepared.plan;
    let fault = |error| Failure::fault(format!("reading rows for plan {}", plan.name), &error);
    let mut stored = stored_kinds(&folder.program, snapshot).map_err(fault)?;
    for (kind, stored) in &mut stored {
        stored.complete = Some(complete(folder, snapshot, kind));
    }
    whose.extend(read_anyway(&prepared.world));
    let order = Order {
        plan,
        facts: &stored,
        until,
        besides: &[],
        only: None,
        settings: Settings::default(),
    };
    world_of_and_wait(order, prepared.world.clone(), &whose).map_err(fault)
}

/// The partners whose rows a world holds.
fn read_anyway(world: &World) -> BTreeSet<PartnerIx> {
    let mut whose = BTreeSet::new();
    for facts in &world.facts {
        match &facts.read {
            RowsRead::All if facts.rows.is_empty() => {}
            RowsRead::All => whose.extend(world.all()),
            RowsRead::Of(some) => whose.extend(some),
        }
    }
    whose
}

/// The plan a partner is under, its agreement's name, and what the directory calls the partner.
pub fn plan_of<'f>(
    folder: &'f Folder,
    partner: &str,
) -> Result<(&'f Plan, String, Option<String>), Failure> {
    let matched = folder
        .matched
        .iter()
        .find(|matched| matched.listed.id.as_str() == partner);
    let found = matched.and_then(|matched| {
        let agreement = folder.agreements.get(matched.agreement)?;
        let alone = || folder.plans.get(&*agreement.plan.text);
        let mut families = folder.families.iter();
        let family = families.find(|family| family.has(&agreement.plan.text));
        let plan = family.map(|family| &family.whole).or_else(alone)?;
        let name = matched.listed.columns.get("name").cloned();
        Some((plan, agreement.name().to_string(), name))
    });
    found.ok_or_else(|| no_partner(folder, partner))
}

/// A plan with the facts that were taken in so far, and the day before which settlements end; nothing where no source
/// has delivered anything.
pub fn prepare_if_any<'f>(
    folder: &'f Folder,
    plan: &'f Plan,
) -> Result<Option<(Prepared<'f>, Date)>, Failure> {
    let program = &folder.program;
    if !program.state_folder().is_dir() {
        return Ok(None);
    }
    let snapshot = snapshot(&program.folder)?;
    let has_facts = program
        .sources
        .iter()
        .any(|source| notes::has_delivered(folder, &snapshot, &source.name));
    if !has_facts {
        return Ok(None);
    }
    let until = last_day_with_facts(folder, &snapshot)?;
    let measurer = args::Measurer::Passes;
    let prepared = prepare(
        folder,
        plan,
        &snapshot,
        until,
        measurer,
        Wanted::Settlements(None),
    )?;
    Ok(Some((prepared, until)))
}

/// What of a plan is going to be asked.
#[derive(Clone, Copy)]
pub enum Wanted<'a> {
    /// Every settlement, of everybody or of one partner.
    Settlements(Option<&'a str>),
    /// Besides, everything about one partner, down to its rows.
    Everything(&'a str),
}

impl<'a> Wanted<'a> {
    /// The one partner it is about.
    fn partner(self) -> Option<&'a str> {
        match self {
            Self::Settlements(partner) => partner,
            Self::Everything(partner) => Some(partner),
        }
    }
}

/// A plan with everything its evaluation needs, as far as it is going to be asked.
pub fn prepare<'f>(
    folder: &'f Folder,
    plan: &'f Plan,
    snapshot: &Snapshot,
    until: Date,
    measurer: args::Measurer,
    wanted: Wanted<'_>,
) -> Result<Prepared<'f>, Failure> {
    let world = without_facts(folder, plan)?;
    let (source, world) = match measurer {
        args::Measurer::Passes => by_passes(folder, plan, snapshot, until, wanted, world)?,
        args::Measurer::Rows => (Source::Rows, with_all_rows(folder, plan, snapshot, world)?),
    };
    Ok(about_nobody(plan, world, source))
}

/// A plan with its partners and no fact: enough to say which periods they have.
pub fn prepare_without_facts<'f>(folder: &Folder, plan: &'f Plan) -> Result<Prepared<'f>, Failure> {
    let world = without_facts(folder, plan)?;
    Ok(about_nobody(plan, world, Source::Rows))
}

fn about_nobody(plan: &Plan, world: World, source: Source) -> Prepared<'_> {
    Prepared {
        plan,
        world,
        source,
        whose: String::new(),
        name: None,
        notes: Vec::new(),
        standing: Standing::default(),
        under: String::new(),
        versions: Vec::new(),
        program_shown: String::new(),
        partner_shown: String::new(),
    }
}

/// A plan's partners, without facts.
fn without_facts(folder: &Folder, plan: &Plan) -> Result<World, Failure> {
    let mut found = Vec::new();
    let family = folder.family_of(plan);
    let partners = folder
        .matched
        .iter()
        .filter_map(|matched| match family {
            Some(family) => family.partner(matched, &folder.agreements, &folder.plans, &mut found),
            None => partner_alone(folder, plan, matched, &mut found),
        })
        .collect();
    if any_error(&found) {
        return Err(Failure::Found(render(&folder.sources, &found)));
    }
    Ok(world_of(folder, plan, partners))
}

/// A partner as one plan sees it: the last version of its agreement that is about the plan, as long as that is in force.
fn partner_alone(
    folder: &Folder,
    plan: &Plan,
    matched: &agreements::Matched,
    found: &mut Vec<Diagnostic>,
) -> Option<Partner> {
    under_alone(folder, plan, matched, found).map(|(_, partner)| partner)
}

/// The same, with the version's text.
pub fn under_alone(
    folder: &Folder,
    plan: &Plan,
    matched: &agreements::Matched,
    found: &mut Vec<Diagnostic>,
) -> Option<(AgreementText, Partner)> {
    let versions: Vec<usize> = matched.versions().collect();
    let at = versions.iter().rposition(|at| {
        let text = folder.agreements.get(*at);
        text.is_some_and(|text| *text.plan.text == *plan.name)
    })?;
    let mut text = folder.agreements.get(*versions.get(at)?)?.clone();
    let next = versions
        .get(at + 1)
        .and_then(|at| folder.agreements.get(*at));
    if let Some(next) = next {
        text.until = Some(
            text.until
                .map_or(next.starts, |until| until.min(next.starts)),
        );
    }
    let partner = agreements::partner(plan, matched, &text, found);
    Some((text, partner))
}

/// A plan's partners in their program, without facts: with its rates, and with who stands below them under other plans.
pub fn world_of(folder: &Folder, plan: &Plan, partners: Vec<Partner>) -> World {
    let mut world = World::new(plan, partners);
    world.rates = crate::world::rates(folder.program.rates.as_ref());
    world.beyond = beyond(folder, &world);
    world.elsewhere = elsewhere(folder, plan, &world);
    world
}

/// What the directory says of partners that are not among a plan's; what does not fit the plan's use of it says nothing.
fn elsewhere(folder: &Folder, plan: &Plan, world: &World) -> BTreeMap<PartnerId, Vec<Cell>> {
    let listed = folder.program.partners().map(listed).unwrap_or_default();
    let cells = |one: &agreements::Listed| {
        let attributes = plan.attributes.iter();
        attributes
            .map(|attribute| {
                let says = one.columns.get(&*attribute.name);
                let cell = says.and_then(|says| cell::of_fact(says, attribute.of).ok());
                cell.unwrap_or(Cell::Empty)
            })
            .collect()
    };
    listed
        .into_iter()
        .filter(|one| world.find(&one.id).is_none())
        .map(|one| (one.id.clone(), cells(&one)))
        .collect()
}

/// Who of the directory is not among a plan's partners and stands below somebody.
fn beyond(folder: &Folder, world: &World) -> BTreeMap<PartnerId, PartnerId> {
    let listed = folder.program.partners().map(listed).unwrap_or_default();
    listed
        .into_iter()
        .filter(|one| world.find(&one.id).is_none())
        .filter_map(|one| Some((one.id, one.parent?)))
        .collect()
}

fn by_passes(
    folder: &Folder,
    plan: &Plan,
    snapshot: &Snapshot,
    until: Date,
    wanted: Wanted<'_>,
    world: World,
) -> Result<(Source, World), Failure> {
    let fault = |error| Failure::fault(format!("measuring for plan {}", plan.name), &error);
    let mut stored = stored_kinds(&folder.program, snapshot).map_err(fault)?;
    for (kind, stored) in &mut stored {
        stored.complete = Some(complete(folder, snapshot, kind));
    }
    let order = Order {
        plan,
        facts: &stored,
        until,
        besides: &[],
        only: wanted.partner().and_then(|partner| {
            let id = PartnerId::new(partner).ok()?;
            world.find(&id)
        }),
        settings: Settings::default(),
    };
    let (measured, mut world) = measure_and_wait(order, world).map_err(fault)?;
    if let Wanted::Everything(partner) = wanted {
        // The rows that are read anyway, and all of the partner's own.
        let mut whose = read_anyway(&world);
        whose.extend(PartnerId::new(partner).ok().and_then(|id| world.find(&id)));
        world = world_of_and_wait(order, world, &whose).map_err(fault)?;
    }
    Ok((Source::Passes(Arc::new(measured)), world))
}

fn with_all_rows(
    folder: &Folder,
    plan: &Plan,
    snapshot: &Snapshot,
    mut world: World,
) -> Result<World, Failure> {
    for (kind, at) in plan.kinds.iter().zip(0u16..) {
        let rows = snapshot.rows(kind).map_err(|error| {
            Failure::fault(format!("reading the facts of kind {}", kind.name), &error)
        })?;
        world.give(
            plan,
            KindId(at),
            rows,
            Some(complete(folder, snapshot, &kind.name)),
        );
    }
    Ok(world)
}

/// The spans a kind's feed is complete for. A source that delivered nothing yet is not complete, whatever it declares:
/// a file that nobody took in is not a year without sales.
pub fn complete(folder: &Folder, snapshot: &Snapshot, kind: &str) -> Vec<Complete> {
    let program = &folder.program;
    let all_delivered = program
        .sources
        .iter()
        .filter(|source| {
            program
                .kinds
                .get(source.kind)
                .is_some_and(|of| *of.name == *kind)
        })
        .all(|source| notes::has_delivered(folder, snapshot, &source.name));
    if all_delivered {
        program.complete(kind)
    } else {
        Vec::new()
    }
}

/// What a partner's plan says of its payouts.
#[derive(Clone)]
pub struct PayoutRule {
    /// Less than this waits for the next.
    pub smallest: Option<Exact>,
    /// Whose consent a payout needs, and above which amount; any where none is named.
    pub consents: Option<(Vec<String>, Option<Exact>)>,
}

/// Answers of one plan.
pub struct Figures<'p> {
    prepared: &'p Prepared<'p>,
    evaluator: Evaluator<'p, Answer, Source>,
}

impl<'p> Figures<'p> {
    /// Answers from a prepared plan. How they came about is not kept, since whole runs ask for figures alone.
    pub fn new(prepared: &'p Prepared<'p>) -> Self {
        let explained = Self::explained(prepared);
        Self {
            evaluator: explained.evaluator.without_explanation(),
            ..explained
        }
    }

    /// The same where somebody asks [`why`](Self::why).
    pub fn explained(prepared: &'p Prepared<'p>) -> Self {
        Self {
            prepared,
            evaluator: Evaluator::new(prepared.plan, &prepared.world, &prepared.source),
        }
    }

    /// A partner's lines in a scope.
    pub fn earned(&mut self, partner: PartnerIx, scope: &Scope) -> Vec<Earned> {
        self.evaluator.forget_partner();
        let Some(who) = self.prepared.world.partner(partner) else {
            return Vec::new();
        };
        self.evaluator
            .settle(partner, scope.until)
            .iter()
            .filter(|line| scope.holds(&line.settlement))
            .map(|line| Earned::from_line(self.prepared.plan, &who.id, line))
            .collect()
    }

    /// Who a partner is.
    pub fn of(&self, partner: PartnerIx) -> Option<&'p PartnerId> {
        self.prepared.world.partner(partner).map(|who| &who.id)
    }

    /// What became of a partner's postings until the midnight that begins a day.
    pub fn moved(&mut self, partner: PartnerIx, until: Date) -> Vec<MovedAmount> {
        self.evaluator.forget_partner();
        let plan = self.prepared.plan;
        let Some(who) = self.prepared.world.partner(partner) else {
            return Vec::new();
        };
        let payouts = self.evaluator.payouts(partner, until);
        let moved = payouts.movements.iter().filter_map(|moved| {
            let key = Key {
                partner: who.id.clone(),
                plan: called(plan, moved.earner).to_string(),
                component: name_of(plan, moved.earner).to_string(),
                settled_on: moved.settlement.last(),
                currency: plan.currency,
            };
            let amount = moved.amount.figure()?.clone();
            Some(MovedAmount {
                key,
                what: moved.what,
                amount,
            })
        });
        moved.collect()
    }

    /// What a partner owes by the midnight that begins a day and payouts may still be taken for: until when, if that has an end.
    pub fn owed(&mut self, partner: PartnerIx, until: Date) -> Vec<(Key, Option<Date>)> {
        self.evaluator.forget_partner();
        let plan = self.prepared.plan;
        let Some(who) = self.prepared.world.partner(partner) else {
            return Vec::new();
        };
        // Once the agreement is over nothing is paid that could be taken from.
        let ends = who.agreement.until.filter(|ends| *ends <= until);
        let payouts = self.evaluator.payouts(partner, until);
        let owed = payouts.owed.iter().map(|owed| {
            let key = Key {
                partner: who.id.clone(),
                plan: called(plan, owed.earner).to_string(),
                component: name_of(plan, owed.earner).to_string(),
                settled_on: owed.settlement.last(),
                currency: plan.currency,
            };
            (key, ends.or(owed.until))
        });
        owed.collect()
    }

    /// What became of a partner's funds in every period that ends by the midnight that begins a day.
    pub fn funds(&mut self, partner: PartnerIx, until: Date) -> Vec<FundAmounts> {
        self.evaluator.forget_partner();
        let plan = self.prepared.plan;
        let Some(who) = self.prepared.world.partner(partner) else {
            return Vec::new();
        };
        let mut all = Vec::new();
        for (fund, id) in plan.funds.iter().zip((0u16..).map(FundId)) {
            for period in self.evaluator.fund(id, partner, until) {
                let edition = self
                    .evaluator
                    .edition_at(partner, &period.window)
                    .and_then(|edition| plan.edition(edition));
                // A fund goes on by its name: each period is told by the version in force in it.
                let is_told = |edition: &Edition| edition.funds().any(|one| one == id);
                if !edition.is_none_or(is_told) {
                    continue;
                }
                let figures = [&period.accrued, &period.reimbursed, &period.expired];
                let known = figures.map(|amount| amount.figure().cloned());
                let amounts = match known {
                    [Some(set_aside), Some(reimbursed), Some(expired)] => {
                        Some([set_aside, reimbursed, expired])
                    }
                    [_, _, _] => None,
                };
                let key = Key {
                    partner: who.id.clone(),
                    plan: edition.map_or(&plan.name, |one| &one.called).to_string(),
                    component: fund.name.to_string(),
                    settled_on: period.window.last(),
                    currency: plan.currency,
                };
                all.push(FundAmounts { key, amounts });
            }
        }
        all
    }

    /// What a partner's plan says of its payouts on a day; none where it says nothing.
    pub fn payout_rule(
        &mut self,
        partner: PartnerIx,
        day: Date,
    ) -> Option<(PartnerId, PayoutRule)> {
        self.evaluator.forget_partner();
        let who = self.prepared.world.partner(partner)?;
        let smallest = self.evaluator.smallest_payout(partner, day);
        let consent = self.evaluator.payout_consent(partner, day);
        if smallest.is_none() && consent.is_none() {
            return None;
        }
        let rule = PayoutRule {
            smallest: smallest.and_then(|amount| amount.figure().cloned()),
            consents: consent.map(|one| {
                // An amount without an answer is exceeded by any payout.
                let above = one.above.and_then(|amount| amount.figure().cloned());
                let by = one.by.into_iter().map(str::to_owned).collect();
                (by, above)
            }),
        };
        Some((who.id.clone(), rule))
    }

    /// What formulas answer for a partner in a window; nothing where one has no answer.
    pub fn asked(
        &mut self,
        formulas: &[&'p Expr],
        partner: PartnerIx,
        window: Window,
    ) -> Option<(PartnerId, Vec<Option<Literal>>)> {
        self.evaluator.forget_partner();
        let who = self.prepared.world.partner(partner)?;
        let place = Place::new(partner, window);
        let mut answers = Vec::with_capacity(formulas.len());
        for formula in formulas {
            let node = self.evaluator.ask(formula, &place);
            answers.push(literal(&self.evaluator.answer(node)));
        }
        Some((who.id.clone(), answers))
    }

    /// What stands beside a partner's lines in a period.
    pub fn beside(&mut self, partner: PartnerIx, window: Window) -> Beside {
        Beside::of(&mut self.evaluator, partner, window)
    }

    /// The plan's periods that end in a scope and that a partner's agreement runs in.
    pub fn periods(&self, partner: PartnerIx, scope: &Scope) -> Vec<Window> {
        let plan = self.prepared.plan;
        // A period that began before the scope is shown whole, not from the scope's first day.
        let from = scope
            .period
            .and_then(|asked| plan.calendar.window_at(plan.period, asked.starts))
            .map_or(Date::MIN, |own| own.starts);
        let last = scope.until.yesterday().ok();
        let until = last
            .and_then(|last| plan.calendar.window_at(plan.period, last))
            .map_or(scope.until, |own| own.ends);
        let mut periods = self
            .evaluator
            .agreement_windows(partner, plan.period, from, until);
        periods.retain(|window| scope.holds(window));
        periods
    }

    /// How a line came about: what its component asks and what that came to, as it was known at its settlement.
    pub fn why(&mut self, line: &Earned, partner: PartnerIx, sources: &Sources) -> Option<String> {
        let name = match line.earner {
            Earner::Component(id) => Name::Component(id),
            Earner::TopUp(id) => Name::Limit(id),
        };
        let place = Place {
            known_before: self.evaluator.known_at(line.settlement.ends),
            ..Place::new(partner, line.settlement)
        };
        let node = self.evaluator.ask_name(name, &place);
        let text = |span| sources.text(span).to_owned();
        let explanation = Explanation::of(&self.evaluator, node, &text)?;
        let parts = explanation
            .inputs
            .iter()
            .filter(|input| !input.part.is_empty());
        let said: Vec<String> = parts
            .map(|input| {
                let words: Vec<&str> = input.name.split_whitespace().collect();
                format!("{}: {} = {}", input.part, words.join(" "), input.figure)
            })
            .collect();
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// What a name of the plan answers for a partner in a window.
    pub fn figure(&mut self, reference: Reference, partner: PartnerIx, window: Window) -> Figure {
        let (name, of) = match reference {
            Reference::Term(id) => (Name::Term(id), self.prepared.plan[id].of),
            Reference::Measure(id) => (Name::Measure(id), self.prepared.plan[id].answers),
            Reference::Value(id) => (Name::Value(id), self.prepared.plan[id].formula.of),
            Reference::Component(id) => (Name::Component(id), self.prepared.plan[id].pays.of),
            Reference::Limit(id) => (Name::Limit(id), Type::Number(Unit::MONEY)),
            Reference::Table(id) => {
                let why = format!(
                    "{} is a table and answers only with its arguments",
                    self.prepared.plan[id].name
                );
                return Figure::None {
                    kind: NoAnswerKind::Undefined,
                    why,
                };
            }
        };
        let node = self.evaluator.ask_name(name, &Place::new(partner, window));
        Figure::of(
            &self.evaluator.answer(node),
            of,
            self.prepared.plan.currency,
        )
    }
}

/// An answer as a plan would write it; nothing where there is none.
fn literal(value: &Value<Answer>) -> Option<Literal> {
    Some(match value {
        Value::Number(number) => Literal::Number(number.figure()?.clone()),
        Value::Flag(holds) => Literal::Flag(holds.all()?),
        Value::Date(day) => Literal::Date(*day),
        Value::Duration(length) => Literal::Duration(*length),
        Value::Text(text) => Literal::Text(text.clone()),
        Value::Partner(partner) => Literal::Text(partner.as_str().into()),
        Value::None(_) => return None,
    })
}
