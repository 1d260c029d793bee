//! The messages between identity and the other services: JSON in PascalCase.

use std::fmt;

use keywright_aws_api::AccountId;
use keywright_aws_api::shape::Blob;
use keywright_policy::Principal;
use serde::{Deserialize, Serialize};

/// The input of `ResolveCredential`: the derived signing key of an access key, and who owns it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResolveCredential<'a> {
    /// The access key.
    pub access_key_id: &'a str,
    /// The day of the scope, `yyyymmdd`.
    pub date: &'a str,
    /// The Region of the scope.
    pub region: &'a str,
    /// The service of the scope; identity refuses those that aren't the asking service's.
    pub service: &'a str,
    /// The session token that was sent beside the access key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_token: Option<&'a str>,
    /// Fresh random bytes, to which the answer is bound.
    pub nonce: Blob,
}

/// The input of `ResolveForwardToken`: for whom a service acts.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResolveForwardToken<'a> {
    /// The token.
    pub token: &'a str,
    /// The access key of the service that showed it, which the asking service has verified.
    pub sender_access_key_id: &'a str,
    /// Fresh random bytes, to which the answer is bound.
    pub nonce: Blob,
}

/// The input of `AwaitChanges`: what has changed.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AwaitChanges {
    /// The number of the last change that is known. Without one, the answer is the number of the last one there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// Fresh random bytes, to which the answer is bound.
    pub nonce: Blob,
}

/// The output of all: sealed for the asking service, see [`seal_answer`](super::seal_answer).
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SealedAnswer {
    /// Behind the seal: for `ResolveCredential` the 32 bytes of the signing key, and with `ResolveForwardToken` the JSON of [`Facts`]; for
    /// `AwaitChanges` that of [`Changes`](super::Changes).
    pub sealed_answer: Blob,
}

/// What identity knows of a principal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Facts {
    /// Who it is.
    pub principal: PrincipalFacts,
    /// Its unique id: `AIDA...` for a user, the account's id for a root user, the name of a service, `AROA...:name` for a
    /// session of a role, `account:name` for that of a federated user.
    pub principal_id: String,
    /// The access key that signed.
    pub access_key_id: String,
    /// Its identity-based policies.
    pub policies: Vec<PolicyFacts>,
    /// Its permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<PolicyFacts>,
    /// Its tags, those of its session among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    /// What its temporary credentials add and take away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionFacts>,
    /// By which the asking service may act for it at other services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_token: Option<String>,
    /// How long all this may be kept.
    pub keep: Keep,
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("principal", &self.principal)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

/// Who a principal is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "Type", rename_all_fields = "PascalCase")]
pub enum PrincipalFacts {
    /// An account's root user.
    Root {
        /// The account.
        account: AccountId,
        /// Its ARN.
        arn: String,
    },
    /// A user.
    User {
        /// The account.
        account: AccountId,
        /// Its ARN.
        arn: String,
        /// Its name.
        user_name: String,
    },
    /// A session of a role.
    Role {
        /// The account.
        account: AccountId,
        /// The role's ARN.
        role_arn: String,
        /// The role's name.
        role_name: String,
        /// The session's name.
        session_name: String,
    },
    /// A session made with `GetFederationToken`.
    FederatedUser {
        /// The account.
        account: AccountId,
        /// The ARN of who made it.
        issuer_arn: String,
        /// The name it was made for.
        user_name: String,
    },
    /// One of our own services.
    Service {
        /// Its name, such as `ssm.amazonaws.com`.
        name: String,
    },
}

impl PrincipalFacts {
    /// The principal as policies see it. A session is of the partition of who is behind it.
    #[must_use]
    pub fn to_principal(&self) -> Principal {
        match self {
            Self::Root { account, arn } => Principal::root(arn, account.as_str()),
            Self::User { account, arn, .. } => Principal::user(arn, account.as_str()),
            Self::Role { account, role_arn, role_name, session_name } => {
                let arn =
                    session_arn(role_arn, *account, &format!("assumed-role/{role_name}/{session_name}"));
                Principal::role_session(arn, role_arn, account.as_str())
            }
            Self::FederatedUser { account, issuer_arn, user_name } => {
                let arn = session_arn(issuer_arn, *account, &format!("federated-user/{user_name}"));
                Principal::federated_user(arn, issuer_arn, account.as_str())
            }
            Self::Service { name } => Principal::service(name),
        }
    }
}

fn session_arn(issuer_arn: &str, account: AccountId, resource: &str) -> String {
    let partition = issuer_arn.split(':').nth(1).unwrap_or_default();
    format!("arn:{partition}:sts::{account}:{resource}")
}

/// Temporary credentials: what they were issued with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionFacts {
    /// The unique id of the role or user behind them.
    pub issuer_id: String,
    /// When they were issued, in seconds since 1970.
    pub issued_at: i64,
    /// The session policies, where there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<PolicyFacts>>,
    /// The source identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// The identity provider that vouched for whom the session is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federated_provider: Option<String>,
    /// The keys of the session tags that go on to further sessions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitive_tag_keys: Vec<String>,
}

/// A policy of a principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyFacts {
    /// Its name.
    pub name: String,
    /// Its ARN, if it is a managed policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Its text.
    pub document: String,
}

/// How long an answer may be kept: in seconds from when it was asked for, so that clocks need not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Keep {
    /// From here on it should be asked for again, while the old answer is still used.
    pub refresh_after_seconds: u32,
    /// Up to here it is used without asking.
    pub fresh_seconds: u32,
    /// Up to here it is used while identity can't be asked.
    pub outage_seconds: u32,
    /// Never used behind this, seconds since 1970: the end of a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<i64>,
}
