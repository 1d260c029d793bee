//! One service behind the front.

use std::time::Duration;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::net::TcpStream;

use bytes::Bytes;

/// Where one service in one Region is.
pub(crate) struct Backend {
    name: String,
    authority: Authority,
}

impl Backend {
    /// Of a base URL such as `http://kms:8080`: plain HTTP, no path.
    pub(crate) fn parse(name: &str, address: &str) -> Option<Self> {
        let uri: Uri = address.parse().ok()?;
        let is_base = uri.scheme() == Some(&Scheme::HTTP) && uri.path() == "/" && uri.query().is_none();
        let authority = uri.authority().filter(|authority| is_base && !authority.host().is_empty())?.clone();
        Some(Self { name: name.to_owned(), authority })
    }

    /// The route's name, for logs and metrics.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The URI of a request to it; path and query stay as they are.
    pub(crate) fn uri(&self, path_and_query: &str) -> Result<Uri, http::Error> {
        Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.authority.clone())
            .path_and_query(PathAndQuery::try_from(path_and_query)?)
            .build()
    }

    /// Whether it takes connections.
    pub(crate) async fn connects(&self) -> Result<(), String> {
        let address =
            (self.authority.host().trim_matches(['[', ']']), self.authority.port_u16().unwrap_or(80));
        match tokio::time::timeout(CONNECT_TIME_LIMIT, TcpStream::connect(address)).await {
            Ok(Ok(_connection)) => Ok(()),
            Ok(Err(error)) => Err(format!("{} does not take connections: {error}", self.name)),
            Err(_elapsed) => Err(format!("{} does not take connections in time", self.name)),
        }
    }
}

/// Connections to the backends, kept. Each worker thread has its own, so that no lock is shared.
pub(crate) struct BackendClient(Client<HttpConnector, Full<Bytes>>);

impl BackendClient {
    pub(crate) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIME_LIMIT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME_LIMIT)
            .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
            .build(connector);
        Self(client)
    }

    /// Sends a request; the answer's body is still to come.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, ClientError> {
        self.0.request(request).await
    }
}

const CONNECT_TIME_LIMIT: Duration = Duration::from_secs(2);
/// Below the 75 seconds after which a service closes an idle connection, so that none is used while it is being closed.
const IDLE_TIME_LIMIT: Duration = Duration::from_secs(30);
const MAX_IDLE_CONNECTIONS: usize = 256;
