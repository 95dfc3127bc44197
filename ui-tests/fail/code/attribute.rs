//! Nobody knows where the arguments of an attribute are evaluated.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use vimage::prelude::*;

    #[virtualized]
    static FOO_LEN: usize = 3;

    #[vimage::test(args(V_FOO_LEN))]
    fn code() {}
}

fn main() {}
