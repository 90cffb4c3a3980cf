//! Measures over the tables as they lie on disk: by passes and by rows the same.

use trueup_base::Date;
use trueup_base::date::parse_date;
use trueup_base::id::PartnerId;
use trueup_engine::world::{Agreement, Complete, Partner, PartnerIx, World};
use trueup_engine::{Answer, Ask, Evaluator, Measurer, Reference};
use trueup_facts::compact::Merge;
use trueup_facts::measure::{Measured, Order, Settings, measure_and_wait, stored_kinds};
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::Sources;
use trueup_plan::tree::{KindId, MeasureId, Plan};

use crate::bench::{Bench, said};
use crate::compact::merge;

const PLAN: &str = "
plan: till
currency: EUR
period: month
facts:
  sale:
    dated: sale.sold_on
    columns: { id: text, partner: partner, sold_on: date, amount: money, units: count, note: text }
measures:
  sales:    { is: Sales, sum: sale.amount }
  rows:     { is: Rows, count: sale }
  largest:  { is: The largest, max: sale.amount }
  last:     { is: The last, latest: sale.units }
  notes:    { is: Different notes, count_distinct: sale.note }
  numbered: { is: Those with a number, count: sale, where: \"sale.id in ('1', '2')\" }
components:
  cut: { is: A hundredth, pays: 1% * sales }
";

fn plan() -> Plan {
    plan_of(PLAN)
}

fn plan_of(text: &str) -> Plan {
    let mut sources = Sources::new();
    let (plan, found) = read(&mut sources, &[("plan.yaml", text)], Strictness::Draft);
    plan.unwrap_or_else(|| panic!("{found:#?}"))
}

fn world(plan: &Plan) -> World {
    let partner = |id: &str| Partner {
        id: PartnerId::new(id).expect("an id"),
        parent: None,
        attributes: Vec::new(),
        agreement: Agreement {
            starts: Date::constant(2026, 1, 1),
            until: Some(Date::constant(2026, 7, 1)),
            terms: Vec::new(),
            stated: Default::default(),
            approved: Default::default(),
            versions: Vec::new(),
        },
    };
    World::new(plan, ["P1", "P2", "P3"].map(partner).into())
}

/// Settles everyone by passes and by rows, and says each partner's measures in the half year as known before some days.
fn settle_alike(bench: &Bench, known: &[&str]) -> Vec<String> {
    let plan = plan();
    let snapshot = bench.snapshot();
    let facts = stored_kinds(&bench.program(), &snapshot).expect("stored");
    let until = Date::constant(2026, 7, 1);
    let settings = Settings {
        partitions: Some(2),
        batch_rows: Some(3),
    };
    let order = Order {
        plan: &plan,
        facts: &facts,
        until,
        besides: &[],
        only: None,
        settings,
    };
    let (measured, read) = measure_and_wait(order, world(&plan)).expect("measured");
    let mut all = world(&plan);
    let rows = snapshot.rows(&plan.kinds[0]).expect("rows");
    let complete: Vec<Complete> = bench.program().complete("sale");
    all.give(&plan, KindId(0), rows, Some(complete));

    let mut fast = Evaluator::<Answer, Measured>::new(&plan, &read, &measured);
    let mut plain = Evaluator::<Answer, Reference>::new(&plan, &all, &Reference);
    let mut lines = 0;
    for partner in all.all() {
        let found: Vec<String> = fast
            .settle(partner, until)
            .iter()
            .map(|line| format!("{line:?}"))
            .collect();
        let wanted: Vec<String> = plain
            .settle(partner, until)
            .iter()
            .map(|line| format!("{line:?}"))
            .collect();
        assert_eq!(found, wanted);
        lines += found.len();
    }
    assert!(lines > 0);
    let window = plan.calendar.parse_period("2026-H1").expect("a period");
    let mut said = Vec::new();
    for day in known {
        let known_before = parse_date(day).ok();
        for (measure, at) in plan.measures.iter().zip(0u16..) {
            let ask = Ask {
                measure: MeasureId(at),
                partner: PartnerIx(0),
                window,
                known_before,
                key: None,
            };
            let figure = match measured.measure(&ask) {
                Some(Answer::Known(figure)) => figure.to_string(),
                Some(Answer::None(reason)) => reason.why.to_string(),
                None => "by rows".to_owned(),
            };
            said.push(format!("{day} {} {figure}", measure.name));
        }
    }
    said
}

/// What a plan of sums alone says of everyone's half year; nothing where a file cannot be read.
fn summed(bench: &Bench) -> Option<Vec<String>> {
    const SUMS: &str = "
plan: till
currency: EUR
period: month
facts:
  sale:
    dated: sale.sold_on
    columns: { partner: partner, sold_on: date, amount: money }
measures:
  sales: { is: Sales, sum: sale.amount }
components:
  cut: { is: A hundredth, pays: 1% * sales }
";
    let plan = plan_of(SUMS);
    let until = Date::constant(2026, 7, 1);
    let facts = stored_kinds(&bench.program(), &bench.snapshot()).expect("stored");
    let order = Order {
        plan: &plan,
        facts: &facts,
        until,
        besides: &[],
        only: None,
        settings: Settings::default(),
    };
    let (measured, world) = measure_and_wait(order, world(&plan)).ok()?;
    let mut evaluator = Evaluator::<Answer, Measured>::new(&plan, &world, &measured);
    let lines = world
        .all()
        .flat_map(|partner| evaluator.settle(partner, until));
    Some(lines.map(|line| format!("{line:?}")).collect())
}

#[test]
fn what_was_added_up_serves_files_that_were_merged_since() {
    let bench = bench();
    for at in 0..9 {
        let number = at + 10;
        bench.write(
            &format!("data/more-{at}.csv"),
            format!("number,partner,day,amount,units,rush,note,known,revision\n{number},P1,2026-03-1{at},{at}.25,1,N,a,2026-03-2{at},1\n"),
        );
    }
    bench.ingest();
    let before = summed(&bench).expect("read");
    merge(&bench, Merge::All);
    let folder = bench.snapshot();
    let folder = folder.kind("sale").expect("facts").folder().to_owned();
    let aside = folder.with_extension("aside");
    std::fs::create_dir(&aside).expect("made");
    let move_files = |from: &std::path::Path, to: &std::path::Path| {
        for entry in std::fs::read_dir(from).expect("listed") {
            let path = entry.expect("listed").path();
            if path.extension().is_some_and(|ending| ending == "parquet") {
                let name = path.file_name().expect("a name");
                std::fs::rename(&path, to.join(name)).expect("moved");
            }
        }
    };
    // Whatever reads a file now fails.
    move_files(&folder, &aside);
    assert_eq!(summed(&bench), Some(before.clone()));
    std::fs::remove_dir_all(bench.path().join(".trueup/cache")).expect("removed");
    assert_eq!(summed(&bench), None);
    move_files(&aside, &folder);
    assert_eq!(summed(&bench), Some(before));
}

const RECORDED: &str = "    recorded_on: known\n    revision: revision\n    complete: { from: 2026-01-01, until: 2026-07-01 }";

fn bench() -> Bench {
    let bench = Bench::declaring(RECORDED);
    bench.write(
        "data/first.csv",
        "number,partner,day,amount,units,rush,note,known,revision\n\
         1,P1,2026-01-10,10.00,1,N,a,2026-03-05,1\n\
         2,P1,2026-02-10,0.50,7,N,b,2026-02-10,1\n\
         3,P2,2026-02-11,8.00,2,N,,2026-02-11,1\n",
    );
    assert_eq!(
        said(&bench.ingest()),
        ["data/first.csv: 3 read = 3 accepted"]
    );
    bench
}

#[test]
fn corrections_count_from_the_day_they_became_known() {
    let bench = bench();
    bench.write(
        "data/second.csv",
        "number,partner,day,amount,units,rush,note,known,revision\n\
         2,P1,2026-02-10,0.75,9,N,b,2026-05-20,2\n",
    );
    bench.ingest();
    let said = settle_alike(&bench, &["2026-03-01", "2026-04-01", "2026-06-01", ""]);
    let sales: Vec<&String> = said
        .iter()
        .filter(|line| line.contains(" sales "))
        .collect();
    assert_eq!(
        sales,
        [
            "2026-03-01 sales 0.5",
            "2026-04-01 sales 10.5",
            "2026-06-01 sales 10.75",
            " sales 10.75"
        ]
    );
    // What was corrected was not the largest of its month, and was the last, and the last again when corrected.
    assert!(said.contains(&" largest 10".to_owned()), "{said:?}");
    assert!(said.contains(&"2026-04-01 last 7".to_owned()), "{said:?}");
    assert!(said.contains(&" last 9".to_owned()), "{said:?}");
    assert!(said.contains(&" numbered 2".to_owned()), "{said:?}");
}

#[test]
fn what_stands_next_to_a_withdrawn_winner_wins_from_the_day_that_became_known() {
    let bench = bench();
    bench.write(
        "data/second.csv",
        "number,partner,day,amount,units,rush,note,known,revision\n\
         1,P1,2026-01-10,4.00,1,N,a,2026-05-20,2\n",
    );
    bench.ingest();
    let said = settle_alike(&bench, &["2026-04-01", "2026-06-01", ""]);
    let largest: Vec<&String> = said
        .iter()
        .filter(|line| line.contains(" largest "))
        .collect();
    assert_eq!(
        largest,
        [
            "2026-04-01 largest 10",
            "2026-06-01 largest 4",
            " largest 4"
        ]
    );
}

#[test]
fn the_largest_is_read_from_the_rows_only_once_the_best_few_were_withdrawn() {
    let bench = bench();
    let heading = "number,partner,day,amount,units,rush,note,known,revision\n";
    let rows = |revision: u8, known: &str, amount: &dyn Fn(u8) -> u8| {
        let row = |at: u8| {
            format!(
                "1{at},P1,2026-01-10,{}.00,1,N,a,{known},{revision}\n",
                amount(at)
            )
        };
        let of = if revision == 1 { 1..=5 } else { 2..=5 };
        format!("{heading}{}", of.map(row).collect::<String>())
    };
    bench.write("data/second.csv", rows(1, "2026-01-10", &|at| 10 * at + 10));
    bench.ingest();
    let said = settle_alike(&bench, &[""]);
    assert!(said.contains(&" largest 60".to_owned()), "{said:?}");
    bench.write("data/third.csv", rows(2, "2026-05-20", &|at| at));
    bench.ingest();
    let said = settle_alike(&bench, &[""]);
    assert!(said.contains(&" largest by rows".to_owned()), "{said:?}");
}

#[test]
fn a_correction_known_before_what_it_corrects_leaves_nothing_below_zero() {
    let bench = bench();
    bench.write(
        "data/second.csv",
        "number,partner,day,amount,units,rush,note,known,revision\n\
         1,P1,2026-01-10,20.00,1,N,a,2026-02-20,2\n",
    );
    bench.ingest();
    let said = settle_alike(&bench, &["2026-03-01", "2026-04-01", ""]);
    let sales: Vec<&String> = said
        .iter()
        .filter(|line| line.contains(" sales "))
        .collect();
    assert_eq!(
        sales,
        [
            "2026-03-01 sales 20.5",
            "2026-04-01 sales 20.5",
            " sales 20.5"
        ]
    );
}

#[test]
fn a_folder_may_have_any_name() {
    let kept = tempfile::tempdir().expect("a folder");
    let folder = kept.path().join("a [b] {c}*? ü 'd'");
    std::fs::create_dir(&folder).expect("made");
    let first = Bench::declaring("");
    for name in ["program.yaml", "partners.csv", "aliases.csv"] {
        std::fs::copy(first.path().join(name), folder.join(name)).expect("copied");
    }
    std::fs::create_dir(folder.join("data")).expect("made");
    let bench = Bench::at(folder);
    bench.deliver(
        "a.csv",
        "1,P1,2026-01-10,10.00,1,N,a\n2,P1,2026-01-10,5.25,3,N,b\n",
    );
    bench.ingest();
    let said = settle_alike(&bench, &[""]);
    assert_eq!(said[0], " sales 15.25");
}
