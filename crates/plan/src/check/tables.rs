//! Tables: bounds that rise, the same columns in every band, grids that are complete.

use crate::check::axes::{check_axis, draft_bound};
use crate::check::grids::draft_grid;
use crate::check::settle::settled;
use crate::check::spelling::{self, Naming, shown};
use crate::check::typer::{Draft, Scope, Typer, wrong};
use crate::check::types::Ty;
use crate::diagnostic::Diagnostic;
use crate::document::{
    BandText, BandsText, BoundWord, CellsText, PlanText, ReadingText, TableText,
};
use crate::formula::{FormulaKind, Suffix};
use crate::nearest::nearest;
use crate::span::{FileId, Span};
use crate::tree::{Axis, Bound, BoundKind, Column, Level, Reading, Table, TableId, Text};
use trueup_base::exact::Exact;

/// More bands than this are no table a reader signs, and would make every check slow.
const MOST_BANDS: usize = 100_000;

/// The formulas of a table.
#[derive(Default)]
pub(super) struct TableDraft {
    pub(super) columns: Vec<(Text, Ty)>,
    reading: Option<Draft>,
    /// The position of the column a line is drawn through.
    line: Option<usize>,
    pub(super) axes: Vec<Vec<(BoundWord, Option<Draft>, Span)>>,
    pub(super) cells: Vec<Option<Draft>>,
}

/// Gives every table its columns and checks its form, before formulas are looked at.
pub(super) fn declare(text: &PlanText, typer: &mut Typer<'_>, drafts: &mut [TableDraft]) {
    for (table, draft) in text.tables.iter().zip(drafts) {
        let mut seen: Vec<&str> = Vec::new();
        for argument in &table.of {
            spelling::check(argument, Naming::Local, &mut typer.diagnostics);
            if seen.contains(&&*argument.text) {
                let message = format!("the argument `{}` is named twice", shown(&argument.text));
                typer
                    .diagnostics
                    .push(Diagnostic::error("N2", argument.span, message));
            }
            seen.push(&argument.text);
        }
        draft.columns = match &table.bands {
            BandsText::Bands(bands) => columns_of_bands(table, bands, typer),
            BandsText::Grid { .. } => vec![("cell".into(), typer.types.unknown())],
            BandsText::Rows(_) | BandsText::None => Vec::new(),
        };
    }
}

/// The columns of a band, the same in every band.
fn columns_of_bands(
    table: &TableText,
    bands: &[BandText],
    typer: &mut Typer<'_>,
) -> Vec<(Text, Ty)> {
    let Some(first) = bands.first() else {
        return Vec::new();
    };
    let mut columns: Vec<(Text, Ty)> = Vec::with_capacity(first.cells.len());
    for (name, _) in &first.cells {
        spelling::check(name, Naming::Local, &mut typer.diagnostics);
        if let Some(argument) = table.of.iter().find(|argument| argument.text == name.text) {
            typer.diagnostics.push(
                Diagnostic::error(
                    "N2",
                    name.span,
                    format!("`{}` is the argument and a column", shown(&name.text)),
                )
                .also(argument.span, "the argument"),
            );
        }
        let of = typer.types.unknown();
        columns.push((name.text.clone(), of));
    }
    for band in bands.iter().skip(1) {
        for (name, _) in &first.cells {
            if !band.cells.iter().any(|(other, _)| other == name) {
                typer.diagnostics.push(
                    Diagnostic::error(
                        "T5",
                        band.span,
                        format!("this band has no `{}`", shown(&name.text)),
                    )
                    .also(name.span, "the first band has it")
                    .help("every band has the same columns; a band that pays nothing says 0"),
                );
            }
        }
        for (name, _) in &band.cells {
            if !first.cells.iter().any(|(other, _)| other == name) {
                let known = first.cells.iter().map(|(other, _)| &*other.text);
                let help = match nearest(&name.text, known) {
                    Some(closest) => format!("did you mean {closest}?"),
                    None => "every band has the same columns".to_owned(),
                };
                typer.diagnostics.push(
                    Diagnostic::error(
                        "T5",
                        name.span,
                        format!("the first band has no `{}`", shown(&name.text)),
                    )
                    .also(first.span, "the first band")
                    .help(help),
                );
            }
        }
    }
    columns
}

/// Looks at the formulas of one table.
pub(super) fn draft(
    text: &PlanText,
    id: TableId,
    typer: &mut Typer<'_>,
    drafts: &mut [TableDraft],
) {
    let (Some(table), Some(draft)) = (text.tables.get(id.index()), drafts.get_mut(id.index()))
    else {
        return;
    };
    let arguments: Vec<(Text, Ty)> = typer
        .names
        .tables
        .get(id.index())
        .map(|types| {
            types
                .arguments
                .iter()
                .map(|argument| (argument.name.clone(), argument.of.clone()))
                .collect()
        })
        .unwrap_or_default();
    match &table.bands {
        BandsText::Bands(bands) => draft_bands(table, bands, id, &arguments, typer, draft),
        BandsText::Grid { axes, cells } => {
            draft_grid(table, axes, cells, id, &arguments, typer, draft)
        }
        BandsText::Rows(scalar) => {
            typer.diagnostics.push(
                Diagnostic::error("T8", scalar.span, "the file of these bands was not read")
                    .help("give the file to the check, or write the bands in the plan"),
            );
            return spoil(id, typer);
        }
        // The reader has told why there are none; what the table answers cannot be known.
        BandsText::None => return spoil(id, typer),
    }
    let answers = draft_reading(table, &arguments, typer, draft);
    let Some(known) = typer
        .names
        .tables
        .get(id.index())
        .map(|types| types.answers.clone())
    else {
        return;
    };
    match answers {
        Some(answers) => {
            if !typer.types.equate(&known, &answers) {
                let (was, is) = (typer.with_article(&known), typer.with_article(&answers));
                let code = typer.mismatch_code(&known, &answers);
                let message = format!(
                    "{} is {was} where it is asked, and answers {is}",
                    table.name.text
                );
                typer
                    .diagnostics
                    .push(Diagnostic::error(code, table.name.span, message));
            }
        }
        None => typer.types.spoil(&known),
    }
}

/// Slices and lines need an argument that is a number.
fn numbers_only(table: &TableText, arguments: &[(Text, Ty)], why: &str, typer: &mut Typer<'_>) {
    let (Some(written), [(_, of)]) = (table.of.first(), arguments) else {
        return;
    };
    let is_number = typer
        .types
        .as_number(of, crate::check::units::Origin::Name)
        .is_some();
    // Keys are told where they stand.
    if !is_number && !matches!(typer.types.resolved(of), Ty::Wrong | Ty::Text) {
        let is = typer.with_article(of);
        let message = format!("{why}, and the argument is {is}");
        typer
            .diagnostics
            .push(Diagnostic::error("T4", written.span, message).help("one_band: …"));
    }
}

/// What a table answers when its bands are not known.
fn spoil(id: TableId, typer: &mut Typer<'_>) {
    if let Some(answers) = typer
        .names
        .tables
        .get(id.index())
        .map(|types| types.answers.clone())
    {
        typer.types.spoil(&answers);
    }
}

/// What the table answers: its formula over the bands, or the column of a line.
fn draft_reading(
    table: &TableText,
    arguments: &[(Text, Ty)],
    typer: &mut Typer<'_>,
    draft: &mut TableDraft,
) -> Option<Ty> {
    let sliced = has_slices(table);
    let scope = Scope {
        arguments: arguments.to_vec(),
        columns: draft.columns.clone(),
        band: sliced
            .then(|| arguments.first().map(|(_, of)| of.clone()))
            .flatten(),
        ..Scope::default()
    };
    match table.reading.as_ref()? {
        ReadingText::EachBand(formula) => {
            numbers_only(table, arguments, "`each_band` adds slices", typer);
            let mut reading = typer.formula(formula.as_ref()?, &scope);
            typer.must_be_number(&mut reading, "`each_band`");
            let of = reading.of.clone();
            draft.reading = Some(reading);
            Some(of)
        }
        ReadingText::OneBand(formula) => {
            let reading = typer.formula(formula.as_ref()?, &scope);
            let of = reading.of.clone();
            draft.reading = Some(reading);
            Some(of)
        }
        ReadingText::Line(column) => {
            numbers_only(table, arguments, "a line is drawn over numbers", typer);
            let at = draft
                .columns
                .iter()
                .position(|(name, _)| *name == column.text);
            let Some((at, (_, of))) = at.and_then(|at| Some((at, draft.columns.get(at)?))) else {
                let known = draft
                    .columns
                    .iter()
                    .map(|(name, _)| &**name)
                    .collect::<Vec<_>>();
                let help = match nearest(&column.text, known.iter().copied()) {
                    Some(closest) => format!("did you mean {closest}?"),
                    None => format!("the columns are {}", known.join(", ")),
                };
                let message = format!(
                    "`line` names a column, and `{}` is none",
                    shown(&column.text)
                );
                typer
                    .diagnostics
                    .push(Diagnostic::error("T7", column.span, message).help(help));
                return None;
            };
            let of = of.clone();
            if typer
                .types
                .as_number(&of, crate::check::units::Origin::Name)
                .is_none()
                && typer.types.resolved(&of) != Ty::Wrong
            {
                let is = typer.with_article(&of);
                let message = format!(
                    "a line is drawn between numbers, and {} is {is}",
                    column.text
                );
                typer
                    .diagnostics
                    .push(Diagnostic::error("U1", column.span, message));
            }
            draft.line = Some(at);
            Some(of)
        }
    }
}

/// Whether a band has a lower and an upper bound: one argument, with `from` and `above`.
fn has_slices(table: &TableText) -> bool {
    match &table.bands {
        BandsText::Bands(bands) if table.of.len() == 1 => bands.iter().all(|band| {
            band.bound.as_ref().is_none_or(|bound| match bound.is {
                BoundWord::Lowest | BoundWord::From | BoundWord::Above => true,
                BoundWord::At | BoundWord::Equals | BoundWord::Otherwise => false,
            })
        }),
        BandsText::Bands(_) | BandsText::Grid { .. } | BandsText::Rows(_) | BandsText::None => {
            false
        }
    }
}

/// Warns of a figure without `%` in a column that has percentages: 2 beside 1% is 200%.
fn told_as_percent(column: &str, bands: &[BandText], diagnostics: &mut Vec<Diagnostic>) {
    let cells = || {
        let of_band = |band: &BandText| {
            let (_, cell) = band.cells.iter().find(|(name, _)| &*name.text == column)?;
            match &cell.as_ref()?.is {
                FormulaKind::Number { value, suffix } => {
                    Some((cell.as_ref()?.span, value.clone(), suffix.clone()))
                }
                _ => None,
            }
        };
        bands.iter().filter_map(of_band)
    };
    let percentage = cells().find(|(_, _, suffix)| *suffix == Suffix::Percent);
    let bare = cells().find(|(_, value, suffix)| *suffix == Suffix::None && *value > Exact::ONE);
    if let (Some((percent, _, _)), Some((span, value, _))) = (percentage, bare) {
        let is = crate::check::constant::in_percent(&value);
        diagnostics.push(
            Diagnostic::warning(
                "U11",
                span,
                format!("{value} is {is}, and other bands write `{column}` with its %"),
            )
            .also(percent, "a percentage")
            .help(format!("write {value}%, or {is} where that is meant")),
        );
    }
}

fn draft_bands(
    table: &TableText,
    bands: &[BandText],
    id: TableId,
    arguments: &[(Text, Ty)],
    typer: &mut Typer<'_>,
    draft: &mut TableDraft,
) {
    if let [_, second, ..] = table.of.as_slice() {
        typer.diagnostics.push(
            Diagnostic::error("T6", second.span, "a list of bands has one argument").help(
                "for several arguments write bounds for each under `bands`, and nested `cells`",
            ),
        );
    }
    if bands.is_empty() || !within_budget(table, bands.len(), typer) {
        if bands.is_empty() {
            empty(table, typer);
        }
        return;
    }
    let sliced = has_slices(table);
    let scope = Scope {
        arguments: arguments.to_vec(),
        band: sliced
            .then(|| arguments.first().map(|(_, of)| of.clone()))
            .flatten(),
        ..Scope::default()
    };
    let argument = arguments
        .first()
        .map(|(_, of)| of.clone())
        .unwrap_or(Ty::Wrong);
    let mut axis = Vec::with_capacity(bands.len());
    for band in bands {
        match &band.bound {
            Some(bound) => {
                let formula = draft_bound(bound, id, 0, &argument, typer);
                axis.push((bound.is, formula, bound.span));
            }
            None => axis.push((BoundWord::From, None, band.span)),
        }
        for (name, of) in draft.columns.clone() {
            let cell = band.cells.iter().find(|(column, _)| column.text == name);
            let formula = cell.and_then(|(_, formula)| formula.as_ref());
            let asked = format!("{name} in this table");
            draft
                .cells
                .push(formula.map(|formula| typer.typed_as(formula, &scope, &of, &asked)));
        }
    }
    for (name, _) in &draft.columns {
        told_as_percent(name, bands, &mut typer.diagnostics);
    }
    let lined = matches!(table.reading, Some(ReadingText::Line(_)));
    check_axis(&axis, lined, typer);
    if matches!(table.reading, Some(ReadingText::EachBand(_)))
        && let Some((_, _, span)) = axis
            .iter()
            .find(|(word, ..)| matches!(word, BoundWord::Equals | BoundWord::Otherwise))
    {
        typer.diagnostics.push(
            Diagnostic::error(
                "T4",
                *span,
                "`each_band` adds the bands a number has entered, and `equals` has no order",
            )
            .help("one_band: …"),
        );
    }
    draft.axes = vec![axis];
}

pub(super) fn within_budget(table: &TableText, bands: usize, typer: &mut Typer<'_>) -> bool {
    if bands > MOST_BANDS {
        let message = format!("the table has {bands} bands, and {MOST_BANDS} are the most");
        typer
            .diagnostics
            .push(Diagnostic::error("T8", table.name.span, message));
    }
    bands <= MOST_BANDS
}

pub(super) fn empty(table: &TableText, typer: &mut Typer<'_>) {
    typer.diagnostics.push(
        Diagnostic::error("T1", table.name.span, "the table has no bands")
            .help("a stretch that pays nothing is a band that says 0: { from: lowest, rate: 0% }"),
    );
}

/// The table of the tree.
pub(super) fn build(text: &TableText, id: TableId, draft: TableDraft, typer: &Typer<'_>) -> Table {
    let types = &typer.types;
    let (arguments, answers) = match typer.names.tables.get(id.index()) {
        Some(known) => (known.arguments.clone(), known.answers.clone()),
        None => (Vec::new(), Ty::Wrong),
    };
    let or_missing =
        |draft: Option<Draft>, span: Span| settled(types, draft.unwrap_or_else(|| wrong(span)));
    let axes = arguments
        .into_iter()
        .zip(
            draft
                .axes
                .into_iter()
                .chain(std::iter::repeat_with(Vec::new)),
        )
        .map(|(argument, bounds)| Axis {
            argument: argument.name,
            of: types.settled(&argument.of),
            bounds: bounds
                .into_iter()
                .map(|(word, draft, span)| Bound {
                    is: match word {
                        BoundWord::Lowest => BoundKind::Lowest,
                        BoundWord::From => BoundKind::From(or_missing(draft, span)),
                        BoundWord::Above => BoundKind::Above(or_missing(draft, span)),
                        BoundWord::At => BoundKind::At(or_missing(draft, span)),
                        BoundWord::Equals => BoundKind::Equals(or_missing(draft, span)),
                        BoundWord::Otherwise => BoundKind::Otherwise,
                    },
                    span,
                })
                .collect(),
        })
        .collect();
    let reading = match (&text.reading, draft.line) {
        (_, Some(line)) => Reading::Line(line),
        (Some(ReadingText::EachBand(_)), None) => {
            Reading::EachBand(or_missing(draft.reading, text.span))
        }
        (Some(ReadingText::OneBand(_) | ReadingText::Line(_)) | None, None) => {
            Reading::OneBand(or_missing(draft.reading, text.span))
        }
    };
    Table {
        name: text.name.text.clone(),
        is: text
            .is
            .as_ref()
            .map_or_else(|| "".into(), |is| is.text.clone()),
        reading,
        axes,
        columns: draft
            .columns
            .iter()
            .map(|(name, of)| Column {
                name: name.clone(),
                of: types.settled(of),
            })
            .collect(),
        cells: draft
            .cells
            .into_iter()
            .map(|cell| or_missing(cell, text.span))
            .collect(),
        answers: types.settled(&answers),
        level: Level::Constant,
        cliff: text.cliff.as_ref().map(|cliff| cliff.text.clone()),
        span: text.span,
    }
}

/// The file a table's bands were read from, when they do not stand in the plan.
pub(super) fn file_of_rows(table: &TableText) -> Option<FileId> {
    let span = match &table.bands {
        BandsText::Bands(bands) => bands.first()?.span,
        BandsText::Grid { cells, .. } => match cells {
            CellsText::Cell(_, span) | CellsText::List(_, span) => *span,
        },
        BandsText::Rows(_) | BandsText::None => return None,
    };
    (span.file != table.span.file).then_some(span.file)
}
