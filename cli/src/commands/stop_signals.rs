//! Ctrl-C and SIGTERM, none of which is lost between two waits.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::CliError;

/// The signals that ask a process to end.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// From now on they are only noted. Must be called on a tokio runtime.
    pub(crate) fn take() -> Result<Self, CliError> {
        let take = |kind| signal(kind).map_err(CliError::Signals);
        Ok(Self { interrupt: take(SignalKind::interrupt())?, terminate: take(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
