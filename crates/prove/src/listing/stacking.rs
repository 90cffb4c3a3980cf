//! What several components pay on: the same rows, or the same kind of fact.
//!
//! Two components that pay row by row on rows of one kind and role pay twice for the same thing, unless what they ask of
//! a row or of a partner cannot hold together. That is often meant, and then one of them says `stacks_with`. One that
//! takes the other into account (a true-up, commission on commission) has said so in its formula. That several
//! components read measures of one kind is usual, and only listed.

use std::collections::BTreeMap;

use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::{Comparison, Component, Expr, Form, KindId, Literal, Name, Plan, Type};

use crate::listing::reads::{Reads, listed, name_at, of_components};
use crate::registry::Kind;
use crate::study::Study;

/// Several components on the same facts.
pub(crate) const KIND: Kind = Kind {
    name: "several components on the same facts",
    codes: &["G7", "G8"],
    what: "Components that pay on the same rows without saying so, and kinds of fact that more than one component pays on.",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let components = of_components(plan);
    let mut found = Vec::new();
    for (at, (second, second_reads)) in components.iter().enumerate() {
        let others: Vec<&Component> = components
            .iter()
            .take(at)
            .filter(|(first, first_reads)| {
                let knows = |one: &Component, reads: &Reads, other: &Component| {
                    let mut names = one.stacks_with.iter().chain(&reads.components);
                    names.any(|id| plan[*id].name == other.name)
                };
                pay_on_the_same_rows(plan, first, second)
                    && !knows(first, first_reads, second)
                    && !knows(second, second_reads, first)
            })
            .map(|(first, _)| *first)
            .collect();
        found.extend(on_the_same_rows(plan, second, &others));
    }
    found.extend(kinds_of_several(plan));
    found
}

fn pay_on_the_same_rows(plan: &Plan, first: &Component, second: &Component) -> bool {
    let (Some(one), Some(other)) = (&first.each, &second.each) else {
        return false;
    };
    // Goods and money for one row are two things.
    first.grants == second.grants
        && one.kind == other.kind
        && one.role == other.role
        && !exclude_each_other(plan, one.filter.as_ref(), other.filter.as_ref())
        && !exclude_each_other(plan, first.applies.as_ref(), second.applies.as_ref())
}

/// Told once for a component, with all before it.
fn on_the_same_rows(plan: &Plan, second: &Component, others: &[&Component]) -> Option<Diagnostic> {
    let each = second.each.as_ref()?;
    let (first, more) = others.split_first()?;
    let kind = &plan[each.kind].name;
    let names = listed(others.iter().map(|component| &*component.name));
    let times = match more {
        [] => "twice",
        [_, ..] => "several times",
    };
    let message = format!(
        "{} pays on the same rows as {names}: every {kind} credited as {} may be paid {times}",
        second.name, each.role
    );
    let told = Diagnostic::warning("G7", name_at(second.span, &second.name), message)
        .also(name_at(first.span, &first.name), "paid by this too");
    let list: Vec<&str> = others.iter().map(|component| &*component.name).collect();
    Some(told.help(format!(
        "stacks_with: [{}] on {} where all are meant; else let `where` tell their rows apart",
        list.join(", "),
        second.name
    )))
}

/// Kinds that more than one component pays on, those left out that all know of one another.
fn kinds_of_several(plan: &Plan) -> Vec<Diagnostic> {
    let mut paying: BTreeMap<KindId, Vec<&Component>> = BTreeMap::new();
    for component in &plan.components {
        for kind in Reads::of_amounts(plan, component).kinds(plan) {
            paying.entry(kind).or_default().push(component);
        }
    }
    let is_silenced = |on: &[&Component]| {
        on.iter().enumerate().all(|(at, first)| {
            on.iter().skip(at + 1).all(|second| {
                let says = |one: &Component, other: &Component| {
                    one.stacks_with
                        .iter()
                        .any(|id| plan[*id].name == other.name)
                };
                says(first, second) || says(second, first)
            })
        })
    };
    paying
        .into_iter()
        .filter(|(_, on)| on.len() > 1 && !is_silenced(on))
        .map(|(kind, on)| {
            let kind = &plan[kind];
            let names = listed(on.iter().map(|component| &*component.name));
            let message = format!("more than one component pays on {}: {names}", kind.name);
            Diagnostic::note("G8", name_at(kind.span, &kind.name), message).help(
                "name those that are meant to under `stacks_with`, and they are no longer listed",
            )
        })
        .collect()
}

/// Whether two conditions cannot hold together: somewhere they ask one column or attribute for different things.
fn exclude_each_other(plan: &Plan, first: Option<&Expr>, second: Option<&Expr>) -> bool {
    let (Some(first), Some(second)) = (first, second) else {
        return false;
    };
    let (first, second) = (asked(plan, first), asked(plan, second));
    first.iter().any(|(name, one)| {
        second
            .iter()
            .any(|(other_name, other)| name == other_name && one.excludes(other))
    })
}

/// What a condition asks of a name, at least.
#[derive(Clone, Debug, PartialEq)]
enum Asked<'p> {
    /// That it is one of these.
    OneOf(Vec<&'p Literal>),
    /// That it is none of these.
    NoneOf(Vec<&'p Literal>),
    /// That it is above, or not below, a figure.
    Above(&'p trueup_base::exact::Exact, bool),
    /// That it is below, or not above, a figure.
    Below(&'p trueup_base::exact::Exact, bool),
}

impl Asked<'_> {
    fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OneOf(one), Self::OneOf(other)) => {
                !one.iter().any(|literal| other.contains(literal))
            }
            (Self::OneOf(one), Self::NoneOf(none)) | (Self::NoneOf(none), Self::OneOf(one)) => {
                one.iter().all(|literal| none.contains(literal))
            }
            (Self::Above(low, with_low), Self::Below(high, with_high))
            | (Self::Below(high, with_high), Self::Above(low, with_low)) => {
                high < low || high == low && !(*with_low && *with_high)
            }
            (
                Self::OneOf(_) | Self::NoneOf(_) | Self::Above(..) | Self::Below(..),
                Self::OneOf(_) | Self::NoneOf(_) | Self::Above(..) | Self::Below(..),
            ) => false,
        }
    }
}

/// What must hold of single names for a condition to hold. A value asks what its formula asks; one that comes back to
/// itself does so inside `previous`, which is not looked into.
fn asked<'p>(plan: &'p Plan, condition: &'p Expr) -> Vec<(Name, Asked<'p>)> {
    match &condition.form {
        Form::And(parts) => parts.iter().flat_map(|part| asked(plan, part)).collect(),
        Form::Name(name) if condition.of == Type::Flag => {
            let mut holds = vec![(*name, Asked::OneOf(vec![&Literal::Flag(true)]))];
            if let Name::Value(value) = name {
                holds.extend(asked(plan, &plan[*value].formula));
            }
            holds
        }
        Form::Not(inner) => match &inner.form {
            Form::Name(name) => vec![(*name, Asked::OneOf(vec![&Literal::Flag(false)]))],
            Form::In(x, list) => one_of(x, list.iter())
                .into_iter()
                .map(|(name, literals)| (name, Asked::NoneOf(literals)))
                .collect(),
            Form::Compared(Comparison::Equal, x, y) => one_of(x, std::iter::once(&**y))
                .into_iter()
                .map(|(name, literals)| (name, Asked::NoneOf(literals)))
                .collect(),
            Form::Literal(_)
            | Form::Negated(_)
            | Form::Arithmetic(..)
            | Form::Compared(..)
            | Form::Between(..)
            | Form::Is(..)
            | Form::Not(_)
            | Form::And(_)
            | Form::Or(_)
            | Form::Case(..)
            | Form::Call(_) => Vec::new(),
        },
        Form::In(x, list) => one_of(x, list.iter())
            .into_iter()
            .map(|(name, literals)| (name, Asked::OneOf(literals)))
            .collect(),
        Form::Compared(how, x, y) => compared(*how, x, y),
        Form::Between(x, low, high) => {
            let mut both = compared(Comparison::AtLeast, x, low);
            both.extend(compared(Comparison::AtMost, x, high));
            both
        }
        Form::Literal(_)
        | Form::Name(_)
        | Form::Negated(_)
        | Form::Arithmetic(..)
        | Form::Is(..)
        | Form::Or(_)
        | Form::Case(..)
        | Form::Call(_) => Vec::new(),
    }
}

fn compared<'p>(how: Comparison, x: &'p Expr, y: &'p Expr) -> Vec<(Name, Asked<'p>)> {
    // `100 < x` says the same as `x > 100`.
    let (name, literal, how) = match (&x.form, &y.form) {
        (Form::Name(name), Form::Literal(literal)) => (*name, literal, how),
        (Form::Literal(literal), Form::Name(name)) => (*name, literal, turned(how)),
        (_, _) => return Vec::new(),
    };
    let asked = match (how, literal) {
        (Comparison::Equal, literal) => Asked::OneOf(vec![literal]),
        (Comparison::NotEqual, literal) => Asked::NoneOf(vec![literal]),
        (Comparison::More, Literal::Number(figure)) => Asked::Above(figure, false),
        (Comparison::AtLeast, Literal::Number(figure)) => Asked::Above(figure, true),
        (Comparison::Less, Literal::Number(figure)) => Asked::Below(figure, false),
        (Comparison::AtMost, Literal::Number(figure)) => Asked::Below(figure, true),
        (
            Comparison::More | Comparison::AtLeast | Comparison::Less | Comparison::AtMost,
            Literal::Text(_)
            | Literal::Date(_)
            | Literal::Duration(_)
            | Literal::Flag(_)
            | Literal::Missing,
        ) => return Vec::new(),
    };
    vec![(name, asked)]
}

fn turned(how: Comparison) -> Comparison {
    match how {
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
        Comparison::Less => Comparison::More,
        Comparison::AtMost => Comparison::AtLeast,
        Comparison::More => Comparison::Less,
        Comparison::AtLeast => Comparison::AtMost,
    }
}

/// A name and the literals it is compared with, where all of them are literals.
fn one_of<'p>(
    x: &'p Expr,
    list: impl Iterator<Item = &'p Expr>,
) -> Option<(Name, Vec<&'p Literal>)> {
    let Form::Name(name) = &x.form else {
        return None;
    };
    let literals = list.map(|one| match &one.form {
        Form::Literal(literal) => Some(literal),
        Form::Name(_)
        | Form::Negated(_)
        | Form::Arithmetic(..)
        | Form::Compared(..)
        | Form::Between(..)
        | Form::In(..)
        | Form::Is(..)
        | Form::Not(_)
        | Form::And(_)
        | Form::Or(_)
        | Form::Case(..)
        | Form::Call(_) => None,
    });
    Some((*name, literals.collect::<Option<Vec<_>>>()?))
}
