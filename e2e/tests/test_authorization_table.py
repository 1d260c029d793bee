"""Every operation of every service is authorized by its documented actions on its documented resources, with its documented
condition keys: the tables of e2e/authorization, held to what is served and to who really may call it."""

import json
import re
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest
import service_model
from authorization_table import Request, Table, chosen, document, exact, if_key, without_action, without_resource
from authorized_data import ParameterRequests, SecretRequests, TrailRequests
from authorized_identity import IamRequests, StsRequests
from authorized_kms import KmsRequests
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from enclave import Enclave
from model_checks import ModelChecks
from oidc_issuer import AUDIENCE, Issuer
from oidc_provider import register
from stack import Stack
from xks_proxy import XksProxy

TABLES = {service: Table(service) for service in ("kms", "iam", "sts", "ssm", "secretsmanager", "cloudtrail")}
# Whom an identity provider vouches for is no user: the role's trust policy decides alone.
BY_TRUST = ("sts", "AssumeRoleWithWebIdentity")
ROWS = [(service, operation) for service, table in TABLES.items()
        for operation in sorted(table.operations() - set(table.open)) if (service, operation) != BY_TRUST]
REFUSED = {"AccessDenied", "AccessDeniedException"}
ROOT = Path(__file__).parents[2]
# What is answered where the test's request doesn't succeed although it is allowed.
ANSWERS = {
    **{name: "UnsupportedOperationException" for name in (
        "CreateTrail", "DeleteTrail", "PutEventSelectors", "StartLogging", "StopLogging", "UpdateTrail")},
    "CancelQuery": "InactiveQueryException", "GetInsightSelectors": "InsightNotEnabledException",
    "CancelKeyDeletion": "KMSInvalidStateException", "DecodeAuthorizationMessage": "InvalidAuthorizationMessageException",
    "DisconnectCustomKeyStore": "CustomKeyStoreInvalidStateException", "GetAccountPasswordPolicy": "NoSuchEntity",
    "GetLoginProfile": "NoSuchEntity", "ImportKeyMaterial": "InvalidImportTokenException",
    "UpdatePrimaryRegion": "NotFoundException", "Verify": "KMSInvalidSignatureException", "VerifyMac": "KMSInvalidMacException",
}
# What a user's inline policies may have together.
LONGEST_INLINE = 2048
HERE, THERE = "us-east-1", "eu-west-1"


@pytest.fixture(scope="module")
def around():
    """What the stack is given: a proxy, an enclave, an identity provider."""
    directory = Path(tempfile.mkdtemp(prefix="keywright-table-"))
    proxy, enclave, issuer = XksProxy(directory), Enclave(image_digest=bytes(range(48))), Issuer(directory)
    (directory / "root.pem").write_bytes(enclave.root)
    yield proxy, enclave, issuer, directory
    proxy.stop()
    issuer.close()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module")
def stack(around):
    proxy, _, issuer, directory = around
    running = Stack(regions=f"{HERE},{THERE}", settings=proxy.settings(), environment={
        "KEYWRIGHT_ENCLAVES__ROOT_CERTIFICATE_FILE": str(directory / "root.pem"),
        "KEYWRIGHT_WEB_IDENTITY__CA_FILE": str(issuer.ca_file)})
    try:
        running.start()
        running.provider = register(running, issuer, AUDIENCE)
        yield running
    finally:
        running.remove()


@pytest.fixture(scope="module")
def requests(stack, around):
    """What makes each service's requests."""
    proxy, enclave, _, _ = around
    return {"kms": KmsRequests(stack, proxy, enclave, THERE), "iam": IamRequests(stack), "sts": StsRequests(stack),
            "ssm": ParameterRequests(stack), "secretsmanager": SecretRequests(stack), "cloudtrail": TrailRequests(stack)}


class User:
    """Tells what a user with one policy is answered; a new user each time, as what is changed takes up to a second."""

    def __init__(self, stack):
        self.stack, self.iam = stack, stack.client("iam")

    def is_refused(self, *asked):
        return self.answer(*asked) in REFUSED

    def answer(self, policy, service, operation, request):
        """The error's code; none for a success."""
        name = f"u-{uuid.uuid4().hex[:12]}"
        self.iam.create_user(UserName=name)
        if len(policy) < LONGEST_INLINE:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy)
        else:
            managed = self.iam.create_policy(PolicyName=name, PolicyDocument=policy)["Policy"]["Arn"]
            self.iam.attach_user_policy(UserName=name, PolicyArn=managed)
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        client = self.stack.client(service, aws_access_key_id=key["AccessKeyId"],
                                   aws_secret_access_key=key["SecretAccessKey"])
        return code(lambda: getattr(client, xform_name(operation))(**request.input))


@pytest.fixture(scope="module")
def user(stack):
    return User(stack)


def code(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


@pytest.mark.parametrize("service", TABLES)
def test_every_operation_that_is_served_has_a_row_and_every_row_an_operation(stack, service):
    assert TABLES[service].operations() == set(ModelChecks(service_model.model(service)).served(stack))


@pytest.mark.parametrize("service, operation", ROWS, ids=lambda name: name)
def test_it_takes_the_documented_actions_on_the_documented_resources_with_the_documented_keys(
        requests, user, service, operation):
    accesses = TABLES[service].accesses(operation)
    request = requests[service].of(operation)
    for access in accesses:
        policy = without_action(access)
        assert user.is_refused(policy, service, operation, request), f"it isn't decided by {access.action}"
        for arn in request.about[access.on] if access.on else ["*"]:
            policy = without_resource(access, arn)
            assert user.is_refused(policy, service, operation, request), f"{access.action} isn't decided on {arn}"
    answer = user.answer(exact(accesses, request.about), service, operation, request)
    assert answer in REFUSED or answer == ANSWERS.get(operation), f"it got as far as {answer}"
    if answer in REFUSED:
        pytest.fail("\n".join(differences(requests[service], user, service, operation, accesses)))


@pytest.mark.parametrize("operation", TABLES["sts"].open)
def test_whoever_has_credentials_may(stack, user, operation):
    deny = document({"Effect": "Deny", "Action": "*", "Resource": "*"})
    assert not user.is_refused(deny, "sts", operation, Request({}, {}))


def test_a_trust_policy_takes_the_documented_actions_with_the_documented_keys(stack, around):
    _, _, issuer, _ = around
    accesses = TABLES["sts"].accesses("AssumeRoleWithWebIdentity")
    claims = {"https://aws.amazon.com/source_identity": "somebody",
              "https://aws.amazon.com/tags": {"principal_tags": {"team": ["blue"]}, "transitive_tag_keys": ["team"]}}
    anybody = stack.client("sts", config=Config(signature_version=UNSIGNED))

    def is_refused(*statements):
        trust = document(*({"Principal": {"Federated": stack.provider}} | statement for statement in statements))
        role = stack.client("iam").create_role(
            RoleName=f"t-{uuid.uuid4().hex[:12]}", AssumeRolePolicyDocument=trust, Tags=[{"Key": "team", "Value": "red"}])
        return code(lambda: anybody.assume_role_with_web_identity(
            RoleArn=role["Role"]["Arn"], RoleSessionName="table", WebIdentityToken=issuer.token(**claims))) in REFUSED

    for access in accesses:
        assert is_refused({"NotAction": access.action}), f"it isn't decided by {access.action}"
    for access in accesses:
        others = [{"Action": other.action} for other in accesses if other != access]
        wrong = [key for keys, there in ((access.present, "false"), (access.absent, "true")) for key in keys
                 if is_refused(*others, {"Action": access.action, "Condition": {"Null": {chosen(key): there}}})]
        assert wrong == [], f"keys of {access.action} that should be there and aren't, or the other way round"


@pytest.mark.parametrize("service", TABLES)
def test_the_table_has_what_an_independent_list_has(service):
    table = TABLES[service]
    theirs = documented(service)
    wrong = {}
    for name in table.actions:
        own, of_resources = table.documented(name)
        ours = {plain(key) for key in own.union(*of_resources.values())}
        on = {plain(kind): keys for kind, keys in theirs[name]["on"].items()}
        listed = {plain(key) for key in theirs[name]["conditionKeys"]}
        listed |= {plain(key) for kind in of_resources for key in on.get(kind, [])}
        listed = {key for key in listed if not any(re.fullmatch(pattern, key) for pattern in table.left_out)}
        if not set(of_resources) <= set(on) or bool(of_resources) != bool(on) or ours != listed:
            wrong[name] = {"ours": sorted(ours - listed), "theirs": sorted(listed - ours), "on": sorted(on)}
    assert wrong == {}


def documented(service):
    """What iam-data says; it runs as a program of its own."""
    installed = subprocess.run([ROOT / "scripts/iam-simulate.sh"], capture_output=True, text=True)
    if installed.returncode:
        pytest.skip(f"iam-simulate could not be installed: {installed.stderr}")
    told = subprocess.run(["node", ROOT / "target/iam-simulate/documented.mjs", service], capture_output=True, check=True)
    return json.loads(told.stdout)


def plain(name):
    """As it is compared: lists write it in more than one way."""
    return name.lower().replace("tag-key", "${tagkey}")


def differences(requests, user, service, operation, accesses):
    """Which condition keys are the reason that what is documented isn't enough."""
    for access in accesses:
        for keys, there in ((access.present, True), (access.absent, False)):
            for key in keys:
                request = requests.of(operation)
                if user.is_refused(if_key(accesses, request.about, access, key, there), service, operation, request):
                    yield f"{access.action} on {access.on}: {key} {'is not' if there else 'is'} there"
    request = requests.of(operation)
    if user.is_refused(exact([strip(access) for access in accesses], request.about), service, operation, request):
        yield "the documented actions on the documented resources are not enough"


def strip(access):
    return type(access)(access.action, access.on, (), ())
