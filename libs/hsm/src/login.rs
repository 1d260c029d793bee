//! Logging in, once for all sessions.
//!
//! A login belongs to the whole process: while it lasts, the token doesn't look at a PIN. So a second user of the token
//! is held to the PIN that the first one logged in with; otherwise any PIN would do.

use std::collections::BTreeMap;
use std::sync::Arc;

use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use keywright_crypto::{SecretString, constant_time_eq};
use parking_lot::Mutex;

use crate::HsmError;
use crate::error::Fault;

/// The logins to the tokens of one library.
#[derive(Default)]
pub(crate) struct Logins {
    by_slot: Mutex<BTreeMap<u64, Arc<Login>>>,
}

/// The PIN that the process is logged in with.
type Login = Mutex<Option<SecretString>>;

impl Logins {
    /// Logs the process in, unless it is.
    pub(crate) fn log_in(&self, session: &Session, slot: Slot, pin: &SecretString) -> Result<(), Fault> {
        let login = Arc::clone(self.by_slot.lock().entry(slot.id()).or_default());
        let mut accepted = login.lock();
        match session.login(UserType::User, Some(&AuthPin::from(pin.expose_secret()))) {
            Ok(()) => {
                *accepted = Some(pin.clone());
                Ok(())
            }
            Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => match &*accepted {
                Some(accepted) if same(accepted, pin) => Ok(()),
                _ => Err(HsmError::WrongPin.into()),
            },
            Err(error) => {
                *accepted = None;
                Err(error.into())
            }
        }
    }

    /// After the library was finalized.
    pub(crate) fn forget(&self) {
        self.by_slot.lock().clear();
    }
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    constant_time_eq(one.expose_secret().as_bytes(), other.expose_secret().as_bytes())
}
