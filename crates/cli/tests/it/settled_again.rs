//! What was settled before is found again: a run that evaluates only what changed says what a run says that knows nothing of
//! earlier ones, byte for byte, and leaves on the disk only what is new.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::story::Story;

const PARTNERS: usize = 300;

const PROGRAM: &str = "program: many
currency: EUR
zone: Europe/Berlin
kinds:
  sale:
    is: A line of an invoice
    dated: sold_on
    columns: { partner: partner, sold_on: date, product: text, amount: { type: money, scale: 2 } }
directories:
  partners: { is: Who sells, file: partners.csv, id: id, columns: { region: region } }
sources:
  orders:
    is: The order system
    owner: finance
    kind: sale
    files: data/sales.csv
    complete: { from: 2026-01-01, until: 2026-07-01 }
    id: [invoice]
    revision: revision
    map:
      partner: { column: partner, identity: partners }
      sold_on: day
      product: product
      amount: amount
";

/// `best` is left to everybody's rows, since what it folds is rounded; `product` is grouped by a key that no plan names.
const PLAN: &str = "plan: alone
title: Everybody by himself
currency: EUR
period: quarter
facts:
  sale:
    dated: sale.sold_on
    columns: { partner: partner, sold_on: date, product: text, amount: money }
terms:
  target: { is: What was agreed, unit: money }
measures:
  net_sales: { is: Sales, sum: sale.amount }
  largest: { is: The largest sale, max: sale.amount }
  products: { is: How many products, count_distinct: sale.product }
  best: { is: Sales in whole tens, sum: \"round(sale.amount, to => 10)\" }
components:
  bonus: { is: A part above the target, pays: \"5% * greatest(net_sales - target, 0 EUR)\" }
  top: { is: A part of the largest, pays: 1% * largest }
  range: { is: More for many products, pays: \"case when products >= 2 then 5 EUR else 1 EUR end\" }
  tens: { is: A part of whole tens, pays: 1% * best }
";

/// Everybody's pay hangs on everybody's sales.
const RANKED: &str = "plan: ranked
title: The first of all
currency: EUR
period: quarter
facts:
  sale:
    dated: sale.sold_on
    columns: { partner: partner, sold_on: date, product: text, amount: money }
measures:
  net_sales: { is: Sales, sum: sale.amount }
components:
  first: { is: More for the first, pays: \"case when rank(net_sales) <= 3 then 2% * net_sales else 1% * net_sales end\" }
";

fn id(at: usize) -> String {
    format!("P-{at:03}")
}

/// A program of many partners under two plans, with its facts taken in.
fn story() -> Story {
    let story = Story::new();
    story.write("program/program.yaml", PROGRAM);
    story.write("program/plans/alone.yaml", PLAN);
    story.write("program/plans/ranked.yaml", RANKED);
    for (region, plan, terms) in [
        ("north", "alone", "terms: { target: 1_000 }\n"),
        ("south", "ranked", ""),
    ] {
        let text = format!(
            "agreement: {region}\nplan: {plan}\npartners: {{ region: {region} }}\nstarts: 2026-01-01\n{terms}"
        );
        story.write(&format!("program/agreements/{region}.yaml"), text);
    }
    story.write(
        "program/agreements/own.yaml",
        "agreement: own\nplan: alone\npartner: P-007\nstarts: 2026-02-01\nterms: { target: 200 }\n",
    );
    let region = |at: usize| if at % 10 == 9 { "south" } else { "north" };
    let partners = (0..PARTNERS).map(|at| format!("{},{}\n", id(at), region(at)));
    let head = "id,region\n".to_owned();
    story.write("program/partners.csv", head + &partners.collect::<String>());
    let sales = (0..PARTNERS * 6).map(|at| {
        let amount = (at * 7919) % 4_000 + 100;
        let (month, day) = (at % 6 + 1, (at * 31) % 28 + 1);
        let product = ["a", "b", "c"][at % 3];
        format!(
            "I-{at},{},2026-{month:02}-{day:02},{product},{amount}.50,1\n",
            id(at / 6)
        )
    });
    let head = "invoice,partner,day,product,amount,revision\n".to_owned();
    story.write("program/data/sales.csv", head + &sales.collect::<String>());
    story
        .trueup(&["ingest", "--program", "program"])
        .expect_code(0);
    story
}

fn take_in(story: &Story, rows: &str) {
    let text = format!("invoice,partner,day,product,amount,revision\n{rows}");
    story.write("more.csv", text);
    let words = [
        "ingest",
        "--program",
        "program",
        "--source",
        "orders",
        "more.csv",
    ];
    story.trueup(&words).expect_code(0);
}

fn run(story: &Story, program: &str, more: &[&str]) -> String {
    let words = [&["run", "--program", program], more].concat();
    story.trueup(&words).expect_code(0).out
}

/// Files in one of the state's folders.
fn files(story: &Story, folder: &str) -> BTreeSet<PathBuf> {
    let folder = story.path(&format!("program/.trueup/{folder}"));
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

/// How many files a run adds to the kept lines, and to what was settled before.
fn added(story: &Story, more: &[&str]) -> (usize, usize) {
    let count = |story: &Story| {
        let of = |folder| files(story, folder).len();
        (of("lines"), of("cache/settled"))
    };
    let before = count(story);
    run(story, "program", more);
    let after = count(story);
    (after.0 - before.0, after.1 - before.1)
}

/// Holds what a run says to what the same run says in a copy that knows of no earlier one, and by the rows alone.
fn hold(story: &Story, what: &str) {
    let _ = fs::remove_dir_all(story.path("fresh"));
    story.sh(
        "cp -r program fresh && rm -rf fresh/.trueup/cache fresh/.trueup/lines fresh/.trueup/runs",
    );
    for format in ["table", "csv", "json"] {
        let again = run(story, "program", &["--format", format]);
        let fresh = run(story, "fresh", &["--format", format]);
        assert!(again == fresh, "{what}: --format {format} differs");
    }
    let rows = ["--format", "csv", "--measurer", "rows"];
    let by_rows = run(story, "program", &rows);
    let by_passes = run(story, "program", &["--format", "csv"]);
    assert!(by_rows == by_passes, "{what}: the rows say something else");
    let same = run(story, "program", &["--again", "latest"]);
    assert!(same.contains("to the last digit"), "{what}: {same}");
}

#[test]
fn a_run_that_evaluates_what_changed_says_what_a_run_of_everything_says() {
    let story = story();
    hold(&story, "cold");
    hold(&story, "again");
    take_in(&story, "N-1,P-011,2026-06-03,b,999.00,1\n");
    hold(&story, "a new fact");
    take_in(
        &story,
        "I-67,P-011,2026-02-10,c,1.00,2\nI-68,P-012,2026-03-10,c,12345.00,2\nI-59,P-009,2026-01-01,a,77.00,2\n",
    );
    hold(&story, "facts corrected, moved and of a ranked partner");
    let own = "program/agreements/own.yaml";
    story.edit(own, "target: 200", "target: 300");
    hold(&story, "a changed agreement");
    story.edit(own, "starts: 2026-02-01", "starts: 2026-02-15");
    hold(&story, "an agreement from within a month");
    story.edit(
        "program/plans/alone.yaml",
        "pays: 1% * largest",
        "pays: 2% * largest",
    );
    hold(&story, "a changed plan");
    story.edit(
        "program/partners.csv",
        "P-021,north\n",
        "P-021,north\nP-0215,north\n",
    );
    story.edit("program/partners.csv", "P-030,north\n", "P-030,south\n");
    hold(&story, "a new partner, and one under another plan");
    story.edit(
        "program/program.yaml",
        "until: 2026-07-01",
        "until: 2026-10-01",
    );
    hold(&story, "a feed that is complete for longer");
    for more in [&["--period", "2026-Q1"][..], &["--partner", "P-011"]] {
        let again = run(&story, "program", &[more, &["--format", "json"]].concat());
        let fresh = run(&story, "fresh", &[more, &["--format", "json"]].concat());
        assert!(again == fresh, "{more:?}");
    }
}

#[test]
fn one_changed_fact_settles_and_writes_one_part() {
    let story = story();
    // All that is kept is of the plan in which nobody's pay hangs on another, but the lines are everybody's.
    let (lines, settled) = added(&story, &[]);
    assert!(settled > 4, "{settled} parts");
    assert!(
        lines > settled,
        "{lines} parts of lines, {settled} of them at hand"
    );
    assert_eq!(added(&story, &[]), (0, 0), "nothing changed");
    take_in(&story, "N-1,P-011,2026-06-03,b,4321.00,1\n");
    assert_eq!(added(&story, &[]), (1, 1), "one fact");
    story.edit("program/agreements/own.yaml", "target: 200", "target: 300");
    assert_eq!(added(&story, &[]), (1, 1), "one agreement");
    assert_eq!(
        added(&story, &["--measurer", "rows"]),
        (0, 0),
        "by the rows"
    );
    take_in(&story, "N-2,P-013,2026-06-03,b,4321.00,1\n");
    assert_eq!(
        added(&story, &["--measurer", "rows"]),
        (1, 0),
        "kept, and not at hand"
    );
}

#[test]
fn what_is_at_hand_may_be_gone_or_damaged() {
    let story = story();
    let run = |what: &str| {
        (
            what.to_owned(),
            run(&story, "program", &["--format", "csv"]),
        )
    };
    let (_, said) = run("cold");
    let at_hand = |story: &Story| files(story, "cache/settled");
    let damage = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("read");
        let at = text.find("\"sha256\":\"").expect("a part") + 10;
        let other = if &text[at..=at] == "0" { "1" } else { "0" };
        fs::write(path, [&text[..at], other, &text[at + 1..]].concat()).expect("written");
    };
    let all = at_hand(&story);
    all.iter().for_each(damage);
    assert_eq!(run("damaged").1, said);
    let first = all.first().expect("one");
    fs::write(first, "").expect("written");
    assert_eq!(run("empty").1, said);
    fs::remove_file(first).expect("removed");
    assert_eq!(run("gone").1, said);
    assert_eq!(at_hand(&story), all, "made again");
    fs::remove_dir_all(story.path("program/.trueup/cache")).expect("removed");
    assert_eq!(run("all gone").1, said);
    // Lines that are gone or torn are worked out again, though what they came to is known.
    let lines: Vec<PathBuf> = files(&story, "lines").into_iter().collect();
    fs::remove_file(&lines[0]).expect("removed");
    fs::write(&lines[1], "[").expect("torn");
    assert_eq!(run("lines gone").1, said);
}

#[test]
fn a_damaged_part_is_told_and_not_used() {
    let story = story();
    run(&story, "program", &[]);
    for path in files(&story, "lines") {
        let text = fs::read_to_string(&path).expect("read");
        let other = text.replacen("\"status\":\"known\"", "\"status\":\"knows\"", 1);
        fs::write(&path, other).expect("written");
    }
    for words in [
        &["run", "--program", "program", "--again", "latest"][..],
        &["run", "--program", "program", "--format", "csv"],
        &["runs", "--program", "program"],
    ] {
        let ended = story.trueup(words).expect_code(3);
        let said = "its digest is ";
        assert!(ended.err.contains(said), "{words:?}: {}", ended.err);
    }
}
