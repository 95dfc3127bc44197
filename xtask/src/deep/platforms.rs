//! Other platforms: what an emulator or an engine runs is run, and the rest is compiled.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::limited::limited;
use crate::builds::INSTANCES;
use crate::fetched::target;
use crate::step::{Done, cargo, fetch, run_within};

const TARGET_LIMIT: Duration = Duration::from_secs(5 * 60);
const SUITE_LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// Linked by rustc's own linker with its own libc, so that no compiler for the target is needed.
const EMULATED: [(&str, &str); 2] =
    [("i686-unknown-linux-musl", "qemu-i386"), ("aarch64-unknown-linux-musl", "qemu-aarch64")];
const WASM: &str = "wasm32-wasip1";
/// Compiled, because nothing here runs them.
const COMPILED: [&str; 2] = ["x86_64-pc-windows-gnu", "aarch64-apple-darwin"];
/// Has the least in common with the system that CI runs on.
const FOREIGN: &str = "x86_64-pc-windows-gnu";
/// With the server, which is left out where there are no Unix sockets.
const FEATURES: &str = "linkme,vimage,inspect";

/// Everything that can be done here about other platforms.
pub(super) fn platforms() -> Done {
    let mut failed = Vec::new();
    for (name, emulator) in EMULATED {
        if !can_compile(name) {
            continue;
        }
        if !is_installed(emulator) {
            println!("{emulator} is not installed, so nothing is run on {name}: it is in the package qemu-user");
            continue;
        }
        failed.extend(emulated(name, emulator).err());
    }
    if can_compile(WASM) {
        failed.extend(wasm().err());
    }
    for name in COMPILED.into_iter().filter(|name| can_compile(name)) {
        let arguments = ["check", "-p", "vimage", "--no-default-features", "--features", FEATURES, "--target", name];
        let title = format!("platforms: {name}, compiled only");
        failed.extend(cargo(&title, &arguments, &[]).err());
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// What a part of CI is: the libraries, compiled for one other system without a linker for it.
pub(crate) fn slice() -> Done {
    if !can_compile(FOREIGN) {
        return Ok(());
    }
    let check = ["check", "-p", "vimage", "-p", "vimage-tracing", "--target", FOREIGN, "--no-default-features"];
    let title = format!("platforms: {FOREIGN}, compiled only");
    cargo(&title, &[&check[..], &["--features", FEATURES]].concat(), &[("RUSTFLAGS", "-D warnings")])
}

/// Whether std for the target is there, or could be installed.
fn can_compile(name: &str) -> bool {
    let installed = Command::new("rustup").args(["target", "list", "--installed"]).output();
    if installed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).lines().any(|line| line == name)) {
        return true;
    }
    let added = fetch(&format!("add {name}"), Command::new("rustup").args(["target", "add", name]), TARGET_LIMIT);
    if let Err(error) = &added {
        println!("std for {name} is not there and cannot be installed, so this is left out: {error}");
    }
    added.is_ok()
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The program that checks itself with both backends, and the runtime's tests.
fn emulated(name: &str, emulator: &str) -> Done {
    let variable = |end: &str| format!("CARGO_TARGET_{}_{end}", name.to_uppercase().replace('-', "_"));
    let variables = [(variable("LINKER"), "rust-lld"), (variable("RUNNER"), emulator)];
    for backend in ["linkme", "inventory"] {
        let mut command = probe("run", name, backend);
        let ended = limited(command.envs(variables.iter().map(|(name, value)| (name, value))))?;
        works(&format!("{name}, {backend}"), &ended.success()?)?;
    }
    let mut suite = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    suite.args(["test", "-p", "vimage", "--lib", "--tests", "--no-fail-fast", "--target", name]);
    suite.args(["--no-default-features", "--features", INSTANCES]);
    // Emulation is slow.
    suite.envs(variables).env("PROPTEST_CASES", "16").env("VIMAGE_TEST_EMULATOR", emulator);
    run_within(&format!("platforms: the runtime's tests on {name}"), &mut suite, SUITE_LIMIT)
}

/// The program with instances that checks itself, for a target.
fn probe(command: &str, name: &str, backend: &str) -> Command {
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    cargo.current_dir("tests/linking").args([command, "--quiet", "--package", "program", "--target", name]);
    cargo.args(["--features", &format!("{backend},vimage"), "--target-dir"]);
    cargo.arg(std::path::absolute(target("linking")).unwrap_or_default());
    cargo
}

fn works(what: &str, printed: &str) -> Done {
    println!("{what}: {}", printed.trim());
    if printed.starts_with("works: ") { Ok(()) } else { Err(format!("platforms: {what}: {printed}")) }
}

/// Runs the program that checks itself in wasmtime: its own command, or its package for Python.
fn wasm() -> Done {
    const PYTHON: &str = "\
import sys, wasmtime
engine = wasmtime.Engine()
linker = wasmtime.Linker(engine)
linker.define_wasi()
store = wasmtime.Store(engine)
wasi = wasmtime.WasiConfig()
wasi.inherit_stdout()
wasi.inherit_stderr()
store.set_wasi(wasi)
instance = linker.instantiate(store, wasmtime.Module.from_file(engine, sys.argv[1]))
try:
    instance.exports(store)['_start'](store)
except wasmtime.ExitTrap as exit:
    sys.exit(exit.code)
";
    limited(&mut probe("build", WASM, "inventory"))?.success()?;
    let program = Path::new(&target("linking")).join(WASM).join("debug/program.wasm");
    let has_python =
        || Command::new("python3").args(["-c", "import wasmtime"]).output().is_ok_and(|o| o.status.success());
    let mut engine = if is_installed("wasmtime") {
        let mut engine = Command::new("wasmtime");
        engine.arg("run");
        engine
    } else if has_python() {
        let mut engine = Command::new("python3");
        engine.args(["-c", PYTHON]);
        engine
    } else {
        println!("wasmtime is not installed, so {WASM} is only compiled: `pip install wasmtime` is enough");
        return Ok(());
    };
    works(WASM, &limited(engine.arg(program))?.success()?)
}
