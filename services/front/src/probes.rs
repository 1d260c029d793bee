//! `/healthz`, `/readyz` and `/metrics`, on a port of their own.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer, web};
use futures::future::try_join_all;
use keywright_service::ServiceError;
use keywright_service::host::{Hosted, bind};

use crate::backend::Backend;
use crate::routes::RouteTable;

pub(crate) fn serve(listen: SocketAddr, routes: Arc<RouteTable>) -> Result<Hosted, ServiceError> {
    let (listener, address) = bind(listen)?;
    let routes = web::Data::from(routes);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(routes.clone())
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

/// Ready is who reaches every service.
async fn readyz(routes: web::Data<RouteTable>) -> HttpResponse {
    match try_join_all(routes.backends().map(Backend::connects)).await {
        Ok(_) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
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
