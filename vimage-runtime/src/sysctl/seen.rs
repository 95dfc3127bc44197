//! Whether a module is still registered, looked up once after each change.

use crate::sync::{AtomicU64, Ordering};

/// The count of changes at which the module was seen to be registered.
pub(super) struct Seen(AtomicU64);

impl Seen {
    /// `changes` was read before the look-up in which it was seen: a module that is unregistered meanwhile is looked for
    /// again.
    pub(super) fn at(changes: u64) -> Self {
        Self(AtomicU64::new(changes))
    }

    /// Nothing has changed since.
    #[inline]
    pub(super) fn is_at(&self, changes: u64) -> bool {
        // Orders nothing: an entry is never freed, and the variable of a module that has gone says so by itself.
        self.0.load(Ordering::Relaxed) == changes
    }

    /// Whether it is there; `look` finds out, if something has changed.
    pub(super) fn check<E>(
        &self,
        changes: impl FnOnce() -> u64,
        look: impl FnOnce() -> Result<bool, E>,
    ) -> Result<bool, E> {
        // Before the look-up, as in `at`.
        let changes = changes();
        if self.is_at(changes) {
            return Ok(true);
        }
        let is_there = look()?;
        if is_there {
            self.0.store(changes, Ordering::Relaxed);
        }
        Ok(is_there)
    }
}

impl Clone for Seen {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.0.load(Ordering::Relaxed)))
    }
}
