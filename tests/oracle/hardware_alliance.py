#!/usr/bin/env python3
"""The independent oracle for examples/hardware-alliance.

It reads the program's two plans as a person would and computes what every reseller and distributor is posted in every
quarter of 2017 from the CSV files, with exact fractions and nothing but Python's standard library. It shares no code with
Trueup: where the two differ, one of them is wrong, and the plans' words say which.

    hardware_alliance.py --compare FILE [CORRECTIONS...]    FILE is `trueup run … --format csv` after the data and these
                                                            corrections came in; every difference is printed
    hardware_alliance.py --economics [CORRECTIONS...]       what was posted, by component and quarter
"""
import csv
import sys
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[2] / "examples" / "hardware-alliance"
QUARTERS = (1, 2, 3, 4)
ENDS = {1: date(2017, 4, 1), 2: date(2017, 7, 1), 3: date(2017, 10, 1), 4: date(2018, 1, 1)}
RESELLER = ("base_rebate", "top_partner_rebate", "registration_rebate", "new_line_rebate", "target_bonus")
DISTRIBUTOR = ("override", "service_pool")
POOL = 12_000


def percent(text):
    return Fraction(text) / 100


def cents(amount):
    """To the nearest cent, half away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * Fraction(int(abs(amount) * 100 + Fraction(1, 2)), 100)


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def quarter(day):
    return (day.month + 2) // 3


# ---- the program ----------------------------------------------------------------------------------------------------

class Deal:
    def __init__(self, row, markets):
        self.id, self.partner, self.stage, self.business = (
            row[name] for name in ("opportunity_id", "agent_id", "stage", "business"))
        self.market = markets[row["account"]]
        self.amount = Fraction(row["close_value"])
        self.closed_on, self.recorded_on = (date.fromisoformat(row[n]) for n in ("close_date", "recorded_on"))
        self.registered_on = date.fromisoformat(row["engage_date"])
        self.revision = int(row["revision"])

    def is_won(self):
        return self.stage == "Won"

    def is_registered(self):
        return self.is_won() and self.closed_on <= self.registered_on + timedelta(days=90)


class Program:
    def __init__(self, corrections):
        markets = {row["account"]: row["market"] for row in rows(PROGRAM / "data" / "accounts.csv")}
        deals = rows(PROGRAM / "data" / "deals.csv")
        assert (len(deals), sum(int(row["close_value"]) for row in deals)) == (6711, 10_005_534)
        for path in corrections:
            deals += rows(path)
        self.deals = [Deal(row, markets) for row in deals]
        self.surveys = [(row["agent_id"], date.fromisoformat(row["answered_on"]), int(row["points"]))
                        for row in rows(PROGRAM / "data" / "surveys.csv")]
        self.partners = {row["partner_id"]: row for row in rows(PROGRAM / "data" / "partners.csv")}
        self.terms = terms(self.partners)

    def known(self, at, of):
        """Deals of a quarter in the version known at the end of another."""
        latest = {}
        for deal in self.deals:
            if quarter(deal.closed_on) == of and deal.recorded_on < ENDS[at]:
                if deal.id not in latest or latest[deal.id].revision < deal.revision:
                    latest[deal.id] = deal
        return latest.values()

    def mean(self, agents, of):
        points = [p for agent, on, p in self.surveys if agent in agents and quarter(on) == of]
        return Fraction(sum(points), len(points)) if points else None

    def resellers(self):
        return [p for p, row in self.partners.items() if row["type"] == "reseller"]

    def below(self, distributor):
        return {p for p, row in self.partners.items() if row["distributor"] == distributor}


def terms(partners):
    """Targets by quarter and the quarter's maximum of every reseller, as the agreements state them."""
    by_name, by_tier = {}, {}
    for path in sorted((PROGRAM / "agreements").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if "target.sales" not in text:
            continue
        said = {line.split(":", 1)[0].strip(): line.split(":", 1)[1].strip() for line in text.splitlines() if ":" in line}
        targets = [part.split(":")[1].strip(" }").replace("_", "") for part in said["target.sales"].split(",")]
        found = (dict(zip(QUARTERS, map(Fraction, targets))), Fraction(said["term.quarter_maximum"].replace("_", "")))
        if "partner" in said:
            by_name[said["partner"]] = found
        else:
            by_tier[said["partners"].split("tier:")[1].strip(" }")] = found
    return {p: by_name.get(p) or by_tier.get(row["tier"]) for p, row in partners.items()}


# ---- what each is entitled to ---------------------------------------------------------------------------------------

def reseller(program, partner, deals, of):
    """Components of one quarter before the maximum; None where the plan has no answer."""
    mine = [deal for deal in deals if deal.partner == partner]
    won = [deal for deal in mine if deal.is_won()]
    top = {"global integrator": percent("1.5"), "platinum": percent(1)}.get(program.partners[partner]["tier"], 0)
    earned = {
        "base_rebate": sum(cents(percent(2) * d.amount) for d in won),
        "top_partner_rebate": sum(cents(top * d.amount) for d in won),
        "registration_rebate": sum(cents(percent(4 if d.market == "commercial" else 3) * d.amount)
                                   for d in mine if d.is_registered()),
        "new_line_rebate": sum(cents(percent(4) * d.amount) for d in won if d.business == "new"),
    }
    sales, target = sum(d.amount for d in won), program.terms[partner][0][of]
    csat = program.mean({partner}, of)
    if sales > 0 and csat is None:
        earned["target_bonus"] = None
    elif sales > 0 and csat >= Fraction("3.8"):
        reached = sales / target
        rate = percent("2.5") if reached >= percent(120) else percent("1.5") if reached >= 1 else \
            percent(1) if reached >= percent(90) else 0
        earned["target_bonus"] = cents(min(sales * rate, percent(4) * target))
    else:
        earned["target_bonus"] = Fraction(0)
    return earned


def held_together(earned, most):
    """What the quarter's maximum leaves; the last listed gives way first."""
    left, kept = most, {}
    for name in RESELLER:
        if earned[name] is None:
            kept[name] = None
            continue
        kept[name] = min(earned[name], left)
        left -= kept[name]
    return kept


def distributors(program, deals, of):
    override, weights = {}, {}
    for partner, row in program.partners.items():
        if row["type"] != "distributor":
            continue
        below = program.below(partner)
        won = [deal for deal in deals if deal.partner in below and deal.is_won()]
        sales, csat = sum(d.amount for d in won), program.mean(below, of)
        override[partner] = cents(sales * percent("1.25" if csat >= 4 else 1))
        takes_part = sales > 0 and csat >= Fraction("3.8")
        weights[partner] = sum(d.amount for d in won if d.is_registered()) if takes_part else Fraction(0)
    return override, shared(POOL, weights)


def shared(pool, weights):
    """Whole cents, what is left to the largest fractions cut off and then to the smaller name."""
    whole = sum(weights.values())
    exact = {name: pool * weight / whole * 100 for name, weight in weights.items()}
    parts = {name: int(part) for name, part in exact.items()}
    order = sorted(exact, key=lambda name: (parts[name] - exact[name], name))
    for name in order[:pool * 100 - sum(parts.values())]:
        parts[name] += 1
    return {name: Fraction(part, 100) for name, part in parts.items()}


# ---- what is posted -------------------------------------------------------------------------------------------------

def postings(program):
    """(partner, quarter, component) to the posting of that quarter's settlement; None where it is open."""
    posted = {}
    before = defaultdict(Fraction)
    for at in QUARTERS:
        to_date, is_open = defaultdict(Fraction), set()
        for of in range(1, at + 1):
            deals = program.known(at, of)
            for partner in program.resellers():
                kept = held_together(reseller(program, partner, deals, of), program.terms[partner][1])
                for name, amount in kept.items():
                    if amount is None:
                        is_open.add((partner, name))
                    else:
                        to_date[partner, name] += amount
            override, pool = distributors(program, deals, of)
            for partner in override:
                to_date[partner, "override"] += override[partner]
                to_date[partner, "service_pool"] += pool[partner]
        for (partner, name), amount in to_date.items():
            posted[partner, at, name] = amount - before[partner, name]
            before[partner, name] = amount
        # Where a quarter so far is open, the others are posted all the same; nothing is said where that comes to nothing.
        for partner, name in is_open:
            posted[partner, at, name] = posted.get((partner, at, name)) or None
    return posted


def compare(path, posted):
    differences, seen = [], set()
    for row in rows(path):
        key = (row["partner"], int(row["period"][-1]), row["component"])
        seen.add(key)
        got = Fraction(row["posted"]) if row["posted"] else None
        if key not in posted or posted[key] != got:
            wanted = posted.get(key, "no line")
            differences.append(f"{key}: the oracle says {wanted and float(wanted)}, Trueup {got and float(got)}")
    differences += [f"{key}: Trueup has no line" for key in posted.keys() - seen]
    print("\n".join(differences[:40]) if differences else
          f"the oracle and Trueup agree on all {len(seen)} postings of the hardware alliance")
    return 1 if differences else 0


def economics(posted):
    for name in RESELLER + DISTRIBUTOR:
        by_quarter = [sum(a for (_, q, n), a in posted.items() if n == name and q == of and a) for of in QUARTERS]
        print(f"{name:20}", *(f"{float(amount):>12,.2f}" for amount in by_quarter), f"{float(sum(by_quarter)):>14,.2f}")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--compare"] and len(sys.argv) > 2:
        sys.exit(compare(sys.argv[2], postings(Program(sys.argv[3:]))))
    if sys.argv[1:2] == ["--economics"]:
        sys.exit(economics(postings(Program(sys.argv[2:]))))
    sys.exit(__doc__)
