//! Progress on long work: shown on a terminal, silent elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::is_watched;

/// Shows what is being done.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    is_shown: bool,
}

impl Progress {
    /// Progress that is shown on a terminal unless the command is to be quiet.
    pub fn new(quiet: bool) -> Self {
        Self {
            is_shown: !quiet && is_watched(),
        }
    }

    /// A step of unknown length.
    pub fn step(self, what: impl Into<String>) -> ProgressBar {
        let bar = if self.is_shown {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        bar.set_message(what.into());
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }

    /// Work of known length.
    pub fn count(self, what: impl Into<String>, length: u64) -> ProgressBar {
        let bar = if self.is_shown {
            ProgressBar::new(length)
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what.into());
        bar
    }
}
