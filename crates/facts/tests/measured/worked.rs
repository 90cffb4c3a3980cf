//! Every worked example, settled by the executor's measures and by the rows alone: the same lines, to the last word.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int8Array, Int64Array, RecordBatch,
    StringArray,
};
use arrow::datatypes::{Field, Schema};
use datafusion::datasource::MemTable;
use trueup_base::date::{Date, add_months, days_between};
use trueup_engine::cases::{CaseFiles, setting};
use trueup_engine::settle::Line;
use trueup_engine::world::{Cell, KindFacts, PartnerIx, Row, World};
use trueup_engine::{Answer, Evaluator, Reference};
use trueup_facts::digest::Digest;
use trueup_facts::measure::{
    Inputs, Measured, Order, Settings, Stored, StoredKinds, measure_and_wait,
};
use trueup_plan::tree::{FactKind, KindId, Plan, Type};

/// A kind's rows as the store would keep them: each version, and before the next one its withdrawal.
fn stored(kind: &FactKind, facts: &KindFacts) -> Stored {
    let mut versions: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &facts.rows {
        versions.entry(row.id.as_str()).or_default().push(row);
    }
    let mut rows: Vec<(&Row, i64, i8, Option<Date>)> = Vec::new();
    for versions in versions.values_mut() {
        versions.sort_by_key(|row| row.recorded_on);
        for (at, row) in versions.iter().enumerate() {
            let revision = i64::try_from(at).unwrap();
            rows.push((row, revision, 1, row.recorded_on));
            if let Some(next) = versions.get(at + 1) {
                rows.push((row, revision, -1, next.recorded_on));
            }
        }
    }
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (at, column) in kind.columns.iter().enumerate() {
        let array = array(column.of, rows.iter().map(|(row, ..)| &row.cells[at]));
        fields.push(Field::new(&*column.name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let mut own = |name: &str, array: ArrayRef| {
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    };
    own(
        "fact_source",
        Arc::new(rows.iter().map(|_| Some("case")).collect::<StringArray>()),
    );
    own(
        "fact_id",
        Arc::new(
            rows.iter()
                .map(|(row, ..)| Some(row.id.as_str()))
                .collect::<StringArray>(),
        ),
    );
    own(
        "fact_revision",
        Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>()),
    );
    own(
        "fact_weight",
        Arc::new(rows.iter().map(|row| row.2).collect::<Int8Array>()),
    );
    own(
        "fact_recorded_on",
        Arc::new(
            rows.iter()
                .map(|row| row.3.map(day_number))
                .collect::<Date32Array>(),
        ),
    );
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), arrays).unwrap();
    Stored {
        rows: Arc::new(MemTable::try_new(schema, vec![vec![batch]]).unwrap()),
        rows_max: u64::try_from(rows.len()).unwrap(),
        has_corrections: rows.iter().any(|row| row.2 < 0),
        has_history: facts.has_history,
        complete: facts.complete.clone(),
        never_empty: Default::default(),
        month: None,
        layers: None,
    }
}

fn array<'a>(of: Type, cells: impl Iterator<Item = &'a Cell>) -> ArrayRef {
    let cells: Vec<&Cell> = cells.collect();
    match of {
        Type::Number(_) => {
            let number = |cell: &&Cell| match cell {
                Cell::Number(figure) => Some(figure.to_scaled(12).unwrap()),
                _ => None,
            };
            let numbers: Decimal128Array = cells.iter().map(number).collect();
            Arc::new(numbers.with_precision_and_scale(28, 12).unwrap())
        }
        Type::Date => {
            let day = |cell: &&Cell| match cell {
                Cell::Date(day) => Some(day_number(*day)),
                _ => None,
            };
            Arc::new(cells.iter().map(day).collect::<Date32Array>())
        }
        Type::Flag => {
            let flag = |cell: &&Cell| match cell {
                Cell::Flag(holds) => Some(*holds),
                _ => None,
            };
            Arc::new(cells.iter().map(flag).collect::<BooleanArray>())
        }
        Type::Text | Type::Partner | Type::Duration => {
            let text = |cell: &&Cell| match cell {
                Cell::Text(text) => Some(text.to_string()),
                Cell::Partner(partner) => Some(partner.as_str().to_owned()),
                _ => None,
            };
            Arc::new(cells.iter().map(text).collect::<StringArray>())
        }
    }
}

fn day_number(day: Date) -> i32 {
    i32::try_from(days_between(Date::constant(1970, 1, 1), day)).unwrap()
}

/// What a worked example comes to.
struct Settled {
    /// Everyone's lines by the executor.
    found: Vec<Vec<String>>,
    /// The same by the rows.
    wanted: Vec<Vec<String>>,
    /// How many measures stayed with the rows.
    left: usize,
    /// The digests of what everyone's lines are worked out from, where nobody's hang on another.
    inputs: Option<Vec<Digest>>,
}

fn settle(plan: &Plan, world: &World, until: Date) -> Settled {
    let kinds = plan.kinds.iter().zip(&world.facts);
    let facts: StoredKinds = kinds
        .map(|(kind, facts)| (kind.name.to_string(), stored(kind, facts)))
        .collect();
    let mut empty = world.clone();
    empty
        .facts
        .iter_mut()
        .for_each(|facts| *facts = KindFacts::default());
    let settings = Settings {
        partitions: Some(2),
        batch_rows: Some(64),
    };
    let order = Order {
        plan,
        facts: &facts,
        until,
        besides: &[],
        only: None,
        settings,
    };
    let (measured, rows) = measure_and_wait(order, empty).unwrap();
    let mut fast = Evaluator::<Answer, Measured>::new(plan, &rows, &measured);
    let mut plain = Evaluator::<Answer, Reference>::new(plan, world, &Reference);
    let told = |lines: Vec<Line<Answer>>| lines.iter().map(|line| format!("{line:?}")).collect();
    let (mut found, mut wanted) = (Vec::new(), Vec::new());
    for partner in world.all() {
        found.push(told(fast.settle(partner, until)));
        wanted.push(told(plain.settle(partner, until)));
        fast.forget_partner();
        plain.forget_partner();
    }
    let inputs = Inputs::of(plan, &rows, &measured, until);
    let digests = |inputs: Inputs<'_>| world.all().map(|one| inputs.digest(one)).collect();
    Settled {
        found,
        wanted,
        left: measured.left().len(),
        inputs: inputs.map(digests),
    }
}

/// A world in which one partner did nothing, agreed to nothing and is described by nothing.
fn without(plan: &Plan, world: &World, one: PartnerIx) -> World {
    let mut world = world.clone();
    let partner = &mut world.partners[usize::try_from(one.0).unwrap()];
    partner
        .attributes
        .iter_mut()
        .for_each(|cell| *cell = Cell::Empty);
    partner
        .agreement
        .terms
        .iter_mut()
        .for_each(|term| *term = None);
    let its = Cell::Partner(partner.id.clone());
    for (kind, facts) in (0u16..).map(KindId).zip(world.facts.clone()) {
        let mut rows = facts.rows;
        rows.retain(|row| !row.cells.contains(&its));
        world.give(plan, kind, rows, facts.complete);
    }
    world
}

#[test]
fn whoever_has_the_same_inputs_has_the_same_lines_whatever_another_does() {
    let (mut same, mut others) = (0, 0);
    for folder in worked_examples() {
        let Some((plan, world)) = setting(&read(&folder)) else {
            continue;
        };
        let starts = world.partners.iter().map(|one| one.agreement.starts);
        let until = starts.min().and_then(|first| add_months(first, 24));
        let (Some(until), true) = (until, world.partners.len() > 1) else {
            continue;
        };
        let whole = settle(&plan, &world, until);
        // One is enough to show that others do not hang on it, and two take twice as long.
        for one in world.all().take(1) {
            let rest = settle(&plan, &without(&plan, &world, one), until);
            let (Some(before), Some(after)) = (&whole.inputs, &rest.inputs) else {
                others += 1;
                continue;
            };
            for at in 0..world.partners.len() {
                if before[at] == after[at] {
                    let told = format!("{}: {at} without {one:?}", folder.display());
                    assert_eq!(whole.found[at], rest.found[at], "{told}");
                    same += 1;
                }
            }
        }
    }
    println!("{same} partners have what they had without another; {others} hang on others");
    assert!(same > 100, "only {same} partners");
    assert!(others > 10, "only {others} partners hang on others");
}

#[test]
fn the_worked_examples_come_out_alike_by_the_executor_and_by_the_rows() {
    let (mut measures, mut left, mut lines) = (0, 0, 0);
    for folder in worked_examples() {
        let name = folder.display().to_string();
        let Some((plan, world)) = setting(&read(&folder)) else {
            continue;
        };
        let starts = world
            .partners
            .iter()
            .map(|partner| partner.agreement.starts);
        let Some(until) = starts.min().and_then(|first| add_months(first, 24)) else {
            continue;
        };
        let settled = settle(&plan, &world, until);
        assert_eq!(settled.found, settled.wanted, "{name}");
        measures += plan.measures.len();
        left += settled.left;
        lines += settled.found.iter().map(Vec::len).sum::<usize>();
    }
    println!("{measures} measures, {left} of them left to the rows; {lines} lines");
    assert!(lines > 300, "only {lines} lines");
    assert!(
        left * 5 < measures,
        "{left} of {measures} measures stayed with the rows"
    );
}

/// The folders of all worked examples: those of `cases/`, and those below the example plans.
fn worked_examples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = Vec::new();
    for shelf in ["published", "language", "edges", "mechanics"] {
        folders.extend(folders_in(&root.join("cases").join(shelf)));
    }
    for plan in folders_in(&root.join("examples/plans")) {
        folders.extend(folders_in(&plan.join("cases")));
    }
    folders
}

fn folders_in(within: &Path) -> Vec<PathBuf> {
    fs::read_dir(within)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect()
}

/// A worked example; one that names its plan has it two folders above.
fn read(folder: &Path) -> CaseFiles {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| CaseFiles::takes(&path.to_string_lossy()))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        });
    let case = CaseFiles::new(folder.display().to_string(), files);
    match case.names_plan() {
        Some(_) => case.with(
            "plan.yaml",
            &fs::read_to_string(folder.join("../../plan.yaml")).unwrap(),
        ),
        None => case,
    }
}
