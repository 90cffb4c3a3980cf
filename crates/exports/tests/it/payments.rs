//! Payment files by example, each refusal once, and generated ones.

use proptest::prelude::*;
use trueup_base::Currency;
use trueup_base::date::parse_date;
use trueup_exports::pain001::{
    Account, Address, Bic, Country, Iban, Id, Name, Order, OtherAccount, ParseError, Payment,
    PaymentFile, Refusal, Remittance, SEPA_MAX, Scheme, Text, UNITS_MAX, parse, write,
};

pub fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn iban(text: &str) -> Account {
    Account::Iban {
        iban: Iban::parse(text).unwrap(),
        bic: None,
    }
}

fn payment(name: &str, amount_minor: i64) -> Payment {
    Payment {
        instruction_id: id(&format!("i-{name}")),
        end_to_end_id: id(&format!("{name}-2026-Q1")),
        creditor: Name::transliterated(&format!("Partner {name}")).unwrap(),
        address: None,
        account: iban("NL91ABNA0417164300"),
        amount_minor,
        remittance: Remittance::transliterated("Partner program 2026-Q1").unwrap(),
    }
}

fn order(currency: &str, scheme: Scheme, payments: Vec<Payment>) -> Order {
    Order {
        id: id(&format!("order-{currency}")),
        debtor: Name::transliterated("Contoso Europe GmbH").unwrap(),
        account: iban("DE89370400440532013000"),
        execute_on: parse_date("2026-04-17").unwrap(),
        currency: Currency::parse(currency).unwrap(),
        scheme,
        payments,
    }
}

fn file(orders: Vec<Order>) -> PaymentFile {
    PaymentFile {
        message_id: id("PAY-2026-Q1"),
        created_at: "2026-04-15T09:00:00Z".parse().unwrap(),
        initiating_party: Name::transliterated("Contoso Europe GmbH").unwrap(),
        orders,
    }
}

fn text(file: &PaymentFile) -> String {
    String::from_utf8(write(file).unwrap()).unwrap()
}

fn refused(orders: Vec<Order>) -> Refusal {
    write(&file(orders)).unwrap_err()
}

#[test]
fn one_sepa_payment_is_written_like_this() {
    let mut one = payment("P-100", 123_450);
    one.creditor = Name::transliterated("O'Neill & Müller").unwrap();
    one.address = Some(Address {
        street: Some(Text::transliterated("Herengracht").unwrap()),
        building: Some(Text::transliterated("12").unwrap()),
        post_code: None,
        town: Text::transliterated("Amsterdam").unwrap(),
        country: Country::parse("NL").unwrap(),
    });
    let written = text(&file(vec![order("EUR", Scheme::Sepa, vec![one])]));
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
  <CstmrCdtTrfInitn>
    <GrpHdr>
      <MsgId>PAY-2026-Q1</MsgId>
      <CreDtTm>2026-04-15T09:00:00Z</CreDtTm>
      <NbOfTxs>1</NbOfTxs>
      <CtrlSum>1234.50</CtrlSum>
      <InitgPty>
        <Nm>Contoso Europe GmbH</Nm>
      </InitgPty>
    </GrpHdr>
    <PmtInf>
      <PmtInfId>order-EUR</PmtInfId>
      <PmtMtd>TRF</PmtMtd>
      <NbOfTxs>1</NbOfTxs>
      <CtrlSum>1234.50</CtrlSum>
      <PmtTpInf>
        <SvcLvl>
          <Cd>SEPA</Cd>
        </SvcLvl>
      </PmtTpInf>
      <ReqdExctnDt>
        <Dt>2026-04-17</Dt>
      </ReqdExctnDt>
      <Dbtr>
        <Nm>Contoso Europe GmbH</Nm>
      </Dbtr>
      <DbtrAcct>
        <Id>
          <IBAN>DE89370400440532013000</IBAN>
        </Id>
      </DbtrAcct>
      <DbtrAgt>
        <FinInstnId>
          <Othr>
            <Id>NOTPROVIDED</Id>
          </Othr>
        </FinInstnId>
      </DbtrAgt>
      <ChrgBr>SLEV</ChrgBr>
      <CdtTrfTxInf>
        <PmtId>
          <InstrId>i-P-100</InstrId>
          <EndToEndId>P-100-2026-Q1</EndToEndId>
        </PmtId>
        <Amt>
          <InstdAmt Ccy="EUR">1234.50</InstdAmt>
        </Amt>
        <Cdtr>
          <Nm>O&apos;Neill + Muller</Nm>
          <PstlAdr>
            <StrtNm>Herengracht</StrtNm>
            <BldgNb>12</BldgNb>
            <TwnNm>Amsterdam</TwnNm>
            <Ctry>NL</Ctry>
          </PstlAdr>
        </Cdtr>
        <CdtrAcct>
          <Id>
            <IBAN>NL91ABNA0417164300</IBAN>
          </Id>
        </CdtrAcct>
        <RmtInf>
          <Ustrd>Partner program 2026-Q1</Ustrd>
        </RmtInf>
      </CdtTrfTxInf>
    </PmtInf>
  </CstmrCdtTrfInitn>
</Document>
"#;
    assert_eq!(written, expected);
}

#[test]
fn amounts_have_the_places_of_their_currency_and_the_sum_those_of_the_finest() {
    let mut orders = Vec::new();
    for (currency, name) in [("JPY", "a"), ("EUR", "b"), ("BHD", "c")] {
        orders.push(order(currency, Scheme::Other, vec![payment(name, 1_005)]));
    }
    let written = text(&file(orders));
    for said in [
        r#"<InstdAmt Ccy="JPY">1005</InstdAmt>"#,
        r#"<InstdAmt Ccy="EUR">10.05</InstdAmt>"#,
        r#"<InstdAmt Ccy="BHD">1.005</InstdAmt>"#,
        "<NbOfTxs>3</NbOfTxs>\n      <CtrlSum>1016.055</CtrlSum>", // 1005 + 10.05 + 1.005
        "<NbOfTxs>1</NbOfTxs>\n      <CtrlSum>1005</CtrlSum>",
    ] {
        assert!(written.contains(said), "{said}");
    }
}

#[test]
fn nothing_at_or_below_zero_is_paid() {
    for amount in [0, -1, i64::MIN] {
        let refused = refused(vec![order("EUR", Scheme::Sepa, vec![payment("a", amount)])]);
        assert!(
            matches!(refused, Refusal::NotAboveZero { amount_minor, .. } if amount_minor == amount),
            "{refused}"
        );
    }
    write(&file(vec![order(
        "EUR",
        Scheme::Sepa,
        vec![payment("a", 1)],
    )]))
    .unwrap();
}

#[test]
fn an_order_without_payments_is_no_file() {
    assert!(matches!(refused(vec![]), Refusal::NothingToPay(_)));
    let empty = order("EUR", Scheme::Sepa, vec![]);
    assert!(matches!(refused(vec![empty]), Refusal::NothingToPay(_)));
}

#[test]
fn an_id_that_stands_twice_is_refused_because_it_would_be_paid_twice() {
    let twice = |change: fn(&mut Payment)| {
        let mut payments = vec![payment("a", 1), payment("b", 1)];
        payments.iter_mut().for_each(change);
        refused(vec![order("EUR", Scheme::Sepa, payments)])
    };
    let same = twice(|payment| payment.end_to_end_id = id("P-100-2026-Q1"));
    assert_eq!(
        same.to_string(),
        "the payment P-100-2026-Q1 stands twice in payment file PAY-2026-Q1"
    );
    let same = twice(|payment| payment.instruction_id = id("i-1"));
    assert!(matches!(
        same,
        Refusal::Twice {
            what: "instruction",
            ..
        }
    ));
}

#[test]
fn payments_from_one_account_in_one_currency_on_one_day_are_one_order() {
    let mut second = order("EUR", Scheme::Sepa, vec![payment("b", 1)]);
    second.id = id("order-2");
    let first = || order("EUR", Scheme::Sepa, vec![payment("a", 1)]);
    let same = refused(vec![first(), second.clone()]);
    assert!(matches!(same, Refusal::SameOrder { .. }), "{same}");
    second.execute_on = parse_date("2026-04-18").unwrap();
    write(&file(vec![first(), second.clone()])).unwrap();
    second.id = id("order-EUR");
    let same = refused(vec![first(), second]);
    assert!(
        matches!(same, Refusal::Twice { what: "order", .. }),
        "{same}"
    );
}

#[test]
fn sepa_is_euros_between_ibans_up_to_a_thousand_million() {
    let sepa = |change: fn(&mut Order)| {
        let mut order = order("EUR", Scheme::Sepa, vec![payment("a", SEPA_MAX)]);
        change(&mut order);
        write(&file(vec![order]))
    };
    let other = || Account::Other {
        id: OtherAccount::parse("000123456789").unwrap(),
        bic: Bic::parse("BOFAUS3N").unwrap(),
    };
    assert!(sepa(|_| {}).is_ok());
    assert!(sepa(|order| order.payments[0].amount_minor += 1).is_err());
    assert!(sepa(|order| order.currency = Currency::parse("CHF").unwrap()).is_err());
    let mut from_other = order("EUR", Scheme::Sepa, vec![payment("a", 1)]);
    from_other.account = other();
    assert!(matches!(
        refused(vec![from_other.clone()]),
        Refusal::NotSepa { .. }
    ));
    let mut to_other = order("EUR", Scheme::Sepa, vec![payment("a", 1)]);
    to_other.payments[0].account = other();
    assert!(matches!(refused(vec![to_other]), Refusal::NotSepa { .. }));
    from_other.scheme = Scheme::Other;
    assert!(text(&file(vec![from_other])).contains("<BICFI>BOFAUS3N</BICFI>"));
}

#[test]
fn no_more_than_eighteen_digits_are_paid_or_added_up() {
    let of = |amounts: &[i64]| {
        let payments = amounts.iter().enumerate();
        let payments = payments.map(|(at, amount)| payment(&at.to_string(), *amount));
        vec![order("USD", Scheme::Other, payments.collect())]
    };
    write(&file(of(&[UNITS_MAX]))).unwrap();
    write(&file(of(&[UNITS_MAX - 1, 1]))).unwrap();
    assert!(matches!(
        refused(of(&[UNITS_MAX + 1])),
        Refusal::Beyond { .. }
    ));
    assert!(matches!(
        refused(of(&[UNITS_MAX, 1])),
        Refusal::Beyond { .. }
    ));
}

#[test]
fn a_time_with_parts_of_a_second_is_refused() {
    let mut file = file(vec![order("EUR", Scheme::Sepa, vec![payment("a", 1)])]);
    file.created_at = "2026-04-15T09:00:00.5Z".parse().unwrap();
    assert!(matches!(write(&file), Err(Refusal::Time(_))));
}

/// What came from a bank's portal, an editor or an attacker is not taken for what we wrote.
#[test]
fn a_file_that_was_changed_is_not_read() {
    let right = text(&file(vec![order(
        "EUR",
        Scheme::Sepa,
        vec![payment("a", 1_250)],
    )]));
    let with = |from: &str, to: &str| {
        assert!(right.contains(from), "{from}");
        parse(right.replacen(from, to, 1).as_bytes()).unwrap_err()
    };
    assert!(matches!(
        with(">12.50<", ">12.5<"),
        ParseError::Totals { .. } | ParseError::Value { .. }
    ));
    assert!(matches!(
        with(r#""EUR">12.50"#, r#""EUR">12.51"#),
        ParseError::Totals {
            element: "CtrlSum",
            ..
        }
    ));
    assert!(matches!(
        with(r#""EUR">12.50"#, r#""EUR">-12.50"#),
        ParseError::Totals { .. }
    ));
    assert!(matches!(
        with("<NbOfTxs>1", "<NbOfTxs>2"),
        ParseError::Totals {
            element: "NbOfTxs",
            ..
        }
    ));
    assert!(matches!(
        with("<NbOfTxs>1", "<NbOfTxs>01"),
        ParseError::Totals { .. }
    ));
    assert!(matches!(
        with("pain.001.001.09", "pain.001.001.03"),
        ParseError::Element { .. }
    ));
    assert!(matches!(with("NL91", "NL92"), ParseError::Refused { .. }));
    assert!(matches!(with("TRF", "CHK"), ParseError::Value { .. }));
    assert!(matches!(
        with("Partner a<", "Pärtner a<"),
        ParseError::Xml { .. }
    ));
    assert!(matches!(
        with("<PmtMtd>", "<!-- x --><PmtMtd>"),
        ParseError::Xml { .. }
    ));
    assert!(matches!(with("Partner a<", "&x;<"), ParseError::Xml { .. }));
    assert!(matches!(
        with("<Document", "<!DOCTYPE d [<!ENTITY x \"y\">]><Document"),
        ParseError::Xml { .. }
    ));
    assert!(matches!(with("</Document>", ""), ParseError::Xml { .. }));
    assert!(matches!(
        with("T09:00:00Z", "T09:00:00+00:00"),
        ParseError::Xml { .. }
    ));
    assert!(matches!(with("T09:00:00Z", "T9"), ParseError::Value { .. }));
    assert!(matches!(
        with("<GrpHdr>", "<GrpHdr >"),
        ParseError::Xml { .. }
    ));
    let deep = "<a>".repeat(100_000);
    assert!(matches!(
        parse(deep.as_bytes()),
        Err(ParseError::Xml { .. })
    ));
}

/// A German or Dutch account of some number.
fn an_iban() -> impl Strategy<Value = Iban> {
    let german =
        (0_u64..10_u64.pow(18)).prop_map(|number| with_check("DE", &format!("{number:018}")));
    let dutch = ("[A-Z]{4}", 0_u64..10_u64.pow(10))
        .prop_map(|(bank, number)| with_check("NL", &format!("{bank}{number:010}")));
    prop_oneof![german, dutch]
}

/// ISO 13616: the country and 00 behind the rest, letters as numbers from ten on, and what is missing to 98 modulo 97.
fn with_check(country: &str, bban: &str) -> Iban {
    let moved = format!("{bban}{country}00");
    let rest = moved.chars().fold(0_u32, |rest, letter| {
        let value = letter.to_digit(36).unwrap();
        (if value < 10 { rest * 10 } else { rest * 100 } + value) % 97
    });
    Iban::parse(&format!("{country}{:02}{bban}", 98 - rest)).unwrap()
}

fn a_bic() -> impl Strategy<Value = Bic> {
    "[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?".prop_map(|text| Bic::parse(&text).unwrap())
}

fn an_account(is_sepa: bool) -> BoxedStrategy<Account> {
    let iban = (an_iban(), proptest::option::of(a_bic()))
        .prop_map(|(iban, bic)| Account::Iban { iban, bic });
    let other = ("[A-Za-z0-9/?:().,'+-]{1,34}", a_bic()).prop_map(|(id, bic)| Account::Other {
        id: OtherAccount::parse(&id).unwrap(),
        bic,
    });
    match is_sepa {
        true => iban.boxed(),
        false => prop_oneof![iban, other].boxed(),
    }
}

/// Texts from many scripts, of which those that banks take remain.
fn a_text<const MAX: usize>() -> impl Strategy<Value = Text<MAX>> {
    let letters = prop_oneof![
        9 => "[ -~à-žÀ-ŽΑ-Ωα-ωА-я&€“”–…]{1,8}",
        1 => "[ -~é]{1,150}",
    ];
    letters.prop_filter_map("banks take it", |text| {
        let short: String = text.chars().take(MAX).collect();
        Text::transliterated(&short).ok()
    })
}

fn an_address() -> impl Strategy<Value = Address> {
    let maybe = proptest::option::of::<_>;
    (
        maybe(a_text::<70>()),
        proptest::option::of(a_text::<16>()),
        proptest::option::of(a_text::<16>()),
        a_text::<35>(),
        "[A-Z]{2}",
    )
        .prop_map(|(street, building, post_code, town, country)| Address {
            street,
            building,
            post_code,
            town,
            country: Country::parse(&country).unwrap(),
        })
}

fn an_amount(max: i64) -> impl Strategy<Value = i64> {
    prop_oneof![Just(1), Just(max), 1..=max, 1_i64..100_000]
}

fn payments(is_sepa: bool, most: usize) -> impl Strategy<Value = Vec<Payment>> {
    let max = if is_sepa {
        SEPA_MAX
    } else {
        UNITS_MAX / 1_000_000
    };
    let one = (
        a_text::<70>(),
        proptest::option::of(an_address()),
        an_account(is_sepa),
        an_amount(max),
        a_text::<140>(),
        "[A-Za-z0-9?:().,'+-]{0,20}",
    );
    let one = one.prop_map(
        |(creditor, address, account, amount_minor, remittance, tail)| Payment {
            instruction_id: id("i"),
            end_to_end_id: id(&format!("e{tail}")),
            creditor,
            address,
            account,
            amount_minor,
            remittance,
        },
    );
    proptest::collection::vec(one, 1..=most)
}

fn an_order() -> impl Strategy<Value = Order> {
    let currency = prop_oneof![
        Just("EUR"),
        Just("USD"),
        Just("JPY"),
        Just("BHD"),
        Just("HUF")
    ];
    (any::<bool>(), currency, 0_i64..20_000).prop_flat_map(|(is_sepa, currency, day)| {
        let currency = if is_sepa { "EUR" } else { currency };
        let parts = (a_text::<70>(), an_account(is_sepa), payments(is_sepa, 4));
        parts.prop_map(move |(debtor, account, payments)| Order {
            id: id("o"),
            debtor,
            account,
            execute_on: trueup_base::date::add_days(parse_date("2000-01-01").unwrap(), day)
                .unwrap(),
            currency: Currency::parse(currency).unwrap(),
            scheme: if is_sepa { Scheme::Sepa } else { Scheme::Other },
            payments,
        })
    })
}

/// A payment file that banks would take: ids are made to stand once, and orders to be of days of their own.
pub fn a_file() -> impl Strategy<Value = PaymentFile> {
    let parts = (
        "[A-Za-z0-9?:().,'+-]{1,35}",
        0_i64..4_000_000_000,
        a_text::<70>(),
        proptest::collection::vec(an_order(), 1..=3),
    );
    parts.prop_map(|(message, second, initiating_party, mut orders)| {
        let mut number = 0;
        for (at, order) in orders.iter_mut().enumerate() {
            order.id = id(&format!("o{at}"));
            order.execute_on =
                trueup_base::date::add_days(order.execute_on, i64::try_from(at).unwrap() * 20_000)
                    .unwrap();
            for payment in &mut order.payments {
                number += 1;
                payment.instruction_id = id(&format!("i{number}"));
                payment.end_to_end_id = id(&format!("{}.{number}", payment.end_to_end_id));
            }
        }
        PaymentFile {
            message_id: id(&message),
            created_at: jiff::Timestamp::from_second(second).unwrap(),
            initiating_party,
            orders,
        }
    })
}
