//! What a bundle holds: one record a line, each a JSON object of one key that says what it is.
//!
//! Amounts are exact text (`5/3`, `0.05`), days `2026-01-31`. Every record is written in one way; another writing of the same is
//! refused, so that a line and what it says are one.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use trueup_base::date::Date;

/// A line of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// What the bundle is.
    Bundle(Head),
    /// A text that counts, whole.
    Text(TextRecord),
    /// A declaration of program.yaml.
    Declaration(Declaration),
    /// What both sides signed of an agreement.
    Seal(Sealed),
    /// A part of the plan as typed tree.
    Tree(TreePart),
    /// What the directory says of a partner.
    Directory(Directory),
    /// A kind of fact.
    Kind(Kind),
    /// A fact.
    Fact(Fact),
    /// A rate between two currencies.
    Rate(Rate),
    /// What a question about other partners answers.
    Input(Input),
    /// Where something is asked.
    Place(Place),
    /// A step of the explanation.
    Node(Node),
    /// A line of a settlement.
    Line(Line),
    /// A posting.
    Posting(Posting),
    /// Which acts follow.
    Acts(Acts),
    /// The beginning of each line's digest.
    Lines(Vec<String>),
    /// An act, and the hashes that show it lies below the checkpoint.
    Act(ActRecord),
    /// The checkpoint, a signed note.
    Checkpoint(String),
}

/// The form of bundles that this version writes and reads.
pub const FORM: &str = "trueup bundle 1";

/// What the bundle is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// [`FORM`].
    pub form: String,
    /// The version of Trueup that wrote it.
    pub engine: String,
    /// The program.
    pub program: String,
    /// The partner.
    pub partner: String,
    /// The versions of its agreement, the earliest first.
    pub under: Vec<Under>,
    /// The currency of its money.
    pub currency: String,
    /// The period the statement is about; none where it is about all.
    pub period: Option<String>,
    /// The day after which a settlement must end to stand in the statement; none from the beginning.
    pub from: Option<String>,
    /// The day on which the last settlement may end: the one after its last day.
    pub until: String,
    /// Until when periods are closed, where the figures are those that were approved.
    pub locked: Option<String>,
    /// The snapshot of the facts.
    pub snapshot: u64,
    /// The digest of the snapshot's list of files.
    pub facts: String,
    /// The run that was approved, where the figures are those of one.
    pub run: Option<String>,
}

/// The head of a bundle of everything until a day, worked out from no particular snapshot.
#[must_use]
pub fn head_of(program: &str, partner: &str, currency: &str, until: Date) -> Head {
    Head {
        form: FORM.to_owned(),
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        program: program.to_owned(),
        partner: partner.to_owned(),
        under: Vec::new(),
        currency: currency.to_owned(),
        period: None,
        from: None,
        until: until.to_string(),
        locked: None,
        snapshot: 0,
        facts: String::new(),
        run: None,
    }
}

/// A version of the partner's agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Under {
    /// The agreement's name.
    pub agreement: String,
    /// The path of its text.
    pub path: String,
    /// What the program calls its plan.
    pub plan: String,
}

/// A text that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRecord {
    /// Its path in the program's folder.
    pub path: String,
    /// What it is.
    #[serde(rename = "is")]
    pub role: Role,
    /// The SHA-256 of its bytes.
    pub sha256: String,
    /// The text.
    pub holds: String,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A plan or template.
    Plan,
    /// The rows of a table.
    Rows,
    /// An agreement.
    Agreement,
}

/// A declaration of program.yaml, as it is hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Its name: `program`, `kind sale`, `source invoices`.
    pub name: String,
    /// Its digest.
    pub sha256: String,
    /// What it says: text, lists and maps.
    pub says: Json,
}

/// What both sides signed of an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// The agreement.
    pub agreement: String,
    /// The place of the act by which it was accepted.
    pub accepted_at: u64,
    /// The seal, signed by both sides.
    pub note: String,
}

/// A part of the plan as typed tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreePart {
    /// Which part: `measure net_sales`.
    pub part: String,
    /// What it holds.
    pub holds: Json,
}

/// What the directory says of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// The partner; another one by a name that stands for it in this bundle alone.
    pub partner: String,
    /// Columns and what they say.
    pub says: Vec<(String, Option<String>)>,
}

/// A kind of fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its name.
    pub kind: String,
    /// The columns of its facts, in their order.
    pub columns: Vec<String>,
    /// For which days its feed is complete: from a day to before another; none where it always is.
    pub complete: Option<Vec<(String, String)>>,
    /// Whether any fact of the kind has versions.
    pub has_versions: bool,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Its number in the bundle.
    pub n: u32,
    /// Its kind.
    pub kind: String,
    /// Its source and its id there, with a slash between.
    pub id: String,
    /// Its revision.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<i64>,
    /// When this version became known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recorded_on: Option<String>,
    /// When the next version became known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaced_on: Option<String>,
    /// Its cells, in the order of the kind's columns.
    pub cells: Vec<Option<String>>,
    /// By which credit lines of the kind it is credited, each with the distance between the partner and the row's own.
    pub credits: Vec<(u16, u32)>,
}

/// A rate between two currencies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The currency that is converted.
    pub from: String,
    /// The currency it is converted into.
    pub into: String,
    /// Its day; none for the fixed rate of the plan.
    pub on: Option<String>,
    /// How much of the one a unit of the other is.
    pub rate: String,
}

/// What a question about other partners answers: the vendor's word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The formula that asks, by its number in the tree.
    pub formula: u32,
    /// What it asks, in one word: `total`, `team`, `rank`, `allocate`, `of`.
    pub asks: String,
    /// Where it is asked.
    pub at: Place,
    /// On which credited fact.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub row: Option<RowPlace>,
    /// For which key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    /// The answer.
    pub says: Said,
}

/// Where something is asked, the partner being the bundle's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The window's unit.
    pub unit: String,
    /// Its first day and the day after its last.
    pub window: (String, String),
    /// The same of the full period of which it is a part.
    pub full: (String, String),
    /// The months and days of a trailing window.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trailing: Option<(i32, i32)>,
    /// As known before this day.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub known_before: Option<String>,
    /// Whether it is asked as both sides agreed, without changes.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub as_agreed: bool,
    /// The day by which changes are judged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub judged_until: Option<String>,
}

/// A credited fact: its number, the role and the credit line by position, and the distance.
pub type RowPlace = (u32, u16, u16, u32);

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// An exact number.
    Number(String),
    /// True or false.
    Flag(bool),
    /// A day.
    Date(String),
    /// Months and days.
    Duration(i32, i32),
    /// Text.
    Text(String),
    /// A partner.
    Partner(String),
    /// Something that should be there is not.
    Missing(String),
    /// The rule has no answer.
    Undefined(String),
}

/// A step of the explanation: what was asked where, what it answered, and from what. What a fact's cell, the directory or the
/// window says is no step of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its number.
    pub n: u32,
    /// What was asked.
    pub asks: Asked,
    /// The number of the place.
    pub at: u32,
    /// On which credited fact.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub row: Option<RowPlace>,
    /// For which key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    /// The answer.
    #[serde(rename = "is")]
    pub says: Said,
    /// The steps it follows from.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub from: Vec<u32>,
    /// The credited facts it is made of: which, what each adds, and the steps that follows from.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rows: Vec<Counted>,
}

/// A credited fact in a sum: which, what it adds before its share, and the steps that this follows from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted(pub RowPlace, pub Said, pub Vec<u32>);

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// A term.
    Term(String),
    /// A measure.
    Measure(String),
    /// A value.
    Value(String),
    /// A component's entitlement.
    Component(String),
    /// What a limit leaves.
    Limit(String),
    /// A formula, by its number in the tree.
    Formula(u32),
    /// A band of a table.
    Band(Band),
    /// What a weight adds up to over all who share.
    OfAll(u32),
    /// Whether a contingency or guardrail is on.
    Trigger(String),
    /// What holds without the changes that are on.
    Was(String),
    /// What a change makes of it: whose, and the number of its formula.
    Changed(String, u32),
}

/// A band of a table, and the names known in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The table.
    pub table: String,
    /// The band on each axis, the first being 0.
    pub bands: Vec<u32>,
    /// The arguments.
    pub arguments: Vec<Said>,
    /// The lower bound.
    pub lower: Said,
    /// The upper bound.
    pub upper: Said,
    /// The part of the argument in the band.
    pub slice: Said,
    /// The columns.
    pub cells: Vec<Said>,
}

/// A line of a settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The plan, as agreements call it.
    pub plan: String,
    /// The component, or a limit's `top_up`.
    pub component: String,
    /// What it grants.
    pub grants: String,
    /// The settlement's period.
    pub period: String,
    /// The settlement's last day.
    pub settled_on: String,
    /// Whether it stands in the statement, or only comes before it.
    pub in_statement: bool,
    /// What the windows begun so far entitle to.
    pub to_date: Said,
    /// What was posted before.
    pub before: Said,
    /// What this settlement posts.
    pub posted: Said,
    /// What of it is for which window.
    pub parts: Vec<(String, String, Said)>,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub open: Vec<Said>,
    /// The step of the component in the window begun last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub node: Option<u32>,
}

/// A posting of the partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posting {
    /// The batch.
    pub batch: u64,
    /// The account.
    pub account: String,
    /// The plan.
    pub plan: String,
    /// The component.
    pub component: String,
    /// The last day of the settlement it is for.
    pub settled_on: String,
    /// The day it falls on.
    pub falls_on: String,
    /// The currency.
    pub currency: String,
    /// Minor units.
    pub units: i64,
}

/// Which acts follow, by their places, and what each is here for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acts {
    /// Place and kind of each, in the journal's order; the one that states this bundle comes last and is not among them.
    pub follow: Vec<(u64, String)>,
}

/// An act with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActRecord {
    /// Its place in the journal.
    pub at: u64,
    /// The act, a signed note.
    pub note: String,
    /// The hashes beside its way to the root, the lowest first.
    pub hashes: Vec<String>,
}

/// What the act that states a bundle says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// The partner.
    pub partner: String,
    /// The period, where it is about one.
    pub period: Option<String>,
    /// The day on which the last settlement may end.
    pub until: String,
    /// How many lines are signed.
    pub lines: u64,
    /// The SHA-256 of those lines.
    pub sha256: String,
}

/// The kind of act that states a bundle.
pub const ISSUED: &str = "statement.issued";

impl Record {
    /// What the line is, in words, as a finding names it.
    #[must_use]
    pub fn named(&self) -> String {
        match self {
            Self::Bundle(_) => "the head".to_owned(),
            Self::Text(text) => format!("text {}", text.path),
            Self::Declaration(one) => format!("declaration {}", one.name),
            Self::Seal(one) => format!("the seal of agreement {}", one.agreement),
            Self::Tree(part) => format!("the tree of {}", part.part),
            Self::Directory(one) => format!("the directory's row of {}", one.partner),
            Self::Kind(one) => format!("kind {}", one.kind),
            Self::Fact(one) => format!("fact {} ({} {})", one.n, one.kind, one.id),
            Self::Rate(one) => format!("the rate from {} into {}", one.from, one.into),
            Self::Input(one) => format!("the input `{}` of formula {}", one.asks, one.formula),
            Self::Place(_) => "a place".to_owned(),
            Self::Node(one) => format!("step {}", one.n),
            Self::Line(one) => format!("the line {} of {}", one.component, one.period),
            Self::Posting(one) => format!("a posting of batch {}", one.batch),
            Self::Acts(_) => "the list of acts".to_owned(),
            Self::Lines(_) => "the list of lines".to_owned(),
            Self::Act(one) => format!("act {}", one.at),
            Self::Checkpoint(_) => "the checkpoint".to_owned(),
        }
    }
}
