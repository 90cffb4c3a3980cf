//! What is answered to pushed facts.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// A source that may be pushed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PushedSource {
    /// Its name.
    pub source: String,
    /// What it is, in words.
    pub is: String,
    /// The kind of its facts.
    pub kind: String,
    /// The columns that are read of an event.
    pub reads: Vec<String>,
}

/// The sources that may be pushed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PushedSources {
    /// The sources.
    pub sources: Vec<PushedSource>,
}

/// What is wrong with one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventProblem {
    /// The event's column, or columns joined with a comma; empty where the event as a whole is meant.
    pub column: String,
    /// The cell as it came.
    pub value: String,
    /// A stable code.
    pub code: String,
    /// What is wrong.
    pub says: String,
    /// What to do.
    pub help: String,
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventOutcome {
    /// `accepted`, `corrected`, `cancelled`, `duplicate`, `outdated`, `received`, `wrong` or `conflict`.
    pub outcome: String,
    /// What is wrong with it, one by one; empty where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub problems: Vec<EventProblem>,
    /// What to do about a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
}

/// What became of the events of one request, each in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pushed {
    /// How many events came to each outcome.
    pub counts: BTreeMap<String, u64>,
    /// The outcomes, in the order of the events.
    pub outcomes: Vec<EventOutcome>,
}
