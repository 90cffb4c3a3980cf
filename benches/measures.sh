#!/usr/bin/env bash
# Twelve measures over more and more facts, beside DuckDB, and a drawing of how time and memory grow. FACTS names other
# numbers of facts. The most facts take gigabytes of the build folder, and minutes to be written once.
set -euo pipefail

python=${TRUEUP_PYTHON:-python3}
figures=$(mktemp)
trap 'rm -f "$figures"' EXIT
echo facts,partners,ours,duckdb,memory_mib,after > "$figures"
for facts in ${FACTS:-1000000 3000000 10000000 30000000 100000000}; do
    cargo bench --quiet --locked --workspace --bench measures -- "$facts" 10000 "$figures"
done
"$python" -m pip install --quiet --disable-pip-version-check --requirement benches/requirements.txt
"$python" benches/draw_measures.py "$figures" docs/benchmarks/measures.svg
