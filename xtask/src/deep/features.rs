//! What the manifests promise: each combination of features, and the oldest versions of dependencies.

use std::path::Path;
use std::process::Command;

use toml::{Table, Value};

use crate::fetched::{NIGHTLY, Tool, cargo_of, target, toolchain};
use crate::published::{PUBLISHED, read};
use crate::step::{Done, run};

const HACK: Tool = Tool { name: "cargo-hack", version: "0.6.46", options: &[] };

/// Checks each published package with each combination of its features. A warning is an error: what a combination does
/// not use should not be in it.
pub(super) fn features() -> Done {
    let Some(hack) = HACK.path() else {
        return Ok(());
    };
    for package in &PUBLISHED {
        let mut command = Command::new(&hack);
        command.args(["hack", "check", "--keep-going", "--feature-powerset", "--exclude-features"]);
        if package.name == "vimage" {
            command.args(["default", "--at-least-one-of", "linkme,inventory"]);
        } else {
            // What only chooses the build of the runtime makes no difference to the code of the others.
            command.arg("default,inventory,vimage,static-struct");
            let backend = if package.has_runtime()? { "--features=linkme" } else { "--exclude-features=linkme" };
            command.arg(backend);
        }
        command.args(["-p", package.name, "--target-dir"]).arg(target("features")).env("RUSTFLAGS", "-D warnings");
        run(&format!("features of {}", package.name), &mut command)?;
    }
    Ok(())
}

/// Checks the published packages with the oldest versions of their dependencies that the manifests allow.
pub(super) fn versions() -> Done {
    if !toolchain(NIGHTLY, &[]) {
        return Ok(());
    }
    let copy = std::path::absolute(target("versions")).map_err(|error| error.to_string())?;
    without_tests(&copy).map_err(|error| format!("versions: {error}"))?;
    // Direct ones: dependencies of dependencies are often wrong about their own.
    let mut resolve = cargo_of(NIGHTLY);
    resolve.args(["generate-lockfile", "-Zdirect-minimal-versions"]).current_dir(&copy);
    run("versions: resolve", &mut resolve)?;
    let mut check = Command::new("cargo");
    check.args(["check", "--workspace", "--all-features", "--keep-going", "--target-dir"]).arg(copy.join("target"));
    run("versions: check", check.current_dir(&copy))
}

/// A workspace of the published packages without the dependencies of their tests, which nobody else resolves.
fn without_tests(copy: &Path) -> Result<(), String> {
    let mut root = read("Cargo.toml")?;
    let members = PUBLISHED.iter().map(|package| Value::from(package.folder)).collect();
    root["workspace"]["members"] = Value::Array(members);
    write(copy, &root)?;
    for package in &PUBLISHED {
        let mut manifest = package.manifest()?;
        strip(&mut manifest);
        if let Some(Value::Table(targets)) = manifest.get_mut("target") {
            targets.iter_mut().filter_map(|(_, target)| target.as_table_mut()).for_each(strip);
        }
        // Features of a runtime that only the tests have.
        if !package.has_runtime()? {
            manifest.remove("features");
        }
        let folder = copy.join(package.folder);
        write(&folder, &manifest)?;
        copy_files(Path::new(package.folder), &folder)?;
    }
    Ok(())
}

fn strip(table: &mut Table) {
    table.remove("dev-dependencies");
}

fn write(folder: &Path, manifest: &Table) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    std::fs::write(folder.join("Cargo.toml"), manifest.to_string()).map_err(|error| error.to_string())
}

/// All but the manifest, and the tests.
fn copy_files(from: &Path, to: &Path) -> Result<(), String> {
    let entries = std::fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))?;
    for entry in entries {
        let entry = entry.map_err(|error| error.to_string())?;
        let (path, new) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() && entry.file_name() != "tests" {
            std::fs::create_dir_all(&new).map_err(|error| error.to_string())?;
            copy_files(&path, &new)?;
        } else if path.is_file() && entry.file_name() != "Cargo.toml" {
            std::fs::copy(&path, &new).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}
