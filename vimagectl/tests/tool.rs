//! The tool against a server in this process.

mod program;

use std::collections::HashSet;

use program::{Program, vimagectl};
use serde_json::Value;
use vimage::prelude::*;

#[vnet_module(symmap)]
mod foo {
    use std::sync::atomic::{AtomicU32, AtomicU64};
    use vimage::prelude::*;

    /// How packets are treated.
    #[virtualized(sysctl("net.foo.mode", rw, range = 0..=3))]
    pub static FOO_MODE: AtomicU32 = AtomicU32::new(1);

    /// Packets seen.
    #[virtualized(sysctl("net.foo.counter", ro))]
    pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(7);
}

#[test]
fn sysctls_are_read_and_set_as_in_the_kernel() {
    let program = Program::start();
    assert_eq!(program.ok(&["sysctl", "net.foo.counter"]), "net.foo.counter: 7\n");
    assert_eq!(program.ok(&["sysctl", "-n", "net.foo.counter"]), "7\n");
    assert_eq!(program.ok(&["sysctl", "-d", "net.foo.counter"]), "net.foo.counter: Packets seen.\n");
    assert_eq!(program.ok(&["sysctl", "net.foo"]), "net.foo.counter: 7\nnet.foo.mode: 1\n");
    assert_eq!(program.ok(&["sysctl", "-a"]), "net.foo.counter: 7\nnet.foo.mode: 1\n");
    assert_eq!(
        program.ok(&["sysctl", "-ad"]),
        "net.foo.counter: Packets seen.\nnet.foo.mode: How packets are treated.\n"
    );
    assert_eq!(program.ok(&["sysctl", "net.foo.mode=2", "net.foo.mode"]), "net.foo.mode: 1 -> 2\nnet.foo.mode: 2\n");
    let set: Value = serde_json::from_str(&program.ok(&["--json", "sysctl", "net.foo.mode=1"])).unwrap();
    assert_eq!(set, serde_json::json!({ "name": "net.foo.mode", "old": 2, "new": 1 }));
    let wrong = program.run(&["sysctl", "net.foo.mode=9", "net.nothing", "net.foo.counter"]);
    assert_eq!(String::from_utf8(wrong.stdout).unwrap(), "net.foo.counter: 7\n", "the rest is done all the same");
    let told = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(told.lines().next(), Some("vimagectl: `net.foo.mode`: 9 is not in the range of 0..=3"));
    assert!(told.lines().nth(1).unwrap().starts_with("vimagectl: unknown sysctl `net.nothing`"), "{told}");
    assert!(!wrong.status.success());
    if let Ok(red) = Vnet::builder().name("red").create() {
        assert_eq!(program.ok(&["sysctl", "-v", "red", "net.foo.mode=3"]), "net.foo.mode: 1 -> 3\n");
        let id = red.id().to_string();
        assert_eq!(program.ok(&["sysctl", "-v", &id, "net.foo.mode"]), "net.foo.mode: 3\n");
        assert_eq!(program.ok(&["sysctl", "net.foo.mode"]), "net.foo.mode: 1\n");
    }
}

#[test]
fn tables_are_for_people_or_json() {
    let program = Program::start();
    let ps = program.ok(&["ps"]);
    assert!(ps.starts_with("CLASS"), "{ps}");
    assert!(ps.lines().next().unwrap().ends_with("  KEPT BYTES"), "{ps}");
    assert!(ps.lines().any(|line| line.split_whitespace().take(2).eq(["Net", "0"])), "{ps}");
    assert!(ps.contains("\nCpu ") && !program.ok(&["ps", "-c", "Net"]).contains("\nCpu "));
    let rows: Value = serde_json::from_str(&program.ok(&["--json", "ps", "-c", "Net"])).unwrap();
    let base = &rows[0];
    assert!(base["id"] == 0 && base["handles"].is_u64() && base["kept_bytes"].is_u64(), "{base}");
    assert!(base["parent"].is_null() && base["name"].is_null(), "{base}");
    let modules = program.ok(&["modules"]);
    assert!(modules.lines().any(|line| line.split_whitespace().take(3).eq(["Net", "foo", "boot"])), "{modules}");
    let symbols = program.ok(&["symbols"]);
    assert!(symbols.lines().any(|line| line.starts_with("foo_counter  foo ")), "{symbols}");
    let json: Value = serde_json::from_str(&program.ok(&["--json", "symbols"])).unwrap();
    assert_eq!(json[0]["name"], "foo_counter");
    assert_eq!(
        program.ok(&["watch", "-n", "2", "-i", "0.01", "net.foo.counter"]),
        "net.foo.counter: 7\nnet.foo.counter: 7\n"
    );
}

#[test]
fn what_is_wrong_is_told() {
    let program = Program::start();
    assert!(program.error(&["sysctl"]).contains("Usage"));
    assert!(program.error(&["ps", "-c", "Nothing"]).contains("no class is called `Nothing`"));
    assert!(program.error(&["sysctl", "-c", "Cpu", "net.foo.mode"]).contains("is a variable of class Net"));
    assert!(program.error(&["watch", "net.nothing"]).starts_with("vimagectl: unknown sysctl `net.nothing`"));
    assert!(program.error(&["symbols", "-v", "nobody"]).contains("no such instance"));
    let nobody = vimagectl().args(["-s", "/nowhere", "ps"]).output().unwrap();
    assert!(String::from_utf8(nobody.stderr).unwrap().starts_with("vimagectl: /nowhere: "));
    let unsaid = vimagectl().arg("ps").output().unwrap();
    assert!(String::from_utf8(unsaid.stderr).unwrap().contains("--socket PATH"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(program.ok(&["completions", shell]).contains("vimagectl"));
    }
}

#[test]
fn all_instances_are_listed_however_many() {
    let program = Program::start();
    let vnets: Vec<Vnet> = (0..2500).map_while(|_| Vnet::new().ok()).collect();
    let rows: Value = serde_json::from_str(&program.ok(&["--json", "ps", "-c", "Net"])).unwrap();
    assert!(rows.as_array().unwrap().len() > vnets.len());
    let listed = program.ok(&["ps"]);
    let ids: HashSet<&str> =
        listed.lines().filter_map(|line| line.strip_prefix("Net ")?.split_whitespace().next()).collect();
    assert!(vnets.iter().all(|vnet| ids.contains(&*vnet.id().to_string())), "{listed:.1000}");
}

#[test]
fn the_socket_can_be_in_the_environment() {
    let program = Program::start();
    let output = vimagectl().env("VIMAGE_SOCKET", program.server.path()).arg("ps").output().unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"CLASS"));
    let option = vimagectl().env("VIMAGE_SOCKET", "/nowhere").arg("-s").arg(program.server.path()).arg("ps").output();
    assert!(option.unwrap().status.success(), "the option wins");
}

#[test]
fn a_watch_outlives_the_idle_time_of_its_server() {
    let program = Program::with(|builder| builder.idle_timeout(std::time::Duration::from_millis(20)));
    let watched = program.ok(&["watch", "-n", "3", "-i", "0.2", "net.foo.counter"]);
    assert_eq!(watched, "net.foo.counter: 7\n".repeat(3));
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    use std::process::Stdio;
    let program = Program::start();
    for arguments in
        [&["sysctl", "-a"][..], &["ps"], &["watch", "-i", "0.01", "net.foo.counter"], &["completions", "bash"]]
    {
        let mut command = vimagectl();
        command.arg("-s").arg(program.server.path()).args(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for_forever() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s");
    let _mute = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let output = vimagectl().arg("-s").arg(&path).args(["--timeout", "0.05", "ps"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "vimagectl: no reply within 50ms\n");
}
