//! What may be paid now, and why the rest waits.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{Account, Key, Payment, Posting, payments};
use trueup_facts::digest::Digest;

use crate::commands::books::in_currency;
use crate::contested::{Contested, Standing};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::moves::everyone;
use crate::progress::Progress;
use crate::runs::{self, Reread};
use crate::settling::for_everyone;

/// Half of a payout, where the plan says nothing of recovery (the language's default).
const HALF: (i128, u32) = (5, 1);

/// What may be paid, as books, disputes and profiles are.
pub struct Gathered {
    /// The payments, by partner and currency.
    pub payments: Vec<Payment>,
    /// What waits, and why.
    pub waits: Vec<String>,
    /// How many payments go where no payout went before.
    pub new_accounts: usize,
    /// The list of payments as it is hashed.
    text: String,
}

impl Gathered {
    /// Looks at what is payable.
    pub fn of(
        desk: &Desk,
        program: &std::path::Path,
        (number, on): (u64, Date),
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let on_record = &desk.on_record;
        let Some(closing) = on_record.periods.closings.last() else {
            return Err(Failure::Found(
                "nothing is closed yet, so nothing is payable; `trueup period calculate` begins a closing"
                    .to_owned(),
            ));
        };
        let run = runs::reread(program, &closing.run)?;
        let smallest = smallest(&run, closing.until, progress)?;
        let balances = desk.record.wait("reading the books", async |database| {
            database.balances_by_key().await
        })?;
        let contested = Contested::of(on_record, &run.folder);
        let holds = |plan: &str| contested.terms(plan).is_none_or(|terms| terms.holds);
        let may_dispute =
            |key: &Key| match contested.standing(&key.partner, &key.plan, key.settled_on) {
                Standing::May(last) => Some(last),
                Standing::Open | Standing::Accepted | Standing::Silent(_) | Standing::Any => None,
            };
        // What may still be disputed waits with what is; an exception is nobody's statement.
        let is_held = |key: &Key| {
            let (plan, component) = (&key.plan, &key.component);
            let open = on_record
                .disputes
                .open_of(&key.partner, plan, component, key.settled_on);
            (open.is_some() && holds(plan)) || may_dispute(key).is_some()
        };
        let mut waits = Vec::new();
        let mut free: BTreeMap<(&PartnerId, Currency, Date), i128> = BTreeMap::new();
        for ((account, key), amount) in &balances {
            if *account == Account::Payable
                && let Some(last) = may_dispute(key)
            {
                let sum = free.entry((&key.partner, key.currency, last)).or_default();
                *sum -= i128::from(*amount);
            }
        }
        for ((partner, currency, last), units) in free {
            let code = currency.code();
            waits.push(format!(
                "{} {code} of {partner}: it may be disputed until {last}; `trueup period accept --for partner/{partner}` accepts it",
                in_currency(units, code)
            ));
        }
        for dispute in on_record.disputes.all() {
            if dispute.resolved.is_none() && holds(&dispute.says.plan) {
                waits.push(format!(
                    "{} of {}, settled on {}: disputed, by dispute {}",
                    dispute.says.component, dispute.says.partner, dispute.settled_on, dispute.at
                ));
            }
        }
        let (mut found, mut new_accounts) = (Vec::new(), 0);
        for payment in payments(&balances, &is_held, &|key| at_most(&run, key)) {
            let partner = &payment.partner;
            let code = payment.currency.code();
            let amount = in_currency(i128::from(payment.amount), code);
            let least = smallest.get(&(partner.clone(), payment.currency));
            let Some(profile) = on_record.payouts.profile(partner) else {
                waits.push(format!(
                    "{amount} {code} of {partner}: no profile says where it goes; `trueup profile set` states one"
                ));
                continue;
            };
            if let Some(least) = least.filter(|least| payment.amount < **least) {
                waits.push(format!(
                    "{amount} {code} of {partner}: less than the smallest payout, {} {code}",
                    in_currency(i128::from(*least), code)
                ));
                continue;
            }
            new_accounts += usize::from(!on_record.payouts.was_used(profile));
            found.push((payment, profile));
        }
        let mut text = format!("trueup payout 1\n{number}\t{on}\n");
        for (payment, profile) in &found {
            let Payment {
                partner,
                currency,
                amount,
                payable,
                recovered,
            } = payment;
            let _ = writeln!(
                text,
                "{partner}\t{}\t{amount}\t{}\t{}",
                currency.code(),
                profile.says.route.word(),
                profile.says.sha256
            );
            for (what, parts) in [("payable", payable), ("recovered", recovered)] {
                for (key, amount) in parts {
                    let _ = writeln!(
                        text,
                        "\t{what}\t{}\t{}\t{}\t{amount}",
                        key.plan, key.component, key.settled_on
                    );
                }
            }
        }
        Ok(Self {
            payments: found.into_iter().map(|(payment, _)| payment).collect(),
            waits,
            new_accounts,
            text,
        })
    }

    /// The digest of the list of payments.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }

    /// What the payments come to, by currency.
    pub fn totals(&self) -> BTreeMap<String, String> {
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        for payment in &self.payments {
            *sums.entry(payment.currency.code()).or_default() += i128::from(payment.amount);
        }
        let text =
            |(currency, units): (&str, i128)| (currency.to_owned(), in_currency(units, currency));
        sums.into_iter().map(text).collect()
    }

    /// What ordering all of it posts.
    pub fn ordered(&self, falls_on: Date) -> Vec<Posting> {
        let payments = self.payments.iter();
        payments
            .flat_map(|payment| payment.ordered(Some(falls_on)))
            .collect()
    }
}

/// At most this part of a payout goes to what was overpaid for a key, as its component says.
fn at_most(run: &Reread, key: &Key) -> Exact {
    let plan = run.folder.plans.get(key.plan.as_str());
    plan.and_then(|plan| {
        let component = plan
            .components
            .iter()
            .find(|one| *one.name == *key.component)?;
        component.recovers.as_ref()?.at_most.clone()
    })
    .unwrap_or_else(|| Exact::from_scaled(HALF.0, HALF.1))
}

/// The smallest payout of each partner whose plan names one, in minor units, as of the end of a day.
fn smallest(
    run: &Reread,
    day: Date,
    progress: &Progress,
) -> Result<BTreeMap<(PartnerId, Currency), i64>, Failure> {
    let mut found = BTreeMap::new();
    let args = everyone(&run.folder);
    let ends = day.tomorrow().unwrap_or(day);
    for plan in run.folder.settled_under() {
        let names_one = plan
            .governance
            .iter()
            .any(|block| &*block.block == "approvals" && &*block.name == "payout");
        if !names_one {
            continue;
        }
        let least = for_everyone(
            (&run.folder, plan, &run.facts),
            (&args, &run.scope),
            progress,
            &|figures, partner| figures.smallest_payout(partner, ends).into_iter().collect(),
        )?;
        for (partner, amount) in least {
            let minor = Exact::from_scaled(10i128.pow(plan.currency.places()), 0);
            let units = (&amount * &minor).ceiling().to_i64().unwrap_or(i64::MAX);
            found.insert((partner, plan.currency), units);
        }
    }
    Ok(found)
}
