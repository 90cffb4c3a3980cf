//! Bands that stand in a CSV file beside the plan.

use trueup_plan::diagnostic::{Diagnostic, Sources, render};
use trueup_plan::document::{BandsText, BoundWord, CellsText, read_plan};
use trueup_plan::rows;

const ONE: &str = "{ of: sold, one_band: rate, rows: rates.csv }";
const GRID: &str = "{ of: [product, growth], one_band: cell, rows: rates.csv }";

/// The bands of a table whose rows are these, and what was said.
fn fill(table: &str, csv: Option<&str>) -> (BandsText, String) {
    let mut sources = Sources::new();
    let plan = format!("plan: test\ncurrency: USD\ntables:\n  rate: {table}\n");
    let file = sources.add("plans/plan.yaml", &plan);
    if let Some(csv) = csv {
        sources.add("plans/rates.csv", csv);
    }
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut plan = read_plan(&sources, file, &mut diagnostics).expect("the plan reads");
    assert_eq!(
        rows::wanted(&plan)
            .map(|name| &*name.text)
            .collect::<Vec<_>>(),
        ["rates.csv"]
    );
    rows::fill(&mut plan, "plans/", &sources, &mut diagnostics);
    let bands = plan.tables.remove(0).bands;
    (bands, render(&sources, &diagnostics))
}

#[test]
fn each_line_is_a_band() {
    let (bands, said) = fill(
        ONE,
        Some("from,rate\r\nlowest,0%\r\n\r\n0, 1% \r\n\"1_000\",\"least(2%, 3%)\"\r\n"),
    );
    assert_eq!(said, "");
    let BandsText::Bands(bands) = bands else {
        panic!("bands: {bands:?}")
    };
    let shown: Vec<String> = bands
        .iter()
        .map(|band| {
            let cells = band
                .cells
                .iter()
                .map(|(name, cell)| format!("{} {}", name.text, cell.as_ref().expect("a formula")));
            let bound = band.bound.as_ref().expect("a bound").described();
            format!("{bound}: {}", cells.collect::<Vec<_>>().join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "lowest: rate 0%",
            "from 0: rate 1%",
            "from 1_000: rate least(2%, 3%)"
        ]
    );
}

#[test]
fn lines_of_different_words_leave_the_other_words_empty() {
    let (bands, said) = fill(ONE, Some("from,above,rate\n0,,1%\n,249,2%\n"));
    assert_eq!(said, "");
    let BandsText::Bands(bands) = bands else {
        panic!("bands: {bands:?}")
    };
    let words: Vec<BoundWord> = bands
        .iter()
        .filter_map(|band| Some(band.bound.as_ref()?.is))
        .collect();
    assert_eq!(words, [BoundWord::From, BoundWord::Above]);
}

#[test]
fn a_grid_is_put_together_from_lines_in_any_order() {
    let csv = "growth,product,cell\nfrom 0%,equals A,1\nabove 10%,equals A,2\nabove 10%,otherwise,4\nfrom 0%,otherwise,3\n";
    let (bands, said) = fill(GRID, Some(csv));
    assert_eq!(said, "");
    let BandsText::Grid { axes, cells } = bands else {
        panic!("a grid: {bands:?}")
    };
    let axes: Vec<Vec<String>> = axes
        .iter()
        .map(|(_, bounds)| bounds.iter().map(|bound| bound.described()).collect())
        .collect();
    assert_eq!(axes, [["equals A", "otherwise"], ["from 0%", "above 10%"]]);
    assert_eq!(shown(&cells), "[[1, 2], [3, 4]]");
}

fn shown(cells: &CellsText) -> String {
    match cells {
        CellsText::Cell(formula, _) => formula.as_ref().expect("a formula").to_string(),
        CellsText::List(list, _) => {
            format!(
                "[{}]",
                list.iter().map(shown).collect::<Vec<_>>().join(", ")
            )
        }
    }
}

#[test]
fn mistakes_are_marked_in_the_file_of_rows() {
    let said = |table, csv| fill(table, Some(csv)).1;
    assert_eq!(
        said(ONE, "from,rate\n0,1%\n10,\"2 %%\"\n"),
        "plans/rates.csv:3:8 F1  `%` stands after a number only\n    3 | 10,\"2 %%\"\n      |        -\n   help: divide by 100, or write the number itself with `%`; there is no remainder\n"
    );
    assert_eq!(
        said(ONE, "from,rate\n0,1%\n1,000,2%\n"),
        "plans/rates.csv:3:7 B3  the line has 3 cells, and the first line names 2\n    3 | 1,000,2%\n      |       --\n   help: put a cell that holds a comma in double quotes\n"
    );
    assert_eq!(
        said(ONE, "from,rate\n0,\"1%\n"),
        "plans/rates.csv:2:3 B3  a quote is opened and not closed in its line\n    2 | 0,\"1%\n      |   -\n   help: close it; a cell stands in one line\n"
    );
    assert_eq!(
        said(ONE, ""),
        "plans/rates.csv:1:1 B2  the file is empty\n    1 |\n      | -\n   help: begin with a line of column names: from,rate\n"
    );
    assert_eq!(
        said(
            GRID,
            "product,growth,cell\nequals A,from 0%,1\nequals B,from 5%,2\n"
        ),
        "plans/rates.csv:1:1 B3  2 combinations of bounds are missing\n    1 | product,growth,cell\n      | -------\n   help: add the line of product equals A, growth from 5%\n"
    );
    assert_eq!(
        said(
            GRID,
            "product,growth,cell\nequals A,from 0%,1\nequals A,from 0%,2\n"
        ),
        "plans/rates.csv:3:18 B3  this combination of bounds stands there twice\n    2 | equals A,from 0%,1\n      |                  - first here\n    3 | equals A,from 0%,2\n      |                  -\n   help: keep one of the two lines\n"
    );
    assert!(
        said(GRID, "product,cell\nequals A,1\n")
            .starts_with("plans/rates.csv:1:1 B2  no column holds the bounds of `growth`\n")
    );
    assert!(
        said(ONE, "from,from,rate\n0,0,1%\n")
            .starts_with("plans/rates.csv:1:6 B2  the column `from` stands there twice\n")
    );
}

#[test]
fn a_file_that_is_not_there_is_told_where_it_is_named() {
    let (bands, said) = fill(ONE, None);
    assert!(matches!(bands, BandsText::None));
    assert_eq!(
        said,
        "plans/plan.yaml:4:43 B1  there is no file `rates.csv` beside the plan\n    4 |   rate: { of: sold, one_band: rate, rows: rates.csv }\n      |                                           ---------\n   help: put it there, or write the bands in the plan\n"
    );
}
