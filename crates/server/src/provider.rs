//! Signing on by a provider of identities: OpenID Connect's authorization code with PKCE.
//!
//! Each try has a state, a nonce and a verifier of its own, which the browser that began it holds the key to; it is used up by the
//! first answer. Who comes in is a person whom an administrator added: nobody is made up here.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::{Client, Url, redirect};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::identity::{self, About, Expected, Identity, Key, identity_of};
use crate::password;

/// How long somebody may take at the provider, in seconds.
const TRY_SECONDS: i64 = 600;
/// How many may be under way; the oldest are forgotten first.
const TRIES_MAX: usize = 10_000;
/// How long what the provider says of itself is believed, in seconds.
const KNOWN_SECONDS: i64 = 3_600;
/// How often its keys are asked for again because of a token, in seconds.
const AGAIN_SECONDS: i64 = 60;
/// How long the provider may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer of the provider.
const ANSWER_MAX: usize = 1 << 20;
/// Where the provider sends people back to.
pub const RETURN: &str = "/v1/sign-on/provider/return";

/// What is set of a provider.
#[derive(Clone)]
pub struct ProviderSetting {
    /// Its issuer, an address.
    pub issuer: String,
    /// By which name it knows this server.
    pub client: String,
    /// The secret that goes with it; none where the provider gave none.
    pub secret: Option<String>,
    /// How people call it.
    pub called: String,
    /// Where people reach this server, such as `https://trueup.example.org`.
    pub address: String,
}

impl ProviderSetting {
    /// What is wrong with it, in words.
    #[must_use]
    pub fn wrong(&self) -> Option<String> {
        for (what, text) in [("issuer", &self.issuer), ("address", &self.address)] {
            let Some(url) = safe_url(text) else {
                return Some(format!(
                    "the {what} {text} is no address that begins with https:// (or with http:// on this machine)"
                ));
            };
            if url.query().is_some() || url.fragment().is_some() {
                return Some(format!("the {what} {text} has more than a path"));
            }
        }
        if self.address.trim_end_matches('/').matches('/').count() > 2 {
            return Some(format!(
                "the address {} has a path; the app stands at its root",
                self.address
            ));
        }
        (self.client.is_empty() || self.called.trim().is_empty())
            .then(|| "the provider needs a client and a name by which people call it".to_owned())
    }

    fn returns_to(&self) -> String {
        format!("{}{RETURN}", self.address.trim_end_matches('/'))
    }
}

/// An address that may be asked: by TLS, or on this machine.
pub fn safe_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    (is_safe && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// Why somebody did not sign on by a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotIn {
    /// The try is over, was never begun by this browser, or was answered before.
    #[error("nothing of this try is known")]
    Stale,
    /// The provider says no.
    #[error("the provider refused")]
    Refused,
    /// The provider's answer is of another provider.
    #[error("the answer is of another issuer")]
    Issuer,
    /// The provider does not take the code.
    #[error("the provider does not take the code")]
    Code,
    /// Its token does not count.
    #[error("the token of the provider does not count: {0}")]
    Token(identity::Wrong),
    /// The provider does not vouch for an address, and the account is not known.
    #[error("the provider vouches for no address")]
    Unverified,
    /// No administrator added anybody of this account.
    #[error("nobody here has this account")]
    Unknown,
    /// The provider cannot be asked.
    #[error("the provider cannot be asked: {0}")]
    Down(String),
}

impl NotIn {
    /// The word by which it is counted and told to the page.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Refused => "refused",
            Self::Issuer | Self::Code | Self::Token(_) => "wrong",
            Self::Unverified => "unverified",
            Self::Unknown => "unknown",
            Self::Down(_) => "down",
        }
    }
}

/// A try to sign on.
#[derive(Clone)]
struct Try {
    state: String,
    nonce: String,
    verifier: String,
    /// The path of the app to go to then.
    to: String,
    ends_at: i64,
}

/// A try that has begun.
pub struct Begun {
    /// Where the browser goes.
    pub address: String,
    /// What its cookie holds.
    pub holds: String,
}

/// What a provider answered by the browser.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Answer {
    /// The code.
    pub code: Option<String>,
    /// The state that was sent.
    pub state: Option<String>,
    /// Who it says that it is.
    pub iss: Option<String>,
    /// What went wrong there.
    pub error: Option<String>,
}

/// What a provider says of itself.
#[derive(Clone, Deserialize)]
struct Known {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(skip)]
    keys: Vec<Key>,
    #[serde(skip)]
    asked_at: i64,
}

#[derive(Deserialize)]
struct Keys {
    /// One that is of a kind of its own must not hide the others.
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct UserPage {
    sub: String,
    #[serde(flatten)]
    about: About,
}

/// A provider of identities.
pub struct Provider {
    setting: ProviderSetting,
    client: Client,
    known: tokio::sync::Mutex<Option<Known>>,
    tries: Mutex<BTreeMap<String, Try>>,
}

impl Provider {
    /// A provider as it is set; none where no connection can be made ready.
    #[must_use]
    pub fn new(setting: ProviderSetting) -> Option<Self> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .ok()?;
        Some(Self {
            setting,
            client,
            known: tokio::sync::Mutex::default(),
            tries: Mutex::default(),
        })
    }

    /// How people call it.
    #[must_use]
    pub fn called(&self) -> &str {
        &self.setting.called
    }

    /// Its issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.setting.issuer
    }

    /// Begins a try to sign on.
    ///
    /// # Errors
    /// When the provider cannot be asked.
    pub async fn begin(&self, to: &str, now: i64) -> Result<Begun, NotIn> {
        let known = self.known(now, false).await?;
        let random =
            || password::random_text().ok_or_else(|| down("the system gives no randomness"));
        let begun = Try {
            state: random()?,
            nonce: random()?,
            verifier: random()?,
            to: own_path(to),
            ends_at: now + TRY_SECONDS,
        };
        let holds = random()?;
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, begun.verifier.as_bytes()));
        let address = safe_url(&known.authorization_endpoint);
        let mut address = address.ok_or_else(|| down("its addresses are not safe"))?;
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.setting.client)
            .append_pair("redirect_uri", &self.setting.returns_to())
            .append_pair("scope", "openid email")
            .append_pair("state", &begun.state)
            .append_pair("nonce", &begun.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|_, one| one.ends_at > now);
        while tries.len() >= TRIES_MAX {
            let oldest = tries.iter().min_by_key(|(_, one)| one.ends_at);
            let Some(oldest) = oldest.map(|(held, _)| held.clone()) else {
                break;
            };
            tries.remove(&oldest);
        }
        tries.insert(password::kept_as(&holds), begun);
        Ok(Begun {
            address: address.into(),
            holds,
        })
    }

    /// Who came back by an answer of the provider, and the path of the app that the try was for.
    ///
    /// # Errors
    /// Why nobody did.
    pub async fn returned(
        &self,
        holds: Option<&str>,
        answer: &Answer,
        now: i64,
    ) -> Result<(Identity, String), NotIn> {
        let begun = self.taken(holds, answer, now).ok_or(NotIn::Stale)?;
        let known = self.known(now, false).await?;
        match &answer.iss {
            Some(iss) if *iss != self.setting.issuer => return Err(NotIn::Issuer),
            None if known.authorization_response_iss_parameter_supported => {
                return Err(NotIn::Issuer);
            }
            Some(_) | None => {}
        }
        if answer.error.is_some() {
            return Err(NotIn::Refused);
        }
        let code = answer.code.as_deref().ok_or(NotIn::Refused)?;
        let tokens = self.exchanged(&known, code, &begun.verifier).await?;
        let is_known = identity::is_of_a_known_key(&tokens.id_token, &known.keys);
        let known = match is_known {
            true => known,
            false => self.known(now, true).await?,
        };
        let expected = Expected {
            issuer: &self.setting.issuer,
            client: &self.setting.client,
            nonce: &begun.nonce,
            now,
        };
        let mut identity =
            identity_of(&tokens.id_token, &known.keys, &expected).map_err(NotIn::Token)?;
        if identity.email.is_none() {
            let page = known.userinfo_endpoint.as_deref().zip(tokens.access_token);
            if let Some((page, token)) = page {
                identity.email = self.email_of(page, &token, &identity.subject).await?;
            }
        }
        Ok((identity, begun.to))
    }

    /// A try that this browser began and this answer is for. It is used up, whatever becomes of it.
    fn taken(&self, holds: Option<&str>, answer: &Answer, now: i64) -> Option<Try> {
        let held = password::kept_as(holds?);
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = tries.remove(&held)?;
        let is_it = answer.state.as_deref() == Some(begun.state.as_str()) && begun.ends_at > now;
        is_it.then_some(begun)
    }

    /// What the provider says of itself, with its keys.
    async fn known(&self, now: i64, is_anew: bool) -> Result<Known, NotIn> {
        let mut known = self.known.lock().await;
        let lasts = match is_anew {
            true => AGAIN_SECONDS,
            false => KNOWN_SECONDS,
        };
        if let Some(known) = known.as_ref().filter(|known| now - known.asked_at < lasts) {
            return Ok(known.clone());
        }
        let issuer = self.setting.issuer.trim_end_matches('/');
        let asked = self
            .client
            .get(format!("{issuer}/.well-known/openid-configuration"));
        let mut said: Known = told(asked).await?;
        // Whoever stands in for the provider would say another.
        if said.issuer != self.setting.issuer {
            return Err(down("it says that it is another issuer"));
        }
        for address in [&said.token_endpoint, &said.jwks_uri]
            .into_iter()
            .chain(&said.userinfo_endpoint)
        {
            if safe_url(address).is_none() {
                return Err(down("its addresses are not safe"));
            }
        }
        let keys: Keys = told(self.client.get(&said.jwks_uri)).await?;
        let keys = keys.keys.into_iter();
        said.keys = keys
            .filter_map(|key| serde_json::from_value(key).ok())
            .collect();
        said.asked_at = now;
        *known = Some(said.clone());
        Ok(said)
    }

    /// The tokens for a code.
    async fn exchanged(&self, known: &Known, code: &str, verifier: &str) -> Result<Tokens, NotIn> {
        let returns_to = self.setting.returns_to();
        let mut said = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &returns_to),
            ("code_verifier", verifier),
        ];
        let mut asking = self.client.post(&known.token_endpoint);
        let methods = &known.token_endpoint_auth_methods_supported;
        let is_by = |method: &str| methods.iter().any(|one| one == method);
        match &self.setting.secret {
            Some(secret) if methods.is_empty() || is_by("client_secret_basic") => {
                let pair = format!(
                    "{}:{}",
                    form_encoded(&self.setting.client),
                    form_encoded(secret)
                );
                asking = asking.header("authorization", format!("Basic {}", STANDARD.encode(pair)));
            }
            Some(secret) => {
                said.push(("client_id", &self.setting.client));
                said.push(("client_secret", secret));
            }
            None => said.push(("client_id", &self.setting.client)),
        }
        let body: Vec<String> = said
            .iter()
            .map(|(name, value)| format!("{name}={}", form_encoded(value)))
            .collect();
        let asking = asking
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(body.join("&"));
        match answered(asking).await? {
            (status, body) if (200..300).contains(&status) => {
                serde_json::from_slice(&body).map_err(|_| down("its answer is no token"))
            }
            (status, _) if (400..500).contains(&status) => Err(NotIn::Code),
            (status, _) => Err(down(&format!("it answered {status}"))),
        }
    }

    /// The e-mail address that the provider's page about a user says.
    async fn email_of(
        &self,
        page: &str,
        token: &str,
        subject: &str,
    ) -> Result<Option<identity::Email>, NotIn> {
        let asking = self
            .client
            .get(page)
            .header("authorization", format!("Bearer {token}"));
        let page: UserPage = told(asking).await?;
        // A page of somebody else says nothing of this one.
        Ok((page.sub == subject).then(|| page.about.email()).flatten())
    }
}

fn down(says: &str) -> NotIn {
    NotIn::Down(says.to_owned())
}

async fn told<T: DeserializeOwned>(asking: reqwest::RequestBuilder) -> Result<T, NotIn> {
    match answered(asking).await? {
        (200, body) => {
            serde_json::from_slice(&body).map_err(|_| down("its answer is not what it should be"))
        }
        (status, _) => Err(down(&format!("it answered {status}"))),
    }
}

/// A status and a body that is not too long.
async fn answered(asking: reqwest::RequestBuilder) -> Result<(u16, Vec<u8>), NotIn> {
    // An address stands in what goes wrong; a code or a secret stood in it only if they were sent in one, and they are not.
    let failed = |failed: reqwest::Error| down(&failed.without_url().to_string());
    let mut answer = asking.send().await.map_err(failed)?;
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(failed)? {
        body.extend_from_slice(&part);
        if body.len() > ANSWER_MAX {
            return Err(down("its answer is too long"));
        }
    }
    Ok((answer.status().as_u16(), body))
}

/// A text as it stands in a form.
fn form_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// A path of this app; whatever could be another place is its root.
#[must_use]
pub fn own_path(to: &str) -> String {
    let is_plain = to
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_own = to.starts_with('/') && !to.starts_with("//");
    match is_own && is_plain && to.len() <= 500 && !to.starts_with("/v1/") {
        true => to.to_owned(),
        false => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(issuer: &str, address: &str) -> ProviderSetting {
        ProviderSetting {
            issuer: issuer.to_owned(),
            client: "trueup".to_owned(),
            secret: None,
            called: "Example".to_owned(),
            address: address.to_owned(),
        }
    }

    #[test]
    fn where_one_goes_then_is_a_path_of_this_app() {
        for own in ["/", "/partners/P-1?period=2026-Q1", "/close#now"] {
            assert_eq!(own_path(own), own);
        }
        let others = [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/a b",
            "/a\r\nx: y",
            "/v1/session",
            "javascript:alert(1)",
            "/\u{e9}",
        ];
        for other in others {
            assert_eq!(own_path(other), "/", "{other}");
        }
    }

    #[test]
    fn a_provider_is_reached_by_tls_or_on_this_machine() {
        let fine = [
            ("https://id.example", "https://trueup.example"),
            ("https://id.example/realms/one", "https://trueup.example/"),
            ("http://127.0.0.1:4000", "http://localhost:8080"),
        ];
        for (issuer, address) in fine {
            assert_eq!(setting(issuer, address).wrong(), None);
        }
        let wrong = [
            ("http://id.example", "https://trueup.example"),
            ("https://id.example", "http://trueup.example"),
            ("https://id.example?x=1", "https://trueup.example"),
            ("https://a:b@id.example", "https://trueup.example"),
            ("https://id.example", "https://trueup.example/app"),
            ("id.example", "https://trueup.example"),
        ];
        for (issuer, address) in wrong {
            assert!(
                setting(issuer, address).wrong().is_some(),
                "{issuer} {address}"
            );
        }
    }

    #[test]
    fn a_try_is_one_browsers_and_used_up_by_its_first_answer() {
        let setting = setting("https://id.example", "https://trueup.example");
        let provider = Provider::new(setting).expect("ready");
        let begin = |holds: &str| {
            let one = Try {
                state: format!("state of {holds}"),
                nonce: String::new(),
                verifier: String::new(),
                to: "/".to_owned(),
                ends_at: 600,
            };
            let mut tries = provider.tries.lock().expect("tries");
            tries.insert(password::kept_as(holds), one);
        };
        let taken = |holds: Option<&str>, state: &str, now: i64| {
            let answer = Answer {
                state: Some(state.to_owned()),
                ..Answer::default()
            };
            provider.taken(holds, &answer, now).is_some()
        };
        begin("ada");
        assert!(!taken(None, "state of ada", 0), "no cookie");
        assert!(!taken(Some("eve"), "state of ada", 0), "another browser");
        assert!(taken(Some("ada"), "state of ada", 0));
        assert!(!taken(Some("ada"), "state of ada", 0), "used up");
        begin("ada");
        assert!(
            !taken(Some("ada"), "state of eve", 0),
            "another try's answer"
        );
        assert!(!taken(Some("ada"), "state of ada", 0), "used up by it");
        begin("ada");
        assert!(!taken(Some("ada"), "state of ada", 600), "too late");
    }
}
