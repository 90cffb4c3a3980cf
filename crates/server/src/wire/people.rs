//! People of the program and of its partners, as an administrator sees them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::session::Grant;

/// Somebody who may sign on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Person {
    /// The id by which acts name the person.
    pub id: String,
    /// The name to sign on with.
    pub name: String,
    /// How the person is called.
    pub shown_name: String,
    /// What the person may do, and for whom.
    pub grants: Vec<Grant>,
    /// Whether the person may sign on.
    pub is_active: bool,
    /// Whether signing on needs a code of an authenticator.
    pub has_authenticator: bool,
}

/// Everybody, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeopleList {
    /// The people.
    pub people: Vec<Person>,
}

/// Somebody to add.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The name to sign on with, such as an e-mail address.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// How the person is called.
    #[schema(min_length = 1, max_length = 200)]
    pub shown_name: String,
    /// A first password, of at least 12 characters.
    #[schema(min_length = 12, max_length = 1000)]
    pub password: String,
    /// What the person may do, and for whom.
    pub grants: Vec<Grant>,
}

/// What somebody may do from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessAsked {
    /// Whether the person may sign on.
    pub is_active: bool,
    /// What the person may do, and for whom.
    pub grants: Vec<Grant>,
}
