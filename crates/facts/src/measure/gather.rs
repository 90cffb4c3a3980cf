//! From the questions a plan will ask to the passes that answer them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::logical_expr::{Expr, Operator, and, binary_expr, lit};
use trueup_base::exact::Exact;
use trueup_engine::asks::{Asked, Asks};
use trueup_engine::world::{Complete, Partner, World};
use trueup_plan::tree::{CreditLine, CreditTo, Fold, Measure, MeasureId, Plan, Text, Type};

use super::edges::Edges;
use super::lookup::Lookup;
use super::lower::{Gaps, Lowered, Lowering, Shape};
use super::number::Decimal;
use super::pass::{Pass, PassKey, Slot};
use super::reason::Reason;
use super::stored::{Stored, StoredKinds};

/// Up to so many keys known beforehand are told apart by conditions; more get a pass of their own, grouped by key.
const KEYS_MAX: usize = 24;

/// The passes, and where each measure finds its answers in them.
#[derive(Debug, Default)]
pub struct Plans {
    /// The passes.
    pub passes: Vec<Pass>,
    /// The measures they answer.
    pub measures: BTreeMap<MeasureId, Answered>,
    /// The measures they do not, and why.
    pub left: BTreeMap<MeasureId, Reason>,
}

/// Where a measure finds its answers.
#[derive(Clone, Debug, Hash)]
pub struct Answered {
    /// How rows become one number.
    pub fold: Fold,
    /// The kind, by name.
    pub kind: Text,
    /// Spans the feed is complete for; none means always.
    pub complete: Option<Vec<Complete>>,
    /// One for each credit line of the role.
    pub lines: Vec<Line>,
}

/// The answers of one credit line.
#[derive(Clone, Debug, Hash)]
pub struct Line {
    /// The line's share.
    pub share: Exact,
    /// Whether credits go up the hierarchy.
    pub upline: bool,
    /// Without a key.
    pub whole: Option<Slots>,
    /// By keys known beforehand.
    pub keys: BTreeMap<Text, Slots>,
    /// By any key.
    pub by: Option<Slots>,
}

/// Where the parts of an answer lie.
#[derive(Clone, Debug, Hash)]
pub struct Slots {
    /// The pass.
    pub pass: usize,
    /// The rows that count.
    pub rows: usize,
    /// Those of them that say nothing.
    pub gaps: Option<usize>,
    /// The sum, the smallest, …
    pub of: Option<usize>,
    /// Why a row says nothing, if there is one reason.
    pub because: Option<Arc<str>>,
    /// Whether a row can say nothing.
    pub has_gaps: bool,
}

/// What the executor can be asked, and what not.
pub fn gather(plan: &Plan, world: &World, snapshot: &StoredKinds, asks: &Asks) -> Plans {
    let partners = &world.partners;
    let mut plans = Plans::default();
    for (id, asked) in &asks.measures {
        let measure = &plan[*id];
        let kind = &plan[measure.kind];
        let Some(stored) = snapshot.get(&*kind.name) else {
            // Nothing is stored of this kind: there is no row, and nobody says that this is all.
            let answered = Answered {
                fold: measure.fold,
                kind: kind.name.clone(),
                complete: Some(Vec::new()),
                lines: Vec::new(),
            };
            plans.measures.insert(*id, answered);
            continue;
        };
        let goes_up = kind
            .credited
            .iter()
            .any(|line| line.role == measure.role && matches!(line.to, CreditTo::Upline(_)));
        if goes_up && !world.beyond.is_empty() {
            plans.left.insert(*id, Reason::Beyond);
            continue;
        }
        match lowered(plan, partners, stored, measure) {
            Ok(lines) => {
                let lines = lines
                    .into_iter()
                    .map(|line| plans.line(plan, measure, stored, asks, asked, line))
                    .collect();
                let answered = Answered {
                    fold: measure.fold,
                    kind: kind.name.clone(),
                    complete: stored.complete.clone(),
                    lines,
                };
                plans.measures.insert(*id, answered);
            }
            Err(reason) => {
                plans.left.insert(*id, reason);
            }
        }
    }
    for pass in &mut plans.passes {
        pass.edges = Edges::of(asks, &pass.cohorts, pass.key.upline);
    }
    plans
}

/// A measure's credit line, lowered.
#[derive(Clone, Debug)]
pub struct LoweredLine {
    /// The line's share.
    pub share: Exact,
    /// Whether credits go up the hierarchy.
    pub upline: bool,
    /// The column that names the partner.
    pub credited: Arc<str>,
    /// Which rows count.
    pub filter: Option<Expr>,
    /// What is folded, ready to be added up; none for a count of rows.
    pub of: Option<Lowered>,
    /// The key.
    pub by: Option<Lowered>,
    /// What is looked up by partner.
    pub lookups: BTreeMap<String, Lookup>,
}

/// A measure as the executor works it out, one part for each credit line of its role, or why it stays with the rows.
///
/// # Errors
/// The reason.
pub fn lowered(
    plan: &Plan,
    partners: &[Partner],
    stored: &Stored,
    measure: &Measure,
) -> Result<Vec<LoweredLine>, Reason> {
    let kind = &plan[measure.kind];
    if !matches!(measure.answers, Type::Number(_)) {
        return Err(Reason::NotANumber);
    }
    let schema = stored.schema();
    let lines: Vec<&CreditLine> = kind
        .credited
        .iter()
        .filter(|line| line.role == measure.role)
        .collect();
    let has_levels = lines
        .iter()
        .any(|line| matches!(line.to, CreditTo::Upline(_)));
    if lines.is_empty() {
        return Err(Reason::Types);
    }
    must_be(
        &schema,
        &kind.name,
        &kind.column(measure.at).name,
        &DataType::Date32,
    )?;
    lines
        .into_iter()
        .map(|line| lowered_line(plan, partners, stored, measure, line, has_levels))
        .collect()
}

fn lowered_line(
    plan: &Plan,
    partners: &[Partner],
    stored: &Stored,
    measure: &Measure,
    line: &CreditLine,
    has_levels: bool,
) -> Result<LoweredLine, Reason> {
    let kind = &plan[measure.kind];
    let schema = stored.schema();
    let (CreditTo::Column(column) | CreditTo::Upline(column)) = line.to;
    let credited: Arc<str> = kind.column(column).name.clone();
    must_be(&schema, &kind.name, &credited, &DataType::Utf8)?;
    let upline = matches!(line.to, CreditTo::Upline(_));
    let mut lowering = Lowering {
        plan,
        kind: measure.kind,
        schema: &schema,
        never_empty: &stored.never_empty,
        partners,
        credited: credited.clone(),
        upline,
        has_levels,
        lookups: BTreeMap::new(),
    };
    let filter = measure
        .filter
        .as_ref()
        .map(|filter| lowering.condition(filter))
        .transpose()?;
    let by = measure
        .by
        .as_ref()
        .map(|by| lowering.formula(by))
        .transpose()?;
    let of = match (measure.fold, &measure.of) {
        (Fold::Count, _)
        | (Fold::Sum | Fold::CountDistinct | Fold::Min | Fold::Max | Fold::Latest, None) => None,
        (Fold::Sum, Some(of)) => {
            let of = lowering.formula(of)?;
            let (gaps, parts) = (of.gaps.clone(), of.parts);
            Some(Lowered {
                shape: Shape::Number(match stored.layers {
                    // Our own operator adds up in as many digits as it takes.
                    Some(_) => of.number()?,
                    None => of.number()?.summable(stored.rows_max)?,
                }),
                gaps,
                parts,
            })
        }
        (Fold::CountDistinct, Some(of)) => Some(lowering.formula(of)?),
        (Fold::Min | Fold::Max | Fold::Latest, Some(of)) => {
            let of = lowering.formula(of)?;
            let (gaps, parts) = (of.gaps.clone(), of.parts);
            Some(Lowered {
                shape: Shape::Number(of.number()?),
                gaps,
                parts,
            })
        }
    };
    if of.is_none() && measure.fold != Fold::Count && measure.fold != Fold::Sum {
        return Err(Reason::Types);
    }
    let lookups = lowering.lookups;
    Ok(LoweredLine {
        share: line.share.clone(),
        upline,
        credited,
        filter,
        of,
        by,
        lookups,
    })
}

fn must_be(schema: &Schema, kind: &str, column: &str, of: &DataType) -> Result<(), Reason> {
    let is_text = |of: &DataType| {
        matches!(
            of,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        )
    };
    match schema.column_with_name(column) {
        Some((_, field))
            if field.data_type() == of || (is_text(field.data_type()) && is_text(of)) =>
        {
            Ok(())
        }
        Some(_) | None => Err(Reason::Column(format!("{kind}.{column}"))),
    }
}

impl Plans {
    fn line(
        &mut self,
        plan: &Plan,
        measure: &Measure,
        stored: &Stored,
        asks: &Asks,
        asked: &Asked,
        lowered: LoweredLine,
    ) -> Line {
        let kind = &plan[measure.kind];
        let key = |by: Option<Expr>, filter: Option<Expr>| PassKey {
            kind: measure.kind,
            credited: lowered.credited.clone(),
            upline: lowered.upline,
            at: kind.column(measure.at).name.clone(),
            by,
            distinct: match (&lowered.of, measure.fold) {
                (Some(of), Fold::CountDistinct) => Some((of.shape.expr().clone(), filter)),
                (
                    _,
                    Fold::Sum
                    | Fold::Count
                    | Fold::CountDistinct
                    | Fold::Min
                    | Fold::Max
                    | Fold::Latest,
                ) => None,
            },
        };
        let mut line = Line {
            share: lowered.share.clone(),
            upline: lowered.upline,
            whole: None,
            keys: BTreeMap::new(),
            by: None,
        };
        let mut add = |by: Option<Expr>, filter: Option<Expr>| {
            let at = self.pass(key(by, filter.clone()), asked);
            let known = if stored.may_have_history() {
                &asks.known_before
            } else {
                &BTreeSet::new()
            };
            self.passes.get_mut(at).map(|pass| {
                pass.known_before = known.iter().copied().collect();
                pass.lookups.extend(lowered.lookups.clone());
                slots(
                    pass,
                    at,
                    measure.fold,
                    &lowered,
                    filter,
                    stored.may_have_strays(),
                )
            })
        };
        if asked.whole {
            line.whole = add(None, lowered.filter.clone());
        }
        let keys = if asked.keys.is_empty() && !asked.any_key {
            None
        } else {
            lowered.by.as_ref()
        };
        if let Some(by) = keys {
            match &by.shape {
                Shape::Text(text) if !asked.any_key && asked.keys.len() <= KEYS_MAX => {
                    for key in &asked.keys {
                        let is_key = binary_expr(text.clone(), Operator::Eq, lit(&**key));
                        let filter = match &lowered.filter {
                            Some(filter) => and(filter.clone(), is_key),
                            None => is_key,
                        };
                        if let Some(slots) = add(None, Some(filter)) {
                            line.keys.insert(key.clone(), slots);
                        }
                    }
                }
                Shape::Text(_) | Shape::Number(_) | Shape::Date(_) | Shape::Flag(_) => {
                    line.by = add(Some(by.shape.expr().clone()), lowered.filter.clone());
                }
            }
        }
        line
    }

    /// The pass with this key, which from now on also asks these windows.
    fn pass(&mut self, key: PassKey, asked: &Asked) -> usize {
        let at = match self.passes.iter().position(|pass| pass.key == key) {
            Some(at) => at,
            None => {
                self.passes.push(Pass::new(key));
                self.passes.len() - 1
            }
        };
        if let Some(pass) = self.passes.get_mut(at) {
            for (cohort, edges) in &asked.edges {
                pass.cohorts
                    .entry(*cohort)
                    .or_default()
                    .extend(edges.iter().copied());
            }
        }
        at
    }
}

/// What a pass adds up for a measure.
fn slots(
    pass: &mut Pass,
    at: usize,
    fold: Fold,
    lowered: &LoweredLine,
    filter: Option<Expr>,
    may_have_strays: bool,
) -> Slots {
    let is_grouped = pass.key.distinct.is_some();
    // Where different values are counted, the condition stands before the groups.
    let when = if is_grouped {
        None
    } else {
        pass.condition(filter.clone())
    };
    let rows = pass.slot(Slot::Rows { when });
    if may_have_strays {
        pass.slot(Slot::StrayWeights);
    }
    let gaps = lowered.of.as_ref().map_or(&Gaps::None, |of| &of.gaps);
    let mut slots = Slots {
        pass: at,
        rows,
        gaps: None,
        of: None,
        because: match gaps {
            Gaps::Because(why) => Some(why.clone()),
            Gaps::None | Gaps::Unclear | Gaps::Undefined => None,
        },
        has_gaps: *gaps != Gaps::None,
    };
    let Some(of) = lowered.of.as_ref().filter(|_| !is_grouped) else {
        return slots;
    };
    if slots.has_gaps && fold != Fold::Latest {
        let is_empty = Expr::IsNull(Box::new(of.shape.expr().clone()));
        let filter =
            filter.map_or_else(|| is_empty.clone(), |filter| and(filter, is_empty.clone()));
        let when = pass.condition(Some(filter));
        slots.gaps = Some(pass.slot(Slot::Rows { when }));
    }
    let number = |pass: &mut Pass, of: &Decimal| pass.number(of);
    if let Shape::Number(decimal) = &of.shape {
        let of = number(pass, decimal);
        slots.of = match fold {
            Fold::Sum => Some(pass.slot(Slot::Sum { when, of })),
            Fold::Latest => Some(pass.slot(Slot::Latest { when, of })),
            Fold::Min | Fold::Max => Some(pass.slot(Slot::Extreme {
                when,
                of,
                least: fold == Fold::Min,
            })),
            Fold::Count | Fold::CountDistinct => None,
        };
    }
    slots
}
