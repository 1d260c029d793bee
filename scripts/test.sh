#!/usr/bin/env bash
# Every test, unit to end-to-end, on one Postgres and one Kafka that are started for this run.
set -euo pipefail
cd "$(dirname "$0")/.."

export RUST_BACKTRACE=${RUST_BACKTRACE:-1}
export KEYWRIGHT_BIN=${KEYWRIGHT_BIN:-$PWD/target/debug/keywright}
SKIPPED=target/skipped-tests.txt
PYTEST_RESULTS=target/pytest.xml
VENV=target/venv

main() {
    mkdir -p target
    rm -f "$SKIPPED" "$PYTEST_RESULTS"
    scripts/venv.sh
    # helm takes minutes to build: better here, with its line, than inside a test, which calls it again and fails with why.
    scripts/go-tools.sh || true
    # As the tests do that ask them.
    scripts/iam-simulate.sh || true
    scripts/encryption-sdks.sh || true
    echo "test: building (the first time takes minutes)"
    cargo test --workspace --locked --quiet --no-run
    local status=0
    target/debug/test-stack "$0" on-the-stack || status=$?
    report_skipped || status=1
    if [ "$status" -ne 0 ]; then
        echo "test: FAILED"
    else
        echo "test: passed"
    fi
    return "$status"
}

# Called by test-stack, which has set where Postgres and Kafka are.
on_the_stack() {
    local status=0
    echo "test: cargo test"
    cargo test --workspace --locked --no-fail-fast || status=1
    echo "test: pytest e2e"
    "$VENV/bin/pytest" -q -p no:cacheprovider --junit-xml="$PYTEST_RESULTS" e2e || status=1
    return "$status"
}

# Rust tests name themselves in a file, pytest in its results. Under CI=true a skip is a failure.
report_skipped() {
    if [ -f "$PYTEST_RESULTS" ]; then
        python3 - "$PYTEST_RESULTS" >>"$SKIPPED" <<'PYTHON'
import sys
from xml.etree import ElementTree

for case in ElementTree.parse(sys.argv[1]).iter("testcase"):
    for skipped in case.iter("skipped"):
        print(f"SKIPPED: {case.get('classname')}.{case.get('name')}: {skipped.get('message')}")
PYTHON
    fi
    local count=0
    if [ -s "$SKIPPED" ]; then
        count=$(wc -l <"$SKIPPED")
        cat "$SKIPPED"
    fi
    echo "test: $count skipped"
    [ "$count" -eq 0 ] || [ "${CI:-}" != true ]
}

case "${1:-}" in
    "") main ;;
    on-the-stack) on_the_stack ;;
    *) echo "usage: scripts/test.sh" >&2 && exit 2 ;;
esac
