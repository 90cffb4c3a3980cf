//! Announcements: what partners are told in plain words, and who of them has read it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::Permitted;

/// Whom an announcement is to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(tag = "whom", rename_all = "snake_case", deny_unknown_fields)]
pub enum Audience {
    /// Everybody, also partners that join later.
    Everybody {},
    /// Some partners.
    Partners {
        /// Their ids.
        #[schema(min_items = 1)]
        partners: Vec<String>,
    },
    /// Partners of which the directory says something, such as their tier.
    Attribute {
        /// The column.
        #[schema(min_length = 1, max_length = 200)]
        column: String,
        /// What it says.
        #[schema(min_length = 1, max_length = 200)]
        value: String,
    },
    /// Partners under a plan.
    Plan {
        /// The plan's name.
        #[schema(min_length = 1, max_length = 200)]
        plan: String,
    },
}

/// An announcement to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnnouncement {
    /// What it is about, in one line. It becomes part of the journal, where nothing is ever removed: no personal data.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// What it says.
    #[schema(min_length = 1, max_length = 4000)]
    pub text: String,
    /// Whom it is to.
    pub to: Audience,
}

/// Why an announcement is taken back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnouncementWithdrawal {
    /// Why.
    #[schema(min_length = 1, max_length = 2000)]
    pub because: String,
}

/// That somebody of a partner has read an announcement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnnouncementReader {
    /// The person, as acts name people.
    pub person: String,
    /// How the person is called; none where the person is not here any longer.
    pub called: Option<String>,
    /// When.
    pub read_at: String,
}

/// A partner that an announcement is to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnnouncementPartner {
    /// The partner.
    pub partner: String,
    /// What the directory calls it.
    pub name: String,
    /// Who of it has read it, the earliest first.
    pub readers: Vec<AnnouncementReader>,
}

/// An announcement, as those see it who make it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Announcement {
    /// Its number: the place of the act that made it.
    pub id: u64,
    /// What it is about.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Whom it is to, in words.
    pub to: String,
    /// When it was made.
    pub made_at: String,
    /// Who made it, as acts name people.
    pub made_by: String,
    /// Why it was taken back; none where it stands.
    pub withdrawn: Option<String>,
    /// How many partners have read it.
    pub read: u64,
    /// The partners that it is to.
    pub partners: Vec<AnnouncementPartner>,
    /// Whether the one who asks may take it back now.
    pub may_withdraw: Permitted,
}

/// Announcements, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AnnouncementList {
    /// The announcements.
    pub announcements: Vec<Announcement>,
    /// Whether the one who asks may make one.
    pub may_announce: Permitted,
}

/// An announcement, as a partner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerAnnouncement {
    /// Its number.
    pub id: u64,
    /// What it is about.
    pub title: String,
    /// What it says.
    pub text: String,
    /// When it was made.
    pub made_at: String,
    /// When the one who asks said that it was read; none where that was not said.
    pub read_at: Option<String>,
    /// Whether the one who asks may say now that it was read.
    pub may_acknowledge: Permitted,
}

/// Announcements to a partner that stand, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerAnnouncementList {
    /// The announcements.
    pub announcements: Vec<PartnerAnnouncement>,
}
