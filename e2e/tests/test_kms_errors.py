"""Every error that the service model declares for an operation of KMS, brought about through boto3; and every operation
refused to a principal without permissions."""

import os
import subprocess

import pytest
import service_model
from botocore import xform_name
from botocore.exceptions import ClientError
from kms_errors import (
    ABSENT_STORE, AGREEING, ARN, CIPHERTEXT, CONNECTED, DRY_RUN, EMPTY, EXTERNAL, FAILED, FAMILIES, GRANT, IDLE, LIMIT, MAC,
    NO_STORE, NOT_FOUND, POLICY, SIGNING, STATE, STORE_STATE, SYMMETRIC, TAG, TOKEN, UNSUPPORTED, USAGE, World,
    more, of_kind, valid)
from stack import Stack
from xks_proxy import ACCESS_KEY_ID, XksProxy

KMS = service_model.model("kms")
HERE, THERE = "us-east-1", "eu-west-1"
ROOT = "arn:aws:iam::000000000000:root"
TWO_EQUAL_TAGS = [{"TagKey": "a", "TagValue": ""}] * 2
NOWHERE = {"XksProxyUriEndpoint": "https://nowhere.invalid"}
NO_PATH = {"XksProxyUriPath": "/elsewhere/kms/xks/v1"}
WRONG_SECRET = {"XksProxyAuthenticationCredential": {"AccessKeyId": ACCESS_KEY_ID, "RawSecretAccessKey": "w" * 43}}
NO_SERVICE = {"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE",
              "XksProxyVpcEndpointServiceName": "com.amazonaws.vpce.us-east-1.vpce-svc-example1"}

# Declared, but brought about by no call: for all operations, or for one.
NEVER = {
    "DependencyTimeoutException": "a failure of ours",
    "KMSInternalException": "a failure of ours",
    "KeyUnavailableException": "a failure of ours",
    "XksProxyUriEndpointInUseException": "the endpoint of a VPC endpoint service, of which there are none",
    "XksProxyVpcEndpointServiceInUseException": "there are no VPC endpoint services",
    "XksProxyVpcEndpointServiceInvalidConfigurationException": "there are no VPC endpoint services",
    # These need a PKCS#11 token, which the tests of the KMS service have.
    "CloudHsmClusterInUseException": "no cluster",
    "CloudHsmClusterInvalidConfigurationException": "no cluster",
    "CloudHsmClusterNotActiveException": "no cluster",
    "CloudHsmClusterNotRelatedException": "no cluster",
    "IncorrectTrustAnchorException": "no cluster",
    ("UpdateCustomKeyStore", "CloudHsmClusterNotFoundException"): "no cluster",
    # The table of key states lets these pass in each state, or refuses them only while a key is being created.
    **{(operation, STATE): "all states will do" for operation in (
        "DeleteAlias", "DeleteImportedKeyMaterial", "GetKeyPolicy", "GetKeyRotationStatus", "ListGrants",
        "ListKeyPolicies", "ListKeyRotations", "PutKeyPolicy", "RetireGrant", "RevokeGrant")},
    # Principals and keys that an ARN of the right form names are not looked up.
    ("ListRetirableGrants", NOT_FOUND): "a principal need not exist",
    ("CreateKey", ARN): "a malformed ARN in a policy is a malformed policy",
    ("GetPublicKey", USAGE): "every usage of an asymmetric key has a public key",
    ("EnableKey", LIMIT): "a disabled key counts as well",
    ("ReplicateKey", LIMIT): "100,000 keys",
    ("CreateKey", LIMIT): "100,000 keys",
    ("CreateGrant", LIMIT): "50,000 grants",
    ("PutKeyPolicy", LIMIT): "the length of a policy is a constraint of its own",
    ("PutKeyPolicy", UNSUPPORTED): "every customer's key has a policy",
    ("RotateKeyOnDemand", "ConflictException"): "a rotation is done when it is answered",
    ("ImportKeyMaterial", "ExpiredImportTokenException"): "a day",
    ("CreateCustomKeyStore", LIMIT): "ten proxies",
    ("GenerateRandom", STORE_STATE): "a store of a cluster",
    ("UntagResource", TAG): "what may be no tag key breaks a constraint",
}


def signed(world, _):
    asked = {"KeyId": world.key(SIGNING), "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
    return asked | {"Signature": world.kms.sign(**asked)["Signature"], "DryRun": True}


def with_mac(world, _):
    asked = {"KeyId": world.key(MAC), "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
    return asked | {"Mac": world.kms.generate_mac(**asked)["Mac"], "DryRun": True}


def granted(world, _):
    key = world.kms.describe_key(KeyId=world.key())["KeyMetadata"]["Arn"]
    grant = world.kms.create_grant(KeyId=key, GranteePrincipal=ROOT, RetiringPrincipal=ROOT, Operations=["Decrypt"])
    return {"KeyId": key, "GrantId": grant["GrantId"], "DryRun": True}


def material(length=None, **members):
    """What ImportKeyMaterial takes for a new key: so much material wrapped as it should be, or none that is."""
    def asked(world, operation):
        key = world.new_key(**EXTERNAL)
        given = world.kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256",
                                                    WrappingKeySpec="RSA_2048")
        input = valid(world, operation) | {"KeyId": key, "ImportToken": given["ImportToken"]} | members
        if length:
            public = world.proxy.ca_file.with_name("wrapping.der")
            public.write_bytes(given["PublicKey"])
            input["EncryptedKeyMaterial"] = subprocess.run(
                ["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", public, "-pkeyopt",
                 "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"],
                input=os.urandom(length), capture_output=True, check=True).stdout
        return input
    return asked


def to_a_key_with_fifty_aliases(world, operation):
    key = world.new_key()
    for number in range(50):
        world.kms.create_alias(AliasName=f"alias/{operation}-{number}", TargetKeyId=key)
    return valid(world, operation) | {"TargetKeyId": key}


def rotated_as_often_as_may_be(world, _):
    key = world.new_key()
    for _ in range(25):
        world.kms.rotate_key_on_demand(KeyId=key)
    return {"KeyId": key}


def by_rsa(world, operation):
    return valid(world, operation) | {"KeyId": world.key(SIGNING), "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}


def external(store, key=None, **members):
    """A key for CreateKey in that store; a new external key stands behind it unless one is named."""
    return lambda world, _: {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": world.store(*store),
                             "XksKeyId": key or world.proxy.new_key()} | members


def unsuitable(world, operation):
    input = external(CONNECTED)(world, operation)
    world.proxy.behave = lambda *_: (
        200, b'{"keySpec":"RSA_2048","keyUsage":["ENCRYPT","DECRYPT"],"keyStatus":"ENABLED"}')
    return input


def used_already(world, operation):
    key = world.kms.describe_key(KeyId=world.external_key())["KeyMetadata"]["XksKeyConfiguration"]["Id"]
    return external(CONNECTED, key)(world, operation)


def new_store(tenant=5, name="new", **members):
    return lambda world, _: world.proxy.store(name, tenant) | members


def changed_store(store=IDLE, **members):
    return lambda world, _: {"CustomKeyStoreId": world.store(*store)} | members


def beside(store, asked):
    """The same, while that store is there."""
    def beside_it(world, operation):
        world.store(*store)
        return asked(world, operation)
    return beside_it


def with_nonsense(asked):
    """The same, while the proxy answers nonsense."""
    def with_such_a_proxy(world, operation):
        input = asked(world, operation)
        world.proxy.behave = lambda *_: (200, b"no json")
        return input
    return with_such_a_proxy


def of_cluster(world, _):
    return {"CustomKeyStoreName": "hsm", "CloudHsmClusterId": "cluster-2222222222a", "KeyStorePassword": "password",
            "TrustAnchorCertificate": world.proxy.ca_file.read_text()}


# Errors that want another call than that of their family.
SINGLE = {
    ("CancelKeyDeletion", STATE): valid,
    ("ConnectCustomKeyStore", STORE_STATE): changed_store(FAILED),
    ("CreateAlias", "AlreadyExistsException"): more(AliasName="alias/errors"),
    ("CreateAlias", "InvalidAliasNameException"): more(AliasName="alias/a:b"),
    ("CreateAlias", LIMIT): to_a_key_with_fifty_aliases,
    ("CreateCustomKeyStore", "CloudHsmClusterNotFoundException"): of_cluster,
    ("CreateCustomKeyStore", "CustomKeyStoreNameInUseException"): beside(IDLE, new_store(name=f"store-{IDLE[0]}")),
    ("CreateCustomKeyStore", "XksProxyIncorrectAuthenticationCredentialException"): new_store(**WRONG_SECRET),
    ("CreateCustomKeyStore", "XksProxyInvalidConfigurationException"): new_store(**NO_PATH),
    ("CreateCustomKeyStore", "XksProxyInvalidResponseException"): with_nonsense(new_store()),
    ("CreateCustomKeyStore", "XksProxyUriInUseException"): beside(IDLE, new_store(tenant=IDLE[0])),
    ("CreateCustomKeyStore", "XksProxyUriUnreachableException"): new_store(**NOWHERE),
    ("CreateCustomKeyStore", "XksProxyVpcEndpointServiceNotFoundException"): new_store(**NO_SERVICE),
    ("CreateKey", NO_STORE): external(IDLE, "key", CustomKeyStoreId=ABSENT_STORE),
    ("CreateKey", POLICY): more(Policy="{"),
    ("CreateKey", STORE_STATE): external(IDLE, "key"),
    ("CreateKey", TAG): more(Tags=TWO_EQUAL_TAGS),
    ("CreateKey", UNSUPPORTED): external(CONNECTED, "key", MultiRegion=True),
    ("CreateKey", "XksKeyAlreadyInUseException"): used_already,
    ("CreateKey", "XksKeyInvalidConfigurationException"): unsuitable,
    ("CreateKey", "XksKeyNotFoundException"): external(CONNECTED, "none"),
    ("Decrypt", CIPHERTEXT): more(CiphertextBlob=b"x" * 64),
    ("Decrypt", "IncorrectKeyException"): lambda world, operation: valid(world, operation) | {"KeyId": world.new_key()},
    ("Decrypt", USAGE): by_rsa,
    ("DeleteAlias", NOT_FOUND): lambda *_: {"AliasName": "alias/none"},
    ("DeleteCustomKeyStore", "CustomKeyStoreHasCMKsException"): lambda world, _: {
        "CustomKeyStoreId": world.external_key() and world.store(*CONNECTED)},
    ("DeleteCustomKeyStore", STORE_STATE): changed_store(EMPTY),
    ("DeriveSharedSecret", USAGE): of_kind(SIGNING),
    ("DisconnectCustomKeyStore", STORE_STATE): changed_store(IDLE),
    ("Encrypt", USAGE): by_rsa,
    ("GenerateDataKey", USAGE): of_kind(MAC),
    ("GenerateDataKeyPair", USAGE): of_kind(MAC),
    ("GenerateDataKeyPairWithoutPlaintext", USAGE): of_kind(MAC),
    ("GenerateDataKeyWithoutPlaintext", USAGE): of_kind(MAC),
    ("GenerateDataKeyPair", UNSUPPORTED): lambda world, operation: valid(world, operation) | {
        "KeyId": world.external_key()},
    ("GenerateDataKeyPairWithoutPlaintext", UNSUPPORTED): lambda world, operation: valid(world, operation) | {
        "KeyId": world.external_key()},
    ("GenerateMac", USAGE): of_kind(SYMMETRIC),
    ("GenerateRandom", NO_STORE): lambda *_: {"NumberOfBytes": 8, "CustomKeyStoreId": ABSENT_STORE},
    ("GenerateRandom", UNSUPPORTED): lambda world, _: {
        "NumberOfBytes": 8, "CustomKeyStoreId": world.store(*CONNECTED)},
    ("ImportKeyMaterial", CIPHERTEXT): material(),
    ("ImportKeyMaterial", "IncorrectKeyMaterialException"): material(31),
    ("ImportKeyMaterial", "InvalidImportTokenException"): material(32, ImportToken=b"x"),
    ("ListGrants", GRANT): more(GrantId="nonsense"),
    ("ListRetirableGrants", ARN): more(RetiringPrincipal="nonsense"),
    ("PutKeyPolicy", POLICY): more(Policy="{}"),
    ("ReEncrypt", CIPHERTEXT): more(CiphertextBlob=b"x" * 64),
    ("ReEncrypt", "IncorrectKeyException"): lambda world, operation: valid(world, operation) | {
        "SourceKeyId": world.new_key()},
    ("ReEncrypt", USAGE): lambda world, operation: valid(world, operation) | {
        "DestinationKeyId": world.key(SIGNING), "DestinationEncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
    ("ReplicateKey", "AlreadyExistsException"): more(ReplicaRegion=HERE),
    ("ReplicateKey", POLICY): more(Policy="{"),
    ("ReplicateKey", TAG): more(Tags=TWO_EQUAL_TAGS),
    ("RetireGrant", DRY_RUN): granted,
    ("RetireGrant", GRANT): more(GrantId="nonsense"),
    ("RetireGrant", NOT_FOUND): valid,
    ("RetireGrant", TOKEN): lambda *_: {"GrantToken": "bm8="},
    ("RevokeGrant", DRY_RUN): granted,
    ("RevokeGrant", GRANT): more(GrantId="nonsense"),
    ("RotateKeyOnDemand", LIMIT): rotated_as_often_as_may_be,
    ("Sign", USAGE): of_kind(AGREEING),
    ("TagResource", LIMIT): more(Tags=[{"TagKey": str(number), "TagValue": ""} for number in range(51)]),
    ("TagResource", TAG): more(Tags=TWO_EQUAL_TAGS),
    ("UpdateAlias", LIMIT): to_a_key_with_fifty_aliases,
    ("UpdateAlias", NOT_FOUND): more(AliasName="alias/none"),
    ("UpdateCustomKeyStore", "CustomKeyStoreNameInUseException"): beside(
        CONNECTED, changed_store(NewCustomKeyStoreName=f"store-{CONNECTED[0]}")),
    ("UpdateCustomKeyStore", NO_STORE): lambda *_: {
        "CustomKeyStoreId": ABSENT_STORE, "NewCustomKeyStoreName": "new"},
    ("UpdateCustomKeyStore", STORE_STATE): changed_store(CONNECTED, **NOWHERE),
    ("UpdateCustomKeyStore", "XksProxyIncorrectAuthenticationCredentialException"): changed_store(**WRONG_SECRET),
    ("UpdateCustomKeyStore", "XksProxyInvalidConfigurationException"): changed_store(**NO_PATH),
    ("UpdateCustomKeyStore", "XksProxyInvalidResponseException"): with_nonsense(
        changed_store(XksProxyUriPath="/tenant-6/kms/xks/v1")),
    ("UpdateCustomKeyStore", "XksProxyUriInUseException"): beside(
        CONNECTED, changed_store(XksProxyUriPath=f"/tenant-{CONNECTED[0]}/kms/xks/v1")),
    ("UpdateCustomKeyStore", "XksProxyUriUnreachableException"): changed_store(**NOWHERE),
    ("UpdateCustomKeyStore", "XksProxyVpcEndpointServiceNotFoundException"): changed_store(**NO_SERVICE),
    ("Verify", DRY_RUN): signed,
    ("Verify", "KMSInvalidSignatureException"): valid,
    ("Verify", USAGE): of_kind(AGREEING),
    ("VerifyMac", DRY_RUN): with_mac,
    ("VerifyMac", "KMSInvalidMacException"): valid,
    ("VerifyMac", USAGE): of_kind(SYMMETRIC),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    proxy = XksProxy(tmp_path_factory.mktemp("xks"))
    running = Stack(regions=f"{HERE},{THERE}", settings=proxy.settings())
    try:
        made = World(running.start().client("kms"), proxy, THERE)
        made.stack = running
        yield made
    finally:
        proxy.stop()
        running.remove()


@pytest.fixture(scope="module")
def stranger(world):
    """The client of a user without any policy."""
    iam = world.stack.client("iam")
    iam.create_user(UserName="stranger")
    key = iam.create_access_key(UserName="stranger")["AccessKey"]
    return world.stack.client("kms", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])


def declared(operation):
    """The errors that the model declares for an operation."""
    shapes = KMS.operation_model(operation).error_shapes
    return sorted(shape.metadata.get("error", {}).get("code", shape.name) for shape in shapes)


def provoked(operation):
    return [code for code in declared(operation) if code not in NEVER and (operation, code) not in NEVER]


def test_every_declared_error_has_a_call_or_a_reason():
    pairs = {(operation, code) for operation in KMS.operation_names for code in declared(operation)}
    known = {pair for pair in pairs if pair in SINGLE or pair[1] in FAMILIES or pair in NEVER or pair[1] in NEVER}
    assert sorted(pairs - known) == []
    assert sorted(set(SINGLE) - pairs) == []
    assert sorted(pair for pair in NEVER if isinstance(pair, tuple) and pair not in pairs) == []
    assert sorted(pair for pair in SINGLE if pair in NEVER or pair[1] in NEVER) == []
    assert [operation for operation in KMS.operation_names if not provoked(operation)] == []


@pytest.mark.parametrize("operation", KMS.operation_names)
def test_the_declared_errors_come_about(world, operation):
    answers = {}
    for code in provoked(operation):
        asked = SINGLE.get((operation, code)) or FAMILIES[code]
        try:
            input = asked(world, operation)
            answers[code] = answer(world.kms, operation, input)
        finally:
            world.proxy.behave = None
    assert {code: got for code, got in answers.items() if got != code} == {}


@pytest.mark.parametrize("operation", KMS.operation_names)
def test_who_has_no_permission_may_not(world, stranger, operation):
    if operation == "CreateCustomKeyStore":
        input = world.proxy.store("another", tenant=7)
    elif operation.endswith("CustomKeyStore"):
        input = {"CustomKeyStoreId": world.store(*IDLE)}
    else:
        input = valid(world, operation)
    assert answer(stranger, operation, input) == "AccessDeniedException"


def answer(client, operation, input):
    """The error code of a call, or nothing."""
    try:
        getattr(client, xform_name(operation))(**input)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None
