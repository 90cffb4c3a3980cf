//! What holds for every difference: nothing differs from itself however it is laid out, every single change is found
//! and named, and a difference read backwards is the same difference.

mod every_plan;
mod mutants;

use std::sync::LazyLock;

use proptest::prelude::*;
use trueup_plan::diagnostic::{Sources, render};
use trueup_plan::diff::{Change, Side, Weight, plans};
use trueup_plan::tree::walk::parts;
use trueup_plan::tree::{BoundKind, Expr, Form, Literal, Name, Plan, Reading};
use trueup_plan::yaml::{self, Entry, Node, NodeKind};

use every_plan::{folders_of_plans, read_with};
use mutants::{Draw, Mutant, mutant};

type Loaded = (Plan, Sources);

/// The files of a plan: names and texts, its own first.
type Texts = Vec<(String, String)>;

/// Every plan of the repository with the texts it is made of, its own first.
static PLANS: LazyLock<Vec<(Texts, Loaded)>> = LazyLock::new(|| {
    let mut found = Vec::new();
    for texts in folders_of_plans() {
        for at in 0..texts.len() {
            if let Some(loaded) = read_with(&texts, at) {
                let mut texts = texts.clone();
                texts.swap(0, at);
                found.push((texts, loaded));
            }
        }
    }
    assert!(found.len() > 90, "only {} plans", found.len());
    found
});

fn changes(before: (&Plan, &Sources), after: (&Plan, &Sources)) -> Vec<Change> {
    let side = |(plan, sources)| Side { plan, sources };
    plans(side(before), side(after)).changes
}

fn sentences(changes: &[Change]) -> String {
    changes
        .iter()
        .map(|change| format!("{}: {}\n", change.weight.word(), change.says))
        .collect()
}

#[test]
fn no_plan_differs_from_itself() {
    for (_, (plan, sources)) in PLANS.iter() {
        let found = changes((plan, sources), (plan, sources));
        assert!(found.is_empty(), "{}:\n{}", plan.name, sentences(&found));
    }
}

/// A file laid out anew: maps in another order, flow or block, every text in quotes, comments gone.
fn laid_out_anew(text: &str, draw: &mut Draw) -> String {
    let mut sources = Sources::new();
    let file = sources.add("plan.yaml", text);
    let node = yaml::read(&sources, file, &mut Vec::new()).expect("a plan that was read before");
    let mut written = String::new();
    block(&node, 0, "", draw, &mut written);
    written
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n").replace('\t', "\\t"))
}

/// Keys in another order. Of limits over the same components the one listed first holds first, so they keep theirs.
fn shuffled(entries: &[Entry], key: &str, draw: &mut Draw) -> Vec<Entry> {
    let mut entries = entries.to_vec();
    if key != "limits" {
        for at in (1..entries.len()).rev() {
            entries.swap(at, draw.below(at + 1));
        }
    }
    entries
}

fn flow(node: &Node, key: &str, draw: &mut Draw) -> String {
    match &node.is {
        NodeKind::Scalar(scalar) => quoted(&scalar.text),
        NodeKind::List(list) => {
            let parts: Vec<String> = list.iter().map(|node| flow(node, "", draw)).collect();
            format!("[ {} ]", parts.join(", "))
        }
        NodeKind::Map(entries) => {
            let parts: Vec<String> = shuffled(entries, key, draw)
                .iter()
                .map(|entry| {
                    let key = &entry.key.text;
                    format!("{}: {}", quoted(key), flow(&entry.value, key, draw))
                })
                .collect();
            format!("{{ {} }}", parts.join(", "))
        }
        NodeKind::Empty => String::new(),
    }
}

fn block(node: &Node, depth: usize, key: &str, draw: &mut Draw, to: &mut String) {
    let indent = "   ".repeat(depth);
    match &node.is {
        NodeKind::Map(entries) if draw.below(4) > 0 || depth == 0 => {
            for entry in shuffled(entries, key, draw) {
                let key = &entry.key.text;
                to.push_str(&format!("{indent}{}:", quoted(key)));
                let is_map =
                    matches!(&entry.value.is, NodeKind::Map(entries) if !entries.is_empty());
                if is_map && draw.below(3) > 0 {
                    to.push_str("   # laid out anew\n");
                    block(&entry.value, depth + 1, key, draw, to);
                } else {
                    to.push_str(&format!(" {}\n", flow(&entry.value, key, draw)));
                }
            }
        }
        NodeKind::Map(_) | NodeKind::Scalar(_) | NodeKind::List(_) | NodeKind::Empty => {
            to.push_str(&format!("{indent}{}\n", flow(node, key, draw)));
        }
    }
}

/// A mutation that may well say the same: a bound between bands that pay alike, a point on a line, or to whom a bound
/// belongs where each slice is paid at its own rate and the slice on the bound is nothing.
fn may_be_idle(mutant: &Mutant, before: &Plan) -> bool {
    let Some(table) = before
        .tables
        .iter()
        .find(|table| *table.name == *mutant.name && table.axes.len() == 1)
    else {
        return false;
    };
    if matches!(table.reading, Reading::EachBand(_)) && mutant.done.starts_with("bound belongs") {
        return true;
    }
    let bounds = table.axes.iter().flat_map(|axis| &axis.bounds);
    let are_written_out = bounds.into_iter().all(|bound| match &bound.is {
        BoundKind::Lowest | BoundKind::Otherwise => true,
        BoundKind::From(formula)
        | BoundKind::Above(formula)
        | BoundKind::At(formula)
        | BoundKind::Equals(formula) => matches!(formula.form, Form::Literal(_)),
    });
    let cells: Vec<_> = table
        .cells
        .iter()
        .map(|cell| match &cell.form {
            Form::Literal(Literal::Number(number)) => Some(number.clone()),
            _ => None,
        })
        .collect();
    let width = table.columns.len();
    let pay_alike = (width..cells.len()).any(|at| cells.get(at) == cells.get(at - width));
    let reads_no_column = match &table.reading {
        Reading::EachBand(formula) | Reading::OneBand(formula) => !reads_a_column(formula),
        Reading::Line(_) => false,
    };
    are_written_out && (pay_alike || reads_no_column)
}

fn reads_a_column(formula: &Expr) -> bool {
    matches!(formula.form, Form::Name(Name::BandColumn(_)))
        || parts(formula).into_iter().any(reads_a_column)
}

/// A change as it is seen from the other side.
fn turned(change: &Change) -> String {
    let text = |said: &Option<trueup_plan::diff::Said>| {
        said.as_ref().map(|said| (said.text.clone(), said.line))
    };
    let (name, was) = match &change.was_called {
        Some(was) => (was.clone(), Some(change.name.clone())),
        None => (change.name.clone(), None),
    };
    // Tiers are counted as they are now, so the part may be another one.
    format!(
        "{} {} {} {name} {was:?} {:?} {:?}",
        change.weight.word(),
        change.kind.turned().word(),
        change.block,
        text(&change.after),
        text(&change.before),
    )
}

fn straight(change: &Change) -> String {
    let text = |said: &Option<trueup_plan::diff::Said>| {
        said.as_ref().map(|said| (said.text.clone(), said.line))
    };
    format!(
        "{} {} {} {} {:?} {:?} {:?}",
        change.weight.word(),
        change.kind.word(),
        change.block,
        change.name,
        change.was_called,
        text(&change.before),
        text(&change.after),
    )
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

proptest! {
    #[test]
    fn a_plan_laid_out_anew_is_the_same_plan(at in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let (texts, (plan, sources)) = at.get(&PLANS);
        let mut draw = Draw(seed);
        let anew: Vec<(String, String)> = texts
            .iter()
            .map(|(name, text)| match name.ends_with(".yaml") {
                true => (name.clone(), laid_out_anew(text, &mut draw)),
                false => (name.clone(), text.clone()),
            })
            .collect();
        let Some((again, other)) = read_with(&anew, 0) else {
            panic!("{}\n{}", anew[0].1, every_plan::told(&anew));
        };
        let found = changes((plan, sources), (&again, &other));
        prop_assert!(found.is_empty(), "{}\n{}", sentences(&found), anew[0].1);
    }

    #[test]
    fn every_single_change_is_found_and_named(at in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let (_, (plan, sources)) = at.get(&PLANS);
        let Some(mutant) = mutant(plan, &mut Draw(seed)) else {
            return Ok(());
        };
        let found = changes((plan, sources), (&mutant.plan, sources));
        if found.is_empty() {
            prop_assert!(may_be_idle(&mutant, plan), "{}: {} of {} is not found", plan.name, mutant.done, mutant.name);
            return Ok(());
        }
        prop_assert!(
            found.iter().any(|change| *change.name == *mutant.name && change.says.contains(&mutant.name)
                || &*change.block == "plan"),
            "{}: {} of {} is told as\n{}", plan.name, mutant.done, mutant.name, sentences(&found)
        );
        let own = found.iter().filter(|change| *change.name == *mutant.name || &*change.block == "plan");
        prop_assert_eq!(own.count(), found.len(), "{}: {} of {} is told as\n{}", plan.name, mutant.done, mutant.name,
            sentences(&found));
        let is_wording = found.iter().all(|change| change.weight == Weight::Wording);
        prop_assert_eq!(is_wording, mutant.is_wording, "{}", sentences(&found));
    }

    #[test]
    fn a_single_change_made_alone_leaves_nothing_to_change(at in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let (_, (plan, sources)) = at.get(&PLANS);
        let Some(mutant) = mutant(plan, &mut Draw(seed)) else {
            return Ok(());
        };
        let side = |plan| Side { plan, sources };
        let diff = plans(side(plan), side(&mutant.plan));
        let all: Vec<usize> = diff
            .changes
            .iter()
            .enumerate()
            .filter(|(_, change)| change.weight == Weight::Meaning)
            .map(|(at, _)| at)
            .collect();
        if let Some(made) = diff.alone(plan, &mutant.plan, &all) {
            let left = changes((&made, sources), (&mutant.plan, sources));
            prop_assert!(
                left.iter().all(|change| change.weight != Weight::Meaning),
                "{}: {} of {}\n{}leaves\n{}", plan.name, mutant.done, mutant.name, sentences(&diff.changes),
                sentences(&left)
            );
        }
    }

    #[test]
    fn a_change_made_alone_among_others_is_the_only_one(at in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let (_, (plan, sources)) = at.get(&PLANS);
        let mut draw = Draw(seed);
        let mut changed = plan.clone();
        for _ in 0..2 + draw.below(4) {
            if let Some(mutant) = mutant(&changed, &mut draw) {
                changed = mutant.plan;
            }
        }
        let side = |plan| Side { plan, sources };
        let diff = plans(side(plan), side(&changed));
        for (at, change) in diff.changes.iter().enumerate() {
            let Some(made) = diff.alone(plan, &changed, &[at]) else {
                continue;
            };
            let own = changes((plan, sources), (&made, sources));
            prop_assert!(!own.is_empty(), "{} does nothing alone", change.says);
            prop_assert!(own.iter().all(|other| other.name == change.name || &*change.block == "plan"
                || &*change.block == "facts"), "{}\nalone is\n{}", change.says, sentences(&own));
        }
    }

    #[test]
    fn a_difference_read_backwards_is_the_same(at in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let (_, (plan, sources)) = at.get(&PLANS);
        let mut draw = Draw(seed);
        let mut changed = plan.clone();
        for _ in 0..1 + draw.below(5) {
            if let Some(mutant) = mutant(&changed, &mut draw) {
                changed = mutant.plan;
            }
        }
        let there = changes((plan, sources), (&changed, sources));
        let back = changes((&changed, sources), (plan, sources));
        prop_assert_eq!(
            sorted(there.iter().map(turned).collect()),
            sorted(back.iter().map(straight).collect())
        );
    }
}

#[test]
fn most_changes_can_be_made_alone() {
    let (mut tried, mut made) = (0, 0);
    for (at, (_, (plan, sources))) in PLANS.iter().enumerate() {
        for round in 0..18u64 {
            let seed = u64::try_from(at).expect("few plans") * 1_000 + round;
            let Some(mutant) = mutant(plan, &mut Draw(seed)) else {
                continue;
            };
            let side = |plan| Side { plan, sources };
            let diff = plans(side(plan), side(&mutant.plan));
            let is_of_money = |block: &str| {
                [
                    "terms",
                    "measures",
                    "values",
                    "tables",
                    "components",
                    "limits",
                ]
                .contains(&block)
            };
            for (at, change) in diff.changes.iter().enumerate() {
                if change.weight == Weight::Meaning && is_of_money(&change.block) {
                    tried += 1;
                    made += usize::from(diff.alone(plan, &mutant.plan, &[at]).is_some());
                }
            }
        }
    }
    assert!(tried > 400, "only {tried} changes");
    assert!(made * 10 > tried * 8, "{made} of {tried}");
}

#[test]
fn unrelated_plans_differ_and_their_difference_reads_backwards() {
    for pair in PLANS.windows(2) {
        let [(_, (one, own)), (_, (other, its))] = pair else {
            continue;
        };
        let there = changes((one, own), (other, its));
        let back = changes((other, its), (one, own));
        assert!(there.iter().any(|change| change.weight == Weight::Meaning));
        assert_eq!(
            sorted(there.iter().map(turned).collect()),
            sorted(back.iter().map(straight).collect()),
            "{} and {}",
            one.name,
            other.name
        );
    }
}

#[test]
fn what_is_rendered_of_a_plan_that_is_refused_is_not_empty() {
    // The helper above shows why a plan laid out anew was refused; it must be able to.
    let texts = vec![("plan.yaml".to_owned(), "plan: x\n".to_owned())];
    assert!(every_plan::told(&texts).contains("currency"));
    let (sources, found) = every_plan::found(&texts);
    assert!(!render(&sources, &found).is_empty());
}
