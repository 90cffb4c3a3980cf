#!/usr/bin/env bash
# Runs the generated tests with new seeds and many cases until the time is over, and adds one line to
# docs/reliability.md. Usage: scripts/torture.sh HOURS (0.5 is half an hour); PROPTEST_CASES states the cases a law.
set -euo pipefail
cd "$(dirname "$0")/.."

hours=${1:?usage: scripts/torture.sh HOURS}
[[ $hours =~ ^[0-9]+(\.[0-9]+)?$ ]] || {
    echo "torture: '$hours' is no number of hours" >&2
    exit 2
}
export PROPTEST_CASES=${PROPTEST_CASES:-4096}
page=docs/reliability.md
commit=$(git rev-parse --short=10 HEAD)$(git diff --quiet HEAD || echo "+changes")
log=$(mktemp)
trap 'rm -f "$log"' EXIT

filter=$(cargo xtask generated-tests)
cargo nextest run --locked --workspace --no-run
until=$(awk -v now="$(date +%s)" -v hours="$hours" 'BEGIN { printf "%d", now + hours * 3600 }')

rounds=0 run=0 failed=0 seed_to_keep=
# The round that runs when the time is over is finished: half a round proves nothing.
while [ "$rounds" = 0 ] || [ "$(date +%s)" -lt "$until" ]; do
    seed=$(od -An -N8 -tu8 /dev/urandom | tr -d ' ')
    rounds=$((rounds + 1))
    echo "torture: round $rounds, PROPTEST_CASES=$PROPTEST_CASES PROPTEST_RNG_SEED=$seed"
    ended=0
    PROPTEST_RNG_SEED=$seed cargo nextest run --locked --workspace --profile torture --no-tests=fail -E "$filter" 2>&1 |
        tee "$log" || ended=$?
    # "Summary [ 1.2s] 70 tests run: 69 passed, 1 failed, 3 skipped"
    summary=$(grep -E 'Summary \[' "$log" | tail -1)
    in_round=$(sed -nE 's/.* ([0-9]+)(\/[0-9]+)? tests? run:.*/\1/p' <<<"$summary")
    bad=$(sed -nE 's/.* run: ([0-9]+) passed.*/\1/p' <<<"$summary")
    bad=$((${in_round:-0} - ${bad:-0}))
    [ "$ended" = 0 ] || [ "$bad" -gt 0 ] || bad=1
    run=$((run + ${in_round:-0}))
    [ "$failed" -gt 0 ] || seed_to_keep=$seed
    failed=$((failed + bad))
done

echo "| $(date -u +%F) | $commit | $hours | $rounds | $PROPTEST_CASES | $run | $failed | $seed_to_keep |" >>"$page"
tail -1 "$page"
[ "$failed" = 0 ]
