//! How far a long task is.

use std::cell::Cell;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What takes less is over before a bar could be read.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on a terminal's standard error, gone when it is dropped; nothing elsewhere, and nothing before it takes a
/// while.
pub struct Progress {
    bar: ProgressBar,
    due: Instant,
    shown: Cell<bool>,
    quiet: bool,
}

impl Progress {
    pub fn new(task: &'static str, total: u64, quiet: bool) -> Self {
        Self::due_at(Instant::now() + PATIENCE, task, total, quiet)
    }

    fn due_at(due: Instant, task: &'static str, total: u64, quiet: bool) -> Self {
        let template = "{msg:10} {bar:40} {percent:>3}% {human_pos} of {human_len}, {eta} left";
        let style = ProgressStyle::with_template(template).expect("the template is right");
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        bar.set_style(style);
        bar.set_message(task);
        Self { bar, due, shown: Cell::new(false), quiet }
    }

    pub fn inc(&self, count: u64) {
        if !self.quiet && !self.shown.get() && Instant::now() >= self.due {
            self.shown.set(true);
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(count);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_before_it_takes_a_while() {
        let hour = Duration::from_secs(3600);
        for (due, quiet, shown) in
            [(Instant::now() + hour, false, false), (Instant::now(), false, true), (Instant::now(), true, false)]
        {
            let progress = Progress::due_at(due, "waiting", 10, quiet);
            progress.inc(1);
            assert_eq!((progress.shown.get(), progress.bar.position()), (shown, 1));
        }
    }
}
