//! What is named like a variable and is none has to be listed.

#![allow(non_camel_case_types, non_snake_case)]

use vimage::prelude::*;

#[vnet_module(except(V_LISTED))]
mod foo {
    use vimage::prelude::*;

    const V_LISTED: usize = 1;
    const V_MAX: usize = 10;

    #[virtualized]
    static FOO_LEN: usize = 3;

    pub enum Kind {
        V_One,
        V_Two { fields: usize },
    }

    pub struct V_Wrapped(usize);

    impl V_Wrapped {
        pub const V_INNER: usize = 2;

        pub fn V_new() -> Self {
            Self(V_LISTED)
        }

        pub fn V_get(&self) -> usize {
            self.0
        }
    }

    pub fn V_init() -> usize {
        V_FOO_LEN.min(V_MAX) + V_Wrapped::V_new().V_get()
    }

    pub fn repeat<const V_N: usize>() -> usize {
        V_N
    }

    pub fn kind() -> Kind {
        Kind::V_One
    }
}

#[virtualized]
fn code() -> usize {
    const V_LIMIT: usize = 1;
    V_LIMIT + 1
}

mod bar {
    vimage::virtualize! {
        class = vimage::kernel::Net;

        const V_BAR: usize = 1;

        pub fn bar() -> usize {
            V_BAR
        }
    }
}

fn main() {}
