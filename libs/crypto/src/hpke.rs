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
