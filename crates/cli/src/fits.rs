//! Whether the plans of a program fit what program.yaml declares: its currency and calendar, its kinds of fact.

use std::collections::{BTreeMap, BTreeSet};

use trueup_facts::program::{Kind, Program};
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::{FactKind, Text, Type, Unit};

use crate::plans::Standing;
use crate::world::is_of;

/// Plans by the names they give themselves, and where there are several versions of one by name and version:
/// `growth@2`; two of one name and version are told.
pub fn by_name(standing: Vec<Standing>, found: &mut Vec<Diagnostic>) -> BTreeMap<String, Standing> {
    let mut plans: BTreeMap<String, Standing> = BTreeMap::new();
    let mut versions: BTreeMap<String, Vec<Text>> = BTreeMap::new();
    for one in &standing {
        let version = one.plan.as_ref().map(|plan| plan.version.clone());
        let known = versions.entry(one.name.text.to_string()).or_default();
        known.push(version.unwrap_or_else(|| "".into()));
    }
    // Versions are told apart where each says its own.
    versions.retain(|_, versions| {
        let distinct: BTreeSet<&Text> = versions.iter().filter(|one| !one.is_empty()).collect();
        versions.len() > 1 && distinct.len() == versions.len()
    });
    for mut one in standing {
        let mut name = one.name.text.to_string();
        if let (true, Some(plan)) = (versions.contains_key(&name), &mut one.plan) {
            name = format!("{name}@{}", plan.version);
            plan.name = name.as_str().into();
        }
        match plans.get(&name) {
            Some(first) => found.push(
                Diagnostic::error(
                    "A7",
                    one.name.span,
                    format!("two plans are called `{name}`"),
                )
                .also(first.name.span, "the other")
                .help("give one of them another name, or another version: agreements then name growth@2"),
            ),
            None => {
                plans.insert(name, one);
            }
        }
    }
    plans
}

/// Tells where plans and program.yaml do not say the same.
pub fn programs(
    program: &Program,
    plans: &BTreeMap<String, Standing>,
    found: &mut Vec<Diagnostic>,
) {
    for standing in plans.values() {
        let Some(plan) = &standing.plan else {
            continue;
        };
        let differs = |what: &str, help: String| {
            let message = format!("plan {} has another {what} than its program", plan.name);
            Diagnostic::error("A6", standing.name.span, message).help(help)
        };
        if plan.currency != program.currency {
            found.push(differs(
                "currency",
                format!(
                    "the plan says {}, program.yaml {}; facts are in the program's currency",
                    plan.currency.code(),
                    program.currency.code()
                ),
            ));
        }
        if plan.calendar != program.calendar {
            found.push(differs(
                "calendar",
                "write the same `calendar:` in both; without one, years start on 1 January"
                    .to_owned(),
            ));
        }
        for kind in &plan.kinds {
            match program.kind(&kind.name) {
                Some(declared) => columns(kind, declared, found),
                None => found.push(
                    Diagnostic::error(
                        "A6",
                        kind.span,
                        format!("program.yaml declares no kind of fact `{}`", kind.name),
                    )
                    .help(
                        "declare it under `kinds:` in program.yaml, with a source that brings it",
                    ),
                ),
            }
        }
    }
}

fn columns(kind: &FactKind, declared: &Kind, found: &mut Vec<Diagnostic>) {
    for column in &kind.columns {
        let named = format!("{}.{}", kind.name, column.name);
        let known = declared
            .columns
            .iter()
            .find(|known| *known.name == *column.name);
        match known {
            Some(known) if is_of(&known.of, column.of) => {}
            Some(known) => found.push(
                Diagnostic::error(
                    "A6",
                    kind.span,
                    format!(
                        "the plan reads {named} as {}, and program.yaml declares it as {}",
                        read_as(column.of),
                        known.of.word()
                    ),
                )
                .help("let the plan and program.yaml say the same"),
            ),
            None => found.push(
                Diagnostic::error(
                    "A6",
                    kind.span,
                    format!("program.yaml declares no column {named}"),
                )
                .help("declare it under `kinds:` in program.yaml and map it in the source"),
            ),
        }
    }
}

fn read_as(of: Type) -> &'static str {
    match of {
        Type::Text => "text",
        Type::Partner => "partner",
        Type::Date => "date",
        Type::Flag => "flag",
        Type::Duration => "duration",
        Type::Number(unit) if unit == Unit::MONEY => "money",
        Type::Number(unit) if unit == Unit::COUNT => "count",
        Type::Number(unit) if unit == Unit::SCORE => "score",
        Type::Number(_) => "ratio",
    }
}
