"""Secrets by reference: Parameter Store asks Secrets Manager, and that KMS, each for the caller."""

import json
import uuid

import pytest
from audit import event_of_request, events, request_id
from botocore.exceptions import ClientError
from stack import Stack, wait_for
from test_authorization import code, document, until, user

PREFIX = "/aws/reference/secretsmanager/"


@pytest.fixture(scope="module")
def stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module")
def secret(stack):
    """A secret of two versions under a key of its own."""
    key = stack.client("kms").create_key()["KeyMetadata"]["Arn"]
    secrets, name = stack.client("secretsmanager"), f"prod/{uuid.uuid4().hex[:8]}"
    first = secrets.create_secret(Name=name, SecretString="first value", KmsKeyId=key)
    second = secrets.put_secret_value(SecretId=name, SecretString="second value")
    return {"name": name, "key": key, "arn": first["ARN"], "first": first["VersionId"], "second": second["VersionId"]}


def test_a_secret_is_a_parameter_by_reference(stack, secret):
    ssm, name = stack.client("ssm"), PREFIX + secret["name"]
    parameter = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert (parameter["Name"], parameter["Type"], parameter["Value"]) == (name, "SecureString", "second value")
    assert parameter["ARN"] == secret["arn"] and "Selector" not in parameter
    source = json.loads(parameter["SourceResult"])
    assert {key: source[key] for key in ("ARN", "Name", "VersionId", "SecretString", "VersionStages")} == {
        "ARN": secret["arn"], "Name": secret["name"], "VersionId": secret["second"], "SecretString": "second value",
        "VersionStages": ["AWSCURRENT"]}
    for selector in (secret["first"], "AWSPREVIOUS"):
        parameter = ssm.get_parameter(Name=f"{name}:{selector}", WithDecryption=True)["Parameter"]
        assert (parameter["Value"], parameter["Selector"]) == ("first value", f":{selector}")
    by_cli = stack.aws("ssm", "get-parameter", "--name", name, "--with-decryption", "--query", "Parameter.Value",
                       "--output", "text")
    assert by_cli == "second value"


def test_references_stand_beside_parameters(stack, secret):
    ssm, plain = stack.client("ssm"), f"/plain/{uuid.uuid4()}"
    ssm.put_parameter(Name=plain, Value="v", Type="String")
    names = [PREFIX + secret["name"], plain, PREFIX + "none"]
    got = ssm.get_parameters(Names=names, WithDecryption=True)
    assert [each["Value"] for each in got["Parameters"]] == ["second value", "v"]
    assert got["InvalidParameters"] == [PREFIX + "none"]


def test_what_can_not_be_is_refused_as_on_aws(stack, secret):
    ssm, name = stack.client("ssm"), PREFIX + secret["name"]
    with pytest.raises(ClientError, match="ValidationException.*WithDecryption flag must be True"):
        ssm.get_parameter(Name=name)
    with pytest.raises(ClientError, match=rf"ParameterNotFound.*Secret {PREFIX}none not found"):
        ssm.get_parameter(Name=PREFIX + "none", WithDecryption=True)
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name=f"{name}:NO_SUCH_STAGE", WithDecryption=True)
    with pytest.raises(ClientError, match="AccessDeniedException.*reserved parameter name"):
        ssm.put_parameter(Name=name, Value="v", Type="String", Overwrite=True)


def test_each_service_decides_for_the_caller(stack, secret):
    reference = f"arn:aws:ssm:{stack.region}:000000000000:parameter{PREFIX}{secret['name']}"
    rights = {
        "ssm": {"Action": "ssm:GetParameter", "Resource": reference},
        "secretsmanager": {"Action": "secretsmanager:GetSecretValue", "Resource": secret["arn"]},
        "kms": {"Action": "kms:Decrypt", "Resource": secret["key"]},
    }

    def get(client):
        return client("ssm").get_parameter(Name=PREFIX + secret["name"], WithDecryption=True)

    for lacking in rights:
        _, client = user(stack, document(*(right for service, right in rights.items() if service != lacking)))
        until("AccessDeniedException", lambda: get(client))
        with pytest.raises(ClientError) as refused:
            get(client)
        message = refused.value.response["Error"]["Message"]
        assert ("when referencing Secrets Manager" in message) == (lacking != "ssm"), message
        assert "second value" not in str(refused.value.response)
    _, client = user(stack, document(*rights.values()))
    until(None, lambda: get(client))
    # The key is there through Secrets Manager only where its policy asks for that.
    via = rights["kms"] | {"Condition": {"StringEquals": {"kms:ViaService": f"secretsmanager.{stack.region}.amazonaws.com"}}}
    _, client = user(stack, document(rights["ssm"], rights["secretsmanager"], via))
    until(None, lambda: get(client))
    via = rights["kms"] | {"Condition": {"StringEquals": {"kms:ViaService": f"ssm.{stack.region}.amazonaws.com"}}}
    _, client = user(stack, document(rights["ssm"], rights["secretsmanager"], via))
    assert code(lambda: get(client)) == "AccessDeniedException"


def test_a_session_of_a_role_reaches_its_secrets_too(stack, secret):
    iam, name = stack.client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    actions = ["ssm:GetParameter", "secretsmanager:GetSecretValue", "kms:Decrypt"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document({"Action": actions}))
    session = stack.client("sts").assume_role(RoleArn=role, RoleSessionName="reader")["Credentials"]
    ssm = stack.client("ssm", aws_access_key_id=session["AccessKeyId"],
                       aws_secret_access_key=session["SecretAccessKey"], aws_session_token=session["SessionToken"])
    parameter = ssm.get_parameter(Name=PREFIX + secret["name"], WithDecryption=True)["Parameter"]
    assert parameter["Value"] == "second value"


def test_all_three_services_record_the_caller(stack, secret):
    reading = stack.client("ssm").get_parameter(Name=PREFIX + secret["name"], WithDecryption=True)
    first = event_of_request(stack, "GetParameter", request_id(reading), 5)
    assert first["requestParameters"] == {"name": PREFIX + secret["name"], "withDecryption": True}
    assert "invokedBy" not in first["userIdentity"]

    def by(service, name, resource):
        found = [event for event in events(stack, EventName=name)
                 if event["userIdentity"].get("invokedBy") == service
                 and resource in [each["ARN"] for each in event.get("resources", [])]]
        return found and found[0]
    fetched = wait_for("the GetSecretValue", 5, lambda: by("ssm.amazonaws.com", "GetSecretValue", secret["arn"]))
    opened = wait_for("the Decrypt", 5, lambda: by("secretsmanager.amazonaws.com", "Decrypt", secret["key"]))
    for record in (fetched, opened):
        assert record["userIdentity"]["userName"] == "admin"
        assert record["sourceIPAddress"] == record["userIdentity"]["invokedBy"]
        assert "second value" not in json.dumps(record)
