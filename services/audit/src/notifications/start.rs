//! The tasks of all targets.

use std::sync::Arc;

use keywright_aws_api::Clock;
use keywright_crypto::Random;
use keywright_service::{Base, ServiceError};
use tokio::sync::watch;

use super::publisher::{Housekeeper, Publisher};
use super::section::NotificationsSection;
use super::target::{Target, Targets};
use super::topic::EventsTopic;
use super::webhook::Webhook;

/// Starts a publisher for each target. What comes back is for the consumer: who is told, and how it is said that there is
/// something to tell.
///
/// # Errors
/// [`ServiceError`] for settings that can't be used.
pub fn start(
    base: &mut Base,
    section: &NotificationsSection,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Result<(Targets, watch::Sender<()>), ServiceError> {
    let news = watch::Sender::new(());
    let has_kafka = base.config.kafka.is_configured();
    if has_kafka && section.kafka {
        let topic =
            EventsTopic::new(&base.config.kafka.client()?, &section.topic).map_err(ServiceError::own)?;
        let publisher = Publisher::kafka(base.store.clone(), topic, Arc::clone(random), news.subscribe());
        base.keep(tokio::spawn(publisher.run()));
    }
    for webhook in &section.webhooks {
        let publisher = Publisher::webhook(
            base.store.clone(),
            Target::of_webhook(webhook),
            Webhook::new(webhook, Arc::clone(clock))?,
            webhook.time_limit(),
            Arc::clone(random),
            news.subscribe(),
        );
        base.keep(tokio::spawn(publisher.run()));
    }
    base.keep(tokio::spawn(Housekeeper::new(base.store.clone(), section).run()));
    Ok((Targets::of_section(section, has_kafka), news))
}
