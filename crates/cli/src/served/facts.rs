//! Facts: the sources and what was set aside, as `trueup facts` and `trueup quarantine` have them, and one partner's rows.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::{Date, parse_date};
use trueup_engine::world::{Cell, Credit, KindFacts, date_of, role_of};
use trueup_facts::flags::{Fate, flags};
use trueup_facts::program::{Program, Source};
use trueup_facts::quality::{Wanted, freshness, look as look_at};
use trueup_facts::raw::RawCell;
use trueup_facts::snapshot::OpenRow;
use trueup_facts::store::Delivery;
use trueup_plan::tree::{FactKind, KindId};
use trueup_server::wire::{
    Fact, FactColumn, FactDoubt, FactPage, FactsAsked, Feed, FeedDelivery, FeedQuality, Feeds,
    Permitted, RowProblem, SetAside, SetAsideCell,
};
use trueup_server::{FieldError, Refused, excerpt};

use crate::commands::facts_quality::findings;
use crate::failure::Failure;
use crate::locked::Basis;
use crate::notes;

use super::look::Look;
use super::room::Floor;
use super::whatif::holds_of;
use super::{name_of, refused};

/// How many deliveries of a source are shown.
const DELIVERIES_MAX: usize = 20;
/// How many rows that were set aside are shown.
const SET_ASIDE_MAX: usize = 200;
/// How many twins of a source are told.
const TWINS_TOLD: usize = 5;
/// How many facts a page has where nothing is said.
const FACTS_USUAL: u64 = 50;
/// How many facts a page has at most.
const FACTS_MAX: u64 = 200;

/// The sources, and the rows that are set aside.
pub fn feeds(look: &Look) -> Result<Feeds, Failure> {
    let basis = &look.open.basis;
    let facts = &basis.seen.facts;
    let program = &basis.folder.program;
    let today = notes::today(program)?;
    let fault = |fault| Failure::fault("reading the quarantine", &fault);
    let mut aside = facts.quarantined().map_err(fault)?;
    aside.sort_by_key(OpenRow::row_name);
    let feeds = program.sources.iter().filter_map(|source| {
        let kind = program.kinds.get(source.kind)?;
        let deliveries = facts
            .kind(&kind.name)
            .map_or(&[][..], |kind| kind.deliveries());
        let set_aside = aside.iter().filter(|row| *row.source == *source.name);
        Some(Feed {
            kind: kind.name.to_string(),
            set_aside: set_aside.count() as u64,
            ..feed(source, deliveries, today)
        })
    });
    Ok(Feeds {
        snapshot: facts.number(),
        on: today.to_string(),
        feeds: feeds.collect(),
        set_aside: aside.len() as u64,
        quarantine: aside
            .iter()
            .take(SET_ASIDE_MAX)
            .map(|row| set_aside(program, row))
            .collect(),
        may_settle: Permitted::yes(),
        may_replay: Permitted::yes(),
    })
}

fn feed(source: &Source, deliveries: &[Delivery], today: Date) -> Feed {
    let fresh = freshness(source, deliveries, today);
    let own = || deliveries.iter().filter(|one| *one.source == *source.name);
    let complete = source.complete.as_ref();
    let until = complete.and_then(|span| span.until.yesterday().ok());
    Feed {
        source: source.name.to_string(),
        is: source.is.to_string(),
        owner: source.owner.to_string(),
        kind: String::new(),
        last_delivery_on: fresh.last_delivery,
        due_on: fresh.due,
        late_days: fresh.late_days,
        complete_from: complete.map(|span| span.from.to_string()),
        complete_until: until.map(|day| day.to_string()),
        set_aside: 0,
        delivered: own().count() as u64,
        deliveries: own().rev().take(DELIVERIES_MAX).map(delivery).collect(),
    }
}

fn delivery(one: &Delivery) -> FeedDelivery {
    let repair = one.repair.as_ref();
    let because = repair.and_then(|repair| repair.because.clone());
    FeedDelivery {
        snapshot: one.number,
        taken_at: one.taken_at.clone(),
        file: one.file.clone(),
        read: one.read.rows,
        accepted: one.accepted.rows,
        corrected: one.corrected.rows,
        cancelled: one.cancelled.rows,
        duplicate: one.duplicate.rows,
        outdated: one.outdated.rows,
        quarantined: one.quarantined.rows,
        settled_by: repair.and_then(|repair| repair.by.clone()).map(|by| {
            let because = because.unwrap_or_default();
            format!("{by}: {because}")
        }),
    }
}

/// A row that was set aside, with the cells that its source reads.
fn set_aside(program: &Program, row: &OpenRow) -> SetAside {
    let cells = &row.row.cells;
    let read = program.source(&row.source).map(Source::columns_read);
    let may_mend = match (&read, row.row.is_conflict(), cells.is_empty()) {
        (None, _, _) => Permitted::no("its source is no longer declared in program.yaml"),
        (_, true, _) => Permitted::no(
            "another row says otherwise under its id and revision; send the true one with a higher revision, or reject it",
        ),
        (_, false, true) => Permitted::no(
            "its cells do not belong to the columns of its file; send the row again, or reject it",
        ),
        (Some(_), false, false) => Permitted::yes(),
    };
    let columns: BTreeSet<&str> = match cells.is_empty() {
        true => BTreeSet::new(),
        false => read.iter().flatten().map(|column| &**column).collect(),
    };
    let text = |column: &str| cells.get(column).map(RawCell::text).unwrap_or_default();
    SetAside {
        name: row.row_name().to_string(),
        source: row.source.clone(),
        file: row.file.clone(),
        line: row.row.row,
        id: row.row.id.clone(),
        taken_on: row.taken_on.clone(),
        may_mend,
        cells: columns
            .into_iter()
            .map(|column| SetAsideCell {
                column: column.to_owned(),
                value: text(column),
            })
            .collect(),
        problems: row
            .row
            .problems
            .iter()
            .map(|problem| RowProblem {
                column: problem.column.clone(),
                value: Some(problem.value.clone()),
                code: problem.code.clone(),
                says: Some(problem.says.clone()),
                help: problem.help.clone(),
            })
            .collect(),
    }
}

/// How good the facts of a source are.
pub fn quality(look: &Look, source: &str) -> Result<FeedQuality, Refused> {
    let basis = &look.open.basis;
    let program = &basis.folder.program;
    let none = || {
        let shown = excerpt(source);
        Refused::not_found(format!("the program has no source {shown}"))
    };
    program.source(source).ok_or_else(none)?;
    let today = notes::today(program).map_err(refused)?;
    let wanted = Wanted {
        source: Some(source),
        top: TWINS_TOLD,
    };
    let found = look_at(program, &basis.seen.facts, today, wanted)
        .map_err(|fault| refused(Failure::fault("looking at the facts", &fault)))?;
    let one = found.first().ok_or_else(none)?;
    let (first_day, last_day) = one.days.clone().unzip();
    Ok(FeedQuality {
        source: source.to_owned(),
        rows: one.rows,
        delivered: one.delivered,
        duplicates: one.duplicates,
        corrected: one.corrected,
        cancelled: one.cancelled,
        twin_rows: one.twin_rows,
        far_out: one.far_out,
        first_day,
        last_day,
        findings: findings(one, TWINS_TOLD),
    })
}

/// A page of a partner's facts.
pub fn page(look: &Look, partner: &str, asked: &FactsAsked) -> Result<FactPage, Refused> {
    let filter = Filter::of(asked)?;
    let doubted = doubted(&look.open.basis)?;
    let (whose, kind, notes) = (
        partner.to_owned(),
        asked.kind.clone(),
        look.open.notes.clone(),
    );
    look.open.ask(move |floor| {
        floor.about(&whose, &notes)?;
        shown(floor, &whose, kind.as_deref(), (&filter, &doubted))
    })?
}

/// The flags that are open, by the row.
fn doubted(basis: &Basis) -> Result<BTreeMap<String, FactDoubt>, Refused> {
    let all = flags(&basis.seen.facts)
        .map_err(|fault| refused(Failure::fault("reading the flags", &fault)))?;
    let open = all.into_iter().filter(|flag| flag.fate == Fate::Open);
    Ok(open
        .map(|flag| {
            let doubt = FactDoubt {
                because: flag.because,
                on: flag.on,
            };
            (flag.row, doubt)
        })
        .collect())
}

/// Which rows are asked for.
struct Filter {
    holds: String,
    from: Date,
    until: Date,
    skip: u64,
    limit: u64,
}

impl Filter {
    fn of(asked: &FactsAsked) -> Result<Self, Refused> {
        let day = |name: &str, text: &Option<String>, none: Date| match text {
            None => Ok(none),
            Some(text) => parse_date(text).map_err(|error| {
                Refused::parts(vec![FieldError {
                    pointer: format!("?{name}"),
                    detail: error.to_string(),
                }])
            }),
        };
        Ok(Self {
            holds: asked.holds.as_deref().unwrap_or_default().to_lowercase(),
            from: day("from", &asked.from, Date::MIN)?,
            until: day("until", &asked.until, Date::MAX)?,
            skip: asked.skip.unwrap_or(0),
            limit: asked.limit.unwrap_or(FACTS_USUAL).clamp(1, FACTS_MAX),
        })
    }

    fn takes(&self, on: Date, id: &str, cells: &[Option<String>]) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(&self.holds);
        (self.from..=self.until).contains(&on)
            && (self.holds.is_empty() || holds(id) || cells.iter().flatten().any(|one| holds(one)))
    }
}

fn shown(
    floor: &mut Floor<'_>,
    partner: &str,
    kind: Option<&str>,
    (filter, doubted): (&Filter, &BTreeMap<String, FactDoubt>),
) -> Result<Result<FactPage, Refused>, Failure> {
    let rows = floor.rows_of(partner)?;
    let folder = &floor.basis.folder;
    let prepared = floor.told(partner)?;
    let plan = prepared.plan;
    let at = prepared.partner(partner)?;
    let kinds = (0u16..).map(KindId).zip(&plan.kinds);
    let found = kinds
        .clone()
        .find(|(_, one)| kind.is_none_or(|kind| *one.name == *kind));
    let Some((id, shape)) = found else {
        let known: Vec<&str> = plan.kinds.iter().map(|one| &*one.name).collect();
        return Ok(Err(Refused::not_found(format!(
            "the plan reads no facts of that kind; it reads {}",
            known.join(", ")
        ))));
    };
    let declared = folder.program.kind(&shape.name);
    let mut all = match rows.kind(id) {
        Some(facts) => credited(facts, shape, at, filter),
        None => Vec::new(),
    };
    all.reverse();
    let count = all.len() as u64;
    let skip = usize::try_from(filter.skip).unwrap_or(usize::MAX);
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let mut facts: Vec<Fact> = all.into_iter().skip(skip).take(limit).collect();
    for fact in &mut facts {
        fact.doubted = doubted.get(&fact.id).cloned();
    }
    let next = filter.skip.saturating_add(facts.len() as u64);
    let columns = shape.columns.iter().map(|column| FactColumn {
        name: column.name.to_string(),
        holds: holds_of(
            declared.and_then(|kind| kind.type_of(&column.name)),
            column.of,
        ),
    });
    Ok(Ok(FactPage {
        partner: partner.to_owned(),
        partner_name: name_of(folder, partner),
        currency: plan.currency.code().to_owned(),
        kinds: kinds.map(|(_, one)| one.name.to_string()).collect(),
        kind: shape.name.to_string(),
        is: declared.map(|one| one.is.to_string()).unwrap_or_default(),
        columns: columns.collect(),
        count,
        facts,
        next: (next < count).then_some(next),
        may_doubt: Permitted::yes(),
    }))
}

/// The rows that are credited to a partner and count, the oldest first.
fn credited(
    facts: &KindFacts,
    shape: &FactKind,
    at: trueup_engine::world::PartnerIx,
    filter: &Filter,
) -> Vec<Fact> {
    let roles: BTreeSet<u16> = shape
        .credited
        .iter()
        .filter_map(|line| role_of(shape, &line.role))
        .collect();
    let mut own: BTreeMap<u32, &Credit> = BTreeMap::new();
    for role in roles {
        for credit in facts.credits(role, at) {
            own.entry(credit.row.0).or_insert(credit);
        }
    }
    let told = own.into_values().filter_map(|credit| {
        if !facts.is_known(credit.row, None) {
            return None;
        }
        let row = facts.rows.get(credit.row.0 as usize)?;
        let on = date_of(row, shape.dated)?;
        let cells: Vec<Option<String>> = row.cells.iter().map(text_of).collect();
        filter.takes(on, row.id.as_str(), &cells).then(|| Fact {
            id: row.id.to_string(),
            on: on.to_string(),
            cells,
            share: credit.share.to_string(),
            doubted: None,
        })
    });
    told.collect()
}

fn text_of(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Number(figure) => Some(figure.to_string()),
        Cell::Text(text) => Some(text.to_string()),
        Cell::Date(day) => Some(day.to_string()),
        Cell::Flag(holds) => Some(holds.to_string()),
        Cell::Partner(id) => Some(id.to_string()),
        Cell::Empty => None,
    }
}

/// Whether a fact is credited to a partner and counts.
pub fn is_of(look: &Look, partner: &str, fact: &str) -> Result<(), Refused> {
    let (whose, named, notes) = (partner.to_owned(), fact.to_owned(), look.open.notes.clone());
    let is_own = look.open.ask(move |floor| {
        floor.about(&whose, &notes)?;
        is_own(floor, &whose, &named)
    })?;
    match is_own {
        true => Ok(()),
        false => {
            let shown = excerpt(fact);
            let says = format!("{shown} is no fact of partner {partner} that counts");
            Err(Refused::conflict(says))
        }
    }
}

fn is_own(floor: &mut Floor<'_>, partner: &str, fact: &str) -> Result<bool, Failure> {
    let rows = floor.rows_of(partner)?;
    let prepared = floor.told(partner)?;
    let at = prepared.partner(partner)?;
    let mut kinds = rows.facts.iter();
    Ok(kinds.any(|facts| {
        let mut credits = facts.all_credits();
        credits.any(|(_, to, credit)| {
            let row = facts.rows.get(credit.row.0 as usize);
            to == at
                && facts.is_known(credit.row, None)
                && row.is_some_and(|row| row.id.as_str() == fact)
        })
    }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::example::{begun, take_in_or_set_aside};
    use super::*;
    use crate::args::{FactsFlagArgs, ProgramArgs};
    use crate::commands::facts_flag;

    #[test]
    fn a_partner_finds_its_rows_and_doubts_one_of_them_and_none_of_others() {
        let (_folder, program) = begun();
        let look = Look::of(&program, None).expect("read");
        let all = page(&look, "P-100", &FactsAsked::default()).expect("a page");
        assert!(all.count > 2 && all.next.is_none());
        assert_eq!(all.kinds, ["sale", "survey"]);
        let days: Vec<&str> = all.facts.iter().map(|one| one.on.as_str()).collect();
        assert!(days.is_sorted_by(|a, b| a >= b), "the newest first");
        let asked = FactsAsked {
            holds: Some("SUPPORT".to_owned()),
            from: Some("2026-06-01".to_owned()),
            ..FactsAsked::default()
        };
        let some = page(&look, "P-100", &asked).expect("a page");
        let ids: Vec<&str> = some.facts.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["invoices/I-1010/1"]);
        let first = FactsAsked {
            limit: Some(2),
            ..FactsAsked::default()
        };
        assert_eq!(page(&look, "P-100", &first).expect("a page").next, Some(2));
        // I-1009 is another partner's: that it exists is not said.
        let other = is_of(&look, "P-100", "invoices/I-1009/1").expect_err("refused");
        let none = is_of(&look, "P-100", "invoices/I-9/1").expect_err("refused");
        assert_eq!(other.says.replace("I-1009", "I-9"), none.says);
        is_of(&look, "P-100", "invoices/I-1010/1").expect("its own");
        let doubted = FactsFlagArgs {
            rows: vec!["invoices/I-1010/1".to_owned()],
            lift: false,
            because: "it was returned".to_owned(),
            by: "u-17".to_owned(),
            program: ProgramArgs {
                program: program.clone(),
            },
        };
        facts_flag::run(&doubted).expect("on record");
        let after = Look::of(&program, Some(&look)).expect("read");
        let some = page(&after, "P-100", &asked).expect("a page");
        let doubted = some.facts[0].doubted.as_ref().expect("in doubt");
        assert_eq!(doubted.because, "it was returned");
    }

    #[test]
    fn a_row_that_was_set_aside_is_told_with_its_file_line_and_column() {
        let (_folder, program) = begun();
        let wrong = "invoice,line,invoice_date,reseller,product,net_amount\n\
                     I-2001,1,2026-06-20,P-100,suite,1.000.00\n";
        fs::write(program.join("late.csv"), wrong).expect("written");
        take_in_or_set_aside(&program, &["late.csv"]);
        let look = Look::of(&program, None).expect("read");
        let told = feeds(&look).expect("told");
        assert_eq!(told.set_aside, 1);
        let row = &told.quarantine[0];
        assert_eq!((row.file.as_str(), row.line), ("late.csv", 2));
        assert_eq!(row.problems[0].column, "net_amount");
        assert!(!row.problems[0].help.is_empty());
        let invoices = told.feeds.iter().find(|one| one.source == "invoices");
        let invoices = invoices.expect("a source");
        assert_eq!(
            (invoices.owner.as_str(), invoices.set_aside),
            ("finance", 1)
        );
        assert_eq!(invoices.complete_until.as_deref(), Some("2026-06-30"));
        assert_eq!(invoices.deliveries[0].quarantined, 1);
        let quality = quality(&look, "invoices").expect("looked at");
        assert!(
            quality
                .findings
                .iter()
                .any(|says| says.contains("set aside")),
            "{quality:?}"
        );
        assert_eq!(
            super::quality(&look, "nobody").expect_err("none").status,
            404
        );
    }
}
