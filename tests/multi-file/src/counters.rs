//! Counters: open form, the module brought in by a glob.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use vimage::prelude::*;

use super::ifnet::*;

/// Packets in.
#[virtualized]
pub static IPACKETS: AtomicU64 = AtomicU64::new(0);

/// Counts a packet, if there is an interface for it to come in by.
#[virtualized]
pub fn count() -> u64 {
    if if_names().is_empty() { 0 } else { V_IPACKETS.fetch_add(1, Relaxed) + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_in_without_an_interface() {
        vimage::boot().unwrap().enter(|| {
            if_attach("em2");
            assert!(count() >= 1);
        });
        #[cfg(feature = "vimage")]
        assert_eq!(Vnet::new().unwrap().enter(count), 0);
    }
}
