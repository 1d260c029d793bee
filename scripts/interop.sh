#!/usr/bin/env bash
# The Encryption SDK beside every other implementation of it, AWS's for Rust as well, which takes too long to build for each
# `make test`; and with contents of 100 MB both ways. Takes what pytest takes, such as -k.
set -euo pipefail
cd "$(dirname "$0")/.."

export KEYWRIGHT_BIN=${KEYWRIGHT_BIN:-$PWD/target/debug/keywright}
export ENCRYPTION_SDK_INTEROP=thorough

mkdir -p target
scripts/venv.sh
scripts/encryption-sdks.sh
echo "interop: building the AWS Encryption SDK for Rust (the first time takes minutes)"
scripts/encryption-sdks.sh rust
echo "interop: building"
cargo build --locked --quiet -p keywright -p keywright-e2e -p keywright-local-stack --bins
cargo build --locked --quiet -p keywright-encryption-sdk --example raw_keyrings
target/debug/test-stack target/venv/bin/pytest -q -p no:cacheprovider e2e/tests/test_branch_keys.py \
    e2e/tests/test_encryption_sdk*.py "$@"
