//! `trueup whatif`: what a change would pay, and which nearest changes would have paid more.

use std::fmt::Write as _;

use serde_json::{Value, json};
use trueup_base::exact::Exact;
use trueup_engine::settle::{Earner, Line};
use trueup_engine::whatif::{Change, Changed, Nearest, Turn, WhatIf};
use trueup_engine::{Answer, Evaluator, Number, Place};
use trueup_plan::check::{Place as Asked, formula_in};
use trueup_plan::diagnostic::{Sources, render};
use trueup_plan::tree::{
    BoundKind, ComponentId, Edition, Grant, MeasureId, Plan, Reference, Table, TermId, Type, Unit,
    ValueId,
};

use crate::args::{TreeFormat, WhatIfArgs};
use crate::compute::{self, Figures, Prepared};
use crate::failure::Failure;
use crate::folder;
use crate::output;
use crate::progress::Progress;
use crate::seen::Seen;

/// Answers what would be if, for a partner in a period.
pub fn run(args: &WhatIfArgs, progress: &Progress) -> Result<(), Failure> {
    let folder = folder::open(&args.scope.program.program)?;
    let Some(partner) = &args.scope.partner else {
        return Err(Failure::Use(
            "what would be if is one partner's question; name it with --partner ID".to_owned(),
        ));
    };
    let seen = Seen::of(&args.scope, &folder)?;
    let prepared = compute::prepare_partner(&folder, &args.scope, partner, &seen, progress)?;
    let plan = prepared.plan;
    let at = prepared.partner(partner)?;
    let scope = seen.scope;
    let last = || Figures::new(&prepared).periods(at, &scope).pop();
    let Some(period) = scope.period.or_else(last) else {
        return Err(Failure::Found(format!(
            "there is nothing to ask about partner {partner} yet: no period of its agreement ended by {}",
            scope.until
        )));
    };
    let evaluator = Evaluator::new(plan, &prepared.world, &prepared.source);
    let window = evaluator
        .agreement_windows(at, period.unit, period.starts, period.ends)
        .pop()
        .ok_or_else(|| {
            Failure::Use(format!(
                "partner {partner} has no agreement in {}",
                plan.calendar.label(&period)
            ))
        })?;
    let place = Place::new(at, window);
    // A name is one of the version in force in the period.
    let version = prepared.version_in(at, &window);
    let edition = version.and_then(|version| plan.edition(version.edition));
    let own = version.map_or(plan, |version| &version.own);
    let asked = components(plan, edition, &args.components)?;
    let mut sources = folder.sources.clone();
    let changes = args
        .changes
        .iter()
        .map(|text| change(&prepared, (own, edition), &mut sources, text, &place))
        .collect::<Result<Vec<_>, _>>()?;
    let questions = WhatIf::new(evaluator, at, place, &asked);
    let page = Page {
        prepared: &prepared,
        sources: &sources,
        period: plan.calendar.label(&window),
        asked: &asked,
    };
    if changes.is_empty() {
        let step = progress.step("looking for the nearest changes that pay more".to_owned());
        let nearest = questions.nearest();
        step.finish_and_clear();
        let posted = questions.posted(&[]);
        match args.format {
            TreeFormat::Json => output::json(&page.nearest_as_json(&posted, &nearest)),
            TreeFormat::Table => output::print(&page.nearest(&posted, &nearest)),
        }
    } else {
        let (before, after) = (questions.settled(&[]), questions.settled(&changes));
        match args.format {
            TreeFormat::Json => output::json(&page.changed_as_json(&changes, &before, &after)),
            TreeFormat::Table => output::print(&page.changed(&changes, &before, &after)),
        }
    }
}

fn components(
    plan: &Plan,
    edition: Option<&Edition>,
    names: &[String],
) -> Result<Vec<ComponentId>, Failure> {
    let is_in = |at: u16| {
        let name = Reference::Component(ComponentId(at));
        edition.is_none_or(|edition| edition.has(name))
    };
    names
        .iter()
        .map(|name| {
            (0u16..)
                .zip(&plan.components)
                .filter(|(at, _)| is_in(*at))
                .find(|(_, component)| *component.name == **name)
                .map(|(at, _)| ComponentId(at))
                .ok_or_else(|| {
                    let known: Vec<&str> = plan
                        .components
                        .iter()
                        .map(|component| &*component.name)
                        .collect();
                    Failure::Use(format!(
                        "plan {} has no component `{name}`; it has {}",
                        plan.name,
                        known.join(", ")
                    ))
                })
        })
        .collect()
}

/// What a name of the plan stands for, where it can be changed.
fn changeable(plan: &Plan, edition: Option<&Edition>, name: &str) -> Option<(Changed, Type)> {
    let is_in = |name| edition.is_none_or(|edition| edition.has(name));
    let measure = (0u16..)
        .zip(&plan.measures)
        .filter(|(at, _)| is_in(Reference::Measure(MeasureId(*at))))
        .find(|(_, measure)| *measure.name == *name && measure.by.is_none());
    if let Some((at, measure)) = measure {
        let id = MeasureId(at);
        return Some((Changed::Measure(id), measure.answers));
    }
    let term = (0u16..)
        .zip(&plan.terms)
        .filter(|(at, _)| is_in(Reference::Term(TermId(*at))))
        .find(|(_, term)| *term.name == *name);
    if let Some((at, term)) = term {
        let id = TermId(at);
        return Some((Changed::Term(id), term.of));
    }
    let value = (0u16..)
        .zip(&plan.values)
        .filter(|(at, _)| is_in(Reference::Value(ValueId(*at))))
        .find(|(_, value)| *value.name == *name);
    value.map(|(at, value)| {
        let id = ValueId(at);
        (Changed::Value(id), value.formula.of)
    })
}

/// A change as it is written: `net_sales = was + 200_000`.
fn change(
    prepared: &Prepared<'_>,
    (own, edition): (&Plan, Option<&Edition>),
    sources: &mut Sources,
    text: &str,
    at: &Place,
) -> Result<Change, Failure> {
    let plan = prepared.plan;
    let Some((name, formula)) = text.split_once('=') else {
        return Err(Failure::Use(format!(
            "`{text}` is no change; write NAME = FORMULA, as in --change 'net_sales = was + 10_000'"
        )));
    };
    let name = name.trim();
    let Some((of, answers)) = changeable(plan, edition, name) else {
        return Err(Failure::Use(format!(
            "plan {} has no measure, term or value `{name}` that could be changed (a keyed measure is changed by its facts)",
            plan.name
        )));
    };
    let Type::Number(_) = answers else {
        return Err(Failure::Use(format!(
            "`{name}` is no number, and only numbers are changed here"
        )));
    };
    // The name itself gives a plain number its unit, and stands for what was.
    let written = format!("({name}) - ({name}) + ({})", with_was(formula, name));
    let figure = |text: &str, sources: &mut Sources| {
        let expr = formula_in(own, sources, "the change", text, Asked::Partner)
            .map_err(|found| render(sources, &found))?;
        let expr = match edition {
            Some(edition) => edition.formula(expr),
            None => expr,
        };
        let mut evaluator = Evaluator::new(plan, &prepared.world, &prepared.source);
        let node = evaluator.ask(&expr, at);
        let answer = evaluator.answer(node).number();
        match (answer.figure(), answer.reason()) {
            (Some(figure), _) => Ok(figure.clone()),
            (None, Some(reason)) => Err(format!("it has no answer here: {}", reason.why)),
            (None, None) => Err("it has no answer here".to_owned()),
        }
    };
    let refuse = |why: String| {
        Failure::Use(format!(
            "`{text}` is no change of `{name}`\n{}",
            why.trim_end()
        ))
    };
    let was = figure(name, sources).map_err(refuse)?;
    let becomes = figure(&written, sources).map_err(refuse)?;
    Ok(Change { of, was, becomes })
}

/// The formula with the word `was` read as the name it stands for.
fn with_was(formula: &str, name: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let mut text = String::new();
    let mut rest = formula;
    while let Some(at) = rest.find("was") {
        let (before, after) = (
            rest.get(..at).unwrap_or(""),
            rest.get(at + 3..).unwrap_or(""),
        );
        let stands_alone = !before.ends_with(is_word) && !after.starts_with(is_word);
        text.push_str(before);
        if stands_alone {
            let _ = write!(text, "({name})");
        } else {
            text.push_str("was");
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

/// What is printed.
struct Page<'p> {
    prepared: &'p Prepared<'p>,
    sources: &'p Sources,
    period: String,
    asked: &'p [ComponentId],
}

impl Page<'_> {
    fn plan(&self) -> &Plan {
        self.prepared.plan
    }

    fn head(&self) -> String {
        format!(
            "{} · {}\n{}\n\n",
            self.prepared.whose, self.period, self.prepared.under
        )
    }

    fn name(&self, of: Changed) -> &str {
        match of {
            Changed::Measure(id) => &self.plan()[id].name,
            Changed::Term(id) => &self.plan()[id].name,
            Changed::Value(id) => &self.plan()[id].name,
        }
    }

    fn of(&self, of: Changed) -> Type {
        match of {
            Changed::Measure(id) => self.plan()[id].answers,
            Changed::Term(id) => self.plan()[id].of,
            Changed::Value(id) => self.plan()[id].formula.of,
        }
    }

    /// A figure as people read it: money at the currency's places, the rest as short as it is exact.
    fn shown(&self, of: Changed, figure: &Exact) -> String {
        match self.of(of) {
            Type::Number(unit) if unit == Unit::MONEY => self.money(figure),
            Type::Number(unit) if unit == Unit::RATIO => {
                let hundredfold = figure * &Exact::from_int(100);
                format!("{}%", output::money(&hundredfold, 2))
            }
            _ => match figure.to_i64() {
                Some(whole) => output::grouped(&whole.to_string()),
                None => output::money(figure, 2),
            },
        }
    }

    fn money(&self, figure: &Exact) -> String {
        output::money(figure, self.plan().currency.places())
    }

    fn signed(&self, of: Changed, figure: &Exact) -> String {
        let sign = if figure.is_negative() { "-" } else { "+" };
        format!("{sign} {}", self.shown(of, &figure.abs()))
    }

    fn changed(
        &self,
        changes: &[Change],
        before: &[Line<Answer>],
        after: &[Line<Answer>],
    ) -> String {
        let mut text = self.head();
        for change in changes {
            let _ = writeln!(
                text,
                "{} {} instead of {} ({})",
                self.name(change.of),
                self.shown(change.of, &change.becomes),
                self.shown(change.of, &change.was),
                self.signed(change.of, &change.added()),
            );
        }
        text.push('\n');
        let mut sum = (Exact::ZERO, Exact::ZERO);
        let mut rows = Vec::new();
        for (name, is_money, old, new) in self.lines(before, after) {
            let figure = |figure: &Option<Exact>| match figure {
                Some(figure) => self.money(figure),
                None => "open".to_owned(),
            };
            let change = match (&old, &new) {
                (Some(old), Some(new)) => self.money(&(new - old)),
                (_, _) => String::new(),
            };
            rows.push(vec![name, figure(&old), figure(&new), change]);
            if is_money {
                sum.0 = &sum.0 + &old.unwrap_or(Exact::ZERO);
                sum.1 = &sum.1 + &new.unwrap_or(Exact::ZERO);
            }
        }
        rows.push(vec![
            "all".to_owned(),
            self.money(&sum.0),
            self.money(&sum.1),
            self.money(&(&sum.1 - &sum.0)),
        ]);
        text.push_str(&output::table(
            &["posted", "as it is", "then", "change"],
            1,
            rows,
        ));
        text.push('\n');
        text
    }

    /// Each line's name, whether it is money, and what it posts before and after.
    fn lines(
        &self,
        before: &[Line<Answer>],
        after: &[Line<Answer>],
    ) -> Vec<(String, bool, Option<Exact>, Option<Exact>)> {
        let posted = |lines: &[Line<Answer>], earner: Earner| {
            let own: Vec<&Line<Answer>> =
                lines.iter().filter(|line| line.earner == earner).collect();
            let is_open = own.iter().any(|line| !line.open.is_empty());
            (!is_open).then(|| {
                own.iter()
                    .filter_map(|line| line.posted.figure().cloned())
                    .fold(Exact::ZERO, |sum, one| &sum + &one)
            })
        };
        let mut earners: Vec<Earner> = before.iter().chain(after).map(|line| line.earner).collect();
        earners.sort();
        earners.dedup();
        earners
            .into_iter()
            .filter(|earner| match earner {
                Earner::Component(id) => self.asked.is_empty() || self.asked.contains(id),
                Earner::TopUp(_) => true,
            })
            .map(|earner| {
                let (name, is_money) = match earner {
                    Earner::Component(id) => {
                        let component = &self.plan()[id];
                        (component.name.to_string(), component.grants == Grant::Money)
                    }
                    Earner::TopUp(id) => (format!("{}.top_up", self.plan()[id].name), true),
                };
                (
                    name,
                    is_money,
                    posted(before, earner),
                    posted(after, earner),
                )
            })
            .collect()
    }

    fn nearest(&self, posted: &Exact, nearest: &[Nearest]) -> String {
        let mut text = self.head();
        let currency = self.plan().currency.code();
        let _ = writeln!(text, "posted: {} {currency}\n", self.money(posted));
        if nearest.is_empty() {
            text.push_str(
                "No change of one measure to another tier or past another condition would have paid more.\n",
            );
            return text;
        }
        text.push_str(
            "the nearest turns that would have paid more: the least of one figure that reaches a tier or passes a condition, each \
             alone\n",
        );
        let rows: Vec<Vec<String>> = nearest
            .iter()
            .map(|one| {
                let of = one.change.of;
                vec![
                    format!("{} {}", self.name(of), self.signed(of, &one.change.added())),
                    self.turns(&one.turns),
                    self.shown(of, &one.change.becomes),
                    self.money(&one.after),
                    format!("+{}", self.money(&(&one.after - &one.before))),
                ]
            })
            .collect();
        text.push_str(&output::table(
            &["change", "and then", "to", "posted", "more"],
            2,
            rows,
        ));
        text.push('\n');
        text
    }

    /// What goes another way, in the plan's own words: two of them, and how many more.
    fn turns(&self, turns: &[Turn]) -> String {
        const SHOWN_MAX: usize = 2;
        let mut said: Vec<String> = turns.iter().map(|turn| self.turn(turn)).collect();
        let more = said.len().saturating_sub(SHOWN_MAX);
        said.truncate(SHOWN_MAX);
        let mut text = said.join(", ");
        if more > 0 {
            let _ = write!(text, ", and {more} more");
        }
        text
    }

    fn turn(&self, turn: &Turn) -> String {
        turn_in_words(self.plan(), self.sources, turn)
    }

    fn change_as_json(&self, change: &Change) -> Value {
        json!({
            "name": self.name(change.of),
            "was": change.was.to_string(),
            "becomes": change.becomes.to_string(),
            "added": change.added().to_string(),
        })
    }

    fn asked_as_json(&self) -> Value {
        json!({
            "partner": self.prepared.partner_shown,
            "period": self.period,
            "currency": self.plan().currency.code(),
        })
    }

    fn changed_as_json(
        &self,
        changes: &[Change],
        before: &[Line<Answer>],
        after: &[Line<Answer>],
    ) -> Value {
        let figure = |figure: &Option<Exact>| match figure {
            Some(figure) => Value::String(figure.to_string()),
            None => Value::Null,
        };
        let lines: Vec<Value> = self
            .lines(before, after)
            .into_iter()
            .map(|(name, is_money, old, new)| {
                json!({ "component": name, "is_money": is_money, "before": figure(&old), "after": figure(&new) })
            })
            .collect();
        json!({
            "asked": self.asked_as_json(),
            "changes": changes.iter().map(|change| self.change_as_json(change)).collect::<Vec<_>>(),
            "lines": lines,
        })
    }

    fn nearest_as_json(&self, posted: &Exact, nearest: &[Nearest]) -> Value {
        let all: Vec<Value> = nearest
            .iter()
            .map(|one| {
                json!({
                    "change": self.change_as_json(&one.change),
                    "turns": one.turns.iter().map(|turn| self.turn(turn)).collect::<Vec<_>>(),
                    "before": one.before.to_string(),
                    "after": one.after.to_string(),
                    "more": (&one.after - &one.before).to_string(),
                })
            })
            .collect();
        json!({ "asked": self.asked_as_json(), "posted": posted.to_string(), "nearest": all })
    }
}

/// What went another way, in the plan's own words.
pub fn turn_in_words(plan: &Plan, sources: &Sources, turn: &Turn) -> String {
    match turn {
        Turn::Band { table, reached } => {
            let table = &plan[*table];
            match reached {
                Some(bands) => format!(
                    "{} reaches {}",
                    table.name,
                    band_in_words(sources, table, bands)
                ),
                None => format!("{} has no answer", table.name),
            }
        }
        Turn::Condition { span, holds } => {
            let written = sources
                .text(*span)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            match holds {
                Some(true) => format!("{written} holds"),
                Some(false) => format!("{written} no longer holds"),
                None => format!("{written} has no answer"),
            }
        }
    }
}

/// A table's bands, as the plan writes them.
fn band_in_words(sources: &Sources, table: &Table, bands: &[usize]) -> String {
    let shown = table.axes.iter().zip(bands).map(|(axis, band)| {
        let Some(bound) = axis.bounds.get(*band) else {
            return "no band".to_owned();
        };
        let written = |formula: &trueup_plan::tree::Expr| sources.text(formula.span).trim();
        match &bound.is {
            BoundKind::Lowest => "the lowest band".to_owned(),
            BoundKind::From(formula) => format!("from {}", written(formula)),
            BoundKind::Above(formula) => format!("above {}", written(formula)),
            BoundKind::At(formula) => format!("at {}", written(formula)),
            BoundKind::Equals(formula) => written(formula).to_owned(),
            BoundKind::Otherwise => "the rest".to_owned(),
        }
    });
    shown.collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn was_is_read_as_a_word_and_not_inside_one() {
        assert_eq!(with_was(" was + 10", "sales"), " (sales) + 10");
        assert_eq!(with_was("2 * was - was", "a.b"), "2 * (a.b) - (a.b)");
        assert_eq!(
            with_was("washing + x_was + was_x", "sales"),
            "washing + x_was + was_x"
        );
    }
}
