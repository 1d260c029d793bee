"""Who may do what, decided across accounts, services and sessions, as users of AWS write it."""

import json
import re
import subprocess
import time
import uuid

import pytest
from botocore.exceptions import ClientError
from stack import BINARY, Stack, wait_for

HOME = "000000000000"


@pytest.fixture(scope="module")
def stack():
    running = Stack()
    try:
        yield running.start()
    finally:
        running.remove()


def keywright(stack, *words, expect=0):
    done = subprocess.run([BINARY, *words], env=stack.environment(), text=True, capture_output=True, timeout=60)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def other(stack):
    """Another account: its id, and clients as its root user."""
    return stack.other_account("other")


def unique(prefix):
    return f"{prefix}{uuid.uuid4().hex[:8]}"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Resource": "*"} | statement for statement in statements]})


def user(stack, policy=None, iam=None, tags=()):
    """A new user's name and a maker of clients."""
    iam, name = iam or stack.client("iam"), unique("user-")
    iam.create_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in tags])
    if policy:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def client(service):
        return stack.client(service, aws_access_key_id=key["AccessKeyId"],
                            aws_secret_access_key=key["SecretAccessKey"])
    return name, client


def code(action):
    """The error's code; none if it succeeds."""
    try:
        action()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def until(expected, action):
    """A change is felt within a second; the calls themselves take their time on a busy machine."""
    began = time.monotonic()
    wait_for(f"the answer {expected}", 10, lambda: code(action) == expected)
    return time.monotonic() - began


def test_a_key_is_used_across_accounts_only_if_both_sides_allow(stack, other):
    account, as_root = other
    kms = stack.client("kms")
    own = {"Sid": "own", "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}, "Action": "kms:*"}
    shared = {"Sid": "other", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": ["kms:Encrypt", "kms:Decrypt"]}
    arn = kms.create_key(Policy=document(own))["KeyMetadata"]["Arn"]
    name, client = user(stack, iam=as_root("iam"))
    theirs = client("kms")
    assert code(lambda: theirs.encrypt(KeyId=arn, Plaintext=b"x")) == "AccessDeniedException"
    kms.put_key_policy(KeyId=arn, Policy=document(own, shared))
    assert code(lambda: theirs.encrypt(KeyId=arn, Plaintext=b"x")) == "AccessDeniedException", "its own side allows nothing"
    allow = document({"Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": arn})
    as_root("iam").put_user_policy(UserName=name, PolicyName="key", PolicyDocument=allow)
    assert until(None, lambda: theirs.encrypt(KeyId=arn, Plaintext=b"x")) < 5
    assert code(lambda: theirs.describe_key(KeyId=arn)) == "AccessDeniedException"
    kms.put_key_policy(KeyId=arn, Policy=document(own))
    until("AccessDeniedException", lambda: theirs.encrypt(KeyId=arn, Plaintext=b"x"))


def test_a_grant_lets_a_role_of_another_account_in(stack, other):
    account, as_root = other
    iam, kms, name = as_root("iam"), stack.client("kms"), unique("role-")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    _, client = user(stack, document({"Action": "sts:AssumeRole", "Resource": role}), iam=iam)
    session = client("sts").assume_role(RoleArn=role, RoleSessionName="app")["Credentials"]
    theirs = stack.client("kms", aws_access_key_id=session["AccessKeyId"],
                          aws_secret_access_key=session["SecretAccessKey"], aws_session_token=session["SessionToken"])
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    context = {"app": "a"}
    encrypt = lambda **more: theirs.encrypt(KeyId=arn, Plaintext=b"x", **more)  # noqa: E731
    assert code(lambda: encrypt(EncryptionContext=context)) == "AccessDeniedException"
    grant = kms.create_grant(KeyId=arn, GranteePrincipal=role, Operations=["Encrypt"],
                             Constraints={"EncryptionContextSubset": context})
    until(None, lambda: encrypt(EncryptionContext=context | {"more": "b"}))
    assert code(lambda: encrypt(EncryptionContext={"app": "b"})) == "AccessDeniedException"
    assert code(lambda: theirs.generate_data_key(KeyId=arn, KeySpec="AES_256")) == "AccessDeniedException"
    kms.revoke_grant(KeyId=arn, GrantId=grant["GrantId"])
    until("AccessDeniedException", lambda: encrypt(EncryptionContext=context))


def test_a_key_serves_only_through_parameter_store_for_one_encryption_context(stack):
    kms, region = stack.client("kms"), stack.region
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    name = f"/{unique('app')}/password"
    parameter = f"arn:aws:ssm:{region}:{HOME}:parameter{name}"
    stack.client("ssm").put_parameter(Name=name, Type="SecureString", KeyId=arn, Value="secret")
    _, client = user(stack, document(
        {"Action": "ssm:GetParameter", "Resource": parameter},
        {"Action": "kms:Decrypt", "Resource": arn, "Condition": {"StringEquals": {
            "kms:ViaService": f"ssm.{region}.amazonaws.com", "kms:EncryptionContext:PARAMETER_ARN": parameter}}}))
    answer = client("ssm").get_parameter(Name=name, WithDecryption=True)
    assert answer["Parameter"]["Value"] == "secret"
    blob = kms.encrypt(KeyId=arn, Plaintext=b"x", EncryptionContext={"PARAMETER_ARN": parameter})["CiphertextBlob"]
    direct = lambda: client("kms").decrypt(CiphertextBlob=blob, EncryptionContext={"PARAMETER_ARN": parameter})  # noqa: E731
    assert code(direct) == "AccessDeniedException", "not but through the service"

    _, client = user(stack, document(
        {"Action": "ssm:GetParameter", "Resource": parameter},
        {"Action": "kms:Decrypt", "Resource": arn, "Condition": {"StringEquals": {
            "kms:EncryptionContext:PARAMETER_ARN": "arn:aws:ssm:other"}}}))
    refused = code(lambda: client("ssm").get_parameter(Name=name, WithDecryption=True))
    assert refused == "AccessDeniedException", "of another parameter"


def test_principals_reach_the_parameters_below_their_teams_path(stack):
    ssm = stack.client("ssm")
    for team in ["blue", "red"]:
        ssm.put_parameter(Name=f"/{team}/url", Type="String", Value=team, Overwrite=True)
    allow = document({"Action": "ssm:GetParameter",
                      "Resource": f"arn:aws:ssm:*:{HOME}:parameter/${{aws:PrincipalTag/team}}/*"})
    name, client = user(stack, allow, tags=[("team", "blue")])
    theirs = client("ssm")
    assert theirs.get_parameter(Name="/blue/url")["Parameter"]["Value"] == "blue"
    assert code(lambda: theirs.get_parameter(Name="/red/url")) == "AccessDeniedException"
    stack.client("iam").tag_user(UserName=name, Tags=[{"Key": "team", "Value": "red"}])
    until(None, lambda: theirs.get_parameter(Name="/red/url"))
    assert code(lambda: theirs.get_parameter(Name="/blue/url")) == "AccessDeniedException"
    _, untagged = user(stack, allow)
    assert code(lambda: untagged("ssm").get_parameter(Name="/blue/url")) == "AccessDeniedException"


def test_a_revoked_principal_is_refused_within_a_second_by_every_service(stack):
    name, client = user(stack, document({"Action": "*"}))
    calls = {
        "kms": lambda c: c.list_keys(Limit=1), "ssm": lambda c: c.describe_parameters(MaxResults=1),
        "secretsmanager": lambda c: c.list_secrets(MaxResults=1), "cloudtrail": lambda c: c.lookup_events(MaxResults=1),
        "iam": lambda c: c.list_users(MaxItems=1), "sts": lambda c: c.get_caller_identity(),
    }
    clients = {service: client(service) for service in calls}
    for service, call in calls.items():
        call(clients[service])
    iam = stack.client("iam")
    key = iam.list_access_keys(UserName=name)["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
    time.sleep(1)
    refused = {service: code(lambda call=call, service=service: call(clients[service])) for service, call in calls.items()}
    assert set(refused.values()) <= {"UnrecognizedClientException", "InvalidClientTokenId"}, refused


def test_a_closed_account_may_nothing(stack):
    account, client = stack.other_account("closing")
    sts = client("sts")
    assert sts.get_caller_identity()["Account"] == account
    assert re.search(rf"{account}  Active  closing", keywright(stack, "admin", "account", "list"))
    keywright(stack, "admin", "account", "close", account)
    until("InvalidClientTokenId", sts.get_caller_identity)
    assert re.search(rf"{account}  Closed  closing", keywright(stack, "admin", "account", "list"))


def test_a_decision_is_explained_step_by_step(stack):
    kms = stack.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    name, client = user(stack, document(
        {"Sid": "viaSsm", "Action": "kms:Decrypt", "Condition": {"StringEquals": {"kms:ViaService": "ssm.amazonaws.com"}}}))
    principal = f"arn:aws:iam::{HOME}:user/{name}"

    def explain(*more, action="kms:Decrypt"):
        return keywright(stack, "admin", "explain", "--principal", principal, "--action", action, "--resource", arn, *more)

    refused = explain()
    assert refused.strip().endswith("refused"), refused
    assert "StringEquals on kms:ViaService does not hold" in refused, refused
    allowed = explain("--context", "kms:ViaService=ssm.amazonaws.com")
    assert allowed.strip().endswith("allowed"), allowed
    assert "identity-based policy" in allowed and "own#viaSsm" in allowed, allowed
    kms.create_grant(KeyId=arn, GranteePrincipal=principal, Operations=["Decrypt"])
    granted = explain()
    assert "a grant allows the principal itself" in granted and granted.strip().endswith("allowed"), granted
    unknown = keywright(stack, "admin", "explain", "--principal", f"arn:aws:iam::{HOME}:user/no", "--action", "kms:Decrypt",
                        expect=1)
    assert "NoSuchEntity" in unknown
