//! The files that the checks read: every text file of the repository with its path, in order of path.
//!
//! A check takes a [`Tree`] and nothing else, so that its tests can state a whole small repository in a few lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The text files of a repository by their path from its root, with `/` between folders.
#[derive(Default)]
pub struct Tree {
    files: BTreeMap<String, String>,
    /// Files that are not text; they exist for a link, and no check reads them.
    opaque: BTreeSet<String>,
}

impl Tree {
    /// Reads what `.gitignore` does not leave out.
    pub fn load(root: &Path) -> Result<Self, String> {
        let ignored = match fs::read_to_string(root.join(".gitignore")) {
            Ok(text) => Ignored::parse(&text)?,
            Err(fault) => return Err(format!("cannot read .gitignore: {fault}")),
        };
        let mut tree = Self::default();
        tree.load_folder(root, "", &ignored)?;
        Ok(tree)
    }

    fn load_folder(&mut self, root: &Path, folder: &str, ignored: &Ignored) -> Result<(), String> {
        let entries = fs::read_dir(root.join(folder))
            .map_err(|fault| format!("cannot list {folder:?}: {fault}"))?;
        for entry in entries {
            let entry = entry.map_err(|fault| format!("cannot list {folder:?}: {fault}"))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() {
                name.clone()
            } else {
                format!("{folder}/{name}")
            };
            if ignored.leaves_out(&path, &name) {
                continue;
            }
            let kind = entry
                .file_type()
                .map_err(|fault| format!("cannot look at {path}: {fault}"))?;
            if kind.is_dir() {
                self.load_folder(root, &path, ignored)?;
            } else if kind.is_file() {
                let bytes = fs::read(root.join(&path))
                    .map_err(|fault| format!("cannot read {path}: {fault}"))?;
                match String::from_utf8(bytes) {
                    Ok(text) if !text.contains('\0') => {
                        self.files.insert(path, text).map_or((), drop)
                    }
                    _ => drop(self.opaque.insert(path)),
                }
            }
        }
        Ok(())
    }

    /// All files, in order of path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files whose path ends so.
    pub fn ending(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(move |(path, _)| path.ends_with(ending))
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether a file or a folder stands at this path.
    pub fn has(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        path.is_empty()
            || self.files.contains_key(path)
            || self.opaque.contains(path)
            || self
                .files
                .keys()
                .chain(&self.opaque)
                .any(|file| file.starts_with(&inside))
    }

    /// The names of the folders directly inside `folder`.
    pub fn folders_in(&self, folder: &str) -> BTreeSet<&str> {
        let inside = format!("{folder}/");
        self.files
            .keys()
            .chain(&self.opaque)
            .filter_map(|path| path.strip_prefix(&inside)?.split_once('/'))
            .map(|(name, _)| name)
            .collect()
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Tree {
    fn from(files: [(&str, &str); N]) -> Self {
        let files = files
            .into_iter()
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .collect();
        Self {
            files,
            opaque: BTreeSet::new(),
        }
    }
}

/// What `.gitignore` leaves out, in the four forms this repository uses: `/name`, `name/`, `name` and `*.ending`.
struct Ignored {
    at_root: BTreeSet<String>,
    names: BTreeSet<String>,
    endings: Vec<String>,
}

impl Ignored {
    fn parse(text: &str) -> Result<Self, String> {
        let mut ignored = Self {
            at_root: BTreeSet::new(),
            names: BTreeSet::from([".git".to_owned()]),
            endings: Vec::new(),
        };
        for line in text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let name = line.trim_end_matches('/');
            if let Some(ending) = name.strip_prefix('*') {
                ignored.endings.push(ending.to_owned());
            } else if let Some(name) = name.strip_prefix('/') {
                ignored.at_root.insert(name.to_owned());
            } else {
                ignored.names.insert(name.to_owned());
            }
            let plain = name.trim_start_matches(['*', '/']);
            if plain.is_empty() || plain.contains(['*', '/', '!', '?', '[']) {
                return Err(format!(
                    ".gitignore: `{line}` is none of `/name`, `name/`, `name`, `*.ending`"
                ));
            }
        }
        Ok(ignored)
    }

    fn leaves_out(&self, path: &str, name: &str) -> bool {
        self.at_root.contains(path)
            || self.names.contains(name)
            || self
                .endings
                .iter()
                .any(|ending| name.ends_with(ending.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_leaves_out_is_left_out() {
        let ignored = Ignored::parse("# built\n/target\n.trueup/\n*.pyc\n").unwrap();
        assert!(ignored.leaves_out("target", "target"));
        assert!(
            !ignored.leaves_out("docs/target", "target"),
            "only at the root"
        );
        assert!(ignored.leaves_out("examples/shop/.trueup", ".trueup"));
        assert!(ignored.leaves_out("tests/a.pyc", "a.pyc"));
        assert!(ignored.leaves_out(".git", ".git"));
        assert!(!ignored.leaves_out("src/a.py", "a.py"));
    }

    #[test]
    fn a_pattern_that_is_not_understood_is_refused() {
        let fault = Ignored::parse("docs/*/draft\n").err().unwrap();
        assert!(fault.contains("docs/*/draft"), "{fault}");
        assert!(Ignored::parse("!keep\n").is_err());
    }

    #[test]
    fn a_folder_exists_when_a_file_lies_in_it() {
        let tree = Tree::from([("docs/decisions/0001-a.md", "")]);
        assert!(
            tree.has("docs") && tree.has("docs/decisions") && tree.has("docs/decisions/0001-a.md")
        );
        assert!(!tree.has("doc") && !tree.has("docs/decisions/0001"));
        assert_eq!(tree.folders_in("docs"), BTreeSet::from(["decisions"]));
    }
}
