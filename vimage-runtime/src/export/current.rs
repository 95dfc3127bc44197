//! Which tables a reader finds.

use std::sync::atomic::fence;

use crate::sync::{AtomicU64, Ordering};

/// The words of the root record that change.
#[repr(C)]
pub(super) struct Current {
    /// The address of the root record, by which a reader tells it from a copy in a file; 0 until there are tables.
    pub(super) itself: AtomicU64,
    /// One more whenever the tables are replaced.
    pub(super) generation: AtomicU64,
    /// The address of the tables; 0 before boot.
    pub(super) tables: AtomicU64,
}

impl Current {
    pub(super) const fn new() -> Self {
        Self { itself: AtomicU64::new(0), generation: AtomicU64::new(0), tables: AtomicU64::new(0) }
    }

    /// Leads readers to other tables, and then drops the old ones. By one thread at a time.
    pub(super) fn replace<T>(&self, itself: u64, tables: u64, old: T) {
        self.tables.store(tables, Ordering::Release);
        // After the tables, and before the old ones are freed: a reader that finds the same generation before and after it
        // has read them has read tables that existed.
        self.generation.fetch_add(1, Ordering::Release);
        self.itself.store(itself, Ordering::Release);
        // Whoever reads what is written into the freed memory finds the generation, too.
        fence(Ordering::Release);
        drop(old);
    }
}
