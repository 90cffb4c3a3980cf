//! What the executor works out, what stays with the rows and why, and what is refused rather than rounded or wrapped.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int8Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::world::{Agreement, Cell, Partner, PartnerIx, World};
use trueup_engine::{Answer, Ask};
use trueup_facts::measure::{
    MeasureFault, Measured, Order, Settings, Stored, StoredKinds, lowered, measure_and_wait,
};
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::Sources;
use trueup_plan::tree::{MeasureId, Plan};

use super::dice::Dice;
use super::facts::{Facts, Form, SALE, Shape, day_number, partner_id};

fn plan(measure: &str, credited: &str) -> Plan {
    let text = format!(
        "plan: lowering
currency: USD
period: quarter
facts:
  sale:
    dated: sale.on
    columns: {{ partner: partner, helper: partner, on: date, due: date, a: ratio, b: ratio, c: ratio, cash: money, units: count, line: text, note: text, won: flag }}
    credited: {credited}
terms:
  term.bar: {{ is: A bar, unit: ratio }}
  term.year: {{ is: A figure for the year, unit: ratio, per: year }}
measures:
  m: {{ {measure} }}
  other: {{ sum: sale.a }}
values:
  share: {{ formula: other / 2 }}
  kept: {{ formula: 2 * sale.a }}
tables:
  rates: {{ of: x, one_band: rate, bands: [ {{ from: lowest, rate: 1% }}, {{ from: 10, rate: 2% }} ] }}
components:
  c: {{ pays: 1 * other }}
"
    );
    let mut sources = Sources::new();
    let (plan, diagnostics) = read(&mut sources, &[("plan.yaml", &text)], Strictness::Draft);
    plan.unwrap_or_else(|| panic!("{diagnostics:#?}\n{text}"))
}

fn partners(plan: &Plan) -> Vec<Partner> {
    let partner = |at: i64| Partner {
        id: partner_id(at),
        parent: (at > 0).then(|| partner_id(0)),
        attributes: plan
            .attributes
            .iter()
            .map(|_| Cell::Text("big".into()))
            .collect(),
        agreement: Agreement {
            starts: Date::constant(2024, 1, 1),
            until: None,
            terms: plan
                .terms
                .iter()
                .map(|_| Some(Cell::Number(Exact::from_int(at + 1))))
                .collect(),
            stated: Default::default(),
            approved: Default::default(),
            versions: Vec::new(),
        },
    };
    (0..3).map(partner).collect()
}

fn sales() -> Stored {
    let shape = Shape {
        count: 5,
        partners: 2,
        from: Date::constant(2024, 1, 1),
        days: 80,
        apart: 1,
        empty: None,
        corrected: None,
        recorded: false,
        huge: false,
    };
    let form = Form {
        views: false,
        month: false,
        knows_empty: true,
        partitions: 1,
        batch_rows: 8,
    };
    Facts::new(&mut Dice::new(1), SALE, shape).stored(form)
}

const SOLD: &str = "[ { to: sale.partner, role: sold } ]";
const ROLLED: &str = "[ { to: sale.partner, role: sold }, { to: upline(sale.partner), role: rolled, overlay: yes } ]";

/// A measure, and the executor's expression of its summand and condition, or why it stays with the rows.
#[track_caller]
fn check_credited(credited: &str, measure: &str, says: &str) {
    let plan = plan(measure, credited);
    let found = match lowered(&plan, &partners(&plan), &sales(), &plan.measures[0]) {
        Ok(lines) => {
            let line = &lines[0];
            let of = line
                .of
                .as_ref()
                .map_or_else(|| "1".to_owned(), |of| of.shape.expr().to_string());
            match &line.filter {
                Some(filter) => format!("{of} where {filter}"),
                None => of,
            }
        }
        Err(reason) => reason.to_string(),
    };
    assert_eq!(found, says, "{measure}");
}

#[track_caller]
fn check(measure: &str, says: &str) {
    check_credited(SOLD, measure, says);
}

#[test]
fn arithmetic_is_done_in_decimals_that_have_room() {
    check("sum: sale.a", "a");
    check("count: sale", "1");
    check("sum: sale.a + 0.25", "a + Decimal128(0.2500,28,4)");
    check("sum: sale.a * 0.9", "a * Decimal128(0.9,1,1)");
    check("sum: sale.a / 4", "a * Decimal128(0.25,2,2)");
    check("sum: -sale.a", "(- a)");
    // 28 digits and 28 digits need 57, and their sum some more.
    check(
        "sum: sale.units * sale.cash",
        "CAST(units AS Decimal256(28, 0)) * CAST(cash AS Decimal256(28, 2))",
    );
    check(
        "sum: sale.a * sale.b * sale.cash",
        "it needs 86 digits, and the executor has 76",
    );
}

#[test]
fn conditions_keep_their_third_answer() {
    check("count: sale, where: sale.won", "1 where won");
    check("count: sale, where: not sale.won", "1 where NOT won");
    check(
        "count: sale, where: \"sale.line in ('A', 'B')\"",
        "1 where line = Utf8(\"A\") OR line = Utf8(\"B\")",
    );
    check(
        "count: sale, where: \"sale.line in ('A', 'B', 'C', 'D', 'E')\"",
        "1 where line IN ([Utf8(\"A\"), Utf8(\"B\"), Utf8(\"C\"), Utf8(\"D\"), Utf8(\"E\")])",
    );
    check(
        "count: sale, where: sale.a > 0.00005",
        "1 where CAST(a AS Decimal128(29, 5)) > Decimal128(0.00005,29,5)",
    );
    check(
        "count: sale, where: \"days_between(sale.on, sale.due) <= 90\"",
        "1 where CAST(CAST(due AS Int32) - CAST(on AS Int32) AS Decimal128(10, 0)) <= Decimal128(90,10,0)",
    );
}

#[test]
fn what_is_the_same_in_all_windows_is_looked_up() {
    check("sum: sale.a * term.bar", "a * look.partner.term0");
    // All partners are big.
    check(
        "count: sale, where: \"partner.type = 'big'\"",
        "1 where Utf8(\"big\") = Utf8(\"big\")",
    );
    check(
        "count: sale, where: \"sale.helper.type = 'big'\"",
        "1 where look.helper.attribute0 = Utf8(\"big\")",
    );
    check("sum: kept", "Decimal128(2,1,0) * a");
}

#[test]
fn what_cannot_be_exact_or_depends_on_more_than_the_row_stays_with_the_rows() {
    check(
        "sum: sale.a / sale.b",
        "it divides, and a quotient need not end",
    );
    check("sum: sale.a / 3", "it divides, and a quotient need not end");
    check("sum: \"round(sale.a, to => 0.1)\"", "it rounds");
    check(
        "count: sale, where: \"months_between(sale.on, sale.due) < 12\"",
        "it counts months",
    );
    check(
        "count: sale, where: sale.due < sale.on + 1 month",
        "it moves a date by months",
    );
    check("sum: running(sale.a)", "it runs over the rows in order");
    check(
        "sum: sale.a * rates(sale.a)",
        "it asks the table rates on each row",
    );
    check(
        "count: sale, where: sale.on < window.last",
        "it depends on the window it is asked in",
    );
    check(
        "sum: sale.a * term.year",
        "it depends on the window it is asked in",
    );
    check(
        "count: sale, where: sale.a > other",
        "it reads other, which is worked out for a partner and a window",
    );
    check(
        "count: sale, where: sale.a > share",
        "it reads other, which is worked out for a partner and a window",
    );
    check(
        "count: sale, where: \"sale.a > total(other)\"",
        "it asks other partners",
    );
    check("latest: sale.line", "its answer is no number");
}

#[test]
fn credits_up_the_hierarchy_know_neither_level_nor_partner() {
    let rolled = |measure: &str, says: &str| check_credited(ROLLED, measure, says);
    rolled("sum: sale.a, role: rolled", "a");
    rolled(
        "sum: sale.a * term.bar, role: rolled",
        "it reads something of the credited partner, and its credits go up the hierarchy",
    );
    rolled(
        "count: sale, where: credit.level = 2, role: rolled",
        "it reads the credit's level, and its credits go up the hierarchy",
    );
    rolled(
        "count: sale, where: credit.level = 2",
        "1 where Decimal128(0,1,0) = Decimal128(2,1,0)",
    );
}

/// Measures a table of one column of amounts, each on the same day, and asks `m` for its quarter.
fn measured(measure: &str, stored: Stored) -> Result<(Measured, World), MeasureFault> {
    let plan = plan(measure, SOLD);
    let world = World::new(&plan, partners(&plan));
    let facts: StoredKinds = [("sale".to_owned(), stored)].into();
    let settings = Settings {
        partitions: Some(2),
        batch_rows: Some(3),
    };
    let until = Date::constant(2024, 4, 1);
    measure_and_wait(
        Order {
            plan: &plan,
            facts: &facts,
            until,
            besides: &[],
            only: None,
            settings,
        },
        world,
    )
}

fn quarter() -> Ask<'static> {
    let (starts, ends) = (Date::constant(2024, 1, 1), Date::constant(2024, 4, 1));
    Ask {
        measure: MeasureId(0),
        partner: PartnerIx(1),
        window: Window {
            unit: WindowUnit::Quarter,
            starts,
            ends,
            full_starts: starts,
            full_ends: ends,
        },
        known_before: None,
        key: None,
    }
}

/// Sales of partner p1 on one day, with these amounts in the column `a` of a type.
fn amounts(of: DataType, amounts: ArrayRef, weight: i8, rows_max: u64) -> Stored {
    let count = amounts.len();
    let text = |text: &'static str| -> ArrayRef { Arc::new(StringArray::from(vec![text; count])) };
    let day: ArrayRef = Arc::new(Date32Array::from(vec![
        day_number(Date::constant(
            2024, 2, 1
        ));
        count
    ]));
    let ids: ArrayRef = Arc::new(
        (0..count)
            .map(|at| Some(at.to_string()))
            .collect::<StringArray>(),
    );
    let none = |of: &DataType| arrow::array::new_null_array(of, count);
    let ratio = DataType::Decimal128(28, 2);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("partner", text("p1")),
        ("helper", text("p2")),
        ("on", day.clone()),
        ("due", day),
        ("a", arrow::compute::cast(&amounts, &of).unwrap()),
        ("b", none(&ratio)),
        ("c", none(&ratio)),
        ("cash", none(&ratio)),
        ("units", none(&ratio)),
        ("line", text("A")),
        ("note", text("A")),
        ("won", none(&DataType::Boolean)),
        ("fact_source", text("s")),
        ("fact_id", ids),
        (
            "fact_revision",
            Arc::new(arrow::array::Int64Array::from(vec![1; count])),
        ),
        (
            "fact_weight",
            Arc::new(Int8Array::from(vec![weight; count])),
        ),
        ("fact_recorded_on", none(&DataType::Date32)),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(schema.clone(), arrays).unwrap();
    Stored {
        rows: Arc::new(MemTable::try_new(schema, vec![vec![batch]]).unwrap()),
        rows_max,
        has_corrections: weight != 1,
        has_history: false,
        complete: None,
        never_empty: Default::default(),
        month: None,
        layers: None,
    }
}

/// So many amounts of 38 nines.
fn nines(count: usize) -> ArrayRef {
    let nines = Decimal128Array::from(vec![10_i128.pow(38) - 1; count]);
    Arc::new(nines.with_precision_and_scale(38, 0).unwrap())
}

#[tokio::test]
async fn the_executors_own_sum_wraps_without_a_word() {
    let context = SessionContext::new();
    let stored = amounts(DataType::Decimal128(38, 0), nines(4), 1, 4);
    context.register_table("sales", stored.rows).unwrap();
    let found = context
        .sql("select sum(a) as a from sales")
        .await
        .unwrap()
        .collect()
        .await
        .unwrap();
    let found = found[0].column_by_name("a").unwrap();
    let sum = found
        .as_any()
        .downcast_ref::<Decimal128Array>()
        .unwrap()
        .value(0);
    assert_eq!(sum, (10_i128.pow(38) - 1).wrapping_mul(4));
    assert!(
        sum < 10_i128.pow(38),
        "four times the largest amount came out as {sum}"
    );
}

#[test]
fn a_sum_at_the_bounds_is_exact() {
    for (count, measure) in [
        (4, "sum: sale.a"),
        (1_000, "sum: sale.a"),
        (4, "sum: -sale.a"),
        (7, "sum: 10 * sale.a"),
    ] {
        let stored = amounts(
            DataType::Decimal128(38, 0),
            nines(count),
            1,
            u64::try_from(count).unwrap(),
        );
        let (measured, _) = measured(measure, stored).unwrap();
        let nines = Exact::from_scaled(10_i128.pow(38) - 1, 0);
        let times = match measure {
            "sum: -sale.a" => -1,
            "sum: 10 * sale.a" => 10,
            _ => 1,
        };
        let wanted = &nines * &Exact::from_int(times * i64::try_from(count).unwrap());
        assert_eq!(
            measured.answer(&quarter()),
            Some(Answer::Known(wanted)),
            "{measure} of {count}"
        );
    }
}

#[test]
fn a_sum_without_room_stays_with_the_rows() {
    let wide = |rows_max| {
        let stored = amounts(DataType::Decimal256(70, 0), nines(4), 1, rows_max);
        measured("sum: sale.a", stored).unwrap()
    };
    // 70 digits and six digits of rows fit 76, and one more does not.
    assert!(wide(999_999).0.left().is_empty());
    let (measured, world) = wide(1_000_000);
    let reasons: Vec<String> = measured.left().values().map(ToString::to_string).collect();
    assert_eq!(reasons, ["it needs 77 digits, and the executor has 76"; 2]);
    assert_eq!(measured.answer(&quarter()), None);
    assert_eq!(world.facts[0].rows.len(), 4);
}

#[test]
fn a_floating_point_column_is_refused_by_name() {
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![0.1, 0.2]));
    let fault = measured("sum: sale.a", amounts(DataType::Float64, floats, 1, 2)).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the table of kind sale has no column a of the type the plan declares"
    );
}

#[test]
fn a_weight_that_is_neither_1_nor_minus_1_is_refused() {
    let fault = measured(
        "sum: sale.a",
        amounts(DataType::Decimal128(38, 0), nines(2), 2, 2),
    )
    .unwrap_err();
    let says = "the table of kind sale has rows whose weight is neither 1 nor -1; it was not written by Trueup";
    assert_eq!(fault.to_string(), says);
}
