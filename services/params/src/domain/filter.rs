//! The filters of DescribeParameters and GetParametersByPath, as conditions on rows.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html>

use super::kind::{ParameterType, Tier};
use super::name::without_slash;
use super::path::{HierarchyPath, PathError};
use super::prefixes::Prefixes;

/// What a listed parameter must satisfy: of each list that is there, one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Its type.
    pub types: Option<Vec<String>>,
    /// Its KMS key, as it was given.
    pub key_ids: Option<Vec<String>>,
    /// The beginning of its KMS key.
    pub key_id_prefixes: Option<Vec<String>>,
    /// Its tier.
    pub tiers: Option<Vec<String>>,
    /// Its path, which is its name without a leading slash.
    pub paths: Option<Vec<String>>,
    /// The beginning of its path.
    pub prefixes: Prefixes,
    /// A part of its name.
    pub name_parts: Option<Vec<String>>,
    /// The level that it is on.
    pub parents: Option<Vec<String>>,
    /// Its data type.
    pub data_types: Option<Vec<String>>,
    /// A label of a version, which is then the one that is meant.
    pub labels: Option<Vec<String>>,
    /// The beginning of such a label.
    pub label_prefixes: Option<Vec<String>>,
    /// Its tags: of each key, one of the values.
    pub tags: TagConditions,
}

/// What tags a parameter must have, as columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagConditions {
    /// The keys.
    pub keys: Vec<String>,
    /// A value of each.
    pub values: Vec<String>,
    /// Whether that is but the value's beginning.
    pub are_prefixes: Vec<bool>,
}

/// One filter, as a request gives it.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    /// What is compared.
    pub key: &'a str,
    /// How.
    pub option: Option<&'a str>,
    /// With what.
    pub values: &'a [String],
}

/// Why filters are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A key that the operation doesn't filter by.
    #[error("the filter key is not valid")]
    Key {
        /// The key.
        key: String,
        /// Those that it may be.
        valid: &'static [&'static str],
    },
    /// An option that the key doesn't have.
    #[error("the filter option is not valid")]
    Option {
        /// The option.
        option: String,
        /// Those that it may be.
        valid: &'static [&'static str],
    },
    /// A filter without values.
    #[error("the filter has no values")]
    NoValues(String),
    /// A value that can't match.
    #[error("the filter value is not valid")]
    Value {
        /// The value.
        value: String,
        /// Those that it may be.
        valid: &'static [&'static str],
    },
    /// Two filters with one key.
    #[error("the filter key is used twice")]
    Duplicate(String),
    /// A path filter whose value is no path.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl Conditions {
    /// Whether every parameter satisfies them.
    #[must_use]
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Reads filters whose keys are among `keys`.
    ///
    /// # Errors
    /// Any [`FilterError`].
    pub fn read<'a>(
        filters: impl IntoIterator<Item = Filter<'a>>,
        keys: &'static [&'static str],
    ) -> Result<Self, FilterError> {
        let mut conditions = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        for filter in filters {
            let is_key = |key: &&str| *key == filter.key || (*key == KEY_TAG && is_tag(filter.key));
            if !keys.iter().any(is_key) {
                return Err(FilterError::Key { key: filter.key.to_owned(), valid: keys });
            }
            if seen.contains(&filter.key) {
                return Err(FilterError::Duplicate(filter.key.to_owned()));
            }
            if filter.values.is_empty() && !is_tag(filter.key) {
                return Err(FilterError::NoValues(filter.key.to_owned()));
            }
            seen.push(filter.key);
            // Postgres knows no text with a NUL, and neither does anything that is stored.
            let values =
                filter.values.iter().filter(|value| !value.contains('\0')).cloned().collect::<Vec<_>>();
            if values.is_empty() && !filter.values.is_empty() {
                conditions.prefixes = Prefixes::none();
            }
            conditions.add(&Filter { values: &values, ..filter })?;
        }
        Ok(conditions)
    }

    fn add(&mut self, filter: &Filter<'_>) -> Result<(), FilterError> {
        let values = filter.values.to_vec();
        match filter.key {
            KEY_NAME => {
                let paths = filter.values.iter().map(|value| without_slash(value).to_owned());
                match option(filter, &[BEGINS_WITH, EQUALS, CONTAINS], EQUALS)? {
                    BEGINS_WITH => self.prefixes = self.prefixes.and(&paths.collect()),
                    CONTAINS => self.name_parts = Some(values),
                    _ => self.paths = Some(paths.collect()),
                }
            }
            KEY_KEY_ID => match option(filter, &[BEGINS_WITH, EQUALS], EQUALS)? {
                BEGINS_WITH => self.key_id_prefixes = Some(values),
                _ => self.key_ids = Some(values),
            },
            KEY_TYPE => {
                option(filter, &[EQUALS], EQUALS)?;
                self.types = Some(known(values, TYPES)?);
            }
            KEY_TIER => {
                option(filter, &[EQUALS], EQUALS)?;
                self.tiers = Some(known(values, TIERS)?);
            }
            KEY_DATA_TYPE => {
                option(filter, &[EQUALS], EQUALS)?;
                self.data_types = Some(values);
            }
            KEY_LABEL => match option(filter, &[BEGINS_WITH, EQUALS], EQUALS)? {
                BEGINS_WITH => self.label_prefixes = Some(values),
                _ => self.labels = Some(values),
            },
            tag if is_tag(tag) => {
                let is_prefix = option(filter, &[BEGINS_WITH, EQUALS], EQUALS)? == BEGINS_WITH;
                self.tags.add(tag, values, is_prefix);
            }
            _ => {
                let paths = filter.values.iter().map(|value| HierarchyPath::parse(value));
                let paths = paths.collect::<Result<Vec<_>, _>>()?;
                match option(filter, &[RECURSIVE, ONE_LEVEL], ONE_LEVEL)? {
                    RECURSIVE => {
                        self.prefixes = self.prefixes.and(&paths.iter().map(HierarchyPath::prefix).collect());
                    }
                    _ => {
                        self.parents = Some(paths.iter().map(|path| path.as_parent().to_owned()).collect());
                    }
                }
            }
        }
        Ok(())
    }
}

impl TagConditions {
    /// Without values, that there is such a tag.
    fn add(&mut self, filter_key: &str, values: Vec<String>, is_prefix: bool) {
        let (values, is_prefix) =
            if values.is_empty() { (vec![String::new()], true) } else { (values, is_prefix) };
        let key = filter_key.strip_prefix(TAG_PREFIX).unwrap_or(filter_key);
        for value in values {
            self.keys.push(key.to_owned());
            self.values.push(value);
            self.are_prefixes.push(is_prefix);
        }
    }
}

fn is_tag(key: &str) -> bool {
    key.strip_prefix(TAG_PREFIX).is_some_and(|name| !name.is_empty())
}

fn option(
    filter: &Filter<'_>,
    valid: &'static [&'static str],
    default: &'static str,
) -> Result<&'static str, FilterError> {
    let asked = filter.option.unwrap_or(default);
    let found = valid.iter().find(|option| **option == asked);
    found.copied().ok_or_else(|| FilterError::Option { option: asked.to_owned(), valid })
}

fn known(values: Vec<String>, valid: &'static [&'static str]) -> Result<Vec<String>, FilterError> {
    match values.iter().find(|value| !valid.contains(&value.as_str())) {
        Some(unknown) => Err(FilterError::Value { value: unknown.clone(), valid }),
        None => Ok(values),
    }
}

/// The keys by which DescribeParameters filters.
pub const DESCRIBE_KEYS: &[&str] =
    &[KEY_PATH, KEY_NAME, KEY_TYPE, KEY_KEY_ID, KEY_TIER, KEY_DATA_TYPE, KEY_TAG];
/// The keys by which GetParametersByPath filters.
pub const BY_PATH_KEYS: &[&str] = &[KEY_TYPE, KEY_KEY_ID, KEY_LABEL];
/// The option that the older `Filters` imply for a name.
pub const BEGINS_WITH: &str = "BeginsWith";
/// The key for names.
pub const KEY_NAME: &str = "Name";
/// The key for tags, as messages show it.
const KEY_TAG: &str = "tag:<key>";
const TAG_PREFIX: &str = "tag:";
const KEY_DATA_TYPE: &str = "DataType";
const KEY_LABEL: &str = "Label";
const KEY_PATH: &str = "Path";
const KEY_TYPE: &str = "Type";
const KEY_KEY_ID: &str = "KeyId";
const KEY_TIER: &str = "Tier";
const EQUALS: &str = "Equals";
const CONTAINS: &str = "Contains";
const RECURSIVE: &str = "Recursive";
const ONE_LEVEL: &str = "OneLevel";
const TYPES: &[&str] = &[
    ParameterType::SecureString.as_str(),
    ParameterType::String.as_str(),
    ParameterType::StringList.as_str(),
];
const TIERS: &[&str] = &[Tier::Standard.as_str(), Tier::Advanced.as_str(), "Intelligent-Tiering"];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, option: Option<&str>, values: &[&str]) -> Result<Conditions, FilterError> {
        let values = values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        Conditions::read([Filter { key, option, values: &values }], DESCRIBE_KEYS)
    }

    fn begin_with(prefixes: &[&str]) -> Prefixes {
        prefixes.iter().map(|prefix| (*prefix).to_owned()).collect()
    }

    #[test]
    fn names_are_compared_without_their_leading_slash() {
        let conditions = read("Name", None, &["/a/b", "c"]).unwrap();
        assert_eq!(conditions.paths.unwrap(), ["a/b", "c"]);
        let conditions = read("Name", Some("BeginsWith"), &["/a"]).unwrap();
        assert_eq!(conditions.prefixes, begin_with(&["a"]));
        let conditions = read("Name", Some("Contains"), &["/a"]).unwrap();
        assert_eq!(conditions.name_parts.unwrap(), ["/a"]);
    }

    #[test]
    fn paths_are_one_level_unless_recursive() {
        assert_eq!(read("Path", None, &["/a/"]).unwrap().parents.unwrap(), ["a"]);
        let recursive = read("Path", Some("Recursive"), &["/a", "/b/"]).unwrap();
        assert_eq!(recursive.prefixes, begin_with(&["a/", "b/"]));
        assert_eq!(read("Path", None, &["a"]), Err(FilterError::Path(PathError)));
    }

    #[test]
    fn the_name_and_the_hierarchy_must_both_fit() {
        let (names, paths) = (["/a/b".to_owned(), "/c".to_owned()], ["/a".to_owned()]);
        let name = Filter { key: "Name", option: Some("BeginsWith"), values: &names };
        let path = Filter { key: "Path", option: Some("Recursive"), values: &paths };
        let conditions = Conditions::read([name, path], DESCRIBE_KEYS).unwrap();
        assert_eq!(conditions.prefixes, begin_with(&["a/b"]));
    }

    #[test]
    fn tags_are_columns_and_need_no_values() {
        let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        let (team, stage) = (values(&["blue", "red"]), values(&["pr"]));
        let filter = |key, option, values| Filter { key, option, values };
        let conditions = Conditions::read(
            [
                filter("tag:team", None, &team),
                filter("tag:stage", Some("BeginsWith"), &stage),
                filter("tag:any", None, &[]),
            ],
            DESCRIBE_KEYS,
        );
        let tags = conditions.unwrap().tags;
        assert_eq!(tags.keys, ["team", "team", "stage", "any"]);
        assert_eq!(tags.values, ["blue", "red", "pr", ""]);
        assert_eq!(tags.are_prefixes, [false, false, true, true]);
    }

    #[test]
    fn labels_are_for_by_path_reads() {
        let values = ["prod".to_owned()];
        let read =
            |option| Conditions::read([Filter { key: "Label", option, values: &values }], BY_PATH_KEYS);
        assert_eq!(read(None).unwrap().labels.unwrap(), ["prod"]);
        assert_eq!(read(Some("BeginsWith")).unwrap().label_prefixes.unwrap(), ["prod"]);
        assert!(matches!(read(Some("Contains")), Err(FilterError::Option { .. })));
    }

    #[test]
    fn what_is_not_a_filter_is_refused() {
        let refused = |key, option, values: &[&str]| read(key, option, values).unwrap_err();
        assert!(matches!(refused("Label", None, &["x"]), FilterError::Key { key, .. } if key == "Label"));
        assert!(matches!(refused("tag:", None, &["x"]), FilterError::Key { key, .. } if key == "tag:"));
        assert!(matches!(refused("Type", Some("BeginsWith"), &["String"]), FilterError::Option { .. }));
        assert!(matches!(refused("Type", None, &["string"]), FilterError::Value { .. }));
        assert!(matches!(refused("Name", Some("Recursive"), &["/a"]), FilterError::Option { .. }));
        assert_eq!(refused("Name", None, &[]), FilterError::NoValues("Name".to_owned()));
        let values = ["x".to_owned()];
        let filter = Filter { key: "Name", option: None, values: &values };
        assert_eq!(
            Conditions::read([filter, filter], DESCRIBE_KEYS),
            Err(FilterError::Duplicate("Name".to_owned()))
        );
        assert!(matches!(Conditions::read([filter], BY_PATH_KEYS), Err(FilterError::Key { .. })));
    }
}
