//! The payment file: a customer credit transfer initiation, ISO 20022 pain.001.001.09.
//!
//! One file pays from one account, in one currency, on one day. Names and remittance texts are written in the characters that
//! banks pass on (letters without marks, digits, and `/ - ? : ( ) . , ' +`): others are written in Latin letters, as the European
//! Payments Council's best practice has it, and what then remains becomes a full stop.

use std::collections::BTreeSet;

use jiff::Timestamp;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;

use crate::account::{Bic, Iban};

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
/// The longest id.
const ID_MAX: usize = 35;
/// The longest name that banks pass on.
const NAME_MAX: usize = 70;
/// The longest remittance text.
const REMITTANCE_MAX: usize = 140;

/// A payment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentFile {
    /// What names the file to the bank, for ever: at most 35 characters.
    pub message: String,
    /// When it was decided.
    pub created: Timestamp,
    /// Who pays.
    pub debtor: String,
    /// From which account.
    pub account: Iban,
    /// At which bank, where that has to be said.
    pub bank: Option<Bic>,
    /// On which day.
    pub on: Date,
    /// In which currency.
    pub currency: Currency,
    /// The payments.
    pub transfers: Vec<Transfer>,
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// What names it to both sides: at most 35 characters.
    pub id: String,
    /// Who is paid.
    pub creditor: String,
    /// In which country, as two letters.
    pub country: Option<String>,
    /// To which account.
    pub account: Iban,
    /// At which bank, where that has to be said.
    pub bank: Option<Bic>,
    /// How much, in minor units, above zero.
    pub amount: i64,
    /// What it is for.
    pub remittance: String,
}

/// Why a file is not written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentFileRefusal {
    /// Nothing to pay.
    #[error("there is nothing to pay")]
    Empty,
    /// Not above zero.
    #[error("payment {id} is of {amount} minor units; a bank pays what is above zero")]
    Amount {
        /// Which payment.
        id: String,
        /// How much.
        amount: i64,
    },
    /// An id that cannot be.
    #[error(
        "`{0}` names no payment: ids have 1 to 35 letters, digits and `/ - ? : ( ) . , ' +`, and neither begin or end with `/` nor have two"
    )]
    Id(String),
    /// An id twice.
    #[error("two payments have the id {0}")]
    Twice(String),
    /// Nobody.
    #[error("payment {0} has nobody who is paid: the name is empty")]
    Nobody(String),
    /// Not a country.
    #[error("`{0}` is no country: write two letters, such as DE")]
    Country(String),
    /// Another file, when read.
    #[error("this is no such payment file: {0}")]
    Unreadable(String),
}

impl PaymentFile {
    /// The file's bytes.
    ///
    /// # Errors
    /// When something in it cannot be paid.
    pub fn to_xml(&self) -> Result<String, PaymentFileRefusal> {
        self.check()?;
        let mut out = Out(Writer::new_with_indent(Vec::new(), b' ', 2));
        out.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        let mut document = BytesStart::new("Document");
        document.push_attribute(("xmlns", NAMESPACE));
        out.event(Event::Start(document));
        out.within("CstmrCdtTrfInitn", |out| self.initiation(out));
        out.close("Document");
        String::from_utf8(out.0.into_inner())
            .map_err(|error| PaymentFileRefusal::Unreadable(error.to_string()))
    }

    fn check(&self) -> Result<(), PaymentFileRefusal> {
        is_id(&self.message)?;
        let mut ids = BTreeSet::new();
        for transfer in &self.transfers {
            let id = &transfer.id;
            is_id(id)?;
            if !ids.insert(id) {
                return Err(PaymentFileRefusal::Twice(id.clone()));
            }
            if transfer.amount <= 0 {
                return Err(PaymentFileRefusal::Amount {
                    id: id.clone(),
                    amount: transfer.amount,
                });
            }
            if passed_on(&transfer.creditor, NAME_MAX).is_empty() {
                return Err(PaymentFileRefusal::Nobody(id.clone()));
            }
            if let Some(country) = &transfer.country {
                is_country(country)?;
            }
        }
        if passed_on(&self.debtor, NAME_MAX).is_empty() {
            return Err(PaymentFileRefusal::Nobody(self.message.clone()));
        }
        match ids.is_empty() {
            true => Err(PaymentFileRefusal::Empty),
            false => Ok(()),
        }
    }

    fn amount(&self, units: i128) -> String {
        let places = self.currency.places();
        Exact::from_scaled(units, places).to_fixed(places, Rounding::HalfAway)
    }

    fn initiation(&self, out: &mut Out) {
        let count = self.transfers.len().to_string();
        let sum = self.amount(
            self.transfers
                .iter()
                .map(|one| i128::from(one.amount))
                .sum(),
        );
        let debtor = passed_on(&self.debtor, NAME_MAX);
        out.within("GrpHdr", |out| {
            out.leaf("MsgId", &self.message);
            out.leaf("CreDtTm", &self.created.to_string());
            out.leaf("NbOfTxs", &count);
            out.leaf("CtrlSum", &sum);
            out.within("InitgPty", |out| out.leaf("Nm", &debtor));
        });
        out.within("PmtInf", |out| {
            out.leaf("PmtInfId", &self.message);
            out.leaf("PmtMtd", "TRF");
            out.leaf("NbOfTxs", &count);
            out.leaf("CtrlSum", &sum);
            out.within("ReqdExctnDt", |out| out.leaf("Dt", &self.on.to_string()));
            out.within("Dbtr", |out| out.leaf("Nm", &debtor));
            out.account("DbtrAcct", &self.account);
            out.within("DbtrAgt", |out| {
                out.within("FinInstnId", |out| match &self.bank {
                    Some(bank) => out.leaf("BICFI", bank.as_str()),
                    None => out.within("Othr", |out| out.leaf("Id", "NOTPROVIDED")),
                });
            });
            // Each side bears its own charges: in euro the only way there is.
            out.leaf(
                "ChrgBr",
                if self.currency.code() == "EUR" {
                    "SLEV"
                } else {
                    "SHAR"
                },
            );
            for transfer in &self.transfers {
                out.within("CdtTrfTxInf", |out| self.transfer(out, transfer));
            }
        });
    }

    fn transfer(&self, out: &mut Out, transfer: &Transfer) {
        out.within("PmtId", |out| {
            out.leaf("InstrId", &transfer.id);
            out.leaf("EndToEndId", &transfer.id);
        });
        out.within("Amt", |out| {
            let mut start = BytesStart::new("InstdAmt");
            start.push_attribute(("Ccy", self.currency.code()));
            out.event(Event::Start(start));
            let amount = self.amount(i128::from(transfer.amount));
            out.event(Event::Text(BytesText::new(&amount)));
            out.close("InstdAmt");
        });
        if let Some(bank) = &transfer.bank {
            out.within("CdtrAgt", |out| {
                out.within("FinInstnId", |out| out.leaf("BICFI", bank.as_str()));
            });
        }
        out.within("Cdtr", |out| {
            out.leaf("Nm", &passed_on(&transfer.creditor, NAME_MAX));
            if let Some(country) = &transfer.country {
                out.within("PstlAdr", |out| out.leaf("Ctry", country));
            }
        });
        out.account("CdtrAcct", &transfer.account);
        let remittance = passed_on(&transfer.remittance, REMITTANCE_MAX);
        if !remittance.is_empty() {
            out.within("RmtInf", |out| out.leaf("Ustrd", &remittance));
        }
    }

    /// Reads a file that was written by [`Self::to_xml`]; names and texts as they were passed on.
    ///
    /// # Errors
    /// When it is no such file, or its counts and sums do not fit its payments.
    pub fn parse(xml: &str) -> Result<Self, PaymentFileRefusal> {
        let file = Reading::of(xml)?.into_file()?;
        match file.to_xml()? == xml {
            true => Ok(file),
            false => Err(PaymentFileRefusal::Unreadable(
                "its counts, sums or texts are not those of its payments".to_owned(),
            )),
        }
    }
}

/// A writer into memory, which cannot fail.
struct Out(Writer<Vec<u8>>);

impl Out {
    fn event(&mut self, event: Event<'_>) {
        // Writing to memory has no error.
        let _ = self.0.write_event(event);
    }

    fn close(&mut self, tag: &str) {
        self.event(Event::End(BytesEnd::new(tag)));
    }

    fn within(&mut self, tag: &str, inner: impl FnOnce(&mut Self)) {
        self.event(Event::Start(BytesStart::new(tag)));
        inner(self);
        self.close(tag);
    }

    fn leaf(&mut self, tag: &str, text: &str) {
        self.within(tag, |out| out.event(Event::Text(BytesText::new(text))));
    }

    fn account(&mut self, tag: &str, account: &Iban) {
        self.within(tag, |out| {
            out.within("Id", |out| out.leaf("IBAN", account.as_str()));
        });
    }
}

/// A text in the characters that banks pass on, cut to a length.
fn passed_on(text: &str, max: usize) -> String {
    let latin = any_ascii::any_ascii(text.trim());
    let is_known = |one: char| one.is_ascii_alphanumeric() || "/-?:().,'+ ".contains(one);
    let known: String = latin
        .chars()
        .map(|one| match one {
            '&' => '+',
            one if is_known(one) => one,
            _ => '.',
        })
        .collect();
    let words: Vec<&str> = known.split(' ').filter(|word| !word.is_empty()).collect();
    let cut: String = words.join(" ").chars().take(max).collect();
    cut.trim().to_owned()
}

fn is_id(text: &str) -> Result<(), PaymentFileRefusal> {
    let is_known = |one: char| one.is_ascii_alphanumeric() || "/-?:().,'+".contains(one);
    let fits = !text.is_empty() && text.len() <= ID_MAX && text.chars().all(is_known);
    // The rulebooks of credit transfers have slashes no other way.
    let slashes = text.starts_with('/') || text.ends_with('/') || text.contains("//");
    match fits && !slashes {
        true => Ok(()),
        false => Err(PaymentFileRefusal::Id(text.to_owned())),
    }
}

fn is_country(text: &str) -> Result<(), PaymentFileRefusal> {
    match text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        true => Ok(()),
        false => Err(PaymentFileRefusal::Country(text.to_owned())),
    }
}

/// The texts of a file by where they stand: those of the file, and those of each transfer.
#[derive(Default)]
struct Reading {
    file: Vec<(String, String)>,
    transfers: Vec<Vec<(String, String)>>,
    currency: Option<String>,
}

impl Reading {
    fn of(xml: &str) -> Result<Self, PaymentFileRefusal> {
        let wrong =
            |error: &dyn std::fmt::Display| PaymentFileRefusal::Unreadable(error.to_string());
        let mut reader = Reader::from_str(xml);
        reader.config_mut().trim_text(false);
        let (mut path, mut reading) = (Vec::<String>::new(), Self::default());
        let (mut text, mut is_leaf) = (String::new(), false);
        loop {
            match reader.read_event().map_err(|error| wrong(&error))? {
                Event::Start(start) => {
                    let tag = String::from_utf8_lossy(start.name().as_ref()).into_owned();
                    if tag == "CdtTrfTxInf" {
                        reading.transfers.push(Vec::new());
                    }
                    if let Some(found) = start
                        .try_get_attribute("Ccy")
                        .map_err(|error| wrong(&error))?
                    {
                        let currency = String::from_utf8_lossy(&found.value).into_owned();
                        reading.currency = Some(currency);
                    }
                    path.push(tag);
                    is_leaf = true;
                    text.clear();
                }
                Event::Text(part) => {
                    text.push_str(&part.decode().map_err(|error| wrong(&error))?);
                }
                Event::GeneralRef(part) => {
                    let name = part.decode().map_err(|error| wrong(&error))?;
                    text.push_str(match &*name {
                        "apos" => "'",
                        "amp" => "&",
                        "lt" => "<",
                        "gt" => ">",
                        "quot" => "\"",
                        other => return Err(wrong(&format!("&{other}; in it"))),
                    });
                }
                Event::End(_) => {
                    if std::mem::take(&mut is_leaf) && !text.is_empty() {
                        let place = (path.join("/"), std::mem::take(&mut text));
                        let is_transfer = path.iter().any(|tag| tag == "CdtTrfTxInf");
                        match (is_transfer, reading.transfers.last_mut()) {
                            (true, Some(transfer)) => transfer.push(place),
                            (_, _) => reading.file.push(place),
                        }
                    }
                    path.pop();
                }
                Event::Eof => return Ok(reading),
                _ => {}
            }
        }
    }

    fn into_file(self) -> Result<PaymentFile, PaymentFileRefusal> {
        let wrong = |what: &dyn std::fmt::Display| PaymentFileRefusal::Unreadable(what.to_string());
        let file =
            |end: &str| found(&self.file, end).ok_or_else(|| wrong(&format!("{end} is not there")));
        let code = self.currency.clone().unwrap_or_default();
        let currency = Currency::parse(&code).map_err(|error| wrong(&error))?;
        let mut transfers = Vec::new();
        for one in &self.transfers {
            let part =
                |end: &str| found(one, end).ok_or_else(|| wrong(&format!("{end} is not there")));
            let amount = Exact::parse(part("InstdAmt")?).map_err(|error| wrong(&error))?;
            let units = amount.to_scaled(currency.places());
            let units = units.and_then(|units| i64::try_from(units).ok());
            transfers.push(Transfer {
                id: part("EndToEndId")?.to_owned(),
                creditor: part("Cdtr/Nm")?.to_owned(),
                country: found(one, "Ctry").map(str::to_owned),
                account: Iban::parse(part("IBAN")?).map_err(|error| wrong(&error))?,
                bank: bank(found(one, "BICFI"))?,
                amount: units.ok_or_else(|| wrong(&"an amount is finer than its currency"))?,
                remittance: found(one, "Ustrd").unwrap_or_default().to_owned(),
            });
        }
        Ok(PaymentFile {
            message: file("MsgId")?.to_owned(),
            created: file("CreDtTm")?
                .parse()
                .map_err(|error: jiff::Error| wrong(&error))?,
            debtor: file("Dbtr/Nm")?.to_owned(),
            account: Iban::parse(file("IBAN")?).map_err(|error| wrong(&error))?,
            bank: bank(found(&self.file, "BICFI"))?,
            on: parse_date(file("ReqdExctnDt/Dt")?).map_err(|error| wrong(&error))?,
            currency,
            transfers,
        })
    }
}

fn found<'t>(texts: &'t [(String, String)], end: &str) -> Option<&'t str> {
    let found = texts.iter().find(|(path, _)| path.ends_with(end));
    found.map(|(_, text)| text.as_str())
}

fn bank(text: Option<&str>) -> Result<Option<Bic>, PaymentFileRefusal> {
    text.map(Bic::parse)
        .transpose()
        .map_err(|error| PaymentFileRefusal::Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> PaymentFile {
        let iban = |text| Iban::parse(text).expect("an account");
        PaymentFile {
            message: "TRUEUP-1-EUR".to_owned(),
            created: "2026-04-02T09:00:00Z".parse().expect("an instant"),
            debtor: "Contoso AG".to_owned(),
            account: iban("DE89370400440532013000"),
            bank: None,
            on: parse_date("2026-04-15").expect("a day"),
            currency: Currency::parse("EUR").expect("a currency"),
            transfers: vec![Transfer {
                id: "1-P-100".to_owned(),
                creditor: "Müller & Søn <Handel>".to_owned(),
                country: Some("DE".to_owned()),
                account: iban("GB82WEST12345698765432"),
                bank: Bic::parse("DEUTDEFF").ok(),
                amount: 419_950,
                remittance: "Partner program, until 2026-03-31".to_owned(),
            }],
        }
    }

    #[test]
    fn names_are_written_in_the_characters_that_banks_pass_on() {
        let xml = file().to_xml().expect("written");
        assert!(xml.contains("<Nm>Muller + Son .Handel.</Nm>"), "{xml}");
        assert!(
            xml.contains("<InstdAmt Ccy=\"EUR\">4199.50</InstdAmt>"),
            "{xml}"
        );
        assert!(xml.contains("<CtrlSum>4199.50</CtrlSum>"), "{xml}");
    }

    #[test]
    fn what_cannot_be_paid_is_refused_by_name() {
        let changed = |change: fn(&mut PaymentFile)| {
            let mut file = file();
            change(&mut file);
            file.to_xml().expect_err("it cannot be paid")
        };
        let none = changed(|file| file.transfers.clear());
        assert_eq!(none, PaymentFileRefusal::Empty);
        for amount in [0, -1] {
            let mut file = file();
            file.transfers
                .iter_mut()
                .for_each(|one| one.amount = amount);
            let refused = file.to_xml().expect_err("not above zero");
            assert!(matches!(refused, PaymentFileRefusal::Amount { .. }));
        }
        let twice = changed(|file| file.transfers.extend(file.transfers.clone()));
        assert_eq!(twice, PaymentFileRefusal::Twice("1-P-100".to_owned()));
        for id in ["", "a b", "/a", "a/", "a//b", &"x".repeat(36), "ä"] {
            let mut file = file();
            file.message = id.to_owned();
            let refused = file.to_xml().expect_err("no id");
            assert_eq!(refused, PaymentFileRefusal::Id(id.to_owned()));
        }
        let nobody = changed(|file| {
            file.transfers
                .iter_mut()
                .for_each(|one| one.creditor = " ".to_owned())
        });
        assert!(matches!(nobody, PaymentFileRefusal::Nobody(_)));
        let country = changed(|file| {
            file.transfers
                .iter_mut()
                .for_each(|one| one.country = Some("de".to_owned()));
        });
        assert!(matches!(country, PaymentFileRefusal::Country(_)));
    }

    #[test]
    fn a_file_that_was_changed_is_not_read() {
        let xml = file().to_xml().expect("written");
        let read = PaymentFile::parse(&xml).expect("read");
        assert_eq!(read.to_xml().expect("written again"), xml);
        for (from, to) in [
            ("4199.50</CtrlSum>", "4199.51</CtrlSum>"),
            ("<NbOfTxs>1", "<NbOfTxs>2"),
            ("</Nm>", "</nm>"),
        ] {
            assert!(
                PaymentFile::parse(&xml.replace(from, to)).is_err(),
                "{from}"
            );
        }
    }
}
