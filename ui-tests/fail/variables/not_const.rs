//! An initializer is a constant expression, in each build.

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
}

fn main() {}
