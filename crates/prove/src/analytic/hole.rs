//! Where pay has no answer although every fact is there: a table without a band, a division by zero.

use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::{NodeId, Value, What};
use trueup_plan::span::Span;
use trueup_plan::tree::{Call, ComponentId, Expr, Form, Name, NoAnswerKind, Operator, TableId};

use crate::analytic::curve::{Curve, Piece, Spot};
use crate::analytic::draw::{Drawing, Drawn};
use crate::analytic::origin::written;
use crate::analytic::scene::{Situation, Slots, Variable};

/// A stretch of an input in which a component has no answer.
#[derive(Clone, Debug)]
pub(crate) struct Hole {
    pub variable: Variable,
    pub slots: Slots,
    pub situation: Situation,
    /// A figure in the stretch.
    pub at: Exact,
    pub component: ComponentId,
    pub window: Window,
    pub why: String,
    /// Where in the plan.
    pub span: Span,
    /// What it is divided by there, where that is why.
    pub divisor: Option<String>,
    /// Whether that is the formula itself.
    pub is_located: bool,
    /// The table that has no band, the argument as it is written, and its figure there.
    pub table: Option<(TableId, String, Exact)>,
}

/// Every stretch of an open input in which a component has no answer that the rule does not give.
pub(crate) fn all(drawing: &Drawing<'_>, drawn: &mut Drawn<'_>) -> Vec<Hole> {
    let mut found: Vec<Hole> = Vec::new();
    let entitled: Vec<(Earner, Window, Curve)> = drawn
        .entitled
        .iter()
        .map(|one| (one.earner, one.window, one.amount.clone()))
        .collect();
    for (earner, window, amount) in entitled {
        let Earner::Component(component) = earner else {
            continue;
        };
        for (at, why) in without_answer(drawing, &amount) {
            let Some(mut hole) = locate(drawing, drawn, component, &window, &at, &why) else {
                continue;
            };
            if !hole.is_located {
                // What rows say is kept only where it is looked for.
                let with_rows = Drawing {
                    with_rows: true,
                    ..*drawing
                };
                let found = with_rows.draw(
                    |id| drawing.moves(id),
                    |drawn| locate(drawing, drawn, component, &window, &at, &why),
                );
                hole = found.flatten().unwrap_or(hole);
            }
            if !found.iter().any(|known| known.span == hole.span) {
                found.push(hole);
            }
        }
    }
    found
}

/// A figure in each stretch without an answer, and why there is none.
fn without_answer(drawing: &Drawing<'_>, amount: &Curve) -> Vec<(Exact, String)> {
    let Some(pieces) = amount.pieces() else {
        // Nowhere an answer: then the input is not what it hangs on.
        return Vec::new();
    };
    let step = drawing.scene.step(drawing.variable);
    let mut found = Vec::new();
    for (run, nth) in pieces.runs.iter().zip(0usize..) {
        if let Piece::None(reason) = run
            && reason.kind == NoAnswerKind::Undefined
        {
            let at = match pieces.ends(nth) {
                (None, Some(high)) => &high - &Exact::from_int(1_000),
                (_, _) => pieces.inside(nth),
            };
            let whole = at.round_to(&step, trueup_base::rounding::Rounding::Floor);
            let at = match whole {
                Some(whole) if pieces.at(&whole) == Some(Spot::None(reason.clone())) => whole,
                Some(_) | None => at,
            };
            found.push((at, reason.why.to_string()));
        }
    }
    for (knot, spot) in pieces.knots.iter().zip(&pieces.spots) {
        if let Spot::None(reason) = spot
            && reason.kind == NoAnswerKind::Undefined
            && found.is_empty()
        {
            found.push((knot.clone(), reason.why.to_string()));
        }
    }
    found
}

/// Goes down from a component without an answer to what has none although all it is made of has.
fn locate(
    drawing: &Drawing<'_>,
    drawn: &mut Drawn<'_>,
    component: ComponentId,
    window: &Window,
    at: &Exact,
    why: &str,
) -> Option<Hole> {
    let graph = drawn.evaluator.graph();
    let is_open = |id: NodeId| {
        graph.node(id).is_some_and(|node| match &node.value {
            Value::Number(curve) => matches!(curve.at(at), Spot::None(_)),
            Value::Flag(told) => {
                matches!(told.at(at), crate::analytic::curve::Tri::None(_))
            }
            Value::None(_) => true,
            _ => false,
        })
    };
    let mut here = (0..u32::try_from(graph.len()).unwrap_or(u32::MAX))
        .map(NodeId)
        .find(|id| {
            is_open(*id)
                && graph.node(*id).is_some_and(|node| {
                    matches!(node.what, What::Name(Name::Component(of)) if of == component)
                        && window.starts <= node.place.window.starts
                        && node.place.window.ends <= window.ends
                })
        })?;
    for _ in 0..10_000 {
        match graph.inputs(here).iter().copied().find(|id| is_open(*id)) {
            Some(next) => here = next,
            None => break,
        }
    }
    let node = graph.node(here)?;
    let (what, place) = (node.what, node.place);
    let mut hole = Hole {
        variable: drawing.variable,
        slots: drawing.slots,
        situation: drawing.situation.clone(),
        at: at.clone(),
        component,
        window: *window,
        why: why.to_owned(),
        span: drawing.scene.plan[component].span,
        divisor: None,
        is_located: false,
        table: None,
    };
    if let What::Formula(formula) = what {
        hole.span = formula.span;
        hole.is_located = true;
        if let Form::Arithmetic(Operator::Over, _, divisor) = &formula.form {
            hole.divisor = Some(written(drawing.scene.plan, divisor));
        }
        if let Form::Call(Call::Table(table, arguments)) = &formula.form {
            hole.table = argument_without_band(drawn, *table, arguments, &place, at);
        }
    }
    Some(hole)
}

/// The first argument and its figure.
fn argument_without_band<'p>(
    drawn: &mut Drawn<'p>,
    table: TableId,
    arguments: &'p [Expr],
    place: &trueup_engine::Place,
    at: &Exact,
) -> Option<(TableId, String, Exact)> {
    let plan = drawn.evaluator.plan();
    for argument in arguments {
        let node = drawn.evaluator.ask(argument, place);
        if let Value::Number(curve) = drawn.evaluator.answer(node)
            && let Spot::Known(figure) = curve.at(at)
            && curve.moves()
        {
            return Some((table, written(plan, argument), figure));
        }
    }
    None
}
