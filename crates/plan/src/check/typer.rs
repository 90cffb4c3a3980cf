//! Formulas: names resolved, types and units asked for.
//!
//! Each part of a formula is built as a part of the typed tree whose type may still be unknown. A part that is wrong is
//! told once and then equals everything, so its mistake does not spread. The module never decides what nothing asked
//! about; that happens when all formulas were seen.

use crate::check::names::{Names, Thing};
use crate::check::spelling::{self, BAND_WORDS, HelpIf, shown};
use crate::check::types::{Ty, Types};
use crate::check::units::{Base, Origin, Powers};
use crate::diagnostic::{Diagnostic, Sources};
use crate::formula::{Formula, FormulaKind, Suffix};
use crate::nearest::nearest;
use crate::span::Span;
use crate::tree::{Comparison, Expr, Form, Literal, Name, Operator, Text, WindowPart};
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
    pub(super) fn expect(
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
        self.expect(formula, scope, &Ty::Flag, &format!("`{asked}`"))
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

    /// A name that stands where a formula can.
    pub(super) fn name(&mut self, name: &str, span: Span, scope: &Scope) -> Draft {
        if let Some((found, of)) = self.local(name, scope) {
            return part(Form::Name(found), of, span);
        }
        if let Some(entry) = self.names.get(name) {
            return self.global(name, entry.thing, span);
        }
        let mut words = name.split('.');
        let found = match (words.next(), words.next(), words.next(), words.next()) {
            (Some("partner"), None, None, None) => Some((Name::Partner, Ty::Partner)),
            (Some("partner"), Some(attribute), None, None) => {
                let types = &mut self.types;
                let found = self.names.attribute(attribute, types);
                found.map(|(id, of)| (Name::Attribute(id), of))
            }
            (Some("credit"), Some("level"), None, None) => Some((Name::CreditLevel, Ty::count())),
            (Some("window"), Some(part), None, None) => window_part(part),
            (Some(kind), Some(column), followed, None) => match self.names.kind(kind) {
                Some(_) => return self.column(kind, column, followed, span),
                None => None,
            },
            _ => None,
        };
        match found {
            Some((found, of)) => part(Form::Name(found), of, span),
            None => self.unknown_name(name, span, scope),
        }
    }

    /// A name known only where the formula stands.
    fn local(&self, name: &str, scope: &Scope) -> Option<(Name, Ty)> {
        let position = |list: &[(Text, Ty)]| {
            let at = list.iter().position(|(known, _)| &**known == name)?;
            let (_, of) = list.get(at)?;
            Some((crate::check::names::id(at), of.clone()))
        };
        if let Some((at, of)) = position(&scope.arguments) {
            return Some((Name::Argument(at), of));
        }
        if let Some((at, of)) = position(&scope.columns) {
            return Some((Name::BandColumn(at), of));
        }
        if let Some(band) = &scope.band {
            let found = match name {
                "lower" => Some(Name::Lower),
                "upper" => Some(Name::Upper),
                "width" => Some(Name::Width),
                "slice" => Some(Name::Slice),
                "filled" => return Some((Name::Filled, Ty::Flag)),
                _ => None,
            };
            if let Some(found) = found {
                return Some((found, band.clone()));
            }
        }
        match (&scope.was, name) {
            (Some(was), "was" | "agreed") => Some((Name::Was, was.clone())),
            _ => None,
        }
    }

    fn global(&mut self, name: &str, thing: Thing, span: Span) -> Draft {
        let at = |list: &[Ty], index: usize| list.get(index).cloned().unwrap_or(Ty::Wrong);
        let (found, of) = match thing {
            Thing::Term(id) => (Name::Term(id), at(&self.names.terms, id.index())),
            Thing::Measure(id) => (Name::Measure(id), at(&self.names.measures, id.index())),
            Thing::Value(id) => (Name::Value(id), at(&self.names.values, id.index())),
            Thing::Component(id) => (Name::Component(id), at(&self.names.components, id.index())),
            Thing::Limit(id) => (Name::Limit(id), at(&self.names.limits, id.index())),
            Thing::Kind(_) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "N6",
                        span,
                        format!("`{name}` is a kind of fact, not a number"),
                    )
                    .help(format!(
                        "name a column ({name}.…), or count its rows in a measure (count: {name})"
                    )),
                );
                return wrong(span);
            }
            Thing::Table(id) => {
                let arguments: Vec<String> = self
                    .names
                    .tables
                    .get(id.index())
                    .map(|table| {
                        table
                            .arguments
                            .iter()
                            .map(|argument| argument.name.to_string())
                            .collect()
                    })
                    .unwrap_or_default();
                self.diagnostics.push(
                    Diagnostic::error(
                        "N6",
                        span,
                        format!("`{name}` is a table and must be asked about something"),
                    )
                    .help(format!("write {name}({})", arguments.join(", "))),
                );
                return wrong(span);
            }
        };
        part(Form::Name(found), of, span)
    }

    /// `kind.column`, or `kind.column.attribute` of the partner in that column.
    fn column(&mut self, kind: &str, column: &str, followed: Option<&str>, span: Span) -> Draft {
        let Some(kind_id) = self.names.kind(kind) else {
            return wrong(span);
        };
        let Some((column_id, of)) = self.names.column(kind_id, column) else {
            let columns: Vec<String> = self
                .names
                .kinds
                .get(kind_id.index())
                .map(|kind| {
                    kind.columns
                        .iter()
                        .map(|(name, _)| name.to_string())
                        .collect()
                })
                .unwrap_or_default();
            let closest = nearest(column, columns.iter().map(String::as_str));
            let help = match closest {
                Some(closest) => format!("did you mean {kind}.{closest}?"),
                None => format!("its columns are {}", columns.join(", ")),
            };
            self.diagnostics.push(
                Diagnostic::error(
                    "N1",
                    span,
                    format!("`{kind}` has no column `{}`", shown(column)),
                )
                .help(help),
            );
            return wrong(span);
        };
        let Some(attribute) = followed else {
            return part(Form::Name(Name::Column(kind_id, column_id)), of, span);
        };
        if !matches!(of, Ty::Partner | Ty::Wrong) {
            let is = self.with_article(&of);
            self.diagnostics.push(
                Diagnostic::error(
                    "N6",
                    span,
                    format!("`{kind}.{column}` is {is}; only a partner can be followed"),
                )
                .help(format!(
                    "declare the column as `{column}: partner`, if that is what it holds"
                )),
            );
            return wrong(span);
        }
        let types = &mut self.types;
        match self.names.attribute(attribute, types) {
            Some((attribute_id, of)) => part(
                Form::Name(Name::Followed(kind_id, column_id, attribute_id)),
                of,
                span,
            ),
            None => self.unknown_attribute(attribute, span),
        }
    }

    fn unknown_attribute(&mut self, attribute: &str, span: Span) -> Draft {
        let known: Vec<&str> = self
            .names
            .attributes
            .iter()
            .map(|(name, _)| &**name)
            .collect();
        let closest = nearest(attribute, known).map(str::to_owned);
        self.diagnostics.push(
            Diagnostic::error(
                "N1",
                span,
                format!(
                    "the plan reads no column `{}` of the partner directory",
                    shown(attribute)
                ),
            )
            .help_if(closest, |closest| format!("did you mean {closest}?")),
        );
        wrong(span)
    }

    fn unknown_name(&mut self, name: &str, span: Span, scope: &Scope) -> Draft {
        if scope.undeclared_terms && name.starts_with("term.") {
            let types = &mut self.types;
            let (term, of) = self.names.undeclared_term(name, span, types);
            return part(Form::Name(Name::Term(term)), of, span);
        }
        if name == "was" || name == "agreed" || BAND_WORDS.contains(&name) {
            let place = if BAND_WORDS.contains(&name) {
                "inside a table's bands, where a band has bounds"
            } else {
                "inside an override"
            };
            self.diagnostics.push(Diagnostic::error(
                "N7",
                span,
                format!("`{name}` is known only {place}"),
            ));
            return wrong(span);
        }
        if let Some(attribute) = name.strip_prefix("partner.") {
            if attribute.contains('.') {
                self.diagnostics.push(
                    Diagnostic::error(
                        "N1",
                        span,
                        format!("`{}` follows more than one step", shown(name)),
                    )
                    .help("ask for it of that partner: of(partner.…, x)"),
                );
                return wrong(span);
            }
            return self.unknown_attribute(attribute, span);
        }
        let closest = self.names.closest(name).or_else(|| {
            let local = scope
                .arguments
                .iter()
                .chain(&scope.columns)
                .map(|(name, _)| &**name);
            nearest(name, local.chain(BAND_WORDS.iter().copied())).map(str::to_owned)
        });
        let is_function = spelling::FUNCTIONS.contains(&name);
        let message = if is_function {
            format!("`{name}` is a function and must be given something")
        } else {
            format!("nothing is called `{}`", shown(name))
        };
        let help = match closest {
            _ if is_function => Some(format!("write {name}(…)")),
            Some(closest) => Some(format!("did you mean {closest}?")),
            None if name.starts_with("term.") || name.starts_with("target.") => {
                Some("declare it under `terms`, with its unit".to_owned())
            }
            None => None,
        };
        self.diagnostics
            .push(Diagnostic::error("N1", span, message).help_if(help, |help| help));
        wrong(span)
    }

    fn keyed(&mut self, x: &Formula, key: &Formula, span: Span, scope: &Scope) -> Draft {
        let x = self.formula(x, scope);
        let key = self.formula(key, scope);
        let of = match self.types.resolved(&x.of) {
            Ty::Keyed(answer, key_type) => {
                self.ask(&key, &key_type, "this key");
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
                self.cannot_add(operator, left, right, span);
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
        for (_, of) in self.names.attributes.clone() {
            if let Ty::Unknown(_) = self.types.resolved(&of) {
                // A comparison by size is a use as a number; else a column of the directory is text.
                let ordered = self
                    .ordered
                    .iter()
                    .any(|(other, _)| self.types.resolved(other) == self.types.resolved(&of));
                let found = if ordered { Ty::ratio() } else { Ty::Text };
                self.types.equate(&of, &found);
            }
        }
        for (of, span) in std::mem::take(&mut self.ordered) {
            let is = match self.types.resolved(&of) {
                Ty::Number(_) | Ty::Date | Ty::Duration | Ty::Unknown(_) | Ty::Wrong => continue,
                is @ (Ty::Flag | Ty::Text | Ty::Partner | Ty::Keyed(..)) => is,
            };
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

fn window_part(part: &str) -> Option<(Name, Ty)> {
    let (part, of) = match part {
        "starts" => (WindowPart::Starts, Ty::Date),
        "ends" => (WindowPart::Ends, Ty::Date),
        "last" => (WindowPart::Last, Ty::Date),
        "days" => (WindowPart::Days, Ty::count()),
        "full_days" => (WindowPart::FullDays, Ty::count()),
        "final" => (WindowPart::Final, Ty::Flag),
        _ => return None,
    };
    Some((Name::Window(part), of))
}
