//! AWS managed keys: which services have one, and the policies of these keys.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk>

use keywright_aws_api::{AccountId, Arn, Region};
use serde_json::{Value, json};

use super::alias::RESERVED_PREFIX;

/// A service that has a key of its own in each account.
#[derive(Debug)]
pub struct ManagedService {
    /// The name in the alias, such as `ssm`.
    pub name: &'static str,
    /// The service principal that may make the key by its first use.
    pub principal: &'static str,
    /// The key's description.
    pub description: &'static str,
    policy: fn(&Region, AccountId) -> Value,
}

impl ManagedService {
    /// The service whose alias this is.
    #[must_use]
    pub fn of_alias(alias: &str) -> Option<&'static Self> {
        let name = alias.strip_prefix(RESERVED_PREFIX)?;
        SERVICES.iter().find(|service| service.name == name)
    }

    /// The policy of its key in an account.
    #[must_use]
    pub fn policy(&self, region: &Region, account: AccountId) -> String {
        // A value of plain texts always prints.
        serde_json::to_string_pretty(&(self.policy)(region, account)).unwrap_or_default()
    }
}

fn ssm_policy(region: &Region, account: AccountId) -> Value {
    json!({
        "Version": "2012-10-17",
        "Id": "auto-ssm-1",
        "Statement": [
            {
                "Sid": "Allow access through SSM for all principals in the account that are authorized to use SSM",
                "Effect": "Allow",
                "Principal": { "AWS": "*" },
                "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                "Resource": "*",
                "Condition": { "StringEquals": {
                    "kms:ViaService": format!("ssm.{region}.amazonaws.com"),
                    "kms:CallerAccount": account.as_str(),
                } },
            },
            direct_access(account),
        ],
    })
}

fn secretsmanager_policy(_region: &Region, account: AccountId) -> Value {
    json!({
        "Version": "2012-10-17",
        "Id": "auto-secretsmanager-2",
        "Statement": [
            {
                "Sid": "Allow access through AWS Secrets Manager for all principals in the account that are authorized to use AWS Secrets Manager",
                "Effect": "Allow",
                "Principal": { "AWS": "*" },
                "Action": [
                    "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant",
                    "kms:DescribeKey",
                ],
                "Resource": "*",
                "Condition": {
                    "StringEquals": { "kms:CallerAccount": account.as_str() },
                    "StringLike": { "kms:ViaService": "secretsmanager.*.amazonaws.com" },
                },
            },
            direct_access(account),
        ],
    })
}

fn direct_access(account: AccountId) -> Value {
    json!({
        "Sid": "Allow direct access to key metadata to the account",
        "Effect": "Allow",
        "Principal": { "AWS": Arn::global("iam", account.as_str(), "root") },
        "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
        "Resource": "*",
    })
}

const SERVICES: &[ManagedService] = &[
    ManagedService {
        name: "ssm",
        principal: "ssm.amazonaws.com",
        description: "Default key that protects my SSM parameters when no other key is defined",
        policy: ssm_policy,
    },
    ManagedService {
        name: "secretsmanager",
        principal: "secretsmanager.amazonaws.com",
        description: "Default key that protects my Secrets Manager data when no other key is defined",
        policy: secretsmanager_policy,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policies_are_valid_key_policies() {
        let (region, account) =
            (Region::parse("us-east-1").unwrap(), AccountId::parse("000000000000").unwrap());
        for service in SERVICES {
            crate::domain::policy::check(&service.policy(&region, account)).unwrap();
            let found = ManagedService::of_alias(&format!("alias/aws/{}", service.name)).unwrap();
            assert_eq!(found.principal, service.principal);
        }
    }

    #[test]
    fn other_aliases_belong_to_no_service() {
        for alias in ["alias/ssm", "alias/aws/s3", "alias/aws/", "ssm"] {
            assert!(ManagedService::of_alias(alias).is_none(), "{alias}");
        }
    }
}
