"""What KMS refuses: keys, stores and inputs by which the errors that its service model declares come about."""

from stack import wait_for

ABSENT = "00000000-0000-4000-8000-000000000000"
NONSENSE = "arn:aws:kms:us-east-1:000000000000:nonsense"
ABSENT_STORE = "cks-00000000000000000"
# Stores, by the proxy's tenant: one with a key, one without, one that was never connected, one that can't be.
CONNECTED, EMPTY, IDLE, FAILED = (1, "CONNECTED"), (2, "CONNECTED"), (3, "DISCONNECTED"), (4, "FAILED")

NOT_FOUND, DISABLED, STATE = "NotFoundException", "DisabledException", "KMSInvalidStateException"
ARN, MARKER, DRY_RUN = "InvalidArnException", "InvalidMarkerException", "DryRunOperationException"
TOKEN, USAGE, UNSUPPORTED = "InvalidGrantTokenException", "InvalidKeyUsageException", "UnsupportedOperationException"
LIMIT, CIPHERTEXT, POLICY = "LimitExceededException", "InvalidCiphertextException", "MalformedPolicyDocumentException"
TAG, GRANT = "TagException", "InvalidGrantIdException"
NO_STORE, STORE_STATE = "CustomKeyStoreNotFoundException", "CustomKeyStoreInvalidStateException"

SYMMETRIC = {}
SIGNING = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
AGREEING = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}
MAC = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
EXTERNAL = {"Origin": "EXTERNAL"}
MULTI_REGION = {"MultiRegion": True}

# The kind of key that an operation wants, where it isn't a symmetric one.
KINDS = {
    "Sign": SIGNING, "Verify": SIGNING, "GetPublicKey": SIGNING, "GenerateMac": MAC, "VerifyMac": MAC,
    "DeriveSharedSecret": AGREEING, "GetParametersForImport": EXTERNAL, "ImportKeyMaterial": EXTERNAL,
    "DeleteImportedKeyMaterial": EXTERNAL, "ReplicateKey": MULTI_REGION, "UpdatePrimaryRegion": MULTI_REGION,
}


class World:
    """Keys of all kinds in all states, a store, and the clients that see them."""

    def __init__(self, kms, proxy, elsewhere):
        self.kms, self.proxy, self.elsewhere = kms, proxy, elsewhere
        self._keys, self._stores, self._external = {}, {}, None
        self.renew()

    def renew(self):
        """From now on with other keys, since a test has changed those."""
        self._keys.clear()
        if not any(alias["AliasName"] == "alias/errors" for alias in self.kms.list_aliases()["Aliases"]):
            self.kms.create_alias(AliasName="alias/errors", TargetKeyId=self.key())

    def key(self, kind=SYMMETRIC, state="Enabled"):
        """A key of that kind; the same one each time."""
        return self._made(kind, state)["key"]

    def blob(self, state="Enabled"):
        """What a symmetric key encrypted."""
        return self._made(SYMMETRIC, state)["blob"]

    def new_key(self, **kind):
        return self.kms.create_key(**kind)["KeyMetadata"]["KeyId"]

    def own(self, operation, state="Enabled"):
        return self.key(KINDS.get(operation, SYMMETRIC), state)

    def store(self, tenant, state):
        """The store of a tenant of the proxy, in a state which it keeps."""
        if tenant not in self._stores:
            store = self.kms.create_custom_key_store(**self.proxy.store(f"store-{tenant}", tenant))["CustomKeyStoreId"]
            if state == "FAILED":
                self.proxy.behave = lambda *_: (200, b"no json")
            if state != "DISCONNECTED":
                self.kms.connect_custom_key_store(CustomKeyStoreId=store)
            wait_for(f"{state} of {store}", 10, lambda: self._connection_state(store) == state)
            self.proxy.behave = None
            self._stores[tenant] = store
        return self._stores[tenant]

    def external_key(self):
        """A key in a connected store."""
        if not self._external:
            self._external = self.new_key(Origin="EXTERNAL_KEY_STORE", XksKeyId=self.proxy.new_key(),
                                          CustomKeyStoreId=self.store(*CONNECTED))
        return self._external

    def _connection_state(self, store):
        return self.kms.describe_custom_key_stores(CustomKeyStoreId=store)["CustomKeyStores"][0]["ConnectionState"]

    def _made(self, kind, state):
        known = (tuple(sorted(kind.items())), state)
        if known not in self._keys:
            made = {"key": self.new_key(**kind)}
            if not kind:
                made["blob"] = self.kms.encrypt(KeyId=made["key"], Plaintext=b"x")["CiphertextBlob"]
            if state == "Disabled":
                self.kms.disable_key(KeyId=made["key"])
            elif state == "PendingDeletion":
                self.kms.schedule_key_deletion(KeyId=made["key"], PendingWindowInDays=7)
            self._keys[known] = made
        return self._keys[known]


def valid(world, operation, state="Enabled"):
    """What an operation would take with a key in that state."""
    key = world.own(operation, state)
    by_key = {"KeyId": key}
    return {
        "CreateAlias": {"AliasName": "alias/new", "TargetKeyId": key},
        "UpdateAlias": {"AliasName": "alias/errors", "TargetKeyId": key},
        "CreateGrant": by_key | {"GranteePrincipal": "arn:aws:iam::000000000000:root", "Operations": ["Decrypt"]},
        "Decrypt": {"CiphertextBlob": world.blob(state)},
        "ReEncrypt": {"CiphertextBlob": world.blob(state), "DestinationKeyId": world.key()},
        "Encrypt": by_key | {"Plaintext": b"x"},
        "GenerateDataKey": by_key | {"KeySpec": "AES_256"},
        "GenerateDataKeyWithoutPlaintext": by_key | {"KeySpec": "AES_256"},
        "GenerateDataKeyPair": by_key | {"KeyPairSpec": "ECC_NIST_P256"},
        "GenerateDataKeyPairWithoutPlaintext": by_key | {"KeyPairSpec": "ECC_NIST_P256"},
        "GenerateMac": by_key | {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"},
        "VerifyMac": by_key | {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256", "Mac": b"x" * 32},
        "Sign": by_key | {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"},
        "Verify": by_key | {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256", "Signature": b"x" * 70},
        "DeriveSharedSecret": by_key | {
            "KeyAgreementAlgorithm": "ECDH",
            "PublicKey": world.kms.get_public_key(KeyId=world.key(AGREEING))["PublicKey"]},
        "GetParametersForImport": by_key | {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"},
        "ImportKeyMaterial": by_key | {
            "ImportToken": b"x", "EncryptedKeyMaterial": b"x", "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"},
        "PutKeyPolicy": by_key | {"Policy": world.kms.get_key_policy(KeyId=world.key())["Policy"]},
        "ReplicateKey": by_key | {"ReplicaRegion": world.elsewhere},
        "UpdatePrimaryRegion": by_key | {"PrimaryRegion": world.elsewhere},
        "RetireGrant": {"KeyId": f"arn:aws:kms:us-east-1:000000000000:key/{key}", "GrantId": "a" * 64},
        "RevokeGrant": by_key | {"GrantId": "a" * 64},
        "TagResource": by_key | {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
        "UntagResource": by_key | {"TagKeys": ["a"]},
        "UpdateKeyDescription": by_key | {"Description": "x"},
        "ListRetirableGrants": {"RetiringPrincipal": "arn:aws:iam::000000000000:root"},
        "DescribeCustomKeyStores": {},
        "CreateKey": {},
        "DeleteAlias": {"AliasName": "alias/errors"},
        "GenerateRandom": {},
        "ListKeys": {},
        "ListAliases": {},
    }.get(operation, by_key)


def of_key(name):
    """The call of a family with another key, by the member that names keys."""
    def asked(world, operation):
        member = {"CreateAlias": "TargetKeyId", "ReEncrypt": "DestinationKeyId"}.get(operation, "KeyId")
        return valid(world, operation) | {member: name}
    return asked


def in_state(state):
    return lambda world, operation: valid(world, operation, state)


def more(**members):
    return lambda world, operation: valid(world, operation) | members


def of_kind(kind, **members):
    return lambda world, operation: valid(world, operation) | {"KeyId": world.key(kind)} | members


# An error that is brought about in the same way for all operations; those that want another way are in SINGLE.
FAMILIES = {
    NOT_FOUND: of_key(ABSENT), ARN: of_key(NONSENSE), DISABLED: in_state("Disabled"), STATE: in_state("PendingDeletion"),
    MARKER: more(Marker="made up"), DRY_RUN: more(DryRun=True), TOKEN: more(GrantTokens=["bm8="]),
    UNSUPPORTED: of_kind(MAC), NO_STORE: lambda *_: {"CustomKeyStoreId": ABSENT_STORE},
}
