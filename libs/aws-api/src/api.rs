//! An API: operations registered by type, behind the one pipeline.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::caller::CredentialSource;
use crate::clock::Clock;
use crate::http::{HttpRequest, HttpResponse};
use crate::ids::{AccountId, Region};
use crate::operation::Operation;
use crate::pipeline::{self, Handler};
use crate::protocol::Protocol;
use crate::recorder::Recorder;
use crate::work::ServiceState;
use futures::future::BoxFuture;

/// What an API is called, and where it is served.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// CloudTrail's `eventSource`, such as `kms.amazonaws.com`.
    pub event_source: &'static str,
    /// The service's name in the credential scope, such as `kms`.
    pub signing_name: &'static str,
    /// How requests and answers are encoded.
    pub protocol: Protocol,
    /// The Regions whose credential scope is accepted.
    pub regions: Vec<Region>,
    /// The account to which requests without a verified principal are attributed.
    pub home_account: AccountId,
    /// Only for calls between our services: its records are kept apart from the accounts' own.
    pub internal: bool,
    /// How long loading, deciding and running may take together.
    pub time_limit: Duration,
}

/// One registered operation.
#[derive(Clone, Copy, Debug)]
pub struct OperationInfo {
    /// Its name.
    pub name: &'static str,
    /// Its IAM action.
    pub action: &'static str,
    /// Whether it only reads.
    pub read_only: bool,
    /// Whether its requests must be signed.
    pub signed: bool,
    /// The members of its input.
    pub members: &'static [crate::shape::Member],
}

/// An API, ready to answer.
pub struct Api<S> {
    pub(crate) settings: ApiSettings,
    pub(crate) service: Arc<S>,
    pub(crate) credentials: Arc<dyn CredentialSource>,
    pub(crate) recorder: Recorder,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) operations: BTreeMap<&'static str, Box<dyn Handler<S>>>,
}

/// What a host needs to know of an API.
pub trait HttpApi: Send + Sync {
    /// Answers one request; never fails, never panics.
    fn handle<'a>(&'a self, request: HttpRequest<'a>) -> BoxFuture<'a, HttpResponse>;

    /// Whether requests to this path are its own, whatever they are signed for.
    fn claims_path(&self, _path: &str) -> bool {
        false
    }

    /// Names, Regions and protocol.
    fn settings(&self) -> &ApiSettings;

    /// All registered operations, by name.
    fn operations(&self) -> Vec<OperationInfo>;
}

/// Collects the operations of an API.
pub struct ApiBuilder<S> {
    api: Api<S>,
}

impl<S: ServiceState> ApiBuilder<S> {
    /// An API without operations.
    pub fn new(
        settings: ApiSettings,
        service: Arc<S>,
        credentials: Arc<dyn CredentialSource>,
        recorder: Recorder,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { api: Api { settings, service, credentials, recorder, clock, operations: BTreeMap::new() } }
    }

    /// Registers an operation under its name.
    #[must_use]
    pub fn operation<O: Operation<Service = S>>(mut self) -> Self {
        let handler = pipeline::handler::<O>(self.api.settings.signing_name);
        self.api.operations.insert(O::NAME, handler);
        self
    }

    /// The finished API.
    pub fn build(self) -> Arc<Api<S>> {
        Arc::new(self.api)
    }
}

impl<S: ServiceState> HttpApi for Api<S> {
    fn handle<'a>(&'a self, request: HttpRequest<'a>) -> BoxFuture<'a, HttpResponse> {
        Box::pin(pipeline::handle(self, request))
    }

    fn settings(&self) -> &ApiSettings {
        &self.settings
    }

    fn operations(&self) -> Vec<OperationInfo> {
        self.operations.values().map(|handler| handler.info()).collect()
    }
}
