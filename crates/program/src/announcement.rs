//! Announcements: what the vendor says to partners in plain words, and who of them has said that they read it.
//!
//! Whom an announcement is to is settled when it is made, so nobody can say later that it was to others. One to everybody is to
//! partners that join later too. The text becomes part of the journal, where nothing is removed: it names no person.

use serde::{Deserialize, Serialize};
use trueup_base::id::PartnerId;
use trueup_journal::{Act, Organisation};

/// Making an announcement.
pub const MADE: &str = "announcement.made";
/// Taking one back.
pub const WITHDRAWN: &str = "announcement.withdrawn";
/// Saying that one has read it.
pub const ACKNOWLEDGED: &str = "announcement.acknowledged";

/// The kinds of act that this module reads.
pub const KINDS: [&str; 3] = [MADE, WITHDRAWN, ACKNOWLEDGED];

/// What [`MADE`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// What it is about, in one line.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Whom it is to, in words: `everybody`, `tier gold`.
    pub to: String,
    /// The partners that it is to; none where it is to everybody, also to those who join later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partners: Option<Vec<String>>,
}

/// What [`WITHDRAWN`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// The place of the act that made it.
    pub announcement: u64,
    /// Why.
    pub because: String,
}

/// What [`ACKNOWLEDGED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// The place of the act that made it.
    pub announcement: u64,
    /// The partner whose person has read it.
    #[serde(with = "crate::id_text")]
    pub partner: PartnerId,
}

/// That somebody of a partner has read an announcement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The partner.
    pub partner: PartnerId,
    /// Who, by the id of a person.
    pub by: String,
    /// When.
    pub on: String,
}

/// An announcement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The place of the act that made it: its number.
    pub at: u64,
    /// Who made it.
    pub by: String,
    /// When.
    pub on: String,
    /// What it says.
    pub says: Made,
    /// Why it was taken back; none where it stands.
    pub withdrawn: Option<String>,
    /// Who has read it, the earliest first.
    pub read_by: Vec<Reader>,
}

impl Announcement {
    /// Whether it is to a partner.
    #[must_use]
    pub fn is_to(&self, partner: &str) -> bool {
        let partners = self.says.partners.as_ref();
        partners.is_none_or(|partners| partners.iter().any(|one| one == partner))
    }

    /// That a person has read it for a partner.
    #[must_use]
    pub fn read_for(&self, partner: &str, by: &str) -> Option<&Reader> {
        let mut all = self.read_by.iter();
        all.find(|reader| reader.partner.as_str() == partner && reader.by == by)
    }
}

/// Announcements, as of a place in the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announcements {
    all: Vec<Announcement>,
}

/// Why a step cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum AnnouncementRefusal {
    /// What the act says cannot be read.
    #[error("what it says of an announcement cannot be read")]
    Says(#[source] serde_json::Error),
    /// A partner's act.
    #[error("the vendor makes announcements, and this is in the name of {0}")]
    VendorOnly(Organisation),
    /// Nothing is said.
    #[error("say what it is about and what it says")]
    Nothing,
    /// To nobody.
    #[error("it is to nobody: no partner is what was asked for")]
    Nobody,
    /// No such announcement, or it was taken back.
    #[error("no announcement {0} stands")]
    NoneStands(u64),
    /// To others.
    #[error("announcement {at} is not to {partner}")]
    NotTo {
        /// Its number.
        at: u64,
        /// Who.
        partner: PartnerId,
    },
    /// In another's name.
    #[error("{partner} says itself that it has read it, and this is in the name of {behalf}")]
    NotYours {
        /// Who.
        partner: PartnerId,
        /// In whose name.
        behalf: Organisation,
    },
    /// Twice.
    #[error("{0} has said so already")]
    Twice(String),
}

impl Announcements {
    /// Every announcement, in the order in which they were made.
    #[must_use]
    pub fn all(&self) -> &[Announcement] {
        &self.all
    }

    /// The announcement of a number.
    #[must_use]
    pub fn of(&self, at: u64) -> Option<&Announcement> {
        self.all.iter().find(|one| one.at == at)
    }

    /// Whether an act may be done, and what it makes of the announcements; acts of other kinds change nothing.
    ///
    /// # Errors
    /// When it may not; nothing has changed then.
    pub fn judge(&mut self, at: u64, act: &Act) -> Result<(), AnnouncementRefusal> {
        let is_vendors = || match act.behalf() {
            Organisation::Vendor => Ok(()),
            other => Err(AnnouncementRefusal::VendorOnly(other.clone())),
        };
        match act.kind().as_str() {
            MADE => {
                is_vendors()?;
                self.make(at, act)
            }
            WITHDRAWN => {
                is_vendors()?;
                self.withdraw(act)
            }
            ACKNOWLEDGED => self.acknowledge(act),
            _ => Ok(()),
        }
    }

    fn make(&mut self, at: u64, act: &Act) -> Result<(), AnnouncementRefusal> {
        let says: Made = serde_json::from_str(act.says()).map_err(AnnouncementRefusal::Says)?;
        if says.title.trim().is_empty() || says.text.trim().is_empty() {
            return Err(AnnouncementRefusal::Nothing);
        }
        if says.partners.as_ref().is_some_and(Vec::is_empty) {
            return Err(AnnouncementRefusal::Nobody);
        }
        self.all.push(Announcement {
            at,
            by: act.by().to_owned(),
            on: act.at().to_string(),
            says,
            withdrawn: None,
            read_by: Vec::new(),
        });
        Ok(())
    }

    fn withdraw(&mut self, act: &Act) -> Result<(), AnnouncementRefusal> {
        let says: Withdrawn =
            serde_json::from_str(act.says()).map_err(AnnouncementRefusal::Says)?;
        if says.because.trim().is_empty() {
            return Err(AnnouncementRefusal::Nothing);
        }
        self.standing(says.announcement)?.withdrawn = Some(says.because);
        Ok(())
    }

    fn acknowledge(&mut self, act: &Act) -> Result<(), AnnouncementRefusal> {
        let says: Acknowledged =
            serde_json::from_str(act.says()).map_err(AnnouncementRefusal::Says)?;
        let Acknowledged {
            announcement,
            partner,
        } = says;
        if *act.behalf() != Organisation::Partner(partner.clone()) {
            let behalf = act.behalf().clone();
            return Err(AnnouncementRefusal::NotYours { partner, behalf });
        }
        let found = self.standing(announcement)?;
        if !found.is_to(partner.as_str()) {
            let at = found.at;
            return Err(AnnouncementRefusal::NotTo { at, partner });
        }
        if found.read_for(partner.as_str(), act.by()).is_some() {
            return Err(AnnouncementRefusal::Twice(act.by().to_owned()));
        }
        found.read_by.push(Reader {
            partner,
            by: act.by().to_owned(),
            on: act.at().to_string(),
        });
        Ok(())
    }

    fn standing(&mut self, at: u64) -> Result<&mut Announcement, AnnouncementRefusal> {
        let mut all = self.all.iter_mut();
        let found = all.find(|one| one.at == at && one.withdrawn.is_none());
        found.ok_or(AnnouncementRefusal::NoneStands(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trueup_journal::SecretKey;
    use trueup_journal::testing::Dice;

    fn act<T: Serialize>(behalf: &Organisation, by: &str, kind: &str, says: &T) -> Act {
        let key = SecretKey::new(&mut Dice::new(1), "alliance", behalf).expect("a key");
        crate::testing::act(&key, (by, behalf), (kind, 1), says)
    }

    fn id(text: &str) -> PartnerId {
        PartnerId::new(text).expect("a partner")
    }

    fn made(partners: Option<&[&str]>) -> Made {
        Made {
            title: "New targets".to_owned(),
            text: "Targets of 2027 are in the agreements.".to_owned(),
            to: "some".to_owned(),
            partners: partners.map(|all| all.iter().map(|one| (*one).to_owned()).collect()),
        }
    }

    fn read(partner: &str) -> Acknowledged {
        Acknowledged {
            announcement: 7,
            partner: id(partner),
        }
    }

    #[test]
    fn whom_it_is_to_says_once_that_it_was_read_while_it_stands() {
        let of = |partner: &str| Organisation::Partner(id(partner));
        let vendor = Organisation::Vendor;
        let mut all = Announcements::default();
        let mut judge = |by: &str, behalf: &Organisation, kind: &str, says: &Acknowledged| {
            all.judge(8, &act(behalf, by, kind, says))
        };
        let refused = judge("u-1", &of("P-1"), ACKNOWLEDGED, &read("P-1"));
        assert!(matches!(refused, Err(AnnouncementRefusal::NoneStands(7))));
        let refused = all.judge(7, &act(&of("P-1"), "u-1", MADE, &made(None)));
        assert!(matches!(refused, Err(AnnouncementRefusal::VendorOnly(_))));
        let refused = all.judge(7, &act(&vendor, "u-4", MADE, &made(Some(&[]))));
        assert!(matches!(refused, Err(AnnouncementRefusal::Nobody)));
        all.judge(7, &act(&vendor, "u-4", MADE, &made(Some(&["P-1"]))))
            .expect("made");
        let mut judge = |by: &str, behalf: &Organisation, says: &Acknowledged| {
            all.judge(8, &act(behalf, by, ACKNOWLEDGED, says))
        };
        let refused = judge("u-2", &of("P-2"), &read("P-2"));
        assert!(matches!(refused, Err(AnnouncementRefusal::NotTo { .. })));
        let refused = judge("u-4", &vendor, &read("P-1"));
        assert!(matches!(refused, Err(AnnouncementRefusal::NotYours { .. })));
        judge("u-1", &of("P-1"), &read("P-1")).expect("read");
        let refused = judge("u-1", &of("P-1"), &read("P-1"));
        assert!(matches!(refused, Err(AnnouncementRefusal::Twice(_))));
        // A colleague reads it too.
        judge("u-3", &of("P-1"), &read("P-1")).expect("read");
        let withdrawn = Withdrawn {
            announcement: 7,
            because: "a figure was wrong".to_owned(),
        };
        all.judge(9, &act(&vendor, "u-5", WITHDRAWN, &withdrawn))
            .expect("withdrawn");
        let refused = all.judge(10, &act(&vendor, "u-5", WITHDRAWN, &withdrawn));
        assert!(matches!(refused, Err(AnnouncementRefusal::NoneStands(7))));
        let found = all.of(7).expect("it is there");
        let readers: Vec<&str> = found.read_by.iter().map(|one| one.by.as_str()).collect();
        assert_eq!(readers, ["u-1", "u-3"]);
    }

    #[test]
    fn one_to_everybody_is_to_whoever_joins_later() {
        let mut all = Announcements::default();
        all.judge(7, &act(&Organisation::Vendor, "u-4", MADE, &made(None)))
            .expect("made");
        assert!(all.of(7).expect("it is there").is_to("P-99"));
    }
}
