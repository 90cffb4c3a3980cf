#!/usr/bin/env bash
# Events pushed to a server on this machine: how many a second are kept for good before they are answered, and how long an
# answer takes. The client is a Python program on the same cores. Prints each load, the server's most memory, and the
# first statement after it.
set -euo pipefail

cargo build --quiet --locked --release --package trueup
trueup="${CARGO_TARGET_DIR:-target}/release/trueup"
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

"$trueup" --quiet init "$work/program" > "$work/init.txt"
python3 benches/push.py source "$work/program/program.yaml"
"$trueup" --quiet ingest --program "$work/program" > "$work/ingest.txt"
"$trueup" serve --program "$work/program" --listen 127.0.0.1:0 > "$work/serve.txt" &
server=$!
until grep -q 'http://' "$work/serve.txt"; do sleep 0.05; done
address=$(sed -n 's|.*http://\([^;]*\);.*|\1|p' "$work/serve.txt")
# Clients, requests of each, events in a request, and events a second where they come evenly.
for load in "8 300 1 1000" "8 400 10 2000" "8 2000 1 0" "8 100 200 0"; do
    # shellcheck disable=SC2086 # the load is several words
    python3 benches/push.py load "$address" $load
done
awk '/VmHWM/ { printf "  most memory %d MiB\n", $2 / 1024 }' "/proc/$server/status"
begun=$(date +%s%N)
"$trueup" --quiet statement --program "$work/program" --partner P-100 --period 2026-Q1 > "$work/statement.txt"
echo "  a statement after that, with all of it folded, in $((($(date +%s%N) - begun) / 1000000)) ms"
