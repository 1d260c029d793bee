//! The request quotas, grouped as AWS groups them.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>

use keywright_aws_api::Region;

use crate::domain::key_spec::{DataKeyPairSpec, KeySpec};

/// A request quota, each of which is counted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota(usize);

/// How many quotas there are.
pub const QUOTAS: usize = TABLE.len();

impl Quota {
    /// Of cryptographic operations with symmetric keys, HMAC keys among them, and of random bytes.
    pub const SYMMETRIC: Self = Self(0);
    /// Of cryptographic operations with RSA keys.
    pub const RSA: Self = Self(1);
    /// Of cryptographic operations with keys on elliptic curves, and SM2 keys.
    pub const ECC: Self = Self(2);
    /// Of cryptographic operations with ML-DSA keys.
    pub const ML_DSA: Self = Self(3);
    /// Of cryptographic operations with the keys of one custom key store.
    pub const CUSTOM_KEY_STORE: Self = Self(4);

    /// The quota of cryptographic operations with keys of this spec.
    #[must_use]
    pub fn of_use(spec: KeySpec) -> Self {
        match spec {
            KeySpec::SymmetricDefault
            | KeySpec::Hmac224
            | KeySpec::Hmac256
            | KeySpec::Hmac384
            | KeySpec::Hmac512 => Self::SYMMETRIC,
            KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => Self::RSA,
            KeySpec::EccNistP256
            | KeySpec::EccNistP384
            | KeySpec::EccNistP521
            | KeySpec::EccSecgP256k1
            | KeySpec::EccNistEdwards25519
            | KeySpec::Sm2 => Self::ECC,
            KeySpec::MlDsa44 | KeySpec::MlDsa65 | KeySpec::MlDsa87 => Self::ML_DSA,
        }
    }

    /// The quota of data key pairs of this spec; none for specs of which there are no pairs.
    #[must_use]
    pub fn of_data_key_pair(spec: DataKeyPairSpec) -> Option<Self> {
        Self::named(&format!("generate_data_key_pair_{}", spec.as_str().to_ascii_lowercase()))
    }

    /// The quota that an operation has for itself; none for cryptographic operations, which share theirs.
    #[must_use]
    pub fn of_operation(operation: &str) -> Option<Self> {
        Self::named(&snake_case(operation))
    }

    /// The quota of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().position(|(known, _)| *known == name).map(Self)
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..QUOTAS).map(Self)
    }

    /// Its name in the settings and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        TABLE.get(self.0).map_or("", |(name, _)| name)
    }

    /// AWS's own figure, in calls a second.
    #[must_use]
    pub fn aws_rate(self, region: &Region) -> f64 {
        if self == Self::SYMMETRIC {
            return symmetric_rate(region);
        }
        TABLE.get(self.0).map_or(0.0, |(_, rate)| *rate)
    }

    /// Its place among all.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

fn symmetric_rate(region: &Region) -> f64 {
    match region.as_str() {
        "us-east-1" | "us-west-2" | "eu-west-1" => 100_000.0,
        "us-east-2" | "ap-southeast-1" | "ap-southeast-2" | "ap-northeast-1" | "eu-central-1"
        | "eu-west-2" => 20_000.0,
        _ => 10_000.0,
    }
}

/// `CreateKey` becomes `create_key`.
fn snake_case(operation: &str) -> String {
    let mut name = String::with_capacity(operation.len() + 8);
    for letter in operation.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// Names, and AWS's figures in calls a second.
const TABLE: [(&str, f64); 55] = [
    // The first five are the constants of `Quota`. The symmetric one is another in some Regions.
    ("cryptographic_symmetric", 10_000.0),
    ("cryptographic_rsa", 1_000.0),
    ("cryptographic_ecc", 1_000.0),
    ("cryptographic_ml_dsa", 1_000.0),
    ("custom_key_store", 1_800.0),
    ("generate_data_key_pair_ecc_nist_p256", 100.0),
    ("generate_data_key_pair_ecc_nist_p384", 100.0),
    ("generate_data_key_pair_ecc_nist_p521", 100.0),
    ("generate_data_key_pair_ecc_secg_p256k1", 100.0),
    ("generate_data_key_pair_ecc_nist_edwards25519", 100.0),
    ("generate_data_key_pair_rsa_2048", 20.0),
    ("generate_data_key_pair_rsa_3072", 4.0),
    ("generate_data_key_pair_rsa_4096", 1.0),
    ("generate_data_key_pair_sm2", 25.0),
    ("cancel_key_deletion", 5.0),
    ("connect_custom_key_store", 5.0),
    ("create_alias", 5.0),
    ("create_custom_key_store", 5.0),
    ("create_grant", 50.0),
    ("create_key", 5.0),
    ("delete_alias", 15.0),
    ("delete_custom_key_store", 5.0),
    ("delete_imported_key_material", 15.0),
    ("describe_custom_key_stores", 5.0),
    ("describe_key", 2_000.0),
    ("disable_key", 5.0),
    ("disable_key_rotation", 5.0),
    ("disconnect_custom_key_store", 5.0),
    ("enable_key", 5.0),
    ("enable_key_rotation", 15.0),
    ("get_key_last_usage", 5.0),
    ("get_key_policy", 1_000.0),
    ("get_key_rotation_status", 1_000.0),
    ("get_parameters_for_import", 1.0),
    ("get_public_key", 2_000.0),
    ("import_key_material", 15.0),
    ("list_aliases", 500.0),
    ("list_grants", 100.0),
    ("list_key_policies", 100.0),
    ("list_keys", 500.0),
    ("list_key_rotations", 100.0),
    ("list_resource_tags", 2_000.0),
    ("list_retirable_grants", 100.0),
    ("put_key_policy", 15.0),
    ("replicate_key", 5.0),
    ("retire_grant", 50.0),
    ("revoke_grant", 50.0),
    ("rotate_key_on_demand", 5.0),
    ("schedule_key_deletion", 15.0),
    ("tag_resource", 10.0),
    ("untag_resource", 5.0),
    ("update_alias", 5.0),
    ("update_custom_key_store", 5.0),
    ("update_key_description", 5.0),
    ("update_primary_region", 5.0),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_constants_are_where_the_table_has_them() {
        let names = [
            (Quota::SYMMETRIC, "cryptographic_symmetric"),
            (Quota::RSA, "cryptographic_rsa"),
            (Quota::ECC, "cryptographic_ecc"),
            (Quota::ML_DSA, "cryptographic_ml_dsa"),
            (Quota::CUSTOM_KEY_STORE, "custom_key_store"),
        ];
        for (quota, name) in names {
            assert_eq!((quota.name(), Quota::named(name)), (name, Some(quota)));
        }
        let all: BTreeSet<&str> = Quota::all().map(Quota::name).collect();
        assert_eq!(all.len(), QUOTAS, "no name twice");
    }

    #[test]
    fn keys_of_a_kind_share_a_quota() {
        assert_eq!(Quota::of_use(KeySpec::Hmac512), Quota::SYMMETRIC);
        assert_eq!(Quota::of_use(KeySpec::Sm2), Quota::ECC);
        assert_eq!(Quota::of_use(KeySpec::EccNistEdwards25519), Quota::ECC);
        assert_eq!(Quota::of_use(KeySpec::MlDsa65), Quota::ML_DSA);
        assert_eq!(Quota::of_use(KeySpec::Rsa3072), Quota::RSA);
    }

    #[test]
    fn data_key_pairs_have_one_for_each_spec() {
        use keywright_aws_api::shape::Enumeration as _;

        let pair = |spec| Quota::of_data_key_pair(spec).map(Quota::name);
        assert_eq!(pair(DataKeyPairSpec::Rsa4096), Some("generate_data_key_pair_rsa_4096"));
        assert_eq!(
            pair(DataKeyPairSpec::EccNistEdwards25519),
            Some("generate_data_key_pair_ecc_nist_edwards25519")
        );
        for spec in DataKeyPairSpec::VALUES.iter().filter_map(|name| DataKeyPairSpec::from_name(name)) {
            assert!(pair(spec).is_some(), "{spec}");
        }
    }

    #[test]
    fn other_operations_have_their_own() {
        assert_eq!(Quota::of_operation("CreateKey").unwrap().name(), "create_key");
        assert_eq!(Quota::of_operation("UpdateCustomKeyStore").unwrap().name(), "update_custom_key_store");
        for cryptographic in ["Encrypt", "Sign", "GenerateDataKeyPair", "GenerateRandom"] {
            assert_eq!(Quota::of_operation(cryptographic), None);
        }
    }

    #[test]
    fn aws_gives_its_largest_regions_more() {
        let rate = |region: &str| Quota::SYMMETRIC.aws_rate(&Region::parse(region).unwrap());
        assert_eq!(
            [rate("eu-west-1"), rate("eu-west-2"), rate("eu-west-3")],
            [100_000.0, 20_000.0, 10_000.0]
        );
    }
}
