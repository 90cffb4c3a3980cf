//! Keys: Ed25519, in the text forms of signed notes.

use std::fmt;
use std::sync::Arc;

use rand_core::CryptoRngCore;
use signed_note::{Signer, StandardSigner, StandardVerifier, Verifier};

use crate::organisation::Organisation;

/// Why a text is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not the form of a key that checks signatures.
    #[error("`{text}` is no verifier key: it is written name+id+key, as `trueup keys` prints it")]
    Public {
        /// The text.
        text: String,
        /// What is wrong.
        #[source]
        source: signed_note::VerifierError,
    },
    /// Not the form of a key that signs. The text is secret and is not repeated.
    #[error("this is no secret key: it begins PRIVATE+KEY+name+id+")]
    Secret(#[source] signed_note::SignerError),
    /// A name that does not say whose it is.
    #[error(
        "the key is named `{name}`; a key of this program is named `program/vendor` or `program/partner/ID`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A program's name that cannot be part of a key's name.
    #[error("the program's name `{0}` holds spaces or a plus and cannot name a key")]
    Program(String),
}

/// A key that checks signatures; a copy of it costs nothing.
#[derive(Clone)]
pub struct PublicKey(Arc<Parsed>);

struct Parsed {
    text: String,
    verifier: StandardVerifier,
    program: String,
    organisation: Organisation,
}

impl PublicKey {
    /// Reads `name+id+key`.
    ///
    /// # Errors
    /// When it is no such key, or is not named for an organisation of a program.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let verifier = StandardVerifier::new(text).map_err(|source| KeyError::Public {
            text: text.to_owned(),
            source,
        })?;
        let (program, organisation) = of_name(verifier.name())?;
        Ok(Self(Arc::new(Parsed {
            text: text.to_owned(),
            verifier,
            program,
            organisation,
        })))
    }

    /// The key's text: `name+id+key`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Its name: the program's and the organisation's.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.verifier.name()
    }

    /// Eight hexadecimal digits that tell keys of one name apart.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{:08x}", self.0.verifier.key_id())
    }

    /// Which program it is for.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.0.program
    }

    /// Whose it is.
    #[must_use]
    pub fn organisation(&self) -> &Organisation {
        &self.0.organisation
    }

    pub(crate) fn verifier(&self) -> &StandardVerifier {
        &self.0.verifier
    }

    pub(crate) fn is_named(&self, name: &str, id: u32) -> bool {
        let verifier = &self.0.verifier;
        verifier.name() == name && verifier.key_id() == id
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

/// A key that signs. It is never printed but by [`SecretKey::reveal`].
#[derive(Clone)]
pub struct SecretKey {
    text: String,
    signer: StandardSigner,
    public: PublicKey,
}

impl SecretKey {
    /// A new key of an organisation; the caller brings the randomness.
    ///
    /// # Errors
    /// When the program's name cannot be part of a key's name.
    pub fn new(
        dice: &mut impl CryptoRngCore,
        program: &str,
        organisation: &Organisation,
    ) -> Result<Self, KeyError> {
        if !signed_note::is_key_name_valid(program) || program.contains('/') {
            return Err(KeyError::Program(program.to_owned()));
        }
        let (secret, public) =
            signed_note::generate_key(dice, &format!("{program}/{organisation}"));
        let public = PublicKey::parse(&public)?;
        let signer = StandardSigner::new(&secret).map_err(KeyError::Secret)?;
        Ok(Self {
            text: secret,
            signer,
            public,
        })
    }

    /// Reads a kept key: its secret text and its public text, one a line.
    ///
    /// # Errors
    /// When either is no key, or they are not of one pair.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut lines = text.lines();
        let secret = lines.next().unwrap_or_default();
        let public = PublicKey::parse(lines.next().unwrap_or_default())?;
        let signer = StandardSigner::new(secret).map_err(KeyError::Secret)?;
        let is_pair = public.is_named(signer.name(), signer.key_id());
        match is_pair {
            true => Ok(Self {
                text: secret.to_owned(),
                signer,
                public,
            }),
            false => Err(KeyError::Secret(signed_note::SignerError::Id)),
        }
    }

    /// Both texts, as they are kept: whoever has them can sign.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{}\n{}\n", self.text, self.public.text())
    }

    /// The key that checks its signatures.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(crate) fn signer(&self) -> &StandardSigner {
        &self.signer
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the secret of {}", self.public.text())
    }
}

/// Whose key a text says it is, before it is read.
pub(crate) fn organisation_in(text: &str) -> Option<Organisation> {
    let (name, _) = text.split_once('+')?;
    of_name(name).ok().map(|(_, organisation)| organisation)
}

/// The program and organisation that a key's name says.
fn of_name(name: &str) -> Result<(String, Organisation), KeyError> {
    let wrong = || KeyError::Name {
        name: name.to_owned(),
    };
    let (program, organisation) = name.split_once('/').ok_or_else(wrong)?;
    let organisation = organisation.parse().map_err(|_| wrong())?;
    match program.is_empty() {
        true => Err(wrong()),
        false => Ok((program.to_owned(), organisation)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Dice;

    // The example keys of the Go implementation of notes, golang.org/x/mod/sumdb/note.
    const GO: (&str, &str) = (
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    );

    #[test]
    fn a_new_key_is_read_again_and_its_secret_is_not_printed() {
        let key =
            SecretKey::new(&mut Dice::new(1), "alliance", &Organisation::Vendor).expect("a key");
        let again = SecretKey::parse(&key.reveal()).expect("read");
        assert_eq!(again.public(), key.public());
        assert_eq!(key.public().name(), "alliance/vendor");
        assert!(!format!("{key:?}").contains("PRIVATE"));
    }

    #[test]
    fn keys_of_other_programs_of_notes_are_of_the_same_form_and_refused_for_their_name() {
        assert!(StandardSigner::new(GO.0).is_ok());
        assert!(matches!(PublicKey::parse(GO.1), Err(KeyError::Name { .. })));
    }

    #[test]
    fn keys_that_are_no_pair_are_refused() {
        let one =
            SecretKey::new(&mut Dice::new(1), "alliance", &Organisation::Vendor).expect("a key");
        let two =
            SecretKey::new(&mut Dice::new(2), "alliance", &Organisation::Vendor).expect("a key");
        let mixed = format!("{}\n{}\n", one.text, two.public.text());
        assert!(SecretKey::parse(&mixed).is_err());
        let changed = one.public.text().replacen('A', "B", 1);
        assert!(changed == one.public.text() || PublicKey::parse(&changed).is_err());
    }

    #[test]
    fn a_program_whose_name_cannot_name_a_key_is_refused() {
        for name in ["", "two words", "a+b", "a/b"] {
            assert!(
                SecretKey::new(&mut Dice::new(1), name, &Organisation::Vendor).is_err(),
                "{name}"
            );
        }
    }
}
