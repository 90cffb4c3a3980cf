//! Explanations: a node of the evaluated graph and what it was made from, as a tree that can be printed.
//!
//! The graph is what was computed, so the tree cannot disagree with it. Steps between a name and the names in its
//! formula are left out where the formula's text shows them; bands, rows, conditions and questions about other places
//! stay. What is reached twice is spelled out once. The module must never compute a figure of its own.

mod figure;
mod json;
mod told;
mod tree;

use std::collections::BTreeSet;

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_plan::span::Span;
use trueup_plan::tree::{
    Call, Component, ComponentPart, Edition, Expr, Form, Name, Plan, Reference, Target, Trigger,
    Type, Unit,
};

use crate::evaluate::{Evaluator, Place};
use crate::graph::{NodeId, What};
use crate::measure::Measurer;
use crate::number::Number;
use crate::versions::reference;
use crate::world::Cell;

use told::type_of_target;

pub use figure::{Figure, no_answer};

/// What a line of an explanation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A component's entitlement.
    Component,
    /// What a limit leaves.
    Limit,
    /// A named value.
    Value,
    /// A measure.
    Measure,
    /// A term of the agreement.
    Term,
    /// A cell of a row, of the directory, or a property of the window.
    Given,
    /// A formula inside a named thing.
    Formula,
    /// Whether a contingency is on.
    Contingency,
    /// Whether a guardrail is on.
    Guardrail,
    /// What holds without the changes that are on.
    Was,
    /// What a change makes of it.
    Changed,
    /// A band of a table.
    Band,
    /// A credited row.
    Row,
    /// A row left out because its condition has no answer.
    LeftOut,
}

impl Subject {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Limit => "limit",
            Self::Value => "value",
            Self::Measure => "measure",
            Self::Term => "term",
            Self::Given => "given",
            Self::Formula => "formula",
            Self::Contingency => "contingency",
            Self::Guardrail => "guardrail",
            Self::Was => "was",
            Self::Changed => "changed",
            Self::Band => "band",
            Self::Row => "row",
            Self::LeftOut => "left out",
        }
    }
}

/// A named figure inside a band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// What it is here.
    pub figure: Figure,
}

/// What a band of a table knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BandShown {
    /// The table.
    pub table: String,
    /// Which bands, one for each argument: `from 1,000`, `equals gold`.
    pub bands: Vec<String>,
    /// The arguments.
    pub arguments: Vec<Named>,
    /// Upper bound and slice, where the band has them.
    pub bounds: Vec<Named>,
    /// The columns.
    pub cells: Vec<Named>,
}

/// A credited row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowShown {
    /// Its kind.
    pub kind: String,
    /// The fact's id.
    pub id: String,
    /// The day that places it.
    pub on: Option<Date>,
    /// Which part of it is credited, of 1.
    pub share: Exact,
    /// The distance between the credited partner and the row's own.
    pub level: u32,
}

/// A line of an explanation, and the lines it follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Which part of its component it is (`gate`, `pays`, `at most`, …); empty otherwise.
    pub part: &'static str,
    /// What it is about.
    pub subject: Subject,
    /// Its name, or the formula as written.
    pub name: String,
    /// The formula behind the name, as written.
    pub formula: Option<String>,
    /// What it is, in words.
    pub is: String,
    /// The answer.
    pub figure: Figure,
    /// For whom.
    pub partner: String,
    /// In which period, as the calendar calls it.
    pub period: String,
    /// For a band: what it knows.
    pub band: Option<BandShown>,
    /// For a row: which.
    pub row: Option<RowShown>,
    /// For a measure that was walked down to its rows: how many count.
    pub rows: Option<usize>,
    /// Whether it was spelled out before and its inputs are not repeated.
    pub is_repeated: bool,
    /// Whether its inputs are left out because the tree is deep enough; asking for it alone shows them.
    pub is_cut: bool,
    /// What it was made from.
    pub inputs: Vec<Explanation>,
}

/// How deep an explanation goes before it says that there is more.
pub const DEPTH_MAX: usize = 48;

impl Explanation {
    /// The explanation of a node; `text` gives the plan's words at a place. None when nothing was asked there.
    pub fn of<N: Number, M: Measurer<N>>(
        evaluator: &Evaluator<'_, N, M>,
        node: NodeId,
        text: &dyn Fn(Span) -> String,
    ) -> Option<Self> {
        let mut explainer = Explainer {
            evaluator,
            text,
            seen: BTreeSet::new(),
            edition: None,
        };
        let node = explainer.past_wrapping(node);
        explainer.edition = match evaluator.graph().node(node).map(|node| node.what) {
            Some(What::Name(name)) => {
                reference(name).and_then(|name| evaluator.plan().edition_of(name))
            }
            Some(What::Formula(formula)) => evaluator.edition_in(formula),
            Some(_) | None => None,
        };
        explainer.node(node, None, 0)
    }
}

/// What a line inherits from the line it belongs to.
#[derive(Clone, Copy)]
struct Within<'p> {
    of: Type,
    component: Option<&'p Component>,
}

struct Explainer<'e, 'p, N: Number, M> {
    evaluator: &'e Evaluator<'p, N, M>,
    text: &'e dyn Fn(Span) -> String,
    seen: BTreeSet<NodeId>,
    /// The edition of what is explained, where the plan's tree holds several.
    edition: Option<u16>,
}

impl<'p, N: Number, M: Measurer<N>> Explainer<'_, 'p, N, M> {
    fn plan(&self) -> &'p Plan {
        self.evaluator.plan()
    }

    /// The version a name is of, where there are several: of what pays always, of what it is made from where it is another
    /// than that of what is explained.
    fn version(&self, name: Name) -> Option<String> {
        let plan = self.plan();
        let name = reference(name)?;
        let edition = plan.edition_of(name)?;
        let is_told = match name {
            Reference::Component(_) | Reference::Limit(_) => true,
            Reference::Term(_)
            | Reference::Measure(_)
            | Reference::Value(_)
            | Reference::Table(_) => self.edition.is_some_and(|root| root != edition),
        };
        is_told.then(|| plan.edition(edition).map(Edition::said))?
    }

    /// The node that says something of its own: a question wraps what it asks.
    fn past_wrapping(&self, node: NodeId) -> NodeId {
        let graph = self.evaluator.graph();
        let (Some(outer), [only]) = (graph.node(node), graph.inputs(node)) else {
            return node;
        };
        let Some(inner) = graph.node(*only) else {
            return node;
        };
        match (outer.what, inner.what) {
            (What::Formula(a), What::Formula(b)) if std::ptr::eq(a, b) => *only,
            (What::Formula(a), What::Name(name)) if a.form == Form::Name(name) => *only,
            (
                What::Formula(_)
                | What::Name(_)
                | What::Band(..)
                | What::OfAll(_)
                | What::Trigger(_)
                | What::Was(_)
                | What::Changed(..)
                | What::Row(_)
                | What::LeftOut(_),
                _,
            ) => node,
        }
    }

    fn node(
        &mut self,
        id: NodeId,
        within: Option<Within<'p>>,
        depth: usize,
    ) -> Option<Explanation> {
        let node = self.evaluator.graph().node(id)?;
        let mut said = Explanation {
            part: "",
            subject: Subject::Formula,
            name: String::new(),
            formula: None,
            is: String::new(),
            figure: Figure::Differs,
            partner: self.partner(&node.place),
            period: self.period(&node.place),
            band: None,
            row: None,
            rows: None,
            is_repeated: false,
            is_cut: false,
            inputs: Vec::new(),
        };
        let mut own = Within {
            of: within.map_or(Type::Number(Unit::RATIO), |within| within.of),
            component: None,
        };
        match node.what {
            What::Name(name) => {
                let thing = self.thing(name);
                own.of = thing.of;
                said.subject = thing.subject;
                said.name = match node.place.key.and_then(|key| self.evaluator.keys.cell(key)) {
                    Some(key) => format!("{}[{}]", thing.name, key_text(key)),
                    None => thing.name,
                };
                if let Some(version) = self.version(name) {
                    said.name = format!("{} ({version})", said.name);
                }
                said.is = thing.is;
                said.formula = thing.formula.map(|span| (self.text)(span));
                if let Name::Component(id) = name {
                    own.component = Some(&self.plan()[id]);
                }
            }
            What::Formula(formula) => {
                own.of = formula.of;
                said.name = (self.text)(formula.span);
            }
            What::OfAll(formula) => {
                own.of = formula.of;
                said.name = format!("all who share: {}", (self.text)(formula.span));
            }
            What::Band(table, names) => {
                let table_of = &self.plan()[table];
                own.of = table_of.answers;
                said.subject = Subject::Band;
                let band = self.band(table, names);
                said.name = match &band {
                    Some(band) => format!("{} {}", band.table, band.bands.join(", ")),
                    None => table_of.name.to_string(),
                };
                said.is = table_of.is.to_string();
                said.band = band;
            }
            What::Trigger(trigger) => {
                own.of = Type::Flag;
                let thing = self.trigger(trigger);
                said.subject = thing.subject;
                said.name = thing.name;
                said.is = thing.is;
                said.formula = thing.formula.map(|span| (self.text)(span));
                if let Trigger::Contingency(contingency) = trigger
                    && !self.plan()[contingency].approved_by.is_empty()
                    && self.evaluator.graph().inputs(id).is_empty()
                {
                    said.formula = None;
                    said.is = "not approved for this period".to_owned();
                }
            }
            What::Was(target) => {
                own.of = type_of_target(self.plan(), target);
                said.subject = Subject::Was;
                said.name = "was".to_owned();
            }
            What::Changed(trigger, change) => {
                own.of = change.to.of;
                said.subject = Subject::Changed;
                said.name = format!("by {}", self.trigger(trigger).name);
                said.formula = Some((self.text)(change.to.span));
            }
            What::Row(row) | What::LeftOut(row) => {
                said.subject = match node.what {
                    What::Row(_) => Subject::Row,
                    What::LeftOut(_)
                    | What::Name(_)
                    | What::Formula(_)
                    | What::Band(..)
                    | What::OfAll(_)
                    | What::Trigger(_)
                    | What::Was(_)
                    | What::Changed(..) => Subject::LeftOut,
                };
                let shown = self.row(row, &node.place);
                said.name = match &shown {
                    Some(row) => format!("{} {}", row.kind, row.id),
                    None => "row".to_owned(),
                };
                said.row = shown;
            }
        }
        said.figure = Figure::of(&node.value, own.of, self.plan().currency);
        if let Some(component) = within.and_then(|within| within.component) {
            said.part = part_of(component, &node.what);
        }
        self.inputs(id, own, depth, &mut said);
        Some(said)
    }

    /// The lines a line follows from.
    fn inputs(&mut self, id: NodeId, own: Within<'p>, depth: usize, said: &mut Explanation) {
        let mut inputs = Vec::new();
        self.gather(id, said.subject, &mut inputs);
        if inputs.is_empty() {
            return;
        }
        if !self.seen.insert(id) {
            said.is_repeated = true;
            return;
        }
        if depth >= DEPTH_MAX {
            said.is_cut = true;
            return;
        }
        // What follows from one cell alone is said by that cell.
        let is_one = inputs.len() == 1;
        for input in inputs {
            let Some(line) = self.node(input, Some(own), depth + 1) else {
                continue;
            };
            let is_told = |other: &Explanation| {
                line.inputs.is_empty()
                    && line.subject == Subject::Given
                    && (&other.name, &other.period, &other.partner)
                        == (&line.name, &line.period, &line.partner)
            };
            let is_same = is_one
                && said.subject == Subject::Row
                && line.subject == Subject::Given
                && line.figure == said.figure;
            if !is_same && !said.inputs.iter().any(is_told) {
                said.inputs.push(line);
            }
        }
        if said.subject == Subject::Measure {
            let rows = said
                .inputs
                .iter()
                .filter(|input| input.subject == Subject::Row)
                .count();
            said.rows = (rows > 0).then_some(rows);
        }
    }

    /// The nodes to be shown under a node: arithmetic inside a formula gives way to what it was made from.
    fn gather(&self, id: NodeId, subject: Subject, into: &mut Vec<NodeId>) {
        let graph = self.evaluator.graph();
        for input in graph.inputs(id) {
            let Some(node) = graph.node(*input) else {
                continue;
            };
            let gives_way = match node.what {
                What::Formula(formula) => match subject {
                    // The formula's text stands beside the name.
                    Subject::Value | Subject::Contingency | Subject::Guardrail => true,
                    Subject::Component
                    | Subject::Limit
                    | Subject::Measure
                    | Subject::Term
                    | Subject::Given
                    | Subject::Formula
                    | Subject::Was
                    | Subject::Changed
                    | Subject::Band
                    | Subject::Row
                    | Subject::LeftOut => is_arithmetic(formula),
                },
                What::Name(_)
                | What::Band(..)
                | What::OfAll(_)
                | What::Trigger(_)
                | What::Was(_)
                | What::Changed(..)
                | What::Row(_)
                | What::LeftOut(_) => false,
            };
            match gives_way {
                true => self.gather(*input, Subject::Formula, into),
                false if into.contains(input) => {}
                false => into.push(*input),
            }
        }
    }

    fn partner(&self, at: &Place) -> String {
        self.evaluator
            .world()
            .partner(at.partner)
            .map_or_else(String::new, |partner| partner.id.to_string())
    }

    fn period(&self, at: &Place) -> String {
        let window = &at.window;
        let days = || format!("{}..{}", window.starts, window.last());
        match at.trailing_length() {
            Some(length) => format!("{length} to {}", window.last()),
            None if !window.is_whole() => days(),
            None => self.plan().calendar.label(window),
        }
    }
}

/// A key as one writes it.
fn key_text(key: &Cell) -> String {
    match key {
        Cell::Text(key) => format!("'{key}'"),
        Cell::Partner(key) => format!("'{key}'"),
        Cell::Number(key) => key.to_string(),
        Cell::Date(key) => key.to_string(),
        Cell::Flag(key) => key.to_string(),
        Cell::Empty => String::new(),
    }
}

/// Which part of a component a node is.
fn part_of(component: &Component, what: &What<'_>) -> &'static str {
    let is_part = |target: &Target, formula: &Expr| {
        let Target::Component(_, part) = target else {
            return false;
        };
        let changed = match part {
            ComponentPart::Applies => component.applies.as_ref(),
            ComponentPart::Gate => component.gate.as_ref(),
            ComponentPart::Filter => component
                .each
                .as_ref()
                .and_then(|each| each.filter.as_ref()),
            ComponentPart::Pays => Some(&component.pays),
            ComponentPart::AtLeast => component.at_least.as_ref(),
            ComponentPart::AtMost => component.at_most.as_ref(),
        };
        changed.is_some_and(|changed| std::ptr::eq(changed, formula))
    };
    let is = |formula: &Expr| match what {
        What::Formula(here) => std::ptr::eq(*here, formula),
        What::Name(name) => formula.form == Form::Name(*name),
        What::Trigger(_) => false,
        What::Was(target) => is_part(target, formula),
        What::Changed(_, change) => is_part(&change.target, formula),
        What::Band(..) | What::OfAll(_) | What::Row(_) | What::LeftOut(_) => false,
    };
    let parts = [
        ("for", component.applies.as_ref()),
        ("gate", component.gate.as_ref()),
        ("pays", Some(&component.pays)),
        ("at least", component.at_least.as_ref()),
        ("at most", component.at_most.as_ref()),
    ];
    parts
        .into_iter()
        .find(|(_, formula)| formula.is_some_and(is))
        .map_or("", |(part, _)| part)
}

/// Whether a formula only adds, subtracts, multiplies and divides: then what it was made from says it all.
fn is_arithmetic(formula: &Expr) -> bool {
    match &formula.form {
        Form::Arithmetic(..) | Form::Negated(_) | Form::Literal(_) | Form::Name(_) => true,
        Form::Call(call) => matches!(
            call,
            Call::Abs(_) | Call::DaysBetween(..) | Call::MonthsBetween(..)
        ),
        Form::Compared(..)
        | Form::Between(..)
        | Form::In(..)
        | Form::Is(..)
        | Form::Not(_)
        | Form::And(_)
        | Form::Or(_)
        | Form::Case(..) => false,
    }
}
