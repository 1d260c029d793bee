//! One connection of the listener, from LISTEN until it fails.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use tokio_postgres::{AsyncMessage, Client};

use super::{Change, Listener};
use crate::connector::Messages;
use crate::metrics::{self, Gauged};
use crate::{StoreError, Unavailable};

/// Listens until the connection fails; calls `on_connected` once it hears.
pub(super) async fn run(
    listener: &Listener,
    on_connected: impl FnOnce() + Send,
) -> Result<Infallible, StoreError> {
    let (client, messages) = listener.connector.open().await?;
    let mut session = Session { listener, messages };
    let connected_at = Instant::now();
    session.within(LISTEN_TIMEOUT, client.batch_execute(&listen_to(&listener.channels))).await?;
    // Only now that nothing can be missed: what is read again from here on is kept up to date.
    (listener.handler)(Change::Resynchronize);
    listener.health.confirm(connected_at);
    on_connected();
    let _connected =
        Gauged::new(metrics::get().listener_connected.with_label_values(&[listener.database.as_str()]));
    session.beat(&client).await
}

struct Session<'a> {
    listener: &'a Listener,
    messages: Messages,
}

impl Session<'_> {
    /// Asks for a sign of life each second. A half-dead connection (a peer gone without a word) shows by silence.
    async fn beat(&mut self, client: &Client) -> Result<Infallible, StoreError> {
        loop {
            let asked_at = Instant::now();
            self.within(BEAT_TIMEOUT, client.batch_execute("SELECT 1")).await?;
            // The server had heard of every commit before the question when it answered.
            self.listener.health.confirm(asked_at);
            self.while_waiting(tokio::time::sleep(BEAT_INTERVAL)).await?;
        }
    }

    async fn within(
        &mut self,
        limit: Duration,
        statement: impl Future<Output = Result<(), tokio_postgres::Error>>,
    ) -> Result<(), StoreError> {
        match self.while_waiting(tokio::time::timeout(limit, statement)).await? {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(StoreError::Unavailable(Unavailable::NoAnswer)),
        }
    }

    /// Drives the connection, and hands on what it hears, until `done`.
    async fn while_waiting<T>(&mut self, done: impl Future<Output = T>) -> Result<T, StoreError> {
        let mut done = pin!(done);
        loop {
            tokio::select! {
                // Messages first: what arrived before an answer is handled before the answer counts.
                biased;
                message = self.messages.next() => self.hear(message)?,
                outcome = &mut done => return Ok(outcome),
            }
        }
    }

    fn hear(&self, message: Option<Result<AsyncMessage, tokio_postgres::Error>>) -> Result<(), StoreError> {
        match message {
            Some(Ok(AsyncMessage::Notification(notification))) => {
                let (channel, payload) =
                    (notification.channel().to_owned(), notification.payload().to_owned());
                (self.listener.handler)(Change::Notified { channel, payload });
                Ok(())
            }
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(error.into()),
            None => Err(StoreError::Unavailable(Unavailable::ConnectionLost)),
        }
    }
}

fn listen_to(channels: &[&str]) -> String {
    channels.iter().map(|channel| format!("LISTEN \"{}\";", channel.replace('"', "\"\""))).collect()
}

const LISTEN_TIMEOUT: Duration = Duration::from_secs(3);
const BEAT_INTERVAL: Duration = Duration::from_secs(1);
const BEAT_TIMEOUT: Duration = Duration::from_secs(1);
