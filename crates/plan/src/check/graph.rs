//! Which name mentions which: the order to look at formulas in, cycles, carried values, the longest chain.
//!
//! A name may reach itself only through `previous(…, first => …)`, which asks one window earlier and ends at the
//! agreement's start; so every question ends. Chains of names are bounded, so the evaluator may follow them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::check::governance::changes_of;
use crate::check::names::{Names, Thing, id};
use crate::check::spelling::FUNCTIONS;
use crate::diagnostic::Diagnostic;
use crate::document::{BandsText, CellsText, PlanText, ReadingText};
use crate::formula::{Formula, FormulaKind};
use crate::span::Span;
use crate::tree::{ComponentId, LimitId, MeasureId, TableId, TermId, Text, ValueId};
use crate::yaml::Scalar;

/// The most parts of formulas inside one another, counted through all names. Evaluation goes down as deep, a few times
/// over where values are carried, and must fit the smallest stack it runs on.
const DEEPEST: usize = 256;

/// One mention of a name.
#[derive(Clone, Copy, Debug)]
struct Edge {
    to: usize,
    span: Span,
    /// Whether it is asked one window earlier, with an answer for the first.
    earlier: bool,
    /// How deep in its formula it stands.
    depth: usize,
}

/// A name with its mentions of others.
#[derive(Clone, Debug)]
struct Node {
    thing: Thing,
    name: Scalar,
    every: bool,
    edges: Vec<Edge>,
    /// How deep its own formulas are.
    depth: usize,
}

/// What the mentions come to.
pub(super) struct Order {
    /// Names, those that are mentioned before those that mention them.
    pub(super) sorted: Vec<Thing>,
    /// Names that reach themselves through `previous`.
    pub(super) carried: BTreeSet<Thing>,
    /// Whether names may be followed: nothing reaches itself, and no chain is too long.
    pub(super) may_be_followed: bool,
}

/// Draws the graph of a plan's names and tells what is wrong with it.
pub(super) fn order(text: &PlanText, names: &Names, diagnostics: &mut Vec<Diagnostic>) -> Order {
    let graph = Graph::of(text, names);
    let all = graph.groups(|_| true);
    let same_window = graph.groups(|edge| !edge.earlier);
    let mut cyclic = false;
    for group in &same_window {
        if graph.reaches_itself(group, |edge| !edge.earlier) {
            cyclic = true;
            graph.tell_cycle(group, diagnostics);
        }
    }
    let mut carried = BTreeSet::new();
    for group in &all {
        if graph.reaches_itself(group, |_| true) {
            if !cyclic {
                graph.tell_missing_steps(group, diagnostics);
            }
            carried.extend(
                group
                    .iter()
                    .filter_map(|at| graph.nodes.get(*at))
                    .map(|node| node.thing),
            );
        }
    }
    let may_be_followed = !cyclic && !graph.tell_deepest(&all, &same_window, diagnostics);
    let sorted = all
        .iter()
        .flatten()
        .filter_map(|at| graph.nodes.get(*at))
        .map(|node| node.thing)
        .collect();
    Order {
        sorted,
        carried,
        may_be_followed,
    }
}

struct Graph {
    nodes: Vec<Node>,
}

impl Graph {
    fn of(text: &PlanText, names: &Names) -> Self {
        let mut nodes = Vec::new();
        let mut places = BTreeMap::new();
        for (thing, name, every) in things(text) {
            places.insert(thing, nodes.len());
            nodes.push(Node {
                thing,
                name: name.clone(),
                every,
                edges: Vec::new(),
                depth: 0,
            });
        }
        for node in &mut nodes {
            let mut locals: Vec<&str> = Vec::new();
            let mut formulas: Vec<&Formula> = Vec::new();
            formulas_of(text, node.thing, &mut formulas, &mut locals);
            if let Thing::Limit(id) = node.thing {
                // What a limit leaves depends on all it holds.
                for held in text
                    .limits
                    .get(id.index())
                    .map_or(&[][..], |limit| &limit.on)
                {
                    let place = names
                        .get(&held.text)
                        .and_then(|entry| places.get(&entry.thing));
                    if let Some(to) = place.copied() {
                        let (span, earlier, depth) = (held.span, false, 1);
                        node.edges.push(Edge {
                            to,
                            span,
                            earlier,
                            depth,
                        });
                    }
                }
            }
            formulas.extend(changes_of(text, names, node.thing));
            for formula in formulas {
                let mut visit = Visit {
                    names,
                    places: &places,
                    locals: &locals,
                    edges: &mut node.edges,
                    deepest: 0,
                };
                visit.formula(formula, false, 1);
                node.depth = node.depth.max(visit.deepest);
            }
        }
        Self { nodes }
    }

    fn edges(&self, at: usize) -> &[Edge] {
        self.nodes.get(at).map_or(&[], |node| &node.edges)
    }

    /// Strongly connected groups along some edges, those mentioned first (Tarjan's algorithm, without recursion).
    fn groups(&self, along: impl Fn(&Edge) -> bool) -> Vec<Vec<usize>> {
        const UNSEEN: usize = usize::MAX;
        let count = self.nodes.len();
        let (mut seen, mut low, mut open) =
            (vec![UNSEEN; count], vec![0usize; count], vec![false; count]);
        let (mut path, mut groups, mut clock) = (Vec::new(), Vec::new(), 0usize);
        for root in 0..count {
            if seen[root] != UNSEEN {
                continue;
            }
            let mut work = vec![(root, 0usize)];
            while let Some((at, next)) = work.pop() {
                if next == 0 {
                    seen[at] = clock;
                    low[at] = clock;
                    clock += 1;
                    path.push(at);
                    open[at] = true;
                }
                match self.edges(at).get(next) {
                    Some(edge) => {
                        work.push((at, next + 1));
                        if !along(edge) {
                            continue;
                        }
                        if seen[edge.to] == UNSEEN {
                            work.push((edge.to, 0));
                        } else if open[edge.to] {
                            low[at] = low[at].min(seen[edge.to]);
                        }
                    }
                    None => {
                        if let Some((parent, _)) = work.last() {
                            low[*parent] = low[*parent].min(low[at]);
                        }
                        if low[at] == seen[at] {
                            let mut group = Vec::new();
                            while let Some(member) = path.pop() {
                                open[member] = false;
                                group.push(member);
                                if member == at {
                                    break;
                                }
                            }
                            group.sort_unstable();
                            groups.push(group);
                        }
                    }
                }
            }
        }
        groups
    }

    fn reaches_itself(&self, group: &[usize], along: impl Fn(&Edge) -> bool) -> bool {
        match group {
            [one] => self
                .edges(*one)
                .iter()
                .any(|edge| edge.to == *one && along(edge)),
            _ => group.len() > 1,
        }
    }

    /// The shortest way from a name back to itself inside one window.
    fn tell_cycle(&self, group: &[usize], diagnostics: &mut Vec<Diagnostic>) {
        let Some(way) = group
            .iter()
            .filter_map(|start| self.shortest_cycle(*start))
            .min_by_key(Vec::len)
        else {
            return;
        };
        let name = |at: usize| self.nodes.get(at).map_or("", |node| &*node.name.text);
        let mut words: Vec<&str> = way.iter().map(|(at, _)| name(*at)).collect();
        if let Some(first) = words.first().copied() {
            words.push(first);
        }
        let Some((_, span)) = way.first().copied() else {
            return;
        };
        let shown = if words.len() > 12 {
            format!(
                "{} → … → {}",
                words[..6].join(" → "),
                words[words.len() - 5..].join(" → ")
            )
        } else {
            words.join(" → ")
        };
        let verb = |at: usize| match self.nodes.get(at).map(|node| node.thing) {
            Some(Thing::Limit(_)) => "holds",
            _ => "mentions",
        };
        let only_limits = way.iter().all(|(at, _)| verb(*at) == "holds");
        let (code, what) = if only_limits {
            ("P5", "a limit holds itself")
        } else {
            ("C1", "a value reaches itself inside one window")
        };
        let mut diagnostic = Diagnostic::error(code, span, format!("{shown}: {what}"));
        for (at, (from, span)) in way.iter().enumerate().take(5) {
            let to = words.get(at + 1).copied().unwrap_or_default();
            let label = format!("{} {} {to}", name(*from), verb(*from));
            diagnostic = if at == 0 {
                diagnostic.label(label)
            } else {
                diagnostic.also(*span, label)
            };
        }
        // Tables and limits are asked where they stand; a value or a component can be asked one window earlier.
        let earlier = way.iter().find(|(at, _)| {
            let thing = self.nodes.get(*at).map(|node| node.thing);
            matches!(thing, Some(Thing::Value(_) | Thing::Component(_)))
        });
        if let Some((at, _)) = earlier {
            diagnostic = diagnostic.help(format!("previous({}, first => 0)", name(*at)));
        } else if way.iter().all(|(at, _)| {
            let thing = self.nodes.get(*at).map(|node| node.thing);
            matches!(thing, Some(Thing::Term(_)))
        }) {
            diagnostic = diagnostic.help("in a change, `was` is what holds without it: 75% * was");
        }
        diagnostics.push(diagnostic);
    }

    fn shortest_cycle(&self, start: usize) -> Option<Vec<(usize, Span)>> {
        let mut came: BTreeMap<usize, (usize, Span)> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for edge in self.edges(at).iter().filter(|edge| !edge.earlier) {
                if edge.to == start {
                    let mut way = vec![(at, edge.span)];
                    let mut at = at;
                    while at != start {
                        let (from, span) = came.get(&at).copied()?;
                        way.push((from, span));
                        at = from;
                    }
                    way.reverse();
                    return Some(way);
                }
                came.entry(edge.to).or_insert_with(|| {
                    queue.push_back(edge.to);
                    (at, edge.span)
                });
            }
        }
        None
    }

    /// A value that is asked one window earlier must say which windows it steps through.
    fn tell_missing_steps(&self, group: &[usize], diagnostics: &mut Vec<Diagnostic>) {
        let mut told = BTreeSet::new();
        for at in group {
            for edge in self.edges(*at) {
                let Some(node) = self.nodes.get(edge.to) else {
                    continue;
                };
                let steps = !matches!(node.thing, Thing::Value(_)) || node.every;
                if !edge.earlier || steps || !group.contains(&edge.to) || !told.insert(edge.to) {
                    continue;
                }
                diagnostics.push(
                    Diagnostic::error(
                        "C2",
                        node.name.span,
                        format!(
                            "{} carries over from window to window and does not say which",
                            node.name.text
                        ),
                    )
                    .also(edge.span, "here it is asked one window earlier")
                    .help("state its step: every: month, every: quarter, …"),
                );
            }
        }
    }

    /// The longest chain of names, with the depth of their formulas. A name asked one window earlier counts as any other,
    /// unless it is asked on a way back to itself: those steps are as many as the agreement has windows, and whoever
    /// evaluates goes them one by one. Says whether a chain is too long.
    fn tell_deepest(
        &self,
        all: &[Vec<usize>],
        same_window: &[Vec<usize>],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> bool {
        let mut told = false;
        let mut group_of = vec![0usize; self.nodes.len()];
        for (group, members) in all.iter().enumerate() {
            for at in members {
                group_of[*at] = group;
            }
        }
        let mut sorted: Vec<usize> = same_window.iter().flatten().copied().collect();
        sorted.sort_by_key(|at| group_of[*at]);
        let mut chain = vec![0usize; self.nodes.len()];
        for at in sorted {
            let Some(node) = self.nodes.get(at) else {
                continue;
            };
            let through = node
                .edges
                .iter()
                .filter(|edge| !edge.earlier || group_of[edge.to] != group_of[at])
                .map(|edge| edge.depth + chain.get(edge.to).copied().unwrap_or(0))
                .max()
                .unwrap_or(0);
            let depth = node.depth.max(through);
            // Told where the bound is crossed; what builds on it starts anew, so one chain is told once.
            if depth > DEEPEST {
                told = true;
                diagnostics.push(
                    Diagnostic::error(
                        "C3",
                        node.name.span,
                        format!(
                            "{} builds on formulas more than {DEEPEST} levels deep",
                            node.name.text
                        ),
                    )
                    .help("shorten the chain of names it builds on"),
                );
            } else if let Some(slot) = chain.get_mut(at) {
                *slot = depth;
            }
        }
        told
    }
}

/// Every name with a formula.
fn things(text: &PlanText) -> Vec<(Thing, &Scalar, bool)> {
    let mut things = Vec::new();
    for (at, term) in text.terms.iter().enumerate() {
        things.push((Thing::Term(TermId(id(at))), &term.name, false));
    }
    for (at, measure) in text.measures.iter().enumerate() {
        things.push((Thing::Measure(MeasureId(id(at))), &measure.name, false));
    }
    for (at, value) in text.values.iter().enumerate() {
        things.push((
            Thing::Value(ValueId(id(at))),
            &value.name,
            value.every.is_some(),
        ));
    }
    for (at, table) in text.tables.iter().enumerate() {
        things.push((Thing::Table(TableId(id(at))), &table.name, false));
    }
    for (at, component) in text.components.iter().enumerate() {
        things.push((
            Thing::Component(ComponentId(id(at))),
            &component.name,
            false,
        ));
    }
    for (at, limit) in text.limits.iter().enumerate() {
        things.push((Thing::Limit(LimitId(id(at))), &limit.name, false));
    }
    things
}

/// The formulas that say what a name is, and the names known only inside them.
fn formulas_of<'t>(
    text: &'t PlanText,
    thing: Thing,
    formulas: &mut Vec<&'t Formula>,
    locals: &mut Vec<&'t str>,
) {
    match thing {
        Thing::Kind(_) => {}
        Thing::Term(id) => formulas.extend(
            text.terms
                .get(id.index())
                .and_then(|term| term.agreed.as_ref()),
        ),
        Thing::Measure(id) => {
            if let Some(measure) = text.measures.get(id.index()) {
                formulas.extend(measure.fold.as_ref().and_then(|fold| fold.of.as_ref()));
                formulas.extend(measure.filter.iter().chain(&measure.by));
            }
        }
        Thing::Value(id) => formulas.extend(
            text.values
                .get(id.index())
                .and_then(|value| value.formula.as_ref()),
        ),
        Thing::Table(id) => {
            if let Some(table) = text.tables.get(id.index()) {
                locals.extend(table.of.iter().map(|argument| &*argument.text));
                match &table.reading {
                    Some(ReadingText::EachBand(formula) | ReadingText::OneBand(formula)) => {
                        formulas.extend(formula)
                    }
                    Some(ReadingText::Line(_)) | None => {}
                }
                bands(&table.bands, formulas, locals);
            }
        }
        Thing::Component(id) => {
            if let Some(component) = text.components.get(id.index()) {
                let parts = [
                    &component.applies,
                    &component.gate,
                    &component.filter,
                    &component.pays,
                    &component.at_least,
                    &component.at_most,
                ];
                formulas.extend(parts.into_iter().flatten());
            }
        }
        Thing::Limit(id) => {
            if let Some(limit) = text.limits.get(id.index()) {
                formulas.extend(limit.at_most.iter().chain(&limit.at_least));
            }
        }
    }
}

fn bands<'t>(bands: &'t BandsText, formulas: &mut Vec<&'t Formula>, locals: &mut Vec<&'t str>) {
    match bands {
        BandsText::Bands(bands) => {
            for band in bands {
                formulas.extend(band.bound.as_ref().and_then(|bound| bound.formula.as_ref()));
                for (column, cell) in &band.cells {
                    if !locals.contains(&&*column.text) {
                        locals.push(&column.text);
                    }
                    formulas.extend(cell);
                }
            }
        }
        BandsText::Grid { axes, cells } => {
            locals.push("cell");
            for (_, bounds) in axes {
                formulas.extend(bounds.iter().filter_map(|bound| bound.formula.as_ref()));
            }
            cells_of(cells, formulas);
        }
        BandsText::Rows(_) | BandsText::None => {}
    }
}

fn cells_of<'t>(cells: &'t CellsText, formulas: &mut Vec<&'t Formula>) {
    match cells {
        CellsText::Cell(formula, _) => formulas.extend(formula),
        CellsText::List(list, _) => list.iter().for_each(|cells| cells_of(cells, formulas)),
    }
}

/// A walk over a formula that collects mentions.
struct Visit<'v> {
    names: &'v Names,
    places: &'v BTreeMap<Thing, usize>,
    locals: &'v [&'v str],
    edges: &'v mut Vec<Edge>,
    deepest: usize,
}

impl Visit<'_> {
    fn mention(&mut self, name: &Text, span: Span, earlier: bool, depth: usize) {
        let place = self
            .names
            .get(name)
            .and_then(|entry| self.places.get(&entry.thing));
        if let Some(to) = place.copied() {
            self.edges.push(Edge {
                to,
                span,
                earlier,
                depth,
            });
        }
    }

    fn formula(&mut self, formula: &Formula, earlier: bool, depth: usize) {
        self.deepest = self.deepest.max(depth);
        let inner = depth + 1;
        match &formula.is {
            FormulaKind::Number { .. }
            | FormulaKind::Text(_)
            | FormulaKind::Date(_)
            | FormulaKind::True
            | FormulaKind::False
            | FormulaKind::Missing => {}
            FormulaKind::Name(name) => {
                if !self.locals.contains(&&**name) {
                    self.mention(name, formula.span, earlier, depth);
                }
            }
            FormulaKind::Call {
                name,
                name_span,
                arguments,
            } => {
                if !FUNCTIONS.contains(&&**name) {
                    self.mention(name, *name_span, earlier, depth);
                }
                let earlier_inside =
                    earlier || (&**name == "previous" && arguments.iter().any(is_first));
                for (at, argument) in arguments.iter().enumerate() {
                    match &argument.word {
                        Some((word, span)) if &**name == "weighted" => {
                            self.mention(word, *span, earlier, inner)
                        }
                        // What these say is a word or a currency, whatever else is called so.
                        Some((word, _))
                            if matches!(&**word, "mode" | "rest" | "kind" | "from" | "into") => {}
                        Some(_) => self.formula(&argument.value, earlier, inner),
                        // The second argument of these is the word of a window, not a name.
                        None if at > 0 && matches!(&**name, "sum_by" | "min_by" | "max_by") => {}
                        None => self.formula(&argument.value, earlier_inside, inner),
                    }
                }
            }
            FormulaKind::Negated(x) | FormulaKind::Not(x) => self.formula(x, earlier, inner),
            FormulaKind::Is { x, .. } => self.formula(x, earlier, inner),
            FormulaKind::Keyed(a, b)
            | FormulaKind::Arithmetic(_, a, b)
            | FormulaKind::Compared(_, a, b) => {
                self.formula(a, earlier, inner);
                self.formula(b, earlier, inner);
            }
            FormulaKind::Between { x, low, high, .. } => {
                for part in [x, low, high] {
                    self.formula(part, earlier, inner);
                }
            }
            FormulaKind::In { x, list, .. } => {
                self.formula(x, earlier, inner);
                list.iter()
                    .for_each(|item| self.formula(item, earlier, inner));
            }
            FormulaKind::And(parts) | FormulaKind::Or(parts) => {
                parts
                    .iter()
                    .for_each(|part| self.formula(part, earlier, inner));
            }
            FormulaKind::Case { arms, otherwise } => {
                for (test, answer) in arms {
                    self.formula(test, earlier, inner);
                    self.formula(answer, earlier, inner);
                }
                self.formula(otherwise, earlier, inner);
            }
        }
    }
}

fn is_first(argument: &crate::formula::Argument) -> bool {
    argument
        .word
        .as_ref()
        .is_some_and(|(word, _)| &**word == "first")
}
