//! The suite with plain `#[test]`: the tests share the statics of the process, and fail.

mod suite;

suite::suite! { #[test] }
