//! What a bundle's content comes to: the tree, every step of the explanation, every line; and which inputs were asked for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use trueup_base::date::Date;
use trueup_engine::settle::{Earner, Line as Settled};
use trueup_engine::world::{Cell, Partner, World};
use trueup_engine::{
    Answer, Evaluator, Graph, InBand, Measurer, NoAnswer, NodeId, Place as Asking,
    RowPlace as CreditedRow, Value, What,
};
use trueup_plan::tree::{Call, Grant, Name, Plan, Reference, TermId, Trigger};

use crate::record::{Asked, Band, Counted, Input, Line, Node, Place, RowPlace, Said, TreePart};
use crate::said;
use crate::tree::{Tree, name_of, target_name, trigger_name};

/// A question about other partners, where it is asked.
pub type Key = (u32, Place, Option<RowPlace>, Option<String>);

/// The key of a written input.
pub fn key_of(input: &Input) -> Key {
    let at = (input.at.clone(), input.row, input.key.clone());
    (input.formula, at.0, at.1, at.2)
}

/// What follows from a content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// The tree's parts.
    pub tree: Vec<TreePart>,
    /// The places.
    pub places: Vec<Place>,
    /// The steps.
    pub nodes: Vec<Node>,
    /// The lines.
    pub lines: Vec<Line>,
}

/// Which settlements there are, and which of them the statement is about.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    /// The day after the last one's last day.
    pub until: Date,
    /// The day after which one must end to stand in the statement.
    pub from: Option<Date>,
}

/// The inputs a recomputation asked for.
#[derive(Debug, Default)]
pub struct AskedFor {
    /// Those that were given.
    pub given: BTreeSet<Key>,
    /// Those that were not.
    pub lacking: BTreeSet<Key>,
}

/// What is known of other partners: nothing but the inputs.
struct Told<'t, 'p> {
    tree: &'t Tree<'p>,
    facts: &'t Facts,
    answers: &'t BTreeMap<Key, Value<Answer>>,
    asked: RefCell<AskedFor>,
}

impl Measurer<Answer> for Told<'_, '_> {
    fn measure(&self, _ask: &trueup_engine::Ask<'_>) -> Option<Answer> {
        None
    }

    fn of_others(&self, call: &Call, at: &Asking, key: Option<&Cell>) -> Option<Value<Answer>> {
        let question = self.tree.question(call)?;
        let key = question_key(question.formula, question.asks, at, key, self.facts);
        let mut asked = self.asked.borrow_mut();
        match self.answers.get(&key) {
            Some(answer) => {
                asked.given.insert(key);
                Some(answer.clone())
            }
            None => {
                asked.lacking.insert(key);
                Some(Value::None(NoAnswer::missing("it is not in the bundle")))
            }
        }
    }
}

/// The key of a question; whoever is meant is all a row adds to it.
pub fn question_key(
    formula: u32,
    asks: &str,
    at: &Asking,
    key: Option<&Cell>,
    facts: &Facts,
) -> Key {
    let row = at.row.filter(|_| asks == "of");
    (
        formula,
        said::of_place(at),
        row.map(|row| facts.row(&row)),
        key.and_then(said::of_cell),
    )
}

/// The number of each kind's first fact.
#[derive(Clone, Debug)]
pub struct Facts {
    first: Vec<u32>,
}

impl Facts {
    /// Of a world whose facts are those of a bundle.
    pub fn of(world: &World) -> Self {
        let mut next = 0u32;
        let first = world.facts.iter().map(|facts| {
            let first = next;
            next = next.saturating_add(u32::try_from(facts.rows.len()).unwrap_or(u32::MAX));
            first
        });
        Self {
            first: first.collect(),
        }
    }

    fn row(&self, row: &CreditedRow) -> RowPlace {
        let first = self.first.get(row.kind.index()).copied().unwrap_or(0);
        (
            first.saturating_add(row.row.0),
            row.role,
            row.line,
            row.level,
        )
    }
}

/// Works out what a world of one partner comes to.
pub fn derive(
    plan: &Plan,
    world: &World,
    answers: &BTreeMap<Key, Value<Answer>>,
    until: Until,
) -> (Derived, AskedFor) {
    let tree = Tree::of(plan);
    let facts = Facts::of(world);
    let told = Told {
        tree: &tree,
        facts: &facts,
        answers,
        asked: RefCell::default(),
    };
    let mut evaluator: Evaluator<'_, Answer, Told<'_, '_>> =
        Evaluator::new(plan, world, &told).with_rows();
    let mut settled = Vec::new();
    for partner in world.all() {
        settled.extend(evaluator.settle(partner, until.until));
    }
    let mut nodes = Vec::with_capacity(settled.len());
    for line in &settled {
        nodes.push(match line.earner {
            Earner::Component(id) => Some(evaluator.ask_component(id, &line.place)),
            Earner::TopUp(_) => None,
        });
    }
    let mut steps = Steps::new(plan, &tree, &facts);
    steps.take(&evaluator);
    let lines = settled
        .iter()
        .zip(nodes)
        .map(|(line, node)| of_line(plan, line, until, node.and_then(|node| steps.number(node))))
        .collect();
    let derived = Derived {
        places: steps.places,
        nodes: steps.nodes,
        lines,
        tree: Vec::new(),
    };
    drop(evaluator);
    let asked = told.asked.into_inner();
    let mut parts = tree.parts;
    parts.extend(world.partners.iter().map(|one| agreement(plan, one)));
    let derived = Derived {
        tree: parts,
        ..derived
    };
    (derived, asked)
}

/// What the agreement says, as its plan types it.
fn agreement(plan: &Plan, partner: &Partner) -> TreePart {
    let own = &partner.agreement;
    let says = |cell: &Cell, name: &str| {
        said::of_value(&Value::<Answer>::from_cell(cell, || name.to_owned()))
    };
    let term = |id: TermId| name_of(plan, Reference::Term(id));
    let terms: Vec<_> = (0u16..)
        .zip(&own.terms)
        .map(|(at, cell)| {
            let name = term(TermId(at));
            let cell = cell.as_ref().filter(|cell| **cell != Cell::Empty);
            let figure = cell.map(|cell| says(cell, &name));
            json!([name, figure])
        })
        .collect();
    let periods: Vec<_> = own
        .stated
        .iter()
        .map(|((id, starts), cell)| {
            let name = term(*id);
            let figure = says(cell, &name);
            json!([name, starts.to_string(), figure])
        })
        .collect();
    let approved: Vec<_> = own
        .approved
        .iter()
        .map(|(id, spans)| {
            let name = trigger_name(plan, Trigger::Contingency(*id));
            let name = name
                .strip_prefix("contingency ")
                .unwrap_or(&name)
                .to_owned();
            let spans: Vec<_> = spans
                .iter()
                .map(|one| json!([one.starts.to_string(), one.until.map(|day| day.to_string())]))
                .collect();
            json!([name, spans])
        })
        .collect();
    let versions: Vec<_> = own
        .versions
        .iter()
        .map(|one| {
            json!({
                "version": one.edition,
                "from": one.from.to_string(),
                "until": one.until.map(|day| day.to_string()),
                "splits": one.splits,
            })
        })
        .collect();
    TreePart {
        part: "agreement".to_owned(),
        holds: json!({
            "starts": own.starts.to_string(),
            "until": own.until.map(|day| day.to_string()),
            "terms": terms,
            "periods": periods,
            "approved": approved,
            "versions": versions,
        }),
    }
}

/// A settlement's line as it is written.
pub fn of_line(plan: &Plan, line: &Settled<Answer>, until: Until, node: Option<u32>) -> Line {
    let (reference, component, grants) = match line.earner {
        Earner::Component(id) => {
            let component = &plan[id];
            let name = component.name.to_string();
            (Reference::Component(id), name, component.grants)
        }
        Earner::TopUp(id) => {
            let name = format!("{}.top_up", plan[id].name);
            (Reference::Limit(id), name, Grant::Money)
        }
    };
    let edition = plan.edition_of(reference).and_then(|at| plan.edition(at));
    let called = edition.map_or(&plan.name, |edition| &edition.called);
    Line {
        plan: called.to_string(),
        component,
        grants: grants.word().to_owned(),
        period: plan.calendar.label(&line.settlement),
        settled_on: line.settlement.last().to_string(),
        in_statement: until.from.is_none_or(|from| from < line.settlement.ends),
        to_date: said::of_number(&line.to_date),
        before: said::of_number(&line.before),
        posted: said::of_number(&line.posted),
        parts: line
            .parts
            .iter()
            .map(|part| {
                let window = &part.window;
                let days = (window.starts.to_string(), window.ends.to_string());
                (days.0, days.1, said::of_number(&part.posted))
            })
            .collect(),
        open: line.open.iter().map(said::of_reason).collect(),
        node,
    }
}

/// The evaluated graph as it is written.
struct Steps<'s, 'p> {
    plan: &'p Plan,
    tree: &'s Tree<'p>,
    facts: &'s Facts,
    places: Vec<Place>,
    numbered: BTreeMap<Place, u32>,
    nodes: Vec<Node>,
    /// The number of each node of the graph that is written.
    numbers: Vec<Option<u32>>,
}

/// What a node of the graph is in a bundle.
enum Written {
    /// A step of its own.
    Step(Asked),
    /// A fact in its sum.
    Row,
    /// What a fact itself says, or what the place does.
    Read,
}

impl<'s, 'p> Steps<'s, 'p> {
    fn new(plan: &'p Plan, tree: &'s Tree<'p>, facts: &'s Facts) -> Self {
        Self {
            plan,
            tree,
            facts,
            places: Vec::new(),
            numbered: BTreeMap::new(),
            nodes: Vec::new(),
            numbers: Vec::new(),
        }
    }

    fn number(&self, node: NodeId) -> Option<u32> {
        self.numbers.get(node.0 as usize).copied().flatten()
    }

    /// Every step that a top question follows from, in the order in which they were answered: what a step follows from
    /// stands before it.
    fn take<M: Measurer<Answer>>(&mut self, evaluator: &Evaluator<'p, Answer, M>) {
        let graph = evaluator.graph();
        let mut is_wanted = vec![false; graph.len()];
        let mark = |node: &NodeId, wanted: &mut Vec<bool>| {
            if let Some(slot) = wanted.get_mut(node.0 as usize) {
                *slot = true;
            }
        };
        graph
            .asked()
            .iter()
            .for_each(|node| mark(node, &mut is_wanted));
        for at in (0..graph.len()).rev() {
            if is_wanted.get(at) == Some(&true) {
                let inputs = graph.inputs(node_id(at));
                inputs.iter().for_each(|node| mark(node, &mut is_wanted));
            }
        }
        self.numbers = vec![None; graph.len()];
        for at in (0..graph.len()).filter(|at| is_wanted.get(*at) == Some(&true)) {
            self.write(evaluator, node_id(at));
        }
    }

    fn write<M: Measurer<Answer>>(&mut self, evaluator: &Evaluator<'p, Answer, M>, id: NodeId) {
        let graph = evaluator.graph();
        let Some(node) = graph.node(id) else { return };
        let Written::Step(asks) = self.written(graph, &node.what) else {
            return;
        };
        let mut step = Node {
            n: u32::try_from(self.nodes.len()).unwrap_or(u32::MAX),
            asks,
            at: self.place(&node.place),
            row: node.place.row.map(|row| self.facts.row(&row)),
            key: evaluator.key_of(&node.place).and_then(said::of_cell),
            says: said::of_value(&node.value),
            from: Vec::new(),
            rows: Vec::new(),
        };
        for input in graph.inputs(id) {
            match self.number(*input) {
                Some(number) => step.from.push(number),
                None => step.rows.extend(self.row(graph, *input)),
            }
        }
        if let Some(slot) = self.numbers.get_mut(id.0 as usize) {
            *slot = Some(step.n);
        }
        self.nodes.push(step);
    }

    /// A fact in a sum; none of what is merely read.
    fn row(&self, graph: &Graph<'p, Answer>, id: NodeId) -> Option<Counted> {
        let node = graph.node(id)?;
        match self.written(graph, &node.what) {
            Written::Row => {}
            Written::Step(_) | Written::Read => return None,
        }
        let inputs = graph.inputs(id).iter();
        Some(Counted(
            self.facts.row(&node.place.row?),
            said::of_value(&node.value),
            inputs.filter_map(|input| self.number(*input)).collect(),
        ))
    }

    fn place(&mut self, at: &Asking) -> u32 {
        let place = said::of_place(at);
        if let Some(number) = self.numbered.get(&place) {
            return *number;
        }
        let number = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.push(place.clone());
        self.numbered.insert(place, number);
        number
    }

    fn written(&self, graph: &Graph<'p, Answer>, what: &What<'p>) -> Written {
        let plan = self.plan;
        let number = |formula| self.tree.number(formula).unwrap_or(u32::MAX);
        Written::Step(match what {
            What::Name(name) => match name {
                Name::Term(id) => Asked::Term(name_of(plan, Reference::Term(*id))),
                Name::Measure(id) => Asked::Measure(name_of(plan, Reference::Measure(*id))),
                Name::Value(id) => Asked::Value(name_of(plan, Reference::Value(*id))),
                Name::Component(id) => Asked::Component(name_of(plan, Reference::Component(*id))),
                Name::Limit(id) => Asked::Limit(name_of(plan, Reference::Limit(*id))),
                Name::Column(..)
                | Name::Followed(..)
                | Name::Attribute(_)
                | Name::Window(_)
                | Name::Partner
                | Name::Key(..)
                | Name::CreditLevel
                | Name::Argument(_)
                | Name::BandColumn(_)
                | Name::Lower
                | Name::Upper
                | Name::Width
                | Name::Filled
                | Name::Slice
                | Name::Was
                | Name::Agreed => return Written::Read,
            },
            What::Formula(formula) => Asked::Formula(number(formula)),
            What::Band(table, names) => {
                let table = name_of(plan, Reference::Table(*table));
                Asked::Band(of_band(graph, table, *names))
            }
            What::OfAll(formula) => Asked::OfAll(number(formula)),
            What::Trigger(trigger) => Asked::Trigger(trigger_name(plan, *trigger)),
            What::Was(target) => Asked::Was(target_name(plan, *target)),
            What::Changed(trigger, change) => {
                Asked::Changed(trigger_name(plan, *trigger), number(&change.to))
            }
            What::Row(_) | What::LeftOut(_) => return Written::Row,
        })
    }
}

fn of_band(graph: &Graph<'_, Answer>, table: String, names: InBand) -> Band {
    let all = |values: &[Value<Answer>]| values.iter().map(said::of_value).collect::<Vec<Said>>();
    match graph.band(names) {
        Some(names) => Band {
            table,
            bands: names
                .bands
                .iter()
                .map(|band| u32::try_from(*band).unwrap_or(u32::MAX))
                .collect(),
            arguments: all(&names.arguments),
            lower: said::of_value(&names.lower),
            upper: said::of_value(&names.upper),
            slice: said::of_value(&names.slice),
            cells: all(&names.cells),
        },
        None => Band {
            table,
            bands: Vec::new(),
            arguments: Vec::new(),
            lower: Said::Undefined(String::new()),
            upper: Said::Undefined(String::new()),
            slice: Said::Undefined(String::new()),
            cells: Vec::new(),
        },
    }
}

fn node_id(at: usize) -> NodeId {
    NodeId(u32::try_from(at).unwrap_or(u32::MAX))
}
