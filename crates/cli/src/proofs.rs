//! What plans are looked at with: the agreements of a program, the partners of worked examples, the facts taken in.

use std::collections::BTreeSet;
use std::path::Path;

use trueup_engine::cases;
use trueup_engine::world::World;
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::{Plan, Text};
use trueup_prove::{Class, Facts, Sample, Subject, WorkedExample, findings};

use crate::compute;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::worked;

/// What is found in a plan that stands alone: with the worked examples that lie beside it, or in the cases/ of its
/// folder or of its program.
pub fn of_plan(
    plan: &Plan,
    path: &Path,
    strictness: Strictness,
) -> Result<Vec<Diagnostic>, Failure> {
    let beside = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let mut examples = Vec::new();
    if beside.join("expected.yaml").is_file() {
        examples = examples_of(plan, beside)?;
    }
    for cases in [beside.join("cases"), beside.join("../cases")] {
        if examples.is_empty() && cases.is_dir() {
            examples = examples_of(plan, &cases)?;
        }
    }
    Ok(found(Subject::new(plan, strictness), &examples, Vec::new()))
}

/// What is found in the plans of a program, with the agreements it has and, if wanted, its facts.
pub fn of_program(
    folder: &Folder,
    dir: &Path,
    strictness: Strictness,
    with_facts: bool,
) -> Result<Vec<Diagnostic>, Failure> {
    let program = &folder.program;
    let fed: BTreeSet<Text> = program
        .sources
        .iter()
        .filter_map(|source| program.kinds.get(source.kind))
        .map(|kind| Text::from(&*kind.name))
        .collect();
    let mut all: Vec<Diagnostic> = Vec::new();
    let mut told = BTreeSet::new();
    for plan in folder.plans.values() {
        let mut samples = Vec::new();
        for one in &folder.matched {
            // What does not fit was told when the folder was read.
            if let Some((text, partner)) = compute::under_alone(folder, plan, one, &mut Vec::new())
            {
                samples.push(Sample {
                    from: format!("agreement {}", text.name()),
                    partner,
                });
            }
        }
        let cases = dir.join("cases");
        let examples = match cases.is_dir() {
            true => examples_of(plan, &cases)?,
            false => Vec::new(),
        };
        let taken_in = match with_facts {
            true => compute::prepare_if_any(folder, plan)?,
            false => None,
        };
        let classes = classes_under(folder, plan);
        let subject = Subject {
            facts: taken_in.as_ref().map(|(prepared, until)| Facts {
                world: &prepared.world,
                measurer: &prepared.source,
                until: *until,
                classes: &classes,
            }),
            fed: Some(fed.clone()),
            ..Subject::new(plan, strictness)
        };
        // What stands in a template is found again with every plan that takes it over; it is told once.
        let mut own = found(subject, &examples, samples);
        own.retain(|one| !told.contains(&(one.code, one.span())));
        told.extend(own.iter().map(|one| (one.code, one.span())));
        all.extend(own);
    }
    Ok(all)
}

/// What the directory says of the partners under a plan, in the order of its world.
fn classes_under(folder: &Folder, plan: &Plan) -> Vec<Class> {
    let matched = folder.matched.iter().filter(|matched| {
        let mut texts = matched
            .versions()
            .filter_map(|at| folder.agreements.get(at));
        texts.any(|text| *text.plan.text == *plan.name)
    });
    matched
        .map(|matched| Class {
            partner_type: matched.listed.columns.get("type").cloned(),
            size: matched.listed.columns.get("size").cloned(),
        })
        .collect()
}

/// An example's name and its world.
type Example = (String, World);

/// The worked examples below a folder that are this plan's, to the letter.
fn examples_of(plan: &Plan, below: &Path) -> Result<Vec<Example>, Failure> {
    let mut folders = Vec::new();
    worked::find(below, &mut folders)?;
    folders.sort();
    let mut examples = Vec::new();
    for folder in folders {
        // An example that can't be read is for `trueup test` to tell.
        let Ok(files) = worked::read(&folder) else {
            continue;
        };
        if let Some((its_plan, world)) = cases::setting(&files)
            && its_plan.identity == plan.identity
            && its_plan.editions.is_empty()
        {
            examples.push((files.name.clone(), world));
        }
    }
    Ok(examples)
}

fn found(subject: Subject<'_>, examples: &[Example], agreed: Vec<Sample>) -> Vec<Diagnostic> {
    let mut samples = agreed;
    for (name, world) in examples {
        samples.extend(world.partners.iter().map(|partner| Sample {
            from: format!("case {name}"),
            partner: partner.clone(),
        }));
    }
    findings(&Subject {
        samples,
        examples: examples
            .iter()
            .map(|(name, world)| WorkedExample { name, world })
            .collect(),
        ..subject
    })
}
