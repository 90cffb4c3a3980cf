//! What a difference is taken between: plan files, agreement files, or whole programs.

use std::path::{Path, PathBuf};

use trueup_plan::agreement::{self, AgreementText};
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Sources, any_error, render};
use trueup_plan::tree::Plan;
use trueup_plan::yaml;

use crate::failure::Failure;
use crate::folder::{self, Folder};
use crate::{plans, worked};

/// One side of a difference.
pub enum Side {
    /// A plan in a file of its own.
    Plan(Box<PlanSide>),
    /// An agreement in a file of its own.
    Agreement(Box<AgreementFile>),
    /// A program.
    Program(Box<Folder>),
}

/// A plan and its text.
pub struct PlanSide {
    /// The plan.
    pub plan: Plan,
    /// The text it was read from.
    pub sources: Sources,
}

/// An agreement, its text, and its plan where the file lies in a program.
pub struct AgreementFile {
    /// The agreement.
    pub text: AgreementText,
    /// Its text.
    pub sources: Sources,
    /// The plan it names, from the program it lies in.
    pub plan: Option<Plan>,
}

impl Side {
    /// Reads one side: a plan file, an agreement file, a program's folder, or a folder with one plan.yaml.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        if path.is_dir() {
            if path.join("program.yaml").is_file() {
                return Ok(Self::Program(Box::new(folder::open(path)?)));
            }
            let own = path.join("plan.yaml");
            if own.is_file() {
                return Self::read(&own);
            }
            return Err(Failure::Use(format!(
                "{} holds neither program.yaml nor plan.yaml; name a plan, an agreement or a program",
                path.display()
            )));
        }
        let is_agreement = std::fs::read_to_string(path)
            .is_ok_and(|text| worked::says(&text, "agreement").is_some());
        if is_agreement {
            return agreement_at(path).map(|side| Self::Agreement(Box::new(side)));
        }
        let (plan, sources, found) = plans::at(path, Strictness::Draft)?;
        match plan {
            Some(plan) => Ok(Self::Plan(Box::new(PlanSide { plan, sources }))),
            None => Err(mended_first(&sources, &found, path)),
        }
    }

    /// What it is, in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Plan(_) => "a plan",
            Self::Agreement(_) => "an agreement",
            Self::Program(_) => "a program",
        }
    }
}

fn mended_first(sources: &Sources, found: &[Diagnostic], path: &Path) -> Failure {
    Failure::Found(format!(
        "{}\n{} can't be compared before this is mended",
        render(sources, found).trim_end(),
        path.display()
    ))
}

fn agreement_at(path: &Path) -> Result<AgreementFile, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::fault(format!("reading {}", path.display()), &error))?;
    let mut sources = Sources::new();
    let mut found = Vec::new();
    let file = sources.add(&path.display().to_string(), &text);
    let read =
        yaml::read(&sources, file, &mut found).and_then(|node| agreement::read(&node, &mut found));
    let Some(text) = read.filter(|_| !any_error(&found)) else {
        return Err(mended_first(&sources, &found, path));
    };
    let plan = plan_of(path, &text)?;
    if let (Some(plan), Some(terms)) = (&plan, &text.terms) {
        agreement::terms(plan, terms, &mut found);
        if any_error(&found) {
            return Err(mended_first(&sources, &found, path));
        }
    }
    Ok(AgreementFile {
        text,
        sources,
        plan,
    })
}

/// The plan an agreement names, if the file lies in a program's agreements/.
fn plan_of(path: &Path, text: &AgreementText) -> Result<Option<Plan>, Failure> {
    let absolute = std::path::absolute(path)
        .map_err(|error| Failure::fault(format!("reading {}", path.display()), &error))?;
    let program = absolute
        .ancestors()
        .find(|above| above.join("program.yaml").is_file());
    let Some(program) = program else {
        return Ok(None);
    };
    // A program that does not hold together has no plans to look up; the figures are then taken as they stand.
    let found = folder::read(program, Strictness::Draft)?;
    let plan = found
        .folder
        .and_then(|mut folder| folder.plans.remove(&*text.plan.text));
    Ok(plan)
}

/// A path as it is shown: what a side's file is called from where the command was given.
pub fn shown(side: &Side, root: &Path, inside: &str) -> String {
    match side {
        Side::Program(_) => {
            let path: PathBuf = match root == Path::new(".") {
                true => PathBuf::from(inside),
                false => root.join(inside),
            };
            path.display().to_string()
        }
        Side::Plan(_) | Side::Agreement(_) => inside.to_owned(),
    }
}
