//! The arguments of the commands about the books.

use std::path::PathBuf;

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
    /// Write postings as a CSV that the ledger takes in, by its own accounts; the same bytes each time.
    #[command(
        after_help = "The accounts are mapped by a CSV with the columns account, code and name:\n  expense,6420,Partner incentives\n\n\
                            Example:\n  trueup books ledger --accounts accounts.csv --from-batch 3 --out ledger.csv --program my-program"
    )]
    Ledger(BooksLedgerArgs),
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

/// `trueup books ledger`
#[derive(Debug, Args)]
pub struct BooksLedgerArgs {
    /// Which of the ledger's accounts each of ours is: a CSV with the columns account, code and name.
    #[arg(long, value_name = "FILE")]
    pub accounts: PathBuf,
    /// The first batch.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub from_batch: u64,
    /// The last batch; the latest, if nothing is said.
    #[arg(long, value_name = "NUMBER")]
    pub until_batch: Option<u64>,
    /// Where to; it must not be there.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}
