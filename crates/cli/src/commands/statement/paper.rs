//! Statements as documents: what a partner reads and keeps.
//!
//! Everything in them follows from facts, plans and the journal, so the same of these are the same bytes. The one thing that
//! follows the day is a note that a feed is late, which is said of the present only.

use std::path::Path;

use trueup_base::exact::Exact;
use trueup_engine::explain::Figure;
use trueup_exports::statement::{
    Correction, Grants, Group, GroupRow, Line, Open, PaperRefusal, Party, Period, Standing,
    StatementPaper, pdf, xlsx,
};
use trueup_facts::disk::{Disk, Naming};
use trueup_plan::tree::Grant;

use super::{Statement, Told, reasons, short};
use crate::args::StatementFormat;
use crate::compute::{Figures, Prepared};
use crate::earned::Earned;
use crate::failure::Failure;
use crate::locked::{self, Basis};
use crate::output;

/// How a document is written.
type Write = fn(&[StatementPaper]) -> Result<Vec<u8>, PaperRefusal>;

/// How a format is written as a document; none where it is printed.
pub fn writer(format: StatementFormat) -> Option<Write> {
    match format {
        StatementFormat::Pdf => Some(pdf::write),
        StatementFormat::Xlsx => Some(xlsx::write),
        StatementFormat::Table | StatementFormat::Json | StatementFormat::Csv => None,
    }
}

/// Writes all statements into the file that was named.
pub fn write(
    out: &Path,
    write: Write,
    bases: &[Basis],
    told: &Told<'_>,
    partner: &str,
) -> Result<(), Failure> {
    let papers = papers(bases, told, partner)?;
    let bytes = bytes(write, &papers)?;
    Disk::default()
        .write(out, &[&bytes], Naming::Replaces)
        .map_err(|error| Failure::fault(format!("writing {}", out.display()), &error))?;
    let periods: Vec<&str> = papers.iter().map(|paper| &*paper.period.name).collect();
    let what = output::counted(papers.len(), "statement");
    output::print(&format!(
        "{}: {what} of {partner}, {}\n",
        out.display(),
        periods.join(", ")
    ))
}

/// All statements as documents say them.
pub fn papers(
    bases: &[Basis],
    told: &Told<'_>,
    partner: &str,
) -> Result<Vec<StatementPaper>, Failure> {
    let mut papers = Vec::new();
    for (basis, (prepared, own)) in bases.iter().zip(told) {
        for statement in own {
            papers.push(paper(basis, prepared, statement, partner)?);
        }
    }
    Ok(papers)
}

/// A document's bytes.
pub fn bytes(write: Write, papers: &[StatementPaper]) -> Result<Vec<u8>, Failure> {
    write(papers).map_err(|refusal| Failure::Found(refusal.to_string()))
}

fn paper(
    basis: &Basis,
    prepared: &Prepared<'_>,
    statement: &Statement,
    partner: &str,
) -> Result<StatementPaper, Failure> {
    let plan = prepared.plan;
    let party = Party {
        id: partner.to_owned(),
        name: prepared.name.clone().unwrap_or_else(|| partner.to_owned()),
    };
    let period = Period {
        name: statement.period.clone(),
        first: statement.first,
        last: statement.last,
    };
    let title = statement.under.title.clone();
    let mut paper = StatementPaper::new(title, party, period, standing(prepared), plan.currency);
    paper.under = statement
        .under
        .says
        .split(" · ")
        .map(str::to_owned)
        .collect();
    paper.objectives = statement.measured.iter().map(objective).collect();
    let at = prepared.partner(partner)?;
    let mut figures = Figures::explained(prepared);
    for line in &statement.lines {
        let why = match &line.to_date {
            Some(_) => figures.why(line, at, &basis.folder.sources),
            None => None,
        };
        paper.lines.push(earned(statement, line, why));
    }
    for correction in &statement.corrections {
        paper.corrections.push(Correction {
            component: correction.component.clone(),
            settled_on: correction.settled_on,
            amount: correction.amount.clone(),
        });
    }
    paper.beside = beside(statement, plan.currency.places());
    let open = reasons(&statement.lines).into_iter();
    paper.open = open
        .map(|(why, components)| Open {
            components: components.into_iter().map(str::to_owned).collect(),
            why,
        })
        .collect();
    paper.notes.clone_from(&prepared.notes);
    paper.checks = vec![
        format!(
            "Every figure opens, down to its rows: trueup explain --program DIR --partner {partner} --period {} COMPONENT --rows",
            statement.period
        ),
        "Whatever was changed is found: trueup verify --program DIR. The same facts, plan and agreement make this document again, byte for byte."
            .to_owned(),
    ];
    if let Some(run) = &basis.run {
        paper.hashes.push(("run".to_owned(), run.clone()));
    }
    let facts = basis.seen.facts.digest();
    paper.hashes.push(("facts".to_owned(), facts.to_string()));
    Ok(paper)
}

fn standing(prepared: &Prepared<'_>) -> Standing {
    match prepared.standing {
        locked::Standing::Locked(day) => Standing::Locked(format!(
            "As approved when everything until {day} was closed. What came in since counts in later periods."
        )),
        locked::Standing::Open => Standing::Provisional(
            "The period is not closed yet, so its figures can still change.".to_owned(),
        ),
        locked::Standing::Unsaid if !prepared.notes.is_empty() => {
            Standing::Provisional("Something is to be said of the facts: see the notes.".to_owned())
        }
        locked::Standing::Unsaid => Standing::Unsaid,
    }
}

fn objective((goal, shown): &(String, Vec<(String, Figure)>)) -> Group {
    let rows = shown.iter().map(|(is, figure)| GroupRow {
        is: is.clone(),
        figure: Some(short(figure)),
        note: match figure {
            Figure::None { why, .. } => Some(why.clone()),
            Figure::Number { .. }
            | Figure::Flag(_)
            | Figure::Date(_)
            | Figure::Duration(_)
            | Figure::Text(_)
            | Figure::Differs => None,
        },
    });
    Group {
        title: goal.clone(),
        rows: rows.collect(),
    }
}

fn earned(statement: &Statement, line: &Earned, why: Option<String>) -> Line {
    // A line of another version than the period's says which.
    let component = match *line.plan == *statement.under.called {
        true => line.component.to_string(),
        false => format!("{} ({})", line.component, line.plan),
    };
    Line {
        component,
        is: line.is.to_string(),
        why,
        grants: match line.grants {
            Grant::Money => Grants::Money,
            Grant::Fund => Grants::Fund,
            Grant::Count | Grant::Flag => Grants::Count,
        },
        to_date: line.to_date.clone(),
        before: line.before.clone(),
        now: line.posted.clone(),
    }
}

/// What stands beside the lines, a group for each kind of it.
fn beside(statement: &Statement, places: u32) -> Vec<Group> {
    let beside = &statement.beside;
    let words = |is: String, note: Option<String>| GroupRow {
        is,
        figure: None,
        note,
    };
    let amounts = |moved: &[(String, Exact)]| -> Vec<GroupRow> {
        let rows = moved.iter().map(|(what, amount)| GroupRow {
            is: what.clone(),
            figure: Some(output::shown(amount, places)),
            note: None,
        });
        rows.collect()
    };
    let mut groups = vec![Group {
        title: "On in this period".to_owned(),
        rows: beside
            .on
            .iter()
            .map(|one| words(one.name.clone(), Some(one.says.clone())))
            .collect(),
    }];
    groups.extend(beside.paid.iter().map(|paid| Group {
        title: format!("Released, held and taken back: {}", paid.component),
        rows: amounts(&paid.moved),
    }));
    groups.push(Group {
        title: "Paid out".to_owned(),
        rows: amounts(&beside.leaves),
    });
    groups.extend(beside.funds.iter().map(|fund| {
        let figures = fund.figures.iter();
        let moved: Vec<(String, Exact)> = figures
            .map(|(what, amount)| ((*what).to_owned(), amount.clone()))
            .collect();
        let mut rows = amounts(&moved);
        let open = fund.open.iter();
        rows.extend(open.map(|why| words("open".to_owned(), Some(why.clone()))));
        Group {
            title: format!("Fund: {}", fund.fund),
            rows,
        }
    }));
    groups.retain(|group| !group.rows.is_empty());
    groups
}
