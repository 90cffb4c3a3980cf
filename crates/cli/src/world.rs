//! From declarations and stored facts to what the evaluator reads.

use std::collections::BTreeMap;

use trueup_base::id::PartnerId;
use trueup_engine::world::Complete;
use trueup_facts::program::{ColumnType, Directory, NumberUnit, Program};
use trueup_plan::tree::{Type, Unit};

use crate::agreements::Listed;

/// The partners of the directory.
pub fn listed(directory: &Directory) -> Vec<Listed> {
    directory
        .rows
        .iter()
        .filter_map(|(id, row)| {
            let columns: BTreeMap<String, String> = directory
                .columns
                .iter()
                .zip(&row.cells)
                .filter_map(|(column, cell)| cell.as_ref().map(|cell| (column.to_string(), cell.to_string())))
                .collect();
            let parent = row.parent.as_ref().and_then(|parent| PartnerId::new(parent.clone()).ok());
            PartnerId::new(id.clone()).ok().map(|id| Listed { id, columns, parent })
        })
        .collect()
}

/// Whether a declared column holds what a plan reads there.
pub fn is_of(declared: &ColumnType, read: Type) -> bool {
    match (declared, read) {
        (ColumnType::Text, Type::Text)
        | (ColumnType::Partner, Type::Partner)
        | (ColumnType::Date, Type::Date)
        | (ColumnType::Flag, Type::Flag) => true,
        (ColumnType::Number { unit, .. }, Type::Number(read)) => {
            let declared = match unit {
                NumberUnit::Money => Unit::MONEY,
                NumberUnit::Count => Unit::COUNT,
                NumberUnit::Score => Unit::SCORE,
                NumberUnit::Ratio => Unit::RATIO,
            };
            declared == read
        }
        (
            ColumnType::Text
            | ColumnType::Partner
            | ColumnType::Date
            | ColumnType::Flag
            | ColumnType::Number { .. },
            _,
        ) => false,
    }
}

/// The spans for which every feed of a kind is declared complete; a kind without a source is never complete.
pub fn complete(program: &Program, kind: &str) -> Vec<Complete> {
    let Some(at) = program.kinds.iter().position(|known| &*known.name == kind) else { return Vec::new() };
    let mut spans: Option<Complete> = None;
    for source in program.sources.iter().filter(|source| source.kind == at) {
        let Some(span) = source.complete else { return Vec::new() };
        // Several feeds of one kind are complete together where each of them is.
        spans = Some(match spans {
            None => Complete { from: span.from, until: span.until },
            Some(so_far) => {
                Complete { from: so_far.from.max(span.from), until: so_far.until.min(span.until) }
            }
        });
    }
    spans.into_iter().filter(|span| span.from < span.until).collect()
}
