//! Twelve measures of ten million facts beside the same as hand-written SQL in DuckDB, on the same Parquet files.
//!
//! `cargo bench --workspace --bench measures -- [FACTS [PARTNERS [FIGURES]]]` writes the facts once, as the store writes them, with a
//! column of months besides; measures them cold, by our own operator and by the executor's stock operators; prints how long
//! it took and the most memory; then has DuckDB do the same (`benches/duckdb_measures.py`) and prints the ratio. The totals
//! of both must agree. A line with the medians is added to the file FIGURES. At the end a thousandth of the facts is new or corrected, and is measured with what was kept.

use std::env;
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int8Array, Int32Array, Int64Array,
    RecordBatch, StringArray, UInt32Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::{Date, add_days, days_between};
use trueup_base::id::PartnerId;
use trueup_engine::world::{Agreement, Partner, PartnerIx, World};
use trueup_engine::{Answer, Ask, Evaluator};
use trueup_facts::disk::Disk;
use trueup_facts::measure::{
    KeptLayers, LayeredFiles, Measured, Order, Settings, Stored, StoredKinds, measure_and_wait,
    parquet_files, with_views,
};
use trueup_facts::store::{StoredFile, write_file};
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::Sources;
use trueup_plan::tree::{MeasureId, Plan};

const PLAN: &str = include_str!("measures.yaml");
/// Three years.
const FROM: Date = Date::constant(2023, 1, 1);
const UNTIL: Date = Date::constant(2026, 1, 1);
/// Rows of one file, as the store writes them.
const FILE_ROWS: usize = 1 << 19;
const ROUNDS: usize = 5;
/// Corrections are of facts in so many files of the first delivery.
const FILES_CORRECTED: usize = 20;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1).filter(|word| !word.starts_with('-'));
    let mut number = |otherwise: usize| arguments.next().map_or(Ok(otherwise), |word| word.parse());
    let facts = number(10_000_000)?;
    let partners = number(10_000)?;
    let figures = arguments.next();
    let folder = folder(facts, partners)?;
    let threads = std::thread::available_parallelism()?.get();
    println!("{facts} facts of {partners} partners over three years; {threads} threads");

    let plan = plan();
    let files = files(&folder)?;
    let (took, measured) = measure(
        &plan,
        partners,
        stored(&folder, &files, &Arc::new(KeptLayers::none()))?,
    )?;
    println!("  twelve measures, cold               {}", rounds(&took));
    let settled = settle(&plan, partners, &measured);
    println!("  settling every partner after that   {settled:.2?}");
    println!(
        "  {} groups kept; most memory {} MiB",
        measured.groups(),
        most_memory_mib()
    );
    let memory = most_memory_mib();

    let totals = totals(&plan, partners, &measured)?;
    let expected = folder.join("totals.json");
    fs::write(&expected, serde_json::to_string(&totals)?)?;
    let duckdb = duckdb(&folder, &expected, threads)?;
    println!("  hand-written SQL in DuckDB          {}", rounds(&duckdb));
    println!("ratio {:.2}", ratio(&took, &duckdb));
    if facts <= STOCK_FACTS_MAX {
        let (stock, _) = measure(
            &plan,
            partners,
            Stored {
                layers: None,
                ..stored(&folder, &files, &Arc::new(KeptLayers::none()))?
            },
        )?;
        println!("  the same by stock operators         {}", rounds(&stock));
    }
    let after = again(&folder, files, facts, partners, &took)?;
    if let Some(figures) = figures {
        let [ours, duckdb, after] = [&took, &duckdb, &after].map(|took| median(took).as_secs_f64());
        let mut out = fs::OpenOptions::new().append(true).open(figures)?;
        writeln!(
            out,
            "{facts},{partners},{ours:.4},{duckdb:.4},{memory},{after:.4}"
        )?;
    }
    Ok(())
}

/// A thousandth of the facts is new or corrected, whenever and by whomever they were sold: half of the rows are new, a quarter
/// withdraws facts, a quarter says what takes their place.
fn again(
    folder: &Path,
    mut files: Vec<StoredFile>,
    facts: usize,
    partners: usize,
    cold: &[Duration],
) -> Result<Vec<Duration>> {
    let plan = plan();
    let state = tempfile::tempdir()?;
    let kept = || Arc::new(KeptLayers::in_folder(state.path()));
    let once = |files: &[StoredFile]| -> Result<Duration> {
        let mut stored = stored(folder, files, &kept())?;
        (stored.has_corrections, stored.has_history) = (true, true);
        if let Some(layers) = &mut stored.layers {
            layers.has_history = true;
        }
        let facts: StoredKinds = [("sale".to_owned(), stored)].into();
        measured_once(&plan, partners, &facts).map(|(took, _)| took)
    };
    let first = once(&files)?;
    println!(
        "  cold once more, and kept            {:.3} s",
        first.as_secs_f64()
    );
    let mut dice = Dice(43);
    let mut took = Vec::new();
    let first_files = files.clone();
    for round in 0..ROUNDS {
        let rows = (facts / 1_000).max(4);
        let new = batch(
            &mut dice,
            facts,
            partners,
            facts.saturating_sub(rows / 2),
            rows / 2,
        )?;
        let withdrawn = some_of(&mut dice, folder, &first_files, rows / 4, round)?;
        let batches = [
            new,
            of_weight(&withdrawn, -1)?,
            corrected(&mut dice, &withdrawn)?,
        ];
        let batch = arrow::compute::concat_batches(&schema(), &batches)?;
        // All of it became known in the last month.
        let known = i32::try_from(days_between(Date::constant(1970, 1, 1), UNTIL))? - 10;
        let known = Date32Array::from(vec![known; batch.num_rows()]);
        let batch = with_column(&batch, "fact_recorded_on", Arc::new(known))?;
        let aside = folder.join("aside");
        let new = write_file(&Disk::default(), &aside, &[batch], &[])?.file;
        fs::rename(&aside, folder.join(new.name()))?;
        files.push(new.clone());
        took.push(once(&files)?);
    }
    println!("  after a thousandth more each time   {}", rounds(&took));
    println!("ratio {:.1}", ratio(cold, &took));
    for new in files.iter().rev().take(ROUNDS) {
        fs::remove_file(folder.join(new.name()))?;
    }
    Ok(took)
}

/// Rows of the first delivery, from some files of it.
fn some_of(
    dice: &mut Dice,
    folder: &Path,
    files: &[StoredFile],
    rows: usize,
    round: usize,
) -> Result<RecordBatch> {
    let mut batches = Vec::new();
    let of_each = rows.div_ceil(FILES_CORRECTED.min(files.len().max(1)));
    let from = dice.below(files.len());
    for at in 0..FILES_CORRECTED.min(files.len()) {
        let file = (from + at * files.len() / FILES_CORRECTED) % files.len();
        let file = files.get(file).ok_or("no files")?;
        let bytes = fs::File::open(folder.join(file.name()))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)?
            .with_batch_size(FILE_ROWS)
            .build()?;
        for batch in reader {
            let batch = batch?;
            // Each row once, since a fact is corrected once: another of every stretch of rows in each round.
            let stretch = (batch.num_rows() / of_each).max(1);
            let places: UInt32Array = (0..batch.num_rows() / stretch)
                .take(of_each)
                .map(|at| u32::try_from(at * stretch + round % stretch).ok())
                .collect();
            let columns = batch
                .columns()
                .iter()
                .map(|column| arrow::compute::take(column, &places, None))
                .collect::<std::result::Result<Vec<_>, _>>()?;
            batches.push(RecordBatch::try_new(schema(), columns)?);
        }
    }
    Ok(arrow::compute::concat_batches(&schema(), &batches)?)
}

/// The same rows with another weight.
fn of_weight(batch: &RecordBatch, weight: i8) -> Result<RecordBatch> {
    let weights = Int8Array::from(vec![weight; batch.num_rows()]);
    with_column(batch, "fact_weight", Arc::new(weights))
}

/// The same facts with other amounts.
fn corrected(dice: &mut Dice, batch: &RecordBatch) -> Result<RecordBatch> {
    let amounts = Decimal128Array::from_iter_values(
        (0..batch.num_rows()).map(|_| i128::try_from(dice.below(500_000)).unwrap_or(0)),
    );
    let amounts = amounts.with_precision_and_scale(28, 2)?;
    with_column(batch, "amount", Arc::new(amounts))
}

fn with_column(batch: &RecordBatch, name: &str, column: ArrayRef) -> Result<RecordBatch> {
    let at = batch.schema().index_of(name)?;
    let mut columns = batch.columns().to_vec();
    if let Some(known) = columns.get_mut(at) {
        *known = column;
    }
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

/// Beyond so many facts the stock operators need more memory than is given to a bench.
const STOCK_FACTS_MAX: usize = 20_000_000;

fn rounds(took: &[Duration]) -> String {
    let all: Vec<String> = took
        .iter()
        .map(|took| format!("{:.3}", took.as_secs_f64()))
        .collect();
    format!(
        "median {:.3} s of {}",
        median(took).as_secs_f64(),
        all.join(" ")
    )
}

fn median(took: &[Duration]) -> Duration {
    let mut took = took.to_vec();
    took.sort();
    took.get(took.len() / 2).copied().unwrap_or_default()
}

fn ratio(ours: &[Duration], theirs: &[Duration]) -> f64 {
    median(ours).as_secs_f64() / median(theirs).as_secs_f64()
}

fn plan() -> Plan {
    let mut sources = Sources::new();
    let (plan, found) = read(&mut sources, &[("measures.yaml", PLAN)], Strictness::Draft);
    plan.unwrap_or_else(|| panic!("{}", trueup_plan::diagnostic::render(&sources, &found)))
}

fn world(plan: &Plan, partners: usize) -> World {
    let agreement = Agreement {
        starts: FROM,
        until: Some(UNTIL),
        terms: Vec::new(),
        stated: Default::default(),
        approved: Default::default(),
        versions: Vec::new(),
    };
    let partner = |at: usize| Partner {
        id: PartnerId::new(name(at)).expect("a partner's number is an id"),
        parent: None,
        attributes: Vec::new(),
        agreement: agreement.clone(),
    };
    World::new(plan, (0..partners).map(partner).collect())
}

fn name(partner: usize) -> String {
    format!("partner-{partner:06}")
}

/// Measures everything from nothing, some rounds, and keeps the last answers.
fn measure(plan: &Plan, partners: usize, stored: Stored) -> Result<(Vec<Duration>, Measured)> {
    let facts: StoredKinds = [("sale".to_owned(), stored)].into();
    let mut took = Vec::with_capacity(ROUNDS);
    loop {
        let (once, measured) = measured_once(plan, partners, &facts)?;
        took.push(once);
        if took.len() == ROUNDS {
            return Ok((took, measured));
        }
    }
}

/// Measures everything once.
fn measured_once(
    plan: &Plan,
    partners: usize,
    facts: &StoredKinds,
) -> Result<(Duration, Measured)> {
    let world = world(plan, partners);
    let order = Order {
        plan,
        facts,
        until: UNTIL,
        besides: &[],
        only: None,
        settings: Settings::default(),
    };
    let begun = Instant::now();
    let (measured, _) = measure_and_wait(order, world)?;
    let took = begun.elapsed();
    assert!(measured.left().is_empty(), "{:?}", measured.left());
    Ok((took, measured))
}

/// Settles every partner with the answers at hand.
fn settle(plan: &Plan, partners: usize, measured: &Measured) -> Duration {
    let world = world(plan, partners);
    let begun = Instant::now();
    let mut evaluator = Evaluator::<Answer, Measured>::new(plan, &world, measured);
    let mut lines = 0;
    for partner in world.all() {
        lines += evaluator.settle(partner, UNTIL).len();
        evaluator.forget_partner();
    }
    assert!(lines >= partners, "{lines} lines");
    begun.elapsed()
}

/// Each measure of each partner over all three years, as text.
fn totals(plan: &Plan, partners: usize, measured: &Measured) -> Result<serde_json::Value> {
    let window = Window {
        unit: WindowUnit::Agreement,
        starts: FROM,
        ends: UNTIL,
        full_starts: FROM,
        full_ends: UNTIL,
    };
    let mut totals = serde_json::Map::new();
    for (measure, at) in plan.measures.iter().zip(0u16..) {
        let mut figures = Vec::with_capacity(partners);
        for partner in (0u32..).map(PartnerIx).take(partners) {
            let ask = Ask {
                measure: MeasureId(at),
                partner,
                window,
                known_before: None,
                key: None,
            };
            let figure = match measured.answer(&ask) {
                Some(Answer::Known(figure)) => Some(figure.to_string()),
                Some(Answer::None(_)) => None,
                None => return Err(format!("nobody answers {}", measure.name).into()),
            };
            figures.push(figure);
        }
        totals.insert(measure.name.to_string(), figures.into());
    }
    Ok(totals.into())
}

/// How long DuckDB takes for the same measures, after its totals were compared with ours.
fn duckdb(folder: &Path, expected: &Path, threads: usize) -> Result<Vec<Duration>> {
    let python = env::var("TRUEUP_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/duckdb_measures.py");
    let done = Command::new(python)
        .arg(script)
        .args([folder, expected])
        .args([threads.to_string(), ROUNDS.to_string()])
        .output()?;
    if !done.status.success() {
        return Err(format!("DuckDB: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    let said = String::from_utf8(done.stdout)?;
    said.split_whitespace()
        .map(|seconds| Ok(Duration::from_secs_f64(seconds.parse()?)))
        .collect()
}

fn most_memory_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

/// The folder of the facts, written if it is not there.
fn folder(facts: usize, partners: usize) -> Result<PathBuf> {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("measures-{facts}-{partners}"));
    if folder.join("whole").exists() {
        return Ok(folder);
    }
    fs::create_dir_all(&folder)?;
    let mut dice = Dice(42);
    let mut files = Vec::new();
    for from in (0..facts).step_by(FILE_ROWS) {
        let rows = FILE_ROWS.min(facts - from);
        let batch = batch(&mut dice, facts, partners, from, rows)?;
        let aside = folder.join("aside");
        let written = write_file(&Disk::default(), &aside, &[batch], &[])?;
        fs::rename(&aside, folder.join(written.file.name()))?;
        files.push(written.file);
    }
    fs::write(folder.join("whole"), serde_json::to_string(&files)?)?;
    Ok(folder)
}

/// The files of a folder, as they were written.
fn files(folder: &Path) -> Result<Vec<StoredFile>> {
    Ok(serde_json::from_str(&fs::read_to_string(
        folder.join("whole"),
    )?)?)
}

fn schema() -> SchemaRef {
    let money = DataType::Decimal128(28, 2);
    let declared = [
        ("partner", DataType::Utf8),
        ("sold_on", DataType::Date32),
        ("returned_on", DataType::Date32),
        ("amount", money.clone()),
        ("cost", money),
        ("units", DataType::Decimal128(28, 0)),
        ("line", DataType::Utf8),
        ("new", DataType::Boolean),
        ("month", DataType::Int32),
    ];
    let own = [
        ("fact_source", DataType::Utf8),
        ("fact_id", DataType::Utf8),
        ("fact_revision", DataType::Int64),
        ("fact_weight", DataType::Int8),
    ];
    let declared = declared
        .into_iter()
        .map(|(name, of)| Field::new(name, of, true));
    let own = own
        .into_iter()
        .map(|(name, of)| Field::new(name, of, false));
    let recorded = Field::new("fact_recorded_on", DataType::Date32, true);
    Arc::new(Schema::new(
        declared.chain(own).chain([recorded]).collect::<Vec<_>>(),
    ))
}

/// The rows of one file: a stretch of days, ordered by partner and day.
fn batch(
    dice: &mut Dice,
    facts: usize,
    partners: usize,
    from: usize,
    rows: usize,
) -> Result<RecordBatch> {
    let days = days_between(FROM, UNTIL);
    let day_of =
        |at: usize| i64::try_from(at).unwrap_or(0) * days / i64::try_from(facts).unwrap_or(1);
    let mut order: Vec<(usize, i64)> = (from..from + rows)
        .map(|at| (dice.below(partners), day_of(at)))
        .collect();
    order.sort_unstable();
    let first = i32::try_from(days_between(Date::constant(1970, 1, 1), FROM))?;
    let day = |offset: i64| i32::try_from(offset).unwrap_or(0) + first;
    let sold: Vec<i32> = order.iter().map(|(_, offset)| day(*offset)).collect();
    let returned: Date32Array = sold
        .iter()
        .map(|sold| {
            (dice.below(12) == 0).then(|| sold + i32::try_from(dice.below(60)).unwrap_or(0))
        })
        .collect();
    let amounts: Vec<i128> = (0..rows)
        .map(|_| i128::try_from(dice.below(500_000)).unwrap_or(0) - 20_000)
        .collect();
    let costs: Vec<i128> = amounts.iter().map(|amount| amount * 6 / 10).collect();
    let units: Vec<i128> = (0..rows)
        .map(|_| i128::try_from(dice.below(40)).unwrap_or(0))
        .collect();
    let lines = ["tools", "software", "services", "parts", "training"];
    let line: StringArray = (0..rows)
        .map(|_| lines.get(dice.below(lines.len())).copied())
        .collect();
    let months: Int32Array = order
        .iter()
        .map(|(_, offset)| {
            add_days(FROM, *offset)
                .map(|day| i32::from(day.year()) * 12 + i32::from(day.month()) - 1)
        })
        .collect();
    let decimals = |numbers: Vec<i128>, scale: i8| {
        Decimal128Array::from(numbers).with_precision_and_scale(28, scale)
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(
            order
                .iter()
                .map(|(partner, _)| Some(name(*partner)))
                .collect::<StringArray>(),
        ),
        Arc::new(Date32Array::from(sold)),
        Arc::new(returned),
        Arc::new(decimals(amounts, 2)?),
        Arc::new(decimals(costs, 2)?),
        Arc::new(decimals(units, 0)?),
        Arc::new(line),
        Arc::new(
            (0..rows)
                .map(|_| Some(dice.below(5) == 0))
                .collect::<BooleanArray>(),
        ),
        Arc::new(months),
        Arc::new((0..rows).map(|_| Some("orders")).collect::<StringArray>()),
        Arc::new(
            (from..from + rows)
                .map(|at| Some(format!("{at:09}")))
                .collect::<StringArray>(),
        ),
        Arc::new(Int64Array::from(vec![1; rows])),
        Arc::new(Int8Array::from(vec![1; rows])),
        arrow::array::new_null_array(&DataType::Date32, rows),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

fn stored(folder: &Path, files: &[StoredFile], kept: &Arc<KeptLayers>) -> Result<Stored> {
    let path = |file: &StoredFile| folder.join(file.name()).to_string_lossy().into_owned();
    let paths: Vec<String> = files.iter().map(path).collect();
    // The log says that only these are ever empty.
    let may_be_empty = ["returned_on", "fact_recorded_on"];
    let schema = schema();
    let names = schema.fields().iter().map(|field| field.name().clone());
    Ok(Stored {
        rows: parquet_files("sale", &paths, &schema)?,
        rows_max: files.iter().map(|file| file.rows).sum(),
        has_corrections: false,
        has_history: false,
        complete: None,
        never_empty: names
            .filter(|name| !may_be_empty.contains(&name.as_str()))
            .collect(),
        month: None,
        layers: Some(LayeredFiles {
            folder: folder.to_owned(),
            files: files.to_vec(),
            delivered: files.to_vec(),
            lineage: Arc::default(),
            schema: with_views(&schema),
            has_history: false,
            kept: kept.clone(),
        }),
    })
}

/// Dice from one seed (SplitMix64): the same facts on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % u64::try_from(most).unwrap_or(1)).unwrap_or(0)
    }
}
