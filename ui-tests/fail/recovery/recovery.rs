//! One mistake in a module is one error: the rest of it is there for all that use it, by whichever way.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::cell::Cell;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    pub static COUNTER: AtomicU64 = AtomicU64::new(0);
    #[virtualized(keep)]
    pub static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    /// Under conditions.
    #[virtualized]
    #[allow(dead_code)]
    #[cfg(unix)]
    #[cfg(not(windows))]
    pub static LIMIT: u64 = 7;
    #[virtualized]
    #[cfg(windows)]
    pub static LIMIT: u64 = 8;
    #[virtualized]
    pub static mut RAW: [u8; 2] = [0; 2];
    #[virtualized]
    thread_local! {
        pub static LOCAL: Cell<u8> = const { Cell::new(0) };
    }

    static UNDECIDED: Mutex<u8> = Mutex::new(0);
    thread_local! {
        static UNDECIDED_LOCAL: Cell<u8> = const { Cell::new(0) };
    }

    fn prints(_: &impl std::fmt::Debug) {}

    pub fn inside(vnet: &Vnet) -> u64 {
        prints(&V_COUNTER);
        V_LOCAL.set(*V_UNDECIDED.lock().unwrap() + V_UNDECIDED_LOCAL.get());
        V_KEPT.lock().unwrap().push(1);
        // SAFETY: nothing else does.
        unsafe { V_RAW[0] += 1 };
        let current = V_COUNTER.with_current(|counter| counter.load(Relaxed)) + V_LIMIT;
        current + V_COUNTER.of(vnet).load(Relaxed) + V_COUNTER.held().load(Relaxed)
    }

    macro_rules! anything {
        ($($tokens:tt)*) => { $($tokens)* };
    }

    pub fn in_a_macro() -> u64 {
        anything!(V_COUNTER.load(Relaxed))
    }
}

#[vnet_module(depends_on = crate::foo)]
mod bar {
    use super::foo;
    use std::sync::atomic::Ordering::Relaxed;
    use vimage::prelude::*;

    pub fn work(vnet: &Vnet) -> u64 {
        foo::V_LOCAL.set(1);
        foo::V_KEPT.lock().unwrap().push(1);
        // SAFETY: nothing else does.
        unsafe { foo::V_RAW[0] += 1 };
        foo::V_COUNTER.fetch_add(foo::V_LIMIT, Relaxed) + foo::V_COUNTER.held_of(vnet).load(Relaxed)
    }
}

#[virtualized(in = crate::foo, wrong)]
static ELSEWHERE: std::sync::Mutex<u8> = std::sync::Mutex::new(0);

#[virtualized]
fn elsewhere() -> u8 {
    *V_ELSEWHERE.lock().unwrap()
}

fn unannotated(vnet: &Vnet) -> u64 {
    V_ELSEWHERE.with_current(|_| ());
    foo::V_LOCAL.with_current(|_| ());
    foo::V_COUNTER.of(vnet).load(std::sync::atomic::Ordering::Relaxed)
}

fn main() {}
