//! Who has signed on, and what they may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::Permitted;

/// What somebody signs on with.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOn {
    /// The name of the account, such as an e-mail address; capital and small letters are the same.
    #[schema(max_length = 200)]
    pub name: String,
    /// The password.
    #[schema(max_length = 1000)]
    pub password: String,
    /// The six digits that the authenticator shows now, where the account has one.
    #[schema(pattern = "^[0-9]{6}$")]
    pub code: Option<String>,
}

/// The ways to sign on besides a name and a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SignOnWays {
    /// The provider of identities; none where none is set up.
    pub provider: Option<SignOnProvider>,
}

/// A provider of identities. A browser begins at `/v1/sign-on/provider`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SignOnProvider {
    /// How people call it.
    pub called: String,
}

/// What the first administrator's account is made from.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstAdministrator {
    /// The one-time code that the server printed when it was started.
    #[schema(max_length = 200)]
    pub setup_code: String,
    /// The name to sign on with, such as an e-mail address.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// How the person is called on pages.
    #[schema(min_length = 1, max_length = 200)]
    pub shown_name: String,
    /// The password, of at least 12 characters.
    #[schema(min_length = 12, max_length = 1000)]
    pub password: String,
}

/// A role: which operations somebody may do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads one partner's own pages.
    PartnerViewer,
    /// Reads one partner's own pages, and acts in the partner's name.
    PartnerManager,
    /// Reads the partners it looks after, and disputes with them.
    AccountManager,
    /// Writes and checks plans.
    ProgramDesigner,
    /// Calculates and closes periods, prepares payouts, answers disputes.
    Finance,
    /// Approves what others prepared.
    Approver,
    /// Reads everything, changes nothing.
    Auditor,
    /// Reads the program's overview and its partners.
    Executive,
    /// Manages people and their access; reads no money.
    Administrator,
}

/// A role that somebody has, and for which partners.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The one partner it is for; none where it is for every partner of the program.
    pub partner: Option<String>,
}

/// A screen of the web app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Screen {
    /// A partner's own pages.
    PartnerHome,
    /// The program's overview.
    Overview,
    /// The list of partners.
    Partners,
    /// The plan editor.
    PlanEditor,
    /// The steps of closing a period.
    Close,
    /// Payouts.
    Payouts,
    /// The disputes.
    Disputes,
    /// Exceptions.
    Exceptions,
    /// Sources of facts, and rows that are set aside.
    Feeds,
    /// A partner's facts.
    Facts,
    /// Announcements.
    Announcements,
    /// The journal.
    Journal,
    /// People and their access.
    People,
    /// What a partner would be paid if more happened.
    WhatIf,
    /// Who outside is told what happens.
    Webhooks,
}

/// A screen, and whether the one who asks may open it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScreenPermitted {
    /// The screen.
    pub screen: Screen,
    /// Whether it may be opened.
    #[serde(flatten)]
    pub permitted: Permitted,
}

/// Somebody who has signed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Session {
    /// The person's id, as acts name it: it says nothing about the person.
    pub person: String,
    /// The name the person signs on with.
    pub name: String,
    /// How the person is called.
    pub shown_name: String,
    /// What the person may do, and for whom.
    pub grants: Vec<Grant>,
    /// The partner whose pages open first; none for people of the program.
    pub partner: Option<String>,
    /// Every screen of the web app, and whether the person may open it.
    pub screens: Vec<ScreenPermitted>,
    /// The program's name.
    pub program: String,
    /// The program's title as pages show it.
    pub program_title: String,
    /// When the session ends by itself, as an instant in UTC.
    #[schema(example = "2026-11-28T01:15:00Z")]
    pub ends_at: String,
}

/// A secret for an authenticator.
#[derive(Clone, Serialize, ToSchema)]
pub struct Authenticator {
    /// The secret in base 32, to be typed.
    pub secret: String,
    /// The same as an `otpauth` address, to be drawn as a square code.
    pub address: String,
}

/// A secret, and a code of it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthenticatorTried {
    /// The secret in base 32.
    #[schema(max_length = 200)]
    pub secret: String,
    /// The six digits that the authenticator shows now.
    #[schema(pattern = "^[0-9]{6}$")]
    pub code: String,
}

/// A token, without what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// What it is for, in words.
    pub is_for: String,
    /// The words of what it may do.
    pub scopes: Vec<String>,
    /// When it was made, as an instant in UTC.
    pub made_at: String,
    /// When it ends, as an instant in UTC.
    pub ends_at: String,
}

/// Tokens, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokenList {
    /// The tokens.
    pub tokens: Vec<Token>,
}

/// What a token is to be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTokenAsked {
    /// What it is for, in words.
    #[schema(min_length = 1, max_length = 200)]
    pub is_for: String,
    /// The words of what it may do, such as `facts:push`.
    pub scopes: Vec<String>,
    /// In how many days it ends.
    #[schema(minimum = 1, maximum = 366)]
    pub days: u16,
}

/// A token that was made.
#[derive(Clone, Serialize, ToSchema)]
pub struct MadeToken {
    /// Its id.
    pub id: String,
    /// What programs send as `Authorization: Bearer …`. It is shown this once and kept nowhere.
    pub token: String,
    /// When it ends, as an instant in UTC.
    pub ends_at: String,
}
