//! A scene looked at from many sides: each input in turn is left open, the others at stated figures.
//!
//! Which figures: those between which the plan tells apart anything, found by drawing. Each input is drawn with all others
//! where they pay the most, where there is little of anything, and with every other that matters at each of its own
//! figures. What is seen is kept by where in the plan it comes from, the largest first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::{Graph, Node, NodeId, Number, Truth, Value, What};
use trueup_plan::span::Span;
use trueup_plan::tree::{ComponentId, Expr, Form, Grant, MeasureId, Name, TableId};

use crate::analytic::course::{Move, Moves, along};
use crate::analytic::curve::{Course, Curve, Piece, Spot, Told, Tri};
use crate::analytic::draw::{Drawing, Drawn, grant_of};
use crate::analytic::hole::{self, Hole};
use crate::analytic::open::Answers;
use crate::analytic::origin::{self, Change, Origin};
use crate::analytic::scene::{Measured, Scene, Situation, Slots, Sort, Variable, Varied};

/// The most figures an input is held at.
const LEVELS_MAX: usize = 7;
/// The most situations an input is drawn in.
const SITUATIONS_MAX: usize = 14;
/// How often the figures that pay most are looked for again.
const PASSES: usize = 3;
/// The most drawings of one scene.
pub(crate) const DRAWINGS_MAX: usize = 900;
/// The most changes of one origin that are kept.
const KEPT_MAX: usize = 4;

/// Which way pay goes where an input goes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// Down, although elsewhere it goes up.
    Against,
    /// By a jump, the way it goes everywhere.
    Along,
}

/// A change of pay along an input.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub variable: Variable,
    pub slots: Slots,
    pub situation: Situation,
    pub grant: Grant,
    pub change: Change,
    /// By how much all pay changes, as drawn.
    pub by: Exact,
    /// The largest part of it.
    pub own: Exact,
    /// By how much the drawing may be off.
    pub slack: Exact,
    pub way: Way,
    /// The largest change the other way, for one that is against it.
    pub opposite: Option<Change>,
    /// Whose part in it is the largest, and in which window.
    pub earner: Earner,
    pub window: Window,
    pub origin: Origin,
}

/// What was seen in a scene.
#[derive(Debug)]
pub(crate) struct Look {
    pub variables: Vec<Variable>,
    /// The figures each input is held at.
    pub levels: BTreeMap<Variable, Vec<Exact>>,
    /// Where anything turns along each input, with the others where they pay the most.
    pub knots: BTreeMap<Variable, Vec<Exact>>,
    /// Where the inputs pay the most, as far as was looked.
    pub best: Situation,
    /// Changes by way and origin, the largest first.
    pub seen: BTreeMap<(Way, Span), Vec<Seen>>,
    /// Where pay has no answer although facts are there, by place in the plan.
    pub holes: BTreeMap<Span, Hole>,
    /// Components that could not be followed.
    pub unknown: BTreeSet<ComponentId>,
    /// What was met on the way.
    pub met: Met,
    /// What measures are where anything turns.
    pub thresholds: BTreeMap<MeasureId, BTreeSet<Exact>>,
    /// Inputs with which a component grows without end.
    pub grows: BTreeMap<ComponentId, (Variable, Slots, Situation)>,
    /// Which components have answers.
    pub answers: Answers,
    /// How many drawings were made.
    pub drawings: usize,
}

/// What was met on the way: it is possible, since it happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Met {
    /// Conditions that held somewhere, by their place.
    pub held: BTreeSet<Span>,
    /// Arms of a case that were taken somewhere, by the place of their test.
    pub arms: BTreeSet<Span>,
    /// Values that are conditions and held somewhere.
    pub held_names: BTreeSet<Name>,
    /// Bands that were entered, by table and position on each axis.
    pub bands: BTreeSet<(TableId, Vec<usize>)>,
    /// Components that paid something.
    pub paid: BTreeSet<ComponentId>,
}

impl Look {
    /// Whether there was more to look at than is ever looked at.
    pub(crate) fn is_cut_short(&self) -> bool {
        self.drawings >= DRAWINGS_MAX
    }

    /// The situation that pays the most, with a row for an input to stand in and a figure in the middle of those it is
    /// held at.
    pub(crate) fn situation_for(&self, variable: Variable) -> Situation {
        let levels = self.levels.get(&variable).map_or(&[][..], Vec::as_slice);
        let middle = levels.get(levels.len() / 2).cloned().unwrap_or(Exact::ONE);
        self.best.with(variable, &middle).with_a_row(variable.sort)
    }
}

/// Looks at a scene from all sides.
pub(crate) fn of(scene: &Scene<'_>) -> Look {
    Survey::new(scene).done()
}

/// Looking at a scene.
struct Survey<'s> {
    scene: &'s Scene<'s>,
    look: Look,
    measured: BTreeMap<Situation, Measured>,
}

impl<'s> Survey<'s> {
    fn new(scene: &'s Scene<'s>) -> Self {
        let variables = scene.variables();
        let few = Situation::even(scene, &Exact::ONE, &Exact::ONE);
        let look = Look {
            levels: variables
                .iter()
                .map(|variable| (*variable, Vec::new()))
                .collect(),
            variables,
            knots: BTreeMap::new(),
            best: few,
            seen: BTreeMap::new(),
            holes: BTreeMap::new(),
            unknown: BTreeSet::new(),
            met: Met::default(),
            thresholds: BTreeMap::new(),
            grows: BTreeMap::new(),
            answers: Answers::default(),
            drawings: 0,
        };
        Self {
            scene,
            look,
            measured: BTreeMap::new(),
        }
    }

    fn done(mut self) -> Look {
        let scene = self.scene;
        let few = self.look.best.clone();
        for pass in 0..PASSES {
            if !self.climb() {
                break;
            }
            if pass == 0 {
                // Growth is measured against a past that stays as it is.
                let best = &self.look.best;
                let pasts = [self.middling(), few.clone(), best.clone()];
                let mut pasts = pasts.iter().map(|past| best.with_the_past_of(past));
                if let Some(with) = pasts.find(|with| scene.allows(with)) {
                    self.look.best = with;
                }
            }
        }
        let nothing = Situation::even(scene, &Exact::ZERO, &Exact::ZERO);
        for variable in self.look.variables.clone() {
            if self.look.is_cut_short() {
                break;
            }
            for (situation, nth) in self
                .situations(variable, &few, &nothing)
                .into_iter()
                .zip(0usize..)
            {
                self.look_along(&situation, variable, Slots::All);
                let slots = scene.slots();
                if nth < 3 && slots.len() > 1 {
                    self.look_along(&situation, variable, Slots::One(slots.start));
                }
                if nth == 0 && slots.len() > 1 {
                    self.look_along(&situation, variable, Slots::One(slots.end - 1));
                }
            }
        }
        let best = self.look.best.clone();
        let as_they_are = [&best, &few, &nothing];
        self.look.answers.take_situations(scene, &as_they_are);
        self.look
    }

    fn drawing<R>(
        &mut self,
        situation: &Situation,
        variable: Variable,
        slots: Slots,
        with_rows: bool,
        look: impl FnOnce(&Drawing<'_>, &mut Drawn<'_>) -> R,
    ) -> Option<R> {
        if self.look.is_cut_short() {
            return None;
        }
        self.look.drawings += 1;
        let measured = self.measured.entry(situation.clone()).or_default();
        let drawing = Drawing {
            scene: self.scene,
            situation,
            measured,
            variable,
            slots,
            held_at: None,
            with_rows,
        };
        let answers = &mut self.look.answers;
        drawing.draw(
            |id| drawing.moves(id),
            |drawn| {
                answers.take(&drawing, drawn);
                look(&drawing, drawn)
            },
        )
    }

    /// Moves each input to where it pays the most while the others stay; whether any moved.
    fn climb(&mut self) -> bool {
        let mut moved = false;
        for variable in self.look.variables.clone() {
            let best = self.look.best.clone();
            // Where figures decide which rows count, what they are compared with stands on the rows.
            let with_rows = self.scene.counts_by_figures(variable.sort);
            let drawn = self.drawing(&best, variable, Slots::All, with_rows, |drawing, drawn| {
                let levels = levels(drawing.scene, variable, &knots(drawn), &drawn.course);
                let scored = score(drawing.scene, drawn, &levels);
                (levels, scored, thresholds(drawn), knots(drawn))
            });
            let Some((mut all, scored, thresholds, knots)) = drawn else {
                continue;
            };
            self.look.knots.insert(variable, knots);
            for (measure, figures) in thresholds {
                let known = self.look.thresholds.entry(measure).or_default();
                known.extend(figures);
            }
            let now = best.figure(variable).cloned().unwrap_or(Exact::ONE);
            let known = self.look.levels.entry(variable).or_default();
            // Figures that hang on one another must not drive each other up without end.
            let reach = known.last().map(|last| last * &Exact::from_int(1_000));
            if let Some(reach) = reach {
                all.retain(|figure| *figure <= reach);
            }
            all.append(known);
            all.sort();
            all.dedup();
            *known = thinned(all);
            let best_now = scored
                .iter()
                .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)));
            if let Some((figure, _)) = best_now
                && known.last().is_none_or(|last| figure <= last)
                && *figure != now
            {
                self.look.best = best.with(variable, figure);
                moved = true;
            }
        }
        moved
    }

    /// The situations an input is drawn in.
    fn situations(
        &self,
        variable: Variable,
        few: &Situation,
        nothing: &Situation,
    ) -> Vec<Situation> {
        let mut all = vec![self.for_input(self.look.best.clone(), variable)];
        let add = |all: &mut Vec<Situation>, situation: Situation| {
            let situation = self.for_input(situation, variable);
            if all.len() < SITUATIONS_MAX && !all.contains(&situation) {
                all.push(situation);
            }
        };
        add(&mut all, few.clone());
        add(&mut all, nothing.clone());
        let others: Vec<Variable> = self
            .look
            .variables
            .iter()
            .copied()
            .filter(|other| *other != variable && self.share_a_component(*other, variable))
            .collect();
        let middle = others
            .iter()
            .fold(self.look.best.clone(), |situation, other| {
                let levels = self.look.levels.get(other).map_or(&[][..], Vec::as_slice);
                match levels.get(levels.len() / 2) {
                    Some(figure) => situation.with(*other, figure),
                    None => situation,
                }
            });
        add(&mut all, middle);
        for nth in 0..LEVELS_MAX {
            for other in &others {
                if all.len() >= SITUATIONS_MAX {
                    return all;
                }
                if let Some(figure) = self
                    .look
                    .levels
                    .get(other)
                    .and_then(|levels| levels.get(nth))
                {
                    add(&mut all, self.look.best.with(*other, figure));
                }
            }
        }
        all
    }

    /// A situation in which an input can be varied: a figure needs a row to stand in, and where rows are counted what
    /// they add up to is looked at apart.
    fn for_input(&self, mut situation: Situation, variable: Variable) -> Situation {
        let sort = variable.sort;
        if let Varied::Column(_) = variable.what {
            situation = situation.with(variable, &Exact::ONE).with_a_row(sort);
        } else if !self.scene.counts_by_figures(sort) {
            for column in self
                .scene
                .sorts
                .get(sort)
                .into_iter()
                .flat_map(Sort::numbers)
            {
                let input = Variable {
                    sort,
                    what: Varied::Column(column),
                };
                situation = situation.with(input, &Exact::ZERO);
            }
        }
        situation
    }

    /// Every input in the middle of the figures it is held at.
    fn middling(&self) -> Situation {
        let mut situation = self.look.best.clone();
        for (variable, levels) in &self.look.levels {
            if let Some(figure) = levels.get(levels.len() / 2) {
                situation = situation.with(*variable, figure);
            }
        }
        situation
    }

    fn share_a_component(&self, a: Variable, b: Variable) -> bool {
        let moved = |variable: Variable| self.scene.moves.get(variable.sort);
        match (moved(a), moved(b)) {
            (Some(a), Some(b)) => !a.components.is_disjoint(&b.components),
            (_, _) => false,
        }
    }

    fn look_along(&mut self, situation: &Situation, variable: Variable, slots: Slots) {
        let found = self.drawing(situation, variable, slots, false, |drawing, drawn| {
            let mut seen = Vec::new();
            for grant in [Grant::Money, Grant::Fund, Grant::Count] {
                let total = drawn.total(drawing.scene, grant);
                if total.moves() {
                    changes(drawing, drawn, grant, &total, &mut seen);
                }
            }
            let unknown: Vec<ComponentId> = drawn
                .entitled
                .iter()
                .filter(|one| is_unknown(&one.amount))
                .filter_map(|one| match one.earner {
                    Earner::Component(id) => Some(id),
                    Earner::TopUp(_) => None,
                })
                .collect();
            let grows: Vec<ComponentId> = drawn
                .entitled
                .iter()
                .filter(|one| one.amount.grows())
                .filter_map(|one| match one.earner {
                    Earner::Component(id) => Some(id),
                    Earner::TopUp(_) => None,
                })
                .collect();
            let met = met(drawn);
            (seen, unknown, hole::all(drawing, drawn), grows, met)
        });
        let Some((seen, unknown, holes, grows, met)) = found else {
            return;
        };
        for component in grows {
            let with = || (variable, slots, situation.clone());
            self.look.grows.entry(component).or_insert_with(with);
        }
        self.look.met.add(met);
        self.look.unknown.extend(unknown);
        for hole in holes {
            self.look.holes.entry(hole.span).or_insert(hole);
        }
        for one in seen {
            let kept = self
                .look
                .seen
                .entry((one.way, one.origin.key(self.scene.plan)))
                .or_default();
            kept.push(one);
            // What a figure does is easier to follow than what many rows do, and one window easier than all.
            kept.sort_by(|a, b| {
                let order = |one: &Seen| {
                    let is_of_many = one.variable.what == Varied::Copies;
                    let copies = one.situation.copies(one.variable.sort);
                    let has_many = copies.is_some_and(|copies| *copies > Exact::ONE);
                    let own = Reverse(one.own.abs());
                    (is_of_many, has_many, own, one.slots == Slots::All)
                };
                order(a).cmp(&order(b))
            });
            kept.truncate(KEPT_MAX);
        }
    }
}

/// The places at which anything asked on the way turns or breaks, rising, none below nothing.
fn knots(drawn: &Drawn<'_>) -> Vec<Exact> {
    let mut all = BTreeSet::new();
    let graph = drawn.evaluator.graph();
    for node in nodes(graph) {
        let knots = match &node.value {
            Value::Number(curve) => curve.pieces().map(|pieces| &pieces.knots),
            Value::Flag(told) => told.pieces().map(|pieces| &pieces.knots),
            _ => None,
        };
        let knots = knots.into_iter().flatten();
        all.extend(knots.filter(|knot| !knot.is_negative()).cloned());
    }
    all.into_iter().collect()
}

/// What each measure is where anything asked on the way turns or breaks.
fn thresholds(drawn: &Drawn<'_>) -> BTreeMap<MeasureId, BTreeSet<Exact>> {
    let mut found: BTreeMap<MeasureId, BTreeSet<Exact>> = BTreeMap::new();
    let knots = knots(drawn);
    let graph = drawn.evaluator.graph();
    for node in nodes(graph) {
        if let (What::Name(Name::Measure(id)), Value::Number(curve)) = (node.what, &node.value)
            && curve.moves()
        {
            let figures = knots
                .iter()
                .filter_map(|knot| curve.at(knot).figure().cloned());
            found.entry(id).or_default().extend(figures);
        }
    }
    found
}

/// What happens somewhere along an input.
fn met(drawn: &Drawn<'_>) -> Met {
    let mut met = Met::default();
    let graph = drawn.evaluator.graph();
    for (node, at) in nodes(graph).zip(0u32..) {
        match (node.what, &node.value) {
            (What::Band(table, at), _) => {
                if let Some(names) = graph.band(at) {
                    met.bands.insert((table, names.bands.clone()));
                }
            }
            (What::Formula(formula), Value::Flag(told)) if told.may_hold() => {
                met.held.insert(formula.span);
            }
            (What::Formula(formula), _) => {
                if let Form::Case(arms, _) = &formula.form {
                    taken(graph, at, arms, &mut met.arms);
                }
            }
            (What::Name(name), Value::Flag(told)) if told.may_hold() => {
                met.held_names.insert(name);
            }
            (_, _) => {}
        }
    }
    for one in &drawn.entitled {
        if let Earner::Component(id) = one.earner
            && one.amount.figure() != Some(&Exact::ZERO)
        {
            met.paid.insert(id);
        }
    }
    met
}

/// The arms of a case that are taken somewhere: where their test holds and none before it does.
fn taken(graph: &Graph<'_, Curve>, at: u32, arms: &[(Expr, Expr)], found: &mut BTreeSet<Span>) {
    let mut so_far = Told::known(true);
    for (test, _) in arms {
        let told = graph.inputs(NodeId(at)).iter().find_map(|id| {
            let node = graph.node(*id)?;
            let is_it = match node.what {
                What::Formula(formula) => formula.span == test.span,
                What::Name(name) => matches!(&test.form, Form::Name(it) if *it == name),
                _ => false,
            };
            match &node.value {
                Value::Flag(told) if is_it => Some(told.clone()),
                _ => None,
            }
        });
        let Some(told) = told else { return };
        if so_far.and(&told).may_hold() {
            found.insert(test.span);
        }
        so_far = so_far.and(&told.not());
    }
}

impl Met {
    pub(crate) fn add(&mut self, more: Self) {
        self.held.extend(more.held);
        self.arms.extend(more.arms);
        self.held_names.extend(more.held_names);
        self.bands.extend(more.bands);
        self.paid.extend(more.paid);
    }
}

/// All nodes of a graph.
pub(crate) fn nodes<'g, 'p, N: Number>(
    graph: &'g Graph<'p, N>,
) -> impl Iterator<Item = &'g Node<'p, N>> {
    (0..u32::try_from(graph.len()).unwrap_or(u32::MAX)).filter_map(|at| graph.node(NodeId(at)))
}

/// Figures to hold an input at: nothing, one between each two knots, and one well beyond the last.
fn levels(scene: &Scene<'_>, variable: Variable, knots: &[Exact], course: &Course) -> Vec<Exact> {
    let step = scene.step(variable);
    let two = Exact::from_int(2);
    let snapped = |figure: &Exact| {
        let coarse = coarse(figure, &step);
        match coarse.is_positive() {
            true => coarse,
            false => step.clone(),
        }
    };
    let mut all = vec![Exact::ZERO];
    let first = knots.first().filter(|knot| knot.is_positive());
    let between: Vec<Exact> = first
        .map(|_| Exact::ZERO)
        .into_iter()
        .chain(knots.iter().cloned())
        .collect();
    for pair in between.windows(2) {
        if let [low, high] = pair
            && let Some(middle) = (low + high).checked_div(&two)
        {
            let rough = snapped(&middle);
            all.push(match low < &rough && &rough < high {
                true => rough,
                false => middle,
            });
        }
    }
    match knots.last() {
        Some(last) if last.is_positive() => {
            let beyond = &(last * &two) + &step;
            all.push(match snapped(&beyond) {
                rough if rough > *last => rough,
                _ => beyond,
            });
        }
        Some(_) | None => all.push(scene.usual(variable)),
    }
    all.extend(course.highest.clone());
    all.extend(course.lowest.clone().filter(|low| !low.is_negative()));
    all.retain(|figure| {
        course.lowest.as_ref().is_none_or(|low| low <= figure)
            && course.highest.as_ref().is_none_or(|high| figure <= high)
    });
    all.sort();
    all.dedup();
    thinned(all)
}

/// A figure with two digits that count, a multiple of the step.
fn coarse(figure: &Exact, step: &Exact) -> Exact {
    let ten = Exact::from_int(10);
    let mut unit = step.clone();
    let hundred = Exact::from_int(100);
    while figure
        .checked_div(&unit)
        .is_some_and(|times| times >= hundred)
    {
        unit = &unit * &ten;
    }
    figure
        .round_to(&unit, trueup_base::rounding::Rounding::HalfAway)
        .unwrap_or_else(|| figure.clone())
}

/// At most so many, the first, the last and some between.
fn thinned(all: Vec<Exact>) -> Vec<Exact> {
    if all.len() <= LEVELS_MAX {
        return all;
    }
    let last = all.len() - 1;
    let mut kept: Vec<Exact> = (0..LEVELS_MAX)
        .filter_map(|nth| all.get(nth * last / (LEVELS_MAX - 1)).cloned())
        .collect();
    kept.dedup();
    kept
}

/// How good each figure is: what it pays, and how many tests hold on the way.
fn score(scene: &Scene<'_>, drawn: &Drawn<'_>, levels: &[Exact]) -> Vec<(Exact, (Exact, usize))> {
    let totals: Vec<Curve> = [Grant::Money, Grant::Fund, Grant::Count]
        .iter()
        .map(|grant| drawn.total(scene, *grant))
        .collect();
    let graph = drawn.evaluator.graph();
    levels
        .iter()
        .map(|figure| {
            let pays = totals
                .iter()
                .fold(Exact::ZERO, |sum, total| match total.at(figure) {
                    Spot::Known(pays) => &sum + &pays,
                    Spot::None(_) | Spot::Unknown => sum,
                });
            let holding = nodes(graph)
                .filter(|node| match &node.value {
                    Value::Flag(told) => told.at(figure) == Tri::Known(true),
                    _ => false,
                })
                .count();
            (figure.clone(), (pays, holding))
        })
        .collect()
}

fn is_unknown(curve: &Curve) -> bool {
    match curve.pieces() {
        None => curve.at(&Exact::ZERO) == Spot::Unknown,
        Some(pieces) => pieces.runs.contains(&Piece::Unknown),
    }
}

/// Every change of a total that is against the way it goes, and every jump.
fn changes(
    drawing: &Drawing<'_>,
    drawn: &mut Drawn<'_>,
    grant: Grant,
    total: &Curve,
    seen: &mut Vec<Seen>,
) {
    let scene = drawing.scene;
    let tolerance = &total.slack + &scene.plan.money.to;
    let Moves {
        moves,
        rises,
        falls,
    } = along(total, &tolerance);
    // What mostly lowers pay is better the lower it is; but more money turned over is never worse.
    let is_turnover = || scene.brings_money(drawing.variable) && raises_measures(drawn);
    let lower_is_better = falls > rises && !is_turnover();
    let largest_of = |is_down: bool| {
        let those = moves.iter().filter(|one| one.by.is_negative() == is_down);
        let largest = those.max_by(|a, b| a.by.abs().cmp(&b.by.abs()));
        largest.map(|one| one.change.clone())
    };
    let (largest_rise, largest_fall) = (largest_of(false), largest_of(true));
    for Move { change, by } in moves {
        let against = match lower_is_better {
            true => by.is_positive() && falls.is_positive(),
            false => by.is_negative() && rises.is_positive(),
        };
        let way = match (&change, against) {
            (_, true) => Way::Against,
            (Change::Jump(_), false) => Way::Along,
            (Change::Stretch(..), false) => continue,
        };
        if by.abs() <= tolerance {
            continue;
        }
        let Some((own, earner, window)) = largest(scene, drawn, grant, &change, by.is_negative())
        else {
            continue;
        };
        let origin = origin_of(drawing, drawn, earner, &window, &change);
        let opposite = match (way, by.is_negative()) {
            (Way::Along, _) => None,
            (Way::Against, true) => largest_rise.clone(),
            (Way::Against, false) => largest_fall.clone(),
        };
        seen.push(Seen {
            variable: drawing.variable,
            slots: drawing.slots,
            situation: drawing.situation.clone(),
            grant,
            change,
            by,
            own,
            slack: tolerance.clone(),
            way,
            opposite,
            earner,
            window,
            origin,
        });
    }
}

/// Whether no measure falls where the input rises: what is credited back is turned over in vain.
fn raises_measures(drawn: &Drawn<'_>) -> bool {
    let (low, high) = (Exact::ZERO, Exact::from_int(1_000_000));
    nodes(drawn.evaluator.graph()).all(|node| match (node.what, &node.value) {
        (What::Name(Name::Measure(_)), Value::Number(curve)) => {
            match (curve.at(&low).figure(), curve.at(&high).figure()) {
                (Some(before), Some(after)) => before <= after,
                (_, _) => true,
            }
        }
        (_, _) => true,
    })
}

/// Where a change comes from; on rows one by one only where it must be looked for there.
fn origin_of(
    drawing: &Drawing<'_>,
    drawn: &mut Drawn<'_>,
    earner: Earner,
    window: &Window,
    change: &Change,
) -> Origin {
    let first = origin::find(drawing.scene, drawn, earner, window, change);
    let is_on_rows = match &first {
        Origin::Component(_) | Origin::Where(_) => true,
        Origin::Table { .. }
        | Origin::Case(_)
        | Origin::Gate(_)
        | Origin::For(_)
        | Origin::Change(_)
        | Origin::Rank(_)
        | Origin::Formula(_)
        | Origin::Limit(_) => false,
    };
    if !is_on_rows {
        return first;
    }
    let with_rows = Drawing {
        with_rows: true,
        ..*drawing
    };
    with_rows
        .draw(
            |id| drawing.moves(id),
            |drawn| origin::find(drawing.scene, drawn, earner, window, change),
        )
        .unwrap_or(first)
}

/// The largest part in a change, and whose and when it is.
fn largest(
    scene: &Scene<'_>,
    drawn: &Drawn<'_>,
    grant: Grant,
    change: &Change,
    is_down: bool,
) -> Option<(Exact, Earner, Window)> {
    let mut found: Option<(Exact, Earner, Window)> = None;
    for one in &drawn.entitled {
        if grant_of(scene, one.earner) != grant {
            continue;
        }
        let by = match change {
            Change::Jump(at) => one.amount.jump(at),
            Change::Stretch(from, to) => match (one.amount.at(from), one.amount.at(to)) {
                (Spot::Known(before), Spot::Known(after)) => Some(&after - &before),
                (_, _) => None,
            },
        };
        let Some(by) = by.filter(|by| !by.is_zero() && by.is_negative() == is_down) else {
            continue;
        };
        if found
            .as_ref()
            .is_none_or(|(largest, _, _)| largest.abs() < by.abs())
        {
            found = Some((by, one.earner, one.window));
        }
    }
    found
}

/// The same curve with quotients of which both parts move held at one end: whether the change is still there.
pub(crate) fn is_by_mixture(scene: &Scene<'_>, seen: &Seen) -> bool {
    let (Change::Jump(at) | Change::Stretch(at, _)) = &seen.change;
    let until = match &seen.change {
        Change::Jump(at) => at + &scene.step(seen.variable),
        Change::Stretch(_, until) => until.clone(),
    };
    let from = match &seen.change {
        Change::Jump(at) => at - &scene.step(seen.variable),
        Change::Stretch(from, _) => from.clone(),
    };
    let measured = Measured::default();
    let drawing = Drawing {
        scene,
        situation: &seen.situation,
        measured: &measured,
        variable: seen.variable,
        slots: seen.slots,
        held_at: Some(at),
        with_rows: false,
    };
    let is_gone = drawing.draw(
        |id| drawing.moves(id),
        |drawn| {
            let total = drawn.total(scene, seen.grant);
            match (total.at(&from), total.at(&until)) {
                (Spot::Known(before), Spot::Known(after)) => {
                    let by = &after - &before;
                    // Along a stretch what is left of it must be more than the drawing may be off.
                    by.is_negative() != seen.by.is_negative()
                        || by.abs() <= &total.slack + &scene.plan.money.to
                }
                (_, _) => false,
            }
        },
    );
    is_gone.unwrap_or(false)
}
