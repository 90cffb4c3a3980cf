//! Every link between the Markdown files of the repository leads somewhere: to a file, and to a heading in it.

use std::collections::BTreeMap;

use super::{Finding, House};
use crate::tree::Tree;

pub fn find(house: &House<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in house.tree.ending(".md") {
        for (line, target) in links(text) {
            findings.extend(
                broken(house.tree, path, &target).map(|says| Finding::at(path, line, says)),
            );
        }
    }
    findings
}

/// What is wrong with a link, if anything.
fn broken(tree: &Tree, from: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        from.to_owned()
    } else {
        resolve(from, file)
    };
    if !tree.has(&path) {
        return Some(format!("`{target}` leads nowhere: there is no {path}"));
    }
    let is_there = heading.is_empty()
        || tree
            .text(&path)
            .is_none_or(|text| anchors(text).contains_key(heading));
    (!is_there)
        .then(|| format!("`{target}` leads nowhere: {path} has no heading that becomes #{heading}"))
}

/// The path a link means, seen from the file it stands in; `/x` is from the root.
fn resolve(from: &str, file: &str) -> String {
    let mut parts: Vec<&str> = match file.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => from.split('/').collect(),
    };
    parts.pop();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The targets of `[text](target)`, `![text](target)` and `[name]: target`, with their lines; code is skipped.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(line);
        let mut rest = line.as_str();
        while let Some(at) = rest.find("](") {
            rest = &rest[at + 2..];
            let Some(end) = rest.find(')') else { break };
            let target = rest[..end].split_whitespace().next().unwrap_or_default();
            found.push((number, target.trim_matches(['<', '>']).to_owned()));
        }
        if let Some((name, target)) = line.split_once("]: ")
            && name.starts_with('[')
            && !name.starts_with("[^")
        {
            found.push((
                number,
                target
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            ));
        }
    }
    found
}

/// The lines outside fenced code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let mark = line
            .trim_start()
            .get(..3)
            .filter(|mark| matches!(*mark, "```" | "~~~"));
        match (fence, mark) {
            (None, None) => return Some((at + 1, line)),
            (None, Some(opened)) => fence = Some(opened),
            (Some(opened), Some(mark)) if opened == mark => fence = None,
            (Some(_), _) => {}
        }
        None
    })
}

/// A line with what stands in backticks taken out.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// The anchors of a page, as code hosts make them from its headings.
fn anchors(text: &str) -> BTreeMap<String, usize> {
    let mut anchors = BTreeMap::new();
    for (number, line) in prose(text) {
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let mut anchor = String::new();
        for c in heading.trim().chars() {
            match c {
                ' ' => anchor.push('-'),
                c if c.is_alphanumeric() || c == '-' || c == '_' => anchor.extend(c.to_lowercase()),
                _ => {}
            }
        }
        let mut name = anchor.clone();
        let mut again = 0;
        while anchors.contains_key(&name) {
            again += 1;
            name = format!("{anchor}-{again}");
        }
        anchors.insert(name, number);
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Vec<String> {
        let tree = Tree::from([
            ("docs/README.md", text),
            (
                "docs/glossary.md",
                "# Glossary\n\n## Earning & payout: two words\n\n## Twice\n## Twice\n",
            ),
            ("ARCHITECTURE.md", "# The map\n```\n# not a heading\n```\n"),
        ]);
        find(&House::new(&tree))
            .into_iter()
            .map(|finding| format!("{} {}", finding.line, finding.says))
            .collect()
    }

    #[test]
    fn a_link_that_leads_somewhere_is_left_alone() {
        let text = "# A\n[a](glossary.md), [b](../ARCHITECTURE.md#the-map) and [c](#a), ![d](/docs/glossary.md \"e\")\n\
                    [e](glossary.md#earning--payout-two-words) [f](glossary.md#twice-1) [g](https://example.org/x) [h](../docs)\n\
                    [i]: glossary.md\n";
        assert_eq!(says(text), Vec::<String>::new());
    }

    #[test]
    fn a_link_to_no_file_is_found_with_its_line() {
        assert_eq!(
            says("\n[a](glosary.md)"),
            ["2 `glosary.md` leads nowhere: there is no docs/glosary.md"]
        );
        assert_eq!(says("[a]: ../ARCHITECTURE").len(), 1);
    }

    #[test]
    fn a_link_to_no_heading_is_found() {
        assert_eq!(says("[a](glossary.md#earnings)").len(), 1);
        assert_eq!(
            says("[a](../ARCHITECTURE.md#not-a-heading)").len(),
            1,
            "a comment in code is no heading"
        );
        assert_eq!(says("[a](#b)").len(), 1);
    }

    #[test]
    fn what_stands_in_code_is_no_link() {
        assert_eq!(
            says("`[a](b.md)`\n```text\n[a](b.md)\n```\n~~~\n[a](b.md)\n~~~\n"),
            Vec::<String>::new()
        );
        assert_eq!(says("`a` [a](b.md) `c`").len(), 1);
    }
}
