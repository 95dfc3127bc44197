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
            2 * V_FOO_LEN
        };
    }

    macro_rules! raw {
        () => {
            unsafe { V_FOO_RAW }
        };
    }

    fn code() -> usize {
        double!() + raw!()
    }
}

fn main() {}
