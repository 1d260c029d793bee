"""Fixtures: one running stack for the embedded event source, and one for a real Kafka."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from broker import brokers_or_skip  # noqa: E402
from stack import Stack  # noqa: E402


@pytest.fixture(scope="session", params=["embedded", "kafka"])
def stack(request):
    brokers = brokers_or_skip() if request.param == "kafka" else None
    running = Stack(brokers)
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module", params=["embedded", "kafka"])
def brokers(request):
    """For the stack of one module: none, or those of a real Kafka."""
    return brokers_or_skip() if request.param == "kafka" else None


@pytest.fixture(params=["embedded", "kafka"])
def own_stack(request):
    """A stack that a test may break."""
    brokers = brokers_or_skip() if request.param == "kafka" else None
    running = Stack(brokers)
    try:
        yield running
    finally:
        running.remove()


@pytest.fixture
def embedded_stack():
    """A stack that a test may break, without a broker."""
    running = Stack()
    try:
        yield running
    finally:
        running.remove()
