//! Kinds of fact: their columns, the date that places a row, and who is credited for it.

use crate::check::constant;
use crate::check::header;
use crate::check::names::{KindNames, Names, id};
use crate::check::spelling::{self, HelpIf, Naming, shown};
use crate::check::types::{Ty, Types};
use crate::check::words;
use crate::diagnostic::Diagnostic;
use crate::document::{CreditText, FactText, PlanText};
use crate::formula::{Formula, FormulaKind};
use crate::nearest::nearest;
use crate::span::Span;
use crate::tree::{Column, ColumnId, CreditLine, CreditTo, FactKind, Text};
use crate::yaml::Scalar;
use trueup_base::exact::Exact;

/// Gives every kind its columns, before formulas are looked at.
pub(super) fn name_columns(text: &PlanText, names: &mut Names, diagnostics: &mut Vec<Diagnostic>) {
    for kind in &text.facts {
        let mut columns: Vec<(Text, Ty)> = Vec::with_capacity(kind.columns.len());
        let mut places: Vec<Span> = Vec::with_capacity(kind.columns.len());
        for (name, of) in &kind.columns {
            let before = columns.iter().position(|(known, _)| *known == name.text);
            if let Some(place) = before.and_then(|at| places.get(at)) {
                diagnostics.push(
                    Diagnostic::error(
                        "N2",
                        name.span,
                        format!("the column `{}` is declared twice", shown(&name.text)),
                    )
                    .also(*place, "first here"),
                );
            }
            spelling::check(name, Naming::Local, diagnostics);
            let of = words::type_of_column(of, diagnostics);
            columns.push((name.text.clone(), of));
            places.push(name.span);
        }
        names.kinds.push(KindNames {
            name: kind.name.text.clone(),
            columns,
        });
    }
}

/// The kinds of the tree.
pub(super) fn build(
    text: &PlanText,
    names: &Names,
    types: &Types,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<FactKind> {
    text.facts
        .iter()
        .zip(&names.kinds)
        .map(|(kind, known)| {
            // Columns that are not there were told by the reader, and nothing more can be said of the kind.
            let (dated, credited) = if known.columns.is_empty() {
                (ColumnId(0), Vec::new())
            } else {
                (
                    dated(kind, known, diagnostics),
                    credited(kind, known, diagnostics),
                )
            };
            FactKind {
                name: kind.name.text.clone(),
                is: kind
                    .is
                    .as_ref()
                    .map_or_else(|| "".into(), |is| is.text.clone()),
                dated,
                columns: known
                    .columns
                    .iter()
                    .map(|(name, of)| Column {
                        name: name.clone(),
                        of: types.settled(of),
                    })
                    .collect(),
                credited,
                shows: words::shows(kind.shows.as_ref()),
                may_move: header::may_move(kind.may_move.as_ref(), diagnostics),
                span: kind.span,
            }
        })
        .collect()
}

/// The columns of a kind of the tree.
pub(super) fn names_of(kind: &FactKind) -> KindNames {
    KindNames {
        name: kind.name.clone(),
        columns: kind
            .columns
            .iter()
            .map(|column| (column.name.clone(), Ty::from_type(column.of)))
            .collect(),
    }
}

/// A column of a kind written as `kind.column`; a mistake is told.
pub(super) fn column_of(
    (written, span): (&str, Span),
    kind: &Scalar,
    known: &KindNames,
    want: &Ty,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ColumnId> {
    let column = match written.split_once('.') {
        Some((of, column)) if of == &*kind.text => column,
        None => written,
        Some((of, _)) => {
            diagnostics.push(
                Diagnostic::error(
                    "N1",
                    span,
                    format!("`{}` is no column of {}", shown(written), kind.text),
                )
                .help_if(Some(of), |_| format!("write {}.…", kind.text)),
            );
            return None;
        }
    };
    let found = known.columns.iter().position(|(name, _)| &**name == column);
    let Some(at) = found else {
        let columns = known.columns.iter().map(|(name, _)| &**name);
        let closest = nearest(column, columns).map(str::to_owned);
        diagnostics.push(
            Diagnostic::error(
                "N1",
                span,
                format!("`{}` has no column `{}`", kind.text, shown(column)),
            )
            .help_if(closest, |closest| {
                format!("did you mean {}.{closest}?", kind.text)
            }),
        );
        return None;
    };
    let is = known.columns.get(at).map(|(_, of)| of)?;
    if is != want && *is != Ty::Wrong {
        let (want, is) = (plain_word(want), plain_word(is));
        diagnostics.push(Diagnostic::error(
            "U1",
            span,
            format!(
                "a {want} is asked for here, and {}.{column} is of type {is}",
                kind.text
            ),
        ));
        return None;
    }
    Some(ColumnId(id(at)))
}

fn plain_word(of: &Ty) -> &'static str {
    match of {
        Ty::Number(_) => "number",
        Ty::Date => "date",
        Ty::Duration => "duration",
        Ty::Flag => "flag",
        Ty::Text => "text",
        Ty::Partner => "partner",
        Ty::Keyed(..) | Ty::Unknown(_) | Ty::Wrong => "something else",
    }
}

/// The column that places a row in a window; by default `on`.
fn dated(kind: &FactText, known: &KindNames, diagnostics: &mut Vec<Diagnostic>) -> ColumnId {
    if let Some(scalar) = &kind.dated {
        return column_of(
            (&scalar.text, scalar.span),
            &kind.name,
            known,
            &Ty::Date,
            diagnostics,
        )
        .unwrap_or(ColumnId(0));
    }
    let on = known
        .columns
        .iter()
        .position(|(name, of)| &**name == "on" && matches!(of, Ty::Date | Ty::Wrong));
    match on {
        Some(at) => ColumnId(id(at)),
        None => {
            diagnostics.push(
                Diagnostic::error(
                    "D1",
                    kind.name.span,
                    format!(
                        "nothing says which date places one {} in a window",
                        kind.name.text
                    ),
                )
                .help(format!(
                    "dated: {}.…, or a column `on: date`",
                    kind.name.text
                )),
            );
            ColumnId(0)
        }
    }
}

/// Who is credited; by default the column `partner`, in full.
fn credited(
    kind: &FactText,
    known: &KindNames,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<CreditLine> {
    if kind.credited.is_empty() {
        let partner = known
            .columns
            .iter()
            .position(|(name, of)| &**name == "partner" && *of == Ty::Partner);
        return match partner {
            Some(at) => vec![CreditLine {
                to: CreditTo::Column(ColumnId(id(at))),
                role: "partner".into(),
                share: Exact::ONE,
                overlay: false,
                span: kind.name.span,
            }],
            None => {
                diagnostics.push(
                    Diagnostic::error(
                        "D2",
                        kind.name.span,
                        format!("nobody is credited for one {}", kind.name.text),
                    )
                    .help("declare a column `partner: partner`, or say who under `credited`"),
                );
                Vec::new()
            }
        };
    }
    let mut lines: Vec<CreditLine> = Vec::with_capacity(kind.credited.len());
    let mut shares = Some(Exact::ZERO);
    for line in &kind.credited {
        let share = match &line.share {
            Some(share) => header::share(share, "a share", diagnostics),
            None => Some(Exact::ONE),
        };
        if !line.overlay {
            shares = match (shares, &share) {
                (Some(total), Some(share)) => Some(total + share.clone()),
                _ => None,
            };
        }
        let (to, column) = credit_to(line, kind, known, diagnostics);
        let role = match &line.role {
            Some(role) => {
                spelling::check(role, Naming::Outside, diagnostics);
                role.text.clone()
            }
            None => column,
        };
        lines.push(CreditLine {
            to,
            role,
            share: share.unwrap_or(Exact::ONE),
            overlay: line.overlay,
            span: line.span,
        });
    }
    if let Some(total) = shares
        && total != Exact::ONE
    {
        let first = kind.credited.iter().find(|line| !line.overlay);
        let span = first.map_or(kind.name.span, |line| line.span);
        let percent = constant::in_percent(&total);
        diagnostics.push(
            Diagnostic::error(
                "D3",
                span,
                format!(
                    "the shares of one {} add up to {percent}, not to 100%",
                    kind.name.text
                ),
            )
            .help("mark what is paid besides with `overlay: yes`"),
        );
    }
    lines
}

fn credit_to(
    line: &CreditText,
    kind: &FactText,
    known: &KindNames,
    diagnostics: &mut Vec<Diagnostic>,
) -> (CreditTo, Text) {
    let nobody = (CreditTo::Column(ColumnId(0)), Text::from(""));
    let Some(formula) = &line.to else {
        return nobody;
    };
    let (name, up) = match &formula.is {
        FormulaKind::Name(name) => (Some((name, formula.span)), false),
        FormulaKind::Call {
            name, arguments, ..
        } if &**name == "upline" => {
            let only = match arguments.as_slice() {
                [one] if one.word.is_none() => name_of(&one.value),
                _ => None,
            };
            (only, true)
        }
        _ => (None, false),
    };
    let Some((name, span)) = name else {
        diagnostics.push(
            Diagnostic::error(
                "D2",
                formula.span,
                "credit goes to a partner in a column, or to everyone above one",
            )
            .help(format!(
                "to: {0}.partner, or to: upline({0}.partner)",
                kind.name.text
            )),
        );
        return nobody;
    };
    match column_of((name, span), &kind.name, known, &Ty::Partner, diagnostics) {
        Some(column) => {
            let called = known
                .columns
                .get(column.index())
                .map_or_else(|| "".into(), |(name, _)| name.clone());
            let to = if up {
                CreditTo::Upline(column)
            } else {
                CreditTo::Column(column)
            };
            (to, called)
        }
        None => nobody,
    }
}

fn name_of(formula: &Formula) -> Option<(&Text, Span)> {
    match &formula.is {
        FormulaKind::Name(name) => Some((name, formula.span)),
        _ => None,
    }
}
