//! One kind of rotation, struck at each of its moments in one way.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::moments::Strike;
use crate::stack::{Between, Stack};
use crate::watch::{Seen, Watched};

/// What is rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One user, by a function of the harness.
    OwnFunction,
    /// One user, by the built-in function.
    SingleUser,
    /// Two users in turns, by the built-in function.
    AlternatingUsers,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::OwnFunction, Self::SingleUser, Self::AlternatingUsers];

    /// Where the service can be struck.
    pub(crate) fn places(self) -> &'static [Between] {
        match self {
            Self::OwnFunction => &[Between::OwnDatabase, Between::Function],
            Self::SingleUser | Self::AlternatingUsers => &[Between::OwnDatabase, Between::Target],
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OwnFunction => "own-function",
            Self::SingleUser => "single-user",
            Self::AlternatingUsers => "alternating-users",
        }
    }
}

/// What was tried and seen.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) moments: u64,
    pub(crate) restarts: u64,
    pub(crate) looks: u64,
    pub(crate) violations: Vec<String>,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.moments += other.moments;
        self.restarts += other.restarts;
        self.looks += other.looks;
    }
}

/// Strikes at these moments of a rotation, each of another one, until one ends unstruck.
pub(crate) async fn all_moments(
    stack: &mut Stack,
    kind: Kind,
    between: Between,
    strike: Strike,
    moments: impl Iterator<Item = u64>,
) -> Result<Counts> {
    let secret = stack.secret_of(kind).await?;
    let watched = Watched {
        client: stack.secrets(),
        target: stack.target(),
        secret: secret.clone(),
        pending_will_do: kind != Kind::AlternatingUsers,
    };
    let mut counts = Counts::default();
    for at in moments {
        ensure!(at < MOST_MOMENTS, "a rotation that never ends unstruck");
        let seen = Rc::new(RefCell::new(Seen::default()));
        let looking = watched.clone().keep_looking(Rc::clone(&seen), Arc::clone(stack.moments(between)));
        let before = stack.restarts;
        let struck = tokio::select! {
            struck = one_moment(stack, &watched, between, strike, at) => struck?,
            () = looking => bail!("the watch ended"),
        };
        counts.restarts += stack.restarts - before;
        let mut violations = seen.take().add_to(&mut counts);
        if watched.current_logs_in().await != Some(true) {
            violations.push(format!("{secret}: AWSCURRENT doesn't log in"));
        }
        let when = format!("{} {} at {at}", between.name(), strike.name());
        counts.violations.extend(violations.into_iter().map(|seen| format!("{when}: {seen}")));
        if !struck {
            return Ok(counts);
        }
        counts.moments += 1;
    }
    Ok(counts)
}

/// Rotates once, struck at this moment; whether the rotation had that moment.
async fn one_moment(
    stack: &mut Stack,
    watched: &Watched,
    between: Between,
    strike: Strike,
    at: u64,
) -> Result<bool> {
    let token = Uuid::new_v4().to_string();
    let rotate = json!({ "SecretId": watched.secret, "ClientRequestToken": token });
    let deadline = Instant::now() + LIMIT;
    stack.moments(between).arm(at, strike)?;
    let mut is_asked = false;
    loop {
        stack.see_that_it_runs().await?;
        if !is_asked {
            // The same request once more, as clients do: the token makes it one.
            let answer = watched.client.call("RotateSecret", &rotate).await;
            is_asked = matches!(answer, Ok((200, _)));
            if let Ok((status @ 400..=499, body)) = answer {
                bail!("RotateSecret at {at}: {status} {body}");
            }
        } else if is_done(watched, &token).await {
            return Ok(stack.moments(between).disarm());
        }
        if Instant::now() > deadline {
            let described =
                watched.client.call("DescribeSecret", &json!({ "SecretId": watched.secret })).await;
            bail!(
                "{} {} at {at}: not rotated in {LIMIT:?}: {described:?}\n{}",
                between.name(),
                strike.name(),
                stack.log()?
            );
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Whether the rotation that makes this version has ended.
async fn is_done(watched: &Watched, token: &str) -> bool {
    let input = json!({ "SecretId": watched.secret });
    let Ok((200, described)) = watched.client.call("DescribeSecret", &input).await else { return false };
    let labels = described.pointer(&format!("/VersionIdsToStages/{token}")).and_then(Value::as_array);
    let is_current = labels.is_some_and(|labels| labels.contains(&json!("AWSCURRENT")));
    // Until its end is stored, a rotation that is asked for is refused, or taken for the same.
    is_current
        && described.get("LastRotatedDate").and_then(Value::as_f64).is_some_and(|last| {
            let rotated = described.get("LastChangedDate").and_then(Value::as_f64).unwrap_or(f64::MAX);
            last >= rotated
        })
}

const LIMIT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);
const MOST_MOMENTS: u64 = 2_000;
