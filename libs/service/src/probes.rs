//! `/healthz`, `/readyz` and `/metrics`, on a port of their own.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer, web};
use futures::future::BoxFuture;

use crate::error::ServiceError;
use crate::host::{Hosted, bind};

/// Says what keeps the service from serving, if anything does.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Serves the probes and the metrics.
///
/// # Errors
/// [`ServiceError::Listen`] when the address can't be had.
pub fn serve_probes(listen: SocketAddr, readiness: Readiness) -> Result<Hosted, ServiceError> {
    let (listener, address) = bind(listen)?;
    let readiness = web::Data::new(readiness);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(readiness.clone())
            .route("/healthz", web::get().to(healthz))
            .route("/readyz", web::get().to(readyz))
            .route("/metrics", web::get().to(metrics))
    })
    .workers(1)
    .shutdown_timeout(1)
    .disable_signals()
    .listen(listener)
    .map_err(|cause| ServiceError::Listen { address, cause })?;
    Ok(Hosted::spawn(server.run(), address))
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

async fn readyz(readiness: web::Data<Readiness>) -> HttpResponse {
    match readiness().await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        Err(reason) => {
            HttpResponse::ServiceUnavailable().content_type("text/plain").body(format!("{reason}\n"))
        }
    }
}

async fn metrics() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(keywright_telemetry::METRICS_CONTENT_TYPE)
        .body(keywright_telemetry::render_metrics())
}
