//! Options that a variable cannot have.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use vimage::prelude::*;

    #[virtualized(keep)]
    static mut RAW: u8 = 0;
    #[virtualized(keep)]
    thread_local! {
        static LOCAL: u8 = 0;
    }
    #[virtualized(in = crate::bar)]
    static ELSEWHERE: u8 = 0;
    #[virtualized(keep, in = crate::bar)]
    fn function() {}
    #[virtualized(label = loud)]
    static LABELLED: u8 = 0;
    #[virtualized(label = "loud")]
    impl Labelled {}
    struct Labelled;
    #[virtualized(label = "loud")]
    thread_local! {
        static LOUD: u8 = 0;
    }
    #[virtualized]
    static V_PREFIXED: u8 = 0;
}

fn main() {}
