//! The program's overview: what everybody earned by period and component, how far everybody is, and what waits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_server::Refused;
use trueup_server::wire::{
    BandCount, ComponentCost, ObjectiveSpread, Overview, PeriodCost, PeriodEarned, Permitted,
    ProgramObjective, Standing, Waiting, WaitingKind, WatchReason, Watched,
};

use crate::failure::Failure;
use crate::folder::Folder;
use crate::locked::{self, Basis};
use crate::output;

use super::closed::Closed;
use super::figures::money;
use super::home::fresh;
use super::look::Look;
use super::progress::{self, Far};
use super::room::{Room, Sum};
use super::{name_of, periods, refused};

/// How many partners of one reason are on the watch list.
const WATCHED_MAX: usize = 50;
/// From how far on a partner is near the next band, and near a cap, of 100.
const NEAR_BAND: u8 = 80;
const NEAR_CAP: u8 = 90;

/// What is asked about everybody, in rooms of their own, so that no partner waits for it.
pub struct Wide {
    closed: Vec<Arc<Closed>>,
    open: Arc<Room>,
    all: OnceLock<Arc<All>>,
}

/// What everybody earned, and how far everybody is.
struct All {
    /// By period's last day and name: the period, and what each component costs.
    periods: Vec<PeriodCost>,
    /// What each partner posts in money, by period's last day.
    by_partner: BTreeMap<String, BTreeMap<String, Exact>>,
    far: BTreeMap<String, (String, Far)>,
    open_lines: u64,
}

impl Wide {
    /// Over what is closed and the basis of what is open.
    pub fn of(closed: &[Arc<Closed>], open: Arc<Basis>) -> Result<Self, Failure> {
        Ok(Self {
            closed: closed.to_vec(),
            open: Room::open(open, Arc::default())?,
            all: OnceLock::new(),
        })
    }

    fn all(&self) -> Result<Arc<All>, Refused> {
        if let Some(all) = self.all.get() {
            return Ok(all.clone());
        }
        let all = Arc::new(self.worked_out()?);
        Ok(self.all.get_or_init(|| all).clone())
    }

    fn worked_out(&self) -> Result<All, Refused> {
        let mut adding = Adding::default();
        for closed in &self.closed {
            adding.add(&closed.folder, Standing::Closed, &closed.everyone);
        }
        let lines = self.open.everyone()?;
        let open_lines = lines.iter().filter(|line| line.is_open).count() as u64;
        let standing = match self.open.basis.standing {
            locked::Standing::Locked(_) => Standing::Closed,
            locked::Standing::Open => Standing::Provisional,
            locked::Standing::Unsaid => Standing::Unsaid,
        };
        adding.add(&self.open.basis.folder, standing, &lines);
        let notes = self.open.notes.clone();
        let far = self.open.ask(move |floor| {
            let mut all = BTreeMap::new();
            for matched in &floor.basis.folder.matched {
                let partner = matched.listed.id.to_string();
                let (plan, ..) = crate::compute::plan_of(&floor.basis.folder, &partner)?;
                let plan = plan.name.to_string();
                let far = progress::of(floor, &partner, &notes, false)?;
                all.insert(partner, (plan, far));
            }
            Ok(all)
        })?;
        Ok(All {
            periods: adding.periods(),
            by_partner: adding.by_partner,
            far,
            open_lines,
        })
    }
}

/// Sums of lines as they are added.
#[derive(Default)]
struct Adding {
    periods: BTreeMap<(String, String), Sums>,
    by_partner: BTreeMap<String, BTreeMap<String, Exact>>,
}

struct Sums {
    starts_on: String,
    standing: Standing,
    currency: Currency,
    total: Exact,
    open: u64,
    partners: BTreeSet<String>,
    components: BTreeMap<(String, String), (Exact, BTreeSet<String>)>,
}

impl Adding {
    fn add(&mut self, folder: &Folder, standing: Standing, lines: &[Sum]) {
        for line in lines {
            let plan = folder.plans.get(&line.plan);
            let window = plan.and_then(|plan| {
                let window = plan.calendar.window_at(plan.period, line.settled_on)?;
                Some((plan.calendar.label(&window), window))
            });
            let Some((label, window)) = window else {
                continue;
            };
            let ends_on = window.last().to_string();
            let sums = self
                .periods
                .entry((ends_on.clone(), label))
                .or_insert_with(|| Sums {
                    starts_on: window.starts.to_string(),
                    standing,
                    currency: folder.program.currency,
                    total: Exact::ZERO,
                    open: 0,
                    partners: BTreeSet::new(),
                    components: BTreeMap::new(),
                });
            sums.partners.insert(line.partner.clone());
            if line.is_open {
                sums.open += 1;
            }
            // What is in another currency than the program's is on the statements, and in no sum here.
            let (Some(currency), Some(posted)) = (line.currency, &line.posted) else {
                continue;
            };
            if currency != sums.currency {
                continue;
            }
            sums.total = &sums.total + posted;
            let named = (line.plan.clone(), line.component.clone());
            let (sum, paid) = sums
                .components
                .entry(named)
                .or_insert_with(|| (Exact::ZERO, BTreeSet::new()));
            *sum = &*sum + posted;
            if !posted.is_zero() {
                paid.insert(line.partner.clone());
            }
            let own = self.by_partner.entry(line.partner.clone()).or_default();
            let sum = own.entry(ends_on).or_insert(Exact::ZERO);
            *sum = &*sum + posted;
        }
    }

    fn periods(&self) -> Vec<PeriodCost> {
        let told = self
            .periods
            .iter()
            .map(|((ends_on, label), sums)| PeriodCost {
                period: PeriodEarned {
                    period: label.clone(),
                    starts_on: sums.starts_on.clone(),
                    ends_on: ends_on.clone(),
                    standing: sums.standing,
                    total: money(&sums.total, sums.currency),
                    open_lines: sums.open,
                },
                partners: sums.partners.len() as u64,
                components: sums
                    .components
                    .iter()
                    .map(|((plan, component), (sum, paid))| ComponentCost {
                        plan: plan.clone(),
                        component: component.clone(),
                        money: money(sum, sums.currency),
                        partners: paid.len() as u64,
                    })
                    .collect(),
            });
        told.collect()
    }
}

/// The overview.
pub fn of(look: &Look) -> Result<Overview, Refused> {
    let basis = &look.open.basis;
    let program = &basis.folder.program;
    let all = look.wide.all()?;
    Ok(Overview {
        program_title: match program.title.is_empty() {
            true => program.name.to_string(),
            false => program.title.to_string(),
        },
        partners: basis.folder.matched.len() as u64,
        periods: all.periods.clone(),
        objectives: objectives(&all, basis),
        bands: bands(&all),
        waiting: waiting(look, &all)?,
        watched: watched(&all, basis),
        freshness: fresh(basis, None).map_err(refused)?,
        notes: look.open.notes.clone(),
    })
}

fn bands(all: &All) -> Vec<BandCount> {
    let mut counts: BTreeMap<(String, String, String, String), u64> = BTreeMap::new();
    for (plan, far) in all.far.values() {
        for one in &far.progress {
            let band = one.band.clone();
            let band = band.unwrap_or_else(|| "below the first band".to_owned());
            let named = (plan.clone(), one.component.clone(), one.table.clone(), band);
            *counts.entry(named).or_default() += 1;
        }
    }
    let told = counts.into_iter();
    told.map(|((plan, component, table, band), partners)| BandCount {
        plan,
        component,
        table,
        band,
        partners,
    })
    .collect()
}

/// What shows an objective, in words, with the figures of everybody who has one and how many have none.
type Spread = (String, Vec<Exact>, u64, String);

fn objectives(all: &All, basis: &Basis) -> Vec<ProgramObjective> {
    let mut found: BTreeMap<(String, String), (Option<String>, Vec<Spread>)> = BTreeMap::new();
    for (plan, far) in all.far.values() {
        for objective in &far.objectives {
            let named = (plan.clone(), objective.goal.clone());
            let (_, spreads) = found
                .entry(named)
                .or_insert_with(|| (objective.until.clone(), Vec::new()));
            for one in &objective.by {
                let at = spreads.iter().position(|(is, ..)| *is == one.is);
                let at = at.unwrap_or_else(|| {
                    spreads.push((one.is.clone(), Vec::new(), 0, one.figure.unit.clone()));
                    spreads.len() - 1
                });
                let Some((_, figures, without, unit)) = spreads.get_mut(at) else {
                    continue;
                };
                match one.figure.exact.as_deref().map(Exact::parse) {
                    Some(Ok(exact)) => {
                        unit.clone_from(&one.figure.unit);
                        figures.push(exact);
                    }
                    Some(Err(_)) | None => *without += 1,
                }
            }
        }
    }
    let currency = basis.folder.program.currency;
    let told = found
        .into_iter()
        .map(|((plan, goal), (until, spreads))| ProgramObjective {
            plan,
            goal,
            until,
            by: spreads
                .into_iter()
                .map(|one| spread(one, currency))
                .collect(),
        });
    told.collect()
}

fn spread((is, mut figures, without, unit): Spread, currency: Currency) -> ObjectiveSpread {
    figures.sort();
    let places = match unit == currency.code() {
        true => currency.places(),
        false => 2,
    };
    let shown = |figure: &Exact| {
        let text = output::money(figure, places);
        match unit.is_empty() {
            true => text,
            false => format!("{text} {unit}"),
        }
    };
    let middle = figures.get(figures.len().saturating_sub(1) / 2);
    let said = match (figures.first(), middle, figures.last()) {
        (Some(least), Some(middle), Some(most)) => format!(
            "{} to {}, half at or below {}",
            shown(least),
            shown(most),
            shown(middle)
        ),
        (_, _, _) => "no answer for anybody".to_owned(),
    };
    ObjectiveSpread {
        is,
        partners: figures.len() as u64,
        without,
        least: figures.first().map(ToString::to_string),
        middle: middle.map(ToString::to_string),
        most: figures.last().map(ToString::to_string),
        shown: said,
        unit,
    }
}

fn watched(all: &All, basis: &Basis) -> Vec<Watched> {
    let mut found: BTreeMap<WatchReason, Vec<(u8, Watched)>> = BTreeMap::new();
    let mut watch = |how: u8, one: Watched| found.entry(one.reason).or_default().push((how, one));
    for (partner, (_, far)) in &all.far {
        let told = |reason, component: Option<&str>, says| Watched {
            partner: partner.clone(),
            partner_name: name_of(&basis.folder, partner),
            reason,
            says,
            component: component.map(str::to_owned),
        };
        for one in &far.progress {
            if let (Some(percent), Some(left)) = (one.percent, &one.left)
                && percent >= NEAR_BAND
            {
                let says = format!("{} to go to the next band of {}", left.shown, one.table);
                watch(
                    percent,
                    told(WatchReason::NearNextBand, Some(&one.component), says),
                );
            }
        }
        for cap in far.caps.iter().filter(|cap| cap.percent >= NEAR_CAP) {
            let says = format!(
                "{} of at most {} {} are earned",
                cap.pays.amount, cap.most.amount, cap.most.currency
            );
            watch(
                cap.percent,
                told(WatchReason::NearCap, Some(&cap.component), says),
            );
        }
        let own = all.by_partner.get(partner);
        let mut last = own.into_iter().flat_map(|own| own.iter().rev());
        if let (Some((_, now)), Some((_, before))) = (last.next(), last.next())
            && before.is_positive()
            && &(now + now) < before
        {
            let says = format!(
                "{} after {} in the period before",
                output::money(now, basis.folder.program.currency.places()),
                output::money(before, basis.folder.program.currency.places())
            );
            watch(0, told(WatchReason::FallingBehind, None, says));
        }
    }
    let mut told = Vec::new();
    for mut of_reason in found.into_values() {
        // The nearest first; of the same the smaller id.
        of_reason.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.partner.cmp(&b.1.partner)));
        of_reason.truncate(WATCHED_MAX);
        told.extend(of_reason.into_iter().map(|(_, one)| one));
    }
    told
}

fn waiting(look: &Look, all: &All) -> Result<Vec<Waiting>, Refused> {
    let mut told = Vec::new();
    let mut wait = |kind, count: u64, says: String| {
        if count > 0 {
            told.push(Waiting {
                kind,
                says,
                count,
                may_act: Permitted::no("this is done at the command line"),
            });
        }
    };
    let counted = |count: u64, what: &str| {
        output::counted(usize::try_from(count).unwrap_or(usize::MAX), what)
    };
    let periods = periods::of(look)?;
    match &periods.waiting {
        Some(waiting) if periods.steps.close.is_allowed => wait(
            WaitingKind::PeriodToClose,
            1,
            format!(
                "everything until {} is approved and can be closed",
                waiting.until
            ),
        ),
        Some(waiting) => wait(
            WaitingKind::PeriodToApprove,
            1,
            format!("everything until {} waits for approval", waiting.until),
        ),
        None if periods.has_journal => {
            let ended = periods.may_be_closed.len() as u64;
            let first = periods.may_be_closed.first();
            let first = first.map(|one| one.period.clone()).unwrap_or_default();
            let says = format!(
                "{} ended and not closed, first {first}",
                counted(ended, "period")
            );
            wait(WaitingKind::PeriodToCalculate, ended, says);
        }
        None => {}
    }
    let disputes = look.on_record().disputes.all().iter();
    let open = disputes.filter(|one| one.resolved.is_none()).count() as u64;
    wait(
        WaitingKind::Disputes,
        open,
        format!("{} without an answer", counted(open, "dispute")),
    );
    let basis = &look.open.basis;
    let aside = basis.seen.facts.quarantined();
    let aside = aside.map_err(|fault| refused(Failure::fault("reading the quarantine", &fault)))?;
    let rows = aside.len() as u64;
    wait(
        WaitingKind::Quarantine,
        rows,
        format!("{} set aside and not counted", counted(rows, "row")),
    );
    wait(
        WaitingKind::OpenLines,
        all.open_lines,
        format!("{} without a figure", counted(all.open_lines, "line")),
    );
    let late: Vec<&str> = basis
        .seen
        .late
        .iter()
        .map(|one| one.says.as_str())
        .collect();
    wait(WaitingKind::LateFeeds, late.len() as u64, late.join("; "));
    Ok(told)
}
