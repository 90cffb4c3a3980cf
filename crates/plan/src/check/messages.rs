//! What is said when types or units do not fit: both places, and where each came from.

use crate::check::names::Thing;
use crate::check::spelling::HelpIf;
use crate::check::typer::{Draft, Typer};
use crate::check::types::Ty;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::tree::{Form, Name, Operator};

/// Formulas longer than this are cut in messages.
const SHOWN: usize = 80;

impl Typer<'_> {
    /// A type in words.
    pub(super) fn in_words(&self, ty: &Ty) -> String {
        self.types.in_words(ty, &self.currency)
    }

    /// A type in words, with its article.
    pub(super) fn with_article(&self, ty: &Ty) -> String {
        self.types.with_article(ty, &self.currency)
    }

    /// The text of a place on one line, cut when it is long.
    pub(super) fn written(&self, span: Span) -> String {
        let text = self.sources.text(span);
        let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if one_line.chars().count() <= SHOWN {
            return one_line;
        }
        let mut cut: String = one_line.chars().take(SHOWN).collect();
        cut.push('…');
        cut
    }

    /// Where the type of a name comes from: `growth is a ratio: net_sales / previous_year(net_sales) - 1`.
    pub(super) fn derivation(&self, draft: &Draft) -> Option<String> {
        let Form::Name(name) = &draft.form else {
            return None;
        };
        let is = self.with_article(&draft.of);
        let called = self.written(draft.span);
        let thing = match name {
            Name::Term(id) => Thing::Term(*id),
            Name::Measure(id) => Thing::Measure(*id),
            Name::Value(id) => Thing::Value(*id),
            Name::Component(id) => Thing::Component(*id),
            Name::Limit(id) => Thing::Limit(*id),
            Name::Column(..)
            | Name::Followed(..)
            | Name::Attribute(_)
            | Name::Partner
            | Name::Window(_)
            | Name::CreditLevel
            | Name::Argument(_)
            | Name::BandColumn(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice
            | Name::Was
            | Name::Agreed
            | Name::Key(..) => return Some(format!("{called} is {is}")),
        };
        let formula = self
            .names
            .register
            .values()
            .find(|entry| entry.thing == thing)
            .and_then(|entry| entry.formula);
        match formula {
            Some((folded, formula)) => Some(format!(
                "{called} is {is}: {folded}{}",
                self.written(formula)
            )),
            None => Some(format!("{called} is {is}")),
        }
    }

    /// `U2` when two numbers differ in their unit, `U1` when they differ in more.
    pub(super) fn mismatch_code(&self, a: &Ty, b: &Ty) -> &'static str {
        match (self.types.resolved(a), self.types.resolved(b)) {
            (Ty::Number(_), Ty::Number(_)) => "U2",
            _ => "U1",
        }
    }

    /// Two parts with both places marked.
    fn both(&self, message: String, left: &Draft, right: &Draft) -> Diagnostic {
        let code = self.mismatch_code(&left.of, &right.of);
        let label = |draft: &Draft| {
            self.derivation(draft)
                .unwrap_or_else(|| self.in_words(&draft.of))
        };
        Diagnostic::error(code, left.span, message)
            .label(label(left))
            .also(right.span, label(right))
    }

    /// `+` or `-` of two parts that do not fit.
    pub(super) fn cannot_add(&mut self, operator: Operator, left: &Draft, right: &Draft) {
        let (a, b) = (self.in_words(&left.of), self.in_words(&right.of));
        let message = match operator {
            Operator::Minus => format!("cannot subtract {b} from {a}"),
            Operator::Plus | Operator::Times | Operator::Over => format!("cannot add {a} and {b}"),
        };
        let (left_text, right_text) = (self.written(left.span), self.written(right.span));
        let ratio = |ty: &Ty| self.types.resolved(ty) == Ty::ratio();
        let number = |ty: &Ty| matches!(self.types.resolved(ty), Ty::Number(_));
        let help = match (
            self.types.resolved(&left.of),
            self.types.resolved(&right.of),
        ) {
            (Ty::Date, Ty::Number(_)) => Some(format!(
                "say what is added: {left_text} + 1 month, or + 30 days"
            )),
            _ if number(&left.of) && number(&right.of) && (ratio(&left.of) != ratio(&right.of)) => {
                let tight = |text: String, draft: &Draft| match draft.form {
                    Form::Arithmetic(Operator::Plus | Operator::Minus, ..) => format!("({text})"),
                    _ => text,
                };
                Some(format!(
                    "multiply: {} * {}",
                    tight(left_text, left),
                    tight(right_text, right)
                ))
            }
            (a, b) if a == Ty::money() && b == Ty::count() => {
                Some(format!("say what one of them is worth: 500 * {right_text}"))
            }
            (a, b) if a == Ty::count() && b == Ty::money() => {
                Some(format!("say what one of them is worth: 500 * {left_text}"))
            }
            _ => self
                .help_for_keys(&left.of)
                .or_else(|| self.help_for_keys(&right.of)),
        };
        let diagnostic = self.both(message, left, right).help_if(help, |help| help);
        self.diagnostics.push(diagnostic);
    }

    /// `*` or `/` of something that is no number.
    pub(super) fn cannot_multiply(&mut self, operator: Operator, left: &Draft, right: &Draft) {
        let (a, b) = (self.in_words(&left.of), self.in_words(&right.of));
        let message = match operator {
            Operator::Over => format!("cannot divide {a} by {b}"),
            Operator::Plus | Operator::Minus | Operator::Times => {
                format!("cannot multiply {a} by {b}")
            }
        };
        let help = self
            .help_for_keys(&left.of)
            .or_else(|| self.help_for_keys(&right.of));
        let diagnostic = self.both(message, left, right).help_if(help, |help| help);
        self.diagnostics.push(diagnostic);
    }

    /// Asks that two parts can be compared.
    pub(super) fn comparable(&mut self, left: &Draft, right: &Draft) {
        if self.refuse_keyed(left)
            || self.refuse_keyed(right)
            || self.types.equate(&left.of, &right.of)
        {
            return;
        }
        let message = format!(
            "cannot compare {} with {}",
            self.in_words(&left.of),
            self.in_words(&right.of)
        );
        let help = self.help_to_get(&right.of, &left.of);
        let diagnostic = self.both(message, left, right).help_if(help, |help| help);
        self.diagnostics.push(diagnostic);
    }

    /// Parts that should be of one type and are not.
    pub(super) fn not_alike(&mut self, what: &str, first: &Draft, other: &Draft) {
        let message = format!(
            "{what} must be of one type: {} here and {} there",
            self.in_words(&first.of),
            self.in_words(&other.of)
        );
        let diagnostic = self.both(message, first, other);
        self.diagnostics.push(diagnostic);
    }

    /// A keyed measure where a single figure belongs; says whether it was one.
    pub(super) fn refuse_keyed(&mut self, draft: &Draft) -> bool {
        let Some(help) = self.help_for_keys(&draft.of) else {
            return false;
        };
        let diagnostic = Diagnostic::error(
            "U6",
            draft.span,
            "this measure has an answer for each key, not one",
        )
        .label(self.derivation(draft).unwrap_or_default())
        .help(help);
        self.diagnostics.push(diagnostic);
        true
    }

    fn help_for_keys(&self, ty: &Ty) -> Option<String> {
        match self.types.resolved(ty) {
            Ty::Keyed(..) => {
                Some("name one key, as in sales_by_product['A'], or fold all: sum_of(…)".to_owned())
            }
            Ty::Number(_)
            | Ty::Date
            | Ty::Duration
            | Ty::Flag
            | Ty::Text
            | Ty::Partner
            | Ty::Unknown(_)
            | Ty::Wrong => None,
        }
    }

    /// How one gets from what is there to what is asked for.
    pub(super) fn help_to_get(&self, is: &Ty, want: &Ty) -> Option<String> {
        match (self.types.resolved(is), self.types.resolved(want)) {
            (Ty::Number(_), Ty::Flag) => Some("compare it with something: … >= …".to_owned()),
            (Ty::Text, Ty::Flag) => Some("compare it with something: … = 'gold'".to_owned()),
            (Ty::Date, Ty::Flag) => {
                Some("compare it with a day: … >= date '2026-01-31'".to_owned())
            }
            (Ty::Text | Ty::Partner, Ty::Number(_)) => Some(
                "texts are told apart, not added: count_distinct counts different ones".to_owned(),
            ),
            (Ty::Number(_), Ty::Date) => Some("write a day as date '2026-01-31'".to_owned()),
            (Ty::Text, Ty::Date) => Some("write a day as date '2026-01-31'".to_owned()),
            (Ty::Number(_), Ty::Duration) => Some("say of what: 30 days, 6 months".to_owned()),
            (keyed @ Ty::Keyed(..), _) => self.help_for_keys(&keyed),
            (Ty::Flag, Ty::Number(_)) => Some("case when … then 1 else 0 end".to_owned()),
            (is @ Ty::Number(_), want @ Ty::Number(_))
                if is == Ty::ratio() && want == Ty::money() =>
            {
                Some("say of what it is a part: … * net_sales".to_owned())
            }
            (is @ Ty::Number(_), want @ Ty::Number(_))
                if is == Ty::count() && want == Ty::money() =>
            {
                Some("multiply it by an amount for each, as in 500 * new_deals".to_owned())
            }
            (Ty::Number(_), want @ Ty::Number(_))
                if want == Ty::money() && self.in_words(is).ends_with("times count") =>
            {
                Some(
                    "leave the currency out of an amount for each, as in 500 * new_deals; a price is declared as `money per count`"
                        .to_owned(),
                )
            }
            _ => None,
        }
    }
}
