"""Requests of every operation of KMS which have every condition key that can be there."""

import time
import uuid

from authorization_table import Request
from kms_errors import World, valid

ACCOUNT_ROOT = "arn:aws:iam::000000000000:root"
CONTEXT = {"app": "a"}
TAGS = [{"TagKey": "team", "TagValue": "blue"}]
# What can't be done twice to a key.
ONCE = {"CancelKeyDeletion", "DeleteAlias", "DeleteImportedKeyMaterial", "DisableKey", "ReplicateKey",
        "ScheduleKeyDeletion", "UpdateAlias", "UpdatePrimaryRegion"}


class KmsRequests(World):
    """Of keys that have an alias and a tag, and are multi-Region keys."""

    def __init__(self, stack, proxy, enclave, elsewhere):
        self.arns = {}
        super().__init__(stack.client("kms"), proxy, elsewhere)
        self.enclave = enclave

    def renew(self):
        self._keys.clear()

    def new_key(self, **kind):
        # A key store's keys can't be multi-Region keys.
        more = {} if "CustomKeyStoreId" in kind else {"MultiRegion": True}
        made = self.kms.create_key(Tags=TAGS, **(kind | more))["KeyMetadata"]
        self.kms.create_alias(AliasName=f"alias/of-{made['KeyId']}", TargetKeyId=made["KeyId"])
        self.arns[made["KeyId"]] = made["Arn"]
        return made["KeyId"]

    def of(self, operation):
        if operation not in ONCE:
            return self._of(operation)
        kept, self._keys = self._keys, {}
        try:
            return self._of(operation)
        finally:
            self._keys = kept

    def _of(self, operation):
        if made := self._of_stores(operation) or self._of_aliases(operation) or self._of_grants(operation):
            return made
        key = self.own(operation)
        asked = valid(self, operation) | self._more(operation, key)
        about = {"key": [self.arns[key]], "principal": [ACCOUNT_ROOT]}
        if operation in BY_ALIAS and "KeyId" in asked:
            asked["KeyId"] = f"alias/of-{key}"
        return Request(asked, about)

    def _more(self, operation, key):
        """The members that make condition keys, and those that an operation needs besides."""
        recipient = {"Recipient": self.enclave.recipient()} if operation in ATTESTED else {}
        context = {"EncryptionContext": CONTEXT} if operation in WITH_CONTEXT else {}
        return recipient | context | {
            "CreateKey": {"Tags": TAGS, "MultiRegion": True},
            "Decrypt": {"CiphertextBlob": self._blob(key), "KeyId": f"alias/of-{key}"},
            "ReEncrypt": {
                "CiphertextBlob": self._blob(key), "SourceKeyId": f"alias/of-{key}", "DestinationKeyId": f"alias/of-{key}",
                "SourceEncryptionContext": CONTEXT, "DestinationEncryptionContext": CONTEXT},
            "GenerateRandom": {"NumberOfBytes": 1},
            "EnableKeyRotation": {"RotationPeriodInDays": 90},
            "ImportKeyMaterial": {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": int(time.time()) + 86_400},
            "PutKeyPolicy": {"BypassPolicyLockoutSafetyCheck": True},
            "ReplicateKey": {"Tags": TAGS},
            "ScheduleKeyDeletion": {"PendingWindowInDays": 7},
            "TagResource": {"Tags": TAGS},
            "UntagResource": {"TagKeys": ["stage"]},
            "Sign": {"MessageType": "RAW"}, "Verify": {"MessageType": "RAW"},
        }.get(operation, {})

    def _blob(self, key):
        if self.own("Decrypt") != key:
            return b"x"
        return self.kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]

    def _of_aliases(self, operation):
        if operation not in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
            return None
        key, alias = self.new_key(), f"alias/of-{uuid.uuid4()}"
        if operation != "CreateAlias":
            self.kms.create_alias(AliasName=alias, TargetKeyId=key)
        about = {"alias": [self.arns[key].replace(f"key/{key}", alias)], "key": [self.arns[key]]}
        target = {"TargetKeyId": key}
        if operation == "UpdateAlias":
            target = {"TargetKeyId": self.new_key()}
            about["key"].append(self.arns[target["TargetKeyId"]])
        return Request({"AliasName": alias} | (target if operation != "DeleteAlias" else {}), about)

    def _of_grants(self, operation):
        key = self.key()
        given = {"KeyId": key, "GranteePrincipal": ACCOUNT_ROOT, "RetiringPrincipal": ACCOUNT_ROOT, "Operations": ["Decrypt"],
                 "Constraints": {"EncryptionContextSubset": CONTEXT}}
        about = {"key": [self.arns[key]]}
        if operation == "CreateGrant":
            return Request(given, about)
        if operation in ("RetireGrant", "RevokeGrant"):
            grant = self.kms.create_grant(**given)["GrantId"]
            return Request({"KeyId": self.arns[key], "GrantId": grant}, about)
        return None

    def _of_stores(self, operation):
        if not operation.endswith(("CustomKeyStore", "CustomKeyStores")):
            return None
        if operation == "CreateCustomKeyStore":
            return Request(self.proxy.store("new", tenant=5), {})
        if operation == "DescribeCustomKeyStores":
            return Request({}, {})
        tenant = {"ConnectCustomKeyStore": 6, "DeleteCustomKeyStore": 7}.get(operation, 8)
        asked = {"CustomKeyStoreId": self.store(tenant, "DISCONNECTED")}
        return Request(asked | ({"NewCustomKeyStoreName": "renamed"} if operation == "UpdateCustomKeyStore" else {}), {})


ATTESTED = {"Decrypt", "DeriveSharedSecret", "GenerateDataKey", "GenerateDataKeyPair", "GenerateRandom"}
WITH_CONTEXT = {"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
                "GenerateDataKeyWithoutPlaintext"}
# Those which take an alias, and have the condition key kms:RequestAlias.
BY_ALIAS = WITH_CONTEXT | {"DeriveSharedSecret", "DescribeKey", "GenerateMac", "GetPublicKey", "Sign", "Verify", "VerifyMac"}
