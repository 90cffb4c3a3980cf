//! The routes: each with the operation that it is, so that none is open by oversight.

mod agreements;
mod announcements;
mod disputes;
mod exceptions;
mod facts;
mod feeds;
mod journal;
mod live;
mod mail;
mod papers;
mod partners;
mod payouts;
mod people;
mod program;
mod provider;
mod quarantine;
pub mod session;
mod signing;
mod webhooks;
mod whatif;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde::Serialize;
use trueup_facts::digest::Digest;
use utoipa::ToSchema;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation as Said;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, RefOr, SecurityRequirement,
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::Shared;
use crate::access::Operation;
use crate::answer::{Problem, Refused};
use crate::files;
use crate::gate::{Guard, bearer, guard, role_word};
use crate::meters;
use crate::noted::noted;
use crate::once::{self, once};

/// Where an operation's word stands in the description.
pub const OPERATION: &str = "x-trueup-operation";

/// All routes.
pub fn routes(shared: Arc<Shared>) -> Router {
    let (router, _) = described(shared.clone());
    router
        .fallback(files::file)
        .method_not_allowed_fallback(not_so)
        .layer(middleware::from_fn(tagged))
        .layer(middleware::from_fn(careful))
        .layer(middleware::from_fn_with_state(shared.clone(), noted))
        .with_state(shared)
}

/// The routes with what is said of them.
fn described(shared: Arc<Shared>) -> (Router<Arc<Shared>>, OpenApi) {
    let for_whom = |operation: Operation, route: UtoipaMethodRouter<Arc<Shared>>| {
        let guarding = Guard {
            shared: shared.clone(),
            operation,
        };
        let route = match operation.takes_a_step() {
            true => route.layer(middleware::from_fn_with_state(shared.clone(), once)),
            false => route,
        };
        let (schemas, mut paths, methods) =
            route.layer(middleware::from_fn_with_state(guarding, guard));
        for path in paths.paths.values_mut() {
            say_whose(path, operation);
        }
        (schemas, paths, methods)
    };
    use Operation as Op;
    let (router, mut openapi) = OpenApiRouter::with_openapi(description())
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(openapi))
        .routes(routes!(metrics))
        .routes(routes!(
            session::session,
            session::sign_on,
            session::sign_off
        ))
        .routes(routes!(session::first_administrator))
        .routes(routes!(provider::ways))
        .routes(routes!(provider::begin))
        .routes(routes!(provider::come_back))
        .routes(for_whom(
            Op::OwnSession,
            routes!(session::new_authenticator, session::use_authenticator),
        ))
        .routes(for_whom(
            Op::OwnSession,
            routes!(session::tokens, session::make_token),
        ))
        .routes(for_whom(Op::OwnSession, routes!(session::end_token)))
        .routes(for_whom(
            Op::OwnSession,
            routes!(mail::own_mail, mail::decline_mail),
        ))
        .routes(for_whom(
            Op::ManagePeople,
            routes!(people::people, people::add_person),
        ))
        .routes(for_whom(Op::ManagePeople, routes!(people::change_access)))
        .routes(for_whom(
            Op::ManageWebhooks,
            routes!(webhooks::webhooks, webhooks::add_webhook),
        ))
        .routes(for_whom(
            Op::ManageWebhooks,
            routes!(webhooks::remove_webhook),
        ))
        .routes(for_whom(Op::ManageWebhooks, routes!(webhooks::messages)))
        .routes(for_whom(Op::ManageWebhooks, routes!(webhooks::tell_again)))
        .routes(for_whom(Op::ManageWebhooks, routes!(mail::mails)))
        .routes(for_whom(Op::ManageWebhooks, routes!(mail::mail_again)))
        .routes(for_whom(Op::ReadPartners, routes!(partners::partners)))
        .routes(for_whom(Op::ReadPartner, routes!(partners::partner)))
        .routes(for_whom(Op::ReadPartner, routes!(partners::home)))
        .routes(for_whom(Op::ReadPartner, routes!(partners::board)))
        .routes(for_whom(Op::ReadPartner, routes!(partners::statements)))
        .routes(for_whom(Op::ReadPartner, routes!(partners::statement)))
        .routes(for_whom(Op::ReadPartner, routes!(papers::document)))
        .routes(for_whom(Op::IssueBundle, routes!(papers::bundle)))
        .routes(for_whom(Op::ReadKey, routes!(papers::vendor_key)))
        .routes(for_whom(
            Op::AskWhatIf,
            routes!(whatif::whatif_form, whatif::whatif),
        ))
        .routes(for_whom(Op::AcceptStatements, routes!(partners::accept)))
        .routes(for_whom(Op::ReadPartner, routes!(agreements::agreements)))
        .routes(for_whom(
            Op::AnswerAgreement,
            routes!(agreements::answer_agreement),
        ))
        .routes(for_whom(Op::ReadPartner, routes!(signing::partner_keys)))
        .routes(for_whom(Op::HoldKey, routes!(signing::hold_key)))
        .routes(for_whom(Op::SignStep, routes!(signing::sign_step)))
        .routes(for_whom(Op::ReadPartner, routes!(partners::explanation)))
        .routes(for_whom(Op::ReadPartner, routes!(partners::compared)))
        .routes(for_whom(Op::ReadDisputes, routes!(disputes::disputes)))
        .routes(for_whom(Op::OpenDispute, routes!(disputes::open_dispute)))
        .routes(for_whom(
            Op::AnswerDispute,
            routes!(disputes::answer_dispute),
        ))
        .routes(for_whom(
            Op::ReadAnnouncements,
            routes!(announcements::announcements),
        ))
        .routes(for_whom(Op::Announce, routes!(announcements::announce)))
        .routes(for_whom(
            Op::Announce,
            routes!(announcements::withdraw_announcement),
        ))
        .routes(for_whom(
            Op::ReadPartner,
            routes!(announcements::partner_announcements),
        ))
        .routes(for_whom(
            Op::Acknowledge,
            routes!(announcements::acknowledge),
        ))
        .routes(for_whom(Op::ReadOverview, routes!(program::overview)))
        .routes(for_whom(Op::ReadPeriods, routes!(program::periods)))
        .routes(for_whom(Op::CalculatePeriod, routes!(program::calculate)))
        .routes(for_whom(Op::ApprovePeriod, routes!(program::approve)))
        .routes(for_whom(Op::ClosePeriod, routes!(program::close)))
        .routes(for_whom(Op::ReadPayouts, routes!(payouts::payouts)))
        .routes(for_whom(Op::ReadPayouts, routes!(payouts::payout_preview)))
        .routes(for_whom(
            Op::PreparePayout,
            routes!(payouts::prepare_payout),
        ))
        .routes(for_whom(
            Op::ApprovePayout,
            routes!(payouts::approve_payout),
        ))
        .routes(for_whom(Op::OrderPayout, routes!(payouts::order_payout)))
        .routes(for_whom(Op::ReadPayouts, routes!(payouts::payout)))
        .routes(for_whom(
            Op::WritePaymentFile,
            routes!(payouts::payment_file),
        ))
        .routes(for_whom(Op::OrderPayout, routes!(payouts::report_payments)))
        .routes(for_whom(
            Op::ReadPartner,
            routes!(payouts::partner_payments),
        ))
        .routes(for_whom(
            Op::ReadExceptions,
            routes!(exceptions::exceptions),
        ))
        .routes(for_whom(
            Op::ProposeException,
            routes!(exceptions::propose_exception),
        ))
        .routes(for_whom(
            Op::ApproveException,
            routes!(exceptions::approve_exception),
        ))
        .routes(for_whom(Op::ReadJournal, routes!(journal::journal)))
        .routes(for_whom(Op::ReadJournal, routes!(journal::act)))
        .routes(for_whom(Op::ReadJournal, routes!(journal::act_proof)))
        .routes(for_whom(Op::ReadJournal, routes!(journal::look_through)))
        .routes(for_whom(Op::ReadJournal, routes!(journal::check_bundle)))
        .routes(for_whom(Op::ReadPlans, routes!(program::plans)))
        .routes(for_whom(Op::ReadPlans, routes!(program::plan)))
        .routes(for_whom(Op::CheckPlan, routes!(program::check_plan)))
        .routes(for_whom(Op::ReadSources, routes!(facts::sources)))
        .routes(for_whom(Op::ReadFeeds, routes!(feeds::feeds)))
        .routes(for_whom(Op::ReadFeeds, routes!(feeds::feed_quality)))
        .routes(for_whom(Op::MendRows, routes!(quarantine::mend_row)))
        .routes(for_whom(Op::MendRows, routes!(quarantine::reject_row)))
        .routes(for_whom(Op::ReplayRows, routes!(quarantine::replay_rows)))
        .routes(for_whom(Op::ReadFacts, routes!(feeds::partner_facts)))
        .routes(for_whom(Op::DoubtFact, routes!(feeds::doubt_fact)))
        .routes(for_whom(Op::PushFacts, routes!(facts::push)))
        .routes(for_whom(Op::Listen, routes!(live::events)))
        .split_for_parts();
    for path in openapi.paths.paths.values_mut() {
        operations(path).for_each(say_besides);
    }
    (router, openapi)
}

/// What is said of the API, as it is committed.
#[must_use]
pub fn openapi_of(shared: Arc<Shared>) -> OpenApi {
    described(shared).1
}

fn description() -> OpenApi {
    let mut components = Components::new();
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        "trueup",
        "What signing on sets: `__Host-trueup` where people reach the server by TLS, else `trueup`.",
    ));
    components.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of POST /v1/tokens, or the operator's own."))
        .build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Trueup")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "Partner programs that both sides can check. Amounts are decimal texts beside their currency, never floats; \
                     days are `2026-01-31`; instants end in `Z`. No answer is never zero. What is refused is answered as RFC 9457 \
                     has it, with a stable `code`. A partner that the caller may not see answers 404, an operation that it may \
                     not do 403. Answers to GET carry an ETag.",
                ))
                .build(),
        )
        .components(Some(components))
        .build()
}

/// Says of a path's operations what they are, who may do them, and what every one of them may answer besides.
fn say_whose(path: &mut PathItem, operation: Operation) {
    let roles: Vec<&str> = operation
        .roles()
        .iter()
        .map(|role| role_word(*role))
        .collect();
    for said in operations(path) {
        let extensions = Extensions::builder()
            .add(OPERATION, operation.word())
            .add("x-trueup-roles", roles.clone())
            .build();
        said.extensions = Some(extensions);
        if operation.takes_a_step() {
            let key = utoipa::openapi::path::ParameterBuilder::new()
                .name(once::KEY.as_str())
                .parameter_in(utoipa::openapi::path::ParameterIn::Header)
                .description(Some(once::SAID))
                .schema(Some(
                    utoipa::openapi::ObjectBuilder::new()
                        .schema_type(utoipa::openapi::schema::Type::String)
                        .min_length(Some(1))
                        .max_length(Some(once::KEY_MAX))
                        .pattern(Some("^[!-~]+$"))
                        .build(),
                ))
                .build();
            said.parameters.get_or_insert_default().push(key.into());
        }
        let none: [&str; 0] = [];
        said.security = Some(vec![
            SecurityRequirement::new("cookie", none),
            SecurityRequirement::new("token", none),
        ]);
        for (status, says) in [
            ("401", "Nobody signed on."),
            (
                "403",
                "None of the caller's roles may do this, or the request began on another site.",
            ),
            ("503", "The world behind the server failed; try again."),
        ] {
            said.responses
                .responses
                .entry(status.to_owned())
                .or_insert_with(|| problem(says).into());
        }
    }
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Said> {
    let all = [
        &mut path.get,
        &mut path.put,
        &mut path.post,
        &mut path.delete,
        &mut path.patch,
    ];
    all.into_iter().filter_map(Option::as_mut)
}

/// Says what may be answered whatever an operation is: to a body that cannot be read, and to a key that cannot be taken.
fn say_besides(said: &mut Said) {
    let mut besides = Vec::new();
    if said.request_body.is_some() {
        besides.extend([
            ("400", "The body is no JSON."),
            ("408", "The body took too long."),
            ("413", "The body is too long."),
            ("415", "The body is of another type."),
            ("422", "The body is not what is described."),
        ]);
    }
    let parameters = said.parameters.iter().flatten();
    let has_key = parameters
        .filter_map(|one| match one {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
        .any(|parameter| parameter.name == once::KEY.as_str());
    if has_key {
        besides.extend([
            ("400", "The key is none."),
            ("409", "A step with this key is under way."),
            ("422", "The key was sent with another request."),
        ]);
    }
    for (status, says) in besides {
        let responses = &mut said.responses.responses;
        responses
            .entry(status.to_owned())
            .or_insert_with(|| problem(says).into());
    }
}

fn problem(says: &str) -> utoipa::openapi::Response {
    utoipa::openapi::ResponseBuilder::new()
        .description(says)
        .content(
            "application/problem+json",
            utoipa::openapi::ContentBuilder::new()
                .schema(Some(utoipa::openapi::Ref::from_schema_name("Problem")))
                .build(),
        )
        .build()
}

/// Whether the server lives.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// The program's name.
    program: String,
    /// Always true: what does not live does not answer.
    is_alive: bool,
}

/// Says that the server lives.
#[utoipa::path(get, path = "/healthz", tag = "server",
    responses((status = 200, description = "It lives.", body = Health)))]
async fn healthz(State(shared): State<Arc<Shared>>) -> Json<Health> {
    Json(Health {
        program: shared.program.name.to_string(),
        is_alive: true,
    })
}

/// Says whether figures can be answered.
#[utoipa::path(get, path = "/readyz", tag = "server",
    responses((status = 200, description = "They can.", body = Health),
        (status = 503, description = "They cannot yet, and why.", body = Problem, content_type = "application/problem+json")))]
async fn readyz(State(shared): State<Arc<Shared>>) -> Result<Json<Health>, Refused> {
    let asked = shared.clone();
    shared.ask(move |app| app.ready()).await?;
    Ok(healthz(State(asked)).await)
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "server",
    responses((status = 200, description = "The OpenAPI description.", content_type = "application/json")))]
async fn openapi(State(shared): State<Arc<Shared>>) -> Json<OpenApi> {
    Json(openapi_of(shared))
}

/// How the server does, for a Prometheus server that bears the operator's own token.
#[utoipa::path(get, path = "/metrics", tag = "server", security(("token" = [])),
    responses((status = 200, description = "The meters, in OpenMetrics text.", body = String, content_type = "application/openmetrics-text"),
        (status = 401, description = "The operator's own token is not borne, or none is set.", body = Problem, content_type = "application/problem+json")))]
async fn metrics(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let borne = bearer(&headers).map(|token| Digest::of(token.as_bytes()));
    if borne.is_none() || borne != shared.gate.operator {
        let says = "only the operator's own token reads this; set TRUEUP_TOKEN when the server is started, and send it";
        return Err(Refused::new(StatusCode::UNAUTHORIZED, "unauthorised", says));
    }
    let (waiting, folded) = (shared.counter.waiting(), shared.counter.folded());
    let text = shared.meters.text(waiting, folded);
    let text = text.ok_or_else(|| Refused::fault("the meters cannot be written"))?;
    Ok(([(header::CONTENT_TYPE, meters::MEDIA)], text).into_response())
}

async fn not_so(request: Request) -> Refused {
    let says = format!(
        "{} is not done to {}",
        request.method(),
        request.uri().path()
    );
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, "method", says)
}

/// Tags what is read with the digest of what it says, and spares whoever has it already.
async fn tagged(request: Request, next: Next) -> Response {
    let is_read = request.method() == axum::http::Method::GET;
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media| media.as_bytes() == b"application/json");
    if !is_read || response.status() != StatusCode::OK || !is_json {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return Refused::fault("the answer broke off").into_response();
    };
    let tag = format!("\"{}\"", Digest::of(&body));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    let is_known = known.is_some_and(|known| {
        known.to_str().is_ok_and(|known| {
            known
                .split(',')
                .any(|one| one.trim().trim_start_matches("W/") == tag)
        })
    });
    if is_known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(parts, axum::body::Body::empty());
    }
    Response::from_parts(parts, body.into())
}

/// Says to browsers what they must not do with an answer.
async fn careful(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/v1/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_api {
        // Money is nobody's cache's; files are not even the asker's own.
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("private, no-cache"));
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access;

    #[test]
    fn every_role_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<&str> =
            access::ROLES.iter().map(|role| role_word(*role)).collect();
        assert_eq!(words.len(), access::ROLES.len());
    }
}
