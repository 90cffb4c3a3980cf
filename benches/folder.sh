#!/usr/bin/env bash
# A program's folder with ten million rows: runs when everything, nothing or little has changed, and what they leave on the disk.
set -euo pipefail

cargo build --quiet --locked --release --workspace --bin trueup
"${TRUEUP_PYTHON:-python3}" benches/folder.py "${CARGO_TARGET_DIR:-target}/release/trueup" "$@"
