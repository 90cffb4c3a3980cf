//! Figures as both sides read them: money with its currency, days without a doubt, no float anywhere.
//!
//! Every figure is printed whole: a number without a finite decimal is printed as the fraction it is.

use trueup_base::calendar::{Calendar, MonthDay, WindowUnit};
use trueup_base::date::{Date, Duration, add_days};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;

use crate::tree::{Type, Unit};

/// A number with its thousands set apart and at least so many places; a fraction where no decimal ends.
///
/// ```
/// use trueup_base::Exact;
/// use trueup_plan::words::figure::decimal;
///
/// assert_eq!(decimal(&Exact::parse("1234567.5")?, 2), "1,234,567.50");
/// assert_eq!(decimal(&Exact::parse("0.00125")?, 2), "0.00125");
/// assert_eq!(Exact::ratio(100, 3).map(|third| decimal(&third, 2)), Some("100/3".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn decimal(number: &Exact, places: u32) -> String {
    match number.to_decimal() {
        Some(text) => grouped(&text, places),
        None => format!(
            "{}/{}",
            decimal(&number.numerator(), 0),
            decimal(&number.denominator(), 0)
        ),
    }
}

/// A decimal text with its thousands set apart and noughts up to so many places.
fn grouped(text: &str, places: u32) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (whole, tail) = digits.split_once('.').unwrap_or((digits, ""));
    let mut said = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    let places = usize::try_from(places).unwrap_or(0).max(tail.len());
    if places > 0 {
        said.push('.');
        said.push_str(tail);
        said.extend(std::iter::repeat_n('0', places - tail.len()));
    }
    said
}

/// Money with its currency: `60,000.00 USD`.
#[must_use]
pub fn money(amount: &Exact, currency: Currency) -> String {
    format!("{} {}", decimal(amount, currency.places()), currency.code())
}

/// A ratio in percent: `2.5%`; a third of one is `1/3`.
#[must_use]
pub fn percent(ratio: &Exact) -> String {
    let hundredfold = ratio * &Exact::from_int(100);
    match hundredfold.to_decimal() {
        Some(_) => format!("{}%", decimal(&hundredfold, 0)),
        None => decimal(ratio, 0),
    }
}

/// A number in its unit, as it stands in a sentence. A ratio is in percent where it is written so.
#[must_use]
pub fn in_unit(number: &Exact, unit: Unit, currency: Currency, in_percent: bool) -> String {
    if unit == Unit::RATIO {
        return if in_percent {
            percent(number)
        } else {
            decimal(number, 0)
        };
    }
    if unit == Unit::MONEY {
        return money(number, currency);
    }
    if unit.money == 0 {
        return decimal(number, 0);
    }
    format!(
        "{} {}",
        decimal(number, currency.places()),
        short_unit(unit, currency)
    )
}

/// A unit beside a figure: `USD per count`.
fn short_unit(unit: Unit, currency: Currency) -> String {
    let named = [
        (unit.money, currency.code()),
        (unit.count, "count"),
        (unit.score, "score"),
    ];
    let side = |is_above: bool| {
        let powers = named
            .iter()
            .filter(|(power, _)| (*power > 0) == is_above && *power != 0);
        powers
            .map(|(power, name)| match power.unsigned_abs() {
                1 => (*name).to_owned(),
                power => format!("{name} to the power {power}"),
            })
            .collect::<Vec<_>>()
            .join(" times ")
    };
    match (side(true), side(false)) {
        (above, below) if below.is_empty() => above,
        (above, below) if above.is_empty() => format!("per {below}"),
        (above, below) => format!("{above} per {below}"),
    }
}

/// What a unit is called: `money in USD`, `a ratio`, `USD per count`.
#[must_use]
pub fn unit_words(unit: Unit, currency: Currency) -> String {
    if unit == Unit::RATIO {
        return "a ratio".to_owned();
    }
    if unit == Unit::COUNT {
        return "a count".to_owned();
    }
    if unit == Unit::SCORE {
        return "a score".to_owned();
    }
    if unit == Unit::MONEY {
        return format!("money in {}", currency.code());
    }
    short_unit(unit, currency)
}

/// What a formula or a column holds, in words.
#[must_use]
pub fn type_words(of: Type, currency: Currency) -> String {
    match of {
        Type::Number(unit) => unit_words(unit, currency),
        Type::Date => "a day".to_owned(),
        Type::Duration => "a length of time".to_owned(),
        Type::Flag => "yes or no".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Partner => "a partner".to_owned(),
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month_name(month: i8) -> &'static str {
    usize::try_from(month)
        .ok()
        .and_then(|month| MONTHS.get(month.checked_sub(1)?))
        .copied()
        .unwrap_or("")
}

/// A day: `20 June 2026`.
#[must_use]
pub fn day(day: Date) -> String {
    format!("{} {} {}", day.day(), month_name(day.month()), day.year())
}

/// A day of every year: `1 December`.
#[must_use]
pub fn day_of_year(day: MonthDay) -> String {
    format!("{} {}", day.day(), month_name(day.month()))
}

/// The last day of a half-open stretch of time.
#[must_use]
pub fn last_day(until: Date) -> String {
    add_days(until, -1).map_or_else(|| format!("the day before {}", day(until)), day)
}

/// A length of time: `6 months`, `30 days`.
#[must_use]
pub fn length(length: Duration) -> String {
    let counted = |count: i32, what: &str| {
        if count == 1 {
            format!("1 {what}")
        } else {
            format!("{} {what}s", decimal(&Exact::from_int(i64::from(count)), 0))
        }
    };
    match (length.months, length.days) {
        (0, days) => counted(days, "day"),
        (months, 0) => counted(months, "month"),
        (months, days) => format!("{} and {}", counted(months, "month"), counted(days, "day")),
    }
}

/// What a window of a unit is called: `quarter`, `half year`.
#[must_use]
pub fn unit_noun(unit: WindowUnit) -> &'static str {
    match unit {
        WindowUnit::Day => "day",
        WindowUnit::Week => "week",
        WindowUnit::HalfMonth => "half month",
        WindowUnit::Month => "month",
        WindowUnit::Quarter => "quarter",
        WindowUnit::Half => "half year",
        WindowUnit::Year => "year",
        WindowUnit::Period => "listed period",
        WindowUnit::Agreement => "agreement",
    }
}

/// How a number moves to a step: the words after `rounded`.
#[must_use]
pub fn rounding(step: &str, mode: Rounding) -> String {
    match mode {
        Rounding::HalfAway => format!("to the nearest {step}, a half away from zero"),
        Rounding::HalfEven => format!("to the nearest {step}, a half to the even neighbour"),
        Rounding::Up => format!("away from zero to a multiple of {step}"),
        Rounding::Down => format!("towards zero to a multiple of {step}"),
        Rounding::Floor => format!("to the next lower multiple of {step}"),
        Rounding::Ceiling => format!("to the next higher multiple of {step}"),
    }
}

/// Where years start and how they divide, in whole sentences.
#[must_use]
pub fn calendar(calendar: &Calendar) -> Vec<String> {
    let starts = day_of_year(calendar.year_starts());
    let mut said = vec![match calendar.weeks() {
        None if calendar.year_starts() == MonthDay::NEW_YEAR => {
            "A year begins on 1 January.".to_owned()
        }
        None => format!("A year begins on {starts} and is named for the calendar year it ends in."),
        Some([a, b, c]) => format!(
            "A year begins on the Monday nearest to {starts} and is made of whole weeks: the three months of a \
             quarter have {a}, {b} and {c} weeks."
        ),
    }];
    if let [first, .., last] = calendar.periods() {
        let days: Vec<String> = calendar.periods().iter().map(|start| day(*start)).collect();
        said.push(format!(
            "Listed periods run from {} up to but not including {}; they begin on {}, where the last day listed only \
             closes the period before it.",
            day(*first),
            day(*last),
            days.join(", ")
        ));
    }
    said
}

/// A part of a whole in words: `a fourth`, `half`, `5/12`.
#[must_use]
pub fn fraction(part: &Exact) -> String {
    if *part == Exact::ONE {
        return "all".to_owned();
    }
    let names = [
        (2, "half"),
        (3, "a third"),
        (4, "a fourth"),
        (6, "a sixth"),
        (12, "a twelfth"),
        (24, "a twenty-fourth"),
    ];
    for (of, name) in names {
        if Exact::ratio(1, of).as_ref() == Some(part) {
            return name.to_owned();
        }
    }
    if part.is_integer() {
        return format!("{} times", decimal(part, 0));
    }
    format!(
        "{}/{}",
        decimal(&part.numerator(), 0),
        decimal(&part.denominator(), 0)
    )
}

/// How many there are, in words where they are few.
#[must_use]
pub fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("one {what}"),
        2 => format!("two {what}s"),
        3 => format!("three {what}s"),
        count => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    #[test]
    fn money_shows_its_minor_unit_and_whatever_is_finer() {
        let dollars = Currency::parse("USD").unwrap();
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(money(&exact("60000"), dollars), "60,000.00 USD");
        assert_eq!(money(&exact("0.005"), dollars), "0.005 USD");
        assert_eq!(money(&exact("60000"), yen), "60,000 JPY");
        assert_eq!(money(&exact("-12.5"), dollars), "-12.50 USD");
    }

    #[test]
    fn a_unit_beyond_the_simple_ones_is_said_in_full() {
        let dollars = Currency::parse("USD").unwrap();
        let each = Unit {
            money: 1,
            count: -1,
            score: 0,
        };
        assert_eq!(
            in_unit(&exact("500"), each, dollars, false),
            "500.00 USD per count"
        );
        let odd = Unit {
            money: 2,
            count: 0,
            score: -1,
        };
        assert_eq!(unit_words(odd, dollars), "USD to the power 2 per score");
    }

    #[test]
    fn days_and_lengths_of_time_are_unmistakable() {
        assert_eq!(
            day(trueup_base::date::parse_date("2026-06-20").unwrap()),
            "20 June 2026"
        );
        let lengths = ["6 months", "1 month", "2 weeks", "1 day"];
        let said = lengths.map(|text| length(Duration::parse(text).unwrap()));
        assert_eq!(said, ["6 months", "1 month", "14 days", "1 day"]);
    }

    #[test]
    fn no_two_modes_of_rounding_read_alike() {
        let said: std::collections::BTreeSet<String> = Rounding::ALL
            .into_iter()
            .map(|mode| rounding("0.01 USD", mode))
            .collect();
        assert_eq!(said.len(), Rounding::ALL.len());
    }
}
