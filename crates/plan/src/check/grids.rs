//! Tables of several arguments: bounds for each, and nested cells that are complete.

use crate::check::axes::{check_axis, draft_bound};
use crate::check::spelling::shown;
use crate::check::tables::{TableDraft, empty, within_budget};
use crate::check::typer::{Scope, Typer};
use crate::check::types::Ty;
use crate::diagnostic::Diagnostic;
use crate::document::{BoundText, CellsText, ReadingText, TableText};
use crate::formula::Formula;
use crate::tree::{TableId, Text};

pub(super) fn draft_grid(
    table: &TableText,
    axes: &[(crate::yaml::Scalar, Vec<BoundText>)],
    cells: &CellsText,
    id: TableId,
    arguments: &[(Text, Ty)],
    typer: &mut Typer<'_>,
    draft: &mut TableDraft,
) {
    match &table.reading {
        Some(ReadingText::OneBand(_)) | None => {}
        Some(ReadingText::EachBand(Some(formula))) => typer.diagnostics.push(
            Diagnostic::error("T6", formula.span, "a grid is read one band at a time")
                .help("one_band: cell"),
        ),
        Some(ReadingText::EachBand(None)) => {}
        Some(ReadingText::Line(column)) => typer.diagnostics.push(
            Diagnostic::error("T6", column.span, "a line has one argument").help("one_band: cell"),
        ),
    }
    let mut sizes = Vec::with_capacity(arguments.len());
    let mut count = 1usize;
    for (at, (name, of)) in arguments.iter().enumerate() {
        let Some((_, bounds)) = axes.iter().find(|(argument, _)| argument.text == *name) else {
            typer.diagnostics.push(
                Diagnostic::error(
                    "T6",
                    table.name.span,
                    format!("`bands` gives no bounds for the argument {name}"),
                )
                .help(format!("{name}: [from lowest, from …]")),
            );
            return;
        };
        let mut axis = Vec::with_capacity(bounds.len());
        for bound in bounds {
            let formula = draft_bound(bound, id, at, of, typer);
            axis.push((bound.is, formula, bound.span));
        }
        if bounds.is_empty() {
            empty(table, typer);
            return;
        }
        check_axis(&axis, false, typer);
        sizes.push(bounds.len());
        count = count.saturating_mul(bounds.len());
        draft.axes.push(axis);
    }
    for (argument, _) in axes {
        if !arguments.iter().any(|(name, _)| *name == argument.text) {
            let message = format!("`{}` is no argument of this table", shown(&argument.text));
            typer.diagnostics.push(
                Diagnostic::error("T6", argument.span, message)
                    .help("name it under `of`, in the order it is given"),
            );
        }
    }
    if !within_budget(table, count, typer) {
        return;
    }
    let scope = Scope {
        arguments: arguments.to_vec(),
        ..Scope::default()
    };
    let of = draft
        .columns
        .first()
        .map(|(_, of)| of.clone())
        .unwrap_or(Ty::Wrong);
    let mut flat = Vec::with_capacity(count);
    if flatten(cells, &sizes, arguments, &mut flat, typer) {
        for formula in flat {
            draft.cells.push(
                formula.map(|formula| typer.typed_as(formula, &scope, &of, "a cell of this table")),
            );
        }
    }
}

/// Lays nested cells out in one row; says whether their shape is that of the bounds.
fn flatten<'t>(
    cells: &'t CellsText,
    sizes: &[usize],
    arguments: &[(Text, Ty)],
    flat: &mut Vec<Option<&'t Formula>>,
    typer: &mut Typer<'_>,
) -> bool {
    let name = |left: usize| {
        arguments
            .get(arguments.len() - left)
            .map_or("", |(name, _)| &**name)
    };
    match (cells, sizes) {
        (CellsText::Cell(formula, _), []) => {
            flat.push(formula.as_ref());
            true
        }
        (CellsText::Cell(_, span), [size, ..]) => {
            typer.diagnostics.push(
                Diagnostic::error(
                    "T6",
                    *span,
                    format!(
                        "a list of {size} cells belongs here, one for each bound of {}",
                        name(sizes.len())
                    ),
                )
                .help("cells are nested in the order of `of`, the last argument innermost"),
            );
            false
        }
        (CellsText::List(_, span), []) => {
            typer.diagnostics.push(Diagnostic::error(
                "T6",
                *span,
                "one cell belongs here, and this is a list",
            ));
            false
        }
        (CellsText::List(list, span), [size, inner @ ..]) => {
            if list.len() != *size {
                typer.diagnostics.push(
                    Diagnostic::error(
                        "T6",
                        *span,
                        format!(
                            "{} has {size} bounds, and these are {} cells",
                            name(sizes.len()),
                            list.len()
                        ),
                    )
                    .help("cells are nested in the order of `of`, the last argument innermost"),
                );
                return false;
            }
            let mut fits = true;
            for cells in list {
                fits &= flatten(cells, inner, arguments, flat, typer);
            }
            fits
        }
    }
}
