//! A variable in code that nobody annotated.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::atomic::AtomicU64;
    use vimage::prelude::*;

    #[virtualized]
    pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(0);
}

fn takes(_: &std::sync::atomic::AtomicU64) {}

fn main() {
    foo::V_FOO_COUNTER.store(1, std::sync::atomic::Ordering::Relaxed);
    takes(&foo::V_FOO_COUNTER);
    println!("{:?}", foo::V_FOO_COUNTER);
}
