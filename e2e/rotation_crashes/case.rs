//! One kind of rotation, struck at its moments in one way.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kind::Kind;
use crate::moments::Moments;
use crate::plan::Case;
use crate::stack::Stack;
use crate::watch::{Seen, Watched};

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
        self.violations.extend(other.violations.iter().cloned());
    }
}

/// A case that several stacks share.
pub(crate) struct Shared {
    pub(crate) case: Case,
    pub(crate) counts: RefCell<Counts>,
    /// The first moment that a rotation ended without.
    end: Cell<u64>,
    /// How many stacks are done with it.
    pub(crate) done: Cell<u64>,
    /// How long they took, added up.
    pub(crate) took: Cell<Duration>,
}

impl Shared {
    pub(crate) fn new(case: Case) -> Self {
        Self {
            case,
            counts: RefCell::default(),
            end: Cell::new(MOST_MOMENTS),
            done: Cell::default(),
            took: Cell::default(),
        }
    }

    /// Strikes at the moments that fall to one stack, each of another rotation, until one ends unstruck.
    pub(crate) async fn strike_share(&self, stack: &mut Stack, job: u64, jobs: u64) -> Result<()> {
        let began = Instant::now();
        let mut at_hand = None;
        for at in self.case.moments_of(job, jobs).take_while(|at| *at < self.end.get()) {
            let watched = match at_hand.take() {
                Some(watched) => watched,
                None => watch(stack, self.case.kind).await?,
            };
            let one = self.strike_one(stack, &watched, at).await?;
            // What has gone wrong of one secret is not to be seen of the next moment.
            if one.is_clean && !self.case.kind.is_first {
                at_hand = Some(watched);
            }
            if !one.is_struck && one.is_clean {
                self.end.set(self.end.get().min(at));
            }
            ensure!(at + 1 < MOST_MOMENTS, "{}: a rotation that never ends unstruck", self.case.name());
        }
        self.done.set(self.done.get() + 1);
        self.took.set(self.took.get() + began.elapsed());
        Ok(())
    }

    /// A case without a moment would pass whatever happens.
    pub(crate) fn see_that_it_was_struck(&self) {
        let mut counts = self.counts.borrow_mut();
        if counts.moments == 0 {
            counts.violations.push(format!("{}: was never struck", self.case.name()));
        }
    }

    async fn strike_one(&self, stack: &mut Stack, watched: &Watched, at: u64) -> Result<One> {
        let moments = stack.moments(self.case.kind, self.case.between)?;
        let seen = RefCell::new(Seen::default());
        let restarts_before = stack.restarts;
        moments.arm(at, self.case.strike)?;
        let failure = tokio::select! {
            failure = rotate(stack, self.case.kind, watched, &moments) => failure?,
            () = watched.keep_looking(&seen, Arc::clone(&moments)) => bail!("the watch ended"),
        };
        let is_struck = moments.disarm();
        let Seen { looks, mut violations } = seen.into_inner();
        violations.extend(failure);
        match current_logs_in(stack, watched).await? {
            Some(true) => {}
            Some(false) => violations.push(format!("{}: AWSCURRENT doesn't log in", watched.secret)),
            None => violations.push(format!("{}: nobody tells whether AWSCURRENT logs in", watched.secret)),
        }
        let mut counts = self.counts.borrow_mut();
        counts.moments += u64::from(is_struck);
        counts.restarts += stack.restarts - restarts_before;
        counts.looks += looks;
        let is_clean = violations.is_empty();
        let when = format!("{} --at {at} ({})", self.case.name(), moments.struck());
        for seen in violations {
            let violation = format!("{when}: {seen}");
            // At once: a long run may be ended before its end.
            eprintln!("rotation-crashes: VIOLATION: {violation}");
            counts.violations.push(violation);
        }
        Ok(One { is_struck, is_clean })
    }
}

/// Whether the current version logs in, as soon as service and server tell; nothing if they don't. What was struck last may
/// have ended the service when the rotation was over.
async fn current_logs_in(stack: &mut Stack, watched: &Watched) -> Result<Option<bool>> {
    let deadline = Instant::now() + CURRENT_LIMIT;
    loop {
        stack.see_that_it_runs().await?;
        let logs_in = watched.current_logs_in().await;
        if logs_in.is_some() || Instant::now() > deadline {
            return Ok(logs_in);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// What came of one rotation.
struct One {
    /// Whether it had the moment.
    is_struck: bool,
    /// Whether nothing was wrong.
    is_clean: bool,
}

/// Whom to watch next. What was struck last may break the service or its server only now, as a strike behind an answer comes
/// late, and a server takes a while to crash: then another secret is made.
async fn watch(stack: &mut Stack, kind: &Kind) -> Result<Watched> {
    let deadline = Instant::now() + CURRENT_LIMIT;
    let secret = loop {
        stack.see_that_it_runs().await?;
        match stack.secret_of(kind).await {
            Ok(secret) => break secret,
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(error) => eprintln!("rotation-crashes: no secret to rotate yet: {error:#}"),
        }
        tokio::time::sleep(POLL).await;
    };
    let target = kind.engine.and_then(|engine| stack.target(engine));
    Ok(Watched {
        client: stack.secrets(),
        secret,
        server: target.map(|target| (target.administrator.engine, target.administrator.address)),
        pending_will_do: kind.pending_will_do,
    })
}

/// Rotates once, whatever happens meanwhile; what kept it from an end, if anything did.
async fn rotate(
    stack: &mut Stack,
    kind: &Kind,
    watched: &Watched,
    moments: &Moments,
) -> Result<Option<String>> {
    let token = Uuid::new_v4().to_string();
    let request = kind.rotate_request(&watched.secret, &token, &Stack::function_arn(kind));
    let deadline = Instant::now() + LIMIT;
    let mut is_asked = false;
    loop {
        stack.see_that_it_runs().await?;
        if !is_asked {
            // The same request once more, as clients do: the token makes it one.
            let answer = watched.client.call("RotateSecret", &request).await;
            is_asked = matches!(answer, Ok((200, _)));
            if let Ok((status @ 400..=499, body)) = answer {
                return Ok(Some(format!("RotateSecret: {status} {body}")));
            }
        } else if is_done(watched, &token).await {
            return Ok(None);
        }
        if Instant::now() > deadline {
            moments.disarm();
            let input = json!({ "SecretId": watched.secret });
            let described = watched.client.call("DescribeSecret", &input).await;
            return Ok(Some(format!("not rotated in {LIMIT:?}: {described:?}\n{}", stack.log()?)));
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
const CURRENT_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);
const MOST_MOMENTS: u64 = 2_000;
