use std::fmt::Write as _;
use std::path::Path;

/// What a broker knows of its cluster.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Its number, from 1.
    pub(super) id: usize,
    pub(super) port: u16,
    /// The controller port of each node, by its number.
    pub(super) controller_ports: Vec<u16>,
}

/// The broker's configuration. <https://kafka.apache.org/documentation/#brokerconfigs>
pub(super) fn server_properties(data: &Path, node: &Node) -> String {
    let (data, id, port) = (data.display(), node.id, node.port);
    let nodes = node.controller_ports.len();
    let voters: Vec<_> =
        (1..).zip(&node.controller_ports).map(|(id, port)| format!("{id}@127.0.0.1:{port}")).collect();
    let voters = voters.join(",");
    let controller_port = node.controller_ports.get(id.saturating_sub(1)).copied().unwrap_or_default();
    let mut text = format!(
        "process.roles=broker,controller\n\
         node.id={id}\n\
         controller.quorum.voters={voters}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}\n\
         controller.listener.names=CONTROLLER\n\
         log.dirs={data}\n\
         {FOR_ALL}"
    );
    // A majority has what is acknowledged.
    let replicas = nodes.min(3);
    let in_sync = replicas / 2 + 1;
    for name in REPLICATION_FACTORS {
        _ = writeln!(text, "{name}={replicas}");
    }
    for name in MIN_IN_SYNC {
        _ = writeln!(text, "{name}={in_sync}");
    }
    text
}

/// Few internal partitions, no waiting for members that never come. A topic exists only when it was made: a misspelt name
/// is an error. A broker that was killed is soon known to be gone.
const FOR_ALL: &str = "\
auto.create.topics.enable=false
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=2
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
";
const REPLICATION_FACTORS: [&str; 4] = [
    "default.replication.factor",
    "offsets.topic.replication.factor",
    "transaction.state.log.replication.factor",
    "share.coordinator.state.topic.replication.factor",
];
const MIN_IN_SYNC: [&str; 3] =
    ["min.insync.replicas", "transaction.state.log.min.isr", "share.coordinator.state.topic.min.isr"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_not_made_by_being_named() {
        let node = Node { id: 1, port: 9092, controller_ports: vec![9093] };
        let text = server_properties(Path::new("/data"), &node);
        for line in ["auto.create.topics.enable=false", "log.dirs=/data", "min.insync.replicas=1"] {
            assert!(text.lines().any(|found| found == line), "{text}");
        }
        assert!(text.lines().all(|line| line.contains('=')), "{text}");
    }

    #[test]
    fn of_three_brokers_two_have_what_is_acknowledged() {
        let node = Node { id: 2, port: 1, controller_ports: vec![11, 12, 13] };
        let text = server_properties(Path::new("/data"), &node);
        for line in [
            "controller.quorum.voters=1@127.0.0.1:11,2@127.0.0.1:12,3@127.0.0.1:13",
            "listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:12",
            "default.replication.factor=3",
            "min.insync.replicas=2",
        ] {
            assert!(text.lines().any(|found| found == line), "{text}");
        }
    }
}
