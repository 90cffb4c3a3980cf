//! The walls between the crates, as every `Cargo.toml` and the lock file state them.
//!
//! A crate uses only what its line in `walls.rs` lists; every outside crate has its reason and its record; no pure
//! crate reaches a query engine, a database, a network or a runtime through whatever it uses.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::{Finding, House};
use crate::tree::Tree;
use crate::walls::{BARRED_BELOW_PURE, OUTSIDE, Outside, WALLS, Wall};

pub fn find(house: &House<'_>) -> Vec<Finding> {
    check(house.tree, WALLS, OUTSIDE)
}

fn check(tree: &Tree, walls: &[Wall], outside: &[Outside]) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(folders(tree, walls));
    findings.extend(arrows(walls));
    let mut used = BTreeSet::new();
    for wall in walls {
        let path = format!("{}/Cargo.toml", wall.folder);
        match manifest(tree, &path) {
            Ok(manifest) => findings.extend(one(&path, &manifest, wall, &mut used)),
            Err(finding) => findings.push(finding),
        }
    }
    findings.extend(reasons(tree, outside, &used));
    findings.extend(workspace(tree, &used));
    findings.extend(reach(tree, walls));
    findings
}

fn manifest(tree: &Tree, path: &str) -> Result<Table, Finding> {
    let text = tree
        .text(path)
        .ok_or_else(|| Finding::file(path, "walls.rs lists this crate; it is not there"))?;
    text.parse::<Table>()
        .map_err(|fault| Finding::file(path, format!("cannot be read: {fault}")))
}

/// Every folder under `crates/` has its wall.
fn folders(tree: &Tree, walls: &[Wall]) -> Vec<Finding> {
    let listed = |folder: &str| walls.iter().any(|wall| wall.folder == folder);
    tree.folders_in("crates")
        .into_iter()
        .map(|name| format!("crates/{name}"))
        .filter(|folder| !listed(folder))
        .map(|folder| {
            Finding::file(
                &folder,
                "a new crate needs its line in xtask/src/walls.rs and a record",
            )
        })
        .collect()
}

/// The table itself has no arrow that points outward.
fn arrows(walls: &[Wall]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, wall) in walls.iter().enumerate() {
        for inner in wall.inner {
            let says = match walls[..place].iter().find(|above| above.package == *inner) {
                Some(above) if wall.is_pure && !above.is_pure => {
                    "a pure crate uses only pure crates"
                }
                Some(_) => continue,
                None => "a crate uses only crates listed above it",
            };
            findings.push(Finding::file(
                "xtask/src/walls.rs",
                format!("{} → {inner}: {says}", wall.package),
            ));
        }
    }
    findings
}

/// One manifest against its wall.
fn one(path: &str, manifest: &Table, wall: &Wall, used: &mut BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let package = manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str);
    if package != Some(wall.package) {
        findings.push(Finding::file(
            path,
            format!("walls.rs calls this package {}", wall.package),
        ));
    }
    let lints = manifest
        .get("lints")
        .and_then(|lints| lints.get("workspace"))
        .and_then(Value::as_bool);
    if lints != Some(true) {
        findings.push(Finding::file(
            path,
            "takes the lints of the workspace: `[lints] workspace = true`",
        ));
    }
    for (section, name, value) in dependencies(manifest) {
        let renamed = value.get("package").and_then(Value::as_str);
        let package = renamed.unwrap_or(name.as_str());
        used.insert(package.to_owned());
        let is_test = section == "dev-dependencies";
        let is_allowed = wall.inner.contains(&package)
            || wall.outside.contains(&package)
            || is_test && wall.tests.contains(&package);
        if !is_allowed {
            let says = format!(
                "{} may not use {package} ({section}): xtask/src/walls.rs",
                wall.package
            );
            findings.push(Finding::file(path, says));
        }
        if value.get("workspace").and_then(Value::as_bool) != Some(true) {
            findings.push(Finding::file(
                path,
                format!("{package} is not taken from the workspace: `workspace = true`"),
            ));
        }
    }
    findings
}

/// Every dependency of a manifest with the section it stands in, also those of one platform.
fn dependencies(manifest: &Table) -> Vec<(&'static str, String, &Value)> {
    const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let platforms = manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(|table| table.values());
    let tables = platforms.filter_map(Value::as_table).chain([manifest]);
    let mut found = Vec::new();
    for table in tables {
        for section in SECTIONS {
            let listed = table
                .get(section)
                .and_then(Value::as_table)
                .into_iter()
                .flatten();
            found.extend(listed.map(|(name, value)| (section, name.clone(), value)));
        }
    }
    found
}

/// Every outside crate in use has a reason and an existing record, once, in order; none is listed for nothing.
fn reasons(tree: &Tree, outside: &[Outside], used: &BTreeSet<String>) -> Vec<Finding> {
    const PATH: &str = "xtask/src/walls.rs";
    let mut findings = Vec::new();
    for pair in outside.windows(2) {
        if pair[0].package >= pair[1].package {
            findings.push(Finding::file(
                PATH,
                format!("OUTSIDE is not in order of name at {}", pair[1].package),
            ));
        }
    }
    let records: BTreeSet<&str> = tree
        .files()
        .filter_map(|(path, _)| path.strip_prefix("docs/decisions/")?.get(..4))
        .collect();
    for entry in outside {
        if !used.contains(entry.package) {
            findings.push(Finding::file(
                PATH,
                format!("no crate uses {}: take its line out", entry.package),
            ));
        }
        if !records.contains(entry.record) {
            findings.push(Finding::file(
                PATH,
                format!("{}: there is no record {}", entry.package, entry.record),
            ));
        }
    }
    let listed = |package: &str| outside.iter().any(|entry| entry.package == package);
    for package in used
        .iter()
        .filter(|package| !package.starts_with("trueup") && !listed(package))
    {
        findings.push(Finding::file(
            PATH,
            format!("{package} has no line in OUTSIDE that says what it is for"),
        ));
    }
    findings
}

/// The workspace lists no dependency that no crate uses.
fn workspace(tree: &Tree, used: &BTreeSet<String>) -> Vec<Finding> {
    let root = match manifest(tree, "Cargo.toml") {
        Ok(root) => root,
        Err(finding) => return vec![finding],
    };
    let listed = root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(Value::as_table)
        .into_iter()
        .flatten();
    listed
        .filter(|(name, value)| {
            let package = value.get("package").and_then(Value::as_str).unwrap_or(name);
            !used.contains(package)
        })
        .map(|(name, _)| {
            Finding::file(
                "Cargo.toml",
                format!("no crate uses {name}: take its line out"),
            )
        })
        .collect()
}

/// No pure crate reaches what is barred, through however many others.
fn reach(tree: &Tree, walls: &[Wall]) -> Vec<Finding> {
    let lock = match manifest(tree, "Cargo.lock") {
        Ok(lock) => lock,
        Err(finding) => return vec![finding],
    };
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let packages = lock
        .get("package")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for package in packages {
        let Some(name) = package.get("name").and_then(Value::as_str) else {
            continue;
        };
        let listed = package
            .get("dependencies")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        // An entry is `name` or `name version`; all versions of a package are taken together.
        let names = listed.filter_map(|entry| entry.as_str()?.split(' ').next());
        uses.entry(name).or_default().extend(names);
    }
    let mut findings = Vec::new();
    for wall in walls.iter().filter(|wall| wall.is_pure) {
        for (barred, what) in BARRED_BELOW_PURE {
            if let Some(way) = way(&uses, wall.package, barred) {
                findings.push(Finding::file(
                    "Cargo.lock",
                    format!("a pure crate reaches {what}: {}", way.join(" → ")),
                ));
            }
        }
    }
    findings
}

/// A shortest way from one package to another, both ends included.
fn way<'a>(
    uses: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    from: &'a str,
    to: &str,
) -> Option<Vec<&'a str>> {
    let mut ways = vec![vec![from]];
    let mut seen = BTreeSet::from([from]);
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in way
                .last()
                .and_then(|last| uses.get(last))
                .into_iter()
                .flatten()
            {
                if seen.insert(next) {
                    let way: Vec<&str> = way.iter().copied().chain([*next]).collect();
                    if *next == to {
                        return Some(way);
                    }
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Wall = Wall {
        package: "trueup-base",
        folder: "crates/base",
        inner: &[],
        outside: &["jiff"],
        tests: &["proptest"],
        touches: "nothing",
        is_pure: true,
    };
    const FACTS: Wall = Wall {
        package: "trueup-facts",
        folder: "crates/facts",
        inner: &["trueup-base"],
        outside: &["tokio"],
        tests: &[],
        touches: "files",
        is_pure: false,
    };
    const REASONS: &[Outside] = &[
        Outside {
            package: "jiff",
            what_for: "dates",
            record: "0001",
        },
        Outside {
            package: "proptest",
            what_for: "tests",
            record: "0001",
        },
        Outside {
            package: "tokio",
            what_for: "runtime",
            record: "0001",
        },
    ];
    const BASE_TOML: &str = "[package]\nname = \"trueup-base\"\n[lints]\nworkspace = true\n[dependencies]\njiff.workspace = true\n[dev-dependencies]\nproptest.workspace = true\n";
    const FACTS_TOML: &str = "[package]\nname = \"trueup-facts\"\n[lints]\nworkspace = true\n[dependencies]\ntrueup-base.workspace = true\ntokio.workspace = true\n";
    const ROOT_TOML: &str =
        "[workspace.dependencies]\njiff = \"0.2\"\nproptest = \"1\"\ntokio = \"1\"\n";
    const LOCK: &str = "[[package]]\nname = \"trueup-base\"\ndependencies = [\"jiff\"]\n[[package]]\nname = \"jiff\"\n[[package]]\nname = \"trueup-facts\"\ndependencies = [\"tokio\", \"trueup-base\"]\n";

    /// The findings of a small workspace in which one file says something else.
    fn with(path: &str, text: &str) -> Vec<String> {
        let files = [
            ("crates/base/Cargo.toml", BASE_TOML),
            ("crates/facts/Cargo.toml", FACTS_TOML),
            ("Cargo.toml", ROOT_TOML),
            ("Cargo.lock", LOCK),
            ("docs/decisions/0001-the-shape.md", ""),
            ("README.md", ""),
        ];
        let files = files.map(|(name, said)| {
            if name == path {
                (name, text)
            } else {
                (name, said)
            }
        });
        said(check(&Tree::from(files), &[BASE, FACTS], REASONS))
    }

    fn said(findings: Vec<Finding>) -> Vec<String> {
        findings
            .into_iter()
            .map(|finding| format!("{}: {}", finding.path, finding.says))
            .collect()
    }

    #[track_caller]
    fn only(findings: &[String], parts: &[&str]) {
        assert_eq!(findings.len(), 1, "{findings:?}");
        for part in parts {
            assert!(findings[0].contains(part), "{findings:?}");
        }
    }

    #[test]
    fn a_workspace_inside_its_walls_is_left_alone() {
        assert_eq!(with("", ""), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_points_outward_is_found() {
        let findings = with(
            "crates/base/Cargo.toml",
            &format!("{BASE_TOML}[build-dependencies]\ntrueup-facts.workspace = true\n"),
        );
        only(
            &findings,
            &[
                "crates/base/Cargo.toml",
                "trueup-base may not use trueup-facts",
            ],
        );
    }

    #[test]
    fn a_dependency_of_tests_is_none_of_the_crate() {
        let moved = BASE_TOML.replace("[dev-dependencies]\n", "");
        only(
            &with("crates/base/Cargo.toml", &moved),
            &["may not use proptest (dependencies)"],
        );
    }

    #[test]
    fn a_dependency_under_another_name_or_platform_is_found() {
        let renamed = format!(
            "{BASE_TOML}[target.'cfg(unix)'.dependencies]\ntime = {{ package = \"tokio\", version = \"1\" }}\n"
        );
        let findings = with("crates/base/Cargo.toml", &renamed);
        assert!(
            findings[0].contains("trueup-base may not use tokio"),
            "{findings:?}"
        );
    }

    #[test]
    fn a_version_of_its_own_is_found() {
        let own = BASE_TOML.replace("jiff.workspace = true", "jiff = \"0.1\"");
        only(
            &with("crates/base/Cargo.toml", &own),
            &["jiff is not taken from the workspace"],
        );
    }

    #[test]
    fn a_crate_without_the_lints_of_the_workspace_is_found() {
        let lax = BASE_TOML.replace("[lints]\nworkspace = true\n", "");
        only(
            &with("crates/base/Cargo.toml", &lax),
            &["[lints] workspace = true"],
        );
    }

    #[test]
    fn a_dependency_that_nobody_uses_is_found() {
        only(
            &with("Cargo.toml", &format!("{ROOT_TOML}regex = \"1\"\n")),
            &["Cargo.toml: no crate uses regex"],
        );
    }

    #[test]
    fn a_pure_crate_reaches_no_runtime_however_far_down() {
        let deep = LOCK.replace("name = \"jiff\"\n", "name = \"jiff\"\ndependencies = [\"deep 1.0.0\"]\n[[package]]\nname = \"deep\"\ndependencies = [\"tokio 1.2.3\"]\n");
        only(
            &with("Cargo.lock", &deep),
            &["trueup-base → jiff → deep → tokio"],
        );
    }

    #[test]
    fn a_missing_manifest_and_a_missing_wall_are_found() {
        let tree = Tree::from([
            ("crates/books/Cargo.toml", ""),
            ("Cargo.toml", ""),
            ("Cargo.lock", ""),
        ]);
        let findings = said(check(&tree, &[BASE], &[]));
        assert!(
            findings
                .iter()
                .any(|says| says.starts_with("crates/books: a new crate needs")),
            "{findings:?}"
        );
        assert!(
            findings
                .iter()
                .any(|says| says.starts_with("crates/base/Cargo.toml: walls.rs lists")),
            "{findings:?}"
        );
    }

    #[test]
    fn an_outside_crate_needs_a_reason_and_a_record() {
        let tree = |record| Tree::from([("docs/decisions/0001-a.md", record)]);
        let used = BTreeSet::from(["jiff".to_owned(), "tokio".to_owned()]);
        let reason = |package, record| Outside {
            package,
            what_for: "",
            record,
        };
        let findings = said(reasons(&tree(""), &[reason("jiff", "0002")], &used));
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(
            findings[0].contains("jiff: there is no record 0002")
                && findings[1].contains("tokio has no line")
        );
        let findings = said(reasons(
            &tree(""),
            &[reason("tokio", "0001"), reason("jiff", "0001")],
            &used,
        ));
        only(&findings, &["not in order of name at jiff"]);
    }

    #[test]
    fn the_table_points_inward_and_pure_stays_pure() {
        let swapped = said(arrows(&[FACTS, BASE]));
        only(
            &swapped,
            &["trueup-facts → trueup-base: a crate uses only crates listed above it"],
        );
        let impure_base = Wall {
            is_pure: false,
            ..BASE
        };
        let pure_facts = Wall {
            is_pure: true,
            ..FACTS
        };
        only(
            &said(arrows(&[impure_base, pure_facts])),
            &["a pure crate uses only pure crates"],
        );
        assert!(arrows(WALLS).is_empty());
    }
}
