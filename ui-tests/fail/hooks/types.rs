//! What the compiler sees of hooks.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    #[attach]
    fn iattach() -> u8 {
        0
    }
}

#[vnet_module]
mod bar {
    #[attach]
    fn iattach(_arguments: &str) -> Result<(), String> {
        Ok(())
    }
}

#[vnet_module]
mod baz {
    #[attach]
    fn iattach() -> Result<(), std::cell::Cell<u8>> {
        Ok(())
    }
}

#[vnet_module]
mod qux {
    #[quiesce]
    fn can_go() -> bool {
        true
    }
}

fn main() {}
