//! All mistakes of a module are reported at once.

use vimage::prelude::*;

#[vnet_module(nmae = "foo", depends_on = crate::nowhere)]
mod foo {
    use std::sync::Mutex;
    use vimage::prelude::*;

    static UNDECIDED: Mutex<u8> = Mutex::new(0);

    #[virtualized]
    #[used]
    static ATTRIBUTE: Mutex<u8> = Mutex::new(0);

    #[virtualized(kep)]
    static KEPT: Mutex<u8> = Mutex::new(0);

    #[attach]
    async fn iattach() {
        *KEPT.lock().unwrap() = *V_ATTRIBUTE.lock().unwrap();
    }
}

fn main() {}
