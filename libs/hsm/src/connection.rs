//! One thread's session with the token: opened when it is first needed, and anew when the token has forgotten it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use parking_lot::Mutex;

use crate::error::Fault;
use crate::module::{InitializedModule, Module};
use crate::{HsmError, KeyName, TokenConfig, slot};

/// What a token's connections share.
pub(crate) struct Shared {
    pub(crate) config: TokenConfig,
    pub(crate) module: Arc<Module>,
    refused: Mutex<Option<PinRefusal>>,
    /// Counts the destroyed keys: a handle found before may name another object by now.
    destroyed: AtomicU64,
}

/// Why no login is tried any more.
#[derive(Clone, Copy)]
enum PinRefusal {
    Wrong,
    Locked,
}

impl Shared {
    pub(crate) fn new(config: TokenConfig) -> Self {
        let module = Module::of(&config.module);
        Self { config, module, refused: Mutex::new(None), destroyed: AtomicU64::new(0) }
    }

    fn check_pin_is_not_refused(&self) -> Result<(), HsmError> {
        match *self.refused.lock() {
            None => Ok(()),
            Some(PinRefusal::Wrong) => Err(HsmError::WrongPin),
            Some(PinRefusal::Locked) => Err(HsmError::PinLocked),
        }
    }

    fn remember_refusal(&self, error: &HsmError) {
        let refusal = match error {
            HsmError::WrongPin => PinRefusal::Wrong,
            HsmError::PinLocked => PinRefusal::Locked,
            _ => return,
        };
        *self.refused.lock() = Some(refusal);
    }
}

/// A thread's way to the token. The session comes first: it must end before the library may be finalized.
pub(crate) struct Connection {
    open: Option<OpenSession>,
    module: Option<InitializedModule>,
    shared: Arc<Shared>,
}

/// A session that is logged in.
pub(crate) struct OpenSession {
    pub(crate) session: Session,
    shared: Arc<Shared>,
    handles: RefCell<Handles>,
}

#[derive(Default)]
struct Handles {
    found: BTreeMap<KeyName, ObjectHandle>,
    /// As of how many destroyed keys.
    destroyed: u64,
}

impl Connection {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { open: None, module: None, shared }
    }

    /// Makes a call, and makes it once more on a new session if the token has lost this one.
    pub(crate) fn run<T>(
        &mut self,
        mut call: impl FnMut(&OpenSession) -> Result<T, Fault>,
    ) -> Result<T, HsmError> {
        match self.session().and_then(&mut call) {
            Err(fault) if fault.is_of_the_session() => {
                tracing::warn!(error = %fault.error, "a session with the token is opened anew");
                self.close();
                self.session().and_then(&mut call).map_err(|fault| {
                    // Whatever it is, the next call shall not start with it.
                    self.close();
                    fault.error
                })
            }
            result => result.map_err(|fault| fault.error),
        }
    }

    /// Lets go of the session, as after a call that ended in an unknown state.
    pub(crate) fn close(&mut self) {
        self.open = None;
    }

    fn session(&mut self) -> Result<&OpenSession, Fault> {
        if self.open.is_none() {
            self.open = Some(self.connect()?);
        }
        self.open.as_ref().ok_or_else(|| HsmError::unavailable("no session").into())
    }

    fn connect(&mut self) -> Result<OpenSession, Fault> {
        let Shared { config, module, .. } = &*self.shared;
        self.shared.check_pin_is_not_refused()?;
        if self.module.is_none() {
            self.module = Some(module.initialized()?);
        }
        let Some(initialized) = &self.module else {
            return Err(HsmError::unavailable("no module").into());
        };
        let library = &initialized.library;
        let (slot, token) = slot::find(library, module.path(), &config.token)?;
        if token.user_pin_locked() {
            return Err(HsmError::PinLocked.into());
        }
        slot::check_mechanisms(library, slot)?;
        let session = if token.write_protected() {
            library.open_ro_session(slot)?
        } else {
            library.open_rw_session(slot)?
        };
        module
            .logins
            .log_in(&session, slot, &config.pin)
            .inspect_err(|fault| self.shared.remember_refusal(&fault.error))?;
        Ok(OpenSession { session, shared: Arc::clone(&self.shared), handles: RefCell::default() })
    }
}

impl OpenSession {
    /// The handle of a key, found again only when there is reason to.
    pub(crate) fn handle(
        &self,
        key: &KeyName,
        find: impl FnOnce() -> Result<ObjectHandle, Fault>,
    ) -> Result<ObjectHandle, Fault> {
        let destroyed = self.shared.destroyed.load(Ordering::Acquire);
        let mut handles = self.handles.borrow_mut();
        if handles.destroyed != destroyed || handles.found.len() >= MAX_HANDLES {
            *handles = Handles { found: BTreeMap::new(), destroyed };
        }
        if let Some(handle) = handles.found.get(key) {
            return Ok(*handle);
        }
        let handle = find()?;
        handles.found.insert(key.clone(), handle);
        Ok(handle)
    }

    /// The library that it is with.
    pub(crate) fn module(&self) -> &Module {
        &self.shared.module
    }

    /// Has all sessions find their keys again.
    pub(crate) fn forget_handles(&self) {
        self.shared.destroyed.fetch_add(1, Ordering::AcqRel);
    }
}

const MAX_HANDLES: usize = 4096;
