"""KMS against its service model: every operation, every member of every input with its constraints."""

import pytest
import service_model
from model_checks import ModelChecks
from stack import Stack

KMS = service_model.model("kms")
CHECKS = ModelChecks(KMS)


@pytest.fixture(scope="module")
def kms_stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


def test_every_operation_is_served(kms_stack):
    assert len(KMS.operation_names) >= 54
    assert set(CHECKS.served(kms_stack)) == set(KMS.operation_names)


@pytest.mark.parametrize("operation", KMS.operation_names)
def test_every_member_of_the_input_is_read(kms_stack, operation):
    assert CHECKS.unread(kms_stack, operation) == []


@pytest.mark.parametrize("operation", KMS.operation_names)
def test_every_constraint_of_the_input_is_enforced(kms_stack, operation):
    assert CHECKS.unenforced(kms_stack, operation) == []
