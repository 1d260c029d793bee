"""KMS against its service model: every operation, every member of every input with its constraints."""

import pytest
import service_model
import signed_json
from stack import Stack

KMS = service_model.model("kms")


@pytest.fixture(scope="module")
def kms_stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


def test_every_operation_is_served(kms_stack):
    missing = [name for name in KMS.operation_names
               if signed_json.post(kms_stack, KMS, name, ["not an object"])[1] == "UnknownOperationException"]
    assert len(KMS.operation_names) >= 54
    assert missing == []


@pytest.mark.parametrize("operation", KMS.operation_names)
def test_every_member_of_the_input_is_read(kms_stack, operation):
    shape = KMS.operation_model(operation).input_shape
    unread = []
    for path, member in service_model.members(shape):
        body = service_model.with_value(shape, path, service_model.of_wrong_type(member))
        _, code, answer = signed_json.post(kms_stack, KMS, operation, body)
        if code != "SerializationException":
            unread.append((path, member.type_name, code, answer))
    assert unread == []


@pytest.mark.parametrize("operation", KMS.operation_names)
def test_every_constraint_of_the_input_is_enforced(kms_stack, operation):
    shape = KMS.operation_model(operation).input_shape
    broken = []
    for name in shape.required_members:
        body = {key: value for key, value in service_model.valid(shape).items() if key != name}
        if (code := signed_json.post(kms_stack, KMS, operation, body)[1]) != "ValidationException":
            broken.append((name, "required", code))
    for path, member in service_model.members(shape):
        for constraint, value in service_model.violations(member):
            body = service_model.with_value(shape, path, value)
            _, code, answer = signed_json.post(kms_stack, KMS, operation, body)
            named = str(path[-1] if path[-1] != 0 else path[-2])
            if code != "ValidationException" or named[1:] not in answer.get("message", ""):
                broken.append((path, constraint, code, answer))
    assert broken == []
