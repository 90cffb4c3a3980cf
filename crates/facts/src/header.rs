//! The column names of a delivered file: unique, bare, and each what it looks like.

use std::collections::BTreeMap;

use crate::error::FileRefusal;
use crate::words::{nearest, shown, skeleton};

/// Column names and where each stands.
#[derive(Clone, Debug)]
pub struct Header {
    names: Vec<String>,
    positions: BTreeMap<String, usize>,
}

impl Header {
    /// Takes the names of a file's columns, in their order.
    ///
    /// # Errors
    /// When a name is missing, padded or used twice.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, FileRefusal> {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let mut positions = BTreeMap::new();
        for (at, name) in names.iter().enumerate() {
            if name.trim().is_empty() {
                return Err(FileRefusal::UnnamedColumn { at: at + 1 });
            }
            if name.trim() != name {
                return Err(FileRefusal::PaddedColumn {
                    name: shown(name),
                    at: at + 1,
                });
            }
            if let Some(first) = positions.insert(name.clone(), at) {
                return Err(FileRefusal::TwoColumns {
                    name: shown(name),
                    first: first + 1,
                    second: at + 1,
                });
            }
        }
        Ok(Self { names, positions })
    }

    /// How many columns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no column.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All names, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// A column's name.
    #[must_use]
    pub fn name(&self, at: usize) -> Option<&str> {
        self.names.get(at).map(String::as_str)
    }

    /// Where a column stands that must be there.
    ///
    /// # Errors
    /// When it is not, or only something that looks like it.
    pub fn position(&self, name: &str) -> Result<usize, FileRefusal> {
        self.no_look_alike(name)?;
        if let Some(at) = self.positions.get(name) {
            return Ok(*at);
        }
        let hint = match nearest(name, self.names.iter().map(String::as_str)) {
            Some(meant) => format!("; it has `{}`: did you mean that one?", shown(meant)),
            None => {
                let names: Vec<String> =
                    self.names.iter().take(30).map(|name| shown(name)).collect();
                format!("; it has: {}", names.join(", "))
            }
        };
        Err(FileRefusal::LacksColumn {
            name: name.to_owned(),
            hint,
        })
    }

    fn no_look_alike(&self, name: &str) -> Result<(), FileRefusal> {
        let plain = skeleton(name);
        for (at, written) in self.names.iter().enumerate() {
            if written != name && !written.is_ascii() && skeleton(written) == plain {
                return Err(FileRefusal::LookAlike {
                    written: shown(written),
                    at: at + 1,
                    name: name.to_owned(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str], wanted: &str, says: &str) {
        let found =
            match Header::new(names.iter().copied()).and_then(|header| header.position(wanted)) {
                Ok(at) => at.to_string(),
                Err(refused) => refused.to_string(),
            };
        assert_eq!(found, says);
    }

    #[test]
    fn a_column_is_found_by_its_exact_name_or_the_file_is_refused() {
        check(&["id", "amount"], "amount", "1");
        check(
            &["id", "Amount"],
            "amount",
            "lacks the column `amount`; it has `Amount`: did you mean that one?",
        );
        check(
            &["id", "freight"],
            "amount",
            "lacks the column `amount`; it has: id, freight",
        );
        check(
            &["id", "amount", "x", "amount"],
            "amount",
            "has two columns named `amount`, columns 2 and 4; a name must be unique",
        );
        check(
            &["id", "amount "],
            "amount",
            "has a column name with blanks around it: `amount `, column 2; the source must send it bare",
        );
        check(&["id", ""], "id", "has a column without a name, column 2");
        for trick in ["аmount", "amount\u{200b}"] {
            let refused = Header::new(["amount", trick])
                .expect("distinct names")
                .position("amount");
            assert!(
                matches!(refused, Err(FileRefusal::LookAlike { at: 2, .. })),
                "{trick:?}: {refused:?}"
            );
        }
    }
}
