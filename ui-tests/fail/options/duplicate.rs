//! Options and attributes that are written twice.

use vimage::prelude::*;

#[vnet_module(name = "foo", after = "a", name = "bar", after = "b")]
mod foo {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized(keep, keep)]
    static A: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    #[virtualized]
    static B: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    #[shared]
    static C: Mutex<u8> = Mutex::new(0);
}

fn main() {}
