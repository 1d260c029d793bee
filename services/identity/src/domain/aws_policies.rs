//! The managed policies that every account finds and nobody may change: of AWS's, those that make sense for the services
//! here, with what of them concerns these services. Their texts are data, beside this file.
//!
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use keywright_aws_api::Arn;

/// A managed policy that every account finds.
pub struct BuiltInPolicy {
    /// Its unique id, the same in every installation.
    pub policy_id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The text of its newest version.
    pub document: &'static str,
}

impl BuiltInPolicy {
    /// Its ARN, such as `arn:aws:iam::aws:policy/AdministratorAccess`.
    #[must_use]
    pub fn arn(&self) -> String {
        Arn::global("iam", "aws", &format!("policy/{}", self.name))
    }
}

macro_rules! aws_policies {
    ($(#[doc = $description:literal] $constant:ident: $name:literal, $id:literal;)*) => {
        $(
            #[doc = $description]
            pub const $constant: BuiltInPolicy = BuiltInPolicy {
                policy_id: concat!("ANPAKEYWRIGHT", $id),
                name: $name,
                description: $description,
                document: include_str!(concat!("aws_policies/", $name, ".json")).trim_ascii(),
            };
        )*

        /// All of them.
        pub const AWS_POLICIES: &[&BuiltInPolicy] = &[$(&$constant),*];
    };
}

aws_policies! {
    #[doc = "Allows everything"]
    ADMINISTRATOR_ACCESS: "AdministratorAccess", "ADMINISTR";
    #[doc = "Allows everything but the management of identities, accounts and the installation"]
    POWER_USER_ACCESS: "PowerUserAccess", "POWERUSE";
    #[doc = "Allows to read everything but the values of secrets"]
    READ_ONLY_ACCESS: "ReadOnlyAccess", "READONLY";
    #[doc = "Allows everything in IAM"]
    IAM_FULL_ACCESS: "IAMFullAccess", "IAMFULLA";
    #[doc = "Allows to read everything in IAM, and to simulate policies"]
    IAM_READ_ONLY_ACCESS: "IAMReadOnlyAccess", "IAMREADO";
    #[doc = "Allows to make keys and aliases, and to tag and list them"]
    KMS_POWER_USER: "AWSKeyManagementServicePowerUser", "KMSPOWER";
    #[doc = "Allows everything in Secrets Manager, and to choose among keys"]
    SECRETS_MANAGER_READ_WRITE: "SecretsManagerReadWrite", "SECRETSM";
    #[doc = "Allows everything in Parameter Store"]
    SSM_FULL_ACCESS: "AmazonSSMFullAccess", "SSMFULLA";
    #[doc = "Allows to read everything in Parameter Store"]
    SSM_READ_ONLY_ACCESS: "AmazonSSMReadOnlyAccess", "SSMREADO";
    #[doc = "Allows to read the audit trail"]
    CLOUD_TRAIL_READ_ONLY_ACCESS: "AWSCloudTrail_ReadOnlyAccess", "TRAILREA";
    #[doc = "Allows the built-in rotation functions to rotate the secrets that are theirs"]
    SECRETS_MANAGER_ROTATION: "SecretsManagerRotationServiceRolePolicy", "SECRETSR";
    #[doc = "Allows to read how everything is set up, but no values"]
    SECURITY_AUDIT: "SecurityAudit", "SECAUDIT";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use keywright_policy::{NoContext, Policies, Policy, PolicyDocument, Principal, Request, decide};

    use super::*;
    use crate::domain::managed_policy::is_policy_arn;
    use crate::domain::policy::IdentityPolicyText;

    #[test]
    fn each_is_a_valid_policy_with_a_name_and_an_id_of_its_own() {
        let mut ids = BTreeSet::new();
        for policy in AWS_POLICIES {
            assert!(IdentityPolicyText::parse(policy.document).is_ok(), "{}", policy.name);
            assert!(is_policy_arn(&policy.arn()) && policy.arn().ends_with(policy.name));
            assert!(ids.insert(policy.policy_id) && ids.insert(policy.name), "{}", policy.name);
            assert!((16..=128).contains(&policy.policy_id.len()));
        }
        assert_eq!(ids.len(), 24);
    }

    fn allows(policy: &BuiltInPolicy, action: &str) -> bool {
        let document = PolicyDocument::parse(policy.document).unwrap();
        let identity = [Arc::new(Policy::compile(&document, policy.name))];
        let principal = Principal::user("arn:aws:iam::111122223333:user/a", "111122223333");
        let request = Request { principal: &principal, action, resource: "*", context: &NoContext };
        decide(&request, &Policies { identity: &identity, ..Policies::default() }, "111122223333")
            .is_allowed()
    }

    #[test]
    fn each_gives_what_its_name_says_and_no_more() {
        for (policy, given, kept) in [
            (
                &ADMINISTRATOR_ACCESS,
                &["kms:Decrypt", "iam:CreateUser", "keywright:CloseAccount"][..],
                &[][..],
            ),
            (
                &POWER_USER_ACCESS,
                &["kms:Decrypt", "iam:ListRoles"],
                &["iam:CreateUser", "keywright:CloseAccount", "keywright:RotateRootKey"],
            ),
            (
                &READ_ONLY_ACCESS,
                &["kms:DescribeKey", "ssm:GetParameter", "iam:GetUser", "cloudtrail:LookupEvents"],
                &["kms:Decrypt", "kms:CreateKey", "secretsmanager:GetSecretValue", "iam:PutUserPolicy"],
            ),
            (&IAM_FULL_ACCESS, &["iam:CreateUser"], &["kms:Decrypt", "sts:AssumeRole"]),
            (&IAM_READ_ONLY_ACCESS, &["iam:GetPolicy", "iam:SimulateCustomPolicy"], &["iam:CreatePolicy"]),
            (&KMS_POWER_USER, &["kms:CreateKey", "kms:GetPublicKey"], &["kms:Decrypt", "kms:PutKeyPolicy"]),
            (
                &SECRETS_MANAGER_READ_WRITE,
                &["secretsmanager:GetSecretValue", "kms:ListKeys"],
                &["kms:Decrypt", "ssm:GetParameter"],
            ),
            (&SSM_FULL_ACCESS, &["ssm:PutParameter"], &["secretsmanager:GetSecretValue"]),
            (&SSM_READ_ONLY_ACCESS, &["ssm:GetParameter"], &["ssm:PutParameter"]),
            (&CLOUD_TRAIL_READ_ONLY_ACCESS, &["cloudtrail:LookupEvents"], &["cloudtrail:StartQuery"]),
            (
                &SECURITY_AUDIT,
                &["kms:GetKeyPolicy", "iam:GetAccountAuthorizationDetails"],
                &["ssm:GetParameter", "secretsmanager:GetSecretValue", "kms:Decrypt"],
            ),
        ] {
            given.iter().for_each(|action| assert!(allows(policy, action), "{}: {action}", policy.name));
            kept.iter().for_each(|action| assert!(!allows(policy, action), "{}: {action}", policy.name));
        }
    }
}
