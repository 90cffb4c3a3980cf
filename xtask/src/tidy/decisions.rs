//! Records of decisions: `docs/decisions/NNNN-title.md`, each number once, each with the same six headings.

use super::{Finding, House};

/// What a record says, in this order.
pub const HEADINGS: [&str; 6] = [
    "Problem",
    "What success means",
    "Out of scope",
    "Choice",
    "Alternatives",
    "Open questions",
];

const FOLDER: &str = "docs/decisions/";

pub fn find(house: &House<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut numbers: Vec<(&str, &str)> = Vec::new();
    for (path, text) in house
        .tree
        .files()
        .filter(|(path, _)| path.starts_with(FOLDER))
    {
        let Some(number) = number(path) else {
            findings.push(Finding::file(
                path,
                "a record is called NNNN-its-title.md, in small letters",
            ));
            continue;
        };
        if let Some((other, _)) = numbers.iter().find(|(_, taken)| *taken == number) {
            findings.push(Finding::file(path, format!("{number} is taken by {other}")));
        }
        numbers.push((path, number));
        findings.extend(one(path, number, text));
    }
    if numbers.is_empty() {
        findings.push(Finding::file(FOLDER, "there is no record of any decision"));
    }
    findings
}

/// The number in a record's file name.
pub fn number(path: &str) -> Option<&str> {
    let name = path.strip_prefix(FOLDER)?.strip_suffix(".md")?;
    let (number, title) = name.split_once('-')?;
    let is_number = number.len() == 4 && number.bytes().all(|digit| digit.is_ascii_digit());
    let is_title = !title.is_empty()
        && title
            .bytes()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-');
    (is_number && is_title).then_some(number)
}

/// The title of a record: `# 0001 The shape of the house` → `The shape of the house`.
pub fn title<'a>(number: &str, text: &'a str) -> Option<&'a str> {
    let title = text
        .lines()
        .next()?
        .strip_prefix("# ")?
        .strip_prefix(number)?
        .trim();
    (!title.is_empty()).then_some(title)
}

fn one(path: &str, number: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if title(number, text).is_none() {
        findings.push(Finding::at(
            path,
            1,
            format!("begins with `# {number} ` and its title"),
        ));
    }
    let mut sections: Vec<(&str, usize, bool)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if let Some(heading) = line.strip_prefix("## ") {
            sections.push((heading.trim(), at + 1, false));
        } else if let Some((_, _, is_filled)) = sections.last_mut() {
            *is_filled |= !line.trim().is_empty();
        }
    }
    let headings: Vec<&str> = sections.iter().map(|(heading, _, _)| *heading).collect();
    if headings != HEADINGS {
        findings.push(Finding::file(
            path,
            format!("its headings are, in this order: {}", HEADINGS.join(", ")),
        ));
    }
    let empty = sections.iter().filter(|(_, _, is_filled)| !is_filled);
    findings.extend(
        empty.map(|(heading, line, _)| {
            Finding::at(path, *line, format!("`{heading}` says nothing"))
        }),
    );
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn record(title: &str) -> String {
        let sections: String = HEADINGS
            .iter()
            .map(|heading| format!("\n## {heading}\n\nSomething.\n"))
            .collect();
        format!("{title}\n{sections}")
    }

    fn says(tree: &Tree) -> Vec<String> {
        find(&House::new(tree))
            .into_iter()
            .map(|finding| format!("{}: {}", finding.path, finding.says))
            .collect()
    }

    #[test]
    fn a_whole_record_is_left_alone() {
        assert!(
            says(&Tree::from([(
                "docs/decisions/0001-the-shape.md",
                record("# 0001 The shape").as_str()
            )]))
            .is_empty()
        );
    }

    #[test]
    fn a_missing_heading_and_an_empty_one_are_found() {
        let whole = record("# 0001 The shape");
        let without = whole.replace("## Alternatives", "## Others");
        let findings = says(&Tree::from([(
            "docs/decisions/0001-the-shape.md",
            without.as_str(),
        )]));
        assert!(
            findings.len() == 1 && findings[0].contains("Choice, Alternatives, Open"),
            "{findings:?}"
        );
        let empty = whole.replace("## Choice\n\nSomething.", "## Choice\n");
        let findings = says(&Tree::from([(
            "docs/decisions/0001-the-shape.md",
            empty.as_str(),
        )]));
        assert!(
            findings.len() == 1 && findings[0].contains("`Choice` says nothing"),
            "{findings:?}"
        );
    }

    #[test]
    fn a_number_is_given_once() {
        let (one, two) = (record("# 0001 One"), record("# 0001 Two"));
        let tree = Tree::from([
            ("docs/decisions/0001-one.md", one.as_str()),
            ("docs/decisions/0001-two.md", two.as_str()),
        ]);
        let findings = says(&tree);
        assert!(
            findings.len() == 1 && findings[0].contains("taken by docs/decisions/0001-one.md"),
            "{findings:?}"
        );
    }

    #[test]
    fn a_record_is_named_and_titled_by_its_number() {
        let text = record("# 0002 The shape");
        assert_eq!(
            says(&Tree::from([(
                "docs/decisions/0001-the-shape.md",
                text.as_str()
            )]))
            .len(),
            1
        );
        let findings = says(&Tree::from([("docs/decisions/shape.md", text.as_str())]));
        assert!(
            findings.iter().any(|says| says.contains("is called NNNN")),
            "{findings:?}"
        );
        assert_eq!(number("docs/decisions/0012-two-words.md"), Some("0012"));
        assert_eq!(number("docs/decisions/12-two-words.md"), None);
        assert_eq!(title("0012", "# 0012 Two words\n"), Some("Two words"));
    }

    #[test]
    fn no_record_at_all_is_a_finding() {
        assert_eq!(says(&Tree::from([("README.md", "")])).len(), 1);
    }
}
