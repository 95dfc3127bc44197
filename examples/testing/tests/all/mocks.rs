//! mockall, by trait and by function: each test expects what it likes, at the same time as the others.

use std::time::Duration;

use testing::{Error, clock, prices, products};
use vimage::Vimage;

use crate::mock;

#[vimage::test]
fn a_rate_is_asked_for_once() {
    mock::stop_clock(0);
    mock::client(|client| {
        let url = mockall::predicate::eq("https://rates.example/SEK");
        client.expect_get().with(url).once().returning(|_| Ok("11500".to_owned()));
    });
    products::register("tea", 400);
    assert_eq!(prices::of("tea", "SEK"), Ok(4600));
    assert_eq!(prices::of("tea", "SEK"), Ok(4600));
}

#[vimage::test]
fn a_rate_expires() {
    mock::rate(2000, 2);
    products::register("tea", 400);
    let lifetime = prices::LIFETIME.as_secs();
    for (time, of) in [(0, "asked"), (lifetime - 1, "cached"), (lifetime, "asked"), (lifetime + 1, "cached")] {
        mock::stop_clock(time);
        assert_eq!(prices::of("tea", "USD"), Ok(800), "{of}");
    }
}

#[vimage::test]
fn no_answer_is_an_error_and_is_not_cached() {
    mock::client(|client| {
        client.expect_get().times(2).returning(|_| Err(Error::Server));
    });
    products::register("tea", 400);
    assert_eq!(prices::of("tea", "SEK"), Err(Error::Server));
    assert_eq!(prices::of("tea", "SEK"), Err(Error::Server));
}

#[vimage::test]
fn nothing_is_asked_for_an_unknown_product() {
    mock::rate(1, 0);
    assert_eq!(prices::of("tea", "SEK"), Err(Error::NoProduct));
}

/// The check runs when the instance is destroyed, so a test has no call at its end. It fails with this error.
#[vimage::test]
fn a_rate_that_is_not_asked_for_is_an_error() {
    let of_a_test = Vimage::new().unwrap();
    of_a_test.enter(|| mock::rate(1000, 1));
    let error = of_a_test.destroy().unwrap_err().to_string();
    assert!(error.contains("MockHttp::get: Expectation(<anything>) called 0 time(s)"), "{error}");
}

/// Functions too: the clock is one.
#[vimage::test]
fn the_clock_is_that_of_the_test() {
    mock::stop_clock(7);
    let seven = clock::now();
    mock::stop_clock(9);
    assert_eq!(clock::now(), seven + Duration::from_secs(2));
}
