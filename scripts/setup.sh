#!/usr/bin/env bash
# Installs what is missing and nothing else. Usage: scripts/setup.sh build [test]
#   build   a C compiler, make, and Rust's formatter and linter
#   test    cargo-nextest, PostgreSQL's server, and the Python packages the tests read our output with
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/trueup
nextest_version=0.9.143
requirements=tests/python/requirements.txt

fail() {
    echo "setup: $1" >&2
    exit 1
}

# Debian packages are installed only by root and only on a Debian-like system; elsewhere we say what is missing.
apt_install() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "setup: installing $*"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    else
        fail "please install: $*"
    fi
}

setup_build() {
    command -v cargo >/dev/null || fail "please install Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or later (rustup.rs)"
    local packages=()
    command -v cc >/dev/null || packages+=(gcc libc6-dev)
    command -v make >/dev/null || packages+=(make)
    [ "${#packages[@]}" = 0 ] || apt_install "${packages[@]}"
    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt || fail "please install rustfmt"
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy || fail "please install clippy"
    take_build_folder
}

# Cargo tells checkouts that share a build folder apart by the times of their files, and would take another checkout's
# newer build for ours. When the folder was last used from elsewhere, our files become the newest.
take_build_folder() {
    local folder=${CARGO_TARGET_DIR:-$cache/target}
    mkdir -p "$folder"
    [ "$(cat "$folder/checkout" 2>/dev/null)" = "$PWD" ] && return
    find . \( -name .git -o -name target -o -name node_modules -o -name .trueup \) -prune -o -type f -exec touch -c {} +
    echo "$PWD" >"$folder/checkout"
}

# The server's programs alone: tests start a server of their own, and Debian would start one for the whole machine.
install_postgres() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ ! -e /etc/postgresql-common ]; then
        mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    fi
    apt_install postgresql
}

setup_test() {
    if ! cargo nextest --version >/dev/null 2>&1; then
        echo "setup: building cargo-nextest $nextest_version (some minutes, once)"
        # Unoptimised builds in a third of the time, and the runner waits for tests anyway.
        cargo install --quiet --locked --debug "cargo-nextest@$nextest_version"
    fi
    setup_python
}

# A folder of Python packages of our own, made again when the pins or the interpreter change.
setup_python() {
    command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || install_postgres
    command -v python3 >/dev/null || apt_install python3 python3-venv
    local stamp
    stamp="$(python3 --version) $(cksum <"$requirements")"
    [ "$(cat "$cache/python/stamp" 2>/dev/null)" = "$stamp" ] && return
    python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
    echo "setup: installing the Python packages of $requirements"
    rm -rf "$cache/python"
    python3 -m venv "$cache/python"
    "$cache/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    echo "$stamp" >"$cache/python/stamp"
}

[ "$#" -gt 0 ] || fail "say what for: build, test"
for what in "$@"; do
    case $what in
    build | test) "setup_$what" ;;
    *) fail "there is no '$what'; say build or test" ;;
    esac
done
