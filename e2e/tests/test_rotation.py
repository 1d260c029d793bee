"""Rotation by a function that is written as AWS's are and has a role, and by a built-in one."""

import json
import subprocess
import uuid

import pytest
from audit import events
from botocore.exceptions import ClientError
from rotation_runtime import Runtime
from stack import BINARY, Stack, wait_for

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


def status(stack, *words):
    done = subprocess.run([BINARY, "secrets", "status", *words], env=stack.environment(), text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_status_tells_what_failed_and_why_until_it_has_succeeded(stack, runtime):
    name, secrets = made(stack, runtime), stack.client("secretsmanager")

    def entry():
        found = json.loads(status(stack, "--json", "--name", name))
        return found[0] if found else None
    assert (entry()["status"], entry()["lastRotated"], entry()["function"]) == ("not-set-up", None, None)
    runtime.failing.add("testSecret")
    version = secrets.rotate_secret(
        SecretId=name, RotationLambdaARN=FUNCTION + "rotate", RotationRules={"AutomaticallyAfterDays": 30})["VersionId"]
    assert entry()["status"] in ("rotating", "failed")
    failed = wait_for("its failure", 30, lambda: (found := entry())["status"] == "failed" and found)
    assert failed["reason"].startswith("testSecret: the function failed (") and failed["failedAt"] and failed["nextRotation"]
    shown = status(stack, "--failed", "--name", name)
    assert shown.splitlines()[0].split() == ["secret", "rotated", "by", "last", "rotation", "next", "status"]
    assert f"{name}: testSecret: the function failed (" in shown and "never" in shown and "\x1b" not in shown
    runtime.failing.clear()
    with pytest.raises(ClientError):
        secrets.rotate_secret(SecretId=name)
    until_rotated(stack, name, version)
    well = wait_for("its success", 30, lambda: (found := entry())["status"] == "well" and found)
    assert well["lastRotated"] and well["reason"] is None
    assert name not in status(stack, "--failed")
    secrets.cancel_rotate_secret(SecretId=name)
    assert entry()["status"] == "off"


def test_status_needs_no_right_to_read_the_trail(stack):
    iam, user = stack.client("iam"), f"u{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "secretsmanager:ListSecrets", "Resource": "*"}]}))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    stack.client("secretsmanager").create_secret(Name=f"plain-{user}", SecretString="x")
    done = subprocess.run(
        [BINARY, "secrets", "status", "--name", f"plain-{user}"], text=True, capture_output=True, timeout=60,
        env=stack.environment(AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"]))
    assert done.returncode == 0 and "not set up" in done.stdout, done.stderr
    assert "can't be told" in done.stderr and "cloudtrail:LookupEvents" in done.stderr


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
