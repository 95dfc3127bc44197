//! An initializer is a constant expression, and what it refers to is not shared by all instances, in each build.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::Mutex;
    use vimage::prelude::*;

    fn function() -> u8 {
        0
    }

    #[virtualized]
    static NOT_CONST: Mutex<u8> = Mutex::new(function());
    #[virtualized]
    static SHARED_BY_ALL: &Mutex<u8> = &Mutex::new(0);
}

fn main() {}
