//! Tells the transparency log's own signing from what else happens.

use std::sync::{Arc, OnceLock};

use crate::domain::event::Event;

/// The KMS key that signs the log's checkpoints, once it is known. Each signing is an event itself, which alone must not
/// make the log sign again.
#[derive(Clone, Debug, Default)]
pub struct LogKey(Arc<OnceLock<String>>);

impl LogKey {
    /// Says which key it is, by its ARN. Only the first time counts.
    pub fn known(&self, arn: String) {
        let _ = self.0.set(arn);
    }

    /// Whether the event tells of a signing by it.
    pub(super) fn signs(&self, event: &Event) -> bool {
        event.name == "Sign"
            && event.source == "kms.amazonaws.com"
            && event.resources.first().is_some_and(|key| Some(&key.name) == self.0.get())
    }
}
