//! Tokens to a formula: one loop over operators and their strength, as deep as [`DEPTH_MAX`](super::DEPTH_MAX).

mod atom;

use super::lex::{Sign, Token, TokenKind};
use super::{DEPTH_MAX, Formula, FormulaKind};
use crate::diagnostic::Diagnostic;
use crate::elsewhere;
use crate::nearest::nearest;
use crate::span::Span;
use crate::tree::{Comparison, NoAnswerKind, Operator};
use crate::yaml::Scalar;
use trueup_base::calendar::WindowUnit;
use trueup_base::money::Currency;

/// Reads all tokens as one formula.
pub(super) fn formula(
    scalar: &Scalar,
    tokens: &[Token],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Formula> {
    let mut parser = Parser {
        scalar,
        tokens,
        at: 0,
        depth: 0,
        diagnostics,
    };
    let formula = parser.expression(Strength::Or)?;
    parser.nothing_left()?;
    Some(formula.formula)
}

/// How strongly an operator holds what stands beside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Or,
    And,
    Not,
    Compared,
    Sum,
    Product,
    Signed,
}

/// Whether a token is the word for a window, such as `year`.
fn is_window(token: &Token) -> bool {
    match &token.is {
        TokenKind::Word(word) => WindowUnit::ALL
            .into_iter()
            .any(|unit| unit.name() == word.as_str()),
        TokenKind::Number(_)
        | TokenKind::Text(_)
        | TokenKind::Currency(_)
        | TokenKind::Sign(_)
        | TokenKind::End => false,
    }
}

/// A formula with the bytes of the text it covers, brackets around it included, and how deep it is.
struct Part {
    formula: Formula,
    start: usize,
    end: usize,
    height: usize,
}

struct Parser<'a> {
    scalar: &'a Scalar,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

const DURATIONS: [&str; 10] = [
    "day", "days", "week", "weeks", "month", "months", "quarter", "quarters", "year", "years",
];

impl Parser<'_> {
    fn peek(&self) -> &TokenKind {
        self.tokens
            .get(self.at)
            .map_or(&TokenKind::End, |token| &token.is)
    }

    fn here(&self) -> (usize, usize) {
        self.tokens
            .get(self.at)
            .map_or((self.scalar.text.len(), self.scalar.text.len()), |token| {
                (token.start, token.end)
            })
    }

    fn before(&self) -> usize {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or(0, |token| token.end)
    }

    fn step(&mut self) {
        if self.at < self.tokens.len() {
            self.at += 1;
        }
    }

    fn word(&self) -> &str {
        match self.peek() {
            TokenKind::Word(word) => word,
            TokenKind::Number(_)
            | TokenKind::Text(_)
            | TokenKind::Currency(_)
            | TokenKind::Sign(_)
            | TokenKind::End => "",
        }
    }

    fn skip_word(&mut self, word: &str) -> bool {
        let is = self.word() == word;
        if is {
            self.step();
        }
        is
    }

    fn skip_sign(&mut self, sign: Sign) -> bool {
        let is = *self.peek() == TokenKind::Sign(sign);
        if is {
            self.step();
        }
        is
    }

    fn place(&self, start: usize, end: usize) -> Span {
        self.scalar.place(start, end)
    }

    /// The token here, as a message shows it.
    fn shown(&self) -> String {
        let (start, end) = self.here();
        match self.scalar.text.get(start..end) {
            Some(text) if !text.is_empty() => format!("`{text}`"),
            Some(_) | None => "the end".to_owned(),
        }
    }

    fn error(
        &mut self,
        code: &'static str,
        (start, end): (usize, usize),
        message: String,
        help: &str,
    ) {
        let span = self.place(start, end);
        self.diagnostics
            .push(Diagnostic::error(code, span, message).help(help));
    }

    fn expression(&mut self, least: Strength) -> Option<Part> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.too_deep();
        }
        let mut left = self.first(least)?;
        while let Some(strength) = self.operator() {
            if strength < least {
                break;
            }
            left = self.rest(left, strength)?;
            if left.height > DEPTH_MAX {
                return self.too_deep();
            }
        }
        self.depth -= 1;
        Some(left)
    }

    fn too_deep<T>(&mut self) -> Option<T> {
        let message = format!("the formula is more than {DEPTH_MAX} levels deep here");
        self.error(
            "F9",
            self.here(),
            message,
            "give parts of it names of their own under `values`",
        );
        None
    }

    /// The strength of the operator here, if there is one.
    fn operator(&self) -> Option<Strength> {
        match self.peek() {
            TokenKind::Sign(Sign::Plus | Sign::Minus) => Some(Strength::Sum),
            TokenKind::Sign(Sign::Times | Sign::Over) => Some(Strength::Product),
            TokenKind::Sign(
                Sign::Equal
                | Sign::NotEqual
                | Sign::Less
                | Sign::AtMost
                | Sign::More
                | Sign::AtLeast
                | Sign::Names,
            ) => Some(Strength::Compared),
            TokenKind::Word(word) => match word.as_str() {
                "or" => Some(Strength::Or),
                "and" => Some(Strength::And),
                "between" | "in" | "is" | "not" => Some(Strength::Compared),
                _ => None,
            },
            TokenKind::Sign(_)
            | TokenKind::Number(_)
            | TokenKind::Text(_)
            | TokenKind::Currency(_)
            | TokenKind::End => None,
        }
    }

    fn part(&self, is: FormulaKind, start: usize, end: usize, height: usize) -> Part {
        Part {
            formula: Formula {
                is,
                span: self.place(start, end),
            },
            start,
            end,
            height: height + 1,
        }
    }

    /// What stands left of any operator.
    fn first(&mut self, least: Strength) -> Option<Part> {
        let (start, end) = self.here();
        if self.skip_word("not") {
            if least > Strength::Not {
                let help = "put brackets around it: (not x)";
                self.error(
                    "F1",
                    (start, end),
                    "`not` stands before a whole comparison".into(),
                    help,
                );
            }
            let x = self.expression(Strength::Not)?;
            return Some(self.part(
                FormulaKind::Not(Box::new(x.formula)),
                start,
                x.end,
                x.height,
            ));
        }
        if self.skip_sign(Sign::Minus) {
            let x = self.expression(Strength::Signed)?;
            return Some(self.part(
                FormulaKind::Negated(Box::new(x.formula)),
                start,
                x.end,
                x.height,
            ));
        }
        if *self.peek() == TokenKind::Sign(Sign::Plus) {
            self.error(
                "F1",
                (start, end),
                "a number has no `+` before it".into(),
                "take it out",
            );
            self.step();
            return self.expression(Strength::Signed);
        }
        let x = self.atom()?;
        let x = self.keyed(x)?;
        if *self.peek() == TokenKind::Sign(Sign::OpenKey) {
            self.error(
                "F1",
                self.here(),
                "a second key".into(),
                "one key stands after a keyed measure",
            );
            return self.keyed(x);
        }
        Some(x)
    }

    fn keyed(&mut self, x: Part) -> Option<Part> {
        let opened = self.here();
        if !self.skip_sign(Sign::OpenKey) {
            return Some(x);
        }
        let key = self.expression(Strength::Or)?;
        self.close(Sign::CloseKey, "]", opened)?;
        let height = x.height.max(key.height);
        let is = FormulaKind::Keyed(Box::new(x.formula), Box::new(key.formula));
        Some(self.part(is, x.start, self.before(), height))
    }

    /// An operator and what stands right of it.
    fn rest(&mut self, left: Part, strength: Strength) -> Option<Part> {
        match strength {
            Strength::Or | Strength::And => self.chain(left, strength),
            Strength::Sum | Strength::Product => {
                let operator = match self.peek() {
                    TokenKind::Sign(Sign::Plus) => Operator::Plus,
                    TokenKind::Sign(Sign::Minus) => Operator::Minus,
                    TokenKind::Sign(Sign::Times) => Operator::Times,
                    _ => Operator::Over,
                };
                self.step();
                let above = if strength == Strength::Sum {
                    Strength::Product
                } else {
                    Strength::Signed
                };
                let right = self.expression(above)?;
                let height = left.height.max(right.height);
                let (start, end) = (left.start, right.end);
                let is = FormulaKind::Arithmetic(
                    operator,
                    Box::new(left.formula),
                    Box::new(right.formula),
                );
                Some(self.part(is, start, end, height))
            }
            Strength::Compared => {
                let compared = self.compared(left)?;
                if self.operator() == Some(Strength::Compared) {
                    let help = "say each comparison: a < b and b < c; or: b between a and c";
                    self.error("F6", self.here(), "comparisons do not chain".into(), help);
                }
                Some(compared)
            }
            // No operator between two parts has these strengths.
            Strength::Not | Strength::Signed => Some(left),
        }
    }

    fn chain(&mut self, left: Part, strength: Strength) -> Option<Part> {
        let (word, above) = if strength == Strength::Or {
            ("or", Strength::And)
        } else {
            ("and", Strength::Not)
        };
        let (start, mut end, mut height) = (left.start, left.end, left.height);
        let mut parts = vec![left.formula];
        while self.skip_word(word) {
            let part = self.expression(above)?;
            end = part.end;
            height = height.max(part.height);
            parts.push(part.formula);
        }
        let is = if strength == Strength::Or {
            FormulaKind::Or(parts)
        } else {
            FormulaKind::And(parts)
        };
        Some(self.part(is, start, end, height))
    }

    fn compared(&mut self, left: Part) -> Option<Part> {
        let comparison = match self.peek() {
            TokenKind::Sign(Sign::Equal) => Some(Comparison::Equal),
            TokenKind::Sign(Sign::NotEqual) => Some(Comparison::NotEqual),
            TokenKind::Sign(Sign::Less) => Some(Comparison::Less),
            TokenKind::Sign(Sign::AtMost) => Some(Comparison::AtMost),
            TokenKind::Sign(Sign::More) => Some(Comparison::More),
            TokenKind::Sign(Sign::AtLeast) => Some(Comparison::AtLeast),
            TokenKind::Sign(Sign::Names) => {
                let message =
                    "`=>` names an argument of a call, and no word stands before it".into();
                self.error("F5", self.here(), message, "at least is written `>=`");
                Some(Comparison::AtLeast)
            }
            _ => None,
        };
        if let Some(comparison) = comparison {
            let at = self.here();
            self.step();
            let right = self.expression(Strength::Sum)?;
            if right.formula.is == FormulaKind::Missing || left.formula.is == FormulaKind::Missing {
                let help = if comparison == Comparison::NotEqual {
                    "write `x is not missing`"
                } else {
                    "write `x is missing`"
                };
                self.error(
                    "F1",
                    at,
                    "nothing compares with `missing`, not even itself".into(),
                    help,
                );
            }
            let height = left.height.max(right.height);
            let (start, end) = (left.start, right.end);
            let is =
                FormulaKind::Compared(comparison, Box::new(left.formula), Box::new(right.formula));
            return Some(self.part(is, start, end, height));
        }
        if self.skip_word("is") {
            return self.is_no_answer(left);
        }
        let not = self.skip_word("not");
        if self.skip_word("between") {
            return self.between(left, not);
        }
        if self.skip_word("in") {
            return self.in_list(left, not);
        }
        let message = format!(
            "{} stands where `between` or `in` is expected",
            self.shown()
        );
        self.error(
            "F1",
            self.here(),
            message,
            "write `x not between a and b`, `x not in (a, b)`, or `not` before the comparison",
        );
        None
    }

    fn is_no_answer(&mut self, x: Part) -> Option<Part> {
        let not = self.skip_word("not");
        let kind = match self.word() {
            "missing" => NoAnswerKind::Missing,
            "undefined" => NoAnswerKind::Undefined,
            _ => {
                let message = format!(
                    "{} stands where `missing` or `undefined` is expected",
                    self.shown()
                );
                let help = if matches!(self.word(), "null" | "none" | "empty") {
                    "what is not there is `missing`"
                } else {
                    "`is` asks for no answer only; to compare, write `=`"
                };
                self.error("F1", self.here(), message, help);
                return None;
            }
        };
        self.step();
        let is = FormulaKind::Is {
            x: Box::new(x.formula),
            kind,
            not,
        };
        Some(self.part(is, x.start, self.before(), x.height))
    }

    fn between(&mut self, x: Part, not: bool) -> Option<Part> {
        let low = self.expression(Strength::Sum)?;
        if !self.skip_word("and") {
            let message = format!("{} stands where `and` is expected", self.shown());
            self.error(
                "F1",
                self.here(),
                message,
                "write `x between low and high`; both ends count",
            );
            return None;
        }
        let high = self.expression(Strength::Sum)?;
        let height = x.height.max(low.height).max(high.height);
        let is = FormulaKind::Between {
            x: Box::new(x.formula),
            low: Box::new(low.formula),
            high: Box::new(high.formula),
            not,
        };
        Some(self.part(is, x.start, high.end, height))
    }

    fn in_list(&mut self, x: Part, not: bool) -> Option<Part> {
        let opened = self.here();
        if !self.skip_sign(Sign::Open) {
            let message = format!("{} stands where `(` is expected", self.shown());
            self.error(
                "F1",
                self.here(),
                message,
                "write the list in brackets: x in ('a', 'b')",
            );
            return None;
        }
        let mut list = Vec::new();
        let mut height = x.height;

        loop {
            let item = self.expression(Strength::Sum)?;
            height = height.max(item.height);
            list.push(item.formula);
            if !self.skip_sign(Sign::Comma) {
                break;
            }
        }

        self.close(Sign::Close, ")", opened)?;
        let is = FormulaKind::In {
            x: Box::new(x.formula),
            list,
            not,
        };
        Some(self.part(is, x.start, self.before(), height))
    }

    fn close(&mut self, sign: Sign, shown: &str, opened: (usize, usize)) -> Option<()> {
        if self.skip_sign(sign) {
            return Some(());
        }
        if *self.peek() == TokenKind::End {
            let message = format!("this bracket is not closed: `{shown}` is missing");
            self.error("F1", opened, message, "close it where its contents end");
            return None;
        }
        self.left_over()
    }

    fn nothing_left(&mut self) -> Option<()> {
        if *self.peek() == TokenKind::End {
            Some(())
        } else {
            self.left_over()
        }
    }

    /// The token just read.
    fn last(&self) -> Option<&TokenKind> {
        let at = self.at.checked_sub(1)?;
        self.tokens.get(at).map(|token| &token.is)
    }

    /// What is said where a formula goes on as speech, a spreadsheet or a query would.
    fn of_elsewhere(&self) -> Option<(String, String)> {
        let written = |at: usize| {
            let token = self.tokens.get(at)?;
            self.scalar.text.get(token.start..token.end)
        };
        let shown = self.shown();
        let number = self.at.checked_sub(1).and_then(written).unwrap_or("");
        match (self.peek(), self.last()) {
            (TokenKind::Number(_), Some(TokenKind::Currency(code))) => Some((
                format!("{shown} stands after its currency"),
                format!(
                    "the currency stands behind: {} {code}",
                    written(self.at).unwrap_or("500")
                ),
            )),
            (TokenKind::Word(word), Some(TokenKind::Number(_)))
                if matches!(word.as_str(), "percent" | "pct") =>
            {
                Some((
                    format!("{shown} stands after a number"),
                    format!("write {number}%"),
                ))
            }
            (TokenKind::Word(word), Some(TokenKind::Number(_)))
                if Currency::parse(&word.to_ascii_uppercase()).is_ok() =>
            {
                let code = word.to_ascii_uppercase();
                Some((
                    format!("{shown} stands after a number"),
                    format!("a currency is three capitals: {number} {code}"),
                ))
            }
            (TokenKind::Word(word), _)
                if word == "per" && self.tokens.get(self.at + 1).is_some_and(is_window) =>
            {
                Some((
                    format!("{shown} stands between two values"),
                    "say it with `over: year` on the component, or on a limit that holds it"
                        .to_owned(),
                ))
            }
            (TokenKind::Word(word), _) => elsewhere::word(word)
                .map(|(what, help)| (what.replace("{}", &shown), help.to_owned())),
            (
                TokenKind::Number(_)
                | TokenKind::Text(_)
                | TokenKind::Currency(_)
                | TokenKind::Sign(_)
                | TokenKind::End,
                _,
            ) => None,
        }
    }

    /// A token follows a whole formula.
    fn left_over<T>(&mut self) -> Option<T> {
        let shown = self.shown();
        let after_number = matches!(self.last(), Some(TokenKind::Number(_)));
        if let Some((message, help)) = self.of_elsewhere() {
            self.error("F1", self.here(), message, &help);
            return None;
        }
        let (message, help) = match self.peek() {
            TokenKind::Sign(Sign::Comma) => (
                "a comma stands outside a call".to_owned(),
                "a comma separates the arguments of a call: least(a, b)".to_owned(),
            ),
            TokenKind::Sign(Sign::Close | Sign::CloseKey) => (
                format!("{shown} closes nothing"),
                "take it out, or open a bracket before".to_owned(),
            ),
            TokenKind::Sign(Sign::Percent) => (
                "`%` stands after a number only".to_owned(),
                "divide by 100, or write the number itself with `%`; there is no remainder"
                    .to_owned(),
            ),
            TokenKind::Word(word) if matches!(word.as_str(), "when" | "then" | "else") => (
                format!("{shown} stands outside a `case`"),
                "a choice is written `case when … then … else … end`".to_owned(),
            ),
            TokenKind::Word(word) if after_number => {
                let help = match nearest(word, DURATIONS) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "write an operator between them: 2 * x; or one of %, USD, days, weeks, months, quarters, years".to_owned(),
                };
                (format!("{shown} stands after a number"), help)
            }
            TokenKind::Word(_)
            | TokenKind::Number(_)
            | TokenKind::Text(_)
            | TokenKind::Currency(_)
            | TokenKind::Sign(_)
            | TokenKind::End => (
                format!("{shown} stands where the formula should go on or end"),
                match self.last() {
                    Some(TokenKind::Word(_)) => "an operator is missing before it: + - * / = < > and or; what a function is given stands in brackets: least(a, b)",
                    Some(_) | None => "an operator is missing before it: + - * / = < > and or",
                }
                .to_owned(),
            ),
        };
        self.error("F1", self.here(), message, &help);
        None
    }
}
