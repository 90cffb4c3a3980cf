//! `trueup agreement`: from a proposal to two signatures.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use trueup_base::id::PartnerId;
use trueup_facts::digest::Digest;
use trueup_facts::texts::{Bytes, Texts};
use trueup_journal::{Act, Custody, Draft, Organisation, SecretKey};
use trueup_plan::check::Strictness;
use trueup_program::negotiation::{
    ACCEPTED, Accepted, CLOSED, Closed, PROPOSED, Proposed, accepting, proposing,
};
use trueup_program::{Negotiations, Proposal, Seal, Thread};

use crate::args::{
    AgreementAcceptArgs, AgreementCommand, AgreementDeclineArgs, AgreementListArgs,
    AgreementProposeArgs, AgreementShowArgs, AgreementTextsArgs, ChosenArgs, EVERYONE, Format,
};
use crate::commands::journal::organisation;
use crate::desk::Desk;
use crate::failure::{Failure, chain};
use crate::folder;
use crate::kept_keys::read_key;
use crate::output;
use crate::progress::Progress;
use crate::record::{Record, now, unsayable};
use crate::runs;
use crate::seals::{OnRecord, Parts, Standing, standing};

mod sheet;
mod take;

/// Lists, proposes, accepts, declines, shows, or takes terms from a workbook.
pub fn run(command: &AgreementCommand, progress: &Progress) -> Result<(), Failure> {
    match command {
        AgreementCommand::List(args) => list(args),
        AgreementCommand::Propose(args) => propose(args),
        AgreementCommand::Accept(args) => accept(args),
        AgreementCommand::Decline(args) => decline(args),
        AgreementCommand::Show(args) => show(args),
        AgreementCommand::Texts(args) => texts(args),
        AgreementCommand::Sheet(args) => sheet::write(args, progress),
        AgreementCommand::Take(args) => take::take(args),
    }
}

/// An agreement as it is listed.
struct Listed {
    partner: String,
    agreement: String,
    from: String,
    until: String,
    state: &'static str,
    says: String,
}

fn list(args: &AgreementListArgs) -> Result<(), Failure> {
    let folder = folder::open(&args.program.program)?;
    let record = Record::opened(&args.program.program)?;
    let on_record = OnRecord::of(&record)?;
    let parts = Parts::of(&folder)?;
    let is_wanted = |partner: &PartnerId| {
        args.partner
            .as_deref()
            .is_none_or(|wanted| wanted == partner.as_str())
    };
    let mut listed = Vec::new();
    let here = standing(&folder);
    for one in here.iter().filter(|one| is_wanted(&one.partner)) {
        let now = parts.seal(one, &on_record.ring)?.ok();
        let thread = on_record.negotiations.thread(&one.partner, &one.agreement);
        let (state, says) = state_of(thread, now.as_ref());
        let dated = folder.agreements.get(one.at);
        listed.push(Listed {
            partner: one.partner.to_string(),
            agreement: one.agreement.clone(),
            from: dated.map_or_else(String::new, |text| text.starts.to_string()),
            until: dated
                .and_then(|text| text.until)
                .map_or_else(String::new, |until| until.to_string()),
            state,
            says,
        });
    }
    // What was signed stays listed when its text has left the folder.
    for (partner, agreement, thread) in on_record.negotiations.threads() {
        let is_here = |one: &Standing| one.partner == *partner && one.agreement == agreement;
        let Some(last) = thread.signed.last().filter(|_| is_wanted(partner)) else {
            continue;
        };
        if !here.iter().any(is_here) {
            listed.push(Listed {
                partner: partner.to_string(),
                agreement: agreement.to_owned(),
                from: last.seal.starts.to_string(),
                until: last
                    .seal
                    .until
                    .map_or_else(String::new, |until| until.to_string()),
                state: "signed",
                says: "its text is gone from agreements/".to_owned(),
            });
        }
    }
    print(&listed, args.format)
}

fn print(listed: &[Listed], format: Format) -> Result<(), Failure> {
    let cells = |one: &Listed| {
        vec![
            one.partner.clone(),
            one.agreement.clone(),
            one.from.clone(),
            one.until.clone(),
            one.state.to_owned(),
            one.says.clone(),
        ]
    };
    let heads = ["partner", "agreement", "from", "until", "state", "says"];
    match format {
        Format::Table => {
            let mut text = output::table(&heads, heads.len(), listed.iter().map(cells));
            let mut states: BTreeMap<&str, usize> = BTreeMap::new();
            for one in listed {
                *states.entry(one.state).or_default() += 1;
            }
            let counts: Vec<String> = states
                .iter()
                .map(|(state, count)| format!("{count} {state}"))
                .collect();
            let _ = write!(text, "\n{}\n", counts.join(", "));
            output::print(&text)
        }
        Format::Csv => output::csv(&heads, listed.iter().map(cells)),
        Format::Json => output::json(&Value::Array(
            listed
                .iter()
                .map(|one| {
                    json!({
                        "partner": one.partner,
                        "agreement": one.agreement,
                        "from": one.from,
                        "until": one.until,
                        "state": one.state,
                        "says": one.says,
                    })
                })
                .collect(),
        )),
    }
}

/// The state of an agreement, and what there is to say of it.
pub fn state_of(thread: Option<&Thread>, now: Option<&Seal>) -> (&'static str, String) {
    let Some(now) = now else {
        return (
            "without a key",
            "the partner has no key: trueup keys add".to_owned(),
        );
    };
    let Some(thread) = thread else {
        return ("draft", "not proposed yet".to_owned());
    };
    if let Some(open) = &thread.open {
        let differs = open.seal.differs_from(now);
        let says = match differs.first() {
            None => format!("by {}, act {}: {}", open.by, open.at, open.because),
            Some(first) => format!("by {}, act {}; since then {first}", open.by, open.at),
        };
        return ("proposed", says);
    }
    let declined = match &thread.closed {
        Some((by, because)) => format!("declined by {by}: {because}"),
        None => String::new(),
    };
    let Some(last) = thread.signed.last() else {
        return match declined.is_empty() {
            true => ("draft", "not proposed yet".to_owned()),
            false => ("declined", declined),
        };
    };
    let differs = last.seal.differs_from(now);
    let mut says = format!("act {}", last.accepted_at);
    if last.seal.custody == Custody::Custodial {
        says.push_str(", by a custodial key");
    }
    let state = match differs.split_first() {
        None => "signed",
        Some((first, others)) => {
            let _ = write!(says, "; since then {first}");
            if !others.is_empty() {
                let _ = write!(says, ", and {} more", others.len());
            }
            "changed"
        }
    };
    if !declined.is_empty() {
        let _ = write!(says, "; a proposal was {declined}");
    }
    (state, says)
}

/// What a step signs with, and in whose name.
struct Signing<'a> {
    args: &'a ChosenArgs,
    record: Record,
    behalf: Organisation,
    own: Option<Arc<SecretKey>>,
}

impl<'a> Signing<'a> {
    fn of(args: &'a ChosenArgs) -> Result<Self, Failure> {
        Self::in_name_of(args, organisation(&args.behalf)?)
    }

    fn in_name_of(args: &'a ChosenArgs, behalf: Organisation) -> Result<Self, Failure> {
        Ok(Self {
            args,
            record: Record::opened(&args.program.program)?,
            behalf,
            own: args
                .key_file
                .as_deref()
                .map(read_key)
                .transpose()?
                .map(Arc::new),
        })
    }

    fn is_chosen(&self, partner: &PartnerId, agreement: &str) -> bool {
        let named = self.args.all || self.args.agreements.iter().any(|name| name == agreement);
        let is_partner = self
            .args
            .partner
            .as_deref()
            .is_none_or(|wanted| wanted == partner.as_str());
        let is_own = self.behalf.is_side_of(partner);
        named && is_partner && is_own
    }

    fn key(&self, on_record: &OnRecord) -> Result<Arc<SecretKey>, Failure> {
        match &self.own {
            Some(own) => Ok(Arc::clone(own)),
            None => self.record.key_of(&on_record.ring, &self.behalf),
        }
    }

    fn act<T: Serialize>(
        &self,
        key: &SecretKey,
        kind: &str,
        after: u64,
        says: &T,
    ) -> Result<Act, Failure> {
        let draft = Draft {
            at: now(),
            by: self.args.by.by.clone(),
            behalf: self.behalf.clone(),
            kind: kind.parse().map_err(unsayable)?,
            after,
            says: serde_json::to_string(says)
                .map_err(|error| Failure::fault("writing what an act says", &error))?,
        };
        Act::sign(draft, &[key]).map_err(unsayable)
    }

    /// Judges acts one after the other, and appends them together if none is refused.
    fn append(&self, on_record: &OnRecord, acts: Vec<Act>) -> Result<(), Failure> {
        let mut negotiations = Negotiations::clone(&on_record.negotiations);
        for (at, act) in (on_record.acts..).zip(&acts) {
            negotiations
                .judge(at, act, &on_record.ring)
                .map_err(|refusal| Failure::Found(chain(&refusal)))?;
        }
        let appended = self.record.append(|_, after| {
            Ok(match after == on_record.acts {
                true => acts,
                false => Vec::new(),
            })
        })?;
        match appended {
            Some(_) => Ok(()),
            None => Err(Failure::Found(
                "somebody else wrote to the journal meanwhile; look, and do it again".to_owned(),
            )),
        }
    }
}

fn propose(args: &AgreementProposeArgs) -> Result<(), Failure> {
    let program = &args.chosen.program.program;
    let folder = folder::open(program)?;
    let signing = Signing::of(&args.chosen)?;
    let on_record = OnRecord::of(&signing.record)?;
    let parts = Parts::of(&folder)?;
    let (list, listed) = list_of(&folder)?;
    let (mut acts, mut same, mut without_key) = (Vec::new(), 0, Vec::new());
    let mut found = false;
    for one in standing(&folder) {
        if !signing.is_chosen(&one.partner, &one.agreement) {
            continue;
        }
        found = true;
        let Ok(seal) = parts.seal(&one, &on_record.ring)? else {
            without_key.push(one.partner.to_string());
            continue;
        };
        let thread = on_record.negotiations.thread(&one.partner, &one.agreement);
        if is_there(thread, &seal, &signing.behalf) {
            same += 1;
            continue;
        }
        let key = signing.key(&on_record)?;
        let note = proposing(&seal, &key).map_err(|error| {
            Failure::Use(format!("the agreement cannot be signed: {}", chain(&error)))
        })?;
        let says = Proposed {
            note,
            because: args.because.clone(),
            texts: listed.to_string(),
        };
        let after = on_record.acts + acts.len() as u64;
        acts.push(signing.act(&key, PROPOSED, after, &says)?);
    }
    if !found {
        return Err(none_chosen(&args.chosen));
    }
    let proposed = acts.len();
    if proposed > 0 {
        runs::kept(program)
            .keep_texts(folder.texts.values().chain([&list]))
            .map_err(|fault| Failure::fault("keeping the texts", &fault))?;
        signing.append(&on_record, acts)?;
    }
    let mut text = format!("{} proposed\n", output::counted(proposed, "agreement"));
    if same > 0 {
        let _ = writeln!(
            text,
            "{} proposed or signed so already",
            output::counted(same, "agreement")
        );
    }
    if !without_key.is_empty() {
        let _ = writeln!(
            text,
            "Without a key, and left out: {}",
            without_key.join(", ")
        );
    }
    output::print(&text)?;
    match without_key.is_empty() {
        true => Ok(()),
        false => Err(Failure::Findings),
    }
}

/// A list of every text of a folder by its path, as it is kept, and its digest.
fn list_of(folder: &folder::Folder) -> Result<(Bytes, Digest), Failure> {
    let texts: BTreeMap<&str, String> = folder
        .texts
        .iter()
        .map(|(path, bytes)| (&**path, Digest::of(bytes).to_string()))
        .collect();
    let list =
        serde_json::to_vec(&texts).map_err(|error| Failure::fault("listing the texts", &error))?;
    let digest = Digest::of(&list);
    Ok((Bytes::from(list), digest))
}

/// Whether just this is signed, or proposed by the same side.
fn is_there(thread: Option<&Thread>, seal: &Seal, by: &Organisation) -> bool {
    let Some(thread) = thread else { return false };
    match (&thread.open, thread.signed.last()) {
        (Some(open), _) => open.by == *by && open.seal == *seal,
        (None, Some(last)) => last.seal.differs_from(seal).is_empty(),
        (None, None) => false,
    }
}

/// The proposals that are chosen.
fn chosen<'r>(
    signing: &Signing<'_>,
    on_record: &'r OnRecord,
    is_asked: impl Fn(&Proposal) -> bool,
) -> Result<Vec<&'r Proposal>, Failure> {
    let open: Vec<&Proposal> = on_record
        .negotiations
        .threads()
        .filter(|(partner, agreement, _)| signing.is_chosen(partner, agreement))
        .filter_map(|(_, _, thread)| thread.open.as_ref())
        .filter(|open| is_asked(open))
        .collect();
    match open.is_empty() {
        false => Ok(open),
        true => Err(Failure::Found(format!(
            "no such proposal waits for {}; `trueup agreement list` lists them",
            signing.behalf
        ))),
    }
}

fn accept(args: &AgreementAcceptArgs) -> Result<(), Failure> {
    let is_everyone = args.chosen.behalf == EVERYONE;
    let mut signing = match is_everyone {
        // In whose name each is accepted is found below.
        true => Signing::in_name_of(&args.chosen, Organisation::Vendor)?,
        false => Signing::of(&args.chosen)?,
    };
    let on_record = OnRecord::of(&signing.record)?;
    let (mut acts, mut elsewhere) = (Vec::new(), 0);
    if is_everyone {
        let threads = on_record.negotiations.threads();
        let waiting = threads.filter(|(partner, agreement, thread)| {
            thread.open.is_some() && signing.is_chosen(partner, agreement)
        });
        let partners: BTreeSet<PartnerId> =
            waiting.map(|(partner, _, _)| partner.clone()).collect();
        for partner in partners {
            signing.behalf = Organisation::Partner(partner);
            // A partner whose key lies elsewhere signs there.
            match signing.key(&on_record) {
                Ok(_) => accept_own(&signing, &on_record, &mut acts)?,
                Err(_) => elsewhere += 1,
            }
        }
        if acts.is_empty() {
            return Err(Failure::Found(
                "no proposal waits for a partner whose key is kept here; `trueup agreement list` lists them"
                    .to_owned(),
            ));
        }
    } else {
        accept_own(&signing, &on_record, &mut acts)?;
    }
    let count = acts.len();
    signing.append(&on_record, acts)?;
    let mut text = format!(
        "{} signed by both sides\n",
        output::counted(count, "agreement")
    );
    if elsewhere > 0 {
        let _ = writeln!(
            text,
            "Not signed: those of {} whose keys are not kept here",
            output::counted(elsewhere, "partner")
        );
    }
    output::print(&text)
}

/// Accepts what is chosen in one organisation's name.
fn accept_own(
    signing: &Signing<'_>,
    on_record: &OnRecord,
    acts: &mut Vec<Act>,
) -> Result<(), Failure> {
    let is_named = !signing.args.all;
    // Whoever names one wants to be told why it cannot be; of all, only those of the other side are meant.
    let open = chosen(signing, on_record, |open| {
        is_named || open.by != signing.behalf
    })?;
    let key = signing.key(on_record)?;
    for open in &open {
        let wanted = open.seal.key_of(&signing.behalf);
        if wanted != key.public() {
            return Err(Failure::Found(format!(
                "agreement {} of partner {} was proposed for the key {} {}; this is {} {}",
                open.seal.agreement,
                open.seal.partner,
                wanted.name(),
                wanted.id(),
                key.public().name(),
                key.public().id()
            )));
        }
        let note = accepting(open, &key)
            .map_err(|error| Failure::fault("signing the agreement", &error))?;
        let says = Accepted {
            proposal: open.at,
            note,
        };
        let after = on_record.acts + acts.len() as u64;
        acts.push(signing.act(&key, ACCEPTED, after, &says)?);
    }
    Ok(())
}

fn decline(args: &AgreementDeclineArgs) -> Result<(), Failure> {
    let signing = Signing::of(&args.chosen)?;
    let on_record = OnRecord::of(&signing.record)?;
    let open = chosen(&signing, &on_record, |_| true)?;
    let key = signing.key(&on_record)?;
    let mut acts = Vec::new();
    for open in &open {
        let says = Closed {
            proposal: open.at,
            because: args.because.clone(),
        };
        let after = on_record.acts + acts.len() as u64;
        acts.push(signing.act(&key, CLOSED, after, &says)?);
    }
    let count = acts.len();
    signing.append(&on_record, acts)?;
    output::print(&format!(
        "{} no longer proposed\n",
        output::counted(count, "agreement")
    ))
}

/// What a side answers to a proposal.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// It signs too.
    Accept,
    /// It does not, and why.
    Decline(&'a str),
}

/// Answers one proposal, if it is the one that was looked at.
pub fn answered(args: &ChosenArgs, proposal: u64, answer: Answer<'_>) -> Result<(), Failure> {
    let signing = Signing::of(args)?;
    let on_record = OnRecord::of(&signing.record)?;
    if chosen(&signing, &on_record, |open| open.at == proposal).is_err() {
        return Err(waits_no_longer());
    }
    let mut acts = Vec::new();
    match answer {
        Answer::Accept => accept_own(&signing, &on_record, &mut acts)?,
        Answer::Decline(because) => {
            let key = signing.key(&on_record)?;
            let because = because.to_owned();
            let says = Closed { proposal, because };
            acts.push(signing.act(&key, CLOSED, on_record.acts, &says)?);
        }
    }
    signing.append(&on_record, acts)
}

/// The proposal of a partner's agreement that was looked at, if it still waits.
pub fn waiting<'d>(
    desk: &'d Desk,
    (partner, agreement): (&str, &str),
    proposal: u64,
) -> Result<&'d Proposal, Failure> {
    let partner = PartnerId::new(partner).ok();
    let negotiations = &desk.on_record.negotiations;
    partner
        .and_then(|partner| negotiations.thread(&partner, agreement))
        .and_then(|thread| thread.open.as_ref())
        .filter(|open| open.at == proposal)
        .ok_or_else(waits_no_longer)
}

fn waits_no_longer() -> Failure {
    Failure::Found(
        "this proposal waits no longer: it was answered, withdrawn, or another took its place"
            .to_owned(),
    )
}

/// Accepts a proposal by its seal with both signatures.
pub fn accepted(
    desk: &Desk,
    who: (&str, &Organisation),
    (proposal, note): (u64, String),
) -> Result<(), Failure> {
    desk.say(ACCEPTED, who, &Accepted { proposal, note })
        .map(drop)
}

/// Declines a proposal.
pub fn declined(
    desk: &Desk,
    who: (&str, &Organisation),
    (proposal, because): (u64, &str),
) -> Result<(), Failure> {
    let because = because.to_owned();
    desk.say(CLOSED, who, &Closed { proposal, because })
        .map(drop)
}

/// The texts of a program as they were when an agreement was proposed or signed, by the digest of their list.
pub fn texts_as_of(program: &Path, texts: &str) -> Result<BTreeMap<String, Bytes>, Failure> {
    let kept = runs::kept(program);
    let read = |what: &str, digest: &str| {
        let gone = || {
            Failure::Fault(format!(
                "{what} is gone from .trueup/texts; restore {digest} there"
            ))
        };
        kept.text(Digest::parse(digest).ok_or_else(gone)?)
            .map_err(|fault| Failure::fault(format!("reading {what}"), &fault))?
            .ok_or_else(gone)
    };
    let list: BTreeMap<String, String> = serde_json::from_slice(&read("the list of texts", texts)?)
        .map_err(|error| Failure::fault("reading the list of texts", &error))?;
    let read = |(path, digest): (String, String)| {
        let bytes = read(&path, &digest)?;
        Ok((path, bytes))
    };
    list.into_iter().map(read).collect()
}

/// The program as its texts were when an agreement was proposed or signed, by the digest of their list.
pub fn folder_as_of(program: &Path, texts: &str) -> Result<folder::Folder, Failure> {
    let texts = Texts::kept(program, texts_as_of(program, texts)?);
    let read = folder::read_texts(&texts, Strictness::Draft)?;
    let says = read.rendered();
    let folder = read.folder;
    folder.ok_or_else(|| Failure::Found(format!("{says}\nthe texts as they were cannot be read")))
}

fn show(args: &AgreementShowArgs) -> Result<(), Failure> {
    let record = Record::opened(&args.program.program)?;
    let on_record = OnRecord::of(&record)?;
    let thread = thread_of(&on_record, &args.partner, &args.agreement)?;
    match thread.signed.last() {
        Some(last) => output::print(&last.note),
        None => Err(Failure::Found(format!(
            "agreement {} of partner {} was not signed by both sides yet",
            args.agreement, args.partner
        ))),
    }
}

fn texts(args: &AgreementTextsArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    let record = Record::opened(program)?;
    let on_record = OnRecord::of(&record)?;
    let thread = thread_of(&on_record, &args.partner, &args.agreement)?;
    let signed = thread.signed.last().map(|last| &last.texts);
    let proposed = thread.open.as_ref().map(|open| &open.texts);
    let (texts, what) = match args.proposed {
        true => (proposed, "proposed"),
        false => (signed, "signed"),
    };
    let texts = texts.ok_or_else(|| {
        Failure::Found(format!(
            "nothing is {what} of agreement {} with partner {}",
            args.agreement, args.partner
        ))
    })?;
    let out = &args.out;
    let fault =
        |error: std::io::Error| Failure::fault(format!("writing {}", out.display()), &error);
    if out.is_dir() && fs::read_dir(out).map_err(fault)?.next().is_some() {
        return Err(Failure::Use(format!("{} is not empty", out.display())));
    }
    let texts = texts_as_of(program, texts)?;
    for (path, bytes) in &texts {
        let is_below = std::path::Path::new(path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !is_below {
            return Err(Failure::Found(format!(
                "{path} does not lie in the program's folder"
            )));
        }
        let place = out.join(path);
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(fault)?;
        }
        fs::write(&place, bytes).map_err(fault)?;
    }
    output::print(&format!(
        "{} as {what}, written to {}\n",
        output::counted(texts.len(), "text"),
        out.display()
    ))
}

fn thread_of<'r>(
    on_record: &'r OnRecord,
    partner: &str,
    agreement: &str,
) -> Result<&'r Thread, Failure> {
    PartnerId::new(partner)
        .ok()
        .and_then(|partner| on_record.negotiations.thread(&partner, agreement))
        .ok_or_else(|| {
            Failure::Use(format!(
                "agreement {agreement} of partner {partner} was never proposed; `trueup agreement list` lists them"
            ))
        })
}

fn none_chosen(args: &ChosenArgs) -> Failure {
    Failure::Use(format!(
        "no agreement of the folder is meant by {}; `trueup agreement list` lists them",
        match args.all {
            true => "--all".to_owned(),
            false => args.agreements.join(", "),
        }
    ))
}
