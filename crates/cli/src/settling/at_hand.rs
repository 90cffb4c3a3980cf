//! What groups of partners were settled to before, kept at hand under the digest of what their settlements are worked out from.
//!
//! What is kept says which part of kept lines it was and what a run's table needs of it. It may be deleted at any time, is held
//! to its own digest when it is read, and whatever is not as it should be counts as not there. A name covers the sources that
//! the binary was made of (`build.rs`), so no build meets what another worked out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use trueup_base::date::parse_date;
use trueup_base::exact::Exact;
use trueup_facts::cached;
use trueup_facts::digest::Digest;
use trueup_facts::kept::LinesPart;

use crate::summary::{Summary, Sums};

const ENDING: &str = "settled";
/// So many times as much as the last run used may lie there, and a few more, before the rest is removed.
const UNUSED_MAX: usize = 8;
const FEW: usize = 64;

/// What was settled before, in a folder of its own.
#[derive(Debug)]
pub struct AtHand {
    folder: PathBuf,
}

/// What a group of partners came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameTo {
    /// Their lines; none where they have none.
    pub part: Option<LinesPart>,
    /// What the lines come to.
    pub summary: Summary,
}

impl AtHand {
    /// What is kept in the state folder of a program.
    pub fn of(state: &Path) -> Self {
        Self {
            folder: state.join("cache").join("settled"),
        }
    }

    /// What a group came to; none where that is not known.
    pub fn find(&self, name: Digest) -> Option<CameTo> {
        let text = fs::read_to_string(self.folder.join(format!("{name}.{ENDING}"))).ok()?;
        let (digest, text) = text.split_once('\n')?;
        if Digest::parse(digest)? != Digest::of(text.as_bytes()) {
            return None;
        }
        let told: Told = serde_json::from_str(text).ok()?;
        told.read()
    }

    /// Keeps what a group came to. Where the disk refuses it is worked out again, and nothing else is lost.
    pub fn keep(&self, name: Digest, came_to: &CameTo) {
        if let Ok(text) = serde_json::to_string(&Told::of(came_to.clone())) {
            let digest = Digest::of(text.as_bytes());
            let bytes = format!("{digest}\n{text}").into_bytes();
            let _ = cached::keep(&self.folder, name, ENDING, &bytes);
        }
    }

    /// Removes what was not used, once there is much of it: what other facts, plans and days came to.
    pub fn tidy(&self, used: &BTreeSet<Digest>) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        let named = entries.flatten().map(|entry| entry.path());
        let all: Vec<(PathBuf, Digest)> = named
            .filter_map(|path| Some((path.clone(), cached::name_of(&path, ENDING)?)))
            .collect();
        if all.len() > UNUSED_MAX * used.len() + FEW {
            for (path, _) in all.iter().filter(|(_, name)| !used.contains(name)) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// What a group came to, as it is written.
#[derive(Serialize, Deserialize)]
struct Told {
    part: Option<LinesPart>,
    lines: usize,
    partners: BTreeSet<String>,
    plans: BTreeMap<String, ToldSums>,
    reasons: BTreeMap<String, usize>,
    is_open: bool,
}

#[derive(Serialize, Deserialize)]
struct ToldSums {
    places: u32,
    components: Vec<String>,
    /// The settlement's end, the period, the component and what was posted.
    sums: Vec<(String, String, String, String)>,
    posts: BTreeSet<(String, String)>,
}

impl Told {
    fn of(came_to: CameTo) -> Self {
        let CameTo { part, summary } = came_to;
        let plans = summary.plans.into_iter();
        Self {
            part,
            lines: summary.lines,
            partners: summary.partners,
            plans: plans
                .map(|(plan, sums)| (plan, ToldSums::of(sums)))
                .collect(),
            reasons: summary.reasons,
            is_open: summary.is_open,
        }
    }

    fn read(self) -> Option<CameTo> {
        let plans = self.plans.into_iter();
        let plans = plans.map(|(plan, sums)| Some((plan, sums.read()?)));
        Some(CameTo {
            part: self.part,
            summary: Summary {
                lines: self.lines,
                partners: self.partners,
                plans: plans.collect::<Option<_>>()?,
                reasons: self.reasons,
                is_open: self.is_open,
            },
        })
    }
}

impl ToldSums {
    fn of(sums: Sums) -> Self {
        let by_period = sums.sums.into_iter();
        Self {
            places: sums.places,
            components: sums.components,
            sums: by_period
                .map(|((ends, period, component), sum)| {
                    (ends.to_string(), period, component, sum.to_string())
                })
                .collect(),
            posts: sums.posts,
        }
    }

    fn read(self) -> Option<Sums> {
        let sums = self.sums.into_iter().map(|(ends, period, component, sum)| {
            let ends = parse_date(&ends).ok()?;
            Some(((ends, period, component), sum.parse::<Exact>().ok()?))
        });
        Some(Sums {
            places: self.places,
            components: self.components,
            sums: sums.collect::<Option<_>>()?,
            posts: self.posts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came_to() -> CameTo {
        let ends = parse_date("2026-04-01").expect("a day");
        let third = Exact::ratio(1, 3).expect("a third");
        let of = |name: &str| name.to_owned();
        let sums = Sums {
            places: 2,
            components: vec![of("late"), of("early")],
            sums: BTreeMap::from([((ends, of("2026-Q1"), of("late")), third)]),
            posts: BTreeSet::from([(of("2026-Q1"), of("late"))]),
        };
        CameTo {
            part: Some(LinesPart::of(b"[]", 7)),
            summary: Summary {
                lines: 7,
                partners: BTreeSet::from([of("P-1")]),
                plans: BTreeMap::from([(of("plan (EUR)"), sums)]),
                reasons: BTreeMap::from([(of("late: missing: no sale"), 3)]),
                is_open: true,
            },
        }
    }

    #[test]
    fn what_a_group_came_to_comes_back_unless_it_was_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        let at_hand = AtHand::of(folder.path());
        let name = Digest::of(b"inputs");
        assert_eq!(at_hand.find(name), None);
        at_hand.keep(name, &came_to());
        assert_eq!(at_hand.find(name), Some(came_to()));
        let path = at_hand.folder.join(format!("{name}.{ENDING}"));
        let text = fs::read_to_string(&path).expect("read");
        fs::write(&path, text.replacen("\"lines\":7", "\"lines\":8", 2)).expect("written");
        assert_eq!(at_hand.find(name), None, "its digest is another");
    }

    #[test]
    fn what_no_run_used_is_removed_once_there_is_much_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let at_hand = AtHand::of(folder.path());
        let names: Vec<Digest> = (0..=72_u8).map(|at| Digest::of(&[at])).collect();
        let used = BTreeSet::from([names[0]]);
        for name in &names[..72] {
            at_hand.keep(*name, &came_to());
        }
        at_hand.tidy(&used);
        assert!(at_hand.find(names[1]).is_some());
        at_hand.keep(names[72], &came_to());
        at_hand.tidy(&used);
        assert!(at_hand.find(names[0]).is_some());
        assert!(at_hand.find(names[1]).is_none());
    }
}
