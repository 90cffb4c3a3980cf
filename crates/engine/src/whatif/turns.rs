//! Which way a walk through a plan went: the band of each table, the outcome of each condition.

use std::collections::BTreeMap;

use trueup_base::calendar::Window;
use trueup_plan::span::Span;
use trueup_plan::tree::{Form, NoAnswerKind, TableId};

use crate::graph::{Graph, What};
use crate::number::{Answer, Truth};
use crate::value::Value;
use crate::world::PartnerIx;

/// Something in the plan that can go one way or another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fork {
    /// A table asked in a window, by the order of asking.
    Table(TableId, Window, usize),
    /// A condition written somewhere, asked in a window.
    Condition(Span, Window),
}

/// The way it goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Bands(Vec<usize>),
    Holds(bool),
    None(u8),
}

/// The ways of a whole walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Turns(BTreeMap<Fork, Way>);

/// What went another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A table answers from another band; its position on each axis, lowest first.
    Band {
        /// The table.
        table: TableId,
        /// The band reached, or none where there is no answer.
        reached: Option<Vec<usize>>,
    },
    /// A condition holds now, or no longer.
    Condition {
        /// Where it is written.
        span: Span,
        /// Whether it holds now; none where it has no answer.
        holds: Option<bool>,
    },
}

pub(super) fn turns_of(graph: &Graph<'_, Answer>, partner: PartnerIx) -> Turns {
    let mut ways = BTreeMap::new();
    let mut asked: BTreeMap<(TableId, Window), usize> = BTreeMap::new();
    for node in graph.nodes() {
        if node.place.partner != partner || node.place.row.is_some() {
            continue;
        }
        let window = node.place.window;
        match node.what {
            What::Band(table, in_band) => {
                let bands = graph
                    .band(in_band)
                    .map(|names| names.bands.clone())
                    .unwrap_or_default();
                let count = asked.entry((table, window)).or_insert(0);
                // A table that adds up its bands visits them from the lowest; the last one is the band reached.
                let higher = matches!(
                    ways.get(&Fork::Table(table, window, *count)),
                    Some(Way::Bands(before)) if *before < bands
                );
                if !higher {
                    *count += 1;
                }
                ways.insert(Fork::Table(table, window, *count), Way::Bands(bands));
            }
            What::Formula(formula) if is_condition(&formula.form) => {
                if let Value::Flag(truth) = &node.value {
                    let way = match (truth.all(), truth.reason()) {
                        (Some(holds), _) => Way::Holds(holds),
                        (None, reason) => Way::None(match reason.map(|reason| reason.kind) {
                            Some(NoAnswerKind::Missing) => 0,
                            Some(NoAnswerKind::Undefined) | None => 1,
                        }),
                    };
                    ways.insert(Fork::Condition(formula.span, window), way);
                }
            }
            // A contingency or cap turns with its condition, which is a formula.
            What::Formula(_)
            | What::Name(_)
            | What::OfAll(_)
            | What::Trigger(_)
            | What::Was(_)
            | What::Changed(..)
            | What::Row(_)
            | What::LeftOut(_) => {}
        }
    }
    Turns(ways)
}

fn is_condition(form: &Form) -> bool {
    matches!(
        form,
        Form::Compared(..) | Form::Between(..) | Form::In(..) | Form::Is(..)
    )
}

/// What goes another way in the second walk. Where only one of them asks, the other's answer is none.
pub(super) fn turned(before: &Turns, after: &Turns) -> Vec<Turn> {
    let mut turns = Vec::new();
    for (fork, way) in &after.0 {
        if before.0.get(fork) == Some(way) {
            continue;
        }
        let turn = match (fork, way) {
            (Fork::Table(table, ..), Way::Bands(bands)) => Turn::Band {
                table: *table,
                reached: Some(bands.clone()),
            },
            (Fork::Table(table, ..), Way::Holds(_) | Way::None(_)) => Turn::Band {
                table: *table,
                reached: None,
            },
            // What is asked for the first time follows from another turn.
            (Fork::Condition(..), _) if !before.0.contains_key(fork) => continue,
            (Fork::Condition(span, _), Way::Holds(holds)) => Turn::Condition {
                span: *span,
                holds: Some(*holds),
            },
            (Fork::Condition(span, _), Way::None(_) | Way::Bands(_)) => Turn::Condition {
                span: *span,
                holds: None,
            },
        };
        if !turns.contains(&turn) {
            turns.push(turn);
        }
    }
    turns
}
