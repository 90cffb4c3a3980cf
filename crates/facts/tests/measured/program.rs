//! A program: a plan as text, and the partners who agreed to it.

use std::fmt::Write as _;

use trueup_base::date::{Date, add_days, add_months};
use trueup_base::exact::Exact;
use trueup_engine::world::{Agreement, Cell, Partner, World};
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::Sources;
use trueup_plan::tree::{KindId, Plan};

use super::dice::Dice;
use super::facts::{Facts, SALE, Shape, VISIT, partner_id};
use super::formulas::Formulas;

/// A generated program.
pub struct Program {
    pub text: String,
    pub plan: Plan,
    pub partners: Vec<Partner>,
    pub sales: Facts,
    pub visits: Facts,
    pub until: Date,
    /// The forms its measures were written with.
    pub forms: Vec<&'static str>,
}

const CREDITED: &[&str] = &[
    "[ { to: sale.partner, role: sold } ]",
    "[ { to: sale.partner, role: sold }, { to: sale.helper, role: helped, share: 30%, overlay: yes } ]",
    "[ { to: sale.partner, role: sold, share: 70% }, { to: sale.helper, role: sold, share: 30% } ]",
    "[ { to: sale.partner, role: sold }, { to: upline(sale.partner), role: rolled, share: 12.5%, overlay: yes } ]",
    "[ { to: sale.partner, role: sold }, { to: upline(sale.helper), role: sold, share: 5%, overlay: yes } ]",
];

impl Program {
    /// The program of a seed.
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut forms = Vec::new();
        // Where all agreements and windows begin with a month, so do all edges.
        let monthly = dice.one_in(3);
        let text = plan_text(&mut dice, &mut forms, monthly);
        let mut sources = Sources::new();
        let (plan, diagnostics) = read(&mut sources, &[("plan.yaml", &text)], Strictness::Draft);
        let Some(plan) = plan else {
            let told: Vec<&str> = diagnostics
                .iter()
                .map(|diagnostic| &*diagnostic.message)
                .collect();
            panic!("seed {seed}: the generated plan is refused: {told:?}\n{text}");
        };
        let many = !monthly && dice.one_in(12);
        let count = if many { 40 } else { dice.between(2, 7) };
        let from = Date::constant(2023, 12, 1);
        let partners = partners(&mut dice, &plan, count, many, monthly);
        let shape = Shape {
            count: dice.between(0, 70),
            partners: count,
            from,
            days: 420,
            apart: *dice.pick(&[1, 30]),
            empty: *dice.pick(&[None, None, Some(40), Some(6)]),
            corrected: *dice.pick(&[None, None, Some(12), Some(4)]),
            recorded: dice.one_in(3),
            huge: dice.one_in(8),
        };
        let sales = Facts::new(&mut dice, SALE, shape);
        let shape = Shape {
            count: dice.between(0, 20),
            empty: None,
            corrected: None,
            recorded: dice.one_in(4),
            huge: false,
            ..shape
        };
        let visits = Facts::new(&mut dice, VISIT, shape);
        let until = add_months(Date::constant(2024, 7, 1), dice.between(0, 8)).unwrap();
        Self {
            text,
            plan,
            partners,
            sales,
            visits,
            until,
            forms,
        }
    }

    /// A world without facts.
    pub fn empty(&self) -> World {
        World::new(&self.plan, self.partners.clone())
    }

    /// The world that the reference measurer reads.
    pub fn world(&self) -> World {
        let mut world = self.empty();
        for (kind, at) in self.plan.kinds.iter().zip(0u16..) {
            let facts = self.facts(&kind.name);
            let mut rows = facts.rows.clone();
            for row in &mut rows {
                // The plan may read fewer columns than are stored.
                row.cells = kind
                    .columns
                    .iter()
                    .map(|column| {
                        let stored = facts
                            .columns
                            .iter()
                            .position(|known| *known.name == *column.name)
                            .unwrap();
                        row.cells[stored].clone()
                    })
                    .collect();
            }
            world.give(&self.plan, KindId(at), rows, facts.complete.clone());
            world.facts[usize::from(at)].has_history = facts.has_history;
        }
        world
    }

    pub fn facts(&self, kind: &str) -> &Facts {
        if kind == "sale" {
            &self.sales
        } else {
            &self.visits
        }
    }
}

fn partners(dice: &mut Dice, plan: &Plan, count: i64, many: bool, monthly: bool) -> Vec<Partner> {
    let starts = [
        Date::constant(2024, 1, 1),
        Date::constant(2024, 1, 1),
        if monthly {
            Date::constant(2024, 3, 1)
        } else {
            Date::constant(2024, 2, 14)
        },
    ];
    (0..count)
        .map(|at| {
            let starts = match many {
                true => add_days(starts[0], dice.between(0, 120)).unwrap(),
                false => *dice.pick(&starts),
            };
            let until = match many {
                true => add_days(starts, dice.between(100, 300)),
                false => *dice.pick(&[
                    None,
                    Some(Date::constant(2025, 1, 1)),
                    Some(Date::constant(2024, 8, if monthly { 1 } else { 20 })),
                ]),
            };
            let attributes = plan
                .attributes
                .iter()
                .map(|attribute| match (&*attribute.name, dice.between(0, 4)) {
                    (_, 0) => Cell::Empty,
                    ("type", _) => Cell::Text((*dice.pick(&["big", "small"])).into()),
                    ("size", _) => {
                        Cell::Number(Exact::from_scaled(i128::from(dice.between(-200, 4_000)), 2))
                    }
                    ("since", _) => Cell::Date(
                        add_days(Date::constant(2023, 12, 20), dice.between(0, 300)).unwrap(),
                    ),
                    ("gold", _) => Cell::Flag(dice.one_in(2)),
                    (other, _) => panic!("no cells for {other}"),
                })
                .collect();
            let terms = plan
                .terms
                .iter()
                .map(|term| match (&*term.name, dice.between(0, 3)) {
                    (_, 0) => None,
                    ("term.key", _) => Some(Cell::Text((*dice.pick(&["A", "B", "ü"])).into())),
                    _ => Some(Cell::Number(Exact::from_scaled(
                        i128::from(dice.between(0, 9_000)),
                        3,
                    ))),
                })
                .collect();
            Partner {
                id: partner_id(at),
                parent: (at > 0 && !dice.one_in(3)).then(|| partner_id(dice.between(0, at - 1))),
                attributes,
                agreement: Agreement {
                    starts,
                    until,
                    terms,
                    stated: Default::default(),
                    approved: Default::default(),
                    versions: Vec::new(),
                },
            }
        })
        .collect()
}

fn plan_text(dice: &mut Dice, forms: &mut Vec<&'static str>, monthly: bool) -> String {
    let mut text = "plan: generated\ncurrency: USD\nperiod: quarter\n".to_owned();
    if dice.one_in(3) {
        text += "calendar: { year_starts: 12-01 }\n";
    }
    let credited = *dice.pick(CREDITED);
    let _ = write!(
        text,
        "facts:
  sale:
    dated: sale.on
    columns: {{ partner: partner, helper: partner, on: date, due: date, a: ratio, b: ratio, c: ratio, cash: money, units: count, line: text, note: text, won: flag }}
    credited: {credited}
  visit: {{ dated: visit.on, columns: {{ partner: partner, on: date, points: score }} }}
terms:
  term.bar: {{ is: A bar, unit: ratio{} }}
  term.key: {{ is: A line, unit: text }}
",
        if dice.one_in(2) { ", agreed: 2.5" } else { "" }
    );
    let may_stay = dice.one_in(3);
    let mut values = Vec::new();
    let mut value_lines = String::new();
    for at in 0..dice.between(0, 2) {
        let depth = u32::try_from(dice.between(1, 2)).unwrap();
        let formula = Formulas {
            dice,
            may_stay,
            values: &values,
            forms,
        }
        .number(depth);
        let _ = writeln!(
            value_lines,
            "  kept{at}:\n    formula: {}",
            quoted(&format!("{formula} + 0 * sale.a"))
        );
        values.push(format!("kept{at}"));
    }
    let mut roles = vec!["sold"];
    for role in ["helped", "rolled"] {
        if credited.contains(role) {
            roles.push(role);
        }
    }
    text += "measures:\n";
    let mut measures = Vec::new();
    for at in 0..dice.between(2, 5) {
        let name = format!("m{at}");
        let measure = Measure::new(dice, &roles, &values, may_stay, forms);
        let _ = writeln!(text, "  {name}:\n{}", measure.text);
        measures.push((name, measure));
    }
    let _ = writeln!(
        text,
        "  visits: {{ count: visit }}\n  points: {{ sum: visit.points }}"
    );
    if !value_lines.is_empty() {
        let _ = write!(text, "values:\n{value_lines}");
    }
    text += "components:\n";
    for (at, (name, measure)) in measures.iter().enumerate() {
        let over = *dice.pick(&["quarter", "quarter", "year", "month", "agreement"]);
        let every = match over {
            "month" => "month",
            _ => *dice.pick(&["month", "quarter", "month"]),
        };
        let pays = asked(dice, name, measure, monthly);
        let _ = writeln!(
            text,
            "  c{at}:\n    over: {over}\n    every: {every}\n    pays: {}",
            quoted(&format!("2 * ({pays})"))
        );
    }
    if dice.one_in(4) {
        text += "  rows:\n    over: quarter\n    each: sale\n    pays: sale.cash\n";
    }
    text
}

/// A measure asked somewhere.
fn asked(dice: &mut Dice, name: &str, measure: &Measure, monthly: bool) -> String {
    match measure.by {
        None => {}
        Some("sale.line") => {
            return match dice.between(0, 3) {
                0 => format!("{name}['A']"),
                1 => format!("{name}[term.key]"),
                2 if measure.has_keys => format!("sum_of({name})"),
                _ => format!("previous({name})['B']"),
            };
        }
        Some("sale.helper") => return format!("previous({name})[partner]"),
        Some(_) => return format!("{name}[3]"),
    }
    match dice.between(0, 12) {
        0 => format!("previous({name})"),
        1 => format!("previous({name}, first => 0)"),
        2 => format!("previous_year({name})"),
        3 => format!("year_to_date({name})"),
        4 => format!("since_start({name})"),
        5 => format!("trailing({name}, 5 months)"),
        6 if !monthly => format!("trailing({name}, 40 days)"),
        7 => format!("sum_by({name}, month)"),
        8 if !monthly => format!("max_by({name}, half_month)"),
        9 => format!("total({name})"),
        10 => format!("coalesce({name}, 1)"),
        11 => format!("(case when {name} > 2 then {name} else previous({name}) end)"),
        _ => name.to_owned(),
    }
}

/// A measure's text.
struct Measure {
    text: String,
    by: Option<&'static str>,
    has_keys: bool,
}

impl Measure {
    fn new(
        dice: &mut Dice,
        roles: &[&str],
        values: &[String],
        may_stay: bool,
        forms: &mut Vec<&'static str>,
    ) -> Self {
        let fold = *dice.pick(&[
            "sum",
            "sum",
            "sum",
            "count",
            "count_distinct",
            "min",
            "max",
            "latest",
        ]);
        forms.push(fold);
        let depth = u32::try_from(dice.between(1, 3)).unwrap();
        let mut formulas = Formulas {
            dice,
            may_stay,
            values,
            forms,
        };
        let of = match (fold, formulas.dice.between(0, 5)) {
            ("count", _) => "sale".to_owned(),
            ("count_distinct", 0) => "sale.line".to_owned(),
            ("count_distinct", 1) => "sale.helper".to_owned(),
            ("count_distinct", 2) => "sale.due".to_owned(),
            ("count_distinct", 3) => "sale.won".to_owned(),
            (_, 4) => "sale.cash".to_owned(),
            (_, 5) => "sale.units".to_owned(),
            ("sum", 3) => "sale.units * sale.cash".to_owned(),
            _ => formulas.number(depth),
        };
        let of = if fold == "count" || of.contains("sale.") || of.contains("kept") {
            of
        } else {
            // A figure alone names no kind.
            format!("{of} + 0 * sale.a")
        };
        let mut text = format!("    {fold}: {}", quoted(&of));
        if !formulas.dice.one_in(4) {
            let depth = u32::try_from(formulas.dice.between(1, 3)).unwrap();
            let _ = write!(text, "\n    where: {}", quoted(&formulas.flag(depth)));
            formulas.forms.push("where");
        }
        if formulas.dice.one_in(4) {
            text += "\n    at: sale.due";
            formulas.forms.push("at");
        }
        let role = *formulas.dice.pick(roles);
        if role != "sold" || formulas.dice.one_in(3) {
            let _ = write!(text, "\n    role: {role}");
            formulas
                .forms
                .push(if role == "sold" { "role" } else { "other role" });
        }
        let mut by = None;
        let mut has_keys = false;
        if formulas.dice.one_in(4) {
            let column = *formulas
                .dice
                .pick(&["sale.line", "sale.line", "sale.helper", "sale.b"]);
            by = Some(column);
            let _ = write!(text, "\n    by: {column}");
            formulas.forms.push("by");
            has_keys = column == "sale.line" && formulas.dice.one_in(2);
            if has_keys {
                text += "\n    keys: [A, B, C]";
                formulas.forms.push("keys");
            }
        }
        Self { text, by, has_keys }
    }
}

fn quoted(formula: &str) -> String {
    format!("\"{formula}\"")
}
