//! Statements, their lines, and what differs between two of them.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::dispute::DisputeShort;
use super::partner::{ObjectiveProgress, PeriodEarned};
use super::shared::{Figure, Money, NamedFigure, Permitted, Standing};

/// A partner's statements, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatementList {
    /// The partner's id.
    pub partner: String,
    /// The statements.
    pub statements: Vec<PeriodEarned>,
}

/// Whether a line has its figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LineStatus {
    /// It has.
    Known,
    /// Something that should be there is not: waiting for it.
    Missing,
    /// The plan does not say what then holds.
    Undefined,
}

/// What a line grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LineGrants {
    /// Money.
    Money,
    /// Credit in a fund, in money.
    Fund,
    /// A number of goods.
    Count,
    /// A standing, such as a badge.
    Flag,
}

/// A band of a table that a line went through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Band {
    /// The table.
    pub table: String,
    /// Which bands, one for each argument: `from 1,000`, `equals gold`.
    pub bands: Vec<String>,
    /// What the table was asked with: the base.
    pub arguments: Vec<NamedFigure>,
    /// The band's upper bound and the slice of the argument that lies in it, where the band has them.
    pub bounds: Vec<NamedFigure>,
    /// What the band holds: the rate.
    pub cells: Vec<NamedFigure>,
}

/// What becomes of a line's money on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LinePaid {
    /// What, in words: `released on 2026-04-30`, `held until 2026-07-01`.
    pub what: String,
    /// How much.
    pub money: Money,
}

/// A line of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Line {
    /// The line's id inside its statement; in paths it stands as it is written here.
    #[schema(example = "volume_bonus@2026-03-31")]
    pub id: String,
    /// The component, or a limit's `top_up`.
    pub component: String,
    /// What it is, in words.
    pub is: String,
    /// The plan's own words for the component, as both sides signed them.
    pub clause: Clause,
    /// The plan, by name.
    pub plan: String,
    /// What it grants. Of `money` and `fund` the amounts below are in `currency`, of the others they are numbers.
    pub grants: LineGrants,
    /// The currency's ISO 4217 code.
    pub currency: String,
    /// The last day of what is settled.
    pub settled_on: String,
    /// What is settled, as the calendar names it.
    pub period: String,
    /// Whether it has its figure.
    pub status: LineStatus,
    /// The entitlement to date, as a decimal text; none where nothing can be said.
    pub to_date: Option<String>,
    /// What was posted before, as a decimal text.
    pub before: String,
    /// What this line posts, as a decimal text; none where nothing can be said.
    pub posted: Option<String>,
    /// Why it has no figure yet, in words.
    pub open: Vec<String>,
    /// The bands its figure went through: rate, base and band.
    pub bands: Vec<Band>,
    /// The gates it passed or did not, and what they answered.
    pub gates: Vec<NamedFigure>,
    /// The objectives of the plan that its figures show, in words.
    pub objectives: Vec<String>,
    /// What became or becomes of its money, by day.
    pub paid: Vec<LinePaid>,
    /// How the partner is paid, in words; none where no payment profile is there.
    pub route: Option<String>,
    /// The line's latest dispute; none where nobody disputed it.
    pub dispute: Option<DisputeShort>,
    /// Whether the one who asks may dispute it now.
    pub may_dispute: Permitted,
}

/// Where a component is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Clause {
    /// The file inside the program's folder.
    pub file: String,
    /// Its first line there, from 1.
    pub line: u32,
    /// The text.
    pub text: String,
}

/// What became known of a closed settlement after it was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Correction {
    /// The component.
    pub component: String,
    /// The last day of what is corrected.
    pub settled_on: String,
    /// What it adds.
    pub money: Money,
}

/// A contingency or guardrail that is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct On {
    /// What it is called, and what it is.
    pub name: String,
    /// What it does, in words; or why it has no answer.
    pub says: String,
}

/// What moved a fund in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FundStanding {
    /// The fund.
    pub fund: String,
    /// `opening`, `accrued`, `reimbursed`, `expired` and `closing`, as far as they have an answer.
    pub figures: Vec<FundFigure>,
    /// Why something has no answer.
    pub open: Vec<String>,
}

/// One figure of a fund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FundFigure {
    /// Which.
    pub what: String,
    /// How much.
    pub money: Money,
}

/// Whether a partner accepted a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AcceptanceState {
    /// Its period is not closed, so there is nothing to accept yet.
    NotClosed,
    /// It can be accepted, or its lines disputed.
    Open,
    /// The partner accepted it.
    Accepted,
    /// Nobody disputed it in the time that the plan states, which accepts it.
    BySilence,
}

/// Where a partner stands with a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Acceptance {
    /// Whether it is accepted.
    pub state: AcceptanceState,
    /// The last day on which its lines can be, or could be, disputed; whoever says nothing until then accepts it. None where it
    /// is not closed, was accepted, or the plan states no time.
    pub last_day: Option<String>,
    /// The instant at which it was accepted.
    pub accepted_on: Option<String>,
    /// Who accepted it, by the id that the journal has.
    pub accepted_by: Option<String>,
    /// How one of the partner's own people who did is called; none of anybody else.
    pub accepted_by_name: Option<String>,
    /// Whether the key that signs for the partner is kept by this server, so that what it signs is called custodial.
    pub is_custodial: bool,
    /// The day until which everything is closed: what accepting now accepts. None where nothing is closed.
    pub until: Option<String>,
    /// Whether the one who asks may accept now.
    pub may_accept: Permitted,
}

impl Acceptance {
    /// Of a period that is not closed.
    #[must_use]
    pub fn not_closed() -> Self {
        Self {
            state: AcceptanceState::NotClosed,
            last_day: None,
            accepted_on: None,
            accepted_by: None,
            accepted_by_name: None,
            is_custodial: false,
            until: None,
            may_accept: Permitted::no(
                "the period is not closed, and its figures can still change; what is closed is accepted",
            ),
        }
    }
}

/// Accepting what is closed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptAsked {
    /// The day until which everything is closed, as it was shown; refused where more was closed meanwhile.
    #[schema(example = "2026-03-31")]
    pub until: String,
}

/// What a partner accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AcceptedUntil {
    /// The partner's id.
    pub partner: String,
    /// The last day of what it accepted.
    pub until: String,
}

/// A document that a statement is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Paper {
    /// To read and keep.
    Pdf,
    /// A workbook.
    Xlsx,
}

/// One partner's period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Statement {
    /// The partner's id.
    pub partner: String,
    /// What the directory calls it.
    pub partner_name: String,
    /// The plan in force, by name.
    pub plan: String,
    /// Its version.
    pub plan_version: String,
    /// Its title.
    pub title: String,
    /// Plan, agreement and facts behind it, in words.
    pub under: String,
    /// The period as the calendar names it.
    pub period: String,
    /// Its first day.
    pub starts_on: String,
    /// Its last day.
    pub ends_on: String,
    /// Whether its figures can still change.
    pub standing: Standing,
    /// The day everything until which is closed; none where the period is open.
    pub closed_until: Option<String>,
    /// The currency's ISO 4217 code.
    pub currency: String,
    /// Objectives, and how far they are.
    pub objectives: Vec<ObjectiveProgress>,
    /// The lines.
    pub lines: Vec<Line>,
    /// What all lines of money post.
    pub total: Money,
    /// Corrections of closed periods that fall into this one.
    pub corrections: Vec<Correction>,
    /// The total with its corrections.
    pub total_with_corrections: Money,
    /// Contingencies and guardrails that are on.
    pub on: Vec<On>,
    /// What leaves in the period by day, and what waits to be more, where the plan names a smallest payout.
    pub leaves: Vec<LinePaid>,
    /// Funds.
    pub funds: Vec<FundStanding>,
    /// What a reader should know about the facts.
    pub notes: Vec<String>,
    /// Whether the partner accepted it.
    pub acceptance: Acceptance,
    /// The period before, if it has a statement.
    pub previous: Option<String>,
    /// The period after, if it has a statement.
    pub next: Option<String>,
}

/// How much of an explanation is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExplanationAsked {
    /// Whether measures are walked down to the rows that count; false where nothing is said.
    pub rows: Option<bool>,
}

/// Why a line posts what it posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineExplanation {
    /// The partner's id.
    pub partner: String,
    /// The statement's period.
    pub period: String,
    /// The line's id.
    pub line: String,
    /// Plan, agreement and facts behind it, in words.
    pub under: String,
    /// The explanation in plain words, a sentence each.
    pub words: Vec<String>,
    /// The plan's own words for the component.
    pub clause: Clause,
    /// What was earned since the agreement began, under all limits; none where nothing can be said.
    pub to_date: Option<String>,
    /// What was posted before.
    pub before: String,
    /// What this line posts; none where nothing can be said.
    pub posted: Option<String>,
    /// The currency's ISO 4217 code.
    pub currency: String,
    /// The same question with all that is known now, where it has another answer; the next settlement posts the difference.
    pub since: Option<Figure>,
    /// The evaluated graph behind the figure.
    pub tree: Explanation,
    /// What a reader should know about the facts.
    pub notes: Vec<String>,
}

/// A node of the evaluated graph, and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Explanation {
    /// What it is about: `component`, `limit`, `value`, `measure`, `term`, `given`, `formula`, `contingency`, `guardrail`,
    /// `was`, `changed`, `band`, `row`, `left out`.
    pub about: String,
    /// Its name, or the formula as written.
    pub name: String,
    /// Which part of its component it is, such as `gate`, `pays` or `at most`; empty otherwise.
    pub part: String,
    /// What it is, in words; empty where the plan says nothing.
    pub is: String,
    /// The formula behind the name, as the plan has it; none where there is none.
    pub formula: Option<String>,
    /// For whom.
    pub partner: String,
    /// In which period, as the calendar names it.
    pub period: String,
    /// The answer.
    pub figure: Figure,
    /// For a band: what it knows.
    pub band: Option<Band>,
    /// For a row: which.
    pub row: Option<ExplainedRow>,
    /// For a measure that was walked down to its rows: how many count.
    pub rows: Option<u64>,
    /// Whether it was spelled out before, so that its inputs are not repeated.
    pub is_repeated: bool,
    /// Whether its inputs are left out because the tree is deep enough.
    pub is_cut: bool,
    /// What it was made from.
    #[schema(no_recursion)]
    pub inputs: Vec<Explanation>,
}

/// A credited row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExplainedRow {
    /// Its kind of fact.
    pub kind: String,
    /// The fact's id.
    pub id: String,
    /// The day that places it; none where it has none.
    pub on: Option<String>,
    /// Which part of it is credited, of 1, exactly.
    pub share: String,
    /// How many steps the credited partner stands above the row's own.
    pub level: u32,
}

/// What differs between a statement and the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Comparison {
    /// The partner's id.
    pub partner: String,
    /// The period before.
    pub before: PeriodEarned,
    /// The period.
    pub after: PeriodEarned,
    /// What the totals differ by.
    pub difference: Money,
    /// The components that either has, the greatest difference first.
    pub components: Vec<ComponentDifference>,
}

/// What one component posts in two periods, and what lies behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComponentDifference {
    /// The component.
    pub component: String,
    /// What it is, in words.
    pub is: String,
    /// What it posted before, as a decimal text; none where it had no line, or no figure.
    pub before: Option<String>,
    /// What it posts now.
    pub after: Option<String>,
    /// The difference, what has no figure counted as nothing posted.
    pub difference: String,
    /// The currency's ISO 4217 code; none for what grants no money.
    pub currency: Option<String>,
    /// The figures it was worked out from that differ, in the order of the explanation.
    pub because: Vec<FigureDifference>,
}

/// A figure of an explanation that differs between two periods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FigureDifference {
    /// Its name in the plan.
    pub name: String,
    /// What it is, in words; empty where the plan says nothing.
    pub is: String,
    /// What it was; none where it was not asked.
    pub before: Option<Figure>,
    /// What it is now; none where it is not asked.
    pub after: Option<Figure>,
}
