//! The oldest compilers that the manifests name.

use crate::builds::{INSTANCES, THREE};
use crate::fetched::{cargo_of, target, toolchain};
use crate::published::{PUBLISHED, Package};
use crate::step::{Done, run};

/// The runtime and a program with modules, which needs a newer compiler than the libraries do.
const CONSUMER: [&str; 6] = ["-p", "vimage", "-p", "vimage-tracing", "-p", "foo"];

/// Compiles the libraries and a program that uses them.
pub(crate) fn check() -> Done {
    // This one is for an older compiler; to fetch that, too, is left to `deep`.
    let packages = [&CONSUMER[..], &["-p", "vimage-inspect"]].concat();
    with(&runtime()?.oldest_compiler()?, "check", &packages, &["--no-default-features", "--features", INSTANCES])
}

/// Compiles each package, and runs the tests of the runtime in each build.
pub(crate) fn all() -> Done {
    for package in &PUBLISHED {
        with(&package.oldest_compiler()?, "check", &["-p", package.name], &["--all-features"])?;
    }
    let oldest = runtime()?.oldest_compiler()?;
    THREE.iter().try_for_each(|build| {
        with(&oldest, "test", &CONSUMER, &["--no-default-features", "--features", build.features])
    })
}

fn with(compiler: &str, command: &str, packages: &[&str], features: &[&str]) -> Done {
    if !toolchain(compiler, &[]) {
        return Ok(());
    }
    let mut cargo = cargo_of(compiler);
    cargo.arg(command).args(packages).args(features).args(["--locked", "--target-dir"]).arg(target("minimum"));
    run(&format!("Rust {compiler}, {command}: {} {}", packages.join(" "), features.join(" ")), &mut cargo)
}

fn runtime() -> Result<&'static Package, String> {
    PUBLISHED.iter().find(|package| package.name == "vimage").ok_or_else(|| "vimage is not published".to_owned())
}
