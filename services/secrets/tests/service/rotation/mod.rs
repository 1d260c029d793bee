//! Rotation by a function of one's own.

mod failures;
mod meddling;
mod plans;
mod requests;
mod steps;

use std::time::Duration;

use keywright_secrets::rotation::section::{FunctionSection, FunctionSections};
use keywright_service::testing::{ACCOUNT, TestCredentials, records};
use serde_json::{Value, json};

use crate::harness::{TestSecrets, start_rotating, text, token};
use crate::rotation_function::RotationFunction;

/// A service with a rotation function, `rotate`, which has what AWS gives to one.
pub(crate) async fn start() -> (TestSecrets, RotationFunction) {
    let function = RotationFunction::start();
    let section = FunctionSection {
        url: function.url.clone(),
        time_limit_seconds: 5,
        bearer_token_file: None,
        hmac_key_files: Vec::new(),
        ca_file: None,
    };
    let credentials =
        TestCredentials::standard().role_session("ASIAROTATOR", ACCOUNT, "rotator", "s", &[RIGHTS]);
    let secrets = start_rotating(credentials, FunctionSections::from([("rotate".to_owned(), section)])).await;
    function.use_client(secrets.client.with_key("ASIAROTATOR"));
    (secrets, function)
}

/// Only on secrets that it rotates.
const RIGHTS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue","secretsmanager:PutSecretValue","secretsmanager:UpdateSecretVersionStage"],
    "Resource":"*","Condition":{"StringEquals":{"secretsmanager:resource/AllowRotationLambdaArn":
    "arn:aws:lambda:us-east-1:111122223333:function:rotate"}}}]}"#;

pub(crate) fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}")
}

impl TestSecrets {
    /// Makes a secret which the function's target lets in with.
    pub(crate) async fn create_for(&self, function: &RotationFunction, name: &str) {
        self.create(name, "first").await;
        function.let_in("first");
    }

    /// Has a secret rotated every 30 days; says the version.
    pub(crate) async fn rotate(&self, name: &str, immediately: bool) -> String {
        let input = json!({
            "SecretId": name, "RotationLambdaARN": function_arn("rotate"), "ClientRequestToken": token(),
            "RotationRules": { "AutomaticallyAfterDays": 30 }, "RotateImmediately": immediately,
        });
        text(&self.call("RotateSecret", input).await["VersionId"])
    }

    pub(crate) async fn describe(&self, name: &str) -> Value {
        self.call("DescribeSecret", json!({ "SecretId": name })).await
    }

    /// Waits until something is recorded so many times.
    pub(crate) async fn until_recorded(&self, event_name: &str, times: usize) -> Value {
        let mut count = 1;
        loop {
            let all = tokio::time::timeout(Duration::from_secs(20), records(self.running.journal(), count));
            let all = all.await.unwrap_or_else(|_| panic!("no {event_name}"));
            let found: Vec<_> = all.iter().filter(|record| record["eventName"] == event_name).collect();
            if found.len() >= times {
                return found[times - 1].clone();
            }
            count = all.len() + 1;
        }
    }

    /// How often something is recorded by now.
    pub(crate) async fn recorded(&self, event_name: &str) -> usize {
        let all = records(self.running.journal(), 1).await;
        all.iter().filter(|record| record["eventName"] == event_name).count()
    }

    /// Opens the window of a secret's rotation now.
    pub(crate) async fn open_window(&self) {
        let sql = "UPDATE secret_rotations SET window_opens_at = now() - interval '1 minute',
            window_closes_at = now() + interval '1 hour', due_at = now() - interval '1 second'";
        self.database.connect().await.batch_execute(sql).await.unwrap();
    }
}
