//! Long files and functions: a wall at 900 lines a file, marks for the reviewer at 500 a file and 70 a function.

use super::{Finding, House};

const FILE_WALL: usize = 900;
const FILE_MARK: usize = 500;
const FUNCTION_MARK: usize = 70;

/// Code that is written by hand; pages and data may be as long as they need.
const CODE: &[&str] = &[".rs", ".py", ".sh", ".ts", ".tsx", "Makefile"];

/// What is made from something else, and never edited.
const MADE: &[&str] = &["web/src/api/schema.d.ts"];

pub fn find(house: &House<'_>) -> Vec<Finding> {
    lengths(house)
        .into_iter()
        .filter(|(_, lines)| *lines > FILE_WALL)
        .map(|(path, lines)| {
            Finding::file(
                path,
                format!("{lines} lines tell more than one story; {FILE_WALL} is the most"),
            )
        })
        .collect()
}

/// What a reviewer should look at.
pub fn marks(house: &House<'_>) -> Vec<String> {
    let mut marks: Vec<String> = lengths(house)
        .into_iter()
        .filter(|(_, lines)| *lines > FILE_MARK)
        .map(|(path, lines)| format!("{path} has {lines} lines"))
        .collect();
    for source in &house.sources {
        for (name, offset, lines) in source.functions() {
            if lines > FUNCTION_MARK && !source.is_test(offset) {
                marks.push(format!(
                    "{}:{}: `{name}` has {lines} lines",
                    source.path,
                    source.line_of(offset)
                ));
            }
        }
    }
    marks
}

/// The lines of every file of code; in Rust without its tests, unless it is one.
fn lengths<'h>(house: &'h House<'_>) -> Vec<(&'h str, usize)> {
    let of = |path: &str, text: &str| {
        let source = house
            .sources
            .iter()
            .find(|source| source.path == path && !source.is_test_file());
        source.map_or_else(
            || text.lines().count(),
            |source| source.lines_outside_tests(),
        )
    };
    house
        .tree
        .files()
        .filter(|(path, _)| !MADE.contains(path))
        .filter(|(path, _)| CODE.iter().any(|ending| path.ends_with(ending)))
        .map(|(path, text)| (path, of(path, text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn tree_with(lines: usize, tests: usize) -> Tree {
        let text = format!(
            "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
            "// a\n".repeat(lines),
            "// b\n".repeat(tests)
        );
        Tree::from([("a.rs", text.as_str())])
    }

    #[test]
    fn a_file_over_the_wall_is_found() {
        assert_eq!(find(&House::new(&tree_with(901, 0))).len(), 1);
        assert!(find(&House::new(&tree_with(900, 0))).is_empty());
        let python = "a = 1\n".repeat(901);
        let tree = Tree::from([("a.py", python.as_str()), ("a.md", python.as_str())]);
        assert_eq!(find(&House::new(&tree)).len(), 1);
    }

    #[test]
    fn tests_do_not_make_a_file_long() {
        assert!(find(&House::new(&tree_with(900, 2_000))).is_empty());
        assert!(marks(&House::new(&tree_with(500, 2_000))).is_empty());
    }

    #[test]
    fn a_long_file_and_a_long_function_are_marked() {
        assert_eq!(
            marks(&House::new(&tree_with(501, 0))),
            ["a.rs has 501 lines"]
        );
        let long = format!("fn a() {{\n{}}}\n", "b();\n".repeat(69));
        assert_eq!(
            marks(&House::new(&Tree::from([("a.rs", long.as_str())]))),
            ["a.rs:1: `a` has 71 lines"]
        );
        let short = format!("fn a() {{\n{}}}\n", "b();\n".repeat(68));
        assert!(marks(&House::new(&Tree::from([("a.rs", short.as_str())]))).is_empty());
    }
}
