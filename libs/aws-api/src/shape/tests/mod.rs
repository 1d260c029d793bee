//! The derive, the checks and the decoding together.

mod decoding;
mod messages;
mod values;

use std::collections::BTreeMap;

use keywright_crypto::SecretString;

use crate::Input;
use crate::shape::{Blob, DecodeError, SecretBlob, Timestamp, decode_json};

crate::wire_enum! {
    /// A key's kind.
    pub(super) enum KeySpec {
        /// AES.
        SymmetricDefault = "SYMMETRIC_DEFAULT",
        /// RSA.
        Rsa2048 = "RSA_2048",
    }
}

/// A nested structure.
#[derive(Debug, Input)]
#[input(crate = "crate")]
pub(super) struct Tag {
    #[member(length = 1..=128)]
    tag_key: String,
    #[member(length = 0..=256, pattern = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*")]
    tag_value: String,
}

/// A type with a `Deserialize` of its own.
#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct EncryptionContext(BTreeMap<String, String>);

crate::plain_shape!(EncryptionContext);

/// Every kind of member.
#[derive(Debug, Input)]
#[input(crate = "crate")]
pub(super) struct Sample {
    #[member(length = 1..=8)]
    key_id: String,
    #[member(length = 1..=16)]
    plaintext: Option<SecretBlob>,
    ciphertext_blob: Option<Blob>,
    encryption_context: Option<EncryptionContext>,
    key_spec: Option<KeySpec>,
    key_specs: Option<Vec<KeySpec>>,
    #[member(length = 0..=3, each(length = 1..=4))]
    grant_tokens: Option<Vec<String>>,
    #[member(range = 1..=1024)]
    number_of_bytes: Option<i32>,
    #[member(range = -5..)]
    offset: Option<i64>,
    #[member(pattern = "[a-zA-Z0-9:/_-]+")]
    alias_name: Option<String>,
    #[member(name = "KMSKeyArn", one_of("a", "b"))]
    kms_key_arn: Option<String>,
    #[member(shape, length = ..=50)]
    tags: Option<Vec<Tag>>,
    #[member(length = ..=2, keys(length = 1..=2), each(length = ..=3))]
    attributes: Option<BTreeMap<String, String>>,
    by_name: Option<BTreeMap<String, Tag>>,
    #[member(length = 4..)]
    secret: Option<SecretString>,
    #[member(length = ..=3, sensitive)]
    note: Option<String>,
    #[member(default)]
    recursive: bool,
    since: Option<Timestamp>,
    r#type: Option<String>,
    #[member(shape)]
    inner: Option<Vec<Sample>>,
}

/// An operation without members.
#[derive(Debug, Input)]
#[input(crate = "crate")]
pub(super) struct Nothing {}

fn decode(body: &str) -> Result<Sample, DecodeError> {
    decode_json(body.as_bytes())
}

/// The message of the violations in `body`.
fn violations(body: &str) -> String {
    match decode(body) {
        Err(DecodeError::Violations(violations)) => violations.to_string(),
        other => panic!("expected violations, got {other:?}"),
    }
}
