//! Checking a bundle: what is signed, and what the plan comes to over its facts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_journal::PublicKey;

use crate::lines::{self, Bundle, Content};
use crate::recompute::{self, Derived, Key, Until};
use crate::record::{Asked, Head, Line, Node, Place, Said};
use crate::said;
use crate::setting;
use crate::signed;

/// Something that is not as it should be, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: String,
    /// What is wrong.
    pub why: String,
}

impl Finding {
    /// A finding at a place.
    #[must_use]
    pub fn at(place: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            why: why.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

/// What was looked at so far.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was checked, in words.
    pub checked: Vec<String>,
    /// What stands on the vendor's signature alone.
    pub taken: Vec<String>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
    /// What is not as it should be.
    pub found: Vec<Finding>,
}

/// What checking a bundle came to.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What the bundle says it is; none where it cannot be read.
    pub head: Option<Head>,
    /// The lines of its statement; none where they do not hold.
    pub statement: Vec<Line>,
    /// What was looked at.
    pub report: Report,
}

impl Verdict {
    /// Whether nothing was found.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.report.found.is_empty()
    }
}

/// Checks a bundle against the vendor's key.
#[must_use]
pub fn verify(text: &[u8], key: &PublicKey) -> Verdict {
    let mut report = Report::default();
    let bundle = match lines::read(text) {
        Ok(bundle) => bundle,
        Err(found) => {
            report.found = found;
            return Verdict {
                head: None,
                statement: Vec::new(),
                report,
            };
        }
    };
    signed::check(&bundle, key, &mut report);
    // What nobody signed is nobody's word, and may have been made to keep its reader busy.
    if report.found.is_empty() {
        recomputed(&bundle, &mut report);
        postings(&bundle.content, &mut report);
        taken(&bundle.content, &mut report);
    }
    let lines = bundle.content.derived.lines.into_iter();
    let statement = match report.found.is_empty() {
        true => lines.filter(|line| line.in_statement).collect(),
        false => Vec::new(),
    };
    Verdict {
        head: Some(bundle.content.head),
        statement,
        report,
    }
}

/// Reads the plan again, evaluates it over the facts, and holds everything to what comes out.
fn recomputed(bundle: &Bundle, report: &mut Report) {
    let content = &bundle.content;
    let derived = match again(bundle, report) {
        Ok(derived) => derived,
        Err(finding) => {
            report.found.push(finding);
            return;
        }
    };
    let before = report.found.len();
    compare(content, &derived, report);
    if report.found.len() == before {
        let facts = content.facts.len();
        report.checked.push(format!(
            "The plan's text was read again: its typed tree is the one in the bundle, {}",
            counted(derived.tree.len(), "part")
        ));
        let rows: usize = derived.nodes.iter().map(|node| node.rows.len()).sum();
        report.checked.push(format!(
            "The plan was evaluated again over the bundle's {}: what comes out is what it says, {} of the explanation, {} of single facts and {} of settlement",
            counted(facts, "fact"),
            counted(derived.nodes.len(), "step"),
            counted(rows, "amount"),
            counted(derived.lines.len(), "line")
        ));
    }
}

fn again(bundle: &Bundle, report: &mut Report) -> Result<Derived, Finding> {
    let content = &bundle.content;
    let head = &content.head;
    let rules = setting::rules(content)?;
    if rules.plan.currency.code() != head.currency {
        return Err(Finding::at("the head", "its currency is not the plan's"));
    }
    signed::days(bundle, rules.agreements(), report);
    let world = setting::world(content, &rules)?;
    let day = |text: &str, what: &str| {
        said::day(text).ok_or_else(|| Finding::at("the head", format!("`{what}` is no day")))
    };
    let from = match &head.from {
        Some(text) => Some(day(text, "from")?),
        None => None,
    };
    let until = Until {
        until: day(&head.until, "until")?,
        from,
    };
    period(head, &rules.plan, until)?;
    let mut answers = BTreeMap::new();
    for input in &content.inputs {
        let place = || format!("the input `{}` of formula {}", input.asks, input.formula);
        let value = said::value(&input.says)
            .filter(|value| said::of_value(value) == input.says)
            .ok_or_else(|| Finding::at(place(), "its answer cannot be read"))?;
        if answers.insert(recompute::key_of(input), value).is_some() {
            return Err(Finding::at(place(), "it is there twice"));
        }
    }
    let (derived, asked) = recompute::derive(&rules.plan, &world, &answers, until);
    inputs(content, &answers.into_keys().collect(), &asked, report);
    Ok(derived)
}

/// The days the head names are those of the period it names.
fn period(head: &Head, plan: &trueup_plan::tree::Plan, until: Until) -> Result<(), Finding> {
    let wrong = |why: &str| Err(Finding::at("the head", why));
    match (&head.period, until.from) {
        (None, None) => Ok(()),
        (None, Some(_)) | (Some(_), None) => {
            wrong("it names a period without its days, or days without a period")
        }
        (Some(period), Some(from)) => match plan.calendar.parse_period(period) {
            Ok(window) if window.starts == from && window.ends == until.until => Ok(()),
            Ok(_) => wrong("its days are not those of its period"),
            Err(_) => wrong("its period is none of the plan's calendar"),
        },
    }
}

/// The inputs are those that are asked for, each in its order.
fn inputs(
    content: &Content,
    given: &BTreeSet<Key>,
    asked: &recompute::AskedFor,
    report: &mut Report,
) {
    for (formula, ..) in &asked.lacking {
        let place = format!("formula {formula}");
        let why = "what it asks about other partners is not in the bundle";
        report.found.push(Finding::at(place, why));
    }
    for (formula, ..) in given.difference(&asked.given) {
        let place = format!("an input of formula {formula}");
        report.found.push(Finding::at(place, "nothing asks for it"));
    }
    if !content.inputs.is_sorted() {
        report
            .found
            .push(Finding::at("the inputs", "they are not in order"));
    }
}

/// A number of things: `1 line`, `2 lines`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

/// How many differences of one sort are named.
const NAMED: usize = 5;

fn compare(content: &Content, derived: &Derived, report: &mut Report) {
    let own = &content.derived;
    differences(
        (&own.tree, &derived.tree),
        "the typed tree",
        report,
        |there, comes| match (there, comes) {
            (Some(there), Some(comes)) => {
                let at = first_difference(&there.holds, &comes.holds);
                let place = format!("the tree of {}", there.part);
                Finding::at(
                    place,
                    format!("at {at} it is not what the plan's text says"),
                )
            }
            (Some(there), None) => Finding::at(
                format!("the tree of {}", there.part),
                "the plan's text has no such part",
            ),
            (None, Some(comes)) => Finding::at(
                format!("the tree of {}", comes.part),
                "it is not in the bundle",
            ),
            (None, None) => Finding::at("the typed tree", "it differs"),
        },
    );
    differences(
        (&own.places, &derived.places),
        "the places",
        report,
        |_, _| Finding::at("a place", "the steps are asked elsewhere"),
    );
    differences(
        (&own.nodes, &derived.nodes),
        "the explanation",
        report,
        |there, comes| step_differs(content, there, comes),
    );
    differences(
        (&own.lines, &derived.lines),
        "the settlements",
        report,
        |there, comes| match (there, comes) {
            (Some(there), Some(comes)) => Finding::at(
                format!("the line {} of {}", there.component, there.period),
                format!(
                    "it posts {}, and the plan comes to {} ({} of {})",
                    in_words(&there.posted),
                    in_words(&comes.posted),
                    comes.component,
                    comes.period
                ),
            ),
            (Some(there), None) => Finding::at(
                format!("the line {} of {}", there.component, there.period),
                "the plan has no such line",
            ),
            (None, Some(comes)) => Finding::at(
                format!("the line {} of {}", comes.component, comes.period),
                "it is not in the bundle",
            ),
            (None, None) => Finding::at("a line", "it differs"),
        },
    );
}

fn differences<T: PartialEq>(
    (there, comes): (&[T], &[T]),
    what: &str,
    report: &mut Report,
    told: impl Fn(Option<&T>, Option<&T>) -> Finding,
) {
    let count = there.len().max(comes.len());
    let differ: Vec<usize> = (0..count)
        .filter(|at| there.get(*at) != comes.get(*at))
        .collect();
    for at in differ.iter().take(NAMED) {
        report.found.push(told(there.get(*at), comes.get(*at)));
    }
    if differ.len() > NAMED {
        let why = format!("{} more differ", differ.len() - NAMED);
        report.found.push(Finding::at(what, why));
    }
}

fn step_differs(content: &Content, there: Option<&Node>, comes: Option<&Node>) -> Finding {
    match (there, comes) {
        (Some(there), Some(comes)) => {
            let place = step_place(content, there);
            let why = if there.asks != comes.asks || there.at != comes.at {
                format!("the plan asks something else there: {}", asked(comes))
            } else if there.says != comes.says {
                format!(
                    "it is {} in the bundle, and the plan comes to {}",
                    in_words(&there.says),
                    in_words(&comes.says)
                )
            } else {
                "it follows from other steps or facts".to_owned()
            };
            Finding::at(place, why)
        }
        (Some(there), None) => {
            Finding::at(step_place(content, there), "the plan comes to fewer steps")
        }
        (None, Some(comes)) => {
            let place = format!("step {} ({})", comes.n, asked(comes));
            Finding::at(place, "it is not in the bundle")
        }
        (None, None) => Finding::at("a step", "it differs"),
    }
}

fn step_place(content: &Content, node: &Node) -> String {
    let places = &content.derived.places;
    let at = usize::try_from(node.at).ok().and_then(|at| places.get(at));
    let window = at.map(|at: &Place| format!(" from {} to before {}", at.window.0, at.window.1));
    format!(
        "step {} ({}{})",
        node.n,
        asked(node),
        window.unwrap_or_default()
    )
}

fn asked(node: &Node) -> String {
    match &node.asks {
        Asked::Term(name) => format!("term {name}"),
        Asked::Measure(name) => format!("measure {name}"),
        Asked::Value(name) => format!("value {name}"),
        Asked::Component(name) => format!("component {name}"),
        Asked::Limit(name) => format!("limit {name}"),
        Asked::Formula(number) => format!("formula {number}"),
        Asked::Band(band) => format!("a band of table {}", band.table),
        Asked::OfAll(number) => format!("all weights of formula {number}"),
        Asked::Trigger(name) => name.clone(),
        Asked::Was(name) => format!("{name} without changes"),
        Asked::Changed(name, _) => format!("a change by {name}"),
    }
}

/// An answer in words.
#[must_use]
pub fn in_words(says: &Said) -> String {
    match says {
        Said::Number(text) | Said::Date(text) | Said::Text(text) | Said::Partner(text) => {
            text.clone()
        }
        Said::Flag(holds) => holds.to_string(),
        Said::Duration(months, days) => format!("{months} months and {days} days"),
        Said::Missing(why) => format!("missing ({why})"),
        Said::Undefined(why) => format!("undefined ({why})"),
    }
}

/// Where two trees differ first, as a path of keys.
fn first_difference(there: &serde_json::Value, comes: &serde_json::Value) -> String {
    use serde_json::Value as Json;
    match (there, comes) {
        (Json::Object(there), Json::Object(comes)) => {
            let differs = |key: &&String| there.get(key.as_str()) != comes.get(key.as_str());
            match there.keys().chain(comes.keys()).find(differs) {
                Some(key) => match (there.get(key), comes.get(key)) {
                    (Some(a), Some(b)) => format!("{key}.{}", first_difference(a, b)),
                    (Some(_), None) | (None, Some(_)) | (None, None) => key.clone(),
                },
                None => "the order of keys".to_owned(),
            }
        }
        (Json::Array(there), Json::Array(comes)) => {
            let both = there.iter().zip(comes).enumerate();
            match both.into_iter().find(|(_, (a, b))| a != b) {
                Some((at, (a, b))) => format!("{at}.{}", first_difference(a, b)),
                None => "its length".to_owned(),
            }
        }
        (
            Json::Null
            | Json::Bool(_)
            | Json::Number(_)
            | Json::String(_)
            | Json::Array(_)
            | Json::Object(_),
            _,
        ) => format!("`{there}` for `{comes}`"),
    }
}

/// The account of what a program pays.
const EXPENSE: &str = "expense";

/// What a posting is for: a plan, a component, and the last day of the settlement.
type PostedFor = (String, String, String);

/// The postings come to zero, and to what the statement's lines post.
fn postings(content: &Content, report: &mut Report) {
    let Ok(currency) = Currency::parse(&content.head.currency) else {
        return;
    };
    let mut sums: BTreeMap<(u64, &str), i128> = BTreeMap::new();
    let mut expense: BTreeMap<PostedFor, i128> = BTreeMap::new();
    let locked = content.head.locked.as_deref();
    for posting in &content.postings {
        let sum = sums.entry((posting.batch, &posting.currency)).or_default();
        *sum += i128::from(posting.units);
        // What falls on a later day than the closing corrects what was approved.
        let is_later = locked.is_some_and(|locked| posting.falls_on.as_str() > locked);
        if posting.account == EXPENSE && !is_later && posting.currency == currency.code() {
            let of = (
                posting.plan.clone(),
                posting.component.clone(),
                posting.settled_on.clone(),
            );
            *expense.entry(of).or_default() += i128::from(posting.units);
        }
    }
    for ((batch, currency), sum) in sums {
        if sum != 0 {
            let place = format!("the postings of batch {batch}");
            let why = format!("they do not come to zero in {currency}: {sum} minor units are left");
            report.found.push(Finding::at(place, why));
        }
    }
    let (mut right, mut waiting, mut differ) = (0, 0, Vec::new());
    let mut stated: BTreeMap<PostedFor, Exact> = BTreeMap::new();
    let lines = content.derived.lines.iter();
    for line in lines.filter(|line| line.in_statement && line.grants == "money") {
        let Said::Number(text) = &line.posted else {
            continue;
        };
        let Some(amount) = said::exact(text) else {
            continue;
        };
        let of = (
            line.plan.clone(),
            line.component.clone(),
            line.settled_on.clone(),
        );
        let sum = stated.entry(of).or_insert(Exact::ZERO);
        *sum = &*sum + &amount;
    }
    for (of, amount) in &stated {
        match expense.get(of) {
            None if amount.is_zero() => right += 1,
            None => waiting += 1,
            Some(units) if Exact::from_scaled(*units, currency.places()) == *amount => right += 1,
            Some(units) => {
                let posted = Exact::from_scaled(*units, currency.places());
                differ.push((of, posted, amount));
            }
        }
    }
    for (of, posted, amount) in differ {
        let place = format!("the postings of {} settled on {}", of.1, of.2);
        let why = format!("{posted} was posted, and the line posts {amount}");
        // What is open is posted again until it is right; what is closed was approved.
        match locked {
            Some(_) => report.found.push(Finding::at(place, why)),
            None => report
                .notes
                .push(format!("{place}: {why}; the next posting makes that up")),
        }
    }
    match (locked, waiting) {
        (_, 0) => {}
        (Some(_), _) => report.found.push(Finding::at(
            "the postings",
            format!(
                "of a closed period is not posted: {}",
                counted(waiting, "line")
            ),
        )),
        (None, _) => report
            .notes
            .push(format!("not posted yet: {}", counted(waiting, "line"))),
    }
    if right > 0 && !content.postings.is_empty() {
        report.checked.push(format!(
            "{} of the partner: they come to zero in each batch, and to what {} of the statement posts",
            counted(content.postings.len(), "posting"),
            counted(right, "line")
        ));
    }
}

/// What stands on the vendor's signature alone.
fn taken(content: &Content, report: &mut Report) {
    let facts = content.facts.len();
    report.taken.push(format!(
        "that this is all that counts for the partner ({}), and what it says",
        counted(facts, "fact")
    ));
    let from_below = content.facts.iter();
    let from_below = from_below
        .filter(|fact| fact.credits.iter().any(|(_, level)| *level > 0))
        .count();
    if from_below > 0 {
        report.taken.push(format!(
            "what is of partners below this one, and how far below: {}",
            counted(from_below, "fact")
        ));
    }
    let complete = content.kinds.iter().filter(|kind| kind.complete.is_some());
    let kinds: Vec<&str> = complete.map(|kind| kind.kind.as_str()).collect();
    if !kinds.is_empty() {
        report.taken.push(format!(
            "for which days the facts of {} are complete",
            kinds.join(", ")
        ));
    }
    if let Some((own, others)) = content.directories.split_first() {
        let columns: Vec<&str> = own.says.iter().map(|(name, _)| name.as_str()).collect();
        if !columns.is_empty() {
            report.taken.push(format!(
                "what the directory says of the partner: {}",
                columns.join(", ")
            ));
        }
        if !others.is_empty() {
            report.taken.push(format!(
                "what it says of {} others whom the facts name, without saying who they are",
                others.len()
            ));
        }
    }
    if !content.rates.is_empty() {
        report
            .taken
            .push(format!("{} rates of currencies", content.rates.len()));
    }
    let mut inputs: BTreeMap<(&str, u32), usize> = BTreeMap::new();
    for input in &content.inputs {
        *inputs.entry((&input.asks, input.formula)).or_default() += 1;
    }
    for ((asks, formula), count) in inputs {
        let what = match asks {
            "total" => "a total over all partners",
            "team" => "what those below the partner come to together",
            "rank" => "the partner's rank",
            "allocate" => "the partner's part of a shared sum",
            _ => "another partner's figure",
        };
        let times = match count {
            1 => "once".to_owned(),
            count => format!("{count} times"),
        };
        report
            .taken
            .push(format!("{what} (formula {formula}), {times}"));
    }
    if !content.postings.is_empty() {
        report.taken.push(format!(
            "{}, as the books have them",
            counted(content.postings.len(), "posting")
        ));
    }
}
