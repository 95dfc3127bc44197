//! A module that comes with a library.

// The copy of the runtime that the host has.
use shared as _;
use vimage::prelude::*;

#[vnet_module(register = "manual", depends_on = "host")]
pub mod plugin {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized(sysctl("plugin.work", ro))]
    static WORK: AtomicU64 = AtomicU64::new(0);

    #[attach]
    fn iattach() {
        V_WORK.store(100 * Vnet::current().unwrap().id(), Relaxed);
    }

    pub fn work() -> u64 {
        V_WORK.fetch_add(1, Relaxed) + 1
    }
}

/// What the host looks up by name.
#[unsafe(no_mangle)]
pub extern "Rust" fn plugin_work() -> u64 {
    plugin::work()
}
