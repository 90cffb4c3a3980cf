//! A posting as a line of text: the account, the cells of its key and the amount, set apart by tabs. No cell holds a tab or the
//! end of a line.

use trueup_base::date::parse_date;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;

use crate::posting::{Account, Key, Posting};

impl Posting {
    /// What it says, without the day that it falls on.
    ///
    /// ```
    /// use trueup_base::{Currency, date::parse_date, id::PartnerId};
    /// use trueup_books::{Account, Key, Posting, cells_of};
    ///
    /// let settled_on = parse_date("2026-03-31")?;
    /// let key = Key {
    ///     partner: PartnerId::new("P-1")?,
    ///     plan: "reseller".into(),
    ///     component: "volume_bonus".into(),
    ///     settled_on,
    ///     currency: Currency::parse("EUR")?,
    /// };
    /// let posting = Posting { account: Account::Expense, key: key.clone(), falls_on: settled_on, amount: 1_250 };
    /// let line = posting.to_line();
    /// assert_eq!(line, "expense\tP-1\treseller\tvolume_bonus\t2026-03-31\tEUR\t1250");
    /// let cells = cells_of(&line).map(|(account, place, amount)| (account, Key::of_cells(place), amount));
    /// assert_eq!(cells, Some((Account::Expense, Some(key), 1_250)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_line(&self) -> String {
        let key = &self.key;
        format!(
            "{}\t{}\t{}\t{}\t{}\t{}\t{}",
            self.account,
            key.partner,
            key.plan,
            key.component,
            key.settled_on,
            key.currency.code(),
            self.amount
        )
    }
}

/// The account and the amount of a line, and the cells of its key between them; none where it is no such line.
#[must_use]
pub fn cells_of(line: &str) -> Option<(Account, &str, i64)> {
    let (account, rest) = line.split_once('\t')?;
    let (place, amount) = rest.rsplit_once('\t')?;
    Some((Account::of_word(account)?, place, amount.parse().ok()?))
}

impl Key {
    /// A key from its cells; none where they are no key's.
    #[must_use]
    pub fn of_cells(place: &str) -> Option<Self> {
        let mut cells = place.split('\t');
        let mut cell = || cells.next();
        let key = Self {
            partner: PartnerId::new(cell()?).ok()?,
            plan: cell()?.to_owned(),
            component: cell()?.to_owned(),
            settled_on: parse_date(cell()?).ok()?,
            currency: Currency::parse(cell()?).ok()?,
        };
        cells.next().is_none().then_some(key)
    }
}
