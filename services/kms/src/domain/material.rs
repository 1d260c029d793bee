//! Key materials: the secret bytes below a key, the form in which they are stored, and what is known of each.
//!
//! Stored, a material is `version (1) || nonce (12) || ciphertext || tag (16)`: AES-256-GCM under a domain key, with
//! the account, Region, key and material id as associated data, so that no row can stand in for another.

use std::fmt;

use keywright_aws_api::{AccountId, Region, wire_enum};
use keywright_crypto::{
    Aes256Gcm, CryptoError, HmacSha256Key, Key256, NONCE_LEN, Random, RandomExt as _, SecretBytes, TAG_LEN,
    kbkdf_ctr_hmac_sha256,
};
use time::OffsetDateTime;

use super::key_id::{KeyId, KeyMaterialId};

/// Whose material it is.
#[derive(Clone, Copy, Debug)]
pub struct MaterialOwner<'a> {
    /// The key's account.
    pub account: AccountId,
    /// The Region in which this copy is stored.
    pub region: &'a Region,
    /// The key.
    pub key_id: KeyId,
}

/// Plaintext material of a key, as it is stored, imported and replicated: the 32 bytes of a symmetric key, the bytes of
/// an HMAC key, the PKCS#8 form of a private key.
pub struct KeyMaterial {
    id: KeyMaterialId,
    secret: SecretBytes,
}

/// What is known of a material beside its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaterialFacts {
    /// Its id.
    pub id: KeyMaterialId,
    /// What it is used for now.
    pub state: KeyMaterialState,
    /// What the importer says about it.
    pub description: Option<String>,
    /// Whether it was imported.
    pub imported: bool,
    /// When imported material expires.
    pub valid_to: Option<OffsetDateTime>,
    /// When and how it became the current one by rotation; none for the first one.
    pub rotated: Option<Rotated>,
    /// When it came.
    pub created_at: OffsetDateTime,
}

/// How a material became the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// When.
    pub at: OffsetDateTime,
    /// By what.
    pub by: RotationType,
}

wire_enum! {
    /// What a material is used for.
    pub enum KeyMaterialState {
        /// It decrypts.
        NonCurrent = "NON_CURRENT",
        /// It encrypts and decrypts.
        Current = "CURRENT",
        /// It was imported, and becomes the current one by RotateKeyOnDemand.
        PendingRotation = "PENDING_ROTATION",
        /// As before, but not all replica keys have it yet.
        PendingMultiRegionImportAndRotation = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION",
    }
}

wire_enum! {
    /// What rotated a key.
    pub enum RotationType {
        /// Its automatic rotation.
        Automatic = "AUTOMATIC",
        /// RotateKeyOnDemand.
        OnDemand = "ON_DEMAND",
    }
}

wire_enum! {
    /// Whether imported material expires.
    pub enum ExpirationModelType {
        /// It does.
        KeyMaterialExpires = "KEY_MATERIAL_EXPIRES",
        /// It doesn't.
        KeyMaterialDoesNotExpire = "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }
}

impl MaterialFacts {
    /// Of material that was made here, as a key's first.
    #[must_use]
    pub fn first(id: KeyMaterialId, created_at: OffsetDateTime) -> Self {
        let state = KeyMaterialState::Current;
        Self { id, state, description: None, imported: false, valid_to: None, rotated: None, created_at }
    }

    /// Of material that was made here, by a rotation.
    #[must_use]
    pub fn rotated_in(id: KeyMaterialId, rotated: Rotated) -> Self {
        Self { rotated: Some(rotated), ..Self::first(id, rotated.at) }
    }

    /// Whether it expires; only imported material says so.
    #[must_use]
    pub fn expiration_model(&self) -> Option<ExpirationModelType> {
        self.imported.then_some(match self.valid_to {
            Some(_) => ExpirationModelType::KeyMaterialExpires,
            None => ExpirationModelType::KeyMaterialDoesNotExpire,
        })
    }
}

impl KeyMaterial {
    /// Material of the key `key_id`.
    #[must_use]
    pub fn new(key_id: KeyId, secret: SecretBytes) -> Self {
        Self { id: material_id(key_id, secret.expose_secret()), secret }
    }

    /// Its public id, which follows from the material and the key.
    #[must_use]
    pub fn id(&self) -> KeyMaterialId {
        self.id
    }

    /// The bytes.
    #[must_use]
    pub fn secret(&self) -> &SecretBytes {
        &self.secret
    }

    /// Wraps it for storage.
    ///
    /// # Errors
    /// [`CryptoError::RandomUnavailable`].
    pub fn wrap(
        &self,
        owner: MaterialOwner<'_>,
        domain_key: &Key256,
        random: &dyn Random,
    ) -> Result<Vec<u8>, CryptoError> {
        let nonce: [u8; NONCE_LEN] = random.bytes()?;
        let mut wrapped = Vec::with_capacity(1 + NONCE_LEN + self.secret.len() + TAG_LEN);
        wrapped.push(WRAPPED_VERSION);
        wrapped.extend_from_slice(&nonce);
        let aad = wrapped_associated_data(owner, self.id);
        Aes256Gcm::new(domain_key).seal(nonce, &aad, self.secret.expose_secret(), &mut wrapped)?;
        Ok(wrapped)
    }

    /// Unwraps stored material, and proves that it is the one with this id.
    ///
    /// # Errors
    /// [`CryptoError::NotAuthentic`] when it was altered, or is another key's, or another domain key's.
    pub fn unwrap(
        owner: MaterialOwner<'_>,
        id: KeyMaterialId,
        wrapped: &[u8],
        domain_key: &Key256,
    ) -> Result<Self, CryptoError> {
        let Some((&WRAPPED_VERSION, rest)) = wrapped.split_first() else {
            return Err(CryptoError::NotAuthentic);
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>().ok_or(CryptoError::NotAuthentic)?;
        let aad = wrapped_associated_data(owner, id);
        let material = Self::new(owner.key_id, Aes256Gcm::new(domain_key).open(*nonce, &aad, sealed)?);
        if material.id == id { Ok(material) } else { Err(CryptoError::NotAuthentic) }
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyMaterial({})", self.id)
    }
}

/// The id of material: the same material in the same key has the same id, and no one finds the material by it.
fn material_id(key_id: KeyId, secret: &[u8]) -> KeyMaterialId {
    let derivation = HmacSha256Key::new(secret);
    let id = kbkdf_ctr_hmac_sha256(&derivation, MATERIAL_ID_LABEL, key_id.uuid().as_bytes());
    KeyMaterialId::from_bytes(*id.expose_secret())
}

/// Every part but the last has a fixed length or its length before it, so that no two owners give the same bytes.
fn wrapped_associated_data(owner: MaterialOwner<'_>, id: KeyMaterialId) -> Vec<u8> {
    let mut data = Vec::with_capacity(WRAPPED_LABEL.len() + 128);
    data.extend_from_slice(WRAPPED_LABEL);
    data.push(WRAPPED_VERSION);
    data.extend_from_slice(owner.account.as_str().as_bytes());
    data.extend_from_slice(owner.key_id.uuid().as_bytes());
    data.push(u8::from(owner.key_id.is_multi_region()));
    data.extend_from_slice(id.as_bytes());
    data.extend_from_slice(owner.region.as_str().as_bytes());
    data
}

const WRAPPED_VERSION: u8 = 1;
const WRAPPED_LABEL: &[u8] = b"keywright kms key material";
const MATERIAL_ID_LABEL: &[u8] = b"keywright kms key material id v1";

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;
    use uuid::Uuid;

    use super::*;

    fn account() -> AccountId {
        AccountId::parse("000000000000").unwrap()
    }

    fn key_id(seed: u8) -> KeyId {
        KeyId::single_region(Uuid::from_bytes([seed; 16]))
    }

    fn material(seed: u8, secret: u8) -> KeyMaterial {
        KeyMaterial::new(key_id(seed), SecretBytes::new(vec![secret; 48]))
    }

    #[test]
    fn stored_material_returns_only_for_its_owner_under_its_domain_key() {
        let (region, other_region) =
            (Region::parse("us-east-1").unwrap(), Region::parse("eu-west-1").unwrap());
        let owner = MaterialOwner { account: account(), region: &region, key_id: key_id(1) };
        let (domain_key, other_key) = (Key256::from_bytes([8; 32]), Key256::from_bytes([9; 32]));
        let wrapped = material(1, 3).wrap(owner, &domain_key, &SystemRandom).unwrap();
        let id = material(1, 3).id();
        let unwrapped = KeyMaterial::unwrap(owner, id, &wrapped, &domain_key).unwrap();
        assert_eq!(unwrapped.id(), id);
        assert_eq!(unwrapped.secret().expose_secret(), [3; 48]);

        let others = [
            MaterialOwner { account: AccountId::parse("000000000001").unwrap(), ..owner },
            MaterialOwner { region: &other_region, ..owner },
            MaterialOwner { key_id: key_id(2), ..owner },
            MaterialOwner { key_id: KeyId::from_parts(Uuid::from_bytes([1; 16]), true), ..owner },
        ];
        for other in others {
            assert!(KeyMaterial::unwrap(other, id, &wrapped, &domain_key).is_err(), "{other:?}");
        }
        assert!(KeyMaterial::unwrap(owner, id, &wrapped, &other_key).is_err());
        assert!(
            KeyMaterial::unwrap(owner, KeyMaterialId::from_bytes([0; 32]), &wrapped, &domain_key).is_err()
        );
        for bit in 0..wrapped.len() * 8 {
            let mut damaged = wrapped.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(KeyMaterial::unwrap(owner, id, &damaged, &domain_key).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_material_id_tells_materials_and_keys_apart_and_is_stable() {
        assert_eq!(material(1, 3).id(), material(1, 3).id());
        assert_ne!(material(1, 4).id(), material(1, 3).id());
        assert_ne!(material(2, 3).id(), material(1, 3).id());
    }

    #[test]
    fn nothing_is_printed_of_a_material() {
        assert_eq!(format!("{:?}", material(1, 3)), format!("KeyMaterial({})", material(1, 3).id()));
    }
}
