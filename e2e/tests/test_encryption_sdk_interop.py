"""The Encryption SDK of this repository and the one of AWS for Python decrypt what the other encrypted."""

import functools
import os
import subprocess
from pathlib import Path

import aws_encryption_sdk
import pytest
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import (
    AesWrappingAlg,
    CreateDefaultCryptographicMaterialsManagerInput,
    CreateMultiKeyringInput,
    CreateRawAesKeyringInput,
    CreateRawRsaKeyringInput,
    CreateRequiredEncryptionContextCMMInput,
    PaddingScheme,
)
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from aws_encryption_sdk.identifiers import Algorithm, CommitmentPolicy
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

# Beside the command, where `cargo test` puts examples.
OURS = Path(os.environ["KEYWRIGHT_BIN"]).parent / "examples" / "raw_keyrings"
CONTEXT = {"purpose": "interop", "größe": "ключ"}
# For frames of a length, plaintexts around it. Theirs takes its time with many frames.
LENGTHS = {
    0: [0, 1, 4097, 1_000_000],
    1: [0, 2, 129],
    7: [6, 7, 8],
    128: [127, 128, 129],
    4096: [0, 1, 4096, 12289],
    65536: [65536, 1_000_000],
}
# As a stream, or at once.
WAYS = [[], ["--whole"]]
PADDINGS = {
    "pkcs1": PaddingScheme.PKCS1,
    "oaep-sha1": PaddingScheme.OAEP_SHA1_MGF1,
    "oaep-sha256": PaddingScheme.OAEP_SHA256_MGF1,
    "oaep-sha384": PaddingScheme.OAEP_SHA384_MGF1,
    "oaep-sha512": PaddingScheme.OAEP_SHA512_MGF1,
}
providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())


def ours(direction, content, keyrings, *options, context=CONTEXT):
    words = [word for keyring in keyrings for word in ("--keyring", keyring)]
    words += [word for key, value in context.items() for word in ("--context", f"{key}={value}")]
    done = subprocess.run([OURS, direction, *words, *options], input=content, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def theirs(algorithm):
    policy = "REQUIRE_ENCRYPT_REQUIRE_DECRYPT" if algorithm.is_committing() else "FORBID_ENCRYPT_ALLOW_DECRYPT"
    return aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy[policy])


def plaintext(length):
    return (bytes(range(251)) * (length // 251 + 1))[:length]


def suite(algorithm):
    return f"{algorithm.algorithm_id:#06x}"


@pytest.fixture(scope="module")
def aes(tmp_path_factory):
    """An AES key for both sides."""
    file = tmp_path_factory.mktemp("aes") / "key.hex"
    file.write_text(bytes(range(32)).hex())
    keyring = providers.create_raw_aes_keyring(
        CreateRawAesKeyringInput(
            key_namespace="interop",
            key_name="aes",
            wrapping_key=bytes(range(32)),
            wrapping_alg=AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16,
        )
    )
    return f"aes:interop:aes:{file}", keyring


@pytest.fixture(scope="module")
def rsa_pair(tmp_path_factory):
    """An RSA key pair in two files of PEM, and its halves."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    directory = tmp_path_factory.mktemp("rsa")
    (directory / "private.pem").write_bytes(private)
    (directory / "public.pem").write_bytes(public)
    return directory, private, public


@pytest.mark.parametrize("algorithm", Algorithm, ids=suite)
def test_what_is_encrypted_here_is_decrypted_there(algorithm, aes):
    word, keyring = aes
    client = theirs(algorithm)
    for frame_length in [1, 7, 128, 4096, 65536]:
        for number, length in enumerate(LENGTHS[frame_length]):
            content = plaintext(length)
            options = ["--suite", suite(algorithm), "--frame-length", str(frame_length), *WAYS[number % 2]]
            message = ours("encrypt", content, [word], *options)
            opened, header = client.decrypt(source=message, keyring=keyring)
            assert opened == content, (frame_length, length)
            assert header.algorithm == algorithm
            assert CONTEXT.items() <= header.encryption_context.items()


@pytest.mark.parametrize("algorithm", Algorithm, ids=suite)
def test_what_is_encrypted_there_is_decrypted_here(algorithm, aes):
    word, keyring = aes
    client = theirs(algorithm)
    # They take multiples of 128, and 0 for a message without frames.
    for frame_length in [0, 128, 4096, 65536]:
        for number, length in enumerate(LENGTHS[frame_length]):
            content = plaintext(length)
            message, _ = client.encrypt(
                source=content,
                keyring=keyring,
                algorithm=algorithm,
                frame_length=frame_length,
                encryption_context=CONTEXT,
            )
            opened = ours("decrypt", message, [word], *WAYS[number % 2])
            assert opened == content, (frame_length, length)


@pytest.mark.parametrize("padding", PADDINGS)
def test_rsa_keys_wrap_both_ways(padding, rsa_pair):
    directory, private, public = rsa_pair
    keyring = providers.create_raw_rsa_keyring(
        CreateRawRsaKeyringInput(
            key_namespace="interop",
            key_name="rsa",
            padding_scheme=PADDINGS[padding],
            public_key=public,
            private_key=private,
        )
    )
    client = aws_encryption_sdk.EncryptionSDKClient()
    keyrings = [f"rsa:interop:rsa:{padding}:{directory / 'public.pem'}"]
    opened, _ = client.decrypt(source=ours("encrypt", b"content", keyrings), keyring=keyring)
    assert opened == b"content"
    message, _ = client.encrypt(source=b"content", keyring=keyring, encryption_context=CONTEXT)
    keyrings = [f"rsa:interop:rsa:{padding}:{directory / 'private.pem'}"]
    assert ours("decrypt", message, keyrings) == b"content"


def test_each_of_several_keyrings_decrypts(aes, rsa_pair):
    word, aes_keyring = aes
    directory, private, public = rsa_pair
    rsa_keyring = providers.create_raw_rsa_keyring(
        CreateRawRsaKeyringInput(
            key_namespace="interop",
            key_name="rsa",
            padding_scheme=PaddingScheme.OAEP_SHA256_MGF1,
            public_key=public,
            private_key=private,
        )
    )
    both = providers.create_multi_keyring(
        CreateMultiKeyringInput(generator=aes_keyring, child_keyrings=[rsa_keyring])
    )
    client = aws_encryption_sdk.EncryptionSDKClient()
    rsa_word = functools.partial("rsa:interop:rsa:oaep-sha256:{}".format)
    message = ours("encrypt", b"content", [word, rsa_word(directory / "public.pem")])
    for keyring in [aes_keyring, rsa_keyring, both]:
        assert client.decrypt(source=message, keyring=keyring)[0] == b"content"
    message, _ = client.encrypt(source=b"content", keyring=both, encryption_context=CONTEXT)
    for keyrings in [[word], [rsa_word(directory / "private.pem")]]:
        assert ours("decrypt", message, keyrings) == b"content"


def test_required_pairs_are_authenticated_without_lying_in_the_message(aes):
    word, keyring = aes
    client = aws_encryption_sdk.EncryptionSDKClient()
    manager = providers.create_required_encryption_context_cmm(
        CreateRequiredEncryptionContextCMMInput(
            required_encryption_context_keys=["purpose"],
            underlying_cmm=providers.create_default_cryptographic_materials_manager(
                CreateDefaultCryptographicMaterialsManagerInput(keyring=keyring)
            ),
        )
    )
    required = {"purpose": "interop"}
    message = ours("encrypt", b"content", [word], "--required", "purpose")
    assert b"interop" not in message.replace(b"\x00\x07interop", b"", 1)
    opened, _ = client.decrypt(source=message, materials_manager=manager, encryption_context=required)
    assert opened == b"content"
    with pytest.raises(AWSEncryptionSDKClientError):
        client.decrypt(source=message, keyring=keyring)

    message, _ = client.encrypt(source=b"content", materials_manager=manager, encryption_context=CONTEXT)
    assert ours("decrypt", message, [word], context=required) == b"content"
    done = subprocess.run([OURS, "decrypt", "--keyring", word], input=message, capture_output=True)
    assert done.returncode != 0 and done.stdout == b""
