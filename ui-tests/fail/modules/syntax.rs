//! A mistake in the grammar of an item of the file form; the items before it are there all the same.

mod foo {
    vimage::virtualize! {
        class = vimage::kernel::Net, name = "foo";

        pub fn before() {}

        pub fn broken() {
            let = 3;
        }

        pub fn after() {}
    }
}

fn main() {
    foo::before();
    foo::after();
}
