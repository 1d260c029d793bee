//! The seal of identity's answers: nobody but the asking service can read one, and nobody can make, change or replay
//! one, whatever network lies between.
//!
//! Each answer has a key of its own, derived by HKDF-SHA-256 from the asking service's secret access key (which both
//! sides have and nobody else) with the request's nonce as the salt. The associated data is the whole question. The form
//! is `version (1) || nonce (12) || ciphertext || tag (16)`, AES-256-GCM.

use keywright_crypto::{
    Aes256Gcm, CryptoError, NONCE_LEN, Random, RandomExt as _, SecretBytes, SecretString, TAG_LEN,
    hkdf_sha256_key,
};
use keywright_sigv4::CredentialScope;

/// The length of a request's nonce, in bytes.
pub const ANSWER_NONCE_LEN: usize = 16;

/// Fresh random bytes that a service sends with its question.
pub type AnswerNonce = [u8; ANSWER_NONCE_LEN];

/// What an answer answers.
#[derive(Clone, Copy)]
pub enum Question<'a> {
    /// `ResolveCredential`.
    Credential {
        /// The access key.
        access_key_id: &'a str,
        /// The scope of the signing key.
        scope: &'a CredentialScope,
        /// The session token.
        session_token: Option<&'a str>,
    },
    /// `ResolveForwardToken`.
    ForwardToken {
        /// The token.
        token: &'a str,
        /// The access key of the service that showed it.
        sender_access_key_id: &'a str,
    },
    /// `AwaitChanges`.
    Changes {
        /// The number of the last change that is known.
        after: Option<i64>,
    },
}

impl Question<'_> {
    /// Every part stands behind its length, so that no two questions give the same bytes.
    fn associated_data(self) -> Vec<u8> {
        let mut data = Vec::with_capacity(256);
        let mut part = |text: &str| {
            data.extend_from_slice(&(text.len() as u64).to_be_bytes());
            data.extend_from_slice(text.as_bytes());
        };
        match self {
            Self::Credential { access_key_id, scope, session_token } => {
                part("credential");
                part(access_key_id);
                part(&scope.to_string());
                if let Some(token) = session_token {
                    part(token);
                }
            }
            Self::ForwardToken { token, sender_access_key_id } => {
                part("forward token");
                part(token);
                part(sender_access_key_id);
            }
            Self::Changes { after } => {
                part("changes");
                if let Some(after) = after {
                    part(&after.to_string());
                }
            }
        }
        data
    }
}

/// Seals an answer for the service whose secret access key this is.
///
/// # Errors
/// [`CryptoError`] when there is no randomness.
pub fn seal_answer(
    service_secret: &SecretString,
    question: Question<'_>,
    nonce: &AnswerNonce,
    answer: &SecretBytes,
    random: &dyn Random,
) -> Result<Vec<u8>, CryptoError> {
    let seal_nonce = random.bytes::<NONCE_LEN>()?;
    let mut sealed = Vec::with_capacity(1 + NONCE_LEN + answer.len() + TAG_LEN);
    sealed.push(VERSION);
    sealed.extend_from_slice(&seal_nonce);
    let key = answer_key(service_secret, nonce)?;
    key.seal(seal_nonce, &question.associated_data(), answer.expose_secret(), &mut sealed)?;
    Ok(sealed)
}

/// Opens the answer to one's own question.
///
/// # Errors
/// [`CryptoError::NotAuthentic`] when it isn't the answer to this question, by identity, for this service.
pub fn open_answer(
    service_secret: &SecretString,
    question: Question<'_>,
    nonce: &AnswerNonce,
    sealed: &[u8],
) -> Result<SecretBytes, CryptoError> {
    let Some((&VERSION, rest)) = sealed.split_first() else {
        return Err(CryptoError::NotAuthentic);
    };
    let (seal_nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(CryptoError::NotAuthentic)?;
    answer_key(service_secret, nonce)?.open(*seal_nonce, &question.associated_data(), ciphertext)
}

fn answer_key(service_secret: &SecretString, nonce: &AnswerNonce) -> Result<Aes256Gcm, CryptoError> {
    let key = hkdf_sha256_key(service_secret.expose_secret().as_bytes(), nonce, KEY_INFO)?;
    Ok(Aes256Gcm::new(&key))
}

const VERSION: u8 = 1;
const KEY_INFO: &[u8] = b"keywright identity v1: answer key";

#[cfg(test)]
mod tests {
    use keywright_crypto::SystemRandom;
    use time::macros::date;

    use super::*;

    fn scope(service: &str) -> CredentialScope {
        CredentialScope {
            date: date!(2026 - 01 - 02),
            region: "us-east-1".to_owned(),
            service: service.to_owned(),
        }
    }

    fn secret(text: &str) -> SecretString {
        SecretString::new(text.to_owned())
    }

    #[test]
    fn an_answer_opens_for_its_service_question_and_nonce_only() {
        let kms = scope("kms");
        let question = Question::Credential { access_key_id: "AKIA1", scope: &kms, session_token: None };
        let answer = SecretBytes::new(b"key and facts".to_vec());
        let sealed = seal_answer(&secret("s1"), question, &[1; 16], &answer, &SystemRandom).unwrap();
        let opened = open_answer(&secret("s1"), question, &[1; 16], &sealed).unwrap();
        assert_eq!(opened.expose_secret(), b"key and facts");

        let ssm = scope("ssm");
        let others = [
            Question::Credential { access_key_id: "AKIA2", scope: &kms, session_token: None },
            Question::Credential { access_key_id: "AKIA1", scope: &ssm, session_token: None },
            Question::Credential { access_key_id: "AKIA1", scope: &kms, session_token: Some("") },
            Question::ForwardToken { token: "AKIA1", sender_access_key_id: "" },
        ];
        for other in others {
            assert!(open_answer(&secret("s1"), other, &[1; 16], &sealed).is_err());
        }
        assert!(open_answer(&secret("s2"), question, &[1; 16], &sealed).is_err());
        assert!(open_answer(&secret("s1"), question, &[2; 16], &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open_answer(&secret("s1"), question, &[1; 16], &changed).is_err(), "byte {at}");
            assert!(open_answer(&secret("s1"), question, &[1; 16], &sealed[..at]).is_err(), "cut at {at}");
        }
    }
}
