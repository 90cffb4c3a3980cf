//! Words a plan owes its readers: what each named thing is, who validates a measure, what the plan is and which version.
//!
//! A draft may leave them out and is reminded; a plan that both sides sign may not.

use crate::check::Strictness;
use crate::diagnostic::{Diagnostic, Severity};
use crate::document::PlanText;
use crate::yaml::Scalar;

/// Tells every missing word.
pub(super) fn check(text: &PlanText, strictness: Strictness, diagnostics: &mut Vec<Diagnostic>) {
    let mut told = Vec::new();
    for (missing, what, help) in [
        (text.title.is_none(), "what it is titled", "title: …"),
        (
            text.version.is_none(),
            "which version it is",
            "version: 2026.1",
        ),
        (text.is.is_none(), "what it is", "is: one sentence"),
    ] {
        if missing && strictness == Strictness::Signature {
            told.push(word("W3", &text.name, "the plan", what, help));
        }
    }
    let mut is = |name: &Scalar, is: &Option<Scalar>| {
        if is.as_ref().is_none_or(|is| is.text.trim().is_empty()) {
            told.push(word(
                "W1",
                name,
                &name.text,
                "what it is",
                "is: one sentence that both sides read alike",
            ));
        }
    };
    // What a kind of fact is, the program says where it declares it.
    text.terms.iter().for_each(|term| is(&term.name, &term.is));
    text.measures
        .iter()
        .for_each(|measure| is(&measure.name, &measure.is));
    text.values
        .iter()
        .for_each(|value| is(&value.name, &value.is));
    text.tables
        .iter()
        .for_each(|table| is(&table.name, &table.is));
    text.components
        .iter()
        .for_each(|component| is(&component.name, &component.is));
    text.limits
        .iter()
        .for_each(|limit| is(&limit.name, &limit.is));
    // What is set aside, changed or looked out for is a rule like any other; who sits where says itself.
    for block in text
        .governance
        .iter()
        .filter(|block| ["funds", "contingencies", "guardrails"].contains(&&*block.block.text))
    {
        let said = block.says.iter().find(|(key, _)| &*key.text == "is");
        let is_said = said
            .is_some_and(|(_, node)| node.as_text().is_some_and(|text| !text.trim().is_empty()));
        if let (Some(name), false) = (&block.name, is_said) {
            let help = "is: one sentence that both sides read alike";
            told.push(word("W1", name, &name.text, "what it is", help));
        }
    }
    for measure in &text.measures {
        if measure
            .validated_by
            .as_ref()
            .is_none_or(|by| by.text.trim().is_empty())
        {
            let help = "validated_by: finance, or whoever vouches for it and does not gain by it";
            told.push(word(
                "W2",
                &measure.name,
                &measure.name.text,
                "who validates it",
                help,
            ));
        }
    }
    for diagnostic in &mut told {
        diagnostic.severity = match strictness {
            Strictness::Draft => Severity::Warning,
            Strictness::Signature => Severity::Error,
        };
    }
    diagnostics.append(&mut told);
}

fn word(code: &'static str, name: &Scalar, called: &str, what: &str, help: &str) -> Diagnostic {
    Diagnostic::warning(code, name.span, format!("{called} does not say {what}")).help(help)
}
