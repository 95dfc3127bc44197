//! Options of the file form end with a semicolon, and inner attributes do not fit in.

mod foo {
    vimage::virtualize! {
        class = vimage::kernel::Net, name = "foo"

        pub fn work() {}
    }
}

mod bar {
    vimage::virtualize! {
        class = vimage::kernel::Net;

        #![allow(dead_code)]
        register = "manual";

        pub fn work() {}
    }
}

fn main() {
    foo::work();
    bar::work();
}
