//! rstest and test-case: a fixture fills the globals, and each case has its own.

use rstest::{fixture, rstest};
use test_case::test_case;
use testing::{Error, flags, prices, products};

use crate::mock;

/// A shop with a product. The fixture runs in the instance of its test.
struct Shop;

#[fixture]
fn shop() -> Shop {
    assert_eq!(products::register("tea", 450), None, "another test has registered it");
    Shop
}

#[vimage::test]
#[rstest]
#[case::exact(false, 518)]
#[case::whole(true, 600)]
fn a_flag_rounds(_shop: Shop, #[case] whole: bool, #[case] expected: u64) {
    mock::rate(1150, 1);
    flags::set("whole", whole);
    assert_eq!(prices::of("tea", "USD"), Ok(expected));
}

#[vimage::test]
#[rstest]
fn a_matrix(_shop: Shop, #[values("SEK", "USD")] currency: &str, #[values(1000, 2000)] rate: u64) {
    mock::rate(rate, 1);
    assert_eq!(prices::of("tea", currency), Ok(450 * rate / 1000));
}

#[vimage::test]
#[test_case("1150" => Ok(115); "a rate")]
#[test_case("" => Err(Error::Server); "an empty answer")]
#[test_case("-1" => Err(Error::Server); "a negative rate")]
fn an_answer(answer: &'static str) -> Result<u64, Error> {
    products::register("tea", 100);
    mock::client(|client| {
        client.expect_get().once().returning(move |_| Ok(answer.to_owned()));
    });
    prices::of("tea", "USD")
}

/// These two would be `#[serial]`: they switch the same flag.
mod not_serial {
    use testing::flags;

    #[vimage::test]
    fn switched_on() {
        assert!(!flags::is_on("whole"));
        flags::set("whole", true);
        assert!(flags::is_on("whole"));
    }

    #[vimage::test]
    fn never_switched_on() {
        assert!(!flags::is_on("whole"));
    }
}
