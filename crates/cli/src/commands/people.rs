//! `trueup people`: who may sign on to a server, and what they may do.

use std::path::Path;

use trueup_server::wire::{Grant, Role};
use trueup_server::{Cost, NewAccount, account, random_password};
use trueup_store::Database;

use crate::args::{PeopleAddArgs, PeopleCommand, PeopleListArgs, RoleArg};
use crate::failure::Failure;
use crate::folder;
use crate::output;
use crate::record;

/// The variable that holds a new person's password.
const PASSWORD: &str = "TRUEUP_PASSWORD";
/// The variable that says what hashing a password costs.
const COST: &str = "TRUEUP_PASSWORD_COST";

/// Adds or lists.
pub fn run(command: &PeopleCommand) -> Result<(), Failure> {
    match command {
        PeopleCommand::Add(args) => add(args),
        PeopleCommand::List(args) => list(args),
    }
}

/// What hashing a password costs, as it is set.
pub fn cost() -> Result<Cost, Failure> {
    let Ok(said) = std::env::var(COST) else {
        return Ok(Cost::default());
    };
    let parsed = said.split_once(':').and_then(|(memory, passes)| {
        Some(Cost {
            memory_kib: memory.parse().ok()?,
            passes: passes.parse().ok()?,
        })
    });
    parsed.filter(|cost| cost.is_usable()).ok_or_else(|| {
        Failure::Use(format!(
            "{COST} is {said}; write memory in KiB and passes, such as 19456:2"
        ))
    })
}

fn role_of(role: RoleArg) -> Role {
    match role {
        RoleArg::PartnerViewer => Role::PartnerViewer,
        RoleArg::PartnerManager => Role::PartnerManager,
        RoleArg::AccountManager => Role::AccountManager,
        RoleArg::ProgramDesigner => Role::ProgramDesigner,
        RoleArg::Finance => Role::Finance,
        RoleArg::Approver => Role::Approver,
        RoleArg::Auditor => Role::Auditor,
        RoleArg::Executive => Role::Executive,
        RoleArg::Administrator => Role::Administrator,
    }
}

/// Somebody who is to sign on.
pub struct Someone<'a> {
    /// The name to sign on with.
    pub name: &'a str,
    /// How the person is called.
    pub called: &'a str,
    /// What the person may do.
    pub roles: &'a [Role],
    /// The one partner it is for.
    pub partner: Option<&'a str>,
}

/// Adds somebody with a password that is made here, or gives somebody who is there another one; the password.
pub fn with_new_password(program: &Path, someone: &Someone<'_>) -> Result<String, Failure> {
    let password = random_password()
        .ok_or_else(|| Failure::Fault("the system gives no randomness".to_owned()))?;
    waiting(program, async |database| {
        let person = made(someone, &password)?;
        let failed = |fault| Failure::fault("writing who may sign on", &fault);
        if database.add_person(&person, false).await.map_err(failed)? {
            return Ok(());
        }
        let known = database.person_named(&person.name).await.map_err(failed)?;
        let id = known.map(|known| known.id).unwrap_or_default();
        let changed = database.change_password(&id, &person.password).await;
        changed.map_err(failed)?;
        let access = database.change_access(&id, true, &person.grants).await;
        access.map(drop).map_err(failed)
    })?;
    Ok(password)
}

fn made(someone: &Someone<'_>, password: &str) -> Result<trueup_store::Person, Failure> {
    let grants: Vec<Grant> = someone
        .roles
        .iter()
        .map(|role| Grant {
            role: *role,
            partner: someone.partner.map(str::to_owned),
        })
        .collect();
    let new = NewAccount {
        name: someone.name,
        shown_name: someone.called,
        password,
        grants: &grants,
    };
    account(&new, cost()?).map_err(Failure::Use)
}

fn add(args: &PeopleAddArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    let folder = folder::open(program)?;
    let roles: Vec<Role> = args.roles.iter().copied().map(role_of).collect();
    let is_theirs = |role: &Role| matches!(role, Role::PartnerViewer | Role::PartnerManager);
    match &args.partner {
        None if roles.iter().any(is_theirs) => {
            return Err(Failure::Use(
                "a partner's own people are one partner's; name it with --partner ID".to_owned(),
            ));
        }
        Some(partner)
            if !folder
                .matched
                .iter()
                .any(|one| one.listed.id.as_str() == partner) =>
        {
            return Err(crate::refusals::no_partner(&folder, partner));
        }
        Some(_) | None => {}
    }
    let given = std::env::var(PASSWORD).ok();
    let made_here = match given {
        Some(_) => None,
        None => Some(
            random_password()
                .ok_or_else(|| Failure::Fault("the system gives no randomness".to_owned()))?,
        ),
    };
    let password = given
        .as_deref()
        .or(made_here.as_deref())
        .unwrap_or_default();
    let someone = Someone {
        name: &args.name,
        called: args.called.as_deref().unwrap_or(&args.name),
        roles: &roles,
        partner: args.partner.as_deref(),
    };
    let person = made(&someone, password)?;
    let is_new = waiting(program, async |database| {
        let added = database.add_person(&person, false).await;
        added.map_err(|fault| Failure::fault("adding a person", &fault))
    })?;
    if !is_new {
        return Err(Failure::Use(format!(
            "somebody signs on as {} already",
            person.name
        )));
    }
    let mut text = format!(
        "{} may sign on; acts name this person {}\n",
        person.name, person.id
    );
    if let Some(password) = made_here {
        text.push_str(&format!("Password, shown this once: {password}\n"));
    }
    output::print(&text)
}

fn list(args: &PeopleListArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    folder::refuse_unless_program(program)?;
    let people = waiting(program, async |database| {
        let people = database.people().await;
        people.map_err(|fault| Failure::fault("reading who may sign on", &fault))
    })?;
    let rows = people
        .iter()
        .map(|person| {
            let roles: Vec<String> = person
                .grants
                .iter()
                .map(|grant| match &grant.partner {
                    None => grant.role.clone(),
                    Some(partner) => format!("{} of {partner}", grant.role),
                })
                .collect();
            vec![
                person.id.clone(),
                person.name.clone(),
                person.shown_name.clone(),
                roles.join(", "),
                if person.is_active { "yes" } else { "no" }.to_owned(),
            ]
        })
        .collect();
    let heads = ["person", "name", "called", "roles", "may_sign_on"];
    output::list(
        args.format,
        (&heads, heads.len()),
        rows,
        "Nobody may sign on",
    )
}

/// Waits for what is asked of the database that people stand in.
fn waiting<T>(
    program: &Path,
    asked: impl AsyncFnOnce(&Database) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::fault("starting to reach the database", &error))?;
    runtime.block_on(async {
        let database = record::database(program).await?;
        let answer = asked(&database).await;
        database.close().await;
        answer
    })
}
