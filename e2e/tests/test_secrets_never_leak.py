"""A secret that is sent or answered is in no record, log, trace, metric, journal and database: every member of every
operation that is one, in calls which succeed, are refused and fail."""

import base64
import copy
import json
import secrets as randomness
import shutil
import tempfile
import uuid
from pathlib import Path

import leaks
import plain_http
import pytest
import service_model
import signed_json
import signed_query
from authorized_data import SecretRequests
from authorized_identity import IamRequests, StsRequests
from authorized_kms import KmsRequests
from audit import event_of_request, request_id
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from enclave import Enclave
from kms_scenarios import import_material
from model_checks import ModelChecks
from oidc_issuer import AUDIENCE, Issuer
from oidc_provider import register
from stack import Stack
from test_observability import Collector, ops_endpoints
from xks_proxy import XksProxy

SERVICES = ("kms", "iam", "sts", "ssm", "secretsmanager", "cloudtrail")
HERE, THERE = "us-east-1", "eu-west-1"
# What no client can be sent here, with the reason.
NEVER_ANSWERED = {
    ("iam", "ListVirtualMFADevices", "out", ("VirtualMFADevices", "Base32StringSeed")): "there are no such devices",
    ("iam", "ListVirtualMFADevices", "out", ("VirtualMFADevices", "QRCodePNG")): "there are no such devices",
}
# What may be anything, and so is a marker in each call.
FREE = {"Plaintext": bytes, "Message": bytes, "SecretString": str, "SecretBinary": bytes, "Value": str}


def marker():
    return f"Mark{randomness.token_hex(12)}er"


class World:
    """A stack that tells all it can, and what was sent to it."""

    def __init__(self, directory):
        self.collector, self.secrets = Collector(), leaks.Secrets()
        self.proxy, self.enclave, self.issuer = XksProxy(directory), Enclave(bytes(range(48))), Issuer(directory)
        (directory / "root.pem").write_bytes(self.enclave.root)
        self.stack = Stack(regions=f"{HERE},{THERE}", settings=self.proxy.settings(), environment={
            "KEYWRIGHT_ENCLAVES__ROOT_CERTIFICATE_FILE": str(directory / "root.pem"),
            "KEYWRIGHT_WEB_IDENTITY__CA_FILE": str(self.issuer.ca_file),
            "KEYWRIGHT_TELEMETRY__OTLP_ENDPOINT": self.collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100",
            "KEYWRIGHT_LOG": "trace"})

    def start(self):
        self.stack.start()
        self.provider = register(self.stack, self.issuer, AUDIENCE)
        iam = self.client("iam")
        iam.create_user(UserName="nobody")
        key = iam.create_access_key(UserName="nobody")["AccessKey"]
        self.nobody = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        self.models = {service: service_model.model(service) for service in SERVICES}
        self.requests = {
            "kms": KmsRequests(self.stack, self.proxy, self.enclave, THERE), "iam": IamRequests(self.stack),
            "sts": StsRequests(self.stack), "secretsmanager": SecretRequests(self.stack)}
        # A secret that goes through three services, and is answered twice.
        name = f"leaks-{uuid.uuid4()}"
        self.client("secretsmanager").create_secret(Name=name, SecretString=marker())
        self.client("ssm").get_parameter(Name=f"/aws/reference/secretsmanager/{name}", WithDecryption=True)
        return self

    def close(self):
        try:
            self.stack.remove()
        finally:
            self.collector.close()
            self.proxy.stop()
            self.issuer.close()

    def client(self, service, **more):
        return self.secrets.watch(self.stack.client(service, **more))

    def served(self, service):
        """The operations with a secret member, each with those members."""
        with_secrets = {name: list(leaks.secret_members(self.models[service], name))
                        for name in ModelChecks(self.models[service]).served(self.stack)}
        return {name: members for name, members in with_secrets.items() if members}

    def input(self, service, operation):
        """A request with fresh markers where that can be."""
        if service == "ssm":
            return self._of_parameter(operation)
        if (service, operation) == ("sts", "AssumeRoleWithWebIdentity"):
            return {"RoleArn": self._role(), "RoleSessionName": "pod", "WebIdentityToken": self.issuer.token()}
        if (service, operation) == ("sts", "DecodeAuthorizationMessage"):
            return {"EncodedMessage": marker()}
        asked = dict(self.requests[service].of(operation).input)
        if service == "secretsmanager" and operation in ("CreateSecret", "PutSecretValue", "UpdateSecret"):
            asked["SecretString"] = marker()
        for name, kind in FREE.items():
            if name in asked:
                asked[name] = marker() if kind is str else marker().encode()
        return asked

    def _of_parameter(self, operation):
        name = f"/leaks/{uuid.uuid4()}"
        new = {"Name": name, "Value": marker(), "Type": "SecureString"}
        if operation == "PutParameter":
            return new
        self.client("ssm").put_parameter(**new)
        open_it = {"WithDecryption": True}
        return {"GetParameters": {"Names": [name]}, "GetParametersByPath": {"Path": "/leaks", "Recursive": True}}.get(
            operation, {"Name": name}) | open_it

    def _role(self):
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Federated": self.provider}, "Action": "sts:AssumeRoleWithWebIdentity"}]}
        return self.stack.client("iam").create_role(
            RoleName=f"r-{uuid.uuid4().hex[:12]}", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]


@pytest.fixture(scope="module")
def world():
    directory = Path(tempfile.mkdtemp(prefix="keywright-leaks-"))
    made = World(directory)
    try:
        yield made.start()
    finally:
        made.close()
        shutil.rmtree(directory, ignore_errors=True)


def tried(client, operation, asked):
    try:
        return getattr(client, xform_name(operation))(**asked)
    except ClientError as error:
        return error.response


def as_sent(shape, value):
    """Python's values as a body has them."""
    if isinstance(value, dict):
        return {name: as_sent(shape.members.get(name), below) if shape.type_name == "structure" else below
                for name, below in value.items()}
    if isinstance(value, list):
        return [as_sent(shape.member, below) for below in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def broken(shape, asked, path):
    """The request with its secret where it is refused: too long, of another type, and beside a member that is refused."""
    def with_secret(value):
        changed = copy.deepcopy(asked)
        below = changed
        for name in path[:-1]:
            below = below.setdefault(name, {})
        below[path[-1]] = value
        return changed
    yield with_secret((marker() * 5_000)[:100_000]), True
    yield with_secret({"inside": marker()}), False
    secret = base64.b64encode(marker().encode()).decode()
    yield with_secret(secret) | {next(iter(asked), path[0]): {"no": "text"}}, False


def fail(world, service, operation, asked):
    """Sends what can't be decoded or isn't valid, rightly and wrongly signed."""
    model = world.models[service]
    is_json = model.metadata["protocol"] == "json"
    post = signed_json.post if is_json else signed_query.post
    shape = model.operation_model(operation).input_shape
    forged = copy.copy(world.stack)
    forged.credentials = world.stack.credentials | {"AWS_SECRET_ACCESS_KEY": "x" * 40}
    for way, path in leaks.secret_members(model, operation):
        if way != "in":
            continue
        for body, plain in broken(shape, as_sent(shape, asked), path):
            note_markers(world, body, f"{service} {operation} in a request that fails")
            if is_json or plain:
                status, _, _ = post(world.stack, model, operation, body)
                assert status < 500, (operation, path, body)
            post(forged, model, operation, body)


def note_markers(world, value, name):
    """Every marker of a body, be it in Base64."""
    if isinstance(value, dict):
        for below in value.values():
            note_markers(world, below, name)
    elif isinstance(value, list):
        for below in value:
            note_markers(world, below, name)
    elif isinstance(value, str) and "Mark" in value:
        world.secrets.found.setdefault(value[:30].encode(), name)
    elif isinstance(value, str):
        try:
            decoded = base64.b64decode(value, validate=True)
        except ValueError:
            return
        if decoded.startswith(b"Mark"):
            world.secrets.found.setdefault(decoded, name)


def exercise(world):
    """Every operation with a secret, in every way; and sessions, whose token goes with each request."""
    for service in SERVICES:
        admin, nobody = world.client(service), world.client(service, **world.nobody)
        anybody = world.client(service, config=Config(signature_version=UNSIGNED))
        for operation in sorted(world.served(service)):
            is_signed = (service, operation) != ("sts", "AssumeRoleWithWebIdentity")
            tried(nobody if is_signed else anybody, operation, world.input(service, operation))
            asked = world.input(service, operation)
            tried(admin if is_signed else anybody, operation, asked)
            fail(world, service, operation, asked)
    use_sessions(world)


def use_sessions(world):
    session = world.client("sts").get_session_token()["Credentials"]
    credentials = {"aws_access_key_id": session["AccessKeyId"], "aws_secret_access_key": session["SecretAccessKey"],
                   "aws_session_token": session["SessionToken"]}
    world.client("kms", **credentials).list_keys()
    # In the address, too, which servers like to write down.
    url = world.stack.client("sts", **credentials).generate_presigned_url("get_caller_identity", HttpMethod="GET")
    assert plain_http.get(url)[0] == 200
    broken_token = credentials | {"aws_session_token": session["SessionToken"][:-30] + marker()}
    tried(world.client("kms", **broken_token), "ListKeys", {})


def exercise_the_rest(world, tmp_path):
    """What the table of requests can't succeed in, or doesn't send."""
    kms = world.client("kms")
    import_material(kms, tmp_path)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    root = "arn:aws:iam::000000000000:root"
    grant = {"KeyId": key, "GranteePrincipal": root, "Operations": ["Encrypt", "CreateGrant"]}
    tokens = {"GrantTokens": [kms.create_grant(**grant)["GrantToken"]]}
    for operation in sorted(world.served("kms")):
        if "GrantTokens" in world.models["kms"].operation_model(operation).input_shape.members:
            tried(kms, operation, world.input("kms", operation) | tokens)
    tried(kms, "RetireGrant", {"GrantToken": tokens["GrantTokens"][0]})
    signer = {"KeyId": kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"],
              "Message": marker().encode(), "SigningAlgorithm": "ECDSA_SHA_256"}
    kms.verify(**signer, Signature=kms.sign(**signer)["Signature"])
    mac = {"KeyId": kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"],
           "Message": marker().encode(), "MacAlgorithm": "HMAC_SHA_256"}
    kms.verify_mac(**mac, Mac=kms.generate_mac(**mac)["Mac"])
    for each in (kms.generate_data_key(KeyId=key, KeySpec="AES_256"),
                 kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P256"), kms.generate_random(NumberOfBytes=32)):
        assert each.get("Plaintext") or each["PrivateKeyPlaintext"]
    blob = kms.encrypt(KeyId=key, Plaintext=marker().encode())["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"].startswith(b"Mark")
    agreeing = [kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["KeyMetadata"]["KeyId"] for _ in range(2)]
    kms.derive_shared_secret(KeyId=agreeing[0], KeyAgreementAlgorithm="ECDH",
                             PublicKey=kms.get_public_key(KeyId=agreeing[1])["PublicKey"])
    store = kms.describe_custom_key_stores()["CustomKeyStores"][0]["CustomKeyStoreId"]
    tried(kms, "UpdateCustomKeyStore", {"CustomKeyStoreId": store, "KeyStorePassword": marker()})
    tried(kms, "CreateCustomKeyStore", {"CustomKeyStoreName": "cluster", "KeyStorePassword": marker()})
    credential = world.proxy.store()["XksProxyAuthenticationCredential"]
    tried(kms, "UpdateCustomKeyStore", {"CustomKeyStoreId": store, "XksProxyAuthenticationCredential": credential})
    secrets = world.client("secretsmanager")
    name = secrets.create_secret(Name=marker()[:8], SecretBinary=marker().encode())["ARN"]
    secrets.get_secret_value(SecretId=name)
    text = secrets.create_secret(Name=marker()[:8], SecretString=marker())["ARN"]
    secrets.batch_get_secret_value(SecretIdList=[name, text])
    secrets.put_secret_value(SecretId=name, SecretBinary=marker().encode())
    secrets.update_secret(SecretId=name, SecretBinary=marker().encode())
    secrets.put_secret_value(SecretId=name, SecretString=marker())
    secrets.get_secret_value(SecretId=name)
    tried(secrets, "PutSecretValue", {"SecretId": name, "SecretString": marker(), "RotationToken": str(uuid.uuid4()) + "abc"})


def test_no_secret_is_written_anywhere(world, tmp_path):
    exercise(world)
    exercise_the_rest(world, tmp_path)
    wanted = {(service, operation, way, path) for service in SERVICES
              for operation, members in world.served(service).items() for way, path in members}
    assert sorted(wanted - world.secrets.exercised - set(NEVER_ANSWERED)) == [], "secret members that no call had"
    # All before it is recorded and stored.
    last = world.stack.client("kms").list_keys()
    event_of_request(world.stack, "ListKeys", request_id(last), 30)
    written = list(leaks.places(world.stack, world.collector, ops_endpoints(world.stack)))
    found = sorted(set(leaks.leaks(world.secrets.found, written)))
    assert found == [], "\n".join(f"{name} is in {place}: {around}" for name, place, around in found)


def test_what_is_written_is_found_in_each_form():
    secret = b"MarkThisSecretWell012345"
    for text in (secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(b"a" + secret + b"bc"),
                 base64.urlsafe_b64encode(b"ab" + secret), str(list(secret)).encode(), b"%22" + secret,
                 base64.b64encode(secret)):
        assert list(leaks.leaks({secret: "it"}, [("here", b"..." + text + b"...")])) != [], text
    long = randomness.token_bytes(200)
    assert list(leaks.leaks({long: "it"}, [("here", long[80:130].hex().encode())])) != []
    assert list(leaks.leaks({secret: "it"}, [("here", b"nothing")])) == []
