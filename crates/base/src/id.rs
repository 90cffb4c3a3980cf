//! Typed ids.
//!
//! An id names one thing of one kind, so a partner's id can never stand where a fact's is expected. Ids compare by their
//! bytes: this is the order in which ties are broken everywhere, on every machine. This module must never know what an id
//! means; it refuses texts that cannot be told apart on paper ([`IdError`]).

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::exact::excerpt;

/// The most bytes an id may have.
pub const ID_BYTES_MAX: usize = 256;

/// Why a text is no id.
///
/// ```
/// use trueup_base::id::{FactId, IdError};
///
/// assert_eq!(FactId::new(""), Err(IdError::Empty));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing is no name.
    #[error("an id is empty; every row and every partner needs one")]
    Empty,
    /// Longer than [`ID_BYTES_MAX`].
    #[error("id `{text}` has {bytes} bytes; at most {ID_BYTES_MAX} are allowed")]
    TooLong {
        /// Its beginning.
        text: String,
        /// Its length.
        bytes: usize,
    },
    /// Control characters, or white space at an end.
    #[error(
        "id `{text}` holds {found:?}; control characters and spaces at its ends are not allowed"
    )]
    Character {
        /// The id, cut short if long.
        text: String,
        /// The character.
        found: char,
    },
}

fn checked(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(IdError::TooLong {
            text: excerpt(text),
            bytes: text.len(),
        });
    }
    let at_an_end = |found: &char| found.is_whitespace();
    let found = text
        .chars()
        .find(|found| found.is_control())
        .or_else(|| text.chars().next().filter(at_an_end))
        .or_else(|| text.chars().next_back().filter(at_an_end));
    match found {
        Some(found) => Err(IdError::Character {
            text: excerpt(text),
            found,
        }),
        None => Ok(()),
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        $(
            $(#[$doc])+
            ///
            /// ```
            #[doc = concat!("use trueup_base::id::", stringify!($name), ";")]
            ///
            #[doc = concat!("let mut ids = [", stringify!($name), "::new(\"9\")?, ", stringify!($name), "::new(\"10\")?];")]
            /// ids.sort();
            /// assert_eq!(ids[0].as_str(), "10"); // by bytes, not as numbers
            /// # Ok::<(), trueup_base::id::IdError>(())
            /// ```
            #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(Arc<str>);

            impl $name {
                /// Takes a text as an id, if it can be one.
                pub fn new(text: impl AsRef<str> + Into<Arc<str>>) -> Result<$name, IdError> {
                    checked(text.as_ref())?;
                    Ok($name(text.into()))
                }

                /// The id's text.
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.pad(&self.0)
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, "{}({:?})", stringify!($name), self.as_str())
                }
            }

            impl FromStr for $name {
                type Err = IdError;

                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    $name::new(text)
                }
            }

            impl AsRef<str> for $name {
                fn as_ref(&self) -> &str {
                    &self.0
                }
            }

            impl Borrow<str> for $name {
                fn borrow(&self) -> &str {
                    &self.0
                }
            }
        )+
    };
}

ids! {
    /// Names a program.
    ProgramId,
    /// Names a partner in the program's directory.
    PartnerId,
    /// Names a plan.
    PlanId,
    /// Names an agreement.
    AgreementId,
    /// Names a source of facts.
    SourceId,
    /// Names a fact within its source.
    FactId,
    /// Names a component of a plan.
    ComponentId,
    /// Names a measure of a plan.
    MeasureId,
    /// Names a run.
    RunId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_cannot_be_told_apart_are_refused() {
        assert_eq!(FactId::new(""), Err(IdError::Empty));
        for (text, found) in [
            (" a", ' '),
            ("a ", ' '),
            ("a\tb", '\t'),
            ("a\u{0}", '\u{0}'),
            ("a\u{a0}", '\u{a0}'),
        ] {
            let shown = text.replace(char::is_control, "\u{fffd}");
            assert_eq!(
                FactId::new(text),
                Err(IdError::Character { text: shown, found }),
                "{text:?}"
            );
        }
        assert!(FactId::new("a b/ü").is_ok());
        assert!(FactId::new("x".repeat(ID_BYTES_MAX)).is_ok());
        assert!(matches!(
            FactId::new("x".repeat(ID_BYTES_MAX + 1)),
            Err(IdError::TooLong { bytes: 257, .. })
        ));
    }
}
