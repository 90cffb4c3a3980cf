//! What is said of realistic pairs of plans and agreements, word for word.
//!
//! `tests/diff/NAME.before.yaml` and `NAME.after.yaml` are compared, with `NAME.framework.yaml` as the template of both if
//! it is there, and `NAME.txt` is what must be said. With TRUEUP_WRITE set it is written; read it before you keep it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use trueup_plan::agreement::{self, AgreementText};
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::{Sources, render};
use trueup_plan::diff::{
    AgreementSide, Change, ProgramSide, Said, Side, Weight, agreements, plans, programs,
};
use trueup_plan::tree::Plan;
use trueup_plan::yaml;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diff")
}

fn plan(name: &str, side: &str) -> (Plan, Sources) {
    let text = |file: &str| fs::read_to_string(folder().join(file));
    let own = format!("{name}.{side}.yaml");
    let mut files = vec![(own.clone(), text(&own).expect("a plan"))];
    let framework = format!("{name}.framework.yaml");
    if let Ok(template) = text(&framework) {
        files.push((framework, template));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let mut sources = Sources::new();
    let (plan, told) = read(&mut sources, &files, Strictness::Draft);
    match plan {
        Some(plan) => (plan, sources),
        None => panic!("{}", render(&sources, &told)),
    }
}

fn told(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        let place = |said: &Option<Said>| match said {
            Some(said) => format!("{}:{} `{}`", said.path, said.line, said.text),
            None => "-".to_owned(),
        };
        let _ = writeln!(
            text,
            "{} {} {}.{} {}\n  {}\n  {}\n  {}",
            change.weight.word(),
            change.kind.word(),
            change.block,
            change.name,
            change.part,
            change.says,
            place(&change.before),
            place(&change.after),
        );
        if !change.affects.is_empty() {
            let names: Vec<&str> = change.affects.iter().map(|name| &**name).collect();
            let _ = writeln!(text, "  also affects {}", names.join(", "));
        }
        if !change.pays.is_empty() {
            let _ = writeln!(text, "  pay: {}", change.pays);
        }
    }
    if text.is_empty() {
        text.push_str("nothing\n");
    }
    text
}

fn check(name: &str) -> Vec<Change> {
    let ((before, old), (after, new)) = (plan(name, "before"), plan(name, "after"));
    let changes = plans(
        Side {
            plan: &before,
            sources: &old,
        },
        Side {
            plan: &after,
            sources: &new,
        },
    )
    .changes;
    golden(name, &told(&changes));
    changes
}

fn golden(name: &str, said: &str) {
    let path = folder().join(format!("{name}.txt"));
    if std::env::var_os("TRUEUP_WRITE").is_some() {
        fs::write(&path, said).expect("the text is written");
    } else {
        let expected = fs::read_to_string(&path).expect("what must be said");
        assert_eq!(expected, said, "{}", path.display());
    }
}

#[test]
fn a_plan_for_the_next_year_is_told_change_by_change() {
    check("reseller");
}

#[test]
fn a_plan_written_anew_says_the_same() {
    let changes = check("rewritten");
    assert!(changes.iter().all(|change| change.weight == Weight::Name));
}

#[test]
fn other_names_of_the_same_are_told_as_names() {
    check("renamed");
}

#[test]
fn tables_are_told_band_by_band() {
    check("tables");
}

#[test]
fn facts_and_credits_are_told_line_by_line() {
    check("crediting");
}

#[test]
fn windows_and_roundings_are_told_where_they_are_said() {
    check("windows");
}

#[test]
fn formulas_are_told_by_their_smallest_part_that_differs() {
    check("formulas");
}

#[test]
fn rules_around_a_plan_are_told_apart_from_words() {
    check("governed");
}

#[test]
fn parts_that_come_and_go_are_told_with_what_they_pay() {
    check("parts");
}

#[test]
fn overrides_are_told_where_they_are_written() {
    check("template");
}

const AGREEMENT: &str = "\
agreement: retail
plan: reseller
partner: P-1
starts: 2026-01-01
terms:
  target.net_sales: 250_000
  term.retainer: { 2026-Q1: 500, 2026-Q2: 600 }
";

fn agreement(text: &str) -> (AgreementText, Sources) {
    let mut sources = Sources::new();
    let file = sources.add("retail.yaml", text);
    let mut found = Vec::new();
    let node = yaml::read(&sources, file, &mut found).expect("text");
    let read = agreement::read(&node, &mut found);
    (read.expect("an agreement"), sources)
}

fn of_agreements(after: &str, with_plan: bool) -> String {
    let (own, _) = plan("reseller", "before");
    let ((before, old), (after, new)) = (agreement(AGREEMENT), agreement(after));
    let plan = with_plan.then_some(&own);
    let side = |text, sources| AgreementSide {
        text,
        plan,
        sources,
    };
    told(&agreements(
        side(&before, &old),
        side(&after, &new),
        &|_| None,
    ))
}

#[test]
fn agreements_are_told_by_their_figures_and_days() {
    let changed = AGREEMENT
        .replace("250_000", "275_000 EUR")
        .replace("2026-Q2: 600", "2026-Q2: 600.00, 2026-Q3: 700")
        .replace("2026-Q1: 500, ", "")
        .replace(
            "starts: 2026-01-01",
            "starts: 2026-02-01\nuntil: 2027-01-01",
        )
        .replace("partner: P-1", "partners: { type: reseller }");
    golden("agreement", &of_agreements(&changed, true));
}

#[test]
fn an_agreement_without_its_plan_is_compared_as_it_reads() {
    assert_eq!(
        of_agreements(&AGREEMENT.replace("250_000", "250000.00"), false),
        "nothing\n"
    );
    let less = of_agreements(&AGREEMENT.replace("250_000", "200_000"), false);
    assert!(
        less.contains("falls from 250_000 to 200_000 (-20%)"),
        "{less}"
    );
}

#[test]
fn a_term_split_into_periods_is_one_change() {
    let split = AGREEMENT.replace("250_000", "{ 2026: 250_000, 2027: 300_000 }");
    let said = of_agreements(&split, true);
    assert_eq!(
        said.matches("agreed for each period now").count(),
        1,
        "{said}"
    );
    assert_eq!(said.matches("meaning ").count(), 1, "{said}");
}

#[test]
fn what_a_template_changes_in_two_plans_is_told_once() {
    let framework =
        fs::read_to_string(folder().join("template.framework.yaml")).expect("a template");
    let program = |framework: &str| -> Vec<(Plan, Sources)> {
        ["one", "other"]
            .into_iter()
            .map(|name| {
                let own = format!("plan: {name}\nfrom_template: framework@1\n");
                let file = format!("{name}.yaml");
                let files = [(file.as_str(), own.as_str()), ("framework.yaml", framework)];
                let mut sources = Sources::new();
                let (plan, told) = read(&mut sources, &files, Strictness::Draft);
                let plan = plan.unwrap_or_else(|| panic!("{}", render(&sources, &told)));
                (plan, sources)
            })
            .collect()
    };
    let (before, after) = (
        program(&framework),
        program(&framework.replace("3%", "3.5%")),
    );
    fn side(plans: &[(Plan, Sources)]) -> ProgramSide<'_> {
        ProgramSide {
            plans: plans
                .iter()
                .map(|(plan, sources)| Side { plan, sources })
                .collect(),
            agreements: Vec::new(),
        }
    }
    let diff = programs(&side(&before), &side(&after));
    let [only] = diff.told.as_slice() else {
        panic!("{} changes", diff.told.len());
    };
    assert_eq!(only.change.says, "rate rises from 3% to 3.5% (+0.5 points)");
    let names: Vec<&str> = only.plans.iter().map(|name| &**name).collect();
    assert_eq!(names, ["one", "other"]);
    assert_eq!(only.members, [(0, 0), (1, 0)]);

    let gone = programs(&side(&before), &side(&after[..1]));
    assert_eq!(
        gone.told[0].change.says,
        "rate rises from 3% to 3.5% (+0.5 points)"
    );
    assert_eq!(gone.told[1].change.says, "the plan other is gone: other");
    assert!(programs(&side(&before), &side(&before)).means_the_same());
}
