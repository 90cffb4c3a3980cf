//! A formula of the typed tree, written again as an author would write it.
//!
//! Names are written in full, brackets stand where they are needed, and a number keeps the way it was written (`5%`,
//! `2_500`) where the plan's text is at hand. What is written parses to the same formula. The module must never know
//! where a formula is shown; it refuses nothing.

use trueup_base::exact::Exact;

use crate::diagnostic::Sources;
use crate::formula::{self, Argument, Formula, FormulaKind, Suffix};
use crate::span::Span;
use crate::tree::{
    Call, Elsewhere, Expr, FoldBy, Form, Literal, Name, Operator, Plan, RateKind, Table, Text,
    Type, Unit, WindowPart,
};

/// Writes formulas of one plan.
///
/// ```
/// use trueup_plan::check::{Strictness, read};
/// use trueup_plan::diagnostic::Sources;
/// use trueup_plan::written::Writer;
///
/// let text = "\
/// plan: cash-back
/// currency: USD
/// facts:
///   sale: { columns: { partner: partner, on: date, amount: money } }
/// measures:
///   sales: { is: What was bought, sum: sale.amount }
/// components:
///   rebate:
///     is: Two percent of it
///     pays: 2%
///       * ( sales )
/// ";
/// let mut sources = Sources::new();
/// let (plan, _) = read(&mut sources, &[("cash-back.yaml", text)], Strictness::Draft);
/// let plan = plan.ok_or("a plan")?;
/// let writer = Writer::new(&plan, &sources);
/// assert_eq!(writer.text(&plan.components[0].pays), "2% * sales");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Writer<'p> {
    plan: &'p Plan,
    sources: &'p Sources,
    table: Option<&'p Table>,
}

impl<'p> Writer<'p> {
    /// Writes formulas of a plan; the sources are those it was read from.
    #[must_use]
    pub fn new(plan: &'p Plan, sources: &'p Sources) -> Self {
        Self {
            plan,
            sources,
            table: None,
        }
    }

    /// The same for formulas that stand in a table, where its arguments and columns have names.
    #[must_use]
    pub fn inside(self, table: &'p Table) -> Self {
        Self {
            table: Some(table),
            ..self
        }
    }

    /// The currency figures of money are in.
    #[must_use]
    pub fn currency(&self) -> trueup_base::money::Currency {
        self.plan.currency
    }

    /// A formula as text on one line.
    #[must_use]
    pub fn text(&self, expr: &Expr) -> String {
        self.formula(expr).to_string()
    }

    /// A formula as its syntax.
    #[must_use]
    pub fn formula(&self, expr: &Expr) -> Formula {
        let of = |is| Formula {
            is,
            span: expr.span,
        };
        of(match &expr.form {
            Form::Literal(literal) => return self.literal(literal, expr),
            Form::Name(name) => FormulaKind::Name(self.name(*name)),
            Form::Negated(x) => FormulaKind::Negated(self.boxed(x)),
            Form::Arithmetic(operator, a, b) => {
                FormulaKind::Arithmetic(*operator, self.boxed(a), self.boxed(b))
            }
            Form::Compared(how, a, b) => FormulaKind::Compared(*how, self.boxed(a), self.boxed(b)),
            Form::Between(x, low, high) => self.between(x, low, high, false),
            Form::In(x, list) => self.one_of(x, list, false),
            Form::Is(x, kind) => FormulaKind::Is {
                x: self.boxed(x),
                kind: *kind,
                not: false,
            },
            Form::Not(x) => match &x.form {
                Form::Between(x, low, high) => self.between(x, low, high, true),
                Form::In(x, list) => self.one_of(x, list, true),
                Form::Is(x, kind) => FormulaKind::Is {
                    x: self.boxed(x),
                    kind: *kind,
                    not: true,
                },
                Form::Literal(_)
                | Form::Name(_)
                | Form::Negated(_)
                | Form::Arithmetic(..)
                | Form::Compared(..)
                | Form::Not(_)
                | Form::And(_)
                | Form::Or(_)
                | Form::Case(..)
                | Form::Call(_) => FormulaKind::Not(self.boxed(x)),
            },
            Form::And(parts) => FormulaKind::And(self.all(parts)),
            Form::Or(parts) => FormulaKind::Or(self.all(parts)),
            Form::Case(arms, otherwise) => FormulaKind::Case {
                arms: arms
                    .iter()
                    .map(|(test, answer)| (self.formula(test), self.formula(answer)))
                    .collect(),
                otherwise: self.boxed(otherwise),
            },
            Form::Call(call) => self.call(call, expr.span),
        })
    }

    fn boxed(&self, expr: &Expr) -> Box<Formula> {
        Box::new(self.formula(expr))
    }

    fn all(&self, parts: &[Expr]) -> Vec<Formula> {
        parts.iter().map(|part| self.formula(part)).collect()
    }

    fn between(&self, x: &Expr, low: &Expr, high: &Expr, not: bool) -> FormulaKind {
        FormulaKind::Between {
            x: self.boxed(x),
            low: self.boxed(low),
            high: self.boxed(high),
            not,
        }
    }

    fn one_of(&self, x: &Expr, list: &[Expr], not: bool) -> FormulaKind {
        FormulaKind::In {
            x: self.boxed(x),
            list: self.all(list),
            not,
        }
    }

    fn literal(&self, literal: &Literal, expr: &Expr) -> Formula {
        let is = match literal {
            Literal::Number(number) => return self.number(number, expr),
            Literal::Text(text) => FormulaKind::Text(text.clone()),
            Literal::Date(day) => FormulaKind::Date(*day),
            Literal::Duration(length) => {
                let (count, unit) = match (length.months, length.days) {
                    (0, days) => (days, "days"),
                    (months, _) if months % 12 == 0 => (months / 12, "years"),
                    (months, _) => (months, "months"),
                };
                FormulaKind::Number {
                    value: Exact::from_int(i64::from(count)),
                    suffix: Suffix::Duration(unit.into()),
                }
            }
            Literal::Flag(true) => FormulaKind::True,
            Literal::Flag(false) => FormulaKind::False,
            Literal::Missing => FormulaKind::Missing,
        };
        Formula {
            is,
            span: expr.span,
        }
    }

    /// A number as its author wrote it; where that is not known, a ratio below one in percent and all else plain.
    fn number(&self, number: &Exact, expr: &Expr) -> Formula {
        let hundred = Exact::from_int(100);
        let span = expr.span;
        let of = |value: Exact, suffix| Formula {
            is: FormulaKind::Number { value, suffix },
            span,
        };
        let written = formula::parse_text(self.sources.text(span).trim(), &mut Vec::new());
        if let Some(FormulaKind::Number { value, suffix }) = written.map(|formula| formula.is) {
            let says = match &suffix {
                Suffix::Percent => value.checked_div(&hundred),
                Suffix::None | Suffix::Currency(_) => Some(value.clone()),
                Suffix::Duration(_) => None,
            };
            if says.as_ref() == Some(number) {
                return of(value, suffix);
            }
        }
        if number.is_negative() {
            let positive = Expr {
                form: Form::Literal(Literal::Number(number.abs())),
                of: expr.of,
                span,
            };
            return Formula {
                is: FormulaKind::Negated(Box::new(self.number(&number.abs(), &positive))),
                span,
            };
        }
        if number.to_decimal().is_none() {
            // A number without an end is a quotient of two that have one.
            let part = |value| Box::new(of(value, Suffix::None));
            return Formula {
                is: FormulaKind::Arithmetic(
                    Operator::Over,
                    part(number.numerator()),
                    part(number.denominator()),
                ),
                span,
            };
        }
        let is_part = expr.of == Type::Number(Unit::RATIO) && *number < Exact::ONE;
        if is_part && !number.is_zero() {
            of(number * &hundred, Suffix::Percent)
        } else {
            of(number.clone(), Suffix::None)
        }
    }

    /// A name in full.
    #[must_use]
    pub fn name(&self, name: Name) -> Text {
        let plan = self.plan;
        match name {
            Name::Term(id) => plan[id].name.clone(),
            Name::Measure(id) => plan[id].name.clone(),
            Name::Value(id) => plan[id].name.clone(),
            Name::Component(id) => plan[id].name.clone(),
            Name::Limit(id) => plan[id].name.clone(),
            Name::Column(kind, column) | Name::Key(kind, column) => {
                let kind = &plan[kind];
                format!("{}.{}", kind.name, kind.column(column).name).into()
            }
            Name::Followed(kind, column, attribute) => {
                let kind = &plan[kind];
                let attribute = &plan[attribute].name;
                format!("{}.{}.{attribute}", kind.name, kind.column(column).name).into()
            }
            Name::Attribute(id) => format!("partner.{}", plan[id].name).into(),
            Name::Partner => "partner".into(),
            Name::Window(part) => match part {
                WindowPart::Starts => "window.starts",
                WindowPart::Ends => "window.ends",
                WindowPart::Last => "window.last",
                WindowPart::Days => "window.days",
                WindowPart::FullDays => "window.full_days",
                WindowPart::Final => "window.final",
            }
            .into(),
            Name::CreditLevel => "credit.level".into(),
            Name::Argument(at) => self.of_table(|table| {
                table
                    .axes
                    .get(usize::from(at))
                    .map(|axis| axis.argument.clone())
            }),
            Name::BandColumn(at) => self.of_table(|table| {
                table
                    .columns
                    .get(usize::from(at))
                    .map(|column| column.name.clone())
            }),
            Name::Lower => "lower".into(),
            Name::Upper => "upper".into(),
            Name::Width => "width".into(),
            Name::Filled => "filled".into(),
            Name::Slice => "slice".into(),
            Name::Was => "was".into(),
            Name::Agreed => "agreed".into(),
        }
    }

    /// A name that only its table knows; a formula shown without its table keeps the place.
    fn of_table(&self, name: impl FnOnce(&Table) -> Option<Text>) -> Text {
        self.table.and_then(name).unwrap_or_else(|| "…".into())
    }

    fn call(&self, call: &Call, span: Span) -> FormulaKind {
        let mut given = Given {
            writer: self,
            arguments: Vec::new(),
            span,
        };
        let name: Text = match call {
            Call::Least(parts) => given.each("least", parts),
            Call::Greatest(parts) => given.each("greatest", parts),
            Call::Coalesce(parts) => given.each("coalesce", parts),
            Call::Clamp { x, low, high } => given.plain("clamp", &[x, low, high]),
            Call::Abs(x) => given.plain("abs", &[x]),
            Call::Round { x, to, mode } => {
                given.plain("round", &[x]);
                given.word("to", to);
                if *mode != trueup_base::rounding::Rounding::HalfAway {
                    given.named("mode", mode.name());
                }
                "round".into()
            }
            Call::Otherwise(x, y) => given.plain("otherwise", &[x, y]),
            Call::Weighted(parts) => {
                for (part, weight) in parts {
                    let word = self.text(part).into();
                    let weight = weight_of(weight, span);
                    given.arguments.push(Argument {
                        word: Some((word, span)),
                        value: weight,
                    });
                }
                "weighted".into()
            }
            Call::DaysBetween(a, b) => given.plain("days_between", &[a, b]),
            Call::MonthsBetween(a, b) => given.plain("months_between", &[a, b]),
            Call::Asked(elsewhere, x) => given.elsewhere(elsewhere, x),
            Call::FoldedBy(fold, x, unit) => {
                let name = match fold {
                    FoldBy::Sum => "sum_by",
                    FoldBy::Min => "min_by",
                    FoldBy::Max => "max_by",
                };
                given.plain(name, &[x]);
                given.name(unit.name());
                name.into()
            }
            Call::Ever(x) => given.plain("ever", &[x]),
            Call::Running { x, in_order } => {
                given.plain("running", &[x]);
                given.maybe("in_order", in_order.as_deref());
                "running".into()
            }
            Call::Table(id, arguments) => {
                given.each("", arguments);
                self.plan[*id].name.clone()
            }
            Call::Keyed(x, key) => return FormulaKind::Keyed(self.boxed(x), self.boxed(key)),
            Call::FoldedKeys(fold, x) => given.plain(
                match fold {
                    FoldBy::Sum => "sum_of",
                    FoldBy::Min => "min_of",
                    FoldBy::Max => "max_of",
                },
                &[x],
            ),
            Call::Total { x, filter } => {
                given.plain("total", &[x]);
                given.maybe("where", filter.as_deref());
                "total".into()
            }
            Call::Team(x) => given.plain("team", &[x]),
            Call::Rank { x, within, filter } => {
                given.plain("rank", &[x]);
                given.maybe("within", within.as_deref());
                given.maybe("where", filter.as_deref());
                "rank".into()
            }
            Call::Allocate(allocation) => {
                given.plain("allocate", &[&allocation.total, &allocation.by]);
                given.maybe("to", allocation.to.as_ref());
                if allocation.rest != trueup_base::share::Rest::Largest {
                    given.named("rest", allocation.rest.name());
                }
                given.maybe("within", allocation.within.as_ref());
                given.maybe("where", allocation.filter.as_ref());
                "allocate".into()
            }
            Call::Of(partner, x) => given.plain("of", &[partner, x]),
            Call::Convert(conversion) => {
                given.plain("convert", &[&conversion.x]);
                if conversion.from != self.plan.currency {
                    given.said("from", conversion.from.code());
                }
                given.said("into", conversion.into.code());
                match &conversion.rate {
                    RateKind::On(on) => given.word("on", on),
                    RateKind::MonthAverage => given.named("kind", "month_average"),
                    RateKind::Plan => given.named("kind", "plan"),
                }
                "convert".into()
            }
        };
        FormulaKind::Call {
            name,
            name_span: span,
            arguments: given.arguments,
        }
    }
}

/// The arguments of a call as they are gathered.
struct Given<'w, 'p> {
    writer: &'w Writer<'p>,
    arguments: Vec<Argument>,
    span: Span,
}

impl Given<'_, '_> {
    fn push(&mut self, word: Option<&str>, value: Formula) {
        self.arguments.push(Argument {
            word: word.map(|word| (word.into(), self.span)),
            value,
        });
    }

    fn of(&self, is: FormulaKind) -> Formula {
        Formula {
            is,
            span: self.span,
        }
    }

    fn each(&mut self, name: &str, parts: &[Expr]) -> Text {
        for part in parts {
            self.push(None, self.writer.formula(part));
        }
        name.into()
    }

    fn plain(&mut self, name: &str, parts: &[&Expr]) -> Text {
        for part in parts {
            self.push(None, self.writer.formula(part));
        }
        name.into()
    }

    /// A word that stands for itself, such as `month`.
    fn name(&mut self, word: &str) {
        self.push(None, self.of(FormulaKind::Name(word.into())));
    }

    fn named(&mut self, word: &str, says: &str) {
        self.push(Some(word), self.of(FormulaKind::Name(says.into())));
    }

    fn said(&mut self, word: &str, says: &str) {
        self.push(Some(word), self.of(FormulaKind::Text(says.into())));
    }

    fn word(&mut self, word: &str, part: &Expr) {
        self.push(Some(word), self.writer.formula(part));
    }

    fn maybe(&mut self, word: &str, part: Option<&Expr>) {
        if let Some(part) = part {
            self.word(word, part);
        }
    }

    fn elsewhere(&mut self, elsewhere: &Elsewhere, x: &Expr) -> Text {
        let number = |of: &Self, value: i64, suffix| {
            of.of(FormulaKind::Number {
                value: Exact::from_int(value),
                suffix,
            })
        };
        match elsewhere {
            Elsewhere::Previous(back, first) => {
                self.plain("previous", &[x]);
                if *back != 1 {
                    self.push(None, number(self, i64::from(*back), Suffix::None));
                }
                self.maybe("first", first.as_deref());
                "previous".into()
            }
            Elsewhere::PreviousYear => self.plain("previous_year", &[x]),
            Elsewhere::YearToDate => self.plain("year_to_date", &[x]),
            Elsewhere::SinceStart => self.plain("since_start", &[x]),
            Elsewhere::Trailing(length) => {
                self.plain("trailing", &[x]);
                let (count, unit) = match (length.months, length.days) {
                    (0, days) => (days, "days"),
                    (months, _) => (months, "months"),
                };
                let suffix = Suffix::Duration(unit.into());
                self.push(None, number(self, i64::from(count), suffix));
                "trailing".into()
            }
            Elsewhere::Full => self.plain("full", &[x]),
            Elsewhere::ToDate => self.plain("to_date", &[x]),
        }
    }
}

/// A weight: a percentage where it has an end.
fn weight_of(weight: &Exact, span: Span) -> Formula {
    let percent = weight * &Exact::from_int(100);
    let of = |is| Formula { is, span };
    let plain = |value: Exact| {
        of(FormulaKind::Number {
            value,
            suffix: Suffix::None,
        })
    };
    if percent.to_decimal().is_some() {
        return of(FormulaKind::Number {
            value: percent,
            suffix: Suffix::Percent,
        });
    }
    of(FormulaKind::Arithmetic(
        Operator::Over,
        Box::new(plain(weight.numerator())),
        Box::new(plain(weight.denominator())),
    ))
}
