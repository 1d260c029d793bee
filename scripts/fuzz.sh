#!/usr/bin/env bash
# Fuzzes the Encryption SDK: each target for some seconds, or those that are named.
#
#     scripts/fuzz.sh [SECONDS [TARGET...]]
#
# It begins with the corpus and the samples, and leaves what it finds in target/fuzz: new inputs, and a file for each crash.
# `scripts/fuzz.sh minimize` puts what covers anything new into the corpus, and drops
# what covers nothing, unless its name says that it is a regression.
set -euo pipefail
cd "$(dirname "$0")/.."

HOME_OF=libs/encryption-sdk/fuzz
FOUND=$PWD/target/fuzz
SAMPLES=$PWD/libs/encryption-sdk/tests/sdk/samples
TARGETS=(header body decrypt frames)
TRIPLE=x86_64-unknown-linux-gnu
# An input is a message of a few frames.
MAX_LEN=4096

build() {
    if ! cargo +nightly --version >/dev/null 2>&1; then
        echo "fuzz: needs the nightly toolchain: rustup toolchain install nightly --profile minimal" >&2
        exit 1
    fi
    echo "fuzz: building"
    # What cargo-fuzz says as well, which needn't be there then.
    local flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 --cfg fuzzing"
    flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
    flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares"
    RUSTFLAGS=$flags CARGO_TARGET_DIR=$FOUND/build \
        cargo +nightly build --release --locked --quiet --bins --target "$TRIPLE" --manifest-path "$HOME_OF/Cargo.toml"
}

run() {
    local seconds=$1 status=0 target
    shift
    for target in "$@"; do
        mkdir -p "$FOUND/$target" "$FOUND/crashes"
        echo "fuzz: $target for $seconds seconds"
        "$FOUND/build/$TRIPLE/release/$target" -max_total_time="$seconds" -max_len="$MAX_LEN" -timeout=10 -rss_limit_mb=1024 \
            -print_final_stats=1 -verbosity=0 -artifact_prefix="$FOUND/crashes/$target-" \
            "$FOUND/$target" "$HOME_OF/corpus/$target" "$SAMPLES" || status=1
    done
    return "$status"
}

minimize() {
    local target
    for target in "${TARGETS[@]}"; do
        rm -rf "$FOUND/minimized"
        mkdir -p "$FOUND/minimized" "$FOUND/$target"
        "$FOUND/build/$TRIPLE/release/$target" -merge=1 -max_len="$MAX_LEN" -verbosity=0 \
            "$FOUND/minimized" "$HOME_OF/corpus/$target" "$FOUND/$target"
        find "$HOME_OF/corpus/$target" -name 'regression-*' -exec cp {} "$FOUND/minimized" \;
        rm -rf "$HOME_OF/corpus/$target"
        mv "$FOUND/minimized" "$HOME_OF/corpus/$target"
        echo "fuzz: $target has $(find "$HOME_OF/corpus/$target" -type f | wc -l) inputs"
    done
}

build
case "${1:-}" in
    minimize) minimize ;;
    *)
        seconds=${1:-60}
        shift || true
        run "$seconds" "${@:-${TARGETS[@]}}"
        ;;
esac
