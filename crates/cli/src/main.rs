//! The one binary `trueup`: arguments, terminal output and wiring. It is the only place that knows the clock, the
//! environment and exit codes; every figure it prints was decided by the crates below it.
#![forbid(unsafe_code)]

mod agreements;
mod archive;
mod args;
mod away;
mod beside;
mod bundling;
mod commands;
mod compare;
mod compute;
mod content;
mod contested;
mod desk;
mod earned;
mod effects;
mod failure;
mod families;
mod fits;
mod folder;
mod impact;
mod kept_keys;
mod locked;
mod moves;
mod notes;
mod output;
mod paying;
mod plans;
mod posting;
mod profiles;
mod progress;
mod proofs;
mod record;
mod refusals;
mod runs;
mod seals;
mod seen;
mod served;
mod settling;
mod sides;
mod substitute;
mod summary;
mod tables;
mod threads;
mod worked;
mod world;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command, FactsCommand, JournalCommand};

fn main() -> ExitCode {
    // Before anything else: a decoder locks itself in while it is alone.
    if let Some(code) = trueup_facts::cage::decoder_asked() {
        return code;
    }
    // Wrong use ends with 2, help and version with 0, as clap does by itself.
    let cli = Cli::parse();
    let progress = progress::Progress::new(cli.quiet);
    let result = match cli.command {
        Command::Init(args) => commands::init::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Words(args) => commands::words::run(&args),
        Command::Schema => commands::schema::run(),
        Command::Ingest(args) => commands::ingest::run(&args, &progress),
        Command::Certify(args) => commands::certify::run(&args),
        Command::Run(args) => commands::run::run(&args, &progress),
        Command::Runs(args) => commands::runs::run(&args),
        Command::Facts(FactsCommand::Log(args)) => commands::facts_log::run(&args),
        Command::Facts(FactsCommand::Diff(args)) => commands::facts_diff::run(&args, &progress),
        Command::Facts(FactsCommand::Flag(args)) => commands::facts_flag::run(&args),
        Command::Facts(FactsCommand::Flags(args)) => commands::facts_flag::list(&args),
        Command::Facts(FactsCommand::Compact(args)) => commands::facts_files::merge(&args),
        Command::Facts(FactsCommand::Vacuum(args)) => commands::facts_files::vacuum(&args),
        Command::Facts(FactsCommand::Quality(args)) => {
            commands::facts_quality::run(&args, &progress)
        }
        Command::Quarantine(command) => commands::quarantine::run(&command),
        Command::Why(args) => commands::why::run(&args, &progress),
        Command::Explain(args) => commands::explain::run(&args, &progress),
        Command::Statement(args) => commands::statement::run(&args, &progress),
        Command::Bundle(args) => commands::bundle::run(&args, &progress),
        Command::Whatif(args) => commands::whatif::run(&args, &progress),
        Command::Diff(args) => commands::diff::run(&args, &progress),
        Command::Serve(args) => commands::serve::run(&args),
        Command::People(command) => commands::people::run(&command),
        Command::Agreement(command) => commands::agreement::run(&command, &progress),
        Command::Books(command) => commands::books::run(&command),
        Command::Period(command) => commands::period::run(&command, &progress),
        Command::Dispute(command) => commands::dispute::run(&command),
        Command::Announce(command) => commands::announce::run(&command),
        Command::Exception(command) => commands::exception::run(&command, &progress),
        Command::Opening(command) => commands::opening::run(&command),
        Command::Profile(command) => commands::profile::run(&command),
        Command::Payout(command) => commands::payout::run(&command, &progress),
        Command::Journal(JournalCommand::Open(args)) => commands::journal::open(&args),
        Command::Journal(JournalCommand::Log(args)) => commands::journal::log(&args),
        Command::Journal(JournalCommand::Show(args)) => commands::journal::show(&args),
        Command::Journal(JournalCommand::Checkpoint(args)) => commands::journal::checkpoint(&args),
        Command::Journal(JournalCommand::Prove(args)) => commands::journal::prove(&args),
        Command::Keys(command) => commands::keys::run(&command),
        Command::Verify(args) => commands::verify::run(&args),
        Command::Rebuild(args) => commands::rebuild::run(&args),
        Command::Backup(args) => commands::backup::run(&args, &progress),
        Command::Restore(args) => commands::restore::run(&args, &progress),
        Command::Test(args) => commands::test::run(&args),
        Command::Demo(args) => commands::demo::run(&args, &progress),
        Command::Completions { shell } => commands::completions::run(shell),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.end(),
    }
}
