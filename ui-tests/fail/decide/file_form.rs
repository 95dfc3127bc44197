//! The file form asks the same.

mod foo {
    vimage::virtualize! {
        //! Documentation may stay inside.
        class = vimage::kernel::Net;

        pub static COUNTER: std::sync::Mutex<u64> = std::sync::Mutex::new(0);
    }
}

fn main() {}
