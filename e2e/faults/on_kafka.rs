//! Faults of services as processes of their own, with three Kafka brokers.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use keywright_audit_log::kafka::AUDIT_TOPIC;
use keywright_local_stack::testing::kafka_jars;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use crate::calls::Calls;
use crate::damage::{flip_a_bit, has_entries, tear_the_end};
use crate::load::Load;
use crate::processes::{Processes, SERVICES};
use crate::run::{Plan, Run};
use crate::trail::Trail;

const NAMES: [&str; 12] = [
    "kafka: kill -9 of each service",
    "kafka: leader killed",
    "kafka: all brokers away",
    "kafka: postgres restarted at once",
    "kafka: kill -9 of postgres",
    "kafka: postgres's disk full",
    "kafka: journal's disk full",
    "kafka: journal torn",
    "kafka: journal bit-flipped",
    "kafka: audit consumer away",
    "kafka: record larger than the topic takes",
    "kafka: everything at once",
];

pub(crate) async fn run(plan: &mut Plan) -> Result<()> {
    if !NAMES.iter().any(|name| plan.arguments.want(name)) {
        return Ok(());
    }
    let jars = match kafka_jars() {
        Ok(jars) => jars,
        Err(reason) if std::env::var("CI").is_ok_and(|ci| ci == "true") => return Err(reason.into()),
        Err(reason) => {
            println!("SKIPPED (no Kafka): faults on Kafka: {reason}");
            return Ok(());
        }
    };
    let mut stack = Processes::start(&plan.binaries, jars).await?;
    println!("three brokers and six services run; the journal of kms is on {}", stack.disk.kind());
    let places = stack.places()?;
    let credentials = stack.credentials.clone();
    let calls = tokio::task::spawn_blocking(move || Calls::prepare(credentials, places.front)).await??;
    let mut run = Run::new(plan, "kafka", calls, places, Trail::of(stack.audit_table()));
    for name in NAMES {
        if run.wants(name) {
            let done = one(&mut run, &mut stack, name).await;
            done.with_context(|| SERVICES.map(|service| tail(&stack, service)).concat())?;
        }
    }
    run.finish().await
}

async fn one(run: &mut Run<'_>, stack: &mut Processes, name: &'static str) -> Result<()> {
    let size = run.plan.size;
    let mut random = run.plan.random.clone();
    // Moved on, so that the next fault has other moments.
    run.plan.random.short_pause();
    let away = size.outage;
    match name {
        "kafka: kill -9 of each service" => {
            run.fault(name, async |load| {
                for _ in 0..size.rounds {
                    for service in SERVICES {
                        tokio::time::sleep(random.between(SOON, SOON * 6)).await;
                        stack.kill(service)?;
                        tokio::time::sleep(random.between(SOON, SOON * 3)).await;
                        stack.resume(service).await?;
                        load.until_succeeded(50).await?;
                    }
                }
                Ok(())
            })
            .await
        }
        "kafka: leader killed" => {
            run.fault(name, async |load| {
                for _ in 0..size.rounds.min(3) {
                    let leader = leader(&stack.kafka.bootstrap_servers()).await?;
                    let broker = stack.kafka.brokers.iter_mut().find(|broker| broker.id() == leader);
                    let broker = broker.with_context(|| format!("broker {leader}"))?;
                    broker.crash().await?;
                    load.until_succeeded(size.calls / 4).await?;
                    broker.restart().await?;
                }
                Ok(())
            })
            .await
        }
        "kafka: all brokers away" => {
            run.fault(name, async |load| {
                stack.kafka.shut_down().await?;
                // Calls go on, for as long as the journals have room.
                load.until_succeeded(size.calls / 8).await?;
                tokio::time::sleep(away).await;
                Ok(stack.kafka.restart().await?)
            })
            .await
        }
        "kafka: postgres restarted at once" => {
            run.fault(name, async |_| {
                for _ in 0..size.rounds {
                    stack.postgres.shut_down_at_once().await?;
                    tokio::time::sleep(random.between(SOON, SOON * 6)).await;
                    stack.postgres.restart().await?;
                }
                ready(stack).await
            })
            .await
        }
        "kafka: kill -9 of postgres" => {
            run.fault(name, async |_| {
                for _ in 0..size.rounds {
                    stack.postgres.crash().await?;
                    tokio::time::sleep(random.between(SOON, SOON * 6)).await;
                    stack.postgres.restart().await?;
                }
                ready(stack).await
            })
            .await
        }
        "kafka: postgres's disk full" => {
            run.fault(name, async |load| postgres_disk_full(stack, load, away).await).await
        }
        "kafka: journal's disk full" => {
            run.fault(name, async |load| disk_full(stack, load, away).await).await
        }
        "kafka: journal torn" => {
            run.fault(name, async |_| {
                for _ in 0..size.rounds {
                    kill_amid_a_segment(stack).await?;
                    tear_the_end(&stack.journal("kms"))?;
                    stack.resume("kms").await?;
                    tokio::time::sleep(random.between(SOON, SOON * 3)).await;
                }
                Ok(())
            })
            .await
        }
        "kafka: journal bit-flipped" => {
            run.fault(name, async |_| {
                kill_amid_a_segment(stack).await?;
                let flipped = flip_a_bit(&stack.journal("kms"))?;
                let said = stack.refuse_to_start("kms").await?;
                flipped.is_named_by(&said)?;
                flipped.flip()?;
                stack.resume("kms").await
            })
            .await
        }
        "kafka: audit consumer away" => {
            run.fault(name, async |load| {
                stack.kill("audit")?;
                load.until_succeeded(size.calls / 2).await?;
                tokio::time::sleep(away).await;
                stack.resume("audit").await
            })
            .await
        }
        "kafka: record larger than the topic takes" => {
            run.fault(name, async |load| too_large(stack, load).await).await
        }
        _ => {
            run.fault(name, async |_| {
                for _ in 0..size.rounds {
                    for service in ["kms", "params", "audit", "front"] {
                        stack.kill(service)?;
                    }
                    let broker = random.below(stack.kafka.brokers.len());
                    let broker = stack.kafka.brokers.get_mut(broker).context("a broker")?;
                    broker.crash().await?;
                    stack.postgres.crash().await?;
                    tokio::time::sleep(random.between(SOON, SOON * 6)).await;
                    stack.postgres.restart().await?;
                    broker.restart().await?;
                    for service in ["kms", "params", "audit", "front"] {
                        stack.resume(service).await?;
                    }
                }
                ready(stack).await
            })
            .await
        }
    }
}

/// Kills KMS when its journal has something to be damaged.
async fn kill_amid_a_segment(stack: &mut Processes) -> Result<()> {
    stack.kill("kms")?;
    while !has_entries(&stack.journal("kms"))? {
        stack.resume("kms").await?;
        tokio::time::sleep(SOON).await;
        stack.kill("kms")?;
    }
    Ok(())
}

/// Calls are refused with a clear error and KMS is not ready; once there is room, all by itself, it is.
async fn disk_full(stack: &mut Processes, load: &Load, away: Duration) -> Result<()> {
    let kms = stack.pid("kms")?;
    let before = load.unrecorded();
    let deadline = Instant::now() + PATIENCE;
    while load.unrecorded() < before + 20 {
        // The relay frees segments meanwhile.
        stack.disk.fill(&[kms])?;
        ensure!(Instant::now() < deadline, "calls are answered though the disk is full");
        tokio::time::sleep(POLL).await;
    }
    let why = stack.unready("kms").await?.context("kms is ready though its journal's disk is full")?;
    ensure!(why.contains("journal cannot be written"), "kms says that {why}");
    ensure!(stack.metric("kms", "keywright_journal_writable").await? < 1.0, "the metric does not tell");
    ensure!(stack.unready("params").await?.is_none(), "params has room, and is not ready");
    tokio::time::sleep(away.min(Duration::from_secs(10))).await;
    stack.disk.free(&[kms])?;
    stack.until_ready("kms").await?;
    load.until_succeeded(50).await
}

/// Nothing can be stored, and Postgres ends where it cannot write its log; calls that need it not go on, and what they leave is
/// stored once there is room. A Postgres that has ended is started again, as an orchestrator does it.
async fn postgres_disk_full(stack: &mut Processes, load: &Load, away: Duration) -> Result<()> {
    let failed = stack.metric("audit", FAILED_BATCHES).await?;
    let deadline = Instant::now() + PATIENCE;
    while stack.metric("audit", FAILED_BATCHES).await? < failed + 3.0 {
        stack.postgres_disk.fill(&stack.postgres.processes())?;
        ensure!(Instant::now() < deadline, "batches are stored though the disk is full");
        tokio::time::sleep(POLL).await;
    }
    load.until_succeeded(50).await?;
    tokio::time::sleep(away.min(Duration::from_secs(10))).await;
    stack.postgres_disk.free(&stack.postgres.processes())?;
    let deadline = Instant::now() + PATIENCE;
    while stack.unready("audit").await?.is_some() {
        if stack.postgres.has_ended() {
            stack.postgres.restart().await?;
        }
        ensure!(Instant::now() < deadline, "postgres has room again, and audit is not ready");
        tokio::time::sleep(POLL).await;
    }
    ready(stack).await
}

/// A topic that takes only small records for a while: the others pass, and those are delivered once it takes them.
async fn too_large(stack: &mut Processes, load: &Load) -> Result<()> {
    let brokers = stack.kafka.bootstrap_servers();
    // Records of refused requests are smaller than those of keys.
    set_max_message_bytes(&brokers, "900").await?;
    let deadline = Instant::now() + PATIENCE;
    while stack.metric("kms", "keywright_relay_refused_entries_total").await? < 10.0 {
        ensure!(Instant::now() < deadline, "nothing was put aside");
        tokio::time::sleep(POLL).await;
    }
    load.until_succeeded(50).await?;
    set_max_message_bytes(&brokers, "2097152").await
}

async fn set_max_message_bytes(brokers: &str, bytes: &str) -> Result<()> {
    use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
    use rdkafka::client::DefaultClientContext;
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", brokers).create()?;
    let config = AlterConfig::new(ResourceSpecifier::Topic(AUDIT_TOPIC)).set("max.message.bytes", bytes);
    for altered in admin.alter_configs([&config], &AdminOptions::new()).await? {
        altered.map_err(|(_, code)| anyhow::anyhow!("max.message.bytes: {code}"))?;
    }
    Ok(())
}

async fn ready(stack: &mut Processes) -> Result<()> {
    for service in SERVICES {
        stack.until_ready(service).await?;
    }
    Ok(())
}

/// The broker that leads the topic's first partition.
async fn leader(brokers: &str) -> Result<usize> {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", brokers).create()?;
    let found = tokio::task::spawn_blocking(move || {
        let metadata = consumer.fetch_metadata(Some(AUDIT_TOPIC), PATIENCE)?;
        let topic = metadata.topics().first().context("the audit topic")?;
        let partition = topic.partitions().first().context("its first partition")?;
        Ok(usize::try_from(partition.leader())?)
    });
    found.await?
}

/// The last lines of a service's log.
fn tail(stack: &Processes, service: &str) -> String {
    let log = stack.log(service).unwrap_or_default();
    let lines: Vec<_> = log.lines().collect();
    let last = lines.get(lines.len().saturating_sub(6)..).unwrap_or_default().join("\n");
    format!("--- {service}\n{last}\n")
}

const FAILED_BATCHES: &str = "keywright_audit_failed_batches_total";
const SOON: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(60);
