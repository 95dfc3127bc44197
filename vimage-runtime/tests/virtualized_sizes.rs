//! Async functions that use variables are as large as those that use statics: nothing of a resolution is kept across an
//! `.await`.

use std::future::ready;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Writes the functions into both modules. It is expanded in front of the module's attribute.
macro_rules! twice {
    ($($functions:tt)*) => {
        mod plain {
            use super::*;

            static V_SUM: AtomicU64 = AtomicU64::new(0);
            static V_COUNT: AtomicU64 = AtomicU64::new(0);

            $($functions)*
        }

        #[vimage::module]
        mod ours {
            use super::*;
            use vimage::prelude::*;

            #[virtualized]
            static SUM: AtomicU64 = AtomicU64::new(0);
            #[virtualized]
            static COUNT: AtomicU64 = AtomicU64::new(0);

            $($functions)*
        }
    };
}

twice! {
    /// Keeps much across an `.await`.
    async fn large() -> u64 {
        let bytes = [7_u8; 1000];
        ready(()).await;
        bytes.iter().map(|byte| u64::from(*byte)).sum()
    }

    async fn before_and_after() -> u64 {
        let before = V_SUM.load(Relaxed);
        large().await + before + V_COUNT.load(Relaxed)
    }

    async fn in_one_expression() -> u64 {
        V_SUM.load(Relaxed) + large().await + V_COUNT.load(Relaxed)
    }

    async fn in_a_loop() {
        for _ in 0..3 {
            V_SUM.fetch_add(large().await, Relaxed);
        }
    }

    async fn one_after_the_other(name: String) -> usize {
        V_SUM.store(1, Relaxed);
        large().await;
        V_COUNT.store(1, Relaxed);
        before_and_after().await;
        V_SUM.store(2, Relaxed);
        name.len()
    }

    pub fn sizes() -> [usize; 4] {
        [
            size_of_val(&before_and_after()),
            size_of_val(&in_one_expression()),
            size_of_val(&in_a_loop()),
            size_of_val(&one_after_the_other(String::new())),
        ]
    }
}

#[test]
fn futures_do_not_grow() {
    for (plain, ours) in plain::sizes().into_iter().zip(ours::sizes()) {
        // rustc may order fields otherwise, and round the size up.
        assert!(ours <= plain + 8, "{ours} bytes instead of {plain}");
    }
}
