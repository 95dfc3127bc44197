//! Options of the file form end with a semicolon, and inner attributes do not fit in.

mod foo {
    vimage::vnet_module! {
        name = "foo"

        pub fn work() {}
    }
}

mod bar {
    vimage::vnet_module! {
        #![allow(dead_code)]
        register = "manual";

        pub fn work() {}
    }
}

fn main() {
    foo::work();
    bar::work();
}
