//! Safe code cannot call what the macros vouch for.

use vimage::kernel::Net;
use vimage::__private::{Class, ClassEntry, NoContext, Region};
use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::atomic::AtomicU64;
    use vimage::prelude::*;

    #[virtualized]
    pub static COUNTER: AtomicU64 = AtomicU64::new(0);
}

fn class_with_the_context_of_another() {
    ClassEntry::new("Forged", "", NoContext::Panic, <Net as Class>::CONTEXT);
}

fn resolved_for_good() {
    foo::V_COUNTER.resolve_in_region(&Region::new());
}

fn main() {}
