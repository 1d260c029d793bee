//! What the ways to become a role have in common: the role, whether its trust policy lets one in, the session.

use std::sync::Arc;

use keywright_audit_log::Fields;
use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::{Access, Accesses, AccountId, Arn, Shown, Target};
use keywright_policy::{Policy, PolicyDocument, Principal, ResourcePolicyRule};
use keywright_store::Connection;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::credentials::{CredentialsOut, NewSession};
use super::session_policies::packed_size;
use super::session_tags::SessionTags;
use crate::directory::Directory;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::role_arn::RoleArn;
use crate::domain::session::{SessionOf, SessionPolicies};
use crate::domain::sts_refusal::StsRefusal;
use crate::error::IdentityError;
use crate::store::assumable_roles;
use crate::store::identities::StoredIdentity;

/// A role that somebody would become, with what the session is to have.
pub struct Assuming {
    pub(super) arn: RoleArn,
    account: AccountId,
    role: Option<Assumable>,
    pub(super) tags: SessionTags,
    pub(super) source_identity: Option<String>,
}

/// A role that is there.
struct Assumable {
    identity: Identity,
    trust: Arc<Policy>,
    max_session: Duration,
    tags: Vec<(String, String)>,
}

/// The session's principal, in answers.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AssumedRoleUser {
    assumed_role_id: String,
    arn: String,
}

/// What a session is asked for with, besides tags and source identity.
pub(super) struct Asked<'a> {
    pub(super) session_name: &'a str,
    pub(super) duration: Option<i32>,
    pub(super) policies: Option<SessionPolicies>,
    pub(super) federated_provider: Option<String>,
    pub(super) chained: bool,
}

/// What came of it.
pub(super) struct Assumed {
    pub(super) credentials: CredentialsOut,
    pub(super) user: AssumedRoleUser,
    pub(super) packed_policy_size: Option<usize>,
}

impl Assuming {
    /// Looks the role up. One that isn't there is found out to be so only by the decision, which no policy then allows.
    pub(super) async fn find(
        connection: &Connection,
        arn: RoleArn,
        tags: SessionTags,
        source_identity: Option<String>,
    ) -> Result<Self, IdentityError> {
        let stored = assumable_roles::find(connection, &arn).await?;
        let role = stored.map(Assumable::of).transpose()?;
        Ok(Self { account: arn.account(), arn, role, tags, source_identity })
    }

    /// All that must be allowed, for the caller or whom an identity provider vouches for.
    pub(super) fn accesses(&self, action: &'static str, principal: Option<&Arc<Principal>>) -> Accesses {
        let arn: Arc<str> = self.arn.as_str().into();
        let access = |action| {
            let target = Target {
                arn: Arc::clone(&arn),
                account: Some(self.account),
                policy: self.role.as_ref().map(|role| Arc::clone(&role.trust)),
                rule: ResourcePolicyRule::Required,
            };
            let access = Access::new(action, target).without_reasons();
            match principal {
                None => access,
                Some(principal) => access.by_principal(Arc::clone(principal)),
            }
        };
        let tagging = (!self.tags.is_empty()).then_some(TAG_SESSION);
        let naming = self.source_identity.as_ref().map(|_| SET_SOURCE_IDENTITY);
        [Some(action), tagging, naming].into_iter().flatten().map(access).collect()
    }

    pub(super) fn push_condition_keys(&self, session_name: &str, keys: &mut ContextKeys) {
        keys.push("sts:RoleSessionName", session_name.to_owned());
        if let Some(source_identity) = &self.source_identity {
            keys.push("sts:SourceIdentity", source_identity.clone());
        }
        self.tags.push_condition_keys(keys);
        for (key, value) in self.role.iter().flat_map(|role| &role.tags) {
            keys.push(format!("aws:ResourceTag/{key}"), value.clone());
            keys.push(format!("iam:ResourceTag/{key}"), value.clone());
        }
    }

    /// Makes the session.
    pub(super) async fn issue_at(
        &self,
        directory: &Directory,
        asked: Asked<'_>,
        now: OffsetDateTime,
    ) -> Result<Assumed, IdentityError> {
        // Nothing allows what isn't there.
        let role = self.role.as_ref().ok_or(StsRefusal::NotAssumable)?;
        let duration = Duration::seconds(i64::from(asked.duration.unwrap_or(DEFAULT_SECONDS)));
        if asked.chained && duration > LONGEST_CHAINED {
            return Err(StsRefusal::TooLongForChain.into());
        }
        if duration > role.max_session {
            return Err(StsRefusal::TooLongForRole.into());
        }
        let (Identity { id, name, account, .. }, tags) = (&role.identity, self.tags.all());
        let packed_policy_size = packed_size(asked.policies.as_ref(), &tags)?;
        let session_name = asked.session_name;
        let session = NewSession {
            policies: asked.policies,
            tags,
            source_identity: self.source_identity.clone(),
            federated_provider: asked.federated_provider,
            chained: asked.chained,
            ..NewSession::of(
                SessionOf::Role { role_id: id.clone(), session_name: session_name.to_owned() },
                *account,
                duration,
            )
        };
        let user = AssumedRoleUser {
            assumed_role_id: format!("{id}:{session_name}"),
            arn: Arn::global("sts", account.as_str(), &format!("assumed-role/{name}/{session_name}")),
        };
        Ok(Assumed { credentials: session.issue_at(directory, now).await?, user, packed_policy_size })
    }

    /// Names the role in a record.
    pub(super) fn show<'a>(&'a self, shown: &mut Shown<'a>) {
        let resource_type = IdentityKind::Role.resource_type();
        shown.resource(self.account.as_str(), resource_type, self.arn.as_str());
    }

    /// Makes a record one of the role's account.
    pub(super) fn show_to_owner<'a>(&'a self, shown: &mut Shown<'a>) {
        shown.recipient = Some(&self.account);
    }
}

impl Assumable {
    fn of(stored: StoredIdentity) -> Result<Self, IdentityError> {
        let role = stored.role.ok_or(IdentityError::Row("trust_policy"))?;
        let document = PolicyDocument::parse(&role.trust_policy);
        let document = document.map_err(|_| IdentityError::Row("trust_policy"))?;
        Ok(Self {
            identity: stored.identity,
            trust: Arc::new(Policy::compile(&document, TRUST_POLICY)),
            max_session: Duration::seconds(i64::from(role.max_session_seconds)),
            tags: stored.tags.into_iter().collect(),
        })
    }
}

impl AssumedRoleUser {
    pub(super) fn show(&self) -> Fields<'_> {
        let mut fields = Fields::new();
        fields.push_str("assumedRoleId", &*self.assumed_role_id).push_str("arn", &*self.arn);
        fields
    }
}

/// The percentage as a record shows it.
pub(super) fn show_packed_size(response: &mut Fields<'_>, percent: Option<usize>) {
    if let Some(percent) = percent {
        response.push_i64("packedPolicySize", i64::try_from(percent).unwrap_or(i64::MAX));
    }
}

const TAG_SESSION: &str = "sts:TagSession";
const SET_SOURCE_IDENTITY: &str = "sts:SetSourceIdentity";
/// The name by which decisions know a role's trust policy.
const TRUST_POLICY: &str = "trust policy";
const DEFAULT_SECONDS: i32 = 3_600;
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>
const LONGEST_CHAINED: Duration = Duration::hours(1);
