//! Settlement, limits and schedules (LANGUAGE §9 to §11) where facts come late, change, or are missing.

use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::{Answer, Evaluator, Number, Reference};

use crate::support::{Program, day, exact, sum};

fn exacts(texts: &[&str]) -> Vec<Exact> {
    texts.iter().map(|text| exact(text)).collect()
}

const PLAN: &str = "
plan: settled
currency: USD
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money, returned: flag } }
measures:
  sales: { is: Sales not returned, sum: kept }
  count: { is: Sales, count: sale }
values:
  kept: case when sale.returned is missing then sale.amount else 0 * sale.amount end
components:
  monthly:   { is: A tenth of each month, pays: 10% * sales }
  so_far:    { is: A tenth of the year so far, over: year, every: month, pays: 10% * sales }
  milestone: { is: A hundred once, over: agreement, every: month, gate: sales >= 500, pays: 100 }
  quarterly: { is: The quarter at twelve percent less the months, over: quarter, pays: 12% * sales - monthly }
";

const FACTS: &str = "
partners: { p: { starts: 2026-01-01 } }
facts:
  sale:
    - { id: a, partner: p, on: 2026-01-10, amount: 300 }
    - { id: b, partner: p, on: 2026-01-20, amount: 200 }
    - { id: b, partner: p, on: 2026-01-20, amount: 200, returned: true, recorded_on: 2026-04-05 }
    - { id: c, partner: p, on: 2026-02-10, amount: 100, recorded_on: 2026-03-02 }
    - { id: c, partner: p, on: 2026-02-10, amount: 150, recorded_on: 2026-03-20 }
";

#[test]
fn what_became_known_later_posts_where_it_became_known() {
    let program = Program::new(PLAN, FACTS);
    // January 50. February's sale is not known at February's end; March brings 15 for it. April takes the return back.
    assert_eq!(
        program.posted("monthly", "2026-05-01"),
        exacts(&["50", "0", "15", "-20"])
    );
    assert_eq!(
        program.posted("so_far", "2026-05-01"),
        exacts(&["50", "0", "15", "-20"])
    );
    assert_eq!(
        program.posted("milestone", "2026-05-01"),
        exacts(&["100", "0", "0", "-100"])
    );
    // The first quarter: 12% of 650 less 65; the second: 12% of 450 less 45, less what the first posted.
    assert_eq!(
        program.posted("quarterly", "2026-07-01"),
        exacts(&["13", "-4"])
    );
}

#[test]
fn a_version_counts_from_the_day_it_was_recorded_until_the_day_it_was_replaced() {
    let facts = "
partners: { p: { starts: 2026-01-01 } }
facts:
  sale:
    - { id: a, partner: p, on: 2026-01-10, amount: 100, recorded_on: 2026-01-31 }
    - { id: b, partner: p, on: 2026-01-10, amount: 200, recorded_on: 2026-02-01 }
    - { id: a, partner: p, on: 2026-01-10, amount: 400, recorded_on: 2026-02-28 }
    - { id: a, partner: p, on: 2026-02-10, amount: 800, recorded_on: 2026-03-01 }
";
    let program = Program::new(PLAN, facts);
    // Recorded on the last day of January it is known at January's settlement, recorded on the day after it is not. In
    // March the first sale turns out to be February's.
    assert_eq!(
        program.posted("monthly", "2026-04-01"),
        exacts(&["10", "50", "40"])
    );
}

#[test]
fn settling_again_posts_nothing_more_and_earlier_settlements_stay() {
    let program = Program::new(PLAN, FACTS);
    for component in ["monthly", "so_far", "milestone"] {
        let long = program.posted(component, "2026-12-01");
        for (settled, until) in ["2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"]
            .iter()
            .enumerate()
        {
            assert_eq!(
                program.posted(component, until),
                long[..=settled],
                "{component} by {until}"
            );
        }
        assert!(
            long[4..].iter().all(Exact::is_zero),
            "{component}: {long:?}"
        );
    }
}

#[test]
fn an_agreement_that_ends_in_a_window_is_settled_for_the_last_time_on_its_last_day() {
    let facts = "
partners: { p: { starts: 2026-01-15, until: 2026-03-11 } }
facts:
  sale:
    - { id: x, partner: p, on: 2026-01-14, amount: 1000 }
    - { id: a, partner: p, on: 2026-01-15, amount: 100 }
    - { id: b, partner: p, on: 2026-03-10, amount: 200 }
    - { id: y, partner: p, on: 2026-03-11, amount: 1000 }
";
    let program = Program::new(PLAN, facts);
    assert_eq!(
        program.posted("monthly", "2027-01-01"),
        exacts(&["10", "0", "20"])
    );
    assert_eq!(
        program.posted("monthly", "2026-03-10"),
        exacts(&["10", "0"])
    );
    assert_eq!(program.posted("quarterly", "2027-01-01"), exacts(&["6"]));
    let last = program.settle("p", "2027-01-01").pop().expect("a line");
    assert_eq!(last.settlement.ends, day("2026-03-11"));
}

#[test]
fn a_window_without_an_answer_posts_nothing_reverses_nothing_and_says_why() {
    let facts = "
partners: { p: { starts: 2026-01-01 } }
facts:
  sale:
    - { id: a, partner: p, on: 2026-01-10, amount: 100 }
    - { id: a, partner: p, on: 2026-01-10, recorded_on: 2026-02-20 }
    - { id: a, partner: p, on: 2026-01-10, amount: 70, recorded_on: 2026-03-20 }
    - { id: b, partner: p, on: 2026-02-10, amount: 10 }
";
    let program = Program::new(PLAN, facts);
    // In February nobody knows what the first sale came to: its 10 stay, and February's own sale is paid.
    assert_eq!(
        program.posted("monthly", "2026-04-01"),
        exacts(&["10", "1", "-3"])
    );
    // Over the year so far there is one window, and it has no answer.
    assert_eq!(
        program.posted("so_far", "2026-04-01"),
        exacts(&["10", "0", "-2"])
    );
    let lines = program.settle("p", "2026-03-01");
    let open: Vec<String> = lines
        .iter()
        .filter(|line| line.settlement.ends == day("2026-03-01") && !line.open.is_empty())
        .map(|line| format!("{}: {}", program.earner(line.earner), line.open[0].why))
        .collect();
    assert!(
        open.contains(&"so_far: sale.amount is empty".to_owned()),
        "{open:?}"
    );
}

#[test]
fn who_has_a_component_has_its_lines_and_nobody_else() {
    let plan = "
plan: some
currency: USD
facts:
  sale: { columns: { partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
components:
  theirs: { is: For resellers, for: partner.type = 'reseller', pays: 10% * sales }
  all: { is: For everyone, pays: 1 }
";
    let facts = "
partners: { a: { type: reseller }, b: { type: other }, c: {} }
facts: { sale: [ { partner: a, on: 2026-01-05, amount: 10 }, { partner: b, on: 2026-01-05, amount: 10 } ] }
";
    let program = Program::new(plan, facts);
    let lines = |partner: &str| {
        program
            .settle(partner, "2026-02-01")
            .iter()
            .map(|line| {
                format!(
                    "{} {}",
                    program.earner(line.earner),
                    line.posted.figure().expect("a figure")
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(lines("a"), ["theirs 1", "all 1"]);
    assert_eq!(lines("b"), ["all 1"]);
    // Whose type is not known may have it: the line stands, with its question.
    assert_eq!(lines("c"), ["theirs 0", "all 1"]);
}

const LIMITED: &str = "
plan: limited
currency: USD
facts:
  sale: { columns: { partner: partner, on: date, a: money, b: money, c: money } }
measures:
  a: { is: A, sum: sale.a }
  b: { is: B, sum: sale.b }
  c: { is: C, sum: sale.c }
components:
  one:   { is: One, pays: a }
  two:   { is: Two, pays: b }
  three: { is: Three, pays: c }
limits:
";

fn kept(limits: &str, amounts: &str, limit: &str) -> Vec<String> {
    let facts = format!("facts: {{ sale: [ {{ partner: p, on: 2026-01-05, {amounts} }} ] }}");
    let program = Program::new(&format!("{LIMITED}{limits}"), &facts);
    let id = program
        .plan
        .limits
        .iter()
        .position(|known| &*known.name == limit)
        .and_then(|at| u16::try_from(at).ok())
        .expect("a limit");
    let mut evaluator: Evaluator<'_, Answer, _> =
        Evaluator::new(&program.plan, &program.world, &Reference);
    evaluator
        .limited(
            trueup_plan::tree::LimitId(id),
            &program.place("p", "2026-01"),
        )
        .into_iter()
        .map(|(earner, kept)| match kept.figure() {
            Some(figure) => format!("{} {figure}", program.earner(earner)),
            None => format!("{} waits", program.earner(earner)),
        })
        .collect()
}

#[test]
fn the_last_listed_gives_way_first() {
    let limit = "  l: { is: L, on: [one, two, three], at_most: 100 }\n";
    let of = |amounts| kept(limit, amounts, "l");
    assert_eq!(of("a: 30, b: 30, c: 40"), ["one 30", "two 30", "three 40"]);
    assert_eq!(of("a: 30, b: 30, c: 41"), ["one 30", "two 30", "three 40"]);
    assert_eq!(of("a: 30, b: 80, c: 5"), ["one 30", "two 70", "three 0"]);
    assert_eq!(of("a: 130, b: 80, c: 5"), ["one 100", "two 0", "three 0"]);
    // What takes money back is no part of the excess, and makes room for the others.
    assert_eq!(
        of("a: 120, b: -30, c: 50"),
        ["one 120", "two -30", "three 10"]
    );
    assert_eq!(
        of("a: 50, b: 80, c: -20"),
        ["one 50", "two 70", "three -20"]
    );
    assert_eq!(
        of("a: -50, b: -80, c: -20"),
        ["one -50", "two -80", "three -20"]
    );
}

#[test]
fn a_cut_in_proportion_adds_up_to_the_cent() {
    let limit = "  l: { is: L, on: [one, two, three], at_most: 100, cut: pro_rata }\n";
    let of = |amounts| kept(limit, amounts, "l");
    assert_eq!(
        of("a: 50, b: 50, c: 50"),
        ["one 33.34", "two 33.33", "three 33.33"]
    );
    assert_eq!(of("a: 100, b: 0, c: 100"), ["one 50", "two 0", "three 50"]);
    assert_eq!(of("a: 30, b: 30, c: 40"), ["one 30", "two 30", "three 40"]);
    // A negative amount stays whole, and the others share what it makes room for.
    assert_eq!(
        of("a: 100, b: -20, c: 100"),
        ["one 60", "two -20", "three 60"]
    );
}

#[test]
fn what_is_missing_waits_and_holds_only_those_that_come_after_it() {
    let last_first = "  l: { is: L, on: [one, two, three], at_most: 100 }\n";
    assert_eq!(
        kept(last_first, "a: 70, c: 20", "l"),
        ["one 70", "two waits", "three waits"]
    );
    assert_eq!(
        kept(last_first, "a: 170, c: 20", "l"),
        ["one 100", "two waits", "three waits"]
    );
    assert_eq!(
        kept(last_first, "a: 70, b: 20", "l"),
        ["one 70", "two 20", "three waits"]
    );
    let pro_rata = "  l: { is: L, on: [one, two, three], at_most: 100, cut: pro_rata }\n";
    assert_eq!(
        kept(pro_rata, "a: 70, c: 20", "l"),
        ["one waits", "two waits", "three waits"]
    );
    let least = "  l: { is: L, on: [one, two, three], at_least: 100 }\n";
    assert_eq!(
        kept(least, "a: 70, c: 20", "l"),
        ["one 70", "two waits", "three 20", "l.top_up waits"]
    );
}

#[test]
fn a_floor_adds_a_line_of_its_own() {
    let least = "  l: { is: L, on: [one, two], at_least: 100 }\n";
    assert_eq!(
        kept(least, "a: 70, b: 20, c: 5", "l"),
        ["one 70", "two 20", "l.top_up 10"]
    );
    assert_eq!(
        kept(least, "a: 70, b: 30, c: 5", "l"),
        ["one 70", "two 30", "l.top_up 0"]
    );
    assert_eq!(
        kept(least, "a: 70, b: -20, c: 5", "l"),
        ["one 70", "two -20", "l.top_up 50"]
    );
}

#[test]
fn the_inner_limit_holds_first_and_its_top_up_is_held_by_the_outer_one() {
    let limits = "
  inner: { is: Inner, on: [one, two], at_most: 50 }
  outer: { is: Outer, on: [inner, three], at_most: 80 }
";
    assert_eq!(
        kept(limits, "a: 40, b: 40, c: 40", "outer"),
        ["one 40", "two 10", "three 30"]
    );
    assert_eq!(
        kept(limits, "a: 40, b: 40, c: 10", "outer"),
        ["one 40", "two 10", "three 10"]
    );
    let topped = "
  inner: { is: Inner, on: [one], at_least: 50 }
  outer: { is: Outer, on: [inner, three], at_most: 80 }
";
    assert_eq!(
        kept(topped, "a: 40, b: 0, c: 60", "outer"),
        ["one 40", "three 40", "inner.top_up 0"]
    );
}

/// Two limits of a month and a year: what is posted respects both, month after month.
#[test]
fn what_is_posted_respects_every_limit_to_date() {
    let plan = "
plan: nested
currency: USD
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
components:
  one: { is: All of it, pays: sales }
  two: { is: The same again, pays: sales }
limits:
  month: { is: A month, on: [one, two], at_most: 100 }
  year:  { is: A year, on: [month], over: year, at_most: 250 }
";
    let facts = "
partners: { p: { starts: 2026-01-01 } }
facts:
  sale:
    - { id: a, partner: p, on: 2026-01-05, amount: 60 }
    - { id: b, partner: p, on: 2026-02-05, amount: 200 }
    - { id: c, partner: p, on: 2026-03-05, amount: 40 }
    - { id: a, partner: p, on: 2026-01-05, amount: 10, recorded_on: 2026-04-10 }
    - { id: d, partner: p, on: 2026-05-05, amount: 10 }
";
    let program = Program::new(plan, facts);
    assert_eq!(
        program.posted("one", "2026-06-01"),
        exacts(&["60", "100", "40", "-50", "10"])
    );
    assert_eq!(
        program.posted("two", "2026-06-01"),
        exacts(&["40", "0", "10", "0", "10"])
    );
}

#[test]
fn a_schedule_pays_all_of_it_at_its_days_and_a_condition_decides_in_the_release_s_period() {
    let plan = "
plan: scheduled
currency: USD
facts:
  sale: { columns: { partner: partner, on: date, amount: money } }
  survey: { columns: { partner: partner, on: date, score: score } }
measures:
  sales: { is: Sales, sum: sale.amount }
  score: { is: The survey, latest: survey.score }
components:
  thirds: { is: In thirds, pays: sales, paid: [ { share: 1/3 }, { share: 1/3, after: 1 month }, { share: 1/3, on: 2026-12-31 } ] }
  held:
    is: Half of it while customers are glad
    pays: sales
    paid: [ { share: 50% }, { share: 25%, after: 1 month, if: score >= 4 }, { share: 25%, after: 1 month, if: score >= 4, else: wait } ]
";
    let facts = |score: &str| {
        format!(
            "facts: {{ sale: [ {{ partner: p, on: 2026-01-05, amount: 100 }} ], survey: [ {{ partner: p, on: 2026-03-05, score: {score} }} ] }}"
        )
    };
    let due = |component: usize, facts: &str| {
        let program = Program::new(plan, facts);
        let mut evaluator: Evaluator<'_, Answer, _> =
            Evaluator::new(&program.plan, &program.world, &Reference);
        let id = trueup_plan::tree::ComponentId(u16::try_from(component).expect("a component"));
        evaluator
            .schedule(id, &program.place("p", "2026-01"), day("2026-02-01"))
            .into_iter()
            .map(|due| match due.amount.figure() {
                Some(amount) if due.waits => format!("{} {amount} waits", due.on),
                Some(amount) => format!("{} {amount}", due.on),
                None => format!("{} held", due.on),
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        due(0, &facts("5")),
        ["2026-02-01 33.33", "2026-03-01 33.34", "2026-12-31 33.33"]
    );
    assert_eq!(
        due(1, &facts("5")),
        ["2026-02-01 50", "2026-03-01 25", "2026-03-01 25"]
    );
    assert_eq!(
        due(1, &facts("3")),
        ["2026-02-01 50", "2026-03-01 0", "2026-03-01 0 waits"]
    );
    let unanswered = "facts: { sale: [ { partner: p, on: 2026-01-05, amount: 100 } ] }";
    assert_eq!(
        due(1, unanswered),
        ["2026-02-01 50", "2026-03-01 held", "2026-03-01 held"]
    );
}

#[test]
fn lines_come_by_settlement_and_then_as_the_plan_lists_them() {
    let program = Program::new(PLAN, FACTS);
    let lines = program.settle("p", "2026-07-01");
    let keys: Vec<_> = lines
        .iter()
        .map(|line| match line.earner {
            Earner::Component(id) => (line.settlement.ends, id),
            Earner::TopUp(_) => panic!("no limit is here"),
        })
        .collect();
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(keys, sorted);
    let of_march = lines
        .iter()
        .filter(|line| line.settlement.ends == day("2026-04-01"));
    assert_eq!(of_march.count(), 4);
    let posted: Vec<Exact> = lines
        .iter()
        .filter_map(|line| line.posted.figure().cloned())
        .collect();
    assert_eq!(sum(&posted), exact("99"));
}
