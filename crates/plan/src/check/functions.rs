//! The functions of the language: what each is given and what it answers.

use std::ops::RangeInclusive;

use crate::check::calls::{Called, Given};
use crate::check::typer::{Draft, Scope, Typer, duration};
use crate::check::types::Ty;
use crate::diagnostic::Diagnostic;
use crate::formula::{Argument, Formula, FormulaKind, Suffix};
use crate::span::Span;
use crate::tree::{Call, Elsewhere, FoldBy, Form, MeasureId, Name};
use trueup_base::calendar::WindowUnit;
use trueup_base::date::Duration;
use trueup_base::rounding::Rounding;

impl Typer<'_> {
    /// A function with its arguments.
    pub(super) fn function(
        &mut self,
        name: &str,
        name_span: Span,
        arguments: &[Argument],
        scope: &Scope,
    ) -> Called {
        match name {
            "weighted" => return self.weighted(name_span, arguments, scope),
            "upline" => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "N7",
                        name_span,
                        "`upline` is known only where a kind says who is credited",
                    )
                    .help(
                        "team(x) adds over everyone below, of(partner, x) asks for somebody else",
                    ),
                );
                return None;
            }
            _ => {}
        }
        let (plain, words) = takes(name);
        let given = self.given(name, name_span, arguments, plain, words, scope)?;
        match name {
            "least" | "greatest" | "coalesce" | "clamp" | "otherwise" => {
                self.choice(name, &given, scope)
            }
            "abs" => {
                let x = self.numeric(given.plain.first()?, scope, "`abs`");
                let of = x.of.clone();
                Some((Call::Abs(Box::new(x)), of))
            }
            "round" => self.round(&given, name_span, scope),
            "days_between" | "months_between" => self.between_days(name, &given, scope),
            "total" | "team" | "rank" | "of" => self.over_partners(name, &given, scope),
            "running" => self.running(&given, scope),
            "allocate" => self.allocate(&given, scope),
            "sum_of" | "min_of" | "max_of" => self.folded_keys(name, given.plain.first()?, scope),
            "convert" => self.convert(&given, name_span, scope),
            _ => self.elsewhere(name, &given, scope),
        }
    }

    /// One of several values of one type.
    fn choice(&mut self, name: &str, given: &Given<'_>, scope: &Scope) -> Called {
        let parts: Vec<Draft> = given.plain.iter().map(|x| self.formula(x, scope)).collect();
        let of = self.alike(
            &format!("what `{name}` is given"),
            &parts.iter().collect::<Vec<_>>(),
        );
        if matches!(name, "least" | "greatest" | "clamp") {
            self.ordered.push((of.clone(), given.plain.first()?.span));
        }
        let call = match name {
            "least" => Call::Least(parts),
            "greatest" => Call::Greatest(parts),
            "coalesce" => Call::Coalesce(parts),
            "clamp" => {
                let mut parts = parts.into_iter().map(Box::new);
                let (x, low, high) = (parts.next()?, parts.next()?, parts.next()?);
                Call::Clamp { x, low, high }
            }
            _ => {
                let mut parts = parts.into_iter().map(Box::new);
                Call::Otherwise(parts.next()?, parts.next()?)
            }
        };
        Some((call, of))
    }

    fn between_days(&mut self, name: &str, given: &Given<'_>, scope: &Scope) -> Called {
        let asked = format!("`{name}`");
        let a = Box::new(self.typed_as(given.plain.first()?, scope, &Ty::Date, &asked));
        let b = Box::new(self.typed_as(given.plain.get(1)?, scope, &Ty::Date, &asked));
        let call = if name == "days_between" {
            Call::DaysBetween(a, b)
        } else {
            Call::MonthsBetween(a, b)
        };
        Some((call, Ty::count()))
    }

    /// The same asked of other partners, or of all.
    fn over_partners(&mut self, name: &str, given: &Given<'_>, here: &Scope) -> Called {
        let first = *given.plain.first()?;
        let scope = &here.moved_by(name);
        match name {
            "of" => {
                let partner = self.typed_as(first, here, &Ty::Partner, "`of`");
                let x = self.formula(given.plain.get(1)?, scope);
                self.refuse_keyed(&x);
                let of = x.of.clone();
                return Some((Call::Of(Box::new(partner), Box::new(x)), of));
            }
            "team" => {
                let x = self.numeric(first, scope, "`team`");
                let of = x.of.clone();
                return Some((Call::Team(Box::new(x)), of));
            }
            _ => {}
        }
        let x = if name == "total" {
            self.numeric(first, scope, "`total`")
        } else {
            let x = self.formula(first, scope);
            self.refuse_keyed(&x);
            self.ordered.push((x.of.clone(), x.span));
            x
        };
        let x = Box::new(x);
        let within = given
            .word("within")
            .map(|within| Box::new(self.formula(within, scope)));
        let filter = given
            .word("where")
            .map(|filter| Box::new(self.flag(filter, scope, "where")));
        if name == "total" {
            let of = x.of.clone();
            return Some((Call::Total { x, filter }, of));
        }
        Some((Call::Rank { x, within, filter }, Ty::count()))
    }

    fn running(&mut self, given: &Given<'_>, scope: &Scope) -> Called {
        let scope = &scope.moved_by("running");
        let x = Box::new(self.numeric(given.plain.first()?, scope, "`running`"));
        let in_order = given.word("in_order").map(|order| {
            let order = self.formula(order, scope);
            self.refuse_keyed(&order);
            self.ordered.push((order.of.clone(), order.span));
            Box::new(order)
        });
        let of = x.of.clone();
        Some((Call::Running { x, in_order }, of))
    }

    /// The same asked in another window.
    fn elsewhere(&mut self, name: &str, given: &Given<'_>, scope: &Scope) -> Called {
        let first = *given.plain.first()?;
        let scope = &scope.moved_by(name);
        let asked = match name {
            "previous" => return self.previous(given, scope),
            "ever" => {
                let x = self.flag(first, scope, "ever");
                return Some((Call::Ever(Box::new(x)), Ty::Flag));
            }
            "sum_by" | "min_by" | "max_by" => {
                let x = self.formula(first, scope);
                let unit = self.window_unit(given.plain.get(1)?, name)?;
                let fold = fold_by(name);
                self.fold_type(fold, &x, name);
                let of = x.of.clone();
                return Some((Call::FoldedBy(fold, Box::new(x), unit), of));
            }
            "trailing" => Elsewhere::Trailing(self.duration_of(given.plain.get(1)?, "`trailing`")?),
            "previous_year" => Elsewhere::PreviousYear,
            "year_to_date" => Elsewhere::YearToDate,
            "since_start" => Elsewhere::SinceStart,
            "full" => Elsewhere::Full,
            "to_date" => Elsewhere::ToDate,
            _ => return None,
        };
        let x = self.formula(first, scope);
        let of = x.of.clone();
        Some((Call::Asked(asked, Box::new(x)), of))
    }

    fn round(&mut self, given: &Given<'_>, name_span: Span, scope: &Scope) -> Called {
        let x = self.numeric(given.plain.first()?, scope, "`round`");
        let Some(to) = given.word("to") else {
            self.diagnostics.push(
                Diagnostic::error("N8", name_span, "`round` must say to what")
                    .help("round(x, to => 0.01), with `mode =>` if not half away from zero"),
            );
            return None;
        };
        let to = self.step(to, scope, &x.of);
        let mode = match given.word("mode") {
            Some(mode) => self.rounding_mode(mode)?,
            None => Rounding::HalfAway,
        };
        let of = x.of.clone();
        Some((
            Call::Round {
                x: Box::new(x),
                to: Box::new(to),
                mode,
            },
            of,
        ))
    }

    /// What is rounded to: a step in the unit of what is rounded.
    pub(super) fn step(&mut self, to: &Formula, scope: &Scope, of: &Ty) -> Draft {
        let to = self.formula(to, scope);
        if !self.types.equate(&to.of, of) {
            let (want, is) = (self.with_article(of), self.with_article(&to.of));
            let code = self.mismatch_code(&to.of, of);
            self.diagnostics.push(
                Diagnostic::error(code, to.span, format!("{want} is rounded to steps of its own, and this is {is}"))
                    .help("write a plain number: to => 0.01 keeps cents, to => 1_000 whole thousands, to => 0.1% is for ratios"),
            );
        }
        to
    }

    fn rounding_mode(&mut self, mode: &Formula) -> Option<Rounding> {
        let word = self.word(mode)?;
        let found = Rounding::ALL.into_iter().find(|mode| mode.name() == word);
        if found.is_none() {
            let known = Rounding::ALL.map(Rounding::name);
            self.unknown_word(mode.span, "rounding mode", &word, &known);
        }
        found
    }

    fn previous(&mut self, given: &Given<'_>, scope: &Scope) -> Called {
        let x = self.formula(given.plain.first()?, scope);
        let back = match given.plain.get(1) {
            None => 1,
            Some(n) => self.windows_back(n)?,
        };
        let mut of = x.of.clone();
        let first = match given.word("first") {
            None => None,
            Some(first) => {
                let first = self.formula(first, scope);
                // Of what has keys, one key's figure is asked one window earlier.
                let one = match self.types.resolved(&x.of) {
                    Ty::Keyed(answer, _) => Draft {
                        of: *answer,
                        ..x.clone()
                    },
                    _ => x.clone(),
                };
                let alike = self.alike("`previous` and its `first`", &[&one, &first]);
                if !matches!(self.types.resolved(&x.of), Ty::Keyed(..)) {
                    of = alike;
                }
                Some(Box::new(first))
            }
        };
        Some((
            Call::Asked(Elsewhere::Previous(back, first), Box::new(x)),
            of,
        ))
    }

    fn windows_back(&mut self, n: &Formula) -> Option<u32> {
        let found = match &n.is {
            FormulaKind::Number {
                value,
                suffix: Suffix::None,
            } => value
                .to_i64()
                .and_then(|n| u32::try_from(n).ok())
                .filter(|n| (1..=1_000).contains(n)),
            _ => None,
        };
        if found.is_none() {
            self.diagnostics.push(
                Diagnostic::error(
                    "U8",
                    n.span,
                    "how many windows before is a whole number from 1 to 1,000",
                )
                .help("previous(x, 2)"),
            );
        }
        found
    }

    fn fold_type(&mut self, fold: FoldBy, x: &Draft, name: &str) {
        if self.refuse_keyed(x) {
            return;
        }
        match fold {
            FoldBy::Sum => {
                let mut x = x.clone();
                self.must_be_number(&mut x, &format!("`{name}`"));
            }
            FoldBy::Min | FoldBy::Max => self.ordered.push((x.of.clone(), x.span)),
        }
    }

    /// A fold over keys that come from the rows would pass over those that sold nothing.
    fn keys_are_declared(&mut self, name: &str, x: &Draft) {
        let Some(id) = keyed_measure(x) else {
            return;
        };
        if self.names.keys.get(id.index()).is_some_and(Vec::is_empty) {
            let label = self.derivation(x).unwrap_or_default();
            self.diagnostics.push(
                Diagnostic::error(
                    "M3",
                    x.span,
                    format!("`{name}` folds declared keys, and this measure declares none"),
                )
                .label(label)
                .help(
                    "keys: [A, B] on the measure: a key without a row is then 0 and not left out",
                ),
            );
        }
    }

    fn folded_keys(&mut self, name: &str, x: &Formula, scope: &Scope) -> Called {
        let x = self.formula(x, scope);
        let fold = fold_by(name);
        match self.types.resolved(&x.of) {
            Ty::Keyed(answer, _) => {
                self.keys_are_declared(name, &x);
                Some((Call::FoldedKeys(fold, Box::new(x)), *answer))
            }
            Ty::Wrong => None,
            Ty::Number(_)
            | Ty::Date
            | Ty::Duration
            | Ty::Flag
            | Ty::Text
            | Ty::Partner
            | Ty::Unknown(_) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "U6",
                        x.span,
                        format!("`{name}` folds the keys of a measure, and this has none"),
                    )
                    .help("declare `by` and `keys` on the measure"),
                );
                None
            }
        }
    }

    fn window_unit(&mut self, formula: &Formula, name: &str) -> Option<WindowUnit> {
        let word = self.word(formula)?;
        let found = WindowUnit::ALL.into_iter().find(|unit| unit.name() == word);
        if found.is_none() {
            self.unknown_word(
                formula.span,
                &format!("window for `{name}`"),
                &word,
                &WindowUnit::ALL.map(WindowUnit::name),
            );
        }
        found
    }

    /// `12 months`
    pub(super) fn duration_of(&mut self, formula: &Formula, asked: &str) -> Option<Duration> {
        let found = match &formula.is {
            FormulaKind::Number {
                value,
                suffix: Suffix::Duration(unit),
            } => duration(value, unit),
            _ => None,
        };
        if found.is_none() {
            self.diagnostics.push(
                Diagnostic::error(
                    "U5",
                    formula.span,
                    format!("{asked} asks for a duration written in the plan"),
                )
                .help("30 days, 2 weeks, 12 months, 4 quarters, 1 year"),
            );
        }
        found
    }
}

/// The keyed measure that is asked, here or in another window.
pub(super) fn keyed_measure(draft: &Draft) -> Option<MeasureId> {
    match &draft.form {
        Form::Name(Name::Measure(id)) => Some(*id),
        Form::Call(Call::Asked(_, x)) => keyed_measure(x),
        _ => None,
    }
}

fn fold_by(name: &str) -> FoldBy {
    match name {
        "min_by" | "min_of" => FoldBy::Min,
        "max_by" | "max_of" => FoldBy::Max,
        _ => FoldBy::Sum,
    }
}

/// How many values a function takes, and which words.
fn takes(name: &str) -> (RangeInclusive<usize>, &'static [&'static str]) {
    match name {
        "least" | "greatest" | "coalesce" => (2..=usize::MAX, &[]),
        "clamp" => (3..=3, &[]),
        "otherwise" | "days_between" | "months_between" | "of" | "trailing" | "sum_by"
        | "min_by" | "max_by" => (2..=2, &[]),
        "round" => (1..=1, &["to", "mode"]),
        "previous" => (1..=2, &["first"]),
        "running" => (1..=1, &["in_order"]),
        "total" => (1..=1, &["where"]),
        "rank" => (1..=1, &["within", "where"]),
        "allocate" => (2..=2, &["to", "rest", "within", "where"]),
        "convert" => (1..=1, &["from", "into", "on", "kind"]),
        _ => (1..=1, &[]),
    }
}
