//! The arguments of the commands about announcements.

use clap::{Args, Subcommand};

use super::{ByArgs, Format, ProgramArgs};

/// `trueup announce`
#[derive(Debug, Subcommand)]
pub enum AnnounceCommand {
    /// Make an announcement: to everybody, or to some.
    #[command(
        after_help = "Whom it is to is settled when it is made. It becomes part of the journal, where nothing is ever removed: name no person.\n\n\
                            Examples:\n  trueup announce make --title 'Targets of 2027' --text 'They are in your agreements.' --program my-program --by u-4\n  \
                            trueup announce make --title 'Gold days' --text 'Bring a colleague.' --where tier=gold --program my-program --by u-4\n  \
                            trueup announce make --title 'Your audit' --text 'It is on 1 June.' --partner P-100 --program my-program --by u-4"
    )]
    Make(AnnounceMakeArgs),
    /// List announcements, and who has read them.
    #[command(after_help = "Example:\n  trueup announce list --program my-program")]
    List(AnnounceListArgs),
    /// Say, in a partner's name, that one has read an announcement.
    #[command(
        after_help = "Example:\n  trueup announce acknowledge 21 --for partner/P-100 --program my-program --by u-31"
    )]
    Acknowledge(AnnounceAcknowledgeArgs),
    /// Take an announcement back; what it said stays on the journal.
    #[command(
        after_help = "Example:\n  trueup announce withdraw 21 --because 'the day was wrong' --program my-program --by u-4"
    )]
    Withdraw(AnnounceWithdrawArgs),
}

/// `trueup announce make`
#[derive(Debug, Args)]
pub struct AnnounceMakeArgs {
    /// What it is about, in one line.
    #[arg(long, value_name = "TEXT")]
    pub title: String,
    /// What it says.
    #[arg(long, value_name = "TEXT")]
    pub text: String,
    /// Whom it is to; everybody where nothing is said.
    #[command(flatten)]
    pub to: ToArgs,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// Whom an announcement is to.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct ToArgs {
    /// To these partners; several are several times given.
    #[arg(long = "partner", value_name = "ID")]
    pub partners: Vec<String>,
    /// To partners of which a column of the directory says this, such as `tier=gold`.
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    pub is: Option<String>,
    /// To partners under a plan.
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
}

/// `trueup announce list`
#[derive(Debug, Args)]
pub struct AnnounceListArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// `trueup announce acknowledge`
#[derive(Debug, Args)]
pub struct AnnounceAcknowledgeArgs {
    /// The announcement's number.
    #[arg(value_name = "ANNOUNCEMENT")]
    pub announcement: u64,
    /// In whose name: partner/ID.
    #[arg(long = "for", value_name = "WHOSE")]
    pub behalf: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup announce withdraw`
#[derive(Debug, Args)]
pub struct AnnounceWithdrawArgs {
    /// The announcement's number.
    #[arg(value_name = "ANNOUNCEMENT")]
    pub announcement: u64,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub because: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}
