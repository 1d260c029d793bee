//! The keys of issuers (RFC 7517, RFC 7518), and what is signed by them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_crypto::{KeyPairSpec, Message, PublicKey, SignatureAlgorithm};
use serde::Deserialize;

use super::error::WebIdentityError;

/// A way of signing that is taken. There is none without a key pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
}

/// A key of an issuer.
pub(super) struct VerificationKey {
    id: Option<String>,
    /// What the issuer uses it for, where it says so.
    algorithm: Option<Algorithm>,
    key: PublicKey,
}

/// A key as issuers publish it.
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default, rename = "use")]
    used_for: Option<String>,
    #[serde(default)]
    key_ops: Option<Vec<String>>,
    #[serde(default)]
    crv: Option<String>,
    #[serde(default)]
    n: Option<String>,
    #[serde(default)]
    e: Option<String>,
    #[serde(default)]
    x: Option<String>,
    #[serde(default)]
    y: Option<String>,
}

impl Algorithm {
    pub(super) fn parse(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm)
    }

    /// The signature scheme, if a key of this kind can be used with it.
    fn scheme(self, spec: KeyPairSpec) -> Option<SignatureAlgorithm> {
        use KeyPairSpec::{Ed25519, NistP256, NistP384, NistP521, Rsa2048, Rsa3072, Rsa4096};
        Some(match (spec, self) {
            (Rsa2048 | Rsa3072 | Rsa4096, Self::Rs256) => SignatureAlgorithm::RsaPkcs1Sha256,
            (Rsa2048 | Rsa3072 | Rsa4096, Self::Rs384) => SignatureAlgorithm::RsaPkcs1Sha384,
            (Rsa2048 | Rsa3072 | Rsa4096, Self::Rs512) => SignatureAlgorithm::RsaPkcs1Sha512,
            (Rsa2048 | Rsa3072 | Rsa4096, Self::Ps256) => SignatureAlgorithm::RsaPssSha256,
            (Rsa2048 | Rsa3072 | Rsa4096, Self::Ps384) => SignatureAlgorithm::RsaPssSha384,
            (Rsa2048 | Rsa3072 | Rsa4096, Self::Ps512) => SignatureAlgorithm::RsaPssSha512,
            (NistP256, Self::Es256) => SignatureAlgorithm::EcdsaSha256,
            (NistP384, Self::Es384) => SignatureAlgorithm::EcdsaSha384,
            (NistP521, Self::Es512) => SignatureAlgorithm::EcdsaSha512,
            (Ed25519, Self::EdDsa) => SignatureAlgorithm::Ed25519Sha512,
            _ => return None,
        })
    }
}

impl VerificationKey {
    /// The key, if it is one that signatures can be verified with.
    pub(super) fn of(jwk: &Jwk) -> Option<Self> {
        let for_signatures = jwk.used_for.as_deref().is_none_or(|used_for| used_for == "sig");
        let may_verify = jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !for_signatures || !may_verify {
            return None;
        }
        let algorithm = match &jwk.alg {
            Some(name) => Some(Algorithm::parse(name)?),
            None => None,
        };
        let (spec, spki) = subject_public_key_info(jwk)?;
        let key = PublicKey::from_spki(spec, &spki).ok()?;
        Some(Self { id: jwk.kid.clone(), algorithm, key })
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Accepts a signature of this key.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<(), WebIdentityError> {
        if self.algorithm.is_some_and(|own| own != algorithm) {
            return Err(WebIdentityError::Algorithm);
        }
        let spec = self.key.spec();
        let scheme = algorithm.scheme(spec).ok_or(WebIdentityError::Algorithm)?;
        let der;
        let signature = match coordinate_length(spec) {
            None => signature,
            Some(length) => {
                der = ecdsa_der(signature, length).ok_or(WebIdentityError::Signature)?;
                &der
            }
        };
        let verified = self.key.verify(scheme, Message::Raw(signed), signature);
        verified.map_err(|_| WebIdentityError::Signature)
    }
}

/// The key in the form that `keywright-crypto` reads.
fn subject_public_key_info(jwk: &Jwk) -> Option<(KeyPairSpec, Vec<u8>)> {
    let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
    match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => {
            let (modulus, exponent) = (bytes(&jwk.n)?, bytes(&jwk.e)?);
            let modulus = without_leading_zeros(&modulus);
            let spec = match modulus.len() {
                256 => KeyPairSpec::Rsa2048,
                384 => KeyPairSpec::Rsa3072,
                512 => KeyPairSpec::Rsa4096,
                _ => return None,
            };
            let key = der(SEQUENCE, &[unsigned(modulus), unsigned(&exponent)].concat());
            let bits = der(BIT_STRING, &[&[0], key.as_slice()].concat());
            Some((spec, der(SEQUENCE, &[RSA_ENCRYPTION, &bits].concat())))
        }
        ("EC", Some(curve)) => {
            let (spec, prefix) = match curve {
                "P-256" => (KeyPairSpec::NistP256, P256),
                "P-384" => (KeyPairSpec::NistP384, P384),
                "P-521" => (KeyPairSpec::NistP521, P521),
                _ => return None,
            };
            let (x, y, length) = (bytes(&jwk.x)?, bytes(&jwk.y)?, coordinate_length(spec)?);
            let whole = x.len() == length && y.len() == length;
            whole.then(|| (spec, [prefix, &[UNCOMPRESSED], &x, &y].concat()))
        }
        ("OKP", Some("Ed25519")) => {
            let x = bytes(&jwk.x)?;
            (x.len() == 32).then(|| (KeyPairSpec::Ed25519, [ED25519, &x].concat()))
        }
        _ => None,
    }
}

/// Of a curve whose signatures are two numbers.
fn coordinate_length(spec: KeyPairSpec) -> Option<usize> {
    match spec {
        KeyPairSpec::NistP256 => Some(32),
        KeyPairSpec::NistP384 => Some(48),
        KeyPairSpec::NistP521 => Some(66),
        _ => None,
    }
}

/// Tokens have the two numbers of an ECDSA signature side by side, at their full length; elsewhere they are DER.
fn ecdsa_der(signature: &[u8], length: usize) -> Option<Vec<u8>> {
    if signature.len() != 2 * length {
        return None;
    }
    let (r, s) = signature.split_at(length);
    Some(der(SEQUENCE, &[unsigned(r), unsigned(s)].concat()))
}

fn unsigned(number: &[u8]) -> Vec<u8> {
    let number = without_leading_zeros(number);
    // A set top bit would make it negative, and zero has one byte.
    let padding: &[u8] = if number.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
    der(INTEGER, &[padding, number].concat())
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = without_leading_zeros(&length);
    let mut out = vec![tag];
    if content.len() >= 0x80 {
        // At most eight bytes.
        out.push(0x80 | length.len() as u8);
    }
    if content.is_empty() {
        out.push(0);
    }
    out.extend_from_slice(length);
    out.extend_from_slice(content);
    out
}

const NAMES: [(&str, Algorithm); 10] = [
    ("RS256", Algorithm::Rs256),
    ("RS384", Algorithm::Rs384),
    ("RS512", Algorithm::Rs512),
    ("PS256", Algorithm::Ps256),
    ("PS384", Algorithm::Ps384),
    ("PS512", Algorithm::Ps512),
    ("ES256", Algorithm::Es256),
    ("ES384", Algorithm::Es384),
    ("ES512", Algorithm::Es512),
    ("EdDSA", Algorithm::EdDsa),
];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UNCOMPRESSED: u8 = 0x04;
/// The `AlgorithmIdentifier` of rsaEncryption (RFC 8017).
const RSA_ENCRYPTION: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
/// What stands before the point, or the key, in a `SubjectPublicKeyInfo` of its curve (RFC 5480, RFC 8410).
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
const P384: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
    0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
];
const P521: &[u8] = &[
    0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
    0x81, 0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00,
];
const ED25519: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
