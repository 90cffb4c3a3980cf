//! Pay as a curve: a situation in which one input is left open, put to the evaluator.

use std::collections::BTreeSet;

use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_engine::settle::{Earner, Entitled};
use trueup_engine::{Evaluator, Number, Truth};
use trueup_plan::tree::{Comparison, ComponentId, Grant};

use crate::analytic::curve::{Course, Curve, Told};
use crate::analytic::poly::End;
use crate::analytic::scene::{Measured, Played, Scene, Situation, Slots, Variable};

/// What is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Drawing<'s> {
    pub scene: &'s Scene<'s>,
    pub situation: &'s Situation,
    pub measured: &'s Measured,
    pub variable: Variable,
    pub slots: Slots,
    /// Where quotients that move because both their parts do are held.
    pub held_at: Option<&'s Exact>,
    /// Whether rows are kept in the graph.
    pub with_rows: bool,
}

/// A drawing put to the evaluator.
pub(crate) struct Drawn<'d> {
    /// Where the input lies.
    pub course: Course,
    pub evaluator: Evaluator<'d, Curve, Played<'d, Curve>>,
    /// What each component and limit entitles to, window by window.
    pub entitled: Vec<Entitled<Curve>>,
}

impl Drawing<'_> {
    /// Where the input may lie: money below zero too, all else from nothing on, and nowhere where a measure leaves the
    /// range it is declared for. None where that is nowhere.
    fn course(&self) -> Option<Course> {
        let whole = Course {
            lowest: match self.scene.may_be_negative(self.variable) {
                true => None,
                false => Some(Exact::ZERO),
            },
            highest: None,
            held_at: self.held_at.cloned(),
        };
        if !self.scene.has_declared() {
            return Some(whole);
        }
        // What others are held at must lie in what is declared as well.
        let played = self.played(whole.clone());
        let evaluator = Evaluator::new(self.scene.plan, &self.scene.world, &played);
        let mut evaluator = evaluator.without_explanation();
        let mut holds = Told::known(true);
        self.scene.each_declared(&mut evaluator, |measure, range| {
            let end = |end: &End| end.clone().map(Curve::known);
            if let Some(low) = end(&range.low) {
                holds = holds.and(&measure.compared(Comparison::AtLeast, &low));
            }
            if let Some(high) = end(&range.high) {
                holds = holds.and(&measure.compared(Comparison::AtMost, &high));
            }
        });
        let (lowest, highest) = holds.first_stretch(&whole)?;
        Some(Course {
            lowest,
            highest,
            ..whole
        })
    }

    fn played(&self, course: Course) -> Played<'_, Curve> {
        let input = Curve::input(course);
        let played = Played::new(self.scene, self.situation).with(self.variable, self.slots, input);
        match self.with_rows {
            true => played,
            false => played.remembering(self.measured),
        }
    }

    /// Draws what the wanted components entitle to, and hands it on; nothing where the input may lie nowhere.
    pub(crate) fn draw<R>(
        &self,
        is_wanted: impl Fn(ComponentId) -> bool,
        look: impl FnOnce(&mut Drawn<'_>) -> R,
    ) -> Option<R> {
        let course = self.course()?;
        let played = self.played(course.clone());
        let mut evaluator = Evaluator::new(self.scene.plan, &self.scene.world, &played);
        if self.with_rows {
            evaluator = evaluator.with_rows();
        }
        let until = self.scene.horizon.ends;
        let entitled = evaluator.entitled(self.scene.partner, until, is_wanted);
        Some(look(&mut Drawn {
            course,
            evaluator,
            entitled,
        }))
    }

    /// Whether an input moves a component at all.
    pub(crate) fn moves(&self, component: ComponentId) -> bool {
        self.scene
            .moves
            .get(self.variable.sort)
            .is_some_and(|moves| moves.components.contains(&component))
    }
}

/// What is paid where several inputs are functions of one open input.
pub(crate) fn paid_along(
    scene: &Scene<'_>,
    situation: &Situation,
    measured: &Measured,
    varied: Vec<(Variable, Slots, Curve)>,
) -> Vec<Entitled<Curve>> {
    let moved: BTreeSet<ComponentId> = varied
        .iter()
        .filter_map(|(variable, _, _)| scene.moves.get(variable.sort))
        .flat_map(|moves| moves.components.iter().copied())
        .collect();
    let mut played = Played::new(scene, situation).remembering(measured);
    for (variable, slots, curve) in varied {
        played = played.with(variable, slots, curve);
    }
    let evaluator = Evaluator::new(scene.plan, &scene.world, &played);
    let mut evaluator = evaluator.without_explanation();
    let until = scene.horizon.ends;
    evaluator.entitled(scene.partner, until, |id| moved.contains(&id))
}

/// All pay of one sort together.
pub(crate) fn together(scene: &Scene<'_>, entitled: &[Entitled<Curve>], grant: Grant) -> Curve {
    entitled
        .iter()
        .filter(|one| grant_of(scene, one.earner) == grant)
        .fold(Curve::known(Exact::ZERO), |sum, one| sum.plus(&one.amount))
}

impl Drawn<'_> {
    /// All pay of one sort together.
    pub(crate) fn total(&self, scene: &Scene<'_>, grant: Grant) -> Curve {
        together(scene, &self.entitled, grant)
    }
}

/// What an earner grants.
pub(crate) fn grant_of(scene: &Scene<'_>, earner: Earner) -> Grant {
    match earner {
        Earner::Component(id) => scene.plan[id].grants,
        Earner::TopUp(id) => scene.plan[id]
            .on
            .iter()
            .find_map(|on| match on {
                trueup_plan::tree::Reference::Component(id) => Some(scene.plan[*id].grants),
                _ => None,
            })
            .unwrap_or(Grant::Money),
    }
}

/// What an earner is called.
pub(crate) fn name_of(scene: &Scene<'_>, earner: Earner) -> String {
    match earner {
        Earner::Component(id) => scene.plan[id].name.to_string(),
        Earner::TopUp(id) => format!("the top-up of {}", scene.plan[id].name),
    }
}

/// A window as it is named.
pub(crate) fn label(scene: &Scene<'_>, window: &Window) -> String {
    scene.plan.calendar.label(window)
}
