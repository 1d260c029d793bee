"""Parameter policies: a webhook hears of what they do, and the parameter is gone at its time."""

import json
import shutil
import tempfile
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from audit import events
from botocore.exceptions import ClientError
from stack import Stack, wait_for
from test_notifications import ACCOUNT, Receiver


@pytest.fixture(scope="module")
def told(brokers):
    directory = Path(tempfile.mkdtemp(prefix="keywright-webhook-"))
    receiver = Receiver(directory)
    running = Stack(brokers, settings="[policies]\ninterval_seconds = 1\n" + receiver.settings)
    try:
        yield running.start(), receiver
    finally:
        running.remove()
        receiver.close()
        shutil.rmtree(directory, ignore_errors=True)


def policy(policy_type, **attributes):
    return {"Type": policy_type, "Version": "1.0", "Attributes": attributes}


def expiration(seconds):
    end = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return policy("Expiration", Timestamp=end.isoformat(timespec="milliseconds").replace("+00:00", "Z"))


def described(ssm, name):
    found = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])["Parameters"]
    return [(each["PolicyType"], json.loads(each["PolicyText"]), each["PolicyStatus"]) for each in found[0]["Policies"]]


def test_a_parameter_expires_and_that_is_told_before_and_then(told):
    stack, receiver = told
    ssm, name = stack.client("ssm"), f"/policies/{uuid.uuid4()}"
    # The notification's time has passed already: it comes at once.
    policies = [expiration(10), policy("ExpirationNotification", Before="1", Unit="Hours")]
    put = ssm.put_parameter(Name=name, Value="hidden-value", Type="SecureString", Tier="Intelligent-Tiering",
                            Description="what it is", Policies=json.dumps(policies))
    assert put["Tier"] == "Advanced"
    assert [(kind, text) for kind, text, _ in described(ssm, name)] == [(each["Type"], each) for each in policies]
    arn = f"arn:aws:ssm:{stack.region}:{ACCOUNT}:parameter{name}"
    actions = wait_for("two actions", 30, lambda: len(found := receiver.told("Parameter Store Policy Action", arn)) == 2 and found)
    assert [action["detail"]["policy-type"] for action in actions] == ["ExpirationNotification", "Expiration"]
    for action, set_policy in zip(actions, reversed(policies)):
        detail = action["detail"]
        assert (detail["parameter-name"], detail["parameter-type"]) == (name, "SecureString")
        assert json.loads(detail["policy-content"]) == set_policy
        assert detail["action-status"] == "Success" and detail["action-reason"]
        assert action["verified"] and action["source"] == "aws.ssm" and action["account"] == ACCOUNT
    changes = wait_for("two changes", 15, lambda: len(found := receiver.told("Parameter Store Change", arn)) == 2 and found)
    assert changes[1]["detail"] == {
        "operation": "Delete", "name": name, "type": "SecureString", "description": "what it is"}
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name=name)
    record, = [event for event in events(stack, EventName="DeleteExpiredParameter")
               if event["resources"][0]["ARN"] == arn]
    assert record["eventType"] == "AwsServiceEvent" and record["userIdentity"]["invokedBy"] == "ssm.amazonaws.com"
    assert "hidden-value" not in json.dumps(receiver.taken)


def test_policies_are_replaced_and_taken_back(told):
    stack, _ = told
    ssm, name = stack.client("ssm"), f"/policies/{uuid.uuid4()}"
    put = {"Name": name, "Value": "v", "Type": "String", "Tier": "Advanced", "Overwrite": True}
    unchanged = policy("NoChangeNotification", After="60", Unit="Days")
    ssm.put_parameter(**put, Policies=json.dumps([unchanged]))
    ssm.put_parameter(**put)
    assert described(ssm, name) == [("NoChangeNotification", unchanged, "Pending")]
    ssm.put_parameter(**put, Policies=json.dumps([expiration(3600)]))
    ssm.put_parameter(**put, Policies="[{}]")
    assert described(ssm, name) == []
    history = ssm.get_parameter_history(Name=name)["Parameters"]
    assert [[each["PolicyType"] for each in version["Policies"]] for version in history] == [
        ["NoChangeNotification"], ["NoChangeNotification"], ["Expiration"], []]


@pytest.mark.parametrize("tier, policies, error", [
    ("Standard", [expiration(86400)], "ValidationException"),
    ("Advanced", [policy("Rotation")], "InvalidPolicyTypeException"),
    ("Advanced", [policy("Expiration", Timestamp="soon")], "InvalidPolicyAttributeException"),
    ("Advanced", [expiration(86400), expiration(86400)], "IncompatiblePolicyException"),
    ("Advanced", [policy("NoChangeNotification", After="1", Unit="Days")] * 11, "PoliciesLimitExceededException"),
])
def test_wrong_policies_are_refused(told, tier, policies, error):
    ssm = told[0].client("ssm")
    with pytest.raises(ClientError) as refused:
        ssm.put_parameter(Name="/policies/wrong", Value="v", Type="String", Tier=tier, Policies=json.dumps(policies))
    assert refused.value.response["Error"]["Code"] == error
    # boto3 knows the error by the service's model.
    assert type(refused.value).__name__ in (error, "ClientError")
