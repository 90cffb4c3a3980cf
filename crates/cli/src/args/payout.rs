//! The arguments of the commands about disputes, profiles and payouts.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{ApproveArgs, ByArgs, Format, ProgramArgs};

/// `trueup dispute`
#[derive(Debug, Subcommand)]
pub enum DisputeCommand {
    /// Dispute a line of a statement: its money, and no other, is held back until the dispute is resolved.
    #[command(
        after_help = "Example:\n  trueup dispute open volume_bonus --partner P-100 --settled-on 2026-Q1 --because 'invoice I-2001 is missing' --for partner/P-100 --program my-program"
    )]
    Open(DisputeOpenArgs),
    /// Answer a dispute, or take it back.
    #[command(
        after_help = "Example:\n  trueup dispute resolve 21 --outcome upheld --because 'the invoice was taken in' --program my-program --by u-4"
    )]
    Resolve(DisputeResolveArgs),
    /// List disputes, the latest last.
    #[command(after_help = "Example:\n  trueup dispute list --program my-program")]
    List(ListArgs),
}

/// `trueup dispute open`
#[derive(Debug, Args)]
pub struct DisputeOpenArgs {
    /// The component.
    #[arg(value_name = "COMPONENT")]
    pub component: String,
    /// Whose line.
    #[arg(long, value_name = "ID")]
    pub partner: String,
    /// The settlement: its last day, or its period.
    #[arg(long, value_name = "DAY")]
    pub settled_on: String,
    /// What is wrong with it.
    #[arg(long, value_name = "WHY")]
    pub because: String,
    /// In whose name: vendor, or partner/ID.
    #[arg(long = "for", value_name = "WHOSE", default_value = "vendor")]
    pub behalf: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// How a dispute ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutcomeArg {
    /// The line was wrong, and is put right.
    Upheld,
    /// The line was right.
    Rejected,
    /// Whoever opened it takes it back.
    Withdrawn,
}

/// `trueup dispute resolve`
#[derive(Debug, Args)]
pub struct DisputeResolveArgs {
    /// The dispute's number.
    #[arg(value_name = "NUMBER")]
    pub dispute: u64,
    /// How it ends.
    #[arg(long, value_enum)]
    pub outcome: OutcomeArg,
    /// Why, or what was put right.
    #[arg(long, value_name = "WHY")]
    pub because: String,
    /// In whose name: vendor, or partner/ID.
    #[arg(long = "for", value_name = "WHOSE", default_value = "vendor")]
    pub behalf: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// A list of everything of its kind.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only this partner's.
    #[arg(long, value_name = "ID")]
    pub partner: Option<String>,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup exception`
#[derive(Debug, Subcommand)]
pub enum ExceptionCommand {
    /// Propose to pay, or take back, what no rule gives.
    #[command(
        after_help = "Example:\n  trueup exception propose --partner P-100 --amount '250.00 USD' --reason goodwill --because 'the portal was down' --program my-program --by u-17"
    )]
    Propose(ExceptionProposeArgs),
    /// Propose to give up what a partner owes and no payout will take any longer.
    #[command(
        name = "write-off",
        after_help = "Example:\n  trueup exception write-off volume_bonus --partner P-100 --settled-on 2026-Q1 --amount '120.00 USD' --reason uncollectable --because 'the partner closed down' --program my-program --by u-17"
    )]
    WriteOff(ExceptionWriteOffArgs),
    /// Approve what somebody else proposed, which posts it.
    #[command(after_help = "Example:\n  trueup exception approve 31 --program my-program --by u-4")]
    Approve(ExceptionApproveArgs),
    /// List exceptions, the latest last.
    #[command(after_help = "Example:\n  trueup exception list --program my-program")]
    List(ListArgs),
}

/// `trueup exception propose`
#[derive(Debug, Args)]
pub struct ExceptionProposeArgs {
    /// Whose.
    #[arg(long, value_name = "ID")]
    pub partner: String,
    /// How much, as `250.00 USD`; below zero takes back.
    #[arg(long, value_name = "AMOUNT CURRENCY", allow_hyphen_values = true)]
    pub amount: String,
    /// The reason code, such as goodwill or correction.
    #[arg(long, value_name = "CODE")]
    pub reason: String,
    /// Why, in words.
    #[arg(long, value_name = "WHY")]
    pub because: String,
    /// The day it is of; today, if nothing is said.
    #[arg(long, value_name = "DAY")]
    pub on: Option<String>,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup exception write-off`
#[derive(Debug, Args)]
pub struct ExceptionWriteOffArgs {
    /// The component that was posted too much.
    pub component: String,
    /// The settlement, by its period or its last day.
    #[arg(long, value_name = "PERIOD")]
    pub settled_on: String,
    /// The rest of it, as of any exception.
    #[command(flatten)]
    pub exception: ExceptionProposeArgs,
}

/// `trueup exception approve`
#[derive(Debug, Args)]
pub struct ExceptionApproveArgs {
    /// The exception's number.
    #[arg(value_name = "NUMBER")]
    pub exception: u64,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup profile`
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// State where a partner's money goes; it counts once somebody else confirms it.
    #[command(
        after_help = "Example:\n  trueup profile set --partner P-100 --name 'Northwind Trading GmbH' --iban DE89370400440532013000 --country DE --program my-program --by u-17"
    )]
    Set(ProfileSetArgs),
    /// Confirm what somebody else stated.
    #[command(
        after_help = "Example:\n  trueup profile confirm --partner P-100 --program my-program --by u-4"
    )]
    Confirm(ProfileConfirmArgs),
    /// List where money goes.
    #[command(after_help = "Example:\n  trueup profile list --program my-program")]
    List(ListArgs),
}

/// How money gets to a partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum RouteArg {
    /// A bank transfer.
    #[default]
    BankTransfer,
    /// A credit note, set off against what the partner buys.
    CreditNote,
    /// An invoice that the vendor writes in the partner's name, paid by bank transfer.
    SelfBilling,
}

/// An account at a bank.
#[derive(Debug, Args)]
pub struct AccountArgs {
    /// The account, by its IBAN.
    #[arg(long, value_name = "IBAN")]
    pub iban: Option<String>,
    /// The account, by its bank's own number, in countries without IBANs.
    #[arg(long, value_name = "NUMBER", conflicts_with = "iban", requires = "bic")]
    pub account: Option<String>,
    /// The account's bank.
    #[arg(long, value_name = "BIC")]
    pub bic: Option<String>,
}

/// `trueup profile set`
#[derive(Debug, Args)]
pub struct ProfileSetArgs {
    /// Whose.
    #[arg(long, value_name = "ID")]
    pub partner: String,
    /// The legal entity that is paid.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Its country, as two letters.
    #[arg(long, value_name = "CC")]
    pub country: Option<String>,
    /// Its town; with it and the country, payments have an address.
    #[arg(long, value_name = "TOWN", requires = "country")]
    pub town: Option<String>,
    /// Where money goes.
    #[command(flatten)]
    pub account: AccountArgs,
    /// How the money gets there.
    #[arg(long, value_enum, default_value_t)]
    pub route: RouteArg,
    /// In whose name: vendor, or partner/ID.
    #[arg(long = "for", value_name = "WHOSE", default_value = "vendor")]
    pub behalf: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup profile confirm`
#[derive(Debug, Args)]
pub struct ProfileConfirmArgs {
    /// Whose.
    #[arg(long, value_name = "ID")]
    pub partner: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup payout`
#[derive(Debug, Subcommand)]
pub enum PayoutCommand {
    /// Gather what is payable, with the totals that somebody else is to approve.
    #[command(
        after_help = "Example:\n  trueup payout prepare --on 2026-04-15 --program my-program --by u-17"
    )]
    Prepare(PayoutPrepareArgs),
    /// Approve what was prepared, by its totals; whoever prepared it cannot.
    #[command(
        after_help = "Example:\n  trueup payout approve --total '11920.00 USD' --program my-program --by u-4"
    )]
    Approve(PayoutApproveArgs),
    /// Order what was approved: from then on it is no longer payable, and its file can be written.
    #[command(after_help = "Example:\n  trueup payout order --program my-program --by u-17")]
    Order(PayoutOrderArgs),
    /// Write the bank's file of a payout, as ISO 20022 pain.001.001.09; the same bytes each time.
    #[command(
        after_help = "Example:\n  trueup payout file 1 --debtor 'Contoso AG' --iban DE89370400440532013000 --out payout-1.xml --program my-program"
    )]
    File(PayoutFileArgs),
    /// Say what became of a payment.
    #[command(
        after_help = "Example:\n  trueup payout report 1 --partner P-100 --word returned --because 'account closed' --program my-program"
    )]
    Report(PayoutReportArgs),
    /// List payouts, and say what waits.
    #[command(after_help = "Example:\n  trueup payout status --program my-program")]
    Status(PayoutStatusArgs),
    /// List the payments of a payout.
    #[command(after_help = "Example:\n  trueup payout show 1 --program my-program")]
    Show(PayoutShowArgs),
}

/// `trueup payout prepare`
#[derive(Debug, Args)]
pub struct PayoutPrepareArgs {
    /// The day on which the bank is to pay.
    #[arg(long, value_name = "DAY")]
    pub on: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup payout approve`
#[derive(Debug, Args)]
pub struct PayoutApproveArgs {
    /// The office or body for which you approve, where a plan asks for the consent of one.
    #[arg(long = "as", value_name = "OFFICE")]
    pub office: Option<String>,
    /// What is approved.
    #[command(flatten)]
    pub approve: ApproveArgs,
}

/// `trueup payout order`
#[derive(Debug, Args)]
pub struct PayoutOrderArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup payout file`
#[derive(Debug, Args)]
pub struct PayoutFileArgs {
    /// The payout's number.
    #[arg(value_name = "NUMBER")]
    pub payout: u64,
    /// Who pays: the legal entity.
    #[arg(long, value_name = "NAME")]
    pub debtor: String,
    /// From which account.
    #[command(flatten)]
    pub account: AccountArgs,
    /// Only this currency; needed where a payout has several.
    #[arg(long, value_name = "CURRENCY")]
    pub currency: Option<String>,
    /// Where to; it must not be there.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// What a bank says of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WordArg {
    /// It was paid.
    Paid,
    /// It came back, and is payable again.
    Returned,
    /// Nobody knows yet; until somebody does it is not ordered again.
    Unknown,
}

/// `trueup payout report`
#[derive(Debug, Args)]
pub struct PayoutReportArgs {
    /// The payout's number.
    #[arg(value_name = "NUMBER")]
    pub payout: u64,
    /// Whose payment; without it every one of which nothing was said yet.
    #[arg(long, value_name = "ID")]
    pub partner: Option<String>,
    /// What the bank says.
    #[arg(long, value_enum)]
    pub word: WordArg,
    /// Where that is known from, or why it came back.
    #[arg(long, value_name = "WHY")]
    pub because: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup payout status`
#[derive(Debug, Args)]
pub struct PayoutStatusArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `trueup payout show`
#[derive(Debug, Args)]
pub struct PayoutShowArgs {
    /// The payout's number.
    #[arg(value_name = "NUMBER")]
    pub payout: u64,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
