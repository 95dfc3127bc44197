//! A variable under the name that it had before.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static FOO_COUNTER: AtomicU64 = AtomicU64::new(0);
    #[virtualized]
    static lower_case: AtomicU64 = AtomicU64::new(0);
    #[virtualized]
    thread_local! {
        static LOCAL: Cell<u8> = const { Cell::new(0) };
    }

    pub fn work(lower_case: u64) -> u64 {
        #[virtualized]
        static CALLS: AtomicU64 = AtomicU64::new(0);
        CALLS.fetch_add(lower_case, Relaxed);
        LOCAL.set(1);
        let by = |n| FOO_COUNTER.fetch_add(n, Relaxed);
        by(1) + self::FOO_COUNTER.load(Relaxed)
    }

    mod inner {
        use super::*;
        fn work() -> u64 {
            FOO_COUNTER.load(Relaxed)
        }
    }
}

fn main() {}
