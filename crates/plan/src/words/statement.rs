//! Long formulas laid out: what does not fit one sentence becomes a list, or parts with letters of their own.

use super::document::{Block, Line, Piece};
use super::formula::Mode;
use super::phrase::{Phrase, Strength, Words};
use super::speaker::{At, Speaker};
use crate::tree::walk::parts;
use crate::tree::{Call, Expr, Form, Operator, Type};

/// A formula with more parts than this is laid out.
const PARTS_MAX: usize = 40;

/// A formula in words: the line that says it, and what follows under it.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) lead: Line,
    pub(super) more: Vec<Block>,
}

impl Statement {
    /// The statement as a sentence: its line between some words before it and a full stop, or what comes after it.
    pub(super) fn after(self, before: impl Into<Line>) -> Vec<Block> {
        self.between(before, ".")
    }

    /// The statement between some words before it and some after it; where it is laid out, the latter are a paragraph of
    /// their own.
    pub(super) fn between(self, before: impl Into<Line>, after: &str) -> Vec<Block> {
        let own = after.trim_start_matches(['.', ';', ',', ' ']);
        let line = before.into().line(self.lead);
        if self.more.is_empty() {
            return vec![Block::Paragraph(line.plain(after))];
        }
        let mut blocks = vec![Block::Paragraph(line)];
        blocks.extend(self.more);
        if !own.is_empty() {
            blocks.push(Block::said(super::document::capital(own)));
        }
        blocks
    }

    /// The statement as an entry of a list, without a stop.
    fn entry(self, before: impl Into<Line>) -> Vec<Block> {
        let line = before.into().line(self.lead);
        let mut blocks = vec![Block::Paragraph(line)];
        blocks.extend(self.more);
        blocks
    }
}

/// Letters for parts: A, B, …, Z, then A1, B1, ….
#[derive(Debug, Default)]
struct Letters {
    given: u32,
}

impl Letters {
    fn next(&mut self) -> String {
        let (round, place) = (self.given / 26, self.given % 26);
        self.given += 1;
        let letter = char::from_u32(u32::from(b'A') + place).unwrap_or('A');
        match round {
            0 => letter.to_string(),
            round => format!("{letter}{round}"),
        }
    }
}

impl Speaker<'_> {
    /// A formula as what it is, laid out where it is long.
    pub(super) fn statement(&self, expr: &Expr, at: &At<'_>) -> Statement {
        let mode = match expr.of {
            Type::Flag => Mode::Condition,
            Type::Number(_) | Type::Date | Type::Duration | Type::Text | Type::Partner => {
                Mode::Value
            }
        };
        self.laid_out(expr, mode, at, &mut Letters::default())
    }

    /// A phrase, if it is short enough to stand in a line.
    fn brief(&self, expr: &Expr, mode: Mode, at: &At<'_>) -> Option<Phrase> {
        let is_small = counted(expr, PARTS_MAX) <= PARTS_MAX;
        is_small
            .then(|| self.phrase(expr, mode, at))
            .filter(Phrase::fits)
    }

    fn laid_out(&self, expr: &Expr, mode: Mode, at: &At<'_>, letters: &mut Letters) -> Statement {
        if let Some(phrase) = self.brief(expr, mode, at) {
            return Statement {
                lead: phrase.line,
                more: Vec::new(),
            };
        }
        match &expr.form {
            Form::Case(arms, otherwise) => self.cases(arms, otherwise, mode, at, letters),
            Form::And(of) => {
                let entries = of.iter().map(|one| (Line::new(), one)).collect();
                self.list("all of these hold:", entries, Mode::Condition, at, letters)
            }
            Form::Or(of) => {
                let entries = of.iter().map(|one| (Line::new(), one)).collect();
                self.list(
                    "at least one of these holds:",
                    entries,
                    Mode::Condition,
                    at,
                    letters,
                )
            }
            Form::Call(Call::Least(of)) => {
                let entries = of.iter().map(|one| (Line::new(), one)).collect();
                let lead = if of.len() == 2 {
                    "the smaller of these two:"
                } else {
                    "the smallest of these:"
                };
                self.list(lead, entries, Mode::Value, at, letters)
            }
            Form::Call(Call::Greatest(of)) => {
                let entries = of.iter().map(|one| (Line::new(), one)).collect();
                let lead = if of.len() == 2 {
                    "the larger of these two:"
                } else {
                    "the largest of these:"
                };
                self.list(lead, entries, Mode::Value, at, letters)
            }
            Form::Call(Call::Otherwise(x, y)) => {
                let entries = vec![
                    (Line::new(), &**x),
                    (Line::from("where that is undefined: "), &**y),
                ];
                self.list(
                    "the first of these that can be worked out:",
                    entries,
                    mode,
                    at,
                    letters,
                )
            }
            Form::Call(Call::Coalesce(of)) => {
                let before = |at: usize| match at {
                    0 => Line::new(),
                    _ => Line::from("where that is missing or undefined: "),
                };
                let entries = of
                    .iter()
                    .enumerate()
                    .map(|(at, one)| (before(at), one))
                    .collect();
                self.list(
                    "the first of these that has an answer:",
                    entries,
                    mode,
                    at,
                    letters,
                )
            }
            Form::Arithmetic(Operator::Plus | Operator::Minus, ..) => {
                let terms = summands(expr);
                if terms.len() > 2 {
                    return self.list("the sum of these:", terms, Mode::Value, at, letters);
                }
                self.lettered(expr, mode, at, letters)
            }
            Form::Literal(_)
            | Form::Name(_)
            | Form::Negated(_)
            | Form::Arithmetic(..)
            | Form::Compared(..)
            | Form::Between(..)
            | Form::In(..)
            | Form::Is(..)
            | Form::Not(_)
            | Form::Call(_) => self.lettered(expr, mode, at, letters),
        }
    }

    fn cases(
        &self,
        arms: &[(Expr, Expr)],
        otherwise: &Expr,
        mode: Mode,
        at: &At<'_>,
        letters: &mut Letters,
    ) -> Statement {
        let mut entries = Vec::with_capacity(arms.len() + 1);
        for (test, answer) in arms {
            let test = self.laid_out(test, Mode::Condition, at, letters);
            let answer = self.laid_out(answer, mode, at, letters);
            let when = Line::from("when ").line(test.lead);
            let entry = if test.more.is_empty() {
                answer.entry(when.plain(": "))
            } else {
                let mut blocks = vec![Block::Paragraph(when)];
                blocks.extend(test.more);
                blocks.extend(answer.entry("then: "));
                blocks
            };
            entries.push(entry);
        }
        let otherwise = self.laid_out(otherwise, mode, at, letters);
        entries.push(otherwise.entry("otherwise: "));
        Statement {
            lead: Line::from("the first of these that applies:"),
            more: vec![Block::bullets(entries)],
        }
    }

    fn list(
        &self,
        lead: &str,
        of: Vec<(Line, &Expr)>,
        mode: Mode,
        at: &At<'_>,
        letters: &mut Letters,
    ) -> Statement {
        let entries = of
            .into_iter()
            .map(|(before, one)| self.laid_out(one, mode, at, letters).entry(before))
            .collect();
        Statement {
            lead: Line::from(lead),
            more: vec![Block::bullets(entries)],
        }
    }

    /// The formula with letters in place of its longer parts, and what each letter is.
    fn lettered(&self, expr: &Expr, mode: Mode, at: &At<'_>, letters: &mut Letters) -> Statement {
        let mut kept: Vec<(String, Expr, Mode, At<'_>)> = Vec::new();
        let phrase = self.shaped(expr, mode, at, &mut |part, mode, at| {
            let phrase = self.brief(part, mode, at);
            if let Some(phrase) =
                phrase.filter(|phrase| phrase.line.length() <= 60 && phrase.depth == 0)
            {
                return phrase;
            }
            let letter = letters.next();
            let stands = Words::new().piece(Piece::Local(letter.clone()));
            // The parts' own places do not outlive this walk; what they are called by does.
            kept.push((letter, part.clone(), mode, unbound(at)));
            match mode {
                Mode::Value => stands.of(Strength::Atom),
                Mode::Condition => stands.say(" holds").of(Strength::Clause),
            }
        });
        if kept.is_empty() {
            return Statement {
                lead: phrase.line,
                more: Vec::new(),
            };
        }
        let entries = kept
            .into_iter()
            .map(|(letter, part, mode, place)| {
                let place = At {
                    table: at.table,
                    ..place
                };
                let says = match mode {
                    Mode::Value => " is ",
                    Mode::Condition => " means that ",
                };
                let before = Line::new().piece(Piece::Local(letter)).plain(says);
                self.laid_out(&part, mode, &place, letters).entry(before)
            })
            .collect();
        Statement {
            lead: phrase.line.plain(", where"),
            more: vec![Block::bullets(entries)],
        }
    }
}

/// A place without what it borrows.
fn unbound(at: &At<'_>) -> At<'static> {
    At {
        window: at.window,
        table: None,
        kind: at.kind,
        is_of_others: at.is_of_others,
        is_part: at.is_part,
        is_bare: at.is_bare,
    }
}

/// The parts of a sum of sums, with `plus` or `less` before all but the first.
fn summands(expr: &Expr) -> Vec<(Line, &Expr)> {
    let mut found = Vec::new();
    let mut rest = expr;
    while let Form::Arithmetic(operator @ (Operator::Plus | Operator::Minus), left, right) =
        &rest.form
    {
        let word = match operator {
            Operator::Plus => "plus ",
            Operator::Minus | Operator::Times | Operator::Over => "less ",
        };
        found.push((Line::from(word), &**right));
        rest = left;
    }
    found.push((Line::new(), rest));
    found.reverse();
    found
}

/// How many parts a formula has, counted no further than needed.
fn counted(expr: &Expr, most: usize) -> usize {
    let mut open = vec![expr];
    let mut count = 0;
    while let Some(expr) = open.pop() {
        count += 1;
        if count > most {
            break;
        }
        open.extend(parts(expr));
    }
    count
}
