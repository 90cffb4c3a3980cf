//! A partner's home: from its statements, the books and how far it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_books::Account;
use trueup_facts::program::Program;
use trueup_facts::quality::freshness;
use trueup_server::Refused;
use trueup_server::wire::{
    Freshness, LineGrants, MoneyStanding, PartnerHome, PeriodEarned, SourceFresh, Statement,
};

use crate::earned::exact_at;
use crate::locked::Basis;
use crate::notes;

use super::look::Look;
use super::{partners, refused};

/// A partner's home.
pub fn of(look: &Look, partner: &str) -> Result<PartnerHome, Refused> {
    let basis = &look.open.basis;
    let told = partners::partner(&basis.folder, partner)?;
    let periods = look.periods_of(partner)?;
    let open = look.open.statements(partner)?;
    let far = look.open.far(partner)?;
    let disputes = look.on_record().disputes.all().iter();
    let is_open = |one: &&trueup_program::dispute::Dispute| {
        one.resolved.is_none() && one.says.partner.as_str() == partner
    };
    let plans: Vec<&str> = told
        .agreements
        .iter()
        .map(|one| one.plan.as_str())
        .collect();
    Ok(PartnerHome {
        money: money(look, partner, &open, &periods),
        now: periods.last().cloned(),
        periods,
        progress: far.progress.clone(),
        caps: far.caps.clone(),
        gains: far.gains.clone(),
        objectives: far.objectives.clone(),
        next_dates: far.dates.clone(),
        freshness: fresh(basis, Some(&plans)).map_err(refused)?,
        open_disputes: disputes.filter(is_open).count() as u64,
        notes: far.notes.clone(),
        partner: told,
    })
}

/// Where a partner's money stands, by currency.
pub fn standing(look: &Look, partner: &str) -> Result<Vec<MoneyStanding>, Refused> {
    let periods = look.periods_of(partner)?;
    let open = look.open.statements(partner)?;
    Ok(money(look, partner, &open, &periods))
}

/// Where a partner's money stands: by the books what is closed, by what is known now what is open.
fn money(
    look: &Look,
    partner: &str,
    provisional: &[Arc<Statement>],
    periods: &[PeriodEarned],
) -> Vec<MoneyStanding> {
    let mut open: BTreeMap<String, Exact> = BTreeMap::new();
    for statement in provisional {
        for line in &statement.lines {
            let posted = line
                .posted
                .as_deref()
                .and_then(|text| Exact::parse(text).ok());
            if let (LineGrants::Money, Some(posted)) = (line.grants, posted) {
                let sum = open.entry(line.currency.clone()).or_insert(Exact::ZERO);
                *sum = &*sum + &posted;
            }
        }
        for correction in &statement.corrections {
            if let Ok(amount) = Exact::parse(&correction.money.amount) {
                let sum = open
                    .entry(correction.money.currency.clone())
                    .or_insert(Exact::ZERO);
                *sum = &*sum + &amount;
            }
        }
    }
    let mut booked: BTreeMap<(String, &str), i64> = BTreeMap::new();
    for balance in look.balances(partner) {
        booked.insert(
            (balance.currency.clone(), balance.account.as_str()),
            balance.amount,
        );
        open.entry(balance.currency.clone()).or_insert(Exact::ZERO);
    }
    // Before anything was earned there is nothing in the currency of its plan.
    if let (true, Some(last)) = (open.is_empty(), periods.last()) {
        open.insert(last.total.currency.clone(), Exact::ZERO);
    }
    let of_currency = |(code, open): (String, Exact)| {
        let places = Currency::parse(&code).map_or(2, |currency| currency.places());
        let on = |account: Account, sign: i128| {
            let units = booked.get(&(code.clone(), account.word()));
            Exact::from_scaled(sign * i128::from(units.copied().unwrap_or(0)), places)
        };
        let text = |amount: &Exact| exact_at(amount, places);
        // What is accrued was posted while its period is open, and is in what is open already.
        let closed =
            &(&on(Account::Expense, 1) - &on(Account::Accrued, -1)) - &on(Account::Forfeited, -1);
        let owed =
            &(&on(Account::Recoverable, 1) + &on(Account::Overpaid, 1)) + &on(Account::Invoiced, 1);
        MoneyStanding {
            earned: text(&(&closed + &open)),
            held: text(&on(Account::Held, -1)),
            payable: text(&on(Account::Payable, -1)),
            ordered: text(&on(Account::Ordered, -1)),
            paid: text(&on(Account::Paid, -1)),
            owed_back: text(&owed),
            open: text(&open),
            currency: code,
        }
    };
    open.into_iter().map(of_currency).collect()
}

/// How fresh the facts of a basis are: of the sources that some plans read, or of all.
pub fn fresh(basis: &Basis, plans: Option<&[&str]>) -> Result<Freshness, crate::failure::Failure> {
    let program: &Program = &basis.folder.program;
    let today = notes::today(program)?;
    let is_read = |kind: &str| {
        plans.is_none_or(|plans| {
            let plans = plans
                .iter()
                .filter_map(|name| basis.folder.plans.get(*name));
            plans
                .flat_map(|plan| &plan.kinds)
                .any(|read| *read.name == *kind)
        })
    };
    let facts = &basis.seen.facts;
    let sources = program.sources.iter().filter_map(|source| {
        let kind = program.kinds.get(source.kind)?;
        if !is_read(&kind.name) {
            return None;
        }
        let deliveries = facts
            .kind(&kind.name)
            .map_or(&[][..], |kind| kind.deliveries());
        let fresh = freshness(source, deliveries, today);
        Some(SourceFresh {
            source: source.name.to_string(),
            is: source.is.to_string(),
            last_delivery_on: fresh.last_delivery,
            due_on: fresh.due,
            late_days: fresh.late_days,
        })
    });
    Ok(Freshness {
        snapshot: facts.number(),
        sources: sources.collect(),
    })
}
