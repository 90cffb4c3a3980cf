//! Plans by their path in the repository, with whatever stands beside them.

use std::fs;
use std::path::{Path, PathBuf};

use trueup_plan::agreement::{self, AgreementText};
use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::{Sources, any_error, render};
use trueup_plan::document::{PlanText, read_plan};
use trueup_plan::rows;
use trueup_plan::tree::Plan;
use trueup_plan::words::{self, Agreed, Length, Subject, document::Document};
use trueup_plan::yaml;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A plan that passed its check, and the text it came from.
pub struct Checked {
    pub plan: Plan,
    pub template: Option<Plan>,
    pub sources: Sources,
}

/// Reads a plan with the templates and the rows of the same folder; none where the check refuses it.
pub fn checked(path: &str) -> Result<Checked, String> {
    let own = root().join(path);
    let folder = own.parent().expect("a plan stands in a folder");
    let mut beside: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder can be listed")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|other| *other != own)
        .collect();
    beside.sort();
    let mut sources = Sources::new();
    let mut found = Vec::new();
    let text = fs::read_to_string(&own).expect("the plan can be read");
    let file = sources.add("plan.yaml", &text);
    let mut templates = Vec::new();
    for other in beside {
        let name = other
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Ok(text) = fs::read_to_string(&other) else {
            continue;
        };
        if name.ends_with(".csv") {
            sources.add(&name, &text);
        } else if name.ends_with(".yaml") && text.lines().any(|line| line.starts_with("template:"))
        {
            let file = sources.add(&name, &text);
            templates.extend(read_plan(&sources, file, &mut found));
        }
    }
    let mut own: Option<PlanText> = read_plan(&sources, file, &mut found);
    if let Some(own) = &mut own {
        rows::fill(own, "", &sources, &mut found);
    }
    let Some(own) = own else {
        return Err(render(&sources, &found));
    };
    let plan = check::plan(&sources, &own, &templates, Strictness::Draft, &mut found);
    match plan {
        Some(plan) if !any_error(&found) => Ok(Checked {
            template: check::unchanged(&sources, &plan),
            plan,
            sources,
        }),
        Some(_) | None => Err(render(&sources, &found)),
    }
}

impl Checked {
    pub fn document(&self, length: Length) -> Document {
        self.document_of(&self.plan, length)
    }

    /// The words of another tree that was read from the same text.
    pub fn document_of(&self, plan: &Plan, length: Length) -> Document {
        let subject = Subject {
            plan,
            sources: &self.sources,
            kinds: &[],
            examples: &[],
            template: self.template.as_ref(),
            agreed: None,
        };
        words::document(&subject, length)
    }

    /// The words under an agreement.
    pub fn under(&mut self, path: &str, columns: &[(&str, &str)], length: Length) -> Document {
        let text = fs::read_to_string(root().join(path)).expect("the agreement can be read");
        let file = self.sources.add("agreement.yaml", &text);
        let mut found = Vec::new();
        let node = yaml::read(&self.sources, file, &mut found).expect("the agreement is YAML");
        let agreement: AgreementText =
            agreement::read(&node, &mut found).expect("the agreement can be read");
        let stated = match &agreement.terms {
            Some(terms) => agreement::terms(&self.plan, terms, &mut found),
            None => Vec::new(),
        };
        let approved = match &agreement.contingencies {
            Some(node) => agreement::approved(&self.plan, node, &mut found),
            None => Vec::new(),
        };
        assert!(!any_error(&found), "{}", render(&self.sources, &found));
        let agreed = Agreed {
            identity: trueup_plan::identity::identity(&self.sources, &[file]),
            text: &agreement,
            stated,
            approved,
            columns: columns
                .iter()
                .map(|(column, says)| ((*column).to_owned(), (*says).to_owned()))
                .collect(),
        };
        let subject = Subject {
            plan: &self.plan,
            sources: &self.sources,
            kinds: &[],
            examples: &[],
            template: self.template.as_ref(),
            agreed: Some(&agreed),
        };
        words::document(&subject, length)
    }
}
