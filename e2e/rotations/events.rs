//! What Kafka is told of rotations.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, Message as _};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ask::Client;

/// One rotation that succeeds, one that fails, and what follows when somebody puts another value then.
pub(crate) async fn all_are_told(client: &Client, brokers: &str, topic: &str) -> Result<()> {
    let made = |value: &str| {
        json!({
            "Name": format!("told-{}", Uuid::new_v4().simple()), "ClientRequestToken": Uuid::new_v4().to_string(),
            "SecretString": value,
        })
    };
    let create = async |value: &str| {
        let made = client.done("CreateSecret", made(value)).await?;
        made.get("ARN").and_then(Value::as_str).map(str::to_owned).context("an ARN")
    };
    let rotate = async |arn: &str| {
        let function = "arn:aws:lambda:us-east-1:000000000000:function:keywright-generic-random";
        let input = json!({
            "SecretId": arn, "RotationLambdaARN": function, "ClientRequestToken": Uuid::new_v4().to_string(),
        });
        client.done("RotateSecret", input).await
    };
    // The second one has no password that could be replaced.
    let (good, bad) = (create("first").await?, create("{\"key\": \"first\"}").await?);
    rotate(&good).await?;
    rotate(&bad).await?;
    let mut expected = BTreeSet::from([
        (good.clone(), "RotationStarted"),
        (good.clone(), "RotationSucceeded"),
        (bad.clone(), "RotationStarted"),
        (bad.clone(), "RotationFailed"),
    ]);
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", format!("{topic}-reader"))
        .set("auto.offset.reset", "earliest")
        .set("topic.metadata.refresh.interval.ms", "200")
        .create()?;
    consumer.subscribe(&[topic])?;
    let deadline = Instant::now() + LIMIT;
    let mut was_put = false;
    while !expected.is_empty() {
        ensure!(Instant::now() < deadline, "not told of {expected:?} in {LIMIT:?}");
        if !was_put && !expected.contains(&(bad.clone(), "RotationFailed")) {
            let value = json!({
                "SecretId": bad, "SecretString": "another", "ClientRequestToken": Uuid::new_v4().to_string(),
            });
            client.done("PutSecretValue", value).await?;
            expected.insert((bad.clone(), "RotationAbandoned"));
            was_put = true;
        }
        // What it says of a topic that isn't made yet is of no interest.
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else {
            tokio::task::yield_now().await;
            continue;
        };
        let envelope: Value = serde_json::from_slice(message.payload().context("a payload")?)?;
        let text = |pointer: &str| envelope.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (arn, name) = (text("/detail/additionalEventData/SecretId"), text("/detail/eventName"));
        let found = expected.iter().find(|(of, event)| of == arn && *event == name).cloned();
        let Some(found) = found else { continue };
        ensure!(text("/detail-type") == "AWS Service Event via CloudTrail", "{envelope}");
        ensure!((text("/source"), text("/region")) == ("aws.secretsmanager", "us-east-1"), "{envelope}");
        ensure!(text("/detail/userIdentity/invokedBy") == "secretsmanager.amazonaws.com", "{envelope}");
        ensure!(message.key() == Some(arn.as_bytes()), "{envelope}");
        let reason = text("/detail/errorMessage");
        ensure!(reason.starts_with("createSecret: ") == (name == "RotationFailed"), "{envelope}");
        expected.remove(&found);
    }
    Ok(())
}

const LIMIT: Duration = Duration::from_secs(90);
