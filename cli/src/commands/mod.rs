//! One file for each command.

pub(crate) mod admin;
pub(crate) mod agent;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod decrypt;
pub(crate) mod dev;
pub(crate) mod encrypt;
mod encryption;
pub(crate) mod env;
pub(crate) mod exec;
pub(crate) mod params;
pub(crate) mod secrets;
mod stop_signals;

use std::future::Future;

use crate::error::CliError;

/// Waits for what a command does, on this thread; what it began besides has ended then.
fn wait_for<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, CliError>
where
    CliError: From<E>,
{
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Runtime)?;
    Ok(runtime.block_on(work)?)
}
