use std::path::Path;

/// The broker's configuration. <https://kafka.apache.org/documentation/#brokerconfigs>
pub(crate) fn server_properties(data: &Path, port: u16, controller_port: u16) -> String {
    let data = data.display();
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller_port}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}\n\
         controller.listener.names=CONTROLLER\n\
         log.dirs={data}\n\
         {FOR_ONE_NODE}"
    )
}

/// One replica of everything, few internal partitions, no waiting for members that never come. A topic exists only
/// when it was made: a misspelt name is an error.
const FOR_ONE_NODE: &str = "\
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_not_made_by_being_named() {
        let text = server_properties(Path::new("/data"), 9092, 9093);
        assert!(text.lines().any(|line| line == "auto.create.topics.enable=false"));
        assert!(text.lines().any(|line| line == "log.dirs=/data"));
        assert!(text.lines().all(|line| line.contains('=')), "{text}");
    }
}
