//! Client-side encryption in the message format of the AWS Encryption SDK, versions 1 and 2.
//!
//! A message carries its data key, encrypted under one or more wrapping keys by a [`Keyring`], so that a ciphertext of any
//! length needs one call to KMS, or none. What is encrypted here, AWS's own libraries decrypt, and the other way round.
//!
//! A [`Client`] encrypts and decrypts slices and streams; [`Client::blocking`] is for threads that may wait. Memory for a
//! stream is bounded by its frame length. No plaintext leaves a client whose frame is not verified. A slice is decrypted
//! whole or not at all; a stream gives out frames as they are verified, but holds back the last one of a signed message
//! until its signature is.
//!
//! By default messages are committed to their data key and signed ([`CommitmentPolicy`], [`AlgorithmSuite`]).
//!
//! The format is specified in <https://github.com/awslabs/aws-encryption-sdk-specification>.

#[cfg(feature = "aws-sdk-kms")]
mod aws_kms;
mod block_on;
mod branch_keys;
#[cfg(any(feature = "aws-sdk-kms", feature = "aws-sdk-secretsmanager", feature = "aws-sdk-ssm"))]
mod calls_on;
mod client;
mod cmm;
mod context;
mod error;
mod keyring;
mod kms;
mod materials;
mod message;
mod stream;
mod suite;

use std::pin::Pin;

#[cfg(feature = "aws-sdk-kms")]
pub use aws_kms::AwsKmsClient;
#[cfg(feature = "aws-sdk-ssm")]
pub use branch_keys::AwsParameterStore;
#[cfg(feature = "aws-sdk-secretsmanager")]
pub use branch_keys::AwsSecretsManager;
pub use branch_keys::{
    BoxError, BranchKeyItem, BranchKeyKms, BranchKeyMaterials, BranchKeyRecord, BranchKeyStorage,
    BranchKeyStore, BranchKeyStoreError, TextBranchKeyStorage, TextStore,
};
pub use client::{
    BlockingClient, Client, ClientBuilder, DEFAULT_FRAME_LENGTH, DecryptOptions, Decrypted, EncryptOptions,
    Encrypted, MessageInfo,
};
pub use cmm::{
    CachingMaterialsManager, Clock, DecryptionRequest, DefaultMaterialsManager, EncryptionRequest,
    MaterialsCache, MaterialsManager, RequiredContextMaterialsManager, SystemClock,
};
pub use context::EncryptionContext;
pub use error::{Error, Limit, Part};
pub use keyring::{
    BranchKeySupplier, DiscoveryFilter, EcdhCurve, HierarchicalKeyring, Keyring, KmsDiscoveryKeyring,
    KmsEcdhKeyring, KmsKeyring, KmsRsaKeyring, MultiKeyring, RawAesKeyring, RawEcdhKeyring, RawRsaKeyring,
    RsaPadding,
};
pub use keywright_crypto::{Random, SecretBytes, SystemRandom};
pub use kms::{
    DeriveSharedSecret, GenerateDataKey, GeneratedDataKey, GetPublicKey, KmsCiphertext, KmsClient,
    KmsDecrypt, KmsEncrypt, KmsError, KmsPlaintext, KmsPublicKey, KmsReEncrypt, KmsRsaAlgorithm,
    KmsSharedSecret,
};
pub use materials::{DecryptionMaterials, EncryptionMaterials};
pub use message::{ContentType, EncryptedDataKey, Header};
pub use stream::{
    AsyncDecryptReader, AsyncDecryptWriter, AsyncEncryptReader, AsyncEncryptWriter, DecryptReader,
    DecryptWriter, EncryptReader, EncryptWriter,
};
pub use suite::{AlgorithmSuite, CommitmentPolicy};
/// The version of a branch key.
pub use uuid::Uuid;

/// A future of a trait's method.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
