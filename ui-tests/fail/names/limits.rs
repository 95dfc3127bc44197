//! Names that say too much, too little, or it twice.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::atomic::AtomicU32;
    use vimage::prelude::*;

    #[virtualized(sysctl("net.foo.one", rw), sysctl("net.foo.two", rw))]
    static TWO_NAMES: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.three", rw))]
    #[virtualized(sysctl("net.foo.four", rw))]
    static TWO_ATTRIBUTES: AtomicU32 = AtomicU32::new(0);
    #[shared(sysctl("net.foo.number", rw, base_only = 1))]
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.value", ro, tunable = true))]
    static VALUE: AtomicU32 = AtomicU32::new(0);
    #[virtualized(symmap = "foo_symbol")]
    static NAMED_SYMBOL: AtomicU32 = AtomicU32::new(0);
    #[virtualized(symmap(foo_symbol))]
    static CALLED_SYMBOL: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.again", ro, ro))]
    static AGAIN: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.access", ro = true))]
    static ACCESS: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("", rw))]
    static EMPTY: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl("net.foo.", rw))]
    static DOT: AtomicU32 = AtomicU32::new(0);
    #[virtualized(sysctl = "net.foo.assigned")]
    static ASSIGNED: AtomicU32 = AtomicU32::new(0);
}

fn main() {}
