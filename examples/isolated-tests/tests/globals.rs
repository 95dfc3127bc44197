//! The suite as everybody would write it: its tests share the statics of the process. It fails.

mod suite;

suite::suite! { #[test] }
