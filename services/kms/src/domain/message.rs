//! What is signed: a whole message, its digest, or the representative of it that ML-DSA has.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html#KMS-Sign-request-MessageType>

use std::fmt;

use keywright_aws_api::wire_enum;
use keywright_crypto::Message;

use super::algorithms::SigningAlgorithmSpec;
use super::key_spec::KeySpec;
use crate::error::Error;

wire_enum! {
    /// What the bytes of a message are.
    pub enum MessageType {
        /// The message.
        Raw = "RAW",
        /// Its digest.
        Digest = "DIGEST",
        /// The representative μ of FIPS 204.
        ExternalMu = "EXTERNAL_MU",
    }
}

/// Why an algorithm doesn't take a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageProblem {
    /// The key has no algorithm that takes messages of this type.
    Spec(MessageType, KeySpec),
    /// Another algorithm of the key takes them.
    Algorithm(MessageType, SigningAlgorithmSpec),
    /// The bytes can't be a digest of its hash function.
    DigestLength(SigningAlgorithmSpec),
    /// The bytes can't be a representative.
    MuLength(SigningAlgorithmSpec),
}

/// The bytes as the primitive takes them.
///
/// # Errors
/// [`Error::Message`] when the algorithm, which is one of the key's, doesn't take such a message.
pub fn message(
    spec: KeySpec,
    algorithm: SigningAlgorithmSpec,
    message_type: MessageType,
    bytes: &[u8],
) -> Result<Message<'_>, Error> {
    use SigningAlgorithmSpec as S;
    let refuse = |problem| Err(Error::Message(problem));
    match (message_type, algorithm) {
        (MessageType::Raw, S::Ed25519PhSha512) | (MessageType::Digest, S::Ed25519Sha512) => {
            refuse(MessageProblem::Algorithm(message_type, algorithm))
        }
        (MessageType::Raw, _) => Ok(Message::Raw(bytes)),
        (MessageType::Digest, _) => match algorithm.digest_length() {
            Some(length) if bytes.len() != length => refuse(MessageProblem::DigestLength(algorithm)),
            // AWS's Ed25519ph takes the caller's digest for the message, and hashes it as the algorithm says.
            Some(_) if algorithm == S::Ed25519PhSha512 => Ok(Message::Raw(bytes)),
            Some(_) => Ok(Message::Digest(bytes)),
            None => refuse(MessageProblem::Spec(message_type, spec)),
        },
        (MessageType::ExternalMu, S::MlDsaShake256) if bytes.len() == MU_LENGTH => {
            Ok(Message::ExternalMu(bytes))
        }
        (MessageType::ExternalMu, S::MlDsaShake256) => refuse(MessageProblem::MuLength(algorithm)),
        (MessageType::ExternalMu, _) => refuse(MessageProblem::Spec(message_type, spec)),
    }
}

impl fmt::Display for MessageProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spec(message_type, spec) => {
                let (message_type, spec) = (message_type.as_str(), spec.as_str());
                write!(f, "Message type {message_type} is incompatible with key spec {spec}.")
            }
            Self::Algorithm(message_type, algorithm) => {
                let (message_type, algorithm) = (message_type.as_str(), algorithm.as_str());
                write!(f, "Message type {message_type} is incompatible with algorithm {algorithm}.")
            }
            Self::DigestLength(algorithm) => {
                write!(f, "Digest is invalid length for algorithm {}.", algorithm.as_str())
            }
            Self::MuLength(algorithm) => {
                write!(f, "External Mu is invalid length for algorithm {}.", algorithm.as_str())
            }
        }
    }
}

const MU_LENGTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key_spec::KeyUsageType;

    /// The types of message that an algorithm takes, with the right length.
    fn taken(spec: KeySpec, algorithm: SigningAlgorithmSpec) -> Vec<MessageType> {
        let lengths = [1, 28, 32, 48, 64, 4096];
        let takes = |message_type: &&MessageType| {
            lengths.iter().any(|length| message(spec, algorithm, **message_type, &vec![0; *length]).is_ok())
        };
        MessageType::ALL.iter().filter(takes).copied().collect()
    }

    #[test]
    fn each_algorithm_takes_the_messages_that_aws_documents() {
        use MessageType::{Digest, ExternalMu, Raw};
        for spec in KeySpec::ALL {
            for algorithm in spec.signing_algorithms(KeyUsageType::SignVerify) {
                let documented = match algorithm {
                    SigningAlgorithmSpec::Ed25519Sha512 => vec![Raw],
                    SigningAlgorithmSpec::Ed25519PhSha512 => vec![Digest],
                    SigningAlgorithmSpec::MlDsaShake256 => vec![Raw, ExternalMu],
                    _ => vec![Raw, Digest],
                };
                assert_eq!(taken(*spec, *algorithm), documented, "{spec:?} {algorithm:?}");
            }
        }
    }

    #[test]
    fn a_digest_has_the_length_of_its_hash_function() {
        let with = |length: usize| {
            message(
                KeySpec::EccNistP384,
                SigningAlgorithmSpec::EcdsaSha384,
                MessageType::Digest,
                &vec![0; length],
            )
            .is_ok()
        };
        assert_eq!((0..100).filter(|length| with(*length)).collect::<Vec<_>>(), [48]);
    }
}
