//! Components that never have an answer: whatever happens, a settlement stays open.
//!
//! In each drawing it is kept which components pay something somewhere, and where they have no answer. What pays something
//! nowhere and has no answer somewhere is found here; the evaluator then says which formula is without one, in which
//! window and why. That it never has one is a search and no proof, so a worked example may show that it has.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::exact::Exact;
use trueup_engine::settle::{Earner, Entitled};
use trueup_engine::{Answer, Evaluator, Graph, NoAnswer, NodeId, Number, Place, What};
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::span::Span;
use trueup_plan::tree::{ComponentId, Expr, LimitId, Name, NoAnswerKind};

use crate::analytic::curve::{Curve, Piece, Spot};
use crate::analytic::draw::{Drawing, Drawn, label};
use crate::analytic::evidence::{Side, counterexample, under};
use crate::analytic::exampled;
use crate::analytic::origin::written;
use crate::analytic::reads::Reads;
use crate::analytic::scene::{Played, Scene, Situation, Slots, Variable, Varied};
use crate::analytic::survey::nodes;
use crate::analytic::trial::Paid;
use crate::registry::Kind;
use crate::study::Study;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "never an answer",
    codes: &["P17"],
    what: "a component for which no figures were found with which it pays anything, since it has no answer",
    find,
};

/// Which components have answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    /// Those that were drawn along an input.
    pub followed: BTreeSet<ComponentId>,
    /// Those that come to something somewhere, or to nothing although all is there, or were not followed somewhere.
    paid: BTreeSet<ComponentId>,
    /// Where others have no answer.
    open: BTreeMap<ComponentId, Open>,
}

/// A place without an answer.
#[derive(Clone, Debug)]
struct Open {
    situation: Situation,
    varied: Option<(Variable, Slots, Exact)>,
    window: Window,
    is_undefined: bool,
}

impl Answers {
    /// Takes in what a drawing says.
    pub(crate) fn take(&mut self, drawing: &Drawing<'_>, drawn: &Drawn<'_>) {
        for one in &drawn.entitled {
            let Earner::Component(id) = one.earner else {
                continue;
            };
            if drawing.moves(id) {
                self.followed.insert(id);
            }
            if self.paid.contains(&id) {
                continue;
            }
            let (pays, open) = said(&one.amount);
            if pays || (open.is_none() && is_with_rows(drawing, id)) {
                self.paid.insert(id);
            } else if let Some((at, is_undefined)) = open {
                let varied = Some((drawing.variable, drawing.slots, at));
                self.is_open(id, drawing.situation, varied, &one.window, is_undefined);
            }
        }
    }

    /// Takes in what there is in situations as they are, of components that no input moved.
    pub(crate) fn take_situations(&mut self, scene: &Scene<'_>, situations: &[&Situation]) {
        let all = scene.plan.components.iter().zip((0u16..).map(ComponentId));
        let missing = all
            .filter(|(_, id)| !self.followed.contains(id))
            .map(|(_, id)| id)
            .collect::<BTreeSet<_>>();
        if missing.is_empty() {
            return;
        }
        for situation in situations {
            for one in entitled(scene, situation, None, |id| missing.contains(&id)) {
                let Earner::Component(id) = one.earner else {
                    continue;
                };
                match (one.amount.figure(), one.amount.reason()) {
                    (Some(figure), _) if !figure.is_zero() => {
                        self.paid.insert(id);
                    }
                    (_, Some(reason)) => {
                        let is_undefined = reason.kind == NoAnswerKind::Undefined;
                        self.is_open(id, situation, None, &one.window, is_undefined);
                    }
                    (_, None) => {}
                }
            }
        }
    }

    fn is_open(
        &mut self,
        id: ComponentId,
        situation: &Situation,
        varied: Option<(Variable, Slots, Exact)>,
        window: &Window,
        is_undefined: bool,
    ) {
        let known = self.open.get(&id);
        if known.is_none_or(|known| is_undefined && !known.is_undefined) {
            let open = Open {
                situation: situation.clone(),
                varied,
                window: *window,
                is_undefined,
            };
            self.open.insert(id, open);
        }
    }
}

/// Whether a figure is followed on a row, and there is one of every sort that moves a component: where that comes to
/// nothing, it is an answer.
fn is_with_rows(drawing: &Drawing<'_>, id: ComponentId) -> bool {
    let mut moves = drawing.scene.moves.iter().zip(0usize..);
    let is_there = |sort| {
        let copies = drawing.situation.copies(sort);
        copies.is_some_and(|copies| *copies >= Exact::ONE)
    };
    matches!(drawing.variable.what, Varied::Column(_))
        && drawing.moves(id)
        && moves.all(|(moves, sort)| !moves.components.contains(&id) || is_there(sort))
}

/// Whether a curve comes to something anywhere, and where it has no answer.
fn said(curve: &Curve) -> (bool, Option<(Exact, bool)>) {
    let of_spot = |at: Exact, spot: &Spot| match spot {
        Spot::Known(figure) => (!figure.is_zero(), None),
        Spot::Unknown => (true, None),
        Spot::None(reason) => (false, Some((at, reason.kind == NoAnswerKind::Undefined))),
    };
    let Some(pieces) = curve.pieces() else {
        return of_spot(Exact::ONE, &curve.at(&Exact::ONE));
    };
    let runs = pieces
        .runs
        .iter()
        .zip(0usize..)
        .map(|(run, nth)| match run {
            Piece::Of(fraction) => (fraction.at(&pieces.inside(nth)) != Some(Exact::ZERO), None),
            Piece::Unknown => (true, None),
            Piece::None(reason) => {
                let is_undefined = reason.kind == NoAnswerKind::Undefined;
                (false, Some((pieces.inside(nth), is_undefined)))
            }
        });
    // That it has none at a single figure leaves all the others.
    let spots = pieces.spots.iter().map(|spot| match spot {
        Spot::Known(figure) => (!figure.is_zero(), None),
        Spot::None(_) | Spot::Unknown => (false, None),
    });
    runs.chain(spots)
        .fold((false, None), |(pays, open), (here, open_here)| {
            (pays || here, open.or(open_here))
        })
}

/// What is paid in a situation in which one input is a figure.
fn entitled(
    scene: &Scene<'_>,
    situation: &Situation,
    varied: Option<&(Variable, Slots, Exact)>,
    is_wanted: impl Fn(ComponentId) -> bool,
) -> Vec<Entitled<Answer>> {
    let played = played(scene, situation, varied);
    let evaluator = Evaluator::new(scene.plan, &scene.world, &played);
    let mut evaluator = evaluator.without_explanation();
    evaluator.entitled(scene.partner, scene.horizon.ends, is_wanted)
}

fn played<'s>(
    scene: &'s Scene<'s>,
    situation: &'s Situation,
    varied: Option<&(Variable, Slots, Exact)>,
) -> Played<'s, Answer> {
    let played = Played::new(scene, situation);
    match varied {
        Some((variable, slots, at)) => played.with(*variable, *slots, Answer::known(at.clone())),
        None => played,
    }
}

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let mut found: BTreeMap<Span, Diagnostic> = BTreeMap::new();
    for (_, id) in plan.components.iter().zip((0u16..).map(ComponentId)) {
        if study
            .looks()
            .any(|(_, look)| look.answers.paid.contains(&id))
        {
            continue;
        }
        let of_scenes = study.looks().filter_map(|(scene, look)| {
            let open = look.answers.open.get(&id)?;
            Some((scene, open))
        });
        // What the rule leaves open comes before what only waits for a fact.
        let Some((scene, open)) = of_scenes.min_by_key(|(_, open)| !open.is_undefined) else {
            continue;
        };
        if exampled::pays(study, id) {
            continue;
        }
        if let Some((span, told)) = told(scene, id, open, study.subject.strictness) {
            found.entry(span).or_insert(told);
        }
    }
    found.into_values().collect()
}

/// The formula without an answer although all it is made of has one, as it is written, and why.
fn without(
    scene: &Scene<'_>,
    id: ComponentId,
    open: &Open,
) -> Option<(Span, String, String, Paid)> {
    let plan = scene.plan;
    let played = played(scene, &open.situation, open.varied.as_ref());
    let mut evaluator = Evaluator::new(plan, &scene.world, &played).with_rows();
    let paid: Vec<Entitled<Answer>> =
        evaluator.entitled(scene.partner, scene.horizon.ends, |of| of == id);
    let of_window = |one: &&Entitled<Answer>| {
        one.earner == Earner::Component(id) && one.window.starts == open.window.starts
    };
    let why = paid.iter().find(of_window)?.amount.reason()?.clone();
    let paid = Paid {
        lines: paid
            .iter()
            .map(|one| (one.earner, one.window, one.amount.clone()))
            .collect(),
    };
    let own = nodes(evaluator.graph())
        .zip((0u32..).map(NodeId))
        .find(|(node, _)| {
            matches!(node.what, What::Name(Name::Component(of)) if of == id)
                && node.value.reason().is_some()
                && open.window.starts <= node.place.window.starts
                && node.place.window.starts < open.window.ends
        })
        .map(|(_, at)| at);
    if let Some((formula, why)) = own.and_then(|own| below(evaluator.graph(), own, &why)) {
        return Some((formula.span, written(plan, formula), why, paid));
    }
    // What it comes to has an answer; what a limit makes of it has none.
    let limits = (0u16..).map(LimitId).take(plan.limits.len());
    for limit in limits.filter(|limit| Reads::held_by(plan, *limit).contains(&id)) {
        let limit = &plan[limit];
        let window = plan
            .calendar
            .window_at(limit.over, open.window.starts)
            .unwrap_or(open.window);
        let place = Place::new(scene.partner, window);
        for bound in [&limit.at_most, &limit.at_least].into_iter().flatten() {
            let node = evaluator.ask(bound, &place);
            if evaluator.answer(node).reason().is_some()
                && let Some((formula, why)) = below(evaluator.graph(), node, &why)
            {
                return Some((formula.span, written(plan, formula), why, paid));
            }
        }
    }
    let whole = &plan[id].pays;
    Some((whole.span, written(plan, whole), why.why.to_string(), paid))
}

/// The lowest formula without an answer, and why it has none.
fn below<'p>(
    graph: &Graph<'p, Answer>,
    from: NodeId,
    why: &NoAnswer,
) -> Option<(&'p Expr, String)> {
    let is_open = |node: NodeId| {
        let reason = graph.node(node).and_then(|node| node.value.reason());
        reason.is_some_and(|reason| reason.kind == why.kind)
    };
    let (mut here, mut last) = (from, None);
    // A graph has no ring; the bound keeps a mistake from running on.
    for _ in 0..10_000 {
        if let Some(What::Formula(formula)) = graph.node(here).map(|node| node.what) {
            last = Some(formula);
        }
        match graph.inputs(here).iter().copied().find(|at| is_open(*at)) {
            Some(next) => here = next,
            None => break,
        }
    }
    let reason = graph.node(here).and_then(|node| node.value.reason());
    Some((last?, reason.unwrap_or(why).why.to_string()))
}

fn told(
    scene: &Scene<'_>,
    id: ComponentId,
    open: &Open,
    strictness: Strictness,
) -> Option<(Span, Diagnostic)> {
    let plan = scene.plan;
    let (span, formula, why, paid) = without(scene, id, open)?;
    let name = &plan[id].name;
    let window = match open.window.unit {
        WindowUnit::Agreement => "the agreement".to_owned(),
        _ => label(scene, &open.window),
    };
    let message = format!(
        "no figures were found with which {name} has an answer other than nothing: in {window} `{formula}` has none, {why}{}",
        under(scene)
    );
    let severity = match (open.is_undefined, strictness) {
        (true, Strictness::Signature) => Severity::Error,
        (true, Strictness::Draft) => Severity::Warning,
        // What waits for a fact may get it; the made-up rows may not be those it waits for.
        (false, _) => Severity::Note,
    };
    let side = Side {
        x: Exact::ZERO,
        paid,
        measures: Vec::new(),
        rows: Vec::new(),
        left_out: 0,
    };
    let told = Diagnostic {
        severity,
        ..Diagnostic::warning("P17", span, message)
    }
    .help("without an answer nothing is ever posted: say what holds there, by `first =>`, otherwise(x, y) or a `case`, or write a worked example in which it pays")
    .shown_by(counterexample(scene, &[&side]));
    Some((span, told))
}
