//! The oldest compilers that the manifests name.

use crate::builds::{EVERYTHING, INSTANCES, THREE};
use crate::fetched::{cargo_of, target, toolchain};
use crate::published::{PUBLISHED, Package};
use crate::step::{Done, run};

/// The runtime and a program with modules, which needs a newer compiler than the libraries do.
const CONSUMER: [&str; 6] = ["-p", "vimage", "-p", "vimage-tracing", "-p", "foo"];

/// Compiles the libraries and a program that uses them.
pub(crate) fn check() -> Done {
    let oldest = runtime()?.oldest_compiler()?;
    with(&oldest, "check", &CONSUMER, INSTANCES)
}

/// Compiles each package, and runs the tests of the runtime in each build.
pub(crate) fn all() -> Done {
    for package in &PUBLISHED {
        let oldest = package.oldest_compiler()?;
        let features = if package.name == "vimage" { EVERYTHING } else { "" };
        with(&oldest, "check", &["-p", package.name], features)?;
    }
    let oldest = runtime()?.oldest_compiler()?;
    THREE.iter().try_for_each(|build| with(&oldest, "test", &CONSUMER, build.features))
}

fn with(compiler: &str, command: &str, packages: &[&str], features: &str) -> Done {
    if !toolchain(compiler, &[]) {
        return Ok(());
    }
    let mut cargo = cargo_of(compiler);
    cargo.arg(command).args(packages).args(["--locked", "--target-dir"]).arg(target("minimum"));
    if !features.is_empty() {
        cargo.args(["--no-default-features", "--features", features]);
    }
    run(&format!("Rust {compiler}, {command}: {} {features}", packages.join(" ")), &mut cargo)
}

fn runtime() -> Result<&'static Package, String> {
    PUBLISHED.iter().find(|package| package.name == "vimage").ok_or_else(|| "vimage is not published".to_owned())
}
