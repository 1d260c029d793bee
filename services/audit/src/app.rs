//! The audit service, put together.

use std::sync::Arc;

use keywright_audit_log::KafkaSourceConfig;
use keywright_aws_api::Protocol;
use keywright_service::{ApiNames, Base, Running, ServiceError, Surroundings};
use tokio::sync::Notify;

use crate::config::Config;
use crate::consumer::{Consumer, LogKey, Settler, SourceConfig, SourceOpener, keep_ahead};
use crate::dead_letter_topic::DeadLetterTopic;
use crate::error::AuditError;
use crate::operations::LookupEvents;
use crate::retention::Retention;
use crate::service::AuditTrail;
use crate::store;
use crate::store::positions::Positions;

/// Starts the service, which reads from `source`; identity says who asks.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start(config: Config, source: SourceConfig) -> Result<Running, ServiceError> {
    let surroundings = Surroundings::connect(&config.identity, &config.base.service.region)?;
    start_with(config, source, surroundings).await
}

/// Starts the service in other surroundings.
///
/// # Errors
/// [`ServiceError`] for whatever can't be had.
pub async fn start_with(
    config: Config,
    source: SourceConfig,
    surroundings: Surroundings,
) -> Result<Running, ServiceError> {
    let Config { base: config, consumer, retention, .. } = config;
    let Surroundings { credentials, clock, random } = surroundings;
    if matches!(source, SourceConfig::Kafka) && !config.kafka.is_configured() {
        let reason = "it is empty: set the brokers from which events are read";
        return Err(ServiceError::own(AuditError::Setting { setting: "kafka.brokers", reason }));
    }
    let regions = config.regions()?;
    let mut base = Base::start(NAME, config, store::migrations(), Arc::clone(&clock), random).await?;

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
    let settler = Settler::new(base.store.clone(), Arc::clone(&clock), LogKey::default(), dead_letters);
    let consuming =
        Consumer::open(opener, settler, consumer.batch_entries).await.map_err(ServiceError::own)?;
    base.keep(tokio::spawn(keep_ahead(base.store.clone(), clock, consumer.partitions_ahead_days)));
    base.keep(tokio::spawn(consuming.run()));
    if let Some(days) = retention.days {
        let retention = Retention {
            store: base.store.clone(),
            outbox: base.outbox.clone(),
            clock: Arc::clone(&base.clock),
            days,
            account: base.config.service.account,
            region: base.config.service.region.clone(),
        };
        base.keep(tokio::spawn(retention.keep()));
    }

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

/// The service's name.
pub const NAME: &str = "audit";
