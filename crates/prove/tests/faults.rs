//! Planted faults are found, and plans without faults stay quiet.
//!
//! `planted` holds plans, each with what must be said about it, word by word: every error and warning, and the notes of
//! those codes that its first line asks for (`# notes: G1 C4`); a first line `# only: P4 P8` leaves out what has another
//! code. `clean` holds plans about which no error and no warning
//! may be said, since each comes close to a fault and is none. A plan whose name begins with
//! `signature` is looked at as one that both sides are to sign. Beside NAME.yaml may stand `NAME.facts.yaml`, a worked
//! example's facts with its partners, and `NAME.template.yaml`. Where the name begins with `program`, the facts are the
//! program's own, until the end of 2026.
//!
//! After a change of messages run with `TRUEUP_WRITE=1` to write them anew, and read every one that moved.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use trueup_base::date::Date;
use trueup_engine::Reference;
use trueup_engine::cases;
use trueup_engine::world::World;
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::{Diagnostic, Severity, Sources, any_error, render};
use trueup_plan::tree::Plan;
use trueup_prove::{Facts, KINDS, Sample, Subject, WorkedExample, findings};

/// A plan with what stands beside it.
struct Given {
    sources: Sources,
    strictness: Strictness,
    plan: Plan,
    world: Option<World>,
    notes: BTreeSet<String>,
    /// The codes it is about; empty where it is about all.
    only: BTreeSet<String>,
    is_program: bool,
}

impl Given {
    /// What is told of it word by word.
    fn wanted(&self) -> Vec<Diagnostic> {
        let mut found = self.found();
        found.retain(|told| match self.only.is_empty() {
            true => told.severity != Severity::Note || self.notes.contains(told.code),
            false => self.only.contains(told.code),
        });
        found
    }

    /// What weighs of what it is about.
    fn weighing(&self) -> Vec<Diagnostic> {
        let mut found = self.found();
        found.retain(|told| {
            let is_about = self.only.is_empty() || self.only.contains(told.code);
            is_about && told.severity != Severity::Note
        });
        found
    }

    fn found(&self) -> Vec<Diagnostic> {
        let mut subject = Subject::new(&self.plan, self.strictness);
        if let Some(world) = &self.world {
            let partners = world.partners.iter();
            subject.samples = partners
                .map(|partner| Sample {
                    from: format!("partner {}", partner.id.as_str()),
                    partner: partner.clone(),
                })
                .collect();
            if self.is_program {
                subject.facts = Some(Facts {
                    world,
                    measurer: &Reference,
                    until: Date::constant(2027, 1, 1),
                    classes: &[],
                });
            } else {
                subject.examples = vec![WorkedExample {
                    name: "facts",
                    world,
                }];
            }
        }
        findings(&subject)
    }
}

/// The codes that a plan lists on its first line after a word: `# notes:` those of notes that are told too, `# only:` all
/// it is about.
fn listed(text: &str, word: &str) -> BTreeSet<String> {
    let first = text.lines().next().unwrap_or_default();
    let codes = first.strip_prefix(word).unwrap_or_default();
    codes.split_whitespace().map(str::to_owned).collect()
}

fn given(path: &Path) -> Given {
    let own = fs::read_to_string(path).expect("the plan can be read");
    let mut texts = vec![("plan.yaml", own.as_str())];
    let template = fs::read_to_string(path.with_extension("template.yaml"));
    if let Ok(template) = &template {
        texts.push(("template.yaml", template));
    }
    let name = path.file_name().expect("a name").to_string_lossy();
    let strictness = match name.starts_with("signature") {
        true => Strictness::Signature,
        false => Strictness::Draft,
    };
    let mut sources = Sources::new();
    let (plan, told) = read(&mut sources, &texts, strictness);
    assert!(!any_error(&told), "{name}\n{}", render(&sources, &told));
    let plan = plan.expect("a plan without mistakes");
    let world = fs::read_to_string(path.with_extension("facts.yaml"))
        .ok()
        .map(|facts| {
            cases::world(&plan, &facts, Date::constant(2026, 1, 1))
                .unwrap_or_else(|why| panic!("{name}\n{why}"))
        });
    Given {
        sources,
        strictness,
        plan,
        world,
        notes: listed(&own, "# notes:"),
        only: listed(&own, "# only:"),
        is_program: name.starts_with("program"),
    }
}

fn plans(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".yaml")
                && !name.ends_with(".template.yaml")
                && !name.ends_with(".facts.yaml")
        })
        .collect();
    found.sort();
    found
}

#[test]
fn every_planted_fault_is_found_and_told_as_written() {
    let write = std::env::var_os("TRUEUP_WRITE").is_some();
    let mut moved = String::new();
    for path in plans("planted") {
        let given = given(&path);
        let said = render(&given.sources, &given.wanted());
        let expected = path.with_extension("txt");
        if write {
            fs::write(&expected, &said).expect("the message can be written");
        }
        let wanted = fs::read_to_string(&expected).unwrap_or_default();
        if said != wanted || said.is_empty() {
            moved.push_str(&format!(
                "{}\n--- expected\n{wanted}--- said\n{said}\n",
                path.display()
            ));
        }
    }
    assert_eq!(moved, "");
}

#[test]
fn clean_plans_stay_quiet() {
    let mut said = String::new();
    for path in plans("clean") {
        let given = given(&path);
        let found = given.weighing();
        if !found.is_empty() {
            said.push_str(&format!(
                "{}\n{}\n",
                path.display(),
                render(&given.sources, &found)
            ));
        }
    }
    assert_eq!(said, "");
}

#[test]
fn every_code_is_provoked_by_a_planted_fault() {
    let mut codes = BTreeSet::new();
    for path in plans("planted") {
        codes.extend(given(&path).found().iter().map(|told| told.code));
    }
    for kind in KINDS {
        for code in kind.codes {
            assert!(codes.contains(code), "no planted plan provokes {code}");
        }
    }
}
