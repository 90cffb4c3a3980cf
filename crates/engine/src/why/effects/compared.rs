//! Two looks at a line, one before a step and one after it, compared.

use std::cmp::Ordering;

use trueup_base::exact::Exact;

use super::seen::{Asked, Bound, Seen};
use super::{Effect, EffectKind};
use crate::explain::{BandShown, Figure, Subject, no_answer};

/// Adds what differs between two looks at one window of a line, whose settlement is called `period`.
pub(super) fn compare(was: &Seen, is: &Seen, period: &str, effects: &mut Vec<Effect>) {
    let mut push = |mut effect: Effect| {
        if is.window != period && is_of_window(effect.kind) {
            effect.place.clone_from(&is.window);
        }
        if !effects.contains(&effect) {
            effects.push(effect);
        }
    };
    for (kind, was, is) in [
        (EffectKind::Applies, &was.applies, &is.applies),
        (EffectKind::Gate, &was.gate, &is.gate),
    ] {
        if let Some(effect) = of_condition(kind, was.as_ref(), is.as_ref()) {
            push(effect);
        }
    }
    let mut figures: Vec<Effect> = is
        .figures
        .iter()
        .filter_map(|(asked, after)| {
            let before = same_figure(asked, was, is)?;
            (before != after).then(|| of_figure(asked, before, after, period))
        })
        .collect();
    // What the window itself says comes before what it was asked of others.
    let own = in_words(&is.window, period);
    figures.sort_by_key(|effect| (effect.kind, effect.place != own));
    figures.into_iter().for_each(&mut push);
    if was.bands.len() == is.bands.len() {
        for ((_, before), (of_period, after)) in was.bands.iter().zip(&is.bands) {
            if let Some(mut effect) = of_band(before, after) {
                effect.place = in_words(of_period, period);
                push(effect);
            }
        }
    }
    if let (Some(was), Some(is)) = (&was.pays, &is.pays)
        && was != is
    {
        push(Effect {
            kind: EffectKind::Pays,
            name: "pays".to_owned(),
            place: String::new(),
            before: was.to_string(),
            after: is.to_string(),
            said: String::new(),
        });
    }
    for (kind, was, is) in [
        (EffectKind::Floor, &was.floor, &is.floor),
        (EffectKind::Cap, &was.cap, &is.cap),
    ] {
        if let Some(effect) = of_bound(kind, was.as_ref(), is.as_ref()) {
            push(effect);
        }
    }
    if let Some(effect) = of_limit(was, is) {
        push(effect);
    }
}

/// The figure of the other side that was asked in the same place; where an agreement cuts the window on one side only, the
/// one of its name.
fn same_figure<'s>(asked: &Asked, other: &'s Seen, own: &Seen) -> Option<&'s Figure> {
    if let Some((_, figure)) = other.figures.iter().find(|(known, _)| known == asked) {
        return Some(figure);
    }
    let name = |asked: &Asked| (asked.0, asked.1.clone(), asked.2.clone());
    let unmatched = |seen: &'s Seen, without: &Seen| -> Vec<&'s Figure> {
        let alone = seen.figures.iter().filter(|(known, _)| {
            name(known) == name(asked) && !without.figures.iter().any(|(other, _)| other == known)
        });
        alone.map(|(_, figure)| figure).collect()
    };
    let is_only = own
        .figures
        .iter()
        .filter(|(known, _)| {
            name(known) == name(asked) && !other.figures.iter().any(|(one, _)| one == known)
        })
        .count()
        == 1;
    match unmatched(other, own).as_slice() {
        [only] if is_only => Some(only),
        _ => None,
    }
}

/// Whether an effect is about the component's window; others say their own period or are about the settlement.
fn is_of_window(kind: EffectKind) -> bool {
    match kind {
        EffectKind::Applies
        | EffectKind::Gate
        | EffectKind::Pays
        | EffectKind::Floor
        | EffectKind::Cap => true,
        EffectKind::Contingency
        | EffectKind::Guardrail
        | EffectKind::Measure
        | EffectKind::Term
        | EffectKind::Given
        | EffectKind::Value
        | EffectKind::Component
        | EffectKind::Band
        | EffectKind::Limit
        | EffectKind::Before
        | EffectKind::Open => false,
    }
}

fn of_condition(
    kind: EffectKind,
    was: Option<&(String, Option<bool>)>,
    is: Option<&(String, Option<bool>)>,
) -> Option<Effect> {
    // No condition is one that always holds.
    let holds = |one: Option<&(String, Option<bool>)>| one.map_or(Some(true), |one| one.1);
    let (before, after) = (holds(was), holds(is));
    if before == after {
        return None;
    }
    let word = |holds: Option<bool>| match holds {
        Some(true) => "true".to_owned(),
        Some(false) => "false".to_owned(),
        None => "no answer".to_owned(),
    };
    let said = match (kind, after) {
        (EffectKind::Gate, Some(true)) => "it opened",
        (EffectKind::Gate, Some(false)) => "it closed",
        (_, Some(true)) => "the partner has it now",
        (_, Some(false)) => "the partner has it no longer",
        (_, None) => "it waits for an answer",
    };
    Some(Effect {
        kind,
        name: is.or(was).map(|one| one.0.clone()).unwrap_or_default(),
        place: String::new(),
        before: word(before),
        after: word(after),
        said: said.to_owned(),
    })
}

fn of_figure(asked: &Asked, before: &Figure, after: &Figure, period: &str) -> Effect {
    let (subject, name, _, of_period) = asked;
    let kind = match subject {
        Subject::Measure => EffectKind::Measure,
        Subject::Term => EffectKind::Term,
        Subject::Given => EffectKind::Given,
        Subject::Component | Subject::Limit => EffectKind::Component,
        Subject::Contingency => EffectKind::Contingency,
        Subject::Guardrail => EffectKind::Guardrail,
        Subject::Value
        | Subject::Formula
        | Subject::Was
        | Subject::Changed
        | Subject::Band
        | Subject::Row
        | Subject::LeftOut => EffectKind::Value,
    };
    Effect {
        kind,
        name: name.clone(),
        place: in_words(of_period, period),
        before: in_short(before),
        after: in_short(after),
        said: String::new(),
    }
}

/// A period, where it is not the line's own.
fn in_words(of_period: &str, period: &str) -> String {
    match of_period == period {
        true => String::new(),
        false => of_period.to_owned(),
    }
}

/// A figure; where there is none, without the reason, which the open question tells.
fn in_short(figure: &Figure) -> String {
    match figure {
        Figure::None { kind, .. } => no_answer(*kind).to_owned(),
        Figure::Number { .. }
        | Figure::Flag(_)
        | Figure::Date(_)
        | Figure::Duration(_)
        | Figure::Text(_)
        | Figure::Differs => figure.to_string(),
    }
}

fn of_band(was: &BandShown, is: &BandShown) -> Option<Effect> {
    if was.table != is.table || (was.bands == is.bands && was.cells == is.cells) {
        return None;
    }
    let cells = |band: &BandShown| -> String {
        let cells: Vec<String> = band
            .cells
            .iter()
            .map(|cell| format!("{} {}", cell.name, cell.figure))
            .collect();
        match (band.bands.join(", "), cells.join(", ")) {
            (bands, cells) if cells.is_empty() => format!("`{bands}`"),
            (bands, cells) => format!("`{bands}` ({cells})"),
        }
    };
    let said = match was.bands == is.bands {
        true => String::new(),
        false => crossed(was, is).unwrap_or_default(),
    };
    Some(Effect {
        kind: EffectKind::Band,
        name: was.table.clone(),
        place: String::new(),
        before: cells(was),
        after: cells(is),
        said,
    })
}

/// How one band came to another: the argument crossed a bound, or a bound passed the argument.
fn crossed(was: &BandShown, is: &BandShown) -> Option<String> {
    let argument = |band: &BandShown| match band.arguments.as_slice() {
        [only] => exact(&only.figure),
        _ => None,
    };
    let bound = |band: &BandShown, name: &str| {
        let found = band.bounds.iter().find(|bound| bound.name == name);
        found.map(|bound| bound.figure.clone())
    };
    match argument(was)?.cmp(&argument(is)?) {
        Ordering::Less => Some(format!("crossed at {}", bound(is, "from")?)),
        Ordering::Greater => Some(format!("crossed at {}", bound(was, "from")?)),
        Ordering::Equal => {
            let moved = |before: Figure, after: Figure| {
                let how = if exact(&before)? < exact(&after)? {
                    "rose"
                } else {
                    "fell"
                };
                Some(format!("its bound {how} from {before} to {after}"))
            };
            let of_upper = match (bound(was, "to"), bound(is, "from")) {
                (Some(before), Some(after)) if exact(&after)? < exact(&before)? => {
                    moved(before, after)
                }
                (_, _) => None,
            };
            of_upper.or_else(|| moved(bound(was, "from")?, bound(is, "to")?))
        }
    }
}

fn exact(figure: &Figure) -> Option<Exact> {
    match figure {
        Figure::Number { exact, .. } => Some(exact.clone()),
        Figure::Flag(_)
        | Figure::Date(_)
        | Figure::Duration(_)
        | Figure::Text(_)
        | Figure::None { .. }
        | Figure::Differs => None,
    }
}

fn of_bound(kind: EffectKind, was: Option<&Bound>, is: Option<&Bound>) -> Option<Effect> {
    let decides = |bound: Option<&Bound>| bound.is_some_and(|bound| bound.decides);
    let (decided, does) = (decides(was), decides(is));
    let figure = |bound: Option<&Bound>| bound.map_or_else(String::new, |one| one.figure.clone());
    let (before, after) = (figure(was), figure(is));
    if !decided && !does {
        return None;
    }
    if decided && does && before == after {
        return None;
    }
    let name = if kind == EffectKind::Floor {
        "at_least"
    } else {
        "at_most"
    };
    let would_be = is.or(was).map_or("", |bound| &bound.would_be);
    let said = match (decided, does) {
        (false, true) => format!("reached: without it {would_be}"),
        (true, false) => "no longer reached".to_owned(),
        (_, _) => "it decides in both".to_owned(),
    };
    let (before, after) = match before == after {
        true => (String::new(), after),
        false => (before, after),
    };
    Some(Effect {
        kind,
        name: name.to_owned(),
        place: String::new(),
        before,
        after,
        said,
    })
}

fn of_limit(was: &Seen, is: &Seen) -> Option<Effect> {
    let told = |seen: &Seen| {
        let limited = seen.limit.as_ref()?;
        Some(match limited.cuts {
            true => format!("leaves {} of {}", limited.left, limited.own),
            false => "leaves it whole".to_owned(),
        })
    };
    let (before, after) = (told(was), told(is));
    let cuts = |seen: &Seen| seen.limit.as_ref().is_some_and(|limited| limited.cuts);
    if before == after || !(cuts(was) || cuts(is)) {
        return None;
    }
    let shown = is.limit.as_ref().or(was.limit.as_ref())?;
    Some(Effect {
        kind: EffectKind::Limit,
        name: shown.limit.clone(),
        place: String::new(),
        before: before.unwrap_or_default(),
        after: after.unwrap_or_default(),
        said: match shown.others.as_str() {
            "" => String::new(),
            others => format!("held together with {others}"),
        },
    })
}
