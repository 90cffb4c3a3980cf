//! Plans and facts from text, and questions to them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::settle::{Earner, Line};
use trueup_engine::world::{PartnerIx, World};
use trueup_engine::{Answer, Evaluator, NodeId, Number, Place, Reference, Value, cases};
use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::{Severity, Sources, render};
use trueup_plan::tree::{Expr, NoAnswerKind, Plan};

/// A plan and facts.
pub struct Program {
    pub plan: Plan,
    pub world: World,
    pub sources: RefCell<Sources>,
    /// What the first partner's components post, by the day settled until.
    postings: RefCell<BTreeMap<String, BTreeMap<String, Vec<Exact>>>>,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    Number(Exact),
    Flag(bool),
    Other(String),
    Missing,
    Undefined,
}

pub fn exact(text: &str) -> Exact {
    text.parse().expect("a number")
}

pub fn number(text: &str) -> Got {
    Got::Number(exact(text))
}

pub fn day(text: &str) -> Date {
    trueup_base::date::parse_date(text).expect("a day")
}

impl Program {
    /// Agreements without a start begin with 2026.
    pub fn new(plan: &str, facts: &str) -> Self {
        let mut sources = Sources::new();
        let (read, diagnostics) =
            check::read(&mut sources, &[("plan.yaml", plan)], Strictness::Draft);
        let mistakes: Vec<_> = diagnostics
            .into_iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .collect();
        let plan = read.unwrap_or_else(|| panic!("{}", render(&sources, &mistakes)));
        let world =
            cases::world(&plan, facts, day("2026-01-01")).unwrap_or_else(|why| panic!("{why}"));
        Self {
            plan,
            world,
            sources: RefCell::new(sources),
            postings: RefCell::default(),
        }
    }

    pub fn formula(&self, text: &str) -> Expr {
        let mut sources = self.sources.borrow_mut();
        check::formula_in(
            &self.plan,
            &mut sources,
            "asked",
            text,
            check::Place::Partner,
        )
        .unwrap_or_else(|wrong| panic!("{}", render(&sources, &wrong)))
    }

    pub fn partner(&self, id: &str) -> PartnerIx {
        self.world
            .all()
            .find(|at| {
                self.world
                    .partner(*at)
                    .is_some_and(|partner| partner.id.as_str() == id)
            })
            .unwrap_or_else(|| panic!("no partner {id}"))
    }

    /// A period as the partner's agreement cuts it.
    pub fn place(&self, partner: &str, period: &str) -> Place {
        let at = self.partner(partner);
        let window = self.plan.calendar.parse_period(period).expect("a period");
        let agreement = &self.world.partner(at).expect("a partner").agreement;
        let until = agreement.until.unwrap_or(Date::MAX);
        Place::new(at, window.cut(agreement.starts, until).unwrap_or(window))
    }

    /// A formula's answer for a partner in a period.
    pub fn ask_of(&self, partner: &str, formula: &str, period: &str) -> Got {
        let formula = self.formula(formula);
        let mut evaluator = Evaluator::new(&self.plan, &self.world, &Reference);
        let node = evaluator.ask(&formula, &self.place(partner, period));
        got(&evaluator.answer(node))
    }

    /// The same for the first partner.
    pub fn ask(&self, formula: &str, period: &str) -> Got {
        let first = self.world.partners.first().expect("a partner");
        self.ask_of(first.id.as_str(), formula, period)
    }

    /// The same where a number must come out.
    pub fn figure(&self, formula: &str, period: &str) -> Exact {
        match self.ask(formula, period) {
            Got::Number(figure) => figure,
            other @ (Got::Flag(_) | Got::Other(_) | Got::Missing | Got::Undefined) => {
                panic!("{formula} in {period}: {other:?}")
            }
        }
    }

    pub fn settle(&self, partner: &str, until: &str) -> Vec<Line<Answer>> {
        let mut evaluator = Evaluator::new(&self.plan, &self.world, &Reference);
        evaluator.settle(self.partner(partner), day(until))
    }

    /// What a component of the first partner posts, settlement by settlement.
    pub fn posted(&self, component: &str, until: &str) -> Vec<Exact> {
        let mut postings = self.postings.borrow_mut();
        let of_all = postings.entry(until.to_owned()).or_insert_with(|| {
            let first = self.world.partners.first().expect("a partner");
            let mut of_all: BTreeMap<String, Vec<Exact>> = BTreeMap::new();
            for line in self.settle(first.id.as_str(), until) {
                let posted = line.posted.figure().expect("a posting is a figure");
                of_all
                    .entry(self.earner(line.earner))
                    .or_default()
                    .push(posted.clone());
            }
            of_all
        });
        of_all.get(component).cloned().unwrap_or_default()
    }

    pub fn earner(&self, earner: Earner) -> String {
        match earner {
            Earner::Component(id) => self.plan[id].name.to_string(),
            Earner::TopUp(id) => format!("{}.top_up", self.plan[id].name),
        }
    }

    /// Everything a program comes to: each settled line of each partner, as text, in one order.
    pub fn all_lines(&self, until: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for partner in &self.world.partners {
            for line in self.settle(partner.id.as_str(), until) {
                lines.push(format!(
                    "{} {} {} {:?} {:?}",
                    partner.id,
                    self.earner(line.earner),
                    line.settlement,
                    line.posted,
                    line.to_date
                ));
            }
        }
        lines.sort();
        lines
    }

    /// An evaluator that keeps its rows, with a formula asked.
    pub fn walked<'p>(
        &'p self,
        formula: &'p Expr,
        partner: &str,
        period: &str,
    ) -> (Evaluator<'p, Answer, Reference>, NodeId) {
        let mut evaluator = Evaluator::new(&self.plan, &self.world, &Reference).with_rows();
        let node = evaluator.ask(formula, &self.place(partner, period));
        (evaluator, node)
    }
}

pub fn got(value: &Value<Answer>) -> Got {
    if let Some(reason) = value.reason() {
        return match reason.kind {
            NoAnswerKind::Missing => Got::Missing,
            NoAnswerKind::Undefined => Got::Undefined,
        };
    }
    match value {
        Value::Number(number) => Got::Number(number.figure().expect("one lane").clone()),
        Value::Flag(truth) => Got::Flag(trueup_engine::Truth::all(truth).expect("one lane")),
        Value::Date(day) => Got::Other(day.to_string()),
        Value::Duration(length) => Got::Other(length.to_string()),
        Value::Text(text) => Got::Other(text.to_string()),
        Value::Partner(partner) => Got::Other(partner.to_string()),
        Value::None(_) => Got::Missing,
    }
}

pub fn sum<'a>(all: impl IntoIterator<Item = &'a Exact>) -> Exact {
    all.into_iter().fold(Exact::ZERO, |sum, one| &sum + one)
}
