//! Regions whose KMS know each other, with a network between them that can be broken.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keywright_aws_api::Region;
use keywright_kms::app::KmsApp;
use keywright_kms::regions::peers::{Accounts, Peer, Peers};
use keywright_local_stack::testing::{TestDatabase, database};
use keywright_service::testing::{ACCOUNT, TestClock, TestCredentials, base_config_in, surroundings_at};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{TestKms, client, config, text};

/// The KMS of one Region, behind its network.
pub(crate) struct Site {
    pub(crate) region: &'static str,
    pub(crate) kms: TestKms,
    pub(crate) peers: Arc<Peers>,
    pub(crate) network: Arc<Network>,
}

/// The KMS of these Regions, each known to all others.
pub(crate) async fn sites<const N: usize>(regions: [&'static str; N]) -> [Site; N] {
    let mut sites = Vec::new();
    for region in regions {
        let network = Network::start().await;
        sites.push(site(region, network, database().await, tempfile::tempdir().unwrap()).await);
    }
    for site in &sites {
        for other in &sites {
            site.knows(other);
        }
    }
    sites.try_into().unwrap_or_else(|_| unreachable!())
}

async fn site(region: &'static str, network: Arc<Network>, database: TestDatabase, dir: TempDir) -> Site {
    let clock = TestClock::default();
    let mut base = base_config_in(&database, dir.path());
    base.service.region = region.parse().unwrap();
    let surroundings = surroundings_at(Arc::new(TestCredentials::standard()), Arc::new(clock.clone()));
    let app = keywright_kms::app::start_app_with(config(base, dir.path()), surroundings).await.unwrap();
    let KmsApp { running, peers } = app;
    network.lead_to(running.address());
    let client = client(&running).with_region(region);
    Site { region, kms: TestKms { client, running, clock, database, dir }, peers, network }
}

impl Site {
    /// Gets to know another Region, or where it is now.
    pub(crate) fn knows(&self, other: &Site) {
        self.peers.introduce(other.as_peer());
    }

    pub(crate) fn as_peer(&self) -> Peer {
        let key = self.peers.public_key().clone();
        Peer::new(self.region(), &format!("http://{}", self.network.address), key, Accounts::All)
    }

    pub(crate) fn region(&self) -> Region {
        self.region.parse().unwrap()
    }

    /// Ends the process, whatever it was doing, and starts another one on what it left.
    pub(crate) async fn restarted(self, others: &[&Site]) -> Self {
        let Self { region, kms, peers: _, network } = self;
        let TestKms { running, database, dir, .. } = kms;
        running.stop().await;
        let site = site(region, network, database, dir).await;
        for other in others {
            site.knows(other);
        }
        site
    }

    pub(crate) fn arn(&self, key: &str) -> String {
        format!("arn:aws:kms:{}:{ACCOUNT}:key/{key}", self.region)
    }

    /// A new primary key.
    pub(crate) async fn primary(&self, input: Value) -> String {
        let mut input = input;
        input["MultiRegion"] = json!(true);
        text(&self.kms.call("CreateKey", input).await["KeyMetadata"]["KeyId"])
    }

    /// A replica key in another Region, completed.
    pub(crate) async fn replicate(&self, key: &str, to: &Site) {
        self.kms.call("ReplicateKey", json!({ "KeyId": key, "ReplicaRegion": to.region })).await;
        to.until_state(key, "Enabled").await;
    }

    pub(crate) async fn describe(&self, key: &str) -> Value {
        self.kms.call("DescribeKey", json!({ "KeyId": key })).await["KeyMetadata"].clone()
    }

    pub(crate) async fn state(&self, key: &str) -> String {
        let answer = self.kms.client.call("DescribeKey", json!({ "KeyId": key })).await;
        if answer.status == 200 {
            text(&answer.body["KeyMetadata"]["KeyState"])
        } else {
            answer.error().to_owned()
        }
    }

    pub(crate) async fn until_state(&self, key: &str, state: &str) {
        self.until(&format!("{key} is {state}"), async || self.state(key).await == state).await;
    }

    /// Until DescribeKey tells of these Regions, the primary one first and the others in order.
    pub(crate) async fn until_regions(&self, key: &str, regions: &[&str]) {
        let mut seen = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        while seen != regions {
            assert!(Instant::now() < deadline, "{} says {seen:?} and not {regions:?}", self.region);
            tokio::time::sleep(PAUSE).await;
            seen = self.regions(key).await;
        }
    }

    pub(crate) async fn regions(&self, key: &str) -> Vec<String> {
        let configuration = self.describe(key).await["MultiRegionConfiguration"].clone();
        let mut replicas: Vec<String> = configuration["ReplicaKeys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|replica| text(&replica["Region"]))
            .collect();
        replicas.sort();
        replicas.insert(0, text(&configuration["PrimaryKey"]["Region"]));
        replicas
    }

    /// Until a count in the database is as expected.
    pub(crate) async fn until_count(&self, table: &str, expected: i64) {
        let count = format!("SELECT count(*) FROM {table}");
        let connection = self.kms.database.connect().await;
        self.until(&format!("{expected} rows in {table}"), async || {
            connection.query_one(&count, &[]).await.unwrap().get::<_, i64>(0) == expected
        })
        .await;
    }

    pub(crate) async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds().await {
            assert!(Instant::now() < deadline, "never in {}: {what}", self.region);
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// What leads to a Region's KMS, and may be broken.
pub(crate) struct Network {
    pub(crate) address: SocketAddr,
    state: Mutex<State>,
}

struct State {
    target: Option<SocketAddr>,
    next: VecDeque<Mode>,
    after: Mode,
    bodies: Vec<Vec<u8>>,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Works,
    /// It doesn't arrive.
    Down,
    /// It arrives, but the answer is lost.
    LosesAnswers,
    /// It arrives with a changed byte.
    Tampers,
    /// Something else answers.
    AnswersNonsense,
}

impl Network {
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { target: None, next: VecDeque::new(), after: Mode::Works, bodies: Vec::new() };
        let network = Arc::new(Self { address, state: Mutex::new(state) });
        let serving = Arc::clone(&network);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let network = Arc::clone(&serving);
                // A connection that breaks is what is tested here.
                tokio::spawn(async move { network.serve(stream).await.unwrap_or_default() });
            }
        });
        network
    }

    fn lead_to(&self, target: SocketAddr) {
        self.state.lock().target = Some(target);
    }

    /// From now on every request fares so.
    pub(crate) fn becomes(&self, mode: Mode) {
        self.then(&[], mode);
    }

    /// The next requests fare so, and all behind them like the last.
    pub(crate) fn then(&self, next: &[Mode], after: Mode) {
        let mut state = self.state.lock();
        state.next = next.iter().copied().collect();
        state.after = after;
    }

    /// All bodies that were sent, whether they arrived or not.
    pub(crate) fn bodies(&self) -> Vec<Vec<u8>> {
        self.state.lock().bodies.clone()
    }

    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        let (head, length) = loop {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
            if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
                break (end + 4, length.and_then(|length| length.trim().parse().ok()).unwrap_or(0));
            }
        };
        while request.len() < head + length {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let mut body = request[head..].to_vec();
        let (mode, target) = {
            let mut state = self.state.lock();
            state.bodies.push(body.clone());
            (state.next.pop_front().unwrap_or(state.after), state.target.unwrap())
        };
        match mode {
            Mode::Down => return Ok(()),
            Mode::AnswersNonsense => {
                let nonsense = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\n{}\r\n";
                return stream.write_all(nonsense.as_bytes()).await;
            }
            Mode::Tampers => {
                let middle = body.len() - 20;
                body[middle] = if body[middle] == b'A' { b'B' } else { b'A' };
            }
            Mode::Works | Mode::LosesAnswers => {}
        }
        let (status, answer) = deliver(target, body).await;
        if mode == Mode::LosesAnswers {
            return Ok(());
        }
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&answer).await
    }
}

/// Delivers a message as a Region would.
pub(crate) async fn deliver(target: SocketAddr, body: Vec<u8>) -> (u16, Vec<u8>) {
    let http = keywright_service::client::http_client(Duration::from_secs(30)).unwrap();
    let request =
        http.post(format!("http://{target}/")).header("x-amz-target", "KeywrightKmsRegions.Deliver");
    let answer = request.body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);
