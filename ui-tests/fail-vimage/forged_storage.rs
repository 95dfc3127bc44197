//! A part that says of a field what it is not, made by calling a hidden macro.

use vimage::prelude::*;

#[vnet_module]
mod foo {}

struct Part {
    template: usize,
    size: usize,
    align: usize,
    value: usize,
}

type Module = foo::__VimageModule;

vimage::__private::storage! {
    Module, Part, ENTRY, {
        const FORGED: Part = Part { template: 1, size: 1 << 20, align: 1, value: 0 };
        FORGED
    },
    {} Keep "V_FORGED" template (usize)
}

fn main() {}
