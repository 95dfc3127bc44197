//! The chores, each of which is some steps.

use std::path::Path;
use std::process::Command;

use crate::builds::{Build, EVERYTHING, INSTANCES, OPTIMIZED, OTHER_BACKEND, THREE};
use crate::step::{Done, cargo, run, timed};

pub(crate) fn test() -> Done {
    for build in &THREE {
        test_in(build, &["--workspace"])?;
    }
    // What the macros print does not depend on the backend, nor what the largest example computes.
    test_in(&OTHER_BACKEND, &["--workspace", "--exclude", "ui-tests", "--exclude", "netlab"])?;
    // What the optimizer or the linker could drop.
    OPTIMIZED.iter().try_for_each(|build| test_in(build, &["-p", "vimage", "-p", "diamond", "-p", "multi-file-user"]))
}

fn test_in(build: &Build, packages: &[&str]) -> Done {
    let profile: &[&str] = if build.release { &["--release"] } else { &[] };
    let features = ["--no-default-features", "--features", build.features];
    cargo(build.name, &[&["test"], packages, profile, &features].concat(), &[])
}

pub(crate) fn ci() -> Done {
    cargo("formatting", &["fmt", "--all", "--check"], &[])?;
    // The lints of the two backends and profiles are the same but for one file.
    for build in THREE.iter().chain([&OTHER_BACKEND]) {
        let features = ["--workspace", "--all-targets", "--no-default-features", "--features", build.features];
        cargo(build.name, &[&["clippy"], &features[..], &["--", "-D", "warnings"]].concat(), &[])?;
    }
    let docs = ["doc", "--workspace", "--no-deps", "--no-default-features", "--features", EVERYTHING];
    cargo("docs", &docs, &[("RUSTDOCFLAGS", "-D warnings")])?;
    test()?;
    plugin()?;
    models()?;
    memcheck()?;
    // Fails also if no plain run does: then there is nothing that instances isolate.
    cargo("compare", &["run", "--package", "isolated-tests", "--bin", "compare", "10"], &[])
}

pub(crate) fn layers(root: &Path) -> Done {
    timed("layers", || crate::layers::run(root))
}

/// Builds program and libraries so that they share std and the runtime, and runs the program.
pub(crate) fn plugin() -> Done {
    let libraries = Command::new("rustc").args(["--print", "target-libdir"]).output();
    let std = libraries.map_err(|error| format!("plugin: rustc did not start: {error}"))?.stdout;
    let path = format!("{}:target/plugin/debug/deps", String::from_utf8_lossy(&std).trim());
    let arguments = ["build", "--manifest-path", "tests/plugin/Cargo.toml", "--target-dir", "target/plugin"];
    cargo("plugin, build", &arguments, &[("RUSTFLAGS", "-C prefer-dynamic")])?;
    run("plugin", Command::new("target/plugin/debug/host").env("LD_LIBRARY_PATH", path))
}

/// Runs the runtime's sources with the model checker, which no other package depends on.
pub(crate) fn models() -> Done {
    let arguments =
        ["test", "--release", "--manifest-path", "models/Cargo.toml", "--target-dir", "target/models", "models"];
    cargo("models", &arguments, &[("SHUTTLE_SILENCE_WARNINGS", "1")])
}

pub(crate) fn bless() -> Done {
    let variables = [("TRYBUILD", "overwrite"), ("INSTA_UPDATE", "always"), ("INSTA_FORCE_PASS", "1")];
    THREE.iter().try_for_each(|build| {
        let features = ["--no-default-features", "--features", build.features];
        let arguments = [&["test"], &features[..], &["-p", "ui-tests", "-p", "vimage-macros"]];
        cargo(build.name, &arguments.concat(), &variables)
    })
}

/// Runs the runtime's tests as cargo would, with valgrind around each test binary.
pub(crate) fn memcheck() -> Done {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("\n== memcheck: valgrind is not installed, left out");
        return Ok(());
    }
    let valgrind = "valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
                    --show-leak-kinds=definite --fair-sched=yes \
                    --suppressions=../xtask/keep.supp";
    let arguments = ["test", "-p", "vimage", "--test", "*", "--no-default-features", "--features", INSTANCES];
    // One test leaks on purpose what can be forgotten; the other is about threads, which take turns here.
    let without = [
        "--",
        "--skip",
        "what_is_forgotten_keeps_its_instance_for_good",
        "--skip",
        "tasks_see_their_own_instance_and_messages_arrive_once",
    ];
    cargo(
        "memcheck",
        &[&arguments[..], &without].concat(),
        &[("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", valgrind), ("PROPTEST_CASES", "16")],
    )
}
