//! Who is told, and of what.

use crate::domain::event::Event;
use crate::store::notifications::NewNotification;

use super::envelope::{Notification, of};
use super::section::{NotificationsSection, WebhookSection};

/// One that is told.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name among all: `kafka`, or `webhook:` and a webhook's name.
    pub name: String,
    /// Of what.
    pub filter: Filter,
}

/// Of what a target is told; what has no values asks for all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Such as `aws.kms`.
    pub sources: Vec<String>,
    /// Such as `KMS CMK Rotation`.
    pub detail_types: Vec<String>,
}

/// All that are told.
#[derive(Clone, Debug, Default)]
pub struct Targets(Vec<Target>);

impl Targets {
    /// These.
    #[must_use]
    pub fn new(targets: Vec<Target>) -> Self {
        Self(targets)
    }

    /// Those of the settings; Kafka if there is one.
    #[must_use]
    pub fn of_section(section: &NotificationsSection, has_kafka: bool) -> Self {
        let kafka = Target { name: KAFKA.to_owned(), filter: Filter::default() };
        let kafka = (has_kafka && section.kafka).then_some(kafka);
        Self(kafka.into_iter().chain(section.webhooks.iter().map(Target::of_webhook)).collect())
    }

    /// Whether nobody is told anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is to be stored of events that are stored now.
    #[must_use]
    pub fn notifications<'a>(&self, events: impl IntoIterator<Item = &'a Event>) -> Vec<NewNotification> {
        if self.is_empty() {
            return Vec::new();
        }
        events.into_iter().flat_map(of).flat_map(|notification| self.of_each(notification)).collect()
    }

    fn of_each(&self, notification: Notification) -> Vec<NewNotification> {
        let wanted = self.0.iter().filter(|target| target.filter.takes(&notification));
        let new = |target: &Target| NewNotification {
            target: target.name.clone(),
            id: notification.id,
            resource: notification.resource.clone(),
            body: notification.body.clone(),
        };
        wanted.map(new).collect()
    }
}

impl Target {
    /// A webhook as one.
    #[must_use]
    pub fn of_webhook(section: &WebhookSection) -> Self {
        let filter = Filter { sources: section.sources.clone(), detail_types: section.detail_types.clone() };
        Self { name: format!("webhook:{}", section.name), filter }
    }
}

impl Filter {
    fn takes(&self, notification: &Notification) -> bool {
        let has = |asked: &[String], value: &str| asked.is_empty() || asked.iter().any(|each| each == value);
        has(&self.sources, &notification.source) && has(&self.detail_types, notification.detail_type)
    }
}

/// The name of Kafka as a target, which the statements know too.
pub(super) const KAFKA: &str = "kafka";

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_filter_takes_what_it_names_and_an_empty_one_all() {
        let told = Notification {
            id: Uuid::nil(),
            source: "aws.kms".to_owned(),
            detail_type: "KMS CMK Rotation",
            resource: String::new(),
            body: Vec::new(),
        };
        let takes = |sources: &[&str], types: &[&str]| {
            let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            Filter { sources: owned(sources), detail_types: owned(types) }.takes(&told)
        };
        assert!(takes(&[], &[]) && takes(&["aws.ssm", "aws.kms"], &[]) && takes(&[], &["KMS CMK Rotation"]));
        assert!(!takes(&["aws.ssm"], &["KMS CMK Rotation"]) && !takes(&["aws.kms"], &["KMS CMK Deletion"]));
    }
}
