//! Dependencies by path are checked by the compiler.

use vimage::prelude::*;

mod not_a_module {}

#[vnet_module(depends_on = [crate::not_a_module, crate::nowhere])]
mod foo {}

#[vnet_module(depends_on = [crate::fine, crate::of_another_class])]
mod bar {}

#[vnet_module]
mod fine {}

#[vcpu_module]
mod of_another_class {}

fn main() {}
