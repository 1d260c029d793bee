//! The `openssl` command: what our keys are worth to others.

use std::process::{Command, Output};

use tempfile::TempDir;

/// A directory in which `openssl` works.
pub(crate) struct OpenSsl(TempDir);

impl OpenSsl {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Lays a file ready.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    /// What a command prints, which must succeed.
    pub(crate) fn run(&self, command: &str) -> Vec<u8> {
        let output = self.output(command);
        assert!(output.status.success(), "openssl {command}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Whether a command succeeds.
    pub(crate) fn succeeds(&self, command: &str) -> bool {
        self.output(command).status.success()
    }

    /// The digest of a message.
    pub(crate) fn digest(&self, name: &str, message: &[u8]) -> Vec<u8> {
        self.put("digested", message);
        self.run(&format!("dgst -{name} -binary digested"))
    }

    fn output(&self, command: &str) -> Output {
        Command::new("openssl").args(command.split(' ')).current_dir(self.0.path()).output().unwrap()
    }
}
