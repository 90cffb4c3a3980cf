//! What may be paid now, and why the rest waits.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{Account, Key, Payment, Posting, payments};
use trueup_facts::digest::Digest;
use trueup_program::payout::Consent;

use crate::commands::books::in_currency;
use crate::contested::{Contested, Standing};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::moves::everyone;
use crate::output::counted;
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
    /// Whose consent plans ask for.
    pub consents: Vec<Consent>,
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
        let rules = rules(&run, closing.until, progress)?;
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
        let (mut found, mut new_accounts, mut asked) = (Vec::new(), 0, Asked::new());
        for payment in payments(&balances, &is_held, &|key| at_most(&run, key)) {
            let partner = &payment.partner;
            let code = payment.currency.code();
            let amount = in_currency(i128::from(payment.amount), code);
            let rule = rules.get(&(partner.clone(), payment.currency));
            let Some(profile) = on_record.payouts.profile(partner) else {
                waits.push(format!(
                    "{amount} {code} of {partner}: no profile says where it goes; `trueup profile set` states one"
                ));
                continue;
            };
            let least = rule.and_then(|rule| rule.smallest);
            if let Some(least) = least.filter(|least| payment.amount < *least) {
                waits.push(format!(
                    "{amount} {code} of {partner}: less than the smallest payout, {} {code}",
                    in_currency(i128::from(least), code)
                ));
                continue;
            }
            new_accounts += usize::from(!on_record.payouts.was_used(profile));
            for (office, above) in rule.into_iter().flat_map(|rule| &rule.consents) {
                if above.is_none_or(|above| payment.amount > above) {
                    let why = (payment.currency, *above);
                    let payments = asked.entry(office.clone()).or_default();
                    *payments.entry(why).or_default() += 1;
                }
            }
            found.push((payment, profile));
        }
        let consents = consents(asked);
        let mut text = format!("trueup payout 1\n{number}\t{on}\n");
        for consent in &consents {
            let _ = writeln!(text, "\tconsent\t{}\t{}", consent.of, consent.because);
        }
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
            consents,
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

/// What a plan says of payouts to a partner, in minor units.
struct Rule {
    /// Less than this waits for the next.
    smallest: Option<i64>,
    /// Whose consent a payout needs, and above which amount; any where none is named.
    consents: Vec<(String, Option<i64>)>,
}

/// For how many payments the consent of each office is asked, by currency and the amount that they are above.
type Asked = BTreeMap<String, BTreeMap<(Currency, Option<i64>), usize>>;

/// The consents that are asked for, each with its reason.
fn consents(asked: Asked) -> Vec<Consent> {
    let because = |((currency, above), count): ((Currency, Option<i64>), usize)| {
        let payments = counted(count, "payment");
        let code = currency.code();
        match above {
            Some(above) => format!(
                "{payments} above {} {code}",
                in_currency(i128::from(above), code)
            ),
            None => format!("{payments} in {code}, of whatever amount"),
        }
    };
    let consent = |(of, why): (String, BTreeMap<_, _>)| Consent {
        of,
        because: why.into_iter().map(because).collect::<Vec<_>>().join(", "),
    };
    asked.into_iter().map(consent).collect()
}

/// What the plan of each partner says of payouts, as of the end of a day.
fn rules(
    run: &Reread,
    day: Date,
    progress: &Progress,
) -> Result<BTreeMap<(PartnerId, Currency), Rule>, Failure> {
    let mut found = BTreeMap::new();
    let args = everyone(&run.folder);
    let ends = day.tomorrow().unwrap_or(day);
    for plan in run.folder.settled_under() {
        let has_rules = plan
            .governance
            .iter()
            .any(|block| &*block.block == "approvals" && &*block.name == "payout");
        if !has_rules {
            continue;
        }
        let said = for_everyone(
            (&run.folder, plan, &run.facts),
            (&args, &run.scope),
            progress,
            &|figures, partner| figures.payout_rule(partner, ends).into_iter().collect(),
        )?;
        let minor = Exact::from_scaled(10i128.pow(plan.currency.places()), 0);
        for (partner, says) in said {
            // What is compared are whole minor units: no less than so much, and more than so much.
            let smallest = says.smallest.map(|amount| {
                let units = (&amount * &minor).ceiling();
                units.to_i64().unwrap_or(i64::MAX)
            });
            let consents = says.consents.into_iter().flat_map(|(by, above)| {
                let above = above.map(|amount| {
                    let units = (&amount * &minor).floor();
                    units.to_i64().unwrap_or(i64::MAX)
                });
                by.into_iter().map(move |office| (office, above))
            });
            let rule = Rule {
                smallest,
                consents: consents.collect(),
            };
            found.insert((partner, plan.currency), rule);
        }
    }
    Ok(found)
}
