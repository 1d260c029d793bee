//! An application that reads its password before each connection, connects, and reads again when it was refused.

use std::cell::{Cell, RefCell};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::ask::Client;
use crate::kind::{Kind, WINDOW};
use crate::login::{Login, log_in};

/// What an application does, and what became of it.
#[derive(Default)]
pub(crate) struct Application {
    /// How often it has begun to read the secret, and has read it.
    begun: Cell<u64>,
    reads: Cell<u64>,
    pub(crate) logins: Cell<u64>,
    /// Logins that were refused at first, and not behind a new read.
    pub(crate) retried: Cell<u64>,
    /// The longest time from a refusal to a login.
    pub(crate) longest: Cell<Duration>,
    /// What should not have been.
    pub(crate) failed: RefCell<Vec<String>>,
    ends: Cell<bool>,
}

impl Application {
    /// Connects again and again until it is told to end.
    pub(crate) async fn run(&self, client: &Client, secret: &str, kind: Kind) -> Result<()> {
        while !self.ends.get() {
            let mut refused: Option<Instant> = None;
            loop {
                let read = Instant::now();
                let (version, value) = self.read(client, secret).await?;
                match log_in_by(kind, &value).await {
                    Login::Done => break,
                    Login::Refused => {
                        let since = *refused.get_or_insert_with(Instant::now);
                        if kind.window().is_none() {
                            let (now, _) = self.read(client, secret).await?;
                            self.failed.borrow_mut().push(format!(
                                "refused {:?} after reading version {version}; now it is {now}",
                                read.elapsed()
                            ));
                        }
                        if since.elapsed() > WINDOW {
                            self.failed.borrow_mut().push(format!("no login within {WINDOW:?}"));
                            break;
                        }
                        tokio::time::sleep(PAUSE).await;
                    }
                    Login::Broken(why) => {
                        self.failed.borrow_mut().push(why);
                        break;
                    }
                }
            }
            self.logins.set(self.logins.get() + 1);
            if let Some(since) = refused {
                self.retried.set(self.retried.get() + 1);
                self.longest.set(self.longest.get().max(since.elapsed()));
            }
        }
        Ok(())
    }

    /// Waits until it has read the secret anew, from now on: with what it has read before it is done then.
    pub(crate) async fn until_it_reads(&self) {
        let before = self.begun.get();
        while self.reads.get() <= before {
            tokio::time::sleep(POLL).await;
        }
    }

    pub(crate) fn end(&self) {
        self.ends.set(true);
    }

    async fn read(&self, client: &Client, secret: &str) -> Result<(String, Value)> {
        self.begun.set(self.begun.get() + 1);
        let answer = client.done("GetSecretValue", json!({ "SecretId": secret })).await?;
        self.reads.set(self.reads.get() + 1);
        let text =
            |member: &str| answer.get(member).and_then(Value::as_str).context("a member of the answer");
        Ok((text("VersionId")?.to_owned(), serde_json::from_str(text("SecretString")?)?))
    }
}

/// Logs in with what a secret says.
pub(crate) async fn log_in_by(kind: Kind, secret: &Value) -> Login {
    let text = |member: &str| secret.get(member).and_then(Value::as_str).unwrap_or_default();
    let port = secret.get("port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
    let address = (Ipv4Addr::LOCALHOST, port.unwrap_or_default()).into();
    log_in(kind.engine(), address, text("username"), text("password")).await
}

/// As an application waits before it tries again.
const PAUSE: Duration = Duration::from_millis(20);
const POLL: Duration = Duration::from_millis(2);
