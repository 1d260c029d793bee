//! What an import would do: the file's parameters, compared with what is there.

use std::collections::{BTreeMap, BTreeSet};

use keywright_aws_api::{AccountId, Region};
use keywright_params::domain::name::{NameError, ParameterName};

use super::document::{Entry, Key};
use super::error::ParamsError;
use super::kind::{Kind, Tier};
use super::progress::Progress;
use super::root::Root;
use super::store::{Metadata, Parameter, ParameterStore};
use super::variables::Naming;
use crate::api_client::ApiError;
use crate::commands::audit::output::harmless;

/// What is wished for where the file says nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) kind: Option<Kind>,
    pub(crate) key_id: Option<String>,
    pub(crate) tier: Option<Tier>,
    /// The path that whole names are below in the file.
    pub(crate) from_path: Option<Root>,
    /// Leaves out values that are empty, which no parameter can have.
    pub(crate) skip_empty: bool,
    /// Deletes what the file doesn't have.
    pub(crate) prune: bool,
}

/// What an import would do.
#[derive(Debug)]
pub(crate) struct Plan {
    /// In the order of their names.
    pub(crate) steps: Vec<Step>,
    /// The parameters that would be deleted.
    pub(crate) deleted: Vec<String>,
}

/// One parameter of the file.
#[derive(Debug)]
pub(crate) struct Step {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) entry: Entry,
    /// What is there.
    pub(super) current: Option<(Parameter, Metadata)>,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    Value,
    Kind,
    Tier,
    Key,
    Description,
    AllowedPattern,
    DataType,
    Tags,
}

impl Plan {
    /// Compares a file with what is below the path.
    ///
    /// # Errors
    /// [`ParamsError::Unfit`] with all that can't be; [`ParamsError::Api`].
    pub(crate) async fn make(
        store: &ParameterStore,
        root: &Root,
        what: String,
        (entries, problems): (Vec<Entry>, Vec<String>),
        wishes: &Wishes,
    ) -> Result<Self, ParamsError> {
        let current = current(store, root, &entries).await?;
        let names: BTreeSet<_> = current.keys().cloned().collect();
        let mut planning =
            Planning { root, wishes, current, problems, steps: BTreeMap::new(), named: BTreeMap::new() };
        for entry in entries {
            planning.add(entry);
        }
        let Planning { mut problems, steps, named, .. } = planning;
        if wishes.prune && steps.is_empty() {
            problems.push("it has no parameter, and --prune would delete all that are there".to_owned());
        }
        if !problems.is_empty() {
            // Names come from the file, and may be anything.
            let problems = problems.iter().map(|problem| harmless(problem)).collect();
            return Err(ParamsError::Unfit { what, below: root.to_string(), problems });
        }
        let deleted = names.into_iter().filter(|name| wishes.prune && !named.contains_key(name));
        Ok(Self { deleted: deleted.collect(), steps: steps.into_values().collect() })
    }

    /// Whether nothing would be done.
    pub(crate) fn is_done(&self) -> bool {
        self.deleted.is_empty() && self.steps.iter().all(Step::is_same)
    }

    /// How many would be added, changed, and left alone.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let added = self.steps.iter().filter(|step| step.current.is_none()).count();
        let same = self.steps.iter().filter(|step| step.is_same()).count();
        (added, self.steps.len() - added - same, same)
    }

    /// Refuses to change what is there.
    ///
    /// # Errors
    /// [`ParamsError::WouldOverwrite`].
    pub(crate) fn changes_nothing(&self) -> Result<(), ParamsError> {
        let changed = self.steps.iter().filter(|step| step.current.is_some() && !step.is_same());
        let names: Vec<_> = changed.map(|step| step.name.clone()).collect();
        if names.is_empty() { Ok(()) } else { Err(ParamsError::WouldOverwrite { names }) }
    }
}

impl Step {
    /// What differs from what is there.
    pub(super) fn aspects(&self) -> Vec<Aspect> {
        let Some((current, metadata)) = &self.current else { return Vec::new() };
        let entry = &self.entry;
        let differs = |wanted: &Option<String>, found: &Option<String>| {
            wanted.as_ref().is_some_and(|wanted| wanted != found.as_deref().unwrap_or_default())
        };
        let tier = match (entry.tier, metadata.tier) {
            // Standard becomes what it must, and advanced stays so.
            (None | Some(Tier::IntelligentTiering), _) => false,
            (wanted, found) => wanted != found,
        };
        let checks = [
            (Aspect::Value, current.value.expose_secret() != entry.value.expose_secret()),
            (Aspect::Kind, current.kind != self.kind),
            (Aspect::Tier, tier),
            (Aspect::Key, self.kind == Kind::SecureString && differs(&entry.key_id, &metadata.key_id)),
            (Aspect::Description, differs(&entry.description, &metadata.description)),
            (Aspect::AllowedPattern, differs(&entry.allowed_pattern, &metadata.allowed_pattern)),
            (Aspect::DataType, differs(&entry.data_type, &metadata.data_type)),
            (Aspect::Tags, entry.tags.as_ref().is_some_and(|tags| *tags != metadata.tags)),
        ];
        checks.into_iter().filter_map(|(aspect, differs)| differs.then_some(aspect)).collect()
    }

    pub(super) fn is_same(&self) -> bool {
        self.current.is_some() && self.aspects().is_empty()
    }

    /// Whether its value may be shown to nobody, before or after.
    pub(super) fn is_secret(&self) -> bool {
        let was = self.current.as_ref().is_some_and(|(current, _)| current.kind == Kind::SecureString);
        was || self.kind == Kind::SecureString
    }
}

/// A plan that grows.
struct Planning<'a> {
    root: &'a Root,
    wishes: &'a Wishes,
    current: BTreeMap<String, (Parameter, Metadata)>,
    problems: Vec<String>,
    steps: BTreeMap<String, Step>,
    /// What the file calls each.
    named: BTreeMap<String, Key>,
}

impl Planning<'_> {
    fn add(&mut self, entry: Entry) {
        let shown = entry.key.shown();
        match self.step(entry) {
            Ok(Some(step)) => {
                self.steps.insert(step.name.clone(), step);
            }
            Ok(None) => {}
            Err(problem) => self.problems.push(format!("{shown}: {problem}")),
        }
    }

    fn step(&mut self, mut entry: Entry) -> Result<Option<Step>, String> {
        let name = self.name(&entry.key)?;
        if let Some(other) = self.named.insert(name.clone(), entry.key.clone()) {
            return Err(format!("it is there twice, first as {}", other.shown()));
        }
        if entry.value.is_empty() {
            return if self.wishes.skip_empty {
                Ok(None)
            } else {
                Err("it is empty, which no parameter can be; --skip-empty leaves such out".to_owned())
            };
        }
        let current = self.current.remove(&name);
        let inherited = current.as_ref().map(|(current, _)| current.kind);
        let kind = entry.kind.or(self.wishes.kind).or(inherited).unwrap_or(Kind::SecureString);
        entry.tier = entry.tier.or(self.wishes.tier);
        if kind == Kind::SecureString {
            entry.key_id = entry.key_id.or_else(|| self.wishes.key_id.clone());
        } else if entry.key_id.take().is_some() {
            return Err("only a SecureString has a key".to_owned());
        }
        let bytes = entry.value.len();
        let tier = current.as_ref().and_then(|(_, metadata)| metadata.tier).unwrap_or(Tier::Standard);
        let room = entry.tier.unwrap_or(tier).max_value_bytes().max(tier.max_value_bytes());
        if bytes > room {
            let advice =
                if bytes <= Tier::Advanced.max_value_bytes() { "; give --tier Advanced" } else { "" };
            return Err(format!("it has {bytes} bytes, and {room} are the most{advice}"));
        }
        Ok(Some(Step { name, kind, entry, current }))
    }

    /// The whole name of what the file calls so.
    fn name(&self, key: &Key) -> Result<String, String> {
        let name = match key {
            Key::Relative(name) => self.root.join(name),
            Key::Absolute(name) => {
                let from = self.wishes.from_path.as_ref().unwrap_or(self.root);
                let relative = from.relative(name).ok_or_else(|| {
                    format!(
                        "it is not below {from}; --from-path says what stands before the names of the file"
                    )
                })?;
                self.root.join(relative)
            }
            Key::Variable(variable, _) => self.of_variable(variable)?,
        };
        // At the root, where a name can be without its slash, it stays as it is.
        let bare = name.trim_start_matches('/');
        let name = if self.current.contains_key(bare) && !self.current.contains_key(&name) {
            bare.to_owned()
        } else {
            name
        };
        check(&name)?;
        Ok(name)
    }

    /// The parameter that `keywright exec` makes this variable of, or else a new one of the same name.
    fn of_variable(&self, variable: &str) -> Result<String, String> {
        let whole = self.root.join(variable);
        if self.current.contains_key(&whole) || self.named.contains_key(&whole) {
            return Ok(whole);
        }
        let naming = Naming::default();
        let all = self.current.keys().chain(self.named.keys());
        let makes =
            |name: &&String| self.root.relative(name).is_some_and(|name| naming.variable(name) == *variable);
        let found: BTreeSet<_> = all.filter(makes).collect();
        match (found.first(), found.len()) {
            (Some(name), 1) => Ok((*name).clone()),
            (None, _) => Ok(whole),
            (Some(first), _) => {
                let last = found.last().unwrap_or(first);
                Err(format!("it can be {first} or {last}: which is not known"))
            }
        }
    }
}

/// What is below the path, by name. Metadata is needed whatever the file says: a new version keeps the key of the former one.
async fn current(
    store: &ParameterStore,
    root: &Root,
    entries: &[Entry],
) -> Result<BTreeMap<String, (Parameter, Metadata)>, ApiError> {
    let progress = Progress::counting("reading what is there");
    let found = store.below(root, false, &progress).await?;
    if found.is_empty() {
        return Ok(BTreeMap::new());
    }
    let has_tags = entries.iter().any(|entry| entry.tags.is_some());
    let mut metadata = store.metadata(root, false, has_tags).await?;
    let with_metadata = found.into_iter().map(|parameter| {
        let metadata = metadata.remove(&parameter.name).unwrap_or_default();
        (parameter.name.clone(), (parameter, metadata))
    });
    Ok(with_metadata.collect())
}

/// What the service would refuse of a name, before anything is written.
fn check(name: &str) -> Result<(), String> {
    let (Ok(region), Ok(account)) = (Region::parse(ANY_REGION), AccountId::parse(ANY_ACCOUNT)) else {
        return Ok(());
    };
    let reason = match ParameterName::of_new(name, &region, account) {
        Ok(_) => return Ok(()),
        Err(NameError::Form | NameError::NotFullyQualified) => {
            "a name has letters, digits, `.`, `-` and `_`, and slashes between its levels"
        }
        Err(NameError::ReservedPrefix | NameError::ReservedHierarchy) => {
            "a name cannot begin with aws or ssm"
        }
        Err(NameError::TooManyLevels) => "a name has at most 15 levels",
        Err(NameError::TooLong) => "the name is too long",
    };
    Err(format!("{reason} (as {name})"))
}

/// All Regions and accounts have the same rules; these stand for them in the ARN, whose length is bounded.
const ANY_REGION: &str = "us-east-1";
const ANY_ACCOUNT: &str = "000000000000";

#[cfg(test)]
mod tests {
    use keywright_crypto::SecretString;
    use serde_json::{Value, json};

    use super::*;

    fn parameter(name: &str, kind: &str, value: &str) -> (String, (Parameter, Metadata)) {
        let parameter: Value = json!({"Name": name, "Type": kind, "Value": value, "Version": 1, "ARN": "", "LastModifiedDate": 1.0});
        (name.to_owned(), (serde_json::from_value(parameter).unwrap(), Metadata::default()))
    }

    fn entry(key: Key, value: &str) -> Entry {
        Entry {
            key,
            value: SecretString::new(value.to_owned()),
            kind: None,
            tier: None,
            key_id: None,
            description: None,
            allowed_pattern: None,
            data_type: None,
            tags: None,
        }
    }

    fn variable(name: &str, value: &str) -> Entry {
        entry(Key::Variable(name.to_owned(), 1), value)
    }

    fn planned<const N: usize>(
        wishes: &Wishes,
        there: &[(&str, &str, &str)],
        entries: [Entry; N],
    ) -> (Vec<Step>, Vec<String>) {
        let root = "/prod".parse().unwrap();
        let current = there.iter().map(|(name, kind, value)| parameter(name, kind, value)).collect();
        let mut planning = Planning {
            root: &root,
            wishes,
            current,
            problems: Vec::new(),
            steps: BTreeMap::new(),
            named: BTreeMap::new(),
        };
        for entry in entries {
            planning.add(entry);
        }
        (planning.steps.into_values().collect(), planning.problems)
    }

    #[test]
    fn a_variable_means_the_parameter_that_makes_it() {
        let there = [
            ("/prod/db/url", "String", "x"),
            ("/prod/db-port", "String", "1"),
            ("/prod/db_port", "String", "1"),
        ];
        let (steps, problems) = planned(
            &Wishes::default(),
            &there,
            [
                variable("DB_URL", "x"),
                variable("NEW", "v"),
                variable("DB_PORT", "2"),
                variable("db_port", "1"),
            ],
        );
        let names: Vec<_> =
            steps.iter().map(|step| (step.name.as_str(), step.kind, step.is_same())).collect();
        assert_eq!(
            names,
            [
                ("/prod/NEW", Kind::SecureString, false),
                ("/prod/db/url", Kind::String, true),
                ("/prod/db_port", Kind::String, true)
            ]
        );
        assert_eq!(
            problems,
            ["DB_PORT (line 1): it can be /prod/db-port or /prod/db_port: which is not known"]
        );
    }

    #[test]
    fn all_that_cannot_be_is_told_at_once() {
        let relative = |name: &str| Key::Relative(name.to_owned());
        let (steps, problems) = planned(
            &Wishes::default(),
            &[],
            [
                entry(relative("a b"), "v"),
                entry(relative("empty"), ""),
                entry(Key::Absolute("/other/x".to_owned()), "v"),
                entry(relative("long"), &"x".repeat(4097)),
                entry(relative("longer"), &"x".repeat(8193)),
                entry(relative("twice"), "v"),
                entry(Key::Absolute("/prod/twice".to_owned()), "v"),
            ],
        );
        assert_eq!(steps.len(), 1);
        for (problem, part) in
            problems.iter().zip(["a b: ", "--skip-empty", "--from-path", "--tier Advanced", "8193", "twice"])
        {
            assert!(problem.contains(part), "{problem}");
        }
        assert_eq!(problems.len(), 6);
    }

    #[test]
    fn what_the_file_does_not_say_is_wished_or_stays() {
        let wishes = Wishes {
            kind: Some(Kind::String),
            skip_empty: true,
            from_path: Some("/staging".parse().unwrap()),
            ..Wishes::default()
        };
        let typed =
            Entry { kind: Some(Kind::SecureString), ..entry(Key::Absolute("/staging/a".to_owned()), "v") };
        let (steps, problems) = planned(
            &wishes,
            &[("/prod/b", "SecureString", "v")],
            [typed, variable("b", "v"), variable("c", "")],
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((steps[0].name.as_str(), steps[0].kind), ("/prod/a", Kind::SecureString));
        assert_eq!(
            (steps[1].kind, steps[1].aspects(), steps[1].is_secret()),
            (Kind::String, vec![Aspect::Kind], true)
        );
    }

    #[test]
    fn settings_are_compared_where_the_file_has_them() {
        let (_, (current, _)) = parameter("/prod/a", "SecureString", "v");
        let metadata = Metadata {
            key_id: Some("alias/a".to_owned()),
            description: Some("d".to_owned()),
            tier: Some(Tier::Standard),
            tags: [("k".to_owned(), "v".to_owned())].into(),
            ..Metadata::default()
        };
        let mut step = Step {
            name: String::new(),
            kind: Kind::SecureString,
            entry: entry(Key::Relative("a".to_owned()), "v"),
            current: Some((current, metadata)),
        };
        assert!(step.is_same());
        step.entry.tier = Some(Tier::IntelligentTiering);
        step.entry.allowed_pattern = Some(String::new());
        step.entry.tags = Some([("k".to_owned(), "v".to_owned())].into());
        assert!(step.is_same());
        step.entry.tier = Some(Tier::Advanced);
        step.entry.key_id = Some("alias/b".to_owned());
        step.entry.description = Some(String::new());
        step.entry.tags = Some(BTreeMap::new());
        assert_eq!(step.aspects(), [Aspect::Tier, Aspect::Key, Aspect::Description, Aspect::Tags]);
    }
}
