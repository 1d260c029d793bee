//! What the conformance suite needs of a source and of the way to it.

use std::sync::Arc;

use keywright_audit_log::{Entry, EventSource};

use crate::positions::Positions;

/// A producer, a source, and the store of settled positions between them.
pub(crate) trait Rig {
    /// Makes entries durable, in this order. They may still be on their way to the source.
    async fn produce(&self, entries: Vec<Entry>);

    /// Ends the producing side as it stands, and starts it again.
    async fn restart_producer(&mut self);

    /// A source that goes on from the settled positions.
    async fn source(&self) -> Box<dyn EventSource>;

    fn positions(&self) -> &Arc<Positions>;
}
