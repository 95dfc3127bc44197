//! The tool against a server in this process.

use std::process::{Command, Output};

use serde_json::Value;
use vimage::inspect::Server;
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

struct Program {
    server: Server,
    _directory: tempfile::TempDir,
}

impl Program {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Server::builder(directory.path().join("s")).writable().start().unwrap();
        Self { server, _directory: directory }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vimagectl"));
        command.arg("--socket").arg(self.server.path()).args(arguments).output().unwrap()
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn error(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }
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
    assert!(ps.lines().any(|line| line.split_whitespace().take(2).eq(["Net", "0"])), "{ps}");
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
    assert!(program.error(&["watch", "net.nothing"]).starts_with("vimagectl: unknown sysctl `net.nothing`"));
    assert!(program.error(&["symbols", "-v", "nobody"]).contains("no such instance"));
    let nobody = Command::new(env!("CARGO_BIN_EXE_vimagectl")).args(["-s", "/nowhere", "ps"]).output().unwrap();
    assert!(String::from_utf8(nobody.stderr).unwrap().starts_with("vimagectl: /nowhere: "));
    let unsaid = Command::new(env!("CARGO_BIN_EXE_vimagectl")).env_remove("VIMAGE_SOCKET").arg("ps").output().unwrap();
    assert!(String::from_utf8(unsaid.stderr).unwrap().contains("--socket PATH"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(program.ok(&["completions", shell]).contains("vimagectl"));
    }
}
