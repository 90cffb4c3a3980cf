//! What a bundle is evaluated over, made from its records: the plan from its texts, the partner from its agreement, the facts.
//!
//! Nothing is guessed: a record that does not say what its place wants is named and refused.

use std::collections::BTreeMap;

use trueup_base::id::{FactId, PartnerId};
use trueup_base::money::Currency;
use trueup_engine::cell;
use trueup_engine::world::{
    Agreement, Cell, Complete, Credit, Credited, CreditedRow, InForce, Partner, PartnerIx, Rate,
    Row, RowIx, World, date_of, role_of,
};
use trueup_plan::agreement::{self, AgreementText, Whose};
use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::{Diagnostic, Sources, any_error};
use trueup_plan::document::read_plan;
use trueup_plan::tree::{CreditTo, FactKind, KindId, Plan, Type};
use trueup_plan::versions::{editions, is_called};
use trueup_plan::{rows, yaml};

use crate::lines::Content;
use crate::record::{Directory, Fact, Kind, Role};
use crate::said;
use crate::tree::kind_name;
use crate::verify::Finding;

/// A version of the partner's agreement: as written, its plan by itself, its place in the tree.
struct Version {
    text: AgreementText,
    plan: Plan,
    edition: u16,
}

/// The plan of a bundle, of several versions as one tree, and the versions of the agreement.
pub struct Rules {
    /// The tree.
    pub plan: Plan,
    versions: Vec<Version>,
}

/// Reads the plan and the agreement from their texts.
pub fn rules(content: &Content) -> Result<Rules, Finding> {
    let mut sources = Sources::new();
    let mut found = Vec::new();
    let mut files = Vec::new();
    for text in &content.texts {
        if sources.find(&text.path).is_some() {
            return Err(Finding::at(
                format!("text {}", text.path),
                "it is there twice",
            ));
        }
        let file = sources.add(&text.path, &text.holds);
        files.push((text.role, file));
    }
    let (mut plans, mut templates) = (Vec::new(), Vec::new());
    for (role, file) in &files {
        if *role != Role::Plan {
            continue;
        }
        let Some(mut text) = read_plan(&sources, *file, &mut found) else {
            continue;
        };
        let path = sources.path(*file).to_owned();
        let folder = match path.rfind('/') {
            Some(slash) => path.get(..=slash).unwrap_or_default(),
            None => "",
        };
        rows::fill(&mut text, folder, &sources, &mut found);
        match text.is_template {
            true => templates.push(text),
            false => plans.push(text),
        }
    }
    let checked: Vec<Plan> = plans
        .iter()
        .filter_map(|text| check::plan(&sources, text, &templates, Strictness::Draft, &mut found))
        .collect();
    refuse(&sources, &found)?;
    let mut own = Vec::new();
    for under in &content.head.under {
        let place = || format!("agreement {}", under.agreement);
        let file = sources
            .find(&under.path)
            .filter(|file| files.contains(&(Role::Agreement, *file)))
            .ok_or_else(|| Finding::at(place(), "its text is not in the bundle"))?;
        let text = yaml::read(&sources, file, &mut found)
            .and_then(|node| agreement::read(&node, &mut found));
        refuse(&sources, &found)?;
        let text = text.ok_or_else(|| Finding::at(place(), "its text cannot be read"))?;
        if *text.name.text != *under.agreement {
            return Err(Finding::at(place(), "its text is of another agreement"));
        }
        let mut called = checked.iter().filter(|plan| is_called(plan, &under.plan));
        let (Some(plan), None) = (called.next(), called.next()) else {
            let why = format!("the bundle has not one plan {}", under.plan);
            return Err(Finding::at(place(), why));
        };
        let is_its = is_called(plan, &text.plan.text);
        if !is_its {
            let why = format!("it is about plan {}", text.plan.text);
            return Err(Finding::at(place(), why));
        }
        let plan = Plan {
            name: under.plan.as_str().into(),
            ..plan.clone()
        };
        own.push((text, plan));
    }
    let used: usize = content.head.under.len();
    let agreements = files.iter().filter(|(role, _)| *role == Role::Agreement);
    if used == 0 || agreements.count() != used {
        return Err(Finding::at(
            "the head",
            "it does not name every agreement once",
        ));
    }
    in_one_tree(own)
}

impl Rules {
    /// The versions of the agreement: the plan of each by itself, and its place in the tree.
    pub fn versions(&self) -> impl Iterator<Item = (&Plan, u16)> {
        self.versions
            .iter()
            .map(|version| (&version.plan, version.edition))
    }

    /// The texts of the versions.
    pub fn agreements(&self) -> impl Iterator<Item = &AgreementText> {
        self.versions.iter().map(|version| &version.text)
    }
}

fn in_one_tree(own: Vec<(AgreementText, Plan)>) -> Result<Rules, Finding> {
    if let [(_, plan)] = own.as_slice() {
        let plan = plan.clone();
        let versions = own.into_iter().map(|(text, plan)| Version {
            text,
            plan,
            edition: 0,
        });
        return Ok(Rules {
            plan,
            versions: versions.collect(),
        });
    }
    let mut names: Vec<&str> = own.iter().map(|(_, plan)| &*plan.name).collect();
    names.sort_unstable();
    names.dedup();
    let way: Vec<usize> = own
        .iter()
        .filter_map(|(_, plan)| names.iter().position(|name| *name == &*plan.name))
        .collect();
    let (stand, places) = editions(&[way]);
    let each: Vec<&Plan> = stand
        .iter()
        .filter_map(|at| {
            let name = names.get(*at)?;
            let (_, plan) = own.iter().find(|(_, plan)| *plan.name == **name)?;
            Some(plan)
        })
        .collect();
    let plan = Plan::of_several(&each)
        .ok_or_else(|| Finding::at("the plan", "its versions do not fit into one tree"))?;
    let places = places.into_iter().next().unwrap_or_default();
    let versions = own.into_iter().zip(places);
    Ok(Rules {
        plan,
        versions: versions
            .map(|((text, plan), edition)| Version {
                text,
                plan,
                edition,
            })
            .collect(),
    })
}

fn refuse(sources: &Sources, found: &[Diagnostic]) -> Result<(), Finding> {
    if !any_error(found) {
        return Ok(());
    }
    let first = found
        .iter()
        .find(|one| any_error(std::slice::from_ref(*one)));
    Err(match first {
        Some(first) => {
            let span = first.span();
            let (line, _) = sources.line_column(span);
            let place = format!("text {}, line {line}", sources.path(span.file));
            Finding::at(place, first.message.clone())
        }
        None => Finding::at("the texts", "they hold mistakes"),
    })
}

/// The partner with its agreement, and its facts.
pub fn world(content: &Content, rules: &Rules) -> Result<World, Finding> {
    let plan = &rules.plan;
    let (own, others) = content
        .directories
        .split_first()
        .ok_or_else(|| Finding::at("the directory", "the partner's row is not in the bundle"))?;
    let id = PartnerId::new(content.head.partner.as_str())
        .map_err(|error| Finding::at("the head", error.to_string()))?;
    if own.partner != content.head.partner {
        return Err(Finding::at(
            format!("the directory's row of {}", own.partner),
            "it is another partner's than the head names",
        ));
    }
    let partner = partner(own, id.clone(), rules)?;
    let mut world = World::new(plan, vec![partner]);
    for other in others {
        let named = PartnerId::new(other.partner.as_str()).ok();
        let named = named.filter(|named| *named != id);
        let named = named.ok_or_else(|| of_directory(other, "it stands for nobody"))?;
        let cells = attributes(other, plan)?;
        if world.elsewhere.insert(named, cells).is_some() {
            return Err(of_directory(other, "it is there twice"));
        }
    }
    for rate in &content.rates {
        let wrong = || {
            let place = format!("the rate from {} into {}", rate.from, rate.into);
            Finding::at(place, "it cannot be read")
        };
        let from = Currency::parse(&rate.from).map_err(|_| wrong())?;
        let into = Currency::parse(&rate.into).map_err(|_| wrong())?;
        let on = match &rate.on {
            Some(text) => Some(said::day(text).ok_or_else(wrong)?),
            None => None,
        };
        let figure = said::exact(&rate.rate).ok_or_else(wrong)?;
        let rates = world.rates.entry((from, into)).or_default();
        rates.push(Rate { rate: figure, on });
    }
    facts(content, plan, &id, &mut world)?;
    Ok(world)
}

fn of_directory(row: &Directory, why: impl Into<String>) -> Finding {
    Finding::at(format!("the directory's row of {}", row.partner), why)
}

/// What the directory says in the columns that a plan reads.
fn attributes(row: &Directory, plan: &Plan) -> Result<Vec<Cell>, Finding> {
    let mut cells = Vec::with_capacity(plan.attributes.len());
    for attribute in &plan.attributes {
        let says = row.says.iter().find(|(name, _)| **name == *attribute.name);
        cells.push(match says {
            Some((_, Some(text))) => cell::of_fact(text, attribute.of)
                .map_err(|why| of_directory(row, format!("{}: {why}", attribute.name)))?,
            Some((_, None)) | None => Cell::Empty,
        });
    }
    Ok(cells)
}

fn partner(row: &Directory, id: PartnerId, rules: &Rules) -> Result<Partner, Finding> {
    let plan = &rules.plan;
    let (mut stated, mut approved, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for version in &rules.versions {
        let text = &version.text;
        let is_its = match &text.whose {
            Whose::Partner(partner) => *partner.text == *id.as_str(),
            Whose::Partners(columns) => columns.iter().all(|(column, value)| {
                row.says.iter().any(|(name, says)| {
                    **name == *column.text && says.as_deref() == Some(&*value.text)
                })
            }),
        };
        if !is_its {
            let place = format!("agreement {}", text.name());
            return Err(Finding::at(place, format!("it is not one of partner {id}")));
        }
        let edition = plan.edition(version.edition);
        if let Some(node) = &text.terms {
            for mut one in agreement::terms(&version.plan, node, &mut found) {
                one.term = edition.map_or(one.term, |edition| edition.term(one.term));
                stated.push(one);
            }
        }
        if let Some(node) = &text.contingencies {
            for mut one in agreement::approved(&version.plan, node, &mut found) {
                one.contingency = edition.map_or(one.contingency, |edition| {
                    edition.contingency(one.contingency)
                });
                approved.push(one);
            }
        }
    }
    if let Some(first) = found
        .iter()
        .find(|one| any_error(std::slice::from_ref(*one)))
    {
        return Err(Finding::at("the agreement", first.message.clone()));
    }
    let (Some(first), Some(last)) = (rules.versions.first(), rules.versions.last()) else {
        return Err(Finding::at("the head", "it names no agreement"));
    };
    let in_force = rules.versions.iter().map(|version| InForce {
        edition: version.edition,
        from: version.text.starts,
        until: version.text.until,
        splits: version.text.splits,
    });
    let versions = match plan.editions.is_empty() {
        true => Vec::new(),
        false => in_force.collect(),
    };
    let own = Agreement::new(plan, first.text.starts, last.text.until, &stated);
    let parent = row.says.iter().find(|(name, _)| name == PARENT);
    let parent = parent.and_then(|(_, says)| PartnerId::new(says.clone()?).ok());
    Ok(Partner {
        id,
        parent,
        attributes: attributes(row, plan)?,
        agreement: Agreement {
            versions,
            ..own.with_approved(approved)
        },
    })
}

/// The column of a directory's row that names who stands directly above, where the plan asks.
pub const PARENT: &str = "parent";

fn facts(content: &Content, plan: &Plan, id: &PartnerId, world: &mut World) -> Result<(), Finding> {
    if content.kinds.len() != plan.kinds.len() {
        return Err(Finding::at(
            "the kinds",
            "they are not those that the plan reads",
        ));
    }
    let mut by_kind: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    for (fact, n) in content.facts.iter().zip(0u32..) {
        if fact.n != n {
            return Err(of_fact(fact, format!("it should be number {n}")));
        }
        by_kind.entry(&fact.kind).or_default().push(fact);
    }
    let mut count = 0;
    for ((kind, shape), at) in content.kinds.iter().zip(&plan.kinds).zip(0u16..) {
        let own = by_kind.remove(kind.kind.as_str()).unwrap_or_default();
        // The facts of a kind stand together, so that a number says which they are.
        if own.first().is_some_and(|first| first.n != count) {
            return Err(Finding::at(
                format!("kind {}", kind.kind),
                "its facts do not follow it",
            ));
        }
        count += u32::try_from(own.len()).unwrap_or(u32::MAX);
        if kind.kind != kind_name(plan, KindId(at)) {
            let place = format!("kind {}", kind.kind);
            return Err(Finding::at(place, "it is not as the plan reads it"));
        }
        let given = credited(kind, shape, &own, id)?;
        world.give_credited(KindId(at), given);
    }
    match by_kind.into_values().flatten().next() {
        Some(fact) => Err(of_fact(fact, "the plan reads no facts of its kind")),
        None => Ok(()),
    }
}

fn of_fact(fact: &Fact, why: impl Into<String>) -> Finding {
    Finding::at(format!("fact {} ({} {})", fact.n, fact.kind, fact.id), why)
}

fn credited(
    kind: &Kind,
    shape: &FactKind,
    own: &[&Fact],
    id: &PartnerId,
) -> Result<Credited, Finding> {
    let place = || format!("kind {}", kind.kind);
    let columns = shape.columns.iter().map(|column| &*column.name);
    if !columns.eq(kind.columns.iter().map(String::as_str)) {
        return Err(Finding::at(place(), "it is not as the plan reads it"));
    }
    let complete = match &kind.complete {
        None => None,
        Some(spans) => {
            let span = |(from, until): &(String, String)| {
                Some(Complete {
                    from: said::day(from)?,
                    until: said::day(until)?,
                })
            };
            let spans: Option<Vec<Complete>> = spans.iter().map(span).collect();
            Some(spans.ok_or_else(|| Finding::at(place(), "a day of `complete` is none"))?)
        }
    };
    let mut rows: Vec<CreditedRow> = Vec::with_capacity(own.len());
    for fact in own {
        let row = row(fact, shape, id)?;
        if let Some(before) = rows.last()
            && key_of(&before.row, shape) > key_of(&row.row, shape)
        {
            return Err(of_fact(fact, "it stands before one that it should follow"));
        }
        rows.push(row);
    }
    Ok(Credited {
        rows,
        complete,
        has_history: kind.has_versions,
    })
}

type RowKey<'r> = (
    Option<trueup_base::date::Date>,
    &'r FactId,
    Option<trueup_base::date::Date>,
);

/// The order of facts: by day, by id, by when they became known.
fn key_of<'r>(row: &'r Row, shape: &FactKind) -> RowKey<'r> {
    (date_of(row, shape.dated), &row.id, row.recorded_on)
}

fn row(fact: &Fact, shape: &FactKind, id: &PartnerId) -> Result<CreditedRow, Finding> {
    if fact.cells.len() != shape.columns.len() {
        return Err(of_fact(
            fact,
            "it has another number of cells than its kind",
        ));
    }
    let mut cells = Vec::with_capacity(fact.cells.len());
    for (text, column) in fact.cells.iter().zip(&shape.columns) {
        let cell = text.as_ref().map(|text| cell_of(text, column.of));
        let cell = match cell {
            None => Cell::Empty,
            Some(Some(cell)) => cell,
            Some(None) => {
                return Err(of_fact(fact, format!("its {} cannot be read", column.name)));
            }
        };
        cells.push(cell);
    }
    let day = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => match said::day(text) {
            Some(day) => Ok(Some(day)),
            None => Err(of_fact(fact, "a day is none")),
        },
    };
    let mut credits = Vec::with_capacity(fact.credits.len());
    for (line_at, level) in &fact.credits {
        let line = shape.credited.get(usize::from(*line_at));
        let role = line.and_then(|line| role_of(shape, &line.role));
        let (Some(line), Some(role)) = (line, role) else {
            return Err(of_fact(
                fact,
                "it is credited by a line that its kind has not",
            ));
        };
        let credit = Credit {
            row: RowIx(0),
            line: *line_at,
            share: line.share.clone(),
            level: *level,
        };
        credits.push((role, PartnerIx(0), credit));
    }
    // Whom a column names has its credit, and nobody else; who is above whom is the vendor's word.
    for (line, line_at) in shape.credited.iter().zip(0u16..) {
        let credited: Vec<u32> = fact
            .credits
            .iter()
            .filter(|(at, _)| *at == line_at)
            .map(|(_, level)| *level)
            .collect();
        let (is_right, why) = match line.to {
            CreditTo::Column(column) => {
                let named = cells.get(column.index());
                let is_own = matches!(named, Some(Cell::Partner(owner)) if owner == id);
                let should: &[u32] = if is_own { &[0] } else { &[] };
                let why = match is_own {
                    true => "it names the partner and is not credited once",
                    false => "it is credited and does not name the partner",
                };
                (credited == should, why)
            }
            CreditTo::Upline(_) => {
                let is_right = credited.len() <= 1 && credited.iter().all(|level| *level > 0);
                (
                    is_right,
                    "it is credited from below twice, or at no distance",
                )
            }
        };
        if !is_right {
            return Err(of_fact(fact, format!("{why} (role {})", line.role)));
        }
    }
    if credits.is_empty() || !fact.credits.is_sorted() {
        return Err(of_fact(fact, "it is not credited to the partner in order"));
    }
    Ok(CreditedRow {
        row: Row {
            id: FactId::new(fact.id.as_str()).map_err(|error| of_fact(fact, error.to_string()))?,
            cells,
            recorded_on: day(&fact.recorded_on)?,
        },
        replaced_on: day(&fact.replaced_on)?,
        credits,
    })
}

/// A written cell; none where it is not written as cells are.
fn cell_of(text: &str, of: Type) -> Option<Cell> {
    Some(match of {
        Type::Number(_) => Cell::Number(said::exact(text)?),
        Type::Date => Cell::Date(said::day(text)?),
        Type::Flag => match text {
            "true" => Cell::Flag(true),
            "false" => Cell::Flag(false),
            _ => return None,
        },
        Type::Text => Cell::Text(text.into()),
        Type::Partner => Cell::Partner(PartnerId::new(text).ok()?),
        Type::Duration => return None,
    })
}
