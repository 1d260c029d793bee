//! Copies of values for other Regions: sealed under data keys that the KMS of each Region hands out.

use futures::future::join_all;
use keywright_aws_api::error::chain;
use keywright_aws_api::{ApiError, Caller, Region};
use keywright_store::Transaction;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::replica::{Replica, arn_in};
use crate::domain::secret::Secret;
use crate::domain::value::SecretValue;
use crate::domain::version::Version;
use crate::domain::version_id::VersionId;
use crate::error::Error;
use crate::service::Secrets;
use crate::store;
use crate::store::copies::SealedCopy;

/// A version whose value is known, or why it isn't.
pub struct Original {
    id: VersionId,
    created_at: OffsetDateTime,
    value: Result<SecretValue, NotSealed>,
}

/// Copies of versions of one secret, on their way into the transaction of a change.
#[derive(Default)]
pub struct Copies(Vec<Sealing>);

/// How it went with one version and Region.
struct Sealing {
    region: Region,
    version: VersionId,
    outcome: Result<SealedCopy, NotSealed>,
}

/// Why there is no copy; in words for those who look after the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotSealed {
    /// Somebody doesn't let it be made.
    Refused(String),
    /// Somebody can't be asked now.
    Unavailable(String),
}

impl Original {
    /// A version that is about to be stored.
    #[must_use]
    pub fn new(version: &Version, value: SecretValue) -> Self {
        Self { id: version.id.clone(), created_at: version.created_at, value: Ok(value) }
    }
}

impl Secrets {
    /// Copies of a new version for all Regions that a secret is replicated to, sealed for the caller.
    ///
    /// # Errors
    /// [`Error::Store`]; that a copy can't be sealed is no error.
    pub async fn copies_of_new(
        &self,
        caller: &Caller,
        secret: &Secret,
        version: &Version,
        value: SecretValue,
    ) -> Result<Copies, Error> {
        let replicas = self.replicas(secret).await?;
        Ok(self.copies(caller, &secret.arn, &[Original::new(version, value)], &replicas).await)
    }

    /// Copies of a version that is stored, for all Regions that its secret is replicated to, opened and sealed for the
    /// caller.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn copies_of_stored(
        &self,
        caller: &Caller,
        secret: &Secret,
        version: &VersionId,
    ) -> Result<Copies, Error> {
        let replicas = self.replicas(secret).await?;
        if replicas.is_empty() {
            return Ok(Copies::default());
        }
        let originals = self.originals(caller, secret, std::slice::from_ref(version)).await?;
        Ok(self.copies(caller, &secret.arn, &originals, &replicas).await)
    }

    /// Copies for these Regions, sealed for the caller.
    pub async fn copies(
        &self,
        caller: &Caller,
        arn: &str,
        originals: &[Original],
        replicas: &[Replica],
    ) -> Copies {
        let sealings = join_all(replicas.iter().map(|replica| async move {
            let mut sealings = Vec::with_capacity(originals.len());
            for original in originals {
                let outcome = self.seal_for(caller, arn, replica, original).await;
                let (region, version) = (replica.region.clone(), original.id.clone());
                sealings.push(Sealing { region, version, outcome });
            }
            sealings
        }));
        Copies(sealings.await.into_iter().flatten().collect())
    }

    /// Versions of a secret, opened for the caller as far as KMS lets it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn originals(
        &self,
        caller: &Caller,
        secret: &Secret,
        versions: &[VersionId],
    ) -> Result<Vec<Original>, Error> {
        let connection = self.store.connection().await?;
        let versions = store::versions::find_all(&connection, secret.id, versions).await?;
        drop(connection);
        let mut originals = Vec::with_capacity(versions.len());
        for version in versions {
            let value = self.envelope.open(caller, &secret.arn, &version).await.map_err(NotSealed::of);
            let value = value.map_err(|not| told(not, &secret.arn, &self.region));
            originals.push(Original { id: version.id, created_at: version.created_at, value });
        }
        Ok(originals)
    }

    async fn seal_for(
        &self,
        caller: &Caller,
        arn: &str,
        replica: &Replica,
        original: &Original,
    ) -> Result<SealedCopy, NotSealed> {
        let value = original.value.as_ref().map_err(Clone::clone)?;
        let Some(peer) = self.peers.get(&replica.region) else {
            return Err(NotSealed::Unavailable(format!("{} is not known here", replica.region)));
        };
        let now = self.now();
        if peer.rests(now) {
            return Err(unreachable(&peer.region));
        }
        let (there, key) = (arn_in(&peer.region, arn), replica.kms_key_id.as_deref());
        let sealing =
            peer.envelope.seal(caller, &there, key, original.id.clone(), value, original.created_at);
        match sealing.await.map_err(NotSealed::of) {
            Ok(Version { sealed_value, data_key, .. }) => Ok(SealedCopy { sealed_value, data_key }),
            Err(not) => {
                if matches!(not, NotSealed::Unavailable(_)) {
                    peer.rest(now);
                }
                Err(told(not, arn, &peer.region))
            }
        }
    }
}

impl Copies {
    /// Stores them beside the change, for a secret that is locked and whose versions are stored. What could not be sealed
    /// yet isn't: without a row it is sealed later.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn store(&self, transaction: &Transaction, secret_id: Uuid) -> Result<(), Error> {
        for Sealing { region, version, outcome } in &self.0 {
            let copy = match outcome {
                Ok(copy) => Ok(copy),
                Err(NotSealed::Refused(reason)) => Err(reason.as_str()),
                Err(NotSealed::Unavailable(_)) => continue,
            };
            store::copies::put(transaction, secret_id, region, version, copy).await?;
        }
        Ok(())
    }

    /// None, for a reason that stays.
    pub(super) fn refused(region: &Region, versions: &[VersionId], reason: &str) -> Self {
        let refused = |version: &VersionId| Sealing {
            region: region.clone(),
            version: version.clone(),
            outcome: Err(NotSealed::Refused(reason.to_owned())),
        };
        Self(versions.iter().map(refused).collect())
    }

    /// Why one could not be sealed for a Region yet.
    pub(super) fn unavailable<'a>(&'a self, region: &'a Region) -> Option<&'a str> {
        self.not_sealed(region).find_map(|not| match not {
            NotSealed::Unavailable(reason) => Some(reason.as_str()),
            NotSealed::Refused(_) => None,
        })
    }

    /// Why one can't be sealed for a Region.
    pub(super) fn refusal<'a>(&'a self, region: &'a Region) -> Option<&'a str> {
        self.not_sealed(region).find_map(|not| match not {
            NotSealed::Refused(reason) => Some(reason.as_str()),
            NotSealed::Unavailable(_) => None,
        })
    }

    fn not_sealed<'a>(&'a self, region: &'a Region) -> impl Iterator<Item = &'a NotSealed> {
        let of_region = self.0.iter().filter(move |sealing| sealing.region == *region);
        of_region.filter_map(|sealing| sealing.outcome.as_ref().err())
    }
}

impl NotSealed {
    fn of(error: Error) -> Self {
        let passes = matches!(
            error,
            Error::Kms(_) | Error::Store(_) | Error::Crypto(_) | Error::Corrupt(_) | Error::Conflict
        );
        if passes {
            return Self::Unavailable(chain(&error));
        }
        Self::Refused(ApiError::from(error).message().to_owned())
    }
}

/// What is told of what went wrong; the reason why KMS can't be used is for the log.
fn told(not: NotSealed, arn: &str, region: &Region) -> NotSealed {
    match not {
        NotSealed::Unavailable(reason) => {
            tracing::warn!(secret = arn, %region, reason, "a value was not copied for a region");
            unreachable(region)
        }
        refused @ NotSealed::Refused(_) => refused,
    }
}

fn unreachable(region: &Region) -> NotSealed {
    NotSealed::Unavailable(format!("KMS in {region} can't be used now"))
}
