//! Workbooks of terms as people hand them back: edited, and with every kind of mistake in them.

use std::path::Path;
use std::process::{Command, Output};

use rust_xlsxwriter::{Formula, Workbook};

fn trueup(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(arguments)
        .current_dir(dir)
        .output()
        .expect("trueup starts")
}

const TAKE: [&str; 5] = ["agreement", "take", "terms.xlsx", "--program", "program"];

const HEAD: [&str; 8] = [
    "partner",
    "plan",
    "agreement",
    "starts",
    "until",
    "replaces",
    "target.net_sales",
    "target.net_sales now",
];

/// A workbook with a row for each of some partners; the figures are numbers where they are ones.
fn workbook(path: &Path, rows: &[[&str; 8]]) {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("Terms").expect("a name");
    for (column, name) in (0u16..).zip(HEAD) {
        sheet.write_string(0, column, name).expect("written");
    }
    for (row, cells) in (1u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(cells) {
            match cell.parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number),
                Err(_) if cell.starts_with('=') => {
                    sheet.write_formula(row, column, Formula::new(*cell).set_result("#DIV/0!"))
                }
                Err(_) => sheet.write_string(row, column, *cell),
            }
            .expect("written");
        }
    }
    workbook.save(path).expect("saved");
}

fn begun() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    assert!(trueup(dir.path(), &["init", "program"]).status.success());
    dir
}

fn agreements(dir: &Path) -> Vec<String> {
    let files = std::fs::read_dir(dir.join("program/agreements")).expect("there");
    let mut names: Vec<String> = files
        .map(|file| {
            let file = file.expect("there");
            file.file_name().to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn an_edited_workbook_becomes_agreements_that_take_over() {
    let dir = begun();
    workbook(
        &dir.path().join("terms.xlsx"),
        &[
            [
                "P-100",
                "reseller",
                "next",
                "2026-07-01",
                "2027-07-01",
                "northwind",
                "1250000.5",
                "1200000",
            ],
            ["", "", "", "", "", "", "", ""],
            [
                "P-200",
                "reseller",
                "fabrikam",
                "2026-07-01",
                "",
                "standard",
                "500_000",
                "",
            ],
        ],
    );
    let taken = trueup(dir.path(), &TAKE);
    assert!(taken.status.success(), "{taken:?}");
    let says = String::from_utf8_lossy(&taken.stdout).into_owned();
    assert!(
        says.contains("2 agreements from terms.xlsx: 2 written"),
        "{says}"
    );
    assert!(
        says.contains("target.net_sales: 1750000.5 in all"),
        "{says}"
    );
    let text = std::fs::read_to_string(dir.path().join("program/agreements/next.yaml"));
    assert_eq!(
        text.expect("written"),
        "agreement: 'next'\nplan: 'reseller'\npartner: 'P-100'\nstarts: 2026-07-01\nuntil: 2027-07-01\nreplaces: 'northwind'\nterms:\n  target.net_sales: 1250000.5\n"
    );
    assert!(trueup(dir.path(), &["check", "program"]).status.success());
    // A corrected workbook is written over what it wrote before only when asked to.
    workbook(
        &dir.path().join("terms.xlsx"),
        &[[
            "P-100",
            "reseller",
            "next",
            "2026-07-01",
            "2027-07-01",
            "northwind",
            "1300000",
            "",
        ]],
    );
    assert!(!trueup(dir.path(), &TAKE).status.success());
    let replaced = trueup(dir.path(), &[&TAKE[..], &["--replace"]].concat());
    assert!(replaced.status.success(), "{replaced:?}");
}

#[test]
fn every_mistake_is_told_with_its_cell_and_nothing_is_written() {
    let dir = begun();
    let before = agreements(dir.path());
    workbook(
        &dir.path().join("terms.xlsx"),
        &[
            [
                "P-100",
                "reseller",
                "../next",
                "2026-07-01",
                "",
                "northwind",
                "1300000",
                "",
            ],
            [
                "P-200",
                "resellers",
                "a",
                "2026-07-01",
                "",
                "standard",
                "1",
                "",
            ],
            ["P-300", "reseller", "b", "1 July", "", "standard", "1", ""],
            ["P-999", "reseller", "c", "2026-07-01", "", "", "1", ""],
            [
                "P-300",
                "reseller",
                "d",
                "2026-07-01",
                "",
                "standard",
                "12%",
                "",
            ],
            [
                "P-200",
                "reseller",
                "e",
                "2026-07-01",
                "",
                "standard",
                "=1/0",
                "",
            ],
            [
                "P-200",
                "reseller",
                "f",
                "2026-07-01",
                "",
                "standard",
                "1",
                "",
            ],
            ["", "reseller", "g", "2026-07-01", "", "standard", "1", ""],
        ],
    );
    let taken = trueup(dir.path(), &TAKE);
    assert!(!taken.status.success());
    let says = format!(
        "{}{}",
        String::from_utf8_lossy(&taken.stdout),
        String::from_utf8_lossy(&taken.stderr)
    );
    for told in [
        "row 2, agreement: `../next` is no name of a file",
        "row 3, plan: there is no plan resellers",
        "row 4, starts: `1 July`",
        "row 5, partner: P-999 has no agreement in the program",
        "row 6, target.net_sales: `12%` is a share",
        "row 7, target.net_sales: `#DIV/0!` is an error of the workbook",
        "row 8, partner: P-200 has a row above already",
        "row 9, partner: is empty",
        "nothing was written",
    ] {
        assert!(says.contains(told), "{told}\n{says}");
    }
    assert_eq!(agreements(dir.path()), before);
}

#[test]
fn what_would_not_hold_together_is_refused_whole() {
    let dir = begun();
    let before = agreements(dir.path());
    // The other agreement holds until 2027, and this one does not say that it takes over.
    workbook(
        &dir.path().join("terms.xlsx"),
        &[
            [
                "P-200",
                "reseller",
                "fabrikam",
                "2026-07-01",
                "",
                "standard",
                "1",
                "",
            ],
            [
                "P-100",
                "reseller",
                "next",
                "2026-07-01",
                "",
                "",
                "1300000",
                "",
            ],
        ],
    );
    let taken = trueup(dir.path(), &TAKE);
    assert!(!taken.status.success(), "{taken:?}");
    assert_eq!(agreements(dir.path()), before);
}
