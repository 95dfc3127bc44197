//! What works in each build: one host that can ping itself.

mod common;

use common::{has_instances, netlab};

#[test]
fn a_host_pings_itself() {
    let report = netlab(&["ping", "--count", "3", "--json"]).json();
    assert_eq!((report["received"].as_u64(), report["address"].as_str()), (Some(3), Some("127.0.0.1")));
}

#[test]
fn without_instances_a_topology_needs_a_feature() {
    if has_instances() {
        return;
    }
    for args in [&[][..], &["run", "sndlib/polska"], &["ping", "abilene", "0", "1"], &["scale", "--nodes", "3"]] {
        let ran = netlab(args);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("enable the feature `vimage`"), "{ran:?}");
    }
}
