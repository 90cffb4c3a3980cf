//! `trueup facts diff`: what changed between two snapshots, in rows, in sums and in pay.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_facts::snapshot::{KindDifference, Moved, RowChange, Said, Snapshot, Wanted};
use trueup_plan::tree::Grant;

use crate::args::{AsOfArgs, FactsDiffArgs, Format, ScopeArgs};
use crate::compute;
use crate::earned::{Earned, exact_at};
use crate::failure::Failure;
use crate::folder::{self, Folder};
use crate::output;
use crate::progress::Progress;
use crate::seen::{self, Scope};
use crate::settling;

/// What changed.
struct Difference {
    /// The numbers of the two snapshots.
    snapshots: (u64, u64),
    kinds: Vec<KindDifference>,
    /// What is paid otherwise; none where nobody was settled.
    pay: Option<Vec<Paid>>,
}

/// A line of pay before and after.
struct Paid {
    ends: Date,
    partner: String,
    period: String,
    component: String,
    currency: Currency,
    /// What was posted; none where it was open or not there.
    before: Option<Exact>,
    /// What is posted.
    after: Option<Exact>,
}

impl Paid {
    fn change(&self) -> Exact {
        &self.after.clone().unwrap_or_default() - &self.before.clone().unwrap_or_default()
    }
}

/// Compares.
pub fn run(args: &FactsDiffArgs, progress: &Progress) -> Result<(), Failure> {
    let folder = folder::open(&args.program.program)?;
    let as_of = |snapshot| AsOfArgs {
        snapshot,
        as_known_on: None,
    };
    let before = match args.before {
        0 => Snapshot::open_at(&folder.program.folder, &BTreeMap::new())
            .map_err(|fault| Failure::fault("opening the facts", &fault))?,
        number => seen::facts_as_of(&folder, &as_of(Some(number)))?,
    };
    let after = seen::facts_as_of(&folder, &as_of(args.after))?;
    let step = progress.step("comparing the facts".to_owned());
    let wanted = Wanted {
        partner: args.partner.as_deref(),
        rows_max: match args.format {
            Format::Table => args.top,
            Format::Json | Format::Csv => usize::MAX,
        },
    };
    let kinds = after
        .difference(&before, &folder.program, wanted)
        .map_err(|fault| Failure::fault("comparing the facts", &fault))?;
    step.finish_and_clear();
    // Comma-separated values are rows; pay has no place among them.
    let is_settled = !args.without_pay && args.format != Format::Csv && !folder.matched.is_empty();
    let pay = match is_settled {
        true => Some(paid(args, &folder, (&before, &after), progress)?),
        false => None,
    };
    let difference = Difference {
        snapshots: (before.number(), after.number()),
        kinds,
        pay,
    };
    match args.format {
        Format::Table => output::print(&page(&difference, args.top)),
        Format::Json => output::json(&as_json(&difference)),
        Format::Csv => as_csv(&difference),
    }
}

/// What everyone is paid otherwise under today's plans and agreements.
fn paid(
    args: &FactsDiffArgs,
    folder: &Folder,
    (before, after): (&Snapshot, &Snapshot),
    progress: &Progress,
) -> Result<Vec<Paid>, Failure> {
    let (partner, period) = (args.partner.as_deref(), args.period.as_deref());
    let scope_args = ScopeArgs::of(args.program.clone(), partner, period);
    if let Some(partner) = &args.partner {
        compute::plan_of(folder, partner)?;
    }
    let newer = if before.number() > after.number() {
        before
    } else {
        after
    };
    let scope = Scope::of(period, folder, newer)?;
    let mut lines: BTreeMap<(String, Date, String, Currency), Paid> = BTreeMap::new();
    for plan in folder.settled_under() {
        for (facts, is_after) in [(before, false), (after, true)] {
            for line in settling::lines_under(folder, plan, facts, &scope_args, &scope, progress)? {
                if line.grants != Grant::Money {
                    continue;
                }
                let slot = lines.entry(key(&line)).or_insert_with(|| Paid {
                    ends: line.settlement.ends,
                    partner: line.partner.as_str().to_owned(),
                    period: line.period.clone(),
                    component: line.component.to_string(),
                    currency: line.currency,
                    before: None,
                    after: None,
                });
                let side = if is_after {
                    &mut slot.after
                } else {
                    &mut slot.before
                };
                *side = line.posted;
            }
        }
    }
    let mut lines: Vec<Paid> = lines.into_values().collect();
    lines.retain(|line| line.before != line.after);
    Ok(lines)
}

fn key(line: &Earned) -> (String, Date, String, Currency) {
    (
        line.partner.as_str().to_owned(),
        line.settlement.ends,
        line.component.to_string(),
        line.currency,
    )
}

fn page(difference: &Difference, top: usize) -> String {
    let (before, after) = difference.snapshots;
    let mut text = format!("From snapshot {before} to snapshot {after} of the facts\n");
    if difference.kinds.is_empty() {
        text.push_str("\nNo fact changed.\n");
    }
    for kind in &difference.kinds {
        of_kind(kind, top, &mut text);
    }
    if let Some(pay) = &difference.pay {
        of_pay(pay, top, &mut text);
    }
    text
}

fn of_kind(kind: &KindDifference, top: usize, text: &mut String) {
    let _ = writeln!(text, "\n{}", kind.kind);
    let mut heads = vec!["partner", "added", "changed", "gone"];
    heads.extend(kind.numbers.iter().map(String::as_str));
    let row = |whose: &str, moved: &Moved| {
        let mut cells = vec![whose.to_owned()];
        cells.extend(
            [moved.added, moved.changed, moved.gone].map(|rows| match rows {
                0 => String::new(),
                rows => output::grouped(&rows.to_string()),
            }),
        );
        cells.extend(moved.sums.iter().map(|sum| output::signed(sum, 0)));
        cells
    };
    // Those whose rows moved most come first.
    let mut whose: Vec<(&String, &Moved)> = kind.by_partner.iter().collect();
    let size = |moved: &Moved| {
        let sums = moved.sums.first().map(Exact::abs).unwrap_or_default();
        (sums, moved.added + moved.changed + moved.gone)
    };
    whose.sort_by_key(|(_, moved)| Reverse(size(moved)));
    let mut rows: Vec<Vec<String>> = whose
        .iter()
        .take(top)
        .map(|(partner, moved)| row(shown_partner(partner), moved))
        .collect();
    if whose.len() > top {
        rows.push(vec![format!("and {} more", whose.len() - top)]);
    }
    rows.push(row("all", &kind.total));
    let _ = writeln!(text, "{}", output::table(&heads, 1, rows));
    for change in &kind.rows {
        let _ = writeln!(text, "  {}", said_of(kind, change));
    }
    let changed = kind.total.added + kind.total.changed + kind.total.gone;
    let listed = kind.rows.len() as u64;
    if changed > listed {
        let _ = writeln!(
            text,
            "  and {} more; --format csv lists every row",
            output::grouped(&(changed - listed).to_string())
        );
    }
}

/// What a partner is called who may be nobody.
fn shown_partner(partner: &str) -> &str {
    if partner.is_empty() {
        "nobody"
    } else {
        partner
    }
}

/// A changed row in a line.
fn said_of(kind: &KindDifference, change: &RowChange) -> String {
    let what = change.what().word();
    let id = format!("{}/{}", change.source, change.id);
    let cell = |said: &Said, at: usize| said.cells.get(at).cloned().flatten();
    let columns = || kind.columns.iter().enumerate();
    let (says, from): (Vec<String>, &Said) = match (&change.before, &change.after) {
        (Some(before), Some(after)) => (
            columns()
                .filter(|(at, _)| cell(before, *at) != cell(after, *at))
                .map(|(at, name)| {
                    let was = cell(before, at).unwrap_or_else(|| "nothing".to_owned());
                    let is = cell(after, at).unwrap_or_else(|| "nothing".to_owned());
                    format!("{name} {was} → {is}")
                })
                .chain(
                    (before.cells == after.cells)
                        .then(|| format!("the same under revision {}", after.revision)),
                )
                .collect(),
            after,
        ),
        (Some(one), None) | (None, Some(one)) => (
            columns()
                .filter_map(|(at, name)| Some(format!("{name} {}", cell(one, at)?)))
                .collect(),
            one,
        ),
        (None, None) => return format!("{what} {id}"),
    };
    format!(
        "{what} {id} ({}:{}): {}",
        from.file,
        from.row,
        says.join(", ")
    )
}

fn of_pay(pay: &[Paid], top: usize, text: &mut String) {
    text.push_str("\nPay under today's plans and agreements\n");
    if pay.is_empty() {
        text.push_str("No line changes.\n");
        return;
    }
    let mut lines: Vec<&Paid> = pay.iter().collect();
    lines.sort_by_key(|line| {
        let place = (line.partner.clone(), line.ends, line.component.clone());
        (Reverse(line.change().abs()), place)
    });
    let side = |amount: &Option<Exact>, currency: Currency| match amount {
        Some(amount) => output::shown(amount, currency.places()),
        None => "open".to_owned(),
    };
    let mut rows: Vec<Vec<String>> = lines
        .iter()
        .take(top)
        .map(|line| {
            let currency = line.currency;
            vec![
                line.partner.clone(),
                line.period.clone(),
                line.component.clone(),
                currency.code().to_owned(),
                side(&line.before, currency),
                side(&line.after, currency),
                output::signed(&line.change(), currency.places()),
            ]
        })
        .collect();
    if lines.len() > top {
        rows.push(vec![format!("and {} more", lines.len() - top)]);
    }
    let mut totals: BTreeMap<Currency, (Exact, Exact, BTreeSet<&str>)> = BTreeMap::new();
    for line in &lines {
        let (before, after, partners) = totals.entry(line.currency).or_default();
        *before = &*before + &line.before.clone().unwrap_or_default();
        *after = &*after + &line.after.clone().unwrap_or_default();
        partners.insert(&line.partner);
    }
    for (currency, (before, after, partners)) in &totals {
        rows.push(vec![
            output::counted(partners.len(), "partner"),
            String::new(),
            String::new(),
            currency.code().to_owned(),
            output::shown(before, currency.places()),
            output::shown(after, currency.places()),
            output::signed(&(after - before), currency.places()),
        ]);
    }
    let heads = [
        "partner",
        "period",
        "component",
        "",
        "before",
        "after",
        "change",
    ];
    let _ = writeln!(text, "{}", output::table(&heads, 4, rows));
}

fn as_json(difference: &Difference) -> Value {
    let moved = |kind: &KindDifference, moved: &Moved| {
        let sums: BTreeMap<&String, String> = kind
            .numbers
            .iter()
            .zip(&moved.sums)
            .map(|(name, sum)| (name, exact_at(sum, 0)))
            .collect();
        json!({ "added": moved.added, "changed": moved.changed, "gone": moved.gone, "sums": sums })
    };
    let said = |kind: &KindDifference, said: &Option<Said>| {
        said.as_ref().map(|said| {
            let cells: BTreeMap<&String, &Option<String>> =
                kind.columns.iter().zip(&said.cells).collect();
            json!({ "cells": cells, "revision": said.revision, "file": said.file, "row": said.row })
        })
    };
    let kinds: Vec<Value> = difference
        .kinds
        .iter()
        .map(|kind| {
            let by_partner: BTreeMap<&String, Value> = kind
                .by_partner
                .iter()
                .map(|(partner, of)| (partner, moved(kind, of)))
                .collect();
            json!({
                "kind": &*kind.kind,
                "total": moved(kind, &kind.total),
                "by_partner": by_partner,
                "rows": kind.rows.iter().map(|change| json!({
                    "what": change.what().word(),
                    "source": change.source,
                    "id": change.id,
                    "partners": change.partners,
                    "before": said(kind, &change.before),
                    "after": said(kind, &change.after),
                })).collect::<Vec<Value>>(),
            })
        })
        .collect();
    let pay = difference.pay.as_ref().map(|pay| {
        pay.iter()
            .map(|line| {
                let exact = |amount: &Exact| exact_at(amount, line.currency.places());
                json!({
                    "partner": line.partner,
                    "period": line.period,
                    "component": line.component,
                    "currency": line.currency.code(),
                    "before": line.before.as_ref().map(exact),
                    "after": line.after.as_ref().map(exact),
                    "change": exact(&line.change()),
                })
            })
            .collect::<Vec<Value>>()
    });
    json!({
        "before": difference.snapshots.0,
        "after": difference.snapshots.1,
        "kinds": kinds,
        "pay": pay,
    })
}

/// A line for each cell that differs.
fn as_csv(difference: &Difference) -> Result<(), Failure> {
    let heads = [
        "kind", "what", "source", "id", "column", "before", "after", "revision", "file", "row",
    ];
    let mut rows = Vec::new();
    for kind in &difference.kinds {
        for change in &kind.rows {
            let Some(from) = change.after.as_ref().or(change.before.as_ref()) else {
                continue;
            };
            let cell = |said: &Option<Said>, at: usize| {
                said.as_ref()
                    .and_then(|said| said.cells.get(at).cloned().flatten())
            };
            for (at, column) in kind.columns.iter().enumerate() {
                let (before, after) = (cell(&change.before, at), cell(&change.after, at));
                if before != after {
                    rows.push(vec![
                        kind.kind.to_string(),
                        change.what().word().to_owned(),
                        change.source.clone(),
                        change.id.clone(),
                        column.clone(),
                        before.unwrap_or_default(),
                        after.unwrap_or_default(),
                        from.revision.to_string(),
                        from.file.clone(),
                        from.row.to_string(),
                    ]);
                }
            }
        }
    }
    output::csv(&heads, rows)
}
