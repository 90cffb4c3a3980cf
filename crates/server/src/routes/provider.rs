//! Signing on by a provider of identities. The browser goes there and comes back; what becomes of it is told to the page.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use trueup_store::Person;
use utoipa::IntoParams;

use super::session::{begin_and_go, sent_to};
use crate::Shared;
use crate::answer::{Problem, Refused};
use crate::gate::cookie_named;
use crate::identity::Email;
use crate::log::Level;
use crate::meters::Way;
use crate::provider::{Answer, NotIn, Provider};
use crate::wire::{SignOnProvider, SignOnWays};

/// The page that begins and ends signing on.
const PAGE: &str = "/sign-on";
/// How long a try may take, in seconds.
const TRY_SECONDS: i64 = 600;

/// Where to go then.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BeginAsked {
    /// The path of the app to go to then; whatever is another place is the app's first page.
    #[param(max_length = 500)]
    pub to: Option<String>,
}

/// What a provider's answer says.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReturnAsked {
    /// The code.
    #[param(max_length = 4096)]
    pub code: Option<String>,
    /// The state that was sent there.
    #[param(max_length = 500)]
    pub state: Option<String>,
    /// Who the provider says that it is.
    #[param(max_length = 500)]
    pub iss: Option<String>,
    /// What went wrong there.
    #[param(max_length = 500)]
    pub error: Option<String>,
}

/// The ways to sign on, for whoever has not yet.
#[utoipa::path(get, path = "/v1/sign-on", tag = "sign-on",
    responses((status = 200, description = "The ways.", body = SignOnWays)))]
pub async fn ways(State(shared): State<Arc<Shared>>) -> Json<SignOnWays> {
    let shown = |provider: &Provider| SignOnProvider {
        called: provider.called().to_owned(),
    };
    Json(SignOnWays {
        provider: shared.gate.provider.as_ref().map(shown),
    })
}

/// Begins to sign on by the provider of identities, and sends the browser there.
#[utoipa::path(get, path = "/v1/sign-on/provider", tag = "sign-on", params(BeginAsked),
    responses((status = 303, description = "To the provider; where it cannot be asked, to the page for signing on, which says so."),
        (status = 400, description = "The query is not one that is described.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No provider is set up.", body = Problem, content_type = "application/problem+json")))]
pub async fn begin(
    State(shared): State<Arc<Shared>>,
    asked: Result<Query<BeginAsked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Refused> {
    let Query(asked) = asked.map_err(|wrong| Refused::bad_request(wrong.body_text()))?;
    let provider = provider(&shared)?;
    let to = asked.to.unwrap_or_default();
    match provider.begin(&to, shared.seconds()).await {
        Ok(begun) => {
            let mut response = sent_to(&begun.address);
            set_cookie(&shared, &mut response, (&begun.holds, TRY_SECONDS));
            Ok(response)
        }
        Err(why) => Ok(not_in(&shared, &why)),
    }
}

/// Where the provider sends the browser back to. Whoever the provider vouches for and an administrator added is signed on.
#[utoipa::path(get, path = "/v1/sign-on/provider/return", tag = "sign-on", params(ReturnAsked),
    responses((status = 303, description = "To the app, with a session; or to the page for signing on, which says what was wrong."),
        (status = 400, description = "The query is not one that is described.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No provider is set up.", body = Problem, content_type = "application/problem+json")))]
pub async fn come_back(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    asked: Result<Query<ReturnAsked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Refused> {
    let Query(asked) = asked.map_err(|wrong| Refused::bad_request(wrong.body_text()))?;
    let provider = provider(&shared)?;
    let answer = Answer {
        code: asked.code,
        state: asked.state,
        iss: asked.iss,
        error: asked.error,
    };
    let holds = cookie_named(&headers, try_cookie(&shared));
    let mut response = match came_in(&shared, provider, (holds, &answer)).await? {
        Ok((person, to)) => begin_and_go(&shared, &headers, (person, &to)).await?,
        Err(why) => not_in(&shared, &why),
    };
    set_cookie(&shared, &mut response, ("", 0));
    Ok(response)
}

/// Who came in: somebody whom an administrator added, by the account that is bound, or by an address that the provider vouches for.
async fn came_in(
    shared: &Shared,
    provider: &Provider,
    (holds, answer): (Option<&str>, &Answer),
) -> Result<Result<(Person, String), NotIn>, Refused> {
    let (identity, to) = match provider.returned(holds, answer, shared.seconds()).await {
        Ok(returned) => returned,
        Err(why) => return Ok(Err(why)),
    };
    let name = match &identity.email {
        Some(Email::Verified(email)) => Some(email.trim().to_lowercase()),
        Some(Email::Unverified) | None => None,
    };
    let database = &shared.gate.database;
    let found = database
        .person_by(provider.issuer(), &identity.subject, name.as_deref())
        .await;
    let found = found.map_err(|fault| shared.fault("looking for a person", &fault))?;
    Ok(match found.filter(|person| person.is_active) {
        Some(person) => Ok((person, to)),
        None if name.is_none() => Err(NotIn::Unverified),
        None => Err(NotIn::Unknown),
    })
}

/// Sends the browser back to the page for signing on, and says in the log what happened, without a name.
fn not_in(shared: &Shared, why: &NotIn) -> Response {
    shared.meters.not_signed_on(Way::Provider, why.word());
    let level = match why {
        NotIn::Down(_) => Level::Error,
        NotIn::Stale | NotIn::Refused | NotIn::Issuer | NotIn::Code | NotIn::Token(_) => {
            Level::Info
        }
        NotIn::Unverified | NotIn::Unknown => Level::Info,
    };
    let says = vec![("says", why.to_string().into())];
    shared
        .log
        .line((shared.now)(), level, "not_signed_on", says);
    sent_to(&format!("{PAGE}?refused={}", why.word()))
}

fn provider(shared: &Shared) -> Result<&Provider, Refused> {
    let none = || {
        Refused::not_found(
            "no provider of identities is set up; sign on with a name and a password",
        )
    };
    shared.gate.provider.as_ref().ok_or_else(none)
}

/// The cookie of a try. It has to come along when the provider sends the browser back, so it is not as strict as a session's.
fn try_cookie(shared: &Shared) -> &'static str {
    match shared.gate.is_by_tls {
        true => "__Host-trueup-try",
        false => "trueup-try",
    }
}

fn set_cookie(shared: &Shared, response: &mut Response, (holds, seconds): (&str, i64)) {
    let secure = if shared.gate.is_by_tls {
        "; Secure"
    } else {
        ""
    };
    let name = try_cookie(shared);
    let cookie =
        format!("{name}={holds}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        // Beside the session's, which may be there already.
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
