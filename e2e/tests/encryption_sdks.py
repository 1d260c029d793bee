"""Implementations of the Encryption SDK, all driven by the same cases: those of e2e/src/bin/encryption-sdk.rs."""

import json
import os
import subprocess
from pathlib import Path

import aws_encryption_sdk
import pytest
from aws_cryptographic_material_providers.keystore import models as key_stores
from aws_cryptographic_material_providers.keystore.client import KeyStore
from aws_cryptographic_material_providers.keystore.config import KeyStoreConfig
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl import models
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_encryption_sdk.identifiers import Algorithm, CommitmentPolicy
from stack import BINARY

ROOT = Path(__file__).parents[2]
SDKS = ROOT / "target/encryption-sdks"
SUITES = [f"{algorithm.algorithm_id:#06x}" for algorithm in Algorithm]
COMMITTING = {"0x0478", "0x0578"}
SIGNED = {"0x0214", "0x0346", "0x0378", "0x0578"}
# Said by `make interop`: every client, and what takes its time.
THOROUGH = os.environ.get("ENCRYPTION_SDK_INTEROP") == "thorough"
PADDINGS = ["pkcs1", "oaep-sha1", "oaep-sha256", "oaep-sha384", "oaep-sha512"]
providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())


class Driver:
    """A process that answers each case with a line."""

    # What it can't do.
    frame_lengths_are_multiples = False
    decrypts_pkcs1 = True

    def __init__(self, words, environment):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def run(self, case):
        self.process.stdin.write(json.dumps(case).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error": "the driver has ended"}')
        assert "error" not in answer, f"{answer['error']}: {case}"
        return answer

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=30) == 0


class Python:
    """AWS's for Python, in this process."""

    frame_lengths_are_multiples = True
    decrypts_pkcs1 = True

    def __init__(self, stack, table=None):
        self.stack = stack
        self.table = table

    def run(self, case):
        if case["do"] == "create-branch-key":
            of, context = case["keyrings"][0], case.get("context")
            self.key_store(of).create_key(key_stores.CreateKeyInput(
                branch_key_identifier=of["branch_key"], encryption_context=context))
            return {}
        if case["do"] == "version-branch-key":
            of = case["keyrings"][0]
            self.key_store(of).version_key(key_stores.VersionKeyInput(branch_key_identifier=of["branch_key"]))
            return {}
        suite = case.get("suite", "0x0578")
        policy = "REQUIRE_ENCRYPT_ALLOW_DECRYPT" if suite in COMMITTING else "FORBID_ENCRYPT_ALLOW_DECRYPT"
        client = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy[policy])
        encrypts = case["do"] == "encrypt"
        first, *rest = [self.keyring(keyring) for keyring in case["keyrings"]]
        arguments = {"keyring": first}
        if rest:
            generator, children = (first, rest) if encrypts else (None, [first, *rest])
            arguments["keyring"] = providers.create_multi_keyring(
                models.CreateMultiKeyringInput(generator=generator, child_keyrings=children))
        if encrypts:
            arguments["algorithm"] = Algorithm.get_by_id(int(suite, 16))
            arguments["encryption_context"] = case.get("context", {})
            arguments["frame_length"] = case.get("frame_length", 4096)
        if case.get("stream"):
            with open(case["input"], "rb") as source, open(case["output"], "wb") as target:
                mode = "e" if encrypts else "d"
                with client.stream(mode=mode, source=source, **arguments) as stream:
                    target.writelines(stream)
            return {}
        source = Path(case["input"]).read_bytes()
        done, _ = (client.encrypt if encrypts else client.decrypt)(source=source, **arguments)
        Path(case["output"]).write_bytes(done)
        return {}

    def keyring(self, of):
        kms = self.stack.client("kms", region_name=of["region"]) if "region" in of else None
        filtered = models.DiscoveryFilter(account_ids=[of.get("account", "")], partition="aws")
        match of["kind"], of.get("multi_region", False):
            case "kms", False:
                return providers.create_aws_kms_keyring(models.CreateAwsKmsKeyringInput(kms_key_id=of["key"], kms_client=kms))
            case "kms", True:
                return providers.create_aws_kms_mrk_keyring(
                    models.CreateAwsKmsMrkKeyringInput(kms_key_id=of["key"], kms_client=kms))
            case "discovery", False:
                return providers.create_aws_kms_discovery_keyring(
                    models.CreateAwsKmsDiscoveryKeyringInput(kms_client=kms, discovery_filter=filtered))
            case "discovery", True:
                return providers.create_aws_kms_mrk_discovery_keyring(models.CreateAwsKmsMrkDiscoveryKeyringInput(
                    kms_client=kms, region=of["region"], discovery_filter=filtered))
            case "kms-rsa", _:
                return providers.create_aws_kms_rsa_keyring(models.CreateAwsKmsRsaKeyringInput(
                    kms_key_id=of["key"], kms_client=kms, encryption_algorithm=of["algorithm"],
                    public_key=Path(of["public_key"]).read_bytes()))
            case "kms-ecdh", _:
                return providers.create_aws_kms_ecdh_keyring(models.CreateAwsKmsEcdhKeyringInput(
                    key_agreement_scheme=agreement(of), curve_spec=f"ECC_NIST_{of['curve']}", kms_client=kms))
            case "raw-ecdh", _:
                return providers.create_raw_ecdh_keyring(models.CreateRawEcdhKeyringInput(
                    key_agreement_scheme=raw_agreement(of), curve_spec=f"ECC_NIST_{of['curve']}"))
            case "hierarchical", _:
                return providers.create_aws_kms_hierarchical_keyring(models.CreateAwsKmsHierarchicalKeyringInput(
                    key_store=self.key_store(of), branch_key_id=of["branch_key"], ttl_seconds=600))
            case "aes", _:
                key = Path(of["file"]).read_bytes()
                return providers.create_raw_aes_keyring(models.CreateRawAesKeyringInput(
                    key_namespace=of["namespace"], key_name=of["name"], wrapping_key=key,
                    wrapping_alg=f"ALG_AES{len(key) * 8}_GCM_IV12_TAG16"))
            case "rsa", _:
                scheme = "PKCS1" if of["padding"] == "pkcs1" else of["padding"].upper().replace("-", "_") + "_MGF1"
                return providers.create_raw_rsa_keyring(models.CreateRawRsaKeyringInput(
                    key_namespace=of["namespace"], key_name=of["name"], padding_scheme=scheme,
                    public_key=Path(of["public_key"]).read_bytes(), private_key=Path(of["private_key"]).read_bytes()))
        raise AssertionError(f"unknown keyring {of}")

    def key_store(self, of):
        return KeyStore(config=KeyStoreConfig(
            ddb_client=self.stack.client("dynamodb", region_name=of["region"], endpoint_url=self.table.endpoint),
            ddb_table_name=of["name"], logical_key_store_name=of["name"],
            kms_client=self.stack.client("kms", region_name=of["region"]),
            kms_configuration=key_stores.KMSConfigurationKmsKeyArn(of["key"])))

    def close(self):
        pass


def agreement(of):
    if of.get("recipient") is None:
        return models.KmsEcdhStaticConfigurationsKmsPublicKeyDiscovery(
            models.KmsPublicKeyDiscoveryInput(recipient_kms_identifier=of["key"]))
    return models.KmsEcdhStaticConfigurationsKmsPrivateKeyToStaticPublicKey(models.KmsPrivateKeyToStaticPublicKeyInput(
        sender_kms_identifier=of["key"], recipient_public_key=Path(of["recipient"]).read_bytes()))


def raw_agreement(of):
    private, recipient = (Path(of[name]).read_bytes() if of.get(name) else None for name in ("private_key", "recipient"))
    if recipient is None:
        return models.RawEcdhStaticConfigurationsPublicKeyDiscovery(
            models.PublicKeyDiscoveryInput(recipient_static_private_key=private))
    if private is None:
        return models.RawEcdhStaticConfigurationsEphemeralPrivateKeyToStaticPublicKey(
            models.EphemeralPrivateKeyToStaticPublicKeyInput(recipient_public_key=recipient))
    return models.RawEcdhStaticConfigurationsRawPrivateKeyToStaticPublicKey(models.RawPrivateKeyToStaticPublicKeyInput(
        sender_static_private_key=private, recipient_public_key=recipient))


def ours(stack):
    """Beside the command, where cargo puts it."""
    return Driver([Path(BINARY).with_name("encryption-sdk")], stack.environment())


def javascript(stack, table=None):
    install()
    driver = Driver(["node", SDKS / "node/driver.mjs"], environment(stack, table, NODE_NO_WARNINGS="1"))
    # Node refuses to, since somebody could learn by many attempts what was encrypted.
    driver.decrypts_pkcs1 = False
    return driver


def rust(stack, table=None):
    install("rust")
    return Driver([SDKS / "rust/debug/keywright-encryption-sdk-rust"], environment(stack, table))


def environment(stack, table, **more):
    where = {"AWS_ENDPOINT_URL_DYNAMODB": table.endpoint} if table else {}
    return stack.environment(**where, **more)


def install(*which):
    installed = subprocess.run([ROOT / "scripts/encryption-sdks.sh", *which], capture_output=True, text=True)
    if installed.returncode:
        pytest.skip(f"the other Encryption SDKs could not be installed: {installed.stderr}")


# The others by their names.
THEIRS = {"python": Python, "javascript": javascript} | ({"rust": rust} if THOROUGH else {})
