"""Draws how measuring grows with the facts: seconds beside DuckDB, and the most memory.

Usage: draw_measures.py FIGURES SVG. The figures are what `benches/measures.sh` gathers, a line for each number of facts.
"""

import csv
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "trueup"
matplotlib.rcParams["svg.fonttype"] = "none"

import matplotlib.pyplot as plot  # noqa: E402  the drawing surface is chosen before


def main() -> None:
    figures, out = sys.argv[1:]
    with open(figures, newline="") as lines:
        rows = sorted(csv.DictReader(lines), key=lambda row: int(row["facts"]))
    facts = [int(row["facts"]) / 1e6 for row in rows]
    drawing, (time, memory) = plot.subplots(1, 2, figsize=(9, 3.6))
    for name, key, style in (
        ("Trueup, cold", "ours", "o-"),
        ("DuckDB, hand-written SQL", "duckdb", "s--"),
        ("Trueup, after a thousandth more", "after", "^:"),
    ):
        time.plot(facts, [float(row[key]) for row in rows], style, label=name)
    time.set(xlabel="million facts", ylabel="seconds", xscale="log", yscale="log", title="Twelve measures of every partner")
    time.legend(frameon=False, fontsize=8)
    memory.plot(facts, [int(row["memory_mib"]) for row in rows], "o-")
    memory.set(xlabel="million facts", ylabel="MiB", xscale="log", title="Most memory", ylim=(0, None))
    for axes in (time, memory):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    drawing.tight_layout()
    drawing.savefig(out, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
