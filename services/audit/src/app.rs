//! The audit service, put together.

use std::sync::Arc;
use std::time::Duration;

use keywright_audit_log::KafkaSourceConfig;
use keywright_aws_api::{CredentialSource, HttpApi, Protocol, Region};
use keywright_service::identity::IdentityClientConfig;
use keywright_service::{ApiNames, Base, KmsSection, Running, ServiceError, Surroundings};
use keywright_store::Store;
use tokio::sync::Notify;

use crate::admin::AuditAdmin;
use crate::config::{Config, ConsumerSection, LakeSection, RetentionSection};
use crate::consumer::{Consumer, LogKey, Settler, SourceConfig, SourceOpener, keep_ahead};
use crate::dead_letter_topic::DeadLetterTopic;
use crate::error::AuditError;
use crate::lake::runner::{Queue, Runner};
use crate::log::signer::Signer;
use crate::log::{LogSection, Witnesses};
use crate::notifications::NotificationsSection;
use crate::operations::{self, ListPublicKeys, LookupEvents};
use crate::retention::Retention;
use crate::service::{AuditTrail, EVENT_SOURCE};
use crate::store::positions::Positions;
use crate::trail_files::{Trail, TrailSection};
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
    let Config { base: config, identity, consumer, retention, lake, trail, kms, log, notifications } = config;
    let Surroundings { credentials, clock, random } = surroundings;
    if matches!(source, SourceConfig::Kafka) && !config.kafka.is_configured() {
        let reason = "it is empty: set the brokers from which events are read";
        return Err(ServiceError::own(AuditError::Setting { setting: "kafka.brokers", reason }));
    }
    let regions = config.regions()?;
    let mut base = Base::start(NAME, config, store::migrations(), clock, random).await?;

    let log_key = LogKey::default();
    consume(&mut base, source, consumer, &notifications, log_key.clone()).await?;
    keep_retention(&mut base, retention);
    let bucket = trail.is_configured().then(|| trail.bucket.clone());
    keep_trail_files(&mut base, trail, kms.clone(), &identity)?;
    keep_log(&mut base, log, kms, &identity, log_key)?;
    let (queue, runner) = queries(&base, lake).await?;
    base.keep(tokio::spawn(runner.run()));

    let trail = AuditTrail {
        store: base.store.clone(),
        outbox: base.outbox.clone(),
        queue,
        random: Arc::clone(&base.random),
        home_region: base.config.service.region.clone(),
        bucket,
    };
    let apis = apis(&base, trail, &regions, &credentials);
    base.serve(apis)
}

/// What is served: CloudTrail, what operators do, and the files of the transparency log.
fn apis(
    base: &Base,
    trail: AuditTrail,
    regions: &[Region],
    credentials: &Arc<dyn CredentialSource>,
) -> Vec<Arc<dyn HttpApi>> {
    let api = base.api(CLOUDTRAIL, regions.to_vec(), Arc::new(trail), Arc::clone(credentials));
    let api = api.operation::<ListPublicKeys>().operation::<LookupEvents>();
    let api = operations::trails::register(operations::lake::register(api));

    let account = base.config.service.account;
    let admin = AuditAdmin {
        store: base.store.clone(),
        outbox: base.outbox.clone(),
        journal: base.journal.clone(),
        account,
    };
    let admin = base.api(admin::NAMES, regions.to_vec(), Arc::new(admin), Arc::clone(credentials));

    let time_limit = Duration::from_millis(base.config.service.request_timeout_ms);
    let files = log::Endpoint::new(base.store.clone(), account, time_limit);
    vec![api.build(), admin::register(admin).build(), Arc::new(files)]
}

/// Stores what comes from the source.
async fn consume(
    base: &mut Base,
    source: SourceConfig,
    section: ConsumerSection,
    notifications: &NotificationsSection,
    log_key: LogKey,
) -> Result<(), ServiceError> {
    let dead_letters = Arc::new(Notify::new());
    let positions = Positions(base.store.clone());
    let opener = match source {
        SourceConfig::Kafka => {
            let kafka = base.config.kafka.client()?;
            let topic = DeadLetterTopic::new(&kafka).map_err(ServiceError::own)?;
            base.keep(tokio::spawn(topic.run(base.store.clone(), Arc::clone(&dead_letters))));
            let mut source = KafkaSourceConfig::new(kafka);
            source.group = section.group;
            source.buffered_entries = section.buffered_entries;
            SourceOpener::kafka(source, positions)
        }
        SourceConfig::Journals(mut journals) => {
            journals.push(base.journal.clone());
            SourceOpener::journals(journals, positions)
        }
    };
    let (clock, random) = (Arc::clone(&base.clock), Arc::clone(&base.random));
    let (targets, news) = notifications::start(base, notifications, &clock, &random)?;
    let settler = Settler::new(base.store.clone(), Arc::clone(&clock), log_key, dead_letters)
        .with_notifications(targets, news);
    let consuming =
        Consumer::open(opener, settler, section.batch_entries).await.map_err(ServiceError::own)?;
    base.keep(tokio::spawn(keep_ahead(base.store.clone(), clock, section.partitions_ahead_days)));
    base.keep(tokio::spawn(consuming.run()));
    Ok(())
}

/// Drops events, where they are not kept for ever.
fn keep_retention(base: &mut Base, section: RetentionSection) {
    let Some(days) = section.days else { return };
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

/// Writes log files and digest files, where there is a directory for them.
fn keep_trail_files(
    base: &mut Base,
    section: TrailSection,
    kms: KmsSection,
    identity: &IdentityClientConfig,
) -> Result<(), ServiceError> {
    if !section.is_configured() {
        return Ok(());
    }
    let region = &base.config.service.region;
    let kms = kms.client(identity, region, Arc::clone(&base.clock))?;
    let (store, clock) = (base.store.clone(), Arc::clone(&base.clock));
    let trail = Trail::new(store, clock, section, region.as_str().to_owned(), kms);
    base.keep(tokio::spawn(trail.keep()));
    Ok(())
}

/// Keeps the transparency log, unless none is wanted.
fn keep_log(
    base: &mut Base,
    section: LogSection,
    kms: KmsSection,
    identity: &IdentityClientConfig,
    log_key: LogKey,
) -> Result<(), ServiceError> {
    if !section.enabled {
        return Ok(());
    }
    let service = &base.config.service;
    let kms = kms.client(identity, &service.region, Arc::clone(&base.clock))?;
    let origin = section.origin(service.account);
    let witnesses = Witnesses::new(section.witnesses, section.witnesses_required)?;
    let signer = Signer::new(kms, section.key_id, origin, log_key, witnesses);
    let interval = Duration::from_secs(section.interval_seconds);
    base.keep(tokio::spawn(log::run(base.store.clone(), signer, Arc::clone(&base.clock), interval)));
    Ok(())
}

/// Queries have connections of their own, whose statements may run for longer.
async fn queries(base: &Base, lake: LakeSection) -> Result<(Queue, Runner), ServiceError> {
    let mut config = base.config.store.clone();
    let role = lake.role_beside(&config.user);
    config.pool_size = lake.concurrent_queries;
    config.statement_timeout = Duration::from_secs(lake.query_timeout_seconds);
    config.application_name = format!("{} queries", config.application_name);
    let statements = Store::connect(&config).await?;
    let (queue, runner) = Runner::new(base.store.clone(), statements, role, lake, Arc::clone(&base.clock));
    runner.ready().await?;
    Ok((queue, runner))
}

/// CloudTrail: <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/Welcome.html>.
const CLOUDTRAIL: ApiNames = ApiNames {
    event_source: EVENT_SOURCE,
    signing_name: "cloudtrail",
    protocol: Protocol::Json11 { target_prefix: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101" },
    internal: false,
};

/// The service's name.
pub const NAME: &str = "audit";
