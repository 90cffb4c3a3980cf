#!/usr/bin/env bash
# Open pages while events are pushed: how long it takes from an event's acknowledgement until the page of its partner is told. A
# thousand partners with a page each, events of all of them, on this machine alone and for at most a minute. TRUEUP_BIN names a
# binary to measure in place of one that is built for it.
set -euo pipefail

if [ -z "${TRUEUP_BIN:-}" ]; then
    cargo build --quiet --locked --release --package trueup
    TRUEUP_BIN="${CARGO_TARGET_DIR:-target}/release/trueup"
fi
partners=${TRUEUP_LIVE_PARTNERS:-1000}
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

"$TRUEUP_BIN" --quiet init "$work/program" > "$work/init.txt"
python3 benches/live.py program "$work/program" "$partners"
"$TRUEUP_BIN" --quiet ingest --program "$work/program" > "$work/ingest.txt"
ulimit -n 8192 2>/dev/null || true
TRUEUP_TOKEN=bench "$TRUEUP_BIN" serve --program "$work/program" --listen 127.0.0.1:0 > "$work/serve.txt" 2> "$work/log.txt" &
server=$!
until grep -q 'http://' "$work/serve.txt"; do sleep 0.05; done
address=$(sed -n 's|.*http://\([^;]*\);.*|\1|p' "$work/serve.txt")
for rate in ${TRUEUP_LIVE_RATES:-100 1000}; do
    python3 benches/live.py load "$address" bench "$partners" "$rate" "${TRUEUP_LIVE_SECONDS:-20}"
done
awk '/VmHWM/ { printf "  most memory %d MiB\n", $2 / 1024 }' "/proc/$server/status"
