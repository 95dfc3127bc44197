//! Compiles each file below `fail`, which has to give the errors in the file beside it, and below `pass`, which has to
//! compile and run.
//!
//! What is in `fail` is rejected with the same words in each build. What only rustc can reject, with other words or
//! in some builds only, is in a folder for those builds.
//!
//! Two tests and not one, because trybuild checks files all at once only where none of them is to be run.

#[test]
fn rejected() {
    let tests = trybuild::TestCases::new();
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

#[test]
fn accepted() {
    trybuild::TestCases::new().pass("pass/*.rs");
}
