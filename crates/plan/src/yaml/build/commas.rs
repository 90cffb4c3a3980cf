//! Formulas that a comma inside brackets cut apart: told once, and put together again, so that their other mistakes
//! are found too.

use super::{Builder, skip_blanks};
use crate::diagnostic::Diagnostic;
use crate::yaml::scalar::folded;
use crate::yaml::{Entry, Node, NodeKind, Scalar};

impl Builder<'_> {
    pub(super) fn has_colon(&self, key: &Scalar) -> bool {
        let at = skip_blanks(self.text, key.span.end as usize);
        self.text.as_bytes().get(at) == Some(&b':')
    }

    /// What a comma cut off an entry is put back, so that its other mistakes are found too.
    pub(super) fn remainder(&mut self, entries: &mut [Entry], rest: &Scalar, joined: &mut bool) {
        let before = entries.last_mut().and_then(|entry| match &entry.value.is {
            NodeKind::Scalar(value) if !value.quoted && !rest.quoted => {
                Some((value.clone(), entry))
            }
            NodeKind::Scalar(_) | NodeKind::List(_) | NodeKind::Map(_) | NodeKind::Empty => None,
        });
        let Some((value, entry)) = before else {
            let message = format!(
                "`{}` has no value: inside {{ }} every entry is `key: value`",
                rest.text
            );
            self.error("Y1", rest.span, message, "give it a value, or take it out");
            return;
        };
        if !*joined {
            self.diagnostics
                .push(cut_by_comma(&value, rest, "{ }", "entry"));
        }
        *joined = true;
        let whole = folded(
            self.text,
            self.file,
            value.span.start as usize,
            rest.span.end as usize,
        );
        entry.value = Node {
            span: whole.span,
            is: NodeKind::Scalar(whole),
        };
    }

    /// Items of `[ ]` that a comma inside a formula cut apart are put together again.
    pub(super) fn joined_items(&mut self, items: Vec<Node>) -> Vec<Node> {
        let mut kept: Vec<Node> = Vec::with_capacity(items.len());
        let mut reported = false;
        for item in items {
            let cut = match (kept.last().map(|last| &last.is), &item.is) {
                (Some(NodeKind::Scalar(last)), NodeKind::Scalar(rest))
                    if !last.quoted && !rest.quoted && unclosed(&last.text) > 0 =>
                {
                    Some((last.clone(), rest.clone()))
                }
                _ => None,
            };
            let Some((last, rest)) = cut else {
                reported = false;
                kept.push(item);
                continue;
            };
            if !reported {
                self.diagnostics
                    .push(cut_by_comma(&last, &rest, "[ ]", "item"));
            }
            reported = true;
            let whole = folded(
                self.text,
                self.file,
                last.span.start as usize,
                rest.span.end as usize,
            );
            kept.pop();
            kept.push(Node {
                span: whole.span,
                is: NodeKind::Scalar(whole),
            });
        }
        kept
    }
}

fn cut_by_comma(value: &Scalar, rest: &Scalar, brackets: &str, what: &str) -> Diagnostic {
    let formula = unclosed(&value.text) > 0;
    let kind = if formula { "formula" } else { "text" };
    let help = if formula && what == "entry" {
        "write the formula on its own line".to_owned()
    } else {
        format!("put the {kind} in double quotes")
    };
    let message = format!(
        "a comma inside {brackets} ends the {what}: `{}` is what is left of the {kind}",
        value.text
    );
    Diagnostic::error("Y1", value.span, message)
        .also(rest.span, "cut off")
        .help(help)
}

/// How many round brackets a text opens and does not close.
fn unclosed(text: &str) -> usize {
    text.bytes().fold(0usize, |open, byte| match byte {
        b'(' => open + 1,
        b')' => open.saturating_sub(1),
        _ => open,
    })
}
