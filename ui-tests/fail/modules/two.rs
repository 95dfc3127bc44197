//! A Rust module declares one module.

mod foo {
    vimage::vnet_module! {
        name = "one";
    }
    vimage::vnet_module! {
        name = "two";
    }
}

fn main() {}
