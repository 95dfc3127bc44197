//! A type macro that gives another type for the one whose bounds are looked at.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::cell::Cell;
    use std::sync::atomic::AtomicU64;
    use vimage::prelude::*;

    #[virtualized]
    static SHARED: attack_macros::differs!(4 (AtomicU64) (Cell<u64>)) = Cell::new(0);
}

fn main() {}
