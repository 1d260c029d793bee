"""Temporary credentials through boto3 and the AWS CLI, as users come by them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from pathlib import Path

import pytest
from audit import event_of_request, request_id
from botocore.exceptions import ClientError
from oidc_issuer import AUDIENCE, Issuer
from oidc_provider import register
from plain_http import send
from stack import BINARY, Stack, wait_for

ACCOUNT = "000000000000"


def unique(prefix):
    return f"{prefix}{uuid.uuid4().hex[:8]}"


def policy(*actions, effect="Allow", **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": list(actions), "Resource": "*"} | more]})


def trust(principal, *actions, **condition):
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions)}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | condition]})


THE_ACCOUNT = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")


def role(stack, trusting=THE_ACCOUNT, allowing=None):
    """A role's ARN."""
    iam, name = stack.client("iam"), unique("role-")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    if allowing:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=allowing)
    return arn


def as_session(stack, service, answer):
    credentials = answer["Credentials"]
    return stack.client(service, aws_access_key_id=credentials["AccessKeyId"],
                        aws_secret_access_key=credentials["SecretAccessKey"],
                        aws_session_token=credentials["SessionToken"])


def code(refused):
    return refused.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def cluster():
    """A stack, and a cluster's issuer whose certificates it takes."""
    directory = Path(tempfile.mkdtemp(prefix="keywright-oidc-"))
    issuer = Issuer(directory)
    running = Stack(environment={"KEYWRIGHT_WEB_IDENTITY__CA_FILE": str(issuer.ca_file)})
    try:
        running.start()
        running.provider = register(running, issuer, AUDIENCE)
        yield running, issuer
    finally:
        running.remove()
        issuer.close()
        shutil.rmtree(directory, ignore_errors=True)


def web_role(stack, issuer, account="web"):
    subject = f"system:serviceaccount:shop:{account}"
    condition = {"StringEquals": {f"{issuer.name}:sub": subject, f"{issuer.name}:aud": AUDIENCE}}
    trusting = trust({"Federated": stack.provider}, "sts:AssumeRoleWithWebIdentity", Condition=condition)
    return role(stack, trusting, policy("kms:*", "ssm:*"))


def test_a_role_is_assumed_and_its_policies_count(stack):
    arn = role(stack, allowing=policy("kms:ListKeys"))
    answer = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="one", DurationSeconds=900)
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{arn.rsplit('/')[-1]}/one"
    assert answer["AssumedRoleUser"]["Arn"] == session
    who = as_session(stack, "sts", answer).get_caller_identity()
    assert who["Arn"] == session
    kms = as_session(stack, "kms", answer)
    kms.list_keys()
    with pytest.raises(ClientError) as refused:
        kms.create_key()
    assert code(refused) == "AccessDeniedException" and session in str(refused.value)
    event = event_of_request(stack, "AssumeRole", request_id(answer))
    assert event["responseElements"]["credentials"]["accessKeyId"] == answer["Credentials"]["AccessKeyId"]
    for secret in ("SecretAccessKey", "SessionToken"):
        assert answer["Credentials"][secret] not in json.dumps(event)
    info = stack.client("sts").get_access_key_info(AccessKeyId=answer["Credentials"]["AccessKeyId"])
    assert info["Account"] == ACCOUNT


def test_a_session_policy_narrows_what_params_may_do_at_kms_for_the_session(stack):
    arn = role(stack, allowing=policy("*"))
    sts, name = stack.client("sts"), unique("/sts/")
    whole = sts.assume_role(RoleArn=arn, RoleSessionName="whole")
    as_session(stack, "ssm", whole).put_parameter(Name=name, Value="v", Type="SecureString")
    narrow = sts.assume_role(RoleArn=arn, RoleSessionName="narrow", Policy=policy("ssm:*"))
    assert narrow["PackedPolicySize"] > 0
    read = {"Name": name, "WithDecryption": True}
    assert as_session(stack, "ssm", whole).get_parameter(**read)["Parameter"]["Value"] == "v"
    enough = sts.assume_role(RoleArn=arn, RoleSessionName="both", PolicyArns=[
        {"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}])
    assert as_session(stack, "ssm", enough).get_parameter(**read)["Parameter"]["Value"] == "v"
    key = stack.client("kms").create_key()["KeyMetadata"]["KeyId"]
    of_key = unique("/sts/")
    stack.client("ssm").put_parameter(Name=of_key, Value="v", Type="SecureString", KeyId=key)
    with pytest.raises(ClientError):
        as_session(stack, "ssm", narrow).get_parameter(Name=of_key, WithDecryption=True)
    assert as_session(stack, "ssm", whole).get_parameter(Name=of_key, WithDecryption=True)["Parameter"]["Value"] == "v"


def test_a_chain_hands_tags_down_and_abac_sees_them(stack):
    key = stack.client("kms").create_key(Tags=[{"TagKey": "team", "TagValue": "blue"}])["KeyMetadata"]["KeyId"]
    own_team = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    last = role(stack, allowing=policy("kms:DescribeKey", Condition=own_team))
    first = role(stack, allowing=policy("sts:*"))
    for team in ("blue", "red"):
        answer = stack.client("sts").assume_role(
            RoleArn=first, RoleSessionName="first", Tags=[{"Key": "team", "Value": team}], TransitiveTagKeys=["team"],
            SourceIdentity="bob")
        sts = as_session(stack, "sts", answer)
        chained = sts.assume_role(RoleArn=last, RoleSessionName="last")
        assert chained["SourceIdentity"] == "bob"
        kms = as_session(stack, "kms", chained)
        if team == "blue":
            kms.describe_key(KeyId=key)
        else:
            with pytest.raises(ClientError) as refused:
                kms.describe_key(KeyId=key)
            assert code(refused) == "AccessDeniedException"
        with pytest.raises(ClientError) as refused:
            sts.assume_role(RoleArn=last, RoleSessionName="last", DurationSeconds=3601)
        assert code(refused) == "ValidationError"


def test_session_and_federation_tokens(stack):
    sts = stack.client("sts")
    own = sts.get_session_token(DurationSeconds=900)
    me = sts.get_caller_identity()["Arn"]
    assert as_session(stack, "sts", own).get_caller_identity()["Arn"] == me
    as_session(stack, "kms", own).list_keys()
    with pytest.raises(ClientError) as refused:
        as_session(stack, "sts", own).get_session_token()
    assert code(refused) == "AccessDenied"
    federated = sts.get_federation_token(Name="carol", Policy=policy("kms:ListKeys"))
    assert federated["FederatedUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/carol"
    kms = as_session(stack, "kms", federated)
    kms.list_keys()
    for nothing in (lambda: kms.create_key(), lambda: as_session(
            stack, "kms", sts.get_federation_token(Name="carol")).list_keys()):
        with pytest.raises(ClientError) as refused:
            nothing()
        assert code(refused) == "AccessDeniedException"
    with pytest.raises(ClientError) as refused:
        sts.decode_authorization_message(EncodedMessage="abc")
    assert code(refused) == "InvalidAuthorizationMessageException"


def test_the_aws_cli_assumes_a_role_by_its_profile(stack):
    arn = role(stack, allowing=policy("kms:*"))
    keys = {name: stack.credentials[f"AWS_{name.upper()}"] for name in ("access_key_id", "secret_access_key")}
    config = stack.directory / "aws-config"
    config.write_text(f"""[profile base]
aws_access_key_id = {keys["access_key_id"]}
aws_secret_access_key = {keys["secret_access_key"]}
[profile app]
role_arn = {arn}
source_profile = base
role_session_name = cli
""")
    environment = {k: v for k, v in stack.environment().items() if "KEY" not in k}
    environment |= {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "app"}
    aws = str(Path(sys.executable).parent / "aws")
    done = subprocess.run([aws, "sts", "get-caller-identity", "--query", "Arn", "--output", "text"], env=environment,
                          capture_output=True, text=True, timeout=120)
    assert done.stdout.strip().endswith("/cli"), done.stdout + done.stderr


def test_a_revoked_role_is_refused_within_a_second_by_every_service(stack):
    arn = role(stack, allowing=policy("*"))
    name = arn.rsplit("/")[-1]
    answer = stack.client("sts").assume_role(RoleArn=arn, RoleSessionName="one")
    calls = {
        "kms": lambda client: client.list_keys(),
        "ssm": lambda client: client.describe_parameters(),
        "secretsmanager": lambda client: client.list_secrets(),
    }
    clients = {service: as_session(stack, service, answer) for service in calls}
    for service, call in calls.items():
        call(clients[service])
    iam = stack.client("iam")
    iam.delete_role_policy(RoleName=name, PolicyName="own")
    iam.delete_role(RoleName=name)

    def refused(service):
        try:
            calls[service](clients[service])
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None
    for service in calls:
        found = wait_for(f"{service}'s refusal", 1, lambda service=service: refused(service))
        assert found == "UnrecognizedClientException", found


def test_a_service_account_becomes_a_role(cluster):
    stack, issuer = cluster
    arn = web_role(stack, issuer)
    sts = stack.client("sts")
    answer = sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="pod", WebIdentityToken=issuer.token())
    assert answer["SubjectFromWebIdentityToken"] == "system:serviceaccount:shop:web"
    assert answer["Audience"] == AUDIENCE and answer["Provider"] == stack.provider
    as_session(stack, "kms", answer).create_key()
    event = event_of_request(stack, "AssumeRoleWithWebIdentity", request_id(answer))
    assert event["userIdentity"]["type"] == "WebIdentityUser"
    for token, expected in [
        (issuer.token(account="db"), "AccessDenied"),
        (issuer.token(aud="another"), "InvalidIdentityToken"),
        (issuer.token(seconds=-1), "ExpiredTokenException"),
        (issuer.token()[:-4] + "AAAA", "InvalidIdentityToken"),
    ]:
        with pytest.raises(ClientError) as refused:
            sts.assume_role_with_web_identity(RoleArn=arn, RoleSessionName="pod", WebIdentityToken=token)
        assert code(refused) == expected


WHO = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn']); boto3.client('kms').create_key()"


def in_a_pod(stack, **environment):
    """What an application prints that knows of nothing but its environment."""
    base = {k: v for k, v in stack.environment().items() if "KEY" not in k}
    done = subprocess.run([sys.executable, "-c", WHO], env=base | environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_irsas_variables_are_enough_for_boto3(cluster):
    stack, issuer = cluster
    arn = web_role(stack, issuer)
    token = stack.directory / "token"
    token.write_text(issuer.token())
    who = in_a_pod(stack, AWS_ROLE_ARN=arn, AWS_WEB_IDENTITY_TOKEN_FILE=str(token), AWS_ROLE_SESSION_NAME="irsa")
    assert who.endswith(f"assumed-role/{arn.rsplit('/')[-1]}/irsa")


@pytest.fixture
def agent(cluster):
    """`keywright agent` with a role for one service account; its URL."""
    stack, issuer = cluster
    roles = stack.directory / unique("roles-")
    arn = web_role(stack, issuer)
    roles.write_text(f"# roles\nshop/web = {arn}\n")
    process = subprocess.Popen(
        [BINARY, "agent", "--listen", "127.0.0.1:0", "--sts-endpoint", stack.endpoint, "--roles-file", str(roles)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={"PATH": os.environ["PATH"]})
    try:
        line = process.stdout.readline()
        assert "http://" in line, line
        yield line.split()[-1], arn
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_the_agent_gives_a_container_the_role_of_its_service_account(cluster, agent):
    stack, issuer = cluster
    url, arn = agent
    token = stack.directory / "pod-token"
    token.write_text(issuer.token())
    who = in_a_pod(stack, AWS_CONTAINER_CREDENTIALS_FULL_URI=url, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token))
    assert who.endswith(f"assumed-role/{arn.rsplit('/')[-1]}/web-7f9c")

    def ask(authorization=None):
        headers = {"Authorization": authorization} if authorization else {}
        status, text = send(urllib.request.Request(url, headers=headers))
        return status, json.loads(text)
    status, first = ask(token.read_text())
    assert status == 200 and set(first) == {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}
    assert ask(token.read_text())[1] == first, "they are kept for the token"
    assert ask(issuer.token(seconds=601))[1] != first
    for authorization, expected in [
        (None, (401, "MissingAuthenticationToken")),
        ("abc", (400, "InvalidIdentityToken")),
        (issuer.token(account="db"), (404, "ResourceNotFoundException")),
        (issuer.token()[:-4] + "AAAA", (400, "InvalidIdentityToken")),
        (issuer.token(seconds=-1), (400, "ExpiredTokenException")),
    ]:
        status, answer = ask(authorization)
        assert (status, answer["code"]) == expected, answer


def test_the_agent_listens_nowhere_else(cluster):
    stack, _ = cluster
    done = subprocess.run([BINARY, "agent", "--listen", "0.0.0.0:0", "--sts-endpoint", stack.endpoint, "--role-arn", "arn:x"],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and "loopback" in done.stderr
