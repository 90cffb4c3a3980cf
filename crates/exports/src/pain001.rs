//! Payment files: ISO 20022 `pain.001.001.09`, the customer's credit transfer initiation, written and read back.
//!
//! Each part is a type of its own that only takes what banks take, so a file that can be built is nearly a file that can
//! be written; [`write()`] checks what takes several parts to see. Everything that identifies a file comes from the caller,
//! its message id and its time too: the same contents are the same bytes, however often they are exported (LAW-35), and
//! [`parse`] comes back to the same contents (LAW-42). No amount is zero or below (LAW-36).
//!
//! Nothing is cut to fit, no id is changed, and an account is never shown whole in a message.
//!
//! ```
//! use trueup_base::{Currency, date::parse_date};
//! use trueup_exports::pain001::{Account, Iban, Id, Name, Order, Payment, PaymentFile, Remittance, Scheme, parse, write};
//!
//! let account = |text| Ok::<_, Box<dyn std::error::Error>>(Account::Iban { iban: Iban::parse(text)?, bic: None });
//! let file = PaymentFile {
//!     message_id: Id::parse("PAY-2026-Q1-7f3a")?,
//!     created_at: "2026-04-15T09:00:00Z".parse()?,
//!     initiating_party: Name::transliterated("Contoso Europe")?,
//!     orders: vec![Order {
//!         id: Id::parse("PAY-2026-Q1-7f3a-1")?,
//!         debtor: Name::transliterated("Contoso Europe GmbH")?,
//!         account: account("DE89370400440532013000")?,
//!         execute_on: parse_date("2026-04-17")?,
//!         currency: Currency::parse("EUR")?,
//!         scheme: Scheme::Sepa,
//!         payments: vec![Payment {
//!             instruction_id: Id::parse("7f3a-0001")?,
//!             end_to_end_id: Id::parse("P-100-2026-Q1")?,
//!             creditor: Name::transliterated("Müller & Söhne")?,
//!             address: None,
//!             account: account("NL91ABNA0417164300")?,
//!             amount_minor: 123_456,
//!             remittance: Remittance::transliterated("Partner program, 2026-Q1")?,
//!         }],
//!     }],
//! };
//! let bytes = write(&file)?;
//! assert!(String::from_utf8_lossy(&bytes).contains(r#"<InstdAmt Ccy="EUR">1234.56</InstdAmt>"#));
//! assert_eq!(parse(&bytes)?, file);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use jiff::Timestamp;
use trueup_base::{Currency, Date};

mod account;
mod parse;
mod text;
mod write;

pub use account::{Account, Bic, Country, Iban, OtherAccount};
pub use parse::{ParseError, parse};
pub use text::{ID_MAX, Id, NAME_MAX, Name, REMITTANCE_MAX, Remittance, Short, Street, Text, Town};
pub use write::write;

/// The namespace of the message and its version.
pub const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

/// The most that one amount and a file's control sum may come to, in minor units: eighteen digits.
pub const UNITS_MAX: i64 = 999_999_999_999_999_999;

/// The most one SEPA credit transfer may come to: 999,999,999.99 EUR, in cents.
pub const SEPA_MAX: i64 = 99_999_999_999;

/// A payment file: what one party asks its banks to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentFile {
    /// What the bank knows the file by, for ever: a function of its contents.
    pub message_id: Id,
    /// When it was made, to the second.
    pub created_at: Timestamp,
    /// Who sends it.
    pub initiating_party: Name,
    /// What is to be paid, one order for each account, currency and day.
    pub orders: Vec<Order>,
}

/// What is paid from one account in one currency on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What the bank's statement calls it.
    pub id: Id,
    /// Who pays.
    pub debtor: Name,
    /// From which account.
    pub account: Account,
    /// The day on which the bank is to do it.
    pub execute_on: Date,
    /// What all its payments are in.
    pub currency: Currency,
    /// By which rules.
    pub scheme: Scheme,
    /// The payments, at least one.
    pub payments: Vec<Payment>,
}

/// By which rules payments are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// SEPA credit transfers: euros between IBANs, charges shared by its rules.
    Sepa,
    /// Whatever the bank has for it; each side bears its own charges.
    Other,
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What the two banks know it by; the debtor's own and alone of its kind in the file.
    pub instruction_id: Id,
    /// What goes through to the creditor unchanged: the statement's id. Alone of its kind in the file.
    pub end_to_end_id: Id,
    /// Who is paid.
    pub creditor: Name,
    /// Where they are.
    pub address: Option<Address>,
    /// On which account.
    pub account: Account,
    /// How much, in minor units of the order's currency: above zero.
    pub amount_minor: i64,
    /// What it is for, as the creditor reads it.
    pub remittance: Remittance,
}

/// A postal address in its parts. Banks take no other any more, and none without town and country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The street.
    pub street: Option<Street>,
    /// The building's number.
    pub building: Option<Short>,
    /// The post code.
    pub post_code: Option<Short>,
    /// The town.
    pub town: Town,
    /// The country.
    pub country: Country,
}

/// Why something is no payment file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing where something must be.
    #[error("a bank takes no empty {what}")]
    Empty {
        /// An id or a text.
        what: &'static str,
    },
    /// Too long; nothing is cut, because a name that is cut is another name.
    #[error(
        "the {what} `{text}` has {characters} characters in a payment file; banks take {max}, so give a shorter one"
    )]
    TooLong {
        /// An id or a text.
        what: &'static str,
        /// The text.
        text: String,
        /// How long it is.
        characters: usize,
        /// How long it may be.
        max: usize,
    },
    /// A character that banks do not take, and that has no counterpart.
    #[error(
        "the {what} `{}` holds {found:?}, which banks do not take; write it in Latin letters, digits and / - ? : ( ) . , ' +",
        text.escape_debug()
    )]
    Character {
        /// An id or a text.
        what: &'static str,
        /// The text.
        text: String,
        /// The character.
        found: char,
    },
    /// Slashes and spaces that the schemes keep for themselves.
    #[error(
        "the id `{0}` has a slash or space at an end, or two in a row; banks keep these for themselves"
    )]
    Slashes(String),
    /// No IBAN.
    #[error("`{account}` is no IBAN: {why}")]
    Iban {
        /// Its beginning and end.
        account: String,
        /// What is wrong.
        why: &'static str,
    },
    /// No BIC.
    #[error("`{0}` is no BIC; it has eight or eleven capitals and digits, such as COBADEFF")]
    Bic(String),
    /// No number of an account.
    #[error(
        "`{0}` is no account; a bank's own number has at most 34 letters, digits and signs, without spaces"
    )]
    OtherAccount(String),
    /// No country.
    #[error("`{0}` is no country; write the two capitals of ISO 3166, such as NL")]
    Country(String),
    /// Nothing to pay.
    #[error(
        "the payment file {0} has an order without payments, or none at all; there is nothing to export"
    )]
    NothingToPay(Id),
    /// An amount that nobody can be paid.
    #[error(
        "payment {end_to_end_id} is of {amount_minor} minor units; only what is above zero can be paid, the rest is carried forward"
    )]
    NotAboveZero {
        /// The payment.
        end_to_end_id: Id,
        /// Its amount.
        amount_minor: i64,
    },
    /// More than the format or the scheme holds.
    #[error(
        "{what} comes to more than {max} minor units, which is the most there can be; split it"
    )]
    Beyond {
        /// A payment or a sum.
        what: String,
        /// The most there can be.
        max: i64,
    },
    /// The same id twice, which would be paid twice or not at all.
    #[error("the {what} {id} stands twice in payment file {file}")]
    Twice {
        /// What it is the id of.
        what: &'static str,
        /// The id.
        id: Id,
        /// The file.
        file: Id,
    },
    /// Two orders that are one.
    #[error(
        "orders {first} and {second} are of the same account, currency and day; make one of them"
    )]
    SameOrder {
        /// The one.
        first: Id,
        /// The other.
        second: Id,
    },
    /// Not within SEPA.
    #[error("{what} can't be a SEPA transfer: {why}")]
    NotSepa {
        /// The order or payment.
        what: Id,
        /// Why not.
        why: &'static str,
    },
    /// A day or time that the format can't say.
    #[error(
        "{0} can't be said in a payment file: years have four digits, and times no parts of a second"
    )]
    Time(String),
}

impl PaymentFile {
    /// Holds the parts to each other.
    ///
    /// # Errors
    /// The first thing that banks would refuse, in the order of the file.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let whole = self.created_at.subsec_nanosecond() == 0;
        let year = self.created_at.to_zoned(jiff::tz::TimeZone::UTC).year();
        if !whole || year < 1 {
            return Err(Refusal::Time(self.created_at.to_string()));
        }
        if self.orders.is_empty() {
            return Err(Refusal::NothingToPay(self.message_id.clone()));
        }
        for (at, order) in self.orders.iter().enumerate() {
            order.check(&self.message_id)?;
            let earlier = self.orders.iter().take(at);
            if let Some(same) = earlier.into_iter().find(|earlier| earlier.is_like(order)) {
                return Err(Refusal::SameOrder {
                    first: same.id.clone(),
                    second: order.id.clone(),
                });
            }
        }
        self.alone("order", self.orders.iter().map(|order| &order.id))?;
        let payments = || self.orders.iter().flat_map(|order| &order.payments);
        self.alone(
            "instruction",
            payments().map(|payment| &payment.instruction_id),
        )?;
        self.alone("payment", payments().map(|payment| &payment.end_to_end_id))
    }

    fn alone<'a>(
        &self,
        what: &'static str,
        ids: impl Iterator<Item = &'a Id>,
    ) -> Result<(), Refusal> {
        let mut seen = std::collections::BTreeSet::new();
        for id in ids {
            if !seen.insert(id) {
                return Err(Refusal::Twice {
                    what,
                    id: id.clone(),
                    file: self.message_id.clone(),
                });
            }
        }
        Ok(())
    }
}

impl Order {
    fn is_like(&self, other: &Self) -> bool {
        self.account == other.account
            && self.currency == other.currency
            && self.execute_on == other.execute_on
    }

    fn check(&self, file: &Id) -> Result<(), Refusal> {
        if self.payments.is_empty() {
            return Err(Refusal::NothingToPay(file.clone()));
        }
        if self.execute_on.year() < 1 {
            return Err(Refusal::Time(self.execute_on.to_string()));
        }
        if self.scheme == Scheme::Sepa {
            self.check_sepa()?;
        }
        let max = match self.scheme {
            Scheme::Sepa => SEPA_MAX,
            Scheme::Other => UNITS_MAX,
        };
        for payment in &self.payments {
            let amount_minor = payment.amount_minor;
            if amount_minor <= 0 {
                return Err(Refusal::NotAboveZero {
                    end_to_end_id: payment.end_to_end_id.clone(),
                    amount_minor,
                });
            }
            if amount_minor > max {
                let what = format!("payment {}", payment.end_to_end_id);
                return Err(Refusal::Beyond { what, max });
            }
        }
        Ok(())
    }

    fn check_sepa(&self) -> Result<(), Refusal> {
        let not = |what: &Id, why| {
            Err(Refusal::NotSepa {
                what: what.clone(),
                why,
            })
        };
        if self.currency.code() != "EUR" {
            return not(&self.id, "it is in euros only");
        }
        if matches!(self.account, Account::Other { .. }) {
            return not(&self.id, "it is paid from an IBAN only");
        }
        for payment in &self.payments {
            if matches!(payment.account, Account::Other { .. }) {
                return not(&payment.end_to_end_id, "it is paid to an IBAN only");
            }
        }
        Ok(())
    }
}
