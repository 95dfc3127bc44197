//! A static may refer to a value that changes. Instances would share that value, so a variable may not, in any build.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static SHARED_BY_ALL: &Mutex<u8> = &Mutex::new(0);
}

fn main() {}
