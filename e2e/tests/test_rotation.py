"""Rotation by a function that is written as AWS's are and has a role, and by a built-in one."""

import json
import uuid

import pytest
from audit import events
from botocore.exceptions import ClientError
from rotation_runtime import Runtime
from stack import Stack, wait_for

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:"
RIGHTS = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Resource": "*", "Action": [
        "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage"],
    "Condition": {"StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": FUNCTION + "rotate"}}}]}


@pytest.fixture(scope="module")
def runtime():
    running = Runtime()
    yield running
    running.close()


@pytest.fixture(scope="module")
def stack(runtime):
    running = Stack(environment={
        "KEYWRIGHT_ROTATION_FUNCTIONS__ROTATE__URL": runtime.url, "KEYWRIGHT_ROTATION__RETRY_MS": "10",
        "KEYWRIGHT_ROTATION__INTERVAL_SECONDS": "1"})
    try:
        running.start()
        iam, sts = running.client("iam"), running.client("sts")
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}
        role = iam.create_role(RoleName="rotator", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName="rotator", PolicyName="own", PolicyDocument=json.dumps(RIGHTS))
        session = sts.assume_role(RoleArn=role, RoleSessionName="function")["Credentials"]
        runtime.become(running.endpoint, running.region, session)
        yield running
    finally:
        running.remove()


def made(stack, runtime):
    name = f"db-{uuid.uuid4().hex[:8]}"
    runtime.context["target"].password = "first"
    stack.client("secretsmanager").create_secret(
        Name=name, SecretString=json.dumps({"username": "app", "password": "first"}))
    return name


def current(stack, name):
    return json.loads(stack.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])["password"]


def until_rotated(stack, name, version):
    def rotated():
        described = stack.client("secretsmanager").describe_secret(SecretId=name)
        stages = described["VersionIdsToStages"].get(version, [])
        return "AWSCURRENT" in stages and described.get("LastRotatedDate") and described
    return wait_for("the rotation", 30, rotated)


def test_the_aws_cli_rotates_by_an_unmodified_function(stack, runtime):
    name = made(stack, runtime)
    told = json.loads(stack.aws(
        "secretsmanager", "rotate-secret", "--secret-id", name, "--rotation-lambda-arn", FUNCTION + "rotate",
        "--rotation-rules", '{"ScheduleExpression": "cron(0 8 1 * ? *)", "Duration": "2h"}'))
    described = until_rotated(stack, name, told["VersionId"])
    assert described["RotationRules"] == {"ScheduleExpression": "cron(0 8 1 * ? *)", "Duration": "2h"}
    assert (described["NextRotationDate"].day, described["NextRotationDate"].hour) == (1, 9)
    assert current(stack, name) == runtime.context["target"].password == f"made by {told['VersionId']}"
    recorded = wait_for("its record", 30, lambda: events(stack, EventName="RotationSucceeded"))
    assert any(name in json.dumps(event) for event in recorded)


def test_what_failed_is_taken_up_again_with_the_version_it_has(stack, runtime):
    name, secrets = made(stack, runtime), stack.client("secretsmanager")
    runtime.failing.add("testSecret")
    version = secrets.rotate_secret(
        SecretId=name, RotationLambdaARN=FUNCTION + "rotate", RotationRules={"AutomaticallyAfterDays": 30})["VersionId"]

    def refused():
        with pytest.raises(ClientError) as error:
            secrets.rotate_secret(SecretId=name)
        return error.value.response["Error"]
    assert refused()["Code"] == "InvalidRequestException"
    wait_for("its failure", 30, lambda: [event for event in events(stack, EventName="RotationFailed") if name in json.dumps(event)])
    assert current(stack, name) == "first"
    runtime.failing.clear()
    assert "isn't complete" in refused()["Message"]
    until_rotated(stack, name, version)
    assert current(stack, name) == runtime.context["target"].password


def test_a_built_in_function_rotates_by_the_role_that_is_linked_to_the_service(stack):
    secrets, name = stack.client("secretsmanager"), f"token-{uuid.uuid4().hex[:8]}"
    stack.client("iam").create_service_linked_role(AWSServiceName="secretsmanager.amazonaws.com")
    arn = secrets.create_secret(Name=name, SecretString="first")["ARN"]
    version = secrets.rotate_secret(
        SecretId=name, RotationLambdaARN=FUNCTION + "keywright-generic-random")["VersionId"]
    until_rotated(stack, name, version)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] != "first"

    def by_role():
        found = [event for event in events(stack, EventName="PutSecretValue") if arn in json.dumps(event)]
        return [event["userIdentity"] for event in found if event["userIdentity"]["type"] == "AssumedRole"]
    identity = wait_for("its record", 30, by_role)[0]
    assert identity["sessionContext"]["sessionIssuer"]["userName"] == "AWSServiceRoleForSecretsManager"
    assumed = [event for event in events(stack, EventName="AssumeRole") if event["userIdentity"]["type"] == "AWSService"]
    assert assumed[0]["userIdentity"]["invokedBy"] == "secretsmanager.amazonaws.com"
