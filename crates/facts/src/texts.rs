//! The texts of a program, by their paths inside its folder: as they stand there now, or as a run kept them.
//!
//! Whoever reads a program reads it through this, so that a run can name every text it saw and be read again after the
//! folder has changed. A text is read once and then remembered: what was checked is what is kept. The module never
//! looks outside the folder; whether a path stays inside is its caller's to ask.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text's bytes.
pub type Bytes = Arc<[u8]>;

/// The texts of a program.
#[derive(Debug)]
pub struct Texts {
    folder: PathBuf,
    stand: Stand,
    read: RefCell<BTreeMap<String, Bytes>>,
}

/// Where texts stand.
#[derive(Debug)]
enum Stand {
    /// In the folder.
    Folder,
    /// Here, and nowhere else.
    Kept(BTreeMap<String, Bytes>),
}

impl Texts {
    /// The texts as they stand in a folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self::new(folder, Stand::Folder)
    }

    /// The texts that a run kept of the program in a folder.
    #[must_use]
    pub fn kept(folder: &Path, texts: BTreeMap<String, Bytes>) -> Self {
        Self::new(folder, Stand::Kept(texts))
    }

    fn new(folder: &Path, stand: Stand) -> Self {
        Self {
            folder: folder.to_owned(),
            stand,
            read: RefCell::default(),
        }
    }

    /// The program's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A text by its path inside the folder.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    pub fn read(&self, path: &str) -> io::Result<Bytes> {
        if let Some(bytes) = self.read.borrow().get(path) {
            return Ok(bytes.clone());
        }
        let bytes = match &self.stand {
            Stand::Folder => fs::read(self.folder.join(path))?.into(),
            Stand::Kept(texts) => texts.get(path).cloned().ok_or_else(|| {
                io::Error::new(io::ErrorKind::NotFound, "the run did not read it")
            })?,
        };
        self.read
            .borrow_mut()
            .insert(path.to_owned(), Bytes::clone(&bytes));
        Ok(bytes)
    }

    /// The paths of the YAML files directly in one of its folders, in their order; none where there is no such folder.
    ///
    /// # Errors
    /// When the folder cannot be listed, or a name in it is no text.
    pub fn yaml_files(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut paths = match &self.stand {
            Stand::Folder => self.listed(folder)?,
            Stand::Kept(texts) => texts
                .keys()
                .filter(|path| {
                    path.rsplit_once('/')
                        .is_some_and(|(above, _)| above == folder)
                })
                .cloned()
                .collect(),
        };
        paths.retain(|path| path.ends_with(".yaml") || path.ends_with(".yml"));
        paths.sort();
        Ok(paths)
    }

    fn listed(&self, folder: &str) -> io::Result<Vec<String>> {
        let place = self.folder.join(folder);
        if !place.is_dir() {
            return Ok(Vec::new());
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(&place)? {
            let name = entry?.file_name();
            let name = name.to_str().ok_or_else(|| {
                let what = format!("the name of {} is not UTF-8", place.join(&name).display());
                io::Error::new(io::ErrorKind::InvalidData, what)
            })?;
            paths.push(format!("{folder}/{name}"));
        }
        Ok(paths)
    }

    /// Every text that was read so far, by its path.
    #[must_use]
    pub fn were_read(&self) -> BTreeMap<String, Bytes> {
        self.read.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(texts: &[(&str, &str)]) -> Texts {
        let texts = texts
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().into()))
            .collect();
        Texts::kept(Path::new("program"), texts)
    }

    #[test]
    fn kept_texts_are_listed_and_read_as_those_of_a_folder_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let names = [
            "plans/b.yaml",
            "plans/a.yml",
            "plans/rates.csv",
            "plans/deep/c.yaml",
        ];
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, name).expect("written");
        }
        let stands = Texts::in_folder(folder.path());
        let kept = kept(&names.map(|name| (name, name)));
        for texts in [&stands, &kept] {
            assert_eq!(
                texts.yaml_files("plans").expect("listed"),
                ["plans/a.yml", "plans/b.yaml"]
            );
            assert_eq!(texts.yaml_files("agreements").expect("listed"), [""; 0]);
            assert_eq!(
                &*texts.read("plans/rates.csv").expect("read"),
                b"plans/rates.csv"
            );
            let missing = texts.read("plans/none.yaml").expect_err("there is none");
            assert_eq!(missing.kind(), io::ErrorKind::NotFound);
            let read: Vec<String> = texts.were_read().into_keys().collect();
            assert_eq!(read, ["plans/rates.csv"]);
        }
    }

    #[test]
    fn a_text_that_changes_while_it_is_used_stays_what_was_read_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("program.yaml");
        fs::write(&path, "one").expect("written");
        let texts = Texts::in_folder(folder.path());
        assert_eq!(&*texts.read("program.yaml").expect("read"), b"one");
        fs::write(&path, "two").expect("written");
        assert_eq!(&*texts.read("program.yaml").expect("read"), b"one");
    }
}
