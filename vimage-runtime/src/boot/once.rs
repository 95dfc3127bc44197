//! What is done once per process, by the thread that comes first, while the others wait.

use std::sync::OnceLock;

use crate::sync::{AtomicBool, Condvar, Mutex, Ordering, PoisonError, ThreadId, current_thread};

enum Progress {
    Idle,
    By(ThreadId),
    Over,
}

/// It is done at most once, whatever comes out. std's cells would not do: a thread that is doing it may ask for it again.
pub(super) struct Once<E> {
    progress: Mutex<Progress>,
    over: Condvar,
    /// Set once, before the progress is `Over`.
    outcome: OnceLock<Result<(), E>>,
    /// It is over, and was a success: one load for those that need no more. Set before the outcome.
    up: AtomicBool,
}

/// What a call finds.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) enum Found<'o, E> {
    /// This call has done it.
    Done(&'o Result<(), E>),
    /// Another one had.
    Over(&'o Result<(), E>),
    /// This thread is doing it.
    InProgress,
}

impl<E> Once<E> {
    pub(super) const fn new() -> Self {
        Self {
            progress: Mutex::new(Progress::Idle),
            over: Condvar::new(),
            outcome: OnceLock::new(),
            up: AtomicBool::new(false),
        }
    }

    /// It is over, and was a success.
    #[inline]
    pub(super) fn is_up(&self) -> bool {
        // Acquire: what was done is there.
        self.up.load(Ordering::Acquire)
    }

    /// Does it if nobody has; waits for another thread that does it.
    pub(super) fn once(&self, run: impl FnOnce() -> Result<(), E>) -> Found<'_, E> {
        if let Some(outcome) = self.outcome.get() {
            return Found::Over(outcome);
        }
        let me = current_thread().id();
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match *progress {
                Progress::Idle => break,
                Progress::By(thread) if thread == me => return Found::InProgress,
                Progress::By(_) => progress = self.over.wait(progress).unwrap_or_else(PoisonError::into_inner),
                Progress::Over => return Found::Over(self.outcome.get().expect("set before it is over")),
            }
        }
        *progress = Progress::By(me);
        // The others find who does it, and this thread may come again.
        drop(progress);

        let outcome = run();
        // First: whoever finds the outcome finds that it is up.
        self.up.store(outcome.is_ok(), Ordering::Release);
        let outcome = self.outcome.get_or_init(|| outcome);
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Progress::Over;
        self.over.notify_all();
        Found::Done(outcome)
    }
}
