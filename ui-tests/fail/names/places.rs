//! Names where there is no variable that could bear them.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use vimage::prelude::*;

    #[virtualized(sysctl("net.foo.function", rw))]
    fn function() {}
    #[virtualized(symmap)]
    mod inner {}
    #[virtualized(symmap, sysctl("net.foo.local", ro))]
    thread_local! {
        static LOCAL: u8 = 0;
    }
    #[shared(symmap)]
    thread_local! {
        static SHARED: u8 = 0;
    }
    unsafe extern "C" {
        #[shared(symmap)]
        static FOREIGN: u8;
    }
    #[shared(in = crate::foo)]
    static HOME: u8 = 0;
}

#[shared(in = crate::foo)]
static NAMELESS: u8 = 0;

fn main() {}
