use std::path::PathBuf;

use futures::future::try_join_all;
use uuid::Uuid;

use super::broker::{KafkaBroker, KafkaConfig};
use super::properties::Node;
use crate::LocalStackError;
use crate::error::AtPath;
use crate::free_port::free_port;

/// What [`KafkaCluster::start`] needs to know.
#[derive(Debug, Clone)]
pub struct KafkaClusterConfig {
    /// Where the brokers live, each in a directory of its own. Must be new: a cluster keeps its ports while it lives.
    pub dir: PathBuf,
    /// How many brokers; each is a controller, too.
    pub brokers: usize,
    /// The directory of Apache Kafka's jars.
    pub jars: PathBuf,
}

/// Several private brokers that make one cluster. Of three, one may be lost: topics have three replicas, and a message is
/// acknowledged when two have it.
#[derive(Debug)]
pub struct KafkaCluster {
    /// The brokers, by number.
    pub brokers: Vec<KafkaBroker>,
}

impl KafkaCluster {
    /// Starts all brokers, and waits until each serves clients.
    ///
    /// # Errors
    /// As [`KafkaBroker::start`]; a port that was free is no longer.
    pub async fn start(config: KafkaClusterConfig) -> Result<Self, LocalStackError> {
        let KafkaClusterConfig { dir, brokers, jars } = config;
        let ports =
            || (0..brokers).map(|_| free_port().at("find a port for", &dir)).collect::<Result<Vec<_>, _>>();
        let (ports, controller_ports) = (ports()?, ports()?);
        let cluster_id = Uuid::new_v4();
        let starting = (1..).zip(ports).map(|(id, port)| {
            let node = Node { id, port, controller_ports: controller_ports.clone() };
            let config = KafkaConfig { dir: dir.join(format!("broker-{id}")), port, jars: jars.clone() };
            KafkaBroker::start_node(config, node, cluster_id)
        });
        // At the same time: none is ready before most are there.
        Ok(Self { brokers: try_join_all(starting).await? })
    }

    /// Stops all brokers in order: a cluster that is away for a while.
    ///
    /// # Errors
    /// One does not end in time.
    pub async fn shut_down(&mut self) -> Result<(), LocalStackError> {
        try_join_all(self.brokers.iter_mut().map(KafkaBroker::shut_down)).await.map(|_| ())
    }

    /// Starts all brokers again, on the same ports.
    ///
    /// # Errors
    /// One does not stop or does not start.
    pub async fn restart(&mut self) -> Result<(), LocalStackError> {
        try_join_all(self.brokers.iter_mut().map(KafkaBroker::restart)).await.map(|_| ())
    }

    /// All of them, for the client's `bootstrap.servers`.
    pub fn bootstrap_servers(&self) -> String {
        let servers: Vec<_> = self.brokers.iter().map(KafkaBroker::bootstrap_servers).collect();
        servers.join(",")
    }
}
