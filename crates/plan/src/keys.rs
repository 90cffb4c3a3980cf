//! The registry of a plan's keys: where each may stand, what it holds, whether it must, what it says.
//!
//! Reading ([`crate::document`]), its help and the JSON Schema ([`crate::schema`]) all come from here, so they agree.

/// A place in a plan where keys stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The top of the file.
    Plan,
    /// `calendar`
    Calendar,
    /// `money`, and `rounding` of a component.
    Rounding,
    /// One of `objectives`.
    Objective,
    /// One of `facts`.
    Fact,
    /// One line of `credited`.
    Credit,
    /// One of `uses`.
    Use,
    /// One of `parameters`.
    Parameter,
    /// One of `terms`.
    Term,
    /// One of `measures`.
    Measure,
    /// One of `values`.
    Value,
    /// One of `tables`.
    Table,
    /// One of a table's `bands`; every other key is a column of the table.
    Band,
    /// One of `components`.
    Component,
    /// One line of `paid`.
    Instalment,
    /// `recovers`
    Recovery,
    /// One of `limits`.
    Limit,
    /// `corrections`
    Corrections,
    /// One of `funds`.
    Fund,
    /// One of `contingencies`.
    Contingency,
    /// `within` of a contingency, a term or a measure.
    Within,
    /// One of `guardrails`.
    Guardrail,
    /// One of `bodies`.
    Body,
    /// One of `approvals`.
    Approval,
    /// One of `reviews`.
    Review,
    /// `disputes`
    Disputes,
    /// `winding_down`
    WindingDown,
}

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A formula.
    Formula,
    /// A formula with the rest of a sentence: `50% of each payout`.
    Part,
    /// `yes` or `no`.
    Flag,
    /// A date: `2026-06-20`.
    Date,
    /// A length of time: `6 months`.
    Duration,
    /// A currency's three capitals.
    Currency,
    /// `agreed` and a reason.
    Agreed,
    /// Names or texts: a list, or one alone.
    List,
    /// A list of words out of these, or one alone.
    Words(&'static [&'static str]),
    /// A word out of these, or a list of formulas.
    Spread(&'static [&'static str]),
    /// One map of keys.
    Map(Place),
    /// A list of maps of keys.
    Maps(Place),
    /// Names, each with a map of keys.
    Named(Place),
    /// Names, each with a map of keys or with a formula alone.
    NamedOrFormula(Place),
    /// Names, each with a formula.
    Formulas,
    /// Names, each with a formula or `none`.
    Overrides,
    /// Names, each with the word of a type.
    Columns,
    /// A list of bands, or the bounds of each argument.
    Bands,
    /// Nested lists of formulas.
    Cells,
    /// Whatever is agreed; kept as it is written.
    Open,
}

/// One key of a place.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The key.
    pub key: &'static str,
    /// What it holds.
    pub form: Form,
    /// Whether it must be written.
    pub required: bool,
    /// What it says.
    pub doc: &'static str,
}

/// Windows of time, from short to long.
pub const WINDOWS: &[&str] = &[
    "day",
    "week",
    "half_month",
    "month",
    "quarter",
    "half",
    "year",
    "period",
    "agreement",
];
/// Roundings.
pub const ROUNDINGS: &[&str] = &["half_away", "half_even", "up", "down", "floor", "ceiling"];
/// Types of columns and terms.
pub const TYPES: &[&str] = &[
    "money",
    "count",
    "score",
    "ratio",
    "money per count",
    "money per score",
    "score per count",
    "date",
    "duration",
    "flag",
    "text",
    "partner",
];
/// What a parameter of a template may name.
pub const NAMEABLE: &[&str] = &["fact", "measure", "table", "component"];
/// What a measure, or the facts of a kind, show.
pub const SHOWN: &[&str] = &["revenue", "profitability", "customer_outcome", "activity"];
/// How rows become one number.
pub const FOLDS: &[&str] = &["sum", "count", "count_distinct", "min", "max", "latest"];
/// How a table's bands become one number.
pub const READINGS: &[&str] = &["each_band", "one_band", "line"];
/// Conventions of a bound.
pub const BOUNDS: &[&str] = &["from", "above", "at", "equals", "otherwise"];

const fn may(key: &'static str, form: Form, doc: &'static str) -> Key {
    Key {
        key,
        form,
        required: false,
        doc,
    }
}

const fn must(key: &'static str, form: Form, doc: &'static str) -> Key {
    Key {
        key,
        form,
        required: true,
        doc,
    }
}

const IS: Key = may(
    "is",
    Form::Text,
    "What it is, in one sentence a partner can read",
);

const SHOWS: Key = may(
    "shows",
    Form::Word(SHOWN),
    "What it shows: what comes of the work, or the work itself; found from its units and columns when not written",
);

use Form::{
    Agreed, Bands, Cells, Columns, Currency, Date, Duration, Flag, Formula, Formulas, List, Map,
    Maps, Named, NamedOrFormula, Open, Overrides, Part, Spread, Text, Word, Words,
};

#[rustfmt::skip]
const PLAN: &[Key] = &[
    may("plan", Text, "The plan's name, as agreements and commands call it"),
    may("template", Text, "The name of a template, in place of `plan`"),
    may("title", Text, "The title a reader sees"),
    may("version", Text, "The version both sides sign"),
    may("is", Text, "The plan in one sentence"),
    may("currency", Currency, "The currency of every money figure in the plan"),
    may("calendar", Map(Place::Calendar), "Where years start and how they divide"),
    may("period", Word(WINDOWS), "The window of a component that does not say its own; month when not written"),
    may("money", Map(Place::Rounding), "What a component's money is rounded to; the minor unit when not written"),
    may("from_template", Text, "The template this plan takes everything from: name@version"),
    may("overrides", Overrides, "What this plan changes of its template; the formula may mention `was`"),
    may("fixed", List, "Names of a template that no plan may change: values.csat_floor"),
    may("parameters", Named(Place::Parameter), "What each use of a template gives it; a template with parameters is used, not built on"),
    may("uses", Maps(Place::Use), "Templates with parameters, each as a group of names with a prefix"),
    may("objectives", Maps(Place::Objective), "What the plan wants to reach, and what shows it"),
    may("facts", Named(Place::Fact), "The kinds of fact the plan reads"),
    may("terms", Named(Place::Term), "What each agreement fills in"),
    may("measures", Named(Place::Measure), "Rows of facts to one number"),
    may("values", NamedOrFormula(Place::Value), "Named formulas"),
    may("tables", Named(Place::Table), "Rates and amounts by band"),
    may("components", Named(Place::Component), "What pays"),
    may("limits", Named(Place::Limit), "What holds several components together"),
    may("funds", Named(Place::Fund), "Money that is set aside and claimed against proof"),
    may("contingencies", Named(Place::Contingency), "Agreed changes while something holds"),
    may("guardrails", Named(Place::Guardrail), "What to look out for, and what then happens"),
    may("bodies", Named(Place::Body), "Who decides together"),
    may("approvals", Named(Place::Approval), "Which act needs whose consent"),
    may("reviews", Named(Place::Review), "When the plan itself is looked at"),
    may("disputes", Map(Place::Disputes), "How a statement is disputed and by when it is answered"),
    may("winding_down", Map(Place::WindingDown), "What happens when the agreement ends"),
    may("examples", List, "Cases that are run on every change and signed with the plan, by folder name"),
    may("corrections", Map(Place::Corrections), "How far back facts may change what was paid"),
];

#[rustfmt::skip]
const CALENDAR: &[Key] = &[
    may("year_starts", Text, "The month and day a year begins on: 12-01"),
    may("weeks", Text, "The weeks of a quarter's three months: 4-4-5"),
    may("periods", List, "The days on which listed periods begin; the last closes the one before"),
];

#[rustfmt::skip]
const ROUNDING: &[Key] = &[
    may("to", Formula, "The step: results are multiples of it"),
    may("mode", Word(ROUNDINGS), "What happens between two steps; half_away when not written"),
];

#[rustfmt::skip]
const OBJECTIVE: &[Key] = &[
    must("goal", Text, "The goal in words"),
    may("by", List, "Names of measures and values that show it"),
    may("until", Date, "The day it is to be reached by"),
];

#[rustfmt::skip]
const FACT: &[Key] = &[
    IS,
    may("dated", Text, "The column that places a row in a window: sale.invoiced_on; the column `on` when not written"),
    must("columns", Columns, "The columns the plan reads and their types"),
    may("credited", Maps(Place::Credit), "Who is credited for a row; the column `partner` when not written"),
    SHOWS,
    may("may_move", Formula, "The most of the variable pay its rows may move where they are paid on one by one; 80% when not written"),
];

#[rustfmt::skip]
const CREDIT: &[Key] = &[
    must("to", Formula, "A column of type partner, or upline(column)"),
    may("role", Text, "The role this credit is in"),
    may("share", Formula, "The part of the row; 100% when not written"),
    may("overlay", Flag, "Whether it is paid besides the shares that make up the row"),
];

#[rustfmt::skip]
const USE: &[Key] = &[
    must("template", Text, "The template: name@version"),
    must("as", Text, "The prefix of its names: with `as: advance`, owed is advance_owed"),
    may("with", Formulas, "What each of its parameters is: a formula, or a name"),
];

#[rustfmt::skip]
const PARAMETER: &[Key] = &[
    IS,
    may("unit", Word(TYPES), "What the formula given for it holds; it becomes a value of that name"),
    may("names", Word(NAMEABLE), "That a name is given for it, and of what"),
];

#[rustfmt::skip]
const TERM: &[Key] = &[
    IS,
    must("unit", Word(TYPES), "What it holds"),
    may("per", Word(WINDOWS), "The window the agreed figure is for, when it is shared out to shorter ones"),
    may("spread", Spread(&["even", "days"]), "How it is shared out: even (by months), days, or listed weights"),
    may("agreed", Formula, "What holds where an agreement says nothing"),
    may("within", Map(Place::Within), "The figures between which it may be agreed"),
];

#[rustfmt::skip]
const MEASURE: &[Key] = &[
    IS,
    may("validated_by", Text, "Who vouches for it"),
    may("source", Text, "Where it comes from, where that is not the feed"),
    may("disputed_in", Text, "Where it is disputed, where that is not the statement"),
    SHOWS,
    may("may_move", Formula, "The most of the variable pay it may move; 80% when not written"),
    may("within", Map(Place::Within), "The figures between which it lies in one period of the plan, for what the check proves"),
    may("sum", Formula, "Adds this over the rows, weighted by the credit's share"),
    may("count", Formula, "Counts the rows of a kind, weighted by the credit's share"),
    may("count_distinct", Formula, "Counts the different answers of this"),
    may("min", Formula, "The smallest"),
    may("max", Formula, "The largest"),
    may("latest", Formula, "The one of the latest date"),
    may("where", Formula, "Which rows count"),
    may("at", Text, "Another date column that places a row in a window"),
    may("role", Text, "The role whose credits count; the first listed when not written"),
    may("by", Formula, "Makes one number for each key"),
    may("keys", List, "The keys it has, declared so that a missing one is seen"),
];

#[rustfmt::skip]
const VALUE: &[Key] = &[
    IS,
    must("formula", Formula, "What it is, as a formula"),
    may("every", Word(WINDOWS), "The step of a carried value"),
    may("each", Text, "The column that holds its keys, such as sale.contract: it then has one figure for each of them"),
    may("role", Text, "With `each`: the role whose credits count; the first listed when not written"),
];

#[rustfmt::skip]
const TABLE: &[Key] = &[
    IS,
    must("of", List, "The argument's name inside the table; a list of names for a grid"),
    may("each_band", Formula, "The sum of this over every band entered"),
    may("one_band", Formula, "This in the band the argument is in"),
    may("line", Text, "The column whose points are joined by straight lines"),
    may("bands", Bands, "The bands, rising; for a grid the bounds of each argument"),
    may("cells", Cells, "The cells of a grid, the last argument innermost"),
    may("rows", Text, "A CSV file beside the plan that holds the bands"),
    may("cliff", Agreed, "Why a jump of pay is meant: agreed, and the reason"),
];

#[rustfmt::skip]
const BAND: &[Key] = &[
    may("from", Formula, "Begins here and holds its bound; `lowest` is open below"),
    may("above", Formula, "Begins here and leaves its bound to the band below"),
    may("at", Formula, "A point of a line"),
    may("equals", Text, "Answers to exactly this"),
    may("otherwise", Flag, "Answers to whatever no other band does"),
];

#[rustfmt::skip]
const COMPONENT: &[Key] = &[
    IS,
    may("for", Formula, "Who has it; everyone when not written"),
    may("over", Word(WINDOWS), "The window of the entitlement; the plan's period when not written"),
    may("every", Word(WINDOWS), "How often it is settled; once in each window when not written"),
    may("gate", Formula, "What must hold, asked once for the window"),
    may("each", Text, "The kind of fact whose rows it pays on"),
    may("role", Text, "The role whose credits count; the first listed when not written"),
    may("where", Formula, "Which rows it pays on"),
    must("pays", Formula, "What it pays"),
    may("at_least", Formula, "The floor"),
    may("at_most", Formula, "The cap"),
    may("uncapped", Text, "Why it has no upper bound, when both sides agreed to that"),
    may("cliff", Agreed, "Why a jump of pay is meant: agreed, and the reason"),
    may("rounding", Map(Place::Rounding), "The one rounding it ends in"),
    may("paid", Maps(Place::Instalment), "When what is earned becomes payable; all at settlement when not written"),
    may("recovers", Map(Place::Recovery), "Where a negative posting is taken from"),
    may("unit", Word(&["money", "count", "fund", "flag"]), "What it grants; money when not written"),
    may("stacks_with", List, "Components that are meant to pay on the same rows"),
];

#[rustfmt::skip]
const INSTALMENT: &[Key] = &[
    must("share", Formula, "Which part of what is earned"),
    may("after", Duration, "How long after the window's end"),
    may("on", Date, "On which day"),
    may("if", Formula, "On which condition, asked in the period of the release"),
    may("else", Word(&["forfeit", "wait"]), "What happens when the condition is false; forfeit when not written"),
];

#[rustfmt::skip]
const RECOVERY: &[Key] = &[
    may("from", Words(&["held", "next_payouts", "invoice"]), "In this order"),
    may("at_most", Part, "At most this part of each payout"),
    may("within", Duration, "How long after it may be taken"),
];

#[rustfmt::skip]
const LIMIT: &[Key] = &[
    IS,
    must("on", List, "The components and limits it holds; the last gives way first"),
    may("over", Word(WINDOWS), "The window it holds over; the plan's period when not written"),
    may("at_most", Formula, "The most they pay together"),
    may("at_least", Formula, "The least; what is missing is paid as top_up"),
    may("cut", Word(&["last_first", "pro_rata"]), "Who gives way; last_first when not written"),
];

#[rustfmt::skip]
const CORRECTIONS: &[Key] = &[
    may("reach_back", Duration, "Windows that ended longer ago are closed; none when not written"),
];

#[rustfmt::skip]
const FUND: &[Key] = &[
    IS,
    must("accrues", Formula, "What is set aside"),
    may("claims", Formula, "What a claim is about: the expense, as a formula on the facts that are claims"),
    may("where", Formula, "Which of these facts are claims on this fund"),
    may("at", Text, "The column that holds the day of the expense; the day of the claim when not written"),
    may("reimburses", Formula, "Which part of a claim it pays; all of it when not written"),
    may("needs", Open, "What a claim must bring"),
    may("claim_within", Duration, "Until how long after the expense it may be claimed"),
    may("expires_after", Duration, "How long credit lasts"),
    may("approved_by", List, "Who approves a claim"),
];

#[rustfmt::skip]
const CONTINGENCY: &[Key] = &[
    IS,
    must("when", Formula, "While this holds"),
    must("changes", Formulas, "What is changed and to what; the formula may mention `was` and `agreed`"),
    may("within", Map(Place::Within), "How far it may change"),
    may("lasts", Duration, "For how long at most"),
    may("approved_by", List, "Who approves it"),
];

#[rustfmt::skip]
const WITHIN: &[Key] = &[
    may("lowest", Formula, "Not below; a number, in a contingency a formula that may mention `agreed`"),
    may("highest", Formula, "Not above; a number, in a contingency a formula that may mention `agreed`"),
];

#[rustfmt::skip]
const GUARDRAIL: &[Key] = &[
    IS,
    must("when", Formula, "What is looked out for"),
    must("effect", Word(&["warn", "hold", "cap", "review"]), "What then happens"),
    may("changes", Formulas, "With `cap`: what is held down, and to what; the formula may mention `was` and `agreed`"),
    may("seen_by", List, "Who sees it"),
];

#[rustfmt::skip]
const BODY: &[Key] = &[
    IS,
    must("members", List, "Who sits in it"),
    may("quorum", Text, "How many must be there"),
    may("meets", Text, "How often"),
    may("seats", Open, "How seats are filled"),
];

#[rustfmt::skip]
const APPROVAL: &[Key] = &[
    IS,
    may("above", Formula, "From which amount on"),
    may("by", List, "Whose consent it needs"),
    may("notice", Duration, "How long before it takes effect"),
    may("day", Text, "On which day payouts leave"),
    may("smallest", Formula, "Below this a payout waits for the next"),
    may("netting", Text, "Whether payouts and claims are set off"),
    may("currency", Text, "The currency paid out in"),
];

#[rustfmt::skip]
const REVIEW: &[Key] = &[
    IS,
    may("every", Word(WINDOWS), "How often"),
    may("by", List, "Who reviews"),
    may("decides", Text, "What may be decided"),
];

#[rustfmt::skip]
const DISPUTES: &[Key] = &[
    may(
        "open_within",
        Duration,
        "Until how long after the statement; whoever says nothing until then has accepted it, and payable money waits for that",
    ),
    may("answer_within", Duration, "By when each step answers"),
    may("path", List, "Who decides, step by step"),
    may("hold_disputed", Flag, "Whether the disputed part is held"),
];

#[rustfmt::skip]
const WINDING_DOWN: &[Key] = &[
    may("held", Text, "What happens to money held"),
    may("owed", Text, "What happens to money owed"),
    may("unvested", Text, "What happens to shares not yet released"),
    may("last_claims", Duration, "Until how long after the end claims are taken"),
    may("checklist", List, "What both sides do"),
];

impl Place {
    /// All places, the file's top first.
    pub const ALL: &[Place] = &[
        Place::Plan,
        Place::Calendar,
        Place::Rounding,
        Place::Objective,
        Place::Fact,
        Place::Credit,
        Place::Use,
        Place::Parameter,
        Place::Term,
        Place::Measure,
        Place::Value,
        Place::Table,
        Place::Band,
        Place::Component,
        Place::Instalment,
        Place::Recovery,
        Place::Limit,
        Place::Corrections,
        Place::Fund,
        Place::Contingency,
        Place::Within,
        Place::Guardrail,
        Place::Body,
        Place::Approval,
        Place::Review,
        Place::Disputes,
        Place::WindingDown,
    ];

    /// The keys that may stand there, in the order in which a plan is read aloud.
    #[must_use]
    pub const fn keys(self) -> &'static [Key] {
        match self {
            Self::Plan => PLAN,
            Self::Calendar => CALENDAR,
            Self::Rounding => ROUNDING,
            Self::Objective => OBJECTIVE,
            Self::Fact => FACT,
            Self::Credit => CREDIT,
            Self::Use => USE,
            Self::Parameter => PARAMETER,
            Self::Term => TERM,
            Self::Measure => MEASURE,
            Self::Value => VALUE,
            Self::Table => TABLE,
            Self::Band => BAND,
            Self::Component => COMPONENT,
            Self::Instalment => INSTALMENT,
            Self::Recovery => RECOVERY,
            Self::Limit => LIMIT,
            Self::Corrections => CORRECTIONS,
            Self::Fund => FUND,
            Self::Contingency => CONTINGENCY,
            Self::Within => WITHIN,
            Self::Guardrail => GUARDRAIL,
            Self::Body => BODY,
            Self::Approval => APPROVAL,
            Self::Review => REVIEW,
            Self::Disputes => DISPUTES,
            Self::WindingDown => WINDING_DOWN,
        }
    }

    /// What stands there, as one says it.
    #[must_use]
    pub const fn called(self) -> &'static str {
        match self {
            Self::Plan => "a plan",
            Self::Calendar => "a calendar",
            Self::Rounding => "a rounding",
            Self::Objective => "an objective",
            Self::Fact => "a kind of fact",
            Self::Credit => "a line of `credited`",
            Self::Use => "a line of `uses`",
            Self::Parameter => "a parameter",
            Self::Term => "a term",
            Self::Measure => "a measure",
            Self::Value => "a value",
            Self::Table => "a table",
            Self::Band => "a band",
            Self::Component => "a component",
            Self::Instalment => "a line of `paid`",
            Self::Recovery => "`recovers`",
            Self::Limit => "a limit",
            Self::Corrections => "`corrections`",
            Self::Fund => "a fund",
            Self::Contingency => "a contingency",
            Self::Within => "`within`",
            Self::Guardrail => "a guardrail",
            Self::Body => "a body",
            Self::Approval => "an approval",
            Self::Review => "a review",
            Self::Disputes => "`disputes`",
            Self::WindingDown => "`winding_down`",
        }
    }

    /// A key that may stand there.
    #[must_use]
    pub fn key(self, key: &str) -> Option<&'static Key> {
        self.keys().iter().find(|known| known.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trueup_base::calendar::WindowUnit;
    use trueup_base::rounding::Rounding;

    #[test]
    fn the_words_of_windows_and_roundings_are_those_that_base_reads() {
        let units: Vec<String> = WindowUnit::ALL.iter().map(ToString::to_string).collect();
        assert_eq!(units, WINDOWS);
        let roundings: Vec<&str> = Rounding::ALL
            .iter()
            .map(|rounding| rounding.name())
            .collect();
        assert_eq!(roundings, ROUNDINGS);
    }

    #[test]
    fn no_place_lists_a_key_twice_and_every_key_says_what_it_is() {
        for place in Place::ALL {
            for (at, key) in place.keys().iter().enumerate() {
                assert!(
                    !place
                        .keys()
                        .iter()
                        .skip(at + 1)
                        .any(|other| other.key == key.key),
                    "{place:?} {}",
                    key.key
                );
                assert!(
                    !key.doc.is_empty() && !key.doc.ends_with('.'),
                    "{place:?} {}",
                    key.key
                );
            }
        }
    }
}
