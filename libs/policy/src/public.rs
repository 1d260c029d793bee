//! Whether a resource's policy is public: gives something to principals whom nobody has chosen.
//!
//! `*` as the principal is public unless something narrows it to a fixed set of principals or places: a condition of the
//! statement itself, or a `Deny` of the same policy that covers it and spares only such a set. What counts as fixed is what
//! S3 documents for its block of public access:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>
//!
//! Where it can't be told, a policy counts as public.

use crate::condition::{Comparison, Network, Operator, SetOperator};
use crate::document::{Actions, Effect, PolicyDocument, Principals, Resources, Statement};
use crate::{PrincipalName, glob};

impl PolicyDocument {
    /// Whether it is public as the policy of a resource.
    #[must_use]
    pub fn is_public(&self) -> bool {
        let of_effect = |effect| self.statements().iter().filter(move |statement| statement.effect == effect);
        of_effect(Effect::Allow).any(|allow| {
            let is_taken_back =
                || of_effect(Effect::Deny).any(|deny| spares_only_some(deny) && covers(deny, allow));
            names_everyone(allow) && !is_narrowed(allow) && !is_taken_back()
        })
    }
}

fn names_everyone(statement: &Statement) -> bool {
    match &statement.principals {
        Some(Principals::Only(set)) => set.names().any(|name| name == PrincipalName::Everyone),
        Some(Principals::AllBut(_)) => true,
        None => false,
    }
}

/// Whether a condition of an `Allow` holds for a fixed set only. All conditions must hold, so one is enough.
fn is_narrowed(allow: &Statement) -> bool {
    allow.conditions.iter().any(|(operator, keys)| {
        Operator::parse(operator).is_some_and(|operator| {
            // An absent key must not let everybody in.
            let narrows =
                !operator.negated && !operator.if_exists && operator.set != Some(SetOperator::ForAllValues);
            narrows && keys.iter().any(|(key, values)| is_fixed(operator.comparison, key, values))
        })
    })
}

/// Whether a `Deny` is about everyone but a fixed set.
fn spares_only_some(deny: &Statement) -> bool {
    let conditions: Vec<_> = deny
        .conditions
        .iter()
        .flat_map(|(operator, keys)| keys.iter().map(move |(key, values)| (operator, key, values)))
        .collect();
    match (&deny.principals, conditions.as_slice()) {
        (Some(Principals::AllBut(spared)), []) => spared.names().all(|name| name != PrincipalName::Everyone),
        (Some(Principals::Only(_)), []) => names_everyone(deny),
        // With several conditions it spares whoever fails one of them.
        (Some(Principals::Only(_)), [(operator, key, values)]) => {
            let spares_only_some = |operator: Operator| {
                operator.negated
                    && operator.set != Some(SetOperator::ForAnyValue)
                    && is_fixed(operator.comparison, key, values)
            };
            names_everyone(deny) && Operator::parse(operator).is_some_and(spares_only_some)
        }
        (Some(Principals::AllBut(_) | Principals::Only(_)) | None, _) => false,
    }
}

/// Whether a `Deny` is about every action and resource that an `Allow` is about.
fn covers(deny: &Statement, allow: &Statement) -> bool {
    let actions = match (&deny.actions, &allow.actions) {
        (Actions::Only(denied), Actions::Only(allowed)) => {
            let is_denied = |action: &String| denied.iter().any(|wide| is_wider(wide, action, true));
            allowed.iter().all(is_denied)
        }
        (Actions::Only(denied), Actions::AllBut(_)) => denied.iter().any(|wide| wide == "*" || wide == "*:*"),
        (Actions::AllBut(_), _) => false,
    };
    let resources = match (&deny.resources, &allow.resources) {
        (None, _) => true,
        (Some(Resources::Only(denied)), Some(Resources::Only(allowed))) => {
            let is_denied = |resource: &String| denied.iter().any(|wide| is_wider(wide, resource, false));
            allowed.iter().all(is_denied)
        }
        (Some(Resources::Only(denied)), None | Some(Resources::AllBut(_))) => {
            denied.iter().any(|wide| wide == "*")
        }
        (Some(Resources::AllBut(_)), _) => false,
    };
    actions && resources
}

/// Whether one pattern matches whatever the other one does.
fn is_wider(wide: &str, narrow: &str, ignoring_case: bool) -> bool {
    if wide == "*" || wide == narrow {
        return true;
    }
    // A `?` would stand for the other's `*`, which is more than one character; a variable for what isn't known.
    let cannot_tell = wide.contains("${") || (wide.contains('?') && narrow.contains('*'));
    let matches = if ignoring_case { glob::matches_ignoring_case } else { glob::matches };
    !cannot_tell && matches(wide, narrow)
}

/// Whether a key can have these values for a fixed set only.
fn is_fixed(comparison: Comparison, key: &str, values: &[String]) -> bool {
    let Some((_, kind)) = FIXING.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)) else {
        return false;
    };
    let has_wildcards = match comparison {
        Comparison::StringLike | Comparison::Arn => true,
        Comparison::String | Comparison::StringIgnoreCase => false,
        Comparison::Ip => {
            return *kind == Fixing::Addresses && values.iter().all(|value| is_fixed_network(value));
        }
        Comparison::Numeric(_)
        | Comparison::Date(_)
        | Comparison::Bool
        | Comparison::Binary
        | Comparison::Null => {
            return false;
        }
    };
    *kind != Fixing::Addresses
        && !values.is_empty()
        && values.iter().all(|value| is_fixed_value(*kind, value, has_wildcards))
}

fn is_fixed_value(kind: Fixing, value: &str, has_wildcards: bool) -> bool {
    if value.is_empty() || value.contains("${") {
        return false;
    }
    let Some((fixed, _)) = value.split_once(['*', '?']).filter(|_| has_wildcards) else { return true };
    match kind {
        Fixing::Whole | Fixing::Addresses => false,
        // `AROA...:*`: the sessions of one role.
        Fixing::UserId => fixed.split_once(':').is_some_and(|(id, _)| !id.is_empty()),
        // `o-.../...`: within one organization.
        Fixing::OrganizationPath => fixed.split_once('/').is_some_and(|(id, _)| !id.is_empty()),
        // Up to the account, which must be there.
        Fixing::Arn => {
            let parts: Vec<_> = fixed.splitn(6, ':').collect();
            parts.len() == 6 && parts.get(4).is_some_and(|account| !account.is_empty())
        }
    }
}

fn is_fixed_network(value: &str) -> bool {
    Network::parse(value).is_some_and(|network| {
        network.prefix_length() >= if value.contains(':') { WIDEST_IPV6 } else { WIDEST_IPV4 }
    })
}

/// How much of a value must be written out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fixing {
    Whole,
    UserId,
    OrganizationPath,
    Arn,
    Addresses,
}

/// The keys that tell principals or places apart which nobody can choose for himself. Names of users and tags are none.
const FIXING: [(&str, Fixing); 14] = [
    ("aws:PrincipalAccount", Fixing::Whole),
    ("aws:PrincipalArn", Fixing::Arn),
    ("aws:PrincipalOrgID", Fixing::Whole),
    ("aws:PrincipalOrgPaths", Fixing::OrganizationPath),
    ("aws:PrincipalServiceName", Fixing::Whole),
    ("aws:SourceAccount", Fixing::Whole),
    ("aws:SourceArn", Fixing::Arn),
    ("aws:SourceIp", Fixing::Addresses),
    ("aws:SourceOrgID", Fixing::Whole),
    ("aws:SourceOrgPaths", Fixing::OrganizationPath),
    ("aws:SourceOwner", Fixing::Whole),
    ("aws:SourceVpc", Fixing::Whole),
    ("aws:SourceVpce", Fixing::Whole),
    ("aws:userid", Fixing::UserId),
];
/// Wider ranges of addresses count as everywhere.
const WIDEST_IPV4: u32 = 8;
const WIDEST_IPV6: u32 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(statements: &[&str]) -> PolicyDocument {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
        let document = PolicyDocument::parse(&text).unwrap();
        document.check_kind(crate::PolicyKind::Resource).unwrap();
        document
    }

    fn allow(principal: &str, condition: &str) -> String {
        let condition =
            if condition.is_empty() { String::new() } else { format!(r#","Condition":{condition}"#) };
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"secretsmanager:GetSecretValue","Resource":"*"{condition}}}"#
        )
    }

    #[test]
    fn everyone_is_public_and_whoever_is_named_is_not() {
        for principal in [r#""*""#, r#"{"AWS":"*"}"#, r#"{"AWS":["111122223333","*"]}"#] {
            assert!(policy(&[&allow(principal, "")]).is_public(), "{principal}");
        }
        for principal in [
            r#"{"AWS":"111122223333"}"#,
            r#"{"AWS":"arn:aws:iam::111122223333:role/a"}"#,
            r#"{"Service":"ssm.amazonaws.com"}"#,
            r#"{"CanonicalUser":"0123456789abcdef"}"#,
        ] {
            assert!(!policy(&[&allow(principal, "")]).is_public(), "{principal}");
        }
        let deny = allow(r#""*""#, "").replace("Allow", "Deny");
        assert!(!policy(&[&deny]).is_public());
        assert!(policy(&[&allow(r#"{"AWS":"111122223333"}"#, ""), &allow(r#""*""#, "")]).is_public());
    }

    #[test]
    fn a_condition_on_what_is_fixed_narrows() {
        for condition in [
            r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3"}}"#,
            r#"{"StringEquals":{"AWS:principalaccount":["111122223333","444455556666"]}}"#,
            r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}"#,
            r#"{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:*"}}"#,
            r#"{"StringLike":{"aws:userid":"AROAEXAMPLE:*"}}"#,
            r#"{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3/r-ab12/*"}}"#,
            r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","10.0.0.0/8","2001:db8::/32"]}}"#,
            r#"{"StringEquals":{"aws:SourceVpce":"vpce-1"},"Bool":{"aws:SecureTransport":"true"}}"#,
        ] {
            assert!(!policy(&[&allow(r#""*""#, condition)]).is_public(), "{condition}");
        }
    }

    #[test]
    fn a_condition_that_anybody_can_meet_does_not() {
        for condition in [
            r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
            r#"{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}"#,
            r#"{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}"#,
            r#"{"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3/*"}}"#,
            r#"{"StringLike":{"aws:PrincipalAccount":"1111*"}}"#,
            r#"{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::1111*"}}"#,
            r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/a"}}"#,
            r#"{"StringLike":{"aws:userid":"*:session"}}"#,
            r#"{"StringLike":{"aws:PrincipalOrgPaths":"o-*"}}"#,
            r#"{"StringEquals":{"aws:PrincipalAccount":["111122223333","${aws:PrincipalAccount}"]}}"#,
            r#"{"StringEquals":{"aws:username":"app"}}"#,
            r#"{"StringEquals":{"aws:PrincipalTag/team":"app"}}"#,
            r#"{"StringEquals":{"secretsmanager:VersionStage":"AWSCURRENT"}}"#,
            r#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/1"]}}"#,
            r#"{"IpAddress":{"aws:SourceIp":"2000::/3"}}"#,
            r#"{"Null":{"aws:PrincipalOrgID":"false"}}"#,
        ] {
            assert!(policy(&[&allow(r#""*""#, condition)]).is_public(), "{condition}");
        }
    }

    #[test]
    fn a_denial_that_spares_only_some_takes_it_back() {
        let allow = allow(r#""*""#, "");
        let deny = |principal: &str, action: &str, condition: &str| {
            format!(r#"{{"Effect":"Deny",{principal},"Action":"{action}","Resource":"*"{condition}}}"#)
        };
        let org = r#","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3"}}"#;
        let (everyone, but_one) =
            (r#""Principal":"*""#, r#""NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/a"}"#);
        for (principal, action, condition) in [
            (everyone, "secretsmanager:*", org),
            (everyone, "*", org),
            (everyone, "SECRETSMANAGER:get*", org),
            (everyone, "secretsmanager:GetSecretValue", ""),
            (but_one, "secretsmanager:Get*", ""),
        ] {
            assert!(
                !policy(&[&allow, &deny(principal, action, condition)]).is_public(),
                "{principal} {action}"
            );
        }
        let both = r#","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3"},"Bool":{"aws:SecureTransport":"false"}}"#;
        let same = r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3"}}"#;
        for (principal, action, condition) in [
            (everyone, "secretsmanager:PutSecretValue", org),
            (everyone, "secretsmanager:*", both),
            (everyone, "secretsmanager:*", same),
            (r#""Principal":{"AWS":"111122223333"}"#, "secretsmanager:*", org),
            (but_one, "secretsmanager:*", org),
        ] {
            assert!(
                policy(&[&allow, &deny(principal, action, condition)]).is_public(),
                "{principal} {action}"
            );
        }
        let elsewhere =
            deny(everyone, "*", org).replace(r#""Resource":"*""#, r#""Resource":"arn:aws:s3:::a""#);
        assert!(policy(&[&allow, &elsewhere]).is_public());
    }

    #[test]
    fn a_pattern_is_wider_only_if_it_matches_whatever_the_other_does() {
        assert!(is_wider("a:Get*", "a:GetX*", false) && is_wider("a:?et*", "a:Get", false));
        assert!(is_wider("a:b", "a:b", false) && is_wider("A:*", "a:?", true));
        assert!(!is_wider("a:?", "a:*", false) && !is_wider("a:G", "a:G*", false));
        assert!(!is_wider("a:${x}*", "a:${y}*", false));
    }
}
