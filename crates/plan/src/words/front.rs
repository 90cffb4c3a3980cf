//! How a document begins and in which order it goes on.

use super::document::{Block, Document, Line};
use super::figure::{self, unit_noun};
use super::names::quoted;
use super::sheet::{Sheet, listed, sentence, told};
use super::speaker::Speaker;
use crate::agreement::Whose;
use crate::tree::Grant;

impl Speaker<'_> {
    /// Everything.
    pub(super) fn full(&self) -> Document {
        let mut sheet = Sheet::titled(self.title());
        self.front(&mut sheet);
        self.how_to_read(&mut sheet);
        self.objectives(&mut sheet);
        let plan = self.plan;
        if !plan.terms.is_empty() {
            sheet.section(match self.agreed {
                Some(_) => "What you and we agreed",
                None => "What each agreement fills in",
            });
            self.terms(&mut sheet);
        }
        sheet.section("What you earn");
        self.components(&mut sheet);
        if !plan.limits.is_empty() {
            sheet.section("What holds your earnings together");
            self.limits(&mut sheet);
        }
        if !plan.tables.is_empty() {
            sheet.section("Tables");
            self.tables(&mut sheet);
        }
        if !plan.values.is_empty() {
            sheet.section("How figures are worked out");
            self.values(&mut sheet);
        }
        if !plan.measures.is_empty() {
            sheet.section("What is measured");
            self.measures(&mut sheet);
        }
        if !(plan.kinds.is_empty() && plan.attributes.is_empty()) {
            sheet.section("Which facts count, and for whom");
            self.kinds(&mut sheet);
        }
        self.together(&mut sheet);
        self.late(&mut sheet);
        self.examples(&mut sheet);
        self.changed(&mut sheet);
        self.defaults(&mut sheet);
        self.roundings(&mut sheet);
        self.units(&mut sheet);
        self.identity(&mut sheet);
        if self.agreed.is_some() {
            sheet.aside("Signed");
            sheet.add(Block::Signatures(vec![
                Line::from("For us, the vendor"),
                Line::from("For you, the partner"),
            ]));
        }
        sheet.document(self.title().to_owned())
    }

    /// What the document is called.
    pub(super) fn title(&self) -> &str {
        if self.plan.title.is_empty() {
            &self.plan.name
        } else {
            &self.plan.title
        }
    }

    /// What the plan is, whose agreement it is, and the frame around both.
    pub(super) fn front(&self, sheet: &mut Sheet) {
        let plan = self.plan;
        if !plan.is.is_empty() {
            sheet.say(sentence(&plan.is));
        }
        let version = if plan.version.is_empty() {
            Line::from(", a draft without a version.")
        } else {
            Line::from(format!(", version {}.", plan.version))
        };
        let mut points = vec![(
            Line::from("Plan"),
            vec![Block::Paragraph(
                Line::new().code(&*plan.name).line(version),
            )],
        )];
        if let Some(template) = &plan.from_template {
            points.push((
                Line::from("Template"),
                vec![Block::Paragraph(Line::new().code(&**template).plain("."))],
            ));
        }
        for used in &plan.uses {
            let mut says = Line::from("Its names begin with ")
                .code(format!("{}_", used.prefix))
                .plain(", from the template ")
                .code(&*used.template);
            for (at, (name, given)) in used.with.iter().enumerate() {
                let joined = if at == 0 { " with " } else { ", " };
                says = says
                    .plain(joined)
                    .code(&**name)
                    .plain(" as ")
                    .code(&**given);
            }
            points.push((
                Line::from("Group ").code(&*used.prefix),
                vec![Block::Paragraph(says.plain("."))],
            ));
        }
        if let Some(agreed) = self.agreed {
            points.extend(agreement(agreed));
        }
        let rounding = self.rounding(&plan.money, Grant::Money);
        let money = format!(
            "In {}, rounded {rounding} unless something else is said.",
            plan.currency.code()
        );
        points.push(told("Money", money));
        points.push(told("Calendar", figure::calendar(&plan.calendar).join(" ")));
        points.push(told(
            "Period",
            format!(
                "The {0}. Whatever states no time of its own is earned and settled by the {0}.",
                unit_noun(plan.period)
            ),
        ));
        sheet.add(Block::Points(points));
    }

    fn how_to_read(&self, sheet: &mut Sheet) {
        sheet.aside("How to read this");
        let said = [
            Line::from(
                "“You” are the partner whose agreement this is; “we” are the vendor that runs the program and pays.",
            ),
            Line::from(
                "A name set apart, such as a measure's, is explained under a heading of its own. Slanted words are \
                 known only in the rule they stand in.",
            ),
            Line::from(
                "Unless a rule says otherwise, everything is asked about you and about the window that is being settled: \
                 the quarter, the year, whatever the component is earned for.",
            ),
            Line::from(
                "All arithmetic is exact. Nothing is rounded except where a rounding is written.",
            ),
            Line::from(
                "No answer is never zero. An answer is missing when something that should be there is not: a fact, a \
                 figure, a feed that is not complete yet. It is undefined when everything is there and the rule has none, \
                 such as a division by zero. Whatever builds on no answer has none either, unless it says what then holds.",
            ),
            Line::from(
                "While a component has no answer, nothing of it is paid and nothing is taken back; the question stays open, \
                 and both sides see it.",
            ),
            Line::from(
                "With no facts in a window, a sum and a count are zero if the feed is declared complete for it, and missing \
                 otherwise; a smallest, a largest and a latest are missing.",
            ),
            Line::from(
                "What a settlement posts is what you are entitled to by then, as it is known then, less what was posted \
                 before. So a late or corrected fact changes what was paid, up or down.",
            ),
        ];
        sheet.add(Block::bullets(
            said.into_iter()
                .map(|line| vec![Block::Paragraph(line)])
                .collect(),
        ));
    }

    fn objectives(&self, sheet: &mut Sheet) {
        let plan = self.plan;
        if plan.objectives.is_empty() {
            return;
        }
        sheet.section("What we want to reach together");
        let entries = plan
            .objectives
            .iter()
            .map(|objective| {
                let mut line = Line::new().strong(sentence(&objective.goal));
                if let Some(until) = objective.until {
                    line = line.plain(format!(" To be reached by {}.", figure::day(until)));
                }
                if !objective.by.is_empty() {
                    let by = objective
                        .by
                        .iter()
                        .map(|of| Line::new().piece(self.names.name(*of)))
                        .collect();
                    line = line.plain(" Shown by ").line(listed(by)).plain(".");
                }
                vec![Block::Paragraph(line)]
            })
            .collect();
        sheet.add(Block::List {
            is_numbered: true,
            entries,
        });
    }

    fn late(&self, sheet: &mut Sheet) {
        sheet.section("Late and corrected facts");
        sheet.say(match self.plan.reach_back {
            Some(length) => format!(
                "A window that ended more than {} before a settlement's end is closed: what was posted for it stays, \
                 whatever becomes known.",
                figure::length(length)
            ),
            None => "Whenever a fact becomes known or is corrected, it changes what was paid, back to the start of your \
                     agreement."
                .to_owned(),
        });
    }
}

/// Whose agreement it is, and from when until when.
fn agreement(agreed: &super::Agreed<'_>) -> Vec<(Line, Vec<Block>)> {
    let text = agreed.text;
    let mut line = Line::new().code(&*text.name.text);
    if let Some(is) = &text.is {
        line = line.plain(" · ").plain(sentence(&is.text));
    } else {
        line = line.plain(".");
    }
    let whose = match &text.whose {
        Whose::Partner(id) => {
            let name = agreed.columns.iter().find(|(column, _)| column == "name");
            match name {
                Some((_, name)) => Line::new()
                    .strong(name.clone())
                    .plain(", partner ")
                    .code(&*id.text)
                    .plain("."),
                None => Line::from("Partner ").code(&*id.text).plain("."),
            }
        }
        Whose::Partners(columns) => {
            let columns: Vec<Line> = columns
                .iter()
                .map(|(column, says)| {
                    Line::from(format!(
                        "whose {} is {}",
                        super::names::spaced(&column.text),
                        quoted(&says.text)
                    ))
                })
                .collect();
            Line::from("Every partner ")
                .line(listed(columns))
                .plain(" and who has no agreement of its own.")
        }
    };
    let from = figure::day(text.starts);
    let dates = match text.until {
        Some(until) => format!("From {from} to {}, both included.", figure::last_day(until)),
        None => format!("From {from} on, without an end."),
    };
    let mut points = vec![
        (Line::from("Agreement"), vec![Block::Paragraph(line)]),
        (Line::from("You"), vec![Block::Paragraph(whose)]),
        told("Holds", dates),
    ];
    let listed: Vec<String> = agreed
        .columns
        .iter()
        .filter(|(column, _)| column != "name")
        .map(|(column, says)| format!("{} {}", super::names::spaced(column), quoted(says)))
        .collect();
    if !listed.is_empty() {
        points.push(told(
            "In our directory",
            format!("{}.", super::document::capital(&listed.join(", "))),
        ));
    }
    points
}
