//! The pages about plans say what runs: their examples stand in the cases they name, every case of the language and of
//! the mechanics is on its page, and the lists of keys and words are the code's. The page of mistakes explains every code that is
//! reported.
//!
//! After a change of the registry run with `TRUEUP_WRITE=1` to write the list anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use trueup_plan::check::reserved_words;
use trueup_plan::keys::{Form, Key, Place};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    page_of("plan-language")
}

fn page_of(name: &str) -> String {
    fs::read_to_string(root().join(format!("docs/{name}.md"))).expect("the page is there")
}

/// How many examples a page shows, each of which must stand line by line in the file it names.
fn examples_on(page: &str) -> usize {
    let mut examples = 0;
    let mut pieces = page.split("<!-- cases/");
    pieces.next();
    for piece in pieces {
        let (file, rest) = piece
            .split_once(" -->\n```yaml\n")
            .expect("an example follows its file's name");
        let (block, _) = rest.split_once("```").expect("an example ends");
        let case = fs::read_to_string(root().join("cases").join(file))
            .expect("the example's file is there");
        let mut lines = case.lines().map(str::trim);
        for line in block.lines().map(str::trim).filter(|line| !line.is_empty()) {
            assert!(
                lines.any(|of_case| of_case == line),
                "cases/{file} does not say, in this order: {line}"
            );
        }
        examples += 1;
    }
    examples
}

#[test]
fn every_example_on_the_page_stands_in_the_case_it_names() {
    let examples = examples_on(&page());
    assert!(examples >= 20, "only {examples} examples on the page");
}

#[test]
fn every_example_of_a_mechanic_stands_in_the_case_it_names() {
    let examples = examples_on(&page_of("mechanics"));
    assert!(examples >= 60, "only {examples} examples on the page");
}

#[test]
fn every_mechanic_shows_how_it_is_written_and_leads_to_its_case() {
    let page = page_of("mechanics");
    let (sections, _) = page
        .split_once("\n## By the trade's words\n")
        .expect("the page ends with the trade's words");
    for section in sections.split("\n### ").skip(1) {
        let title = section.lines().next().unwrap_or("");
        assert!(section.contains("<!-- cases/"), "{title} shows no example");
        assert!(section.contains("](../cases/"), "{title} leads to no case");
        assert!(
            section.contains("Watch for: "),
            "{title} says nothing to watch for"
        );
    }
}

/// Fails for every case of a shelf that a page does not lead to, and for every link that leads nowhere.
fn leads_to_every_case(page: &str, shelf: &str) {
    for entry in fs::read_dir(root().join("cases").join(shelf)).expect("the cases are there") {
        let entry = entry.expect("the folder can be listed");
        if !entry.path().is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let named = |end| page.contains(&format!("cases/{shelf}/{name}{end}"));
        assert!(named(")") || named("/"), "no word of cases/{shelf}/{name}");
    }
    for link in page
        .split("](../")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
    {
        assert!(root().join(link).exists(), "nothing is at {link}");
    }
}

#[test]
fn every_case_of_the_language_is_on_the_page_and_every_link_leads_to_one() {
    leads_to_every_case(&page(), "language");
}

#[test]
fn every_case_of_a_mechanic_is_on_its_page_and_every_link_leads_to_one() {
    leads_to_every_case(&page_of("mechanics"), "mechanics");
}

/// Holds what the page lists between two marks to what the code knows, or writes it there.
fn is_listed(mark: &str, known: &str) {
    let (begin, end) = (
        format!("<!-- begin {mark} -->\n"),
        format!("<!-- end {mark} -->"),
    );
    let page = page();
    let (before, rest) = page.split_once(&begin).expect("the list begins");
    let (listed, after) = rest.split_once(&end).expect("the list ends");
    if std::env::var_os("TRUEUP_WRITE").is_some() {
        let written = format!("{before}{begin}{known}{end}{after}");
        fs::write(root().join("docs/plan-language.md"), written).expect("the page can be written");
        return;
    }
    assert_eq!(listed, known, "run again with TRUEUP_WRITE=1");
}

#[test]
fn what_the_page_lists_is_what_the_code_knows() {
    // One test for both: when they are written, the second must not overwrite the first.
    let words = format!("`{}`\n", reserved_words().join(" "));
    is_listed("words", &words);
    let keys: String = Place::ALL.iter().map(|place| of_place(*place)).collect();
    is_listed("keys", &keys);
}

fn of_place(place: Place) -> String {
    let mut called = place.called().to_owned();
    if let Some(first) = called.get(..1) {
        called = first.to_uppercase() + called.get(1..).unwrap_or("");
    }
    let rows: String = place.keys().iter().map(of_key).collect();
    format!("\n### {called}\n\n| key | holds | what it says |\n|---|---|---|\n{rows}")
}

fn of_key(key: &Key) -> String {
    let name = if key.required {
        format!("**`{}`**", key.key)
    } else {
        format!("`{}`", key.key)
    };
    format!("| {name} | {} | {} |\n", holds(key.form), key.doc)
}

fn holds(form: Form) -> String {
    match form {
        Form::Text => "text".into(),
        Form::Word(words) if words.iter().any(|word| word.contains(' ')) => {
            format!("`{}`", words.join("`, `"))
        }
        Form::Word(words) => format!("`{}`", words.join(" ")),
        Form::Words(words) => format!("a list of `{}`", words.join(" ")),
        Form::Spread(words) => format!("`{}`, or a list of weights", words.join(" ")),
        Form::Formula => "a formula".into(),
        Form::Part => "a ratio, and of what".into(),
        Form::Flag => "`yes no`".into(),
        Form::Date => "a date".into(),
        Form::Duration => "a length of time".into(),
        Form::Currency => "a currency".into(),
        Form::Agreed => "agreed, and why".into(),
        Form::List => "a list, or one alone".into(),
        Form::Map(place) => format!("keys of {}", place.called()),
        Form::Maps(place) => format!("a list, each {}", place.called()),
        Form::Named(place) => format!("names, each {}", place.called()),
        Form::NamedOrFormula(place) => format!("names, each {} or a formula", place.called()),
        Form::Formulas => "names, each with a formula".into(),
        Form::Overrides => "names, each with a formula or `none`".into(),
        Form::Columns => "names, each with a type".into(),
        Form::Bands => "a list of bands, or bounds for each argument".into(),
        Form::Cells => "nested lists of formulas".into(),
        Form::Open => "whatever is agreed".into(),
    }
}

/// The codes that the sources of a folder report: a capital and one or two digits in quotes.
fn codes(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            codes(&path, found);
            continue;
        }
        let source = fs::read_to_string(&path).expect("it is text");
        // Tests make diagnostics of their own.
        let source = source.split("#[cfg(test)]").next().unwrap_or("");
        found.extend(
            source
                .split('"')
                .filter(|quoted| is_code(quoted))
                .map(str::to_owned),
        );
    }
}

fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix(|first: char| first.is_ascii_uppercase());
    digits.is_some_and(|digits| {
        (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[test]
fn every_code_is_on_the_page_of_mistakes_and_every_code_there_is_reported() {
    let mut reported = BTreeSet::new();
    codes(&root().join("crates/plan/src"), &mut reported);
    codes(&root().join("crates/engine/src/cases"), &mut reported);
    codes(&root().join("crates/prove/src"), &mut reported);
    codes(&root().join("crates/cli/src"), &mut reported);
    let page = fs::read_to_string(root().join("docs/plan-errors.md")).expect("the page is there");
    let listed: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next())
        .filter(|code| is_code(code))
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = reported.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "docs/plan-errors.md does not explain {missing:?}"
    );
    let stale: Vec<_> = listed.difference(&reported).collect();
    assert!(
        stale.is_empty(),
        "docs/plan-errors.md explains {stale:?}, and nothing reports them"
    );
}

#[test]
fn every_code_of_the_syntax_has_a_plan_that_provokes_it() {
    let mut provoked = String::new();
    for entry in fs::read_dir(root().join("crates/plan/tests/bad")).expect("the folder is there") {
        let path = entry.expect("the folder can be listed").path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            provoked.push_str(&fs::read_to_string(path).expect("it is text"));
        }
    }
    let mut reported = BTreeSet::new();
    codes(&root().join("crates/plan/src"), &mut reported);
    for code in reported
        .iter()
        .filter(|code| code.starts_with(['Y', 'F', 'K']))
    {
        assert!(
            provoked.contains(&format!(" {code}  ")),
            "no plan in tests/bad provokes {code}"
        );
    }
}
