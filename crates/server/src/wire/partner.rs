//! Partners: the list, and one partner's home.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::shared::{Figure, Money, Standing};

/// Which partners are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PartnersAsked {
    /// Only partners whose id or name holds this text, whatever its capital letters.
    #[param(max_length = 200)]
    pub holds: Option<String>,
    /// Only partners under this plan.
    #[param(max_length = 200)]
    pub plan: Option<String>,
    /// The partner after whose id the page begins: `next` of the page before.
    #[param(max_length = 200)]
    pub after: Option<String>,
    /// How many partners a page has at most; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
}

/// One partner in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerShort {
    /// The partner's id.
    pub id: String,
    /// What the directory calls it; its id where it says nothing.
    pub name: String,
    /// The plan of its agreement that holds last, by name.
    pub plan: String,
    /// The plan's title.
    pub plan_title: String,
    /// The first day of that agreement.
    #[schema(example = "2026-01-01")]
    pub agreement_starts_on: String,
    /// What the directory says of it besides, by column.
    pub attributes: BTreeMap<String, String>,
}

/// A page of the list of partners, by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerPage {
    /// The partners.
    pub partners: Vec<PartnerShort>,
    /// How many there are in all pages.
    pub total: u64,
    /// What `after` must be for the next page; none on the last.
    pub next: Option<String>,
}

/// A version of a partner's agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgreementShort {
    /// Its name.
    pub name: String,
    /// Its plan, by name.
    pub plan: String,
    /// The plan's title.
    pub plan_title: String,
    /// The plan's version.
    pub plan_version: String,
    /// The plan in one sentence.
    pub plan_is: String,
    /// Its first day.
    pub starts_on: String,
    /// The first day it no longer holds; none where it has no end.
    pub ends_until: Option<String>,
}

/// One partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Partner {
    /// The partner's id.
    pub id: String,
    /// What the directory calls it; its id where it says nothing.
    pub name: String,
    /// The partner above it in the directory; none where there is none.
    pub parent: Option<String>,
    /// What the directory says of it besides, by column.
    pub attributes: BTreeMap<String, String>,
    /// The versions of its agreement, the earliest first.
    pub agreements: Vec<AgreementShort>,
}

/// Where a partner's money stands in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MoneyStanding {
    /// The currency's ISO 4217 code; every amount below is in it, as a decimal text.
    pub currency: String,
    /// All that was earned until now.
    pub earned: String,
    /// Of it, what a payment schedule or a dispute keeps.
    pub held: String,
    /// Of it, what may be paid and nobody was told to pay yet.
    pub payable: String,
    /// Of it, what the bank was told to pay and has not reported.
    pub ordered: String,
    /// Of it, what was paid.
    pub paid: String,
    /// What was paid and is owed back.
    pub owed_back: String,
    /// Of it, what was earned in periods that are not closed: it is provisional and stands on no account yet.
    pub open: String,
}

/// What a partner earned in one period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeriodEarned {
    /// The period as the calendar names it.
    #[schema(example = "2026-Q1")]
    pub period: String,
    /// Its first day.
    pub starts_on: String,
    /// Its last day.
    pub ends_on: String,
    /// Whether its figures can still change.
    pub standing: Standing,
    /// What it posts in all, corrections of earlier periods with it.
    pub total: Money,
    /// How many of its lines have no figure yet.
    pub open_lines: u64,
}

/// The way to the next band of a rate table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Progress {
    /// The component that reads the table.
    pub component: String,
    /// What the component is, in words.
    pub component_is: String,
    /// The table.
    pub table: String,
    /// What the table is, in words.
    pub table_is: String,
    /// What the table is asked with, in words or by its name.
    pub measured: String,
    /// How far the partner is.
    pub reached: Figure,
    /// The band it is in, in words: `from 1,000`; none below the first.
    pub band: Option<String>,
    /// What the band holds, by column.
    pub cells: BTreeMap<String, Figure>,
    /// Where the next band begins; none in the last.
    pub next_from: Option<Figure>,
    /// How much is left to the next band; none in the last.
    pub left: Option<Figure>,
    /// What the next band holds, by column; empty in the last.
    pub next_cells: BTreeMap<String, Figure>,
    /// How far the partner is between the band's beginning and the next, of 100, rounded down; none in the last band. For
    /// drawing only.
    pub percent: Option<u8>,
    /// How much more the latest period would post if the next band were reached by the nearest change of one measure, all
    /// else as it is, as the engine works it out; none in the last band, or where no one measure reaches it.
    pub worth: Option<Money>,
}

/// A change of one measure that would pay more, as the engine works it out: the nearest one that goes another way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Gain {
    /// The measure, by its name in the plan.
    pub measure: String,
    /// What it measures, in words.
    pub is: String,
    /// What it is in the latest period.
    pub was: Figure,
    /// What it would be.
    pub becomes: Figure,
    /// How much that is more, or less.
    pub added: Figure,
    /// How much more the latest period would post, all else as it is.
    pub more: Money,
    /// What would go another way, in the plan's own words.
    pub because: Vec<String>,
}

/// How close a component is to the most it pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CapProgress {
    /// The component.
    pub component: String,
    /// What it is, in words.
    pub is: String,
    /// The most it pays in its window.
    pub most: Money,
    /// What it pays as it stands.
    pub pays: Money,
    /// What may still be earned under the cap.
    pub left: Money,
    /// How much of the cap is used, of 100, rounded down. For drawing only.
    pub percent: u8,
}

/// What shows progress toward an objective.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ObjectiveFigure {
    /// What is measured, in words.
    pub is: String,
    /// How far it is.
    pub figure: Figure,
}

/// An objective, and what shows progress toward it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ObjectiveProgress {
    /// The goal, in words.
    pub goal: String,
    /// The day it is to be reached by; none where the plan names none.
    pub until: Option<String>,
    /// What shows it.
    pub by: Vec<ObjectiveFigure>,
}

/// Something that happens on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NextDate {
    /// The day.
    pub on: String,
    /// What happens, in words.
    pub what: String,
    /// How much it is about; none where it is about no amount.
    pub money: Option<Money>,
}

/// How fresh the facts of one source are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceFresh {
    /// The source.
    pub source: String,
    /// What it is, in words.
    pub is: String,
    /// The day of its last delivery; none where nothing was delivered.
    pub last_delivery_on: Option<String>,
    /// The day by which the next one is due; none where the source promises nothing.
    pub due_on: Option<String>,
    /// By how many days it is late; none where it is not.
    pub late_days: Option<i64>,
}

/// How fresh the facts behind figures are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Freshness {
    /// The number of the snapshot, which grows by one with each delivery.
    pub snapshot: u64,
    /// The sources whose facts the partner's plan reads.
    pub sources: Vec<SourceFresh>,
}

/// A partner's home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerHome {
    /// The partner.
    pub partner: Partner,
    /// Where its money stands, a line for each currency.
    pub money: Vec<MoneyStanding>,
    /// The latest period; none before the first one ends.
    pub now: Option<PeriodEarned>,
    /// Every period, the earliest first.
    pub periods: Vec<PeriodEarned>,
    /// The way to next bands.
    pub progress: Vec<Progress>,
    /// How close components are to the most they pay.
    pub caps: Vec<CapProgress>,
    /// The nearest changes that would pay more, the smallest first, at most 8.
    pub gains: Vec<Gain>,
    /// Objectives, and how far they are.
    pub objectives: Vec<ObjectiveProgress>,
    /// What happens next, by day.
    pub next_dates: Vec<NextDate>,
    /// How fresh the facts are.
    pub freshness: Freshness,
    /// How many of its disputes are open.
    pub open_disputes: u64,
    /// What a reader should know about the facts.
    pub notes: Vec<String>,
}
