//! Partners: the list, homes, statements and their explanations.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};

use crate::access::{Caller, Operation};
use crate::answer::{Problem, Refused};
use crate::body::Said;
use crate::wire::{
    AcceptAsked, AcceptedUntil, Board, Comparison, ExplanationAsked, LineExplanation, Partner,
    PartnerHome, PartnerPage, PartnersAsked, Statement, StatementList,
};
use crate::{Actor, Shared};

/// The partners that the caller may see.
#[utoipa::path(get, path = "/v1/partners", tag = "partners", params(PartnersAsked),
    responses((status = 200, description = "A page of them, by id.", body = PartnerPage),
        (status = 400, description = "The query is not one that is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn partners(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    asked: Result<Query<PartnersAsked>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<PartnerPage>, Refused> {
    let Query(asked) = asked.map_err(|wrong| Refused::bad_request(wrong.body_text()))?;
    if asked.limit.is_some_and(|limit| !(1..=200).contains(&limit)) {
        return Err(Refused::bad_request("a page has 1 to 200 partners"));
    }
    let texts = [&asked.holds, &asked.plan, &asked.after];
    let is_long = |text: &String| text.chars().count() > 200;
    if texts.into_iter().flatten().any(is_long) {
        return Err(Refused::bad_request("a text has at most 200 characters"));
    }
    let page = shared.ask(move |app| {
        let only = caller.only(Operation::ReadPartners);
        app.partners(only.as_deref(), &asked)
    });
    page.await.map(Json)
}

/// One partner.
#[utoipa::path(get, path = "/v1/partners/{partner}", tag = "partners",
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "The partner.", body = Partner),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json")))]
pub async fn partner(
    State(shared): State<Arc<Shared>>,
    Path(partner): Path<String>,
) -> Result<Json<Partner>, Refused> {
    shared.ask(move |app| app.partner(&partner)).await.map(Json)
}

/// A partner's home: where its money stands, how far the next bands are, what happens next, how fresh the facts are.
#[utoipa::path(get, path = "/v1/partners/{partner}/home", tag = "partners",
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "The home.", body = PartnerHome),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json")))]
pub async fn home(
    State(shared): State<Arc<Shared>>,
    Path(partner): Path<String>,
) -> Result<Json<PartnerHome>, Refused> {
    shared.ask(move |app| app.home(&partner)).await.map(Json)
}

/// A partner's joint board: what both sides work for and what each contributed, the same figures for both.
#[utoipa::path(get, path = "/v1/partners/{partner}/board", tag = "partners",
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "The board.", body = Board),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json")))]
pub async fn board(
    State(shared): State<Arc<Shared>>,
    Path(partner): Path<String>,
) -> Result<Json<Board>, Refused> {
    shared.ask(move |app| app.board(&partner)).await.map(Json)
}

/// A partner's statements.
#[utoipa::path(get, path = "/v1/partners/{partner}/statements", tag = "statements",
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "The statements, the latest first.", body = StatementList),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json")))]
pub async fn statements(
    State(shared): State<Arc<Shared>>,
    Path(partner): Path<String>,
) -> Result<Json<StatementList>, Refused> {
    let list = shared.ask(move |app| app.statements(&partner)).await;
    list.map(Json)
}

/// One statement: every line with its rate, base, band, pay dates, route, clause and objective.
#[utoipa::path(get, path = "/v1/partners/{partner}/statements/{period}", tag = "statements",
    params(("partner" = String, Path, description = "The partner's id."),
        ("period" = String, Path, description = "The period as the calendar names it, such as `2026-Q1`.")),
    responses((status = 200, description = "The statement.", body = Statement),
        (status = 404, description = "There is no such partner that the caller may see, or no statement of this period.", body = Problem, content_type = "application/problem+json")))]
pub async fn statement(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path((partner, period)): Path<(String, String)>,
) -> Result<Json<Statement>, Refused> {
    let asked = partner.clone();
    let mut statement = shared
        .ask(move |app| app.statement(&asked, &period))
        .await?;
    let permitted = caller.permitted(Operation::OpenDispute, Some(&partner));
    if !permitted.is_allowed {
        for line in &mut statement.lines {
            line.may_dispute = permitted.clone();
        }
    }
    say_who_accepted(&shared, &caller, &mut statement).await?;
    Ok(Json(statement))
}

/// Says whether the caller may accept, and how one of the partner's own people who did is called.
async fn say_who_accepted(
    shared: &Arc<Shared>,
    caller: &Caller,
    statement: &mut Statement,
) -> Result<(), Refused> {
    let partner = statement.partner.as_str();
    let acceptance = &mut statement.acceptance;
    let permitted = caller.permitted(Operation::AcceptStatements, Some(partner));
    if !permitted.is_allowed && acceptance.may_accept.is_allowed {
        acceptance.may_accept = permitted;
    }
    if let Some(by) = &acceptance.accepted_by {
        let people = shared.gate.database.people().await;
        let people = people.map_err(|fault| shared.fault("looking up people", &fault))?;
        let is_it = |one: &&trueup_store::Person| {
            let mut grants = one.grants.iter();
            one.id == *by && grants.any(|grant| grant.partner.as_deref() == Some(partner))
        };
        let found = people.iter().find(is_it);
        acceptance.accepted_by_name = found.map(|one| one.shown_name.clone());
    }
    Ok(())
}

/// Accepts everything that is closed in the partner's name: its lines are disputed no more. Signed with the key that is kept
/// here for the partner.
#[utoipa::path(post, path = "/v1/partners/{partner}/acceptance", tag = "statements", request_body = AcceptAsked,
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "It is accepted.", body = AcceptedUntil),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A rule says no, such as that more was closed meanwhile.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn accept(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(partner): Path<String>,
    Said(asked): Said<AcceptAsked>,
) -> Result<Json<AcceptedUntil>, Refused> {
    let who = Actor {
        person: caller.person.clone(),
        partner: Some(partner.clone()),
    };
    let accepted = AcceptedUntil {
        partner: partner.clone(),
        until: asked.until.clone(),
    };
    let asked = shared.ask(move |app| app.accept(&who, &partner, &asked));
    asked.await?;
    shared.changed().await;
    Ok(Json(accepted))
}

/// Why a line posts what it posts: in plain words, then the evaluated graph, down to rows and clause.
#[utoipa::path(get, path = "/v1/partners/{partner}/statements/{period}/lines/{line}/explanation", tag = "statements",
    params(("partner" = String, Path, description = "The partner's id."),
        ("period" = String, Path, description = "The period as the calendar names it, such as `2026-Q1`."),
        ("line" = String, Path, description = "The line's id, such as `volume_bonus@2026-03-31`."),
        ExplanationAsked),
    responses((status = 200, description = "The explanation.", body = LineExplanation),
        (status = 400, description = "The query is not one that is described.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such partner that the caller may see, or no such line.", body = Problem, content_type = "application/problem+json")))]
pub async fn explanation(
    State(shared): State<Arc<Shared>>,
    Path((partner, period, line)): Path<(String, String, String)>,
    asked: Result<Query<ExplanationAsked>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<LineExplanation>, Refused> {
    let Query(asked) = asked.map_err(|wrong| Refused::bad_request(wrong.body_text()))?;
    let with_rows = asked.rows.unwrap_or(false);
    let explained = shared.ask(move |app| app.explanation(&partner, &period, &line, with_rows));
    explained.await.map(Json)
}

/// What differs between a statement and the one before, and which figures behind it.
#[utoipa::path(get, path = "/v1/partners/{partner}/statements/{period}/compare", tag = "statements",
    params(("partner" = String, Path, description = "The partner's id."),
        ("period" = String, Path, description = "The period as the calendar names it, such as `2026-Q1`.")),
    responses((status = 200, description = "The comparison.", body = Comparison),
        (status = 404, description = "There is no such partner that the caller may see, or no statement of this period or before it.", body = Problem, content_type = "application/problem+json")))]
pub async fn compared(
    State(shared): State<Arc<Shared>>,
    Path((partner, period)): Path<(String, String)>,
) -> Result<Json<Comparison>, Refused> {
    let compared = shared.ask(move |app| app.compared(&partner, &period)).await;
    compared.map(Json)
}
