//! A partner's agreements, and its answer to what is proposed: the acts of `trueup agreement`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};

use crate::access::{Caller, Operation};
use crate::answer::{Problem, Refused};
use crate::body::Said;
use crate::wire::{AgreementAnswer, AgreementList};
use crate::{Actor, Shared};

/// A partner's agreements: in plain words as they were signed, their versions, and what is proposed.
#[utoipa::path(get, path = "/v1/partners/{partner}/agreements", tag = "agreements",
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "The agreements, the latest first.", body = AgreementList),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json")))]
pub async fn agreements(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(partner): Path<String>,
) -> Result<Json<AgreementList>, Refused> {
    let list = shared.ask(move |app| app.agreements(&partner)).await?;
    Ok(Json(told(list, &caller)))
}

/// Accepts or declines what is proposed, in the partner's name, with the key that is kept here for it.
#[utoipa::path(post, path = "/v1/partners/{partner}/agreements/{agreement}/answer", tag = "agreements", request_body = AgreementAnswer,
    params(("partner" = String, Path, description = "The partner's id."),
        ("agreement" = String, Path, description = "The agreement's name.")),
    responses((status = 200, description = "The agreements.", body = AgreementList),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A rule says no, such as that the proposal waits no longer.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn answer_agreement(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path((partner, agreement)): Path<(String, String)>,
    Said(asked): Said<AgreementAnswer>,
) -> Result<Json<AgreementList>, Refused> {
    let who = Actor {
        person: caller.person.clone(),
        partner: Some(partner.clone()),
    };
    let list = shared.ask(move |app| {
        app.answer_agreement(&who, &partner, &agreement, &asked)?;
        app.refresh();
        app.agreements(&partner)
    });
    let list = list.await?;
    shared.changed().await;
    Ok(Json(told(list, &caller)))
}

fn told(mut list: AgreementList, caller: &Caller) -> AgreementList {
    let permitted = caller.permitted(Operation::AnswerAgreement, Some(&list.partner));
    for one in &mut list.agreements {
        if one.may_answer.is_allowed && !permitted.is_allowed {
            one.may_answer = permitted.clone();
        }
    }
    list
}
