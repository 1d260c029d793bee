#!/usr/bin/env bash
# Checks for what the machine must have, by group: build, run, test. As root on Debian it installs what is missing;
# elsewhere it prints the command and fails. Looks for the things themselves rather than for packages: they may have
# come another way.
set -euo pipefail

missing=()
need() { missing+=("$@"); }

has() { command -v "$1" >/dev/null; }

# The tests' iam-simulate is written for it.
node_is_new_enough() {
    has node && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ]
}

java_is_new_enough() {
    local version
    version=$("${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${version:-0}" -ge 17 ]
}

postgres_is_here() {
    [ -n "${PG_BIN:-}" ] || has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ||
        compgen -G '/usr/pgsql-*/bin/initdb' >/dev/null
}

softhsm_is_here() {
    has softhsm2-util && { [ -n "${SOFTHSM2_MODULE:-}" ] || compgen -G '/usr/lib*/softhsm/libsofthsm2.so' >/dev/null ||
        compgen -G '/usr/lib*/pkcs11/libsofthsm2.so' >/dev/null ||
        compgen -G '/usr/local/lib/softhsm/libsofthsm2.so' >/dev/null; }
}

check_build() {
    if ! has cargo; then
        echo "cargo not found: install Rust from https://rustup.rs" >&2
        exit 1
    fi
    { has cc && has c++ && has make; } || need build-essential
    if has pkg-config; then
        pkg-config --exists openssl || need libssl-dev
        pkg-config --exists zlib || need zlib1g-dev
    else
        need pkg-config libssl-dev zlib1g-dev
    fi
}

check_run() {
    postgres_is_here || need postgresql
    has setpriv || need util-linux
}

check_test() {
    java_is_new_enough || need default-jre-headless
    has mvn || need maven
    python3 -c 'import ensurepip, venv' 2>/dev/null || need python3 python3-venv
    has go || need golang-go
    node_is_new_enough || need nodejs
    has npm || need npm
    has openssl || need openssl
    softhsm_is_here || need softhsm2
    { has mariadbd || [ -x /usr/sbin/mariadbd ]; } || need mariadb-server-core
    has redis-server || need redis-server
}

install() {
    echo "installing ${missing[*]}" >&2
    # Keywright runs a cluster of its own; the package shall not start another.
    local no_cluster=/etc/postgresql-common/createcluster.conf
    if [[ " ${missing[*]} " == *" postgresql "* && ! -e $no_cluster ]]; then
        mkdir -p "$(dirname "$no_cluster")"
        echo "create_main_cluster = false" >"$no_cluster"
    fi
    # Nor shall it start a Redis on its usual port.
    local redis_unit=/etc/systemd/system/redis-server.service
    if [[ " ${missing[*]} " == *" redis-server "* && ! -e $redis_unit ]]; then
        mkdir -p "$(dirname "$redis_unit")"
        ln -s /dev/null "$redis_unit"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "${missing[@]}" >/dev/null
}

for group in "$@"; do
    "check_$group"
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
elif has apt-get && [ "$(id -u)" -eq 0 ]; then
    install
else
    echo "missing on this machine. On Debian, run:" >&2
    echo "    sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi
