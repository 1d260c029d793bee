//! The other Regions: where their Secrets Manager and their KMS are.

use std::sync::Arc;
use std::time::Duration;

use keywright_aws_api::{Clock, Region};
use keywright_crypto::Random;
use keywright_service::client::{Destination, ServiceKey};
use keywright_service::identity::IdentityClientConfig;
use keywright_service::kms::{SIGNING_NAME as KMS, TARGET_PREFIX as KMS_PREFIX};
use keywright_service::neighbours::Neighbours;
use keywright_service::{CallError, ServiceClient, ServiceError};
use parking_lot::Mutex;
use time::OffsetDateTime;
use tokio::sync::mpsc::UnboundedReceiver;

use super::endpoint::{OPERATION, SIGNING_NAME, TARGET_PREFIX};
use super::message::{Answer, Delivery, Message};
use crate::envelope::Envelope;
use crate::kms::Kms;

/// Another Region.
pub struct Peer {
    /// The Region.
    pub region: Region,
    /// Seals by its KMS.
    pub envelope: Envelope,
    secrets: ServiceClient,
    /// Until when callers aren't kept waiting for its KMS, as that could not be reached.
    rests_until: Mutex<Option<OffsetDateTime>>,
}

/// All Regions that this one knows.
pub struct Peers {
    key: ServiceKey,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    neighbours: Arc<Neighbours<Peer>>,
}

impl Peers {
    /// Nobody yet; the receiver hears of each Region that is introduced.
    ///
    /// # Errors
    /// [`ServiceError`] when this service's own secret can't be read.
    pub fn new(
        region: Region,
        identity: &IdentityClientConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<(Self, UnboundedReceiver<Region>), ServiceError> {
        let (neighbours, hears) = Neighbours::new(region);
        let key = identity.service_key()?;
        Ok((Self { key, clock, random, neighbours: Arc::new(neighbours) }, hears))
    }

    /// Who is told.
    pub(super) fn neighbours(&self) -> &Arc<Neighbours<Peer>> {
        &self.neighbours
    }

    /// Gets to know a Region, or where it is now.
    ///
    /// # Errors
    /// [`ServiceError`] for what is no URL.
    pub fn introduce(&self, region: &Region, endpoint: &str, kms_endpoint: &str) -> Result<(), ServiceError> {
        if region == self.neighbours.own() {
            return Ok(());
        }
        let client = |endpoint: &str, signing_name, target_prefix| {
            let destination = Destination { endpoint: endpoint.to_owned(), signing_name, target_prefix };
            let clock = Arc::clone(&self.clock);
            ServiceClient::with_time_limit(destination, &self.key, region, clock, CALL_TIME_LIMIT)
                .map_err(ServiceError::own)
        };
        let kms = Kms::new(client(kms_endpoint, KMS, KMS_PREFIX)?);
        let peer = Peer {
            region: region.clone(),
            envelope: Envelope::new(kms, Arc::clone(&self.random)),
            secrets: client(endpoint, SIGNING_NAME, TARGET_PREFIX)?,
            rests_until: Mutex::default(),
        };
        self.neighbours.introduce(region, peer);
        Ok(())
    }

    /// A Region that is known.
    #[must_use]
    pub fn get(&self, region: &Region) -> Option<Arc<Peer>> {
        self.neighbours.get(region)
    }

    /// There may be something to tell; called once it is committed.
    pub fn wake(&self) {
        self.neighbours.wake();
    }
}

impl Peer {
    /// Tells the Region, and gives its answer.
    ///
    /// # Errors
    /// [`CallError`] when there is none.
    pub(super) async fn tell(&self, message: &Message) -> Result<Answer, CallError> {
        let delivery = Delivery::new(message).ok_or(CallError::Malformed("the message has no form"))?;
        self.secrets.call(OPERATION, &delivery, None).await
    }

    /// Whether its KMS could not be reached just now.
    pub(super) fn rests(&self, now: OffsetDateTime) -> bool {
        self.rests_until.lock().is_some_and(|until| now < until)
    }

    /// Its KMS could not be reached: for a while no caller is kept waiting for it.
    pub(super) fn rest(&self, now: OffsetDateTime) {
        *self.rests_until.lock() = Some(now + REST);
    }
}

const CALL_TIME_LIMIT: Duration = Duration::from_secs(5);
const REST: time::Duration = time::Duration::seconds(5);
