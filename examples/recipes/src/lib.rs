//! Recipes: contexts with threads, executors and pools. Each function is one recipe, and has a test.
//!
//! A context belongs to a thread and to a stack frame. Code that runs elsewhere takes it along explicitly:
//! `within` for futures, `bind` for closures, `vimage::thread` for threads.

pub mod background;
pub mod with_rayon;
pub mod with_std;
pub mod with_tokio;

use vimage::prelude::*;

/// The module that the recipes use: a counter per instance.
#[vnet_module]
pub mod traffic {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use vimage::prelude::*;

    #[virtualized]
    static PACKETS: AtomicU64 = AtomicU64::new(0);

    /// Counts a packet in the current instance.
    pub fn input() -> u64 {
        V_PACKETS.fetch_add(1, Relaxed) + 1
    }

    /// The number of packets so far.
    pub fn packets() -> u64 {
        V_PACKETS.load(Relaxed)
    }
}
