"""Makes the samples in tests/sdk that aren't there yet, with aws-encryption-sdk[MPL] 4.0.7 for Python.

    python libs/encryption-sdk/tests/make_samples.py
    python libs/encryption-sdk/tests/make_samples.py --check FILE

The second decrypts what tests/sdk/for_others.rs wrote into the file. KMS and DynamoDB are mocks here: the one wraps as tests/sdk/local_kms.rs does, the other is a dictionary.
"""

import base64
import hashlib
import json
import os
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import aws_encryption_sdk
from aws_cryptographic_material_providers.keystore.client import KeyStore
from aws_cryptographic_material_providers.keystore.config import KeyStoreConfig
from aws_cryptographic_material_providers.keystore.models import (
    CreateKeyInput,
    KMSConfigurationKmsKeyArn,
    VersionKeyInput,
)
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import (
    AesWrappingAlg,
    CreateAwsKmsHierarchicalKeyringInput,
    CreateAwsKmsKeyringInput,
    CreateMultiKeyringInput,
    CreateRawAesKeyringInput,
    CreateRawEcdhKeyringInput,
    CreateRawRsaKeyringInput,
    EphemeralPrivateKeyToStaticPublicKeyInput,
    PaddingScheme,
    PublicKeyDiscoveryInput,
    RawEcdhStaticConfigurationsEphemeralPrivateKeyToStaticPublicKey,
    RawEcdhStaticConfigurationsPublicKeyDiscovery,
    RawEcdhStaticConfigurationsRawPrivateKeyToStaticPublicKey,
    RawPrivateKeyToStaticPublicKeyInput,
)
from aws_cryptography_primitives.smithygenerated.aws_cryptography_primitives.models import ECDHCurveSpec
from aws_encryption_sdk.identifiers import Algorithm, CommitmentPolicy
from botocore.client import BaseClient
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

HERE = Path(__file__).parent / "sdk"
REGION = "us-east-1"
ARN = f"arn:aws:kms:{REGION}:111122223333:key/a"
PLAINTEXT = b"sample plaintext\n" * 8
CONTEXT = {"purpose": "sample"}
providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())


class MockKms(BaseClient):
    """Wraps under the SHA-256 of a key's id."""

    def __init__(self):
        self._client_config = SimpleNamespace(region_name=REGION, user_agent_extra="")
        self.meta = SimpleNamespace(region_name=REGION, config=self._client_config)

    @staticmethod
    def _key(arn):
        return AESGCM(hashlib.sha256(arn.rpartition("/")[2].encode()).digest())

    @staticmethod
    def _aad(context):
        pairs = sorted((key.encode(), value.encode()) for key, value in context.items())
        fields = [field for pair in pairs for field in pair]
        return b"".join([struct.pack(">H", len(pairs)), *(struct.pack(">H", len(f)) + f for f in fields)]) if pairs else b""

    def encrypt(self, KeyId, Plaintext, EncryptionContext, **_):
        nonce = os.urandom(12)
        blob = nonce + self._key(KeyId).encrypt(nonce, Plaintext, self._aad(EncryptionContext))
        return {"KeyId": KeyId, "CiphertextBlob": blob}

    def decrypt(self, KeyId, CiphertextBlob, EncryptionContext, **_):
        blob, aad = CiphertextBlob, self._aad(EncryptionContext)
        return {"KeyId": KeyId, "Plaintext": self._key(KeyId).decrypt(blob[:12], blob[12:], aad)}

    def generate_data_key(self, KeyId, NumberOfBytes, EncryptionContext, **_):
        plaintext = os.urandom(NumberOfBytes)
        return {**self.encrypt(KeyId, plaintext, EncryptionContext), "Plaintext": plaintext}

    def generate_data_key_without_plaintext(self, KeyId, NumberOfBytes, EncryptionContext, **_):
        return self.encrypt(KeyId, os.urandom(NumberOfBytes), EncryptionContext)

    def re_encrypt(self, SourceKeyId, SourceEncryptionContext, CiphertextBlob, **to):
        plaintext = self.decrypt(SourceKeyId, CiphertextBlob, SourceEncryptionContext)["Plaintext"]
        answer = self.encrypt(to["DestinationKeyId"], plaintext, to["DestinationEncryptionContext"])
        return {**answer, "SourceKeyId": SourceKeyId}


class MockTable(BaseClient):
    """The table of a key store."""

    def __init__(self, items=()):
        self.items = {(item["branch-key-id"]["S"], item["type"]["S"]): item for item in items}
        self._client_config = SimpleNamespace(region_name=REGION, user_agent_extra="")
        self.meta = SimpleNamespace(region_name=REGION, config=self._client_config)

    def get_item(self, Key, **_):
        item = self.items.get((Key["branch-key-id"]["S"], Key["type"]["S"]))
        return {"Item": item} if item else {}

    def transact_write_items(self, TransactItems, **_):
        for write in TransactItems:
            item = write["Put"]["Item"]
            self.items[item["branch-key-id"]["S"], item["type"]["S"]] = item
        return {}

    def records(self):
        """As BranchKeyRecord has them in JSON."""
        text = {"S": str, "N": str, "B": lambda value: base64.b64encode(value).decode()}
        def plain(item):
            return {name: text[kind](value) for name, held in item.items() for kind, value in held.items()}
        return [plain(item) for _, item in sorted(self.items.items())]


def key_store(table):
    return KeyStore(config=KeyStoreConfig(
        ddb_client=table,
        ddb_table_name="table",
        logical_key_store_name="samples",
        kms_client=MockKms(),
        kms_configuration=KMSConfigurationKmsKeyArn(ARN),
    ))


def hierarchical(table, branch_key_id):
    return providers.create_aws_kms_hierarchical_keyring(CreateAwsKmsHierarchicalKeyringInput(
        key_store=key_store(table), branch_key_id=branch_key_id, ttl_seconds=600))


def client(suite):
    policy = "REQUIRE_ENCRYPT_REQUIRE_DECRYPT" if suite.is_committing() else "FORBID_ENCRYPT_ALLOW_DECRYPT"
    return aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy[policy])


def encrypt(keyring, suite=Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384, frame_length=128):
    message, _ = client(suite).encrypt(
        source=PLAINTEXT, keyring=keyring, encryption_context=CONTEXT, algorithm=suite, frame_length=frame_length)
    return message


def text(message):
    return base64.b64encode(message).decode()


def write(name, content):
    (HERE / "samples" / name).write_text(json.dumps(content, indent=1) + "\n")


def make_hierarchy():
    table = MockTable()
    store = key_store(table)
    context = {"tenant": "4711"}
    made = store.create_key(CreateKeyInput(branch_key_identifier="tenant-4711", encryption_context=context))
    first = encrypt(hierarchical(table, made.branch_key_identifier))
    store.version_key(VersionKeyInput(branch_key_identifier=made.branch_key_identifier))
    second = encrypt(hierarchical(table, made.branch_key_identifier))
    write("hierarchy.json", {"records": table.records(), "messages": [text(first), text(second)]})


def make_ecdh():
    samples = []
    for name, curve in [("P256", ec.SECP256R1()), ("P384", ec.SECP384R1()), ("P521", ec.SECP521R1())]:
        pair = [ec.generate_private_key(curve) for _ in range(2)]
        private = [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for key in pair]
        public = [key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for key in pair]
        spec = getattr(ECDHCurveSpec, f"ECC_NIST_{name}")
        def keyring(scheme):
            return providers.create_raw_ecdh_keyring(
                CreateRawEcdhKeyringInput(curve_spec=spec, key_agreement_scheme=scheme))
        static = keyring(RawEcdhStaticConfigurationsRawPrivateKeyToStaticPublicKey(
            RawPrivateKeyToStaticPublicKeyInput(sender_static_private_key=private[0], recipient_public_key=public[1])))
        ephemeral = keyring(RawEcdhStaticConfigurationsEphemeralPrivateKeyToStaticPublicKey(
            EphemeralPrivateKeyToStaticPublicKeyInput(recipient_public_key=public[1])))
        samples.append({
            "curve": name,
            "private_keys": [key.decode() for key in private],
            "public_keys": [text(key) for key in public],
            "static": text(encrypt(static)),
            "ephemeral": text(encrypt(ephemeral)),
        })
    write("ecdh.json", samples)


def make_vectors():
    """A manifest in the form of awses-decrypt, version 2."""
    home = HERE / "vectors"
    (home / "plaintexts").mkdir(parents=True)
    (home / "ciphertexts").mkdir()
    (home / "plaintexts" / "small").write_bytes(PLAINTEXT)
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    keys, rings = {}, []
    for bits in [128, 192, 256]:
        name, material = f"aes-{bits}", bytes(range(bits // 8))
        keys[name] = {"encrypt": True, "decrypt": True, "algorithm": "aes", "type": "symmetric", "bits": bits,
                      "encoding": "base64", "material": text(material), "key-id": name}
        description = {"type": "raw", "key": name, "provider-id": "vectors", "encryption-algorithm": "aes"}
        wrapping = getattr(AesWrappingAlg, f"ALG_AES{bits}_GCM_IV12_TAG16")
        rings.append((description, providers.create_raw_aes_keyring(CreateRawAesKeyringInput(
            key_namespace="vectors", key_name=name, wrapping_key=material, wrapping_alg=wrapping))))
    keys["rsa-2048-private"] = {"encrypt": True, "decrypt": True, "algorithm": "rsa", "type": "private", "bits": 2048,
                                "encoding": "pem", "material": private.decode(), "key-id": "rsa-2048"}
    for padding in ["pkcs1", "sha1", "sha256", "sha384", "sha512"]:
        description = {"type": "raw", "key": "rsa-2048-private", "provider-id": "vectors",
                       "encryption-algorithm": "rsa"}
        if padding == "pkcs1":
            description["padding-algorithm"], scheme = "pkcs1", "PKCS1"
        else:
            description.update({"padding-algorithm": "oaep-mgf1", "padding-hash": padding})
            scheme = f"OAEP_{padding.upper()}_MGF1"
        rings.append((description, providers.create_raw_rsa_keyring(CreateRawRsaKeyringInput(
            key_namespace="vectors", key_name="rsa-2048", padding_scheme=getattr(PaddingScheme, scheme), public_key=public))))
    keys["us-east-1-decryptable"] = {"encrypt": True, "decrypt": True, "type": "aws-kms", "key-id": ARN}
    kms = providers.create_aws_kms_keyring(CreateAwsKmsKeyringInput(kms_key_id=ARN, kms_client=MockKms()))
    rings.append(({"type": "aws-kms", "key": "us-east-1-decryptable"}, kms))
    rings.append(({"type": "aws-kms-mrk-aware", "key": "us-east-1-decryptable"}, kms))
    discovery = {"type": "aws-kms-mrk-aware-discovery", "default-mrk-region": REGION,
                 "aws-kms-discovery-filter": {"partition": "aws", "account-ids": ["111122223333"]}}
    rings.append((discovery, kms))

    tests = {}
    def add(name, message, descriptions, **expected):
        (home / "ciphertexts" / name).write_bytes(message)
        expected = expected or {"result": {"output": {"plaintext": "file://plaintexts/small"}}}
        tests[name] = {"ciphertext": f"file://ciphertexts/{name}", "master-keys": descriptions, **expected}
    def refused(why):
        return {"error": {"error-description": why}}

    suites = list(Algorithm)
    for number, (description, keyring) in enumerate(rings):
        suite = suites[number % len(suites)]
        name = "-".join([description["type"], *(v for k, v in description.items() if k in ("key", "padding-hash"))])
        add(f"{name}-{suite.algorithm_id:04x}", encrypt(keyring, suite, [0, 128, 512][number % 3]), [description])
    both = providers.create_multi_keyring(CreateMultiKeyringInput(generator=rings[0][1], child_keyrings=[rings[3][1]]))
    message = encrypt(both)
    add("several", message, [rings[3][0], rings[0][0]])
    add("wrong-key", message, [rings[1][0]], result=refused("no data key of this key"))
    add("tampered", message[:-1] + bytes([message[-1] ^ 1]), [rings[0][0]], result=refused("signature is wrong"))
    add("truncated", message[:-1], [rings[0][0]], result=refused("footer ends early"))
    add("signed-as-unsigned", message, [rings[0][0]], **{"decryption-method": "streaming-unsigned-only",
                                                        "result": refused("message is signed")})
    unsigned = encrypt(rings[2][1], Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY)
    add("unsigned", unsigned, [rings[2][0]], **{"decryption-method": "streaming-unsigned-only",
                                               "result": {"output": {"plaintext": "file://plaintexts/small"}}})
    add("first-version", unsigned, [rings[2][0]], plaintext="file://plaintexts/small")
    (home / "keys.json").write_text(
        json.dumps({"manifest": {"type": "keys", "version": 3}, "keys": keys}, indent=1) + "\n")
    (home / "manifest.json").write_text(json.dumps({
        "manifest": {"type": "awses-decrypt", "version": 2},
        "client": {"name": "aws/aws-encryption-sdk-python", "version": aws_encryption_sdk.__version__},
        "keys": "file://keys.json",
        "tests": tests,
    }, indent=1) + "\n")


def decrypt(keyring, message):
    committing = client(Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384)
    plaintext, _ = committing.decrypt(
        source=base64.b64decode(message), keyring=keyring, encryption_context=CONTEXT)
    assert plaintext == PLAINTEXT


def check(samples):
    """What ours wrote."""
    numbers, binary = {"hierarchy-version": "N"}, {"enc": "B"}
    items = [
        {name: {(numbers | binary).get(name, "S"): base64.b64decode(value) if name in binary else value}
         for name, value in record.items()}
        for record in samples["hierarchy"]["records"]
    ]
    table = MockTable(items)
    for message in samples["hierarchy"]["messages"]:
        decrypt(hierarchical(table, "tenant-4711"), message)
    # And goes on where ours ended.
    key_store(table).version_key(VersionKeyInput(branch_key_identifier="tenant-4711"))
    for sample in samples["ecdh"]:
        keyring = providers.create_raw_ecdh_keyring(CreateRawEcdhKeyringInput(
            curve_spec=getattr(ECDHCurveSpec, f"ECC_NIST_{sample['curve']}"),
            key_agreement_scheme=RawEcdhStaticConfigurationsPublicKeyDiscovery(
                PublicKeyDiscoveryInput(recipient_static_private_key=sample["private_key"].encode()))))
        decrypt(keyring, sample["static"])
        decrypt(keyring, sample["ephemeral"])
    print("all decrypted")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        sys.exit(check(json.loads(Path(sys.argv[2]).read_text())))
    for made, make in [("samples/hierarchy.json", make_hierarchy), ("samples/ecdh.json", make_ecdh),
                       ("vectors", make_vectors)]:
        if not (HERE / made).exists():
            make()
