"""The calls of formulas, each with the meaning, the formula, the place and the names of the band it stands in."""
from fractions import Fraction

from plan_calendar import LONGER, cut, months_between, text_of
from plan_values import (
    MISSING, UNDEFINED, Day, Length, Nothing, Partner, compared, counted, is_none, is_number, key_text, least_of, less, minus, more,
    most_of, number, over, plus, rounded, shared, times, truth,
)

ELSEWHERE = ("previous", "previous_year", "year_to_date", "since_start", "trailing", "full", "to_date")


def call_extreme(how):
    def call(meaning, formula, at, bands):
        values = [meaning.ask(part, at, bands) for part in formula[2:]]
        if not values:
            return UNDEFINED
        kept = values[0]
        for value in values[1:]:
            kept = how(kept, value)
        return kept
    return call


def call_fallback(covers):
    def call(meaning, formula, at, bands):
        value = UNDEFINED
        for part in formula[2:]:
            value = meaning.ask(part, at, bands)
            if not (isinstance(value, Nothing) and value.kind in covers):
                return value
        return value
    return call


def call_between(count):
    def call(meaning, formula, at, bands):
        start, end = (meaning.ask(part, at, bands) for part in formula[2:4])
        none = is_none(start, end)
        if none:
            return none
        return Fraction(count(start, end)) if isinstance(start, Day) and isinstance(end, Day) else UNDEFINED
    return call


def call_weighted(meaning, formula, at, bands):
    total = Fraction(0)
    for part, weight in formula[2:]:
        total = plus(total, times(meaning.ask(part, at, bands), Fraction(weight)))
    return total


def call_clamp(meaning, formula, at, bands):
    x, low, high = (meaning.ask(part, at, bands) for part in formula[2:5])
    return less(more(x, low), high)


def folded(how, answers):
    if how == "sum":
        total = Fraction(0)
        for answer in answers:
            total = plus(total, answer)
        return total
    if not answers:
        return UNDEFINED
    kept = number(answers[0])
    for answer in answers[1:]:
        kept = (less if how == "min" else more)(kept, answer)
    return kept


def call_folded_by(meaning, formula, at, bands):
    x, how, unit = formula[2:5]
    every = meaning.calendar.windows_in(unit, at.window.starts, at.window.ends)
    windows = [part for window in every if (part := cut(window, at.window.starts, at.window.ends))]
    return folded(how, [meaning.ask(x, at._replace(window=window, trailing=None)) for window in windows]) if windows else UNDEFINED


def so_far(meaning, window):
    """A window longer than a period, as it was at the end of each period inside it."""
    if LONGER[window.unit] <= LONGER[meaning.period]:
        return []
    ends = [period.ends for period in meaning.calendar.windows_in(meaning.period, window.starts, window.ends)]
    return [cut(window, window.starts, end) for end in ends if end < window.ends]


def call_ever(meaning, formula, at, bands):
    windows = meaning.windows(at.window.unit, meaning.starts, at.window.starts)
    if at.trailing is None:
        windows = [part for window in windows for part in [*so_far(meaning, window), window]] + so_far(meaning, at.window)
    for window in windows:
        if meaning.ask(formula[2], at._replace(window=window)) is True:
            return True
    return truth(meaning.ask(formula[2], at))


def call_keyed(meaning, formula, at, bands):
    key = meaning.ask(formula[3], at, bands)
    if isinstance(key, Nothing):
        return key
    if isinstance(key, (bool, Day, Length)):
        return UNDEFINED
    return meaning.at_key(formula[2], at._replace(row=None), key_text(key))


def call_folded_keys(meaning, formula, at, bands):
    keys = meaning.keys_of(formula[2], at)
    if isinstance(keys, Nothing):
        return keys
    return folded(formula[3], [meaning.at_key(formula[2], at, key) for key in keys])


def rows_of_place(meaning, at):
    """The facts of the window in the place's kind and role, each once, in their order."""
    fact, role = at.row[:2]
    kind = meaning.facts[fact]["kind"]
    says = meaning.tree["kind " + kind]
    found, rows = set(), []
    for credit in meaning.credited(kind, says["credited"][role]["role"], at, says["dated"]):
        if credit[0] not in found:
            found.add(credit[0])
            rows.append(credit)
    return rows


def order_of(value):
    if is_number(value):
        return 0, (value, ""), ""
    if isinstance(value, bool):
        return 0, (Fraction(value), ""), ""
    if isinstance(value, Day):
        return 0, (Fraction(0), ""), text_of(value)
    if isinstance(value, str):
        return 0, (Fraction(0), ""), value
    return 1, (Fraction(0), ""), ""


def call_running(meaning, formula, at, bands):
    x, in_order = formula[2:4]
    if at.row is None:
        return UNDEFINED
    rows = rows_of_place(meaning, at)
    if in_order:
        rows.sort(key=lambda row: order_of(meaning.ask(in_order, at._replace(row=row))))
    total = Fraction(0)
    for row in rows:
        total = plus(total, meaning.ask(x, at._replace(row=row)))
        if row[0] == at.row[0]:
            return total
    return UNDEFINED


def call_allocate(meaning, formula, at, bands):
    total, by, to, within, filtered, rows, rest = formula[2:9]
    if rows is None:
        return meaning.told(formula, at._replace(row=None))
    if at.row is None:
        return UNDEFINED
    # A sum of one group is asked on its rows; any other once for all of them.
    whole = number(meaning.ask(total, at if within else at._replace(row=None)))
    group = meaning.ask(within, at) if within else None
    if isinstance(group, Nothing):
        return group
    if isinstance(whole, Nothing):
        return Fraction(0) if filtered is not None and meaning.ask(filtered, at) is False else whole
    members = []
    for row in rows_of_place(meaning, at):
        place = at._replace(row=row)
        if filtered is not None and meaning.ask(filtered, place) is not True:
            continue
        own = meaning.ask(within, place) if within else None
        if isinstance(own, Nothing):
            members.append((row[0], own))
        elif own == group:
            members.append((row[0], number(meaning.ask(by, place))))
    if rest != "in_order":
        members.sort(key=lambda member: meaning.facts[member[0]]["id"].encode())
    weights = [weight for _, weight in members]
    every = Fraction(0)
    for weight in weights:
        every = plus(every, weight)
    step = number(meaning.ask(to, at)) if to else None
    if any(is_number(weight) and weight < 0 for weight in weights) and step is None:
        return UNDEFINED
    none = is_none(whole, *weights, *([step] if to else []))
    if step is None:
        parts = [times(whole, over(weight, every)) for weight in weights]
    else:
        parts = none or shared(whole, weights, step, rest)
    if isinstance(parts, Nothing):
        return parts
    meaning.note(("of_all", by[0]), at, every)
    return next((part for (fact, _), part in zip(members, parts) if fact == at.row[0]), Fraction(0))


def call_of(meaning, formula, at, bands):
    whom = meaning.ask(formula[2], at, bands)
    if not isinstance(whom, Partner):
        return whom if isinstance(whom, Nothing) else UNDEFINED
    if whom == meaning.partner:
        return meaning.ask(formula[3], at._replace(row=None))
    return meaning.told(formula, at)


def call_convert(meaning, formula, at, bands):
    x, source, target, rate = formula[2:6]
    amount = number(meaning.ask(x, at, bands))
    listed = meaning.rates.get((source, target), [])
    if source == target:
        return amount
    if rate == "month_average":
        start, end = averaged_over(meaning, at)
        inside = [figure for day, figure in listed if day is not None and start <= day < end]
        figure = sum(inside) / len(inside) if inside else None
    else:
        day = None if rate == "plan" else meaning.ask(rate, at, bands)
        if isinstance(day, Nothing):
            return day
        figure = next((figure for own, figure in listed if own == day), None)
    return MISSING if figure is None else times(amount, figure)


def averaged_over(meaning, at):
    month = None
    if at.row:
        fact = meaning.facts[at.row[0]]
        day = meaning.cell(at.row[0], meaning.tree["kind " + fact["kind"]]["dated"])
        month = meaning.calendar.window_at("month", day) if isinstance(day, Day) else None
    if month is None:
        month = meaning.calendar.window_at("month", at.window.ends - 1)
        month = month if month and month.starts <= at.window.starts else None
    if month is None:
        return at.window.starts, at.window.ends
    return month.starts, min(month.ends, at.window.ends) if month.starts < at.window.ends else month.ends


def call_table(meaning, formula, at, bands):
    name = formula[2]
    table = meaning.tree["table " + name]
    arguments = [meaning.ask(part, at, bands) for part in formula[3:]]
    none = next((value for value in arguments if isinstance(value, Nothing)), None)
    if none:
        return none
    axes = []
    for axis, argument in zip(table["axes"], arguments):
        bounds = bounds_of(meaning, axis, argument, at)
        if isinstance(bounds, Nothing):
            return bounds
        axes.append(bounds)
    how = table["reading"][0]
    figures, entered, keyed = axes[0]
    if how == "line":
        return line_of(meaning, name, table, arguments, axes[0], at)
    inside = lambda places, bounds: in_band_of(meaning, name, table, places, arguments, bounds, at)
    if how == "each_band":
        total, any_entered = Fraction(0), False
        for band, is_entered in enumerate(entered):
            if not is_entered:
                if keyed:
                    continue
                break
            any_entered = True
            total = plus(total, inside([band], axes[0]))
        return total if any_entered else UNDEFINED
    places = []
    for _, entered, _ in axes:
        highest = max((band for band, is_entered in enumerate(entered) if is_entered), default=None)
        if highest is None:
            return UNDEFINED
        places.append(highest)
    return inside(places, axes[0] if len(axes) == 1 else ([], [], True))


def bounds_of(meaning, axis, argument, at):
    figures, entered, keyed, found = [], [], False, False
    for band, (how, *formula) in enumerate(axis["bounds"]):
        figure = meaning.ask(formula[0], at) if formula else None
        if how == "lowest":
            is_entered = True
        elif how == "otherwise":
            keyed, is_entered = True, not found
        elif how == "equals":
            keyed, is_entered, figure = True, compared("=", argument, figure), None
        else:
            is_entered = compared(">=" if how != "above" or band == 0 else ">", argument, figure)
        if isinstance(is_entered, Nothing):
            return is_entered
        found |= is_entered
        figures.append(figure)
        entered.append(is_entered)
    rising = [figure for figure in figures if is_number(figure)]
    return UNDEFINED if any(a >= b for a, b in zip(rising, rising[1:])) else (figures, entered, keyed)


def in_band_of(meaning, name, table, places, arguments, bounds, at):
    figures, entered, keyed = bounds
    band = places[0]
    lower = figures[band] if band < len(figures) else None
    upper = figures[band + 1] if not keyed and band + 1 < len(figures) else None
    x = number(arguments[0])

    def piece():
        reached = x
        if lower is not None:
            reached = more(reached, lower)
        if upper is not None:
            reached = less(reached, upper)
        base = lower if lower is not None else upper
        return reached if base is None else minus(reached, base)

    known = {
        "argument": arguments,
        "lower": UNDEFINED if lower is None else lower,
        "upper": UNDEFINED if upper is None else upper,
        "width": UNDEFINED if lower is None or upper is None else minus(upper, lower),
        "filled": not keyed and band + 1 < len(entered) and entered[band + 1],
        "slice": piece,
        "band_column": [],
    }
    at_cell = 0
    for axis, place in zip(table["axes"], places):
        at_cell = at_cell * len(axis["bounds"]) + place
    width = len(table["columns"])
    cells = [meaning.ask(cell, at, known) for cell in table["cells"][at_cell * width:(at_cell + 1) * width]]
    value = meaning.ask(table["reading"][1], at, {**known, "band_column": cells})
    return meaning.note(("band", name, tuple(places)), at, value)


def line_of(meaning, name, table, arguments, bounds, at):
    figures, entered, _ = bounds
    column, width, x = table["reading"][1], len(table["columns"]), number(arguments[0])
    heights = [number(meaning.ask(table["cells"][band * width + column], at)) for band in range(len(figures))]
    if not heights:
        return UNDEFINED
    answer, reached = heights[0], 0
    for band, is_entered in enumerate(entered):
        if not is_entered:
            break
        answer, reached = heights[band], band
        if band + 1 < len(figures):
            start, end = figures[band], figures[band + 1]
            part = over(minus(less(more(x, start), end), start), minus(end, start))
            answer = plus(heights[band], times(minus(heights[band + 1], heights[band]), part))
    return meaning.note(("band", name, (reached,)), at, answer)


CALLS = {
    "least": call_extreme(least_of), "greatest": call_extreme(most_of), "clamp": call_clamp,
    "abs": lambda meaning, formula, at, bands: counted(abs, meaning.ask(formula[2], at, bands)),
    "round": lambda meaning, formula, at, bands: rounded(meaning.ask(formula[2], at, bands), meaning.ask(formula[3], at, bands), formula[4]),
    "coalesce": call_fallback(("missing", "undefined")), "otherwise": call_fallback(("undefined",)), "weighted": call_weighted,
    "days_between": call_between(lambda start, end: end - start), "months_between": call_between(months_between),
    "folded_by": call_folded_by, "ever": call_ever, "running": call_running, "table": call_table, "keyed": call_keyed,
    "folded_keys": call_folded_keys, "allocate": call_allocate, "of": call_of, "convert": call_convert,
    "total": lambda meaning, formula, at, bands: meaning.told(formula, at),
    "team": lambda meaning, formula, at, bands: meaning.told(formula, at),
    "rank": lambda meaning, formula, at, bands: meaning.told(formula, at),
    **{sort: lambda meaning, formula, at, bands: meaning.elsewhere(formula, at) for sort in ELSEWHERE},
}
