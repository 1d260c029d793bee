#![expect(clippy::panic, reason = "a token that could be had and is not has failed the test, and says why")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use uuid::Uuid;

use super::skipped::record_skip;
use super::temporary::TemporaryDir;

/// A SoftHSM with a directory of its own: a PKCS#11 module that keeps its tokens in files.
///
/// The module reads where they are from the environment of the process that loads it. A program that a test starts is
/// given [`SoftHsm::env`]; a test that loads the module itself runs [`in_softhsm_process`].
#[derive(Debug)]
pub struct SoftHsm {
    module: PathBuf,
    dir: PathBuf,
    _removed_at_end: Option<TemporaryDir>,
}

/// A token that was just made, without a key in it.
#[derive(Debug, Clone)]
pub struct SoftHsmToken {
    /// Its label.
    pub label: String,
    /// The user PIN.
    pub pin: String,
}

/// A SoftHSM for this test alone, without a token; or `None` where the machine has none: then the test returns, and is
/// counted as skipped.
///
/// # Panics
/// When it can't be set up; and instead of a skip under `CI=true`.
pub fn softhsm_or_skip(test: &str) -> Option<SoftHsm> {
    let Some(module) = find_module() else {
        record_skip("SoftHSM", test, "libsofthsm2.so not found; on Debian: apt-get install softhsm2");
        return None;
    };
    match TemporaryDir::new("test-softhsm") {
        Ok(dir) => {
            let path = dir.path().to_owned();
            let softhsm = SoftHsm { module, dir: path, _removed_at_end: Some(dir) };
            softhsm.set_up();
            Some(softhsm)
        }
        Err(error) => panic!("no SoftHSM for {test}: {error}"),
    }
}

/// Runs the calling test in a process of its own that may load the module, and there gives it the SoftHSM. In the process
/// that was started first the answer is `None`: then the test returns, passed if it passed there. `test` is its full
/// name, as `cargo test` shows it.
///
/// # Panics
/// When the test fails there; and as [`softhsm_or_skip`].
pub fn in_softhsm_process(test: &str) -> Option<SoftHsm> {
    if let Some(softhsm) = SoftHsm::of_this_process() {
        return Some(softhsm);
    }
    softhsm_or_skip(test)?.run_tests_again(&[test, "--exact"]);
    None
}

impl SoftHsm {
    /// The SoftHSM that this process was started with by [`run_tests_again`](Self::run_tests_again).
    pub fn of_this_process() -> Option<Self> {
        let dir = PathBuf::from(std::env::var_os(PROCESS_VARIABLE)?);
        Some(Self { module: find_module()?, dir, _removed_at_end: None })
    }

    /// Runs this test binary again in a process that may load the module, with these arguments.
    ///
    /// # Panics
    /// When a test fails there, or there was none to run.
    pub fn run_tests_again(&self, arguments: &[&str]) {
        let binary = match std::env::current_exe() {
            Ok(binary) => binary,
            Err(error) => panic!("this test binary is nowhere: {error}"),
        };
        let mut command = Command::new(binary);
        let (name, conf) = self.env();
        command.args(arguments).arg("--nocapture").env(name, conf).env(PROCESS_VARIABLE, &self.dir);
        let output = run(&mut command);
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() || text.contains("test result: ok. 0 passed") {
            let errors = String::from_utf8_lossy(&output.stderr);
            panic!("{arguments:?} in a process with SoftHSM: {}\n{text}\n{errors}", output.status);
        }
    }

    /// The module to load.
    pub fn module(&self) -> &Path {
        &self.module
    }

    /// The variable to set for a program that loads the module, and its value.
    pub fn env(&self) -> (&'static str, PathBuf) {
        ("SOFTHSM2_CONF", self.dir.join("softhsm2.conf"))
    }

    /// Where a test may leave a PIN, for the process that it starts or the service that it configures.
    pub fn pin_file(&self) -> PathBuf {
        self.dir.join("pin")
    }

    /// The directory that holds one for each token.
    pub fn tokens_dir(&self) -> PathBuf {
        self.dir.join("tokens")
    }

    /// Makes a token. A process that has loaded the module already doesn't see it.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn add_token(&self, label: &str) -> SoftHsmToken {
        let (pin, so_pin) = (Uuid::new_v4().simple().to_string(), Uuid::new_v4().simple().to_string());
        let mut command = Command::new("softhsm2-util");
        command.args(["--init-token", "--free", "--label", label, "--pin", &pin, "--so-pin", &so_pin]);
        let (name, conf) = self.env();
        let output = run(command.env(name, conf));
        if !output.status.success() {
            panic!("softhsm2-util: {}", String::from_utf8_lossy(&output.stderr));
        }
        SoftHsmToken { label: label.to_owned(), pin }
    }

    /// Takes a mechanism, such as `CKM_AES_GCM`, away from processes that load the module from now on.
    ///
    /// # Panics
    /// When the configuration can't be written.
    pub fn disable_mechanism(&self, mechanism: &str) {
        // Twice: it leaves in what stands first, whose name has the minus.
        self.configure(&format!("-{mechanism},{mechanism}"));
    }

    fn set_up(&self) {
        if let Err(error) = std::fs::create_dir(self.tokens_dir()) {
            panic!("no directory for tokens: {error}");
        }
        self.configure("ALL");
    }

    fn configure(&self, mechanisms: &str) {
        let settings = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.mechanisms = {mechanisms}\n",
            self.tokens_dir().display(),
        );
        if let Err(error) = std::fs::write(self.env().1, settings) {
            panic!("no configuration for SoftHSM: {error}");
        }
    }
}

fn run(command: &mut Command) -> Output {
    match command.output() {
        Ok(output) => output,
        Err(error) => panic!("{}: {error}", command.get_program().display()),
    }
}

/// Where distributions put the module, or where `SOFTHSM2_MODULE` says it is.
fn find_module() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("SOFTHSM2_MODULE") {
        return Some(PathBuf::from(path));
    }
    MODULES.iter().map(PathBuf::from).find(|path| path.exists())
}

const MODULES: [&str; 6] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
];

/// Holds the directory, in a process that [`SoftHsm::run_tests_again`] started.
const PROCESS_VARIABLE: &str = "KEYWRIGHT_TEST_SOFTHSM";
