//! Tunnel vision: how much of the variable pay one measure moves.
//!
//! Variable pay is what the agreement pays, to the end of the year of the last fact, less what it would pay if every
//! measure stood at its worse end: at nothing or at twice its figure, whichever pays less while the others stay. What one
//! measure moves is half of what it adds alone, all others standing at their worse ends, and half of what is lost when
//! it alone goes there; then the parts are scaled so that they add up to the variable pay. So a gate and what it guards
//! move a half each, a measure that is paid by itself moves all it pays, and the order in which measures are written
//! decides nothing. Rows that a component pays on one by one count as a measure of their kind. Facts from before the
//! agreement are baselines; they stay.

use trueup_base::calendar::WindowUnit;
use trueup_base::date::days_between;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_engine::explain::Figure;
use trueup_engine::world::PartnerIx;
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::span::Span;
use trueup_plan::tree::{Plan, Type, Unit};

use crate::listing::game::{Game, Moved, Mover, is_money};
use crate::listing::ground::Ground;
use crate::listing::most::{Most, TRIES};
use crate::listing::reads::{Reads, name_at, of_components};
use crate::listing::weights;
use crate::registry::Kind;
use crate::study::Study;

/// One measure that decides most of the pay.
pub(crate) const KIND: Kind = Kind {
    name: "tunnel vision",
    codes: &["G1"],
    what: "The part of the variable pay that each measure moves at the worked examples, against what it may move.",
    find,
};

/// The most a measure may move where it says nothing: four fifths.
pub(crate) fn default_limit() -> Exact {
    Exact::from_int(4)
        .checked_div(&Exact::from_int(5))
        .unwrap_or(Exact::ONE)
}

/// How many settlements are worked out at most for one plan; beyond, it is not decided.
const SETTLEMENTS_MAX: usize = 20_000;

/// How many partners of a program are looked at, spread evenly over the list.
const PARTNERS_MAX: usize = 12;

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let mut found = by_measure(study);
    // What is told of a measure need not be told of its weight.
    if found.iter().all(|told| told.severity == Severity::Note) {
        found.extend(weights::too_heavy(study));
    }
    found
}

fn by_measure(study: &Study<'_>) -> Vec<Diagnostic> {
    let subject = study.subject;
    let plan = subject.plan;
    let movers = movers(plan);
    if movers.is_empty() {
        return Vec::new();
    }
    let mut grounds = Ground::of_examples(subject);
    if grounds.is_empty() {
        grounds.extend(subject.facts.map(Ground::of_facts));
    }
    let top = plan
        .components
        .first()
        .map_or_else(Span::default, |first| name_at(first.span, &first.name));
    if let (true, [only]) = (grounds.is_empty(), movers.as_slice()) {
        // Nothing else is paid by, so no figures are needed.
        return too_much(study, *only, &Exact::ONE, "whatever the figures are")
            .into_iter()
            .collect();
    }
    if grounds.is_empty() {
        return without_facts(study, &movers, top);
    }
    let settlements: usize = grounds
        .iter()
        .map(|ground| settlements(plan, ground))
        .fold(0, usize::saturating_add);
    if settlements.saturating_mul(3 * movers.len() + 2) > SETTLEMENTS_MAX {
        return vec![undecided(
            top,
            "the examples are too long for it",
            "add a shorter example",
        )];
    }
    let mut moved = Moved::default();
    for ground in &grounds {
        for partner in looked_at(ground) {
            Game::new(plan, ground, partner, &movers).play(&mut moved);
        }
    }
    let looked_at = match grounds.as_slice() {
        [] | [Ground { example: None, .. }, ..] => "in the program's facts".to_owned(),
        [
            Ground {
                example: Some(name),
                ..
            },
        ] => format!("in the worked example {name}"),
        [..] => format!("in the {} worked examples", grounds.len()),
    };
    told(study, &moved, &looked_at, top)
}

/// Where there are no facts, at the most that can be earned.
fn without_facts(study: &Study<'_>, movers: &[Mover], top: Span) -> Vec<Diagnostic> {
    let subject = study.subject;
    let plan = subject.plan;
    let help = "add a case with facts and name it under `examples`";
    let asks_others = of_components(plan).iter().any(|(_, reads)| reads.others);
    let windows: usize = plan
        .components
        .iter()
        .map(|component| windows_in(component.every, 365))
        .fold(0, usize::saturating_add);
    let is_long = windows.saturating_mul((TRIES + 3) * movers.len() + 2) > SETTLEMENTS_MAX;
    // Under a common limit whatever is unbounded by itself would have all of it.
    let is_held_together = plan.limits.iter().any(|limit| limit.at_most.is_some())
        && plan
            .components
            .iter()
            .any(|component| is_money(component.grants) && component.at_most.is_none());
    let most = match asks_others || is_long || is_held_together {
        true => None,
        false => Most::of(subject, &subject.samples, movers),
    };
    let Some(most) = most else {
        return vec![undecided(
            top,
            "there is no worked example with facts",
            help,
        )];
    };
    let ground = Ground {
        example: None,
        world: &most.world,
        measurer: &most,
        until: most.until,
    };
    let mut moved = Moved::default();
    for partner in ground.world.all() {
        Game::new(plan, &ground, partner, movers).play(&mut moved);
    }
    let at = match most.from {
        Some(from) => format!("where {from} earns the most in its first year"),
        None => "where the most is earned in a year, with assumed terms".to_owned(),
    };
    let mut found = told(study, &moved, &at, top);
    for told in &mut found {
        // What was assumed refuses nothing.
        told.severity = told.severity.max(Severity::Warning);
    }
    found
}

fn undecided(top: Span, why: &str, help: &str) -> Diagnostic {
    let message = format!("which part of the pay one measure moves was not decided: {why}");
    Diagnostic::note("G1", top, message).help(help)
}

/// Everything that money, or credit in a fund, is paid by.
fn movers(plan: &Plan) -> Vec<Mover> {
    let mut reads = Reads::default();
    for (component, of) in of_components(plan) {
        if is_money(component.grants) {
            reads.extend(of);
        }
    }
    let numbers = reads
        .measures
        .iter()
        .filter(|id| matches!(plan[**id].answers, Type::Number(_)));
    numbers
        .map(|id| Mover::Measure(*id))
        .chain(reads.rows.iter().map(|id| Mover::Rows(*id)))
        .collect()
}

/// The partners looked at: all of a worked example, some of a program.
fn looked_at(ground: &Ground<'_>) -> Vec<PartnerIx> {
    let all: Vec<PartnerIx> = ground.world.all().collect();
    let step = match ground.example {
        Some(_) => 1,
        None => all.len().div_ceil(PARTNERS_MAX).max(1),
    };
    all.into_iter().step_by(step).collect()
}

/// How many windows are settled once over, for all partners looked at.
fn settlements(plan: &Plan, ground: &Ground<'_>) -> usize {
    looked_at(ground)
        .into_iter()
        .filter_map(|partner| ground.world.partner(partner))
        .map(|partner| {
            let starts = partner.agreement.starts;
            let until = partner
                .agreement
                .until
                .map_or(ground.until, |until| until.min(ground.until));
            let days = days_between(starts, until.max(starts));
            plan.components
                .iter()
                .map(|component| windows_in(component.every, days))
                .fold(0, usize::saturating_add)
        })
        .fold(0, usize::saturating_add)
}

/// How many windows of a unit so many days have, roughly.
fn windows_in(unit: WindowUnit, days: i64) -> usize {
    let length = match unit {
        WindowUnit::Day => 1,
        WindowUnit::Week => 7,
        WindowUnit::HalfMonth => 15,
        WindowUnit::Month | WindowUnit::Period => 30,
        WindowUnit::Quarter => 91,
        WindowUnit::Half => 182,
        WindowUnit::Year => 365,
        WindowUnit::Agreement => return 1,
    };
    usize::try_from(days / length + 1).unwrap_or(usize::MAX)
}

fn told(study: &Study<'_>, moved: &Moved, at: &str, top: Span) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    if moved.variable.is_zero() {
        let why = format!("nothing that varies is paid {at}");
        return vec![undecided(
            top,
            &why,
            "add an example in which something is earned",
        )];
    }
    let mut parts: Vec<(Mover, Exact)> = moved
        .parts
        .iter()
        .filter_map(|(mover, part)| Some((*mover, part.checked_div(&moved.variable)?)))
        .filter(|(_, part)| part.is_positive())
        .collect();
    parts.sort_by(|(mover, part), (other_mover, other)| {
        other.cmp(part).then_with(|| mover.cmp(other_mover))
    });
    let money = Figure::Number {
        exact: moved.variable.clone(),
        unit: Unit::MONEY,
        currency: plan.currency,
    };
    let said: Vec<String> = parts
        .iter()
        .map(|(mover, part)| format!("{} {}", called(plan, *mover), percent(part)))
        .collect();
    let message = format!(
        "of {money} variable pay {at}, each measure moves: {}",
        said.join(", ")
    );
    let mut note =
        Diagnostic::note("G1", top, message).figure("variable_pay", moved.variable.to_string());
    for (mover, part) in &parts {
        note = note.figure(called(plan, *mover), part.to_string());
    }
    let mut found = vec![note];
    found.extend(
        parts
            .iter()
            .filter_map(|(mover, part)| too_much(study, *mover, part, at)),
    );
    found
}

/// What moves more than it may.
fn too_much(study: &Study<'_>, mover: Mover, part: &Exact, at: &str) -> Option<Diagnostic> {
    let plan = study.subject.plan;
    let (agreed, span) = match mover {
        Mover::Measure(id) => (plan[id].may_move.clone(), plan[id].span),
        Mover::Rows(id) => (plan[id].may_move.clone(), plan[id].span),
    };
    let limit = agreed.clone().unwrap_or_else(default_limit);
    if *part <= limit {
        return None;
    }
    let name = called(plan, mover);
    let message = format!(
        "{name} moves {} of the variable pay {at}; {}",
        percent(part),
        match agreed {
            Some(limit) => format!("the plan allows {}", percent(&limit)),
            None => format!("above {} the plan has to allow it", percent(&limit)),
        }
    );
    let help = format!(
        "bring in another measure, by a gate, a factor or a component of its own; where both sides mean it so, write \
         `may_move: {}` on {name}",
        percent_above(part)
    );
    let told = Diagnostic::warning("G1", name_at(span, name), message)
        .help(help)
        .figure(name, part.to_string());
    Some(Diagnostic {
        severity: match study.subject.strictness {
            // Which goals there are to lose sight of is not written yet.
            Strictness::Draft if plan.objectives.is_empty() => Severity::Note,
            Strictness::Draft => Severity::Warning,
            Strictness::Signature => Severity::Error,
        },
        ..told
    })
}

fn called(plan: &Plan, mover: Mover) -> &str {
    match mover {
        Mover::Measure(id) => &plan[id].name,
        Mover::Rows(id) => &plan[id].name,
    }
}

/// The whole percent not below a part.
fn percent_above(part: &Exact) -> String {
    let percent = part * &Exact::from_int(100);
    format!("{}%", percent.to_grouped(0, Rounding::Ceiling))
}

/// A part in percent, to a tenth where it is not whole.
pub(crate) fn percent(part: &Exact) -> String {
    let percent = part * &Exact::from_int(100);
    let places = u32::from(percent.to_scaled(0).is_none());
    format!("{}%", percent.to_grouped(places, Rounding::HalfAway))
}
