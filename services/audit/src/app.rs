//! The audit service, put together.

use std::sync::Arc;
use std::time::Duration;

use keywright_audit_log::KafkaSourceConfig;
use keywright_aws_api::Protocol;
use keywright_service::{ApiNames, Base, Running, ServiceError, Surroundings};
use tokio::sync::Notify;

use crate::admin::AuditAdmin;
use crate::config::Config;
use crate::consumer::{Consumer, LogKey, Settler, SourceConfig, SourceOpener, keep_ahead};
use crate::dead_letter_topic::DeadLetterTopic;
use crate::error::AuditError;
use crate::log::Witnesses;
use crate::log::signer::Signer;
use crate::operations::{ListPublicKeys, LookupEvents};
use crate::retention::Retention;
use crate::service::AuditTrail;
use crate::store::positions::Positions;
use crate::trail_files::Trail;
use crate::{admin, log, notifications, store};

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
    let Config { base: config, identity, consumer, retention, trail, kms, log: section, notifications } =
        config;
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
    let random = Arc::clone(&base.random);
    let (targets, news) = notifications::start(&mut base, &notifications, &clock, &random)?;
    let log_key = LogKey::default();
    let settler = Settler::new(base.store.clone(), Arc::clone(&clock), log_key.clone(), dead_letters)
        .with_notifications(targets, news);
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

    let (home, region) = (base.config.service.account, base.config.service.region.clone());
    if trail.is_configured() {
        let kms = kms.clone().client(&identity, &region, Arc::clone(&base.clock))?;
        let (store, clock) = (base.store.clone(), Arc::clone(&base.clock));
        let trail = Trail::new(store, clock, trail, region.as_str().to_owned(), kms);
        base.keep(tokio::spawn(trail.keep()));
    }
    if section.enabled {
        let kms = kms.client(&identity, &region, Arc::clone(&base.clock))?;
        let origin = section.origin(home);
        let witnesses = Witnesses::new(section.witnesses, section.witnesses_required)?;
        let signer = Signer::new(kms, section.key_id, origin, log_key, witnesses);
        let interval = Duration::from_secs(section.interval_seconds);
        base.keep(tokio::spawn(log::run(base.store.clone(), signer, Arc::clone(&base.clock), interval)));
    }
    let time_limit = Duration::from_millis(base.config.service.request_timeout_ms);
    let files = Arc::new(log::Endpoint::new(base.store.clone(), home, time_limit));
    let admin = AuditAdmin {
        store: base.store.clone(),
        outbox: base.outbox.clone(),
        journal: base.journal.clone(),
        account: home,
    };
    let admin = base.api(admin::NAMES, regions.clone(), Arc::new(admin), Arc::clone(&credentials));
    let admin = admin::register(admin).build();

    let trail = Arc::new(AuditTrail { store: base.store.clone(), outbox: base.outbox.clone() });
    let api = base
        .api(CLOUDTRAIL, regions, trail, credentials)
        .operation::<ListPublicKeys>()
        .operation::<LookupEvents>()
        .build();
    base.serve(vec![api, admin, files])
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
