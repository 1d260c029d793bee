//! Sign.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>

use std::sync::Arc;

use keywright_aws_api::context::ContextKeys;
use keywright_aws_api::shape::{Blob, SecretBlob};
use keywright_aws_api::{Accesses, Authorized, Call, Input, Operation, Shown};
use keywright_service::PostgresWork;
use serde::Serialize;

use super::key_access::{on_key, unresolved};
use super::signing::Signing;
use super::wire::SharedText;
use super::{dry_run, private_key};
use crate::domain::algorithms::SigningAlgorithmSpec;
use crate::domain::entry::KeyEntry;
use crate::domain::message::MessageType;
use crate::error::Error;
use crate::service::Kms;

pub(crate) struct Sign;

#[derive(Input)]
pub(crate) struct SignInput {
    #[member(length = 1..=2048)]
    key_id: String,
    #[member(length = 1..=4096)]
    message: SecretBlob,
    message_type: Option<MessageType>,
    #[expect(dead_code, reason = "checked for its form only: there are no grants yet")]
    #[member(length = 0..=10, each(length = 1..=8192))]
    grant_tokens: Option<Vec<String>>,
    signing_algorithm: SigningAlgorithmSpec,
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SignOutput {
    key_id: SharedText,
    signature: Blob,
    signing_algorithm: SigningAlgorithmSpec,
}

impl SignInput {
    fn signing(&self) -> Signing<'_> {
        Signing {
            key_id: &self.key_id,
            message: &self.message,
            message_type: self.message_type,
            algorithm: self.signing_algorithm,
            dry_run: self.dry_run,
        }
    }
}

impl Operation for Sign {
    type Service = Kms;
    type Input = SignInput;
    type Output = SignOutput;
    type Resource = Arc<KeyEntry>;
    type Error = Error;
    const NAME: &'static str = "Sign";
    const ACTION: &'static str = "kms:Sign";
    const READ_ONLY: bool = true;

    async fn load(kms: &Kms, call: &Call, input: &SignInput) -> Result<Arc<KeyEntry>, Error> {
        kms.directory.resolve(&input.key_id, call.account()).await
    }

    fn accesses(_call: &Call, _input: &SignInput, entry: &Arc<KeyEntry>) -> Accesses {
        on_key(Self::ACTION, entry).into()
    }

    fn accesses_unloaded(call: &Call, input: &SignInput) -> Accesses {
        unresolved(Self::ACTION, call, &input.key_id)
    }

    fn context_keys(call: &Call, input: &SignInput, _entry: &Arc<KeyEntry>, keys: &mut ContextKeys) {
        input.signing().add_context_keys(call, keys);
    }

    async fn run(
        _kms: &Kms,
        request: Authorized<'_, Self>,
        _work: &mut PostgresWork,
    ) -> Result<SignOutput, Error> {
        let (input, entry) = (request.input, request.resource);
        let signing = input.signing();
        signing.checked(Self::NAME, entry)?;
        entry.current_ready()?;
        dry_run::end(input.dry_run)?;
        let (algorithm, message) = (signing.algorithm, signing.message.as_secret());
        let signature = private_key::sign(entry, algorithm, signing.message_type(), message).await?;
        Ok(SignOutput {
            key_id: SharedText(Arc::clone(&entry.key.arn)),
            signature: signature.into(),
            signing_algorithm: algorithm,
        })
    }

    fn show<'a>(
        shown: &mut Shown<'a>,
        _call: &'a Call,
        input: &'a SignInput,
        entry: Option<&'a Arc<KeyEntry>>,
        _output: Option<&'a SignOutput>,
    ) {
        input.signing().show(shown, entry);
    }
}
