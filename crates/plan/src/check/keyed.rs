//! Values with keys: one figure for each of what a column says, such as each contract.

use crate::check::components;
use crate::check::names::Names;
use crate::check::spelling::{HelpIf, shown};
use crate::check::typer::Typer;
use crate::check::types::{Ty, Types};
use crate::diagnostic::Diagnostic;
use crate::document::{PlanText, ValueText};
use crate::nearest::nearest;
use crate::tree::{ColumnId, FactKind, KindId, ValueKeys};

/// Gives every value with keys its type, before any formula is looked at; a mistake is told.
pub(super) fn declare(text: &PlanText, typer: &mut Typer<'_>) {
    for (at, value) in text.values.iter().enumerate() {
        tell_mistakes(value, typer);
        let (Some(keys), Some(of)) = (column(value, &typer.names), typer.names.values.get_mut(at))
        else {
            continue;
        };
        *of = Ty::Keyed(Box::new(of.clone()), Box::new(keys.2));
    }
}

/// The column that holds a value's keys, and its type; nothing where it has none, or where they are told as a mistake.
pub(super) fn column(value: &ValueText, names: &Names) -> Option<(KindId, ColumnId, Ty)> {
    let (kind, column) = value.each.as_ref()?.text.split_once('.')?;
    let kind = names.kind(kind)?;
    let (column, of) = names.column(kind, column)?;
    matches!(of, Ty::Text | Ty::Partner).then_some((kind, column, of))
}

/// What one key's figure is.
pub(super) fn of_one_key(of: &Ty, types: &Types) -> Ty {
    match types.resolved(of) {
        Ty::Keyed(answer, _) => *answer,
        _ => of.clone(),
    }
}

fn tell_mistakes(value: &ValueText, typer: &mut Typer<'_>) {
    let Some(each) = &value.each else {
        if let Some(role) = &value.role {
            typer.diagnostics.push(
                Diagnostic::error(
                    "K4",
                    role.span,
                    format!("{} reads no rows, so it has no role", value.name.text),
                )
                .help("each: sale.contract names the column with its keys"),
            );
        }
        return;
    };
    if column(value, &typer.names).is_some() {
        return;
    }
    let names = &typer.names;
    let found = each.text.split_once('.').and_then(|(kind, column)| {
        let kind = names.kind(kind)?;
        Some((kind, column, names.column(kind, column)))
    });
    let diagnostic = match found {
        Some((_, _, Some(_))) => Diagnostic::error(
            "U1",
            each.span,
            format!(
                "`{}` holds no keys: keys are texts or partners",
                shown(&each.text)
            ),
        )
        .help("declare the column as text"),
        Some((kind, column, None)) => {
            let columns = names
                .kinds
                .get(kind.index())
                .map_or(&[][..], |kind| &kind.columns);
            let near = nearest(column, columns.iter().map(|(name, _)| &**name)).map(str::to_owned);
            Diagnostic::error(
                "N1",
                each.span,
                format!("nothing is called `{}`", shown(&each.text)),
            )
            .help_if(near, |near| format!("did you mean {near}?"))
        }
        None => Diagnostic::error(
            "N1",
            each.span,
            format!(
                "`each` of a value names a column, and `{}` is none",
                shown(&each.text)
            ),
        )
        .help("each: sale.contract"),
    };
    typer.diagnostics.push(diagnostic);
}

/// The keys of a value of the tree.
pub(super) fn build(
    value: &ValueText,
    kinds: &[FactKind],
    names: &Names,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ValueKeys> {
    let (kind, column, _) = self::column(value, names)?;
    let role = components::role(value.role.as_ref(), kinds.get(kind.index())?, diagnostics);
    Some(ValueKeys { kind, column, role })
}
