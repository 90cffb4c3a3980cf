//! Where in the plan a change of pay comes from: the band, the arm of a case, the gate, the threshold of a row.
//!
//! From what changed the walk goes to the input that changed with it, and so on, until there is none. What it ends at
//! is where a steady input made an unsteady answer.

use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::{Node, NodeId, Place, Value, What};
use trueup_plan::span::Span;
use trueup_plan::tree::{
    BoundKind, Call, ComponentId, Expr, Form, LimitId, MeasureId, Name, Plan, TableId,
};

use crate::analytic::curve::{Curve, Spot};
use crate::analytic::draw::Drawn;
use crate::analytic::scene::Scene;

/// What is looked at: the pay on both sides of one place, or over a stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// At one place the curve is broken.
    Jump(Exact),
    /// From one place to another it goes steadily.
    Stretch(Exact, Exact),
}

/// Where a change comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// A band of a table; its place, and that of the bound that was crossed, where one was.
    Table {
        table: TableId,
        bound: Option<Span>,
        argument: Option<String>,
    },
    /// A test of a `case`.
    Case(Span),
    /// A component's gate.
    Gate(ComponentId),
    /// Who has a component.
    For(ComponentId),
    /// Which rows count.
    Where(Span),
    /// What a contingency or guardrail changes; its condition.
    Change(Span),
    /// A place among others.
    Rank(Span),
    /// A formula that goes down while what it is made of goes up.
    Formula(Span),
    /// A limit over components.
    Limit(LimitId),
    /// Not told apart.
    Component(ComponentId),
}

impl Origin {
    /// The place of it.
    pub(crate) fn span(&self, plan: &Plan) -> Span {
        match self {
            Self::Table { table, bound, .. } => bound.unwrap_or(plan[*table].span),
            Self::Case(span)
            | Self::Where(span)
            | Self::Change(span)
            | Self::Rank(span)
            | Self::Formula(span) => *span,
            Self::Gate(id) => plan[*id]
                .gate
                .as_ref()
                .map_or(plan[*id].span, |gate| gate.span),
            Self::For(id) => plan[*id]
                .applies
                .as_ref()
                .map_or(plan[*id].span, |applies| applies.span),
            Self::Limit(id) => plan[*id].span,
            Self::Component(id) => plan[*id].span,
        }
    }

    /// What tells one origin from another when findings are put together: all bands of a table are one.
    pub(crate) fn key(&self, plan: &Plan) -> Span {
        match self {
            Self::Table { table, .. } => plan[*table].span,
            Self::Case(_)
            | Self::Gate(_)
            | Self::For(_)
            | Self::Where(_)
            | Self::Change(_)
            | Self::Rank(_)
            | Self::Formula(_)
            | Self::Limit(_)
            | Self::Component(_) => self.span(plan),
        }
    }
}

/// Finds where the change of an earner in a window comes from.
pub(crate) fn find(
    scene: &Scene<'_>,
    drawn: &mut Drawn<'_>,
    earner: Earner,
    window: &Window,
    change: &Change,
) -> Origin {
    let Earner::Component(component) = earner else {
        return match earner {
            Earner::TopUp(limit) => Origin::Limit(limit),
            Earner::Component(id) => Origin::Component(id),
        };
    };
    match root(drawn, component, window, change) {
        Some(root) => Walk { scene, change }.down(drawn, component, root),
        None => match scene
            .plan
            .limits
            .iter()
            .zip((0u16..).map(LimitId))
            .find(|(limit, _)| {
                limit
                    .on
                    .contains(&trueup_plan::tree::Reference::Component(component))
            }) {
            Some((_, limit)) => Origin::Limit(limit),
            None => Origin::Component(component),
        },
    }
}

/// The component's answer that changes, in the window or inside it.
fn root(
    drawn: &Drawn<'_>,
    component: ComponentId,
    window: &Window,
    change: &Change,
) -> Option<NodeId> {
    let graph = drawn.evaluator.graph();
    (0..u32::try_from(graph.len()).unwrap_or(u32::MAX))
        .map(NodeId)
        .find(|id| {
            graph.node(*id).is_some_and(|node| {
                matches!(node.what, What::Name(Name::Component(of)) if of == component)
                    && node.place.row.is_none()
                    && window.starts <= node.place.window.starts
                    && node.place.window.ends <= window.ends
                    && moved(&node.value, change).is_some()
            })
        })
}

/// By how much a number changes; none where it does not, or is no number.
fn moved(value: &Value<Curve>, change: &Change) -> Option<Exact> {
    let Value::Number(curve) = value else {
        return None;
    };
    let by = match change {
        Change::Jump(at) => curve.jump(at)?,
        Change::Stretch(from, to) => match (curve.at(from), curve.at(to)) {
            (Spot::Known(before), Spot::Known(after)) => &after - &before,
            (_, _) => return None,
        },
    };
    (!by.is_zero()).then_some(by)
}

/// Whether a truth turns.
fn turned(value: &Value<Curve>, change: &Change) -> bool {
    let Value::Flag(told) = value else {
        return false;
    };
    match change {
        Change::Jump(at) => match told.sides(at) {
            Some((left, spot, right)) => left != spot || spot != right,
            None => false,
        },
        Change::Stretch(from, to) => told.at(from) != told.at(to),
    }
}

struct Walk<'w> {
    scene: &'w Scene<'w>,
    change: &'w Change,
}

impl Walk<'_> {
    fn down<'p>(&self, drawn: &mut Drawn<'p>, component: ComponentId, root: NodeId) -> Origin {
        let mut at = root;
        // A band is told by the table it stands in.
        let mut table: Option<NodeId> = None;
        // A graph has no ring; the bound keeps a mistake from running on.
        for _ in 0..10_000 {
            let graph = drawn.evaluator.graph();
            let Some(node) = graph.node(at) else { break };
            match node.what {
                What::Formula(formula) if matches!(&formula.form, Form::Call(Call::Table(..))) => {
                    table = Some(at);
                }
                What::Band(..) => {}
                _ => table = None,
            }
            let down = moved(&node.value, self.change);
            let falls = down.as_ref().is_some_and(Exact::is_negative);
            let mut inputs: Vec<(NodeId, Exact)> = graph
                .inputs(at)
                .iter()
                .filter_map(|id| {
                    let by = moved(&graph.node(*id)?.value, self.change)?;
                    Some((*id, by))
                })
                .collect();
            if let Change::Stretch(..) = self.change {
                // Along a stretch every input moves; what goes the same way as the answer leads on.
                inputs.retain(|(_, by)| by.is_negative() == falls);
            }
            match inputs.into_iter().next() {
                Some((next, _)) => at = next,
                None => {
                    let is_band = matches!(node.what, What::Band(..));
                    let end = table.filter(|_| is_band).unwrap_or(at);
                    return self.told(drawn, component, end);
                }
            }
        }
        Origin::Component(component)
    }

    /// What an answer without an unsteady input is.
    fn told<'p>(&self, drawn: &mut Drawn<'p>, component: ComponentId, at: NodeId) -> Origin {
        let graph = drawn.evaluator.graph();
        let Some(node) = graph.node(at) else {
            return Origin::Component(component);
        };
        let (place, what) = (node.place, node.what);
        match what {
            What::Formula(formula) => match &formula.form {
                Form::Call(Call::Table(table, arguments)) => {
                    self.table(drawn, *table, arguments, &place)
                }
                Form::Call(Call::Rank { .. }) => Origin::Rank(formula.span),
                Form::Case(..) => match self.test(drawn, at) {
                    Some(test) => Origin::Case(test),
                    None => Origin::Formula(formula.span),
                },
                _ => Origin::Formula(formula.span),
            },
            What::Name(Name::Component(id)) => self.component(drawn, id, at),
            What::Name(Name::Measure(id)) => self.measure(id, component),
            What::Row(_) => match self.test(drawn, at) {
                Some(test) => Origin::Where(test),
                None => Origin::Component(component),
            },
            What::Changed(trigger, _) => Origin::Change(self.scene.plan.when(trigger).span),
            What::Name(_)
            | What::Band(..)
            | What::OfAll(_)
            | What::Trigger(_)
            | What::Was(_)
            | What::LeftOut(_) => Origin::Component(component),
        }
    }

    fn component(&self, drawn: &Drawn<'_>, id: ComponentId, at: NodeId) -> Origin {
        let shape = &self.scene.plan[id];
        let graph = drawn.evaluator.graph();
        let turns = |formula: &Option<Expr>| {
            formula.as_ref().is_some_and(|formula| {
                graph.inputs(at).iter().any(|input| {
                    graph.node(*input).is_some_and(|node| {
                        is_of(node, formula) && turned(&node.value, self.change)
                    })
                })
            })
        };
        if turns(&shape.gate) {
            return Origin::Gate(id);
        }
        if turns(&shape.applies) {
            return Origin::For(id);
        }
        match shape.each.as_ref().and_then(|each| each.filter.as_ref()) {
            Some(filter) => Origin::Where(filter.span),
            None => Origin::Component(id),
        }
    }

    fn measure(&self, id: MeasureId, component: ComponentId) -> Origin {
        match &self.scene.plan[id].filter {
            Some(filter) => Origin::Where(filter.span),
            None => Origin::Component(component),
        }
    }

    /// The test below an answer that turns, down to the comparison.
    fn test(&self, drawn: &Drawn<'_>, at: NodeId) -> Option<Span> {
        let graph = drawn.evaluator.graph();
        let turning = |of: NodeId| {
            graph.inputs(of).iter().copied().find(|id| {
                graph
                    .node(*id)
                    .is_some_and(|node| turned(&node.value, self.change))
            })
        };
        let mut test = turning(at)?;
        let mut span = None;
        for _ in 0..1_000 {
            if let Some(Node {
                what: What::Formula(formula),
                ..
            }) = graph.node(test)
            {
                span = Some(formula.span);
            }
            match turning(test) {
                Some(next) => test = next,
                None => break,
            }
        }
        span
    }

    /// The bound of a table that its argument crosses.
    fn table<'p>(
        &self,
        drawn: &mut Drawn<'p>,
        id: TableId,
        arguments: &'p [Expr],
        place: &Place,
    ) -> Origin {
        let plan = drawn.evaluator.plan();
        let mut bound_crossed = None;
        let argument = arguments.first().map(|argument| written(plan, argument));
        let (Change::Jump(at) | Change::Stretch(at, _)) = self.change;
        for (argument, axis) in arguments.iter().zip(&plan[id].axes) {
            let Some(x) = asked(drawn, argument, place, at) else {
                continue;
            };
            for bound in &axis.bounds {
                let (BoundKind::From(formula) | BoundKind::Above(formula) | BoundKind::At(formula)) =
                    &bound.is
                else {
                    continue;
                };
                // A jump lies on a bound; a stretch begins at one or goes on from it.
                match (self.change, asked(drawn, formula, place, at)) {
                    (Change::Jump(_), Some(figure)) if figure == x => {
                        bound_crossed.get_or_insert(bound.span);
                    }
                    (Change::Stretch(..), Some(figure)) if figure <= x => {
                        bound_crossed = Some(bound.span);
                    }
                    (_, _) => {}
                }
            }
        }
        Origin::Table {
            table: id,
            bound: bound_crossed,
            argument,
        }
    }
}

/// A formula as it is written.
pub(crate) fn written(plan: &Plan, formula: &Expr) -> String {
    let sources = trueup_plan::diagnostic::Sources::new();
    trueup_plan::written::Writer::new(plan, &sources).text(formula)
}

/// What a formula answers at a figure of the input.
fn asked<'p>(drawn: &mut Drawn<'p>, formula: &'p Expr, place: &Place, at: &Exact) -> Option<Exact> {
    let node = drawn.evaluator.ask(formula, place);
    match drawn.evaluator.answer(node) {
        Value::Number(curve) => curve.at(at).figure().cloned(),
        _ => None,
    }
}

fn is_of(node: &Node<'_, Curve>, formula: &Expr) -> bool {
    match node.what {
        What::Formula(it) => it.span == formula.span,
        What::Name(name) => matches!(&formula.form, Form::Name(it) if *it == name),
        What::Band(..)
        | What::OfAll(_)
        | What::Trigger(_)
        | What::Was(_)
        | What::Changed(..)
        | What::Row(_)
        | What::LeftOut(_) => false,
    }
}
