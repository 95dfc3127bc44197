//! Attributes that cannot follow a variable into each instance.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    #[unsafe(no_mangle)]
    static A: Mutex<u8> = Mutex::new(0);
    #[unsafe(export_name = "b")]
    #[virtualized]
    static B: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    #[unsafe(link_section = ".data")]
    static C: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    #[used]
    static D: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    #[thread_local]
    static E: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    #[cfg_attr(not(windows), unsafe(link_section = ".data"), allow(dead_code))]
    static F: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    #[some::other(attribute)]
    static G: Mutex<u8> = Mutex::new(0);
    #[virtualized]
    thread_local! {
        #[virtualized]
        static H: u8 = 0;
    }
    /// These are fine.
    #[virtualized]
    #[cfg(not(windows))]
    #[cfg_attr(not(windows), allow(dead_code))]
    #[deprecated]
    #[rustfmt::skip]
    #[allow(clippy::declare_interior_mutable_const)]
    static Z: Mutex<u8> = Mutex::new(0);
}

fn main() {}
