//! The same window a year earlier, whole and cut.

mod shapes;

use shapes::{calendars, date, name};
use trueup_base::date::add_days;
use trueup_base::{Calendar, WindowUnit};

fn year_earlier(calendar: &Calendar, window: &str, cut: Option<(&str, &str)>) -> Option<String> {
    let window = calendar.parse_period(window).unwrap();
    let window = match cut {
        Some((from, until)) => window.cut(date(from), date(until)).unwrap(),
        None => window,
    };
    calendar
        .year_earlier(&window)
        .map(|earlier| format!("{earlier:?}"))
}

#[test]
fn a_whole_window_is_answered_by_the_same_one_a_year_earlier() {
    let (from, until) = (date("1991-06-01"), date("2060-01-01"));
    for calendar in calendars() {
        for (unit, in_year) in [
            (WindowUnit::HalfMonth, 24),
            (WindowUnit::Month, 12),
            (WindowUnit::Quarter, 4),
            (WindowUnit::Half, 2),
            (WindowUnit::Year, 1),
        ] {
            for window in calendar.windows_in(unit, from, until) {
                assert_eq!(
                    calendar.year_earlier(&window),
                    calendar.shift(&window, -in_year),
                    "{} {window:?}",
                    name(&calendar)
                );
            }
        }
    }
    let calendar = Calendar::default();
    for (window, earlier) in [
        ("2024-02-29", "day [2023-02-28, 2023-03-01)"),
        ("2024-03-01", "day [2023-03-01, 2023-03-02)"),
        ("2021-W07", "week [2020-02-10, 2020-02-17)"),
        ("2020-W53", "week [2019-12-23, 2019-12-30)"), // 2019 has 52 weeks
        (
            "2012-01-15..2012-02-29",
            "agreement [2011-01-15, 2011-03-01)",
        ),
    ] {
        assert_eq!(
            year_earlier(&calendar, window, None).as_deref(),
            Some(earlier),
            "{window}"
        );
    }
    let retail = calendar
        .starting("02-01".parse().unwrap())
        .with_weeks(&[4, 5, 4])
        .unwrap();
    for (window, earlier) in [
        ("FY2026-P12", "month [2024-12-30, 2025-02-03)"), // five weeks: the year before has 53
        ("FY2025-W53", "week [2024-01-22, 2024-01-29)"),
        ("2025-02-02", "day [2024-01-28, 2024-01-29)"), // the last day of 53 weeks
        ("2025-02-03", "day [2024-01-29, 2024-01-30)"), // the first day of the year, a Monday as well
    ] {
        assert_eq!(
            year_earlier(&retail, window, None).as_deref(),
            Some(earlier),
            "{window}"
        );
    }
}

#[test]
fn a_cut_window_is_cut_alike_a_year_earlier() {
    let calendar = Calendar::default();
    for (window, from, until, earlier) in [
        (
            "2024-Q1",
            "2024-01-01",
            "2024-02-16",
            "quarter [2023-01-01, 2023-02-16) of [2023-01-01, 2023-04-01)",
        ),
        (
            "2024-Q1",
            "2024-02-29",
            "2024-04-01",
            "quarter [2023-02-28, 2023-04-01) of [2023-01-01, 2023-04-01)",
        ),
        (
            "2023-Q1",
            "2023-01-01",
            "2023-03-01",
            "quarter [2022-01-01, 2022-03-01) of [2022-01-01, 2022-04-01)",
        ),
        (
            "2025-02",
            "2025-02-01",
            "2025-02-28",
            "month [2024-02-01, 2024-02-28) of [2024-02-01, 2024-03-01)",
        ),
        (
            "2024-02-b",
            "2024-02-20",
            "2024-03-01",
            "half_month [2023-02-20, 2023-03-01) of [2023-02-16, 2023-03-01)",
        ),
        (
            "2024-W07",
            "2024-02-14",
            "2024-02-19",
            "week [2023-02-15, 2023-02-20) of [2023-02-13, 2023-02-20)",
        ),
        (
            "2024-01-15..2024-12-31",
            "2024-02-29",
            "2024-07-01",
            "agreement [2023-02-28, 2023-07-01) of [2023-01-15, 2024-01-01)",
        ),
    ] {
        assert_eq!(
            year_earlier(&calendar, window, Some((from, until))).as_deref(),
            Some(earlier),
            "{window}"
        );
    }
    // Nothing is left of a 28 February that a leap day follows: the days before it answer for the 28th a year earlier.
    assert_eq!(
        year_earlier(&calendar, "2024-02", Some(("2024-02-28", "2024-02-29"))),
        None
    );
    let retail = calendar
        .starting("02-01".parse().unwrap())
        .with_weeks(&[4, 5, 4])
        .unwrap();
    for (window, from, until, earlier) in [
        (
            "FY2026-Q1",
            "2025-02-03",
            "2025-02-17",
            "quarter [2024-01-29, 2024-02-12) of [2024-01-29, 2024-04-29)",
        ),
        // The 53rd week has nothing to answer it.
        (
            "FY2025-P12",
            "2024-12-30",
            "2025-01-28",
            "month [2024-01-01, 2024-01-29)",
        ),
    ] {
        assert_eq!(
            year_earlier(&retail, window, Some((from, until))).as_deref(),
            Some(earlier),
            "{window}"
        );
    }
}

/// Wherever a window is cut in two, the two parts a year earlier follow each other too.
#[test]
fn cuts_tile_a_year_earlier() {
    let mut cuts = 0;
    for calendar in calendars() {
        for unit in [WindowUnit::Month, WindowUnit::Quarter, WindowUnit::Year] {
            for window in calendar.windows_in(unit, date("2023-06-01"), date("2025-06-01")) {
                let whole = calendar.year_earlier(&window).unwrap();
                for days in 1..window.days() {
                    let at = add_days(window.starts, days).unwrap();
                    let before = calendar.year_earlier(&window.cut(window.starts, at).unwrap());
                    let after = calendar.year_earlier(&window.cut(at, window.ends).unwrap());
                    let met = before.map_or(whole.starts, |before| before.ends);
                    assert_eq!(
                        met,
                        after.map_or(whole.ends, |after| after.starts),
                        "{} {window:?} {at}",
                        name(&calendar)
                    );
                    assert!(before.is_none_or(|before| before.starts == whole.starts));
                    assert!(after.is_none_or(|after| after.ends == whole.ends));
                    cuts += 1;
                }
            }
        }
    }
    assert!(cuts > 100_000, "{cuts}");
}
