//! Accounts and banks, by the numbers that name them.

use std::fmt;

/// An account by its IBAN (ISO 13616): the length of its country, and check digits that fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Iban(iban::Iban);

/// A bank by its BIC (ISO 9362): four letters or digits, the country, a place, and perhaps a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bic(String);

/// What names no account or bank.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// Not an IBAN.
    #[error("`{text}` is no IBAN: {why}")]
    Iban {
        /// As written.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// Not a BIC.
    #[error("`{0}` is no BIC: a BIC has 8 or 11 letters and digits, such as DEUTDEFF")]
    Bic(String),
}

impl Iban {
    /// Reads an IBAN, with or without spaces.
    ///
    /// # Errors
    /// When it is none: of a country that has none, of another length, with check digits that do not fit.
    ///
    /// ```
    /// use trueup_exports::Iban;
    ///
    /// assert_eq!(Iban::parse("DE89 3704 0044 0532 0130 00")?.as_str(), "DE89370400440532013000");
    /// assert!(Iban::parse("DE88 3704 0044 0532 0130 00").is_err()); // a digit is wrong
    /// # Ok::<(), trueup_exports::AccountRefusal>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, AccountRefusal> {
        let parsed: Result<iban::Iban, _> = text.trim().to_ascii_uppercase().parse();
        parsed.map(Self).map_err(|error| AccountRefusal::Iban {
            text: text.to_owned(),
            why: match error {
                iban::ParseIbanError::InvalidBaseIban { source } => match source {
                    iban::ParseBaseIbanError::InvalidChecksum => {
                        "its check digits do not fit; a digit is wrong or two are exchanged"
                            .to_owned()
                    }
                    other => other.to_string(),
                },
                iban::ParseIbanError::InvalidBban(_) => {
                    "its country has accounts of another length or form".to_owned()
                }
                iban::ParseIbanError::UnknownCountry(_) => {
                    "its country has none; write the account's full IBAN".to_owned()
                }
            },
        })
    }

    /// The IBAN without spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        use iban::IbanLike as _;
        self.0.electronic_str()
    }
}

impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Bic {
    /// Reads a BIC.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, AccountRefusal> {
        let bic = text.trim().to_ascii_uppercase();
        let is_there = matches!(bic.len(), 8 | 11);
        let fits = bic.bytes().enumerate().all(|(at, byte)| match at {
            4 | 5 => byte.is_ascii_uppercase(),
            _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        });
        match is_there && fits {
            true => Ok(Self(bic)),
            false => Err(AccountRefusal::Bic(text.to_owned())),
        }
    }

    /// The BIC as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_bank_is_refused() {
        for text in ["DEUTDEFF", "deutdeff500", "BCEELULL"] {
            assert!(Bic::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "DEUTDEF",
            "DEUT1EFF",
            "DEUTDEFFXX",
            "DEUTDEFF5000",
            "ÄEUTDEFF",
        ] {
            assert!(Bic::parse(text).is_err(), "{text}");
        }
    }
}
