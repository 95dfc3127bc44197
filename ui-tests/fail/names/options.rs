//! Names that the macros refuse.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized(sysctl)]
    static BARE: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl())]
    static EMPTY: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl(net.foo.mode, rw))]
    static UNQUOTED: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.access"))]
    static NO_ACCESS: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.both", ro, rw))]
    static BOTH: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.unknown", rw, writable))]
    static UNKNOWN: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.twice", rw, unit = "s", unit = "ms"))]
    static TWICE: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net..foo", rw))]
    static DOTS: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("Net Foo", rw))]
    static LETTERS: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.range", rw, range))]
    static RANGE: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.unit", rw, unit = ms))]
    static UNIT: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.handler", rw, handler = |_| ()))]
    static HANDLER: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.limited", ro, range = 0..=1, base_only))]
    static LIMITED: AtomicU32 = AtomicU32::new(0);
    #[shared(sysctl("net.foo.tunable", rw, tunable))]
    static TUNABLE: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.raw", ro))]
    static mut RAW: u32 = 0;
    #[virtualized(symmap, symmap)]
    static SYMBOL: AtomicU32 = AtomicU32::new(0);
}

fn main() {}
