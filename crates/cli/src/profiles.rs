//! Where partners' money goes: personal data, in the directory beside the journal, which has its digest alone.

use std::fs;
use std::path::{Path, PathBuf};

use rand_core::{OsRng, RngCore as _};
use serde::{Deserialize, Serialize};
use trueup_base::id::PartnerId;
use trueup_exports::{Bic, Iban};
use trueup_facts::digest::Digest;
use trueup_facts::disk::Disk;
use trueup_facts::program::state_folder;
use trueup_program::payout::{Profile, Route};

use crate::failure::Failure;
use crate::record::write_secret;

/// A payment profile as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Random, so that the digest says nothing of the rest.
    pub salt: String,
    /// Whose.
    pub partner: String,
    /// The legal entity that is paid.
    pub name: String,
    /// Its country, as two letters.
    pub country: Option<String>,
    /// Its account.
    pub iban: Option<String>,
    /// The account's bank.
    pub bic: Option<String>,
    /// How the money gets there.
    pub route: Route,
}

fn place(program: &Path, digest: Digest) -> PathBuf {
    let folder = state_folder(program).join("directory").join("profiles");
    folder.join(format!("{digest}.json"))
}

impl Kept {
    /// A new profile of a partner, with a salt of its own.
    ///
    /// # Errors
    /// When a bank could not pay to it.
    pub fn new(
        partner: &PartnerId,
        (name, country): (&str, Option<&str>),
        (iban, bic): (Option<&str>, Option<&str>),
        route: Route,
    ) -> Result<Self, Failure> {
        let wrong = |error: &dyn std::error::Error| Failure::Use(error.to_string());
        if name.trim().is_empty() {
            return Err(Failure::Use(
                "--name: say which legal entity is paid".to_owned(),
            ));
        }
        if route.is_by_bank() && iban.is_none() {
            return Err(Failure::Use(format!(
                "--iban: route {} needs an account",
                route.word()
            )));
        }
        let is_country =
            |text: &&str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if let Some(text) = country.filter(|text| !is_country(text)) {
            return Err(Failure::Use(format!(
                "--country {text}: write two letters, such as DE"
            )));
        }
        let iban = iban
            .map(Iban::parse)
            .transpose()
            .map_err(|error| wrong(&error))?;
        let bic = bic
            .map(Bic::parse)
            .transpose()
            .map_err(|error| wrong(&error))?;
        let mut salt = [0u8; 16];
        OsRng.fill_bytes(&mut salt);
        let salt = salt.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            salt,
            partner: partner.to_string(),
            name: name.trim().to_owned(),
            country: country.map(str::to_owned),
            iban: iban.map(|iban| iban.to_string()),
            bic: bic.map(|bic| bic.as_str().to_owned()),
            route,
        })
    }

    /// Keeps it where only its owner can read it; its digest.
    pub fn keep(&self, program: &Path) -> Result<Digest, Failure> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::fault("writing a profile", &error))?;
        let digest = Digest::of(text.as_bytes());
        let path = place(program, digest);
        if let Some(folder) = path.parent() {
            Disk::default()
                .create_folder(folder)
                .map_err(|error| Failure::fault(format!("making {}", folder.display()), &error))?;
        }
        write_secret(&path, &text)?;
        Ok(digest)
    }

    /// Reads the profile that an act names; none where it was erased.
    pub fn of(program: &Path, profile: &Profile) -> Result<Option<Self>, Failure> {
        let stated = &profile.says;
        let path = Digest::parse(&stated.sha256).map(|digest| (digest, place(program, digest)));
        let Some((digest, path)) = path else {
            return Err(Failure::Fault(format!(
                "act {} names a profile by `{}`",
                profile.at, stated.sha256
            )));
        };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::fault(
                    format!("reading {}", path.display()),
                    &error,
                ));
            }
        };
        if Digest::of(&bytes) != digest {
            return Err(Failure::Fault(format!(
                "{} was changed: it is not the profile that act {} states; have it stated again",
                path.display(),
                profile.at
            )));
        }
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| Failure::fault(format!("reading {}", path.display()), &error))
    }

    /// The account for people: its ends alone.
    pub fn account_shown(&self) -> String {
        let Some(iban) = &self.iban else {
            return String::new();
        };
        let (first, last) = (iban.get(..4), iban.get(iban.len().saturating_sub(4)..));
        format!(
            "{} … {}",
            first.unwrap_or_default(),
            last.unwrap_or_default()
        )
    }
}
