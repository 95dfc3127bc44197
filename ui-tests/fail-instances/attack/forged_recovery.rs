//! What stands for a variable of an input with mistakes is no symbol of anybody's.

use vimage::prelude::*;

#[vnet_module]
mod foo {}

type Module = foo::__VimageModule;

vimage::__private::recovered! {
    Module; { #[link_name = "environ"] } pub Scoped V_FORGED (usize)
}

fn main() {}
