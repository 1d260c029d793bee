//! Keys in the token: made there, found again by name, never read.

use std::ffi::c_ulong;
use std::fmt;

use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::SessionState;

use crate::HsmError;
use crate::connection::OpenSession;
use crate::error::Fault;

/// A key's identifier in the token (`CKA_ID`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Vec<u8>);

impl KeyId {
    /// Takes 1 to 64 bytes.
    ///
    /// # Errors
    /// [`HsmError::MalformedKeyId`].
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, HsmError> {
        let bytes = bytes.into();
        if (1..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(HsmError::MalformedKeyId) }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// How a key is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyName {
    /// By its identifier (`CKA_ID`).
    Id(KeyId),
    /// By its label (`CKA_LABEL`).
    Label(String),
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "with the id {id}"),
            Self::Label(label) => write!(f, "with the label {label:?}"),
        }
    }
}

/// A key that was found in the token, or made in it. It stays good when sessions end and the token is reset: it is the
/// key's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHandle {
    name: KeyName,
}

impl KeyHandle {
    /// A key that was made or found before, by its name. Whether it is still there, and may be used, shows when it is.
    pub fn of(name: KeyName) -> Self {
        Self { name }
    }

    /// The name it was found by.
    pub fn name(&self) -> &KeyName {
        &self.name
    }
}

/// A public name that a key has by its value: 16 bytes that no other key has, the same in every copy of the token.
pub type Fingerprint = [u8; 16];

impl OpenSession {
    pub(crate) fn generate(&self, label: &str, id: &KeyId) -> Result<KeyHandle, Fault> {
        let name = KeyName::Id(id.clone());
        if !self.find_all(&name)?.is_empty() {
            return Err(HsmError::KeyExists { key: name }.into());
        }
        let mut template = vec![
            Attribute::Token(true),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Id(id.as_bytes().to_vec()),
            // Nobody turns on later what is turned off here.
            Attribute::Modifiable(false),
        ];
        template.extend(derivation_only());
        let changing = self.module().changing();
        self.session.generate_key(&Mechanism::AesKeyGen, &template)?;
        drop(changing);
        // PKCS#11 has no "only if it isn't there": of two who made it at once, both hear of it here.
        self.find(&name)
    }

    /// A key for deriving that goes with the session.
    pub(crate) fn generate_for_session(&self) -> Result<ObjectHandle, Fault> {
        let mut template = vec![Attribute::Token(false)];
        template.extend(derivation_only());
        Ok(self.session.generate_key(&Mechanism::AesKeyGen, &template)?)
    }

    pub(crate) fn find(&self, name: &KeyName) -> Result<KeyHandle, Fault> {
        let object = self.only(name)?;
        self.check(name, object)?;
        Ok(KeyHandle { name: name.clone() })
    }

    pub(crate) fn destroy(&self, name: &KeyName) -> Result<(), Fault> {
        let object = self.only(name)?;
        self.forget_handles();
        let changing = self.module().changing();
        self.session.destroy_object(object)?;
        drop(changing);
        self.forget_handles();
        Ok(())
    }

    /// The key's object, after a look at whether it may be used.
    pub(crate) fn resolve(&self, name: &KeyName) -> Result<ObjectHandle, Fault> {
        self.handle(name, || {
            let object = self.only(name)?;
            self.check(name, object)?;
            Ok(object)
        })
    }

    fn only(&self, name: &KeyName) -> Result<ObjectHandle, Fault> {
        match self.find_all(name)?.as_slice() {
            [object] => Ok(*object),
            [] => Err(HsmError::NoSuchKey { key: name.clone() }.into()),
            _ => Err(HsmError::AmbiguousKey { key: name.clone() }.into()),
        }
    }

    fn find_all(&self, name: &KeyName) -> Result<Vec<ObjectHandle>, Fault> {
        let name = match name {
            KeyName::Id(id) => Attribute::Id(id.as_bytes().to_vec()),
            KeyName::Label(label) => Attribute::Label(label.as_bytes().to_vec()),
        };
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Token(true),
            name,
        ];
        let found = self.look_for(&template)?;
        if !found.is_empty() {
            return Ok(found);
        }
        // It counts only with a login, which may have come from another thread since.
        self.check_login()?;
        self.look_for(&template)
    }

    fn look_for(&self, template: &[Attribute]) -> Result<Vec<ObjectHandle>, Fault> {
        let _looking = self.module().looking();
        Ok(self.session.find_objects(template)?)
    }

    /// Without a login a token doesn't refuse to look for a key, it just shows none.
    fn check_login(&self) -> Result<(), Fault> {
        match self.session.get_session_info()?.session_state() {
            SessionState::RoUser | SessionState::RwUser => Ok(()),
            SessionState::RoPublic | SessionState::RwPublic | SessionState::RwSecurityOfficer => {
                Err(Error::Pkcs11(RvError::UserNotLoggedIn, Function::FindObjects).into())
            }
        }
    }

    /// A key that can leave the token is not what it was put there for, whoever made it.
    fn check(&self, name: &KeyName, object: ObjectHandle) -> Result<(), Fault> {
        let wanted = [
            (Attribute::Extractable(false), "it may be extracted (CKA_EXTRACTABLE)"),
            (Attribute::Sensitive(true), "its value may be read (not CKA_SENSITIVE)"),
            (Attribute::Derive(true), "it may not derive keys (not CKA_DERIVE)"),
            (Attribute::ValueLen(KEY_LEN.into()), "it is not of 256 bits"),
        ];
        let types = [
            AttributeType::Extractable,
            AttributeType::Sensitive,
            AttributeType::Derive,
            AttributeType::ValueLen,
        ];
        let has = self.session.get_attributes(object, &types)?;
        match wanted.into_iter().find(|(attribute, _)| !has.contains(attribute)) {
            Some((_, reason)) => Err(HsmError::UnsuitableKey { key: name.clone(), reason }.into()),
            None => Ok(()),
        }
    }
}

/// A key that derives and does nothing else: who could also encrypt with it could compute the keys derived from it.
fn derivation_only() -> [Attribute; 11] {
    [
        Attribute::ValueLen(KEY_LEN.into()),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Derive(true),
        Attribute::Encrypt(false),
        Attribute::Decrypt(false),
        Attribute::Wrap(false),
        Attribute::Unwrap(false),
        Attribute::Sign(false),
        Attribute::Verify(false),
    ]
}

/// In bytes.
pub(crate) const KEY_LEN: c_ulong = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_has_1_to_64_bytes() {
        for len in [1, 16, 64] {
            assert_eq!(KeyId::new(vec![7; len]).unwrap().as_bytes().len(), len);
        }
        for len in [0, 65] {
            assert!(matches!(KeyId::new(vec![7; len]), Err(HsmError::MalformedKeyId)), "{len}");
        }
    }
}
