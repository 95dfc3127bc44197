//! Compiles each file below `fail`, which has to give the errors in the file beside it, and below `pass`, which has to
//! compile and run.
//!
//! What is in `fail` is rejected with the same words in each build. What only rustc can reject, with other words or
//! in some builds only, is in a folder for those builds.

#[test]
fn ui() {
    let tests = trybuild::TestCases::new();
    tests.pass("pass/*.rs");
    tests.compile_fail("fail/*/*.rs");
    if cfg!(any(feature = "vimage", feature = "static-struct")) {
        tests.compile_fail("fail-instances/*.rs");
        tests.compile_fail("fail-instances/attack/*.rs");
        if cfg!(feature = "vimage") {
            tests.compile_fail("fail-vimage/*.rs");
        }
    } else {
        tests.compile_fail("fail-default/*.rs");
    }
}
