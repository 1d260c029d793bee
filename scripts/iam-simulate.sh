#!/usr/bin/env bash
# Installs iam-simulate, which the differential test of libs/policy and the test of the authorization tables ask, into
# target/iam-simulate: once for each lock file.
# It is a program that the tests run; nothing of ours contains it or is linked with it.
set -euo pipefail
cd "$(dirname "$0")/.."

SOURCE=e2e/iam-simulate
INSTALLED=target/iam-simulate

mkdir -p "$INSTALLED"
cp "$SOURCE"/*.mjs "$INSTALLED/"
if ! cmp -s "$SOURCE/package-lock.json" "$INSTALLED/node_modules/installed-lock.json"; then
    echo "iam-simulate: installing (once)"
    cp "$SOURCE/package.json" "$SOURCE/package-lock.json" "$INSTALLED/"
    npm ci --prefix "$INSTALLED" --ignore-scripts --no-audit --no-fund --loglevel=error
    # Written last: it says that all is there.
    cp "$SOURCE/package-lock.json" "$INSTALLED/node_modules/installed-lock.json"
fi
