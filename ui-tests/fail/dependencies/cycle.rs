//! A cycle of dependencies by path.

use vimage::prelude::*;

#[vnet_module(depends_on = crate::b)]
mod a {}

#[vnet_module(depends_on = crate::c)]
mod b {}

#[vnet_module(depends_on = crate::a)]
mod c {}

fn main() {}
