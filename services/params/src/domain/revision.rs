//! What a new version becomes, of what PutParameter asks and what the parameter is.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>

use regex::RegexBuilder;

use super::kind::{ParameterTier, ParameterType, Tier};
use super::parameter::Metadata;

/// What a request asks a parameter to become.
#[derive(Clone, Copy)]
pub struct Proposal<'a> {
    /// The value; secret where the type is SecureString.
    pub value: &'a str,
    /// The type.
    pub parameter_type: Option<ParameterType>,
    /// The tier.
    pub tier: Option<ParameterTier>,
    /// The tier where none is asked for.
    pub default_tier: ParameterTier,
    /// Whether the account can have no more standard parameters, which intelligent tiering then doesn't make.
    pub standard_is_full: bool,
    /// The data type.
    pub data_type: Option<&'a str>,
    /// The KMS key.
    pub key_id: Option<&'a str>,
    /// What the parameter is for.
    pub description: Option<&'a str>,
    /// What values must match.
    pub allowed_pattern: Option<&'a str>,
}

/// A new version, decided upon but for its value and number. What the request leaves out stays as it was; but the KMS key
/// is then the AWS managed one, as the API reference has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The type.
    pub parameter_type: ParameterType,
    /// The tier.
    pub tier: Tier,
    /// The data type.
    pub data_type: String,
    /// The KMS key of a SecureString, as it was given.
    pub key_id: Option<String>,
    /// What the parameter is for.
    pub description: Option<String>,
    /// What values must match.
    pub allowed_pattern: Option<String>,
}

/// Why a version is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// A new parameter without a type.
    #[error("a new parameter needs a type")]
    TypeRequired,
    /// A data type that isn't known.
    #[error("the data type is not supported")]
    DataType(String),
    /// A data type that parameters of this type can't have.
    #[error("the data type is not one of this type of parameter")]
    DataTypeOfType(String, ParameterType),
    /// A value that is no id of an image.
    #[error("the value is not the id of an image")]
    NotAnImage,
    /// A KMS key for what isn't encrypted.
    #[error("only a SecureString has a kms key")]
    KeyWithoutSecureString,
    /// A value over the tier's limit.
    #[error("the value is too long for the tier")]
    ValueTooLong(Tier),
    /// From the advanced tier back to the standard one.
    #[error("an advanced parameter can not become a standard one")]
    TierDowngrade,
    /// A pattern that is no regular expression, or too large a one.
    #[error("the allowed pattern is not a regular expression")]
    InvalidPattern,
    /// A value that doesn't match.
    #[error("the value does not match the allowed pattern")]
    PatternMismatch(String),
}

impl Revision {
    /// Decides what a parameter that is `current` now, or doesn't exist, becomes.
    ///
    /// # Errors
    /// Any [`RevisionError`].
    pub fn decide(proposal: &Proposal<'_>, current: Option<&Metadata>) -> Result<Self, RevisionError> {
        let parameter_type = proposal.parameter_type.or(current.map(|current| current.parameter_type));
        let parameter_type = parameter_type.ok_or(RevisionError::TypeRequired)?;
        let key_id = match (parameter_type, proposal.key_id) {
            (ParameterType::SecureString, key_id) => Some(key_id.unwrap_or(DEFAULT_KEY).to_owned()),
            (ParameterType::String | ParameterType::StringList, None) => None,
            (ParameterType::String | ParameterType::StringList, Some(_)) => {
                return Err(RevisionError::KeyWithoutSecureString);
            }
        };
        let data_type = inherit(proposal.data_type, current.map(|current| current.data_type.as_str()));
        let data_type = data_type.unwrap_or_else(|| TEXT.to_owned());
        check_data_type(&data_type, parameter_type, proposal.value)?;
        let bytes = proposal.value.len();
        let tier = decide_tier(proposal, current.map(|current| current.tier))?;
        if bytes > tier.max_value_bytes() {
            return Err(RevisionError::ValueTooLong(tier));
        }
        let allowed_pattern =
            inherit(proposal.allowed_pattern, current.and_then(|current| current.allowed_pattern.as_deref()));
        if let Some(pattern) = &allowed_pattern {
            check_pattern(pattern, proposal.value)?;
        }
        let description =
            inherit(proposal.description, current.and_then(|current| current.description.as_deref()));
        Ok(Self { parameter_type, tier, data_type, key_id, description, allowed_pattern })
    }

    /// Whether a value that was sealed for `other` is right for this one too.
    #[must_use]
    pub fn is_sealed_as(&self, other: &Self) -> bool {
        (self.parameter_type, self.tier, &self.key_id) == (other.parameter_type, other.tier, &other.key_id)
    }
}

/// An empty text takes back what was there.
fn inherit(asked: Option<&str>, current: Option<&str>) -> Option<String> {
    asked.or(current).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn check_data_type(data_type: &str, parameter_type: ParameterType, value: &str) -> Result<(), RevisionError> {
    let needed = match data_type {
        TEXT => return Ok(()),
        EC2_IMAGE => ParameterType::String,
        SSM_INTEGRATION => ParameterType::SecureString,
        _ => return Err(RevisionError::DataType(data_type.to_owned())),
    };
    if parameter_type != needed {
        return Err(RevisionError::DataTypeOfType(data_type.to_owned(), needed));
    }
    if data_type == EC2_IMAGE && !is_image_id(value) { Err(RevisionError::NotAnImage) } else { Ok(()) }
}

/// `ami-` and 8 or 17 hexadecimal digits. There is no EC2 here that could say whether there is such an image.
fn is_image_id(value: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let digits = value.strip_prefix("ami-");
    digits.is_some_and(|digits| [8, 17].contains(&digits.len()) && digits.bytes().all(is_digit))
}

fn decide_tier(proposal: &Proposal<'_>, current: Option<Tier>) -> Result<Tier, RevisionError> {
    match (proposal.tier, current) {
        (Some(ParameterTier::Standard), Some(Tier::Advanced)) => return Err(RevisionError::TierDowngrade),
        (_, Some(Tier::Advanced)) => return Ok(Tier::Advanced),
        (_, Some(Tier::Standard) | None) => {}
    }
    let is_full = proposal.standard_is_full && current.is_none();
    Ok(match proposal.tier.unwrap_or(proposal.default_tier) {
        ParameterTier::Standard => Tier::Standard,
        ParameterTier::Advanced => Tier::Advanced,
        ParameterTier::IntelligentTiering
            if is_full || proposal.value.len() > Tier::Standard.max_value_bytes() =>
        {
            Tier::Advanced
        }
        ParameterTier::IntelligentTiering => Tier::Standard,
    })
}

/// The expressions are those of the `regex` crate, which takes time linear in the value: nobody can make one that hangs.
fn check_pattern(pattern: &str, value: &str) -> Result<(), RevisionError> {
    let expression = RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build();
    let expression = expression.map_err(|_| RevisionError::InvalidPattern)?;
    if expression.is_match(value) { Ok(()) } else { Err(RevisionError::PatternMismatch(pattern.to_owned())) }
}

/// The AWS managed key of Parameter Store; KMS makes it when it is first used.
pub const DEFAULT_KEY: &str = "alias/aws/ssm";
const TEXT: &str = "text";
const EC2_IMAGE: &str = "aws:ec2:image";
const SSM_INTEGRATION: &str = "aws:ssm:integration";
/// Of a compiled expression.
const MAX_PATTERN_BYTES: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::domain::parameter::ParameterId;

    const ASKED: Proposal<'_> = Proposal {
        value: "v",
        parameter_type: Some(ParameterType::String),
        tier: None,
        default_tier: ParameterTier::Standard,
        standard_is_full: false,
        data_type: None,
        key_id: None,
        description: None,
        allowed_pattern: None,
    };

    fn current(parameter_type: ParameterType, tier: Tier) -> Metadata {
        Metadata {
            id: ParameterId(1),
            name: "/x".to_owned(),
            version: 4,
            parameter_type,
            tier,
            data_type: "text".to_owned(),
            key_id: Some("alias/app".to_owned()),
            description: Some("old".to_owned()),
            allowed_pattern: Some("^v".to_owned()),
            modified_at: OffsetDateTime::UNIX_EPOCH,
            modified_by: "someone".to_owned(),
        }
    }

    #[test]
    fn a_new_parameter_needs_a_type_and_gets_the_defaults() {
        let revision = Revision::decide(&ASKED, None).unwrap();
        assert_eq!((revision.tier, revision.data_type.as_str()), (Tier::Standard, "text"));
        assert_eq!((revision.key_id, revision.description, revision.allowed_pattern), (None, None, None));
        let untyped = Proposal { parameter_type: None, ..ASKED };
        assert_eq!(Revision::decide(&untyped, None), Err(RevisionError::TypeRequired));
    }

    #[test]
    fn what_is_left_out_stays_but_for_the_key() {
        let untyped = Proposal { parameter_type: None, ..ASKED };
        let revision =
            Revision::decide(&untyped, Some(&current(ParameterType::SecureString, Tier::Advanced))).unwrap();
        assert_eq!((revision.parameter_type, revision.tier), (ParameterType::SecureString, Tier::Advanced));
        assert_eq!(revision.description.as_deref(), Some("old"));
        assert_eq!(revision.allowed_pattern.as_deref(), Some("^v"));
        assert_eq!(revision.key_id.as_deref(), Some("alias/aws/ssm"));
        let cleared = Proposal { description: Some(""), allowed_pattern: Some(""), ..ASKED };
        let revision =
            Revision::decide(&cleared, Some(&current(ParameterType::String, Tier::Standard))).unwrap();
        assert_eq!((revision.description, revision.allowed_pattern), (None, None));
    }

    #[test]
    fn only_a_secure_string_has_a_key() {
        let with_key = Proposal { key_id: Some("alias/app"), ..ASKED };
        assert_eq!(Revision::decide(&with_key, None), Err(RevisionError::KeyWithoutSecureString));
        let secure = Proposal { parameter_type: Some(ParameterType::SecureString), ..with_key };
        assert_eq!(Revision::decide(&secure, None).unwrap().key_id.as_deref(), Some("alias/app"));
    }

    #[test]
    fn the_tier_follows_request_size_and_history() {
        use ParameterTier::{Advanced as AskAdvanced, IntelligentTiering, Standard as AskStandard};
        let (small, large, huge) = ("v".repeat(4096), "v".repeat(4097), "v".repeat(8193));
        let decide = |tier, value: &str, before: Option<Tier>| {
            let before = before.map(|tier| current(ParameterType::String, tier));
            Revision::decide(&Proposal { tier, value, ..ASKED }, before.as_ref())
                .map(|revision| revision.tier)
        };
        let too_long = |tier| Err(RevisionError::ValueTooLong(tier));
        assert_eq!(decide(None, &small, None), Ok(Tier::Standard));
        assert_eq!(decide(None, &large, None), too_long(Tier::Standard));
        assert_eq!(decide(Some(AskStandard), &large, None), too_long(Tier::Standard));
        assert_eq!(decide(Some(IntelligentTiering), &small, None), Ok(Tier::Standard));
        assert_eq!(decide(Some(IntelligentTiering), &large, None), Ok(Tier::Advanced));
        assert_eq!(decide(Some(IntelligentTiering), &huge, None), too_long(Tier::Advanced));
        assert_eq!(decide(Some(AskAdvanced), &huge[..8192], None), Ok(Tier::Advanced));
        assert_eq!(decide(None, &small, Some(Tier::Advanced)), Ok(Tier::Advanced));
        assert_eq!(decide(Some(IntelligentTiering), &small, Some(Tier::Advanced)), Ok(Tier::Advanced));
        assert_eq!(
            decide(Some(AskStandard), &small, Some(Tier::Advanced)),
            Err(RevisionError::TierDowngrade)
        );
        assert_eq!(decide(Some(AskAdvanced), &small, Some(Tier::Standard)), Ok(Tier::Advanced));
    }

    #[test]
    fn the_default_tier_counts_where_none_is_asked_for() {
        let decide = |asked, default_tier, before: Option<Tier>| {
            let before = before.map(|tier| current(ParameterType::String, tier));
            let proposal = Proposal { tier: asked, default_tier, ..ASKED };
            Revision::decide(&proposal, before.as_ref()).map(|revision| revision.tier)
        };
        let advanced = ParameterTier::Advanced;
        assert_eq!(decide(None, advanced, None), Ok(Tier::Advanced));
        assert_eq!(decide(None, advanced, Some(Tier::Standard)), Ok(Tier::Advanced));
        assert_eq!(decide(Some(ParameterTier::Standard), advanced, None), Ok(Tier::Standard));
        assert_eq!(decide(None, ParameterTier::Standard, Some(Tier::Advanced)), Ok(Tier::Advanced));
        assert_eq!(decide(None, ParameterTier::IntelligentTiering, None), Ok(Tier::Standard));
        let full = |current: Option<&Metadata>, tier| {
            let proposal = Proposal { tier: Some(tier), standard_is_full: true, ..ASKED };
            Revision::decide(&proposal, current).map(|revision| revision.tier)
        };
        assert_eq!(full(None, ParameterTier::IntelligentTiering), Ok(Tier::Advanced));
        assert_eq!(full(None, ParameterTier::Standard), Ok(Tier::Standard));
        let standard = current(ParameterType::String, Tier::Standard);
        assert_eq!(full(Some(&standard), ParameterTier::IntelligentTiering), Ok(Tier::Standard));
    }

    #[test]
    fn images_and_integrations_have_their_types_and_forms() {
        let decide = |data_type, parameter_type, value: &str| {
            let proposal =
                Proposal { data_type: Some(data_type), parameter_type: Some(parameter_type), value, ..ASKED };
            Revision::decide(&proposal, None).map(|revision| revision.data_type)
        };
        let (text, secure) = (ParameterType::String, ParameterType::SecureString);
        for good in ["ami-0123abcd", "ami-0123456789abcdef0"] {
            assert_eq!(decide("aws:ec2:image", text, good), Ok("aws:ec2:image".to_owned()));
        }
        for bad in ["ami-", "ami-0123abc", "ami-0123ABCD", "i-0123abcd", "ami-0123456789abcdef01"] {
            assert_eq!(decide("aws:ec2:image", text, bad), Err(RevisionError::NotAnImage), "{bad}");
        }
        let wrong =
            |data_type: &str, needed| Err(RevisionError::DataTypeOfType(data_type.to_owned(), needed));
        assert_eq!(decide("aws:ec2:image", secure, "ami-0123abcd"), wrong("aws:ec2:image", text));
        assert_eq!(decide("aws:ssm:integration", text, "{}"), wrong("aws:ssm:integration", secure));
        assert_eq!(decide("aws:ssm:integration", secure, "{}"), Ok("aws:ssm:integration".to_owned()));
    }

    #[test]
    fn values_must_match_the_pattern() {
        let decide = |pattern, value| {
            Revision::decide(&Proposal { allowed_pattern: Some(pattern), value, ..ASKED }, None).map(|_| ())
        };
        assert_eq!(decide(r"^\d+$", "123"), Ok(()));
        assert_eq!(decide(r"^\d+$", "12x"), Err(RevisionError::PatternMismatch(r"^\d+$".to_owned())));
        for bad in ["(", "(?=x)", "[z-a]", "((a{1000}){1000}){1000}"] {
            assert_eq!(decide(bad, "x"), Err(RevisionError::InvalidPattern), "{bad}");
        }
        let inherited = Proposal { value: "other", ..ASKED };
        assert_eq!(
            Revision::decide(&inherited, Some(&current(ParameterType::String, Tier::Standard))),
            Err(RevisionError::PatternMismatch("^v".to_owned()))
        );
    }

    #[test]
    fn unknown_data_types_are_refused() {
        let image = Proposal { data_type: Some("Text"), ..ASKED };
        assert_eq!(Revision::decide(&image, None), Err(RevisionError::DataType("Text".to_owned())));
    }

    #[test]
    fn a_sealed_value_fits_only_the_same_type_tier_and_key() {
        let secure = Proposal { parameter_type: Some(ParameterType::SecureString), ..ASKED };
        let of = |proposal: &Proposal<'_>| Revision::decide(proposal, None).unwrap();
        let revision = of(&secure);
        assert!(revision.is_sealed_as(&of(&Proposal { description: Some("new"), ..secure })));
        assert!(!revision.is_sealed_as(&of(&ASKED)));
        assert!(!revision.is_sealed_as(&of(&Proposal { key_id: Some("alias/app"), ..secure })));
        assert!(!revision.is_sealed_as(&of(&Proposal { tier: Some(ParameterTier::Advanced), ..secure })));
    }
}
