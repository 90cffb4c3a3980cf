"""Days, windows and calendars, as plans mean them: written for the second verifier, from the pages in docs/.

A day is its ordinal number, so that windows are pairs of integers. A window is (unit, starts, ends, full_starts, full_ends), half-open.
"""
from collections import namedtuple
from datetime import date

Window = namedtuple("Window", "unit starts ends full_starts full_ends")
LONGER = {"day": 0, "week": 1, "half_month": 2, "month": 3, "period": 3, "quarter": 4, "half": 5, "year": 6, "agreement": 7}
LAST_DAY = date.max.toordinal()
FIRST_DAY = date.min.toordinal()


def day_of(text):
    return date.fromisoformat(text).toordinal()


def text_of(day):
    return date.fromordinal(day).isoformat()


def days_in(month):
    """How many days a month has; months are counted through all years."""
    year, month = divmod(month, 12)
    after = date(year + month // 11, (month + 1) % 12 + 1, 1) if (year, month) != (9999, 11) else None
    return 31 if after is None else (after - date(year, month + 1, 1)).days


def in_month(month, day):
    if not 12 <= month < 120_000:
        return None
    return date(month // 12, month % 12 + 1, min(day, days_in(month))).toordinal()


def month_of(day):
    day = date.fromordinal(day)
    return day.year * 12 + day.month - 1


def add_months(day, months):
    return in_month(month_of(day) + months, date.fromordinal(day).day)


def add(day, months, days):
    moved = add_months(day, months)
    return None if moved is None or not FIRST_DAY <= moved + days <= LAST_DAY else moved + days


def months_between(start, end):
    if end < start:
        return -months_between(end, start)
    months = month_of(end) - month_of(start)
    reached = add_months(start, months)
    return months if reached is not None and reached <= end else months - 1


def cut(window, start, end):
    starts, ends = max(window.starts, start), min(window.ends, end)
    return window._replace(starts=starts, ends=ends) if starts < ends else None


def monday(day):
    return day - (day - 1) % 7


class Calendar:
    def __init__(self, says):
        self.month, self.day = (int(part) for part in says["year_starts"].split("-"))
        self.weeks = says["weeks"]
        self.periods = [day_of(day) for day in says["periods"]]

    def year_of_weeks(self, year):
        anchor = in_month(12 * year + self.month - 1, self.day)
        return monday(anchor + 3)

    def month_starts(self, index):
        if self.weeks is None:
            return in_month(index + self.month - 1, self.day)
        year, month = divmod(index, 12)
        quarter, place = divmod(month, 3)
        return self.year_of_weeks(year) + 7 * (13 * quarter + sum(self.weeks[:place]))

    def month_at(self, day):
        if self.weeks is not None:
            year = date.fromordinal(day).year + 1
            while self.year_of_weeks(year) > day:
                year -= 1
            return max(month for month in range(12 * year, 12 * year + 12) if self.month_starts(month) <= day)
        own = date.fromordinal(day)
        before = own.day < self.day and own.day < days_in(month_of(day))
        return month_of(day) - (self.month - 1) - before

    def index(self, unit, day):
        months = {"month": 1, "quarter": 3, "half": 6, "year": 12}
        if unit == "day":
            return day
        if unit == "week":
            return (day - 1) // 7
        if unit == "half_month":
            month = self.month_at(day)
            return 2 * month + (day >= self.month_starts(month) + 15)
        if unit in months:
            return self.month_at(day) // months[unit]
        if unit == "period":
            at = sum(1 for starts in self.periods if starts <= day) - 1
            return at if at >= 0 else None
        return None

    def starts(self, unit, index):
        months = {"month": 1, "quarter": 3, "half": 6, "year": 12}
        if unit == "day":
            return index
        if unit == "week":
            return 7 * index + 1
        if unit == "half_month":
            return self.month_starts(index // 2) + 15 * (index % 2)
        return self.month_starts(months[unit] * index)

    def window(self, unit, index):
        if unit == "period":
            if not 0 <= index < len(self.periods) - 1:
                return None
            starts, ends = self.periods[index], self.periods[index + 1]
        else:
            starts, ends = self.starts(unit, index), self.starts(unit, index + 1)
        if starts is None or ends is None:
            return None
        return Window(unit, starts, ends, starts, ends)

    def window_at(self, unit, day):
        index = self.index(unit, day)
        return None if index is None else self.window(unit, index)

    def windows_in(self, unit, start, end):
        if start >= end or unit == "agreement":
            return []
        if unit == "period":
            every = [self.window(unit, at) for at in range(len(self.periods) - 1)]
            return [window for window in every if window.starts < end and start < window.ends]
        first, last = self.index(unit, start), self.index(unit, end - 1)
        every = [self.window(unit, index) for index in range(first, last + 1)]
        return [window for window in every if window is not None]

    def shift(self, window, count):
        index = self.index(window.unit, window.full_starts)
        return None if index is None else self.window(window.unit, index + count)

    def whole_months(self, start, end):
        """How many months lie between, where both are days on which months begin."""
        def begins(day):
            own = date.fromordinal(day)
            return own.day == self.day or (own.day < self.day and own.day == days_in(month_of(day)))

        if self.weeks is None and begins(start) and begins(end):
            return month_of(end) - month_of(start)
        return None

    def year_earlier(self, window):
        back = {"half_month": 24, "month": 12, "quarter": 4, "half": 2, "year": 1}
        unit, index = window.unit, self.index(window.unit, window.full_starts)
        if unit in back:
            whole = self.window(unit, index - back[unit])
        elif unit == "day" and self.weeks is None:
            day = add_months(window.full_starts, -12)
            whole = None if day is None else self.window_at("day", day)
        elif unit == "week" and self.weeks is None:
            whole = self.window("week", self.week_a_year_earlier(index))
        else:
            raise NotImplementedError(f"a {unit} a year earlier")
        if whole is None:
            return None
        by_months = unit not in ("day", "week") and self.weeks is None

        def moved(day):
            return add_months(day, -12) if by_months else whole.starts + day - window.full_starts

        starts = whole.starts if window.starts == window.full_starts else moved(window.starts)
        ends = whole.ends if window.ends == window.full_ends else moved(window.ends)
        return cut(whole, starts, ends)

    def week_a_year_earlier(self, week):
        def first(year):
            return (monday(date(year, 1, 4).toordinal()) - 1) // 7

        year = date.fromordinal(7 * week + 1).year + 1
        while first(year) > week:
            year -= 1
        return min(first(year - 1) + week - first(year), first(year) - 1)
