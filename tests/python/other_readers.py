#!/usr/bin/env python3
"""Facts are an open table: two readers that share no code with Trueup find what the data's publisher counted.

    other_readers.py TABLE TOTALS    TABLE is the Delta table of sales, TOTALS the control totals beside the data

The table is read by delta-rs (PyPI `deltalake`); its Parquet files, as the log lists them, by DuckDB. Both are
compared with the totals to the last digit: rows, sums, distinct values, and sales by year and by month of order.
"""
import json
import os
import sys
from collections import Counter, defaultdict
from decimal import Decimal

import duckdb
from deltalake import DeltaTable

# What the program declares each column to be, in the words of Delta Lake.
TYPES = {
    "order": "string",
    "partner": "string",
    "ordered_on": "date",
    "amount": "decimal(28,4)",
    "quantity": "decimal(28,0)",
    "product_line": "string",
    "fact_id": "string",
    "fact_weight": "byte",
}


def expected(totals):
    yield "rows", totals["files"]["sales.csv"]["rows"]
    yield "amount", Decimal(totals["sums"]["sales_amount"])
    yield "quantity", Decimal(totals["sums"]["quantity"])
    yield "orders", totals["distinct"]["order_number"]
    yield "partners", totals["distinct"]["reseller_key"]
    for by in ("year", "month"):
        for span, figures in totals[f"by_order_{by}"].items():
            yield f"amount of {span}", Decimal(figures["sales_amount"])
            yield f"rows of {span}", figures["rows"]


def types(table):
    return {field["name"]: field["type"] for field in json.loads(table.schema().to_json())["fields"]}


def by_delta_rs(table):
    """Every figure, added up row by row: a row of weight -1 takes back one of weight +1."""
    found, holds = defaultdict(Decimal), Counter()
    columns = ["order", "partner", "ordered_on", "amount", "quantity", "fact_weight"]
    rows = table.to_pyarrow_table(columns=columns).to_pylist()
    for row in rows:
        weight = row["fact_weight"]
        found["rows"] += weight
        found["amount"] += weight * row["amount"]
        found["quantity"] += weight * row["quantity"]
        holds["orders", row["order"]] += weight
        holds["partners", row["partner"]] += weight
        for span in (f"{row['ordered_on']:%Y}", f"{row['ordered_on']:%Y-%m}"):
            found[f"amount of {span}"] += weight * row["amount"]
            found[f"rows of {span}"] += weight
    for (name, _), weight in holds.items():
        found[name] += weight > 0
    return found


def by_duckdb(files):
    """The same figures from the Parquet files alone, added up by DuckDB's own decimals."""
    sale = duckdb.read_parquet(files)  # the queries below find it by this name
    sums = "sum(fact_weight), sum(amount * fact_weight)"
    found = {}
    of_all = duckdb.sql(f"select {sums}, sum(quantity * fact_weight) from sale").fetchall()
    found["rows"], found["amount"], found["quantity"] = of_all[0]
    for name, column in (("orders", '"order"'), ("partners", "partner")):
        held = f"select {column} from sale group by {column} having sum(fact_weight) > 0"
        found[name] = duckdb.sql(f"select count(*) from ({held})").fetchall()[0][0]
    for form in ("%Y", "%Y-%m"):
        spans = f"select strftime(ordered_on, '{form}') as span, {sums} from sale group by span"
        for span, rows, amount in duckdb.sql(spans).fetchall():
            found[f"rows of {span}"], found[f"amount of {span}"] = rows, amount
    return found


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    table = DeltaTable(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as file:
        totals = dict(expected(json.load(file)))
    wrong = []
    read = types(table)
    for name, said in TYPES.items():
        if read.get(name) != said:
            wrong.append(f"column {name}: declared {said}, read as {read.get(name)}")
    for reader, found in (("delta-rs", by_delta_rs(table)), ("DuckDB", by_duckdb(table.file_uris()))):
        for name in sorted(totals.keys() | found.keys()):
            if found.get(name) != totals.get(name):
                wrong.append(f"{name}: the publisher counted {totals.get(name)}, {reader} reads {found.get(name)}")
    print("\n".join(wrong) or f"delta-rs and DuckDB read {len(totals)} figures as the publisher counted them")
    return 1 if wrong else 0


if __name__ == "__main__":
    code = main()
    # The readers' native threads abort one exit in twenty-five on a busy machine, after the answer was printed.
    sys.stdout.flush()
    os._exit(code)
