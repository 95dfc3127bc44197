//! The chores, each of which is some steps.

use std::path::Path;
use std::process::Command;

use crate::builds::{Build, EVERYTHING, INTEGRATIONS, OPTIMIZED, OTHER_BACKEND, THREE};
use crate::minimum;
use crate::step::{Done, cargo, run, side_by_side, this};

/// The chores and the command line tool do not depend on the build, and examples with many dependencies and the inputs of the
/// fuzzers show one build: all these are tested once.
const ONCE: [&str; 10] = [
    "xtask",
    "cargo-vimage",
    "plugins",
    "simulation",
    "fuzzing",
    "tenants",
    "testing",
    "fuzz-checks",
    "fuzz-macros",
    "fuzz-netlab",
];

/// The packages of [`ONCE`], each behind an option of cargo.
fn once(option: &'static str) -> Vec<&'static str> {
    ONCE.iter().flat_map(|package| [option, package]).collect()
}

/// Every test in every build.
pub(crate) fn test() -> Done {
    side_by_side(&[test_debug, test_optimized])
}

fn test_debug() -> Done {
    cargo("test: tools, examples", &[vec!["test"], once("-p")].concat(), &[])?;
    for build in &THREE {
        test_in(build, &[vec!["--workspace"], once("--exclude")].concat(), &[])?;
    }
    // Neither the messages of the macros nor the results of the largest example depend on the backend.
    let without = [vec!["--workspace", "--exclude", "ui-tests", "--exclude", "netlab"], once("--exclude")].concat();
    test_in(&OTHER_BACKEND, &without, &[])
}

/// Optimized builds, in which the optimizer or the linker could drop registrations: all tests with one backend, with the
/// other backend those that depend on it.
fn test_optimized() -> Done {
    const PACKAGES: [&str; 6] = ["-p", "vimage", "-p", "diamond", "-p", "multi-file-user"];
    let [linkme, inventory] = &OPTIMIZED;
    test_in(linkme, &PACKAGES, &[])?;
    let registered = ["--test", "order", "--test", "boot_*", "--test", "late*", "--test", "hooks", "--test", "sysctl*"];
    test_in(inventory, &PACKAGES, &registered)
}

fn test_in(build: &Build, packages: &[&str], targets: &[&str]) -> Done {
    let profile: &[&str] = if build.release { &["--release"] } else { &[] };
    let features = ["--no-default-features", "--features", build.features];
    let title = format!("test: {}", build.name);
    cargo(&title, &[&["test"], packages, profile, &features, targets].concat(), &[])
}

/// Everything that has to pass before a change is merged.
pub(crate) fn ci() -> Done {
    side_by_side(&[
        || {
            this("layers", "layers")?;
            cargo("formatting", &["fmt", "--all", "--check"], &[])?;
            this("package", "package")?;
            minimum::check()?;
            this("platform", "platform")?;
            this("miri", "miri")
        },
        || {
            lint()?;
            test_debug()?;
            memcheck()?;
            compare("10")
        },
        || {
            test_optimized()?;
            this("codegen", "codegen")?;
            this("guard", "guard")?;
            models()?;
            plugin()
        },
    ])
}

/// Clippy and the documentation without warnings.
fn lint() -> Done {
    // The lints of the two backends and profiles are the same but for one file.
    for build in THREE.iter().chain([&OTHER_BACKEND]) {
        let features = ["--workspace", "--all-targets", "--no-default-features", "--features", build.features];
        let title = format!("clippy: {}", build.name);
        cargo(&title, &[&["clippy"], &features[..], &["--", "-D", "warnings"]].concat(), &[])?;
    }
    let docs = [
        "doc",
        "--workspace",
        "--no-deps",
        "--no-default-features",
        "--features",
        EVERYTHING,
        "--features",
        INTEGRATIONS,
    ];
    cargo("docs", &docs, &[("RUSTDOCFLAGS", "-D warnings")])?;
    // rustdoc leaves out macros that are hidden where they are defined, unless each re-export says otherwise.
    let pages =
        ["attr.module.html", "attr.test.html", "attr.virtualized.html", "macro.class.html", "macro.virtualize.html"];
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let missing = pages.iter().find(|page| !Path::new(&target).join("doc/vimage").join(page).exists());
    missing.map_or(Ok(()), |page| Err(format!("docs: {page} is missing on the front page of vimage")))
}

/// The tests that interfere as globals and not as instances. Fails also if no plain run does: then there is nothing that
/// instances isolate.
pub(crate) fn compare(times: &str) -> Done {
    cargo("compare", &["run", "--package", "isolated-tests", "--bin", "compare", times], &[])
}

/// In a process of its own, so that its CPU time can be measured beside other steps.
fn memcheck() -> Done {
    this("memcheck", "memcheck")
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

/// Accepts the current output of the UI and expansion tests as the expected one.
pub(crate) fn bless() -> Done {
    let variables = [("TRYBUILD", "overwrite"), ("INSTA_UPDATE", "always"), ("INSTA_FORCE_PASS", "1")];
    THREE.iter().try_for_each(|build| {
        let features = ["--no-default-features", "--features", build.features];
        let arguments = [&["test"], &features[..], &["-p", "ui-tests", "-p", "vimage-macros"]];
        cargo(build.name, &arguments.concat(), &variables)
    })
}

pub(crate) fn layers(root: &str) -> Done {
    crate::layers::run(Path::new(root))
}
