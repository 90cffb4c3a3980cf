#!/usr/bin/env bash
# What stands outside Rust: the example's independent oracle.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${TRUEUP_PYTHON:-python3}
"$python" tests/oracle/adventureworks.py --readme examples/adventureworks/README.md
