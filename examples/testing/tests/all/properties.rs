//! proptest: all cases of a property run in the instance of the test. Where each is to start afresh, it makes one.

use std::collections::BTreeMap;

use proptest::prelude::*;
use testing::{prices, products};
use vimage::Vimage;

use crate::mock;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The products that a case registers are not those of the case before.
    #[vimage::test]
    fn the_registry_is_a_map(registered in prop::collection::vec(("[a-c]", 1..100_u64), 0..8)) {
        let mut expected = BTreeMap::new();
        Vimage::new().unwrap().enter(|| {
            for (name, price) in registered {
                assert_eq!(products::register(&name, price), expected.insert(name, price));
            }
            assert_eq!(products::all(), expected.into_keys().collect::<Vec<_>>());
        });
    }

    /// A price costs no less in a currency that is worth less.
    #[vimage::test]
    fn prices_grow_with_the_rate(price in 0..1_000_000_u64, rate in 1..100_000_u64, more in 0..1000_u64) {
        let in_a_shop = |rate| {
            Vimage::new().unwrap().enter(|| {
                mock::rate(rate, 1);
                products::register("tea", price);
                prices::of("tea", "XXX").unwrap()
            })
        };
        prop_assert!(in_a_shop(rate) <= in_a_shop(rate + more));
    }
}
