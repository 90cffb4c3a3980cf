//! What stands between operators: literals, names, calls, brackets and `case`.

use trueup_base::date::parse_date;
use trueup_base::exact::Exact;

use super::{DURATIONS, Parser, Part, Strength};
use crate::diagnostic::Diagnostic;
use crate::formula::lex::{Sign, TokenKind};
use crate::formula::{Argument, Formula, FormulaKind, Suffix};

const KEYWORDS: [&str; 17] = [
    "and",
    "between",
    "case",
    "else",
    "end",
    "false",
    "in",
    "is",
    "missing",
    "not",
    "or",
    "then",
    "true",
    "undefined",
    "when",
    "if",
    "null",
];

impl Parser<'_> {
    pub(super) fn atom(&mut self) -> Option<Part> {
        let (start, end) = self.here();
        match self.peek().clone() {
            TokenKind::Number(value) => Some(self.number(value, start, end)),
            TokenKind::Text(text) => {
                self.step();
                Some(self.part(FormulaKind::Text(text.into()), start, end, 0))
            }
            // `into => USD`: a currency is named by its code.
            TokenKind::Currency(code) => {
                self.step();
                Some(self.part(FormulaKind::Text(code.into()), start, end, 0))
            }
            TokenKind::Word(word) => self.worded(&word, start, end),
            TokenKind::Sign(Sign::Open) => {
                self.step();
                let inner = self.expression(Strength::Or)?;
                self.close(Sign::Close, ")", (start, end))?;
                Some(Part {
                    start,
                    end: self.before(),
                    ..inner
                })
            }
            TokenKind::Sign(_) | TokenKind::End => self.no_value(),
        }
    }

    /// Something else stands where a value is expected.
    fn no_value<T>(&mut self) -> Option<T> {
        let shown = self.shown();
        let (message, help) = match self.peek() {
            TokenKind::End if self.at == 0 => (
                "the formula is empty".to_owned(),
                "write a number, a name or a formula",
            ),
            TokenKind::End => (
                "the formula ends where a value is expected".to_owned(),
                "write what follows, or take out what is left over",
            ),
            TokenKind::Sign(Sign::Names) => (
                format!("{shown} stands where a value is expected"),
                "`=>` names an argument of a call; at least is written `>=`",
            ),
            TokenKind::Sign(_)
            | TokenKind::Word(_)
            | TokenKind::Number(_)
            | TokenKind::Text(_)
            | TokenKind::Currency(_) => (
                format!("{shown} stands where a value is expected"),
                "a number, a name, a call, a text in single quotes or brackets make a value",
            ),
        };
        self.error("F1", self.here(), message, help);
        None
    }

    fn number(&mut self, value: Exact, start: usize, end: usize) -> Part {
        self.step();
        let suffix = match self.peek().clone() {
            TokenKind::Sign(Sign::Percent) => Suffix::Percent,
            TokenKind::Currency(code) => Suffix::Currency(code.into()),
            TokenKind::Word(word) if DURATIONS.contains(&word.as_str()) => {
                Suffix::Duration(if word.ends_with('s') {
                    word.into()
                } else {
                    format!("{word}s").into()
                })
            }
            TokenKind::Word(_)
            | TokenKind::Number(_)
            | TokenKind::Text(_)
            | TokenKind::Sign(_)
            | TokenKind::End => {
                return self.part(
                    FormulaKind::Number {
                        value,
                        suffix: Suffix::None,
                    },
                    start,
                    end,
                    0,
                );
            }
        };
        self.step();
        self.part(
            FormulaKind::Number { value, suffix },
            start,
            self.before(),
            0,
        )
    }

    /// A word: a literal, `case`, a call or a name.
    fn worded(&mut self, word: &str, start: usize, end: usize) -> Option<Part> {
        let literal = match word {
            "true" => Some(FormulaKind::True),
            "false" => Some(FormulaKind::False),
            "missing" => Some(FormulaKind::Missing),
            _ => None,
        };
        if let Some(literal) = literal {
            self.step();
            return Some(self.part(literal, start, end, 0));
        }
        match word {
            "case" => return self.case(start),
            "date" => {
                if let Some(TokenKind::Text(text)) =
                    self.tokens.get(self.at + 1).map(|token| token.is.clone())
                {
                    return self.date(&text, start);
                }
            }
            "undefined" => {
                self.error(
                    "F1",
                    (start, end),
                    "`undefined` is no value".into(),
                    "it can only be asked for: x is undefined",
                );
                return None;
            }
            "if" | "null" => {
                let help = if word == "if" {
                    "a choice is written `case when … then … else … end`"
                } else {
                    "what is not there is `missing`; ask for it with `x is missing`"
                };
                self.error(
                    "F1",
                    (start, end),
                    format!("formulas have no `{word}`"),
                    help,
                );
                return None;
            }
            _ if KEYWORDS.contains(&word) => return self.no_value(),
            _ => {}
        }
        self.step();
        let opened = self.here();
        if self.skip_sign(Sign::Open) {
            return self.call(word, (start, end), opened);
        }
        Some(self.part(FormulaKind::Name(word.into()), start, end, 0))
    }

    fn date(&mut self, text: &str, start: usize) -> Option<Part> {
        self.step();
        let (_, end) = self.here();
        self.step();
        match parse_date(text) {
            Ok(date) => Some(self.part(FormulaKind::Date(date), start, end, 0)),
            Err(_) => {
                let help = "a date is written year-month-day and must be in the calendar: date '2026-06-20'";
                self.error("F10", (start, end), format!("`{text}` is no date"), help);
                None
            }
        }
    }

    fn call(
        &mut self,
        name: &str,
        (start, end): (usize, usize),
        opened: (usize, usize),
    ) -> Option<Part> {
        let mut arguments = Vec::new();
        let mut height = 0;
        if !self.skip_sign(Sign::Close) {
            loop {
                let (argument, deep) = self.argument()?;
                height = height.max(deep);
                arguments.push(argument);
                if !self.skip_sign(Sign::Comma) {
                    break;
                }
            }

            self.close(Sign::Close, ")", opened)?;
        }
        let is = FormulaKind::Call {
            name: name.into(),
            name_span: self.place(start, end),
            arguments,
        };
        Some(self.part(is, start, self.before(), height))
    }

    fn argument(&mut self) -> Option<(Argument, usize)> {
        let (start, end) = self.here();
        let named = self
            .tokens
            .get(self.at + 1)
            .is_some_and(|next| next.is == TokenKind::Sign(Sign::Names));
        let word = match self.peek() {
            TokenKind::Word(word) if named => Some((word.as_str().into(), self.place(start, end))),
            _ => None,
        };
        if word.is_some() {
            self.step();
            self.step();
        }
        let value = self.expression(Strength::Or)?;
        Some((
            Argument {
                word,
                value: value.formula,
            },
            value.height,
        ))
    }

    fn case(&mut self, start: usize) -> Option<Part> {
        let opened = self.here();
        self.step();
        let mut arms = Vec::new();
        let mut height = 0;
        if self.word() != "when" {
            let message = format!("{} stands where `when` is expected", self.shown());
            self.error(
                "F7",
                self.here(),
                message,
                "write `case when x = 1 then … else … end`",
            );
            return None;
        }
        while self.skip_word("when") {
            let test = self.expression(Strength::Or)?;
            if !self.skip_word("then") {
                if self.of_elsewhere().is_some() {
                    return self.left_over();
                }
                let message = format!("{} stands where `then` is expected", self.shown());
                self.error("F7", self.here(), message, "write `when … then …`");
                return None;
            }
            let answer = self.expression(Strength::Or)?;
            height = height.max(test.height).max(answer.height);
            arms.push((test.formula, answer.formula));
        }
        if !self.skip_word("else") {
            if self.of_elsewhere().is_some() || *self.peek() == TokenKind::Sign(Sign::Comma) {
                return self.left_over();
            }
            let place = self.place(opened.0, opened.1);
            let here = self.place(self.here().0, self.here().1);
            let message = "this case does not say what holds when no test does";
            let help = "write `else …` before `end`; what is to stay open is `else missing`";
            self.diagnostics.push(
                Diagnostic::error("F7", place, message)
                    .also(here, "`else` is expected here")
                    .help(help),
            );
            if self.word() != "end" {
                return None;
            }
            self.step();
            let nothing = Formula {
                is: FormulaKind::Missing,
                span: here,
            };
            let is = FormulaKind::Case {
                arms,
                otherwise: Box::new(nothing),
            };
            return Some(self.part(is, start, self.before(), height));
        }
        let otherwise = self.expression(Strength::Or)?;
        if !self.skip_word("end") {
            if self.of_elsewhere().is_some() {
                return self.left_over();
            }
            let place = self.place(opened.0, opened.1);
            let here = self.place(self.here().0, self.here().1);
            let message = "this case is not closed";
            self.diagnostics.push(
                Diagnostic::error("F7", place, message)
                    .also(here, "`end` is expected here")
                    .help("write `end` after the last answer"),
            );
            return None;
        }
        height = height.max(otherwise.height);
        let is = FormulaKind::Case {
            arms,
            otherwise: Box::new(otherwise.formula),
        };
        Some(self.part(is, start, self.before(), height))
    }
}
