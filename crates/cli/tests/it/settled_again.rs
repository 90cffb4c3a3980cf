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
    let head = "invoice,partner,day,product,amount,revision";
    take_in_text(story, &format!("{head}\n{rows}"));
}

fn take_in_text(story: &Story, text: &str) {
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

/// One plan that reads the largest sale and nothing else, of facts that say when they became known.
fn story_of_the_largest() -> Story {
    let story = Story::new();
    let program = PROGRAM.replace(
        "revision: revision\n",
        "revision: revision\n    recorded_on: known\n",
    );
    story.write("program/program.yaml", program);
    let (head, _) = PLAN.split_once("terms:").expect("terms");
    story.write(
        "program/plans/alone.yaml",
        format!(
            "{head}measures:\n  largest: {{ is: The largest sale, max: sale.amount }}\n\
             components:\n  top: {{ is: A part of the largest, pays: 1% * largest }}\n"
        ),
    );
    story.write(
        "program/agreements/all.yaml",
        "agreement: all\nplan: alone\npartners: { region: north }\nstarts: 2026-01-01\n",
    );
    story.write(
        "program/partners.csv",
        "id,region\nP-001,north\nP-002,north\n",
    );
    story.write(
        "program/data/sales.csv",
        "invoice,partner,day,product,amount,revision,known\n\
         I-1,P-001,2026-01-10,a,900.00,1,2026-01-10\nI-2,P-001,2026-01-11,a,100.00,1,2026-01-11\n\
         I-3,P-002,2026-01-10,a,500.00,1,2026-01-10\n",
    );
    story
        .trueup(&["ingest", "--program", "program"])
        .expect_code(0);
    story
}

#[test]
fn a_winner_that_changes_with_no_count_and_no_sum_settles_anew() {
    let story = story_of_the_largest();
    hold(&story, "cold");
    let mut said = run(&story, "program", &["--format", "csv"]);
    for (what, row) in [
        (
            "the largest falls",
            "I-1,P-001,2026-01-10,a,700.00,2,2026-04-05",
        ),
        (
            "it falls further",
            "I-1,P-001,2026-01-10,a,600.00,3,2026-04-06",
        ),
        (
            "another rises",
            "I-3,P-002,2026-01-10,a,650.00,2,2026-04-05",
        ),
        (
            "it rises further",
            "I-3,P-002,2026-01-10,a,750.00,3,2026-04-06",
        ),
    ] {
        let text = format!("invoice,partner,day,product,amount,revision,known\n{row}\n");
        take_in_text(&story, &text);
        hold(&story, what);
        let now = run(&story, "program", &["--format", "csv"]);
        assert_ne!(said, now, "{what}: nothing changed");
        said = now;
    }
}

#[test]
fn what_the_directory_says_of_a_partner_settles_that_partner_anew() {
    let story = story();
    let plan = "program/plans/alone.yaml";
    let pays = "case when partner.class = 'gold' then 2% * largest else 1% * largest end";
    story.edit(plan, "pays: 1% * largest", &format!("pays: \"{pays}\""));
    story.edit(
        "program/program.yaml",
        "{ region: region }",
        "{ region: region, class: product }",
    );
    let listed = story.read("program/partners.csv");
    let listed = listed.replace("region\n", "region,product\n");
    let listed = listed
        .replace("north\n", "north,iron\n")
        .replace("south\n", "south,iron\n");
    story.write("program/partners.csv", listed);
    hold(&story, "before");
    story.edit(
        "program/partners.csv",
        "P-021,north,iron",
        "P-021,north,gold",
    );
    let before = files(&story, "lines").len();
    hold(&story, "after");
    assert_eq!(files(&story, "lines").len(), before + 1);
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
