//! Values that cannot be in a variable: rustc says it of a static in this build, of a field in the others.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::cell::Cell;
    use std::marker::PhantomData;
    use std::sync::MutexGuard;
    use vimage::prelude::*;

    #[virtualized]
    static NEITHER: PhantomData<*const u8> = PhantomData;
    #[virtualized]
    static NOT_SYNC: Cell<u8> = Cell::new(0);
    #[virtualized(keep)]
    static NOT_SEND: Option<MutexGuard<'static, u8>> = None;
    #[virtualized]
    static MISMATCHED: u8 = "";
}

fn main() {}
