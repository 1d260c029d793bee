//! Hybrid public key encryption (RFC 9180) in the mode that authenticates the sender: DHKEM(X25519, HKDF-SHA256),
//! HKDF-SHA256, AES-256-GCM. One message per encapsulation.

use std::fmt;

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use hpke::{single_shot_open, single_shot_seal_with_rng};
use zeroize::Zeroizing;

use crate::rng::LatchingRng;
use crate::{CryptoError, Random, SecretBytes};

/// The length of a public key, a private key and an encapsulated key, in bytes.
pub const HPKE_KEY_LEN: usize = 32;

/// One side's key pair. Erased on drop.
pub struct HpkePrivateKey {
    secret: Secret,
    public: HpkePublicKey,
}

impl HpkePrivateKey {
    /// A fresh key pair.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn generate(random: &dyn Random) -> Result<Self, CryptoError> {
        let mut rng = LatchingRng::new(random);
        let (secret, public) = X25519HkdfSha256::gen_keypair_with_rng(&mut rng);
        rng.check()?;
        Ok(Self { secret, public: HpkePublicKey(public) })
    }

    /// Reads what [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    /// [`CryptoError::InvalidKey`] for anything else.
    pub fn from_bytes(bytes: &SecretBytes) -> Result<Self, CryptoError> {
        let secret = Secret::from_bytes(bytes.expose_secret()).map_err(|_| CryptoError::InvalidKey)?;
        let public = HpkePublicKey(X25519HkdfSha256::sk_to_pk(&secret));
        Ok(Self { secret, public })
    }

    /// The private key as RFC 9180 serializes it, 32 bytes.
    pub fn to_bytes(&self) -> SecretBytes {
        let bytes = Zeroizing::new(self.secret.to_bytes());
        SecretBytes::new(bytes.to_vec())
    }

    /// The half that the other side is told.
    pub fn public_key(&self) -> &HpkePublicKey {
        &self.public
    }
}

impl fmt::Debug for HpkePrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HpkePrivateKey(redacted)")
    }
}

/// One side's public key.
#[derive(Clone, PartialEq, Eq)]
pub struct HpkePublicKey(Public);

impl HpkePublicKey {
    /// Reads what [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    /// [`CryptoError::InvalidKey`] unless it is 32 bytes. A point of small order is refused when it is used.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CryptoError> {
        Public::from_bytes(bytes).map(Self).map_err(|_| CryptoError::InvalidKey)
    }

    /// The public key as RFC 9180 serializes it.
    pub fn to_bytes(&self) -> [u8; HPKE_KEY_LEN] {
        self.0.to_bytes().into()
    }
}

impl fmt::Debug for HpkePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HpkePublicKey({})", crate::hex_lower(&self.to_bytes()))
    }
}

/// What goes to the recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HpkeSealed {
    /// The encapsulated key.
    pub enc: [u8; HPKE_KEY_LEN],
    /// The ciphertext with its tag, 16 bytes longer than the plaintext.
    pub ciphertext: Vec<u8>,
}

/// Encrypts `plaintext` so that only `recipient` reads it and knows that `sender` sent it. `info` binds the purpose,
/// `aad` what belongs to this message.
///
/// # Errors
/// [`CryptoError::InvalidKey`] for a recipient's key of small order, [`CryptoError::MessageTooLong`] for an `info` of
/// 64 KiB or a plaintext near 64 GiB, [`CryptoError::RandomUnavailable`].
pub fn hpke_seal_auth(
    recipient: &HpkePublicKey,
    sender: &HpkePrivateKey,
    info: &[u8],
    aad: &[u8],
    plaintext: &SecretBytes,
    random: &dyn Random,
) -> Result<HpkeSealed, CryptoError> {
    seal::<AesGcm256>(recipient, sender, info, aad, plaintext, random)
}

/// Opens what [`hpke_seal_auth`] made, and only what this `sender` made.
///
/// # Errors
/// [`CryptoError::NotAuthentic`] when any of the arguments differs from the sealing ones.
pub fn hpke_open_auth(
    recipient: &HpkePrivateKey,
    sender: &HpkePublicKey,
    info: &[u8],
    aad: &[u8],
    enc: &[u8],
    ciphertext: &[u8],
) -> Result<SecretBytes, CryptoError> {
    open::<AesGcm256>(recipient, sender, info, aad, enc, ciphertext)
}

fn seal<A: hpke::aead::Aead>(
    recipient: &HpkePublicKey,
    sender: &HpkePrivateKey,
    info: &[u8],
    aad: &[u8],
    plaintext: &SecretBytes,
    random: &dyn Random,
) -> Result<HpkeSealed, CryptoError> {
    require_short(info)?;
    let mode = OpModeS::Auth((sender.secret.clone(), sender.public.0.clone()));
    let mut rng = LatchingRng::new(random);
    let sealed = single_shot_seal_with_rng::<A, HkdfSha256, X25519HkdfSha256>(
        &mode,
        &recipient.0,
        info,
        plaintext.expose_secret(),
        aad,
        &mut rng,
    );
    rng.check()?;
    match sealed {
        Ok((enc, ciphertext)) => Ok(HpkeSealed { enc: enc.to_bytes().into(), ciphertext }),
        Err(hpke::HpkeError::EncapError) => Err(CryptoError::InvalidKey),
        Err(_) => Err(CryptoError::MessageTooLong { bytes: plaintext.len() }),
    }
}

fn open<A: hpke::aead::Aead>(
    recipient: &HpkePrivateKey,
    sender: &HpkePublicKey,
    info: &[u8],
    aad: &[u8],
    enc: &[u8],
    ciphertext: &[u8],
) -> Result<SecretBytes, CryptoError> {
    require_short(info).map_err(|_| CryptoError::NotAuthentic)?;
    let enc = Encapsulated::from_bytes(enc).map_err(|_| CryptoError::NotAuthentic)?;
    single_shot_open::<A, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Auth(sender.0.clone()),
        &recipient.secret,
        &enc,
        info,
        ciphertext,
        aad,
    )
    .map(SecretBytes::new)
    .map_err(|_| CryptoError::NotAuthentic)
}

/// The library panics where its 16-bit length would overflow.
fn require_short(info: &[u8]) -> Result<(), CryptoError> {
    if info.len() <= MAX_INFO_LEN { Ok(()) } else { Err(CryptoError::MessageTooLong { bytes: info.len() }) }
}

type Secret = <X25519HkdfSha256 as Kem>::PrivateKey;
type Public = <X25519HkdfSha256 as Kem>::PublicKey;
type Encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey;

const MAX_INFO_LEN: usize = u16::MAX as usize - 64;

#[cfg(test)]
mod tests {
    use hpke::aead::AesGcm128;

    use super::*;
    use crate::SystemRandom;

    /// Gives the same bytes every time.
    struct Fixed(Vec<u8>);

    impl Random for Fixed {
        fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
            out.copy_from_slice(&self.0);
            Ok(())
        }
    }

    struct Broken;

    impl Random for Broken {
        fn fill(&self, _: &mut [u8]) -> Result<(), CryptoError> {
            Err(CryptoError::RandomUnavailable)
        }
    }

    fn unhex(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    // RFC 9180, appendix A.1.3.
    const IKM_E: &str = "6e6d8f200ea2fb20c30b003a8b4f433d2f4ed4c2658d5bc8ce2fef718059c9f7";
    const IKM_R: &str = "f1d4a30a4cef8d6d4e3b016e6fd3799ea057db4f345472ed302a67ce1c20cdec";
    const IKM_S: &str = "94b020ce91d73fca4649006c7e7329a67b40c55e9e93cc907d282bbbff386f58";
    const ENC: &str = "23fb952571a14a25e3d678140cd0e5eb47a0961bb18afcf85896e5453c312e76";
    const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
    const PLAINTEXT: &str = "4265617574792069732074727574682c20747275746820626561757479";

    fn key(ikm: &str) -> HpkePrivateKey {
        HpkePrivateKey::generate(&Fixed(unhex(ikm))).unwrap()
    }

    #[test]
    fn keys_are_derived_as_in_the_rfc() {
        let recipient = key(IKM_R);
        let secret = "fdea67cf831f1ca98d8e27b1f6abeb5b7745e9d35348b80fa407ff6958f9137e";
        let public = "1632d5c2f71c2b38d0a8fcc359355200caa8b1ffdf28618080466c909cb69b2e";
        assert_eq!(hex::encode(recipient.public_key().to_bytes()), public);
        // The library gives the scalar clamped, which is the same key.
        for secret in [SecretBytes::new(unhex(secret)), recipient.to_bytes()] {
            let read = HpkePrivateKey::from_bytes(&secret).unwrap();
            assert_eq!(read.public_key(), recipient.public_key());
            assert_eq!(read.to_bytes().expose_secret(), recipient.to_bytes().expose_secret());
        }
        assert_eq!(HpkePublicKey::from_bytes(&unhex(public)).unwrap(), *recipient.public_key());
    }

    /// The RFC has the mode and the KEM with AES-128-GCM only. The ciphertext for AES-256-GCM is pinned from an
    /// independent computation with the Python package cryptography 48, which gives the RFC's for AES-128-GCM.
    #[test]
    fn authenticated_encryption_matches_the_published_vector() {
        let (recipient, sender, random) = (key(IKM_R), key(IKM_S), Fixed(unhex(IKM_E)));
        let (info, plaintext) = (unhex(INFO), SecretBytes::new(unhex(PLAINTEXT)));
        let rfc = seal::<AesGcm128>(recipient.public_key(), &sender, &info, b"Count-0", &plaintext, &random)
            .unwrap();
        let ours =
            hpke_seal_auth(recipient.public_key(), &sender, &info, b"Count-0", &plaintext, &random).unwrap();
        let expected =
            "5fd92cc9d46dbf8943e72a07e42f363ed5f721212cd90bcfd072bfd9f44e06b80fd17824947496e21b680c141b";
        assert_eq!((hex::encode(rfc.enc).as_str(), hex::encode(&rfc.ciphertext).as_str()), (ENC, expected));
        let expected =
            "5afc421af83c33a9e4de9f134e7870e607f6b5c0ea8806b08ea97c8b7676c9f55365094fee798f5e1aa18076c2";
        assert_eq!((hex::encode(ours.enc).as_str(), hex::encode(&ours.ciphertext).as_str()), (ENC, expected));
        let opened =
            hpke_open_auth(&recipient, sender.public_key(), &info, b"Count-0", &ours.enc, &ours.ciphertext);
        assert_eq!(opened.unwrap().expose_secret(), plaintext.expose_secret());
        let opened =
            open::<AesGcm128>(&recipient, sender.public_key(), &info, b"Count-0", &rfc.enc, &rfc.ciphertext);
        assert_eq!(opened.unwrap().expose_secret(), plaintext.expose_secret());
    }

    #[test]
    fn nothing_opens_but_what_was_sealed_by_this_sender_for_this_recipient_and_purpose() {
        let [recipient, sender, other] = [(); 3].map(|()| HpkePrivateKey::generate(&SystemRandom).unwrap());
        let plaintext = SecretBytes::new(b"key material".to_vec());
        let sealed =
            hpke_seal_auth(recipient.public_key(), &sender, b"info", b"aad", &plaintext, &SystemRandom)
                .unwrap();
        let HpkeSealed { enc, ciphertext } = &sealed;
        let open = |recipient: &HpkePrivateKey,
                    sender: &HpkePrivateKey,
                    info: &[u8],
                    aad: &[u8],
                    enc: &[u8],
                    ciphertext: &[u8]| {
            hpke_open_auth(recipient, sender.public_key(), info, aad, enc, ciphertext)
                .map(|opened| opened.expose_secret().to_vec())
        };
        assert_eq!(
            open(&recipient, &sender, b"info", b"aad", enc, ciphertext),
            Ok(plaintext.expose_secret().to_vec())
        );
        let refused = Err(CryptoError::NotAuthentic);
        assert_eq!(open(&other, &sender, b"info", b"aad", enc, ciphertext), refused);
        assert_eq!(open(&recipient, &other, b"info", b"aad", enc, ciphertext), refused);
        assert_eq!(open(&recipient, &recipient, b"info", b"aad", enc, ciphertext), refused);
        assert_eq!(open(&recipient, &sender, b"inf", b"aad", enc, ciphertext), refused);
        assert_eq!(open(&recipient, &sender, b"info", b"aa", enc, ciphertext), refused);
        assert_eq!(open(&recipient, &sender, &[0; 70_000], b"aad", enc, ciphertext), refused);
        assert_eq!(open(&recipient, &sender, b"info", b"aad", &enc[1..], ciphertext), refused);
        assert_eq!(open(&recipient, &sender, b"info", b"aad", &[0; 32], ciphertext), refused);
        assert_eq!(open(&recipient, &sender, b"info", b"aad", enc, &ciphertext[..15]), refused);
        for byte in 0..ciphertext.len() {
            let mut changed = ciphertext.clone();
            changed[byte] ^= 1;
            assert_eq!(open(&recipient, &sender, b"info", b"aad", enc, &changed), refused, "byte {byte}");
        }
        let again =
            hpke_seal_auth(recipient.public_key(), &sender, b"info", b"aad", &plaintext, &SystemRandom)
                .unwrap();
        assert_ne!(again, sealed);
    }

    #[test]
    fn unusable_keys_purposes_and_randomness_are_errors() {
        let sender = HpkePrivateKey::generate(&SystemRandom).unwrap();
        let plaintext = SecretBytes::new(b"key material".to_vec());
        let seal = |recipient: &HpkePublicKey, info: &[u8], random: &dyn Random| {
            hpke_seal_auth(recipient, &sender, info, b"", &plaintext, random).unwrap_err()
        };
        let small_order = HpkePublicKey::from_bytes(&[0; 32]).unwrap();
        assert_eq!(seal(&small_order, b"", &SystemRandom), CryptoError::InvalidKey);
        let too_long = CryptoError::MessageTooLong { bytes: 70_000 };
        assert_eq!(seal(sender.public_key(), &[0; 70_000], &SystemRandom), too_long);
        assert_eq!(seal(sender.public_key(), b"", &Broken), CryptoError::RandomUnavailable);
        assert_eq!(HpkePrivateKey::generate(&Broken).unwrap_err(), CryptoError::RandomUnavailable);
        assert_eq!(HpkePublicKey::from_bytes(&[1; 31]).unwrap_err(), CryptoError::InvalidKey);
        let short = HpkePrivateKey::from_bytes(&SecretBytes::new(vec![1; 31]));
        assert_eq!(short.unwrap_err(), CryptoError::InvalidKey);
    }

    #[test]
    fn the_longest_purpose_that_is_let_through_seals() {
        let pair = HpkePrivateKey::generate(&SystemRandom).unwrap();
        let (info, plaintext) = (vec![7; MAX_INFO_LEN], SecretBytes::new(vec![1]));
        let sealed = hpke_seal_auth(pair.public_key(), &pair, &info, b"", &plaintext, &SystemRandom).unwrap();
        let opened = hpke_open_auth(&pair, pair.public_key(), &info, b"", &sealed.enc, &sealed.ciphertext);
        assert_eq!(opened.unwrap().expose_secret(), [1]);
    }

    #[test]
    fn debug_does_not_show_the_private_key() {
        assert_eq!(format!("{:?}", key(IKM_R)), "HpkePrivateKey(redacted)");
    }
}
