//! What the plan reads and what it makes of it: kinds of fact, terms, measures, values.

use std::collections::BTreeSet;

use super::agreed::{literal, part_of};
use super::document::{Block, Column, Line};
use super::figure::{self, unit_noun};
use super::names::{column, plural, quoted, spaced};
use super::pay::{defined, is_shared};
use super::sheet::{Sheet, listed, sentence};
use super::speaker::{At, Speaker};
use crate::tree::{
    CreditTo, FactKind, Fold, KindId, Level, Measure, MeasureId, NamedValue, Shows, Spread, Term,
    TermId, ValueId,
};
use trueup_base::calendar::WindowUnit;

impl Speaker<'_> {
    /// How a definition begins: the plan's own name, what it holds, and what it is.
    pub(super) fn holding(&self, name: &str, holds: &str, is: &str) -> Line {
        let line = Line::new().code(name).plain(format!(", {holds}"));
        if is.is_empty() {
            line
        } else {
            line.plain(" · ").plain(sentence(is))
        }
    }

    /// Every kind of fact: what is read of it, and who is credited.
    pub(super) fn kinds(&self, sheet: &mut Sheet) {
        for (at, kind) in (0u16..).zip(&self.plan.kinds) {
            sheet.defining(self, KindId(at));
            self.kind(kind, sheet);
        }
        if self.plan.attributes.is_empty() {
            return;
        }
        sheet.clause("the partner directory");
        let columns = self
            .plan
            .attributes
            .iter()
            .map(|attribute| {
                let of = figure::type_words(attribute.of, self.plan.currency);
                Line::new().code(&*attribute.name).plain(format!(" ({of})"))
            })
            .collect();
        sheet.say(
            Line::from("Of the directory of partners the plan reads ")
                .line(listed(columns))
                .plain("."),
        );
    }

    fn kind(&self, kind: &FactKind, sheet: &mut Sheet) {
        let declared = self
            .kinds
            .iter()
            .find(|declared| declared.name == *kind.name);
        let is = match declared {
            Some(declared) if kind.is.is_empty() => &declared.is,
            Some(_) | None => &*kind.is,
        };
        sheet.say(defined(&kind.name, is));
        let noun = spaced(&kind.name);
        let sources = declared.map_or(&[][..], |declared| &declared.sources);
        if !sources.is_empty() {
            let said: Vec<String> = sources.iter().map(|source| sentence(source)).collect();
            sheet.say(said.join(" "));
        }
        sheet.say(format!(
            "One {noun} belongs to the window that holds {}.",
            column(kind, kind.dated)
        ));
        let columns = kind
            .columns
            .iter()
            .map(|column| {
                let of = figure::type_words(column.of, self.plan.currency);
                Line::new().code(&*column.name).plain(format!(" ({of})"))
            })
            .collect();
        sheet.say(
            Line::from(format!("Of each {noun} the plan reads "))
                .line(listed(columns))
                .plain("."),
        );
        if let Some(shows) = kind.shows {
            sheet.say(format!(
                "{} show {}.",
                super::document::capital(&plural(&noun)),
                shown(shows)
            ));
        }
        if let Some(most) = &kind.may_move {
            sheet.say(format!(
                "Paid on one by one, they may move at most {} of the variable pay.",
                figure::percent(most)
            ));
        }
        self.credited(kind, sheet);
    }

    fn credited(&self, kind: &FactKind, sheet: &mut Sheet) {
        let who = |to: &CreditTo| match to {
            CreditTo::Column(id) => column(kind, *id),
            CreditTo::Upline(id) => format!("everyone above {}", column(kind, *id)),
        };
        let noun = spaced(&kind.name);
        if let [only] = kind.credited.as_slice() {
            let besides = if only.overlay { ", paid besides" } else { "" };
            sheet.say(format!(
                "It is credited to {}, as {}, with {}{besides}.",
                who(&only.to),
                quoted(&spaced(&only.role)),
                figure::percent(&only.share)
            ));
            return;
        }
        let rows = kind
            .credited
            .iter()
            .map(|line| {
                vec![
                    Line::from(who(&line.to)),
                    Line::from(quoted(&spaced(&line.role))),
                    Line::from(figure::percent(&line.share)),
                    Line::from(if line.overlay {
                        "paid besides"
                    } else {
                        "a part of the whole"
                    }),
                ]
            })
            .collect();
        sheet.add(Block::Table {
            caption: Line::from(format!("Who is credited for one {noun}")),
            columns: columns(&[
                ("Credited", false),
                ("As", false),
                ("Share", true),
                ("Which is", false),
            ]),
            rows,
        });
    }

    /// Every term: what an agreement fills in, and what this one says.
    pub(super) fn terms(&self, sheet: &mut Sheet) {
        let plan = self.plan;
        let mut said = "Each agreement states these.".to_owned();
        if plan.terms.iter().any(|term| term.per.is_some()) {
            said.push_str(
                " A figure that is agreed for a longer time is shared out to shorter windows, and where your agreement \
                 starts or ends inside a window, that window has the part you are in it. By months means by the months of \
                 the calendar above, whichever days they have; a part of a month counts by its days.",
            );
        }
        sheet.say(said);
        for (at, term) in (0u16..).zip(&plan.terms) {
            sheet.defining(self, TermId(at));
            self.term(TermId(at), term, sheet);
        }
    }

    fn term(&self, id: TermId, term: &Term, sheet: &mut Sheet) {
        let holds = figure::type_words(term.of, self.plan.currency);
        sheet.say(self.holding(&term.name, &holds, &term.is));
        if let Some(agreed) = self.agreed {
            self.agreed_figure(agreed, id, term, sheet);
        }
        if !term.declared {
            sheet.say("It is not agreed beforehand; it is filled in when it happens.");
        }
        if let Some(per) = term.per {
            sheet.say(spread(&term.spread, per));
        }
        if let Some(agreed) = &term.agreed {
            let at = At::window(self.asked.window(id));
            sheet.extend(
                self.statement(agreed, &at)
                    .after("Where an agreement does not state it, it is "),
            );
        }
    }

    fn agreed_figure(
        &self,
        agreed: &super::Agreed<'_>,
        id: TermId,
        term: &Term,
        sheet: &mut Sheet,
    ) {
        let windows: BTreeSet<WindowUnit> = self.asked.windows(id).collect();
        if let Some(holding) = agreed.holding(self, id) {
            let whole = holding.said(self, term);
            let per = term
                .per
                .map_or_else(String::new, |per| format!(" for {}", super::pay::each(per)));
            let who = if holding.is_stated {
                "Agreed"
            } else {
                "The agreement is silent, so the plan's own figure holds"
            };
            let mut line = Line::new().strong(format!("{who}: {whole}{per}."));
            for window in windows {
                let Some(per) = term.per.filter(|per| *per != window) else {
                    continue;
                };
                if let Some(part) = part_of(term, per, window)
                    && let Some(figure) = holding.part(self, term, &part)
                {
                    line = line.plain(format!(
                        " A full {} has {} of it, {figure}.",
                        unit_noun(window),
                        figure::fraction(&part)
                    ));
                }
            }
            sheet.say(line);
            sheet.extend(self.weights(&holding, term));
            return;
        }
        let stated: Vec<_> = agreed.by_period(id).collect();
        if stated.is_empty() {
            if term.agreed.is_none() {
                sheet.say(Line::new().strong(
                    "The agreement does not state it, and whatever asks for it has no answer.",
                ));
            }
            return;
        }
        let mut rows = Vec::with_capacity(stated.len());
        for one in stated {
            let in_percent = self.sources.text(one.span).ends_with('%');
            let which = match &one.period {
                Some(period) => format!(
                    "{}: {} to {}",
                    self.plan.calendar.label(period),
                    figure::day(period.starts),
                    figure::last_day(period.ends)
                ),
                None => "every other".to_owned(),
            };
            rows.push(vec![
                Line::from(which),
                Line::from(literal(
                    self.plan.currency,
                    &one.figure,
                    term.of,
                    in_percent,
                )),
            ]);
        }
        let noun = term.per.map_or("period", unit_noun);
        sheet.add(Block::Table {
            caption: Line::from(format!("Agreed for each {noun}")),
            columns: vec![
                Column {
                    head: Line::from(super::document::capital(noun)),
                    is_figure: false,
                },
                Column {
                    head: Line::from("Agreed"),
                    is_figure: true,
                },
            ],
            rows,
        });
        if term.agreed.is_none() {
            sheet.say(format!(
                "For any other {noun} nothing is agreed, and whatever asks for it has no answer."
            ));
        }
    }

    /// What each part of a figure with listed weights comes to.
    fn weights(&self, holding: &super::agreed::Holding, term: &Term) -> Option<Block> {
        let (Spread::Weights(weights), Some(per)) = (&term.spread, term.per) else {
            return None;
        };
        let all = weights
            .iter()
            .fold(trueup_base::exact::Exact::ZERO, |sum, weight| &sum + weight);
        let mut rows = Vec::with_capacity(weights.len());
        for (at, weight) in weights.iter().enumerate() {
            let part = weight.checked_div(&all)?;
            rows.push(vec![
                Line::from((at + 1).to_string()),
                Line::from(figure::fraction(&part)),
                Line::from(holding.part(self, term, &part)?),
            ]);
        }
        Some(Block::Table {
            caption: Line::from(format!("Parts of the {}", unit_noun(per))),
            columns: columns(&[("Part", false), ("Of the whole", false), ("Figure", true)]),
            rows,
        })
    }

    /// Every measure: which rows become one number, and how.
    pub(super) fn measures(&self, sheet: &mut Sheet) {
        for (at, measure) in (0u16..).zip(&self.plan.measures) {
            sheet.defining(self, MeasureId(at));
            self.measure(MeasureId(at), measure, sheet);
        }
    }

    fn measure(&self, id: MeasureId, measure: &Measure, sheet: &mut Sheet) {
        let holds = figure::type_words(measure.answers, self.plan.currency);
        sheet.say(self.holding(&measure.name, &holds, &measure.is));
        let kind = &self.plan[measure.kind];
        let at = At::window(self.asked.window(id)).on(Some(measure.kind));
        let many = plural(&spaced(&kind.name));
        let rows = self.rows(kind, &measure.role);
        let shares = if is_shared(kind, &measure.role) {
            ", each by your share of it"
        } else {
            ""
        };
        let statement = measure.of.as_ref().map(|of| self.statement(of, &at));
        let (before, after) = match measure.fold {
            Fold::Sum => ("The sum of ", format!(" over {rows}{shares}.")),
            Fold::Count => ("The number of ", format!("{rows}{shares}.")),
            Fold::CountDistinct => (
                "The number of different values of ",
                format!(" among {rows}."),
            ),
            Fold::Min => ("The smallest value of ", format!(" among {rows}.")),
            Fold::Max => ("The largest value of ", format!(" among {rows}.")),
            Fold::Latest => (
                "The value of ",
                format!(" on the latest of {rows}, by date and then by id."),
            ),
        };
        sheet.extend(match statement {
            Some(statement) if statement.more.is_empty() => statement.between(before, &after),
            Some(statement) => {
                let over = after.trim_start().trim_end_matches('.');
                let before = format!(
                    "{}, {}",
                    super::document::capital(over),
                    before.to_lowercase()
                );
                statement.after(before)
            }
            None => vec![Block::said(format!("{before}{after}"))],
        });
        if let Some(filter) = &measure.filter {
            let before = format!("Only those {many} count for which ");
            sheet.extend(self.statement(filter, &at).after(before));
        }
        if measure.at != kind.dated {
            sheet.say(format!(
                "A {} belongs here to the window that holds {}.",
                spaced(&kind.name),
                column(kind, measure.at)
            ));
        }
        if let Some(by) = &measure.by {
            sheet.extend(
                self.statement(by, &at)
                    .after("It has one figure for each value of "),
            );
            let keys = match measure.keys.as_slice() {
                [] => "Its keys are those that the facts bring.".to_owned(),
                keys => {
                    let keys: Vec<String> = keys.iter().map(|key| quoted(key)).collect();
                    format!("Its keys are {}.", keys.join(", "))
                }
            };
            sheet.say(keys);
        }
        if let Some(said) = vouched(measure) {
            sheet.go_on(&said);
        }
    }

    /// Every value: its formula.
    pub(super) fn values(&self, sheet: &mut Sheet) {
        for (at, value) in (0u16..).zip(&self.plan.values) {
            sheet.defining(self, ValueId(at));
            self.value_defined(ValueId(at), value, sheet);
        }
    }

    fn value_defined(&self, id: ValueId, value: &NamedValue, sheet: &mut Sheet) {
        let holds = figure::type_words(value.formula.of, self.plan.currency);
        sheet.say(self.holding(&value.name, &holds, &value.is));
        let window = value.every.or_else(|| self.asked.window(id));
        let at = At::window(window).at_level(value.level);
        let asked = match value.level {
            Level::Row(kind) => format!("On each {} it ", spaced(&self.plan[kind].name)),
            Level::Program => "For the whole program it ".to_owned(),
            Level::Constant | Level::Partner => String::new(),
        };
        let is_flag = value.formula.of == crate::tree::Type::Flag;
        let asked = if asked.is_empty() { "It " } else { &asked };
        let before = format!("{asked}{}", if is_flag { "holds if " } else { "is " });
        sheet.extend(self.statement(&value.formula, &at).after(before));
        if let Some(keys) = &value.each {
            let kind = &self.plan[keys.kind];
            let name = &kind.column(keys.column).name;
            sheet.say(format!(
                "It has one figure for each value that {} has had on {} since your agreement started; “this {}” is the one \
                 it is asked for.",
                column(kind, keys.column),
                self.rows(kind, &keys.role),
                spaced(name)
            ));
        }
        match (value.every.map(unit_noun), value.carried) {
            (Some(step), true) => sheet.say(format!(
                "It is carried: worked out {step} by {step}, each one starting from what the {step} before left. Asked \
                 over a longer time it is that of the last {step} in it."
            )),
            (Some(step), false) => sheet.say(format!(
                "It is worked out {step} by {step}. Asked over a longer time it is that of the last {step} in it."
            )),
            (None, true) => sheet.say("It is carried: it starts from what the window before left."),
            (None, false) => {}
        }
    }
}

/// Heads of columns, each with whether it holds figures.
pub(super) fn columns(heads: &[(&str, bool)]) -> Vec<Column> {
    heads
        .iter()
        .map(|(head, is_figure)| Column {
            head: Line::from(*head),
            is_figure: *is_figure,
        })
        .collect()
}

fn vouched(measure: &Measure) -> Option<String> {
    let mut said = Vec::new();
    if !measure.validated_by.is_empty() {
        said.push(format!("Validated by {}.", measure.validated_by));
    }
    if !measure.source.is_empty() {
        said.push(format!("Source: {}.", measure.source));
    }
    if !measure.disputed_in.is_empty() {
        said.push(format!("Disputed in {}.", measure.disputed_in));
    }
    if let Some(shows) = measure.shows {
        said.push(format!("It shows {}.", shown(shows)));
    }
    if let Some(most) = &measure.may_move {
        said.push(format!(
            "It may move at most {} of the variable pay.",
            figure::percent(most)
        ));
    }
    (!said.is_empty()).then(|| said.join(" "))
}

fn shown(shows: Shows) -> &'static str {
    match shows {
        Shows::Revenue => "revenue",
        Shows::Profitability => "profitability",
        Shows::CustomerOutcome => "what customers have of it",
        Shows::Activity => "what you do, whatever comes of it",
    }
}

fn spread(spread: &Spread, per: WindowUnit) -> String {
    let noun = unit_noun(per);
    let each = super::pay::each(per);
    match spread {
        Spread::Even => match per {
            WindowUnit::Day | WindowUnit::Week | WindowUnit::HalfMonth => {
                format!("It is a figure for {each}, and spread evenly over its days.")
            }
            WindowUnit::Month
            | WindowUnit::Quarter
            | WindowUnit::Half
            | WindowUnit::Year
            | WindowUnit::Period
            | WindowUnit::Agreement => format!("It is a figure for {each}, shared out by months."),
        },
        Spread::Days => format!("It is a figure for {each}, shared out by days."),
        Spread::Weights(weights) => {
            let weights: Vec<String> = weights
                .iter()
                .map(|weight| figure::decimal(weight, 0))
                .collect();
            format!(
                "It is a figure for {each}. The {noun} is divided into {} of equally many months, which have the figure in \
                 the proportions {}; inside each it is shared out by months.",
                figure::counted(weights.len(), "part"),
                weights.join(" to ")
            )
        }
    }
}
