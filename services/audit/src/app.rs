//! The audit service, put together.

use std::sync::Arc;

use keywright_audit_log::KafkaSourceConfig;
use keywright_aws_api::{Clock, CredentialSource, Protocol, SystemClock};
use keywright_crypto::{Random, SystemRandom};
use keywright_service::identity::IdentityCredentials;
use keywright_service::{ApiNames, Base, BaseConfig, Running, ServiceError};
use tokio::sync::Notify;

use crate::config::{Config, ConsumerSection};
use crate::consumer::{Consumer, Settler, SourceConfig, SourceOpener, keep_ahead};
use crate::dead_letter_topic::DeadLetterTopic;
use crate::error::AuditError;
use crate::operations::LookupEvents;
use crate::service::AuditTrail;
use crate::store;
use crate::store::positions::Positions;

/// Starts the service, with credentials from identity.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start(config: Config, source: SourceConfig) -> Result<Running, ServiceError> {
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let region = &config.base.service.region;
    let credentials =
        IdentityCredentials::connect(&config.identity, region, Arc::clone(&clock), Arc::clone(&random))?;
    let surroundings = Surroundings { credentials: Arc::new(credentials), clock, random };
    start_with(config.base, config.consumer, source, surroundings).await
}

/// What the service has around it.
pub struct Surroundings {
    /// Who asks.
    pub credentials: Arc<dyn CredentialSource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// Starts the service in other surroundings.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_with(
    config: BaseConfig,
    consumer: ConsumerSection,
    source: SourceConfig,
    surroundings: Surroundings,
) -> Result<Running, ServiceError> {
    let Surroundings { credentials, clock, random } = surroundings;
    if matches!(source, SourceConfig::Kafka) && !config.kafka.is_configured() {
        let reason = "it is empty: set the brokers from which events are read";
        return Err(ServiceError::own(AuditError::Setting { setting: "kafka.brokers", reason }));
    }
    let regions = config.regions()?;
    let mut base = Base::start_with("audit", config, store::migrations(), Arc::clone(&clock), random).await?;

    let dead_letters = Arc::new(Notify::new());
    let positions = Positions(base.store.clone());
    let opener = match source {
        SourceConfig::Kafka => {
            let kafka = base.config.kafka.client()?;
            let topic = DeadLetterTopic::new(&kafka).map_err(ServiceError::own)?;
            base.keep(tokio::spawn(topic.run(base.store.clone(), Arc::clone(&dead_letters))));
            let mut source = KafkaSourceConfig::new(kafka);
            source.group = consumer.group;
            source.buffered_entries = consumer.buffered_entries;
            SourceOpener::kafka(source, positions)
        }
        SourceConfig::Journals(mut journals) => {
            journals.push(base.journal.clone());
            SourceOpener::journals(journals, positions)
        }
    };
    let settler = Settler::new(base.store.clone(), Arc::clone(&clock), dead_letters);
    let consuming =
        Consumer::open(opener, settler, consumer.batch_entries).await.map_err(ServiceError::own)?;
    base.keep(tokio::spawn(keep_ahead(base.store.clone(), clock, consumer.partitions_ahead_days)));
    base.keep(tokio::spawn(consuming.run()));

    let trail = Arc::new(AuditTrail { store: base.store.clone(), outbox: base.outbox.clone() });
    let api = base.api(CLOUDTRAIL, regions, trail, credentials).operation::<LookupEvents>().build();
    base.serve(vec![api])
}

/// CloudTrail: <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/Welcome.html>.
const CLOUDTRAIL: ApiNames = ApiNames {
    event_source: "cloudtrail.amazonaws.com",
    signing_name: "cloudtrail",
    protocol: Protocol::Json11 { target_prefix: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101" },
    internal: false,
};
