//! AWS managed keys: which services have one, and the policies of these keys.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk>

use keywright_aws_api::{AccountId, Arn, Region};
use serde_json::{Value, json};

use super::alias::RESERVED_PREFIX;
use super::key_spec::{KeySpec, KeyUsageType};

/// A service that has a key of its own in each account.
#[derive(Debug)]
pub struct ManagedService {
    /// The name in the alias, such as `ssm`.
    pub name: &'static str,
    /// The service principal that may make the key by its first use.
    pub principal: &'static str,
    /// The key's description.
    pub description: &'static str,
    /// The kind of key.
    pub spec: KeySpec,
    /// What it is for.
    pub usage: KeyUsageType,
    /// Whether the service makes it for itself, in its installation's first account, and not for a caller.
    pub own: bool,
    policy: fn(&Region, AccountId) -> Value,
}

impl ManagedService {
    /// The service whose alias this is.
    #[must_use]
    pub fn of_alias(alias: &str) -> Option<&'static Self> {
        let name = alias.strip_prefix(RESERVED_PREFIX)?;
        SERVICES.iter().find(|service| service.name == name)
    }

    /// Whether these may make the key: the service, as a caller for itself or as the one who asks for a caller.
    #[must_use]
    pub fn makes_key(&self, caller: Option<&str>, invoked_by: Option<&str>) -> bool {
        let maker = if self.own { caller.filter(|_| invoked_by.is_none()) } else { invoked_by };
        maker == Some(self.principal)
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

fn cloudtrail_policy(_region: &Region, account: AccountId) -> Value {
    json!({
        "Version": "2012-10-17",
        "Id": "auto-cloudtrail-1",
        "Statement": [
            {
                "Sid": "Allow the audit service, and nobody else, to sign what it vouches for",
                "Effect": "Allow",
                "Principal": { "Service": CLOUDTRAIL },
                "Action": ["kms:Sign", "kms:GetPublicKey"],
                "Resource": "*",
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
        spec: KeySpec::SymmetricDefault,
        usage: KeyUsageType::EncryptDecrypt,
        own: false,
        policy: ssm_policy,
    },
    ManagedService {
        name: "secretsmanager",
        principal: "secretsmanager.amazonaws.com",
        description: "Default key that protects my Secrets Manager data when no other key is defined",
        spec: KeySpec::SymmetricDefault,
        usage: KeyUsageType::EncryptDecrypt,
        own: false,
        policy: secretsmanager_policy,
    },
    ManagedService {
        name: "cloudtrail",
        principal: CLOUDTRAIL,
        description: "Key that signs the checkpoints of the audit trail's transparency log",
        spec: KeySpec::EccNistEdwards25519,
        usage: KeyUsageType::SignVerify,
        own: true,
        policy: cloudtrail_policy,
    },
    ManagedService {
        name: "cloudtrail-digest",
        principal: CLOUDTRAIL,
        description: "Key that signs the digest files of the audit trail",
        spec: KeySpec::Rsa2048,
        usage: KeyUsageType::SignVerify,
        own: true,
        policy: cloudtrail_policy,
    },
];

const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

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
            let (by_itself, for_another) = (Some(service.principal), Some("ssm.amazonaws.com"));
            assert_eq!(service.makes_key(by_itself, None), service.own);
            assert_eq!(service.makes_key(None, by_itself), !service.own);
            assert!(!service.makes_key(by_itself, for_another) || service.principal == "ssm.amazonaws.com");
            assert!(!service.makes_key(Some("secrets"), None) && !service.makes_key(None, None));
        }
    }

    #[test]
    fn other_aliases_belong_to_no_service() {
        for alias in ["alias/ssm", "alias/aws/s3", "alias/aws/", "ssm"] {
            assert!(ManagedService::of_alias(alias).is_none(), "{alias}");
        }
    }
}
