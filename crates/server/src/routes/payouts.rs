//! Payouts: from what is payable to what was paid. Each step is an act on the journal, under the rules of `trueup payout`.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};

use crate::access::{Caller, Operation};
use crate::answer::{File, Problem, Refused};
use crate::body::Said;
use crate::wire::{
    PartnerPayments, PaymentFileAsked, PayoutApproveAsked, PayoutOn, PayoutPreview, PayoutShown,
    Payouts, Permitted, PrepareAsked, ReportAsked,
};
use crate::{Actor, Shared};

/// Where payouts stand.
#[utoipa::path(get, path = "/v1/payouts", tag = "payouts",
    responses((status = 200, description = "The payout that waits, and those that were ordered.", body = Payouts)))]
pub async fn payouts(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Payouts>, Refused> {
    let payouts = shared.ask(|app| app.payouts()).await?;
    Ok(Json(told(payouts, &caller)))
}

/// What would be prepared for a day, and what is held back and why. Nothing is stored.
#[utoipa::path(get, path = "/v1/payout-preview", tag = "payouts", params(PayoutOn),
    responses((status = 200, description = "The payments, and what waits.", body = PayoutPreview),
        (status = 400, description = "The query is not one that is described.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nothing is closed, or the day is none.", body = Problem, content_type = "application/problem+json")))]
pub async fn payout_preview(
    State(shared): State<Arc<Shared>>,
    asked: Result<Query<PayoutOn>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<PayoutPreview>, Refused> {
    let Query(asked) = asked.map_err(|wrong| Refused::bad_request(wrong.body_text()))?;
    let preview = shared.ask(move |app| app.payout_preview(asked.on.as_deref()));
    preview.await.map(Json)
}

/// Prepares a payout of everything that may be paid. One that waited before falls, with its approvals.
#[utoipa::path(post, path = "/v1/payouts/prepare", tag = "payouts", request_body = PrepareAsked,
    responses((status = 200, description = "The payouts, with the one that waits.", body = Payouts),
        (status = 409, description = "A rule says no, such as that nothing is to be paid.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn prepare_payout(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Said(asked): Said<PrepareAsked>,
) -> Result<Json<Payouts>, Refused> {
    let who = Actor::of_vendor(&caller);
    let payouts = shared.ask(move |app| app.prepare_payout(&who, &asked.on));
    let payouts = payouts.await?;
    shared.changed().await;
    Ok(Json(told(payouts, &caller)))
}

/// Approves the payout that waits, by its totals. Nobody approves what they prepared.
#[utoipa::path(post, path = "/v1/payouts/approve", tag = "payouts", request_body = PayoutApproveAsked,
    responses((status = 200, description = "The payouts.", body = Payouts),
        (status = 409, description = "A rule says no, and why.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn approve_payout(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Said(asked): Said<PayoutApproveAsked>,
) -> Result<Json<Payouts>, Refused> {
    let who = Actor::of_vendor(&caller);
    let payouts = shared.ask(move |app| app.approve_payout(&who, &asked));
    let payouts = payouts.await?;
    shared.changed().await;
    Ok(Json(told(payouts, &caller)))
}

/// Orders the payout that was approved, if it is still what may be paid.
#[utoipa::path(post, path = "/v1/payouts/order", tag = "payouts",
    responses((status = 200, description = "The payouts.", body = Payouts),
        (status = 409, description = "A rule says no, and why.", body = Problem, content_type = "application/problem+json")))]
pub async fn order_payout(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Payouts>, Refused> {
    let who = Actor::of_vendor(&caller);
    let payouts = shared.ask(move |app| app.order_payout(&who)).await?;
    shared.changed().await;
    Ok(Json(told(payouts, &caller)))
}

/// One ordered payout, with its payments.
#[utoipa::path(get, path = "/v1/payouts/{payout}", tag = "payouts",
    params(("payout" = u64, Path, description = "The payout's number.")),
    responses((status = 200, description = "The payout.", body = PayoutShown),
        (status = 404, description = "No such payout was ordered.", body = Problem, content_type = "application/problem+json")))]
pub async fn payout(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    number: Result<Path<u64>, axum::extract::rejection::PathRejection>,
) -> Result<Json<PayoutShown>, Refused> {
    let Path(number) = number.map_err(|_| none())?;
    let mut payout = shared.ask(move |app| app.payout(number)).await?;
    payout.may_report = caller.permitted(Operation::OrderPayout, None);
    Ok(Json(payout))
}

/// The file that tells a bank to make the payments of an ordered payout (pain.001), the same bytes each time. It holds whole
/// accounts: it is written for the one who asks, and kept nowhere.
#[utoipa::path(post, path = "/v1/payouts/{payout}/file", tag = "payouts", request_body = PaymentFileAsked,
    params(("payout" = u64, Path, description = "The payout's number.")),
    responses((status = 200, description = "The file.", body = String, content_type = "application/xml"),
        (status = 404, description = "No such payout was ordered.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The file cannot be written, and why.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn payment_file(
    State(shared): State<Arc<Shared>>,
    number: Result<Path<u64>, axum::extract::rejection::PathRejection>,
    Said(asked): Said<PaymentFileAsked>,
) -> Result<File, Refused> {
    let Path(number) = number.map_err(|_| none())?;
    let file = shared.ask(move |app| app.payment_file(number, &asked));
    file.await
}

/// Says what became of payments: paid, returned and so payable again, or not known.
#[utoipa::path(post, path = "/v1/payouts/{payout}/report", tag = "payouts", request_body = ReportAsked,
    params(("payout" = u64, Path, description = "The payout's number.")),
    responses((status = 200, description = "The payout.", body = PayoutShown),
        (status = 404, description = "No such payout was ordered.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A rule says no, and why.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn report_payments(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    number: Result<Path<u64>, axum::extract::rejection::PathRejection>,
    Said(asked): Said<ReportAsked>,
) -> Result<Json<PayoutShown>, Refused> {
    let Path(number) = number.map_err(|_| none())?;
    let who = Actor::of_vendor(&caller);
    let payout = shared.ask(move |app| app.report_payments(&who, number, &asked));
    let mut payout = payout.await?;
    payout.may_report = caller.permitted(Operation::OrderPayout, None);
    shared.changed().await;
    Ok(Json(payout))
}

/// What a partner was paid, what is payable, what is held back and why, and by which way it is paid.
#[utoipa::path(get, path = "/v1/partners/{partner}/payments", tag = "payouts",
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "The payments.", body = PartnerPayments),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json")))]
pub async fn partner_payments(
    State(shared): State<Arc<Shared>>,
    Path(partner): Path<String>,
) -> Result<Json<PartnerPayments>, Refused> {
    let payments = shared.ask(move |app| app.partner_payments(&partner));
    payments.await.map(Json)
}

fn none() -> Refused {
    Refused::not_found("there is no such payout")
}

/// Says what the caller may do, by its roles and by the rule that nobody approves what they prepared.
fn told(mut payouts: Payouts, caller: &Caller) -> Payouts {
    let steps = &mut payouts.steps;
    for (step, operation) in [
        (&mut steps.prepare, Operation::PreparePayout),
        (&mut steps.approve, Operation::ApprovePayout),
        (&mut steps.order, Operation::OrderPayout),
        (&mut steps.report, Operation::OrderPayout),
    ] {
        let permitted = caller.permitted(operation, None);
        if !permitted.is_allowed {
            *step = permitted;
        }
    }
    if let Some(waiting) = &payouts.waiting
        && steps.approve.is_allowed
    {
        if waiting.by == caller.person {
            steps.approve = Permitted::no("you prepared it; somebody else approves");
        } else if waiting.approved_by.contains(&caller.person) {
            steps.approve = Permitted::no("you approved it already");
        }
    }
    payouts
}
