//! One more formula over the names of a checked plan, as worked examples and the terminal ask it.

use std::collections::BTreeSet;

use crate::check::levels::{Levels, Reach, mark_shared_rows};
use crate::check::names::Names;
use crate::check::settle::settled;
use crate::check::typer::{Scope, Typer};
use crate::check::types::Types;
use crate::diagnostic::{Diagnostic, Sources, any_error};
use crate::formula;
use crate::tree::{Expr, KindId, Level, Plan};
use crate::yaml::Scalar;

/// Where a formula is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// For a partner.
    Partner,
    /// On a credited row of a kind.
    Row(KindId),
}

/// Types one more formula over a plan's names.
///
/// ```
/// use trueup_plan::check::{Place, Strictness, formula_in, read};
/// use trueup_plan::diagnostic::Sources;
/// use trueup_plan::tree::{Type, Unit};
///
/// let text = "\
/// plan: cash-back
/// currency: USD
/// facts:
///   sale: { columns: { partner: partner, on: date, amount: money } }
/// measures:
///   sales: { is: What was bought, sum: sale.amount }
/// ";
/// let mut sources = Sources::new();
/// let (plan, _) = read(&mut sources, &[("cash-back.yaml", text)], Strictness::Draft);
/// let plan = plan.unwrap();
/// let asked = formula_in(&plan, &mut sources, "example", "sales / 100", Place::Partner).unwrap();
/// assert_eq!(asked.of, Type::Number(Unit::MONEY));
/// assert!(formula_in(&plan, &mut sources, "example", "sales + 5%", Place::Partner).is_err());
/// ```
///
/// # Errors
///
/// Everything that is wrong with the formula; its text is then known to the sources under `path`.
pub fn formula_in(
    plan: &Plan,
    sources: &mut Sources,
    path: &str,
    text: &str,
    place: Place,
) -> Result<Expr, Vec<Diagnostic>> {
    let file = sources.add(path, text);
    let scalar = Scalar::plain(text, file, 0);
    formula_of(plan, sources, &scalar, place)
}

/// Types a formula that stands in a file that was read already, such as a case's expectations.
///
/// # Errors
///
/// Everything that is wrong with the formula.
pub fn formula_of(
    plan: &Plan,
    sources: &Sources,
    scalar: &Scalar,
    place: Place,
) -> Result<Expr, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let Some(written) = formula::parse(scalar, &mut diagnostics) else {
        return Err(diagnostics);
    };
    let mut types = Types::default();
    let mut typer = Typer {
        sources,
        names: Names::of_checked(plan, &mut types),
        types,
        currency: plan.currency.code().into(),
        ordered: Vec::new(),
        diagnostics,
    };
    let draft = typer.formula(&written, &Scope::default());
    typer.refuse_keyed(&draft);
    typer.finish();
    let mut expr = settled(&typer.types, draft);
    let mut diagnostics = typer.diagnostics;
    if any_error(&diagnostics) {
        return Err(diagnostics);
    }
    let none = BTreeSet::new();
    let mut levels = Levels::known(plan, &none);
    let found = levels.of_expr(&expr);
    match (found.reach, place) {
        (Reach::At(Level::Row(kind)), Place::Row(asked)) if kind != asked => {
            let why = format!("the question is asked on one {}", name_of(plan, asked));
            levels.refuse_row(found, &expr, &why, "ask it on a row of that kind");
        }
        (Reach::At(Level::Row(_)) | Reach::SomeRow, Place::Partner) => {
            levels.refuse_row(
                found,
                &expr,
                "the question is asked for a partner",
                "say on which row",
            );
        }
        (Reach::At(_) | Reach::SomeRow | Reach::Unknown, Place::Partner | Place::Row(_)) => {}
    }
    let asked_on = match place {
        Place::Row(kind) => Some(kind),
        Place::Partner => None,
    };
    mark_shared_rows(&mut levels, &mut expr, asked_on);
    diagnostics.append(&mut levels.diagnostics);
    if any_error(&diagnostics) {
        Err(diagnostics)
    } else {
        Ok(expr)
    }
}

fn name_of(plan: &Plan, kind: KindId) -> String {
    let name = plan
        .kinds
        .get(kind.index())
        .map(|kind| kind.name.to_string());
    name.unwrap_or_default()
}
