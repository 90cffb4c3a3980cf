//! Identity tokens of OpenID Connect: who a provider says that somebody is, once its signature and every claim that binds it to
//! this server and this try to sign on was checked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

/// How far the provider's clock may be from this one, in seconds.
const CLOCKS_APART: i64 = 60;

/// A key of a provider, as JWK.
#[derive(Clone, Debug, Deserialize)]
pub struct Key {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    is_for: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// What a token must be of.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// This server, as the provider knows it.
    pub client: &'a str,
    /// The random text of this try to sign on.
    pub nonce: &'a str,
    /// The time, in seconds since 1970.
    pub now: i64,
}

/// Who somebody is at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account, which is never given to another.
    pub subject: String,
    /// An e-mail address; one that the provider does not vouch for is none.
    pub email: Option<Email>,
}

/// An e-mail address as a provider says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Email {
    /// The provider vouches that it is theirs.
    Verified(String),
    /// Anybody could have typed it.
    Unverified,
}

/// Why a token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It is no token.
    #[error("it is no signed token")]
    Form,
    /// It is signed in a way that is not taken, or by a key that the provider does not show.
    #[error("no key of the provider signs so")]
    Key,
    /// The signature is not that of the key.
    #[error("the signature is wrong")]
    Signature,
    /// It is of another provider.
    #[error("it is of another issuer")]
    Issuer,
    /// It is for somebody else.
    #[error("it is for another client")]
    Audience,
    /// It is too old, or from the future.
    #[error("it has expired, or is not of now")]
    Time,
    /// It is of another try to sign on.
    #[error("it is of another try to sign on")]
    Nonce,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    #[serde(flatten)]
    about: About,
}

/// What a token or the provider's page about a user says of an e-mail address.
#[derive(Clone, Debug, Deserialize)]
pub struct About {
    email: Option<String>,
    email_verified: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl About {
    /// The e-mail address, and whether the provider vouches for it. Some say so by a text.
    #[must_use]
    pub fn email(&self) -> Option<Email> {
        let email = self.email.clone()?;
        let is_verified = match &self.email_verified {
            Some(Value::Bool(is_verified)) => *is_verified,
            Some(Value::String(said)) => said == "true",
            Some(_) | None => false,
        };
        Some(match is_verified {
            true => Email::Verified(email),
            false => Email::Unverified,
        })
    }
}

/// Whether a token may be signed by a key that is not known yet: then the provider's keys are asked for again.
#[must_use]
pub fn is_of_a_known_key(token: &str, keys: &[Key]) -> bool {
    let head = token.split('.').next().and_then(decoded);
    let head = head.and_then(|head| serde_json::from_slice::<Head>(&head).ok());
    head.is_some_and(|head| keys.iter().any(|key| key.signs(&head)))
}

/// Who a token says that somebody is.
///
/// # Errors
/// Why it does not count.
pub fn identity_of(token: &str, keys: &[Key], expected: &Expected<'_>) -> Result<Identity, Wrong> {
    let (signed, by) = token.rsplit_once('.').ok_or(Wrong::Form)?;
    let (head, claims) = signed.split_once('.').ok_or(Wrong::Form)?;
    let head: Head = decoded(head)
        .and_then(|head| serde_json::from_slice(&head).ok())
        .ok_or(Wrong::Form)?;
    // What must be understood and is not makes it no token.
    if head.crit.is_some() {
        return Err(Wrong::Form);
    }
    let by = decoded(by).ok_or(Wrong::Form)?;
    let mut tried = Wrong::Key;
    let is_signed = keys.iter().filter(|key| key.signs(&head)).any(|key| {
        tried = Wrong::Signature;
        key.has_signed(&head.alg, signed.as_bytes(), &by).is_some()
    });
    if !is_signed {
        return Err(tried);
    }
    let claims: Claims = decoded(claims)
        .and_then(|claims| serde_json::from_slice(&claims).ok())
        .ok_or(Wrong::Form)?;
    claims.hold(expected)?;
    Ok(Identity {
        email: claims.about.email(),
        subject: claims.sub,
    })
}

impl Claims {
    fn hold(&self, expected: &Expected<'_>) -> Result<(), Wrong> {
        if self.iss != expected.issuer || self.sub.is_empty() || self.sub.len() > 255 {
            return Err(Wrong::Issuer);
        }
        let is_for_us = match &self.aud {
            Audience::One(one) => one == expected.client,
            // For several it must say that this one asked.
            Audience::Several(all) => {
                all.iter().any(|one| one == expected.client)
                    && (all.len() == 1 || self.azp.is_some())
            }
        };
        let is_ours = self.azp.as_deref().is_none_or(|azp| azp == expected.client);
        if !is_for_us || !is_ours {
            return Err(Wrong::Audience);
        }
        let latest = expected.now + CLOCKS_APART;
        let is_of_now = self.exp > expected.now - CLOCKS_APART
            && self.iat <= latest
            && self.nbf.is_none_or(|from| from <= latest);
        if !is_of_now {
            return Err(Wrong::Time);
        }
        match self.nonce.as_deref() == Some(expected.nonce) {
            true => Ok(()),
            false => Err(Wrong::Nonce),
        }
    }
}

impl Key {
    /// Whether a token with this head may be signed by this key. What is signed by a shared secret, or by nothing, never is.
    fn signs(&self, head: &Head) -> bool {
        let fits = match head.alg.as_str() {
            "RS256" | "PS256" => self.kty == "RSA",
            "ES256" => self.kty == "EC" && self.crv.as_deref() == Some("P-256"),
            "EdDSA" => self.kty == "OKP" && self.crv.as_deref() == Some("Ed25519"),
            _ => false,
        };
        fits && self.is_for.as_deref().is_none_or(|said| said == "sig")
            && self.alg.as_deref().is_none_or(|alg| alg == head.alg)
            && (head.kid.is_none() || self.kid == head.kid)
    }

    fn has_signed(&self, alg: &str, signed: &[u8], by: &[u8]) -> Option<()> {
        let part = |part: &Option<String>| decoded(part.as_deref()?);
        let rsa = |how: &signature::RsaParameters| {
            let (n, e) = (part(&self.n)?, part(&self.e)?);
            RsaPublicKeyComponents { n: &n, e: &e }
                .verify(how, signed, by)
                .ok()
        };
        match alg {
            "RS256" => rsa(&RSA_PKCS1_2048_8192_SHA256),
            "PS256" => rsa(&RSA_PSS_2048_8192_SHA256),
            "ES256" => {
                let point = [vec![4], part(&self.x)?, part(&self.y)?].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(signed, by)
                    .ok()
            }
            "EdDSA" => UnparsedPublicKey::new(&ED25519, part(&self.x)?)
                .verify(signed, by)
                .ok(),
            _ => None,
        }
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    };
    use serde_json::json;

    use super::*;

    const EXPECTED: Expected<'_> = Expected {
        issuer: "https://id.example",
        client: "trueup",
        nonce: "n-1",
        now: 1_000_000,
    };

    fn encoded(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A provider with a key of each kind that can be made here.
    struct Signing {
        random: SystemRandom,
        ec: EcdsaKeyPair,
        ed: Ed25519KeyPair,
    }

    impl Signing {
        fn new() -> Self {
            let random = SystemRandom::new();
            let how = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let ec = EcdsaKeyPair::generate_pkcs8(how, &random).expect("made");
            let ed = Ed25519KeyPair::generate_pkcs8(&random).expect("made");
            Self {
                ec: EcdsaKeyPair::from_pkcs8(how, ec.as_ref(), &random).expect("read"),
                ed: Ed25519KeyPair::from_pkcs8(ed.as_ref()).expect("read"),
                random,
            }
        }

        fn keys(&self) -> Vec<Key> {
            let (x, y) = self.ec.public_key().as_ref()[1..].split_at(32);
            let keys = json!([
                { "kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig", "x": encoded(x), "y": encoded(y) },
                { "kty": "OKP", "crv": "Ed25519", "kid": "ed", "alg": "EdDSA", "x": encoded(self.ed.public_key()) },
            ]);
            serde_json::from_value(keys).expect("keys")
        }

        fn token(&self, head: &Value, claims: &Value) -> String {
            let signed = format!(
                "{}.{}",
                encoded(head.to_string()),
                encoded(claims.to_string())
            );
            let by = match head["alg"].as_str() {
                Some("EdDSA") => self.ed.sign(signed.as_bytes()).as_ref().to_vec(),
                Some("none") => Vec::new(),
                _ => {
                    let by = self.ec.sign(&self.random, signed.as_bytes());
                    by.expect("signed").as_ref().to_vec()
                }
            };
            format!("{signed}.{}", encoded(by))
        }
    }

    fn claims() -> Value {
        json!({
            "iss": "https://id.example", "sub": "s-1", "aud": "trueup", "exp": 1_000_300, "iat": 999_990, "nonce": "n-1",
            "email": "ada@example.org", "email_verified": true
        })
    }

    /// The claims with one of them other, or none where it is null.
    fn check(claim: &str, value: Value, says: Result<(), Wrong>) {
        let signing = Signing::new();
        let mut said = claims();
        said[claim] = value.clone();
        if value.is_null() {
            said.as_object_mut().expect("claims").remove(claim);
        }
        for head in [
            json!({ "alg": "ES256", "kid": "ec" }),
            json!({ "alg": "EdDSA" }),
        ] {
            let token = signing.token(&head, &said);
            let told = identity_of(&token, &signing.keys(), &EXPECTED).map(drop);
            assert_eq!(told, says, "{claim} {value}");
        }
    }

    #[test]
    fn a_token_of_this_provider_for_this_try_says_who_it_is() {
        let signing = Signing::new();
        let token = signing.token(&json!({ "alg": "ES256", "kid": "ec" }), &claims());
        assert_eq!(
            identity_of(&token, &signing.keys(), &EXPECTED),
            Ok(Identity {
                subject: "s-1".to_owned(),
                email: Some(Email::Verified("ada@example.org".to_owned())),
            })
        );
        check("aud", json!(["trueup"]), Ok(()));
        check("exp", json!(999_941), Ok(()));
    }

    #[test]
    fn each_claim_is_held_to_what_is_expected() {
        check("iss", json!("https://evil.example"), Err(Wrong::Issuer));
        check("iss", json!("https://id.example/"), Err(Wrong::Issuer));
        check("iss", Value::Null, Err(Wrong::Form));
        check("sub", json!(""), Err(Wrong::Issuer));
        check("aud", json!("another"), Err(Wrong::Audience));
        check("aud", json!([]), Err(Wrong::Audience));
        check("aud", json!(["trueup", "another"]), Err(Wrong::Audience));
        check("azp", json!("another"), Err(Wrong::Audience));
        check("exp", json!(999_940), Err(Wrong::Time));
        check("exp", json!("1000300"), Err(Wrong::Form));
        check("exp", Value::Null, Err(Wrong::Form));
        check("iat", json!(1_000_061), Err(Wrong::Time));
        check("nbf", json!(1_000_061), Err(Wrong::Time));
        check("nonce", json!("n-2"), Err(Wrong::Nonce));
        check("nonce", Value::Null, Err(Wrong::Nonce));
    }

    #[test]
    fn an_address_counts_only_where_the_provider_vouches_for_it() {
        let email = |verified: Value| {
            let said = json!({ "email": "ada@example.org", "email_verified": verified });
            serde_json::from_value::<About>(said).expect("said").email()
        };
        let ada = Email::Verified("ada@example.org".to_owned());
        assert_eq!(email(json!(true)), Some(ada.clone()));
        assert_eq!(email(json!("true")), Some(ada));
        for not in [json!(false), json!("false"), json!(1), Value::Null] {
            assert_eq!(email(not.clone()), Some(Email::Unverified), "{not}");
        }
    }

    #[test]
    fn a_token_that_is_signed_otherwise_is_none() {
        let signing = Signing::new();
        let keys = signing.keys();
        let told = |token: &str| identity_of(token, &keys, &EXPECTED).map(drop);
        for (head, says) in [
            (json!({ "alg": "none" }), Wrong::Key),
            (json!({ "alg": "HS256", "kid": "ec" }), Wrong::Key),
            (json!({ "alg": "RS256", "kid": "ec" }), Wrong::Key),
            (json!({ "alg": "ES256", "kid": "another" }), Wrong::Key),
            // Signed by the one and said to be by the other.
            (json!({ "alg": "ES384", "kid": "ec" }), Wrong::Key),
            (
                json!({ "alg": "ES256", "kid": "ec", "crit": ["exp"] }),
                Wrong::Form,
            ),
        ] {
            assert_eq!(told(&signing.token(&head, &claims())), Err(says), "{head}");
        }
        let head = json!({ "alg": "ES256", "kid": "ec" });
        let token = signing.token(&head, &claims());
        let stranger = Signing::new().token(&head, &claims());
        assert_eq!(told(&stranger), Err(Wrong::Signature));
        // The claims of one under the signature of another.
        let (signed, by) = token.rsplit_once('.').expect("parts");
        let mut other = claims();
        other["sub"] = json!("s-2");
        let other = signing.token(&head, &other);
        let (claimed, _) = other.rsplit_once('.').expect("parts");
        assert_eq!(told(&format!("{claimed}.{by}")), Err(Wrong::Signature));
        for odd in ["", ".", "..", signed, "a.b.c", &format!("{token}=")] {
            assert_eq!(told(odd), Err(Wrong::Form), "{odd}");
        }
        assert!(is_of_a_known_key(&token, &keys) && !is_of_a_known_key(&token, &keys[1..]));
    }
}
