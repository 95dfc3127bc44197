//! Progress bars.

use std::cell::Cell;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A task that takes less time shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on standard error if that is a terminal, shown when the task has taken a while, cleared on drop.
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
