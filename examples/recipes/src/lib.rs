//! Recipes: how contexts travel with what programs use. Each function is one recipe, and its test shows that it works.
//!
//! A context belongs to a thread and to a stack frame. Whatever leaves the frame takes it along explicitly:
//! `within` for futures, `bind` for closures, `vimage::thread` for threads.

pub mod with_rayon;
pub mod with_std;
pub mod with_tokio;

use vimage::prelude::*;

/// What the recipes work on: a counter per instance.
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

    /// How many there were.
    pub fn packets() -> u64 {
        V_PACKETS.load(Relaxed)
    }
}
