//! What a kept run read, as any version of its plans reads it.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::id::PartnerId;
use trueup_engine::world::{Complete, Partner, PartnerIx, Row, RowsRead, World};
use trueup_facts::measure::{Order, Settings, StoredKinds, stored_kinds, world_of_and_wait};
use trueup_plan::agreement::AgreementText;
use trueup_plan::diagnostic::Sources;
use trueup_plan::tree::{Column, CreditTo, FactKind, KindId, Plan, Text};

use crate::agreements::{self, Matched};
use crate::compute;
use crate::failure::Failure;
use crate::plans::{self, Written};
use crate::runs::Again;

/// The plans and templates of a kept run, read into sources that may hold another run's besides: its own paths stand
/// below the beginning of its hash.
pub fn plan_texts(sources: &mut Sources, again: &Again) -> Written {
    let own = format!("{}/", again.hash.short());
    let text_of = |path: &str| {
        let bytes = again.folder.texts.get(path)?;
        std::str::from_utf8(bytes).ok().map(str::to_owned)
    };
    let mut files = Vec::new();
    for path in again.folder.texts.keys() {
        let is_plan = path.strip_prefix("plans/").is_some_and(|name| {
            !name.contains('/') && (name.ends_with(".yaml") || name.ends_with(".yml"))
        });
        if let (true, Some(text)) = (is_plan, text_of(path)) {
            files.push(sources.add(&format!("{own}{path}"), &text));
        }
    }
    let mut read_rows = |path: &str| text_of(path.strip_prefix(&own)?);
    // What is wrong in them was told when the run was read again.
    plans::written(sources, &files, &mut read_rows, &mut Vec::new())
}

/// What decides which rows a kind has and how they read.
#[derive(Clone, Debug, PartialEq)]
struct Shape {
    name: Text,
    columns: Vec<Column>,
    credited: Vec<CreditTo>,
}

impl Shape {
    fn of(kind: &FactKind) -> Self {
        Self {
            name: kind.name.clone(),
            columns: kind.columns.clone(),
            credited: kind.credited.iter().map(|line| line.to.clone()).collect(),
        }
    }
}

/// Rows of one shape.
struct ShapeRows {
    shape: Shape,
    rows: Vec<Row>,
    complete: Option<Vec<Complete>>,
    is_everyones: bool,
}

/// What one run read under one plan's name.
pub struct Reads<'r> {
    again: &'r Again,
    plan_name: String,
    stored: StoredKinds,
    /// Whose rows are read; none for everyone's.
    whose: Option<BTreeSet<PartnerId>>,
    /// The other run: who takes part there has its rows read here too, so that joining is not told as late rows.
    other: &'r Again,
    rows: Vec<ShapeRows>,
}

impl<'r> Reads<'r> {
    pub fn new(
        [again, other]: [&'r Again; 2],
        plan_name: &str,
        whose: Option<BTreeSet<PartnerId>>,
    ) -> Result<Self, Failure> {
        let mut stored = stored_kinds(&again.folder.program, &again.facts)
            .map_err(|error| Failure::fault("reading the facts", &error))?;
        for (kind, stored) in &mut stored {
            stored.complete = Some(compute::complete(&again.folder, &again.facts, kind));
        }
        Ok(Self {
            again,
            plan_name: plan_name.to_owned(),
            stored,
            whose,
            other,
            rows: Vec::new(),
        })
    }

    /// Reads the rows that a plan needs and no plan before it needed.
    pub fn read_for(&mut self, plan: &Plan) -> Result<(), Failure> {
        let is_known = |kind: &FactKind| {
            let shape = Shape::of(kind);
            self.rows.iter().any(|known| known.shape == shape)
        };
        if plan.kinds.iter().all(is_known) {
            return Ok(());
        }
        let mut partners = self.partners(plan);
        let own: BTreeSet<PartnerId> = partners.iter().map(|one| one.id.clone()).collect();
        let others = partners_of(self.other, &self.plan_name, plan);
        partners.extend(others.into_iter().filter(|one| !own.contains(&one.id)));
        let world = compute::world_of(&self.again.folder, plan, partners);
        let everyone: BTreeSet<PartnerIx> = world.all().collect();
        let whose = match &self.whose {
            None => everyone,
            Some(ids) => ids.iter().filter_map(|id| world.find(id)).collect(),
        };
        let order = Order {
            plan,
            facts: &self.stored,
            until: self.again.scope.until,
            besides: &[],
            only: None,
            settings: Settings::default(),
        };
        let world = world_of_and_wait(order, world, &whose).map_err(|error| {
            Failure::fault(format!("reading the facts of plan {}", plan.name), &error)
        })?;
        for (kind, facts) in plan.kinds.iter().zip(world.facts) {
            let shape = Shape::of(kind);
            if self.rows.iter().all(|known| known.shape != shape) {
                self.rows.push(ShapeRows {
                    shape,
                    rows: facts.rows,
                    complete: facts.complete,
                    is_everyones: self.whose.is_none() || facts.read == RowsRead::All,
                });
            }
        }
        Ok(())
    }

    /// What the run read, as a plan reads it whose rows were read before.
    pub fn world(&self, plan: &Plan) -> World {
        let mut world = compute::world_of(&self.again.folder, plan, self.partners(plan));
        for (kind, at) in plan.kinds.iter().zip(0u16..) {
            let shape = Shape::of(kind);
            let Some(known) = self.rows.iter().find(|known| known.shape == shape) else {
                continue;
            };
            world.give(plan, KindId(at), known.rows.clone(), known.complete.clone());
            let read = match (&self.whose, known.is_everyones) {
                (Some(ids), false) => {
                    RowsRead::Of(ids.iter().filter_map(|id| world.find(id)).collect())
                }
                (_, _) => RowsRead::All,
            };
            if let Some(facts) = world.facts.get_mut(usize::from(at)) {
                facts.read = read;
            }
        }
        world
    }

    /// The partners under the plan's name, as a plan sees them; what it does not read of an agreement is left out.
    fn partners(&self, plan: &Plan) -> Vec<Partner> {
        partners_of(self.again, &self.plan_name, plan)
    }
}

fn partners_of(again: &Again, plan_name: &str, plan: &Plan) -> Vec<Partner> {
    members(again, plan_name)
        .map(|(matched, text)| agreements::partner(plan, matched, text, &mut Vec::new()))
        .collect()
}

/// Who takes part under a plan in a run.
pub fn members<'r>(
    again: &'r Again,
    plan: &'r str,
) -> impl Iterator<Item = (&'r Matched, &'r AgreementText)> {
    again.folder.matched.iter().filter_map(move |matched| {
        let text = again.folder.agreements.get(matched.agreement)?;
        (matched.later.is_empty() && *text.plan.text == *plan).then_some((matched, text))
    })
}

/// The partners whose rows the later of two runs has in files that the earlier did not have, everyone above them
/// included; none where anybody's may differ.
pub fn touched(
    before: &Again,
    after: &Again,
    plan: &Plan,
    worlds: [&World; 2],
) -> Result<Option<BTreeSet<PartnerId>>, Failure> {
    let mut touched = BTreeSet::new();
    for kind in &plan.kinds {
        let (was, is) = (before.facts.kind(&kind.name), after.facts.kind(&kind.name));
        let rows = match (was, is) {
            (None, None) => continue,
            (Some(_), None) => return Ok(None),
            (was, Some(is)) => is.rows_beyond(was, kind).map_err(|error| {
                Failure::fault(format!("reading the facts of kind {}", kind.name), &error)
            })?,
        };
        let Some(rows) = rows else {
            return Ok(None);
        };
        for row in &rows {
            for line in &kind.credited {
                let (CreditTo::Column(column) | CreditTo::Upline(column)) = line.to;
                let Some(trueup_engine::world::Cell::Partner(owner)) =
                    row.cells.get(column.index())
                else {
                    continue;
                };
                touched.insert(owner.clone());
                for world in worlds {
                    let above = world.above(owner).into_iter();
                    touched.extend(above.filter_map(|(at, _)| Some(world.partner(at)?.id.clone())));
                }
            }
        }
    }
    Ok(Some(touched))
}

/// The paths of one run's texts that the other has differently or not at all.
pub fn texts_that_differ<'r>(before: &'r Again, after: &'r Again) -> BTreeSet<&'r str> {
    let (was, is): (&BTreeMap<_, _>, &BTreeMap<_, _>) =
        (&before.manifest.texts, &after.manifest.texts);
    was.keys()
        .chain(is.keys())
        .filter(|path| was.get(*path) != is.get(*path))
        .map(String::as_str)
        .collect()
}
