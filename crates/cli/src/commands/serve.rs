//! `trueup serve`: facts are pushed to it, and statements asked of it.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use trueup_facts::disk::Disk;
use trueup_facts::push::Counter;
use trueup_server::{App, Refused, Server, Settings};

use crate::args::{ProgramArgs, ScopeArgs, ServeArgs};
use crate::commands::statement;
use crate::failure::{Failure, chain};
use crate::folder;
use crate::output;
use crate::seen::Seen;
use crate::threads::on_deep_stack;

/// The variable that holds the token which requests must bear.
pub const TOKEN: &str = "TRUEUP_TOKEN";

/// Serves until interrupted.
pub fn run(args: &ServeArgs) -> Result<(), Failure> {
    let folder = folder::open(&args.program.program)?;
    let program = Arc::new(folder.program);
    let token = match std::env::var(TOKEN) {
        Ok(token) if token.trim().is_empty() => {
            return Err(Failure::Use(format!(
                "{TOKEN} is empty; set a token, or unset it"
            )));
        }
        Ok(token) => Some(token),
        Err(_) => None,
    };
    let counter = Counter::open(&program, &Disk::default(), jiff::Timestamp::now)
        .map_err(|fault| Failure::fault("opening the inbox", &fault))?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::fault("starting the server", &error))?;
    let settings = Settings {
        listen: args.listen,
        token,
    };
    let app = Box::new(Statements {
        program: args.program.program.clone(),
    });
    runtime.block_on(async {
        let failed = |error| Failure::fault("serving", &error);
        let server = Server::listen(settings, program, counter, app)
            .await
            .map_err(|error| Failure::Use(chain(&error)))?;
        let address = server.address().map_err(failed)?;
        output::print(&format!("Serving on http://{address}; interrupt to stop\n"))?;
        let stop = async {
            // Where nobody can interrupt it serves on.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        server.serve(stop).await.map_err(failed)
    })
}

/// Statements of a program's folder, as it stands when they are asked for.
struct Statements {
    program: PathBuf,
}

impl App for Statements {
    fn statements(&self, partner: &str, period: Option<&str>) -> Result<Value, Refused> {
        on_deep_stack(&|| self.of(partner, period)).map_err(|failure| match failure {
            Failure::Use(says) | Failure::Found(says) => Refused::not_found(says),
            Failure::Fault(says) => Refused::fault(says),
            Failure::Findings | Failure::Stopped => Refused::fault("the evaluation broke off"),
        })
    }
}

impl Statements {
    fn of(&self, partner: &str, period: Option<&str>) -> Result<Value, Failure> {
        let program = ProgramArgs {
            program: self.program.clone(),
        };
        let args = ScopeArgs::of(program, Some(partner), period);
        statement::as_data(&args, partner, Seen::as_folded)
    }
}
