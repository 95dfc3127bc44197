//! Bad input is rejected with a clear message and exit code 2; odd input gets a correct answer.

mod common;

use common::{file, has_instances, netlab};
use serde_json::json;

const TWO: &str = r#""nodes": [{"id": 0, "name": "left"}, {"id": 1, "name": "right"}]"#;

/// The program exits with code 2 and a message that contains this text.
#[track_caller]
fn refused(args: &[&str], message: &str) {
    let ran = netlab(args);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains(message) && ran.out.is_empty(), "{ran:?}");
}

#[test]
fn files_that_are_no_topologies() {
    for (name, text, message) in [
        ("empty", "".to_owned(), "is not a topology: EOF"),
        ("not_json", "graph { a -- b }".to_owned(), "is not a topology: expected value at line 1"),
        ("deep", format!(r#"{{"nodes": [{{"id": {}"#, "[".repeat(100_000)), "recursion limit exceeded"),
        ("no_edges_field", format!("{{{TWO}}}"), "missing field `edges`"),
        ("no_target", format!(r#"{{{TWO}, "edges": [{{"source": 0}}]}}"#), "missing field `target`"),
        ("no_nodes", r#"{"nodes": [], "edges": []}"#.to_owned(), "there are no nodes"),
        ("twice", r#"{"nodes": [{"id": 1}, {"id": 1}], "edges": []}"#.to_owned(), "two nodes have the id 1"),
        (
            "nowhere",
            format!(r#"{{{TWO}, "edges": [{{"source": 0, "target": 2}}]}}"#),
            "to node 2, which does not exist",
        ),
        ("array", r#"[{},[[0,"a",null],[1,"b",null]],[[0,1]]]"#.to_owned(), "expected an object with `nodes`"),
        ("self_loop", format!(r#"{{{TWO}, "edges": [{{"source": 1, "target": 1}}]}}"#), "from node 1 to itself"),
    ] {
        refused(&["run", &file(name, &text)], message);
    }
    refused(&["run", "no/such/file.json"], "cannot read no/such/file.json");
    refused(&["ping", env!("CARGO_MANIFEST_DIR"), "0", "1"], "cannot read");
}

#[test]
fn absurd_sizes() {
    let ids: Vec<String> = (0..100_000).map(|id| format!(r#"{{"id": {id}}}"#)).collect();
    let many = file("many", &format!(r#"{{"nodes": [{}], "edges": []}}"#, ids.join(",")));
    refused(&["run", &many], "100000 nodes are too many");
    refused(&["scale", "--nodes", "0"], "0 is not in 1..");
    refused(&["scale", "--nodes", "99999999999"], "99999999999");
    refused(&["run", "abilene", "--packets", "18446744073709551615"], "is not in");
    #[cfg(target_os = "linux")]
    refused(&["run", "/dev/zero"], "is larger than");
}

#[test]
fn commands_that_make_no_sense() {
    refused(&["tracerout", "abilene", "0", "1"], "neither a command nor a file; did you mean `traceroute`?");
    refused(&["pign"], "did you mean `ping`?");
    refused(&["sndlib/polka"], "did you mean `sndlib/polska`?");
    refused(&["--svg", "-", "--json"], "`--svg -` and `--json` both write");
    refused(&["fly"], "cannot read fly: no such file; bundled topologies: abilene, topozoo/Abilene,");
    refused(&["run", "sndlib/polka"], "did you mean `sndlib/polska`?");
    refused(&["ping", "abilene"], "required");
    refused(&["netstat", "abilene", "denver"], "required");
    refused(&["netstat", "abilene", "-s"], "required");
    refused(&["sysctl", "abilene"], "missing NODE after FILE `abilene`");
    refused(&["run", "abilene", "--traffic", "all"], "possible values: uni, deg, org");
    if !has_instances() {
        return;
    }
    refused(&["ping", "abilene", "Seatle", "Denver"], "there is no node `Seatle`; did you mean `Seattle`?");
    refused(&["ping", "abilene", "xyzzy", "Denver"], "there is no node `xyzzy`; there are `New York`, `Chicago`, ");
    refused(&["run", "abilene", "--traffic", "org"], "abilene has no demands of its own");
    refused(&["sysctl", "abilene", "0", "net.inet.ip.forwardin"], "did you mean `net.inet.ip.forwarding`?");
    refused(&["sysctl", "abilene", "0", "net.inet.ip.ttl=0"], "0 is not in the range of 1..=255");
    refused(&["run", "abilene", "--ipfw", "Denver: block everything"], "is not a rule");
    refused(&["run", "abilene", "--down", "Denver:Atlanta"], "there is no link");
    refused(&["run", "abilene", "--down", "Denver:Atlantis"], "there is no node `Atlantis`; did you mean `Atlanta`?");
    refused(&["run", "abilene", "--ipfw", "deny udp from any to any"], "does not start with `NODE:`");
    refused(&["run", "abilene", "--svg", "/no/such/folder/map.svg"], "cannot write /no/such/folder/map.svg");
}

#[test]
fn networks_that_are_odd_but_right() {
    if !has_instances() {
        return;
    }
    let one = file("one", r#"{"nodes": [{"id": "x"}], "edges": []}"#);
    let report = netlab(&["run", &one, "--json"]).json();
    assert_eq!((&report["sent"], &report["links"]), (&json!(0), &json!([])));
    assert_eq!(netlab(&["ping", &one, "x", "X", "--json"]).json()["received"], 4);

    // Packets to unreachable nodes are counted.
    let apart = file("apart", &format!(r#"{{{TWO}, "edges": []}}"#));
    let ran = netlab(&["run", &apart, "--packets", "10", "--json"]);
    assert_eq!(ran.err, "warning: 10 of 10 packets had no route: the network is in 2 parts\n");
    let report = ran.json();
    assert_eq!((&report["sent"], &report["delivered"]), (&json!(10), &json!(0)));
    assert_eq!(report["dropped"], json!({"no_route": 10}));
    for command in ["ping", "traceroute"] {
        let ran = netlab(&[command, &apart, "left", "right"]);
        assert_eq!(ran.code, 1, "{ran:?}");
    }
    let ran = netlab(&["tcp", &apart, "left", "right", "--bytes", "10"]);
    assert_eq!(ran.code, 1, "{ran:?}");

    // Two links between the same nodes share the load.
    let edge = r#"{"source": 0, "target": 1}"#;
    let double = file("double", &format!(r#"{{{TWO}, "edges": [{edge}, {edge}]}}"#));
    let report = netlab(&["run", &double, "--packets", "1000", "--json"]).json();
    let link = json!({"source": 0, "target": 1, "fwd": 100.0, "bwd": 100.0});
    assert_eq!((&report["delivered"], &report["links"]), (&json!(1000), &json!([link, link])));
}

#[test]
fn packets_do_not_go_further_than_they_may() {
    if !has_instances() {
        return;
    }
    let nodes: Vec<String> = (0..80).map(|id| format!(r#"{{"id": {id}}}"#)).collect();
    let edges: Vec<String> = (1..80).map(|id| format!(r#"{{"source": {}, "target": {id}}}"#, id - 1)).collect();
    let text = format!(r#"{{"nodes": [{}], "edges": [{}]}}"#, nodes.join(","), edges.join(","));
    let line = file("line", &text);
    let report = netlab(&["run", &line, "--packets", "6320", "--json"]).json();
    // One packet for each ordered pair, of which those more than 64 hops apart are 2 * (15 + 14 + … + 1).
    assert_eq!(report["dropped"], json!({"ttl_exceeded": 240}));
    assert_eq!((&report["sent"], &report["delivered"]), (&json!(6320), &json!(6320 - 240)));
}
