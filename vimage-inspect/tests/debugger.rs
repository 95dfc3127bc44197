//! The script for gdb, on this process.

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

#[test]
fn gdb_lists_instances_and_prints_variables() {
    vimage::boot().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/vimage_debugger.py");
    // This process does not run while it is traced, and could not end a debugger that hangs.
    let gdb = Command::new("timeout")
        .args([
            "-k",
            "5",
            "60",
            "gdb",
            "-nx",
            "-batch",
            "-p",
            &std::process::id().to_string(),
            "-x",
            script,
            "-ex",
            "info vimage",
        ])
        .args(["-ex", "print $vimage(\"Net#0\", \"V_FOO_COUNTER\")", "-ex", "print $vimage(\"0\", \"net.foo.mode\")"])
        .args(["-ex", "print $vimage(\"nobody\", \"V_FOO_COUNTER\")"])
        // Else it may ask a server for debug information.
        .env_remove("DEBUGINFOD_URLS")
        .stdin(Stdio::null())
        .output();
    let gdb = match gdb {
        Ok(gdb) if ![NOT_IN_TIME, NOT_FOUND].contains(&gdb.status.code()) => gdb,
        other => return println!("skipped: there is no gdb, or it does not end: {other:?}"),
    };
    let (text, errors) = (String::from_utf8_lossy(&gdb.stdout), String::from_utf8_lossy(&gdb.stderr));
    if errors.contains("ptrace") || errors.contains("Python scripting is not supported") {
        println!("skipped: gdb may not trace, or knows no Python: {errors}");
        return;
    }
    assert!(text.lines().any(|line| line.starts_with("CLASS")), "{text}{errors}");
    assert!(
        text.lines().any(|line| line.starts_with("Net               0") && line.contains("Live")),
        "{text}{errors}"
    );
    let printed = |number: u32| {
        let start = format!("${number} = ");
        text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{text}{errors}")).to_owned()
    };
    // With debug information it is a struct.
    assert!(printed(1).contains("1234"), "{}", printed(1));
    assert!(printed(2).contains("17"), "{}", printed(2));
    assert!(errors.contains("no instance nobody has V_FOO_COUNTER"), "{errors}");
}
