//! From a program's world to what a bundle says of one partner.
//!
//! Everything is evaluated twice: over the whole program, where the questions about other partners are answered, and over the
//! partner's own facts with those answers at hand, as whoever has the bundle will. Both must come to the same lines. Other
//! partners whom the partner's facts name stand under names that mean nothing outside the bundle.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::Date;
use trueup_base::id::PartnerId;
use trueup_engine::world::{Cell, KindFacts, PartnerIx, RowIx, World, date_of};
use trueup_engine::{Answer, Evaluator, Measurer, What};
use trueup_plan::tree::walk::{formulas_of_table, parts};
use trueup_plan::tree::{AttributeId, Call, Expr, Form, KindId, Name, Plan, Reference};

use crate::lines::Content;
use crate::recompute::{self, Key, Until};
use crate::record::{Directory, Fact, Input, Kind, Line, Rate, RowPlace, Said};
use crate::said;
use crate::setting::{self, PARENT, Rules};
use crate::tree::{Question, Tree, asks_of_others, kind_name};
use crate::verify::Finding;

/// The revision of a version of a fact, by its kind, its id and the day the version became known.
pub type RevisionOf<'s> = dyn Fn(&str, &str, Option<Date>) -> Option<i64> + 's;

/// What a program knows of a partner.
pub struct Sources<'s, M> {
    /// The program's plan, perhaps one tree of several.
    pub plan: &'s Plan,
    /// The places of the partner's versions in that tree; none in a tree of one.
    pub editions: &'s [u16],
    /// Everyone under it, with all the partner's rows.
    pub world: &'s World,
    /// Who measures.
    pub measurer: &'s M,
    /// The partner.
    pub partner: PartnerIx,
    /// What the directory says of the partner.
    pub columns: &'s BTreeMap<String, String>,
    /// The revision of a version of a fact, by its kind, its id and the day it became known, where its source has revisions.
    pub revision: &'s RevisionOf<'s>,
    /// Which settlements are told.
    pub until: Until,
}

/// What was gathered.
#[derive(Debug)]
pub struct Gathered {
    /// What the bundle says.
    pub content: Content,
    /// The partner's lines, as the whole program has them.
    pub lines: Vec<Line>,
}

/// Why a bundle cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotGathered {
    /// The texts do not come to a plan and an agreement.
    #[error("{0}")]
    Texts(Finding),
    /// The partner's own facts come to something else than the program does.
    #[error(
        "what {line} comes to cannot be shown from the partner's own facts: the program has {program}, they come to {own}"
    )]
    Differs {
        /// The line.
        line: String,
        /// What the program says.
        program: String,
        /// What follows from the partner's facts.
        own: String,
    },
    /// A question about others that the program was never asked.
    #[error("the program does not know what formula {0} asks of other partners")]
    Unanswered(u32),
}

/// Gathers what a bundle says; `content` holds its head, texts, declarations, seals, postings and acts already.
///
/// # Errors
/// When the texts are wrong, or the partner's facts do not show what the program says.
pub fn gather<M: Measurer<Answer>>(
    mut content: Content,
    sources: &Sources<'_, M>,
) -> Result<Gathered, NotGathered> {
    let rules = setting::rules(&content).map_err(NotGathered::Texts)?;
    let plan = &rules.plan;
    let mut evaluator = Evaluator::new(sources.plan, sources.world, sources.measurer).with_rows();
    let settled = evaluator.settle(sources.partner, sources.until.until);
    let lines: Vec<Line> = settled
        .iter()
        .map(|line| recompute::of_line(sources.plan, line, sources.until, None))
        .collect();
    let chosen = chosen(sources, &rules);
    let others = Others::of(sources, &chosen);
    let tree = Tree::of(plan);
    let answers = answered(&evaluator, sources, &rules, &tree, &chosen, &others);
    content.kinds = kinds(sources, plan, &chosen, evaluator.has_history());
    content.facts = facts(sources, plan, &chosen, &others);
    content.rates = rates(sources.world, plan);
    content.directories = directories(&content, sources, plan, &others);
    let world = setting::world(&content, &rules).map_err(NotGathered::Texts)?;
    let (derived, asked) = recompute::derive(plan, &world, &answers, sources.until);
    if let Some(key) = asked.lacking.first() {
        return Err(NotGathered::Unanswered(key.0));
    }
    same(&lines, &derived.lines)?;
    let numbered: BTreeMap<u32, &'static str> = questions(plan, None)
        .into_iter()
        .filter_map(|call| tree.question(call))
        .map(|question| (question.formula, question.asks))
        .collect();
    content.inputs = asked
        .given
        .into_iter()
        .filter_map(|key| {
            let says = said::of_value(answers.get(&key)?);
            let asks = numbered.get(&key.0).copied().unwrap_or_default().to_owned();
            let (formula, at, row, key) = key;
            Some(Input {
                formula,
                asks,
                at,
                row,
                key,
                says,
            })
        })
        .collect();
    content.derived = derived;
    Ok(Gathered { content, lines })
}

/// Holds the lines of a partner's own facts to those of the program.
fn same(program: &[Line], own: &[Line]) -> Result<(), NotGathered> {
    let differs = |line: &Line, program: &Said, own: &Said| NotGathered::Differs {
        line: format!("{} of {}", line.component, line.period),
        program: format!("{program:?}"),
        own: format!("{own:?}"),
    };
    for (program, own) in program.iter().zip(own) {
        let both = [
            (&program.to_date, &own.to_date),
            (&program.before, &own.before),
            (&program.posted, &own.posted),
        ];
        for (program_says, own_says) in both {
            if !is_same(program_says, own_says) {
                return Err(differs(program, program_says, own_says));
            }
        }
        let is_its = (&program.component, &program.settled_on, &program.plan)
            == (&own.component, &own.settled_on, &own.plan);
        if !is_its || program.open.len() != own.open.len() {
            return Err(differs(program, &program.posted, &own.posted));
        }
    }
    match program.len() == own.len() {
        true => Ok(()),
        false => Err(NotGathered::Differs {
            line: "the number of lines".to_owned(),
            program: program.len().to_string(),
            own: own.len().to_string(),
        }),
    }
}

/// Whether two answers are the same; a reason may name somebody.
fn is_same(program: &Said, own: &Said) -> bool {
    match (program, own) {
        (Said::Missing(_), Said::Missing(_)) | (Said::Undefined(_), Said::Undefined(_)) => true,
        (program, own) => program == own,
    }
}

/// The partner's rows of a kind: where each stands in the program and, by its place here, in the bundle.
struct Chosen {
    /// The kind in the program's tree.
    kind: KindId,
    /// The rows, in their order.
    rows: Vec<RowIx>,
    /// The number of the first in the bundle.
    first: u32,
}

/// The rows of each kind of the bundle's plan.
fn chosen<M>(sources: &Sources<'_, M>, rules: &Rules) -> Vec<Chosen> {
    let mut next = 0;
    let of_program = kinds_of(sources, rules);
    let plan = &rules.plan;
    let kinds = plan.kinds.iter().zip(0u16..).zip(of_program);
    kinds
        .map(|((shape, at), kind)| {
            let mut days = vec![shape.dated];
            let measures = plan.measures.iter().filter(|one| one.kind == KindId(at));
            days.extend(measures.map(|measure| measure.at));
            let until = sources.until.until;
            let rows = sources.world.kind(kind).map(|facts| {
                let is_in_time = |row: &RowIx| {
                    let row = facts.rows.get(row.0 as usize);
                    let mut days = days.iter();
                    row.is_some_and(|row| {
                        days.any(|at| date_of(row, *at).is_none_or(|day| day < until))
                    })
                };
                let own = facts.all_credits().filter(|one| one.1 == sources.partner);
                let rows: BTreeSet<RowIx> = own.map(|(_, _, credit)| credit.row).collect();
                rows.into_iter().filter(is_in_time).collect::<Vec<_>>()
            });
            let rows = rows.unwrap_or_default();
            let first = next;
            next += u32::try_from(rows.len()).unwrap_or(u32::MAX);
            Chosen { kind, rows, first }
        })
        .collect()
}

/// For each kind of the bundle's plan, the same of the program's tree.
fn kinds_of<M>(sources: &Sources<'_, M>, rules: &Rules) -> Vec<KindId> {
    let own = &rules.plan;
    let program = sources.plan;
    let mut kinds: Vec<KindId> = (0u16..).zip(&own.kinds).map(|(at, _)| KindId(at)).collect();
    for (version, edition) in rules.versions().zip(sources.editions) {
        let (plan, at) = version;
        for kind in (0u16..).zip(&plan.kinds).map(|(at, _)| KindId(at)) {
            let here = own.edition(at).map_or(kind, |edition| edition.kind(kind));
            let there = program.edition(*edition);
            let there = there.map_or(kind, |edition| edition.kind(kind));
            if let Some(slot) = kinds.get_mut(here.index()) {
                *slot = there;
            }
        }
    }
    kinds
}

fn kinds<M>(
    sources: &Sources<'_, M>,
    plan: &Plan,
    chosen: &[Chosen],
    has_versions: bool,
) -> Vec<Kind> {
    let shapes = plan.kinds.iter().zip((0u16..).map(KindId)).zip(chosen);
    shapes
        .map(|((shape, at), chosen)| Kind {
            kind: kind_name(plan, at),
            columns: shape
                .columns
                .iter()
                .map(|column| column.name.to_string())
                .collect(),
            complete: sources
                .world
                .kind(chosen.kind)
                .and_then(|facts| facts.complete.as_ref())
                .map(|spans| {
                    let spans = spans.iter();
                    spans
                        .map(|span| (span.from.to_string(), span.until.to_string()))
                        .collect()
                }),
            has_versions,
        })
        .collect()
}

fn facts<M>(
    sources: &Sources<'_, M>,
    plan: &Plan,
    chosen: &[Chosen],
    others: &Others,
) -> Vec<Fact> {
    let mut all = Vec::new();
    for ((shape, at), chosen) in plan.kinds.iter().zip((0u16..).map(KindId)).zip(chosen) {
        let named = kind_name(plan, at);
        let Some(facts) = sources.world.kind(chosen.kind) else {
            continue;
        };
        let credits = credits(facts, sources.partner);
        for (at, n) in chosen.rows.iter().zip(chosen.first..) {
            let Some(row) = facts.rows.get(at.0 as usize) else {
                continue;
            };
            let cells = row.cells.iter().map(|cell| cell_here(cell, others));
            all.push(Fact {
                n,
                kind: named.clone(),
                id: row.id.to_string(),
                revision: (sources.revision)(&shape.name, row.id.as_str(), row.recorded_on),
                recorded_on: row.recorded_on.map(|day| day.to_string()),
                replaced_on: facts.replaced_on(*at).map(|day| day.to_string()),
                cells: cells.collect(),
                credits: credits.get(at).cloned().unwrap_or_default(),
            });
        }
    }
    all
}

/// The credit lines and distances of each of a partner's rows.
fn credits(facts: &KindFacts, partner: PartnerIx) -> BTreeMap<RowIx, Vec<(u16, u32)>> {
    let mut credits: BTreeMap<RowIx, Vec<(u16, u32)>> = BTreeMap::new();
    for (_, whose, credit) in facts.all_credits() {
        if whose == partner {
            let own = credits.entry(credit.row).or_default();
            own.push((credit.line, credit.level));
        }
    }
    credits.values_mut().for_each(|own| own.sort_unstable());
    credits
}

/// The rates between the currencies that the plan converts.
fn rates(world: &World, plan: &Plan) -> Vec<Rate> {
    let mut wanted = BTreeSet::new();
    every_part(plan, None, &mut |formula| {
        if let Form::Call(Call::Convert(conversion)) = &formula.form {
            wanted.insert((conversion.from, conversion.into));
        }
    });
    let mut rates = Vec::new();
    for ((from, into), of_pair) in &world.rates {
        if !wanted.contains(&(*from, *into)) {
            continue;
        }
        rates.extend(of_pair.iter().map(|rate| Rate {
            from: from.code().to_owned(),
            into: into.code().to_owned(),
            on: rate.on.map(|day| day.to_string()),
            rate: rate.rate.to_string(),
        }));
    }
    rates
}

/// What the directory says of the partner in the columns that count, and of others in those that the plan follows.
fn directories<M>(
    content: &Content,
    sources: &Sources<'_, M>,
    plan: &Plan,
    others: &Others,
) -> Vec<Directory> {
    let columns = sources.columns.iter();
    let mut own: Vec<(String, Option<String>)> = columns
        .filter(|(name, _)| {
            let is_read = plan.attributes.iter().any(|one| *one.name == ***name);
            is_read || names_group(content, name)
        })
        .map(|(name, says)| (name.clone(), Some(says.clone())))
        .collect();
    let partner = sources.world.partner(sources.partner);
    let reads_parent = plan.attributes.iter().any(|one| &*one.name == PARENT);
    if let Some(parent) = partner.and_then(|partner| partner.parent.as_ref())
        && reads_parent
        && !sources.columns.contains_key(PARENT)
    {
        own.push((PARENT.to_owned(), Some(others.name(parent))));
    }
    let mut all = vec![Directory {
        partner: content.head.partner.clone(),
        says: own,
    }];
    let mut followed: BTreeSet<AttributeId> = BTreeSet::new();
    every_part(plan, None, &mut |formula| {
        if let Form::Name(Name::Followed(_, _, attribute)) = &formula.form {
            followed.insert(*attribute);
        }
    });
    if followed.is_empty() {
        return all;
    }
    for (id, name) in &others.names {
        let mut says = Vec::new();
        for attribute in &followed {
            let wanted = &plan[*attribute];
            let Some(at) = sources.plan.attributes.iter().position(|one| one == wanted) else {
                continue;
            };
            let here = sources.world.find(id);
            let cell = match here.and_then(|here| sources.world.partner(here)) {
                Some(other) => other.attribute(sources.plan, at),
                None => {
                    let row = sources.world.elsewhere.get(id);
                    row.and_then(|row| row.get(at)).cloned()
                }
            };
            let cell = cell.and_then(|cell| cell_here(&cell, others));
            says.push((wanted.name.to_string(), cell));
        }
        let is_listed =
            sources.world.find(id).is_some() || sources.world.elsewhere.contains_key(id);
        if is_listed {
            all.push(Directory {
                partner: name.clone(),
                says,
            });
        }
    }
    all
}

/// Whether an agreement says by a column for whom it is.
fn names_group(content: &Content, column: &str) -> bool {
    let is_agreement = |path: &str| content.head.under.iter().any(|one| one.path == path);
    content
        .texts
        .iter()
        .filter(|text| is_agreement(&text.path))
        .any(|text| {
            let mut sources = trueup_plan::diagnostic::Sources::new();
            let file = sources.add(&text.path, &text.holds);
            let node = trueup_plan::yaml::read(&sources, file, &mut Vec::new());
            node.and_then(|node| {
                node.get("partners")
                    .map(|group| group.get(column).is_some())
            })
            .unwrap_or(false)
        })
}

/// Other partners, each under a name that stands for it in this bundle alone.
struct Others {
    own: PartnerId,
    names: BTreeMap<PartnerId, String>,
}

impl Others {
    fn of<M>(sources: &Sources<'_, M>, chosen: &[Chosen]) -> Self {
        let mut ids: BTreeSet<&PartnerId> = BTreeSet::new();
        for chosen in chosen {
            let Some(facts) = sources.world.kind(chosen.kind) else {
                continue;
            };
            let rows = chosen.rows.iter();
            let rows = rows.filter_map(|at| facts.rows.get(at.0 as usize));
            for cell in rows.flat_map(|row| &row.cells) {
                if let Cell::Partner(id) = cell {
                    ids.insert(id);
                }
            }
        }
        let partner = sources.world.partner(sources.partner);
        ids.extend(partner.and_then(|partner| partner.parent.as_ref()));
        let own = partner.map(|partner| partner.id.clone());
        ids.retain(|id| Some(*id) != own.as_ref());
        // Named in the order of their ids, so that they compare as they do.
        let width = ids.len().to_string().len();
        let names = ids.into_iter().zip(1usize..);
        let names: BTreeMap<PartnerId, String> = names
            .map(|(id, at)| (id.clone(), format!("other {at:0width$}")))
            .collect();
        Self {
            own: own.unwrap_or_else(nobody),
            names,
        }
    }

    fn name(&self, id: &PartnerId) -> String {
        if *id == self.own {
            return id.to_string();
        }
        // Whoever is named by nothing of the partner's stands apart from those who are.
        let unnamed = || "somebody else".to_owned();
        self.names.get(id).cloned().unwrap_or_else(unnamed)
    }

    /// An answer in which others stand under their names here.
    fn hide(&self, says: Said, world: &World) -> Said {
        match says {
            Said::Partner(id) => Said::Partner(self.named(&id)),
            Said::Missing(why) => Said::Missing(self.reason(&why, world)),
            Said::Undefined(why) => Said::Undefined(self.reason(&why, world)),
            Said::Number(_)
            | Said::Flag(_)
            | Said::Date(_)
            | Said::Duration(..)
            | Said::Text(_) => says,
        }
    }

    fn named(&self, id: &str) -> String {
        PartnerId::new(id).map_or_else(|_| id.to_owned(), |id| self.name(&id))
    }

    /// A reason with the ids in it replaced: they stand behind the word `partner`.
    fn reason(&self, why: &str, world: &World) -> String {
        const WORD: &str = "partner ";
        let ids = world.partners.iter().map(|partner| &partner.id);
        let ids: Vec<&PartnerId> = ids
            .chain(world.beyond.keys())
            .chain(world.elsewhere.keys())
            .filter(|id| **id != self.own)
            .collect();
        let (mut said, mut rest) = (String::new(), why);
        while let Some((before, behind)) = rest.split_once(WORD) {
            said.push_str(before);
            said.push_str(WORD);
            let is_it = |id: &&&PartnerId| {
                let tail = behind.strip_prefix(id.as_str());
                tail.is_some_and(|tail| tail.is_empty() || tail.starts_with([' ', ',', ';']))
            };
            rest = match ids.iter().filter(is_it).max_by_key(|id| id.as_str().len()) {
                Some(id) => {
                    said.push_str(&self.name(id));
                    behind.strip_prefix(id.as_str()).unwrap_or(behind)
                }
                None => behind,
            };
        }
        said.push_str(rest);
        said
    }
}

/// A partner that no program has.
fn nobody() -> PartnerId {
    let id = PartnerId::new("nobody");
    id.unwrap_or_else(|_| unreachable!("a short word is an id"))
}

/// What the program answered to the questions about others, as the bundle asks them.
fn answered<M: Measurer<Answer>>(
    evaluator: &Evaluator<'_, Answer, M>,
    sources: &Sources<'_, M>,
    rules: &Rules,
    tree: &Tree<'_>,
    chosen: &[Chosen],
    others: &Others,
) -> BTreeMap<Key, trueup_engine::Value<Answer>> {
    let asked = same_questions(sources, rules, tree);
    let mut answers = BTreeMap::new();
    for node in evaluator.graph().nodes() {
        let What::Formula(formula) = node.what else {
            continue;
        };
        let Form::Call(call) = &formula.form else {
            continue;
        };
        let place = &node.place;
        let is_own = place.partner == sources.partner && place.under.is_none();
        let Some(question) = asked.get(&address(call)).filter(|_| is_own) else {
            continue;
        };
        let row = match place.row.filter(|_| question.asks == "of") {
            None => None,
            Some(row) => match row_place(&row, chosen) {
                Some(row) => Some(row),
                None => continue,
            },
        };
        let key = evaluator.key_of(place);
        let key = key.and_then(|cell| cell_here(cell, others));
        let says = others.hide(said::of_value(&node.value), sources.world);
        if let Some(value) = said::value(&says) {
            answers.insert((question.formula, said::of_place(place), row, key), value);
        }
    }
    answers
}

/// A cell in which others stand under their names here.
fn cell_here(cell: &Cell, others: &Others) -> Option<String> {
    match cell {
        Cell::Partner(id) => Some(others.name(id)),
        Cell::Number(_) | Cell::Text(_) | Cell::Date(_) | Cell::Flag(_) | Cell::Empty => {
            said::of_cell(cell)
        }
    }
}

/// A credited row of the program as the bundle numbers it.
fn row_place(row: &trueup_engine::RowPlace, chosen: &[Chosen]) -> Option<RowPlace> {
    let of_kind = chosen.iter().find(|one| one.kind == row.kind)?;
    let at = of_kind.rows.binary_search(&row.row).ok()?;
    let n = of_kind.first.checked_add(u32::try_from(at).ok()?)?;
    Some((n, row.role, row.line, row.level))
}

fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

/// The bundle's question for each of the program's, by the program's place in memory.
fn same_questions<M>(
    sources: &Sources<'_, M>,
    rules: &Rules,
    tree: &Tree<'_>,
) -> BTreeMap<usize, Question> {
    let own = &rules.plan;
    let is_one = own.editions.is_empty();
    let versions: Vec<(Option<u16>, Option<u16>)> = match sources.editions {
        [] => vec![(None, None)],
        editions => rules
            .versions()
            .zip(editions)
            .map(|((_, at), edition)| ((!is_one).then_some(at), Some(*edition)))
            .collect(),
    };
    let mut same = BTreeMap::new();
    for (here, there) in versions {
        let asked = questions(own, here).into_iter();
        for (own, program) in asked.zip(questions(sources.plan, there)) {
            if let Some(question) = tree.question(own) {
                same.insert(address(program), question);
            }
        }
    }
    same
}

/// The questions about others in a plan, or in one version of it, in the order of its tree.
fn questions(plan: &Plan, edition: Option<u16>) -> Vec<&Call> {
    let mut calls = Vec::new();
    every_part(plan, edition, &mut |formula| {
        if let Form::Call(call) = &formula.form
            && asks_of_others(call).is_some()
        {
            calls.push(call);
        }
    });
    calls
}

/// Every formula that is evaluated for a settlement, and every part of one.
fn every_part<'p>(plan: &'p Plan, edition: Option<u16>, look: &mut dyn FnMut(&'p Expr)) {
    let mut formulas: Vec<&'p Expr> = Vec::new();
    let is_its = |name| edition.is_none() || plan.edition_of(name) == edition;
    for name in plan.references().filter(|name| is_its(*name)) {
        match name {
            Reference::Term(id) => formulas.extend(&plan[id].agreed),
            Reference::Measure(id) => {
                let measure = &plan[id];
                let all = measure.of.iter().chain(&measure.filter);
                formulas.extend(all.chain(&measure.by));
            }
            Reference::Value(id) => formulas.push(&plan[id].formula),
            Reference::Table(id) => formulas.extend(formulas_of_table(&plan[id])),
            Reference::Component(id) => {
                let component = &plan[id];
                let each = component.each.as_ref();
                formulas.push(&component.pays);
                formulas.extend(each.and_then(|each| each.filter.as_ref()));
                let once = [
                    &component.applies,
                    &component.gate,
                    &component.at_least,
                    &component.at_most,
                ];
                formulas.extend(once.into_iter().flatten());
            }
            Reference::Limit(id) => {
                let limit = &plan[id];
                formulas.extend(limit.at_least.iter().chain(&limit.at_most));
            }
        }
    }
    let editions = edition.and_then(|edition| plan.edition(edition));
    for trigger in plan.triggers() {
        if editions.is_some_and(|edition| !edition.has_trigger(trigger)) {
            continue;
        }
        formulas.push(plan.when(trigger));
        for change in plan.changes(trigger) {
            formulas.push(&change.to);
            formulas.extend(change.lowest.iter().chain(&change.highest));
        }
    }
    let mut open: Vec<&'p Expr> = formulas.into_iter().rev().collect();
    while let Some(formula) = open.pop() {
        look(formula);
        open.extend(parts(formula).into_iter().rev());
    }
}
