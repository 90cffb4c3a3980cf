//! In whose name something is done: the vendor's or a partner's.

use std::fmt;
use std::str::FromStr;

use trueup_base::id::{IdError, PartnerId};

const VENDOR: &str = "vendor";
const PARTNER: &str = "partner/";

/// A side of agreements.
///
/// ```
/// use trueup_journal::Organisation;
///
/// let partner: Organisation = "partner/P%2B1".parse()?;
/// assert_eq!(partner, Organisation::partner("P+1")?);
/// assert_eq!(partner.to_string(), "partner/P%2B1");
/// # Ok::<(), trueup_journal::OrganisationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Organisation {
    /// The company that runs the program, and keeps the journal.
    Vendor,
    /// A partner, by its id in the directory.
    Partner(PartnerId),
}

/// Why a text names no organisation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrganisationError {
    /// Neither form.
    #[error("`{0}` names no organisation; write `vendor` or `partner/` and the partner's id")]
    Form(String),
    /// No partner can have that id.
    #[error("an organisation's name holds no id of a partner")]
    Id(#[source] IdError),
    /// The same organisation written another way.
    #[error("`{found}` is written `{should}`")]
    Writing {
        /// As found.
        found: String,
        /// As it is written.
        should: String,
    },
}

impl Organisation {
    /// A partner by its id.
    ///
    /// # Errors
    /// When no partner can have that id.
    pub fn partner(id: &str) -> Result<Self, OrganisationError> {
        PartnerId::new(id)
            .map(Self::Partner)
            .map_err(OrganisationError::Id)
    }

    /// The partner, if it is one.
    #[must_use]
    pub fn as_partner(&self) -> Option<&PartnerId> {
        match self {
            Self::Vendor => None,
            Self::Partner(id) => Some(id),
        }
    }

    /// Whether it is one of the two sides of what is a partner's: the vendor, or that partner.
    #[must_use]
    pub fn is_side_of(&self, partner: &PartnerId) -> bool {
        self.as_partner().is_none_or(|own| own == partner)
    }
}

/// Letters, digits and `-._` stand for themselves, every other byte as `%` and two digits: names of keys may hold neither
/// spaces nor pluses.
impl fmt::Display for Organisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vendor => f.write_str(VENDOR),
            Self::Partner(id) => {
                f.write_str(PARTNER)?;
                id.as_str().bytes().try_for_each(|byte| match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                        write!(f, "{}", char::from(byte))
                    }
                    other => write!(f, "%{other:02X}"),
                })
            }
        }
    }
}

impl FromStr for Organisation {
    type Err = OrganisationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || OrganisationError::Form(text.to_owned());
        if text == VENDOR {
            return Ok(Self::Vendor);
        }
        let escaped = text.strip_prefix(PARTNER).ok_or_else(form)?;
        let mut bytes = Vec::with_capacity(escaped.len());
        let mut rest = escaped.bytes();
        while let Some(byte) = rest.next() {
            match byte {
                b'%' => {
                    let digits = [rest.next(), rest.next()];
                    let [Some(high), Some(low)] = digits.map(|digit| hex(digit?)) else {
                        return Err(form());
                    };
                    bytes.push(high << 4 | low);
                }
                other => bytes.push(other),
            }
        }
        let id = String::from_utf8(bytes).map_err(|_| form())?;
        let organisation = Self::partner(&id)?;
        // One organisation, one text: what is signed and compared is the text.
        let should = organisation.to_string();
        match should == text {
            true => Ok(organisation),
            false => Err(OrganisationError::Writing {
                found: text.to_owned(),
                should,
            }),
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_id_is_written_without_spaces_and_read_again(id in "[^\\p{C}]{1,20}") {
            if let Ok(organisation) = Organisation::partner(&id) {
                let text = organisation.to_string();
                prop_assert!(text.is_ascii() && !text.contains([' ', '+']));
                prop_assert_eq!(text.parse::<Organisation>(), Ok(organisation));
            }
        }
    }

    #[test]
    fn one_organisation_has_one_text() {
        for wrong in [
            "",
            "Vendor",
            "partner/",
            "partner/%",
            "partner/%2",
            "partner/%2b",
            "partner/%50",
            "partner/a b",
        ] {
            assert!(wrong.parse::<Organisation>().is_err(), "{wrong}");
        }
    }
}
