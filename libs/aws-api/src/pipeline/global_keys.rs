//! The global condition keys of a request, each computed only when a policy asks for it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use keywright_policy::{ContextKeys as Lookup, PrincipalKind};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::caller::CallerKind;
use crate::ids::AccountId;
use crate::operation::Call;

/// The global keys of a call on one resource, and the keys that its operation adds. An operation can't replace one of
/// the global keys.
pub(super) struct RequestKeys<'a> {
    pub(super) call: &'a Call,
    /// The account of the resource, where there is one.
    pub(super) resource_account: Option<AccountId>,
    /// Those of the operation, such as `kms:ViaService` and `aws:ResourceTag/...`.
    pub(super) of_operation: &'a dyn Lookup,
}

/// A global key, filled in for every operation alike.
#[derive(Clone, Copy)]
enum GlobalKey {
    CalledVia,
    CurrentTime,
    EpochTime,
    FederatedProvider,
    MultiFactorAuthPresent,
    PrincipalAccount,
    PrincipalArn,
    PrincipalIsAwsService,
    PrincipalServiceName,
    PrincipalType,
    RequestedRegion,
    ResourceAccount,
    SecureTransport,
    SourceIdentity,
    SourceIp,
    TokenIssueTime,
    UserAgent,
    UserId,
    UserName,
    ViaAwsService,
}

impl Lookup for RequestKeys<'_> {
    fn get(&self, key: &str, each: &mut dyn FnMut(&str)) -> bool {
        if let Some(tag) = principal_tag(key) {
            let tags = &self.call.caller.tags;
            let found = tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(tag));
            return found.inspect(|(_, value)| each(value)).is_some();
        }
        match GlobalKey::find(key) {
            None => self.of_operation.get(key, each),
            Some(global) => {
                let mut present = false;
                self.pass(global, &mut |value| {
                    present = true;
                    each(value);
                });
                present
            }
        }
    }
}

impl RequestKeys<'_> {
    /// Passes the key's value on, if the key is present.
    fn pass(&self, key: GlobalKey, each: &mut dyn FnMut(&str)) {
        let call = self.call;
        let principal = &call.caller.principal;
        let service = call.caller.service_name();
        let session = call.caller.session.as_ref();
        match key {
            GlobalKey::CalledVia => call.invoked_by().into_iter().for_each(each),
            GlobalKey::CurrentTime => iso_time(call.received_at).iter().for_each(|time| each(time)),
            GlobalKey::EpochTime => each(itoa::Buffer::new().format(call.received_at.unix_timestamp())),
            GlobalKey::FederatedProvider => {
                session.and_then(|session| session.federated_provider.as_deref()).into_iter().for_each(each);
            }
            // Second factors aren't there: temporary credentials say so, and long-term ones have no such key, as AWS's.
            GlobalKey::MultiFactorAuthPresent => session.iter().for_each(|_| each("false")),
            GlobalKey::PrincipalAccount => {
                call.caller.account.iter().for_each(|account| each(account.as_str()))
            }
            GlobalKey::PrincipalArn if is_of_account(principal.kind) => each(match principal.kind {
                PrincipalKind::Role => principal.issuer_arn.as_deref().unwrap_or(&principal.arn),
                _ => &principal.arn,
            }),
            GlobalKey::PrincipalIsAwsService => each(truth(service.is_some())),
            GlobalKey::PrincipalServiceName => service.into_iter().for_each(each),
            GlobalKey::PrincipalType => principal_type(principal.kind).into_iter().for_each(each),
            GlobalKey::RequestedRegion => each(call.region.as_str()),
            GlobalKey::ResourceAccount => {
                self.resource_account.iter().for_each(|account| each(account.as_str()))
            }
            GlobalKey::SecureTransport => each(truth(call.secure_transport)),
            GlobalKey::SourceIdentity => {
                session.and_then(|session| session.source_identity.as_deref()).into_iter().for_each(each);
            }
            // The address would be the service's, not the caller's.
            GlobalKey::SourceIp if call.via.is_none() && service.is_none() => {
                call.source_ip.iter().for_each(|address| each(&address.to_canonical().to_string()));
            }
            GlobalKey::TokenIssueTime => {
                session.and_then(|session| iso_time(session.issued_at)).iter().for_each(|time| each(time));
            }
            GlobalKey::UserAgent if !call.user_agent.is_empty() => each(&call.user_agent),
            GlobalKey::UserId if is_of_account(principal.kind) => each(&call.caller.principal_id),
            GlobalKey::UserName => {
                if let CallerKind::User { user_name } = &call.caller.kind {
                    each(user_name);
                }
            }
            GlobalKey::ViaAwsService => each(truth(call.via.is_some())),
            GlobalKey::PrincipalArn | GlobalKey::SourceIp | GlobalKey::UserAgent | GlobalKey::UserId => {}
        }
    }
}

impl GlobalKey {
    fn find(key: &str) -> Option<Self> {
        let (vendor, name) = key.split_once(':')?;
        if !vendor.eq_ignore_ascii_case("aws") {
            return None;
        }
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, key)| *key)
    }
}

/// The key of the tag in `aws:PrincipalTag/key`.
fn principal_tag(key: &str) -> Option<&str> {
    let (prefix, tag) = key.split_at_checked(PRINCIPAL_TAG.len())?;
    prefix.eq_ignore_ascii_case(PRINCIPAL_TAG).then_some(tag)
}

fn is_of_account(kind: PrincipalKind) -> bool {
    !matches!(kind, PrincipalKind::Service | PrincipalKind::IdentityProvider)
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// To the second, as AWS gives it; absent in a year that ISO 8601 can't write.
fn iso_time(now: OffsetDateTime) -> Option<String> {
    now.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

fn principal_type(kind: PrincipalKind) -> Option<&'static str> {
    match kind {
        PrincipalKind::Root => Some("Account"),
        PrincipalKind::User => Some("User"),
        PrincipalKind::Role => Some("AssumedRole"),
        PrincipalKind::FederatedUser => Some("FederatedUser"),
        PrincipalKind::Service | PrincipalKind::IdentityProvider => None,
    }
}

const PRINCIPAL_TAG: &str = "aws:PrincipalTag/";
/// Behind `aws:`. One service at most stands between a caller and us, so the first and the last are the same.
const NAMES: [(&str, GlobalKey); 22] = [
    ("CalledVia", GlobalKey::CalledVia),
    ("CalledViaFirst", GlobalKey::CalledVia),
    ("CalledViaLast", GlobalKey::CalledVia),
    ("CurrentTime", GlobalKey::CurrentTime),
    ("EpochTime", GlobalKey::EpochTime),
    ("FederatedProvider", GlobalKey::FederatedProvider),
    ("MultiFactorAuthPresent", GlobalKey::MultiFactorAuthPresent),
    ("PrincipalAccount", GlobalKey::PrincipalAccount),
    ("PrincipalArn", GlobalKey::PrincipalArn),
    ("PrincipalIsAWSService", GlobalKey::PrincipalIsAwsService),
    ("PrincipalServiceName", GlobalKey::PrincipalServiceName),
    ("PrincipalType", GlobalKey::PrincipalType),
    ("RequestedRegion", GlobalKey::RequestedRegion),
    ("ResourceAccount", GlobalKey::ResourceAccount),
    ("SecureTransport", GlobalKey::SecureTransport),
    ("SourceIdentity", GlobalKey::SourceIdentity),
    ("SourceIp", GlobalKey::SourceIp),
    ("TokenIssueTime", GlobalKey::TokenIssueTime),
    ("UserAgent", GlobalKey::UserAgent),
    ("userid", GlobalKey::UserId),
    ("username", GlobalKey::UserName),
    ("ViaAWSService", GlobalKey::ViaAwsService),
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use keywright_policy::Principal;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::caller::{Caller, Session};
    use crate::context::ContextKeys;
    use crate::ids::{Region, RequestId};

    const ACCOUNT: &str = "111122223333";

    fn caller(principal: Principal, account: Option<&str>, kind: CallerKind, id: &str) -> Arc<Caller> {
        Arc::new(Caller {
            principal,
            account: account.map(|account| AccountId::parse(account).unwrap()),
            kind,
            principal_id: id.to_owned(),
            access_key_id: "AKIA".to_owned(),
            ..Caller::anonymous()
        })
    }

    fn alice() -> Arc<Caller> {
        let kind = CallerKind::User { user_name: "alice".to_owned() };
        caller(
            Principal::user("arn:aws:iam::111122223333:user/dev/alice", ACCOUNT),
            Some(ACCOUNT),
            kind,
            "AIDAALICE",
        )
    }

    fn ssm() -> Arc<Caller> {
        let name = "ssm.amazonaws.com";
        caller(Principal::service(name), None, CallerKind::Service { name: name.to_owned() }, name)
    }

    fn call(caller: Arc<Caller>, via: Option<Arc<Caller>>) -> Call {
        Call::new(
            RequestId::generate(),
            Uuid::nil(),
            datetime!(2026-11-26 12:30:15.5 UTC),
            Region::parse("eu-west-1").unwrap(),
            caller,
            via,
            Some("203.0.113.7".parse().unwrap()),
            true,
            "aws-cli/2".to_owned(),
            AccountId::parse("000000000000").unwrap(),
        )
    }

    fn values(call: &Call, key: &str) -> Vec<String> {
        let mut of_operation = ContextKeys::default();
        of_operation.push("kms:ViaService", "ssm.eu-west-1.amazonaws.com");
        of_operation.push("aws:ResourceTag/team", "blue");
        of_operation.push("aws:PrincipalArn", "forged");
        let resource_account = Some(AccountId::parse("444455556666").unwrap());
        let keys = RequestKeys { call, resource_account, of_operation: &of_operation };
        let mut values = Vec::new();
        let present = keys.get(key, &mut |value| values.push(value.to_owned()));
        assert_eq!(present, !values.is_empty(), "{key}");
        values
    }

    #[test]
    fn a_user_who_calls_directly_has_all_of_his_keys() {
        let call = call(alice(), None);
        for (key, expected) in [
            ("aws:PrincipalArn", "arn:aws:iam::111122223333:user/dev/alice"),
            ("AWS:principalaccount", ACCOUNT),
            ("aws:PrincipalType", "User"),
            ("aws:userid", "AIDAALICE"),
            ("aws:UserName", "alice"),
            ("aws:SourceIp", "203.0.113.7"),
            ("aws:CurrentTime", "2026-11-26T12:30:15Z"),
            ("aws:EpochTime", "1795696215"),
            ("aws:SecureTransport", "true"),
            ("aws:UserAgent", "aws-cli/2"),
            ("aws:ViaAWSService", "false"),
            ("aws:PrincipalIsAWSService", "false"),
            ("aws:RequestedRegion", "eu-west-1"),
            ("aws:ResourceAccount", "444455556666"),
            ("aws:ResourceTag/team", "blue"),
            ("kms:viaservice", "ssm.eu-west-1.amazonaws.com"),
        ] {
            assert_eq!(values(&call, key), [expected], "{key}");
        }
        for absent in [
            "aws:TokenIssueTime",
            "aws:MultiFactorAuthPresent",
            "aws:CalledVia",
            "aws:PrincipalServiceName",
            "aws:PrincipalTag/x",
            "kms:CallerAccount",
            "x",
        ] {
            assert!(values(&call, absent).is_empty(), "{absent}");
        }
    }

    #[test]
    fn a_call_through_a_service_names_it_and_hides_the_address() {
        let call = call(alice(), Some(ssm()));
        for key in ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"] {
            assert_eq!(values(&call, key), ["ssm.amazonaws.com"], "{key}");
        }
        assert_eq!(values(&call, "aws:ViaAWSService"), ["true"]);
        assert_eq!(values(&call, "aws:PrincipalIsAWSService"), ["false"]);
        assert_eq!(values(&call, "aws:username"), ["alice"]);
        assert!(values(&call, "aws:SourceIp").is_empty());
    }

    #[test]
    fn a_service_of_its_own_has_no_keys_of_a_principal() {
        let call = call(ssm(), None);
        assert_eq!(values(&call, "aws:PrincipalIsAWSService"), ["true"]);
        assert_eq!(values(&call, "aws:PrincipalServiceName"), ["ssm.amazonaws.com"]);
        for absent in [
            "aws:PrincipalArn",
            "aws:PrincipalAccount",
            "aws:PrincipalType",
            "aws:userid",
            "aws:username",
            "aws:SourceIp",
        ] {
            assert!(values(&call, absent).is_empty(), "{absent}");
        }
    }

    #[test]
    fn a_session_is_named_by_its_role_and_has_what_it_was_issued_with() {
        let role = "arn:aws:iam::111122223333:role/app";
        let session =
            Principal::role_session("arn:aws:sts::111122223333:assumed-role/app/pod", role, ACCOUNT);
        let kind = CallerKind::Role { role_name: "app".to_owned(), session_name: "pod".to_owned() };
        let caller = Caller {
            tags: vec![("Team".to_owned(), "blue".to_owned())],
            session: Some(Session {
                issuer_id: "AROAAPP".to_owned(),
                issued_at: datetime!(2026-11-26 12:00 UTC),
                policies: None,
                source_identity: Some("alice".to_owned()),
                federated_provider: Some("arn:aws:iam::111122223333:oidc-provider/idp".to_owned()),
                transitive_tag_keys: Vec::new(),
            }),
            ..Arc::into_inner(caller(session, Some(ACCOUNT), kind, "AROAAPP:pod")).unwrap()
        };
        let call = call(Arc::new(caller), None);
        for (key, expected) in [
            ("aws:TokenIssueTime", "2026-11-26T12:00:00Z"),
            ("aws:SourceIdentity", "alice"),
            ("aws:FederatedProvider", "arn:aws:iam::111122223333:oidc-provider/idp"),
            ("aws:MultiFactorAuthPresent", "false"),
            ("AWS:principaltag/team", "blue"),
        ] {
            assert_eq!(values(&call, key), [expected], "{key}");
        }
        assert!(values(&call, "aws:PrincipalTag/stage").is_empty());
        assert_eq!(values(&call, "aws:PrincipalArn"), [role]);
        assert_eq!(values(&call, "aws:PrincipalType"), ["AssumedRole"]);
        assert_eq!(values(&call, "aws:userid"), ["AROAAPP:pod"]);
        assert!(values(&call, "aws:username").is_empty());
    }
}
