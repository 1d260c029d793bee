"""What users do with KMS, in steps that together call every operation; each step checks what it gets."""

import hashlib
import json
import os
import subprocess
import time

import pytest
from botocore.exceptions import ClientError
from stack import wait_for


def code_of(call, **input):
    """The error code of a call that must fail."""
    with pytest.raises(ClientError) as refused:
        call(**input)
    return refused.value.response["Error"]["Code"]


def keys_and_aliases(kms):
    created = kms.create_key(Description="app", Tags=[{"TagKey": "team", "TagValue": "blue"}])["KeyMetadata"]
    key = created["KeyId"]
    assert created["CurrentKeyMaterialId"] and created["KeyState"] == "Enabled"
    kms.create_alias(AliasName="alias/app", TargetKeyId=key)
    kms.update_alias(AliasName="alias/app", TargetKeyId=key)
    assert kms.list_aliases(KeyId=key)["Aliases"][0]["TargetKeyId"] == key
    assert kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"] == key
    pages = kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1})
    assert created["KeyId"] in [k["KeyId"] for page in pages for k in page["Keys"]]
    kms.list_keys(Limit=1)
    kms.list_aliases(Limit=1)
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "stage", "TagValue": "test"}])
    assert len(kms.list_resource_tags(KeyId=key)["Tags"]) == 2
    kms.list_resource_tags(KeyId=key, Limit=1)
    kms.untag_resource(KeyId=key, TagKeys=["stage"])
    kms.update_key_description(KeyId=key, Description="the app")
    policy = kms.get_key_policy(KeyId=key)["Policy"]
    kms.put_key_policy(KeyId=key, Policy=policy)
    assert kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]
    kms.disable_key(KeyId=key)
    assert code_of(kms.encrypt, KeyId=key, Plaintext=b"x") == "DisabledException"
    kms.enable_key(KeyId=key)
    kms.delete_alias(AliasName="alias/app")
    assert code_of(kms.describe_key, KeyId="alias/app") == "NotFoundException"
    return key


def deletion(kms):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert "DeletionDate" in kms.describe_key(KeyId=key)["KeyMetadata"]
    assert code_of(kms.encrypt, KeyId=key, Plaintext=b"x") == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def symmetric_encryption(kms, key):
    context = {"app": "demo"}
    blob = kms.encrypt(KeyId=key, Plaintext=b"hello", EncryptionContext=context)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == b"hello"
    assert code_of(kms.decrypt, CiphertextBlob=blob) == "InvalidCiphertextException"
    assert code_of(kms.decrypt, CiphertextBlob=blob, EncryptionContext=context, DryRun=True) \
        == "DryRunOperationException"
    moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=key)
    assert kms.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == b"hello"
    data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"] == data_key["Plaintext"]
    assert len(data_key["Plaintext"]) == 32
    blob = kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=1024)["CiphertextBlob"]
    assert len(kms.decrypt(CiphertextBlob=blob)["Plaintext"]) == 1024
    assert len(kms.generate_random(NumberOfBytes=1024)["Plaintext"]) == 1024


def data_key_pairs(kms, key, directory):
    for spec in ("RSA_2048", "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1", "SM2",
                 "ECC_NIST_EDWARDS25519"):
        pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec=spec, EncryptionContext={"for": spec})
        opened = kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"], EncryptionContext={"for": spec})
        assert opened["Plaintext"] == pair["PrivateKeyPlaintext"]
        private = directory / f"{spec}.der"
        private.write_bytes(pair["PrivateKeyPlaintext"])
        public = subprocess.run(["openssl", "pkey", "-inform", "DER", "-in", private, "-pubout", "-outform", "DER"],
                                capture_output=True, check=True).stdout
        assert public == pair["PublicKey"], spec
    kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec="ECC_NIST_P256")


def signatures(kms):
    for spec, algorithms in {
        "RSA_2048": ["RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_512"],
        "ECC_NIST_P256": ["ECDSA_SHA_256"], "ECC_NIST_P384": ["ECDSA_SHA_384"], "ECC_NIST_P521": ["ECDSA_SHA_512"],
        "ECC_SECG_P256K1": ["ECDSA_SHA_256"], "SM2": ["SM2DSA"], "ECC_NIST_EDWARDS25519": ["ED25519_SHA_512"],
        "ML_DSA_44": ["ML_DSA_SHAKE_256"], "ML_DSA_65": ["ML_DSA_SHAKE_256"], "ML_DSA_87": ["ML_DSA_SHAKE_256"],
    }.items():
        key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        assert set(algorithms) <= set(key["SigningAlgorithms"])
        for algorithm in algorithms:
            asked = {"KeyId": key["KeyId"], "Message": b"attack at dawn", "SigningAlgorithm": algorithm}
            signature = kms.sign(**asked)["Signature"]
            assert kms.verify(**asked, Signature=signature)["SignatureValid"] is True
            assert code_of(kms.verify, **(asked | {"Message": b"attack at noon"}), Signature=signature) \
                == "KMSInvalidSignatureException"
        assert kms.get_public_key(KeyId=key["KeyId"])["SigningAlgorithms"] == key["SigningAlgorithms"]
    digest = hashlib.sha256(b"attack at dawn").digest()
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signature = kms.sign(KeyId=key, Message=digest, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    kms.verify(KeyId=key, Message=b"attack at dawn", Signature=signature, SigningAlgorithm="ECDSA_SHA_256")
    assert code_of(kms.sign, KeyId=key, Message=b"short", MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256") \
        == "ValidationException"
    assert code_of(kms.encrypt, KeyId=key, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256") \
        == "InvalidKeyUsageException"


def asymmetric_encryption(kms):
    for spec, algorithm in (("RSA_2048", "RSAES_OAEP_SHA_256"), ("SM2", "SM2PKE")):
        key = kms.create_key(KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
        asked = {"KeyId": key, "EncryptionAlgorithm": algorithm}
        blob = kms.encrypt(Plaintext=b"hello", **asked)["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob, **asked)["Plaintext"] == b"hello"
        assert kms.get_public_key(KeyId=key)["EncryptionAlgorithms"]


def macs(kms):
    for length in ("224", "256", "384", "512"):
        key = kms.create_key(KeySpec=f"HMAC_{length}", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
        asked = {"KeyId": key["KeyId"], "Message": b"hello", "MacAlgorithm": f"HMAC_SHA_{length}"}
        mac = kms.generate_mac(**asked)["Mac"]
        assert len(mac) * 8 == int(length)
        assert kms.verify_mac(Mac=mac, **asked)["MacValid"] is True
        assert code_of(kms.verify_mac, Mac=mac[::-1], **asked) == "KMSInvalidMacException"


def key_agreement(kms):
    for spec in ("ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "SM2"):
        ours, theirs = (kms.create_key(KeySpec=spec, KeyUsage="KEY_AGREEMENT")["KeyMetadata"]["KeyId"]
                        for _ in range(2))
        shared = [kms.derive_shared_secret(KeyId=mine, KeyAgreementAlgorithm="ECDH",
                                           PublicKey=kms.get_public_key(KeyId=other)["PublicKey"])["SharedSecret"]
                  for mine, other in ((ours, theirs), (theirs, ours))]
        assert shared[0] == shared[1]


def rotation(kms):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"before")["CiphertextBlob"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 90
    kms.rotate_key_on_demand(KeyId=key)

    def rotated():
        return kms.list_key_rotations(KeyId=key)["Rotations"]
    assert wait_for("the rotation", 5, rotated)[0]["RotationType"] == "ON_DEMAND"
    assert len(kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL", Limit=1)["Rotations"]) == 1
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"before"
    kms.disable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False


def import_material(kms, directory):
    key = kms.create_key(Origin="EXTERNAL")["KeyMetadata"]
    assert key["KeyState"] == "PendingImport"
    key = key["KeyId"]
    material = os.urandom(32)

    def bring(material, **more):
        parameters = kms.get_parameters_for_import(
            KeyId=key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048")
        (directory / "wrapping.der").write_bytes(parameters["PublicKey"])
        (directory / "material").write_bytes(material)
        wrapped = subprocess.run(
            ["openssl", "pkeyutl", "-encrypt", "-in", directory / "material", "-inkey", directory / "wrapping.der",
             "-keyform", "DER", "-pubin", "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256",
             "-pkeyopt", "rsa_mgf1_md:sha256"], capture_output=True, check=True).stdout
        return kms.import_key_material(KeyId=key, ImportToken=parameters["ImportToken"], EncryptedKeyMaterial=wrapped,
                                       **more)
    valid_to = int(time.time()) + 86_400
    first = bring(material, ExpirationModel="KEY_MATERIAL_EXPIRES", ValidTo=valid_to, KeyMaterialDescription="first")
    described = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert described["ExpirationModel"] == "KEY_MATERIAL_EXPIRES" and described["ValidTo"].timestamp() == valid_to
    blob = kms.encrypt(KeyId=key, Plaintext=b"imported")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key)
    assert code_of(kms.decrypt, CiphertextBlob=blob) == "KMSInvalidStateException"
    assert code_of(bring, material=os.urandom(32), ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE") \
        == "IncorrectKeyMaterialException"
    again = bring(material, ExpirationModel="KEY_MATERIAL_EXPIRES", ValidTo=valid_to)
    assert again["KeyMaterialId"] == first["KeyMaterialId"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"imported"
    bring(os.urandom(32), ImportType="NEW_KEY_MATERIAL", ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
          KeyMaterialDescription="second")
    kms.rotate_key_on_demand(KeyId=key)
    wait_for("the rotation", 5, lambda: kms.list_key_rotations(KeyId=key)["Rotations"])
    materials = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert sorted(m["KeyMaterialState"] for m in materials) == ["CURRENT", "NON_CURRENT"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"imported"


def grants(kms, grantee, grantee_arn, account):
    """`grantee` is the client of a principal without any policy."""
    key = kms.create_key()["KeyMetadata"]["Arn"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"granted", EncryptionContext={"app": "a"})["CiphertextBlob"]
    asked = {"CiphertextBlob": blob, "EncryptionContext": {"app": "a"}}
    assert code_of(grantee.decrypt, **asked) == "AccessDeniedException"
    root = f"arn:aws:iam::{account}:root"
    granted = kms.create_grant(
        KeyId=key, GranteePrincipal=grantee_arn, RetiringPrincipal=root, Operations=["Decrypt", "DescribeKey"],
        Constraints={"EncryptionContextSubset": {"app": "a"}}, Name="for-tests")
    assert grantee.decrypt(GrantTokens=[granted["GrantToken"]], **asked)["Plaintext"] == b"granted"
    assert grantee.decrypt(**asked)["Plaintext"] == b"granted"
    kms.create_grant(KeyId=key, GranteePrincipal=grantee_arn, Operations=["Encrypt"],
                     Constraints={"EncryptionContextEquals": {"app": "b"}})
    listed = kms.list_grants(KeyId=key, Limit=1)
    assert listed["Truncated"] is True
    assert len(kms.list_grants(KeyId=key)["Grants"]) == 2
    assert [g["GrantId"] for g in kms.list_retirable_grants(RetiringPrincipal=root)["Grants"]] == [granted["GrantId"]]
    kms.create_grant(KeyId=key, GranteePrincipal=grantee_arn, RetiringPrincipal=root, Operations=["Decrypt"],
                     Constraints={"EncryptionContextEquals": {"app": "c"}})
    kms.list_retirable_grants(RetiringPrincipal=root, Limit=1)
    kms.revoke_grant(KeyId=key, GrantId=granted["GrantId"])

    def refused():
        try:
            grantee.decrypt(**asked)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None
    assert wait_for("the revocation", 2, refused) == "AccessDeniedException"
    last = kms.create_grant(KeyId=key, GranteePrincipal=grantee_arn, RetiringPrincipal=root, Operations=["Decrypt"])
    kms.retire_grant(GrantToken=last["GrantToken"])
    return key


def policies(kms, other, other_arn, account):
    """`other` is the client of a principal without any policy: the key policy alone lets it in."""
    statement = [
        {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*",
         "Resource": "*"},
        {"Sid": "Other", "Effect": "Allow", "Principal": {"AWS": other_arn}, "Action": "kms:Decrypt", "Resource": "*",
         "Condition": {"StringEquals": {"kms:EncryptionContext:app": "a"}}},
    ]
    key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": statement}))["KeyMetadata"]["KeyId"]
    for app, answer in (("a", None), ("b", "AccessDeniedException")):
        context = {"app": app}
        blob = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=context)["CiphertextBlob"]
        if answer:
            assert code_of(other.decrypt, CiphertextBlob=blob, EncryptionContext=context) == answer
        else:
            assert other.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == b"x"
    lockout = json.dumps({"Version": "2012-10-17", "Statement": [statement[1]]})
    assert code_of(kms.put_key_policy, KeyId=key, Policy=lockout) == "MalformedPolicyDocumentException"


def multi_region(here, there, here_name, there_name):
    """Clients of two Regions."""
    key = here.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    blob = here.encrypt(KeyId=key, Plaintext=b"far")["CiphertextBlob"]
    made = here.replicate_key(KeyId=key, ReplicaRegion=there_name, Description="copy",
                              Tags=[{"TagKey": "a", "TagValue": "b"}])
    assert made["ReplicaKeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"

    def state(kms, wanted="Enabled"):
        def there_now():
            try:
                return kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == wanted
            except kms.exceptions.NotFoundException:
                return False
        return there_now
    wait_for("the replica", 10, state(there))
    assert there.decrypt(CiphertextBlob=blob)["Plaintext"] == b"far"
    assert code_of(here.replicate_key, KeyId=key, ReplicaRegion=there_name) == "AlreadyExistsException"
    here.update_primary_region(KeyId=key, PrimaryRegion=there_name)

    def primary():
        described = here.describe_key(KeyId=key)["KeyMetadata"]
        regions = described["MultiRegionConfiguration"]
        return described["KeyState"] == "Enabled" and regions["PrimaryKey"]["Region"] == there_name \
            and [k["Region"] for k in regions["ReplicaKeys"]] == [here_name]
    wait_for("the change of the primary Region", 10, primary)
    there.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    described = there.describe_key(KeyId=key)["KeyMetadata"]
    assert described["KeyState"] == "PendingReplicaDeletion" and described["PendingDeletionWindowInDays"] == 7
    there.cancel_key_deletion(KeyId=key)


def custom_key_stores(kms, proxy):
    """`proxy` is an external key store proxy that KMS reaches."""
    store = kms.create_custom_key_store(**proxy.store())["CustomKeyStoreId"]
    other = kms.create_custom_key_store(**proxy.store("other", tenant=2))["CustomKeyStoreId"]
    first = kms.describe_custom_key_stores(Limit=1)
    second = kms.describe_custom_key_stores(Limit=1, Marker=first["NextMarker"])
    assert {page["CustomKeyStores"][0]["CustomKeyStoreId"] for page in (first, second)} == {store, other}

    def connection(store):
        return kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"][0]
    proxy.behave = lambda *_: (200, b"no json")
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    wait_for("the failure", 10, lambda: connection(store)["ConnectionState"] == "FAILED")
    assert connection(store)["ConnectionErrorCode"] == "XKS_PROXY_INVALID_RESPONSE"
    proxy.behave = None
    kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    kms.connect_custom_key_store(CustomKeyStoreId=store)
    wait_for("the connection", 10, lambda: connection(store)["ConnectionState"] == "CONNECTED")
    kms.update_custom_key_store(CustomKeyStoreId=store, NewCustomKeyStoreName="renamed")
    key = kms.create_key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId=store, XksKeyId=proxy.new_key())["KeyMetadata"]
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"outside")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"outside"
    kms.delete_custom_key_store(CustomKeyStoreId=other)


def last_usage(kms, key):
    kms.encrypt(KeyId=key, Plaintext=b"x")
    used = wait_for("the last usage", 5, lambda: kms.get_key_last_usage(KeyId=key).get("KeyLastUsage"))
    assert used["Operation"] == "Encrypt"


def lists_go_on_from_page_to_page(kms):
    """Lists of more than one page say where they go on."""
    key = kms.create_key(Tags=[{"TagKey": name, "TagValue": ""} for name in "ab"])["KeyMetadata"]["KeyId"]
    for name in "ab":
        kms.create_alias(AliasName=f"alias/page-{name}", TargetKeyId=key)
    kms.rotate_key_on_demand(KeyId=key)
    wait_for("the rotation", 5, lambda: kms.list_key_rotations(KeyId=key)["Rotations"])
    for call, asked, member in (
        (kms.list_keys, {}, "Keys"), (kms.list_aliases, {"KeyId": key}, "Aliases"),
        (kms.list_resource_tags, {"KeyId": key}, "Tags"),
        (kms.list_key_rotations, {"KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"}, "Rotations"),
    ):
        first = call(Limit=1, **asked)
        assert first["Truncated"] is True
        second = call(Limit=1, Marker=first["NextMarker"], **asked)
        assert len(second[member]) == 1 and second[member] != first[member]
    assert code_of(kms.list_keys, Marker="made up") == "InvalidMarkerException"


def attested_answers(kms, other, other_arn, account, enclave):
    """Every operation that answers an enclave; `other` may use the key in this enclave only."""
    condition = {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": enclave.image_digest.hex()}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": other_arn}, "Action": "kms:Decrypt", "Resource": "*",
         "Condition": condition},
    ]})
    key = kms.create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    recipient = enclave.recipient()
    blob = kms.encrypt(KeyId=key, Plaintext=b"for the enclave")["CiphertextBlob"]
    assert code_of(other.decrypt, CiphertextBlob=blob) == "AccessDeniedException"
    answer = other.decrypt(CiphertextBlob=blob, Recipient=recipient)
    assert enclave.read(answer["CiphertextForRecipient"]) == b"for the enclave"
    assert not answer.get("Plaintext")
    data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256", Recipient=recipient)
    opened = kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"]
    assert enclave.read(data_key["CiphertextForRecipient"]) == opened and not data_key.get("Plaintext")
    pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec="ECC_NIST_P256", Recipient=recipient)
    opened = kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"]
    assert enclave.read(pair["CiphertextForRecipient"]) == opened and not pair.get("PrivateKeyPlaintext")
    random = kms.generate_random(NumberOfBytes=48, Recipient=recipient)
    assert len(enclave.read(random["CiphertextForRecipient"])) == 48 and not random.get("Plaintext")
    ours, theirs = (kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")["KeyMetadata"]["KeyId"]
                    for _ in range(2))
    asked = {"KeyId": ours, "KeyAgreementAlgorithm": "ECDH", "PublicKey": kms.get_public_key(KeyId=theirs)["PublicKey"]}
    derived = kms.derive_shared_secret(**asked, Recipient=recipient)
    assert enclave.read(derived["CiphertextForRecipient"]) == kms.derive_shared_secret(**asked)["SharedSecret"]
    assert not derived.get("SharedSecret")
    forged = {**recipient, "AttestationDocument": type(enclave)(enclave.image_digest).document()}
    assert code_of(other.decrypt, CiphertextBlob=blob, Recipient=forged) == "AccessDeniedException"
    assert code_of(kms.decrypt, CiphertextBlob=blob, Recipient=forged) == "ValidationException"
