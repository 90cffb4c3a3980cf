//! People and their access.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::session::{Chosen, as_granted, made};
use crate::Shared;
use crate::access::{Caller, is_of_a_partner};
use crate::answer::{Problem, Refused};
use crate::body::Said;
use crate::gate;
use crate::wire::{AccessAsked, Grant, NewPerson, PeopleList, Person};

/// Everybody who may sign on.
#[utoipa::path(get, path = "/v1/people", tag = "people",
    responses((status = 200, description = "The people, by name.", body = PeopleList)))]
pub async fn people(State(shared): State<Arc<Shared>>) -> Result<Json<PeopleList>, Refused> {
    let people = shared.gate.database.people().await;
    let people = people.map_err(|fault| shared.fault("reading people", &fault))?;
    Ok(Json(PeopleList {
        people: people.iter().map(told).collect(),
    }))
}

/// Adds somebody.
#[utoipa::path(post, path = "/v1/people", tag = "people", request_body = NewPerson,
    responses((status = 200, description = "Who was added.", body = Person),
        (status = 409, description = "The name is taken.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Name, password or roles cannot be taken, and why.", body = Problem, content_type = "application/problem+json")))]
pub async fn add_person(
    State(shared): State<Arc<Shared>>,
    Said(asked): Said<NewPerson>,
) -> Result<Json<Person>, Refused> {
    are_whole(&shared, &asked.grants).await?;
    let chosen = Chosen {
        name: &asked.name,
        shown_name: &asked.shown_name,
        password: &asked.password,
        grants: &asked.grants,
    };
    let person = made(&shared, chosen).await?;
    let added = shared.gate.database.add_person(&person, false).await;
    match added.map_err(|fault| shared.fault("adding a person", &fault))? {
        true => Ok(Json(told(&person))),
        false => Err(Refused::conflict(
            "somebody signs on with this name already",
        )),
    }
}

/// Changes what somebody may do. The person's sessions and tokens end at once.
#[utoipa::path(put, path = "/v1/people/{person}/access", tag = "people", request_body = AccessAsked,
    params(("person" = String, Path, description = "The person's id.")),
    responses((status = 204, description = "It is changed."),
        (status = 404, description = "There is no such person.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nobody changes their own access.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The roles cannot be taken, and why.", body = Problem, content_type = "application/problem+json")))]
pub async fn change_access(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(person): Path<String>,
    Said(asked): Said<AccessAsked>,
) -> Result<StatusCode, Refused> {
    if person == caller.person {
        return Err(Refused::conflict(
            "nobody changes their own access; ask another administrator",
        ));
    }
    are_whole(&shared, &asked.grants).await?;
    let grants = as_granted(&asked.grants);
    let database = &shared.gate.database;
    let changed = database.change_access(&person, asked.is_active, &grants);
    match changed
        .await
        .map_err(|fault| shared.fault("changing access", &fault))?
    {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::not_found("there is no such person")),
    }
}

/// Whether roles can be given: a partner's own people are of a partner that there is.
async fn are_whole(shared: &Arc<Shared>, grants: &[Grant]) -> Result<(), Refused> {
    let wrong =
        |says: String| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", says);
    let mut seen = std::collections::BTreeSet::new();
    for grant in grants {
        let word = gate::role_word(grant.role);
        if !seen.insert(grant) {
            return Err(wrong(format!("the role {word} stands there twice")));
        }
        match &grant.partner {
            None if is_of_a_partner(grant.role) => {
                return Err(wrong(format!(
                    "the role {word} needs the partner it is for"
                )));
            }
            None => {}
            Some(partner) => {
                let asked = partner.clone();
                let known = shared.ask(move |app| app.partner(&asked)).await;
                if known.is_err() {
                    return Err(wrong(format!("there is no partner {partner}")));
                }
            }
        }
    }
    Ok(())
}

fn told(person: &trueup_store::Person) -> Person {
    Person {
        id: person.id.clone(),
        name: person.name.clone(),
        shown_name: person.shown_name.clone(),
        grants: gate::grants(&person.grants),
        is_active: person.is_active,
        has_authenticator: person.authenticator.is_some(),
    }
}
