//! Accounts and the banks that hold them.

use std::fmt;

use iban::IbanLike;

use super::Refusal;
use super::text::is_taken;

/// The countries whose IBANs SEPA transfers reach, by the European Payments Council's list of the scheme's countries
/// (EPC409-09, of 2025).
const SEPA: [&str; 42] = [
    "AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI",
    "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL",
    "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK", "SM", "VA",
];

/// A bank account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// By its IBAN, which says the bank too; some banks abroad want their BIC besides.
    Iban {
        /// The account.
        iban: Iban,
        /// The bank.
        bic: Option<Bic>,
    },
    /// By the bank's own number for it, which says nothing without the bank.
    Other {
        /// The account.
        id: OtherAccount,
        /// The bank.
        bic: Bic,
    },
}

impl Account {
    /// The bank, if it is named.
    #[must_use]
    pub fn bic(&self) -> Option<&Bic> {
        match self {
            Self::Iban { bic, .. } => bic.as_ref(),
            Self::Other { bic, .. } => Some(bic),
        }
    }

    /// Whether SEPA transfers reach it: an IBAN of a country in SEPA.
    ///
    /// ```
    /// use trueup_exports::pain001::{Account, Iban};
    ///
    /// let account = |text| Iban::parse(text).map(|iban| Account::Iban { iban, bic: None });
    /// assert!(account("CH9300762011623852957")?.is_in_sepa());
    /// assert!(!account("AE070331234567890123456")?.is_in_sepa());
    /// # Ok::<(), trueup_exports::pain001::Refusal>(())
    /// ```
    #[must_use]
    pub fn is_in_sepa(&self) -> bool {
        match self {
            Self::Iban { iban, .. } => SEPA
                .iter()
                .any(|country| iban.as_str().starts_with(country)),
            Self::Other { .. } => false,
        }
    }
}

/// An international bank account number: of a country in the registry, of its length and form there, and with check
/// digits that hold.
///
/// ```
/// use trueup_exports::pain001::Iban;
///
/// let iban = Iban::parse("DE89 3704 0044 0532 0130 00")?;
/// assert_eq!(iban.as_str(), "DE89370400440532013000");
/// assert!(Iban::parse("DE88370400440532013000").is_err()); // one digit off
/// # Ok::<(), trueup_exports::pain001::Refusal>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iban(String);

impl Iban {
    /// Reads an IBAN, with or without spaces between groups of four.
    ///
    /// # Errors
    /// When it has another form than its country's, a country outside the registry, or wrong check digits.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refused = |why| Refusal::Iban {
            account: masked(text),
            why,
        };
        match text.parse::<iban::Iban>() {
            Ok(read) => Ok(Self(read.electronic_str().to_owned())),
            Err(iban::ParseIbanError::UnknownCountry(_)) => {
                Err(refused("no country of the registry begins so"))
            }
            Err(iban::ParseIbanError::InvalidBban(_)) => {
                Err(refused("it has not the length and form of its country's"))
            }
            Err(iban::ParseIbanError::InvalidBaseIban { source }) => Err(refused(match source {
                iban::ParseBaseIbanError::InvalidFormat => "it has not the form of an IBAN",
                iban::ParseBaseIbanError::InvalidChecksum => "its check digits are wrong",
            })),
        }
    }

    /// The number without spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account as a message may show it: its beginning and its end, because messages end up in logs.
fn masked(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    match letters.as_slice() {
        [a, b, c, d, .., y, z] if letters.len() >= 12 => format!("{a}{b}{c}{d}…{y}{z}"),
        _ => "…".to_owned(),
    }
}

/// A bank, by ISO 9362: eight or eleven capitals and digits, the fifth and sixth a country.
///
/// ```
/// use trueup_exports::pain001::Bic;
///
/// assert_eq!(Bic::parse("COBADEFFXXX")?.as_str(), "COBADEFFXXX");
/// assert!(Bic::parse("COBADEFF1").is_err());
/// # Ok::<(), trueup_exports::pain001::Refusal>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bic(String);

impl Bic {
    /// Reads a BIC.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_code = |found: char| found.is_ascii_uppercase() || found.is_ascii_digit();
        let has_country = text
            .get(4..6)
            .is_some_and(|country| country.chars().all(|letter| letter.is_ascii_uppercase()));
        match text.len() {
            8 | 11 if has_country && text.chars().all(is_code) => Ok(Self(text.to_owned())),
            _ => Err(Refusal::Bic(text.to_owned())),
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A bank's own number for an account: at most 34 characters that a bank takes, without spaces.
///
/// ```
/// use trueup_exports::pain001::OtherAccount;
///
/// assert!(OtherAccount::parse("000123456789").is_ok());
/// assert!(OtherAccount::parse("12 34").is_err());
/// # Ok::<(), trueup_exports::pain001::Refusal>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OtherAccount(String);

impl OtherAccount {
    /// Takes a number as it is.
    ///
    /// # Errors
    /// When it is empty, longer, or holds another character.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_number = |found: char| is_taken(found) && found != ' ';
        match text.chars().count() {
            1..=34 if text.chars().all(is_number) => Ok(Self(text.to_owned())),
            _ => Err(Refusal::OtherAccount(masked(text))),
        }
    }

    /// The number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A country of ISO 3166: two capitals.
///
/// ```
/// use trueup_exports::pain001::Country;
///
/// assert_eq!(Country::parse("NL")?.as_str(), "NL");
/// assert!(Country::parse("nl").is_err());
/// # Ok::<(), trueup_exports::pain001::Refusal>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(String);

impl Country {
    /// Reads a country's code; whether the code is assigned is for the bank to say.
    ///
    /// # Errors
    /// When it is not two capitals.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text.len() == 2 && text.chars().all(|letter| letter.is_ascii_uppercase()) {
            true => Ok(Self(text.to_owned())),
            false => Err(Refusal::Country(text.to_owned())),
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The registry's own examples.
    #[test]
    fn ibans_of_the_registry_are_read() {
        for text in [
            "NO9386011117947",
            "BE68539007547034",
            "NL91ABNA0417164300",
            "GB29NWBK60161331926819",
            "FR1420041010050500013M02606",
            "MT84MALT011000012345MTLCAST001S",
            "LC55HEMM000100010012001200023015",
        ] {
            assert_eq!(Iban::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_wrong_iban_is_refused_for_what_is_wrong_with_it() {
        let why = |text: &str| match Iban::parse(text) {
            Err(Refusal::Iban { why, .. }) => why,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(why("NL92ABNA0417164300"), "its check digits are wrong");
        assert_eq!(
            why("ZZ65123456789012"),
            "no country of the registry begins so"
        );
        // Right check digits, one digit too few for Belgium.
        assert_eq!(
            why("BE0853900754703"),
            "it has not the length and form of its country's"
        );
        assert_eq!(why("not an iban"), "it has not the form of an IBAN");
        assert_eq!(why(""), "it has not the form of an IBAN");
    }

    /// Changing any one character, or exchanging two neighbours, is what check digits are for.
    #[test]
    fn every_single_slip_in_an_iban_is_noticed() {
        let right = "DE89370400440532013000";
        for at in 0..right.len() {
            for digit in '0'..='9' {
                let slip: String = right
                    .char_indices()
                    .map(|(place, letter)| if place == at { digit } else { letter })
                    .collect();
                assert!(slip == right || Iban::parse(&slip).is_err(), "{slip}");
            }
            let mut letters: Vec<char> = right.chars().collect();
            if at > 0 {
                letters.swap(at - 1, at);
                let slip: String = letters.iter().collect();
                assert!(slip == right || Iban::parse(&slip).is_err(), "{slip}");
            }
        }
    }

    #[test]
    fn a_refusal_never_shows_a_whole_account() {
        let said = Iban::parse("DE88370400440532013000")
            .unwrap_err()
            .to_string();
        assert!(said.contains("DE88…00") && !said.contains("0532"), "{said}");
        let said = OtherAccount::parse("12 345").unwrap_err().to_string();
        assert!(!said.contains("345"), "{said}");
    }

    #[test]
    fn a_bic_has_eight_or_eleven_signs_and_a_country() {
        for text in ["COBADEFF", "COBADEFFXXX", "AB12DE34", "ABNANL2A"] {
            assert!(Bic::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "COBADEF",
            "COBADEFFX",
            "cobadeff",
            "COBA12FF",
            "COBADÉFF",
        ] {
            assert!(Bic::parse(text).is_err(), "{text}");
        }
    }
}
