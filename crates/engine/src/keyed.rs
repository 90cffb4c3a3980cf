//! Values with keys: one figure for each of what a column says, such as the balance of each contract.
//!
//! A key is a coordinate of a place, like a row. Keys come from the facts: those that the partner's rows of the kind have
//! said since the agreement's start. So there are finitely many, and a total over them is a sum like any other.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::id::PartnerId;
use trueup_plan::tree::{Name, Text, Type, ValueId};

use crate::evaluate::{Evaluator, KeyIx, Place};
use crate::measure::{Measurer, rows_not_read};
use crate::number::{NoAnswer, Number};
use crate::value::Value;
use crate::world::{Cell, date_of, role_of};

/// The keys that were asked for, each with its position. Positions tell keys apart and order nothing that is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    cells: Vec<Cell>,
    places: BTreeMap<Cell, KeyIx>,
}

impl Keys {
    fn of(&mut self, cell: Cell) -> KeyIx {
        // Four thousand million keys do not fit in memory.
        let next = KeyIx(u32::try_from(self.cells.len()).unwrap_or(u32::MAX));
        let cells = &mut self.cells;
        *self.places.entry(cell).or_insert_with_key(|cell| {
            cells.push(cell.clone());
            next
        })
    }

    /// What a key says.
    pub(crate) fn cell(&self, key: KeyIx) -> Option<&Cell> {
        self.cells.get(key.0 as usize)
    }
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// A value with keys, for one of them.
    pub(crate) fn value_of_key(&mut self, id: ValueId, key: &str, at: &Place) -> Value<N> {
        let Some(keys) = &self.plan()[id].each else {
            return self.named(Name::Value(id), at);
        };
        let cell = match self.plan()[keys.kind].column(keys.column).of {
            Type::Partner => match PartnerId::new(key) {
                Ok(partner) => Cell::Partner(partner),
                Err(error) => return Value::None(NoAnswer::undefined(error.to_string())),
            },
            Type::Number(_) | Type::Date | Type::Duration | Type::Flag | Type::Text => {
                Cell::Text(key.into())
            }
        };
        let place = Place {
            key: Some(self.keys.of(cell)),
            row: None,
            ..*at
        };
        self.named(Name::Value(id), &place)
    }

    /// The key a value is asked for, inside its formula.
    pub(crate) fn key_asked_for(&self, at: &Place) -> Value<N> {
        match at.key.and_then(|key| self.keys.cell(key)) {
            Some(cell) => Value::from_cell(cell, String::new),
            None => Value::None(NoAnswer::undefined(
                "a key is asked for where there is none",
            )),
        }
    }

    /// The keys of a value: what its column says on the partner's rows from the agreement's start to the window's end.
    pub(crate) fn keys_of(&self, id: ValueId, at: &Place) -> Result<Vec<Text>, NoAnswer> {
        let Some(keys) = &self.plan()[id].each else {
            return Ok(Vec::new());
        };
        let shape = &self.plan()[keys.kind];
        let (Some(facts), Some(role)) = (self.world().kind(keys.kind), role_of(shape, &keys.role))
        else {
            return Ok(Vec::new());
        };
        if !facts.has_rows_of(at.partner) {
            return Err(rows_not_read(&shape.name));
        }
        let starts = self
            .agreement_starts(at.partner)
            .unwrap_or(at.window.starts);
        let mut found: BTreeSet<&str> = BTreeSet::new();
        for credit in facts.credits(role, at.partner) {
            let Some(row) = facts.rows.get(credit.row.0 as usize) else {
                continue;
            };
            let in_time =
                date_of(row, shape.dated).is_some_and(|day| starts <= day && day < at.window.ends);
            if !in_time || !facts.is_known(credit.row, at.known_before) {
                continue;
            }
            match row.cells.get(keys.column.index()) {
                Some(Cell::Text(key)) => found.insert(key),
                Some(Cell::Partner(key)) => found.insert(key.as_str()),
                // A row without a key belongs to none.
                Some(Cell::Number(_) | Cell::Date(_) | Cell::Flag(_) | Cell::Empty) | None => false,
            };
        }
        if found.is_empty() && !facts.is_complete(starts, at.window.ends) {
            return Err(NoAnswer::missing(format!(
                "no {} between {starts} and {}, and its feed is not complete",
                shape.name, at.window.ends
            )));
        }
        Ok(found.into_iter().map(Text::from).collect())
    }
}
