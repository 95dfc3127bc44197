//! `rstest`: fixtures and cases.

use harnesses::Fixture;
use rstest::{fixture, rstest};

#[fixture]
fn made() -> Fixture {
    Fixture::new()
}

#[fixture]
async fn made_later() -> Fixture {
    tokio::task::yield_now().await;
    Fixture::new()
}

#[vimage::test]
#[rstest]
fn a_fixture(made: Fixture) {
    made.check();
}

#[rstest]
#[vimage::test]
fn a_fixture_above(made: Fixture) {
    made.check();
}

#[vimage::test]
#[rstest]
#[case(1)]
#[case::second(2)]
fn cases(#[case] expected: u64, made: Fixture) {
    assert!((1..=2).contains(&expected));
    made.check();
    assert!(made.number == 1 || !cfg!(feature = "vimage"), "each case has a vimage");
}

#[rstest]
#[case(Fixture::new())]
#[case(Fixture::new())]
#[vimage::test]
fn cases_above(#[case] made: Fixture) {
    made.check();
}

#[vimage::test]
#[rstest]
fn a_matrix(#[values(Fixture::new(), Fixture::new())] made: Fixture, #[values(1, 2)] _n: u8) {
    made.check();
}

#[vimage::test(share(vimage::Program))]
#[rstest]
fn options_come_along(made: Fixture) {
    assert_eq!(harnesses::here(), 0);
    assert!(made.number > 0);
}

#[vimage::test]
#[rstest]
#[tokio::test]
async fn an_async_test(made: Fixture) {
    tokio::task::yield_now().await;
    made.check();
}

#[rstest]
#[tokio::test]
#[vimage::test]
async fn an_async_test_below(made: Fixture) {
    tokio::task::yield_now().await;
    made.check();
}

#[vimage::test]
#[rstest]
#[case(1)]
#[tokio::test]
async fn an_async_fixture(
    #[case] _n: u8,
    #[future(awt)]
    #[from(made_later)]
    made: Fixture,
) {
    made.check();
}

#[vimage::test]
#[rstest]
fn a_result(made: Fixture) -> Result<(), std::num::ParseIntError> {
    made.check();
    assert_eq!("7".parse::<u8>()?, 7);
    Ok(())
}

#[vimage::test]
#[rstest]
#[should_panic(expected = "on purpose")]
#[case(1)]
#[case(2)]
fn one_case_panics(#[case] n: u8, made: Fixture) {
    made.check();
    assert_ne!(n, 1, "on purpose");
}
