//! Why a line posts what it posts: in plain words, then the evaluated graph.

use trueup_engine::explain::{Explanation as Tree, Subject};
use trueup_server::wire::{LineExplanation, Statement};
use trueup_server::{Refused, excerpt};

use crate::commands::explain::{Explained, own_in};
use crate::compute::{self, Figures, Prepared};
use crate::earned::Earned;
use crate::failure::Failure;
use crate::locked::Basis;
use crate::output;
use crate::seen::Scope;
use crate::threads::on_deep_stack;

use super::figures::{explanation, figure, nodes};
use super::look::Look;
use super::refused;
use super::statements::{clause, explained, id_of};

/// How many bands are told in words.
const BANDS_SAID: usize = 6;

/// Explains a line of a partner's statement.
pub fn of(
    look: &Look,
    (partner, period, line): (&str, &str, &str),
    with_rows: bool,
) -> Result<LineExplanation, Refused> {
    let statement = look.statement(partner, period)?;
    if !statement.lines.iter().any(|known| known.id == line) {
        let shown = excerpt(line);
        return Err(Refused::not_found(format!(
            "the statement of {} has no line {shown}",
            statement.period
        )));
    }
    let room = look.room_of(&statement.ends_on)?;
    let asked = Asked {
        partner: partner.to_owned(),
        line: line.to_owned(),
        with_rows,
        notes: room.notes.clone(),
        statement: (*statement).clone(),
    };
    match with_rows {
        // Rows are read for the one who asks; what is measured for everybody holds none.
        true => on_deep_stack(&|| asked.by_rows(&room.basis)).map_err(refused),
        false => room.ask(move |floor| {
            let basis = floor.basis;
            let prepared = floor.about(&asked.partner, &asked.notes)?;
            asked.of(basis, prepared)
        }),
    }
}

struct Asked {
    partner: String,
    line: String,
    with_rows: bool,
    notes: Vec<String>,
    statement: Statement,
}

impl Asked {
    fn by_rows(&self, basis: &Basis) -> Result<LineExplanation, Failure> {
        let prepared = compute::prepare_with_rows(
            &basis.folder,
            &self.partner,
            &basis.seen,
            self.notes.clone(),
        )?;
        self.of(basis, &prepared)
    }

    fn of(&self, basis: &Basis, prepared: &Prepared<'_>) -> Result<LineExplanation, Failure> {
        let gone = || Failure::Found(format!("there is no line {}", self.line));
        let at = prepared.partner(&self.partner)?;
        let scope = Scope {
            period: None,
            until: basis.seen.scope.until,
        };
        let line = Figures::new(prepared)
            .earned(at, &scope)
            .into_iter()
            .find(|line| id_of(line) == self.line)
            .ok_or_else(gone)?;
        let told = explained(&basis.folder, prepared, at, &line, self.with_rows)?;
        let own = own_in(prepared, at, &line.settlement);
        Ok(LineExplanation {
            partner: self.partner.clone(),
            period: self.statement.period.clone(),
            line: self.line.clone(),
            under: self.statement.under.clone(),
            words: words(&line, &told),
            clause: clause(&basis.folder.sources, own, &line.component),
            to_date: line.to_date.as_ref().map(|figure| line.exact(figure)),
            before: line.exact(&line.before),
            posted: line.posted.as_ref().map(|figure| line.exact(figure)),
            currency: line.currency.code().to_owned(),
            since: told.since.as_ref().map(figure),
            tree: explanation(&told.explanation),
            notes: prepared.notes.clone(),
        })
    }
}

/// A line in plain words, a sentence each: what it is, whether its gates hold, which bands were reached, and what that comes to.
fn words(line: &Earned, told: &Explained) -> Vec<String> {
    let mut all = Vec::new();
    let tree = &told.explanation;
    if !line.is.is_empty() {
        all.push(sentence(&line.is));
    }
    for gate in nodes(tree).into_iter().filter(|node| node.part == "gate") {
        all.push(gate_in_words(gate));
    }
    let measured = |node: &&Tree| node.subject == Subject::Measure && !node.is.is_empty();
    let mut seen = Vec::new();
    for node in nodes(tree).into_iter().filter(measured).take(BANDS_SAID) {
        let says = format!(
            "{} ({}) came to {}.",
            capital(&node.is),
            node.period,
            node.figure
        );
        if !seen.contains(&says) {
            seen.push(says);
        }
    }
    all.extend(seen);
    for node in nodes(tree) {
        if let Some(says) = band_in_words(node)
            && !all.contains(&says)
            && all.len() < 3 * BANDS_SAID
        {
            all.push(says);
        }
    }
    all.push(format!(
        "For {} that comes to {}.",
        tree.period, told.explanation.figure
    ));
    all.push(posted_in_words(line));
    if let Some(since) = &told.since {
        all.push(format!(
            "With what came in since, the same question answers {since}; the next settlement posts the difference."
        ));
    }
    all
}

fn gate_in_words(gate: &Tree) -> String {
    let what = match gate.is.is_empty() {
        true => &gate.name,
        false => &gate.is,
    };
    match gate.figure.exact().as_str() {
        "true" => format!("The condition holds: {what}."),
        "false" => format!("The condition does not hold, so nothing is earned: {what}."),
        _ => format!("The condition has no answer yet ({}): {what}.", gate.figure),
    }
}

fn band_in_words(node: &Tree) -> Option<String> {
    let band = node.band.as_ref()?;
    let list = |named: &[trueup_engine::explain::Named]| {
        let said: Vec<String> = named
            .iter()
            .map(|one| format!("{} {}", one.name.replace('_', " "), one.figure))
            .collect();
        said.join(", ")
    };
    let asked = list(&band.arguments);
    let slice: Vec<&trueup_engine::explain::Named> = band
        .bounds
        .iter()
        .filter(|bound| bound.name == "slice")
        .collect();
    let part = slice
        .first()
        .map(|slice| format!(", of which {} lies in it", slice.figure))
        .unwrap_or_default();
    Some(format!(
        "In the table {} the band {} applies ({asked}{part}): {}.",
        band.table.replace('_', " "),
        band.bands.join(" and "),
        list(&band.cells)
    ))
}

fn posted_in_words(line: &Earned) -> String {
    let unit = match line.grants {
        trueup_plan::tree::Grant::Money | trueup_plan::tree::Grant::Fund => {
            format!(" {}", line.currency.code())
        }
        trueup_plan::tree::Grant::Count | trueup_plan::tree::Grant::Flag => String::new(),
    };
    let shown = |figure| format!("{}{unit}", line.shown(figure));
    match (&line.to_date, &line.posted) {
        (Some(to_date), Some(posted)) => format!(
            "Since the agreement began {} was earned; {} was posted before, so {} is posted now.",
            shown(to_date),
            shown(&line.before),
            shown(posted)
        ),
        (_, _) => format!(
            "Nothing is posted yet: {}.",
            match line.open.is_empty() {
                true => output::counted(0, "answer"),
                false => line.open.join("; "),
            }
        ),
    }
}

fn sentence(text: &str) -> String {
    let text = capital(text.trim());
    match text.ends_with(['.', '!', '?']) {
        true => text,
        false => format!("{text}."),
    }
}

fn capital(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + signs.as_str()
    })
}
