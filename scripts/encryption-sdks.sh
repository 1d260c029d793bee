#!/usr/bin/env bash
# Installs the implementations of the Encryption SDK that the tests compare ours with, into target/encryption-sdks: AWS's for
# JavaScript, and the AWS Encryption CLI, which wants an older AWS Encryption SDK for Python than the tests. Once for each lock file.
# AWS's for Rust takes long to build: only `encryption-sdks.sh rust` does.
set -euo pipefail
cd "$(dirname "$0")/.."

SDKS=target/encryption-sdks

javascript() {
    local source=e2e/encryption-sdk-node installed=$SDKS/node
    mkdir -p "$installed"
    cp "$source/driver.mjs" "$installed/"
    if ! cmp -s "$source/package-lock.json" "$installed/node_modules/installed-lock.json"; then
        echo "encryption-sdks: installing the AWS Encryption SDK for JavaScript (once)"
        cp "$source/package.json" "$source/package-lock.json" "$installed/"
        npm ci --prefix "$installed" --ignore-scripts --no-audit --no-fund --loglevel=error
        # Written last: it says that all is there.
        cp "$source/package-lock.json" "$installed/node_modules/installed-lock.json"
    fi
}

cli() {
    local requirements=e2e/encryption-sdk-cli/requirements.txt venv=$SDKS/cli
    if ! cmp -s "$requirements" "$venv/requirements.txt"; then
        echo "encryption-sdks: installing the AWS Encryption CLI (once)"
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
        # Written last: it says that all is there.
        cp "$requirements" "$venv/requirements.txt"
    fi
}

rust() {
    CARGO_TARGET_DIR=$SDKS/rust cargo build --locked --quiet --manifest-path e2e/encryption-sdk-rust/Cargo.toml
}

mkdir -p "$SDKS"
case "${1:-}" in
    "")
        javascript
        cli
        ;;
    rust) rust ;;
    *) echo "usage: scripts/encryption-sdks.sh [rust]" >&2 && exit 2 ;;
esac
