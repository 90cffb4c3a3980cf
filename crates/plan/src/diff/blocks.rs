//! The head of a plan, its objectives, its blocks of governance and its examples.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::Calendar;
use trueup_base::date::Duration;

use crate::diff::change::{Kind, Weight};
use crate::diff::compare::{About, Comparison, Found};
use crate::diff::edit::Edit;
use crate::diff::phrases::{self, Told};
use crate::diff::said;
use crate::diff::slots::{Read, same_rounding};
use crate::diff::smallest::smallest;
use crate::span::Span;
use crate::tree::{Expr, GovernanceBlock, Text};

/// Keys of governance whose lists are gone through in their order.
const IN_ORDER: &[&str] = &["path"];

impl Comparison<'_> {
    /// What stands at the head of the plan.
    pub(super) fn head(&mut self) {
        let (old, new) = self.plans();
        let about = About {
            block: "plan".into(),
            name: new.name.clone(),
            was_called: (old.name != new.name).then(|| old.name.clone()),
            things: (None, None),
        };
        if old.name != new.name {
            let says = format!("the plan {} is what was called {}", new.name, old.name);
            let texts = (old.name.to_string(), new.name.to_string());
            self.head_change(&about, Kind::Renamed, "plan", texts, says, Edit::Nothing);
        }
        if old.currency != new.currency {
            let texts = (old.currency.to_string(), new.currency.to_string());
            let says = format!("the plan pays in {} and no longer in {}", texts.1, texts.0);
            self.head_change(
                &about,
                Kind::Changed,
                "currency",
                texts,
                says,
                Edit::Together,
            );
        }
        if old.calendar != new.calendar {
            let texts = (calendar(&old.calendar), calendar(&new.calendar));
            let says = format!("{}, and no longer {}", texts.1, texts.0);
            self.head_change(
                &about,
                Kind::Changed,
                "calendar",
                texts,
                says,
                Edit::Together,
            );
        }
        if old.period != new.period {
            let texts = (said::window(old.period), said::window(new.period));
            let says = format!(
                "the plan's period is a {} and no longer a {}; so are the windows that are not stated",
                texts.1, texts.0
            );
            let edit = Edit::Head("period");
            self.head_change(&about, Kind::Changed, "period", texts, says, edit);
        }
        if !same_rounding(&old.money, &new.money) {
            let texts = (said::rounding(&old.money), said::rounding(&new.money));
            let says = format!(
                "components are rounded to {} and no longer to {}, unless they say otherwise",
                texts.1, texts.0
            );
            self.head_change(
                &about,
                Kind::Changed,
                "money",
                texts,
                says,
                Edit::Head("money"),
            );
        }
        if old.reach_back != new.reach_back {
            let back = |back: Option<Duration>| match back {
                Some(back) => back.to_string(),
                None => "to the start".to_owned(),
            };
            let texts = (back(old.reach_back), back(new.reach_back));
            let says = format!(
                "late and corrected facts reach back {} and no longer {}",
                texts.1, texts.0
            );
            let edit = Edit::Head("corrections");
            self.head_change(&about, Kind::Changed, "corrections", texts, says, edit);
        }
        let template = |from: &Option<Text>| from.as_deref().unwrap_or_default().to_owned();
        let (from, to) = (template(&old.from_template), template(&new.from_template));
        if from != to {
            let or_nothing = |text: &str| match text {
                "" => "no template".to_owned(),
                text => text.to_owned(),
            };
            // What the other template says otherwise is told where it is said.
            let says = format!(
                "the plan builds on {} and no longer on {}",
                or_nothing(&to),
                or_nothing(&from)
            );
            let found = Found {
                weight: Weight::Name,
                kind: Kind::Changed,
                part: "from_template".to_owned(),
                before: (!from.is_empty())
                    .then(|| (from, head_place(&self.before, "from_template"))),
                after: (!to.is_empty()).then(|| (to, head_place(&self.after, "from_template"))),
                says,
                edit: Edit::Nothing,
            };
            self.push(&about, found);
        }
        for (part, was, is) in [("title", &old.title, &new.title), ("is", &old.is, &new.is)] {
            let spans = (
                head_place(&self.before, part),
                head_place(&self.after, part),
            );
            self.word(&about, part, (was, spans.0), (is, spans.1));
        }
    }

    fn head_change(
        &mut self,
        about: &About,
        kind: Kind,
        part: &str,
        (was, is): (String, String),
        says: String,
        edit: Edit,
    ) {
        let found = Found {
            weight: Weight::Meaning,
            kind,
            part: part.to_owned(),
            before: Some((was, head_place(&self.before, part))),
            after: Some((is, head_place(&self.after, part))),
            says,
            edit,
        };
        self.push(about, found);
    }

    /// Goals and the names that show them.
    pub(super) fn objectives(&mut self) {
        let (old, new) = self.plans();
        let about = |goal: &Text| About {
            block: "objectives".into(),
            name: goal.clone(),
            was_called: None,
            things: (None, None),
        };
        let means = |read: &Read<'_>, by: &[crate::tree::Reference]| -> BTreeSet<String> {
            by.iter().map(|by| read.names.reference(*by)).collect()
        };
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for objective in &new.objectives {
            let by = means(&self.after, &objective.by);
            let same_goal = old
                .objectives
                .iter()
                .position(|other| other.goal == objective.goal);
            let same_by = || {
                old.objectives.iter().enumerate().position(|(at, other)| {
                    !seen.contains(&at)
                        && !new.objectives.iter().any(|kept| kept.goal == other.goal)
                        && means(&self.before, &other.by) == by
                })
            };
            let listed = self.listed(new, &objective.by);
            let Some(at) = same_goal.or_else(same_by) else {
                found.push((
                    about(&objective.goal),
                    Found {
                        weight: Weight::Meaning,
                        kind: Kind::Added,
                        part: String::new(),
                        before: None,
                        after: Some((listed.clone(), objective.span)),
                        says: format!("a new objective, {}, shown by {listed}", objective.goal),
                        edit: Edit::Nothing,
                    },
                ));
                continue;
            };
            seen.insert(at);
            let Some(was) = old.objectives.get(at) else {
                continue;
            };
            if was.goal != objective.goal {
                found.push((
                    about(&objective.goal),
                    Found {
                        weight: Weight::Wording,
                        kind: Kind::Changed,
                        part: "goal".to_owned(),
                        before: Some((was.goal.to_string(), was.span)),
                        after: Some((objective.goal.to_string(), objective.span)),
                        says: format!(
                            "the objective {} is said in other words: {}",
                            was.goal, objective.goal
                        ),
                        edit: Edit::Nothing,
                    },
                ));
            }
            if means(&self.before, &was.by) != by {
                let before = self.listed(old, &was.by);
                found.push((
                    about(&objective.goal),
                    Found {
                        weight: Weight::Meaning,
                        kind: Kind::Changed,
                        part: "by".to_owned(),
                        says: format!(
                            "{} is shown by {listed} and no longer by {before}",
                            objective.goal
                        ),
                        before: Some((before, was.span)),
                        after: Some((listed, objective.span)),
                        edit: Edit::Nothing,
                    },
                ));
            }
            if was.until != objective.until {
                let day = |day: &Option<trueup_base::date::Date>| match day {
                    Some(day) => day.to_string(),
                    None => "no date".to_owned(),
                };
                let texts = (day(&was.until), day(&objective.until));
                found.push((
                    about(&objective.goal),
                    Found {
                        weight: Weight::Meaning,
                        kind: Kind::Changed,
                        part: "until".to_owned(),
                        says: format!(
                            "{} is to be reached by {} and no longer by {}",
                            objective.goal, texts.1, texts.0
                        ),
                        before: Some((texts.0, was.span)),
                        after: Some((texts.1, objective.span)),
                        edit: Edit::Nothing,
                    },
                ));
            }
        }
        for (at, objective) in old.objectives.iter().enumerate() {
            if !seen.contains(&at) {
                let listed = self.listed(old, &objective.by);
                found.push((
                    about(&objective.goal),
                    Found {
                        weight: Weight::Meaning,
                        kind: Kind::Removed,
                        part: String::new(),
                        before: Some((listed.clone(), objective.span)),
                        after: None,
                        says: format!(
                            "the objective {} is gone; it was shown by {listed}",
                            objective.goal
                        ),
                        edit: Edit::Nothing,
                    },
                ));
            }
        }
        for (about, found) in found {
            self.push(&about, found);
        }
    }

    /// Funds, contingencies, guardrails, bodies, approvals, reviews, disputes, winding down.
    pub(super) fn governance(&mut self) {
        let (old, new) = self.plans();
        let key = |block: &GovernanceBlock| (block.block.clone(), block.name.clone());
        let known: BTreeMap<_, usize> = old
            .governance
            .iter()
            .enumerate()
            .map(|(at, block)| (key(block), at))
            .collect();
        let mut seen = BTreeSet::new();
        for block in &new.governance {
            let about = self.about_block(block);
            match known.get(&key(block)).and_then(|at| {
                seen.insert(*at);
                old.governance.get(*at)
            }) {
                Some(was) => self.block(&about, was, block),
                None => {
                    let text = whole_block(block);
                    let found = Found {
                        weight: Weight::Meaning,
                        kind: Kind::Added,
                        part: String::new(),
                        before: None,
                        says: format!("new under {}: {}, {text}", block.block, about.name),
                        after: Some((text, block.span)),
                        edit: edit_of(block),
                    };
                    self.push(&about, found);
                }
            }
        }
        for (at, block) in old.governance.iter().enumerate() {
            if !seen.contains(&at) {
                let about = self.about_block(block);
                let text = whole_block(block);
                let found = Found {
                    weight: Weight::Meaning,
                    kind: Kind::Removed,
                    part: String::new(),
                    says: format!("gone from {}: {}, {text}", block.block, about.name),
                    before: Some((text, block.span)),
                    after: None,
                    edit: edit_of(block),
                };
                self.push(&about, found);
            }
        }
    }

    fn about_block(&self, block: &GovernanceBlock) -> About {
        About {
            block: block.block.clone(),
            name: if block.name.is_empty() {
                block.block.clone()
            } else {
                block.name.clone()
            },
            was_called: None,
            things: (None, None),
        }
    }

    fn block(&mut self, about: &About, was: &GovernanceBlock, is: &GovernanceBlock) {
        self.block_formulas(about, was, is);
        let keys: BTreeSet<&Text> = was
            .says
            .iter()
            .chain(&is.says)
            .map(|(key, _)| key)
            .collect();
        let first_words = |block: &GovernanceBlock| -> BTreeSet<Text> {
            let paths = block.formulas.iter();
            paths
                .map(|(path, _)| path.split('.').next().unwrap_or_default().into())
                .collect()
        };
        let formulas: BTreeSet<Text> = first_words(was).union(&first_words(is)).cloned().collect();
        for key in keys {
            if formulas.contains(key) {
                continue;
            }
            let says = |block: &GovernanceBlock| {
                let found = block.says.iter().find(|(known, _)| known == key);
                found.map(|(_, text)| text.split_whitespace().collect::<Vec<_>>().join(" "))
            };
            let (old, new) = (says(was), says(is));
            if &**key == "is" {
                let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
                self.word(about, "is", (&old, was.span), (&new, is.span));
                continue;
            }
            let in_order = |text: &Option<String>| {
                let text = text.as_deref().unwrap_or_default();
                match IN_ORDER.contains(&&**key) {
                    true => vec![text.to_owned()],
                    false => without_order(text),
                }
            };
            if in_order(&old) == in_order(&new) {
                continue;
            }
            let name = title(about);
            let says = match (&old, &new) {
                (None, Some(new)) => format!("{key} of {name} is now {new}"),
                (Some(old), None) => format!("{name} no longer says {key}; it was {old}"),
                (_, _) => format!(
                    "{key} of {name} changes from {} to {}",
                    old.clone().unwrap_or_default(),
                    new.clone().unwrap_or_default()
                ),
            };
            let places = (
                self.before.place(was.span, key),
                self.after.place(is.span, key),
            );
            let found = Found {
                weight: Weight::Meaning,
                kind: kind_of(&old, &new),
                part: key.to_string(),
                says,
                before: old.map(|text| (text, places.0)),
                after: new.map(|text| (text, places.1)),
                edit: edit_of(is),
            };
            self.push(about, found);
        }
    }

    fn block_formulas(&mut self, about: &About, was: &GovernanceBlock, is: &GovernanceBlock) {
        let find = |block: &GovernanceBlock, path: &Text| -> Option<Expr> {
            let found = block.formulas.iter().find(|(known, _)| known == path);
            found.map(|(_, formula)| formula.clone())
        };
        // What a contingency changes is named by its path; a thing under another name is another path.
        let paths: BTreeSet<Text> = was
            .formulas
            .iter()
            .chain(&is.formulas)
            .map(|(path, _)| path.clone())
            .collect();
        for path in paths {
            let (old, new) = (find(was, &path), find(is, &path));
            let (before, after) = (self.before.half(), self.after.half());
            if let (Some(a), Some(b)) = (&old, &new) {
                let keys = &mut self.keys;
                let same = keys.formula(a, &before.names) == keys.formula(b, &after.names)
                    || keys.formula(a, &before.whole) == keys.formula(b, &after.whole);
                if same {
                    continue;
                }
            }
            let text = |half: &crate::diff::smallest::Half<'_>, formula: &Option<Expr>| {
                formula
                    .as_ref()
                    .map(|formula| said::formula(&half.writer, formula))
            };
            let mut told = Told {
                before: text(&before, &old),
                after: text(&after, &new),
                moves: None,
                smallest: None,
            };
            if let (Some(a), Some(b)) = (&old, &new) {
                told.moves = said::moves((&before.writer, a), (&after.writer, b));
                if told.moves.is_none() {
                    let keys = &mut self.keys;
                    let (was, is) = (
                        keys.formula(a, &before.names),
                        keys.formula(b, &after.names),
                    );
                    told.moves = keys.multiple(was, is).and_then(|times| {
                        phrases::scaled(&before.writer.text(a), &after.writer.text(b), &times)
                    });
                }
                if told.moves.is_none() {
                    told.smallest = Some(smallest(&mut self.keys, before, after, (a, b)));
                }
            }
            let name = title(about);
            let says = match (&told.before, &told.after) {
                (None, Some(new)) => format!("{name}: {path} is now {new}"),
                (Some(old), None) => format!("{name}: {path} is no longer said; it was {old}"),
                (_, _) => format!("{name}: {path} {}", told.goes()),
            };
            let found = Found {
                weight: Weight::Meaning,
                kind: kind_of(&told.before, &told.after),
                part: path.to_string(),
                says,
                before: told
                    .before
                    .zip(old.map(|formula| formula.span).or(Some(was.span))),
                after: told
                    .after
                    .zip(new.map(|formula| formula.span).or(Some(is.span))),
                edit: edit_of(is),
            };
            self.push(about, found);
        }
    }

    /// Worked examples belong to what is signed, and move no money.
    pub(super) fn examples(&mut self) {
        let (old, new) = self.plans();
        let names = |plan: &crate::tree::Plan| -> BTreeMap<Text, Span> {
            let examples = plan.examples.iter();
            examples
                .map(|example| (example.case.clone(), example.span))
                .collect()
        };
        let (was, is) = (names(old), names(new));
        let all: BTreeSet<Text> = was.keys().chain(is.keys()).cloned().collect();
        for name in all {
            let sides = (was.get(&name), is.get(&name));
            let kind = match sides {
                (None, Some(_)) => Kind::Added,
                (Some(_), None) => Kind::Removed,
                (_, _) => continue,
            };
            let about = About {
                block: "examples".into(),
                name: name.clone(),
                was_called: None,
                things: (None, None),
            };
            let found = Found {
                weight: Weight::Wording,
                kind,
                part: String::new(),
                says: match kind {
                    Kind::Added => format!("{name} is a new worked example"),
                    _ => format!("{name} is a worked example no longer"),
                },
                before: sides.0.map(|span| (name.to_string(), *span)),
                after: sides.1.map(|span| (name.to_string(), *span)),
                edit: Edit::Nothing,
            };
            self.push(&about, found);
        }
    }
}

/// The entries of a map, and the words of each, in an order of their own.
fn without_order(text: &str) -> Vec<String> {
    let mut entries: Vec<String> = text
        .split("; ")
        .map(|entry| {
            let (key, words) = entry.split_once(": ").unwrap_or(("", entry));
            let mut words: Vec<&str> = words.split(", ").map(str::trim).collect();
            words.sort_unstable();
            format!("{key}: {}", words.join(", "))
        })
        .collect();
    entries.sort();
    entries
}

/// What moves money goes as a whole; who decides and by when moves none.
fn edit_of(block: &GovernanceBlock) -> Edit {
    match &*block.block {
        "contingencies" | "guardrails" | "funds" => Edit::Block {
            block: block.block.clone(),
            name: block.name.clone(),
        },
        _ => Edit::Nothing,
    }
}

/// An entry of a block as a sentence names it: a block without entries by itself.
fn title(about: &About) -> String {
    if about.name == about.block {
        about.block.to_string()
    } else {
        format!("{} ({})", about.name, about.block)
    }
}

fn kind_of(old: &Option<String>, new: &Option<String>) -> Kind {
    match (old, new) {
        (None, Some(_)) => Kind::Added,
        (Some(_), None) => Kind::Removed,
        (_, _) => Kind::Changed,
    }
}

fn whole_block(block: &GovernanceBlock) -> String {
    let parts: Vec<String> = block
        .says
        .iter()
        .filter(|(key, _)| &**key != "is")
        .map(|(key, text)| format!("{key} {text}"))
        .collect();
    parts.join(", ")
}

/// Where a key of the head is written: in the plan's own file, or in a template's.
fn head_place(read: &Read<'_>, key: &str) -> Span {
    let plan = read.plan();
    let sources = read.side.sources;
    if let Some(place) = said::place_of_key(sources, plan.span, key) {
        return place;
    }
    let files: BTreeSet<_> = plan
        .kinds
        .iter()
        .map(|kind| kind.span.file)
        .chain(plan.components.iter().map(|component| component.span.file))
        .collect();
    let found = files.into_iter().find_map(|file| {
        let text = sources.file_text(file);
        let whole = Span {
            file,
            start: 0,
            end: u32::try_from(text.len()).ok()?,
        };
        said::place_of_key(sources, whole, key)
    });
    found.unwrap_or(Span {
        end: plan.span.start,
        ..plan.span
    })
}

fn calendar(calendar: &Calendar) -> String {
    let mut text = format!("years start on {}", calendar.year_starts());
    if let Some([first, second, third]) = calendar.weeks() {
        text.push_str(&format!(" and are made of weeks, {first}-{second}-{third}"));
    }
    if !calendar.periods().is_empty() {
        let days: Vec<String> = calendar.periods().iter().map(ToString::to_string).collect();
        text.push_str(&format!(" with periods from {}", days.join(", ")));
    }
    text
}
