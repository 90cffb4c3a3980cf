//! Causes as they are told: a group, what changed, and in which words.

use trueup_base::date::Date;
use trueup_engine::why::{Cause, FactBecame, FactChange};
use trueup_engine::world::Complete;
use trueup_plan::between::{Became, Thing};

/// What a cause belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Another version of Trueup.
    Engine,
    /// Facts and feeds.
    Facts,
    /// Rates between currencies.
    Currency,
    /// The partner directory.
    Directory,
    /// Who takes part, and when.
    Agreements,
    /// Terms of agreements.
    Terms,
    /// The plan.
    Plan,
    /// What only one of the runs covers.
    Coverage,
}

impl Group {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Facts => "facts",
            Self::Currency => "currency",
            Self::Directory => "directory",
            Self::Agreements => "agreements",
            Self::Terms => "terms",
            Self::Plan => "plan",
            Self::Coverage => "coverage",
        }
    }
}

/// A cause, in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// What it belongs to.
    pub group: Group,
    /// What it is.
    pub what: String,
    /// What about it changed, line by line.
    pub details: Vec<String>,
}

impl Told {
    fn new(group: Group, what: impl Into<String>) -> Self {
        Self {
            group,
            what: what.into(),
            details: Vec::new(),
        }
    }

    /// A cause of the engine's.
    pub fn of(cause: &Cause) -> Self {
        match cause {
            Cause::Facts { kind, became } => Self::new(
                Group::Facts,
                match became {
                    FactBecame::Late => format!("late {kind}"),
                    FactBecame::Corrected => format!("corrected {kind}"),
                    FactBecame::Cancelled => format!("cancelled {kind}"),
                },
            ),
            Cause::Feed {
                kind,
                before,
                after,
            } => Self {
                details: vec![format!("{} → {}", spans(before), spans(after))],
                ..Self::new(
                    Group::Facts,
                    format!("how far the feed of {kind} is complete"),
                )
            },
            Cause::Rates { from, into } => Self::new(
                Group::Currency,
                format!("rates from {} into {}", from.code(), into.code()),
            ),
            Cause::Directory { column } => Self::new(
                Group::Directory,
                format!("column {column} of the directory"),
            ),
            Cause::Hierarchy => Self::new(Group::Directory, "who stands above whom"),
            Cause::Members => Self::new(Group::Agreements, "who takes part"),
            Cause::Days => Self::new(Group::Agreements, "when agreements begin and end"),
            Cause::Term { name } => Self::new(Group::Terms, name.to_string()),
            Cause::Agreement => Self::new(Group::Agreements, "what else agreements say"),
            Cause::Plan { things } => Self::of_things(things),
        }
    }

    fn of_things(things: &[Thing]) -> Self {
        let names: Vec<String> = things
            .iter()
            .map(|thing| match &thing.became {
                Became::Added => format!("{} (new)", thing.name),
                Became::Changed(_) => thing.name.clone(),
                Became::TakenOut => format!("{} (taken out)", thing.name),
            })
            .collect();
        let mut details = Vec::new();
        for thing in things {
            let Became::Changed(says) = &thing.became else {
                continue;
            };
            for says in says {
                let nothing = |text: &str| match text {
                    "" => "nothing".to_owned(),
                    text => text.to_owned(),
                };
                let (before, after) = (nothing(&says.before), nothing(&says.after));
                let of = match things.len() {
                    1 => String::new(),
                    _ => format!("{}, ", thing.name),
                };
                details.push(format!("{of}{}: {before} → {after}", says.key));
            }
        }
        Self {
            details,
            ..Self::new(Group::Plan, names.join(" with "))
        }
    }

    /// A whole plan that only one of the runs has.
    pub fn plan_of_one(name: &str, is_new: bool) -> Self {
        let how = if is_new { "new" } else { "gone" };
        Self::new(Group::Plan, format!("plan {name} ({how})"))
    }

    /// What partners are paid whose agreement goes through several versions; its causes are not taken apart.
    pub fn versions(name: &str) -> Self {
        let mut told = Self::new(Group::Agreements, format!("versions of plan {name}"));
        told.details.push(
            "the agreement goes over from one version to another in one of the runs; what facts, plans and terms did \
             to its lines is told together"
                .to_owned(),
        );
        told
    }

    /// What only one of the runs covers.
    pub fn covered_by(run: &str) -> Self {
        Self::new(Group::Coverage, format!("only run {run} covers it"))
    }

    /// Figures that this Trueup works out differently than the one that made a run.
    pub fn engine(run: &str, version: &str) -> Self {
        Self::new(
            Group::Engine,
            format!(
                "run {run} was made by Trueup {version}, this is {}",
                env!("CARGO_PKG_VERSION")
            ),
        )
    }
}

fn spans(complete: &Option<Vec<Complete>>) -> String {
    match complete.as_deref() {
        None => "always".to_owned(),
        Some([]) => "never".to_owned(),
        Some(spans) => {
            let spans: Vec<String> = spans
                .iter()
                .map(|span| format!("{} until {}", span.from, span.until))
                .collect();
            spans.join(", ")
        }
    }
}

/// A fact, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactTold {
    /// Its id.
    pub id: String,
    /// The day that places it.
    pub on: Option<Date>,
    /// What its columns say: the column, before, after.
    pub says: Vec<(String, String, String)>,
}

impl FactTold {
    /// A fact of the engine's.
    pub fn of(fact: &FactChange) -> Self {
        Self {
            id: fact.id.to_string(),
            on: fact.on,
            says: fact.says.clone(),
        }
    }
}
