//! A running audit service, or the front before it.

use std::ops::Range;
use std::time::Duration;

use keywright_service::client::http_client;
use keywright_service::{CallError, ServiceClient};
use keywright_transparency_log::TileId;
use serde_json::json;

use super::error::VerifyError;
use super::source::LogSource;
use crate::log::wire::{LogBlock, LogDays, LogEntries, LogLeaves, Stray, Strays};

/// A log that is served.
pub struct Online {
    admin: ServiceClient,
    endpoint: String,
}

impl Online {
    /// The log behind this URL; `admin` asks [its API](crate::admin).
    #[must_use]
    pub fn new(endpoint: &str, admin: ServiceClient) -> Self {
        Self { admin, endpoint: endpoint.trim_end_matches('/').to_owned() }
    }

    async fn file(&self, path: &str) -> Result<Option<Vec<u8>>, VerifyError> {
        let url = format!("{}/log/{path}", self.endpoint);
        let http = http_client(TIME_LIMIT).map_err(CallError::Unavailable)?;
        let fetch =
            |cause: Box<dyn std::error::Error + Send + Sync>| VerifyError::Fetch { url: url.clone(), cause };
        let answer = http.get(&url).send().await.map_err(|error| fetch(error.into()))?;
        match answer.status().as_u16() {
            200 => Ok(Some(answer.bytes().await.map_err(|error| fetch(error.into()))?.to_vec())),
            404 => Ok(None),
            status => Err(VerifyError::Status { url, status }),
        }
    }
}

impl LogSource for Online {
    async fn checkpoint(&self) -> Result<Option<String>, VerifyError> {
        let file = self.file("checkpoint").await?;
        Ok(file.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    async fn tile(&self, id: TileId) -> Result<Option<Vec<u8>>, VerifyError> {
        self.file(&id.path()).await
    }

    async fn blocks(&self, first_leaf: u64, size: u64) -> Result<Vec<LogBlock>, VerifyError> {
        let input = json!({ "FirstLeaf": first_leaf, "TreeSize": size });
        let entries: LogEntries = self.admin.call("GetLogEntries", &input, None).await?;
        Ok(entries.blocks)
    }

    async fn leaves_of(&self, from: &str, to: &str, size: u64) -> Result<Option<Range<u64>>, VerifyError> {
        let input = json!({ "FromDay": from, "ToDay": to, "TreeSize": size });
        let leaves: LogLeaves = self.admin.call("FindLogLeaves", &input, None).await?;
        Ok((leaves.from < leaves.to).then_some(leaves.from..leaves.to))
    }

    async fn days(&self) -> Result<LogDays, VerifyError> {
        Ok(self.admin.call("GetLogDays", &json!({}), None).await?)
    }

    async fn strays(&self, day: &str) -> Result<Vec<Stray>, VerifyError> {
        let (mut found, mut input) = (Vec::new(), json!({ "Day": day }));
        loop {
            let answer: Strays = self.admin.call("ListStrays", &input, None).await?;
            found.extend(answer.strays);
            match answer.next_block {
                Some(next) => input = json!({ "Day": day, "FromBlock": next }),
                None => return Ok(found),
            }
        }
    }
}

const TIME_LIMIT: Duration = Duration::from_secs(30);
