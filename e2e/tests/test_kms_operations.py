"""Every operation of KMS through boto3, by two principals and between two Regions; and what their answers have."""

import base64
import json

import kms_scenarios as scenarios
import pytest
import service_model
from enclave import Enclave
from stack import Stack, wait_for
from witness import Witness

HERE, THERE = "us-east-1", "eu-west-1"
ACCOUNT = "000000000000"

# `keywright dev` has no external key manager; the KMS service's own tests have one.
OF_CUSTOM_KEY_STORES = {
    "CreateCustomKeyStore", "ConnectCustomKeyStore", "DisconnectCustomKeyStore", "UpdateCustomKeyStore",
    "DeleteCustomKeyStore",
}
MEMBERS_OF_CUSTOM_KEY_STORES = {
    ("KeyMetadata", "CustomKeyStoreId"), ("KeyMetadata", "CloudHsmClusterId"), ("KeyMetadata", "XksKeyConfiguration"),
    ("XksKeyConfigurationType", "Id"), ("CreateCustomKeyStoreResponse", "CustomKeyStoreId"),
    ("DescribeCustomKeyStoresResponse", "NextMarker"),
}
SHAPES_OF_CUSTOM_KEY_STORES = {"CustomKeyStoresListEntry", "XksProxyConfigurationType"}
# An on-demand rotation is done when it is answered, but for one that waits for replica keys; a key has one policy.
MEMBERS_THAT_NEVER_SHOW_HERE = {
    ("GetKeyRotationStatusResponse", "OnDemandRotationStartDate"), ("ListKeyPoliciesResponse", "NextMarker"),
}


@pytest.fixture(scope="module")
def enclave():
    return Enclave(image_digest=bytes(range(48)))


@pytest.fixture(scope="module")
def regions(enclave, tmp_path_factory):
    root = tmp_path_factory.mktemp("enclaves") / "root.pem"
    root.write_bytes(enclave.root)
    running = Stack(regions=f"{HERE},{THERE}",
                    environment={"KEYWRIGHT_ENCLAVES__ROOT_CERTIFICATE_FILE": str(root)})
    try:
        yield running.start()
    finally:
        running.remove()


@pytest.fixture(scope="module")
def nobody(regions):
    """A user without any policy: the arguments of its clients, and its ARN."""
    iam = regions.client("iam")
    arn = iam.create_user(UserName="nobody")["User"]["Arn"]
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}, arn


def test_every_operation_does_its_work_and_every_member_of_its_answer_is_seen(regions, nobody, enclave, tmp_path):
    witness = Witness(service_model.model("kms"))
    here, there = (witness.watch(regions.client("kms", region_name=region)) for region in (HERE, THERE))
    key = scenarios.keys_and_aliases(here)
    scenarios.deletion(here)
    scenarios.symmetric_encryption(here, key)
    scenarios.data_key_pairs(here, key, tmp_path)
    scenarios.signatures(here)
    scenarios.asymmetric_encryption(here)
    scenarios.macs(here)
    scenarios.key_agreement(here)
    scenarios.rotation(here)
    scenarios.import_material(here, tmp_path)
    credentials, arn = nobody
    other = witness.watch(regions.client("kms", **credentials))
    scenarios.grants(here, other, arn, ACCOUNT)
    scenarios.policies(here, other, arn, ACCOUNT)
    scenarios.attested_answers(here, other, arn, ACCOUNT, enclave)
    scenarios.multi_region(here, there, HERE, THERE)
    scenarios.last_usage(here, key)
    scenarios.lists_go_on_from_page_to_page(here)
    here.describe_custom_key_stores()
    assert witness.surplus == set()
    assert set(witness.not_called()) == OF_CUSTOM_KEY_STORES
    assert [member for member in witness.not_seen() if not is_elsewhere(*member)] == []


def is_elsewhere(shape, member):
    return shape in SHAPES_OF_CUSTOM_KEY_STORES \
        or (shape, member) in MEMBERS_OF_CUSTOM_KEY_STORES | MEMBERS_THAT_NEVER_SHOW_HERE


def test_who_has_no_permission_may_do_nothing(regions, nobody):
    admin = regions.client("kms")
    credentials, arn = nobody
    stranger = regions.client("kms", **credentials)
    key = admin.create_key()["KeyMetadata"]["KeyId"]
    blob = admin.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    for call, asked in (
        (stranger.create_key, {}), (stranger.list_keys, {}), (stranger.describe_key, {"KeyId": key}),
        (stranger.encrypt, {"KeyId": key, "Plaintext": b"x"}), (stranger.decrypt, {"CiphertextBlob": blob}),
        (stranger.generate_data_key, {"KeyId": key, "KeySpec": "AES_256"}), (stranger.disable_key, {"KeyId": key}),
        (stranger.create_grant, {"KeyId": key, "GranteePrincipal": arn, "Operations": ["Decrypt"]}),
        (stranger.put_key_policy, {"KeyId": key, "Policy": "{}"}), (stranger.rotate_key_on_demand, {"KeyId": key}),
    ):
        assert scenarios.code_of(call, **asked) in ("AccessDeniedException", "MalformedPolicyDocumentException")


def test_the_aws_cli_signs_verifies_and_rotates(regions, tmp_path):
    key = regions.aws("kms", "create-key", "--key-spec", "ECC_NIST_P256", "--key-usage", "SIGN_VERIFY", "--query",
                      "KeyMetadata.KeyId", "--output", "text")
    message, signature = tmp_path / "message", tmp_path / "signature"
    message.write_text("attack at dawn")
    asked = ("--key-id", key, "--signing-algorithm", "ECDSA_SHA_256", "--message", f"fileb://{message}")
    signature.write_bytes(base64.b64decode(
        regions.aws("kms", "sign", *asked, "--query", "Signature", "--output", "text")))
    verified = json.loads(regions.aws("kms", "verify", *asked, "--signature", f"fileb://{signature}"))
    assert verified["SignatureValid"] is True
    message.write_text("attack at noon")
    assert "KMSInvalidSignatureException" in regions.aws(
        "kms", "verify", *asked, "--signature", f"fileb://{signature}", expect=255)
    symmetric = regions.aws("kms", "create-key", "--query", "KeyMetadata.KeyId", "--output", "text")
    regions.aws("kms", "rotate-key-on-demand", "--key-id", symmetric)
    rotations = wait_for("the rotation", 5, lambda: json.loads(
        regions.aws("kms", "list-key-rotations", "--key-id", symmetric))["Rotations"])
    assert rotations[0]["RotationType"] == "ON_DEMAND"
