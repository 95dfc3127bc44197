//! The same functions twice: on variables of a module, and on statics that are written by hand.
//!
//! `cargo xtask codegen` compares their machine code. Each function is in it once by its name.

/// Writes the functions into both modules. The macro is expanded in front of the module's attribute, which therefore
/// sees the same tokens as rustc does in the other module.
macro_rules! twice {
    ($($functions:tt)*) => {
        /// On statics.
        pub mod plain {
            use super::*;

            static V_COUNT: AtomicU64 = AtomicU64::new(1);
            static V_LIMIT: AtomicU64 = AtomicU64::new(2);
            static V_NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

            $($functions)*
        }

        /// On variables.
        #[vimage::module]
        pub mod ours {
            use super::*;
            use vimage::prelude::*;

            #[virtualized]
            static COUNT: AtomicU64 = AtomicU64::new(1);
            #[virtualized]
            static LIMIT: AtomicU64 = AtomicU64::new(2);
            #[virtualized]
            static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

            $($functions)*
        }
    };
}

use std::future::{Future, ready};
use std::hint::black_box;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

twice! {
    /// One access.
    pub fn one() -> u64 {
        V_COUNT.load(Relaxed)
    }

    /// Two variables, one of them twice.
    pub fn several(by: u64) -> bool {
        V_COUNT.fetch_add(by, Relaxed);
        V_COUNT.load(Relaxed) < V_LIMIT.load(Relaxed)
    }

    /// A variable on one of two ways.
    pub fn on_a_branch(limited: bool) -> u64 {
        if limited { V_LIMIT.load(Relaxed) } else { 7 }
    }

    /// A loop.
    pub fn in_a_loop(values: &[u64]) {
        for value in values {
            V_COUNT.store(V_COUNT.load(Relaxed) ^ value, Relaxed);
        }
    }

    /// A loop with a call in it.
    pub fn in_a_loop_with_calls(values: &[u64], each: fn(u64)) {
        for value in values {
            each(*value);
            V_COUNT.store(V_COUNT.load(Relaxed) ^ value, Relaxed);
        }
    }

    /// Closures, the standard library, a destructor.
    pub fn with_closures(prefix: &str) -> Option<usize> {
        let names = V_NAMES.lock().ok()?;
        let limit = names.iter().filter(|name| name.starts_with(prefix)).map(|name| name.len() as u64);
        limit.filter(|length| *length < V_LIMIT.load(Relaxed)).map(|length| length as usize).max()
    }

    async fn waits(by: u64) -> u64 {
        let before = V_COUNT.fetch_add(by, Relaxed);
        ready(()).await;
        before + V_LIMIT.load(Relaxed)
    }

    /// An async function.
    pub fn polls(by: u64) -> Option<u64> {
        let future = pin!(waits(by));
        match black_box(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(sum) => Some(sum),
            Poll::Pending => None,
        }
    }
}
