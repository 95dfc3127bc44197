//! A variable is no pattern, and no binding can have the name of one.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use vimage::prelude::*;

    #[virtualized]
    static FOO_LEN: usize = 3;

    struct Frame {
        V_FOO_LEN: usize,
        rest: usize,
    }

    fn matched(len: usize) -> bool {
        match len {
            V_FOO_LEN => true,
            V_FOO_LEN.. => false,
            _ => false,
        }
    }

    fn bound(V_FOO_LEN: usize, frame: Frame) -> usize {
        let Frame { V_FOO_LEN, rest } = frame;
        rest
    }
}

fn main() {}
