#!/usr/bin/env bash
# Runs a command beside a PostgreSQL of its own: in a temporary folder, on a socket there, as a user that is not root; stopped and
# removed when the command ends. The command finds its address in TRUEUP_TEST_POSTGRES.
# Usage: scripts/with_postgres.sh COMMAND…
set -euo pipefail

bin=$(dirname "$(command -v initdb 2>/dev/null || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -1 || true)")
[ -x "$bin/initdb" ] || {
    echo "with_postgres: initdb is missing; install PostgreSQL's server (Debian: postgresql)" >&2
    exit 1
}
folder=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    as=(runuser -u nobody --)
    chown nobody "$folder"
fi
chmod 755 "$folder"

stop() {
    "${as[@]}" "$bin/pg_ctl" --pgdata="$folder/data" --mode=immediate --silent stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT

cd "$folder"
"${as[@]}" "$bin/initdb" --pgdata="$folder/data" --username=trueup --auth=trust --encoding=UTF8 --locale=C >/dev/null
"${as[@]}" "$bin/pg_ctl" --pgdata="$folder/data" --log="$folder/log" --silent --wait start \
    --options="-c listen_addresses='' -c unix_socket_directories=$folder -c max_connections=200"
cd "$OLDPWD"
TRUEUP_TEST_POSTGRES="postgres://trueup@localhost/postgres?host=$folder" "$@"
