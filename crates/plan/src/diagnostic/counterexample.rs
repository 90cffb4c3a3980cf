//! What shows that a finding is true, for people and for machines.

use serde_json::{Map, Value, json};

/// Situations that were put to the evaluator, and what it answered; anybody may put them to it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counterexample {
    /// What all situations share: whose agreement, which period, which terms; each with what it is.
    pub held: Vec<(String, String)>,
    /// One situation, or several that differ in little.
    pub situations: Vec<Situation>,
}

/// What was given, and what came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// Measures and other inputs by name, in exact figures.
    pub given: Vec<(String, String)>,
    /// The rows that make them up, where rows were given.
    pub rows: Vec<GivenRow>,
    /// What the evaluator answered, by name, in exact figures.
    pub answers: Vec<(String, String)>,
}

/// A row of facts, as a worked example would state it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenRow {
    /// Its kind.
    pub kind: String,
    /// Its cells by column.
    pub cells: Vec<(String, String)>,
}

impl Counterexample {
    /// As data: `held`, and `situations` with `given`, `facts` (rows by kind) and `answers`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "held": object(&self.held),
            "situations": self.situations.iter().map(Situation::to_json).collect::<Vec<_>>(),
        })
    }
}

impl Situation {
    fn to_json(&self) -> Value {
        let mut facts = Map::new();
        for row in &self.rows {
            let rows = facts
                .entry(row.kind.clone())
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(rows) = rows {
                rows.push(object(&row.cells));
            }
        }
        json!({
            "given": object(&self.given),
            "facts": facts,
            "answers": object(&self.answers),
        })
    }
}

fn object(entries: &[(String, String)]) -> Value {
    entries
        .iter()
        .map(|(name, says)| (name.clone(), Value::String(says.clone())))
        .collect::<Map<_, _>>()
        .into()
}
