//! The arguments of the commands about the books.

use clap::{Args, Subcommand};

use super::{ByArgs, Format, ProgramArgs};

/// `trueup books`
#[derive(Debug, Subcommand)]
pub enum BooksCommand {
    /// Post what a kept run says is earned, less what was posted before; nothing under an agreement that is not signed.
    #[command(
        after_help = "Posting the same run again posts nothing; posting a run over corrected facts posts the corrections.\n\n\
                            Example:\n  trueup run --program my-program && trueup books post --program my-program --by u-17"
    )]
    Post(BooksPostArgs),
    /// What each account comes to.
    #[command(
        after_help = "Example:\n  trueup books balances --program my-program --partner P-100"
    )]
    Balances(BooksBalancesArgs),
    /// List the batches, the latest last.
    #[command(after_help = "Example:\n  trueup books log --program my-program")]
    Log(BooksLogArgs),
    /// Print the postings of a batch.
    #[command(after_help = "Example:\n  trueup books show 3 --program my-program --format csv")]
    Show(BooksShowArgs),
}

/// `trueup books post`
#[derive(Debug, Args)]
pub struct BooksPostArgs {
    /// The run: how its hash begins, `latest` or `previous`.
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    /// Say what would be posted, and post nothing.
    #[arg(long)]
    pub preview: bool,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup books balances`
#[derive(Debug, Args)]
pub struct BooksBalancesArgs {
    /// Only this partner's.
    #[arg(long, value_name = "ID")]
    pub partner: Option<String>,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// How to print them.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup books log`
#[derive(Debug, Args)]
pub struct BooksLogArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup books show`
#[derive(Debug, Args)]
pub struct BooksShowArgs {
    /// The batch's number.
    pub batch: u64,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// How to print the postings.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
