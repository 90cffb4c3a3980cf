#!/usr/bin/env bash
# The command from outside: every worked example, the starter program, and the example program held to its independent
# oracle, to other readers of its facts, and to itself.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/trueup
trueup=${CARGO_TARGET_DIR:-$cache/target}/debug/trueup
python=${TRUEUP_PYTHON:-$cache/python/bin/python}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# As the tests build it: the same packages with other features would be built once more.
cargo test --quiet --locked --workspace --no-run

# Only what failed and the last line: there are hundreds of checks.
"$trueup" test cases examples >"$work/cases.txt" || {
    grep -v '^passed' "$work/cases.txt"
    exit 1
}
tail -1 "$work/cases.txt"

# The example plans are fit for signature, and the check has nothing to say about any of them.
"$trueup" check examples/plans/*/plan.yaml --for-signature >"$work/plans.txt" || true
if grep -v ': fine$' "$work/plans.txt"; then
    exit 1
fi
echo "$(grep -c ': fine$' "$work/plans.txt") example plans are fit for signature"

"$trueup" --quiet init "$work/starter" >/dev/null
"$trueup" check "$work/starter" --for-signature
"$trueup" --quiet ingest --program "$work/starter" >/dev/null
"$trueup" --quiet run --program "$work/starter" >/dev/null
"$trueup" test "$work/starter" | tail -1

# Twice from nothing, the second time with the rows of the file turned round: the same bytes.
for round in one two; do
    cp -r examples/adventureworks "$work/$round"
done
(head -1 examples/adventureworks/data/sales.csv && tail -n +2 examples/adventureworks/data/sales.csv | tac) \
    >"$work/two/data/sales.csv"
for round in one two; do
    "$trueup" --quiet ingest --program "$work/$round" >/dev/null
    "$trueup" --quiet run --program "$work/$round" --format csv >"$work/$round.csv"
done
cmp "$work/one.csv" "$work/two.csv"
echo "the same bytes from the same rows in another order"

# The hardware alliance by both measurers, before and after corrections of settled quarters.
cp -r examples/hardware-alliance "$work/alliance"
"$trueup" check "$work/alliance" --for-signature
"$trueup" --quiet ingest --program "$work/alliance" >/dev/null
"$trueup" --quiet run --program "$work/alliance" --format csv >"$work/before.csv"
"$trueup" --quiet run --program "$work/alliance" --format csv --measurer rows >"$work/rows.csv"
cmp "$work/before.csv" "$work/rows.csv"
cp "$work/alliance/later/corrections.csv" "$work/alliance/data/deals-corrections.csv"
"$trueup" --quiet ingest --program "$work/alliance" >/dev/null
"$trueup" --quiet run --program "$work/alliance" --format csv >"$work/after.csv"
"$python" tests/oracle/hardware_alliance.py --compare "$work/before.csv"
"$python" tests/oracle/hardware_alliance.py --compare "$work/after.csv" examples/hardware-alliance/later/corrections.csv

"$python" tests/oracle/adventureworks.py --compare "$work/one.csv"
"$python" tests/oracle/adventureworks.py --readme examples/adventureworks/README.md
"$python" tests/python/other_readers.py "$work/one/.trueup/facts/sale" examples/adventureworks/data/control_totals.json
