//! Disputes: listed, opened and answered. Each step is an act on the journal, under the rules of `trueup dispute`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};

use crate::access::{Caller, Operation, Side};
use crate::answer::{Problem, Refused};
use crate::body::{Said, is_text};
use crate::wire::{
    Dispute, DisputeAnswer, DisputeList, DisputeOutcome, DisputeState, DisputesAsked, NewDispute,
    Permitted,
};
use crate::{Actor, Shared};

/// The disputes that the caller may see.
#[utoipa::path(get, path = "/v1/disputes", tag = "disputes", params(DisputesAsked),
    responses((status = 200, description = "The disputes, the latest first.", body = DisputeList),
        (status = 400, description = "The query is not one that is described.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json")))]
pub async fn disputes(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    asked: Result<Query<DisputesAsked>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<DisputeList>, Refused> {
    let Query(asked) = asked.map_err(|wrong| Refused::bad_request(wrong.body_text()))?;
    if let Some(partner) = asked.partner.clone() {
        shared.ask(move |app| app.partner(&partner)).await?;
    }
    let mut all = shared.ask(|app| app.disputes()).await?;
    all.retain(|one| {
        let is_open = one.state == DisputeState::Open;
        caller.sees(Operation::ReadDisputes, &one.partner)
            && asked.partner.as_ref().is_none_or(|own| *own == one.partner)
            && asked.is_open.is_none_or(|asked| asked == is_open)
    });
    for one in &mut all {
        say_who_may(one, &caller);
    }
    Ok(Json(DisputeList { disputes: all }))
}

/// Opens a dispute on a line. Its money is held back until the dispute is answered.
#[utoipa::path(post, path = "/v1/disputes", tag = "disputes", request_body = NewDispute,
    responses((status = 200, description = "The dispute.", body = Dispute),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A rule says no, such as that the line is disputed already.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn open_dispute(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Said(asked): Said<NewDispute>,
) -> Result<Json<Dispute>, Refused> {
    caller.may_with(Operation::OpenDispute, &asked.partner)?;
    is_said(&asked.because)?;
    let who = actor(&caller, Operation::OpenDispute, &asked.partner);
    let opened = shared
        .ask(move |app| app.open_dispute(&who, &asked))
        .await?;
    shared.changed().await;
    Ok(Json(told(opened, &caller)))
}

/// Answers a dispute, or takes it back. Only the vendor answers, and somebody else than who opened it; only the side that
/// opened it takes it back.
#[utoipa::path(post, path = "/v1/disputes/{dispute}/answer", tag = "disputes", request_body = DisputeAnswer,
    params(("dispute" = u64, Path, description = "The dispute's number.")),
    responses((status = 200, description = "The dispute.", body = Dispute),
        (status = 404, description = "There is no such dispute that the caller may see.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A rule says no, such as that it is not open.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn answer_dispute(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    dispute: Result<Path<u64>, axum::extract::rejection::PathRejection>,
    Said(asked): Said<DisputeAnswer>,
) -> Result<Json<Dispute>, Refused> {
    let none = || Refused::not_found("there is no such dispute that you may see");
    let Path(dispute) = dispute.map_err(|_| none())?;
    let all = shared.ask(|app| app.disputes()).await?;
    let found = all.into_iter().find(|one| one.id == dispute);
    let found = found
        .filter(|one| caller.sees(Operation::AnswerDispute, &one.partner))
        .ok_or_else(none)?;
    is_said(&asked.because)?;
    let permitted = told(found.clone(), &caller);
    let may = match asked.outcome {
        DisputeOutcome::Withdrawn => permitted.may_withdraw,
        DisputeOutcome::Upheld | DisputeOutcome::Rejected => permitted.may_answer,
    };
    if let Some(why) = may.why_not {
        return Err(Refused::conflict(why));
    }
    let who = actor(&caller, Operation::AnswerDispute, &found.partner);
    let answered = shared.ask(move |app| app.answer_dispute(&who, dispute, &asked));
    let answered = answered.await?;
    shared.changed().await;
    Ok(Json(told(answered, &caller)))
}

fn actor(caller: &Caller, operation: Operation, partner: &str) -> Actor {
    Actor {
        person: caller.person.clone(),
        partner: match caller.side(operation, partner) {
            Side::Vendor => None,
            Side::Partner => Some(partner.to_owned()),
        },
    }
}

fn told(mut dispute: Dispute, caller: &Caller) -> Dispute {
    say_who_may(&mut dispute, caller);
    dispute
}

/// Says what the caller may do to a dispute, by the rules that the journal holds it to.
fn say_who_may(dispute: &mut Dispute, caller: &Caller) {
    let permitted = caller.permitted(Operation::AnswerDispute, Some(&dispute.partner));
    if !permitted.is_allowed || dispute.state != DisputeState::Open {
        let why = match permitted.is_allowed {
            true => Permitted::no("it was answered already"),
            false => permitted,
        };
        dispute.may_answer = why.clone();
        dispute.may_withdraw = why;
        return;
    }
    let side = caller.side(Operation::AnswerDispute, &dispute.partner);
    dispute.may_answer = match side {
        Side::Partner => Permitted::no("the vendor answers a dispute"),
        Side::Vendor if dispute.opened_by == caller.person => {
            Permitted::no("you opened it; somebody else answers")
        }
        Side::Vendor => Permitted::yes(),
    };
    let is_theirs = match side {
        Side::Vendor => dispute.in_the_name_of == "vendor",
        Side::Partner => dispute.in_the_name_of != "vendor",
    };
    dispute.may_withdraw = match is_theirs {
        true => Permitted::yes(),
        false => Permitted::no("only the side that opened it takes it back"),
    };
}

fn is_said(because: &str) -> Result<(), Refused> {
    match is_text(because, 2000) {
        true => Ok(()),
        false => Err(Refused::new(
            axum::http::StatusCode::UNPROCESSABLE_ENTITY,
            "unprocessable",
            "say why in 1 to 2000 characters, none of them a control character",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Grant, Role};

    fn dispute(by: &str, name: &str) -> Dispute {
        Dispute {
            id: 7,
            partner: "P-1".to_owned(),
            partner_name: "One".to_owned(),
            plan: "plan".to_owned(),
            component: "bonus".to_owned(),
            settled_on: "2026-03-31".to_owned(),
            because: "an order is missing".to_owned(),
            opened_on: "2026-04-02".to_owned(),
            opened_by: by.to_owned(),
            in_the_name_of: name.to_owned(),
            state: DisputeState::Open,
            answer: None,
            answered_by: None,
            may_answer: Permitted::yes(),
            may_withdraw: Permitted::yes(),
        }
    }

    fn may(role: Role, partner: Option<&str>, dispute: Dispute) -> (bool, bool) {
        let caller = Caller {
            person: "u-1".to_owned(),
            grants: vec![Grant {
                role,
                partner: partner.map(str::to_owned),
            }],
            scopes: None,
            is_by_cookie: true,
        };
        let told = told(dispute, &caller);
        (told.may_answer.is_allowed, told.may_withdraw.is_allowed)
    }

    #[test]
    fn the_vendor_answers_and_who_opened_it_takes_it_back() {
        let theirs = || dispute("u-9", "partner/P-1");
        assert_eq!(may(Role::Finance, None, theirs()), (true, false));
        assert_eq!(
            may(Role::PartnerManager, Some("P-1"), theirs()),
            (false, true)
        );
        assert_eq!(
            may(Role::PartnerManager, Some("P-2"), theirs()),
            (false, false)
        );
        assert_eq!(may(Role::Auditor, None, theirs()), (false, false));
        // Nobody answers what they opened themselves.
        assert_eq!(
            may(Role::Finance, None, dispute("u-1", "vendor")),
            (false, true)
        );
        let mut over = theirs();
        over.state = DisputeState::Upheld;
        assert_eq!(may(Role::Finance, None, over), (false, false));
    }

    #[test]
    fn a_reason_is_said_and_has_no_control_characters() {
        assert!(is_said("an order\nis missing").is_ok());
        assert!(is_said("  ").is_err());
        assert!(is_said("a\u{1b}[31m").is_err());
        assert!(is_said(&"x".repeat(2001)).is_err());
    }
}
