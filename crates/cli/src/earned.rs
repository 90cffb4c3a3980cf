//! What a run says: one line for each partner, settlement and earner.

use serde::Serialize;
use serde_json::{Value, json};
use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;
use trueup_books::Key;
use trueup_engine::payouts::Moved;
use trueup_engine::settle::{Earner, Line};
use trueup_engine::{Answer, Number};
use trueup_plan::tree::{Grant, NoAnswerKind, Plan, Reference, Text};

use crate::output;

/// An earner as whoever lists it refers to it.
pub fn reference_of(earner: Earner) -> Reference {
    match earner {
        Earner::Component(id) => Reference::Component(id),
        Earner::TopUp(id) => Reference::Limit(id),
    }
}

/// An earner's name as lines have it.
pub fn name_of(plan: &Plan, earner: Earner) -> Text {
    match earner {
        Earner::Component(id) => plan[id].name.clone(),
        Earner::TopUp(id) => format!("{}.top_up", plan[id].name).into(),
    }
}

/// What the plan is called that an earner stands in, of several versions.
pub fn called(plan: &Plan, earner: Earner) -> &Text {
    plan.edition_of(reference_of(earner))
        .and_then(|edition| plan.edition(edition))
        .map_or(&plan.name, |edition| &edition.called)
}

/// What became of some of an earner's money.
#[derive(Clone, Debug)]
pub struct MovedAmount {
    /// What was posted.
    pub key: Key,
    /// What became of it.
    pub what: Moved,
    /// How much.
    pub amount: Exact,
}

/// What became of a fund in one of its periods.
#[derive(Clone, Debug)]
pub struct FundAmounts {
    /// What is posted: the fund stands for the component, and the period's last day for the settlement.
    pub key: Key,
    /// What was set aside, what claims got and what expired; nothing where something has no answer yet.
    pub amounts: Option<[Exact; 3]>,
}

/// Whether a settlement has its figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It has.
    Known,
    /// Something that should be there is not: waiting for it.
    Missing,
    /// The plan does not say what then holds.
    Undefined,
}

impl Status {
    /// The status as one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Missing => "missing",
            Self::Undefined => "undefined",
        }
    }
}

/// One line of a run.
#[derive(Clone, Debug)]
pub struct Earned {
    /// Who.
    pub partner: PartnerId,
    /// Under which plan.
    pub plan: Text,
    /// In which currency, for money and fund credit.
    pub currency: Currency,
    /// What earned it.
    pub earner: Earner,
    /// The component, or a limit's `top_up`.
    pub component: Text,
    /// What it is, in words.
    pub is: Text,
    /// What it grants.
    pub grants: Grant,
    /// The settlement.
    pub settlement: Window,
    /// The settlement as the calendar names it.
    pub period: String,
    /// Whether it has its figure.
    pub status: Status,
    /// The entitlement to date, under all limits.
    pub to_date: Option<Exact>,
    /// What was posted before.
    pub before: Exact,
    /// What this settlement posts; none where nothing can be said.
    pub posted: Option<Exact>,
    /// The open questions.
    pub open: Vec<String>,
}

impl Earned {
    /// The line of a settlement.
    pub fn from_line(plan: &Plan, partner: &PartnerId, line: &Line<Answer>) -> Self {
        let component = name_of(plan, line.earner);
        let (is, grants) = match line.earner {
            Earner::Component(id) => (plan[id].is.clone(), plan[id].grants),
            Earner::TopUp(id) => (plan[id].is.clone(), Grant::Money),
        };
        let is_missing = line
            .open
            .iter()
            .any(|reason| reason.kind == NoAnswerKind::Missing);
        let status = match (line.open.is_empty(), is_missing) {
            (true, _) => Status::Known,
            (false, true) => Status::Missing,
            (false, false) => Status::Undefined,
        };
        let posted = line
            .posted
            .figure()
            .filter(|posted| line.open.is_empty() || !posted.is_zero())
            .cloned();
        Self {
            partner: partner.clone(),
            plan: called(plan, line.earner).clone(),
            currency: plan.currency,
            earner: line.earner,
            component,
            is,
            grants,
            settlement: line.settlement,
            period: plan.calendar.label(&line.settlement),
            status,
            to_date: line.to_date.figure().cloned(),
            before: line.before.figure().cloned().unwrap_or(Exact::ZERO),
            posted,
            open: line
                .open
                .iter()
                .map(|reason| reason.why.to_string())
                .collect(),
        }
    }

    /// A figure of the line for programs: exact, at the currency's places where that loses nothing, else with all its
    /// digits.
    pub fn exact(&self, figure: &Exact) -> String {
        exact_at(figure, self.places())
    }

    /// A figure of the line for people.
    pub fn shown(&self, figure: &Exact) -> String {
        output::money(figure, self.places())
    }

    /// The posted figure for programs; empty where nothing is posted.
    pub fn posted_text(&self) -> String {
        self.posted
            .as_ref()
            .map(|posted| self.exact(posted))
            .unwrap_or_default()
    }

    fn places(&self) -> u32 {
        match self.grants {
            Grant::Money | Grant::Fund => self.currency.places(),
            Grant::Count | Grant::Flag => 0,
        }
    }

    /// The line for programs.
    pub fn to_json(&self) -> Value {
        json!(self.written())
    }

    /// The line as it is written for programs.
    pub fn written(&self) -> Written<'_> {
        let text = |figure: &Exact| self.exact(figure);
        Written {
            partner: self.partner.as_str(),
            plan: &self.plan,
            period: &self.period,
            settled_until: self.settlement.last().to_string(),
            component: &self.component,
            is: &self.is,
            currency: self.currency.code(),
            grants: self.grants.word(),
            status: self.status.word(),
            to_date: self.to_date.as_ref().map(text),
            before: text(&self.before),
            posted: self.posted.as_ref().map(text),
            open: &self.open,
        }
    }
}

/// A line of a run as programs read it: in `--format json`, and as it is kept.
#[derive(Debug, Serialize)]
pub struct Written<'a> {
    partner: &'a str,
    plan: &'a str,
    period: &'a str,
    settled_until: String,
    component: &'a str,
    is: &'a str,
    currency: &'static str,
    grants: &'static str,
    status: &'static str,
    to_date: Option<String>,
    before: String,
    posted: Option<String>,
    open: &'a [String],
}

/// A figure for programs: exact, at these places where that loses nothing, else with all its digits.
pub fn exact_at(figure: &Exact, places: u32) -> String {
    if figure.to_scaled(places).is_some() {
        figure.to_fixed(places, Rounding::HalfAway)
    } else {
        figure.to_string()
    }
}
