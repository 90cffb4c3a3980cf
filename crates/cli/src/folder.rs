//! A program's folder as text: program.yaml, plans/, agreements/, read whole with every mistake in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use trueup_facts::digest::Digest;
use trueup_facts::program::Program;
use trueup_facts::texts::{Bytes, Texts};
use trueup_plan::agreement::{self, AgreementText};
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Sources, any_error, render};
use trueup_plan::nearest::nearest;
use trueup_plan::tree::Plan;
use trueup_plan::yaml;

use crate::agreements::{self, Listed, Matched};
use crate::failure::Failure;
use crate::families::{self, Family};
use crate::fits;
use crate::plans::{self, Standing};

/// A program as read.
#[derive(Clone)]
pub struct Folder {
    /// The declarations: kinds, directories, sources.
    pub program: Program,
    /// Plans by name.
    pub plans: BTreeMap<String, Plan>,
    /// Agreements, in the order of their files.
    pub agreements: Vec<AgreementText>,
    /// Who takes part, under which agreement.
    pub matched: Vec<Matched>,
    /// Plans that agreements go over from or to, each group of them in one tree.
    pub families: Vec<Family>,
    /// The paths of the texts that each plan stands on, by the plan's name.
    pub stands_on: BTreeMap<String, BTreeSet<String>>,
    /// Every text that decides what is paid, by its path inside the folder.
    pub texts: BTreeMap<String, Bytes>,
    /// The text the diagnostics and explanations speak of.
    pub sources: Sources,
}

impl Folder {
    /// The plans that partners are settled under: each alone, or together with those that agreements go over to.
    pub fn settled_under(&self) -> Vec<&Plan> {
        let mut plans: Vec<&Plan> = self
            .plans
            .iter()
            .filter(|(name, _)| !self.families.iter().any(|family| family.has(name)))
            .map(|(_, plan)| plan)
            .collect();
        plans.extend(self.families.iter().map(|family| &family.whole));
        plans.sort_by(|a, b| a.name.cmp(&b.name));
        plans
    }

    /// The family whose tree a plan is; none of a plan that stands alone.
    pub fn family_of(&self, plan: &Plan) -> Option<&Family> {
        self.families
            .iter()
            .find(|family| std::ptr::eq(&family.whole, plan))
    }

    /// Puts plans that agreements go over between into one tree again, after one of them was changed.
    pub fn gather(&mut self) {
        self.families = families::of(&self.matched, &self.agreements, &self.plans);
    }

    /// The SHA-256 of a text that was read, in hex.
    pub fn digest(&self, path: &str) -> Option<String> {
        let bytes = self.texts.get(path)?;
        Some(Digest::of(bytes).to_string())
    }
}

/// What reading a folder found.
pub struct Found {
    /// The folder, if nothing refuses it.
    pub folder: Option<Folder>,
    /// What was found in program.yaml and the directories.
    pub declared: (Sources, Vec<Diagnostic>),
    /// What was found in plans and agreements.
    pub written: Vec<Diagnostic>,
    /// The text of plans and agreements.
    pub sources: Sources,
}

impl Found {
    /// Everything found, as text for a terminal; empty where nothing was.
    pub fn rendered(&self) -> String {
        render(&self.declared.0, &self.declared.1) + &render(&self.sources, &self.written)
    }

    /// Whether an error was found.
    pub fn has_error(&self) -> bool {
        any_error(&self.declared.1) || any_error(&self.written)
    }
}

/// Reads a folder, or fails with everything that is wrong in it.
pub fn open(dir: &Path) -> Result<Folder, Failure> {
    let mut found = read(dir, Strictness::Draft)?;
    let folder = found.folder.take();
    match folder {
        Some(folder) if !found.has_error() => Ok(folder),
        Some(_) | None => Err(Failure::Found(format!(
            "{}\nthe program in {} can't run before this is mended",
            found.rendered().trim_end(),
            dir.display()
        ))),
    }
}

/// Refuses what is not a program's folder.
pub fn refuse_unless_program(dir: &Path) -> Result<(), Failure> {
    let shown = dir.display();
    if dir.join("program.yaml").is_file() {
        return Ok(());
    }
    Err(Failure::Use(if dir.is_dir() {
        format!(
            "{shown} holds no program.yaml; name a program's folder, or begin one with `trueup init DIR`"
        )
    } else if dir.exists() {
        format!("{shown} is a file; name the folder that holds program.yaml")
    } else {
        format!(
            "there is no folder {shown}; name a program's folder, or begin one with `trueup init DIR`"
        )
    }))
}

/// Reads a folder and everything found in it.
pub fn read(dir: &Path, strictness: Strictness) -> Result<Found, Failure> {
    refuse_unless_program(dir)?;
    read_texts(&Texts::in_folder(dir), strictness)
}

/// Reads a program from its texts, wherever they stand, and everything found in them.
pub fn read_texts(texts: &Texts, strictness: Strictness) -> Result<Found, Failure> {
    let declared =
        Program::of_texts(texts).map_err(|error| Failure::fault("reading program.yaml", &error))?;
    let mut sources = Sources::new();
    let mut written = Vec::new();

    let mut files = Vec::new();
    for path in yaml_files(texts, "plans")? {
        let text = read_text(texts, &path)?;
        files.push(sources.add(&path, &text));
    }
    let mut read_rows = |path: &str| read_text(texts, path).ok();
    let standing = plans::checked(
        &mut sources,
        &files,
        strictness,
        &mut read_rows,
        &mut written,
    );
    let plans = fits::by_name(standing, &mut written);
    let agreements = read_agreements(texts, &mut sources, &mut written, &plans)?;
    if let Some(program) = &declared.program {
        fits::programs(program, &plans, &mut written);
    }
    let stands_on = plans
        .iter()
        .map(|(name, standing)| (name.clone(), standing.texts.clone()))
        .collect();
    let plans: BTreeMap<String, Plan> = plans
        .into_iter()
        .filter_map(|(name, standing)| Some((name, standing.plan?)))
        .collect();

    let folder = match declared.program {
        Some(program) => {
            let listed = listed(&program)?;
            let columns = program.partners().map_or(&[][..], |list| &list.columns);
            let matched = agreements::matched(&listed, columns, &agreements, &mut written);
            for one in &matched {
                for text in one.versions().filter_map(|at| agreements.get(at)) {
                    if let Some(plan) = plans.get(&*text.plan.text) {
                        agreements::attributes(plan, one, text, &mut written);
                    }
                }
            }
            families::check(&matched, &agreements, &plans, &mut written);
            let families = families::of(&matched, &agreements, &plans);
            Some(Folder {
                program,
                plans,
                agreements,
                matched,
                families,
                stands_on,
                texts: texts.were_read(),
                sources: sources.clone(),
            })
        }
        None => None,
    };
    Ok(Found {
        folder,
        declared: (declared.sources, declared.diagnostics),
        written,
        sources,
    })
}

fn read_agreements(
    texts: &Texts,
    sources: &mut Sources,
    written: &mut Vec<Diagnostic>,
    plans: &BTreeMap<String, Standing>,
) -> Result<Vec<AgreementText>, Failure> {
    let mut agreements = Vec::new();
    for path in yaml_files(texts, "agreements")? {
        let text = read_text(texts, &path)?;
        let file = sources.add(&path, &text);
        let Some(node) = yaml::read(sources, file, written) else {
            continue;
        };
        let Some(mut agreement) = agreement::read(&node, written) else {
            continue;
        };
        if let Some(called) = families::called(&agreement, plans) {
            agreement.plan.text = called.into();
        }
        match plans.get(&*agreement.plan.text).map(|one| &one.plan) {
            Some(Some(plan)) => {
                if let Some(terms) = &agreement.terms {
                    agreement::terms(plan, terms, written);
                }
                agreements.push(agreement);
            }
            // Its own mistakes are told where they stand.
            Some(None) => agreements.push(agreement),
            None => {
                let known: Vec<&str> = plans.keys().map(String::as_str).collect();
                let named = &agreement.plan.text;
                written.push(
                    Diagnostic::error(
                        "A7",
                        agreement.plan.span,
                        format!("there is no plan `{named}` in plans/"),
                    )
                    .help(match nearest(named, known.iter().copied()) {
                        Some(near) => format!("did you mean {near}?"),
                        None if known.is_empty() => "write the plan first".to_owned(),
                        None => format!("its plans are {}", known.join(", ")),
                    }),
                );
            }
        }
    }
    Ok(agreements)
}

fn listed(program: &Program) -> Result<Vec<Listed>, Failure> {
    let Some(directory) = program.partners() else {
        return Err(Failure::Found(
            "program.yaml declares no directory `partners`, so nobody takes part".to_owned(),
        ));
    };
    Ok(crate::world::listed(directory))
}

/// The YAML files of a folder inside the program, by name.
fn yaml_files(texts: &Texts, folder: &str) -> Result<Vec<String>, Failure> {
    texts.yaml_files(folder).map_err(|error| {
        let folder = texts.folder().join(folder);
        Failure::fault(format!("reading {}", folder.display()), &error)
    })
}

fn read_text(texts: &Texts, path: &str) -> Result<String, Failure> {
    let whole = texts.folder().join(path);
    let bytes = texts
        .read(path)
        .map_err(|error| Failure::fault(format!("reading {}", whole.display()), &error))?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(Failure::Found(format!(
            "{}: byte {} is not UTF-8; save the file as UTF-8",
            whole.display(),
            error.valid_up_to() + 1
        ))),
    }
}
