//! `test-case`: the arguments of a case are made in its vimage too.

use harnesses::Fixture;
use test_case::{test_case, test_matrix};

#[vimage::test]
#[test_case(Fixture::new(), 1)]
#[test_case(Fixture::new(), 2; "with a name")]
fn cases(made: Fixture, n: u8) {
    assert!((1..=2).contains(&n));
    made.check();
}

#[vimage::test]
#[test_case(Fixture::new() => 7)]
fn a_value(made: Fixture) -> u8 {
    made.check();
    7
}

#[vimage::test]
#[test_case(Fixture::new() => panics "on purpose")]
fn a_panic(made: Fixture) {
    made.check();
    panic!("on purpose");
}

#[vimage::test]
#[test_matrix([1, 2], [3, 4])]
fn a_matrix(a: u8, b: u8) {
    Fixture::new().check();
    assert!(a < b);
}

#[vimage::test]
#[test_case(Fixture::new(), 1)]
#[test_case(Fixture::new(), 2)]
#[tokio::test]
async fn async_cases(made: Fixture, n: u8) {
    tokio::task::yield_now().await;
    assert!((1..=2).contains(&n));
    made.check();
}
