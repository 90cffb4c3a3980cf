//! Whatever is changed in a bundle is found, and its place is named; what a vendor states against its own plan too.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;
use trueup_bundle::lines::{Content, read};
use trueup_bundle::record::Said;
use trueup_bundle::verify;
use trueup_bundle::verify::Verdict;
use trueup_journal::PublicKey;

use crate::support::{Example, Made, signed};

const PLAN: &str = "
plan: small
currency: USD
period: quarter
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money, new: flag } }
terms:
  target.sales: { is: Agreed, unit: money, per: year, spread: even }
measures:
  sales: { is: Sales, sum: sale.amount }
  deals: { is: New deals, count: sale, where: sale.new }
values:
  place: { is: Place among all, formula: rank(sales) }
tables:
  rates: { is: Rates, of: x, each_band: rate * slice, bands: [ { from: lowest, rate: 1% }, { from: target.sales, rate: 2% } ] }
components:
  bonus: { is: By slices, gate: sales > 0, pays: rates(sales), at_most: 60 }
  prize: { is: For the first, pays: case when place = 1 then 25 else 0 end }
  each_sale: { is: A third of a percent, each: sale, pays: sale.amount / 300 }
limits:
  all: { is: Together, on: [bonus, prize], over: quarter, at_most: 70 }
";
const FACTS: &str = "
partners:
  ada: { starts: 2026-01-01, until: 2026-10-01, terms: { target.sales: 4_000 } }
  bob: { starts: 2026-01-01, until: 2026-10-01, terms: { target.sales: 100 } }
facts:
  sale:
    - { id: s1, partner: ada, on: 2026-01-10, amount: 700, new: true }
    - { id: s2, partner: ada, on: 2026-02-10, amount: 800.50, new: false }
    - { id: s3, partner: bob, on: 2026-02-11, amount: 900, new: true }
    - { id: s4, partner: ada, on: 2026-05-10, amount: -20, new: true }
";

pub fn made() -> Made {
    let example = Example::new(PLAN, FACTS);
    let ada = example.partners().next().expect("ada");
    example.made(ada).expect("a bundle")
}

fn verified(text: &[u8], key: &PublicKey) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| verify(text, key))).expect("checking never panics")
}

fn is_found(text: &str, key: &PublicKey, what: &str) {
    let verdict = verified(text.as_bytes(), key);
    assert!(!verdict.holds(), "{what} was not found");
    assert!(verdict.statement.is_empty());
    let first = &verdict.report.found[0];
    assert!(
        !first.place.is_empty() && !first.why.is_empty(),
        "{what}: {first}"
    );
}

#[test]
fn a_bundle_holds_and_says_what_it_checked_and_what_it_took() {
    let made = made();
    let verdict = verified(made.text.as_bytes(), &made.key);
    assert!(verdict.holds(), "{:?}", verdict.report.found);
    let report = &verdict.report;
    let says = |lines: &[String], what: &str| lines.iter().any(|line| line.contains(what));
    assert!(
        says(&report.checked, "both sides signed it as it stands here"),
        "{report:?}"
    );
    assert!(says(&report.checked, "custodial"), "{report:?}");
    assert!(
        says(&report.checked, "evaluated again over the bundle's 3 facts"),
        "{report:?}"
    );
    assert!(
        says(&report.checked, "they come to zero in each batch"),
        "{report:?}"
    );
    assert!(
        says(&report.taken, "the partner's rank (formula"),
        "{report:?}"
    );
    assert!(!verdict.statement.is_empty());
    assert!(!made.text.contains("bob"));
}

/// The ways of every scalar in a value.
fn scalars(value: &Value, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                at.push(key.clone());
                scalars(value, at, found);
                at.pop();
            }
        }
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                at.push(place.to_string());
                scalars(value, at, found);
                at.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            found.push(at.clone());
        }
    }
}

/// Something else in the place of a scalar, of the same sort where there is one.
fn other(value: &Value) -> Value {
    match value {
        Value::Null => Value::String("2026-01-01".to_owned()),
        Value::Bool(holds) => Value::Bool(!holds),
        Value::Number(number) => Value::from(number.as_i64().unwrap_or(0) + 1),
        Value::String(text) => match text.chars().last() {
            Some('1') => Value::String(format!("{}2", text.trim_end_matches('1'))),
            Some(last) if last.is_ascii_digit() => {
                let (kept, _) = text.split_at(text.len() - 1);
                Value::String(format!("{kept}1"))
            }
            Some(_) | None => Value::String(format!("{text}x")),
        },
        Value::Array(_) | Value::Object(_) => unreachable!("no scalar"),
    }
}

#[test]
fn every_changed_scalar_is_found() {
    let made = made();
    let lines: Vec<&str> = made.text.lines().collect();
    let mut changes = 0;
    for (at, line) in lines.iter().enumerate() {
        let record: Value = serde_json::from_str(line).expect("a line");
        let mut ways = Vec::new();
        scalars(&record, &mut Vec::new(), &mut ways);
        for way in ways {
            let mut changed = record.clone();
            let place = changed
                .pointer_mut(&format!(
                    "/{}",
                    way.iter()
                        .map(|key| key.replace('~', "~0").replace('/', "~1"))
                        .collect::<Vec<_>>()
                        .join("/")
                ))
                .expect("there");
            *place = other(place);
            let mut all: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            all[at] = changed.to_string();
            is_found(
                &(all.join("\n") + "\n"),
                &made.key,
                &format!("line {} {way:?}", at + 1),
            );
            changes += 1;
        }
    }
    assert!(changes > 500, "{changes}");
}

#[test]
fn every_line_that_is_gone_doubled_or_moved_is_found() {
    let made = made();
    let lines: Vec<&str> = made.text.lines().collect();
    for at in 0..lines.len() {
        let with = |change: &dyn Fn(&mut Vec<String>)| {
            let mut all: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            change(&mut all);
            all.join("\n") + "\n"
        };
        let named = format!("line {}", at + 1);
        is_found(
            &with(&|all| drop(all.remove(at))),
            &made.key,
            &format!("{named} gone"),
        );
        is_found(
            &with(&|all| all.insert(at, lines[at].to_owned())),
            &made.key,
            &format!("{named} doubled"),
        );
        if at + 1 < lines.len() && lines[at] != lines[at + 1] {
            is_found(
                &with(&|all| all.swap(at, at + 1)),
                &made.key,
                &format!("{named} moved"),
            );
        }
        is_found(
            &with(&|all| all.truncate(at)),
            &made.key,
            &format!("cut before {named}"),
        );
    }
    is_found(made.text.trim_end(), &made.key, "the last line's end");
    is_found(&(made.text.clone() + "\n"), &made.key, "an empty line");
}

/// A bit here and there, in every line; which one goes round.
#[test]
fn a_flipped_bit_of_any_byte_is_found() {
    let made = made();
    for at in (0..made.text.len()).step_by(13) {
        let mut bytes = made.text.clone().into_bytes();
        bytes[at] ^= 1 << (at % 8);
        assert!(!verified(&bytes, &made.key).holds(), "byte {at}");
    }
}

/// Every bit of the acts, their proofs and the checkpoint, which nothing else vouches for.
#[test]
fn a_flipped_bit_of_what_is_signed_is_found() {
    let made = made();
    let tail = made.text.find("{\"acts\":").expect("the list of acts");
    let lines: Vec<usize> = made.text[tail..]
        .match_indices('\n')
        .map(|(at, _)| tail + at)
        .collect();
    let from = *lines.get(1).expect("acts");
    for at in (from..made.text.len()).step_by(29) {
        for bit in 0..8 {
            let mut bytes = made.text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            assert!(!verified(&bytes, &made.key).holds(), "byte {at} bit {bit}");
        }
    }
}

#[test]
fn another_key_and_another_journal_are_refused() {
    let (made, other) = (made(), crate::support::other_key());
    is_found(&made.text, &other, "another key");
}

/// A content changed before it was signed: the vendor's own word against its plan.
fn stated(change: impl Fn(&mut Content)) -> Verdict {
    let example = Example::new(PLAN, FACTS);
    let ada = example.partners().next().expect("ada");
    let mut content = example.gathered(ada).expect("gathered").content;
    change(&mut content);
    let (text, key) = signed(&mut content);
    verified(text.as_bytes(), &key)
}

/// Bundles that a vendor signed against its own plan.
pub fn lies() -> Vec<String> {
    let example = Example::new(PLAN, FACTS);
    let ada = example.partners().next().expect("ada");
    let gathered = example.gathered(ada).expect("gathered").content;
    let mut lies = Vec::new();
    let mut lie = |change: &dyn Fn(&mut Content)| {
        let mut content = gathered.clone();
        change(&mut content);
        lies.push(signed(&mut content).0);
    };
    for at in 0..gathered.derived.nodes.len() {
        lie(&|content| content.derived.nodes[at].says = Said::Number("12345".to_owned()));
    }
    for at in 0..gathered.derived.lines.len() {
        lie(&|content| content.derived.lines[at].posted = Said::Number("12345".to_owned()));
        lie(&|content| content.derived.lines[at].to_date = Said::Number("12345".to_owned()));
    }
    for at in 0..gathered.facts.len() {
        lie(&|content| content.facts[at].cells[3] = Some("12345".to_owned()));
        lie(&|content| content.facts[at].cells[2] = Some("2026-07-01".to_owned()));
    }
    lies
}

fn named(verdict: &Verdict) -> Vec<String> {
    verdict
        .report
        .found
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn what_a_vendor_states_against_its_plan_is_named() {
    let verdict = stated(|_| {});
    assert!(verdict.holds(), "{:?}", named(&verdict));
    let first = |change: &dyn Fn(&mut Content)| {
        let found = named(&stated(change));
        assert!(!found.is_empty());
        found.join("\n")
    };
    let number = |text: &str| Said::Number(text.to_owned());
    let step = first(&|content| {
        let node = content.derived.nodes.iter_mut().find(|node| {
            matches!(&node.asks, trueup_bundle::record::Asked::Measure(name) if name == "sales")
        });
        node.expect("sales").says = number("1500.6");
    });
    assert!(
        step.contains("measure sales from 2026-01-01 to before 2026-04-01): it is 1500.6 in the bundle, and the plan comes to 1500.5"),
        "{step}"
    );
    let line = first(&|content| content.derived.lines[0].posted = number("61"));
    assert!(
        line.contains("it posts 61, and the plan comes to"),
        "{line}"
    );
    let fact = first(&|content| content.facts[0].cells[3] = Some("701".to_owned()));
    assert!(fact.contains("and the plan comes to"), "{fact}");
    let rank = first(&|content| content.inputs[0].says = number("2"));
    assert!(rank.contains("and the plan comes to"), "{rank}");
    let input = first(&|content| content.inputs.truncate(1));
    assert!(
        input.contains("what it asks about other partners is not in the bundle"),
        "{input}"
    );
    let tree = first(&|content| {
        let part = content
            .derived
            .tree
            .iter_mut()
            .find(|part| part.part == "component bonus");
        part.expect("bonus").holds["at_most"][2] = "61".into();
    });
    assert!(
        tree.contains("the tree of component bonus: at at_most.2.`\"61\"` for `\"60\"`"),
        "{tree}"
    );
    let text = first(&|content| {
        let plan = content
            .texts
            .iter_mut()
            .find(|text| text.path == "plans/plan.yaml");
        let plan = plan.expect("the plan");
        plan.holds = plan.holds.replace("at_most: 60", "at_most: 61");
    });
    assert!(
        text.contains("text plans/plan.yaml: it is not the text of its digest"),
        "{text}"
    );
    let credit = first(&|content| content.facts[0].cells[1] = Some("other 1".to_owned()));
    assert!(
        credit.contains("fact 0 (sale s1): it is credited and does not name the partner"),
        "{credit}"
    );
    let order = first(&|content| {
        content.facts.swap(0, 1);
        content.facts[0].n = 0;
        content.facts[1].n = 1;
    });
    assert!(
        order.contains("it stands before one that it should follow"),
        "{order}"
    );
    let period = first(&|content| content.head.from = Some("2026-01-01".to_owned()));
    assert!(
        period.contains("the head: it names a period without its days"),
        "{period}"
    );
}

/// Every scalar of what follows from the rest, stated otherwise by the vendor itself.
#[test]
fn no_derived_scalar_can_be_stated_otherwise() {
    let example = Example::new(PLAN, FACTS);
    let ada = example.partners().next().expect("ada");
    let gathered = example.gathered(ada).expect("gathered").content;
    let holds = |content: &Content| {
        let mut content = content.clone();
        let (text, key) = signed(&mut content);
        verified(text.as_bytes(), &key).holds()
    };
    assert!(holds(&gathered));
    let mut tried = 0;
    // Every seventh, so that the test is quick; each sort of record has its turn.
    for at in (0..gathered.derived.nodes.len()).step_by(7) {
        let record = serde_json::to_value(&gathered.derived.nodes[at]).expect("written");
        let mut ways = Vec::new();
        scalars(&record, &mut Vec::new(), &mut ways);
        for way in ways {
            let mut changed = record.clone();
            let place = changed
                .pointer_mut(&format!("/{}", way.join("/")))
                .expect("there");
            *place = other(place);
            let Ok(node) = serde_json::from_value(changed) else {
                continue;
            };
            let mut content = gathered.clone();
            content.derived.nodes[at] = node;
            assert!(!holds(&content), "step {at} {way:?}");
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn what_is_no_bundle_is_refused_whatever_it_is() {
    let made = made();
    let deep = format!("{{\"bundle\":{}", "[".repeat(200_000));
    let wide = format!(
        "{{\"bundle\":{{\"form\":\"{}\"}}}}\n",
        "x".repeat(1_000_000)
    );
    for text in [
        "",
        "\n",
        "{}",
        "{\"bundle\":",
        "{\"bundle\":{}}\n",
        "[]\n",
        &deep,
        &wide,
    ] {
        assert!(!verified(text.as_bytes(), &made.key).holds());
    }
    assert!(read(&[0xff, 0xfe]).is_err());
    let mut bytes = made.text.into_bytes();
    bytes.truncate(bytes.len() / 2);
    assert!(read(&bytes).is_err());
}

/// Figures that no plan has, stated by a vendor: refused without a panic and in no time.
#[test]
fn wild_figures_are_refused() {
    let wild = [
        "1e9",
        "1/0",
        "-0",
        "00",
        "1.",
        "0.10",
        "",
        "9999999999999999999999999999999999999999",
    ];
    for text in wild {
        let verdict = stated(|content| content.facts[0].cells[3] = Some(text.to_owned()));
        assert!(!verdict.holds(), "{text}");
        let verdict = stated(|content| content.inputs[0].says = Said::Number(text.to_owned()));
        assert!(!verdict.holds(), "{text}");
    }
    for day in ["0000-00-00", "2026-02-30", "x", ""] {
        let verdict = stated(|content| content.head.until = day.to_owned());
        assert!(!verdict.holds(), "{day}");
        let verdict = stated(|content| content.facts[0].cells[2] = Some(day.to_owned()));
        assert!(!verdict.holds(), "{day}");
    }
}
