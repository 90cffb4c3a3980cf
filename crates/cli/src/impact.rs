//! What a difference would have changed in money: everyone settled under the plans before, under the plans after, and, one at
//! a time, under the plans before with a single change made.

mod alone;
mod examples;

use std::collections::BTreeMap;
use std::path::Path;

use trueup_base::exact::Exact;
use trueup_engine::cases;
use trueup_facts::snapshot::Snapshot;
use trueup_plan::diff::{ProgramDiff, Weight};
use trueup_plan::tree::Plan;

use crate::args::{ProgramArgs, ScopeArgs};
use crate::effects::{ClassBy, Effects, Known, Paid, effects};
use crate::failure::Failure;
use crate::folder::{self, Folder};
use crate::progress::Progress;
use crate::seen::{self, Scope, Seen};
use crate::settling;
use crate::sides::{AgreementFile, PlanSide};
use crate::substitute::{self, From};
use crate::{notes, output, refusals};

use self::examples::Example;

/// What is asked about money.
pub struct Asked<'a> {
    /// The folder with the facts.
    pub dir: &'a Path,
    /// Only this period.
    pub period: Option<&'a str>,
    /// Only this partner.
    pub partner: Option<&'a str>,
    /// The columns to tell classes by; none for type and size.
    pub by: &'a [String],
    /// The most changes that are worked out one at a time.
    pub alone_max: usize,
}

/// The plans of a difference, by the pairs in it.
pub struct Plans<'a> {
    /// The plans before.
    pub before: Vec<&'a PlanSide>,
    /// The plans after.
    pub after: Vec<&'a PlanSide>,
    /// What changed.
    pub diff: &'a ProgramDiff,
}

/// The effect of one change made alone, or of several of one thing that only go together.
pub struct Own {
    /// Which of what is told.
    pub told: Vec<usize>,
    /// What it comes to.
    pub effects: Effects,
}

/// What a difference comes to.
pub struct Impact {
    /// Over which facts, in words.
    pub over: String,
    /// Everything together.
    pub effects: Effects,
    /// Changes by themselves.
    pub own: Vec<Own>,
    /// What may move money and was not worked out alone.
    pub not_alone: Vec<usize>,
    /// Why changes were not worked out one at a time, where they were not.
    pub not_alone_because: String,
    /// What a reader should know about the facts.
    pub notes: Vec<String>,
}

impl Impact {
    /// What the changes do together beyond what each does alone.
    pub fn together(&self) -> Exact {
        let own: Exact = self.own.iter().map(|own| own.effects.all.change()).sum();
        &self.effects.all.change() - &own
    }
}

/// Who settles everyone: a program with its facts, or worked examples.
enum Ground {
    Program {
        folder: Box<Folder>,
        snapshot: Box<Snapshot>,
        scope: Scope,
        args: ScopeArgs,
    },
    Examples(Vec<Example>),
}

/// Works a difference between plans out in money.
pub fn of_plans(
    plans: &Plans<'_>,
    asked: &Asked<'_>,
    progress: Progress,
) -> Result<Impact, Failure> {
    let mut all = Work {
        plans,
        asked,
        progress,
        ground: ground(plans, asked)?,
        notes: Vec::new(),
    };
    all.refuse_strangers()?;
    let pairs: Vec<usize> = (0..plans.diff.pairs.len()).collect();
    let before = all.paid(&pairs, &|pair| all_before(plans, pair))?;
    let after = all.paid(&pairs, &|pair| all_after(plans, pair))?;
    all.refuse_nothing(&before)?;
    let known = all.known();
    let by = all.classes(&known)?;
    let currency = all.currency();
    let order = component_order(plans);
    let whole = effects(&before.sum(), &after.sum(), &known, &by, &order, currency);
    let (own, not_alone, because) = all.alone(&before, &known, &by)?;
    let mut notes = all.notes_of_facts()?;
    let of_agreements = plans
        .diff
        .told
        .iter()
        .filter(|told| told.members.is_empty() && told.change.weight == Weight::Meaning)
        .count();
    if of_agreements > 0 {
        notes.push(format!(
            "what is agreed with each partner is that of the program with the facts, on both sides: {} of agreements {} \
             not in the money",
            output::counted(of_agreements, "change"),
            if of_agreements == 1 { "is" } else { "are" }
        ));
    }
    Ok(Impact {
        over: all.over(),
        effects: whole,
        own,
        not_alone,
        not_alone_because: because,
        notes,
    })
}

/// Works another agreement out in money: it takes the place of the one of its name.
pub fn of_agreement(
    before: &AgreementFile,
    after: &AgreementFile,
    asked: &Asked<'_>,
    progress: Progress,
) -> Result<Impact, Failure> {
    let base = folder::open(asked.dir)?;
    let args = scope_args(asked);
    let Seen {
        facts: snapshot,
        scope,
        ..
    } = Seen::of(&args, &base)?;
    let settle = |file: &AgreementFile| -> Result<(Folder, Paid), Failure> {
        let name = &before.text.name.text;
        let changed = substitute::with_agreement(&base, name, &file.text, &file.sources)?;
        let mut paid = Paid::default();
        for plan in changed.settled_under() {
            let lines = settling::lines_under(&changed, plan, &snapshot, &args, &scope, &progress)?;
            paid.add(&lines, &|line| line.component.to_string());
        }
        Ok((changed, paid))
    };
    let (old_folder, old) = settle(before)?;
    let (new_folder, new) = settle(after)?;
    let mut known = known_of(&old_folder);
    known.extend(known_of(&new_folder));
    let order: Vec<String> = new_folder
        .plans
        .values()
        .flat_map(component_names)
        .collect();
    let by = classes_by(
        asked,
        &known,
        base.program.partners().map(|list| list.columns.as_slice()),
    )?;
    Ok(Impact {
        over: over_facts(&base, &scope),
        effects: effects(&old, &new, &known, &by, &order, base.program.currency),
        own: Vec::new(),
        not_alone: Vec::new(),
        not_alone_because: String::new(),
        notes: notes::of(&base, &snapshot)?,
    })
}

fn all_before<'a>(plans: &Plans<'a>, pair: usize) -> Option<(&'a Plan, &'a PlanSide)> {
    let at = plans.diff.pairs.get(pair)?.before?;
    plans.before.get(at).map(|side| (&side.plan, *side))
}

fn all_after<'a>(plans: &Plans<'a>, pair: usize) -> Option<(&'a Plan, &'a PlanSide)> {
    let at = plans.diff.pairs.get(pair)?.after?;
    plans.after.get(at).map(|side| (&side.plan, *side))
}

/// The components of all plans, as they are listed after.
fn component_order(plans: &Plans<'_>) -> Vec<String> {
    let after = plans.after.iter().map(|side| &side.plan);
    let before = plans.before.iter().map(|side| &side.plan);
    after.chain(before).flat_map(component_names).collect()
}

fn component_names(plan: &Plan) -> Vec<String> {
    let components = plan.components.iter();
    let names = components.map(|component| component.name.to_string());
    let limits = plan.limits.iter();
    names
        .chain(limits.map(|limit| format!("{}.top_up", limit.name)))
        .collect()
}

fn scope_args(asked: &Asked<'_>) -> ScopeArgs {
    let program = ProgramArgs {
        program: asked.dir.to_owned(),
    };
    ScopeArgs::of(program, asked.partner, asked.period)
}

/// A program whose facts were taken in, else its worked examples, else those below a folder.
fn ground(plans: &Plans<'_>, asked: &Asked<'_>) -> Result<Ground, Failure> {
    let dir = asked.dir;
    if dir.join("program.yaml").is_file() {
        let mut base = folder::open(dir)?;
        let snapshot = seen::snapshot(&base.program.folder)?;
        let has_facts = base
            .program
            .sources
            .iter()
            .any(|source| notes::has_delivered(&base, &snapshot, &source.name));
        if has_facts {
            let args = scope_args(asked);
            for pair in 0..plans.diff.pairs.len() {
                if let Some((plan, side)) = all_before(plans, pair) {
                    base = substitute::under(&base, &plan.name, side, From::Nothing)?;
                }
            }
            let scope = Scope::of(asked.period, &base, &snapshot)?;
            return Ok(Ground::Program {
                folder: Box::new(base),
                snapshot: Box::new(snapshot),
                scope,
                args,
            });
        }
    }
    examples::below(plans, dir).map(Ground::Examples)
}

/// What everyone is paid, pair by pair of plans.
struct PaidByPair(BTreeMap<usize, Paid>);

impl PaidByPair {
    fn sum(&self) -> Paid {
        self.with(&BTreeMap::new())
    }

    /// The sum with some pairs paid otherwise.
    fn with(&self, other: &BTreeMap<usize, Paid>) -> Paid {
        let mut sum = Paid::default();
        for (pair, own) in &self.0 {
            sum.join(other.get(pair).unwrap_or(own));
        }
        sum
    }
}

struct Work<'a> {
    plans: &'a Plans<'a>,
    asked: &'a Asked<'a>,
    progress: Progress,
    ground: Ground,
    notes: Vec<String>,
}

impl<'a> Work<'a> {
    /// A plan that the program does not have can't take a place in it.
    fn refuse_strangers(&self) -> Result<(), Failure> {
        let alone = self
            .plans
            .diff
            .pairs
            .iter()
            .find(|pair| pair.before.is_none() || pair.after.is_none());
        if let Some(pair) = alone {
            let side = match (pair.before, pair.after) {
                (None, Some(at)) => self.plans.after.get(at),
                (Some(at), _) => self.plans.before.get(at),
                (None, None) => None,
            };
            let name = side.map(|side| side.plan.name.to_string());
            return Err(Failure::Found(format!(
                "the plan {} stands on one side alone, so nobody can be paid by it on both; compare two plans of one name, \
                 or leave --facts out",
                name.unwrap_or_default()
            )));
        }
        Ok(())
    }

    fn refuse_nothing(&self, before: &PaidByPair) -> Result<(), Failure> {
        let is_empty = before.0.values().all(|paid| paid.money.is_empty());
        match (&self.ground, self.asked.period) {
            (Ground::Program { folder, scope, .. }, Some(period)) if is_empty => Err(
                refusals::nothing_ends_in(period, scope, folder.plans.values()),
            ),
            (_, _) if is_empty => Err(Failure::Found(
                "nobody is settled under these plans, so there is nothing to set side by side"
                    .to_owned(),
            )),
            (_, _) => Ok(()),
        }
    }

    /// What everyone is paid under the plans that `of` gives for each pair.
    fn paid(
        &mut self,
        pairs: &[usize],
        of: &dyn Fn(usize) -> Option<(&'a Plan, &'a PlanSide)>,
    ) -> Result<PaidByPair, Failure> {
        let mut all = BTreeMap::new();
        for pair in pairs {
            let Some((plan, side)) = of(*pair) else {
                continue;
            };
            all.insert(*pair, self.paid_under(*pair, plan, side)?);
        }
        Ok(PaidByPair(all))
    }

    /// What everyone is paid under one plan in the place of a pair's.
    fn paid_under(&mut self, pair: usize, plan: &Plan, side: &PlanSide) -> Result<Paid, Failure> {
        let Some((old, _)) = all_before(self.plans, pair) else {
            return Ok(Paid::default());
        };
        let lines = match &self.ground {
            Ground::Program {
                folder,
                snapshot,
                scope,
                args,
            } => {
                let diff = self
                    .plans
                    .diff
                    .pairs
                    .get(pair)
                    .and_then(|pair| pair.diff.as_ref());
                let is_after =
                    all_after(self.plans, pair).is_some_and(|(after, _)| std::ptr::eq(after, plan));
                // Only the plan after calls things otherwise; what one change makes of the plan before does not.
                let from = match diff {
                    Some(diff) if is_after => From::Changed(old, diff),
                    Some(_) | None if std::ptr::eq(old, plan) => From::Nothing,
                    Some(_) | None => From::Same(old),
                };
                let standing = PlanSide {
                    plan: plan.clone(),
                    sources: side.sources.clone(),
                };
                let changed = substitute::under(folder, &old.name, &standing, from)?;
                let mut families = changed.families.iter();
                let family = families.find(|family| family.has(&old.name));
                let plan = family.map(|family| &family.whole);
                match plan.or_else(|| changed.plans.get(&*old.name)) {
                    Some(plan) => settling::lines_under(
                        &changed,
                        plan,
                        snapshot,
                        args,
                        scope,
                        &self.progress,
                    )?,
                    None => Vec::new(),
                }
            }
            Ground::Examples(examples) => {
                let mut lines = Vec::new();
                for example in examples.iter().filter(|example| *example.plan == *old.name) {
                    match cases::world_under(&example.files, plan) {
                        Ok(world) => {
                            lines.extend(examples::settled(example, plan, &world, self.asked)?)
                        }
                        Err(why) => self.notes.push(format!(
                            "worked example {} can't be read under the plan {}: {}",
                            example.files.name,
                            plan.name,
                            why.lines().next().unwrap_or_default()
                        )),
                    }
                }
                lines
            }
        };
        let names = self.component_names(pair);
        let mut paid = Paid::default();
        paid.add(&lines, &|line| {
            let name = line.component.to_string();
            names.get(&name).cloned().unwrap_or(name)
        });
        Ok(paid)
    }

    /// What components of a pair's plan before are called after.
    fn component_names(&self, pair: usize) -> BTreeMap<String, String> {
        let changes = self
            .plans
            .diff
            .pairs
            .get(pair)
            .and_then(|pair| pair.diff.as_ref())
            .map(|diff| diff.changes.as_slice());
        changes
            .unwrap_or_default()
            .iter()
            .filter(|change| &*change.block == "components")
            .filter_map(|change| {
                let was = change.was_called.as_ref()?;
                Some((was.to_string(), change.name.to_string()))
            })
            .collect()
    }

    fn known(&self) -> BTreeMap<String, Known> {
        match &self.ground {
            Ground::Program { folder, .. } => known_of(folder),
            Ground::Examples(examples) => {
                let mut known = BTreeMap::new();
                for example in examples {
                    known.extend(examples::known_of(example));
                }
                known
            }
        }
    }

    fn classes(&self, known: &BTreeMap<String, Known>) -> Result<Vec<ClassBy>, Failure> {
        let columns = match &self.ground {
            Ground::Program { folder, .. } => folder
                .program
                .partners()
                .map(|list| list.columns.as_slice()),
            Ground::Examples(_) => None,
        };
        classes_by(self.asked, known, columns)
    }

    fn currency(&self) -> trueup_base::money::Currency {
        match &self.ground {
            Ground::Program { folder, .. } => folder.program.currency,
            Ground::Examples(_) => self
                .plans
                .before
                .first()
                .map_or_else(fallback_currency, |side| side.plan.currency),
        }
    }

    fn over(&self) -> String {
        match &self.ground {
            Ground::Program { folder, scope, .. } => over_facts(folder, scope),
            Ground::Examples(examples) => {
                format!("over {}", output::counted(examples.len(), "worked example"))
            }
        }
    }

    fn notes_of_facts(&self) -> Result<Vec<String>, Failure> {
        let mut all = self.notes.clone();
        all.dedup();
        if let Ground::Program {
            folder, snapshot, ..
        } = &self.ground
        {
            all.extend(notes::of(folder, snapshot)?);
        }
        Ok(all)
    }
}

fn over_facts(folder: &Folder, scope: &Scope) -> String {
    let program = &folder.program;
    match scope.period {
        Some(period) => format!(
            "over the facts of {} in {}",
            program.name,
            program.calendar.label(&period)
        ),
        None => format!(
            "over the facts of {} until {}",
            program.name,
            scope.until.yesterday().unwrap_or(scope.until)
        ),
    }
}

fn known_of(folder: &Folder) -> BTreeMap<String, Known> {
    folder
        .matched
        .iter()
        .map(|matched| {
            let listed = &matched.listed;
            let known = Known {
                name: listed.columns.get("name").cloned(),
                columns: listed.columns.clone(),
            };
            (listed.id.as_str().to_owned(), known)
        })
        .collect()
}

/// The classes to tell: the columns asked for, else type and size, else size by what was paid before.
fn classes_by(
    asked: &Asked<'_>,
    known: &BTreeMap<String, Known>,
    columns: Option<&[std::sync::Arc<str>]>,
) -> Result<Vec<ClassBy>, Failure> {
    let has = |column: &str| match columns {
        Some(columns) => columns.iter().any(|known| **known == *column),
        None => known
            .values()
            .any(|known| known.columns.contains_key(column)),
    };
    let mut by = Vec::new();
    for column in asked.by {
        if !has(column) {
            let listed: Vec<String> = match columns {
                Some(columns) => columns.iter().map(|column| column.to_string()).collect(),
                None => Vec::new(),
            };
            return Err(Failure::Use(format!(
                "--by {column}: the partner directory has no such column; its columns are {}",
                listed.join(", ")
            )));
        }
        by.push(ClassBy::Column(column.clone()));
    }
    if by.is_empty() {
        if has("type") {
            by.push(ClassBy::Column("type".to_owned()));
        }
        by.push(match has("size") {
            true => ClassBy::Column("size".to_owned()),
            false => ClassBy::PaidBefore,
        });
    }
    Ok(by)
}

fn fallback_currency() -> trueup_base::money::Currency {
    trueup_base::money::Currency::parse("USD").expect("USD is a currency of ISO 4217")
}
