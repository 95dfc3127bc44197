//! A variable in code that nobody annotated.

use vimage::prelude::*;

macro_rules! counter {
    () => {
        crate::foo::V_FOO_COUNTER.load(std::sync::atomic::Ordering::Relaxed)
    };
}

#[vnet_module]
mod foo {
    use std::sync::atomic::AtomicU64;
    use vimage::prelude::*;

    #[virtualized]
    pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(0);

    /// Virtualized, but the body of the macro is not.
    pub fn calls_a_macro() -> u64 {
        counter!()
    }
}

fn takes(_: &std::sync::atomic::AtomicU64) {}

fn main() {
    foo::V_FOO_COUNTER.store(1, std::sync::atomic::Ordering::Relaxed);
    takes(&foo::V_FOO_COUNTER);
    println!("{:?}", foo::V_FOO_COUNTER);
    counter!();
}
