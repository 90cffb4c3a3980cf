//! Exceptions: lines that no rule gives, each by two people, and what is owed that may be given up.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::{Money, Permitted};

/// What somebody owes for a settlement, which may be given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Owed {
    /// Who owes it.
    pub partner: String,
    /// What the directory calls it.
    pub partner_name: String,
    /// For which component.
    pub component: String,
    /// The last day of the settlement.
    pub settled_on: String,
    /// How much.
    pub money: Money,
}

/// The settlement for which something owed is given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenUp {
    /// The component.
    pub component: String,
    /// The last day of the settlement.
    pub settled_on: String,
}

/// An exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Exception {
    /// Its number: the place of the act that proposes it.
    pub id: u64,
    /// Whose.
    pub partner: String,
    /// What the directory calls it.
    pub partner_name: String,
    /// How much; below zero takes back.
    pub money: Money,
    /// The reason code.
    pub reason: String,
    /// Why, in words.
    pub because: String,
    /// The day it is of.
    pub on: String,
    /// What is given up of what the partner owes; none where it is no write-off.
    pub gives_up: Option<GivenUp>,
    /// Who proposed it, by the id that the journal has.
    pub proposed_by: String,
    /// Who approved it, by the id that the journal has; none while it waits.
    pub approved_by: Option<String>,
    /// The batch that posts it; none while it waits.
    pub batch: Option<u64>,
    /// Whether the one who asks may approve it now.
    pub may_approve: Permitted,
}

/// Exceptions, the latest first, and what may be given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExceptionList {
    /// The exceptions.
    pub exceptions: Vec<Exception>,
    /// The reason codes that were used so far.
    pub reasons: Vec<String>,
    /// The program's currency.
    pub currency: String,
    /// What partners owe.
    pub owed: Vec<Owed>,
    /// Whether the one who asks may propose one.
    pub may_propose: Permitted,
}

/// An exception that is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewException {
    /// Whose.
    pub partner: String,
    /// How much, as a decimal text; below zero takes back.
    #[schema(example = "250.00", max_length = 40)]
    pub amount: String,
    /// The currency's ISO 4217 code.
    #[schema(example = "USD")]
    pub currency: String,
    /// A code of lower-case letters, digits and `_`, such as `goodwill`.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_]+$")]
    pub reason: String,
    /// Why, in words.
    #[schema(min_length = 1, max_length = 2000)]
    pub because: String,
    /// The day it is of; none for today.
    pub on: Option<String>,
    /// What is given up of what the partner owes; none where the partner gets the amount, or owes it.
    pub gives_up: Option<GivenUp>,
}
