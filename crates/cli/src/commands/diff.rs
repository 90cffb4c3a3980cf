//! `trueup diff`: what changed in meaning between two plans, agreements or programs, and what it would have changed in
//! money.

mod page;
mod told;

use std::path::Path;

use serde_json::{Value, json};
use trueup_plan::diff::{self, AgreementSide, ProgramDiff, ProgramSide, Told, Weight, programs};

use crate::args::{DiffArgs, DiffFormat};
use crate::earned::exact_at;
use crate::effects::{Effects, Partner, Sums};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::impact::{self, Asked, Impact, Plans};
use crate::output;
use crate::progress::Progress;
use crate::sides::{self, PlanSide, Side};

/// What is compared, what was found, and what it comes to.
pub struct Compared<'a> {
    /// What the command was asked.
    pub args: &'a DiffArgs,
    /// One line that says what is compared.
    pub title: String,
    /// The difference.
    pub diff: &'a ProgramDiff,
    /// Whether several plans are compared, so that it matters which a change is in.
    pub has_several_plans: bool,
    /// What it comes to in money, if that was asked.
    pub impact: Option<Impact>,
    /// What is not compared, and should be known.
    pub notes: Vec<String>,
    /// Both sides, to name files as they are seen from here.
    pub sides: (&'a Side, &'a Side),
}

impl Compared<'_> {
    /// A file of the side before, as it is seen from here.
    fn before(&self, path: &str) -> String {
        sides::shown(self.sides.0, &self.args.before, path)
    }

    /// A file of the side after.
    fn after(&self, path: &str) -> String {
        sides::shown(self.sides.1, &self.args.after, path)
    }
}

/// Compares and prints; ends with findings where the meaning changed.
pub fn run(args: &DiffArgs, progress: &Progress) -> Result<(), Failure> {
    let (before, after) = (Side::read(&args.before)?, Side::read(&args.after)?);
    if std::mem::discriminant(&before) != std::mem::discriminant(&after) {
        return Err(Failure::Use(format!(
            "{} is {}, and {} is {}; compare two of a kind",
            args.before.display(),
            before.word(),
            args.after.display(),
            after.word()
        )));
    }
    let plans = (plans_of(&before), plans_of(&after));
    let diff = programs(&side_of(&before, &plans.0), &side_of(&after, &plans.1));
    let impact = match &args.facts {
        None => None,
        Some(dir) => Some(money(
            args,
            dir,
            (&before, &after),
            &plans,
            &diff,
            progress,
        )?),
    };
    let compared = Compared {
        args,
        title: title(&before, &after, &plans),
        has_several_plans: plans.0.len().max(plans.1.len()) > 1,
        notes: not_compared(&before, &after),
        diff: &diff,
        impact,
        sides: (&before, &after),
    };
    match args.format {
        DiffFormat::Table => output::print(&page::as_text(&told::sections(&compared)))?,
        DiffFormat::Md => output::print(&page::as_markdown(&told::sections(&compared)))?,
        DiffFormat::Json => output::json(&as_json(&compared))?,
        DiffFormat::Csv => as_csv(&compared)?,
    }
    if diff.means_the_same() {
        Ok(())
    } else {
        Err(Failure::Findings)
    }
}

/// The plans of a side, each with the text it was read from.
fn plans_of(side: &Side) -> Vec<PlanSide> {
    match side {
        Side::Plan(own) => vec![PlanSide {
            plan: own.plan.clone(),
            sources: own.sources.clone(),
        }],
        Side::Agreement(_) => Vec::new(),
        Side::Program(folder) => folder
            .plans
            .values()
            .map(|plan| PlanSide {
                plan: plan.clone(),
                sources: folder.sources.clone(),
            })
            .collect(),
    }
}

fn side_of<'p>(side: &'p Side, plans: &'p [PlanSide]) -> ProgramSide<'p> {
    let agreements = match side {
        Side::Plan(_) => Vec::new(),
        Side::Agreement(own) => vec![AgreementSide {
            text: &own.text,
            plan: own.plan.as_ref(),
            sources: &own.sources,
        }],
        Side::Program(folder) => folder
            .agreements
            .iter()
            .map(|text| AgreementSide {
                text,
                plan: folder.plans.get(&*text.plan.text),
                sources: &folder.sources,
            })
            .collect(),
    };
    ProgramSide {
        plans: plans
            .iter()
            .map(|side| diff::Side {
                plan: &side.plan,
                sources: &side.sources,
            })
            .collect(),
        agreements,
    }
}

/// What is compared, on one line.
fn title(before: &Side, after: &Side, plans: &(Vec<PlanSide>, Vec<PlanSide>)) -> String {
    let of = |side: &Side, plans: &[PlanSide]| match side {
        Side::Plan(_) => plans.first().map_or_else(String::new, |side| {
            format!("{} {}", side.plan.name, side.plan.version)
                .trim_end()
                .to_owned()
        }),
        Side::Agreement(own) => format!("agreement {}", own.text.name()),
        Side::Program(folder) => format!("program {}", folder.program.name),
    };
    let (old, new) = (of(before, &plans.0), of(after, &plans.1));
    if old == new {
        old
    } else {
        format!("{old} → {new}")
    }
}

/// Declarations of a program are not plans; whether they changed is said, and not how.
fn not_compared(before: &Side, after: &Side) -> Vec<String> {
    let (Side::Program(old), Side::Program(new)) = (before, after) else {
        return Vec::new();
    };
    let declared = |folder: &Folder| {
        let all = folder.program.declarations.iter();
        all.map(|(what, digest)| (what.to_string(), digest.to_string()))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let (was, is) = (declared(old), declared(new));
    let mut changed: Vec<&String> = was
        .keys()
        .chain(is.keys())
        .filter(|what| was.get(*what) != is.get(*what) && *what != "program")
        .collect();
    changed.sort();
    changed.dedup();
    if changed.is_empty() {
        return Vec::new();
    }
    let names: Vec<&str> = changed.iter().map(|name| name.as_str()).collect();
    vec![format!(
        "what program.yaml declares is not compared here, and some of it is another: {}",
        names.join(", ")
    )]
}

fn money(
    args: &DiffArgs,
    dir: &Path,
    (before, after): (&Side, &Side),
    plans: &(Vec<PlanSide>, Vec<PlanSide>),
    diff: &ProgramDiff,
    progress: &Progress,
) -> Result<Impact, Failure> {
    let asked = Asked {
        dir,
        period: args.period.as_deref(),
        partner: args.partner.as_deref(),
        by: &args.by,
        alone_max: args.alone,
    };
    if let (Side::Agreement(old), Side::Agreement(new)) = (before, after) {
        return impact::of_agreement(old, new, &asked, *progress);
    }
    let plans = Plans {
        before: plans.0.iter().collect(),
        after: plans.1.iter().collect(),
        diff,
    };
    impact::of_plans(&plans, &asked, *progress)
}

/// How a partner's or everyone's pay changes, as a sentence ends: `41 partners gain, 0 lose, +83,000.00 EUR`.
pub fn outcome(effects: &Effects) -> String {
    let all = &effects.all;
    let change = all.change();
    let mut text = format!(
        "{} {}, {} {}, {} {}",
        output::counted(all.gain, "partner"),
        if all.gain == 1 { "gains" } else { "gain" },
        all.lose,
        if all.lose == 1 { "loses" } else { "lose" },
        signed(&change, effects),
        effects.currency.code()
    );
    if let Some((class, change)) = effects.most_touched() {
        text.push_str(&format!(
            ", largest effect on {class} ({})",
            signed(&change, effects)
        ));
    }
    text
}

/// Money with its sign.
pub fn signed(amount: &trueup_base::exact::Exact, effects: &Effects) -> String {
    let text = output::money(amount, effects.currency.places());
    if amount.is_positive() {
        format!("+{text}")
    } else {
        text
    }
}

fn as_json(compared: &Compared<'_>) -> Value {
    let change = |told: &Told| {
        let mut value = told.change.to_json();
        if let Value::Object(keys) = &mut value {
            let plans: Vec<&str> = told.plans.iter().map(|name| &**name).collect();
            keys.insert("plans".to_owned(), json!(plans));
            // Files as they are seen from where the command was given.
            for (side, said, shown) in [
                ("before", &told.change.before, true),
                ("after", &told.change.after, false),
            ] {
                let path = said.as_ref().map(|said| match shown {
                    true => compared.before(&said.path),
                    false => compared.after(&said.path),
                });
                if let (Some(Value::Object(said)), Some(path)) = (keys.get_mut(side), path) {
                    said.insert("file".to_owned(), json!(path));
                }
            }
        }
        value
    };
    json!({
        "before": compared.args.before.display().to_string(),
        "after": compared.args.after.display().to_string(),
        "same": compared.diff.means_the_same(),
        "changes": compared.diff.told.iter().map(change).collect::<Vec<_>>(),
        "money": compared.impact.as_ref().map(|impact| impact_json(compared, impact)),
        "notes": compared.notes,
    })
}

fn impact_json(compared: &Compared<'_>, impact: &Impact) -> Value {
    let effects = &impact.effects;
    let money = |amount: &trueup_base::exact::Exact| exact_at(amount, effects.currency.places());
    let own = |own: &impact::Own| {
        json!({
            "changes": own.told.iter().filter_map(|at| compared.diff.told.get(*at))
                .map(|told| told.change.says.clone()).collect::<Vec<_>>(),
            "everyone": sums_json(&own.effects.all, &money),
            "says": outcome(&own.effects),
        })
    };
    json!({
        "over": impact.over,
        "currency": effects.currency.code(),
        "everyone": sums_json(&effects.all, &money),
        "by": effects.by.iter().map(|classes| json!({
            "column": classes.column,
            "classes": classes.classes.iter().map(|(class, sums)| {
                let mut value = sums_json(sums, &money);
                if let Value::Object(keys) = &mut value {
                    keys.insert("class".to_owned(), json!(class));
                }
                value
            }).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "components": effects.components.iter().map(|(component, sums)| {
            let mut value = sums_json(sums, &money);
            if let Value::Object(keys) = &mut value {
                keys.insert("component".to_owned(), json!(component));
            }
            value
        }).collect::<Vec<_>>(),
        "besides_money": effects.besides.iter().map(|(component, before, after)| json!({
            "component": component, "before": before.to_string(), "after": after.to_string(),
        })).collect::<Vec<_>>(),
        "partners": effects.partners.iter().map(|partner| partner_json(partner, effects)).collect::<Vec<_>>(),
        "alone": impact.own.iter().map(own).collect::<Vec<_>>(),
        "together": money(&impact.together()),
        "not_alone": impact.not_alone.iter().filter_map(|at| compared.diff.told.get(*at))
            .map(|told| told.change.says.clone()).collect::<Vec<_>>(),
        "open_lines": { "before": effects.open.0, "after": effects.open.1 },
        "notes": impact.notes,
    })
}

fn sums_json(sums: &Sums, money: &dyn Fn(&trueup_base::exact::Exact) -> String) -> Value {
    json!({
        "partners": sums.partners,
        "gain": sums.gain,
        "lose": sums.lose,
        "unchanged": sums.unchanged(),
        "before": money(&sums.before),
        "after": money(&sums.after),
        "change": money(&sums.change()),
    })
}

fn partner_json(partner: &Partner, effects: &Effects) -> Value {
    let money = |amount: &trueup_base::exact::Exact| exact_at(amount, effects.currency.places());
    let classes: serde_json::Map<String, Value> = effects
        .by
        .iter()
        .zip(&partner.classes)
        .map(|(classes, class)| (classes.column.clone(), json!(class)))
        .collect();
    json!({
        "partner": partner.id,
        "name": partner.name,
        "classes": classes,
        "before": money(&partner.before),
        "after": money(&partner.after),
        "change": money(&partner.change()),
        "components": partner.by_component.iter().map(|(component, change)| json!({
            "component": component, "change": money(change),
        })).collect::<Vec<_>>(),
    })
}

/// Line by line: changes, or with facts everyone and what changes for them.
fn as_csv(compared: &Compared<'_>) -> Result<(), Failure> {
    if let Some(impact) = &compared.impact {
        let effects = &impact.effects;
        let money =
            |amount: &trueup_base::exact::Exact| exact_at(amount, effects.currency.places());
        let mut heads = vec!["partner", "name"];
        heads.extend(effects.by.iter().map(|classes| classes.column.as_str()));
        heads.extend(["before", "after", "change", "currency", "mostly_by"]);
        return output::csv(
            &heads,
            effects.partners.iter().map(|partner| {
                let mut row = vec![partner.id.clone(), partner.name.clone().unwrap_or_default()];
                row.extend(partner.classes.iter().cloned());
                row.push(money(&partner.before));
                row.push(money(&partner.after));
                row.push(money(&partner.change()));
                row.push(effects.currency.code().to_owned());
                let mostly = partner.by_component.first();
                row.push(mostly.map(|(name, _)| name.clone()).unwrap_or_default());
                row
            }),
        );
    }
    output::csv(
        &[
            "weight",
            "kind",
            "plans",
            "block",
            "name",
            "part",
            "before",
            "before_at",
            "after",
            "after_at",
            "says",
            "also_affects",
            "pays",
        ],
        compared.diff.told.iter().map(|told| {
            let change = &told.change;
            let place = |said: &Option<diff::Said>, shown: &dyn Fn(&str) -> String| {
                said.as_ref()
                    .map(|said| format!("{}:{}", shown(&said.path), said.line))
                    .unwrap_or_default()
            };
            let text = |said: &Option<diff::Said>| {
                said.as_ref()
                    .map(|said| said.text.clone())
                    .unwrap_or_default()
            };
            vec![
                change.weight.word().to_owned(),
                change.kind.word().to_owned(),
                joined(&told.plans),
                change.block.to_string(),
                change.name.to_string(),
                change.part.clone(),
                text(&change.before),
                place(&change.before, &|path| compared.before(path)),
                text(&change.after),
                place(&change.after, &|path| compared.after(path)),
                change.says.clone(),
                joined(&change.affects),
                change.pays.clone(),
            ]
        }),
    )
}

/// Names one after the other.
pub fn joined(names: &[trueup_plan::tree::Text]) -> String {
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    names.join(", ")
}

/// The changes of a weight, with their positions.
pub fn of_weight(diff: &ProgramDiff, weight: Weight) -> Vec<(usize, &Told)> {
    diff.told
        .iter()
        .enumerate()
        .filter(|(_, told)| told.change.weight == weight)
        .collect()
}
