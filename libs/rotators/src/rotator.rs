use futures::future::BoxFuture;

use crate::{RotationError, RotationRequest, SecretsApi};

/// A rotation function.
pub trait Rotator: Send + Sync {
    /// Does one step. It may be repeated, after a success as after a failure or a crash, and ends within a bounded time.
    /// A step of a version that is current already does nothing.
    ///
    /// # Errors
    /// Why the step could not be done, for people. What it has changed until then, the next attempt finds.
    fn rotate<'a>(
        &'a self,
        api: &'a dyn SecretsApi,
        request: &'a RotationRequest,
    ) -> BoxFuture<'a, Result<(), RotationError>>;
}
