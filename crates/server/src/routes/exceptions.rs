//! Exceptions: listed, proposed by one, approved by another. Each step is an act on the journal, under the rules of
//! `trueup exception`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};

use crate::access::{Caller, Operation};
use crate::answer::{FieldError, Problem, Refused};
use crate::body::{Said, is_text};
use crate::wire::{Exception, ExceptionList, NewException, Permitted};
use crate::{Actor, Shared};

/// The exceptions that the caller may see, and what may be given up.
#[utoipa::path(get, path = "/v1/exceptions", tag = "exceptions",
    responses((status = 200, description = "The exceptions, the latest first.", body = ExceptionList)))]
pub async fn exceptions(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<ExceptionList>, Refused> {
    let mut list = shared.ask(|app| app.exceptions()).await?;
    let sees = |partner: &str| caller.sees(Operation::ReadExceptions, partner);
    list.exceptions.retain(|one| sees(&one.partner));
    list.owed.retain(|one| sees(&one.partner));
    for one in &mut list.exceptions {
        say_who_may(one, &caller);
    }
    let permitted = caller.permitted(Operation::ProposeException, None);
    if !permitted.is_allowed {
        list.may_propose = permitted;
    }
    Ok(Json(list))
}

/// Proposes an exception: a line that no rule gives, or that something owed is given up. It posts nothing until somebody else
/// approves it.
#[utoipa::path(post, path = "/v1/exceptions", tag = "exceptions", request_body = NewException,
    responses((status = 200, description = "The exception.", body = Exception),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A rule says no, and why.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described: `errors` says which part.", body = Problem, content_type = "application/problem+json")))]
pub async fn propose_exception(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Said(asked): Said<NewException>,
) -> Result<Json<Exception>, Refused> {
    caller.may_with(Operation::ProposeException, &asked.partner)?;
    is_said(&asked)?;
    let who = Actor::of_vendor(&caller);
    let proposed = shared.ask(move |app| app.propose_exception(&who, &asked));
    let mut proposed = proposed.await?;
    say_who_may(&mut proposed, &caller);
    shared.changed().await;
    Ok(Json(proposed))
}

/// Approves an exception, which posts it. Nobody approves what they proposed.
#[utoipa::path(post, path = "/v1/exceptions/{exception}/approve", tag = "exceptions",
    params(("exception" = u64, Path, description = "The exception's number.")),
    responses((status = 200, description = "The exception.", body = Exception),
        (status = 404, description = "There is no such exception that the caller may see.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A rule says no, such as that the caller proposed it.", body = Problem, content_type = "application/problem+json")))]
pub async fn approve_exception(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    number: Result<Path<u64>, axum::extract::rejection::PathRejection>,
) -> Result<Json<Exception>, Refused> {
    let none = || Refused::not_found("there is no such exception that you may see");
    let Path(number) = number.map_err(|_| none())?;
    let list = shared.ask(|app| app.exceptions()).await?;
    let found = list.exceptions.into_iter().find(|one| one.id == number);
    let mut found = found
        .filter(|one| caller.sees(Operation::ApproveException, &one.partner))
        .ok_or_else(none)?;
    say_who_may(&mut found, &caller);
    if let Some(why) = found.may_approve.why_not {
        return Err(Refused::conflict(why));
    }
    let who = Actor::of_vendor(&caller);
    let approved = shared.ask(move |app| app.approve_exception(&who, number));
    let mut approved = approved.await?;
    say_who_may(&mut approved, &caller);
    shared.changed().await;
    Ok(Json(approved))
}

/// Says what the caller may do to an exception, by the rules that the journal holds it to.
fn say_who_may(one: &mut Exception, caller: &Caller) {
    let permitted = caller.permitted(Operation::ApproveException, Some(&one.partner));
    one.may_approve = match (permitted.is_allowed, &one.approved_by) {
        (_, Some(_)) => Permitted::no("it was approved already"),
        (false, None) => permitted,
        (true, None) if one.proposed_by == caller.person => {
            Permitted::no("you proposed it; somebody else approves")
        }
        (true, None) => Permitted::yes(),
    };
}

fn is_said(asked: &NewException) -> Result<(), Refused> {
    let mut errors = Vec::new();
    let mut wrong = |part: &str, detail: &str| {
        errors.push(FieldError {
            pointer: format!("#/{part}"),
            detail: detail.to_owned(),
        });
    };
    let is_code = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_';
    if !(1..=40).contains(&asked.reason.len()) || !asked.reason.chars().all(is_code) {
        wrong(
            "reason",
            "write a code of lower-case letters, such as goodwill",
        );
    }
    if !is_text(&asked.because, 2000) {
        wrong("because", "say why, in at most 2000 characters");
    }
    let digits = asked.amount.trim_start_matches('-');
    let is_figure = |one: char| one.is_ascii_digit() || one == '.';
    let is_amount = !digits.is_empty() && digits.len() <= 40 && digits.chars().all(is_figure);
    if !is_amount || !digits.contains(|one: char| ('1'..='9').contains(&one)) {
        wrong(
            "amount",
            "write an amount above or below zero, such as 250.00",
        );
    }
    if asked.currency.len() != 3 || !asked.currency.chars().all(|one| one.is_ascii_uppercase()) {
        wrong("currency", "write three capital letters, such as USD");
    }
    if asked
        .on
        .as_ref()
        .is_some_and(|on| on.parse::<jiff::civil::Date>().is_err())
    {
        wrong("on", "write a day, such as 2026-01-31");
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(Refused::parts(errors)),
    }
}
