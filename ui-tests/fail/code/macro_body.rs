//! Nobody knows where the body of a macro will be expanded.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use vimage::prelude::*;

    #[virtualized]
    static FOO_LEN: usize = 3;
    #[virtualized]
    static mut FOO_RAW: usize = 3;

    macro_rules! double {
        () => {
            V_FOO_LEN.pow(2)
        };
    }

    macro_rules! raw {
        () => {
            let _ = &raw const V_FOO_RAW;
        };
    }

    fn code() -> usize {
        raw!();
        double!()
    }
}

fn main() {}
