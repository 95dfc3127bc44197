//! Output is complete, or the program reports that it is not.

mod common;

use std::process::{Command, Stdio};

use common::{file, has_instances, netlab};
use serde_json::json;

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    for args in [&["ping"][..], &["ping", "--json"], &["sysctl"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_netlab")).args(args).stdout(full).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains("error: cannot write the output: No space left"), "{message}");
    }
}

#[test]
fn a_reader_that_has_read_enough_is_none() {
    for args in [&["ping", "-c", "2000"][..], &["ping", "-c", "2000", "--json"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_netlab"))
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
}

#[test]
fn demands_of_any_size_send_all_packets() {
    if !has_instances() {
        return;
    }
    let topology = |demands: &str| {
        let nodes = r#""nodes": [{"id": 0}, {"id": 1}, {"id": 2}]"#;
        let edges = r#""edges": [{"source": 0, "target": 1}, {"source": 1, "target": 2}]"#;
        format!(r#"{{"graph": {{"demands": {demands}}}, {nodes}, {edges}}}"#)
    };
    let huge = file("huge_demands", &topology(r#"{"0": {"1": 1e308, "2": 1e308}}"#));
    let report = netlab(&["run", &huge, "--traffic", "org", "--packets", "2000", "--json"]).json();
    assert_eq!((&report["sent"], &report["delivered"]), (&json!(2000), &json!(2000)));
    assert_eq!(report["links"][0]["fwd"], 100.0);
    assert_eq!(report["links"][1]["fwd"], 50.0);

    let zero = file("zero_demands", &topology(r#"{"0": {"1": 0, "2": 0}}"#));
    for command in [&["run", &zero][..], &["netstat", &zero, "0", "-s"], &["ipfw", &zero, "0"], &["bench", &zero]] {
        let ran = netlab(&[command, &["--traffic", "org", "--packets", "10"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.err.contains("warning: no packet is sent: all demands of "), "{ran:?}");
    }
    // No warning if no packets were requested.
    let ran = netlab(&["run", "abilene", "--packets", "0"]);
    assert!(ran.code == 0 && ran.err.is_empty(), "{ran:?}");
}

#[test]
fn names_do_not_act_on_the_terminal() {
    if !has_instances() {
        return;
    }
    let evil = r#"{"graph": {"name": "net\u001b[2J"}, "nodes": [{"id": "a\u0007", "name": "x\u001b[31m\ny"}, {"id": 1}],
        "edges": [{"source": "a\u0007", "target": 1}]}"#;
    let evil = file("evil", evil);
    for args in [
        &["run", &evil, "--packets", "10"][..],
        &["ping", &evil, "1", "a\x07"],
        &["ping", &evil, "a\x07", "1", "--sysctl", "1: net.inet.icmp.echo=0"],
        &["traceroute", &evil, "a\x07", "1"],
        &["traceroute", &evil, "1", "a\x07"],
        &["tcp", &evil, "a\x07", "1", "--bytes", "10"],
        &["netstat", &evil, "1", "-i"],
        &["netstat", &evil, "1", "-r"],
        &["bench", &evil, "--packets", "10", "--repeat", "1"],
        &["ping", &evil, "b\x07", "1"],
        &["run", &evil, "--ipfw", "a\x07: block\x1b[2J"],
    ] {
        let ran = netlab(args);
        let acts = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
        assert!(!acts(&ran.out) && !acts(&ran.err), "{ran:?}");
        assert!(!ran.out.contains("\ny"), "{ran:?}");
    }
    // JSON has escapes of its own.
    let report = netlab(&["ping", &evil, "a\x07", "1", "--json"]).json();
    assert_eq!(report["source"], "x\x1b[31m\ny");
}
