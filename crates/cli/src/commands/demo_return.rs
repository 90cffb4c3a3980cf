//! A return that comes late, for the demo: the real sales have none, so the partner's largest order line of a closed quarter
//! comes back.

use std::fs;
use std::path::{Path, PathBuf};

use trueup_base::date::Date;
use trueup_base::exact::Exact;

use crate::failure::Failure;

/// The columns of the sales that are told apart here.
struct Columns {
    order: usize,
    line: usize,
    ordered_on: usize,
    partner: usize,
    quantity: usize,
    amount: usize,
}

/// What came back.
pub struct Returned {
    /// The delivery that says so.
    pub file: PathBuf,
    /// The order.
    pub order: String,
    /// The day it was ordered on.
    pub ordered_on: String,
    /// What it was sold for.
    pub amount: String,
}

/// Writes a delivery in which the largest order line of a partner after a day and until another comes back; nothing where it
/// bought nothing then.
pub fn write(
    dir: &Path,
    partner: &str,
    (after, until): (Date, Date),
) -> Result<Option<Returned>, Failure> {
    let path = dir.join("data").join("sales.csv");
    let fault = |error: csv::Error| Failure::fault(format!("reading {}", path.display()), &error);
    let mut reader = csv::Reader::from_path(&path).map_err(fault)?;
    let heads = reader.headers().map_err(fault)?.clone();
    let at = |name: &str| {
        heads
            .iter()
            .position(|head| head == name)
            .ok_or_else(|| Failure::Fault(format!("{} has no column {name}", path.display())))
    };
    let columns = Columns {
        order: at("order_number")?,
        line: at("line_number")?,
        ordered_on: at("order_date")?,
        partner: at("reseller_key")?,
        quantity: at("quantity")?,
        amount: at("sales_amount")?,
    };
    let (after, until) = (after.to_string(), until.to_string());
    let mut largest: Option<(Exact, csv::StringRecord)> = None;
    for row in reader.records() {
        let row = row.map_err(fault)?;
        let cell = |at: usize| row.get(at).unwrap_or_default();
        let on = cell(columns.ordered_on);
        let is_meant = cell(columns.partner) == partner && *on > *after && *on <= *until;
        let Ok(amount) = cell(columns.amount).parse::<Exact>() else {
            continue;
        };
        if is_meant && largest.as_ref().is_none_or(|(most, _)| amount > *most) {
            largest = Some((amount, row));
        }
    }
    let Some((_, sold)) = largest else {
        return Ok(None);
    };
    let file = dir.join("data").join("late_return.csv");
    let mut writer = csv::Writer::from_writer(Vec::new());
    let came_back = sold.iter().enumerate().map(|(column, cell)| {
        if column == columns.line {
            format!("{cell}-returned")
        } else if column == columns.quantity || column == columns.amount {
            format!("-{cell}")
        } else {
            cell.to_owned()
        }
    });
    let writing = |error: csv::Error| Failure::fault(format!("writing {}", file.display()), &error);
    writer.write_record(&heads).map_err(writing)?;
    writer.write_record(came_back).map_err(writing)?;
    let bytes = writer
        .into_inner()
        .map_err(|error| Failure::fault(format!("writing {}", file.display()), &error))?;
    fs::write(&file, bytes)
        .map_err(|error| Failure::fault(format!("writing {}", file.display()), &error))?;
    let cell = |at: usize| sold.get(at).unwrap_or_default().to_owned();
    Ok(Some(Returned {
        order: cell(columns.order),
        ordered_on: cell(columns.ordered_on),
        amount: cell(columns.amount),
        file,
    }))
}
