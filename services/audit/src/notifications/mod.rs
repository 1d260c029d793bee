//! Tells Kafka and webhooks of changes, in the form of EventBridge's events.
//!
//! What is to be told follows from the records: the transaction that stores an event stores its notifications, so there
//! is none without the other. A [`Publisher`] for each target sends them, and forgets each one that was taken.
//! What a crash leaves between the two is sent once more.

mod backoff;
mod envelope;
mod metrics;
mod publisher;
mod section;
mod start;
mod target;
mod topic;
mod webhook;

pub use envelope::{Notification, of};
pub use publisher::{Housekeeper, Publisher};
pub use section::{NotificationsSection, WebhookSection};
pub use start::start;
pub use target::{Filter, Target, Targets};
pub use topic::{EVENTS_TOPIC, EventsTopic, topic_beside};
pub use webhook::Webhook;
