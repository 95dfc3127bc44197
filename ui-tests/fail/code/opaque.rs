//! A macro that is not known may evaluate its arguments anywhere, or not at all.

use vimage::prelude::*;

macro_rules! opaque {
    ($($tokens:tt)*) => { 0 };
}

mod runtime {
    macro_rules! select {
        ($($tokens:tt)*) => { 0 };
    }
    macro_rules! stream {
        ($($tokens:tt)*) => { 0 };
    }
    pub(crate) use {select, stream};
}

#[vnet_module]
mod foo {
    use super::runtime;
    use vimage::prelude::*;

    #[virtualized]
    static FOO_LEN: usize = 3;
    #[virtualized]
    static mut FOO_RAW: usize = 3;

    fn code() -> usize {
        opaque!(V_FOO_LEN + 1) + opaque!("{V_FOO_LEN}") + opaque!(unsafe { V_FOO_RAW })
    }

    async fn waits() -> usize {
        runtime::select! {
            len = async { V_FOO_LEN } => len,
            _ = async {} => unsafe { V_FOO_RAW },
        }
    }

    fn yields() -> usize {
        runtime::stream! {
            yield V_FOO_LEN;
        }
    }

    fn fine() -> usize {
        opaque!(V_FOO_LEN.with_current(|len| len + 1))
    }
}

#[virtualized(macros(opaque))]
fn vouched() -> usize {
    opaque!(foo::V_FOO_LEN in the => air)
}

fn main() {}
