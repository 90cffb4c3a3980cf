//! What stands beside the lines of a statement: contingencies and guardrails that are on, what was released, held and taken
//! back, and the balances of funds.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_engine::payouts::{Moved, Why};
use trueup_engine::settle::Earner;
use trueup_engine::world::PartnerIx;
use trueup_engine::{Answer, Evaluator, Measurer, Number, Place, Truth};
use trueup_plan::tree::{Edition, FundId, Plan, Trigger};

use crate::earned::exact_at;
use crate::output;

/// Something that is on in a period, or that has no answer.
pub struct On {
    /// Its name, and what it is called: `release_slips (contingency)`, `bunching (guardrail: review)`.
    pub name: String,
    /// What it is, in words; or why it has no answer.
    pub says: String,
}

/// What became of a component's money in a period.
pub struct Paid {
    /// The component, or a limit's `top_up`.
    pub component: String,
    /// What became of it, in words, and how much.
    pub moved: Vec<(String, Exact)>,
}

/// A fund in a period.
pub struct Balance {
    /// Its name.
    pub fund: String,
    /// What moved it, and what it held at the start and at the end.
    pub figures: Vec<(&'static str, Exact)>,
    /// Why something has no answer.
    pub open: Vec<String>,
}

/// Everything that stands beside a period's lines.
#[derive(Default)]
pub struct Beside {
    /// What is on.
    pub on: Vec<On>,
    /// What was released, held and taken back.
    pub paid: Vec<Paid>,
    /// What leaves in the period, by day, and what waits to be more, where the plan names a smallest payout.
    pub leaves: Vec<(String, Exact)>,
    /// Funds.
    pub funds: Vec<Balance>,
}

impl Beside {
    /// What stands beside a partner's lines in a period.
    pub fn of<M: Measurer<Answer>>(
        evaluator: &mut Evaluator<'_, Answer, M>,
        partner: PartnerIx,
        window: Window,
    ) -> Self {
        let plan = evaluator.plan();
        Self {
            on: on(plan, evaluator, partner, window),
            paid: paid(plan, evaluator, partner, window),
            leaves: leaves(plan, evaluator, partner, window),
            funds: funds(plan, evaluator, partner, window),
        }
    }

    /// As lines of text; nothing where there is nothing to say.
    pub fn to_text(&self, places: u32) -> String {
        let mut text = String::new();
        for (at, one) in self.on.iter().enumerate() {
            if at == 0 {
                text.push_str("\nOn in this period:\n");
            }
            let _ = writeln!(text, "  {}: {}", one.name, one.says);
        }
        let figure =
            |(what, amount): (&str, &Exact)| format!("{what} {}", output::money(amount, places));
        for (at, one) in self.paid.iter().enumerate() {
            if at == 0 {
                text.push_str("\nReleased, held and taken back:\n");
            }
            let moved: Vec<String> = one
                .moved
                .iter()
                .map(|(what, amount)| figure((what, amount)))
                .collect();
            let _ = writeln!(text, "  {}: {}", one.component, moved.join(", "));
        }
        if !self.leaves.is_empty() {
            let moved: Vec<String> = self
                .leaves
                .iter()
                .map(|(what, amount)| figure((what, amount)))
                .collect();
            let _ = writeln!(text, "\nPaid out: {}", moved.join(", "));
        }
        for (at, one) in self.funds.iter().enumerate() {
            if at == 0 {
                text.push_str("\nFunds:\n");
            }
            let moved: Vec<String> = one
                .figures
                .iter()
                .map(|(what, amount)| figure((what, amount)))
                .collect();
            let _ = writeln!(text, "  {}: {}", one.fund, moved.join(", "));
            for reason in &one.open {
                let _ = writeln!(text, "    open: {reason}");
            }
        }
        text
    }

    /// As data, added to a statement's; what says nothing is left out.
    pub fn add_to(&self, fields: &mut Map<String, Value>, places: u32) {
        let exact = |amount: &Exact| exact_at(amount, places);
        if !self.on.is_empty() {
            let on = self.on.iter();
            let on: Vec<Value> = on
                .map(|one| json!({ "name": one.name, "says": one.says }))
                .collect();
            fields.insert("on".to_owned(), on.into());
        }
        if !self.paid.is_empty() {
            let paid: Vec<Value> = self
                .paid
                .iter()
                .map(|one| {
                    let moved = one.moved.iter();
                    let moved: Vec<Value> = moved
                        .map(|(what, amount)| json!({ "what": what, "amount": exact(amount) }))
                        .collect();
                    json!({ "component": one.component, "moved": moved })
                })
                .collect();
            fields.insert("paid".to_owned(), paid.into());
        }
        if !self.leaves.is_empty() {
            let leaves = self.leaves.iter();
            let leaves: Vec<Value> = leaves
                .map(|(what, amount)| json!({ "what": what, "amount": exact(amount) }))
                .collect();
            fields.insert("paid_out".to_owned(), leaves.into());
        }
        if !self.funds.is_empty() {
            let funds: Vec<Value> = self
                .funds
                .iter()
                .map(|one| {
                    let mut said = Map::new();
                    said.insert("fund".to_owned(), one.fund.as_str().into());
                    for (what, amount) in &one.figures {
                        said.insert((*what).to_owned(), exact(amount).into());
                    }
                    said.insert("open".to_owned(), one.open.clone().into());
                    Value::Object(said)
                })
                .collect();
            fields.insert("funds".to_owned(), funds.into());
        }
    }
}

fn on<M: Measurer<Answer>>(
    plan: &Plan,
    evaluator: &mut Evaluator<'_, Answer, M>,
    partner: PartnerIx,
    window: Window,
) -> Vec<On> {
    let mut all = Vec::new();
    for trigger in plan.triggers() {
        if !evaluator.is_in_force(trigger, partner, &window) {
            continue;
        }
        let holds = evaluator.is_on(trigger, &Place::new(partner, window));
        let (name, is) = match trigger {
            Trigger::Contingency(id) => (format!("{} (contingency)", plan[id].name), &plan[id].is),
            Trigger::Guardrail(id) => {
                let effect = plan[id].effect.word();
                (
                    format!("{} (guardrail: {effect})", plan[id].name),
                    &plan[id].is,
                )
            }
        };
        match (holds.all(), holds.reason()) {
            (Some(true), _) => all.push(On {
                name,
                says: is.to_string(),
            }),
            (Some(false), _) => {}
            (None, reason) => all.push(On {
                name,
                says: reason
                    .map_or_else(String::new, |reason| format!("no answer: {}", reason.why)),
            }),
        }
    }
    all
}

fn paid<M: Measurer<Answer>>(
    plan: &Plan,
    evaluator: &mut Evaluator<'_, Answer, M>,
    partner: PartnerIx,
    window: Window,
) -> Vec<Paid> {
    let payouts = evaluator.payouts(partner, window.ends);
    let mut all: Vec<Paid> = Vec::new();
    let mut say = |earner: Earner, what: String, amount: &Answer| {
        let Some(amount) = amount.figure() else {
            return;
        };
        let component = match earner {
            Earner::Component(id) => plan[id].name.to_string(),
            Earner::TopUp(id) => format!("{}.top_up", plan[id].name),
        };
        let known = all.iter().position(|one| one.component == component);
        let at = known.unwrap_or_else(|| {
            all.push(Paid {
                component,
                moved: Vec::new(),
            });
            all.len() - 1
        });
        if let Some(one) = all.get_mut(at) {
            match one.moved.iter_mut().find(|(known, _)| *known == what) {
                Some((_, sum)) => *sum = &*sum + amount,
                None => one.moved.push((what, amount.clone())),
            }
        }
    };
    // What is released at its settlement and never held says nothing that the lines do not say.
    let is_told = |earner: Earner| match earner {
        Earner::Component(id) => !plan[id].paid.is_empty(),
        Earner::TopUp(_) => false,
    };
    for moved in &payouts.movements {
        if moved.on <= window.starts || window.ends < moved.on {
            continue;
        }
        let what = match moved.what {
            Moved::Released if !is_told(moved.earner) && moved.on == moved.settlement.ends => {
                continue;
            }
            Moved::Released => format!("released on {}", moved.on),
            Moved::Forfeited => format!("forfeited on {}", moved.on),
            Moved::TakenFromHeld => "taken from what was held".to_owned(),
            Moved::TakenFromPayout => format!("taken from the payout of {}", moved.on),
            Moved::Invoiced => "to be invoiced".to_owned(),
        };
        say(moved.earner, what, &moved.amount);
    }
    for held in &payouts.held {
        let why = match &held.why {
            Why::NotYet => format!("held until {}", held.due),
            Why::Waits => "held until its condition holds".to_owned(),
            Why::Open(reason) => format!("held without an answer ({})", reason.why),
            Why::Guardrail(Trigger::Guardrail(id)) => format!("held by {}", plan[*id].name),
            Why::Guardrail(Trigger::Contingency(id)) => format!("held by {}", plan[*id].name),
        };
        say(held.earner, why, &held.amount);
    }
    for owed in &payouts.owed {
        say(owed.earner, "still owed".to_owned(), &owed.amount);
    }
    all
}

/// What leaves in a period, and what waits by its end; nothing where any payout leaves as it is.
fn leaves<M: Measurer<Answer>>(
    plan: &Plan,
    evaluator: &mut Evaluator<'_, Answer, M>,
    partner: PartnerIx,
    window: Window,
) -> Vec<(String, Exact)> {
    let has_smallest = plan.governance.iter().any(|block| {
        let mut formulas = block.formulas.iter();
        &*block.block == "approvals"
            && &*block.name == "payout"
            && formulas.any(|(path, _)| &**path == "smallest")
    });
    if !has_smallest {
        return Vec::new();
    }
    let payouts = evaluator.payouts(partner, window.ends);
    let mut all: Vec<(String, Exact)> = payouts
        .leaves
        .iter()
        .filter(|one| window.starts < one.on && one.on <= window.ends)
        .filter_map(|one| Some((format!("on {}", one.on), one.amount.figure()?.clone())))
        .collect();
    if let Some(waits) = payouts.waits.figure().filter(|waits| !waits.is_zero()) {
        all.push(("waits to be more:".to_owned(), waits.clone()));
    }
    all
}

fn funds<M: Measurer<Answer>>(
    plan: &Plan,
    evaluator: &mut Evaluator<'_, Answer, M>,
    partner: PartnerIx,
    window: Window,
) -> Vec<Balance> {
    let mut all = Vec::new();
    let edition = evaluator
        .edition_at(partner, &window)
        .and_then(|edition| plan.edition(edition));
    for (fund, at) in plan.funds.iter().zip(0u16..) {
        // A fund goes on by its name: it is told as the version in force has it.
        let is_told = |edition: &Edition| edition.funds().any(|id| id == FundId(at));
        if !edition.is_none_or(is_told) {
            continue;
        }
        let periods = evaluator.fund(FundId(at), partner, window.ends);
        let Some(period) = periods.into_iter().next_back() else {
            continue;
        };
        let named = [
            ("opening", &period.opening),
            ("accrued", &period.accrued),
            ("reimbursed", &period.reimbursed),
            ("expired", &period.expired),
            ("closing", &period.closing),
        ];
        all.push(Balance {
            fund: fund.name.to_string(),
            figures: named
                .into_iter()
                .filter_map(|(what, amount)| Some((what, amount.figure()?.clone())))
                .collect(),
            open: period
                .open
                .iter()
                .map(|reason| reason.why.to_string())
                .collect(),
        });
    }
    all
}
