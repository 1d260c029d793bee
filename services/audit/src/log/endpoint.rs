//! `/log/checkpoint` and `/log/tile/...`: hashes and signatures, for anybody. Records are not here: they are for whom a
//! policy allows them, through the [admin API](super::admin).
//!
//! <https://c2sp.org/tlog-tiles>

use std::time::Duration;

use futures::future::BoxFuture;
use keywright_aws_api::error::chain;
use keywright_aws_api::{
    AccountId, ApiSettings, HttpApi, HttpRequest, HttpResponse, OperationInfo, Protocol, RequestId,
};
use keywright_store::Store;
use keywright_transparency_log::TileId;

use super::store;
use crate::error::AuditError;
use crate::service::EVENT_SOURCE;

/// The files of the log.
pub struct Endpoint {
    store: Store,
    settings: ApiSettings,
}

/// What is answered.
struct File {
    status: u16,
    content_type: &'static str,
    cache_control: &'static str,
    body: Vec<u8>,
}

impl Endpoint {
    /// The files of the log in this database.
    #[must_use]
    pub fn new(store: Store, home_account: AccountId, time_limit: Duration) -> Self {
        let settings = ApiSettings {
            event_source: EVENT_SOURCE,
            signing_name: SIGNING_NAME,
            protocol: Protocol::Json11 { target_prefix: TARGET_PREFIX },
            regions: Vec::new(),
            home_account,
            internal: true,
            time_limit,
        };
        Self { store, settings }
    }

    async fn answer(&self, request: &HttpRequest<'_>) -> File {
        let Some(name) = request.path.strip_prefix(PATH) else { return File::refusal(404, "not found\n") };
        if request.method != "GET" {
            return File::refusal(405, "files of the log are read only\n");
        }
        match tokio::time::timeout(self.settings.time_limit, self.file(name)).await {
            Ok(Ok(Some(file))) => file,
            Ok(Ok(None)) => File::refusal(404, "not found\n"),
            Ok(Err(error)) => {
                tracing::warn!(error = %chain(&error), "a file of the transparency log could not be read");
                File::refusal(503, "the log cannot be read now\n")
            }
            Err(_elapsed) => File::refusal(503, "the log cannot be read now\n"),
        }
    }

    async fn file(&self, name: &str) -> Result<Option<File>, AuditError> {
        let connection = self.store.connection().await?;
        if name == "checkpoint" {
            let newest = store::newest_checkpoint(&connection).await?;
            return Ok(newest.map(|newest| File {
                status: 200,
                content_type: TEXT,
                cache_control: "no-cache",
                body: newest.note.to_string().into_bytes(),
            }));
        }
        let Some(tile) = TileId::parse(name) else { return Ok(None) };
        let body = store::read_tile(&connection, tile).await?;
        Ok(body.map(|body| File {
            status: 200,
            content_type: "application/octet-stream",
            cache_control: "public, max-age=31536000, immutable",
            body,
        }))
    }
}

impl File {
    fn refusal(status: u16, text: &str) -> Self {
        Self { status, content_type: TEXT, cache_control: "no-store", body: text.as_bytes().to_vec() }
    }
}

impl HttpApi for Endpoint {
    fn handle<'a>(&'a self, request: HttpRequest<'a>) -> BoxFuture<'a, HttpResponse> {
        Box::pin(async move {
            let File { status, content_type, cache_control, body } = self.answer(&request).await;
            HttpResponse {
                status,
                content_type,
                cache_control: Some(cache_control),
                request_id: RequestId::generate(),
                error_type: None,
                body,
            }
        })
    }

    fn claims_path(&self, path: &str) -> bool {
        path.starts_with(PATH)
    }

    fn settings(&self) -> &ApiSettings {
        &self.settings
    }

    /// None: there is nothing to be authorized.
    fn operations(&self) -> Vec<OperationInfo> {
        Vec::new()
    }
}

const PATH: &str = "/log/";
const TEXT: &str = "text/plain; charset=utf-8";
/// No request is signed for it.
const SIGNING_NAME: &str = "keywright-audit-log";
const TARGET_PREFIX: &str = "KeywrightAuditLog";
