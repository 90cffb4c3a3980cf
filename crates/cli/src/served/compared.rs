//! What differs between a statement and the one before: amounts by component, and the figures behind them.

use std::collections::BTreeMap;

use trueup_base::exact::Exact;
use trueup_server::Refused;
use trueup_server::wire::{
    Comparison, ComponentDifference, Explanation, FigureDifference, Line, LineGrants, Money,
    Statement,
};

use super::look::Look;
use super::statements::short;
use super::{explained, position};

/// How many figures are told of one component.
const FIGURES_MAX: usize = 24;

/// Compares a partner's statement with the one before.
pub fn of(look: &Look, partner: &str, period: &str) -> Result<Comparison, Refused> {
    let all = look.periods_of(partner)?;
    let at = position(&all, period)?;
    let before = at
        .checked_sub(1)
        .and_then(|at| all.get(at))
        .ok_or_else(|| {
            Refused::not_found(format!(
                "{period} is the first period; there is none before"
            ))
        })?;
    let before = &*look.statement(partner, &before.period)?;
    let after = &*look.statement(partner, period)?;
    let mut names: Vec<&str> = Vec::new();
    for line in after.lines.iter().chain(&before.lines) {
        if !names.contains(&line.component.as_str()) {
            names.push(&line.component);
        }
    }
    let mut components = Vec::new();
    for name in names {
        components.push(component(look, partner, (before, after), name)?);
    }
    let size = |one: &ComponentDifference| Exact::parse(&one.difference).map(|sum| sum.abs()).ok();
    components.sort_by_key(|one| std::cmp::Reverse(size(one)));
    let (was, is) = (short(before), short(after));
    Ok(Comparison {
        partner: partner.to_owned(),
        difference: Money {
            amount: less(Some(&is.total.amount), Some(&was.total.amount)),
            currency: is.total.currency.clone(),
        },
        before: was,
        after: is,
        components,
    })
}

fn component(
    look: &Look,
    partner: &str,
    (before, after): (&Statement, &Statement),
    name: &str,
) -> Result<ComponentDifference, Refused> {
    let own = |statement: &Statement| -> Vec<Line> {
        let lines = statement.lines.iter();
        lines
            .filter(|line| line.component == name)
            .cloned()
            .collect()
    };
    let (was, is) = (own(before), own(after));
    let line = is.last().or(was.last());
    let (posted_before, posted_after) = (posted(&was), posted(&is));
    let tree = |statement: &Statement, lines: &[Line]| -> Result<Option<Explanation>, Refused> {
        let Some(last) = lines.last() else {
            return Ok(None);
        };
        let asked = (partner, statement.period.as_str(), last.id.as_str());
        explained::of(look, asked, false).map(|told| Some(told.tree))
    };
    let (tree_before, tree_after) = (tree(before, &was)?, tree(after, &is)?);
    Ok(ComponentDifference {
        component: name.to_owned(),
        is: line.map(|line| line.is.clone()).unwrap_or_default(),
        difference: less(posted_after.as_deref(), posted_before.as_deref()),
        before: posted_before,
        after: posted_after,
        currency: line
            .filter(|line| matches!(line.grants, LineGrants::Money | LineGrants::Fund))
            .map(|line| line.currency.clone()),
        because: differing(tree_before.as_ref(), tree_after.as_ref()),
    })
}

/// What lines of one component post in all; none where none of them has a figure.
fn posted(lines: &[Line]) -> Option<String> {
    let figures: Vec<Exact> = lines
        .iter()
        .filter_map(|line| Exact::parse(line.posted.as_deref()?).ok())
        .collect();
    let first = lines.iter().find_map(|line| line.posted.as_deref())?;
    let sum = figures
        .iter()
        .fold(Exact::ZERO, |sum, figure| &sum + figure);
    Some(crate::earned::exact_at(&sum, places(first)))
}

fn less(after: Option<&str>, before: Option<&str>) -> String {
    let exact = |text: Option<&str>| text.and_then(|text| Exact::parse(text).ok());
    let places = places(after.or(before).unwrap_or("0"));
    let difference = &exact(after).unwrap_or(Exact::ZERO) - &exact(before).unwrap_or(Exact::ZERO);
    crate::earned::exact_at(&difference, places)
}

/// How many places a decimal text has.
fn places(text: &str) -> u32 {
    let behind = text.split_once('.').map_or(0, |(_, behind)| behind.len());
    u32::try_from(behind).unwrap_or(0)
}

/// The named figures of two explanations that differ, in the order in which the later one has them.
fn differing(before: Option<&Explanation>, after: Option<&Explanation>) -> Vec<FigureDifference> {
    let (mut order, mut all) = (Vec::new(), BTreeMap::new());
    for (side, tree) in [after, before].into_iter().enumerate() {
        let Some(tree) = tree else { continue };
        let mut next = vec![tree];
        while let Some(node) = next.pop() {
            next.extend(node.inputs.iter().rev());
            let is_told = matches!(
                node.about.as_str(),
                "component" | "limit" | "value" | "measure" | "term" | "band"
            );
            // The same name in an earlier window is another figure.
            let is_own = node.period == tree.period;
            if !is_told || !is_own {
                continue;
            }
            let named = (node.about.clone(), node.name.clone());
            let known = all.entry(named.clone()).or_insert_with(|| {
                order.push(named);
                FigureDifference {
                    name: node.name.clone(),
                    is: node.is.clone(),
                    before: None,
                    after: None,
                }
            });
            let slot = match side {
                0 => &mut known.after,
                _ => &mut known.before,
            };
            slot.get_or_insert_with(|| node.figure.clone());
        }
    }
    let told = order.iter().filter_map(|named| all.remove(named));
    told.filter(|one| one.before != one.after)
        .take(FIGURES_MAX)
        .collect()
}
