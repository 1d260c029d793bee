//! The cache in front of an identity that a test holds in its hands, under a clock that it turns.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use keywright_aws_api::{AccountId, CallerKind};
use keywright_policy::Principal;
use keywright_sigv4::{CredentialScope, SigningKey};
use time::macros::{date, datetime};
use tokio::sync::{Semaphore as Gate, watch};

use super::*;
use crate::identity::Changes;
use crate::identity::message::{Keep, PolicyFacts, PrincipalFacts, SessionFacts};

struct Hands {
    keys: Mutex<HashMap<String, Facts>>,
    down: std::sync::atomic::AtomicBool,
    asked: AtomicUsize,
    /// A question takes a permit; a closed gate lets nothing through.
    gate: Gate,
    /// The last change: its number, and of whom.
    told: watch::Sender<(i64, String)>,
}

impl Hands {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    fn put(&self, facts: Facts) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(facts.access_key_id.clone(), facts);
    }

    fn remove(&self, access_key_id: &str) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(access_key_id);
    }

    async fn answer(&self, access_key_id: &str) -> Result<Facts, NotAnswered> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let known = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(access_key_id).cloned();
        let _through = self.gate.acquire().await;
        if self.down.load(Ordering::SeqCst) {
            return Err(NotAnswered::unavailable("down"));
        }
        known.ok_or(NotAnswered::Unknown)
    }
}

struct ByHand(Arc<Hands>);

impl AskIdentity for ByHand {
    fn credential<'a>(
        &'a self,
        question: &'a CredentialQuestion,
    ) -> BoxFuture<'a, Result<CredentialAnswer, NotAnswered>> {
        Box::pin(async move {
            let facts = self.0.answer(&question.access_key_id).await?;
            Ok(CredentialAnswer { signing_key: SigningKey::from_bytes([7; 32]), facts })
        })
    }

    fn forwarded<'a>(&'a self, question: &'a ForwardQuestion) -> BoxFuture<'a, Result<Facts, NotAnswered>> {
        Box::pin(async move {
            match question.token.expose_secret().strip_prefix("token of ") {
                Some(access_key_id) if question.sender_access_key_id == "KWSSM" => {
                    self.0.answer(access_key_id).await
                }
                _ => Err(NotAnswered::InvalidToken),
            }
        })
    }

    fn changes(&self, after: Option<i64>) -> BoxFuture<'_, Result<Changes, NotAnswered>> {
        Box::pin(async move {
            let mut told = self.0.told.subscribe();
            let (cursor, subject) = loop {
                let (cursor, subject) = told.borrow_and_update().clone();
                if after.is_none_or(|after| cursor > after) {
                    break (cursor, subject);
                }
                told.changed().await.map_err(NotAnswered::unavailable)?;
            };
            Ok(Changes { cursor, subjects: vec![subject], everything: false })
        })
    }
}

#[derive(Default)]
struct TurnedClock(AtomicI64);

impl TurnedClock {
    fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-01-02 03:04:05 UTC) + time::Duration::seconds(self.0.load(Ordering::SeqCst))
    }
}

struct Fixture {
    hands: Arc<Hands>,
    clock: Arc<TurnedClock>,
    credentials: Arc<IdentityCredentials>,
    scope: CredentialScope,
}

impl Fixture {
    fn new() -> Self {
        let hands = Arc::new(Hands {
            keys: Mutex::default(),
            down: false.into(),
            asked: AtomicUsize::new(0),
            gate: Gate::new(1_000),
            told: watch::Sender::new((0, String::new())),
        });
        let clock = Arc::new(TurnedClock::default());
        let settings = CacheSettings { entries: 1_000, unknown_for: Duration::from_secs(2) };
        let credentials = IdentityCredentials::new(
            Arc::new(ByHand(Arc::clone(&hands))),
            settings,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Handle::current(),
        );
        let scope = CredentialScope {
            date: date!(2026 - 01 - 02),
            region: "us-east-1".to_owned(),
            service: "kms".to_owned(),
        };
        hands.put(facts("AKIAALICE", "alice"));
        Self { hands, clock, credentials: Arc::new(credentials), scope }
    }

    fn request<'a>(&'a self, access_key_id: &'a str) -> CredentialRequest<'a> {
        CredentialRequest { access_key_id, scope: &self.scope, session_token: None }
    }

    fn cached(&self, access_key_id: &str) -> Option<Arc<Credential>> {
        self.credentials.cached(self.request(access_key_id))
    }

    async fn resolve(&self, access_key_id: &str) -> Result<Arc<Credential>, CredentialError> {
        self.credentials.resolve(self.request(access_key_id)).await
    }

    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while !holds(self) {
            assert!(
                tokio::time::Instant::now() < deadline,
                "not in time: {what}; asked {}",
                self.hands.asked()
            );
            tokio::task::yield_now().await;
        }
    }

    fn idle(&self) -> bool {
        self.credentials.0.credentials.flights.is_empty()
    }
}

fn facts(access_key_id: &str, name: &str) -> Facts {
    Facts {
        principal: PrincipalFacts::User {
            account: AccountId::parse("111122223333").unwrap(),
            arn: format!("arn:aws:iam::111122223333:user/{name}"),
            user_name: name.to_owned(),
        },
        principal_id: format!("AIDA{name}"),
        access_key_id: access_key_id.to_owned(),
        policies: Vec::new(),
        boundary: None,
        tags: Vec::new(),
        session: None,
        forward_token: Some("token".to_owned()),
        keep: Keep { refresh_after_seconds: 45, fresh_seconds: 60, outage_seconds: 900, ends_at: None },
    }
}

#[tokio::test]
async fn an_answer_becomes_a_caller_and_is_served_without_asking_again() {
    let f = Fixture::new();
    assert!(f.cached("AKIAALICE").is_none());
    let credential = f.resolve("AKIAALICE").await.unwrap();
    let caller = &credential.caller;
    assert_eq!(caller.principal, Principal::user("arn:aws:iam::111122223333:user/alice", "111122223333"));
    assert_eq!(caller.kind, CallerKind::User { user_name: "alice".to_owned() });
    assert_eq!((caller.principal_id.as_str(), caller.access_key_id.as_str()), ("AIDAalice", "AKIAALICE"));
    assert!(Arc::ptr_eq(&f.cached("AKIAALICE").unwrap(), &credential));
    assert_eq!(f.hands.asked(), 1);

    let ssm = CredentialScope { service: "ssm".to_owned(), ..f.scope.clone() };
    assert!(f.credentials.cached(CredentialRequest { scope: &ssm, ..f.request("AKIAALICE") }).is_none());
    let with_token = CredentialRequest { session_token: Some("t"), ..f.request("AKIAALICE") };
    assert!(f.credentials.cached(with_token).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_the_same_ask_once() {
    let f = Arc::new(Fixture::new());
    let closed = f.hands.gate.acquire_many(1_000).await.unwrap();
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let f = Arc::clone(&f);
            tokio::spawn(async move { f.resolve("AKIAALICE").await.unwrap() })
        })
        .collect();
    f.until("the question is asked", |f| f.hands.asked() == 1).await;
    drop(closed);
    for task in waiting {
        assert_eq!(task.await.unwrap().caller.principal_id, "AIDAalice");
    }
    assert_eq!(f.hands.asked(), 1);
    assert!(f.idle());
}

#[tokio::test]
async fn a_question_outlives_the_request_that_asked_it() {
    let f = Fixture::new();
    let closed = f.hands.gate.acquire_many(1_000).await.unwrap();
    let impatient = tokio::time::timeout(Duration::from_millis(1), f.resolve("AKIAALICE")).await;
    assert!(impatient.is_err());
    drop(closed);
    f.until("the answer is kept", |f| f.cached("AKIAALICE").is_some()).await;
    assert_eq!(f.hands.asked(), 1);
}

#[tokio::test]
async fn an_answer_is_refreshed_before_it_is_stale_while_it_is_still_served() {
    let f = Fixture::new();
    f.resolve("AKIAALICE").await.unwrap();
    f.clock.set(44);
    assert!(f.cached("AKIAALICE").is_some());
    assert!(f.idle() && f.hands.asked() == 1);

    f.clock.set(45);
    f.hands.put(Facts { policies: vec![policy("kms:*")], ..facts("AKIAALICE", "alice") });
    let old = f.cached("AKIAALICE").unwrap();
    assert!(old.caller.policies.is_empty(), "the request that finds it ripe does not wait");
    assert!(f.cached("AKIAALICE").is_some());
    f.until("the new answer", |f| f.cached("AKIAALICE").unwrap().caller.policies.len() == 1).await;
    assert_eq!(f.hands.asked(), 2);
    f.clock.set(89);
    assert!(f.cached("AKIAALICE").is_some() && f.idle());
}

#[tokio::test]
async fn what_changes_at_identity_is_dropped_and_nothing_else() {
    let f = Fixture::new();
    let session = Facts {
        session: Some(SessionFacts {
            issuer_id: "AROAAPP".to_owned(),
            issued_at: 0,
            policies: None,
            source_identity: None,
            federated_provider: None,
            transitive_tag_keys: Vec::new(),
        }),
        ..facts("ASIAPOD", "pod")
    };
    f.hands.put(session);
    f.credentials.follow_changes(&Handle::current());
    // The first answer drops everything.
    f.until("it follows", |f| f.hands.told.receiver_count() > 0).await;
    for (number, subject, dropped) in [
        (1, "AIDAalice", "AKIAALICE"),
        (2, "AROAAPP", "ASIAPOD"),
        (3, "account:111122223333", "AKIAALICE"),
        (4, "something newer", "ASIAPOD"),
    ] {
        f.resolve("AKIAALICE").await.unwrap();
        f.resolve("ASIAPOD").await.unwrap();
        f.hands.told.send_replace((number, subject.to_owned()));
        f.until(subject, |f| f.cached(dropped).is_none()).await;
        let other = if dropped == "AKIAALICE" { "ASIAPOD" } else { "AKIAALICE" };
        assert_eq!(f.cached(other).is_some(), number < 3, "{subject} does not concern {other}");
    }
}

#[tokio::test]
async fn while_identity_is_away_the_known_are_served_up_to_the_bound() {
    let f = Fixture::new();
    f.resolve("AKIAALICE").await.unwrap();
    f.hands.set_down(true);
    f.clock.set(60);
    assert!(f.cached("AKIAALICE").is_none(), "the first one past its time waits for identity");
    assert!(f.resolve("AKIAALICE").await.is_ok());
    assert_eq!(f.hands.asked(), 2);
    for _ in 0..100 {
        assert!(f.cached("AKIAALICE").is_some(), "and then nobody does");
    }
    f.until("the one try of this second", |f| f.idle()).await;
    assert_eq!(f.hands.asked(), 3);
    assert!(matches!(f.resolve("AKIANEW").await, Err(CredentialError::Unavailable(_))));

    f.clock.set(899);
    assert!(f.cached("AKIAALICE").is_some());
    f.until("the try", |f| f.idle()).await;
    f.clock.set(900);
    assert!(f.cached("AKIAALICE").is_none());
    assert!(matches!(f.resolve("AKIAALICE").await, Err(CredentialError::Unavailable(_))));

    f.hands.set_down(false);
    assert!(f.resolve("AKIAALICE").await.is_ok());
    assert!(f.cached("AKIAALICE").is_some());
}

#[tokio::test]
async fn a_key_that_is_revoked_is_dropped_with_the_next_answer() {
    let f = Fixture::new();
    f.resolve("AKIAALICE").await.unwrap();
    f.hands.remove("AKIAALICE");
    f.clock.set(45);
    assert!(f.cached("AKIAALICE").is_some());
    f.until("it is gone", |f| f.cached("AKIAALICE").is_none()).await;
    assert!(matches!(f.resolve("AKIAALICE").await, Err(CredentialError::Unknown)));
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_once_in_two_seconds() {
    let f = Fixture::new();
    for _ in 0..10 {
        assert!(matches!(f.resolve("AKIABOB").await, Err(CredentialError::Unknown)));
    }
    assert_eq!(f.hands.asked(), 1);
    f.hands.put(facts("AKIABOB", "bob"));
    f.clock.set(2);
    assert!(f.resolve("AKIABOB").await.is_ok());
}

#[tokio::test]
async fn a_flood_of_made_up_keys_neither_fills_nor_empties_the_cache() {
    let f = Fixture::new();
    f.resolve("AKIAALICE").await.unwrap();
    for n in 0..UNKNOWN_CAPACITY + 2_000 {
        let made_up = format!("AKIA{n:016}");
        assert!(matches!(f.resolve(&made_up).await, Err(CredentialError::Unknown)));
    }
    assert_eq!(f.credentials.kept(), 1);
    assert_eq!(f.credentials.0.unknown.len(), UNKNOWN_CAPACITY);
    let asked = f.hands.asked();
    assert!(f.cached("AKIAALICE").is_some());
    assert_eq!(f.hands.asked(), asked);
}

#[tokio::test]
async fn keys_for_far_days_are_not_asked_for() {
    let f = Fixture::new();
    for date in [date!(2025 - 12 - 20), date!(2026 - 01 - 05)] {
        let scope = CredentialScope { date, ..f.scope.clone() };
        let request = CredentialRequest { scope: &scope, ..f.request("AKIAALICE") };
        assert!(f.credentials.resolve(request).await.is_err());
    }
    assert_eq!(f.hands.asked(), 0);
    assert!(f.resolve("AKIAALICE").await.is_ok(), "nor is the access key held to be unknown");
}

#[tokio::test]
async fn what_is_invalidated_is_asked_for_again() {
    let f = Fixture::new();
    f.hands.put(facts("AKIABOB", "bob"));
    f.resolve("AKIAALICE").await.unwrap();
    f.resolve("AKIABOB").await.unwrap();
    f.credentials.invalidate("AIDAalice");
    assert!(f.cached("AKIAALICE").is_none());
    assert!(f.cached("AKIABOB").is_some());
    f.credentials.invalidate_all();
    assert!(f.cached("AKIABOB").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_before_an_invalidation_is_not_kept() {
    let f = Arc::new(Fixture::new());
    let closed = f.hands.gate.acquire_many(1_000).await.unwrap();
    let asking = tokio::spawn({
        let f = Arc::clone(&f);
        async move { f.resolve("AKIAALICE").await }
    });
    f.until("the question is asked", |f| f.hands.asked() == 1).await;
    f.credentials.invalidate("AIDAalice");
    drop(closed);
    assert!(asking.await.unwrap().is_ok());
    assert!(f.cached("AKIAALICE").is_none());
    assert_eq!(f.credentials.kept(), 0);
}

#[tokio::test]
async fn a_policy_that_is_not_understood_makes_no_credential() {
    let f = Fixture::new();
    let unreadable = PolicyFacts { name: "p".to_owned(), arn: None, document: "{}".to_owned() };
    f.hands.put(Facts { policies: vec![unreadable], ..facts("AKIAALICE", "alice") });
    assert!(matches!(f.resolve("AKIAALICE").await, Err(CredentialError::Unavailable(_))));
}

#[tokio::test]
async fn forward_tokens_are_kept_by_token_and_sender_until_they_end() {
    let f = Fixture::new();
    let end = f.clock.now().unix_timestamp() + 30;
    let keep = Keep { ends_at: Some(end), ..facts("", "").keep };
    f.hands.put(Facts { keep, ..facts("AKIAALICE", "alice") });
    let (ssm, other) = (service("KWSSM"), service("KWOTHER"));
    for _ in 0..3 {
        let caller = f.credentials.forwarded("token of AKIAALICE", &ssm).await.unwrap();
        assert_eq!(caller.principal_id, "AIDAalice");
    }
    assert_eq!(f.hands.asked(), 1);
    let stolen = f.credentials.forwarded("token of AKIAALICE", &other).await;
    assert!(matches!(stolen, Err(CredentialError::InvalidToken)));

    f.hands.set_down(true);
    f.clock.set(29);
    assert!(f.credentials.forwarded("token of AKIAALICE", &ssm).await.is_ok());
    f.clock.set(30);
    let ended = f.credentials.forwarded("token of AKIAALICE", &ssm).await;
    assert!(matches!(ended, Err(CredentialError::Unavailable(_))));
}

fn policy(action: &str) -> PolicyFacts {
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#
    );
    PolicyFacts { name: "inline".to_owned(), arn: None, document }
}

fn service(access_key_id: &str) -> Caller {
    Caller {
        principal: Principal::service("ssm.amazonaws.com"),
        account: None,
        kind: CallerKind::Service { name: "ssm.amazonaws.com".to_owned() },
        principal_id: "ssm.amazonaws.com".to_owned(),
        access_key_id: access_key_id.to_owned(),
        ..Caller::anonymous()
    }
}
