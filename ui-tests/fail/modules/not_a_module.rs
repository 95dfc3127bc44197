//! Module attributes go on inline modules.

use vimage::prelude::*;

#[vnet_module]
struct Struct;

#[vcpu_module(name = "x")]
pub fn function() {}

fn main() {}
