"""IAM against its service model: every member, with its constraints, of every input of what is served of it."""

import pytest
import service_model
from iam_operations import SERVED
from model_checks import ModelChecks
from stack import Stack

CHECKS = ModelChecks(service_model.model("iam"))


@pytest.fixture(scope="module")
def iam_stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


def test_what_is_served_is_what_is_said_to_be(iam_stack):
    assert set(CHECKS.served(iam_stack)) == set(SERVED)


@pytest.mark.parametrize("operation", SERVED)
def test_every_member_of_the_input_is_read(iam_stack, operation):
    assert CHECKS.unread(iam_stack, operation) == []


@pytest.mark.parametrize("operation", SERVED)
def test_every_constraint_of_the_input_is_enforced(iam_stack, operation):
    assert CHECKS.unenforced(iam_stack, operation) == []
