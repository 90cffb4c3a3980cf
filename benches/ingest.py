"""Takes a CSV file in beside what DuckDB needs to turn the same file into Parquet, and prints the ratio of their speeds.

Usage: ingest.py TRUEUP [ROWS]. The file has an id of two parts, a day, a partner, a product and an exact amount; the partners
are a directory that every row is matched with. Both sides end with their bytes synced or written; the better of three counts.
"""

import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import duckdb

ROUNDS = 3
PARTNERS = 10_000

PROGRAM = """program: bench
currency: EUR
zone: Europe/Berlin
kinds:
  sale:
    is: A line of an invoice
    dated: sold_on
    columns: { partner: partner, sold_on: date, product: text, amount: { type: money, scale: 2 }, units: count }
directories:
  partners: { is: Who sells, file: partners.csv, id: id, columns: { name: name } }
sources:
  orders:
    is: The order system
    owner: finance
    kind: sale
    files: data/sales.csv
    id: [invoice, line]
    map:
      partner: { column: reseller, identity: partners }
      sold_on: invoice_date
      product: product
      amount: net_amount
      units: pieces
"""


def write(folder: pathlib.Path, rows: int) -> pathlib.Path:
    dice = random.Random(1)
    (folder / "data").mkdir()
    (folder / "program.yaml").write_text(PROGRAM)
    with (folder / "partners.csv").open("w") as out:
        out.write("id,name\n")
        out.writelines(f"P-{at:05},Partner {at}\n" for at in range(PARTNERS))
    path = folder / "data" / "sales.csv"
    with path.open("w") as out:
        out.write("invoice,line,invoice_date,reseller,product,net_amount,pieces\n")
        for at in range(rows):
            day = dice.randrange(1, 29)
            month = dice.randrange(1, 13)
            out.write(
                f"I-{at // 4:09},{at % 4 + 1},202{dice.randrange(3, 6)}-{month:02}-{day:02},P-{dice.randrange(PARTNERS):05},"
                f"product-{dice.randrange(500):03},{dice.randrange(1, 10_000_000) / 100:.2f},{dice.randrange(1, 50)}\n"
            )
    return path


def duckdb_once(path: pathlib.Path) -> float:
    out = path.parent / "sales.parquet"
    begun = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            f"""COPY (SELECT * FROM read_csv('{path}', header = true, columns = {{
                'invoice': 'VARCHAR', 'line': 'BIGINT', 'invoice_date': 'DATE', 'reseller': 'VARCHAR', 'product': 'VARCHAR',
                'net_amount': 'DECIMAL(28, 2)', 'pieces': 'BIGINT' }}))
            TO '{out}' (FORMAT parquet, COMPRESSION zstd)"""
        )
    took = time.perf_counter() - begun
    out.unlink()
    return took


def trueup_once(trueup: str, folder: pathlib.Path) -> float:
    shutil.rmtree(folder / ".trueup", ignore_errors=True)
    begun = time.perf_counter()
    subprocess.run(
        [trueup, "ingest", "--program", str(folder), "--quiet"], check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - begun


def main() -> None:
    trueup = sys.argv[1]
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        path = write(folder, rows)
        mib = path.stat().st_size / (1 << 20)
        ours = min(trueup_once(trueup, folder) for _ in range(ROUNDS))
        theirs = min(duckdb_once(path) for _ in range(ROUNDS))
    print(f"{rows} rows, {mib:.0f} MiB of CSV, {PARTNERS} partners")
    print(f"  trueup ingest                {ours:.2f} s, {mib / ours:.0f} MiB/s, {rows / ours:,.0f} rows/s")
    print(f"  DuckDB, CSV to Parquet       {theirs:.2f} s, {mib / theirs:.0f} MiB/s")
    print(f"speed beside DuckDB {theirs / ours:.2f}")


if __name__ == "__main__":
    main()
