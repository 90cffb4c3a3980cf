//! The arguments of the commands that read and write the journal.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Format, ProgramArgs};

/// Who does what is recorded.
#[derive(Clone, Debug, Args)]
pub struct ByArgs {
    /// Who does it, by an id that is no name: it stays in the journal for ever.
    #[arg(long, value_name = "ID", env = "TRUEUP_BY", default_value = "operator")]
    pub by: String,
}

/// `trueup journal`
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Open the program's journal with a first key of the vendor.
    #[command(
        after_help = "The journal lies in .trueup/trueup.db, or in the PostgreSQL database that TRUEUP_DATABASE names.\n\n\
                            Example:\n  trueup journal open --program my-program --by u-17"
    )]
    Open(JournalOpenArgs),
    /// List the acts, the latest last.
    #[command(
        after_help = "Example:\n  trueup journal log --program my-program --kind facts.logged"
    )]
    Log(JournalLogArgs),
    /// Print an act as it was signed.
    #[command(after_help = "Example:\n  trueup journal show 12 --program my-program")]
    Show(JournalShowArgs),
    /// Print the latest checkpoint: whoever keeps it can hold the journal to its past.
    #[command(after_help = "Example:\n  trueup journal checkpoint --program my-program > kept.txt")]
    Checkpoint(JournalCheckpointArgs),
    /// Print the proof that an act lies below the latest checkpoint, with the act in it.
    #[command(
        after_help = "Example:\n  trueup journal prove 12 --program my-program > act-12.tlog-proof"
    )]
    Prove(JournalShowArgs),
}

/// `trueup journal open`
#[derive(Debug, Args)]
pub struct JournalOpenArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup journal log`
#[derive(Debug, Args)]
pub struct JournalLogArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Only acts of this kind, or of kinds that begin with this word.
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only acts in whose name: vendor, or partner/ID.
    #[arg(long = "for", value_name = "ORGANISATION")]
    pub behalf: Option<String>,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup journal show`, `trueup journal prove`
#[derive(Debug, Args)]
pub struct JournalShowArgs {
    /// The act's number, as `trueup journal log` lists it.
    pub act: u64,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `trueup journal checkpoint`
#[derive(Debug, Args)]
pub struct JournalCheckpointArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `trueup keys`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List the keys, who holds their secrets, and whether they count.
    #[command(after_help = "Example:\n  trueup keys list --program my-program")]
    List(KeysListArgs),
    /// Make a key of one's own, away from the program: a secret to keep, and a request to send to the vendor.
    #[command(
        after_help = "Example:\n  trueup keys new --of alliance --for partner/P-100 --out p-100\n  \
                            writes p-100.key, which is secret, and p-100.request"
    )]
    New(KeysNewArgs),
    /// Add a key: a partner's own from its request, or one that is kept here for a partner.
    #[command(
        after_help = "Examples:\n  trueup keys add p-100.request --program my-program\n  \
                            trueup keys add --custodial partner/P-200 --program my-program\n  \
                            trueup keys add --custodial everyone --program my-program"
    )]
    Add(KeysAddArgs),
    /// Put a new key in the place of an organisation's old one, signed by the old one.
    #[command(
        after_help = "Example:\n  trueup keys rotate --for vendor --program my-program --by u-17"
    )]
    Rotate(KeysRotateArgs),
    /// Say that a key counts no longer: it was lost, or its holder left.
    #[command(
        after_help = "Example:\n  trueup keys retire 1a2b3c4d --because 'laptop stolen on 3 March' --program my-program"
    )]
    Retire(KeysRetireArgs),
}

/// `trueup keys list`
#[derive(Debug, Args)]
pub struct KeysListArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup keys new`
#[derive(Debug, Args)]
pub struct KeysNewArgs {
    /// The program's name, as program.yaml says it.
    #[arg(long, value_name = "PROGRAM")]
    pub of: String,
    /// Whose key: partner/ID, or vendor.
    #[arg(long = "for", value_name = "ORGANISATION")]
    pub whose: String,
    /// What the two files are called, without their endings.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// `trueup keys add`
#[derive(Debug, Args)]
pub struct KeysAddArgs {
    /// The request that the key's holder sent.
    #[arg(required_unless_present = "custodial", conflicts_with = "custodial")]
    pub request: Option<PathBuf>,
    /// Make a key here and keep it for this organisation, or for `everyone` who has none; what it signs is called custodial for
    /// ever.
    #[arg(long, value_name = "ORGANISATION")]
    pub custodial: Option<String>,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup keys rotate`
#[derive(Debug, Args)]
pub struct KeysRotateArgs {
    /// Whose key.
    #[arg(long = "for", value_name = "ORGANISATION", default_value = "vendor")]
    pub whose: String,
    /// The request of the new key, where its holder makes it; without it a new one is made and kept here.
    #[arg(long, value_name = "FILE")]
    pub request: Option<PathBuf>,
    /// The file of the old key, where it is not kept here.
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup keys retire`
#[derive(Debug, Args)]
pub struct KeysRetireArgs {
    /// The key's id: eight digits, as `trueup keys list` prints them.
    pub id: String,
    /// Why; it stays in the journal.
    #[arg(long, value_name = "TEXT")]
    pub because: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup verify`
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A bundle, a proof or an agreement to check by itself; nothing else is read then.
    #[arg(requires = "key")]
    pub file: Option<PathBuf>,
    /// The vendor's key, as the vendor published it, or a file with it.
    #[arg(long, value_name = "KEY", requires = "file")]
    pub key: Option<String>,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// A checkpoint that was kept: the journal must begin with what it was signed over.
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    pub checkpoint: Vec<PathBuf>,
}

/// `trueup rebuild`
#[derive(Debug, Args)]
pub struct RebuildArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Change nothing; exit with 1 where anything would change.
    #[arg(long)]
    pub check: bool,
}
