//! LAW-30: periods tile. For every unit and every shape of calendar, from 1990 to 2060: each day lies in exactly one window, a window ends
//! where the next one starts, and starts where the calendar says; and names read back.

mod shapes;

use std::collections::BTreeSet;

use jiff::civil::Weekday;
use shapes::{calendars, date, name};
use trueup_base::date::{Date, add_days, add_months};
use trueup_base::{Calendar, Window, WindowUnit};

/// The units that every calendar has.
const CALENDAR_UNITS: [WindowUnit; 7] = [
    WindowUnit::Day,
    WindowUnit::Week,
    WindowUnit::HalfMonth,
    WindowUnit::Month,
    WindowUnit::Quarter,
    WindowUnit::Half,
    WindowUnit::Year,
];

fn span() -> (Date, Date) {
    (date("1990-01-01"), date("2061-01-01"))
}

#[test]
fn each_day_lies_in_exactly_one_window_and_windows_follow_each_other() {
    let (from, until) = span();
    for calendar in calendars() {
        for unit in CALENDAR_UNITS {
            let windows = calendar.windows_in(unit, from, until);
            let at = |window: &Window| format!("{} {window:?}", name(&calendar));
            let (first, last) = (windows.first().unwrap(), windows.last().unwrap());
            assert!(
                first.contains(from) && last.contains(add_days(until, -1).unwrap()),
                "{}",
                name(&calendar)
            );
            for window in &windows {
                assert!(window.is_whole() && window.unit == unit, "{}", at(window));
                let (starts, last) = (window.starts, window.last());
                let middle = add_days(starts, window.days() / 2).unwrap();
                for day in [starts, middle, last] {
                    assert_eq!(
                        calendar.window_at(unit, day).as_ref(),
                        Some(window),
                        "{day} {}",
                        at(window)
                    );
                }
            }
            for pair in windows.windows(2) {
                assert_eq!(pair[0].ends, pair[1].starts, "{}", at(&pair[0]));
                assert_eq!(
                    calendar.shift(&pair[0], 1).as_ref(),
                    Some(&pair[1]),
                    "{}",
                    at(&pair[0])
                );
                assert_eq!(
                    calendar.shift(&pair[1], -1).as_ref(),
                    Some(&pair[0]),
                    "{}",
                    at(&pair[0])
                );
            }
            let steps = i64::try_from(windows.len()).unwrap() - 1;
            assert_eq!(
                calendar.shift(first, steps).as_ref(),
                Some(last),
                "{}",
                name(&calendar)
            );
        }
    }
}

#[test]
fn every_day_is_asked_where_months_end_unevenly() {
    let (from, until) = span();
    let calendars = ["01-31", "08-30", "02-29", "12-01"]
        .map(|text| Calendar::default().starting(text.parse().unwrap()));
    let retail = Calendar::default()
        .starting("01-31".parse().unwrap())
        .with_weeks(&[4, 4, 5])
        .unwrap();
    for calendar in calendars.iter().chain([&retail]) {
        for unit in CALENDAR_UNITS {
            let mut day = from;
            for window in calendar.windows_in(unit, from, until) {
                while window.contains(day) {
                    assert_eq!(
                        calendar.window_at(unit, day),
                        Some(window),
                        "{day} {}",
                        name(calendar)
                    );
                    day = add_days(day, 1).unwrap();
                }
            }
            assert!(day >= until);
        }
    }
}

#[test]
fn months_start_on_the_day_of_the_year_or_the_last_of_a_shorter_month() {
    let (from, until) = span();
    for calendar in calendars()
        .iter()
        .filter(|calendar| calendar.weeks().is_none())
    {
        for (unit, months) in [
            (WindowUnit::Month, 1),
            (WindowUnit::Quarter, 3),
            (WindowUnit::Half, 6),
            (WindowUnit::Year, 12),
        ] {
            for window in calendar.windows_in(unit, from, until) {
                let starts = window.starts;
                let anchor = calendar.year_starts();
                assert_eq!(
                    starts.day(),
                    anchor.day().min(starts.days_in_month()),
                    "{} {window:?}",
                    name(calendar)
                );
                let month = i64::from(starts.month() - anchor.month());
                assert_eq!(month.rem_euclid(months), 0, "{} {window:?}", name(calendar));
            }
        }
        for pair in calendar
            .windows_in(WindowUnit::HalfMonth, from, until)
            .windows(2)
        {
            let month = calendar
                .window_at(WindowUnit::Month, pair[0].starts)
                .unwrap();
            if pair[0].starts == month.starts {
                assert_eq!((pair[0].days(), pair[1].ends), (15, month.ends));
            }
        }
    }
}

#[test]
fn half_months_split_after_the_fifteenth() {
    let calendar = Calendar::default();
    let halves: Vec<String> = calendar
        .windows_in(
            WindowUnit::HalfMonth,
            date("2022-01-01"),
            date("2022-03-01"),
        )
        .iter()
        .map(|half| format!("{} {half}", calendar.label(half)))
        .collect();
    assert_eq!(
        halves,
        [
            "2022-01-a 2022-01-01..2022-01-15",
            "2022-01-b 2022-01-16..2022-01-31",
            "2022-02-a 2022-02-01..2022-02-15",
            "2022-02-b 2022-02-16..2022-02-28",
        ]
    );
}

/// The nearest Monday, found by looking at the seven days around.
fn nearest_monday(day: Date) -> Date {
    let around = (-3..=3).map(|days| add_days(day, days).unwrap());
    around
        .into_iter()
        .find(|day| day.weekday() == Weekday::Monday)
        .unwrap()
}

#[test]
fn years_of_weeks_start_on_the_nearest_monday_and_give_the_53rd_week_to_the_last_month() {
    let (from, until) = span();
    let mut long_years = 0;
    for calendar in calendars()
        .iter()
        .filter(|calendar| calendar.weeks().is_some())
    {
        let [a, b, c] = calendar.weeks().unwrap().map(i64::from);
        for year in calendar.windows_in(WindowUnit::Year, from, until) {
            let anchor = calendar.year_starts();
            let near = (-1..=1).find_map(|more| {
                let month = Date::new(year.starts.year() + more, anchor.month(), 1).unwrap();
                let day = Date::new(
                    month.year(),
                    month.month(),
                    anchor.day().min(month.days_in_month()),
                )
                .unwrap();
                if nearest_monday(day) == year.starts {
                    Some(day)
                } else {
                    None
                }
            });
            assert!(near.is_some(), "{} {year:?}", name(calendar));
            let months = calendar.windows_in(WindowUnit::Month, year.starts, year.ends);
            let mut weeks: Vec<i64> = months.iter().map(|month| month.days() / 7).collect();
            assert!(
                months.iter().all(|month| month.days() % 7 == 0),
                "{} {year:?}",
                name(calendar)
            );
            if year.days() == 371 {
                long_years += 1;
                weeks[11] -= 1;
            }
            assert_eq!(
                weeks,
                [a, b, c, a, b, c, a, b, c, a, b, c],
                "{} {year:?}",
                name(calendar)
            );
        }
    }
    assert!(long_years > 100, "{long_years}");
}

/// The calendar of a well-known retailer: the 4-5-4 of the National Retail Federation starts on Sundays, so its years are not ours; what
/// can be compared is which years have 53 weeks when the year starts on the Monday nearest to 1 February.
#[test]
fn a_year_of_53_weeks_is_where_the_mondays_say() {
    let calendar = Calendar::default()
        .starting("02-01".parse().unwrap())
        .with_weeks(&[4, 5, 4])
        .unwrap();
    let long = |label: &str| calendar.parse_period(label).unwrap().days() == 371;
    // Mondays nearest to 1 February: 2023-01-30, 2024-01-29, 2025-02-03, 2026-02-02.
    assert_eq!(
        calendar.parse_period("FY2024").unwrap().to_string(),
        "2023-01-30..2024-01-28"
    );
    assert_eq!(
        calendar.parse_period("FY2025").unwrap().to_string(),
        "2024-01-29..2025-02-02"
    );
    assert!(!long("FY2024") && long("FY2025") && !long("FY2026"));
    assert_eq!(calendar.parse_period("FY2025-P12").unwrap().days(), 35);
    assert_eq!(
        calendar.parse_period("FY2025-W53").unwrap().to_string(),
        "2025-01-27..2025-02-02"
    );
    assert!(calendar.parse_period("FY2024-W53").is_err());
}

#[test]
fn weeks_are_those_of_iso_8601() {
    let (from, until) = span();
    let calendar = Calendar::default();
    for week in calendar.windows_in(WindowUnit::Week, from, until) {
        let iso = week.starts.iso_week_date();
        assert_eq!((week.starts.weekday(), week.days()), (Weekday::Monday, 7));
        assert_eq!(
            calendar.label(&week),
            format!("{:04}-W{:02}", iso.year(), iso.week())
        );
    }
}

#[test]
fn names_are_unique_and_read_back() {
    let (from, until) = (date("1999-01-01"), date("2030-01-01"));
    for calendar in calendars() {
        for unit in CALENDAR_UNITS {
            let windows = calendar.windows_in(unit, from, until);
            let mut labels = BTreeSet::new();
            for window in &windows {
                let label = calendar.label(window);
                assert_eq!(
                    calendar.parse_period(&label).as_ref(),
                    Ok(window),
                    "{} {label}",
                    name(&calendar)
                );
                if let Some(part) = window.cut(add_days(window.starts, 1).unwrap(), window.ends) {
                    assert_eq!(calendar.label(&part), label);
                }
                labels.insert(label);
            }
            assert_eq!(labels.len(), windows.len(), "{} {unit}", name(&calendar));
        }
    }
}

#[test]
fn program_years_are_named_for_the_year_they_end_in() {
    let calendar = Calendar::default().starting("12-01".parse().unwrap());
    for (label, window) in [
        ("FY2013", "2012-12-01..2013-11-30"),
        ("FY2013-H2", "2013-06-01..2013-11-30"),
        ("FY2013-Q1", "2012-12-01..2013-02-28"),
        ("2012-12", "2012-12-01..2012-12-31"),
        ("2012-12-b", "2012-12-16..2012-12-31"),
        ("2013-W01", "2012-12-31..2013-01-06"),
        ("2013-01-15", "2013-01-15..2013-01-15"),
    ] {
        let found = calendar.parse_period(label).unwrap();
        assert_eq!(
            (found.to_string().as_str(), calendar.label(&found).as_str()),
            (window, label)
        );
    }
    assert_eq!(
        calendar.parse_period("FY2013-P01"),
        calendar.parse_period("2012-12")
    );
    let late = Calendar::default().starting("01-31".parse().unwrap());
    assert_eq!(
        late.parse_period("FY2025-P02").unwrap().to_string(),
        "2024-02-29..2024-03-30"
    );
    assert_eq!(
        late.parse_period("FY2024-P02-b").unwrap().to_string(),
        "2023-03-15..2023-03-30"
    );
    let span = calendar.parse_period("2013-01-15..2013-12-31").unwrap();
    assert_eq!(
        (span.unit, span.days(), calendar.label(&span)),
        (
            WindowUnit::Agreement,
            351,
            "2013-01-15..2013-12-31".to_owned()
        )
    );
}

#[test]
fn listed_periods_are_those_listed() {
    let dates = [
        "2020-09-27",
        "2020-10-25",
        "2021-09-29",
        "2021-10-29",
        "2021-11-29",
    ]
    .map(date);
    let calendar = Calendar::default().with_periods(dates.to_vec()).unwrap();
    let listed = calendar.windows_in(WindowUnit::Period, date("2021-10-28"), date("2021-10-30"));
    let labels: Vec<String> = listed.iter().map(|period| calendar.label(period)).collect();
    assert_eq!(labels, ["2021-09-29", "2021-10-29"]);
    assert_eq!(listed[0].to_string(), "2021-09-29..2021-10-28");
    assert_eq!(calendar.parse_period("2021-10-29").unwrap(), listed[1]);
    assert_eq!(
        calendar.parse_period("2021-10-30").unwrap().unit,
        WindowUnit::Day
    );
    assert_eq!(
        calendar.parse_period("2021-11-29").unwrap().unit,
        WindowUnit::Day
    ); // nothing starts there
    assert_eq!(calendar.shift(&listed[0], 1), Some(listed[1]));
    assert_eq!(
        (
            calendar.shift(&listed[1], 1),
            calendar.shift(&listed[0], -9)
        ),
        (None, None)
    );
    assert_eq!(
        calendar.window_at(WindowUnit::Period, date("2020-09-26")),
        None
    );
    assert_eq!(
        calendar.window_at(WindowUnit::Period, date("2021-11-28")),
        Some(listed[1])
    );
    assert_eq!(
        calendar
            .windows_in(WindowUnit::Period, date("1990-01-01"), date("2060-01-01"))
            .len(),
        4
    );
    // Nearest to 2020-09-29, two days before it; and 2020-10-29, four days.
    let earlier = |period: &Window| {
        calendar
            .year_earlier(period)
            .map(|period| period.to_string())
    };
    assert_eq!(
        earlier(&listed[0]).as_deref(),
        Some("2020-09-27..2020-10-24")
    );
    assert_eq!(
        earlier(&listed[1]).as_deref(),
        Some("2020-10-25..2021-09-28")
    );
    assert_eq!(earlier(&calendar.parse_period("2020-10-25").unwrap()), None);
}

#[test]
fn there_are_no_windows_outside_the_years_one_to_9999() {
    let (first, last) = (date("0001-01-01"), date("9999-12-31"));
    for calendar in calendars() {
        for unit in CALENDAR_UNITS {
            assert_eq!(
                calendar.window_at(unit, last),
                None,
                "{} {unit}",
                name(&calendar)
            );
            let windows = calendar.windows_in(unit, first, date("0003-01-01"));
            assert!(windows.iter().all(|window| window.starts >= first) && !windows.is_empty());
            let window = calendar.window_at(unit, date("2024-05-05")).unwrap();
            for far in [i64::MIN, i64::MAX, -9_000_000, 9_000_000] {
                assert_eq!(calendar.shift(&window, far), None);
            }
        }
        assert_eq!(calendar.window_at(WindowUnit::Period, first), None);
        assert_eq!(calendar.window_at(WindowUnit::Agreement, first), None);
        assert_eq!(calendar.windows_in(WindowUnit::Month, last, first), []);
        assert_eq!(calendar.windows_in(WindowUnit::Month, first, first), []);
    }
    let calendar = Calendar::default();
    assert_eq!(
        calendar.year_earlier(&calendar.parse_period("0001").unwrap()),
        None
    );
}

/// A month earlier than a clamped date is not where it came from, so boundaries must come from the calendar.
#[test]
fn month_ends_do_not_drift() {
    let calendar = Calendar::default().starting("01-31".parse().unwrap());
    let january = calendar.parse_period("FY2025-P01").unwrap();
    let march = calendar.shift(&january, 2).unwrap();
    assert_eq!(march.starts, date("2024-03-31"));
    assert_eq!(
        calendar.shift(&calendar.shift(&january, 1).unwrap(), 1),
        Some(march)
    );
    assert_eq!(
        add_months(add_months(january.starts, 1).unwrap(), 1),
        Some(date("2024-03-29"))
    );
}
