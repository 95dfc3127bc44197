//! One hook of a kind.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    #[attach]
    fn first() {}
    #[attach]
    fn second() {}
    mod inner {
        #[detach]
        fn third() {}
    }
    #[detach]
    fn fourth() {}
}

#[attach(in = crate::bar)]
fn first() {}

#[attach(in = crate::bar)]
fn second() {}

#[vnet_module]
mod bar {}

fn main() {}
