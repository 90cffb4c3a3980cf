//! Formulas: names resolved, types and units asked for.
//!
//! Each part of a formula is built as a part of the typed tree whose type may still be unknown. A part that is wrong is
//! told once and then equals everything, so its mistake does not spread. The module never decides what nothing asked
//! about; that happens when all formulas were seen.

use crate::check::functions::keyed_measure;
use crate::check::names::Names;
use crate::check::spelling::{HelpIf, shown};
use crate::check::types::{Ty, Types};
use crate::check::units::{Base, Origin, Powers};
use crate::diagnostic::{Diagnostic, Sources};
use crate::formula::{Formula, FormulaKind, Suffix};
use crate::nearest::nearest;
use crate::span::Span;
use crate::tree::{ColumnId, Comparison, Expr, Form, KindId, Literal, Operator, Text};
use trueup_base::date::Duration;
use trueup_base::exact::Exact;

/// A formula whose types are being found.
pub(super) type Draft = Expr<Ty>;

/// Names that are known only where a formula stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// The arguments of the table the formula stands in.
    pub(super) arguments: Vec<(Text, Ty)>,
    /// The columns of a band.
    pub(super) columns: Vec<(Text, Ty)>,
    /// The type of `lower`, `upper`, `width` and `slice`, where a band has them.
    pub(super) band: Option<Ty>,
    /// The type of `was`, inside an override.
    pub(super) was: Option<Ty>,
    /// Whether a term may be mentioned that `terms` does not declare.
    pub(super) undeclared_terms: bool,
    /// Inside a value with keys: the column that holds them, and its type.
    pub(super) key: Option<(KindId, ColumnId, Ty)>,
    /// The function that asks somewhere else, where what is known here alone is not known.
    pub(super) moved_by: Option<Text>,
}

impl Scope {
    /// The same where a function asks somewhere else: in another window, of another partner, on other rows.
    pub(super) fn moved_by(&self, function: &str) -> Self {
        Self {
            moved_by: Some(function.into()),
            ..self.clone()
        }
    }
}

/// Finds the types of formulas.
pub(super) struct Typer<'a> {
    pub(super) sources: &'a Sources,
    pub(super) names: Names,
    pub(super) types: Types,
    pub(super) currency: Text,
    /// Comparisons by size, checked when all types are found.
    pub(super) ordered: Vec<(Ty, Span)>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A part of the tree.
pub(super) fn part(form: Form<Ty>, of: Ty, span: Span) -> Draft {
    Expr { form, of, span }
}

/// What stands where a mistake was told.
pub(super) fn wrong(span: Span) -> Draft {
    part(Form::Literal(Literal::Missing), Ty::Wrong, span)
}

impl Typer<'_> {
    /// A formula with the types found so far.
    pub(super) fn formula(&mut self, formula: &Formula, scope: &Scope) -> Draft {
        let span = formula.span;
        match &formula.is {
            FormulaKind::Number { value, suffix } => {
                self.number(value, suffix, span, Origin::Number)
            }
            FormulaKind::Text(text) => {
                part(Form::Literal(Literal::Text(text.clone())), Ty::Text, span)
            }
            FormulaKind::Date(date) => part(Form::Literal(Literal::Date(*date)), Ty::Date, span),
            FormulaKind::True => part(Form::Literal(Literal::Flag(true)), Ty::Flag, span),
            FormulaKind::False => part(Form::Literal(Literal::Flag(false)), Ty::Flag, span),
            FormulaKind::Missing => {
                part(Form::Literal(Literal::Missing), self.types.unknown(), span)
            }
            FormulaKind::Name(name) => self.name(name, span, scope),
            FormulaKind::Call {
                name,
                name_span,
                arguments,
            } => self.call(name, *name_span, arguments, span, scope),
            FormulaKind::Keyed(x, key) => self.keyed(x, key, span, scope),
            FormulaKind::Negated(x) => {
                let x = self.formula(x, scope);
                let of = self.negated(&x);
                part(Form::Negated(Box::new(x)), of, span)
            }
            FormulaKind::Not(x) => {
                let x = self.flag(x, scope, "not");
                part(Form::Not(Box::new(x)), Ty::Flag, span)
            }
            FormulaKind::Arithmetic(operator, left, right) => {
                self.arithmetic(*operator, left, right, span, scope)
            }
            FormulaKind::Compared(how, left, right) => {
                self.compared(*how, left, right, span, scope)
            }
            FormulaKind::Between { x, low, high, not } => {
                let x = self.formula(x, scope);
                let low = self.formula(low, scope);
                let high = self.formula(high, scope);
                self.comparable(&x, &low);
                self.comparable(&x, &high);
                self.ordered.push((x.of.clone(), x.span));
                let form = Form::Between(Box::new(x), Box::new(low), Box::new(high));
                not_if(*not, part(form, Ty::Flag, span))
            }
            FormulaKind::In { x, list, not } => {
                let x = self.formula(x, scope);
                let mut items = Vec::with_capacity(list.len());
                for item in list {
                    let item = self.formula(item, scope);
                    self.comparable(&x, &item);
                    items.push(item);
                }
                not_if(*not, part(Form::In(Box::new(x), items), Ty::Flag, span))
            }
            FormulaKind::Is { x, kind, not } => {
                let x = self.formula(x, scope);
                self.refuse_keyed(&x);
                not_if(*not, part(Form::Is(Box::new(x), *kind), Ty::Flag, span))
            }
            FormulaKind::And(parts) => {
                let parts = parts.iter().map(|x| self.flag(x, scope, "and")).collect();
                part(Form::And(parts), Ty::Flag, span)
            }
            FormulaKind::Or(parts) => {
                let parts = parts.iter().map(|x| self.flag(x, scope, "or")).collect();
                part(Form::Or(parts), Ty::Flag, span)
            }
            FormulaKind::Case { arms, otherwise } => self.case(arms, otherwise, span, scope),
        }
    }

    /// A formula that must be of a type: `asked` says by whom, such as `pays`.
    pub(super) fn typed_as(
        &mut self,
        formula: &Formula,
        scope: &Scope,
        want: &Ty,
        asked: &str,
    ) -> Draft {
        let draft = self.formula(formula, scope);
        self.ask(&draft, want, asked);
        draft
    }

    /// Asks a part for a type; a mistake is told.
    pub(super) fn ask(&mut self, draft: &Draft, want: &Ty, asked: &str) {
        if self.types.equate(&draft.of, want) {
            return;
        }
        let (want_words, is) = (self.with_article(want), self.with_article(&draft.of));
        let code = self.mismatch_code(&draft.of, want);
        let diagnostic = Diagnostic::error(
            code,
            draft.span,
            format!("{asked} asks for {want_words}, and this is {is}"),
        )
        .label(self.derivation(draft).unwrap_or_default())
        .help_if(self.help_to_get(&draft.of, want), |help| help);
        self.diagnostics.push(diagnostic);
    }

    /// A formula that must be true or false.
    pub(super) fn flag(&mut self, formula: &Formula, scope: &Scope, asked: &str) -> Draft {
        self.typed_as(formula, scope, &Ty::Flag, &format!("`{asked}`"))
    }

    fn number(&mut self, value: &Exact, suffix: &Suffix, span: Span, origin: Origin) -> Draft {
        let literal = |value: Exact| Form::Literal(Literal::Number(value));
        match suffix {
            Suffix::None => {
                let of = self.types.number(origin);
                part(literal(value.clone()), of, span)
            }
            Suffix::Percent => part(literal(percent(value)), Ty::ratio(), span),
            // A plan without a currency was told so; every amount in it is then its money.
            Suffix::Currency(code) if *code == self.currency || self.currency.is_empty() => {
                part(literal(value.clone()), Ty::money(), span)
            }
            Suffix::Currency(code) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "U3",
                        span,
                        format!("the plan pays in {}, and this is {}", self.currency, shown(code)),
                    )
                    .help(format!(
                        "write the amount in {}, or convert(…, from => '{}', into => '{}', on => …)",
                        self.currency,
                        shown(code),
                        self.currency
                    )),
                );
                wrong(span)
            }
            Suffix::Duration(unit) => match duration(value, unit) {
                Some(duration) => part(
                    Form::Literal(Literal::Duration(duration)),
                    Ty::Duration,
                    span,
                ),
                None => {
                    self.diagnostics.push(
                        Diagnostic::error("U5", span, "a duration is a whole number of days, weeks, months, quarters or years")
                            .help("write it in a smaller unit"),
                    );
                    wrong(span)
                }
            },
        }
    }

    fn keyed(&mut self, x: &Formula, key: &Formula, span: Span, scope: &Scope) -> Draft {
        let x = self.formula(x, scope);
        let key = self.formula(key, scope);
        let of = match self.types.resolved(&x.of) {
            Ty::Keyed(answer, key_type) => {
                self.ask(&key, &key_type, "this key");
                self.key_is_declared(&x, &key);
                *answer
            }
            Ty::Wrong => Ty::Wrong,
            Ty::Number(_)
            | Ty::Date
            | Ty::Duration
            | Ty::Flag
            | Ty::Text
            | Ty::Partner
            | Ty::Unknown(_) => {
                self.diagnostics.push(
                    Diagnostic::error("U6", x.span, "this has no keys")
                        .help("only a measure with `by` has them: sales_by_product['A']"),
                );
                Ty::Wrong
            }
        };
        let form = Form::Call(crate::tree::Call::Keyed(Box::new(x), Box::new(key)));
        part(form, of, span)
    }

    /// A key written in the plan is one of those the measure declares.
    fn key_is_declared(&mut self, x: &Draft, key: &Draft) {
        let Form::Literal(Literal::Text(text)) = &key.form else {
            return;
        };
        let declared = keyed_measure(x).and_then(|id| self.names.keys.get(id.index()));
        let Some(declared) = declared.filter(|keys| !keys.is_empty() && !keys.contains(text))
        else {
            return;
        };
        let known: Vec<&str> = declared.iter().map(|key| &**key).collect();
        let help = match nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("its keys are {}", known.join(", ")),
        };
        let message = format!("this measure has no key '{}'", shown(text));
        self.diagnostics
            .push(Diagnostic::error("M3", key.span, message).help(help));
    }

    fn negated(&mut self, x: &Draft) -> Ty {
        match self.types.resolved(&x.of) {
            Ty::Wrong => Ty::Wrong,
            Ty::Duration => Ty::Duration,
            other => match self.types.as_number(&other, Origin::Name) {
                Some(powers) => Ty::Number(powers),
                None => {
                    let is = self.with_article(&x.of);
                    self.diagnostics.push(Diagnostic::error(
                        "U1",
                        x.span,
                        format!("`-` asks for a number, and this is {is}"),
                    ));
                    Ty::Wrong
                }
            },
        }
    }

    fn arithmetic(
        &mut self,
        operator: Operator,
        left: &Formula,
        right: &Formula,
        span: Span,
        scope: &Scope,
    ) -> Draft {
        let left = self.formula(left, scope);
        let right = match (&right.is, operator) {
            (FormulaKind::Number { value, suffix }, Operator::Over) => {
                self.number(value, suffix, right.span, Origin::Divisor)
            }
            _ => self.formula(right, scope),
        };
        let of = match operator {
            Operator::Plus | Operator::Minus => self.added(operator, &left, &right, span),
            Operator::Times | Operator::Over => self.multiplied(operator, &left, &right, span),
        };
        part(
            Form::Arithmetic(operator, Box::new(left), Box::new(right)),
            of,
            span,
        )
    }

    fn added(&mut self, operator: Operator, left: &Draft, right: &Draft, span: Span) -> Ty {
        match (
            self.types.resolved(&left.of),
            self.types.resolved(&right.of),
        ) {
            (Ty::Wrong, _) | (_, Ty::Wrong) => Ty::Wrong,
            (Ty::Date, Ty::Duration) => Ty::Date,
            (Ty::Duration, Ty::Date) if operator == Operator::Plus => Ty::Date,
            (Ty::Date, unknown @ Ty::Unknown(_)) => {
                self.types.equate(&unknown, &Ty::Duration);
                Ty::Date
            }
            (unknown @ Ty::Unknown(_), Ty::Duration) => {
                self.types.equate(&unknown, &Ty::Date);
                Ty::Date
            }
            (Ty::Date, Ty::Date) if operator == Operator::Minus => {
                let (a, b) = (self.written(left.span), self.written(right.span));
                self.diagnostics.push(
                    Diagnostic::error(
                        "U4",
                        span,
                        "two dates are not subtracted: days and months count differently",
                    )
                    .help(format!(
                        "days_between({b}, {a}) or months_between({b}, {a})"
                    )),
                );
                Ty::Wrong
            }
            (a @ (Ty::Number(_) | Ty::Unknown(_)), b @ (Ty::Number(_) | Ty::Unknown(_)))
                if self.types.equate(&a, &b) =>
            {
                self.types.resolved(&a)
            }
            (Ty::Duration, Ty::Duration) => Ty::Duration,
            _ => {
                self.cannot_add(operator, left, right);
                Ty::Wrong
            }
        }
    }

    fn multiplied(&mut self, operator: Operator, left: &Draft, right: &Draft, span: Span) -> Ty {
        let (a, b) = (
            self.types.resolved(&left.of),
            self.types.resolved(&right.of),
        );
        if matches!(a, Ty::Wrong) || matches!(b, Ty::Wrong) {
            return Ty::Wrong;
        }
        let a = self.types.as_number(&a, Origin::Name);
        let b = self.types.as_number(&b, Origin::Name);
        let (Some(a), Some(b)) = (a, b) else {
            self.cannot_multiply(operator, left, right);
            return Ty::Wrong;
        };
        let product = match operator {
            Operator::Times => a.times(&b),
            Operator::Over | Operator::Plus | Operator::Minus => a.over(&b),
        };
        match product {
            Ok(powers) => Ty::Number(powers),
            Err(_) => {
                self.diagnostics.push(Diagnostic::error(
                    "U7",
                    span,
                    "this has a unit of too many powers to mean anything",
                ));
                Ty::Wrong
            }
        }
    }

    fn compared(
        &mut self,
        how: Comparison,
        left: &Formula,
        right: &Formula,
        span: Span,
        scope: &Scope,
    ) -> Draft {
        let left = self.formula(left, scope);
        let right = self.formula(right, scope);
        self.comparable(&left, &right);
        match how {
            Comparison::Equal | Comparison::NotEqual => {}
            Comparison::Less | Comparison::AtMost | Comparison::More | Comparison::AtLeast => {
                self.ordered.push((left.of.clone(), left.span));
            }
        }
        part(
            Form::Compared(how, Box::new(left), Box::new(right)),
            Ty::Flag,
            span,
        )
    }

    fn case(
        &mut self,
        arms: &[(Formula, Formula)],
        otherwise: &Formula,
        span: Span,
        scope: &Scope,
    ) -> Draft {
        let mut typed = Vec::with_capacity(arms.len());
        for (test, answer) in arms {
            let test = self.flag(test, scope, "when");
            typed.push((test, self.formula(answer, scope)));
        }
        let otherwise = self.formula(otherwise, scope);
        let answers: Vec<&Draft> = typed
            .iter()
            .map(|(_, answer)| answer)
            .chain([&otherwise])
            .collect();
        let of = self.alike("the answers of a case", &answers);
        part(Form::Case(typed, Box::new(otherwise)), of, span)
    }

    /// Asks several parts for one type; answers it.
    pub(super) fn alike(&mut self, what: &str, parts: &[&Draft]) -> Ty {
        let Some((first, rest)) = parts.split_first() else {
            return Ty::Wrong;
        };
        self.refuse_keyed(first);
        let mut of = first.of.clone();
        for part in rest {
            if self.types.equate(&first.of, &part.of) {
                continue;
            }
            self.not_alike(what, first, part);
            of = Ty::Wrong;
        }
        of
    }

    /// When all formulas were seen: what nothing asked about is decided, and comparisons by size are checked.
    pub(super) fn finish(&mut self) {
        // A comparison by size is a use as a number; else a column of the directory is text.
        for (of, _) in &self.ordered {
            if let Ty::Unknown(_) = self.types.resolved(of) {
                self.types.equate(of, &Ty::ratio());
            }
        }
        for (_, of) in &self.names.attributes {
            if let Ty::Unknown(_) = self.types.resolved(of) {
                self.types.equate(of, &Ty::Text);
            }
        }
        for (of, span) in std::mem::take(&mut self.ordered) {
            let is = match self.types.resolved(&of) {
                Ty::Number(_) | Ty::Date | Ty::Unknown(_) | Ty::Wrong => continue,
                // A month is not a number of days, so lengths of time have no order either.
                is @ (Ty::Duration | Ty::Flag | Ty::Text | Ty::Partner | Ty::Keyed(..)) => is,
            };
            if let Ty::Keyed(..) = is
                && self
                    .diagnostics
                    .iter()
                    .any(|told| told.code == "U6" && told.span() == span)
            {
                continue;
            }
            if let Ty::Keyed(..) = is {
                let at = part(Form::Literal(Literal::Missing), is, span);
                self.refuse_keyed(&at);
                continue;
            }
            let words = self.with_article(&is);
            self.diagnostics.push(Diagnostic::error(
                "U1",
                span,
                format!("{words} has no order: it is equal or it is not"),
            ));
        }
    }

    /// Money of a currency: the plan's own, or one that only conversions know.
    pub(super) fn money_in(&self, code: &Text) -> Ty {
        if *code == self.currency {
            Ty::money()
        } else {
            Ty::Number(Powers::of(Base::Foreign(code.clone())))
        }
    }
}

fn not_if(not: bool, draft: Draft) -> Draft {
    if !not {
        return draft;
    }
    let span = draft.span;
    part(Form::Not(Box::new(draft)), Ty::Flag, span)
}

/// A hundredth.
fn percent(value: &Exact) -> Exact {
    value
        .checked_div(&Exact::from_int(100))
        .unwrap_or(Exact::ZERO)
}

/// `12 months`, if it is whole.
pub(super) fn duration(value: &Exact, unit: &str) -> Option<Duration> {
    Duration::of(value.to_i64()?, unit).ok()
}
