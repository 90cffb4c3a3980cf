//! The functions of a formula, and names that are read and not computed.

use trueup_base::calendar::WindowUnit;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_plan::tree::{
    Call, Comparison, Conversion, Expr, Form, KindId, Literal, Name, RateKind,
};

use crate::evaluate::{Evaluator, Place};
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number, Patch};
use crate::table::BandFrame;
use crate::value::Value;
use crate::windows::{fold_numbers, less};
use crate::world::{Cell, PartnerIx, date_of};

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// A call's answer.
    pub(crate) fn call(
        &mut self,
        call: &'p Call,
        at: &Place,
        bands: Option<&BandFrame<'_, N>>,
    ) -> Value<N> {
        match call {
            Call::Least(all) => self.extreme(all, Comparison::Less, at, bands),
            Call::Greatest(all) => self.extreme(all, Comparison::More, at, bands),
            Call::Clamp { x, low, high } => {
                let x = self.eval(x, at, bands).into_number();
                let low = self.eval(low, at, bands).into_number();
                let high = self.eval(high, at, bands).into_number();
                Value::Number(less(
                    &less(&x, &low, Comparison::More),
                    &high,
                    Comparison::Less,
                ))
            }
            Call::Abs(x) => Value::Number(self.eval(x, at, bands).into_number().abs()),
            Call::Round { x, to, mode } => {
                let x = self.eval(x, at, bands).into_number();
                let step = self.eval(to, at, bands).into_number();
                Value::Number(x.rounded(&step, *mode))
            }
            Call::Coalesce(all) => self.coalesce(all, at, bands),
            Call::Otherwise(x, fallback) => self.patched(x, Patch::Undefined, fallback, at, bands),
            Call::Weighted(parts) => {
                let mut sum = N::known(Exact::ZERO);
                for (part, weight) in parts {
                    let part = self.eval(part, at, bands).into_number();
                    sum = sum.plus(&part.times(&N::known(weight.clone())));
                }
                Value::Number(sum)
            }
            Call::DaysBetween(from, until) => {
                self.between(from, until, at, bands, trueup_base::date::days_between)
            }
            Call::MonthsBetween(from, until) => {
                self.between(from, until, at, bands, trueup_base::date::months_between)
            }
            Call::Asked(where_to, x) => self.elsewhere(where_to, x, at, None),
            Call::FoldedBy(fold, x, unit) => self.folded_by(*fold, x, *unit, at),
            Call::Ever(x) => self.ever(x, at),
            Call::Running { x, in_order } => self.running(x, in_order.as_deref(), at),
            Call::Table(id, arguments) => {
                let mut asked = self.spare.values();
                for argument in arguments {
                    asked.push(self.eval(argument, at, bands));
                }
                let value = self.table(self.answering_table(*id, at), &asked, at);
                self.spare.keep_values(asked);
                value
            }
            Call::Keyed(measure, key) => {
                let key = self.eval(key, at, bands);
                match key_text(&key) {
                    Ok(key) => self.asked(measure, &Place { row: None, ..*at }, Some(&key)),
                    Err(reason) => Value::None(reason),
                }
            }
            Call::FoldedKeys(fold, measure) => {
                let keyed = match keyed_in(measure) {
                    Some(name) => match self.answering(name, at) {
                        Ok(name) => Some(name),
                        Err(reason) => return Value::None(reason),
                    },
                    None => None,
                };
                let keys = match keyed {
                    Some(Name::Measure(id)) => self.plan()[id].keys.clone(),
                    Some(Name::Value(id)) => match self.keys_of(id, at) {
                        Ok(keys) => keys,
                        Err(reason) => return Value::None(reason),
                    },
                    Some(_) | None => Vec::new(),
                };
                let answers = keys
                    .iter()
                    .map(|key| self.asked(measure, at, Some(key)).into_number())
                    .collect();
                Value::Number(fold_numbers(*fold, answers))
            }
            Call::Total { x, filter } => match self.told(call, at) {
                Some(told) => told,
                None => self.total(x, filter.as_deref(), at),
            },
            Call::Team(x) => match self.told(call, at) {
                Some(told) => told,
                None => self.team(x, at),
            },
            Call::Rank { x, within, filter } => match self.told(call, at) {
                Some(told) => told,
                None => self.rank(x, within.as_deref(), filter.as_deref(), at),
            },
            // The rows that share are the partner's own.
            Call::Allocate(allocation) if allocation.rows.is_some() => {
                self.allocate(allocation, at)
            }
            Call::Allocate(allocation) => match self.told(call, at) {
                Some(told) => told,
                None => self.allocate(allocation, at),
            },
            Call::Of(partner, x) => match self.eval(partner, at, bands) {
                Value::Partner(id) => match self.world().find(&id) {
                    Some(partner) if partner == at.partner => self.asked_of(partner, x, at),
                    found => match (self.told(call, at), found) {
                        (Some(told), _) => told,
                        (None, Some(partner)) => self.asked_of(partner, x, at),
                        (None, None) => Value::None(self.not_here(&id)),
                    },
                },
                other => Value::None(
                    other
                        .reason()
                        .cloned()
                        .unwrap_or_else(|| NoAnswer::undefined("no partner is named here")),
                ),
            },
            Call::Convert(conversion) => self.convert(conversion, at, bands),
        }
    }

    /// What the measurer was told of other partners, in the place of asking them.
    fn told(&self, question: &Call, at: &Place) -> Option<Value<N>> {
        let key = at.key.and_then(|key| self.keys.cell(key));
        self.measurer.of_others(question, at, key)
    }

    /// What the key of a place says.
    #[must_use]
    pub fn key_of(&self, at: &Place) -> Option<&Cell> {
        at.key.and_then(|key| self.keys.cell(key))
    }

    fn extreme(
        &mut self,
        all: &'p [Expr],
        how: Comparison,
        at: &Place,
        bands: Option<&BandFrame<'_, N>>,
    ) -> Value<N> {
        let Some((first, rest)) = all.split_first() else {
            return Value::None(NoAnswer::undefined("the least or largest of nothing"));
        };
        let mut kept = self.eval(first, at, bands);
        for next in rest {
            let next = self.eval(next, at, bands);
            kept = match (&kept, &next) {
                (Value::Date(_), Value::Date(_)) => {
                    Value::select(&next.compared(how, &kept), &next, &kept)
                }
                (
                    Value::Number(_)
                    | Value::Flag(_)
                    | Value::Date(_)
                    | Value::Duration(_)
                    | Value::Text(_)
                    | Value::Partner(_)
                    | Value::None(_),
                    _,
                ) => Value::Number(less(&kept.number(), &next.number(), how)),
            };
        }
        kept
    }

    fn coalesce(
        &mut self,
        all: &'p [Expr],
        at: &Place,
        bands: Option<&BandFrame<'_, N>>,
    ) -> Value<N> {
        let Some((first, rest)) = all.split_first() else {
            return Value::None(NoAnswer::undefined("a choice among nothing"));
        };
        let value = self.eval(first, at, bands);
        if rest.is_empty() || is_answered(&value) {
            return value;
        }
        let fallback = self.coalesce(rest, at, bands);
        value.or(Patch::Both, &fallback)
    }

    fn patched(
        &mut self,
        x: &'p Expr,
        patch: Patch,
        fallback: &'p Expr,
        at: &Place,
        bands: Option<&BandFrame<'_, N>>,
    ) -> Value<N> {
        let value = self.eval(x, at, bands);
        if is_answered(&value) {
            return value;
        }
        let fallback = self.eval(fallback, at, bands);
        value.or(patch, &fallback)
    }

    fn between(
        &mut self,
        from: &'p Expr,
        until: &'p Expr,
        at: &Place,
        bands: Option<&BandFrame<'_, N>>,
        count: impl FnOnce(trueup_base::date::Date, trueup_base::date::Date) -> i64,
    ) -> Value<N> {
        let from = self.eval(from, at, bands);
        let until = self.eval(until, at, bands);
        match (&from, &until) {
            (Value::Date(from), Value::Date(until)) => {
                Value::exact(Exact::from_int(count(*from, *until)))
            }
            (from, until) => Value::None(
                from.reason()
                    .into_iter()
                    .chain(until.reason())
                    .reduce(NoAnswer::first)
                    .cloned()
                    .unwrap_or_else(|| NoAnswer::undefined("days are counted between two days")),
            ),
        }
    }

    /// A name that is read, not computed: a column, the directory, the window.
    pub(crate) fn plain_name(&mut self, name: Name, at: &Place) -> Value<N> {
        match name {
            Name::Column(kind, column) => {
                let named = || {
                    let shape = &self.plan()[kind];
                    format!("{}.{} is empty", shape.name, shape.column(column).name)
                };
                match self.cell(kind, column.index(), at) {
                    Some(cell) => Value::from_cell(cell, named),
                    None => Value::None(NoAnswer::undefined(
                        "a column is asked where there is no row",
                    )),
                }
            }
            Name::Followed(kind, column, attribute) => match self.cell(kind, column.index(), at) {
                Some(Cell::Partner(id)) => match self.world().find(id) {
                    Some(partner) => self.attribute(partner, attribute.index()),
                    None => self.attribute_elsewhere(id, attribute.index()),
                },
                Some(Cell::Empty) => Value::None(NoAnswer::missing("the row names no partner")),
                Some(Cell::Number(_) | Cell::Text(_) | Cell::Date(_) | Cell::Flag(_)) | None => {
                    Value::None(NoAnswer::undefined(
                        "a column is followed that names no partner",
                    ))
                }
            },
            Name::Attribute(attribute) => self.attribute(at.partner, attribute.index()),
            Name::Partner => match self.world().partner(at.partner) {
                Some(partner) => Value::Partner(partner.id.clone()),
                None => Value::None(NoAnswer::undefined("there is no partner here")),
            },
            Name::Window(part) => self.window_part(part, at),
            Name::CreditLevel => match at.row {
                Some(row) => Value::exact(Exact::from_int(i64::from(row.level))),
                None => Value::None(NoAnswer::undefined(
                    "a credit is asked where there is no row",
                )),
            },
            Name::Key(..) => self.key_asked_for(at),
            Name::Was | Name::Agreed => Value::None(NoAnswer::undefined(
                "what was agreed is asked outside a change",
            )),
            Name::Argument(_)
            | Name::BandColumn(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice => Value::None(NoAnswer::undefined(
                "a band's name stands outside its table",
            )),
            Name::Term(_)
            | Name::Measure(_)
            | Name::Value(_)
            | Name::Component(_)
            | Name::Limit(_) => self.named(name, at),
        }
    }

    fn cell(&self, kind: KindId, column: usize, at: &Place) -> Option<&'p Cell> {
        let row = at.row.filter(|row| row.kind == kind)?;
        self.world()
            .kind(kind)?
            .rows
            .get(row.row.0 as usize)?
            .cells
            .get(column)
    }

    fn attribute(&self, partner: PartnerIx, attribute: usize) -> Value<N> {
        let Some(partner) = self.world().partner(partner) else {
            return Value::None(NoAnswer::undefined("there is no partner here"));
        };
        let shape = self.plan().attributes.get(attribute);
        match partner.attribute(self.plan(), attribute) {
            Some(cell) => Value::from_cell(&cell, String::new),
            None if shape.is_some_and(|shape| &*shape.name == "ends") => {
                Value::None(NoAnswer::missing("the agreement has no end"))
            }
            None => Value::None(NoAnswer::missing(format!(
                "the directory does not give {} of partner {}",
                shape.map_or("", |shape| &*shape.name),
                partner.id.as_str()
            ))),
        }
    }

    /// What the directory says of a partner who is under another plan.
    fn attribute_elsewhere(&self, id: &PartnerId, attribute: usize) -> Value<N> {
        let Some(says) = self.world().elsewhere.get(id) else {
            return Value::None(self.not_here(id));
        };
        let shape = self.plan().attributes.get(attribute);
        let name = shape.map_or("", |shape| &*shape.name);
        match says.get(attribute) {
            Some(cell) if *cell != Cell::Empty => Value::from_cell(cell, String::new),
            Some(_) | None => Value::None(NoAnswer::missing(format!(
                "the directory does not give {name} of partner {}",
                id.as_str()
            ))),
        }
    }

    /// Why a partner has no answer who is not among those asked here.
    fn not_here(&self, id: &PartnerId) -> NoAnswer {
        let is_elsewhere = self.world().elsewhere.contains_key(id);
        NoAnswer::missing(match is_elsewhere {
            true => format!("partner {} is under another plan or none", id.as_str()),
            false => format!("partner {} is not in the directory", id.as_str()),
        })
    }

    /// The days whose rates a month's average is made of: the month that places the row, or the one a window lies in, as far
    /// as the window goes; a longer window without a row has all its days.
    fn averaged_over(&self, at: &Place) -> (Date, Date) {
        let window = (at.window.starts, at.window.ends);
        let month_of = |day| self.plan().calendar.window_at(WindowUnit::Month, day);
        let of_row = at.row.and_then(|row| {
            let fact = self.world().kind(row.kind)?.rows.get(row.row.0 as usize)?;
            month_of(date_of(fact, self.plan()[row.kind].dated)?)
        });
        let month = of_row.or_else(|| {
            month_of(at.window.last()).filter(|month| month.starts <= at.window.starts)
        });
        month.map_or(window, |month| {
            // A row that another date places may lie outside the window altogether.
            let reaches = month.starts < at.window.ends;
            let ends = month.ends.min(at.window.ends);
            (month.starts, if reaches { ends } else { month.ends })
        })
    }

    fn convert(
        &mut self,
        conversion: &'p Conversion,
        at: &Place,
        bands: Option<&BandFrame<'_, N>>,
    ) -> Value<N> {
        let amount = self.eval(&conversion.x, at, bands).into_number();
        let day = match &conversion.rate {
            RateKind::On(day) => match self.eval(day, at, bands) {
                Value::Date(day) => Some(day),
                other => {
                    return Value::None(
                        other
                            .reason()
                            .cloned()
                            .unwrap_or_else(|| NoAnswer::undefined("a rate is asked for no day")),
                    );
                }
            },
            RateKind::MonthAverage | RateKind::Plan => None,
        };
        if conversion.from == conversion.into {
            return Value::Number(amount);
        }
        let rates = self
            .world()
            .rates
            .get(&(conversion.from, conversion.into))
            .map_or(&[][..], Vec::as_slice);
        let (from, into) = (conversion.from.code(), conversion.into.code());
        let rate = match (&conversion.rate, day) {
            (RateKind::MonthAverage, _) => average(rates, self.averaged_over(at)),
            (RateKind::On(_) | RateKind::Plan, day) => rates
                .iter()
                .find(|rate| rate.on == day)
                .map(|rate| rate.rate.clone()),
        };
        match rate {
            Some(rate) => Value::Number(amount.times(&N::known(rate))),
            None => {
                let when = day.map_or_else(|| "in the plan".to_owned(), |day| format!("on {day}"));
                Value::None(NoAnswer::missing(format!(
                    "no rate from {from} into {into} {when}"
                )))
            }
        }
    }
}

/// The mean of the rates whose day lies in a span of days.
fn average(rates: &[crate::world::Rate], (from, until): (Date, Date)) -> Option<Exact> {
    let inside: Vec<&Exact> = rates
        .iter()
        .filter(|rate| rate.on.is_some_and(|on| from <= on && on < until))
        .map(|rate| &rate.rate)
        .collect();
    let count = Exact::from_int(i64::try_from(inside.len()).ok()?);
    let sum = inside
        .into_iter()
        .fold(Exact::ZERO, |sum, rate| &sum + rate);
    sum.checked_div(&count)
}

/// Whether every lane has an answer.
fn is_answered<N: Number>(value: &Value<N>) -> bool {
    use crate::number::Truth;
    use trueup_plan::tree::NoAnswerKind;
    value
        .is(NoAnswerKind::Missing)
        .or_else(&value.is(NoAnswerKind::Undefined))
        .all()
        == Some(false)
}

fn key_text<N: Number>(key: &Value<N>) -> Result<String, NoAnswer> {
    match key {
        Value::Text(text) => Ok(text.to_string()),
        Value::Partner(partner) => Ok(partner.as_str().to_owned()),
        Value::Number(number) => match number.figure() {
            Some(figure) => Ok(figure.to_string()),
            None => Err(NoAnswer::undefined("a key that is no single figure")),
        },
        Value::None(reason) => Err(reason.clone()),
        Value::Flag(_) | Value::Date(_) | Value::Duration(_) => {
            Err(NoAnswer::undefined("a key is a text"))
        }
    }
}

/// The keyed measure or value inside a formula that may ask it in another window.
pub(crate) fn keyed_in(formula: &Expr) -> Option<Name> {
    match &formula.form {
        Form::Name(name @ (Name::Measure(_) | Name::Value(_))) => Some(*name),
        Form::Call(Call::Asked(_, inner)) => keyed_in(inner),
        Form::Literal(
            Literal::Number(_) | Literal::Text(_) | Literal::Date(_) | Literal::Duration(_),
        )
        | Form::Literal(Literal::Flag(_) | Literal::Missing)
        | Form::Name(_)
        | Form::Negated(_)
        | Form::Arithmetic(..)
        | Form::Compared(..)
        | Form::Between(..)
        | Form::In(..)
        | Form::Is(..)
        | Form::Not(_)
        | Form::And(_)
        | Form::Or(_)
        | Form::Case(..)
        | Form::Call(_) => None,
    }
}
