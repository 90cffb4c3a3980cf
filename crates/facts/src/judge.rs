//! What becomes of each row of a delivery, given the rows that are known: a pure decision, whatever order rows came in.
//!
//! Same id, revision and content: a duplicate. A higher revision: a correction. Other content under a known revision, or
//! two contents of one revision in one file: a conflict, since nothing says which is true. A revision below the known
//! one: outdated. A row that takes back what was said under its id: a cancellation, which stays known, so that a late
//! delivery does not bring back what it took out.

use std::collections::HashMap;

/// What every cancellation says in the place of a digest of its content, so that two of one revision are duplicates.
pub const CANCELLED: u128 = u128::from_be_bytes(*b"trueup:cancelled");

/// A row of the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// What names it: half a digest of its id.
    pub key: u128,
    /// Its revision.
    pub revision: i64,
    /// What it says: half a digest.
    pub content: u128,
    /// Where it stands in the file.
    pub row: u64,
}

/// A stored row under a key of the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stored {
    /// What names it.
    pub key: u128,
    /// Its revision.
    pub revision: i64,
    /// What it says.
    pub content: u128,
    /// 1 where it was kept, -1 where it was withdrawn.
    pub weight: i8,
    /// The file it lies in, by its position among those read.
    pub file: u32,
}

/// The stored rows under one key, ordered.
type Known<'a> = &'a [Stored];

/// The revision and content that count under a key: the latest whose weights do not cancel.
fn current(known: Known<'_>) -> Option<(i64, u128)> {
    let same = |left: &Stored, right: &Stored| {
        (left.revision, left.content) == (right.revision, right.content)
    };
    known
        .chunk_by(same)
        .filter(|version| version.iter().map(|row| i64::from(row.weight)).sum::<i64>() > 0)
        .filter_map(|version| version.first())
        .map(|row| (row.revision, row.content))
        .max()
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It is new and kept.
    Accepted,
    /// It takes the place of a known row of a lower revision.
    Corrected,
    /// It is known already.
    Duplicate,
    /// A later revision is known.
    Outdated,
    /// It takes out the known row of a lower revision, or says that none is to come.
    Cancelled,
    /// Another row says otherwise under the same id and revision.
    Conflict,
}

impl Verdict {
    /// Whether known rows are withdrawn by such a row.
    #[must_use]
    pub fn takes_out(self) -> bool {
        matches!(self, Self::Corrected | Self::Cancelled)
    }

    /// Whether such a row is kept.
    #[must_use]
    pub fn is_kept(self) -> bool {
        matches!(self, Self::Accepted | Self::Corrected | Self::Cancelled)
    }
}

/// The verdicts on a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// Rows that are not simply accepted, in the order of the file.
    pub others: Vec<(u64, Verdict)>,
    /// Known rows to withdraw, by key: revision and content, and the row that takes their place.
    pub withdrawn: HashMap<u128, (i64, u128, u64)>,
}

impl Verdicts {
    /// What becomes of a row.
    #[must_use]
    pub fn of(&self, row: u64) -> Verdict {
        match self.others.binary_search_by_key(&row, |(row, _)| *row) {
            Ok(at) => self
                .others
                .get(at)
                .map_or(Verdict::Accepted, |(_, verdict)| *verdict),
            Err(_) => Verdict::Accepted,
        }
    }
}

/// Judges a delivery's rows beside the stored ones, which are in order; puts the delivery's in order on the way.
#[must_use]
pub fn judge(entries: &mut [Entry], stored: &[Stored]) -> Verdicts {
    debug_assert!(stored.is_sorted());
    entries.sort_unstable();
    let mut verdicts = Verdicts::default();
    let mut left: &[Stored] = stored;
    for rows in entries.chunk_by(|left, right| left.key == right.key) {
        let Some(key) = rows.first().map(|row| row.key) else {
            continue;
        };
        let (_, from) = left.split_at(left.partition_point(|row| row.key < key));
        let (known, after) = from.split_at(from.partition_point(|row| row.key == key));
        judge_key(rows, known, &mut verdicts);
        left = after;
    }
    verdicts.others.sort_unstable();
    verdicts
}

/// Rows of one key, by revision, content and place.
fn judge_key(rows: &[Entry], known: Known<'_>, verdicts: &mut Verdicts) {
    let mut candidates: Vec<Entry> = Vec::new();
    for revision in rows.chunk_by(|left, right| left.revision == right.revision) {
        let Some(first) = revision.first() else {
            continue;
        };
        let mut known_here = known
            .iter()
            .filter(|row| row.revision == first.revision)
            .peekable();
        if known_here.peek().is_some() {
            let contents: Vec<u128> = known_here.map(|row| row.content).collect();
            for row in revision {
                let verdict = if contents.contains(&row.content) {
                    Verdict::Duplicate
                } else {
                    Verdict::Conflict
                };
                verdicts.others.push((row.row, verdict));
            }
        } else if revision.iter().any(|row| row.content != first.content) {
            verdicts
                .others
                .extend(revision.iter().map(|row| (row.row, Verdict::Conflict)));
        } else {
            candidates.push(*first);
            verdicts.others.extend(
                revision
                    .iter()
                    .skip(1)
                    .map(|row| (row.row, Verdict::Duplicate)),
            );
        }
    }
    let Some(latest) = candidates.pop() else {
        return;
    };
    verdicts
        .others
        .extend(candidates.iter().map(|row| (row.row, Verdict::Outdated)));
    if known.iter().any(|row| latest.revision < row.revision) {
        verdicts.others.push((latest.row, Verdict::Outdated));
        return;
    }
    let withdrawn = current(known);
    if let Some((revision, content)) = withdrawn {
        verdicts
            .withdrawn
            .insert(latest.key, (revision, content, latest.row));
    }
    let is_cancellation = latest.content == CANCELLED;
    match withdrawn {
        _ if is_cancellation => verdicts.others.push((latest.row, Verdict::Cancelled)),
        Some(_) => verdicts.others.push((latest.row, Verdict::Corrected)),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rows are written `key revision content`, or `void` for a cancellation; known rows come first, before `|`.
    fn check(story: &str, says: &str) {
        let (before, now) = story.split_once('|').expect("a bar");
        let numbers = |text: &str| -> Vec<(u128, i64, u128)> {
            let row = |row: &str| {
                let cells: Vec<&str> = row.split_whitespace().collect();
                let number = |at: usize| cells[at].parse::<i64>().expect("a number");
                let content = match cells[2] {
                    "void" => CANCELLED,
                    _ => number(2) as u128,
                };
                (number(0) as u128, number(1), content)
            };
            text.split(',')
                .filter(|text| !text.trim().is_empty())
                .map(row)
                .collect()
        };
        let mut known: Vec<Stored> = Vec::new();
        for (key, revision, content) in numbers(before) {
            let here: Vec<Stored> = known.iter().copied().filter(|row| row.key == key).collect();
            let withdrawn = current(&here).map(|(revision, content)| Stored {
                key,
                revision,
                content,
                weight: -1,
                file: 0,
            });
            known.extend(withdrawn);
            keep(key, revision, content, &mut known);
        }
        known.sort_unstable();
        let rows = numbers(now);
        let entry = |(at, (key, revision, content)): (usize, &(u128, i64, u128))| Entry {
            key: *key,
            revision: *revision,
            content: *content,
            row: at as u64,
        };
        let mut entries: Vec<Entry> = rows.iter().enumerate().map(entry).collect();
        let verdicts = judge(&mut entries, &known);
        let of_rows: Vec<String> = (0..rows.len())
            .map(|row| format!("{:?}", verdicts.of(row as u64)))
            .collect();
        assert_eq!(of_rows.join(" "), says, "{story}");
        entries.reverse();
        assert_eq!(
            judge(&mut entries, &known),
            verdicts,
            "{story}, in another order"
        );
        let counting =
            |known: &[Stored]| facts(known).iter().filter(|(_, now)| now.is_some()).count();
        let before = counting(&known);
        let accepted = of_rows
            .iter()
            .filter(|verdict| *verdict == "Accepted")
            .count();
        let cancelled = of_rows
            .iter()
            .filter(|verdict| *verdict == "Cancelled")
            .count();
        take_in(&entries, &verdicts, &mut known);
        let taken_out = before + accepted - counting(&known);
        assert!(taken_out <= cancelled, "{story}");
        let corrected = of_rows
            .iter()
            .filter(|verdict| *verdict == "Corrected")
            .count();
        assert_eq!(verdicts.withdrawn.len(), corrected + taken_out, "{story}");
    }

    #[test]
    fn a_cancellation_takes_out_what_is_known_and_keeps_it_out() {
        check("1 1 7 | 1 2 void", "Cancelled");
        check("| 1 2 void", "Cancelled");
        check("1 2 void | 1 1 7", "Outdated");
        check("1 2 void | 1 2 void", "Duplicate");
        check("1 1 7, 1 2 void | 1 1 7", "Duplicate");
        check("1 1 7, 1 2 void | 1 2 8", "Conflict");
        check("1 2 8 | 1 2 void", "Conflict");
        check("1 1 7, 1 2 void | 1 3 9", "Accepted");
        check("| 1 1 7, 1 2 void", "Outdated Cancelled");
        check("1 1 7 | 1 3 9, 1 2 void", "Corrected Outdated");
        check("1 3 9 | 1 2 void", "Outdated");
    }

    #[test]
    fn every_row_gets_one_verdict_whatever_the_order() {
        check("| 1 1 7", "Accepted");
        check("| 1 1 7, 1 1 7, 1 1 7", "Accepted Duplicate Duplicate");
        check("| 1 1 7, 1 1 8, 2 1 7", "Conflict Conflict Accepted");
        check("| 1 1 7, 1 1 7, 1 1 8", "Conflict Conflict Conflict");
        check("| 1 2 8, 1 1 7", "Accepted Outdated");
        check("| 1 1 7, 1 1 8, 1 2 9", "Conflict Conflict Accepted");
        check("1 1 7 | 1 1 7", "Duplicate");
        check("1 1 7 | 1 1 8", "Conflict");
        check("1 1 7 | 1 1 7, 1 1 8", "Duplicate Conflict");
        check("1 1 7 | 1 2 8", "Corrected");
        check("1 1 7 | 1 2 7", "Corrected");
        check(
            "1 1 7 | 1 3 9, 1 2 8, 1 1 7",
            "Corrected Outdated Duplicate",
        );
        check(
            "1 1 7, 1 2 8 | 1 1 7, 1 2 8, 1 1 9",
            "Duplicate Duplicate Conflict",
        );
        check("1 2 8 | 1 1 7", "Outdated");
        check("1 2 8 | 1 1 7, 1 1 9, 1 3 8", "Conflict Conflict Corrected");
        check("1 1 7 | 2 1 7", "Accepted");
    }

    /// Rows as (key, revision, content), cut into deliveries; a revision may say two things.
    fn deliveries() -> impl Strategy<Value = Vec<Vec<(u8, u8, u8)>>> {
        prop::collection::vec(
            prop::collection::vec((0..4_u8, 1..4_u8, 0..3_u8), 0..8),
            0..5,
        )
    }

    /// What a row of the strategies says: the last of three contents takes it back.
    fn said(content: u8) -> u128 {
        match content {
            2 => CANCELLED,
            other => u128::from(other),
        }
    }

    fn entries(rows: &[(u8, u8, u8)]) -> Vec<Entry> {
        let entry = |(at, row): (usize, &(u8, u8, u8))| Entry {
            key: u128::from(row.0),
            revision: i64::from(row.1),
            content: said(row.2),
            row: at as u64,
        };
        rows.iter().enumerate().map(entry).collect()
    }

    /// Takes a delivery the way it is kept; gives its verdicts.
    fn take(rows: &[(u8, u8, u8)], known: &mut Vec<Stored>) -> Verdicts {
        let verdicts = judge(&mut entries(rows), known);
        take_in(&entries(rows), &verdicts, known);
        verdicts
    }

    fn take_in(entries: &[Entry], verdicts: &Verdicts, known: &mut Vec<Stored>) {
        for (key, (revision, content, _)) in &verdicts.withdrawn {
            known.push(Stored {
                key: *key,
                revision: *revision,
                content: *content,
                weight: -1,
                file: 0,
            });
        }
        for entry in entries {
            if verdicts.of(entry.row).is_kept() {
                keep(entry.key, entry.revision, entry.content, known);
            }
        }
        known.sort_unstable();
    }

    /// Keeps a row; a cancellation is there and counts for nothing.
    fn keep(key: u128, revision: i64, content: u128, known: &mut Vec<Stored>) {
        let weights: &[i8] = if content == CANCELLED { &[1, -1] } else { &[1] };
        known.extend(weights.iter().map(|weight| Stored {
            key,
            revision,
            content,
            weight: *weight,
            file: 0,
        }));
    }

    fn facts(known: &[Stored]) -> Vec<(u128, Option<(i64, u128)>)> {
        let by_key = known.chunk_by(|left, right| left.key == right.key);
        by_key
            .filter_map(|rows| Some((rows.first()?.key, current(rows))))
            .collect()
    }

    proptest! {
        #[test]
        fn a_key_has_one_fact_whose_revision_only_rises(deliveries in deliveries()) {
            let mut known = Vec::new();
            for rows in &deliveries {
                let before = facts(&known);
                take(rows, &mut known);
                let now = facts(&known);
                let last = |known: &[Stored], key: u128| known.iter().filter(|row| row.key == key).map(|row| row.revision).max();
                for (key, current) in &before {
                    let now = now.iter().find(|now| now.0 == *key).and_then(|now| now.1);
                    // What no longer counts was cancelled by the last revision.
                    let is_out = now.is_none() && known.iter().any(|row| row.key == *key && row.content == CANCELLED && Some(row.revision) == last(&known, *key));
                    prop_assert!(is_out || now.map(|now| now.0) >= current.map(|current| current.0));
                }
                let version = |row: &Stored| (row.key, row.revision, row.content);
                for rows in known.chunk_by(|left, right| version(left) == version(right)) {
                    let weight: i64 = rows.iter().map(|row| i64::from(row.weight)).sum();
                    prop_assert!(weight == 0 || weight == 1);
                }
                let net = |key: u128| known.iter().filter(|row| row.key == key).map(|row| i64::from(row.weight)).sum::<i64>();
                prop_assert!(now.iter().all(|(key, current)| net(*key) == i64::from(current.is_some())));
            }
        }

        #[test]
        fn a_delivery_taken_twice_changes_nothing(deliveries in deliveries()) {
            let mut known = Vec::new();
            for rows in &deliveries {
                take(rows, &mut known);
                let before = facts(&known);
                let again = take(rows, &mut known);
                prop_assert_eq!(facts(&known), before);
                prop_assert!(again.withdrawn.is_empty());
                prop_assert_eq!(again.others.len(), rows.len());
            }
        }

        #[test]
        fn the_order_of_rows_in_a_file_does_not_matter(before in deliveries(), rows in Just(()).prop_flat_map(|()| {
            prop::collection::vec((0..4_u8, 1..4_u8, 0..3_u8), 0..10).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
        })) {
            let mut known = Vec::new();
            before.iter().for_each(|rows| { take(rows, &mut known); });
            let (mut one, mut other) = (known.clone(), known);
            let count = |verdicts: &Verdicts| {
                let mut counts: Vec<Verdict> = verdicts.others.iter().map(|(_, verdict)| *verdict).collect();
                counts.sort_unstable();
                counts
            };
            prop_assert_eq!(count(&take(&rows.0, &mut one)), count(&take(&rows.1, &mut other)));
            prop_assert_eq!(facts(&one), facts(&other));
        }

        #[test]
        fn true_rows_leave_the_same_facts_however_they_are_delivered(deliveries in deliveries(), shuffle in any::<prop::sample::Index>()) {
            // A revision says one thing here.
            let deliveries: Vec<Vec<(u8, u8, u8)>> =
                deliveries.iter().map(|rows| rows.iter().map(|row| (row.0, row.1, (row.0 + row.1) % 3)).collect()).collect();
            let mut one = Vec::new();
            take(&deliveries.concat(), &mut one);
            let mut other = Vec::new();
            let turn = if deliveries.is_empty() { 0 } else { shuffle.index(deliveries.len()) };
            for rows in deliveries.iter().cycle().skip(turn).take(deliveries.len() * 2) {
                take(rows, &mut other);
            }
            prop_assert_eq!(facts(&one), facts(&other));
        }
    }
}
