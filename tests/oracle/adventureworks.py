#!/usr/bin/env python3
"""The independent oracle for examples/adventureworks.

It reads the program's plans as a person would, clause by clause, and computes what every reseller is posted in every
quarter of FY2011 to FY2013 from the CSV files, with exact fractions and nothing but Python's standard library. It
shares no code with Trueup: where the two differ, one of them is wrong, and the plan's words say which.

    adventureworks.py                   postings as CSV: partner,period,component,posted
    adventureworks.py --compare FILE    FILE is `trueup run … --format csv`; every difference is printed, exit 1 if any
    adventureworks.py --economics       what the program costs, by type, year and quarter, as in the program's README
    adventureworks.py --readme FILE     exit 1 unless FILE holds exactly those tables

It always proves its own reading of the data first, against the control totals that lie beside the data.
"""
import argparse
import csv
import json
import sys
from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "examples" / "adventureworks"
YEARS, QUARTERS = (2011, 2012, 2013), (1, 2, 3, 4)
FIRST_YEAR = 2011
CENT = Fraction(1, 100)
VARIABLE = ("volume_bonus", "growth_bonus", "touring_bonus", "steadiness_bonus", "year_end_true_up")
COMPONENTS = ("retainer",) + VARIABLE
YEARLY = ("year_end_true_up",)
TYPES = ("value_added_reseller", "specialty_bike_shop", "warehouse")


def percent(text):
    return Fraction(text) / 100


# ---- the data -------------------------------------------------------------------------------------------------------

class Sale:
    """One line of an order, as far as the plans read it."""

    def __init__(self, line, product):
        self.order = line["order_number"]
        self.partner = line["reseller_key"]
        self.amount = Fraction(line["sales_amount"])
        self.quantity = int(line["quantity"])
        self.line, self.category, self.group = (product[k] for k in ("product_line", "category", "subcategory"))
        on = date.fromisoformat(line["order_date"])
        # Program years run December to November and are named for the year they end in.
        self.year = on.year + (on.month == 12)
        self.quarter = on.month % 12 // 3 + 1
        self.on = on


def rows_of(name):
    with open(PROGRAM / "data" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_sales():
    products = {row["product_key"]: row for row in rows_of("products.csv")}
    return [Sale(line, products[line["product_key"]]) for line in rows_of("sales.csv")]


def read_partners():
    """Every reseller of the directory and its type."""
    return {row["reseller_key"]: row["business_type"].lower().replace(" ", "_") for row in rows_of("partners.csv")}


def read_agreements(partners):
    """The terms each reseller has: its own agreement's, else those of the standard agreement for its type."""
    own, standard = {}, {}
    for path in sorted((PROGRAM / "agreements").glob("*.yaml")):
        head, terms, block = {}, {}, None
        for text in path.read_text(encoding="utf-8").splitlines():
            key, _, said = (part.strip() for part in text.partition(":"))
            if not text.startswith(" "):
                block = key
                head[key] = said.strip("'")
            elif block == "terms":
                terms[key] = figures(said)
        assert (head["starts"], head["until"]) == ("2010-12-01", "2013-12-01"), path
        if "partner" in head:
            assert head["plan"] == partners[head["partner"]], path
            own[head["partner"]] = terms
        else:
            name = head["partners"].strip("{} ").removeprefix("type:").strip()
            assert head["plan"] == name, path
            standard[name] = terms
    assert set(standard) == set(TYPES)
    return {partner: own.get(partner, standard[kind]) for partner, kind in partners.items()}


def figures(said):
    """A term's figure in each program year: one for all of them, or `{ FY2012: 250_000, … }` for single years."""
    if not said.startswith("{"):
        return dict.fromkeys(YEARS, Fraction(said.replace("_", "")))
    pairs = (pair.split(":") for pair in said.strip("{} ").split(","))
    return {int(year.strip().removeprefix("FY")): Fraction(figure.strip().replace("_", "")) for year, figure in pairs}


def prove_the_reading(sales, partners):
    """The control totals, to the last digit."""
    control = json.loads((PROGRAM / "data" / "control_totals.json").read_text(encoding="utf-8"))
    stated = {name: (part["rows"], Fraction(part["sales_amount"])) for heading in
              ("by_order_month", "by_business_type", "by_category") for name, part in control[heading].items()}
    found = defaultdict(lambda: [0, Fraction(0)])
    names = {kind: kind.replace("_", " ").title() for kind in TYPES}
    for sale in sales:
        for key in (f"{sale.on:%Y-%m}", names[partners[sale.partner]], sale.category):
            found[key][0] += 1
            found[key][1] += sale.amount
    assert stated == {key: tuple(value) for key, value in found.items()}, "a part differs from the control totals"
    assert len(sales) == control["files"]["sales.csv"]["rows"]
    assert len(partners) == control["files"]["partners.csv"]["rows"]
    total = sum(sale.amount for sale in sales)
    assert total == Fraction(control["sums"]["sales_amount"]) == Fraction("80450596.9823"), total
    assert sum(sale.quantity for sale in sales) == int(control["sums"]["quantity"])
    assert all(sale.year in YEARS for sale in sales), "the three program years hold every sale"


# ---- the plans' words -----------------------------------------------------------------------------------------------

class Measured:
    """The measures of one partner over some rows."""

    def __init__(self, rows):
        by_category = Counter()
        for row in rows:
            by_category[row.category] += row.amount
        self.net_sales = sum(by_category.values(), Fraction(0))
        self.orders = len({row.order for row in rows})
        self.groups = len({row.group for row in rows})
        self.side_sales = self.net_sales - max(by_category.values(), default=Fraction(0))
        self.touring = [row.quantity for row in rows if row.line == "T" and row.category == "Bikes"]


def half_away(amount, step):
    whole = int(abs(amount) / step + Fraction(1, 2)) * step
    return whole if amount >= 0 else -whole


def half_even(amount, step):
    return round(amount / step) * step  # Python rounds fractions half to even


def towards_zero(amount, step):
    return int(amount / step) * step


def reached(bands, value):
    """The cell of the highest band that the value has reached, each bound belonging to its band."""
    return [cell for bound, cell in bands if value >= bound][-1]


def goal(terms, net_before, year, part):
    """What both sides agreed for the year; else 110 percent of the same months a year earlier and not less than the
    smallest target; and what is expected of a newcomer where no such sales are known. `part` quarters of a year."""
    if year in terms.get("target.net_sales", {}):
        return terms["target.net_sales"][year] * part / 4
    if year == FIRST_YEAR or net_before == 0:
        return terms["term.newcomer_sales"][year] * part / 4
    return max(terms["term.smallest_target"][year] * part / 4, percent("110") * net_before)


def reseller_volume(net, goal, attainment):
    """Each slice of net sales at its own rate."""
    bounds = [(Fraction(0), percent("0.5")), (percent("70") * goal, percent("1.5")),
              (goal, percent("3")), (percent("130") * goal, percent("4"))]
    uppers = [bound for bound, _ in bounds[1:]] + [net]
    return sum((rate * (min(net, upper) - bound) for (bound, rate), upper in zip(bounds, uppers) if net > bound),
               Fraction(0))


def shop_volume(net, goal, attainment):
    """The rate rises in straight lines between the points and is level outside."""
    points = [(percent("50"), percent("0")), (percent("100"), percent("2.5")), (percent("150"), percent("4"))]
    if attainment <= points[0][0]:
        return net * points[0][1]
    for (left, low), (right, high) in zip(points, points[1:]):
        if attainment <= right:
            return net * (low + (high - low) * (attainment - left) / (right - left))
    return net * points[-1][1]


def warehouse_volume(net, goal, attainment):
    """The rate reached, on all net sales from the first dollar; the highest only above 120 percent."""
    if attainment > percent("120"):
        return net * percent("2.5")
    return net * reached([(0, percent("0")), (percent("50"), percent("0.5")), (percent("80"), percent("1")),
                          (percent("100"), percent("2"))], attainment)


VOLUME = dict(zip(TYPES, (reseller_volume, shop_volume, warehouse_volume)))
CEILING = dict(zip(TYPES, map(percent, ("4", "6", "4"))))           # of the quarter's goal
GROUPS_NEEDED = dict(zip(TYPES, (3, 2, 4)))
TOURING_RATE = dict(zip(TYPES, (Fraction(15), Fraction(25), Fraction("12.50"))))
SIDE_NEEDED = dict(zip(TYPES, map(percent, ("3", "2", "10"))))      # of the base, or of the year's goal


def volume_bonus(kind, quarter, goal):
    """Nothing unless enough product groups were bought; a shop near its goal earns at least 25; at most a share of
    the goal."""
    if quarter.groups < GROUPS_NEEDED[kind]:
        return Fraction(0)
    attainment = quarter.net_sales / goal
    earned = VOLUME[kind](quarter.net_sales, goal, attainment)
    smallest = 25 if kind == "specialty_bike_shop" and attainment >= percent("80") else 0
    return half_away(min(max(earned, smallest), CEILING[kind] * goal), CENT)


def growth_bonus(kind, so_far, before, year, terms):
    """The rate reached by the growth so far, on the dollars grown and at most on half the base; in the first year
    sales are their own base, and a newcomer claims no growth. In whole dollars."""
    base = so_far.net_sales if year == FIRST_YEAR else before.net_sales
    if so_far.side_sales < SIDE_NEEDED[kind] * base:
        return Fraction(0)
    growth = so_far.net_sales / base - 1 if base else Fraction(0)
    rate = percent("0") if growth < percent("5") else reached(
        [(percent("5"), percent("2")), (percent("15"), percent("4")), (percent("30"), percent("6"))], growth)
    counted = min(so_far.net_sales - base, percent("50") * base)
    return half_even(min(max(rate * counted, 0), terms["term.most_growth_bonus"][year]), Fraction(1))


def touring_bonus(kind, quarter):
    """For every complete touring bike, row by row; at most 1,500 a quarter."""
    return min(sum(half_away(TOURING_RATE[kind] * pieces, CENT) for pieces in quarter.touring), Fraction(1500))


def steadiness_bonus(quarter, in_a_row):
    """A quarter percent from the fourth quarter in a row with an order, half a percent from the eighth."""
    rate = percent("0.5") if in_a_row >= 8 else percent("0.25") if in_a_row >= 4 else Fraction(0)
    return towards_zero(min(quarter.net_sales * rate, Fraction(500)), Fraction(1, 20))


def year_end_true_up(kind, year, goal, quarterly):
    """The year at the year's rate less the quarterly bonuses; attainment is read to the nearest percent, a half up."""
    if year.side_sales < SIDE_NEEDED[kind] * goal:
        return Fraction(0)
    attainment = half_away(year.net_sales / goal, CENT)
    rate = reached([(0, percent("0")), (percent("100"), percent("1.75")), (percent("110"), percent("2.25")),
                    (percent("125"), percent("2.75"))], attainment)
    return half_away(min(max(year.net_sales * rate - quarterly, 0), percent("3") * goal), CENT)


def within_maximum(kind, earned, most):
    """All variable pay of a year together: the last listed gives way first; with warehouses all in proportion, in
    cents, the largest remainder first and then the earlier listed."""
    total = sum(earned.values())
    if total <= most:
        return dict(earned)
    if kind == "warehouse":
        exact = {name: most * earned[name] / total for name in VARIABLE}
        kept = {name: towards_zero(share, CENT) for name, share in exact.items()}
        left = int((most - sum(kept.values())) / CENT)
        for name in sorted(VARIABLE, key=lambda name: (kept[name] - exact[name], VARIABLE.index(name)))[:left]:
            kept[name] += CENT
        return kept
    kept, left = {}, most
    for name in VARIABLE:
        kept[name] = min(earned[name], left)
        left -= kept[name]
    return kept


def postings_of(kind, terms, rows):
    """Yields (year, quarter, component, posted) for one reseller: the entitlement to date less what was posted."""
    quarters = {(y, q): Measured(rows.get((y, q), [])) for y in (FIRST_YEAR - 1, *YEARS) for q in QUARTERS}
    years = {(y, q): Measured([row for p in range(1, q + 1) for row in rows.get((y, p), [])])
             for y in (FIRST_YEAR - 1, *YEARS) for q in QUARTERS}  # the year so far, to the end of the quarter
    in_a_row = 0
    for y in YEARS:
        earned, posted = Counter(), Counter()
        for q in QUARTERS:
            quarter, so_far, so_far_before = quarters[y, q], years[y, q], years[y - 1, q]
            in_a_row = in_a_row + 1 if quarter.orders else 0
            quarter_goal = goal(terms, quarters[y - 1, q].net_sales, y, 1)
            earned["volume_bonus"] += volume_bonus(kind, quarter, quarter_goal)
            earned["growth_bonus"] = growth_bonus(kind, so_far, so_far_before, y, terms)
            earned["touring_bonus"] += touring_bonus(kind, quarter)
            earned["steadiness_bonus"] += steadiness_bonus(quarter, in_a_row)
            if q == 4:
                year_goal = goal(terms, so_far_before.net_sales, y, 4)
                earned["year_end_true_up"] = year_end_true_up(kind, so_far, year_goal, earned["volume_bonus"])
            kept = within_maximum(kind, {name: earned[name] for name in VARIABLE}, terms["term.most_variable_pay"][y])
            # A retainer for every quarter once the year's net sales have reached forty times as much.
            retainer = terms["term.retainer"][y]
            yield y, q, "retainer", retainer if so_far.net_sales >= 40 * retainer else Fraction(0)
            for name in VARIABLE:
                if name not in YEARLY or q == 4:
                    yield y, q, name, kept[name] - posted[name]
                posted[name] = kept[name]


def all_postings(sales, partners, agreements):
    rows = defaultdict(lambda: defaultdict(list))
    for sale in sales:
        rows[sale.partner][sale.year, sale.quarter].append(sale)
    return {(partner, f"FY{year}-Q{quarter}", component): amount for partner, kind in partners.items()
            for year, quarter, component, amount in postings_of(kind, agreements[partner], rows[partner])}


# ---- what comes out -------------------------------------------------------------------------------------------------

def money(amount):
    assert (amount * 100).denominator == 1, amount
    return f"{'-' if amount < 0 else ''}{abs(amount) // 1}.{int(abs(amount) * 100 % 100):02d}"


def write_csv(postings, out):
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("partner", "period", "component", "posted"))
    writer.writerows((*key, money(amount)) for key, amount in sorted(postings.items()))


def differences(postings, path):
    """Yields a line for every posting that the file states differently, leaves out or adds."""
    with open(path, encoding="utf-8", newline="") as file:
        stated = {}
        for row in csv.DictReader(file):
            period = row["period"]
            if row["component"] in YEARLY and "-Q" not in period:
                period += "-Q4"  # a yearly component may be shown under its year
            key = (row["partner"], period, row["component"])
            if key in stated:
                yield f"{','.join(key)}: stated twice"
            stated[key] = Fraction(row["posted"]) if row["status"] == "known" else row["status"]
    for key in sorted(postings.keys() | stated.keys()):
        ours, theirs = postings.get(key), stated.get(key)
        if theirs is None:
            yield f"{','.join(key)}: not in the file, we say {money(ours)}"
        elif ours is None:
            if theirs != 0:
                yield f"{','.join(key)}: the file says {theirs}, and nothing settles then"
        elif not isinstance(theirs, Fraction):
            yield f"{','.join(key)}: the file says {theirs or 'nothing'}, we say {money(ours)}"
        elif ours != theirs:
            yield f"{','.join(key)}: the file says {theirs}, we say {money(ours)}"


def economics(sales, partners, postings):
    """Markdown tables: what the program pays, and what that is of net sales."""
    sold, paid = Counter(), Counter()
    for sale in sales:
        kind, period = partners[sale.partner], f"FY{sale.year}-Q{sale.quarter}"
        sold[sale.partner] += sale.amount
        for who in (kind, "all"):
            for when in (period, f"FY{sale.year}", "all"):
                sold[who, when] += sale.amount
    for (partner, period, component), amount in postings.items():
        paid[partner] += amount
        for who in (partners[partner], "all"):
            for when in (period, period[:6], "all"):
                for what in (component, "all"):
                    paid[who, when, what] += amount

    def whole(amount):
        return f"{int(half_away(amount, Fraction(1))):,}"

    def share(who, when):
        return f"{float(100 * paid[who, when, 'all'] / sold[who, when]):.2f} %"

    titles = [name.replace("_", " ") for name in (*TYPES, "all")]
    yield "| paid | " + " | ".join(titles) + " |"
    yield "| --- |" + " ---: |" * 4
    for what in (*COMPONENTS, "all"):
        cells = " | ".join(whole(paid[who, "all", what]) for who in (*TYPES, "all"))
        yield f"| {what.replace('_', ' ')} | {cells} |"
    yield "| net sales | " + " | ".join(whole(sold[who, "all"]) for who in (*TYPES, "all")) + " |"
    yield "| paid of net sales | " + " | ".join(share(who, "all") for who in (*TYPES, "all")) + " |"
    yield ""
    yield "| period | " + " | ".join(f"{title}: net sales | paid" for title in titles) + " | paid of net sales |"
    yield "| --- |" + " ---: |" * 9
    for when in [period for year in YEARS for period in (*(f"FY{year}-Q{q}" for q in QUARTERS), f"FY{year}")] + ["all"]:
        cells = " | ".join(f"{whole(sold[who, when])} | {whole(paid[who, when, 'all'])}" for who in (*TYPES, "all"))
        yield f"| {when} | {cells} | {share('all', when)} |"
    yield ""
    by_type = " | ".join(f"{title}: net sales | paid | of net sales" for title in titles[:3])
    yield f"| resellers that ordered, by size | {by_type} |"
    yield "| --- |" + " ---: |" * 9
    for at, name in enumerate(("smallest quarter", "second", "third", "largest quarter")):
        cells = []
        for kind in TYPES:
            sized = sorted((p for p in partners if partners[p] == kind and sold[p]), key=lambda p: (sold[p], p))
            part = sized[len(sized) * at // 4:len(sized) * (at + 1) // 4]
            sales_of, paid_of = (sum(figure[p] for p in part) for figure in (sold, paid))
            cells.append(f"{whole(sales_of)} | {whole(paid_of)} | {float(100 * paid_of / sales_of):.2f} %")
        yield f"| {name} | " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--compare", metavar="FILE")
    mode.add_argument("--economics", action="store_true")
    mode.add_argument("--readme", metavar="FILE")
    chosen = parser.parse_args()
    sales, partners = read_sales(), read_partners()
    prove_the_reading(sales, partners)
    postings = all_postings(sales, partners, read_agreements(partners))
    if chosen.compare:
        found = list(differences(postings, chosen.compare))
        print("\n".join(found + [f"{len(postings):,} postings compared, {len(found):,} differences"]))
        return 1 if found else 0
    tables = "\n".join(economics(sales, partners, postings))
    if chosen.economics:
        print(tables)
    elif chosen.readme:
        if tables not in Path(chosen.readme).read_text(encoding="utf-8"):
            print(f"{chosen.readme} does not hold the tables of --economics as they are now")
            return 1
    else:
        write_csv(postings, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
