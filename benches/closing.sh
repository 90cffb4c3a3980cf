#!/usr/bin/env bash
# Ten thousand partners closed, with the journal in SQLite and then in a PostgreSQL of the bench's own.
set -euo pipefail

cargo build --quiet --locked --release --package trueup
trueup="${CARGO_TARGET_DIR:-target}/release/trueup"
echo "SQLite"
"${TRUEUP_PYTHON:-python3}" benches/closing.py "$trueup" "$@"
echo "PostgreSQL"
scripts/with_postgres.sh bash -c 'TRUEUP_DATABASE=$TRUEUP_TEST_POSTGRES "$@"' _ "${TRUEUP_PYTHON:-python3}" benches/closing.py "$trueup" "$@"
