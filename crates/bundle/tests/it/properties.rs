//! Random facts: every partner's bundle holds, whatever was sold, taken back, corrected or credited upwards.

use std::fmt::Write as _;

use proptest::prelude::*;
use trueup_bundle::verify;

use crate::support::Example;

const PLAN: &str = "
plan: random
currency: USD
period: quarter
facts:
  sale:
    columns: { id: text, partner: partner, via: partner, on: date, amount: money, new: flag }
    credited:
      - { to: sale.partner, role: sold, share: 70% }
      - { to: sale.via, role: helped, share: 30% }
      - { to: upline(sale.partner), role: below, overlay: yes }
terms:
  target.sales: { is: Agreed, unit: money, per: year, spread: days }
measures:
  sales:  { is: Sold, sum: sale.amount, role: sold }
  helped: { is: Helped with, sum: sale.amount, role: helped }
  below:  { is: Sold below, sum: sale.amount, role: below }
  deals:  { is: New deals, count: sale, where: sale.new }
values:
  attainment: { is: Against the target, formula: \"otherwise(sales / target.sales, 0%)\" }
  place: { is: Place, formula: rank(attainment) }
  owed: { is: Carried, every: month, formula: \"greatest(0, previous(owed, first => 0) + 100 - 2% * sales)\" }
tables:
  rates:
    is: Slices
    of: x
    each_band: rate * slice
    bands: [ { from: lowest, rate: 1% }, { from: 0, rate: 2% }, { above: full(target.sales), rate: 3% } ]
components:
  volume: { is: Slices of sales, over: year, every: quarter, pays: rates(sales) }
  help: { is: A twentieth of what it helped with, pays: helped / 20, at_least: 0 }
  pool: { is: A part of a pool, pays: \"allocate(1_000, greatest(0, sales), to => 0.01)\" }
  first: { is: For the first, gate: place = 1, pays: 50 * deals }
  each_sale: { is: On each row, each: sale, pays: sale.amount / 7 }
  override: { is: On those below, pays: 1% * below }
  draw: { is: What is owed, over: month, pays: \"owed - previous(owed, first => 0)\" }
limits:
  most: { is: Together, on: [help, first, override], over: quarter, at_most: 300, at_least: 20, cut: pro_rata }
";

fn facts(rows: &[(u8, u8, u16, i32, bool, bool)]) -> String {
    let mut text = "
partners:
  ada: { starts: 2026-01-01, until: 2027-01-01, terms: { target.sales: 2_000 } }
  bob: { starts: 2026-02-10, until: 2027-01-01, parent: ada, terms: { target.sales: 500 } }
  cyd: { starts: 2026-01-01, parent: bob, terms: { target.sales: 800 } }
facts:
  sale:
"
    .to_owned();
    let names = ["ada", "bob", "cyd"];
    for (at, (who, via, day, cents, is_new, is_corrected)) in rows.iter().enumerate() {
        let on = trueup_base::date::add_days(
            trueup_base::date::Date::constant(2026, 1, 1),
            i64::from(*day),
        );
        let on = on.expect("a day");
        let (who, via) = (names[usize::from(*who)], names[usize::from(*via)]);
        let amount = format!(
            "{}{}.{:02}",
            if *cents < 0 { "-" } else { "" },
            cents.abs() / 100,
            cents.abs() % 100
        );
        let _ = writeln!(
            text,
            "    - {{ id: s{at}, partner: {who}, via: {via}, on: {on}, amount: {amount}, new: {is_new} }}"
        );
        if *is_corrected {
            let later = trueup_base::date::add_days(on, 100).expect("a day");
            let _ = writeln!(
                text,
                "    - {{ id: s{at}, partner: {via}, via: {who}, on: {on}, amount: 1, new: true, recorded_on: {later} }}"
            );
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 16))]

    #[test]
    fn a_bundle_of_random_facts_holds(
        rows in prop::collection::vec(
            (0u8..3, 0u8..3, 0u16..360, -50_000i32..200_000, any::<bool>(), prop::bool::weighted(0.2)),
            1..30,
        )
    ) {
        let example = Example::new(PLAN, &facts(&rows));
        for partner in example.partners() {
            let made = example.made(partner).expect("a bundle");
            let verdict = verify(made.text.as_bytes(), &made.key);
            prop_assert!(verdict.holds(), "{:?}", verdict.report.found);
            let again = example.made(partner).expect("a bundle");
            prop_assert_eq!(made.text, again.text);
        }
    }
}
