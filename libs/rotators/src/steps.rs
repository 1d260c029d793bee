//! The four steps, as AWS's templates for rotation functions have them.

use std::time::Duration;

use futures::future::BoxFuture;
use keywright_crypto::SecretString;

use crate::rotation::{Rotation, Standing};
use crate::{RotationError, RotationRequest, RotationStep, Rotator, SecretsApi};

/// What differs between rotators.
pub(crate) trait Strategy: Send + Sync {
    /// The value of the new version.
    fn next_value(&self, current: &SecretString) -> Result<SecretString, RotationError>;

    /// Makes the server know the pending version.
    fn set(&self, rotation: Rotation<'_>) -> impl Future<Output = Result<(), RotationError>> + Send;

    /// Uses the pending version.
    fn test(&self, rotation: Rotation<'_>) -> impl Future<Output = Result<(), RotationError>> + Send;
}

/// A rotator of a strategy.
pub(crate) struct Steps<S> {
    pub(crate) strategy: S,
    pub(crate) limit: Duration,
}

impl<S: Strategy> Steps<S> {
    async fn step(&self, api: &dyn SecretsApi, request: &RotationRequest) -> Result<(), RotationError> {
        let rotation = Rotation { api, request };
        if rotation.standing().await? == Standing::Done {
            return Ok(());
        }
        match request.step {
            RotationStep::CreateSecret => self.create(rotation).await,
            RotationStep::SetSecret => self.strategy.set(rotation).await,
            RotationStep::TestSecret => self.strategy.test(rotation).await,
            RotationStep::FinishSecret => rotation.finish().await,
        }
    }

    /// A pending value that is there stays: the server may know it already.
    async fn create(&self, rotation: Rotation<'_>) -> Result<(), RotationError> {
        let current = rotation.current().await?;
        match rotation.pending_if_made().await? {
            Some(_) => Ok(()),
            None => rotation.put_pending(&self.strategy.next_value(&current)?).await,
        }
    }
}

impl<S: Strategy> Rotator for Steps<S> {
    fn rotate<'a>(
        &'a self,
        api: &'a dyn SecretsApi,
        request: &'a RotationRequest,
    ) -> BoxFuture<'a, Result<(), RotationError>> {
        Box::pin(async move {
            match tokio::time::timeout(self.limit, self.step(api, request)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(RotationError::TimedOut { action: request.step.as_str(), limit: self.limit }),
            }
        })
    }
}
