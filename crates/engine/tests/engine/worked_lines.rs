//! The worked lines of a plan's words: what they say a table gives, the evaluator gives.

use std::fs;
use std::path::{Path, PathBuf};

use trueup_base::exact::Exact;
use trueup_engine::{Answer, Evaluator, Number, Place, Reference, cases};
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::Sources;
use trueup_plan::span::Span;
use trueup_plan::tree::{BoundKind, Call, Expr, Form, Literal, Plan, Table, TableId};
use trueup_plan::words::Worked;

use crate::support::day;

/// The plans of the cases that stand in one file.
fn plans(folder: &Path, found: &mut Vec<(PathBuf, Plan)>) {
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            plans(&path, found);
        } else if path.file_name().is_some_and(|name| name == "plan.yaml") {
            let text = fs::read_to_string(&path).expect("the plan can be read");
            let mut sources = Sources::new();
            let (plan, _) = read(&mut sources, &[("plan.yaml", &text)], Strictness::Draft);
            found.extend(plan.map(|plan| (path, plan)));
        }
    }
}

/// Figures to ask a table with: on its bounds, beside them, between and beyond.
fn arguments(table: &Table) -> Vec<Exact> {
    let [axis] = table.axes.as_slice() else {
        return Vec::new();
    };
    let bounds: Vec<Exact> = axis
        .bounds
        .iter()
        .filter_map(|bound| match &bound.is {
            BoundKind::From(x) | BoundKind::Above(x) | BoundKind::At(x) => match &x.form {
                Form::Literal(Literal::Number(number)) => Some(number.clone()),
                _ => None,
            },
            BoundKind::Lowest | BoundKind::Equals(_) | BoundKind::Otherwise => None,
        })
        .collect();
    let little = Exact::from_scaled(1, 2);
    let half = Exact::ratio(1, 2).expect("two is not zero");
    let mut found = vec![Exact::from_int(-7), Exact::ZERO, Exact::from_int(12_345)];
    for bound in &bounds {
        found.extend([
            bound.clone(),
            bound + &little,
            bound - &little,
            bound + &(bound * &half),
        ]);
    }
    found
}

fn literal(argument: &Exact, table: &Table) -> Expr {
    Expr {
        form: Form::Literal(Literal::Number(argument.clone())),
        of: table.axes[0].of,
        span: Span::default(),
    }
}

#[test]
fn what_a_worked_line_says_is_what_the_evaluator_gives() {
    let mut found = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    plans(&root, &mut found);
    let mut compared = 0;
    for (path, plan) in &found {
        let Ok(world) = cases::world(plan, "partners: { p: {} }", day("2026-01-01")) else {
            continue;
        };
        let partner = world.all().next().expect("one partner");
        let window = plan
            .calendar
            .window_at(trueup_base::calendar::WindowUnit::Month, day("2026-02-01"))
            .expect("a month");
        for (at, table) in (0u16..).zip(&plan.tables) {
            for argument in arguments(table) {
                let Some(worked) = Worked::of(table, argument.clone()) else {
                    continue;
                };
                let asked = Expr {
                    form: Form::Call(Call::Table(TableId(at), vec![literal(&argument, table)])),
                    of: table.answers,
                    span: Span::default(),
                };
                let reference = Reference;
                let mut evaluator: Evaluator<'_, Answer, _> =
                    Evaluator::new(plan, &world, &reference);
                let node = evaluator.ask(&asked, &Place::new(partner, window));
                let given = evaluator.answer(node).number();
                assert_eq!(
                    given.figure(),
                    Some(&worked.answer),
                    "{}: {} of {argument}",
                    path.display(),
                    table.name
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "only {compared} figures compared");
}
