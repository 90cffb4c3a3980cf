//! The plan before with one change made, or some, and nothing else: what the change alone would do.
//!
//! What comes out is held to the rules that the evaluator relies on: no name reaches itself inside one window, bounds
//! that are written out rise, windows fit into each other, limits nest. Where a change can only be made together with
//! others, there is nothing.

use crate::diff::carry::Carry;
use crate::diff::edit::{Edit, TableEdit};
use crate::diff::names::{List, Matched};
use crate::diff::removal::remove;
use crate::diff::sound::holds;
use crate::tree::{
    Component, CreditLine, CreditTo, Expr, GovernanceBlock, Grant, KindId, Limit, Plan, Reading,
    Reference, Table, Text,
};

/// The plan before with these changes made.
pub(super) fn made(
    before: &Plan,
    after: &Plan,
    matched: &Matched,
    edits: &[&Edit],
) -> Option<Plan> {
    let mut carry = Carry::new(before, after, matched);
    let mut edits: Vec<&Edit> = edits.to_vec();
    // Bands go in and out from the highest down, and things go out last, so that positions hold.
    edits.sort_by_key(|edit| std::cmp::Reverse(place(edit)));
    let mut done: Vec<&Edit> = Vec::new();
    for edit in edits {
        // Several changes may be one and the same thing to do.
        if !done.contains(&edit) {
            make(&mut carry, edit)?;
            done.push(edit);
        }
    }
    let plan = carry.plan;
    holds(&plan).then_some(plan)
}

/// Where among several an edit is made: tables by their bands from the end, removals last.
fn place(edit: &Edit) -> (bool, usize) {
    match edit {
        Edit::Remove { before, .. } => (false, *before),
        Edit::Table { of, .. } => (
            true,
            match of {
                TableEdit::AddBand { at, .. } => *at,
                TableEdit::RemoveBands { from, .. } => *from,
                TableEdit::Bound { before, .. } => *before,
                TableEdit::Cell { before, .. } => before.0.first().copied().unwrap_or(0),
                TableEdit::Whole | TableEdit::Reading => 0,
            },
        ),
        Edit::Nothing
        | Edit::Slot { .. }
        | Edit::Head(_)
        | Edit::Credits { .. }
        | Edit::Add { .. }
        | Edit::Block { .. }
        | Edit::Together => (true, 0),
    }
}

fn make(carry: &mut Carry<'_>, edit: &Edit) -> Option<()> {
    match edit {
        Edit::Nothing | Edit::Together => None,
        Edit::Slot {
            list,
            before,
            after,
            part,
        } => slot(carry, *list, (*before, *after), part),
        Edit::Head(part) => head(carry, part),
        Edit::Credits { before, after } => credits(carry, *before, *after),
        Edit::Table { before, after, of } => table(carry, (*before, *after), of),
        Edit::Add { list, after } => add(carry, *list, *after),
        Edit::Remove { list, before } => remove(&mut carry.plan, *list, *before),
        Edit::Block { block, name } => entry(carry, block, name),
    }
}

fn slot(
    carry: &mut Carry<'_>,
    list: List,
    (before, after): (usize, usize),
    part: &str,
) -> Option<()> {
    match list {
        List::Terms => {
            let new = carry.after.terms.get(after)?;
            let agreed = carry.optional(new.agreed.as_ref())?;
            let term = carry.plan.terms.get_mut(before)?;
            match part {
                "per" => {
                    term.per = new.per;
                    term.spread = new.spread.clone();
                }
                "spread" => term.spread = new.spread.clone(),
                "agreed" => term.agreed = agreed,
                _ => return None,
            }
        }
        List::Measures => measure(carry, (before, after), part)?,
        List::Values => {
            let (old, new) = (
                carry.before.values.get(before)?,
                carry.after.values.get(after)?,
            );
            let formula = carry.expr(&new.formula)?;
            let level = carry.level(new.level)?;
            let each = carry.value_keys(new.each.as_ref())?;
            let fits =
                old.formula.of == formula.of && old.carried == new.carried && old.each == each;
            let value = carry.plan.values.get_mut(before)?;
            match part {
                "formula" if fits => {
                    value.formula = formula;
                    value.level = level;
                }
                "every" if old.carried == new.carried => value.every = new.every,
                _ => return None,
            }
        }
        List::Components => component(carry, (before, after), part)?,
        List::Limits => limit(carry, (before, after), part)?,
        List::Kinds => kind(carry, (before, after), part)?,
        List::Tables => return None,
    }
    Some(())
}

fn measure(carry: &mut Carry<'_>, (before, after): (usize, usize), part: &str) -> Option<()> {
    let old = carry.before.measures.get(before)?;
    let new = carry.measure(carry.after.measures.get(after)?)?;
    if old.answers != new.answers || old.by.is_some() != new.by.is_some() {
        return None;
    }
    let is_of_one_kind = old.kind == new.kind;
    let own = carry.plan.measures.get_mut(before)?;
    match part {
        "sum" | "count" | "count_distinct" | "min" | "max" | "latest" if is_of_one_kind => {
            own.fold = new.fold;
            own.of = new.of;
        }
        // Rows of another kind have other columns: all of it goes together.
        "sum" | "count" | "count_distinct" | "min" | "max" | "latest" => {
            let (name, span) = (own.name.clone(), own.span);
            *own = new;
            own.name = name;
            own.span = span;
        }
        _ if !is_of_one_kind => return None,
        "where" => own.filter = new.filter,
        "at" => own.at = new.at,
        "role" => own.role = new.role,
        "by" => own.by = new.by,
        "keys" => own.keys = new.keys,
        _ => return None,
    }
    Some(())
}

fn component(carry: &mut Carry<'_>, (before, after): (usize, usize), part: &str) -> Option<()> {
    let old = carry.before.components.get(before)?;
    let raw = carry.after.components.get(after)?;
    if old.grants != raw.grants {
        return None;
    }
    let kinds = (
        old.each.as_ref().map(|each| each.kind),
        match &raw.each {
            Some(each) => Some(carry.kind(each.kind)?),
            None => None,
        },
    );
    // What it pays on and what it pays go together where the rows are other ones.
    let is_on_the_same = kinds.0 == kinds.1;
    let new = |carry: &mut Carry<'_>, expr: Option<&Expr>| carry.optional(expr);
    match part {
        "for" => own(carry, before)?.applies = new(carry, raw.applies.as_ref())?,
        "gate" => own(carry, before)?.gate = new(carry, raw.gate.as_ref())?,
        "at_least" => own(carry, before)?.at_least = new(carry, raw.at_least.as_ref())?,
        "at_most" => own(carry, before)?.at_most = new(carry, raw.at_most.as_ref())?,
        "pays" if is_on_the_same && old.pays.of == raw.pays.of => {
            let pays = carry.expr(&raw.pays)?;
            own(carry, before)?.pays = pays;
        }
        "each" if old.pays.of == raw.pays.of => {
            let each = match &raw.each {
                Some(each) => Some(carry.each(each)?),
                None => None,
            };
            let pays = carry.expr(&raw.pays)?;
            let component = own(carry, before)?;
            component.each = each;
            component.pays = pays;
        }
        "role" | "where" if is_on_the_same => {
            let each = carry.each(raw.each.as_ref()?)?;
            let mine = own(carry, before)?.each.as_mut()?;
            if part == "role" {
                mine.role = each.role;
            } else {
                mine.filter = each.filter;
            }
        }
        "over" => {
            let follows = old.every == old.over && raw.every == raw.over;
            let component = own(carry, before)?;
            component.over = raw.over;
            if follows {
                component.every = raw.every;
            }
        }
        "every" => own(carry, before)?.every = raw.every,
        "rounding" => own(carry, before)?.rounding = raw.rounding.clone(),
        "paid" => {
            let mut paid = raw.paid.clone();
            for line in &mut paid {
                line.condition = carry.optional(line.condition.as_ref())?;
            }
            own(carry, before)?.paid = paid;
        }
        "recovers" => own(carry, before)?.recovers = raw.recovers.clone(),
        _ => return None,
    }
    Some(())
}

fn own<'c>(carry: &'c mut Carry<'_>, at: usize) -> Option<&'c mut Component> {
    carry.plan.components.get_mut(at)
}

fn limit(carry: &mut Carry<'_>, (before, after): (usize, usize), part: &str) -> Option<()> {
    let raw = carry.after.limits.get(after)?;
    let carried = match part {
        "on" => {
            let on = raw.on.iter().map(|on| carry.reference(*on));
            let on = on.collect::<Option<Vec<Reference>>>()?;
            Limit {
                on,
                ..carry.plan.limits.get(before)?.clone()
            }
        }
        "over" => Limit {
            over: raw.over,
            ..carry.plan.limits.get(before)?.clone()
        },
        "at_most" => {
            let at_most = carry.optional(raw.at_most.as_ref())?;
            Limit {
                at_most,
                ..carry.plan.limits.get(before)?.clone()
            }
        }
        "at_least" => {
            let at_least = carry.optional(raw.at_least.as_ref())?;
            Limit {
                at_least,
                ..carry.plan.limits.get(before)?.clone()
            }
        }
        "cut" => Limit {
            cut: raw.cut,
            ..carry.plan.limits.get(before)?.clone()
        },
        _ => return None,
    };
    *carry.plan.limits.get_mut(before)? = carried;
    Some(())
}

fn kind(carry: &mut Carry<'_>, (before, after): (usize, usize), part: &str) -> Option<()> {
    let id = KindId(u16::try_from(before).ok()?);
    let new = KindId(u16::try_from(after).ok()?);
    let old = carry.before.kinds.get(before)?;
    match part {
        "dated" => {
            let (_, dated) = carry.column(new, carry.after[new].dated)?;
            let was = old.dated;
            carry.plan.kinds.get_mut(before)?.dated = dated;
            // What counts by the kind's own date goes with it.
            for (at, measure) in carry.plan.measures.iter_mut().enumerate() {
                let now = carry.matched.after(List::Measures, at);
                let follows = now
                    .and_then(|now| carry.after.measures.get(now))
                    .is_some_and(|now| now.kind == new && now.at == carry.after[new].dated);
                if measure.kind == id && measure.at == was && follows {
                    measure.at = dated;
                }
            }
        }
        "role" => {
            let role = carry.role(new, &carry.after[new].credited.first()?.role);
            let was = old.credited.first()?.role.clone();
            let lines = &mut carry.plan.kinds.get_mut(before)?.credited;
            let at = lines.iter().position(|line| line.role == role)?;
            let line = lines.remove(at);
            lines.insert(0, line);
            for measure in &mut carry.plan.measures {
                if measure.kind == id && measure.role == was {
                    measure.role = role.clone();
                }
            }
            let each = carry.plan.components.iter_mut();
            for each in each.filter_map(|component| component.each.as_mut()) {
                if each.kind == id && each.role == was {
                    each.role = role.clone();
                }
            }
        }
        _ => return None,
    }
    Some(())
}

/// Who is credited goes together: the shares add up only as a whole.
fn credits(carry: &mut Carry<'_>, before: usize, after: usize) -> Option<()> {
    let new = KindId(u16::try_from(after).ok()?);
    let mut lines = Vec::new();
    for line in &carry.after[new].credited {
        let to = match line.to {
            CreditTo::Column(column) => CreditTo::Column(carry.column(new, column)?.1),
            CreditTo::Upline(column) => CreditTo::Upline(carry.column(new, column)?.1),
        };
        lines.push(CreditLine {
            to,
            role: carry.role(new, &line.role),
            ..line.clone()
        });
    }
    carry.plan.kinds.get_mut(before)?.credited = lines;
    Some(())
}

fn head(carry: &mut Carry<'_>, part: &str) -> Option<()> {
    let (old, new) = (carry.before, carry.after);
    let plan = &mut carry.plan;
    match part {
        "corrections" => plan.reach_back = new.reach_back,
        "money" => {
            plan.money = new.money.clone();
            for component in &mut plan.components {
                let is_money = matches!(component.grants, Grant::Money | Grant::Fund);
                if is_money && component.rounding.as_ref() == Some(&old.money) {
                    component.rounding = Some(new.money.clone());
                }
            }
        }
        "period" => {
            plan.period = new.period;
            for component in &mut plan.components {
                if component.over == old.period {
                    if component.every == component.over {
                        component.every = new.period;
                    }
                    component.over = new.period;
                }
            }
            for limit in &mut plan.limits {
                if limit.over == old.period {
                    limit.over = new.period;
                }
            }
        }
        _ => return None,
    }
    Some(())
}

fn table(carry: &mut Carry<'_>, (before, after): (usize, usize), of: &TableEdit) -> Option<()> {
    let new = carry.after.tables.get(after)?;
    let old = carry.before.tables.get(before)?;
    let types = |table: &Table| {
        let axes: Vec<_> = table.axes.iter().map(|axis| axis.of).collect();
        (axes, table.answers)
    };
    if types(old) != types(new) {
        return None;
    }
    if *of == TableEdit::Whole {
        let carried = carry.table(new)?;
        let name = old.name.clone();
        *carry.plan.tables.get_mut(before)? = Table { name, ..carried };
        return Some(());
    }
    let columns = carry.columns(before, after)?;
    match of {
        TableEdit::Whole => {}
        TableEdit::Reading => {
            let reading = match &new.reading {
                Reading::EachBand(formula) => {
                    Reading::EachBand(carry.expr_in(formula, Some(&columns))?)
                }
                Reading::OneBand(formula) => {
                    Reading::OneBand(carry.expr_in(formula, Some(&columns))?)
                }
                Reading::Line(column) => Reading::Line(columns.get(*column).copied().flatten()?),
            };
            carry.plan.tables.get_mut(before)?.reading = reading;
        }
        TableEdit::Bound {
            axis,
            before: from,
            after: to,
        } => {
            let bound = carry.bound(new.axes.get(*axis)?.bounds.get(*to)?)?;
            let table = carry.plan.tables.get_mut(before)?;
            *table.axes.get_mut(*axis)?.bounds.get_mut(*from)? = bound;
        }
        TableEdit::Cell {
            before: (bands, column),
            after: (there, other),
        } => {
            let cell = carry.expr_in(new.cell(there, *other)?, Some(&columns))?;
            let table = carry.plan.tables.get_mut(before)?;
            let at = position(table, bands, *column)?;
            *table.cells.get_mut(at)? = cell;
        }
        TableEdit::AddBand { at, after: band } => {
            let bound = carry.bound(new.axes.first()?.bounds.get(*band)?)?;
            let mut cells = Vec::with_capacity(old.columns.len());
            for column in 0..old.columns.len() {
                let there = columns.iter().position(|own| *own == Some(column))?;
                cells.push(carry.expr_in(new.cell(&[*band], there)?, Some(&columns))?);
            }
            let table = carry.plan.tables.get_mut(before)?;
            let start = at * table.columns.len();
            let axis = table.axes.first_mut()?;
            if *at > axis.bounds.len() || start > table.cells.len() {
                return None;
            }
            axis.bounds.insert(*at, bound);
            table.cells.splice(start..start, cells);
        }
        TableEdit::RemoveBands { from, until } => {
            let table = carry.plan.tables.get_mut(before)?;
            let width = table.columns.len();
            let axis = table.axes.first_mut()?;
            if *until > axis.bounds.len() || from >= until || until * width > table.cells.len() {
                return None;
            }
            axis.bounds.drain(*from..*until);
            table.cells.drain(from * width..until * width);
            (!table.cells.is_empty()).then_some(())?;
        }
    }
    Some(())
}

/// An entry of governance becomes what it is on the other side: new, another, or gone.
fn entry(carry: &mut Carry<'_>, block: &Text, name: &Text) -> Option<()> {
    let after = carry.after;
    match &**block {
        "contingencies" => {
            let new = after.contingencies.iter().find(|own| own.name == *name);
            let new = match new {
                Some(own) => Some(carry.contingency(own)?),
                None => None,
            };
            exchange(&mut carry.plan.contingencies, new, |own| own.name == *name);
        }
        "guardrails" => {
            let new = after.guardrails.iter().find(|own| own.name == *name);
            let new = match new {
                Some(own) => Some(carry.guardrail(own)?),
                None => None,
            };
            exchange(&mut carry.plan.guardrails, new, |own| own.name == *name);
        }
        "funds" => {
            let new = after.funds.iter().find(|own| own.name == *name);
            let new = match new {
                Some(own) => Some(carry.fund(own)?),
                None => None,
            };
            exchange(&mut carry.plan.funds, new, |own| own.name == *name);
        }
        _ => return None,
    }
    let is_it = |own: &GovernanceBlock| own.block == *block && own.name == *name;
    let written = match after.governance.iter().find(|own| is_it(own)) {
        Some(own) => Some(carry.block(own)?),
        None => None,
    };
    exchange(&mut carry.plan.governance, written, is_it);
    Some(())
}

fn exchange<T>(list: &mut Vec<T>, new: Option<T>, is_it: impl Fn(&T) -> bool) {
    match (list.iter().position(&is_it), new) {
        (Some(at), Some(new)) => {
            if let Some(slot) = list.get_mut(at) {
                *slot = new;
            }
        }
        (Some(at), None) => {
            list.remove(at);
        }
        (None, Some(new)) => list.push(new),
        (None, None) => {}
    }
}

fn position(table: &Table, bands: &[usize], column: usize) -> Option<usize> {
    let mut at = 0usize;
    for (axis, band) in table.axes.iter().zip(bands) {
        at = at * axis.bounds.len() + band;
    }
    (column < table.columns.len()).then(|| at * table.columns.len() + column)
}

fn add(carry: &mut Carry<'_>, list: List, after: usize) -> Option<()> {
    match list {
        List::Components => {
            let component = carry.component(carry.after.components.get(after)?)?;
            carry.plan.components.push(component);
            Some(())
        }
        List::Limits => {
            let raw = carry.after.limits.get(after)?;
            let on = raw.on.iter().map(|on| carry.reference(*on));
            let on = on.collect::<Option<Vec<Reference>>>()?;
            let limit = Limit {
                on,
                at_most: carry.optional(raw.at_most.as_ref())?,
                at_least: carry.optional(raw.at_least.as_ref())?,
                ..raw.clone()
            };
            carry.plan.limits.push(limit);
            Some(())
        }
        // They pay nothing by themselves; what uses them brings them along.
        List::Kinds | List::Terms | List::Measures | List::Values | List::Tables => None,
    }
}
