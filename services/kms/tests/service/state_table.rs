//! What each operation answers for a key in each state.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>

/// The states, in the order of a [`Row`].
pub(crate) const STATES: [&str; 8] = [
    "Enabled",
    "Disabled",
    "PendingDeletion",
    "PendingReplicaDeletion",
    "PendingImport",
    "Unavailable",
    "Creating",
    "Updating",
];

/// One answer for each state: nothing for a success, else the error's code.
type Row = [&'static str; 8];

/// The operations that act on a key. Some act on two, so they are here once more, with what the key in that state is.
pub(crate) const TABLE: &[(&str, Row)] = &[
    ("CancelKeyDeletion", [STATE, STATE, OK, OK, STATE, STATE, STATE, STATE]),
    ("CreateAlias", NAMING),
    ("CreateGrant", [OK, DISABLED, STATE, STATE, STATE, OK, STATE, OK]),
    ("Decrypt", CRYPTOGRAPHY),
    ("DeleteAlias", ALWAYS),
    ("DeleteImportedKeyMaterial", [OK, OK, OK, OK, OK, UNSUPPORTED, STATE, STATE]),
    ("DeriveSharedSecret", OF_OTHER_KINDS),
    ("DescribeKey", ALWAYS),
    ("DisableKey", SWITCHING),
    ("DisableKeyRotation", ROTATION),
    ("EnableKey", SWITCHING),
    ("EnableKeyRotation", ROTATION),
    ("Encrypt", CRYPTOGRAPHY),
    ("GenerateDataKey", CRYPTOGRAPHY),
    ("GenerateDataKeyPair", CRYPTOGRAPHY),
    ("GenerateDataKeyPairWithoutPlaintext", CRYPTOGRAPHY),
    ("GenerateDataKeyWithoutPlaintext", CRYPTOGRAPHY),
    ("GenerateMac", OF_OTHER_KINDS),
    ("GetKeyLastUsage", ALWAYS),
    ("GetKeyPolicy", ALWAYS),
    ("GetKeyRotationStatus", [OK, OK, OK, OK, OK, UNSUPPORTED, OK, OK]),
    ("GetParametersForImport", [OK, OK, STATE, STATE, OK, UNSUPPORTED, STATE, STATE]),
    ("GetPublicKey", OF_OTHER_KINDS),
    ("ImportKeyMaterial", [OK, OK, STATE, STATE, OK, UNSUPPORTED, STATE, STRICTER]),
    ("ListAliases", ALWAYS),
    ("ListGrants", ALWAYS),
    ("ListKeyPolicies", ALWAYS),
    ("ListKeyRotations", [OK, OK, OK, OK, OK, UNSUPPORTED, OK, OK]),
    ("ListResourceTags", ALWAYS),
    ("PutKeyPolicy", [OK, OK, OK, OK, OK, OK, STRICTER, OK]),
    ("ReEncrypt from", CRYPTOGRAPHY),
    ("ReEncrypt to", CRYPTOGRAPHY),
    ("ReplicateKey", [OK, DISABLED, STATE, STATE, STATE, UNSUPPORTED, STATE, STATE]),
    ("RetireGrant", ALWAYS),
    ("RevokeGrant", ALWAYS),
    ("RotateKeyOnDemand", [OK, DISABLED, STATE, STATE, STATE, UNSUPPORTED, STATE, STATE]),
    ("ScheduleKeyDeletion", [OK, OK, STATE, STATE, OK, OK, STRICTER, STATE]),
    ("Sign", OF_OTHER_KINDS),
    ("TagResource", MANAGEMENT),
    ("UntagResource", MANAGEMENT),
    ("UpdateAlias from", ALWAYS),
    ("UpdateAlias to", NAMING),
    ("UpdateKeyDescription", MANAGEMENT),
    ("UpdatePrimaryRegion", [OK, DISABLED, STATE, STATE, STATE, UNSUPPORTED, STATE, STRICTER]),
    ("Verify", OF_OTHER_KINDS),
    ("VerifyMac", OF_OTHER_KINDS),
];

/// The operations for which no state of a key matters, as they use none that is there.
pub(crate) const WITHOUT_KEYS: &[&str] = &[
    "ConnectCustomKeyStore",
    "CreateCustomKeyStore",
    "CreateKey",
    "DeleteCustomKeyStore",
    "DescribeCustomKeyStores",
    "DisconnectCustomKeyStore",
    "GenerateRandom",
    "ListKeys",
    "ListRetirableGrants",
    "UpdateCustomKeyStore",
];

pub(crate) const OK: &str = "";
pub(crate) const DISABLED: &str = "DisabledException";
pub(crate) const STATE: &str = "KMSInvalidStateException";
pub(crate) const UNSUPPORTED: &str = "UnsupportedOperationException";
/// AWS's custom key stores have no keys of that kind; a key of theirs is refused all the same.
pub(crate) const OTHER_KIND: &str = "(no such key)";
/// AWS lets it pass in these two states, which last for a second or so. Here the other Region is just being told, or
/// tells, how the key is, which would undo the change; so the caller is to try again.
const STRICTER: &str = STATE;

const ALWAYS: Row = [OK; 8];
const CRYPTOGRAPHY: Row = [OK, DISABLED, STATE, STATE, STATE, STATE, STATE, OK];
const OF_OTHER_KINDS: Row = [OK, DISABLED, STATE, STATE, STATE, OTHER_KIND, STATE, OK];
const MANAGEMENT: Row = [OK, OK, STATE, STATE, OK, OK, STRICTER, OK];
const NAMING: Row = [OK, OK, STATE, STATE, OK, OK, OK, OK];
const ROTATION: Row = [OK, DISABLED, STATE, STATE, UNSUPPORTED, UNSUPPORTED, STATE, STRICTER];
const SWITCHING: Row = [OK, OK, STATE, STATE, STATE, OK, STATE, STATE];
