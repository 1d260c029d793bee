//! Principals of a test, without an identity service.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::BoxFuture;
use keywright_aws_api::{
    AccountId, Caller, CallerKind, Credential, CredentialError, CredentialRequest, CredentialSource,
    ForwardToken, Session,
};
use keywright_crypto::SecretString;
use keywright_policy::{Policy, PolicyDocument, Principal};
use keywright_sigv4::SigningKey;
use time::OffsetDateTime;

use super::ACCOUNT;

/// Access keys with their owners, all in memory. The secret of access key `K` is `secret-of-K`.
#[derive(Default)]
pub struct TestCredentials {
    callers: HashMap<String, Arc<Caller>>,
    down: AtomicBool,
}

/// A policy that allows everything.
pub const ADMINISTRATOR: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

impl TestCredentials {
    /// `AKIAADMIN` (user `admin`, may everything), `AKIANOBODY` (user `nobody`, may nothing), and services with keys
    /// `KWSSM` (`ssm.amazonaws.com`) and `KWSECRETS` (`secretsmanager.amazonaws.com`).
    #[must_use]
    pub fn standard() -> Self {
        Self::default()
            .user("AKIAADMIN", ACCOUNT, "admin", &[ADMINISTRATOR])
            .user("AKIANOBODY", ACCOUNT, "nobody", &[])
            .service("KWSSM", "ssm.amazonaws.com")
            .service("KWSECRETS", "secretsmanager.amazonaws.com")
    }

    /// Adds a user with these policies; its forward token is `forward-KEY`.
    ///
    /// # Panics
    /// When an account or policy isn't valid.
    #[must_use]
    pub fn user(mut self, access_key_id: &str, account: &str, name: &str, policies: &[&str]) -> Self {
        let caller = Caller {
            kind: CallerKind::User { user_name: name.to_owned() },
            principal_id: format!("AIDA{}", name.to_uppercase()),
            ..caller(
                access_key_id,
                Principal::user(format!("arn:aws:iam::{account}:user/{name}"), account),
                policies,
            )
        };
        self.callers.insert(access_key_id.to_owned(), Arc::new(caller));
        self
    }

    /// Adds the root user of an account.
    ///
    /// # Panics
    /// When the account isn't valid.
    #[must_use]
    pub fn root(mut self, access_key_id: &str, account: &str) -> Self {
        let principal = Principal::root(format!("arn:aws:iam::{account}:root"), account);
        self.callers.insert(access_key_id.to_owned(), Arc::new(caller(access_key_id, principal, &[])));
        self
    }

    /// Adds a session of a role with these policies.
    ///
    /// # Panics
    /// When an account or policy isn't valid.
    #[must_use]
    pub fn role_session(
        mut self,
        access_key_id: &str,
        account: &str,
        role: &str,
        session: &str,
        policies: &[&str],
    ) -> Self {
        let principal = Principal::role_session(
            format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
            format!("arn:aws:iam::{account}:role/{role}"),
            account,
        );
        let caller = Caller {
            kind: CallerKind::Role { role_name: role.to_owned(), session_name: session.to_owned() },
            principal_id: format!("AROA{}:{session}", role.to_uppercase()),
            session: Some(Session {
                issuer_id: format!("AROA{}", role.to_uppercase()),
                issued_at: OffsetDateTime::UNIX_EPOCH,
                policies: None,
                source_identity: None,
                federated_provider: None,
                transitive_tag_keys: Vec::new(),
            }),
            ..caller(access_key_id, principal, policies)
        };
        self.callers.insert(access_key_id.to_owned(), Arc::new(caller));
        self
    }

    /// Adds one of our services.
    #[must_use]
    pub fn service(mut self, access_key_id: &str, name: &str) -> Self {
        let caller = Caller {
            principal: Principal::service(name),
            account: None,
            kind: CallerKind::Service { name: name.to_owned() },
            principal_id: name.to_owned(),
            access_key_id: access_key_id.to_owned(),
            ..Caller::anonymous()
        };
        self.callers.insert(access_key_id.to_owned(), Arc::new(caller));
        self
    }

    /// The secret access key of an access key.
    #[must_use]
    pub fn secret_of(access_key_id: &str) -> String {
        format!("secret-of-{access_key_id}")
    }

    /// From now on nothing can be looked up, as when identity is down; nothing counts as cached either.
    pub fn go_down(&self) {
        self.down.store(true, Ordering::SeqCst);
    }
}

fn caller(access_key_id: &str, principal: Principal, policies: &[&str]) -> Caller {
    let policies = policies.iter().map(|text| {
        let document = PolicyDocument::parse(text).expect("a policy");
        Arc::new(Policy::compile(&document, "test"))
    });
    Caller {
        account: Some(AccountId::parse(&principal.account).expect("an account")),
        kind: CallerKind::Root,
        principal_id: principal.account.clone(),
        principal,
        access_key_id: access_key_id.to_owned(),
        policies: policies.collect(),
        forward_token: Some(ForwardToken::new(&format!("forward-{access_key_id}"))),
        ..Caller::anonymous()
    }
}

impl CredentialSource for TestCredentials {
    fn cached(&self, _request: CredentialRequest<'_>) -> Option<Arc<Credential>> {
        None
    }

    fn resolve<'a>(
        &'a self,
        request: CredentialRequest<'a>,
    ) -> BoxFuture<'a, Result<Arc<Credential>, CredentialError>> {
        Box::pin(async move {
            if self.down.load(Ordering::SeqCst) {
                return Err(CredentialError::Unavailable("identity is down".into()));
            }
            let caller = self.callers.get(request.access_key_id).ok_or(CredentialError::Unknown)?;
            let secret = SecretString::new(Self::secret_of(request.access_key_id));
            let scope = request.scope;
            let signing_key = SigningKey::derive(&secret, scope.date, &scope.region, &scope.service);
            Ok(Arc::new(Credential { signing_key, caller: Arc::clone(caller) }))
        })
    }

    fn forwarded<'a>(
        &'a self,
        token: &'a str,
        _service: &'a Caller,
    ) -> BoxFuture<'a, Result<Arc<Caller>, CredentialError>> {
        Box::pin(async move {
            let key = token.strip_prefix("forward-").ok_or(CredentialError::InvalidToken)?;
            self.callers.get(key).cloned().ok_or(CredentialError::InvalidToken)
        })
    }
}
