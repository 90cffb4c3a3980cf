//! The agreement's text: which plan holds for whom, from when until when, and the terms both sides filled in.
//!
//! ```yaml
//! agreement: retail-mall
//! plan: warehouse
//! partner: '514'                  # or partners: { type: warehouse }, everyone of the directory with these columns
//! starts: 2010-12-01
//! until: 2013-12-01               # the day after its last; without it the agreement is open
//! replaces: retail-mall-2010      # the version it takes over from, where that one would hold longer
//! takes_effect: split             # cuts the windows it begins in; without it it begins with the next ones
//! terms:
//!   target.net_sales: 250_000     # or single periods: { FY2012: 250_000, FY2013: 280_000 }
//! contingencies:
//!   release_slips: { starts: 2011-03-01 }     # approved to hold from the first period that begins on this day or later
//! ```
//!
//! The agreement fills in terms and nothing else (LANGUAGE §14); that a contingency was approved is an act of both sides,
//! which is stated here as long as nothing else records it. Partner ids stay opaque here: whether a partner exists
//! is not this crate's to know.

use trueup_base::calendar::Window;
use trueup_base::date::{Date, parse_date};

use crate::check::constant;
use crate::diagnostic::Diagnostic;
use crate::formula::{self, Formula, FormulaKind, Suffix};
use crate::nearest::nearest;
use crate::span::Span;
use crate::tree::{ContingencyId, Literal, Plan, Term, TermId, Text, Type, Unit};
use crate::yaml::{Node, Scalar};

/// What an agreement's file says, before the plan it names is looked at.
#[derive(Clone, Debug)]
pub struct AgreementText {
    /// Its name.
    pub name: Scalar,
    /// What it is, in one sentence.
    pub is: Option<Scalar>,
    /// The plan's name, with its version where there are several: `growth@2`.
    pub plan: Scalar,
    /// The version it takes over from.
    pub replaces: Option<Scalar>,
    /// Whether it cuts the windows it begins in, and does not wait for the next ones.
    pub splits: bool,
    /// Whose it is.
    pub whose: Whose,
    /// Its first day.
    pub starts: Date,
    /// The day after its last.
    pub until: Option<Date>,
    /// The terms as written.
    pub terms: Option<Node>,
    /// The contingencies that were approved, as written.
    pub contingencies: Option<Node>,
}

/// Whose agreement it is.
#[derive(Clone, Debug)]
pub enum Whose {
    /// One partner's.
    Partner(Scalar),
    /// Every partner's whose directory columns say this and who has none of its own.
    Partners(Vec<(Scalar, Scalar)>),
}

/// A figure the agreement states for a term.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// The term.
    pub term: TermId,
    /// The one period it is for; none for all.
    pub period: Option<Window>,
    /// The figure.
    pub figure: Literal,
    /// Where it is written.
    pub span: Span,
}

const KEYS: [&str; 11] = [
    "agreement",
    "is",
    "plan",
    "partner",
    "partners",
    "starts",
    "until",
    "replaces",
    "takes_effect",
    "terms",
    "contingencies",
];

/// Reads an agreement's file; nothing when a mistake was reported that leaves it without sense.
pub fn read(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<AgreementText> {
    let before = diagnostics.len();
    if !node.is_map() {
        diagnostics.push(
            Diagnostic::error(
                "A1",
                node.span,
                format!(
                    "an agreement is a map of keys, and this is {}",
                    node.described()
                ),
            )
            .help("begin with `agreement: a-name`"),
        );
        return None;
    }
    for entry in node.entries() {
        if !KEYS.contains(&&*entry.key.text) {
            diagnostics.push(
                Diagnostic::error(
                    "A1",
                    entry.key.span,
                    format!("`{}` is no key of an agreement", entry.key.text),
                )
                .help(format!("its keys are {}", KEYS.join(", "))),
            );
        }
    }
    let name = required(node, "agreement", "the agreement's name", diagnostics);
    let plan = required(
        node,
        "plan",
        "the name of the plan it is about",
        diagnostics,
    );
    let starts = required(node, "starts", "its first day, as 2026-01-01", diagnostics)
        .and_then(|text| day(&text, diagnostics));
    let until = match node.get("until") {
        Some(until) => scalar(until, "until", diagnostics).and_then(|text| day(&text, diagnostics)),
        None => None,
    };
    if let (Some(starts), Some(until)) = (starts, until)
        && until <= starts
    {
        let span = node.get("until").map_or(node.span, |until| until.span);
        diagnostics.push(
            Diagnostic::error(
                "A2",
                span,
                format!("the agreement ends on {until}, before it starts on {starts}"),
            )
            .help("`until` is the day after its last day"),
        );
    }
    let whose = whose(node, diagnostics);
    let is = node.get("is").and_then(|is| scalar(is, "is", diagnostics));
    let replaces = node
        .get("replaces")
        .and_then(|name| scalar(name, "replaces", diagnostics));
    let splits = node
        .get("takes_effect")
        .is_some_and(|how| splits(how, diagnostics));
    if diagnostics.len() > before {
        return None;
    }
    Some(AgreementText {
        name: name?,
        is,
        plan: plan?,
        replaces,
        splits,
        whose: whose?,
        starts: starts?,
        until,
        terms: node.get("terms").cloned(),
        contingencies: node.get("contingencies").cloned(),
    })
}

/// Whether a version cuts the windows it begins in, as `takes_effect` says it.
pub fn splits(how: &Node, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let Some(text) = scalar(how, "takes_effect", diagnostics) else {
        return false;
    };
    match &*text.text {
        "split" => true,
        "next_window" => false,
        other => {
            diagnostics.push(
                Diagnostic::error(
                    "A1",
                    text.span,
                    format!("`{other}` is no way to take effect"),
                )
                .help("split cuts the windows it begins in; next_window begins with the next ones"),
            );
            false
        }
    }
}

fn whose(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Whose> {
    match (node.get("partner"), node.get("partners")) {
        (Some(partner), None) => scalar(partner, "partner", diagnostics).map(Whose::Partner),
        (None, Some(partners)) if partners.is_map() => {
            let mut columns = Vec::new();
            for entry in partners.entries() {
                columns.push((
                    entry.key.clone(),
                    scalar(&entry.value, &entry.key.text, diagnostics)?,
                ));
            }
            Some(Whose::Partners(columns))
        }
        (None, Some(partners)) => {
            diagnostics.push(
                Diagnostic::error(
                    "A1",
                    partners.span,
                    "`partners` says which columns of the directory they have",
                )
                .help("as in `partners: { type: reseller }`"),
            );
            None
        }
        (Some(_), Some(partners)) => {
            diagnostics.push(
                Diagnostic::error(
                    "A1",
                    partners.span,
                    "an agreement is one partner's or a group's, not both",
                )
                .help("leave out `partner` or `partners`"),
            );
            None
        }
        (None, None) => {
            diagnostics.push(
                Diagnostic::error("A1", node.span, "the agreement does not say whose it is")
                    .help("add `partner: ID`, or `partners: { type: reseller }` for everyone with that column"),
            );
            None
        }
    }
}

fn required(
    node: &Node,
    key: &str,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Scalar> {
    match node.get(key) {
        Some(value) => scalar(value, key, diagnostics),
        None => {
            diagnostics.push(
                Diagnostic::error("A1", node.span, format!("the agreement has no `{key}`"))
                    .help(format!("add `{key}: {what}`")),
            );
            None
        }
    }
}

fn scalar(node: &Node, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Scalar> {
    let text = node.as_scalar().cloned();
    if text.is_none() {
        diagnostics.push(Diagnostic::error(
            "A1",
            node.span,
            format!("`{key}` is one text, and this is {}", node.described()),
        ));
    }
    text
}

fn day(text: &Scalar, diagnostics: &mut Vec<Diagnostic>) -> Option<Date> {
    match parse_date(&text.text) {
        Ok(day) => Some(day),
        Err(error) => {
            diagnostics.push(
                Diagnostic::error("A2", text.span, error.to_string())
                    .help("write a day as 2026-01-31"),
            );
            None
        }
    }
}

/// The figures a map of terms states, typed by the plan's terms.
///
/// The map is an agreement's `terms`, or a worked example's. Mistakes are reported and left out.
pub fn terms(plan: &Plan, terms: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Stated> {
    let mut stated = Vec::new();
    for entry in terms.entries() {
        let found = plan
            .terms
            .iter()
            .zip(0u16..)
            .find(|(term, _)| *term.name == *entry.key.text);
        let Some((term, at)) = found else {
            let known: Vec<&str> = plan.terms.iter().map(|term| &*term.name).collect();
            diagnostics.push(
                Diagnostic::error(
                    "A3",
                    entry.key.span,
                    format!("plan {} has no term `{}`", plan.name, entry.key.text),
                )
                .help(if known.is_empty() {
                    "the plan has no terms".to_owned()
                } else {
                    format!("its terms are {}", known.join(", "))
                }),
            );
            continue;
        };
        if entry.value.is_map() {
            if term.per.is_none() {
                diagnostics.push(
                    Diagnostic::error(
                        "A3",
                        entry.value.span,
                        format!("{} is one figure, not one for each period", term.name),
                    )
                    .help("single periods are stated for a term with `per` in the plan"),
                );
                continue;
            }
            for period in entry.value.entries() {
                let window = match plan.calendar.parse_period(&period.key.text) {
                    Ok(window) if Some(window.unit) == term.per => window,
                    Ok(window) => {
                        let per = term.per.map(|per| per.to_string()).unwrap_or_default();
                        diagnostics.push(Diagnostic::error(
                            "A3",
                            period.key.span,
                            format!(
                                "{} is agreed per {per}, and {} is a {}",
                                term.name, period.key.text, window.unit
                            ),
                        ));
                        continue;
                    }
                    Err(error) => {
                        diagnostics.push(Diagnostic::error(
                            "A3",
                            period.key.span,
                            error.to_string(),
                        ));
                        continue;
                    }
                };
                if let Some(figure) = figure(plan, &period.value, term.of, &term.name, diagnostics)
                    && fits(term, &figure, period.value.span, diagnostics)
                {
                    stated.push(Stated {
                        term: TermId(at),
                        period: Some(window),
                        figure,
                        span: period.value.span,
                    });
                }
            }
        } else if let Some(figure) = figure(plan, &entry.value, term.of, &term.name, diagnostics)
            && fits(term, &figure, entry.value.span, diagnostics)
        {
            stated.push(Stated {
                term: TermId(at),
                period: None,
                figure,
                span: entry.value.span,
            });
        }
    }
    stated
}

/// An approval of a contingency.
#[derive(Clone, Debug, PartialEq, Hash)]
pub struct Approved {
    /// Which.
    pub contingency: ContingencyId,
    /// It may hold in periods that begin on this day or later.
    pub starts: Date,
    /// In none that begins on this day or later; none where only its own length ends it.
    pub until: Option<Date>,
    /// Where it is written.
    pub span: Span,
}

/// The approvals that a map of contingencies states: `release_slips: { starts: 2026-04-01 }`, or a list of such spans.
///
/// The map is an agreement's `contingencies`, or a worked example's. Mistakes are reported and left out.
pub fn approved(plan: &Plan, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Approved> {
    let mut approved = Vec::new();
    if !node.is_map() {
        diagnostics.push(
            Diagnostic::error(
                "A1",
                node.span,
                format!(
                    "contingencies by name are expected, and here is {}",
                    node.described()
                ),
            )
            .help("contingencies: { release_slips: { starts: 2026-04-01 } }"),
        );
    }
    for entry in node.entries() {
        let Some(id) = plan.contingency_named(&entry.key.text) else {
            let known = || plan.contingencies.iter().map(|one| &*one.name);
            let help = match nearest(&entry.key.text, known()) {
                Some(near) => format!("did you mean {near}?"),
                None if plan.contingencies.is_empty() => "the plan has no contingencies".to_owned(),
                None => format!(
                    "its contingencies are {}",
                    known().collect::<Vec<_>>().join(", ")
                ),
            };
            let message = format!("plan {} has no contingency `{}`", plan.name, entry.key.text);
            diagnostics.push(Diagnostic::error("A3", entry.key.span, message).help(help));
            continue;
        };
        if plan[id].approved_by.is_empty() {
            diagnostics.push(
                Diagnostic::error(
                    "A3",
                    entry.key.span,
                    format!("{} starts by its trigger alone: the plan names nobody who approves it", entry.key.text),
                )
                .also(plan[id].span, "it is agreed here")
                .help("leave it out, or name in the plan who approves it: approved_by: [steering_committee]"),
            );
            continue;
        }
        let spans = match entry.value.is_list() {
            true => entry.value.list().iter().collect(),
            false => vec![&entry.value],
        };
        approved.extend(
            spans
                .into_iter()
                .filter_map(|span| one_approval(id, span, diagnostics)),
        );
    }
    approved
}

fn one_approval(
    contingency: ContingencyId,
    node: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Approved> {
    if !node.is_map() {
        diagnostics.push(
            Diagnostic::error(
                "A1",
                node.span,
                format!(
                    "an approval says from when on, and this is {}",
                    node.described()
                ),
            )
            .help("{ starts: 2026-04-01 }, and `until` where it ends before its time"),
        );
        return None;
    }
    for entry in node.entries() {
        if !["starts", "until"].contains(&&*entry.key.text) {
            diagnostics.push(
                Diagnostic::error(
                    "A1",
                    entry.key.span,
                    format!("`{}` is no key of an approval", entry.key.text),
                )
                .help("its keys are starts and until"),
            );
        }
    }
    let mut day_at = |key: &str| match node.get(key) {
        Some(value) => {
            let text = scalar(value, key, diagnostics)?;
            Some(Some(day(&text, diagnostics)?))
        }
        None => Some(None),
    };
    let (starts, until) = (day_at("starts")?, day_at("until")?);
    let Some(starts) = starts else {
        diagnostics.push(
            Diagnostic::error("A1", node.span, "the approval does not say from when on")
                .help("starts: 2026-04-01"),
        );
        return None;
    };
    if until.is_some_and(|until| until <= starts) {
        diagnostics.push(Diagnostic::error(
            "A2",
            node.span,
            "the approval ends before it starts",
        ));
        return None;
    }
    Some(Approved {
        contingency,
        starts,
        until,
        span: node.span,
    })
}

/// Whether a figure lies where the plan lets it be agreed; it is told where it does not.
fn fits(term: &Term, figure: &Literal, span: Span, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let (Some(within), Literal::Number(number)) = (&term.within, figure) else {
        return true;
    };
    if within.holds(number) {
        return true;
    }
    let range = match (&within.lowest, &within.highest) {
        (Some(lowest), Some(highest)) => format!("between {lowest} and {highest}"),
        (Some(lowest), None) => format!("not below {lowest}"),
        (None, Some(highest)) => format!("not above {highest}"),
        (None, None) => return true,
    };
    diagnostics.push(
        Diagnostic::error(
            "A3",
            span,
            format!("{} is agreed {range}, and this is {number}", term.name),
        )
        .help("agree a figure in the range, or change `within` in the plan with both sides"),
    );
    false
}

/// One figure of a type: a number, a day, a flag or text. Numbers may be written as in a formula (`12%`, `1/3`,
/// `2_500 USD`); days as `2026-01-31` or `date '2026-01-31'`.
pub fn figure(
    plan: &Plan,
    node: &Node,
    of: Type,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Literal> {
    let text = scalar(node, what, diagnostics)?;
    match of {
        Type::Text | Type::Partner => Some(Literal::Text(text.text.clone())),
        Type::Flag => match &*text.text {
            "true" | "yes" => Some(Literal::Flag(true)),
            "false" | "no" => Some(Literal::Flag(false)),
            other => {
                diagnostics.push(
                    Diagnostic::error(
                        "A3",
                        text.span,
                        format!("{what} is a flag, and `{other}` is none"),
                    )
                    .help("write true or false"),
                );
                None
            }
        },
        Type::Date => {
            if let Ok(day) = parse_date(&text.text) {
                return Some(Literal::Date(day));
            }
            match formula::parse(&text, diagnostics)?.is {
                FormulaKind::Date(day) => Some(Literal::Date(day)),
                _ => {
                    diagnostics.push(
                        Diagnostic::error(
                            "A3",
                            text.span,
                            format!("{what} is a day, and `{}` is none", text.text),
                        )
                        .help("write a day as 2026-01-31"),
                    );
                    None
                }
            }
        }
        Type::Number(_) | Type::Duration => {
            let formula = formula::parse(&text, diagnostics)?;
            let is_money = of == Type::Number(Unit::MONEY);
            let takes = |code: &str| is_money && code == plan.currency.code();
            if of != Type::Number(Unit::RATIO) && is_percentage(&formula) {
                diagnostics.push(
                    Diagnostic::error(
                        "A3",
                        text.span,
                        format!("`{}` is a share, and {what} is none", text.text),
                    )
                    .help("write the figure itself; what is a part of something has `unit: ratio`"),
                );
                return None;
            }
            match constant::number(&formula, &takes) {
                Some(number) => Some(Literal::Number(number)),
                None => {
                    diagnostics.push(
                        Diagnostic::error("A3", text.span, format!("{what} is a number, and `{}` is no plain one", text.text))
                            .help(format!(
                            "write a figure such as 4_000_000, 12.5% or 1/3, money in {}; formulas stand in the plan",
                            plan.currency.code()
                        )),
                    );
                    None
                }
            }
        }
    }
}

/// Whether a figure is written with `%`.
fn is_percentage(formula: &Formula) -> bool {
    match &formula.is {
        FormulaKind::Number { suffix, .. } => *suffix == Suffix::Percent,
        FormulaKind::Negated(formula) => is_percentage(formula),
        _ => false,
    }
}

/// An agreement's name as text, for messages.
impl AgreementText {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> Text {
        self.name.text.clone()
    }
}
