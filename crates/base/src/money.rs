//! Money: an exact amount and its currency.
//!
//! Two currencies never meet here: adding them is refused, converting is a formula of the plan with a declared rate. The
//! currencies and their minor units are those of ISO 4217 as the crate `iso_currency` 0.7.1 lists them; its version is pinned
//! by the lock file, because a changed minor unit changes results.

use std::fmt;
use std::str::FromStr;

use crate::exact::{Exact, excerpt};
use crate::rounding::Rounding;

/// A currency of ISO 4217 that has a minor unit.
///
/// ```
/// use trueup_base::{Currency, Exact};
///
/// let dinar = Currency::parse("BHD")?;
/// assert_eq!(dinar.code(), "BHD");
/// assert_eq!(dinar.minor_unit(), Exact::parse("0.001")?);
/// assert!(Currency::parse("usd").is_err());
/// assert!(Currency::parse("XAU").is_err()); // gold has no minor unit, so nothing can be paid in it
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    places: u32,
}

/// A text that is no currency to pay in.
///
/// ```
/// use trueup_base::Currency;
/// use trueup_base::money::CurrencyTextError;
///
/// assert_eq!(Currency::parse("euro"), Err(CurrencyTextError::Unknown("euro".to_owned())));
/// assert_eq!(Currency::parse("XAU"), Err(CurrencyTextError::NoMinorUnit("XAU")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurrencyTextError {
    /// Not a code of ISO 4217.
    #[error("`{0}` is no currency of ISO 4217; write its three capitals, such as EUR")]
    Unknown(String),
    /// A code without a minor unit, such as gold.
    #[error("nothing can be paid in {0}: ISO 4217 gives it no minor unit")]
    NoMinorUnit(&'static str),
}

impl Currency {
    /// Reads a code: three capitals.
    pub fn parse(text: &str) -> Result<Currency, CurrencyTextError> {
        let listed = iso_currency::Currency::from_code(text)
            .ok_or_else(|| CurrencyTextError::Unknown(excerpt(text)))?;
        let places = listed
            .exponent()
            .ok_or(CurrencyTextError::NoMinorUnit(listed.code()))?;
        Ok(Currency {
            code: listed.code(),
            places: u32::from(places),
        })
    }

    /// The code: three capitals.
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// How many decimal places its minor unit has: 2 for EUR, 0 for JPY, 3 for BHD.
    pub const fn places(self) -> u32 {
        self.places
    }

    /// The minor unit as a step to round to: 0.01 for EUR.
    pub fn minor_unit(self) -> Exact {
        Exact::from_scaled(1, self.places)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl FromStr for Currency {
    type Err = CurrencyTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Currency::parse(text)
    }
}

/// An exact amount in a currency. It may have more places than the minor unit; only [`rounded`](Money::rounded) takes them away.
///
/// ```
/// use trueup_base::{Currency, Exact, Money, Rounding};
///
/// let (usd, eur) = (Currency::parse("USD")?, Currency::parse("EUR")?);
/// let due = Money::new(Exact::parse("1234.5")?, usd);
/// assert_eq!(due.to_string(), "1234.50 USD");
/// assert_eq!(due.to_grouped(Rounding::HalfAway), "1,234.50");
/// assert!(due.checked_add(&Money::zero(eur)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Money {
    /// The amount, in the currency's major unit.
    pub amount: Exact,
    /// The currency.
    pub currency: Currency,
}

/// Two currencies that were to be added.
///
/// ```
/// use trueup_base::{Currency, Money};
///
/// let (left, right) = (Currency::parse("USD")?, Currency::parse("EUR")?);
/// let said = Money::zero(left).checked_add(&Money::zero(right)).err().map(|error| error.to_string());
/// assert_eq!(said.as_deref(), Some("USD and EUR cannot be added; convert one of them first"));
/// # Ok::<(), trueup_base::money::CurrencyTextError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{left} and {right} cannot be added; convert one of them first")]
pub struct CurrencyMismatch {
    /// The currency of the first amount.
    pub left: Currency,
    /// The currency of the second amount.
    pub right: Currency,
}

impl Money {
    /// An amount in a currency.
    pub const fn new(amount: Exact, currency: Currency) -> Money {
        Money { amount, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Money {
        Money {
            amount: Exact::ZERO,
            currency,
        }
    }

    /// The sum, if both are in one currency.
    pub fn checked_add(&self, other: &Money) -> Result<Money, CurrencyMismatch> {
        if self.currency != other.currency {
            return Err(CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            });
        }
        Ok(Money::new(&self.amount + &other.amount, self.currency))
    }

    /// The difference, if both are in one currency.
    pub fn checked_sub(&self, other: &Money) -> Result<Money, CurrencyMismatch> {
        self.checked_add(&Money::new(-&other.amount, other.currency))
    }

    /// Rounded to the currency's minor unit.
    pub fn rounded(&self, how: Rounding) -> Money {
        let places = self.currency.places();
        let units = (&self.amount * Exact::from_scaled(10_i128.pow(places), 0)).to_whole(how);
        Money::new(units * self.currency.minor_unit(), self.currency)
    }

    /// The whole number of minor units, if there is no rest: 12345 for 123.45 EUR.
    pub fn to_minor_units(&self) -> Option<i128> {
        self.amount.to_scaled(self.currency.places())
    }

    /// The amount with exactly the currency's places, rounded as named and without the code: `1234.50`.
    pub fn to_fixed(&self, how: Rounding) -> String {
        self.amount.to_fixed(self.currency.places(), how)
    }

    /// The amount for people to read, rounded as named and without the code: `1,234.50`.
    pub fn to_grouped(&self, how: Rounding) -> String {
        self.amount.to_grouped(self.currency.places(), how)
    }
}

/// The exact amount, with at least the currency's places, and the code: `1234.50 USD`, `0.125 USD`, `1/3 USD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_minor_units() {
            Some(_) => write!(f, "{} {}", self.to_fixed(Rounding::HalfAway), self.currency),
            None => write!(f, "{} {}", self.amount, self.currency),
        }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: &str, code: &str) -> Money {
        Money::new(amount.parse().unwrap(), Currency::parse(code).unwrap())
    }

    /// The minor units that payment files get wrong most often, by ISO 4217.
    #[test]
    fn minor_units_are_those_of_iso_4217() {
        let places = |code: &str| Currency::parse(code).unwrap().places();
        for (code, expected) in [
            ("USD", 2),
            ("EUR", 2),
            ("HUF", 2),
            ("MGA", 2),
            ("JPY", 0),
            ("KRW", 0),
            ("ISK", 0),
            ("VND", 0),
            ("CLP", 0),
            ("BHD", 3),
            ("KWD", 3),
            ("TND", 3),
            ("IQD", 3),
            ("CLF", 4),
            ("UYW", 4),
        ] {
            assert_eq!(places(code), expected, "{code}");
        }
    }

    #[test]
    fn a_code_is_three_capitals_and_known() {
        for text in ["", "usd", "Eur", "US", "USDX", "XBT", "€"] {
            assert_eq!(
                Currency::parse(text),
                Err(CurrencyTextError::Unknown(text.to_owned())),
                "{text}"
            );
        }
        assert_eq!(
            Currency::parse("XXX"),
            Err(CurrencyTextError::NoMinorUnit("XXX"))
        );
    }

    #[test]
    fn amounts_print_whole_and_round_only_when_asked() {
        assert_eq!(money("5", "JPY").to_string(), "5 JPY");
        assert_eq!(money("5", "USD").to_string(), "5.00 USD");
        assert_eq!(money("0.125", "USD").to_string(), "0.125 USD");
        assert_eq!(money("-1/3", "USD").to_string(), "-1/3 USD");
        assert_eq!(
            money("-0.125", "USD").rounded(Rounding::HalfAway),
            money("-0.13", "USD")
        );
        assert_eq!(
            money("0.0005", "BHD").rounded(Rounding::HalfEven),
            money("0", "BHD")
        );
        assert_eq!(money("123.45", "EUR").to_minor_units(), Some(12_345));
        assert_eq!(money("123.455", "EUR").to_minor_units(), None);
    }

    #[test]
    fn unlike_currencies_are_refused() {
        let error = money("1", "USD")
            .checked_sub(&money("1", "EUR"))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "USD and EUR cannot be added; convert one of them first"
        );
        assert_eq!(
            money("1", "USD").checked_sub(&money("3", "USD")),
            Ok(money("-2", "USD"))
        );
    }
}
