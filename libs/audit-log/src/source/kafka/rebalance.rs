//! What happens when the group gives partitions to this member, or takes them away.

use std::{sync::Arc, time::Duration};

use rdkafka::{
    ClientContext, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::KafkaResult,
    types::RDKafkaRespErr,
};
use tokio::runtime::Handle;
use tracing::{info, warn};

use super::{super::PositionStore, buffer::Buffer, source_name};

/// Takes partitions up where their entries were settled, and drops what was fetched of those taken away.
pub(super) struct Assignment {
    buffer: Arc<Buffer>,
    positions: Arc<dyn PositionStore>,
    runtime: Handle,
}

impl Assignment {
    pub(super) fn new(buffer: Arc<Buffer>, positions: Arc<dyn PositionStore>, runtime: Handle) -> Self {
        Self { buffer, positions, runtime }
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, partitions: &TopicPartitionList) -> KafkaResult<()> {
        for mut partition in partitions.elements() {
            let source = source_name(partition.topic(), partition.partition());
            let Some(settled) = self.settled(&source) else {
                // Stopped while the store was away: without a position nothing is read.
                return consumer.unassign();
            };
            partition.set_offset(settled.map_or(Offset::Beginning, Offset::Offset))?;
            info!(source = %source, position = settled.unwrap_or_default(), "partition assigned");
        }
        consumer.assign(partitions)
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, partitions: &TopicPartitionList) -> KafkaResult<()> {
        let sources: Vec<_> = partitions
            .elements()
            .iter()
            .map(|partition| source_name(partition.topic(), partition.partition()))
            .collect();
        let revoked = consumer.unassign();
        self.buffer.forget(&sources);
        info!(partitions = sources.len(), "partitions revoked");
        revoked
    }

    /// The settled position, however long the store takes; nothing when the source was stopped meanwhile.
    fn settled(&self, source: &str) -> Option<Option<i64>> {
        while !self.buffer.is_stopped() {
            let loaded = self.runtime.block_on(self.positions.load(source));
            match loaded {
                Ok(settled) => return Some(settled),
                Err(error) => {
                    warn!(error = %error, source, "settled position not loaded, trying again");
                    std::thread::sleep(PAUSE);
                }
            }
        }
        None
    }
}

impl ClientContext for Assignment {}

impl ConsumerContext for Assignment {
    fn rebalance(
        &self,
        base_consumer: &BaseConsumer<Self>,
        err: RDKafkaRespErr,
        tpl: &mut TopicPartitionList,
    ) {
        let done = match err {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(base_consumer, tpl),
            _ => self.revoke(base_consumer, tpl),
        };
        if let Err(error) = done {
            warn!(error = %error, "rebalance failed");
        }
    }
}

const PAUSE: Duration = Duration::from_millis(250);
