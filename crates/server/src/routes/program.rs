//! The program's own pages: the overview, the steps of closing a period, and plans.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};

use crate::access::{Caller, Operation};
use crate::answer::{Problem, Refused};
use crate::body::Said;
use crate::wire::{
    ApproveAsked, CalculateAsked, Overview, Periods, Permitted, PlanCheckAsked, PlanChecked,
    PlanList, PlanText, WaitingKind,
};
use crate::{Actor, Shared};

/// The program at a glance: what periods cost, objectives, bands, what waits, whom to look at.
#[utoipa::path(get, path = "/v1/overview", tag = "program",
    responses((status = 200, description = "The overview.", body = Overview)))]
pub async fn overview(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Overview>, Refused> {
    let mut overview = shared.ask(|app| app.overview()).await?;
    for waiting in &mut overview.waiting {
        let operation = match waiting.kind {
            WaitingKind::PeriodToCalculate => Operation::CalculatePeriod,
            WaitingKind::PeriodToApprove => Operation::ApprovePeriod,
            WaitingKind::PeriodToClose => Operation::ClosePeriod,
            WaitingKind::Disputes => Operation::AnswerDispute,
            // What is done about these is done at the command line.
            WaitingKind::Quarantine | WaitingKind::OpenLines | WaitingKind::LateFeeds => continue,
        };
        waiting.may_act = caller.permitted(operation, None);
    }
    Ok(Json(overview))
}

/// Where the periods stand, and what may be done next.
#[utoipa::path(get, path = "/v1/periods", tag = "periods",
    responses((status = 200, description = "The periods.", body = Periods)))]
pub async fn periods(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Periods>, Refused> {
    let periods = shared.ask(|app| app.periods()).await?;
    Ok(Json(told(periods, &caller)))
}

/// Calculates a period: runs everything as it is known now, and puts the control totals on the journal.
#[utoipa::path(post, path = "/v1/periods/calculate", tag = "periods", request_body = CalculateAsked,
    responses((status = 200, description = "The periods, with the calculation that waits.", body = Periods),
        (status = 409, description = "A rule says no, and why.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn calculate(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Said(asked): Said<CalculateAsked>,
) -> Result<Json<Periods>, Refused> {
    let who = Actor::of_vendor(&caller);
    let periods = shared.ask(move |app| app.calculate(&who, &asked)).await?;
    shared.changed().await;
    Ok(Json(told(periods, &caller)))
}

/// Approves the calculation that waits, by its totals. Nobody approves what they calculated.
#[utoipa::path(post, path = "/v1/periods/approve", tag = "periods", request_body = ApproveAsked,
    responses((status = 200, description = "The periods.", body = Periods),
        (status = 409, description = "A rule says no, and why.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn approve(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Said(asked): Said<ApproveAsked>,
) -> Result<Json<Periods>, Refused> {
    let who = Actor::of_vendor(&caller);
    let periods = shared.ask(move |app| app.approve(&who, &asked)).await?;
    shared.changed().await;
    Ok(Json(told(periods, &caller)))
}

/// Closes the period that was approved, for good.
#[utoipa::path(post, path = "/v1/periods/close", tag = "periods",
    responses((status = 200, description = "The periods.", body = Periods),
        (status = 409, description = "A rule says no, and why.", body = Problem, content_type = "application/problem+json")))]
pub async fn close(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Periods>, Refused> {
    let who = Actor::of_vendor(&caller);
    let periods = shared.ask(move |app| app.close(&who)).await?;
    shared.changed().await;
    Ok(Json(told(periods, &caller)))
}

/// The plans of the program.
#[utoipa::path(get, path = "/v1/plans", tag = "plans",
    responses((status = 200, description = "The plans, by name.", body = PlanList)))]
pub async fn plans(State(shared): State<Arc<Shared>>) -> Result<Json<PlanList>, Refused> {
    shared.ask(|app| app.plans()).await.map(Json)
}

/// A plan: its text, and what it says in plain words.
#[utoipa::path(get, path = "/v1/plans/{plan}", tag = "plans",
    params(("plan" = String, Path, description = "The plan's name.")),
    responses((status = 200, description = "The plan.", body = PlanText),
        (status = 404, description = "There is no such plan.", body = Problem, content_type = "application/problem+json")))]
pub async fn plan(
    State(shared): State<Arc<Shared>>,
    Path(plan): Path<String>,
) -> Result<Json<PlanText>, Refused> {
    shared.ask(move |app| app.plan(&plan)).await.map(Json)
}

/// Looks at a changed text of a plan: every mistake with its place, the plan in plain words, what differs, and what everyone
/// would have been paid. Nothing is stored.
#[utoipa::path(post, path = "/v1/plan/check", tag = "plans", request_body = PlanCheckAsked,
    responses((status = 200, description = "What the text says and does.", body = PlanChecked),
        (status = 404, description = "There is no such plan.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn check_plan(
    State(shared): State<Arc<Shared>>,
    Said(asked): Said<PlanCheckAsked>,
) -> Result<Json<PlanChecked>, Refused> {
    shared
        .ask(move |app| app.check_plan(&asked))
        .await
        .map(Json)
}

/// Says what the caller may do, by its roles and by the rule that nobody approves what they calculated.
fn told(mut periods: Periods, caller: &Caller) -> Periods {
    let steps = &mut periods.steps;
    for (step, operation) in [
        (&mut steps.calculate, Operation::CalculatePeriod),
        (&mut steps.approve, Operation::ApprovePeriod),
        (&mut steps.close, Operation::ClosePeriod),
    ] {
        let permitted = caller.permitted(operation, None);
        if !permitted.is_allowed {
            *step = permitted;
        }
    }
    if let Some(waiting) = &periods.waiting
        && steps.approve.is_allowed
    {
        if waiting.by == caller.person {
            steps.approve = Permitted::no("you calculated it; somebody else approves");
        } else if waiting.approved_by.contains(&caller.person) {
            steps.approve = Permitted::no("you approved it already");
        }
    }
    periods
}
