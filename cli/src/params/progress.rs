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

    pub(super) fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
