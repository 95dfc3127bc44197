//! insta and tracing: the log of a test has its own lines only, so that it can be compared with a snapshot.

use testing::{prices, products};
use tracing::level_filters::LevelFilter;

use crate::{log, mock};

#[vimage::test]
fn a_price_is_logged() {
    mock::rate(1150, 1);
    products::register("tea", 400);
    prices::of("tea", "USD").unwrap();
    prices::of("tea", "USD").unwrap();
    insta::assert_snapshot!(log::text());
}

#[vimage::test]
fn each_test_has_a_level() {
    log::set_level(LevelFilter::WARN);
    products::register("tea", 400);
    tracing::warn!("sold out");
    insta::assert_snapshot!(log::text());
}

/// Whatever runs beside them: both log the same number of lines, and find these.
mod side_by_side {
    use testing::products;

    use crate::log;

    const LINES: u64 = 200;

    fn many(name: &str) {
        for n in 0..LINES {
            products::register(name, n);
        }
        let expected: Vec<_> =
            (0..LINES).map(|n| format!(r#" INFO testing::products: registered name="{name}" price={n}"#)).collect();
        assert_eq!(log::text().lines().collect::<Vec<_>>(), expected);
    }

    #[vimage::test]
    fn tea() {
        many("tea");
    }

    #[vimage::test]
    fn cake() {
        many("cake");
    }
}
