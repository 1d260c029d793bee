//! A running identity service with two services that may ask it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use keywright_aws_api::{AccountId, Clock, CredentialRequest, CredentialSource as _, Region};
use keywright_crypto::{SecretString, SystemRandom};
use keywright_identity::app::{self, IdentityApp};
use keywright_identity::config::{AnswersSection, BootstrapSection, Config, ServicePrincipalSection};
use keywright_identity::directory::Directory;
use keywright_identity::domain::access_key::NewAccessKey;
use keywright_identity::domain::names::{IdentityName, Path as UserPath, PolicyName};
use keywright_identity::web_identity::WebIdentitySection;
use keywright_local_stack::testing::{TestDatabase, database};
use keywright_service::RootKeySection;
use keywright_service::identity::{
    CacheSettings, IdentityClientConfig, IdentityCredentials, RemoteIdentity, SIGNING_NAME, TARGET_PREFIX,
};
use keywright_service::testing::{ACCOUNT, REGION, TestClient, TestClock, base_config_in};
use keywright_sigv4::{CredentialScope, HttpRequest, Signer, VerifyOptions};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::runtime::Handle;

/// A running identity service.
pub(crate) struct Fixture {
    pub(crate) app: IdentityApp,
    pub(crate) clock: TestClock,
    pub(crate) kms: NewAccessKey,
    pub(crate) ssm: NewAccessKey,
    pub(crate) secrets: NewAccessKey,
    pub(crate) dir: TempDir,
    pub(crate) database: TestDatabase,
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_, _| {}).await
    }

    /// One whose configuration is changed, given the directory of its files.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config, &Path)) -> Self {
        let (database, dir, clock) = (database().await, tempfile::tempdir().unwrap(), TestClock::default());
        let [kms, ssm, secrets] = ["kms", "ssm", "secretsmanager"].map(|name| {
            let key = NewAccessKey::generate(&SystemRandom).unwrap();
            std::fs::write(dir.path().join(name), key.secret_access_key.expose_secret()).unwrap();
            key
        });
        let keys = [("kms", &kms), ("ssm", &ssm), ("secretsmanager", &secrets)];
        let mut config = config(&database, dir.path(), &keys);
        change(&mut config, dir.path());
        let app = start(config, &clock).await;
        Self { app, clock, kms, ssm, secrets, dir, database }
    }

    /// The configuration with which it was started.
    pub(crate) fn config(&self) -> Config {
        let keys = [("kms", &self.kms), ("ssm", &self.ssm), ("secretsmanager", &self.secrets)];
        config(&self.database, self.dir.path(), &keys)
    }

    /// The same after a restart.
    pub(crate) async fn restart(self) -> Self {
        let config = self.config();
        self.app.running.stop().await;
        let app = start(config, &self.clock).await;
        Self { app, ..self }
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.app.directory
    }

    /// A new user with this policy, and its access key.
    pub(crate) async fn user(&self, name: &str, policy: Option<&str>) -> NewAccessKey {
        let (account, user_name) = (home(), IdentityName::parse(name).unwrap());
        self.directory().create_user(account, &user_name, &UserPath::root()).await.unwrap();
        if let Some(policy) = policy {
            let policy_name = PolicyName::parse("inline").unwrap();
            self.directory().put_user_policy(account, &user_name, &policy_name, policy).await.unwrap();
        }
        self.directory().create_access_key(account, &user_name).await.unwrap()
    }

    /// The ARN of a new managed policy of the account, with this document.
    pub(crate) async fn managed_policy(&self, name: &str, document: &str) -> String {
        let (arn, id) = (format!("arn:aws:iam::{ACCOUNT}:policy/{name}"), format!("ANPA{name}"));
        let database = self.database.connect().await;
        database
            .execute(
                "INSERT INTO managed_policies
                 (policy_arn, policy_id, account_id, policy_name, path, default_version, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, '/', 'v1', now(), now())",
                &[&arn, &id, &ACCOUNT, &name],
            )
            .await
            .unwrap();
        database
            .execute(
                "INSERT INTO managed_policy_versions (policy_arn, version_id, document, created_at)
                 VALUES ($1, 'v1', $2, now())",
                &[&arn, &document],
            )
            .await
            .unwrap();
        arn
    }

    pub(crate) async fn admin(&self) -> NewAccessKey {
        self.directory().ensure_admin_access_key(None).await.unwrap().unwrap()
    }

    /// A client of the internal API that signs by this key.
    pub(crate) fn internal(&self, key: &NewAccessKey) -> TestClient {
        TestClient::new(self.app.running.address(), key.access_key_id.as_str(), SIGNING_NAME, TARGET_PREFIX)
            .with_secret(key.secret_access_key.expose_secret())
    }

    fn client_config(&self, service: &str, key: &NewAccessKey) -> IdentityClientConfig {
        IdentityClientConfig {
            endpoint: format!("http://{}", self.app.running.address()),
            access_key_id: key.access_key_id.to_string(),
            secret_access_key_file: self.dir.path().join(service),
            cache_entries: 100,
            unknown_ms: 2_000,
        }
    }

    /// What the service asks identity with.
    pub(crate) fn remote(&self, service: &str, key: &NewAccessKey) -> RemoteIdentity {
        RemoteIdentity::new(
            &self.client_config(service, key),
            &region(),
            self.clock(),
            Arc::new(SystemRandom),
        )
        .unwrap()
    }

    /// The service's credential source, as its pipeline has it.
    pub(crate) fn credentials(&self, service: &str, key: &NewAccessKey) -> IdentityCredentials {
        let settings = CacheSettings { entries: 100, unknown_for: std::time::Duration::ZERO };
        IdentityCredentials::new(
            Arc::new(self.remote(service, key)),
            settings,
            self.clock(),
            Handle::current(),
        )
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    pub(crate) fn scope(&self, service: &str) -> CredentialScope {
        CredentialScope {
            date: self.clock.now().date(),
            region: REGION.to_owned(),
            service: service.to_owned(),
        }
    }
}

pub(crate) async fn start(config: Config, clock: &TestClock) -> IdentityApp {
    app::start_with(config, Arc::new(clock.clone()), Arc::new(SystemRandom)).await.unwrap()
}

/// The secret of each service stands in a file of the service's name in `dir`.
pub(crate) fn config(database: &TestDatabase, dir: &Path, services: &[(&str, &NewAccessKey)]) -> Config {
    let sections = services.iter().map(|(name, key)| {
        let section = ServicePrincipalSection {
            principal: format!("{name}.amazonaws.com"),
            scopes: (*name).to_owned(),
            access_key_id: Some(key.access_key_id.to_string()),
            secret_access_key_file: Some(dir.join(name)),
        };
        ((*name).to_owned(), section)
    });
    Config {
        base: base_config_in(database, dir),
        root_key: RootKeySection::key_file(dir.join("root.key")),
        previous_root_key: None,
        bootstrap: BootstrapSection::default(),
        answers: AnswersSection {
            refresh_after_seconds: 45,
            fresh_seconds: 60,
            outage_seconds: 900,
            forward_token_seconds: 600,
        },
        web_identity: WebIdentitySection {
            time_limit_ms: 3_000,
            keys_fresh_seconds: 600,
            keys_stale_seconds: 86_400,
            refresh_floor_seconds: 10,
            ca_file: None,
            resolve: BTreeMap::new(),
        },
        service_principals: sections.collect::<BTreeMap<_, _>>(),
    }
}

/// Whether `credentials` verify a request which the owner of `key` signs for `service`.
pub(crate) async fn verifies(
    credentials: &IdentityCredentials,
    key: &NewAccessKey,
    service: &str,
) -> Result<(), String> {
    let id = key.access_key_id.as_str();
    let signer = Signer::new(id, key.secret_access_key.clone(), REGION, service);
    let now = OffsetDateTime::now_utc();
    let mut headers = vec![("host".to_owned(), "kms".to_owned())];
    signer.sign("POST", "/", "", &mut headers, b"{}", now).unwrap();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let request = HttpRequest { method: "POST", path: "/", query: "", headers: &headers };
    let presented = keywright_sigv4::parse(&request).unwrap();
    let asked = CredentialRequest { access_key_id: id, scope: &presented.scope, session_token: None };
    let credential = credentials.resolve(asked).await.map_err(|error| error.to_string())?;
    presented
        .verify(&request, &credential.signing_key, b"{}", now, VerifyOptions::default())
        .map_err(|error| error.to_string())
}

pub(crate) fn with_secret(key: &NewAccessKey, secret: &str) -> NewAccessKey {
    NewAccessKey {
        access_key_id: key.access_key_id.clone(),
        secret_access_key: SecretString::new(secret.to_owned()),
    }
}

pub(crate) fn home() -> AccountId {
    AccountId::parse(ACCOUNT).unwrap()
}

pub(crate) fn region() -> Region {
    Region::parse(REGION).unwrap()
}
