//! All inputs of a command: alone, or several at a time.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal as _, stdout};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use keywright_encryption_sdk::BlockingClient;

use super::error::EncryptionError;
use super::folder::{Entry, Folder, Identity, open_file};
use super::message::{Fate, Input, Manner, Messages, output_name};
use super::overwrite::Overwrite;
use super::talk::Talk;
use super::{Drafts, Metadata};
use crate::params::Progress;

/// What a command reads and writes.
pub(crate) struct Files {
    /// Files, directories, patterns; or `-` alone.
    pub(crate) inputs: Vec<String>,
    /// A file, a directory, or `-`.
    pub(crate) output: PathBuf,
    pub(crate) recursive: bool,
    pub(crate) suffix: OsString,
}

/// What became of all inputs.
#[derive(Debug, Default)]
struct Outcome {
    done: AtomicUsize,
    skipped: AtomicUsize,
    failed: AtomicUsize,
    /// Something that concerns all of them went wrong.
    stops: AtomicBool,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Complete,
    /// Some files were written, and some were not.
    Partial,
    /// None was.
    Failed,
}

/// One file to read, and where it goes.
struct Task {
    from: Origin,
    into: Arc<Folder>,
    name: OsString,
}

enum Origin {
    Named(PathBuf),
    Within(Arc<Folder>, OsString),
}

/// Everything but the files.
pub(crate) struct Work {
    messages: Messages,
    outcome: Outcome,
}

impl Work {
    pub(crate) fn new(
        client: BlockingClient,
        manner: Manner,
        metadata: Metadata,
        overwrite: Overwrite,
        drafts: Arc<Drafts>,
        talk: Talk,
    ) -> Self {
        let messages = Messages { client, manner, metadata, overwrite, drafts, talk };
        Self { messages, outcome: Outcome::default() }
    }

    /// Does all of it. What goes wrong with one of several files is said, and the others are done.
    pub(crate) fn run(mut self, files: &Files) -> Result<Ending, EncryptionError> {
        if files.inputs == ["-"] {
            return self.alone(Input::StandardInput, &files.output, None);
        }
        let inputs = expand(&files.inputs)?;
        match inputs.as_slice() {
            [only] if !only.is_dir() => {
                let input = Input::File(open_file(only)?, only.clone());
                self.alone(input, &files.output, Some((only.as_path(), files.suffix.as_os_str())))
            }
            [only] if !files.recursive => Err(EncryptionError::Directory { path: only.clone() }),
            several => self.several(several, files),
        }
    }

    fn alone(
        &mut self,
        input: Input,
        output: &Path,
        named: Option<(&Path, &OsStr)>,
    ) -> Result<Ending, EncryptionError> {
        let is_shown = output.as_os_str() == "-" && stdout().is_terminal();
        if !self.messages.is_silent() && !is_shown {
            self.messages.talk.progress = Progress::of_bytes("reading", input.len());
        }
        let fate = match (output.as_os_str() == "-", named) {
            (true, _) => self.messages.to_standard_output(input),
            (false, Some((source, suffix))) if output.is_dir() => {
                let name = output_name(source, source.file_name().unwrap_or_default(), suffix)?;
                self.messages.write_file(input, &Arc::new(Folder::open(output)?), &name)
            }
            (false, _) => {
                let is_directory = output.as_os_str().as_encoded_bytes().ends_with(b"/") || output.is_dir();
                let name = output.file_name().filter(|_| !is_directory);
                let name = name.ok_or_else(|| EncryptionError::NoFile { path: output.to_owned() })?;
                let folder = Folder::open(output.parent().unwrap_or(Path::new("")))?;
                self.messages.write_file(input, &Arc::new(folder), name)
            }
        };
        fate.map(|_| Ending::Complete)
    }

    fn several(&mut self, inputs: &[PathBuf], files: &Files) -> Result<Ending, EncryptionError> {
        if !files.output.is_dir() {
            return Err(EncryptionError::NoDirectory { path: files.output.clone() });
        }
        let output = Arc::new(Folder::open(&files.output)?);
        let target = output.identity()?;
        if !self.messages.is_silent() {
            self.messages.talk.progress = Progress::of_bytes("reading", None);
        }
        let (sender, receiver) = sync_channel(QUEUE);
        let receiver = Mutex::new(receiver);
        let work: &Self = self;
        thread::scope(|scope| {
            for _ in 0..threads() {
                scope.spawn(|| work.work_off(&receiver));
            }
            let walk = Walk { work, tasks: &sender, suffix: &files.suffix, target };
            let mut names = BTreeSet::new();
            for input in inputs {
                if let Err(error) = walk.input(input, &output, files.recursive, &mut names) {
                    work.note_failure(&error);
                }
            }
            // The threads end when there is nothing more to come.
            drop(sender);
        });
        Ok(work.sum_up())
    }

    fn work_off(&self, tasks: &Mutex<Receiver<Task>>) {
        loop {
            let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(task) = task else { return };
            if self.outcome.stops.load(Ordering::Relaxed) {
                continue;
            }
            let opened = match task.from {
                Origin::Named(path) => open_file(&path).map(|file| Input::File(file, path)),
                Origin::Within(folder, name) => {
                    folder.file(&name).map(|file| Input::File(file, folder.path().join(name)))
                }
            };
            match opened.and_then(|input| self.messages.write_file(input, &task.into, &task.name)) {
                Ok(Fate::Done) => _ = self.outcome.done.fetch_add(1, Ordering::Relaxed),
                Ok(Fate::Skipped) => _ = self.outcome.skipped.fetch_add(1, Ordering::Relaxed),
                Err(error) => self.note_failure(&error),
            }
        }
    }

    fn note_failure(&self, error: &EncryptionError) {
        self.outcome.failed.fetch_add(1, Ordering::Relaxed);
        if !error.is_about_one_file() {
            self.outcome.stops.store(true, Ordering::Relaxed);
        }
        self.messages.talk.failed(error);
    }

    fn sum_up(&self) -> Ending {
        let number = |of: &AtomicUsize| of.load(Ordering::Relaxed);
        let Outcome { done, skipped, failed, stops } = &self.outcome;
        let (done, skipped, failed) = (number(done), number(skipped), number(failed));
        let rest = if stops.load(Ordering::Relaxed) { ", and the rest was left" } else { "" };
        let word = self.messages.manner.done();
        self.messages.talk.sum_up(&format!("{done} {word}, {skipped} skipped, {failed} failed{rest}"));
        match (done, failed) {
            (_, 0) => Ending::Complete,
            (0, _) => Ending::Failed,
            _ => Ending::Partial,
        }
    }
}

impl Messages {
    /// Whether a bar would be in the way.
    fn is_silent(&self) -> bool {
        self.talk.is_quiet || self.talk.is_verbose || matches!(self.overwrite, Overwrite::Ask(_))
    }
}

/// Finds the files.
struct Walk<'a> {
    work: &'a Work,
    tasks: &'a SyncSender<Task>,
    suffix: &'a OsStr,
    /// Where all of it goes, which isn't walked into.
    target: Identity,
}

impl Walk<'_> {
    fn input(
        &self,
        input: &Path,
        output: &Arc<Folder>,
        recursive: bool,
        names: &mut BTreeSet<OsString>,
    ) -> Result<(), EncryptionError> {
        if input.is_dir() {
            if recursive {
                return self.folder(&Arc::new(Folder::open(input)?), output);
            }
            self.work.messages.talk.warn(&format!("{} is a directory, and is skipped", input.display()));
            self.work.outcome.skipped.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let name = output_name(input, input.file_name().unwrap_or_default(), self.suffix)?;
        if !names.insert(name.clone()) {
            return Err(EncryptionError::Twice { path: output.path().join(name) });
        }
        self.hand_out(Task { from: Origin::Named(input.to_owned()), into: Arc::clone(output), name });
        Ok(())
    }

    /// All that is in a directory was listed before anything is written into its counterpart, so no output is taken for
    /// an input where both are one.
    fn folder(&self, folder: &Arc<Folder>, into: &Arc<Folder>) -> Result<(), EncryptionError> {
        let mut below = Vec::new();
        for entry in folder.entries()? {
            match entry {
                Entry::File(name) => {
                    let output = output_name(folder.path(), &name, self.suffix)?;
                    let from = Origin::Within(Arc::clone(folder), name);
                    self.hand_out(Task { from, into: Arc::clone(into), name: output });
                }
                Entry::Folder(name) => below.push(name),
                Entry::Special(name) => {
                    let path = folder.path().join(name);
                    let line =
                        format!("{} is neither a file nor a directory, and is skipped", path.display());
                    self.work.messages.talk.warn(&line);
                    self.work.outcome.skipped.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        for name in below {
            if self.work.outcome.stops.load(Ordering::Relaxed) {
                return Ok(());
            }
            if let Err(error) = self.below(folder, &name, into) {
                self.work.note_failure(&error);
            }
        }
        Ok(())
    }

    fn below(&self, folder: &Arc<Folder>, name: &OsStr, into: &Arc<Folder>) -> Result<(), EncryptionError> {
        let folder = Arc::new(folder.descend(name)?);
        if folder.identity()? == self.target {
            return Ok(());
        }
        let into = Arc::new(into.make(name, self.work.messages.manner.folder_mode())?);
        self.folder(&folder, &into)
    }

    fn hand_out(&self, task: Task) {
        // The receiver lives as long as we do.
        _ = self.tasks.send(task);
    }
}

/// The files and directories that words name: as they are, or as patterns.
fn expand(words: &[String]) -> Result<Vec<PathBuf>, EncryptionError> {
    let mut found = Vec::new();
    for word in words {
        let not_found = || EncryptionError::NotFound { input: word.clone() };
        if word == "-" {
            return Err(EncryptionError::argument("--input", "- is not read together with others"));
        }
        if Path::new(word).symlink_metadata().is_ok() {
            found.push(PathBuf::from(word));
            continue;
        }
        let paths = glob::glob(word).map_err(|_| not_found())?;
        let before = found.len();
        for path in paths {
            found.push(path.map_err(|error| EncryptionError::File {
                action: "read",
                path: error.path().to_owned(),
                cause: error.into(),
            })?);
        }
        if found.len() == before {
            return Err(not_found());
        }
    }
    Ok(found)
}

/// Many of them wait for KMS or for the disk.
fn threads() -> usize {
    thread::available_parallelism().map_or(FEWEST_THREADS, usize::from).clamp(FEWEST_THREADS, MOST_THREADS)
}

const FEWEST_THREADS: usize = 4;
const MOST_THREADS: usize = 16;
/// Files that are found and wait.
const QUEUE: usize = 64;
