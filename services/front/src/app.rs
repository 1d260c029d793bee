//! The front, put together.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use futures::future::try_join_all;
use http::header::HeaderValue;
use keywright_crypto::SecretString;
use keywright_service::host::{Hosted, bind};
use keywright_service::probes::{Readiness, serve_probes};
use keywright_service::process::Serving;
use keywright_service::{ServiceError, read_secret};

use crate::backend::{Backend, BackendClient};
use crate::config::Config;
use crate::error::FrontError;
use crate::forward::{Front, forward};
use crate::routes::RouteTable;

/// A front that runs, until it is stopped.
pub struct Running {
    proxy: Hosted,
    probes: Hosted,
}

impl Running {
    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.proxy.address
    }

    /// Where the probes and metrics are.
    #[must_use]
    pub fn ops_address(&self) -> SocketAddr {
        self.probes.address
    }

    /// Takes no new requests, answers the running ones, and stops.
    pub async fn stop(self) {
        self.proxy.stop().await;
        self.probes.stop().await;
    }
}

impl Serving for Running {
    fn address(&self) -> SocketAddr {
        self.address()
    }

    fn ops_address(&self) -> SocketAddr {
        self.ops_address()
    }

    async fn stop(self) {
        self.stop().await;
    }
}

/// Starts the front. Must be called on a tokio runtime.
///
/// # Errors
/// [`FrontError`] when a setting can't be used or an address can't be had.
pub fn start(config: Config) -> Result<Running, FrontError> {
    let section = config.service;
    let routes = Arc::new(RouteTable::new(&config.front, section.region)?);
    let front_token = section.front_token_file.as_deref().map(read_secret).transpose()?;
    if front_token.is_none() {
        tracing::warn!(
            "service.front_token_file is not set: services will record the front's address as the client's"
        );
    }
    let front = web::Data::new(Front {
        routes: Arc::clone(&routes),
        front_token: front_token.as_ref().map(header_value).transpose()?,
        body_limit_bytes: section.body_limit_bytes,
        time_limit: Duration::from_millis(section.request_timeout_ms),
    });
    let probes = serve_probes(section.ops_listen, readiness(routes))?;
    let (listener, address) = bind(section.listen)?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(front.clone())
            // Made once for each worker.
            .app_data(web::Data::new(BackendClient::new()))
            .default_service(web::to(forward))
    })
    .workers(section.workers.max(1))
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_TIME_LIMIT)
    .shutdown_timeout(section.drain_seconds)
    .disable_signals()
    .listen(listener)
    .map_err(|cause| ServiceError::Listen { address, cause })?;
    Ok(Running { proxy: Hosted::spawn(server.run(), address), probes })
}

/// Ready is who reaches every service.
fn readiness(routes: Arc<RouteTable>) -> Readiness {
    Arc::new(move || {
        let routes = Arc::clone(&routes);
        Box::pin(async move { try_join_all(routes.backends().map(Backend::connects)).await.map(drop) })
    })
}

fn header_value(token: &SecretString) -> Result<HeaderValue, FrontError> {
    let mut value = HeaderValue::from_str(token.expose_secret()).map_err(|_| {
        ServiceError::own("the front token can't be a header's value: use letters and digits")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

const KEEP_ALIVE: Duration = Duration::from_secs(75);
const HEAD_TIME_LIMIT: Duration = Duration::from_secs(10);
