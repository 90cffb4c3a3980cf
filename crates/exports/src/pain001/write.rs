//! Writing: one way to write each file.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use trueup_base::{Currency, Exact, Rounding};

use super::{Account, Address, NAMESPACE, Order, Payment, PaymentFile, Refusal, Scheme, UNITS_MAX};

/// What is written instead of a bank that its IBAN already names.
pub(super) const NO_BIC: &str = "NOTPROVIDED";

/// The bytes of a payment file: UTF-8, two spaces a level, a line end at the end.
///
/// # Errors
/// When the parts do not go together, or come to more than the format holds ([`Refusal`]).
///
/// See the [module](super) for an example.
pub fn write(file: &PaymentFile) -> Result<Vec<u8>, Refusal> {
    file.check()?;
    let mut out = Out(Writer::new_with_indent(Vec::new(), b' ', 2));
    out.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    let root = BytesStart::new("Document").with_attributes([("xmlns", NAMESPACE)]);
    out.event(Event::Start(root));
    out.start("CstmrCdtTrfInitn");
    out.start("GrpHdr");
    out.text("MsgId", file.message_id.as_str());
    out.text("CreDtTm", &file.created_at.to_string());
    out.totals(&Totals::of(&file.orders)?);
    out.start("InitgPty");
    out.text("Nm", file.initiating_party.as_str());
    out.end("InitgPty");
    out.end("GrpHdr");
    for order in &file.orders {
        out.order(order)?;
    }
    out.end("CstmrCdtTrfInitn");
    out.end("Document");
    let mut bytes = out.0.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

/// How many payments there are, and what they come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Totals {
    /// How many.
    pub count: usize,
    /// The control sum: all amounts added up, whatever they are in, at as many places as the finest has. It is no money.
    pub sum: String,
}

impl Totals {
    pub fn of(orders: &[Order]) -> Result<Self, Refusal> {
        let places = orders.iter().map(|order| order.currency.places()).max();
        let places = places.unwrap_or(0);
        let payments = orders.iter().flat_map(|order| {
            let amounts = order.payments.iter().map(|payment| payment.amount_minor);
            amounts.map(|amount| Exact::from_scaled(i128::from(amount), order.currency.places()))
        });
        let (mut count, mut sum) = (0_usize, Exact::ZERO);
        for amount in payments {
            count += 1;
            sum = &sum + &amount;
        }
        match sum.to_scaled(places) {
            Some(units) if units <= i128::from(UNITS_MAX) => Ok(Self {
                count,
                sum: sum.to_fixed(places, Rounding::HalfAway),
            }),
            _ => Err(Refusal::Beyond {
                what: "the sum of all payments".to_owned(),
                max: UNITS_MAX,
            }),
        }
    }
}

/// An amount as the format writes it: `1234.50`, at the currency's places.
fn amount(amount_minor: i64, currency: Currency) -> String {
    let exact = Exact::from_scaled(i128::from(amount_minor), currency.places());
    exact.to_fixed(currency.places(), Rounding::HalfAway)
}

struct Out(Writer<Vec<u8>>);

impl Out {
    fn event(&mut self, event: Event<'_>) {
        let written = self.0.write_event(event);
        written.expect("writing into memory does not fail");
    }

    fn start(&mut self, name: &str) {
        self.event(Event::Start(BytesStart::new(name)));
    }

    fn end(&mut self, name: &str) {
        self.event(Event::End(BytesEnd::new(name)));
    }

    fn text(&mut self, name: &str, text: &str) {
        self.start(name);
        self.event(Event::Text(BytesText::new(text)));
        self.end(name);
    }

    fn maybe(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    fn totals(&mut self, totals: &Totals) {
        self.text("NbOfTxs", &totals.count.to_string());
        self.text("CtrlSum", &totals.sum);
    }

    fn order(&mut self, order: &Order) -> Result<(), Refusal> {
        self.start("PmtInf");
        self.text("PmtInfId", order.id.as_str());
        self.text("PmtMtd", "TRF");
        self.totals(&Totals::of(std::slice::from_ref(order))?);
        if order.scheme == Scheme::Sepa {
            self.start("PmtTpInf");
            self.start("SvcLvl");
            self.text("Cd", "SEPA");
            self.end("SvcLvl");
            self.end("PmtTpInf");
        }
        self.start("ReqdExctnDt");
        self.text("Dt", &order.execute_on.to_string());
        self.end("ReqdExctnDt");
        self.start("Dbtr");
        self.text("Nm", order.debtor.as_str());
        self.end("Dbtr");
        self.account("DbtrAcct", &order.account);
        self.start("DbtrAgt");
        self.start("FinInstnId");
        match order.account.bic() {
            Some(bic) => self.text("BICFI", bic.as_str()),
            None => {
                self.start("Othr");
                self.text("Id", NO_BIC);
                self.end("Othr");
            }
        }
        self.end("FinInstnId");
        self.end("DbtrAgt");
        let charges = match order.scheme {
            Scheme::Sepa => "SLEV",
            Scheme::Other => "SHAR",
        };
        self.text("ChrgBr", charges);
        for payment in &order.payments {
            self.payment(payment, order.currency);
        }
        self.end("PmtInf");
        Ok(())
    }

    fn payment(&mut self, payment: &Payment, currency: Currency) {
        self.start("CdtTrfTxInf");
        self.start("PmtId");
        self.text("InstrId", payment.instruction_id.as_str());
        self.text("EndToEndId", payment.end_to_end_id.as_str());
        self.end("PmtId");
        self.start("Amt");
        let instructed = BytesStart::new("InstdAmt").with_attributes([("Ccy", currency.code())]);
        self.event(Event::Start(instructed));
        let amount = amount(payment.amount_minor, currency);
        self.event(Event::Text(BytesText::new(&amount)));
        self.end("InstdAmt");
        self.end("Amt");
        if let Some(bic) = payment.account.bic() {
            self.start("CdtrAgt");
            self.start("FinInstnId");
            self.text("BICFI", bic.as_str());
            self.end("FinInstnId");
            self.end("CdtrAgt");
        }
        self.start("Cdtr");
        self.text("Nm", payment.creditor.as_str());
        if let Some(address) = &payment.address {
            self.address(address);
        }
        self.end("Cdtr");
        self.account("CdtrAcct", &payment.account);
        self.start("RmtInf");
        self.text("Ustrd", payment.remittance.as_str());
        self.end("RmtInf");
        self.end("CdtTrfTxInf");
    }

    fn address(&mut self, address: &Address) {
        self.start("PstlAdr");
        self.maybe(
            "StrtNm",
            address.street.as_ref().map(|street| street.as_str()),
        );
        self.maybe(
            "BldgNb",
            address.building.as_ref().map(|number| number.as_str()),
        );
        self.maybe(
            "PstCd",
            address.post_code.as_ref().map(|code| code.as_str()),
        );
        self.text("TwnNm", address.town.as_str());
        self.text("Ctry", address.country.as_str());
        self.end("PstlAdr");
    }

    fn account(&mut self, name: &str, account: &Account) {
        self.start(name);
        self.start("Id");
        match account {
            Account::Iban { iban, .. } => self.text("IBAN", iban.as_str()),
            Account::Other { id, .. } => {
                self.start("Othr");
                self.text("Id", id.as_str());
                self.end("Othr");
            }
        }
        self.end("Id");
        self.end(name);
    }
}
