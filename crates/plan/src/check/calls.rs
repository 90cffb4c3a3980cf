//! Functions and tables: what each is given and what it answers.

use std::ops::RangeInclusive;

use crate::check::names::Thing;
use crate::check::spelling::{FUNCTIONS, HelpIf, shown};
use crate::check::typer::{Draft, Scope, Typer, part, wrong};
use crate::check::types::Ty;
use crate::check::units::Origin;
use crate::diagnostic::Diagnostic;
use crate::elsewhere;
use crate::formula::{Argument, Formula, FormulaKind};
use crate::nearest::nearest;
use crate::span::Span;
use crate::tree::{Call, Comparison, Form, TableId};

/// The arguments of a call, sorted.
pub(super) struct Given<'f> {
    pub(super) plain: Vec<&'f Formula>,
    words: Vec<(&'f str, &'f Formula)>,
}

impl<'f> Given<'f> {
    pub(super) fn word(&self, word: &str) -> Option<&'f Formula> {
        self.words
            .iter()
            .find(|(given, _)| *given == word)
            .map(|(_, value)| *value)
    }
}

/// A call whose types are being found, and its type.
pub(super) type Called = Option<(Call<Ty>, Ty)>;

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
        let help = match elsewhere::function(name) {
            Some(help) => Some(help.to_owned()),
            None => nearest(name, tables.chain(FUNCTIONS.iter().copied()))
                .map(|closest| format!("did you mean {closest}?")),
        };
        self.diagnostics.push(
            Diagnostic::error(
                "N1",
                span,
                format!("no function or table is called `{}`", shown(name)),
            )
            .help_if(help, |help| help),
        );
    }

    /// Sorts arguments; a mistake in them is told, and those that are there are still looked at.
    pub(super) fn given<'f>(
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
                if let Some((word, span)) = named_by_equals(&argument.value, words) {
                    let message = format!("`{word} = …` compares");
                    let help = format!("an argument is named by an arrow: {word} => …");
                    self.diagnostics
                        .push(Diagnostic::error("N8", span, message).help(help));
                    return None;
                }
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
            let help = match name {
                "convert" => Some("convert(x, from => EUR, into => USD, on => sale.on)".to_owned()),
                "allocate" => {
                    Some("what is shared and by which weight: allocate(1_000, sales)".to_owned())
                }
                "round" => Some("two places are round(x, to => 0.01)".to_owned()),
                "rank" => Some("groups are rank(x, within => partner.size)".to_owned()),
                _ if words.is_empty() => None,
                _ => Some(format!("besides, it takes {}", list_of_words(words))),
            };
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
                .help_if(help, |help| help),
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

    /// A part that must be a number.
    pub(super) fn numeric(&mut self, formula: &Formula, scope: &Scope, asked: &str) -> Draft {
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

    /// A word that stands for itself, such as `month` or `half_away`.
    pub(super) fn word(&mut self, formula: &Formula) -> Option<String> {
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

    pub(super) fn unknown_word(&mut self, span: Span, what: &str, word: &str, known: &[&str]) {
        let closest = nearest(word, known.iter().copied());
        let help = match closest {
            Some(closest) => format!("did you mean {closest}?"),
            None => format!("it is one of {}", known.join(", ")),
        };
        self.diagnostics.push(
            Diagnostic::error("N8", span, format!("`{}` is no {what}", shown(word))).help(help),
        );
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

/// The word of an argument that is written `first = 0`.
fn named_by_equals<'f>(formula: &'f Formula, words: &[&str]) -> Option<(&'f str, Span)> {
    let FormulaKind::Compared(Comparison::Equal, left, _) = &formula.is else {
        return None;
    };
    match &left.is {
        FormulaKind::Name(name) if words.contains(&&**name) => Some((name, formula.span)),
        _ => None,
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
