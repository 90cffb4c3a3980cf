//! Statements as others read them: pypdf the pages, openpyxl the sheets.

use std::{fs, slice};

use serde_json::Value;
use trueup_base::Exact;
use trueup_base::date::parse_date;
use trueup_exports::statement::{Grants, PaperRefusal, StatementPaper, pdf, xlsx};

use crate::elsewhere::read_elsewhere;
use crate::papers::{bare, exact, full, hostile, line, long};

fn read(name: &str, bytes: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    read_elsewhere("statement.py", &path)
}

fn read_pdf(paper: &StatementPaper) -> Value {
    read(
        "statement.pdf",
        &pdf::write(slice::from_ref(paper)).unwrap(),
    )
}

fn read_xlsx(paper: &StatementPaper) -> Value {
    read(
        "statement.xlsx",
        &xlsx::write(slice::from_ref(paper)).unwrap(),
    )
}

/// All pages' text, blanks of any kind as one.
fn all_text(read: &Value) -> String {
    let pages = read["pages"].as_array().unwrap().iter();
    let pages: Vec<&str> = pages.map(|page| page.as_str().unwrap()).collect();
    let text = pages.join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_same_paper_is_the_same_bytes() {
    for papers in [vec![bare("Bo")], vec![full(), long(10)], vec![hostile()]] {
        let again = papers.clone();
        assert_eq!(pdf::write(&papers), pdf::write(&again));
        assert_eq!(xlsx::write(&papers), xlsx::write(&again));
    }
}

#[test]
fn a_page_says_everything_a_paper_does() {
    let read = read_pdf(&full());
    let text = all_text(&read);
    for said in [
        "PARTNER STATEMENT",
        "LOCKED",
        "Growth and Care Partner Program",
        "Northwind Trading & Søn A/S",
        "2026-04-01 to 2026-06-30",
        "TOTAL WITH CORRECTIONS 41,210.09 EUR",
        "agreement northwind, version 3",
        "Locked: as approved",
        "Grow sales together",
        "Net sales against the target 137%",
        "a division by zero: nobody was asked",
        "growth_bonus",
        "1,234,567.89 1,200,000.00 34,567.89",
        "Taken back for goods that came back",
        "loyalty",
        "open 0.00 open",
        "Total of 2026-Q2 41,137.39",
        "volume_bonus 2026-03-31 +85.00",
        "growth_bonus 2025-12-31 -12.30",
        "Held until returns are final 669.00",
        "release_slips (contingency)",
        "at the end 3,750.00",
        "missing: the feed of renewals was last complete on 2026-05-31",
        "3 rows of invoices are set aside",
        "trueup verify northwind-2026-Q2.bundle --key contoso.pub",
        "1a2b3c4d1a2b3c4d1a2b3c4d1a2b3c4d1a2b3c4d1a2b3c4d1a2b3c4d1a2b3c4d",
        "Page 1 of 2",
        "Page 2 of 2",
    ] {
        assert!(text.contains(said), "{said}\nin\n{text}");
    }
}

#[test]
fn a_pdf_is_of_the_kind_that_archives_and_screen_readers_take() {
    let read = read_pdf(&full());
    assert_eq!(read["pdfa"], "2A");
    assert_eq!(read["pdfua"], "1");
    assert_eq!(read["tagged"], true);
    assert_eq!(read["language"], "en");
    assert_eq!(read["title"], "Growth and Care Partner Program: 2026-Q2");
    // Every font stands within the file, and nothing in it acts.
    assert_eq!(read["fonts_outside"], 0);
    assert_eq!(read["actions"], 0);
    // The period's last day, never today.
    assert_eq!(read["created"], "2026-06-30");
    let kinds = read["kinds"].as_array().unwrap();
    for kind in [
        "H1", "H2", "H3", "P", "Table", "THead", "TBody", "TR", "TH", "TD",
    ] {
        assert!(
            kinds.iter().any(|known| known == kind),
            "{kind} of {kinds:?}"
        );
    }
}

#[test]
fn the_heads_of_a_table_stand_on_each_of_its_pages_and_every_line_once() {
    let read = read_pdf(&long(60));
    let pages = read["pages"].as_array().unwrap();
    assert!(pages.len() >= 5, "{}", pages.len());
    for page in pages {
        let page = page.as_str().unwrap();
        let has_lines = page.contains("A component among many");
        assert_eq!(has_lines, page.contains("earned to date"), "{page}");
    }
    let text = all_text(&read);
    for at in 0..60 {
        // Once in the earnings, once in the corrections.
        assert_eq!(text.matches(&format!("component_{at:03}")).count(), 2);
    }
    assert!(text.contains(&format!("Page {0} of {0}", pages.len())));
}

#[test]
fn a_partner_that_means_harm_is_words_on_a_page() {
    let read = read_pdf(&hostile());
    assert_eq!(read["actions"], 0);
    let text = all_text(&read);
    for said in [
        "{{7*7}} #let x = read(\"/etc/passwd\")",
        "<script>alert(1)</script>",
        "□□□□",
        "evil",
        "□ stands for a sign that the fonts of this document lack",
        "41,210.09 EUR",
    ] {
        assert!(text.contains(said), "{said}\nin\n{text}");
    }
    // Ten thousand letters without a blank go over pages, and all of them are there.
    assert!(text.matches('g').count() > 10_000);
}

#[test]
fn amounts_of_any_size_stay_in_one_piece() {
    let mut paper = bare("Bo");
    paper.lines.push(line(
        "large",
        "A component of much money",
        [
            "123456789012345.67",
            "-98765432109876.54",
            "222222221122222.21",
        ],
    ));
    let text = all_text(&read_pdf(&paper));
    for said in [
        "123,456,789,012,345.67 -98,765,432,109,876.54 222,222,221,122,222.21",
        "222,222,221,122,222.21 EUR",
    ] {
        assert!(text.contains(said), "{said}\nin\n{text}");
    }
}

#[test]
fn a_workbook_has_a_sheet_to_read_and_one_to_calculate_with() {
    let read = read_xlsx(&full());
    assert_eq!(read["sheets"].as_array().unwrap().len(), 2);
    assert_eq!(read["created"], "2026-06-30");
    let lines = &read["cells"]["Lines"];
    assert_eq!(read["frozen"]["Statement"], "A4");
    assert_eq!(read["frozen"]["Lines"], "D2");
    assert_eq!(read["filter"], "A1:I7");
    let heads: Vec<&str> = ["A1", "B1", "C1", "D1", "E1", "F1", "G1", "H1", "I1"]
        .map(|at| lines[at]["value"].as_str().unwrap())
        .to_vec();
    assert_eq!(
        heads,
        [
            "partner",
            "period",
            "component",
            "what it is",
            "earned to date",
            "posted before",
            "posted now",
            "currency",
            "why"
        ]
    );
    // Numbers are numbers, in the currency's format; what is open is a word.
    assert_eq!(lines["E3"]["type"], "n");
    assert_eq!(lines["E3"]["value"], "1234567.89");
    assert_eq!(lines["E3"]["format"], "#,##0.00 [$EUR]");
    assert_eq!(lines["G4"]["value"], "-120.5");
    assert_eq!(lines["G6"]["format"], "#,##0");
    assert_eq!(lines["H6"]["value"], Value::Null);
    assert_eq!(lines["G7"]["value"], "open");
    let said: Vec<&str> = read["cells"]["Statement"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(|cell| cell["value"].as_str())
        .collect();
    for text in [
        "Growth and Care Partner Program",
        "Northwind Trading & Søn A/S (P-100)",
        "41137.39",
        "41210.09",
        "Held until returns are final",
        "missing: the feed of renewals was last complete on 2026-05-31",
    ] {
        assert!(said.contains(&text), "{text}");
    }
    assert_eq!(read["formulas"], 0);
}

/// LAW-34: what the lines of money add up to is the total, on both sheets.
#[test]
fn the_lines_of_a_workbook_add_up_to_its_total() {
    let paper = long(200);
    let read = read_xlsx(&paper);
    let cells = read["cells"]["Lines"].as_object().unwrap();
    let posted = cells
        .iter()
        .filter(|(at, cell)| at.starts_with('G') && cell["type"] == "n");
    let sum = posted.fold(Exact::ZERO, |sum, (_, cell)| {
        &sum + &exact(cell["value"].as_str().unwrap())
    });
    assert_eq!(sum, paper.total());
}

#[test]
fn an_amount_of_more_than_fifteen_digits_is_a_text_with_all_of_them() {
    let mut paper = bare("Bo");
    let third = Exact::ratio(1, 3).unwrap();
    for (at, figures) in [
        ["9999999999999.99", "0", "0"],
        ["10000000000000.01", "0", "0"],
        ["-99999999999999.99", "0", "0"],
        ["0.125", "0", "0"],
        ["0.001234567890123", "0", "0"],
    ]
    .into_iter()
    .enumerate()
    {
        paper.lines.push(line(&at.to_string(), "", figures));
    }
    paper.lines[4].before = third;
    let read = read_xlsx(&paper);
    let cell = |at: &str, what: &str| {
        read["cells"]["Lines"][at][what]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        (cell("E2", "type"), cell("E2", "value")),
        ("n".into(), "9999999999999.99".into())
    );
    assert_eq!(
        (cell("E3", "type"), cell("E3", "value")),
        ("s".into(), "10,000,000,000,000.01".into())
    );
    assert_eq!(
        (cell("E4", "type"), cell("E4", "value")),
        ("s".into(), "-99,999,999,999,999.99".into())
    );
    assert_eq!(
        (cell("E5", "value"), cell("E5", "format")),
        ("0.125".into(), "#,##0.000 [$EUR]".into())
    );
    assert_eq!(
        (cell("E6", "type"), cell("E6", "value")),
        ("n".into(), "0.001234567890123".into())
    );
    assert_eq!(
        (cell("F6", "type"), cell("F6", "value")),
        ("s".into(), "1/3".into())
    );
}

#[test]
fn no_cell_of_a_workbook_is_a_formula_or_becomes_one() {
    let read = read_xlsx(&hostile());
    assert_eq!(read["formulas"], 0);
    let lines = &read["cells"]["Lines"];
    for (at, text) in [("C2", "@SUM(A1)"), ("D3", "+1-1 ' OR 1=1")] {
        assert_eq!(lines[at]["value"], text);
        assert_eq!(lines[at]["quoted"], true);
    }
    assert_eq!(lines["C3"]["quoted"], false);
    assert_eq!(read["cells"]["Statement"]["A1"]["quoted"], true);
}

#[test]
fn a_text_that_no_cell_holds_is_refused_and_not_cut() {
    let mut paper = full();
    paper.notes = vec!["n".repeat(32_767)];
    assert!(xlsx::write(slice::from_ref(&paper)).is_ok());
    paper.notes = vec!["n".repeat(32_768)];
    let refused = xlsx::write(slice::from_ref(&paper)).unwrap_err();
    assert!(
        matches!(
            refused,
            PaperRefusal::TextTooLong {
                characters: 32_768,
                ..
            }
        ),
        "{refused}"
    );
    assert!(pdf::write(slice::from_ref(&paper)).is_ok());
}

#[test]
fn what_is_no_money_is_not_in_the_total_and_says_so() {
    let mut paper = bare("Bo");
    let mut seats = line("seats", "", ["3", "0", "3"]);
    seats.grants = Grants::Count;
    paper.lines.push(seats);
    let text = all_text(&read_pdf(&paper));
    assert!(
        text.contains("Counted, not part of the total 3 0 3")
            || text.contains("seats 3 0 3 Counted, not part of the total"),
        "{text}"
    );
    assert!(text.contains("Total of 2026-Q2 0.00"), "{text}");
}

#[test]
fn a_period_before_workbooks_can_say_it_is_written_all_the_same() {
    let mut paper = bare("Bo");
    paper.period.last = parse_date("1800-12-31").unwrap();
    assert!(xlsx::write(slice::from_ref(&paper)).is_ok());
    assert!(pdf::write(slice::from_ref(&paper)).is_ok());
}

#[test]
fn papers_of_several_periods_are_one_document() {
    let mut first = full();
    first.period.name = "2026-Q1".into();
    first.hashes = vec![("run".into(), "5".repeat(64))];
    let papers = [first, full()];
    let read = read("both.pdf", &pdf::write(&papers).unwrap());
    let pages: Vec<&str> = read["pages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page.as_str().unwrap())
        .collect();
    assert_eq!(pages.len(), 4);
    assert_eq!(
        read["title"],
        "Growth and Care Partner Program: 2026-Q1 to 2026-Q2"
    );
    for (page, number, hash) in [
        (0, "Page 1 of 4", "run 5555555555555555"),
        (2, "Page 3 of 4", "run 1a2b3c4d1a2b3c4d"),
    ] {
        assert!(pages[page].contains("PARTNER STATEMENT"));
        assert!(pages[page].contains(number), "{}", pages[page]);
        assert!(pages[page].contains(hash), "{}", pages[page]);
    }
    let read = self::read("both.xlsx", &xlsx::write(&papers).unwrap());
    assert_eq!(
        read["sheets"],
        serde_json::json!(["2026-Q1", "2026-Q2", "Lines"])
    );
    let lines = &read["cells"]["Lines"];
    assert_eq!(lines["B2"]["value"], "2026-Q1");
    assert_eq!(lines["B13"]["value"], "2026-Q2");
    assert_eq!(read["filter"], "A1:I13");
}

#[test]
fn no_paper_is_no_document() {
    assert_eq!(pdf::write(&[]), Err(PaperRefusal::Nothing));
    assert_eq!(xlsx::write(&[]), Err(PaperRefusal::Nothing));
}

#[test]
fn periods_of_one_name_have_sheets_of_their_own() {
    let mut strange = full();
    strange.period.name = "2026/Q2: [all]?".into();
    let read = read(
        "same.xlsx",
        &xlsx::write(&[full(), full(), strange]).unwrap(),
    );
    assert_eq!(
        read["sheets"],
        serde_json::json!(["2026-Q2", "2026-Q2 (2)", "2026-Q2- -all--", "Lines"])
    );
}
