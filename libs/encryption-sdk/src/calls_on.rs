//! Where the clients over AWS's SDKs make their calls.

use tokio::runtime::Handle;
use tokio::task::JoinError;

use crate::BoxFuture;

/// On the runtime that waits for them, or on one that is named.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallsOn(Option<Handle>);

impl CallsOn {
    pub(crate) fn runtime(runtime: Handle) -> Self {
        Self(Some(runtime))
    }

    pub(crate) fn run<'a, T, E>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send + 'static,
        lost: fn(JoinError) -> E,
    ) -> BoxFuture<'a, Result<T, E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        match &self.0 {
            None => Box::pin(call),
            Some(runtime) => {
                let task = runtime.spawn(call);
                Box::pin(async move { task.await.map_err(lost)? })
            }
        }
    }
}
