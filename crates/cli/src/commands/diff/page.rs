//! A page of sections, as text for a terminal or as Markdown for a meeting.

use std::fmt::Write as _;

use crate::output;

/// How wide a line of text may be.
const WIDTH: usize = 110;

/// One part of a page.
pub struct Section {
    /// What it is about; the first of a page is its title.
    pub title: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// Something in a section.
pub enum Block {
    /// A sentence.
    Line(String),
    /// One point of a list, with what is to be said of it.
    Point {
        /// Its number, or a mark where it has none.
        mark: String,
        /// The point itself.
        says: String,
        /// More about it, each on a line of its own.
        more: Vec<String>,
    },
    /// A table.
    Table {
        /// What it is about.
        title: String,
        /// Its heads.
        heads: Vec<String>,
        /// How many of its columns hold words.
        words: usize,
        /// Its rows.
        rows: Vec<Vec<String>>,
    },
}

/// The page for a terminal.
pub fn as_text(sections: &[Section]) -> String {
    let mut text = String::new();
    for (at, section) in sections.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        let _ = writeln!(text, "{}", section.title);
        for block in &section.blocks {
            match block {
                Block::Line(line) => {
                    for line in output::wrapped(line, WIDTH) {
                        let _ = writeln!(text, "{line}");
                    }
                }
                Block::Point { mark, says, more } => {
                    let indent = " ".repeat(mark.chars().count() + 2);
                    let room = WIDTH.saturating_sub(indent.len());
                    for (at, line) in output::wrapped(says, room).iter().enumerate() {
                        let lead = if at == 0 {
                            format!("{mark}  ")
                        } else {
                            indent.clone()
                        };
                        let _ = writeln!(text, "{lead}{line}");
                    }
                    for more in more {
                        for (at, line) in output::wrapped(more, room - 2).iter().enumerate() {
                            let further = if at == 0 { "" } else { "  " };
                            let _ = writeln!(text, "{indent}  {further}{line}");
                        }
                    }
                }
                Block::Table {
                    title,
                    heads,
                    words,
                    rows,
                } => {
                    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
                    if !title.is_empty() {
                        let _ = writeln!(text, "\n{title}");
                    }
                    let _ = writeln!(text, "{}", output::table(&heads, *words, rows.clone()));
                }
            }
        }
    }
    text
}

/// The page as Markdown.
pub fn as_markdown(sections: &[Section]) -> String {
    let mut text = String::new();
    for (at, section) in sections.iter().enumerate() {
        let level = if at == 0 { "#" } else { "\n##" };
        let _ = writeln!(text, "{level} {}\n", escaped(&section.title));
        let mut was_point = false;
        for block in &section.blocks {
            if was_point && !matches!(block, Block::Point { .. }) {
                text.push('\n');
            }
            was_point = matches!(block, Block::Point { .. });
            match block {
                Block::Line(line) => {
                    let _ = writeln!(text, "{}\n", escaped(line));
                }
                Block::Point { mark, says, more } => {
                    let number = mark.trim().trim_end_matches('.');
                    let mark = if number.parse::<usize>().is_ok() {
                        format!("{number}.")
                    } else {
                        "-".to_owned()
                    };
                    let indent = " ".repeat(mark.len() + 1);
                    let _ = writeln!(text, "{mark} {}", escaped(says));
                    for more in more {
                        let _ = writeln!(text, "{indent}<br>{}", escaped(more));
                    }
                }
                Block::Table {
                    title,
                    heads,
                    words,
                    rows,
                } => {
                    if !title.is_empty() {
                        let _ = writeln!(text, "**{}**\n", escaped(title));
                    }
                    let row = |cells: &[String]| {
                        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
                        format!("| {} |", cells.join(" | "))
                    };
                    let rules: Vec<&str> = (0..heads.len())
                        .map(|at| if at < *words { "---" } else { "---:" })
                        .collect();
                    let _ = writeln!(text, "{}\n| {} |", row(heads), rules.join(" | "));
                    for cells in rows {
                        let _ = writeln!(text, "{}", row(cells));
                    }
                    text.push('\n');
                }
            }
        }
    }
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        // One empty line sets things apart.
        if !(line.is_empty() && lines.last().is_some_and(|last| last.is_empty())) {
            lines.push(line);
        }
    }
    while lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines.join("\n") + "\n"
}

/// Text in which Markdown finds no marks of its own.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(
            character,
            '*' | '_' | '`' | '|' | '<' | '>' | '[' | ']' | '#'
        ) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Vec<Section> {
        vec![
            Section {
                title: "reseller".to_owned(),
                blocks: vec![Block::Line("One sentence.".to_owned())],
            },
            Section {
                title: "Changes".to_owned(),
                blocks: vec![
                    Block::Point {
                        mark: " 1".to_owned(),
                        says: "a_rate rises".to_owned(),
                        more: vec!["from here".to_owned()],
                    },
                    Block::Table {
                        title: "By type".to_owned(),
                        heads: vec!["type".to_owned(), "change".to_owned()],
                        words: 1,
                        rows: vec![vec!["small|large".to_owned(), "+1.00".to_owned()]],
                    },
                ],
            },
        ]
    }

    #[test]
    fn a_page_reads_on_a_terminal() {
        let expected = "reseller\nOne sentence.\n\nChanges\n 1  a_rate rises\n      from here\n\nBy type\n\
                        type         change\n───────────────────\nsmall|large   +1.00\n───────────────────\n";
        assert_eq!(as_text(&page()), expected);
    }

    #[test]
    fn a_page_is_markdown_in_which_no_name_becomes_a_mark() {
        let expected = "# reseller\n\nOne sentence.\n\n## Changes\n\n1. a\\_rate rises\n   <br>from here\n\n\
                        **By type**\n\n| type | change |\n| --- | ---: |\n| small\\|large | +1.00 |\n";
        assert_eq!(as_markdown(&page()), expected);
    }
}
