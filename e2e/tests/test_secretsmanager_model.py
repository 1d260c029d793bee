"""Secrets Manager against its service model: every member, with its constraints, of every input of what is served of it."""

import pytest
import service_model
from model_checks import ModelChecks
from stack import Stack

CHECKS = ModelChecks(service_model.model("secretsmanager"))
SERVED = [
    "BatchGetSecretValue", "CancelRotateSecret", "CreateSecret", "DeleteResourcePolicy", "DeleteSecret", "DescribeSecret",
    "GetRandomPassword", "GetResourcePolicy", "GetSecretValue", "ListSecretVersionIds", "ListSecrets",
    "PutResourcePolicy", "PutSecretValue", "RemoveRegionsFromReplication", "ReplicateSecretToRegions", "RestoreSecret",
    "RotateSecret", "StopReplicationToReplica", "TagResource", "UntagResource", "UpdateSecret", "UpdateSecretVersionStage", "ValidateResourcePolicy",
]


@pytest.fixture(scope="module")
def secrets_stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


def test_what_is_served_is_what_is_said_to_be(secrets_stack):
    assert set(CHECKS.served(secrets_stack)) == set(SERVED)


@pytest.mark.parametrize("operation", SERVED)
def test_every_member_of_the_input_is_read(secrets_stack, operation):
    assert CHECKS.unread(secrets_stack, operation) == []


@pytest.mark.parametrize("operation", SERVED)
def test_every_constraint_of_the_input_is_enforced(secrets_stack, operation):
    assert CHECKS.unenforced(secrets_stack, operation) == []
