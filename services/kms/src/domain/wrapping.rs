//! How imported key material is wrapped on its way, and what it must be.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-get-public-key-and-token.html>

use keywright_aws_api::wire_enum;
use keywright_crypto::{
    AsymmetricEncryption, CryptoError, Key256, KeyPairSpec, PrivateKey, SecretBytes, aes_kwp_unwrap,
};

use super::key_spec::KeySpec;
use crate::error::Error;

wire_enum! {
    /// How key material is wrapped.
    pub enum WrappingAlgorithm {
        /// RSA with the padding of PKCS #1 v1.5, which KMS takes no longer.
        RsaesPkcs1V15 = "RSAES_PKCS1_V1_5",
        /// RSA-OAEP with SHA-1.
        RsaesOaepSha1 = "RSAES_OAEP_SHA_1",
        /// RSA-OAEP with SHA-256.
        RsaesOaepSha256 = "RSAES_OAEP_SHA_256",
        /// AES-KWP under a key of 256 bits, which RSA-OAEP with SHA-1 encrypts.
        RsaAesKeyWrapSha1 = "RSA_AES_KEY_WRAP_SHA_1",
        /// The same with SHA-256.
        RsaAesKeyWrapSha256 = "RSA_AES_KEY_WRAP_SHA_256",
        /// SM2.
        Sm2Pke = "SM2PKE",
    }
}

wire_enum! {
    /// The kind of the key pair that wraps.
    pub enum WrappingKeySpec {
        /// RSA, 2048 bits.
        Rsa2048 = "RSA_2048",
        /// RSA, 3072 bits.
        Rsa3072 = "RSA_3072",
        /// RSA, 4096 bits.
        Rsa4096 = "RSA_4096",
        /// SM2.
        Sm2 = "SM2",
    }
}

impl WrappingKeySpec {
    /// The kind of key pair.
    #[must_use]
    pub fn primitive(self) -> KeyPairSpec {
        match self {
            Self::Rsa2048 => KeyPairSpec::Rsa2048,
            Self::Rsa3072 => KeyPairSpec::Rsa3072,
            Self::Rsa4096 => KeyPairSpec::Rsa4096,
            Self::Sm2 => KeyPairSpec::Sm2,
        }
    }

    /// The length in bytes of what RSA encrypts to.
    fn modulus_length(self) -> Option<usize> {
        match self {
            Self::Rsa2048 => Some(256),
            Self::Rsa3072 => Some(384),
            Self::Rsa4096 => Some(512),
            Self::Sm2 => None,
        }
    }
}

/// The steps behind an algorithm's name.
enum Scheme {
    Direct(AsymmetricEncryption),
    WithAesKey(AsymmetricEncryption),
}

impl WrappingAlgorithm {
    fn scheme(self) -> Result<Scheme, Error> {
        match self {
            Self::RsaesPkcs1V15 => Err(Error::Unsupported("RSAES_PKCS1_V1_5 is not supported any more")),
            Self::RsaesOaepSha1 => Ok(Scheme::Direct(AsymmetricEncryption::OaepSha1)),
            Self::RsaesOaepSha256 => Ok(Scheme::Direct(AsymmetricEncryption::OaepSha256)),
            Self::RsaAesKeyWrapSha1 => Ok(Scheme::WithAesKey(AsymmetricEncryption::OaepSha1)),
            Self::RsaAesKeyWrapSha256 => Ok(Scheme::WithAesKey(AsymmetricEncryption::OaepSha256)),
            Self::Sm2Pke => Ok(Scheme::Direct(AsymmetricEncryption::Sm2Pke)),
        }
    }

    /// Refuses what doesn't go together: the algorithm, the wrapping key, and the kind of key that is to be imported.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    pub fn check(self, wrapping: WrappingKeySpec, key: KeySpec) -> Result<(), Error> {
        let scheme = self.scheme()?;
        if (self == Self::Sm2Pke) != (wrapping == WrappingKeySpec::Sm2) {
            return Err(Error::Unsupported("The WrappingAlgorithm is not supported for the WrappingKeySpec"));
        }
        let direct_rsa = matches!(scheme, Scheme::Direct(_)) && wrapping != WrappingKeySpec::Sm2;
        let too_long = match key {
            KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => true,
            KeySpec::EccNistP521 => wrapping == WrappingKeySpec::Rsa2048,
            _ => false,
        };
        if direct_rsa && too_long {
            return Err(Error::Unsupported(
                "Key material of this KeySpec is too long for the WrappingAlgorithm and WrappingKeySpec; use an RSA_AES_KEY_WRAP algorithm",
            ));
        }
        Ok(())
    }

    /// Unwraps key material.
    ///
    /// # Errors
    /// [`Error::InvalidCiphertext`] for what wasn't wrapped so under this very key.
    pub fn unwrap(
        self,
        wrapping: WrappingKeySpec,
        key: &PrivateKey,
        wrapped: &[u8],
    ) -> Result<SecretBytes, Error> {
        match self.scheme()? {
            Scheme::Direct(encryption) => key.decrypt(encryption, wrapped).map_err(not_unwrapped),
            Scheme::WithAesKey(encryption) => {
                let split = wrapping.modulus_length().and_then(|length| wrapped.split_at_checked(length));
                let (wrapped_aes_key, wrapped) = split.ok_or(Error::InvalidCiphertext)?;
                let aes_key = key.decrypt(encryption, wrapped_aes_key).map_err(not_unwrapped)?;
                aes_kwp_unwrap(&aes_key, wrapped).map_err(not_unwrapped)
            }
        }
    }
}

/// Whatever is wrong with a wrapped material is answered alike.
fn not_unwrapped(error: CryptoError) -> Error {
    match error {
        CryptoError::RandomUnavailable | CryptoError::Library => Error::Crypto(error),
        _ => Error::InvalidCiphertext,
    }
}

impl KeySpec {
    /// Unwrapped material in the one form in which it is kept, so that the same key has the same id however it was
    /// encoded: the bytes of a secret key, the PKCS #8 form of a private one.
    ///
    /// # Errors
    /// [`Error::IncorrectKeyMaterial`] for material of another kind, or of a wrong length.
    pub fn canonical_material(self, secret: SecretBytes) -> Result<SecretBytes, Error> {
        if let Some(pair) = self.key_pair() {
            let key = PrivateKey::from_pkcs8(pair, &secret).map_err(|error| match error {
                CryptoError::RandomUnavailable | CryptoError::Library => Error::Crypto(error),
                _ => Error::IncorrectKeyMaterial(
                    "The key material is not a PKCS #8 private key of the KeySpec",
                ),
            })?;
            return Ok(key.to_pkcs8());
        }
        if secret.len() == self.hmac_length().unwrap_or(Key256::LEN) {
            Ok(secret)
        } else {
            Err(Error::IncorrectKeyMaterial("The key material does not have the length of the KeySpec"))
        }
    }
}

#[cfg(test)]
mod tests {
    use keywright_crypto::{SystemRandom, aes_kwp_wrap};

    use super::*;

    fn secret(bytes: &[u8]) -> SecretBytes {
        SecretBytes::new(bytes.to_vec())
    }

    #[test]
    fn every_combination_is_allowed_or_refused_as_documented() {
        use WrappingAlgorithm as A;
        for wrapping in WrappingKeySpec::ALL {
            for key in KeySpec::ALL {
                let allowed = |algorithm: A| algorithm.check(*wrapping, *key).is_ok();
                let is_sm2 = *wrapping == WrappingKeySpec::Sm2;
                let is_rsa = key.as_str().starts_with("RSA");
                let is_p521 = *key == KeySpec::EccNistP521 && *wrapping == WrappingKeySpec::Rsa2048;
                assert!(!allowed(A::RsaesPkcs1V15));
                assert_eq!(allowed(A::Sm2Pke), is_sm2);
                for algorithm in [A::RsaesOaepSha1, A::RsaesOaepSha256] {
                    assert_eq!(allowed(algorithm), !is_sm2 && !is_rsa && !is_p521, "{wrapping:?} {key:?}");
                }
                for algorithm in [A::RsaAesKeyWrapSha1, A::RsaAesKeyWrapSha256] {
                    assert_eq!(allowed(algorithm), !is_sm2, "{wrapping:?} {key:?}");
                }
            }
        }
    }

    #[test]
    fn only_what_was_wrapped_so_unwraps() {
        let (wrapping, algorithm) = (WrappingKeySpec::Rsa2048, WrappingAlgorithm::RsaAesKeyWrapSha256);
        let pair = PrivateKey::generate(KeyPairSpec::Rsa2048, &SystemRandom).unwrap();
        let encrypt = |bytes: &[u8]| {
            pair.public_key().encrypt(AsymmetricEncryption::OaepSha256, bytes, &SystemRandom).unwrap()
        };
        let (aes_key, material) = (secret(&[7; 32]), secret(&[1; 33]));
        let sound = [encrypt(&[7; 32]), aes_kwp_wrap(&aes_key, &material).unwrap()].concat();
        let unwrapped = algorithm.unwrap(wrapping, &pair, &sound).unwrap();
        assert_eq!(unwrapped.expose_secret(), material.expose_secret());
        let mut changed = sound.clone();
        *changed.last_mut().unwrap() ^= 1;
        let other_key = [encrypt(&[8; 32]), sound[256..].to_vec()].concat();
        let short_key = [encrypt(&[7; 16]), sound[256..].to_vec()].concat();
        for wrong in [&changed, &other_key, &short_key, &sound[..256].to_vec(), &sound[..9].to_vec(), &vec![]]
        {
            let refused = algorithm.unwrap(wrapping, &pair, wrong);
            assert!(matches!(refused, Err(Error::InvalidCiphertext)), "{} bytes", wrong.len());
        }
        let direct = WrappingAlgorithm::RsaesOaepSha256.unwrap(wrapping, &pair, &encrypt(&[1; 32])).unwrap();
        assert_eq!(direct.expose_secret(), [1; 32]);
        let other_hash = WrappingAlgorithm::RsaesOaepSha1.unwrap(wrapping, &pair, &encrypt(&[1; 32]));
        assert!(matches!(other_hash, Err(Error::InvalidCiphertext)));
    }

    #[test]
    fn material_must_be_of_the_keys_kind() {
        for spec in KeySpec::ALL {
            let Some(pair) = spec.key_pair() else {
                let length = spec.hmac_length().unwrap_or(32);
                assert!(spec.canonical_material(secret(&vec![1; length])).is_ok(), "{spec:?}");
                for wrong in [0, length - 1, length + 1] {
                    let refused = spec.canonical_material(secret(&vec![1; wrong]));
                    assert!(matches!(refused, Err(Error::IncorrectKeyMaterial(_))), "{spec:?} {wrong}");
                }
                continue;
            };
            if matches!(spec, KeySpec::Rsa3072 | KeySpec::Rsa4096) {
                continue;
            }
            let der = PrivateKey::generate(pair, &SystemRandom).unwrap().to_pkcs8();
            let kept = spec.canonical_material(der.clone()).unwrap();
            assert_eq!(kept.expose_secret(), der.expose_secret(), "{spec:?}");
            // A secret key may be any bytes of the right length, a private key among them.
            let pairs = KeySpec::ALL.iter().filter(|other| other.key_pair().is_some());
            for other in pairs.filter(|other| *other != spec) {
                let refused = other.canonical_material(der.clone());
                assert!(matches!(refused, Err(Error::IncorrectKeyMaterial(_))), "{spec:?} as {other:?}");
            }
        }
    }
}
