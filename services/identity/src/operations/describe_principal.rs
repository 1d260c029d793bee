//! DescribePrincipal: what counts in decisions about a user, a role or a root user of any account, as services are told it.
//! An operation of our own, for `keywright admin explain`.

use keywright_aws_api::{
    Access, Accesses, AccountId, Arn, Authorized, Call, Input, Operation, Shown, Target,
};
use keywright_policy::ResourcePolicyRule;
use keywright_service::PostgresWork;
use keywright_service::identity::message::{Facts, Keep, PrincipalFacts};
use keywright_store::Connection;

use crate::directory::{Directory, Holder};
use crate::domain::access_key::AccessKeyId;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::names::IdentityName;
use crate::domain::owner::Owner;
use crate::error::{Entity, IdentityError};
use crate::store::identities;

pub(crate) struct DescribePrincipal;

#[derive(Input)]
pub(crate) struct DescribePrincipalInput {
    /// Of a user, a role, a session of a role, or a root user.
    #[member(length = 20..=2048)]
    principal_arn: String,
}

/// Who is meant by an ARN.
#[derive(Debug, PartialEq, Eq)]
enum Meant<'a> {
    Root,
    Identity { kind: IdentityKind, name: &'a str, session: Option<&'a str> },
}

impl Operation for DescribePrincipal {
    type Service = Directory;
    type Input = DescribePrincipalInput;
    type Output = Facts;
    type Resource = Target;
    type Error = IdentityError;
    const NAME: &'static str = "DescribePrincipal";
    const ACTION: &'static str = "keywright:DescribePrincipal";
    const READ_ONLY: bool = true;

    async fn load(
        directory: &Directory,
        _: &Call,
        input: &DescribePrincipalInput,
    ) -> Result<Target, IdentityError> {
        // Of the first account, whoever is asked about: it is the operator's to know all principals.
        let rule = ResourcePolicyRule::Additional;
        let arn = input.principal_arn.as_str().into();
        Ok(Target { arn, account: Some(directory.home), policy: None, rule })
    }

    fn accesses(_: &Call, _: &DescribePrincipalInput, target: &Target) -> Accesses {
        Access::new(Self::ACTION, target.clone()).into()
    }

    async fn run(
        directory: &Directory,
        request: Authorized<'_, Self>,
        _: &mut PostgresWork,
    ) -> Result<Facts, IdentityError> {
        let arn = &request.input.principal_arn;
        let unknown = || IdentityError::NoSuchEntity(Entity::Principal(arn.clone()));
        let (account, meant) = meant(arn).ok_or_else(unknown)?;
        let connection = directory.store.connection().await?;
        describe(directory, &connection, account, meant).await?.ok_or_else(unknown)
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _: &'a Call,
        input: &'a DescribePrincipalInput,
        _: Option<&'a Target>,
        _: Option<&'a Facts>,
    ) {
        shown.request.push_str("principalArn", &*input.principal_arn);
    }
}

async fn describe(
    directory: &Directory,
    connection: &Connection,
    account: AccountId,
    meant: Meant<'_>,
) -> Result<Option<Facts>, IdentityError> {
    let Meant::Identity { kind, name, session } = meant else {
        return facts(directory, connection, Owner::Root { account }).await.map(Some);
    };
    let name = IdentityName::parse(name)?;
    let Some(identity) = identities::find(connection, account, kind, &name).await? else {
        return Ok(None);
    };
    let role_arn = identity.arn();
    let Identity { id, name, .. } = identity.clone();
    // A user's facts, as both have the same; what differs is who it is.
    let facts = facts(directory, connection, Owner::User(identity)).await?;
    if kind == IdentityKind::User {
        return Ok(Some(facts));
    }
    let session_name = session.unwrap_or(ANY_SESSION).to_owned();
    let principal_id = format!("{id}:{session_name}");
    let principal = PrincipalFacts::Role { account, role_arn, role_name: name.to_string(), session_name };
    Ok(Some(Facts { principal, principal_id, ..facts }))
}

/// As of one who uses an access key that isn't named.
async fn facts(directory: &Directory, connection: &Connection, owner: Owner) -> Result<Facts, IdentityError> {
    let access_key_id = AccessKeyId::parse(NO_ACCESS_KEY)?;
    directory.facts(connection, &access_key_id, &Holder::Owner(owner), KEEP).await
}

fn meant(arn: &str) -> Option<(AccountId, Meant<'_>)> {
    let (account, resource) = {
        let mut parts = arn.splitn(6, ':');
        let (_arn, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        if !region.is_empty() || !matches!(service, "iam" | "sts") {
            return None;
        }
        (AccountId::parse(account).ok()?, resource)
    };
    Arn::parse(arn).ok()?;
    if resource == "root" {
        return Some((account, Meant::Root));
    }
    let (kind, path_and_name) = resource.split_once('/')?;
    let last = path_and_name.rsplit('/').next()?;
    let meant = match kind {
        "user" => Meant::Identity { kind: IdentityKind::User, name: last, session: None },
        "role" => Meant::Identity { kind: IdentityKind::Role, name: last, session: None },
        "assumed-role" => {
            let (name, session) = path_and_name.split_once('/')?;
            Meant::Identity { kind: IdentityKind::Role, name, session: Some(session) }
        }
        _ => return None,
    };
    Some((account, meant))
}

/// Of a role that is asked about without a session.
const ANY_SESSION: &str = "explain";
const NO_ACCESS_KEY: &str = "AKIA0000000000000000";
const KEEP: Keep = Keep { refresh_after_seconds: 0, fresh_seconds: 0, outage_seconds: 0, ends_at: None };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_of_principals_are_read() {
        let role = |session| Meant::Identity { kind: IdentityKind::Role, name: "app", session };
        for (resource, expected) in [
            ("iam::111122223333:root", Some(Meant::Root)),
            ("iam::111122223333:role/team/app", Some(role(None))),
            ("sts::111122223333:assumed-role/app/pod", Some(role(Some("pod")))),
            (
                "iam::111122223333:user/alice",
                Some(Meant::Identity { kind: IdentityKind::User, name: "alice", session: None }),
            ),
            ("iam::111122223333:group/a", None),
            ("kms::111122223333:key/a", None),
            ("iam::1:user/a", None),
        ] {
            let arn = format!("arn:aws:{resource}");
            assert_eq!(meant(&arn).map(|(_, meant)| meant), expected, "{arn}");
        }
    }
}
