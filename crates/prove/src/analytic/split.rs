//! Gain from splitting one sale in two, or from putting two together: pay on rows one by one that does not add up.
//!
//! One row is drawn against two of the same customer and day that make it up: in halves, in unlike parts, and at every
//! figure at which the pay of one row turns. Where the difference is nothing for every figure, that is proved; where it
//! is the same for every figure, pay goes by number, which the plan says in so many words, and it is a note.

use std::collections::BTreeMap;

use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_engine::Number;
use trueup_engine::settle::{Earner, Entitled};
use trueup_plan::diagnostic::{Counterexample, Diagnostic, Severity};
use trueup_plan::tree::{ColumnId, ComponentId, Fold, Grant, Type, Unit};

use crate::analytic::course::highest;
use crate::analytic::curve::{Course, Curve};
use crate::analytic::draw::{paid_along, together};
use crate::analytic::evidence::{Side, counterexample, part, under};
use crate::analytic::reads::Reads;
use crate::analytic::scene::{Measured, Scene, Situation, Slots, Variable, Varied, middle};
use crate::analytic::survey::Look;
use crate::analytic::trial::{Paid, Planned};
use crate::analytic::words::{paid, shown_of};
use crate::registry::Kind;
use crate::study::Study;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "splitting and merging",
    codes: &["P9"],
    what: "a sale split in two, or two put together, pay another sum than they do as they are",
    find,
};

/// The most figures at which a row is cut in two.
const CUTS_MAX: usize = 3;

/// How a row is made of two.
#[derive(Clone, Debug)]
enum Cut {
    /// This part of it, and the rest.
    Share(Exact),
    /// So much of it, and the rest.
    At(Exact),
}

/// What was found of one component.
struct Gain {
    component: ComponentId,
    by: Exact,
    told: Diagnostic,
}

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let mut found: BTreeMap<(ComponentId, bool), Gain> = BTreeMap::new();
    for (scene, look) in study.looks() {
        for sort in 0..scene.sorts.len() {
            for (gain, is_split) in of_sort(scene, look, sort) {
                let key = (gain.component, is_split);
                let is_more = found.get(&key).is_none_or(|known| {
                    (known.told.severity, &gain.by) < (gain.told.severity, &known.by)
                        || (known.told.severity == gain.told.severity && known.by < gain.by)
                });
                if is_more {
                    found.insert(key, gain);
                }
            }
        }
    }
    found.into_values().map(|gain| gain.told).collect()
}

fn of_sort(scene: &Scene<'_>, look: &Look, at: usize) -> Vec<(Gain, bool)> {
    let amounts = amounts(scene, at);
    if !is_told_apart(scene, at) {
        return Vec::new();
    }
    let Some(main) = amounts.first().copied() else {
        return by_number(scene, look, at).into_iter().collect();
    };
    let splitting = Splitting {
        scene,
        sort: at,
        main,
        amounts,
        situation: situation(look, at),
        measured: Measured::default(),
    };
    let input = Curve::input(Course {
        lowest: Some(Exact::ZERO),
        ..Course::default()
    });
    let single = splitting.paid(&input, None);
    let total = together(scene, &single, Grant::Money);
    let mut cuts: Vec<Cut> = [Exact::ratio(1, 2), Exact::ratio(1, 10)]
        .into_iter()
        .flatten()
        .map(Cut::Share)
        .collect();
    let knots = total.pieces().map_or(&[][..], |pieces| &pieces.knots);
    let step = scene.step(splitting.variable(main));
    for knot in knots
        .iter()
        .filter(|knot| knot.is_positive())
        .take(CUTS_MAX)
    {
        cuts.extend(knot.round_to(&step, Rounding::Ceiling).map(Cut::At));
        cuts.push(Cut::At(
            &(knot.round_to(&step, Rounding::Ceiling).unwrap_or_default()) - &step,
        ));
    }
    let mut found: Vec<(Gain, bool)> = Vec::new();
    for cut in cuts {
        let from = match &cut {
            Cut::Share(_) => Exact::ZERO,
            Cut::At(figure) if figure.is_positive() => figure.clone(),
            Cut::At(_) => continue,
        };
        let split = together(scene, &splitting.paid(&input, Some(&cut)), Grant::Money);
        let by = split.minus(&total);
        for (is_split, gain) in [
            (true, by.clone()),
            (false, Curve::known(Exact::ZERO).minus(&by)),
        ] {
            let tolerance = &gain.slack + &scene.plan.money.to;
            let Some((x, height)) = highest(&gain, &from) else {
                continue;
            };
            if height <= tolerance {
                continue;
            }
            if let Some(gain) = splitting.told(&x, &cut, is_split, &tolerance) {
                found.push((gain, is_split));
            }
        }
    }
    found
}

/// A row without an amount that is paid by number: one more pays more.
fn by_number(scene: &Scene<'_>, look: &Look, at: usize) -> Option<(Gain, bool)> {
    let sort = scene.sorts.get(at).filter(|sort| !sort.is_others)?;
    let with = |copies: i64| {
        let mut situation = look.best.clone();
        situation.set_copies(at, &Exact::from_int(copies));
        // In one window, so that one is one.
        let mut planned = scene.planned(at, &situation, None);
        planned.retain(|one| one.sort != at || one.slot == scene.slots().start);
        let trial = scene.trial(at, &planned)?;
        Some(Side {
            x: Exact::from_int(copies),
            paid: trial.paid(),
            measures: Vec::new(),
            rows: trial.rows(),
            left_out: 0,
        })
    };
    let (one, two) = (with(1)?, with(2)?);
    let component = most_changed(&one.paid, &two.paid)?;
    let shape = &scene.plan[component];
    let earner = Earner::Component(component);
    let (single, double) = in_first_window(scene, earner, &one, &two)?;
    if double <= single || shape.cliff.is_some() {
        return None;
    }
    let message = format!(
        "{} is paid by number: with one {} it is {}, with two {}; one that is split in two counts as two{}",
        shape.name,
        scene.plan[sort.kind].name,
        paid(&single, shape.grants),
        paid(&double, shape.grants),
        under(scene)
    );
    let told = Diagnostic::note("P9", shape.pays.span, message)
        .help("count customers (count_distinct) where that matters")
        .shown_by(counterexample(scene, &[&one, &two]));
    let by = &double - &single;
    Some((
        Gain {
            component,
            by,
            told,
        },
        true,
    ))
}

/// The columns of which a part is a part: money and numbers of things.
fn amounts(scene: &Scene<'_>, at: usize) -> Vec<ColumnId> {
    let Some(sort) = scene.sorts.get(at).filter(|sort| !sort.is_others) else {
        return Vec::new();
    };
    let of_unit = |wanted: Unit| {
        sort.numbers().filter(move |column| {
            scene.plan[sort.kind].column(*column).of == Type::Number(wanted)
                && adds_up(scene, at, *column)
        })
    };
    of_unit(Unit::MONEY).chain(of_unit(Unit::COUNT)).collect()
}

/// Whether a column is an amount: somewhere it is added up, or paid on, and not only the last or the largest of several.
fn adds_up(scene: &Scene<'_>, at: usize, column: ColumnId) -> bool {
    let (Some(sort), Some(moves)) = (scene.sorts.get(at), scene.moves.get(at)) else {
        return false;
    };
    let name = trueup_plan::tree::Name::Column(sort.kind, column);
    let of = |id: &trueup_plan::tree::MeasureId| {
        let measure = &scene.plan[*id];
        let is_read = measure
            .of
            .as_ref()
            .is_some_and(|of| Reads::of_formula(scene.plan, of).names.contains(&name));
        (measure.fold, is_read)
    };
    let folds: Vec<Fold> = moves
        .measures
        .iter()
        .map(of)
        .filter(|(_, is_read)| *is_read)
        .map(|(fold, _)| fold)
        .collect();
    folds.is_empty() || folds.contains(&Fold::Sum)
}

/// Whether it can matter which row an amount stands in.
fn is_told_apart(scene: &Scene<'_>, at: usize) -> bool {
    let (Some(sort), Some(moves)) = (scene.sorts.get(at), scene.moves.get(at)) else {
        return false;
    };
    let reads_figure = |formula: &trueup_plan::tree::Expr| {
        let reads = Reads::of_formula(scene.plan, formula);
        sort.numbers().any(|column| {
            let name = trueup_plan::tree::Name::Column(sort.kind, column);
            reads.names.contains(&name)
        })
    };
    let by_measure = moves.measures.iter().any(|id| {
        let measure = &scene.plan[*id];
        let is_plain = measure
            .of
            .as_ref()
            .is_none_or(|of| matches!(of.form, trueup_plan::tree::Form::Name(_)));
        measure.fold != Fold::Sum || !is_plain || measure.filter.as_ref().is_some_and(reads_figure)
    });
    let by_rows = moves.components.iter().any(|id| {
        scene
            .reads
            .get(id.index())
            .is_some_and(|reads| reads.rows.contains(&sort.kind))
    });
    by_measure || by_rows
}

/// The situation that pays the most, with one row of the sort in each window.
fn situation(look: &Look, at: usize) -> Situation {
    let mut situation = look.best.clone();
    situation.set_copies(at, &Exact::ONE);
    situation
}

struct Splitting<'s> {
    scene: &'s Scene<'s>,
    sort: usize,
    /// The column that is cut where a figure is said.
    main: ColumnId,
    amounts: Vec<ColumnId>,
    situation: Situation,
    measured: Measured,
}

impl Splitting<'_> {
    fn variable(&self, column: ColumnId) -> Variable {
        Variable {
            sort: self.sort,
            what: Varied::Column(column),
        }
    }

    /// What is paid for one row, or for the two it is cut into.
    fn paid(&self, input: &Curve, cut: Option<&Cut>) -> Vec<Entitled<Curve>> {
        let (first, twin) = (
            Slots::One(self.scene.slots().start),
            Slots::One(self.scene.twin()),
        );
        let mut varied = Vec::new();
        let Some(cut) = cut else {
            varied.push((self.variable(self.main), first, input.clone()));
            return paid_along(self.scene, &self.situation, &self.measured, varied);
        };
        for column in &self.amounts {
            let whole = match *column == self.main {
                true => input.clone(),
                false => Curve::known(self.figure(*column)),
            };
            let part = match cut {
                Cut::Share(share) => whole.times(&Curve::known(share.clone())),
                Cut::At(figure) if *column == self.main => Curve::known(figure.clone()),
                // What belongs to the other amounts is shared in halves.
                Cut::At(_) => whole.over(&Curve::known(Exact::from_int(2))),
            };
            varied.push((self.variable(*column), first, part.clone()));
            varied.push((self.variable(*column), twin, whole.minus(&part)));
        }
        let there = Variable {
            sort: self.sort,
            what: Varied::Copies,
        };
        varied.push((there, twin, Curve::known(Exact::ONE)));
        paid_along(self.scene, &self.situation, &self.measured, varied)
    }

    fn figure(&self, column: ColumnId) -> Exact {
        self.situation
            .figure(self.variable(column))
            .cloned()
            .unwrap_or(Exact::ONE)
    }

    /// One row and two of a figure, put to the evaluator.
    fn told(&self, x: &Exact, cut: &Cut, is_split: bool, tolerance: &Exact) -> Option<Gain> {
        let scene = self.scene;
        let step = scene.step(self.variable(self.main));
        let down = x.round_to(&step, Rounding::Floor)?;
        let tries = [down.clone(), &down + &step, &down - &step];
        tries
            .iter()
            .filter(|x| x.is_positive())
            .find_map(|x| self.at(x, cut, is_split, tolerance))
    }

    fn at(&self, x: &Exact, cut: &Cut, is_split: bool, tolerance: &Exact) -> Option<Gain> {
        let scene = self.scene;
        let sort = scene.sorts.get(self.sort)?;
        let main = self.variable(self.main);
        let step = scene.step(main);
        let first = match cut {
            Cut::Share(share) => (x * share).round_to(&step, Rounding::Floor)?,
            Cut::At(figure) => figure.clone(),
        };
        let rest = x - &first;
        if !first.is_positive() || !rest.is_positive() {
            return None;
        }
        let slot = Slots::One(scene.slots().start);
        let mut whole = scene.planned(self.sort, &self.situation, Some((main, slot, x)));
        let place = whole
            .iter()
            .position(|one| one.sort == self.sort && one.slot == scene.slots().start)?;
        let row = whole.get_mut(place)?;
        row.unlike = Some("the-same".to_owned());
        let row = row.clone();
        let halves = self.halves(&row, cut, &first, &rest);
        // Without other rows of its kind a sentence about one row is about that row; where it takes others, it says so.
        let of_kind =
            |one: &Planned| scene.sorts.get(one.sort).map(|sort| sort.kind) == Some(sort.kind);
        let others = |is_alone: bool| {
            let others = whole.iter().enumerate();
            others
                .filter(move |(at, one)| *at != place && !(is_alone && of_kind(one)))
                .map(|(_, one)| one.clone())
                .collect::<Vec<Planned>>()
        };
        let (is_alone, one, two) = [true, false].into_iter().find_map(|is_alone| {
            let others = others(is_alone);
            let with = |rows: &[Planned]| self.side(x, &[rows, &others].concat());
            let (one, two) = (with(std::slice::from_ref(&row))?, with(&halves)?);
            let by = &two.paid.total(scene, Grant::Money) - &one.paid.total(scene, Grant::Money);
            let is_so = by.is_negative() != is_split && by.abs() > *tolerance;
            is_so.then_some((is_alone, one, two))
        })?;
        let by = &two.paid.total(scene, Grant::Money) - &one.paid.total(scene, Grant::Money);
        let component = most_changed(&one.paid, &two.paid)?;
        let shape = &scene.plan[component];
        if shape.cliff.is_some() {
            return None;
        }
        let of = scene.plan[sort.kind].column(self.main).of;
        let kind = &scene.plan[sort.kind].name;
        let earner = Earner::Component(component);
        let (single, split) = in_first_window(scene, earner, &one, &two)?;
        let parts = match first == rest {
            true => format!("two of {}", shown_of(&first, of)),
            false => format!(
                "one of {} and one of {}",
                shown_of(&first, of),
                shown_of(&rest, of)
            ),
        };
        let (single, split) = (paid(&single, shape.grants), paid(&split, shape.grants));
        let (x, name, under) = (shown_of(x, of), &shape.name, under(scene));
        let message = match (is_split, is_alone) {
            (true, true) => format!(
                "splitting pays more: one {kind} of {x} pays {single} of {name}, {parts} pay {split}{under}"
            ),
            (false, true) => format!(
                "putting together pays more: of {kind} {parts} pay {split} of {name}, one of {x} pays {single}{under}"
            ),
            (true, false) => format!(
                "splitting pays more: beside others all {name} is {single} with one {kind} of {x}, and {split} with {parts}{under}"
            ),
            (false, false) => format!(
                "putting together pays more: beside others all {name} is {split} with {kind} {parts}, and {single} with one of {x}{under}"
            ),
        };
        // What does not look at amounts goes by number, and the plan says so in so many words.
        let by_number = scene.reads.get(component.index()).is_some_and(|reads| {
            !self.amounts.iter().any(|column| {
                let name = trueup_plan::tree::Name::Column(sort.kind, *column);
                reads.names.contains(&name)
            })
        });
        let severity = match by_number {
            true => Severity::Note,
            false => Severity::Warning,
        };
        let help = match by_number {
            true => {
                "it is paid by number, whatever each is worth; count customers where that matters"
                    .to_owned()
            }
            false => format!(
                "pay on what the rows of a window add up to; where both sides mean it, state `cliff: agreed, why` on {}",
                shape.name
            ),
        };
        Some(Gain {
            component,
            by: by.abs(),
            told: Diagnostic {
                severity,
                ..Diagnostic::warning("P9", shape.pays.span, message)
            }
            .help(help)
            .shown_by(self.shown(&one, &two)),
        })
    }

    fn shown(&self, one: &Side, two: &Side) -> Counterexample {
        counterexample(self.scene, &[one, two])
    }

    fn halves(&self, row: &Planned, cut: &Cut, part: &Exact, rest: &Exact) -> [Planned; 2] {
        let with = |main: &Exact, share: &Exact| {
            let mut half = row.clone();
            for (column, figure) in &mut half.figures {
                if *column == self.main {
                    *figure = main.clone();
                } else if self.amounts.contains(column) {
                    *figure = &*figure * share;
                }
            }
            half
        };
        let half = Exact::ratio(1, 2).unwrap_or(Exact::ONE);
        let share = match cut {
            Cut::Share(share) => share.clone(),
            Cut::At(_) => half,
        };
        [with(part, &share), with(rest, &(&Exact::ONE - &share))]
    }

    fn side(&self, x: &Exact, planned: &[Planned]) -> Option<Side> {
        let trial = self.scene.trial(self.sort, planned)?;
        Some(Side {
            x: x.clone(),
            paid: trial.paid(),
            measures: Vec::new(),
            rows: trial.rows(),
            left_out: 0,
        })
    }
}

/// What an earner gets on two sides in the window in which the row lies.
fn in_first_window(
    scene: &Scene<'_>,
    earner: Earner,
    one: &Side,
    two: &Side,
) -> Option<(Exact, Exact)> {
    let on = middle(scene.horizon.slots.first()?);
    let (_, window, _) = one
        .paid
        .lines
        .iter()
        .find(|(of, window, _)| *of == earner && window.contains(on))?;
    part(one, two, earner, window)
}

/// The component whose pay differs the most.
fn most_changed(one: &Paid, two: &Paid) -> Option<ComponentId> {
    let mut found: Option<(Exact, ComponentId)> = None;
    for (earner, _, _) in &one.lines {
        let Earner::Component(id) = earner else {
            continue;
        };
        let by = (&two.of(*earner) - &one.of(*earner)).abs();
        if by.is_positive() && found.as_ref().is_none_or(|(most, _)| *most < by) {
            found = Some((by, *id));
        }
    }
    found.map(|(_, id)| id)
}
