//! `cargo xtask …`: the chores of this workspace.

use std::process::{Command, ExitCode};

const USAGE: &str = "\
usage: cargo xtask COMMAND
  test      every test in every build
  ci        formatting, clippy and docs without warnings, then `test`, `plugin`, `models`, `memcheck`, and a few runs of
            the tests that interfere as globals and not as instances
  models    the life of instances under a model checker
  plugin    a program that loads libraries with modules at run time
  bless     take what the UI and expansion tests print now as what they should print (then read the diff)
  memcheck  the runtime's tests under valgrind, if it is installed";

/// One way to build the workspace: the features of the runtime, and a profile.
struct Build {
    name: &'static str,
    features: &'static str,
    release: bool,
}

/// The three builds, and the one with instances once per backend and profile.
const BUILDS: &[Build] = &[
    Build { name: "default", features: "linkme", release: false },
    Build { name: "static-struct", features: "linkme,static-struct", release: false },
    Build { name: "vimage", features: "linkme,vimage", release: false },
    Build {
        name: "vimage, inventory, with all that can be switched on",
        features: "inventory,vimage,invariants,tracing,serde,inspect",
        release: false,
    },
    Build { name: "vimage, release", features: "linkme,vimage", release: true },
    Build { name: "vimage, inventory, release", features: "inventory,vimage", release: true },
];

type Done = Result<(), String>;

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let done = match command.as_str() {
        "test" => test(),
        "ci" => ci(),
        "bless" => bless(),
        "plugin" => plugin(),
        "models" => models(),
        "memcheck" => memcheck(),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn test() -> Done {
    BUILDS.iter().try_for_each(|build| {
        let packages: &[&str] = match (build.features.contains("inventory"), build.release) {
            (false, false) => &["--workspace"],
            // What the macros print does not depend on the backend, nor what the largest example computes.
            (true, false) => &["--workspace", "--exclude", "ui-tests", "--exclude", "netlab"],
            // What the optimizer or the linker could drop.
            (_, true) => &["-p", "vimage", "-p", "diamond", "-p", "multi-file-user"],
        };
        let profile: &[&str] = if build.release { &["--release"] } else { &[] };
        let features = ["--no-default-features", "--features", build.features];
        cargo(build.name, &[&["test"], packages, profile, &features].concat(), &[])
    })
}

fn ci() -> Done {
    cargo("formatting", &["fmt", "--all", "--check"], &[])?;
    // The lints of the two backends and profiles are the same but for one file.
    for build in BUILDS.iter().filter(|build| !build.release) {
        let features = ["--workspace", "--all-targets", "--no-default-features", "--features", build.features];
        cargo(build.name, &[&["clippy"], &features[..], &["--", "-D", "warnings"]].concat(), &[])?;
    }
    let everything = "linkme,vimage,invariants,tracing,serde,inspect";
    let docs = ["doc", "--workspace", "--no-deps", "--no-default-features", "--features", everything];
    cargo("docs", &docs, &[("RUSTDOCFLAGS", "-D warnings")])?;
    test()?;
    plugin()?;
    models()?;
    memcheck()?;
    // Fails also if no plain run does: then there is nothing that instances isolate.
    cargo("compare", &["run", "--package", "isolated-tests", "--bin", "compare", "10"], &[])
}

/// Builds program and libraries so that they share std and the runtime, and runs the program.
fn plugin() -> Done {
    let libraries = Command::new("rustc").args(["--print", "target-libdir"]).output();
    let std = libraries.map_err(|error| format!("plugin: rustc did not start: {error}"))?.stdout;
    let path = format!("{}:target/plugin/debug/deps", String::from_utf8_lossy(&std).trim());
    let arguments = ["build", "--manifest-path", "tests/plugin/Cargo.toml", "--target-dir", "target/plugin"];
    cargo("plugin", &arguments, &[("RUSTFLAGS", "-C prefer-dynamic")])?;
    let status = Command::new("target/plugin/debug/host").env("LD_LIBRARY_PATH", path).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        other => Err(format!("plugin: the program failed: {other:?}")),
    }
}

/// Another configuration of the whole graph, so it has a folder of its own.
fn models() -> Done {
    let features = ["--no-default-features", "--features", "linkme,vimage"];
    let arguments = ["test", "--release", "-p", "vimage", "--lib", "--target-dir", "target/models"];
    let variables = [("RUSTFLAGS", "--cfg vimage_shuttle"), ("SHUTTLE_SILENCE_WARNINGS", "1")];
    cargo("models", &[&arguments[..], &features, &["models"]].concat(), &variables)
}

fn bless() -> Done {
    for build in &BUILDS[..3] {
        let arguments =
            ["test", "--no-default-features", "--features", build.features, "-p", "ui-tests", "-p", "vimage-macros"];
        cargo(
            build.name,
            &arguments,
            &[("TRYBUILD", "overwrite"), ("INSTA_UPDATE", "always"), ("INSTA_FORCE_PASS", "1")],
        )?;
    }
    Ok(())
}

/// Runs the runtime's tests as cargo would, with valgrind around each test binary.
fn memcheck() -> Done {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("\n== memcheck: valgrind is not installed, left out");
        return Ok(());
    }
    let valgrind = "valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
                    --show-leak-kinds=definite --fair-sched=yes \
                    --suppressions=../xtask/keep.supp";
    let arguments =
        ["test", "-p", "vimage", "--test", "*", "--no-default-features", "--features", "linkme,vimage"];
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

fn cargo(title: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Done {
    println!("\n== {title}: cargo {}", arguments.join(" "));
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let status = Command::new(cargo).args(arguments).envs(variables.iter().copied()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{title}: cargo {} failed: {status}", arguments.join(" "))),
        Err(error) => Err(format!("{title}: cargo did not start: {error}")),
    }
}
