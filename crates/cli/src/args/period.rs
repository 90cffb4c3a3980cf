//! The arguments of the commands about periods.

use clap::{Args, Subcommand};

use super::{ByArgs, ProgramArgs};

/// `trueup period`
#[derive(Debug, Subcommand)]
pub enum PeriodCommand {
    /// Say what is closed, what waits, and what comes next.
    #[command(after_help = "Example:\n  trueup period status --program my-program")]
    Status(PeriodStatusArgs),
    /// Work out what the open period comes to, from a kept run, with the totals that somebody else is to approve.
    #[command(
        after_help = "Example:\n  trueup period calculate --until 2026-03-31 --program my-program --by u-17"
    )]
    Calculate(PeriodCalculateArgs),
    /// Approve a calculation, by its totals; whoever calculated cannot.
    #[command(
        after_help = "Example:\n  trueup period approve --total '11920.00 USD' --program my-program --by u-4"
    )]
    Approve(ApproveArgs),
    /// Close what was approved: post what is not posted yet, and lock it for good.
    #[command(after_help = "Example:\n  trueup period close --program my-program --by u-17")]
    Close(PeriodCloseArgs),
}

/// `trueup period status`
#[derive(Debug, Args)]
pub struct PeriodStatusArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `trueup period calculate`
#[derive(Debug, Args)]
pub struct PeriodCalculateArgs {
    /// The run: how its hash begins, `latest` or `previous`.
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    /// The last day of the period: a date, or a period's name such as 2026-Q1.
    #[arg(long, value_name = "DAY")]
    pub until: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup period approve`, `trueup payout approve`
#[derive(Debug, Args)]
pub struct ApproveArgs {
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

/// `trueup period close`
#[derive(Debug, Args)]
pub struct PeriodCloseArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}
