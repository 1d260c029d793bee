#!/usr/bin/env bash
# Installs what drives the stack from outside, into target/venv. Once for each list of requirements.
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=target/venv

if ! cmp -s e2e/requirements.txt "$VENV/requirements.txt"; then
    echo "venv: installing the AWS CLI and SDKs for Python into $VENV (once)"
    rm -rf "$VENV"
    python3 -m venv "$VENV"
    "$VENV/bin/pip" install --quiet --disable-pip-version-check -r e2e/requirements.txt
    # Written last: it says that all is there.
    cp e2e/requirements.txt "$VENV/requirements.txt"
fi
