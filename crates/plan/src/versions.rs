//! Versions of an agreement: whether one can take over from another.
//!
//! A partner's agreement may go through several versions, one after the other: of another version of the plan, of another
//! plan, or of the same plan with other terms. A later one begins where the one before it ends. What both have by name goes
//! on by name, so what is carried on must be there in both and hold the same.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::WindowUnit;
use trueup_base::date::Date;

use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::tree::{Limit, NamedValue, Plan, Reference, Text};

/// One version of an agreement, as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Version<'p> {
    /// The plan it is about.
    pub plan: &'p Plan,
    /// Its first day.
    pub starts: Date,
    /// The day after its last, where it is written.
    pub until: Option<Date>,
    /// Whether it cuts the windows it begins in.
    pub splits: bool,
    /// Whether it says that it takes over from the one before it.
    pub replaces: bool,
    /// Where it is written.
    pub span: Span,
}

/// How a plan is named where there may be several versions of it: `growth`, or `growth@2`.
#[must_use]
pub fn is_called(plan: &Plan, written: &str) -> bool {
    match written.split_once('@') {
        Some((name, version)) => *plan.name == *name && *plan.version == *version,
        None => *plan.name == *written,
    }
}

/// Which plan stands at which place in a tree of several, for agreements that go through the plans listed.
///
/// A plan stands as often as one agreement goes through it, since each time its terms are other ones. Answered are the plans in
/// the order in which they stand, and for each agreement the places of its versions.
///
/// ```
/// use trueup_plan::versions::editions;
///
/// // One partner goes from plan 0 to plan 1, another one amends the terms of plan 0.
/// let (stand, places) = editions(&[vec![0, 1], vec![0, 0], vec![1]]);
/// assert_eq!(stand, [0, 0, 1]);
/// assert_eq!(places, [vec![0, 2], vec![0, 1], vec![2]]);
/// ```
#[must_use]
pub fn editions(agreements: &[Vec<usize>]) -> (Vec<usize>, Vec<Vec<u16>>) {
    let mut most: BTreeMap<usize, usize> = BTreeMap::new();
    for versions in agreements {
        let mut counted: BTreeMap<usize, usize> = BTreeMap::new();
        for plan in versions {
            *counted.entry(*plan).or_default() += 1;
        }
        for (plan, count) in counted {
            let slot = most.entry(plan).or_default();
            *slot = (*slot).max(count);
        }
    }
    let (mut stand, mut first) = (Vec::new(), BTreeMap::new());
    for (plan, count) in most {
        first.insert(plan, stand.len());
        stand.extend(std::iter::repeat_n(plan, count));
    }
    let places = agreements
        .iter()
        .map(|versions| {
            let mut counted: BTreeMap<usize, usize> = BTreeMap::new();
            let place = |plan: &usize| {
                let nth = counted.entry(*plan).or_default();
                let at = first.get(plan).copied().unwrap_or_default() + *nth;
                *nth += 1;
                u16::try_from(at).unwrap_or(u16::MAX)
            };
            versions.iter().map(place).collect()
        })
        .collect();
    (stand, places)
}

/// Everything that keeps one version from taking over from the one before it. They come in the order of their first days.
pub fn check(versions: &[Version<'_>], diagnostics: &mut Vec<Diagnostic>) {
    for pair in versions.windows(2) {
        let [before, after] = pair else { continue };
        let told = diagnostics.len();
        days(before, after, diagnostics);
        if diagnostics.len() == told {
            heads(before, after, diagnostics);
        }
        if diagnostics.len() == told {
            names(before, after, diagnostics);
        }
    }
}

fn said(plan: &Plan) -> String {
    match plan.version.is_empty() {
        true => plan.name.to_string(),
        false => format!("{}@{}", plan.name, plan.version),
    }
}

fn refused(after: &Version<'_>, before: &Version<'_>, message: String) -> Diagnostic {
    Diagnostic::error("A8", after.span, message).also(before.span, "the version before it")
}

fn days(before: &Version<'_>, after: &Version<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let starts = after.starts;
    if starts <= before.starts {
        diagnostics.push(
            refused(
                after,
                before,
                format!("two versions of one agreement begin on {starts}"),
            )
            .help("let one begin later, or take one out"),
        );
        return;
    }
    match before.until {
        Some(until) if until > starts && !after.replaces => diagnostics.push(
            refused(
                after,
                before,
                format!("it begins on {starts}, and the version before it holds until {until}"),
            )
            .help("say that it takes over, `replaces:` with the other's name, or let the other end before"),
        ),
        Some(until) if until < starts => diagnostics.push(
            refused(
                after,
                before,
                format!("nothing is agreed from {until} until {starts}: one version follows on another without a gap"),
            )
            .help("let it begin when the version before it ends; agree what holds in between, if only on paying nothing"),
        ),
        Some(_) | None => {}
    }
}

/// What holds for a whole program, and can't change inside one.
fn heads(before: &Version<'_>, after: &Version<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let (a, b) = (before.plan, after.plan);
    let mut other = |message: String| {
        diagnostics.push(refused(after, before, message).help(
            "versions of one agreement share currency, period and calendar, since what is held, owed or carried goes on in them",
        ));
    };
    if a.currency != b.currency {
        let (was, is) = (a.currency.code(), b.currency.code());
        other(format!("{} is in {is}, and {} in {was}", said(b), said(a)));
    }
    if a.period != b.period {
        let (was, is) = (a.period, b.period);
        other(format!(
            "the period of {} is a {is}, and that of {} a {was}",
            said(b),
            said(a)
        ));
    }
    if a.calendar != b.calendar {
        other(format!("{} has another calendar than {}", said(b), said(a)));
    }
}

fn names(before: &Version<'_>, after: &Version<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let (a, b) = (before.plan, after.plan);
    // Both stand in one tree, so that names of one can be held against names of the other.
    let Some(both) = Plan::of_several(&[a, b]) else {
        let message = "the versions have more names than one evaluation holds".to_owned();
        diagnostics.push(refused(after, before, message));
        return;
    };
    for value in a.values.iter().filter(|value| value.carried) {
        carried(value, before, after, diagnostics);
    }
    let own: BTreeMap<&str, Reference> = both
        .references()
        .filter(|name| both.edition_of(*name) == Some(1))
        .map(|name| (&**both.name_of(name), name))
        .collect();
    let old = both
        .references()
        .filter(|name| both.edition_of(*name) == Some(0));
    for name in old {
        let (Reference::Component(_) | Reference::Limit(_)) = name else {
            continue;
        };
        let called = both.name_of(name);
        if let Some(other) = own.get(&**called)
            && !both.holds_the_same(name, *other)
        {
            diagnostics.push(
                refused(
                    after,
                    before,
                    format!(
                        "{called} pays something else in {} than in {}",
                        said(b),
                        said(a)
                    ),
                )
                .help("what goes on under a name pays in one unit; give the new one another name"),
            );
        }
    }
    components(before, after, diagnostics);
    limits(before, after, diagnostics);
}

fn carried(
    value: &NamedValue,
    before: &Version<'_>,
    after: &Version<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (a, b) = (before.plan, after.plan);
    let name = &value.name;
    let twin = b.values.iter().find(|other| other.name == *name);
    let Some(twin) = twin else {
        diagnostics.push(
            refused(
                after,
                before,
                format!("{} carries {name} on, and {} has no such value", said(a), said(b)),
            )
            .help(format!("say in {} what becomes of it: a value of that name, `formula: 0` where nothing is carried on", said(b))),
        );
        return;
    };
    if twin.formula.of != value.formula.of || twin.each.is_some() != value.each.is_some() {
        diagnostics.push(
            refused(
                after,
                before,
                format!(
                    "{} carries {name} on in another unit than {}",
                    said(b),
                    said(a)
                ),
            )
            .help(
                "keep the unit, or carry it on under another name and say what becomes of this one",
            ),
        );
    } else if twin.carried && twin.every != value.every {
        let every = |value: &NamedValue| value.every.map(|every| every.to_string());
        diagnostics.push(
            refused(
                after,
                before,
                format!(
                    "{name} goes by the {} in {}, and by the {} in {}",
                    every(value).unwrap_or_default(),
                    said(a),
                    every(twin).unwrap_or_default(),
                    said(b)
                ),
            )
            .help("what is carried on keeps its step"),
        );
    }
}

/// Whether windows of a unit begin on a day.
fn begins(plan: &Plan, unit: WindowUnit, day: Date) -> bool {
    let window = plan.calendar.window_at(unit, day);
    unit != WindowUnit::Agreement && window.is_some_and(|window| window.starts == day)
}

/// Windows of another length begin only where both kinds begin.
fn fits(before: &Version<'_>, after: &Version<'_>, units: [WindowUnit; 2]) -> bool {
    let [was, is] = units;
    let is_agreement = was == WindowUnit::Agreement || is == WindowUnit::Agreement;
    let begins = |unit| begins(before.plan, unit, after.starts);
    was == is || (!is_agreement && (after.splits || (begins(was) && begins(is))))
}

fn told_units(
    name: &str,
    how: &str,
    [was, is]: [WindowUnit; 2],
    before: &Version<'_>,
    after: &Version<'_>,
) -> Diagnostic {
    let starts = after.starts;
    refused(
        after,
        before,
        format!(
            "{name} is {how} each {was} in {} and each {is} in {}, and {starts} does not begin both",
            said(before.plan),
            said(after.plan)
        ),
    )
    .help("begin where both begin, or cut the windows: takes_effect: split")
}

fn components(before: &Version<'_>, after: &Version<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for old in &before.plan.components {
        let mut others = after.plan.components.iter();
        let Some(new) = others.find(|new| new.name == old.name) else {
            continue;
        };
        let (over, every) = ([old.over, new.over], [old.every, new.every]);
        if !fits(before, after, over) {
            diagnostics.push(told_units(&old.name, "paid over", over, before, after));
        } else if !fits(before, after, every) {
            diagnostics.push(told_units(&old.name, "settled", every, before, after));
        }
    }
}

/// What a limit holds by name.
fn held(plan: &Plan, limit: &Limit, depth: usize) -> BTreeSet<Text> {
    let mut held = BTreeSet::new();
    for on in &limit.on {
        match on {
            Reference::Component(id) => {
                held.insert(plan[*id].name.clone());
            }
            Reference::Limit(id) if depth < plan.limits.len() => {
                held.extend(self::held(plan, &plan[*id], depth + 1));
            }
            Reference::Limit(_)
            | Reference::Term(_)
            | Reference::Measure(_)
            | Reference::Value(_)
            | Reference::Table(_) => {}
        }
    }
    held
}

/// What a limit holds changes only where its windows do.
fn limits(before: &Version<'_>, after: &Version<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let shape = |plan: &Plan| -> BTreeMap<Text, (WindowUnit, BTreeSet<Text>)> {
        let limits = plan.limits.iter();
        limits
            .map(|limit| (limit.name.clone(), (limit.over, held(plan, limit, 0))))
            .collect()
    };
    let (was, is) = (shape(before.plan), shape(after.plan));
    for name in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
        let (old, new) = (was.get(name), is.get(name));
        if old == new {
            continue;
        }
        let units: Vec<WindowUnit> = old.into_iter().chain(new).map(|(over, _)| *over).collect();
        let fits = units.iter().all(|unit| {
            *unit != WindowUnit::Agreement
                && (after.splits || begins(before.plan, *unit, after.starts))
        });
        if fits {
            continue;
        }
        let over = units.first().map(ToString::to_string).unwrap_or_default();
        diagnostics.push(
            refused(
                after,
                before,
                format!(
                    "the limit {name} holds something else in {} than in {}, and no {over} begins on {}",
                    said(after.plan),
                    said(before.plan),
                    after.starts
                ),
            )
            .help("begin where its windows begin, or cut them: takes_effect: split"),
        );
    }
}
