//! The arguments of `trueup backup` and `trueup restore`.

use std::path::PathBuf;

use clap::Args;

use super::ProgramArgs;

/// `trueup backup`
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Where to write it; it must not be there.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `trueup restore`
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// What `trueup backup` wrote.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the program is to lie: a folder that is not there yet, or is empty.
    #[arg(long, value_name = "DIR")]
    pub program: PathBuf,
}
