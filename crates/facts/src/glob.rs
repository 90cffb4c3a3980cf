//! Which files a source delivers: a path inside the program's folder, with `*` and `?` in its names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A pattern of paths, relative to the program's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    text: String,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// A path that leaves the folder or means something else on another system.
    #[error("`{0}` leads out of the program's folder")]
    Outside(String),
    /// `**`.
    #[error("`**` is not read here; name the folders, each with `*` at most")]
    DoubleStar,
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it could leave the folder.
    pub fn from_text(text: &str) -> Result<Self, GlobError> {
        if !stays_inside(text) {
            return Err(GlobError::Outside(crate::words::shown(text)));
        }
        if text.contains("**") {
            return Err(GlobError::DoubleStar);
        }
        Ok(Self {
            text: text.to_owned(),
        })
    }

    /// The pattern as declared.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a relative path is one of its files.
    #[must_use]
    pub fn matches(&self, relative: &str) -> bool {
        let mut patterns = self.text.split('/');
        let mut names = relative.split('/');
        loop {
            match (patterns.next(), names.next()) {
                (None, None) => return true,
                (Some(pattern), Some(name)) if name_matches(pattern, name) => {}
                _ => return false,
            }
        }
    }

    /// The files there are, as paths relative to the folder, in the order of their bytes. A name that is not UTF-8 is no
    /// file of a source.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn files(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut found = vec![String::new()];
        let mut patterns = self.text.split('/').peekable();
        while let Some(pattern) = patterns.next() {
            let wants_folder = patterns.peek().is_some();
            let mut next = Vec::new();
            for base in &found {
                step(folder, base, pattern, wants_folder, &mut next)?;
            }
            found = next;
        }
        found.sort_unstable();
        Ok(found)
    }
}

fn step(
    folder: &Path,
    base: &str,
    pattern: &str,
    wants_folder: bool,
    next: &mut Vec<String>,
) -> io::Result<()> {
    let joined = |name: &str| {
        if base.is_empty() {
            name.to_owned()
        } else {
            format!("{base}/{name}")
        }
    };
    let fits = |path: PathBuf| {
        if wants_folder {
            path.is_dir()
        } else {
            path.is_file()
        }
    };
    if !pattern.contains(['*', '?']) {
        let relative = joined(pattern);
        if fits(folder.join(&relative)) {
            next.push(relative);
        }
        return Ok(());
    }
    for entry in fs::read_dir(folder.join(base))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        // What begins with a dot is somebody's private or half-written file.
        if !name.starts_with('.') && name_matches(pattern, &name) && fits(entry.path()) {
            next.push(joined(&name));
        }
    }
    Ok(())
}

/// Whether a path stays inside the folder it is relative to, on any system.
#[must_use]
pub fn stays_inside(text: &str) -> bool {
    let plain = |name: &str| !name.is_empty() && name != "." && name != ".." && name.len() <= 255;
    !text.is_empty()
        && !text.contains(['\\', ':', '\0', '\n', '\r'])
        && text.len() <= 4_096
        && text.split('/').all(plain)
}

fn name_matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut in_name) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while in_name < name.len() {
        match pattern.get(at) {
            Some('*') => {
                last_star = Some((at, in_name));
                at += 1;
            }
            Some('?') => {
                at += 1;
                in_name += 1;
            }
            Some(character) if name.get(in_name) == Some(character) => {
                at += 1;
                in_name += 1;
            }
            _ => match last_star {
                Some((star, taken)) => {
                    last_star = Some((star, taken + 1));
                    at = star + 1;
                    in_name = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(at..)
        .unwrap_or_default()
        .iter()
        .all(|character| *character == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_inside_one_name() {
        let glob = |text| Glob::from_text(text).expect("a pattern");
        assert!(glob("data/sales-*.csv").matches("data/sales-2013.csv"));
        assert!(glob("data/*/sales.csv").matches("data/2013/sales.csv"));
        assert!(glob("data/s?les.csv").matches("data/sales.csv"));
        assert!(glob("data/*a*b*.csv").matches("data/xxaxxbxx.csv"));
        assert!(!glob("data/*.csv").matches("data/deep/sales.csv"));
        assert!(!glob("data/*.csv").matches("data/sales.csv.gz"));
        assert!(!glob("data/s?les.csv").matches("data/sles.csv"));
    }

    #[test]
    fn a_pattern_never_leads_out_of_the_folder() {
        for text in [
            "../x",
            "/etc/passwd",
            "a/../../x",
            "C:\\x",
            "a\\b",
            "a\0b",
            "",
            "./a",
            "a//b",
            &"x".repeat(4_097),
        ] {
            assert!(
                matches!(Glob::from_text(text), Err(GlobError::Outside(_))),
                "{text:?}"
            );
        }
        assert_eq!(Glob::from_text("data/**/x"), Err(GlobError::DoubleStar));
    }

    #[test]
    fn files_come_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("data")).expect("made");
        for name in [
            "b.csv",
            "a.csv",
            ".hidden.csv",
            "c.txt",
            "CON",
            "quote\" and\r\n.csv",
        ] {
            fs::write(folder.path().join("data").join(name), "").expect("written");
        }
        let files = |text| {
            Glob::from_text(text)
                .expect("a pattern")
                .files(folder.path())
                .expect("listed")
        };
        assert_eq!(
            files("data/*.csv"),
            ["data/a.csv", "data/b.csv", "data/quote\" and\r\n.csv"]
        );
        assert_eq!(files("data/a.csv"), ["data/a.csv"]);
        assert_eq!(files("data/none.csv"), Vec::<String>::new());
        assert_eq!(files("d*/C?N"), ["data/CON"]);
    }
}
