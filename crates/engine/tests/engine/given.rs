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
    let entitled = evaluator.entitled(
        program.partner("p"),
        crate::support::day("2026-02-01"),
        |_| true,
    );
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

/// The first sale stands for so many like it.
struct Many(i64);

impl Measurer<Answer> for Many {
    fn measure(&self, _ask: &trueup_engine::Ask<'_>) -> Option<Answer> {
        None
    }

    fn copies(
        &self,
        _kind: trueup_plan::tree::KindId,
        row: trueup_engine::world::RowIx,
    ) -> Option<Answer> {
        (row.0 == 0).then(|| Answer::known(trueup_base::exact::Exact::from_int(self.0)))
    }
}

const COUNTED: &str = "
plan: counted
currency: USD
facts:
  sale: { columns: { id: text, partner: partner, on: date, customer: text, amount: money } }
measures:
  sales:     { is: Sales, sum: sale.amount }
  deals:     { is: Deals, count: sale }
  customers: { is: Customers, count_distinct: sale.customer }
  smallest:  { is: The smallest, min: sale.amount }
components:
  by_row:  { is: A tenth of each sale, each: sale, pays: 10% * sale.amount }
  summed:  { is: Sales, pays: sales }
  counted: { is: One for each, pays: 1 * deals }
  told_apart: { is: One for each, pays: 1 * customers }
  least_of: { is: The smallest, pays: smallest }
";

fn counted(copies: i64) -> Vec<Option<trueup_base::exact::Exact>> {
    let facts = "
facts:
  sale:
    - { id: a, partner: p, on: 2026-01-10, customer: x, amount: 100 }
    - { id: b, partner: p, on: 2026-01-20, customer: y, amount: 200 }
";
    let program = Program::new(COUNTED, facts);
    let many = Many(copies);
    let mut evaluator = Evaluator::<Answer, _>::new(&program.plan, &program.world, &many);
    let until = crate::support::day("2026-02-01");
    let entitled = evaluator.entitled(program.partner("p"), until, |_| true);
    entitled
        .iter()
        .map(|one| one.amount.figure().cloned())
        .collect()
}

fn exacts(texts: [&str; 5]) -> Vec<Option<trueup_base::exact::Exact>> {
    texts.iter().map(|text| Some(exact(text))).collect()
}

#[test]
fn a_row_that_stands_for_many_counts_as_often() {
    assert_eq!(counted(5), exacts(["70", "700", "6", "6", "100"]));
}

#[test]
fn a_row_that_stands_for_one_counts_once() {
    assert_eq!(counted(1), exacts(["30", "300", "2", "2", "100"]));
}

#[test]
fn a_row_that_stands_for_none_is_not_there() {
    assert_eq!(counted(0), exacts(["20", "200", "1", "1", "200"]));
}
