//! The command line: every command, its options and examples of its use.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

mod agreement;
mod announce;
mod backup;
mod books;
mod bundle;
mod journal;
mod opening;
mod payout;
mod period;
pub mod serve;

pub use agreement::*;
pub use announce::*;
pub use backup::*;
pub use books::*;
pub use bundle::*;
pub use journal::*;
pub use opening::*;
pub use payout::*;
pub use period::*;
pub use serve::{PeopleAddArgs, PeopleCommand, PeopleListArgs, RoleArg, ServeArgs};

/// Partner incentive programs that both sides can check: plans as text, facts as an open table, every figure explained.
#[derive(Debug, Parser)]
#[command(
    name = "trueup",
    version,
    propagate_version = true,
    after_help = "\
Examples:
  trueup init my-program && trueup check my-program        start a program and check it
  trueup words my-program                                  its plans in plain English
  trueup ingest --program my-program                       take in every declared source
  trueup run --program my-program                          what everyone earned
  trueup statement --program my-program --partner P-100    one partner's statement
  trueup why previous latest --program my-program          why two runs differ, every cent by its cause
  trueup test cases/                                       run worked examples

Exit codes: 0 fine, 1 findings (errors in a plan, failed examples, quarantined rows), 2 wrong use, 3 a fault outside"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Say nothing on the way: no progress, no notes.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented starter program into a folder.
    #[command(after_help = "Example:\n  trueup init my-program\n  trueup run --program my-program")]
    Init(InitArgs),
    /// Check a plan or a whole program, and say everything that is wrong with it.
    #[command(
        after_help = "Examples:\n  trueup check plans/reseller.yaml\n  trueup check my-program --format json\n  \
                            trueup check my-program --for-signature --notes"
    )]
    Check(CheckArgs),
    /// Say a plan in plain English: every rule, table and default, as both sides sign it.
    #[command(
        after_help = "Examples:\n  trueup words plans/reseller.yaml                            everything, as Markdown\n  \
                            trueup words my-program --plan reseller --short             one page\n  \
                            trueup words my-program/agreements/northwind.yaml --format html --out northwind.html"
    )]
    Words(WordsArgs),
    /// Print the JSON Schema of a plan file, for editors.
    #[command(after_help = "Example:\n  trueup schema > plan.schema.json")]
    Schema,
    /// Take in facts: every declared source, or the files named.
    #[command(after_help = "Examples:\n  trueup ingest --program my-program\n  \
                            trueup ingest --program my-program --source invoices late-invoices.csv")]
    Ingest(IngestArgs),
    /// Look at what a source's columns are taken to mean, before its rows count.
    #[command(
        after_help = "With `mappings: certified` in program.yaml, rows are taken in only under a mapping that somebody certified.\n\n\
                            Example:\n  trueup certify invoices --program my-program --by 'Ada Byron'"
    )]
    Certify(CertifyArgs),
    /// Evaluate every partner: what was earned, settlement by settlement.
    #[command(after_help = "Examples:\n  trueup run --program my-program\n  \
                            trueup run --program my-program --period 2026-Q1 --format csv\n  \
                            trueup run --program my-program --as-known-on 2026-03-31\n  \
                            trueup run --program my-program --again 1a2b3c")]
    Run(RunArgs),
    /// List the runs that were kept, the latest last.
    #[command(
        after_help = "Every run is kept with all it read, so that it can be repeated and compared.\n\n\
                            Example:\n  trueup runs --program my-program"
    )]
    Runs(RunsArgs),
    /// What was taken in, when, and what each delivery changed.
    #[command(subcommand)]
    Facts(FactsCommand),
    /// Rows that were set aside: list them, put them right, try them again.
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Say why two runs differ: every cent by its cause.
    #[command(
        after_help = "A run is named by how its hash begins, or by `latest` and `previous`; `trueup runs` lists them.\n\n\
                            Examples:\n  trueup why previous latest --program my-program\n  \
                            trueup why 1a2b3c 4d5e6f --program my-program --partner P-100 --period 2026-Q1\n  \
                            trueup why previous latest --program my-program --format csv"
    )]
    Why(WhyArgs),
    /// Show a figure down to the clause, the formula and the rows.
    #[command(after_help = "Example:\n  \
                            trueup explain --program my-program --partner P-100 --period 2026-Q1 volume_bonus --rows")]
    Explain(ExplainArgs),
    /// Print a partner's statement.
    #[command(
        after_help = "Examples:\n  trueup statement --program my-program --partner P-100 --period 2026-Q1\n  \
                            trueup statement --program my-program --partner P-100 --format pdf --out P-100.pdf"
    )]
    Statement(StatementArgs),
    /// Write a partner's statement as one file that anyone can verify without us.
    #[command(
        after_help = "The file holds the partner's own facts, the plan, the agreement, every step of the explanation, postings and proofs.\n\n\
                            Examples:\n  trueup bundle --program my-program --partner P-100 --period 2026-Q1 --out P-100.bundle\n  \
                            trueup verify P-100.bundle --key alliance/vendor+1a2b3c4d+Ab…"
    )]
    Bundle(BundleArgs),
    /// Ask what a change would pay, or which nearest changes would have paid more.
    #[command(after_help = "Examples:\n  \
                            trueup whatif --program my-program --partner P-100 --period 2026-Q1\n  \
                            trueup whatif --program my-program --partner P-100 --period 2026-Q1 --change 'net_sales = was + 200_000'")]
    Whatif(WhatIfArgs),
    /// Tell what changed in meaning between two plans, agreements or programs, and what it would have changed in money.
    #[command(
        after_help = "Examples:\n  trueup diff plans/reseller.yaml new/reseller.yaml\n  \
                            trueup diff my-program my-proposal --facts my-program\n  \
                            trueup diff my-program my-proposal --facts my-program --period FY2026 --by country --format md\n\n\
                            Exit codes: 0 no change of meaning, 1 changes of meaning, 2 wrong use, 3 a fault outside"
    )]
    Diff(DiffArgs),
    /// Serve the program over HTTP: the web app, its API, and facts that are pushed.
    #[command(after_help = serve::AFTER)]
    Serve(ServeArgs),
    /// The people who may sign on to a server, and what they may do.
    #[command(subcommand)]
    People(PeopleCommand),
    /// Agreements between proposal and signature: proposed by either side, signed by both.
    #[command(subcommand)]
    Agreement(AgreementCommand),
    /// The books: what was posted, to the cent, and never changed.
    #[command(subcommand)]
    Books(BooksCommand),
    /// Periods: calculated by one, approved by another, closed for good.
    #[command(subcommand)]
    Period(PeriodCommand),
    /// Disputes: lines of a statement that one side does not accept.
    #[command(subcommand)]
    Dispute(DisputeCommand),
    /// Announcements: what partners are told in plain words, and who of them has read it.
    #[command(subcommand)]
    Announce(AnnounceCommand),
    /// Exceptions: one line that no rule gives, proposed by one and approved by another.
    #[command(subcommand)]
    Exception(ExceptionCommand),
    /// Opening balances: what the system before kept for partners, taken over by two people.
    #[command(subcommand)]
    Opening(OpeningCommand),
    /// Payment profiles: where partners' money goes.
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Payouts: prepared by one, approved by another, ordered once, and what the bank says of them.
    #[command(subcommand)]
    Payout(PayoutCommand),
    /// The journal: what was decided, by whom, signed, in an order nobody can quietly change.
    #[command(subcommand)]
    Journal(JournalCommand),
    /// The keys that sign for the vendor and for partners.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Find anything that was changed: in the journal, the facts and the kept runs, or in a proof from elsewhere.
    #[command(
        after_help = "Without a file the whole program is looked through; with --checkpoint it is held to a past that somebody kept.\n\n\
                            Examples:\n  trueup verify --program my-program\n  \
                            trueup verify --program my-program --checkpoint kept-in-march.txt\n  \
                            trueup verify act-12.tlog-proof --key alliance/vendor+1a2b3c4d+Ab…"
    )]
    Verify(VerifyArgs),
    /// Write everything again that follows from the journal; with --check only say whether it is as it should be.
    #[command(after_help = "Example:\n  trueup rebuild --check --program my-program")]
    Rebuild(RebuildArgs),
    /// Write a program with its facts, runs, keys, journal and books into one file.
    #[command(
        after_help = "Example:\n  trueup backup --program my-program --out my-program.backup"
    )]
    Backup(BackupArgs),
    /// Make a program from its backup, with the journal in a database of its own, and verify it.
    #[command(
        after_help = "With TRUEUP_DATABASE the journal goes into the database that it names, which has to be empty; without it beside the program.\n\n\
                            Example:\n  trueup restore my-program.backup --program my-program"
    )]
    Restore(RestoreArgs),
    /// Run worked examples: each folder with an expected.yaml below the paths.
    #[command(
        after_help = "Examples:\n  trueup test cases/\n  trueup test my-program --format json"
    )]
    Test(TestArgs),
    /// Run the example program that ships with Trueup: 701 resellers, three years of sales.
    #[command(after_help = "Example:\n  trueup demo --once --out /path/to/an/empty/folder")]
    Demo(DemoArgs),
    /// Print completions for a shell.
    #[command(
        after_help = "Example:\n  trueup completions bash > ~/.local/share/bash-completion/completions/trueup"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// In the place of a partner: everyone that it can be done for here.
pub const EVERYONE: &str = "everyone";

/// How output that is data is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs, whole.
    Json,
    /// For spreadsheets, line by line.
    Csv,
}

/// How a difference is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people, on a terminal.
    #[default]
    Table,
    /// For people, as Markdown.
    Md,
    /// For programs, whole.
    Json,
    /// For spreadsheets, line by line: changes, or with facts everyone and what changes for them.
    Csv,
}

/// How a tree is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TreeFormat {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// Which program.
#[derive(Clone, Debug, Args)]
pub struct ProgramArgs {
    /// The program's folder: the one that holds program.yaml.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub program: PathBuf,
}

/// `trueup init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder to write; it must be empty or not exist.
    pub dir: PathBuf,
}

/// `trueup check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Plan files, or program folders.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Missing words are errors: the plan is about to be signed.
    #[arg(long)]
    pub for_signature: bool,
    /// Print notes too: what is good to know, and what could not be decided. Data has them in any case.
    #[arg(long)]
    pub notes: bool,
    /// Leave out the facts that were taken in: who reached what is then not looked at, and the check is faster.
    #[arg(long)]
    pub without_facts: bool,
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup words`
#[derive(Debug, Args)]
pub struct WordsArgs {
    /// A plan file, a program's folder, or an agreement's file: then with the figures it agrees.
    #[arg(value_name = "PLAN")]
    pub path: PathBuf,
    /// Only this plan of the program's folder.
    #[arg(long, value_name = "NAME")]
    pub plan: Option<String>,
    /// One page: what can be earned, what must be reached, when it is paid, how to disagree.
    #[arg(long)]
    pub short: bool,
    /// How it is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: PageFormat,
    /// The file to write it to; without it, it is printed.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// How a text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PageFormat {
    /// Markdown, for the terminal and for repositories.
    #[default]
    Md,
    /// One HTML page that stands alone, for screens and paper.
    Html,
}

/// `trueup ingest`
#[derive(Debug, Args)]
pub struct IngestArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// The declared source the files belong to; needed when files are named.
    #[arg(long, requires = "files")]
    pub source: Option<String>,
    /// Files to take in instead of those the sources declare; seen from here, not from the program's folder.
    #[arg(requires = "source")]
    pub files: Vec<PathBuf>,
    /// Exit with 0 although rows were quarantined.
    #[arg(long)]
    pub allow_quarantine: bool,
    /// How to print the reconciliation.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup certify`
#[derive(Debug, Args)]
pub struct CertifyArgs {
    /// The declared source.
    pub source: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Who says that the mapping is right: prints what to write into program.yaml.
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// How many rows of its first file to show.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub rows: usize,
}

/// Whom and when a run is about.
#[derive(Debug, Args)]
pub struct ScopeArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Only this partner.
    #[arg(long, value_name = "ID")]
    pub partner: Option<String>,
    /// Only this period: FY2013-Q1, 2013-Q1, 2013-04, FY2013; without it every period with facts.
    #[arg(long, value_name = "P")]
    pub period: Option<String>,
    /// As what facts.
    #[command(flatten)]
    pub as_of: AsOfArgs,
    /// Who measures: passes over the facts, or the rows one by one. Both answer the same to the last digit; the second is
    /// slow and plain, for whoever wants to check the first.
    #[arg(long, value_enum, default_value_t, hide_short_help = true)]
    pub measurer: Measurer,
}

impl ScopeArgs {
    /// Of a program, with the facts as they are now.
    pub fn of(program: ProgramArgs, partner: Option<&str>, period: Option<&str>) -> Self {
        Self {
            program,
            partner: partner.map(str::to_owned),
            period: period.map(str::to_owned),
            as_of: AsOfArgs::default(),
            measurer: Measurer::default(),
        }
    }
}

/// Which of the states that the facts were in.
#[derive(Clone, Debug, Default, Args)]
pub struct AsOfArgs {
    /// The facts as this delivery left them; `trueup facts log` has the numbers.
    #[arg(long, value_name = "N", conflicts_with = "as_known_on")]
    pub snapshot: Option<u64>,
    /// The facts as they were known at the end of this day, in the program's time zone: 2026-03-31.
    #[arg(long, value_name = "DATE")]
    pub as_known_on: Option<String>,
}

/// `trueup facts`
#[derive(Debug, Subcommand)]
pub enum FactsCommand {
    /// List the deliveries, the latest last; each made a snapshot that can be run again.
    #[command(after_help = "Example:\n  trueup facts log --program my-program")]
    Log(FactsLogArgs),
    /// Say what changed between two snapshots: which rows, whose figures, how much money.
    #[command(
        after_help = "A snapshot is named by its number; without the second the latest is meant.\n\n\
                            Examples:\n  trueup facts diff 3 4 --program my-program\n  \
                            trueup facts diff 3 --program my-program --partner P-100 --format csv"
    )]
    Diff(FactsDiffArgs),
    /// Say how good the facts are: fresh, complete, delivered once, and like themselves.
    #[command(
        after_help = "docs/quality.md says what each figure is and how it is found.\n\nExample:\n  trueup facts quality --program my-program"
    )]
    Quality(FactsQualityArgs),
    /// Say that rows are in doubt, or no longer. They count all the same, and whoever reads their figures is told.
    #[command(
        after_help = "Examples:\n  trueup facts flag invoices/I-2001/1 --by 'Bo, Northwind' --because 'returned in March'\n  \
                            trueup facts flag --lift invoices/I-2001/1 --by 'Ada Byron' --because 'the return is another invoice'"
    )]
    Flag(FactsFlagArgs),
    /// List the flags, and what became of the rows.
    #[command(after_help = "Example:\n  trueup facts flags --program my-program")]
    Flags(FactsFlagsArgs),
    /// Write small files anew as few. No figure and no snapshot changes.
    #[command(
        after_help = "A running server does so by itself.\n\nExample:\n  trueup facts compact --program my-program"
    )]
    Compact(FactsCompactArgs),
    /// List the files that neither the facts as they are nor any kept run needs, or remove them.
    #[command(
        after_help = "Examples:\n  trueup facts vacuum --program my-program\n  trueup facts vacuum --program my-program --delete"
    )]
    Vacuum(FactsVacuumArgs),
}

/// `trueup facts compact`
#[derive(Debug, Args)]
pub struct FactsCompactArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `trueup facts vacuum`
#[derive(Debug, Args)]
pub struct FactsVacuumArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Remove them. Earlier snapshots that no run was made of can no longer be opened then.
    #[arg(long)]
    pub delete: bool,
}

/// `trueup facts log`
#[derive(Debug, Args)]
pub struct FactsLogArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Only this source.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup facts flag`
#[derive(Debug, Args)]
pub struct FactsFlagArgs {
    /// The rows: their source and their id there, as explanations name them.
    #[arg(value_name = "SOURCE/ID", required = true)]
    pub rows: Vec<String>,
    /// Lift the flags.
    #[arg(long)]
    pub lift: bool,
    /// Who says so.
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Why.
    #[arg(long, value_name = "REASON")]
    pub because: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `trueup facts flags`
#[derive(Debug, Args)]
pub struct FactsFlagsArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Only those of whose rows nothing became yet.
    #[arg(long)]
    pub open: bool,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup facts quality`
#[derive(Debug, Args)]
pub struct FactsQualityArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Only this source.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// As of this day; without it today, in the program's time zone.
    #[arg(long, value_name = "DATE")]
    pub on: Option<String>,
    /// How many equal rows and far-out values to list of a source.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,
    /// How to print it: a page, everything as json, or figure by figure as csv.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup facts diff`
#[derive(Debug, Args)]
pub struct FactsDiffArgs {
    /// The snapshot that is compared with; 0 is before the first.
    #[arg(value_name = "A")]
    pub before: u64,
    /// The snapshot that is explained; without it the latest.
    #[arg(value_name = "B")]
    pub after: Option<u64>,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Only the rows and figures of this partner.
    #[arg(long, value_name = "ID")]
    pub partner: Option<String>,
    /// Only what is paid for settlements that end in this period.
    #[arg(long, value_name = "P")]
    pub period: Option<String>,
    /// Only rows and their sums: nobody is settled.
    #[arg(long)]
    pub without_pay: bool,
    /// How many rows, and how many partners, a page shows; json and csv have all.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// How to print it: a page, everything as json, or row by row as csv.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup quarantine`
#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// List the rows that are set aside, each with all that is wrong with it.
    #[command(
        after_help = "Example:\n  trueup quarantine list --program my-program --source invoices"
    )]
    List(QuarantineListArgs),
    /// Put a row right and take it in.
    #[command(
        after_help = "The row keeps its file and line; who changed what, and why, stays with it.\n\nExample:\n  \
                            trueup quarantine fix 12:4 reseller=P-100 --by 'Ada Byron' --because 'typo, see mail of 3 March'"
    )]
    Fix(QuarantineFixArgs),
    /// Try the rows again as they came, after an alias or a declaration was put right.
    #[command(after_help = "Example:\n  trueup quarantine replay --program my-program")]
    Replay(QuarantineReplayArgs),
    /// Say that rows never count.
    #[command(
        after_help = "Example:\n  trueup quarantine reject 12:4 12:9 --by 'Ada Byron' --because 'test entries'"
    )]
    Reject(QuarantineRejectArgs),
}

/// `trueup quarantine list`
#[derive(Debug, Args)]
pub struct QuarantineListArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Only this source.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup quarantine fix`
#[derive(Debug, Args)]
pub struct QuarantineFixArgs {
    /// The row, as the list names it: 12:4.
    pub row: String,
    /// What its cells are to hold: COLUMN=VALUE, by the source's own columns.
    #[arg(value_name = "COLUMN=VALUE", required = true)]
    pub changes: Vec<String>,
    /// Who says so.
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Why.
    #[arg(long, value_name = "REASON")]
    pub because: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// How to print what came of it.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup quarantine replay`
#[derive(Debug, Args)]
pub struct QuarantineReplayArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Only this source.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// How to print what came of it.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup quarantine reject`
#[derive(Debug, Args)]
pub struct QuarantineRejectArgs {
    /// The rows, as the list names them: 12:4.
    #[arg(required = true)]
    pub rows: Vec<String>,
    /// Who says so.
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Why.
    #[arg(long, value_name = "REASON")]
    pub because: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// How to print what came of it.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Who measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Measurer {
    /// One pass for each kind of fact.
    #[default]
    Passes,
    /// The rows, one by one.
    Rows,
}

/// `trueup run`
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Whom and when.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Repeat a kept run from the texts and facts it read then, whatever became of the folder, and hold it to what it came to:
    /// how its hash begins, `latest` or `previous`.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["partner", "period", "snapshot", "as_known_on"])]
    pub again: Option<String>,
    /// How to print the result: a table of totals, or every line as json or csv.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup runs`
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// How to print the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup why`
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// The run that is compared with: how its hash begins, `previous` or `latest`.
    pub run_a: String,
    /// The run that is explained.
    pub run_b: String,
    /// Which program.
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Only this partner, with what each cause did on the way.
    #[arg(long, value_name = "ID")]
    pub partner: Option<String>,
    /// Only settlements that end in this period: FY2013-Q1, 2013-Q1, 2013-04, FY2013.
    #[arg(long, value_name = "P")]
    pub period: Option<String>,
    /// Only this component, or a limit's `top_up`.
    #[arg(long, value_name = "C")]
    pub component: Option<String>,
    /// How to print it: a page, or every part of every line as json or csv.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Whom and when.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// The component, value, measure or limit to explain.
    pub name: String,
    /// Show every row, not only how many there are.
    #[arg(long)]
    pub rows: bool,
    /// How to print the explanation.
    #[arg(long, value_enum, default_value_t)]
    pub format: TreeFormat,
}

/// `trueup whatif`
#[derive(Debug, Args)]
pub struct WhatIfArgs {
    /// Whom and when.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Only these components; all that pay money when none is named.
    pub components: Vec<String>,
    /// A change of a measure, term or value: NAME = FORMULA, which may mention what it `was`. Without one, the nearest
    /// changes that would have paid more are looked for.
    #[arg(long = "change", value_name = "CHANGE")]
    pub changes: Vec<String>,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t)]
    pub format: TreeFormat,
}

/// `trueup statement`
#[derive(Debug, Args)]
pub struct StatementArgs {
    /// Whom and when.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// How it is written: printed as a page or as data, or as a document into a file.
    #[arg(long, value_enum, default_value_t)]
    pub format: StatementFormat,
    /// The file to write a document to.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// How a statement is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum StatementFormat {
    /// For people, on a terminal.
    #[default]
    Table,
    /// For programs, whole.
    Json,
    /// For spreadsheets, line by line.
    Csv,
    /// A document for people, into a file: PDF/A, tagged.
    Pdf,
    /// A workbook, into a file: a sheet to read and one with the lines.
    Xlsx,
}

/// `trueup diff`
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// What held: a plan's file, an agreement's file, or a program's folder.
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// What is to hold.
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    /// Settle everyone under both, over the facts taken into this program; over its worked examples where it has none.
    #[arg(long, value_name = "DIR")]
    pub facts: Option<PathBuf>,
    /// Only this period.
    #[arg(long, value_name = "P", requires = "facts")]
    pub period: Option<String>,
    /// Only this partner.
    #[arg(long, value_name = "ID", requires = "facts")]
    pub partner: Option<String>,
    /// Tell winners and losers by these columns of the partner directory; without it by type and size.
    #[arg(long, value_name = "COLUMN", requires = "facts")]
    pub by: Vec<String>,
    /// How many of the largest gains and losses to show.
    #[arg(long, value_name = "N", default_value_t = 10, requires = "facts")]
    pub top: usize,
    /// How many changes to work out one at a time, at most.
    #[arg(long, value_name = "N", default_value_t = 12, requires = "facts")]
    pub alone: usize,
    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub format: DiffFormat,
}

/// `trueup test`
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Folders to look for worked examples in.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// How to print the results.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `trueup demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Exit after printing, and serve nothing.
    #[arg(long)]
    pub once: bool,
    /// Where to serve it; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where to put the program and its state.
    #[arg(long, value_name = "DIR", default_value = "trueup-demo")]
    pub out: PathBuf,
}
