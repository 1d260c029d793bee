//! Tries out what the token must be able to do, on keys that go with the session.

use cryptoki::error::RvError;
use cryptoki::object::ObjectHandle;
use keywright_crypto::{SecretBytes, SystemRandom};

use crate::HsmError;
use crate::connection::OpenSession;
use crate::error::Fault;

impl OpenSession {
    /// Makes a key, encrypts and decrypts, and sees that a wrong associated data is refused.
    pub(crate) fn self_test(&self) -> Result<(), Fault> {
        let result = self.try_out();
        if let Err(Fault { code: Some(RvError::MechanismInvalid | RvError::MechanismParamInvalid), error }) =
            &result
            && let HsmError::Other { function, .. } = error
        {
            let mechanism = match function.as_str() {
                "C_GenerateKey" => "CKM_AES_KEY_GEN",
                "C_DeriveKey" => "CKM_AES_CBC_ENCRYPT_DATA",
                _ => "CKM_AES_GCM",
            };
            return Err(HsmError::MissingMechanism { mechanism }.into());
        }
        result
    }

    /// Whether the token does its work just now.
    pub(crate) fn try_out(&self) -> Result<(), Fault> {
        let key = self.generate_for_session()?;
        let result = self.try_out_with(key);
        self.session.destroy_object(key)?;
        result
    }

    fn try_out_with(&self, key: ObjectHandle) -> Result<(), Fault> {
        let plaintext = SecretBytes::new(b"nothing but a trial of the token".to_vec());
        let sealed = self.seal(key, &SystemRandom, b"right", &plaintext)?;
        if self.open_as_it_says(key, b"right", &sealed)?.expose_secret() != plaintext.expose_secret() {
            return Err(HsmError::unavailable("it decrypts to something else than it encrypted").into());
        }
        match self.open_as_it_says(key, b"wrong", &sealed) {
            Err(_) => Ok(()),
            Ok(_) => Err(HsmError::unavailable("it decrypts without authenticating").into()),
        }
    }
}
