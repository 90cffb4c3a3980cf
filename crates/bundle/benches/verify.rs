//! A bundle of ten thousand facts, verified as whoever gets it does: read, signatures and proofs checked, the plan evaluated over
//! the facts again, every step compared.

// The maker of bundles of the tests.
#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../tests/it/support.rs"]
mod support;

use std::fmt::Write as _;
use std::time::Instant;

use support::Example;
use trueup_bundle::verify;

const FACTS: usize = 10_000;
const ROUNDS: usize = 5;

/// Quarters and a year settled by quarters, so that each fact counts in several windows and measures.
const PLAN: &str = "
plan: bench
currency: USD
period: quarter
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money, new: flag } }
terms:
  target.sales: { is: Agreed, unit: money, per: year, spread: even }
measures:
  sales: { is: Sales, sum: sale.amount }
  deals: { is: New deals, count: sale, where: sale.new }
tables:
  rates: { is: Rates, of: x, each_band: rate * slice, bands: [ { from: lowest, rate: 1% }, { from: full(target.sales), rate: 2% } ] }
components:
  bonus: { is: By slices, pays: rates(sales) }
  year: { is: The year so far, over: year, every: quarter, pays: 1% * sales }
  new_deals: { is: Five for each, pays: 5 * deals }
";

fn main() {
    let mut facts = "
partners: { ada: { starts: 2025-01-01, until: 2026-01-01, terms: { target.sales: 4_000_000 } } }
facts:
  sale:
"
    .to_owned();
    for at in 0..FACTS {
        let _ = writeln!(
            facts,
            "    - {{ id: s{at}, partner: ada, on: 2025-{:02}-{:02}, amount: {}.{:02}, new: {} }}",
            1 + at % 12,
            1 + at / 12 % 28,
            100 + at * 7_919 % 9_000,
            at % 100,
            at % 3 == 0
        );
    }
    let example = Example::new(PLAN, &facts);
    let ada = example.partners().next().expect("one partner");
    let made = example.made(ada).expect("a bundle");
    let mut took = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let verdict = verify(made.text.as_bytes(), &made.key);
        took.push(begun.elapsed());
        assert!(verdict.holds(), "{:?}", verdict.report.found);
    }
    took.sort();
    println!(
        "a bundle of {FACTS} facts, {:.1} MB in {} lines, verified: median {:?}, fastest {:?} ({ROUNDS} rounds)",
        made.text.len() as f64 / 1e6,
        made.text.lines().count(),
        took[ROUNDS / 2],
        took[0]
    );
}
