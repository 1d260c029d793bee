//! Who asks: verified principals, and where their credentials come from.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use keywright_policy::{Policy, Principal};
use keywright_sigv4::{CredentialScope, SigningKey};
use time::OffsetDateTime;

use crate::ids::AccountId;

/// A principal whose signature was verified, or whom a verified service acts for.
pub struct Caller {
    /// The principal as policies see it.
    pub principal: Principal,
    /// The account it belongs to; none for our own services.
    pub account: Option<AccountId>,
    /// What kind of principal, with the names which audit records show.
    pub kind: CallerKind,
    /// Its unique id, which is `aws:userid`: `AIDA...` for a user, the account id for a root user, `AROA...:name` for a
    /// session of a role, `account:name` for that of a federated user.
    pub principal_id: String,
    /// The access key that signed.
    pub access_key_id: String,
    /// Its identity-based policies, compiled.
    pub policies: Vec<Arc<Policy>>,
    /// Its permissions boundary, compiled.
    pub boundary: Option<Arc<Policy>>,
    /// Its tags, those of its session among them: the condition keys `aws:PrincipalTag/...`.
    pub tags: Vec<(String, String)>,
    /// What its temporary credentials add and take away.
    pub session: Option<Session>,
    /// What our service may pass on to another service to act for this caller.
    pub forward_token: Option<ForwardToken>,
}

/// The kinds of callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// An account's root user.
    Root,
    /// An IAM user.
    User {
        /// The user's friendly name.
        user_name: String,
    },
    /// A session of a role.
    Role {
        /// The role's friendly name.
        role_name: String,
        /// The session's name.
        session_name: String,
    },
    /// A session which a user, or an account's root user, made with `GetFederationToken`.
    FederatedUser {
        /// The name it was made for.
        user_name: String,
    },
    /// One of our own services.
    Service {
        /// Its service principal, such as `ssm.amazonaws.com`.
        name: String,
    },
    /// Nobody is known: a request to an operation that isn't signed.
    Anonymous,
}

/// Temporary credentials: what they were issued with.
#[derive(Clone, Debug)]
pub struct Session {
    /// The unique id of the role or user behind them.
    pub issuer_id: String,
    /// When they were issued: `aws:TokenIssueTime`.
    pub issued_at: OffsetDateTime,
    /// The session policies, compiled; `None` where it was made without. Together they allow what any of them does.
    pub policies: Option<Vec<Arc<Policy>>>,
    /// `aws:SourceIdentity`, which goes on to the sessions that are made by this one.
    pub source_identity: Option<String>,
    /// `aws:FederatedProvider`: the identity provider that vouched for whom the session is.
    pub federated_provider: Option<String>,
    /// The keys of the session tags that go on to the sessions that are made by this one.
    pub transitive_tag_keys: Vec<String>,
}

impl Caller {
    /// Who sends a request that isn't signed. No policy gives it anything.
    #[must_use]
    pub fn anonymous() -> Self {
        Self {
            principal: Principal::identity_provider("anonymous"),
            account: None,
            kind: CallerKind::Anonymous,
            principal_id: String::new(),
            access_key_id: String::new(),
            policies: Vec::new(),
            boundary: None,
            tags: Vec::new(),
            session: None,
            forward_token: None,
        }
    }

    /// The service principal, if this is one of our own services.
    #[must_use]
    pub fn service_name(&self) -> Option<&str> {
        match &self.kind {
            CallerKind::Service { name } => Some(name),
            CallerKind::Root
            | CallerKind::User { .. }
            | CallerKind::Role { .. }
            | CallerKind::FederatedUser { .. }
            | CallerKind::Anonymous => None,
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("arn", &self.principal.arn).finish_non_exhaustive()
    }
}

/// A short-lived token by which one of our services shows another for whom it acts.
///
/// It is bound to the service it was issued to: who steals it can't use it without that service's own key.
#[derive(Clone)]
pub struct ForwardToken(Arc<str>);

impl ForwardToken {
    /// Wraps a token which identity issued.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self(token.into())
    }

    /// The token, to be sent.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ForwardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForwardToken(redacted)")
    }
}

/// An access key's derived signing key for one scope, and its owner.
pub struct Credential {
    /// Good for one date, Region and service.
    pub signing_key: SigningKey,
    /// Who owns the access key.
    pub caller: Arc<Caller>,
}

/// What a credential is asked for.
#[derive(Clone, Copy)]
pub struct CredentialRequest<'a> {
    /// The access key which signed.
    pub access_key_id: &'a str,
    /// The scope it signed for.
    pub scope: &'a CredentialScope,
    /// The session token beside it.
    pub session_token: Option<&'a str>,
}

/// Why there is no credential.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// No such access key, or an inactive one.
    #[error("the access key does not exist or is not active")]
    Unknown,
    /// The session or forward token isn't valid here.
    #[error("the token is not valid")]
    InvalidToken,
    /// The session or forward token is past its time.
    #[error("the token has expired")]
    Expired,
    /// Identity can't be asked, and nothing usable is cached.
    #[error("credentials cannot be verified now")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
}

/// Where the pipeline gets credentials from: identity's own store, or a cache in front of identity.
pub trait CredentialSource: Send + Sync + 'static {
    /// What can be told without waiting.
    fn cached(&self, request: CredentialRequest<'_>) -> Option<Arc<Credential>>;

    /// Looks a credential up.
    fn resolve<'a>(
        &'a self,
        request: CredentialRequest<'a>,
    ) -> BoxFuture<'a, Result<Arc<Credential>, CredentialError>>;

    /// Whom `service`, already verified, acts for by this forward token.
    fn forwarded<'a>(
        &'a self,
        token: &'a str,
        service: &'a Caller,
    ) -> BoxFuture<'a, Result<Arc<Caller>, CredentialError>>;
}
