//! LAW-30 and LAW-31: at every change of every zone's clock from 1990 to 2060, an instant has one day, and with it one window; the day follows
//! from the instant and the built-in table alone.

use jiff::tz::TimeZoneDatabase;
use trueup_base::date::{Date, add_days, parse_date};
use trueup_base::zone::{Timestamp, parse_instant};
use trueup_base::{Calendar, WindowUnit, Zone};

/// The day by counting seconds: the offset in force, added to the instant, in whole days since 1970.
fn day_by_counting(zone: &jiff::tz::TimeZone, instant: Timestamp) -> Date {
    let seconds = instant.as_second() + i64::from(zone.to_offset(instant).seconds());
    add_days(
        parse_date("1970-01-01").unwrap(),
        seconds.div_euclid(86_400),
    )
    .unwrap()
}

#[test]
fn every_change_of_every_clock_keeps_each_instant_in_one_window() {
    let from = parse_instant("1990-01-01T00:00:00Z").unwrap();
    let until = parse_instant("2060-12-31T23:59:59Z").unwrap();
    let calendar = Calendar::default().starting("10-31".parse().unwrap());
    let (mut zones, mut changes, mut days_apart) = (0, 0, 0);
    let database = TimeZoneDatabase::bundled();
    for name in database.available() {
        let zone = Zone::parse(name.as_str()).unwrap();
        let table = database.get(name.as_str()).unwrap();
        zones += 1;
        for change in table
            .following(from)
            .take_while(|change| change.timestamp() < until)
        {
            changes += 1;
            let instants = [-86_400, -3_600, -1, 0, 1, 3_600, 86_400].map(|seconds| {
                Timestamp::from_second(change.timestamp().as_second() + seconds).unwrap()
            });
            for instant in instants {
                let day = zone.date_of(instant).unwrap();
                assert_eq!(day, day_by_counting(&table, instant), "{name} {instant}");
                for unit in [WindowUnit::Day, WindowUnit::Month, WindowUnit::Year] {
                    let window = calendar.window_at(unit, day).unwrap();
                    let holding = |more: i64| {
                        calendar
                            .shift(&window, more)
                            .is_some_and(|window| window.contains(day))
                    };
                    assert_eq!(
                        [-1, 0, 1].map(holding),
                        [false, true, false],
                        "{name} {instant} {unit}"
                    );
                }
            }
            days_apart += i32::from(zone.date_of(instants[2]) != zone.date_of(instants[3]));
        }
    }
    // The table was there, and some clocks change at midnight.
    assert!(
        zones > 500 && changes > 10_000 && days_apart > 100,
        "{zones} {changes} {days_apart}"
    );
}

#[test]
fn a_sale_in_the_last_second_of_a_quarter_counts_in_that_quarter() {
    let pacific = Zone::parse("America/Los_Angeles").unwrap();
    let calendar = Calendar::default();
    for (instant, quarter) in [
        ("2024-04-01T06:59:59.999999999Z", "2024-Q1"),
        ("2024-04-01T07:00:00Z", "2024-Q2"),
        ("2025-01-01T07:59:59Z", "2024-Q4"),
        ("2025-01-01T08:00:00Z", "2025-Q1"),
    ] {
        let day = pacific.date_of(parse_instant(instant).unwrap()).unwrap();
        assert_eq!(
            calendar.label(&calendar.window_at(WindowUnit::Quarter, day).unwrap()),
            quarter,
            "{instant}"
        );
    }
}
