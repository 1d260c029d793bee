//! How far it is, on a terminal. Where standard error isn't one, nothing is shown.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that goes away by itself.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Of a number of steps that isn't known.
    pub(crate) fn counting(what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}: {pos}") {
            bar.set_style(style);
        }
        Self(bar.with_message(what))
    }

    /// Of bytes, of so many where that is known.
    pub(crate) fn of_bytes(what: &'static str, all: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(all, ProgressDrawTarget::stderr());
        let template = match all {
            Some(_) => "{msg} [{bar:40}] {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}",
            None => "{spinner} {msg}: {bytes} {binary_bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar.with_message(what))
    }

    /// Of what is done in silence.
    pub(crate) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    /// Of so many steps.
    pub(super) fn of(what: &'static str, steps: usize) -> Self {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} {eta}") {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar.with_message(what))
    }

    pub(super) fn set(&self, position: usize) {
        self.0.set_position(u64::try_from(position).unwrap_or(u64::MAX));
    }

    /// So much more is done.
    pub(crate) fn advance(&self, steps: u64) {
        self.0.inc(steps);
    }

    /// Does what writes to the terminal, with the bar out of its way.
    pub(crate) fn aside<T>(&self, what: impl FnOnce() -> T) -> T {
        self.0.suspend(what)
    }

    pub(super) fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
