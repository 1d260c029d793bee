#!/usr/bin/env bash
# Formatting, clippy, and what our dependencies are: licences, sources, duplicates, known vulnerabilities.
set -euo pipefail
cd "$(dirname "$0")/.."

CARGO_DENY_VERSION=0.19.9
TOOLS=$PWD/target/tools

cargo_deny() {
    if [ "$("$TOOLS/bin/cargo-deny" --version 2>/dev/null)" != "cargo-deny $CARGO_DENY_VERSION" ]; then
        echo "lint: building cargo-deny $CARGO_DENY_VERSION (once)"
        # Quick to build rather than quick to run: it runs for a second.
        CARGO_TARGET_DIR=$TOOLS/build CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
            CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
            cargo install --quiet --locked "cargo-deny@$CARGO_DENY_VERSION" --root "$TOOLS"
        rm -rf "$TOOLS/build"
    fi
    "$TOOLS/bin/cargo-deny" --locked "$@"
}

# The advisory database is a git repository: where it cannot be had, that is no fault of the tree.
advisories() {
    if git ls-remote --quiet --exit-code https://github.com/RustSec/advisory-db HEAD >/dev/null 2>&1; then
        cargo_deny check advisories
    else
        echo "lint: NOT CHECKED: known vulnerabilities (the RustSec advisory database cannot be reached)" >&2
    fi
}

echo "lint: cargo fmt"
cargo fmt --all --check
echo "lint: cargo clippy"
cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
echo "lint: cargo deny"
cargo_deny check --hide-inclusion-graph bans licenses sources
advisories
echo "lint: clean"
