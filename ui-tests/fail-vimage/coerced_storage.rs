//! A part whose field could be coerced to a slot, made by calling a hidden macro.

use std::ops::Deref;

use vimage::prelude::*;

#[vnet_module]
mod foo {}

struct Forged {
    template: usize,
    size: usize,
    align: usize,
    value: usize,
}

impl Deref for Forged {
    type Target = vimage::__private::slot::Keep<usize>;

    fn deref(&self) -> &Self::Target {
        unreachable!()
    }
}

struct Part {
    field: Forged,
}

type Module = foo::__VimageModule;

vimage::__private::storage! {
    Module, Part, ENTRY, {
        const FORGED: Part = Part { field: Forged { template: 1, size: 1 << 20, align: 1, value: 0 } };
        FORGED
    },
    {} Keep "V_FORGED" field (usize)
}

fn main() {}
