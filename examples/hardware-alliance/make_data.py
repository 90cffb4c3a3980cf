"""Makes the data of this program from the "CRM Sales Opportunities" of the Maven Analytics Data Playground.

    python3 make_data.py FOLDER     # the folder with opportunities.csv, accounts.csv, products.csv and sales_teams.csv

Deals, accounts and products are the publisher's: columns are chosen and digits unchanged, nothing is rounded. What the
publisher has not got is made up here, from a hash of ids, so that every run writes the same bytes: who is a platinum
partner, which accounts are enterprises, what customers answered, and which deals were cancelled later.
"""

import csv
import datetime
import hashlib
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
# The resellers that sold most, and the one that sold most of all.
PLATINUM = {"AGT-06", "AGT-07", "AGT-08", "AGT-13", "AGT-19", "AGT-20", "AGT-24", "AGT-31", "AGT-33"}
GLOBAL = {"AGT-10"}
# What customers of glad, of so-so and of sorry resellers answer.
ANSWERS = ([5, 5, 5, 4, 4, 4, 4, 3], [5, 4, 4, 4, 4, 3, 4, 3], [4, 3, 3, 2, 4, 5, 3, 1])
LAST_DAY = datetime.date(2017, 12, 31)


def chance(text, below):
    """A number below `below` that depends on nothing but the text."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % below


def read(folder, name):
    with open(folder / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(name, header, rows):
    with open(HERE / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def partners(teams):
    for team in teams:
        agent = team["agent_id"]
        tier = "global integrator" if agent in GLOBAL else "platinum" if agent in PLATINUM else "registered"
        yield [agent, "reseller", tier, team["regional_office"], team["manager_id"]]
    offices = {team["manager_id"]: team["regional_office"] for team in teams}
    for manager, office in sorted(offices.items()):
        yield [manager, "distributor", "", office, ""]


def accounts(rows):
    for row in rows:
        market = "enterprise" if int(row["employees"]) >= 5000 else "commercial"
        yield [row["account"], row["sector"], market]


def closed(opportunities, products):
    """Won and lost deals, the first one that brought a series to an account marked as new business."""
    series = {row["product"]: row["series"] for row in products}
    rows = [row for row in opportunities if row["deal_stage"] in ("Won", "Lost")]
    rows.sort(key=lambda row: (row["close_date"], row["opportunity_id"]))
    seen = set()
    for row in rows:
        brought = (row["account"], series[row["product"]])
        is_new = row["deal_stage"] == "Won" and brought not in seen
        if row["deal_stage"] == "Won":
            seen.add(brought)
        yield row, "new" if is_new else "repeat"


def deal(row, business, stage, revision, recorded_on):
    names = ["opportunity_id", "agent_id", "product", "account", "engage_date", "close_date", "close_value"]
    return [row[name] for name in names] + [stage, business, revision, recorded_on]


def surveys(won):
    for row in won:
        number = chance("survey " + row["opportunity_id"], 10_000)
        if number % 4:
            continue
        on = datetime.date.fromisoformat(row["close_date"]) + datetime.timedelta(days=number % 15)
        luck = chance("mood " + row["agent_id"], 20)
        answers = ANSWERS[0 if luck < 12 else 1 if luck < 17 else 2]
        if on <= LAST_DAY:
            points = answers[number // 15 % len(answers)]
            yield ["A-" + row["opportunity_id"], row["agent_id"], row["account"], on.isoformat(), points]


def cancelled(won):
    """Deals of the first three quarters that customers cancelled within the next weeks."""
    for row, business in won:
        number = chance("cancelled " + row["opportunity_id"], 10_000)
        known_on = datetime.date.fromisoformat(row["close_date"]) + datetime.timedelta(days=30 + number % 46)
        if number % 61 == 0 and row["close_date"] < "2017-10-01" and known_on <= LAST_DAY:
            yield deal(row, business, "Cancelled", 2, known_on.isoformat())


def main(folder):
    opportunities, products = read(folder, "opportunities.csv"), read(folder, "products.csv")
    deals = list(closed(opportunities, products))
    won = [(row, business) for row, business in deals if row["deal_stage"] == "Won"]
    header = ["opportunity_id", "agent_id", "product", "account", "engage_date", "close_date", "close_value"]
    header += ["stage", "business", "revision", "recorded_on"]
    write("data/partners.csv", ["partner_id", "type", "tier", "region", "distributor"],
          partners(read(folder, "sales_teams.csv")))
    write("data/accounts.csv", ["account", "sector", "market"], accounts(read(folder, "accounts.csv")))
    write("data/products.csv", ["product", "series", "sales_price"],
          [[row["product"], row["series"], row["sales_price"]] for row in products])
    write("data/deals.csv", header, [deal(row, business, row["deal_stage"], 1, row["close_date"]) for row, business in deals])
    write("data/surveys.csv", ["answer", "agent_id", "account", "answered_on", "points"], surveys(row for row, _ in won))
    write("later/corrections.csv", header, cancelled(won))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
