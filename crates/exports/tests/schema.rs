//! Payment files are held to the standard's own schema, and read back as they were written.

use std::path::PathBuf;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use trueup_base::date::parse_date;
use trueup_base::money::Currency;
use trueup_exports::{Bic, Iban, PaymentFile, Transfer};

/// How many files the schema is asked about.
const FILES: usize = 60;

/// Reads each file named by its arguments and holds it to the schema that comes with the package sepaxml.
const VALIDATE: &str = "
import pathlib, sys, sepaxml, xmlschema
schema = pathlib.Path(sepaxml.__file__).parent / 'schemas' / 'pain.001.001.09.xsd'
schema = xmlschema.XMLSchema(str(schema))
for path in sys.argv[1:]:
    schema.validate(path)
print(len(sys.argv) - 1)
";

fn python() -> PathBuf {
    match std::env::var_os("TRUEUP_PYTHON") {
        Some(named) => named.into(),
        None => "python3".into(),
    }
}

fn account() -> impl Strategy<Value = Iban> {
    prop::sample::select(vec![
        "DE89370400440532013000",
        "GB82WEST12345698765432",
        "FR1420041010050500013M02606",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
    ])
    .prop_map(|text| Iban::parse(text).expect("an account"))
}

fn bank() -> impl Strategy<Value = Option<Bic>> {
    prop::option::of(
        "[A-Z]{4}DE[A-Z0-9]{2}([A-Z0-9]{3})?".prop_map(|text| Bic::parse(&text).expect("a bank")),
    )
}

fn transfer(id: usize) -> impl Strategy<Value = Transfer> {
    (
        "[A-Za-z]\\PC{0,90}",
        prop::option::of("[A-Z]{2}"),
        account(),
        bank(),
        1i64..=i64::MAX >> 22,
        "\\PC{0,200}",
    )
        .prop_map(
            move |(creditor, country, account, bank, amount, remittance)| Transfer {
                id: format!("7-P-{id}"),
                creditor,
                country,
                account,
                bank,
                amount,
                remittance,
            },
        )
}

fn file() -> impl Strategy<Value = PaymentFile> {
    let transfers = (1usize..6).prop_flat_map(|count| (0..count).map(transfer).collect::<Vec<_>>());
    (
        "[A-Za-z0-9]([A-Za-z0-9/-]?[A-Za-z0-9]){0,17}",
        "[A-Za-z]\\PC{0,90}",
        account(),
        bank(),
        prop::sample::select(vec!["EUR", "USD", "JPY", "KWD"]),
        transfers,
    )
        .prop_map(
            |(message, debtor, account, bank, currency, transfers)| PaymentFile {
                message,
                created: "2026-04-02T09:00:00Z".parse().expect("an instant"),
                debtor,
                account,
                bank,
                on: parse_date("2026-04-15").expect("a day"),
                currency: Currency::parse(currency).expect("a currency"),
                transfers,
            },
        )
}

#[test]
fn every_payment_file_fits_the_schema_of_the_standard() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut runner = TestRunner::new(Config::default());
    let paths: Vec<PathBuf> = (0..FILES)
        .map(|at| {
            let file = file().new_tree(&mut runner).expect("a file").current();
            let path = folder.path().join(format!("{at}.xml"));
            std::fs::write(&path, file.to_xml().expect("written")).expect("kept");
            path
        })
        .collect();
    let said = Command::new(python())
        .args(["-c", VALIDATE])
        .args(&paths)
        .output()
        .expect("Python runs");
    let errors = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{errors}");
    assert_eq!(
        String::from_utf8_lossy(&said.stdout).trim(),
        FILES.to_string()
    );
}

proptest! {
    /// LAW-35, LAW-42: the file says how many payments it has and what they come to, and is read back as it was written; the
    /// same payments are the same bytes.
    #[test]
    fn what_is_written_is_read_back(file in file()) {
        let xml = file.to_xml().expect("written");
        let read = PaymentFile::parse(&xml).expect("read");
        prop_assert_eq!(read.to_xml().expect("written again"), xml);
        prop_assert_eq!(read.transfers.len(), file.transfers.len());
        for (read, written) in read.transfers.iter().zip(&file.transfers) {
            prop_assert_eq!((&read.id, read.amount, &read.account, &read.bank), (&written.id, written.amount, &written.account, &written.bank));
        }
    }
}
