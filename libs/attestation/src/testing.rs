//! A hypervisor for tests: its own public key infrastructure, and the documents that it signs.

use ciborium::Value;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P384_SHA384, SigningKey as _,
};
use time::{Duration, OffsetDateTime};

/// A root, two authorities under it, and the certificate that signs documents.
pub struct TestHypervisor {
    root: String,
    bundle: Vec<Vec<u8>>,
    certificate: Vec<u8>,
    key: KeyPair,
}

/// The fields of a payload, to be changed before it is signed.
pub struct TestDocument(pub Vec<(Value, Value)>);

impl TestHypervisor {
    /// Of certificates that are valid at `now`, and for some hours.
    #[must_use]
    pub fn new(now: OffsetDateTime) -> Self {
        Self::with(now, |_, _| {})
    }

    /// The same, after a change of the certificates: of the root (0), the authorities (1 and 2), and the signer (3).
    #[must_use]
    pub fn with(now: OffsetDateTime, change: impl Fn(usize, &mut CertificateParams)) -> Self {
        let made: Vec<_> = (0..4).map(|level| (parameters(level, now, &change), new_key())).collect();
        let [(root, root_key), (first, first_key), (second, second_key), (signer, key)] =
            <[_; 4]>::try_from(made).ok().unwrap();
        let root_der = root.self_signed(&root_key).unwrap();
        let root = Issuer::new(root, root_key);
        let first_der = first.signed_by(&first_key, &root).unwrap();
        let first = Issuer::new(first, first_key);
        let second_der = second.signed_by(&second_key, &first).unwrap();
        let second = Issuer::new(second, second_key);
        let certificate = signer.signed_by(&key, &second).unwrap().der().to_vec();
        let bundle = [&root_der, &first_der, &second_der].map(|certificate| certificate.der().to_vec());
        Self { root: root_der.pem(), bundle: bundle.into(), certificate, key }
    }

    /// The root certificate as PEM.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// A signed document of an enclave with this public key.
    #[must_use]
    pub fn document(&self, now: OffsetDateTime, public_key: &[u8]) -> Vec<u8> {
        self.sign(&self.fields(now, public_key))
    }

    /// What that document says.
    #[must_use]
    pub fn fields(&self, now: OffsetDateTime, public_key: &[u8]) -> TestDocument {
        let milliseconds = i64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap();
        let pcrs = (0..16_u8).map(|number| (number.into(), Value::Bytes(test_register(number))));
        let bundle = self.bundle.iter().map(|der| Value::Bytes(der.clone())).collect();
        TestDocument(vec![
            ("module_id".into(), "i-0123456789abcdef0-enc0123456789abcdef".into()),
            ("digest".into(), "SHA384".into()),
            ("timestamp".into(), milliseconds.into()),
            ("pcrs".into(), Value::Map(pcrs.collect())),
            ("certificate".into(), Value::Bytes(self.certificate.clone())),
            ("cabundle".into(), Value::Array(bundle)),
            ("public_key".into(), Value::Bytes(public_key.to_vec())),
            ("user_data".into(), Value::Null),
            ("nonce".into(), Value::Null),
        ])
    }

    /// Signs any fields.
    #[must_use]
    pub fn sign(&self, document: &TestDocument) -> Vec<u8> {
        let payload = encode(&Value::Map(document.0.clone()));
        encode(&Value::Array(self.parts(&ES384, &payload)))
    }

    /// The four parts of a signed structure.
    #[must_use]
    pub fn parts(&self, protected: &[u8], payload: &[u8]) -> Vec<Value> {
        let [protected, payload] = [protected, payload].map(|bytes| Value::Bytes(bytes.to_vec()));
        let signed =
            ["Signature1".into(), protected.clone(), Value::Bytes(Vec::new()), payload.clone()].to_vec();
        let signature = fixed_length(&self.key.sign(&encode(&Value::Array(signed))).unwrap());
        vec![protected, Value::Map(Vec::new()), payload, Value::Bytes(signature)]
    }
}

impl TestDocument {
    /// Sets a field.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self = self.without(name);
        self.0.push((name.into(), value.into()));
        self
    }

    /// Removes a field.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(own, _)| own.as_text() != Some(name));
        self
    }
}

/// What a register of a test's enclave holds.
#[must_use]
pub fn test_register(number: u8) -> Vec<u8> {
    vec![0xa0 | number; 48]
}

/// CBOR.
#[must_use]
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).unwrap();
    out
}

fn parameters(
    level: usize,
    now: OffsetDateTime,
    change: &impl Fn(usize, &mut CertificateParams),
) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, format!("test.nitro-enclaves {level}"));
    parameters.not_before = now - Duration::hours(1);
    parameters.not_after = now + Duration::hours(3);
    (parameters.is_ca, parameters.key_usages) = if level == 3 {
        (IsCa::ExplicitNoCa, vec![KeyUsagePurpose::DigitalSignature])
    } else {
        (IsCa::Ca(BasicConstraints::Unconstrained), vec![KeyUsagePurpose::KeyCertSign])
    };
    change(level, &mut parameters);
    parameters
}

fn new_key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap()
}

/// The two numbers of a DER signature, 48 bytes each.
fn fixed_length(der: &[u8]) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut out = Vec::new();
    for _ in 0..2 {
        let (number, behind) = rest[2..].split_at(rest[1].into());
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        out.extend(std::iter::repeat_n(0, 48 - number.len()));
        out.extend(number);
        rest = behind;
    }
    out
}

/// The protected header of documents.
pub const ES384: [u8; 4] = [0xa1, 0x01, 0x38, 0x22];
