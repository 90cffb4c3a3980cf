//! Reading back what was written, and nothing else: another element, order or spelling is refused with its place.

use quick_xml::Reader;
use quick_xml::events::Event;
use trueup_base::date::parse_date;
use trueup_base::{Currency, Exact};

use super::write::{NO_BIC, Totals, write};
use super::{
    Account, Address, Bic, Country, Iban, Id, NAMESPACE, Order, OtherAccount, Payment, PaymentFile,
    Refusal, Scheme, Text,
};

/// How deep elements may lie in each other; ours lie nine deep.
const DEPTH_MAX: usize = 16;

/// Why bytes are no payment file of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// No XML, or more than a payment file needs.
    #[error("byte {at} of the payment file: {why}")]
    Xml {
        /// Where.
        at: u64,
        /// What is wrong.
        why: String,
    },
    /// Something else stands where an element should.
    #[error("in `{inside}` of the payment file {wanted} should come next, and {found} does")]
    Element {
        /// The element around it.
        inside: String,
        /// What should come.
        wanted: &'static str,
        /// What does.
        found: String,
    },
    /// A value that is none.
    #[error(
        "`{text}` in `{element}` of the payment file is not as it would be written; write {wanted}"
    )]
    Value {
        /// The element.
        element: &'static str,
        /// What stands there.
        text: String,
        /// What should.
        wanted: &'static str,
    },
    /// A value that banks do not take.
    #[error("`{element}` of the payment file")]
    Refused {
        /// The element.
        element: &'static str,
        /// Why not.
        #[source]
        source: Refusal,
    },
    /// Numbers of payments, or sums, that are not those of the payments.
    #[error("`{element}` of the payment file says {says}, and its payments come to {is}")]
    Totals {
        /// The element.
        element: &'static str,
        /// What stands there.
        says: String,
        /// What should.
        is: String,
    },
}

/// Reads a payment file that [`write()`](super::write()) wrote.
///
/// # Errors
/// When it is no such file, or its totals are not those of its payments.
///
/// See the [module](super) for an example.
pub fn parse(bytes: &[u8]) -> Result<PaymentFile, ParseError> {
    let document = element(bytes)?;
    if document.name != "Document" || document.attribute != Some(("xmlns".into(), NAMESPACE.into()))
    {
        return Err(ParseError::Element {
            inside: "the file".to_owned(),
            wanted: "`Document` of pain.001.001.09",
            found: format!("`{}`", document.name),
        });
    }
    let mut document = Children::of(&document)?;
    let mut root = document.group("CstmrCdtTrfInitn")?;
    document.nothing_more()?;
    let mut head = root.group("GrpHdr")?;
    let message_id = head.value("MsgId", Id::parse)?;
    let created = head.text("CreDtTm")?;
    let said = Said::of(&mut head)?;
    let mut initiating = head.group("InitgPty")?;
    let initiating_party = initiating.value("Nm", Text::transliterated)?;
    initiating.nothing_more()?;
    head.nothing_more()?;
    let mut orders = Vec::new();
    while !root.is_done() {
        orders.push(order(root.group("PmtInf")?)?);
    }
    said.held_to(&orders)?;
    let created_at = match created.parse::<jiff::Timestamp>() {
        Ok(at) => at,
        Err(_) => {
            return Err(value(
                "CreDtTm",
                &created,
                "an instant, such as 2026-04-15T09:00:00Z",
            ));
        }
    };
    let file = PaymentFile {
        message_id,
        created_at,
        initiating_party,
        orders,
    };
    let again = write(&file).map_err(|source| ParseError::Refused {
        element: "Document",
        source,
    })?;
    // There is one way to write a file: another space or spelling is another file.
    match bytes
        .iter()
        .zip(&again)
        .position(|(read, written)| read != written)
    {
        None if bytes.len() == again.len() => Ok(file),
        differs => Err(ParseError::Xml {
            at: differs.unwrap_or(bytes.len().min(again.len())) as u64,
            why: "it is not written as we write it".to_owned(),
        }),
    }
}

fn order(mut from: Children<'_>) -> Result<Order, ParseError> {
    let id = from.value("PmtInfId", Id::parse)?;
    from.word("PmtMtd", "TRF")?;
    let said = Said::of(&mut from)?;
    let scheme = match from.maybe("PmtTpInf")? {
        Some(mut kind) => {
            let mut level = kind.group("SvcLvl")?;
            level.word("Cd", "SEPA")?;
            level.nothing_more()?;
            kind.nothing_more()?;
            Scheme::Sepa
        }
        None => Scheme::Other,
    };
    let mut day = from.group("ReqdExctnDt")?;
    let text = day.text("Dt")?;
    let execute_on =
        parse_date(&text).map_err(|_| value("Dt", &text, "a day, such as 2026-04-17"))?;
    day.nothing_more()?;
    let mut party = from.group("Dbtr")?;
    let debtor = party.value("Nm", Text::transliterated)?;
    party.nothing_more()?;
    let id_of_account = account_id(from.group("DbtrAcct")?)?;
    let bank = bank(from.group("DbtrAgt")?)?;
    from.word(
        "ChrgBr",
        match scheme {
            Scheme::Sepa => "SLEV",
            Scheme::Other => "SHAR",
        },
    )?;
    let mut currencies = Vec::new();
    let mut payments = Vec::new();
    while !from.is_done() {
        let (currency, payment) = payment(from.group("CdtTrfTxInf")?)?;
        currencies.push(currency);
        payments.push(payment);
    }
    let Some(currency) = currencies.first().copied() else {
        return Err(from.wanted("`CdtTrfTxInf`"));
    };
    if let Some(other) = currencies.iter().find(|other| **other != currency) {
        return Err(value("InstdAmt", other.code(), "one currency in an order"));
    }
    let order = Order {
        id,
        debtor,
        account: account(id_of_account, bank, "DbtrAgt")?,
        execute_on,
        currency,
        scheme,
        payments,
    };
    said.held_to(std::slice::from_ref(&order))?;
    Ok(order)
}

fn payment(mut from: Children<'_>) -> Result<(Currency, Payment), ParseError> {
    let mut ids = from.group("PmtId")?;
    let instruction_id = ids.value("InstrId", Id::parse)?;
    let end_to_end_id = ids.value("EndToEndId", Id::parse)?;
    ids.nothing_more()?;
    let mut amounts = from.group("Amt")?;
    let (currency, amount_minor) = instructed(amounts.next("InstdAmt")?)?;
    amounts.nothing_more()?;
    let bank = from.maybe("CdtrAgt")?.map(bank).transpose()?.flatten();
    let mut party = from.group("Cdtr")?;
    let creditor = party.value("Nm", Text::transliterated)?;
    let address = party.maybe("PstlAdr")?.map(address).transpose()?;
    party.nothing_more()?;
    let id_of_account = account_id(from.group("CdtrAcct")?)?;
    let mut about = from.group("RmtInf")?;
    let remittance = about.value("Ustrd", Text::transliterated)?;
    about.nothing_more()?;
    from.nothing_more()?;
    let payment = Payment {
        instruction_id,
        end_to_end_id,
        creditor,
        address,
        account: account(id_of_account, bank, "CdtrAgt")?,
        amount_minor,
        remittance,
    };
    Ok((currency, payment))
}

fn instructed(from: &Element) -> Result<(Currency, i64), ParseError> {
    let wrong = |text: &str| {
        value(
            "InstdAmt",
            text,
            "an amount with its currency, such as 12.50",
        )
    };
    let Some(("Ccy", code)) = from
        .attribute
        .as_ref()
        .map(|(name, value)| (name.as_str(), value.as_str()))
    else {
        return Err(wrong(&from.text));
    };
    let currency = Currency::parse(code).map_err(|_| wrong(code))?;
    let exact = Exact::parse(&from.text).map_err(|_| wrong(&from.text))?;
    let units = exact.to_scaled(currency.places());
    let units = units.and_then(|units| i64::try_from(units).ok());
    match units {
        Some(units) => Ok((currency, units)),
        None => Err(wrong(&from.text)),
    }
}

fn address(mut from: Children<'_>) -> Result<Address, ParseError> {
    let address = Address {
        street: from.maybe_value("StrtNm", Text::transliterated)?,
        building: from.maybe_value("BldgNb", Text::transliterated)?,
        post_code: from.maybe_value("PstCd", Text::transliterated)?,
        town: from.value("TwnNm", Text::transliterated)?,
        country: from.value("Ctry", Country::parse)?,
    };
    from.nothing_more()?;
    Ok(address)
}

/// How an account is named.
enum AccountId {
    Iban(Iban),
    Other(OtherAccount),
}

fn account_id(mut from: Children<'_>) -> Result<AccountId, ParseError> {
    let mut id = from.group("Id")?;
    let read = match id.maybe("Othr")? {
        Some(mut other) => {
            let read = AccountId::Other(other.value("Id", OtherAccount::parse)?);
            other.nothing_more()?;
            read
        }
        None => AccountId::Iban(id.value("IBAN", Iban::parse)?),
    };
    id.nothing_more()?;
    from.nothing_more()?;
    Ok(read)
}

fn bank(mut from: Children<'_>) -> Result<Option<Bic>, ParseError> {
    let mut bank = from.group("FinInstnId")?;
    let read = match bank.maybe("Othr")? {
        Some(mut other) => {
            other.word("Id", NO_BIC)?;
            other.nothing_more()?;
            None
        }
        None => Some(bank.value("BICFI", Bic::parse)?),
    };
    bank.nothing_more()?;
    from.nothing_more()?;
    Ok(read)
}

fn account(id: AccountId, bic: Option<Bic>, element: &'static str) -> Result<Account, ParseError> {
    match (id, bic) {
        (AccountId::Iban(iban), bic) => Ok(Account::Iban { iban, bic }),
        (AccountId::Other(id), Some(bic)) => Ok(Account::Other { id, bic }),
        (AccountId::Other(_), None) => Err(value(element, "nothing", "the bank of the account")),
    }
}

fn value(element: &'static str, text: &str, wanted: &'static str) -> ParseError {
    ParseError::Value {
        element,
        text: text.to_owned(),
        wanted,
    }
}

/// The totals as a file says them.
struct Said {
    count: String,
    sum: String,
}

impl Said {
    fn of(from: &mut Children<'_>) -> Result<Self, ParseError> {
        Ok(Self {
            count: from.text("NbOfTxs")?,
            sum: from.text("CtrlSum")?,
        })
    }

    fn held_to(&self, orders: &[Order]) -> Result<(), ParseError> {
        let totals = Totals::of(orders).map_err(|source| ParseError::Refused {
            element: "CtrlSum",
            source,
        })?;
        let told = |element, says: &str, is: String| {
            Err(ParseError::Totals {
                element,
                says: says.to_owned(),
                is,
            })
        };
        if self.count != totals.count.to_string() {
            return told("NbOfTxs", &self.count, totals.count.to_string());
        }
        if self.sum != totals.sum {
            return told("CtrlSum", &self.sum, totals.sum);
        }
        Ok(())
    }
}

/// An element with what stands in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attribute: Option<(String, String)>,
    text: String,
    children: Vec<Element>,
}

/// The one element of a file.
fn element(bytes: &[u8]) -> Result<Element, ParseError> {
    let mut reader = Reader::from_reader(bytes);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event();
        let at = reader.buffer_position();
        let wrong = |why: String| ParseError::Xml { at, why };
        match event.map_err(|error| wrong(error.to_string()))? {
            Event::Decl(_) if open.is_empty() && root.is_none() => {}
            Event::Start(start) => {
                if root.is_some() || open.len() >= DEPTH_MAX {
                    return Err(wrong("another element than a payment file has".to_owned()));
                }
                let mut element = Element {
                    name: text_of(start.name().as_ref()).map_err(wrong)?,
                    ..Element::default()
                };
                for attribute in start.attributes() {
                    let attribute = attribute.map_err(|error| wrong(error.to_string()))?;
                    let name = text_of(attribute.key.as_ref()).map_err(wrong)?;
                    let value = text_of(&attribute.value).map_err(wrong)?;
                    if element.attribute.replace((name, value)).is_some() {
                        return Err(wrong("more than one attribute".to_owned()));
                    }
                }
                open.push(element);
            }
            Event::End(_) => {
                let Some(done) = open.pop() else {
                    return Err(wrong("an end without its beginning".to_owned()));
                };
                match open.last_mut() {
                    Some(around) => around.children.push(done),
                    None => root = Some(done),
                }
            }
            Event::Text(text) => {
                let unescaped = text_of(&text).map_err(wrong)?;
                match open.last_mut() {
                    Some(around) => around.text.push_str(&unescaped),
                    None if unescaped.trim().is_empty() => {}
                    None => return Err(wrong("text outside the document".to_owned())),
                }
            }
            // What banks take needs no other way of writing it; the apostrophe is escaped.
            Event::GeneralRef(name) if &name[..] == b"apos" && !open.is_empty() => {
                if let Some(around) = open.last_mut() {
                    around.text.push('\'');
                }
            }
            Event::Eof => {
                return match root {
                    Some(root) if open.is_empty() => Ok(root),
                    _ => Err(wrong("it ends before the document does".to_owned())),
                };
            }
            Event::Decl(_)
            | Event::Empty(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {
                return Err(wrong("nothing that a payment file needs".to_owned()));
            }
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "no UTF-8".to_owned())
}

/// The children of an element, taken one by one.
struct Children<'a> {
    inside: &'a str,
    rest: std::slice::Iter<'a, Element>,
}

impl<'a> Children<'a> {
    /// Of an element that holds other elements only.
    fn of(element: &'a Element) -> Result<Self, ParseError> {
        let children = Self {
            inside: &element.name,
            rest: element.children.iter(),
        };
        match element.text.trim().is_empty() {
            true => Ok(children),
            false => Err(ParseError::Element {
                inside: element.name.clone(),
                wanted: "an element",
                found: format!("`{}`", element.text.trim()),
            }),
        }
    }

    fn is_done(&self) -> bool {
        self.rest.as_slice().is_empty()
    }

    fn wanted(&self, wanted: &'static str) -> ParseError {
        ParseError::Element {
            inside: self.inside.to_owned(),
            wanted,
            found: match self.rest.as_slice().first() {
                Some(found) => format!("`{}`", found.name),
                None => "nothing".to_owned(),
            },
        }
    }

    fn next(&mut self, name: &'static str) -> Result<&'a Element, ParseError> {
        match self.rest.as_slice().first() {
            Some(next) if next.name == name => {
                self.rest.next();
                Ok(next)
            }
            _ => Err(self.wanted(name)),
        }
    }

    fn group(&mut self, name: &'static str) -> Result<Children<'a>, ParseError> {
        let next = self.next(name)?;
        match next.attribute {
            None => Children::of(next),
            Some(_) => Err(self.wanted("an element without attributes")),
        }
    }

    fn maybe(&mut self, name: &'static str) -> Result<Option<Children<'a>>, ParseError> {
        let is_next = self.rest.as_slice().first();
        match is_next.is_some_and(|next| next.name == name) {
            true => self.group(name).map(Some),
            false => Ok(None),
        }
    }

    fn text(&mut self, name: &'static str) -> Result<String, ParseError> {
        let next = self.next(name)?;
        match next.children.is_empty() && next.attribute.is_none() {
            true => Ok(next.text.clone()),
            false => Err(ParseError::Element {
                inside: name.to_owned(),
                wanted: "a text",
                found: "an element or an attribute".to_owned(),
            }),
        }
    }

    fn value<T>(
        &mut self,
        name: &'static str,
        read: fn(&str) -> Result<T, Refusal>,
    ) -> Result<T, ParseError> {
        let text = self.text(name)?;
        read(&text).map_err(|source| ParseError::Refused {
            element: name,
            source,
        })
    }

    fn maybe_value<T>(
        &mut self,
        name: &'static str,
        read: fn(&str) -> Result<T, Refusal>,
    ) -> Result<Option<T>, ParseError> {
        let is_next = self.rest.as_slice().first();
        match is_next.is_some_and(|next| next.name == name) {
            true => self.value(name, read).map(Some),
            false => Ok(None),
        }
    }

    fn word(&mut self, name: &'static str, word: &'static str) -> Result<(), ParseError> {
        let text = self.text(name)?;
        match text == word {
            true => Ok(()),
            false => Err(value(name, &text, word)),
        }
    }

    fn nothing_more(&self) -> Result<(), ParseError> {
        match self.is_done() {
            true => Ok(()),
            false => Err(self.wanted("nothing more")),
        }
    }
}
