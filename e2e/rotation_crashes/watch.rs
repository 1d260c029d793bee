//! Looks again and again whether the stored versions log in.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::ask::Client;
use crate::login::{Engine, Login, log_in};
use crate::moments::Moments;

/// What was seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) looks: u64,
    pub(crate) violations: Vec<String>,
}

/// Whom to look after.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) client: Client,
    pub(crate) secret: String,
    /// Where the secret logs in; none where no server knows of it.
    pub(crate) server: Option<(Engine, SocketAddr)>,
    /// Whether AWSPENDING may be the one that logs in.
    pub(crate) pending_will_do: bool,
}

impl Watched {
    /// Looks until it is dropped; but not while a moment is awaited, as its own requests would be counted as moments.
    pub(crate) async fn keep_looking(&self, seen: &RefCell<Seen>, moments: Arc<Moments>) {
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

    /// Whether the current version logs in; nothing while the service or the server can't be asked.
    pub(crate) async fn current_logs_in(&self) -> Option<bool> {
        self.logs_in(&self.value("AWSCURRENT").await?).await
    }

    /// Whether what must log in does; nothing while the service or the server can't be asked.
    async fn look(&self) -> Option<bool> {
        // The version that was read may have been replaced before it was tried: then the next one is.
        for _ in 0..LOOKS {
            let current = self.value("AWSCURRENT").await?;
            if self.logs_in(&current).await? {
                return Some(true);
            }
            if self.pending_will_do
                && let Some(pending) = self.value("AWSPENDING").await
                && self.logs_in(&pending).await?
            {
                return Some(true);
            }
            if self.value("AWSCURRENT").await? == current && !self.pending_will_do {
                return Some(false);
            }
        }
        Some(false)
    }

    async fn value(&self, stage: &str) -> Option<Value> {
        let mut input = json!({ "SecretId": self.secret });
        // The current version as an application asks for it, which may be answered from memory.
        if stage != "AWSCURRENT"
            && let Some(members) = input.as_object_mut()
        {
            members.insert("VersionStage".to_owned(), json!(stage));
        }
        let (status, body) = self.client.call("GetSecretValue", &input).await.ok()?;
        if status != 200 {
            return None;
        }
        serde_json::from_str(body.get("SecretString")?.as_str()?).ok()
    }

    async fn logs_in(&self, value: &Value) -> Option<bool> {
        let text = |member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        match self.server {
            Some((engine, address)) => {
                let (user, password) = (text("username"), text("password"));
                let login = log_in(engine, address, &user, &password);
                match tokio::time::timeout(LOGIN_LIMIT, login).await {
                    Ok(Login::Done) => Some(true),
                    Ok(Login::Refused) => Some(false),
                    // The server is away.
                    Ok(Login::Broken(_)) | Err(_) => None,
                }
            }
            // What no server knows is good if it is there.
            None => Some(!text("password").is_empty()),
        }
    }
}

const PAUSE: Duration = Duration::from_millis(30);
const LOGIN_LIMIT: Duration = Duration::from_secs(10);
const LOOKS: usize = 3;
