//! What came out beside what was expected.

use trueup_base::exact::Exact;
use trueup_plan::agreement;
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::{Literal, NoAnswerKind, Plan, Type, Unit};
use trueup_plan::yaml::{Node, NodeKind};

use crate::cell;
use crate::explain::Figure;

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// One answer.
    One(Answered),
    /// Several, in order.
    List(Vec<Answered>),
    /// Several by name.
    Map(Vec<(String, Answered)>),
    /// One answer, and what it was made from by name; of these only those are asked that are written.
    Parts(Answered, Vec<(String, Answered)>),
    /// Ids in groups.
    Groups(Vec<Vec<String>>),
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    /// The figure.
    pub figure: Figure,
    /// What else there is to say of it.
    pub open: Open,
}

/// What is left open beside a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Open {
    /// Nothing.
    Nothing,
    /// The posting stands, and a window has no answer.
    Question(NoAnswerKind, String),
    /// A release whose condition is false and that waits.
    Waits,
}

impl From<Figure> for Answered {
    fn from(figure: Figure) -> Self {
        Self {
            figure,
            open: Open::Nothing,
        }
    }
}

/// Whether what came out is what was expected; a figure that cannot be read is reported.
pub(super) fn is_met(
    plan: &Plan,
    expected: &Node,
    got: &Got,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let mut judge = Judge { plan, diagnostics };
    match got {
        Got::One(answer) => judge.one(expected, answer),
        Got::List(answers) => {
            if !expected.is_list() {
                return judge.refuse(expected, "a list of figures is expected here");
            }
            let items = expected.list();
            // Every figure is read, so that all mistakes in them are told.
            let met: Vec<bool> = items
                .iter()
                .zip(answers)
                .map(|(item, answer)| judge.one(item, answer))
                .collect();
            items.len() == answers.len() && met.iter().all(|met| *met)
        }
        Got::Map(answers) => {
            if !expected.is_map() {
                return judge.refuse(expected, "a map of figures is expected here");
            }
            let mut met = expected.entries().len() == answers.len();
            for entry in expected.entries() {
                let answer = answers.iter().find(|(name, _)| *name == *entry.key.text);
                met &= answer.is_some_and(|(_, answer)| judge.one(&entry.value, answer));
            }
            met
        }
        Got::Parts(whole, parts) => {
            if !expected.is_map() {
                return judge.one(expected, whole);
            }
            let mut met = true;
            for entry in expected.entries() {
                let part = parts.iter().find(|(name, _)| *name == *entry.key.text);
                met &= part.is_some_and(|(_, part)| judge.one(&entry.value, part));
            }
            met
        }
        Got::Groups(groups) => {
            let is_group = |(item, ids): (&Node, &Vec<String>)| {
                item.list().len() == ids.len()
                    && item
                        .list()
                        .iter()
                        .zip(ids)
                        .all(|(written, id)| written.as_text() == Some(id))
            };
            expected.list().len() == groups.len()
                && expected.list().iter().zip(groups).all(is_group)
        }
    }
}

struct Judge<'a> {
    plan: &'a Plan,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Judge<'_> {
    fn refuse(&mut self, at: &Node, message: &str) -> bool {
        self.diagnostics
            .push(Diagnostic::error("E3", at.span, message));
        false
    }

    fn one(&mut self, expected: &Node, answer: &Answered) -> bool {
        let NodeKind::Scalar(scalar) = &expected.is else {
            return self.refuse(expected, "one figure is expected here");
        };
        if !scalar.quoted {
            // `missing` stands for any no answer, `undefined` for that kind alone.
            match &*scalar.text {
                "missing" => return answer.no_answer().is_some(),
                "undefined" => return answer.no_answer() == Some(NoAnswerKind::Undefined),
                "waits" => return answer.open == Open::Waits,
                _ => {}
            }
        }
        if answer.open == Open::Waits {
            return false;
        }
        match &answer.figure {
            Figure::Number { exact, unit, .. } => self.number(expected, exact, *unit),
            Figure::Text(text) => *text == *scalar.text,
            Figure::Date(day) => match cell::day(&scalar.text) {
                Ok(expected) => expected == *day,
                Err(message) => self.refuse(expected, &message),
            },
            Figure::Flag(holds) => match cell::flag(&scalar.text) {
                Ok(expected) => expected == *holds,
                Err(message) => self.refuse(expected, &message),
            },
            Figure::Duration(length) => scalar.text.parse() == Ok(*length),
            Figure::None { .. } | Figure::Differs => false,
        }
    }

    fn number(&mut self, expected: &Node, exact: &Exact, unit: Unit) -> bool {
        let of = Type::Number(unit);
        match agreement::figure(self.plan, expected, of, "the figure", self.diagnostics) {
            Some(Literal::Number(expected)) => expected == *exact,
            Some(
                Literal::Text(_)
                | Literal::Date(_)
                | Literal::Duration(_)
                | Literal::Flag(_)
                | Literal::Missing,
            )
            | None => false,
        }
    }
}

impl Answered {
    /// Which kind of no answer it is, if it is one.
    fn no_answer(&self) -> Option<NoAnswerKind> {
        match (&self.figure, &self.open) {
            (Figure::None { kind, .. }, _) | (_, Open::Question(kind, _)) => Some(*kind),
            (
                Figure::Number { .. }
                | Figure::Flag(_)
                | Figure::Date(_)
                | Figure::Duration(_)
                | Figure::Text(_)
                | Figure::Differs,
                Open::Nothing | Open::Waits,
            ) => None,
        }
    }

    /// Exactly, as it would be expected; in percent where that is asked for.
    fn exact(&self, in_percent: bool) -> String {
        let figure = match &self.figure {
            Figure::Number { exact, unit, .. } if in_percent && *unit == Unit::RATIO => {
                format!("{}%", exact * &Exact::from_int(100))
            }
            Figure::None { kind, why } => {
                format!("{} ({why})", crate::explain::no_answer(*kind))
            }
            other @ (Figure::Number { .. }
            | Figure::Flag(_)
            | Figure::Date(_)
            | Figure::Duration(_)
            | Figure::Text(_)
            | Figure::Differs) => other.exact(),
        };
        match &self.open {
            Open::Nothing => figure,
            Open::Question(kind, why) => {
                format!(
                    "{figure}, open: {} ({why})",
                    crate::explain::no_answer(*kind)
                )
            }
            Open::Waits => format!("{figure}, waits"),
        }
    }
}

impl Got {
    /// Exactly, as it would be expected; in percent where the expected text says so.
    pub(super) fn exact(&self, expected: &str) -> String {
        let in_percent = expected.contains('%');
        match self {
            Self::One(answer) => answer.exact(in_percent),
            Self::List(answers) => {
                let all: Vec<String> = answers
                    .iter()
                    .map(|answer| answer.exact(in_percent))
                    .collect();
                format!("[{}]", all.join(", "))
            }
            Self::Map(answers) => {
                let all: Vec<String> = answers
                    .iter()
                    .map(|(name, answer)| format!("{name}: {}", answer.exact(in_percent)))
                    .collect();
                format!("{{ {} }}", all.join(", "))
            }
            Self::Parts(whole, parts) => {
                let all: Vec<String> = parts
                    .iter()
                    .map(|(name, answer)| format!("{name}: {}", answer.exact(in_percent)))
                    .collect();
                format!("{} {{ {} }}", whole.exact(in_percent), all.join(", "))
            }
            Self::Groups(groups) => {
                let all: Vec<String> = groups
                    .iter()
                    .map(|group| format!("[{}]", group.join(", ")))
                    .collect();
                format!("[{}]", all.join(", "))
            }
        }
    }
}

/// An expected figure as it is written.
pub(super) fn written(node: &Node) -> String {
    match &node.is {
        NodeKind::Scalar(scalar) => scalar.text.to_string(),
        NodeKind::List(items) => {
            let all: Vec<String> = items.iter().map(written).collect();
            format!("[{}]", all.join(", "))
        }
        NodeKind::Map(entries) => {
            let all: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}: {}", entry.key.text, written(&entry.value)))
                .collect();
            format!("{{ {} }}", all.join(", "))
        }
        NodeKind::Empty => String::new(),
    }
}
