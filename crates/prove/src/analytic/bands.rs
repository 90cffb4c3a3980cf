//! Tables without a band for a figure that can occur, and other places where the plan does not say what is paid.

use std::collections::BTreeMap;

use trueup_engine::settle::Earner;
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::span::Span;
use trueup_plan::tree::{BoundKind, Expr, TableId};

use crate::analytic::evidence::{Question, counterexample, under};
use crate::analytic::hole::Hole;
use crate::analytic::origin::written;
use crate::analytic::scene::{Lack, Scene};
use crate::analytic::words::shown_of;
use crate::registry::Kind;
use crate::study::Study;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "no answer",
    codes: &["T3", "P15"],
    what: "a component has no answer although every fact is there: a table has no band, or something is divided by zero",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let mut found: BTreeMap<Span, Diagnostic> = BTreeMap::new();
    for (scene, look) in study.looks() {
        for lack in &scene.lacks {
            let key = scene.plan[lack.table].span;
            found.entry(key).or_insert_with(|| told_lack(scene, lack));
        }
        for hole in look.holes.values() {
            let key = match &hole.table {
                Some((table, _, _)) => scene.plan[*table].span,
                None => hole.span,
            };
            if !found.contains_key(&key)
                && let Some(told) = told(scene, hole)
            {
                found.insert(key, told);
            }
        }
    }
    found.into_values().collect()
}

/// A text without a band. Which texts there are the plan does not say, so somebody has to look.
fn told_lack(scene: &Scene<'_>, lack: &Lack) -> Diagnostic {
    let table = &scene.plan[lack.table];
    let says = match &lack.says {
        Some(says) => format!("'{says}'"),
        None => "another than it lists".to_owned(),
    };
    let message = format!(
        "`{}` has no band for {} that is {says}; {} then has no answer",
        table.name, lack.argument, lack.name
    );
    let mut shown = counterexample(scene, &[]);
    shown.situations = vec![trueup_plan::diagnostic::Situation {
        given: Vec::new(),
        rows: lack.row.iter().cloned().collect(),
        answers: vec![(
            lack.name.clone(),
            format!("no answer: {} has no band for this figure", table.name),
        )],
    }];
    Diagnostic::warning("T3", table.span, message)
        .help(help(scene.plan, lack.table))
        .shown_by(shown)
}

fn told(scene: &Scene<'_>, hole: &Hole) -> Option<Diagnostic> {
    let plan = scene.plan;
    let question = Question {
        situation: &hole.situation,
        variable: hole.variable,
        slots: hole.slots,
        window: &hole.window,
    };
    let side = question.ask(scene, &hole.at)?;
    let earner = Earner::Component(hole.component);
    let is_open = side
        .paid
        .open()
        .any(|(of, _, reason)| of == earner && *reason.why == *hole.why);
    if !is_open {
        return None;
    }
    let shown = counterexample(scene, &[&side]);
    let name = &plan[hole.component].name;
    let Some((table, argument, figure)) = &hole.table else {
        let when = match &hole.divisor {
            Some(divisor) => format!("{divisor} is 0"),
            None => format!("{} is {}", question.name(scene), hole.at),
        };
        let message = format!("when {when}, {name} has no answer: {}", hole.why);
        let told = Diagnostic::note("P15", hole.span, message)
            .help("where there is one, say it: otherwise(x, y) answers where x is undefined")
            .shown_by(shown);
        return Some(told);
    };
    let shape = &plan[*table];
    let first = shape.axes.first()?;
    let figure_shown = shown_of(figure, first.of);
    let lowest = first.bounds.first().and_then(|bound| match &bound.is {
        BoundKind::From(formula) | BoundKind::Above(formula) | BoundKind::At(formula) => {
            Some((formula, bound.span))
        }
        BoundKind::Lowest | BoundKind::Equals(_) | BoundKind::Otherwise => None,
    });
    let (lacks, span) = match lowest {
        Some((formula, span)) => (format!("has no band below {}", bound(plan, formula)), span),
        None => (format!("has no band for {figure_shown}"), shape.span),
    };
    let because = match figure.is_negative() && hole.at.is_negative() {
        true => " when more is taken back than was sold",
        false => "",
    };
    let message = format!(
        "`{}` {lacks}, and {argument} can be {figure_shown}{because}; {name} then has no answer{}",
        shape.name,
        under(scene)
    );
    Some(
        Diagnostic::error("T3", span, message)
            .help(help(plan, *table))
            .shown_by(shown),
    )
}

/// A bound as it is written, a plain figure as it is shown.
fn bound(plan: &trueup_plan::tree::Plan, formula: &Expr) -> String {
    match &formula.form {
        trueup_plan::tree::Form::Literal(trueup_plan::tree::Literal::Number(figure)) => {
            shown_of(figure, formula.of)
        }
        _ => written(plan, formula),
    }
}

fn help(plan: &trueup_plan::tree::Plan, table: TableId) -> String {
    let columns: Vec<String> = plan[table]
        .columns
        .iter()
        .map(|column| format!("{}: …", column.name))
        .collect();
    let is_keyed = plan[table].axes.first().is_some_and(|axis| {
        axis.bounds
            .iter()
            .any(|bound| matches!(bound.is, BoundKind::Equals(_)))
    });
    match is_keyed {
        true => format!("end with {{ otherwise: yes, {} }}", columns.join(", ")),
        false => format!(
            "begin with {{ from: lowest, {} }}, or declare what it can be: `within: {{ lowest: … }}` on the measure",
            columns.join(", ")
        ),
    }
}
