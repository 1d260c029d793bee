//! Which secrets a list shows.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_search-secret.html>

use keywright_aws_api::Input;

use super::secret::Secret;
use crate::error::Error;

keywright_aws_api::wire_enum! {
    /// What of a secret a filter looks at.
    pub enum FilterKey {
        /// The description, word by word, without regard to case.
        Description = "description",
        /// The name.
        Name = "name",
        /// The keys of its tags.
        TagKey = "tag-key",
        /// The values of its tags.
        TagValue = "tag-value",
        /// The Region of its primary secret, if it is in several Regions.
        PrimaryRegion = "primary-region",
        /// The service that manages it.
        OwningService = "owning-service",
        /// All of these, word by word, without regard to case.
        All = "all",
    }
}

/// A filter as a request has it.
#[derive(Input, Clone, Debug)]
pub struct FilterInput {
    /// What it looks at.
    pub key: Option<FilterKey>,
    /// What it looks for; with `!` in front, what must not be found.
    #[member(length = 1..=10, each(length = 0..=512, pattern = r"^\!?[a-zA-Z0-9 :_@\/\+\=\.\-\!]*$"))]
    pub values: Option<Vec<String>>,
}

/// All filters of a request: a secret must pass each.
#[derive(Clone, Debug, Default)]
pub struct Filters(Vec<Filter>);

#[derive(Clone, Debug)]
struct Filter {
    key: FilterKey,
    /// One of these must be found.
    wanted: Vec<String>,
    /// None of these may be found.
    unwanted: Vec<String>,
}

impl Filters {
    /// The filters of a request.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for one without key or values.
    pub fn of_request(filters: Option<&[FilterInput]>) -> Result<Self, Error> {
        filters.unwrap_or_default().iter().map(Filter::of_request).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a secret passes.
    #[must_use]
    pub fn pass(&self, secret: &Secret) -> bool {
        self.0.iter().all(|filter| filter.passes(secret))
    }
}

impl Filter {
    fn of_request(filter: &FilterInput) -> Result<Self, Error> {
        let key = filter.key.ok_or(Error::InvalidParameter("A filter must have a key."))?;
        let values = filter.values.as_deref().ok_or(Error::InvalidParameter("A filter must have values."))?;
        let negated = |value: &&String| value.starts_with('!');
        let unwanted = values.iter().filter(negated).map(|value| value.chars().skip(1).collect()).collect();
        let wanted = values.iter().filter(|value| !negated(value)).cloned().collect();
        Ok(Self { key, wanted, unwanted })
    }

    fn passes(&self, secret: &Secret) -> bool {
        let found = |value: &String| self.finds(value, secret);
        (self.wanted.is_empty() || self.wanted.iter().any(found)) && !self.unwanted.iter().any(found)
    }

    fn finds(&self, value: &str, secret: &Secret) -> bool {
        match self.key {
            FilterKey::Name => secret.name.as_str().starts_with(value),
            FilterKey::Description => has_every_word(value, secret.description.as_slice()),
            FilterKey::TagKey => secret.tags.iter().any(|tag| tag.key.starts_with(value)),
            FilterKey::TagValue => secret.tags.iter().any(|tag| tag.value.starts_with(value)),
            FilterKey::PrimaryRegion => {
                secret.primary_region().is_some_and(|region| region.starts_with(value))
            }
            FilterKey::OwningService => {
                secret.owning_service.as_deref().is_some_and(|service| service.starts_with(value))
            }
            FilterKey::All => has_every_word(value, &all_texts(secret)),
        }
    }
}

/// Whether each word of `value` begins a word of one of the texts, whatever the case.
fn has_every_word(value: &str, texts: &[String]) -> bool {
    let texts: Vec<_> = texts.iter().map(|text| text.to_lowercase()).collect();
    value.to_lowercase().split_whitespace().all(|word| texts.iter().any(|text| has_word(text, word)))
}

fn all_texts(secret: &Secret) -> Vec<String> {
    let tags = secret.tags.iter().flat_map(|tag| [tag.key.as_str(), tag.value.as_str()]);
    [Some(secret.name.as_str()), secret.description.as_deref(), secret.owning_service.as_deref()]
        .into_iter()
        .flatten()
        .chain(tags)
        .map(str::to_owned)
        .collect()
}

/// Whether a word of `text`, and what follows it, begins with `prefix`.
fn has_word(text: &str, prefix: &str) -> bool {
    let mut before = None;
    text.char_indices().any(|(at, character)| {
        let begins = before.is_none_or(|before: char| !before.is_alphanumeric());
        before = Some(character);
        begins && text.get(at..).is_some_and(|rest| rest.starts_with(prefix))
    }) || prefix.is_empty()
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::name::SecretName;
    use crate::domain::replica::ReplicaOf;
    use crate::domain::stages::Stages;
    use crate::domain::tags::Tag;

    fn secret() -> Secret {
        Secret {
            id: Uuid::nil(),
            account: keywright_aws_api::AccountId::parse("111122223333").unwrap(),
            name: SecretName::parse("Prod/db-password").unwrap(),
            arn: "arn".into(),
            description: Some("The main Database".to_owned()),
            kms_key_id: None,
            owning_service: None,
            created_at: OffsetDateTime::UNIX_EPOCH,
            last_changed_at: OffsetDateTime::UNIX_EPOCH,
            last_accessed_on: None,
            deletion: None,
            stages: Stages::default(),
            tags: vec![Tag { key: "Team".to_owned(), value: "Payments".to_owned() }],
            policy: None,
            rotation: None,
            replica_of: None,
            replica_regions: Vec::new(),
        }
    }

    fn passes(key: FilterKey, values: &[&str]) -> bool {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let filter = FilterInput { key: Some(key), values: Some(values) };
        Filters::of_request(Some(&[filter])).unwrap().pass(&secret())
    }

    #[test]
    fn names_and_tags_begin_with_the_value_in_its_case() {
        assert!(passes(FilterKey::Name, &["Prod/"]));
        assert!(!passes(FilterKey::Name, &["prod/"]));
        assert!(!passes(FilterKey::Name, &["db"]));
        assert!(passes(FilterKey::TagKey, &["Te"]));
        assert!(!passes(FilterKey::TagKey, &["team"]));
        assert!(passes(FilterKey::TagValue, &["Pay"]));
        assert!(!passes(FilterKey::PrimaryRegion, &["us"]), "it is in one Region only");
    }

    #[test]
    fn what_is_in_several_regions_has_a_primary_one() {
        let region = |text: &str| keywright_aws_api::Region::parse(text).unwrap();
        let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-abCD12";
        let primary = Secret { arn: arn.into(), replica_regions: vec![region("eu-west-1")], ..secret() };
        let replica_of = ReplicaOf { primary: region("ap-south-1"), replication: Uuid::nil() };
        let replica = Secret { arn: arn.into(), replica_of: Some(replica_of), ..secret() };
        let passes = |secret: &Secret, value: &str| {
            let filter =
                FilterInput { key: Some(FilterKey::PrimaryRegion), values: Some(vec![value.to_owned()]) };
            Filters::of_request(Some(&[filter])).unwrap().pass(secret)
        };
        assert!(passes(&primary, "us-east-1") && passes(&primary, "!eu") && !passes(&primary, "ap"));
        assert!(passes(&replica, "ap-south") && !passes(&replica, "us-east-1"));
    }

    #[test]
    fn descriptions_have_a_word_that_begins_so_in_any_case() {
        assert!(passes(FilterKey::Description, &["data"]));
        assert!(passes(FilterKey::Description, &["the MAIN"]));
        assert!(passes(FilterKey::Description, &["database the"]));
        assert!(!passes(FilterKey::Description, &["database backup"]));
        assert!(!passes(FilterKey::Description, &["atabase"]));
    }

    #[test]
    fn all_finds_every_word_somewhere() {
        assert!(passes(FilterKey::All, &["password team"]));
        assert!(passes(FilterKey::All, &["pay"]));
        assert!(!passes(FilterKey::All, &["password billing"]));
    }

    #[test]
    fn values_are_alternatives_and_negated_ones_all_exclude() {
        assert!(passes(FilterKey::Name, &["Test", "Prod"]));
        assert!(!passes(FilterKey::Name, &["!Prod"]));
        assert!(passes(FilterKey::Name, &["!Test"]));
        assert!(!passes(FilterKey::Name, &["!Test", "!Prod"]));
        assert!(!passes(FilterKey::Name, &["Prod", "!Prod/db"]));
    }

    #[test]
    fn a_filter_needs_key_and_values() {
        let incomplete = FilterInput { key: Some(FilterKey::Name), values: None };
        assert!(Filters::of_request(Some(&[incomplete])).is_err());
        assert!(Filters::of_request(None).unwrap().pass(&secret()));
    }
}
