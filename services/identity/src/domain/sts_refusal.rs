//! Why STS gives no credentials, besides that the policies don't allow it.

use super::session::SessionTag;

/// Why STS refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StsRefusal {
    /// A root user would become a role.
    #[error("Roles may not be assumed by root accounts.")]
    RootMayNotAssume,
    /// The operation needs long-term credentials.
    #[error("Cannot call {0} with session credentials")]
    SessionMayNotCall(&'static str),
    /// The operation is for users and root users.
    #[error("Cannot call {0} as a service")]
    ServiceMayNotCall(&'static str),
    /// A service would get the caller's credentials by acting for it.
    #[error("Cannot call {0} on behalf of another caller")]
    NotOnBehalf(&'static str),
    /// There are no second factors.
    #[error("MultiFactorAuthentication failed, unable to validate MFA code")]
    SecondFactor,
    /// No role is allowed that isn't there; told as [`keywright_aws_api`] tells what isn't allowed.
    #[error("the role cannot be assumed")]
    NotAssumable,
    /// No such form of ARN.
    #[error("{0} is invalid")]
    Arn(String),
    /// Longer than the role's sessions may be.
    #[error("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")]
    TooLongForRole,
    /// Longer than a role's session may have another for.
    #[error(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    )]
    TooLongForChain,
    /// Context assertions of no provider that is known.
    #[error("Invalid context provider")]
    ContextProvider,
    /// The parameter is for identity providers that aren't there.
    #[error("ProviderId is not allowed with an OpenID Connect ID token")]
    ProviderId,
    /// A managed policy that the role's account doesn't find.
    #[error("The policy {0} does not exist or cannot be used as a session policy")]
    NoSuchPolicy(String),
    /// One tag key twice.
    #[error("Duplicate tag keys found. Please note that Tag keys are case insensitive.")]
    DuplicateTag,
    /// A tag that only AWS may set.
    #[error("Tag keys beginning with aws: are reserved: {0}")]
    ReservedTag(String),
    /// A transitive key without its tag.
    #[error("The specified transitive tag key must be included in the requested tags: {0}")]
    TransitiveKeyWithoutTag(String),
    /// A tag that was handed down can't be set again.
    #[error(
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session: {0}"
    )]
    InheritedTag(String),
    /// More tags than a session has.
    #[error("A session has at most {} tags, inherited ones among them", SessionTag::PER_SESSION)]
    TooManyTags,
    /// The source identity is another already.
    #[error("The source identity of the calling session cannot be changed")]
    SourceIdentityIsSet,
    /// Policies and tags don't fit into a token.
    #[error("Packed size of session policies and tags consumes {0}% of allotted space.")]
    PackedTooLarge(usize),
    /// An access key of which nothing is known.
    #[error("The access key {0} is not valid")]
    NoSuchAccessKey(String),
    /// Not a message of ours, or another account's.
    #[error("The encoded authorization message is not valid")]
    AuthorizationMessage,
}

impl StsRefusal {
    /// Code and HTTP status.
    #[must_use]
    pub fn code(&self) -> (&'static str, u16) {
        match self {
            Self::RootMayNotAssume
            | Self::SessionMayNotCall(_)
            | Self::ServiceMayNotCall(_)
            | Self::NotOnBehalf(_)
            | Self::SecondFactor
            | Self::NotAssumable
            | Self::SourceIdentityIsSet => ("AccessDenied", 403),
            Self::Arn(_)
            | Self::TooLongForRole
            | Self::TooLongForChain
            | Self::ContextProvider
            | Self::ProviderId
            | Self::NoSuchPolicy(_)
            | Self::NoSuchAccessKey(_) => ("ValidationError", 400),
            Self::DuplicateTag
            | Self::ReservedTag(_)
            | Self::TransitiveKeyWithoutTag(_)
            | Self::InheritedTag(_)
            | Self::TooManyTags => ("InvalidParameterValue", 400),
            Self::PackedTooLarge(_) => ("PackedPolicyTooLarge", 400),
            Self::AuthorizationMessage => ("InvalidAuthorizationMessageException", 400),
        }
    }
}
