//! Formulas: text to a tree whose every part knows its place.
//!
//! The grammar is that of LANGUAGE, "Formulas", and nothing else; a formula that is close to one gets a message that
//! says what would be right. Names are not resolved here and units not known.
//!
//! ```
//! use trueup_plan::formula::{self, FormulaKind};
//! use trueup_plan::span::FileId;
//! use trueup_plan::yaml::Scalar;
//!
//! let scalar = Scalar::plain("least(60_000, 5% * net_sales)", FileId(0), 0);
//! let mut diagnostics = Vec::new();
//! let formula = formula::parse(&scalar, &mut diagnostics).expect("a formula");
//! assert!(matches!(&formula.is, FormulaKind::Call { name, .. } if &**name == "least"));
//! assert_eq!(formula.to_string(), "least(60_000, 5% * net_sales)");
//! ```

mod grammar;
mod lex;
mod print;

use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Span};
use crate::tree::{Comparison, NoAnswerKind, Operator, Text};
use crate::yaml::Scalar;
use trueup_base::date::Date;
use trueup_base::exact::Exact;

/// A formula and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// What it is.
    pub is: FormulaKind,
    /// Where it is written.
    pub span: Span,
}

/// What a formula is.
#[derive(Clone, Debug, PartialEq)]
pub enum FormulaKind {
    /// A number and what follows it. The value is as written: `5%` is 5 with [`Suffix::Percent`].
    Number {
        /// The number as written.
        value: Exact,
        /// What follows it.
        suffix: Suffix,
    },
    /// `'text'`
    Text(Text),
    /// `date '2026-06-20'`
    Date(Date),
    /// `true`
    True,
    /// `false`
    False,
    /// `missing`
    Missing,
    /// A name with its dots, such as `sale.seller.size`.
    Name(Text),
    /// `name(argument, word => argument)`
    Call {
        /// The function or table.
        name: Text,
        /// Where its name is written.
        name_span: Span,
        /// What it is given.
        arguments: Vec<Argument>,
    },
    /// `x[key]`
    Keyed(Box<Formula>, Box<Formula>),
    /// `-x`
    Negated(Box<Formula>),
    /// `not x`
    Not(Box<Formula>),
    /// `x + y`, `x - y`, `x * y`, `x / y`
    Arithmetic(Operator, Box<Formula>, Box<Formula>),
    /// `x = y` and its kin.
    Compared(Comparison, Box<Formula>, Box<Formula>),
    /// `x between low and high`
    Between {
        /// What is looked at.
        x: Box<Formula>,
        /// The lower end, included.
        low: Box<Formula>,
        /// The upper end, included.
        high: Box<Formula>,
        /// `not between`
        not: bool,
    },
    /// `x in (a, b)`
    In {
        /// What is looked at.
        x: Box<Formula>,
        /// What it may be.
        list: Vec<Formula>,
        /// `not in`
        not: bool,
    },
    /// `x is missing`, `x is undefined`
    Is {
        /// What is looked at.
        x: Box<Formula>,
        /// Which no answer is asked for.
        kind: NoAnswerKind,
        /// `is not`
        not: bool,
    },
    /// `x and y and …`, two or more.
    And(Vec<Formula>),
    /// `x or y or …`, two or more.
    Or(Vec<Formula>),
    /// `case when … then … else … end`, at least one arm.
    Case {
        /// Tests and answers.
        arms: Vec<(Formula, Formula)>,
        /// What holds when no test does.
        otherwise: Box<Formula>,
    },
}

/// What follows a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suffix {
    /// Nothing.
    None,
    /// `%`
    Percent,
    /// Three capitals.
    Currency(Text),
    /// `days`, `weeks`, `months`, `quarters`, `years`, always in the plural.
    Duration(Text),
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The word before `=>`, and its place.
    pub word: Option<(Text, Span)>,
    /// What is given.
    pub value: Formula,
}

/// How deep a formula may be: brackets inside brackets, or operators one after the other.
pub const DEPTH_MAX: usize = 128;

/// Reads the formula that a scalar says; nothing when a mistake was reported.
pub fn parse(scalar: &Scalar, diagnostics: &mut Vec<Diagnostic>) -> Option<Formula> {
    let before = diagnostics.len();
    let tokens = lex::tokens(scalar, diagnostics)?;
    let formula = grammar::formula(scalar, &tokens, diagnostics)?;
    (diagnostics.len() == before).then_some(formula)
}

/// Reads a formula from text that stands in no file, as a test or a command line gives it.
pub fn parse_text(text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Formula> {
    parse(&Scalar::plain(text, FileId::default(), 0), diagnostics)
}
