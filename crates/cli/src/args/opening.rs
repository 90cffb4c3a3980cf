//! The arguments of `trueup opening`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ByArgs, Format, ProgramArgs};

/// `trueup opening`
#[derive(Debug, Subcommand)]
pub enum OpeningCommand {
    /// Propose to take over what the system before kept for partners.
    #[command(
        after_help = "The file is a CSV with the columns partner, plan, component, settled_on, account, amount and currency; accounts are accrued, held, \
                            forfeited, payable, paid, and, for what partners owe, recoverable and overpaid:\n  \
                            P-100,reseller,volume_bonus,2026-03-31,paid,4200.00,USD\n\n\
                            Example:\n  trueup opening propose balances.csv --because 'closing of the old system' --program my-program --by u-17"
    )]
    Propose(OpeningProposeArgs),
    /// Approve what somebody else proposed, by its totals, which posts it.
    #[command(
        after_help = "Example:\n  trueup opening approve 12 --total '4200.00 USD' --program my-program --by u-4"
    )]
    Approve(OpeningApproveArgs),
    /// List what was proposed, the latest last.
    #[command(after_help = "Example:\n  trueup opening list --program my-program")]
    List(OpeningListArgs),
}

/// `trueup opening propose`
#[derive(Debug, Args)]
pub struct OpeningProposeArgs {
    /// The balances, as CSV.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where they come from.
    #[arg(long, value_name = "WHY")]
    pub because: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup opening approve`
#[derive(Debug, Args)]
pub struct OpeningApproveArgs {
    /// Its number.
    #[arg(value_name = "NUMBER")]
    pub opening: u64,
    /// A total that you approve, as `11920.00 USD`; one for each currency.
    #[arg(long = "total", value_name = "AMOUNT CURRENCY")]
    pub totals: Vec<String>,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup opening list`
#[derive(Debug, Args)]
pub struct OpeningListArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
