//! How many handles there are to something, and the threads that wait until there is only one.

use std::time::{Duration, Instant};

use crate::sync::{AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, PoisonError};

/// The number of handles, and [`AWAITED`]. As the count of std's `Arc`, but the last handle is released by itself.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Count(AtomicUsize);

/// A thread waits until the others are released.
const AWAITED: usize = 1 << (usize::BITS - 1);

/// As in std's `Arc`: forgotten handles must not let the count overflow.
const MOST: usize = isize::MAX as usize / 2;

/// The outcome of releasing a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// There are others.
    Done {
        /// A thread waits until they are released.
        awaited: bool,
    },
    /// Not released: this is the last handle.
    IsLast,
}

impl Count {
    /// The bits of the word that are the number of handles.
    pub(crate) const NUMBER: usize = !AWAITED;

    /// One handle, which the caller makes.
    pub(crate) fn one() -> Self {
        Self(AtomicUsize::new(1))
    }

    /// How many handles there are, at this moment.
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Acquire) & !AWAITED
    }

    /// Whether the caller's handle is the only one, at this moment.
    pub(crate) fn is_one(&self) -> bool {
        self.get() == 1
    }

    /// One more handle, made from one that exists.
    pub(crate) fn add(&self) {
        if self.0.fetch_add(1, Ordering::Relaxed) & !AWAITED > MOST {
            std::process::abort();
        }
    }

    /// One more handle, unless there is none any more.
    pub(crate) fn try_add(&self) -> bool {
        let more = |handles| (handles & !AWAITED != 0).then_some(handles + 1);
        let added = self.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, more);
        if added.is_ok_and(|before| before & !AWAITED > MOST) {
            std::process::abort();
        }
        added.is_ok()
    }

    /// Releases a handle, unless it is the last.
    pub(crate) fn release(&self) -> Release {
        let less = |handles| (handles & !AWAITED > 1).then(|| handles - 1);
        match self.0.fetch_update(Ordering::Release, Ordering::Relaxed, less) {
            // Nothing of `self` may be used any more: the thread that waits may free it now.
            Ok(before) => Release::Done { awaited: before & AWAITED != 0 },
            Err(_) => Release::IsLast,
        }
    }

    /// Takes the count from 1 to 0, after which no handle can be made.
    pub(crate) fn release_last(&self) -> bool {
        let none = |handles| (handles & !AWAITED == 1).then_some(0);
        self.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, none).is_ok()
    }

    /// Undoes [`release_last`](Self::release_last).
    pub(crate) fn regain_last(&self) {
        self.0.store(1, Ordering::Release);
    }

    /// Whether the caller's handle is the only one; if not, each release from now on says that it is awaited.
    fn await_others(&self) -> bool {
        self.0.fetch_or(AWAITED, Ordering::AcqRel) & !AWAITED == 1
    }
}

/// Where threads wait until their handle is the only one. One for all instances of a class: it is rare, and a header has no
/// room for it.
#[derive(Debug)]
pub(crate) struct Waiters {
    lock: Mutex<()>,
    released: Condvar,
}

impl Waiters {
    pub(crate) const fn new() -> Self {
        Self { lock: Mutex::new(()), released: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Called after a handle was released that was awaited.
    pub(crate) fn notify(&self) {
        // Takes the lock, so that a wake-up cannot fall between a waiter's check and its wait.
        let _waiting = self.lock();
        self.released.notify_all();
    }

    /// Waits until the caller's handle is the only one; `false` if it is not at the deadline.
    pub(crate) fn wait(&self, count: &Count, deadline: Instant) -> bool {
        let mut waiting = self.lock();
        while !count.await_others() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return false;
            }
            waiting = self.released.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
