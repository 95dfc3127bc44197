//! A module is declared once, and its code needs no other attribute.

use vimage::prelude::*;

#[vnet_module]
#[virtualized]
mod foo {}

#[vnet_module]
#[vcpu_module]
mod bar {}

fn main() {}
