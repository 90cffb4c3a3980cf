//! Telling others what happened: webhooks and people by the same list of kinds, tried until it arrived or was tried enough.
//!
//! What happened stands on the journal, and how far each receiver was told in the store, so nothing is lost when the server stops.
//! A feed that is late is no act: that it was told stands in the store too. What is told never holds a name or an amount.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use trueup_store::{
    Database, Message, MessageState, NewMessage, Page, Person, Reader, StoreFault, Tried, Webhook,
};

use crate::Shared;
use crate::access::{Caller, Operation};
use crate::answer::Refused;
use crate::gate::grants;
use crate::mail::{self, Mail};
use crate::outside::Reach;
use crate::webhooks;
use crate::wire::EventKind;

/// The acts that are events, each with whom it is for: whoever may do the operation.
const ACTS: [(&str, EventKind, Operation); 10] = [
    (
        "period.closed",
        EventKind::StatementReady,
        Operation::ReadPartner,
    ),
    (
        "period.calculated",
        EventKind::ApprovalNeeded,
        Operation::ApprovePeriod,
    ),
    (
        "payout.prepared",
        EventKind::ApprovalNeeded,
        Operation::ApprovePayout,
    ),
    (
        "exception.proposed",
        EventKind::ApprovalNeeded,
        Operation::ApproveException,
    ),
    (
        "opening.proposed",
        EventKind::ApprovalNeeded,
        Operation::ApprovePeriod,
    ),
    (
        "dispute.opened",
        EventKind::DisputeOpened,
        Operation::ReadDisputes,
    ),
    (
        "dispute.resolved",
        EventKind::DisputeAnswered,
        Operation::ReadDisputes,
    ),
    (
        "payout.ordered",
        EventKind::PayoutOrdered,
        Operation::ReadPayouts,
    ),
    (
        "payment.reported",
        EventKind::PaymentReported,
        Operation::ReadPayouts,
    ),
    (
        "announcement.made",
        EventKind::AnnouncementMade,
        Operation::Acknowledge,
    ),
];
/// Whom a late feed is for.
const LATE_FOR: Operation = Operation::ReadSources;
/// What the event of a late feed begins with; its source and the day that it missed follow.
const LATE: &str = "late.";
/// How long to wait after each try that came to nothing, in seconds; after the last try a message is given up.
const WAITS: [i64; 7] = [5, 30, 120, 600, 3_600, 14_400, 43_200];
/// How often it is looked for something to tell.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After how many seconds it is looked again which feeds are late.
const LATE_EVERY: i64 = 60;
/// How many acts are looked at together.
const ACTS_MOST: u32 = 500;
/// How many messages are under way at once.
const AT_ONCE: u32 = 16;

/// What tells others.
pub struct Teller {
    /// Which addresses may be told.
    pub reach: Reach,
    /// What asks them.
    pub client: reqwest::Client,
    /// How people are told; none where no mail is set up.
    pub mail: Option<Mail>,
    /// When it was looked last which feeds are late.
    late_at: AtomicI64,
}

impl Teller {
    /// One that reaches so far; none where no connection can be made ready.
    #[must_use]
    pub fn new(reach: Reach, mail: Option<Mail>) -> Option<Self> {
        let client = reach.client()?;
        Some(Self {
            reach,
            client,
            mail,
            late_at: AtomicI64::new(i64::MIN),
        })
    }
}

/// Why something was not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTold {
    /// It may be later.
    Yet(String),
    /// It never will be.
    Ever(String),
}

/// What happened, as far as somebody has to know to tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// The kind of event.
    pub kind: EventKind,
    /// The act's kind; none where it is no act.
    pub act: Option<String>,
    /// Who did it, where somebody did.
    pub by: Option<String>,
    /// Whom it is for.
    operation: Operation,
    /// The partners it touches; none where it is about all.
    partners: Option<BTreeSet<String>>,
}

impl Happened {
    /// Which of the partners it touches somebody sees; none where the person is not to know of it. Who sees all of them, or is told
    /// of what is about all, sees no one in particular.
    pub fn seen_by(&self, person: &Person) -> Option<Vec<String>> {
        let caller = Caller {
            person: person.id.clone(),
            grants: grants(&person.grants),
            scopes: None,
            is_by_cookie: false,
        };
        // Nobody is told of what they did themselves.
        if !person.is_active
            || self.by.as_deref() == Some(&person.id)
            || caller.may(self.operation).is_err()
        {
            return None;
        }
        let Some(only) = caller.only(self.operation) else {
            return Some(Vec::new());
        };
        let own: BTreeSet<&str> = only.into_iter().collect();
        let seen = own.into_iter().filter(|partner| {
            let touched = self.partners.as_ref();
            touched.is_none_or(|touched| touched.contains(*partner))
        });
        let seen: Vec<String> = seen.map(str::to_owned).collect();
        (!seen.is_empty()).then_some(seen)
    }
}

/// Whether any of a person's roles is told of a kind of event.
#[must_use]
pub fn is_for(kind: EventKind, caller: &Caller) -> bool {
    let acts = ACTS.iter().filter(|(_, told, _)| *told == kind);
    let mut operations: Vec<Operation> = acts.map(|(.., operation)| *operation).collect();
    if kind == EventKind::FeedLate {
        operations.push(LATE_FOR);
    }
    operations
        .into_iter()
        .any(|operation| caller.may(operation).is_ok())
}

/// The kind of event that an act is, and whom it is for.
fn of_act(act: &str) -> Option<(EventKind, Operation)> {
    let found = ACTS.iter().find(|(known, ..)| *known == act);
    found.map(|(_, kind, operation)| (*kind, *operation))
}

/// The source and the day of the event of a late feed; none where it is an act.
#[must_use]
pub fn late_feed(event: &str) -> Option<(&str, &str)> {
    event.strip_prefix(LATE)?.rsplit_once('.')
}

/// Tells for as long as the server runs.
pub async fn tell_on(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Err(fault) = tell(&shared).await {
            // What it was goes to the log.
            let _ = shared.fault("telling what happened", &fault);
        }
    }
}

/// Notes what happened, and tells what is due.
///
/// # Errors
/// When the database fails.
pub async fn tell(shared: &Arc<Shared>) -> Result<(), StoreFault> {
    let database = &shared.gate.database;
    let webhooks = database.webhooks().await?;
    let webhooks: Vec<Webhook> = webhooks.into_iter().map(|one| one.webhook).collect();
    for webhook in &webhooks {
        note_acts(shared, webhook).await?;
    }
    if shared.teller.mail.is_some() {
        note_acts_for_people(shared).await?;
    }
    note_late(shared, &webhooks).await?;
    let due = database.due_messages(shared.seconds(), AT_ONCE).await?;
    if due.is_empty() {
        return Ok(());
    }
    let people = database.people().await?;
    let telling = due
        .iter()
        .map(|message| try_once(shared, (&webhooks, &people), message));
    for told in futures::future::join_all(telling).await {
        told?;
    }
    Ok(())
}

/// Notes which acts since the last look a webhook is to be told of.
async fn note_acts(shared: &Shared, webhook: &Webhook) -> Result<(), StoreFault> {
    let database = &shared.gate.database;
    let mut from = webhook.next_act;
    loop {
        let acts = database.acts(page(from, ACTS_MOST)).await?;
        let Some(last) = acts.last() else {
            return Ok(());
        };
        let next = last.seq + 1;
        let new = acts.iter().filter_map(|act| {
            let (kind, _) = of_act(&act.kind)?;
            wants(webhook, kind).then(|| NewMessage {
                receiver: webhook.id.clone(),
                event: act.seq.to_string(),
                kind: kind.word().to_owned(),
                at: act.at.clone(),
            })
        });
        let new: Vec<NewMessage> = new.collect();
        let reader = Reader::Webhook(&webhook.id);
        database
            .note_messages(reader, (next, shared.seconds()), &new)
            .await?;
        from = next;
    }
}

fn page(from: u64, most: u32) -> Page {
    Page { from, most }
}

fn wants(webhook: &Webhook, kind: EventKind) -> bool {
    webhook.kinds.iter().any(|one| one == kind.word())
}

/// Notes which acts since the last look people are to be told of.
async fn note_acts_for_people(shared: &Arc<Shared>) -> Result<(), StoreFault> {
    let database = &shared.gate.database;
    let mut from = database.mail_from().await?;
    loop {
        let acts = database.acts(page(from, ACTS_MOST)).await?;
        let Some(last) = acts.last() else {
            return Ok(());
        };
        let next = last.seq + 1;
        let readers = Readers::of(database).await?;
        let mut new = Vec::new();
        for act in acts {
            let what = (act.seq.to_string(), act.at.clone());
            match of_stored(shared, (act.seq, act.kind, act.who)).await {
                Ok(Some(happened)) => new.extend(readers.told(&happened, &what)),
                Ok(None) => {}
                // What cannot be said now is looked at again with the next second.
                Err(_) => return Ok(()),
            }
        }
        let now = shared.seconds();
        database
            .note_messages(Reader::Mail, (next, now), &new)
            .await?;
        from = next;
    }
}

/// Who may be told by e-mail, and what of it they decline.
struct Readers {
    people: Vec<Person>,
    declined: BTreeMap<String, BTreeSet<String>>,
}

impl Readers {
    async fn of(database: &Database) -> Result<Self, StoreFault> {
        Ok(Self {
            people: database.people().await?,
            declined: database.declined().await?,
        })
    }

    /// What everybody is told of an event who sees it, has an address, and does not decline it.
    fn told(&self, happened: &Happened, (event, at): &(String, String)) -> Vec<NewMessage> {
        let word = happened.kind.word();
        let is_told = |person: &&Person| {
            let declines = self.declined.get(&person.id);
            mail::address_of(person).is_some()
                && !declines.is_some_and(|kinds| kinds.contains(word))
                && happened.seen_by(person).is_some()
        };
        let told = self.people.iter().filter(is_told);
        told.map(|person| NewMessage {
            receiver: person.id.clone(),
            event: event.clone(),
            kind: word.to_owned(),
            at: at.clone(),
        })
        .collect()
    }
}

/// What an event is; none where there is no such act, or it is none that is told.
///
/// # Errors
/// When it cannot be said now.
pub async fn happened(shared: &Arc<Shared>, event: &str) -> Result<Option<Happened>, Refused> {
    if late_feed(event).is_some() {
        return Ok(Some(late_happened()));
    }
    let Ok(seq) = event.parse::<u64>() else {
        return Ok(None);
    };
    let acts = shared.gate.database.acts(page(seq, 1)).await;
    let acts = acts.map_err(|fault| shared.fault("reading an act", &fault))?;
    match acts.into_iter().find(|act| act.seq == seq) {
        Some(act) => of_stored(shared, (act.seq, act.kind, act.who)).await,
        None => Ok(None),
    }
}

/// The same of an act as it is stored.
async fn of_stored(
    shared: &Arc<Shared>,
    (seq, act, by): (u64, String, String),
) -> Result<Option<Happened>, Refused> {
    let Some((kind, operation)) = of_act(&act) else {
        return Ok(None);
    };
    let partners = shared.ask(move |app| app.touched(seq)).await?;
    Ok(Some(Happened {
        kind,
        act: Some(act),
        by: Some(by),
        operation,
        partners: partners.map(|partners| partners.into_iter().collect()),
    }))
}

/// What happened where a feed is late.
fn late_happened() -> Happened {
    Happened {
        kind: EventKind::FeedLate,
        act: None,
        by: None,
        operation: LATE_FOR,
        partners: None,
    }
}

/// Notes which feeds are late: each is told once, until it was on time again.
async fn note_late(shared: &Arc<Shared>, webhooks: &[Webhook]) -> Result<(), StoreFault> {
    let now = shared.seconds();
    let looked_at = shared.teller.late_at.load(Ordering::SeqCst);
    if now.saturating_sub(looked_at) < LATE_EVERY {
        return Ok(());
    }
    // What cannot be said now is looked at again with the next second.
    let Ok(late) = shared.ask(|app| app.late_feeds()).await else {
        return Ok(());
    };
    shared.teller.late_at.store(now, Ordering::SeqCst);
    let late: BTreeMap<String, String> = late.into_iter().collect();
    let database = &shared.gate.database;
    let known = database.late_feeds().await?;
    if known == late {
        return Ok(());
    }
    let readers = match shared.teller.mail {
        Some(_) => Some(Readers::of(database).await?),
        None => None,
    };
    let mut new = Vec::new();
    for (source, due) in late
        .iter()
        .filter(|(source, _)| !known.contains_key(*source))
    {
        let event = format!("{LATE}{source}.{due}");
        let at = (shared.now)().to_string();
        let hooks = webhooks
            .iter()
            .filter(|webhook| wants(webhook, EventKind::FeedLate));
        new.extend(hooks.map(|webhook| NewMessage {
            receiver: webhook.id.clone(),
            event: event.clone(),
            kind: EventKind::FeedLate.word().to_owned(),
            at: at.clone(),
        }));
        if let Some(readers) = &readers {
            new.extend(readers.told(&late_happened(), &(event, at)));
        }
    }
    database.note_late_feeds(&late, &new, now).await
}

async fn try_once(
    shared: &Arc<Shared>,
    (webhooks, people): (&[Webhook], &[Person]),
    message: &Message,
) -> Result<(), StoreFault> {
    let webhook = webhooks.iter().find(|one| one.id == message.receiver);
    let person = people.iter().find(|one| one.id == message.receiver);
    let sent = match (webhook, person, &shared.teller.mail) {
        (Some(webhook), ..) => webhooks::send(shared, webhook, message).await,
        (None, Some(person), Some(mail)) => mail::send(shared, mail, (person, message)).await,
        (None, Some(_), None) => Err(NotTold::Ever("not sent: no mail is set up".to_owned())),
        (None, None, _) => Err(NotTold::Ever("not sent: nobody is there".to_owned())),
    };
    let now = shared.seconds();
    let wait = WAITS.get(message.tries as usize);
    let (state, next_at, said) = match (&sent, wait) {
        (Ok(said), _) => (MessageState::Arrived, now, said),
        (Err(NotTold::Yet(said)), Some(wait)) => (MessageState::Waiting, now + wait, said),
        (Err(NotTold::Yet(said)), None) | (Err(NotTold::Ever(said)), _) => {
            (MessageState::Dead, now, said)
        }
    };
    let tried = Tried {
        state,
        tries: message.tries.saturating_add(1),
        next_at,
        said,
    };
    let place = (message.receiver.as_str(), message.event.as_str());
    // Where it is gone meanwhile there is nothing to note.
    let noted = shared.gate.database.tried_message(place, &tried).await;
    noted.map(drop)
}

/// Tells a message again, as if it had not been tried; false where there is no such message.
///
/// # Errors
/// When the database fails.
pub async fn again(shared: &Shared, receiver: &str, event: &str) -> Result<bool, StoreFault> {
    let again = Tried {
        state: MessageState::Waiting,
        tries: 0,
        next_at: shared.seconds(),
        said: "",
    };
    let database = &shared.gate.database;
    database.tried_message((receiver, event), &again).await
}

/// The innermost cause of something that failed, in few words.
#[must_use]
pub fn innermost(failed: &dyn std::error::Error) -> String {
    let mut cause = failed;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trueup_store::Granted;

    fn person(id: &str, role: &str, partner: Option<&str>) -> Person {
        Person {
            id: id.to_owned(),
            name: format!("{id}@example.org"),
            shown_name: id.to_owned(),
            password: String::new(),
            authenticator: None,
            is_active: true,
            grants: vec![Granted {
                role: role.to_owned(),
                partner: partner.map(str::to_owned),
            }],
        }
    }

    fn opened(partner: &str) -> Happened {
        Happened {
            kind: EventKind::DisputeOpened,
            act: Some("dispute.opened".to_owned()),
            by: Some("u-9".to_owned()),
            operation: Operation::ReadDisputes,
            partners: Some(BTreeSet::from([partner.to_owned()])),
        }
    }

    #[test]
    fn every_act_is_of_one_kind_at_most_and_every_kind_is_told() {
        let acts: BTreeSet<&str> = ACTS.iter().map(|(act, ..)| *act).collect();
        assert_eq!(acts.len(), ACTS.len());
        let mut told: BTreeSet<&str> = ACTS.iter().map(|(_, kind, _)| kind.word()).collect();
        told.insert(EventKind::FeedLate.word());
        let all: BTreeSet<&str> = EventKind::ALL.iter().map(|kind| kind.word()).collect();
        assert_eq!(told, all);
        assert_eq!(of_act("profile.stated"), None);
    }

    #[test]
    fn who_sees_a_partner_is_told_of_it_and_who_did_it_is_not() {
        let seen = |id: &str, role: &str, partner: Option<&str>| {
            opened("P-1").seen_by(&person(id, role, partner))
        };
        assert_eq!(
            seen("u-1", "partner_viewer", Some("P-1")),
            Some(vec!["P-1".to_owned()])
        );
        assert_eq!(seen("u-1", "partner_viewer", Some("P-2")), None);
        assert_eq!(seen("u-1", "partner_viewer", None), None);
        assert_eq!(seen("u-1", "finance", None), Some(Vec::new()));
        assert_eq!(seen("u-1", "finance", Some("P-2")), None);
        assert_eq!(seen("u-1", "administrator", None), None);
        assert_eq!(seen("u-9", "finance", None), None);
        let mut gone = person("u-1", "finance", None);
        gone.is_active = false;
        assert_eq!(opened("P-1").seen_by(&gone), None);
    }

    #[test]
    fn a_late_feed_is_known_by_its_source_and_the_day_it_missed() {
        assert_eq!(
            late_feed("late.shop.north.2026-04-01"),
            Some(("shop.north", "2026-04-01"))
        );
        assert_eq!(late_feed("17"), None);
    }
}
