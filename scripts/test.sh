#!/usr/bin/env bash
# Everything a change must pass, or with `lint` the rules and the formatting alone. Ends at the first failure.
set -euo pipefail
cd "$(dirname "$0")/.."

pure=(--package trueup-base --package trueup-plan --package trueup-engine --package trueup-prove --package trueup-journal --package trueup-books --package trueup-program --package trueup-exports)
times=()

step() {
    local name=$1 begun=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    "$@" || {
        printf '\nFAILED: %s\n' "$name" >&2
        exit 1
    }
    times+=("$(printf '%5d s  %s' $((SECONDS - begun)) "$name")")
}

lint() {
    step "rules of the house" cargo xtask tidy
    step "formatting" cargo fmt --all --check
    step "clippy" cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
    step "doc comments" env RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --workspace --no-deps
}

# Where cargo put the binary that the tests before built.
binary() {
    echo "${CARGO_TARGET_DIR:-target}/debug/trueup"
}

# Generated tests see the same cases every time, and then new ones whose seed is printed.
generated_again() {
    local seed
    seed=$(od -An -N8 -tu8 /dev/urandom | tr -d ' ')
    echo "PROPTEST_RNG_SEED=$seed"
    PROPTEST_RNG_SEED=$seed cargo nextest run --locked --workspace --no-tests=fail -E "$(cargo xtask generated-tests)"
}

# The binary takes the web app in, so the app is built before whatever builds the binary.
step "the web app, built" scripts/web_test.sh build
lint
if [ "${1:-}" != lint ]; then
    step "tests" env PROPTEST_RNG_SEED=1 scripts/with_postgres.sh cargo nextest run --locked --workspace
    step "generated tests, new seed" generated_again
    step "doc examples" cargo test --quiet --locked --doc "${pure[@]}"
    step "the command, from outside" scripts/test_command.sh
    step "the API, held to its description" env TRUEUP_BIN="$(binary)" scripts/api_test.sh
    step "the web app, in a browser" env TRUEUP_BIN="$(binary)" scripts/web_test.sh
fi
printf '\n'
printf '%s\n' "${times[@]}"
