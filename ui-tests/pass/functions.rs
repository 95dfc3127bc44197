//! The attributes of functions where nothing is in scope but what is written.

#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]

#[::vimage::test(share(Cpu), args(7_u32))]
fn a_test() -> ::core::result::Result<(), ::std::string::String> {
    ::core::result::Result::Ok(())
}

#[::vimage::test]
#[should_panic(expected = "so")]
fn another_test() {
    ::core::panic!("so")
}

mod renamed {
    use ::vimage as runtime;

    #[runtime::main(crate = runtime)]
    pub fn main() -> ::core::option::Option<bool> {
        ::core::option::Option::Some(runtime::kernel::Vnet::current()?.is_base())
    }
}

#[::vimage::main]
fn main() {
    ::core::assert_eq!(renamed::main(), ::core::option::Option::Some(true));
}
