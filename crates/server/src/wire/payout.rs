//! Payouts: what may be paid, what waits and why, what was ordered and what became of it; and the same as a partner sees it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::shared::{Money, Permitted};

/// What became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PaymentState {
    /// It was ordered, and the bank said nothing of it yet.
    Ordered,
    /// It was paid.
    Paid,
    /// It came back, and is payable again.
    Returned,
    /// Nobody knows; until somebody does it is not ordered again.
    Unknown,
}

/// What a bank said of payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PaymentWord {
    /// They were paid.
    Paid,
    /// They came back, and are payable again.
    Returned,
    /// Nobody knows yet.
    Unknown,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PayoutPayment {
    /// To whom.
    pub partner: String,
    /// What the directory calls the partner.
    pub partner_name: String,
    /// How much.
    pub money: Money,
    /// How it gets there, in words; none where no profile says so.
    pub route: Option<String>,
    /// What became of it; none before it is ordered.
    pub state: Option<PaymentState>,
}

/// What would be prepared for a day, as books, disputes and profiles are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PayoutPreview {
    /// The number that the payout would have.
    pub payout: u64,
    /// The day on which the bank is to pay.
    pub on: String,
    /// The payments, by partner.
    pub payments: Vec<PayoutPayment>,
    /// What they come to, as a decimal text by currency.
    pub totals: BTreeMap<String, String>,
    /// How many of them go where no payout went before.
    pub new_accounts: u64,
    /// What is payable and held back, and why, in words.
    pub waits: Vec<String>,
}

/// A payout that is prepared and not ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WaitingPayout {
    /// Its number.
    pub payout: u64,
    /// The day on which the bank is to pay.
    pub on: String,
    /// Who prepared it, by the id that the journal has.
    pub by: String,
    /// How many payments there are.
    pub payments: u64,
    /// How many of them go where no payout went before.
    pub new_accounts: u64,
    /// What they come to, as a decimal text by currency.
    pub totals: BTreeMap<String, String>,
    /// Why it needs one more approval than others.
    pub checks: Vec<String>,
    /// Who approved, by the ids that the journal has.
    pub approved_by: Vec<String>,
    /// How many approvals it needs.
    pub approvals_needed: u64,
    /// The offices and bodies whose consent plans ask for.
    pub consents: Vec<PayoutConsent>,
}

/// The consent of an office or a body, which a plan asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PayoutConsent {
    /// Whose, as the plan names it.
    pub of: String,
    /// Why it is asked for, in words.
    pub because: String,
    /// Who gave it, by the id that the journal has; none while it is missing.
    pub given_by: Option<String>,
}

/// The totals that whoever approves a payout has looked at, and for whom.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutApproveAsked {
    /// The totals, as a decimal text by currency. They are typed or read again, so that nobody approves what they have not seen.
    pub totals: BTreeMap<String, String>,
    /// The office or body that consents by it; none for an approval like any other.
    pub office: Option<String>,
}

/// A payout that was ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderedPayout {
    /// Its number.
    pub payout: u64,
    /// The day on which the bank is to pay.
    pub on: String,
    /// The instant at which it was ordered.
    pub ordered_at: String,
    /// What it comes to, as a decimal text by currency.
    pub totals: BTreeMap<String, String>,
    /// How many payments it has.
    pub payments: u64,
    /// How many of them were paid.
    pub paid: u64,
    /// How many came back.
    pub returned: u64,
    /// Of how many nobody knows.
    pub unknown: u64,
    /// Of how many the bank said nothing yet.
    pub open: u64,
}

/// What may be done to payouts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PayoutSteps {
    /// Preparing one.
    pub prepare: Permitted,
    /// Approving the one that waits.
    pub approve: Permitted,
    /// Ordering it.
    pub order: Permitted,
    /// Writing the bank's file, and saying what became of payments.
    pub report: Permitted,
}

/// Where payouts stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Payouts {
    /// The day until which everything is closed, of which what is payable can be paid; none where nothing is closed.
    pub closed_until: Option<String>,
    /// The payout that waits; none where none does.
    pub waiting: Option<WaitingPayout>,
    /// Payouts that were ordered, the latest first.
    pub ordered: Vec<OrderedPayout>,
    /// What the one who asks may do.
    pub steps: PayoutSteps,
}

/// An ordered payout with its payments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PayoutShown {
    /// The payout.
    pub payout: OrderedPayout,
    /// Its payments, by partner.
    pub payments: Vec<PayoutPayment>,
    /// Whether the one who asks may write the bank's file and say what became of payments.
    pub may_report: Permitted,
}

/// For which day something is looked at.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PayoutOn {
    /// The day on which the bank is to pay: `2026-05-15`; today, where none is said.
    pub on: Option<String>,
}

/// A payout that is to be prepared.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrepareAsked {
    /// The day on which the bank is to pay.
    #[schema(max_length = 10, example = "2026-05-15")]
    pub on: String,
}

/// A bank's file that is to be written.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentFileAsked {
    /// Who pays: the legal entity.
    #[schema(max_length = 140, example = "Alliance GmbH")]
    pub debtor: String,
    /// From which account, by its IBAN.
    #[schema(max_length = 42, example = "DE75512108001245126199")]
    pub iban: String,
    /// Only this currency; needed where a payout has several.
    #[schema(max_length = 3)]
    pub currency: Option<String>,
}

/// What became of payments.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportAsked {
    /// Of the partner's payments; of all that nothing was said of, where none is named.
    #[schema(max_length = 100)]
    pub whose: Option<String>,
    /// What the bank said.
    pub word: PaymentWord,
    /// Where it is known from, such as the bank's statement.
    #[schema(max_length = 2000)]
    pub because: String,
}

/// A payment as the partner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerPayment {
    /// The payout's number.
    pub payout: u64,
    /// The day on which the bank is to pay.
    pub on: String,
    /// How much.
    pub money: Money,
    /// How it gets there, in words.
    pub route: Option<String>,
    /// What became of it.
    pub state: PaymentState,
}

/// What a partner's money waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PaymentWaits {
    /// How much; none where it is a line whose amount is on the statement.
    pub money: Option<Money>,
    /// Why, in words.
    pub because: String,
}

/// A partner's payments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerPayments {
    /// The partner's id.
    pub partner: String,
    /// What the directory calls it.
    pub partner_name: String,
    /// How the partner is paid, in words; none where no confirmed profile says so.
    pub route: Option<String>,
    /// The end of the account that money goes to, never the whole of it; none where there is none.
    pub account: Option<String>,
    /// Whether another profile waits to be confirmed; until then the one before counts.
    pub is_profile_waiting: bool,
    /// Where the money stands, by currency.
    pub money: Vec<super::partner::MoneyStanding>,
    /// What is payable and waits, and why.
    pub waits: Vec<PaymentWaits>,
    /// Payments, the latest first.
    pub payments: Vec<PartnerPayment>,
}
