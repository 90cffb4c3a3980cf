//! Functions with weights, shares and currencies.

use crate::check::calls::{Called, Given};
use crate::check::spelling::shown;
use crate::check::typer::{Draft, Scope, Typer};
use crate::check::types::Ty;
use crate::diagnostic::Diagnostic;
use crate::formula::{Argument, Formula, FormulaKind};
use crate::span::Span;
use crate::tree::{Allocation, Call, Conversion, RateKind, Text};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_base::share::Rest;

impl Typer<'_> {
    pub(super) fn weighted(
        &mut self,
        name_span: Span,
        arguments: &[Argument],
        scope: &Scope,
    ) -> Called {
        let mut parts: Vec<(Draft, Exact)> = Vec::new();
        let mut total = Some(Exact::ZERO);
        for argument in arguments {
            let Some((word, word_span)) = &argument.word else {
                self.diagnostics.push(
                    Diagnostic::error(
                        "N8",
                        argument.value.span,
                        "each part of `weighted` is a name with its weight",
                    )
                    .help("weighted(adoption => 60%, pass_rate => 40%)"),
                );
                total = None;
                continue;
            };
            let draft = self.name(word, *word_span, scope);
            match crate::check::constant::of_formula(&argument.value) {
                Some(weight) => {
                    total = total.map(|total| total + weight.clone());
                    parts.push((draft, weight));
                }
                None => {
                    self.diagnostics.push(
                        Diagnostic::error("U8", argument.value.span, "a weight is a number written in the plan")
                            .help("write a percentage; for weights by agreement write term.a * x + term.b * y"),
                    );
                    total = None;
                }
            }
        }
        if arguments.is_empty() {
            self.diagnostics.push(
                Diagnostic::error("N8", name_span, "`weighted` is given nothing")
                    .help("weighted(adoption => 60%, pass_rate => 40%)"),
            );
            return None;
        }
        if let Some(total) = total
            && total != Exact::ONE
        {
            let percent = crate::check::constant::in_percent(&total);
            self.diagnostics.push(
                Diagnostic::error(
                    "U8",
                    name_span,
                    format!("the weights add up to {percent}, not to 100%"),
                )
                .help("weights of `weighted` add up to 100%"),
            );
        }
        let of = self.alike(
            "the parts of `weighted`",
            &parts.iter().map(|(draft, _)| draft).collect::<Vec<_>>(),
        );
        Some((Call::Weighted(parts), of))
    }

    pub(super) fn allocate(&mut self, given: &Given<'_>, scope: &Scope) -> Called {
        let scope = &scope.moved_by("allocate");
        let total = self.numeric(given.plain.first()?, scope, "`allocate`");
        let by = self.numeric(given.plain.get(1)?, scope, "a weight");
        let to = given.word("to").map(|to| self.step(to, scope, &total.of));
        let rest = match given.word("rest") {
            None => Rest::Largest,
            Some(rest) => {
                let word = self.word(rest)?;
                let found = Rest::ALL.into_iter().find(|rest| rest.name() == word);
                if found.is_none() {
                    self.unknown_word(rest.span, "rest", &word, &Rest::ALL.map(Rest::name));
                }
                found?
            }
        };
        let within = given
            .word("within")
            .map(|within| self.formula(within, scope));
        let filter = given
            .word("where")
            .map(|filter| self.flag(filter, scope, "where"));
        let of = total.of.clone();
        let allocation = Allocation {
            total,
            by,
            to,
            rest,
            within,
            filter,
            // Whether rows share is known when levels are.
            rows: None,
        };
        Some((Call::Allocate(Box::new(allocation)), of))
    }

    pub(super) fn convert(&mut self, given: &Given<'_>, name_span: Span, scope: &Scope) -> Called {
        let x = self.formula(given.plain.first()?, scope);
        let Some(into) = given.word("into") else {
            self.diagnostics.push(
                Diagnostic::error("N8", name_span, "`convert` must say into which currency")
                    .help("convert(x, into => 'USD', on => sale.invoiced_on)"),
            );
            return None;
        };
        let into = self.currency_of(into)?;
        let own: Text = self.currency.clone();
        let from = match given.word("from") {
            Some(from) => self.currency_of(from)?,
            None => self.currency_of_text(&own, name_span)?,
        };
        let rate = match (given.word("on"), given.word("kind")) {
            (Some(_), Some(kind)) => {
                self.diagnostics.push(Diagnostic::error(
                    "N8",
                    kind.span,
                    "`convert` takes `on =>` or `kind =>`, not both",
                ));
                return None;
            }
            (Some(on), None) => RateKind::On(self.typed_as(on, scope, &Ty::Date, "`on =>`")),
            (None, Some(kind)) => {
                let word = self.word(kind)?;
                match word.as_str() {
                    "month_average" => RateKind::MonthAverage,
                    "plan" => RateKind::Plan,
                    _ => {
                        self.unknown_word(
                            kind.span,
                            "kind of rate",
                            &word,
                            &["month_average", "plan"],
                        );
                        return None;
                    }
                }
            }
            (None, None) => RateKind::Plan,
        };
        // A column declared as money may hold another currency: the plan says which by `from`.
        let foreign = self.money_in(&from.code().into());
        if !self.types.equate(&x.of, &foreign) {
            self.ask(&x, &Ty::money(), "`convert`");
        }
        let of = self.money_in(&into.code().into());
        let conversion = Conversion {
            x,
            from,
            into,
            rate,
        };
        Some((Call::Convert(Box::new(conversion)), of))
    }

    fn currency_of(&mut self, formula: &Formula) -> Option<Currency> {
        match &formula.is {
            FormulaKind::Text(code) | FormulaKind::Name(code) => {
                self.currency_of_text(code, formula.span)
            }
            _ => self.currency_of_text("", formula.span),
        }
    }

    fn currency_of_text(&mut self, code: &str, span: Span) -> Option<Currency> {
        let found = Currency::parse(code).ok();
        if found.is_none() {
            self.diagnostics.push(
                Diagnostic::error("U3", span, format!("`{}` is no currency", shown(code)))
                    .help("three capitals in quotes, such as 'EUR'"),
            );
        }
        found
    }
}
