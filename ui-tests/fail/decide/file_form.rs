//! The file form asks the same.

mod foo {
    vimage::vnet_module! {
        //! Documentation may stay inside.
        pub static COUNTER: std::sync::Mutex<u64> = std::sync::Mutex::new(0);
    }
}

fn main() {}
