//! Every cent is in exactly one place: what is posted is released, held, forfeited or taken, what is taken back is made good or
//! owed, and what a fund sets aside is used, expired or still there.

use std::fmt::Write as _;

use proptest::prelude::*;
use trueup_base::exact::Exact;
use trueup_engine::payouts::Moved;
use trueup_engine::settle::Earner;
use trueup_engine::{Answer, Evaluator, Number, Reference};
use trueup_plan::tree::{FundId, Grant};

use crate::reading::dice::Dice;
use crate::support::{Program, day};

/// A plan with schedules, conditions, recoveries, a guardrail that holds, and a fund, made of choices.
fn plan(dice: &mut Dice<'_>) -> String {
    let mut text = "\
plan: cents
currency: USD
facts:
  sale: { columns: { partner: partner, on: date, amount: money, glad: count } }
  claim: { columns: { id: text, partner: partner, on: date, spent_on: date, cost: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
  glad:  { is: Glad customers, sum: sale.glad }
  deals: { is: Deals, count: sale }
values:
  is_glad: glad / deals >= 1
  is_good: sales >= 0
components:
"
    .to_owned();
    let mut may_be_held = true;
    for at in 0..1 + dice.roll(3) {
        let (over, every) = *dice.pick(&[
            ("month", "month"),
            ("quarter", "month"),
            ("quarter", "quarter"),
            ("year", "month"),
            ("agreement", "quarter"),
        ]);
        // A limit over the year holds nothing that has a longer window.
        may_be_held &= at > 0 || over != "agreement";
        let pays = *dice.pick(&[
            "7% * sales",
            "sales / 3",
            "greatest(0, sales) / 7",
            "10% * sales - 500",
            "100 * glad",
        ]);
        let _ = writeln!(
            text,
            "  c{at}:\n    over: {over}\n    every: {every}\n    pays: \"{pays}\""
        );
        schedule(&mut text, dice);
        recovers(&mut text, dice);
    }
    if dice.hits(2) {
        text.push_str("guardrails:\n  audit: { is: Nothing leaves while it is on, when: glad >= 4, effect: hold }\n");
    }
    if may_be_held && dice.hits(2) {
        text.push_str("limits:\n  together: { is: At most so much a year, on: [c0], over: year, at_most: 900 }\n");
    }
    if dice.hits(2) {
        text.push_str("approvals:\n  payout: { smallest: 250 }\n");
    }
    let part = *dice.pick(&["50%", "100%", "1/3"]);
    let expires = *dice.pick(&["1 month", "3 months", "9 months"]);
    let _ = writeln!(
        text,
        "funds:\n  pot:\n    accrues: 3% * sales\n    claims: claim.cost\n    at: claim.spent_on\n    reimburses: {part}\n    \
         claim_within: 40 days\n    expires_after: {expires}"
    );
    text
}

fn schedule(text: &mut String, dice: &mut Dice<'_>) {
    let shares: &[&str] = match dice.roll(4) {
        0 => return,
        1 => &["100%"],
        2 => &["80%", "20%"],
        _ => &["1/3", "1/3", "1/3"],
    };
    text.push_str("    paid:\n");
    for share in shares {
        let when = *dice.pick(&[
            "",
            ", after: 2 months",
            ", after: 40 days",
            ", on: 2026-06-30",
        ]);
        let on = *dice.pick(&[
            "",
            ", if: is_glad",
            ", if: is_good",
            ", if: is_glad, else: wait",
        ]);
        let _ = writeln!(text, "      - {{ share: {share}{when}{on} }}");
    }
}

fn recovers(text: &mut String, dice: &mut Dice<'_>) {
    let from = match dice.roll(5) {
        0 => return,
        1 => "held, next_payouts",
        2 => "next_payouts, invoice",
        3 => "invoice",
        _ => "next_payouts",
    };
    let most = *dice.pick(&[
        "",
        ", at_most: 30% of each payout",
        ", at_most: 100% of each payout",
    ]);
    let within = *dice.pick(&["", ", within: 2 months"]);
    let _ = writeln!(text, "    recovers: {{ from: [{from}]{most}{within} }}");
}

fn facts(sales: &[(u32, u32, i64, i64)], claims: &[(u32, u32, u32, i64)]) -> String {
    let mut text =
        "partners: { ada: { starts: 2026-01-01, until: 2027-01-01 } }\nfacts:\n  sale:\n"
            .to_owned();
    for (month, of_month, amount, glad) in sales {
        let _ = writeln!(
            text,
            "    - {{ partner: ada, on: 2026-{month:02}-{of_month:02}, amount: {amount}, glad: {glad} }}"
        );
    }
    text.push_str("  claim:\n");
    for (at, (month, of_month, back, cost)) in claims.iter().enumerate() {
        let spent = (*month).saturating_sub(*back).max(1);
        let _ = writeln!(
            text,
            "    - {{ id: k{at}, partner: ada, on: 2026-{month:02}-{of_month:02}, spent_on: 2026-{spent:02}-{of_month:02}, \
             cost: {cost} }}"
        );
    }
    text
}

fn rows() -> impl Strategy<Value = Vec<(u32, u32, i64, i64)>> {
    prop::collection::vec((1u32..=12, 1u32..=28, -9_000i64..12_000, 0i64..3), 1..14)
}

fn claims() -> impl Strategy<Value = Vec<(u32, u32, u32, i64)>> {
    prop::collection::vec((1u32..=12, 1u32..=28, 0u32..4, 0i64..900), 0..8)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 20..80)
}

const DAYS: [&str; 5] = [
    "2026-03-01",
    "2026-04-15",
    "2026-07-01",
    "2026-12-31",
    "2027-09-01",
];

proptest! {
    /// What was posted by a day above zero is released, forfeited, held, or was taken by what was posted below zero; what
    /// was posted below zero was taken from what is held or from payouts, is invoiced, or is owed.
    #[test]
    fn every_posted_cent_is_in_exactly_one_place(
        bytes in bytes(), sales in rows(), until in prop::sample::select(DAYS.to_vec()),
    ) {
        let text = plan(&mut Dice::new(&bytes));
        let program = Program::new(&text, &facts(&sales, &[]));
        let (measurer, until) = (Reference, day(until));
        let mut evaluator: Evaluator<'_, Answer> = Evaluator::new(&program.plan, &program.world, &measurer);
        let ada = program.partner("ada");
        let (mut above, mut below) = (Exact::ZERO, Exact::ZERO);
        for line in evaluator.settle(ada, until) {
            let is_money = match line.earner {
                Earner::Component(id) => program.plan[id].grants == Grant::Money,
                Earner::TopUp(_) => true,
            };
            let posted = line.posted.figure().expect("a posting is a figure");
            match (is_money, posted.is_positive()) {
                (true, true) => above = &above + posted,
                (true, false) => below = &below - posted,
                (false, _) => {}
            }
        }
        let payouts = evaluator.payouts(ada, until);
        let moved = |what: Moved| -> Exact {
            let of = payouts.movements.iter().filter(|movement| movement.what == what);
            of.map(|movement| movement.amount.figure().expect("a figure").clone()).sum()
        };
        let held: Exact = payouts.held.iter().map(|held| held.amount.figure().expect("a figure").clone()).sum();
        let owed: Exact = payouts.owed.iter().map(|owed| owed.amount.figure().expect("a figure").clone()).sum();
        let from_held = moved(Moved::TakenFromHeld);
        let places = [moved(Moved::Released), moved(Moved::Forfeited), held, from_held.clone()];
        prop_assert_eq!(above, places.into_iter().sum::<Exact>(), "{}", text);
        let places = [from_held, moved(Moved::TakenFromPayout), moved(Moved::Invoiced), owed];
        prop_assert_eq!(below, places.into_iter().sum::<Exact>(), "{}", text);
        // What is released and not taken leaves, or waits to be more.
        let left: Exact = payouts.leaves.iter().map(|one| one.amount.figure().expect("a figure").clone()).sum();
        let waits = payouts.waits.figure().expect("a figure");
        prop_assert_eq!(&left + waits, &moved(Moved::Released) - &moved(Moved::TakenFromPayout));
        // No payout gives more than it is.
        prop_assert!(moved(Moved::TakenFromPayout) <= moved(Moved::Released));
    }

    /// What a fund set aside by a day was used, has expired, or is its balance; and each period begins where the one
    /// before it ended.
    #[test]
    fn what_a_fund_set_aside_is_used_expired_or_there(
        bytes in bytes(), sales in rows(), claims in claims(), until in prop::sample::select(DAYS.to_vec()),
    ) {
        let text = plan(&mut Dice::new(&bytes));
        let program = Program::new(&text, &facts(&sales, &claims));
        let (measurer, until) = (Reference, day(until));
        let mut evaluator: Evaluator<'_, Answer> = Evaluator::new(&program.plan, &program.world, &measurer);
        let figure = |amount: &Answer| amount.figure().expect("a figure").clone();
        let (mut accrued, mut gone, mut balance) = (Exact::ZERO, Exact::ZERO, Exact::ZERO);
        for period in evaluator.fund(FundId(0), program.partner("ada"), until) {
            prop_assert_eq!(&figure(&period.opening), &balance);
            accrued = &accrued + &figure(&period.accrued);
            gone = &(&gone + &figure(&period.reimbursed)) + &figure(&period.expired);
            balance = figure(&period.closing);
            prop_assert_eq!(&accrued, &(&gone + &balance), "{}", period.window);
        }
    }
}
