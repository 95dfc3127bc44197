//! Safe code cannot make by hand what the macros vouch for.

use vimage::__private::{Class, ClassEntry, Module, ModuleEntry};
use vimage::prelude::*;
use vimage::{kernel::Net, InstanceOf};

vimage::class! {
    pub struct Tenant;
}

#[vnet_module]
mod foo {
    use std::sync::atomic::AtomicU64;
    use vimage::prelude::*;

    #[virtualized]
    pub static COUNTER: AtomicU64 = AtomicU64::new(0);
}

struct Forged;

impl Class for Forged {
    const ENTRY: &'static ClassEntry = <Net as Class>::ENTRY;
    const CONTEXT: vimage::__private::ClassContext = <Net as Class>::CONTEXT;
}

impl Module for Forged {
    type Class = Tenant;
    const ENTRY: &'static ModuleEntry = <foo::__VimageModule as Module>::ENTRY;
    type Dependencies = ();
}

impl InstanceOf<Net> for Forged {}

fn main() {}
