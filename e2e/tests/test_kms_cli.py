"""Every operation of KMS by the unmodified AWS CLI."""

import base64
import json

import pytest
import service_model
from botocore import xform_name
from kms_errors import ABSENT_STORE, NO_STORE, NOT_FOUND, STATE, World, valid
from stack import Stack
from xks_proxy import XksProxy

KMS = service_model.model("kms")

# What the sample input of an operation is refused with; the others succeed.
REFUSED = {
    "CancelKeyDeletion": STATE, "ConnectCustomKeyStore": NO_STORE, "DeleteCustomKeyStore": NO_STORE,
    "DisconnectCustomKeyStore": NO_STORE, "UpdateCustomKeyStore": NO_STORE,
    "ImportKeyMaterial": "InvalidImportTokenException", "RetireGrant": NOT_FOUND, "RevokeGrant": NOT_FOUND,
    "UpdatePrimaryRegion": NOT_FOUND, "Verify": "KMSInvalidSignatureException", "VerifyMac": "KMSInvalidMacException",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    proxy = XksProxy(tmp_path_factory.mktemp("xks"))
    running = Stack(regions="us-east-1,eu-west-1", settings=proxy.settings())
    try:
        made = World(running.start().client("kms"), proxy, "eu-west-1")
        made.stack = running
        yield made
    finally:
        proxy.stop()
        running.remove()


def sample(world, operation):
    if operation == "CreateCustomKeyStore":
        return world.proxy.store()
    if operation == "UpdateCustomKeyStore":
        return {"CustomKeyStoreId": ABSENT_STORE, "NewCustomKeyStoreName": "new"}
    if operation.endswith("CustomKeyStore"):
        return {"CustomKeyStoreId": ABSENT_STORE}
    if operation == "GenerateRandom":
        return {"NumberOfBytes": 8}
    return valid(world, operation)


@pytest.mark.parametrize("operation", KMS.operation_names)
def test_the_aws_cli_calls_the_operation(world, operation, tmp_path):
    world.renew()
    input = sample(world, operation)
    # Bytes are given in files, as users do it.
    words = ["kms", xform_name(operation, "-")]
    for member, value in list(input.items()):
        if isinstance(value, bytes):
            (tmp_path / member).write_bytes(input.pop(member))
            words += [f"--{xform_name(member, '-')}", f"fileb://{tmp_path / member}"]
    words += ["--cli-input-json", json.dumps(input)]
    if operation in REFUSED:
        assert f"({REFUSED[operation]})" in world.stack.aws(*words, expect=255)
        return
    answered = json.loads(world.stack.aws(*words, "--output", "json") or "{}")
    shape = KMS.operation_model(operation).output_shape
    assert set(answered) <= set(shape.members if shape else ())
    if operation == "GenerateRandom":
        assert len(base64.b64decode(answered["Plaintext"])) == 8
    if operation == "Decrypt":
        assert base64.b64decode(answered["Plaintext"]) == b"x"
