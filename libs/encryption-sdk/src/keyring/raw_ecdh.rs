//! Wrapping under what a private key that the caller has and the public key of another party agree on.
//!
//! <https://github.com/awslabs/aws-encryption-sdk-specification/blob/master/framework/raw-ecdh-keyring.md>

use std::fmt;
use std::future::ready;

use keywright_crypto::{PrivateKey, PublicKey, SecretBytes, SystemRandom};

use super::ecdh::{EcdhCurve, Parties, Party, RAW_ECDH, WrappedKey};
use super::pem::{Label, from_pem};
use super::{Keyring, decrypt_first};
use crate::error::Error;
use crate::{BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};

/// Wraps data keys under what an ECC key and the public key of another party agree on.
///
/// Private keys are PKCS #8 `PrivateKeyInfo`, public keys `SubjectPublicKeyInfo` with the point uncompressed, both in PEM
/// or DER.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use keywright_encryption_sdk::{Client, DecryptOptions, EcdhCurve, EncryptOptions, RawEcdhKeyring};
/// # use keywright_crypto::{KeyPairSpec, PrivateKey, SystemRandom};
/// # let pair = PrivateKey::generate(KeyPairSpec::NistP384, &SystemRandom)?;
/// # let (private_key, public_key) = (pair.to_pkcs8(), pair.public_key().spki());
///
/// let keyring = RawEcdhKeyring::ephemeral_to(EcdhCurve::P384, public_key)?;
/// let sender = Client::builder().keyring(keyring).build()?.blocking();
/// let message = sender.encrypt(b"for you only", EncryptOptions::new())?.message;
///
/// let keyring = RawEcdhKeyring::to_decrypt(EcdhCurve::P384, private_key.expose_secret())?;
/// let recipient = Client::builder().keyring(keyring).build()?.blocking();
/// assert_eq!(recipient.decrypt(&message, DecryptOptions::new())?.plaintext.expose_secret(), b"for you only");
/// # Ok(())
/// # }
/// ```
pub struct RawEcdhKeyring {
    curve: EcdhCurve,
    schema: Schema,
}

/// Who agrees with whom.
enum Schema {
    /// `RawPrivateKeyToStaticPublicKey`.
    Static { ours: Pair, theirs: Party },
    /// `EphemeralPrivateKeyToStaticPublicKey`.
    Ephemeral { theirs: Party },
    /// `PublicKeyDiscovery`.
    Discovery { ours: Pair },
}

struct Pair {
    private: PrivateKey,
    public: Party,
}

impl Pair {
    fn new(private: PrivateKey) -> Result<Self, Error> {
        let public = Party::new(private.public_key())?;
        Ok(Self { private, public })
    }

    fn read(curve: EcdhCurve, private_key: &[u8]) -> Result<Self, Error> {
        let der = from_pem(private_key, Label::PrivateKey)?;
        Self::new(PrivateKey::from_pkcs8(curve.key_pair_spec(), &der)?)
    }
}

impl RawEcdhKeyring {
    /// Encrypts by the sender's private key for the holder of `recipient_public_key`, and decrypts what the two sent each
    /// other.
    ///
    /// # Errors
    /// [`Error::Crypto`] for keys that are not of this curve.
    pub fn between(
        curve: EcdhCurve,
        sender_private_key: &[u8],
        recipient_public_key: &[u8],
    ) -> Result<Self, Error> {
        let (ours, theirs) = (Pair::read(curve, sender_private_key)?, party(curve, recipient_public_key)?);
        Ok(Self { curve, schema: Schema::Static { ours, theirs } })
    }

    /// Encrypts for the holder of `recipient_public_key` by a private key that is made for each message and kept by
    /// nobody. It decrypts nothing, and the message doesn't say whose it is.
    ///
    /// # Errors
    /// [`Error::Crypto`] for a key that is not of this curve.
    pub fn ephemeral_to(curve: EcdhCurve, recipient_public_key: &[u8]) -> Result<Self, Error> {
        Ok(Self { curve, schema: Schema::Ephemeral { theirs: party(curve, recipient_public_key)? } })
    }

    /// Decrypts what anybody encrypted for the holder of `private_key`. It encrypts nothing.
    ///
    /// # Errors
    /// [`Error::Crypto`] for a key that is not of this curve.
    pub fn to_decrypt(curve: EcdhCurve, private_key: &[u8]) -> Result<Self, Error> {
        Ok(Self { curve, schema: Schema::Discovery { ours: Pair::read(curve, private_key)? } })
    }

    fn encrypt(&self, materials: &mut EncryptionMaterials) -> Result<(), Error> {
        let ephemeral;
        let (ours, theirs) = match &self.schema {
            Schema::Static { ours, theirs } => (ours, theirs),
            Schema::Ephemeral { theirs } => {
                ephemeral = Pair::new(PrivateKey::generate(self.curve.key_pair_spec(), &SystemRandom)?)?;
                (&ephemeral, theirs)
            }
            Schema::Discovery { .. } => {
                return Err(Error::Configuration("the keyring knows no recipient"));
            }
        };
        let secret = ours.private.agree(&theirs.spki)?;
        let parties = Parties { sender: ours.public.point.clone(), recipient: theirs.point.clone() };
        parties.wrap(self.curve, &secret, materials, RAW_ECDH)
    }

    fn decrypt(
        &self,
        materials: &mut DecryptionMaterials,
        data_keys: &[EncryptedDataKey],
    ) -> Result<(), Error> {
        let (ours, theirs) = match &self.schema {
            Schema::Static { ours, theirs } => (ours, Some(theirs)),
            Schema::Discovery { ours } => (ours, None),
            Schema::Ephemeral { .. } => {
                return Err(Error::Configuration("the keyring has no private key"));
            }
        };
        decrypt_first(materials, data_keys, |materials, encrypted| {
            let parties = Parties::of(encrypted, &ours.public, theirs)?;
            Some(self.unwrap(ours, &parties, materials, encrypted))
        })
    }

    fn unwrap(
        &self,
        ours: &Pair,
        parties: &Parties,
        materials: &DecryptionMaterials,
        encrypted: &EncryptedDataKey,
    ) -> Result<SecretBytes, Error> {
        let wrapped = WrappedKey::read(&encrypted.ciphertext, materials.suite().data_key_len())?;
        let peer = Party::of_point(self.curve, parties.peer(&ours.public))?;
        let secret = ours.private.agree(&peer.spki)?;
        parties.unwrap(self.curve, &secret, materials, &wrapped)
    }
}

fn party(curve: EcdhCurve, public_key: &[u8]) -> Result<Party, Error> {
    let der = from_pem(public_key, Label::PublicKey)?;
    Party::new(&PublicKey::from_spki(curve.key_pair_spec(), der.expose_secret())?)
}

impl Keyring for RawEcdhKeyring {
    fn on_encrypt<'a>(&'a self, materials: &'a mut EncryptionMaterials) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ready(self.encrypt(materials)))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: &'a mut DecryptionMaterials,
        data_keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ready(self.decrypt(materials, data_keys)))
    }
}

impl fmt::Debug for RawEcdhKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = match &self.schema {
            Schema::Static { .. } => "static",
            Schema::Ephemeral { .. } => "ephemeral",
            Schema::Discovery { .. } => "discovery",
        };
        write!(f, "RawEcdhKeyring({:?}, {schema})", self.curve)
    }
}
