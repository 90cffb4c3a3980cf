//! Versions of an agreement: which of them answers where.
//!
//! A window is answered by the version that was in force when it began, terms as well. What has windows of its own (a
//! component, a limit, a value with a step) is asked of the version of that window, whoever asks. Any other name is the
//! asker's own, from the day on which its version begins; earlier windows belong to the version then in force. A stretch
//! that began before is made of parts: sums, counts and terms that are shared out are added up, the days before the change
//! as the earlier version has them, the days after it as the asker's own has them. A version that splits cuts windows
//! on its first day, and whatever follows it is asked of it. Where the other version has no such name, and for days
//! before the agreement, the asker's own answers.

use std::collections::BTreeSet;

use trueup_base::calendar::{Calendar, Window, WindowUnit};
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_plan::tree::walk::parts;
use trueup_plan::tree::{
    Call, ComponentId, Expr, Fold, Form, Level, LimitId, MeasureId, MoneyRounding, Name, Plan,
    Reference, TermId, Trigger,
};

use crate::evaluate::{Evaluator, Place};
use crate::limit::Earner;
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number};
use crate::value::Value;
use crate::windows::AgreementDays;
use crate::world::{InForce, PartnerIx};

impl<'w> AgreementDays<'w> {
    /// The days on which versions split windows.
    pub(crate) fn splits(self) -> impl Iterator<Item = Date> + 'w {
        self.versions
            .iter()
            .filter(|version| version.splits)
            .map(|version| version.from)
    }

    /// Whether a version splits windows on a day.
    pub(crate) fn is_split(self, day: Date) -> bool {
        self.splits().any(|split| split == day)
    }

    /// A window in the parts that versions split it into; a window over the agreement stays whole.
    pub(crate) fn split(self, window: Window) -> Vec<Window> {
        if self.versions.is_empty() || window.unit == WindowUnit::Agreement {
            return vec![window];
        }
        cut_at(&window, self.splits())
    }

    /// Whether no version splits a window.
    pub(crate) fn is_whole(self, window: &Window) -> bool {
        window.unit == WindowUnit::Agreement
            || !self
                .splits()
                .any(|day| window.starts < day && day < window.ends)
    }

    /// The days between the splits around a window: those of the agreement where there are none.
    pub(crate) fn unsplit_around(self, window: &Window) -> (Date, Date) {
        let is_cut = window.unit != WindowUnit::Agreement;
        let splits = || self.splits().filter(|_| is_cut);
        let from = splits().filter(|day| *day <= window.starts).max();
        let until = splits().filter(|day| *day > window.starts).min();
        (
            from.unwrap_or(self.starts).max(self.starts),
            until.unwrap_or(self.until).min(self.until),
        )
    }

    /// So many windows or parts of windows back.
    pub(crate) fn parts_back(
        self,
        calendar: &Calendar,
        window: &Window,
        count: u32,
    ) -> Option<Window> {
        let mut window = *window;
        for _ in 0..count {
            let whole = Window {
                starts: window.full_starts,
                ends: window.full_ends,
                ..window
            };
            let before = self
                .split(whole)
                .into_iter()
                .rfind(|part| part.ends <= window.starts);
            window = match before {
                Some(part) => part,
                None => {
                    let earlier = calendar.shift(&window, -1)?;
                    self.split(earlier).pop()?
                }
            };
        }
        Some(window)
    }

    /// The day on which a window began.
    fn began(self, at: &Window, is_trailing: bool) -> Date {
        if is_trailing || at.unit == WindowUnit::Agreement {
            return at.starts;
        }
        let mut began = at.full_starts.min(at.starts);
        if at.ends > self.starts {
            began = began.max(self.starts.min(at.starts));
        }
        let split = self.splits().filter(|day| *day <= at.starts).max();
        split.map_or(began, |split| began.max(split))
    }

    /// The version in force on a day, by position; none before the first.
    fn version_on(self, day: Date) -> Option<usize> {
        self.versions
            .iter()
            .rposition(|version| version.from <= day)
    }

    /// The version in force when a window began.
    pub(crate) fn version_of(self, window: &Window) -> Option<&'w InForce> {
        self.version_on(self.began(window, false))
            .and_then(|at| self.versions.get(at))
    }

    fn position(self, edition: u16) -> Option<usize> {
        self.versions
            .iter()
            .position(|version| version.edition == edition)
    }

    /// The days that one version is written for, whether another takes over before or not.
    pub(crate) fn written_for(self, edition: Option<u16>) -> Self {
        let own = edition
            .and_then(|edition| self.position(edition))
            .and_then(|at| self.versions.get(at));
        match own {
            Some(version) => Self {
                starts: version.from,
                until: version.until.unwrap_or(crate::windows::OPEN_END),
                versions: &[],
            },
            None => self,
        }
    }

    /// Whether an edition is one of the agreement's; always in a tree of one.
    pub(crate) fn has_edition(self, edition: Option<u16>) -> bool {
        edition.is_none_or(|edition| self.position(edition).is_some())
    }
}

/// A window cut at those of some days that lie inside it.
fn cut_at(window: &Window, days: impl Iterator<Item = Date>) -> Vec<Window> {
    let mut edges: Vec<Date> = days
        .filter(|day| window.starts < *day && *day < window.ends)
        .chain([window.starts, window.ends])
        .collect();
    edges.sort_unstable();
    edges.dedup();
    edges
        .windows(2)
        .filter_map(|pair| match pair {
            [from, until] => window.cut(*from, *until),
            _ => None,
        })
        .collect()
}

/// The name as whoever lists it refers to it; none for a name that is read and not worked out.
pub(crate) fn reference(name: Name) -> Option<Reference> {
    match name {
        Name::Term(id) => Some(Reference::Term(id)),
        Name::Measure(id) => Some(Reference::Measure(id)),
        Name::Value(id) => Some(Reference::Value(id)),
        Name::Component(id) => Some(Reference::Component(id)),
        Name::Limit(id) => Some(Reference::Limit(id)),
        Name::Column(..)
        | Name::Followed(..)
        | Name::Attribute(_)
        | Name::Partner
        | Name::Window(_)
        | Name::CreditLevel
        | Name::Argument(_)
        | Name::BandColumn(_)
        | Name::Lower
        | Name::Upper
        | Name::Width
        | Name::Filled
        | Name::Slice
        | Name::Was
        | Name::Agreed
        | Name::Key(..) => None,
    }
}

fn named(reference: Reference) -> Option<Name> {
    match reference {
        Reference::Term(id) => Some(Name::Term(id)),
        Reference::Measure(id) => Some(Name::Measure(id)),
        Reference::Value(id) => Some(Name::Value(id)),
        Reference::Component(id) => Some(Name::Component(id)),
        Reference::Limit(id) => Some(Name::Limit(id)),
        Reference::Table(_) => None,
    }
}

/// The unit of the windows a name has of its own.
fn own_unit(plan: &Plan, name: Reference) -> Option<WindowUnit> {
    match name {
        Reference::Component(id) => Some(plan[id].over),
        Reference::Limit(id) => Some(plan[id].over),
        Reference::Value(id) => plan[id].every,
        Reference::Term(_) | Reference::Measure(_) | Reference::Table(_) => None,
    }
}

/// Who answers for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answering {
    /// This name.
    Name(Reference),
    /// Nobody: the partner is under a version that has no such name.
    Nobody,
}

/// Which version's name answers for a name asked at a place.
pub(crate) fn answering(
    plan: &Plan,
    days: AgreementDays<'_>,
    name: Reference,
    at: &Place,
) -> Answering {
    let meant = match at.under.and_then(|edition| plan.edition(edition)) {
        Some(edition) if !edition.has(name) => edition.twin(name),
        Some(_) | None => Some(name),
    };
    let Some(name) = meant else {
        return Answering::Nobody;
    };
    let Some(edition) = plan.edition_of(name) else {
        return Answering::Name(name);
    };
    if is_on_row(plan, name, at) {
        return Answering::Name(name);
    }
    let window = &at.window;
    let began = days.began(window, at.trailing.is_some());
    let then = days.version_on(began);
    let of = |version: usize| days.versions.get(version);
    let Some(own) = days.position(edition) else {
        // It is asked of somebody who is under another version.
        let twin = of(then.unwrap_or(0)).and_then(|version| {
            let edition = plan.edition(version.edition)?;
            edition.twin(name)
        });
        return twin.map_or(Answering::Nobody, Answering::Name);
    };
    let from = of(own).map_or(Date::MIN, |version| version.from);
    let has_own_window = at.trailing.is_none() && own_unit(plan, name) == Some(window.unit);
    let who = if has_own_window || (began < from && window.ends <= from) {
        then.unwrap_or(own)
    } else if began < from {
        own
    } else {
        last_split(days, own, began)
    };
    let twin = of(who).filter(|_| who != own).and_then(|version| {
        let edition = plan.edition(version.edition)?;
        edition.twin(name)
    });
    Answering::Name(twin.unwrap_or(name))
}

/// Whether a name stays the asker's because it is asked on a row: rows are read as whoever counts them declares them, with
/// the terms and values of the same version. What has windows of its own is asked of the version of its window there too.
fn is_on_row(plan: &Plan, name: Reference, at: &Place) -> bool {
    let Some(row) = at.row else {
        return false;
    };
    match name {
        Reference::Value(id) => plan[id].every.is_none() || matches!(plan[id].level, Level::Row(_)),
        Reference::Component(id) => {
            let each = plan[id].each.as_ref();
            each.is_some_and(|each| each.kind == row.kind)
        }
        Reference::Limit(_) => false,
        Reference::Term(_) | Reference::Measure(_) | Reference::Table(_) => true,
    }
}

/// The last version after one of them that splits windows by a day, or that one itself.
fn last_split(days: AgreementDays<'_>, own: usize, day: Date) -> usize {
    let later = days.versions.iter().enumerate().skip(own + 1);
    later
        .rev()
        .find(|(_, version)| version.splits && version.from <= day)
        .map_or(own, |(at, _)| at)
}

/// The parts of a stretch of days that versions have of a name, each with the name that answers in it; one part where
/// nothing changes inside.
pub(crate) fn stretches(
    plan: &Plan,
    days: AgreementDays<'_>,
    name: Reference,
    window: &Window,
) -> Vec<(Reference, Window)> {
    let whole = || vec![(name, *window)];
    let Some(own) = plan
        .edition_of(name)
        .and_then(|edition| days.position(edition))
    else {
        return whole();
    };
    let changes = days
        .versions
        .iter()
        .enumerate()
        .filter(|(at, version)| *at <= own || version.splits)
        .map(|(_, version)| version.from);
    let mut found: Vec<(Reference, Window)> = Vec::new();
    for part in cut_at(window, changes) {
        let from = days.versions.get(own).map_or(Date::MIN, |own| own.from);
        let who = match part.starts < from {
            true => days.version_on(part.starts).unwrap_or(own),
            false => last_split(days, own, part.starts),
        };
        let twin = days.versions.get(who).filter(|_| who != own);
        let twin = twin
            .and_then(|version| plan.edition(version.edition))
            .and_then(|edition| edition.twin(name));
        let answers = twin.unwrap_or(name);
        match found.last_mut() {
            Some((before, stretch)) if *before == answers => stretch.ends = part.ends,
            _ => found.push((answers, part)),
        }
    }
    match found.len() {
        0 => whole(),
        _ => found,
    }
}

/// Whether an answer over a stretch is the sum of the answers over its parts.
pub(crate) fn adds_up(plan: &Plan, name: Reference) -> bool {
    match name {
        Reference::Measure(id) => matches!(plan[id].fold, Fold::Sum | Fold::Count),
        Reference::Term(id) => plan[id].per.is_some(),
        Reference::Value(_)
        | Reference::Table(_)
        | Reference::Component(_)
        | Reference::Limit(_) => false,
    }
}

/// The windows that a component or limit has between two days, each with the version's name that answers in it.
pub(crate) fn windows_of(
    plan: &Plan,
    days: AgreementDays<'_>,
    name: Reference,
    from: Date,
    until: Date,
) -> Vec<(Reference, Window)> {
    let unit = |name| own_unit(plan, name).unwrap_or(plan.period);
    let Some(edition) = plan.edition_of(name) else {
        let windows = days.windows(&plan.calendar, unit(name), from, until);
        return windows.into_iter().map(|window| (name, window)).collect();
    };
    let mut found: Vec<(Reference, Window)> = Vec::new();
    let mut is_over_agreement = false;
    for (at, version) in days.versions.iter().enumerate() {
        let own = match version.edition == edition {
            true => Some(name),
            false => plan.edition(version.edition).and_then(|own| own.twin(name)),
        };
        let Some(own) = own else { continue };
        if unit(own) == WindowUnit::Agreement {
            // It has no next window: the version it began under answers for as long as the agreement runs.
            let window = days.window(until).filter(|window| from < window.ends);
            let window = window.and_then(|window| window.cut(version.from, window.ends));
            if let Some(window) = window.filter(|_| !is_over_agreement) {
                found.push((own, window));
            }
            is_over_agreement = true;
            continue;
        }
        let windows = days.windows(&plan.calendar, unit(own), from, until);
        found.extend(
            windows
                .into_iter()
                .filter(|window| days.version_on(days.began(window, false)) == Some(at))
                .map(|window| (own, window)),
        );
    }
    found
}

/// The edition a formula belongs to, by the first name in it that has one.
fn edition_in(plan: &Plan, formula: &Expr) -> Option<u16> {
    let own = match &formula.form {
        Form::Name(name) => reference(*name),
        Form::Call(Call::Table(id, _)) => Some(Reference::Table(*id)),
        Form::Call(_)
        | Form::Literal(_)
        | Form::Negated(_)
        | Form::Arithmetic(..)
        | Form::Compared(..)
        | Form::Between(..)
        | Form::In(..)
        | Form::Is(..)
        | Form::Not(_)
        | Form::And(_)
        | Form::Or(_)
        | Form::Case(..) => None,
    };
    own.and_then(|name| plan.edition_of(name)).or_else(|| {
        let mut inside = parts(formula).into_iter();
        inside.find_map(|part| edition_in(plan, part))
    })
}

/// Every name a formula mentions.
fn mentioned(formula: &Expr, found: &mut BTreeSet<Reference>) {
    if let Form::Name(name) = &formula.form {
        found.extend(reference(*name));
    }
    for part in parts(formula) {
        mentioned(part, found);
    }
}

/// Whether the version in force where a formula is asked lacks a name the formula mentions.
pub(crate) fn is_lacking(plan: &Plan, days: AgreementDays<'_>, x: &Expr, at: &Place) -> bool {
    if plan.editions.is_empty() {
        return false;
    }
    let then = days
        .version_on(days.began(&at.window, at.trailing.is_some()))
        .and_then(|version| days.versions.get(version));
    let Some(then) = then else {
        return false;
    };
    let Some(edition) = plan.edition(then.edition) else {
        return false;
    };
    let mut names = BTreeSet::new();
    mentioned(x, &mut names);
    names
        .into_iter()
        .any(|name| !edition.has(name) && edition.twin(name).is_none())
}

/// Whether a partner takes part in what a formula shares among everyone: it is under the same plan in that window, in
/// whichever version.
pub(crate) fn is_of_same_plan(
    plan: &Plan,
    days: AgreementDays<'_>,
    asked_by: Option<u16>,
    window: &Window,
) -> bool {
    let Some(asked_by) = asked_by.and_then(|edition| plan.edition(edition)) else {
        return true;
    };
    let then = days.version_of(window).or_else(|| days.versions.first());
    then.and_then(|version| plan.edition(version.edition))
        .is_some_and(|edition| edition.name == asked_by.name)
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// The name that answers for a name at a place, or why none does.
    pub(crate) fn answering(&self, name: Name, at: &Place) -> Result<Name, NoAnswer> {
        let plan = self.plan();
        if plan.editions.is_empty() {
            return Ok(name);
        }
        let (Some(asked), Some(days)) = (reference(name), self.days_of(at.partner)) else {
            return Ok(name);
        };
        match answering(plan, days, asked, at) {
            Answering::Name(answers) => Ok(named(answers).unwrap_or(name)),
            Answering::Nobody => Err(self.under_another(asked, at)),
        }
    }

    fn under_another(&self, asked: Reference, at: &Place) -> NoAnswer {
        let partner = self.world().partner(at.partner);
        let who = partner.map_or("", |partner| partner.id.as_str());
        let version = self
            .days_of(at.partner)
            .and_then(|days| {
                days.version_of(&at.window)
                    .or_else(|| days.versions.first())
            })
            .and_then(|version| self.plan().edition(version.edition));
        let under = version.map_or_else(String::new, trueup_plan::tree::Edition::said);
        NoAnswer::missing(format!(
            "partner {who} is under {under}, which has no {}",
            self.plan().name_of(asked)
        ))
    }

    /// The table that answers for a table at a place.
    pub(crate) fn answering_table(
        &self,
        id: trueup_plan::tree::TableId,
        at: &Place,
    ) -> trueup_plan::tree::TableId {
        let plan = self.plan();
        if plan.editions.is_empty() {
            return id;
        }
        let Some(days) = self.days_of(at.partner) else {
            return id;
        };
        match answering(plan, days, Reference::Table(id), at) {
            Answering::Name(Reference::Table(id)) => id,
            Answering::Name(_) | Answering::Nobody => id,
        }
    }

    /// A measure, added up from the parts of the window that versions have.
    pub(crate) fn measure_of_versions(&mut self, id: MeasureId, at: &Place) -> Value<N> {
        match self.stretches(Reference::Measure(id), at) {
            None => self.measure(id, at, None),
            Some(stretches) => self.added_up(&stretches, at),
        }
    }

    /// A term, added up from the parts of the window that versions have.
    pub(crate) fn term_of_versions(&mut self, id: TermId, at: &Place) -> Value<N> {
        match self.stretches(Reference::Term(id), at) {
            None => self.term_or_change(id, at),
            Some(stretches) => self.added_up(&stretches, at),
        }
    }

    /// A measure for one of its keys, of the version that answers.
    pub(crate) fn keyed_measure(&mut self, id: MeasureId, at: &Place, key: &str) -> Value<N> {
        let id = match self.answering(Name::Measure(id), at) {
            Ok(Name::Measure(id)) => id,
            Ok(_) => id,
            Err(reason) => return Value::None(reason),
        };
        let at = &Place { under: None, ..*at };
        let Some(stretches) = self.stretches(Reference::Measure(id), at) else {
            return self.measure(id, at, Some(key));
        };
        let mut sum = N::known(Exact::ZERO);
        for (answers, window) in stretches {
            let Reference::Measure(part) = answers else {
                continue;
            };
            let place = Place { window, ..*at };
            sum = sum.plus(&self.measure(part, &place, Some(key)).into_number());
        }
        Value::Number(sum)
    }

    /// The parts of a window in which different versions answer, where answers add up; none where one answers all.
    fn stretches(&self, name: Reference, at: &Place) -> Option<Vec<(Reference, Window)>> {
        let plan = self.plan();
        if plan.editions.is_empty() || !adds_up(plan, name) {
            return None;
        }
        let days = self.days_of(at.partner)?;
        let stretches = stretches(plan, days, name, &at.window);
        let is_one = stretches.len() < 2;
        (!is_one).then_some(stretches)
    }

    fn added_up(&mut self, stretches: &[(Reference, Window)], at: &Place) -> Value<N> {
        let mut sum = N::known(Exact::ZERO);
        for (answers, window) in stretches {
            if let Some(name) = named(*answers) {
                let place = Place {
                    window: *window,
                    ..*at
                };
                sum = sum.plus(&self.named_here(name, &place).into_number());
            }
        }
        Value::Number(sum)
    }

    /// Whether the version in force where a formula is asked lacks a name the formula mentions.
    pub(crate) fn is_lacking_then(&self, x: &Expr, at: &Place) -> bool {
        let days = self.days_of(at.partner);
        days.is_some_and(|days| is_lacking(self.plan(), days, x, at))
    }

    /// The windows of a component between two days, each with the version's component that answers in it.
    pub(crate) fn component_windows(
        &self,
        id: ComponentId,
        partner: PartnerIx,
        from: Date,
        until: Date,
    ) -> Vec<(ComponentId, Window)> {
        let windows = self.windows_of(Reference::Component(id), partner, from, until);
        windows
            .into_iter()
            .filter_map(|(name, window)| match name {
                Reference::Component(id) => Some((id, window)),
                Reference::Term(_)
                | Reference::Measure(_)
                | Reference::Value(_)
                | Reference::Table(_)
                | Reference::Limit(_) => None,
            })
            .collect()
    }

    /// The last of them.
    pub(crate) fn last_component_window(
        &self,
        id: ComponentId,
        partner: PartnerIx,
        from: Date,
        until: Date,
    ) -> Option<(ComponentId, Window)> {
        let plan = self.plan();
        if !plan.editions.is_empty() {
            return self.component_windows(id, partner, from, until).pop();
        }
        let days = self.days_of(partner)?;
        let last = days.last_window(&plan.calendar, plan[id].over, from, until)?;
        Some((id, last))
    }

    /// The windows of a limit between two days, each with the version's limit that answers in it.
    pub(crate) fn limit_windows(
        &self,
        id: LimitId,
        partner: PartnerIx,
        from: Date,
        until: Date,
    ) -> Vec<(LimitId, Window)> {
        let windows = self.windows_of(Reference::Limit(id), partner, from, until);
        windows
            .into_iter()
            .filter_map(|(name, window)| match name {
                Reference::Limit(id) => Some((id, window)),
                Reference::Term(_)
                | Reference::Measure(_)
                | Reference::Value(_)
                | Reference::Table(_)
                | Reference::Component(_) => None,
            })
            .collect()
    }

    fn windows_of(
        &self,
        name: Reference,
        partner: PartnerIx,
        from: Date,
        until: Date,
    ) -> Vec<(Reference, Window)> {
        self.days_of(partner).map_or_else(Vec::new, |days| {
            windows_of(self.plan(), days, name, from, until)
        })
    }

    /// The edition a formula belongs to.
    pub(crate) fn edition_in(&self, formula: &Expr) -> Option<u16> {
        match self.plan().editions.is_empty() {
            true => None,
            false => edition_in(self.plan(), formula),
        }
    }

    /// The version of the agreement that answers in a window, by its edition; none where the plan has one version.
    #[must_use]
    pub fn edition_at(&self, partner: PartnerIx, window: &Window) -> Option<u16> {
        let days = self.days_of(partner)?;
        let version = days.version_of(window).or_else(|| days.versions.first());
        version.map(|version| version.edition)
    }

    /// Whether a contingency or guardrail is one of the version in force in a window.
    #[must_use]
    pub fn is_in_force(&self, trigger: Trigger, partner: PartnerIx, window: &Window) -> bool {
        let edition = self.edition_at(partner, window);
        let edition = edition.and_then(|edition| self.plan().edition(edition));
        edition.is_none_or(|edition| edition.has_trigger(trigger))
    }

    /// Whether a name belongs to one of a partner's versions.
    pub(crate) fn is_of_partner(&self, name: Reference, partner: PartnerIx) -> bool {
        let edition = self.plan().edition_of(name);
        let days = self.days_of(partner);
        days.is_none_or(|days| days.has_edition(edition))
    }

    /// Whether two earners are one, by whichever version.
    pub(crate) fn is_same_earner(&self, a: Earner, b: Earner) -> bool {
        let plan = self.plan();
        match (a, b) {
            (Earner::Component(a), Earner::Component(b)) => {
                a == b || (!plan.editions.is_empty() && plan[a].name == plan[b].name)
            }
            (Earner::TopUp(a), Earner::TopUp(b)) => {
                a == b || (!plan.editions.is_empty() && plan[a].name == plan[b].name)
            }
            (Earner::Component(_), Earner::TopUp(_)) | (Earner::TopUp(_), Earner::Component(_)) => {
                false
            }
        }
    }

    /// What money is rounded to by the version a name belongs to.
    pub(crate) fn money_of(&self, name: Option<Reference>) -> &'p MoneyRounding {
        let plan = self.plan();
        let edition = name.and_then(|name| plan.edition_of(name));
        match edition.and_then(|edition| plan.edition(edition)) {
            Some(edition) => &edition.money,
            None => &plan.money,
        }
    }
}

/// An earner as whoever lists it refers to it.
pub(crate) fn reference_of(earner: Earner) -> Reference {
    match earner {
        Earner::Component(id) => Reference::Component(id),
        Earner::TopUp(id) => Reference::Limit(id),
    }
}
