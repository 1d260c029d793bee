//! COSE_Sign1 (RFC 9052, 4.2), in the one form that a Nitro hypervisor writes.

use ciborium::Value;

use crate::error::AttestationError;

/// A signed payload, of which nothing is verified yet.
pub(crate) struct Signed {
    protected: Vec<u8>,
    payload: Vec<u8>,
    /// r and s, 48 bytes each.
    signature: Vec<u8>,
}

impl Signed {
    /// Reads the structure, with or without its tag.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, AttestationError> {
        if document.len() > MAX_LEN {
            return refuse("it is too long");
        }
        let value = read(document).ok_or(AttestationError::Envelope("it is not CBOR"))?;
        let value = match value {
            Value::Tag(TAG, value) => *value,
            Value::Tag(..) => return refuse("it has another tag"),
            value => value,
        };
        let Value::Array(parts) = value else { return refuse("it is not an array") };
        let Ok(
            [
                Value::Bytes(protected),
                Value::Map(unprotected),
                Value::Bytes(payload),
                Value::Bytes(signature),
            ],
        ) = <[Value; 4]>::try_from(parts)
        else {
            return refuse("it does not have the four parts");
        };
        // Nobody signs these headers, so they may say nothing.
        if !unprotected.is_empty() {
            return refuse("it has unprotected headers");
        }
        if protected != PROTECTED {
            return refuse("its algorithm is another one");
        }
        if payload.is_empty() || payload.len() > MAX_PAYLOAD {
            return refuse("its payload is empty or too long");
        }
        if signature.len() != SIGNATURE_LEN {
            return refuse("its signature has another length");
        }
        Ok(Self { protected, payload, signature })
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The two numbers of the signature.
    pub(crate) fn signature(&self) -> (&[u8], &[u8]) {
        self.signature.split_at(SIGNATURE_LEN / 2)
    }

    /// What is signed: the Sig_structure of RFC 9052, 4.4.
    pub(crate) fn to_be_signed(&self) -> Result<Vec<u8>, AttestationError> {
        let parts = [
            Value::Text("Signature1".to_owned()),
            Value::Bytes(self.protected.clone()),
            Value::Bytes(Vec::new()),
            Value::Bytes(self.payload.clone()),
        ];
        let mut out = Vec::with_capacity(self.payload.len() + 32);
        match ciborium::into_writer(&Value::Array(parts.into()), &mut out) {
            Ok(()) => Ok(out),
            Err(_) => refuse("it can't be written"),
        }
    }
}

/// One CBOR value, with nothing behind it and few things in each other.
pub(crate) fn read(mut bytes: &[u8]) -> Option<Value> {
    let value = ciborium::de::from_reader_with_recursion_limit(&mut bytes, MAX_DEPTH).ok()?;
    bytes.is_empty().then_some(value)
}

fn refuse<T>(reason: &'static str) -> Result<T, AttestationError> {
    Err(AttestationError::Envelope(reason))
}

/// The tag of COSE_Sign1.
const TAG: u64 = 18;

/// The header `{1: -35}`: the algorithm is ES384.
const PROTECTED: [u8; 4] = [0xa1, 0x01, 0x38, 0x22];

const SIGNATURE_LEN: usize = 96;

/// The longest payload by AWS's specification, in bytes.
const MAX_PAYLOAD: usize = 16_384;

/// A payload with what is around it.
const MAX_LEN: usize = MAX_PAYLOAD + 256;

/// How deep a document goes is 4: a tag, an array, a map, a value.
const MAX_DEPTH: usize = 8;
