//! The journal as it goes over the wire: acts and their proofs, looking through everything, and checking a bundle.

use std::path::Path;

use serde_json::Value;
use trueup_bundle::record::ISSUED;
use trueup_bundle::verify;
use trueup_journal::{Act, Custody, Organisation, PublicKey, Stored};
use trueup_server::wire::{
    ActShort, ActShown, ActSigner, BundleVerdict, JournalAsked, JournalPage, LookedThrough,
};
use trueup_server::{File, Refused};
use trueup_store::Page;

use crate::commands::books::POSTED;
use crate::commands::verify::looked_through;
use crate::commands::{bundle, journal};
use crate::failure::{Failure, chain};
use crate::record::{FACTS_LOGGED, Record};
use crate::seals;

use super::look::Look;
use super::refused;

/// How many acts a page has where nothing is said, and how many are read at a time.
const PAGE: u16 = 50;
const AT_A_TIME: u32 = 500;
/// How much of what an act says a list shows.
const SAYS_SHOWN: usize = 160;

fn record(look: &Look) -> Result<&Record, Refused> {
    look.record
        .as_deref()
        .ok_or_else(|| Refused::not_found("the program has no journal yet"))
}

fn kinds() -> Vec<String> {
    let all = [seals::kinds(), vec![POSTED, FACTS_LOGGED, ISSUED]].concat();
    let mut kinds: Vec<String> = all.into_iter().map(str::to_owned).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

fn read(record: &Record, page: Page) -> Result<Vec<Stored>, Failure> {
    record.wait("reading the journal", async |database| {
        database.acts(page).await
    })
}

fn in_short(row: &Stored) -> ActShort {
    let says = journal::says(row);
    let parsed: Option<Value> = serde_json::from_str(&says).ok();
    let partner = parsed
        .as_ref()
        .and_then(|says| says.get("partner")?.as_str().map(str::to_owned));
    let own = row.behalf.strip_prefix("partner/").map(str::to_owned);
    let words = parsed.as_ref().map(in_words).unwrap_or(says);
    let shown = match words.char_indices().nth(SAYS_SHOWN) {
        Some((end, _)) => format!("{} …", words.get(..end).unwrap_or_default()),
        None => words,
    };
    ActShort {
        act: row.seq,
        at: row.at.clone(),
        by: row.who.clone(),
        in_the_name_of: row.behalf.clone(),
        kind: row.kind.clone(),
        partner: partner.or(own),
        says: shown,
    }
}

/// What an act says for people who look over a list: its plain fields and amounts; digests and lists are in the act itself.
fn in_words(says: &Value) -> String {
    let fields = says.as_object().into_iter().flatten();
    let told = fields.filter_map(|(name, value)| {
        let what = name.replace('_', " ");
        match value {
            Value::String(text) if is_digest(text) => None,
            Value::String(text) => Some(format!("{what} {text}")),
            Value::Number(number) => Some(format!("{what} {number}")),
            Value::Bool(flag) => Some(format!("{what} {flag}")),
            Value::Object(amounts) => {
                let amounts: Option<Vec<String>> = amounts
                    .iter()
                    .map(|(code, amount)| Some(format!("{} {code}", amount.as_str()?)))
                    .collect();
                let amounts = amounts.filter(|amounts| !amounts.is_empty())?;
                Some(format!("{what} {}", amounts.join(", ")))
            }
            Value::Null | Value::Array(_) => None,
        }
    });
    told.collect::<Vec<String>>().join(" · ")
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|one| one.is_ascii_hexdigit())
}

/// A page of acts, the newest first.
pub fn page(look: &Look, asked: &JournalAsked) -> Result<JournalPage, Refused> {
    let record = record(look)?;
    let checkpoint = record
        .wait("reading the journal", async |database| {
            database.checkpoint().await
        })
        .map_err(refused)?;
    let size = record.acts_of(&[]).map_err(refused)?.1;
    let wanted = usize::from(asked.limit.unwrap_or(PAGE));
    let is_asked = |one: &ActShort| {
        asked.kind.as_ref().is_none_or(|kind| *kind == one.kind)
            && (asked.partner.is_none() || asked.partner == one.partner)
    };
    let mut acts: Vec<ActShort> = Vec::new();
    let mut end = asked.before.unwrap_or(size).min(size);
    // One more than is shown says whether there are more.
    while end > 0 && acts.len() <= wanted {
        let from = end.saturating_sub(u64::from(AT_A_TIME));
        let most = u32::try_from(end - from).unwrap_or(AT_A_TIME);
        let rows = read(record, Page { from, most }).map_err(refused)?;
        acts.extend(rows.iter().rev().map(in_short).filter(is_asked));
        end = from;
    }
    let has_more = acts.len() > wanted;
    acts.truncate(wanted);
    Ok(JournalPage {
        origin: look
            .on_record()
            .ring
            .origin()
            .unwrap_or_default()
            .to_owned(),
        size,
        root: checkpoint.as_ref().map(|one| one.root().to_string()),
        signed_size: checkpoint.as_ref().map(trueup_journal::Checkpoint::size),
        checkpoint: checkpoint.map(|one| one.note().to_owned()),
        kinds: kinds(),
        next: acts.last().filter(|_| has_more).map(|last| last.act),
        acts,
    })
}

/// One act as it was signed.
pub fn act(look: &Look, at: u64) -> Result<ActShown, Refused> {
    let page = Page { from: at, most: 1 };
    let rows = read(record(look)?, page).map_err(refused)?;
    let row = rows.first().filter(|row| row.seq == at);
    let row = row.ok_or_else(|| Refused::not_found("there is no such act"))?;
    let held = look.on_record().ring.all();
    let keys: Vec<&PublicKey> = held.iter().map(|one| &one.key).collect();
    let parsed = Act::parse(&row.note).map_err(|error| chain(&error));
    let signed = parsed.and_then(|act| {
        let signers = act.signers(&keys).map_err(|error| chain(&error))?;
        Ok(signers.into_iter().cloned().collect::<Vec<PublicKey>>())
    });
    let (signers, wrong) = match signed {
        Ok(signers) => (signers, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let says = journal::says(row);
    let pretty = serde_json::from_str::<Value>(&says)
        .ok()
        .and_then(|says| serde_json::to_string_pretty(&says).ok());
    Ok(ActShown {
        act: in_short(row),
        content: pretty.unwrap_or(says),
        hash: row.hash.clone(),
        note: row.note.clone(),
        signers: signers
            .iter()
            .map(|key| ActSigner {
                in_the_name_of: key.organisation().to_string(),
                key: key.text().to_owned(),
                is_custodial: held
                    .iter()
                    .any(|one| one.key == *key && one.custody == Custody::Custodial),
            })
            .collect(),
        wrong,
    })
}

/// The proof that an act lies below the latest checkpoint.
pub fn proof(look: &Look, at: u64) -> Result<File, Refused> {
    let text = journal::proof_of(record(look)?, at).map_err(refused)?;
    Ok(File {
        name: format!("act-{at}.tlog-proof"),
        media: "text/plain; charset=utf-8",
        bytes: text.into_bytes(),
    })
}

/// Looks through everything of a program.
pub fn check(program: &Path) -> Result<LookedThrough, Failure> {
    let report = looked_through(program, &[])?;
    Ok(LookedThrough {
        is_whole: report.found.is_empty(),
        looked: report.looked,
        notes: report.notes,
        found: report.found,
    })
}

/// Checks a bundle with a key of the vendor: one that it holds under, else the one that counts now.
pub fn check_bundle(look: &Look, text: &[u8]) -> Result<BundleVerdict, Refused> {
    record(look)?;
    if !trueup_bundle::lines::is_bundle(text) {
        return Err(Refused::conflict(
            "this is no bundle; the signed bundle of a statement is one",
        ));
    }
    let of_vendor = look.on_record().ring.all().iter().rev();
    let keys = of_vendor.filter(|held| *held.key.organisation() == Organisation::Vendor);
    let mut verdict = None;
    for held in keys {
        let found = verify(text, &held.key);
        let holds = found.holds();
        if holds || verdict.is_none() {
            verdict = Some((found, &held.key));
        }
        if holds {
            break;
        }
    }
    let (verdict, key) =
        verdict.ok_or_else(|| Refused::not_found("the vendor has no key in the journal"))?;
    Ok(BundleVerdict {
        holds: verdict.holds(),
        says: bundle::told(Path::new("the bundle"), &verdict),
        key: key.text().to_owned(),
    })
}
