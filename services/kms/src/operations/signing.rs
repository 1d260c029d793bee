//! What Sign and Verify share.

use keywright_aws_api::Shown;
use keywright_aws_api::shape::SecretBlob;
use keywright_crypto::Message;
use keywright_policy::ContextKeys as _;

use super::condition_keys::{ConditionKeys, RequestKeys};
use super::key_access::show_key;
use crate::domain::algorithms::SigningAlgorithmSpec;
use crate::domain::entry::KeyEntry;
use crate::domain::key_spec::KeyUsageType;
use crate::domain::message::{MessageType, message};
use crate::error::Error;

/// What a request names.
pub(super) struct Signing<'a> {
    pub(super) key_id: &'a str,
    pub(super) message: &'a SecretBlob,
    pub(super) message_type: Option<MessageType>,
    pub(super) algorithm: SigningAlgorithmSpec,
    pub(super) dry_run: Option<bool>,
}

impl<'a> Signing<'a> {
    pub(super) fn message_type(&self) -> MessageType {
        self.message_type.unwrap_or(MessageType::Raw)
    }

    /// The message, if the key signs such ones, by this algorithm, and now.
    pub(super) fn checked(&self, operation: &'static str, entry: &KeyEntry) -> Result<Message<'a>, Error> {
        let key = &entry.key;
        key.check_usable_for(KeyUsageType::SignVerify, operation)?;
        let algorithms = key.spec.signing_algorithms(key.usage);
        key.spec.check_has(self.algorithm, self.algorithm.as_str(), algorithms)?;
        message(key.spec, self.algorithm, self.message_type(), self.message.expose_secret())
    }

    pub(super) fn condition_key(
        &self,
        keys: ConditionKeys<'_>,
        key: &str,
        each: &mut dyn FnMut(&str),
    ) -> bool {
        let others =
            [("SigningAlgorithm", self.algorithm.as_str()), ("MessageType", self.message_type().as_str())];
        let request =
            RequestKeys { identifier: Some(self.key_id), others: &others, ..RequestKeys::default() };
        keys.with(request).get(key, each)
    }

    pub(super) fn show(self, shown: &mut Shown<'a>, entry: Option<&'a KeyEntry>) {
        shown
            .request
            .push_str("keyId", self.key_id)
            .push_str("messageType", self.message_type().as_str())
            .push_str("signingAlgorithm", self.algorithm.as_str());
        if self.dry_run == Some(true) {
            shown.request.push_bool("dryRun", true);
        }
        show_key(shown, entry);
    }
}
