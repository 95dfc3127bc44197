//! Unknown options: the closest known one, and all of them.

use vimage::prelude::*;

#[vnet_module(depend_on = "loif", nmae = "foo", colour = "green")]
mod foo {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized(kept)]
    static A: Mutex<u8> = Mutex::new(0);
    #[virtualized(symmap)]
    static B: Mutex<u8> = Mutex::new(0);
    #[shared(keep)]
    static C: Mutex<u8> = Mutex::new(0);
    #[attach(order = 1)]
    fn iattach() {}
}

#[vimage::module(clas = vimage::kernel::Cpu)]
mod bar {}

mod baz {
    vimage::virtualize! {
        class = vimage::kernel::Cpu, names = "baz";
    }
}

fn main() {}
