//! Signing on and off, the first administrator, authenticators and tokens.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use trueup_store::{Granted, NewSession, NewToken, Person, Signed};

use crate::access::{Caller, Operation, is_of_a_partner};
use crate::answer::{Problem, Refused, encoded};
use crate::body::Said;
use crate::gate::{self, cookie, cookie_name, is_from_here, role_word, try_keys};
use crate::meters::Way;
use crate::wire::{
    Authenticator, AuthenticatorTried, FirstAdministrator, Grant, MadeToken, NewTokenAsked, Role,
    Screen, ScreenPermitted, Session, SignOn, Token, TokenList,
};
use crate::{Shared, password};

/// How long a session lasts at most: a working day.
const SESSION_SECONDS: i64 = 12 * 60 * 60;
/// How long a token lasts at most: a year.
const TOKEN_DAYS_MAX: u16 = 366;

/// Who has signed on, and what they may do.
#[utoipa::path(get, path = "/v1/session", tag = "sign-on",
    responses((status = 200, description = "The session.", body = Session),
        (status = 401, description = "Nobody signed on.", body = Problem, content_type = "application/problem+json")))]
pub async fn session(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Json<Session>, Refused> {
    let signed = signed(&shared, &headers).await?;
    Ok(Json(told(&shared, &signed)))
}

/// Signs on. The answer sets a cookie that scripts cannot read.
#[utoipa::path(post, path = "/v1/session", tag = "sign-on", request_body = SignOn,
    responses((status = 200, description = "The session that has begun.", body = Session),
        (status = 401, description = "Name, password or code are not right (`wrong`), or the account has an authenticator and no code was sent (`code_needed`).", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The request began on another site.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries; the header Retry-After says when to come again.", body = Problem, content_type = "application/problem+json")))]
pub async fn sign_on(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Said(asked): Said<SignOn>,
) -> Result<Response, Refused> {
    is_from_here(&Method::POST, &headers)?;
    let name = name_of(&asked.name)?;
    let keys = try_keys(&name, from.ip());
    let now = shared.seconds();
    let failed = |why| shared.meters.not_signed_on(Way::Password, why);
    patience(&shared, &keys, now).inspect_err(|refused| failed(refused.code))?;
    let found = shared.gate.database.person_named(&name).await;
    let found = found.map_err(|fault| shared.fault("looking for a person", &fault))?;
    let phc = found.as_ref().map_or_else(
        || shared.gate.nobody.clone(),
        |person| person.password.clone(),
    );
    let is_it = slowly(&shared, move || password::is_it(&asked.password, &phc)).await?;
    let Some(person) = found.filter(|person| is_it && person.is_active) else {
        failed("wrong");
        return Err(wrong());
    };
    if let Some(secret) = &person.authenticator {
        let Some(code) = &asked.code else {
            let says = "this account has an authenticator; send its six digits as `code`";
            return Err(Refused::new(StatusCode::UNAUTHORIZED, "code_needed", says));
        };
        let Some(step) = password::step_of(code, secret, now) else {
            failed("wrong_code");
            return Err(wrong());
        };
        let is_new = shared.gate.database.use_code(&person.id, step).await;
        if !is_new.map_err(|fault| shared.fault("using a code", &fault))? {
            failed("used_code");
            return Err(wrong());
        }
    }
    if let Ok(mut tries) = shared.gate.tries.lock() {
        keys.iter().for_each(|key| tries.give_back(key));
    }
    begin(&shared, &headers, person).await
}

/// Signs off: the session ends at once.
#[utoipa::path(delete, path = "/v1/session", tag = "sign-on",
    responses((status = 204, description = "The session has ended, or there was none."),
        (status = 403, description = "The request began on another site.", body = Problem, content_type = "application/problem+json")))]
pub async fn sign_off(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    is_from_here(&Method::DELETE, &headers)?;
    if let Some(holds) = cookie(&headers, shared.gate.is_by_tls) {
        let kept = password::kept_as(holds);
        let ended = shared.gate.database.end_session(&kept).await;
        ended.map_err(|fault| shared.fault("ending a session", &fault))?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&shared, &mut response, "", 0);
    Ok(response)
}

/// Makes the first administrator, with the one-time code that the server printed when it was started, and signs it on.
#[utoipa::path(post, path = "/v1/first-administrator", tag = "sign-on", request_body = FirstAdministrator,
    responses((status = 200, description = "The administrator's session.", body = Session),
        (status = 401, description = "The code is not the one that was printed, or somebody is there already.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The name or password cannot be taken, and why.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries.", body = Problem, content_type = "application/problem+json")))]
pub async fn first_administrator(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Said(asked): Said<FirstAdministrator>,
) -> Result<Response, Refused> {
    is_from_here(&Method::POST, &headers)?;
    let failed = |why| shared.meters.not_signed_on(Way::SetupCode, why);
    patience(&shared, &try_keys("", from.ip()), shared.seconds())
        .inspect_err(|refused| failed(refused.code))?;
    let is_code = |setup: &Option<String>| {
        setup.as_deref() == Some(password::kept_as(&asked.setup_code).as_str())
    };
    if !shared.gate.setup.lock().is_ok_and(|setup| is_code(&setup)) {
        failed("wrong");
        let says =
            "the code is not the one that `trueup serve` printed, or it was used; look there again";
        return Err(Refused::new(StatusCode::UNAUTHORIZED, "wrong", says));
    }
    let administrator = [Grant {
        role: Role::Administrator,
        partner: None,
    }];
    let chosen = Chosen {
        name: &asked.name,
        shown_name: &asked.shown_name,
        password: &asked.password,
        grants: &administrator,
    };
    let person = made(&shared, chosen).await?;
    let added = shared.gate.database.add_person(&person, true).await;
    if !added.map_err(|fault| shared.fault("adding a person", &fault))? {
        return Err(Refused::new(
            StatusCode::UNAUTHORIZED,
            "wrong",
            "somebody is there already; sign on",
        ));
    }
    if let Ok(mut setup) = shared.gate.setup.lock() {
        *setup = None;
    }
    begin(&shared, &headers, person).await
}

/// A new secret for an authenticator. Nothing is stored until a code of it is sent.
#[utoipa::path(post, path = "/v1/session/authenticator", tag = "sign-on",
    responses((status = 200, description = "The secret, to be shown to the authenticator once.", body = Authenticator),
        (status = 401, description = "Nobody signed on.", body = Problem, content_type = "application/problem+json")))]
pub async fn new_authenticator(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Json<Authenticator>, Refused> {
    let signed = signed(&shared, &headers).await?;
    let secret = password::authenticator().ok_or_else(no_randomness)?;
    let issuer = encoded(&shared.program.name);
    let account = encoded(&signed.person.name);
    Ok(Json(Authenticator {
        address: format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}"),
        secret,
    }))
}

/// Takes an authenticator into use, once it has shown a right code. From then on signing on needs one.
#[utoipa::path(put, path = "/v1/session/authenticator", tag = "sign-on", request_body = AuthenticatorTried,
    responses((status = 204, description = "Signing on needs a code from now on."),
        (status = 401, description = "Nobody signed on.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The code is not one of this secret.", body = Problem, content_type = "application/problem+json")))]
pub async fn use_authenticator(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Said(asked): Said<AuthenticatorTried>,
) -> Result<StatusCode, Refused> {
    let signed = signed(&shared, &headers).await?;
    if password::step_of(&asked.code, &asked.secret, shared.seconds()).is_none() {
        return Err(Refused::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "wrong_code",
            "the code is not one of this secret now; look at the authenticator and the clock",
        ));
    }
    let database = &shared.gate.database;
    let changed = database.change_authenticator(&signed.person.id, Some(&asked.secret));
    changed
        .await
        .map_err(|fault| shared.fault("changing an authenticator", &fault))?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's own tokens.
#[utoipa::path(get, path = "/v1/tokens", tag = "sign-on",
    responses((status = 200, description = "The tokens, the latest first; never what they hold.", body = TokenList),
        (status = 401, description = "Nobody signed on.", body = Problem, content_type = "application/problem+json")))]
pub async fn tokens(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<TokenList>, Refused> {
    let rows = shared.gate.database.tokens_of(&caller.person).await;
    let rows = rows.map_err(|fault| shared.fault("reading tokens", &fault))?;
    let token = |row: trueup_store::TokenRow| Token {
        id: row.id,
        is_for: row.is_for,
        scopes: row.scopes,
        made_at: instant(row.made_at),
        ends_at: instant(row.ends_at),
    };
    Ok(Json(TokenList {
        tokens: rows.into_iter().map(token).collect(),
    }))
}

/// Makes a token with which a program does what its scopes say, as the one who makes it. It is shown once.
#[utoipa::path(post, path = "/v1/tokens", tag = "sign-on", request_body = NewTokenAsked,
    responses((status = 200, description = "The token, shown this once.", body = MadeToken),
        (status = 401, description = "Nobody signed on.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A token cannot make tokens.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The scopes or days cannot be taken, and why.", body = Problem, content_type = "application/problem+json")))]
pub async fn make_token(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Said(asked): Said<NewTokenAsked>,
) -> Result<Json<MadeToken>, Refused> {
    if caller.scopes.is_some() {
        return Err(Refused::forbidden("a token cannot make tokens; sign on"));
    }
    let unknown = asked
        .scopes
        .iter()
        .find(|scope| !Operation::ALL.iter().any(|op| op.word() == **scope));
    if let Some(unknown) = unknown {
        let known: Vec<&str> = Operation::ALL.iter().map(|op| op.word()).collect();
        return Err(unprocessable(format!(
            "there is no scope `{unknown}`; there are {}",
            known.join(", ")
        )));
    }
    if asked.scopes.is_empty() || asked.days == 0 || asked.days > TOKEN_DAYS_MAX {
        return Err(unprocessable(format!(
            "a token has at least one scope and lasts 1 to {TOKEN_DAYS_MAX} days"
        )));
    }
    let token = password::random_text().ok_or_else(no_randomness)?;
    let id = password::person_id()
        .ok_or_else(no_randomness)?
        .replacen("u-", "t-", 1);
    let now = shared.seconds();
    let ends_at = now + i64::from(asked.days) * 24 * 60 * 60;
    let new = NewToken {
        digest: &password::kept_as(&token),
        id: &id,
        person: &caller.person,
        is_for: &asked.is_for,
        scopes: &asked.scopes,
        made_at: now,
        ends_at,
    };
    let added = shared.gate.database.add_token(&new).await;
    added.map_err(|fault| shared.fault("making a token", &fault))?;
    Ok(Json(MadeToken {
        id,
        token,
        ends_at: instant(ends_at),
    }))
}

/// Ends a token at once.
#[utoipa::path(delete, path = "/v1/tokens/{token}", tag = "sign-on",
    params(("token" = String, Path, description = "The token's id.")),
    responses((status = 204, description = "The token has ended."),
        (status = 401, description = "Nobody signed on.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "You have no such token.", body = Problem, content_type = "application/problem+json")))]
pub async fn end_token(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
) -> Result<StatusCode, Refused> {
    let ended = shared.gate.database.end_token(&caller.person, &token).await;
    match ended.map_err(|fault| shared.fault("ending a token", &fault))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::not_found("you have no such token")),
    }
}

/// Whoever signed on with a cookie.
async fn signed(shared: &Shared, headers: &HeaderMap) -> Result<Signed, Refused> {
    let holds = cookie(headers, shared.gate.is_by_tls).ok_or_else(Refused::stranger)?;
    let found = shared
        .gate
        .database
        .session(&password::kept_as(holds), shared.seconds())
        .await;
    found
        .map_err(|fault| shared.fault("looking for a session", &fault))?
        .ok_or_else(Refused::stranger)
}

/// Begins a session and tells it.
async fn begin(shared: &Shared, headers: &HeaderMap, person: Person) -> Result<Response, Refused> {
    let (signed, holds) = begun(shared, headers, person).await?;
    let mut response = Json(told(shared, &signed)).into_response();
    set_cookie(shared, &mut response, &holds, SESSION_SECONDS);
    Ok(response)
}

/// Begins a session under a new secret: one that was there before is ended, so that nobody can have known it.
async fn begun(
    shared: &Shared,
    headers: &HeaderMap,
    person: Person,
) -> Result<(Signed, String), Refused> {
    let database = &shared.gate.database;
    let fault = |fault| shared.fault("beginning a session", &fault);
    if let Some(before) = cookie(headers, shared.gate.is_by_tls) {
        let ended = database.end_session(&password::kept_as(before)).await;
        ended.map_err(fault)?;
    }
    let holds = password::random_text().ok_or_else(no_randomness)?;
    let began_at = shared.seconds();
    let ends_at = began_at + SESSION_SECONDS;
    let session = NewSession {
        digest: &password::kept_as(&holds),
        person: &person.id,
        began_at,
        ends_at,
    };
    database.begin_session(&session).await.map_err(fault)?;
    let signed = Signed {
        person,
        ends_at,
        scopes: None,
    };
    Ok((signed, holds))
}

/// Begins a session and sends the browser on, to a path of this app.
pub async fn begin_and_go(
    shared: &Shared,
    headers: &HeaderMap,
    (person, to): (Person, &str),
) -> Result<Response, Refused> {
    let (_, holds) = begun(shared, headers, person).await?;
    let mut response = sent_to(to);
    set_cookie(shared, &mut response, &holds, SESSION_SECONDS);
    Ok(response)
}

/// Sends a browser to another page.
pub fn sent_to(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(value) = HeaderValue::from_str(address) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

fn set_cookie(shared: &Shared, response: &mut Response, holds: &str, seconds: i64) {
    let is_by_tls = shared.gate.is_by_tls;
    let secure = if is_by_tls { "; Secure" } else { "" };
    let cookie = format!(
        "{}={holds}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}",
        cookie_name(is_by_tls)
    );
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
}

/// A session as it is told.
fn told(shared: &Shared, signed: &Signed) -> Session {
    let person = &signed.person;
    let grants = gate::grants(&person.grants);
    let caller = Caller {
        person: person.id.clone(),
        grants: grants.clone(),
        scopes: None,
        is_by_cookie: true,
    };
    let partner = grants
        .iter()
        .find(|grant| is_of_a_partner(grant.role))
        .and_then(|grant| grant.partner.clone());
    let screen = |screen: Screen, operation: Operation, partner: Option<&str>| ScreenPermitted {
        screen,
        permitted: caller.permitted(operation, partner),
    };
    let mut home = screen(
        Screen::PartnerHome,
        Operation::ReadPartner,
        partner.as_deref(),
    );
    if partner.is_none() && home.permitted.is_allowed {
        home.permitted = crate::wire::Permitted::no("you are no partner's; open one from the list");
    }
    let facts = screen(Screen::Facts, Operation::ReadFacts, partner.as_deref());
    let what_if = screen(Screen::WhatIf, Operation::AskWhatIf, partner.as_deref());
    Session {
        person: person.id.clone(),
        name: person.name.clone(),
        shown_name: person.shown_name.clone(),
        partner,
        screens: vec![
            home,
            screen(Screen::Overview, Operation::ReadOverview, None),
            screen(Screen::Partners, Operation::ReadPartners, None),
            screen(Screen::PlanEditor, Operation::ReadPlans, None),
            screen(Screen::Close, Operation::ReadPeriods, None),
            screen(Screen::Payouts, Operation::ReadPayouts, None),
            screen(Screen::Disputes, Operation::ReadDisputes, None),
            screen(Screen::Exceptions, Operation::ReadExceptions, None),
            screen(Screen::Feeds, Operation::ReadFeeds, None),
            facts,
            screen(Screen::Announcements, Operation::ReadAnnouncements, None),
            screen(Screen::Journal, Operation::ReadJournal, None),
            screen(Screen::People, Operation::ManagePeople, None),
            screen(Screen::Webhooks, Operation::ManageWebhooks, None),
            what_if,
        ],
        grants,
        program: shared.program.name.to_string(),
        program_title: shared.title(),
        ends_at: instant(signed.ends_at),
    }
}

/// What an account is made from.
pub struct Chosen<'a> {
    /// The name to sign on with.
    pub name: &'a str,
    /// How the person is called.
    pub shown_name: &'a str,
    /// The password.
    pub password: &'a str,
    /// What the person may do.
    pub grants: &'a [Grant],
}

/// A person as chosen, not stored yet.
pub async fn made(shared: &Shared, chosen: Chosen<'_>) -> Result<Person, Refused> {
    let name = name_of(chosen.name)?;
    if let Some(says) = password::wrong_with(chosen.password, &name) {
        return Err(unprocessable(says));
    }
    let (cost, password) = (shared.gate.cost, chosen.password.to_owned());
    let hash = slowly(shared, move || password::hashed(&password, cost)).await?;
    Ok(Person {
        id: password::person_id().ok_or_else(no_randomness)?,
        name,
        shown_name: shown(chosen.shown_name)?,
        password: hash.ok_or_else(no_randomness)?,
        authenticator: None,
        is_active: true,
        grants: as_granted(chosen.grants),
    })
}

/// Roles as they are stored.
pub fn as_granted(grants: &[Grant]) -> Vec<Granted> {
    let granted = |grant: &Grant| Granted {
        role: role_word(grant.role).to_owned(),
        partner: grant.partner.clone(),
    };
    grants.iter().map(granted).collect()
}

/// A name to sign on with, in the form in which it is one.
fn name_of(said: &str) -> Result<String, Refused> {
    let name = said.trim().to_lowercase();
    let is_plain = !name.is_empty() && name.len() <= 200 && !name.chars().any(char::is_control);
    match is_plain {
        true => Ok(name),
        false => Err(unprocessable(
            "a name has 1 to 200 characters, none of them a control character",
        )),
    }
}

fn shown(said: &str) -> Result<String, Refused> {
    let shown = said.trim();
    let is_plain = !shown.is_empty() && shown.len() <= 200 && !shown.chars().any(char::is_control);
    match is_plain {
        true => Ok(shown.to_owned()),
        false => Err(unprocessable(
            "a person is called by 1 to 200 characters, none of them a control character",
        )),
    }
}

fn patience(shared: &Shared, keys: &[String], now: i64) -> Result<(), Refused> {
    let taken = shared
        .gate
        .tries
        .lock()
        .map(|mut tries| tries.take(keys, now));
    match taken {
        Ok(Ok(())) => Ok(()),
        Ok(Err(wait)) => {
            let says = format!("too many tries to sign on; try again in {wait} s");
            Err(Refused::new(StatusCode::TOO_MANY_REQUESTS, "patience", says).after(wait))
        }
        Err(_) => Err(Refused::fault(
            "signing on is out of order; start the server again",
        )),
    }
}

/// Hashes beside the requests, only some at once.
async fn slowly<T: Send + 'static>(
    shared: &Shared,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refused> {
    let closed = || Refused::fault("the server is about to stop");
    let _turn = shared.gate.hashing.acquire().await.map_err(|_| closed())?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| closed())
}

/// The same whatever is wrong: nobody learns who is there.
fn wrong() -> Refused {
    let says = "name, password or code are not right";
    Refused::new(StatusCode::UNAUTHORIZED, "wrong", says)
}

pub fn unprocessable(says: impl Into<String>) -> Refused {
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", says)
}

pub fn no_randomness() -> Refused {
    Refused::fault("the system gives no randomness")
}

pub fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |at| at.to_string())
}
