//! What tests of postings share.

use trueup_base::date::parse_date;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;

use crate::posting::{Booked, Key, Posting};

/// What a partner's bonus of a month is booked under; of one partner in a currency without minor units.
pub(crate) fn key(partner: u8, month: u8) -> Key {
    Key {
        partner: PartnerId::new(format!("P-{partner}")).expect("a partner"),
        plan: "reseller".to_owned(),
        component: "bonus".to_owned(),
        settled_on: parse_date(&format!("2026-{month:02}-28")).expect("a day"),
        currency: Currency::parse(if partner == 0 { "JPY" } else { "EUR" }).expect("a currency"),
    }
}

/// Adds postings to balances, as the database does.
pub(crate) fn book(balances: &mut Booked, postings: &[Posting]) {
    for posting in postings {
        *balances
            .entry((posting.account, posting.key.clone()))
            .or_default() += posting.amount;
    }
    balances.retain(|_, amount| *amount != 0);
}
