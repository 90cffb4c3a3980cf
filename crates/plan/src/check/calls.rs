//! Functions and tables: what each is given and what it answers.

use std::ops::RangeInclusive;

use crate::check::names::Thing;
use crate::check::spelling::{FUNCTIONS, HelpIf, shown};
use crate::check::typer::{Draft, Scope, Typer, duration, part, wrong};
use crate::check::types::Ty;
use crate::check::units::Origin;
use crate::diagnostic::Diagnostic;
use crate::formula::{Argument, Formula, FormulaKind, Suffix};
use crate::nearest::nearest;
use crate::span::Span;
use crate::tree::{Allocation, Call, Conversion, Elsewhere, FoldBy, Form, RateKind, TableId, Text};
use trueup_base::calendar::WindowUnit;
use trueup_base::date::Duration;
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;
use trueup_base::share::Rest;

/// The arguments of a call, sorted.
struct Given<'f> {
    plain: Vec<&'f Formula>,
    words: Vec<(&'f str, &'f Formula)>,
}

impl<'f> Given<'f> {
    fn word(&self, word: &str) -> Option<&'f Formula> {
        self.words
            .iter()
            .find(|(given, _)| *given == word)
            .map(|(_, value)| *value)
    }
}

/// A call whose types are being found, and its type.
type Called = Option<(Call<Ty>, Ty)>;

impl Typer<'_> {
    /// A function or a table with its arguments.
    pub(super) fn call(
        &mut self,
        name: &str,
        name_span: Span,
        arguments: &[Argument],
        span: Span,
        scope: &Scope,
    ) -> Draft {
        let called = if FUNCTIONS.contains(&name) {
            self.function(name, name_span, arguments, scope)
        } else {
            match self.names.get(name).map(|entry| entry.thing) {
                Some(Thing::Table(id)) => self.table(id, name, name_span, arguments, scope),
                Some(thing) => {
                    self.diagnostics.push(
                        Diagnostic::error(
                            "N6",
                            name_span,
                            format!("`{name}` is {}, not a table", thing.word()),
                        )
                        .help(format!(
                            "a name alone is asked where the formula is asked: {name}"
                        )),
                    );
                    None
                }
                None => {
                    self.unknown_function(name, name_span);
                    None
                }
            }
        };
        match called {
            Some((call, of)) => part(Form::Call(call), of, span),
            None => wrong(span),
        }
    }

    fn unknown_function(&mut self, name: &str, span: Span) {
        let tables = self
            .names
            .register
            .iter()
            .filter(|(_, entry)| matches!(entry.thing, Thing::Table(_)))
            .map(|(name, _)| &**name);
        let closest = nearest(name, tables.chain(FUNCTIONS.iter().copied())).map(str::to_owned);
        self.diagnostics.push(
            Diagnostic::error(
                "N1",
                span,
                format!("no function or table is called `{}`", shown(name)),
            )
            .help_if(closest, |closest| format!("did you mean {closest}?")),
        );
    }

    /// Sorts arguments; a mistake in them is told, and those that are there are still looked at.
    fn given<'f>(
        &mut self,
        name: &str,
        name_span: Span,
        arguments: &'f [Argument],
        plain: RangeInclusive<usize>,
        words: &[&str],
        scope: &Scope,
    ) -> Option<Given<'f>> {
        let mut given = Given {
            plain: Vec::new(),
            words: Vec::new(),
        };
        let before = self.diagnostics.len();
        for argument in arguments {
            let Some((word, word_span)) = &argument.word else {
                given.plain.push(&argument.value);
                continue;
            };
            if !words.contains(&&**word) {
                let help = match (nearest(word, words.iter().copied()), words.is_empty()) {
                    (Some(closest), _) => format!("did you mean `{closest} =>`?"),
                    (None, true) => format!("{name} takes no words"),
                    (None, false) => format!("it takes {}", list_of_words(words)),
                };
                self.diagnostics.push(
                    Diagnostic::error(
                        "N8",
                        *word_span,
                        format!("`{name}` does not take `{} =>`", shown(word)),
                    )
                    .help(help),
                );
            } else if given.word(word).is_some() {
                self.diagnostics.push(Diagnostic::error(
                    "N8",
                    *word_span,
                    format!("`{word} =>` is given twice"),
                ));
            } else {
                given.words.push((word, &argument.value));
            }
        }
        if !plain.contains(&given.plain.len()) {
            self.diagnostics.push(
                Diagnostic::error(
                    "N8",
                    name_span,
                    format!(
                        "`{name}` takes {}, and is given {}",
                        how_many(&plain),
                        given.plain.len()
                    ),
                )
                .help_if((!words.is_empty()).then_some(()), |()| {
                    format!("besides, it takes {}", list_of_words(words))
                }),
            );
        }
        if self.diagnostics.len() == before {
            return Some(given);
        }
        for argument in arguments {
            // Windows and rounding modes are words, not names; only what may be a formula is looked at.
            if !matches!(argument.value.is, FormulaKind::Name(_)) {
                self.formula(&argument.value, scope);
            }
        }
        None
    }

    fn function(
        &mut self,
        name: &str,
        name_span: Span,
        arguments: &[Argument],
        scope: &Scope,
    ) -> Called {
        let (plain, words): (RangeInclusive<usize>, &[&str]) = match name {
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
            _ => (1..=1, &[]),
        };
        let given = self.given(name, name_span, arguments, plain, words, scope)?;
        let first = *given.plain.first()?;
        match name {
            "least" | "greatest" | "coalesce" => {
                let parts: Vec<Draft> =
                    given.plain.iter().map(|x| self.formula(x, scope)).collect();
                let of = self.alike(
                    &format!("what `{name}` is given"),
                    &parts.iter().collect::<Vec<_>>(),
                );
                match name {
                    "least" => {
                        self.ordered.push((of.clone(), first.span));
                        Some((Call::Least(parts), of))
                    }
                    "greatest" => {
                        self.ordered.push((of.clone(), first.span));
                        Some((Call::Greatest(parts), of))
                    }
                    _ => Some((Call::Coalesce(parts), of)),
                }
            }
            "clamp" => {
                let parts: Vec<Draft> =
                    given.plain.iter().map(|x| self.formula(x, scope)).collect();
                let of = self.alike("what `clamp` is given", &parts.iter().collect::<Vec<_>>());
                self.ordered.push((of.clone(), first.span));
                let mut parts = parts.into_iter().map(Box::new);
                let (x, low, high) = (parts.next()?, parts.next()?, parts.next()?);
                Some((Call::Clamp { x, low, high }, of))
            }
            "abs" => {
                let x = self.numeric(first, scope, "`abs`");
                let of = x.of.clone();
                Some((Call::Abs(Box::new(x)), of))
            }
            "round" => self.round(&given, name_span, scope),
            "otherwise" => {
                let x = self.formula(first, scope);
                let y = self.formula(given.plain.get(1)?, scope);
                let of = self.alike("what `otherwise` is given", &[&x, &y]);
                Some((Call::Otherwise(Box::new(x), Box::new(y)), of))
            }
            "days_between" | "months_between" => {
                let a = Box::new(self.expect(first, scope, &Ty::Date, &format!("`{name}`")));
                let b = Box::new(self.expect(
                    given.plain.get(1)?,
                    scope,
                    &Ty::Date,
                    &format!("`{name}`"),
                ));
                let call = if name == "days_between" {
                    Call::DaysBetween(a, b)
                } else {
                    Call::MonthsBetween(a, b)
                };
                Some((call, Ty::count()))
            }
            "previous" => self.previous(&given, scope),
            "previous_year" => Some(self.asked(Elsewhere::PreviousYear, first, scope)),
            "year_to_date" => Some(self.asked(Elsewhere::YearToDate, first, scope)),
            "since_start" => Some(self.asked(Elsewhere::SinceStart, first, scope)),
            "full" => Some(self.asked(Elsewhere::Full, first, scope)),
            "to_date" => Some(self.asked(Elsewhere::ToDate, first, scope)),
            "trailing" => {
                let x = self.formula(first, scope);
                let of = x.of.clone();
                let long = self.duration_of(given.plain.get(1)?, "`trailing`")?;
                Some((Call::Asked(Elsewhere::Trailing(long), Box::new(x)), of))
            }
            "sum_by" | "min_by" | "max_by" => {
                let x = self.formula(first, scope);
                let unit = self.window_unit(given.plain.get(1)?, name)?;
                let fold = fold_by(name);
                self.fold_type(fold, &x, name);
                let of = x.of.clone();
                Some((Call::FoldedBy(fold, Box::new(x), unit), of))
            }
            "ever" => {
                let x = self.flag(first, scope, "ever");
                Some((Call::Ever(Box::new(x)), Ty::Flag))
            }
            "running" => {
                let x = Box::new(self.numeric(first, scope, "`running`"));
                let in_order = given.word("in_order").map(|y| {
                    let y = self.formula(y, scope);
                    self.ordered.push((y.of.clone(), y.span));
                    Box::new(y)
                });
                let of = x.of.clone();
                Some((Call::Running { x, in_order }, of))
            }
            "total" => {
                let x = Box::new(self.numeric(first, scope, "`total`"));
                let filter = given
                    .word("where")
                    .map(|y| Box::new(self.flag(y, scope, "where")));
                let of = x.of.clone();
                Some((Call::Total { x, filter }, of))
            }
            "team" => {
                let x = self.numeric(first, scope, "`team`");
                let of = x.of.clone();
                Some((Call::Team(Box::new(x)), of))
            }
            "rank" => {
                let x = Box::new(self.formula(first, scope));
                self.ordered.push((x.of.clone(), x.span));
                let within = given
                    .word("within")
                    .map(|y| Box::new(self.formula(y, scope)));
                let filter = given
                    .word("where")
                    .map(|y| Box::new(self.flag(y, scope, "where")));
                Some((Call::Rank { x, within, filter }, Ty::count()))
            }
            "allocate" => self.allocate(&given, scope),
            "of" => {
                let partner = self.expect(first, scope, &Ty::Partner, "`of`");
                let x = self.formula(given.plain.get(1)?, scope);
                self.refuse_keyed(&x);
                let of = x.of.clone();
                Some((Call::Of(Box::new(partner), Box::new(x)), of))
            }
            "sum_of" | "min_of" | "max_of" => self.folded_keys(name, first, scope),
            "convert" => self.convert(&given, name_span, scope),
            _ => None,
        }
    }

    /// A part that must be a number.
    fn numeric(&mut self, formula: &Formula, scope: &Scope, asked: &str) -> Draft {
        let mut draft = self.formula(formula, scope);
        self.must_be_number(&mut draft, asked);
        draft
    }

    /// Tells a part that is no number, once.
    pub(super) fn must_be_number(&mut self, draft: &mut Draft, asked: &str) {
        if matches!(self.types.resolved(&draft.of), Ty::Wrong) {
            return;
        }
        if self.types.as_number(&draft.of, Origin::Name).is_some() {
            return;
        }
        if !self.refuse_keyed(draft) {
            let is = self.with_article(&draft.of);
            let label = self.derivation(draft).unwrap_or_default();
            self.diagnostics.push(
                Diagnostic::error(
                    "U1",
                    draft.span,
                    format!("{asked} asks for a number, and this is {is}"),
                )
                .label(label),
            );
        }
        draft.of = Ty::Wrong;
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
        let to = self.expect(to, scope, &x.of, "`to =>`");
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
                of = self.alike("`previous` and its `first`", &[&x, &first]);
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

    fn asked(&mut self, elsewhere: Elsewhere<Ty>, x: &Formula, scope: &Scope) -> (Call<Ty>, Ty) {
        let x = self.formula(x, scope);
        let of = x.of.clone();
        (Call::Asked(elsewhere, Box::new(x)), of)
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

    fn folded_keys(&mut self, name: &str, x: &Formula, scope: &Scope) -> Called {
        let x = self.formula(x, scope);
        let fold = fold_by(name);
        match self.types.resolved(&x.of) {
            Ty::Keyed(answer, _) => Some((Call::FoldedKeys(fold, Box::new(x)), *answer)),
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

    fn weighted(&mut self, name_span: Span, arguments: &[Argument], scope: &Scope) -> Called {
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

    fn allocate(&mut self, given: &Given<'_>, scope: &Scope) -> Called {
        let total = self.numeric(given.plain.first()?, scope, "`allocate`");
        let by = self.numeric(given.plain.get(1)?, scope, "a weight");
        let to = given
            .word("to")
            .map(|to| self.expect(to, scope, &total.of, "`to =>`"));
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

    fn convert(&mut self, given: &Given<'_>, name_span: Span, scope: &Scope) -> Called {
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
            (Some(on), None) => RateKind::On(self.expect(on, scope, &Ty::Date, "`on =>`")),
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

    /// A word that stands for itself, such as `month` or `half_away`.
    fn word(&mut self, formula: &Formula) -> Option<String> {
        match &formula.is {
            FormulaKind::Name(word) => Some(word.to_string()),
            FormulaKind::Text(word) => Some(word.to_string()),
            _ => {
                self.diagnostics.push(Diagnostic::error(
                    "N8",
                    formula.span,
                    "a single word stands here",
                ));
                None
            }
        }
    }

    fn unknown_word(&mut self, span: Span, what: &str, word: &str, known: &[&str]) {
        let closest = nearest(word, known.iter().copied());
        let help = match closest {
            Some(closest) => format!("did you mean {closest}?"),
            None => format!("it is one of {}", known.join(", ")),
        };
        self.diagnostics.push(
            Diagnostic::error("N8", span, format!("`{}` is no {what}", shown(word))).help(help),
        );
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

    fn table(
        &mut self,
        id: TableId,
        name: &str,
        name_span: Span,
        arguments: &[Argument],
        scope: &Scope,
    ) -> Called {
        let (axes, of) = match self.names.tables.get(id.index()) {
            Some(table) => (table.arguments.clone(), table.answers.clone()),
            None => return None,
        };
        let given = self.given(
            name,
            name_span,
            arguments,
            axes.len()..=axes.len(),
            &[],
            scope,
        )?;
        let mut drafts = Vec::with_capacity(axes.len());
        for (at, (formula, axis)) in given.plain.iter().zip(&axes).enumerate() {
            let draft = self.formula(formula, scope);
            if !self.refuse_keyed(&draft) {
                self.give(id, at, axis, name, &draft);
            }
            drafts.push(draft);
        }
        Some((Call::Table(id, drafts), of))
    }

    /// One argument of a table: its uses and its bounds share one unit.
    fn give(
        &mut self,
        id: TableId,
        at: usize,
        axis: &crate::check::names::Argument,
        name: &str,
        draft: &Draft,
    ) {
        let known_before = self.types.resolved(&axis.of);
        if self.types.equate(&axis.of, &draft.of) {
            self.decided(id, at, draft.span);
            return;
        }
        let code = self.mismatch_code(&axis.of, &draft.of);
        let (want, is) = (
            self.with_article(&known_before),
            self.with_article(&draft.of),
        );
        let label = self.derivation(draft).unwrap_or_default();
        let mut diagnostic = Diagnostic::error(
            code,
            draft.span,
            format!(
                "`{name}` asks for {want} as {}, and this is {is}",
                axis.name
            ),
        )
        .label(label);
        if let Some(place) = axis.decided {
            diagnostic = diagnostic.also(place, format!("here it is {want}"));
        }
        self.diagnostics.push(diagnostic);
    }

    /// Remembers the place that decided an argument's type.
    pub(super) fn decided(&mut self, id: TableId, at: usize, span: Span) {
        let Some(argument) = self
            .names
            .tables
            .get_mut(id.index())
            .and_then(|table| table.arguments.get_mut(at))
        else {
            return;
        };
        if argument.decided.is_none() && self.types.is_known(&argument.of) {
            argument.decided = Some(span);
        }
    }
}

fn fold_by(name: &str) -> FoldBy {
    match name {
        "min_by" | "min_of" => FoldBy::Min,
        "max_by" | "max_of" => FoldBy::Max,
        _ => FoldBy::Sum,
    }
}

fn how_many(plain: &RangeInclusive<usize>) -> String {
    let (least, most) = (*plain.start(), *plain.end());
    let words = |n: usize| {
        if n == 1 {
            "one value".to_owned()
        } else {
            format!("{n} values")
        }
    };
    if least == most {
        words(least)
    } else if most == usize::MAX {
        format!("{least} values or more")
    } else {
        format!("{least} or {most} values")
    }
}

fn list_of_words(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word} =>`"))
        .collect::<Vec<_>>()
        .join(", ")
}
