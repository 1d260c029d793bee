"""The AWS Encryption SDK for Python, unmodified, with a KMS keyring."""

import aws_encryption_sdk
import pytest
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import CreateAwsKmsKeyringInput
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError


def test_a_kms_keyring_encrypts_and_decrypts_a_file(stack, tmp_path):
    kms = stack.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
    keyring = providers.create_aws_kms_keyring(CreateAwsKmsKeyringInput(kms_key_id=key, kms_client=kms))
    client = aws_encryption_sdk.EncryptionSDKClient()

    content = bytes(range(256)) * 4096
    plain, sealed, opened = tmp_path / "plain", tmp_path / "sealed", tmp_path / "opened"
    plain.write_bytes(content)
    context = {"purpose": "backup"}
    with plain.open("rb") as source, sealed.open("wb") as target:
        with client.stream(mode="e", source=source, keyring=keyring, encryption_context=context) as encryptor:
            target.writelines(encryptor)
    assert content[:4096] not in sealed.read_bytes()
    with sealed.open("rb") as source, opened.open("wb") as target:
        with client.stream(mode="d", source=source, keyring=keyring, encryption_context=context) as decryptor:
            target.writelines(decryptor)
    assert opened.read_bytes() == content

    kms.disable_key(KeyId=key)
    with pytest.raises(AWSEncryptionSDKClientError, match="No Configured KMS Key"):
        client.decrypt(source=sealed.read_bytes(), keyring=keyring)
