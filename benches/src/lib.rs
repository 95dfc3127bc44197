//! The state that is counted: three counters as a module of vimage has them, and as its peers have them.
//!
//! They are in another crate than the code that uses them, as the state of a library is.

pub mod callgrind;
pub mod peers;

use vimage::prelude::*;

#[vnet_module(symmap)]
pub mod counters {
    //! The counters of an instance.

    use std::sync::atomic::AtomicU64;
    use vimage::prelude::*;

    /// The first counter.
    #[virtualized(sysctl("bench.counter", rw))]
    pub static A: AtomicU64 = AtomicU64::new(1);
    /// The second counter.
    #[virtualized]
    pub static B: AtomicU64 = AtomicU64::new(2);
    /// The third counter.
    #[virtualized]
    pub static C: AtomicU64 = AtomicU64::new(3);
}

/// Declares modules of a class, each with ten counters and with hooks that do nothing.
#[macro_export]
macro_rules! modules {
    ($class:path: $($module:ident)*) => {
        $(
            #[vimage::module(class = $class)]
            #[doc = "Ten counters."]
            pub mod $module {
                use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
                use vimage::prelude::*;

                #[virtualized]
                static A: AtomicU64 = AtomicU64::new(1);
                #[virtualized]
                static B: AtomicU64 = AtomicU64::new(2);
                #[virtualized]
                static C: AtomicU64 = AtomicU64::new(3);
                #[virtualized]
                static D: AtomicU64 = AtomicU64::new(4);
                #[virtualized]
                static E: AtomicU64 = AtomicU64::new(5);
                #[virtualized]
                static F: AtomicU64 = AtomicU64::new(6);
                #[virtualized]
                static G: AtomicU64 = AtomicU64::new(7);
                #[virtualized]
                static H: AtomicU64 = AtomicU64::new(8);
                #[virtualized]
                static I: AtomicU64 = AtomicU64::new(9);
                #[virtualized]
                static J: AtomicU64 = AtomicU64::new(10);

                #[attach]
                fn iattach() {}

                #[detach]
                fn idetach() {}

                /// Counts, and adds up what the ten say.
                pub fn work() -> u64 {
                    V_A.fetch_add(1, Relaxed);
                    [&V_A, &V_B, &V_C, &V_D, &V_E, &V_F, &V_G, &V_H, &V_I, &V_J].iter().map(|counter| counter.load(Relaxed)).sum()
                }
            }
        )*
    };
}
