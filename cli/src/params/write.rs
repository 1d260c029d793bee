//! Writing what a plan says, several parameters at a time, and telling what became of each.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::{StreamExt as _, stream};

use super::error::ParamsError;
use super::plan::{Aspect, Plan, Step};
use super::progress::Progress;
use super::store::{CALLS_AT_ONCE, Exposed, NewVersion, ParameterStore, Tag};
use crate::api_client::ApiError;

/// What became of a plan.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How many were written or deleted.
    pub(crate) written: usize,
    /// How many there were to write or delete.
    all: usize,
    failed: Vec<String>,
    left: Vec<String>,
}

/// One parameter to write or delete.
enum Task<'a> {
    Write(&'a Step),
    Delete(&'a str),
}

/// What became of it.
enum Fate {
    Done,
    Left,
    Failed(String),
}

impl Outcome {
    /// Whether everything was done.
    ///
    /// # Errors
    /// [`ParamsError::Incomplete`], which names what failed and what was left.
    pub(crate) fn complete(self) -> Result<usize, ParamsError> {
        let Self { written, all, failed, left } = self;
        if written == all { Ok(written) } else { Err(ParamsError::Incomplete { written, all, failed, left }) }
    }

    fn add(&mut self, name: &str, fate: Fate) {
        match fate {
            Fate::Done => self.written += 1,
            Fate::Left => self.left.push(name.to_owned()),
            Fate::Failed(why) => self.failed.push(format!("{name}: {why}")),
        }
    }
}

/// Writes what differs, then deletes. After a failure, or once `stop` says so, nothing more is begun.
pub(crate) async fn write(store: &ParameterStore, plan: &Plan, stop: &AtomicBool) -> Outcome {
    let steps: Vec<_> = plan.steps.iter().filter(|step| !step.is_same()).map(Task::Write).collect();
    let deletions: Vec<_> = plan.deleted.iter().map(|name| Task::Delete(name)).collect();
    let mut outcome = Outcome { all: steps.len() + deletions.len(), ..Outcome::default() };
    let progress = Progress::of("writing", outcome.all);
    // Nothing is deleted before all is there that takes its place.
    for tasks in [steps, deletions] {
        let fates = tasks.into_iter().map(|task| async move {
            let name = task.name().to_owned();
            (name, task.run(store, stop).await)
        });
        let mut fates = stream::iter(fates.collect::<Vec<_>>()).buffer_unordered(CALLS_AT_ONCE);
        while let Some((name, fate)) = fates.next().await {
            outcome.add(&name, fate);
            progress.step();
        }
    }
    outcome.failed.sort();
    outcome.left.sort();
    outcome
}

impl Task<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Write(step) => &step.name,
            Self::Delete(name) => name,
        }
    }

    async fn run(&self, store: &ParameterStore, stop: &AtomicBool) -> Fate {
        if stop.load(Ordering::Relaxed) {
            return Fate::Left;
        }
        let done = match self {
            Self::Write(step) => step.write(store).await,
            Self::Delete(name) => match store.delete(name).await {
                // Somebody else deleted it.
                Err(error) if error.is_absent() => Ok(()),
                deleted => deleted.map_err(|error| why(&error)),
            },
        };
        match done {
            Ok(()) => Fate::Done,
            Err(why) => {
                stop.store(true, Ordering::Relaxed);
                Fate::Failed(why)
            }
        }
    }
}

impl Step {
    async fn write(&self, store: &ParameterStore) -> Result<(), String> {
        let aspects = self.aspects();
        let is_new = self.current.is_none();
        let entry = &self.entry;
        let wanted = entry.tags.iter().flatten();
        let tags: Vec<_> = wanted.map(|(key, value)| Tag { key, value }).collect();
        let needs_version = is_new || aspects.iter().any(|aspect| *aspect != Aspect::Tags);
        if needs_version {
            let new = NewVersion {
                name: &self.name,
                value: Exposed(entry.value.expose_secret()),
                kind: self.kind,
                // What is new to us must be new: another's parameter of this moment isn't overwritten.
                overwrite: !is_new,
                tier: entry.tier,
                key_id: self.key_id(),
                description: entry.description.as_deref(),
                allowed_pattern: entry.allowed_pattern.as_deref(),
                data_type: entry.data_type.as_deref(),
                tags: if is_new { tags } else { Vec::new() },
            };
            store.put(&new).await.map_err(|error| why(&error))?;
        }
        if !aspects.contains(&Aspect::Tags) {
            return Ok(());
        }
        self.write_tags(store).await.map_err(|error| {
            let before = if needs_version { "its value was written, its tags were not: " } else { "" };
            format!("{before}{}", why(&error))
        })
    }

    async fn write_tags(&self, store: &ParameterStore) -> Result<(), ApiError> {
        let (Some(wanted), Some((_, metadata))) = (&self.entry.tags, &self.current) else { return Ok(()) };
        let gone: Vec<_> =
            metadata.tags.keys().filter(|key| !wanted.contains_key(*key)).map(String::as_str).collect();
        if !gone.is_empty() {
            store.remove_tags(&self.name, &gone).await?;
        }
        let differing = wanted.iter().filter(|(key, value)| metadata.tags.get(*key) != Some(value));
        let differing: Vec<_> = differing.map(|(key, value)| Tag { key, value }).collect();
        if differing.is_empty() { Ok(()) } else { store.add_tags(&self.name, &differing).await }
    }

    /// A new version without a key would go back to the AWS managed one, so the key that is there is named again.
    fn key_id(&self) -> Option<&str> {
        let current = self.current.as_ref().and_then(|(_, metadata)| metadata.key_id.as_deref());
        self.entry.key_id.as_deref().or(current.filter(|_| self.kind == super::Kind::SecureString))
    }
}

fn why(error: &ApiError) -> String {
    if error.is_unknown() { format!("{error}; whether it was done is not known") } else { error.to_string() }
}
