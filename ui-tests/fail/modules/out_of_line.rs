//! Attributes do not see into files.

use vimage::prelude::*;

#[vnet_module]
#[path = "files/foo.rs"]
mod foo;

#[vnet_module]
mod bar {
    mod inner;
}

#[vcpu_module]
mod cpus {
    mod inner;
}

#[virtualized]
mod code {
    mod inner;
}

fn main() {}
