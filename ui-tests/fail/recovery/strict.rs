//! What is left of an input with mistakes is nothing that a strict crate denies.

#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(missing_docs, unreachable_pub, warnings)]

use ::vimage::prelude::*;

/// A module.
#[vnet_module(wrong)]
pub mod one {
    use ::std::sync::Mutex;
    use ::vimage::prelude::*;

    /// A variable.
    #[virtualized]
    pub static COUNTER: Mutex<u64> = Mutex::new(0);
    #[virtualized(symmap, sysctl("one.flag", ro))]
    static lower_case: bool = true;

    /// A function.
    pub fn work() -> u64 {
        *V_COUNTER.lock().unwrap() + V_COUNTER.with_current(|counter| *counter.lock().unwrap()) + V_lower_case as u64
    }
}

fn main() {}
