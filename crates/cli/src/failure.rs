//! How a command ends when it does not end well, and the exit code that says so.

use std::process::ExitCode;

/// Why a command did not end well.
#[derive(Debug)]
pub enum Failure {
    /// Findings: errors in a plan, failed examples, quarantined rows. What was found is already printed.
    Findings,
    /// Findings that are told here.
    Found(String),
    /// The command was used wrongly.
    Use(String),
    /// The world failed: disk, memory, another program.
    Fault(String),
    /// Asked to stop.
    Stopped,
}

impl Failure {
    /// A fault with what was tried and the chain of causes.
    pub fn fault(what: impl std::fmt::Display, error: &dyn std::error::Error) -> Self {
        Self::Fault(format!("{what}: {}", chain(error)))
    }

    /// The exit code, after saying why where that is not yet said.
    pub fn end(self) -> ExitCode {
        match self {
            Self::Findings => ExitCode::from(1),
            Self::Found(text) => {
                eprintln!("{text}");
                ExitCode::from(1)
            }
            Self::Use(text) => {
                eprintln!("trueup: {text}");
                ExitCode::from(2)
            }
            Self::Fault(text) => {
                eprintln!("trueup: {text}");
                ExitCode::from(3)
            }
            Self::Stopped => {
                eprintln!(
                    "trueup: stopped; what was acknowledged is kept, and the same command goes on from there"
                );
                ExitCode::from(3)
            }
        }
    }
}

/// An error and everything that lies below it, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(next) = below {
        text.push_str(&format!(": {next}"));
        below = next.source();
    }
    text
}
