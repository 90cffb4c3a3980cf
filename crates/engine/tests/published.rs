//! Every worked example under `cases/` is run as it lies there, and every figure in it must come out; also where the same plan is
//! written in another order, and where the same agreement is made twice.

use std::fs;
use std::path::{Path, PathBuf};

use trueup_engine::cases::{self, CaseFiles, Report};

fn shelf(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../cases")
        .join(name)
}

/// The folders of a shelf that hold expected figures, by name.
fn folders(shelf: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(shelf) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.join("expected.yaml").exists() || path.join("plan.yaml").exists())
        .collect();
    folders.sort();
    folders
}

fn read(folder: &Path) -> CaseFiles {
    read_as(folder, &|_, text| text)
}

/// A case with its files as something makes of them.
fn read_as(folder: &Path, made: &dyn Fn(&str, String) -> String) -> CaseFiles {
    let name = folder
        .file_name()
        .expect("a folder's name")
        .to_string_lossy();
    let files = fs::read_dir(folder)
        .expect("a case's folder")
        .map(|entry| entry.expect("a readable file").path())
        .filter(|path| CaseFiles::takes(&path.to_string_lossy()))
        .map(|path| {
            let file = path
                .file_name()
                .expect("a file's name")
                .to_string_lossy()
                .into_owned();
            let text = made(&file, fs::read_to_string(&path).expect("a text"));
            (file, text)
        });
    CaseFiles::new(name, files)
}

fn run_all(shelf: &Path) -> Vec<Report> {
    folders(shelf)
        .iter()
        .map(|folder| cases::run(&read(folder)))
        .collect()
}

/// Fails with every case that did not pass.
fn all_pass(reports: &[Report]) {
    let failed: Vec<String> = reports
        .iter()
        .filter(|report| !report.is_passed())
        .map(Report::to_text)
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {} cases did not pass:\n{}",
        failed.len(),
        reports.len(),
        failed.join("\n")
    );
}

#[test]
fn every_published_case_comes_out_to_the_last_digit() {
    let reports = run_all(&shelf("published"));
    all_pass(&reports);
    // A case or a check that goes missing must not go unnoticed.
    let checks: usize = reports.iter().map(|report| report.checks().len()).sum();
    assert_eq!((reports.len(), checks), (73, 362));
}

#[test]
fn every_case_of_the_language_and_of_its_edges_comes_out_to_the_last_digit() {
    all_pass(&run_all(&shelf("language")));
    let edges = run_all(&shelf("edges"));
    assert!(!edges.is_empty());
    all_pass(&edges);
}

#[test]
fn every_case_of_a_mechanic_comes_out_to_the_last_digit() {
    let mechanics = run_all(&shelf("mechanics"));
    all_pass(&mechanics);
    // Boundaries are what these cases are for: one check each would not do.
    let checks: usize = mechanics.iter().map(|report| report.checks().len()).sum();
    assert!(
        mechanics.len() >= 70 && checks >= 500,
        "{} cases, {checks} checks",
        mechanics.len()
    );
}

/// The blocks whose entries stand in no order. Several changes of one thing take effect in the order written, so contingencies
/// and guardrails keep theirs.
const UNORDERED: [&str; 8] = [
    "facts:",
    "terms:",
    "measures:",
    "values:",
    "tables:",
    "components:",
    "limits:",
    "funds:",
];

/// The lines of a text in groups that each begin with a key that is indented so far.
fn entries<'l>(lines: &[&'l str], indent: usize) -> Vec<Vec<&'l str>> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    let mut begun = false;
    for line in lines {
        let key = line.strip_prefix(&" ".repeat(indent));
        let is_key = key.is_some_and(|key| key.starts_with(|char: char| char.is_ascii_lowercase()));
        if groups.is_empty() || (is_key && begun) {
            groups.push(Vec::new());
            begun = false;
        }
        begun |= is_key;
        groups.last_mut().expect("a group").push(line);
    }
    groups
}

/// A plan with its blocks, and the entries of those whose order means nothing, from the last to the first.
fn backwards(plan: &str) -> String {
    let lines: Vec<&str> = plan.lines().collect();
    let blocks = entries(&lines, 0).into_iter().rev();
    let turned = blocks.flat_map(|block| {
        let head = block.iter().position(|line| UNORDERED.contains(line));
        let (before, after) = block.split_at(head.map_or(block.len(), |head| head + 1));
        let turned = entries(after, 2).into_iter().rev().flatten();
        before.iter().copied().chain(turned).collect::<Vec<&str>>()
    });
    turned.collect::<Vec<&str>>().join("\n") + "\n"
}

#[test]
fn a_plan_pays_the_same_from_its_last_line_to_its_first() {
    assert_eq!(
        backwards("plan: p\nvalues:\n  a: 1\n  b:\n    formula: 2\nis: P"),
        "is: P\nvalues:\n  b:\n    formula: 2\n  a: 1\nplan: p\n"
    );
    let mut turned = 0;
    let mut reports = Vec::new();
    for shelf in ["language", "edges", "mechanics"].map(shelf) {
        for folder in folders(&shelf) {
            let files = read_as(&folder, &|file, text| match file {
                "facts.yaml" | "expected.yaml" => text,
                _ if file.ends_with(".yaml") => backwards(&text),
                _ => text,
            });
            turned += usize::from(files != read(&folder));
            reports.push(cases::run(&files));
        }
    }
    all_pass(&reports);
    assert!(turned >= 150, "{turned} cases are written otherwise");
}

/// What stands in the braces that open here, braces within it included.
fn in_braces(text: &str) -> Option<&str> {
    let mut depth = 0;
    for (at, char) in text.char_indices() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(..=at);
        }
    }
    None
}

/// Facts whose agreements are made again on a day, as they stand; those with versions or approvals of their own are left alone.
fn agreed_again(facts: &str, day: &str) -> String {
    let day_of = |line: &str, key: &str| {
        let (_, after) = line.split_once(key)?;
        after.get(..day.len()).map(str::to_owned)
    };
    let mut in_partners = false;
    let mut lines = Vec::new();
    for line in facts.lines() {
        if !line.starts_with([' ', '#']) {
            in_partners = line.starts_with("partners:");
        }
        let starts = day_of(line, "{ starts: ").filter(|starts| **starts < *day);
        let goes_on = day_of(line, "until: ").is_none_or(|until| *day < *until);
        let braces = line.find('{').and_then(|at| in_braces(&line[at..]));
        let is_left = line.contains("versions:") || line.contains("contingencies:");
        let is_one = in_partners
            && !line.starts_with("   ")
            && line.starts_with("  ")
            && goes_on
            && !is_left;
        let (Some(braces), Some(_), true) = (braces, starts, is_one) else {
            lines.push(line.to_owned());
            continue;
        };
        let terms = braces
            .find("terms: {")
            .and_then(|at| in_braces(&braces[at + "terms: ".len()..]))
            .map_or(String::new(), |terms| format!(", terms: {terms}"));
        let inner = braces.strip_suffix('}').unwrap_or(braces).trim_end();
        let again = format!("{inner}, versions: [ {{ starts: {day}{terms} }} ] }}");
        lines.push(line.replace(braces, &again));
    }
    lines.join("\n") + "\n"
}

#[test]
fn an_agreement_that_is_made_again_pays_what_it_paid() {
    let facts = "partners:\n  ada: { starts: 2026-01-01, terms: { a: { b: 1 } } }\n  bob: { starts: 2026-03-01 }";
    let made = agreed_again(facts, "2026-02-11");
    let ada = "ada: { starts: 2026-01-01, terms: { a: { b: 1 } }, versions: [ { starts: 2026-02-11, terms: { a: { b: 1 } } } ] }";
    assert_eq!(
        made,
        format!("partners:\n  {ada}\n  bob: {{ starts: 2026-03-01 }}\n")
    );
    for day in ["2026-02-11", "2026-04-01", "2026-11-08"] {
        let mut reports = Vec::new();
        for shelf in ["language", "edges", "mechanics"].map(shelf) {
            for folder in folders(&shelf) {
                // What is agreed for a whole agreement is agreed for each of two.
                if folder.ends_with("terms-per-agreement") {
                    continue;
                }
                let files = read_as(&folder, &|file, text| match file {
                    "facts.yaml" => agreed_again(&text, day),
                    _ => text,
                });
                if files != read(&folder) {
                    reports.push(cases::run(&files));
                }
            }
        }
        all_pass(&reports);
        assert!(reports.len() >= 45, "{} agreements on {day}", reports.len());
    }
}
