//! Makes the audit topic where it is missing.

use std::time::Duration;

use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    error::RDKafkaErrorCode,
};

use super::{KafkaConfig, KafkaFailure, config::MAX_MESSAGE_BYTES};

/// Makes the topic, unless it is there.
///
/// # Errors
/// When no broker answers, or refuses.
pub(crate) async fn ensure_topic(config: &KafkaConfig) -> Result<(), KafkaFailure> {
    let admin: AdminClient<DefaultClientContext> = config.admin().create()?;
    let replication = TopicReplication::Fixed(config.replication.unwrap_or(BROKERS_DEFAULT));
    let max_message = MAX_MESSAGE_BYTES.to_string();
    let topic =
        NewTopic::new(&config.topic, config.partitions, replication).set("max.message.bytes", &max_message);
    let options = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
    for answer in admin.create_topics([&topic], &options).await? {
        match answer {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaFailure::Topic { code }),
        }
    }
    Ok(())
}

const BROKERS_DEFAULT: i32 = -1;
const PATIENCE: Duration = Duration::from_secs(10);
