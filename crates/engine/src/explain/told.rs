//! What an explanation tells of rows, bands and named things.

use trueup_base::exact::Exact;
use trueup_plan::span::Span;
use trueup_plan::tree::{
    BoundKind, ComponentPart, Expr, Grant, KindId, LimitPart, Name, Plan, Reading,
    Reference as Listed, Table, TableId, Target, Trigger, Type, Unit, WindowPart,
};

use super::{BandShown, Explainer, Figure, Named, RowShown, Subject};
use crate::evaluate::Place;
use crate::graph::InBand;
use crate::measure::Measurer;
use crate::number::Number;
use crate::value::Value;
use crate::world::{RowIx, date_of};

impl<N: Number, M: Measurer<N>> Explainer<'_, '_, N, M> {
    pub(super) fn row(&self, row: RowIx, at: &Place) -> Option<RowShown> {
        let place = at.row?;
        let shape = &self.plan()[place.kind];
        let facts = self.evaluator.world().kind(place.kind)?;
        let fact = facts.rows.get(row.0 as usize)?;
        let share = facts
            .credits(place.role, at.partner)
            .iter()
            .find(|credit| credit.row == row && credit.line == place.line)
            .map_or(Exact::ONE, |credit| credit.share.clone());
        Some(RowShown {
            kind: shape.name.to_string(),
            id: fact.id.to_string(),
            on: date_of(fact, shape.dated),
            share,
            level: place.level,
        })
    }

    pub(super) fn band(&self, id: TableId, names: InBand) -> Option<BandShown> {
        let table = &self.plan()[id];
        let names = self.evaluator.graph().band(names)?;
        let bands = table
            .axes
            .iter()
            .zip(&names.bands)
            .map(|(axis, band)| {
                axis.bounds
                    .get(*band)
                    .map_or_else(String::new, |bound| self.bound(&bound.is))
            })
            .collect();
        let arguments = table
            .axes
            .iter()
            .zip(&names.arguments)
            .map(|(axis, value)| self.named(&axis.argument, value, axis.of))
            .collect();
        let of = table
            .axes
            .first()
            .map_or(Type::Number(Unit::RATIO), |axis| axis.of);
        // Only a sum over bands cuts slices; a grid has bounds of its own for each argument.
        let is_sliced = matches!(table.reading, Reading::EachBand(_));
        let bounds = [
            ("from", &names.lower, true),
            ("to", &names.upper, true),
            ("slice", &names.slice, is_sliced),
        ]
        .into_iter()
        .filter(|(_, value, is_told)| *is_told && value.reason().is_none() && table.axes.len() == 1)
        .map(|(name, value, _)| (name, value))
        .map(|(name, value)| self.named(name, value, of))
        .collect();
        let cells = match &table.reading {
            Reading::Line(column) => self.line_cells(table, *column, &names.cells),
            Reading::EachBand(_) | Reading::OneBand(_) => table
                .columns
                .iter()
                .zip(&names.cells)
                .map(|(column, value)| self.named(&column.name, value, column.of))
                .collect(),
        };
        Some(BandShown {
            table: table.name.to_string(),
            bands,
            arguments,
            bounds,
            cells,
        })
    }

    /// A line's height where the stretch begins and where it ends.
    fn line_cells(&self, table: &Table, column: usize, heights: &[Value<N>]) -> Vec<Named> {
        let Some(column) = table.columns.get(column) else {
            return Vec::new();
        };
        ["from", "to"]
            .into_iter()
            .zip(heights)
            .map(|(end, value)| self.named(&format!("{} {end}", column.name), value, column.of))
            .collect()
    }

    fn named(&self, name: &str, value: &Value<N>, of: Type) -> Named {
        Named {
            name: name.to_owned(),
            figure: Figure::of(value, of, self.plan().currency),
        }
    }

    fn bound(&self, bound: &BoundKind) -> String {
        let written = |formula: &Expr| (self.text)(formula.span);
        match bound {
            BoundKind::Lowest => "lowest".to_owned(),
            BoundKind::From(formula) => format!("from {}", written(formula)),
            BoundKind::Above(formula) => format!("above {}", written(formula)),
            BoundKind::At(formula) => format!("at {}", written(formula)),
            BoundKind::Equals(formula) => format!("equals {}", written(formula)),
            BoundKind::Otherwise => "otherwise".to_owned(),
        }
    }

    pub(super) fn trigger(&self, trigger: Trigger) -> Thing {
        let plan = self.plan();
        let (subject, name, is) = match trigger {
            Trigger::Contingency(id) => (Subject::Contingency, &plan[id].name, &plan[id].is),
            Trigger::Guardrail(id) => (Subject::Guardrail, &plan[id].name, &plan[id].is),
        };
        Thing {
            formula: Some(plan.when(trigger).span),
            ..Thing::new(subject, name, is, Type::Flag)
        }
    }

    pub(super) fn thing(&self, name: Name) -> Thing {
        let plan = self.plan();
        let number = |unit| Type::Number(unit);
        match name {
            Name::Component(id) => {
                let component = &plan[id];
                let of = match component.grants {
                    Grant::Money | Grant::Fund => number(Unit::MONEY),
                    Grant::Count => number(Unit::COUNT),
                    Grant::Flag => Type::Flag,
                };
                Thing::new(Subject::Component, &component.name, &component.is, of)
            }
            Name::Limit(id) => {
                let limit = &plan[id];
                Thing::new(
                    Subject::Limit,
                    &limit.name,
                    &limit.is,
                    number(limit_unit(plan, &limit.on)),
                )
            }
            Name::Value(id) => {
                let value = &plan[id];
                Thing {
                    formula: Some(value.formula.span),
                    ..Thing::new(Subject::Value, &value.name, &value.is, value.formula.of)
                }
            }
            Name::Measure(id) => {
                let measure = &plan[id];
                Thing::new(
                    Subject::Measure,
                    &measure.name,
                    &measure.is,
                    measure.answers,
                )
            }
            Name::Term(id) => {
                let term = &plan[id];
                Thing::new(Subject::Term, &term.name, &term.is, term.of)
            }
            Name::Column(kind, column) => self.column(kind, column.index(), None),
            Name::Followed(kind, column, attribute) => {
                let attribute = &plan[attribute];
                self.column(kind, column.index(), Some((&attribute.name, attribute.of)))
            }
            Name::Attribute(id) => {
                let attribute = &plan[id];
                Thing::new(
                    Subject::Given,
                    &format!("partner.{}", attribute.name),
                    "",
                    attribute.of,
                )
            }
            Name::Partner => Thing::new(Subject::Given, "partner", "", Type::Partner),
            Name::Window(part) => {
                let (word, of) = match part {
                    WindowPart::Starts => ("window.starts", Type::Date),
                    WindowPart::Ends => ("window.ends", Type::Date),
                    WindowPart::Last => ("window.last", Type::Date),
                    WindowPart::Days => ("window.days", number(Unit::COUNT)),
                    WindowPart::FullDays => ("window.full_days", number(Unit::COUNT)),
                    WindowPart::Final => ("window.final", Type::Flag),
                };
                Thing::new(Subject::Given, word, "", of)
            }
            Name::CreditLevel => {
                Thing::new(Subject::Given, "credit.level", "", number(Unit::COUNT))
            }
            Name::Argument(_)
            | Name::BandColumn(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice
            | Name::Was
            | Name::Agreed
            | Name::Key(..) => Thing::new(Subject::Given, "", "", number(Unit::RATIO)),
        }
    }

    fn column(&self, kind: KindId, column: usize, followed: Option<(&str, Type)>) -> Thing {
        let shape = &self.plan()[kind];
        let Some(column) = shape.columns.get(column) else {
            return Thing::new(Subject::Given, &shape.name, "", Type::Text);
        };
        let name = format!("{}.{}", shape.name, column.name);
        match followed {
            Some((attribute, of)) => {
                Thing::new(Subject::Given, &format!("{name}.{attribute}"), "", of)
            }
            None => Thing::new(Subject::Given, &name, "", column.of),
        }
    }
}

/// A named thing of the plan, as an explanation tells it.
pub(super) struct Thing {
    pub(super) subject: Subject,
    pub(super) name: String,
    pub(super) is: String,
    pub(super) of: Type,
    pub(super) formula: Option<Span>,
}

impl Thing {
    fn new(subject: Subject, name: &str, is: &str, of: Type) -> Self {
        Self {
            subject,
            name: name.to_owned(),
            is: is.to_owned(),
            of,
            formula: None,
        }
    }
}

/// What a changed formula answers.
pub(super) fn type_of_target(plan: &Plan, target: Target) -> Type {
    match target {
        Target::Term(id) => plan[id].of,
        Target::Value(id) => plan[id].formula.of,
        Target::Component(
            _,
            ComponentPart::Applies | ComponentPart::Gate | ComponentPart::Filter,
        ) => Type::Flag,
        Target::Component(
            id,
            ComponentPart::Pays | ComponentPart::AtLeast | ComponentPart::AtMost,
        ) => plan[id].pays.of,
        Target::Limit(id, LimitPart::AtMost | LimitPart::AtLeast) => {
            Type::Number(limit_unit(plan, &plan[id].on))
        }
    }
}

fn limit_unit(plan: &Plan, on: &[Listed]) -> Unit {
    let is_count = on.iter().all(|listed| match listed {
        Listed::Component(id) => plan[*id].grants == Grant::Count,
        Listed::Term(_)
        | Listed::Measure(_)
        | Listed::Value(_)
        | Listed::Table(_)
        | Listed::Limit(_) => false,
    });
    if is_count { Unit::COUNT } else { Unit::MONEY }
}
