//! One `;` ends the options of a file, inner attributes stand above the macro, and there may be no options at all.

mod foo {
    vimage::virtualize! {
        class = vimage::kernel::Net, name = "foo"

        pub fn work() {}
    }
}

mod bar {
    vimage::virtualize! {
        #![allow(dead_code)]
        register = "manual";

        pub fn work() {}
    }
}

mod baz {
    vimage::virtualize! {
        name = "baz"; after = "bar";

        pub fn work() {}
    }
}

mod quux {
    vimage::virtualize! {
        static COUNTER: std::sync::Mutex<u64> = std::sync::Mutex::new(0);

        pub fn work() {}
    }
}

fn main() {
    foo::work();
    bar::work();
    baz::work();
    quux::work();
}
