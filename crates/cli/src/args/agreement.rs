//! The arguments of the commands about agreements.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ByArgs, Format, ProgramArgs};

/// `trueup agreement`
#[derive(Debug, Subcommand)]
pub enum AgreementCommand {
    /// List the agreements: proposed, signed, or changed since they were signed.
    #[command(after_help = "Example:\n  trueup agreement list --program my-program")]
    List(AgreementListArgs),
    /// Propose agreements as they stand in the folder, or counter what the other side proposed.
    #[command(
        after_help = "What is signed is the agreement's text, its plan with all it takes over and reads, its worked examples, and the\n\
                            declarations of program.yaml that the plan reads.\n\n\
                            Examples:\n  trueup agreement propose --all --because 'terms of 2027'\n  \
                            trueup agreement propose northwind --for partner/P-100 --key-file p-100.key --because 'target halved'"
    )]
    Propose(AgreementProposeArgs),
    /// Accept what the other side proposed: both have signed then.
    #[command(
        after_help = "Examples:\n  trueup agreement accept northwind --for partner/P-100 --key-file p-100.key\n  \
                            trueup agreement accept --all --for partner/P-200"
    )]
    Accept(AgreementAcceptArgs),
    /// Decline what the other side proposed, or withdraw one's own proposal.
    #[command(
        after_help = "Example:\n  trueup agreement decline northwind --partner P-100 --because 'the target is too steep'"
    )]
    Decline(AgreementDeclineArgs),
    /// Print an agreement as both sides signed it; whoever has the vendor's key can check it.
    #[command(
        after_help = "Example:\n  trueup agreement show northwind --partner P-100 > northwind.agreement\n  \
                            trueup verify northwind.agreement --key alliance/vendor+1a2b3c4d+Ab…"
    )]
    Show(AgreementShowArgs),
    /// Write the program as an agreement was signed or proposed on it into a folder, to be read, compared and run.
    #[command(
        after_help = "Example:\n  trueup agreement texts northwind --partner P-100 --out as-signed\n  \
                            trueup diff as-signed/agreements/northwind.yaml my-program/agreements/northwind.yaml --facts my-program"
    )]
    Texts(AgreementTextsArgs),
    /// Write a workbook with the terms of many partners, as they are or as a rule proposes them, to be edited and taken back.
    #[command(
        after_help = "Examples:\n  trueup agreement sheet --plan reseller --starts 2027-01-01 --until 2028-01-01 --out targets.xlsx\n  \
                            trueup agreement sheet --plan reseller --starts 2027-01-01 --over 2026 \\\n    \
                            --set 'target.net_sales=round(105% * net_sales, to => 1_000)' --out targets.xlsx"
    )]
    Sheet(AgreementSheetArgs),
    /// Take agreements from such a workbook into the program's texts: all of them, or none and what is wrong in which cell.
    #[command(
        after_help = "Example:\n  trueup agreement take targets.xlsx && trueup agreement propose --all --because 'targets of 2027'"
    )]
    Take(AgreementTakeArgs),
}

/// `trueup agreement sheet`
#[derive(Debug, Args)]
pub struct AgreementSheetArgs {
    /// Whose partners: those whose agreement is about this plan.
    #[arg(long, value_name = "PLAN")]
    pub plan: String,
    /// Only these partners; may be given several times.
    #[arg(long = "partner", value_name = "ID")]
    pub partners: Vec<String>,
    /// The first day of the new agreements.
    #[arg(long, value_name = "DAY")]
    pub starts: String,
    /// The day after their last; without it they have no end.
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
    /// What a term is proposed to be: TERM=FORMULA over the plan's names; may be given several times.
    #[arg(long = "set", value_name = "TERM=FORMULA")]
    pub rules: Vec<String>,
    /// The period in which rules are asked, such as 2026.
    #[arg(long, value_name = "PERIOD")]
    pub over: Option<String>,
    /// The workbook to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `trueup agreement take`
#[derive(Debug, Args)]
pub struct AgreementTakeArgs {
    /// The workbook.
    pub file: PathBuf,
    /// Write over agreements of the same name that say something else.
    #[arg(long)]
    pub replace: bool,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `trueup agreement list`
#[derive(Debug, Args)]
pub struct AgreementListArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Only this partner's.
    #[arg(long, value_name = "ID")]
    pub partner: Option<String>,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Which agreements, and who signs.
#[derive(Debug, Args)]
pub struct ChosenArgs {
    /// The agreements, by name.
    #[arg(value_name = "AGREEMENT", required_unless_present = "all")]
    pub agreements: Vec<String>,
    /// Every agreement.
    #[arg(long, conflicts_with = "agreements")]
    pub all: bool,
    /// Only this partner's.
    #[arg(long, value_name = "ID")]
    pub partner: Option<String>,
    /// In whose name: vendor, or partner/ID; whoever accepts may say everyone, for each partner whose key is kept here.
    #[arg(long = "for", value_name = "ORGANISATION", default_value = "vendor")]
    pub behalf: String,
    /// The file of the key that signs, where it is not kept beside the journal.
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who.
    #[command(flatten)]
    pub by: ByArgs,
}

/// `trueup agreement propose`
#[derive(Debug, Args)]
pub struct AgreementProposeArgs {
    /// Which agreements, and who signs.
    #[command(flatten)]
    pub chosen: ChosenArgs,
    /// Why; both sides want to know later.
    #[arg(long, value_name = "TEXT")]
    pub because: String,
}

/// `trueup agreement accept`
#[derive(Debug, Args)]
pub struct AgreementAcceptArgs {
    /// Which agreements, and who signs.
    #[command(flatten)]
    pub chosen: ChosenArgs,
}

/// `trueup agreement decline`
#[derive(Debug, Args)]
pub struct AgreementDeclineArgs {
    /// Which agreements, and who signs.
    #[command(flatten)]
    pub chosen: ChosenArgs,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub because: String,
}

/// `trueup agreement show`
#[derive(Debug, Args)]
pub struct AgreementShowArgs {
    /// The agreement's name.
    pub agreement: String,
    /// Whose.
    #[arg(long, value_name = "ID")]
    pub partner: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `trueup agreement texts`
#[derive(Debug, Args)]
pub struct AgreementTextsArgs {
    /// The agreement's name.
    pub agreement: String,
    /// Whose.
    #[arg(long, value_name = "ID")]
    pub partner: String,
    /// What is proposed, and not what was signed last.
    #[arg(long)]
    pub proposed: bool,
    /// The folder to write; it must be empty or not exist.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}
