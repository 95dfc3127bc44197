//! How many handles there are to something, and the threads that wait until there is only one.

use std::time::{Duration, Instant};

use crate::sync::{AtomicU64, Condvar, Mutex, MutexGuard, Ordering, PoisonError};

/// The number of handles, and whether a thread waits for them. As the count of std's `Arc`, but the last handle is released
/// by itself.
///
/// The upper half is a generation, for a count that outlives what it counts the handles of: one that was seen is
/// incremented only if it is still of the same generation.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Count(AtomicU64);

/// A count at some moment, with its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen(u64);

/// The bits of the number of handles.
const HANDLES: u64 = AWAITED - 1;

/// A thread waits until the others are released.
const AWAITED: u64 = 1 << 31;

/// Where the generation begins.
const GENERATION: u64 = 1 << 32;

/// As in std's `Arc`: forgotten handles must not let the count overflow.
const MOST: u64 = HANDLES / 2;

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
    pub(crate) const NUMBER: u64 = HANDLES;

    /// One handle, which the caller makes.
    pub(crate) fn one() -> Self {
        Self(AtomicU64::new(1))
    }

    /// No handle.
    pub(crate) fn none() -> Self {
        Self(AtomicU64::new(0))
    }

    /// How many handles there are, at this moment.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire) & HANDLES
    }

    /// Whether the caller's handle is the only one, at this moment.
    pub(crate) fn is_one(&self) -> bool {
        self.get() == 1
    }

    /// One more handle, made from one that exists.
    #[inline]
    pub(crate) fn add(&self) {
        if self.0.fetch_add(1, Ordering::Relaxed) & HANDLES > MOST {
            std::process::abort();
        }
    }

    /// The count, for [`add_to`](Self::add_to).
    #[inline]
    pub(crate) fn seen(&self) -> Seen {
        Seen(self.0.load(Ordering::Acquire))
    }

    /// One more handle, if the count is still what was seen; else what it is now.
    #[inline]
    pub(crate) fn add_to(&self, seen: Seen) -> Result<(), Seen> {
        let added = self.0.compare_exchange_weak(seen.0, seen.0 + 1, Ordering::Acquire, Ordering::Acquire);
        added.map(drop).map_err(Seen)
    }

    /// Releases a handle, unless it is the last.
    #[inline]
    pub(crate) fn release(&self) -> Release {
        let less = |handles| (handles & HANDLES > 1).then(|| handles - 1);
        match self.0.fetch_update(Ordering::Release, Ordering::Relaxed, less) {
            // Nothing of `self` may be used any more: the thread that waits may free it now.
            Ok(before) => Release::Done { awaited: before & AWAITED != 0 },
            Err(_) => Release::IsLast,
        }
    }

    /// Takes the count from 1 to 0, after which no handle can be made.
    pub(crate) fn release_last(&self) -> bool {
        let none = |handles| (handles & HANDLES == 1).then_some(handles & !(HANDLES | AWAITED));
        self.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, none).is_ok()
    }

    /// Undoes [`release_last`](Self::release_last).
    pub(crate) fn regain_last(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }

    /// The first handle of what is counted from now on. Publishes what was written before to the thread that sees it.
    pub(crate) fn begin(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }

    /// The count is 0, and what was counted is no more: from now on nothing that was seen before is incremented. Returns
    /// `false` if there is no further generation, so that the count must not be used again.
    pub(crate) fn next_generation(&self) -> bool {
        let next = self.0.load(Ordering::Relaxed).checked_add(GENERATION);
        self.0.store(next.unwrap_or(0), Ordering::Release);
        next.is_some()
    }

    /// Whether the caller's handle is the only one; if not, each release from now on says that it is awaited.
    fn await_others(&self) -> bool {
        self.0.fetch_or(AWAITED, Ordering::AcqRel) & HANDLES == 1
    }
}

impl Seen {
    /// Whether there can be one more handle: there are some, and not too many.
    #[inline]
    pub(crate) fn can_grow(self) -> bool {
        let handles = self.0 & HANDLES;
        // One comparison for both.
        if handles.wrapping_sub(1) < MOST {
            return true;
        }
        if handles > 0 {
            std::process::abort();
        }
        false
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
