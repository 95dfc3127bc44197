//! Attempts to have the expansions refer to something else than they mean.

// The default build has no `unsafe` that trusts a name.
#![cfg(any(feature = "vimage", feature = "static-struct"))]

// Under this name the macros would find what is below.
extern crate self as core;

/// In place of `core::mem`.
pub mod mem {
    #[allow(unused_macros, reason = "the macros are not to find it")]
    macro_rules! wrong {
        ($($tokens:tt)*) => {
            1 << 30
        };
    }
    #[allow(unused_imports, reason = "as above")]
    pub(crate) use wrong as offset_of;
}

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use vimage::prelude::*;

    #[virtualized]
    static FIRST: u64 = 5;
    #[virtualized(keep, symmap)]
    static KEPT: u64 = 6;
    #[virtualized]
    static SECOND: u64 = 7;
    #[virtualized]
    static mut RAW: u64 = 8;

    pub fn all() -> [u64; 4] {
        // SAFETY: nothing writes to it.
        [V_FIRST, V_KEPT, V_SECOND, unsafe { V_RAW }]
    }
}

#[test]
fn another_crate_named_core() {
    let base = vimage::boot().unwrap();
    assert_eq!(base.enter(foo::all), [5, 6, 7, 8]);
    assert_eq!(Vnet::base().unwrap().enter(foo::all), [5, 6, 7, 8]);
}
