//! Sends what is stored for one target, in the order of each resource, and forgets what was taken.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use keywright_crypto::Random;
use keywright_store::{Store, StoreError};
use tokio::sync::watch;

use super::backoff::pause;
use super::metrics::METRICS;
use super::section::NotificationsSection;
use super::target::{KAFKA, Target};
use super::topic::EventsTopic;
use super::webhook::Webhook;
use crate::consumer::chain;
use crate::store::notifications::{self, Claimed};

/// The task of one target. Those of several replicas share the work.
pub struct Publisher {
    store: Store,
    target: String,
    sender: Sender,
    lease: Duration,
    random: Arc<dyn Random>,
    news: watch::Receiver<()>,
}

enum Sender {
    Kafka(EventsTopic),
    Webhook(Webhook),
}

impl Publisher {
    /// Tells Kafka, whenever there are `news`.
    #[must_use]
    pub fn kafka(
        store: Store,
        topic: EventsTopic,
        random: Arc<dyn Random>,
        news: watch::Receiver<()>,
    ) -> Self {
        let lease = KAFKA_LEASE;
        Self { store, target: KAFKA.to_owned(), sender: Sender::Kafka(topic), lease, random, news }
    }

    /// Tells a webhook, which answers within `time_limit`.
    #[must_use]
    pub fn webhook(
        store: Store,
        target: Target,
        webhook: Webhook,
        time_limit: Duration,
        random: Arc<dyn Random>,
        news: watch::Receiver<()>,
    ) -> Self {
        let lease = time_limit + LEASE_BEYOND;
        Self { store, target: target.name, sender: Sender::Webhook(webhook), lease, random, news }
    }

    /// Sends what is there and what comes, until it is aborted.
    pub async fn run(mut self) {
        loop {
            match self.publish().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => {
                    tracing::warn!(target_name = self.target, error = %chain(&error), "notifications stay unsent for now");
                }
            }
            // Without news too: something may be due again, or another replica has ended.
            let changed = tokio::time::timeout(INTERVAL, self.news.changed()).await;
            if matches!(changed, Ok(Err(_))) {
                // Nobody brings news any more; what is stored is sent all the same.
                tokio::time::sleep(INTERVAL).await;
            }
        }
    }

    /// Sends some; says how many were tried.
    async fn publish(&self) -> Result<usize, StoreError> {
        let claimed = notifications::claim(&self.store, &self.target, BATCH, self.lease).await?;
        let outcomes = join_all(claimed.iter().map(|each| self.send(each))).await;
        let mut taken = Vec::with_capacity(claimed.len());
        for (each, outcome) in claimed.iter().zip(outcomes) {
            match outcome {
                Ok(()) => taken.push(each.sequence),
                Err(error) => self.postpone(each, &error).await?,
            }
        }
        if !taken.is_empty() {
            notifications::forget(&self.store, &self.target, &taken).await?;
            METRICS.delivered(&self.target, taken.len());
        }
        Ok(claimed.len())
    }

    async fn send(&self, notification: &Claimed) -> Result<(), String> {
        match &self.sender {
            Sender::Kafka(topic) => topic.send(notification).await.map_err(|error| chain(&error)),
            Sender::Webhook(webhook) => webhook.send(notification).await.map_err(|error| error.to_string()),
        }
    }

    async fn postpone(&self, notification: &Claimed, error: &str) -> Result<(), StoreError> {
        METRICS.failed(&self.target);
        let Claimed { id, attempt, sequence, .. } = notification;
        tracing::warn!(target_name = self.target, %id, attempt, error, "a notification was not taken; it is sent again");
        let pause = pause(*attempt, self.random.as_ref());
        // Postgres has no place for NUL.
        let error = error.replace('\0', "\u{fffd}");
        notifications::postpone(&self.store, &self.target, *sequence, pause, &error).await
    }
}

/// Gives up what webhooks don't take, and forgets that in the end.
pub struct Housekeeper {
    store: Store,
    retry: Duration,
    keep: Duration,
}

impl Housekeeper {
    /// With the times of the settings.
    #[must_use]
    pub fn new(store: Store, section: &NotificationsSection) -> Self {
        Self { store, retry: section.retry(), keep: section.keep() }
    }

    /// Does it every minute, until it is aborted.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.step().await {
                tracing::warn!(error = %chain(&error), "notifications could not be looked through");
            }
            tokio::time::sleep(HOUSEKEEPING).await;
        }
    }

    /// Does it once.
    ///
    /// # Errors
    /// Any [`StoreError`] of a statement.
    pub async fn step(&self) -> Result<(), StoreError> {
        for given_up in notifications::give_up(&self.store, self.retry).await? {
            METRICS.given_up(&given_up.target);
            tracing::error!(
                target_name = given_up.target,
                id = %given_up.id,
                attempts = given_up.attempts,
                last_error = given_up.last_error,
                "a notification was given up"
            );
        }
        notifications::purge(&self.store, self.keep).await?;
        METRICS.pending(&notifications::pending(&self.store).await?);
        Ok(())
    }
}

/// How many are sent at a time.
const BATCH: i64 = 32;
const INTERVAL: Duration = Duration::from_secs(1);
const HOUSEKEEPING: Duration = Duration::from_secs(60);
/// Longer than the topic is waited for.
const KAFKA_LEASE: Duration = Duration::from_secs(60);
const LEASE_BEYOND: Duration = Duration::from_secs(20);
