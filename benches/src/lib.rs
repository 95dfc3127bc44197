//! What is measured: ten modules with a hundred variables between them and hooks that do nothing.

pub mod shapes;

use vimage::prelude::*;

/// Modules of ten counters each.
macro_rules! modules {
    ($($module:ident),*) => {
        $(
            #[vnet_module]
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

modules!(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9);
