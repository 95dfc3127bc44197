//! Where rustc evaluates while it compiles, there is no instance.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::atomic::AtomicUsize;
    use vimage::prelude::*;

    #[virtualized]
    static FOO_LEN: usize = 3;
    #[virtualized]
    static FOO_NEXT: AtomicUsize = AtomicUsize::new(V_FOO_LEN + 1);

    const DOUBLE: usize = 2 * V_FOO_LEN;

    const fn len() -> usize {
        V_FOO_LEN
    }

    fn code() -> usize {
        const { assert!(V_FOO_LEN == 3) }
        let zeros = [0_u8; V_FOO_LEN];
        let ones: [u8; V_FOO_LEN] = [1; 3];
        generic::<{ V_FOO_LEN }>(zeros, ones)
    }

    fn generic<const N: usize>(zeros: [u8; 3], ones: [u8; 3]) -> usize {
        N + zeros.len() + ones.len()
    }

    enum Kind {
        Last = V_FOO_LEN as isize,
    }
}

fn main() {}
