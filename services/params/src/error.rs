//! What can go wrong in Parameter Store, and AWS's answers to it.
//!
//! The errors are listed with each operation of the
//! [API reference](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html#API_PutParameter_Errors).

use keywright_aws_api::{ApiError, Common};
use keywright_crypto::CryptoError;
use keywright_service::StoreFailure;
use keywright_store::StoreError;

use crate::domain::envelope::EnvelopeError;
use crate::domain::filter::FilterError;
use crate::domain::kind::Tier;
use crate::domain::label::MAX_LABELS;
use crate::domain::name::NameError;
use crate::domain::page_token::PageTokenError;
use crate::domain::path::PathError;
use crate::domain::policies::{MAX_POLICIES, PolicyError};
use crate::domain::reference::Selector;
use crate::domain::revision::RevisionError;
use crate::domain::service_setting::ServiceSetting;
use crate::domain::sharing::{MAX_BYTES, SHAREABLE, SharingError};
use crate::domain::tags::{MAX_TAGS, TagError};
use crate::kms::KmsError;
use crate::secrets_manager::SecretsError;

/// Why Parameter Store refuses or fails. Nothing here carries a value of a parameter.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A text is no name, or none that may be given.
    #[error("the parameter name is not valid, name={name}")]
    Name {
        /// The text.
        name: String,
        /// What is wrong with it.
        #[source]
        reason: NameError,
    },
    /// A text is no path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// No such parameter.
    #[error("the parameter does not exist, name={0}")]
    NotFound(String),
    /// The parameter has no such version or label.
    #[error("the parameter has no such version, name={name}")]
    VersionNotFound {
        /// The name.
        name: String,
        /// The version or label.
        selector: Selector,
    },
    /// The parameter is there, and is not to be overwritten.
    #[error("the parameter exists already, name={0}")]
    AlreadyExists(String),
    /// A version is refused.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// Tags can be given at creation only.
    #[error("tags and overwrite cannot be used together")]
    TagsWithOverwrite,
    /// Parameter policies are refused.
    #[error(transparent)]
    Policies(#[from] PolicyError),
    /// Another request changed what this one was based on.
    #[error("the parameter was changed by another request, name={0}")]
    TooManyUpdates(String),
    /// A version would have more labels than it can.
    #[error("the version would have too many labels, name={0}")]
    TooManyLabels(String),
    /// The version that the history would forget has a label.
    #[error("the oldest version has a label, name={name}, version={version}")]
    OldestIsLabelled {
        /// The name.
        name: String,
        /// The version.
        version: i64,
    },
    /// The account would have more parameters of a tier than it may.
    #[error("the account has too many parameters, tier={}", .0.as_str())]
    TooManyParameters(Tier),
    /// A parameter can't be shared so.
    #[error(transparent)]
    Sharing(#[from] SharingError),
    /// No such setting, or none of Parameter Store.
    #[error("there is no such service setting, id={0}")]
    SettingNotFound(String),
    /// A setting can't be set to that.
    #[error("the service setting can't be set to this value")]
    SettingValue {
        /// The setting.
        setting: ServiceSetting,
        /// The value.
        value: String,
    },
    /// Tags are refused.
    #[error(transparent)]
    Tags(#[from] TagError),
    /// Only parameters have tags here.
    #[error("the resource type is not valid, type={0}")]
    ResourceType(&'static str),
    /// No such resource.
    #[error("the resource does not exist, id={0}")]
    ResourceId(String),
    /// Filters are refused.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// Both kinds of filters at once.
    #[error("filters of both kinds cannot be used together")]
    BothFilters,
    /// A token of another list, or none.
    #[error(transparent)]
    PageToken(#[from] PageTokenError),
    /// KMS refused or could not be asked.
    #[error("kms did not do it")]
    Kms(#[from] KmsError),
    /// A secret is meant, and must not be shown as it is stored.
    #[error("a secret is only given out decrypted")]
    SecretUndecrypted,
    /// Secrets Manager refused or could not be asked.
    #[error("secrets manager did not do it")]
    Secrets(#[from] SecretsError),
    /// A stored SecureString can't be opened.
    #[error("a stored value does not open, parameter={arn}")]
    Envelope {
        /// The parameter's ARN.
        arn: String,
        /// Why.
        #[source]
        reason: EnvelopeError,
    },
    /// A decrypted SecureString is no text: what is stored isn't what was put.
    #[error("a decrypted value is not text, parameter={0}")]
    NotText(String),
    /// A primitive failed.
    #[error("a cryptographic primitive failed")]
    Crypto(#[from] CryptoError),
    /// The database failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A row that can't be.
    #[error("the database holds something impossible: {0}")]
    Corrupt(&'static str),
    /// An event that no request caused could not be recorded.
    #[error("an event could not be recorded")]
    Event(#[source] ApiError),
}

impl Error {
    /// A name that isn't one.
    pub fn name(name: &str, reason: NameError) -> Self {
        Self::Name { name: name.to_owned(), reason }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Name { name, reason } => name_refused(&name, reason),
            Error::Path(PathError) => path_refused(),
            Error::NotFound(name) => not_found(&name),
            Error::VersionNotFound { name, selector } => version_not_found(&name, &selector),
            Error::AlreadyExists(_) => Self::service(
                "ParameterAlreadyExists",
                400,
                "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
            ),
            Error::Revision(error) => revision_refused(error),
            Error::TagsWithOverwrite => Self::validation(
                "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please \
                 remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or \
                 RemoveTagsFromResource.",
            ),
            Error::Policies(error) => policies_refused(error),
            Error::TooManyUpdates(_) => Self::service(
                "TooManyUpdates",
                400,
                "There are concurrent updates for a resource that supports one update at a time.",
            ),
            Error::TooManyLabels(_) => Self::service(
                "ParameterVersionLabelLimitExceeded",
                400,
                format!(
                    "A parameter version can have maximum {MAX_LABELS} labels. Move one or more labels to another version \
                     and try again."
                ),
            ),
            Error::OldestIsLabelled { name, version } => Self::service(
                "ParameterMaxVersionLimitExceeded",
                400,
                format!(
                    "You attempted to create a new version of {name} by calling the PutParameter API with the overwrite \
                     flag. Version {version}, the oldest version, can't be deleted because it has a label associated with \
                     it. Move the label to another version of the parameter, and try again."
                ),
            ),
            Error::TooManyParameters(tier) => Self::service(
                "ParameterLimitExceeded",
                400,
                format!(
                    "You have exceeded the number of {} parameters for this AWS account. Delete one or more parameters \
                     and try again.",
                    tier.as_str().to_ascii_lowercase()
                ),
            ),
            Error::Sharing(error) => sharing_refused(error),
            Error::SettingNotFound(id) => Self::service(
                "ServiceSettingNotFound",
                400,
                format!("The service setting {id} was not found."),
            ),
            Error::SettingValue { setting, value } => Self::validation(format!(
                "{value} is not a valid value of the service setting {}. Valid values are: {}.",
                setting.id(),
                setting.values().join(", ")
            )),
            Error::Tags(error) => tags_refused(error),
            Error::ResourceType(found) => Self::service(
                "InvalidResourceType",
                400,
                format!("{found} is not a valid resource type here. Valid resource types are: Parameter."),
            ),
            Error::ResourceId(_) => Self::service(
                "InvalidResourceId",
                400,
                "The resource ID is not valid. Verify that you entered the correct ID and try again.",
            ),
            Error::Filter(error) => filter_refused(error),
            Error::BothFilters => {
                Self::validation("You can use either Filters or ParameterFilters in a single request.")
            }
            Error::PageToken(PageTokenError) => {
                Self::service("InvalidNextToken", 400, "The specified token is not valid.")
            }
            Error::Kms(error) => error.into(),
            Error::SecretUndecrypted => {
                Self::validation("WithDecryption flag must be True for retrieving a Secret Manager secret.")
            }
            Error::Secrets(error) => error.into(),
            Error::Event(error) => error,
            Error::Store(cause) => StoreFailure::of(&cause).answer(cause),
            error @ (Error::Envelope { .. } | Error::NotText(_) | Error::Crypto(_) | Error::Corrupt(_)) => {
                Self::internal(error)
            }
        }
    }
}

fn name_refused(name: &str, reason: NameError) -> ApiError {
    match reason {
        NameError::Form => ApiError::validation(NAME_FORM),
        NameError::NotFullyQualified => {
            ApiError::validation("Parameter name must be a fully qualified name.")
        }
        NameError::ReservedPrefix if name.trim_start_matches('/').contains('/') => {
            ApiError::validation(NAME_FORM)
        }
        NameError::ReservedPrefix => ApiError::validation(
            "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).",
        ),
        NameError::ReservedHierarchy => {
            ApiError::common(Common::AccessDenied, format!("No access to reserved parameter name: {name}."))
        }
        NameError::TooManyLevels => ApiError::service(
            "HierarchyLevelLimitExceededException",
            400,
            "A hierarchy can have a maximum of 15 levels.",
        ),
        NameError::TooLong => ApiError::validation(
            "The parameter name is too long: its ARN can have a maximum of 1011 characters.",
        ),
    }
}

fn path_refused() -> ApiError {
    ApiError::validation(
        "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward \
         slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). It must use only letters, \
         numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not \
         allowed. All sub-paths, if specified, must use the forward slash symbol \"/\". Valid example: \
         /get/parameters2-/by1./path0_.",
    )
}

fn not_found(name: &str) -> ApiError {
    ApiError::service("ParameterNotFound", 400, format!("Parameter {name} not found."))
}

fn version_not_found(name: &str, selector: &Selector) -> ApiError {
    let (what, found) = match selector {
        Selector::Version(version) => ("version", version.to_string()),
        Selector::Label(label) => ("label", label.to_string()),
    };
    ApiError::service(
        "ParameterVersionNotFound",
        400,
        format!("Systems Manager could not find {what} {found} of {name}. Verify the {what} and try again."),
    )
}

fn revision_refused(error: RevisionError) -> ApiError {
    match error {
        RevisionError::TypeRequired => {
            ApiError::validation("A parameter type is required when you create a parameter.")
        }
        RevisionError::DataType(found) => ApiError::validation(format!(
            "The following data type is not supported: {found} (Data type names are all lowercase.)"
        )),
        RevisionError::DataTypeOfType(data_type, needed) => ApiError::validation(format!(
            "The data type {data_type} can only be used with parameters of the type {needed}."
        )),
        RevisionError::NotAnImage => ApiError::validation(
            "The parameter value is not the ID of an Amazon Machine Image (AMI). A value of the data type \
             aws:ec2:image has the format ami-12345abcde1234567.",
        ),
        RevisionError::KeyWithoutSecureString => {
            ApiError::validation("KeyId is required for SecureString type parameter only.")
        }
        RevisionError::ValueTooLong(Tier::Standard) => ApiError::validation(
            "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger \
             parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see \
             https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
        ),
        RevisionError::ValueTooLong(Tier::Advanced) => ApiError::validation(
            "Advanced tier parameters support a maximum parameter value of 8192 characters.",
        ),
        RevisionError::TierDowngrade => ApiError::validation(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the \
             advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced \
             parameter and recreate it as a standard parameter.",
        ),
        RevisionError::InvalidPattern => ApiError::service(
            "InvalidAllowedPatternException",
            400,
            "The request does not meet the regular expression requirement: AllowedPattern is not valid.",
        ),
        RevisionError::PatternMismatch(pattern) => ApiError::service(
            "ParameterPatternMismatchException",
            400,
            format!("Parameter value, cannot be validated against allowedPattern: {pattern}"),
        ),
    }
}

fn policies_refused(error: PolicyError) -> ApiError {
    match error {
        PolicyError::Malformed(given) => ApiError::validation(format!("Invalid policies input: {given}.")),
        PolicyError::TooMany => ApiError::service(
            "PoliciesLimitExceededException",
            400,
            format!("A parameter can have a maximum of {MAX_POLICIES} policies."),
        ),
        PolicyError::Type(found) => ApiError::service(
            "InvalidPolicyTypeException",
            400,
            format!(
                "The policy type is not supported: {found}. Parameter Store supports the following policy types: \
                 Expiration, ExpirationNotification, and NoChangeNotification."
            ),
        ),
        PolicyError::Version(found) => ApiError::service(
            "InvalidPolicyAttributeException",
            400,
            format!("The policy version is not valid: {found}. Valid versions are: 1.0."),
        ),
        PolicyError::Attribute { policy_type, attribute } => ApiError::service(
            "InvalidPolicyAttributeException",
            400,
            format!(
                "The attribute {attribute} or its value is not valid for the policy type {}.",
                policy_type.as_str()
            ),
        ),
        PolicyError::TwoExpirations => ApiError::service(
            "IncompatiblePolicyException",
            400,
            "A parameter can have only one policy of type Expiration.",
        ),
        PolicyError::NoExpiration => ApiError::service(
            "IncompatiblePolicyException",
            400,
            "A policy of type ExpirationNotification needs a policy of type Expiration.",
        ),
        PolicyError::StandardTier => ApiError::validation(
            "Parameter policies are available for advanced-tier parameters only. To assign policies, upgrade the \
             parameter to use the advanced-parameter tier.",
        ),
    }
}

fn sharing_refused(error: SharingError) -> ApiError {
    let (code, message) = match error {
        SharingError::TooLong => {
            (POLICY_LIMIT_EXCEEDED, format!("The policy can have a maximum size of {MAX_BYTES} bytes."))
        }
        SharingError::Exists => (
            POLICY_LIMIT_EXCEEDED,
            "The parameter has a policy already. To change it, specify its PolicyId and PolicyHash."
                .to_owned(),
        ),
        SharingError::Malformed(error) => {
            (MALFORMED_POLICY, format!("The policy document is malformed: {error}"))
        }
        SharingError::Action(action) => (
            MALFORMED_POLICY,
            format!("{action} is not valid here. Valid actions are: {}.", SHAREABLE.join(", ")),
        ),
        SharingError::Resource(resource) => (
            MALFORMED_POLICY,
            format!("{resource} is not valid here. The resource must be the parameter's own ARN."),
        ),
        SharingError::NotFound(arn) => {
            ("ResourceNotFoundException", format!("The specified parameter {arn} could not be found."))
        }
        SharingError::PolicyNotFound => (
            "ResourcePolicyNotFoundException",
            "No policies with the specified policy ID and hash could be found.".to_owned(),
        ),
        SharingError::Conflict => (
            "ResourcePolicyConflictException",
            "The hash provided in the call doesn't match the stored hash.".to_owned(),
        ),
        SharingError::Tier(name) => (
            INVALID_POLICY_PARAMETER,
            format!("The parameter {name} must be in the advanced parameter tier to be shared."),
        ),
        SharingError::NotAParameter(arn) => {
            (INVALID_POLICY_PARAMETER, format!("{arn} is not the ARN of a parameter."))
        }
        SharingError::HashMissing => {
            (INVALID_POLICY_PARAMETER, "PolicyId and PolicyHash must be specified together.".to_owned())
        }
        SharingError::Token => (INVALID_POLICY_PARAMETER, "The specified token is not valid.".to_owned()),
    };
    ApiError::service(code, 400, message)
}

fn tags_refused(error: TagError) -> ApiError {
    match error {
        TagError::TooMany => ApiError::service(
            "TooManyTagsError",
            400,
            format!("A parameter can have a maximum of {MAX_TAGS} tags."),
        ),
        TagError::ReservedPrefix => {
            ApiError::validation("Tag keys can't begin with aws: (case-insensitive).")
        }
        TagError::Duplicate => ApiError::validation("Duplicate tag keys are not allowed."),
    }
}

fn filter_refused(error: FilterError) -> ApiError {
    match error {
        FilterError::Key { key, valid } => ApiError::service(
            "InvalidFilterKey",
            400,
            format!(
                "The following filter key is not valid: {key}. Valid filter keys include: [{}].",
                valid.join(", ")
            ),
        ),
        FilterError::Option { option, valid } => ApiError::service(
            "InvalidFilterOption",
            400,
            format!(
                "The following filter option is not valid: {option}. Valid options include: [{}].",
                valid.join(", ")
            ),
        ),
        FilterError::NoValues(key) => ApiError::service(
            "InvalidFilterValue",
            400,
            format!("The following filter values are missing : null for filter key {key}."),
        ),
        FilterError::Value { value, valid } => ApiError::service(
            "InvalidFilterValue",
            400,
            format!(
                "The following filter value is not valid: {value}. Valid values include: [{}].",
                valid.join(", ")
            ),
        ),
        FilterError::Duplicate(key) => ApiError::validation(format!(
            "The following filter is duplicated in the request: {key}. A request can contain only one instance of a \
             specific filter."
        )),
        FilterError::Path(PathError) => path_refused(),
    }
}

const POLICY_LIMIT_EXCEEDED: &str = "ResourcePolicyLimitExceededException";
const MALFORMED_POLICY: &str = "MalformedResourcePolicyDocumentException";
const INVALID_POLICY_PARAMETER: &str = "ResourcePolicyInvalidParameterException";
const NAME_FORM: &str = "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can \
                         consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of \
                         letters, numbers and the following 3 symbols .-_";
