//! Tells somebody over HTTPS.

use std::sync::Arc;

use keywright_aws_api::Clock;
use keywright_service::https::{self, Authorities};
use keywright_service::{ServiceError, SigningKeys};
use reqwest::StatusCode;

use super::section::WebhookSection;
use crate::error::AuditError;
use crate::store::notifications::Claimed;

/// One webhook.
pub struct Webhook {
    http: reqwest::Client,
    url: reqwest::Url,
    keys: SigningKeys,
    clock: Arc<dyn Clock>,
}

/// Why a webhook hasn't taken a notification. It shows nothing of what was sent, nor the address, which may be a secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebhookError {
    /// It answered with something else than success.
    #[error("it answered {}", .0.as_u16())]
    Status(StatusCode),
    /// It didn't answer in time.
    #[error("it did not answer in time")]
    TimeLimit,
    /// It can't be reached, or not securely.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
}

impl Webhook {
    /// The webhook of these settings.
    ///
    /// # Errors
    /// [`ServiceError`] for a key or an authority that can't be read, or an address that is none.
    pub fn new(section: &WebhookSection, clock: Arc<dyn Clock>) -> Result<Self, ServiceError> {
        let ca_file = section.ca_file.as_deref();
        let authorities = ca_file.map_or(Authorities::Web, Authorities::Only);
        let refused =
            |reason: String| ServiceError::own(AuditError::Webhook { name: section.name.clone(), reason });
        let http = https::client_builder(authorities)
            .map_err(|error| refused(format!("ca_file cannot be used: {error}")))?
            .https_only(true)
            .timeout(section.time_limit())
            .build()
            .map_err(|error| refused(error.without_url().to_string()))?;
        let url = section.url.parse().map_err(|_| refused("url is not a valid address".to_owned()))?;
        Ok(Self { http, url, keys: SigningKeys::read(&section.hmac_key_files)?, clock })
    }

    /// Sends a notification; it is taken if the answer is a success. The body of the answer isn't read.
    pub(super) async fn send(&self, notification: &Claimed) -> Result<(), WebhookError> {
        let timestamp = self.clock.now().unix_timestamp();
        let signature = self.keys.sign(notification.id, timestamp, &notification.body);
        let request = self
            .http
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("user-agent", concat!("keywright/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", notification.id.to_string())
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(notification.body.clone());
        let answer = request.send().await.map_err(|error| match error.is_timeout() {
            true => WebhookError::TimeLimit,
            false => WebhookError::Unreachable(crate::consumer::chain(&error.without_url())),
        })?;
        if answer.status().is_success() { Ok(()) } else { Err(WebhookError::Status(answer.status())) }
    }
}
