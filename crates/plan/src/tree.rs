//! The typed tree of a checked plan: what words, diff, check, schema and the evaluator read.
//!
//! Every name is resolved to an id, every formula carries its type and the place in the text it came from. A tree that
//! exists has passed the check: references point at something, units agree, nothing reaches itself inside one window.
//! The parser's syntax tree never leaves this crate; this one is the single source of meaning.

use std::ops::Index;
use std::sync::Arc;

use trueup_base::calendar::{Calendar, WindowUnit};
use trueup_base::date::{Date, Duration};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;

pub use crate::span::{FileId, Span};

mod formula;
mod governance;
mod several;
mod unsaid;
pub mod walk;
pub use formula::*;
pub use governance::*;
pub use several::Edition;
pub use unsaid::*;

/// Shared text: names and words are written once and read everywhere.
pub type Text = Arc<str>;

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident => $thing:ty, $list:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $id(pub u16);

        impl $id {
            /// The position in the plan's list.
            #[must_use]
            pub fn index(self) -> usize {
                usize::from(self.0)
            }
        }

        impl Index<$id> for Plan {
            type Output = $thing;
            fn index(&self, id: $id) -> &$thing {
                // Ids are only made while the lists are built, so they always point inside.
                &self.$list[id.index()]
            }
        }
    )*};
}

ids! {
    /// A kind of fact.
    KindId => FactKind, kinds;
    /// A term of the agreement.
    TermId => Term, terms;
    /// A measure.
    MeasureId => Measure, measures;
    /// A named value.
    ValueId => NamedValue, values;
    /// A table.
    TableId => Table, tables;
    /// A component.
    ComponentId => Component, components;
    /// A limit over several components.
    LimitId => Limit, limits;
    /// A change agreed beforehand.
    ContingencyId => Contingency, contingencies;
    /// A condition on facts with an effect.
    GuardrailId => Guardrail, guardrails;
    /// A fund.
    FundId => Fund, funds;
    /// A column of the partner directory that the plan reads.
    AttributeId => Attribute, attributes;
}

/// A column of one kind of fact, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId(pub u16);

impl ColumnId {
    /// The position in the kind's list of columns.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A plan that passed its check.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What the plan is called in agreements and commands.
    pub name: Text,
    /// The plan's title, as a reader sees it.
    pub title: Text,
    /// The version both sides sign; empty in a draft that leaves it out.
    pub version: Text,
    /// The plan in one sentence; empty in a draft that leaves it out.
    pub is: Text,
    /// The currency every money figure of the plan is in.
    pub currency: Currency,
    /// Where years start and how they divide.
    pub calendar: Calendar,
    /// The default window of a component.
    pub period: WindowUnit,
    /// The rounding a component ends in unless it says otherwise.
    pub money: MoneyRounding,
    /// The template this plan was expanded from, as `name@version`.
    pub from_template: Option<Text>,
    /// What the plan changes of its template, in the order written.
    pub overrides: Vec<Override>,
    /// The templates with parameters that it uses, in the order written.
    pub uses: Vec<Use>,
    /// What the plan wants to reach, and the names that show it.
    pub objectives: Vec<Objective>,
    /// Kinds of fact the plan reads.
    pub kinds: Vec<FactKind>,
    /// Columns of the partner directory the plan reads.
    pub attributes: Vec<Attribute>,
    /// What each agreement fills in.
    pub terms: Vec<Term>,
    /// Rows to one number.
    pub measures: Vec<Measure>,
    /// Named formulas.
    pub values: Vec<NamedValue>,
    /// Rate tables.
    pub tables: Vec<Table>,
    /// What pays.
    pub components: Vec<Component>,
    /// What holds components together.
    pub limits: Vec<Limit>,
    /// Changes agreed beforehand.
    pub contingencies: Vec<Contingency>,
    /// What is looked out for.
    pub guardrails: Vec<Guardrail>,
    /// Money that is set aside and claimed.
    pub funds: Vec<Fund>,
    /// Every block that says how both sides work together, as it is written: funds, contingencies, bodies, approvals, …
    pub governance: Vec<GovernanceBlock>,
    /// Worked examples written in the plan.
    pub examples: Vec<Example>,
    /// How far back a late or corrected fact may change what was paid; none means to the agreement's start.
    pub reach_back: Option<Duration>,
    /// What the plan leaves out, so that a default holds.
    pub unsaid: Vec<Unsaid>,
    /// The SHA-256, in hex, of the plan's own text and of its templates': what both sides sign of it.
    pub identity: Text,
    /// The whole text of the plan's own file.
    pub span: Span,
    /// Which part of the tree is whose, where it holds several versions; empty in a tree of one.
    pub editions: Vec<Edition>,
}

/// What a component's result is rounded to.
#[derive(Clone, Debug, PartialEq)]
pub struct MoneyRounding {
    /// The step; a result is a multiple of it.
    pub to: Exact,
    /// What happens between two steps.
    pub mode: Rounding,
}

/// One thing a plan changes of its template.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// What is changed, as written: `values.csat_floor`, `components.bonus.at_most`.
    pub target: Text,
    /// The new formula as written, which may mention `was`; none where the thing is taken out.
    pub written: Option<Text>,
    /// Where it is written.
    pub span: Span,
}

/// A template with parameters that a plan uses as a group of names.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// The template, as `name@version`.
    pub template: Text,
    /// What its names begin with.
    pub prefix: Text,
    /// What its parameters are, as written.
    pub with: Vec<(Text, Text)>,
    /// Where it is written.
    pub span: Span,
}

/// A goal and the names that show progress toward it.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// The goal in words.
    pub goal: Text,
    /// Measures and values that show it.
    pub by: Vec<Reference>,
    /// The date it is to be reached by.
    pub until: Option<Date>,
    /// Where it is written.
    pub span: Span,
}

/// A kind of fact, as far as this plan reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct FactKind {
    /// The kind's name, the first word of its columns.
    pub name: Text,
    /// What it is, in words; empty in a draft.
    pub is: Text,
    /// The column that places a row in a window.
    pub dated: ColumnId,
    /// The columns the plan reads.
    pub columns: Vec<Column>,
    /// Who is credited for a row; the first line's role is the default role.
    pub credited: Vec<CreditLine>,
    /// What its facts show, where the plan says so.
    pub shows: Option<Shows>,
    /// The most of the variable pay its rows may move where they are paid on one by one, of 1, where both sides agreed
    /// to a figure.
    pub may_move: Option<Exact>,
    /// Where it is written.
    pub span: Span,
}

impl FactKind {
    /// A column by its name.
    #[must_use]
    pub fn column_named(&self, name: &str) -> Option<ColumnId> {
        let at = self
            .columns
            .iter()
            .position(|column| &*column.name == name)?;
        u16::try_from(at).ok().map(ColumnId)
    }

    /// A column by its id.
    #[must_use]
    pub fn column(&self, id: ColumnId) -> &Column {
        // Column ids are only made while the kind is built, so they always point inside.
        &self.columns[id.index()]
    }
}

/// One column of a kind of fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name, without the kind.
    pub name: Text,
    /// What its cells hold.
    pub of: Type,
}

/// One line of a kind's `credited`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreditLine {
    /// Who gets the credit.
    pub to: CreditTo,
    /// In which role.
    pub role: Text,
    /// Which part of the row, of 1.
    pub share: Exact,
    /// Paid besides the shares that make up the row.
    pub overlay: bool,
    /// Where it is written.
    pub span: Span,
}

/// Who a credit line names.
#[derive(Clone, Debug, PartialEq)]
pub enum CreditTo {
    /// The partner in a column.
    Column(ColumnId),
    /// Every partner above the one in a column.
    Upline(ColumnId),
}

/// A column of the partner directory, such as `partner.type`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name, without `partner.`; `starts` and `ends` are the agreement's dates.
    pub name: Text,
    /// What it holds, found from its use.
    pub of: Type,
}

/// A term: what an agreement fills in.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Its full name, such as `target.net_sales`.
    pub name: Text,
    /// What it is, in words; empty in a draft.
    pub is: Text,
    /// What it holds.
    pub of: Type,
    /// The window the agreed figure is for, when it is shared out to shorter ones.
    pub per: Option<WindowUnit>,
    /// How it is shared out.
    pub spread: Spread,
    /// The figure that holds where an agreement says nothing.
    pub agreed: Option<Expr>,
    /// The figures between which it may be agreed.
    pub within: Option<Within>,
    /// Whether `terms` declares it; a contingency may mention a term that is only found when it happens.
    pub declared: bool,
    /// Where it is written.
    pub span: Span,
}

/// Between which figures something lies, both included; without an end it goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// Not below.
    pub lowest: Option<Exact>,
    /// Not above.
    pub highest: Option<Exact>,
}

impl Within {
    /// Whether a figure lies in it.
    ///
    /// ```
    /// use trueup_base::Exact;
    /// use trueup_plan::tree::Within;
    ///
    /// let from_zero = Within { lowest: Some(Exact::ZERO), highest: None };
    /// assert!(from_zero.holds(&Exact::ZERO) && !from_zero.holds(&Exact::from_int(-1)));
    /// ```
    #[must_use]
    pub fn holds(&self, figure: &Exact) -> bool {
        self.lowest.as_ref().is_none_or(|lowest| lowest <= figure)
            && self
                .highest
                .as_ref()
                .is_none_or(|highest| figure <= highest)
    }
}

/// How a term with `per` is shared out to shorter windows.
#[derive(Clone, Debug, PartialEq)]
pub enum Spread {
    /// By months.
    Even,
    /// By days.
    Days,
    /// By listed weights, one for each part of equal length.
    Weights(Vec<Exact>),
}

/// A measure: rows to one number.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Its name.
    pub name: Text,
    /// What it is, in words; empty in a draft.
    pub is: Text,
    /// Who validates it; empty in a draft.
    pub validated_by: Text,
    /// Where it comes from, where that is not the feed's own word.
    pub source: Text,
    /// Where it is disputed, where that is not the feed's own word.
    pub disputed_in: Text,
    /// What it shows, where the plan says so; otherwise what the facts of its kind show.
    pub shows: Option<Shows>,
    /// The most of the variable pay it may move, of 1, where both sides agreed to a figure.
    pub may_move: Option<Exact>,
    /// The figures between which it lies in one period of the plan.
    pub within: Option<Within>,
    /// How rows become one number.
    pub fold: Fold,
    /// The kind of fact it reads.
    pub kind: KindId,
    /// What is folded, asked on each row; none for a count of rows.
    pub of: Option<Expr>,
    /// Which rows count, asked on each row.
    pub filter: Option<Expr>,
    /// The column that places a row in a window.
    pub at: ColumnId,
    /// The role whose credits count.
    pub role: Text,
    /// The key of a keyed measure, asked on each row.
    pub by: Option<Expr>,
    /// The declared keys; empty when they come from the rows.
    pub keys: Vec<Text>,
    /// The type of its answer.
    pub answers: Type,
    /// Where it is written.
    pub span: Span,
}

/// What figures show: what comes of the work, or the work itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shows {
    /// What was sold.
    Revenue,
    /// What was left of it.
    Profitability,
    /// What customers have of it: that they stay, use it, are glad.
    CustomerOutcome,
    /// What the partner does itself, whatever comes of it.
    Activity,
}

impl Shows {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Revenue,
        Self::Profitability,
        Self::CustomerOutcome,
        Self::Activity,
    ];

    /// The word a plan writes for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Profitability => "profitability",
            Self::CustomerOutcome => "customer_outcome",
            Self::Activity => "activity",
        }
    }
}

/// How rows become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fold {
    /// Added, weighted by the credit's share.
    Sum,
    /// Counted, weighted by the credit's share.
    Count,
    /// Different answers counted, not weighted.
    CountDistinct,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The one of the latest date, then of the greatest fact id.
    Latest,
}

/// A named formula.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedValue {
    /// Its name.
    pub name: Text,
    /// What it is, in words; empty in a draft.
    pub is: Text,
    /// The formula.
    pub formula: Expr,
    /// Where it can be asked.
    pub level: Level,
    /// The step of a carried value: it is asked in every window of this unit.
    pub every: Option<WindowUnit>,
    /// Its keys: it has one figure for each of what a column says, such as each contract; none where it has one figure.
    pub each: Option<ValueKeys>,
    /// Whether it reaches itself through `previous`.
    pub carried: bool,
    /// Where it is written.
    pub span: Span,
}

/// The keys of a value: what a column says on the partner's rows since the agreement's start.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueKeys {
    /// The kind of the rows.
    pub kind: KindId,
    /// The column, of type text or partner.
    pub column: ColumnId,
    /// The role whose credits count.
    pub role: Text,
}

/// Where a formula can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Anywhere: it reads nothing, or only the window.
    Constant,
    /// Once for the whole program.
    Program,
    /// For a partner.
    Partner,
    /// On a credited row of one kind.
    Row(KindId),
}

/// A table: a weighted sum of its bands.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: Text,
    /// What it is, in words; empty in a draft.
    pub is: Text,
    /// How the bands become one number.
    pub reading: Reading,
    /// One axis for each argument; `each_band` and `line` have exactly one.
    pub axes: Vec<Axis>,
    /// The columns of a band; a grid has one, `cell`.
    pub columns: Vec<Column>,
    /// The cells, the last axis changing fastest, all columns of one band together.
    pub cells: Vec<Expr>,
    /// The type of its answer.
    pub answers: Type,
    /// Whether its formulas and cells read names that need a partner.
    pub level: Level,
    /// An agreed cliff and the reason both sides gave for it.
    pub cliff: Option<Text>,
    /// Where it is written.
    pub span: Span,
}

impl Table {
    /// The cell of a band's column; `bands` holds one position for each axis.
    #[must_use]
    pub fn cell(&self, bands: &[usize], column: usize) -> Option<&Expr> {
        let mut at = 0usize;
        for (axis, band) in self.axes.iter().zip(bands) {
            at = at * axis.bounds.len() + band;
        }
        self.cells.get(at * self.columns.len() + column)
    }
}

/// How a table's bands become one number.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// The formula's sum over every band entered, lowest first.
    EachBand(Expr),
    /// The formula in the band the argument is in.
    OneBand(Expr),
    /// Straight lines between the points of a column (its position), level outside.
    Line(usize),
}

/// One argument of a table and its bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The argument's name inside the table.
    pub argument: Text,
    /// The argument's type.
    pub of: Type,
    /// Rising bounds, or keys.
    pub bounds: Vec<Bound>,
}

/// Where a band begins, or what it answers to.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The convention and the figure.
    pub is: BoundKind,
    /// Where it is written.
    pub span: Span,
}

/// The convention of a bound.
#[derive(Clone, Debug, PartialEq)]
pub enum BoundKind {
    /// Open below.
    Lowest,
    /// From here on, this included.
    From(Expr),
    /// Above this, which belongs to the band below.
    Above(Expr),
    /// A point of a line.
    At(Expr),
    /// Exactly this, a text or a number.
    Equals(Expr),
    /// Whatever no other band answers to.
    Otherwise,
}

/// A component: one thing that pays.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name.
    pub name: Text,
    /// What it is, in words; empty in a draft.
    pub is: Text,
    /// Who has it (`for`); none means everyone.
    pub applies: Option<Expr>,
    /// The window of the entitlement.
    pub over: WindowUnit,
    /// How often it is settled.
    pub every: WindowUnit,
    /// What must hold, asked once for the window.
    pub gate: Option<Expr>,
    /// The rows it pays on; none means once for the window.
    pub each: Option<Each>,
    /// What it pays.
    pub pays: Expr,
    /// The floor.
    pub at_least: Option<Expr>,
    /// The cap.
    pub at_most: Option<Expr>,
    /// The one rounding it ends in; none where what it grants is not rounded (a count, a flag).
    pub rounding: Option<MoneyRounding>,
    /// When what is earned becomes payable; empty means all at settlement.
    pub paid: Vec<Instalment>,
    /// Where a negative posting is taken from; none means the default.
    pub recovers: Option<Recovery>,
    /// What it grants.
    pub grants: Grant,
    /// Why it has no upper bound, when both sides agreed to that.
    pub uncapped: Option<Text>,
    /// An agreed cliff and the reason both sides gave for it.
    pub cliff: Option<Text>,
    /// Components that are meant to pay on the same rows.
    pub stacks_with: Vec<ComponentId>,
    /// Where it is written.
    pub span: Span,
}

/// The rows a component pays on.
#[derive(Clone, Debug, PartialEq)]
pub struct Each {
    /// Their kind.
    pub kind: KindId,
    /// The role whose credits count.
    pub role: Text,
    /// Which of them.
    pub filter: Option<Expr>,
}

/// What a component grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// Money in the plan's currency.
    Money,
    /// A number of goods.
    Count,
    /// Credit in a fund.
    Fund,
    /// A standing, such as a badge.
    Flag,
}

impl Grant {
    /// The word a plan uses for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Count => "count",
            Self::Fund => "fund",
            Self::Flag => "flag",
        }
    }
}

/// One line of a payment schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Instalment {
    /// Which part, of 1.
    pub share: Exact,
    /// When.
    pub when: InstalmentWhen,
    /// On which condition, asked in the period of the release.
    pub condition: Option<Expr>,
    /// Whether a false condition waits for the next period and does not forfeit.
    pub waits: bool,
    /// Where it is written.
    pub span: Span,
}

/// When an instalment becomes payable.
#[derive(Clone, Debug, PartialEq)]
pub enum InstalmentWhen {
    /// At settlement.
    AtSettlement,
    /// So long after the window's end.
    After(Duration),
    /// On a date.
    On(Date),
}

/// Where a negative posting is taken from.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// In this order.
    pub from: Vec<RecoverFrom>,
    /// At most this part of each payout.
    pub at_most: Option<Exact>,
    /// Until so long after.
    pub within: Option<Duration>,
}

/// A place a recovery is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecoverFrom {
    /// Money held back.
    Held,
    /// Payouts to come.
    NextPayouts,
    /// An invoice to the partner.
    Invoice,
}

/// A limit over several components.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Its name.
    pub name: Text,
    /// What it is, in words; empty in a draft.
    pub is: Text,
    /// The components and limits it holds, in the listed order.
    pub on: Vec<Reference>,
    /// The window it holds over.
    pub over: WindowUnit,
    /// The most.
    pub at_most: Option<Expr>,
    /// The least; what is missing is a line of its own, `top_up`.
    pub at_least: Option<Expr>,
    /// Who gives way.
    pub cut: Cut,
    /// Where it is written.
    pub span: Span,
}

/// Who gives way under a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cut {
    /// The last listed first.
    LastFirst,
    /// All in proportion, by largest remainder.
    ProRata,
}

/// A worked example in the plan: its case's name, or facts and figures in place.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The case it refers to, a folder's name.
    pub case: Text,
    /// Where it is written.
    pub span: Span,
}

/// Anything a list of names may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// A term.
    Term(TermId),
    /// A measure.
    Measure(MeasureId),
    /// A named value.
    Value(ValueId),
    /// A table.
    Table(TableId),
    /// A component.
    Component(ComponentId),
    /// A limit.
    Limit(LimitId),
}
