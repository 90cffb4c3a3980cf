//! Rows to one number: the question a measurer answers, and the plain answer everything else is held to.

use trueup_base::calendar::Window;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::FactId;
use trueup_plan::tree::{Call, ComponentId, Fold, KindId, Measure, MeasureId, Name};

use crate::evaluate::{Detail, Evaluator, Place, RowPlace};
use crate::graph::What;
use crate::number::{NoAnswer, Number, Patch, Truth};
use crate::value::Value;
use crate::world::{Cell, Credit, PartnerIx, RowIx, date_of, role_of};

/// A measure asked for a partner in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask<'a> {
    /// Which measure.
    pub measure: MeasureId,
    /// For whom.
    pub partner: PartnerIx,
    /// In which window; only its first and last day matter.
    pub window: Window,
    /// As known before this day; none for all that is known.
    pub known_before: Option<Date>,
    /// Which key of a keyed measure.
    pub key: Option<&'a str>,
}

/// Answers measures faster than by reading rows. What it answers must equal the reference to the last digit.
pub trait Measurer<N: Number> {
    /// The answer, or none where this measurer leaves the question to the rows.
    fn measure(&self, ask: &Ask<'_>) -> Option<N>;

    /// What stands for a name in place of what the plan and the facts say of it: a column of a row, a value, a
    /// component. It is for whoever asks what would be if; a measurer of facts gives nothing.
    fn given(&self, _name: Name, _at: &Place) -> Option<Value<N>> {
        None
    }

    /// For how many rows like it a row stands; one where nothing is said. Rows that are many count as often in sums,
    /// counts and in what is paid on each row, and as different ones where different answers are counted.
    fn copies(&self, _kind: KindId, _row: RowIx) -> Option<N> {
        None
    }

    /// What a question about other partners answers (a total, a rank, a share, another's figure), for whoever is told it and
    /// does not know the others. `key` is the key of the place, where it has one.
    fn of_others(&self, _question: &Call, _at: &Place, _key: Option<&Cell>) -> Option<Value<N>> {
        None
    }
}

/// The reference measurer: it leaves every question to the rows, read one by one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reference;

impl<N: Number> Measurer<N> for Reference {
    fn measure(&self, _ask: &Ask<'_>) -> Option<N> {
        None
    }
}

impl<N: Number, M: Measurer<N> + ?Sized> Measurer<N> for &M {
    fn measure(&self, ask: &Ask<'_>) -> Option<N> {
        (**self).measure(ask)
    }

    fn given(&self, name: Name, at: &Place) -> Option<Value<N>> {
        (**self).given(name, at)
    }

    fn copies(&self, kind: KindId, row: RowIx) -> Option<N> {
        (**self).copies(kind, row)
    }

    fn of_others(&self, question: &Call, at: &Place, key: Option<&Cell>) -> Option<Value<N>> {
        (**self).of_others(question, at, key)
    }
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// What a question to a measure answers. A measurer that changes some answers gets the others from here.
    pub fn measured(&mut self, ask: &Ask<'_>) -> Value<N> {
        let place = Place {
            known_before: ask.known_before,
            ..Place::new(ask.partner, ask.window)
        };
        let opened = self.graph.begin();
        let value = self.measure(ask.measure, &place, ask.key);
        self.graph.forget_inputs(opened);
        value
    }

    /// A measure's answer at a place.
    pub(crate) fn measure(&mut self, id: MeasureId, at: &Place, key: Option<&str>) -> Value<N> {
        let ask = Ask {
            measure: id,
            partner: at.partner,
            window: at.window,
            known_before: at.known_before,
            key,
        };
        // An explanation goes down to the rows where there are any to go down to.
        let has_rows = self
            .world()
            .kind(self.plan()[id].kind)
            .is_some_and(|facts| facts.has_rows_of(at.partner));
        if (self.detail == Detail::Figures || !has_rows)
            && let Some(answer) = self.measurer.measure(&ask)
        {
            return Value::Number(answer);
        }
        let measure = &self.plan()[id];
        let place = Place { row: None, ..*at };
        self.measure_rows(measure, &place, key)
    }

    fn measure_rows(&mut self, measure: &'p Measure, at: &Place, key: Option<&str>) -> Value<N> {
        let Some(facts) = self.world().kind(measure.kind) else {
            return Value::None(NoAnswer::missing("no facts of this kind"));
        };
        let kind = &self.plan()[measure.kind];
        let Some(role) = role_of(kind, &measure.role) else {
            return Value::None(NoAnswer::undefined(format!(
                "no credit line has the role {}",
                measure.role
            )));
        };
        if !facts.has_rows_of(at.partner) {
            return Value::None(rows_not_read(&kind.name));
        }
        let mut folded = Folding::new(measure.fold);
        for credit in facts.credits(role, at.partner) {
            if !facts.is_known(credit.row, at.known_before) {
                continue;
            }
            let Some(row) = facts.rows.get(credit.row.0 as usize) else {
                continue;
            };
            let Some(day) = date_of(row, measure.at) else {
                continue;
            };
            if day < at.window.starts || day >= at.window.ends {
                continue;
            }
            let place = Place {
                row: Some(RowPlace::new(measure.kind, role, credit)),
                ..*at
            };
            let copies = self.measurer.copies(measure.kind, credit.row);
            if copies.as_ref().is_some_and(is_nothing) {
                continue;
            }
            if let Some(counted) = self.count_row(measure, &place, key, credit) {
                folded.add(&counted, &credit.share, copies.as_ref(), (day, &row.id));
            }
        }
        let is_complete = facts.is_complete(at.window.starts, at.window.ends);
        folded.answer(is_complete, || {
            (kind.name.to_string(), at.window.starts, at.window.ends)
        })
    }

    /// What one row adds to a measure; none where it does not count.
    fn count_row(
        &mut self,
        measure: &'p Measure,
        at: &Place,
        key: Option<&str>,
        credit: &Credit,
    ) -> Option<Counted<N>> {
        let opened = self.begin_row();
        if let (Some(by), Some(key)) = (&measure.by, key) {
            let value = self.eval(by, at, None);
            if let Some(reason) = value.reason() {
                let reason = reason.clone();
                self.end_row(opened, What::LeftOut(credit.row), at, Value::None(reason));
                return None;
            }
            let is_of_key = match value {
                Value::Text(text) => &*text == key,
                Value::Partner(partner) => partner.as_str() == key,
                Value::Number(number) => number
                    .figure()
                    .is_some_and(|figure| figure.to_string() == key),
                Value::Flag(_) | Value::Date(_) | Value::Duration(_) | Value::None(_) => false,
            };
            if !is_of_key {
                self.drop_row(opened);
                return None;
            }
        }
        if let Some(filter) = &measure.filter {
            let counts = self.eval(filter, at, None).into_truth();
            if let Some(reason) = counts.reason() {
                let reason = reason.clone();
                self.end_row(opened, What::LeftOut(credit.row), at, Value::None(reason));
                return None;
            }
            match counts.all() {
                Some(true) => {}
                Some(false) => {
                    self.drop_row(opened);
                    return None;
                }
                None => {
                    // Futures differ on whether the row counts: where it does not, it adds nothing.
                    let counts = counts.patched(Patch::Both, &N::Truth::known(false));
                    let value = self.row_amount(measure, at);
                    let nothing = N::known(Exact::ZERO);
                    let shown = Value::Number(N::select(&counts, &value.number(), &nothing));
                    self.end_row(opened, What::Row(credit.row), at, shown);
                    return Some(Counted {
                        value,
                        counts: Some(counts),
                    });
                }
            }
        }
        let value = self.row_amount(measure, at);
        self.end_row(opened, What::Row(credit.row), at, value.clone());
        Some(Counted {
            value,
            counts: None,
        })
    }

    fn row_amount(&mut self, measure: &'p Measure, at: &Place) -> Value<N> {
        match &measure.of {
            Some(formula) => self.eval(formula, at, None),
            None => Value::exact(Exact::ONE),
        }
    }

    /// Whether a row stands for any.
    pub(crate) fn is_there(&self, kind: KindId, row: RowIx) -> bool {
        !self
            .measurer
            .copies(kind, row)
            .is_some_and(|copies| is_nothing(&copies))
    }

    /// Whether a credited row counts for anything: in a measure, or in a component that pays on it.
    pub(crate) fn does_row_count(&mut self, kind: KindId, role: u16, at: &Place) -> bool {
        let plan = self.plan();
        let shape = &plan[kind];
        for measure in plan
            .measures
            .iter()
            .filter(|measure| measure.kind == kind && role_of(shape, &measure.role) == Some(role))
        {
            let is_in = match &measure.filter {
                Some(filter) => self.eval(filter, at, None).into_truth().all() != Some(false),
                None => true,
            };
            if is_in && !adds_nothing(&self.row_amount(measure, at)) {
                return true;
            }
        }
        for (component, id) in plan.components.iter().zip(0u16..) {
            let pays_on_it = component
                .each
                .as_ref()
                .is_some_and(|each| each.kind == kind && role_of(shape, &each.role) == Some(role));
            if pays_on_it && !adds_nothing(&self.named(Name::Component(ComponentId(id)), at)) {
                return true;
            }
        }
        false
    }

    /// The credited rows of a kind in a window, as known.
    pub(crate) fn credits_in(
        &self,
        kind: KindId,
        role: &str,
        at: &Place,
    ) -> Vec<(RowPlace, Credit)> {
        let shape = &self.plan()[kind];
        let (Some(facts), Some(role)) = (self.world().kind(kind), role_of(shape, role)) else {
            return Vec::new();
        };
        facts
            .credits(role, at.partner)
            .iter()
            .filter(|credit| facts.is_known(credit.row, at.known_before))
            .filter(|credit| {
                facts
                    .rows
                    .get(credit.row.0 as usize)
                    .and_then(|row| date_of(row, shape.dated))
                    .is_some_and(|day| at.window.starts <= day && day < at.window.ends)
            })
            .filter(|credit| self.is_there(kind, credit.row))
            .map(|credit| (RowPlace::new(kind, role, credit), credit.clone()))
            .collect()
    }
}

/// Whether a number of copies is nothing.
fn is_nothing<N: Number>(copies: &N) -> bool {
    copies.figure().is_some_and(Exact::is_zero)
}

/// Why there is no answer where rows are asked for that a faster measurer left out.
pub(crate) fn rows_not_read(kind: &str) -> NoAnswer {
    NoAnswer::missing(format!("the rows of {kind} were not read for this partner"))
}

/// Whether a row adds a plain zero.
fn adds_nothing<N: Number>(value: &Value<N>) -> bool {
    match value {
        Value::Number(number) => number.figure().is_some_and(Exact::is_zero),
        Value::Flag(_)
        | Value::Date(_)
        | Value::Duration(_)
        | Value::Text(_)
        | Value::Partner(_)
        | Value::None(_) => false,
    }
}

/// What a row adds, and where it counts; everywhere where nothing is said.
struct Counted<N: Number> {
    value: Value<N>,
    counts: Option<N::Truth>,
}

impl<N: Number> Counted<N> {
    /// A number where the row counts, nothing elsewhere.
    fn or_nothing(&self, number: N) -> N {
        match &self.counts {
            Some(counts) => N::select(counts, &number, &N::known(Exact::ZERO)),
            None => number,
        }
    }

    /// The row's value where it counts, what was there before elsewhere.
    fn or_before(&self, value: &Value<N>, before: Option<&Value<N>>) -> Value<N> {
        match &self.counts {
            Some(counts) => {
                let none = Value::None(NoAnswer::missing("no row counts"));
                Value::select(counts, value, before.unwrap_or(&none))
            }
            None => value.clone(),
        }
    }
}

/// A fold in progress. Rows come in the order of their date and id.
enum Folding<N: Number> {
    Sum {
        so_far: N,
        rows: u64,
    },
    Count {
        so_far: N,
        rows: u64,
    },
    Distinct {
        seen: std::collections::BTreeSet<Distinct>,
        /// Those that rows stand for beside themselves.
        besides: N,
        reason: Option<NoAnswer>,
        rows: u64,
    },
    Extreme {
        so_far: Option<Value<N>>,
        keep_less: bool,
    },
    Latest {
        so_far: Option<(Date, FactId, Value<N>)>,
    },
}

/// What tells two answers apart in a distinct count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Distinct {
    Number(Exact),
    Text(std::sync::Arc<str>),
    Date(Date),
    Flag(bool),
}

impl<N: Number> Folding<N> {
    fn new(fold: Fold) -> Self {
        match fold {
            Fold::Sum => Self::Sum {
                so_far: N::known(Exact::ZERO),
                rows: 0,
            },
            Fold::Count => Self::Count {
                so_far: N::known(Exact::ZERO),
                rows: 0,
            },
            Fold::CountDistinct => Self::Distinct {
                seen: std::collections::BTreeSet::new(),
                besides: N::known(Exact::ZERO),
                reason: None,
                rows: 0,
            },
            Fold::Min => Self::Extreme {
                so_far: None,
                keep_less: true,
            },
            Fold::Max => Self::Extreme {
                so_far: None,
                keep_less: false,
            },
            Fold::Latest => Self::Latest { so_far: None },
        }
    }

    fn add(
        &mut self,
        counted: &Counted<N>,
        share: &Exact,
        copies: Option<&N>,
        (day, id): (Date, &FactId),
    ) {
        let value = &counted.value;
        match self {
            Self::Sum { so_far, rows } => {
                *rows += 1;
                let amount = value.number();
                let credited = if *share == Exact::ONE {
                    amount
                } else {
                    amount.times(&N::known(share.clone()))
                };
                *so_far = so_far.plus(&counted.or_nothing(times(credited, copies)));
            }
            Self::Count { so_far, rows } => {
                *rows += 1;
                let one = times(N::known(share.clone()), copies);
                *so_far = so_far.plus(&counted.or_nothing(one));
            }
            Self::Distinct {
                seen,
                besides,
                reason,
                rows,
            } => {
                *rows += 1;
                if copies.is_some() || counted.counts.is_some() {
                    let one = N::known(Exact::ONE);
                    let many = counted.or_nothing(times(one.clone(), copies));
                    *besides = besides.plus(&many.minus(&one));
                }
                match distinct(value) {
                    Ok(key) => {
                        let is_new = seen.insert(key);
                        if !is_new && counted.counts.is_some() {
                            reason.get_or_insert(NoAnswer::undefined(
                                "a distinct count of rows whose counting differs between futures",
                            ));
                        }
                    }
                    Err(why) => {
                        reason.get_or_insert(why);
                    }
                }
            }
            Self::Extreme { so_far, keep_less } => {
                let before = so_far.take();
                let better = match &before {
                    None => value.clone(),
                    Some(before) => {
                        let how = if *keep_less {
                            trueup_plan::tree::Comparison::Less
                        } else {
                            trueup_plan::tree::Comparison::More
                        };
                        let takes_over = value.compared(how, before);
                        match &counted.counts {
                            // Where no row counted before, this one does.
                            Some(_) => {
                                let known = N::Truth::known(true);
                                let takes_over = takes_over.patched(Patch::Both, &known);
                                Value::select(&takes_over, value, before)
                            }
                            None => Value::select(&takes_over, value, before),
                        }
                    }
                };
                *so_far = Some(counted.or_before(&better, before.as_ref()));
            }
            // Rows come by their kind's date, which need not be the measure's.
            Self::Latest { so_far } => {
                let is_later = so_far
                    .as_ref()
                    .is_none_or(|(latest, of, _)| (*latest, of) <= (day, id));
                if is_later {
                    let before = so_far.take();
                    let kept = counted.or_before(value, before.as_ref().map(|(_, _, value)| value));
                    *so_far = Some((day, id.clone(), kept));
                }
            }
        }
    }

    fn answer(self, is_complete: bool, what: impl FnOnce() -> (String, Date, Date)) -> Value<N> {
        let nothing = |what: (String, Date, Date)| {
            NoAnswer::missing(format!(
                "no {} between {} and {}, and its feed is not complete",
                what.0, what.1, what.2
            ))
        };
        match self {
            Self::Sum { rows: 0, .. }
            | Self::Count { rows: 0, .. }
            | Self::Distinct { rows: 0, .. }
                if !is_complete =>
            {
                Value::None(nothing(what()))
            }
            Self::Sum { so_far, .. } => Value::Number(so_far),
            Self::Count { so_far, .. } => Value::Number(so_far),
            Self::Distinct {
                reason: Some(reason),
                ..
            } => Value::None(reason),
            Self::Distinct { seen, besides, .. } => {
                let seen = i64::try_from(seen.len()).unwrap_or(i64::MAX);
                Value::Number(N::known(Exact::from_int(seen)).plus(&besides))
            }
            Self::Extreme {
                so_far: Some(value),
                ..
            }
            | Self::Latest {
                so_far: Some((_, _, value)),
            } => value,
            Self::Extreme { so_far: None, .. } | Self::Latest { so_far: None } => {
                let (kind, from, until) = what();
                Value::None(NoAnswer::missing(format!(
                    "no {kind} between {from} and {until}"
                )))
            }
        }
    }
}

fn times<N: Number>(amount: N, copies: Option<&N>) -> N {
    match copies {
        Some(copies) => amount.times(copies),
        None => amount,
    }
}

fn distinct<N: Number>(value: &Value<N>) -> Result<Distinct, NoAnswer> {
    match value {
        Value::Number(number) => match (number.figure(), number.reason()) {
            (Some(figure), _) => Ok(Distinct::Number(figure.clone())),
            (None, Some(reason)) => Err(reason.clone()),
            (None, None) => Err(NoAnswer::undefined(
                "a distinct count of figures that differ between futures",
            )),
        },
        Value::Text(text) => Ok(Distinct::Text(text.clone())),
        Value::Partner(partner) => Ok(Distinct::Text(partner.as_str().into())),
        Value::Date(day) => Ok(Distinct::Date(*day)),
        Value::Flag(truth) => match (truth.all(), truth.reason()) {
            (Some(holds), _) => Ok(Distinct::Flag(holds)),
            (None, Some(reason)) => Err(reason.clone()),
            (None, None) => Err(NoAnswer::undefined(
                "a distinct count of flags that differ between futures",
            )),
        },
        Value::Duration(_) => Err(NoAnswer::undefined("a distinct count of lengths of time")),
        Value::None(reason) => Err(reason.clone()),
    }
}

#[cfg(test)]
mod tests {
    use trueup_base::calendar::WindowUnit;
    use trueup_plan::tree::WindowPart;

    use super::*;
    use crate::number::Answer;

    /// Answers everything itself.
    struct MadeUp;

    impl Measurer<Answer> for MadeUp {
        fn measure(&self, _ask: &Ask<'_>) -> Option<Answer> {
            Some(Answer::Known(Exact::from_int(1)))
        }

        fn given(&self, _name: Name, _at: &Place) -> Option<Value<Answer>> {
            Some(Value::Number(Answer::Known(Exact::from_int(2))))
        }

        fn copies(&self, _kind: KindId, _row: RowIx) -> Option<Answer> {
            Some(Answer::Known(Exact::from_int(3)))
        }

        fn of_others(&self, _: &Call, _: &Place, _: Option<&Cell>) -> Option<Value<Answer>> {
            Some(Value::Number(Answer::Known(Exact::from_int(4))))
        }
    }

    #[test]
    fn a_borrowed_measurer_answers_whatever_its_owner_does() {
        let (starts, ends) = (Date::constant(2026, 1, 1), Date::constant(2026, 2, 1));
        let window = Window::whole(WindowUnit::Month, starts, ends).unwrap();
        let at = Place::new(PartnerIx(0), window);
        let ask = Ask {
            measure: MeasureId(0),
            partner: PartnerIx(0),
            window,
            known_before: None,
            key: None,
        };
        let borrowed: &dyn Measurer<Answer> = &MadeUp;
        let known = |figure: i64| Some(Answer::Known(Exact::from_int(figure)));
        assert_eq!(Measurer::measure(&borrowed, &ask), known(1));
        let name = Name::Window(WindowPart::Days);
        let given = Measurer::given(&borrowed, name, &at);
        assert_eq!(given.map(|given| given.number()), known(2));
        assert_eq!(Measurer::copies(&borrowed, KindId(0), RowIx(0)), known(3));
        let question = Call::Least(Vec::new());
        let told = Measurer::of_others(&borrowed, &question, &at, None);
        assert_eq!(told.map(|told| told.number()), known(4));
    }
}
