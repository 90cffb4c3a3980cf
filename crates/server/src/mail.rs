//! E-mail: people are told that something happened which they may see, with an address inside the app where they see it.
//!
//! A mail is plain text from fixed sentences. It holds no name, no amount and no partner's id but in the address of a page that its
//! reader may open. It is handed to a relay that the operator sets; what the relay says is never repeated but for its number.

use std::time::{Duration, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message as Letter, Tokio1Executor};
use reqwest::Url;
use trueup_store::{Message, Person};

use crate::Shared;
use crate::answer::encoded;
use crate::provider::safe_url;
use crate::telling::{Happened, NotTold, happened, innermost};
use crate::wire::EventKind;
use std::sync::Arc;

/// How long a relay may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The port of a relay that does not say one.
const PORT: u16 = 25;

/// How people are told by e-mail, as the operator sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSetting {
    /// The relay, such as `smtp://127.0.0.1:25`.
    pub relay: String,
    /// From whom mails are, such as `Trueup <trueup@example.org>`.
    pub from: String,
    /// Where people reach the server.
    pub address: String,
}

/// What hands over mails.
pub struct Mail {
    relay: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Where people reach the server, without a slash at its end.
    address: String,
}

impl Mail {
    /// By a setting; what is wrong with it, in words.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn new(setting: &MailSetting) -> Result<Self, String> {
        let no_relay = || {
            format!(
                "the relay {} is no address such as smtp://127.0.0.1:25; a relay that asks for TLS or a password needs one on this machine before it",
                setting.relay
            )
        };
        let relay = Url::parse(&setting.relay).map_err(|_| no_relay())?;
        let is_bare = relay.username().is_empty()
            && relay.password().is_none()
            && matches!(relay.path(), "" | "/")
            && relay.query().is_none();
        let host = relay
            .host_str()
            .filter(|_| is_bare && relay.scheme() == "smtp");
        let host = host.ok_or_else(no_relay)?;
        let from: Mailbox = setting
            .from
            .parse()
            .map_err(|_| format!("{} is no address that mails can be from", setting.from))?;
        if safe_url(&setting.address).is_none() {
            return Err(format!(
                "the address {} is none that begins with https:// (or with http:// on this machine)",
                setting.address
            ));
        }
        let relay = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(relay.port().unwrap_or(PORT))
            .timeout(Some(PATIENCE))
            .build();
        Ok(Self {
            relay,
            from,
            address: setting.address.trim_end_matches('/').to_owned(),
        })
    }
}

/// Where somebody is told: the name that the person signs on with, where it is an address.
#[must_use]
pub fn address_of(person: &Person) -> Option<Address> {
    person.name.parse().ok()
}

/// Hands a mail to the relay; what came of it in words.
///
/// # Errors
/// Why it did not arrive.
pub async fn send(
    shared: &Arc<Shared>,
    mail: &Mail,
    (person, message): (&Person, &Message),
) -> Result<String, NotTold> {
    let never = |why: &str| NotTold::Ever(format!("not sent: {why}"));
    let known = happened(shared, &message.event).await;
    let known = known.map_err(|refused| NotTold::Yet(format!("not sent: {}", refused.says)))?;
    let known = known.ok_or_else(|| never("there is no such event"))?;
    // Rights may have changed since it was noted.
    let seen = known.seen_by(person);
    let seen = seen.ok_or_else(|| never("the person may not see it any longer"))?;
    let to = address_of(person).ok_or_else(|| never("the person has no address"))?;
    let at = (shared.now)().into();
    let letter = letter(mail, (to, message), (&shared.title(), &known, &seen), at);
    let letter = letter.map_err(|_| never("it is no mail"))?;
    match mail.relay.send(letter).await {
        Ok(said) => Ok(format!("taken by the relay ({})", said.code())),
        Err(failed) => {
            let said = match failed.status() {
                Some(code) => format!("refused by the relay ({code})"),
                None if failed.is_timeout() => "the relay took too long".to_owned(),
                None => format!("the relay is not reached: {}", innermost(&failed)),
            };
            Err(match failed.is_permanent() {
                true => NotTold::Ever(said),
                false => NotTold::Yet(said),
            })
        }
    }
}

fn letter(
    mail: &Mail,
    (to, message): (Address, &Message),
    (program, happened, seen): (&str, &Happened, &[String]),
    at: SystemTime,
) -> Result<Letter, lettre::error::Error> {
    let (subject, says) = words(happened);
    // A program's title is one line of an author's; a mail's subject is one line whatever it is.
    let program: String = program.chars().filter(|sign| !sign.is_control()).collect();
    let address = &mail.address;
    let page = page(happened, seen);
    let text = format!(
        "{says}\r\n\r\nSee it here:\r\n{address}{page}\r\n\r\n-- \r\n{program}\r\n\
         You are told because your account may see this. What you are told by e-mail is chosen here:\r\n{address}/account\r\n"
    );
    let id = format!(
        "<{}.{}@{}>",
        message.event,
        message.receiver,
        mail.from.email.domain()
    );
    // Out-of-office answers to it help nobody (RFC 3834).
    let automatic = HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    );
    Letter::builder()
        .from(mail.from.clone())
        .to(Mailbox::new(None, to))
        .subject(format!("{program}: {subject}"))
        .date(at)
        .message_id(Some(id))
        .raw_header(automatic)
        .header(ContentType::TEXT_PLAIN)
        .body(text)
}

/// A mail's subject, and its one sentence.
fn words(happened: &Happened) -> (&'static str, &'static str) {
    match happened.kind {
        EventKind::StatementReady => (
            "a statement is ready",
            "A period was closed, and its statements are final.",
        ),
        EventKind::ApprovalNeeded => (
            "something waits for approval",
            "Somebody prepared what another person has to approve.",
        ),
        EventKind::DisputeOpened => (
            "a dispute was opened",
            "A line of a statement is disputed. Its money may be held back until the dispute is answered.",
        ),
        EventKind::DisputeAnswered => {
            ("a dispute is over", "A dispute was answered or taken back.")
        }
        EventKind::PayoutOrdered => ("a payout was ordered", "A payout was ordered."),
        EventKind::PaymentReported => (
            "payments were reported",
            "It was reported what became of payments.",
        ),
        EventKind::FeedLate => (
            "a feed is late",
            "A source should have delivered by now and did not. Figures that need it may be provisional.",
        ),
        EventKind::AnnouncementMade => (
            "there is an announcement",
            "An announcement was made. Please read it and say that you have.",
        ),
    }
}

/// The page where somebody sees it.
fn page(happened: &Happened, seen: &[String]) -> String {
    let own = match seen {
        [own] => Some(format!("/partners/{}", encoded(own))),
        [] | [..] => None,
    };
    let or_all = |own: Option<String>| own.unwrap_or_else(|| "/partners".to_owned());
    match happened.kind {
        EventKind::StatementReady => or_all(own.map(|own| own + "/statements")),
        EventKind::AnnouncementMade => or_all(own),
        EventKind::DisputeOpened | EventKind::DisputeAnswered => "/disputes".to_owned(),
        EventKind::PayoutOrdered | EventKind::PaymentReported => "/payouts".to_owned(),
        EventKind::FeedLate => "/feeds".to_owned(),
        EventKind::ApprovalNeeded => match happened.act.as_deref() {
            Some("period.calculated") => "/close".to_owned(),
            Some("payout.prepared") => "/payouts".to_owned(),
            Some("exception.proposed") => "/exceptions".to_owned(),
            Some(_) | None => "/overview".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(relay: &str, from: &str, address: &str) -> Option<String> {
        Mail::new(&MailSetting {
            relay: relay.to_owned(),
            from: from.to_owned(),
            address: address.to_owned(),
        })
        .err()
    }

    #[test]
    fn a_setting_that_cannot_be_used_is_refused_in_words() {
        let (from, here) = ("Trueup <trueup@example.org>", "https://trueup.example.org/");
        assert_eq!(wrong("smtp://127.0.0.1:2525", from, here), None);
        assert_eq!(wrong("smtp://relay", "trueup@example.org", here), None);
        for relay in [
            "smtps://relay.example.org",
            "smtp://ada:secret@relay",
            "relay:25",
            "smtp://relay/path",
            "",
        ] {
            let said = wrong(relay, from, here).unwrap_or_default();
            assert!(said.starts_with("the relay"), "{relay}: {said}");
        }
        assert!(wrong("smtp://relay", "nobody", here).is_some());
        assert!(wrong("smtp://relay", from, "http://trueup.example.org").is_some());
    }

    #[test]
    fn only_who_signs_on_with_an_address_can_be_told() {
        let address = |name: &str| {
            let person = Person {
                id: "u-1".to_owned(),
                name: name.to_owned(),
                shown_name: name.to_owned(),
                password: String::new(),
                authenticator: None,
                is_active: true,
                grants: Vec::new(),
            };
            address_of(&person).map(|address| address.to_string())
        };
        assert_eq!(
            address("ada@example.org").as_deref(),
            Some("ada@example.org")
        );
        for name in [
            "ada",
            "ada@example.org\r\nbcc: eve@example.org",
            "ada@example.org, eve@example.org",
            "<ada@example.org> notify=x",
            "ada@@example.org",
        ] {
            assert_eq!(address(name), None, "{name}");
        }
    }
}
