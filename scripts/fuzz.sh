#!/usr/bin/env bash
# Runs each fuzz target for so many minutes, from the corpus in the repository and the texts of the worked examples. Ends
# with an error if a target found something; what it found lies in fuzz/artifacts. Usage: scripts/fuzz.sh MINUTES [TARGET…]
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${1:?usage: scripts/fuzz.sh MINUTES [TARGET…]}
shift
[[ $minutes =~ ^[0-9]+(\.[0-9]+)?$ ]] || {
    echo "fuzz: '$minutes' is no number of minutes" >&2
    exit 2
}
seconds=$(awk -v minutes="$minutes" 'BEGIN { printf "%d", minutes * 60 }')
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || targets=(plan_text formula agreement evaluator)
command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz
# Builds with coverage counters live apart from the ordinary ones.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/trueup/target}/fuzz
seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT

# The texts that a target begins with, besides its corpus.
seed() {
    mkdir -p "$seeds/$1"
    case $1 in
    plan_text) find cases examples -name '*.yaml' -path '*plan*' -size -16k ;;
    agreement) find examples crates/cli/starter -path '*/agreements/*.yaml' ;;
    *) true ;;
    esac | while read -r file; do cp "$file" "$seeds/$1/$(echo "$file" | tr / _)"; done
    if [ "$1" = formula ]; then
        # Every formula that a worked example asks, one a file.
        grep -hoE '(of|formula|pays|gate): .*' -r cases --include='*.yaml' | sed -E 's/^[a-z]+: //; s/[,}].*//' | sort -u |
            split -l 1 - "$seeds/formula/asked_"
    fi
}

failed=0
for target in "${targets[@]}"; do
    seed "$target"
    mkdir -p "fuzz/corpus/$target"
    # No sanitizer: the crates forbid unsafe code, and then the stable compiler will do. Inputs up to 64 KiB; an input may
    # take ten seconds and 2 GiB at most.
    cargo fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "$seeds/$target" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -verbosity=0 || failed=1
done
exit "$failed"
