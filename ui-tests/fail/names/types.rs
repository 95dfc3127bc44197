//! Types that sysctls do not know, or that cannot be set.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized(sysctl("net.foo.plain", rw))]
    static PLAIN: u32 = 0;
    #[virtualized(sysctl("net.foo.tunable", ro, tunable))]
    static TUNABLE: u32 = 0;
    #[virtualized(sysctl("net.foo.unknown", ro))]
    static UNKNOWN: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    #[virtualized(sysctl("net.foo.range", rw, range = "a"..="b"))]
    static RANGE: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.handler", rw, handler = handler))]
    static HANDLER: AtomicU32 = AtomicU32::new(0);

    fn handler(_: u8) {}
}

fn main() {}
