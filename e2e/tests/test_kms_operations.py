"""Every operation of KMS through boto3, by two principals and between two Regions; and what their answers have."""

import base64
import json

import kms_scenarios as scenarios
import pytest
import service_model
from enclave import Enclave
from stack import Stack, wait_for
from witness import Witness
from xks_proxy import XksProxy

HERE, THERE = "us-east-1", "eu-west-1"
ACCOUNT = "000000000000"

# `keywright dev` has no PKCS#11 token and no VPC endpoint services.
MEMBERS_OF_CLUSTERS_AND_SERVICES = {
    ("KeyMetadata", "CloudHsmClusterId"), ("CustomKeyStoresListEntry", "CloudHsmClusterId"),
    ("CustomKeyStoresListEntry", "TrustAnchorCertificate"), ("XksProxyConfigurationType", "VpcEndpointServiceName"),
    ("XksProxyConfigurationType", "VpcEndpointServiceOwner"),
}
# An on-demand rotation is done when it is answered, but for one that waits for replica keys; a key has one policy.
MEMBERS_THAT_NEVER_SHOW_HERE = {
    ("GetKeyRotationStatusResponse", "OnDemandRotationStartDate"), ("ListKeyPoliciesResponse", "NextMarker"),
}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    serving = XksProxy(tmp_path_factory.mktemp("xks"))
    yield serving
    serving.stop()


@pytest.fixture(scope="module")
def enclave():
    return Enclave(image_digest=bytes(range(48)))


@pytest.fixture(scope="module")
def regions(proxy, enclave, tmp_path_factory):
    root = tmp_path_factory.mktemp("enclaves") / "root.pem"
    root.write_bytes(enclave.root)
    running = Stack(regions=f"{HERE},{THERE}", settings=proxy.settings(),
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


def test_every_operation_does_its_work_and_every_member_of_its_answer_is_seen(
        regions, proxy, nobody, enclave, tmp_path):
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
    scenarios.custom_key_stores(here, proxy)
    assert witness.surplus == set()
    assert witness.not_called() == []
    assert [member for member in witness.not_seen() if not is_elsewhere(*member)] == []


def is_elsewhere(shape, member):
    return (shape, member) in MEMBERS_OF_CLUSTERS_AND_SERVICES | MEMBERS_THAT_NEVER_SHOW_HERE


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
