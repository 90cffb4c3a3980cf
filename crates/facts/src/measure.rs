//! Measures by the executor: every question a plan will ask, worked out in one pass over each kind's rows.
//!
//! [`measure`] finds out what will be asked ([`trueup_engine::asks`]), lowers each measure to typed expressions of the
//! executor ([`lowered`]) or says why not ([`Reason`]), runs the passes, and hands back [`Measured`], which answers the
//! engine, beside a world that holds exactly the rows the engine still has to read itself. A measure stays with its rows when
//! the executor cannot work it out exactly; so do single partners whose rows say nothing for reasons of their own.
//!
//! | stays exact in the executor | stays with the rows |
//! |---|---|
//! | `sum`, `count`, `count_distinct`, `min`, `max`, `latest`, with any `where`, `at`, `role`, `by` | answers that are no number |
//! | `+ - *`, `/` by a figure whose reciprocal is a decimal, `least greatest clamp abs weighted days_between` | other divisions, `round`, `months_between`, `convert` |
//! | comparisons, `between in and or not case is missing is undefined coalesce otherwise` | tables, running sums, other windows, other partners |
//! | columns, followed columns, `partner`, its attributes, terms without `per` | terms with `per`, measures, components, the window |
//!
//! The module must never round: its sums, products and comparisons are done in decimals that have room for every digit, the
//! executor's plan is checked to hold no float, and credits' shares are applied to the finished sums as exact fractions.
//! Passes are stock operators only, so that a scheduler with stock executors can run them.

mod check;
mod edges;
mod fault;
mod few;
mod gather;
mod inputs;
mod layers;
mod lookup;
mod lower;
mod measured;
mod number;
mod parallel;
mod partials;
mod pass;
mod reason;
mod rows;
mod run;
mod stored;
mod winners;

use std::collections::BTreeSet;

use trueup_base::calendar::Window;
use trueup_base::date::Date;
use trueup_engine::asks::{Asks, asks};
use trueup_engine::why::reads_others;
use trueup_engine::world::{KindFacts, PartnerIx, RowsRead, World};
use trueup_plan::tree::{KindId, Plan};

use layers::Whose;

pub use fault::MeasureFault;
pub use gather::{LoweredLine, lowered};
pub use inputs::Inputs;
pub use layers::{KeptLayers, LayeredFiles};
pub use lower::{Gaps, Lowered, Shape};
pub use measured::Measured;
pub use number::Decimal;
pub use reason::Reason;
pub use rows::rows_for;
pub(crate) use rows::{Version, rows_of};
pub use run::{Settings, executor};
pub use stored::{MonthColumn, Stored, StoredKinds, parquet_files, stored_kinds, with_views};

/// What is to be measured.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The stored rows.
    pub facts: &'a StoredKinds,
    /// Settlements that end by this day are asked.
    pub until: Date,
    /// Windows in which measures are asked besides.
    pub besides: &'a [Window],
    /// The one partner who is asked about, if it is one; it counts only for plans in which no partner's pay hangs on another.
    pub only: Option<PartnerIx>,
    /// How the executor runs.
    pub settings: Settings,
}

/// Works out every measure that settling a plan will ask, for the partners of a world without facts.
///
/// The world comes back with the rows that the engine must read itself.
///
/// # Errors
/// When the rows cannot be read, or the executor refuses a plan.
pub async fn measure(
    order: Order<'_>,
    mut world: World,
) -> Result<(Measured, World), MeasureFault> {
    let Order {
        plan,
        facts,
        until,
        besides,
        only,
        settings,
    } = order;
    let mut asks = asks(plan, &world.partners, until, besides);
    if asks.is_cut_short {
        // More will be asked than can be listed: the rows answer everything.
        asks.measures.clear();
    }
    let plans = gather::gather(plan, &world, facts, &asks);
    let context = executor(settings);
    let is_upline = plans.passes.iter().any(|pass| pass.key.upline);
    let only = only.filter(|_| !is_upline && !reads_others(plan));
    let mut measured = Measured {
        passes: Vec::with_capacity(plans.passes.len()),
        measures: plans.measures,
        left: plans.left,
        by_rows: std::collections::BTreeMap::new(),
        only,
        below: if is_upline {
            measured::below(&world)
        } else {
            std::collections::BTreeMap::new()
        },
    };
    for pass in &plans.passes {
        let kind = &*plan[pass.key.kind].name;
        if let Some(stored) = facts.get(kind) {
            measured.passes.push(match &stored.layers {
                Some(files) => {
                    let whose = Whose {
                        partners: &world.partners,
                        only,
                    };
                    layers::answers(&context, pass, kind, files, whose, settings)?
                }
                None => run::run(&context, pass, kind, stored, &world.partners).await?,
            });
        }
    }
    measured.find_by_rows();
    let mut needed = measured.rows_needed(plan);
    for ((kind, _), cohorts) in &asks.rows {
        let whose: BTreeSet<PartnerIx> = partners_of(&asks, cohorts.keys().copied());
        if let Some(some) = needed.entry(*kind).or_insert_with(|| Some(BTreeSet::new())) {
            some.extend(whose);
        }
    }
    for kind in (0u16..).map(KindId).take(plan.kinds.len()) {
        let whose = match asks.is_cut_short {
            true => None,
            false => needed
                .remove(&kind)
                .unwrap_or_else(|| Some(BTreeSet::new())),
        };
        let whose = match (whose, only) {
            (None, Some(only)) => Some(BTreeSet::from([only])),
            (Some(mut some), Some(only)) => {
                some.retain(|partner| *partner == only);
                Some(some)
            }
            (whose, None) => whose,
        };
        give(&context, plan, &mut world, kind, facts, whose).await?;
    }
    Ok((measured, world))
}

/// [`measure`] for callers without threads of their own: waits for the answers.
///
/// # Errors
/// As [`measure`], and when threads cannot be started.
pub fn measure_and_wait(order: Order<'_>, world: World) -> Result<(Measured, World), MeasureFault> {
    threads()?.block_on(measure(order, world))
}

/// [`world_of`] for callers without threads of their own: waits for the rows.
///
/// # Errors
/// As [`world_of`], and when threads cannot be started.
pub fn world_of_and_wait(
    order: Order<'_>,
    world: World,
    whose: &BTreeSet<PartnerIx>,
) -> Result<World, MeasureFault> {
    threads()?.block_on(world_of(order, world, whose))
}

fn threads() -> Result<tokio::runtime::Runtime, MeasureFault> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(MeasureFault::Threads)
}

/// A world with all rows of some partners, for explanations and for a plain look at them.
///
/// # Errors
/// When the rows cannot be read.
pub async fn world_of(
    order: Order<'_>,
    mut world: World,
    whose: &BTreeSet<PartnerIx>,
) -> Result<World, MeasureFault> {
    let context = executor(order.settings);
    for kind in (0u16..).map(KindId).take(order.plan.kinds.len()) {
        give(
            &context,
            order.plan,
            &mut world,
            kind,
            order.facts,
            Some(whose.clone()),
        )
        .await?;
    }
    Ok(world)
}

/// Gives a world the rows of a kind for some partners, or for everyone.
async fn give(
    context: &datafusion::execution::context::SessionContext,
    plan: &Plan,
    world: &mut World,
    kind: KindId,
    facts: &StoredKinds,
    whose: Option<BTreeSet<PartnerIx>>,
) -> Result<(), MeasureFault> {
    let stored = facts.get(&*plan[kind].name);
    let complete = stored.map_or_else(|| Some(Vec::new()), |stored| stored.complete.clone());
    let rows = match (stored, &whose) {
        (None, _) => Vec::new(),
        (Some(_), Some(whose)) if whose.is_empty() => Vec::new(),
        (Some(stored), whose) => {
            rows::rows_for(context, plan, world, kind, stored, whose.as_ref()).await?
        }
    };
    world.give(plan, kind, rows, complete);
    if let Some(KindFacts {
        has_history, read, ..
    }) = world.facts.get_mut(kind.index())
    {
        *has_history = stored.is_some_and(|stored| stored.has_history);
        *read = match (stored, whose) {
            (None, _) | (_, None) => RowsRead::All,
            (Some(_), Some(whose)) => RowsRead::Of(whose),
        };
    }
    Ok(())
}

fn partners_of(asks: &Asks, cohorts: impl Iterator<Item = usize>) -> BTreeSet<PartnerIx> {
    cohorts
        .filter_map(|cohort| asks.cohorts.get(cohort))
        .flat_map(|cohort| cohort.partners.iter().copied())
        .collect()
}
