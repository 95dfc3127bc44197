//! Our attributes in a `cfg_attr`, which is expanded after us.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::Mutex;

    #[cfg_attr(all(), virtualized)]
    static A: Mutex<u8> = Mutex::new(0);
    #[cfg_attr(all(), allow(dead_code), vimage::prelude::shared)]
    static B: Mutex<u8> = Mutex::new(0);
    #[cfg_attr(all(), attach)]
    fn iattach() {}
}

fn main() {}
