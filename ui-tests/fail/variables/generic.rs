//! A variable stands for itself: it is not generic, not foreign, and not without a type.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::marker::PhantomData;
    use vimage::prelude::*;

    fn function<T>() {
        #[virtualized]
        static OF_A_PARAMETER: PhantomData<T> = PhantomData;
    }
}

fn main() {}
