//! `trueup payout file`: what a bank is told to pay, which follows from the acts and is the same bytes each time.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_exports::pain001::{
    self, Id, Name, Order, Payment, PaymentFile, Refusal, Remittance, Scheme,
};
use trueup_facts::digest::Digest;
use trueup_program::payout::Payout;

use super::{Paid, ordered, payments_of};
use crate::args::PayoutFileArgs;
use crate::commands::books::in_currency;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::kept_keys::write_secret;
use crate::output;
use crate::profiles::{Kept, account_of};

fn refused(refusal: Refusal) -> Failure {
    Failure::Use(refusal.to_string())
}

/// Writes the bank's file of a payout.
pub fn write(args: &PayoutFileArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let (payout, _) = ordered(&desk, args.payout)?;
    let made = made(&desk, args)?;
    write_secret(&args.out, &made.xml)?;
    let until = desk.on_record.periods.closed_on();
    let mut text = format!(
        "{}: {} {} in {} on {}, closed until {}\n",
        args.out.display(),
        in_currency(made.sum, made.currency.code()),
        made.currency.code(),
        output::counted(made.count, "payment"),
        payout.on,
        until.map_or_else(String::new, |day| day.to_string())
    );
    if made.by_note > 0 {
        let _ = writeln!(
            text,
            "Not in it: {}",
            output::counted(made.by_note, "credit note")
        );
    }
    output::print(&text)
}

/// The bank's file of a payout, and what is in it.
pub struct Made {
    /// The file.
    pub xml: String,
    currency: Currency,
    sum: i128,
    count: usize,
    by_note: usize,
}

/// Makes the bank's file of a payout.
pub fn made(desk: &Desk, args: &PayoutFileArgs) -> Result<Made, Failure> {
    let program = &args.program.program;
    let (payout, batch) = ordered(desk, args.payout)?;
    let mut by_currency: BTreeMap<Currency, Vec<Payment>> = BTreeMap::new();
    let mut by_note = 0;
    for paid in payments_of(desk, batch)? {
        match payment(desk, program, payout, &paid)? {
            Some(payment) => by_currency.entry(paid.currency).or_default().push(payment),
            None => by_note += 1,
        }
    }
    let (currency, payments) = one_currency(args, by_currency)?;
    let count = payments.len();
    let sum: i128 = payments
        .iter()
        .map(|one| i128::from(one.amount_minor))
        .sum();
    let file = file(args, payout, currency, payments)?;
    let bytes = pain001::write(&file).map_err(refused)?;
    let xml = String::from_utf8(bytes)
        .map_err(|error| Failure::fault("writing a payment file", &error))?;
    Ok(Made {
        xml,
        currency,
        sum,
        count,
        by_note,
    })
}

/// What the bank is told of one payment; nothing where no bank pays it.
fn payment(
    desk: &Desk,
    program: &std::path::Path,
    payout: &Payout,
    paid: &Paid,
) -> Result<Option<Payment>, Failure> {
    let partner = &paid.partner;
    let gone = || {
        Failure::Found(format!(
            "the profile of {partner} as it was ordered is gone from the directory; report its payment as returned, and order it to another"
        ))
    };
    let profile = payout.profiles.get(partner).ok_or_else(gone)?;
    if !profile.says.route.is_by_bank() {
        return Ok(None);
    }
    let number = payout.says.payout;
    let of_partner =
        |refusal: Refusal| Failure::Found(format!("the payment to {partner}: {refusal}"));
    let kept = Kept::of(program, profile)?.ok_or_else(gone)?;
    let creditor = kept.creditor().map_err(of_partner)?;
    let id = format!("{number}-{}", in_an_id(partner, &payout.says.sha256));
    let id = Id::parse(&id).map_err(of_partner)?;
    let title = desk.on_record.ring.program().unwrap_or("program");
    let remittance = format!("{title} {partner}, payout {number}");
    Ok(Some(Payment {
        instruction_id: id.clone(),
        end_to_end_id: id,
        creditor: creditor.name,
        address: creditor.address,
        account: creditor.account.ok_or_else(gone)?,
        amount_minor: i64::try_from(paid.amount)
            .map_err(|error| Failure::fault("reading a payment's amount", &error))?,
        remittance: Remittance::transliterated(&remittance).map_err(of_partner)?,
    }))
}

/// The currency of the file, and what is paid in it.
fn one_currency(
    args: &PayoutFileArgs,
    mut by_currency: BTreeMap<Currency, Vec<Payment>>,
) -> Result<(Currency, Vec<Payment>), Failure> {
    if let Some(code) = &args.currency {
        let wanted = Currency::parse(code)
            .map_err(|error| Failure::Use(format!("--currency {code}: {error}")))?;
        by_currency.retain(|currency, _| *currency == wanted);
    }
    if by_currency.len() > 1 {
        let codes: Vec<&str> = by_currency.keys().map(|one| one.code()).collect();
        return Err(Failure::Use(format!(
            "payout {} has payments in {}; a file is of one account and so of one currency: say --currency",
            args.payout,
            codes.join(", ")
        )));
    }
    by_currency.pop_first().ok_or_else(|| {
        Failure::Found(format!(
            "payout {} has no payment that a bank makes",
            args.payout
        ))
    })
}

fn file(
    args: &PayoutFileArgs,
    payout: &Payout,
    currency: Currency,
    payments: Vec<Payment>,
) -> Result<PaymentFile, Failure> {
    let created = payout.ordered.as_ref().map(|(_, at, _)| at.parse());
    let Some(Ok(created_at)) = created else {
        return Err(Failure::Fault(format!(
            "payout {} was ordered at no instant",
            args.payout
        )));
    };
    let created_at: Timestamp = created_at;
    let account = account_of(&args.account)?.ok_or_else(|| {
        Failure::Use("--iban: say from which account the bank is to pay".to_owned())
    })?;
    let debtor = Name::transliterated(&args.debtor).map_err(refused)?;
    let short: String = payout.says.sha256.chars().take(12).collect();
    let message = format!("{}-{}-{short}", args.payout, currency.code());
    let all_sepa = currency.code() == "EUR"
        && account.is_in_sepa()
        && payments.iter().all(|one| one.account.is_in_sepa());
    Ok(PaymentFile {
        message_id: Id::parse(&message).map_err(refused)?,
        created_at,
        initiating_party: debtor.clone(),
        orders: vec![Order {
            id: Id::parse(&format!("{message}-1")).map_err(refused)?,
            debtor,
            account,
            execute_on: payout.on,
            currency,
            scheme: match all_sepa {
                true => Scheme::Sepa,
                false => Scheme::Other,
            },
            payments,
        }],
    })
}

/// What names a partner's payment to a bank: the id where it fits, else a digest of it.
fn in_an_id(partner: &PartnerId, sha256: &str) -> String {
    let fits = |one: char| one.is_ascii_alphanumeric() || "-.".contains(one);
    match partner.as_str().len() <= 20 && partner.as_str().chars().all(fits) {
        true => partner.to_string(),
        false => Digest::of(format!("{sha256} {partner}").as_bytes())
            .short()
            .to_string(),
    }
}
