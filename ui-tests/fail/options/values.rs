//! Values that an option cannot have.

use vimage::prelude::*;

#[vnet_module(name = foo, register = "later", depends_on = 3, after = crate::loif, except(MAX), macros("m"))]
mod foo {}

#[vnet_module(name = "", depends_on = ["loif" "ether"], depends_on, crate = "vimage")]
mod bar {}

#[vimage::module(class = "Net")]
mod baz {}

#[vnet_module(name = "quux" after = "x")]
mod quux {
    #[virtualized = "keep"]
    static A: std::sync::Mutex<u8> = std::sync::Mutex::new(0);
}

#[vnet_module(name("foo"), after, register, except = V_A, macros = m, depends_on)]
mod quuux {}

#[vnet_module(name = "x", "y", except(1), symmap = true)]
mod quuuux {}

fn main() {}
