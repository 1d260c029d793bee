//! The payload: what the hypervisor says.

use ciborium::Value;
use time::OffsetDateTime;

use crate::cose::read;
use crate::error::AttestationError;
use crate::registers::{Platform, Registers};

/// The fields of a document that are as they must be. Who says so isn't known yet.
pub(crate) struct Document {
    pub(crate) module_id: String,
    pub(crate) made_at: OffsetDateTime,
    pub(crate) platform: Platform,
    pub(crate) registers: Registers,
    pub(crate) certificate: Vec<u8>,
    pub(crate) bundle: Vec<Vec<u8>>,
    pub(crate) public_key: Option<Vec<u8>>,
}

impl Document {
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, AttestationError> {
        let value = read(payload).ok_or(AttestationError::Envelope("its payload is not CBOR"))?;
        let mut fields = Fields::of(value)?;
        let module_id = fields.take(MODULE_ID).and_then(text).filter(|id| !id.is_empty());
        let digest = fields.take(DIGEST).and_then(text).filter(|digest| digest == "SHA384");
        digest.ok_or(AttestationError::Field(DIGEST))?;
        let registers = match (fields.take(PCRS), fields.take(NITROTPM_PCRS)) {
            (Some(pcrs), None) => Registers::parse(pcrs).map(|registers| (Platform::Enclave, registers)),
            (None, Some(pcrs)) => Registers::parse(pcrs).map(|registers| (Platform::NitroTpm, registers)),
            // It would not be clear which of them is attested.
            (Some(_), Some(_)) | (None, None) => None,
        };
        let (platform, registers) = registers.ok_or(AttestationError::Field(PCRS))?;
        fields.optional_bytes("user_data", 0)?;
        fields.optional_bytes("nonce", 0)?;
        Ok(Self {
            module_id: module_id.ok_or(AttestationError::Field(MODULE_ID))?,
            made_at: fields.take(TIMESTAMP).and_then(moment).ok_or(AttestationError::Field(TIMESTAMP))?,
            platform,
            registers,
            certificate: fields
                .take(CERTIFICATE)
                .and_then(certificate)
                .ok_or(AttestationError::Field(CERTIFICATE))?,
            bundle: fields.take(CABUNDLE).and_then(bundle).ok_or(AttestationError::Field(CABUNDLE))?,
            public_key: fields.optional_bytes(PUBLIC_KEY, 1)?,
        })
    }
}

struct Fields(Vec<(String, Value)>);

impl Fields {
    /// Each at most once. Those that are not known are signed too, and say nothing here.
    fn of(value: Value) -> Result<Self, AttestationError> {
        let Value::Map(entries) = value else {
            return Err(AttestationError::Envelope("its payload is not a map"));
        };
        let mut fields = Vec::<(String, Value)>::with_capacity(entries.len());
        for (name, value) in entries {
            let Value::Text(name) = name else {
                return Err(AttestationError::Envelope("its payload has fields without a name"));
            };
            if fields.iter().any(|(other, _)| *other == name) {
                return Err(AttestationError::Envelope("its payload has a field twice"));
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(own, _)| own == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// A field that may be missing: hypervisors write null then.
    fn optional_bytes(
        &mut self,
        name: &'static str,
        min: usize,
    ) -> Result<Option<Vec<u8>>, AttestationError> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bytes(bytes)) if (min..=MAX_FIELD).contains(&bytes.len()) => Ok(Some(bytes)),
            Some(_) => Err(AttestationError::Field(name)),
        }
    }
}

fn text(value: Value) -> Option<String> {
    value.into_text().ok()
}

/// From milliseconds since 1970.
fn moment(value: Value) -> Option<OffsetDateTime> {
    let milliseconds = u64::try_from(value.into_integer().ok()?).ok().filter(|time| *time > 0)?;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).ok()
}

fn certificate(value: Value) -> Option<Vec<u8>> {
    value.into_bytes().ok().filter(|der| (1..=MAX_FIELD).contains(&der.len()))
}

fn bundle(value: Value) -> Option<Vec<Vec<u8>>> {
    let certificates = value.into_array().ok().filter(|certificates| !certificates.is_empty())?;
    certificates.into_iter().map(certificate).collect()
}

const MODULE_ID: &str = "module_id";
const DIGEST: &str = "digest";
const TIMESTAMP: &str = "timestamp";
const PCRS: &str = "pcrs";
const NITROTPM_PCRS: &str = "nitrotpm_pcrs";
const CERTIFICATE: &str = "certificate";
const CABUNDLE: &str = "cabundle";
const PUBLIC_KEY: &str = "public_key";

/// The longest certificate, public key, nonce and the like, in bytes.
const MAX_FIELD: usize = 1024;
