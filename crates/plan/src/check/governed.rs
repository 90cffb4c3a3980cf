//! Where the conditions beside a plan's rules are asked: for a partner, or, where a row's formula is changed or a claim is
//! read, on a row.

use crate::check::components;
use crate::check::governance::{FUNDS, says};
use crate::check::kinds;
use crate::check::levels::{Levels, Reach};
use crate::check::places::partner_only;
use crate::check::types::Ty;
use crate::diagnostic::Diagnostic;
use crate::document::{GovernanceText, PlanText};
use crate::tree::{Change, Claims, ComponentPart, Expr, Fund, KindId, Level, Plan, Target};

/// Holds every condition to where it is asked, and finds the kind of a fund's claims.
pub(super) fn place(
    text: &PlanText,
    plan: &mut Plan,
    levels: &mut Levels<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for block in &plan.governance {
        let on_claims = |path: &str| {
            &*block.block == FUNDS && matches!(path, "claims" | "where" | "reimburses")
        };
        for (path, formula) in &block.formulas {
            let of_change = path.starts_with("changes.") || path.starts_with("within.");
            if !of_change && !on_claims(path) {
                partner_only(levels, formula, "this is asked about a partner");
            }
        }
    }
    let changes: Vec<&Change> = plan
        .triggers()
        .flat_map(|trigger| plan.changes(trigger))
        .collect();
    for change in changes {
        let kind = row_of(change.target, plan, levels);
        let formulas = std::iter::once(&change.to)
            .chain(&change.lowest)
            .chain(&change.highest);
        for formula in formulas {
            match kind {
                Some(kind) => on_row(
                    formula,
                    kind,
                    "what is changed is asked on other rows",
                    levels,
                ),
                None => partner_only(levels, formula, "what is changed is asked about a partner"),
            }
        }
    }
    let written = text
        .governance
        .iter()
        .filter(|block| &*block.block.text == FUNDS);
    // Ids follow the order written; a fund that could not be built has told why, and no plan comes of it.
    for block in written {
        let Some(at) = plan.funds.iter().position(|fund| fund.span == block.span) else {
            continue;
        };
        let claims = plan
            .funds
            .get(at)
            .and_then(|fund| place_claims(fund, block, text, plan, levels, diagnostics));
        if let (Some(fund), Some(claims)) = (plan.funds.get_mut(at), claims) {
            fund.claims = Some(claims);
        }
    }
}

/// The kind of the rows on which a changed formula is asked; none where it is asked about a partner.
fn row_of(target: Target, plan: &Plan, levels: &Levels<'_>) -> Option<KindId> {
    match target {
        Target::Value(id) => match levels.values.get(id.index())?.reach {
            Reach::At(Level::Row(kind)) => Some(kind),
            Reach::SomeRow => levels.kinds.get(&id).copied(),
            Reach::At(Level::Constant | Level::Program | Level::Partner) | Reach::Unknown => None,
        },
        Target::Component(id, ComponentPart::Pays | ComponentPart::Filter) => {
            plan[id].each.as_ref().map(|each| each.kind)
        }
        Target::Component(
            _,
            ComponentPart::Applies
            | ComponentPart::Gate
            | ComponentPart::AtLeast
            | ComponentPart::AtMost,
        )
        | Target::Term(_)
        | Target::Limit(..) => None,
    }
}

fn on_row(formula: &Expr, kind: KindId, why: &str, levels: &mut Levels<'_>) {
    let found = levels.of_expr(formula);
    match found.reach {
        Reach::At(Level::Row(other)) if other != kind => levels.refuse_row(
            found,
            formula,
            why,
            "look at the other kind through a measure with a key",
        ),
        Reach::At(_) | Reach::SomeRow | Reach::Unknown => levels.assign(formula, kind),
    }
}

/// A fund's claims with their kind, role and day.
fn place_claims(
    fund: &Fund,
    block: &GovernanceText,
    text: &PlanText,
    plan: &Plan,
    levels: &mut Levels<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Claims> {
    let Some(claims) = &fund.claims else {
        if let Some(part) = &fund.reimburses {
            partner_only(
                levels,
                part,
                "the fund takes no claims, so there is no row to ask on",
            );
        }
        return None;
    };
    let found = levels.of_expr(&claims.of);
    let kind = match found.reach {
        Reach::At(Level::Row(kind)) => kind,
        Reach::Unknown => return None,
        Reach::SomeRow | Reach::At(Level::Constant | Level::Program | Level::Partner) => {
            diagnostics.push(
                Diagnostic::error(
                    "R2",
                    claims.of.span,
                    "a claim is a fact, and this reads none of its columns",
                )
                .help("claims: claim.cost"),
            );
            return None;
        }
    };
    for formula in claims
        .filter
        .iter()
        .chain(&fund.reimburses)
        .chain([&claims.of])
    {
        on_row(
            formula,
            kind,
            "the fund's claims are of another kind",
            levels,
        );
    }
    let shape = &plan[kind];
    let at = says(block, "at").and_then(|node| node.as_scalar());
    let spent = match (at, text.facts.get(kind.index())) {
        (Some(at), Some(written)) => kinds::column_of(
            (&at.text, at.span),
            &written.name,
            &kinds::names_of(shape),
            &Ty::Date,
            diagnostics,
        ),
        (None, _) | (_, None) => None,
    };
    Some(Claims {
        kind,
        role: components::role(None, shape, diagnostics),
        spent: spent.unwrap_or(shape.dated),
        ..claims.clone()
    })
}
