//! Formulas of the typed tree.
//!
//! Every part of a formula says what it answers. The part's annotation is a parameter only because the check builds the
//! same tree before all units are found; everywhere else it is [`Type`], and `Expr` means `Expr<Type>`.

use trueup_base::calendar::WindowUnit;
use trueup_base::date::{Date, Duration};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;

use super::{
    AttributeId, ColumnId, ComponentId, KindId, LimitId, MeasureId, TableId, TermId, Text, ValueId,
};
use crate::span::Span;

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
pub struct Expr<T = Type> {
    /// What it is.
    pub form: Form<T>,
    /// What it answers.
    pub of: T,
    /// Where it is written.
    pub span: Span,
}

/// What a formula is.
#[derive(Clone, Debug, PartialEq)]
pub enum Form<T = Type> {
    /// A figure, text, date, … written in the plan.
    Literal(Literal),
    /// A name.
    Name(Name),
    /// `-x`.
    Negated(Box<Expr<T>>),
    /// `x + y` and its kin.
    Arithmetic(Operator, Box<Expr<T>>, Box<Expr<T>>),
    /// `x < y` and its kin.
    Compared(Comparison, Box<Expr<T>>, Box<Expr<T>>),
    /// `x between low and high`, both included.
    Between(Box<Expr<T>>, Box<Expr<T>>, Box<Expr<T>>),
    /// `x in (a, b)`.
    In(Box<Expr<T>>, Vec<Expr<T>>),
    /// `x is missing`, `x is undefined`.
    Is(Box<Expr<T>>, NoAnswerKind),
    /// `not x`.
    Not(Box<Expr<T>>),
    /// `x and y and …`.
    And(Vec<Expr<T>>),
    /// `x or y or …`.
    Or(Vec<Expr<T>>),
    /// `case when … then … else … end`.
    Case(Vec<(Expr<T>, Expr<T>)>, Box<Expr<T>>),
    /// A function, table or question about another place.
    Call(Call<T>),
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
    /// Inside a change: what would hold without it.
    Was,
    /// Inside a change: what both sides agreed, before anything was changed.
    Agreed,
    /// Inside a value with keys: the key it is asked for, written as the column that holds its keys.
    Key(KindId, ColumnId),
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
pub enum Call<T = Type> {
    /// The smallest.
    Least(Vec<Expr<T>>),
    /// The largest.
    Greatest(Vec<Expr<T>>),
    /// Not below, not above.
    Clamp {
        /// What is held.
        x: Box<Expr<T>>,
        /// The lower end.
        low: Box<Expr<T>>,
        /// The upper end.
        high: Box<Expr<T>>,
    },
    /// Without its sign.
    Abs(Box<Expr<T>>),
    /// A named rounding.
    Round {
        /// What is rounded.
        x: Box<Expr<T>>,
        /// To multiples of this.
        to: Box<Expr<T>>,
        /// How.
        mode: Rounding,
    },
    /// The first with an answer.
    Coalesce(Vec<Expr<T>>),
    /// The second where the first is undefined.
    Otherwise(Box<Expr<T>>, Box<Expr<T>>),
    /// Each part with its weight.
    Weighted(Vec<(Expr<T>, Exact)>),
    /// Days from the first to the second.
    DaysBetween(Box<Expr<T>>, Box<Expr<T>>),
    /// Full months from the first to the second.
    MonthsBetween(Box<Expr<T>>, Box<Expr<T>>),
    /// The same asked in another window.
    Asked(Elsewhere<T>, Box<Expr<T>>),
    /// Asked in every window of a unit, and folded.
    FoldedBy(FoldBy, Box<Expr<T>>, WindowUnit),
    /// Whether it ever held since the agreement's start.
    Ever(Box<Expr<T>>),
    /// The sum over the partner's rows up to and including this one.
    Running {
        /// What is added.
        x: Box<Expr<T>>,
        /// The order, where it is not date and fact id.
        in_order: Option<Box<Expr<T>>>,
    },
    /// A table's answer.
    Table(TableId, Vec<Expr<T>>),
    /// One key of a keyed measure (possibly asked elsewhere).
    Keyed(Box<Expr<T>>, Box<Expr<T>>),
    /// A fold over a keyed measure's declared keys.
    FoldedKeys(FoldBy, Box<Expr<T>>),
    /// Over all partners of the program.
    Total {
        /// What is added.
        x: Box<Expr<T>>,
        /// Which partners count.
        filter: Option<Box<Expr<T>>>,
    },
    /// Over everyone below the partner.
    Team(Box<Expr<T>>),
    /// How many stand above, plus one.
    Rank {
        /// What is ranked, the most first.
        x: Box<Expr<T>>,
        /// Groups ranked apart.
        within: Option<Box<Expr<T>>>,
        /// Which partners count.
        filter: Option<Box<Expr<T>>>,
    },
    /// This partner's or row's part of a sum.
    Allocate(Box<Allocation<T>>),
    /// The same for somebody else.
    Of(Box<Expr<T>>, Box<Expr<T>>),
    /// Into another currency.
    Convert(Box<Conversion<T>>),
}

/// A part of a shared sum.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation<T = Type> {
    /// What is shared.
    pub total: Expr<T>,
    /// By which weight.
    pub by: Expr<T>,
    /// Whole multiples of this, or exact.
    pub to: Option<Expr<T>>,
    /// What happens to the rest.
    pub rest: trueup_base::share::Rest,
    /// Groups that share apart.
    pub within: Option<Expr<T>>,
    /// Who takes part.
    pub filter: Option<Expr<T>>,
    /// Whether rows of this kind share (the weight is asked on rows), not partners.
    pub rows: Option<KindId>,
}

/// A conversion between currencies.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion<T = Type> {
    /// What is converted.
    pub x: Expr<T>,
    /// Its currency; the plan's when not said.
    pub from: Currency,
    /// The currency asked for.
    pub into: Currency,
    /// Which rate.
    pub rate: RateKind<T>,
}

/// Which rate a conversion takes.
#[derive(Clone, Debug, PartialEq)]
pub enum RateKind<T = Type> {
    /// The day's rate.
    On(Expr<T>),
    /// The average of the window's month.
    MonthAverage,
    /// The fixed rate in the plan.
    Plan,
}

/// Another window to ask in.
#[derive(Clone, Debug, PartialEq)]
pub enum Elsewhere<T = Type> {
    /// So many windows of the same unit before, with the answer for windows before the agreement.
    Previous(u32, Option<Box<Expr<T>>>),
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
