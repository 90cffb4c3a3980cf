//! A made-up world in which a plan is tried: one partner under one agreement, with one row of each sort in each window.
//!
//! Which amounts stand in the rows, and how many rows one stands for, is left open: a [`Situation`] says it, and the
//! world need not be built again for each. Where a plan asks other partners, there is one beside the partner looked at and
//! one below.

mod fingerprint;
pub(crate) mod horizon;
mod lack;
mod played;
mod situation;
mod sorts;
mod terms;

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::Window;
use trueup_base::date::{Date, add_days};
use trueup_base::exact::Exact;
use trueup_base::id::{FactId, PartnerId};
use trueup_base::money::Currency;
use trueup_engine::world::{Agreement, Cell, Partner, PartnerIx, Rate, Row, RowIx, World};
use trueup_plan::tree::walk::{formulas, parts};
use trueup_plan::tree::{
    Call, ColumnId, ComponentId, CreditTo, Expr, Form, KindId, LimitId, MeasureId, Name, Plan,
};

use fingerprint::{Fingerprint, Tries};
use horizon::Horizon;
pub(crate) use lack::Lack;
pub(crate) use played::{Measured, Played};
pub(crate) use situation::{Situation, Slots, Variable, Varied};
pub(crate) use sorts::{Filled, Sort, Who};
pub(crate) use terms::texts_of;

use crate::analytic::reads::Reads;
use crate::subject::Sample;

/// A made-up world.
#[derive(Clone, Debug)]
pub(crate) struct Scene<'a> {
    pub plan: &'a Plan,
    /// Where the agreement comes from.
    pub from: String,
    /// The terms and directory columns that were assumed.
    pub assumed: Vec<String>,
    pub horizon: Horizon,
    pub world: World,
    /// Whom it is about.
    pub partner: PartnerIx,
    pub sorts: Vec<Sort>,
    /// What each sort moves.
    pub moves: Vec<Moves>,
    /// What hangs together with each sort.
    pub parts: Vec<Part>,
    /// The sort and the window of each row; windows before the horizon come first.
    pub rows: BTreeMap<(KindId, RowIx), (usize, usize)>,
    /// The row of a sort in a window.
    pub places: BTreeMap<(usize, usize), RowIx>,
    /// What each component reads.
    pub reads: Vec<Reads>,
    /// Texts for which a table has no band.
    pub lacks: Vec<Lack>,
}

/// What hangs together: where a row of one sort is looked at, nothing else of the plan can pay another sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// The components that the sort moves, and those that share a limit with them.
    pub components: BTreeSet<ComponentId>,
    /// The sorts that move any of these.
    pub sorts: BTreeSet<usize>,
}

/// What a sort of row moves at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moves {
    /// Measures in which it counts.
    pub measures: BTreeSet<MeasureId>,
    /// Components that pay on it, or read a measure it counts in.
    pub components: BTreeSet<ComponentId>,
}

impl<'a> Scene<'a> {
    /// The scene of an agreement; none where no window of the plan lies in it.
    pub(crate) fn new(plan: &'a Plan, sample: &Sample) -> Option<Self> {
        let mut own = sample.partner.clone();
        let horizon = horizon::of(plan, &own.agreement)?;
        own.agreement.starts = horizon.starts;
        let assumed = terms::assume(plan, &mut own);
        let reads: Vec<Reads> = plan
            .components
            .iter()
            .zip(0u16..)
            .map(|(_, at)| Reads::of_component(plan, ComponentId(at)))
            .collect();
        let all = Reads::of_all(plan);
        let mut sorts = Vec::new();
        for (_, at) in plan.kinds.iter().zip(0u16..) {
            sorts.extend(sorts::of(plan, KindId(at), &all));
        }
        let mut scene = Self {
            plan,
            from: sample.from.clone(),
            assumed,
            horizon,
            world: World::new(plan, Vec::new()),
            partner: PartnerIx(0),
            sorts,
            moves: Vec::new(),
            parts: Vec::new(),
            rows: BTreeMap::new(),
            places: BTreeMap::new(),
            reads,
            lacks: Vec::new(),
        };
        scene.settle_in(own, all.others);
        scene.keep_those_that_differ();
        scene.parts = scene
            .moves
            .iter()
            .map(|moves| scene.part_of(moves))
            .collect();
        if let Some(even) = Tries::of(&scene).usual() {
            let of_partner = scene.lacks_of_partner(even);
            scene.lacks.extend(of_partner);
        }
        Some(scene)
    }

    /// Rows lie in these windows, those before the horizon first.
    pub(crate) fn windows(&self) -> impl Iterator<Item = &Window> {
        self.horizon.before.iter().chain(&self.horizon.slots)
    }

    /// The positions of the windows inside the horizon.
    pub(crate) fn slots(&self) -> std::ops::Range<usize> {
        let before = self.horizon.before.len();
        before..before + self.horizon.slots.len()
    }

    /// The place of a second row beside the first of the horizon, of the same sort and day.
    pub(crate) fn twin(&self) -> usize {
        self.horizon.before.len() + self.horizon.slots.len()
    }

    /// Whom the plan's agreement is with, as a figure may be asked of it.
    pub(crate) fn own(&self) -> Option<&Partner> {
        self.world.partner(self.partner)
    }

    /// Builds partners and rows.
    fn settle_in(&mut self, own: Partner, asks_others: bool) {
        let id = own.id.clone();
        let named = |name: &str| PartnerId::new(format!("{name}-{}", id.as_str())).ok();
        let has_upline = self.plan.kinds.iter().any(|kind| {
            kind.credited
                .iter()
                .any(|line| matches!(line.to, CreditTo::Upline(_)))
        });
        let like = |id: PartnerId, parent: Option<PartnerId>| Partner {
            id,
            parent,
            attributes: own.attributes.clone(),
            agreement: Agreement {
                starts: self.horizon.starts,
                ..own.agreement.clone()
            },
        };
        let mut partners = vec![Partner {
            parent: None,
            ..own.clone()
        }];
        let others = asks_others || has_upline || self.needs_another();
        if others {
            partners.extend(named("another-than").map(|id| like(id, None)));
            partners.extend(named("below").map(|below| like(below, Some(id.clone()))));
        }
        self.world = World::new(self.plan, partners);
        self.place_rows();
        self.world.rates = rates(self.plan, self.windows().map(middle));
    }

    /// Whether a row names somebody else.
    fn needs_another(&self) -> bool {
        self.sorts.iter().any(|sort| {
            sort.cells
                .iter()
                .any(|filled| matches!(filled, Filled::Whose(Who::Below | Who::Other)))
        })
    }

    /// Puts one row of each sort into each window.
    fn place_rows(&mut self) {
        self.rows.clear();
        self.places.clear();
        let windows: Vec<Window> = self.windows().copied().collect();
        for (_, at) in self.plan.kinds.iter().zip(0u16..) {
            let kind = KindId(at);
            let mut rows = Vec::new();
            let mut of_id = BTreeMap::new();
            for (sort, sort_at) in self.sorts.iter().zip(0usize..) {
                if sort.kind != kind {
                    continue;
                }
                for (slot, window) in windows.iter().enumerate() {
                    let id = format!("row-{slot:02}-{sort_at:03}");
                    if let Some(row) = self.row(sort, &id, &id, middle(window), &[]) {
                        of_id.insert(row.id.clone(), (sort_at, slot));
                        rows.push(row);
                    }
                }
                // A second row on the day of the first, of the same customer; it is not there unless it is asked for.
                let first = self.slots().start;
                if let Some(window) = windows.get(first) {
                    let like = format!("row-{first:02}-{sort_at:03}");
                    let id = format!("row-{first:02}-{sort_at:03}-twin");
                    if let Some(row) = self.row(sort, &id, &like, middle(window), &[]) {
                        of_id.insert(row.id.clone(), (sort_at, self.twin()));
                        rows.push(row);
                    }
                }
            }
            self.world.give(self.plan, kind, rows, None);
            if let Some(facts) = self.world.kind(kind) {
                for (row, at) in facts.rows.iter().zip(0u32..) {
                    if let Some(place) = of_id.get(&row.id) {
                        self.rows.insert((kind, RowIx(at)), *place);
                        self.places.insert(*place, RowIx(at));
                    }
                }
            }
        }
    }

    /// A row of a sort on a day, with figures for its open columns; without a figure it says one. What is different in
    /// each row is called as `unlike`, except for its id.
    pub(crate) fn row(
        &self,
        sort: &Sort,
        id: &str,
        unlike: &str,
        on: Date,
        figures: &[(ColumnId, Exact)],
    ) -> Option<Row> {
        let shape = &self.plan[sort.kind];
        let who = |who: Who| {
            let at = match who {
                Who::Own => 0usize,
                Who::Other => 1,
                Who::Below => 2,
            };
            match self.world.partners.get(at) {
                Some(partner) => Cell::Partner(partner.id.clone()),
                None => Cell::Empty,
            }
        };
        let cells = sort
            .cells
            .iter()
            .zip((0u16..).map(ColumnId))
            .map(|(filled, column)| match filled {
                Filled::Cell(cell) => cell.clone(),
                Filled::Different if &*shape.column(column).name == "id" => Cell::Text(id.into()),
                Filled::Different => Cell::Text(unlike.into()),
                Filled::DaysAfter(days) if column != shape.dated => {
                    add_days(on, *days).map_or(Cell::Empty, Cell::Date)
                }
                Filled::DaysAfter(_) => Cell::Date(on),
                Filled::Whose(whose) => who(*whose),
                Filled::Open => {
                    let figure = figures.iter().find(|(of, _)| *of == column);
                    Cell::Number(figure.map_or(Exact::ONE, |(_, figure)| figure.clone()))
                }
            })
            .collect();
        Some(Row {
            id: FactId::new(id).ok()?,
            cells,
            recorded_on: None,
        })
    }

    /// Takes out sorts that make no difference, and of those that make the same one all but the first.
    fn keep_those_that_differ(&mut self) {
        let mut seen = BTreeSet::new();
        let mut kept = Vec::new();
        let mut moves = Vec::new();
        let mut lacks = Vec::new();
        let tries = Tries::of(self);
        for at in 0..self.sorts.len() {
            let Some(sort) = self.sorts.get(at) else {
                break;
            };
            let print = self.fingerprint(at, sort, &tries);
            if let Some(lack) = self.lack_of(at, sort, &tries) {
                // A row that nothing can be paid on would leave everything without an answer.
                lacks.push(lack);
                continue;
            }
            if sort.is_others {
                kept.push(sort.clone());
                moves.push(Moves::default());
                continue;
            }
            if !print.moves_any() || !seen.insert((sort.kind, print.clone())) {
                continue;
            }
            kept.push(sort.clone());
            moves.push(self.moved_by(&print));
        }
        self.sorts = kept;
        self.moves = moves;
        self.lacks = lacks;
        self.place_rows();
    }

    fn part_of(&self, moves: &Moves) -> Part {
        let mut components = moves.components.clone();
        let held: Vec<BTreeSet<ComponentId>> = (0u16..)
            .map(LimitId)
            .take(self.plan.limits.len())
            .map(|limit| Reads::held_by(self.plan, limit))
            .collect();
        let mut before = 0;
        while before < components.len() {
            before = components.len();
            for held in held
                .iter()
                .filter(|held| !held.is_disjoint(&components))
                .cloned()
                .collect::<Vec<_>>()
            {
                components.extend(held);
            }
        }
        let sorts = (0..self.sorts.len()).filter(|at| {
            let is_others = self.sorts.get(*at).is_some_and(|sort| sort.is_others);
            let moves = self.moves.get(*at);
            is_others || moves.is_some_and(|moves| !moves.components.is_disjoint(&components))
        });
        Part {
            sorts: sorts.collect(),
            components,
        }
    }

    fn moved_by(&self, print: &Fingerprint) -> Moves {
        let measures = print.measures();
        let components = self
            .reads
            .iter()
            .zip((0u16..).map(ComponentId))
            .filter(|(reads, _)| {
                reads.measures().any(|measure| measures.contains(&measure))
                    || print
                        .components()
                        .any(|row| reads.names.contains(&Name::Component(row)))
            })
            .map(|(_, id)| id)
            .collect();
        Moves {
            measures,
            components,
        }
    }
}

/// The day in the middle of a window.
pub(crate) fn middle(window: &Window) -> Date {
    add_days(window.starts, window.days() / 2).unwrap_or(window.starts)
}

/// Rates of one for every conversion of a plan, on every day on which rows lie.
fn rates(
    plan: &Plan,
    days: impl Iterator<Item = Date>,
) -> BTreeMap<(Currency, Currency), Vec<Rate>> {
    let mut pairs = BTreeSet::new();
    for formula in formulas(plan) {
        conversions(formula, &mut pairs);
    }
    if pairs.is_empty() {
        return BTreeMap::new();
    }
    let mut of_days: Vec<Rate> = days
        .map(|day| Rate {
            rate: Exact::ONE,
            on: Some(day),
        })
        .collect();
    of_days.push(Rate {
        rate: Exact::ONE,
        on: None,
    });
    pairs
        .into_iter()
        .map(|pair| (pair, of_days.clone()))
        .collect()
}

fn conversions(formula: &Expr, pairs: &mut BTreeSet<(Currency, Currency)>) {
    if let Form::Call(Call::Convert(conversion)) = &formula.form {
        pairs.insert((conversion.from, conversion.into));
    }
    for part in parts(formula) {
        conversions(part, pairs);
    }
}
