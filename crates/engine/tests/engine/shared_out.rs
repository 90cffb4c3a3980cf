//! Laws of what is shared out and converted: credits make up the deal, conversions the total, and numbers that outgrow
//! everything post nothing.

use proptest::prelude::*;
use trueup_base::exact::Exact;
use trueup_engine::number::Number;
use trueup_plan::tree::NoAnswerKind;

use crate::generated::{amount, cents, day_of_year};
use crate::support::{Got, Program, exact, sum};

/// Two parts that make up a deal, and one that is paid besides.
fn credited(first: i64, overlay: i64) -> String {
    format!(
        "
plan: credited
currency: USD
period: year
facts:
  deal:
    columns: {{ id: text, seller: partner, helper: partner, introducer: partner, on: date, amount: money }}
    credited:
      - {{ to: deal.seller,     role: sold,       share: {first}% }}
      - {{ to: deal.helper,     role: helped,     share: {second}% }}
      - {{ to: deal.introducer, role: introduced, share: {overlay}%, overlay: yes }}
measures:
  sold:       {{ is: Sold, sum: deal.amount, role: sold }}
  helped:     {{ is: Helped with, sum: deal.amount, role: helped }}
  introduced: {{ is: Introduced, sum: deal.amount, role: introduced }}
  parts:      {{ is: Parts of deals sold, count: deal, role: sold }}
components:
  sales_pay: {{ is: All of what was sold, each: deal, role: sold, pays: deal.amount }}
",
        second = 100 - first
    )
}

proptest! {
    /// LAW-29: the shares of a deal make up the deal, in money and in number, whoever the partners are; what is credited
    /// besides is the declared part of it and touches nobody else's.
    #[test]
    fn shares_make_up_the_deal_and_overlays_their_declared_part(
        first in 1i64..=99,
        overlay in 1i64..=100,
        deals in prop::collection::vec((day_of_year(), amount(), 0usize..3, 0usize..3, 0usize..3), 1..8),
    ) {
        let partners = ["ada", "bob", "cyd"];
        let mut facts = "partners: { ada: { starts: 2026-01-01 }, bob: { starts: 2026-01-01 }, cyd: { starts: 2026-01-01 } }\nfacts:\n  deal:\n".to_owned();
        for (at, (on, amount, seller, helper, introducer)) in deals.iter().enumerate() {
            facts.push_str(&format!(
                "    - {{ id: d{at}, seller: {}, helper: {}, introducer: {}, on: {on}, amount: {} }}\n",
                partners[*seller], partners[*helper], partners[*introducer], cents(*amount)
            ));
        }
        let program = Program::new(&credited(first, overlay), &facts);
        let of_all = |formula: &str| {
            let figures: Vec<Exact> = partners
                .iter()
                .map(|partner| match program.ask_of(partner, formula, "2026") {
                    Got::Number(figure) => figure,
                    other => panic!("{formula} of {partner}: {other:?}"),
                })
                .collect();
            sum(&figures)
        };
        let whole = sum(&deals.iter().map(|(_, amount, ..)| cents(*amount)).collect::<Vec<_>>());
        let part = |percent: i64| &whole * &Exact::ratio(percent, 100).expect("not over zero");
        prop_assert_eq!(&of_all("sold") + &of_all("helped"), whole.clone());
        prop_assert_eq!(of_all("sold"), part(first));
        prop_assert_eq!(of_all("introduced"), part(overlay));
        let number = i64::try_from(deals.len()).expect("few deals");
        prop_assert_eq!(of_all("parts"), &Exact::from_int(number) * &Exact::ratio(first, 100).expect("not over zero"));
        // Paid row by row, each rounded to the cent: no further from the whole than half a cent a row.
        let paid = of_all("sales_pay");
        prop_assert!((&paid - &part(first)).abs() <= &Exact::from_int(number) * &exact("0.005"));
    }

    /// LAW-32: lines converted one by one add up to the total at the rate, exactly; rounded to cents they miss it by a
    /// residue of at most half a cent a line, which is the difference and nothing else. No rate is turned round or made of
    /// two others, and a line without its rate leaves the figure open.
    #[test]
    fn converted_lines_add_up_to_the_total_at_the_rate(
        lines in prop::collection::vec(amount(), 1..12),
        rate in 1i64..30_000,
        lacking in any::<bool>(),
    ) {
        let plan = "
plan: converted
currency: USD
facts:
  line: { columns: { id: text, partner: partner, on: date, amount: money } }
measures:
  dollars: { is: In dollars, sum: in_dollars }
values:
  in_dollars: \"convert(line.amount, from => 'EUR', into => 'USD', on => line.on)\"
  turned: \"convert(1 USD, into => 'EUR', on => date '2026-01-05')\"
  by_way: \"convert(1 USD, into => 'JPY', on => date '2026-01-05')\"
components:
  by_line: { is: Each line in dollars, each: line, pays: in_dollars }
";
        let rate = Exact::from_scaled(i128::from(rate), 4);
        let mut facts = format!(
            "partners: {{ p: {{ starts: 2026-01-01 }} }}\nfx:\n  - {{ from: EUR, into: USD, on: 2026-01-05, rate: {rate} }}\n  \
             - {{ from: EUR, into: JPY, on: 2026-01-05, rate: 160 }}\nfacts:\n  line:\n"
        );
        for (at, amount) in lines.iter().enumerate() {
            facts.push_str(&format!("    - {{ id: l{at:02}, partner: p, on: 2026-01-05, amount: {} }}\n", cents(*amount)));
        }
        if lacking {
            facts.push_str("    - { id: x, partner: p, on: 2026-01-06, amount: 1 }\n");
        }
        let program = Program::new(plan, &facts);
        for formula in ["turned", "by_way"] {
            prop_assert_eq!(program.ask(formula, "2026-01"), Got::Missing);
        }
        if lacking {
            prop_assert_eq!(program.ask("by_line", "2026-01"), Got::Missing);
            prop_assert_eq!(program.ask("dollars", "2026-01"), Got::Missing);
            prop_assert_eq!(sum(&program.posted("by_line", "2026-02-01")), Exact::ZERO);
            return Ok(());
        }
        let total = &sum(&lines.iter().map(|amount| cents(*amount)).collect::<Vec<_>>()) * &rate;
        prop_assert_eq!(program.figure("dollars", "2026-01"), total.clone());
        let residue = &program.figure("by_line", "2026-01") - &total;
        let most = Exact::from_int(i64::try_from(lines.len()).expect("few lines"));
        prop_assert!(residue.abs() <= &most * &exact("0.005"), "{} over {} lines", residue, lines.len());
    }

    /// LAW-45: sums and products of the largest amounts a feed may bring stay exact to the last digit.
    #[test]
    fn the_largest_amounts_stay_exact(
        amounts in prop::collection::vec(any::<i64>(), 2..8),
        scale in prop::sample::select(vec![0usize, 4, 18]),
    ) {
        // Twenty-eight digits, as wide as a column of money may be.
        let texts: Vec<String> = amounts
            .iter()
            .map(|amount| {
                let digits = format!("{:019}123456789", amount.unsigned_abs());
                let (whole, tail) = digits.split_at(digits.len() - scale);
                let sign = if *amount < 0 { "-" } else { "" };
                if tail.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{tail}") }
            })
            .collect();
        let plan = "
plan: large
currency: USD
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
values:
  thirds: sales / 3
components:
  all: { is: All of it, pays: sales, rounding: { to: 0.000000000000000001 } }
";
        let mut facts = "partners: { p: { starts: 2026-01-01 } }\nfacts:\n  sale:\n".to_owned();
        for (at, text) in texts.iter().enumerate() {
            facts.push_str(&format!("    - {{ id: s{at}, partner: p, on: 2026-01-0{}, amount: {text} }}\n", at + 1));
        }
        let program = Program::new(plan, &facts);
        let whole = sum(&texts.iter().map(|text| exact(text)).collect::<Vec<_>>());
        prop_assert_eq!(program.figure("sales", "2026-01"), whole.clone());
        prop_assert_eq!(&program.figure("thirds", "2026-01") * &Exact::from_int(3), whole.clone());
        prop_assert_eq!(sum(&program.posted("all", "2026-02-01")), whole);
    }
}

/// LAW-45: one step beyond what is counted with, the line has no answer and posts nothing, and the lines beside it go on.
#[test]
fn a_number_that_outgrows_everything_posts_nothing() {
    let plan = "
plan: grows
currency: USD
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
values:
  squared: { is: Squares itself every day, every: day, formula: \"previous(squared, first => 1/3) * previous(squared, first => 1/3)\" }
components:
  grown: { is: Grows, pays: sales * squared }
  plain: { is: Does not, pays: sales }
";
    let program = Program::new(
        plan,
        "partners: { p: { starts: 2026-01-01 } }\nfacts:\n  sale: [{ id: s, partner: p, on: 2026-01-05, amount: 100 }]\n",
    );
    let lines = program.settle("p", "2026-02-01");
    let [grown, plain] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert_eq!(grown.posted.figure(), Some(&Exact::ZERO));
    assert!(
        grown
            .open
            .iter()
            .any(|reason| reason.kind == NoAnswerKind::Undefined
                && reason.why.contains("twenty thousand digits"))
    );
    assert_eq!(plain.posted.figure(), Some(&exact("100")));
}
