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
    /// Checked text whose workflow lives elsewhere: funds, bodies, approvals, reviews, disputes, …
    pub governance: Vec<GovernanceBlock>,
    /// Worked examples written in the plan.
    pub examples: Vec<Example>,
}

/// What a component's result is rounded to.
#[derive(Clone, Debug, PartialEq)]
pub struct MoneyRounding {
    /// The step; a result is a multiple of it.
    pub to: Exact,
    /// What happens between two steps.
    pub mode: Rounding,
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
    /// Where it is written.
    pub span: Span,
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
    /// Whether it reaches itself through `previous`.
    pub carried: bool,
    /// Where it is written.
    pub span: Span,
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

/// A block of governance: text that was checked for form and names.
#[derive(Clone, Debug, PartialEq)]
pub struct GovernanceBlock {
    /// Which block: `funds`, `contingencies`, `guardrails`, `bodies`, `approvals`, `reviews`, `disputes`, `winding_down`.
    pub block: Text,
    /// The entry's name; empty where the block has no entries.
    pub name: Text,
    /// Keys and what they say, in the order written.
    pub says: Vec<(Text, Text)>,
    /// Formulas among them, typed.
    pub formulas: Vec<(Text, Expr)>,
    /// Where it is written.
    pub span: Span,
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

/// What a formula answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// An exact number with its unit.
    Number(Unit),
    /// A day.
    Date,
    /// A length of time.
    Duration,
    /// True or false.
    Flag,
    /// Text.
    Text,
    /// A partner.
    Partner,
}

/// The unit of a number: powers of money, count and score; a ratio has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit {
    /// The power of money.
    pub money: i8,
    /// The power of count.
    pub count: i8,
    /// The power of score.
    pub score: i8,
}

impl Unit {
    /// A plain ratio.
    pub const RATIO: Self = Self {
        money: 0,
        count: 0,
        score: 0,
    };
    /// Money.
    pub const MONEY: Self = Self {
        money: 1,
        count: 0,
        score: 0,
    };
    /// A count.
    pub const COUNT: Self = Self {
        money: 0,
        count: 1,
        score: 0,
    };
    /// A score.
    pub const SCORE: Self = Self {
        money: 0,
        count: 0,
        score: 1,
    };
}

/// A formula with its type and place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub form: Form,
    /// What it answers.
    pub of: Type,
    /// Where it is written.
    pub span: Span,
}

/// What a formula is.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// A figure, text, date, … written in the plan.
    Literal(Literal),
    /// A name.
    Name(Name),
    /// `-x`.
    Negated(Box<Expr>),
    /// `x + y` and its kin.
    Arithmetic(Operator, Box<Expr>, Box<Expr>),
    /// `x < y` and its kin.
    Compared(Comparison, Box<Expr>, Box<Expr>),
    /// `x between low and high`, both included.
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `x in (a, b)`.
    In(Box<Expr>, Vec<Expr>),
    /// `x is missing`, `x is undefined`.
    Is(Box<Expr>, NoAnswerKind),
    /// `not x`.
    Not(Box<Expr>),
    /// `x and y and …`.
    And(Vec<Expr>),
    /// `x or y or …`.
    Or(Vec<Expr>),
    /// `case when … then … else … end`.
    Case(Vec<(Expr, Expr)>, Box<Expr>),
    /// A function, table or question about another place.
    Call(Call),
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A number in the unit of its expression.
    Number(Exact),
    /// Text.
    Text(Text),
    /// A day.
    Date(Date),
    /// A length of time.
    Duration(Duration),
    /// True or false.
    Flag(bool),
    /// The word `missing`.
    Missing,
}

/// A resolved name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A column of the row the formula is asked on.
    Column(KindId, ColumnId),
    /// A column of type partner, followed into the directory: `sale.seller.size`.
    Followed(KindId, ColumnId, AttributeId),
    /// A term of the agreement.
    Term(TermId),
    /// A measure.
    Measure(MeasureId),
    /// A named value.
    Value(ValueId),
    /// A component's entitlement.
    Component(ComponentId),
    /// What a limit leaves of all it holds, top-up included.
    Limit(LimitId),
    /// A column of the partner directory, for the partner asked about.
    Attribute(AttributeId),
    /// The partner asked about.
    Partner,
    /// A property of the window asked in.
    Window(WindowPart),
    /// The distance between the credited partner and the row's own.
    CreditLevel,
    /// The argument of the table the formula stands in, by position.
    Argument(u16),
    /// A column of the band, by position.
    BandColumn(u16),
    /// The band's lower bound.
    Lower,
    /// The band's upper bound.
    Upper,
    /// Upper less lower.
    Width,
    /// Whether a higher band was entered.
    Filled,
    /// The part of the argument in the band.
    Slice,
    /// Inside an override: what the name said before.
    Was,
}

/// A property of the window asked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowPart {
    /// Its first day.
    Starts,
    /// The day after its last.
    Ends,
    /// Its last day.
    Last,
    /// Its days.
    Days,
    /// The days of the full period it is a part of.
    FullDays,
    /// Whether it reaches the end of its full period.
    Final,
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Over,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// Which no answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoAnswerKind {
    /// Something that should be there is not.
    Missing,
    /// Everything is there and the rule has no answer.
    Undefined,
}

/// A function, a table, or the same value asked elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// The smallest.
    Least(Vec<Expr>),
    /// The largest.
    Greatest(Vec<Expr>),
    /// Not below, not above.
    Clamp {
        /// What is held.
        x: Box<Expr>,
        /// The lower end.
        low: Box<Expr>,
        /// The upper end.
        high: Box<Expr>,
    },
    /// Without its sign.
    Abs(Box<Expr>),
    /// A named rounding.
    Round {
        /// What is rounded.
        x: Box<Expr>,
        /// To multiples of this.
        to: Box<Expr>,
        /// How.
        mode: Rounding,
    },
    /// The first with an answer.
    Coalesce(Vec<Expr>),
    /// The second where the first is undefined.
    Otherwise(Box<Expr>, Box<Expr>),
    /// Each part with its weight.
    Weighted(Vec<(Expr, Exact)>),
    /// Days from the first to the second.
    DaysBetween(Box<Expr>, Box<Expr>),
    /// Full months from the first to the second.
    MonthsBetween(Box<Expr>, Box<Expr>),
    /// The same asked in another window.
    Asked(Elsewhere, Box<Expr>),
    /// Asked in every window of a unit, and folded.
    FoldedBy(FoldBy, Box<Expr>, WindowUnit),
    /// Whether it ever held since the agreement's start.
    Ever(Box<Expr>),
    /// The sum over the partner's rows up to and including this one.
    Running {
        /// What is added.
        x: Box<Expr>,
        /// The order, where it is not date and fact id.
        in_order: Option<Box<Expr>>,
    },
    /// A table's answer.
    Table(TableId, Vec<Expr>),
    /// One key of a keyed measure (possibly asked elsewhere).
    Keyed(Box<Expr>, Box<Expr>),
    /// A fold over a keyed measure's declared keys.
    FoldedKeys(FoldBy, Box<Expr>),
    /// Over all partners of the program.
    Total {
        /// What is added.
        x: Box<Expr>,
        /// Which partners count.
        filter: Option<Box<Expr>>,
    },
    /// Over everyone below the partner.
    Team(Box<Expr>),
    /// How many stand above, plus one.
    Rank {
        /// What is ranked, the most first.
        x: Box<Expr>,
        /// Groups ranked apart.
        within: Option<Box<Expr>>,
        /// Which partners count.
        filter: Option<Box<Expr>>,
    },
    /// This partner's or row's part of a sum.
    Allocate(Box<Allocation>),
    /// The same for somebody else.
    Of(Box<Expr>, Box<Expr>),
    /// Into another currency.
    Convert(Box<Conversion>),
}

/// A part of a shared sum.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// What is shared.
    pub total: Expr,
    /// By which weight.
    pub by: Expr,
    /// Whole multiples of this, or exact.
    pub to: Option<Expr>,
    /// What happens to the rest.
    pub rest: trueup_base::share::Rest,
    /// Groups that share apart.
    pub within: Option<Expr>,
    /// Who takes part.
    pub filter: Option<Expr>,
    /// Whether rows of this kind share (the weight is asked on rows), not partners.
    pub rows: Option<KindId>,
}

/// A conversion between currencies.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// What is converted.
    pub x: Expr,
    /// Its currency; the plan's when not said.
    pub from: Currency,
    /// The currency asked for.
    pub into: Currency,
    /// Which rate.
    pub rate: RateKind,
}

/// Which rate a conversion takes.
#[derive(Clone, Debug, PartialEq)]
pub enum RateKind {
    /// The day's rate.
    On(Expr),
    /// The average of the window's month.
    MonthAverage,
    /// The fixed rate in the plan.
    Plan,
}

/// Another window to ask in.
#[derive(Clone, Debug, PartialEq)]
pub enum Elsewhere {
    /// So many windows of the same unit before, with the answer for windows before the agreement.
    Previous(u32, Option<Box<Expr>>),
    /// The same window a year earlier.
    PreviousYear,
    /// From the year's start to the end of this window.
    YearToDate,
    /// From the agreement's start to the end of this window.
    SinceStart,
    /// So much time that ends where this window ends.
    Trailing(Duration),
    /// The full period this window is a part of.
    Full,
    /// The part so far.
    ToDate,
}

/// A fold over several answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoldBy {
    /// Added.
    Sum,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}
