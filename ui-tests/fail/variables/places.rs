//! Our attributes on what they have no meaning for.

use vimage::prelude::*;

macro_rules! make {
    () => {};
}

#[vnet_module]
mod foo {
    use vimage::prelude::*;

    #[virtualized]
    struct Struct;
    #[shared]
    const CONST: u8 = 0;
    #[attach]
    static STATIC: u8 = 0;
    #[shared]
    fn function() {}
    #[virtualized]
    type Alias = u8;
    #[virtualized]
    make!();
    unsafe extern "C" {
        #[virtualized]
        static FOREIGN: u8;
    }
    impl Struct {
        #[detach]
        fn method() {}
        #[virtualized]
        fn fine() {}
    }
}

#[vnet_module]
mod outside {}

#[virtualized]
enum Enum {}

#[shared]
fn function() {}

#[virtualized]
make!();

unsafe extern "C" {
    #[virtualized]
    static FOREIGN: u8;
}

#[attach]
struct Struct;

fn main() {}
