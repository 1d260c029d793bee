"""Parameter Store against the service model of SSM: every member, with its constraints, of every input of what is served of it."""

import pytest
import service_model
from model_checks import ModelChecks
from stack import Stack

CHECKS = ModelChecks(service_model.model("ssm"))
SERVED = [
    "AddTagsToResource", "DeleteParameter", "DeleteParameters", "DeleteResourcePolicy", "DescribeParameters", "GetParameter",
    "GetParameterHistory", "GetParameters", "GetParametersByPath", "GetResourcePolicies", "GetServiceSetting",
    "LabelParameterVersion", "ListTagsForResource", "PutParameter", "PutResourcePolicy", "RemoveTagsFromResource",
    "ResetServiceSetting", "UnlabelParameterVersion", "UpdateServiceSetting",
]
# A policy may have more than one line, although the pattern of the model says otherwise; it may not be blank.
NOT_ENFORCED = {("PutResourcePolicy", ("Policy",), "pattern")}


@pytest.fixture(scope="module")
def ssm_stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


def test_what_is_served_is_what_is_said_to_be(ssm_stack):
    assert set(CHECKS.served(ssm_stack)) == set(SERVED)


@pytest.mark.parametrize("operation", SERVED)
def test_every_member_of_the_input_is_read(ssm_stack, operation):
    assert CHECKS.unread(ssm_stack, operation) == []


@pytest.mark.parametrize("operation", SERVED)
def test_every_constraint_of_the_input_is_enforced(ssm_stack, operation):
    broken = CHECKS.unenforced(ssm_stack, operation)
    assert [each for each in broken if (operation, each[0], each[1]) not in NOT_ENFORCED] == []
