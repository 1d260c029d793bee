use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use uuid::Uuid;

use super::java::find_java;
use super::properties::{Node, server_properties};
use crate::LocalStackError;
use crate::child::ManagedChild;
use crate::error::AtPath;
use crate::free_port::free_port;
use crate::lock::DirectoryLock;
use crate::privileges::ServerUser;

/// What [`KafkaBroker::start`] needs to know.
#[derive(Debug, Clone)]
pub struct KafkaConfig {
    /// Where the broker lives. Made if it is not there; everything of the broker is below it.
    pub dir: PathBuf,
    /// The TCP port; 0 for a free one.
    pub port: u16,
    /// The directory of Apache Kafka's jars.
    pub jars: PathBuf,
}

/// A private Apache Kafka broker on the loopback interface, which is killed when this process ends.
#[derive(Debug)]
pub struct KafkaBroker {
    files: BrokerFiles,
    java: PathBuf,
    node: Node,
    server: ManagedChild,
    _lock: DirectoryLock,
}

impl KafkaBroker {
    /// Starts the broker of a directory, which it formats at the first time, and waits until it serves clients.
    ///
    /// # Errors
    /// No Java 17; another process runs this broker; or the broker does not start, with the end of its log.
    pub async fn start(config: KafkaConfig) -> Result<Self, LocalStackError> {
        let java = find_java()?;
        let files = BrokerFiles::open(&config)?;
        let lock = DirectoryLock::take(&files.root)?;
        let mut attempt = 1;
        loop {
            let any = || free_port().at("find a port for", &files.root);
            let port = if config.port == 0 { any()? } else { config.port };
            let node = Node { id: 1, port, controller_ports: vec![any()?] };
            match launch(&java, &files, &node, None).await {
                Ok(server) => return Ok(Self { files, java, node, server, _lock: lock }),
                // Somebody else may have taken a free port meanwhile.
                Err(LocalStackError::Exited { .. }) if attempt < LAUNCH_ATTEMPTS => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Starts one broker of several, and waits until it serves clients, which takes a majority of them.
    pub(super) async fn start_node(
        config: KafkaConfig,
        node: Node,
        cluster_id: Uuid,
    ) -> Result<Self, LocalStackError> {
        let java = find_java()?;
        let files = BrokerFiles::open(&config)?;
        let lock = DirectoryLock::take(&files.root)?;
        let server = launch(&java, &files, &node, Some(cluster_id)).await?;
        Ok(Self { files, java, node, server, _lock: lock })
    }

    /// The port it listens on. It stays the same over [`Self::restart`].
    pub fn port(&self) -> u16 {
        self.node.port
    }

    /// Its number in its cluster, from 1.
    pub fn id(&self) -> usize {
        self.node.id
    }

    /// `host:port`, for the client's `bootstrap.servers`.
    pub fn bootstrap_servers(&self) -> String {
        format!("127.0.0.1:{}", self.node.port)
    }

    /// The process id of the broker.
    pub fn pid(&self) -> u32 {
        self.server.pid().as_raw_nonzero().get().unsigned_abs()
    }

    /// Stops the broker in order and waits for its end.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn stop(mut self) -> Result<(), LocalStackError> {
        self.shut_down().await
    }

    /// As [`Self::stop`], but can be followed by [`Self::restart`]: a broker that is away for a while.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn shut_down(&mut self) -> Result<(), LocalStackError> {
        self.server.signal(Signal::TERM);
        if self.server.wait(SHUTDOWN_LIMIT).await.is_err() {
            self.crash().await?;
        }
        Ok(())
    }

    /// Kills the broker with `SIGKILL` and waits for its end.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn crash(&mut self) -> Result<(), LocalStackError> {
        self.server.signal(Signal::KILL);
        self.server.wait(SHUTDOWN_LIMIT).await.map(|_| ())
    }

    /// Starts the broker again, on the same port: after a shutdown, after a crash, or now.
    ///
    /// # Errors
    /// It does not stop or does not start.
    pub async fn restart(&mut self) -> Result<(), LocalStackError> {
        if self.server.exit_status().is_none() {
            self.shut_down().await?;
        }
        self.server = launch(&self.java, &self.files, &self.node, None).await?;
        Ok(())
    }
}

impl Drop for KafkaBroker {
    fn drop(&mut self) {
        self.server.signal(Signal::KILL);
    }
}

/// A broker's directory: `data/`, `server.properties`, `kafka.log`, `lock`.
#[derive(Debug)]
struct BrokerFiles {
    root: PathBuf,
    jars: PathBuf,
}

impl BrokerFiles {
    fn open(config: &KafkaConfig) -> Result<Self, LocalStackError> {
        let root = &config.dir;
        DirBuilder::new().recursive(true).mode(0o700).create(root).at("make the directory", root)?;
        let jars = config.jars.canonicalize().at("find Kafka's jars in", &config.jars)?;
        Ok(Self { root: root.canonicalize().at("resolve", root)?, jars })
    }

    fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    fn log(&self) -> PathBuf {
        self.root.join("kafka.log")
    }

    fn properties(&self) -> PathBuf {
        self.root.join("server.properties")
    }

    fn is_formatted(&self) -> bool {
        self.data().join("meta.properties").exists()
    }
}

async fn launch(
    java: &Path,
    files: &BrokerFiles,
    node: &Node,
    cluster_id: Option<Uuid>,
) -> Result<ManagedChild, LocalStackError> {
    let properties = files.properties();
    fs::write(&properties, server_properties(&files.data(), node)).at("write", &properties)?;
    if !files.is_formatted() {
        format(java, files, cluster_id.unwrap_or_else(Uuid::new_v4)).await?;
    }
    let mut command = kafka_command(java, files, "kafka.Kafka");
    command.arg(&properties);
    let logged_before = fs::metadata(files.log()).map_or(0, |metadata| metadata.len());
    let server = ManagedChild::spawn("kafka", command, &files.log())?;
    server.wait_until_logged(STARTED_LINE, logged_before, READY_LIMIT).await?;
    Ok(server)
}

async fn format(java: &Path, files: &BrokerFiles, cluster_id: Uuid) -> Result<(), LocalStackError> {
    let mut command = kafka_command(java, files, "kafka.tools.StorageTool");
    let cluster_id = cluster_id.simple().to_string();
    command.args(["format", "--cluster-id", &cluster_id, "--config"]).arg(files.properties());
    let tool = ManagedChild::spawn("kafka-storage", command, &files.log())?;
    let status = tool.wait(READY_LIMIT).await?;
    if status.success() { Ok(()) } else { Err(tool.exited(status)) }
}

fn kafka_command(java: &Path, files: &BrokerFiles, main_class: &str) -> Command {
    // A broker bears being killed; one that lingers would keep its port.
    let mut command = ServerUser::ourselves().command(java, "KILL");
    command.args(JVM_OPTIONS).arg("-cp").arg(files.jars.join("*")).arg(main_class);
    command.current_dir(&files.root);
    command
}

/// The broker writes this when it is registered, unfenced and serving.
const STARTED_LINE: &str = "Kafka Server started";
/// A small heap, and a compiler that is quick rather than thorough: the broker lives for a test run.
const JVM_OPTIONS: [&str; 8] = [
    "-Xms64m",
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
];
const LAUNCH_ATTEMPTS: u32 = 3;
const READY_LIMIT: Duration = Duration::from_secs(120);
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(30);
