//! The arguments of what is served, and of the people it is served to.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ProgramArgs;

/// What stands below the help of `trueup serve`.
pub const AFTER: &str = "Examples:\n  trueup serve --program my-program\n  \
    curl -H \"authorization: Bearer $TRUEUP_TOKEN\" -H 'content-type: application/json' \
    -d '{\"invoice\": \"I-1\", …}' http://127.0.0.1:8080/v1/facts/invoices\n\n\
    Whoever asks signs on first. The first time, a code is printed that makes the first administrator. With TRUEUP_TOKEN set, \
    whoever bears it pushes facts and reads figures. TRUEUP_PASSWORD_COST is what hashing a password costs: memory in KiB and \
    passes, 19456:2 where it is not set. With TRUEUP_OIDC_ISSUER, TRUEUP_OIDC_CLIENT and --address set, people sign on by that provider \
    of identities too; TRUEUP_OIDC_SECRET is the client's secret, and TRUEUP_OIDC_CALLED how people call the provider. With TRUEUP_SMTP \
    (smtp://127.0.0.1:25), TRUEUP_MAIL_FROM and --address set, people are told by e-mail what concerns them.";

/// `trueup serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Something in front of the server speaks TLS, so cookies never travel without.
    #[arg(long)]
    pub behind_tls: bool,
    /// Where people reach the server, such as `https://trueup.example.org`; signing on by a provider needs it.
    #[arg(long, value_name = "URL")]
    pub address: Option<String>,
    /// A folder with the web app's built files, in place of those that were built in.
    #[arg(long, value_name = "DIR")]
    pub web: Option<PathBuf>,
}

/// `trueup people`
#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// Add somebody; a password is made and printed once, unless TRUEUP_PASSWORD holds one.
    Add(PeopleAddArgs),
    /// List who may sign on.
    List(PeopleListArgs),
}

/// `trueup people add`
#[derive(Debug, Args)]
pub struct PeopleAddArgs {
    /// The name to sign on with, such as an e-mail address.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// How the person is called; the name where nothing is said.
    #[arg(long, value_name = "TEXT")]
    pub called: Option<String>,
    /// What the person may do; several are several times given.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    pub roles: Vec<RoleArg>,
    /// The one partner it is for.
    #[arg(long, value_name = "ID")]
    pub partner: Option<String>,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `trueup people list`
#[derive(Debug, Args)]
pub struct PeopleListArgs {
    /// How to print.
    #[arg(long, value_enum, default_value_t = super::Format::Table)]
    pub format: super::Format,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// A role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// Reads one partner's own pages.
    PartnerViewer,
    /// Reads one partner's own pages and acts in its name.
    PartnerManager,
    /// Reads the partners it looks after, and disputes with them.
    AccountManager,
    /// Writes and checks plans.
    ProgramDesigner,
    /// Calculates and closes, answers disputes.
    Finance,
    /// Approves what others prepared.
    Approver,
    /// Reads everything, changes nothing.
    Auditor,
    /// Reads the overview and partners.
    Executive,
    /// Manages people; reads no money.
    Administrator,
}
