//! The credentials of custom key stores.

use futures::future::BoxFuture;
use keywright_store::Connection;
use uuid::Uuid;

use super::{Batch, Pass, Rewrap, Step};
use crate::domain::store_credential;
use crate::error::Error;
use crate::store::store_credentials::{self, CredentialRow};

/// The passwords of tokens, and the secrets for external key store proxies.
pub(super) struct StoreCredentials;

impl Rewrap for StoreCredentials {
    fn name(&self) -> &'static str {
        "custom key store credentials"
    }

    fn count<'a>(
        &'a self,
        connection: &'a Connection,
        domain_key: Uuid,
    ) -> BoxFuture<'a, Result<i64, Error>> {
        Box::pin(async move { Ok(store_credentials::count(connection, domain_key).await?) })
    }

    fn begin(&self) -> Box<dyn Pass> {
        Box::new(AtOnce)
    }
}

/// An account has a few of them only, so they are done in one step.
struct AtOnce;

impl Pass for AtOnce {
    fn next<'a>(&'a mut self, step: Step<'a>) -> BoxFuture<'a, Result<Batch, Error>> {
        Box::pin(async move {
            let mut rewrapped = 0;
            for row in store_credentials::claim(step.transaction, step.from.0).await? {
                match rewrap(&row, step) {
                    Ok(wrapped) => {
                        store_credentials::replace(step.transaction, &row, step.to.0, &wrapped).await?;
                        rewrapped += 1;
                    }
                    Err(error) => {
                        tracing::error!(store = %row.store.id, %error, "a credential can't be re-wrapped");
                    }
                }
            }
            Ok(Batch { rewrapped, more: false })
        })
    }
}

/// The same credential, wrapped by the other domain key; unwrapped again, to be sure.
fn rewrap(row: &CredentialRow, step: Step<'_>) -> Result<Vec<u8>, Error> {
    let CredentialRow { region, store, wrapped } = row;
    let credential = store_credential::unwrap(wrapped, store, region, step.from.1)?;
    let wrapped = store_credential::wrap(&credential, store, region, step.to.1, step.random)?;
    store_credential::unwrap(&wrapped, store, region, step.to.1)?;
    Ok(wrapped)
}
