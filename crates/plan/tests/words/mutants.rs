//! Every small change of a plan's tree: one for each literal, operator, bound, rounding, share, role, window, mode and
//! default that can be another.

mod formulas;

use trueup_base::calendar::{MonthDay, WindowUnit};
use trueup_base::date::{Date, Duration};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;
use trueup_plan::tree::{
    BoundKind, Component, ComponentPart, CreditTo, Cut, Effect, Fold, Grant, InstalmentWhen,
    LimitPart, Measure, Plan, Reading, RecoverFrom, Recovery, Shows, Spread, Target, Text, Type,
};

/// A text of a measure.
type TextOf = fn(&mut Measure) -> &mut Text;
/// What a component loses.
type Loss = fn(&mut Component);

/// A changed plan and what was changed.
pub struct Mutant {
    pub what: String,
    pub plan: Plan,
}

impl Mutant {
    /// The kind of change, wherever it is.
    pub fn kind(&self) -> String {
        self.what.chars().filter(|c| !c.is_ascii_digit()).collect()
    }
}

/// Every mutant of a plan.
pub fn of(plan: &Plan) -> Vec<Mutant> {
    let mut mutants = Mutants {
        plan,
        found: Vec::new(),
    };
    mutants.head();
    mutants.blocks();
    mutants.governance();
    mutants.formulas();
    mutants.found
}

struct Mutants<'p> {
    plan: &'p Plan,
    found: Vec<Mutant>,
}

fn other_text(text: &Text) -> Text {
    format!("{text} x").into()
}

fn other_units(unit: WindowUnit) -> impl Iterator<Item = WindowUnit> {
    WindowUnit::ALL
        .into_iter()
        .filter(move |other| *other != unit)
}

fn more(number: &Exact) -> Exact {
    number + &Exact::from_scaled(1, 3)
}

impl Mutants<'_> {
    fn push(&mut self, what: impl Into<String>, change: impl FnOnce(&mut Plan)) {
        let mut plan = self.plan.clone();
        change(&mut plan);
        if plan != *self.plan {
            self.found.push(Mutant {
                what: what.into(),
                plan,
            });
        }
    }

    fn head(&mut self) {
        self.push("title", |plan| plan.title = other_text(&plan.title));
        self.push("name", |plan| plan.name = other_text(&plan.name));
        self.push("version", |plan| plan.version = other_text(&plan.version));
        self.push("is", |plan| plan.is = other_text(&plan.is));
        self.push("currency", |plan| {
            plan.currency = Currency::parse("CHF").unwrap()
        });
        self.push("year", |plan| {
            plan.calendar = plan.calendar.clone().starting(MonthDay::new(7, 1).unwrap());
        });
        self.push("weeks", |plan| {
            plan.calendar = plan.calendar.clone().with_weeks(&[5, 4, 4]).unwrap()
        });
        for unit in other_units(self.plan.period) {
            self.push(format!("period {unit}"), |plan| plan.period = unit);
        }
        self.push("money to", |plan| plan.money.to = more(&plan.money.to));
        for mode in Rounding::ALL {
            self.push(format!("money {mode}"), |plan| plan.money.mode = mode);
        }
        self.push("reach back", |plan| {
            plan.reach_back = match plan.reach_back {
                None => Some(Duration { months: 3, days: 0 }),
                Some(length) => Some(Duration {
                    months: length.months + 1,
                    ..length
                }),
            };
        });
        self.push("no reach back", |plan| plan.reach_back = None);
        self.push("template", |plan| {
            plan.from_template = Some("other@9".into())
        });
        for at in 0..self.plan.unsaid.len() {
            self.push(format!("unsaid {at}"), |plan| {
                plan.unsaid.remove(at);
            });
        }
        for at in 0..self.plan.overrides.len() {
            self.push(format!("override {at}"), |plan| {
                drop(plan.overrides.remove(at))
            });
        }
        for at in 0..self.plan.objectives.len() {
            self.push(format!("goal {at}"), |plan| {
                plan.objectives[at].goal = other_text(&plan.objectives[at].goal);
            });
            self.push(format!("by {at}"), |plan| {
                plan.objectives[at].by.pop();
            });
            self.push(format!("until {at}"), |plan| {
                plan.objectives[at].until = Some(Date::constant(2031, 2, 3));
            });
        }
        for at in 0..self.plan.examples.len() {
            self.push(format!("example {at}"), |plan| {
                plan.examples[at].case = other_text(&plan.examples[at].case);
            });
        }
    }

    fn blocks(&mut self) {
        for at in 0..self.plan.kinds.len() {
            self.kind(at);
        }
        for at in 0..self.plan.attributes.len() {
            self.push(format!("attribute {at}"), |plan| {
                plan.attributes[at].of = Type::Duration
            });
        }
        for at in 0..self.plan.terms.len() {
            self.term(at);
        }
        for at in 0..self.plan.measures.len() {
            self.measure(at);
        }
        for at in 0..self.plan.values.len() {
            self.push(format!("value name {at}"), |plan| {
                plan.values[at].name = format!("{}_x", plan.values[at].name).into();
            });
            self.push(format!("value is {at}"), |plan| {
                plan.values[at].is = other_text(&plan.values[at].is);
            });
            for unit in WindowUnit::ALL {
                self.push(format!("value every {at} {unit}"), |plan| {
                    plan.values[at].every = Some(unit)
                });
            }
            self.push(format!("value each {at}"), |plan| {
                plan.values[at].each = None
            });
            if self.plan.values[at].each.is_some() {
                self.push(format!("value role {at}"), |plan| {
                    let keys = plan.values[at].each.as_mut().unwrap();
                    keys.role = format!("{}_x", keys.role).into();
                });
                self.push(format!("value key {at}"), |plan| {
                    let keys = plan.values[at].each.as_mut().unwrap();
                    keys.column.0 += 1;
                    if usize::from(keys.column.0) >= plan.kinds[keys.kind.index()].columns.len() {
                        keys.column.0 = 0;
                    }
                });
            }
            self.push(format!("value carried {at}"), |plan| {
                plan.values[at].carried = !plan.values[at].carried;
            });
        }
        for at in 0..self.plan.tables.len() {
            self.table(at);
        }
        for at in 0..self.plan.components.len() {
            self.component(at);
        }
        for at in 0..self.plan.limits.len() {
            self.limit(at);
        }
    }

    fn kind(&mut self, at: usize) {
        let kind = &self.plan.kinds[at];
        self.push(format!("kind name {at}"), |plan| {
            plan.kinds[at].name = format!("{}_x", plan.kinds[at].name).into();
        });
        self.push(format!("kind is {at}"), |plan| {
            plan.kinds[at].is = other_text(&plan.kinds[at].is)
        });
        self.push(format!("kind may move {at}"), |plan| {
            let most = &mut plan.kinds[at].may_move;
            *most = Some(most.as_ref().map_or(Exact::ONE, more));
        });
        self.push(format!("dated {at}"), |plan| {
            let days = (0u16..)
                .zip(&plan.kinds[at].columns)
                .filter(|(_, column)| column.of == Type::Date);
            let other = days
                .map(|(at, _)| at)
                .find(|id| *id != plan.kinds[at].dated.0);
            if let Some(other) = other {
                plan.kinds[at].dated.0 = other;
            }
        });
        for shows in [
            Shows::Revenue,
            Shows::Profitability,
            Shows::CustomerOutcome,
            Shows::Activity,
        ] {
            self.push(format!("shows {at}"), |plan| {
                plan.kinds[at].shows = Some(shows)
            });
        }
        for column in 0..kind.columns.len() {
            self.push(format!("column {at} {column}"), |plan| {
                let columns = &mut plan.kinds[at].columns;
                columns[column].name = format!("{}_x", columns[column].name).into();
            });
            self.push(format!("column of {at} {column}"), |plan| {
                plan.kinds[at].columns[column].of = Type::Duration;
            });
        }
        for line in 0..kind.credited.len() {
            self.push(format!("credit to {at} {line}"), |plan| {
                let to = &mut plan.kinds[at].credited[line].to;
                *to = match to.clone() {
                    CreditTo::Column(id) => CreditTo::Upline(id),
                    CreditTo::Upline(id) => CreditTo::Column(id),
                };
            });
            self.push(format!("credit role {at} {line}"), |plan| {
                let role = &mut plan.kinds[at].credited[line].role;
                *role = format!("{role}_x").into();
            });
            self.push(format!("credit share {at} {line}"), |plan| {
                let share = &mut plan.kinds[at].credited[line].share;
                *share = more(share);
            });
            self.push(format!("credit overlay {at} {line}"), |plan| {
                let line = &mut plan.kinds[at].credited[line];
                line.overlay = !line.overlay;
            });
        }
    }

    fn term(&mut self, at: usize) {
        self.push(format!("term name {at}"), |plan| {
            plan.terms[at].name = format!("{}_x", plan.terms[at].name).into();
        });
        self.push(format!("term is {at}"), |plan| {
            plan.terms[at].is = other_text(&plan.terms[at].is)
        });
        self.push(format!("term of {at}"), |plan| {
            plan.terms[at].of = Type::Duration
        });
        self.push(format!("term declared {at}"), |plan| {
            plan.terms[at].declared = !plan.terms[at].declared;
        });
        for per in WindowUnit::ALL {
            self.push(format!("per {at} {per}"), |plan| {
                plan.terms[at].per = Some(per)
            });
        }
        self.push(format!("no per {at}"), |plan| plan.terms[at].per = None);
        if self.plan.terms[at].per.is_some() {
            let spreads = [
                Spread::Even,
                Spread::Days,
                Spread::Weights([1, 2, 1].map(Exact::from_int).to_vec()),
                Spread::Weights([1, 1, 2].map(Exact::from_int).to_vec()),
            ];
            for spread in spreads {
                self.push(format!("spread {at}"), |plan| {
                    plan.terms[at].spread = spread
                });
            }
        }
        self.push(format!("no agreed {at}"), |plan| {
            plan.terms[at].agreed = None
        });
    }

    fn measure(&mut self, at: usize) {
        let fields: [(&str, TextOf); 4] = [
            ("is", |measure| &mut measure.is),
            ("validated_by", |measure| &mut measure.validated_by),
            ("source", |measure| &mut measure.source),
            ("disputed_in", |measure| &mut measure.disputed_in),
        ];
        for (what, field) in fields {
            self.push(format!("measure {what} {at}"), |plan| {
                let text = field(&mut plan.measures[at]);
                *text = other_text(text);
            });
        }
        self.push(format!("measure name {at}"), |plan| {
            plan.measures[at].name = format!("{}_x", plan.measures[at].name).into();
        });
        for shows in [
            Shows::Revenue,
            Shows::Profitability,
            Shows::CustomerOutcome,
            Shows::Activity,
        ] {
            self.push(format!("measure shows {at}"), |plan| {
                plan.measures[at].shows = Some(shows)
            });
        }
        self.push(format!("measure may move {at}"), |plan| {
            let most = &mut plan.measures[at].may_move;
            *most = Some(most.as_ref().map_or(Exact::ONE, more));
        });
        for fold in [
            Fold::Sum,
            Fold::CountDistinct,
            Fold::Min,
            Fold::Max,
            Fold::Latest,
        ] {
            if self.plan.measures[at].of.is_some() {
                self.push(format!("fold {at} {fold:?}"), |plan| {
                    plan.measures[at].fold = fold
                });
            }
        }
        self.push(format!("measure kind {at}"), |plan| {
            let kinds = u16::try_from(plan.kinds.len()).unwrap();
            let kind = &mut plan.measures[at].kind;
            // The place in time must be a column there too.
            let other = (kind.0 + 1) % kinds;
            if plan.measures[at].of.is_none() && plan.measures[at].filter.is_none() {
                plan.measures[at].kind.0 = other;
                plan.measures[at].at = plan.kinds[usize::from(other)].dated;
            }
        });
        self.push(format!("no where {at}"), |plan| {
            plan.measures[at].filter = None
        });
        self.push(format!("no by {at}"), |plan| plan.measures[at].by = None);
        self.push(format!("keys {at}"), |plan| {
            if plan.measures[at].by.is_some() {
                plan.measures[at].keys.push("another".into());
            }
        });
        self.push(format!("role {at}"), |plan| {
            plan.measures[at].role = format!("{}_x", plan.measures[at].role).into();
        });
        self.push(format!("at {at}"), |plan| {
            let kind = &plan.kinds[plan.measures[at].kind.index()];
            let days = (0u16..)
                .zip(&kind.columns)
                .filter(|(_, column)| column.of == Type::Date);
            let other = days
                .map(|(id, _)| id)
                .find(|id| *id != plan.measures[at].at.0);
            if let Some(other) = other {
                plan.measures[at].at.0 = other;
            }
        });
        self.push(format!("answers {at}"), |plan| {
            plan.measures[at].answers = Type::Duration
        });
    }

    fn table(&mut self, at: usize) {
        let table = &self.plan.tables[at];
        self.push(format!("table name {at}"), |plan| {
            plan.tables[at].name = format!("{}_x", plan.tables[at].name).into();
        });
        self.push(format!("table is {at}"), |plan| {
            plan.tables[at].is = other_text(&plan.tables[at].is)
        });
        self.push(format!("cliff {at}"), |plan| {
            let cliff = &mut plan.tables[at].cliff;
            *cliff = Some(cliff.as_ref().map_or_else(|| "why".into(), other_text));
        });
        self.push(format!("reading {at}"), |plan| {
            let reading = &mut plan.tables[at].reading;
            *reading = match reading.clone() {
                Reading::EachBand(formula) => Reading::OneBand(formula),
                Reading::OneBand(formula) => Reading::EachBand(formula),
                Reading::Line(column) => Reading::Line(column),
            };
        });
        self.push(format!("line {at}"), |plan| {
            if plan.tables[at].axes.len() == 1
                && !matches!(plan.tables[at].reading, Reading::Line(_))
            {
                plan.tables[at].reading = Reading::Line(0);
            }
        });
        for column in 0..table.columns.len() {
            self.push(format!("table column {at} {column}"), |plan| {
                let name = &mut plan.tables[at].columns[column].name;
                *name = format!("{name}_x").into();
            });
        }
        for axis in 0..table.axes.len() {
            self.push(format!("argument {at} {axis}"), |plan| {
                let name = &mut plan.tables[at].axes[axis].argument;
                *name = format!("{name}_x").into();
            });
            for bound in 0..table.axes[axis].bounds.len() {
                self.push(format!("bound {at} {axis} {bound}"), |plan| {
                    let is = &mut plan.tables[at].axes[axis].bounds[bound].is;
                    *is = match is.clone() {
                        BoundKind::From(x) => BoundKind::Above(x),
                        BoundKind::Above(x) => BoundKind::From(x),
                        other => other,
                    };
                });
                self.push(format!("lowest {at} {axis} {bound}"), |plan| {
                    if bound == 0 {
                        let is = &mut plan.tables[at].axes[axis].bounds[bound].is;
                        if matches!(is, BoundKind::From(_)) {
                            *is = BoundKind::Lowest;
                        }
                    }
                });
            }
        }
    }

    fn component(&mut self, at: usize) {
        let component = &self.plan.components[at];
        self.push(format!("component name {at}"), |plan| {
            plan.components[at].name = format!("{}_x", plan.components[at].name).into();
        });
        self.push(format!("component is {at}"), |plan| {
            plan.components[at].is = other_text(&plan.components[at].is);
        });
        for unit in WindowUnit::ALL {
            self.push(format!("over {at} {unit}"), |plan| {
                plan.components[at].over = unit
            });
            self.push(format!("every {at} {unit}"), |plan| {
                plan.components[at].every = unit
            });
        }
        for grants in [Grant::Money, Grant::Count, Grant::Fund, Grant::Flag] {
            self.push(format!("grants {at}"), |plan| {
                plan.components[at].grants = grants
            });
        }
        let drops: [(&str, Loss); 7] = [
            ("for", |component| component.applies = None),
            ("gate", |component| component.gate = None),
            ("at_least", |component| component.at_least = None),
            ("at_most", |component| component.at_most = None),
            ("recovers", |component| component.recovers = None),
            ("uncapped", |component| component.uncapped = None),
            ("stacks_with", |component| component.stacks_with.clear()),
        ];
        for (what, drops) in drops {
            self.push(format!("no {what} {at}"), |plan| {
                drops(&mut plan.components[at])
            });
        }
        self.push(format!("cliff {at}"), |plan| {
            plan.components[at].cliff = Some("why".into())
        });
        self.push(format!("uncapped {at}"), |plan| {
            plan.components[at].uncapped = Some("why".into())
        });
        if let Some(rounding) = &component.rounding {
            let rounding = rounding.clone();
            self.push(format!("rounding to {at}"), |plan| {
                let mut rounding = rounding.clone();
                rounding.to = more(&rounding.to);
                plan.components[at].rounding = Some(rounding);
            });
            for mode in Rounding::ALL {
                let mut rounding = rounding.clone();
                rounding.mode = mode;
                self.push(format!("rounding {mode} {at}"), |plan| {
                    plan.components[at].rounding = Some(rounding);
                });
            }
        }
        if component.each.is_some() {
            self.push(format!("each role {at}"), |plan| {
                let each = plan.components[at].each.as_mut().unwrap();
                each.role = format!("{}_x", each.role).into();
            });
            self.push(format!("each where {at}"), |plan| {
                plan.components[at].each.as_mut().unwrap().filter = None;
            });
        }
        self.recovery(at);
        for line in 0..component.paid.len() {
            self.instalment(at, line);
        }
    }

    fn recovery(&mut self, at: usize) {
        let others = [
            Recovery {
                from: vec![RecoverFrom::Held, RecoverFrom::NextPayouts],
                at_most: Exact::ratio(1, 2),
                within: None,
            },
            Recovery {
                from: vec![RecoverFrom::NextPayouts, RecoverFrom::Held],
                at_most: Exact::ratio(1, 2),
                within: None,
            },
            Recovery {
                from: vec![RecoverFrom::Invoice],
                at_most: None,
                within: Some(Duration { months: 7, days: 0 }),
            },
        ];
        for other in others {
            self.push(format!("recovers {at}"), |plan| {
                plan.components[at].recovers = Some(other)
            });
        }
    }

    fn instalment(&mut self, at: usize, line: usize) {
        self.push(format!("share {at} {line}"), |plan| {
            let share = &mut plan.components[at].paid[line].share;
            *share = more(share);
        });
        let whens = [
            InstalmentWhen::AtSettlement,
            InstalmentWhen::After(Duration { months: 5, days: 0 }),
            InstalmentWhen::After(Duration { months: 0, days: 5 }),
            InstalmentWhen::On(Date::constant(2030, 5, 6)),
        ];
        for when in whens {
            self.push(format!("when {at} {line}"), |plan| {
                plan.components[at].paid[line].when = when
            });
        }
        if self.plan.components[at].paid[line].condition.is_some() {
            self.push(format!("waits {at} {line}"), |plan| {
                let line = &mut plan.components[at].paid[line];
                line.waits = !line.waits;
            });
            self.push(format!("no if {at} {line}"), |plan| {
                let line = &mut plan.components[at].paid[line];
                line.condition = None;
                line.waits = false;
            });
        }
    }

    fn limit(&mut self, at: usize) {
        self.push(format!("limit name {at}"), |plan| {
            plan.limits[at].name = format!("{}_x", plan.limits[at].name).into();
        });
        self.push(format!("limit is {at}"), |plan| {
            plan.limits[at].is = other_text(&plan.limits[at].is)
        });
        self.push(format!("limit order {at}"), |plan| {
            plan.limits[at].on.reverse()
        });
        self.push(format!("limit on {at}"), |plan| {
            plan.limits[at].on.pop();
        });
        for unit in WindowUnit::ALL {
            self.push(format!("limit over {at} {unit}"), |plan| {
                plan.limits[at].over = unit
            });
        }
        for cut in [Cut::LastFirst, Cut::ProRata] {
            self.push(format!("cut {at}"), |plan| {
                // Without a maximum nothing is cut.
                if plan.limits[at].at_most.is_some() {
                    plan.limits[at].cut = cut;
                }
            });
        }
        self.push(format!("limit most {at}"), |plan| {
            plan.limits[at].at_most = None
        });
        self.push(format!("limit least {at}"), |plan| {
            plan.limits[at].at_least = None
        });
        self.push(format!("limit swapped {at}"), |plan| {
            let limit = &mut plan.limits[at];
            std::mem::swap(&mut limit.at_most, &mut limit.at_least);
        });
    }

    fn governance(&mut self) {
        for at in 0..self.plan.governance.len() {
            let block = &self.plan.governance[at];
            let is_evaluated = matches!(&*block.block, "contingencies" | "guardrails" | "funds");
            if !is_evaluated {
                self.push(format!("block {at}"), |plan| {
                    drop(plan.governance.remove(at))
                });
                if !block.name.is_empty() {
                    self.push(format!("block name {at}"), |plan| {
                        plan.governance[at].name = format!("{}_x", plan.governance[at].name).into();
                    });
                }
            }
            for says in 0..block.says.len() {
                let key = block.says[says].0.clone();
                let is_formula = block
                    .formulas
                    .iter()
                    .any(|(path, _)| path.split('.').next() == Some(&key));
                if !is_formula && (!is_evaluated || &*key == "needs") {
                    self.push(format!("{} says {key}", block.block), |plan| {
                        let text = &mut plan.governance[at].says[says].1;
                        *text = other_text(text);
                    });
                }
            }
        }
        for at in 0..self.plan.contingencies.len() {
            self.push(format!("contingency is {at}"), |plan| {
                plan.contingencies[at].is = other_text(&plan.contingencies[at].is);
            });
            self.push(format!("contingency lasts {at}"), |plan| {
                plan.contingencies[at].lasts = Some(Duration { months: 1, days: 2 });
            });
            self.push(format!("contingency always {at}"), |plan| {
                plan.contingencies[at].lasts = None
            });
            self.push(format!("contingency approved {at}"), |plan| {
                plan.contingencies[at].approved_by.push("somebody".into());
            });
            self.push(format!("contingency by itself {at}"), |plan| {
                plan.contingencies[at].approved_by.clear();
            });
            self.push(format!("contingency changes {at}"), |plan| {
                plan.contingencies[at].changes.pop();
            });
            self.push(format!("contingency order {at}"), |plan| {
                plan.contingencies[at].changes.reverse();
            });
        }
        for at in 0..self.plan.guardrails.len() {
            for effect in Effect::ALL {
                self.push(format!("effect {at}"), |plan| {
                    plan.guardrails[at].effect = effect
                });
            }
            self.push(format!("seen by {at}"), |plan| {
                plan.guardrails[at].seen_by.push("somebody".into())
            });
            self.push(format!("guardrail is {at}"), |plan| {
                plan.guardrails[at].is = other_text(&plan.guardrails[at].is);
            });
        }
        self.targets();
        for at in 0..self.plan.funds.len() {
            self.fund(at);
        }
    }

    fn targets(&mut self) {
        for at in 0..self.plan.contingencies.len() {
            for change in 0..self.plan.contingencies[at].changes.len() {
                for part in ComponentPart::ALL {
                    self.push(format!("target {at} {change} {}", part.word()), |plan| {
                        if let Target::Component(_, of) =
                            &mut plan.contingencies[at].changes[change].target
                        {
                            *of = part;
                        }
                    });
                }
                for part in LimitPart::ALL {
                    self.push(format!("target {at} {change} {}", part.word()), |plan| {
                        if let Target::Limit(_, of) =
                            &mut plan.contingencies[at].changes[change].target
                        {
                            *of = part;
                        }
                    });
                }
                self.push(format!("lowest {at} {change}"), |plan| {
                    plan.contingencies[at].changes[change].lowest = None;
                });
                self.push(format!("highest {at} {change}"), |plan| {
                    plan.contingencies[at].changes[change].highest = None;
                });
            }
        }
    }

    fn fund(&mut self, at: usize) {
        self.push(format!("fund name {at}"), |plan| {
            plan.funds[at].name = format!("{}_x", plan.funds[at].name).into();
        });
        self.push(format!("fund is {at}"), |plan| {
            plan.funds[at].is = other_text(&plan.funds[at].is)
        });
        self.push(format!("no reimburses {at}"), |plan| {
            plan.funds[at].reimburses = None
        });
        self.push(format!("no claims {at}"), |plan| {
            plan.funds[at].claims = None
        });
        self.push(format!("claim within {at}"), |plan| {
            plan.funds[at].claim_within = Some(Duration { months: 1, days: 2 });
        });
        self.push(format!("expires {at}"), |plan| {
            plan.funds[at].expires_after = Some(Duration { months: 1, days: 2 });
        });
        self.push(format!("fund by {at}"), |plan| {
            plan.funds[at].approved_by.push("somebody".into())
        });
        if self.plan.funds[at].claims.is_some() {
            self.push(format!("claims where {at}"), |plan| {
                plan.funds[at].claims.as_mut().unwrap().filter = None;
            });
            self.push(format!("claims role {at}"), |plan| {
                let claims = plan.funds[at].claims.as_mut().unwrap();
                claims.role = format!("{}_x", claims.role).into();
            });
            self.push(format!("claims spent {at}"), |plan| {
                let kind = plan.funds[at].claims.as_ref().unwrap().kind;
                let days = (0u16..).zip(&plan.kinds[kind.index()].columns);
                let days: Vec<u16> = days
                    .filter(|(_, column)| column.of == Type::Date)
                    .map(|(id, _)| id)
                    .collect();
                let spent = &mut plan.funds[at].claims.as_mut().unwrap().spent;
                if let Some(other) = days.into_iter().find(|id| *id != spent.0) {
                    spent.0 = other;
                }
            });
        }
    }
}
