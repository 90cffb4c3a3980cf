//! What stands for a name in place of what the plan says of it.

use trueup_engine::{Answer, Evaluator, Measurer, Number, Place, Value};
use trueup_plan::tree::Name;

use crate::support::{Program, exact};

const PLAN: &str = "
plan: given
currency: USD
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
values:
  double: 2 * sales
components:
  by_row:  { is: A tenth of each sale, each: sale, pays: 10% * sale.amount }
  by_name: { is: A tenth of twice the sales, pays: 10% * double }
";

const FACTS: &str = "
facts:
  sale:
    - { id: a, partner: p, on: 2026-01-10, amount: 300 }
    - { id: b, partner: p, on: 2026-01-20, amount: 200 }
";

/// Gives the first sale another amount, or the value another figure.
struct Instead {
    column: bool,
}

impl Measurer<Answer> for Instead {
    fn measure(&self, _ask: &trueup_engine::Ask<'_>) -> Option<Answer> {
        None
    }

    fn given(&self, name: Name, at: &Place) -> Option<Value<Answer>> {
        let is_first = at.row.is_some_and(|row| row.row.0 == 0);
        match name {
            Name::Column(_, column) if self.column && is_first && column.index() == 3 => {
                Some(Value::exact(exact("1_000")))
            }
            Name::Value(_) if !self.column => Some(Value::exact(exact("70"))),
            _ => None,
        }
    }
}

fn answers(column: bool) -> Vec<Option<trueup_base::exact::Exact>> {
    let program = Program::new(PLAN, FACTS);
    let instead = Instead { column };
    let mut evaluator = Evaluator::<Answer, _>::new(&program.plan, &program.world, &instead);
    let entitled = evaluator.entitled(program.partner("p"), crate::support::day("2026-02-01"));
    let amounts = entitled.iter().map(|one| one.amount.figure().cloned());
    amounts.collect()
}

#[test]
fn a_cell_that_is_given_counts_in_measures_and_on_its_row() {
    assert_eq!(answers(true), [Some(exact("120")), Some(exact("240"))]);
}

#[test]
fn a_value_that_is_given_stands_for_its_formula() {
    assert_eq!(answers(false), [Some(exact("50")), Some(exact("7"))]);
}
