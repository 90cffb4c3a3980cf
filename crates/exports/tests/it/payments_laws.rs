//! The laws of payment files, over generated ones, and what the schema of ISO 20022 says of them.

use std::fs;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use trueup_base::Exact;
use trueup_exports::pain001::{PaymentFile, Refusal, parse, write};

use crate::elsewhere::read_elsewhere;
use crate::payments::a_file;

/// What lies between an opening and a closing tag, of every element of a name.
fn said<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let opening = format!("<{name}>");
    let after = text.split(opening.as_str()).skip(1);
    after.map(|rest| rest.split('<').next().unwrap()).collect()
}

fn amounts(file: &PaymentFile) -> Vec<Exact> {
    let orders = file.orders.iter();
    orders
        .flat_map(|order| order.payments.iter().map(move |payment| (order, payment)))
        .map(|(order, payment)| {
            Exact::from_scaled(payment.amount_minor.into(), order.currency.places())
        })
        .collect()
}

proptest! {
    /// LAW-42.
    #[test]
    fn what_is_written_is_read_back_the_same(file in a_file()) {
        let bytes = write(&file).unwrap();
        prop_assert_eq!(parse(&bytes).unwrap(), file);
    }

    /// LAW-35: the same contents are the same bytes, and other contents are other bytes.
    #[test]
    fn a_file_is_a_function_of_its_contents(file in a_file()) {
        let bytes = write(&file).unwrap();
        prop_assert_eq!(&bytes, &write(&file.clone()).unwrap());
        let mut other = file;
        other.orders[0].payments[0].amount_minor += if other.orders[0].payments[0].amount_minor > 1 { -1 } else { 1 };
        prop_assert_ne!(bytes, write(&other).unwrap());
    }

    /// LAW-35: the number of payments and the control sum are those of the rows.
    #[test]
    fn totals_are_those_of_the_payments(file in a_file()) {
        let text = String::from_utf8(write(&file).unwrap()).unwrap();
        let amounts = amounts(&file);
        let sum = amounts.iter().fold(Exact::ZERO, |sum, amount| &sum + amount);
        prop_assert_eq!(said(&text, "NbOfTxs")[0], amounts.len().to_string());
        prop_assert_eq!(Exact::parse(said(&text, "CtrlSum")[0]).unwrap(), sum);
        prop_assert_eq!(text.matches("<CdtTrfTxInf>").count(), amounts.len());
    }

    /// LAW-36.
    #[test]
    fn what_is_not_above_zero_enters_no_file(file in a_file(), amount in i64::MIN..=0) {
        let mut file = file;
        file.orders[0].payments[0].amount_minor = amount;
        let is_refused = matches!(write(&file), Err(Refusal::NotAboveZero { .. }));
        prop_assert!(is_refused);
    }

    /// A file of which any one byte is another is either refused or says something else; it never panics.
    #[test]
    fn a_byte_changed_is_refused_or_reads_otherwise(file in a_file(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = write(&file).unwrap();
        let at = at.index(bytes.len());
        let before = std::mem::replace(&mut bytes[at], byte);
        if before != byte && let Ok(read) = parse(&bytes) {
            prop_assert_ne!(read, file);
        }
    }

    #[test]
    fn whatever_bytes_are_given_reading_them_ends(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = parse(&bytes);
    }
}

/// The schema as PyPI's `sepaxml` ships it, applied by libxml2 to files of every shape.
#[test]
fn the_schema_of_iso_20022_takes_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::new(ProptestConfig::default());
    let files = ProptestConfig::default().cases.min(2_000);
    for number in 0..files {
        let file = a_file().new_tree(&mut runner).unwrap().current();
        let name = folder.path().join(format!("{number:04}.xml"));
        fs::write(name, write(&file).unwrap()).unwrap();
    }
    // One that the schema must refuse, so that we know it was asked.
    let wrong = "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.09'/>";
    fs::write(folder.path().join("wrong.xml"), wrong).unwrap();
    let found = read_elsewhere("pain001.py", folder.path());
    assert_eq!(found["valid"], files);
    let refused = found["refused"].as_array().unwrap();
    assert_eq!(refused.len(), 1, "{refused:#?}");
    assert_eq!(refused[0]["file"], "wrong.xml");
}
