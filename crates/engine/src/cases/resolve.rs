//! The checks of a case with their names resolved: which formula, of whom, in which window, on which row.
//!
//! A name the case does not have is reported with the one that was probably meant; nothing is asked here.

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::Date;
use trueup_plan::check::{self, formula_of};
use trueup_plan::diagnostic::{Diagnostic, Sources};
use trueup_plan::span::Span;
use trueup_plan::tree::{
    Call, ComponentId, ContingencyId, Edition, Expr, Form, FundId, Grant, GuardrailId, KindId,
    LimitId, Name, Plan, Reference as Listed, TableId, Trigger,
};
use trueup_plan::yaml::Scalar;

use super::Case;
use super::checks::{Check, Question};
use super::keys::unknown_key;
use crate::evaluate::{Place, RowPlace};
use crate::limit::Earner;
use crate::windows::length_rank;
use crate::world::{PartnerIx, RowIx};

/// A check with its names resolved.
pub(super) struct Asked<'c> {
    pub check: &'c Check,
    pub partner: PartnerIx,
    pub what: Resolved,
}

/// What is asked, and where.
pub(super) enum Resolved {
    /// A formula.
    Of(Expr, Place),
    /// The bands of a table.
    Bands(Expr, TableId, Place),
    /// Postings of earners, settled so often, of what they grant, from a day until another.
    Settled(Vec<Earner>, WindowUnit, Grant, Date, Date),
    /// Releases of what was earned on a day.
    Schedule(ComponentId, Place, Date),
    /// What a limit leaves.
    Limited(LimitId, Place),
    /// Whether something is on.
    Trigger(Trigger, Place),
    /// A fund in the period that ends on a day.
    Fund(FundId, Date),
    /// What became payable by a day of what earners were posted.
    Released(Vec<Earner>, Date),
    /// Where their negative postings were taken from by a day.
    Recovered(Vec<Earner>, Date),
    /// What left by a day.
    PaidOut(Date),
    /// Rows by period.
    Groups(KindId, Window),
}

/// Resolves every check; what cannot be is among the diagnostics.
pub(super) fn all<'a>(
    case: &'a Case,
    sources: &'a Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Asked<'a>> {
    let mut resolver = Resolver {
        case,
        sources,
        diagnostics,
        plan: &case.plan,
        edition: None,
    };
    case.checks
        .iter()
        .filter_map(|check| resolver.check_under_versions(check))
        .collect()
}

struct Resolver<'a, 'd> {
    case: &'a Case,
    sources: &'a Sources,
    diagnostics: &'d mut Vec<Diagnostic>,
    /// The version whose names a check is read with, and its part of the tree where there are several.
    plan: &'a Plan,
    edition: Option<&'a Edition>,
}

impl<'a> Resolver<'a, '_> {
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.diagnostics
            .push(Diagnostic::error(code, span, message));
    }

    /// A check, read with the names of the version in force in its period, or else of whichever version has them.
    fn check_under_versions(&mut self, check: &'a Check) -> Option<Asked<'a>> {
        let partner = self.partner(check)?;
        if self.case.versions.is_empty() {
            return self.check(check, partner);
        }
        let held = &self.case.world.partner(partner)?.agreement.versions;
        let starts = check.period.as_ref().map(|(period, _)| period.starts);
        let then = held
            .iter()
            .rposition(|version| starts.is_none_or(|day| version.from <= day))
            .unwrap_or(0);
        let first = held.get(then..=then).unwrap_or_default();
        let before = self.diagnostics.len();
        let mut told = Vec::new();
        for version in first.iter().chain(held.iter().rev()) {
            let at = usize::from(version.edition);
            self.plan = self.case.versions.get(at)?;
            self.edition = self.case.plan.edition(version.edition);
            if let Some(asked) = self.check(check, partner) {
                self.diagnostics.truncate(before);
                return Some(asked);
            }
            let here = self.diagnostics.split_off(before);
            if told.is_empty() {
                told = here;
            }
        }
        self.diagnostics.append(&mut told);
        None
    }

    fn check(&mut self, check: &'a Check, partner: PartnerIx) -> Option<Asked<'a>> {
        let what = match &check.question {
            Question::Of { formula, row: None } => {
                let formula = self.formula(formula, check::Place::Partner)?;
                let window = self.window(check, partner, self.own_unit(&formula));
                Resolved::Of(formula, Place::new(partner, window?))
            }
            Question::Of {
                formula,
                row: Some(row),
            } => self.on_row(check, formula, row, partner)?,
            Question::Bands { formula } => {
                let formula = self.formula(formula, check::Place::Partner)?;
                let Form::Call(Call::Table(table, _)) = &formula.form else {
                    self.error("E6", check.span, "`bands` asks a table, and this is none");
                    return None;
                };
                let (table, window) = (*table, self.window(check, partner, None)?);
                Resolved::Bands(formula, table, Place::new(partner, window))
            }
            Question::Settled { name, from, until } => self.settled(name, *from, *until)?,
            Question::Schedule { component, earned } => {
                let id = self.component(component)?;
                let unit = Some(self.case.plan[id].over);
                let window = self.window(check, partner, unit)?;
                Resolved::Schedule(
                    id,
                    Place::new(partner, window),
                    earned.unwrap_or(window.ends),
                )
            }
            Question::Limited { limit } => {
                let id = self.limit(limit)?;
                let unit = self.case.plan[id].over;
                let window = self.window(check, partner, Some(unit))?;
                if window.unit != unit {
                    let message = format!(
                        "{} holds over each {unit}, and a {} is asked",
                        limit.text, window.unit
                    );
                    self.error("E6", check.span, message);
                    return None;
                }
                Resolved::Limited(id, Place::new(partner, window))
            }
            Question::Trigger { word, name } => {
                let trigger = self.trigger(word, name)?;
                let window = self.window(check, partner, None)?;
                Resolved::Trigger(trigger, Place::new(partner, window))
            }
            Question::Fund { name } => {
                let plan = self.plan;
                let names = || plan.funds.iter().map(|fund| &*fund.name);
                let id = FundId(self.named(name, "fund", names())?);
                let id = self.edition.map_or(id, |edition| edition.fund(id));
                let window = self.window(check, partner, None)?;
                Resolved::Fund(id, window.ends)
            }
            Question::Released { name } => {
                let (earners, ..) = self.earners(name)?;
                let window = self.window(check, partner, None)?;
                Resolved::Released(earners, window.ends)
            }
            Question::Recovered { name } => {
                let (earners, ..) = self.earners(name)?;
                let window = self.window(check, partner, None)?;
                Resolved::Recovered(earners, window.ends)
            }
            Question::PaidOut { name } => {
                let blocks = self.plan.governance.iter();
                let names = blocks
                    .filter(|block| &*block.block == "approvals")
                    .map(|block| &*block.name);
                self.named(name, "approval", names)?;
                Resolved::PaidOut(self.window(check, partner, None)?.ends)
            }
            Question::Groups { kind } => {
                let plan = self.plan;
                let names = || plan.kinds.iter().map(|kind| &*kind.name);
                let id = KindId(self.named(kind, "kind of fact", names())?);
                let id = self.edition.map_or(id, |edition| edition.kind(id));
                Resolved::Groups(id, check.period.as_ref()?.0)
            }
        };
        Some(Asked {
            check,
            partner,
            what,
        })
    }

    fn trigger(&mut self, word: &str, name: &Scalar) -> Option<Trigger> {
        let plan = self.plan;
        let trigger = if word == "contingency" {
            let names = || plan.contingencies.iter().map(|one| &*one.name);
            Trigger::Contingency(ContingencyId(self.named(name, word, names())?))
        } else {
            let names = || plan.guardrails.iter().map(|one| &*one.name);
            Trigger::Guardrail(GuardrailId(self.named(name, word, names())?))
        };
        Some(
            self.edition
                .map_or(trigger, |edition| edition.trigger(trigger)),
        )
    }

    fn partner(&mut self, check: &Check) -> Option<PartnerIx> {
        let world = &self.case.world;
        let Some(written) = &check.partner else {
            let first = world.all().next();
            if first.is_none() {
                self.error("E6", check.span, "the case has no partner to ask about");
            }
            return first;
        };
        let found = world.all().find(|at| {
            world
                .partner(*at)
                .is_some_and(|partner| partner.id.as_str() == &*written.text)
        });
        if found.is_none() {
            let ids = world.partners.iter().map(|partner| partner.id.as_str());
            let message = format!("`{}` is no partner of this case", written.text);
            self.diagnostics.push(unknown_key(
                "E5",
                written.span,
                &message,
                &written.text,
                ids,
            ));
        }
        found
    }

    fn formula(&mut self, written: &Scalar, place: check::Place) -> Option<Expr> {
        match formula_of(self.plan, self.sources, written, place) {
            Ok(formula) => Some(match self.edition {
                Some(edition) => edition.formula(formula),
                None => formula,
            }),
            Err(mut told) => {
                self.diagnostics.append(&mut told);
                None
            }
        }
    }

    /// The period as the agreement cuts it; what has a longer window of its own is asked in that, up to the period's end.
    fn window(
        &mut self,
        check: &Check,
        partner: PartnerIx,
        own: Option<WindowUnit>,
    ) -> Option<Window> {
        let (period, _) = check.period.as_ref()?;
        let calendar = &self.case.plan.calendar;
        let agreement = &self.case.world.partner(partner)?.agreement;
        let own = own.filter(|own| length_rank(period.unit) < length_rank(*own));
        let window = match own {
            Some(WindowUnit::Agreement) => Window::whole(
                WindowUnit::Agreement,
                agreement.starts,
                agreement.until.unwrap_or(Date::MAX),
            ),
            Some(own) => calendar.window_at(own, period.last()),
            None => Some(*period),
        };
        let window = match own {
            Some(_) => window.and_then(|window| window.cut(window.starts, period.ends)),
            None => window,
        };
        let Some(window) = window else {
            self.error(
                "E6",
                check.span,
                "nothing of its window lies before the period's end",
            );
            return None;
        };
        let cut = window.cut(agreement.starts, agreement.until.unwrap_or(Date::MAX));
        Some(cut.unwrap_or(window))
    }

    /// The window of a component or limit that stands alone.
    fn own_unit(&self, formula: &Expr) -> Option<WindowUnit> {
        match formula.form {
            Form::Name(Name::Component(id)) => Some(self.case.plan[id].over),
            Form::Name(Name::Limit(id)) => Some(self.case.plan[id].over),
            _ => None,
        }
    }

    /// A formula on the one credited row of an id.
    fn on_row(
        &mut self,
        check: &Check,
        formula: &Scalar,
        row: &Scalar,
        partner: PartnerIx,
    ) -> Option<Resolved> {
        let own = self.plan;
        let plan = &self.case.plan;
        let in_tree = |kind| self.edition.map_or(kind, |edition| edition.kind(kind));
        let mut of_kind = Vec::new();
        for at in 0..own.kinds.len() {
            let kind = KindId(u16::try_from(at).ok()?);
            let facts = self.case.world.kind(in_tree(kind))?;
            let known = facts.rows.iter().zip(0u32..).find(|(known, at)| {
                known.id.as_str() == &*row.text && facts.is_known(RowIx(*at), None)
            });
            of_kind.extend(known.map(|(_, at)| (kind, RowIx(at))));
        }
        if of_kind.is_empty() {
            self.error("E5", row.span, format!("no fact has the id `{}`", row.text));
            return None;
        }
        // Facts of two kinds may share an id; the formula reads the columns of one of them.
        let mut told = Vec::new();
        let mut fitting = Vec::new();
        for (kind, row) in of_kind {
            match formula_of(own, self.sources, formula, check::Place::Row(kind)) {
                Ok(formula) => {
                    let formula = match self.edition {
                        Some(edition) => edition.formula(formula),
                        None => formula,
                    };
                    fitting.push((in_tree(kind), row, formula));
                }
                Err(mut here) => told.append(&mut here),
            }
        }
        let (kind, at, formula) = match fitting.len() {
            0 => {
                self.diagnostics.append(&mut told);
                return None;
            }
            _ => fitting.swap_remove(0),
        };
        let roles: Vec<&str> = match formula.form {
            Form::Name(Name::Component(id)) => match &plan[id].each {
                Some(each) if each.kind == kind => vec![&*each.role],
                Some(_) | None => Vec::new(),
            },
            _ => plan[kind].credited.iter().map(|line| &*line.role).collect(),
        };
        let facts = self.case.world.kind(kind)?;
        let credited = roles.iter().find_map(|role| {
            let role = crate::world::role_of(&plan[kind], role)?;
            facts
                .credits(role, partner)
                .iter()
                .find(|credit| credit.row == at)
                .map(|credit| RowPlace::new(kind, role, credit))
        });
        let Some(credited) = credited else {
            let message = format!("`{}` is not credited to this partner here", row.text);
            self.error("E6", row.span, message);
            return None;
        };
        let window = self.window(check, partner, None)?;
        Some(Resolved::Of(
            formula,
            Place {
                row: Some(credited),
                ..Place::new(partner, window)
            },
        ))
    }

    fn settled(&mut self, name: &Scalar, from: Date, until: Date) -> Option<Resolved> {
        let (earners, every, grants) = self.earners(name)?;
        Some(Resolved::Settled(earners, every, grants, from, until))
    }

    /// A component, or everything a limit holds; how often it settles and what it grants.
    /// Whatever version pays under that name is among them.
    fn earners(&mut self, name: &Scalar) -> Option<(Vec<Earner>, WindowUnit, Grant)> {
        let plan = &self.case.plan;
        let limits: Vec<LimitId> = (0u16..)
            .map(LimitId)
            .take(plan.limits.len())
            .filter(|id| *plan[*id].name == *name.text)
            .collect();
        if !limits.is_empty() {
            let mut earners = Vec::new();
            for id in limits {
                held(plan, id, 0, &mut earners);
            }
            let every = earners
                .iter()
                .filter_map(|earner| match earner {
                    Earner::Component(id) => Some(plan[*id].every),
                    Earner::TopUp(_) => None,
                })
                .min_by_key(|unit| length_rank(*unit))?;
            return Some((earners, every, Grant::Money));
        }
        let names = || {
            let limits = plan.limits.iter().map(|limit| &*limit.name);
            plan.components
                .iter()
                .map(|component| &*component.name)
                .chain(limits)
        };
        let first = ComponentId(self.named(name, "component", names())?);
        let all = || {
            let ids = (0u16..).map(ComponentId).take(plan.components.len());
            ids.filter(|id| plan[*id].name == plan[first].name)
        };
        let every = all()
            .map(|id| plan[id].every)
            .min_by_key(|unit| length_rank(*unit))?;
        Some((
            all().map(Earner::Component).collect(),
            every,
            plan[first].grants,
        ))
    }

    fn component(&mut self, name: &Scalar) -> Option<ComponentId> {
        let plan = self.plan;
        let names = || plan.components.iter().map(|component| &*component.name);
        let id = ComponentId(self.named(name, "component", names())?);
        Some(self.edition.map_or(id, |edition| edition.component(id)))
    }

    fn limit(&mut self, name: &Scalar) -> Option<LimitId> {
        let plan = self.plan;
        let names = || plan.limits.iter().map(|limit| &*limit.name);
        let id = LimitId(self.named(name, "limit", names())?);
        Some(self.edition.map_or(id, |edition| edition.limit(id)))
    }

    fn named<'n>(
        &mut self,
        name: &Scalar,
        what: &str,
        names: impl Iterator<Item = &'n str> + Clone,
    ) -> Option<u16> {
        let found = names.clone().position(|known| known == &*name.text);
        if found.is_none() {
            let message = format!("the plan has no {what} `{}`", name.text);
            self.diagnostics
                .push(unknown_key("E5", name.span, &message, &name.text, names));
        }
        found.and_then(|at| u16::try_from(at).ok())
    }
}

/// Everything a limit holds, its own and its inner limits' top-ups too.
fn held(plan: &Plan, id: LimitId, depth: usize, earners: &mut Vec<Earner>) {
    earners.push(Earner::TopUp(id));
    for on in &plan[id].on {
        match on {
            Listed::Component(id) => earners.push(Earner::Component(*id)),
            // A checked plan's limits close no ring.
            Listed::Limit(inner) if depth < plan.limits.len() => {
                held(plan, *inner, depth + 1, earners)
            }
            Listed::Limit(_)
            | Listed::Term(_)
            | Listed::Measure(_)
            | Listed::Value(_)
            | Listed::Table(_) => {}
        }
    }
}
