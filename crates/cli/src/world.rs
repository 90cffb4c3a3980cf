//! From declarations and stored facts to what the evaluator reads.

use std::collections::BTreeMap;

use trueup_base::id::PartnerId;
use trueup_facts::program::{ColumnType, Directory, NumberUnit};
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
                .filter_map(|(column, cell)| {
                    cell.as_ref()
                        .map(|cell| (column.to_string(), cell.to_string()))
                })
                .collect();
            let parent = row
                .parent
                .as_ref()
                .and_then(|parent| PartnerId::new(parent.clone()).ok());
            PartnerId::new(id.clone()).ok().map(|id| Listed {
                id,
                columns,
                parent,
            })
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
