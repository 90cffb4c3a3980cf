#!/usr/bin/env bash
# Two million rows of CSV taken in, beside DuckDB turning the same file into Parquet on the same cores.
set -euo pipefail

cargo build --quiet --locked --release --package trueup
"${TRUEUP_PYTHON:-python3}" benches/ingest.py "${CARGO_TARGET_DIR:-target}/release/trueup" "$@"
