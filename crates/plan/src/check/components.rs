//! Components and limits: what they are by default, and what must hold of their parts.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::check::constant;
use crate::check::drafts::{ComponentDraft, LimitDraft};
use crate::check::header::{self, Header, unknown_reference};
use crate::check::names::{Names, Thing, id};
use crate::check::settle::settled;
use crate::check::spelling::shown;
use crate::check::typer::{Typer, wrong};
use crate::check::words;
use crate::diagnostic::Diagnostic;
use crate::document::{ComponentText, InstalmentText, LimitText, PlanText, RecoveryText};
use crate::nearest::nearest;
use crate::tree::walk::held_by;
use crate::tree::{
    Component, ComponentId, Cut, Each, Expr, FactKind, Grant, Instalment, InstalmentWhen, Limit,
    LimitId, Plan, RecoverFrom, Recovery, Reference, Text,
};
use crate::yaml::Scalar;
use trueup_base::calendar::{Calendar, WindowUnit};
use trueup_base::exact::Exact;

/// The text of a scalar that may be absent.
pub(super) fn text_of(scalar: Option<&Scalar>) -> Text {
    scalar.map_or_else(|| "".into(), |scalar| scalar.text.clone())
}

/// A component of the tree.
pub(super) fn build(
    text: &ComponentText,
    draft: ComponentDraft,
    header: &Header,
    kinds: &[FactKind],
    typer: &mut Typer<'_>,
) -> Component {
    let types = typer.types.clone();
    let settle =
        |draft: Option<crate::check::typer::Draft>| draft.map(|draft| settled(&types, draft));
    let grants = draft.grants.unwrap_or(Grant::Money);
    let diagnostics = &mut typer.diagnostics;
    let over = words::window(text.over.as_ref());
    let every = words::window(text.every.as_ref());
    let window = over.unwrap_or(header.period);
    let settled_every = every.unwrap_or(window);
    let places_known =
        text.over.is_some() == over.is_some() && text.every.is_some() == every.is_some();
    if places_known && !divides(settled_every, window, &header.calendar) {
        let span = text
            .every
            .as_ref()
            .or(text.over.as_ref())
            .map_or(text.name.span, |scalar| scalar.span);
        let mut diagnostic = Diagnostic::error(
            "P2",
            span,
            format!(
                "a {} is not made of whole {}s",
                window.name(),
                settled_every.name()
            ),
        );
        if text.over.is_none() {
            diagnostic = diagnostic.help(format!(
                "state the window it is earned over: over: … (else it is the plan's {})",
                header.period.name()
            ));
        } else {
            diagnostic =
                diagnostic.help("settle it in windows that make up the one it is earned over");
        }
        diagnostics.push(diagnostic);
    }
    if grants == Grant::Flag {
        refuse_parts_of_a_standing(text, diagnostics);
    }
    let rounding = match (&text.rounding, grants) {
        (Some(rounding), _) => Some(header::read_rounding(rounding, &header.money, diagnostics)),
        (None, Grant::Money | Grant::Fund) => Some(header.money.clone()),
        (None, Grant::Count | Grant::Flag) => None,
    };
    let filter = settle(draft.filter);
    let each = each(text, filter, kinds, &typer.names, &mut typer.diagnostics);
    let diagnostics = &mut typer.diagnostics;
    let conditions = draft.conditions.into_iter().map(settle).collect::<Vec<_>>();
    let paid = schedule(&text.paid, conditions, diagnostics);
    let (at_least, at_most) = (settle(draft.at_least), settle(draft.at_most));
    refuse_cap_below_floor(
        &text.name.text,
        at_least.as_ref(),
        at_most.as_ref(),
        diagnostics,
    );
    Component {
        name: text.name.text.clone(),
        is: text_of(text.is.as_ref()),
        applies: settle(draft.applies),
        over: window,
        every: settled_every,
        gate: settle(draft.gate),
        each,
        pays: settle(draft.pays).unwrap_or_else(|| settled(&types, wrong(text.span))),
        at_least,
        at_most,
        rounding,
        paid,
        recovers: text
            .recovers
            .as_ref()
            .map(|recovers| recovery(recovers, diagnostics)),
        grants,
        uncapped: text.uncapped.as_ref().map(|reason| reason.text.clone()),
        cliff: text.cliff.as_ref().map(|reason| reason.text.clone()),
        stacks_with: stacks(text, &typer.names, &mut typer.diagnostics),
        span: text.span,
    }
}

/// A standing is granted or not; nothing of it can be capped, rounded or paid in parts.
fn refuse_parts_of_a_standing(text: &ComponentText, diagnostics: &mut Vec<Diagnostic>) {
    let parts = [
        (
            "at_least",
            text.at_least.as_ref().map(|formula| formula.span),
        ),
        ("at_most", text.at_most.as_ref().map(|formula| formula.span)),
        (
            "rounding",
            text.rounding.as_ref().map(|rounding| rounding.span),
        ),
        ("paid", text.paid.first().map(|line| line.span)),
        (
            "recovers",
            text.recovers.as_ref().map(|recovers| recovers.span),
        ),
        ("each", text.each.as_ref().map(|each| each.span)),
    ];
    for (word, span) in parts {
        if let Some(span) = span {
            diagnostics.push(
                Diagnostic::error(
                    "P7",
                    span,
                    format!("a standing is granted or not, so `{word}` has nothing to hold"),
                )
                .help("take it out, or grant money or goods"),
            );
        }
    }
}

/// The rows a component pays on.
fn each(
    text: &ComponentText,
    filter: Option<Expr>,
    kinds: &[FactKind],
    names: &Names,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Each> {
    let each = text.each.as_ref()?;
    let Some(kind) = names.kind(&each.text) else {
        unknown_reference(each, "`each` names a kind of fact", names, diagnostics);
        return None;
    };
    let known = kinds.get(kind.index())?;
    Some(Each {
        kind,
        role: role(text.role.as_ref(), known, diagnostics),
        filter,
    })
}

/// The role whose credits count: the one named, or the first listed.
pub(super) fn role(
    named: Option<&Scalar>,
    kind: &FactKind,
    diagnostics: &mut Vec<Diagnostic>,
) -> Text {
    let roles: Vec<&str> = kind.credited.iter().map(|line| &*line.role).collect();
    match named {
        Some(named) => {
            if !roles.is_empty() && !roles.contains(&&*named.text) {
                let help = match nearest(&named.text, roles.iter().copied()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("its roles are {}", roles.join(", ")),
                };
                diagnostics.push(
                    Diagnostic::error(
                        "D5",
                        named.span,
                        format!("one {} credits no `{}`", kind.name, shown(&named.text)),
                    )
                    .help(help),
                );
            }
            named.text.clone()
        }
        None => roles
            .first()
            .map_or_else(|| "".into(), |role| Text::from(*role)),
    }
}

/// Whether windows of the first kind make up one of the second.
pub(crate) fn divides(every: WindowUnit, over: WindowUnit, calendar: &Calendar) -> bool {
    use WindowUnit::{Agreement, Day, Half, HalfMonth, Month, Period, Quarter, Week, Year};
    if every == over || over == Agreement {
        return true;
    }
    match every {
        Day => true,
        Week => calendar.weeks().is_some() && matches!(over, Month | Quarter | Half | Year),
        HalfMonth => calendar.weeks().is_none() && matches!(over, Month | Quarter | Half | Year),
        Month => matches!(over, Quarter | Half | Year),
        Quarter => matches!(over, Half | Year),
        Half => over == Year,
        Year | Period | Agreement => false,
    }
}

fn schedule(
    lines: &[InstalmentText],
    conditions: Vec<Option<Expr>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Instalment> {
    let mut total = Some(Exact::ZERO);
    let mut schedule = Vec::with_capacity(lines.len());
    for (line, condition) in lines.iter().zip(conditions) {
        let share = match &line.share {
            Some(share) => header::share(share, "a share", diagnostics),
            None => None,
        };
        total = match (total, &share) {
            (Some(total), Some(share)) => Some(total + share.clone()),
            _ => None,
        };
        let when = match (&line.after, &line.on) {
            (Some(after), _) => {
                header::duration(after).map_or(InstalmentWhen::AtSettlement, InstalmentWhen::After)
            }
            (None, Some(on)) => {
                words::date(on).map_or(InstalmentWhen::AtSettlement, InstalmentWhen::On)
            }
            (None, None) => InstalmentWhen::AtSettlement,
        };
        if line.waits && line.condition.is_none() {
            diagnostics.push(
                Diagnostic::error(
                    "P1",
                    line.span,
                    "`else: wait` waits for a condition, and there is none",
                )
                .help("if: …"),
            );
        }
        schedule.push(Instalment {
            share: share.unwrap_or(Exact::ONE),
            when,
            condition,
            waits: line.waits,
            span: line.span,
        });
    }
    if let (Some(total), Some(first)) = (total, lines.first())
        && total != Exact::ONE
    {
        let percent = constant::in_percent(&total);
        diagnostics.push(
            Diagnostic::error(
                "P1",
                first.span,
                format!("the shares of `paid` add up to {percent}, not to 100%"),
            )
            .help("say when the rest is paid"),
        );
    }
    schedule
}

fn recovery(text: &RecoveryText, diagnostics: &mut Vec<Diagnostic>) -> Recovery {
    let mut from = Vec::with_capacity(text.from.len());
    for word in &text.from {
        let place = match &*word.text {
            "held" => RecoverFrom::Held,
            "next_payouts" => RecoverFrom::NextPayouts,
            "invoice" => RecoverFrom::Invoice,
            _ => continue,
        };
        if from.contains(&place) {
            diagnostics.push(Diagnostic::error(
                "P1",
                word.span,
                format!("`{}` is listed twice", word.text),
            ));
        }
        from.push(place);
    }
    let at_most = text
        .at_most
        .as_ref()
        .and_then(|part| header::share(part, "a part of a payout", diagnostics));
    let within = text.within.as_ref().and_then(header::duration);
    Recovery {
        from,
        at_most,
        within,
    }
}

fn stacks(
    text: &ComponentText,
    names: &Names,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<ComponentId> {
    let mut stacks = Vec::new();
    for name in &text.stacks_with {
        match names.get(&name.text).map(|entry| entry.thing) {
            Some(Thing::Component(id)) => stacks.push(id),
            _ => unknown_reference(name, "`stacks_with` names components", names, diagnostics),
        }
    }
    stacks
}

/// A cap below the floor would leave the order of the two to decide.
fn refuse_cap_below_floor(
    name: &str,
    at_least: Option<&Expr>,
    at_most: Option<&Expr>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (Some(floor), Some(cap)) = (at_least, at_most) else {
        return;
    };
    if let (Some(least), Some(most)) = (constant::of_expr(floor), constant::of_expr(cap))
        && most < least
    {
        diagnostics.push(
            Diagnostic::error(
                "P3",
                cap.span,
                format!(
                    "the most {} can be, {most}, is below the least, {least}",
                    shown(name)
                ),
            )
            .also(floor.span, "the least")
            .help("swap them, or leave one out"),
        );
    }
}

/// A limit of the tree.
pub(super) fn build_limit(
    text: &LimitText,
    at: LimitId,
    draft: LimitDraft,
    header: &Header,
    typer: &mut Typer<'_>,
) -> Limit {
    let types = typer.types.clone();
    let at_least = draft.at_least.map(|draft| settled(&types, draft));
    let at_most = draft.at_most.map(|draft| settled(&types, draft));
    let diagnostics = &mut typer.diagnostics;
    refuse_cap_below_floor(
        &text.name.text,
        at_least.as_ref(),
        at_most.as_ref(),
        diagnostics,
    );
    let over = words::window(text.over.as_ref()).unwrap_or(header.period);
    let cut = match text.cut.as_ref().map(|cut| &*cut.text) {
        Some("pro_rata") => Cut::ProRata,
        Some(_) | None => Cut::LastFirst,
    };
    let mut on = Vec::with_capacity(text.on.len());
    for name in &text.on {
        let found = typer.names.get(&name.text).map(|entry| entry.thing);
        let reference = match found {
            Some(Thing::Component(id)) => Reference::Component(id),
            Some(Thing::Limit(id)) if id != at => Reference::Limit(id),
            Some(
                Thing::Limit(_)
                | Thing::Kind(_)
                | Thing::Term(_)
                | Thing::Measure(_)
                | Thing::Value(_)
                | Thing::Table(_),
            )
            | None => {
                unknown_reference(
                    name,
                    "a limit holds components, and other limits",
                    &typer.names,
                    &mut typer.diagnostics,
                );
                continue;
            }
        };
        if on.contains(&reference) {
            typer.diagnostics.push(Diagnostic::error(
                "P5",
                name.span,
                format!("`{}` is listed twice", shown(&name.text)),
            ));
        }
        on.push(reference);
    }
    Limit {
        name: text.name.text.clone(),
        is: text_of(text.is.as_ref()),
        on,
        over,
        at_most,
        at_least,
        cut,
        span: text.span,
    }
}

/// Limits nest or are disjoint; all a limit holds grants the same.
pub(super) fn check_limits(text: &PlanText, plan: &Plan, diagnostics: &mut Vec<Diagnostic>) {
    let (limits, components) = (&plan.limits, &plan.components);
    let ids = (0..limits.len()).map(|at| LimitId(id(at)));
    let held: Vec<BTreeSet<ComponentId>> = ids.map(|limit| held_by(limits, limit)).collect();
    for (at, (limit, set)) in limits.iter().zip(&held).enumerate() {
        let place = |at: usize| {
            text.limits
                .get(at)
                .map_or(limit.span, |limit| limit.name.span)
        };
        for (before, (other, others)) in limits.iter().zip(&held).enumerate().take(at) {
            let apart = set.is_disjoint(others);
            if !apart && !set.is_subset(others) && !others.is_subset(set) {
                diagnostics.push(
                    Diagnostic::error(
                        "P5",
                        place(at),
                        format!(
                            "{} and {} share some of their components and not all",
                            limit.name, other.name
                        ),
                    )
                    .also(place(before), "the other limit")
                    .help("limits nest or are disjoint: let one hold all that the other holds"),
                );
            }
            // What holds less lies inside what holds more, and of two that hold the same the shorter inside the longer.
            let (inner, outer) = match set.len().cmp(&others.len()) {
                Ordering::Less => (limit, other),
                Ordering::Greater => (other, limit),
                Ordering::Equal if divides(limit.over, other.over, &plan.calendar) => {
                    (limit, other)
                }
                Ordering::Equal => (other, limit),
            };
            let nest = !apart && (set.is_subset(others) || others.is_subset(set));
            let is_listed = limit.on.contains(&Reference::Limit(LimitId(id(before))))
                || other.on.contains(&Reference::Limit(LimitId(id(at))));
            if nest && !is_listed && !divides(inner.over, outer.over, &plan.calendar) {
                let message = format!(
                    "{} holds over each {}, and {} lies inside it and holds over each {}",
                    outer.name, outer.over, inner.name, inner.over
                );
                diagnostics.push(
                    Diagnostic::error("P5", place(at), message)
                        .also(place(before), "the other limit")
                        .help(format!(
                            "let {} hold over: {}, or longer",
                            outer.name, inner.over
                        )),
                );
            }
        }
        // A limit adds whole windows of what it holds.
        let windows = set
            .iter()
            .filter_map(|id| components.get(id.index()))
            .map(|component| (&component.name, component.over))
            .chain(limit.on.iter().filter_map(|on| {
                match on {
                    Reference::Limit(inner) => limits
                        .get(inner.index())
                        .map(|inner| (&inner.name, inner.over)),
                    Reference::Component(_)
                    | Reference::Term(_)
                    | Reference::Measure(_)
                    | Reference::Value(_)
                    | Reference::Table(_) => None,
                }
            }));
        for (name, over) in windows {
            if !divides(over, limit.over, &plan.calendar) {
                let message = format!(
                    "{} holds over each {}, and {name} has one figure for each {over}",
                    limit.name, limit.over
                );
                diagnostics.push(
                    Diagnostic::error("P5", place(at), message)
                        .help(format!("let the limit hold over: {over}, or longer")),
                );
            }
        }
        let grants: BTreeSet<Grant> = set
            .iter()
            .filter_map(|id| components.get(id.index()))
            .map(|component| match component.grants {
                Grant::Fund => Grant::Money,
                other => other,
            })
            .collect();
        if grants.len() > 1 || grants.contains(&Grant::Flag) {
            diagnostics.push(
                Diagnostic::error(
                    "P5",
                    place(at),
                    format!(
                        "{} holds components that grant different things",
                        limit.name
                    ),
                )
                .help("hold money with money, goods with goods"),
            );
        }
    }
}
