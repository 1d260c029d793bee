"""The Kafka that the tests share."""

import os

import pytest


def brokers_or_skip():
    brokers = os.environ.get("KEYWRIGHT_TEST_KAFKA")
    if not brokers:
        message = "no Kafka: set KEYWRIGHT_TEST_KAFKA, or run by `make test`"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return brokers
