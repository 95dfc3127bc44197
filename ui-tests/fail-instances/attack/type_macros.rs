//! A type macro that is redefined between its uses: each variable has the type that was meant where it stands.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::atomic::{AtomicU8, AtomicU64};
    use vimage::prelude::*;

    macro_rules! counter {
        () => {
            AtomicU8
        };
    }

    #[virtualized]
    static NARROW: counter!() = AtomicU8::new(1);

    macro_rules! counter {
        () => {
            AtomicU64
        };
    }

    #[virtualized]
    static WIDE: counter!() = AtomicU64::new(1);

    fn work() {
        let _: &AtomicU8 = &V_NARROW;
        let _: &AtomicU64 = &V_WIDE;
        let _: &AtomicU64 = &V_NARROW;
    }
}

fn main() {}
