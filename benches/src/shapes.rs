//! The shapes of access whose machine code ARCHITECTURE.md shows, and the same written by hand on plain statics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use vimage::prelude::*;

#[vnet_module]
pub mod counters {
    //! One counter, used once and in a loop.

    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static COUNT: AtomicU64 = AtomicU64::new(0);

    /// One access in a function of its own.
    #[inline(never)]
    pub fn one_access() -> u64 {
        V_COUNT.load(Relaxed)
    }

    /// An access in a loop.
    #[inline(never)]
    pub fn in_a_loop(values: &[u64]) {
        for value in values {
            V_COUNT.store(V_COUNT.load(Relaxed) ^ value, Relaxed);
        }
    }
}

static PLAIN_COUNT: AtomicU64 = AtomicU64::new(0);

/// [`counters::one_access`] on a plain static.
#[inline(never)]
pub fn plain_access() -> u64 {
    PLAIN_COUNT.load(Relaxed)
}

/// [`counters::in_a_loop`] on a plain static.
#[inline(never)]
pub fn plain_loop(values: &[u64]) {
    for value in values {
        PLAIN_COUNT.store(PLAIN_COUNT.load(Relaxed) ^ value, Relaxed);
    }
}
