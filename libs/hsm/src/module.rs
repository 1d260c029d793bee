//! The PKCS#11 libraries of this process: each loaded and initialized once, however many of its tokens are open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::Error;
use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::HsmError;
use crate::error::name;
use crate::login::Logins;

/// A library by its path.
pub(crate) struct Module {
    path: PathBuf,
    state: Mutex<State>,
    threads: Mutex<usize>,
    objects: RwLock<()>,
    /// Who is logged in to which of its tokens.
    pub(crate) logins: Logins,
}

#[derive(Default)]
struct State {
    /// Loaded once and never unloaded: libraries leave threads and exit handlers behind.
    library: Option<Pkcs11>,
    /// How many hold it initialized.
    users: usize,
}

impl Module {
    /// The one value for this library.
    pub(crate) fn of(path: &Path) -> Arc<Self> {
        // Links to a library lead to one copy in memory, so to one value here. A name that the loader shall search for
        // has no such path.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut modules = MODULES.lock();
        Arc::clone(modules.entry(path.clone()).or_insert_with(|| {
            let (state, threads, objects) = (Mutex::default(), Mutex::default(), RwLock::default());
            Arc::new(Self { path, state, threads, objects, logins: Logins::default() })
        }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The library, initialized until the last user is gone. Then it is finalized, so that the next one makes it look
    /// for tokens anew: some libraries see a new token only so.
    pub(crate) fn initialized(self: &Arc<Self>) -> Result<InitializedModule, HsmError> {
        let mut state = self.state.lock();
        let library = match &state.library {
            Some(library) => library.clone(),
            None => Pkcs11::new(&self.path).map_err(|error| self.not_loadable(&error))?,
        };
        if state.users == 0 {
            let threads_are_ours = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
            library.initialize(threads_are_ours).map_err(|error| self.not_loadable(&error))?;
        }
        state.library = Some(library.clone());
        state.users += 1;
        drop(state);
        Ok(InitializedModule { library, module: Arc::clone(self) })
    }

    /// To be held while objects of a token are looked for: none is made meanwhile. Who looks while one is made takes it for
    /// damaged in [SoftHSM](https://github.com/softhsm/SoftHSMv2/issues/573), and then it is.
    ///
    /// Nothing after a while: a thread that hangs in the library holds up nobody else for long.
    pub(crate) fn looking(&self) -> Option<RwLockReadGuard<'_, ()>> {
        self.objects.try_read_for(LONGEST_WAIT)
    }

    /// To be held while an object of a token is made or destroyed: see [`looking`](Self::looking).
    pub(crate) fn changing(&self) -> Option<RwLockWriteGuard<'_, ()>> {
        self.objects.try_write_for(LONGEST_WAIT)
    }

    /// Leave to run one more thread that may hang in this library.
    pub(crate) fn thread(self: &Arc<Self>) -> Result<ThreadPermit, HsmError> {
        let mut threads = self.threads.lock();
        if *threads >= MAX_THREADS {
            return Err(HsmError::unavailable("too many threads wait for its module already"));
        }
        *threads += 1;
        Ok(ThreadPermit(Arc::clone(self)))
    }

    fn not_loadable(&self, error: &Error) -> HsmError {
        let reason = match error {
            Error::Pkcs11(code, function) => format!("C_{function:?}: {}", name(*code)),
            Error::LibraryLoading(error) => error.to_string(),
            other => other.to_string(),
        };
        HsmError::ModuleNotLoadable { path: self.path.clone(), reason }
    }
}

/// One use of a library. Sessions end before it does.
pub(crate) struct InitializedModule {
    pub(crate) library: Pkcs11,
    pub(crate) module: Arc<Module>,
}

impl Drop for InitializedModule {
    fn drop(&mut self) {
        let mut state = self.module.state.lock();
        state.users = state.users.saturating_sub(1);
        if state.users == 0 {
            self.module.logins.forget();
            if let Err(error) = self.library.clone().finalize() {
                tracing::warn!(module = %self.module.path.display(), %error, "a PKCS#11 module did not finalize");
            }
        }
    }
}

/// Counts a thread while it lives.
pub(crate) struct ThreadPermit(Arc<Module>);

impl Drop for ThreadPermit {
    fn drop(&mut self) {
        let mut threads = self.0.threads.lock();
        *threads = threads.saturating_sub(1);
    }
}

static MODULES: Mutex<BTreeMap<PathBuf, Arc<Module>>> = Mutex::new(BTreeMap::new());

/// Tokens that hang and are opened again and again leave their threads behind: this many at most for one library.
const MAX_THREADS: usize = 256;
/// A token makes a key in less.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
