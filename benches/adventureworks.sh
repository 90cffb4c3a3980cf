#!/usr/bin/env bash
# Three years of reseller sales, from CSV to every partner's statement lines: `trueup ingest`, then `trueup run`.
# Each round starts from a folder without state. Prints every round and the median.
set -euo pipefail

cargo build --quiet --locked --release --package trueup
trueup="${CARGO_TARGET_DIR:-target}/release/trueup"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for round in 1 2 3 4 5; do
    rm -rf "$work/program"
    cp -r examples/adventureworks "$work/program"
    begun=$(date +%s%N)
    "$trueup" --quiet ingest --program "$work/program" > "$work/ingest.txt"
    taken=$(date +%s%N)
    "$trueup" --quiet run --program "$work/program" --format csv > "$work/lines.csv"
    ended=$(date +%s%N)
    echo "$(((ended - begun) / 1000000)) $(((taken - begun) / 1000000)) $(((ended - taken) / 1000000))"
done | sort -n > "$work/rounds.txt"
awk '{ printf "  %5d ms in all: ingest %d ms, run %d ms\n", $1, $2, $3 }' "$work/rounds.txt"
awk 'NR == 3 { printf "median %.2f s\n", $1 / 1000 }' "$work/rounds.txt"
