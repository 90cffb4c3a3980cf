//! Secrets of people: passwords as Argon2id, one-time codes, and the random texts that cookies and tokens hold.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::{OsRng, RngCore as _};
use totp_rs::{Builder, Secret};
use trueup_facts::digest::Digest;

/// The fewest characters of a password.
pub const PASSWORD_MIN: usize = 12;
/// The most bytes of a password: hashing more costs and gains nothing.
pub const PASSWORD_MAX: usize = 1000;

/// What hashing a password costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The memory, in KiB.
    pub memory_kib: u32,
    /// The passes over it.
    pub passes: u32,
}

impl Default for Cost {
    /// 19 MiB and two passes: the least that OWASP names.
    fn default() -> Self {
        Self {
            memory_kib: Params::DEFAULT_M_COST,
            passes: Params::DEFAULT_T_COST,
        }
    }
}

impl Cost {
    fn argon2(self) -> Option<Argon2<'static>> {
        let params = Params::new(self.memory_kib, self.passes, 1, None).ok()?;
        Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }

    /// Whether passwords can be hashed at this cost.
    #[must_use]
    pub fn is_usable(self) -> bool {
        self.argon2().is_some()
    }
}

/// What is wrong with a password that somebody chose.
#[must_use]
pub fn wrong_with(password: &str, name: &str) -> Option<String> {
    if password.chars().count() < PASSWORD_MIN {
        return Some(format!(
            "a password has at least {PASSWORD_MIN} characters; a few words are easier to keep than signs"
        ));
    }
    if password.len() > PASSWORD_MAX {
        return Some(format!("a password has at most {PASSWORD_MAX} bytes"));
    }
    let is_name = password.to_lowercase().contains(&name.to_lowercase());
    let first = password.chars().next();
    let is_one_sign = password.chars().all(|sign| Some(sign) == first);
    (is_name || is_one_sign)
        .then(|| "the password is easy to guess; take one without your name in it".to_owned())
}

/// A password's hash in PHC form, with a salt of its own; none where the system gives no randomness.
#[must_use]
pub fn hashed(password: &str, cost: Cost) -> Option<String> {
    let mut salt = [0u8; 16];
    OsRng.try_fill_bytes(&mut salt).ok()?;
    let hash = cost
        .argon2()?
        .hash_password_with_salt(password.as_bytes(), &salt)
        .ok()?;
    Some(hash.to_string())
}

/// Whether a password is the one that was hashed. It takes the time that its hash's cost says, whatever differs.
#[must_use]
pub fn is_it(password: &str, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// A text of 256 random bits; none where the system gives no randomness.
#[must_use]
pub fn random_text() -> Option<String> {
    let mut bytes = [0u8; 32];
    OsRng.try_fill_bytes(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// A person's id, which says nothing of the person; none where the system gives no randomness.
#[must_use]
pub fn person_id() -> Option<String> {
    let mut bytes = [0u8; 5];
    OsRng.try_fill_bytes(&mut bytes).ok()?;
    let mut id = "u-".to_owned();
    for byte in bytes {
        id.push_str(&format!("{byte:02x}"));
    }
    Some(id)
}

/// Random bytes; none where the system gives no randomness.
#[must_use]
pub fn random_bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0u8; N];
    OsRng.try_fill_bytes(&mut bytes).ok()?;
    Some(bytes)
}

/// A text of 128 random bits, to tell one thing from another; none where the system gives no randomness.
#[must_use]
pub fn random_id() -> Option<String> {
    let mut bytes = [0u8; 16];
    OsRng.try_fill_bytes(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

/// The digest by which a random text is kept and found. The text has 256 bits, so its digest need not be slow, and finding by
/// digest takes the same time wherever texts differ.
#[must_use]
pub fn kept_as(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string()
}

/// A new secret for an authenticator, in base 32; none where the system gives no randomness.
#[must_use]
pub fn authenticator() -> Option<String> {
    let mut bytes = [0u8; 20];
    OsRng.try_fill_bytes(&mut bytes).ok()?;
    Some(Secret::from(bytes).to_base32())
}

/// The time step whose code somebody typed, at most one step away from now; none where it is none of these.
#[must_use]
pub fn step_of(code: &str, secret: &str, now: i64) -> Option<i64> {
    let secret = Secret::try_from_base32(secret).ok()?;
    let totp = Builder::new().with_secret(secret).build().ok()?;
    let step = totp.check(code, u64::try_from(now).ok()?)?;
    i64::try_from(step).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 64,
        passes: 1,
    };

    #[test]
    fn a_password_is_known_again_and_another_is_not() {
        let hash = hashed("correct horse battery", CHEAP).expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert!(is_it("correct horse battery", &hash));
        assert!(!is_it("correct horse batterz", &hash));
        assert!(!is_it("correct horse battery", "no hash at all"));
        assert_ne!(
            hash,
            hashed("correct horse battery", CHEAP).expect("hashed")
        );
    }

    #[test]
    fn what_is_easy_to_guess_is_not_taken() {
        for wrong in ["short", "aaaaaaaaaaaaaaaa", "ada@example.org1"] {
            assert!(wrong_with(wrong, "ada@example.org").is_some(), "{wrong}");
        }
        assert_eq!(wrong_with("four words are good", "ada@example.org"), None);
        assert!(wrong_with(&"long ".repeat(400), "ada").is_some());
    }

    #[test]
    fn a_code_is_the_one_of_its_step_or_of_a_neighbour() {
        // RFC 6238, appendix B: the secret `12345678901234567890` at 59 s has the code 94287082, whose last six digits count.
        let secret = Secret::from(*b"12345678901234567890").to_base32();
        assert_eq!(step_of("287082", &secret, 59), Some(1));
        assert_eq!(step_of("287082", &secret, 89), Some(1));
        assert_eq!(step_of("287082", &secret, 200), None);
        assert_eq!(step_of("28708", &secret, 59), None);
        assert_eq!(step_of("287082", "not base 32!", 59), None);
    }

    #[test]
    fn random_texts_differ_and_are_kept_as_digests() {
        let (one, other) = (
            random_text().expect("random"),
            random_text().expect("random"),
        );
        assert_ne!(one, other);
        assert_eq!(one.len(), 43);
        assert_ne!(kept_as(&one), one);
        assert!(person_id().expect("random").starts_with("u-"));
    }
}
