//! A change in one sentence, as it would be said in a meeting.

use trueup_base::exact::Exact;

use crate::diff::change::Kind;
use crate::diff::names::List;
use crate::diff::said::{self, short};
use crate::diff::slots::Read;
use crate::diff::smallest::Smallest;
use crate::tree::{Reading, Text};

/// Up to so many characters a formula is shown whole.
const SHORT: usize = 48;

/// What both sides of a part say, in the shortest way.
pub(super) struct Told {
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    /// `rises from 2% to 2.5% (+0.5 points)`, where both are figures.
    pub(super) moves: Option<String>,
    /// The part that differs, where both are formulas.
    pub(super) smallest: Option<Smallest>,
}

impl Told {
    /// How the part goes from the one to the other, with a verb.
    pub(super) fn goes(&self) -> String {
        if let Some(moves) = &self.moves {
            return moves.clone();
        }
        let (before, after) = (
            self.before.as_deref().unwrap_or("nothing"),
            self.after.as_deref().unwrap_or("nothing"),
        );
        let is_long = |text: &str| text.chars().count() > SHORT;
        match &self.smallest {
            Some(small) if small.is_part && (is_long(before) || is_long(after)) => {
                let what = match &small.moves {
                    Some(moves) => moves.clone(),
                    None => format!("{} becomes {}", small.before, small.after),
                };
                let verb = if small.moves.is_some() {
                    "a figure in it "
                } else {
                    ""
                };
                format!("changes: {verb}{}, in {}", short(&what), short(after))
            }
            Some(_) | None => format!("changes from {} to {}", short(before), short(after)),
        }
    }
}

/// How something that is a multiple of what it was goes from the one to the other.
pub(super) fn scaled(before: &str, after: &str, times: &Exact) -> Option<String> {
    if !times.is_positive() || *times == Exact::ONE {
        return None;
    }
    // Of what takes money off, more is less.
    let takes_off = before.starts_with('-') || before.starts_with("0 -");
    let (verb, size) = match (takes_off, *times > Exact::ONE) {
        (true, _) => ("changes", " in size"),
        (false, true) => ("rises", ""),
        (false, false) => ("falls", ""),
    };
    let by = said::relative(times);
    Some(format!(
        "{verb} from {} to {} ({by}{size})",
        short(before),
        short(after)
    ))
}

/// A change of one part of a thing.
pub(super) fn slot(list: List, part: &str, name: &str, told: &Told) -> String {
    let after = short(told.after.as_deref().unwrap_or_default());
    let before = short(told.before.as_deref().unwrap_or_default());
    let goes = told.goes();
    match (part, &told.before, &told.after) {
        ("at_most", None, _) => format!("{name} is now capped at {after}"),
        ("at_most", _, None) => format!("{name} is no longer capped; its cap was {before}"),
        ("at_most", ..) => format!("the cap of {name} {goes}"),
        ("at_least", None, _) => format!("{name} now has a floor of {after}"),
        ("at_least", _, None) => format!("{name} no longer has a floor; it was {before}"),
        ("at_least", ..) => format!("the floor of {name} {goes}"),
        ("gate", None, _) => format!("{name} now pays only while {after}"),
        ("gate", _, None) => format!("{name} pays without its gate, which was {before}"),
        ("gate", ..) => format!("the gate of {name} {goes}"),
        ("for", None, _) => format!("{name} is now only for those with {after}"),
        ("for", _, None) => {
            format!("{name} is now for everyone, and no longer only for those with {before}")
        }
        ("for", ..) => format!("who has {name} {goes}"),
        ("over", ..) => {
            format!("{name} is now earned over each {after} and not over each {before}")
        }
        ("every", None, _) => format!("{name} is now asked in each {after}"),
        ("every", _, None) => format!("{name} has no step any more; it was {before}"),
        ("every", ..) if list == List::Values => {
            format!("{name} is now asked in each {after} and not in each {before}")
        }
        ("every", ..) => format!("{name} is now settled every {after} and not every {before}"),
        ("each", None, _) if list == List::Values => {
            format!("{name} now has a figure for each {after}")
        }
        ("each", _, None) if list == List::Values => {
            format!("{name} is one figure, and no longer one for each {before}")
        }
        ("each", ..) if list == List::Values => {
            format!("{name} has a figure for each {after} and no longer for each {before}")
        }
        ("each", None, _) => format!("{name} now pays on each {after}"),
        ("each", _, None) => format!("{name} pays once for its window, and not on each {before}"),
        ("each", ..) => format!("{name} now pays on each {after} and not on each {before}"),
        ("role", ..) if list == List::Kinds => {
            format!("of {name}, the role {after} counts where none is named, and not {before}")
        }
        ("role", ..) => format!("{name} reads the role {after} and not {before}"),
        ("where", None, _) => format!("{name} now counts only rows with {after}"),
        ("where", _, None) => {
            format!("{name} now counts all rows, and not only those with {before}")
        }
        ("where", ..) => format!("which rows {name} counts {goes}"),
        ("pays", ..) => format!("what {name} pays {goes}"),
        ("formula", ..) => format!("{name} {goes}"),
        ("rounding", ..) => {
            let unrounded = |text: &str| match text {
                "" => "not at all".to_owned(),
                step => format!("to {step}"),
            };
            format!(
                "{name} is rounded {} and not {}",
                unrounded(&after),
                unrounded(&before)
            )
        }
        ("paid", ..) => format!("{name} becomes payable {after}, and no longer {before}"),
        ("recovers", ..) => {
            let or_default = |text: &str| match text {
                "" => "as where nothing is said".to_owned(),
                text => format!("from {text}"),
            };
            format!(
                "what {name} takes back is taken {}, and no longer {}",
                or_default(&after),
                or_default(&before)
            )
        }
        ("unit", ..) if list == List::Components => {
            format!("{name} grants {after} and no longer {before}")
        }
        ("unit", ..) => format!("{name} is now {after} and no longer {before}"),
        ("stacks_with", ..) => {
            let nothing = |text: &str| match text {
                "" => "nothing".to_owned(),
                text => text.to_owned(),
            };
            format!(
                "{name} is meant to pay on the same rows as {}, and no longer as {}",
                nothing(&after),
                nothing(&before)
            )
        }
        ("agreed", None, _) => {
            format!("where an agreement says nothing of {name}, {after} now holds")
        }
        ("agreed", _, None) => {
            format!("every agreement must now state {name}; where it said nothing, {before} held")
        }
        ("agreed", ..) => format!("{name}, where an agreement says nothing, {goes}"),
        ("per", None, _) => format!("{name} is now agreed for each {after} and shared out"),
        ("per", _, None) => {
            format!("{name} is one figure now, and no longer one for each {before}")
        }
        ("per", ..) => format!("{name} is now agreed for each {after} and not for each {before}"),
        ("spread", ..) => format!("{name} is shared out {after} and no longer {before}"),
        ("dated", ..) => format!("{name} counts by {after} and no longer by {before}"),
        ("at", ..) => format!("{name} counts rows by {after} and no longer by {before}"),
        ("by", None, _) => format!("{name} now has a figure for each {after}"),
        ("by", _, None) => format!("{name} is one figure, and no longer one for each {before}"),
        ("by", ..) => format!("what {name} has a figure for {goes}"),
        ("keys", None, _) => format!("{name} now declares its keys: {after}"),
        ("keys", _, None) => format!("{name} no longer declares its keys, which were {before}"),
        ("keys", ..) => format!("the keys of {name} are {after} and no longer {before}"),
        ("on", ..) => format!("{name} holds {after} and no longer {before}"),
        ("may_move", None, _) => format!("{name} may now move at most {after} of the pay"),
        ("may_move", _, None) => {
            format!("how much of the pay {name} may move is no longer agreed; it was {before}")
        }
        ("may_move", ..) => {
            format!("{name} may move {after} of the pay and no longer {before}")
        }
        ("within", ..) => between(list, name, (&told.before, &before), &after),
        ("order", ..) => format!("{name} holds in another order among the limits over the same"),
        ("cut", ..) => format!("under {name}, {after}, and no longer {before}"),
        ("sum" | "count" | "count_distinct" | "min" | "max" | "latest", ..) => {
            format!("{name} {goes}")
        }
        (other, ..) => format!("{other} of {name} {goes}"),
    }
}

/// Where a term may be agreed, or a measure lies.
fn between(list: List, name: &str, was: (&Option<String>, &str), is: &str) -> String {
    let may = match list {
        List::Terms => "may be agreed",
        _ => "is said to lie",
    };
    match (was.0, is) {
        (_, "") => format!("{name} {may} anywhere; before, {}", was.1),
        (None, _) => format!("{name} {may} {is}, and no longer anywhere"),
        (Some(_), _) => format!("{name} {may} {is} and no longer {}", was.1),
    }
}

/// A thing under another name.
pub(super) fn renamed(list: List, was: &Text, is: &Text) -> String {
    let also = match list {
        List::Values | List::Tables => "",
        List::Terms => "; agreements must state it under its new name",
        List::Kinds => "; program.yaml must call it so too",
        List::Measures => "; disputes and objectives know it by its new name",
        List::Components | List::Limits => "; statements show it under its new name",
    };
    format!("{is} is what was called {was}{also}")
}

/// Other words for the same.
pub(super) fn reworded(part: &str, name: &str, old: &str, new: &str) -> String {
    if part == "is" {
        return match (old.is_empty(), new.is_empty()) {
            (true, _) => format!("{name} is now described: {}", short(new)),
            (_, true) => format!("{name} is no longer described; it was: {}", short(old)),
            (false, false) => format!("{name} is described in other words: {}", short(new)),
        };
    }
    if part == "validated_by" && !old.is_empty() && !new.is_empty() {
        return format!("{name} is validated by {new} and no longer by {old}");
    }
    let what = match part {
        "validated_by" => format!("who validates {name}"),
        "source" => format!("the source of {name}"),
        "disputed_in" => format!("where {name} is disputed"),
        "shows" => format!("what {name} shows"),
        "uncapped" => format!("why {name} has no cap"),
        "cliff" => format!("why {name} has its jump"),
        "title" => "the title".to_owned(),
        other => format!("{other} of {name}"),
    };
    match (old.is_empty(), new.is_empty()) {
        (true, _) => format!("{what} is now said: {}", short(new)),
        (_, true) => format!("{what} is no longer said: {}", short(old)),
        (false, false) => format!("{what} is said in other words: {}", short(new)),
    }
}

/// A thing that stands on one side alone.
pub(super) fn alone(read: &Read<'_>, list: List, at: usize, kind: Kind) -> String {
    let plan = read.plan();
    let name = list
        .names(plan)
        .get(at)
        .map(|name| name.to_string())
        .unwrap_or_default();
    let text = short(&in_one_line(read, list, at));
    let word = match list {
        List::Kinds => "kind of fact",
        List::Terms => "term",
        List::Measures => "measure",
        List::Values => "value",
        List::Tables => "table",
        List::Components => "component",
        List::Limits => "limit",
    };
    match (list, kind) {
        (List::Components, Kind::Added) => format!("a new component {name} pays {text}"),
        (List::Components, _) => format!("{name} is gone; it paid {text}"),
        (List::Terms, Kind::Added) => {
            let has_default = plan.terms.get(at).is_some_and(|term| term.agreed.is_some());
            let must = if has_default {
                ""
            } else {
                "; every agreement must state it"
            };
            format!("a new term {name}: {text}{must}")
        }
        (_, Kind::Added) => format!("a new {word} {name}: {text}"),
        (_, _) => format!("the {word} {name} is gone; it was {text}"),
    }
}

/// A whole thing on one line.
pub(super) fn in_one_line(read: &Read<'_>, list: List, at: usize) -> String {
    let plan = read.plan();
    let writer = read.writer();
    let formula = |expr| said::formula(&writer, expr);
    let text = match list {
        List::Kinds => plan.kinds.get(at).map(|kind| {
            let columns: Vec<&str> = kind.columns.iter().map(|column| &*column.name).collect();
            columns.join(", ")
        }),
        List::Terms => plan.terms.get(at).map(|term| {
            let mut text = said::type_word(term.of);
            if let Some(per) = term.per {
                text.push_str(&format!(" per {}", said::window(per)));
            }
            if let Some(agreed) = &term.agreed {
                text.push_str(&format!(", {} unless agreed", formula(agreed)));
            }
            text
        }),
        List::Measures => {
            let slots = read.slots(list, at, &mut crate::diff::keys::Keys::default());
            slots
                .first()
                .and_then(|fold| fold.says.clone())
                .map(|fold| {
                    let filter = plan.measures.get(at).and_then(|one| one.filter.as_ref());
                    match filter {
                        Some(filter) => format!("{fold} where {}", formula(filter)),
                        None => fold,
                    }
                })
        }
        List::Values => plan.values.get(at).map(|value| formula(&value.formula)),
        List::Tables => plan.tables.get(at).map(|table| {
            let inside = writer.inside(table);
            let bands: usize = table.axes.iter().map(|axis| axis.bounds.len()).product();
            let reading = match &table.reading {
                Reading::EachBand(formula) => format!("each band {}", inside.text(formula)),
                Reading::OneBand(formula) => format!("one band {}", inside.text(formula)),
                Reading::Line(column) => {
                    let name = table.columns.get(*column).map(|column| &*column.name);
                    format!("a line of {}", name.unwrap_or_default())
                }
            };
            format!("{bands} bands, {reading}")
        }),
        List::Components => plan.components.get(at).map(|component| {
            let mut text = formula(&component.pays);
            if let Some(each) = &component.each {
                text.push_str(&format!(" on each {}", plan[each.kind].name));
            }
            if let Some(gate) = &component.gate {
                text.push_str(&format!(", while {}", formula(gate)));
            }
            if let Some(most) = &component.at_most {
                text.push_str(&format!(", at most {}", formula(most)));
            }
            text
        }),
        List::Limits => plan.limits.get(at).map(|limit| {
            let names: Vec<&str> = limit
                .on
                .iter()
                .map(|on| &**said::name_of(plan, *on))
                .collect();
            let mut text = String::new();
            if let Some(most) = &limit.at_most {
                text.push_str(&format!("at most {} ", formula(most)));
            }
            if let Some(least) = &limit.at_least {
                text.push_str(&format!("at least {} ", formula(least)));
            }
            text.push_str(&format!(
                "for {} over each {}",
                names.join(", "),
                said::window(limit.over)
            ));
            text
        }),
    };
    text.unwrap_or_default()
}
