//! Payouts: as they go over the wire, and the steps, by the same functions as `trueup payout`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use trueup_base::date::{Date, parse_date};
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{Account, Key};
use trueup_program::payout::{Payout, Profile, Word};
use trueup_server::wire::{
    Money, OrderedPayout, PartnerPayment, PartnerPayments, PaymentFileAsked, PaymentState,
    PaymentWaits, PaymentWord, PayoutApproveAsked, PayoutConsent, PayoutPayment, PayoutPreview,
    PayoutShown, PayoutSteps, Payouts, Permitted, ReportAsked, WaitingPayout,
};
use trueup_server::{Actor, File, Refused};

use crate::args::{AccountArgs, PayoutFileArgs, ProgramArgs};
use crate::commands::books::in_currency;
use crate::commands::payout::{
    Paid, approved, file, ordered, ordered_now, payments_of, prepared, reported_as, word_of,
};
use crate::commands::period::total_of;
use crate::contested::{Contested, Standing};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::notes;
use crate::paying::Gathered;
use crate::profiles::Kept;
use crate::progress::Progress;

use super::look::Look;
use super::{home, name_of, partners, refused};

fn money(units: i128, currency: Currency) -> Money {
    Money {
        amount: in_currency(units, currency.code()),
        currency: currency.code().to_owned(),
    }
}

fn route_in_words(profile: &Profile) -> String {
    profile.says.route.word().replace('_', " ")
}

/// Where payouts stand.
pub fn of(look: &Look) -> Payouts {
    let payouts = &look.on_record().payouts;
    let closed_on = look.on_record().periods.closed_on();
    let waiting = payouts.waiting.as_ref();
    let needs = |waiting: &Payout| {
        waiting.approved_by.len() < waiting.needs() || waiting.missing().next().is_some()
    };
    let steps = PayoutSteps {
        prepare: match closed_on {
            Some(_) => Permitted::yes(),
            None => Permitted::no("nothing is closed yet, so nothing is payable"),
        },
        approve: match waiting {
            None => Permitted::no("no payout waits"),
            Some(waiting) if needs(waiting) => Permitted::yes(),
            Some(_) => Permitted::no("it has its approvals"),
        },
        order: match waiting {
            None => Permitted::no("no payout waits"),
            Some(waiting) if needs(waiting) => Permitted::no("it does not have its approvals yet"),
            Some(_) => Permitted::yes(),
        },
        report: match payouts.ordered.is_empty() {
            true => Permitted::no("no payout was ordered yet"),
            false => Permitted::yes(),
        },
    };
    Payouts {
        closed_until: closed_on.map(|day| day.to_string()),
        waiting: waiting.map(|waiting| WaitingPayout {
            payout: waiting.says.payout,
            on: waiting.on.to_string(),
            by: waiting.by.clone(),
            payments: waiting.says.payments,
            new_accounts: waiting.says.new_accounts,
            totals: waiting.says.totals.clone(),
            checks: waiting.checks.clone(),
            approved_by: waiting.approved_by.clone(),
            approvals_needed: waiting.needs() as u64,
            consents: waiting
                .says
                .consents
                .iter()
                .map(|one| PayoutConsent {
                    of: one.of.clone(),
                    because: one.because.clone(),
                    given_by: waiting.consented.get(&one.of).cloned(),
                })
                .collect(),
        }),
        ordered: payouts.ordered.iter().rev().map(in_short).collect(),
        steps,
    }
}

fn in_short(payout: &Payout) -> OrderedPayout {
    let count = |word| payout.words.values().filter(|one| **one == word).count() as u64;
    let (paid, returned, unknown) = (
        count(Word::Paid),
        count(Word::Returned),
        count(Word::Unknown),
    );
    let ordered = payout.ordered.as_ref();
    OrderedPayout {
        payout: payout.says.payout,
        on: payout.on.to_string(),
        ordered_at: ordered.map(|(_, at, _)| at.clone()).unwrap_or_default(),
        totals: payout.says.totals.clone(),
        payments: payout.says.payments,
        paid,
        returned,
        unknown,
        open: payout
            .says
            .payments
            .saturating_sub(paid + returned + unknown),
    }
}

fn state_of(payout: &Payout, paid: &Paid) -> PaymentState {
    match word_of(payout, paid) {
        None => PaymentState::Ordered,
        Some(Word::Paid) => PaymentState::Paid,
        Some(Word::Returned) => PaymentState::Returned,
        Some(Word::Unknown) => PaymentState::Unknown,
    }
}

fn day_of(on: &str) -> Result<Date, Failure> {
    parse_date(on).map_err(|error| Failure::Use(format!("{on}: {error}")))
}

/// What would be prepared for a day.
pub fn preview(
    program: &Path,
    folder: &Folder,
    on: Option<&str>,
) -> Result<PayoutPreview, Failure> {
    let day = match on {
        Some(on) => day_of(on)?,
        None => notes::today(&folder.program)?,
    };
    let desk = Desk::open(program)?;
    let number = desk.on_record.payouts.next();
    let gathered = Gathered::of(&desk, program, (number, day), &Progress::new(true))?;
    let payments = gathered.payments.iter().map(|payment| {
        let profile = desk.on_record.payouts.profile(&payment.partner);
        PayoutPayment {
            partner: payment.partner.to_string(),
            partner_name: name_of(folder, payment.partner.as_str()),
            money: money(i128::from(payment.amount), payment.currency),
            route: profile.map(route_in_words),
            state: None,
        }
    });
    Ok(PayoutPreview {
        payout: number,
        on: day.to_string(),
        payments: payments.collect(),
        totals: gathered.totals(),
        new_accounts: gathered.new_accounts as u64,
        waits: gathered.waits.clone(),
    })
}

/// Prepares a payout.
pub fn prepare(program: &Path, who: &Actor, on: &str) -> Result<(), Failure> {
    let day = day_of(on)?;
    let desk = Desk::open(program)?;
    let (gathered, waiting) = prepared(&desk, program, day, &who.person, &Progress::new(true))?;
    match waiting {
        Some(_) => Ok(()),
        None => Err(Failure::Found(match gathered.waits.len() {
            0 => "nothing is to be paid".to_owned(),
            waits => format!("nothing is to be paid: {waits} amounts wait, and each says why"),
        })),
    }
}

/// Approves the payout that waits.
pub fn approve(program: &Path, who: &Actor, asked: &PayoutApproveAsked) -> Result<(), Failure> {
    let mut totals = BTreeMap::new();
    for (currency, amount) in &asked.totals {
        let (code, amount) = total_of(&format!("{amount} {currency}"))
            .map_err(|_| Failure::Use(format!("the total of {currency} is no amount: {amount}")))?;
        totals.insert(code, amount);
    }
    let office = asked.office.clone();
    approved(&Desk::open(program)?, (totals, office), &who.person).map(drop)
}

/// Orders the payout that was approved.
pub fn order(program: &Path, who: &Actor) -> Result<(), Failure> {
    let desk = Desk::open(program)?;
    ordered_now(&desk, program, &who.person, &Progress::new(true)).map(drop)
}

/// One ordered payout with its payments.
pub fn shown(program: &Path, look: &Look, number: u64) -> Result<PayoutShown, Refused> {
    let mut ordered = look.on_record().payouts.ordered.iter();
    if !ordered.any(|one| one.says.payout == number) {
        return Err(Refused::not_found("there is no such payout"));
    }
    let folder = &look.open.basis.folder;
    let desk = Desk::open(program).map_err(refused)?;
    let (payout, batch) = self::ordered(&desk, number).map_err(refused)?;
    let payments = payments_of(&desk, batch).map_err(refused)?;
    let payments = payments.iter().map(|paid| PayoutPayment {
        partner: paid.partner.to_string(),
        partner_name: name_of(folder, paid.partner.as_str()),
        money: money(paid.amount, paid.currency),
        route: payout.profiles.get(&paid.partner).map(route_in_words),
        state: Some(state_of(payout, paid)),
    });
    Ok(PayoutShown {
        payments: payments.collect(),
        payout: in_short(payout),
        may_report: Permitted::yes(),
    })
}

/// The bank's file of an ordered payout.
pub fn bank_file(program: &Path, number: u64, asked: &PaymentFileAsked) -> Result<File, Failure> {
    let desk = Desk::open(program)?;
    let args = PayoutFileArgs {
        payout: number,
        debtor: asked.debtor.clone(),
        account: AccountArgs {
            iban: Some(asked.iban.clone()),
            account: None,
            bic: None,
        },
        currency: asked.currency.clone(),
        out: PathBuf::new(),
        program: ProgramArgs {
            program: program.to_owned(),
        },
    };
    let made = file::made(&desk, &args)?;
    Ok(File {
        name: format!("payout-{number}.xml"),
        media: "application/xml",
        bytes: made.xml.into_bytes(),
    })
}

/// Says what became of payments.
pub fn report(
    program: &Path,
    who: &Actor,
    (number, asked): (u64, &ReportAsked),
) -> Result<(), Failure> {
    let desk = Desk::open(program)?;
    let whose = asked.whose.as_deref().map(partner_of).transpose()?;
    let word = match asked.word {
        PaymentWord::Paid => Word::Paid,
        PaymentWord::Returned => Word::Returned,
        PaymentWord::Unknown => Word::Unknown,
    };
    let told = (number, whose, word, asked.because.trim());
    reported_as(&desk, told, &who.person).map(drop)
}

fn partner_of(partner: &str) -> Result<PartnerId, Failure> {
    PartnerId::new(partner).map_err(|error| Failure::Use(format!("{partner}: {error}")))
}

/// A partner's payments.
pub fn of_partner(look: &Look, program: &Path, partner: &str) -> Result<PartnerPayments, Refused> {
    let folder = &look.open.basis.folder;
    partners::known(folder, partner)?;
    let id = partner_of(partner).map_err(refused)?;
    let payouts = &look.on_record().payouts;
    let profile = payouts.profile(&id);
    let kept = profile.map(|profile| Kept::of(program, profile));
    let kept = kept.transpose().map_err(refused)?.flatten();
    let account = kept.map(|kept| kept.account_shown());
    let waiting = payouts.profiles.get(&id).map(|one| one.waits.is_some());
    let (mut payments, mut waits) = (Vec::new(), Vec::new());
    if look.record.is_some() {
        let desk = Desk::open(program).map_err(refused)?;
        waits = waits_of(look, &desk, &id).map_err(refused)?;
        for payout in payouts.ordered.iter().rev() {
            let Some((_, _, batch)) = payout.ordered else {
                continue;
            };
            let paid = payments_of(&desk, batch).map_err(refused)?;
            let own = paid.iter().filter(|paid| paid.partner == id);
            payments.extend(own.map(|paid| PartnerPayment {
                payout: payout.says.payout,
                on: payout.on.to_string(),
                money: money(paid.amount, paid.currency),
                route: payout.profiles.get(&id).map(route_in_words),
                state: state_of(payout, paid),
            }));
        }
    }
    Ok(PartnerPayments {
        partner: partner.to_owned(),
        partner_name: name_of(folder, partner),
        route: look.route_of(partner),
        account: account.filter(|account| !account.is_empty()),
        is_profile_waiting: waiting.unwrap_or(false),
        money: home::standing(look, partner)?,
        waits,
        payments,
    })
}

/// What is payable to a partner and is not paid out yet, and why.
fn waits_of(look: &Look, desk: &Desk, id: &PartnerId) -> Result<Vec<PaymentWaits>, Failure> {
    let mut waits = Vec::new();
    let balances = desk.record.wait("reading the books", async |database| {
        database.balances_by_key().await
    })?;
    let contested = Contested::of(look.on_record(), look.agreed());
    let mut free: BTreeMap<(Currency, Date), i128> = BTreeMap::new();
    let own = |(account, key): &(Account, Key)| *account == Account::Payable && key.partner == *id;
    for ((_, key), units) in balances.iter().filter(|(place, _)| own(place)) {
        if let Standing::May(last) = contested.standing(id, &key.plan, key.settled_on) {
            *free.entry((key.currency, last)).or_default() -= i128::from(*units);
        }
    }
    free.retain(|_, units| *units != 0);
    for ((currency, last), units) in free {
        waits.push(PaymentWaits {
            money: Some(money(units, currency)),
            because: format!(
                "it may be disputed until {last}, and is paid out after that, or once you accept the statement"
            ),
        });
    }
    for dispute in look.on_record().disputes.all() {
        let holds = contested
            .terms(&dispute.says.plan)
            .is_none_or(|terms| terms.holds);
        if dispute.resolved.is_none() && holds && dispute.says.partner == *id {
            waits.push(PaymentWaits {
                money: None,
                because: format!(
                    "{}, settled on {}, is disputed (dispute {}) and waits for the answer",
                    dispute.says.component, dispute.settled_on, dispute.at
                ),
            });
        }
    }
    if look.on_record().payouts.profile(id).is_none() {
        waits.push(PaymentWaits {
            money: None,
            because:
                "no confirmed profile says where the money goes; whoever runs the program states one"
                    .to_owned(),
        });
    }
    Ok(waits)
}
