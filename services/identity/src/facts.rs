//! What other services are told of who acts by credentials.

use keywright_service::identity::message::{Facts, Keep, PolicyFacts, PrincipalFacts, SessionFacts};
use keywright_store::Connection;

use crate::directory::{Behind, Directory, Holder};
use crate::domain::access_key::AccessKeyId;
use crate::domain::identity::Identity;
use crate::domain::owner::Owner;
use crate::domain::policy::StoredPolicy;
use crate::domain::session::{Session, SessionOf, SessionPolicies};
use crate::error::IdentityError;
use crate::store::identities::Traits;
use crate::store::{identities, policies};

impl Directory {
    /// What is told of who acts by credentials. What is kept of a session ends with it.
    ///
    /// # Errors
    /// [`IdentityError`] of the store.
    pub(crate) async fn facts(
        &self,
        connection: &Connection,
        access_key_id: &AccessKeyId,
        holder: &Holder,
        keep: Keep,
    ) -> Result<Facts, IdentityError> {
        match holder {
            Holder::Owner(owner) => of_owner(connection, access_key_id, owner, keep).await,
            Holder::Session(session, behind) => {
                let end = session.expires_at.unix_timestamp();
                let ends_at = Some(keep.ends_at.map_or(end, |ends_at| ends_at.min(end)));
                of_session(connection, session, behind, Keep { ends_at, ..keep }).await
            }
        }
    }
}

async fn of_owner(
    connection: &Connection,
    access_key_id: &AccessKeyId,
    owner: &Owner,
    keep: Keep,
) -> Result<Facts, IdentityError> {
    let arn = owner.arn();
    let (principal, identity) = match owner {
        Owner::Root { account } => (PrincipalFacts::Root { account: *account, arn }, None),
        Owner::User(user) => {
            let user_name = user.name.to_string();
            (PrincipalFacts::User { account: user.account, arn, user_name }, Some(user))
        }
        Owner::Service(name) => (PrincipalFacts::Service { name: name.to_string() }, None),
    };
    let Held { policies, boundary, tags } = Held::by(connection, identity).await?;
    Ok(Facts {
        principal,
        principal_id: owner.principal_id(),
        access_key_id: access_key_id.to_string(),
        policies,
        boundary,
        tags,
        session: None,
        forward_token: None,
        keep,
    })
}

async fn of_session(
    connection: &Connection,
    session: &Session,
    behind: &Behind,
    keep: Keep,
) -> Result<Facts, IdentityError> {
    let (account, issuer_id, identity) = match behind {
        Behind::Role(role) => (role.account, role.id.clone(), Some(role)),
        Behind::Owner(owner) => {
            let account = owner.account().ok_or(IdentityError::SessionToken)?;
            let identity = if let Owner::User(user) = owner { Some(user) } else { None };
            (account, owner.principal_id(), identity)
        }
    };
    let principal = match (&session.of, behind) {
        (SessionOf::Role { session_name, .. }, Behind::Role(role)) => PrincipalFacts::Role {
            account,
            role_arn: role.arn(),
            role_name: role.name.to_string(),
            session_name: session_name.clone(),
        },
        (SessionOf::Federated { user_name, .. }, Behind::Owner(owner)) => {
            PrincipalFacts::FederatedUser { account, issuer_arn: owner.arn(), user_name: user_name.clone() }
        }
        (SessionOf::Owner { .. }, Behind::Owner(Owner::User(user))) => {
            PrincipalFacts::User { account, arn: user.arn(), user_name: user.name.to_string() }
        }
        (SessionOf::Owner { .. }, Behind::Owner(owner)) => PrincipalFacts::Root { account, arn: owner.arn() },
        (SessionOf::Role { .. }, Behind::Owner(_)) | (_, Behind::Role(_)) => {
            return Err(IdentityError::SessionToken);
        }
    };
    let held = Held::by(connection, identity).await?;
    let policies = match &session.policies {
        None => None,
        Some(policies) => Some(session_policies(connection, account.as_str(), policies).await?),
    };
    let transitive = session.tags.iter().filter(|tag| tag.transitive).map(|tag| tag.key.clone());
    Ok(Facts {
        principal,
        principal_id: session.principal_id(&issuer_id, account),
        access_key_id: session.access_key_id.to_string(),
        policies: held.policies,
        boundary: held.boundary,
        tags: with_session_tags(held.tags, session),
        session: Some(SessionFacts {
            issuer_id,
            issued_at: session.issued_at.unix_timestamp(),
            policies,
            source_identity: session.source_identity.clone(),
            federated_provider: session.federated_provider.clone(),
            transitive_tag_keys: transitive.collect(),
        }),
        forward_token: None,
        keep,
    })
}

/// What an identity has, for decisions.
#[derive(Default)]
struct Held {
    policies: Vec<PolicyFacts>,
    boundary: Option<PolicyFacts>,
    tags: Vec<(String, String)>,
}

impl Held {
    async fn by(connection: &Connection, identity: Option<&Identity>) -> Result<Self, IdentityError> {
        let Some(identity) = identity else { return Ok(Self::default()) };
        let policies = policies::of_identity(connection, identity).await?;
        let Traits { tags, boundary } = identities::traits(connection, identity).await?;
        Ok(Self {
            policies: policies.into_iter().map(told).collect(),
            boundary: boundary.map(told),
            tags: tags.into_iter().collect(),
        })
    }
}

async fn session_policies(
    connection: &Connection,
    account: &str,
    SessionPolicies { inline, arns }: &SessionPolicies,
) -> Result<Vec<PolicyFacts>, IdentityError> {
    let managed = policies::managed(connection, account, arns).await?;
    let inline = inline.as_ref().map(|document| PolicyFacts {
        name: SESSION_POLICY.to_owned(),
        arn: None,
        document: document.clone(),
    });
    Ok(inline.into_iter().chain(managed.into_iter().map(told)).collect())
}

fn told(policy: StoredPolicy) -> PolicyFacts {
    PolicyFacts { name: policy.name, arn: policy.arn, document: policy.document }
}

/// A session's tag replaces the one with its key, whose case doesn't count.
fn with_session_tags(mut tags: Vec<(String, String)>, session: &Session) -> Vec<(String, String)> {
    tags.retain(|(key, _)| !session.tags.iter().any(|tag| tag.key.eq_ignore_ascii_case(key)));
    tags.extend(session.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
    tags
}

/// The name of a policy that came with the request for a session.
const SESSION_POLICY: &str = "session policy";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::session::SessionTag;
    use crate::domain::session::tests::session;

    #[test]
    fn a_tag_of_the_session_replaces_one_of_the_role() {
        let of = SessionOf::Role { role_id: "AROA".to_owned(), session_name: "pod".to_owned() };
        let tag = SessionTag { key: "Team".to_owned(), value: "red".to_owned(), transitive: false };
        let session = Session { tags: vec![tag], ..session(of) };
        let of_role = [("stage", "prod"), ("team", "blue")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let tags = with_session_tags(of_role.to_vec(), &session);
        let expected = [("stage", "prod"), ("Team", "red")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(tags, expected);
    }
}
