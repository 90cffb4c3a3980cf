//! What a difference is told as: changes of meaning first, then names, then words, then money.

use trueup_plan::diff::{Said, Told, Weight};

use super::page::{Block, Section};
use super::{Compared, joined, of_weight, outcome, signed};
use crate::effects::{Effects, Partner, Sums};
use crate::impact::Impact;
use crate::output;

/// The page of a difference.
pub fn sections(compared: &Compared<'_>) -> Vec<Section> {
    let mut sections = vec![head(compared)];
    let weights = [
        (Weight::Meaning, "Changes of meaning"),
        (
            Weight::Name,
            "The same under another name, or put together otherwise",
        ),
        (Weight::Wording, "Other words"),
    ];
    for (weight, title) in weights {
        let told = of_weight(compared.diff, weight);
        if told.is_empty() {
            continue;
        }
        sections.push(Section {
            title: format!("{title} ({})", told.len()),
            blocks: told
                .iter()
                .enumerate()
                .map(|(number, (_, told))| point(compared, number + 1, told))
                .collect(),
        });
    }
    if let Some(impact) = &compared.impact {
        sections.extend(money(compared, impact));
    }
    let mut notes = compared.notes.clone();
    notes.extend(
        compared
            .impact
            .iter()
            .flat_map(|impact| impact.notes.iter().cloned()),
    );
    if !notes.is_empty() {
        sections.push(Section {
            title: "Notes".to_owned(),
            blocks: notes.into_iter().map(Block::Line).collect(),
        });
    }
    sections
}

fn head(compared: &Compared<'_>) -> Section {
    let count = |weight| of_weight(compared.diff, weight).len();
    let (meaning, names, words) = (
        count(Weight::Meaning),
        count(Weight::Name),
        count(Weight::Wording),
    );
    let mut said = Vec::new();
    if meaning > 0 {
        let noun = if meaning == 1 { "change" } else { "changes" };
        said.push(format!("{meaning} {noun} of meaning"));
    } else {
        said.push("no change of meaning".to_owned());
    }
    if names > 0 {
        said.push(format!("{names} of names"));
    }
    if words > 0 {
        said.push(format!("{words} of wording"));
    }
    Section {
        title: compared.title.clone(),
        blocks: vec![Block::Line(said.join(", "))],
    }
}

fn point(compared: &Compared<'_>, number: usize, told: &Told) -> Block {
    let change = &told.change;
    let mut more = Vec::new();
    let place = |said: &Said, path: String| format!("{path}:{}", said.line);
    let before = change
        .before
        .as_ref()
        .map(|said| place(said, compared.before(&said.path)));
    let after = change
        .after
        .as_ref()
        .map(|said| place(said, compared.after(&said.path)));
    more.extend(match (before, after) {
        (Some(before), Some(after)) if before == after => Some(before),
        (Some(before), Some(after)) => Some(format!("{before} → {after}")),
        (Some(before), None) => Some(before),
        (None, after) => after,
    });
    if compared.has_several_plans && !told.plans.is_empty() {
        more.push(format!("in: {}", joined(&told.plans)));
    }
    if change.weight == Weight::Meaning && !change.affects.is_empty() {
        more.push(format!("also affects: {}", joined(&change.affects)));
    }
    if !change.pays.is_empty() {
        more.push(format!("pay: {}", change.pays));
    }
    Block::Point {
        mark: format!("{number:>2}"),
        says: change.says.clone(),
        more,
    }
}

fn money(compared: &Compared<'_>, impact: &Impact) -> Vec<Section> {
    let effects = &impact.effects;
    let weighty = of_weight(compared.diff, Weight::Meaning);
    // Changes of agreements move money only where agreements are compared.
    let of_plans: Vec<&Told> = weighty
        .iter()
        .map(|(_, told)| *told)
        .filter(|told| !told.members.is_empty())
        .collect();
    let of_all: Vec<&Told> = weighty.iter().map(|(_, told)| *told).collect();
    let moving = if of_plans.is_empty() {
        of_all
    } else {
        of_plans
    };
    let lead = match moving.as_slice() {
        [only] => format!("{}: {}", only.change.says, outcome(effects)),
        [] => format!("Nothing changes in meaning: {}", outcome(effects)),
        several => format!(
            "All {} changes together: {}",
            several.len(),
            outcome(effects)
        ),
    };
    let mut blocks = vec![Block::Line(lead)];
    if effects.open != (0, 0) {
        blocks.push(Block::Line(format!(
            "Lines without an answer, which post nothing: {} before, {} after.",
            effects.open.0, effects.open.1
        )));
    }
    blocks.push(everyone(effects));
    for classes in &effects.by {
        if classes.classes.len() > 1 {
            blocks.push(Block::Table {
                title: format!("By {}", classes.column),
                heads: heads(column_word(&classes.column)),
                words: 1,
                rows: classes
                    .classes
                    .iter()
                    .map(|(class, sums)| row(class, sums, effects))
                    .collect(),
            });
        }
    }
    blocks.push(Block::Table {
        title: "By component".to_owned(),
        heads: heads("component"),
        words: 1,
        rows: effects
            .components
            .iter()
            .map(|(name, sums)| row(name, sums, effects))
            .collect(),
    });
    blocks.extend(besides(effects));
    let mut sections = vec![Section {
        title: format!("In money, {}, in {}", impact.over, effects.currency.code()),
        blocks,
    }];
    sections.extend(alone(compared, impact));
    let top = compared.args.top;
    for (title, gains) in [("Largest gains", true), ("Largest losses", false)] {
        let own = effects.largest(top, gains);
        if !own.is_empty() {
            sections.push(Section {
                title: title.to_owned(),
                blocks: vec![largest(&own, effects)],
            });
        }
    }
    sections
}

/// What is said of the classes is said above their table; a column needs a word.
fn column_word(column: &str) -> &str {
    column.split(',').next().unwrap_or_default()
}

fn heads(first: &str) -> Vec<String> {
    [
        first,
        "partners",
        "gain",
        "lose",
        "unchanged",
        "before",
        "after",
        "change",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn row(name: &str, sums: &Sums, effects: &Effects) -> Vec<String> {
    let places = effects.currency.places();
    vec![
        name.to_owned(),
        sums.partners.to_string(),
        sums.gain.to_string(),
        sums.lose.to_string(),
        sums.unchanged().to_string(),
        output::money(&sums.before, places),
        output::money(&sums.after, places),
        signed(&sums.change(), effects),
    ]
}

fn everyone(effects: &Effects) -> Block {
    Block::Table {
        title: String::new(),
        heads: heads(""),
        words: 1,
        rows: vec![row("everyone", &effects.all, effects)],
    }
}

fn besides(effects: &Effects) -> Option<Block> {
    (!effects.besides.is_empty()).then(|| Block::Table {
        title: "Besides money".to_owned(),
        heads: ["component", "before", "after"].map(str::to_owned).to_vec(),
        words: 1,
        rows: effects
            .besides
            .iter()
            .map(|(name, before, after)| {
                let shown =
                    |amount: &trueup_base::exact::Exact| output::grouped(&amount.to_string());
                vec![name.clone(), shown(before), shown(after)]
            })
            .collect(),
    })
}

/// What each change does by itself, and the rest.
fn alone(compared: &Compared<'_>, impact: &Impact) -> Option<Section> {
    if impact.own.is_empty() && impact.not_alone_because.is_empty() {
        return None;
    }
    let says = |at: &usize| {
        compared
            .diff
            .told
            .get(*at)
            .map(|told| told.change.says.clone())
            .unwrap_or_default()
    };
    let weighty = of_weight(compared.diff, Weight::Meaning);
    let mut blocks = Vec::new();
    for own in &impact.own {
        let changes: Vec<String> = own.told.iter().map(says).collect();
        let numbers: Vec<String> = own
            .told
            .iter()
            .filter_map(|at| weighty.iter().position(|(known, _)| known == at))
            .map(|at| (at + 1).to_string())
            .collect();
        blocks.push(Block::Point {
            mark: "-".to_owned(),
            says: format!(
                "({}) {}: {}",
                numbers.join(", "),
                changes.join("; and "),
                outcome(&own.effects)
            ),
            more: Vec::new(),
        });
    }
    let together = impact.together();
    if !impact.own.is_empty() {
        let rest = if impact.not_alone.is_empty() {
            "together, beyond each alone".to_owned()
        } else {
            format!(
                "together, with {} that can't be made alone",
                output::counted(impact.not_alone.len(), "change")
            )
        };
        blocks.push(Block::Point {
            mark: "-".to_owned(),
            says: format!(
                "{rest}: {} {}",
                signed(&together, &impact.effects),
                impact.effects.currency.code()
            ),
            more: Vec::new(),
        });
    }
    if !impact.not_alone_because.is_empty() {
        blocks.push(Block::Line(impact.not_alone_because.clone()));
    }
    Some(Section {
        title: "One change at a time".to_owned(),
        blocks,
    })
}

fn largest(partners: &[&Partner], effects: &Effects) -> Block {
    let places = effects.currency.places();
    let has_names = partners.iter().any(|partner| partner.name.is_some())
        && effects.by.iter().all(|classes| classes.column != "name");
    let mut heads = vec!["partner".to_owned()];
    if has_names {
        heads.push("name".to_owned());
    }
    let columns = effects.by.iter();
    heads.extend(columns.map(|classes| column_word(&classes.column).to_owned()));
    heads.push("mostly by".to_owned());
    let words = heads.len();
    heads.extend(["before", "after", "change"].map(str::to_owned));
    let rows = partners
        .iter()
        .map(|partner| {
            let mut row = vec![partner.id.clone()];
            if has_names {
                row.push(partner.name.clone().unwrap_or_default());
            }
            row.extend(partner.classes.iter().map(|class| {
                let word = class.split(" (").next();
                word.unwrap_or_default().to_owned()
            }));
            let mostly = partner.by_component.first();
            row.push(mostly.map(|(name, _)| name.clone()).unwrap_or_default());
            row.push(output::money(&partner.before, places));
            row.push(output::money(&partner.after, places));
            row.push(signed(&partner.change(), effects));
            row
        })
        .collect();
    Block::Table {
        title: String::new(),
        heads,
        words,
        rows,
    }
}
