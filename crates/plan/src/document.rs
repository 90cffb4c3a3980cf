//! A plan's text, block by block, before names and units are known.
//!
//! Reading checks the form: known keys, scalars where scalars belong, formulas that parse, what must be there. Where a
//! field is `Option`, nothing means: not written, or written wrongly and already reported. So whoever reads on may
//! skip what is absent, as long as the file's diagnostics hold no error; what must be written and is not, is reported
//! here. Words out of a closed list (windows, roundings, units of terms and components, `spread`, `cut`, `from` of
//! `recovers`), dates and currencies are checked here too, so those that are there can be read; types of columns are not.
//! Names are not resolved and units not known.

mod bands;
mod fields;
mod governance;
mod read;

pub(crate) use self::fields::Reader;

use crate::diagnostic::{Diagnostic, Sources};
use crate::formula::Formula;
use crate::span::{FileId, Span};
use crate::tree::Fold;
use crate::yaml::{self, Node, Scalar};

/// A plan's text.
#[derive(Clone, Debug)]
pub struct PlanText {
    /// What the plan is called (`plan`, or `template`); empty text when it is not written, which is reported.
    pub name: Scalar,
    /// Whether it is a template.
    pub is_template: bool,
    /// Its title.
    pub title: Option<Scalar>,
    /// The version both sides sign.
    pub version: Option<Scalar>,
    /// The plan in one sentence.
    pub is: Option<Scalar>,
    /// The currency.
    pub currency: Option<Scalar>,
    /// Where years start and how they divide.
    pub calendar: Option<CalendarText>,
    /// The default window of a component.
    pub period: Option<Scalar>,
    /// The rounding a component ends in.
    pub money: Option<RoundingText>,
    /// `name@version` of a template.
    pub from_template: Option<Scalar>,
    /// What is changed: the name (`values.floor`, `limits.year_maximum`) and its formula, or `none`.
    pub overrides: Vec<OverrideText>,
    /// Names of a template that no plan may change, written as in `overrides`.
    pub fixed: Vec<Scalar>,
    /// What each use of a template gives it.
    pub parameters: Vec<ParameterText>,
    /// Templates with parameters that are used.
    pub uses: Vec<UseText>,
    /// Goals.
    pub objectives: Vec<ObjectiveText>,
    /// Kinds of fact.
    pub facts: Vec<FactText>,
    /// Terms.
    pub terms: Vec<TermText>,
    /// Measures.
    pub measures: Vec<MeasureText>,
    /// Values.
    pub values: Vec<ValueText>,
    /// Tables.
    pub tables: Vec<TableText>,
    /// Components.
    pub components: Vec<ComponentText>,
    /// Limits.
    pub limits: Vec<LimitText>,
    /// `funds contingencies guardrails bodies approvals reviews disputes winding_down`, in the order written.
    pub governance: Vec<GovernanceText>,
    /// Worked examples.
    pub examples: Vec<ExampleText>,
    /// How far back facts may change what was paid.
    pub corrections: Option<CorrectionsText>,
    /// The whole file.
    pub span: Span,
}

/// `calendar: { year_starts: 12-01, weeks: 4-4-5, periods: [2021-09-29, …] }`
#[derive(Clone, Debug)]
pub struct CalendarText {
    /// The month and day a year begins on.
    pub year_starts: Option<Scalar>,
    /// Weeks of the three months of a quarter.
    pub weeks: Option<Scalar>,
    /// The days listed periods begin on.
    pub periods: Vec<Scalar>,
    /// Where it is written.
    pub span: Span,
}

/// `{ to: 0.01, mode: half_away }`
#[derive(Clone, Debug)]
pub struct RoundingText {
    /// The step.
    pub to: Option<Formula>,
    /// How.
    pub mode: Option<Scalar>,
    /// Where it is written.
    pub span: Span,
}

/// One line of `overrides`.
#[derive(Clone, Debug)]
pub struct OverrideText {
    /// What is changed.
    pub target: Scalar,
    /// To what; nothing for `none` (or a mistake, reported).
    pub formula: Option<Formula>,
    /// Whether `none` is written: the thing is taken out.
    pub is_none: bool,
}

/// What each use of a template gives it: a formula of a unit, or a name.
#[derive(Clone, Debug)]
pub struct ParameterText {
    /// Its name.
    pub name: Scalar,
    /// What it is.
    pub is: Option<Scalar>,
    /// The word of the type that the formula given for it answers.
    pub unit: Option<Scalar>,
    /// The word of what the name given for it names.
    pub names: Option<Scalar>,
    /// Where it is written.
    pub span: Span,
}

/// One use of a template with parameters.
#[derive(Clone, Debug)]
pub struct UseText {
    /// `name@version` of the template.
    pub template: Option<Scalar>,
    /// What its names begin with.
    pub prefix: Option<Scalar>,
    /// What its parameters are.
    pub with: Vec<(Scalar, Option<Formula>)>,
    /// Where it is written.
    pub span: Span,
}

/// A goal.
#[derive(Clone, Debug)]
pub struct ObjectiveText {
    /// The goal in words.
    pub goal: Option<Scalar>,
    /// Names that show it.
    pub by: Vec<Scalar>,
    /// The date it is to be reached by.
    pub until: Option<Scalar>,
    /// Where it is written.
    pub span: Span,
}

/// A kind of fact.
#[derive(Clone, Debug)]
pub struct FactText {
    /// Its name.
    pub name: Scalar,
    /// What it is.
    pub is: Option<Scalar>,
    /// The column that places a row in a window, as written: `sale.invoiced_on`.
    pub dated: Option<Scalar>,
    /// Columns and the word of their type, in the order written.
    pub columns: Vec<(Scalar, Scalar)>,
    /// Who is credited; empty when not written.
    pub credited: Vec<CreditText>,
    /// What its facts show.
    pub shows: Option<Scalar>,
    /// The most of the variable pay its rows may move.
    pub may_move: Option<Formula>,
    /// Where it is written.
    pub span: Span,
}

/// One line of `credited`.
#[derive(Clone, Debug)]
pub struct CreditText {
    /// Who: a column, or `upline(column)`.
    pub to: Option<Formula>,
    /// In which role.
    pub role: Option<Scalar>,
    /// Which part.
    pub share: Option<Formula>,
    /// `overlay: yes`
    pub overlay: bool,
    /// Where it is written.
    pub span: Span,
}

/// A term.
#[derive(Clone, Debug)]
pub struct TermText {
    /// Its whole name, such as `target.net_sales`.
    pub name: Scalar,
    /// What it is.
    pub is: Option<Scalar>,
    /// The word of its type.
    pub unit: Option<Scalar>,
    /// The window the agreed figure is for.
    pub per: Option<Scalar>,
    /// How it is shared out.
    pub spread: Option<SpreadText>,
    /// What holds where an agreement says nothing.
    pub agreed: Option<Formula>,
    /// Between which figures it may be agreed.
    pub within: Option<WithinText>,
    /// Where it is written.
    pub span: Span,
}

/// Between which figures something lies.
#[derive(Clone, Debug)]
pub struct WithinText {
    /// Not below.
    pub lowest: Option<Formula>,
    /// Not above.
    pub highest: Option<Formula>,
    /// Where it is written.
    pub span: Span,
}

/// How a term is shared out.
#[derive(Clone, Debug)]
pub enum SpreadText {
    /// `even`, `days`
    Word(Scalar),
    /// Listed weights; an item that is no formula is left out and reported.
    Weights(Vec<Formula>, Span),
}

/// A measure.
#[derive(Clone, Debug)]
pub struct MeasureText {
    /// Its name.
    pub name: Scalar,
    /// What it is.
    pub is: Option<Scalar>,
    /// Who validates it.
    pub validated_by: Option<Scalar>,
    /// Where it comes from.
    pub source: Option<Scalar>,
    /// Where it is disputed.
    pub disputed_in: Option<Scalar>,
    /// What it shows.
    pub shows: Option<Scalar>,
    /// The most of the variable pay it may move.
    pub may_move: Option<Formula>,
    /// Between which figures it lies.
    pub within: Option<WithinText>,
    /// `sum: formula` and its kin; nothing when none or several are written, which is reported.
    pub fold: Option<FoldText>,
    /// `where`
    pub filter: Option<Formula>,
    /// `at`: another date column, as written.
    pub at: Option<Scalar>,
    /// The role whose credits count.
    pub role: Option<Scalar>,
    /// The key of a keyed measure.
    pub by: Option<Formula>,
    /// Its declared keys.
    pub keys: Vec<Scalar>,
    /// Where it is written.
    pub span: Span,
}

/// How rows become one number.
#[derive(Clone, Debug)]
pub struct FoldText {
    /// Which.
    pub fold: Fold,
    /// The word as written.
    pub word: Scalar,
    /// What is folded: a formula, or the name of a kind for `count`.
    pub of: Option<Formula>,
}

/// A value; `name: formula` is read as a value with nothing but a formula.
#[derive(Clone, Debug)]
pub struct ValueText {
    /// Its name.
    pub name: Scalar,
    /// What it is.
    pub is: Option<Scalar>,
    /// The formula.
    pub formula: Option<Formula>,
    /// The step of a carried value.
    pub every: Option<Scalar>,
    /// The column that holds its keys, as written.
    pub each: Option<Scalar>,
    /// The role whose rows hold its keys.
    pub role: Option<Scalar>,
    /// Where it stands for a parameter of a template: the word of the type it must be of, and where that is written.
    pub unit: Option<Scalar>,
    /// Where it is written.
    pub span: Span,
}

/// A table.
#[derive(Clone, Debug)]
pub struct TableText {
    /// Its name.
    pub name: Scalar,
    /// What it is.
    pub is: Option<Scalar>,
    /// Its arguments' names.
    pub of: Vec<Scalar>,
    /// How bands become one number; nothing when none or several are written, which is reported.
    pub reading: Option<ReadingText>,
    /// Its bands.
    pub bands: BandsText,
    /// `cliff: agreed, reason`: the reason.
    pub cliff: Option<Scalar>,
    /// Where it is written.
    pub span: Span,
}

/// How a table's bands become one number.
#[derive(Clone, Debug)]
pub enum ReadingText {
    /// `each_band: formula`
    EachBand(Option<Formula>),
    /// `one_band: formula`
    OneBand(Option<Formula>),
    /// `line: column`
    Line(Scalar),
}

/// A table's bands.
#[derive(Clone, Debug)]
pub enum BandsText {
    /// One map for each band.
    Bands(Vec<BandText>),
    /// Bounds for each argument, and nested cells, the last argument innermost.
    Grid {
        /// The argument and its bounds.
        axes: Vec<(Scalar, Vec<BoundText>)>,
        /// The cells.
        cells: CellsText,
    },
    /// `rows: file.csv`: the bands stand in a file, which [`crate::rows`] reads.
    Rows(Scalar),
    /// Not written, or written wrongly; reported.
    None,
}

/// One band.
#[derive(Clone, Debug)]
pub struct BandText {
    /// Where it begins; nothing when none or several are written, which is reported.
    pub bound: Option<BoundText>,
    /// Its columns, in the order written.
    pub cells: Vec<(Scalar, Option<Formula>)>,
    /// Where it is written.
    pub span: Span,
}

/// The nested cells of a grid.
#[derive(Clone, Debug)]
pub enum CellsText {
    /// One cell.
    Cell(Option<Formula>, Span),
    /// A row of cells, or of rows.
    List(Vec<CellsText>, Span),
}

/// Where a band begins.
#[derive(Clone, Debug)]
pub struct BoundText {
    /// The convention.
    pub is: BoundWord,
    /// What is written after the word: `1_000`, `target.sales`, `gold`; empty for `lowest` and `otherwise`.
    pub written: Scalar,
    /// The same as a formula; after `equals` a text that is no formula is no mistake.
    pub formula: Option<Formula>,
    /// Where it is written.
    pub span: Span,
}

impl BoundText {
    /// The bound as one says it: `from 10%`, `otherwise`.
    #[must_use]
    pub fn described(&self) -> String {
        let word = match self.is {
            BoundWord::Lowest => return "lowest".to_owned(),
            BoundWord::Otherwise => return "otherwise".to_owned(),
            BoundWord::From => "from",
            BoundWord::Above => "above",
            BoundWord::At => "at",
            BoundWord::Equals => "equals",
        };
        format!("{word} {}", self.written.text)
    }
}

/// The convention of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundWord {
    /// `from: lowest`
    Lowest,
    /// `from: x`
    From,
    /// `above: x`
    Above,
    /// `at: x`
    At,
    /// `equals: x`
    Equals,
    /// `otherwise: yes`
    Otherwise,
}

/// A component.
#[derive(Clone, Debug)]
pub struct ComponentText {
    /// Its name.
    pub name: Scalar,
    /// What it is.
    pub is: Option<Scalar>,
    /// `for`: who has it.
    pub applies: Option<Formula>,
    /// The window of the entitlement.
    pub over: Option<Scalar>,
    /// How often it is settled.
    pub every: Option<Scalar>,
    /// What must hold.
    pub gate: Option<Formula>,
    /// The kind of fact it pays on.
    pub each: Option<Scalar>,
    /// The role whose credits count.
    pub role: Option<Scalar>,
    /// `where`: which rows.
    pub filter: Option<Formula>,
    /// What it pays.
    pub pays: Option<Formula>,
    /// The floor.
    pub at_least: Option<Formula>,
    /// The cap.
    pub at_most: Option<Formula>,
    /// Why it has no upper bound.
    pub uncapped: Option<Scalar>,
    /// `cliff: agreed, reason`: the reason.
    pub cliff: Option<Scalar>,
    /// The rounding it ends in.
    pub rounding: Option<RoundingText>,
    /// The payment schedule; empty when not written.
    pub paid: Vec<InstalmentText>,
    /// Where a negative posting is taken from.
    pub recovers: Option<RecoveryText>,
    /// What it grants: `money`, `count`, `fund`, `flag`.
    pub unit: Option<Scalar>,
    /// Components that are meant to pay on the same rows.
    pub stacks_with: Vec<Scalar>,
    /// Where it is written.
    pub span: Span,
}

/// One line of `paid`.
#[derive(Clone, Debug)]
pub struct InstalmentText {
    /// Which part.
    pub share: Option<Formula>,
    /// `after`: a duration.
    pub after: Option<Formula>,
    /// `on`: a date, as written.
    pub on: Option<Scalar>,
    /// `if`
    pub condition: Option<Formula>,
    /// `else: wait`
    pub waits: bool,
    /// Where it is written.
    pub span: Span,
}

/// `recovers`
#[derive(Clone, Debug)]
pub struct RecoveryText {
    /// Words, in order.
    pub from: Vec<Scalar>,
    /// The part of each payout it takes at most; `50% of each payout` is read as `50%`.
    pub at_most: Option<Formula>,
    /// A duration.
    pub within: Option<Formula>,
    /// Where it is written.
    pub span: Span,
}

/// A limit.
#[derive(Clone, Debug)]
pub struct LimitText {
    /// Its name.
    pub name: Scalar,
    /// What it is.
    pub is: Option<Scalar>,
    /// The components and limits it holds.
    pub on: Vec<Scalar>,
    /// The window it holds over.
    pub over: Option<Scalar>,
    /// The most.
    pub at_most: Option<Formula>,
    /// The least.
    pub at_least: Option<Formula>,
    /// Who gives way.
    pub cut: Option<Scalar>,
    /// Where it is written.
    pub span: Span,
}

/// One entry of a governance block.
#[derive(Clone, Debug)]
pub struct GovernanceText {
    /// Which block.
    pub block: Scalar,
    /// The entry's name; nothing in `disputes` and `winding_down`, which have no entries.
    pub name: Option<Scalar>,
    /// Its keys and what they say.
    pub says: Vec<(Scalar, Node)>,
    /// The formulas among them, with the path of their key (`when`, `changes.target.customers`, `within.lowest`).
    pub formulas: Vec<(String, Formula)>,
    /// Where it is written.
    pub span: Span,
}

/// A worked example: the name of a case's folder.
#[derive(Clone, Debug)]
pub struct ExampleText {
    /// The case's name.
    pub case: Scalar,
}

/// `corrections: { reach_back: 2 quarters }`
#[derive(Clone, Debug)]
pub struct CorrectionsText {
    /// How far back: a duration.
    pub reach_back: Option<Formula>,
    /// Where it is written.
    pub span: Span,
}

/// Reads a plan's text. Nothing comes back when the file, or a part of it, cannot be read as YAML: what is wrong in the
/// parts that can is reported all the same.
///
/// ```
/// use trueup_plan::diagnostic::Sources;
/// use trueup_plan::document::read_plan;
///
/// let mut sources = Sources::new();
/// let file = sources.add("plan.yaml", "\
/// plan: bonus
/// currency: EUR
/// facts:
///   sale: { columns: { partner: partner, on: date, amount: money } }
/// measures:
///   sales: { is: Sales, sum: sale.amount }
/// components:
///   bonus: { is: Five percent of sales, pays: 5% * sales }
/// ");
/// let mut diagnostics = Vec::new();
/// let plan = read_plan(&sources, file, &mut diagnostics).expect("a plan");
/// assert!(diagnostics.is_empty());
/// assert_eq!(&*plan.components[0].name.text, "bonus");
/// ```
pub fn read_plan(
    sources: &Sources,
    file: FileId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<PlanText> {
    let before = diagnostics.len();
    let reading = yaml::read_what_stands(sources, file, diagnostics);
    let Some(root) = reading.node else {
        if reading.whole {
            let start = Span {
                file,
                start: 0,
                end: 0,
            };
            diagnostics.push(
                Diagnostic::error("K3", start, "the file is empty").help("begin with `plan: name`"),
            );
        }
        return None;
    };
    let mut reader = fields::Reader {
        diagnostics,
        before,
        partial: !reading.whole,
    };
    reader.plan(&root, file).filter(|_| reading.whole)
}
