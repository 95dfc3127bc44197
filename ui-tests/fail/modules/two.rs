//! A Rust module declares one module.

mod foo {
    vimage::virtualize! {
        class = vimage::kernel::Net, name = "one";
    }
    vimage::virtualize! {
        class = vimage::kernel::Net, name = "two";
    }
}

fn main() {}
