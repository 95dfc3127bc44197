//! A mistake in the grammar of one item of an inline module; the other items are there all the same.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use vimage::prelude::*;

    #[virtualized]
    static FOO: AtomicU64 = AtomicU64::new(0);

    #[attach]
    fn attach() {}

    pub fn broken() -> String {
        String::new().
    }

    pub mod inner {
        use super::*;

        #[virtualized]
        static BAR: AtomicU64 = AtomicU64::new(0);

        pub fn broken() {
            let = 3;
        }

        pub fn after() {
            V_BAR.store(1, Relaxed);
        }
    }

    pub fn after() {
        V_FOO.store(1, Relaxed);
    }
}

#[vnet_module]
mod bar {
    use vimage::prelude::*;

    #[attach]
    fn attach() {
        if
    }
}

#[virtualized]
fn broken() {
    let = 4;
}

fn main() {
    foo::broken();
    foo::inner::after();
    foo::after();
}
