//! What the check says about plans that read well and mean nothing right: `check` holds plans, each with the whole
//! message beside it, and the plans of `good` pass. A plan whose name begins with `signature` is checked as one that
//! both sides are to sign; `NAME.template.yaml` is the template of `NAME.yaml`.
//!
//! After a change of messages run with `TRUEUP_WRITE=1` to write them anew, and read every one that moved.

use std::fs;
use std::path::{Path, PathBuf};

use trueup_plan::check::{Place, Strictness, formula_in, read};
use trueup_plan::diagnostic::{Severity, Sources, render};
use trueup_plan::tree::{KindId, Level, Plan, Type};

/// Plans of a folder, by name; templates stand beside theirs.
fn plans(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".yaml") && !name.ends_with(".template.yaml")
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no plans");
    found
}

/// What is said about a plan.
fn checked(path: &Path) -> (Option<Plan>, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let strictness = if name.starts_with("signature") {
        Strictness::Signature
    } else {
        Strictness::Draft
    };
    let own = fs::read_to_string(path).expect("the plan can be read");
    let template = fs::read_to_string(path.with_extension("template.yaml")).ok();
    let mut files = vec![("plan.yaml", own.as_str())];
    files.extend(template.as_deref().map(|text| ("template.yaml", text)));
    let mut sources = Sources::new();
    let (plan, diagnostics) = read(&mut sources, &files, strictness);
    assert_eq!(
        plan.is_none(),
        diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error),
        "a plan comes back exactly when nothing refuses it: {name}"
    );
    (plan, render(&sources, &diagnostics))
}

#[test]
fn wrong_plans_are_told_what_would_be_right() {
    let write = std::env::var_os("TRUEUP_WRITE").is_some();
    let mut moved = String::new();
    for path in plans("check") {
        let (_, said) = checked(&path);
        assert_ne!(said, "", "nothing is said about {}", path.display());
        let expected = path.with_extension("txt");
        if write {
            fs::write(&expected, &said).expect("the message can be written");
        }
        let wanted = fs::read_to_string(&expected).unwrap_or_default();
        if said != wanted {
            moved.push_str(&format!(
                "{}\n--- expected\n{wanted}--- said\n{said}\n",
                path.display()
            ));
        }
    }
    assert_eq!(moved, "");
}

#[test]
fn the_plans_of_the_language_are_fit_to_be_signed() {
    for name in ["reseller", "technology_partner", "distribution"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/good/{name}.yaml"));
        let own = fs::read_to_string(path).expect("the plan can be read");
        let mut sources = Sources::new();
        let (plan, diagnostics) = read(&mut sources, &[("plan.yaml", &own)], Strictness::Signature);
        assert_eq!(render(&sources, &diagnostics), "", "{name}");
        assert!(plan.is_some(), "{name}");
    }
}

#[test]
fn published_plans_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/published");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the cases are there") {
        let path = entry
            .expect("the folder can be listed")
            .path()
            .join("plan.yaml");
        let Ok(own) = fs::read_to_string(&path) else {
            continue;
        };
        let mut sources = Sources::new();
        let (plan, diagnostics) = read(&mut sources, &[("plan.yaml", &own)], Strictness::Draft);
        let mistakes: Vec<_> = diagnostics
            .into_iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .collect();
        assert_eq!(render(&sources, &mistakes), "", "{}", path.display());
        assert!(plan.is_some(), "{}", path.display());
        count += 1;
    }
    assert!(count > 70, "only {count} plans were found");
}

/// What was found of every name: its type, where it is asked, whether it is carried.
fn found(plan: &Plan) -> String {
    let mut lines = Vec::new();
    let kind = |id: KindId| plan.kinds.get(id.index()).map_or("", |kind| &*kind.name);
    let level = |level: Level| match level {
        Level::Constant => "anywhere".to_owned(),
        Level::Program => "for the program".to_owned(),
        Level::Partner => "for a partner".to_owned(),
        Level::Row(id) => format!("on one {}", kind(id)),
    };
    for attribute in &plan.attributes {
        lines.push(format!(
            "partner.{}: {}",
            attribute.name,
            words(attribute.of)
        ));
    }
    for term in &plan.terms {
        lines.push(format!("term {}: {}", term.name, words(term.of)));
    }
    for measure in &plan.measures {
        let key = measure
            .by
            .as_ref()
            .map(|by| format!(" for each {} key", words(by.of)));
        lines.push(format!(
            "measure {}: {}{} of {} as {}",
            measure.name,
            words(measure.answers),
            key.unwrap_or_default(),
            kind(measure.kind),
            measure.role
        ));
    }
    for value in &plan.values {
        let carried = if value.carried { ", carried" } else { "" };
        lines.push(format!(
            "value {}: {}, {}{carried}",
            value.name,
            words(value.formula.of),
            level(value.level)
        ));
    }
    for table in &plan.tables {
        let arguments: Vec<String> = table
            .axes
            .iter()
            .map(|axis| format!("{} {}", axis.argument, words(axis.of)))
            .collect();
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("{} {}", column.name, words(column.of)))
            .collect();
        lines.push(format!(
            "table {}({}): {}, {}; columns {}",
            table.name,
            arguments.join(", "),
            words(table.answers),
            level(table.level),
            columns.join(", ")
        ));
    }
    for component in &plan.components {
        let rows = component
            .each
            .as_ref()
            .map(|each| format!(" on each {} as {}", kind(each.kind), each.role));
        lines.push(format!(
            "component {}: {:?} over {} every {}{}",
            component.name,
            component.grants,
            component.over.name(),
            component.every.name(),
            rows.unwrap_or_default()
        ));
    }
    lines.join("\n") + "\n"
}

fn words(of: Type) -> String {
    let Type::Number(unit) = of else {
        return format!("{of:?}").to_lowercase();
    };
    let mut words = Vec::new();
    for (name, power) in [
        ("money", unit.money),
        ("count", unit.count),
        ("score", unit.score),
    ] {
        match power {
            0 => {}
            1 => words.push(name.to_owned()),
            power => words.push(format!("{name}^{power}")),
        }
    }
    if words.is_empty() {
        "ratio".to_owned()
    } else {
        words.join(" ")
    }
}

#[test]
fn types_and_levels_are_found() {
    let write = std::env::var_os("TRUEUP_WRITE").is_some();
    let mut moved = String::new();
    for path in plans("found") {
        let (plan, said) = checked(&path);
        let plan = plan.unwrap_or_else(|| panic!("{} is refused:\n{said}", path.display()));
        let found = found(&plan);
        let expected = path.with_extension("txt");
        if write {
            fs::write(&expected, &found).expect("it can be written");
        }
        let wanted = fs::read_to_string(&expected).unwrap_or_default();
        if found != wanted {
            moved.push_str(&format!(
                "{}\n--- expected\n{wanted}--- found\n{found}\n",
                path.display()
            ));
        }
    }
    assert_eq!(moved, "");
}

#[test]
fn a_plan_of_one_file_is_identified_as_sha256sum_identifies_the_file() {
    let own = "plan: bonus\ncurrency: USD\n";
    let mut sources = Sources::new();
    let (plan, _) = read(&mut sources, &[("plan.yaml", own)], Strictness::Draft);
    let plan = plan.expect("the plan is right");
    // printf 'plan: bonus\ncurrency: USD\n' | sha256sum
    assert_eq!(
        &*plan.identity,
        "7072a7477b818535a9a1c78de9639aafeedeb4d2ecfa7462b565def7821aeb92"
    );
}

#[test]
fn a_change_of_the_template_changes_what_is_signed() {
    let own = "plan: bonus\nfrom_template: base@1\n";
    let identities: Vec<String> = ["currency: USD", "currency: USD # the same", "currency: EUR"]
        .into_iter()
        .map(|currency| {
            let template = format!("template: base\nversion: 1\n{currency}\n");
            let mut sources = Sources::new();
            let (plan, diagnostics) = read(
                &mut sources,
                &[("plan.yaml", own), ("base.yaml", &template)],
                Strictness::Draft,
            );
            let plan = plan.unwrap_or_else(|| panic!("{}", render(&sources, &diagnostics)));
            assert_eq!(plan.from_template.as_deref(), Some("base@1"));
            plan.identity.to_string()
        })
        .collect();
    assert_ne!(identities[0], identities[1]);
    assert_ne!(identities[0], identities[2]);
}

#[test]
fn a_chain_of_names_that_is_too_long_is_refused_and_a_shorter_one_taken() {
    for (links, taken) in [(128, true), (129, false), (9_000, false), (15_000, false)] {
        let mut own = String::from("plan: chain\ncurrency: USD\nvalues:\n  v0: 1\n");
        for link in 1..links {
            own.push_str(&format!("  v{link}: v{} + 1\n", link - 1));
        }
        let mut sources = Sources::new();
        let (plan, diagnostics) = read(&mut sources, &[("plan.yaml", &own)], Strictness::Draft);
        assert_eq!(plan.is_some(), taken, "{links} links");
        let told = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.code == "C3")
            .count();
        assert_eq!(told > 0, !taken && links < 10_000, "{links} links");
    }
}

#[test]
fn questions_are_typed_where_they_are_asked() {
    let own = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good/distribution.yaml"),
    )
    .expect("the plan can be read");
    let mut sources = Sources::new();
    let (plan, _) = read(&mut sources, &[("plan.yaml", &own)], Strictness::Draft);
    let plan = plan.expect("the plan is right");
    let sale = Place::Row(KindId(0));
    let training = Place::Row(KindId(1));
    for (text, place, answers) in [
        ("net_sales * 2", Place::Partner, Some("money")),
        ("rate(net_sales)", Place::Partner, Some("ratio")),
        ("gap", sale, Some("ratio")),
        ("gap", Place::Partner, None),
        ("gap", training, None),
        ("override", sale, Some("money")),
        ("override", Place::Partner, Some("money")),
        ("sale.amount - 5", sale, Some("money")),
        ("sale.amount - 5", Place::Partner, None),
        ("sale.amount - 5%", sale, None),
        ("partner.size = 'small'", Place::Partner, Some("flag")),
        ("partner.color = 'red'", Place::Partner, None),
        ("net_sales +", Place::Partner, None),
        ("allocate(pool, sale.amount)", sale, Some("money")),
    ] {
        let typed = formula_in(&plan, &mut sources, "question", text, place);
        let is = typed.as_ref().ok().map(|expr| words(expr.of));
        assert_eq!(is.as_deref(), answers, "{text} at {place:?}: {typed:?}");
    }
}

fn codes(files: &[(&str, &str)]) -> Vec<&'static str> {
    let mut sources = Sources::new();
    let (plan, diagnostics) = read(&mut sources, files, Strictness::Draft);
    assert!(plan.is_none(), "{}", render(&sources, &diagnostics));
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect()
}

#[test]
fn a_table_with_too_many_bands_is_refused_before_they_are_looked_at() {
    let bounds: Vec<String> = (0..400).map(|bound| format!("from {bound}")).collect();
    let bounds = bounds.join(", ");
    let own = format!(
        "plan: large\ncurrency: USD\ntables:\n  grid:\n    of: [a, b]\n    one_band: cell\n    \
         bands: {{ a: [{bounds}], b: [{bounds}] }}\n    cells: [ [0] ]\n"
    );
    assert_eq!(codes(&[("plan.yaml", &own)]), ["T8"]);
}

#[test]
fn what_a_template_said_does_not_grow_without_end() {
    let template = format!(
        "template: base\nversion: 1\ncurrency: USD\nvalues:\n  x: least({})\n",
        vec!["1"; 1_000].join(", ")
    );
    let own = format!(
        "plan: large\nfrom_template: base@1\noverrides:\n  values.x: least({})\n",
        vec!["was"; 1_000].join(", ")
    );
    assert_eq!(
        codes(&[("plan.yaml", &own), ("base.yaml", &template)]),
        ["O4"]
    );
}

#[test]
fn templates_that_build_on_each_other_end() {
    let own = "plan: case\nfrom_template: a@1\n";
    let a = "template: a\nversion: 1\nfrom_template: b@1\ncurrency: USD\n";
    let b = "template: b\nversion: 1\nfrom_template: a@1\ncurrency: USD\n";
    assert_eq!(
        codes(&[("plan.yaml", own), ("a.yaml", a), ("b.yaml", b)]),
        ["O1"]
    );
}

#[test]
fn a_plan_with_thousands_of_mistakes_is_told_them_in_time() {
    let mut own = String::from("plan: wrong\ncurrency: USD\nvalues:\n");
    for value in 0..4_000 {
        own.push_str(&format!(
            "  value_number_{value}: {{ formula: valeu_number_{value} + partner.x{value} }}\n"
        ));
    }
    let told = codes(&[("plan.yaml", &own)]);
    assert_eq!(told.iter().filter(|code| **code == "N1").count(), 4_000);
}

/// Every code of the check has a plan that provokes it, here or in `check`.
#[test]
fn every_code_of_the_check_has_a_plan_that_provokes_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut provoked =
        fs::read_to_string(folder.join("tests/check.rs")).expect("this file is there");
    for path in plans("check") {
        provoked.push_str(
            &fs::read_to_string(path.with_extension("txt")).expect("its message is there"),
        );
    }
    let mut reported = 0;
    for entry in fs::read_dir(folder.join("src/check")).expect("the folder is there") {
        let source = fs::read_to_string(entry.expect("the folder can be listed").path())
            .expect("it is text");
        for code in source.split('"').filter(|quoted| {
            let digits = quoted.strip_prefix(|first: char| first.is_ascii_uppercase());
            digits.is_some_and(|digits| {
                digits.len() == 1 && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        }) {
            let told = provoked.contains(&format!(" {code}  "))
                || provoked.contains(&format!("\"{code}\""));
            assert!(told, "no plan provokes {code}");
            reported += 1;
        }
    }
    assert!(reported > 100, "only {reported} codes were found");
}

#[test]
fn versions_of_a_template_stand_side_by_side_and_two_of_one_version_do_not() {
    let template = |version: &str, currency: &str| {
        format!("template: base\nversion: {version}\ncurrency: {currency}\n")
    };
    let (first, second, again) = (
        template("1", "USD"),
        template("2", "EUR"),
        template("2", "GBP"),
    );
    for (version, currency) in [("1", "USD"), ("2", "EUR")] {
        let own = format!("plan: case\nfrom_template: base@{version}\n");
        let files = [
            ("plan.yaml", own.as_str()),
            ("one.yaml", &first),
            ("two.yaml", &second),
        ];
        let (plan, _) = read(&mut Sources::new(), &files, Strictness::Draft);
        assert_eq!(
            plan.map(|plan| plan.currency.code().to_owned()).as_deref(),
            Some(currency)
        );
    }
    let own = "plan: case\nfrom_template: base@2\n";
    assert_eq!(
        codes(&[
            ("plan.yaml", own),
            ("two.yaml", &second),
            ("again.yaml", &again)
        ]),
        ["O1"]
    );
}

#[test]
fn bands_from_a_file_are_part_of_what_is_signed() {
    let own =
        "plan: case\ncurrency: USD\ntables:\n  rates: { of: x, one_band: rate, rows: rates.csv }\n";
    let identities: Vec<String> = ["from,rate\n0,1%\n100,2%\n", "from,rate\n0,1%\n100,3%\n"]
        .into_iter()
        .map(|rows| {
            let mut sources = Sources::new();
            let files = [("plans/plan.yaml", own), ("plans/rates.csv", rows)];
            let (plan, diagnostics) = read(&mut sources, &files, Strictness::Draft);
            let plan = plan.unwrap_or_else(|| panic!("{}", render(&sources, &diagnostics)));
            assert_eq!(plan.tables[0].axes[0].bounds.len(), 2);
            plan.identity.to_string()
        })
        .collect();
    assert_ne!(identities[0], identities[1]);
    assert_eq!(codes(&[("plan.yaml", own)]), ["B1"]);
}

#[test]
fn a_share_is_agreed_of_ratios_only() {
    let own = "\
plan: shares
currency: USD
terms:
  target.sales: { is: Agreed sales, unit: money, per: quarter }
  term.rate: { is: Agreed rate, unit: ratio }
";
    let mut sources = Sources::new();
    let (plan, _) = read(&mut sources, &[("plan.yaml", own)], Strictness::Draft);
    let plan = plan.expect("the plan holds together");
    let told = |terms: &str| {
        let mut sources = Sources::new();
        let file = sources.add("terms.yaml", terms);
        let mut told = Vec::new();
        let node = trueup_plan::yaml::read(&sources, file, &mut told).expect("it is YAML");
        trueup_plan::agreement::terms(&plan, &node, &mut told);
        render(&sources, &told)
    };
    assert_eq!(told("term.rate: 5%\n"), "");
    assert_eq!(told("term.rate: 0.05\n"), "");
    let said = told("target.sales: 5%\n");
    assert!(
        said.contains("terms.yaml:1:15 A3  `5%` is a share, and target.sales is none"),
        "{said}"
    );
}

#[test]
fn a_figure_outside_the_range_of_its_term_is_refused() {
    let own = "\
plan: ranges
currency: USD
terms:
  target.sales: { is: Agreed sales, unit: money, per: quarter, within: { lowest: 100, highest: 500 USD } }
";
    let mut sources = Sources::new();
    let (plan, _) = read(&mut sources, &[("plan.yaml", own)], Strictness::Draft);
    let plan = plan.expect("the plan holds together");
    let told = |terms: &str| {
        let mut sources = Sources::new();
        let file = sources.add("terms.yaml", terms);
        let mut told = Vec::new();
        let node = trueup_plan::yaml::read(&sources, file, &mut told).expect("it is YAML");
        let stated = trueup_plan::agreement::terms(&plan, &node, &mut told);
        (stated.len(), render(&sources, &told))
    };
    for ends in ["100", "500", "{ 2026-Q1: 100, 2026-Q2: 500 }"] {
        assert_eq!(told(&format!("target.sales: {ends}\n")).1, "", "{ends}");
    }
    let (stated, said) = told("target.sales: { 2026-Q1: 99.99, 2026-Q2: 500.01, 2026-Q3: 300 }\n");
    assert_eq!(stated, 1);
    assert!(
        said.contains(
            "terms.yaml:1:26 A3  target.sales is agreed between 100 and 500, and this is 99.99"
        ),
        "{said}"
    );
    assert!(said.contains("and this is 500.01"), "{said}");
}
