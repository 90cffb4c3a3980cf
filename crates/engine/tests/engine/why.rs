//! Why two runs differ: single causes by hand, and the law that causes add up over generated histories.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_engine::cases;
use trueup_engine::why::{
    Cause, Depth, FactBecame, FactsTold, LineWhy, Part, PartnerWhy, Run, Runs, attribute,
};
use trueup_engine::world::World;
use trueup_plan::between::{Version, edits};
use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::{Sources, any_error, render};
use trueup_plan::document::{PlanText, read_plan};
use trueup_plan::tree::Plan;

use crate::generated::cents;
use crate::support::{day, exact, sum};

/// What one partner's difference between two runs comes from.
struct Told {
    causes: Vec<Cause>,
    partners: Vec<PartnerWhy>,
}

/// A run: a plan and facts, as text; the facts may be written by what the plan declares.
struct Ran<'t> {
    plan: &'t str,
    facts: &'t dyn Fn(&Plan) -> String,
}

fn read(sources: &mut Sources, name: &str, text: &str) -> (PlanText, Plan) {
    let file = sources.add(name, text);
    let mut told = Vec::new();
    let text = read_plan(sources, file, &mut told);
    let plan = text
        .as_ref()
        .and_then(|text| check::plan(sources, text, &[], Strictness::Draft, &mut told));
    match (text, plan) {
        (Some(text), Some(plan)) if !any_error(&told) => (text, plan),
        _ => panic!("{}", render(sources, &told)),
    }
}

fn world(plan: &Plan, facts: &str) -> World {
    cases::world(plan, facts, day("2026-01-01")).unwrap_or_else(|why| panic!("{why}\n{facts}"))
}

fn why_of(first: &Ran<'_>, second: &Ran<'_>, until: &str, partners: &[&str]) -> Told {
    let mut sources = Sources::new();
    let (before_text, before) = read(&mut sources, "first.yaml", first.plan);
    let (after_text, after) = read(&mut sources, "second.yaml", second.plan);
    let version = |text| Version {
        text,
        templates: &[],
    };
    let edits =
        edits(&sources, version(&before_text), version(&after_text)).expect("both are fine");
    // Worlds are asked for from one thread here; the text of the facts is written anew for every plan.
    let written: RefCell<BTreeMap<usize, String>> = RefCell::default();
    let first_world = world(&before, &(first.facts)(&before));
    let plans: Vec<&Plan> = [&before, &after]
        .into_iter()
        .chain(edits.iter().map(|edit| &edit.plan))
        .collect();
    for plan in &plans {
        let key = std::ptr::from_ref::<Plan>(plan) as usize;
        written.borrow_mut().insert(key, (second.facts)(plan));
    }
    let written = written.into_inner();
    let later = |plan: &Plan| {
        let key = std::ptr::from_ref::<Plan>(plan) as usize;
        world(plan, &written[&key])
    };
    let text = |span| sources.text(span).to_owned();
    let runs = Runs {
        before: Run {
            plan: &before,
            world: &first_world,
        },
        after: &after,
        later: &later,
        edits: &edits,
        until: day(until),
        text: &text,
    };
    let ids: Vec<PartnerId> = partners
        .iter()
        .map(|id| PartnerId::new(*id).expect("an id"))
        .collect();
    let (causes, partners) = attribute(&runs, &ids, Depth::Effects);
    Told { causes, partners }
}

/// The same for fixed facts, until the end of 2026, and the partner `p`.
fn why(first: (&str, &str), second: (&str, &str)) -> Told {
    why_of(
        &Ran {
            plan: first.0,
            facts: &|_| first.1.to_owned(),
        },
        &Ran {
            plan: second.0,
            facts: &|_| second.1.to_owned(),
        },
        "2027-01-01",
        &["p"],
    )
}

impl Told {
    fn line(&self, component: &str, period: &str) -> &LineWhy {
        let found = self.partners[0]
            .lines
            .iter()
            .find(|(key, line)| *key.earner == *component && line.period == period);
        found
            .unwrap_or_else(|| panic!("no {component} of {period}"))
            .1
    }

    /// The parts of a line: what the cause is in short, and its amount.
    fn parts(&self, component: &str, period: &str) -> Vec<(String, String)> {
        let line = self.line(component, period);
        assert_eq!(
            &line.before + &sum(line.parts.iter().map(|part| &part.amount)),
            line.after
        );
        line.parts
            .iter()
            .map(|part| (short(&self.causes[part.step]), part.amount.to_string()))
            .collect()
    }

    fn part(&self, component: &str, period: &str) -> &Part {
        let line = self.line(component, period);
        let [part] = line.parts.as_slice() else {
            panic!("{:#?}", line.parts);
        };
        part
    }

    fn effects(&self, component: &str, period: &str) -> Vec<String> {
        let part = self.part(component, period);
        part.effects.iter().map(ToString::to_string).collect()
    }
}

fn short(cause: &Cause) -> String {
    match cause {
        Cause::Facts { kind, became } => format!("{} {kind}", became.word()),
        Cause::Feed { kind, .. } => format!("feed {kind}"),
        Cause::Rates { from, into } => format!("rates {} {}", from.code(), into.code()),
        Cause::Directory { column } => format!("directory {column}"),
        Cause::Hierarchy => "hierarchy".to_owned(),
        Cause::Members => "members".to_owned(),
        Cause::Days => "days".to_owned(),
        Cause::Term { name } => format!("term {name}"),
        Cause::Agreement => "agreement".to_owned(),
        Cause::Plan { things } => {
            let names: Vec<&str> = things.iter().map(|thing| &*thing.name).collect();
            names.join(" and ")
        }
    }
}

const TIERED: &str = "
plan: tiered
currency: USD
period: quarter
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money, gone: flag } }
terms:
  target.sales: { is: What both agreed, unit: money, per: year, spread: even }
measures:
  sales: { is: Sales, sum: sale.amount, where: 'not coalesce(sale.gone, false)' }
tables:
  rates:
    of: x
    one_band: rate
    bands: [ { from: lowest, rate: 1% }, { from: target.sales, rate: 2.5% }, { from: 125% * target.sales, rate: 4% } ]
components:
  bonus: { is: All at the rate reached, pays: sales * rates(sales) }
  flat:  { is: A third of a percent, pays: sales / 300 }
  most:  { is: Ten percent and at most 300, pays: 10% * sales, at_most: 300 }
";

fn facts(target: &str, rows: &str) -> String {
    format!(
        "partners: {{ p: {{ starts: 2026-01-01, terms: {{ target.sales: {target} }} }} }}\nfacts:\n  sale:\n{rows}"
    )
}

fn of(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(cause, amount)| ((*cause).to_owned(), (*amount).to_owned()))
        .collect()
}

const ONE: &str = "    - { id: a, partner: p, on: 2026-02-01, amount: 1_000 }\n";

#[test]
fn a_late_row_that_crosses_a_band_is_told_with_the_bound() {
    let second = format!("{ONE}    - {{ id: b, partner: p, on: 2026-03-01, amount: 500 }}\n");
    let told = why(
        (TIERED, &facts("4_400", ONE)),
        (TIERED, &facts("4_400", &second)),
    );
    // 1,000 at 1 % is 10; 1,500 at 4 % is 60.
    assert_eq!(told.parts("bonus", "2026-Q1"), of(&[("late sale", "50")]));
    assert_eq!(
        told.effects("bonus", "2026-Q1"),
        [
            "sales: 1,000.00 USD → 1,500.00 USD",
            "rates: `lowest` (rate 1%) → `from 125% * target.sales` (rate 4%), crossed at 1,375.00 USD",
            "pays: 10.00 USD → 60.00 USD",
        ]
    );
    assert_eq!(told.parts("bonus", "2026-Q2"), of(&[]));
}

#[test]
fn rows_that_add_up_are_told_one_by_one_and_share_the_cents_of_rounding() {
    let second = format!(
        "{ONE}    - {{ id: b, partner: p, on: 2026-03-02, amount: 1 }}\n    - {{ id: c, partner: p, on: 2026-03-01, amount: 2 }}\n"
    );
    let told = why(
        (TIERED, &facts("400_000", ONE)),
        (TIERED, &facts("400_000", &second)),
    );
    // 1,000 / 300 is 3.33; 1,002 / 300 is 3.34; 1,003 / 300 is 3.343.
    let flat = told.part("flat", "2026-Q1");
    assert_eq!(flat.amount, exact("0.01"));
    assert_eq!(flat.facts, FactsTold::Each(vec![(1, exact("0.01"))]));
    // In a band nothing but the amount counts.
    let bonus = told.part("bonus", "2026-Q1");
    assert_eq!(
        bonus.facts,
        FactsTold::Each(vec![(0, exact("0.01")), (1, exact("0.02"))])
    );
}

#[test]
fn rows_that_cross_a_band_are_told_together() {
    let second = format!(
        "{ONE}    - {{ id: b, partner: p, on: 2026-03-01, amount: 60 }}\n    - {{ id: c, partner: p, on: 2026-03-02, amount: 70 }}\n    - {{ id: d, partner: p, on: 2026-05-02, amount: 1 }}\n"
    );
    let told = why(
        (TIERED, &facts("4_400", ONE)),
        (TIERED, &facts("4_400", &second)),
    );
    // The row of the second quarter has no part in the first.
    assert_eq!(
        told.part("bonus", "2026-Q1").facts,
        FactsTold::Together(vec![0, 1])
    );
    assert_eq!(
        told.part("flat", "2026-Q1").amount,
        exact("0.44"),
        "1,130 / 300 is 3.77 and 1,000 / 300 is 3.33"
    );
}

#[test]
fn a_correction_and_a_cancellation_are_told_apart() {
    let first = format!("{ONE}    - {{ id: b, partner: p, on: 2026-03-01, amount: 500 }}\n");
    let second = "    - { id: a, partner: p, on: 2026-02-01, amount: 1_100 }\n    - { id: b, partner: p, on: 2026-03-01, amount: 500, gone: true }\n";
    let told = why(
        (TIERED, &facts("400_000", &first)),
        (TIERED, &facts("400_000", second)),
    );
    assert_eq!(
        told.parts("bonus", "2026-Q1"),
        of(&[("corrected sale", "1"), ("cancelled sale", "-5")])
    );
}

#[test]
fn a_term_is_told_with_its_figures_and_the_band_it_moved() {
    let told = why(
        (TIERED, &facts("4_400", ONE)),
        (TIERED, &facts("4_000", ONE)),
    );
    assert_eq!(
        told.parts("bonus", "2026-Q1"),
        of(&[("term target.sales", "15")])
    );
    assert_eq!(
        told.effects("bonus", "2026-Q1"),
        [
            "target.sales: 1,100.00 USD → 1,000.00 USD",
            "rates: `lowest` (rate 1%) → `from target.sales` (rate 2.5%), its bound fell from 1,100.00 USD to 1,000.00 USD",
            "pays: 10.00 USD → 25.00 USD",
        ]
    );
}

#[test]
fn an_agreement_that_begins_later_is_told_on_the_line_it_cuts() {
    let rows = format!("{ONE}    - {{ id: b, partner: p, on: 2026-03-01, amount: 2_000 }}\n");
    let later = facts("400_000", &rows).replace("starts: 2026-01-01", "starts: 2026-02-16");
    let told = why((TIERED, &facts("400_000", &rows)), (TIERED, &later));
    // Of 30 only the part after the first of February is left.
    assert_eq!(told.parts("bonus", "2026-Q1"), of(&[("days", "-10")]));
    assert_eq!(
        told.effects("bonus", "2026-Q1"),
        [
            "sales (2026-02-16..2026-03-31): 3,000.00 USD → 2,000.00 USD",
            "target.sales (2026-02-16..2026-03-31): 100,000.00 USD → ≈ 48,809.523810 USD",
            "pays: 30.00 USD → 20.00 USD",
        ]
    );
}

#[test]
fn a_cap_that_is_reached_is_told() {
    let second = format!("{ONE}    - {{ id: b, partner: p, on: 2026-03-01, amount: 2_500 }}\n");
    let told = why(
        (TIERED, &facts("400_000", ONE)),
        (TIERED, &facts("400_000", &second)),
    );
    assert_eq!(
        told.effects("most", "2026-Q1"),
        [
            "sales: 1,000.00 USD → 3,500.00 USD",
            "pays: 100.00 USD → 350.00 USD",
            "at_most: 300.00 USD, reached: without it 350.00 USD",
        ]
    );
    assert_eq!(told.part("most", "2026-Q1").amount, exact("200"));
}

#[test]
fn every_changed_thing_of_a_plan_is_a_cause_and_what_they_only_do_together_is_the_later_ones() {
    let second = TIERED.replace("rate: 2.5%", "rate: 3%").replace(
        "pays: sales * rates(sales)",
        "pays: 2 * sales * rates(sales)",
    );
    let told = why(
        (TIERED, &facts("4_000", ONE)),
        (&second, &facts("4_000", ONE)),
    );
    // 25, then 30 at the new rate, then twice as much.
    assert_eq!(
        told.parts("bonus", "2026-Q1"),
        of(&[("tables.rates", "5"), ("components.bonus", "30")])
    );
}

#[test]
fn a_component_that_is_new_and_one_that_is_gone_are_causes() {
    let second = TIERED.replace(
        "  flat:  { is: A third of a percent, pays: sales / 300 }",
        "  share: { is: One percent, pays: 1% * sales }",
    );
    let told = why(
        (TIERED, &facts("4_400", ONE)),
        (&second, &facts("4_400", ONE)),
    );
    assert_eq!(
        told.parts("share", "2026-Q1"),
        of(&[("components.share", "10")])
    );
    assert_eq!(
        told.parts("flat", "2026-Q1"),
        of(&[("components.flat", "-3.33")])
    );
}

#[test]
fn a_term_that_the_new_plan_drops_is_the_plans_doing_and_not_the_agreements() {
    let second = TIERED
        .replace("terms:\n  target.sales: { is: What both agreed, unit: money, per: year, spread: even }\n", "")
        .replace("target.sales", "1_000");
    let told = why_of(
        &Ran {
            plan: TIERED,
            facts: &|_| facts("4_400", ONE),
        },
        &Ran {
            plan: &second,
            facts: &|_| facts("4_400", ONE).replace(", terms: { target.sales: 4_400 }", ""),
        },
        "2027-01-01",
        &["p"],
    );
    assert_eq!(
        told.parts("bonus", "2026-Q1"),
        of(&[("tables.rates", "15")])
    );
}

const GATED: &str = "
plan: gated
currency: USD
period: quarter
facts:
  sale:   { columns: { id: text, partner: partner, on: date, amount: money } }
  survey: { columns: { id: text, partner: partner, on: date, score: score } }
measures:
  sales:   { is: Sales, sum: sale.amount }
  points:  { is: Points, sum: survey.score }
  answers: { is: Answers, count: survey }
values:
  csat: { is: Mean score, formula: points / answers }
components:
  bonus: { is: One percent while customers are glad, gate: csat >= 4.0, pays: 1% * sales }
";

#[test]
fn a_gate_that_opens_is_told() {
    let rows = |score: &str| {
        format!(
            "partners: {{ p: {{ starts: 2026-01-01 }} }}\nfacts:\n  sale:\n{ONE}  survey:\n    - {{ id: s, partner: p, on: 2026-02-01, score: {score} }}\n"
        )
    };
    let told = why((GATED, &rows("3.5")), (GATED, &rows("4.5")));
    assert_eq!(
        told.parts("bonus", "2026-Q1"),
        of(&[("corrected survey", "10")])
    );
    assert_eq!(
        told.effects("bonus", "2026-Q1"),
        [
            "gate csat >= 4.0: false → true, it opened",
            "points: 3.5 score → 4.5 score",
            "csat: 3.5 score per count → 4.5 score per count",
        ]
    );
}

#[test]
fn a_feed_that_becomes_complete_settles_what_was_open() {
    let rows = |until: &str| {
        format!(
            "partners: {{ p: {{ starts: 2026-01-01 }} }}\ncomplete: {{ sale: {{ from: 2026-01-01, until: {until} }} }}\nfacts:\n  sale:\n{ONE}"
        )
    };
    let plan = "
plan: floors
currency: USD
period: quarter
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
components:
  bonus: { is: One percent and at least 5, pays: 1% * sales, at_least: 5 }
";
    let told = why((plan, &rows("2026-04-01")), (plan, &rows("2026-07-01")));
    assert_eq!(told.parts("bonus", "2026-Q1"), of(&[]));
    assert_eq!(told.parts("bonus", "2026-Q2"), of(&[("feed sale", "5")]));
    assert_eq!(
        told.effects("bonus", "2026-Q2"),
        [
            "sales: missing → 0.00 USD",
            "at_least: 5.00 USD, reached: without it 0.00 USD",
            "open: no sale between 2026-04-01 and 2026-07-01, and its feed is not complete → nothing",
        ]
    );
}

#[test]
fn a_row_that_became_known_later_corrects_the_earlier_period_in_the_open_one() {
    let first = "    - { id: a, partner: p, on: 2026-02-01, amount: 1_000, recorded_on: 2026-02-02 }\n    - { id: b, partner: p, on: 2026-05-01, amount: 2_000, recorded_on: 2026-05-02 }\n";
    let second = format!(
        "{first}    - {{ id: c, partner: p, on: 2026-03-01, amount: 300, recorded_on: 2026-06-01 }}\n    - {{ id: d, partner: p, on: 2026-06-01, amount: 600, recorded_on: 2026-06-02 }}\n"
    );
    let told = why(
        (TIERED, &facts("400_000", first)),
        (TIERED, &facts("400_000", &second)),
    );
    assert_eq!(told.parts("flat", "2026-Q1"), of(&[]));
    let flat = told.part("flat", "2026-Q2");
    assert_eq!(flat.amount, exact("3"));
    assert_eq!(flat.corrects, [("2026-Q1".to_owned(), exact("1"))]);
    assert_eq!(
        flat.facts,
        FactsTold::Each(vec![(0, exact("1")), (1, exact("2"))])
    );
}

#[test]
fn a_limit_that_begins_to_cut_is_told() {
    let plan = "
plan: limited
currency: USD
period: quarter
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
components:
  first:  { is: Five percent, pays: 5% * sales }
  second: { is: Five percent, pays: 5% * sales }
limits:
  year: { is: Together, on: [first, second], over: year, at_most: 130 }
";
    let rows = |more: &str| {
        format!("partners: {{ p: {{ starts: 2026-01-01 }} }}\nfacts:\n  sale:\n{ONE}{more}")
    };
    let more = "    - { id: b, partner: p, on: 2026-03-01, amount: 400 }\n";
    let told = why((plan, &rows("")), (plan, &rows(more)));
    assert_eq!(
        told.effects("second", "2026-Q1"),
        [
            "sales: 1,000.00 USD → 1,400.00 USD",
            "pays: 50.00 USD → 70.00 USD",
            "year: leaves it whole → leaves 60.00 USD of 70.00 USD, held together with first",
        ]
    );
    assert_eq!(told.part("second", "2026-Q1").amount, exact("10"));
}

#[test]
fn under_a_limit_that_does_not_cut_earlier_periods_are_told_too() {
    let plan = |most: &str| {
        format!(
            "
plan: limited
currency: USD
period: quarter
facts:
  sale: {{ columns: {{ id: text, partner: partner, on: date, amount: money }} }}
measures:
  sales: {{ is: Sales, sum: sale.amount }}
components:
  bonus: {{ is: Five percent, pays: 5% * sales }}
limits:
  year: {{ is: In a year, on: [bonus], over: year, at_most: {most} }}
"
        )
    };
    let rows = |more: &str| {
        format!("partners: {{ p: {{ starts: 2026-01-01 }} }}\nfacts:\n  sale:\n{ONE}{more}")
    };
    let more = "    - { id: b, partner: p, on: 2026-03-01, amount: 300, recorded_on: 2026-06-01 }\n    - { id: c, partner: p, on: 2026-06-01, amount: 600, recorded_on: 2026-06-02 }\n";
    let whole = plan("1_000");
    let told = why((&whole, &rows("")), (&whole, &rows(more)));
    let bonus = told.part("bonus", "2026-Q2");
    assert_eq!(bonus.amount, exact("45"));
    assert_eq!(bonus.corrects, [("2026-Q1".to_owned(), exact("15"))]);
    assert_eq!(
        told.effects("bonus", "2026-Q2"),
        [
            "sales: 0.00 USD → 600.00 USD",
            "pays: 0.00 USD → 30.00 USD",
            "sales (2026-Q1): 1,000.00 USD → 1,300.00 USD",
            "pays (2026-Q1): 50.00 USD → 65.00 USD",
        ]
    );
    let cut = plan("60");
    let told = why((&cut, &rows("")), (&cut, &rows(more)));
    let bonus = told.part("bonus", "2026-Q2");
    assert_eq!((&bonus.amount, bonus.corrects.len()), (&exact("10"), 0));
}

const POOLED: &str = "
plan: pooled
currency: USD
period: quarter
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
components:
  share: { is: A part of a hundred, pays: 'allocate(100, sales, to => 0.01, rest => largest)' }
";

#[test]
fn where_partners_share_a_pool_the_others_facts_are_causes_too() {
    let rows = |more: &str| {
        format!(
            "partners: {{ p: {{ starts: 2026-01-01 }}, q: {{ starts: 2026-01-01 }} }}\nfacts:\n  sale:\n{ONE}    - {{ id: z, partner: q, on: 2026-02-01, amount: 1_000 }}\n{more}"
        )
    };
    let more = "    - { id: b, partner: q, on: 2026-03-01, amount: 2_000 }\n";
    let told = why((POOLED, &rows("")), (POOLED, &rows(more)));
    assert_eq!(told.parts("share", "2026-Q1"), of(&[("late sale", "-25")]));
    assert_eq!(
        told.part("share", "2026-Q1").facts,
        FactsTold::Each(vec![(0, exact("-25"))])
    );
}

#[test]
fn who_joins_is_a_cause_for_itself_and_for_those_it_shares_with() {
    let rows = |more: &str| {
        format!("partners: {{ p: {{ starts: 2026-01-01 }} }}\nfacts:\n  sale:\n{ONE}{more}")
    };
    // Whoever facts name takes part.
    let more = "    - { id: b, partner: q, on: 2026-03-01, amount: 3_000 }\n";
    let told = why_of(
        &Ran {
            plan: POOLED,
            facts: &|_| rows(""),
        },
        &Ran {
            plan: POOLED,
            facts: &|_| rows(more),
        },
        "2026-04-01",
        &["p", "q"],
    );
    assert_eq!(told.parts("share", "2026-Q1"), of(&[("members", "-75")]));
    let joined = &told.partners[1].lines;
    assert_eq!(joined.len(), 1);
    let line = joined.values().next().expect("a line");
    assert_eq!((&line.before, &line.after), (&exact("0"), &exact("75")));
}

#[test]
fn rates_between_currencies_are_a_cause() {
    let plan = "
plan: abroad
currency: USD
period: quarter
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales in euro, sum: sale.amount }
values:
  home:
    is: At home
    formula: convert(sales, from => 'EUR', into => 'USD', kind => plan)
components:
  bonus: { is: A tenth at home, pays: 10% * home }
";
    let rows = |rate: &str| {
        format!(
            "partners: {{ p: {{ starts: 2026-01-01 }} }}\nfx: [ {{ from: EUR, into: USD, rate: {rate} }} ]\nfacts:\n  sale:\n{ONE}"
        )
    };
    let told = why((plan, &rows("1.10")), (plan, &rows("1.25")));
    assert_eq!(
        told.parts("bonus", "2026-Q1"),
        of(&[("rates EUR USD", "15")])
    );
    assert_eq!(
        told.effects("bonus", "2026-Q1"),
        [
            "home: 1,100.00 USD → 1,250.00 USD",
            "pays: 110.00 USD → 125.00 USD"
        ]
    );
}

/// One history: rows with what becomes of them, a target, and which rules hold.
#[derive(Clone, Debug)]
struct History {
    rows: Vec<(u8, u8, i64, u8)>,
    target: i64,
    rules: [u8; 5],
    /// When the second partner's agreement begins, and for how long the feed is complete.
    around: [u8; 2],
}

fn history() -> impl Strategy<Value = History> {
    let row = (0u8..3, 1u8..=12, -200_000i64..2_000_000, 0u8..4);
    (
        prop::collection::vec(row, 0..10),
        1i64..5_000_000,
        [0u8..3, 0u8..3, 0u8..3, 0u8..3, 0u8..3],
        [0u8..3, 0u8..3],
    )
        .prop_map(|(rows, target, rules, around)| History {
            rows,
            target,
            rules,
            around,
        })
}

/// A plan whose rules are drawn: rates, a cap, a gate, a component more or less, a limit, a pool.
fn plan_of(history: &History) -> String {
    let [rates, cap, gate, more, limit] = history.rules;
    let top = ["3%", "3.5%", "5%"][usize::from(rates)];
    let cap = ["", ", at_most: 700", ", at_most: 50, at_least: 1"][usize::from(cap)];
    let gate = ["", ", gate: orders >= 1", ", gate: orders >= 2"][usize::from(gate)];
    let more = [
        "",
        "  each_one: { is: On each sale, each: sale, pays: 1.3% * sale.amount }\n",
        "  pool: { is: A part of a pool, pays: 'allocate(least(500, 1% * total(sales)), greatest(0, sales), to => 0.01, rest => largest)' }\n",
    ][usize::from(more)];
    let limit = [
        "",
        "limits: { together: { is: Both, on: [bonus, growth], over: year, at_most: 900 } }\n",
        "limits: { together: { is: Both, on: [bonus, growth], over: year, at_most: 400, cut: pro_rata } }\n",
    ][usize::from(limit)];
    format!(
        "
plan: drawn
currency: USD
period: quarter
facts:
  sale: {{ columns: {{ id: text, partner: partner, on: date, amount: money }} }}
terms:
  target.sales: {{ is: What both agreed, unit: money, per: year, spread: even }}
measures:
  sales: {{ is: Sales, sum: sale.amount }}
  orders: {{ is: Orders, count: sale }}
tables:
  rates:
    of: x
    each_band: rate * slice
    bands: [ {{ from: lowest, rate: 1% }}, {{ from: 0, rate: 1% }}, {{ from: target.sales, rate: {top} }} ]
components:
  bonus:  {{ is: By slices, pays: rates(sales){cap}{gate} }}
  growth: {{ is: Over the year, over: year, every: quarter, pays: 2% * sales / 3 }}
{more}{limit}"
    )
}

/// The facts of a history: what becomes of a row says whether the first or the second run knows it, and as what.
fn facts_of(history: &History, is_second: bool) -> String {
    let [days, feed] = history.around;
    let starts = ["2026-01-01", "2026-02-15", "2026-08-01"][usize::from(days)];
    let until = ["2027-01-01", "2026-10-01", "2026-04-01"][usize::from(feed)];
    let mut text = format!(
        "partners:\n  p: {{ starts: 2026-01-01, terms: {{ target.sales: {target} }} }}\n  q: {{ starts: {starts}, terms: {{ target.sales: {target} }} }}\n\
         complete: {{ sale: {{ from: 2026-01-01, until: {until} }} }}\nfacts:\n  sale:\n",
        target = cents(history.target)
    );
    for (at, (whose, month, amount, becomes)) in history.rows.iter().enumerate() {
        let partner = ["p", "q", "p"][usize::from(*whose)];
        let amount = match (becomes, is_second) {
            (1, false) => continue,
            (2, true) => amount / 2 + 1,
            (3, true) => 0,
            _ => *amount,
        };
        let recorded = match (whose, becomes, is_second) {
            (2, 1, _) => ", recorded_on: 2026-11-05",
            _ => "",
        };
        text.push_str(&format!(
            "    - {{ id: r{at:02}, partner: {partner}, on: 2026-{month:02}-10, amount: {}{recorded} }}\n",
            cents(amount)
        ));
    }
    text
}

proptest! {
    /// What causes did to a line adds up to its difference, whatever changed; single facts add up to their step; and the
    /// sum of all differences is what the two runs pay in all, each settled by itself.
    #[test]
    fn causes_add_up_to_the_difference_of_every_line(one in history(), other in history(), keeps in any::<[bool; 4]>()) {
        let [keeps_rows, keeps_target, keeps_rules, keeps_around] = keeps;
        let second = History {
            rows: if keeps_rows { one.rows.clone() } else { other.rows.iter().chain(&one.rows).copied().collect() },
            target: if keeps_target { one.target } else { other.target },
            rules: if keeps_rules { one.rules } else { other.rules },
            around: if keeps_around { one.around } else { other.around },
        };
        let (plan, next) = (plan_of(&one), plan_of(&second));
        // Ids go by position, so a longer list shifts them: many rows are then late or corrected at once.
        let told = why_of(
            &Ran { plan: &plan, facts: &|_| facts_of(&one, false) },
            &Ran { plan: &next, facts: &|_| facts_of(&second, true) },
            "2027-01-01",
            &["p", "q"],
        );
        for partner in &told.partners {
            for (key, line) in &partner.lines {
                let parts = sum(line.parts.iter().map(|part| &part.amount));
                prop_assert_eq!(&line.before + &parts, line.after.clone(), "{:?}", key);
                for part in &line.parts {
                    if let FactsTold::Each(each) = &part.facts {
                        prop_assert_eq!(sum(each.iter().map(|(_, amount)| amount)), part.amount.clone());
                    }
                    let corrected = sum(part.corrects.iter().map(|(_, amount)| amount));
                    prop_assert!(part.corrects.is_empty() || !corrected.is_zero() || part.corrects.len() > 1);
                }
            }
        }
        let paid = |plan: &str, facts: &str| -> Exact {
            let program = crate::support::Program::new(plan, facts);
            let lines: Vec<Exact> = ["p", "q"]
                .iter()
                .flat_map(|who| program.settle(who, "2027-01-01"))
                .map(|line| trueup_engine::Number::figure(&line.posted).expect("a figure").clone())
                .collect();
            sum(&lines)
        };
        let before = paid(&plan, &facts_of(&one, false));
        let after = paid(&next, &facts_of(&second, true));
        let parts = told.partners.iter().flat_map(|partner| partner.lines.values()).flat_map(|line| &line.parts);
        prop_assert_eq!(&before + &sum(parts.map(|part| &part.amount)), after);
    }
}

#[test]
fn facts_are_told_by_what_their_columns_say() {
    let second = "    - { id: a, partner: p, on: 2026-02-01, amount: 1_100 }\n";
    let mut sources = Sources::new();
    let (_, plan) = read(&mut sources, "plan.yaml", TIERED);
    let (before, after) = (
        world(&plan, &facts("400_000", ONE)),
        world(&plan, &facts("400_000", second)),
    );
    let later = |_: &Plan| after.clone();
    let text = |span| sources.text(span).to_owned();
    let runs = Runs {
        before: Run {
            plan: &plan,
            world: &before,
        },
        after: &plan,
        later: &later,
        edits: &[],
        until: day("2026-04-01"),
        text: &text,
    };
    let mut steps = trueup_engine::why::Steps::of(&runs);
    let step = steps.step().expect("one step");
    assert_eq!(
        step.cause,
        Cause::Facts {
            kind: "sale".into(),
            became: FactBecame::Corrected
        }
    );
    assert_eq!(step.facts[0].id.as_str(), "a");
    assert_eq!(step.facts[0].on, Some(day("2026-02-01")));
    assert_eq!(
        step.facts[0].says,
        [("amount".to_owned(), "1000".to_owned(), "1100".to_owned())]
    );
    assert!(steps.step().is_none());
}
