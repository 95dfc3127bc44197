//! The script for gdb and lldb, on this process.

use std::process::{Command, Stdio};

use vimage::prelude::*;

/// What `timeout` exits with.
const NOT_IN_TIME: Option<i32> = Some(124);
const NOT_FOUND: Option<i32> = Some(127);

#[vnet_module(symmap)]
mod foo {
    use std::sync::atomic::{AtomicU32, AtomicU64};
    use vimage::prelude::*;

    #[virtualized(sysctl("net.foo.mode", rw))]
    pub static FOO_MODE: AtomicU32 = AtomicU32::new(17);
    #[virtualized]
    pub static FOO_COUNTER: AtomicU64 = AtomicU64::new(1234);
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/vimage_debugger.py");

/// One test, because one debugger at a time can trace a process.
#[test]
fn debuggers_list_instances_and_print_variables() {
    vimage::boot().unwrap();
    let pid = std::process::id().to_string();
    if let Some((text, errors)) = gdb(&pid) {
        check_list(&text, &errors);
        let printed = |number: u32| {
            let start = format!("${number} = ");
            text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{text}{errors}")).to_owned()
        };
        // With debug information it is a struct.
        assert!(printed(1).contains("1234"), "{}", printed(1));
        assert!(printed(2).contains("17"), "{}", printed(2));
        assert!(errors.contains("no instance nobody has V_FOO_COUNTER"), "{errors}");
    }
    if let Some((text, errors)) = lldb(&pid) {
        check_list(&text, &errors);
        // Without debug information of the type, its bytes.
        assert!(text.contains("1234") || text.contains("V_FOO_COUNTER = d2 04 00"), "{text}{errors}");
        assert!(text.contains("17") || text.contains("net.foo.mode = 11 00 00 00"), "{text}{errors}");
        assert!(errors.contains("no instance nobody has V_FOO_COUNTER"), "{text}{errors}");
    }
}

fn check_list(text: &str, errors: &str) {
    assert!(text.lines().any(|line| line.starts_with("CLASS")), "{text}{errors}");
    let is_base = |line: &str| line.starts_with("Net               0") && line.contains("Live");
    assert!(text.lines().any(is_base), "{text}{errors}");
}

fn gdb(pid: &str) -> Option<(String, String)> {
    let commands = [
        "info vimage",
        "print $vimage(\"Net#0\", \"V_FOO_COUNTER\")",
        "print $vimage(\"0\", \"net.foo.mode\")",
        "print $vimage(\"nobody\", \"V_FOO_COUNTER\")",
    ];
    let commands = commands.iter().flat_map(|command| ["-ex", command]);
    let arguments = ["gdb", "-nx", "-batch", "-p", pid, "-x", SCRIPT].into_iter().chain(commands);
    run(&arguments.collect::<Vec<_>>(), "Python scripting is not supported")
}

fn lldb(pid: &str) -> Option<(String, String)> {
    let import = format!("command script import {SCRIPT}");
    let commands =
        [&import, "vimage", "vimage Net#0 V_FOO_COUNTER", "vimage 0 net.foo.mode", "vimage nobody V_FOO_COUNTER"];
    let commands = commands.iter().flat_map(|command| ["-o", command]);
    let arguments = ["lldb", "-x", "-b", "-p", pid].into_iter().chain(commands).chain(["-o", "detach"]);
    // Packages of lldb for Debian 12 need PYTHONPATH=/usr/lib/llvm-14/lib/python3.11/dist-packages.
    run(&arguments.collect::<Vec<_>>(), "name 'lldb' is not defined")
}

/// What a debugger writes; `None` if it is not there, may not trace, or knows no Python, which it says like this.
fn run(arguments: &[&str], no_python: &str) -> Option<(String, String)> {
    // This process does not run while it is traced, and could not end a debugger that hangs.
    let mut command = Command::new("timeout");
    // Else it may ask a server for debug information.
    command.args(["-k", "5", "60"]).args(arguments).env_remove("DEBUGINFOD_URLS").stdin(Stdio::null());
    let output = match command.output() {
        Ok(output) if ![NOT_IN_TIME, NOT_FOUND].contains(&output.status.code()) => output,
        other => {
            println!("skipped: there is no {}, or it does not end: {other:?}", arguments[0]);
            return None;
        }
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (text, errors) = (text(&output.stdout), text(&output.stderr));
    if errors.contains("ptrace") || errors.contains("attach failed") || errors.contains(no_python) {
        println!("skipped: {} may not trace, or knows no Python: {errors}", arguments[0]);
        return None;
    }
    Some((text, errors))
}
