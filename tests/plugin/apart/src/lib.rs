//! The same module in a library that brings a runtime of its own.

use vimage::prelude::*;

#[vnet_module]
pub mod apart {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static WORK: AtomicU64 = AtomicU64::new(0);

    pub fn work() -> u64 {
        V_WORK.fetch_add(1, Relaxed) + 1
    }
}

/// Whether the accessor panicked, with the message on stderr.
#[unsafe(no_mangle)]
pub extern "C" fn apart_panics() -> bool {
    std::panic::catch_unwind(apart::work).is_err()
}
