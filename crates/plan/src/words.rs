//! The plan in plain English, as both sides sign it: every rule, every table, every default, made from the typed tree.
//!
//! One document is made of a plan, and of an agreement if one is at hand; [`markdown`] and [`html`] write it. The full
//! version leaves nothing out: two plans that differ in meaning differ in words. The module must never know a fact, a
//! clock or a file, and it works out no pay: the figures it prints stand in the plan or the agreement, or follow from
//! those alone (a part of a yearly term, a worked line of a table). It refuses nothing.

mod agreed;
mod annex;
mod asked;
mod brief;
mod calls;
mod changes;
pub mod document;
mod examples;
pub mod figure;
mod formula;
mod front;
pub mod html;
pub mod markdown;
mod methods;
mod names;
mod pay;
mod phrase;
mod read;
mod sheet;
mod speaker;
mod statement;
mod tables;
mod together;
mod worked;

pub use agreed::Agreed;
pub use examples::ExampleFiles;
pub use worked::Worked;

use crate::agreement::Stated;
use crate::diagnostic::Sources;
use crate::tree::{Expr, Plan, Type};
use document::{Document, Line};
use speaker::{At, Speaker};
use trueup_base::calendar::WindowUnit;

/// What is put into words.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The text it was read from: whether a figure is written in percent stands only there.
    pub sources: &'a Sources,
    /// What the program says of the plan's kinds of fact.
    pub kinds: &'a [DeclaredKind],
    /// The plan as it would stand without its overrides ([`check::unchanged`](crate::check::unchanged)), where it has any.
    pub template: Option<&'a Plan>,
    /// The files of its worked examples, where they are at hand.
    pub examples: &'a [ExampleFiles],
    /// The agreement it is read under, if one is at hand.
    pub agreed: Option<&'a Agreed<'a>>,
}

/// What a program says of a kind of fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredKind {
    /// The kind's name.
    pub name: String,
    /// What it is.
    pub is: String,
    /// Where its facts come from, each source in one sentence.
    pub sources: Vec<String>,
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// One page: what can be earned, what must be reached, when it is paid, how to disagree.
    Short,
    /// Everything.
    Full,
}

/// A plan in plain English.
///
/// ```
/// use trueup_plan::check::{Strictness, read};
/// use trueup_plan::diagnostic::Sources;
/// use trueup_plan::words::{self, Length, Subject};
///
/// let text = "\
/// plan: cash-back
/// title: Cash back
/// currency: USD
/// facts:
///   sale: { columns: { partner: partner, on: date, amount: money } }
/// measures:
///   sales: { is: What was bought, sum: sale.amount }
/// components:
///   rebate: { is: Two percent of it, pays: 2% * sales }
/// ";
/// let mut sources = Sources::new();
/// let (plan, _) = read(&mut sources, &[("cash-back.yaml", text)], Strictness::Draft);
/// let plan = plan.ok_or("a plan")?;
/// let subject = Subject { plan: &plan, sources: &sources, kinds: &[], template: None, examples: &[], agreed: None };
/// let document = words::document(&subject, Length::Full);
/// let said = words::markdown::render(&[document]);
/// assert!(said.contains("- **Pays.** 2% of [sales]."));
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn document(subject: &Subject<'_>, length: Length) -> Document {
    let speaker = Speaker::of(subject);
    match length {
        Length::Short => speaker.short(),
        Length::Full => speaker.full(),
    }
}

/// A figure that an agreement states for a term of a plan, as a reader says it.
#[must_use]
pub fn stated(plan: &Plan, sources: &Sources, stated: &Stated) -> String {
    let of = plan
        .terms
        .get(stated.term.index())
        .map_or(Type::Text, |term| term.of);
    let in_percent = sources.text(stated.span).ends_with('%');
    agreed::literal(plan.currency, &stated.figure, of, in_percent)
}

/// One formula over a plan's names, as a sentence says it; asked in windows of a unit, if it is always the same.
#[must_use]
pub fn formula(subject: &Subject<'_>, formula: &Expr, window: Option<WindowUnit>) -> Line {
    let speaker = Speaker::of(subject);
    let at = At::window(window);
    match formula.of {
        Type::Flag => speaker.condition(formula, &at).line,
        Type::Number(_) | Type::Date | Type::Duration | Type::Text | Type::Partner => {
            speaker.value(formula, &at).line
        }
    }
}
