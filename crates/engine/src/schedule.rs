//! The payment schedule: when what is earned becomes payable.
//!
//! Line i makes payable the rounded sum of shares up to i less the rounded sum before, so that the parts add up. A
//! condition is asked in the period of the release; false forfeits, or waits where the plan says so, and without an
//! answer the share stays held.

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_plan::tree::{ComponentId, Instalment, InstalmentWhen, Reference};

use crate::component::rounded;
use crate::evaluate::{Evaluator, Place};
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number, Truth};
use crate::windows::add;

/// A share of an entitlement and when it becomes payable.
#[derive(Clone, Debug)]
pub struct Due<N: Number> {
    /// The day.
    pub on: Date,
    /// How much; no answer while a condition has none.
    pub amount: N,
    /// Whether the condition was false and the share waits.
    pub waits: bool,
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// What an entitlement makes payable and when; `earned_on` is the day durations count from.
    pub fn schedule(&mut self, id: ComponentId, at: &Place, earned_on: Date) -> Vec<Due<N>> {
        let component = &self.plan()[id];
        let node = self.ask_component(id, at);
        let entitled = self.answer(node).number();
        if component.paid.is_empty() {
            return vec![Due {
                on: earned_on,
                amount: entitled,
                waits: false,
            }];
        }
        let rounding = component
            .rounding
            .as_ref()
            .unwrap_or_else(|| self.money_of(Some(Reference::Component(id))));
        let mut due = Vec::with_capacity(component.paid.len());
        let mut shares = Exact::ZERO;
        let mut before = N::known(Exact::ZERO);
        for instalment in &component.paid {
            shares = &shares + &instalment.share;
            let so_far = rounded(&entitled.times(&N::known(shares.clone())), rounding);
            let part = so_far.minus(&before);
            before = so_far;
            due.push(self.instalment(instalment, part, at, earned_on));
        }
        due
    }

    fn instalment(
        &mut self,
        instalment: &'p Instalment,
        part: N,
        at: &Place,
        earned_on: Date,
    ) -> Due<N> {
        let on = match &instalment.when {
            InstalmentWhen::AtSettlement => Some(earned_on),
            InstalmentWhen::After(length) => add(earned_on, *length, 1),
            // A fixed day that is over when it is earned is the day it is earned.
            InstalmentWhen::On(day) => Some((*day).max(earned_on)),
        };
        let Some(on) = on else {
            let none = N::none(NoAnswer::undefined("a release outside the years 1 to 9999"));
            return Due {
                on: earned_on,
                amount: none,
                waits: false,
            };
        };
        let Some(condition) = &instalment.condition else {
            return Due {
                on,
                amount: part,
                waits: false,
            };
        };
        let Some(window) = self.plan().calendar.window_at(self.plan().period, on) else {
            let none = N::none(NoAnswer::undefined(
                "the release falls in no period of the calendar",
            ));
            return Due {
                on,
                amount: none,
                waits: false,
            };
        };
        let holds = self
            .eval(
                condition,
                &Place {
                    window,
                    trailing: None,
                    row: None,
                    ..*at
                },
                None,
            )
            .into_truth();
        let zero = N::known(Exact::ZERO);
        let amount = match holds.reason() {
            Some(reason) => N::none(reason.clone()),
            None => N::select(&holds, &part, &zero),
        };
        Due {
            on,
            amount,
            waits: instalment.waits && holds.all() == Some(false),
        }
    }
}
