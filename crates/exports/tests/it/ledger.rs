//! The journal for the ledger: its refusals, its guard, and its laws over generated ones.

use std::fs;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use trueup_base::date::{add_days, parse_date};
use trueup_base::id::PartnerId;
use trueup_base::{Currency, Exact};
use trueup_exports::ledger_csv::{
    AccountMap, Entry, LedgerAccount, Line, ParseError, Refusal, mapped, parse, write,
};

use crate::elsewhere::read_elsewhere;

fn entry(code: &str, amount_minor: i64, currency: &str) -> Entry {
    Entry {
        on: parse_date("2026-03-31").unwrap(),
        account: LedgerAccount {
            code: code.to_owned(),
            name: "Some account".to_owned(),
        },
        amount_minor,
        currency: Currency::parse(currency).unwrap(),
        partner: Some(PartnerId::new("P-100").unwrap()),
        text: "volume_bonus".to_owned(),
        reference: "batch 7".to_owned(),
    }
}

#[test]
fn an_account_that_is_not_mapped_stops_the_whole_export() {
    let line = Line {
        on: parse_date("2026-03-31").unwrap(),
        account: "clawback_receivable".to_owned(),
        amount_minor: 1,
        currency: Currency::parse("EUR").unwrap(),
        partner: None,
        text: String::new(),
        reference: "batch 7".to_owned(),
    };
    let refused = mapped(&[line], &AccountMap::new()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "account `clawback_receivable` has no account of the ledger; map it, and export again"
    );
}

#[test]
fn what_does_not_balance_is_refused_by_document_day_and_currency() {
    let refused = write(&[entry("1", 100, "EUR"), entry("2", -99, "EUR")]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "batch 7 does not balance on 2026-03-31: its debits less its credits come to 0.01 EUR"
    );
    // The same number in two currencies is no balance, nor is a debit today and a credit tomorrow.
    assert!(write(&[entry("1", 100, "EUR"), entry("2", -100, "USD")]).is_err());
    let mut tomorrow = entry("2", -100, "EUR");
    tomorrow.on = parse_date("2026-04-01").unwrap();
    assert!(write(&[entry("1", 100, "EUR"), tomorrow]).is_err());
    let mut other = entry("2", -100, "EUR");
    other.reference = "batch 8".to_owned();
    assert!(write(&[entry("1", 100, "EUR"), other]).is_err());
    write(&[
        entry("1", 100, "EUR"),
        entry("2", -60, "EUR"),
        entry("3", -40, "EUR"),
    ])
    .unwrap();
}

#[test]
fn a_line_of_nothing_or_without_a_name_is_refused() {
    assert!(matches!(
        write(&[entry("1", 0, "EUR")]),
        Err(Refusal::Nothing { .. })
    ));
    assert!(matches!(
        write(&[entry("", 1, "EUR"), entry("2", -1, "EUR")]),
        Err(Refusal::Unnamed {
            what: "account",
            ..
        })
    ));
}

#[test]
fn nothing_posted_is_a_file_of_heads_alone() {
    let bytes = write(&[]).unwrap();
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1);
    assert_eq!(parse(&bytes), Ok(vec![]));
    assert!(parse(b"").is_err());
}

#[test]
fn a_partner_named_like_a_formula_does_not_run() {
    let both = |amount| {
        let mut entry = entry("1", amount, "EUR");
        entry.partner = Some(PartnerId::new("=HYPERLINK(\"http://x\")").unwrap());
        entry.text = "+49 170".to_owned();
        entry
    };
    let entries = vec![both(5), both(-5)];
    let bytes = write(&entries).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(
        text.contains(r#","'=HYPERLINK(""http://x"")",'+49 170,"#),
        "{text}"
    );
    assert_eq!(parse(&bytes), Ok(entries));
}

#[test]
fn a_journal_that_was_changed_is_not_read() {
    let right = write(&[entry("1", 1_250, "EUR"), entry("2", -1_250, "EUR")]).unwrap();
    let right = String::from_utf8(right).unwrap();
    let with = |from: &str, to: &str| {
        assert!(right.contains(from), "{from}");
        parse(right.replacen(from, to, 1).as_bytes()).unwrap_err()
    };
    assert!(matches!(
        with("12.50", "12.51"),
        ParseError::Refused(Refusal::Unbalanced { .. })
    ));
    assert!(matches!(with("12.50", "12.5"), ParseError::Form { .. }));
    assert!(matches!(
        with("12.50", "12.505"),
        ParseError::Cell {
            column: "debit",
            ..
        }
    ));
    assert!(matches!(
        with("12.50,,", "12.50,12.50,"),
        ParseError::Cell { .. }
    ));
    assert!(matches!(with("\r\n", "\n"), ParseError::Form { .. }));
    assert!(matches!(
        with("P-100", "=1"),
        ParseError::Cell {
            column: "partner",
            ..
        }
    ));
    assert!(matches!(
        with("EUR", "eur"),
        ParseError::Cell {
            column: "currency",
            ..
        }
    ));
    assert!(matches!(
        with("debit", "Debit"),
        ParseError::Form { at: 0, .. }
    ));
    assert!(matches!(
        with(",batch 7", ""),
        ParseError::Cell { column: "line", .. }
    ));
}

fn a_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[=+@'＝\t\r\n -]{0,2}[a-z0-9,;\"'\r\n=é株]{0,12}",
        proptest::string::string_regex("\\PC{0,12}").unwrap(),
    ]
}

/// Documents whose lines balance: each amount with what is the other side of it, in any order.
fn a_journal() -> impl Strategy<Value = Vec<Entry>> {
    let amount = prop_oneof![Just(1_i64), Just(i64::MAX), 1_i64..10_000_000, any::<i64>()];
    let amount = amount.prop_filter("it has another side", |amount| {
        *amount != 0 && *amount != i64::MIN
    });
    let pair = (
        amount,
        prop_oneof![Just("EUR"), Just("JPY"), Just("BHD")],
        proptest::option::of("[=+@A-Z][A-Z0-9 ,\"=-]{0,10}[A-Z]"),
        (a_text(), a_text(), "[=+-]?[0-9A-Z,\"]{1,6}"),
        0_i64..3_000,
        1_usize..4,
    );
    let pair = pair.prop_map(
        |(amount, currency, partner, (text, name, code), day, document)| {
            let one = |amount_minor| Entry {
                on: add_days(parse_date("2020-01-01").unwrap(), day).unwrap(),
                account: LedgerAccount {
                    code: code.clone(),
                    name: name.clone(),
                },
                amount_minor,
                currency: Currency::parse(currency).unwrap(),
                partner: partner.as_deref().map(|id| PartnerId::new(id).unwrap()),
                text: text.clone(),
                reference: format!("batch {document}"),
            };
            [one(amount), one(-amount)]
        },
    );
    proptest::collection::vec(pair, 0..6)
        .prop_map(|pairs| pairs.into_iter().flatten().collect::<Vec<_>>())
        .prop_shuffle()
}

proptest! {
    /// LAW-42, undoing the guard.
    #[test]
    fn a_journal_is_read_back_the_same(entries in a_journal()) {
        let bytes = write(&entries).unwrap();
        prop_assert_eq!(parse(&bytes).unwrap(), entries);
    }

    /// No cell begins as a formula does, whatever names and texts say.
    #[test]
    fn no_cell_can_run(entries in a_journal()) {
        let bytes = write(&entries).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        for record in reader.records() {
            for cell in &record.unwrap() {
                let first = cell.trim_start_matches(' ').chars().next();
                prop_assert!(!first.is_some_and(|first| "=+-@\t\r\n\0＝＋－＠".contains(first)), "{:?}", cell);
            }
        }
    }

    #[test]
    fn a_cent_more_on_one_line_is_noticed(entries in a_journal(), at in any::<prop::sample::Index>()) {
        let mut entries = entries;
        prop_assume!(!entries.is_empty());
        let at = at.index(entries.len());
        entries[at].amount_minor = entries[at].amount_minor.saturating_sub(1);
        let is_refused = matches!(write(&entries), Err(Refusal::Unbalanced { .. } | Refusal::Nothing { .. }));
        prop_assert!(is_refused);
    }
}

/// Python's own `csv` finds the same cells, and `decimal` the same sums.
#[test]
fn another_reader_finds_the_same_lines_and_sums() {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::new(ProptestConfig::default());
    let mut expected = Vec::new();
    for number in 0..64 {
        let entries = a_journal().new_tree(&mut runner).unwrap().current();
        let name = format!("{number:02}.csv");
        fs::write(folder.path().join(&name), write(&entries).unwrap()).unwrap();
        let debits = entries.iter().filter(|entry| entry.amount_minor > 0);
        let sum = debits.fold(Exact::ZERO, |sum, entry| {
            &sum + &Exact::from_scaled(entry.amount_minor.into(), entry.currency.places())
        });
        expected.push(json!({ "file": name, "lines": entries.len(), "debit": sum.to_string(), "credit": sum.to_string() }));
    }
    let found = read_elsewhere("ledger_csv.py", folder.path());
    assert_eq!(found, Value::Array(expected));
}
