//! `trueup serve`: the web app, its API, and facts that are pushed.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use trueup_facts::disk::Disk;
use trueup_facts::push::Counter;
use trueup_server::{Files, Log, MailSetting, ProviderSetting, Reach, Server, Settings};

use crate::args::ServeArgs;
use crate::commands::people;
use crate::failure::{Failure, chain};
use crate::folder;
use crate::output;
use crate::record;
use crate::served::Served;

/// The variable that holds the operator's own token.
pub const TOKEN: &str = "TRUEUP_TOKEN";

/// The variables that say by which provider of identities people sign on too.
const ISSUER: &str = "TRUEUP_OIDC_ISSUER";
const CLIENT: &str = "TRUEUP_OIDC_CLIENT";
const SECRET: &str = "TRUEUP_OIDC_SECRET";
const CALLED: &str = "TRUEUP_OIDC_CALLED";

/// The variable that lets webhooks reach this machine, for tests of their receivers.
const WEBHOOKS_HERE: &str = "TRUEUP_WEBHOOKS_TO_THIS_MACHINE";

/// The variables that say how people are told by e-mail.
const RELAY: &str = "TRUEUP_SMTP";
const MAIL_FROM: &str = "TRUEUP_MAIL_FROM";

/// The web app's files, where they were built before the binary was.
const APP: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/app.rs"));

/// Serves until interrupted.
pub fn run(args: &ServeArgs) -> Result<(), Failure> {
    let files = match &args.web {
        None => Files::of(APP),
        Some(folder) => Files::read(folder).map_err(|error| {
            Failure::fault(
                format!("reading the web app in {}", folder.display()),
                &error,
            )
        })?,
    };
    let how = How {
        listen: args.listen,
        behind_tls: args.behind_tls,
        address: args.address.clone(),
        files,
    };
    serve(&args.program.program, how, &|address, code| {
        let mut text = format!("Serving on http://{address}; interrupt to stop\n");
        if let Some(code) = code {
            text.push_str(&format!(
                "Nobody may sign on yet. This code makes the first administrator, once: {code}\n\
                 Open http://{address}/first-administrator and type it there\n"
            ));
        }
        text
    })
}

/// How a program is served.
pub struct How {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Whether something in front speaks TLS.
    pub behind_tls: bool,
    /// Where people reach it, by what stands in front.
    pub address: Option<String>,
    /// The web app.
    pub files: Files,
}

impl How {
    /// On an address, with the app that was built in.
    pub fn built_in(listen: SocketAddr) -> Self {
        Self {
            listen,
            behind_tls: false,
            address: None,
            files: Files::of(APP),
        }
    }
}

/// Serves a program until interrupted; what is printed when it listens is said of the address and of the first code.
pub fn serve(
    program: &Path,
    how: How,
    said: &dyn Fn(SocketAddr, Option<&str>) -> String,
) -> Result<(), Failure> {
    let declared = Arc::new(folder::open(program)?.program);
    let token = match std::env::var(TOKEN) {
        Ok(token) if token.trim().is_empty() => {
            return Err(Failure::Use(format!(
                "{TOKEN} is empty; set a token, or unset it"
            )));
        }
        Ok(token) => Some(token),
        Err(_) => None,
    };
    let counter = Counter::open(&declared, &Disk::default(), jiff::Timestamp::now)
        .map_err(|fault| Failure::fault("opening the inbox", &fault))?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::fault("starting the server", &error))?;
    let app = Box::new(Served::new(program.to_owned()));
    let cost = people::cost()?;
    runtime.block_on(async {
        let failed = |error| Failure::fault("serving", &error);
        let settings = Settings {
            listen: how.listen,
            token,
            is_by_tls: how.behind_tls,
            cost,
            provider: provider(how.address.clone())?,
            webhooks_reach: webhooks_reach(),
            mail: mail(how.address)?,
            database: record::database(program).await?,
            files: how.files,
            log: Log::to_stderr(),
            now: jiff::Timestamp::now,
        };
        let server = Server::listen(settings, declared, counter, app)
            .await
            .map_err(|error| Failure::Use(chain(&error)))?;
        let address = server.address().map_err(failed)?;
        output::print(&said(address, server.setup_code()))?;
        let stop = async {
            // Where nobody can interrupt it serves on.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        server.serve(stop).await.map_err(failed)
    })
}

fn webhooks_reach() -> Reach {
    match std::env::var(WEBHOOKS_HERE).is_ok_and(|set| set == "1") {
        true => Reach::AndThisMachine,
        false => Reach::Public,
    }
}

/// What a variable is set to; none where it is empty.
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// How people are told by e-mail, as the environment sets it.
fn mail(address: Option<String>) -> Result<Option<MailSetting>, Failure> {
    let Some(relay) = set(RELAY) else {
        return Ok(None);
    };
    let missing = |what: &str| Failure::Use(format!("{RELAY} is set, and {what} is not"));
    Ok(Some(MailSetting {
        relay,
        from: set(MAIL_FROM).ok_or_else(|| missing(MAIL_FROM))?,
        address: address.ok_or_else(|| missing("--address"))?,
    }))
}

/// The provider of identities, as the environment sets it.
fn provider(address: Option<String>) -> Result<Option<ProviderSetting>, Failure> {
    let Some(issuer) = set(ISSUER) else {
        return Ok(None);
    };
    let missing = |what: &str| Failure::Use(format!("{ISSUER} is set, and {what} is not"));
    Ok(Some(ProviderSetting {
        issuer,
        client: set(CLIENT).ok_or_else(|| missing(CLIENT))?,
        secret: set(SECRET),
        called: set(CALLED).unwrap_or_else(|| "your organisation".to_owned()),
        address: address.ok_or_else(|| missing("--address"))?,
    }))
}
