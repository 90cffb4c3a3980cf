"""The twelve measures of crates/facts/benches/measures.yaml as hand-written SQL in DuckDB, timed.

Usage: duckdb_measures.py FOLDER TOTALS THREADS ROUNDS. Compares its totals with those in the file TOTALS (one list for
each measure, one figure for each partner), and prints the seconds of each round.
"""

import json
import sys
import time
from decimal import Decimal

import duckdb

MEASURES = """
    sum(amount) as net_sales,
    sum(units) as units,
    count(*) as lines,
    count(*) filter (where amount >= 1000) as big_lines,
    sum(amount) filter (where new) as new_sales,
    sum(amount) filter (where line = 'tools') as tools,
    sum(amount) filter (where line in ('software', 'services')) as soft,
    sum(amount) filter (where returned_on is not null) as returned,
    sum(case when returned_on is null then amount when returned_on - sold_on <= 30 then 0 else amount end) as kept,
    sum(amount - cost) as margin,
    max(amount) as largest,
    min(amount) filter (where new) as smallest
"""


def main():
    folder, totals, threads, rounds = sys.argv[1:]
    connection = duckdb.connect(config={"threads": int(threads)})
    files = f"'{folder}/*.parquet'"
    took = []
    for _ in range(int(rounds)):
        connection.execute("drop table if exists measured")
        begun = time.perf_counter()
        connection.execute(
            f"create temp table measured as select partner, month, {MEASURES} from read_parquet({files}) group by partner, month"
        )
        took.append(time.perf_counter() - begun)
    compare(connection, json.load(open(totals)))
    print(*(f"{seconds:.4f}" for seconds in took))


def compare(connection, expected):
    """Both must have measured the same."""
    fold = {"largest": "max", "smallest": "min"}
    columns = ", ".join(f"{fold.get(name, 'sum')}({name})" for name in expected)
    rows = connection.execute(f"select partner, {columns} from measured group by partner").fetchall()
    found = {row[0]: row[1:] for row in rows}
    for at, name in enumerate(expected):
        for partner, figure in enumerate(expected[name]):
            row = found.get(f"partner-{partner:06}")
            theirs = row[at] if row else None
            ours = None if figure is None else Decimal(figure)
            if ours != theirs and (ours or theirs):
                sys.exit(f"{name} of partner {partner}: {theirs} by DuckDB and {ours} by Trueup")


if __name__ == "__main__":
    main()
