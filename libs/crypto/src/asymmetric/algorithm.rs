//! The names of kinds of keys and of what is done with them, after KMS's `KeySpec`, `SigningAlgorithmSpec`,
//! `EncryptionAlgorithmSpec` and `MessageType`.

use std::fmt;

/// A kind of key pair, with its size or curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyPairSpec {
    /// RSA of 2048 bits with the exponent 65537.
    Rsa2048,
    /// RSA of 3072 bits with the exponent 65537.
    Rsa3072,
    /// RSA of 4096 bits with the exponent 65537.
    Rsa4096,
    /// NIST P-256 (secp256r1).
    NistP256,
    /// NIST P-384 (secp384r1).
    NistP384,
    /// NIST P-521 (secp521r1).
    NistP521,
    /// The SECG curve secp256k1, used for cryptocurrencies.
    Secp256k1,
    /// The curve of GB/T 32918.5.
    Sm2,
    /// Edwards 25519 (RFC 8032).
    Ed25519,
    /// ML-DSA-44 (FIPS 204).
    MlDsa44,
    /// ML-DSA-65 (FIPS 204).
    MlDsa65,
    /// ML-DSA-87 (FIPS 204).
    MlDsa87,
}

/// A signature scheme with all its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 bytes.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 bytes.
    RsaPssSha512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512,
    /// ECDSA with SHA-256, for P-256 and secp256k1. Signatures are DER.
    EcdsaSha256,
    /// ECDSA with SHA-384, for P-384. Signatures are DER.
    EcdsaSha384,
    /// ECDSA with SHA-512, for P-521. Signatures are DER.
    EcdsaSha512,
    /// SM2 signature with SM3 (GB/T 32918.2) and the default distinguishing identifier `1234567812345678`.
    /// Signatures are DER.
    Sm2Dsa,
    /// Ed25519 (PureEdDSA).
    Ed25519Sha512,
    /// Ed25519ph without a context.
    Ed25519PhSha512,
    /// ML-DSA without a context, hedged, of the parameter set that the key has.
    MlDsaShake256,
}

/// An encryption scheme with all its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AsymmetricEncryption {
    /// RSAES-OAEP with SHA-1, MGF1 with SHA-1 and no label.
    OaepSha1,
    /// RSAES-OAEP with SHA-256, MGF1 with SHA-256 and no label.
    OaepSha256,
    /// RSAES-OAEP with SHA-384, MGF1 with SHA-384 and no label. Not KMS's.
    OaepSha384,
    /// RSAES-OAEP with SHA-512, MGF1 with SHA-512 and no label. Not KMS's.
    OaepSha512,
    /// RSAES-PKCS1-v1_5, for messages of others that have it. Not KMS's. That a ciphertext is refused must not reach who
    /// sent it: with enough such answers it can be decrypted.
    RsaPkcs1,
    /// SM2 public key encryption (GB/T 32918.4). Ciphertexts are the DER `SM2Cipher` of GM/T 0009: x, y, C3, C2.
    Sm2Pke,
}

/// What is signed.
///
/// | | `Raw` | `Digest` | `ExternalMu` |
/// |---|---|---|---|
/// | RSA, ECDSA | the message | its SHA-2 digest | |
/// | SM2 | the message | SM3(Z ‖ message), 32 bytes | |
/// | Ed25519 | the message | | |
/// | Ed25519ph | the message | its SHA-512 digest | |
/// | ML-DSA | the message | | μ of FIPS 204, 64 bytes |
#[derive(Clone, Copy)]
pub enum Message<'a> {
    /// The whole message.
    Raw(&'a [u8]),
    /// The message's digest under the hash function of the signature algorithm.
    Digest(&'a [u8]),
    /// The message representative μ of ML-DSA, made from the public key, an empty context and the message.
    ExternalMu(&'a [u8]),
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, bytes) = match self {
            Self::Raw(bytes) => ("Raw", bytes),
            Self::Digest(bytes) => ("Digest", bytes),
            Self::ExternalMu(bytes) => ("ExternalMu", bytes),
        };
        write!(f, "{kind}({} bytes)", bytes.len())
    }
}
