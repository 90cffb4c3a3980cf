//! Scorecards in which one part has almost all the weight: tunnel vision that needs no figures.

use trueup_base::exact::Exact;
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::tree::walk::{formulas, parts};
use trueup_plan::tree::{Call, Expr, Form, Name, Plan};

use crate::listing::reads::{Reads, listed};
use crate::listing::tunnel::{default_limit, percent};
use crate::study::Study;

/// Parts of `weighted` above what their measures may move.
pub(crate) fn too_heavy(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let mut found = Vec::new();
    let mut open: Vec<&Expr> = formulas(plan);
    while let Some(formula) = open.pop() {
        open.extend(parts(formula));
        if let Form::Call(Call::Weighted(weighted)) = &formula.form {
            found.extend(
                weighted
                    .iter()
                    .filter_map(|(part, weight)| one(study, part, weight)),
            );
        }
    }
    found.sort_by_key(|told| (told.span().file, told.span().start));
    found.dedup();
    found
}

fn one(study: &Study<'_>, part: &Expr, weight: &Exact) -> Option<Diagnostic> {
    let plan = study.subject.plan;
    let measures = Reads::of_formula(plan, part).measures;
    // The most that any of its measures may move, where a word is said about one.
    let agreed = measures
        .iter()
        .filter_map(|id| plan[*id].may_move.clone())
        .max();
    let limit = agreed.clone().unwrap_or_else(default_limit);
    if measures.is_empty() || *weight <= limit {
        return None;
    }
    let names = listed(measures.iter().map(|id| &*plan[*id].name));
    let message = format!(
        "{} has {} of the weight; {}",
        called(plan, part).unwrap_or("this part"),
        percent(weight),
        match agreed {
            Some(limit) => format!("the plan allows {}", percent(&limit)),
            None => format!("above {} the plan has to allow it", percent(&limit)),
        }
    );
    let told = Diagnostic::warning("G1", part.span, message).help(format!(
        "give the other parts more of the weight; where both sides mean it so, write `may_move: {}` on {names}",
        percent(weight)
    ));
    Some(Diagnostic {
        severity: match study.subject.strictness {
            Strictness::Draft if plan.objectives.is_empty() => Severity::Note,
            Strictness::Draft => Severity::Warning,
            Strictness::Signature => Severity::Error,
        },
        ..told
    })
}

/// The name a part is, where it is one.
fn called<'p>(plan: &'p Plan, part: &Expr) -> Option<&'p str> {
    match part.form {
        Form::Name(Name::Measure(id)) => Some(&plan[id].name),
        Form::Name(Name::Value(id)) => Some(&plan[id].name),
        Form::Name(Name::Component(id)) => Some(&plan[id].name),
        Form::Name(
            Name::Column(..)
            | Name::Followed(..)
            | Name::Term(_)
            | Name::Limit(_)
            | Name::Attribute(_)
            | Name::Partner
            | Name::Window(_)
            | Name::CreditLevel
            | Name::Argument(_)
            | Name::BandColumn(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice
            | Name::Was
            | Name::Agreed
            | Name::Key(..),
        )
        | Form::Literal(_)
        | Form::Negated(_)
        | Form::Arithmetic(..)
        | Form::Compared(..)
        | Form::Between(..)
        | Form::In(..)
        | Form::Is(..)
        | Form::Not(_)
        | Form::And(_)
        | Form::Or(_)
        | Form::Case(..)
        | Form::Call(_) => None,
    }
}
