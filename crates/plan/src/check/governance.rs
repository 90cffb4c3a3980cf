//! Goals, bodies, approvals and what follows: the form is checked, conditions are typed, the rest is kept as text.

use crate::check::settle::settled;
use crate::check::spelling::shown;
use crate::check::typer::{Draft, Scope, Typer};
use crate::check::types::Ty;
use crate::diagnostic::Diagnostic;
use crate::document::{GovernanceText, PlanText};
use crate::formula::Formula;
use crate::tree::{GovernanceBlock, Text};
use crate::yaml::{Node, NodeKind};

/// The formulas of every block, by the path of their key.
pub(super) type BlockDrafts = Vec<Vec<(Text, Draft)>>;

/// Looks at the formulas of every block.
pub(super) fn draft(text: &PlanText, typer: &mut Typer<'_>) -> BlockDrafts {
    text.governance
        .iter()
        .map(|block| draft_block(block, typer))
        .collect()
}

fn draft_block(block: &GovernanceText, typer: &mut Typer<'_>) -> Vec<(Text, Draft)> {
    let changed = changed_type(block, typer);
    block
        .formulas
        .iter()
        .map(|(path, formula)| {
            (
                Text::from(path.as_str()),
                draft_formula(block, path, formula, changed.as_ref(), typer),
            )
        })
        .collect()
}

fn draft_formula(
    block: &GovernanceText,
    path: &str,
    formula: &Formula,
    changed: Option<&Ty>,
    typer: &mut Typer<'_>,
) -> Draft {
    let mut scope = Scope {
        undeclared_terms: true,
        ..Scope::default()
    };
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match first {
        "when" | "if" | "needs_review" => typer.flag(formula, &scope, first),
        "accrues" | "above" | "budget" => {
            typer.typed_as(formula, &scope, &Ty::money(), &format!("`{first}`"))
        }
        "changes" => {
            let of = type_of_name(rest, typer).unwrap_or_else(|| {
                unknown_change(block, rest, typer);
                Ty::Wrong
            });
            scope.was = Some(of.clone());
            typer.typed_as(formula, &scope, &of, rest)
        }
        "within" => match changed {
            Some(of) => {
                scope.was = Some(of.clone());
                typer.typed_as(formula, &scope, of, &format!("`{path}`"))
            }
            None => typer.formula(formula, &scope),
        },
        _ => typer.formula(formula, &scope),
    }
}

/// The type of what a contingency changes, when it changes one thing.
fn changed_type(block: &GovernanceText, typer: &Typer<'_>) -> Option<Ty> {
    let mut changed = block
        .formulas
        .iter()
        .filter_map(|(path, _)| path.strip_prefix("changes."));
    let (only, more) = (changed.next()?, changed.next());
    if more.is_some() {
        None
    } else {
        type_of_name(only, typer)
    }
}

fn type_of_name(name: &str, typer: &Typer<'_>) -> Option<Ty> {
    use crate::check::names::Thing;
    let at = |list: &[Ty], index: usize| list.get(index).cloned();
    match typer.names.get(name)?.thing {
        Thing::Term(id) => at(&typer.names.terms, id.index()),
        Thing::Value(id) => at(&typer.names.values, id.index()),
        Thing::Component(id) => at(&typer.names.components, id.index()),
        Thing::Limit(id) => at(&typer.names.limits, id.index()),
        Thing::Measure(_) | Thing::Kind(_) | Thing::Table(_) => None,
    }
}

fn unknown_change(block: &GovernanceText, name: &str, typer: &mut Typer<'_>) {
    let changes = block.says.iter().find(|(key, _)| &*key.text == "changes");
    let entry =
        changes.and_then(|(_, node)| node.entries().iter().find(|entry| &*entry.key.text == name));
    let span = entry.map_or(block.span, |entry| entry.key.span);
    if let Some(entry) = typer.names.get(name) {
        typer.diagnostics.push(
            Diagnostic::error("N6", span, format!("`{name}` is {}", entry.thing.word()))
                .also(entry.span, "it is given here")
                .help("a contingency changes terms, values, components or limits"),
        );
        return;
    }
    let help = match typer.names.closest(name) {
        Some(closest) => format!("did you mean {closest}?"),
        None => "a contingency changes terms, values, components or limits".to_owned(),
    };
    typer.diagnostics.push(
        Diagnostic::error(
            "N1",
            span,
            format!("nothing that can be changed is called `{}`", shown(name)),
        )
        .help(help),
    );
}

/// The blocks of the tree.
pub(super) fn build(
    text: &PlanText,
    drafts: BlockDrafts,
    typer: &Typer<'_>,
) -> Vec<GovernanceBlock> {
    text.governance
        .iter()
        .zip(drafts)
        .map(|(block, formulas)| GovernanceBlock {
            block: block.block.text.clone(),
            name: block
                .name
                .as_ref()
                .map_or_else(|| "".into(), |name| name.text.clone()),
            says: block
                .says
                .iter()
                .map(|(key, node)| (key.text.clone(), Text::from(said(node))))
                .collect(),
            formulas: formulas
                .into_iter()
                .map(|(path, draft)| (path, settled(&typer.types, draft)))
                .collect(),
            span: block.span,
        })
        .collect()
}

/// What a key says, on one line.
fn said(node: &Node) -> String {
    match &node.is {
        NodeKind::Scalar(scalar) => scalar.text.to_string(),
        NodeKind::List(list) => list.iter().map(said).collect::<Vec<_>>().join(", "),
        NodeKind::Map(entries) => entries
            .iter()
            .map(|entry| format!("{}: {}", entry.key.text, said(&entry.value)))
            .collect::<Vec<_>>()
            .join(", "),
        NodeKind::Empty => String::new(),
    }
}
