"""STS against its service model: every member, with its constraints, of every input of what is served of it."""

import pytest
import service_model
from model_checks import ModelChecks
from stack import Stack

CHECKS = ModelChecks(service_model.model("sts"))
SERVED = ["AssumeRole", "AssumeRoleWithWebIdentity", "DecodeAuthorizationMessage", "GetAccessKeyInfo",
          "GetCallerIdentity", "GetFederationToken", "GetSessionToken"]


@pytest.fixture(scope="module")
def sts_stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


def test_what_is_served_is_what_is_said_to_be(sts_stack):
    assert set(CHECKS.served(sts_stack)) == set(SERVED)


@pytest.mark.parametrize("operation", SERVED)
def test_every_member_of_the_input_is_read(sts_stack, operation):
    assert CHECKS.unread(sts_stack, operation) == []


@pytest.mark.parametrize("operation", SERVED)
def test_every_constraint_of_the_input_is_enforced(sts_stack, operation):
    assert CHECKS.unenforced(sts_stack, operation) == []
