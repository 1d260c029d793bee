//! Which version has which labels, and how labels move.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version>

use std::collections::{BTreeMap, BTreeSet};

use super::stage::Stage;
use super::version_id::VersionId;
use crate::error::Error;

/// The labels of a secret: each belongs to one version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stages(BTreeMap<Stage, VersionId>);

/// What has to be stored for the labels to be as they are to be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StageChanges {
    /// Labels that have a version now which they didn't have.
    pub put: Vec<(Stage, VersionId)>,
    /// Labels that are gone.
    pub removed: Vec<Stage>,
}

impl FromIterator<(Stage, VersionId)> for Stages {
    fn from_iter<T: IntoIterator<Item = (Stage, VersionId)>>(labels: T) -> Self {
        Self(labels.into_iter().collect())
    }
}

impl Stages {
    /// The version with a label.
    #[must_use]
    pub fn version(&self, stage: &Stage) -> Option<&VersionId> {
        self.0.get(stage)
    }

    /// The labels of a version, in order.
    pub fn of<'a>(&'a self, version: &'a VersionId) -> impl Iterator<Item = &'a Stage> {
        self.0.iter().filter(move |(_, at)| *at == version).map(|(stage, _)| stage)
    }

    /// Each version that has labels, with them.
    #[must_use]
    pub fn by_version(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut versions = BTreeMap::<_, Vec<_>>::new();
        for (stage, version) in &self.0 {
            versions.entry(version.as_str()).or_default().push(stage.as_str());
        }
        versions
    }

    /// The versions that a change of the KMS key reaches.
    #[must_use]
    pub fn versions_in_rotation(&self) -> BTreeSet<VersionId> {
        self.0
            .iter()
            .filter(|(stage, _)| stage.is_of_rotation())
            .map(|(_, version)| version.clone())
            .collect()
    }

    /// Labels a new version; without labels, and for the first version in any case, it becomes the current one.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] when the secret had too many labels then.
    pub fn add_version(&mut self, version: &VersionId, labels: &[Stage]) -> Result<(), Error> {
        let current = Stage::current();
        if labels.is_empty() || !self.0.contains_key(&current) {
            self.attach(&current, version);
        }
        for label in labels {
            self.attach(label, version);
        }
        self.check_limit()
    }

    /// Moves, attaches or removes a label, as `UpdateSecretVersionStage` does. That `move_to` exists is checked before.
    ///
    /// # Errors
    /// [`Error::CurrentNotRemovable`], [`Error::StageAttachedElsewhere`] when the label has a version that isn't named
    /// in `remove_from`, [`Error::StageNotAttached`] when that version doesn't have it, [`Error::LimitExceeded`].
    pub fn move_label(
        &mut self,
        stage: &Stage,
        remove_from: Option<&VersionId>,
        move_to: Option<&VersionId>,
    ) -> Result<(), Error> {
        let at = self.0.get(stage);
        match (at, remove_from) {
            (Some(at), _) if Some(at) == move_to => return Ok(()),
            (Some(at), named) if named != Some(at) => {
                return Err(Error::StageAttachedElsewhere { stage: stage.clone(), version: at.clone() });
            }
            (None, Some(named)) => {
                return Err(Error::StageNotAttached { stage: stage.clone(), version: named.clone() });
            }
            (Some(_) | None, _) => {}
        }
        match move_to {
            Some(version) => {
                self.attach(stage, &version.clone());
                self.check_limit()
            }
            None if *stage == Stage::current() => Err(Error::CurrentNotRemovable),
            None => {
                self.0.remove(stage);
                Ok(())
            }
        }
    }

    /// What has to be stored to come from `before` to this.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> StageChanges {
        let moved = self.0.iter().filter(|(stage, version)| before.0.get(*stage) != Some(*version));
        let removed = before.0.keys().filter(|stage| !self.0.contains_key(*stage));
        StageChanges {
            put: moved.map(|(stage, version)| (stage.clone(), version.clone())).collect(),
            removed: removed.cloned().collect(),
        }
    }

    /// The version that AWSCURRENT leaves becomes the previous one.
    fn attach(&mut self, stage: &Stage, version: &VersionId) {
        let left = self.0.insert(stage.clone(), version.clone());
        if *stage == Stage::current()
            && let Some(left) = left
            && left != *version
        {
            self.0.insert(Stage::previous(), left);
        }
    }

    fn check_limit(&self) -> Result<(), Error> {
        if self.0.len() > MAX_LABELS {
            return Err(Error::LimitExceeded(
                "A secret has at most 20 staging labels across all its versions.",
            ));
        }
        Ok(())
    }
}

const MAX_LABELS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn version(id: &str) -> VersionId {
        VersionId::new(id)
    }

    fn stages(labels: &[(&str, &str)]) -> Stages {
        labels.iter().map(|(stage, id)| (Stage::new(stage), version(id))).collect()
    }

    #[test]
    fn a_new_version_becomes_current_and_the_former_one_previous() {
        let mut labels = Stages::default();
        labels.add_version(&version("a"), &[]).unwrap();
        assert_eq!(labels, stages(&[("AWSCURRENT", "a")]));
        labels.add_version(&version("b"), &[]).unwrap();
        labels.add_version(&version("c"), &[]).unwrap();
        assert_eq!(labels, stages(&[("AWSCURRENT", "c"), ("AWSPREVIOUS", "b")]));
    }

    #[test]
    fn a_labelled_version_leaves_the_current_one_alone_but_is_current_if_it_is_the_first() {
        let pending = [Stage::new("AWSPENDING")];
        let mut labels = Stages::default();
        labels.add_version(&version("a"), &pending).unwrap();
        assert_eq!(labels, stages(&[("AWSCURRENT", "a"), ("AWSPENDING", "a")]));
        labels.add_version(&version("b"), &pending).unwrap();
        assert_eq!(labels, stages(&[("AWSCURRENT", "a"), ("AWSPENDING", "b")]));
    }

    #[test]
    fn a_label_moves_only_from_where_the_caller_knows_it() {
        let mut labels = stages(&[("AWSCURRENT", "b"), ("AWSPREVIOUS", "a")]);
        let current = Stage::current();
        let (a, b) = (version("a"), version("b"));
        let refused = labels.move_label(&current, None, Some(&a));
        assert!(matches!(refused, Err(Error::StageAttachedElsewhere { .. })));
        assert!(matches!(
            labels.move_label(&current, Some(&a), Some(&version("c"))),
            Err(Error::StageAttachedElsewhere { .. })
        ));
        assert!(matches!(labels.move_label(&current, Some(&b), None), Err(Error::CurrentNotRemovable)));
        labels.move_label(&current, Some(&b), Some(&a)).unwrap();
        assert_eq!(labels, stages(&[("AWSCURRENT", "a"), ("AWSPREVIOUS", "b")]));
    }

    #[test]
    fn a_custom_label_comes_moves_and_goes() {
        let mut labels = stages(&[("AWSCURRENT", "a")]);
        let (mine, a) = (Stage::new("mine"), version("a"));
        assert!(matches!(labels.move_label(&mine, Some(&a), None), Err(Error::StageNotAttached { .. })));
        labels.move_label(&mine, None, Some(&a)).unwrap();
        labels.move_label(&mine, None, Some(&a)).unwrap();
        assert_eq!(labels.of(&a).map(Stage::as_str).collect::<Vec<_>>(), ["AWSCURRENT", "mine"]);
        labels.move_label(&mine, Some(&a), None).unwrap();
        assert_eq!(labels, stages(&[("AWSCURRENT", "a")]));
    }

    #[test]
    fn no_more_than_twenty_labels() {
        let many: Vec<_> = (0..20).map(|n| Stage::new(&format!("label-{n}"))).collect();
        let mut labels = stages(&[("AWSCURRENT", "a")]);
        assert!(matches!(labels.add_version(&version("b"), &many), Err(Error::LimitExceeded(_))));
    }

    #[test]
    fn changes_are_what_differs() {
        let before = stages(&[("AWSCURRENT", "a"), ("x", "a"), ("y", "a")]);
        let after = stages(&[("AWSCURRENT", "b"), ("AWSPREVIOUS", "a"), ("x", "a")]);
        let changes = after.changes_since(&before);
        assert_eq!(changes.removed, [Stage::new("y")]);
        let put = [(Stage::current(), version("b")), (Stage::previous(), version("a"))];
        assert_eq!(changes.put, put);
        assert_eq!(after.changes_since(&after), StageChanges::default());
    }
}
