#!/usr/bin/env bash
# A served starter program held to docs/openapi.json by PyPI's schemathesis: every operation is sent what fits its description and what does
# not, and every answer has to be one that is described. Usage: scripts/api_test.sh [SECONDS]
# TRUEUP_BIN names the binary; the one that the tests built where it is not set.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-90}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/trueup
trueup=${TRUEUP_BIN:-${CARGO_TARGET_DIR:-$cache/target}/debug/trueup}
python=${TRUEUP_PYTHON:-$cache/python/bin/python}
config=$PWD/tests/api/schemathesis.toml
work=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT
cd "$work"

# Somebody of many roles, before a program with a closed quarter.
export TRUEUP_PASSWORD='four words are good' TRUEUP_PASSWORD_COST=64:1
{
    "$trueup" --quiet init program
    "$trueup" journal open --program program --by u-17
    "$trueup" --quiet ingest --program program
    for partner in P-100 P-200 P-300; do "$trueup" keys add --custodial "partner/$partner" --program program; done
    "$trueup" agreement propose --all --because 'terms of 2026' --program program
    for partner in P-100 P-200 P-300; do "$trueup" agreement accept --all --for "partner/$partner" --program program; done
    "$trueup" --quiet run --program program
    "$trueup" period calculate --until 2026-Q1 --program program --by u-17
    "$trueup" period approve --total '5440 USD' --program program --by u-4
    "$trueup" period close --program program --by u-17
    "$trueup" people add everybody --role finance --role approver --role program-designer --role administrator --role auditor --program program
} >/dev/null

: >served.txt
"$trueup" serve --program program --listen 127.0.0.1:0 >served.txt 2>log.txt &
server=$!
for _ in $(seq 100); do
    address=$(grep -om1 'http://[0-9.:]*' served.txt || true)
    [ -n "$address" ] && break
    sleep 0.1
done
[ -n "$address" ] || {
    cat log.txt >&2
    exit 1
}

# A token for everything that there is. It does not sign on: what tries to sign on is tried too.
token=$("$python" - "$address" <<'END'
import http.client, json, os, sys

address = sys.argv[1].removeprefix("http://")

def ask(method, path, body=None, **headers):
    connection = http.client.HTTPConnection(address)
    headers["content-type"] = "application/json"
    connection.request(method, path, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    return answer, json.loads(answer.read())

answer, _ = ask("POST", "/v1/session", {"name": "everybody", "password": os.environ["TRUEUP_PASSWORD"]})
cookie = answer.headers["set-cookie"].split(";")[0]
_, described = ask("GET", "/openapi.json")
said = [one for path in described["paths"].values() for one in path.values()]
scopes = sorted({one["x-trueup-operation"] for one in said if "x-trueup-operation" in one})
_, made = ask("POST", "/v1/tokens", {"is_for": "a test", "scopes": scopes, "days": 1}, cookie=cookie)
print(made["token"])
END
)

# One worker: reading a function's source in two threads at once breaks in some versions of Python (CPython issue 106905).
# A stream of events has no end, so it is left out. The seed is that of every run: what is found is found again.
status=0
"$(dirname "$python")/schemathesis" --config-file "$config" run "$address/openapi.json" --header "Authorization: Bearer $token" \
    --exclude-path /v1/events --phases examples,coverage,fuzzing --max-examples 20 --max-time "$seconds" --seed 1 --workers 1 \
    --continue-on-failure --warnings off >found.txt 2>&1 || status=$?
if [ "$status" != 0 ]; then
    cat found.txt >&2
    grep '"event":"fault"' log.txt >&2 || true
    exit 1
fi
grep -E 'Tested:|generated' found.txt
