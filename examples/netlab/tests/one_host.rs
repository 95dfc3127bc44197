//! Works in each build: one host that pings itself.

mod common;

use common::{has_instances, netlab};
use serde_json::json;

#[test]
fn a_host_pings_itself() {
    let report = netlab(&["ping", "--count", "3", "--json"]).json();
    assert_eq!(report["source"], "this host");
    assert_eq!((report["received"].as_u64(), report["address"].as_str()), (Some(3), Some("127.0.0.1")));
}

#[test]
fn a_host_shows_what_it_knows() {
    let statistics = netlab(&["netstat", "-s", "--json"]).json();
    // It has pinged itself four times, and has answered.
    assert_eq!(statistics["icmp"], json!({"received": 8, "sent": 8}));
    let interfaces = netlab(&["netstat", "-i", "--json"]).json();
    assert_eq!(interfaces["interfaces"][0]["name"], "lo0");
    assert_eq!(interfaces["interfaces"][0]["ipackets"], 8);
    assert_eq!(netlab(&["netstat", "-r", "--json"]).json(), json!({"routes": []}));

    let rules = netlab(&["ipfw", "--ipfw", "localhost: deny tcp from any to any", "--json"]).json();
    assert_eq!((&rules["node"], &rules["rules"][0]["packets"]), (&json!("this host"), &json!(0)));
    assert!(rules["rules"][1]["packets"].as_u64().unwrap() >= 8, "{rules}");
    let denied = netlab(&["ping", "--ipfw", "this host: deny icmp from any to any"]);
    assert_eq!(denied.code, 1, "{denied:?}");
}

#[test]
fn a_host_has_variables() {
    assert_eq!(netlab(&["sysctl", "--json"]).json()["net.inet.ip.ttl"], 64);
    assert_eq!(netlab(&["sysctl", "net.link", "--json"]).json(), json!({"net.link.mtu": 1500}));
    let set = netlab(&["sysctl", "net.link.mtu=1400", "net.inet.ip.ttl=7", "net.inet.icmp"]);
    assert!(set.out.starts_with("net.link.mtu:         1500 -> 1400  # "), "{set:?}");
    assert_eq!((set.code, set.out.lines().count()), (0, 4));
    let wrong = netlab(&["sysctl", "net.inet.ip.tll"]);
    assert!(wrong.code == 2 && wrong.err.contains("did you mean `net.inet.ip.ttl`?"), "{wrong:?}");
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
        assert!(ran.err.contains("`netlab sysctl` work on it when FILE and NODE are left out"), "{ran:?}");
    }
}
