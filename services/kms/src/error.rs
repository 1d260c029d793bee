//! What can go wrong in KMS, and AWS's answers to it.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html>

use std::sync::Arc;

use keywright_aws_api::{ApiError, Common, Region};
use keywright_crypto::CryptoError;
use keywright_policy::{PolicyError, PolicyKind, Refusal};
use keywright_root_key::{RootKeyError, RootKeyId};
use keywright_service::StoreFailure;
use keywright_store::{CommitError, StoreError};

use crate::custom_stores::CustomStoreError;
use crate::domain::grant::{GrantId, GrantOperation};
use crate::domain::key_spec::KeyUsageType;
use crate::domain::message::MessageProblem;
use crate::domain::state::KeyState;
use crate::enclaves::RecipientRefusal;
use crate::regions::peers::PeerError;

/// Why KMS refuses or fails. Nothing here carries a plaintext or key material.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such key.
    #[error("the key does not exist")]
    KeyNotFound {
        /// Its ARN, as it would be.
        arn: String,
    },
    /// No such alias.
    #[error("the alias does not exist")]
    AliasNotFound {
        /// Its ARN, as it would be.
        arn: String,
    },
    /// Text that is neither key id, ARN nor alias.
    #[error("not a key id")]
    InvalidKeyId(String),
    /// Text that begins as an ARN, and is none of a key or an alias.
    #[error("not the arn of a key or an alias")]
    InvalidArn(String),
    /// An ARN of another Region.
    #[error("the arn is of another region")]
    OtherRegion(String),
    /// The key is disabled.
    #[error("the key is disabled")]
    KeyDisabled {
        /// Its ARN.
        arn: Arc<str>,
    },
    /// The key's state doesn't allow it.
    #[error("the key is in a state that does not allow it")]
    KeyState {
        /// Its ARN.
        arn: Arc<str>,
        /// Its state.
        state: KeyState,
    },
    /// The imported material that is needed is gone.
    #[error("the key material is gone")]
    MaterialGone {
        /// The key's ARN.
        arn: Arc<str>,
    },
    /// The key is for something else.
    #[error("the key has another usage")]
    KeyUsage {
        /// Its ARN.
        arn: Arc<str>,
        /// What it is for.
        usage: KeyUsageType,
        /// The operation.
        operation: &'static str,
    },
    /// Keys of this kind never do it.
    #[error("a key of this kind does not do it")]
    NotForKey {
        /// The key's ARN.
        arn: Arc<str>,
        /// Which of its properties is in the way.
        property: &'static str,
        /// What that is.
        value: &'static str,
    },
    /// A rotation is under way, or near.
    #[error("the key is being rotated, or is about to be")]
    RotationConflict {
        /// The key's ARN.
        arn: Arc<str>,
    },
    /// No imported material waits to become the current one.
    #[error("no key material is pending rotation")]
    NoPendingMaterial {
        /// The key's ARN.
        arn: Arc<str>,
    },
    /// Imported material waits for its rotation already.
    #[error("key material is pending rotation already")]
    MaterialPending {
        /// The key's ARN.
        arn: Arc<str>,
    },
    /// The key never had such material.
    #[error("the key has no such material")]
    MaterialNotFound,
    /// An import token that was not made here, was damaged, or belongs to another key.
    #[error("the import token is not valid")]
    InvalidImportToken,
    /// An import token whose time is over.
    #[error("the import token has expired")]
    ExpiredImportToken,
    /// Imported material of another kind, or another one, than is expected.
    #[error("not the key material that is expected: {0}")]
    IncorrectKeyMaterial(&'static str),
    /// The key doesn't wait for its deletion.
    #[error("the key is not pending deletion")]
    KeyNotPendingDeletion {
        /// Its ARN.
        arn: Arc<str>,
    },
    /// Only AWS may do this to an AWS managed key.
    #[error("the key is managed by aws")]
    KeyManagedByAws {
        /// The caller's ARN.
        caller: String,
        /// The IAM action.
        action: &'static str,
        /// The key's ARN.
        arn: Arc<str>,
    },
    /// The alias has just been set to another key, about which the caller's permission was not decided.
    #[error("the alias was changed meanwhile")]
    AliasMoved {
        /// Its ARN.
        arn: String,
    },
    /// The alias exists.
    #[error("the alias exists already")]
    AliasExists {
        /// Its ARN.
        arn: String,
    },
    /// An alias name that doesn't begin with `alias/`.
    #[error("the alias name lacks its prefix")]
    AliasPrefix,
    /// An alias name with characters that it must not have.
    #[error("the alias name is not valid")]
    AliasCharacters(String),
    /// A name that belongs to an AWS managed key.
    #[error("the alias name is reserved")]
    ReservedAlias,
    /// A quota of the account or the key.
    #[error("a limit is exceeded: {0}")]
    LimitExceeded(&'static str),
    /// A tag that can't be set.
    #[error("the tags are not valid: {0}")]
    Tag(&'static str),
    /// No key policy.
    #[error("the policy is malformed")]
    MalformedPolicy(#[from] PolicyError),
    /// Key policies have one name only.
    #[error("no such policy")]
    NoSuchPolicy,
    /// A policy under which its setter could not set another.
    #[error("the policy locks its setter out")]
    LockedOut,
    /// Text that is no token of a grant.
    #[error("the grant token is not valid")]
    InvalidGrantToken,
    /// Text that is no id of a grant.
    #[error("the grant id is not valid")]
    InvalidGrantId,
    /// No such grant.
    #[error("the grant does not exist")]
    GrantNotFound(GrantId),
    /// An operation that the key of a grant doesn't have.
    #[error("the key does not have the operation of the grant")]
    GrantOperation(GrantOperation),
    /// Text that names no principal.
    #[error("not a principal")]
    InvalidPrincipal(String),
    /// A ciphertext that was not made here, was damaged, or belongs to another context.
    #[error("the ciphertext is not valid")]
    InvalidCiphertext,
    /// A sound ciphertext whose key isn't here.
    #[error("the ciphertext's key does not exist here")]
    CiphertextKeyUnknown,
    /// The key in the request isn't the one that encrypted.
    #[error("the ciphertext was encrypted under another key")]
    IncorrectKey,
    /// The algorithm isn't one of the key's.
    #[error("the key does not have the algorithm")]
    InvalidKeyUsage {
        /// The algorithm's name.
        algorithm: &'static str,
        /// The key's spec.
        spec: &'static str,
    },
    /// A plaintext that the algorithm has no room for under this key.
    #[error("the plaintext is too long")]
    PlaintextTooLong {
        /// The algorithm's name.
        algorithm: &'static str,
        /// The key's spec.
        spec: &'static str,
        /// How many bytes there may be.
        max: usize,
    },
    /// A symmetric key, where only an asymmetric one has something.
    #[error("the key is not asymmetric")]
    NotAsymmetric,
    /// A message that the signature algorithm doesn't take so.
    #[error("the signature algorithm does not take this message")]
    Message(MessageProblem),
    /// A public key of a peer that isn't a valid one of the key's curve.
    #[error("the public key is not one of the same curve")]
    PeerKey,
    /// The recipient of the answer is refused.
    #[error("the recipient is refused: {0:?}")]
    Recipient(RecipientRefusal),
    /// A signature that isn't the key's signature of the message.
    #[error("the signature is not valid")]
    InvalidSignature,
    /// A MAC that isn't the key's MAC of the message.
    #[error("the mac is not valid")]
    InvalidMac,
    /// No RSA key was ready in time.
    #[error("no rsa key was ready in time")]
    RsaKeysBusy,
    /// Had it not been a dry run, it would have succeeded.
    #[error("the request would have succeeded, but is a dry run")]
    DryRun,
    /// Something that isn't offered.
    #[error("not supported: {0}")]
    Unsupported(&'static str),
    /// Values that are refused for a reason of their own.
    #[error("not valid: {0}")]
    Invalid(&'static str),
    /// The encryption context has too many characters.
    #[error("the encryption context is too long")]
    ContextTooLong,
    /// A continuation token that was not made for this list.
    #[error("the marker is not valid")]
    InvalidMarker,
    /// Something about a custom key store, or what backs it.
    #[error("a custom key store")]
    CustomStore(#[from] CustomStoreError),
    /// The database failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A primitive failed.
    #[error("a cryptographic primitive failed")]
    Crypto(#[from] CryptoError),
    /// The root key refused.
    #[error("the root key failed")]
    RootKey(#[from] RootKeyError),
    /// A change that no request made was not, or may not have been, committed.
    #[error("a change could not be committed")]
    Commit(#[source] Box<CommitError>),
    /// A domain key is wrapped by a root key that this process doesn't have.
    #[error("a domain key is wrapped by another root key, id={0}")]
    OtherRootKey(RootKeyId),
    /// A row that can't be.
    #[error("the database holds something impossible: {0}")]
    Corrupt(&'static str),
    /// The task that loaded a key ended without a result.
    #[error("the load of a key ended without a result")]
    LoadEnded,
    /// A key could not be loaded, for the reason that several requests share.
    #[error(transparent)]
    Load(#[from] Arc<Error>),
    /// Only multi-Region keys can be that.
    #[error("the key is not a multi-region key")]
    NotMultiRegion {
        /// Its ARN.
        arn: Arc<str>,
    },
    /// Only primary keys can be that.
    #[error("the key is not a primary key")]
    NotPrimary {
        /// Its ARN.
        arn: Arc<str>,
    },
    /// The Region has a key of this multi-Region key already.
    #[error("the region has the key already")]
    ReplicaExists {
        /// The ARN of the key there.
        arn: String,
    },
    /// A Region that isn't known here.
    #[error("the region is not known")]
    UnknownRegion(Region),
    /// Another Region gave no answer of use.
    #[error("the region {region} did not answer")]
    Peer {
        /// The Region.
        region: Region,
        /// Why.
        #[source]
        cause: PeerError,
    },
    /// Another Region refused what it was asked.
    #[error("the region {region} refused: {reason}")]
    PeerRefused {
        /// The Region.
        region: Region,
        /// Its reason.
        reason: String,
    },
    /// An event that no request caused could not be recorded.
    #[error("an event could not be recorded")]
    Event(#[source] ApiError),
}

impl Error {
    /// Whether it says that there is no such alias.
    #[must_use]
    pub fn is_alias_not_found(&self) -> bool {
        match self {
            Self::AliasNotFound { .. } => true,
            Self::Load(shared) => shared.is_alias_not_found(),
            _ => false,
        }
    }

    /// Whether it says that there is no such key.
    #[must_use]
    pub fn is_key_not_found(&self) -> bool {
        match self {
            Self::KeyNotFound { .. } => true,
            Self::Load(shared) => shared.is_key_not_found(),
            _ => false,
        }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match answer(&error) {
            Answer::Caller(error) => error,
            Answer::Failure(failure) => failure.answer(error),
        }
    }
}

/// What the caller is told.
enum Answer {
    Caller(ApiError),
    Failure(StoreFailure),
}

/// The one place where an error becomes AWS's.
fn answer(error: &Error) -> Answer {
    let refuse = |code, message: String| Answer::Caller(ApiError::service(code, 400, message));
    match error {
        Error::KeyNotFound { arn } => refuse("NotFoundException", format!("Key '{arn}' does not exist")),
        Error::AliasNotFound { arn } => refuse("NotFoundException", format!("Alias {arn} is not found.")),
        Error::InvalidKeyId(text) => refuse("NotFoundException", format!("Invalid keyId '{text}'")),
        Error::InvalidArn(text) => refuse("InvalidArnException", format!("Invalid arn '{text}'")),
        Error::OtherRegion(region) => refuse("NotFoundException", format!("Invalid arn {region}")),
        Error::KeyDisabled { arn } => refuse("DisabledException", format!("{arn} is disabled.")),
        Error::KeyState { arn, state } => {
            refuse("KMSInvalidStateException", format!("{arn} is {}.", state.in_words()))
        }
        Error::MaterialGone { arn } => refuse(
            "KMSInvalidStateException",
            format!("{arn} is pending import of the key material that the request needs."),
        ),
        Error::KeyUsage { arn, usage, operation } => refuse(
            "InvalidKeyUsageException",
            format!("{arn} key usage is {} which is not valid for {operation}.", usage.as_str()),
        ),
        Error::NotForKey { arn, property, value } => refuse(
            "UnsupportedOperationException",
            format!("{arn} {property} is {value} which is not valid for this operation."),
        ),
        Error::RotationConflict { arn } => refuse(
            "ConflictException",
            format!("A rotation of {arn} is in progress, or scheduled to begin within the next 20 minutes."),
        ),
        Error::NoPendingMaterial { arn } => refuse(
            "KMSInvalidStateException",
            format!("{arn} has no key material that is pending rotation. Import new key material first."),
        ),
        Error::MaterialPending { arn } => refuse(
            "KMSInvalidStateException",
            format!(
                "{arn} has key material that is pending rotation. Rotate the key, or delete the material, first."
            ),
        ),
        Error::MaterialNotFound => {
            refuse("NotFoundException", "The key has no key material with this KeyMaterialId".to_owned())
        }
        Error::InvalidImportToken => refuse(
            "InvalidImportTokenException",
            "The import token is not valid, or belongs to another key".to_owned(),
        ),
        Error::ExpiredImportToken => refuse(
            "ExpiredImportTokenException",
            "The import token has expired. Call GetParametersForImport for another one.".to_owned(),
        ),
        Error::IncorrectKeyMaterial(reason) => refuse("IncorrectKeyMaterialException", (*reason).to_owned()),
        Error::KeyNotPendingDeletion { arn } => {
            refuse("KMSInvalidStateException", format!("{arn} is not pending deletion."))
        }
        // AWS's key policies for these keys leave it to nobody.
        Error::KeyManagedByAws { caller, action, arn } => {
            let refusal = Refusal::Implicit { lacking: PolicyKind::Resource };
            Answer::Caller(ApiError::common(Common::AccessDenied, refusal.message(caller, action, arn)))
        }
        Error::AliasMoved { arn } => Answer::Caller(ApiError::common(
            Common::ServiceUnavailable,
            format!("Another request has just changed {arn}; try again"),
        )),
        Error::AliasExists { arn } => {
            refuse("AlreadyExistsException", format!("An alias with the name {arn} already exists"))
        }
        Error::AliasPrefix => Answer::Caller(ApiError::validation(
            "Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        )),
        Error::AliasCharacters(name) => {
            refuse("InvalidAliasNameException", format!("{name} contains invalid characters for an alias"))
        }
        Error::ReservedAlias => {
            refuse("NotAuthorizedException", "Aliases that begin with alias/aws/ are reserved".to_owned())
        }
        Error::LimitExceeded(what) => refuse("LimitExceededException", (*what).to_owned()),
        Error::Tag(reason) => refuse("TagException", (*reason).to_owned()),
        Error::MalformedPolicy(problem) => refuse("MalformedPolicyDocumentException", problem.to_string()),
        Error::NoSuchPolicy => refuse("NotFoundException", "No such policy exists".to_owned()),
        Error::LockedOut => refuse(
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.".to_owned(),
        ),
        Error::InvalidGrantToken => refuse("InvalidGrantTokenException", "Invalid grant token".to_owned()),
        Error::InvalidGrantId => refuse("InvalidGrantIdException", "Invalid grant ID".to_owned()),
        Error::GrantNotFound(id) => refuse("NotFoundException", format!("Grant ID {id} not found")),
        Error::GrantOperation(operation) => Answer::Caller(ApiError::validation(format!(
            "Operation {} is not valid for this key type",
            operation.as_str()
        ))),
        Error::InvalidPrincipal(text) => refuse("InvalidArnException", format!("Invalid principal '{text}'")),
        Error::InvalidCiphertext => refuse("InvalidCiphertextException", String::new()),
        Error::CiphertextKeyUnknown => Answer::Caller(ApiError::common(
            Common::AccessDenied,
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
        )),
        Error::IncorrectKey => refuse(
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.".to_owned(),
        ),
        Error::InvalidKeyUsage { algorithm, spec } => refuse(
            "InvalidKeyUsageException",
            format!("Algorithm {algorithm} is incompatible with key spec {spec}."),
        ),
        Error::PlaintextTooLong { algorithm, spec, max } => Answer::Caller(ApiError::validation(format!(
            "Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than {max} bytes."
        ))),
        Error::NotAsymmetric => {
            refuse("UnsupportedOperationException", "Only asymmetric KMS keys have a public key".to_owned())
        }
        Error::Message(problem) => Answer::Caller(ApiError::validation(problem.to_string())),
        Error::PeerKey => Answer::Caller(ApiError::validation(
            "PublicKey must be a DER-encoded X.509 public key on the elliptic curve of the KMS key",
        )),
        Error::Recipient(RecipientRefusal::NoRoots) => refuse(
            "UnsupportedOperationException",
            "Recipient is not supported: no root certificate is configured whose attestation documents could be trusted"
                .to_owned(),
        ),
        Error::Recipient(RecipientRefusal::Incomplete) => Answer::Caller(ApiError::validation(
            "Recipient must have both KeyEncryptionAlgorithm and AttestationDocument",
        )),
        Error::Recipient(RecipientRefusal::Document(error)) => {
            Answer::Caller(ApiError::validation(format!("Recipient is not valid: {error}")))
        }
        Error::InvalidSignature => refuse("KMSInvalidSignatureException", String::new()),
        Error::InvalidMac => refuse("KMSInvalidMacException", String::new()),
        Error::RsaKeysBusy => Answer::Caller(ApiError::service(
            "DependencyTimeoutException",
            503,
            "No RSA key could be made in time; try again",
        )),
        Error::DryRun => refuse(
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set.".to_owned(),
        ),
        Error::Unsupported(what) => refuse("UnsupportedOperationException", (*what).to_owned()),
        Error::Invalid(reason) => Answer::Caller(ApiError::validation(*reason)),
        Error::ContextTooLong => Answer::Caller(ApiError::validation(
            "The encryption context exceeds the limit of 8192 characters",
        )),
        Error::InvalidMarker => refuse("InvalidMarkerException", "Could not deserialize marker".to_owned()),
        Error::NotMultiRegion { arn } => {
            refuse("UnsupportedOperationException", format!("{arn} is not a multi-Region key."))
        }
        Error::NotPrimary { arn } => {
            refuse("UnsupportedOperationException", format!("{arn} is not a multi-Region primary key."))
        }
        Error::ReplicaExists { arn } => refuse("AlreadyExistsException", format!("{arn} already exists.")),
        Error::UnknownRegion(region) => refuse(
            "UnsupportedOperationException",
            format!("The Region {region} is not one that keys can be replicated to."),
        ),
        Error::Peer { .. } | Error::PeerRefused { .. } => Answer::Failure(StoreFailure::Unavailable),
        Error::CustomStore(error) => Answer::Caller(error.answer()),
        Error::Store(error) => Answer::Failure(StoreFailure::of(error)),
        Error::OtherRootKey(id) => refuse(
            "OtherRootKeyException",
            format!(
                "A domain key is wrapped by the root key {id}, which this process does not have: name it under previous_root_key and restart"
            ),
        ),
        Error::Commit(error) => Answer::Failure(StoreFailure::of(error.cause())),
        Error::LoadEnded => Answer::Failure(StoreFailure::Unavailable),
        Error::Load(shared) => answer(shared),
        Error::Event(error) if error.is(Common::ServiceUnavailable) => {
            Answer::Failure(StoreFailure::Unavailable)
        }
        Error::Event(_) | Error::Crypto(_) | Error::RootKey(_) | Error::Corrupt(_) => {
            Answer::Failure(StoreFailure::Internal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(error: Error) -> (String, u16) {
        let error = ApiError::from(error);
        let json = keywright_aws_api::Protocol::Json11 { target_prefix: "TrentService" };
        let (code, status) = error.code(&json);
        (code.to_owned(), status)
    }

    #[test]
    fn a_shared_failure_is_answered_as_its_cause() {
        let shared = Arc::new(Error::KeyNotFound { arn: "arn:aws:kms:r:a:key/x".to_owned() });
        assert_eq!(code(Error::Load(shared)), ("NotFoundException".to_owned(), 400));
    }

    #[test]
    fn a_lost_database_is_not_the_callers_fault() {
        let lost = StoreError::Unavailable(keywright_store::Unavailable::Connect);
        assert_eq!(
            code(Error::Load(Arc::new(Error::Store(lost)))),
            ("ServiceUnavailableException".to_owned(), 503)
        );
        assert_eq!(code(Error::Corrupt("x")), ("InternalFailure".to_owned(), 500));
    }
}
