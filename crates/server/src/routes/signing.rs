//! A partner's own key: brought once, and steps that are signed with it where its secret is. The secret never comes here.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};

use crate::access::{Caller, Operation};
use crate::answer::{FieldError, Problem, Refused};
use crate::body::{Said, is_text};
use crate::wire::{KeyRequest, PartnerKeys, PartnerStep, SigningAnswer, SigningAsked};
use crate::{Actor, Shared};

/// The keys that sign for a partner.
#[utoipa::path(get, path = "/v1/partners/{partner}/keys", tag = "keys",
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "The keys, the latest first.", body = PartnerKeys),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json")))]
pub async fn partner_keys(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(partner): Path<String>,
) -> Result<Json<PartnerKeys>, Refused> {
    let keys = shared.ask(move |app| app.partner_keys(&partner)).await?;
    Ok(Json(told(keys, &caller)))
}

/// Brings a key that the partner made itself: from then on it signs for the partner, and a key that was kept for it no longer
/// does.
#[utoipa::path(post, path = "/v1/partners/{partner}/keys", tag = "keys", request_body = KeyRequest,
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "The keys, the latest first.", body = PartnerKeys),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A rule says no, such as that the request is not signed by the key in it.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn hold_key(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(partner): Path<String>,
    Said(asked): Said<KeyRequest>,
) -> Result<Json<PartnerKeys>, Refused> {
    if !is_text(&asked.request, 2000) {
        return Err(Refused::parts(vec![FieldError {
            pointer: "#/request".to_owned(),
            detail: "a request of at most 2000 characters, as `trueup keys new` writes it"
                .to_owned(),
        }]));
    }
    let who = in_the_name_of(&caller, &partner);
    let keys = shared.ask(move |app| {
        app.hold_key(&who, &partner, &asked)?;
        app.partner_keys(&partner)
    });
    let keys = keys.await?;
    shared.changed().await;
    Ok(Json(told(keys, &caller)))
}

/// Takes a step that is signed with the partner's own key. The first time it is sent without signatures and answered the text
/// that is to be signed; sent again with that text and its signature, it is answered the next text, or taken. Nothing is
/// written before it is taken.
#[utoipa::path(post, path = "/v1/partners/{partner}/signing", tag = "keys", request_body = SigningAsked,
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "How far the step has come.", body = SigningAnswer),
        (status = 404, description = "There is no such partner, dispute or announcement that the caller may see.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A rule says no, such as that a signature does not fit its text.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn sign_step(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(partner): Path<String>,
    Said(asked): Said<SigningAsked>,
) -> Result<Json<SigningAnswer>, Refused> {
    caller.may_with(operation(&asked.step), &partner)?;
    is_said(&asked.step)?;
    let who = in_the_name_of(&caller, &partner);
    let answer = shared.ask(move |app| app.sign_step(&who, &partner, &asked));
    let answer = answer.await?;
    if answer.is_done {
        shared.changed().await;
    }
    Ok(Json(answer))
}

/// What the same step is without a key of one's own.
fn operation(step: &PartnerStep) -> Operation {
    match step {
        PartnerStep::AcceptAgreement { .. } | PartnerStep::DeclineAgreement { .. } => {
            Operation::AnswerAgreement
        }
        PartnerStep::AcceptStatements { .. } => Operation::AcceptStatements,
        PartnerStep::OpenDispute { .. } => Operation::OpenDispute,
        PartnerStep::WithdrawDispute { .. } => Operation::AnswerDispute,
        PartnerStep::AcknowledgeAnnouncement { .. } => Operation::Acknowledge,
    }
}

/// Holds a reason to what reasons are.
fn is_said(step: &PartnerStep) -> Result<(), Refused> {
    let because = match step {
        PartnerStep::DeclineAgreement { because, .. }
        | PartnerStep::OpenDispute { because, .. }
        | PartnerStep::WithdrawDispute { because, .. } => because,
        PartnerStep::AcceptAgreement { .. }
        | PartnerStep::AcceptStatements { .. }
        | PartnerStep::AcknowledgeAnnouncement { .. } => return Ok(()),
    };
    match is_text(because, 2000) {
        true => Ok(()),
        false => Err(Refused::parts(vec![FieldError {
            pointer: "#/step/because".to_owned(),
            detail: "say why in 1 to 2000 characters, none of them a control character".to_owned(),
        }])),
    }
}

fn in_the_name_of(caller: &Caller, partner: &str) -> Actor {
    Actor {
        person: caller.person.clone(),
        partner: Some(partner.to_owned()),
    }
}

fn told(mut keys: PartnerKeys, caller: &Caller) -> PartnerKeys {
    let permitted = caller.permitted(Operation::HoldKey, Some(&keys.partner));
    if keys.may_hold.is_allowed && !permitted.is_allowed {
        keys.may_hold = permitted;
    }
    keys
}
