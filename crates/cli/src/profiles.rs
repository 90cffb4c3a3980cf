//! Where partners' money goes: personal data, in the directory beside the journal, which has its digest alone.

use std::fs;
use std::path::{Path, PathBuf};

use rand_core::{OsRng, RngCore as _};
use serde::{Deserialize, Serialize};
use trueup_base::id::PartnerId;
use trueup_exports::pain001::{
    Account, Address, Bic, Country, Iban, Name, OtherAccount, Refusal, Town,
};
use trueup_facts::digest::Digest;
use trueup_facts::disk::Disk;
use trueup_facts::program::state_folder;
use trueup_program::payout::{Profile, Route};

use crate::args::AccountArgs;
use crate::failure::Failure;
use crate::kept_keys::write_secret;

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
    /// Its town.
    pub town: Option<String>,
    /// Its account, by its IBAN.
    pub iban: Option<String>,
    /// Its account, by the bank's own number.
    pub account: Option<String>,
    /// The account's bank.
    pub bic: Option<String>,
    /// How the money gets there.
    pub route: Route,
}

fn place(program: &Path, digest: Digest) -> PathBuf {
    let folder = state_folder(program).join("directory").join("profiles");
    folder.join(format!("{digest}.json"))
}

/// The account that arguments name, if they name one.
///
/// # Errors
/// When there is no such account.
pub fn account_of(args: &AccountArgs) -> Result<Option<Account>, Failure> {
    read_account(
        (args.iban.as_deref(), args.account.as_deref()),
        args.bic.as_deref(),
    )
    .map_err(|refusal| Failure::Use(refusal.to_string()))
}

fn read_account(
    (iban, number): (Option<&str>, Option<&str>),
    bic: Option<&str>,
) -> Result<Option<Account>, Refusal> {
    let bic = bic.map(Bic::parse).transpose()?;
    Ok(match (iban, number, bic) {
        (Some(iban), _, bic) => Some(Account::Iban {
            iban: Iban::parse(iban)?,
            bic,
        }),
        (None, Some(number), Some(bic)) => Some(Account::Other {
            id: OtherAccount::parse(number)?,
            bic,
        }),
        (None, _, _) => None,
    })
}

/// Whom a bank pays, where they are and on which account.
pub struct Creditor {
    /// The legal entity.
    pub name: Name,
    /// Where it is, where that is known.
    pub address: Option<Address>,
    /// Its account, unless a credit note pays it.
    pub account: Option<Account>,
}

impl Kept {
    /// A new profile of a partner, with a salt of its own.
    ///
    /// # Errors
    /// When a bank could not pay to it.
    pub fn new(
        partner: &PartnerId,
        (name, town, country): (&str, Option<&str>, Option<&str>),
        account: Option<Account>,
        route: Route,
    ) -> Result<Self, Failure> {
        if name.trim().is_empty() {
            return Err(Failure::Use(
                "--name: say which legal entity is paid".to_owned(),
            ));
        }
        if route.is_by_bank() && account.is_none() {
            return Err(Failure::Use(format!(
                "--iban: route {} needs an account",
                route.word()
            )));
        }
        let mut salt = [0u8; 16];
        OsRng.fill_bytes(&mut salt);
        let salt = salt.iter().map(|byte| format!("{byte:02x}")).collect();
        let bic = account.as_ref().and_then(Account::bic);
        let bic = bic.map(|bic| bic.as_str().to_owned());
        let (iban, number) = match account {
            Some(Account::Iban { iban, .. }) => (Some(iban.to_string()), None),
            Some(Account::Other { id, .. }) => (None, Some(id.as_str().to_owned())),
            None => (None, None),
        };
        let kept = Self {
            salt,
            partner: partner.to_string(),
            name: name.trim().to_owned(),
            country: country.map(str::to_owned),
            town: town.map(str::to_owned),
            iban,
            account: number,
            bic,
            route,
        };
        let refused = kept.creditor().err().filter(|_| route.is_by_bank());
        match refused {
            Some(refusal) => Err(Failure::Use(refusal.to_string())),
            None => Ok(kept),
        }
    }

    /// Whom a bank pays by it.
    ///
    /// # Errors
    /// What a bank would not take.
    pub fn creditor(&self) -> Result<Creditor, Refusal> {
        let country = self.country.as_deref().map(Country::parse).transpose()?;
        let town = self.town.as_deref().map(Town::transliterated).transpose()?;
        let address = country.zip(town).map(|(country, town)| Address {
            street: None,
            building: None,
            post_code: None,
            town,
            country,
        });
        let named = (self.iban.as_deref(), self.account.as_deref());
        Ok(Creditor {
            name: Name::transliterated(&self.name)?,
            address,
            account: read_account(named, self.bic.as_deref())?,
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
        let Some(iban) = self.iban.as_ref().or(self.account.as_ref()) else {
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
