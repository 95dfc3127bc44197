//! An exported macro does not survive being passed through another one.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    #[macro_export]
    macro_rules! exported {
        () => {};
    }
}

fn main() {}
