//! Looks again and again whether the stored versions log in.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::ask::Client;
use crate::case::Counts;
use crate::moments::Moments;
use crate::target::lets_in;

/// What was seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) looks: u64,
    pub(crate) violations: Vec<String>,
}

impl Seen {
    /// Counts the looks; gives the violations.
    pub(crate) fn add_to(self, counts: &mut Counts) -> Vec<String> {
        counts.looks += self.looks;
        self.violations
    }
}

/// Whom to look after.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) client: Client,
    pub(crate) target: SocketAddr,
    pub(crate) secret: String,
    /// Whether AWSPENDING may be the one that logs in, as is documented of a single user.
    pub(crate) pending_will_do: bool,
}

impl Watched {
    /// Looks until it is dropped; but not while a moment is awaited, as its own requests would be counted as moments.
    pub(crate) async fn keep_looking(self, seen: Rc<RefCell<Seen>>, moments: Arc<Moments>) {
        loop {
            if !moments.is_awaited()
                && let Some(logs_in) = self.look().await
            {
                let mut seen = seen.borrow_mut();
                seen.looks += 1;
                if !logs_in {
                    seen.violations.push(format!("{}: no stored version logs in", self.secret));
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether what must log in does; nothing while the service can't be asked.
    async fn look(&self) -> Option<bool> {
        // The version that was read may have been replaced before it was tried: then the next one is.
        for _ in 0..LOOKS {
            let current = self.value("AWSCURRENT").await?;
            if self.logs_in(&current).await {
                return Some(true);
            }
            if self.pending_will_do
                && let Some(pending) = self.value("AWSPENDING").await
                && self.logs_in(&pending).await
            {
                return Some(true);
            }
            if self.value("AWSCURRENT").await? == current && !self.pending_will_do {
                return Some(false);
            }
        }
        Some(false)
    }

    /// Whether the current version logs in.
    pub(crate) async fn current_logs_in(&self) -> Option<bool> {
        let current = self.value("AWSCURRENT").await?;
        Some(self.logs_in(&current).await)
    }

    async fn value(&self, stage: &str) -> Option<Value> {
        let input = json!({ "SecretId": self.secret, "VersionStage": stage });
        let (status, body) = self.client.call("GetSecretValue", &input).await.ok()?;
        if status != 200 {
            return None;
        }
        serde_json::from_str(body.get("SecretString")?.as_str()?).ok()
    }

    async fn logs_in(&self, value: &Value) -> bool {
        let text = |member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        lets_in(self.target, &text("username"), &text("password")).await
    }
}

const PAUSE: Duration = Duration::from_millis(30);
const LOOKS: usize = 3;
