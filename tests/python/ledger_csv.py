#!/usr/bin/env python3
"""The journal for the ledger as the standard library reads it.

    ledger_csv.py FOLDER    every *.csv of the folder; prints how many lines each has, and what they come to
"""
import csv
import json
import pathlib
import sys
from decimal import Decimal, getcontext

getcontext().prec = 60
found = []
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.csv")):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, strict=True))
    sums = {side: sum((Decimal(row[side] or 0) for row in rows), Decimal(0)) for side in ("debit", "credit")}
    plain = {side: f"{total.normalize():f}" for side, total in sums.items()}
    found.append({"file": path.name, "lines": len(rows), **plain})
print(json.dumps(found))
