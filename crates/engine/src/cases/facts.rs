//! The facts of a worked example: partners with their agreements, rates, and facts by kind.
//!
//! Cells are read as the plan declares them, strictly. A row may carry columns the plan does not declare (facts exist
//! before plans do); `recorded_on` says when a version of a fact became known. Partners that are only named by facts are
//! taken in the order in which they appear. A kind's feed is complete for all time unless `complete` says for how long.

use std::collections::BTreeMap;

use trueup_base::calendar::WindowUnit;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::{FactId, PartnerId};
use trueup_base::money::Currency;
use trueup_plan::agreement::{self, Approved, Stated};
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::nearest::nearest;
use trueup_plan::span::Span;
use trueup_plan::tree::{FactKind, KindId, Plan, Type};
use trueup_plan::versions::{self, Version};
use trueup_plan::yaml::{Entry, Node, NodeKind, Scalar};

use super::csv::CsvTable;
use super::keys::{self, unknown_key};
use crate::cell;
use crate::world::{Agreement, Cell, Complete, InForce, Partner, Rate, Row, World, date_of};

/// Facts as they were given, before anything is known of them.
pub(super) struct Given<'a> {
    /// `facts.yaml`.
    pub node: Option<&'a Node>,
    /// `<kind>.csv`, by the kind's name.
    pub tables: Vec<(&'a str, Span, CsvTable)>,
    /// The first day that a check asks about.
    pub first_asked: Option<Date>,
    /// The plans that versions may be of, the case's own first; empty where only the one is known.
    pub plans: &'a [Plan],
}

/// The plans that agreements go through, as far as `facts.yaml` names other ones than the case's own: for each partner, and
/// at least the case's own.
pub(super) fn plans_named(plans: &[Plan], node: Option<&Node>) -> Vec<Vec<usize>> {
    let partners = node.and_then(|node| node.get("partners"));
    let entries = partners.map(Node::entries).unwrap_or_default();
    let mut all = vec![vec![0]];
    for entry in entries {
        let versions = entry.value.get("versions").map(Node::list);
        let later = versions.unwrap_or_default().iter();
        // A plan that is not there is told when the partner is read.
        all.push(
            std::iter::once(0)
                .chain(later.map(|version| plan_of(plans, version).unwrap_or(0)))
                .collect(),
        );
    }
    all
}

/// The plan a version names: the case's own where it names none.
fn plan_of(plans: &[Plan], version: &Node) -> Option<usize> {
    match version.get("plan").and_then(Node::as_text) {
        None => Some(0),
        Some(written) => plans
            .iter()
            .position(|plan| versions::is_called(plan, written)),
    }
}

/// Reads facts into a world. What was wrong is among the diagnostics; the world is then not to be used.
pub(super) fn read(plan: &Plan, given: &Given<'_>, diagnostics: &mut Vec<Diagnostic>) -> World {
    let mut reader = Reader {
        plan,
        diagnostics,
        seen: Vec::new(),
    };
    let rows = reader.rows(given);
    let first_fact = rows
        .iter()
        .flat_map(|(kind, of_kind)| of_kind.iter().map(|(_, row)| (plan[*kind].dated, row)))
        .filter_map(|(dated, row)| date_of(row, dated))
        .min();
    let starts = first_fact
        .into_iter()
        .chain(given.first_asked)
        .min()
        .and_then(|day| plan.calendar.window_at(WindowUnit::Year, day))
        .map_or(Date::MIN, |year| year.starts);
    let partners = reader.partners(given, starts);
    let complete = reader.complete(given.node.and_then(|node| node.get("complete")));
    let rates = reader.rates(given.node.and_then(|node| node.get("fx")));
    let mut world = World::new(plan, partners);
    for (kind, given) in rows {
        let rows = given.into_iter().map(|(_, row)| row).collect();
        world.give(plan, kind, rows, complete.get(&kind).cloned());
    }
    for (kind, spans) in complete {
        if let Some(facts) = world.facts.get_mut(kind.index()) {
            facts.complete = Some(spans);
        }
    }
    world.rates = rates;
    world
}

/// The places of each agreement's versions in the tree: of who has none written, and then of each partner.
fn editions_of(plan: &Plan, given: &Given<'_>) -> Vec<Vec<u16>> {
    match plan.editions.is_empty() {
        true => Vec::new(),
        false => versions::editions(&plans_named(given.plans, given.node)).1,
    }
}

fn first_version(places: &[u16], from: Date, until: Option<Date>) -> Vec<InForce> {
    let first = places.first().map(|edition| InForce {
        edition: *edition,
        from,
        until,
        splits: false,
    });
    first.into_iter().collect()
}

fn called(plan: &Plan) -> String {
    match plan.version.is_empty() {
        true => plan.name.to_string(),
        false => format!("{}@{}", plan.name, plan.version),
    }
}

/// A cell's text and where it stands.
struct Written<'a> {
    text: &'a str,
    span: Span,
    is_quoted: bool,
}

impl<'a> From<&'a Scalar> for Written<'a> {
    fn from(scalar: &'a Scalar) -> Self {
        Self {
            text: &scalar.text,
            span: scalar.span,
            is_quoted: scalar.quoted,
        }
    }
}

/// Rows by kind, each with its place.
type Rows = BTreeMap<KindId, Vec<(Span, Row)>>;

struct Reader<'a> {
    plan: &'a Plan,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// Partners named by facts, in the order in which they appear.
    seen: Vec<PartnerId>,
}

impl Reader<'_> {
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.diagnostics
            .push(Diagnostic::error(code, span, message));
    }

    fn rows(&mut self, given: &Given<'_>) -> Rows {
        let mut rows = Rows::new();
        if let Some(node) = given.node {
            keys::only(
                node,
                &["partners", "fx", "facts", "complete"],
                self.diagnostics,
            );
            if let Some(facts) = node.get("facts") {
                self.listed_rows(facts, &mut rows);
            }
        }
        for (name, span, table) in &given.tables {
            for (kind, record) in self
                .kinds(name, *span)
                .into_iter()
                .flat_map(|kind| table.records.iter().map(move |record| (kind, record)))
            {
                let cells: Vec<(&str, Span, Written<'_>)> = table
                    .header
                    .iter()
                    .zip(record)
                    .filter(|(_, cell)| !cell.text.is_empty() || cell.is_quoted)
                    .map(|(column, cell)| {
                        let written = Written {
                            text: &cell.text,
                            span: cell.span,
                            is_quoted: cell.is_quoted,
                        };
                        (&*column.text, column.span, written)
                    })
                    .collect();
                let span = record.first().map_or(*span, |cell| cell.span);
                self.row(kind, span, &cells, rows.entry(kind).or_default());
            }
        }
        for (kind, of_kind) in &rows {
            self.refuse_versions_known_alike(*kind, of_kind);
        }
        rows
    }

    /// The kinds of a name: one, or one for each version that reads it in its own way.
    fn kinds(&mut self, name: &str, span: Span) -> Vec<KindId> {
        let names = || self.plan.kinds.iter().map(|kind| &*kind.name);
        let found: Vec<KindId> = names()
            .zip(0u16..)
            .filter(|(kind, _)| *kind == name)
            .map(|(_, at)| KindId(at))
            .collect();
        if found.is_empty() {
            let diagnostic = unknown_key(
                "E5",
                span,
                &format!("the plan has no kind of fact `{name}`"),
                name,
                names(),
            );
            self.diagnostics.push(diagnostic);
        }
        found
    }

    fn listed_rows(&mut self, facts: &Node, rows: &mut Rows) {
        if !keys::is_map(facts, "facts by kind", self.diagnostics) {
            return;
        }
        for Entry { key, value } in facts.entries() {
            let kinds = self.kinds(&key.text, key.span);
            if kinds.is_empty() {
                continue;
            }
            if !value.is_list() && !value.is_empty() {
                self.error(
                    "E2",
                    value.span,
                    format!("the facts of {} are a list", key.text),
                );
            }
            for item in value.list() {
                if !keys::is_map(item, "one fact", self.diagnostics) {
                    continue;
                }
                let mut cells = Vec::with_capacity(item.entries().len());
                for Entry { key, value } in item.entries() {
                    match &value.is {
                        NodeKind::Scalar(scalar) => {
                            cells.push((&*key.text, key.span, Written::from(scalar)));
                        }
                        NodeKind::Empty => {}
                        NodeKind::List(_) | NodeKind::Map(_) => {
                            let message =
                                format!("a cell is text, and {} stands here", value.described());
                            self.error("E2", value.span, message);
                        }
                    }
                }
                for kind in &kinds {
                    self.row(*kind, item.span, &cells, rows.entry(*kind).or_default());
                }
            }
        }
    }

    fn row(
        &mut self,
        kind: KindId,
        span: Span,
        cells: &[(&str, Span, Written<'_>)],
        rows: &mut Vec<(Span, Row)>,
    ) {
        let shape = &self.plan[kind];
        // Rows without an id are told apart by their place in the list, which also decides between rows of one day.
        let id = match cells.iter().find(|(name, ..)| *name == "id") {
            Some((_, _, written)) => match FactId::new(written.text) {
                Ok(id) => id,
                Err(error) => return self.error("E3", written.span, error.to_string()),
            },
            None => match FactId::new(format!("{}-{:06}", shape.name, rows.len() + 1)) {
                Ok(id) => id,
                Err(error) => return self.error("E3", span, error.to_string()),
            },
        };
        let mut row = Row {
            cells: vec![Cell::Empty; shape.columns.len()],
            recorded_on: None,
            id,
        };
        // Whether a slip was told for the day that places the row, so that its absence is not told again.
        let mut is_told = false;
        for (name, name_span, written) in cells {
            if *name == "recorded_on" {
                row.recorded_on = self.cell(written, Type::Date).and_then(|cell| match cell {
                    Cell::Date(day) => Some(day),
                    Cell::Number(_)
                    | Cell::Text(_)
                    | Cell::Flag(_)
                    | Cell::Partner(_)
                    | Cell::Empty => None,
                });
            }
            match shape.column_named(name) {
                Some(column) => {
                    let of = shape.column(column).of;
                    if let (Some(cell), Some(slot)) =
                        (self.cell(written, of), row.cells.get_mut(column.index()))
                    {
                        if let Cell::Partner(partner) = &cell
                            && !self.seen.contains(partner)
                        {
                            self.seen.push(partner.clone());
                        }
                        *slot = cell;
                    }
                }
                None => is_told |= self.suspect_slip(shape, name, *name_span, cells),
            }
        }
        if let Some(column) = shape.column_named("id")
            && let Some(slot @ Cell::Empty) = row.cells.get_mut(column.index())
        {
            *slot = Cell::Text(row.id.as_str().into());
        }
        if !is_told && row.cells.get(shape.dated.index()) == Some(&Cell::Empty) {
            let column = &shape.column(shape.dated).name;
            let message = format!(
                "this {} has no `{column}`, the day that places it",
                shape.name
            );
            self.error("E2", span, message);
        }
        rows.push((span, row));
    }

    fn cell(&mut self, written: &Written<'_>, of: Type) -> Option<Cell> {
        match cell::of_fact(written.text, of) {
            Ok(Cell::Text(text)) if text.is_empty() && !written.is_quoted => Some(Cell::Empty),
            Ok(cell) => Some(cell),
            Err(message) => {
                self.error("E3", written.span, message);
                None
            }
        }
    }

    /// Columns the plan does not read are fine; one that is nearly the name of a column this row lacks is a slip. Answers
    /// whether the day that places the row was meant.
    fn suspect_slip(
        &mut self,
        shape: &FactKind,
        name: &str,
        span: Span,
        cells: &[(&str, Span, Written<'_>)],
    ) -> bool {
        let lacking = shape
            .columns
            .iter()
            .map(|column| &*column.name)
            .filter(|column| !cells.iter().any(|(given, ..)| given == column));
        if name == "id" || name == "recorded_on" {
            return false;
        }
        // Whatever the day that places a row is called, a row without one that says `date` meant it.
        let dated = &*shape.column(shape.dated).name;
        let is_day = matches!(name, "date" | "day" | "dated");
        let meant = match is_day && lacking.clone().any(|column| column == dated) {
            true => Some(dated),
            false => nearest(name, lacking),
        };
        if let Some(meant) = meant {
            self.diagnostics.push(
                Diagnostic::error(
                    "E1",
                    span,
                    format!(
                        "{} has no column `{name}`, and this row has no `{meant}`",
                        shape.name
                    ),
                )
                .help(format!("write {meant}")),
            );
        }
        meant.is_some_and(|meant| meant == dated)
    }

    /// Of two versions of one fact that became known on one day nobody can say which holds.
    fn refuse_versions_known_alike(&mut self, kind: KindId, rows: &[(Span, Row)]) {
        let mut known: BTreeMap<(&FactId, Option<Date>), Span> = BTreeMap::new();
        for (span, row) in rows {
            if let Some(first) = known.insert((&row.id, row.recorded_on), *span) {
                let name = &self.plan[kind].name;
                let when = row
                    .recorded_on
                    .map_or_else(|| "from the start".to_owned(), |on| format!("on {on}"));
                let message = format!("two versions of {name} {} became known {when}", row.id);
                self.diagnostics.push(
                    Diagnostic::error("E7", *span, message)
                        .also(first, "the other one")
                        .help("say with recorded_on when the later one became known"),
                );
            }
        }
    }

    fn partners(&mut self, given: &Given<'_>, starts: Date) -> Vec<Partner> {
        let node = given.node.and_then(|node| node.get("partners"));
        let mut places = editions_of(self.plan, given).into_iter();
        let alone = places.next().unwrap_or_default();
        let mut partners: Vec<Partner> = Vec::new();
        let mut parents = Vec::new();
        if let Some(node) = node
            && keys::is_map(node, "partners by id", self.diagnostics)
        {
            for Entry { key, value } in node.entries() {
                let places = places.next().unwrap_or_default();
                let Some(partner) = self.partner(key, value, starts, (given, &places)) else {
                    continue;
                };
                if let Some(parent) = value.get("parent").and_then(Node::as_scalar) {
                    parents.push((parent.text.clone(), parent.span));
                }
                partners.push(partner);
            }
        }
        for id in std::mem::take(&mut self.seen) {
            if !partners.iter().any(|partner| partner.id == id) {
                partners.push(Partner {
                    id,
                    parent: None,
                    attributes: vec![Cell::Empty; self.plan.attributes.len()],
                    agreement: Agreement {
                        versions: first_version(&alone, starts, None),
                        ..Agreement::new(self.plan, starts, None, &[])
                    },
                });
            }
        }
        for (parent, span) in parents {
            if !partners
                .iter()
                .any(|partner| partner.id.as_str() == &*parent)
            {
                self.error("E5", span, format!("`{parent}` is no partner of this case"));
            }
        }
        partners
    }

    fn partner(
        &mut self,
        key: &Scalar,
        node: &Node,
        first_day: Date,
        (given, places): (&Given<'_>, &[u16]),
    ) -> Option<Partner> {
        let id = match PartnerId::new(&*key.text) {
            Ok(id) => id,
            Err(error) => {
                self.error("E3", key.span, error.to_string());
                return None;
            }
        };
        let mut parent = None;
        let mut attributes = vec![Cell::Empty; self.plan.attributes.len()];
        let (mut starts, mut until) = (first_day, None);
        let (mut stated, mut approved) = (Vec::new(), Vec::new());
        if !node.is_empty() && !keys::is_map(node, "what is known of a partner", self.diagnostics) {
            return None;
        }
        for Entry { key, value } in node.entries() {
            match &*key.text {
                "terms" if value.is_map() => {
                    let own = given.plans.first().unwrap_or(self.plan);
                    stated = self.terms_of(own, value, places.first());
                }
                "contingencies" => {
                    let own = given.plans.first().unwrap_or(self.plan);
                    approved = self.approved_of(own, value, places.first());
                }
                "versions" if value.is_list() => {}
                "versions" => {
                    let message = "versions are a list: [ { starts: 2026-07-01, plan: growth@2 } ]";
                    self.error("E2", value.span, message);
                }
                "terms" => {
                    keys::is_map(value, "terms by name", self.diagnostics);
                }
                "starts" => starts = self.day_in(node, "starts").unwrap_or(starts),
                "until" => until = self.day_in(node, "until"),
                "ends" => self.diagnostics.push(
                    Diagnostic::error("E1", key.span, "an agreement is written with `until`")
                        .help("until: the day after its last"),
                ),
                "parent" => parent = self.parent(node),
                name => self.attribute(name, value, &mut attributes),
            }
        }
        if until.is_some_and(|until| until <= starts) {
            self.error("E3", node.span, "the agreement ends before it starts");
        }
        let mut in_force = first_version(places, starts, until);
        let last = self.later_versions(
            node,
            (given, places),
            (starts, until),
            (&mut stated, &mut approved, &mut in_force),
        );
        let agreement = Agreement::new(self.plan, starts, last, &stated).with_approved(approved);
        Some(Partner {
            id,
            parent,
            attributes,
            agreement: Agreement {
                versions: in_force,
                ..agreement
            },
        })
    }

    fn terms_of(&mut self, own: &Plan, node: &Node, place: Option<&u16>) -> Vec<Stated> {
        let mut stated = agreement::terms(own, node, self.diagnostics);
        if let Some(edition) = place.and_then(|place| self.plan.edition(*place)) {
            for one in &mut stated {
                one.term = edition.term(one.term);
            }
        }
        stated
    }

    fn approved_of(&mut self, own: &Plan, node: &Node, place: Option<&u16>) -> Vec<Approved> {
        let mut approved = agreement::approved(own, node, self.diagnostics);
        if let Some(edition) = place.and_then(|place| self.plan.edition(*place)) {
            for one in &mut approved {
                one.contingency = edition.contingency(one.contingency);
            }
        }
        approved
    }

    /// The versions after the first: `versions: [ { starts: 2026-07-01, plan: growth@2, terms: { … } } ]`. Answers when the
    /// last of them ends.
    fn later_versions(
        &mut self,
        node: &Node,
        (given, places): (&Given<'_>, &[u16]),
        (first_day, first_until): (Date, Option<Date>),
        (stated, approved, in_force): (&mut Vec<Stated>, &mut Vec<Approved>, &mut Vec<InForce>),
    ) -> Option<Date> {
        let later = node.get("versions").map(Node::list).unwrap_or_default();
        let Some(first) = given.plans.first() else {
            return first_until;
        };
        let mut told = vec![Version {
            plan: first,
            starts: first_day,
            until: first_until,
            splits: false,
            replaces: true,
            span: node.span,
        }];
        let mut last = first_until;
        for (version, place) in later.iter().zip(places.iter().skip(1)) {
            if !keys::is_map(version, "a version", self.diagnostics) {
                continue;
            }
            let known = [
                "starts",
                "until",
                "plan",
                "terms",
                "contingencies",
                "takes_effect",
            ];
            keys::only(version, &known, self.diagnostics);
            let Some(plan) = plan_of(given.plans, version).and_then(|at| given.plans.get(at))
            else {
                let named = version
                    .get("plan")
                    .and_then(Node::as_text)
                    .unwrap_or_default();
                let known: Vec<String> = given.plans.iter().map(called).collect();
                let message = format!(
                    "there is no plan `{named}` here; known are {}",
                    known.join(", ")
                );
                self.error("E5", version.span, message);
                continue;
            };
            let Some(starts) = self.day_in(version, "starts") else {
                continue;
            };
            let own_until = match version.get("until") {
                Some(_) => self.day_in(version, "until"),
                None => first_until,
            };
            let splits = version
                .get("takes_effect")
                .is_some_and(|how| agreement::splits(how, self.diagnostics));
            if let Some(terms) = version.get("terms") {
                stated.extend(self.terms_of(plan, terms, Some(place)));
            }
            if let Some(given) = version.get("contingencies") {
                approved.extend(self.approved_of(plan, given, Some(place)));
            }
            in_force.push(InForce {
                edition: *place,
                from: starts,
                until: own_until,
                splits,
            });
            last = own_until;
            told.push(Version {
                plan,
                starts,
                until: own_until,
                splits,
                replaces: true,
                span: version.span,
            });
        }
        versions::check(&told, self.diagnostics);
        last
    }

    fn parent(&mut self, node: &Node) -> Option<PartnerId> {
        let scalar = keys::text(node, "parent", self.diagnostics)?;
        match PartnerId::new(&*scalar.text) {
            Ok(parent) => Some(parent),
            Err(error) => {
                self.error("E3", scalar.span, error.to_string());
                None
            }
        }
    }

    fn attribute(&mut self, name: &str, node: &Node, attributes: &mut [Cell]) {
        let Some(scalar) = node.as_scalar() else {
            let message = format!("a cell is text, and {} stands here", node.described());
            return self.error("E2", node.span, message);
        };
        let found = self
            .plan
            .attributes
            .iter()
            .zip(attributes)
            .find(|(attribute, _)| &*attribute.name == name);
        // The directory knows more of a partner than one plan reads.
        let Some((attribute, slot)) = found else {
            return;
        };
        if let Some(cell) = self.cell(&Written::from(scalar), attribute.of) {
            *slot = cell;
        }
    }

    /// `complete: { sale: { from: 2026-01-01, until: 2026-04-01 } }`, or a list of such spans.
    fn complete(&mut self, node: Option<&Node>) -> BTreeMap<KindId, Vec<Complete>> {
        let mut complete = BTreeMap::new();
        let Some(node) = node else {
            return complete;
        };
        if !keys::is_map(node, "spans by kind of fact", self.diagnostics) {
            return complete;
        }
        for Entry { key, value } in node.entries() {
            let kinds = self.kinds(&key.text, key.span);
            let spans: Vec<&Node> = match &value.is {
                NodeKind::List(items) => items.iter().collect(),
                NodeKind::Map(_) | NodeKind::Scalar(_) | NodeKind::Empty => vec![value],
            };
            for span in spans {
                if !keys::is_map(span, "a span of days", self.diagnostics) {
                    continue;
                }
                keys::only(span, &["from", "until"], self.diagnostics);
                let from = self.day_in(span, "from");
                let until = self.day_in(span, "until");
                let (Some(from), Some(until)) = (from, until) else {
                    continue;
                };
                if from >= until {
                    self.error("E3", span.span, "the span ends before it starts");
                }
                for kind in &kinds {
                    let spans: &mut Vec<Complete> = complete.entry(*kind).or_default();
                    spans.push(Complete { from, until });
                }
            }
            for kind in kinds {
                complete.entry(kind).or_default();
            }
        }
        complete
    }

    fn day_in(&mut self, node: &Node, key: &str) -> Option<Date> {
        let scalar = keys::text(node, key, self.diagnostics)?;
        match cell::day(&scalar.text) {
            Ok(day) => Some(day),
            Err(message) => {
                self.error("E3", scalar.span, message);
                None
            }
        }
    }

    /// `fx: [ { from: EUR, into: USD, on: 2026-01-05, rate: 1.1 } ]`; without `on` a fixed rate.
    fn rates(&mut self, node: Option<&Node>) -> BTreeMap<(Currency, Currency), Vec<Rate>> {
        let mut rates: BTreeMap<(Currency, Currency), Vec<Rate>> = BTreeMap::new();
        let Some(node) = node else {
            return rates;
        };
        if !node.is_list() {
            self.error("E2", node.span, "`fx` is a list of rates");
        }
        for item in node.list() {
            if !keys::is_map(item, "a rate", self.diagnostics) {
                continue;
            }
            keys::only(item, &["from", "into", "on", "rate"], self.diagnostics);
            let from = self.currency(item, "from");
            let into = self.currency(item, "into");
            let rate = self.rate(item);
            let on = match item.get("on") {
                Some(_) => self.day_in(item, "on").map(Some),
                None => Some(None),
            };
            let (Some(from), Some(into), Some(rate), Some(on)) = (from, into, rate, on) else {
                continue;
            };
            let of_pair = rates.entry((from, into)).or_default();
            if of_pair.iter().any(|known| known.on == on) {
                self.error(
                    "E3",
                    item.span,
                    "a second rate of these currencies for one day",
                );
            } else {
                of_pair.push(Rate { rate, on });
            }
        }
        rates
    }

    fn currency(&mut self, node: &Node, key: &str) -> Option<Currency> {
        let scalar = keys::text(node, key, self.diagnostics)?;
        match Currency::parse(&scalar.text) {
            Ok(currency) => Some(currency),
            Err(error) => {
                self.error("E3", scalar.span, error.to_string());
                None
            }
        }
    }

    fn rate(&mut self, node: &Node) -> Option<Exact> {
        let scalar = keys::text(node, "rate", self.diagnostics)?;
        let rate = scalar
            .text
            .parse::<Exact>()
            .map_err(|error| error.to_string())
            .and_then(|rate| match rate.is_positive() {
                true => Ok(rate),
                false => Err(format!(
                    "`{}` is no rate: it is not above zero",
                    scalar.text
                )),
            });
        match rate {
            Ok(rate) => Some(rate),
            Err(message) => {
                self.error("E3", scalar.span, message);
                None
            }
        }
    }
}
