#!/usr/bin/env bash
# Everything the web app must pass. Usage: scripts/web_test.sh [build]
#   build   only what the binary needs: the packages, the client's types, the app in web/dist
# TRUEUP_BIN names the binary whose server the browser tests talk to; without it they are refused, not skipped.
set -euo pipefail
cd "$(dirname "$0")/../web"

step() {
    local name=$1
    shift
    printf '\n== web: %s\n' "$name"
    "$@" || {
        printf '\nFAILED: web: %s\n' "$name" >&2
        exit 1
    }
}

node_is_there() {
    node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null && return
    echo 'please install Node 20.19 or later with npm' >&2
    return 1
}

# The same lock file gives the same packages; they are laid anew only when it changed.
packages() {
    local kept=node_modules/.trueup-lock
    cmp -s package-lock.json "$kept" && return
    npm ci --no-audit --no-fund --ignore-scripts
    cp package-lock.json "$kept"
}

# What was generated from another description than the committed one is stale.
fresh() {
    local made
    made=$(mktemp)
    npx --no-install openapi-typescript ../docs/openapi.json --output "$made" --alphabetize >/dev/null
    cmp "$made" src/api/schema.d.ts || {
        rm -f "$made"
        echo 'web/src/api/schema.d.ts is not what docs/openapi.json says; run: npm --prefix web run codegen' >&2
        return 1
    }
    rm -f "$made"
}

# `type -P` looks for files alone: a function of that name would be found by `command -v`.
chromium_is_there() {
    type -P "${CHROMIUM:-chromium}" >/dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
    else
        echo 'please install chromium, or name one with CHROMIUM' >&2
        return 1
    fi
}

step "Node is there" node_is_there
step packages packages
step "the client's types are fresh" fresh
if [ "${1:-}" = build ]; then
    step build npm run --silent build
    exit 0
fi
step types npm run --silent typecheck
step lint npm run --silent lint
step "unit tests" npm run --silent test
step build npm run --silent build
step "size of the home" npm run --silent size
step "Chromium is there" chromium_is_there
CHROMIUM=$(type -P "${CHROMIUM:-chromium}")
export CHROMIUM
: "${TRUEUP_BIN:?names the trueup binary whose server the browser tests talk to}"
step "browser tests" npm run --silent browser
