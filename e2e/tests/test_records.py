"""Every call of every operation, allowed, refused or failed, leaves exactly one record, with what docs/audit-records.md says."""

import json
import re
import shutil
import tempfile
from pathlib import Path

import pytest
import service_model
import signed_json
import signed_query
from audit import events
from authorization_table import Request, Table
from authorized_data import ParameterRequests, SecretRequests, TrailRequests
from authorized_identity import IamRequests, StsRequests
from authorized_kms import KmsRequests
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from enclave import Enclave
from oidc_issuer import AUDIENCE, Issuer
from oidc_provider import register
from stack import Stack, wait_for
from xks_proxy import XksProxy

PAGE = Path(__file__).parents[2] / "docs/audit-records.md"
SOURCES = {"kms": "kms", "iam": "iam", "sts": "sts", "ssm": "ssm", "secretsmanager": "secretsmanager", "cloudtrail": "cloudtrail"}
TABLES = {service: Table(service) for service in SOURCES}
HERE, THERE = "us-east-1", "eu-west-1"
ACCOUNT = "000000000000"
# The members of inputs that no record shows: secrets, what is encrypted, signed or hashed, and what is a proof of itself.
HIDDEN = {
    "kms": {"Plaintext", "CiphertextBlob", "Message", "Signature", "Mac", "PublicKey", "GrantTokens", "GrantToken", "Recipient",
            "ImportToken", "EncryptedKeyMaterial", "XksProxyAuthenticationCredential", "KeyStorePassword"},
    "sts": {"WebIdentityToken", "EncodedMessage"}, "secretsmanager": {"SecretString", "SecretBinary", "RotationToken"},
}
# What stands for several requests has a record for each of them beside its own.
PARTS = {"BatchGetSecretValue": "GetSecretValue"}
# What CloudTrail shows in another way than the input has it.
CHANGED = {("ssm", "Value")}
# What a record of the test's request shows although the request doesn't have it.
DEFAULTS = {"kms", "sts"}
# Refused whatever their parameters are: only the trail's name is decoded.
UNSUPPORTED = {("cloudtrail", name) for name in ("CreateTrail", "PutEventSelectors", "UpdateTrail")}
BY_BOTO3 = {"clientRequestToken"}
UNSIGNED_CALLS = ("sts", "AssumeRoleWithWebIdentity")
BEGIN, END = "<!-- table: {} -->", "<!-- end -->"


class World:
    """A stack, and every request of it that was answered."""

    def __init__(self, directory):
        self.proxy, self.enclave, self.issuer = XksProxy(directory), Enclave(bytes(range(48))), Issuer(directory)
        (directory / "root.pem").write_bytes(self.enclave.root)
        self.stack = Stack(regions=f"{HERE},{THERE}", settings=self.proxy.settings(), environment={
            "KEYWRIGHT_ENCLAVES__ROOT_CERTIFICATE_FILE": str(directory / "root.pem"),
            "KEYWRIGHT_WEB_IDENTITY__CA_FILE": str(self.issuer.ca_file)})

    def start(self):
        stack = self.stack.start()
        self.provider = register(stack, self.issuer, AUDIENCE)
        iam = stack.client("iam")
        iam.create_user(UserName="nobody")
        key = iam.create_access_key(UserName="nobody")["AccessKey"]
        self.nobody = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        self.models = {service: service_model.model(service) for service in SOURCES}
        self.requests = {
            "kms": KmsRequests(stack, self.proxy, self.enclave, THERE), "iam": IamRequests(stack), "sts": StsRequests(stack),
            "ssm": ParameterRequests(stack), "secretsmanager": SecretRequests(stack), "cloudtrail": TrailRequests(stack)}
        return self

    def close(self):
        try:
            self.stack.remove()
        finally:
            self.proxy.stop()
            self.issuer.close()

    def request(self, service, operation):
        if (service, operation) != UNSIGNED_CALLS:
            return self.requests[service].of(operation)
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Federated": self.provider}, "Action": "sts:AssumeRoleWithWebIdentity"}]}
        iam = self.stack.client("iam")
        if "web" not in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
            iam.create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps(trust))
        role = f"arn:aws:iam::{ACCOUNT}:role/web"
        return Request({"RoleArn": role, "RoleSessionName": "pod", "WebIdentityToken": self.issuer.token()}, {"role": [role]})

    def client(self, service, operation, **credentials):
        if (service, operation) == UNSIGNED_CALLS:
            return self.stack.client(service, config=Config(signature_version=UNSIGNED))
        return self.stack.client(service, **credentials)


class Answered:
    """One call that was answered."""

    def __init__(self, service, operation, request, error, request_id):
        self.service, self.operation, self.request, self.error, self.request_id = service, operation, request, error, request_id

    def __repr__(self):
        return f"{self.service} {self.operation} {self.error or 'allowed'}"


@pytest.fixture(scope="module")
def world():
    directory = Path(tempfile.mkdtemp(prefix="keywright-records-"))
    made = World(directory)
    try:
        yield made.start()
    finally:
        made.close()
        shutil.rmtree(directory, ignore_errors=True)


def call(client, service, operation, request):
    try:
        answer, error = getattr(client, xform_name(operation))(**request.input), None
    except ClientError as refused:
        answer, error = refused.response, refused.response["Error"]
    return Answered(service, operation, request, error, answer["ResponseMetadata"]["RequestId"])


def malformed(world, service, operation):
    """A call whose first member has no value that it may have; a member that isn't there, where there is none."""
    model = world.models[service]
    post = signed_json.post if model.metadata["protocol"] == "json" else signed_query.post
    shape = model.operation_model(operation).input_shape
    members = list(shape.members) if shape else []
    body = {members[0]: {"no": ["such", "value"]}} if members else ["no object"]
    return post(world.stack, model, operation, body)[1]


@pytest.fixture(scope="module")
def recorded(world):
    """Every call of this test, with all records that have its request id; and what else was malformed."""
    calls, wrong = [], {}
    for service, table in TABLES.items():
        for operation in sorted(table.operations()):
            request = world.request(service, operation)
            calls.append(call(world.client(service, operation, **world.nobody), service, operation, request))
            calls.append(call(world.client(service, operation), service, operation, request))
            wrong[service, operation] = malformed(world, service, operation)
    last = call(world.stack.client("kms"), "kms", "ListKeys", Request({}, {}))
    wait_for("the last record", 30, lambda: [e for e in events(world.stack, EventName="ListKeys")
                                             if e["requestID"] == last.request_id])
    by_request = {}
    for service, source in SOURCES.items():
        for record in events(world.stack, EventSource=f"{source}.amazonaws.com"):
            by_request.setdefault(record.get("requestID"), []).append(record)
    parts = {}
    for each in calls:
        if part := PARTS.get(each.operation):
            records = by_request.get(each.request_id, [])
            parts[each] = [record for record in records if record["eventName"] == part]
            by_request[each.request_id] = [record for record in records if record["eventName"] != part]
    return [(each, by_request.get(each.request_id, [])) for each in calls], wrong, by_request, parts


def test_every_call_has_one_record_with_its_facts(recorded):
    calls, _, _, _ = recorded
    seen = set()
    for answered, records in calls:
        assert len(records) == 1, (answered, records)
        record, = records
        seen.add((answered.service, answered.operation))
        about = (answered, record)
        assert record["eventVersion"] == "1.11", about
        assert record["eventName"] == answered.operation, about
        assert record["eventSource"] == f"{SOURCES[answered.service]}.amazonaws.com", about
        assert record["awsRegion"] == HERE and record["recipientAccountId"] == ACCOUNT, about
        assert record["eventType"] == "AwsApiCall" and record["eventCategory"] == "Management", about
        assert record["managementEvent"] is True and record["sourceIPAddress"] == "127.0.0.1", about
        assert record["userAgent"].startswith("Boto3/"), about
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["eventTime"]), about
        error = answered.error or {}
        assert (record.get("errorCode"), record.get("errorMessage")) == (error.get("Code"), error.get("Message")), about
        if error:
            assert record["responseElements"] is None, about
        identity = record["userIdentity"]
        if (answered.service, answered.operation) == UNSIGNED_CALLS:
            assert identity["type"] == "WebIdentityUser", about
        else:
            assert identity["type"] == "IAMUser" and identity["accountId"] == ACCOUNT, about
            assert {"principalId", "arn", "accessKeyId", "userName"} <= identity.keys(), about
        # What doesn't apply here isn't there.
        assert not {"vpcEndpointId", "sharedEventID", "tlsDetails", "serviceEventDetails"} & record.keys(), about
    assert seen == {(service, operation) for service, table in TABLES.items() for operation in table.operations()}


def test_a_request_is_shown_but_for_its_secrets(recorded):
    calls, _, _, _ = recorded
    for answered, (record,) in calls:
        shown = record["requestParameters"] or {}
        if (answered.service, answered.operation) in UNSUPPORTED:
            assert shown, answered
            continue
        hidden = HIDDEN.get(answered.service, set())
        sent = {lower(name): value for name, value in answered.request.input.items() if name not in hidden}
        about = (answered, answered.request.input, shown)
        assert sent.keys() <= shown.keys(), about
        if answered.service not in DEFAULTS:
            assert shown.keys() - sent.keys() <= BY_BOTO3, about
        assert not {lower(name) for name in hidden} & shown.keys(), about
        for name, value in answered.request.input.items():
            if name not in hidden and (answered.service, name) not in CHANGED and isinstance(value, (str, bool)):
                assert shown[lower(name)] == value, about


def test_the_resources_are_those_that_the_call_is_about(recorded):
    calls, _, _, _ = recorded
    for answered, (record,) in calls:
        about = [arn for arns in answered.request.about.values() for arn in arns]
        for resource in record.get("resources", []):
            assert resource["accountId"] == ACCOUNT and resource["type"].startswith("AWS::"), record
            if about and not answered.operation.startswith(("Create", "Replicate")):
                assert resource["ARN"] in about, (answered, record)


def test_what_is_malformed_is_recorded_once_too(recorded):
    _, wrong, by_request, _ = recorded
    codes = {}
    for records in by_request.values():
        for record in records:
            codes.setdefault((record["eventSource"].split(".")[0], record["eventName"]), []).append(record.get("errorCode"))
    unrecorded = {key: code for key, code in wrong.items() if code and code not in codes.get(key, [])}
    assert unrecorded == {}
    assert all(len(records) == 1 for id, records in by_request.items() if id), "a request has one record"


def test_each_secret_of_a_batch_has_a_record_of_its_own(recorded):
    _, _, _, parts = recorded
    assert {answered.error is None: len(records) for answered, records in parts.items()} == {True: 1, False: 0}
    for answered, records in parts.items():
        for record in records:
            assert record["requestParameters"]["secretId"] == answered.request.input["SecretIdList"][0]
            assert [each["ARN"] for each in record["resources"]] == answered.request.about["secret"]
            assert record["readOnly"] and record["eventSource"] == "secretsmanager.amazonaws.com"


@pytest.mark.parametrize("service", SOURCES)
def test_the_page_says_what_is_shown(recorded, service):
    calls, _, _, _ = recorded
    rows = {}
    for answered, (record,) in calls:
        if answered.service == service and (answered.error or {}).get("Code") not in ("AccessDenied", "AccessDeniedException"):
            rows[answered.operation] = row(answered.operation, record)
    ours = "\n".join(rows[operation] for operation in sorted(rows))
    theirs = PAGE.read_text().partition(BEGIN.format(service))[2].partition(END)[0]
    found = "\n".join(line for line in theirs.splitlines() if line.startswith("| `"))
    # To be copied, once it has been compared with AWS's pages.
    written = Path(__file__).parents[2] / f"target/audit-records-{service}.md"
    written.write_text(ours + "\n")
    assert found == ours, f"docs/audit-records.md isn't what records show: {written}"


def row(operation, record):
    def names(member):
        return " ".join(sorted(record.get(member) or {})) or "-"
    types = " ".join(sorted({resource["type"] for resource in record.get("resources", [])})) or "-"
    kind = "read" if record["readOnly"] else "write"
    failed = f" ({record['errorCode']})" if "errorCode" in record else ""
    return (f"| `{operation}`{failed} | {kind} | {names('requestParameters')} | {names('responseElements')} "
            f"| {names('additionalEventData')} | {types} |")


def lower(name):
    return name[:1].lower() + name[1:]
