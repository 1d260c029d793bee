//! What can go wrong in identity, and what a caller is told of it.

use std::io;
use std::path::PathBuf;

use keywright_aws_api::{AccountId, ApiError, Common};
use keywright_crypto::CryptoError;
use keywright_policy::PolicyError;
use keywright_root_key::RootKeyError;
use keywright_service::StoreFailure;
use keywright_service::identity::{INVALID_TOKEN, UNKNOWN_KEY, UNKNOWN_KEY_STATUS};
use keywright_store::StoreError;

use crate::domain::access_key::{AccessKeyId, AccessKeyIdError};
use crate::domain::forward_token::ForwardTokenError;
use crate::domain::identity::IdentityKind;
use crate::domain::names::NameError;
use crate::domain::quota::Quota;
use crate::domain::sealing::{OpenError, SealError};
use crate::domain::sts_refusal::StsRefusal;
use crate::domain::tags::TagError;
use crate::domain::trust_policy::TrustPolicyError;
use crate::web_identity::WebIdentityError;

/// An error of the identity service.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// No such access key, or one that is inactive or of a closed account.
    #[error("the access key does not exist or is not active, access_key_id={0}")]
    UnknownAccessKey(String),
    /// The session token isn't one of ours, or belongs to another access key.
    #[error("the session token is not valid")]
    SessionToken,
    /// The session has ended.
    #[error("the session has ended")]
    SessionExpired,
    /// The date of the asked scope isn't today's.
    #[error("the date of the scope is too far from today")]
    ScopeDate,
    /// The request's nonce isn't of the right form.
    #[error("the nonce is not 16 bytes")]
    Nonce,
    /// The caller is none of our services.
    #[error("only a service may ask this")]
    NotAService,
    /// The forward token can't be used.
    #[error(transparent)]
    ForwardToken(#[from] ForwardTokenError),
    /// STS gives no credentials.
    #[error(transparent)]
    Sts(#[from] StsRefusal),
    /// Whom an identity provider vouches for isn't believed.
    #[error(transparent)]
    WebIdentity(#[from] WebIdentityError),
    /// The entity doesn't exist.
    #[error("no such entity, entity={0}")]
    NoSuchEntity(Entity),
    /// The entity exists already.
    #[error("the entity exists already, entity={0}")]
    EntityAlreadyExists(Entity),
    /// There may not be more.
    #[error("a quota is used up, {0}")]
    LimitExceeded(Quota),
    /// Something else is left of what is to be deleted.
    #[error("something is left of what is to be deleted: {0}")]
    DeleteConflict(Left),
    /// A role that is linked to a service, which only the service may change.
    #[error("the role is linked to a service, role={0}")]
    UnmodifiableEntity(String),
    /// A policy that every account finds, which nobody may change.
    #[error("the policy is not the account's, policy_arn={0}")]
    PolicyOfAws(String),
    /// A value that the operation can't take, in words for the caller.
    #[error("the input cannot be taken: {0}")]
    InvalidInput(String),
    /// A marker that continues no list of ours.
    #[error("the marker is not valid")]
    Marker,
    /// Tags that can't be.
    #[error(transparent)]
    Tags(#[from] TagError),
    /// The installation's first account can't be closed.
    #[error("the first account cannot be closed")]
    HomeAccount,
    /// No user is named, and the caller is none.
    #[error("no user is named")]
    UserNameMissing,
    /// A name breaks IAM's rules.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A text is no access key id.
    #[error(transparent)]
    AccessKeyId(#[from] AccessKeyIdError),
    /// A policy is malformed.
    #[error("the policy document is malformed")]
    Policy(#[from] PolicyError),
    /// A text is no trust policy.
    #[error("the trust policy is malformed")]
    TrustPolicy(#[from] TrustPolicyError),
    /// A trust policy names whom there isn't.
    #[error("the trust policy names whom there is not, principal={0}")]
    Principal(String),
    /// A stored secret does not open: the row was altered or its sealing key is another.
    #[error("a sealed secret does not open, of={of}")]
    Sealed {
        /// Whose secret.
        of: String,
        /// Why.
        #[source]
        cause: OpenError,
    },
    /// Nothing could be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A primitive refused.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The root key refused.
    #[error("the root key cannot be used")]
    RootKey(#[from] RootKeyError),
    /// The database refused or is away.
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    /// A change was not committed with its record.
    #[error("the change was not committed with its record: {0}")]
    Record(ApiError),
    /// A stored row says what no row of ours says.
    #[error("a stored row cannot be read, column={0}")]
    Row(&'static str),
    /// A task ended without a result.
    #[error("a task ended without a result")]
    TaskEnded,
    /// An answer could not be encoded.
    #[error("an answer could not be encoded")]
    Encode,
    /// The file for the first credentials can't be made.
    #[error("the file of the first credentials cannot be used, action={action} path={}", path.display())]
    CredentialsFile {
        /// What was tried.
        action: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// Why it failed.
        #[source]
        cause: io::Error,
    },
    /// A setting can't be used.
    #[error("the setting {setting} cannot be used: {reason}")]
    Setting {
        /// Which.
        setting: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entity {
    /// A user, group or role, by name.
    Identity(IdentityKind, String),
    /// A managed policy, by ARN.
    Policy(String),
    /// A principal, by ARN.
    Principal(String),
    /// An account.
    Account(AccountId),
    /// An access key.
    AccessKey(AccessKeyId),
    /// An inline policy, by name.
    InlinePolicy(String),
    /// A managed policy that isn't attached, by ARN.
    Attachment(String),
    /// The permissions boundary of an identity, by the name of that.
    Boundary(String),
    /// A user in a group, by name.
    Member(String),
    /// The password of a user; nobody has one.
    LoginProfile(String),
    /// The deletion of a role that was linked to a service, by its task's id.
    DeletionTask(String),
    /// An OpenID Connect provider, by ARN.
    OidcProvider(String),
    /// An account's alias.
    AccountAlias(String),
    /// The rules for passwords; nobody has one.
    PasswordPolicy,
    /// A managed policy, by its name.
    PolicyName(String),
    /// A version of a managed policy.
    PolicyVersion {
        /// The policy's ARN.
        arn: String,
        /// Which version.
        id: String,
    },
}

/// What keeps an identity from being deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Access keys.
    AccessKeys,
    /// Inline policies.
    InlinePolicies,
    /// Attached managed policies.
    AttachedPolicies,
    /// Groups that a user is in, or users in a group.
    Members,
    /// Identities that a policy is attached to or bounds.
    UsesOfPolicy,
    /// Versions of a policy besides its default one.
    VersionsOfPolicy,
    /// The default version of a policy, which only goes with it.
    DefaultVersion,
}

impl std::fmt::Display for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AccessKeys => "must delete access keys first",
            Self::InlinePolicies => "must delete policies first",
            Self::AttachedPolicies => "must detach all policies first",
            Self::Members => "must remove users from group first",
            Self::UsesOfPolicy => "must detach the policy from all entities first",
            Self::VersionsOfPolicy => "must delete all versions but the default one first",
            Self::DefaultVersion => "the default version goes with the policy only",
        })
    }
}

impl std::fmt::Display for Entity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Identity(kind, name) => write!(f, "{} with name {name}", kind.as_str()),
            Self::Policy(arn) => write!(f, "policy {arn}"),
            Self::Principal(arn) => write!(f, "principal {arn}"),
            Self::Account(id) => write!(f, "account {id}"),
            Self::AccessKey(id) => write!(f, "access key {id}"),
            Self::InlinePolicy(name) => write!(f, "policy with name {name}"),
            Self::Attachment(arn) => write!(f, "attachment of policy {arn}"),
            Self::Boundary(name) => write!(f, "permissions boundary of {name}"),
            Self::Member(name) => write!(f, "user with name {name} in the group"),
            Self::LoginProfile(name) => write!(f, "login profile of user {name}"),
            Self::DeletionTask(id) => write!(f, "deletion task {id}"),
            Self::OidcProvider(arn) => write!(f, "OpenID Connect provider {arn}"),
            Self::AccountAlias(alias) => write!(f, "account alias {alias}"),
            Self::PasswordPolicy => f.write_str("password policy of the account"),
            Self::PolicyName(name) => write!(f, "policy called {name}"),
            Self::PolicyVersion { arn, id } => write!(f, "version {id} of policy {arn}"),
        }
    }
}

impl From<IdentityError> for ApiError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::UnknownAccessKey(_) => Self::service(
                UNKNOWN_KEY,
                UNKNOWN_KEY_STATUS,
                "the access key does not exist or is not active",
            ),
            IdentityError::SessionToken => {
                Self::service(INVALID_TOKEN, 400, "the session token is not valid")
            }
            IdentityError::SessionExpired => {
                Self::common(Common::ExpiredToken, "the session token has expired")
            }
            IdentityError::ScopeDate => Self::validation("the date of the scope is too far from today"),
            IdentityError::Nonce => Self::validation("the nonce must be 16 bytes"),
            IdentityError::NotAService => Self::common(Common::AccessDenied, "only a service may ask this"),
            IdentityError::ForwardToken(ForwardTokenError::Expired) => {
                Self::common(Common::ExpiredToken, "the forward token has expired")
            }
            // Not told apart: who shows another service's token learns nothing of it.
            IdentityError::ForwardToken(ForwardTokenError::Invalid | ForwardTokenError::OtherAudience) => {
                Self::service(INVALID_TOKEN, 400, "the forward token is not valid here")
            }
            IdentityError::Sts(refusal) => {
                let (code, status) = refusal.code();
                Self::service(code, status, refusal.to_string())
            }
            IdentityError::WebIdentity(error) => error.answer(),
            IdentityError::NoSuchEntity(entity) => {
                Self::service("NoSuchEntity", 404, format!("The {entity} cannot be found."))
            }
            IdentityError::EntityAlreadyExists(entity) => {
                Self::service("EntityAlreadyExists", 409, format!("The {entity} already exists."))
            }
            IdentityError::LimitExceeded(quota) => {
                Self::service("LimitExceeded", 409, format!("Cannot exceed quota for {quota}"))
            }
            IdentityError::DeleteConflict(left) => {
                Self::service("DeleteConflict", 409, format!("Cannot delete entity, {left}."))
            }
            IdentityError::UnmodifiableEntity(role) => Self::service(
                "UnmodifiableEntity",
                400,
                format!("The role {role} is linked to a service, and only the service may change it."),
            ),
            IdentityError::PolicyOfAws(arn) => {
                Self::common(Common::AccessDenied, format!("The policy {arn} cannot be changed by anybody."))
            }
            IdentityError::InvalidInput(message) => Self::service("InvalidInput", 400, message),
            IdentityError::Marker => Self::validation("The marker is not valid."),
            IdentityError::Tags(TagError::TooMany) => {
                Self::service("LimitExceeded", 409, format!("Cannot exceed quota for {}", Quota::TAGS))
            }
            IdentityError::Tags(error) => Self::service("InvalidInput", 400, error.to_string()),
            IdentityError::TrustPolicy(TrustPolicyError::TooLong) => Self::service(
                "LimitExceeded",
                409,
                format!("Cannot exceed quota for {}", Quota::TRUST_POLICY),
            ),
            IdentityError::TrustPolicy(error) => {
                Self::service("MalformedPolicyDocument", 400, error.to_string())
            }
            IdentityError::Principal(principal) => Self::service(
                "MalformedPolicyDocument",
                400,
                format!("Invalid principal in policy: \"AWS\":\"{principal}\""),
            ),
            IdentityError::HomeAccount => {
                Self::validation("the installation's first account cannot be closed")
            }
            IdentityError::UserNameMissing => {
                Self::validation("Must specify userName when calling with non-User credentials")
            }
            IdentityError::Name(error) => Self::validation(error.to_string()),
            IdentityError::AccessKeyId(error) => Self::validation(error.to_string()),
            IdentityError::Policy(error) => Self::service("MalformedPolicyDocument", 400, error.to_string()),
            IdentityError::Store(cause) => StoreFailure::of(&cause).answer(cause),
            IdentityError::Record(error) => error,
            error @ (IdentityError::Sealed { .. }
            | IdentityError::Seal(_)
            | IdentityError::Crypto(_)
            | IdentityError::RootKey(_)
            | IdentityError::Row(_)
            | IdentityError::TaskEnded
            | IdentityError::Encode
            | IdentityError::CredentialsFile { .. }
            | IdentityError::Setting { .. }) => Self::internal(error),
        }
    }
}
