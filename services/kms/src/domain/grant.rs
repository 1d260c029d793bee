//! Grants: permissions on one key for one principal.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use keywright_aws_api::shape::Enumeration as _;
use keywright_aws_api::{AccountId, Arn, wire_enum};
use keywright_crypto::Sha256;
use keywright_policy::{PrincipalName, PrincipalType};
use time::OffsetDateTime;

use super::encryption_context::EncryptionContext;
use super::key_spec::KeyUsageType;
use crate::domain::key::Key;
use crate::error::Error;

/// A grant's id: in text 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GrantId([u8; GrantId::LEN]);

impl GrantId {
    /// Its length in bytes.
    pub const LEN: usize = 32;

    /// From its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Parses the text form.
    ///
    /// # Errors
    /// [`Error::InvalidGrantId`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        keywright_crypto::from_hex_lower(text).map(Self).ok_or(Error::InvalidGrantId)
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&keywright_crypto::hex_lower(&self.0))
    }
}

impl fmt::Debug for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

wire_enum! {
    /// What a grant can permit.
    pub enum GrantOperation {
        /// Decrypt.
        Decrypt = "Decrypt",
        /// Encrypt.
        Encrypt = "Encrypt",
        /// GenerateDataKey.
        GenerateDataKey = "GenerateDataKey",
        /// GenerateDataKeyWithoutPlaintext.
        GenerateDataKeyWithoutPlaintext = "GenerateDataKeyWithoutPlaintext",
        /// ReEncrypt, from the key.
        ReEncryptFrom = "ReEncryptFrom",
        /// ReEncrypt, to the key.
        ReEncryptTo = "ReEncryptTo",
        /// Sign.
        Sign = "Sign",
        /// Verify.
        Verify = "Verify",
        /// GetPublicKey.
        GetPublicKey = "GetPublicKey",
        /// CreateGrant, for no more than the grant itself permits.
        CreateGrant = "CreateGrant",
        /// RetireGrant, of the grant itself.
        RetireGrant = "RetireGrant",
        /// DescribeKey.
        DescribeKey = "DescribeKey",
        /// GenerateDataKeyPair.
        GenerateDataKeyPair = "GenerateDataKeyPair",
        /// GenerateDataKeyPairWithoutPlaintext.
        GenerateDataKeyPairWithoutPlaintext = "GenerateDataKeyPairWithoutPlaintext",
        /// GenerateMac.
        GenerateMac = "GenerateMac",
        /// VerifyMac.
        VerifyMac = "VerifyMac",
        /// DeriveSharedSecret.
        DeriveSharedSecret = "DeriveSharedSecret",
    }
}

impl GrantOperation {
    /// What permits an IAM action such as `kms:Decrypt`, if a grant can.
    #[must_use]
    pub fn of_action(action: &str) -> Option<Self> {
        Self::from_name(action.strip_prefix("kms:")?)
    }

    /// Whether an operation of this kind exists for the key.
    #[must_use]
    pub fn fits(self, key: &Key) -> bool {
        let symmetric = key.spec.is_symmetric_encryption();
        match self {
            Self::CreateGrant | Self::RetireGrant | Self::DescribeKey => true,
            Self::Encrypt | Self::Decrypt | Self::ReEncryptFrom | Self::ReEncryptTo => {
                key.usage == KeyUsageType::EncryptDecrypt
            }
            Self::GenerateDataKey
            | Self::GenerateDataKeyWithoutPlaintext
            | Self::GenerateDataKeyPair
            | Self::GenerateDataKeyPairWithoutPlaintext => symmetric,
            Self::Sign | Self::Verify => key.usage == KeyUsageType::SignVerify,
            Self::GetPublicKey => !symmetric && key.usage != KeyUsageType::GenerateVerifyMac,
            Self::GenerateMac | Self::VerifyMac => key.usage == KeyUsageType::GenerateVerifyMac,
            Self::DeriveSharedSecret => key.usage == KeyUsageType::KeyAgreement,
        }
    }

    /// Whether the encryption context of a request matters to it.
    fn is_constrained(self) -> bool {
        !matches!(self, Self::DescribeKey | Self::RetireGrant | Self::CreateGrant)
    }

    fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

/// A set of operations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GrantOperations(u32);

impl GrantOperations {
    /// Whether one is in it.
    #[must_use]
    pub fn contains(self, operation: GrantOperation) -> bool {
        self.0 & operation.bit() != 0
    }

    /// Whether all of `other` are in it.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The operations, each once, in the order of the API reference.
    pub fn iter(self) -> impl Iterator<Item = GrantOperation> {
        let all = GrantOperation::VALUES.iter().filter_map(|name| GrantOperation::from_name(name));
        all.filter(move |operation| self.contains(*operation))
    }
}

impl FromIterator<GrantOperation> for GrantOperations {
    fn from_iter<I: IntoIterator<Item = GrantOperation>>(operations: I) -> Self {
        Self(operations.into_iter().fold(0, |set, operation| set | operation.bit()))
    }
}

/// Pairs of an encryption context.
pub type ContextPairs = BTreeMap<String, String>;

/// What the encryption context of a request must be for a grant to count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantConstraints {
    /// It must be exactly this one.
    pub equals: Option<ContextPairs>,
    /// It must have all these pairs.
    pub subset: Option<ContextPairs>,
}

impl GrantConstraints {
    /// Refuses more pairs, or longer ones, than a constraint may have.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn check(&self) -> Result<(), Error> {
        for pairs in [&self.equals, &self.subset].into_iter().flatten() {
            if pairs.len() > MAX_PAIRS {
                return Err(Error::Invalid("A grant constraint has at most 8 encryption context pairs"));
            }
            let characters = pairs.iter().map(|(key, value)| key.chars().count() + value.chars().count());
            if characters.sum::<usize>() > MAX_CHARACTERS {
                return Err(Error::Invalid("A grant constraint has at most 384 characters"));
            }
        }
        Ok(())
    }

    /// Of which types they are, as `kms:GrantConstraintType` names them.
    pub fn types(&self) -> impl Iterator<Item = &'static str> {
        let equals = self.equals.as_ref().map(|_| "EncryptionContextEquals");
        let subset = self.subset.as_ref().map(|_| "EncryptionContextSubset");
        [equals, subset].into_iter().flatten()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.equals.is_none() && self.subset.is_none()
    }

    /// Whether a request with this context meets them.
    #[must_use]
    pub fn admit(&self, context: Option<&ContextPairs>) -> bool {
        let equal = |pairs: &ContextPairs| context.map_or(pairs.is_empty(), |context| context == pairs);
        let included = |pairs: &ContextPairs| {
            pairs.is_empty() || context.is_some_and(|context| includes(context, pairs))
        };
        self.equals.as_ref().is_none_or(equal) && self.subset.as_ref().is_none_or(included)
    }

    /// Whether every context that meets these meets the others, too.
    #[must_use]
    pub fn are_at_least_as_strict_as(&self, others: &Self) -> bool {
        let own = [&self.equals, &self.subset];
        let equals = others.equals.as_ref().is_none_or(|wanted| self.equals.as_ref() == Some(wanted));
        let included = |wanted: &ContextPairs| own.into_iter().flatten().any(|pairs| includes(pairs, wanted));
        equals && others.subset.as_ref().is_none_or(included)
    }
}

fn includes(pairs: &ContextPairs, wanted: &ContextPairs) -> bool {
    wanted.iter().all(|(key, value)| pairs.get(key) == Some(value))
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// What its maker calls it.
    pub name: Option<String>,
    /// Whom it is given to.
    pub grantee: Arc<str>,
    /// Who may retire it.
    pub retiring: Option<Arc<str>>,
    /// The account of its maker.
    pub issuing_account: AccountId,
    /// What it permits.
    pub operations: GrantOperations,
    /// Under which constraints.
    pub constraints: GrantConstraints,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

impl Grant {
    /// Whether it permits an operation in this context.
    #[must_use]
    pub fn permits(&self, operation: GrantOperation, context: Option<&ContextPairs>) -> bool {
        self.operations.contains(operation)
            && (!operation.is_constrained() || self.constraints.admit(context))
    }

    /// Whether it permits to make a grant for these operations under these constraints: for no more than it permits
    /// itself.
    ///
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html#grant-creategrant>
    #[must_use]
    pub fn permits_grant(&self, operations: GrantOperations, constraints: &GrantConstraints) -> bool {
        self.operations.contains(GrantOperation::CreateGrant)
            && self.operations.includes(operations)
            && constraints.are_at_least_as_strict_as(&self.constraints)
    }

    /// Refuses what the key can't do, and constraints where there is no encryption context.
    ///
    /// # Errors
    /// [`Error::GrantOperation`] or [`Error::Invalid`].
    pub fn check_fits(&self, key: &Key) -> Result<(), Error> {
        if let Some(operation) = self.operations.iter().find(|operation| !operation.fits(key)) {
            return Err(Error::GrantOperation(operation));
        }
        if !self.constraints.is_empty() && !key.spec.is_symmetric_encryption() {
            return Err(Error::Invalid(
                "Encryption context constraints are supported only for symmetric encryption keys",
            ));
        }
        Ok(())
    }

    /// A digest of all that was asked for, which tells whether a grant with a name is asked for again.
    #[must_use]
    pub fn request_digest(&self) -> Option<[u8; 32]> {
        let mut digest = Sha256::new();
        let mut put = |part: &[u8]| {
            digest.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part);
        };
        put(self.name.as_ref()?.as_bytes());
        put(self.grantee.as_bytes());
        put(self.retiring.as_deref().unwrap_or_default().as_bytes());
        put(self.issuing_account.as_str().as_bytes());
        put(&self.operations.0.to_be_bytes());
        for pairs in [&self.constraints.equals, &self.constraints.subset] {
            let mut canonical = Vec::new();
            if let Ok(context) = EncryptionContext::new(pairs.as_ref()) {
                context.append_canonical(&mut canonical);
            }
            put(&[u8::from(pairs.is_some())]);
            put(&canonical);
        }
        Some(digest.finish())
    }
}

/// Refuses what is neither the ARN of an account's root, a user, a role or a session, nor the name of a service. Whether
/// such a principal exists is known to identity only, and isn't asked.
///
/// # Errors
/// [`Error::InvalidPrincipal`].
pub fn check_principal(text: &str) -> Result<(), Error> {
    let kind = if text.starts_with("arn:") { PrincipalType::Aws } else { PrincipalType::Service };
    match PrincipalName::parse(kind, text) {
        Some(_) => Ok(()),
        None => Err(Error::InvalidPrincipal(text.to_owned())),
    }
}

/// The ARN by which a grant names an account.
#[must_use]
pub fn root_arn(account: &str) -> String {
    Arn::global("iam", account, "root")
}

/// How many grants a key has at most.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>
pub const MAX_GRANTS: u32 = 50_000;
const MAX_PAIRS: usize = 8;
const MAX_CHARACTERS: usize = 384;

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> ContextPairs {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn equals(of: &[(&str, &str)]) -> GrantConstraints {
        GrantConstraints { equals: Some(pairs(of)), subset: None }
    }

    fn subset(of: &[(&str, &str)]) -> GrantConstraints {
        GrantConstraints { equals: None, subset: Some(pairs(of)) }
    }

    #[test]
    fn an_id_has_64_lower_case_digits() {
        let text = "0123456789abcdef".repeat(4);
        assert_eq!(GrantId::parse(&text).unwrap().to_string(), text);
        for bad in ["", "0", &text.to_uppercase(), &text[1..], &format!("{text}0"), &"g".repeat(64)] {
            assert!(matches!(GrantId::parse(bad), Err(Error::InvalidGrantId)), "{bad}");
        }
    }

    #[test]
    fn a_constraint_admits_its_contexts_only() {
        let admit = |constraints: &GrantConstraints, of: &[(&str, &str)]| constraints.admit(Some(&pairs(of)));
        let (one, two) = ([("a", "1")], [("a", "1"), ("b", "2")]);
        assert!(admit(&GrantConstraints::default(), &two));
        assert!(admit(&equals(&one), &one) && !admit(&equals(&one), &two) && !admit(&equals(&one), &[]));
        assert!(admit(&subset(&one), &one) && admit(&subset(&one), &two) && !admit(&subset(&two), &one));
        assert!(!admit(&subset(&one), &[("a", "2")]) && !admit(&subset(&one), &[("A", "1")]));
        assert!(admit(&equals(&[]), &[]) && !admit(&equals(&[]), &one));
        assert!(GrantConstraints::default().admit(None));
        assert!(!subset(&one).admit(None));
    }

    #[test]
    fn strictness_follows_from_what_is_admitted() {
        let (none, one, two) = (GrantConstraints::default(), [("a", "1")], [("a", "1"), ("b", "2")]);
        let stricter = |a: &GrantConstraints, b: &GrantConstraints| a.are_at_least_as_strict_as(b);
        assert!(stricter(&none, &none) && stricter(&equals(&one), &none) && !stricter(&none, &subset(&one)));
        assert!(stricter(&equals(&one), &equals(&one)) && !stricter(&equals(&two), &equals(&one)));
        assert!(!stricter(&subset(&one), &equals(&one)));
        assert!(stricter(&equals(&two), &subset(&one)) && stricter(&subset(&two), &subset(&one)));
        assert!(!stricter(&subset(&one), &subset(&two)));
    }

    #[test]
    fn constraints_are_bounded() {
        let many: Vec<(String, String)> = (0..9).map(|n| (n.to_string(), String::new())).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert!(subset(&many[..8]).check().is_ok() && subset(&many).check().is_err());
        assert!(equals(&[("k", &"v".repeat(383))]).check().is_ok());
        assert!(equals(&[("k", &"v".repeat(384))]).check().is_err());
    }

    #[test]
    fn principals_are_arns_or_services() {
        for good in [
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::111122223333:user/dev/alice",
            "arn:aws:iam::111122223333:role/app",
            "arn:aws:sts::111122223333:assumed-role/app/pod",
            "arn:aws:sts::111122223333:federated-user/bob",
            "ssm.amazonaws.com",
        ] {
            assert!(check_principal(good).is_ok(), "{good}");
        }
        for bad in [
            "alice",
            "111122223333",
            "arn:aws:iam::111122223333:group/dev",
            "arn:aws:iam::1:user/a",
            "arn:aws:kms:us-east-1:111122223333:key/x",
            "arn:aws",
            "AIDA1234567890123456",
        ] {
            assert!(matches!(check_principal(bad), Err(Error::InvalidPrincipal(_))), "{bad}");
        }
    }
}
