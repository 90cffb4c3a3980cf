//! What nobody reaches: bands, gates, arms of a `case`, components that never pay; and caps that never bind.
//!
//! What was met on the way while looking is possible. Of the rest it is proved by bounds that it cannot happen, with
//! every measure anywhere in its range; to make the bounds less wide each measure that a condition reads is held in one
//! part of its range after the other. What is neither met nor proved impossible is named as not decided.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_engine::{Evaluator, Place, Value, What};
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::span::Span;
use trueup_plan::tree::walk::parts;
use trueup_plan::tree::{
    BoundKind, Call, ComponentId, Elsewhere, Expr, Form, Limit, LimitId, MeasureId, Name, Plan,
    Reading, Reference, TableId, Type,
};

use crate::analytic::origin::written;
use crate::analytic::range::{Ends, May, Range};
use crate::analytic::reads::{Reads, targets};
use crate::analytic::scene::Scene;
use crate::analytic::survey::{Look, Met, nodes};
use crate::analytic::wide::Wide;
use crate::registry::Kind;
use crate::study::Study;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "never reached",
    codes: &["T9", "P13"],
    what: "a band, a gate, an arm of a case or a component that nothing can reach, a cap that never binds",
    find,
};

/// The most parts into which the ranges of measures are divided for one condition.
const PARTS_MAX: usize = 400;

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let mut met = Met::default();
    let mut asked = Asked::default();
    let mut looks: Vec<(&Scene<'_>, &Look)> = Vec::new();
    for (scene, look) in study.looks() {
        met.add(look.met.clone());
        asked.look_wide(scene);
        looks.push((scene, look));
    }
    let mut found = Vec::new();
    bands(plan, &met, &asked, &mut found);
    gates(plan, &met, &looks, &mut found);
    arms(plan, &met, &looks, &asked, &mut found);
    components(plan, &met, &asked, &found.clone(), &mut found);
    caps(plan, &asked, &mut found);
    found
}

/// What the bounds of everything say, over all scenes.
#[derive(Default)]
struct Asked {
    /// Tables that were asked for plain numbers, and those asked for something else.
    tables: BTreeSet<TableId>,
    other_tables: BTreeSet<TableId>,
    /// Bands that may be entered.
    bands: BTreeSet<(TableId, Vec<usize>)>,
    /// Tests of a case that are asked at all, by their place.
    tests: BTreeMap<Span, bool>,
    /// What components come to, for those that apply somewhere.
    components: BTreeMap<ComponentId, Range>,
    /// Caps and what they hold: by component, what it pays before the cap and the cap.
    caps: BTreeMap<ComponentId, (Range, Range)>,
    limits: BTreeMap<LimitId, (Range, Range)>,
}

impl Asked {
    fn look_wide(&mut self, scene: &Scene<'_>) {
        let plan = scene.plan;
        let wide = Wide::of(scene);
        let mut evaluator = Evaluator::new(plan, &scene.world, &wide);
        let (starts, ends) = (scene.horizon.starts, scene.horizon.ends);
        for (component, id) in plan.components.iter().zip((0u16..).map(ComponentId)) {
            for window in evaluator.agreement_windows(scene.partner, component.over, starts, ends) {
                let place = Place::new(scene.partner, window);
                let node = evaluator.ask_component(id, &place);
                if let Value::Number(range) = evaluator.answer(node) {
                    join(&mut self.components, id, range);
                }
                if component.each.is_none()
                    && let Some(most) = &component.at_most
                {
                    let mut number = |formula| {
                        let node = evaluator.ask(formula, &place);
                        match evaluator.answer(node) {
                            Value::Number(range) => range,
                            _ => Range::anything(),
                        }
                    };
                    let (pays, most) = (number(&component.pays), number(most));
                    let so_far = self.caps.remove(&id);
                    let both = match so_far {
                        Some((a, b)) => (a.or_else(&pays), b.or_else(&most)),
                        None => (pays, most),
                    };
                    self.caps.insert(id, both);
                }
            }
        }
        for (limit, id) in plan.limits.iter().zip((0u16..).map(LimitId)) {
            let Some(most) = &limit.at_most else { continue };
            for window in evaluator.agreement_windows(scene.partner, limit.over, starts, ends) {
                let place = Place::new(scene.partner, window);
                let node = evaluator.ask(most, &place);
                let Value::Number(most) = evaluator.answer(node) else {
                    continue;
                };
                let mut held = Range::between(Some(Exact::ZERO), Some(Exact::ZERO));
                for on in &limit.on {
                    let name = match on {
                        Reference::Component(id) => Name::Component(*id),
                        Reference::Limit(id) => Name::Limit(*id),
                        _ => continue,
                    };
                    let node = evaluator.ask_name(name, &place);
                    held = match evaluator.answer(node) {
                        Value::Number(range) => trueup_engine::Number::plus(&held, &range),
                        _ => Range::anything(),
                    };
                }
                let both = match self.limits.remove(&id) {
                    Some((a, b)) => (a.or_else(&held), b.or_else(&most)),
                    None => (held, most),
                };
                self.limits.insert(id, both);
            }
        }
        self.read(plan, &evaluator);
    }

    fn read(&mut self, plan: &Plan, evaluator: &Evaluator<'_, Range, Wide<'_>>) {
        let graph = evaluator.graph();
        for node in nodes(graph) {
            match (node.what, &node.value) {
                (What::Band(table, at), _) => {
                    if let Some(names) = graph.band(at) {
                        self.bands.insert((table, names.bands.clone()));
                        if let Reading::Line(_) = plan[table].reading
                            && let (Some(last), Some(Value::Number(x))) =
                                (names.bands.first(), names.arguments.first())
                        {
                            self.points(table, *last, x, &names.lower);
                        }
                    }
                }
                (What::Formula(formula), _) => match &formula.form {
                    Form::Call(Call::Table(id, arguments)) => {
                        let is_plain = arguments.iter().all(|argument| {
                            matches!(argument.of, Type::Number(_)) && is_plain(plan, argument)
                        });
                        match is_plain && node.place.row.is_none() {
                            true => self.tables.insert(*id),
                            false => self.other_tables.insert(*id),
                        };
                    }
                    Form::Case(arms, _) if node.place.row.is_none() => {
                        for (test, _) in arms {
                            self.tests.entry(test.span).or_insert(true);
                        }
                    }
                    _ => {}
                },
                (_, _) => {}
            }
        }
    }

    /// The points of a line up to the one beyond its argument are reached.
    fn points(&mut self, table: TableId, last: usize, x: &Range, lower: &Value<Range>) {
        for point in 0..=last {
            self.bands.insert((table, vec![point]));
        }
        let stands_on_it = match (x.high(), lower) {
            (Some(high), Value::Number(lower)) => lower.high() == Some(high),
            (_, _) => false,
        };
        if !stands_on_it {
            self.bands.insert((table, vec![last + 1]));
        }
    }
}

fn join(all: &mut BTreeMap<ComponentId, Range>, id: ComponentId, range: Range) {
    let joined = match all.remove(&id) {
        Some(so_far) => so_far.or_else(&range),
        None => range,
    };
    all.insert(id, joined);
}

/// Whether a formula hangs on nothing but measures, terms and the partner's own columns, all of which are looked at
/// wherever they can be: not on rows, other partners, days, or on what is not there.
pub(crate) fn is_plain(plan: &Plan, formula: &Expr) -> bool {
    plain(plan, formula, &mut BTreeSet::new())
}

fn plain(plan: &Plan, formula: &Expr, seen: &mut BTreeSet<Name>) -> bool {
    match &formula.form {
        // What may be changed may be anything.
        Form::Name(name)
            if targets(*name)
                .into_iter()
                .any(|target| plan.is_changed(target)) =>
        {
            false
        }
        Form::Name(name) => match name {
            Name::Term(_) | Name::Attribute(_) => {
                matches!(formula.of, Type::Number(_) | Type::Text)
            }
            Name::Measure(_) => matches!(formula.of, Type::Number(_)),
            // What is carried may need more time than is looked at.
            Name::Value(id) => {
                let value = &plan[*id];
                let is_carried = value.carried || value.every.is_some();
                !is_carried && (!seen.insert(*name) || plain(plan, &value.formula, seen))
            }
            Name::Component(id) => {
                let component = &plan[*id];
                let formulas = [
                    Some(&component.pays),
                    component.applies.as_ref(),
                    component.gate.as_ref(),
                    component.at_least.as_ref(),
                    component.at_most.as_ref(),
                ];
                let of_one_window = component.each.is_none();
                of_one_window
                    && (!seen.insert(*name)
                        || formulas
                            .into_iter()
                            .flatten()
                            .all(|formula| plain(plan, formula, seen)))
            }
            _ => false,
        },
        Form::Is(..) => false,
        Form::Call(Call::Asked(Elsewhere::Previous(_, Some(_)), _)) => false,
        Form::Call(
            Call::Total { .. }
            | Call::Team(_)
            | Call::Rank { .. }
            | Call::Of(..)
            | Call::Allocate(_)
            | Call::Convert(_)
            | Call::Running { .. }
            | Call::Coalesce(_)
            | Call::DaysBetween(..)
            | Call::MonthsBetween(..)
            | Call::Keyed(..)
            | Call::FoldedKeys(..),
        ) => false,
        Form::Call(Call::Table(id, arguments)) => {
            arguments.iter().all(|argument| plain(plan, argument, seen))
                && trueup_plan::tree::walk::formulas_of_table(&plan[*id])
                    .into_iter()
                    .all(|inner| in_table(plan, inner, seen))
        }
        _ => parts(formula)
            .into_iter()
            .all(|part| plain(plan, part, seen)),
    }
}

/// Inside a table its own names are plain too.
fn in_table(plan: &Plan, formula: &Expr, seen: &mut BTreeSet<Name>) -> bool {
    match &formula.form {
        Form::Name(
            Name::Argument(_)
            | Name::BandColumn(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice,
        ) => true,
        Form::Name(_) => plain(plan, formula, seen),
        _ => parts(formula)
            .into_iter()
            .all(|part| in_table(plan, part, seen)),
    }
}

fn bands(plan: &Plan, met: &Met, asked: &Asked, found: &mut Vec<Diagnostic>) {
    for id in &asked.tables {
        if asked.other_tables.contains(id) {
            continue;
        }
        let table = &plan[*id];
        for (axis, nth) in table.axes.iter().zip(0usize..) {
            let on_axis = |(of, bands): &(TableId, Vec<usize>)| {
                (of == id).then(|| bands.get(nth).copied()).flatten()
            };
            let reached: BTreeSet<usize> = asked.bands.iter().filter_map(on_axis).collect();
            let entered: BTreeSet<usize> = met.bands.iter().filter_map(on_axis).collect();
            for (bound, band) in axis.bounds.iter().zip(0usize..) {
                let is_fallback = matches!(
                    bound.is,
                    BoundKind::Lowest | BoundKind::Otherwise | BoundKind::Equals(_)
                );
                // Below the first figure of a table lies nothing that was meant; what is written there is only careful.
                let is_first = band == 0;
                if is_fallback || is_first || reached.contains(&band) || entered.contains(&band) {
                    continue;
                }
                let what = match bound.is {
                    BoundKind::At(_) => "point",
                    _ => "band",
                };
                found.push(
                    Diagnostic::error(
                        "T9",
                        bound.span,
                        format!(
                            "this {what} of {} is never reached: {} never gets there",
                            table.name, axis.argument
                        ),
                    )
                    .help(
                        "take it out, or see what holds its argument below: a cap, a range, a gate",
                    ),
                );
            }
        }
    }
}

fn gates(plan: &Plan, met: &Met, looks: &[(&Scene<'_>, &Look)], found: &mut Vec<Diagnostic>) {
    for (component, id) in plan.components.iter().zip((0u16..).map(ComponentId)) {
        let Some(gate) = &component.gate else {
            continue;
        };
        if is_met(gate, met) {
            continue;
        }
        let text = written(plan, gate);
        match is_plain(plan, gate) && never_holds(&[], gate, component.over, looks) {
            true => found.push(
                Diagnostic::error(
                    "P13",
                    gate.span,
                    format!("{} never pays: its gate can't be met, {text}", component.name),
                )
                .help("see which of its conditions exclude each other, or what holds a measure away from them"),
            ),
            false => found.push(
                Diagnostic::note(
                    "P13",
                    gate.span,
                    format!(
                        "no figures were found that open the gate of {}, {text}; that there are none was not proved",
                        component.name
                    ),
                )
                .help("write a worked example in which it pays"),
            ),
        }
        let _ = id;
    }
}

fn arms(
    plan: &Plan,
    met: &Met,
    looks: &[(&Scene<'_>, &Look)],
    asked: &Asked,
    found: &mut Vec<Diagnostic>,
) {
    let mut seen = BTreeSet::new();
    for formula in trueup_plan::tree::walk::formulas(plan) {
        cases(formula, &mut |arms| {
            for ((test, _), nth) in arms.iter().zip(0usize..) {
                let is_asked = asked.tests.contains_key(&test.span);
                if !is_asked || met.arms.contains(&test.span) || !seen.insert(test.span) {
                    continue;
                }
                let before: Vec<&Expr> = arms.iter().take(nth).map(|(test, _)| test).collect();
                let all_plain = before
                    .iter()
                    .chain([&test])
                    .all(|test| is_plain(plan, test));
                if all_plain && never_holds(&before, test, plan.period, looks) {
                    found.push(
                        Diagnostic::error(
                            "P13",
                            test.span,
                            format!(
                                "this arm is never taken: {} never holds where the tests before it fail",
                                written(plan, test)
                            ),
                        )
                        .help("take it out, or mend its condition"),
                    );
                }
            }
        });
    }
}

fn cases<'p>(formula: &'p Expr, on: &mut impl FnMut(&'p [(Expr, Expr)])) {
    if let Form::Case(arms, _) = &formula.form {
        on(arms);
    }
    for part in parts(formula) {
        cases(part, on);
    }
}

/// Whether a condition held anywhere while looking.
fn is_met(condition: &Expr, met: &Met) -> bool {
    match &condition.form {
        Form::Name(name) => met.held_names.contains(name),
        _ => met.held.contains(&condition.span),
    }
}

/// Whether a condition never holds where others fail, in whatever part of their ranges the measures lie that it reads.
fn never_holds(
    before: &[&Expr],
    condition: &Expr,
    over: trueup_base::calendar::WindowUnit,
    looks: &[(&Scene<'_>, &Look)],
) -> bool {
    !looks.is_empty()
        && looks.iter().all(|(scene, look)| {
            let wide = Wide::of(scene);
            let windows = {
                let evaluator: Evaluator<'_, Range, _> =
                    Evaluator::new(scene.plan, &scene.world, &wide);
                let (starts, ends) = (scene.horizon.starts, scene.horizon.ends);
                evaluator.agreement_windows(scene.partner, over, starts, ends)
            };
            !windows.is_empty()
                && windows
                    .iter()
                    .all(|window| never_in((before, condition), scene, look, &wide, window))
        })
}

fn never_in(
    (before, condition): (&[&Expr], &Expr),
    scene: &Scene<'_>,
    look: &Look,
    wide: &Wide<'_>,
    window: &Window,
) -> bool {
    let may = |wide: &Wide<'_>| -> bool {
        let mut evaluator = Evaluator::new(scene.plan, &scene.world, wide);
        let place = Place::new(scene.partner, *window);
        let mut may_be = |condition: &Expr, wanted: bool| {
            let Some(condition) = own(scene.plan, condition) else {
                return true;
            };
            let node = evaluator.ask(condition, &place);
            match evaluator.answer(node) {
                Value::Flag(May { hold, fail, .. }) => match wanted {
                    true => hold,
                    false => fail,
                },
                Value::None(_) => false,
                _ => true,
            }
        };
        before.iter().all(|condition| may_be(condition, false)) && may_be(condition, true)
    };
    if !may(wide) {
        return true;
    }
    let measures: BTreeSet<MeasureId> = before
        .iter()
        .chain([&condition])
        .flat_map(|one| {
            Reads::of_formula(scene.plan, one)
                .measures()
                .collect::<Vec<_>>()
        })
        .collect();
    let mut cells: Vec<Wide<'_>> = vec![wide.clone()];
    for measure in measures {
        let Some(figures) = look.thresholds.get(&measure) else {
            continue;
        };
        let parts = parts_between(figures);
        if cells.len() * parts.len() > PARTS_MAX {
            return false;
        }
        cells = cells
            .iter()
            .flat_map(|cell| {
                parts
                    .iter()
                    .map(|part| cell.holding(measure, window, part.clone()))
            })
            .collect();
    }
    cells.len() > 1 && cells.iter().all(|cell| !may(cell))
}

/// The plan's own formula at a place; the condition may come from a copy that does not live as long.
fn own<'p>(plan: &'p Plan, like: &Expr) -> Option<&'p Expr> {
    fn within<'p>(formula: &'p Expr, like: &Expr) -> Option<&'p Expr> {
        if formula.span == like.span && formula.form == like.form {
            return Some(formula);
        }
        parts(formula)
            .into_iter()
            .find_map(|part| within(part, like))
    }
    trueup_plan::tree::walk::formulas(plan)
        .into_iter()
        .find_map(|formula| within(formula, like))
}

/// A line in closed parts, cut at figures.
fn parts_between(figures: &BTreeSet<Exact>) -> Vec<Ends> {
    let mut parts = Vec::with_capacity(figures.len() + 1);
    let mut low = None;
    for figure in figures {
        parts.push(Ends {
            low,
            high: Some(figure.clone()),
        });
        low = Some(figure.clone());
    }
    parts.push(Ends { low, high: None });
    parts
}

fn components(
    plan: &Plan,
    met: &Met,
    asked: &Asked,
    told: &[Diagnostic],
    found: &mut Vec<Diagnostic>,
) {
    for (component, id) in plan.components.iter().zip((0u16..).map(ComponentId)) {
        let Some(range) = asked.components.get(&id) else {
            continue;
        };
        let is_told = component
            .gate
            .as_ref()
            .is_some_and(|gate| told.iter().any(|one| one.span() == gate.span));
        let nothing = Some(Exact::ZERO);
        let is_nothing = range
            .ends
            .as_ref()
            .is_some_and(|ends| ends.low == nothing && ends.high == nothing);
        let formulas = [Some(&component.pays), component.applies.as_ref()];
        let is_plain = formulas
            .into_iter()
            .flatten()
            .all(|formula| is_plain(plan, formula));
        if is_nothing && is_plain && !is_told && !met.paid.contains(&id) && component.each.is_none()
        {
            found.push(
                Diagnostic::error(
                    "P13",
                    component.pays.span,
                    format!("{} never pays anything", component.name),
                )
                .help("take it out, or see what keeps it at nothing"),
            );
        }
    }
}

fn caps(plan: &Plan, asked: &Asked, found: &mut Vec<Diagnostic>) {
    let is_above = |most: &Range, pays: &Range| {
        let low = most.ends.as_ref().and_then(|ends| ends.low.as_ref());
        match (low, pays.high()) {
            (Some(low), Some(high)) => high <= low,
            (_, _) => false,
        }
    };
    for (id, (pays, most)) in &asked.caps {
        let component = &plan[*id];
        if let Some(cap) = &component.at_most
            && is_above(most, pays)
            && is_plain(plan, &component.pays)
            && is_plain(plan, cap)
        {
            found.push(Diagnostic::note(
                "P13",
                cap.span,
                format!(
                    "this cap never binds: {} never pays more without it",
                    component.name
                ),
            ));
        }
    }
    for (id, (held, most)) in &asked.limits {
        let limit = &plan[*id];
        if let Some(cap) = &limit.at_most
            && is_above(most, held)
            && is_plain(plan, cap)
            && holds_only_plain(plan, limit, 0)
        {
            found.push(Diagnostic::note(
                "P13",
                cap.span,
                format!(
                    "{} never binds: what it holds never comes to more",
                    limit.name
                ),
            ));
        }
    }
}

fn holds_only_plain(plan: &Plan, limit: &Limit, depth: usize) -> bool {
    limit.on.iter().all(|on| match on {
        Reference::Component(id) => {
            let component = &plan[*id];
            component.each.is_none()
                && [&component.gate, &component.at_least, &component.at_most]
                    .into_iter()
                    .flatten()
                    .chain([&component.pays])
                    .all(|formula| is_plain(plan, formula))
        }
        Reference::Limit(id) => {
            depth < plan.limits.len() && holds_only_plain(plan, &plan[*id], depth + 1)
        }
        Reference::Term(_) | Reference::Measure(_) | Reference::Value(_) | Reference::Table(_) => {
            true
        }
    })
}
