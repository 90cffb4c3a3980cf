"""A program's folder from its first run on: what a run costs when everything, nothing or little has changed, and what it
leaves on the disk.

Usage: folder.py TRUEUP [ROWS [FOLDER]]. The rows are those of benches/ingest.py: an id of two parts, a day of three years, one of
10,000 partners, one of 500 products, an exact amount. Each row is worked out from its number alone, so that later deliveries can
correct rows that nobody read again. Without a FOLDER the program is made anew and removed afterwards; a FOLDER is kept
with what was taken in, for another try.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import duckdb

PARTNERS = 10_000
ROUNDS = 3
# One partner in so many gets new and corrected facts of the last month.
TOUCHED = 100

PROGRAM = """program: bench
currency: EUR
zone: Europe/Berlin
kinds:
  sale:
    is: A line of an invoice
    dated: sold_on
    columns: { partner: partner, sold_on: date, product: text, amount: { type: money, scale: 2 }, units: count }
directories:
  partners: { is: Who sells, file: partners.csv, id: id, columns: { name: name, region: region } }
sources:
  orders:
    is: The order system
    owner: finance
    kind: sale
    files: data/sales.csv
    complete: { from: 2022-01-01, until: 2026-01-01 }
    id: [invoice, line]
    revision: revision
    map:
      partner: { column: reseller, identity: partners }
      sold_on: invoice_date
      product: product
      amount: net_amount
      units: pieces
"""

PLAN = """plan: reseller
title: Twelve measures and ten components
currency: EUR
period: quarter
facts:
  sale:
    dated: sale.sold_on
    columns: { partner: partner, sold_on: date, product: text, amount: money, units: count }
terms:
  target.net_sales: { is: The sales agreed for a year, unit: money }
measures:
  net_sales: { is: Sales,                       sum: sale.amount }
  units:     { is: Units sold,                  sum: sale.units }
  lines:     { is: Lines sold,                  count: sale }
  big_lines: { is: Lines of 10 000 and more,    count: sale, where: sale.amount >= 10_000 EUR }
  big_sales: { is: Sales in such lines,         sum: sale.amount, where: sale.amount >= 10_000 EUR }
  bulk:      { is: Sales of 25 units and more,  sum: sale.amount, where: sale.units >= 25 }
  first:     { is: Sales of the first product,  sum: sale.amount, where: "sale.product = 'product-001'" }
  few:       { is: Sales of three products,     sum: sale.amount, where: "sale.product in ('product-002', 'product-003', 'product-004')" }
  small:     { is: Sales of single units,       sum: sale.amount, where: sale.units <= 1 }
  packed:    { is: Lines of 40 units and more,  count: sale, where: sale.units >= 40 }
  largest:   { is: The largest line,            max: sale.amount }
  smallest:  { is: The smallest line of many units, min: sale.amount, where: sale.units >= 25 }
values:
  growth:  { is: Sales against the same period last year, formula: "otherwise(net_sales / previous_year(net_sales) - 1, 0%)" }
  reached: { is: The part of the target that was sold,    formula: "otherwise(net_sales / target.net_sales, 0%)" }
components:
  base:     { is: A percent of sales,          every: quarter, pays: 1% * net_sales }
  growing:  { is: A part of what was gained,   every: quarter, pays: "1% * greatest(growth, 0%) * net_sales" }
  yearly:   { is: More with the target,        every: year, over: year, pays: "1% * least(reached, 120%) * net_sales" }
  large:    { is: A part of large lines,       every: year, over: year, pays: 0.5% * big_sales + 0.1% * largest }
  in_bulk:  { is: A part of bulk,              every: year, over: year, pays: 0.3% * bulk }
  launch:   { is: The first product,           every: year, over: year, pays: 2% * first }
  focus:    { is: Three products,              every: year, over: year, pays: 1% * few }
  service:  { is: Single units,                every: year, over: year, pays: 0.2% * small + 0.1% * smallest }
  counted:  { is: For a share of large lines,  every: year, over: year, pays: "0.1% * otherwise((big_lines + packed) / lines, 0%) * net_sales" }
  moved:    { is: For many units a line,       every: year, over: year, pays: "0.01% * otherwise(units / lines, 0%) * net_sales" }
"""

REGIONS = ["north", "east", "south", "west"]


def rows_of(numbers: str, revision: int) -> str:
    """SQL of rows by their numbers; only the amount hangs on the revision."""
    dice = lambda seed, sides: f"(hash(i, {seed}) % {sides})"
    return f"""
        SELECT printf('I-%09d', i // 4) AS invoice, i % 4 + 1 AS line,
               DATE '2023-01-01' + CAST({dice(1, 1096)} AS INTEGER) AS invoice_date,
               printf('P-%05d', {dice(2, PARTNERS)}) AS reseller, printf('product-%03d', {dice(3, 500)}) AS product,
               CAST(1 + {dice(3 + revision, 9_999_999)} AS BIGINT)::DECIMAL(18, 2) / 100 AS net_amount, 1 + {dice(100, 49)} AS pieces, {revision} AS revision
        FROM ({numbers})"""


def write_csv(path: pathlib.Path, rows: str) -> int:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(
            f"""COPY (SELECT invoice, line, invoice_date, reseller, product,
                printf('%d.%02d', CAST(net_amount * 100 AS BIGINT) // 100, CAST(net_amount * 100 AS BIGINT) % 100) AS net_amount,
                pieces, revision FROM ({rows})) TO '{path}' (HEADER, DELIMITER ',')"""
        )
        (count,) = connection.execute(f"SELECT count(*) FROM read_csv('{path}')").fetchone()
    return count


def write(folder: pathlib.Path, rows: int) -> None:
    for name in ("data", "plans", "agreements"):
        (folder / name).mkdir()
    (folder / "program.yaml").write_text(PROGRAM)
    (folder / "plans" / "reseller.yaml").write_text(PLAN)
    for region in REGIONS:
        (folder / "agreements" / f"{region}.yaml").write_text(
            f"agreement: {region}\nplan: reseller\npartners: {{ region: {region} }}\nstarts: 2023-01-01\n"
            f"terms:\n  target.net_sales: {30 + 5 * REGIONS.index(region)}_000_000\n"
        )
    # Some have agreements of their own, which begin with a quarter.
    for at in range(0, PARTNERS, 500):
        (folder / "agreements" / f"own-{at:05}.yaml").write_text(
            f"agreement: own-{at:05}\nplan: reseller\npartner: P-{at:05}\nstarts: 2023-04-01\nterms:\n  target.net_sales: 1_000_000\n"
        )
    with (folder / "partners.csv").open("w") as out:
        out.write("id,name,region\n")
        out.writelines(f"P-{at:05},Partner {at},{REGIONS[at % 4]}\n" for at in range(PARTNERS))
    write_csv(folder / "data" / "sales.csv", rows_of(f"SELECT i FROM range({rows}) AS numbers(i)", 1))


def one_fact(folder: pathlib.Path, rows: int, round: int) -> pathlib.Path:
    path = folder / f"one-{round}.csv"
    path.write_text(
        "invoice,line,invoice_date,reseller,product,net_amount,pieces,revision\n"
        f"J-{round:09},1,2025-12-1{round},P-{4_242 + round:05},product-007,1234.56,7,1\n"
    )
    return path


def delivery(folder: pathlib.Path, rows: int, round: int) -> pathlib.Path:
    """New and corrected facts of the last month, a thousandth of all rows at most, for one partner in a hundred."""
    path = folder / f"delivery-{round}.csv"
    most = max(rows // 1_000, 2)
    from_row = rows + round * (most // 2)
    some = f"reseller LIKE 'P-%00' AND invoice_date >= DATE '2025-12-01' AND invoice_date < DATE '2026-01-01'"
    corrected = f"SELECT * FROM ({rows_of(f'SELECT i FROM range({rows}) AS numbers(i)', 2 + round)}) WHERE {some} LIMIT {most // 2}"
    new = rows_of(f"SELECT i FROM range({from_row}, {from_row + most // 2}) AS numbers(i)", 1)
    new = f"""SELECT * REPLACE (DATE '2025-12-01' + CAST(hash(invoice, line) % 31 AS INTEGER) AS invoice_date,
              printf('P-%05d', {TOUCHED} * (hash(invoice, line, 1) % {PARTNERS // TOUCHED})) AS reseller) FROM ({new})"""
    count = write_csv(path, f"({corrected}) UNION ALL ({new})")
    print(f"  (a delivery of {count:,} rows)")
    return path


class Bench:
    def __init__(self, trueup: str, folder: pathlib.Path) -> None:
        self.trueup, self.folder = trueup, folder

    def once(self, *arguments: str) -> float:
        begun = time.perf_counter()
        subprocess.run(
            [self.trueup, *arguments, "--program", str(self.folder), "--quiet"], check=True, stdout=subprocess.DEVNULL
        )
        return time.perf_counter() - begun

    def ingest(self, path: pathlib.Path) -> float:
        return self.once("ingest", "--source", "orders", str(path))

    def disk(self) -> int:
        """Bytes of kept runs and their lines."""
        state = self.folder / ".trueup"
        files = [path for name in ("runs", "lines") for path in (state / name).rglob("*") if path.is_file()]
        return sum(path.stat().st_size for path in files)

    def say(self, what: str, took: list[float]) -> None:
        middle = sorted(took)[len(took) // 2]
        rounds = " ".join(f"{one:.2f}" for one in took)
        print(f"  {what:<42} {middle:6.2f} s of {rounds}; runs and lines {self.disk() / (1 << 20):7.1f} MiB", flush=True)


def forget(folder: pathlib.Path) -> None:
    """Back to facts that were taken in and nothing else."""
    for name in ("runs", "lines", "texts", "cache"):
        shutil.rmtree(folder / ".trueup" / name, ignore_errors=True)


def main() -> None:
    trueup = sys.argv[1]
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else pathlib.Path(name)
        folder.mkdir(exist_ok=True)
        bench = Bench(trueup, folder)
        print(f"{rows:,} rows, {PARTNERS:,} partners, 12 measures, 10 components")
        if not (folder / "program.yaml").is_file():
            write(folder, rows)
            bench.say("ingest", [bench.once("ingest")])
        cold = []
        for _ in range(ROUNDS):
            forget(folder)
            cold.append(bench.once("run"))
        bench.say("run, cold", cold)
        bench.say("run again", [bench.once("run") for _ in range(ROUNDS)])
        after_one = []
        for round in range(ROUNDS):
            bench.ingest(one_fact(folder, rows, round))
            after_one.append(bench.once("run"))
        bench.say("run after one new fact", after_one)
        # The first correction there ever is changes what everybody's settlements may have known.
        for round, what in enumerate(["run after the first corrections", "run after more, for 1 % of partners"]):
            bench.ingest(delivery(folder, rows, round))
            bench.say(what, [bench.once("run")])
        whose = ["--partner", "P-04242", "--period", "2025-Q4"]
        bench.say("statement of one partner", [bench.once("statement", *whose) for _ in range(ROUNDS)])
        bench.say("explain of one partner", [bench.once("explain", *whose, "base") for _ in range(ROUNDS)])


if __name__ == "__main__":
    main()
