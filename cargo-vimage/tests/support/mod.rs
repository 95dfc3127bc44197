//! Runs the tool on the fixture.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The package with globals of each kind.
pub fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixture")
}

/// A copy of the fixture that a test may change. The name tells the copies of tests apart.
pub fn copy(name: &str) -> PathBuf {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("copies").join(name);
    if copy.exists() {
        std::fs::remove_dir_all(&copy).unwrap();
    }
    copy_folder(&fixture(), &copy);
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Appends to a file.
pub fn append(file: &Path, text: &str) {
    let old = std::fs::read_to_string(file).unwrap();
    std::fs::write(file, old + text).unwrap();
}

/// What the tool printed, and its exit code.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    /// The report, of a run with `--format json`.
    pub fn report(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs `cargo vimage audit` in a folder.
pub fn audit(folder: &Path, arguments: &[&str]) -> Run {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("target").join(folder.file_name().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-vimage"));
    command.current_dir(folder).args(["vimage", "audit"]).args(arguments).arg("--target-dir").arg(target);
    // What the run of this test has set for itself.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        command.env_remove(name);
    }
    run(&mut command)
}

fn run(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

/// The verdicts of the globals of the fixture's crates, as `verdict path`, sorted.
pub fn verdicts(report: &Value) -> Vec<String> {
    let globals = report["globals"].as_array().unwrap().iter();
    let of_fixture = globals.filter(|global| global["crate"] != "std" && !of_toolchain(global));
    let mut lines: Vec<String> = of_fixture
        .map(|global| format!("{} {}", global["verdict"].as_str().unwrap(), global["path"].as_str().unwrap()))
        .collect();
    lines.sort();
    lines
}

/// The linker and the C library have globals of their own.
fn of_toolchain(global: &Value) -> bool {
    global["crate"] == "C" && global["path"] != "foreign_counter"
}

/// The global with a path.
pub fn global<'r>(report: &'r Value, path: &str) -> &'r Value {
    let globals = report["globals"].as_array().unwrap();
    globals.iter().find(|global| global["path"] == path).unwrap_or_else(|| panic!("no {path}"))
}
