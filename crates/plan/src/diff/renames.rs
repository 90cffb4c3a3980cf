//! Which things only have another name.
//!
//! A thing that stands on one side alone is taken for one of the other side if it means the same, where everything that
//! was left over is first called the same, and if the same things ask for it. The guess is then held to the names it
//! led to, until nothing of it falls. Last, a thing that says in the same words what it is, and is asked by the same things,
//! is the same thing changed. Each step looks at both sides alike, so that a difference read backwards pairs the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::keys::{Key, Keys};
use crate::diff::names::{List, Matched, Names, Side, Which};
use crate::diff::slots::Read;
use crate::diff::uses::{Thing, Uses};
use crate::tree::{Plan, Text};

/// Pairs the things of two plans.
pub(super) fn matched(before: Side<'_>, after: Side<'_>, keys: &mut Keys) -> Matched {
    let mut matched = Matched::by_name(before.plan, after.plan);
    let uses = (Uses::of(before.plan), Uses::of(after.plan));
    let mut rounds = 0;
    loop {
        let guessed = same_meaning(before, after, &matched, &uses, keys);
        let mut guess = matched.clone();
        join(&mut guess, &guessed, before.plan, after.plan);
        let held = held(before, after, guess, guessed, keys);
        let mut found = !held.is_empty();
        join(&mut matched, &held, before.plan, after.plan);
        let same_words = same_words(before.plan, after.plan, &matched, &uses);
        found |= !same_words.is_empty();
        join(&mut matched, &same_words, before.plan, after.plan);
        rounds += 1;
        // Each round joins something; plans have at most so many things.
        if !found || rounds > 16 {
            return matched;
        }
    }
}

type Pair = (List, usize, usize);

fn join(matched: &mut Matched, pairs: &[Pair], before: &Plan, after: &Plan) {
    for (list, left, right) in pairs {
        matched.list_mut(*list).join(*left, *right);
    }
    if !pairs.is_empty() {
        matched.match_columns(before, after);
    }
}

fn read<'r>(side: Side<'r>, which: Which, matched: &'r Matched, is_guess: bool) -> Read<'r> {
    let names = Names {
        plan: side.plan,
        which,
        matched,
        is_guess,
        whole: None,
        columns: None,
    };
    Read {
        side,
        names,
        whole: names,
    }
}

/// Things left over on both sides that mean the same while all that is left over is called the same.
fn same_meaning(
    before: Side<'_>,
    after: Side<'_>,
    matched: &Matched,
    uses: &(Uses, Uses),
    keys: &mut Keys,
) -> Vec<Pair> {
    let left = read(before, Which::Before, matched, true);
    let right = read(after, Which::After, matched, true);
    let mut pairs = Vec::new();
    for list in List::ALL {
        let Some(known) = matched.list(list) else {
            continue;
        };
        let mut classes: BTreeMap<Key, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for at in known.gone() {
            let key = left.meaning(list, at, keys);
            classes.entry(key).or_default().0.push(at);
        }
        for at in known.come() {
            let key = right.meaning(list, at, keys);
            classes.entry(key).or_default().1.push(at);
        }
        for (gone, come) in classes.values() {
            let fits = |one, other, has_same_words| {
                let is_idle =
                    uses.0.users(list, one).is_empty() && uses.1.users(list, other).is_empty();
                has_same_words && is_idle || are_asked_alike(list, one, other, matched, uses, true)
            };
            let found = zipped(list, gone, come, before.plan, after.plan, fits);
            pairs.extend(found);
        }
    }
    pairs
}

/// Pairs a class of equals: first those with the same words, then by name; only if they are asked by the same things.
fn zipped(
    list: List,
    gone: &[usize],
    come: &[usize],
    before: &Plan,
    after: &Plan,
    fits: impl Fn(usize, usize, bool) -> bool,
) -> Vec<Pair> {
    let (old_words, new_words) = (list.words(before), list.words(after));
    let (old_names, new_names) = (list.names(before), list.names(after));
    let sorted = |list: &[usize], names: &[&Text]| {
        let mut sorted = list.to_vec();
        sorted.sort_by_key(|at| names.get(*at).map(|name| (*name).clone()));
        sorted
    };
    let mut pairs = Vec::new();
    let mut left = sorted(gone, &old_names);
    let mut right = sorted(come, &new_names);
    // Whichever side is called the first, the search begins on the one whose names come first.
    let names = |list: &[usize], names: &[&Text]| -> Vec<Text> {
        let names = list.iter().filter_map(|at| names.get(*at));
        names.map(|name| (*name).clone()).collect()
    };
    let is_turned = names(&left, &old_names) > names(&right, &new_names);
    if is_turned {
        std::mem::swap(&mut left, &mut right);
    }
    for has_same_words in [true, false] {
        left.retain(|one| {
            let found = right.iter().position(|other| {
                let (one, other) = if is_turned {
                    (*other, *one)
                } else {
                    (*one, *other)
                };
                let same = match (old_words.get(one), new_words.get(other)) {
                    (Some(old), Some(new)) => old == new && !old.is_empty(),
                    (_, _) => false,
                };
                (same || !has_same_words) && fits(one, other, same)
            });
            match found {
                Some(at) => {
                    let other = right.remove(at);
                    pairs.push(match is_turned {
                        true => (list, other, *one),
                        false => (list, *one, other),
                    });
                    false
                }
                None => true,
            }
        });
    }
    pairs
}

/// Whether things that belong together ask for both; a thing that nobody asks for needs another ground.
fn are_asked_alike(
    list: List,
    one: usize,
    other: usize,
    matched: &Matched,
    uses: &(Uses, Uses),
    while_guessing: bool,
) -> bool {
    let (old, new) = (uses.0.users(list, one), uses.1.users(list, other));
    let is_outward = matches!(list, List::Components | List::Limits | List::Kinds);
    if old.is_empty() && new.is_empty() {
        return is_outward;
    }
    let is_shared = old.iter().any(|(list, user)| {
        let after = matched.after(*list, *user);
        after.is_some_and(|after| new.contains(&(*list, after)))
    });
    // What asks for both may itself have another name.
    let is_open = |list: List, user: usize, is_old: bool| match is_old {
        true => matched.after(list, user).is_none(),
        false => matched.before(list, user).is_none(),
    };
    let may_be_shared = while_guessing
        && List::ALL.iter().any(|list| {
            let asks = |users: &BTreeSet<Thing>, is_old: bool| {
                users
                    .iter()
                    .any(|(of, user)| of == list && is_open(*of, *user, is_old))
            };
            asks(&old, true) && asks(&new, false)
        });
    is_outward || is_shared || may_be_shared
}

/// The pairs of a guess that hold under the names it leads to.
fn held(
    before: Side<'_>,
    after: Side<'_>,
    mut guess: Matched,
    mut pairs: Vec<Pair>,
    keys: &mut Keys,
) -> Vec<Pair> {
    loop {
        let left = read(before, Which::Before, &guess, false);
        let right = read(after, Which::After, &guess, false);
        let (stand, fall): (Vec<Pair>, Vec<Pair>) =
            pairs.into_iter().partition(|(list, one, other)| {
                left.meaning(*list, *one, keys) == right.meaning(*list, *other, keys)
            });
        if fall.is_empty() {
            return stand;
        }
        for (list, one, other) in fall {
            guess.list_mut(list).part(one, other);
        }
        guess.match_columns(before.plan, after.plan);
        pairs = stand;
    }
}

/// Things left over that say in the same words, found once on each side, what they are, and that the same things ask for.
fn same_words(before: &Plan, after: &Plan, matched: &Matched, uses: &(Uses, Uses)) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for list in List::ALL {
        let Some(known) = matched.list(list) else {
            continue;
        };
        let once = |words: &[&Text], open: Vec<usize>| -> BTreeMap<Text, usize> {
            let mut found: BTreeMap<Text, usize> = BTreeMap::new();
            let mut twice = BTreeSet::new();
            for at in open {
                let Some(words) = words.get(at).filter(|words| !words.is_empty()) else {
                    continue;
                };
                if found.insert((*words).clone(), at).is_some() {
                    twice.insert((*words).clone());
                }
            }
            found.retain(|words, _| !twice.contains(words));
            found
        };
        let left = once(&list.words(before), known.gone().collect());
        let right = once(&list.words(after), known.come().collect());
        for (words, one) in &left {
            if let Some(other) = right.get(words)
                && are_asked_alike(list, *one, *other, matched, uses, false)
            {
                pairs.push((list, *one, *other));
            }
        }
    }
    pairs
}
