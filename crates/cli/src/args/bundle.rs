//! The arguments of `trueup bundle`.

use std::path::PathBuf;

use clap::Args;

use super::{ByArgs, ScopeArgs};

/// `trueup bundle`
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// Whom and when.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Where to write it; one of that name is written over.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Who states it.
    #[command(flatten)]
    pub by: ByArgs,
}
