//! The suite with each test in a vimage of its own.

mod suite;

suite::suite! { #[vimage::test] }
