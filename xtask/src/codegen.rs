//! Parts of pages that are written from what code knows: the walls, the outside crates, the list of decisions.
//!
//! A generated part stands between `<!-- begin generated: NAME -->` and `<!-- end generated: NAME -->` in a page that is
//! otherwise written by hand. `cargo xtask codegen` writes it; `tidy` fails when it is stale.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::tidy::decisions;
use crate::tree::Tree;
use crate::walls::{OUTSIDE, WALLS};

/// One generated part of one page.
struct Part {
    page: &'static str,
    name: &'static str,
    write: fn(&Tree) -> String,
}

const PARTS: &[Part] = &[
    Part {
        page: "ARCHITECTURE.md",
        name: "walls",
        write: |_| walls(),
    },
    Part {
        page: "docs/dependencies.md",
        name: "outside crates",
        write: |_| outside_crates(),
    },
    Part {
        page: "docs/README.md",
        name: "decisions",
        write: records,
    },
];

/// Every page whose generated parts are not what they would be now, with its new text.
pub fn stale(tree: &Tree) -> Result<BTreeMap<String, String>, String> {
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    for part in PARTS {
        let text = match pages.get(part.page) {
            Some(text) => text.as_str(),
            None => tree
                .text(part.page)
                .ok_or_else(|| format!("{} is missing", part.page))?,
        };
        let text = replaced(text, part.name, &(part.write)(tree))
            .map_err(|fault| format!("{}: {fault}", part.page))?;
        pages.insert(part.page.to_owned(), text);
    }
    pages.retain(|page, text| tree.text(page) != Some(text));
    Ok(pages)
}

/// A page with one generated part written again.
fn replaced(text: &str, name: &str, part: &str) -> Result<String, String> {
    let begin = format!("<!-- begin generated: {name} -->\n");
    let end = format!("<!-- end generated: {name} -->");
    let (before, rest) = text
        .split_once(&begin)
        .ok_or_else(|| format!("there is no line `{}`", begin.trim_end()))?;
    let (_, after) = rest
        .split_once(&end)
        .ok_or_else(|| format!("there is no line `{end}`"))?;
    Ok(format!("{before}{begin}{part}{end}{after}"))
}

fn walls() -> String {
    let mut table =
        "| crate | may use of ours | outside crates | touches |\n|---|---|---|---|\n".to_owned();
    for wall in WALLS {
        let name = wall.folder.trim_start_matches("crates/");
        let inner: Vec<&str> = wall
            .inner
            .iter()
            .map(|package| package.trim_start_matches("trueup-"))
            .collect();
        let dash = |list: &[&str]| {
            if list.is_empty() {
                "none".to_owned()
            } else {
                list.join(", ")
            }
        };
        let (inner, outside) = (dash(&inner), dash(wall.outside));
        let pure = if wall.is_pure { " (pure)" } else { "" };
        let _ = writeln!(
            table,
            "| `{name}`{pure} | {inner} | {outside} | {} |",
            wall.touches
        );
    }
    table
}

fn outside_crates() -> String {
    let mut table = "| crate | what for | used by | record |\n|---|---|---|---|\n".to_owned();
    for entry in OUTSIDE {
        let users = WALLS
            .iter()
            .filter(|wall| wall.outside.contains(&entry.package));
        let tests = WALLS
            .iter()
            .filter(|wall| wall.tests.contains(&entry.package));
        let name = |folder: &str| folder.trim_start_matches("crates/").to_owned();
        let users: Vec<String> = users
            .map(|wall| name(wall.folder))
            .chain(tests.map(|wall| format!("{} (tests)", name(wall.folder))))
            .collect();
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} |",
            entry.package,
            entry.what_for,
            users.join(", "),
            entry.record
        );
    }
    table
}

fn records(tree: &Tree) -> String {
    let mut list = String::new();
    for (path, text) in tree.files() {
        if let Some(number) = decisions::number(path) {
            let title = decisions::title(number, text).unwrap_or("without a title");
            let _ = writeln!(
                list,
                "- [{number} {title}]({})",
                path.trim_start_matches("docs/")
            );
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_generated_part_is_written() {
        let page = "# Map\n<!-- begin generated: a -->\nold\n<!-- end generated: a -->\nby hand\n";
        let text = replaced(page, "a", "new\n").unwrap();
        assert_eq!(
            text,
            "# Map\n<!-- begin generated: a -->\nnew\n<!-- end generated: a -->\nby hand\n"
        );
        assert_eq!(
            replaced(&text, "a", "new\n").unwrap(),
            text,
            "twice changes nothing"
        );
    }

    #[test]
    fn a_page_without_the_place_is_a_fault() {
        assert!(
            replaced("# Map\n", "a", "new\n")
                .unwrap_err()
                .contains("begin generated: a")
        );
        assert!(
            replaced("<!-- begin generated: a -->\n", "a", "")
                .unwrap_err()
                .contains("end generated: a")
        );
    }

    #[test]
    fn a_fresh_page_is_not_stale_and_an_edited_one_is() {
        let page = |name: &str, part: &str| {
            format!("<!-- begin generated: {name} -->\n{part}<!-- end generated: {name} -->\n")
        };
        let record = "# 0001 The shape\n";
        let index = page(
            "decisions",
            "- [0001 The shape](decisions/0001-the-shape.md)\n",
        );
        let (map, outside) = (
            page("walls", &walls()),
            page("outside crates", &outside_crates()),
        );
        let tree = |map: &str| {
            Tree::from([
                ("ARCHITECTURE.md", map),
                ("docs/README.md", index.as_str()),
                ("docs/decisions/0001-the-shape.md", record),
                ("docs/dependencies.md", outside.as_str()),
            ])
        };
        assert!(stale(&tree(&map)).unwrap().is_empty());
        let edited = map.replace("(pure)", "(nearly pure)");
        let found = stale(&tree(&edited)).unwrap();
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("ARCHITECTURE.md".to_owned(), map)]
        );
    }
}
