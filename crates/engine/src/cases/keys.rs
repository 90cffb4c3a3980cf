//! Keys of a case's files: which there may be, and which there must be.

use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::nearest::nearest;
use trueup_plan::span::Span;
use trueup_plan::yaml::{Node, Scalar};

/// Reports every key that is none of the known ones.
pub(super) fn only(node: &Node, known: &[&str], diagnostics: &mut Vec<Diagnostic>) {
    for entry in node.entries() {
        if !known.contains(&&*entry.key.text) {
            let key = &entry.key.text;
            let message = format!("`{key}` is no key here; known are {}", known.join(", "));
            let known = known.iter().copied();
            diagnostics.push(unknown_key("E1", entry.key.span, &message, key, known));
        }
    }
}

/// A name that is not known, with the one that was probably meant.
pub(super) fn unknown_key<'a>(
    code: &'static str,
    span: Span,
    message: &str,
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(code, span, message);
    match nearest(written, known) {
        Some(meant) => diagnostic.help(format!("write {meant}")),
        None => diagnostic,
    }
}

/// Whether a node is a map; reports what it is where it is none.
pub(super) fn is_map(node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let is_map = node.is_map();
    if !is_map {
        let message = format!(
            "{what}: a map of keys is expected, and {} stands here",
            node.described()
        );
        diagnostics.push(Diagnostic::error("E2", node.span, message));
    }
    is_map
}

/// The text of a key that must be there.
pub(super) fn text<'a>(
    node: &'a Node,
    key: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'a Scalar> {
    match node.get(key) {
        Some(value) => {
            if value.as_scalar().is_none() {
                let message = format!("`{key}` is text, and {} stands here", value.described());
                diagnostics.push(Diagnostic::error("E2", value.span, message));
            }
            value.as_scalar()
        }
        None => {
            diagnostics.push(Diagnostic::error(
                "E2",
                node.span,
                format!("`{key}` is not written"),
            ));
            None
        }
    }
}
