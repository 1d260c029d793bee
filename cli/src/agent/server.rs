//! The agent's HTTP side.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use keywright_aws_api::{Clock, SystemClock};
use serde_json::json;
use time::format_description::well_known::Rfc3339;

use super::cache::Cache;
use super::error::AgentError;
use super::exchange::{Credentials, Exchange, StsClient};
use super::roles::Roles;
use super::token::ServiceAccount;

/// What answers.
pub(crate) struct Agent {
    pub(crate) sts: StsClient,
    pub(crate) roles: Roles,
    pub(crate) duration_seconds: u32,
    pub(crate) cache: Cache,
}

impl Agent {
    /// Credentials for the bearer of a token.
    async fn credentials(&self, token: &str) -> Result<Arc<Credentials>, AgentError> {
        let now = SystemClock.now();
        if let Some(kept) = self.cache.get_at(token, now) {
            return Ok(kept);
        }
        let account = ServiceAccount::of(token)?;
        let role_arn = self.roles.of(&account.name)?;
        let asked = Exchange {
            role_arn: &role_arn,
            session_name: &account.session_name,
            token,
            duration_seconds: self.duration_seconds,
        };
        let credentials = Arc::new(self.sts.assume_role(&asked).await?);
        self.cache.keep_at(token, account.expires_at, Arc::clone(&credentials), now);
        Ok(credentials)
    }
}

/// Serves until it is stopped. Must be called on a tokio runtime.
pub(crate) fn serve(agent: Agent, listener: TcpListener) -> std::io::Result<ServerHandle> {
    let agent = web::Data::new(agent);
    let server = HttpServer::new(move || {
        let credentials = web::resource(PATH).route(web::get().to(answer));
        App::new().app_data(agent.clone()).service(credentials)
    });
    let server = server.workers(1).shutdown_timeout(5).disable_signals().listen(listener)?.run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(handle)
}

async fn answer(request: HttpRequest, agent: web::Data<Agent>) -> HttpResponse {
    let token = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::trim);
    let token = token.map(|token| token.strip_prefix("Bearer ").unwrap_or(token));
    let found = match token.filter(|token| !token.is_empty()) {
        Some(token) => agent.credentials(token).await,
        None => Err(AgentError::NoToken),
    };
    match found {
        Ok(credentials) => HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(json!({
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key.expose_secret(),
            "Token": credentials.session_token.expose_secret(),
            "Expiration": credentials.expires_at.format(&Rfc3339).unwrap_or_default(),
        })),
        Err(error) => {
            let (status, code) = error.code();
            let cause = keywright_aws_api::error::chain(&error);
            tracing::warn!(status, code, cause, "no credentials are given");
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            HttpResponse::build(status).json(json!({ "code": code, "message": error.to_string() }))
        }
    }
}

/// As the agent of EKS Pod Identity has it.
const PATH: &str = "/v1/credentials";
