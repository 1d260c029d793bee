//! SecureStrings: sealed before they are stored, revealed after they are read.
//!
//! A standard parameter's value is encrypted by KMS itself; an advanced one's, which may be larger than KMS takes, under
//! a data key of its own. Either way KMS binds it to the parameter's ARN.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keywright_aws_api::Call;
use keywright_crypto::{CryptoError, Key256, SecretBytes, SecretString};

use crate::domain::envelope::{self, Envelope, EnvelopeError};
use crate::domain::kind::Tier;
use crate::domain::parameter::{Parameter, StoredValue};
use crate::domain::revision::Revision;
use crate::error::Error;
use crate::service::Params;

/// The value of a new version, as it is stored.
///
/// # Errors
/// [`Error::Kms`] when KMS doesn't encrypt for the caller; [`Error::Crypto`] without randomness.
pub async fn seal(
    service: &Params,
    call: &Call,
    revision: &Revision,
    arn: &str,
    value: &SecretString,
) -> Result<StoredValue, Error> {
    let Some(key_id) = &revision.key_id else {
        return Ok(StoredValue::Plain(value.expose_secret().to_owned()));
    };
    let plaintext = SecretBytes::new(value.expose_secret().as_bytes().to_vec());
    let blob = match revision.tier {
        Tier::Standard => service.kms.encrypt(&call.caller, key_id, arn, plaintext).await?,
        Tier::Advanced => {
            let data_key = service.kms.generate_data_key(&call.caller, key_id, arn).await?;
            let (key, encrypted) = (&data_key.plaintext, &data_key.encrypted);
            envelope::seal(key, encrypted, arn, plaintext.expose_secret(), &*service.random)
                .map_err(|reason| not_opened(arn, reason))?
        }
    };
    Ok(StoredValue::Sealed(blob))
}

/// The values of `parameters` for an answer, in their order. With decryption, KMS is asked for several at a time.
///
/// # Errors
/// [`Error::Kms`] when KMS doesn't decrypt one for the caller; [`Error::Envelope`] or [`Error::NotText`] when what is
/// stored is damaged.
pub async fn reveal_all(
    service: &Params,
    call: &Call,
    parameters: &[(&Parameter, String)],
    with_decryption: bool,
) -> Result<Vec<SecretString>, Error> {
    let pending = parameters
        .iter()
        .map(|(parameter, arn)| reveal(service, call, parameter, arn, with_decryption))
        .collect::<Vec<_>>();
    stream::iter(pending).buffered(DECRYPTIONS_AT_ONCE).try_collect().await
}

/// The value of one parameter for an answer: of a SecureString the plaintext, or else its ciphertext in base64.
async fn reveal(
    service: &Params,
    call: &Call,
    parameter: &Parameter,
    arn: &str,
    with_decryption: bool,
) -> Result<SecretString, Error> {
    let blob = match &parameter.value {
        StoredValue::Plain(text) => return Ok(SecretString::new(text.clone())),
        StoredValue::Sealed(blob) => blob,
    };
    if !with_decryption {
        return Ok(SecretBytes::new(blob.clone()).to_base64());
    }
    let plaintext = match parameter.metadata.tier {
        Tier::Standard => service.kms.decrypt(&call.caller, arn, blob).await?,
        Tier::Advanced => {
            let envelope = Envelope::parse(blob).map_err(|reason| not_opened(arn, reason))?;
            let data_key = service.kms.decrypt(&call.caller, arn, envelope.encrypted_data_key()).await?;
            let open = || -> Result<SecretBytes, CryptoError> {
                envelope.open(&Key256::try_from_slice(data_key.expose_secret())?, arn)
            };
            open().map_err(|reason| not_opened(arn, reason.into()))?
        }
    };
    match std::str::from_utf8(plaintext.expose_secret()) {
        Ok(text) => Ok(SecretString::new(text.to_owned())),
        Err(_) => Err(Error::NotText(arn.to_owned())),
    }
}

fn not_opened(arn: &str, reason: EnvelopeError) -> Error {
    Error::Envelope { arn: arn.to_owned(), reason }
}

/// A page of GetParametersByPath at once.
const DECRYPTIONS_AT_ONCE: usize = 10;
