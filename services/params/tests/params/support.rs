//! The app on a database of its own, with the test's principals.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use keywright_local_stack::testing::{TestDatabase, database};
use keywright_params::app::start_with;
use keywright_params::config::{Config, PoliciesSection, SecretsSection};
use keywright_params::limits::{Limit, ParametersSection};
use keywright_params::public_parameters::PublicParametersSection;
use keywright_service::quotas::QuotasSection;
use keywright_service::testing::{
    ACCOUNT, ADMINISTRATOR, Answer, REGION, TestClient, TestClock, TestCredentials, base_config,
    identity_client, surroundings_at,
};
use keywright_service::{KmsSection, MemorySection, Running};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fake_kms::FakeKms;
use crate::fake_secrets::FakeSecrets;

/// A running Parameter Store.
pub(crate) struct App {
    pub(crate) client: TestClient,
    pub(crate) kms: FakeKms,
    pub(crate) secrets: FakeSecrets,
    pub(crate) running: Running,
    pub(crate) database: Arc<TestDatabase>,
    pub(crate) clock: TestClock,
    _dir: TempDir,
}

impl App {
    pub(crate) async fn start() -> Self {
        Self::set(|_| {}).await
    }

    /// With other settings.
    pub(crate) async fn set(set: impl FnOnce(&mut Config)) -> Self {
        Self::on(Arc::new(database().await), TestClock::default(), set).await
    }

    /// One whose operator publishes this file.
    pub(crate) async fn publishing(file: &Path) -> Self {
        Self::set(|config| config.public_parameters.file = file.to_owned()).await
    }

    /// Another replica on the same database.
    pub(crate) async fn replica(&self) -> Self {
        Self::on(Arc::clone(&self.database), self.clock.clone(), |_| {}).await
    }

    async fn on(database: Arc<TestDatabase>, clock: TestClock, set: impl FnOnce(&mut Config)) -> Self {
        let (kms, secrets) = (FakeKms::start(), FakeSecrets::start());
        let (base, dir) = base_config(&database);
        let mut config = Config {
            base,
            identity: identity_client(dir.path(), "KWSSM"),
            kms: KmsSection { endpoint: kms.endpoint() },
            secrets: SecretsSection { endpoint: secrets.endpoint() },
            public_parameters: PublicParametersSection { file: PathBuf::new() },
            policies: PoliciesSection { interval_seconds: 1 },
            parameters: ParametersSection {
                standard_per_account: Limit::UNLIMITED,
                advanced_per_account: Limit::UNLIMITED,
            },
            parameters_memory: MemorySection { mebibytes: 8 },
            pages_memory: MemorySection { mebibytes: 8 },
            throughput: QuotasSection::default(),
        };
        set(&mut config);
        let surroundings = surroundings_at(Arc::new(credentials()), Arc::new(clock.clone()));
        let running = start_with(config, surroundings).await;
        let running = running.unwrap();
        let client = TestClient::new(running.address(), "AKIAADMIN", "ssm", "AmazonSSM");
        Self { client, kms, secrets, running, database, clock, _dir: dir }
    }

    pub(crate) async fn call(&self, operation: &str, input: Value) -> Answer {
        self.client.call(operation, input).await
    }

    /// Puts a String, which must succeed.
    pub(crate) async fn put(&self, name: &str, value: &str) -> Value {
        let input = json!({ "Name": name, "Value": value, "Type": "String", "Overwrite": true });
        self.call("PutParameter", input).await.ok()
    }

    /// Puts a SecureString.
    pub(crate) async fn put_secure(&self, name: &str, value: &str, tier: &str) -> Answer {
        let input = json!({ "Name": name, "Value": value, "Type": "SecureString", "Tier": tier });
        self.call("PutParameter", input).await
    }

    /// Gets a parameter, which must succeed.
    pub(crate) async fn get(&self, name: &str) -> Value {
        self.call("GetParameter", json!({ "Name": name })).await.ok()["Parameter"].clone()
    }

    /// All names on the pages of a list.
    pub(crate) async fn names(&self, operation: &str, input: Value) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut input = input;
        loop {
            let page = self.call(operation, input.clone()).await.ok();
            pages.push(names(&page["Parameters"]));
            if page["NextToken"].is_null() {
                return pages;
            }
            input["NextToken"] = page["NextToken"].clone();
        }
    }
}

/// The names of listed parameters.
pub(crate) fn names(parameters: &Value) -> Vec<String> {
    let parameters = parameters.as_array().unwrap();
    parameters.iter().map(|parameter| parameter["Name"].as_str().unwrap().to_owned()).collect()
}

/// The ARN of the test account's parameter with this path.
pub(crate) fn arn(path: &str) -> String {
    format!("arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{path}")
}

/// The standard principals, a user `prod` who may read and write below `/prod` only, a user `careful` who may do everything
/// but read what is below `/prod/secret` or tagged so, one `public` who may read what is public only, and an administrator
/// and a powerless user of another account.
fn credentials() -> TestCredentials {
    let of_prod = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["ssm:Get*", "ssm:PutParameter", "ssm:DeleteParameter*"],
            "Resource": [arn("prod/*"), arn("prod")],
        }],
    });
    let of_public = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Action": "ssm:Get*", "Resource": "arn:aws:ssm:*::parameter/aws/service/*",
        }],
    });
    let careful = json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Action": "ssm:*", "Resource": "*" },
            { "Effect": "Deny", "Action": "ssm:Get*", "Resource": arn("prod/secret/*") },
            {
                "Effect": "Deny",
                "Action": "ssm:GetParameter",
                "Resource": "*",
                "Condition": { "StringEquals": { "ssm:resourceTag/stage": "secret" } },
            },
        ],
    });
    TestCredentials::standard()
        .user("AKIAPUBLIC", ACCOUNT, "public", &[&of_public.to_string()])
        .user("AKIAPROD", ACCOUNT, "prod", &[&of_prod.to_string()])
        .user("AKIACAREFUL", ACCOUNT, "careful", &[&careful.to_string()])
        .user("AKIAOTHER", OTHER_ACCOUNT, "admin", &[ADMINISTRATOR])
        .user("AKIAOTHERNOBODY", OTHER_ACCOUNT, "nobody", &[])
}

pub(crate) const OTHER_ACCOUNT: &str = "444455556666";
