//! What an app is built on: storage, journal, outbox, time and randomness, all running.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use keywright_audit_log::{Journal, JournalConfig};
use keywright_aws_api::api::ApiBuilder;
use keywright_aws_api::{
    ApiSettings, Clock, CredentialSource, HttpApi, Protocol, Recorder, Region, ServiceState, set_partition,
};
use keywright_crypto::{Random, SecretString};
use keywright_store::Store;
use keywright_store::refinery::Runner;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::{BaseConfig, Commit};
use crate::error::ServiceError;
use crate::host::{HostSettings, serve_http};
use crate::outbox::{Delivered, Outbox};
use crate::probes::{Readiness, serve_probes};
use crate::relay::RelayTask;
use crate::running::{LastWork, Running};
use crate::tasks::Tasks;

/// A service that has all it needs but its operations. Dropped before it serves, it lets go of the journal.
pub struct Base {
    /// The service's name, such as `kms`.
    pub name: &'static str,
    /// The configuration that it was started with.
    pub config: BaseConfig,
    /// The service's database, migrated.
    pub store: Store,
    /// The audit journal.
    pub journal: Journal,
    recorder: Recorder,
    /// Changes with their records.
    pub outbox: Outbox,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    relay: Option<RelayTask>,
    delivered: Delivered,
    workers: Tasks,
    at_end: Vec<LastWork>,
    closing: watch::Sender<bool>,
}

/// How an API is called on the wire.
pub struct ApiNames {
    /// CloudTrail's `eventSource`.
    pub event_source: &'static str,
    /// The name in the credential scope.
    pub signing_name: &'static str,
    /// The protocol.
    pub protocol: Protocol,
    /// Only for calls between our services.
    pub internal: bool,
}

impl Base {
    /// Connects, migrates, opens the journal, starts the relay, sweeps the outbox.
    ///
    /// # Errors
    /// [`ServiceError`] for whatever can't be had.
    pub async fn start(
        name: &'static str,
        config: BaseConfig,
        migrations: Runner,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, ServiceError> {
        if config.journal.commit == Commit::Broker && !config.kafka.is_configured() {
            return Err(ServiceError::own(
                "journal.commit is \"broker\", but kafka.brokers is empty: set it",
            ));
        }
        set_partition(&config.service.partition).map_err(ServiceError::own)?;
        let store = Store::connect(&config.store).await?;
        keywright_store::migrate(&store, migrations).await?;
        let mut journal_config =
            JournalConfig::new(&config.journal.dir, format!("{name}.{}", config.service.region));
        journal_config.segment_bytes = config.journal.segment_bytes;
        journal_config.max_bytes = config.journal.max_bytes;
        let journal = Journal::open(journal_config)?;
        let relay = if config.kafka.is_configured() {
            Some(RelayTask::start(&journal, &config.kafka, config.journal.commit)?)
        } else {
            None
        };
        let recorder = match (&relay, config.journal.commit) {
            (Some(task), Commit::Broker) => Recorder::broker(journal.clone(), task.relay()),
            _ => Recorder::journal(journal.clone()),
        };
        let (outbox, delivered) = Outbox::open(&store, &journal).await;
        Ok(Self {
            name,
            config,
            store,
            journal,
            recorder,
            outbox,
            clock,
            random,
            relay,
            delivered,
            workers: Tasks::default(),
            at_end: Vec::new(),
            closing: watch::Sender::new(false),
        })
    }

    /// Begins an API of this service, for all Regions that `regions` names.
    pub fn api<S: ServiceState>(
        &self,
        names: ApiNames,
        regions: Vec<Region>,
        service: Arc<S>,
        credentials: Arc<dyn CredentialSource>,
    ) -> ApiBuilder<S> {
        let ApiNames { event_source, signing_name, protocol, internal } = names;
        let settings = ApiSettings {
            event_source,
            signing_name,
            protocol,
            regions,
            home_account: self.config.service.account,
            internal,
            time_limit: Duration::from_millis(self.config.service.request_timeout_ms),
        };
        ApiBuilder::new(settings, service, credentials, self.recorder.clone(), Arc::clone(&self.clock))
    }

    /// Where records become durable, for an API that isn't built by [`api`](Self::api).
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Keeps a background task, which is ended when the service stops.
    pub fn keep(&mut self, worker: JoinHandle<()>) {
        self.workers.keep(worker);
    }

    /// What is done once no request runs any more, before the service ends. It has a few seconds.
    pub fn at_end<F>(&mut self, last: impl FnOnce() -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.at_end.push(Box::new(move || last().boxed()));
    }

    /// Becomes true when the service begins to stop, so that requests which wait for something end.
    #[must_use]
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Opens the listeners, and keeps the outbox swept.
    ///
    /// # Errors
    /// [`ServiceError::Listen`] when an address can't be had.
    pub fn serve(self, apis: Vec<Arc<dyn HttpApi>>) -> Result<Running, ServiceError> {
        let section = &self.config.service;
        let front_token = section.front_token_file.as_deref().map(read_secret).transpose()?;
        let settings = HostSettings {
            listen: section.listen,
            workers: section.workers,
            body_limit_bytes: section.body_limit_bytes,
            drain_seconds: section.drain_seconds,
            front_token,
        };
        let probes = serve_probes(section.ops_listen, readiness(&self.store, &self.journal))?;
        let api = serve_http(apis.clone(), settings)?;
        Ok(Running {
            api,
            probes,
            apis,
            journal: self.journal,
            relay: self.relay,
            outbox: self.outbox.run(self.delivered),
            workers: self.workers,
            at_end: self.at_end,
            closing: self.closing,
        })
    }
}

fn readiness(store: &Store, journal: &Journal) -> Readiness {
    let (store, journal) = (store.clone(), journal.clone());
    Arc::new(move || {
        let (store, journal) = (store.clone(), journal.clone());
        Box::pin(async move {
            if let Some(refusal) = journal.refusal() {
                let cause = std::error::Error::source(&refusal);
                let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
                return Err(format!("the audit journal does not accept records: {refusal}{cause}"));
            }
            // Sooner than a prober gives up, so that it hears the reason.
            match tokio::time::timeout(PING_TIME_LIMIT, store.ping()).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(format!("the database does not answer: {error}")),
                Err(_elapsed) => Err("the database does not answer in time".to_owned()),
            }
        })
    })
}

/// Reads a secret from a file; a line ending at its end is dropped.
///
/// # Errors
/// [`ServiceError::SecretFile`] when the file can't be read or is empty.
pub fn read_secret(path: &std::path::Path) -> Result<SecretString, ServiceError> {
    let refuse = |reason: String| ServiceError::SecretFile { path: path.display().to_string(), reason };
    let mut text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    if text.is_empty() { Err(refuse("it is empty".to_owned())) } else { Ok(SecretString::new(text)) }
}

const PING_TIME_LIMIT: Duration = Duration::from_millis(800);
