//! Compiles each file below `fail`, which has to give the errors in the file beside it, and below `pass`, which has to
//! compile and run.
//!
//! The files in `fail` are rejected with the same messages in each build. Errors that only rustc finds, which differ by
//! build, are in a folder for those builds.

mod sources;

/// One test, because it sets a variable of the process; but two lists, because trybuild checks files all at once only
/// where none of them is to be run.
#[test]
fn ui() {
    sources::hide();
    rejected();
    trybuild::TestCases::new().pass("pass/*.rs");
}

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
