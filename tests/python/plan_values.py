"""The values of formulas in exact fractions: numbers, days, texts, flags, and no answer, which is never zero."""
from collections import namedtuple
from fractions import Fraction

from plan_calendar import add, day_of

Place = namedtuple("Place", "window trailing row key known_before as_agreed judged_until")
Length = namedtuple("Length", "months days")


class Beyond(Exception):
    """Something this verifier does not understand: it refuses to say that it holds."""


class Nothing:
    """No answer: `missing` or `undefined`."""

    def __init__(self, kind, why=""):
        self.kind, self.why = kind, why


class Partner(str):
    """A partner's id."""


class Day(int):
    """A day by its ordinal number."""


MISSING, UNDEFINED = Nothing("missing"), Nothing("undefined")


def is_none(*values):
    """The no answer that shows among these: missing wins."""
    none = [value for value in values if isinstance(value, Nothing)]
    return next((value for value in none if value.kind == "missing"), none[0] if none else None)


def is_number(value):
    return isinstance(value, Fraction)


def number(value):
    return value if is_number(value) or isinstance(value, Nothing) else UNDEFINED


def counted(how, *values):
    values = [number(value) for value in values]
    return is_none(*values) or how(*values)


def plus(a, b):
    return counted(lambda a, b: a + b, a, b)


def minus(a, b):
    return counted(lambda a, b: a - b, a, b)


def times(a, b):
    return counted(lambda a, b: a * b, a, b)


def over(a, b):
    return counted(lambda a, b: a / b if b else UNDEFINED, a, b)


def less(a, b):
    return counted(min, a, b)


def more(a, b):
    return counted(max, a, b)


def rounded(x, step, mode):
    def to_step(x, step):
        if step <= 0:
            return UNDEFINED
        sign, units = (-1 if x < 0 else 1), abs(x) / step
        whole = units.numerator // units.denominator
        rest = units - whole
        up = {
            "half_away": rest >= Fraction(1, 2),
            "half_even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1),
            "up": rest > 0,
            "down": False,
            "floor": rest > 0 and sign < 0,
            "ceiling": rest > 0 and sign > 0,
        }[mode]
        return sign * (whole + up) * step

    return counted(to_step, x, step)


def compared(how, a, b):
    none = is_none(a, b)
    if none:
        return none
    if isinstance(a, bool) or isinstance(b, bool):
        same = isinstance(a, bool) and isinstance(b, bool) and a == b
        return not same if how == "<>" else same
    text = isinstance(a, str) and isinstance(b, str)
    if not text and type(a) is not type(b):
        return UNDEFINED
    if text:
        a, b = a.encode(), b.encode()
    return {"=": a == b, "<>": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[how]


def both(a, b):
    if a is False or b is False:
        return False
    if a is True:
        return b
    return a if b is True else is_none(a, b)


def opposite(a):
    return (not a) if isinstance(a, bool) else a


def truth(value):
    return value if isinstance(value, (bool, Nothing)) else UNDEFINED


def shared(total, weights, step, rest):
    """Whole multiples of a step by weight; the rest goes by largest fraction, in order, or stays."""
    if step <= 0 or any(weight < 0 for weight in weights) or not sum(weights):
        return UNDEFINED
    units = abs(total) / step
    parts = [units * weight / sum(weights) for weight in weights]
    whole = [part.numerator // part.denominator for part in parts]
    left = units.numerator // units.denominator - sum(whole)
    order = []
    if rest == "in_order":
        order = [at for at, weight in enumerate(weights) if weight > 0]
    if rest == "largest":
        fractions = [part - down for part, down in zip(parts, whole)]
        order = sorted((at for at in range(len(parts)) if fractions[at] > 0), key=lambda at: -fractions[at])
    for at in order[:left]:
        whole[at] += 1
    return [(-1 if total < 0 else 1) * unit * step for unit in whole]


def read(says):
    """An answer as the bundle writes it."""
    if says is None:
        return None
    (sort, value), = says.items()
    return {
        "number": lambda: Fraction(value), "flag": lambda: value, "date": lambda: Day(day_of(value)),
        "duration": lambda: Length(*value), "text": lambda: value, "partner": lambda: Partner(value),
        "missing": lambda: Nothing("missing", value), "undefined": lambda: Nothing("undefined", value),
    }[sort]()


def typed(text, of):
    if text is None:
        return MISSING
    if of == "number":
        text = text.replace("_", "")
        return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)
    return {"date": lambda: Day(day_of(text)), "flag": lambda: text == "true", "text": lambda: text, "partner": lambda: Partner(text)}[of]()


def key_text(value):
    return str(value)


def distinct(value):
    sort = "text" if isinstance(value, str) else type(value).__name__
    return sort, value


def least_of(a, b):
    return min(a, b) if isinstance(a, Day) and isinstance(b, Day) else less(a, b)


def most_of(a, b):
    return max(a, b) if isinstance(a, Day) and isinstance(b, Day) else more(a, b)


def arithmetic(sort, a, b):
    if sort == "+" and isinstance(a, Length) and isinstance(b, Day):
        a, b = b, a
    if sort in "+-" and isinstance(a, Day) and isinstance(b, Length):
        sign = 1 if sort == "+" else -1
        moved = add(a, sign * b.months, sign * b.days)
        return UNDEFINED if moved is None else Day(moved)
    if sort in "+-" and isinstance(a, Length) and isinstance(b, Length):
        sign = 1 if sort == "+" else -1
        return Length(a.months + sign * b.months, a.days + sign * b.days)
    return {"+": plus, "-": minus, "*": times, "/": over}[sort](a, b)
