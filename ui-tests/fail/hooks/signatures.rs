//! The runtime calls hooks, so it fixes their shape.

use vimage::prelude::*;

#[vnet_module]
mod constant {
    #[attach]
    const fn iattach() {}
    #[detach]
    async fn idetach() {}
}

#[vnet_module]
mod foreign {
    #[attach]
    unsafe extern "C" fn iattach() {}
    #[detach]
    fn idetach<T>() {}
}

#[vnet_module]
mod parameters {
    #[attach]
    fn iattach(_count: u8, _arguments: &vimage::Arguments) {}
    #[detach]
    fn idetach(_arguments: &vimage::Arguments) -> Result<(), String> {
        Ok(())
    }
}

#[vnet_module]
mod quiesces {
    #[quiesce]
    fn can_go(_arguments: &vimage::Arguments) -> Result<(), String> {
        Ok(())
    }
}

fn main() {}
