//! Figures that hang on which of two rows of one day comes first. Between rows of one day the fact's id decides, and an
//! id is a name: nobody agreed that the invoice with the smaller number counts first.
//!
//! Two rows of a day change places, and pay is compared. It is a search, at figures between which the plan tells apart
//! anything; where nothing is found it is not proved that there is nothing, except that only sums in an order
//! (`running`), shares of rows and `latest` know an order at all.

use std::collections::BTreeMap;

use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::{ColumnId, ComponentId, Fold, KindId, MeasureId, Name, Type};

use crate::analytic::evidence::{Side, counterexample, under};
use crate::analytic::reads::Reads;
use crate::analytic::scene::{Scene, Situation, Variable, Varied};
use crate::analytic::survey::Look;
use crate::analytic::trial::Planned;
use crate::analytic::words::paid;
use crate::registry::Kind;
use crate::study::Study;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "order of one day",
    codes: &["P14"],
    what: "pay changes when two rows of one day change places",
    find,
};

/// The most figures of a column that are tried against each other.
const FIGURES_MAX: usize = 5;
/// The most pairs of rows that are tried for one component.
const PAIRS_MAX: usize = 60;

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let mut found: BTreeMap<ComponentId, Diagnostic> = BTreeMap::new();
    for (scene, look) in study.looks() {
        for (component, id) in plan.components.iter().zip((0u16..).map(ComponentId)) {
            if found.contains_key(&id) || component.grants == trueup_plan::tree::Grant::Flag {
                continue;
            }
            let Some(reads) = scene.reads.get(id.index()) else {
                continue;
            };
            let latest: Vec<MeasureId> = reads
                .measures()
                .filter(|measure| plan[*measure].fold == Fold::Latest)
                .collect();
            let mut kinds: Vec<(KindId, bool)> = latest
                .iter()
                .map(|measure| (plan[*measure].kind, false))
                .collect();
            if reads.in_order {
                let of_measures = reads.measures().map(|measure| plan[measure].kind);
                for kind in reads.rows.iter().copied().chain(of_measures) {
                    if !kinds.contains(&(kind, true)) {
                        kinds.push((kind, true));
                    }
                }
            }
            for (kind, is_running) in kinds {
                let order = match (is_running, reads.in_order_of_ids) {
                    (true, true) => Order::OfIds,
                    (true, false) => Order::By(Keys::of(scene, kind, reads)),
                    (false, _) => Order::Latest,
                };
                if let Some(told) = of_kind(scene, look, id, kind, &order) {
                    found.insert(id, told);
                    break;
                }
            }
        }
    }
    found.into_values().collect()
}

/// What decides which row comes first.
enum Order {
    /// The fact's id, in a sum in an order or among rows that share something.
    OfIds,
    /// What `in_order` says.
    By(Keys),
    /// The fact's id, where the latest of several is asked.
    Latest,
}

/// The columns with figures that `in_order` reads; days of one day are alike, and texts have no order.
struct Keys(Vec<ColumnId>);

impl Keys {
    fn of(scene: &Scene<'_>, kind: KindId, reads: &Reads) -> Self {
        let columns = reads.ordered_by.iter().filter_map(|name| match name {
            Name::Column(of, column) if *of == kind => Some(*column),
            _ => None,
        });
        let figures =
            columns.filter(|column| matches!(scene.plan[kind].column(*column).of, Type::Number(_)));
        Self(figures.collect())
    }

    /// Whether two rows are alike in what decides.
    fn are_alike(&self, (_, a): &Row, (_, b): &Row) -> bool {
        let key = |row: &[(ColumnId, Exact)]| -> Vec<Exact> {
            let those = row.iter().filter(|(column, _)| self.0.contains(column));
            those.map(|(_, figure)| figure.clone()).collect()
        };
        key(a) == key(b)
    }

    /// The same row further on in the order.
    fn later(&self, (sort, figures): &Row) -> Option<Row> {
        let mut figures = figures.clone();
        let mut those = figures.iter_mut();
        let (_, figure) = those.find(|(column, _)| self.0.contains(column))?;
        *figure = &*figure + &Exact::ONE;
        Some((*sort, figures))
    }
}

/// A row that takes part: its sort and its figures.
type Row = (usize, Vec<(ColumnId, Exact)>);

fn of_kind(
    scene: &Scene<'_>,
    look: &Look,
    id: ComponentId,
    kind: KindId,
    order: &Order,
) -> Option<Diagnostic> {
    let rows = rows(scene, look, kind);
    let mut situation = look.best.clone();
    for (sort, at) in scene.sorts.iter().zip(0usize..) {
        if sort.kind == kind && !sort.is_others {
            situation.set_copies(at, &Exact::ZERO);
        }
    }
    let pairs: Vec<(&Row, &Row)> = rows
        .iter()
        .enumerate()
        .flat_map(|(nth, a)| rows.iter().skip(nth + 1).map(move |b| (a, b)))
        .collect();
    let earner = Earner::Component(id);
    let differ = |before: i64, a: &Row, b: &Row| {
        let one = side(scene, &situation, before, (a, b))?;
        let other = side(scene, &situation, before, (b, a))?;
        let (first, second) = (one.paid.of(earner), other.paid.of(earner));
        let is_more = (&first - &second).abs() > scene.plan.money.to;
        is_more.then_some([(one, first), (other, second)])
    };
    let mut of_alike = None;
    // Where the order decides only after some rows, a few come first.
    for (before, pairs_max) in [(0, PAIRS_MAX), (1, 6), (2, 6), (4, 6), (9, 6)] {
        for (a, b) in pairs.iter().take(pairs_max) {
            let Some(sides) = differ(before, a, b) else {
                continue;
            };
            if let Order::By(keys) = order
                && keys.are_alike(a, b)
            {
                // What is said decides between all others; it is for the facts to hold no two that are alike.
                let apart = keys.later(b).and_then(|b| differ(before, a, &b));
                if let Some(sides) = apart {
                    return Some(told(scene, id, kind, order, &sides, false));
                }
                of_alike.get_or_insert(sides);
                continue;
            }
            return Some(told(scene, id, kind, order, &sides, false));
        }
    }
    let sides = of_alike?;
    Some(told(scene, id, kind, order, &sides, true))
}

/// The rows that are tried: each sort of the kind at some of its figures.
fn rows(scene: &Scene<'_>, look: &Look, kind: KindId) -> Vec<Row> {
    let mut all: Vec<Row> = Vec::new();
    for (sort, at) in scene.sorts.iter().zip(0usize..) {
        if sort.kind != kind || sort.is_others {
            continue;
        }
        let own: Vec<(ColumnId, Exact)> = look.best.figures(at).to_vec();
        if own.is_empty() {
            all.push((at, own));
            continue;
        }
        for column in sort.numbers() {
            let variable = Variable {
                sort: at,
                what: Varied::Column(column),
            };
            let levels = look.levels.get(&variable).map_or(&[][..], Vec::as_slice);
            let known = look.knots.get(&variable).map_or(&[][..], Vec::as_slice);
            let usual = scene.usual(variable);
            let usual = [usual.clone(), &usual + &usual];
            let figures = levels.iter().chain(known).chain(&usual);
            let figures = figures.filter(|figure| figure.is_positive());
            for figure in figures.take(FIGURES_MAX) {
                let mut row = own.clone();
                for (of, slot) in &mut row {
                    if *of == column {
                        *slot = figure.clone();
                    }
                }
                if !all.contains(&(at, row.clone())) {
                    all.push((at, row));
                }
            }
        }
    }
    all
}

/// Two rows of one day in an order, beside everything else.
fn side(
    scene: &Scene<'_>,
    situation: &Situation,
    before: i64,
    (first, second): (&Row, &Row),
) -> Option<Side> {
    let slot = scene.slots().start;
    let row = |(sort, figures): &Row| Planned {
        sort: *sort,
        slot,
        figures: figures.clone(),
        copies: 1,
        unlike: None,
    };
    let mut planned = Vec::new();
    if before > 0 {
        planned.push(Planned {
            copies: before,
            ..row(first.min(second))
        });
    }
    planned.extend([row(first), row(second)]);
    let about = first.0;
    planned.extend(scene.planned(about, situation, None));
    let trial = scene.trial(about, &planned)?;
    Some(Side {
        x: Exact::ONE,
        paid: trial.paid(),
        measures: Vec::new(),
        rows: trial.rows(),
        left_out: 0,
    })
}

fn told(
    scene: &Scene<'_>,
    id: ComponentId,
    kind: KindId,
    order: &Order,
    [(one, first), (other, second)]: &[(Side, Exact); 2],
    is_of_alike: bool,
) -> Diagnostic {
    let component = &scene.plan[id];
    let kind = &scene.plan[kind].name;
    let alike = match is_of_alike {
        true => " that are alike in what `in_order` says",
        false => "",
    };
    let message = format!(
        "the order of a day decides: when two {kind} rows of one day{alike} change places, {} pays {} instead of {}{}",
        component.name,
        paid(second, component.grants),
        paid(first, component.grants),
        under(scene)
    );
    let shown = counterexample(scene, &[one, other]);
    let at = component.pays.span;
    match order {
        Order::By(_) if is_of_alike => Diagnostic::note("P14", at, message)
            .help("see that no two rows are alike in it: order by a number that is given once"),
        Order::OfIds | Order::By(_) => Diagnostic::error("P14", at, message)
            .help("say in which order they count, so that no two are alike: running(x, in_order => y); or pay on what the day adds up to"),
        Order::Latest => Diagnostic::note("P14", at, message)
            .help("of two rows of one day the one with the greater id counts as the latest; where there can be two, take the largest, the least or the sum"),
    }
    .shown_by(shown)
}
