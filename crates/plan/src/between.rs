//! From one version of a plan to the next, one named thing after the other.
//!
//! [`edits`] lists what of a plan decides pay and is written differently in a second one, and makes the plans in
//! between: each is the one before it with one more thing as the second plan has it, and each passed the check. Things
//! that only make sense together are changed together. What is added comes first and what is taken out last, so that a
//! thing is there before another mentions it. In between, things go by kinds in the order in which a plan is read:
//! head, facts, terms, measures, values, tables, components, limits, governance; inside a kind in the order written.
//!
//! Words, objectives and examples decide no pay; plans in between leave objectives and examples out. The module never
//! asks what a change is worth.

mod said;

use crate::check;
use crate::diagnostic::Sources;
use crate::document::PlanText;
use crate::tree::{Plan, Text};

pub use said::SaidChange;

/// A plan's text and the templates it may name.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// The text.
    pub text: &'a PlanText,
    /// The templates.
    pub templates: &'a [PlanText],
}

/// What became of a named thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// It is new.
    Added,
    /// It says something else.
    Changed(Vec<SaidChange>),
    /// It is no longer there.
    TakenOut,
}

/// A named thing that the second plan has differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// Its block and name, as overrides write it: `tables.volume_rates`; `currency` and its kin stand alone.
    pub name: String,
    /// What became of it.
    pub became: Became,
}

/// A plan in between, and what makes it differ from the one before.
#[derive(Clone, Debug)]
pub struct Edit {
    /// What was changed; more than one thing only where none of them makes sense without the others.
    pub things: Vec<Thing>,
    /// The plan with it.
    pub plan: Plan,
}

/// The plans from one version to another; the last pays as the second version does. None where a version does not pass
/// its check, which its reader was told before.
///
/// ```
/// use trueup_plan::between::{Version, edits};
/// use trueup_plan::diagnostic::Sources;
/// use trueup_plan::document::read_plan;
///
/// let text = |rate: &str, least: &str| format!("\
/// plan: bonus
/// currency: EUR
/// facts:
///   sale: {{ columns: {{ partner: partner, on: date, amount: money }} }}
/// measures:
///   sales: {{ is: Sales, sum: sale.amount }}
/// values:
///   rate: {{ is: What a euro earns, formula: {rate} }}
/// components:
///   bonus: {{ is: A part of sales, pays: rate * sales, at_least: {least} }}
/// ");
/// let mut sources = Sources::new();
/// let mut told = Vec::new();
/// let mut read = |name: &str, text: &str| {
///     let file = sources.add(name, text);
///     read_plan(&sources, file, &mut told).expect("a plan")
/// };
/// let (before, after) = (read("a.yaml", &text("5%", "0")), read("b.yaml", &text("6%", "10")));
/// let version = |text| Version { text, templates: &[] };
/// let edits = edits(&sources, version(&before), version(&after)).expect("both are fine");
/// let names: Vec<&str> = edits.iter().flat_map(|edit| &edit.things).map(|thing| &*thing.name).collect();
/// assert_eq!(names, ["values.rate", "components.bonus"]);
/// ```
#[must_use]
pub fn edits(sources: &Sources, before: Version<'_>, after: Version<'_>) -> Option<Vec<Edit>> {
    let mut before = check::expanded(before.text, before.templates)?;
    let mut after = check::expanded(after.text, after.templates)?;
    for text in [&mut before, &mut after] {
        text.objectives.clear();
        text.examples.clear();
    }
    let mut open = differences(&before, &after);
    let mut walk = Walk {
        sources,
        after: &after,
        text: before,
        edits: Vec::new(),
    };
    while !open.is_empty() {
        if walk.take_first_of(&mut open, 1) || walk.take_first_of(&mut open, 2) {
            continue;
        }
        // What is left only makes sense together; the second plan itself is the last resort.
        let rest: Vec<Open> = std::mem::take(&mut open);
        walk.take(&rest).then_some(())?;
    }
    Some(walk.edits)
}

/// A thing still as the first plan has it.
#[derive(Clone, Debug)]
struct Open {
    slot: Slot,
    thing: Thing,
}

struct Walk<'s> {
    sources: &'s Sources,
    after: &'s PlanText,
    text: PlanText,
    edits: Vec<Edit>,
}

/// Of this many open things and more, pairs are not tried: what does not make sense alone is taken together.
const PAIRS_MAX: usize = 40;

impl Walk<'_> {
    /// Takes the first thing, or the first two, that make sense; whether there were any.
    fn take_first_of(&mut self, open: &mut Vec<Open>, size: usize) -> bool {
        let count = open.len();
        let sets: Vec<Vec<usize>> = match size {
            1 => (0..count).map(|at| vec![at]).collect(),
            _ if count > PAIRS_MAX => Vec::new(),
            _ => (0..count)
                .flat_map(|one| (one + 1..count).map(move |other| vec![one, other]))
                .collect(),
        };
        for set in sets {
            let things: Vec<Open> = set.iter().filter_map(|at| open.get(*at).cloned()).collect();
            if self.take(&things) {
                for at in set.iter().rev() {
                    open.remove(*at);
                }
                return true;
            }
        }
        false
    }

    /// Takes things over from the second plan, if the plan then passes its check.
    fn take(&mut self, open: &[Open]) -> bool {
        let mut text = self.text.clone();
        for one in open {
            one.slot.take_over(&mut text, self.after);
        }
        let Some(plan) = check::built(self.sources, &text) else {
            return false;
        };
        self.text = text;
        self.edits.push(Edit {
            things: open.iter().map(|one| one.thing.clone()).collect(),
            plan,
        });
        true
    }
}

/// Where a thing stands in a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    block: Block,
    /// Its name; empty in the head.
    name: Text,
}

/// The blocks of a plan that decide pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Block {
    Currency,
    Calendar,
    Period,
    Money,
    Corrections,
    Facts,
    Terms,
    Measures,
    Values,
    Tables,
    Components,
    Limits,
    Governance,
}

impl Block {
    const ALL: [Self; 13] = [
        Self::Currency,
        Self::Calendar,
        Self::Period,
        Self::Money,
        Self::Corrections,
        Self::Facts,
        Self::Terms,
        Self::Measures,
        Self::Values,
        Self::Tables,
        Self::Components,
        Self::Limits,
        Self::Governance,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Currency => "currency",
            Self::Calendar => "calendar",
            Self::Period => "period",
            Self::Money => "money",
            Self::Corrections => "corrections",
            Self::Facts => "facts",
            Self::Terms => "terms",
            Self::Measures => "measures",
            Self::Values => "values",
            Self::Tables => "tables",
            Self::Components => "components",
            Self::Limits => "limits",
            Self::Governance => "governance",
        }
    }

    /// The names in a block of a plan, in the order written. A head's key has one name, which is empty.
    fn names(self, text: &PlanText) -> Vec<Text> {
        let written = |is: bool| if is { vec![Text::from("")] } else { Vec::new() };
        match self {
            Self::Currency => written(text.currency.is_some()),
            Self::Calendar => written(text.calendar.is_some()),
            Self::Period => written(text.period.is_some()),
            Self::Money => written(text.money.is_some()),
            Self::Corrections => written(text.corrections.is_some()),
            Self::Facts => text.facts.iter().map(|one| one.name.text.clone()).collect(),
            Self::Terms => text.terms.iter().map(|one| one.name.text.clone()).collect(),
            Self::Measures => named(&text.measures, |one| &one.name.text),
            Self::Values => named(&text.values, |one| &one.name.text),
            Self::Tables => named(&text.tables, |one| &one.name.text),
            Self::Components => named(&text.components, |one| &one.name.text),
            Self::Limits => named(&text.limits, |one| &one.name.text),
            Self::Governance => text.governance.iter().map(said::entry_name).collect(),
        }
    }
}

fn named<T>(things: &[T], name: impl Fn(&T) -> &Text) -> Vec<Text> {
    things.iter().map(|one| name(one).clone()).collect()
}

impl Slot {
    /// As overrides write it.
    fn shown(&self) -> String {
        match self.block {
            Block::Currency
            | Block::Calendar
            | Block::Period
            | Block::Money
            | Block::Corrections => self.block.word().to_owned(),
            // An entry's name says its block.
            Block::Governance => self.name.to_string(),
            Block::Facts
            | Block::Terms
            | Block::Measures
            | Block::Values
            | Block::Tables
            | Block::Components
            | Block::Limits => format!("{}.{}", self.block.word(), self.name),
        }
    }

    /// Makes the thing what another plan has there: itself, or nothing.
    fn take_over(&self, text: &mut PlanText, from: &PlanText) {
        let name = &self.name;
        match self.block {
            Block::Currency => text.currency.clone_from(&from.currency),
            Block::Calendar => text.calendar.clone_from(&from.calendar),
            Block::Period => text.period.clone_from(&from.period),
            Block::Money => text.money.clone_from(&from.money),
            Block::Corrections => text.corrections.clone_from(&from.corrections),
            Block::Facts => replace(&mut text.facts, &from.facts, |one| *one.name.text == **name),
            Block::Terms => replace(&mut text.terms, &from.terms, |one| *one.name.text == **name),
            Block::Measures => replace(&mut text.measures, &from.measures, |one| {
                *one.name.text == **name
            }),
            Block::Values => replace(&mut text.values, &from.values, |one| {
                *one.name.text == **name
            }),
            Block::Tables => replace(&mut text.tables, &from.tables, |one| {
                *one.name.text == **name
            }),
            Block::Components => replace(&mut text.components, &from.components, |one| {
                *one.name.text == **name
            }),
            Block::Limits => replace(&mut text.limits, &from.limits, |one| {
                *one.name.text == **name
            }),
            Block::Governance => replace(&mut text.governance, &from.governance, |one| {
                said::entry_name(one) == *name
            }),
        }
    }
}

/// Puts what another list has in the place of what is here, at the end where nothing is, and takes out what the other
/// does not have.
fn replace<T: Clone>(here: &mut Vec<T>, there: &[T], is: impl Fn(&T) -> bool) {
    let new = there.iter().find(|one| is(one));
    let place = here.iter_mut().find(|one| is(one));
    match (place, new) {
        (Some(place), Some(new)) => *place = new.clone(),
        (None, Some(new)) => here.push(new.clone()),
        (_, None) => here.retain(|one| !is(one)),
    }
}

/// What the second plan has differently: what is new, what says something else, what is gone.
fn differences(before: &PlanText, after: &PlanText) -> Vec<Open> {
    // Taken apart, so that a block that is added to the language is not forgotten here.
    let PlanText {
        name: _,
        is_template: _,
        title: _,
        version: _,
        is: _,
        currency: _,
        calendar: _,
        period: _,
        money: _,
        from_template: _,
        overrides: _,
        fixed: _,
        parameters: _,
        uses: _,
        objectives: _,
        facts: _,
        terms: _,
        measures: _,
        values: _,
        tables: _,
        components: _,
        limits: _,
        governance: _,
        examples: _,
        corrections: _,
        span: _,
    } = before;
    let (mut added, mut changed, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for block in Block::ALL {
        let (had, has) = (block.names(before), block.names(after));
        for name in &has {
            let slot = Slot {
                block,
                name: name.clone(),
            };
            if !had.contains(name) {
                added.push(open(slot, Became::Added));
                continue;
            }
            let says = said::changes(&said::of(before, &slot), &said::of(after, &slot));
            if !says.is_empty() {
                changed.push(open(slot, Became::Changed(says)));
            }
        }
        for name in had.iter().filter(|name| !has.contains(name)) {
            let slot = Slot {
                block,
                name: name.clone(),
            };
            gone.push(open(slot, Became::TakenOut));
        }
    }
    // What mentions others goes before what it mentions.
    gone.reverse();
    added.into_iter().chain(changed).chain(gone).collect()
}

fn open(slot: Slot, became: Became) -> Open {
    Open {
        thing: Thing {
            name: slot.shown(),
            became,
        },
        slot,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::read_plan;

    const HEAD: &str = "
plan: bonus
currency: EUR
facts:
  sale: { columns: { partner: partner, on: date, amount: money, pieces: count } }
";

    fn read(sources: &mut Sources, name: &str, text: &str) -> PlanText {
        let file = sources.add(name, &format!("{HEAD}{text}"));
        let mut told = Vec::new();
        read_plan(sources, file, &mut told).expect("a plan")
    }

    /// The things of each edit, and the edits' last plan.
    fn walked(before: &str, after: &str) -> (Vec<Vec<Thing>>, Plan) {
        let mut sources = Sources::new();
        let texts = [
            read(&mut sources, "a", before),
            read(&mut sources, "b", after),
        ];
        let [before, after] = texts.each_ref().map(|text| Version {
            text,
            templates: &[],
        });
        let edits = edits(&sources, before, after).expect("both pass their check");
        let last = edits.last().expect("a difference").plan.clone();
        (edits.into_iter().map(|edit| edit.things).collect(), last)
    }

    fn names(edits: &[Vec<Thing>]) -> Vec<Vec<&str>> {
        edits
            .iter()
            .map(|things| things.iter().map(|thing| &*thing.name).collect())
            .collect()
    }

    const SALES: &str = "measures: { sales: { is: Sales, sum: sale.amount } }\n";

    #[test]
    fn a_new_value_comes_before_what_mentions_it_and_an_old_one_goes_after() {
        let before = format!(
            "{SALES}values: {{ old: {{ is: x, formula: 5% }} }}\ncomponents: {{ bonus: {{ is: x, pays: old * sales }} }}"
        );
        let after = format!(
            "{SALES}values: {{ new: {{ is: x, formula: 6% }} }}\ncomponents: {{ bonus: {{ is: x, pays: new * sales }} }}"
        );
        let (edits, last) = walked(&before, &after);
        assert_eq!(
            names(&edits),
            [["values.new"], ["components.bonus"], ["values.old"]]
        );
        assert_eq!(edits[0][0].became, Became::Added);
        let Became::Changed(says) = &edits[1][0].became else {
            panic!("{:?}", edits[1]);
        };
        assert_eq!(says.len(), 1);
        assert_eq!(
            (&*says[0].key, &*says[0].before, &*says[0].after),
            ("pays", "old * sales", "new * sales")
        );
        assert_eq!(edits[2][0].became, Became::TakenOut);
        assert_eq!(last.values.len(), 1);
    }

    #[test]
    fn what_makes_no_sense_alone_is_changed_together() {
        let plan = |of: &str, goal: &str| {
            format!(
                "terms: {{ target.pieces: {{ is: x, unit: count }} }}\nmeasures: {{ sold: {{ is: x, sum: sale.{of} }} }}\n\
                 components: {{ bonus: {{ is: x, pays: 10, gate: sold > {goal} }}, other: {{ is: x, pays: 1 }} }}"
            )
        };
        let (edits, _) = walked(&plan("amount", "100 EUR"), &plan("pieces", "target.pieces"));
        assert_eq!(names(&edits), [["measures.sold", "components.bonus"]]);
    }

    #[test]
    fn words_comments_and_brackets_change_nothing() {
        let before = format!("{SALES}components: {{ bonus: {{ is: x, pays: 5% * sales }} }}");
        let after =
            format!("{SALES}components:\n  # more\n  bonus: {{ is: y, pays: (5%  *  (sales)) }}");
        let mut sources = Sources::new();
        let texts = [
            read(&mut sources, "a", &before),
            read(&mut sources, "b", &after),
        ];
        let [before, after] = texts.each_ref().map(|text| Version {
            text,
            templates: &[],
        });
        assert!(edits(&sources, before, after).expect("fine").is_empty());
    }

    #[test]
    fn bands_are_told_by_their_position() {
        let plan = |rate: &str| {
            format!(
                "{SALES}tables: {{ rates: {{ is: x, of: s, one_band: rate, bands: [ {{ from: lowest, rate: 1% }}, {{ from: 100, rate: {rate} }} ] }} }}\n\
                     components: {{ bonus: {{ is: x, pays: rates(sales) * sales }} }}"
            )
        };
        let (edits, _) = walked(&plan("2%"), &plan("3%"));
        assert_eq!(names(&edits), [["tables.rates"]]);
        let Became::Changed(says) = &edits[0][0].became else {
            panic!("{:?}", edits[0]);
        };
        assert_eq!(says.len(), 1);
        assert_eq!(
            (&*says[0].key, &*says[0].before, &*says[0].after),
            ("band `from 100`, rate", "2%", "3%")
        );
    }
}
