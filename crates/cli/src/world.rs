//! From declarations and stored facts to what the evaluator reads.

use std::collections::BTreeMap;

use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_engine::world::Rate;
use trueup_facts::program::{ColumnType, Directory, NumberUnit, RateList};
use trueup_plan::tree::{Type, Unit};

use crate::agreements::Listed;

/// The program's rates, as the evaluator reads them.
pub fn rates(listed: Option<&RateList>) -> BTreeMap<(Currency, Currency), Vec<Rate>> {
    let mut rates: BTreeMap<(Currency, Currency), Vec<Rate>> = BTreeMap::new();
    for listed in listed.into_iter().flat_map(|list| &list.rates) {
        rates
            .entry((listed.from, listed.into))
            .or_default()
            .push(Rate {
                rate: listed.rate.clone(),
                on: listed.on,
            });
    }
    rates
}

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

/// Whether a declared column holds what a plan reads there. A price is stored as money and a mark as a score; that they are
/// per unit is the plan's to say.
pub fn is_of(declared: &ColumnType, read: Type) -> bool {
    match (declared, read) {
        (ColumnType::Text, Type::Text)
        | (ColumnType::Partner, Type::Partner)
        | (ColumnType::Date, Type::Date)
        | (ColumnType::Flag, Type::Flag) => true,
        (ColumnType::Number { unit, .. }, Type::Number(read)) => {
            let per = (read.count, read.score);
            match unit {
                NumberUnit::Money => read.money == 1 && [(0, 0), (-1, 0), (0, -1)].contains(&per),
                NumberUnit::Score => read.money == 0 && [(0, 1), (-1, 1)].contains(&per),
                NumberUnit::Count => read == Unit::COUNT,
                NumberUnit::Ratio => read == Unit::RATIO,
            }
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

#[cfg(test)]
mod tests {
    use trueup_facts::decimal::Room;

    use super::*;

    fn declared(unit: NumberUnit) -> ColumnType {
        let room = Room {
            scale: 4,
            digits: 20,
        };
        ColumnType::Number { unit, room }
    }

    fn read(money: i8, count: i8, score: i8) -> Type {
        Type::Number(Unit {
            money,
            count,
            score,
        })
    }

    #[test]
    fn a_price_is_stored_as_money_and_a_mean_mark_as_a_score() {
        assert!(is_of(&declared(NumberUnit::Money), read(1, 0, 0)));
        assert!(is_of(&declared(NumberUnit::Money), read(1, -1, 0)));
        assert!(is_of(&declared(NumberUnit::Money), read(1, 0, -1)));
        assert!(is_of(&declared(NumberUnit::Score), read(0, -1, 1)));
    }

    #[test]
    fn no_other_unit_is_read_from_a_column_of_money_count_score_or_ratio() {
        assert!(!is_of(&declared(NumberUnit::Money), read(0, 0, 0)));
        assert!(!is_of(&declared(NumberUnit::Money), read(1, 1, 0)));
        assert!(!is_of(&declared(NumberUnit::Score), read(1, 0, -1)));
        assert!(!is_of(&declared(NumberUnit::Count), read(1, -1, 0)));
        assert!(!is_of(&declared(NumberUnit::Ratio), read(0, 1, 0)));
    }
}
