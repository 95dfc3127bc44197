//! `proptest`: all cases of a property run in one vimage, that of the test.

use harnesses::{Fixture, here};
use proptest::prelude::*;
use proptest::property_test;

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[vimage::test]
    fn a_property(n in 1..10_u64) {
        Fixture::new().check();
        prop_assert!(n > 0);
        prop_assert!(here() != 0 || !cfg!(feature = "vimage"));
    }
}

#[vimage::test]
#[property_test(config = ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]
fn a_property_of_a_function(#[strategy = 1..10_u64] n: u64) {
    Fixture::new().check();
    prop_assert!(n > 0);
}
