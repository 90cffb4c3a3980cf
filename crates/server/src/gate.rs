//! The gate: who asks, whether a browser was made to ask by another page, and how often somebody may try to sign on.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use trueup_facts::digest::Digest;
use trueup_store::{Database, Granted, Signed};

use crate::access::{Caller, Operation};
use crate::answer::Refused;
use crate::password::{self, Cost};
use crate::provider::Provider;
use crate::wire::{Grant, Role};
use crate::{Shared, access};

/// The longest path parameter: no id is longer.
const ID_MAX: usize = 400;

/// How often somebody may try before it takes patience.
const TRIES: u32 = 10;
/// In how many seconds one more try is given.
const TRY_EVERY: i64 = 10;
/// How many names and addresses are remembered; the longest untouched are forgotten first.
const REMEMBERED_MAX: usize = 10_000;

/// What the server knows of signing on.
pub struct Gate {
    /// Where people stand.
    pub database: Database,
    /// What hashing a password costs.
    pub cost: Cost,
    /// Whether people reach the server by TLS: then cookies never travel without.
    pub is_by_tls: bool,
    /// The digest of the code that makes the first administrator; none where somebody is there.
    pub setup: Mutex<Option<String>>,
    /// The digest of the operator's own token; none where there is none.
    pub operator: Option<Digest>,
    /// A hash that no password fits: who is not there costs the same time.
    pub nobody: String,
    /// Hashing takes memory: this many at once.
    pub hashing: tokio::sync::Semaphore,
    /// The provider of identities by which people sign on too; none where none is set.
    pub provider: Option<Provider>,
    /// Tries to sign on.
    pub tries: Mutex<Tries>,
}

/// The cookie's name. A browser takes `__Host-` only with Secure, for this host and the whole of it.
#[must_use]
pub fn cookie_name(is_by_tls: bool) -> &'static str {
    match is_by_tls {
        true => "__Host-trueup",
        false => "trueup",
    }
}

/// What a request's cookie holds.
pub fn cookie(headers: &HeaderMap, is_by_tls: bool) -> Option<&str> {
    cookie_named(headers, cookie_name(is_by_tls))
}

/// What a request's cookie of a name holds.
pub fn cookie_named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(named, _)| *named == name)
        .map(|(_, holds)| holds)
}

/// What stands behind `Bearer` in a request.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The operations of the token that the operator sets when the server is started.
const OPERATOR_MAY: [Operation; 6] = [
    Operation::PushFacts,
    Operation::ReadSources,
    Operation::ReadPartners,
    Operation::ReadPartner,
    Operation::ReadDisputes,
    Operation::Listen,
];

/// Who a request is from; nobody where it bears nothing that counts.
pub async fn caller_of(shared: &Shared, headers: &HeaderMap) -> Result<Option<Caller>, Refused> {
    let gate = &shared.gate;
    let now = (shared.now)().as_second();
    // Who sends a token means it: a wrong one is not made good by a cookie.
    if let Some(token) = bearer(headers) {
        if gate.operator == Some(Digest::of(token.as_bytes())) {
            return Ok(Some(Caller {
                person: "operator".to_owned(),
                grants: vec![Grant {
                    role: Role::Finance,
                    partner: None,
                }],
                scopes: Some(
                    OPERATOR_MAY
                        .iter()
                        .map(|may| may.word().to_owned())
                        .collect(),
                ),
                is_by_cookie: false,
            }));
        }
        let signed = gate.database.token(&password::kept_as(token), now).await;
        return signed
            .map(|signed| signed.map(|signed| as_caller(&signed, false)))
            .map_err(|fault| shared.fault("looking for a token", &fault));
    }
    if headers.contains_key(header::AUTHORIZATION) {
        return Ok(None);
    }
    let Some(holds) = cookie(headers, gate.is_by_tls) else {
        return Ok(None);
    };
    let signed = gate.database.session(&password::kept_as(holds), now).await;
    signed
        .map(|signed| signed.map(|signed| as_caller(&signed, true)))
        .map_err(|fault| shared.fault("looking for a session", &fault))
}

fn as_caller(signed: &Signed, is_by_cookie: bool) -> Caller {
    Caller {
        person: signed.person.id.clone(),
        grants: grants(&signed.person.grants),
        scopes: signed.scopes.clone(),
        is_by_cookie,
    }
}

/// Stored roles as roles; a word that is none grants nothing.
pub fn grants(granted: &[Granted]) -> Vec<Grant> {
    granted
        .iter()
        .filter_map(|one| {
            let role = access::ROLES
                .into_iter()
                .find(|role| role_word(*role) == one.role)?;
            Some(Grant {
                role,
                partner: one.partner.clone(),
            })
        })
        .collect()
}

/// The word by which a role is stored and written.
#[must_use]
pub fn role_word(role: Role) -> &'static str {
    match role {
        Role::PartnerViewer => "partner_viewer",
        Role::PartnerManager => "partner_manager",
        Role::AccountManager => "account_manager",
        Role::ProgramDesigner => "program_designer",
        Role::Finance => "finance",
        Role::Approver => "approver",
        Role::Auditor => "auditor",
        Role::Executive => "executive",
        Role::Administrator => "administrator",
    }
}

/// Refuses what a page of somebody else made a browser send.
///
/// # Errors
/// When the request changes something and the browser says that it began elsewhere.
pub fn is_from_here(method: &Method, headers: &HeaderMap) -> Result<(), Refused> {
    if method == Method::GET || method == Method::HEAD || method == Method::OPTIONS {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_here = match text("sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        // Browsers without it say where the page came from.
        None => match text("origin") {
            Some(origin) => {
                let host = origin.split_once("://").map(|(_, host)| host);
                host.is_some() && host == text("host")
            }
            // No browser sends a cookie and neither of the two with what changes something.
            None => true,
        },
    };
    match is_here {
        true => Ok(()),
        false => Err(Refused::new(
            axum::http::StatusCode::FORBIDDEN,
            "cross_site",
            "this request began on another site; nothing was done",
        )),
    }
}

/// What guards one route: the operation it is.
#[derive(Clone)]
pub struct Guard {
    /// Everything.
    pub shared: Arc<Shared>,
    /// The operation.
    pub operation: Operation,
}

/// Lets in whoever may do a route's operation, and with the partner that the path or the query names.
pub async fn guard(
    State(guard): State<Guard>,
    parameters: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let asked = Asked {
        method: request.method().clone(),
        headers: request.headers().clone(),
        query: request.uri().query().map(str::to_owned),
    };
    let admitted = admit(&guard, &parameters, &asked).await;
    match admitted {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refused) => refused.into_response(),
    }
}

/// What of a request decides whether it is let in.
struct Asked {
    method: Method,
    headers: HeaderMap,
    query: Option<String>,
}

async fn admit(
    guard: &Guard,
    parameters: &RawPathParams,
    asked: &Asked,
) -> Result<Caller, Refused> {
    let caller = caller_of(&guard.shared, &asked.headers)
        .await?
        .ok_or_else(Refused::stranger)?;
    if caller.is_by_cookie {
        is_from_here(&asked.method, &asked.headers)?;
    }
    caller.may(guard.operation)?;
    for (name, value) in parameters {
        if value.len() > ID_MAX {
            return Err(Refused::not_found("there is nothing under so long a name"));
        }
        if name == "partner" {
            caller.may_with(guard.operation, value)?;
        }
    }
    if let Some(query) = &asked.query {
        for (_, partner) in pairs(query).filter(|(name, _)| name == "partner") {
            caller.may_with(guard.operation, &partner)?;
        }
    }
    Ok(caller)
}

/// The pairs of a query, decoded as the handlers decode them.
fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let parsed = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(
        &format!("/?{query}").parse().unwrap_or_default(),
    );
    parsed.map(|query| query.0).unwrap_or_default().into_iter()
}

/// Tries to sign on, by name and by address: each has a store of tries that fills up again with time.
#[derive(Default)]
pub struct Tries {
    left: BTreeMap<String, (u32, i64)>,
}

impl Tries {
    /// Takes one try of each key; after how many seconds to come again where one has none left.
    pub fn take(&mut self, keys: &[String], now: i64) -> Result<(), u16> {
        if self.left.len() > REMEMBERED_MAX {
            self.forget(now);
        }
        let mut wait = 0;
        for key in keys {
            let (left, since) = self.left.get(key).copied().unwrap_or((TRIES, now));
            let given = ((now - since).max(0) / TRY_EVERY).min(i64::from(TRIES));
            let left = TRIES.min(left + u32::try_from(given).unwrap_or(0));
            let since = since + given * TRY_EVERY;
            if left == 0 {
                wait = wait.max(TRY_EVERY - (now - since).clamp(0, TRY_EVERY - 1));
            }
            self.left
                .insert(key.clone(), (left.saturating_sub(1), since));
        }
        match wait {
            0 => Ok(()),
            wait => Err(u16::try_from(wait).unwrap_or(u16::MAX)),
        }
    }

    /// Gives a key its tries back: whoever signed on is no stranger.
    pub fn give_back(&mut self, key: &str) {
        self.left.remove(key);
    }

    fn forget(&mut self, now: i64) {
        let full = i64::from(TRIES) * TRY_EVERY;
        self.left.retain(|_, (_, since)| now - *since < full);
        while self.left.len() > REMEMBERED_MAX {
            let oldest = self.left.iter().min_by_key(|(_, (_, since))| *since);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            self.left.remove(&oldest);
        }
    }
}

/// The keys by which tries of a name from an address are counted.
#[must_use]
pub fn try_keys(name: &str, from: IpAddr) -> [String; 2] {
    // Whoever has a network of IPv6 has it whole.
    let from = match from {
        IpAddr::V4(four) => four.to_string(),
        IpAddr::V6(six) => format!("{:x?}", &six.segments()[..4]),
    };
    [format!("name {name}"), format!("from {from}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(text: &str) -> HeaderMap {
        text.lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| {
                (
                    name.parse::<header::HeaderName>().expect("a name"),
                    value.parse().expect("a value"),
                )
            })
            .collect()
    }

    #[test]
    fn tries_run_out_and_come_back_one_by_one() {
        let mut tries = Tries::default();
        let keys = try_keys("ada", IpAddr::from([127, 0, 0, 1]));
        for _ in 0..TRIES {
            assert_eq!(tries.take(&keys, 100), Ok(()));
        }
        assert_eq!(tries.take(&keys, 100), Err(10));
        assert_eq!(tries.take(&keys, 104), Err(6));
        assert_eq!(tries.take(&keys, 110), Ok(()));
        assert!(tries.take(&keys, 110).is_err());
        // Another name from the same address shares the address's tries.
        let other = try_keys("bob", IpAddr::from([127, 0, 0, 1]));
        assert!(tries.take(&other, 110).is_err());
        tries.give_back("from 127.0.0.1");
        assert_eq!(tries.take(&other, 110), Ok(()));
    }

    #[test]
    fn what_is_remembered_of_tries_has_an_end() {
        let mut tries = Tries::default();
        for at in 0..(REMEMBERED_MAX + 500) {
            let _ = tries.take(&[format!("name {at}")], 5);
        }
        assert!(tries.left.len() <= REMEMBERED_MAX + 1);
    }

    #[test]
    fn another_site_cannot_make_a_browser_change_anything() {
        let post = Method::POST;
        for (said, is_taken) in [
            ("sec-fetch-site: same-origin", true),
            ("sec-fetch-site: none", true),
            ("sec-fetch-site: cross-site", false),
            ("sec-fetch-site: same-site", false),
            ("host: a.example\norigin: https://a.example", true),
            ("host: a.example\norigin: https://evil.example", false),
            ("host: a.example\norigin: null", false),
            ("host: a.example", true),
        ] {
            assert_eq!(
                is_from_here(&post, &headers(said)).is_ok(),
                is_taken,
                "{said}"
            );
        }
        let cross = headers("sec-fetch-site: cross-site");
        assert!(is_from_here(&Method::GET, &cross).is_ok());
    }

    #[test]
    fn a_cookie_is_found_among_others_and_only_by_its_whole_name() {
        let all = headers("cookie: other=1; trueup=abc; xtrueup=no");
        assert_eq!(cookie(&all, false), Some("abc"));
        assert_eq!(cookie(&all, true), None);
        assert_eq!(bearer(&headers("authorization: Bearer t ")), Some("t"));
        assert_eq!(bearer(&headers("authorization: Basic t")), None);
    }
}
