//! The rows that somebody gives, read as strictly as a file's: each wrong cell is named with what would be right.

use std::collections::BTreeMap;

use trueup_base::date::Date;
use trueup_base::id::FactId;
use trueup_engine::cell;
use trueup_engine::world::{Cell, Row, date_of};
use trueup_facts::program::{ColumnType, Kind};
use trueup_plan::tree::{CreditTo, FactKind, KindId, Plan, Type};
use trueup_server::wire::{WhatIfAsked, WhatIfRow};
use trueup_server::{FieldError, Refused};

use super::{Ground, kind_named};

/// How many rows one question may hold.
const ROWS_MAX: usize = 200;
/// How long a text may be.
const TEXT_MAX: usize = 200;

/// Rows by their kind.
pub type Rows = BTreeMap<KindId, Vec<Row>>;

/// The days of some rows.
pub fn days(plan: &Plan, rows: &Rows) -> Vec<Date> {
    let all = rows
        .iter()
        .flat_map(|(kind, rows)| rows.iter().map(|row| (plan[*kind].dated, row)));
    all.filter_map(|(dated, row)| date_of(row, dated)).collect()
}

/// Reads what was given.
pub fn rows(ground: &Ground<'_, '_>, asked: &WhatIfAsked) -> Result<Rows, Refused> {
    let mut errors = Vec::new();
    if !(1..=ROWS_MAX).contains(&asked.rows.len()) {
        errors.push(FieldError {
            pointer: "#/rows".to_owned(),
            detail: format!("give 1 to {ROWS_MAX} rows"),
        });
        return Err(Refused::parts(errors));
    }
    let mut rows = Rows::new();
    for (at, given) in asked.rows.iter().enumerate() {
        let reading = Reading { ground, at };
        if let Some((kind, row)) = reading.row(given, &mut errors) {
            rows.entry(kind).or_default().push(row);
        }
    }
    match errors.is_empty() {
        true => Ok(rows),
        false => Err(Refused::parts(errors)),
    }
}

/// The reading of one row.
struct Reading<'r, 'a, 'b> {
    ground: &'r Ground<'a, 'b>,
    at: usize,
}

impl Reading<'_, '_, '_> {
    fn error(&self, below: &str, detail: impl Into<String>) -> FieldError {
        FieldError {
            pointer: format!("#/rows/{}/{below}", self.at),
            detail: detail.into(),
        }
    }

    fn row(&self, given: &WhatIfRow, errors: &mut Vec<FieldError>) -> Option<(KindId, Row)> {
        let plan = self.ground.prepared.plan;
        let program = &self.ground.floor.basis.folder.program;
        let declared = program.kind(&given.kind);
        let (Some(kind), Some(declared)) = (kind_named(plan, &given.kind), declared) else {
            let known: Vec<&str> = plan.kinds.iter().map(|kind| &*kind.name).collect();
            let says = format!("the plan reads {}", known.join(", "));
            errors.push(self.error("kind", says));
            return None;
        };
        let shape = &plan[kind];
        let found = errors.len();
        for name in given.cells.keys() {
            if shape.column_named(name).is_none() {
                let known: Vec<&str> = shape.columns.iter().map(|one| &*one.name).collect();
                let says = format!(
                    "{} has no such column; it has {}",
                    shape.name,
                    known.join(", ")
                );
                errors.push(self.error(&cell_of(name), says));
            }
        }
        let mut cells = Vec::new();
        for column in &shape.columns {
            let text = given.cells.get(&*column.name).map(|text| text.trim());
            match self.cell(declared, (&column.name, column.of), text.unwrap_or("")) {
                Ok(cell) => cells.push(cell),
                Err(detail) => errors.push(self.error(&cell_of(&column.name), detail)),
            }
        }
        if errors.len() > found {
            return None;
        }
        self.is_credited(shape, &cells, errors);
        let day = match cells.get(shape.dated.index()) {
            Some(Cell::Date(day)) => Some(*day),
            _ => None,
        };
        self.is_open(shape, day, errors);
        if errors.len() > found {
            return None;
        }
        let has_history = self
            .ground
            .rows
            .kind(kind)
            .is_some_and(|facts| facts.has_history);
        let row = Row {
            id: FactId::new(format!("whatif/{}", self.at + 1)).ok()?,
            cells,
            // It becomes known on the day on which it happens.
            recorded_on: day.filter(|_| has_history),
        };
        Some((kind, row))
    }

    fn cell(&self, declared: &Kind, (name, of): (&str, Type), text: &str) -> Result<Cell, String> {
        let held = declared.type_of(name);
        if text.is_empty() {
            return match is_needed(of) {
                true => Err("say it: the plan cannot read the row without".to_owned()),
                false => Ok(Cell::Empty),
            };
        }
        if text.chars().count() > TEXT_MAX {
            return Err(format!("at most {TEXT_MAX} characters"));
        }
        if let Some(ColumnType::Number { room, .. }) = held {
            let after = text.trim_end_matches('%').split_once('.');
            let places = after.map_or(0, |(_, after)| after.trim_end_matches('0').len());
            if places > usize::from(room.scale) {
                return Err(format!(
                    "`{text}` has {places} digits after the mark, and the column holds {}",
                    room.scale
                ));
            }
            let digits = text.chars().filter(char::is_ascii_digit).count();
            if digits > usize::from(room.digits) {
                return Err(format!("at most {} digits in all", room.digits));
            }
        }
        let cell = cell::of_fact(text, of)?;
        match &cell {
            Cell::Partner(id) if id.as_str() != self.ground.partner => Err(format!(
                "only {} stands here: what others do is not asked about",
                self.ground.partner
            )),
            _ => Ok(cell),
        }
    }

    /// A row is about the partner: one of the columns that credit somebody names it.
    fn is_credited(&self, shape: &FactKind, cells: &[Cell], errors: &mut Vec<FieldError>) {
        let columns = shape.credited.iter().map(|line| match line.to {
            CreditTo::Column(column) | CreditTo::Upline(column) => column,
        });
        let mut columns = columns.peekable();
        let Some(first) = columns.peek().copied() else {
            return;
        };
        let names = |column: trueup_plan::tree::ColumnId| {
            matches!(cells.get(column.index()), Some(Cell::Partner(_)))
        };
        if !columns.any(names)
            && let Some(column) = shape.columns.get(first.index())
        {
            let says = format!("say {}: the row credits nobody", self.ground.partner);
            errors.push(self.error(&cell_of(&column.name), says));
        }
    }

    fn is_open(&self, shape: &FactKind, day: Option<Date>, errors: &mut Vec<FieldError>) {
        let Some(column) = shape.columns.get(shape.dated.index()) else {
            return;
        };
        let at = cell_of(&column.name);
        let (from, last) = (self.ground.from, self.ground.last);
        match day {
            None => errors.push(self.error(&at, "say the day on which it happens")),
            Some(day) if day < from => errors.push(self.error(
                &at,
                format!("{day} is before the agreement, which starts on {from}"),
            )),
            Some(day) if day > last => errors.push(self.error(
                &at,
                format!("{day} is after the last day that can be asked about, {last}"),
            )),
            Some(_) => {}
        }
    }
}

/// Whether a row can't be read without a cell of a type.
pub fn is_needed(of: Type) -> bool {
    match of {
        Type::Number(_) | Type::Date | Type::Flag | Type::Duration => true,
        Type::Text | Type::Partner => false,
    }
}

/// A cell's place below its row, as a JSON pointer.
fn cell_of(name: &str) -> String {
    format!("cells/{}", name.replace('~', "~0").replace('/', "~1"))
}
