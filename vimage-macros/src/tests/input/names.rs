#[vnet_module(symmap)]
mod foo {
    use super::load;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicU32};
    use vimage::prelude::*;

    /// How packets are treated.
    #[virtualized(sysctl("net.foo.mode", rw, tunable, range = (-1..=3), unit = "mode"))]
    #[cfg(feature = "mode")]
    static FOO_MODE: AtomicU32 = AtomicU32::new(0);

    #[shared(symmap, sysctl("net.foo.debug", rw, base_only = false))]
    static FOO_DEBUG: AtomicBool = AtomicBool::new(false);

    #[virtualized(sysctl("net.foo.load", ro, handler = load))]
    static mut FOO_RAW: f64 = 0.0;
}
