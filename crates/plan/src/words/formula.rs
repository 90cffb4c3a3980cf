//! Formulas to sentences: operators, names and figures.
//!
//! What is printed is meant to be read aloud: `net_sales / target.net_sales` is "net sales divided by target for net
//! sales". Two formulas never read alike: every form has words of its own, and brackets stand wherever two readings
//! would be possible.

use super::document::Piece;
use super::figure;
use super::names::{self, quoted, spaced};
use super::phrase::{Phrase, Strength, Words};
use super::speaker::{At, Speaker};
use crate::tree::{
    AttributeId, ColumnId, Comparison, Expr, Form, KindId, Literal, Name, NoAnswerKind, Operator,
    Type, Unit, WindowPart,
};

/// Whether a part is spoken as what it is or as what must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// `net sales`, `whether customers are glad`
    Value,
    /// `customers are glad`
    Condition,
}

/// Speaks the parts of a formula: in full, or by a letter that stands for one.
pub(super) type Parts<'f> = &'f mut dyn FnMut(&Expr, Mode, &At<'_>) -> Phrase;

impl Speaker<'_> {
    /// A formula as what it is.
    pub(super) fn value(&self, expr: &Expr, at: &At<'_>) -> Phrase {
        self.phrase(expr, Mode::Value, at)
    }

    /// A formula as what must hold.
    pub(super) fn condition(&self, expr: &Expr, at: &At<'_>) -> Phrase {
        self.phrase(expr, Mode::Condition, at)
    }

    /// A formula in one phrase.
    pub(super) fn phrase(&self, expr: &Expr, mode: Mode, at: &At<'_>) -> Phrase {
        self.shaped(expr, mode, at, &mut |part, mode, at| {
            self.phrase(part, mode, at)
        })
    }

    /// A formula in one phrase, its parts spoken by `part`.
    pub(super) fn shaped(&self, expr: &Expr, mode: Mode, at: &At<'_>, part: Parts<'_>) -> Phrase {
        match &expr.form {
            Form::Literal(literal) => self.literal(literal, expr),
            Form::Name(name) => self.named(*name, expr, mode, at),
            Form::Negated(x) => {
                let is_figure = matches!(x.form, Form::Literal(Literal::Number(_)));
                Words::new()
                    .say("minus ")
                    .hold(part(x, Mode::Value, at), Strength::Asked)
                    .of(if is_figure {
                        Strength::Asked
                    } else {
                        Strength::Negated
                    })
            }
            Form::Arithmetic(operator, left, right) => {
                self.arithmetic(*operator, left, right, at, part)
            }
            Form::Compared(how, left, right) => Words::new()
                .hold(part(left, Mode::Value, at), Strength::Closed)
                .say(comparison(*how, left.of))
                .hold(part(right, Mode::Value, at), Strength::Sum)
                .of(Strength::Clause),
            Form::Between(x, low, high) => between(x, low, high, "is", at, part),
            Form::In(x, list) => one_of(x, list, "is one of", at, part),
            Form::Is(x, kind) => is(x, *kind, "is", at, part),
            Form::Not(x) => self.not(x, at, part),
            Form::And(parts) => joined(parts, " and ", at, part),
            Form::Or(parts) => joined(parts, " or ", at, part),
            Form::Case(arms, otherwise) => {
                if let [(test, answer)] = arms.as_slice() {
                    return Words::new()
                        .hold(part(answer, mode, at), Strength::Clause)
                        .say(" when ")
                        .hold(part(test, Mode::Condition, at), Strength::Clause)
                        .say(", otherwise ")
                        .hold(part(otherwise, mode, at), Strength::Clause)
                        .of(Strength::Loose);
                }
                let mut words = Words::new().listed(arms.len() > 1);
                for (test, answer) in arms {
                    words = words
                        .say("when ")
                        .hold(part(test, Mode::Condition, at), Strength::Joined)
                        .say(": ")
                        .hold(part(answer, mode, at), Strength::Joined)
                        .say("; ");
                }
                words
                    .say("otherwise: ")
                    .hold(part(otherwise, mode, at), Strength::Joined)
                    .of(Strength::Loose)
            }
            Form::Call(call) => {
                let phrase = self.called(call, mode, at, part);
                if mode == Mode::Condition && !is_clause(expr) {
                    Words::new()
                        .hold(phrase, Strength::Closed)
                        .say(" holds")
                        .of(Strength::Clause)
                } else {
                    phrase
                }
            }
        }
    }

    fn literal(&self, literal: &Literal, expr: &Expr) -> Phrase {
        let text = match literal {
            Literal::Number(number) => self.number(number, expr),
            Literal::Text(text) => quoted(text),
            Literal::Date(day) => figure::day(*day),
            Literal::Duration(length) => figure::length(*length),
            Literal::Flag(true) => "yes".to_owned(),
            Literal::Flag(false) => "no".to_owned(),
            Literal::Missing => "no answer (missing)".to_owned(),
        };
        Phrase::plain(text, Strength::Atom)
    }

    /// A number of the plan in the unit it was found to have.
    pub(super) fn number(&self, number: &trueup_base::exact::Exact, expr: &Expr) -> String {
        let unit = match expr.of {
            Type::Number(unit) => unit,
            Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner => Unit::RATIO,
        };
        figure::in_unit(number, unit, self.plan.currency, self.is_percent(expr))
    }

    fn arithmetic(
        &self,
        operator: Operator,
        left: &Expr,
        right: &Expr,
        at: &At<'_>,
        part: Parts<'_>,
    ) -> Phrase {
        let (a, b) = (part(left, Mode::Value, at), part(right, Mode::Value, at));
        match operator {
            Operator::Plus | Operator::Minus => {
                let word = match operator {
                    Operator::Plus => "plus",
                    Operator::Minus | Operator::Times | Operator::Over => "less",
                };
                // After a quotient or a product one draws breath: "a divided by b, less 1".
                let is_paused = matches!(a.strength, Strength::Product | Strength::Paused);
                let pause = if is_paused { ", " } else { " " };
                let words = match a.strength {
                    // A phrase with an end of its own would seem to go on into the sum.
                    Strength::Closed => Words::new().bracket(a),
                    _ => Words::new().hold(a, Strength::Paused),
                };
                words
                    .say(format!("{pause}{word} "))
                    .hold(b, Strength::Negated)
                    .of(if is_paused {
                        Strength::Paused
                    } else {
                        Strength::Sum
                    })
            }
            Operator::Times => {
                if let Form::Literal(Literal::Number(number)) = &left.form
                    && let Some(before) = self.before_of(number, left, right)
                {
                    return Words::new()
                        .say(before)
                        .hold(b, Strength::Asked)
                        .of(Strength::Product);
                }
                multiplied(" times ", left, a, b)
            }
            Operator::Over => multiplied(" divided by ", left, a, b),
        }
    }

    /// The words of a factor that is a share or an amount for each: `2% of `, `500.00 USD for each of `.
    fn before_of(
        &self,
        number: &trueup_base::exact::Exact,
        left: &Expr,
        right: &Expr,
    ) -> Option<String> {
        let Type::Number(unit) = left.of else {
            return None;
        };
        if unit == Unit::RATIO {
            return self
                .is_percent(left)
                .then(|| format!("{} of ", figure::percent(number)));
        }
        let money = figure::money(number, self.plan.currency);
        match (unit, right.of) {
            (
                Unit {
                    money: 1,
                    count: -1,
                    score: 0,
                },
                Type::Number(Unit::COUNT),
            ) => Some(format!("{money} for each of ")),
            (
                Unit {
                    money: 1,
                    count: 0,
                    score: -1,
                },
                Type::Number(Unit::SCORE),
            ) => Some(format!("{money} for each point of ")),
            _ => None,
        }
    }

    fn not(&self, x: &Expr, at: &At<'_>, part: Parts<'_>) -> Phrase {
        match &x.form {
            Form::Between(x, low, high) => between(x, low, high, "is not", at, part),
            Form::In(x, list) => one_of(x, list, "is none of", at, part),
            Form::Is(x, kind) => is(x, *kind, "is not", at, part),
            Form::Name(name) => self.named_not(*name, at),
            Form::Literal(_)
            | Form::Negated(_)
            | Form::Arithmetic(..)
            | Form::Compared(..)
            | Form::Not(_)
            | Form::And(_)
            | Form::Or(_)
            | Form::Case(..)
            | Form::Call(_) => Words::new()
                .say("it is not so that ")
                .bracket(part(x, Mode::Condition, at))
                .of(Strength::Clause),
        }
    }

    /// A name as what it is, or as what must hold.
    fn named(&self, name: Name, expr: &Expr, mode: Mode, at: &At<'_>) -> Phrase {
        if expr.of != Type::Flag {
            return self.spoken(name, at);
        }
        match (mode, flag_words(self, name, at)) {
            (Mode::Condition, Some((yes, _))) => Phrase::plain(yes, Strength::Clause),
            (Mode::Value, Some((yes, _))) => {
                Phrase::plain(format!("whether {yes}"), Strength::Open)
            }
            (Mode::Condition, None) => Words::new()
                .open(self.spoken(name, at))
                .say(" holds")
                .of(Strength::Clause),
            (Mode::Value, None) => self.spoken(name, at),
        }
    }

    fn named_not(&self, name: Name, at: &At<'_>) -> Phrase {
        match flag_words(self, name, at) {
            Some((_, no)) => Phrase::plain(no, Strength::Clause),
            None => Words::new()
                .open(self.spoken(name, at))
                .say(" does not hold")
                .of(Strength::Clause),
        }
    }

    /// What a name is called.
    fn spoken(&self, name: Name, at: &At<'_>) -> Phrase {
        let plain = |text: String| Phrase::plain(text, Strength::Atom);
        match name {
            Name::Column(kind, column) => plain(names::column(&self.plan[kind], column)),
            Name::Followed(kind, column, attribute) => {
                plain(self.followed(kind, column, attribute))
            }
            Name::Term(id) => {
                let words = Words::new().piece(self.names.name(id));
                match self.gloss(id, at) {
                    Some(figure) => words.say(format!(" ({figure})")).of(Strength::Atom),
                    None => words.of(Strength::Atom),
                }
            }
            Name::Measure(id) => Phrase::atom(self.names.name(id)),
            Name::Value(id) => Phrase::atom(self.names.name(id)),
            Name::Component(id) => Phrase::atom(self.names.name(id)),
            Name::Limit(id) => Words::new()
                .say("what ")
                .piece(self.names.name(id))
                .say(" leaves of all it holds")
                .of(Strength::Closed),
            Name::Attribute(id) => plain(self.attribute(id, at)),
            Name::Partner => plain(at.partner().to_owned()),
            Name::Window(part) => plain(match part {
                WindowPart::Starts => format!("the first day of the {}", at.noun()),
                WindowPart::Ends => format!("the day after the last of the {}", at.noun()),
                WindowPart::Last => format!("the last day of the {}", at.noun()),
                WindowPart::Days => format!("the number of days in the {}", at.noun()),
                WindowPart::FullDays => format!("the number of days in the full {}", at.noun()),
                WindowPart::Final => format!("the last settlement of the {}", at.noun()),
            }),
            Name::CreditLevel => plain(match at.kind {
                Some(kind) => format!(
                    "the number of levels {} above the {}'s own partner",
                    at.stands(),
                    spaced(&self.plan[kind].name)
                ),
                None => format!(
                    "the number of levels {} above the row's own partner",
                    at.stands()
                ),
            }),
            Name::Argument(index) => Phrase::atom(Piece::Local(at.argument(index))),
            Name::BandColumn(index) => Phrase::atom(Piece::Local(at.column(index))),
            Name::Lower => plain("the band's lower bound".to_owned()),
            Name::Upper => plain("the band's upper bound".to_owned()),
            Name::Width => plain("the band's width".to_owned()),
            Name::Filled => plain("the next band's being entered".to_owned()),
            Name::Slice => Words::new()
                .say("the slice of ")
                .piece(Piece::Local(at.argument(0)))
                .say(" in the band")
                .of(Strength::Asked),
            Name::Was => plain("what it would be otherwise".to_owned()),
            Name::Agreed => plain("what both sides agreed".to_owned()),
            Name::Key(kind, column) => plain(format!(
                "this {}",
                spaced(&self.plan[kind].column(column).name)
            )),
        }
    }

    fn followed(&self, kind: KindId, column: ColumnId, attribute: AttributeId) -> String {
        let partner = names::column(&self.plan[kind], column);
        match &*self.plan[attribute].name {
            "starts" => format!("the first day of the agreement of {partner}"),
            "ends" => format!("the day after the last of the agreement of {partner}"),
            name => format!("the {} of {partner}", spaced(name)),
        }
    }

    fn attribute(&self, id: AttributeId, at: &At<'_>) -> String {
        let said = names::attribute(&self.plan[id]);
        if at.is_of_others {
            said.replacen("your ", "the partner's ", 1)
        } else {
            said
        }
    }
}

/// A product or quotient. After a quotient one draws breath: "a divided by b, times c".
fn multiplied(word: &str, left: &Expr, a: Phrase, b: Phrase) -> Phrase {
    let is_chain = matches!(
        left.form,
        Form::Arithmetic(Operator::Times | Operator::Over, ..)
    );
    let is_quotient = matches!(left.form, Form::Arithmetic(Operator::Over, ..));
    let is_paused = is_chain
        && (a.strength == Strength::Paused || is_quotient && a.strength == Strength::Product);
    let least = if is_chain {
        Strength::Paused
    } else {
        Strength::Product
    };
    Words::new()
        .hold(a, least)
        .say(if is_paused { "," } else { "" })
        .say(word)
        .hold(b, Strength::Asked)
        .of(if is_paused {
            Strength::Paused
        } else {
            Strength::Product
        })
}

/// The names that say yes or no in words of their own: how they say yes, and how no.
fn flag_words(speaker: &Speaker<'_>, name: Name, at: &At<'_>) -> Option<(String, String)> {
    let plan = speaker.plan;
    let marked = |who: &str, name: &str| {
        let name = quoted(&spaced(name));
        (
            format!("{who} marked {name}"),
            format!("{who} not marked {name}"),
        )
    };
    match name {
        Name::Column(kind, column) => {
            let column = &plan[kind].column(column).name;
            Some(marked(
                &format!("the {} is", spaced(&plan[kind].name)),
                column,
            ))
        }
        Name::Followed(kind, column, attribute) => {
            let who = names::column(&plan[kind], column);
            Some(marked(&format!("{who} is"), &plan[attribute].name))
        }
        Name::Attribute(id) => {
            let who = if at.is_of_others {
                "the partner is"
            } else {
                "you are"
            };
            Some(marked(who, &plan[id].name))
        }
        Name::Window(WindowPart::Final) => Some((
            format!("the {} is settled for the last time", at.noun()),
            format!("the {} is not settled for the last time", at.noun()),
        )),
        Name::Filled => Some((
            "the next band is entered too".to_owned(),
            "the next band is not entered".to_owned(),
        )),
        Name::Term(_)
        | Name::Measure(_)
        | Name::Value(_)
        | Name::Component(_)
        | Name::Limit(_)
        | Name::Partner
        | Name::Window(_)
        | Name::CreditLevel
        | Name::Argument(_)
        | Name::BandColumn(_)
        | Name::Lower
        | Name::Upper
        | Name::Width
        | Name::Slice
        | Name::Was
        | Name::Agreed
        | Name::Key(..) => None,
    }
}

/// Whether a form is a condition in its own words.
fn is_clause(expr: &Expr) -> bool {
    use crate::tree::Call;
    matches!(
        &expr.form,
        Form::Call(Call::Ever(_) | Call::Otherwise(..) | Call::Coalesce(_))
    )
}

fn comparison(how: Comparison, of: Type) -> &'static str {
    match (how, of) {
        (Comparison::Equal, _) => " is ",
        (Comparison::NotEqual, _) => " is not ",
        (Comparison::Less, Type::Date) => " is before ",
        (Comparison::AtMost, Type::Date) => " is on or before ",
        (Comparison::More, Type::Date) => " is after ",
        (Comparison::AtLeast, Type::Date) => " is on or after ",
        (Comparison::Less, _) => " is less than ",
        (Comparison::AtMost, _) => " is at most ",
        (Comparison::More, _) => " is more than ",
        (Comparison::AtLeast, _) => " is at least ",
    }
}

fn between(x: &Expr, low: &Expr, high: &Expr, is: &str, at: &At<'_>, part: Parts<'_>) -> Phrase {
    Words::new()
        .hold(part(x, Mode::Value, at), Strength::Closed)
        .say(format!(" {is} from "))
        .hold(part(low, Mode::Value, at), Strength::Sum)
        .say(" to ")
        .hold(part(high, Mode::Value, at), Strength::Sum)
        .say(", both included")
        .of(Strength::Clause)
}

fn one_of(x: &Expr, list: &[Expr], is: &str, at: &At<'_>, part: Parts<'_>) -> Phrase {
    let mut words = Words::new()
        .hold(part(x, Mode::Value, at), Strength::Closed)
        .say(format!(" {is} "));
    for (index, one) in list.iter().enumerate() {
        words = words
            .say(if index > 0 { ", " } else { "" })
            .hold(part(one, Mode::Value, at), Strength::Sum);
    }
    words.of(Strength::Clause)
}

fn is(x: &Expr, kind: NoAnswerKind, is: &str, at: &At<'_>, part: Parts<'_>) -> Phrase {
    let kind = match kind {
        NoAnswerKind::Missing => "missing",
        NoAnswerKind::Undefined => "undefined",
    };
    Words::new()
        .hold(part(x, Mode::Value, at), Strength::Closed)
        .say(format!(" {is} {kind}"))
        .of(Strength::Clause)
}

fn joined(parts: &[Expr], word: &str, at: &At<'_>, part: Parts<'_>) -> Phrase {
    let mut words = Words::new().listed(parts.len() > 3);
    for (index, one) in parts.iter().enumerate() {
        words = words
            .say(if index > 0 { word } else { "" })
            .hold(part(one, Mode::Condition, at), Strength::Clause);
    }
    words.of(Strength::Joined)
}
